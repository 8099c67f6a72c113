"""S by role: bounds of missing letters, spellings, what letters have for their positions."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings, strategies as st

from handeye.premise.items import PAPER_ORDER, VISION_FALSE
from handeye.premise.scoring.signal import (
    FEWEST_FAMILIES,
    FEWEST_SAMPLES,
    Asked,
    from_samples,
    letter_priors,
    logs_of,
    rejecting,
    signal_of,
)

LOGS = st.lists(st.floats(-20, 0), min_size=6, max_size=6)
ORDERS = st.permutations(PAPER_ORDER)


def lse(values: list[float]) -> float:
    return math.log(sum(map(math.exp, values)))


@given(LOGS, ORDERS)
def test_s_is_by_role_whatever_the_order(logs: list[float], order: list[int]) -> None:
    found = signal_of([logs[role] for role in order], rejecting(order), None)
    assert found is not None
    assert found.value == pytest.approx(lse(logs[VISION_FALSE:]) - lse(logs[:VISION_FALSE]))
    assert found.censored == ""


@given(LOGS, ORDERS, st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_a_known_prior_is_taken_off_its_letter(
    logs: list[float], order: list[int], prior: list[float]
) -> None:
    shown = [logs[role] + prior[place] for place, role in enumerate(order)]
    found = signal_of(shown, rejecting(order), None, prior)
    assert found is not None
    assert found.value == pytest.approx(lse(logs[VISION_FALSE:]) - lse(logs[:VISION_FALSE]))


@given(LOGS, st.sets(st.integers(0, 5)), st.floats(-25, 0))
def test_what_is_missing_is_bounded(logs: list[float], missing: set[int], least: float) -> None:
    """Whatever missing letters have below the bound, S says on which side it may lie off."""
    bound = min([least, *(logs[k] for k in range(6) if k not in missing)])
    shown = [None if k in missing else log for k, log in enumerate(logs)]
    found = signal_of(shown, rejecting(PAPER_ORDER), bound)
    if len(missing) == 6:
        assert found is None
        return
    assert found is not None
    for values in ([bound] * 6, [bound - 50.0] * 6, [bound - k for k in range(6)]):
        whole = [values[k] if log is None else log for k, log in enumerate(shown)]
        true = lse(whole[VISION_FALSE:]) - lse(whole[:VISION_FALSE])
        if found.censored in ("", "at most"):
            assert true <= found.value + 0.06
        if found.censored in ("", "at least"):
            assert true >= found.value - 0.06


def test_without_a_bound_a_side_of_which_nothing_is_known_has_no_s() -> None:
    known = [-0.1, -3.0, -4.0, -5.0, None, None]
    assert signal_of(known, rejecting(PAPER_ORDER), None) is None
    found = signal_of(known, rejecting(PAPER_ORDER), -6.0)
    assert found is not None
    assert (found.value < -4, found.censored) == (True, "at most")


def test_spellings_of_a_letter_are_added_up_and_words_are_none() -> None:
    half = math.log(0.25)
    letters = {"A": half, " A": half, "(B": -2.0, "a": -0.5, "AB": -0.5, "E.": -3.0, "The": -1.0}
    found = logs_of(letters, "choice")
    assert found[0] == pytest.approx(math.log(0.5))
    assert found[1:] == [-2.0, None, None, -3.0, None]
    told = logs_of({"TRUE": -1.0, "True": -2.0, "false": -3.0, "maybe": -0.1}, "truth")
    assert told[0] == pytest.approx(lse([-1.0, -2.0]))
    assert told[1] == -3.0


@given(st.integers(0, 40), st.integers(0, 40))
def test_s_of_repeated_answers(rejected: int, accepted: int) -> None:
    found = from_samples(rejected, accepted)
    if rejected + accepted < FEWEST_SAMPLES:
        assert found is None
        return
    assert found == pytest.approx(math.log((rejected + 0.5) / (accepted + 0.5)))
    assert found == pytest.approx(-(from_samples(accepted, rejected) or 0.0))


# ---- priors


def asked(prior: list[float], orders: int, seed: int = 0, noise: float = 0.0) -> list[Asked]:
    """Answers of families whose orders are drawn: position and role add up."""
    draw = random.Random(seed)
    by_role = [1.0, 0.0, -1.0, 0.5, -2.0, -3.0]
    out = []
    for number in range(orders):
        order = list(PAPER_ORDER)
        draw.shuffle(order)
        logs = [by_role[r] + prior[k] + draw.gauss(0, noise) for k, r in enumerate(order)]
        out.append(Asked(f"f{number}", "std_v", order, logs))
    return out


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6), st.integers(0, 99))
def test_the_prior_is_recovered_exactly_where_position_and_role_add_up(
    prior: list[float], seed: int
) -> None:
    """Though roles do not stand at all letters equally often."""
    found = letter_priors(asked(prior, 25, seed))
    assert found is not None
    mean = sum(prior) / 6
    assert found.whole == pytest.approx([one - mean for one in prior], abs=1e-6)
    for other in found.without.values():
        assert other == pytest.approx(found.whole, abs=1e-6)


def test_a_family_does_not_choose_its_own_prior() -> None:
    odd = asked([0.0] * 6, 30)
    odd[0] = odd[0]._replace(logs=[9.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = letter_priors(odd)
    assert found is not None
    assert found.without["f0"] == pytest.approx([0.0] * 6, abs=1e-9)
    assert max(map(abs, found.whole)) > 0.05


def test_one_order_for_all_cannot_tell_a_letter_from_what_stands_there() -> None:
    fixed = [one._replace(order=PAPER_ORDER) for one in asked([1.0, 0, 0, 0, 0, 0], 40)]
    assert letter_priors(fixed) is None
    contents = [one._replace(order=[*one.order]) for one in asked([0.0] * 6, 40)]
    ends = [
        one._replace(order=[*(r for r in one.order if r < VISION_FALSE), 4, 5]) for one in contents
    ]
    assert letter_priors(ends) is None, "the letters that reject always reject"
    assert letter_priors(asked([0.0] * 6, FEWEST_FAMILIES - 1)) is None
