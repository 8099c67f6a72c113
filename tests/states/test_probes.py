"""Probes: what is planted is found where it is, nothing where nothing is; siblings stay unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from handeye.errors import DataError, OptionError
from handeye.states.controls import controls
from handeye.states.figures import areas, blocks_of, calibration
from handeye.states.planted import InMemory
from handeye.states.probes import Probe, probe
from handeye.states.search import Setup, every_second, null_labels
from handeye.states.tables import slope as slope_of, tables
from handeye.states.targets import Target
from tests.support.leaks import LAYERS, Store, clean

FEW: dict[str, Any] = {"cs": (1e-2, 1e-1), "folds": 4, "inner": 3}


def probed(store: Store, **given: Any) -> Probe:
    return probe(store.states, store.targets, sites=["last"], **{**FEW, "flips": 39, **given})


def test_a_planted_truth_is_found_in_the_layer_that_holds_it() -> None:
    found = probed(clean(60, 1, told=1.5)).found[0]
    assert found.null is not None
    assert found.auroc.low is not None
    assert found.auroc.low > found.null.high
    assert found.null.p_value == 1 / 40
    assert {choice.layer for choice in found.choices} <= {"block.01", "final"}
    by_layer = {point.layer: point.auroc.value or 0 for point in found.curve}
    assert by_layer["final"] > by_layer["block.00"] > 0.5
    assert found.balanced_accuracy.value == pytest.approx(
        np.mean(
            [
                (found.says[own] == found.labels[own]).mean()
                for own in (found.fold == fold for fold in range(4))
            ]
        ),
        abs=0.02,
    )
    assert set(found.kinds) == {"colour", "count"}
    assert min(kind.value or 0 for kind in found.kinds.values()) > found.null.high


def test_where_nothing_is_the_null_holds_what_is_found() -> None:
    p_values = []
    for seed in range(4):
        found = probed(clean(40, seed, told=0.0), flips=19).found[0]
        assert found.null is not None
        assert found.null.how == "flip"
        assert abs((found.auroc.value or 0) - found.null.mean) < 4 * found.null.deviation
        p_values.append(found.null.p_value)
    assert max(p_values) > 0.1


def test_states_that_hold_clip_and_question_apart_tell_no_match() -> None:
    store = clean(60, 3, told=0.0)
    clip = np.tile([0, 0, 1, 1], 60)
    question = np.tile([0, 1, 0, 1], 60)
    for layer in LAYERS[1:]:
        store.arrays[layer, "last"][:, 0] += 3 * clip
        store.arrays[layer, "last"][:, 1] += 3 * question
    assert (probed(store, flips=0).found[0].auroc.value or 0) < 0.6


def test_readings_never_come_from_a_fit_that_saw_the_group() -> None:
    # Each family has a direction of its own that tells its truth: whoever saw a sibling knows it.
    families = 40
    store = clean(families, 4, told=0.0)
    for layer in LAYERS:
        own = np.zeros((4 * families, families), np.float32)
        own[np.arange(4 * families), np.repeat(np.arange(families), 4)] = 2 * store.truth - 1
        store.arrays[layer, "last"] = own
    found = probed(store, flips=0).found[0]
    assert (found.auroc.value or 0) == pytest.approx(0.5, abs=0.02)
    for fold, reading in enumerate(found.readings):
        for rows in (found.fold == fold, found.fold != fold):
            assert np.isfinite(reading[rows]).all()
            score = float(areas(reading[rows], found.labels[rows].astype(bool)))
            assert score == pytest.approx(0.5, abs=0.05)


def test_strata_are_probed_apart_and_what_cannot_be_probed_is_told() -> None:
    store = clean(60, 5)
    store.change(
        strata=lambda row: {"modality": "vision" if row < 120 else "audio"},
        label=lambda row: int(store.truth[row]) if row < 200 else 1,
    )
    store.targets.append(msgspec.structs.replace(store.targets[0], target="other"))
    found = probed(store, flips=0)
    assert [(one.target, one.stratum) for one in found.found] == [
        ("premise", "vision"),
        ("premise", "audio"),
    ]
    assert "nothing to tell" in found.left_out["other · vision"]
    assert len(found.of("premise", "audio").labels) == 120
    with pytest.raises(DataError, match="nothing can be probed"):
        probe(store.states, store.targets[-1:], sites=["last"])
    with pytest.raises(OptionError, match="no states of site 'lst'"):
        probe(store.states, store.targets, sites=["lst"])


def test_a_label_that_too_few_groups_have_is_left_out_with_the_reason() -> None:
    store = clean(12, 5)
    own = store.targets[:]
    for few in (1, 2, 3):
        for row, one in enumerate(own):
            rare = int(row // 4 < few and row % 4 < 2)
            store.targets.append(msgspec.structs.replace(one, target=f"in {few}", label=rare))
    found = probed(store, flips=0, cs=(0.1,), layers=["final"])
    assert [one.target for one in found.found] == ["premise", "in 3"]
    assert np.isfinite(found.of("in 3", "vision").logits).all()
    for few in (1, 2):
        assert f"label 1 is in {few} of 12 groups" in found.left_out[f"in {few} · vision"]


def test_the_same_seed_gives_the_same_and_rows_may_stand_anywhere() -> None:
    store = clean(30, 6)
    one, two = (probed(store, flips=5, seed=7).to_dict() for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)


def test_progress_tells_a_time_from_the_first_layer_on() -> None:
    told: list[tuple[int, int, float]] = []
    probed(clean(30, 6), flips=3, progress=lambda *given: told.append(given))
    done, whole, left = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert all(part <= of for part, of in zip(done, whole, strict=True))
    assert left[0] > 0


def test_further_targets_are_expected_once() -> None:
    store = clean(12, 6)
    own = store.targets[:]
    for name in ("second", "third"):
        store.targets += [msgspec.structs.replace(one, target=name) for one in own]
    told: list[tuple[int, int, float]] = []
    given: dict[str, Any] = {"flips": 0, "cs": (0.1,), "layers": ["final"]}
    probed(store, **given, progress=lambda *now: told.append(now))
    assert {whole for _, whole, _ in told} == {told[-1][0]}


def test_every_second_layer_is_read_and_then_the_neighbours_of_the_best() -> None:
    assert every_second(LAYERS) == ("block.00", "final")

    class Counted:
        def __init__(self, store: Store) -> None:
            self.held, self.read = store.states, list[str]()
            self.layers, self.sites = self.held.layers, self.held.sites
            self.depth = self.held.depth

        def states(
            self, layer: str, site: str, ids: Sequence[str], places: Sequence[int] | None = None
        ) -> Any:
            self.read.append(layer)
            return self.held.states(layer, site, ids, places)

        def letters(self, ids: Sequence[str]) -> Any:
            raise NotImplementedError

        def answers(self, ids: Sequence[str]) -> Any:
            raise NotImplementedError

    store = clean(50, 8, told=2.0)
    counted = Counted(store)
    probe(counted, store.targets, sites=["last"], flips=0, **FEW)
    assert "embedding" not in counted.read
    assert {"block.00", "final", "block.01"} == set(counted.read)


def test_the_null_turns_whole_families_over_or_exchanges_whole_scenes() -> None:
    truth = np.array([1, 0, 0, 1, 0, 1], np.uint8)
    groups = ["a", "a", "b", "b", "c", "c"]
    how, drawn = null_labels(truth, groups, 50, seed=1)
    assert how == "flip"
    for first in (0, 2, 4):
        pair = drawn[:, first : first + 2]
        turned = (pair == 1 - truth[first : first + 2]).all(axis=1)
        assert (turned | (pair == truth[first : first + 2]).all(axis=1)).all()
        assert 10 < turned.sum() < 40
    scenes = np.array([1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1], np.uint8)
    how, drawn = null_labels(scenes, ["a"] * 4 + ["b"] * 4 + ["c"] * 4, 30, seed=1)
    assert how == "exchange"
    patterns = {tuple(scenes[start : start + 4]) for start in (0, 4, 8)}
    for row in drawn:
        assert {tuple(row[start : start + 4]) for start in (0, 4, 8)} == patterns


@pytest.mark.parametrize(
    ("sizes", "label"),
    [
        ([3] * 12, lambda _, size: [0, 1, 1][:size]),  # alike in every family
        (list(range(3, 15)), lambda _, size: [1] + [0] * (size - 1)),  # sizes of their own
        ([4] * 12, lambda group, size: [group % 2] * size),  # one label a group
    ],
)
def test_labels_of_a_null_are_never_the_truth_again(sizes: list[int], label: Any) -> None:
    truth = np.concatenate([label(group, size) for group, size in enumerate(sizes)])
    groups = np.repeat([f"{n:02d}" for n in range(len(sizes))], sizes)
    how, drawn = null_labels(truth.astype(np.uint8), groups.tolist(), 40, seed=1)
    assert how == "exchange"
    assert (drawn.sum(axis=1) == truth.sum()).all()
    assert np.mean([np.corrcoef(row, truth)[0, 1] for row in drawn]) < 0.3


def test_where_no_labels_can_be_drawn_there_is_no_p_but_the_reason() -> None:
    """Groups of one label each, and no two of a size."""
    sizes = np.arange(2, 18)
    group = np.repeat(np.arange(len(sizes)), sizes)
    states = np.random.default_rng(1).standard_normal((len(group), 4)).astype(np.float32)
    states[:, 0] += 3 * (group % 2)
    ids = tuple(f"item-{row}" for row in range(len(group)))
    targets = [
        Target(
            item_id=name,
            target="kind",
            label=int(own % 2),
            group=f"{own:02d}",
            strata={},
            numbers={"size": float(row[1])},
        )
        for name, own, row in zip(ids, group, states, strict=True)
    ]
    store = InMemory(("final",), ("last",), ids, {("final", "last"): states}, np.zeros((0, 0)))
    found = probe(store, targets, sites=["last"], flips=19, **FEW)
    assert found.found[0].null is None
    assert (found.found[0].auroc.value or 0) > 0.9
    assert "no null" in repr(found)
    (table,) = tables(found.to_dict(), None)
    assert "kind at last" in table.note
    assert "no null" in table.note
    told = controls(store, targets, found).found[0]
    assert [one.name for one in told.alarms if one.level == "alarm"] == []
    silent = [one.said for one in told.alarms if one.name == "mute"]
    assert "numbers: no labels that say nothing could be drawn" in silent[0]


def test_blocks_that_are_left_out_are_whole_groups_of_all_folds() -> None:
    group = np.repeat(np.arange(40), 4)
    fold = group % 4
    block = blocks_of(group, fold, 5, seed=1)
    assert (block.reshape(40, 4) == block[::4, None]).all()
    for number in range(4):
        assert (np.bincount(block[fold == number], minlength=5) == 8).all()


def test_kinds_are_told_by_fits_that_saw_none_of_them() -> None:
    store = clean(40, 2)
    setup = Setup.of(store.targets, folds=4, inner=3)
    kind = np.array([one.strata["kind"] for one in store.targets])
    for split in setup.splits[4:]:
        assert set(kind[split.held]) == {split.name}
        assert split.name not in kind[split.inner >= 0]


def test_areas_count_pairs_and_ties_half() -> None:
    score = np.array([[0.1, 5.0], [0.4, 5.0], [0.4, 5.0 + 1e-9], [0.8, 5.0]])
    positive = np.array([[0], [1], [0], [1]], bool)
    np.testing.assert_allclose(areas(score, positive), [(1 + 0.5 + 1 + 1) / 4, 0.5])
    assert np.isnan(areas(score[:, 0], np.ones(4, bool)))


def test_calibration_is_right_of_right_probabilities_and_sees_the_sure() -> None:
    rng = np.random.default_rng(0)
    logits = 2 * rng.standard_normal(4000)
    truth = 1 / (1 + np.exp(-logits)) > rng.random(4000)
    group = np.arange(4000)
    right = calibration(logits, truth, group, seed=0)
    assert right.error < 2 * right.of_calibrated
    assert right.slope == pytest.approx(1, abs=0.1)
    sure = calibration(3 * logits, truth, group, seed=0)
    assert sure.error > 5 * sure.of_calibrated
    assert sure.slope == pytest.approx(1 / 3, abs=0.05)
    assert sum(part.true.n for part in right.bins) == 4000
    for found, slope in ((right, 1), (sure, 1 / 3)):
        assert found.low < slope < found.high
        assert found.high - found.low < 0.2
    apart = calibration(np.where(truth, 1.0, -1.0) * (1 + np.abs(logits)), truth, group, seed=0)
    assert (apart.slope, apart.low, apart.high) == (None, None, None)
    assert slope_of(msgspec.to_builtins(apart)).text() == "separated"
    two = calibration(logits, truth, group % 2, seed=0)
    assert two.slope == right.slope
    assert two.low is None


def test_a_label_that_one_group_alone_has_is_left_out() -> None:
    rows = [
        Target(item_id=f"i{k}", target="t", label=int(k == 0), group=f"g{k // 2}")
        for k in range(40)
    ]
    with pytest.raises(DataError, match=r"label 1 is in 1 of 20 groups"):
        Setup.of(rows)
