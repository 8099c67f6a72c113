"""One figure is written in one way: missing values, rounding, minus and plus, intervals."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from handeye.scores.estimate import NOTHING, Estimate, number, plain, rate_of

WHOLE = Estimate(0.954, 0.941, 0.966, 50)
LOSS = Estimate(-0.003, -0.05, 0.01, 9)


@pytest.mark.parametrize(
    ("found", "style", "unit", "words"),
    [
        (WHOLE, "value", "percent", "95.4"),
        (WHOLE, "ends", "percent", "[94.1,\u00a096.6]"),
        (WHOLE, "cell", "percent", "95.4 [94.1,\u00a096.6]"),
        (WHOLE, "sentence", "percent", "95.4 (94.1 to 96.6)"),
        (WHOLE, "line", "percent", "95.4 (94.1 to 96.6)"),
        (WHOLE, "span", "percent", "(94.1 to 96.6)"),
        (LOSS, "line", "points", "−0.3 (−5.0 to +1.0)"),
        (-LOSS, "span", "percent", "(−1.0 to 5.0)"),
        (LOSS, "cell", "points", "−0.3 [−5.0,\u00a0+1.0]"),
        (LOSS, "sentence", "points", "−0.3 points, −5.0 to +1.0"),
        (LOSS, "sentence", "percent", "−0.3 (−5.0 to 1.0)"),
        (Estimate(0.741, -12.34, 412.0), "cell", "plain", "0.74 [−12.3,\u00a0412]"),
        (Estimate(0.5), "cell", "percent", "50.0"),
        (Estimate(0.5), "ends", "percent", ""),
        (Estimate(0.5), "span", "percent", ""),
        (Estimate(0.5), "line", "points", "+50.0"),
        (Estimate(0.5), "sentence", "points", "+50.0 points"),
        (Estimate(-0.0001), "value", "points", "0.0"),
        (NOTHING, "cell", "percent", "–"),
        (NOTHING, "sentence", "points", "–"),
        (NOTHING, "ends", "plain", ""),
    ],
)
def test_styles_and_units(found: Estimate, style: str, unit: str, words: str) -> None:
    assert found.text(style, unit) == words  # type: ignore[arg-type]


@given(st.floats(-1, 1), st.sampled_from(["percent", "points", "plain"]))
def test_no_number_has_a_hyphen_or_a_negative_zero(value: float, unit: str) -> None:
    words = number(value, unit)  # type: ignore[arg-type]
    assert "-" not in words
    assert words not in ("−0.0", "+0.0")
    if unit == "percent":
        assert float(words.replace("−", "-")) == pytest.approx(100 * value, abs=0.051)


@given(*[st.floats(-1, 1)] * 3, st.integers(0, 9))
def test_the_other_side_has_the_other_ends(a: float, b: float, c: float, n: int) -> None:
    found = Estimate(a, b, c, n)
    turned = -found
    assert -turned == found
    assert (-found).low == -c
    assert -NOTHING == NOTHING


def test_json_has_the_four_names_in_order_and_comes_back() -> None:
    text = msgspec.json.encode(WHOLE)
    assert text == b'{"value":0.954,"low":0.941,"high":0.966,"n":50}'
    assert msgspec.json.decode(text, type=Estimate) == WHOLE
    assert rate_of(plain(WHOLE)) == WHOLE
    assert rate_of({"value": None, "low": None, "high": None, "n": 3}) == NOTHING
    assert rate_of(None) == NOTHING
