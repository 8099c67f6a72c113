"""Curves and thresholds against closed forms, and what they refuse to say."""

import warnings

import numpy as np
import pytest
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from handeye.errors import DataError
from handeye.stats.curves import logistic
from handeye.stats.logistic import fit_curves
from tests.support.simulated import Scenes


def data(slope=-1.5, at=(0.5, -0.5), sizes=(80, 60), seed=0):
    rng = np.random.default_rng(seed)
    made = Scenes(sizes)
    x = rng.normal(0, 1, made.n // 5)[made.cluster]
    odds = slope * (x - np.array(at)[made.group]) + 0.7 * made.stratum - 0.35
    return x, made.draw(rng, logistic(odds)[:, None], 0.4)[:, 0], made


def reference(design, passed, cluster):
    model = GLM(passed, design, family=Binomial())
    return model.fit(cov_type="cluster", cov_kwds={"groups": cluster}, tol=1e-12)


def test_one_curve_is_the_regression_of_statsmodels():
    x, passed, made = data()
    found = fit_curves(x, passed, made.cluster)
    plain = reference(np.stack([np.ones_like(x), x], axis=1), passed, made.cluster)
    assert found.intercept(0) == pytest.approx(plain.params[0], abs=1e-8)
    slope = found.slope(0)
    assert slope.value == pytest.approx(plain.params[1], abs=1e-8)
    assert slope.high - slope.value == pytest.approx(found.quantile * plain.bse[1], rel=1e-7)
    assert found.threshold(0).value == pytest.approx(-plain.params[0] / plain.params[1])


@pytest.mark.parametrize("slope", [-0.3, -1.5, -6.0])
def test_several_curves_and_strata_are_too(slope):
    x, passed, made = data(slope, sizes=(150, 90, 40))
    found = fit_curves(x, passed, made.cluster, made.group, made.stratum)
    cells = np.eye(6)[made.group * 3 + made.stratum]
    design = np.concatenate([cells, np.eye(2)[made.group] * (x - found.centre)[:, None]], axis=1)
    plain = reference(design, passed, made.cluster)
    assert found.effects.ravel() == pytest.approx(plain.params[:6], abs=1e-7)
    assert found.points[:, 1] == pytest.approx(plain.params[6:], abs=1e-7)
    average = np.zeros((4, 8))
    average[0, :3] = average[2, 3:6] = 1 / 3
    average[1, 6] = average[3, 7] = 1
    covariance = average @ plain.cov_params() @ average.T
    assert found.covariance.reshape(4, 4) == pytest.approx(covariance, rel=1e-6, abs=1e-10)


def test_ends_of_the_interval_are_where_one_half_is_just_not_refuted():
    x, passed, made = data()
    found = fit_curves(x, passed, made.cluster, made.group, made.stratum)
    for curve in (0, 1):
        at = found.threshold(curve)
        y, low, high = found.shares(curve, np.array([at.value, at.low, at.high]))
        assert y[0] == pytest.approx(0.5)
        assert low[1] == pytest.approx(0.5, abs=1e-6)  # falling: just above one half at the low end
        assert high[2] == pytest.approx(0.5, abs=1e-6)
        assert y[1] > 0.5 > y[2]


def test_joint_fit_keeps_each_curve_and_knows_what_they_share():
    x, passed, made = data()
    both = fit_curves(x, passed, made.cluster, made.group, made.stratum)
    first = made.group == 0
    alone = fit_curves(x[first], passed[first], made.cluster[first], None, made.stratum[first])
    assert both.threshold(0).value == pytest.approx(alone.threshold(0).value)
    apart = both.distance(0, 1)
    one, two = both.threshold(0), both.threshold(1)
    assert apart.value == pytest.approx(one.value - two.value)
    # Shared scenes make the thresholds rise and fall together.
    assert apart.high - apart.low < np.hypot(one.high - one.low, two.high - two.low)
    turned = both.distance(1, 0)
    assert (turned.low, turned.high) == pytest.approx((-apart.high, -apart.low))
    doubled = both.distance(0, 1, lambda z: 2 * z)
    assert (doubled.low, doubled.high) == pytest.approx((2 * apart.low, 2 * apart.high))


def test_threshold_is_the_mean_of_the_strata():
    x, passed, made = data(sizes=(400, 100))
    found = fit_curves(x, passed, made.cluster, made.group, made.stratum)
    each = -found.effects[0] / found.points[0, 1] + found.centre
    assert found.threshold(0).value == pytest.approx(each.mean())
    # A bin's share, standardised, is a share again and keeps its side of the curve.
    inside = (made.group == 0) & (np.abs(x) < 0.2)
    share = passed[inside].mean()
    moved = found.standardised(0, x[inside], made.stratum[inside], 0.0, share)
    assert 0 < moved < 1
    assert found.standardised(0, x[inside], made.stratum[inside], 0.0, 1.0) == 1
    fitted = logistic(
        found.effects[0, made.stratum[inside]] + found.points[0, 1] * (x[inside] - found.centre)
    ).mean()
    at_zero = found.shares(0, np.zeros(1))[0][0]
    same = found.standardised(0, x[inside], made.stratum[inside], 0.0, fitted)
    assert same == pytest.approx(at_zero, abs=1e-6)


def refused(x, passed, cluster=None, **more):
    cluster = np.arange(len(x)) if cluster is None else cluster
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_curves(np.asarray(x, float), np.asarray(passed, float), cluster, **more)
        ends = [found.slope(0), found.threshold(0), found.distance(0, 0)]
    assert {end.reason for end in ends} == {found.reasons[0]}
    assert all(end.value is None for end in ends)
    assert found.intercept(0) is None
    with pytest.raises(ValueError, match="not fitted"):
        found.shares(0, np.zeros(1))
    assert ends[0].to_dict()["reason"] == found.reasons[0]
    return found.reasons[0]


def test_what_cannot_be_fitted_has_a_reason():
    x = np.linspace(-1, 1, 60)
    coin = np.arange(60) % 2
    assert refused([], [], np.zeros(0, np.int64)) == "none"
    assert refused(x, np.ones(60)) == "all_right"
    assert refused(x, np.zeros(60)) == "all_wrong"
    assert refused(x, x > 0.95) == "few"
    assert refused(x, coin, np.arange(60) % 10) == "few"
    assert refused(np.zeros(60), coin) == "constant"
    assert refused(x, x < 0.2) == "separated"
    assert refused(x, x > 0.2) == "separated"
    touching = np.round(x)  # -1, 0, 1: passes and failures share 0 alone
    assert refused(touching, (touching < 0) | ((touching == 0) & (coin == 1))) == "separated"


def test_a_step_in_every_stratum_is_a_step():
    x = np.tile(np.linspace(-1, 1, 40), 2)
    stratum = np.repeat([0, 1], 40)
    passed = x < np.where(stratum, 0.5, -0.5)
    assert refused(x, passed, stratum=stratum) == "separated"
    assert fit_curves(x, passed.astype(float), np.arange(80)).reasons[0] is None


def test_strata_without_both_outcomes_are_left_out_of_all_curves():
    x, passed, made = data(sizes=(60, 60, 60))
    passed = np.where((made.stratum == 1) & (made.group == 0), 1.0, passed)
    found = fit_curves(x, passed, made.cluster, made.group, made.stratum)
    assert found.strata == (0, 2)
    assert found.n_items == (240, 360)
    assert found.threshold(1).value is not None
    elsewhere = np.where((made.stratum != 1) & (made.group == 1), 0.0, passed)
    nothing = fit_curves(x, elsewhere, made.cluster, made.group, made.stratum)
    assert nothing.strata == ()
    assert nothing.reasons == ("few", "few")


def test_flat_curve_has_no_threshold():
    rng = np.random.default_rng(0)
    found = fit_curves(rng.normal(size=300), (rng.random(300) < 0.5) * 1.0, np.arange(300))
    assert found.reasons == (None,)
    assert found.slope(0).low < 0 < found.slope(0).high
    assert found.threshold(0).reason == "flat"
    assert found.distance(0, 0).reason == "flat"


def test_refuses_what_is_not_data():
    ones = np.ones(3)
    with pytest.raises(DataError, match="differ in length"):
        fit_curves(ones, ones, np.zeros(2, np.int64))
    with pytest.raises(DataError, match="finite"):
        fit_curves(np.array([1, np.nan, 0]), ones, np.arange(3))
    with pytest.raises(DataError, match="0 or 1"):
        fit_curves(ones, 2 * ones, np.arange(3))
