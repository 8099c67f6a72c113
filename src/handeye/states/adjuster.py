"""Our adjuster: from what a model's state knows to what it says, with a bound on what that costs.

Families are cut in two. On one part a probe of the premise and a route for each rejecting option
are fitted (layer and strength chosen by grouped inner folds), and a logistic model of probe and
letters makes one calibrated logit of them, never falling in the probe (:func:`learn`). On the other
part the gate is set (:mod:`handeye.states.gates`): the lowest logit from which on questions may be
rejected such that the standard accuracy that is lost is at most ``alpha`` with probability
``level`` over the draw of these families. What it is worth, :mod:`handeye.states.ablations` tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.respondents.local.adjuster import (
    IDENTITY,
    LEAST,
    Adjuster,
    Promise,
    Readings,
    Rejection,
    judged,
    readings,
)
from handeye.sets.draw import Draw
from handeye.states.cases import Cases, cases
from handeye.states.figures import Bools, Floats, areas, mean_of
from handeye.states.folds import Ints, grouped_folds
from handeye.states.gates import BOUNDS, Bound, family_losses, lowest_gate, why_shut
from handeye.states.solver import fit

if TYPE_CHECKING:
    from handeye.states.store import States
    from handeye.states.targets import Target


SITE = "last"
CS = (1e-3, 1e-2, 1e-1, 1.0)
ALPHA, LEVEL = 0.03, 0.95
GATES = 401


class Learnt(NamedTuple):
    """What the first part of the families taught.

    Attributes:
        adjuster: without a gate, its options without texts.
        rows: that were learnt from.
        folds: (rows,) the inner fold of each.
        held: readings of the rows by probes that did not see their families.
        auroc: of each probe there, mean over the folds, on which its layer and strength were
            chosen.
        strengths: C of each probe.
    """

    adjuster: Adjuster
    rows: Ints
    folds: Ints
    held: Readings
    auroc: tuple[float, ...]
    strengths: tuple[float, ...]


def learn(
    states: States,
    every: Cases,
    rows: Ints,
    *,
    layers: Sequence[str],
    cs: Sequence[float] = CS,
    inner: int = 4,
    seed: int = 0,
) -> Learnt:
    """Fit probes and routes on some questions and calibrate them.

    Args:
        states: of the items.
        every: all questions.
        rows: whose families are learnt from.
        layers: among which the one with the best mean AUROC over the probes is chosen.
        cs: inverse strengths among which each probe's is chosen.
        inner: grouped folds that choose.
        seed: of the folds.

    Raises:
        DataError: an option that rejects is asked about by fewer families than there are folds.
        OptionError: no layers.
    """
    own = every.take(rows)
    for role in own.rejecting:
        families = len(np.unique(own.families[own.rejection == role]))
        if families < inner:
            raise DataError(
                f"questions that role {role} rejects come from {families} of the families to learn "
                f"from, and {inner} folds need as many: take more families of that kind"
            )
    folds = grouped_folds(
        [str(one) for one in own.families],
        inner,
        seed=seed,
        balance=[f"{r} {f}" for r, f in zip(own.rejection, own.false, strict=True)],
    )
    asked, routed = questions_of(own)
    best: tuple[float, Learnt] | None = None
    for layer in layers:
        x = states.states(layer, SITE, own.item_ids)
        probe = _chosen(x, *asked, folds, cs)
        route = _chosen(x, *routed, folds, cs) if len(every.rejecting) > 1 else None
        score = float(np.mean(probe.auroc))
        if best is None or score > best[0]:
            best = score, _learnt(layer, own, rows, folds, probe, route)
    if best is None:
        raise OptionError("no layers to learn from; give one at least")
    return best[1]


def questions_of(own: Cases) -> tuple[tuple[Bools, Bools], tuple[Bools, Bools]]:
    """Labels and rows of the probes and of the routes, (rows, rejections) each."""
    mine = own.rejection[:, None] == np.array(own.rejecting)
    false = np.broadcast_to(own.false[:, None], mine.shape)
    return (false, mine), (mine, np.ones_like(mine))


class _Linear(NamedTuple):
    """Chosen columns: (d, k) weights, (k,) biases, (n, k) logits of held-out rows."""

    weights: Floats
    biases: Floats
    held: Floats
    auroc: tuple[float, ...]
    cs: tuple[float, ...]


def _chosen(
    x: NDArray[np.float32], y: Bools, used: Bools, folds: Ints, cs: Sequence[float]
) -> _Linear:
    """One column of y after another: the C whose held-out rows are told best."""
    parts = [*range(int(folds.max()) + 1), -1]
    order = [(k, c, part) for k in range(y.shape[1]) for c in cs for part in parts]
    fitted = fit(
        x,
        np.stack([y[:, k] for k, _, _ in order], 1),
        np.stack([used[:, k] & (folds != part) for k, _, part in order], 1).astype(np.float64),
        np.array([c for _, c, _ in order]),
    )
    logits = fitted.logits(x)
    rows = np.arange(len(x))
    places, helds, aurocs = [], [], []
    for k in range(y.shape[1]):
        asked = used[:, k]
        tried = []
        for number in range(len(cs)):
            start = (k * len(cs) + number) * len(parts)
            held = logits[rows, start + folds]
            tried.append((_area(held[asked], y[asked, k], folds[asked]), held, start))
        area, held, start = max(tried, key=lambda one: one[0])
        places.append(start + len(parts) - 1)
        helds.append(held)
        aurocs.append(area)
    return _Linear(
        np.asarray(fitted.coef, np.float64)[:, places],
        np.asarray(fitted.intercept, np.float64)[places],
        np.stack(helds, 1).astype(np.float64),
        tuple(aurocs),
        tuple(order[place][1] for place in places),
    )


def _area(score: Floats, positive: Bools, folds: Ints) -> float:
    """AUROC within each fold, whose probe is one, in the mean."""
    parts = [folds == fold for fold in np.unique(folds)]
    return float(mean_of(np.array([areas(score[part], positive[part]) for part in parts])))


def _learnt(
    layer: str, own: Cases, rows: Ints, folds: Ints, probe: _Linear, route: _Linear | None
) -> Learnt:
    flat = np.zeros(len(probe.weights))
    made = Adjuster(
        layer=layer,
        width=len(flat),
        options=own.letters.shape[1],
        rejections=tuple(
            Rejection(
                text="",
                probe=tuple(probe.weights[:, k].tolist()),
                probe_bias=float(probe.biases[k]),
                route=tuple((flat if route is None else route.weights[:, k]).tolist()),
                route_bias=0.0 if route is None else float(route.biases[k]),
                usual=0.0,
                bias=0.0,
                on_probe=0.0,
                on_margin=0.0,
            )
            for k in range(len(own.rejecting))
        ),
        on_route=0.0,
        on_letters=0.0,
        gate=None,
        promise=Promise(alpha=0, level=0, bound="", families=0, lost=0, shut="no gate was set"),
    )
    held = Readings(probe.held, np.zeros_like(probe.held) if route is None else route.held)
    return Learnt(calibrated(made, held, own), rows, folds, held, probe.auroc, probe.cs)


def calibrated(adjuster: Adjuster, held: Readings, own: Cases) -> Adjuster:
    """Fit how much probe and margin count, for each option that rejects, and route and letters.

    - ``bias + on_probe * probe - on_margin * margin``: logistic regression of whether the premise
      is false, over the questions that the option would reject.
    - ``on_route * route + on_letters * (letter - usual)``: of the right option against each other
      one, over the questions with a false premise; ``usual`` is a letter's mean where the premise
      holds, so that a letter which is always preferred says nothing.

    Args:
        adjuster: whose probes read.
        held: their readings of rows that they did not learn from.
        own: the questions.
    """
    out = []
    letter = np.maximum(own.letters[:, list(own.rejecting)], LEAST)
    usual = letter[~own.false].mean(0)
    for k, (one, role) in enumerate(zip(adjuster.rejections, own.rejecting, strict=True)):
        rows = own.rejection == role
        columns = np.stack([held.probe[rows, k], -own.margin[rows]], 1)
        bias, factors = _counting(columns, own.false[rows])
        out.append(
            replace(
                one, usual=float(usual[k]), bias=bias, on_probe=factors[0], on_margin=factors[1]
            )
        )
    rows = np.flatnonzero(own.false)
    right = np.searchsorted(own.rejecting, own.rejection[rows])
    pairs = []
    for step in range(1, len(own.rejecting)):
        other = (right + step) % len(own.rejecting)
        pairs.append(
            np.stack(
                [
                    held.route[rows, right] - held.route[rows, other],
                    (letter - usual)[rows, right] - (letter - usual)[rows, other],
                ],
                1,
            )
        )
    on_route = on_letters = 0.0
    if pairs:
        ahead = np.concatenate(pairs)
        truth = np.arange(2 * len(ahead)) < len(ahead)
        _, (on_route, on_letters) = _counting(np.concatenate([ahead, -ahead]), truth)
    return replace(adjuster, rejections=tuple(out), on_route=on_route, on_letters=on_letters)


def _counting(columns: Floats, y: Bools) -> tuple[float, tuple[float, float]]:
    """Logistic regression (C = 1, standardised) on two columns: bias and factors.

    A column that would count against what it says is left out.
    """
    kept = [place for place in (0, 1) if np.ptp(columns[:, place]) > 0]
    truth = y[:, None].astype(np.float64)
    while kept:
        fitted = fit(columns[:, kept], truth, np.ones_like(truth), 1.0)
        found = np.asarray(fitted.coef, np.float64)[:, 0]
        if (found >= 0).all():
            factors = dict(zip(kept, found.tolist(), strict=True))
            return float(fitted.intercept[0]), (factors.get(0, 0.0), factors.get(1, 0.0))
        kept = [place for place, factor in zip(kept, found, strict=True) if factor >= 0]
    return float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5))), (0.0, 0.0)


# ---- the gate


def gated(
    adjuster: Adjuster,
    learnt: tuple[Readings, Cases],
    read: tuple[Readings, Cases],
    *,
    alpha: float,
    level: float,
    bound: Bound,
) -> Adjuster:
    """Set the gate.

    Args:
        adjuster: calibrated.
        learnt: held-out readings of the part that was learnt from; its logits are the gates that
            are tried, so that these do not depend on the calibration families.
        read: of the calibration families.
        alpha: the largest mean loss.
        level: of the promise.
        bound: what a family's loss is, and which test (:func:`handeye.states.gates.p_values`).
    """
    gates = gates_of(adjuster, *learnt)
    own = read[1]
    lost = lost_at(adjuster, *read, gates)
    losses = family_losses(lost, ~own.false, own.families, bound)
    last = lowest_gate(losses, alpha, level, bound)
    shut = why_shut(losses[:, 0], alpha, level) if last is None else ""
    return replace(
        adjuster,
        gate=None if last is None else float(gates[last]),
        promise=Promise(
            alpha=alpha,
            level=level,
            bound=BOUNDS[bound],
            families=len(losses),
            lost=0.0 if last is None else float(losses[:, last].sum()),
            shut=shut,
        ),
    )


def gates_of(adjuster: Adjuster, read: Readings, own: Cases) -> Floats:
    """The gates that are tried, from the strictest: quantiles of the logits of some questions."""
    _, score = judged(adjuster, read, own.letters, columns_of(own))
    return np.asarray(np.quantile(score, np.linspace(1, 0, GATES)))


def lost_at(adjuster: Adjuster, read: Readings, own: Cases, gates: Floats) -> Bools:
    """(n, gates) whether a question's right answer of a true premise is lost."""
    _, score = judged(adjuster, read, own.letters, columns_of(own))
    losable = ~own.false & (own.chosen == own.right)
    return np.asarray(losable[:, None] & (score[:, None] >= gates))


def columns_of(own: Cases) -> Ints:
    """(n, rejections) where letters stand by role: the columns of the options that reject."""
    return np.tile(np.array(own.rejecting, np.int64), (len(own), 1))


# ---- what is made of a set


def fit_adjuster(
    states: States,
    targets: Sequence[Target],
    right: Sequence[int],
    texts: Mapping[int, str],
    *,
    model: Mapping[str, str] | None = None,
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    alpha: float = ALPHA,
    level: float = LEVEL,
    bound: Bound = "share",
    part: float = 0.5,
    seed: int = 0,
    about: Mapping[str, str] | None = None,
) -> Adjuster:
    """An adjuster to be saved and used: learnt on a part of the families, its gate set on the rest.

    What it is worth is told by :func:`adjust`, which does the same with families left over.

    Args:
        states: at site ``last``, with letters.
        targets: one an item, of one kind, with ``roles`` and ``rejection``.
        right: the role that is right, of each.
        texts: the option of each rejecting role, word for word as prompts show it.
        model: whose states they are; of what is given, all that
            :func:`handeye.respondents.local.identity.identity_of` has (``settings`` of a store's
            record hold it) is kept. None: it can be looked at, and no model takes it.
        layers: to choose from; None: all.
        cs: strengths to choose from.
        alpha: share of standard answers that may be lost, in (0, 1).
        level: of the promise, in (0, 1).
        bound: ``any`` or ``share``.
        part: of the families that is learnt from.
        seed: of the split and of the folds.
        about: what it is made from, for people.

    Raises:
        DataError: see :func:`handeye.states.cases.cases`.
        OptionError: ``alpha``, ``level`` or ``part`` is not between 0 and 1; a rejecting role has
            no text; too few families for the folds.
    """
    check_shares(alpha=alpha, level=level, part=part)
    every = cases(states, targets, right, "")
    if missing := [role for role in every.rejecting if not texts.get(role)]:
        raise OptionError(f"texts lacks the option of role {missing[0]}, which rejects")
    first, second = cut(every, np.arange(len(every)), part, seed)
    learnt = learn(states, every, first, layers=layers or states.layers, cs=cs, seed=seed)
    own = every.take(second)
    read = readings(learnt.adjuster, states.states(learnt.adjuster.layer, SITE, own.item_ids))
    made = gated(
        learnt.adjuster,
        (learnt.held, every.take(first)),
        (read, own),
        alpha=alpha,
        level=level,
        bound=bound,
    )
    named = tuple(
        replace(one, text=texts[role])
        for one, role in zip(made.rejections, every.rejecting, strict=True)
    )
    known = {name: str(model[name]) for name in IDENTITY if model and name in model}
    return replace(made, rejections=named, model=known, about=dict(about or {}))


def cut(every: Cases, rows: Ints, part: float, seed: int) -> tuple[Ints, Ints]:
    """Two parts of some rows, by families in a drawn order that nothing else has a say in."""
    families = np.unique(every.families[rows])
    order = families[np.argsort(Draw(seed, "adjuster").units(len(families)), kind="stable")]
    first = np.isin(every.families[rows], order[: round(part * len(order))])
    return rows[first], rows[~first]


def check_shares(**given: float) -> None:
    """Refuse what is not between 0 and 1.

    Raises:
        OptionError: names it.
    """
    for name, value in given.items():
        if not 0 < value < 1:
            raise OptionError(f"{name} must be between 0 and 1, got {value:g}")
