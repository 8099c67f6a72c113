"""Comparisons of items that share a scene: the two bridges and same-scene consistency.

The *global bridge* pairs G-Clk (T1B) with G-Cnt (T1): same picture, same whole grid, count or
click. The *matched bridge* pairs mL-Cnt (T2B) with L-Clk (T3): same picture, same region.
Same-scene consistency asks what T2-T5 do on scenes whose T1 passed. Items are paired by scene;
figures have the names of the authors' analysis scripts and equal theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from handeye.rose.questions import BY_KEY
from handeye.rose.scoring.tally import SCENE, Group, Ledger, Scope, Tally
from handeye.stats.intervals import Samples, complement, difference, mean

CONSISTENCY_KEYS = ("T2", "T3", "T4", "T5")
ACTION_KEYS = ("T3", "T4", "T5")
# How the release labels the cases of a region; fallbacks are rows of their own.
LITERAL_CASES = (
    "zero",
    "partial",
    "all",
    "fallback_all_wanted_partial",
    "fallback_partial_wanted_all",
    "fallback_zero_wanted_all",
    "fallback_zero_wanted_partial",
)
ACTUAL_CASES = ("zero", "partial", "all")
_GLOBAL: Scope = ("global",)
_MATCHED: Scope = ("matched",)


def add_pairs(ledger: Ledger, rows: pl.DataFrame) -> None:
    """Add the pair measures of one subset's score rows (with :func:`rates.with_measures`)."""
    by_key = {
        key: rows.filter(pl.col("task_template") == template.id).unique(
            SCENE, keep="first", maintain_order=True
        )
        for key, template in BY_KEY.items()
    }
    _add_global(ledger, by_key["T1B"], by_key["T1"])
    _add_matched(ledger, by_key["T2B"], by_key["T3"])
    _add_consistency(ledger, by_key)


_CLEAN = (
    (pl.col("format_valid") == 1)
    & (pl.col("invalid_coordinate_count") == 0)
    & (pl.col("duplicate_click_count") == 0)
)
_RIGHT_NUMBER = pl.col("pred_click_count_unique") == pl.col("gt_count")
_ERROR = pl.col("pred_click_count_unique") - pl.col("gt_count")


def _add_global(ledger: Ledger, clicks: pl.DataFrame, counts: pl.DataFrame) -> None:
    if clicks.is_empty():
        return
    counted = counts.select(SCENE, counted=pl.col("pass") == 1)
    card = _CLEAN & _RIGHT_NUMBER
    paired, right = pl.col("counted").is_not_null(), pl.col("counted").fill_null(False)
    passed = pl.col("pass") == 1
    frame = clicks.join(counted, on=SCENE, how="left").select(
        SCENE,
        "n",
        "pass",
        "unified_soft",
        "format_valid",
        "api_error",
        "click_precision",
        "click_recall",
        "click_f1_strict",
        "click_iou_strict",
        "outside_grid",
        "repeated",
        card=card,
        card_loose=_RIGHT_NUMBER,
        card_error=_ERROR.abs(),
        card_bias=_ERROR,
        card_pass=card & passed,
        paired=paired,
        right=right,
        paired_pass=paired & passed,
        both=right & passed,
        only_count=right & ~passed,
        right_card=right & card,
        right_f1=pl.when(right).then(pl.col("click_f1_strict")),
    )
    ledger.add(_GLOBAL, frame, frame.columns[1:])


def _add_matched(ledger: Ledger, counts: pl.DataFrame, clicks: pl.DataFrame) -> None:
    if counts.is_empty():
        return
    clicked = clicks.select(
        SCENE,
        l_pass=pl.col("pass") == 1,
        l_soft="unified_soft",
        l_valid="format_valid",
        l_clean=_CLEAN,
        l_card=_CLEAN & _RIGHT_NUMBER,
        l_number="pred_click_count_unique",
        l_f1="click_f1_strict",
    )
    paired = pl.col("l_pass").is_not_null()
    right = pl.col("pass") == 1
    l_pass, l_card = pl.col("l_pass").fill_null(False), pl.col("l_card").fill_null(False)
    same = pl.col("pred_count").is_not_null() & pl.col("l_clean").fill_null(False)
    frame = counts.join(clicked, on=SCENE, how="left").select(
        SCENE,
        "region_case",
        "region_case_actual",
        "n",
        "pass",
        "unified_soft",
        "format_valid",
        "parsed",
        "count_mae",
        "count_bias",
        "l_pass",
        "l_soft",
        "l_valid",
        "l_f1",
        paired=paired,
        paired_right=paired & right,
        l_card=l_card,
        l_card_pass=l_card & l_pass,
        both=right & l_pass,
        only_count=paired & right & ~l_pass,
        comparable=same,
        same_number=same & (pl.col("pred_count") == pl.col("l_number")),
        right_card=right & l_card,
        right_card_pass=right & l_card & l_pass,
        right_f1=pl.when(right).then(pl.col("l_f1")),
    )
    measures = frame.columns[3:]
    ledger.add(_MATCHED, frame, measures)
    for kind, column in (("literal", "region_case"), ("actual", "region_case_actual")):
        for (case,), part in frame.group_by(column, maintain_order=True):
            ledger.add(("matched", kind, str(case)), part, measures)


def _add_consistency(ledger: Ledger, by_key: dict[str, pl.DataFrame]) -> None:
    first = by_key["T1"].select(SCENE, "n", right=pl.col("pass") == 1)
    ledger.add(("consistency",), first, ("n", "right"))
    for key in CONSISTENCY_KEYS:
        after = by_key[key].select(SCENE, then=pl.col("pass") == 1)
        pairs = first.filter("right").join(after, on=SCENE, how="inner").with_columns(n=pl.lit(1))
        ledger.add(("consistency", key), pairs, ("n", "then"))


def global_table(tally: Tally) -> dict[str, Any] | None:
    """The global bridge under official names, None without T1B rows; shape in docs."""
    return _table(tally, _GLOBAL, _global_figures)


def matched_table(tally: Tally) -> dict[str, Any] | None:
    """The matched bridge under official names with ``by_region_case`` (the release's labels).

    ``by_actual_case`` is handeye's own: fallbacks folded into the case that the region shows.
    """
    table = _table(tally, _MATCHED, _matched_figures)
    if table is None:
        return None
    for name, kind, known in (
        ("by_region_case", "literal", LITERAL_CASES),
        ("by_actual_case", "actual", ACTUAL_CASES),
    ):
        found = {scope[2] for scope in tally.scopes("matched") if scope[1:2] == (kind,)}
        table[name] = {}
        for case in [*(c for c in known if c in found), *sorted(found.difference(known))]:
            rows = _table(tally, ("matched", kind, case), _matched_figures)
            assert rows is not None
            del rows["micro_pooled"]
            table[name][case] = rows
    return table


def _table(
    tally: Tally, scope: Scope, figures: Callable[[Group], dict[str, Any]]
) -> dict[str, Any] | None:
    subsets = [name for name in tally.subsets if tally.get(name, scope, "n")[0] > 0]
    if not subsets:
        return None
    by_subset = {name: figures(tally.over([name], [scope])) for name in subsets}
    macro: dict[str, Any] = {
        "n": sum(row["n"] for row in by_subset.values()),
        "num_subsets": len(subsets),
    }
    for name in by_subset[subsets[0]]:
        if name != "n":
            values = [row[name] for row in by_subset.values()]
            counted = not isinstance(values[0], Samples)
            macro[name] = sum(values) / len(values) if counted else _macro(values)
    return {
        "macro_equal_subset": macro,
        "micro_pooled": figures(tally.over(subsets, [scope])),
        "by_subset": by_subset,
    }


def _macro(values: Sequence[Samples]) -> Samples:
    """Mean over subsets; of differences the difference of means, as everywhere."""
    sides = [one.terms for one in values if one.terms is not None]
    if len(sides) < len(values):
        return mean(values)
    first, second = (mean(side) for side in zip(*sides, strict=True))
    return difference(first, second)


def _global_figures(group: Group) -> dict[str, Any]:
    per = group.share
    counted, clicked = per("right", "paired"), per("paired_pass", "paired")
    return {
        "n": group.count("n"),
        "gclk_pass_rate": per("pass"),
        "gclk_soft": per("unified_soft"),
        "valid_rate": per("format_valid"),
        "api_error_rate": per("api_error"),
        "cardinality_exact_rate": per("card"),
        "cardinality_exact_nonstrict_rate": per("card_loose"),
        "cardinality_mae": group.average("card_error"),
        "cardinality_bias": group.average("card_bias"),
        "location_exact_given_cardinality": per("card_pass", "card"),
        "click_precision": per("click_precision"),
        "click_recall": per("click_recall"),
        "click_f1_strict": per("click_f1_strict"),
        "click_iou_strict": per("click_iou_strict"),
        "invalid_coordinate_sample_rate": per("outside_grid"),
        "duplicate_click_sample_rate": per("repeated"),
        "n_cardinality_exact": group.count("card"),
        "n_main_gcnt_matched": group.count("paired"),
        "n_main_gcnt_correct": group.count("right"),
        "gcnt_pass_rate": counted,
        "gclk_pass_on_paired": clicked,
        "gclk_minus_gcnt": difference(clicked, counted),
        "gcnt_to_gclk_drop": difference(counted, clicked),
        "both_correct_rate": per("both", "paired"),
        "gcnt_correct_gclk_wrong_rate": per("only_count", "paired"),
        "gclk_pass_given_gcnt_correct": per("both", "right"),
        "cardinality_exact_given_gcnt_correct": per("right_card", "right"),
        "click_f1_given_gcnt_correct": per("right_f1", "right"),
    }


def _matched_figures(group: Group) -> dict[str, Any]:
    per = group.share
    counted, clicked = per("paired_right", "paired"), per("l_pass", "paired")
    transfer = per("both", "paired_right")
    return {
        "n": group.count("n"),
        "mlcnt_pass_rate": per("pass", "n"),
        "mlcnt_soft": per("unified_soft", "n"),
        "mlcnt_valid_rate": per("format_valid", "n"),
        "mlcnt_count_mae": group.average("count_mae", "parsed"),
        "mlcnt_count_bias": group.average("count_bias", "parsed"),
        "n_main_lclk_matched": group.count("paired"),
        "n_mlcnt_correct": group.count("paired_right"),
        "mlcnt_pass_on_paired": counted,
        "lclk_pass_rate": clicked,
        "lclk_soft": per("l_soft", "paired"),
        "lclk_valid_rate": per("l_valid", "paired"),
        "lclk_cardinality_exact_rate": per("l_card", "paired"),
        "lclk_location_exact_given_cardinality": per("l_card_pass", "l_card"),
        "lclk_click_f1_strict": per("l_f1", "paired"),
        "mlcnt_to_lclk_drop": difference(counted, clicked),
        "both_correct_rate": per("both", "paired"),
        "mlcnt_correct_lclk_wrong_rate": per("only_count", "paired"),
        "cross_task_cardinality_consistency_rate": per("same_number", "comparable"),
        "lclk_pass_given_mlcnt_correct": transfer,
        "transfer_failure_given_mlcnt_correct": complement(transfer),
        "lclk_cardinality_exact_given_mlcnt_correct": per("right_card", "paired_right"),
        "lclk_click_f1_given_mlcnt_correct": per("right_f1", "paired_right"),
        "lclk_location_exact_given_cardinality_and_mlcnt_correct": per(
            "right_card_pass", "right_card"
        ),
    }


def consistency_table(tally: Tally) -> dict[str, Any] | None:
    """Same-scene consistency under official names, None without T1 rows."""
    subsets = [name for name in tally.subsets if tally.get(name, ("consistency",), "n")[0] > 0]
    if not subsets:
        return None
    by_subset = {name: _consistency_row(tally, name) for name in subsets}
    rates = [name for name, value in by_subset[subsets[0]].items() if isinstance(value, Samples)]
    macro = {name: mean([row[name] for row in by_subset.values()]) for name in rates}
    return {"macro_equal_subset": macro, "by_subset": by_subset}


def _consistency_row(tally: Tally, subset: str) -> dict[str, Any]:
    first = tally.over([subset], [("consistency",)])
    right = first.count("right")
    row: dict[str, Any] = {
        "n_t1_scenes": first.count(),
        "n_t1_correct_scenes": right,
        "T1": first.share("right"),
    }
    kept: dict[str, Samples] = {}
    for key in CONSISTENCY_KEYS:
        then = tally.over([subset], [("consistency", key)])
        name = f"{BY_KEY[key].column}|T1"
        kept[key] = row[name] = then.share("then")
        row[f"n_{name}"] = kept[key].n
        row[f"missing_{name}"] = right - kept[key].n
    actions: Sequence[Samples] = [kept[key] for key in ACTION_KEYS]
    row["Action Ret."] = mean(actions, shared=True)
    row["Action Fail."] = complement(row["Action Ret."])
    return row
