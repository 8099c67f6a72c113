"""Sound details of what a sound is like: pitch, loudness, timbre, noise, glide.

Each kind is a table of its clauses and three functions, as in ``events``: draw, render, find.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from handeye.premise.scenes.kinds import RATE, Detail, Kind
from handeye.premise.scenes.sound import listening
from handeye.premise.scenes.sound.events import (
    SHARES,
    WINDOW,
    Pair,
    compared,
    pair,
    seed_of,
    told,
    window,
)
from handeye.premise.scenes.sound.waves import (
    Samples,
    chord,
    decibels,
    faded,
    milliseconds,
    noise,
    semitones,
    stereo,
    struck,
)
from handeye.sets.draw import Draw

# Pitch and loudness: the second of two against the first.

_PITCH = {
    "up": "the second tone is higher than the first",
    "down": "the second tone is lower than the first",
}
_LOUDNESS = {
    "up": "the second knock is louder than the first",
    "down": "the second knock is softer than the first",
}


def _draw_pitch(draw: Draw, level: float) -> Pair:
    ms = 450
    apart = draw.integer(150, 400)
    start = draw.integer(0, WINDOW - 2 * ms - apart)
    low = draw.integer(220, 440)
    high = round(low * semitones(level), 2)
    shared = {"at": [start, start + ms + apart], "ms": ms, "reed": draw.pick(sorted(SHARES))}
    return pair(draw, {"hz": [low, high], **shared}, {"hz": [high, low], **shared})


def _render_pitch(detail: Detail) -> Samples:
    n, shares = milliseconds(detail["ms"]), SHARES[detail["reed"]]
    tones = [faded(chord(hertz, n, shares)) for hertz in detail["hz"]]
    return stereo(window(*zip(detail["at"], tones, strict=True)))


def _find_pitch(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    two = listening.events(heard)
    if len(two) != 2 or not all(350 < listening.lasts(event) < 600 for event in two):
        return None
    first, second = (listening.pitch(heard[slice(*event)]) for event in two)
    return compared(second / first, semitones(0.3))


def _draw_loudness(draw: Draw, level: float) -> Pair:
    ms = 250
    apart = draw.integer(350, 900)
    start = draw.integer(0, WINDOW - 2 * ms - apart)
    loud = -draw.integer(0, 4)
    shared = {"at": [start, start + ms + apart], "ms": ms, "hz": draw.integer(150, 300)}
    soft = round(loud - level, 2)
    return pair(draw, {"db": [loud, soft], **shared}, {"db": [soft, loud], **shared})


def _render_loudness(detail: Detail) -> Samples:
    knock = struck(chord(detail["hz"], milliseconds(detail["ms"]), SHARES["reed"])) * 2
    knocks = [knock * decibels(level) for level in detail["db"]]
    return stereo(window(*zip(detail["at"], knocks, strict=True)))


def _find_loudness(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    two = listening.events(heard, below_db=28)
    if len(two) != 2 or any(listening.lasts(event) > 320 for event in two):
        return None
    if any(not 100 < listening.pitch(heard[slice(*event)]) < 350 for event in two):
        return None
    first, second = (listening.energy(heard[slice(*event)]) for event in two)
    # Of powers: twice the decibels of amplitudes.
    return compared(second / first, decibels(2 * 0.7))


def _way(two: list[float]) -> str:
    return "up" if two[1] > two[0] else "down"


# Timbre: one long note with overtones or without, of the same power.

_TIMBRE = {"pure": "the long note is a pure tone", "rich": "the long note has overtones"}
_NOTE, _OVERTONES = 1300, 5


def _draw_timbre(draw: Draw, level: float) -> Pair:
    shared = {"hz": draw.integer(220, 440), "at": draw.integer(0, WINDOW - _NOTE)}
    return pair(draw, {"percent": 0, **shared}, {"percent": level, **shared})


def _render_timbre(detail: Detail) -> Samples:
    share = detail["percent"] / 100
    shares = (1 - share, *[share / _OVERTONES] * _OVERTONES)
    note = faded(chord(detail["hz"], milliseconds(_NOTE), shares), 20, 40)
    return stereo(window((detail["at"], note)))


def _find_timbre(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    found = listening.events(heard)
    if len(found) != 1 or listening.lasts(found[0]) < 1100:
        return None
    hertz, power = listening.spectrum(heard[slice(*found[0])])
    base = listening.pitch(heard[slice(*found[0])])
    near = [power[abs(hertz - base * k) < 15].sum() for k in range(1, _OVERTONES + 2)]
    if sum(near) < 0.7 * power.sum():
        return None
    return "rich" if sum(near[1:]) > 0.006 * sum(near) else "pure"


# Noise: its band moves up or down half way.

_NOISE = {
    "up": "the noise turns from dull to sharp",
    "down": "the noise turns from sharp to dull",
}
_HALF = 800


def _draw_noise(draw: Draw, level: float) -> Pair:
    middle, ratio = draw.integer(1000, 1400), semitones(6 * level)
    two = [round(middle / ratio, 2), round(middle * ratio, 2)]
    shared = {"at": draw.integer(0, WINDOW - 2 * _HALF), "noise": seed_of(draw)}
    return pair(draw, {"hz": two, **shared}, {"hz": two[::-1], **shared})


def _render_noise(detail: Detail) -> Samples:
    # The halves overlap by their ramps, so that there is no silence between.
    pieces = [
        faded(noise(detail["noise"] + i, milliseconds(_HALF + 10), hertz, hertz * 0.8), 20, 20)
        for i, hertz in enumerate(detail["hz"])
    ]
    at = detail["at"]
    return stereo(window((at, pieces[0]), (at + _HALF - 10, pieces[1])))


def _find_noise(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    found = listening.events(heard, apart_ms=60)
    if len(found) != 1 or listening.lasts(found[0]) < 1200:
        return None
    start, end = found[0]
    third = (end - start) // 3
    ends = heard[start : start + third], heard[end - third : end]
    if any(listening.purity(part, within=10) > 0.5 for part in ends):
        return None
    # Both bands end lower; white noise does not.
    high = listening.band(heard, 6000, RATE / 2)
    if listening.energy(high) > 0.1 * listening.energy(heard):
        return None
    first, second = (listening.brightness(part) for part in ends)
    return compared(second / first, semitones(2))


# Glide: a tone that slides up or down.

_GLIDE = {"up": "the sliding tone goes up", "down": "the sliding tone goes down"}
_SLIDE = 900


def _draw_glide(draw: Draw, level: float) -> Pair:
    low = draw.integer(250, 500)
    ends = [low, round(low * semitones(level), 2)]
    shared = {"at": draw.integer(0, WINDOW - _SLIDE), "reed": draw.pick(sorted(SHARES))}
    return pair(draw, {"hz": ends, **shared}, {"hz": ends[::-1], **shared})


def _render_glide(detail: Detail) -> Samples:
    start, end = detail["hz"]
    slide = chord(start, milliseconds(_SLIDE), SHARES[detail["reed"]], end)
    return stereo(window((detail["at"], faded(slide, 20, 20))))


def _find_glide(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    found = listening.events(heard)
    if len(found) != 1 or not 750 < listening.lasts(found[0]) < 1100:
        return None
    start, end = found[0]
    third = (end - start) // 3
    ends = heard[start : start + third], heard[end - third : end]
    if any(listening.purity(part) < 0.3 for part in ends):
        return None
    first, second = (listening.pitch(part) for part in ends)
    return compared(second / first, semitones(0.3))


QUALITIES = (
    Kind(
        name="pitch", modality="audio", unit="semitones", levels=(12, 4, 1),
        draw=_draw_pitch, clause=lambda detail: _PITCH[_way(detail["hz"])],
        render=_render_pitch, holds=told(_PITCH, _find_pitch),
    ),
    Kind(
        name="loudness", modality="audio", unit="dB", levels=(12, 6, 2),
        draw=_draw_loudness, clause=lambda detail: _LOUDNESS[_way(detail["db"])],
        render=_render_loudness, holds=told(_LOUDNESS, _find_loudness),
    ),
    Kind(
        name="timbre", modality="audio", unit="% of power in overtones", levels=(50, 10, 2),
        draw=_draw_timbre, clause=lambda detail: _TIMBRE["rich" if detail["percent"] else "pure"],
        render=_render_timbre, holds=told(_TIMBRE, _find_timbre),
    ),
    Kind(
        name="noise", modality="audio", unit="octaves", levels=(3, 1.5, 0.5),
        draw=_draw_noise, clause=lambda detail: _NOISE[_way(detail["hz"])],
        render=_render_noise, holds=told(_NOISE, _find_noise),
    ),
    Kind(
        name="glide", modality="audio", unit="semitones", levels=(12, 4, 1),
        draw=_draw_glide, clause=lambda detail: _GLIDE[_way(detail["hz"])],
        render=_render_glide, holds=told(_GLIDE, _find_glide),
    ),
)  # fmt: skip
