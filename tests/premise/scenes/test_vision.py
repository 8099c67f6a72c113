"""What is seen: pairs of details, their pixels, and the eyes that tell them apart."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections import Counter
from functools import lru_cache
from itertools import product
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from handeye.media.angles import SINES
from handeye.premise.scenes.kinds import N_FRAMES, SIZE, STAGE, Detail, Kind
from handeye.premise.scenes.vision import QUERIES, VISION
from handeye.premise.scenes.vision.shapes import SHAPES, cover, shape
from handeye.sets.draw import Draw
from handeye.visualact.scenes.encoding import Drawn, encode_film

STILL = [name for name, kind in VISION.items() if not kind.needs]
MOVING = [name for name, kind in VISION.items() if kind.needs]
CASES = [(name, level) for name, kind in VISION.items() for level in kind.levels]


def pair(kind: Kind, level: float, seed: int) -> tuple[Detail, Detail]:
    return kind.draw(Draw(seed, kind.name, repr(level)), level)


def whole(stage: NDArray[Any], strip: NDArray[Any] | None = None) -> NDArray[np.uint8]:
    """Frames with a stage (frames, 160, 224, 3) and, where one is given, a strip."""
    frames = np.full((len(stage), SIZE, SIZE, 3), 216, dtype=np.uint8)
    frames[:, :STAGE] = stage
    if strip is not None:
        frames[:, STAGE:] = strip
    return frames


@lru_cache(maxsize=1)
def noise() -> NDArray[np.int8]:
    bits = np.random.Generator(np.random.PCG64(0))
    return bits.integers(-3, 4, (N_FRAMES, SIZE, SIZE, 3), dtype=np.int8)


def rough(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every value off by up to 3."""
    return np.clip(frames + noise()[: len(frames)].astype(np.int16), 0, 255).astype(np.uint8)


def coded(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frames of an MP4 (H.264, 4:2:0) of these frames."""
    with av.open(io.BytesIO(encode_film(Drawn(tuple(frames), 12)))) as container:
        return np.stack(
            [
                frame.reformat(format="rgb24", src_colorspace="ITU601").to_ndarray()
                for frame in container.decode(video=0)
            ]
        )


def told(kind: Kind, details: tuple[Detail, Detail], media: Any) -> list[list[bool | None]]:
    """What ``holds`` says of both clauses, for the clip of each detail made by ``media``."""
    return [
        [kind.holds(media(kind.render(shown)), kind.clause(said)) for said in details]
        for shown in details
    ]


RIGHT = [[True, False], [False, True]]


def test_there_are_enough_kinds_and_each_grows_harder():
    assert len(STILL) >= 8
    assert len(MOVING) >= 4
    for name, kind in VISION.items():
        assert kind.name == name
        assert kind.modality == "vision"
        assert len(kind.levels) == 3
        assert list(kind.levels) == sorted(kind.levels, reverse=True)
        assert kind.needs <= {"motion"}


@pytest.mark.parametrize(("name", "level"), CASES)
def test_two_details_differ_in_one_value_and_are_told_apart(name: str, level: float):
    kind = VISION[name]
    firsts = set()
    for seed in range(6):
        details = pair(kind, level, seed)
        assert details == pair(kind, level, seed)
        one, other = details
        assert json.loads(json.dumps(details)) == list(details)
        assert len([key for key in one if one[key] != other[key]]) == 1
        assert one.keys() == other.keys()
        clauses = kind.clause(one), kind.clause(other)
        assert clauses[0] != clauses[1]
        firsts.add(clauses[0])
        for clause in clauses:
            assert clause == clause.strip(" .")
            assert clause[0].islower()
        if seed < 2:
            assert told(kind, details, lambda stage: rough(whole(stage))) == RIGHT
    assert len(firsts) > 1


@pytest.mark.parametrize("name", VISION)
def test_the_hardest_level_is_read_from_a_coded_film(name: str):
    kind = VISION[name]

    def film(stage: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return coded(whole(np.repeat(stage, 3, axis=0) if len(stage) == 1 else stage))

    assert told(kind, pair(kind, kind.levels[-1], 11), film) == RIGHT


@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_stage_is_pixels_with_an_empty_rim(name: str, level: float):
    kind = VISION[name]
    frames = (N_FRAMES if kind.needs else 1, STAGE, SIZE, 3)
    for seed, detail in product(range(20, 24), range(2)):
        stage = kind.render(pair(kind, level, seed)[detail])
        assert stage.shape == frames
        assert stage.dtype == np.uint8
        ground = stage[0, 0, 0]
        for rim in (stage[:, :4], stage[:, -4:], stage[:, :, :4], stage[:, :, -4:]):
            assert (rim == ground).all()
        assert kind.needs or (stage != ground).any()


def test_pixels_are_the_same_bytes_everywhere():
    digest = hashlib.sha256()
    for name, level in CASES:
        for detail in pair(VISION[name], level, 5):
            digest.update(VISION[name].render(detail).tobytes())
    for name, option in product(QUERIES, range(4)):
        digest.update(QUERIES[name].render(option, Draw(5, name, option)).tobytes())
    assert digest.hexdigest() == (
        "491ac55db2c21af3b75c21f6b0cbfcb9fd8d19d5f03ed45072b73be26664c97a"
    )


def test_no_sine_of_the_table_hangs_on_a_last_bit():
    exact = [math.sin(math.radians(degrees)) * 2**14 for degrees in range(91)]
    assert max(abs(value - sine) for value, sine in zip(exact, SINES, strict=True)) < 0.5 - 1e-5


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(SHAPES),
    radius=st.integers(12, 48),
    turn=st.integers(-180, 180),
    off=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_shapes_of_one_radius_cover_the_area_of_its_disc(
    name: str, radius: int, turn: int, off: tuple[int, int]
):
    area = cover(shape(name, radius, turn), *off).sum() / 16
    assert area == pytest.approx(math.pi * radius**2, rel=0.7 / radius)


@pytest.mark.parametrize("level", VISION["direction"].levels)
def test_turned_round_a_direction_is_the_other_one(level: float):
    kind = VISION["direction"]
    one, other = (kind.render(detail) for detail in pair(kind, level, 3))
    assert (one == other[::-1]).all()
    assert (one != other).any()


@pytest.mark.parametrize("name", MOVING)
def test_what_needs_motion_is_not_told_by_one_picture(name: str):
    kind = VISION[name]
    for detail in pair(kind, kind.levels[0], 1):
        assert kind.holds(whole(kind.render(detail)[:1]), kind.clause(detail)) is None


@pytest.mark.parametrize("name", VISION)
def test_what_is_not_there_does_not_hold(name: str):
    kind = VISION[name]
    clause = kind.clause(pair(kind, kind.levels[0], 1)[0])
    assert kind.holds(whole(np.full((2, STAGE, SIZE, 3), 40, np.uint8)), clause) is False
    # A clip that shows nothing of what this kind's clauses speak of.
    for other in {"orientation", "pattern", "flashes"} - {name}:
        detail = pair(VISION[other], VISION[other].levels[0], 2)[0]
        stage = VISION[other].render(detail)
        frames = np.repeat(stage, 2, axis=0) if len(stage) == 1 else stage
        assert kind.holds(whole(frames), clause) is False


def test_a_clause_is_of_one_kind():
    clip = whole(np.full((2, STAGE, SIZE, 3), 40, np.uint8))
    for name, other in product(VISION, VISION):
        kind = VISION[other]
        for level, seed in product(kind.levels, range(3)):
            clause = kind.clause(pair(kind, level, seed)[0])
            assert (VISION[name].holds(clip, clause) is None) == (name != other)
        assert kind.holds(clip, "the dog barks") is None


@pytest.mark.parametrize("name", QUERIES)
def test_the_badge_is_read_whatever_else_is_drawn(name: str):
    query = QUERIES[name]
    assert len(set(query.options)) == 4
    assert query.text.endswith("?")
    assert query.near <= set(VISION)
    stage = VISION["count"].render(pair(VISION["count"], 1.5, 1)[0])
    for option in range(4):
        others: dict[str, Counter[int | None]] = {other: Counter() for other in QUERIES}
        for seed in range(12):
            strip = query.render(option, Draw(seed, name, option))
            assert strip.shape == (SIZE - STAGE, SIZE, 3)
            assert strip.dtype == np.uint8
            assert (strip == strip[..., :1]).all(), "greys only"
            frames = rough(whole(stage, strip))
            for other, counts in others.items():
                counts[QUERIES[other].read(frames)] += 1
        assert others.pop(name) == {option: 12}
        assert all(None not in counts and len(counts) > 1 for counts in others.values())


def test_badges_are_read_from_a_coded_film():
    strips = [
        (query, option, query.render(option, Draw(seed, query.name, option)))
        for query, option, seed in product(QUERIES.values(), range(4), range(2))
    ]
    stage = np.full((1, STAGE, SIZE, 3), 40, np.uint8)
    frames = coded(np.concatenate([whole(stage, strip) for _, _, strip in strips]))
    for (query, option, _), frame in zip(strips, frames, strict=True):
        assert query.read(frame[None]) == option


def test_no_badge_has_no_answer():
    frames = whole(np.full((1, STAGE, SIZE, 3), 40, np.uint8))
    assert [query.read(frames) for query in QUERIES.values()] == [None] * 3
