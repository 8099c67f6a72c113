"""Krippendorff's alpha against published values and what must hold for any data."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.stats.agreement import krippendorff_alpha

# Krippendorff 2011, part C: four observers, twelve units, "." missing.
FOUR = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# The same, part A: two observers, ten units, two values.
TWO = ("0100000010", "1110010000")


def units(*raters):
    made = []
    for values in zip(*raters, strict=True):
        made.append({str(k): int(v) for k, v in enumerate(values) if v != "."})
    return made


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("interval", 0.849), ("ratio", 0.797)]
)
def test_published_values(level, published):
    found = krippendorff_alpha(units(*FOUR), level)
    assert found.value == pytest.approx(published, abs=5e-4)
    assert (found.n_units, found.n_values, found.n_raters) == (11, 40, 4)
    assert found.low < found.value < found.high <= 1
    assert found.to_dict()["n"] == 11


def test_published_value_of_two_raters():
    found = krippendorff_alpha(units(*TWO))
    assert found.value == pytest.approx(0.095, abs=5e-4)
    assert found.equal == pytest.approx(0.6)


def test_perfect_and_undefined():
    perfect = krippendorff_alpha(units("1212", "1212"))
    assert (perfect.value, perfect.low, perfect.high, perfect.equal) == (1, None, None, 1)
    same = krippendorff_alpha(units("1111", "1111"))
    assert (same.value, same.equal) == (None, 1)
    alone = krippendorff_alpha([{"a": 1}, {"b": 2}, {"a": None, "b": 1}])
    assert (alone.value, alone.n_units) == (None, 0)


def test_chance_gives_about_zero():
    rng = np.random.default_rng(0)
    made = [dict(zip("abc", row, strict=True)) for row in rng.integers(0, 4, (800, 3)).tolist()]
    for level in ("nominal", "interval"):
        found = krippendorff_alpha(made, level, resamples=200)
        # 2,400 pairs: the standard error is about .02.
        assert abs(found.value) < 0.07
        assert found.low < 0.02
        assert found.high > -0.02


def test_interval_covers():
    rng = np.random.default_rng(1)

    def draw(n):
        """Two raters who see the truth 4 times in 5 and else guess one of three."""
        truth = rng.integers(0, 3, n)
        seen = np.where(rng.random((2, n)) < 0.8, truth, rng.integers(0, 3, (2, n)))
        return [{"a": a, "b": b} for a, b in seen.T.tolist()]

    # Equal when both see (.64) or by chance (1/3 of the rest): alpha = .64.
    ends = [krippendorff_alpha(draw(120), resamples=300, seed=k) for k in range(200)]
    hits = np.mean([one.low <= 0.64 <= one.high for one in ends])
    assert 0.88 <= hits <= 0.99


def test_values_may_be_anything_when_nominal():
    made = [{"a": "R1,C1", "b": "R1,C1"}, {"a": "", "b": "R2,C2"}, {"a": ("x",), "b": ("x",)}]
    assert krippendorff_alpha(made).value == pytest.approx(1 - 5 * 2 / (36 - 4 - 4 - 1 - 1))


def test_clusters_are_drawn_whole():
    made = units(*FOUR) * 3
    alone = krippendorff_alpha(made)
    whole = krippendorff_alpha(made, clusters=[k % 12 for k in range(36)])
    assert whole.value == alone.value
    assert whole.high - whole.low > 1.3 * (alone.high - alone.low)


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 4), max_size=4), max_size=12),
    st.permutations(range(5)),
    st.integers(-5, 5),
)
def test_what_names_and_scales_cannot_change(made, names, shift):
    def alpha(given, level="nominal"):
        return krippendorff_alpha(given, level, resamples=0).value

    def mapped(function):
        return [{rater: function(value) for rater, value in unit.items()} for unit in made]

    assert alpha(mapped(lambda v: names[v])) == pytest.approx(alpha(made), abs=1e-9)
    moved = alpha(mapped(lambda v: 3 * v + shift), "interval")
    assert moved == pytest.approx(alpha(made, "interval"), abs=1e-9)
    assert alpha(mapped(lambda v: 3 * v), "ratio") == pytest.approx(alpha(made, "ratio"), abs=1e-9)
    backwards = [{"abcd"["dcba".index(r)]: v for r, v in unit.items()} for unit in made[::-1]]
    assert alpha(backwards) == pytest.approx(alpha(made), abs=1e-9)


def test_refuses_what_it_cannot_measure():
    with pytest.raises(OptionError, match="level must be one of nominal, interval, ratio"):
        krippendorff_alpha([], "ordinal")
    with pytest.raises(DataError, match="numbers, got 'x'"):
        krippendorff_alpha([{"a": "x", "b": 1}], "interval")
    with pytest.raises(DataError, match="numbers, got -1"):
        krippendorff_alpha([{"a": -1, "b": 1}], "ratio")
    with pytest.raises(DataError, match="as many clusters"):
        krippendorff_alpha([{"a": 1, "b": 1}], clusters=[])
