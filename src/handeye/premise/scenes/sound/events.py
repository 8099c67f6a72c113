"""Sound details of what happens when, where and in which word: beeps, rhythm, order, side, word.

A detail's times are milliseconds from the start of its window, frequencies hertz. Both details of
a pair have the same sounds at the same times, but for the one thing that the clause is about. Each
kind is a table of its clauses and three functions: draw, render, find (what holds of decoded
sound; None where nothing of the kind is heard).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.assets import spoken_words
from handeye.premise.scenes.kinds import DETAIL_SAMPLES, RATE, Detail, Kind
from handeye.premise.scenes.sound import listening
from handeye.premise.scenes.sound.closing import WORDS as CLOSING_WORDS
from handeye.premise.scenes.sound.waves import (
    Samples,
    Wave,
    chord,
    decibels,
    faded,
    laid,
    milliseconds,
    noise,
    said,
    stereo,
    struck,
    tone,
)
from handeye.sets.draw import Draw

Pair = tuple[Detail, Detail]
Holds = Callable[[NDArray[Any], str], bool | None]
WINDOW = DETAIL_SAMPLES * 1000 // RATE
"""Length of the window in milliseconds."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
WORDS = tuple(word for word in spoken_words() if word not in CLOSING_WORDS)
"""What the voice says as a detail; none of these is an answer at the close."""
SHARES: dict[str, tuple[float, ...]] = {"pure": (1.0,), "reed": (0.75, 0.15, 0.1)}


def pair(draw: Draw, one: Detail, other: Detail) -> Pair:
    """Both, which first by chance."""
    return (one, other) if draw.below(2) else (other, one)


def seed_of(draw: Draw) -> int:
    """The name of a noise."""
    return draw.below(1 << 31)


def told(claims: dict[str, str], found: Callable[[NDArray[Any]], str | None]) -> Holds:
    """``holds`` of a kind whose claims are these (value to clause), by what is found to hold."""
    values = {clause: value for value, clause in claims.items()}

    def holds(samples: NDArray[Any], clause: str) -> bool | None:
        return found(samples) == values[clause] if clause in values else None

    return holds


def window(*pieces: tuple[float, Wave]) -> Wave:
    """The window with pieces at their times in milliseconds."""
    return laid(DETAIL_SAMPLES, *((milliseconds(at), piece) for at, piece in pieces))


def compared(ratio: float, least: float) -> str | None:
    """Whether a second thing is more than a first, by a ratio above the least that counts."""
    return "up" if ratio > least else "down" if ratio < 1 / least else None


# Beeps: how many. The larger count has one beep more between the others, as far behind one of them
# as the level says; all other silences are at least as long.

_BEEP = 60
_BEEPS = {str(n): f"{NUMBERS[n]} beeps are heard" for n in range(2, 7)}


def _draw_beeps(draw: Draw, level: float) -> Pair:
    gap = round(level)
    more = draw.integer(3, 6)
    extra = draw.integer(1, more - 2)
    spare = WINDOW - more * _BEEP - (more - 1) * gap
    # The spare time goes before the first, after the last and between, but not before the extra.
    cuts = sorted(draw.integer(0, spare) for _ in range(more - 1))
    cuts.insert(extra, cuts[extra - 1])
    at = [cuts[i] + i * (_BEEP + gap) for i in range(more)]
    shared = {"hz": draw.integer(800, 1300)}
    fewer = [time for i, time in enumerate(at) if i != extra]
    return pair(draw, {"at": at, **shared}, {"at": fewer, **shared})


def _render_beeps(detail: Detail) -> Samples:
    beep = faded(tone(detail["hz"], milliseconds(_BEEP)), 5, 5)
    return stereo(window(*((at, beep) for at in detail["at"])))


def _find_beeps(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    found = listening.events(heard, below_db=15, apart_ms=15)
    for start, end in found:
        beep = heard[start:end]
        lasts, pitch = listening.lasts((start, end)), listening.pitch(beep)
        if not (30 < lasts < 110 and 700 < pitch < 1400):
            return None
    return str(len(found))


# Rhythm: five taps on the beat, or one of them late.

_TAPS = 5
_RHYTHM = {"even": "the taps keep an even beat", "late": "one of the taps comes late"}
_LATE_MS = 15


def _draw_rhythm(draw: Draw, level: float) -> Pair:
    period = draw.integer(300, 420)
    start = draw.integer(0, WINDOW - (_TAPS - 1) * period - 100)
    at = [start + i * period for i in range(_TAPS)]
    late = at.copy()
    late[draw.integer(1, _TAPS - 2)] += round(level)
    shared = {"hz": draw.integer(300, 500)}
    return pair(draw, {"beat": "even", "at": at, **shared}, {"beat": "late", "at": late, **shared})


def _render_rhythm(detail: Detail) -> Samples:
    tap = struck(chord(detail["hz"], milliseconds(60), SHARES["reed"])) * 1.5
    return stereo(window(*((at, tap) for at in detail["at"])))


def _find_rhythm(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    taps = listening.events(heard, below_db=15)
    if len(taps) != _TAPS or any(listening.lasts(tap) > 120 for tap in taps):
        return None
    if any(not 200 < listening.pitch(heard[slice(*tap)]) < 600 for tap in taps):
        return None
    at = [listening.onset(heard, tap) for tap in taps]
    period = (at[-1] - at[0]) / (_TAPS - 1)
    off = max(abs(time - at[0] - i * period) for i, time in enumerate(at))
    return "late" if off > _LATE_MS else "even"


# Order: which of two sounds comes first. Each has a band of its own.

_BANDS = {"drum": (50, 160), "flute": (280, 480), "whistle": (2300, 2950), "shaker": (5000, 7500)}
_SOUND = 250
_ORDER = {
    f"{one}-{other}": f"the {one} comes before the {other}"
    for one in _BANDS
    for other in _BANDS
    if one != other
}


def _draw_order(draw: Draw, level: float) -> Pair:
    apart = round(level)
    start = draw.integer(0, WINDOW - _SOUND - apart)
    names = draw.shuffled(sorted(_BANDS))[:2]
    shared = {
        "at": [start, start + apart],
        "drum": draw.integer(80, 110),
        "flute": draw.integer(320, 430),
        "whistle": draw.integer(2450, 2800),
        "shaker": seed_of(draw),
    }
    return pair(draw, {"sounds": names, **shared}, {"sounds": names[::-1], **shared})


def _instrument(name: str, drawn: int) -> Wave:
    n = milliseconds(_SOUND)
    if name == "drum":
        return struck(tone(drawn, n)) * 2.5
    if name == "flute":
        return faded(chord(drawn, n, (0.9, 0.07, 0.03)), 10, 40)
    return faded(tone(drawn, n) if name == "whistle" else noise(drawn, n, 6200, 1800), 10, 40)


def _render_order(detail: Detail) -> Samples:
    sounds = [_instrument(name, detail[name]) for name in detail["sounds"]]
    return stereo(window(*zip(detail["at"], sounds, strict=True)))


def _find_order(samples: NDArray[Any]) -> str | None:
    heard = listening.detail_part(samples)
    parts = {name: listening.band(heard, *ends) for name, ends in _BANDS.items()}
    power = {name: listening.energy(part) for name, part in parts.items()}
    softer, louder = sorted(parts, key=lambda name: power[name])[-2:]
    most = power[louder]
    if power[softer] <= 0.05 * most or most + power[softer] < 0.8 * listening.energy(heard):
        return None
    starts = {}
    for name in (softer, louder):
        rms = listening.envelope(parts[name])
        loud = np.flatnonzero(rms > rms.max() * 0.4)
        if loud[-1] - loud[0] > (_SOUND + 50) // 5:
            return None
        starts[name] = loud[0]
    first, second = sorted(starts, key=lambda name: starts[name])
    return f"{first}-{second}" if starts[first] < starts[second] else None


# Side: chirps louder on one side.

_SIDE = {"left": "the chirps come from the left", "right": "the chirps come from the right"}


def _draw_side(draw: Draw, level: float) -> Pair:
    apart = draw.integer(250, 420)
    start = draw.integer(0, WINDOW - 4 * apart)
    shared = {"db": level, "at": [start + i * apart for i in range(4)]}
    shared["hz"] = draw.integer(1500, 2000)
    return pair(draw, {"side": "left", **shared}, {"side": "right", **shared})


def _render_side(detail: Detail) -> Samples:
    hertz, n = detail["hz"], milliseconds(120)
    chirp = faded(tone(hertz, n, hertz * 1.5))
    # Of one power together, whatever the difference.
    ratio = decibels(detail["db"])
    loud = math.sqrt(2 / (1 + 1 / (ratio * ratio)))
    gains = (loud, loud / ratio) if detail["side"] == "left" else (loud / ratio, loud)
    return stereo(window(*((at, chirp) for at in detail["at"])), *gains)


def _holds_side(samples: NDArray[Any], clause: str) -> bool | None:
    both = listening.channels(samples)
    if clause not in _SIDE.values() or both.shape[1] < 2:
        return None
    heard = listening.detail_part(both)
    chirps = listening.events(heard)
    if not chirps or any(listening.lasts(chirp) > 200 for chirp in chirps):
        return False
    if any(not 1400 < listening.pitch(heard[slice(*chirp)]) < 3200 for chirp in chirps):
        return False
    left, right = (listening.detail_part(both[:, side]) for side in (0, 1))
    ratio = math.sqrt(listening.energy(left) / max(listening.energy(right), 1e-12))
    # The same twice is one channel, which says nothing of sides.
    if not compared(ratio, decibels(0.1)):
        return None
    side = {"up": "left", "down": "right"}.get(compared(ratio, decibels(1)) or "", "")
    return clause == _SIDE.get(side)


# Word: which one is said, in noise.

_LIKE = 0.8
_WORD = {word: f'the voice says the word "{word}"' for word in WORDS}


def _draw_word(draw: Draw, level: float) -> Pair:
    one, other = (WORDS[i] for i in draw.sample(len(WORDS), 2))
    shared = {"at": draw.integer(50, WINDOW - 1000), "db": level, "noise": seed_of(draw)}
    return {"word": one, **shared}, {"word": other, **shared}


def _render_word(detail: Detail) -> Samples:
    hiss = faded(noise(detail["noise"], DETAIL_SAMPLES), 20, 20) * (1 / decibels(detail["db"]))
    return stereo(window((0, hiss), (detail["at"], said(detail["word"]))))


def _find_word(samples: NDArray[Any]) -> str | None:
    likeness = listening.likeness(listening.detail_part(samples), WORDS)
    word = max(likeness, key=lambda word: likeness[word])
    return word if likeness[word] > _LIKE else None


EVENTS = (
    Kind(
        name="beeps", modality="audio", unit="ms between beeps", levels=(300, 120, 50),
        draw=_draw_beeps, clause=lambda detail: _BEEPS[str(len(detail["at"]))],
        render=_render_beeps, holds=told(_BEEPS, _find_beeps),
    ),
    Kind(
        name="rhythm", modality="audio", unit="ms late", levels=(120, 70, 35),
        draw=_draw_rhythm, clause=lambda detail: _RHYTHM[detail["beat"]],
        render=_render_rhythm, holds=told(_RHYTHM, _find_rhythm),
    ),
    Kind(
        name="order", modality="audio", unit="ms apart", levels=(900, 400, 150),
        draw=_draw_order, clause=lambda detail: _ORDER["-".join(detail["sounds"])],
        render=_render_order, holds=told(_ORDER, _find_order),
    ),
    Kind(
        name="side", modality="audio", unit="dB between sides", levels=(24, 12, 4),
        draw=_draw_side, clause=lambda detail: _SIDE[detail["side"]],
        render=_render_side, holds=_holds_side, needs=frozenset({"stereo"}),
    ),
    Kind(
        name="word", modality="audio", unit="dB above noise", levels=(30, 15, 5),
        draw=_draw_word, clause=lambda detail: _WORD[detail["word"]],
        render=_render_word, holds=told(_WORD, _find_word),
    ),
)  # fmt: skip
