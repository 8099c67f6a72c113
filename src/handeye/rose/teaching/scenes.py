"""Training and test scenes: a pure function of (seed, purpose, index), made when they are needed.

Grids of 2 x 2 to 8 x 8 cells, art of one side of the split, all seven templates in the wording of
generated sets. The streams are keyed by names of their own, so no scene of a set is ever met in
training, whatever the seeds. Knows scenes and pictures, nothing of tensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from handeye.rose.questions import BY_KEY, formal_answer
from handeye.rose.scene import Cell, Grid, Region, Scene
from handeye.rose.scenes.render import Mosaic, base_mosaic, cue_mosaic
from handeye.rose.scenes.sampling import LOCAL_TEMPLATES, sample_region
from handeye.rose.teaching.art import Split, draw_pair, sprite_pair
from handeye.rose.teaching.words import question_text
from handeye.rose.v01 import STATISTICS, SourceStatistics
from handeye.sets.draw import Draw
from handeye.training.lesson import Label

SIDES = (2, 8)
CELL_SIZES = (20, 56)
MOST_TARGETS = 6
# Exceptions are about one cell in eight; weighted so that "nowhere" is no comfortable answer.
LABELS = (
    Label("row", SIDES[1]),
    Label("col", SIDES[1]),
    Label("odd", 2, (1.0, 3.0), about="exception"),
    Label("lit", 2, about="highlighted"),
)
"""Row and column of the cell under a patch, whether it is an exception, whether it is lit."""
_BASE_KEYS = ("T1", "T2", "T3", "T5", "T1B", "T2B")


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a picture: template key, full text, gold answer, gold cells."""

    key: str
    text: str
    answer: str
    region: Region
    gold: tuple[Cell, ...]
    asides: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, ``(height, width, 3)`` uint8, the questions about it, and what it shows."""

    pixels: NDArray[np.uint8]
    questions: tuple[Question, ...]
    grid: Grid
    targets: tuple[Cell, ...]
    cue: Region | None

    def blanked(self) -> Picture:
        """The same questions about a white picture of the same size."""
        return replace(self, pixels=np.full_like(self.pixels, 255))

    def patch_labels(self, patches: int) -> NDArray[np.int64]:
        """What lies under the middle of each patch, ``(patches ** 2, 4)``: :data:`LABELS`."""
        middle = (np.arange(patches) + 0.5) / patches
        rows = (middle * self.grid.rows).astype(np.int64)
        cols = (middle * self.grid.cols).astype(np.int64)
        row, col = np.meshgrid(rows, cols, indexing="ij")
        odd = np.zeros(self.grid, np.int64)
        for target in self.targets:
            odd[target.row - 1, target.col - 1] = 1
        lit = np.zeros(self.grid, np.int64)
        if self.cue is not None:
            lit[self.cue.r1 - 1 : self.cue.r2, self.cue.c1 - 1 : self.cue.c2] = 1
        labels = np.stack([row, col, odd[row, col], lit[row, col]], -1)
        return labels.reshape(-1, labels.shape[-1])


@dataclass(frozen=True, slots=True)
class Ease:
    """How easy the scenes of one moment of a training are.

    ``sides``: fewest and most rows, and columns; ``strangers`` as in
    :func:`handeye.rose.teaching.art.sprite_pair`.
    """

    sides: tuple[int, int] = SIDES
    strangers: float = 0.5


def training_picture(seed: int, index: int, ease: Ease) -> Picture:
    """Picture ``index`` (from 0) of a training: with and without a cue by turns.

    A picture with a cue is asked about everything, so that a frame does not mean that only the
    highlighted cells count.
    """
    scene, art_draw = draw_scene(seed, "training", index, ease)
    pair = sprite_pair(art_draw, "seen", ease.strangers)
    art = draw_pair(pair, scene.cell_size)
    if index % 2 == 0:
        return _picture(scene, base_mosaic(scene.grid, scene.targets, art), _BASE_KEYS, None)
    cue = scene.regions["T4"][0]
    shown, _ = cue_mosaic(scene.grid, scene.targets, art, cue)
    return _picture(scene, shown, ("T4", *_BASE_KEYS), cue)


def test_pictures(seed: int, split: Split, index: int, ease: Ease) -> tuple[Picture, Picture]:
    """Scene ``index`` of an examination: base picture with six questions, cue picture with T4."""
    scene, art_draw = draw_scene(seed, f"examination-{split}", index, ease)
    art = draw_pair(sprite_pair(art_draw, split, ease.strangers), scene.cell_size)
    cue = scene.regions["T4"][0]
    shown, _ = cue_mosaic(scene.grid, scene.targets, art, cue)
    base = base_mosaic(scene.grid, scene.targets, art)
    return _picture(scene, base, _BASE_KEYS, None), _picture(scene, shown, ("T4",), cue)


def draw_scene(seed: int, purpose: str, index: int, ease: Ease) -> tuple[Scene, Draw]:
    """Grid, targets and regions of a scene, and the stream for its art."""
    draw = Draw(seed, "small-model", purpose, index, "grid")
    grid = Grid(draw.integer(*ease.sides), draw.integer(*ease.sides))
    count = draw.integer(1, min(MOST_TARGETS, max(1, grid.cell_count // 3)))
    targets = tuple(
        Cell(place // grid.cols + 1, place % grid.cols + 1)
        for place in draw.sample(grid.cell_count, count)
    )
    size = draw.integer(*CELL_SIZES)
    rules = region_rules(grid)
    regions = {
        key: sample_region(
            Draw(seed, "small-model", purpose, index, key), rules, key, grid, targets
        )
        for key in LOCAL_TEMPLATES
    }
    art = Draw(seed, "small-model", purpose, index, "art")
    return Scene(index + 1, grid, size, "small", targets, regions), art


def region_rules(grid: Grid) -> SourceStatistics:
    """How regions are drawn: as in pixel-content sets, with spans that fit a small grid."""
    short = min(grid.rows, grid.cols)
    return replace(
        STATISTICS["pixel-content"],
        type_weights=(1, 1, 1),
        line_spans=(1, max(1, min(3, short - 1))),
        rectangle_sides=(1, max(1, min(5, short - 1))),
        ratio=(0.05, 0.60),
        case_weights=(0.60, 0.20, 0.20),
    )


def _picture(scene: Scene, shown: Mosaic, keys: tuple[str, ...], cue: Region | None) -> Picture:
    regions = {key: region for key, (region, _) in scene.regions.items()}
    whole = Region.whole(scene.grid)
    regions |= {"T1": whole, "T1B": whole, "T2B": regions["T3"]}
    questions = []
    for key in keys:
        template, gold = BY_KEY[key], tuple(scene.targets_in(regions[key]))
        text = question_text(template, regions[key])
        answer = formal_answer(template.mode, gold)
        questions.append(Question(key, text, answer, regions[key], gold))
    return Picture(shown.pixels(), tuple(questions), scene.grid, scene.targets, cue)
