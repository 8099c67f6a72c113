"""A simulated respondent: right answers, with faults at given rates.

Plain Python, a pure function of (seed, item, what is shown of it, sample, faults): every draw is
from a stream of its own, so that changing one fault changes nothing about the others and neither
order nor concurrency matters. A fault that cannot show on an item is not planted there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handeye.contexts.authored import Answer
from handeye.contexts.items import CANNOT, Item
from handeye.contexts.scoring.actions import Size, as_shown, gold_of, gold_said, is_action, right
from handeye.respondents.fault_rates import Faults
from handeye.sets.draw import Draw

MODEL = "handeye/simulated"
REFUSAL = "I'm sorry, but I can't help with that."
API_ERROR = "simulated: the server answered 500 to every attempt"
_PROSE = (
    "I went over the whole picture with care and thought about each of its parts.",
    "Several things could be meant here; it would be wrong of me to settle for any of them.",
    "The picture shows what it shows; more cannot be said of it.",
)
_CUT = "Let me go through the picture from its upper left corner. First, the"


class Known(NamedTuple):
    """What of a set the faults are made of.

    Attributes:
        scenes: items by scene.
        contexts: of every group and context the items, scene by scene.
    """

    scenes: Mapping[str, Sequence[Item]]
    contexts: Mapping[tuple[str, str], Sequence[Item]]

    @classmethod
    def of(cls, items: Sequence[Item]) -> Known:
        """Of the items of a set."""
        scenes: dict[str, list[Item]] = {}
        contexts: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            scenes.setdefault(item.scene_id, []).append(item)
            contexts.setdefault((item.group, item.name), []).append(item)
        return cls(scenes, contexts)


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, the reason in ``error``).
    ``stop_reason`` is the engine's word for how it ended. ``planted`` names the faults that were
    really put in, in the order of :data:`FAULTS`.
    """

    raw_text: str | None
    state: str
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]


def simulate(
    item: Item,
    known: Known,
    faults: Faults,
    seed: int,
    order: Sequence[int] = (),
    sample: int = 1,
    size: Size | None = None,
) -> Simulated:
    """Answer one question.

    Args:
        item: with its gold.
        known: of its set.
        faults: rate (0..1) by name, see :data:`FAULTS`.
        seed: of all draws; the same (seed, item id, sample) gives the same answer.
        order: places of the options as they are shown; by default as the set has them.
        sample: which of several answers is asked for.
        size: of the picture, where places are asked for in parts of its sides.
    """
    return _Answering(item, known, faults, seed, tuple(order), sample, size).answer()


def simulate_predictions(
    items: Sequence[Item], faults: Faults, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file, options in the order of the set.

    Args:
        items: of a set.
        faults: as :func:`simulate` takes them.
        seed: likewise.
    """
    known = Known.of(items)
    for item in items:
        found = simulate(item, known, faults, seed)
        yield {
            "item_id": item.item_id,
            "model": MODEL,
            "raw_text": found.raw_text,
            "error": found.error,
            "state": found.state,
            "planted": list(found.planted),
        }


class _Answering:
    """One answer on its way."""

    def __init__(
        self,
        item: Item,
        known: Known,
        faults: Faults,
        seed: int,
        order: tuple[int, ...],
        sample: int,
        size: Size | None,
    ) -> None:
        self.item, self.known, self._size = item, known, size
        self.order = order or tuple(range(len(item.of)))
        self._seed, self._sample = seed, sample
        self._fired = {name for name, rate in faults.items() if self._draw(name).unit() < rate}
        if faults.get("unseen") and self._scene("unseen").unit() < faults["unseen"]:
            self._fired.add("unseen")
        else:
            self._fired.discard("unseen")
        self.planted: list[str] = []

    def answer(self) -> Simulated:
        fired = self._fired
        if "api_error" in fired:
            return Simulated(None, "error", None, API_ERROR, ("api_error",))
        if "refuse" in fired:
            return Simulated(REFUSAL, "refused", "content_filter", None, ("refuse",))
        if "empty" in fired:
            return Simulated("", "empty", "stop", None, ("empty",))
        if "truncate" in fired:
            return Simulated(_CUT, "truncated", "max_tokens", None, ("truncate",))
        text = self._text(self._said())
        return Simulated(text, "answered", "stop", None, tuple(self.planted))

    def _draw(self, *names: str) -> Draw:
        """A stream of this answer's own."""
        again = [str(self._sample)] if self._sample > 1 else []
        return Draw(self._seed, "contexts", *names, self.item.item_id, *again)

    def _scene(self, *names: str) -> Draw:
        """A stream that is the same for all questions about a scene."""
        return Draw(self._seed, "contexts scene", *names, self.item.scene_id)

    def _plant(self, name: str, said: str, changed: str | None) -> str:
        """The answer with a fault, if it fires; it is planted where it changes something."""
        if name not in self._fired or changed is None or changed == said:
            return said
        self.planted.append(name)
        return changed

    # ---- what is said

    def _said(self) -> str:
        """The answer, in the spelling of what is said."""
        item = self.item
        said = gold_said(item)
        said = self._plant("unseen", said, self._unseen())
        if item.about == "does":
            said = self._plant("default", said, self._named(item.default))
            said = self._plant("other_context", said, self._elsewhere(self._siblings()))
            said = self._plant("other_picture", said, self._elsewhere(self._pictures()))
            said = self._plant("harm", said, self._named(next(iter(item.harmful), None)))
            said = self._plant("give_up", said, CANNOT if self._can_refuse else None)
        return self._plant("wrong", said, self._wrong(said))

    @property
    def _can_refuse(self) -> bool:
        return self.item.refusable and self.item.kind != "impossible"

    def _unseen(self) -> str | None:
        """What is said by who took the picture for another one, the same in all of a scene."""
        others = self._pictures()
        if not others:
            return self._wrong(gold_said(self.item))
        at = self._scene("unseen", "which").below(len(others))
        told = self._elsewhere([*others[at:], *others[:at]])
        return told if self.item.about == "does" else told or self._wrong(gold_said(self.item))

    def _siblings(self) -> Sequence[Item]:
        """The other contexts of the scene."""
        return [
            one
            for one in self.known.scenes[self.item.scene_id]
            if one.about == "does" and one.name != self.item.name and one.form == self.item.form
        ]

    def _pictures(self) -> Sequence[Item]:
        """The same question about other scenes of the group."""
        return [
            one
            for one in self.known.contexts[self.item.group, self.item.name]
            if one.scene_id != self.item.scene_id
            and (one.about, one.form) == (self.item.about, self.item.form)
        ]

    def _elsewhere(self, others: Sequence[Item]) -> str | None:
        """What is right for the first of them that calls for something else."""
        item = self.item
        golds = [gold_said(one) for one in others if one.kind != "impossible"]
        if item.form == "choice":
            golds = [gold for gold in golds if gold in item.of]
        elif item.form == "labels":
            known = {"", *item.of}
            golds = [gold for gold in golds if known.issuperset(gold.split(", "))]
        return next((g for g in golds if not right(g, item.form, item.answer)), None)

    def _named(self, action: str | Answer | None) -> str | None:
        """An action that is named, as it is said; None where it is none of the question's."""
        item = self.item
        if action is None:
            return None
        if isinstance(action, Answer):
            return gold_of(item.form, action)
        if item.form == "choice":
            return next((one for one in item.of if is_action(one, item.form, action)), None)
        if item.form in ("call", "calls"):
            return f'[{{"arguments":{{}},"name":"{action}"}}]'
        return action if item.form == "text" else None

    def _wrong(self, said: str) -> str | None:
        """An answer of the right form that is wrong, whatever else was planted."""
        item, draw = self.item, self._draw("wrong", "which")
        if item.form == "number":
            low, high = item.answer.range if item.kind == "number" else (0, 0)
            end = high if high == high and str(high) != "Infinity" else low
            return str(round(end) + 2 + draw.below(3))
        if item.form == "text":
            return draw.pick(("something else", "another thing", "none of these"))
        if item.form == "labels":
            gold = set(gold_said(item).split(", "))
            left = sorted(set(item.of) - gold)
            return ", ".join(left)
        if item.form == "cells":
            return "" if gold_said(item) else "R1C1"
        if item.form in ("point", "points"):
            return "(1, 1)" if not right("(1, 1)", item.form, item.answer) else "(0, 99999)"
        if item.form in ("call", "calls"):
            names = [tool.name for tool in item.tools]
            other = [f'[{{"arguments":{{}},"name":"{name}"}}]' for name in names]
            return next(one for one in ("[]", *other) if not right(one, item.form, item.answer))
        options = [
            one
            for one in item.of
            if one != CANNOT and one != said and not right(one, item.form, item.answer)
        ]
        return draw.pick(options) if options else None

    # ---- how it is said

    def _text(self, said: str) -> str:
        """The answer in words; the faults of form are planted here."""
        if "prose" in self._fired:
            self.planted.append("prose")
            return self._draw("prose", "which").pick(_PROSE)
        said = as_shown(said, self.item, self.order, self._size)
        if "lenient" not in self._fired:
            return said
        self.planted.append("lenient")
        return self._draw("lenient", "which").pick((f"Answer: {said}", f"The answer is {said}."))


FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "empty": "the answer is empty (nothing else is planted then)",
    "truncate": "the answer is cut off before it says anything (nothing else is planted then)",
    "unseen": "takes the picture of a scene for another one of its group, in all it is asked of it",
    "default": "takes the declared default action",
    "other_context": "takes the action of another context of the scene",
    "other_picture": "takes the action that the context calls for in another picture",
    "harm": "takes an action that does harm",
    "give_up": "says that it cannot be done",
    "wrong": "says something that is wrong",
    "prose": "words from which no answer can be read",
    "lenient": "the answer in another form than was asked for",
}
"""Name and meaning of every fault, in the order in which they are applied."""
