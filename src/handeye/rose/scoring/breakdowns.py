"""PASS against one property of scene or item at a time, pooled over subsets.

Bins are fixed, so that runs over different sets can be laid side by side. Pooled rates mix subsets
in whatever shares a bin has them; they show where a model fails, they are not the paper's averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.tally import Ledger, Tally


@dataclass(frozen=True, slots=True)
class Factor:
    """A property: its key, a title, what it means, how a row's bin is read, the bins in order."""

    key: str
    title: str
    meaning: str
    bin: pl.Expr
    bins: tuple[str, ...]


def _ranges(value: pl.Expr, edges: tuple[float, ...], labels: tuple[str, ...]) -> pl.Expr:
    """Label of the half-open range [edge, next edge) a value lies in; null stays null."""
    expr: Any = pl.when(value < edges[0]).then(pl.lit(labels[0]))
    for edge, label in zip(edges[1:], labels[1:-1], strict=True):
        expr = expr.when(value < edge).then(pl.lit(label))
    found: pl.Expr = expr.when(value.is_not_null()).then(pl.lit(labels[-1]))
    return found


def _numbers(value: pl.Expr, top: int) -> pl.Expr:
    return pl.when(value > top).then(pl.lit(f"> {top}")).otherwise(value.cast(pl.String))


_SIZE_BINS = ("up to 80", "81-120", "121-180", "181-250", "over 250")
# The bands in which open sources differ from each other (research on assets, part 1).
_SIMILARITY_BINS = ("under .60", ".60-.75", ".75-.88", ".88-.95", ".95 and more")

FACTORS: tuple[Factor, ...] = (
    Factor(
        "cells",
        "Grid size",
        "number of cells, rows x columns",
        _ranges(pl.col("rows") * pl.col("cols"), (81, 121, 181, 251), _SIZE_BINS),
        _SIZE_BINS,
    ),
    Factor(
        "profile",
        "Grid profile",
        "the set's own size class (bounds differ between subsets)",
        pl.when(pl.col("grid_size_profile") != "").then(pl.col("grid_size_profile")),
        ("small", "medium", "large"),
    ),
    Factor(
        "targets",
        "Targets in the grid",
        "exception cells in the whole grid",
        _numbers(pl.col("global_target_count"), 8),
        (*map(str, range(9)), "> 8"),
    ),
    Factor(
        "gold",
        "Targets asked for",
        "exception cells in the item's region; 0: the right answer is none",
        _numbers(pl.col("gt_count"), 4),
        (*map(str, range(5)), "> 4"),
    ),
    Factor(
        "region_type",
        "Kind of region",
        "how the region is given",
        pl.col("region_type"),
        ("GLOBAL", "ROW_RANGE", "COL_RANGE", "RECTANGLE", "VISUAL_REGION", "EXCLUSION"),
    ),
    Factor(
        "case",
        "Case of the region",
        "whether the region holds none, some or all of the grid's targets",
        pl.col("region_case_actual"),
        ("zero", "partial", "all"),
    ),
    Factor(
        "similarity",
        "Likeness of the pair",
        "similarity of exception and majority, 1 = the same picture; only sets that state it",
        _ranges(pl.col("pair_similarity"), (0.60, 0.75, 0.88, 0.95), _SIMILARITY_BINS),
        _SIMILARITY_BINS,
    ),
)


def add_bins(ledger: Ledger, rows: pl.DataFrame) -> None:
    """Add PASS by template and bin of one subset's score rows."""
    for factor in FACTORS:
        binned = rows.select("_scene", "task_template", "n", "pass", bin=factor.bin)
        for (template, name), part in binned.group_by("task_template", "bin", maintain_order=True):
            if name is not None:
                ledger.add(("bin", factor.key, str(template), str(name)), part, ("n", "pass"))


def breakdown_tables(tally: Tally) -> dict[str, Any]:
    """PASS by factor, template column and bin; the layout is in docs. Empty bins are left out."""
    found = tally.scopes("bin")
    out: dict[str, Any] = {}
    for factor in FACTORS:
        seen = {scope[3] for scope in found if scope[1] == factor.key}
        if not seen:
            continue
        bins = [*(b for b in factor.bins if b in seen), *sorted(seen.difference(factor.bins))]
        by_template = {}
        for template in TEMPLATES.values():
            rates = {
                name: tally.over(tally.subsets, [scope]).share("pass")
                for name in bins
                if (scope := ("bin", factor.key, template.id, name)) in found
            }
            if rates:
                by_template[template.column] = rates
        out[factor.key] = {
            "title": factor.title,
            "meaning": factor.meaning,
            "bins": bins,
            "by_template": by_template,
        }
    return out
