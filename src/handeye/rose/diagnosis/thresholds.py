"""Curves of PASS against difficulty: at which similarity does a model stop acting on what it sees?

For each factor of difficulty a logistic curve is fitted to counting (G-Cnt, L-Cnt) and one to
action (L-Clk, V-Clk, Excl-CS), both over the same scenes. The threshold is where half of the items
pass; the distance between the two thresholds is the gap in units of perception. Decisions, with
their reasons in docs/statistics.md:

- PASS is the official one; only items that were never answered for technical reasons (states
  ``error`` and ``missing``) are left out.
- Similarity enters as ``-log2(1 - s)``: one unit more halves the visible difference. The number of
  cells enters as log2, the number of targets in the grid as it is, for region items too, because it
  is the scene's and so the same for counting and acting.
- "All subsets" has one slope and an intercept for each subset, so that a subset that is both alike
  and easy does not look like an effect of likeness. Its threshold is the mean of the subsets'
  thresholds on the scale of the fit, as the paper averages subsets.
- A threshold is told only where PASS visibly falls along the factor and crosses one half within the
  values that the set has; anything else is a reason in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, first_ten
from handeye.rose.questions import BY_KEY, TEMPLATES
from handeye.rose.scoring.tally import ordered_subsets
from handeye.stats.curves import Bounded, Curves
from handeye.stats.intervals import DECIMALS
from handeye.stats.logistic import fit_curves
from handeye.stats.shares import clustered_shares

# ---- scales of difficulty


Floats = NDArray[np.float64]

# Likeness at which the scale of the fit ends: pairs that differ less are the same to any picture.
_ALIKE = 1 - 2.0**-14


@dataclass(frozen=True, slots=True)
class Scale:
    """One factor of difficulty.

    ``value`` reads it from a score row; ``forth`` brings it to the scale of the fit, on which PASS
    is expected to fall, ``back`` one value from there; ``words`` writes one value.
    """

    key: str
    title: str
    unit: str
    transform: str
    noun: str
    value: pl.Expr
    forth: Callable[[Floats], Floats]
    back: Callable[[float], float]
    words: Callable[[float], str]


SCALES: tuple[Scale, ...] = (
    Scale(
        "similarity",
        "Similarity",
        "",
        "-log2(1 - x)",
        "similarity",
        pl.col("pair_similarity"),
        lambda x: -np.log2(1 - np.minimum(x, _ALIKE)),
        lambda z: 1 - 2.0 ** -max(z, 0.0),
        lambda x: f"{x:.2f}" if x < 0.95 else f"{x:.3f}",
    ),
    Scale(
        "cells",
        "Grid size",
        "cells",
        "log2(x)",
        "the number of cells",
        (pl.col("rows") * pl.col("cols")).cast(pl.Float64),
        np.log2,
        lambda z: 2.0 ** min(z, 60.0),
        lambda x: f"{x:.0f}",
    ),
    Scale(
        "targets",
        "Targets in the grid",
        "targets",
        "x",
        "the number of targets",
        pl.col("global_target_count").cast(pl.Float64),
        lambda x: x,
        float,
        lambda x: f"{x:.0f}" if x == round(x) else f"{x:.1f}",
    ),
)


# ---- curves


Ints = NDArray[np.int64]
Tree = dict[str, Any]

COLUMNS = (
    "scene_id",
    "rose_subset",
    "task_template",
    "answer_state",
    "pass",
    "pair_similarity",
    "rows",
    "cols",
    "global_target_count",
)
_TECHNICAL = ("error", "missing")
_BINS = 6
_FIT_POINTS = 21
_WORDS = {
    "none": "nothing was measured, or the set does not state {noun}",
    "few": "too few passes, failures or scenes for a curve",
    "all_right": "every item passes",
    "all_wrong": "no item passes",
    "constant": "{noun} does not vary",
    "separated": "passes and failures do not overlap along {noun}: a step, not a curve",
    "flat": "PASS does not visibly change with {noun}",
    "fit": "the regression found no curve",
    "rises": "PASS rises with {noun}",
    "above": "more than half pass at every value in the set ({low} to {high})",
    "below": "fewer than half pass at every value in the set ({low} to {high})",
}


@dataclass(frozen=True, slots=True)
class _Items:
    """Items of some curves: arrays (n,); ``z`` is on the scale of the fit."""

    z: Floats
    passed: Floats
    scene: Ints
    subset: Ints
    curve: Ints

    def where(self, mask: NDArray[np.bool_]) -> _Items:
        """The items chosen by a mask (n,)."""
        return _Items(
            self.z[mask],
            self.passed[mask],
            self.scene[mask],
            self.subset[mask],
            self.curve[mask],
        )


def thresholds(scores: pl.DataFrame) -> Tree:
    """Curves, thresholds and distances of one run, for each factor of difficulty.

    Args:
        scores: score rows of one run (:data:`COLUMNS` are read).

    Returns:
        By factor (:data:`handeye.rose.diagnosis.thresholds.SCALES`): ``key``, ``title``, ``unit``,
        ``transform``, ``sentence``, ``left_out`` (subsets that the curves of all subsets do not
        rest on), ``counting`` and ``action`` (curves), ``distance`` (counting minus action, in the
        factor's unit, above 0 where counting holds out longer), ``by_template`` (column to curve)
        and ``by_subset`` (``counting``, ``action``, ``distance``). The layout of a curve is in
        docs/statistics.md. Shares are fractions, ``x`` and thresholds in the factor's unit;
        ``slope`` and ``intercept`` in log odds on the scale named by ``transform``.

    Raises:
        DataError: a column is missing, or a task template is unknown.
    """
    lacking = [name for name in COLUMNS if name not in scores.columns]
    if lacking:
        raise DataError(f"the scores lack the columns {', '.join(lacking)}; score the run again")
    strange = sorted(set(scores["task_template"].unique().to_list()).difference(TEMPLATES))
    if strange:
        raise DataError(f"unknown task templates in the scores: {first_ten(strange)}")
    rows = scores.select(COLUMNS).filter(~pl.col("answer_state").is_in(_TECHNICAL))
    subsets = ordered_subsets(rows["rose_subset"].unique().to_list())
    return {factor.key: _factor(factor, rows, subsets) for factor in SCALES}


def _factor(factor: Scale, rows: pl.DataFrame, subsets: tuple[str, ...]) -> Tree:
    items, template = _items(factor, rows, subsets)
    sides = _sides(template)
    both = _Items(items.z, items.passed, items.scene, items.subset, sides).where(sides >= 0)
    whole, strata = _pair(factor, both)
    found: Tree = {
        "key": factor.key,
        "title": factor.title,
        "unit": factor.unit,
        "transform": factor.transform,
        "sentence": _sentence(factor, whole),
        "left_out": [name for k, name in enumerate(subsets) if k not in strata],
        **whole,
        "by_template": {},
        "by_subset": {},
    }
    for k, name in enumerate(TEMPLATES):
        part = items.where(template == k)
        if len(part.z):
            curves = _fitted(part)
            found["by_template"][TEMPLATES[name].column] = _curve(factor, part, curves, 0)
    for k, subset in enumerate(subsets):
        found["by_subset"][subset] = _pair(factor, both.where(both.subset == k))[0]
    return found


def _items(factor: Scale, rows: pl.DataFrame, subsets: tuple[str, ...]) -> tuple[_Items, Ints]:
    """The items that have the factor, and the number of each one's template."""
    known = rows.with_columns(_value=factor.value).filter(pl.col("_value").is_not_null())
    scene = pl.struct("rose_subset", "scene_id").rank("dense")
    scenes = known.select(scene).to_series().to_numpy().astype(np.int64)
    items = _Items(
        z=factor.forth(known["_value"].to_numpy().astype(np.float64)),
        passed=known["pass"].to_numpy().astype(np.float64),
        scene=scenes,
        subset=_numbers(known["rose_subset"], subsets),
        curve=np.zeros(len(known), np.int64),
    )
    return items, _numbers(known["task_template"], tuple(TEMPLATES))


def _numbers(column: pl.Series, names: tuple[str, ...]) -> Ints:
    places: Mapping[str, int] = {name: k for k, name in enumerate(names)}
    return column.replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def _sides(template: Ints) -> Ints:
    """0 for counting, 1 for action, -1 for the bridges."""
    side = {"T1": 0, "T2": 0, "T3": 1, "T4": 1, "T5": 1}
    keys = {t.id: key for key, t in BY_KEY.items()}
    table = np.array([side.get(keys[name], -1) for name in TEMPLATES])
    return table[template].astype(np.int64)


def _fitted(items: _Items) -> Curves:
    return fit_curves(items.z, items.passed, items.scene, items.curve, items.subset)


def _pair(factor: Scale, items: _Items) -> tuple[Tree, tuple[int, ...]]:
    """Counting and action fitted together, and the subsets they rest on."""
    curves = _fitted(items)
    names = ("counting", "action")
    trees = {name: _curve(factor, items, curves, k) for k, name in enumerate(names)}
    ends = [trees[name]["threshold"] for name in names]
    n = sum(trees[name]["n_items"] for name in names)
    silent = [f"{name}: {end['reason']}" for name, end in zip(names, ends, strict=True)]
    if any(end["value"] is None for end in ends):
        reason = "; ".join(w for w, e in zip(silent, ends, strict=True) if e["value"] is None)
        distance = _estimate(Bounded(None), n, float) | {"reason": reason}
    else:
        apart = curves.distance(0, 1, factor.back)
        distance = _estimate(apart, n, float) | {"reason": None}
    return {**trees, "distance": distance}, curves.strata


def _curve(factor: Scale, items: _Items, curves: Curves, number: int) -> Tree:
    fitted = number < len(curves.reasons) and curves.reasons[number] is None
    chosen = items.curve == number
    if fitted:
        chosen &= np.isin(items.subset, curves.strata)
    part = items.where(chosen)
    intercept = curves.intercept(number) if fitted else None
    slope = curves.slope(number) if fitted else Bounded(None)
    return {
        "n_items": len(part.z),
        "n_scenes": len(np.unique(part.scene)),
        "intercept": None if intercept is None else round(intercept, DECIMALS),
        "slope": _estimate(slope, len(part.z), float),
        "threshold": _threshold(factor, part, curves, number),
        "points": _points(factor, part, curves, number if fitted else None),
        "fit": _line(factor, part, curves, number) if fitted else [],
    }


def _estimate(found: Bounded, n: int, scale: Callable[[float], float]) -> Tree:
    ends = {"value": found.value, "low": found.low, "high": found.high}
    out: Tree = {
        name: None if end is None else round(scale(end), DECIMALS) for name, end in ends.items()
    }
    return {**out, "n": n}


def _threshold(factor: Scale, part: _Items, curves: Curves, number: int) -> Tree:
    """The threshold in the factor's unit, or why there is none."""
    reason: str | None
    if number >= len(curves.reasons):
        reason, found = "none", Bounded(None)
    else:
        found = curves.threshold(number)
        reason = found.reason
        if curves.reasons[number] is None:
            reason = _doubt(part, curves, number, found)
    if reason is None:
        return {**_estimate(found, len(part.z), factor.back), "reason": None}
    low, high = (factor.words(factor.back(z)) for z in _range(part))
    words = _WORDS[reason].format(noun=factor.noun, low=low, high=high)
    return {**_estimate(Bounded(None), len(part.z), float), "reason": words}


def _doubt(part: _Items, curves: Curves, number: int, found: Bounded) -> str | None:
    """Why a fitted curve has no threshold that can be told; see the top of the module."""
    ends = np.array(_range(part))
    _, low, high = curves.shares(number, ends)
    if (low > 0.5).all():
        return "above"
    if (high < 0.5).all():
        return "below"
    if found.value is None:
        return found.reason
    if (curves.slope(number).value or 0.0) > 0:
        return "rises"
    if ends[0] <= found.value <= ends[1]:
        return None
    return "above" if found.value > ends[1] else "below"


def _range(part: _Items) -> tuple[float, float]:
    return (float(part.z.min()), float(part.z.max())) if len(part.z) else (0.0, 0.0)


def _points(factor: Scale, part: _Items, curves: Curves, number: int | None) -> list[Tree]:
    """Measured shares in bins of about equal size; of the average subset where there is a fit."""
    if not len(part.z):
        return []
    edges = np.unique(np.quantile(part.z, np.arange(1, _BINS) / _BINS, method="higher"))
    place = np.searchsorted(edges, part.z, side="right")
    shares = clustered_shares(part.passed, part.scene, place.astype(np.int64), len(edges) + 1)
    out = []
    for k in np.flatnonzero(shares.n):
        inside = part.where(place == k)
        low, at, high = np.quantile(inside.z, (0.0, 0.5, 1.0), method="nearest").tolist()
        ends = [float(end[k]) for end in (shares.value, shares.low, shares.high)]
        if number is not None and len(curves.strata) > 1:
            ends = [curves.standardised(number, inside.z, inside.subset, at, e) for e in ends]
        x = [round(factor.back(z), DECIMALS) for z in (at, low, high)]
        names = ("x", "from", "to", "value", "low", "high")
        rounded = (*x, *(round(end, DECIMALS) for end in ends))
        point: Tree = dict(zip(names, rounded, strict=True))
        out.append({**point, "label": factor.words(x[0]), "n": int(shares.n[k])})
    return out


def _line(factor: Scale, part: _Items, curves: Curves, number: int) -> list[Tree]:
    z = np.linspace(*_range(part), _FIT_POINTS)
    rows = np.stack([*curves.shares(number, z)], axis=1).round(DECIMALS).tolist()
    return [
        {"x": round(factor.back(at), DECIMALS), "y": y, "low": low, "high": high}
        for at, (y, low, high) in zip(z.tolist(), rows, strict=True)
    ]


def _sentence(factor: Scale, pair: Tree) -> str:
    """Where counting and acting give out, in one sentence."""
    parts = []
    for name, verb in (("action", "acts"), ("counting", "counts")):
        found = pair[name]["threshold"]
        if found["value"] is None:
            parts.append(f"{name}: {found['reason']}")
        else:
            value, low, high = (factor.words(found[end]) for end in ("value", "low", "high"))
            unit = f" {factor.unit}" if factor.unit else f" in {factor.noun}"
            parts.append(
                f"{verb} rightly on half of the items up to {value}{unit} ({low} to {high})"
            )
    return "; ".join(parts)
