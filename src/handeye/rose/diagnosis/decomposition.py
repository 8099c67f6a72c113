"""Where the way from counting to clicking loses points: one chain that adds up to the whole gap.

Every answer is judged again and again, each time forgiving one more kind of failure, from the
outermost (no answer) to the innermost (the named cells). What a forgiveness wins among the action
items, less what the same forgiveness wins among the counting items, is the loss of its step; what
is left when everything is forgiven is the first step, finding. The steps add up to the gap because
each is a difference of neighbouring levels. docs/decomposition.md has the formulas and defends the
order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.diagnosis.forgiving import BASES, EVERYTHING, FORGIVEN, ORDERS, judged
from handeye.rose.scoring.tally import SCENE, Ledger, Scope, Tally
from handeye.stats.intervals import (
    Samples,
    complement,
    crossed,
    difference,
    estimates,
    measured,
    with_values,
)

# ---- words: steps, and the chains they form


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of failure: its key and its words."""

    key: str
    label: str
    meaning: str


STEPS: tuple[Step, ...] = (
    Step(
        "finding",
        "finding when asked to act",
        "Clicks another number of cells than there are, more often than it counts wrong.",
    ),
    Step(
        "coordinates",
        "naming the cells",
        "The right number of cells, but other cells; or the right ones and some outside the grid.",
    ),
    Step(
        "region",
        "keeping to the region",
        "Right once clicks outside the region are left out, or right for the other part; a count: "
        "the number of the whole grid, in a model that counts that more often than miscounts "
        "explain.",
    ),
    Step(
        "abstention",
        "knowing when there is nothing",
        "Answers with something where nothing is, or with nothing where something is.",
    ),
    Step(
        "consistency",
        "submitting what was clicked",
        "The right cells, but the submitted number is neither that of the clicks nor that of their "
        "cells.",
    ),
    Step(
        "format",
        "the form of the answer",
        "An answer that breaks the grammar or repeats a click; forgivingly read it would count.",
    ),
    Step("no_answer", "giving an answer", "No answer came, it was refused, or it was cut off."),
)
"""Every step, from the eye to the hand; each is forgiven before the one above it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A chain: which templates stand at its ends, and which steps can show between them."""

    key: str
    title: str
    meaning: str
    counting: tuple[str, ...]
    action: tuple[str, ...]
    start: tuple[str, str]
    end: tuple[str, str]
    never: frozenset[str]
    paired: bool


PLANS: tuple[Plan, ...] = (
    Plan(
        "gap",
        "From counting to acting",
        "Counting Avg. (G-Cnt, L-Cnt) to Action Avg. (L-Clk, V-Clk, Excl-CS), on the same scenes.",
        ("T1", "T2"),
        ("T3", "T4", "T5"),
        ("counting", "Counting Avg."),
        ("action", "Action Avg."),
        frozenset(),
        paired=False,
    ),
    Plan(
        "global",
        "The whole grid: from counting to clicking",
        "G-Cnt to G-Clk on scenes that have both: the same question, counted and clicked.",
        ("T1",),
        ("T1B",),
        ("T1", "G-Cnt"),
        ("T1B", "G-Clk"),
        frozenset({"region", "consistency"}),
        paired=True,
    ),
    Plan(
        "matched",
        "The same region: from counting to clicking",
        "mL-Cnt to L-Clk on scenes that have both: the same region, counted and clicked.",
        ("T2B",),
        ("T3",),
        ("T2B", "mL-Cnt"),
        ("T3", "L-Clk"),
        frozenset({"consistency"}),
        paired=True,
    ),
)
# Steps that a count cannot show: it names no cells and submits nothing besides.
ACTION_ONLY = frozenset({"coordinates", "consistency"})


# ---- judging and adding up


Floats = NDArray[np.float64]


def decompose(
    evidence: Sequence[Evidence], *, seed: int = 0, resamples: int = 2000
) -> dict[str, dict[str, Any] | None]:
    """Decompose the gap of one run, and its two bridges.

    Args:
        evidence: all items of one run (one model); see
        :func:`handeye.rose.diagnosis.evidence.run_evidence`.
        seed: of the bootstrap; with the summary's seed the ends have the summary's intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Returns:
        ``{"gap", "global", "matched"}``, each None unless all its templates were asked. A chain
        holds ``key``, ``title``, ``meaning``, ``start``, ``end``, ``whole``, ``n_scenes``,
        ``n_items`` and ``steps``; a step ``key``, ``label``, ``meaning``, ``loss`` (points lost,
        a fraction; negative when acting loses less than counting), ``level`` (start less all
        losses so far, a rate only from 0 to 1), ``sides`` (the loss of either side; None where the
        side cannot show it) and ``alternative`` (the measured loss if forgiven ``first`` or
        ``last``; None where no other order makes sense). Figures are
        ``{"value", "low", "high", "n"}``.
    """
    frame = judged(evidence)
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(plan.key for plan in PLANS)
    if frame.is_empty():
        return found
    tally = Tally(resamples)
    for (subset,), rows in frame.group_by("subset", maintain_order=True):
        tally.put(str(subset), _ledger(rows), seed)
    for plan in PLANS:
        scopes = tally.scopes(plan.key)
        if scopes >= {(plan.key, key) for key in (*plan.counting, *plan.action)}:
            found[plan.key] = _chain(plan, tally, _count_scenes(plan, frame, tally))
    return found


# ---- adding up


def _ledger(rows: pl.DataFrame) -> Ledger:
    """Per-scene sums of one subset; the scope of an item is (chain, template key)."""
    ledger = Ledger(rows[SCENE].n_unique())
    measures = tuple(dict.fromkeys((*BASES, *BASES.values())))
    by_key = {str(key): part for (key,), part in rows.group_by("key", maintain_order=True)}
    for plan in PLANS:
        parts = {key: by_key[key] for key in (*plan.counting, *plan.action) if key in by_key}
        if plan.paired:
            parts = _paired(parts, (*plan.counting, *plan.action))
        for key, part in parts.items():
            ledger.add((plan.key, key), part, measures)
    return ledger


def _paired(parts: Mapping[str, pl.DataFrame], keys: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The first item of each template on scenes that have all of them."""
    if any(key not in parts for key in keys):
        return {}
    firsts = {key: parts[key].unique(SCENE, keep="first", maintain_order=True) for key in keys}
    shared = set.intersection(*(set(part[SCENE].to_list()) for part in firsts.values()))
    return {key: part.filter(pl.col(SCENE).is_in(sorted(shared))) for key, part in firsts.items()}


def _count_scenes(plan: Plan, frame: pl.DataFrame, tally: Tally) -> int:
    """Scenes with an item of the chain; of a paired one, those that have all."""
    if plan.paired:
        return tally.over(tally.subsets, [(plan.key, plan.counting[0])]).count()
    chosen = frame.filter(pl.col("key").is_in([*plan.counting, *plan.action]))
    return chosen.select("subset", SCENE).n_unique()


@dataclass(frozen=True, slots=True)
class _Sides:
    """The levels of both sides: macro means by measure."""

    counting: Mapping[str, Samples]
    action: Mapping[str, Samples]

    def by_name(self) -> tuple[tuple[str, Mapping[str, Samples]], ...]:
        """Both sides with their names."""
        return ("counting", self.counting), ("action", self.action)


def _sides(plan: Plan, tally: Tally) -> _Sides:
    """Every level of either side: mean over subsets, then over templates, as in the paper."""
    by_key: dict[str, list[list[Samples]]] = {key: [] for key in (*plan.counting, *plan.action)}
    for subset in tally.subsets:
        cells = {key: _rates(tally, subset, (plan.key, key)) for key in by_key}
        filled = _filled([cells[key] for key in plan.counting], [cells[key] for key in plan.action])
        for key, levels in zip(by_key, filled, strict=True):
            by_key[key].append(levels)

    def side(keys: Sequence[str]) -> dict[str, Samples]:
        return {
            name: crossed([[levels[k] for levels in by_key[key]] for key in keys])
            for k, name in enumerate(BASES)
        }

    return _Sides(side(plan.counting), side(plan.action))


def _rates(tally: Tally, subset: str, scope: Scope) -> list[Samples]:
    """Every level of one template in one subset."""
    group = tally.over([subset], [scope])
    return [group.share(measure, base) for measure, base in BASES.items()]


def _filled(counting: list[list[Samples]], action: list[list[Samples]]) -> list[list[Samples]]:
    """Give a level to templates of a subset that have items, but none to judge there.

    They take that of the side's other templates; where there is none, that of the other side, so
    that everything is lost where it really was: at giving an answer, or at its form.
    """
    sides = [
        np.array([[level.values for level in cell] for cell in side]) for side in (counting, action)
    ]
    means = [_mean(values) for values in sides]
    out: list[list[Samples]] = []
    for side, values, own, other in zip((counting, action), sides, means, means[::-1], strict=True):
        filler = np.nan_to_num(np.where(np.isnan(own), other, own))
        asked = ~np.isnan(values[:, :1])
        filled = np.where(np.isnan(values) & asked, filler, values)
        # Where nothing could be judged, as many scenes stand behind what is there instead.
        out += [
            [
                with_values(level if level.n else cell[0], v)
                for v, level in zip(rows, cell, strict=True)
            ]
            for rows, cell in zip(filled, side, strict=True)
        ]
    return out


def _mean(values: Floats) -> Floats:
    """Mean over the first axis of what is defined, NaN where nothing is."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


# ---- the chain


def _chain(plan: Plan, tally: Tally, n_scenes: int) -> dict[str, Any]:
    sides = _sides(plan, tally)
    start, end = sides.counting["pass"], sides.action["pass"]
    steps = {step.key: _step(step.key, sides) for step in STEPS}
    for key in plan.never:  # unless the metadata are such that it does show
        if not np.nan_to_num(steps[key]["loss"].values).any():
            del steps[key]
    found = estimates({"start": start, "end": end, "whole": difference(start, end), "steps": steps})
    return {
        "key": plan.key,
        "title": plan.title,
        "meaning": plan.meaning,
        "start": {"key": plan.start[0], "label": plan.start[1], **found["start"]},
        "end": {"key": plan.end[0], "label": plan.end[1], **found["end"]},
        "whole": found["whole"],
        "n_scenes": n_scenes,
        "n_items": start.n + end.n,
        "steps": [
            {
                "key": step.key,
                "label": step.label,
                "meaning": step.meaning,
                **found["steps"][step.key],
                "level": _as_rate(found["steps"][step.key]["level"]),
            }
            for step in STEPS
            if step.key in steps
        ],
    }


def _step(key: str, sides: _Sides) -> dict[str, Any]:
    """Loss of a step, of either side of it, and of the same step in another order."""
    if key == "finding":
        loss = _tidy(difference(sides.counting[EVERYTHING], sides.action[EVERYTHING]))
        left = {name: complement(side[EVERYTHING]) for name, side in sides.by_name()}
        level = _level(EVERYTHING, sides)
        return {"loss": loss, "level": level, "sides": left, "alternative": None}
    orders = {name: _loss(key, sides, *pair)[0] for name, pair in ORDERS.get(key, {}).items()}
    alternative = measured(orders) if orders else None
    loss, lost = _loss(key, sides, *FORGIVEN[key])
    level = _level(FORGIVEN[key][0], sides)
    return {"loss": loss, "level": level, "sides": lost, "alternative": alternative}


def _tidy(loss: Samples) -> Samples:
    """Without the last digits, so that a loss of nothing is 0 whatever means it is a difference of.

    Far from what adding up needs: the sum of a chain stays right to 1e-13.
    """
    return with_values(loss, np.round(loss.values, 14) + 0.0)


def _level(measure: str, sides: _Sides) -> Samples:
    """Where the chain stands when ``measure`` is still forgiven on both sides."""
    won = difference(sides.counting[measure], sides.counting["pass"])
    end = sides.action["pass"]
    # Only where counting wins nothing is it a share, and may be treated as one.
    if not np.nan_to_num(won.values).any():
        return with_values(end, sides.action[measure].values - won.values)
    return replace(difference(sides.action[measure], won), n=end.n)


def _as_rate(level: dict[str, Any]) -> dict[str, Any]:
    """A level that is a rate with an interval that goes no further than rates do."""
    if level["value"] is None or level["low"] is None or not 0 <= level["value"] <= 1:
        return level
    return level | {"low": max(level["low"], 0.0), "high": min(level["high"], 1.0)}


def _loss(
    key: str, sides: _Sides, before: str, after: str
) -> tuple[Samples, dict[str, Samples | None]]:
    """What forgiving wins when acting, less what it wins when counting; and both."""
    counting, action = (
        _tidy(with_values(side[after], side[after].values - side[before].values))
        for _, side in sides.by_name()
    )
    # Where no count can be judged at all, its levels are those of acting.
    if key in ACTION_ONLY and not np.nan_to_num(counting.values).any():
        return action, {"counting": None, "action": action}
    return _tidy(difference(action, counting)), {"counting": counting, "action": action}
