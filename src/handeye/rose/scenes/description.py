"""The statistics table of a set, alone or beside another one.

Counts what DESIGN and the research on the official metadata count, from rows alone, so that any
file in the release format can be described. Lines, tests and comparisons are those of
``handeye.sets.statistics``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY, SUBSETS
from handeye.rose.release import load
from handeye.rose.scenes.sampling import region_case
from handeye.sets.statistics import (
    ALL,
    Comparison,
    Description,
    Line,
    compare,
    count_labels,
    p_value,
)

__all__ = ["ALL", "Comparison", "Description", "Line", "compare", "describe", "p_value"]


@dataclass(frozen=True, slots=True)
class _SceneFacts:
    """One scene with the rows that are needed, by template key."""

    first: Item
    by_key: Mapping[str, Item]

    @property
    def t3(self) -> Item | None:
        """T3's row, or the matched bridge's, which asks about the same region."""
        return self.by_key.get("T3") or self.by_key.get("T2B")


def describe(data: str | Path, *, split: str | None = None) -> Description:
    """Describe a set folder or metadata file.

    Raises:
        DataError: it cannot be read.
        OptionError: no row is of ``split``.
    """
    keys = {template.id: key for key, template in BY_KEY.items()}
    scenes = [
        _SceneFacts(rows[0], {keys[row.task_template]: row for row in rows})
        for rows in load(data, split=split).scenes().values()
    ]
    present = {scene.first.rose_subset for scene in scenes}
    names = [name for name in SUBSETS if name in present] + sorted(present - set(SUBSETS))
    groups = {name: _lines([s for s in scenes if s.first.rose_subset == name]) for name in names}
    groups[ALL] = _lines(scenes)
    legend = "; ".join(f"{key}: {template.words}" for key, template in BY_KEY.items())
    return Description(str(data), groups, legend)


def _lines(scenes: Sequence[_SceneFacts]) -> dict[str, Line]:
    firsts = [scene.first for scene in scenes]
    local = [item for scene in scenes if (item := scene.t3) is not None]
    lines = [
        Line("scenes", {"n": len(scenes)}, compared=False),
        Line("split", count_labels((i.split for i in firsts), ("test", "dev")), compared=False),
        Line("items", count_labels(k for s in scenes for k in s.by_key), compared=False),
        Line(
            "grid profile",
            count_labels((i.grid_size_profile for i in firsts), ("small", "medium", "large")),
        ),
        _numbers("rows", firsts, lambda i: i.rows),
        _numbers("columns", firsts, lambda i: i.cols),
        _numbers("cells", firsts, lambda i: i.grid.cell_count),
        _detail(_numbers("abs(rows - columns)", firsts, lambda i: abs(i.rows - i.cols))),
        _numbers("cell size, px", firsts, lambda i: i.cell_size),
        _detail(_numbers("width, px", firsts, lambda i: i.image_width)),
        _detail(_numbers("height, px", firsts, lambda i: i.image_height)),
        _numbers("megapixels", firsts, lambda i: i.image_width * i.image_height / 1e6),
        Line("targets", count_labels(str(len(i.all_target_cells)) for i in firsts)),
        _numbers("targets per cell", firsts, lambda i: len(i.targets) / i.grid.cell_count),
        Line(
            "T3 region kind",
            count_labels((i.region_type for i in local), ("RECTANGLE", "ROW_RANGE", "COL_RANGE")),
        ),
        _detail(Line("T3 row span", _spans(local, "ROW_RANGE", rows=True))),
        _detail(Line("T3 column span", _spans(local, "COL_RANGE", rows=False))),
        _detail(Line("T3 rectangle height", _spans(local, "RECTANGLE", rows=True))),
        _detail(Line("T3 rectangle width", _spans(local, "RECTANGLE", rows=False))),
        _numbers("T3 region share", local, lambda i: i.region_ratio),
        _numbers("T3 region cells", local, lambda i: i.region_cell_count),
        Line("T3 targets in region", count_labels(str(i.ground_truth_count) for i in local)),
        _detail(Line("T3 case (label)", count_labels(i.region_case for i in local))),
        Line(
            "T3 case (actual)",
            count_labels(
                (region_case(i.region, i.targets) for i in local), ("zero", "partial", "all")
            ),
        ),
        Line("T3 difficulty", count_labels((i.difficulty for i in local), ("medium", "hard"))),
        _numbers(
            "pair similarity",
            [i for i in firsts if i.pair_similarity is not None],
            lambda i: i.pair_similarity or 0.0,
        ),
    ]
    for key in ("T2", "T4", "T5"):
        rows = [scene.by_key[key] for scene in scenes if key in scene.by_key]
        case = Line(f"{key} case (label)", count_labels(i.region_case for i in rows))
        lines.append(_detail(case))
        lines.append(_numbers(f"{key} region share", rows, lambda i: i.region_ratio))
    return {line.name: line for line in lines if line.counts or line.values}


def _detail(line: Line) -> Line:
    return replace(line, main=False)


def _numbers(name: str, items: Sequence[Item], value: Callable[[Item], float]) -> Line:
    return Line(name, values=tuple(float(value(item)) for item in items))


def _spans(items: Sequence[Item], kind: str, *, rows: bool) -> dict[str, int]:
    regions = [item.region for item in items if item.region_type == kind]
    return count_labels(str(r.r2 - r.r1 + 1 if rows else r.c2 - r.c1 + 1) for r in regions)
