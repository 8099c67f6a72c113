"""Reasons and signs of failed items, as the gallery and the tables name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """A reason of a failure or another sign that an answer shows."""

    key: str
    label: str
    meaning: str = ""


UNDIAGNOSED = Sign("undiagnosed", "not diagnosed", "The run this item is of was not diagnosed.")
PASSED = Sign("passed", "passed", "Nothing is wrong with the answer.")
_OURS = {sign.key: sign for sign in (UNDIAGNOSED, PASSED)}


class Vocabulary:
    """Every sign by its key, in the order in which a diagnosis lists them."""

    def __init__(self, signs: Iterable[Sign] = ()) -> None:
        self._signs = {sign.key: sign for sign in signs}

    def __getitem__(self, key: str) -> Sign:
        known = self._signs.get(key) or _OURS.get(key)
        return known or Sign(key, key.replace("_", " "))

    @property
    def order(self) -> list[str]:
        """Keys in order, the most decisive reason first."""
        return [*self._signs, *_OURS]
