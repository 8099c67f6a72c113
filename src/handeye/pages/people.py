"""The human row of a report, as ``handeye study agreement`` writes it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.printing import noun
from handeye.reading import UNREADABLE, read_bytes, why
from handeye.scores.estimate import Estimate, plain


class People(msgspec.Struct, frozen=True):
    """What people did.

    Attributes:
        label: of the row.
        columns: by the suite's name, fractions.
        headline: likewise.
        n_people: who answered; 0 where an older file does not say.
        n_items: different items that were answered, likewise.
    """

    label: str
    columns: dict[str, Estimate]
    headline: dict[str, Estimate] = {}
    n_people: int = 0
    n_items: int = 0

    @property
    def note(self) -> str:
        """How many people and items, and what one person cannot say; empty where not known."""
        if not self.n_people:
            return ""
        items = f"{self.n_items:,} {noun(self.n_items, 'items')}"
        if self.n_people == 1:
            return f"this person, {items}: intervals over items alone, which say nothing of others"
        return f"{self.n_people:,} people, {items}"

    def data(self) -> dict[str, Any]:
        """The row for programs that read the page."""
        return {"label": self.label, "pass": {k: plain(r) for k, r in self.columns.items()}}


def read_people(file: Path, known: Collection[str], what: str) -> People:
    """Read a human baseline.

    Args:
        file: JSON with ``label`` and ``columns``: a suite's column to ``{"value", "low", "high",
            "n"}``, fractions.
        known: columns of the suite, of which it must have some.
        what: what a column is called in a message: ``template``.

    Raises:
        DataError: the file cannot be read, has another form, or holds no known column.
    """
    data = read_bytes(file)
    try:
        found = msgspec.json.decode(data, type=People)
    except UNREADABLE as error:
        raise DataError(
            f"{file}: no human baseline as `handeye study agreement` writes it: {why(error)}"
        ) from None
    for name, one in (*found.columns.items(), *found.headline.items()):
        least = -1 if name == "gap" else 0
        for end in (one.value, one.low, one.high):
            if end is not None and not least <= end <= 1:
                raise DataError(f"{file}: {name} holds {end}; rates are fractions from 0 to 1")
    if not set(known) & found.columns.keys():
        raise DataError(f"{file}: none of its columns is a {what} ({', '.join(sorted(known))})")
    return found
