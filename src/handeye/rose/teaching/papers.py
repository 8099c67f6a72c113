"""What a model is examined on: scenes of our own, or the pictures and questions of a set.

A paper is one scene, made or read when it is asked for. Knows which art training has seen, nothing
of models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np

from handeye.media.view import read_view
from handeye.rose.asking.prompts import prompt_parts
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import load
from handeye.rose.teaching.art import Split, plans_of
from handeye.rose.teaching.scenes import Ease, Picture, Question, test_pictures

Papers = Sequence[tuple[Split, Callable[[], tuple[Picture, ...]]]]
"""Each scene's side of the split of the art, and what makes its pictures."""


def own_papers(seed: int, scenes: int, ease: Ease | None = None) -> Papers:
    """``scenes`` scenes of each side of the split, which no training ever shows.

    Args:
        seed: of the scenes.
        scenes: of each side.
        ease: limits on them; default those of the end of a training.
    """
    return [
        (split, partial(test_pictures, seed, split, index, ease or Ease()))
        for split in get_args(Split)
        for index in range(scenes)
    ]


def set_papers(data: str | Path) -> Papers:
    """Every scene of a set in the release format.

    Args:
        data: as :func:`handeye.rose.release.load` takes it.

    Raises:
        DataError: no set, or an unreadable one.
    """
    items = load(data)
    scenes = items.scenes().values()
    return [(split_of(rows[0]), partial(_pictures, items, rows)) for rows in scenes]


def split_of(item: Item) -> Split:
    """Whether training shows sprites of the body plan of an item's art.

    Generated sets name the plan first in ``pair_key``; art of any other kind is unseen.
    """
    plan = (item.pair_key or "").partition("-")[0]
    return "seen" if plan in plans_of("seen") else "unseen"


def _pictures(source: ItemSet, rows: Sequence[Item]) -> tuple[Picture, ...]:
    by_image: dict[Path, list[Item]] = {}
    for item in rows:
        by_image.setdefault(source.image_path(item), []).append(item)
    shown = []
    for path, asked in by_image.items():
        pixels = np.asarray(read_view(path).image())
        questions = tuple(_question(item) for item in asked)
        shown.append(Picture(pixels, questions, asked[0].grid, asked[0].targets, None))
    return tuple(shown)


def _question(item: Item) -> Question:
    _, text = prompt_parts(item, "image_first")
    template = TEMPLATES[item.task_template]
    return Question(
        template.key, text or "", item.ground_truth_formal_answer, item.region, item.gold
    )
