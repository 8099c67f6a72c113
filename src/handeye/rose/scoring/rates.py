"""The authors' rates of a group of items, each a quotient of two sums (ROSE v0.1 evaluator).

Every rate is over all items it applies to; an unanswered or unreadable item counts as 0, except
for ``count_mae_parsed`` and ``count_bias_parsed``, which look only at answers with a number.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from handeye.rose.scoring.score_item import NO_GLOBAL_DEFAULT
from handeye.rose.scoring.tally import Group

# Measures that are not a column of the score row as it stands.
_DERIVED: dict[str, pl.Expr] = {
    "n": pl.lit(1),
    "parsed": pl.col("count_mae").is_not_null(),
    "violated": pl.col("region_violation_count") > 0,
    "outside_grid": pl.col("invalid_coordinate_count") > 0,
    "repeated": pl.col("duplicate_click_count") > 0,
    "over": pl.col("over_click_count") > 0,
    "under": pl.col("under_click_count") > 0,
    "default_applicable": ~pl.col("task_template").is_in(sorted(NO_GLOBAL_DEFAULT)),
    "exclusion": pl.col("region_type") == "EXCLUSION",
    "excluded": (pl.col("region_type") == "EXCLUSION") & (pl.col("exclusion_failure") > 0),
}

# Official name -> (numerator, denominator); a name alone is a plain count.
RATES: dict[str, tuple[str, str] | str] = {
    "n": "n",
    "pass_rate": ("pass", "n"),
    "unified_soft": ("unified_soft", "n"),
    "valid_rate": ("format_valid", "n"),
    "format_error_rate": ("format_error", "n"),
    "api_error_rate": ("api_error", "n"),
    "n_count_applicable": "count_applicable",
    "count_exact_rate": ("count_exact", "count_applicable"),
    "count_mae_parsed": ("count_mae", "parsed"),
    "count_bias_parsed": ("count_bias", "parsed"),
    "count_soft": ("count_soft", "count_applicable"),
    "n_click_applicable": "click_applicable",
    "click_exact_set_rate": ("click_exact_set", "click_applicable"),
    "click_exact_set_strict_rate": ("click_exact_set_strict", "click_applicable"),
    "click_precision": ("click_precision", "click_applicable"),
    "click_recall": ("click_recall", "click_applicable"),
    "click_f1": ("click_f1", "click_applicable"),
    "click_f1_strict": ("click_f1_strict", "click_applicable"),
    "click_iou": ("click_iou", "click_applicable"),
    "click_iou_strict": ("click_iou_strict", "click_applicable"),
    "region_ok_rate": ("region_ok", "click_applicable"),
    "region_violation_sample_rate": ("violated", "click_applicable"),
    "invalid_coordinate_sample_rate": ("outside_grid", "click_applicable"),
    "duplicate_click_sample_rate": ("repeated", "click_applicable"),
    "over_click_sample_rate": ("over", "click_applicable"),
    "under_click_sample_rate": ("under", "click_applicable"),
    "near_miss_rate": ("near_miss_rate", "click_applicable"),
    "n_submit_applicable": "submit_applicable",
    "submit_exact_rate": ("submit_exact", "submit_applicable"),
    "click_submit_consistency_rate": ("click_submit_consistency", "submit_applicable"),
    "global_default_error_rate": ("global_default_error", "default_applicable"),
    "n_exclusion": "exclusion",
    "exclusion_failure_rate": ("excluded", "exclusion"),
}
_NOT_SHARES = frozenset({"count_mae_parsed", "count_bias_parsed"})
MEASURES: tuple[str, ...] = tuple(
    dict.fromkeys(
        name for parts in RATES.values() for name in ((parts,) if isinstance(parts, str) else parts)
    )
)


def with_measures(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the derived measures to score rows."""
    return frame.with_columns(**_DERIVED)


def rate_table(group: Group) -> dict[str, Any]:
    """The authors' 33 figures of a group: counts as integers, rates as ``Samples``."""
    out: dict[str, Any] = {}
    for name, parts in RATES.items():
        if isinstance(parts, str):
            out[name] = group.count(parts)
        else:
            out[name] = (group.average if name in _NOT_SHARES else group.share)(*parts)
    return out
