"""What kind of failure a score row shows: plain readings of its fields, several may hold.

Not a diagnosis of why (that compares items of one scene); each kind is one condition on one row,
written down here so that a reader of the report can look it up.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure: key, short label, what it means, and its condition on a score row."""

    key: str
    label: str
    meaning: str
    condition: pl.Expr


def _state(name: str) -> pl.Expr:
    return pl.col("answer_state") == name


def _positive(column: str) -> pl.Expr:
    return (pl.col(column) > 0).fill_null(False)


_answered = pl.col("answer_state") == "answered"
_readable = _answered & (pl.col("format_valid") == 1)
_miscount = pl.col("count_bias")

# In order of what stands in the way first: the first that holds is a failure's main kind.
KINDS: tuple[Kind, ...] = (
    Kind("error", "no answer: error", "The request failed after all retries.", _state("error")),
    Kind("refused", "no answer: refused", "The model declined to answer.", _state("refused")),
    Kind(
        "truncated",
        "no answer: truncated",
        "The answer was cut off by the token limit.",
        _state("truncated"),
    ),
    Kind("empty", "no answer: empty", "An answer without text.", _state("empty")),
    Kind(
        "format",
        "format",
        "Text that is not in the answer grammar.",
        _answered & (pl.col("format_valid") == 0),
    ),
    Kind(
        "out-of-grid",
        "out of grid",
        "A click on a cell that the grid does not have.",
        _positive("invalid_coordinate_count"),
    ),
    Kind(
        "duplicate", "duplicate", "The same cell clicked twice.", _positive("duplicate_click_count")
    ),
    Kind(
        "whole-grid",
        "whole grid",
        "Right for the whole grid, wrong for the region asked about.",
        _positive("global_default_error"),
    ),
    Kind(
        "outside-region",
        "outside region",
        "A click outside the region asked about.",
        _positive("region_violation_count"),
    ),
    Kind(
        "neighbour",
        "neighbour cell",
        "A missed target with a click on a directly neighbouring cell.",
        _positive("near_miss_count"),
    ),
    Kind(
        "missed",
        "missed target",
        "A target that was not clicked.",
        _readable & _positive("missed_target_count"),
    ),
    Kind(
        "wrong-cell",
        "wrong cell",
        "A click on a cell that is no target.",
        _positive("false_positive_count"),
    ),
    Kind(
        "count-low",
        "count too low",
        "The number given is below the right one.",
        (_readable & (_miscount < 0)).fill_null(False),
    ),
    Kind(
        "count-high",
        "count too high",
        "The number given is above the right one.",
        (_readable & (_miscount > 0)).fill_null(False),
    ),
    Kind(
        "submit",
        "submit ≠ clicks",
        "The submitted number differs from the number of cells clicked.",
        (_readable & (pl.col("click_submit_consistency") == 0)).fill_null(False),
    ),
)
BY_KEY = {kind.key: kind for kind in KINDS}


def failures(scores: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """The rows of ``scores`` that did not pass, with their kinds.

    Returns:
        ``row`` (0-based index in ``scores``), ``item_id``, ``task_template``, ``rose_subset``,
        ``kinds`` (list of kind keys, in order) and ``main_kind`` (the first of them, ``other``
        when none holds).
    """
    labels = [pl.when(kind.condition).then(pl.lit(kind.key)) for kind in KINDS]
    return (
        scores.lazy()
        .with_row_index("row")
        .filter(pl.col("pass") == 0)
        .select(
            "row",
            "item_id",
            "task_template",
            "rose_subset",
            pl.concat_list(labels).list.drop_nulls().alias("kinds"),
        )
        .with_columns(pl.col("kinds").list.first().fill_null("other").alias("main_kind"))
        .collect()
    )


def kind_counts(failed: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How many failures show each kind, by template id: ``{kind: {template: n}}``."""
    counted = (
        failed.select("task_template", "kinds")
        .explode("kinds")
        .drop_nulls()
        .group_by("kinds", "task_template")
        .len()
    )
    out: dict[str, dict[str, int]] = {}
    for kind, template, n in counted.iter_rows():
        out.setdefault(kind, {})[template] = n
    return out
