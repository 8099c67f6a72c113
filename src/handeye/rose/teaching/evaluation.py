"""PASS per template of a trained model, on seen and on held-out art, beside what needs no eyes.

Three figures for each template and side of the split: the model; a blind copy, the same model
shown an empty picture; and chance, the answer that is most often right in training, always given.
Answers are made by plain greedy ``generate`` and scored like any run's. Knows nothing of training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from scipy.stats import binomtest

from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY
from handeye.rose.scoring.score_item import score_item
from handeye.rose.teaching.art import Split
from handeye.rose.teaching.papers import Papers
from handeye.rose.teaching.scenes import Ease, Picture, Question, training_picture
from handeye.training.asking import answers

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor

Progress = Callable[[int, int], None]
COUNTING, ACTING = ("T1", "T2"), ("T3", "T4", "T5")
"""Templates of the paper's Counting Avg. and Action Avg."""
_CHANCE_PICTURES = 400


@dataclass(frozen=True, slots=True)
class Mark:
    """PASS of one template on one side of the split; all rates in 0..1, 95 % Wilson interval."""

    template: str
    column: str
    split: Split
    items: int
    passed: float
    low: float
    high: float
    blind: float
    chance: float


def examine(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    papers: Papers,
    progress: Progress | None = None,
) -> list[Mark]:
    """Examine a model.

    Args:
        model: as :func:`handeye.training.asking.load_model` gives it.
        processor: its processor.
        papers: the scenes, see :mod:`handeye.rose.teaching.papers`.
        progress: called with (scenes done, scenes in all).

    Returns:
        A mark for each template and side of the split that the papers ask about.
    """
    kept: dict[tuple[Split, str], list[list[int]]] = {}
    guesses: dict[str, str] = {}
    for done, (split, paper) in enumerate(papers, 1):
        for picture in paper():
            told = answers(model, processor, picture.pixels, picture.questions)
            # White is white at any size: a question without a picture is asked once.
            new = [q for q in picture.questions if q.text not in guesses]
            if new:
                blind = answers(model, processor, picture.blanked().pixels, new)
                guesses |= {q.text: said for q, said in zip(new, blind, strict=True)}
            for question, said in zip(picture.questions, told, strict=True):
                item = as_item(picture, question)
                tried = (said, guesses[question.text], _commonest(question.key))
                right = [score_item(item, one).passed for one in tried]
                kept.setdefault((split, question.key), []).append(right)
        if progress:
            progress(done, len(papers))
    return [
        _mark(split, key, kept[split, key])
        for split in get_args(Split)
        for key in BY_KEY
        if (split, key) in kept
    ]


def _mark(split: Split, key: str, right: Sequence[Sequence[int]]) -> Mark:
    """``right``: whether the model, its blind copy and chance were right, for every item."""
    n = len(right)
    passed, blind, chance = (sum(column) for column in zip(*right, strict=True))
    bounds = binomtest(passed, n).proportion_ci(method="wilson")
    rates = passed / n, bounds.low, bounds.high, blind / n, chance / n
    return Mark(key, BY_KEY[key].column, split, n, *rates)


def as_item(picture: Picture, question: Question) -> Item:
    """A question in the form that scoring reads."""
    template = BY_KEY[question.key]
    return Item(
        item_id=question.key,
        scene_id="",
        task_template=template.id,
        task_mode=template.mode,
        region_type=question.region.type,
        region_params=question.region.params(),
        rows=picture.grid.rows,
        cols=picture.grid.cols,
        ground_truth_count=len(question.gold),
        all_target_cells=[str(cell) for cell in sorted(picture.targets)],
        region_target_cells=[str(cell) for cell in question.gold],
        rose_subset="",
        ground_truth_formal_answer=question.answer,
    )


def _training_questions() -> Iterator[Question]:
    # Any seed: the shares of the answers are the same in every stream.
    for index in range(_CHANCE_PICTURES):
        yield from training_picture(0, index, Ease()).questions


@cache
def _commonest_answers() -> dict[str, str]:
    counts: dict[str, Counter[str]] = {}
    for question in _training_questions():
        counts.setdefault(question.key, Counter())[question.answer] += 1
    return {key: count.most_common(1)[0][0] for key, count in counts.items()}


def _commonest(key: str) -> str:
    return _commonest_answers()[key]


def averages(marks: Sequence[Mark], split: Split) -> tuple[float, float] | None:
    """Counting Avg. and Action Avg. (0..1) of one side of the split; the gap lies between.

    None where a template of either is not among the marks.
    """
    passed = {mark.template: mark.passed for mark in marks if mark.split == split}
    if not passed.keys() >= {*COUNTING, *ACTING}:
        return None
    counting, acting = (sum(passed[k] for k in keys) / len(keys) for keys in (COUNTING, ACTING))
    return counting, acting


def record(marks: Sequence[Mark], **asked: Any) -> dict[str, Any]:
    """JSON form of an examination; ``asked`` says on what."""
    sides = {}
    for split in get_args(Split):
        if found := averages(marks, split):
            sides[split] = {"counting": found[0], "acting": found[1], "gap": found[0] - found[1]}
    return {**asked, "averages": sides, "marks": [asdict(mark) for mark in marks]}
