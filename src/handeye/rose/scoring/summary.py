"""Score rows -> the paper's tables and every rate, each with an interval.

Reads score rows only; what a table means is in docs/rose-summary.md. Averages are unweighted means
over the subsets that have rows, as in the paper. Two bases: ``all`` items (the official convention:
an item without a usable answer counts as failed) and ``answered`` items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl
from msgspec import UNSET, UnsetType

from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.rose.questions import BY_KEY, MAIN_KEYS, TEMPLATES
from handeye.rose.scoring.breakdowns import add_bins, breakdown_tables
from handeye.rose.scoring.bridges import add_pairs, consistency_table, global_table, matched_table
from handeye.rose.scoring.partners import check_pairs
from handeye.rose.scoring.rates import MEASURES, rate_table, with_measures
from handeye.rose.scoring.score_frame import SCHEMA
from handeye.rose.scoring.tally import SCENE, Ledger, Scope, Tally
from handeye.run.answers import ANSWER_STATES
from handeye.scores.estimate import Estimate, Figures
from handeye.scores.summary import Interval, Summary as AnySummary
from handeye.stats.intervals import (
    LEVEL,
    Samples,
    crossed,
    difference,
    estimates,
    mean,
    measured,
    of_chances,
)

FORMAT = 1
COUNTING_KEYS = ("T1", "T2")
ACTION_KEYS = ("T3", "T4", "T5")
# Texts that tables look at; all numbers are read, other texts and the lists of cells are not.
_TEXTS = {
    "scene_id",
    "task_template",
    "region_type",
    "region_case",
    "region_case_actual",
    "answer_state",
    "grid_size_profile",
}
_COLUMNS = [name for name, kind in SCHEMA.items() if kind.is_numeric() or name in _TEXTS]
_MAIN_IDS = frozenset(BY_KEY[key].id for key in MAIN_KEYS)


Rows = dict[str, Figures]
Estimates = dict[str, Estimate]


class Basis(msgspec.Struct):
    """The paper's tables over one choice of items; ``n`` counts those of the five templates.

    ``columns`` by the paper's column, ``subsets`` by subset (and ``Avg.``), ``matrix`` by subset
    and template column. Figures that were not measured are there, with the value None.
    """

    meaning: str
    n: int
    headline: Estimates
    columns: Estimates
    subsets: dict[str, Estimates]
    matrix: dict[str, Estimates]


class Rates(msgspec.Struct):
    """The authors' 33 figures (:mod:`handeye.rose.scoring.rates`) of each group of items."""

    overall: Figures
    by_subset: Rows
    by_template: Rows
    by_region_type: Rows


class Bridge(msgspec.Struct, kw_only=True):
    """A bridge under official names; the cases of the matched bridge are bridges of their own."""

    macro_equal_subset: Figures
    micro_pooled: Figures | UnsetType = UNSET
    by_subset: Rows
    by_region_case: dict[str, Bridge] | UnsetType = UNSET
    by_actual_case: dict[str, Bridge] | UnsetType = UNSET


class Consistency(msgspec.Struct):
    """Same-scene consistency under official names."""

    macro_equal_subset: Figures
    by_subset: Rows


class Breakdown(msgspec.Struct):
    """PASS by template column and bin of one property, the bins in order."""

    title: str
    meaning: str
    bins: list[str]
    by_template: dict[str, Estimates]


class Summary(AnySummary, kw_only=True):
    """summary.json of a run; docs/rose-summary.md says what each table means."""

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    subsets: dict[str, dict[str, int]]
    interval: Interval
    bases: dict[str, Basis]
    rates: Rates
    consistency: Consistency | None
    bridges: dict[str, Bridge | None]
    drops: Estimates
    breakdowns: dict[str, Breakdown]
    official: dict[str, Any]


def summarize(
    scores: pl.DataFrame | pl.LazyFrame,
    *,
    seed: int = 0,
    bootstrap: int = 2000,
    n_expected: int | None = None,
) -> Summary:
    """Make every table of score rows of one model.

    Args:
        scores: rows with the columns of :data:`handeye.rose.scoring.score_frame.SCHEMA` (cell
            lists are not needed); a lazy frame is read one subset at a time.
        seed: of the bootstrap.
        bootstrap: number of resamples of scenes; 0 gives rates without intervals.
        n_expected: items that were asked; more than there are rows makes the run partial.

    Raises:
        DataError: no rows, missing columns, several models, paired items about other cells.
        OptionError: a negative number of resamples.
    """
    if bootstrap < 0:
        raise OptionError(f"bootstrap must be at least 0, got {bootstrap}")
    if not hasattr(scores, "lazy"):
        kind = type(scores).__name__
        raise OptionError(f"scores must be the frame that score() gives, got {kind}")
    lazy = scores.lazy()
    needed = {*_COLUMNS, "rose_subset", "model"}
    lacking = sorted(needed.difference(lazy.collect_schema().names()))
    if lacking:
        raise DataError(f"the scores lack the columns {', '.join(lacking)}")
    check_pairs(lazy)
    overview = lazy.select("rose_subset", "answer_state", "model").collect()
    if overview.is_empty():
        raise DataError("there are no score rows to summarise")
    models = overview["model"].drop_nulls().unique(maintain_order=True).to_list()
    if len(models) > 1:
        raise DataError(f"score rows of {len(models)} models; summarise each model alone")
    counts = overview["answer_state"].value_counts()
    states = {**dict.fromkeys(ANSWER_STATES, 0), **dict(counts.iter_rows())}
    subsets = overview["rose_subset"].unique().to_list()
    tally = _tally(lazy, subsets, seed, bootstrap, states["answered"] < len(overview))
    asked = len(overview) if n_expected is None else max(n_expected, len(overview))
    header = _header(models[0] if models else None, len(overview), asked, states, tally, seed)
    tree = {"format": FORMAT, "suite": "rose", **header, **_tables(tally, states, header)}
    return msgspec.convert(tree, Summary)


# Columns that are no PASS.
_OF_FORM = frozenset({"C-F1", "R-OK", "SOFT", "VALID"})


def summarize_passes(
    rows: pl.DataFrame, *, seed: int = 0, bootstrap: int = 2000
) -> dict[str, dict[str, dict[str, Estimate]]]:
    """What the tables have of PASS alone, by table, row and column (:mod:`.tables` names them).

    Args:
        rows: ``rose_subset``, ``scene_id``, ``task_template`` and ``pass``, which may be the chance
            to pass: intervals are those of what is drawn with it.
        seed: of the bootstrap, which draws the scenes that :func:`summarize` draws.
        bootstrap: number of resamples of scenes.
    """
    tally = Tally(bootstrap)
    one = pl.lit(1.0).alias("n")
    for subset in rows["rose_subset"].unique().to_list():
        scene = (pl.col("scene_id").rank("dense") - 1).alias(SCENE)
        part = rows.filter(pl.col("rose_subset") == subset).with_columns(scene, one)
        ledger = Ledger(part[SCENE].n_unique())
        for (template,), own in part.group_by("task_template", maintain_order=True):
            ledger.add(("all", str(template), "any"), own, ("n", "pass"))
        tally.put(subset, ledger, seed)
    basis = _Basis(tally, "all")
    subsets = {name: row["PASS"] for name, row in basis.by_subset().items()}
    tree = {
        "templates": {"all": {k: one for k, one in basis.columns().items() if k not in _OF_FORM}},
        "headline": {"all": basis.headline()},
        "subsets": {"all": subsets},
        "matrix": basis.matrix(),
    }
    found = estimates(_each(of_chances, tree))
    return msgspec.convert(_measured_only(found), dict[str, dict[str, Estimates]])


def _each(change: Callable[[Samples], Samples], tree: Any) -> Any:
    if isinstance(tree, Samples):
        return change(tree)
    return {name: _each(change, part) for name, part in tree.items()}


def _measured_only(tree: Any) -> Any:
    """The tree without figures that were not measured."""
    if "value" in tree:
        return tree
    parts = {name: _measured_only(part) for name, part in tree.items()}
    return {name: part for name, part in parts.items() if part.get("value", 0) is not None}


def _tally(
    lazy: pl.LazyFrame, subsets: Iterable[str], seed: int, resamples: int, failures: bool
) -> Tally:
    tally = Tally(resamples)
    for subset in subsets:
        rows = lazy.filter(pl.col("rose_subset") == subset).select(_COLUMNS).collect()
        ledger = _ledger(rows, failures)
        del rows  # the resamples need room
        tally.put(subset, ledger, seed)
    return tally


def _ledger(rows: pl.DataFrame, failures: bool) -> Ledger:
    """Per-scene sums of one subset's rows."""
    rows = rows.with_columns((pl.col("scene_id").rank("dense") - 1).alias(SCENE)).drop("scene_id")
    rows = with_measures(rows)
    ledger = Ledger(rows[SCENE].n_unique())
    _add_items(ledger, "all", rows)
    if failures:
        _add_items(ledger, "answered", rows.filter(pl.col("answer_state") == "answered"))
    add_pairs(ledger, rows)
    add_bins(ledger, rows)
    return ledger


def _add_items(ledger: Ledger, basis: str, rows: pl.DataFrame) -> None:
    for (template, region), part in rows.group_by(
        "task_template", "region_type", maintain_order=True
    ):
        ledger.add((basis, str(template), str(region)), part, MEASURES)


def _header(
    model: str | None, n: int, asked: int, states: dict[str, int], tally: Tally, seed: int
) -> dict[str, Any]:
    scenes = sum(tally.scenes.values())
    partial = n < asked
    note = f"partial run: {n} of {asked} {noun(asked, 'items')}" if partial else ""
    return {
        "model": model,
        "n_items": n,
        "n_expected": asked,
        "n_scenes": scenes,
        "partial": partial,
        "note": note,
        "states": {**states, "missing": asked - n},
        "subsets": {name: {"n_scenes": tally.scenes[name]} for name in tally.subsets},
        "interval": {
            "level": LEVEL,
            "method": "bootstrap over scenes, stratified by subset: Wilson score for shares, "
            "percentiles for differences",
            "resamples": tally.resamples,
            "seed": seed,
            "words": (
                f"95 % intervals: bootstrap over {scenes} {noun(scenes, 'scenes')} within subsets, "
                f"B = {tally.resamples}, seed {seed} (Wilson score for shares, percentiles for "
                "differences, exact binomial where no resample varies)"
                if tally.resamples
                else "no intervals were computed"
            ),
        },
    }


def _tables(tally: Tally, states: dict[str, int], header: Mapping[str, Any]) -> dict[str, Any]:
    everything = _Basis(tally, "all")
    same = states["answered"] == header["n_items"]
    answered = everything if same else _Basis(tally, "answered")
    rates = _rate_tables(everything)
    bridges = {"global": global_table(tally), "matched": matched_table(tally)}
    consistency = consistency_table(tally)
    tree = {
        "bases": {
            "all": {
                "meaning": "all items; no usable answer counts as failed",
                **everything.tables(),
            },
            "answered": {"meaning": "items that were answered", **answered.tables()},
        },
        "rates": rates,
        "consistency": consistency,
        "bridges": bridges,
        "drops": _drops(everything),
        "breakdowns": breakdown_tables(tally),
    }
    official = {
        "main": _official_main(everything, rates),
        "global": bridges["global"],
        "matched": _without(bridges["matched"], "by_actual_case"),
        "scene_consistency": consistency
        and {"model": header["model"], "n_items": everything.main_count(), **consistency},
    }
    return {**estimates(tree), "official": measured(official)}


class _Basis:
    """The paper's tables over one choice of items."""

    def __init__(self, tally: Tally, name: str) -> None:
        self.tally = tally
        scopes = tally.scopes(name)
        self.by_template: dict[str, list[Scope]] = {
            template: sorted(scope for scope in scopes if scope[1] == template)
            for template in TEMPLATES
        }
        self.main = [s for t in TEMPLATES if t in _MAIN_IDS for s in self.by_template[t]]
        self.subsets = [name for name in tally.subsets if tally.over([name], self.main).count() > 0]

    def main_count(self) -> int:
        """Number of T1-T5 items."""
        return self.tally.over(self.subsets, self.main).count()

    def macro(self, scopes: list[Scope], measure: str, base: str = "n") -> Samples:
        """Unweighted mean over subsets of one rate."""
        return mean(self.each(scopes, measure, base))

    def each(self, scopes: list[Scope], measure: str, base: str = "n") -> list[Samples]:
        """One rate in every subset."""
        groups = [self.tally.over([name], scopes) for name in self.tally.subsets]
        return [group.share(measure, base) for group in groups]

    def column(self, key: str) -> Samples:
        """Macro PASS of a template."""
        return self.macro(self.by_template[BY_KEY[key].id], "pass")

    def average(self, keys: Sequence[str]) -> Samples:
        """Mean of the macro PASS of the templates that there are."""
        return crossed([self.each(self.by_template[BY_KEY[key].id], "pass") for key in keys])

    def average_of_all(self, keys: Sequence[str]) -> Samples:
        """The same, undefined unless every template was measured."""
        found = self.average(keys)
        whole = all(self.column(key).n for key in keys)
        return found if whole else Samples(found.values * float("nan"), 0)

    def headline(self) -> dict[str, Samples]:
        """Counting Avg., Action Avg. and the gap; undefined where a template is missing."""
        counting, action = map(self.average_of_all, (COUNTING_KEYS, ACTION_KEYS))
        return {"counting": counting, "action": action, "gap": difference(counting, action)}

    def columns(self) -> dict[str, Samples]:
        """Template PASS, their mean over the templates there are, C-F1, R-OK, SOFT, VALID."""
        main = {BY_KEY[key].column: self.column(key) for key in MAIN_KEYS}
        return {
            **main,
            "Avg.": self.average(MAIN_KEYS),
            "C-F1": self.macro(self.main, "click_f1_strict", "click_applicable"),
            "R-OK": self.macro(self.main, "region_ok", "click_applicable"),
            "SOFT": self.macro(self.main, "unified_soft"),
            "VALID": self.macro(self.main, "format_valid"),
            "G-Clk": self.column("T1B"),
            "mL-Cnt": self.column("T2B"),
        }

    def by_subset(self) -> dict[str, dict[str, Samples]]:
        """PASS, SOFT, VALID over the T1-T5 items of each subset, and their mean (``Avg.``)."""
        names = {"PASS": "pass", "SOFT": "unified_soft", "VALID": "format_valid"}
        out: dict[str, dict[str, Samples]] = {}
        for subset in self.subsets:
            group = self.tally.over([subset], self.main)
            out[subset] = {name: group.share(measure) for name, measure in names.items()}
        out["Avg."] = {name: self.macro(self.main, measure) for name, measure in names.items()}
        return out

    def matrix(self) -> dict[str, dict[str, Samples]]:
        """PASS by subset and template column (only templates with rows)."""
        return {
            subset: {
                TEMPLATES[template].column: group.share("pass")
                for template, scopes in self.by_template.items()
                if (group := self.tally.over([subset], scopes)).count() > 0
            }
            for subset in self.tally.subsets
        }

    def tables(self) -> dict[str, Any]:
        """All of the above."""
        return {
            "n": self.main_count(),
            "headline": self.headline(),
            "columns": self.columns(),
            "subsets": self.by_subset(),
            "matrix": self.matrix(),
        }


def _rate_tables(basis: _Basis) -> dict[str, Any]:
    """The authors' 33 rates over T1-T5, and by template also for the bridges."""
    tally = basis.tally
    kinds = sorted({scope[2] for scope in basis.main})
    return {
        "overall": rate_table(tally.over(tally.subsets, basis.main)),
        "by_subset": {
            subset: rate_table(tally.over([subset], basis.main)) for subset in basis.subsets
        },
        "by_template": {
            template: rate_table(tally.over(tally.subsets, scopes))
            for template, scopes in basis.by_template.items()
            if scopes
        },
        "by_region_type": {
            kind: rate_table(tally.over(tally.subsets, [s for s in basis.main if s[2] == kind]))
            for kind in kinds
        },
    }


def _official_main(basis: _Basis, rates: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluator's tables with its names; None without T1-T5 rows."""
    if not basis.main:
        return {}
    columns = basis.columns()
    by_subset = basis.by_subset()
    average = by_subset.pop("Avg.")
    table1 = {subset: {"n": row["PASS"].n, **row} for subset, row in by_subset.items()}
    names = {"Excl-CS": "Excl. C+S", "Avg.": "Avg. PASS"}
    wanted = [*(BY_KEY[key].column for key in MAIN_KEYS), "C-F1", "R-OK", "Avg."]
    return {
        **rates,
        "by_template": {t: row for t, row in rates["by_template"].items() if t in _MAIN_IDS},
        "table1": {
            "by_subset": table1,
            "Avg. PASS": average["PASS"],
            "Avg. SOFT": average["SOFT"],
            "VALID": average["VALID"],
        },
        "table2": {names.get(name, name): columns[name] for name in wanted},
    }


def _drops(basis: _Basis) -> dict[str, Samples]:
    """Differences of macro PASS along the steps from counting to clicking."""
    steps = (("T1", "T1B"), ("T1B", "T4"), ("T2B", "T3"))
    out = {}
    for first, second in steps:
        if all(basis.by_template[BY_KEY[key].id] for key in (first, second)):
            name = f"{BY_KEY[first].column} to {BY_KEY[second].column}"
            out[name] = difference(basis.column(first), basis.column(second))
    return out


def _without(table: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    return table and {key: value for key, value in table.items() if key != name}
