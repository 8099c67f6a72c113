from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from markupsafe import Markup

from handeye.pages.charts import charts, svg
from handeye.pages.charts.charts import Gap, Series
from handeye.scores.estimate import NOTHING, Estimate, mean_rate, percent

NASTY = "<script>alert(\"x\")</script> & 'quotes'"


def test_element_escapes_children_and_attributes_but_not_markup() -> None:
    made = svg.element("text", NASTY, svg.element("tspan", "in"), class_="a", title=NASTY)
    tree = ET.fromstring(made)
    assert tree.text == NASTY
    assert tree.get("title") == NASTY
    assert tree.find("tspan") is not None
    assert "<script" not in made


def test_element_names_and_missing_attributes() -> None:
    made = svg.element("line", stroke_width=2.0, class_="x", id=None)
    assert made == Markup('<line stroke-width="2" class="x"/>')


@given(
    st.lists(st.floats(-50, 450), max_size=20),
    st.floats(1, 30),
)
def test_spread_keeps_order_distance_and_bounds(wanted: list[float], gap: float) -> None:
    placed = svg.spread(wanted, gap, 0.0, 400.0)
    assert len(placed) == len(wanted)
    assert all(-1e-6 <= y <= 400 + 1e-6 for y in placed)
    room = min(gap, 400 / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for one, other in pairwise(order):
        assert placed[other] - placed[one] >= room - 1e-6


def test_spread_leaves_labels_alone_that_do_not_touch() -> None:
    assert svg.spread([10.0, 300.0, 100.0], 14, 0, 400) == [10.0, 300.0, 100.0]


@pytest.mark.parametrize("style", range(svg.STYLE_COUNT))
def test_every_style_has_its_own_marker_shape(style: int) -> None:
    drawn = {str(svg.marker(k, 10, 10)) for k in range(svg.STYLE_COUNT)}
    assert len(drawn) == svg.STYLE_COUNT
    assert svg.marker(style, 10, 10) == svg.marker(style + svg.STYLE_COUNT, 10, 10)


def test_ladder_is_one_named_image_with_every_value_in_words() -> None:
    rates = (Estimate(0.954, 0.94, 0.966, 100), NOTHING, Estimate(0.5))
    made = charts.ladder(
        "k", ["A", "B", "C"], [Series(NASTY, rates), Series("old", rates, 0, True)]
    )
    tree = ET.fromstring(made)
    assert tree.get("role") == "img"
    words = {e.get("id"): e.text or "" for e in tree if e.tag in ("title", "desc")}
    assert words[tree.get("aria-labelledby")]
    description = words[tree.get("aria-describedby")]
    assert "95.4 [94.0,\u00a096.6]" in description
    assert NASTY in description
    assert "old (published)" in description


def test_ladder_breaks_its_line_where_a_value_is_missing() -> None:
    made = charts.ladder(
        "k", ["A", "B", "C"], [Series("x", (Estimate(0.1), NOTHING, Estimate(0.2)))]
    )
    path = next(e for e in ET.fromstring(made).iter("path") if e.get("class") == "line")
    assert (path.get("d") or "").count("M") == 2


def test_interval_bars_only_where_there_are_intervals() -> None:
    def bars(rate: Estimate) -> int:
        made = charts.panel("k", "t", ["a"], [Series("x", (rate,))])
        return sum(e.get("class") == "bar" for e in ET.fromstring(made).iter("line"))

    assert bars(Estimate(0.5)) == 0
    assert bars(Estimate(0.5, 0.4, 0.6)) == 3


def test_higher_rates_are_drawn_higher() -> None:
    made = charts.panel("k", "t", ["a", "b"], [Series("x", (Estimate(0.9), Estimate(0.1)))])
    first, second = (float(e.get("cy") or 0) for e in ET.fromstring(made).iter("circle"))
    assert first < second


def test_gap_row_without_values_is_drawn_with_a_dash() -> None:
    made = charts.gaps("k", [Gap("empty", (NOTHING,) * 3)], "title", ("a", "b", "c"))
    texts = [e.text for e in ET.fromstring(made).iter("text")]
    assert "empty" in texts
    assert "–" in texts


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.954, "95.4"),
        (0.0, "0.0"),
        (-0.0001, "0.0"),
        (-0.0312, "−3.1"),
        (None, "–"),
        (1.0, "100.0"),
    ],
)
def test_percent(value: float | None, words: str) -> None:
    assert percent(value) == words


def test_mean_of_published_values_needs_all_of_them() -> None:
    assert mean_rate([0.5, 0.7]).percent == "60.0"
    assert mean_rate([0.5, None]) == NOTHING
    assert mean_rate([]) == NOTHING
