"""Our adjuster: from what a model's state knows to what it says, with a bound on what that costs.

Families are cut in two. On one part a probe of the premise and a route for each rejecting option
are fitted (layer and strength chosen by grouped inner folds), and a logistic model of probe and
letters makes one calibrated logit of them, never falling in the probe (:func:`learn`). On the other
part the gate is set: the lowest logit from which on questions may be rejected such that, by *learn
then test* (Angelopoulos and others 2021, arXiv 2110.01052, theorem 1), the standard accuracy that
is lost is at most ``alpha`` with probability ``level`` over the draw of the calibration families.
A loss that only grows as the gate is lowered lets the gates be tested in one fixed order, the
strictest first, at the full level (there, fixed sequence testing; as the upper bound of Bates and
others 2021, arXiv 2101.02703, theorem 1). The unit is the family, whose questions hang together.

What is promised is about families drawn as those of calibration were, asked of the same model in
the same way. Conformal risk control (Angelopoulos and others 2022, arXiv 2208.02814) bounds the
mean over draws alone; :func:`mean_gate` has it for comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.special import expit, xlogy
from scipy.stats import binom

from handeye.errors import DataError, OptionError
from handeye.respondents.local.adjuster import (
    IDENTITY,
    Adjuster,
    Promise,
    Readings,
    Rejection,
    adjusted,
    judged,
    readings,
)
from handeye.sets.draw import Draw
from handeye.states.cases import Cases, Standing, cases
from handeye.states.figures import areas, mean_of
from handeye.states.folds import grouped_folds
from handeye.states.solver import fit
from handeye.states.texts import text_logits
from handeye.stats.intervals import Samples, difference, rate

if TYPE_CHECKING:
    from handeye.states.store import States
    from handeye.states.targets import Target

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Bound = Literal["any", "share"]

SITE = "last"
CS = (1e-3, 1e-2, 1e-1, 1.0)
ALPHA, LEVEL = 0.03, 0.95
GATES = 401
ABLATIONS = ("constant", "permuted", "text", "margin", "oracle")
"""What stands where the probe stood: nothing (the route stays); the probe's logits, permuted; a
reader of the question alone; nothing at all, the letters' margin and their own order; the truth."""


# ---- the gate


def families_needed(alpha: float, level: float) -> int:
    """Fewest calibration families that can open any gate: ``(1 - alpha) ** n <= 1 - level``.

    Even if none of them loses an answer, fewer do not show that at most ``alpha`` of all do.
    """
    return ceil(log(1 - level) / log(1 - alpha))


def p_values(losses: Floats, alpha: float, bound: Bound) -> Floats:
    """For each gate, how surprising such small losses are if the true mean is above ``alpha``.

    Args:
        losses: (families, gates) in 0..1.
        alpha: the mean loss that is to be ruled out.
        bound: ``any``: exact binomial, losses are 0 or 1. ``share``: Hoeffding and Bentkus, the
            smaller of ``exp(-n h(min(R, alpha), alpha))``, h the relative entropy of two coins,
            and ``e P(Bin(n, alpha) <= ceil(n R))`` (Bates and others 2021, section 3).

    Returns:
        (gates,) super-uniform under the hypothesis.
    """
    n, mean = len(losses), losses.mean(0)
    if bound == "any":
        return np.asarray(binom.cdf(np.round(losses.sum(0)), n, alpha))
    low = np.minimum(mean, alpha)
    entropy = xlogy(low, low / alpha) + xlogy(1 - low, (1 - low) / (1 - alpha))
    # A sum of shares may miss a whole number by its last digit.
    bentkus = np.e * binom.cdf(np.ceil(n * mean - 1e-9), n, alpha)
    return np.asarray(np.minimum(1, np.minimum(np.exp(-n * entropy), bentkus)))


def lowest_gate(losses: Floats, alpha: float, level: float, bound: Bound) -> int | None:
    """The last gate of which all before it, and itself, are shown to lose at most ``alpha``.

    Args:
        losses: (families, gates), the strictest gate first; no row falls.
        alpha: as :func:`p_values` has it.
        level: of the promise.
        bound: as :func:`p_values` has it.

    Returns:
        Its number; None where not even the first is shown.
    """
    failed = np.flatnonzero(p_values(losses, alpha, bound) > 1 - level)
    last = (int(failed[0]) if len(failed) else losses.shape[1]) - 1
    return None if last < 0 else last


def mean_gate(losses: Floats, alpha: float) -> int | None:
    """The last gate by conformal risk control: the *mean* over draws is at most ``alpha``.

    ``(n R + 1) / (n + 1) <= alpha`` (arXiv 2208.02814, theorem 1); any one draw may lose more, and
    about half of them do.
    """
    n = len(losses)
    kept = np.flatnonzero((losses.sum(0) + 1) / (n + 1) <= alpha)
    return int(kept[-1]) if len(kept) else None


def family_losses(lost: Mask, standard: Mask, families: Ints, bound: Bound) -> Floats:
    """What each family loses, (families, gates): whether anything, or which share of its own.

    Args:
        lost: (n, gates) whether a question's right answer is lost.
        standard: (n,) whether its premise holds; only these can be lost.
        families: (n,) numbers of them all, with a standard question or without.
        bound: ``any`` or ``share``.
    """
    _, place = np.unique(families, return_inverse=True)
    count = int(place.max()) + 1
    sums = np.zeros((count, lost.shape[1]))
    np.add.at(sums, place, (lost & standard[:, None]).astype(np.float64))
    if bound == "any":
        return np.minimum(sums, 1)
    return sums / np.maximum(np.bincount(place, standard, count), 1)[:, None]


# ---- probe, route and calibration


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
    asked, routed = _questions(own)
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


def _questions(own: Cases) -> tuple[tuple[Mask, Mask], tuple[Mask, Mask]]:
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
    x: NDArray[np.float32], y: Mask, used: Mask, folds: Ints, cs: Sequence[float]
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


def _area(score: Floats, positive: Mask, folds: Ints) -> float:
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
                bias=0.0,
                on_probe=0.0,
                on_margin=0.0,
            )
            for k in range(len(own.rejecting))
        ),
        gate=None,
        promise=Promise(alpha=0, level=0, bound="", families=0, lost=0, shut="no gate was set"),
    )
    held = Readings(probe.held, np.zeros_like(probe.held) if route is None else route.held)
    return Learnt(calibrated(made, held, own), rows, folds, held, probe.auroc, probe.cs)


def calibrated(adjuster: Adjuster, held: Readings, own: Cases) -> Adjuster:
    """Fit ``bias + on_probe * probe - on_margin * margin`` for each option that rejects.

    Logistic regression (C = 1 on standardised columns) of whether the premise is false, over the
    questions that the option would reject; a column that would count the wrong way is left out.

    Args:
        adjuster: whose probes read.
        held: their readings of rows that they did not learn from.
        own: the questions.
    """
    out = []
    for k, (one, role) in enumerate(zip(adjuster.rejections, own.rejecting, strict=True)):
        rows = own.rejection == role
        columns = np.stack([held.probe[rows, k], -own.margin[rows]], 1)
        y = own.false[rows, None].astype(np.float64)
        kept = [place for place in (0, 1) if np.ptp(columns[:, place]) > 0]
        factors = np.zeros(2)
        bias = float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))
        while kept:
            fitted = fit(columns[:, kept], y, np.ones_like(y), 1.0)
            found = np.asarray(fitted.coef, np.float64)[:, 0]
            if (found >= 0).all():
                factors[kept], bias = found, float(fitted.intercept[0])
                break
            kept = [place for place, factor in zip(kept, found, strict=True) if factor >= 0]
        out.append(replace(one, bias=bias, on_probe=float(factors[0]), on_margin=float(factors[1])))
    return replace(adjuster, rejections=tuple(out))


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
        bound: what a family's loss is, and which test (:func:`p_values`).
    """
    gates = gates_of(adjuster, *learnt)
    own = read[1]
    lost = lost_at(adjuster, *read, gates)
    losses = family_losses(lost, ~own.false, own.families, bound)
    last = lowest_gate(losses, alpha, level, bound)
    needed = families_needed(alpha, level)
    shut = ""
    if last is None:
        shut = _why_shut(losses[:, 0], alpha, level, needed)
    return replace(
        adjuster,
        gate=None if last is None else float(gates[last]),
        promise=Promise(
            alpha=alpha,
            level=level,
            bound=_BOUNDS[bound],
            families=len(losses),
            lost=0.0 if last is None else float(losses[:, last].sum()),
            shut=shut,
        ),
    )


_BOUNDS = {
    "any": "exact binomial: families of which any standard answer is lost",
    "share": "Hoeffding and Bentkus: mean share of a family's standard answers lost",
}


def gates_of(adjuster: Adjuster, read: Readings, own: Cases) -> Floats:
    """The gates that are tried, from the strictest: quantiles of the logits of some questions."""
    _, score = judged(adjuster, read, own.letters, _columns(own))
    return np.asarray(np.quantile(score, np.linspace(1, 0, GATES)))


def lost_at(adjuster: Adjuster, read: Readings, own: Cases, gates: Floats) -> Mask:
    """(n, gates) whether a question's right answer of a true premise is lost."""
    _, score = judged(adjuster, read, own.letters, _columns(own))
    losable = ~own.false & (own.chosen == own.right)
    return np.asarray(losable[:, None] & (score[:, None] >= gates))


def _columns(own: Cases) -> Ints:
    return np.tile(np.array(own.rejecting, np.int64), (len(own), 1))


def _why_shut(losses: Floats, alpha: float, level: float, needed: int) -> str:
    n, mean = len(losses), float(losses.mean())
    told = f"shut: of {n} calibration families"
    if n < needed:
        return (
            f"{told} even none that loses a right answer would not show with confidence {level:g} "
            f"that at most {alpha:g} of all do; that takes {needed}"
        )
    if mean >= alpha:
        return f"{told} {mean:.3g} lose a right answer at the strictest gate, {alpha:g} may"
    more = needed
    while binom.cdf(floor(mean * more), more, alpha) > 1 - level:
        more += 1
    return (
        f"{told} {mean:.3g} lose a right answer at the strictest gate; it would take {more} to "
        f"show with confidence {level:g} that at most {alpha:g} of all do"
    )


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
    _checked(alpha=alpha, level=level, part=part)
    every = cases(states, targets, right, "")
    if missing := [role for role in every.rejecting if not texts.get(role)]:
        raise OptionError(f"texts lacks the option of role {missing[0]}, which rejects")
    first, second = _cut(every, np.arange(len(every)), part, seed)
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


@dataclass(frozen=True, slots=True)
class Routing:
    """Which option rejects, apart from whether to reject.

    Attributes:
        routed: share of questions with a false premise for which the route names the right option.
        letters: the same by the model's own order of the rejecting letters.
        said: share of the adjusted rejections of false premises that are by the right option.
        raw: the same of the model's own rejections.
    """

    routed: Samples
    letters: Samples
    said: Samples
    raw: Samples


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What adjusting does to a model's letters, on families that it was not made from.

    Intervals are over families, with the fitted adjusters as they are.

    Attributes:
        raw, adjusted: accuracies of the untouched and of the adjusted letters.
        over_raw: the second less the first; standard accuracy can only be lost.
        ablations: accuracies with something else in the probe's place, each with a gate of its own
            by the same rule.
        best: the ablation with the best balanced accuracy, the truth left out.
        gain: balanced accuracy less that of ``best``.
        routing: told apart.
        opened: share of questions rejected by the gate, by what was in the probe's place.
        adjusters: of the outer folds, without texts.
        gates: of each fold, by what was in the probe's place; None: shut.
        reliability: of the calibrated logit on left-out questions: for tenths of them, mean
            probability, share false, number.
        evaluated, families: numbers of questions and of families.
    """

    raw: Standing
    adjusted: Standing
    over_raw: Standing
    ablations: dict[str, Standing]
    best: str
    gain: Samples
    routing: Routing
    opened: dict[str, float]
    adjusters: tuple[Adjuster, ...]
    gates: dict[str, tuple[float | None, ...]]
    reliability: tuple[tuple[float, float, int], ...]
    evaluated: int
    families: int


def adjust(
    states: States,
    targets: Sequence[Target],
    right: Sequence[int],
    *,
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    alpha: float = ALPHA,
    level: float = LEVEL,
    bound: Bound = "share",
    part: float = 0.5,
    folds: int = 5,
    text: str = "question",
    seed: int = 0,
) -> Adjusted:
    """Say what the adjuster is worth: outer folds of families report, the rest is learnt from.

    Args:
        states: as :func:`fit_adjuster` has it, and so are all down to ``part``.
        targets: see there.
        right: see there.
        layers: see there.
        cs: see there.
        alpha: see there.
        level: see there.
        bound: see there.
        part: see there; each fold's gate has ``(1 - part) (1 - 1 / folds)`` of the families.
        folds: that report.
        text: the control text of the text-only ablation, which is left out where there is none.
        seed: of all splits and of the bootstrap.

    Raises:
        DataError, OptionError: as :func:`fit_adjuster`.
    """
    _checked(alpha=alpha, level=level, part=part)
    every = cases(states, targets, right, text)
    outer = grouped_folds([str(one) for one in every.families], folds, seed=seed)
    names = ["probe", *(name for name in ABLATIONS if name != "text" or all(every.texts))]
    answers = {name: every.chosen.copy() for name in names}
    opened = {name: np.zeros(len(every), bool) for name in names}
    gates: dict[str, list[float | None]] = {name: [] for name in names}
    routed, score = np.zeros(len(every), np.int64), np.zeros(len(every))
    adjusters = []
    for fold in range(folds):
        test = np.flatnonzero(outer == fold)
        first, second = _cut(every, np.flatnonzero(outer != fold), part, seed + fold)
        learnt = learn(states, every, first, layers=layers or states.layers, cs=cs, seed=seed)
        cut = (first, second, test)
        parts = [every.take(rows) for rows in cut]
        layer = learnt.adjuster.layer
        whole = [learnt.held] + [
            readings(learnt.adjuster, states.states(layer, SITE, one.item_ids)) for one in parts[1:]
        ]
        for name in names:
            read = _instead(name, learnt, every, cut, whole, seed)
            one = learnt.adjuster
            if name != "probe":
                one = calibrated(one, read[0], parts[0])
            one = gated(
                one,
                (read[0], parts[0]),
                (read[1], parts[1]),
                alpha=alpha,
                level=level,
                bound=bound,
            )
            columns = _columns(parts[2])
            _, column = adjusted(one, read[2], parts[2].letters, columns)
            answers[name][test] = np.where(column >= 0, column, parts[2].chosen)
            opened[name][test] = column >= 0
            gates[name].append(one.gate)
            if name == "probe":
                adjusters.append(one)
                routed[test], score[test] = judged(one, read[2], parts[2].letters, columns)
    stand = every.standings(
        {"raw": every.chosen == every.right}
        | {name: answers[name] == every.right for name in names},
        seed,
    )
    best = max(
        (name for name in names if name not in ("probe", "oracle")),
        key=lambda name: float(stand[name].balanced.values[0]),
    )
    return Adjusted(
        raw=stand["raw"],
        adjusted=stand["probe"],
        over_raw=stand["probe"].less(stand["raw"]),
        ablations={name: stand[name] for name in names if name != "probe"},
        best=best,
        gain=difference(stand["probe"].balanced, stand[best].balanced),
        routing=_routing(every, routed, answers["probe"], seed),
        opened={name: float(opened[name].mean()) for name in names},
        adjusters=tuple(adjusters),
        gates={name: tuple(gates[name]) for name in names},
        reliability=_reliability(np.asarray(expit(score)), every.false),
        evaluated=len(every),
        families=len(np.unique(every.families)),
    )


def _instead(
    name: str,
    learnt: Learnt,
    every: Cases,
    parts: Sequence[Ints],
    whole: Sequence[Readings],
    seed: int,
) -> Sequence[Readings]:
    """Readings of the parts (learnt from, calibration, tested) by what is in the probe's place."""
    if name == "probe":
        return whole
    if name == "text":
        return _by_text(learnt, every, parts, whole)
    out = []
    for number, (rows, read) in enumerate(zip(parts, whole, strict=True)):
        one = every.take(rows)
        probe, route = np.zeros_like(read.probe), read.route
        if name == "permuted":
            order = Draw(seed, "permuted", number).units(len(one))
            probe = read.probe[np.argsort(order, kind="stable")]
        elif name == "oracle":
            probe = probe + np.where(one.false[:, None], 1.0, -1.0)
        elif name == "margin":
            route = one.letters[:, list(every.rejecting)]
        out.append(Readings(probe, route))
    return out


def _by_text(
    learnt: Learnt, every: Cases, parts: Sequence[Ints], whole: Sequence[Readings]
) -> list[Readings]:
    """What the control text tells, learnt from the same rows, and held out where the probe was."""
    first = parts[0]
    inner = int(learnt.folds.max()) + 1
    (false, mine), _ = _questions(every)
    columns = [(k, fold) for k in range(mine.shape[1]) for fold in (*range(inner), -1)]
    used = np.zeros((len(every), len(columns)), bool)
    for number, (k, fold) in enumerate(columns):
        used[first, number] = mine[first, k] & (learnt.folds != fold)
    y = np.stack([false[:, k] for k, _ in columns], 1)
    logits = text_logits(every.texts, y, used).reshape(len(every), mine.shape[1], inner + 1)
    told = [logits[first, :, learnt.folds], *(logits[rows, :, inner] for rows in parts[1:])]
    return [Readings(one, read.route) for one, read in zip(told, whole, strict=True)]


def _routing(every: Cases, routed: Ints, answers: Ints, seed: int) -> Routing:
    roles = np.array(every.rejecting)
    false = every.false
    own = roles[every.letters[:, roles].argmax(1)]
    said, raw = (false & np.isin(one, roles) for one in (answers, every.chosen))
    pairs = [
        (false & (roles[routed] == every.rejection), false),
        (false & (own == every.rejection), false),
        (said & (answers == every.rejection), said),
        (raw & (every.chosen == every.rejection), raw),
    ]
    totals = every.totals([one for pair in pairs for one in pair], seed)
    families = len(np.unique(every.families))
    return Routing(
        *(rate(totals[:, 2 * k], totals[:, 2 * k + 1], families) for k in range(len(pairs)))
    )


def _reliability(chance: Floats, false: Mask) -> tuple[tuple[float, float, int], ...]:
    order = np.array_split(np.argsort(chance, kind="stable"), 10)
    return tuple(
        (float(chance[rows].mean()), float(false[rows].mean()), len(rows))
        for rows in order
        if len(rows)
    )


def _cut(every: Cases, rows: Ints, part: float, seed: int) -> tuple[Ints, Ints]:
    """Two parts of some rows, by families in a drawn order that nothing else has a say in."""
    families = np.unique(every.families[rows])
    order = families[np.argsort(Draw(seed, "adjuster").units(len(families)), kind="stable")]
    first = np.isin(every.families[rows], order[: round(part * len(order))])
    return rows[first], rows[~first]


def _checked(**given: float) -> None:
    for name, value in given.items():
        if not 0 < value < 1:
            raise OptionError(f"{name} must be between 0 and 1, got {value:g}")
