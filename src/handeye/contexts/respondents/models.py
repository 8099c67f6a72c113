"""The suite's respondents as ``handeye/NAME``: who knows the gold, who looks, and who does not.

All read what is asked off the words of the prompt, as a model would.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from handeye.errors import DataError, RunError
from handeye.respondents.conversation import Conversation, Kind, Reply, Respondents, spoken

if TYPE_CHECKING:
    from handeye.contexts.asking.prompts import Prompt
    from handeye.contexts.scenes.looking import Seen
    from handeye.respondents.fault_rates import Faults


def _read(asked: Conversation) -> Prompt:
    """What a prompt asks.

    Raises:
        RunError: it is none of the suite's.
    """
    from handeye.contexts.asking.prompts import VERSION, read_prompt

    if (found := read_prompt(asked.question)) is None:
        raise RunError(
            f"handeye's respondents for the suite contexts answer its prompts ({VERSION}) and no "
            f"others, got {asked.question[-120:]!r}"
        )
    return found


class Simulated:
    """Knows the gold of a set: answers rightly, and spoils that as told."""

    connections = 64

    def __init__(
        self,
        data: object,
        faults: str | Sequence[str] | Faults | None = None,
        seed: object = 0,
    ) -> None:
        from handeye.contexts.loader import load
        from handeye.contexts.respondents.simulated import FAULTS, Known
        from handeye.respondents.fault_rates import parse_rates, read_seed

        self._faults, self._seed = parse_rates(faults, FAULTS), read_seed(seed)
        self._set = load(str(data), split=None, media=False)
        self._items = {item.item_id: item for item in self._set}
        self._known = Known.of(self._set.items)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer as planted.

        Raises:
            RunError: the set holds no such item, or one with other options.
        """
        from handeye.contexts.respondents.simulated import simulate

        prompt = _read(asked)
        item = self._items.get(asked.item_id or "")
        if item is None:
            raise RunError(
                f"{self._set.name} holds no item {asked.item_id!r}: give the set that is asked "
                "about as the model argument data"
            )
        try:
            order = tuple(item.of.index(text) for text in prompt.options)
        except ValueError:
            raise RunError(f"handeye/simulated: item {item.item_id} has other options") from None
        size = self._set.size(item) if item.form in ("point", "points") else None
        found = simulate(item, self._known, self._faults, self._seed, order, asked.sample, size)
        return spoken(found.raw_text, found.stop_reason, found.error, found.planted)


class Oracle:
    """The check that the worlds of the box can be solved: decodes what it is sent and reads it."""

    def __init__(self) -> None:
        from handeye.respondents.workers import WorkerPool

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._pool: WorkerPool[Seen | None] = WorkerPool(cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from pixels by the rules of the world; declines where it knows neither."""
        from handeye.contexts.scenes.looking import asked_about
        from handeye.contexts.scoring.actions import as_shown, gold_said

        prompt, picture = _read(asked), asked.one_picture()
        try:
            seen = await self._pool.see(hashlib.sha256(picture).digest(), partial(_look, picture))
        except DataError as error:
            return Reply(f"I cannot use the picture: {error}", "content_filter")
        item = asked_about(asked.question, seen) if seen else None
        if item is None or sorted(item.of) != sorted(prompt.options):
            return Reply("I cannot tell from what I was sent.")
        order = [item.of.index(option) for option in prompt.options]
        return Reply(as_shown(gold_said(item), item, order))


def _look(picture: bytes) -> Seen | None:
    """What a picture shows; None where it is none of the box.

    Raises:
        DataError: it cannot be decoded.
    """
    import numpy as np

    from handeye.contexts.scenes.looking import look
    from handeye.media.view import view_of

    pixels = np.asarray(view_of(picture).image())
    try:
        return look(pixels)
    except DataError:
        return None


class Constant:
    """Looks at nothing and reads nothing: the first of the options by the alphabet, or a 1."""

    connections = 64

    async def answer(self, asked: Conversation) -> Reply:
        """Say the same, whatever is shown."""
        from handeye.answer_kinds.choice import LETTERS

        prompt = _read(asked)
        first = min(prompt.options, default="yes")
        if prompt.form == "choice":
            return Reply(LETTERS[prompt.options.index(first)])
        return Reply(_FIXED.get(prompt.form, first))


_FIXED = {"number": "1", "cells": "DONE", "point": "(1, 1)", "points": "none", "call": "nothing"}
RESPONDENTS: Respondents = {
    "simulated": Kind(
        ("data", "faults", "seed"), Simulated, "knows the gold, and spoils it as told"
    ),
    "contexts-oracle": Kind(
        (), Oracle, "looks: the check that the drawn worlds can be solved", own=True
    ),
    "contexts-constant": Kind(
        (), Constant, "does not look and does not read: says one thing to all"
    ),
}
