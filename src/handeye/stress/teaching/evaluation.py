"""How many pairs a trained model tells, family by family, and what cues do to its answers.

A pair is one plain prompt about pictures A and B of a group, right of both. Whoever goes by the
words gives both the same answer and tells no pair, so a model that tells some has looked. Answers
are made by plain greedy ``generate`` and read as those of any run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from scipy.stats import binomtest

from handeye.stress.items import BY_DEFAULT, Family
from handeye.stress.scoring.predictions import Form
from handeye.stress.scoring.reading import read, says_of
from handeye.stress.teaching.scenes import examined_group, examined_pictures
from handeye.training.asking import answers

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor


@dataclass(frozen=True, slots=True)
class Mark:
    """What a family came to in one form of question; rates in 0..1.

    Attributes:
        family: what is asked.
        form: of the answers.
        groups: how many, with one plain pair each.
        pairs: share of them that is told; 0 for whoever only reads.
        low: of its 95 % Wilson interval.
        high: likewise.
        plain: items without a cue that are answered rightly.
        true_cue: of those whose cue is true.
        false_cue: of those whose cue is false.
    """

    family: Family
    form: Form
    groups: int
    pairs: float
    low: float
    high: float
    plain: float
    true_cue: float
    false_cue: float


def examine(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    seed: int,
    scenes: int,
    progress: Callable[[int, int], None] | None = None,
    level: int = 1,
) -> list[Mark]:
    """Examine a model.

    Args:
        model: trained.
        processor: its processor.
        seed: of the groups.
        scenes: groups, of the families in turn.
        progress: called with (groups done, in all).
        level: of the groups.
    """
    kept: dict[tuple[Family, Form], list[tuple[list[bool], list[bool], list[bool]]]] = {}
    for number in range(scenes):
        group = examined_group(seed, number, level)
        right: dict[Form, tuple[list[bool], list[bool], list[bool]]] = {
            form: ([], [], []) for form in get_args(Form)
        }
        for shown in examined_pictures(group):
            said = answers(model, processor, shown.pixels, shown.questions)
            for question, one in zip(shown.questions, said, strict=True):
                item = question.item
                found = read(one, item, question.form, question.order)
                cell = 0 if not item.cue else 1 if item.cue_value == item.truth else 2
                right[question.form][cell].append(found.says == says_of(item.gold, item))
        for form, cells in right.items():
            kept.setdefault((group.order.family, form), []).append(cells)
        if progress:
            progress(number + 1, scenes)
    return [
        _mark(family, form, kept[family, form])
        for form in get_args(Form)
        for family in BY_DEFAULT
        if (family, form) in kept
    ]


def _mark(
    family: Family, form: Form, groups: Sequence[tuple[list[bool], list[bool], list[bool]]]
) -> Mark:
    told = sum(all(plain) for plain, _, _ in groups)
    ends = binomtest(told, len(groups)).proportion_ci(method="wilson")
    rates = [sum(map(sum, cells)) / sum(map(len, cells)) for cells in zip(*groups, strict=True)]
    return Mark(family, form, len(groups), told / len(groups), ends.low, ends.high, *rates)


def record(marks: Sequence[Mark], **asked: Any) -> dict[str, Any]:
    """JSON form of an examination, with the families of which pairs are told surely.

    ``seen``: where the interval of the pairs lies above .25, what who draws each answer of two may
    reach.
    """
    return {
        **asked,
        "seen": {
            form: [mark.family for mark in marks if mark.form == form and mark.low > LOT]
            for form in get_args(Form)
        },
        "marks": [asdict(mark) for mark in marks],
    }


LOT = 0.25
"""Pairs that whoever draws one of two answers anew each time has, at most."""
