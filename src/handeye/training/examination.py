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
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import torch
from scipy.stats import binomtest

from handeye.errors import RunError
from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY
from handeye.rose.scoring import score_item
from handeye.training.art import Split
from handeye.training.scenes import Ease, Picture, Question, test_pictures, training_picture

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor

Progress = Callable[[int, int], None]
COUNTING, ACTING = ("T1", "T2"), ("T3", "T4", "T5")
"""Templates of the paper's Counting Avg. and Action Avg."""
MOST_NEW_TOKENS = 64
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


def load_model(directory: Path) -> tuple[LlavaForConditionalGeneration, LlavaProcessor]:
    """A trained folder, read as anyone would read it.

    Raises:
        RunError: there is no model in it.
    """
    from transformers import AutoModelForImageTextToText, AutoProcessor

    if not (directory / "config.json").is_file():
        raise RunError(f"{directory} holds no trained model (no config.json); train one first")
    model = AutoModelForImageTextToText.from_pretrained(directory, dtype=torch.float32)
    return model.eval(), AutoProcessor.from_pretrained(directory)


def examine(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    *,
    seed: int,
    scenes: int,
    ease: Ease | None = None,
    progress: Progress | None = None,
) -> list[Mark]:
    """Examine a model on ``scenes`` scenes of each side of the split.

    Args:
        model: as :func:`load_model` gives it.
        processor: its processor.
        seed: of the test scenes, which no training ever shows.
        scenes: scenes of seen and as many of held-out art.
        ease: limits on the scenes; default the whole range up to 8 x 8.
        progress: called with (scenes done, scenes in all).
    """
    ease = ease or Ease()
    marks: list[Mark] = []
    splits = get_args(Split)
    for place, split in enumerate(splits):
        seen: dict[str, list[int]] = {}
        blind: dict[str, list[int]] = {}
        chance: dict[str, list[int]] = {}
        for index in range(scenes):
            for picture in test_pictures(seed, split, index, ease):
                empty = picture.blanked().pixels
                looked = answers(model, processor, picture.pixels, picture.questions)
                guessed = answers(model, processor, empty, picture.questions)
                for n, question in enumerate(picture.questions):
                    item = as_item(picture, question)
                    for kept, said in (
                        (seen, looked[n]),
                        (blind, guessed[n]),
                        (chance, _commonest(question.key)),
                    ):
                        kept.setdefault(question.key, []).append(score_item(item, said).passed)
            if progress:
                progress(place * scenes + index + 1, len(splits) * scenes)
        marks += _marks(split, seen, blind, chance)
    return marks


def _marks(
    split: Split,
    seen: dict[str, list[int]],
    blind: dict[str, list[int]],
    chance: dict[str, list[int]],
) -> list[Mark]:
    out = []
    for key, template in BY_KEY.items():
        n, right = len(seen[key]), sum(seen[key])
        bounds = binomtest(right, n).proportion_ci(method="wilson")
        rates = (sum(side[key]) / n for side in (blind, chance))
        out.append(Mark(key, template.column, split, n, right / n, bounds.low, bounds.high, *rates))
    return out


@torch.inference_mode()
def answers(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    pixels: np.ndarray[Any, np.dtype[np.uint8]],
    questions: Sequence[Question],
) -> list[str]:
    """The model's greedy answers to questions about one picture, ``(height, width, 3)`` uint8."""
    texts = [
        processor.apply_chat_template(
            [
                {
                    "role": "user",
                    "content": [{"type": "image"}, {"type": "text", "text": question.text}],
                }
            ],
            add_generation_prompt=True,
        )
        for question in questions
    ]
    inputs = processor(
        text=texts, images=[pixels] * len(texts), padding=True, return_tensors="pt"
    ).to(model.device)
    made = model.generate(**inputs, do_sample=False, max_new_tokens=MOST_NEW_TOKENS)
    told = made[:, inputs["input_ids"].shape[1] :]
    return [str(text) for text in processor.batch_decode(told, skip_special_tokens=True)]


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


def averages(marks: Sequence[Mark], split: Split) -> tuple[float, float]:
    """Counting Avg. and Action Avg. (0..1) of one side of the split; the gap lies between."""
    passed = {mark.template: mark.passed for mark in marks if mark.split == split}
    counting, acting = (sum(passed[k] for k in keys) / len(keys) for keys in (COUNTING, ACTING))
    return counting, acting


def record(marks: Sequence[Mark], seed: int, scenes: int) -> dict[str, Any]:
    """JSON form of an examination."""
    sides = {}
    for split in get_args(Split):
        counting, acting = averages(marks, split)
        sides[split] = {"counting": counting, "acting": acting, "gap": counting - acting}
    return {
        "seed": seed,
        "scenes": scenes,
        "averages": sides,
        "marks": [asdict(mark) for mark in marks],
    }
