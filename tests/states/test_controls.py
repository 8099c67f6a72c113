"""Controls: planted leaks raise their alarm, clean sets raise none, figures mean what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handeye.states.controls import Controls, controls
from handeye.states.parts import Record, Taken
from handeye.states.probes import probe
from handeye.states.store import Store as Captured, Writer, open_store
from handeye.states.texts import crossed, tf_idf
from tests.support.leaks import LEAKS, Store, clean, leaking


def checked(store: Store) -> Controls:
    found = probe(store.states, store.targets, sites=["last"], flips=20, cs=(1e-2, 1e-1), folds=4)
    return controls(store.states, store.targets, found, others=store.others)


@pytest.mark.parametrize("leak", LEAKS)
def test_each_leak_raises_its_alarm(leak: str) -> None:
    alarms = checked(leaking(leak, 60, seed=1)).alarms
    assert leak in [alarm.name for alarm in alarms], alarms


@pytest.mark.parametrize("site", ["media", "grid"])
@pytest.mark.parametrize("by", ["item", "clip"])
def test_questions_of_a_clip_that_are_of_several_groups_raise_an_alarm(site: str, by: str) -> None:
    """A coin for each clip is told by its states as soon as folds part its questions."""
    store = clean(30, 3)
    coin = np.random.default_rng(4).integers(0, 2, 60)
    store.change(
        label=lambda row: int(coin[row // 2]),
        group=lambda row: f"item-{row}" if by == "item" else f"clip-{row // 2}",
        siblings=lambda row: {},
        place=lambda row: 1 if site == "grid" else None,
    )
    if site == "grid":
        for layer in store.states.layers:
            one = store.arrays[layer, "media"]
            # Every picture begins alike.
            store.arrays[layer, "grid"] = np.stack([np.ones_like(one), one], axis=1)
    found = probe(store.states, store.targets, sites=[site], flips=0, cs=(1e-2,), folds=3)
    alarms = controls(store.states, store.targets, found).alarms
    told = [one.said for one in alarms if one.name == "copies"]
    assert bool(told) == (by == "item")
    assert all("60 states stand in several groups" in one and "one group" in one for one in told)


@pytest.mark.parametrize("by", ["item", "family"])
@pytest.mark.parametrize("label", ["coin", "truth"])
@pytest.mark.parametrize("known", ["media", "hashes", "scenes"])
def test_what_is_learnt_of_a_clip_by_heart_is_told_behind_its_questions_too(
    by: str, label: str, known: str, tmp_path: Path
) -> None:
    """No two states are equal there; which clip it is, and folds that part it, are enough."""
    store, coin = clean(30, 3), np.random.default_rng(4).integers(0, 2, 60)
    store.change(
        label=lambda row: int(coin[row // 2] if label == "coin" else store.truth[row]),
        group=lambda row: f"item-{row}" if by == "item" else f"family-{row // 4}",
        siblings=lambda row: {},
    )
    states = store.states if known == "media" else on_disk(store, tmp_path, known == "hashes")
    found = probe(states, store.targets, sites=["last"], flips=0, cs=(1e-2,), folds=3)
    told = controls(states, store.targets, found).found[0].alarms
    levels = [one.level for one in told if one.name == "clip"]
    # A truth that each clip is on both sides of is not learnt so; that folds part it is a note.
    assert levels == ([] if by == "family" else ["alarm" if label == "coin" else "note"])
    said = [one.said for one in told if one.name == "clip"]
    assert all("what is asked of 60 clips" in one for one in said)


def on_disk(store: Store, folder: Path, hashes: bool) -> Captured:
    """The states of the last token alone, as a capture of them is."""
    layers = store.states.layers
    record = Record(
        settings={}, layers=layers, sites=("last",), blocks=2, width=store.width, dtype="float32"
    )
    with Writer(folder / "states", record) as writer:
        for row, name in enumerate(store.ids):
            own = {layer: {"last": store.arrays[layer, "last"][row]} for layer in layers}
            clip = f"clip-{row // 2}"
            media = {"media": clip, "prompt": f"prompt-{row % 2}"} if hashes else {}
            writer.add(Taken(item_id=name, scene_id=clip, clip="", **media), own)
    return open_store(folder / "states")


@pytest.mark.parametrize("words", [True, False])
def test_where_no_text_is_given_the_prompt_is_asked_which_it_is(
    words: bool, tmp_path: Path
) -> None:
    store = clean(30, 3)
    store.change(
        label=lambda row: row % 2, siblings=lambda row: {},
        **({} if words else {"texts": lambda row: {}}),
    )  # fmt: skip
    states = on_disk(store, tmp_path, hashes=True)
    found = probe(states, store.targets, sites=["last"], flips=0, cs=(1e-2,), folds=3)
    told = [one.name for one in controls(states, store.targets, found).alarms]
    # With texts it is the reader of words that tells, once it has a null.
    assert told == ([] if words else ["prompt"])


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("crossed", [True, False])
def test_clean_sets_are_silent(seed: int, crossed: bool) -> None:
    assert checked(clean(60, seed, crossed=crossed)).alarms == ()


def test_alarms_that_could_not_be_raised_are_noted() -> None:
    """Of so few families four deviations of a null lie beyond an area of 1."""
    found = checked(leaking("numbers", 8, seed=1)).found[0]
    (note,) = [one for one in found.alarms if one.name == "mute"]
    assert note.level == "note"
    assert "of 8 groups, even an AUROC of 1 lies less than 4 deviations above" in note.said
    assert "numbers" in note.said


def test_bits_and_differences_say_what_states_add_to_a_reader() -> None:
    useless = checked(clean(80, 5, crossed=False)).found[0]
    assert "mute" not in [alarm.name for alarm in useless.alarms]
    told = useless.of("words of question")
    assert told.bits is not None
    assert told.bits.low is not None
    assert told.bits.low > 0.05
    assert told.difference.low is not None
    assert told.difference.low > 0.1
    # A twin of the states tells all that they tell: nothing is added.
    store = clean(80, 5)
    store.others = {"text model": store.states}
    twin = checked(store).found[0].of("text model")
    assert twin.bits is not None
    assert twin.bits.value == pytest.approx(0, abs=0.03)
    assert twin.difference.value == pytest.approx(0, abs=0.02)


def test_in_a_crossed_set_no_reader_of_words_is_asked() -> None:
    found = checked(clean(30, 2)).found[0]
    assert found.crossed
    assert not [one for one in found.controls if one.name.startswith("words")]
    assert found.selectivity > 0.05


def test_an_embedder_reads_each_distinct_text_once() -> None:
    store, asked = clean(30, 3, crossed=False), []
    found = probe(store.states, store.targets, sites=["last"], flips=0, cs=(1e-1,), folds=3)

    def embed(texts: list[str]) -> object:
        asked.extend(texts)
        return np.array([[len(text), text.count("e")] for text in texts], float)

    told = controls(store.states, store.targets, found, embed=embed)  # type: ignore[arg-type]
    assert len(asked) == len(set(asked))
    assert told.found[0].of("meaning of question").auroc.value is not None


def test_crossed_texts_stand_with_either_label() -> None:
    assert crossed(["a", "a", "b", "b"], np.array([1, 0, 0, 1], bool))
    assert not crossed(["a", "a", "b", "b"], np.array([1, 0, 0, 0], bool))


def test_tf_idf_weighs_rare_words_and_has_unit_rows() -> None:
    rows = tf_idf(["red dog", "red cat", "red dog runs", "—"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert rows[0] @ rows[2] > rows[0] @ rows[1]
