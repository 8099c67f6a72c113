"""The solver of many logistic regressions: each column ends where its own optimum is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from handeye.errors import DataError, OptionError
from handeye.states import solver
from handeye.states.solver import Design, fit

RNG = np.random.default_rng(5)


def planted(n: int, d: int, seed: int = 0) -> tuple[Any, Any]:
    """Features of very different size far from 0, and labels that some of them tell."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) * np.logspace(1, -2, d)
    truth = expit((x - x.mean(0))[:, :3] @ [0.2, -0.2, 0.3]) > rng.random(n)
    return x + 50 * rng.standard_normal(d), truth.astype(float)


def optimum(x: Any, y: Any, w: Any, c: float, offset: Any = 0.0, scale: bool = True) -> Any:
    """Logits of one column at its optimum, by another road: SciPy, rows standardised first."""
    own = w > 0
    if scale:
        mean = np.average(x, axis=0, weights=w)
        deviation = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w))
        x = (x - mean) / np.where(deviation > 0, deviation, 1)
    sign = 2 * y - 1

    def loss(p: Any) -> Any:
        z = x @ p[:-1] + p[-1] + offset
        slope = -c * w * sign * expit(-sign * z)
        value = c * (w * np.logaddexp(0, -sign * z))[own].sum() + p[:-1] @ p[:-1] / 2
        return value, np.append(x.T @ slope + p[:-1], slope.sum())

    found = minimize(
        loss, np.zeros(x.shape[1] + 1), jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    return x @ found.x[:-1] + found.x[-1]


@pytest.mark.parametrize("d", [6, 40, 150])
def test_each_column_is_the_optimum_of_its_own_fold_c_labels_weights_and_offset(d: int) -> None:
    n, m = 100, 6
    x, truth = planted(n, d)
    rng = np.random.default_rng(1)
    y = np.stack([truth if column % 2 else rng.permutation(truth) for column in range(m)], 1)
    weights = (rng.random((n, m)) < 0.7) * rng.integers(1, 4, (n, m)).astype(float)
    c = np.array([1e-3, 1e-2, 0.1, 1.0, 1.0, 0.03])
    offset = rng.standard_normal((n, m))
    found = fit(x, y, weights, c, offset=offset, tolerance=1e-9)
    assert found.converged.all()
    for column in range(m):
        own = (y[:, column], weights[:, column], c[column], offset[:, column])
        np.testing.assert_allclose(found.logits(x)[:, column], optimum(x, *own), atol=2e-5)
    raw = x @ found.coef + found.intercept
    np.testing.assert_allclose(raw, found.logits(x), atol=1e-7)


def test_float32_states_end_within_two_thousandths_of_the_optimum() -> None:
    x, truth = planted(300, 60)
    c = np.array([1e-3, 1e-2, 0.1, 1.0])
    weights = np.ones((300, 4))
    weights[::3] = 0
    found = fit(x.astype(np.float32), np.repeat(truth[:, None], 4, 1), weights, c)
    assert found.converged.all()
    for column in range(4):
        best = optimum(x.astype(np.float32).astype(float), truth, weights[:, column], c[column])
        gap = expit(found.logits(x.astype(np.float32))[:, column]) - expit(best)
        assert np.abs(gap).max() < 2e-3


def test_columns_do_not_depend_on_what_is_solved_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, truth = planted(80, 12)
    rng = np.random.default_rng(2)
    y = np.stack([rng.permutation(truth) for _ in range(40)], 1)
    weights, c = np.ones((80, 40)), np.tile([1e-3, 1e-1], 20)
    together = fit(x, y, weights, c, tolerance=1e-8).logits(x)
    alone = fit(x, y[:, 7:8], weights[:, 7:8], c[7], tolerance=1e-8).logits(x)
    np.testing.assert_allclose(together[:, 7:8], alone, atol=1e-6)
    monkeypatch.setattr(solver, "_CELLS", 2000)
    in_blocks = Design(x).fit(y, weights, c, tolerance=1e-8).logits(x)
    np.testing.assert_allclose(together, in_blocks, atol=1e-6)


def test_a_start_at_the_solution_takes_no_step_even_from_a_twin_matrix() -> None:
    x, truth = planted(90, 10)
    y, weights = truth[:, None], np.ones((90, 1))
    found = fit(x, y, weights, 0.1, tolerance=1e-7)
    assert found.steps > 1
    assert fit(x, y, weights, 0.1, tolerance=1e-6, start=found).steps == 0
    doubled = np.vstack([x, x[:30]])
    again = np.vstack([y, y[:30]]), np.vstack([weights, np.zeros((30, 1))])
    assert fit(doubled, *again, 0.1, tolerance=1e-6, start=found).steps == 0


def test_features_that_say_nothing_in_training_do_no_harm() -> None:
    x, truth = planted(60, 5)
    x[:, 1] = 7.0
    x[:, 2] = np.where(np.arange(60) < 40, -3.0, x[:, 2])
    weights = (np.arange(60) < 40).astype(float)[:, None]
    found = fit(x, truth[:, None], weights, 1.0, tolerance=1e-8)
    assert np.abs(found.coef[[1, 2]]).max() < 1e-6
    assert np.isfinite(found.logits(x)).all()


def test_separable_and_one_sided_columns_end() -> None:
    x = np.array([[-1.0], [-2.0], [1.0], [2.0]])
    y = np.array([[0, 1], [0, 1], [1, 1], [1, 1]])
    found = fit(x, y, np.ones((4, 2)), 100.0)
    assert found.converged.all()
    assert ((found.logits(x) > 0) == y).all()


def test_unstandardised_rows_are_penalised_in_their_own_units() -> None:
    x, truth = planted(70, 8)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    design = Design(x, standardise=False)
    found = design.fit(truth[:, None], np.ones((70, 1)), 10.0, tolerance=1e-9)
    best = optimum(x, truth, np.ones(70), 10.0, scale=False)
    np.testing.assert_allclose(found.logits(x)[:, 0], best, atol=1e-5)


def test_a_matrix_in_parts_held_in_float16_gives_the_same_to_its_precision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, truth = planted(200, 20)
    states = x.astype(np.float32)
    y, weights = truth[:, None], np.ones((200, 1))
    whole = Design(states)
    expected = whole.logits(whole.fit(y, weights, 0.1))
    monkeypatch.setattr(solver, "_HELD", 100)
    monkeypatch.setattr(solver, "_PART", 600)
    parted = Design(lambda: (states[start : start + 70] for start in range(0, 200, 70)))
    found = parted.fit(y, weights, 0.1)
    assert np.abs(expit(parted.logits(found)) - expit(expected)).max() < 1e-3
    assert np.abs(expit(found.logits(states)) - expit(expected)).max() < 1e-3


def test_what_cannot_be_fitted_is_refused() -> None:
    x, truth = planted(20, 3)
    y, weights = truth[:, None], np.ones((20, 1))
    with pytest.raises(DataError, match="column 0 has no training rows"):
        fit(x, y, weights * 0, 1.0)
    with pytest.raises(DataError, match="nothing but 0 and 1"):
        fit(x, y + 0.5, weights, 1.0)
    with pytest.raises(OptionError, match="c must be a positive number"):
        fit(x, y, weights, 0.0)
    with pytest.raises(DataError, match="not finite in dimension 1"):
        fit(np.where(np.arange(3) == 1, np.inf, x), y, weights, 1.0)
    with pytest.raises(OptionError, match="rows, columns"):
        fit(x, y[:-1], weights[:-1], 1.0)
