"""Where the number of an answer comes from: the region, the whole grid, or what was said before.

For items that ask about a part of the targets, the number said or clicked is drawn from a mixture:

    the region        its number of targets plus an error, errors as seen in the other answers
    the whole grid    the number of all targets plus an error, errors as seen in the model's G-Cnt
    repeated          exactly the number the model gave for the whole grid of the same scene
    whatever it sees  a number from one distribution, that of the model, for every scene alike, or
                      for all of a source, all with as many rows, all with as many columns

Only scenes whose whole-grid count was wrong can tell the whole grid from what is repeated. The last
part is the rival of both: who always says 5, or the number of rows, repeats nothing. That numbers
are repeated is decided per model by the log-ratio of likelihoods with and without that part,
against half a chi-square as in :mod:`handeye.rose.diagnosis.conventions`. Errors are clipped at
:data:`_WIDEST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from handeye.rose.diagnosis.conventions import FEWEST, LEVEL
from handeye.rose.diagnosis.evidence import Evidence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WIDEST = 12
_CELLS = 2 * _WIDEST + 1
# Weight of an even spread over all errors, in answers: no error is impossible.
_PRIOR = 1.0
# The same for numbers said whatever the scene: a rival that fits as closely as repeating does.
_RIVAL_PRIOR = 1e-3
_ROUNDS = 300
_STOP = 1e-6
# Larger numbers are all wrong alike.
_LARGEST = 10**6
_NO_NUMBER = -_LARGEST


@dataclass(frozen=True, slots=True)
class Origins:
    """What decided the numbers of a model's answers.

    Posterior probabilities by answer (0 where an answer is not of the kind): ``whole`` that the
    number is the whole grid's, ``repeated`` that it repeats the whole-grid count. ``weights``
    are the model's rates of region, whole grid, repeated, whatever it sees. ``decided`` tells
    whether numbers are repeated more often than chance explains.
    """

    whole: Floats
    repeated: Floats
    weights: tuple[float, float, float, float]
    log_likelihood_ratio: float
    p_value: float
    decided: bool


def said_number(found: Evidence) -> int | None:
    """The number an answer stands for: said, submitted, or of cells clicked; None without one."""
    if found.reading is None:
        return None
    if found.reading.number is not None:
        return found.reading.number
    return None if found.template.mode == "COUNT" else len(found.written)


def asks_for_part(found: Evidence) -> bool:
    """Whether the item asks about a region that does not hold all targets."""
    return len(found.gold) < len(found.targets)


def can_repeat(found: Evidence) -> bool:
    """Whether repeating the whole-grid count would show: it was wrong, and is wrong here too."""
    counted = found.counted_globally
    known = counted is not None and said_number(found) is not None
    return known and asks_for_part(found) and counted not in (len(found.targets), len(found.gold))


def find_origins(evidence: Sequence[Evidence]) -> Origins:
    """Decide where one model's numbers come from; call it for counting and action apart.

    Args:
        evidence: items of one model and of one kind of answer.
    """
    whole, repeated = np.zeros(len(evidence)), np.zeros(len(evidence))
    numbers = [said_number(found) for found in evidence]
    rows = [i for i, n in enumerate(numbers) if n is not None and asks_for_part(evidence[i])]
    if not rows:
        return Origins(whole, repeated, (0.0, 0.0, 0.0, 0.0), 0.0, 1.0, False)
    said = np.array([min(numbers[i] or 0, _LARGEST) for i in rows])
    items = [evidence[i] for i in rows]
    errors = _global_errors(evidence)
    total, weights, posterior = _fit(said, items, errors)
    without, *_ = _fit(said, items, errors, repeats=False)
    ratio = max(0.0, total - without)
    p_value = 1.0 if ratio <= 0 else 0.5 * erfc(sqrt(ratio))
    shows = np.array([can_repeat(found) for found in items])
    enough = int((shows & (posterior[:, 2] > 0.5)).sum()) >= FEWEST
    whole[rows], repeated[rows] = posterior[:, 1], posterior[:, 2]
    region, everywhere, again, *anyway = weights.tolist()
    found = (region, everywhere, again, sum(anyway))
    return Origins(whole, repeated, found, ratio, p_value, p_value < LEVEL and enough)


def counts_whole(evidence: Sequence[Evidence]) -> list[bool]:
    """Whether a count about a part is the whole grid's number because the model counts that.

    A number alone is weak evidence: a miscount of one may hit it. The model's habit decides.

    Args:
        evidence: items of one model; False for those that are not counted.
    """
    out = [False] * len(evidence)
    places = [i for i, found in enumerate(evidence) if found.template.mode == "COUNT"]
    origins = find_origins([evidence[i] for i in places])
    for at, i in enumerate(places):
        found = evidence[i]
        right_for_all = asks_for_part(found) and said_number(found) == len(found.targets)
        # Where the whole-grid count was right, repeating it is answering for the whole grid.
        out[i] = right_for_all and bool(origins.whole[at] + origins.repeated[at] > 0.5)
    return out


def _global_errors(evidence: Sequence[Evidence]) -> Floats:
    """How far off the model's whole-grid counts are, one count per scene: (errors,)."""
    off = {
        found.scene_id: found.counted_globally - len(found.targets)
        for found in evidence
        if found.counted_globally is not None
    }
    return _spread(_place(np.array(list(off.values()), np.int64)), np.ones(len(off)))


def _place(errors: Ints) -> Ints:
    return np.clip(errors, -_WIDEST, _WIDEST) + _WIDEST


def _spread(places: Ints, weights: Floats) -> Floats:
    """Distribution of errors seen with weights, a little evened out."""
    seen: Floats = np.bincount(places, weights=weights, minlength=_CELLS).astype(np.float64)
    return _evened(seen)


def _evened(seen: Floats, prior: float = _PRIOR) -> Floats:
    """Counts as a distribution (along the last axis) that leaves nothing impossible."""
    spread = seen + prior / seen.shape[-1]
    return np.asarray(spread / spread.sum(axis=-1, keepdims=True))


def _alike(items: Sequence[Evidence]) -> list[Ints]:
    """Ways to see items as alike whatever the scene holds: (n,) numbers of their groups each."""
    ways = (
        [0 for _ in items],
        [found.subset for found in items],
        [found.grid.rows for found in items],
        [found.grid.cols for found in items],
    )
    return [np.unique(way, return_inverse=True)[1] for way in ways]


def _said_anyway(number: Ints, group: Ints, weights: Floats) -> Floats:
    """Chance of each number within its group, from numbers said with weights: (n,)."""
    shape = int(group.max()) + 1, int(number.max()) + 1
    code = group * shape[1] + number
    seen = np.bincount(code, weights, shape[0] * shape[1]).astype(np.float64)
    return np.asarray(_evened(seen.reshape(shape), _RIVAL_PRIOR).ravel()[code])


def _fit(
    said: Ints, items: Sequence[Evidence], errors: Floats, *, repeats: bool = True
) -> tuple[float, Floats, Floats]:
    """EM: log-likelihood, weights and posteriors (n, ...), whatever it sees last, in every way."""
    gold = np.array([len(found.gold) for found in items])
    every = np.array([len(found.targets) for found in items])
    counted = [found.counted_globally for found in items]
    before = np.array([_NO_NUMBER if n is None else min(n, _LARGEST) for n in counted])
    near, far = _place(said - gold), _place(said - every)
    # Where nothing is to be found, errors are of another kind.
    empty = gold == 0
    kinds = [empty, ~empty]
    local = np.full((len(kinds), _CELLS), 1.0 / _CELLS)
    local[:, _WIDEST] += 1.0
    # What is said whatever the scene starts from everything that was said.
    _, number = np.unique(said, return_inverse=True)
    groups = _alike(items)
    anyway = [_said_anyway(number, group, np.ones(len(said))) for group in groups]
    weights = np.array([0.7, 0.1, 0.1 * repeats, *[0.1 / len(groups)] * len(groups)])
    weights /= weights.sum()
    last = -np.inf
    for _ in range(_ROUNDS):
        here = np.where(empty, local[0][near], local[1][near])
        again = (said == before).astype(float)
        joint = np.stack([here, errors[far], again, *anyway], axis=1) * weights
        summed = joint.sum(1, keepdims=True)
        total, posterior = float(np.log(summed).sum()), joint / summed
        if total - last < _STOP:
            break
        last, weights = total, posterior.mean(0)
        local = np.stack([_spread(near[kind], posterior[kind, 0]) for kind in kinds])
        anyway = [
            _said_anyway(number, group, posterior[:, 3 + k]) for k, group in enumerate(groups)
        ]
    return total, weights, posterior
