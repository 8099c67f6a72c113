"""McNemar and Holm against other implementations and textbook cases."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests

from handeye.errors import DataError
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm


def outcomes(both, first, second, neither):
    a = [1] * both + [1] * first + [0] * second + [0] * neither
    b = [1] * both + [0] * first + [1] * second + [0] * neither
    return a, b


def test_counts_and_difference():
    found = mcnemar(*outcomes(50, 12, 4, 34))
    assert (found.n, found.both, found.only_first) == (100, 50, 12)
    assert (found.only_second, found.neither) == (4, 34)
    assert found.difference == pytest.approx(0.08)
    assert found.low < 0.08 < found.high
    # Bonett and Price by hand: p = 13/102, q = 5/102.
    p, q = 13 / 102, 5 / 102
    reach = 1.959964 * ((p + q - (p - q) ** 2) / 102) ** 0.5
    assert found.low == pytest.approx(p - q - reach, abs=1e-6)
    assert found.to_dict()["only_first"] == 12


@pytest.mark.parametrize("cells", [(50, 12, 4, 34), (0, 1, 0, 0), (9, 7, 7, 1), (3, 0, 20, 2)])
def test_p_value_is_the_exact_one(cells):
    table = [[cells[0], cells[1]], [cells[2], cells[3]]]
    assert mcnemar(*outcomes(*cells)).p_value == pytest.approx(
        reference_mcnemar(table, exact=True).pvalue
    )


def test_equal_answers_and_no_answers():
    same = mcnemar([1, 0, 1], [1, 0, 1])
    assert same.p_value == 1
    assert same.difference == 0
    assert same.low == pytest.approx(-same.high)
    nothing = mcnemar([], [])
    assert (nothing.n, nothing.difference, nothing.low) == (0, None, None)


@pytest.mark.parametrize(("a", "b"), [([1, 0], [1]), ([1, 2], [1, 0]), ([0.5], [1])])
def test_refuses_what_is_not_paired_or_not_an_outcome(a, b):
    with pytest.raises(DataError, match="paired outcomes"):
        mcnemar(a, b)


def test_holm_by_hand():
    found = holm({"a": 0.01, "b": None, "c": 0.04, "d": 0.03})
    assert list(found) == ["a", "b", "c", "d"]
    assert found["b"] is None
    assert found["a"] == pytest.approx(0.03)
    assert found["d"] == pytest.approx(0.06)
    assert found["c"] == pytest.approx(0.06)  # not below a smaller one's
    assert holm({}) == {}


@pytest.mark.parametrize("n", [1, 7, 200])
def test_holm_is_that_of_statsmodels(n):
    rng = np.random.default_rng(n)
    values = np.round(rng.random(n) ** 3, 2).tolist()  # with ties
    found = holm(dict(enumerate(values)))
    assert np.allclose(list(found.values()), multipletests(values, method="holm")[1])


@pytest.mark.parametrize("bad", [-0.1, 1.5, float("nan")])
def test_holm_refuses_what_is_no_p_value(bad):
    with pytest.raises(DataError, match="lie within"):
        holm({"a": bad})
