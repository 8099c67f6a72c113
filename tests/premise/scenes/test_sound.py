"""What is heard: the same samples everywhere, and told from the waveform after AAC."""

from __future__ import annotations

import hashlib
import io
import json
import math
import wave
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from handeye import assets
from handeye.errors import AssetError
from handeye.media.sound import sound_of
from handeye.premise.scenes.encoding import encode_sound
from handeye.premise.scenes.kinds import (
    CLOSE_FROM,
    CLOSE_SAMPLES,
    DETAIL_FROM,
    DETAIL_SAMPLES,
    N_SAMPLES,
    Detail,
    Kind,
    Query,
)
from handeye.premise.scenes.sound import AUDIO, QUERIES
from handeye.premise.scenes.sound.events import NUMBERS, WORDS
from handeye.premise.scenes.sound.waves import sine_table
from handeye.sets.draw import Draw

Samples = NDArray[Any]
CASES = [(kind.name, level) for kind in AUDIO.values() for level in kind.levels]


def clip(kind: Kind, detail: Detail, query: Query, option: int, seed: int = 0) -> Samples:
    out = np.zeros((N_SAMPLES, 2), np.int16)
    out[DETAIL_FROM : DETAIL_FROM + DETAIL_SAMPLES] = kind.render(detail)
    out[CLOSE_FROM : CLOSE_FROM + CLOSE_SAMPLES] = query.render(option, Draw(seed, "rest"))
    return out


def decoded(samples: Samples) -> Samples:
    return sound_of(encode_sound(samples))


def askable(kind: Kind) -> Iterator[Query]:
    return (query for query in QUERIES.values() if kind.name not in query.near)


# -- the recordings


def test_recordings_are_those_of_the_table_and_small() -> None:
    words = assets.spoken_words()
    assert len(words) == 60
    for word, row in words.items():
        data = assets.recording(word)
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert len(data) == 2 * int(row["samples"]) < 2 * CLOSE_SAMPLES
    assert sum(len(assets.recording(word)) for word in words) < 1_000_000


def test_recordings_are_wave_files_of_16_khz() -> None:
    folder = Path(assets.__file__).parent / "words"
    with wave.open(io.BytesIO((folder / "apple.wav").read_bytes())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
    with pytest.raises(AssetError, match="dolphin"):
        assets.recording("sesquipedalian")


def test_words_of_details_are_no_answers() -> None:
    asked = set(QUERIES["closing word"].options)
    assert len(asked) == 4
    assert not asked & set(WORDS)
    assert asked | set(WORDS) == set(assets.spoken_words())


# -- the same everywhere


def test_no_sine_lies_near_a_half() -> None:
    exact = [math.sin(2 * math.pi * k / 2**14) * 2**20 for k in range(2**14)]
    assert min(abs(value % 1 - 0.5) for value in exact) > 1e-6
    assert np.abs(sine_table() - np.array(exact)).max() <= 0.5


SHA256 = {
    "beeps": "7221df0b8880d221",
    "rhythm": "58f2821867b1e4d5",
    "order": "002dca81dbe31270",
    "side": "68a437dd16f93c09",
    "word": "ce24606e2855dbbe",
    "pitch": "909e27e0e22757f3",
    "loudness": "a5ae01d2fafa6e02",
    "timbre": "74611b47afbd8bb3",
    "noise": "4c5e37b063933cde",
    "glide": "75a0202f0a29307c",
    "closing word": "a05b5f69abd79080",
    "closing sound": "1e1cfd30acd66a7a",
    "closing clicks": "92a05e67b651f005",
}


@pytest.mark.parametrize("name", [*AUDIO, *QUERIES])
def test_samples_are_those_of_every_machine(name: str) -> None:
    digest = hashlib.sha256()
    if name in AUDIO:
        kind = AUDIO[name]
        for number, level in enumerate(kind.levels):
            for detail in kind.draw(Draw(3, name, number), level):
                digest.update(kind.render(detail).astype("<i2").tobytes())
    else:
        for option in range(4):
            digest.update(QUERIES[name].render(option, Draw(3, name)).astype("<i2").tobytes())
    assert digest.hexdigest()[:16] == SHA256[name]


# -- pairs


@given(case=st.sampled_from(CASES), seed=st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_a_pair_differs_in_what_is_claimed_alone(case: tuple[str, float], seed: int) -> None:
    kind = AUDIO[case[0]]
    two = kind.draw(Draw(seed), case[1])
    assert json.loads(json.dumps(two)) == list(two)
    assert two == kind.draw(Draw(seed), case[1])
    clauses = [kind.clause(detail) for detail in two]
    assert clauses[0] != clauses[1]
    assert all(clause[0].islower() and clause[-1] not in ".?" for clause in clauses)
    first, second = (kind.render(detail) for detail in two)
    assert first.shape == second.shape == (DETAIL_SAMPLES, 2)
    assert first.dtype == second.dtype == np.int16
    assert max(int(np.abs(first.astype(int)).max()), int(np.abs(second.astype(int)).max())) < 32767
    if "stereo" not in kind.needs:
        assert (first[:, 0] == first[:, 1]).all()
    assert two[0].keys() == two[1].keys()
    assert sum(two[0][key] != two[1][key] for key in two[0]) <= 2


@pytest.mark.parametrize("name", AUDIO)
def test_either_detail_comes_first_as_often(name: str) -> None:
    kind = AUDIO[name]
    pairs = [kind.draw(Draw(n), kind.levels[0]) for n in range(200)]
    ahead = [kind.clause(one) < kind.clause(other) for one, other in pairs]
    assert 70 < sum(ahead) < 130


@given(level=st.sampled_from(AUDIO["beeps"].levels), seed=st.integers(0, 2**40))
@settings(max_examples=50, deadline=None)
def test_counts_differ_by_one_within_the_same_time(level: float, seed: int) -> None:
    fewer, more = sorted(
        (detail["at"] for detail in AUDIO["beeps"].draw(Draw(seed), level)), key=len
    )
    assert len(more) == len(fewer) + 1
    assert set(fewer) < set(more)
    assert (fewer[0], fewer[-1]) == (more[0], more[-1])
    gaps = np.diff(more) - 60
    assert gaps.min() == level
    assert AUDIO["beeps"].clause({"at": more}).startswith(NUMBERS[len(more)])


# -- heard after AAC


@pytest.mark.parametrize(("name", "level"), CASES)
def test_what_holds_is_heard(name: str, level: float) -> None:
    kind = AUDIO[name]
    details = kind.draw(Draw(11, name), level)
    clauses = [kind.clause(detail) for detail in details]
    queries = list(askable(kind))
    for which, detail in enumerate(details):
        option = (which + kind.levels.index(level)) % 4
        query = queries[(option + which) % len(queries)]
        heard = decoded(clip(kind, detail, query, option))
        truth = [which == 0, which == 1]
        mono = heard.mean(1, keepdims=True).astype(np.int16)
        # Later by a codec's frame, softer, and as floats.
        late = np.pad(heard, ((1024, 0), (0, 0))) / np.float32(2 * 32768)
        carried = truth if "stereo" not in kind.needs else [None, None]
        for samples, told in ((heard, truth), (late, truth), (mono, carried)):
            assert [kind.holds(samples, clause) for clause in clauses] == told
            assert query.read(samples) == option


@lru_cache(maxsize=len(AUDIO))
def heard_of(name: str) -> Samples:
    """A clip of a kind after AAC."""
    kind = AUDIO[name]
    detail = kind.draw(Draw(4, name), kind.levels[0])[0]
    return decoded(clip(kind, detail, next(askable(kind)), 1))


@pytest.mark.parametrize("name", AUDIO)
def test_what_is_not_there_does_not_hold(name: str) -> None:
    kind = AUDIO[name]
    clauses = [kind.clause(detail) for detail in kind.draw(Draw(5, name), kind.levels[0])]
    silence = np.zeros((N_SAMPLES, 2), np.int16)
    for other in AUDIO.values():
        heard = heard_of(other.name)
        if other is kind:
            assert kind.holds(heard, "the moon is made of cheese") is None
        else:
            assert [kind.holds(heard, clause) for clause in clauses] == [False, False]
    for nothing in (silence, silence[:0], silence[:7]):
        assert [kind.holds(nothing, clause) for clause in clauses] == [False, False]


def test_one_channel_twice_says_nothing_of_sides() -> None:
    kind = AUDIO["side"]
    detail = kind.draw(Draw(1), 12)[0]
    samples = clip(kind, detail, QUERIES["closing word"], 0)
    twice = np.repeat(samples.mean(1, keepdims=True), 2, axis=1).astype(np.int16)
    assert kind.holds(samples, kind.clause(detail)) is True
    assert kind.holds(twice, kind.clause(detail)) is None


@pytest.mark.parametrize("name", QUERIES)
def test_no_answer_where_nothing_sounds_at_the_close(name: str) -> None:
    silence = np.zeros((N_SAMPLES, 2), np.int16)
    kind = next(kind for kind in AUDIO.values() if kind.name not in QUERIES[name].near)
    silence[DETAIL_FROM : DETAIL_FROM + DETAIL_SAMPLES] = kind.render(
        kind.draw(Draw(2), kind.levels[0])[0]
    )
    assert QUERIES[name].read(silence) is None
    assert QUERIES[name].read(silence[:100]) is None


@pytest.mark.parametrize("name", QUERIES)
def test_queries_have_four_answers_that_sound_different(name: str) -> None:
    query = QUERIES[name]
    sounds = {query.render(option, Draw(8)).tobytes() for option in range(4)}
    assert len(set(query.options)) == len(sounds) == 4
    assert query.near <= AUDIO.keys()
    assert query.text.endswith("?")
