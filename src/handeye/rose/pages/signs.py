"""Reasons and signs of failed items: how the gallery and the tables name them.

The words come with the diagnosis (``handeye.rose.diagnosis.attribution``); this module knows none
of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from handeye.pages.signs import PASSED, UNDIAGNOSED, Sign, Vocabulary
from handeye.rose.diagnosis.findings import Attribution
from handeye.scores.diagnosed import Share

_COLUMNS = ("row", "item_id", "task_template", "rose_subset", "passed", "reason", "tags")


def vocabulary(attributions: Iterable[Attribution]) -> Vocabulary:
    """The words of ``diagnosis["attribution"]`` of one or more runs.

    Each list holds only what occurred, in one common order; they are merged keeping that order,
    reasons first.
    """
    found = list(attributions)
    order: list[Sign] = []
    for part in ("reasons", "tags"):
        own: list[Sign] = []
        for attribution in found:
            for group in (attribution.action, attribution.counting):
                shares: list[Share] = getattr(group, part)
                _merge(own, [Sign(one.key, one.label, one.meaning) for one in shares])
        keys = {sign.key for sign in order}
        order += [sign for sign in own if sign.key not in keys]
    return Vocabulary(order)


def _merge(order: list[Sign], more: Iterable[Sign]) -> None:
    at = 0
    keys = [sign.key for sign in order]
    for sign in more:
        if sign.key in keys:
            at = keys.index(sign.key) + 1
            continue
        order.insert(at, sign)
        keys.insert(at, sign.key)
        at += 1


def items(reasons: pl.DataFrame) -> pl.DataFrame:
    """All items, with one reason each and all their signs.

    Args:
        reasons: one row per score row, in their order (``Diagnosis.reasons``).

    Returns:
        ``row`` (0-based index in the scores), ``item_id``, ``task_template``, ``rose_subset``,
        ``passed``, ``reason`` (that of :data:`PASSED` where it passed) and ``tags`` (list of keys).
    """
    reason = pl.when("passed").then(pl.lit(PASSED.key)).otherwise("reason")
    return reasons.with_row_index("row").with_columns(reason=reason).select(_COLUMNS)


def undiagnosed(scores: pl.LazyFrame) -> pl.DataFrame:
    """The same frame for a run without a diagnosis."""
    passed = pl.col("pass") == 1
    return (
        scores.with_row_index("row")
        .with_columns(
            passed=passed,
            reason=pl.when(passed).then(pl.lit(PASSED.key)).otherwise(pl.lit(UNDIAGNOSED.key)),
            tags=pl.lit([], dtype=pl.List(pl.String)),
        )
        .select(_COLUMNS)
        .collect()
    )
