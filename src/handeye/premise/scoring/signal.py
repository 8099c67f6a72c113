"""S: one number for how far an answer leans towards rejecting, whatever letter stands for it.

    S = logsumexp(log p of the two rejecting options) - logsumexp(log p of the four contents)

from the log-probabilities of the letters at the start of the answer. Letters are turned into roles
by the order in which the options were shown, spellings of a letter are added up, and what the model
gives a letter for its position alone is taken off first (PriDe, arXiv 2309.03882, over all six
positions). Of TRUE and FALSE, S is ``log p(FALSE) - log p(TRUE)``. Without log-probabilities S is
estimated from repeated answers: ``log((r + 0.5) / (K - r + 0.5))`` for r rejections in K (the log
odds with Haldane's and Anscombe's correction).

A letter that the provider did not return has at most ``letters_bound``; S is taken there and called
censored where more than :data:`TOLERANCE` hangs on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import LETTERS, N_ROLES, VISION_FALSE
from handeye.premise.scoring.reading import AnswerKind
from handeye.run.letters import by_option, together

Floats = NDArray[np.float64]
Logs = list[float | None]
"""Log-probability of each letter by position (of TRUE and FALSE, in this order); None: unknown."""

FEWEST_SAMPLES = 20
"""Readable answers from which S is estimated."""
TOLERANCE = 0.05
"""Natural units of S that may hang on letters that were not returned."""
FEWEST_FAMILIES = 10
"""From which what letters have for their positions is told."""
# The least part of the orders' information on a letter that must be free of what is at it.
_LEAST_FREE = 0.25
WORDS = ("TRUE", "FALSE")


class Signal(NamedTuple):
    """S of one answer.

    Attributes:
        value: in natural log units; above 0 rejecting is likelier than accepting.
        censored: empty; ``at most`` or ``at least``, where the value is a bound; ``unsure`` where
            it may lie on either side.
    """

    value: float
    censored: str = ""


def logs_of(letters: Mapping[str, float], kind: AnswerKind) -> Logs:
    """Log-probabilities by letter, spellings added up; of truth by word."""
    return by_option(letters, WORDS if kind in ("truth", "explained") else tuple(LETTERS))


def signal_of(
    logs: Logs,
    rejecting: Sequence[bool],
    bound: float | None,
    prior: Sequence[float] | None = None,
) -> Signal | None:
    """S from log-probabilities.

    Args:
        logs: by position.
        rejecting: by position, whether the option there rejects.
        bound: what an unknown one has at most; None: nothing is known of it.
        prior: by position, taken off; None: nothing is.

    Returns:
        None where one side is unknown and has no bound, or both sides are unknown.
    """
    prior = prior or [0.0] * len(logs)
    known: dict[bool, list[float]] = {True: [], False: []}
    most: dict[bool, list[float]] = {True: [], False: []}
    for log, rejects, of_place in zip(logs, rejecting, prior, strict=True):
        if log is not None:
            known[rejects].append(log - of_place)
        elif bound is not None:
            most[rejects].append(bound - of_place)
    if not (known[True] or known[False]):
        return None
    if not all(known[side] or most[side] for side in known):
        return None
    up, down = (together([*known[side], *most[side]]) for side in (True, False))
    # What is not known may as well be nothing.
    lowest, least = (together(known[side]) if known[side] else -math.inf for side in (True, False))
    lower, higher = up - lowest > TOLERANCE, down - least > TOLERANCE
    words = {(True, True): "unsure", (True, False): "at most", (False, True): "at least"}
    return Signal(up - down, words.get((lower, higher), ""))


def rejecting(order: Sequence[int]) -> list[bool]:
    """By position, whether the option there rejects."""
    return [role >= VISION_FALSE for role in order]


def from_samples(rejected: int, accepted: int) -> float | None:
    """S from repeated answers; None where fewer than :data:`FEWEST_SAMPLES` could be read.

    Args:
        rejected: answers that reject.
        accepted: answers that accept.
    """
    if rejected + accepted < FEWEST_SAMPLES:
        return None
    return math.log((rejected + 0.5) / (accepted + 0.5))


# ---- what a letter has for its position


class Asked(NamedTuple):
    """The letters of one answer, for :func:`letter_priors`.

    Attributes:
        family: what is left out together.
        cell: answers of one cell prefer the same roles.
        order: roles by position.
        logs: by position, all six known.
    """

    family: str
    cell: str
    order: Sequence[int]
    logs: Sequence[float]


class Priors(NamedTuple):
    """What letters have for their positions, in natural log units around 0.

    Attributes:
        whole: from all answers.
        without: by family, from the answers of all others.
    """

    whole: list[float]
    without: dict[str, list[float]]


def letter_priors(asked: Iterable[Asked], *, each: bool = True) -> Priors | None:
    """Estimate what the model gives each letter for its position alone.

    PriDe takes the mean log-probability of a letter over permuted orders of the same options, and
    assumes that position and content add up. Here the orders of different prompts are the
    permutations: position and role are fitted together by least squares, roles by cell, so that
    the mean over positions that roles do not share equally is put right. With balanced orders it
    is the plain mean.

    Args:
        asked: answers with all six letters.
        each: whether the priors without a family are wanted, too.

    Returns:
        None where the orders cannot tell a position from what stands there (one order for all, as
        in the paper), or there are fewer than :data:`FEWEST_FAMILIES` families.
    """
    families: dict[str, dict[str, Floats]] = {}
    cells: list[str] = []
    for one in asked:
        held = families.setdefault(one.family, {})
        if one.cell not in held:
            held[one.cell] = np.zeros((N_ROLES + 1, N_ROLES + 1))
            cells += [] if one.cell in cells else [one.cell]
        logs = np.array(one.logs)
        logs -= logs.mean()
        table = held[one.cell]
        for place, role in enumerate(one.order):
            table[place, role] += 1
            table[place, -1] += logs[place]
            table[-1, role] += logs[place]
    if len(families) < FEWEST_FAMILIES:
        return None
    total = {
        cell: np.sum([held[cell] for held in families.values() if cell in held], axis=0)
        for cell in cells
    }
    whole = _fitted(total.values())
    without = {
        family: _fitted(total[cell] - held[cell] if cell in held else total[cell] for cell in cells)
        for family, held in families.items()
        if each
    }
    if whole is None or None in without.values():
        return None
    return Priors(whole, {name: found for name, found in without.items() if found is not None})


def _fitted(cells: Iterable[Floats]) -> list[float] | None:
    """Effects of positions from counts (position, role), and sums beside and below them."""
    normal, right, n = np.zeros((N_ROLES, N_ROLES)), np.zeros(N_ROLES), 0.0
    for table in cells:
        counts = table[:-1, :-1]
        held = counts.sum() / N_ROLES
        if held < 0.5:
            continue
        # Roles are solved for first: each stands in every answer of a cell once.
        normal += held * np.eye(N_ROLES) - counts @ counts.T / held
        right += table[:-1, -1] - counts @ table[-1, :-1] / held
        n += held
    # One direction is free: all positions together.
    values = np.linalg.eigvalsh(normal)
    if n == 0 or values[1] < _LEAST_FREE * n:
        return None
    found = np.linalg.pinv(normal, rcond=1e-9, hermitian=True) @ right
    centred: list[float] = (found - found.mean()).tolist()
    return centred
