"""The probe of ``benchmarks/encoders.py``, on features with something planted and with nothing."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye.premise.scenes.plan import KINDS, SENSES

_spec = importlib.util.spec_from_file_location(
    "encoders", Path(__file__).parents[3] / "benchmarks/encoders.py"
)
assert _spec is not None
assert _spec.loader is not None
encoders: Any = importlib.util.module_from_spec(_spec)
sys.modules["encoders"] = encoders
_spec.loader.exec_module(encoders)

PAIRS = 60


def drawn(seed: int, planted: float) -> tuple[Any, Any]:
    """Features of pairs whose clips are alike but for noise, and for what is planted in one."""
    rng = np.random.default_rng(seed)
    first = rng.choice([-1, 1], PAIRS)
    labels = np.stack([first, -first], axis=1).ravel()
    features = 3 * np.repeat(rng.normal(size=(PAIRS, 200)), 2, axis=0)
    features += rng.normal(size=features.shape)
    features[:, 0] = rng.normal(size=2 * PAIRS) + planted * labels
    return features * rng.uniform(0.01, 100, 200) + rng.normal(size=200), labels


def test_what_is_planted_is_read_and_nothing_where_nothing_is() -> None:
    read, silent = (
        [encoders.probe(*drawn(seed, planted), seed, 199) for seed in range(8)]
        for planted in (6.0, 0.0)
    )
    assert all(found.right.mean() > 0.8 and found.p_value == 1 / 200 for found in read)
    assert sum(found.p_value <= 0.05 for found in silent) <= 2
    assert abs(np.mean([found.right.mean() for found in silent]) - 0.5) < 0.06
    assert abs(np.mean([found.by_chance.mean() for found in (*read, *silent)]) - 0.5) < 0.02


def test_what_only_tells_pairs_apart_is_never_read() -> None:
    """Clips of a pair that are the same can only be right once, however they are numbered."""
    features, labels = drawn(1, 0)
    features[1::2] = features[::2]
    assert encoders.probe(features, labels, 1, 1).right.mean() == 0.5


def test_without_any_feature_that_varies_nothing_is_right() -> None:
    _, labels = drawn(1, 0)
    assert not encoders.probe(np.ones((2 * PAIRS, 5)), labels, 1, 1).right.any()


@pytest.mark.parametrize("sense", SENSES)
def test_every_kind_has_a_claim_that_holds_of_one_clip_of_a_pair(sense: str) -> None:
    assert list(encoders.CLAIMS[sense]) == list(KINDS[sense])  # type: ignore[index]
    for kind in KINDS[sense]:  # type: ignore[index]
        pairs = {level: list(encoders.drawn_pairs(5, sense, kind, level, 6)) for level in "123"}
        for pair in itertools.chain(*pairs.values()):
            assert sorted(encoders.labels_of(pair)) == [-1, 1]
        mixed = list(encoders.drawn_pairs(5, sense, kind, "all", 6))
        assert mixed == [pairs[level][number] for number in (0, 1) for level in "123"]


def test_features_are_kept_and_routes_that_lose_a_kind_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for name in ("vision/direction", "vision/flashes", "vision/colour", "audio/side"):
        sense, kind = name.split("/")
        pairs = list(encoders.drawn_pairs(5, sense, kind, "1", 2))
        rows.append(encoders.Row(sense, kind, pairs, {}))
    encoders.print_lost(rows)
    told = capsys.readouterr().out
    assert "`direction` | frames without their order | 2 of 2 |" in told
    assert "`flashes` | frames without their order | 0 of 2 |" in told
    assert "`side` | channels mixed to one | 2 of 2 |" in told
    assert "colour" not in told

    pair = rows[0].pairs[0]
    made = encoders.Encoders(tmp_path, 5, 10).features("input", pair)
    assert made.shape == (2, 16 * 14 * 14 * 3)
    assert not np.array_equal(*made)
    (file,) = tmp_path.rglob("*.npy")
    np.save(file, made + 1)
    assert np.array_equal(encoders.Encoders(tmp_path, 5, 10).features("input", pair), made + 1)
