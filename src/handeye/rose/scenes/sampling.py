"""Draws scenes with the statistics of ROSE v0.1: a pure function of (seed, source, index).

Knows where exceptions and regions lie, nothing of what a cell shows. Grid, targets and the region
of each template come from streams of their own, so that one can change without moving the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scene import Cell, Grid, Region, RegionType, Scene
from handeye.rose.v01 import CASES, LOCAL_TYPES, PROFILES, STATISTICS, Profile, SourceStatistics
from handeye.sets.draw import Draw

# The public metadata hold T3's regions only. T2 and T5 (what its text excludes) are drawn by the
# same rules, independently; T4's highlighted rectangle by the rules of T3's rectangles.
LOCAL_TEMPLATES = ("T2", "T3", "T4", "T5")


def sample_scene(seed: int, source: str, index: int, sides: tuple[int, int] | None = None) -> Scene:
    """Scene ``index`` (from 0) of ``source`` under ``seed``; its ``number`` is ``index + 1``.

    ``sides`` are the fewest and the most rows, and columns, instead of the source's own.
    """
    rules = STATISTICS[source]
    draw = Draw(seed, source, index, "grid")
    profile = draw.weighted(PROFILES, rules.profile_weights)
    low, high = sides or rules.sides[profile]
    grid = Grid(draw.integer(low, high), draw.integer(low, high))
    if sides:
        profile = _profile_of(grid, rules)
    rules = fitted_rules(rules, grid)
    cell_size = draw.integer(*rules.cell_sizes)
    draw = Draw(seed, source, index, "targets")
    count = draw.weighted(range(1, len(rules.target_weights) + 1), rules.target_weights)
    targets = tuple(
        Cell(place // grid.cols + 1, place % grid.cols + 1)
        for place in draw.sample(grid.cell_count, count)
    )
    regions = {
        key: sample_region(Draw(seed, source, index, key), rules, key, grid, targets)
        for key in LOCAL_TEMPLATES
    }
    return Scene(index + 1, grid, cell_size, profile, targets, regions)


def fitted_rules(rules: SourceStatistics, grid: Grid) -> SourceStatistics:
    """``rules`` for a grid smaller than any of the release: regions that leave a cell outside.

    Spans end a cell short of the shorter side, and at most a third of the cells are exceptions.
    Grids as large as the release's are drawn as ever.
    """
    most = max(1, min(grid.rows, grid.cols) - 1)
    (line_low, line_high), (side_low, side_high) = rules.line_spans, rules.rectangle_sides
    return replace(
        rules,
        line_spans=(min(line_low, most), min(line_high, most)),
        rectangle_sides=(min(side_low, most), min(side_high, most)),
        target_weights=rules.target_weights[: max(1, grid.cell_count // 3)],
    )


def _profile_of(grid: Grid, rules: SourceStatistics) -> Profile:
    """The release's name for a grid of that size."""
    longer = max(grid.rows, grid.cols)
    return next((name for name in PROFILES if longer <= rules.sides[name][1]), PROFILES[-1])


def sample_region(
    draw: Draw, rules: SourceStatistics, key: str, grid: Grid, targets: Sequence[Cell]
) -> tuple[Region, str]:
    """Draw a region for template ``key`` and label its case as the release does.

    A kind of region and a wanted case (partial, zero or all of the targets inside) are drawn
    first. Among all regions of that kind, each weighted as "uniform span, then uniform place", one
    that shows the case is drawn; if none does, any one is, and the label says
    ``fallback_<case>_wanted_<wanted>``. This is the limit of the authors' redrawing: in their
    metadata a fallback occurs only where the wish cannot be met.
    """
    kind = "RECTANGLE" if key == "T4" else draw.weighted(LOCAL_TYPES, rules.type_weights)
    wanted = draw.weighted(CASES, rules.case_weights)
    bounds, weights = _candidates(kind, rules.line_spans, rules.rectangle_sides, rules.ratio, grid)
    inside = np.zeros(len(bounds), np.int64)
    for row, col in targets:
        inside += ((bounds[:, 0] <= row) & (row <= bounds[:, 1]) & (bounds[:, 2] <= col)) & (
            col <= bounds[:, 3]
        )
    shown = len(targets) - inside if key == "T5" else inside
    fits = {
        "zero": shown == 0,
        "all": shown == len(targets),
        "partial": (shown > 0) & (shown < len(targets)),
    }[wanted]
    met = bool(fits.any())
    chances = np.cumsum(np.where(fits, weights, 0.0) if met else weights)
    chosen = int(np.searchsorted(chances, draw.unit() * chances[-1], side="right"))
    r1, r2, c1, c2 = bounds[chosen].tolist()
    region = _region(kind, key, r1, r2, c1, c2)
    case = region_case(region, targets)
    return region, case if met else f"fallback_{case}_wanted_{wanted}"


def region_case(region: Region, targets: Sequence[Cell]) -> str:
    """How many of the targets lie in ``region``: ``zero``, ``partial`` or ``all``."""
    inside = sum(cell in region for cell in targets)
    if inside == 0:
        return "zero"
    return "all" if inside == len(targets) else "partial"


@cache
def _candidates(
    kind: str,
    line_spans: tuple[int, int],
    rectangle_sides: tuple[int, int],
    ratio: tuple[float, float],
    grid: Grid,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every allowed region of a kind with the chance that a span, then a place, draws it.

    Returns bounds ``(n, 4)`` as r1, r2, c1, c2 and weights ``(n,)``. Where no rectangle of the
    allowed sides has an allowed share of the grid, the share is free, as in the one official
    scene where that is so (16 x 16 cells, sides up to 5).
    """
    lines = range(line_spans[0], line_spans[1] + 1)
    sides = range(rectangle_sides[0], rectangle_sides[1] + 1)
    if kind == "ROW_RANGE":
        spans = [(height, grid.cols) for height in lines]
    elif kind == "COL_RANGE":
        spans = [(grid.rows, width) for width in lines]
    else:
        spans = [(height, width) for height in sides for width in sides]
        low, high = ratio
        spans = [
            (height, width)
            for height, width in spans
            if low <= height * width / grid.cell_count <= high
        ] or spans
    bounds = [
        (
            r1,
            r1 + height - 1,
            c1,
            c1 + width - 1,
            (grid.rows - height + 1) * (grid.cols - width + 1),
        )
        for height, width in spans
        for r1 in range(1, grid.rows - height + 2)
        for c1 in range(1, grid.cols - width + 2)
    ]
    table = np.array(bounds, np.int64)
    return table[:, :4], 1.0 / table[:, 4]


def _region(kind: str, key: str, r1: int, r2: int, c1: int, c2: int) -> Region:
    if key == "T5":
        return Region("EXCLUSION", r1, r2, c1, c2, exclude_type=kind)  # type: ignore[arg-type]
    type_: RegionType = "VISUAL_REGION" if key == "T4" else kind  # type: ignore[assignment]
    return Region(type_, r1, r2, c1, c2)
