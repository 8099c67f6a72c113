"""Does a model mean other coordinates than it was asked for? Decided over all its click answers.

Each click answer is a draw from the mixture of :mod:`handeye.rose.diagnosis.click_model`: as
asked, blurred, or in one of the conventions. A convention is in use if leaving it out costs more
likelihood than chance allows: twice the log-ratio against half a chi-square with one degree of
freedom, because a weight of 0 lies on the border (Self and Liang 1987). Only conventions that fit
better than they would one cell beside are in the mixture. A convention is that of a whole answer:
where clicks are moved one by one, or by the row or column they are in, none is in use. Nor is it
where as many answers would fit if targets were elsewhere: who clicks one place whatever the scene
hits some target in some convention, and equal answers are no evidence for each other.

Answers about regions without targets tell nothing: none of their cells is right in any convention.
They are not in the mixture; what they mean is told by what the others do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from handeye.answer_kinds.coordinates import AS_ASKED, CONVENTIONS, Convention
from handeye.rose.diagnosis.click_model import ClickModel
from handeye.rose.diagnosis.evidence import Evidence, exists
from handeye.rose.scene import Cell

Floats = NDArray[np.float64]

# A convention is in use at a p-value below LEVEL, divided by the number of conventions, and with
# at least FEWEST answers that it explains best.
LEVEL = 0.001
FEWEST = 4
# It is that of whole answers unless clicks decide one by one, at this level, and fewer than this
# share of them for it.
_ALONE, _NEARLY_ALL = 0.01, 0.95
# Targets that are put elsewhere are hit as often at a p-value of this and above, which is divided
# by the number of conventions as well.
_BY_CHANCE = 0.01
# Its weight and the answers that it explains best may differ by this share of the latter.
_APART = 0.25


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about one convention in a model's click answers.

    ``weight`` is its share (0..1) among the ``n_items`` answers in which it would show: those with
    clicks about a region with targets that read differently in it. ``items`` is the number of
    answers that it explains best. ``pull`` says how a single answer moves the weight: over
    resampled answers, its sum is added.
    """

    convention: Convention
    n_items: int
    items: int
    weight: float
    pull: Floats
    log_likelihood_ratio: float
    p_value: float
    decided: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """All conventions, and which one each answer is written in.

    ``used[i]`` is the convention of answer ``i`` of those given, None for the one asked for, for
    answers without clicks, and where conventions cannot be told apart. ``places`` are the indices
    of the answers with clicks about regions with targets, the rows of every ``pull``.
    """

    findings: tuple[Finding, ...]
    used: tuple[Convention | None, ...]
    places: tuple[int, ...]


def find_conventions(evidence: Sequence[Evidence]) -> Findings:
    """Decide which conventions a model uses, and in which answers.

    Args:
        evidence: all items of one model; those without clicks count for nothing.

    Returns:
        One finding per convention. An answer is assigned to a convention that is in use where its
        posterior exceeds one half and it explains the clicks better than the one asked for does;
        about a region without targets, if its posterior does.
    """
    clicking = [i for i, found in enumerate(evidence) if found.reading and found.reading.clicks]
    places = [i for i in clicking if evidence[i].gold]
    used: list[Convention | None] = [None] * len(evidence)
    if not places:
        return Findings(tuple(_nothing(one, 0) for one in CONVENTIONS), tuple(used), ())
    model = ClickModel([evidence[i] for i in places])
    fit = model.fit()
    better = fit.likelihood[:, 2:] > fit.likelihood[:, :1] + 1e-6
    moved = (fit.posterior[:, 2:] > 0.5) & better
    found: dict[Convention, Finding] = {}
    for k, convention in enumerate(model.conventions):
        ratio = model.cost(fit, 2 + k)
        p_value = _p_value(ratio)
        items = int(moved[:, k].sum())
        shows = np.array([differs(evidence[i], convention) for i in places])
        n_items = int(shows.sum())
        weight = float(fit.posterior[shows, 2 + k].mean()) if n_items else 0.0
        pull = fit.pull[:, 2 + k]
        # Where the weight speaks for many more answers than can be named, or for fewer, it is
        # taken from answers that tell nothing.
        agree = abs(items - weight * n_items) <= max(FEWEST, _APART * items)
        decided = p_value * len(CONVENTIONS) < LEVEL and items >= FEWEST and agree
        decided = decided and model.by_chance(k) * len(CONVENTIONS) < _BY_CHANCE
        decided = decided and not model.of_places(fit.posterior, k)
        if decided:
            won, chance = model.each_alone(fit, k)
            decided = _p_value(won) > _ALONE or chance > _NEARLY_ALL
        found[convention] = Finding(
            convention, n_items, items, weight, pull, ratio, p_value, decided
        )
        if decided:
            for row in np.flatnonzero(moved[:, k]).tolist():
                used[places[row]] = convention
    in_use = [(1.0 - sum(one.weight for one in found.values() if one.decided), AS_ASKED)]
    in_use += [(one.weight, one.convention) for one in found.values() if one.decided]
    if len(in_use) > 1:
        for i in clicking:
            if not evidence[i].gold:
                used[i] = _meant(evidence[i], in_use)
    findings = tuple(found.get(one) or _nothing(one, len(places)) for one in CONVENTIONS)
    return Findings(findings, tuple(used), tuple(places))


def _p_value(ratio: float) -> float:
    """Of a log-ratio of likelihoods, for one more weight that is 0 or above."""
    return 1.0 if ratio <= 0 else 0.5 * erfc(sqrt(ratio))


def differs(found: Evidence, convention: Convention) -> bool:
    """Whether the clicks of an answer read differently in a convention than as asked."""
    return translated(found, convention) != found.written


def translated(found: Evidence, convention: Convention) -> frozenset[Cell]:
    """Unique cells that an answer clicks, read in a convention; the grid may lack some."""
    return frozenset(Cell(*convention.translate(*cell, *found.grid)) for cell in found.written)


# Clicks where nothing is: on targets elsewhere, on other cells of the region, on other cells.
_WHERE_NOTHING_IS = (0.6, 0.3, 0.1)


def _meant(found: Evidence, ways: Sequence[tuple[float, Convention]]) -> Convention | None:
    """The convention of an answer about a region without targets, from the weights of all."""
    targets, region, cells = _WHERE_NOTHING_IS
    grid = found.grid.rows * found.grid.cols
    joint = []
    for weight, way in ways:
        meant = translated(found, way)
        chances = [
            targets * (cell in found.targets) / max(len(found.targets), 1)
            + region
            * (exists(cell, found.grid) and cell in found.region)
            / found.region.cell_count(found.grid)
            + cells / grid
            for cell in meant
        ]
        joint.append(float(np.log(max(weight, 1e-9)) + np.log(chances).sum()))
    best = int(np.argmax(joint))
    sure = np.exp(np.array(joint) - joint[best]).sum() < 2
    return ways[best][1] if best and sure and differs(found, ways[best][1]) else None


def _nothing(convention: Convention, n_items: int) -> Finding:
    return Finding(convention, n_items, 0, 0.0, np.zeros(n_items), 0.0, 1.0, False)
