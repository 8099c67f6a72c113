"""The solver: measures of frames, and what they are taken for."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.solver.features import LENGTH, STILL, glance, measure
from handeye.visualact.scenes.solver.fitting import SEED, discriminants, examples, fit
from handeye.visualact.scenes.solver.model import actions, decide, fitted
from tests.support.visualact.films import (
    DIRECTIONS,
    TEST_SEED,
    TWINS,
    film_of,
    jpegs,
    painted,
    random_frames,
    texts_of,
)


@settings(max_examples=20)
@given(st.integers(0, 999), st.integers(1, 6))
def test_reversed_frames_turn_the_trends_and_nothing_else(seed: int, count: int) -> None:
    glances = [glance(frame) for frame in random_frames(seed, count)]
    there, back = measure(glances), measure(glances[::-1])
    assert there.shape == (LENGTH,)
    assert np.allclose(np.abs(there), np.abs(back))
    assert np.allclose(there[:STILL], back[:STILL])
    if count == 1:
        assert not there[STILL:-15].any()


def test_measures_hardly_change_with_size_and_compression() -> None:
    frames = painted(film_of(TWINS[0]), 4)
    whole = measure([glance(frame) for frame in frames])
    smaller = [frame.resize((256, 192), Image.Resampling.LANCZOS) for frame in frames]
    sent = [glance(Image.open(io.BytesIO(data))) for data in jpegs(smaller, 80)]
    other = measure([glance(frame) for frame in random_frames(1, 4)])
    assert np.abs(measure(sent) - whole).mean() < 0.1 * np.abs(other - whole).mean()


def test_the_nearest_middle_wins() -> None:
    rng = np.random.default_rng(3)
    middles = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 1]])
    spread = np.array([1.0, 1.0, 0.1])
    groups = [middle + spread * rng.normal(size=(200, 3)) for middle in middles]
    lines = discriminants(groups)
    for number, middle in enumerate(middles):
        said = [max(range(3), key=lambda k, r=row: lines[k](r)) for row in groups[number]]  # type: ignore[misc]
        assert said.count(number) > 180
        assert max(range(3), key=lambda k, m=middle: lines[k](m)) == number  # type: ignore[misc]


def test_what_comes_with_the_package_fits_the_catalogue() -> None:
    """Red after a change of kinds: run ``python -m
    handeye.visualact.scenes.solver.fitting``."""
    model = fitted()
    assert [(one.kind, one.backward) for one in model.kinds] == [(k.name, b) for k, b in DIRECTIONS]
    assert model.recipe["seed"] == SEED != TEST_SEED
    for one, (kind, backward) in zip(model.kinds, DIRECTIONS, strict=True):
        rules = kind.backward_rules if backward else kind.rules
        assert len(one.rules) == len(rules)
        for read, rule in zip(one.rules, rules, strict=True):
            assert set(read.levels) <= set(rule.levels)


def test_a_fit_recovers_levels_options_and_direction() -> None:
    """The whole way on two kinds: fit on some films, read others."""
    kinds = [(kind, back) for kind in TWINS[:1] for back in (False, True)]
    optional = next(kind for kind in catalogue.KINDS if kind.name == "light_turns_red")
    kinds.append((optional, False))
    model = fit([examples(kind, back, 8, seed=1) for kind, back in kinds], {})
    right = 0
    for kind, back in kinds:
        for number in range(4):
            film = film_of(kind, back, number)
            frames = [glance(frame) for frame in painted(film, 8, backward=back)]
            decision = decide(measure(frames), 8, model)
            assert decision.reading is not None
            assert (decision.reading.kind, decision.reading.backward) == (kind.name, back)
            right += {action.text for action in actions(decision)} == texts_of(film)
    assert right >= 9
