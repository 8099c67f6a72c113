"""Which differences between two runs are real: paired on the same items, one family at a time.

Runs over the same items share every scene, so differences are taken item by item: exact McNemar
per template (one item a scene), a bootstrap that draws the same scenes for both runs for averages,
Holm within each family of questions. docs/comparing.md says what each family asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, first_ten
from handeye.rose.attribution import attribute
from handeye.rose.breakdowns import FACTORS
from handeye.rose.evidence import run_evidence
from handeye.rose.questions import BY_KEY, MAIN_KEYS, TEMPLATES
from handeye.rose.reasons import REASONS
from handeye.rose.run_folder import Run
from handeye.rose.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.rose.tally import ordered_subsets
from handeye.stats.intervals import Samples, difference, estimates, mean
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import PairedRates, p_value, paired_rates
from handeye.stats.pairing import pair, pair_common
from handeye.stats.sample_size import smallest_difference, spread

FORMAT = 1
# Holm's smallest p is that of one test times their number: it needs resamples in plenty.
RESAMPLES = 4000
LEVEL = 0.05
_GOLD = ("task_template", "rose_subset", "all_target_cells", "region_target_cells")
_COLUMNS = (
    "item_id",
    "scene_id",
    *_GOLD,
    "pass",
    "answer_state",
    "rows",
    "cols",
    "grid_size_profile",
    "global_target_count",
    "gt_count",
    "region_type",
    "region_case_actual",
    "pair_similarity",
)
_ACTION = [BY_KEY[key].id for key in ACTION_KEYS]
_COUNTING = [BY_KEY[key].id for key in COUNTING_KEYS]
# The size class says the same as the number of cells, with bounds that differ between subsets.
_LEFT_OUT = frozenset({"profile"})


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs compared: ``data`` as plain dicts (docs/comparing.md), ``items`` paired.

    ``items`` has item_id, scene_id, rose_subset, task_template, first and second (did the run
    pass), reason_first and reason_second (null where it passed).
    """

    data: Mapping[str, Any]
    items: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Row:
    """One question: the rate of either run and what to call it; ``p`` None: by bootstrap."""

    key: str
    label: str
    first: Samples
    second: Samples
    p: float | None = None
    more_is_better: bool = True


def compare(
    first: Run,
    second: Run,
    *,
    names: tuple[str, str] | None = None,
    common: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Compared:
    """Compare two runs item by item.

    Args:
        first: a run folder that was read.
        second: another one over the same items.
        names: what to call them; by default their models, or folders where these are the same.
        common: compare only the items that both have, and say how many are left out.
        seed: of the bootstrap.
        resamples: number of resamples of scenes.

    Raises:
        DataError: an item is missing or double in one of them, or its gold answer differs.
    """
    told = names or _names(first, second)
    tables = [_table(run) for run in (first, second)]
    ids = [table["item_id"].to_list() for table in tables]
    left_out: dict[str, int] | None = None
    if common:
        found = pair_common(ids[0], ids[1], "item", told)
        places = (found.first, found.second)
        left_out = {"only_first": len(found.only_first), "only_second": len(found.only_second)}
        if not len(found.first):
            raise DataError(f"{told[0]} and {told[1]} have no item in common")
    else:
        places = pair(ids[0], ids[1], "item", told)
    one, two = (table[place] for table, place in zip(tables, places, strict=True))
    _check_same_gold(one, two, told)
    return _Comparison(one, two, told, left_out, seed, resamples).result()


def _names(first: Run, second: Run) -> tuple[str, str]:
    models = [str(run.info.get("model") or run.path.resolve().name) for run in (first, second)]
    if models[0] != models[1]:
        return models[0], models[1]
    folders = [run.path.resolve().name for run in (first, second)]
    return f"{models[0]} ({folders[0]})", f"{models[1]} ({folders[1]})"


def _table(run: Run) -> pl.DataFrame:
    scores = run.scan().select(_COLUMNS).collect()
    reasons = attribute(run_evidence(run)).rows["reason"]
    return scores.with_columns(reason=reasons)


def _check_same_gold(one: pl.DataFrame, two: pl.DataFrame, names: tuple[str, str]) -> None:
    for column in _GOLD:
        same = (one[column] == two[column]).to_numpy()
        if same.all():
            continue
        wrong = one["item_id"].filter(pl.Series(~same)).to_list()
        raise DataError(
            f"{len(wrong)} items differ in {column} between {names[0]} and {names[1]}: "
            f"{first_ten(wrong)}; these runs are over different sets"
        )


class _Comparison:
    """The two tables in the same order, and every family of questions over them."""

    def __init__(
        self,
        one: pl.DataFrame,
        two: pl.DataFrame,
        names: tuple[str, str],
        left_out: dict[str, int] | None,
        seed: int,
        resamples: int,
    ) -> None:
        self.one, self.two, self.names, self.left_out = one, two, names, left_out
        self.seed, self.resamples = seed, resamples
        self.subsets = ordered_subsets(one["rose_subset"].unique().to_list())
        place = {name: k for k, name in enumerate(self.subsets)}
        self.stratum = np.array([place[name] for name in one["rose_subset"]], np.int64)
        scene = one.select(pl.concat_str("rose_subset", "scene_id", separator="\x1f")).to_series()
        self.cluster = (scene.rank("dense") - 1).to_numpy().astype(np.int64)
        self.template = one["task_template"].to_numpy()
        self.passed = np.stack([(t["pass"] == 1).to_numpy() for t in (one, two)], axis=1)
        self.templates = [t for t in TEMPLATES.values() if (self.template == t.id).any()]

    def result(self) -> Compared:
        factors = self._factor_masks()
        masks = {t.id: self.template == t.id for t in self.templates}
        rates = self._rates(self.passed, {**masks, **factors})
        macro = [rates.rates(run) for run in (0, 1)]
        families = [
            ("headline", "Averages", self._headline(macro)),
            ("templates", "Templates", self._templates(macro)),
            ("subsets", "Subsets", self._by_subset(rates)),
            ("difficulty", "Difficulty", self._difficulty(rates, factors)),
            ("reasons", "Reasons of failed action items", self._reasons()),
            ("states", "Items without a usable answer", self._states()),
        ]
        tables = [_family(key, title, rows) for key, title, rows in families if rows]
        data = {
            "format": FORMAT,
            "suite": "rose",
            "first": self.names[0],
            "second": self.names[1],
            "n_items": len(self.one),
            "n_scenes": int(self.cluster.max()) + 1,
            "left_out": self.left_out,
            "interval": {"resamples": self.resamples, "seed": self.seed, "level": 1 - LEVEL},
            "families": tables,
            "discordance": self._discordance(),
            "smallest_differences": self._smallest(),
        }
        data["sentence"] = sentence(data)
        return Compared(data, self._items())

    def _rates(
        self, outcomes: NDArray[Any], groups: Mapping[str, NDArray[np.bool_]]
    ) -> PairedRates:
        return paired_rates(
            outcomes.astype(np.float64),
            self.cluster,
            self.stratum,
            groups,
            resamples=self.resamples,
            seed=self.seed,
        )

    # ---- families

    def _headline(self, macro: Sequence[Mapping[str, Samples]]) -> list[_Row]:
        present = {t.id for t in self.templates}
        rows: list[_Row] = []
        averages: dict[str, tuple[Samples, Samples]] = {}
        kinds: tuple[tuple[str, str, Sequence[str]], ...] = (
            ("counting", "Counting Avg.", _COUNTING),
            ("action", "Action Avg.", _ACTION),
            ("average", "Avg. PASS", [BY_KEY[key].id for key in MAIN_KEYS]),
        )
        for key, label, needed in kinds:
            if present.issuperset(needed):
                one, two = (mean([rates[t] for t in needed]) for rates in macro)
                averages[key] = (one, two)
                rows.append(_Row(key, label, one, two))
        if "counting" in averages and "action" in averages:
            one, two = (difference(averages["counting"][r], averages["action"][r]) for r in (0, 1))
            rows.insert(2, _Row("gap", "Gap", one, two, more_is_better=False))
        return rows

    def _templates(self, macro: Sequence[Mapping[str, Samples]]) -> list[_Row]:
        return [
            _Row(t.id, t.column, macro[0][t.id], macro[1][t.id], self._mcnemar(t.id)["p_value"])
            for t in self.templates
        ]

    def _mcnemar(self, template: str) -> dict[str, Any]:
        chosen = self.template == template
        return mcnemar(self.passed[chosen, 0], self.passed[chosen, 1]).to_dict()

    def _by_subset(self, rates: PairedRates) -> list[_Row]:
        main = [t.id for t in self.templates if t.key in MAIN_KEYS]
        if not main or len(self.subsets) < 2:
            return []
        rows = []
        for k, name in enumerate(self.subsets):
            one, two = (rates.rates(run, [k]) for run in (0, 1))
            parts = [mean([found[t] for t in main]) for found in (one, two)]
            rows.append(_Row(name, name.removeprefix("ROSE-"), parts[0], parts[1]))
        return rows

    def _factor_masks(self) -> dict[str, NDArray[np.bool_]]:
        masks: dict[str, NDArray[np.bool_]] = {}
        kinds = {"counting": _COUNTING, "action": _ACTION}
        for factor in FACTORS:
            if factor.key in _LEFT_OUT:
                continue
            bins = self.one.select(factor.bin).to_series().to_numpy()
            seen = set(bins) - {None}
            if len(seen) < 2:
                continue
            for name in [*(b for b in factor.bins if b in seen), *sorted(seen - {*factor.bins})]:
                for kind, templates in kinds.items():
                    mask = (bins == name) & np.isin(self.template, templates)
                    if mask.any():
                        masks[f"{factor.key}|{name}|{kind}"] = mask
        return masks

    def _difficulty(self, rates: PairedRates, masks: Mapping[str, Any]) -> list[_Row]:
        titles = {factor.key: factor.title for factor in FACTORS}
        one, two = (rates.pooled(run) for run in (0, 1))
        rows = []
        for key in masks:
            factor, name, kind = key.split("|")
            rows.append(_Row(key, f"{titles[factor]} {name}: {kind}", one[key], two[key]))
        return rows

    def _reasons(self) -> list[_Row]:
        action = np.isin(self.template, _ACTION)
        if not action.any():
            return []
        found = [table["reason"].to_numpy() for table in (self.one, self.two)]
        return self._shares(
            {
                reason.key: (reason.label, np.stack([of == reason.key for of in found], axis=1))
                for reason in REASONS
                if any((of[action] == reason.key).any() for of in found)
            },
            action,
        )

    def _states(self) -> list[_Row]:
        found = np.stack(
            [(t["answer_state"] != "answered").to_numpy() for t in (self.one, self.two)], axis=1
        )
        if not found.any():
            return []
        everything = np.ones(len(self.one), bool)
        return self._shares({"unanswered": ("no usable answer", found)}, everything)

    def _shares(
        self, marks: Mapping[str, tuple[str, NDArray[Any]]], inside: NDArray[np.bool_]
    ) -> list[_Row]:
        rows = []
        for key, (label, marked) in marks.items():
            rates = self._rates(marked, {key: inside})
            one, two = (rates.pooled(run)[key] for run in (0, 1))
            rows.append(_Row(key, label, one, two, more_is_better=False))
        return rows

    # ---- beside the families

    def _discordance(self) -> dict[str, dict[str, Any]]:
        return {t.column: self._mcnemar(t.id) for t in self.templates}

    def _smallest(self) -> dict[str, float]:
        """Smallest true differences that these scenes show with a power of 0.8."""
        gained = self.passed[:, 0].astype(float) - self.passed[:, 1]
        out: dict[str, float] = {}
        for key, templates in (("counting", _COUNTING), ("action", _ACTION)):
            inside = np.isin(self.template, templates)
            if inside.any() and len(np.unique(self.cluster[inside])) > len(self.subsets):
                pilot = spread(gained[inside], self.cluster[inside], self.stratum[inside])
                out[key] = smallest_difference(pilot.n_scenes, pilot)
        return out

    def _items(self) -> pl.DataFrame:
        return self.one.select("item_id", "scene_id", "rose_subset", "task_template").with_columns(
            pl.Series("first", self.passed[:, 0]),
            pl.Series("second", self.passed[:, 1]),
            self.one["reason"].alias("reason_first"),
            self.two["reason"].alias("reason_second"),
        )


def _family(key: str, title: str, rows: Sequence[_Row]) -> dict[str, Any]:
    """Estimates, p-values and Holm's adjustment over the rows of one family."""
    differences = {row.key: difference(row.first, row.second) for row in rows}
    raw = {row.key: p_value(differences[row.key]) if row.p is None else row.p for row in rows}
    adjusted = holm(raw)
    told: list[dict[str, Any]] = []
    for row in rows:
        found = estimates(
            {"first": row.first, "second": row.second, "difference": differences[row.key]}
        )
        p = adjusted[row.key]
        told.append(
            {
                "key": row.key,
                "label": row.label,
                **found,
                "test": "McNemar" if row.p is not None else "bootstrap",
                "p_value": raw[row.key],
                "p_adjusted": p,
                "better": _better(found["difference"]["value"], p, row.more_is_better),
            }
        )
    return {"key": key, "title": title, "rows": told}


def _better(value: float | None, p: float | None, more_is_better: bool) -> str | None:
    """``first``, ``second``, or None where no difference is seen."""
    if value is None or p is None or p >= LEVEL or value == 0:
        return None
    return "first" if (value > 0) == more_is_better else "second"


def sentence(data: Mapping[str, Any]) -> str:
    """The comparison in one sentence that claims only what Holm leaves."""
    families = {family["key"]: family["rows"] for family in data["families"]}
    rows = {row["key"]: row for row in families.get("headline", [])}
    names = {"first": data["first"], "second": data["second"]}
    parts = []
    for key, verb in (("counting", "counts"), ("action", "acts")):
        if (row := rows.get(key)) is None:
            continue
        points = _points(row["difference"])
        if row["better"] is not None:
            other = "second" if row["better"] == "first" else "first"
            parts.append(f"{names[row['better']]} {verb} better than {names[other]} ({points})")
        else:
            seen = data["smallest_differences"].get(key)
            reach = f"; {100 * seen:.1f} points would have been seen" if seen else ""
            parts.append(f"no difference in how they {verb[:-1]} is seen ({points}{reach})")
    if not parts:
        return f"{names['first']} and {names['second']} share too few templates for averages."
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text.startswith("no ") else f"{text}."


def _points(found: Mapping[str, Any]) -> str:
    value = f"{100 * found['value']:+.1f} points"
    if found["low"] is None:
        return value
    return f"{value}, {100 * found['low']:+.1f} to {100 * found['high']:+.1f}"


def pairs_of(count: int, every: bool) -> list[tuple[int, int]]:
    """Which runs are compared: each with the first, or every two.

    Raises:
        OptionError: fewer than two runs.
    """
    if count < 2:
        raise OptionError(f"a comparison needs two runs or more, got {count}")
    if not every:
        return [(0, k) for k in range(1, count)]
    return [(a, b) for a in range(count) for b in range(a + 1, count)]


Progress = Callable[[int, int], None]
