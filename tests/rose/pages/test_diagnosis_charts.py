from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from handeye.pages.charts.share_chart import Bar, BarRow, scale_end, shares
from handeye.rose.diagnosis.findings import Chain, CurvePair, Findings
from handeye.rose.pages.curves import axis_of, curve_panel
from handeye.rose.pages.waterfall import HALF, NARROW, WIDE, Room, waterfall
from handeye.scores.estimate import NOTHING, Estimate, number
from tests.support.rose.diagnosis_data import LOSSES, chain, diagnosis


def view_of(losses: dict[str, float], counting: float = 0.9) -> Chain:
    return chain_of(diagnosis(counting, losses))


def chain_of(data: Mapping[str, Any]) -> Chain:
    found = msgspec.convert(data, Findings).decomposition["gap"]
    assert found is not None
    return found


def curves_of(place: int) -> CurvePair:
    factors = msgspec.convert(diagnosis(), Findings).thresholds
    return list(factors.values())[place].pairs()["all subsets"]


def rects(tree: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in tree.iter("rect") if name in (e.get("class") or "").split()]


def ends(rect: ET.Element) -> tuple[float, float]:
    x, width = float(rect.get("x") or 0), float(rect.get("width") or 0)
    return x, x + width


@pytest.mark.parametrize("room", [WIDE, HALF, NARROW])
def test_steps_hang_from_each_other_from_counting_to_action(room: Room) -> None:
    tree = ET.fromstring(waterfall("k", view_of(LOSSES), "t", room=room))
    start, end = rects(tree, "level")
    at = ends(start)[1]
    for rect in rects(tree, "loss"):
        left, right = ends(rect)
        assert right == pytest.approx(at, abs=0.02)
        at = left
    assert ends(end)[1] == pytest.approx(at, abs=0.02)


def test_a_step_that_wins_points_goes_to_the_right() -> None:
    tree = ET.fromstring(waterfall("k", view_of({"region": 0.5, "finding": -0.1}), "t"))
    (gain,) = rects(tree, "gain")
    (loss,) = rects(tree, "loss")
    assert ends(gain)[0] == pytest.approx(ends(loss)[0], abs=0.02)
    texts = ["".join(e.itertext()) for e in tree.iter("text")]
    assert "+10.0 [8.0,\u00a012.0]" in texts
    assert "−50.0 [−52.0,\u00a0−48.0]" in texts
    assert "−40.0 [−42.0,\u00a0−38.0]" in texts  # all together


def test_a_step_that_may_be_nothing_is_drawn_pale() -> None:
    tree = ET.fromstring(waterfall("k", view_of({"region": 0.5, "format": 0.01}), "t"))
    sure, unsure = rects(tree, "loss")
    assert "unsure" not in (sure.get("class") or "")
    assert "unsure" in (unsure.get("class") or "")


def test_every_level_and_loss_stands_in_the_words() -> None:
    tree = ET.fromstring(waterfall("k", view_of({"region": 0.5}), "t"))
    words = next(e.text or "" for e in tree.iter("desc"))
    assert "counting 90.0 [88.0,\u00a092.0]" in words
    assert "region named −50.0" in words
    assert "action 40.0" in words


def test_a_chain_without_intervals_has_no_whiskers() -> None:
    data = diagnosis(0.9, {"region": 0.5})
    bare = chain(0.9, {"region": 0.5})
    for step in bare["steps"]:
        step["loss"] |= {"low": None, "high": None}
    for end in ("start", "end", "whole"):
        bare[end] |= {"low": None, "high": None}
    data["decomposition"]["gap"] = bare
    tree = ET.fromstring(waterfall("k", chain_of(data), "t"))
    assert not [e for e in tree.iter("line") if e.get("class") == "whisker"]
    assert "unsure" in (rects(tree, "loss")[0].get("class") or "")


@given(st.dictionaries(st.sampled_from(list(LOSSES)), st.floats(-1, 1), min_size=1),
       st.floats(0, 1))  # fmt: skip
def test_any_chain_can_be_drawn(losses: dict[str, float], counting: float) -> None:
    tree = ET.fromstring(waterfall("k", view_of(losses, counting), "t", room=NARROW))
    for rect in tree.iter("rect"):
        left, right = ends(rect)
        assert 0 <= left <= right <= 362


def test_change_turns_the_sign_and_the_interval() -> None:
    assert -Estimate(0.3, 0.2, 0.5, 9) == Estimate(-0.3, -0.5, -0.2, 9)
    assert -NOTHING == NOTHING


# ---- shares


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("runs", [1, 2, 6])
def test_bars_are_as_long_as_their_rates(runs: int, narrow: bool) -> None:
    rows = [
        BarRow(label, tuple(Bar(f"run {k}", k, Estimate(rate, rate - 0.01, rate + 0.01, 50))
                            for k in range(runs)))
        for label, rate in (("first", 0.4), ("second", 0.1))
    ]  # fmt: skip
    tree = ET.fromstring(shares("k", rows, "t", narrow=narrow))
    lengths = [b - a for a, b in map(ends, rects(tree, "share"))]
    assert len(lengths) == 2 * runs
    assert lengths[0] == pytest.approx(4 * lengths[-1], rel=0.01)
    heights = sorted(float(e.get("y") or 0) for e in rects(tree, "share"))
    assert len(set(heights)) == 2 * runs


def test_bar_without_a_rate_is_left_out() -> None:
    rows = [BarRow("x", (Bar("a", 0, NOTHING), Bar("b", 1, Estimate(0.2))))]
    assert len(rects(ET.fromstring(shares("k", rows, "t")), "share")) == 1


@pytest.mark.parametrize(
    ("most", "end"), [(0.0, 0.05), (0.05, 0.05), (0.051, 0.1), (0.61, 0.8), (1.0, 1.0)]
)
def test_scale_ends_just_above_the_largest(most: float, end: float) -> None:
    assert scale_end([Estimate(most / 2, 0, most), NOTHING]) == end


# ---- curves


def drawn(place: int, key: str, **axis: float) -> ET.Element:
    """The made-up curves of one factor, drawn along the axis of ``key``."""
    pair = curves_of(place)
    return ET.fromstring(curve_panel("k", pair, "t", replace(axis_of(key, [pair]), **axis)))


def feet(tree: ET.Element) -> list[float]:
    return [float(e.get("x1") or 0) for e in tree.iter("line") if e.get("class") == "foot"]


def described(tree: ET.Element) -> str:
    return next(e.text or "" for e in tree.iter("desc"))


def test_curves_cross_at_their_thresholds() -> None:
    tree = drawn(0, "similarity")
    acting, counting = feet(tree)
    assert acting < counting  # counting holds out longer
    assert "Counting crosses 50 % at 0.90 [0.88,\u00a00.92]" in described(tree)
    # On a straight scale 0.7 and 0.9 lie elsewhere than on that of likeness.
    assert feet(drawn(0, "no such factor")) != feet(tree)


def test_a_curve_that_does_not_cross_says_why_and_has_no_foot() -> None:
    tree = drawn(1, "cells")
    assert len(feet(tree)) == 1
    assert "Counting all right" in described(tree)


def test_a_threshold_outside_the_axis_has_no_foot() -> None:
    assert len(feet(drawn(0, "", low=0.5, high=0.8))) == 1


def test_an_axis_holds_everything_and_always_has_a_width() -> None:
    bare = axis_of("similarity", [])
    assert bare.low < bare.high
    pair = curves_of(0)
    axis = axis_of("similarity", [pair])
    places = [axis.place(x) for x in (0.5, 0.7, 0.95)]
    assert places == sorted(places)
    assert all(axis.holds(x) for x in (0.5, 0.95))
    assert not axis.holds(0.999)


@pytest.mark.parametrize(
    ("value", "words"), [(0.741, "0.74"), (12.34, "12.3"), (412.0, "412"), (-0.2, "−0.20")]
)
def test_any_value_in_three_digits(value: float, words: str) -> None:
    assert number(value, "plain") == words


def test_amounts_with_and_without_interval() -> None:
    axis = axis_of("cells", [])
    assert axis.amount(NOTHING) == "–"
    assert axis.amount(Estimate(410.2)) == "410"
    assert axis.amount(Estimate(410.2, 395.6, 430.0)) == "410 [396,\u00a0430]"
