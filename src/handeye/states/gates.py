"""How far a gate may be opened: learn then test, family by family.

Gates are tried from the strictest down. A loss that only grows as the gate is lowered lets them be
tested in one fixed order at the full level (fixed sequence testing; Angelopoulos and others 2021,
arXiv 2110.01052, theorem 1; the same as the upper bound of Bates and others 2021, arXiv 2101.02703,
theorem 1). The unit is the family, whose questions hang together.

What is promised is about families drawn as those of calibration were, asked of the same model in
the same way. Conformal risk control (Angelopoulos and others 2022, arXiv 2208.02814) bounds the
mean over draws alone; :func:`mean_gate` has it for comparison.
"""

from __future__ import annotations

from math import ceil, floor, log
from typing import Literal

import numpy as np
from scipy.special import xlogy
from scipy.stats import binom

from handeye.states.figures import Bools, Floats
from handeye.states.folds import Ints

Bound = Literal["any", "share"]
"""What a family's loss is: whether any standard answer is lost, or the share of its own that is."""

BOUNDS = {
    "any": "exact binomial: families of which any standard answer is lost",
    "share": "Hoeffding and Bentkus: mean share of a family's standard answers lost",
}
"""In words."""


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
    n, mean = len(losses), losses.sum(0) / max(len(losses), 1)
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


def family_losses(lost: Bools, standard: Bools, families: Ints, bound: Bound) -> Floats:
    """What each family that can lose loses: whether anything, or which share of its own.

    Families without a standard question are none of these: as losses of 0 they would be taken for
    families in which an answer was kept.

    Args:
        lost: (n, gates) whether a question's right answer is lost.
        standard: (n,) whether its premise holds; only these can be lost.
        families: (n,) numbers of them all, with a standard question or without.
        bound: ``any`` or ``share``.

    Returns:
        (families with a standard question, gates).
    """
    names, place = np.unique(families[standard], return_inverse=True)
    sums = np.zeros((len(names), lost.shape[1]))
    np.add.at(sums, place, lost[standard].astype(np.float64))
    if bound == "any":
        return np.minimum(sums, 1)
    return sums / np.bincount(place, minlength=len(names))[:, None]


def why_shut(losses: Floats, alpha: float, level: float) -> str:
    """Why not even one gate was shown to lose at most ``alpha``, and how many families it takes.

    Args:
        losses: (families,) at that gate, of those with a standard question.
        alpha: as :func:`p_values` has it.
        level: of the promise.
    """
    needed = families_needed(alpha, level)
    n, mean = len(losses), float(losses.sum()) / max(len(losses), 1)
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
