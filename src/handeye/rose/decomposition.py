"""Where the way from counting to clicking loses points: one chain that adds up to the whole gap.

Every answer is judged again and again, each time forgiving one more kind of failure, from the
outermost (no answer) to the innermost (the named cells). What a forgiveness wins among the action
items, less what the same forgiveness wins among the counting items, is the loss of its step; what
is left when everything is forgiven is the first step, finding. The steps add up to the gap because
each is a difference of neighbouring levels. docs/decomposition.md has the formulas and defends the
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.rose.evidence import Evidence
from handeye.rose.tally import SCENE, Ledger, Scope, Tally
from handeye.stats.intervals import Samples, complement, difference, estimates, mean, measured

Floats = NDArray[np.float64]


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
        "The right number of cells, but other cells or cells outside the grid.",
    ),
    Step(
        "region",
        "keeping to the region",
        "Right once what lies outside the region is left out; for a count: right for the whole "
        "grid.",
    ),
    Step(
        "abstention",
        "knowing when there is nothing",
        "Answers with something where nothing is, or with nothing where something is.",
    ),
    Step(
        "consistency",
        "submitting what was clicked",
        "The right cells, but the submitted number is not the number of cells clicked.",
    ),
    Step(
        "format",
        "the form of the answer",
        "An answer that breaks the grammar or repeats a click; forgivingly read it would count.",
    ),
    Step("no_answer", "giving an answer", "No answer came, it was refused, or it was cut off."),
)
"""Every step, from the eye to the hand; each is forgiven before the one above it."""

# The kinds of failure that an answer in any order can be forgiven, outermost first. Giving an
# answer and its form come before all of them: what cannot be read cannot be forgiven anything.
_KINDS = ("consistency", "abstention", "region", "coordinates")
# Larger numbers are all wrong alike; this keeps them within 64 bits.
_LARGEST = 2**40


@dataclass(frozen=True, slots=True)
class _Plan:
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


_PLANS: tuple[_Plan, ...] = (
    _Plan(
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
    _Plan(
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
    _Plan(
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
_ACTION_ONLY = frozenset({"coordinates", "consistency"})


def decompose(
    evidence: Sequence[Evidence], *, seed: int = 0, resamples: int = 2000
) -> dict[str, dict[str, Any] | None]:
    """Decompose the gap of one run, and its two bridges.

    Args:
        evidence: all items of one run (one model); see :func:`handeye.rose.evidence.run_evidence`.
        seed: of the bootstrap; with the summary's seed the ends have the summary's intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Returns:
        ``{"gap", "global", "matched"}``, each None unless all its templates were asked. A chain
        holds ``key``, ``title``, ``meaning``, ``start``, ``end``, ``whole``, ``n_scenes``,
        ``n_items`` and ``steps``; a step ``key``, ``label``, ``meaning``, ``loss`` (points lost,
        a fraction; negative when acting loses less than counting), ``level`` (start less all
        losses so far), ``sides`` (the loss of either side; None where the side cannot show it) and
        ``alternative`` (the measured loss if forgiven ``first`` or ``last``; None where no other
        order makes sense). Figures are ``{"value", "low", "high", "n"}``.
    """
    frame = _judged(evidence)
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(plan.key for plan in _PLANS)
    if frame.is_empty():
        return found
    tally = Tally(resamples)
    for (subset,), rows in frame.group_by("subset", maintain_order=True):
        tally.put(str(subset), _ledger(rows), seed)
    for plan in _PLANS:
        scopes = tally.scopes(plan.key)
        if scopes >= {(plan.key, key) for key in (*plan.counting, *plan.action)}:
            found[plan.key] = _chain(plan, tally, _count_scenes(plan, frame, tally))
    return found


# ---- judging answers, one forgiveness after the other


def _right(forgiven: Iterable[str]) -> pl.Expr:
    """Whether a readable answer is right when some kinds of failure are forgiven.

    The same words hold for counts, whose ``said`` is their number, and for clicks, whose ``said``
    is the number of cells clicked.
    """
    kinds = frozenset(forgiven)
    place = pl.col("exact")
    if "region" in kinds:
        place = place | pl.col("exact_inside")
    if "abstention" in kinds:
        place = place | ((pl.col("gold") == 0) != (pl.col("said") == 0))
    if "coordinates" in kinds:
        place = place | (pl.col("said") == pl.col("gold"))
        if "region" in kinds:
            place = place | (pl.col("said") == pl.col("targets"))
    agrees = pl.lit(True) if "consistency" in kinds else pl.col("agrees")
    return pl.col("passed") | (pl.col("readable") & agrees & place)


def _measure(forgiven: Iterable[str]) -> str:
    kinds = frozenset(forgiven)
    return "+".join(["right", *(kind for kind in _KINDS if kind in kinds)])


# The kinds forgiven at each level, and what any one kind wins when it is forgiven first or last.
_NESTED = [_KINDS[:count] for count in range(len(_KINDS) + 1)]
_FIRST = {kind: (kind,) for kind in _KINDS}
_BUT_ONE = {kind: tuple(other for other in _KINDS if other != kind) for kind in _KINDS}
_JUDGED = {_measure(kinds): kinds for kinds in (*_NESTED, *_FIRST.values(), *_BUT_ONE.values())}
_BASES = {"pass": "n", "heard": "answered", **dict.fromkeys(_JUDGED, "readable")}
"""A level's measure to the items it is a share of; its order is that of the arrays below."""
# The level before a step forgives, and after; both are measures.
_FORGIVEN = {
    "no_answer": ("pass", "heard"),
    "format": ("heard", _measure(())),
    **{
        kind: (_measure(before), _measure(after))
        for kind, before, after in zip(_KINDS, _NESTED, _NESTED[1:], strict=False)
    },
}
_ALL = _measure(_KINDS)


def _judged(evidence: Sequence[Evidence]) -> pl.DataFrame:
    """One row per item: where it belongs, and a 0/1 column for every measure and base."""
    rows = [_features(found) for found in evidence]
    frame = pl.DataFrame(rows, schema=_FEATURES, orient="row")
    return frame.select(
        "subset",
        "scene_id",
        "key",
        pl.col("scene_id").rank("dense").over("subset").sub(1).alias(SCENE),
        "answered",
        "readable",
        pl.lit(1).alias("n"),
        pl.col("passed").alias("pass"),
        pl.col("passed").alias("heard"),
        **{name: _right(kinds) for name, kinds in _JUDGED.items()},
    )


_FEATURES: dict[str, Any] = {
    "subset": pl.String(),
    "scene_id": pl.String(),
    "key": pl.String(),
    "passed": pl.Boolean(),
    "answered": pl.Boolean(),
    "readable": pl.Boolean(),
    "gold": pl.Int64(),
    "targets": pl.Int64(),
    "said": pl.Int64(),
    "exact": pl.Boolean(),
    "exact_inside": pl.Boolean(),
    "agrees": pl.Boolean(),
}


def _features(found: Evidence) -> tuple[Any, ...]:
    """What the judgements need of one item, in the order of ``_FEATURES``."""
    reading = found.reading
    gold, targets = len(found.gold), len(found.targets)
    head = (found.subset, found.scene_id, found.template.key, found.passed)
    counts = found.template.mode == "COUNT"
    if reading is None or (counts and reading.number is None):
        given = found.passed or found.state == "answered"
        return (*head, given, found.passed, gold, targets, 0, False, False, False)
    number = None if reading.number is None else min(reading.number, _LARGEST)
    if counts:
        said, exact, inside, agrees = number, number == gold, number == targets, True
    else:
        said = len(set(reading.clicks))
        in_grid = said == len(found.clicked)
        exact = in_grid and found.clicked == found.gold
        inside = in_grid and found.clicked_inside == found.gold
        # A number that is not there is a matter of form; one that is there has to agree.
        agrees = number is None or number == said
    return (*head, True, True, gold, targets, said, exact, inside, agrees)


# ---- adding up


def _ledger(rows: pl.DataFrame) -> Ledger:
    """Per-scene sums of one subset; the scope of an item is (chain, template key)."""
    ledger = Ledger(rows[SCENE].n_unique())
    measures = tuple(dict.fromkeys((*_BASES, *_BASES.values())))
    by_key = {str(key): part for (key,), part in rows.group_by("key", maintain_order=True)}
    for plan in _PLANS:
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


def _count_scenes(plan: _Plan, frame: pl.DataFrame, tally: Tally) -> int:
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


def _sides(plan: _Plan, tally: Tally) -> _Sides:
    """Every level of either side: mean over subsets, then over templates, as in the paper."""
    by_key: dict[str, list[list[Samples]]] = {key: [] for key in (*plan.counting, *plan.action)}
    for subset in tally.subsets:
        cells = {key: _rates(tally, subset, (plan.key, key)) for key in by_key}
        filled = _filled([cells[key] for key in plan.counting], [cells[key] for key in plan.action])
        for key, levels in zip(by_key, filled, strict=True):
            by_key[key].append(levels)
    columns = {
        key: [mean(parts) for parts in zip(*rows, strict=True)] for key, rows in by_key.items()
    }

    def side(keys: Sequence[str]) -> dict[str, Samples]:
        levels = zip(*(columns[key] for key in keys), strict=True)
        return {name: mean(parts) for name, parts in zip(_BASES, levels, strict=True)}

    return _Sides(side(plan.counting), side(plan.action))


def _rates(tally: Tally, subset: str, scope: Scope) -> list[Samples]:
    """Every level of one template in one subset."""
    group = tally.over([subset], [scope])
    return [group.share(measure, base) for measure, base in _BASES.items()]


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
        out += [
            [Samples(v, level.n, level.trials) for v, level in zip(rows, cell, strict=True)]
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


def _chain(plan: _Plan, tally: Tally, n_scenes: int) -> dict[str, Any]:
    sides = _sides(plan, tally)
    start, end = sides.counting["pass"], sides.action["pass"]
    steps = {step.key: _step(step.key, sides) for step in STEPS if step.key not in plan.never}
    level = start
    for step in steps.values():
        level = Samples(level.values - step["loss"].values, end.n, end.trials)
        step["level"] = level
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
            }
            for step in STEPS
            if step.key in steps
        ],
    }


def _step(key: str, sides: _Sides) -> dict[str, Any]:
    """Loss of a step, of either side of it, and of the same step in another order."""
    if key == "finding":
        loss = difference(sides.counting[_ALL], sides.action[_ALL])
        left = {name: complement(side[_ALL]) for name, side in sides.by_name()}
        return {"loss": loss, "sides": left, "alternative": None}
    alternative = None
    if key in _KINDS:
        orders = {
            "first": (_measure(()), _measure(_FIRST[key])),
            "last": (_measure(_BUT_ONE[key]), _ALL),
        }
        alternative = measured({name: _loss(key, sides, *pair)[0] for name, pair in orders.items()})
    loss, lost = _loss(key, sides, *_FORGIVEN[key])
    return {"loss": loss, "sides": lost, "alternative": alternative}


def _loss(
    key: str, sides: _Sides, before: str, after: str
) -> tuple[Samples, dict[str, Samples | None]]:
    """What forgiving wins when acting, less what it wins when counting; and both."""
    counting, action = (
        Samples(side[after].values - side[before].values, side[after].n, side[after].trials)
        for _, side in sides.by_name()
    )
    if key in _ACTION_ONLY:
        return action, {"counting": None, "action": action}
    return difference(action, counting), {"counting": counting, "action": action}
