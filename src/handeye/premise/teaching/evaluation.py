"""Accept and reject, kind by kind, of a trained model, beside copies that cannot see or hear.

For every kind and side of the split: how often statements are judged rightly (TRUE or FALSE), how
often a question with six options is accepted where its premise holds and rejected where not, and of
the accepted how many are answered rightly. Half of the premises are false, so .5 is what the words
alone give, whatever they are. The blind copy is the same model shown a tile without its film strip,
the deaf copy one without its sound: of a kind of sight the blind one is at chance, or something in
the words tells the answer. Two-premise questions stand apart: accepted and answered, or rejected
for the right sense.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from scipy.stats import binomtest

from handeye.premise.items import VISION_FALSE
from handeye.premise.scenes.plan import SENSES
from handeye.premise.scoring.reading import read
from handeye.premise.teaching.scenes import Clip, Question, Split, examined_clip
from handeye.training.asking import answers

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor

Copy = Literal["model", "blind", "deaf"]
COPIES: tuple[Copy, ...] = get_args(Copy)
Form = Literal["true-false", "six", "content", "two"]
_HIDDEN: Mapping[Copy, frozenset[Any]] = {
    "model": frozenset(),
    "blind": frozenset({"vision"}),
    "deaf": frozenset({"audio"}),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How often a kind is right, 0..1, in one form of question; with a 95 % Wilson interval.

    Attributes:
        sense: of the kind; ``both`` for questions with two premises.
        kind: its name.
        split: side of the held-out details.
        form: ``true-false``; ``six``: accepted or rejected; ``content``: the standard ones;
            ``two``: accepted with the right content, or rejected for the right sense.
        taught: whether training showed the kind, as far as is known.
        items: how many.
        right: the model.
        low: of its interval.
        high: likewise.
        blind: the copy that cannot see.
        deaf: the copy that cannot hear.
        chance: without looking and listening.
    """

    sense: str
    kind: str
    split: Split
    form: Form
    taught: bool
    items: int
    right: float
    low: float
    high: float
    blind: float
    deaf: float
    chance: float


_CHANCE: Mapping[Form, float] = {"true-false": 1 / 2, "six": 1 / 2, "content": 1 / 4, "two": 1 / 3}


def examine(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    seed: int,
    scenes: int,
    taught: Mapping[str, Collection[str]],
    levels: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> list[Mark]:
    """Examine a model.

    Args:
        model: trained.
        processor: its processor.
        seed: of the clips.
        scenes: clips with seen details, and with held-out ones.
        taught: names of kinds by sense.
        levels: how many of each kind are asked about, from the easiest.
        progress: called with (clips done, in all).
    """
    kept: dict[tuple[str, str, Split, Form], list[list[bool]]] = {}
    for done, (split, number) in enumerate(
        ((split, number) for number in range(scenes) for split in get_args(Split)), 1
    ):
        clip = examined_clip(seed, split, number, levels)
        said = {copy: _answers(model, processor, clip, copy) for copy in COPIES}
        for at, question in enumerate(clip.questions):
            for form in _forms(question):
                right = [_is_right(question, form, said[copy][at]) for copy in COPIES]
                kind = "two premises" if form == "two" else question.item.kind
                kept.setdefault((question.sense, kind, split, form), []).append(right)
        if progress:
            progress(done, 2 * scenes)
    return [
        _mark(sense, kind, split, form, kind in taught.get(sense, ()), rows)
        for (sense, kind, split, form), rows in sorted(kept.items())
    ]


def _answers(
    model: LlavaForConditionalGeneration, processor: LlavaProcessor, clip: Clip, copy: Copy
) -> list[str]:
    shown = replace(clip, hidden=_HIDDEN[copy])
    said: list[str] = answers(model, processor, shown.pixels, shown.questions)
    return said


def _forms(question: Question) -> tuple[Form, ...]:
    if question.variant == "true-false":
        return ("true-false",)
    if question.sense == "both":
        return ("two",)
    return ("six", "content") if question.premise == "standard" else ("six",)


def _is_right(question: Question, form: Form, text: str) -> bool:
    found = read(text, question.item, question.variant, question.order)
    false = question.premise == "misleading"
    if form in ("content", "two"):
        return found.role == question.item.gold
    if found.decision in ("unreadable", "none"):
        return False
    if form == "six":
        return found.role is not None and (found.role >= VISION_FALSE) == false
    return (found.decision != "accepts") == false


def _mark(
    sense: str, kind: str, split: Split, form: Form, taught: bool, rows: list[list[bool]]
) -> Mark:
    n = len(rows)
    right, blind, deaf = (sum(column) for column in zip(*rows, strict=True))
    ends = binomtest(right, n).proportion_ci(method="wilson")
    return Mark(
        sense, kind, split, form, taught or sense == "both", n,
        right / n, ends.low, ends.high, blind / n, deaf / n, _CHANCE[form],
    )  # fmt: skip


LEARNED = 0.75
"""Of seen details: how often a kind that is learned is right, at least."""


def record(marks: list[Mark], **asked: Any) -> dict[str, Any]:
    """JSON form of an examination, with the kinds, of seen details, that are learned or at chance.

    ``learned``: right in :data:`LEARNED` or more; ``at_chance``: chance lies in the interval, or
    above it.
    """

    def kinds(form: Form, sense: str, counts: Callable[[Mark], bool]) -> list[str]:
        asked_for = (sense, "seen", form)
        return [
            mark.kind
            for mark in marks
            if (mark.sense, mark.split, mark.form) == asked_for and counts(mark)
        ]

    forms: tuple[Form, ...] = ("true-false", "six")
    learned, at_chance = (
        {form: {sense: kinds(form, sense, counts) for sense in SENSES} for form in forms}
        for counts in (lambda m: m.right >= LEARNED, lambda m: m.low <= m.chance)
    )
    return {
        **asked,
        "learned": learned,
        "at_chance": at_chance,
        "marks": [asdict(mark) for mark in marks],
    }
