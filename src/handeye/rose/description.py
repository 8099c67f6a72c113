"""The statistics table of a set, alone or beside another one.

Counts what DESIGN and the research on the official metadata count, from rows alone, so that any
file in the release format can be described. Beside each other, every line carries a p-value: the
chance of a difference at least this large if both sets were drawn from one distribution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY, SUBSETS
from handeye.rose.release import load
from handeye.rose.sampling import region_case

ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of one group of scenes: category counts or a list of numbers.

    ``compared`` is False for what is fixed by the size of the set and not by its distribution.
    """

    name: str
    counts: Mapping[str, int] | None = None
    values: tuple[float, ...] = ()
    compared: bool = True

    def text(self) -> str:
        """The line as shown: counts with shares, or min / median / mean / max."""
        if self.counts is not None:
            total = sum(self.counts.values())
            if not self.compared:
                return "  ".join(f"{name} {count}" for name, count in self.counts.items())
            return "  ".join(
                f"{name} {count} ({count / total:.0%})" for name, count in self.counts.items()
            )
        ordered = sorted(self.values)
        if not ordered:
            return "-"
        middle = ordered[len(ordered) // 2]
        mean = sum(ordered) / len(ordered)
        return f"{ordered[0]:.4g} / {middle:.4g} / {mean:.4g} / {ordered[-1]:.4g}"


@dataclass(frozen=True, slots=True)
class Description:
    """Statistics of a set: group (subset or ``all``) to its lines by name."""

    name: str
    groups: Mapping[str, Mapping[str, Line]]

    def as_dict(self) -> dict[str, Any]:
        """JSON form: counts, or min, median, mean, max of the numbers."""
        return {
            group: {
                name: dict(line.counts) if line.counts is not None else line.text()
                for name, line in lines.items()
            }
            for group, lines in self.groups.items()
        }


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
    return Description(str(data), groups)


def _lines(scenes: Sequence[_SceneFacts]) -> dict[str, Line]:
    firsts = [scene.first for scene in scenes]
    local = [item for scene in scenes if (item := scene.t3) is not None]
    lines = [
        Line("scenes", {"n": len(scenes)}, compared=False),
        Line("split", _count((i.split for i in firsts), ("test", "dev")), compared=False),
        Line("items", _count(k for s in scenes for k in s.by_key), compared=False),
        Line(
            "grid profile",
            _count((i.grid_size_profile for i in firsts), ("small", "medium", "large")),
        ),
        _numbers("rows", firsts, lambda i: i.rows),
        _numbers("columns", firsts, lambda i: i.cols),
        _numbers("cells", firsts, lambda i: i.grid.cell_count),
        _numbers("abs(rows - columns)", firsts, lambda i: abs(i.rows - i.cols)),
        _numbers("cell size, px", firsts, lambda i: i.cell_size),
        _numbers("width, px", firsts, lambda i: i.image_width),
        _numbers("height, px", firsts, lambda i: i.image_height),
        _numbers("megapixels", firsts, lambda i: i.image_width * i.image_height / 1e6),
        Line("targets", _count(str(len(i.all_target_cells)) for i in firsts)),
        _numbers("targets per cell", firsts, lambda i: len(i.targets) / i.grid.cell_count),
        Line(
            "T3 region kind",
            _count((i.region_type for i in local), ("RECTANGLE", "ROW_RANGE", "COL_RANGE")),
        ),
        Line("T3 row span", _spans(local, "ROW_RANGE", rows=True)),
        Line("T3 column span", _spans(local, "COL_RANGE", rows=False)),
        Line("T3 rectangle height", _spans(local, "RECTANGLE", rows=True)),
        Line("T3 rectangle width", _spans(local, "RECTANGLE", rows=False)),
        _numbers("T3 region share", local, lambda i: i.region_ratio),
        _numbers("T3 region cells", local, lambda i: i.region_cell_count),
        Line("T3 targets in region", _count(str(i.ground_truth_count) for i in local)),
        Line("T3 case (label)", _count(i.region_case for i in local)),
        Line(
            "T3 case (actual)",
            _count((region_case(i.region, i.targets) for i in local), ("zero", "partial", "all")),
        ),
        Line("T3 difficulty", _count((i.difficulty for i in local), ("medium", "hard"))),
        _numbers(
            "pair similarity",
            [i for i in firsts if i.pair_similarity is not None],
            lambda i: i.pair_similarity or 0.0,
        ),
    ]
    for key in ("T2", "T4", "T5"):
        rows = [scene.by_key[key] for scene in scenes if key in scene.by_key]
        lines.append(Line(f"{key} case (label)", _count(i.region_case for i in rows)))
        lines.append(_numbers(f"{key} region share", rows, lambda i: i.region_ratio))
    return {line.name: line for line in lines if line.counts or line.values}


def _count(labels: Iterable[str], order: Sequence[str] = ()) -> dict[str, int]:
    found = Counter(labels)
    rest = sorted(name for name in found if name not in order)
    return {name: found[name] for name in (*order, *rest) if name in found}


def _numbers(name: str, items: Sequence[Item], value: Callable[[Item], float]) -> Line:
    return Line(name, values=tuple(float(value(item)) for item in items))


def _spans(items: Sequence[Item], kind: str, *, rows: bool) -> dict[str, int]:
    regions = [item.region for item in items if item.region_type == kind]
    return _count(str(r.r2 - r.r1 + 1 if rows else r.c2 - r.c1 + 1) for r in regions)


def p_value(a: Line, b: Line) -> float | None:
    """Chance of so large a difference under one distribution; None where it means nothing.

    Categories: chi-square test of independence (exact Fisher for two by two); numbers: two-sample
    Kolmogorov-Smirnov test.
    """
    if not (a.compared and b.compared):
        return None
    from scipy import stats

    if a.counts is not None and b.counts is not None:
        names = list(dict.fromkeys((*a.counts, *b.counts)))
        table = [[line.get(name, 0) for name in names] for line in (a.counts, b.counts)]
        if len(names) < 2 or not all(map(sum, table)):
            return None
        test = stats.fisher_exact if len(names) == 2 else stats.chi2_contingency
        return float(test(table)[1])
    if a.values and b.values:
        return float(stats.ks_2samp(a.values, b.values).pvalue)
    return None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of two sets side by side, with the p-value of their difference."""

    group: str
    name: str
    first: str
    second: str
    p: float | None


def compare(a: Description, b: Description) -> list[Comparison]:
    """Two descriptions side by side, in the order of the first, groups that both have."""
    out: list[Comparison] = []
    for group in a.groups:
        if group not in b.groups:
            continue
        lines_a, lines_b = a.groups[group], b.groups[group]
        for name in dict.fromkeys((*lines_a, *lines_b)):
            la, lb = lines_a.get(name), lines_b.get(name)
            out.append(
                Comparison(
                    group,
                    name,
                    la.text() if la else "-",
                    lb.text() if lb else "-",
                    p_value(la, lb) if la and lb else None,
                )
            )
    return out
