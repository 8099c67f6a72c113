"""What sounds at the close, which questions of hearing ask for: a word, a sound, clicks.

None of it can be taken for a detail: words, sounds and clicks are of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.scenes.kinds import CLOSE_SAMPLES, RATE, Query
from handeye.premise.scenes.sound import listening
from handeye.premise.scenes.sound.waves import (
    Samples,
    Wave,
    chord,
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

WORDS = ("captain", "dolphin", "onion", "window")
"""What the voice says at the close, and never as a detail."""
CLOSE = CLOSE_SAMPLES * 1000 // RATE
"""Length of the window in milliseconds."""
_CLICKS = 2
"""Fewest clicks."""
_LIKE = 0.8


def _close(*pieces: tuple[float, Wave]) -> Samples:
    return stereo(laid(CLOSE_SAMPLES, *((milliseconds(at), piece) for at, piece in pieces)))


def _render_word(option: int, draw: Draw) -> Samples:
    word = said(WORDS[option])
    return _close((draw.integer(0, CLOSE - len(word) * 1000 // RATE - 1), word))


def _read_word(samples: NDArray[Any]) -> int | None:
    alike = list(listening.likeness(listening.closing_part(samples), WORDS).values())
    best = int(np.argmax(alike))
    return best if alike[best] > _LIKE else None


def _bell(draw: Draw) -> Wave:
    # Partials of a struck bar, a fixed-free one: not in whole ratios.
    base, n = draw.integer(600, 800), milliseconds(800)
    return struck(tone(base, n) + tone(base * 2.76, n) * 0.7 + tone(base * 5.4, n) * 0.3) * 1.5


def _horn(draw: Draw) -> Wave:
    base, n = draw.integer(300, 360), milliseconds(600)
    two = [chord(hertz, n, (0.4, 0.3, 0.2, 0.1)) for hertz in (base, base * 1.25)]
    return faded((two[0] + two[1]) * 0.7, 20, 40)


def _whoosh(draw: Draw) -> Wave:
    rush = noise(draw.below(1 << 31), milliseconds(800), draw.integer(1000, 1800), 2000)
    return faded(rush, 400, 400) * 1.4


def _buzz(draw: Draw) -> Wave:
    return faded(chord(draw.integer(85, 110), milliseconds(600), (0.1,) * 10), 10, 20)


SOUNDS: dict[str, Callable[[Draw], Wave]] = {
    "a bell": _bell,
    "a horn": _horn,
    "a whoosh": _whoosh,
    "a buzz": _buzz,
}


def _render_sound(option: int, draw: Draw) -> Samples:
    sound = list(SOUNDS.values())[option](draw)
    return _close((draw.integer(0, CLOSE - len(sound) * 1000 // RATE), sound))


def _read_sound(samples: NDArray[Any]) -> int | None:
    heard = listening.closing_part(samples)
    found = listening.events(heard, below_db=25, apart_ms=60)
    if len(found) != 1 or listening.lasts(found[0]) < 300:
        return None
    start, end = found[0]
    hertz, power = listening.spectrum(heard[start:end])
    strongest = np.sort(power)[::-1]
    if strongest[:100].sum() < 0.5 * power.sum():
        name = "a whoosh"
    elif power[hertz < 250].sum() > 0.1 * power.sum():
        name = "a buzz"
    else:
        half = (start + end) // 2
        early, late = (listening.energy(part) for part in (heard[start:half], heard[half:end]))
        name = "a bell" if early > 4 * late else "a horn"
    return list(SOUNDS).index(name)


def _render_clicks(option: int, draw: Draw) -> Samples:
    n = option + _CLICKS
    click = struck(tone(3000, milliseconds(15))) * 3
    apart = draw.integer(130, 180)
    at = draw.integer(0, CLOSE - (n - 1) * apart - 20)
    return _close(*((at + i * apart, click) for i in range(n)))


def _read_clicks(samples: NDArray[Any]) -> int | None:
    heard = listening.closing_part(samples)
    found = listening.events(heard, below_db=12, apart_ms=30)
    if any(listening.lasts(event) > 60 for event in found):
        return None
    number = len(found) - _CLICKS
    return number if 0 <= number < 4 else None


_QUERIES = (
    Query(
        name="closing word", modality="audio", text="Which word does the voice say at the end?",
        options=WORDS, near=frozenset({"word"}), render=_render_word, read=_read_word,
    ),
    Query(
        name="closing sound", modality="audio", text="Which sound is heard at the end?",
        options=("a bell", "a horn", "a whoosh", "a buzz"),
        near=frozenset({"timbre", "noise", "order"}), render=_render_sound, read=_read_sound,
    ),
    Query(
        name="closing clicks", modality="audio", text="How many clicks are heard at the end?",
        options=("two", "three", "four", "five"),
        near=frozenset({"beeps", "rhythm"}), render=_render_clicks, read=_read_clicks,
    ),
)  # fmt: skip
QUERIES: dict[str, Query] = {query.name: query for query in _QUERIES}
