"""The respondents of the suite as ``handeye/NAME``: who looks, who knows the gold, who only reads.

All read what is asked off the words of the prompt, as a model would; ``stress-small`` is one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.conversation import (
    ChatRespondent,
    Conversation,
    Kind,
    Reply,
    Respondents,
    spoken,
)
from handeye.respondents.local.options import NAMES
from handeye.respondents.local.shipped import local_model, shipped_model_dir
from handeye.stress.respondents.references import READERS, Reader

if TYPE_CHECKING:
    from handeye.respondents.fault_rates import Faults
    from handeye.stress.asking.prompts import Prompt
    from handeye.stress.items import Item


def _read(asked: Conversation) -> Prompt:
    """What a prompt asks.

    Raises:
        RunError: it is none of the suite's.
    """
    from handeye.stress.asking.prompts import VERSION, read_prompt

    if (found := read_prompt(asked.question)) is None:
        raise RunError(
            f"handeye's respondents for the suite stress answer its prompts ({VERSION}) and no "
            f"others, got {asked.question[-120:]!r}"
        )
    return found


def _said(prompt: Prompt, value: str, seen: str) -> str:
    """A value in the form that is asked for."""
    from handeye.answer_kinds.choice import LETTERS
    from handeye.rewards.written import tagged
    from handeye.stress.asking.prompts import stated

    text = value
    if prompt.form == "letters" and value in prompt.options:
        text = LETTERS[prompt.options.index(value)]
    if prompt.written:
        return tagged("", text)
    return stated(seen, text) if prompt.state_first else text


_EARLY = "I look at the picture, and keep to what it shows."
"""What is said in a turn that is not to answer yet."""


class Oracle:
    """The check that pictures can be answered about: decodes what it is sent and measures."""

    def __init__(self) -> None:
        from handeye.respondents.workers import WorkerPool

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._pool: WorkerPool[str | None] = WorkerPool(cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from pixels; declines where they cannot be used."""
        prompt, picture = _read(asked), asked.one_picture()
        if prompt.early:
            return Reply(_EARLY)
        key = hashlib.sha256(prompt.question.encode()).digest() + hashlib.sha256(picture).digest()
        try:
            value = await self._pool.see(key, partial(_looked, prompt.question, picture))
        except DataError as error:
            return Reply(f"I cannot use the picture: {error}", "content_filter")
        if value is None:
            return Reply("I cannot tell from what I was sent.")
        return Reply(_said(prompt, value, value))


def _looked(question: str, picture: bytes) -> str | None:
    """What a picture says to a question; None where that cannot be told.

    Raises:
        DataError: it cannot be decoded.
    """
    import numpy as np

    from handeye.media.view import view_of
    from handeye.stress.scenes.looking import answer

    return answer(question, np.asarray(view_of(picture).image()))


class _Knowing:
    """Whoever knows a set, and finds the item that is asked by its id."""

    connections = 64

    def __init__(self, data: object) -> None:
        from handeye.stress.loader import load

        self._set = load(str(data), split=None, media=False)
        self._items = {item.item_id: item for item in self._set}

    def _asked(self, asked: Conversation) -> Item:
        """The item.

        Raises:
            RunError: there is none.
        """
        item = self._items.get(asked.item_id or "")
        if item is None:
            raise RunError(
                f"{self._set.name} holds no item {asked.item_id!r}: give the set that is asked "
                "about as the model argument data"
            )
        return item


class SimulatedEyes(_Knowing):
    """Knows the gold of a set: answers rightly or by planted weights, and spoils that as told."""

    def __init__(
        self,
        data: object,
        faults: str | Sequence[str] | Faults | None = None,
        seed: object = 0,
        letters: object = False,
        **weights: object,
    ) -> None:
        from handeye.respondents.fault_rates import read_seed
        from handeye.stress.respondents.simulated import read_plants

        self._plants = read_plants(faults, **weights)
        self._seed = read_seed(seed)
        if str(letters).lower() not in ("true", "false", "1", "0"):
            raise OptionError(f"letters must be true or false, got {letters!r}")
        self._tells = str(letters).lower() in ("true", "1")
        super().__init__(data)
        self._groups = {item.sha256: item.scene_id for item in self._set if item.sha256}

    async def answer(self, asked: Conversation) -> Reply:
        """Answer as planted."""
        from handeye.rewards.written import tagged
        from handeye.stress.respondents.simulated import Shown, simulate

        prompt, item = _read(asked), self._asked(asked)
        if prompt.early:
            return Reply(_EARLY)
        try:
            order = tuple(item.options.index(text) for text in prompt.options)
        except ValueError:
            raise RunError(f"handeye/simulated: item {item.item_id} has other options") from None
        shown = Shown(
            form=prompt.form,
            order=order or item.order,
            state_first=prompt.state_first,
            seen=self._is_seen(item, asked.one_picture()),
            sample=asked.sample,
        )
        found = simulate(item, self._plants, self._seed, shown)
        text = found.raw_text
        if prompt.written and text is not None and found.state == "answered":
            text = tagged("", text)
        reply = spoken(text, found.stop_reason, found.error, found.planted)
        if not self._tells or found.letters is None:
            return reply
        metadata = {**(reply.metadata or {}), **found.letters.as_metadata()}
        return Reply(reply.text, reply.stop_reason, metadata)

    def _is_seen(self, item: Item, picture: bytes) -> bool:
        """Whether a picture shows something, and none is known to be of another group."""
        group = self._groups.get(hashlib.sha256(picture).hexdigest(), item.scene_id)
        return group == item.scene_id and not _is_plain(picture)


@lru_cache(maxsize=64)
def _is_plain(picture: bytes) -> bool:
    """Whether a picture has one colour throughout."""
    from handeye.media.view import PictureError, view_of

    try:
        extrema = view_of(picture).image().getextrema()
    except PictureError:
        return True
    return all(low == high for low, high in extrema)  # type: ignore[misc]


class Reference(_Knowing):
    """A reader that does not look (:mod:`handeye.stress.respondents.references`)."""

    def __init__(self, reader: Reader, data: object) -> None:
        super().__init__(data)
        self._answers = reader.answer(self._set.items)

    async def answer(self, asked: Conversation) -> Reply:
        """Say what the reader says, whatever is shown."""
        value, prompt = self._answers.get(self._asked(asked).item_id, ""), _read(asked)
        return Reply(_EARLY if prompt.early else _said(prompt, value, value))


def _small(**options: Any) -> ChatRespondent:
    """A model that ``handeye train stress`` made.

    Raises:
        RunError: it cannot be loaded, none ships and no ``path`` is given, or what it needs is not
            installed.
    """
    if "path" not in options:
        options["path"] = str(shipped_model_dir("stress-small", _TRAIN))
    return local_model(**options)


_TRAIN = "handeye train stress --seed 1 --out DIR (then --model handeye/stress-small -M path=DIR)"
RESPONDENTS: Respondents = {
    "stress-oracle": Kind(
        (), Oracle, "looks: the check that pictures can be answered about", own=True
    ),
    "stress-small": Kind(
        NAMES, _small, "a small model of pictures and cues (handeye train stress); path: its folder"
    ),
    "simulated": Kind(
        ("data", "faults", "seed", "letters", "visual", "cue", "side", "spread", "lapses"),
        SimulatedEyes,
        "knows the gold, answers by planted weights, spoils it as told",
    ),
    **{
        reader.name: Kind(("data",), partial(Reference, reader), f"does not look: {reader.about}")
        for reader in READERS
    },
}
