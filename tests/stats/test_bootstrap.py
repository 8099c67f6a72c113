"""The cluster bootstrap against what is known about it in closed form."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binomtest

from handeye.stats.bootstrap import resample_sums, resample_weights
from handeye.stats.intervals import Samples, complement, crossed, difference, estimates, mean, rate


def weights(clusters, resamples, seed=0, stream=0):
    return np.concatenate(list(resample_weights(clusters, resamples, seed, stream)))


def test_every_resample_draws_as_many_clusters_as_there_are():
    found = weights(30, 500)
    assert found.shape == (500, 30)
    assert (found.sum(axis=1) == 30).all()
    assert found.mean() == pytest.approx(1.0)
    # Binomial(30, 1/30): variance 29/30; standard error of its estimate here is about 0.02.
    assert found.var() == pytest.approx(29 / 30, abs=0.06)


def test_draws_are_pinned():
    # Raw PCG64 words are stable across NumPy versions; these must never change.
    assert weights(5, 3, seed=7).astype(int).tolist() == [
        [0, 2, 0, 2, 1],
        [1, 0, 1, 1, 2],
        [0, 3, 2, 0, 0],
    ]


def test_chunks_do_not_change_the_draws(monkeypatch):
    whole = weights(40, 100)
    monkeypatch.setattr("handeye.stats.bootstrap._CHUNK_CELLS", 120)
    assert (weights(40, 100) == whole).all()


def test_streams_and_seeds_differ():
    assert (weights(20, 10, stream=1) != weights(20, 10, stream=2)).any()
    assert (weights(20, 10, seed=1) != weights(20, 10, seed=2)).any()


def test_spread_of_a_mean_is_its_standard_error():
    values = (np.arange(200) % 5 == 0).astype(np.float32)[:, None]
    sums = resample_sums(values, values.sum(axis=0), 4000, 1, 1)
    spread = (sums[1:, 0] / 200).std()
    assert spread == pytest.approx(np.sqrt(0.2 * 0.8 / 200), rel=0.05)


def test_interval_covers_about_as_often_as_it_says():
    coins = np.random.default_rng(3).random((200, 60)) < 0.4  # 200 studies of 60 scenes
    hits = 0
    for study in coins:
        values = study.astype(np.float32)[:, None]
        sums = resample_sums(values, values.sum(axis=0), 400, 1, 1)[:, 0]
        found = estimates(rate(sums, np.full(401, 60.0), 60))
        hits += found["low"] <= 0.4 <= found["high"]
    assert 0.90 <= hits / 200 <= 0.99


def samples(*values, n=1, trials=None):
    return Samples(np.array(values, float), n, trials)


def test_mean_is_over_what_is_defined():
    nan = float("nan")
    found = mean([samples(1.0, 0.5, nan, n=2), samples(nan, 0.0, nan, n=0)])
    assert found.values[0] == 1.0
    assert found.values[1] == 0.25
    assert np.isnan(found.values[2])
    assert found.n == 2


def test_difference_and_complement():
    gap = difference(samples(0.5, 0.4, n=3), samples(0.2, 0.4, n=2))
    assert gap.values.tolist() == pytest.approx([0.3, 0.0])
    assert gap.n == 5
    assert difference(samples(1.0, n=1), samples(float("nan"), n=0)).n == 0
    assert complement(samples(0.25, n=4, trials=4.0)).values[0] == 0.75


def test_trials_of_a_mean_follow_its_variance():
    # Mean of two strata of 10 and 30: variance v/4 (1/10 + 1/30) = v/30.
    both = mean([samples(1.0, n=10, trials=10.0), samples(1.0, n=30, trials=30.0)])
    assert both.trials == pytest.approx(30.0)


def test_templates_over_the_same_scenes_are_no_more_scenes():
    parts = [Samples(np.zeros(201), n, n) for n in (50, 50, 40)]
    assert mean(parts, shared=True).trials == 40
    found = estimates(mean(parts[:2], shared=True))
    assert found["high"] == pytest.approx(1 - 0.025 ** (1 / 50))
    assert mean([*parts, samples(1.0)], shared=True).trials is None


def test_undefined_resamples_are_left_out():
    nan = float("nan")
    found = estimates({"a": samples(0.5, nan, 0.4, 0.6, n=9), "b": 3, "c": samples(nan, n=0)})
    assert found["b"] == 3
    assert 0.4 <= found["a"]["low"] < found["a"]["high"] <= 0.6
    assert found["c"] == {"value": None, "low": None, "high": None, "n": 0}


def test_rate_of_nothing_is_undefined():
    found = rate(np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    assert np.isnan(found.values[0])
    assert found.values[1] == 0.5


def test_a_gap_between_two_perfect_shares_still_has_bounds():
    perfect = Samples(np.ones(201), n=40, trials=40)
    worse = Samples(np.full(201, 0.5), n=40, trials=40)
    found = estimates({"gap": difference(perfect, perfect), "half": difference(perfect, worse)})
    assert found["gap"]["value"] == 0
    assert found["gap"]["low"] == pytest.approx(-found["gap"]["high"])
    assert 0.08 < found["gap"]["high"] < 0.09
    # Every scene says half of one and all of the other; unseen ones may do otherwise.
    assert found["half"]["low"] < 0.5 < found["half"]["high"]


# ---- where no resample varies


def constant(value, scenes, resamples=200):
    total = np.full(1 + resamples, float(scenes))
    return rate(value * total, total, scenes)


def reach(scenes):
    return 1 - 0.025 ** (1 / scenes)


def test_a_mean_of_shares_of_0_and_1_has_the_mean_of_their_bounds():
    """One template always wrong, two always right, about the same scenes."""
    parts = [constant(1, 60), constant(1, 60), constant(0, 60)]
    found = estimates({"mean": mean(parts, shared=True), "parts": dict(enumerate(parts))})
    for end in ("low", "high"):
        bounds = [found["parts"][k][end] for k in range(3)]
        assert found["mean"][end] == pytest.approx(sum(bounds) / 3)
    assert found["mean"]["low"] == pytest.approx(2 / 3 * (1 - reach(60)))
    assert found["mean"]["high"] == pytest.approx(2 / 3 + reach(60) / 3)


def test_strata_have_scenes_of_their_own_and_templates_share_them():
    alike = estimates(mean([constant(1, 30)] * 3))
    assert alike["low"] == pytest.approx(1 - reach(90))
    strata = [constant(v, 30) for v in (0, 1, 1)]
    apart, together = (estimates(mean(strata, shared=shared)) for shared in (False, True))
    exact = binomtest(60, 90).proportion_ci(method="exact")
    assert (apart["low"], apart["high"]) == pytest.approx((exact.low, exact.high))
    assert together["high"] - together["low"] == pytest.approx(reach(30))


def test_a_gap_between_means_that_do_not_vary_has_the_extremes_of_their_bounds():
    counting = mean([constant(1, 60), constant(1, 60)], shared=True)
    action = mean([constant(1, 60), constant(1, 60), constant(0, 60)], shared=True)
    found = estimates({"counting": counting, "action": action, "gap": difference(counting, action)})
    gap = found["gap"]
    assert gap["low"] == pytest.approx(found["counting"]["low"] - found["action"]["high"], abs=1e-6)
    assert gap["high"] == pytest.approx(
        found["counting"]["high"] - found["action"]["low"], abs=1e-6
    )
    assert 0.2 < gap["low"] < gap["value"] < gap["high"] < 0.4


def test_a_difference_of_rates_that_vary_together_is_bounded_by_its_scenes():
    """Both are right on the same scenes: no scene of 50 told them apart."""
    right = (np.arange(50) % 2).astype(np.float32)[:, None]
    sums = resample_sums(right, right.sum(axis=0), 400, 1, 1)[:, 0]
    one, two = (rate(sums, np.full(401, 50.0), 50) for _ in range(2))
    found = estimates(difference(one, two))
    assert (found["low"], found["high"]) == pytest.approx((-reach(50), reach(50)))
    twice = estimates(difference(difference(one, two), difference(two, one)))
    assert (twice["low"], twice["high"]) == pytest.approx((-2 * reach(50), 2 * reach(50)), abs=1e-6)


def test_without_resamples_or_scenes_there_are_no_bounds():
    assert estimates(mean([constant(1, 9, 0), constant(0, 9, 0)]))["low"] is None
    average = rate(np.full(50, 30.0), np.full(50, 10.0))
    assert estimates(average)["low"] is None


@given(st.integers(1, 400), st.floats(0, 1))
def test_bounds_hold_their_value_and_stay_within_0_and_1(scenes, value):
    found = estimates(constant(value, scenes))
    assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1
    assert found["low"] < found["high"]


# ---- templates over strata


def drawn_table(data, resamples, rng):
    """Shares of each template in each stratum; ``data`` has (scenes, templates) of each stratum."""
    strata = []
    for right in data:
        n = len(right)
        weights = [np.ones((1, n)), rng.multinomial(n, [1 / n] * n, size=resamples)]
        sums = np.concatenate(weights) @ right
        strata.append([rate(own, np.full(1 + resamples, float(n)), n) for own in sums.T])
    return [list(row) for row in zip(*strata, strict=True)]


def test_templates_over_strata_are_as_sure_as_the_strata_with_their_items_together():
    """Four sources without a failure, one that fails alone: nothing else of them was seen."""
    rng = np.random.default_rng(3)
    data = [np.ones((20, 3)) for _ in range(4)] + [(rng.random((20, 3)) < 0.5).astype(float)]
    table = drawn_table(data, 500, rng)
    together = mean(
        [
            Samples(np.mean([part.values for part in column], axis=0), 60, 20, sizes=(20,))
            for column in zip(*table, strict=True)
        ]
    )
    one, other = estimates(crossed(table)), estimates(together)
    assert one == pytest.approx(other, abs=1e-6)
    alone = estimates(mean([mean(row) for row in table], shared=True))
    # What 80 scenes without a failure may hide reaches further down than the failures seen vary.
    assert one["value"] - one["low"] > 0.8 * reach(80) > one["value"] - alone["low"]


def test_levels_hold_the_truth_where_one_source_fails_alone():
    rng, inside = np.random.default_rng(5), 0
    for _ in range(80):
        right = [np.repeat(rng.random((20, 1)) < 0.98, 2, axis=1) * 1.0 for _ in range(4)]
        bad = np.stack([np.zeros(20), rng.random(20) < 0.4], axis=1)
        found = estimates(crossed(drawn_table([*right, bad], 200, rng)))
        inside += found["low"] <= (4 * 0.98 + 0.2) / 5 <= found["high"]
    assert inside >= 72, inside


def test_a_template_that_a_stratum_lacks_and_one_that_none_has_weigh_nothing():
    table = [
        [samples(1.0, 0.9, n=4, trials=4.0), samples(0.5, 0.4, n=4, trials=4.0)],
        [samples(0.2, 0.1, n=4, trials=4.0), samples(float("nan"), float("nan"), n=0)],
        [samples(float("nan"), float("nan"), n=0)] * 2,
    ]
    found = crossed(table)
    assert found.values == pytest.approx([(0.75 + 0.2) / 2, (0.65 + 0.1) / 2])
    assert found.n == 12
