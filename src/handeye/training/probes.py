"""What a linear map reads off the tokens of an encoder that is left as it is.

A map is fitted on pictures to learn from and tried on scenes that are held out: the class of every
token that shows a thing, where from such a token the keypoints of its thing lie, how near it is.
All of them are ridge regressions in closed form, so the same tokens give the same figures. Beside
each stands what the same fit makes of tokens that were swapped between pictures: what can be told
from a token's place, and from how often things occur, without looking. Knows arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.scores.estimate import Estimate, in_unit
from handeye.scores.tables import Column, Row, Table
from handeye.sets.draw import Draw
from handeye.stats.bootstrap import resample_sums
from handeye.training.lesson import IGNORED
from handeye.training.targets import NAME, Targets, Vocabulary

Floats: TypeAlias = NDArray[np.float64]
Floats32: TypeAlias = NDArray[np.float32]
_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Penalties that are tried, of which the inner fold chooses; features have a variance of one."""
_INNER = 4
"""Every so manieth scene of those to fit on chooses the penalty."""
_RESAMPLES = 1000
THING = "thing"
"""The figure for whether a token shows a thing."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What one probe came to.

    Attributes:
        what: a label, ``thing`` (whether there is one), ``keypoints`` or ``depth``.
        measure: ``balanced accuracy`` (0..1: the mean over choices of the share of their tokens
            that is told right), ``pixels`` (mean distance of a keypoint from where a token of its
            thing tells it, in pixels of the picture), ``correlation`` (Pearson's, -1..1).
        tokens: tried; of keypoints tokens times keypoints.
        scenes: that they are of, and that are resampled.
        swapped: of tokens from other pictures, with the probe fitted alike.
        before: of the encoder before its training.
        after: behind it.
        gain: after minus before, on the same resamples.
    """

    what: str
    measure: str
    tokens: int
    scenes: int
    swapped: Estimate
    before: Estimate
    after: Estimate
    gain: Estimate


@dataclass(frozen=True)
class Looked:
    """The tokens of some pictures that are asked about, one row each.

    Attributes:
        states: (rows, width) float32.
        classes: (rows, labels), as in :class:`handeye.training.targets.Targets`.
        thing: (rows,) bool: whether a thing is shown.
        offsets: (rows, keypoints, 2): from the middle of the token to the keypoints of its thing,
            in pixels of the picture; nan where there are none.
        depth: (rows,); nan where it is not known.
        scene: (rows,) a number for every scene.
    """

    states: Floats32
    classes: NDArray[np.int16]
    thing: NDArray[np.bool_]
    offsets: Floats32
    depth: Floats32
    scene: NDArray[np.int64]


Tokens = Callable[[Sequence[int]], Floats32]
"""Gives the tokens (pictures, n, width) of pictures by their places."""


def looked(
    targets: Sequence[Targets], tokens: Tokens, *, swapped: bool = False, at_once: int = 32
) -> Looked:
    """Tokens that show a thing, and of every picture as many of the ground, drawn.

    Args:
        targets: of the pictures.
        tokens: of the encoder.
        swapped: every picture has the tokens of another one, of another scene if there is any.
        at_once: pictures that ``tokens`` is asked for at a time.
    """
    scenes = {name: at for at, name in enumerate(dict.fromkeys(one.scene for one in targets))}
    order = _others([one.scene for one in targets]) if swapped else list(range(len(targets)))
    rows: dict[str, list[NDArray[Any]]] = {}
    for start in range(0, len(targets), at_once):
        some = range(start, min(start + at_once, len(targets)))
        for number, states in zip(some, tokens([order[at] for at in some]), strict=True):
            one = targets[number]
            shown, ground = np.flatnonzero(one.owner > 0), np.flatnonzero(one.owner == 0)
            drawn = Draw(0, "probed ground", number).sample(
                len(ground), min(len(ground), len(shown))
            )
            at = np.sort(np.concatenate([shown, ground[drawn]])).astype(np.int64)
            owner = one.owner[at].astype(np.int64)
            # The row behind the last thing is that of the ground.
            points = np.concatenate([one.points, np.full((1, *one.points.shape[1:]), np.nan)])
            offsets = points[owner - 1] - one.view.places()[at][:, None]
            for name, value in (
                ("states", states[at]),
                ("classes", one.classes[at]),
                ("thing", owner > 0),
                ("offsets", offsets.astype(np.float32)),
                ("depth", one.depth[at].astype(np.float32)),
                ("scene", np.full(len(at), scenes[one.scene])),
            ):
                rows.setdefault(name, []).append(value)
    return Looked(**{name: np.concatenate(parts) for name, parts in rows.items()})


def _others(scenes: Sequence[str]) -> list[int]:
    """For every picture another one: as far round as the largest scene is large."""
    order = sorted(range(len(scenes)), key=lambda at: (scenes[at], at))
    most = max((scenes.count(one) for one in set(scenes)), default=0)
    out = [0] * len(scenes)
    for place, at in enumerate(order):
        out[at] = order[(place + most) % len(order)]
    return out


# ---- what is told


Sums = tuple[Floats32, Callable[[Floats], Floats]]
"""Column sums of every scene held out, and the figure that (resamples, columns) of totals make."""


def probed(fit: Looked, tried: Looked, vocabulary: Vocabulary) -> Mapping[str, Sums]:
    """Fit the probes and try them; what cannot be told from either side is left out."""
    out: dict[str, Sums] = {}
    names = list(vocabulary.labels)
    for what in (THING, *names):
        if what == THING:
            right, asked = fit.thing.astype(np.int64), tried.thing.astype(np.int64)
        else:
            right, asked = (
                np.where(one.thing, one.classes[:, names.index(what)], IGNORED).astype(np.int64)
                for one in (fit, tried)
            )
        found = _classified(fit, tried, right, asked)
        if found is not None:
            out[what] = found
    if vocabulary.keypoints and (points := _pointed(fit, tried)) is not None:
        out["keypoints"] = points
    known = (fit.thing & ~np.isnan(fit.depth), tried.thing & ~np.isnan(tried.depth))
    if min(int(one.sum()) for one in known) > 1:
        told = _ridge(fit.states[known[0]], fit.depth[known[0], None], fit.scene[known[0]])
        values = told(tried.states[known[1]])[:, 0]
        out["depth"] = _correlated(values, tried.depth[known[1]], tried.scene, known[1])
    return out


def measure(what: str) -> str:
    """In what a figure is told."""
    return {"keypoints": "pixels", "depth": "correlation"}.get(what, "balanced accuracy")


def _classified(
    fit: Looked, tried: Looked, right: NDArray[np.int64], asked: NDArray[np.int64]
) -> Sums | None:
    known, wanted = right != IGNORED, asked != IGNORED
    choices = np.intersect1d(right[known], asked[wanted])
    if len(choices) < 2:
        return None
    known, wanted = known & np.isin(right, choices), wanted & np.isin(asked, choices)
    told = np.searchsorted(choices, right[known])
    hot = np.eye(len(choices))[told]
    # Every choice counts alike, however often it occurs.
    weight = 1.0 / np.bincount(told, minlength=len(choices))[told]
    maps = _ridge(fit.states[known], hot, fit.scene[known], weight)
    best = maps(tried.states[wanted]).argmax(1)
    true = np.searchsorted(choices, asked[wanted])
    count = np.eye(len(choices))[true]
    sums = _by_scene(
        np.concatenate([count * (best == true)[:, None], count], 1), tried.scene, wanted
    )

    def balanced(totals: Floats) -> Floats:
        hits, all_ = np.split(totals, 2, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.nanmean(np.where(all_ > 0, hits / all_, np.nan), 1))

    return sums, balanced


def _pointed(fit: Looked, tried: Looked) -> Sums | None:
    """Mean distance of the keypoints that every token of a thing tells by itself."""
    sums = []
    for place in range(fit.offsets.shape[1]):
        known, wanted = (~np.isnan(one.offsets[:, place, 0]) for one in (fit, tried))
        if known.sum() > 1 and wanted.any():
            told = _ridge(fit.states[known], fit.offsets[known, place], fit.scene[known])
            far = told(tried.states[wanted]) - tried.offsets[wanted, place]
            distance = np.sqrt((far**2).sum(1))
            pair = np.stack([distance, np.ones(len(distance))], 1)
            sums.append(_by_scene(pair, tried.scene, wanted))
    return (np.sum(sums, 0, dtype=np.float32), _quotient) if sums else None


def _quotient(totals: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals[:, 0] / totals[:, 1])


def _correlated(
    told: Floats, true: Floats32, scene: NDArray[np.int64], rows: NDArray[np.bool_]
) -> Sums:
    # About their means, so that little is lost in the difference of sums.
    x, y = told - told.mean(), true - float(true.mean())
    table = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], 1)

    def pearson(totals: Floats) -> Floats:
        n, x, y, xx, yy, xy = totals.T
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt((xx / n - (x / n) ** 2) * (yy / n - (y / n) ** 2))
            return np.asarray(np.where(spread > 0, (xy / n - x * y / n**2) / spread, 0.0))

    return _by_scene(table, scene, rows), pearson


def _by_scene(table: Floats, scene: NDArray[np.int64], rows: NDArray[np.bool_]) -> Floats32:
    return _summed(table, scene[rows], int(scene.max()) + 1)


def _summed(table: Floats, scene: NDArray[np.int64], scenes: int) -> Floats32:
    out = np.zeros((scenes, table.shape[1]))
    np.add.at(out, scene, table)
    return out.astype(np.float32)


# ---- one fit


def _ridge(
    states: Floats32,
    wanted: NDArray[Any],
    scene: NDArray[np.int64],
    weight: Floats | None = None,
) -> Callable[[Floats32], Floats]:
    """The linear map that tells ``wanted`` of states, with its penalty chosen by other scenes."""
    weights = np.ones(len(states)) if weight is None else weight
    inner = scene % _INNER == 0
    ridge = _RIDGES[len(_RIDGES) // 2]
    if inner.any() and not inner.all():
        outer = ~inner
        maps = _maps(states[outer], wanted[outer], weights[outer], _RIDGES)
        losses = [
            float((weights[inner, None] * (told(states[inner]) - wanted[inner]) ** 2).sum())
            for told in maps
        ]
        ridge = _RIDGES[int(np.argmin(losses))]
    (chosen,) = _maps(states, wanted, weights, (ridge,))
    return chosen


def _maps(
    states: Floats32,
    wanted: NDArray[Any],
    weights: Floats,
    ridges: Sequence[float],
) -> list[Callable[[Floats32], Floats]]:
    """Maps for several penalties from one decomposition."""
    share = weights / weights.sum()
    mean, level = share @ states, share @ wanted
    apart = states - mean
    spread = np.sqrt(share @ apart.astype(np.float64) ** 2)
    # What is the same everywhere tells nothing.
    scale = np.where(spread > 1e-6 * max(1e-12, float(spread.max())), spread, np.inf)
    x = apart / scale
    values, vectors = np.linalg.eigh((x * share[:, None]).T @ x)
    turned = vectors.T @ ((x * share[:, None]).T @ (wanted - level))

    def tell(slope: Floats, others: Floats32) -> Floats:
        return np.asarray((others - mean) / scale @ slope + level)

    return [
        partial(tell, vectors @ (turned / (values.clip(0) + ridge)[:, None])) for ridge in ridges
    ]


# ---- figures


def figures(
    swapped: Mapping[str, Sums], before: Mapping[str, Sums], after: Mapping[str, Sums]
) -> list[Figure]:
    """Figures with 95 % intervals over the scenes held out, of what all three could tell.

    All are resampled alike: the interval of the gain is that of a paired difference.
    """
    out = []
    for what in after:
        if what not in before or what not in swapped:
            continue
        told = [_resampled(one[what]) for one in (swapped, before, after)]
        sums, _ = after[what]
        kind = measure(what)
        columns = {"correlation": slice(0, 1), "pixels": slice(1, 2)}.get(
            kind, slice(sums.shape[1] // 2, None)
        )
        tokens, scenes = round(float(sums[:, columns].sum())), int(sums.any(1).sum())
        rows = [_estimate(one, tokens) for one in (*told, told[2] - told[1])]
        out.append(
            Figure(
                what=what, measure=kind, tokens=tokens, scenes=scenes,
                swapped=rows[0], before=rows[1], after=rows[2], gain=rows[3],
            )
        )  # fmt: skip
    # The name of a thing is what is asked for first.
    return sorted(out, key=lambda one: one.what not in (THING, NAME))


def _resampled(sums: Sums) -> Floats:
    table, figure = sums
    table = table[table.any(1)]
    return figure(resample_sums(table, table.astype(np.float64).sum(0), _RESAMPLES, 0, 0))


def _estimate(values: Floats, n: int) -> Estimate:
    drawn = values[1:][~np.isnan(values[1:])]
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    return Estimate(float(values[0]), low, high, n)


def table(found: Sequence[Figure], random: bool) -> Table:
    """The figures as a table: what a linear map reads off, before the training and after.

    Args:
        found: all of them.
        random: whether the encoder began with random weights.
    """
    rows = []
    for one in found:
        percent = one.measure == "balanced accuracy"
        unit = "percent" if percent else "plain"
        cells = (one.swapped, one.before, one.after)
        gain = in_unit(one.gain, "points" if percent else "plain")
        counted = "times that tokens told one" if one.measure == "pixels" else "tokens"
        rows.append(
            Row(
                one.what,
                (*(in_unit(cell, unit) for cell in cells), gain),  # type: ignore[arg-type]
                basis=f"{one.measure}, {one.tokens:,} {counted} of {one.scenes:,} scenes",
            )
        )
    return Table(
        "probes",
        "What a linear map reads off the tokens, on scenes held out; 95 % intervals over scenes",
        (
            Column("Swapped", "tokens of other pictures: what their places alone tell"),
            Column(
                "Before", "random weights: what the shape of the encoder gives" if random else ""
            ),
            Column("After"),
            Column("Gain", "after minus before, on the same scenes"),
        ),
        tuple(rows),
        row_head="Asked",
        note="Pixels are a distance: less is better.",
    )
