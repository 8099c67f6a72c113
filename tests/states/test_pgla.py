"""PGLA: its formulas by hand, its network against torch's, and what it finds where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from handeye.errors import DataError
from handeye.states.pgla import GRID, Setting, adjusted, mlp, pgla, train_mlp
from handeye.stats.intervals import estimates
from tests.support.benchmarks import benchmark

PLANTED = benchmark("adjuster")


def run(planted: Any, **more: Any) -> Any:
    right = planted.cases.right.tolist()
    return pgla(planted, planted.targets(), right, layer=PLANTED.LAYER, **more)


# ---- the second stage


def test_letters_by_hand() -> None:
    letters = np.array([[2.0, 1, 0, 0, -1, -2], [-3.0, 0, -1, -1, 4, 1]])
    setting = Setting(gamma=1, p=2, alpha=0.5, s=0.75, delta=8)
    new = adjusted(letters, np.array([0.5, 0.9]), setting, beta=0.5, rejecting=(4, 5))
    # g = .25, .81; w = sigmoid(-.25), sigmoid(.31); D = 2 - -1 = 3, 0 - 4 = -4
    first = 0.4378234991142019 * (0.75 * 3 + 8)
    second = 0.5768852611320463 * (0.75 * -4 + 8)
    assert new[:, :4].tolist() == letters[:, :4].tolist()
    assert new[0, 4:] == pytest.approx([-1 + first - 0.25, -2 + first + 0.25], abs=1e-12)
    assert new[1, 4:] == pytest.approx([4 + second - 0.25, 1 + second + 0.25], abs=1e-12)


def test_the_grid_is_that_of_the_note() -> None:
    assert len(set(GRID)) == 162
    by_name = {name: {getattr(one, name) for one in GRID} for name in Setting._fields}
    assert by_name == {
        "gamma": {0.5, 1, 2},
        "p": {1, 2},
        "alpha": {0.3, 0.5, 1.0},
        "s": {0.75, 1, 1.5},
        "delta": {5, 8, 12},
    }


def test_it_is_a_threshold_on_the_margin_that_rises_with_the_probe() -> None:
    draw = np.random.default_rng(1)
    letters, false = 3 * draw.normal(size=(400, 6)), draw.random(400)
    letters[:, :4] += 4
    margin = letters[:, :4].max(1) - letters[:, 4:].max(1)
    letters, false, margin = letters[margin > 0], false[margin > 0], margin[margin > 0]
    for one in GRID:
        weight = 1 / (1 + np.exp(-one.gamma * (false**one.p - one.alpha)))
        with np.errstate(divide="ignore"):
            limit = np.where(weight * one.s >= 1, np.inf, weight * one.delta / (1 - weight * one.s))
        rejected = adjusted(letters, false, one, 0.0, (4, 5)).argmax(1) >= 4
        clear = np.abs(margin - limit) > 1e-9
        assert (rejected == (margin < limit))[clear].all()


# ---- the first stage


def test_the_network_is_torchs() -> None:
    torch = pytest.importorskip("torch", reason="needs handeye[local]")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(60, 12)).astype(np.float32)
    y = x[:, 0] + draw.normal(size=60) > 0
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(12, 256), torch.nn.ReLU(), torch.nn.Linear(256, 2))
    ours = [one.detach().numpy().copy() for one in net.parameters()]
    ours = [ours[0].T.copy(), ours[1], ours[2].T.copy(), ours[3]]
    train_mlp(x, y, ours)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(100):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.tensor(x)), torch.tensor(y).long())
        loss.backward()
        optimiser.step()
    theirs = [one.detach().numpy() for one in net.parameters()]
    for mine, other in zip(ours, [theirs[0].T, theirs[1], theirs[2].T, theirs[3]], strict=True):
        # A gradient near 0 has the sign of its rounding, which Adam makes a step of.
        assert np.abs(mine - other).max() < 2e-3
        assert np.quantile(np.abs(mine - other), 0.99) < 1e-5
    new = draw.normal(size=(500, 12)).astype(np.float32)
    told = 1 / (
        1
        + np.exp(-np.maximum(new @ ours[0] + ours[1], 0) @ (ours[2] @ [-1, 1]) - ours[3] @ [-1, 1])
    )
    theirs_told = net(torch.tensor(new)).softmax(1)[:, 1].detach().numpy()
    assert np.abs(told - theirs_told).max() < 1e-4


def test_the_network_learns_what_no_line_tells_and_depends_on_the_seed_alone() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(400, 6)).astype(np.float32)
    y = (x[:, 0] > 0) != (x[:, 1] > 0)
    new = draw.normal(size=(400, 6)).astype(np.float32)
    told = mlp(x, y, 1)(new)
    assert ((told > 0.5) == ((new[:, 0] > 0) != (new[:, 1] > 0))).mean() > 0.85
    assert (mlp(x, y, 1)(new) == told).all()
    assert (mlp(x, y, 2)(new) != told).any()


# ---- the whole


@pytest.mark.parametrize("probe", ["mlp", "linear"])
def test_a_planted_premise_is_worth_more_than_any_ablation(probe: str) -> None:
    found = run(PLANTED.planted(250, 3), probe=probe)
    assert estimates(found.gain)["low"] > 0.03
    assert found.ablations["oracle"][0].balanced > found.folds.balanced
    assert found.nested.balanced.values[0] == pytest.approx(found.folds.balanced, abs=0.02)
    assert found.on_test.balanced >= found.folds.balanced
    assert (found.trained, found.evaluated) == (500, 1500)
    # Of a family of eight none trained the probe in .75 ** 7 of the cases.
    assert found.siblings == pytest.approx(1 - 0.75**7, abs=0.03)


def test_nothing_planted_is_worth_nothing_over_the_ablations() -> None:
    gains = [
        estimates(run(PLANTED.planted(120, seed, strength=0), probe="linear").gain)
        for seed in (1, 2, 3)
    ]
    assert all(one["low"] <= 0 for one in gains)
    assert np.mean([one["value"] for one in gains]) < 0.01


def test_what_the_words_tell_is_the_words() -> None:
    found = run(PLANTED.planted(150, 4, strength=0.5, text=1.0), probe="linear")
    assert found.best == "text"
    assert estimates(found.gain)["value"] < 0


def test_the_gate_never_closes() -> None:
    low, high = run(PLANTED.planted(60, 5)).weights
    assert 1 / (1 + np.exp(2)) <= low < 0.2
    assert 0.7 < high <= 1 / (1 + np.exp(-1.4))


def test_a_cap_is_kept_where_settings_are_chosen() -> None:
    found = run(PLANTED.planted(250, 6), probe="linear")
    raw = float(found.raw.standard.values[0])
    lost = {cap: raw - one.standard for cap, one in found.capped.items()}
    assert lost[0.01] <= lost[0.03] + 1e-9
    assert lost[0.03] < min(0.05, raw - found.folds.standard)


def test_grouped_splits_share_no_family() -> None:
    assert run(PLANTED.planted(80, 7), probe="linear", grouped=True).siblings == 0


def test_the_front_falls() -> None:
    front = run(PLANTED.planted(80, 8), probe="linear").front
    standard, misleading = [one[1] for one in front], [one[2] for one in front]
    assert standard == sorted(standard, reverse=True)
    assert misleading == sorted(misleading)
    assert len(set(misleading)) == len(misleading)


def test_questions_that_do_not_fit_are_refused() -> None:
    planted = PLANTED.planted(10, 1)
    targets, right = planted.targets(), planted.cases.right.tolist()
    one = [row for row, target in enumerate(targets) if target.rejection == 4]
    few, roles = [targets[row] for row in one], [right[row] for row in one]
    with pytest.raises(DataError, match="these questions have 1"):
        pgla(planted, few, roles, layer=PLANTED.LAYER)
    wrong = [0 if target.label else role for target, role in zip(targets, right, strict=True)]
    with pytest.raises(DataError, match="role 0 cannot be right where label is 1"):
        pgla(planted, targets, wrong, layer=PLANTED.LAYER)
    planted.cases.letters[3, 2] = np.nan
    with pytest.raises(DataError, match="item 3: log-probabilities of 5 letters are known"):
        pgla(planted, targets, right, layer=PLANTED.LAYER)
