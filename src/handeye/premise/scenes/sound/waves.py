"""Tones, noises and strokes, sample by sample, the same on every machine.

What decides a sample is whole numbers, or floats that are only added, multiplied, divided or put
under a square root, one by one: IEEE 754 fixes those to the last bit. Sines come from a table of
whole numbers, ratios and gains from ``decimal``, noise from :class:`~handeye.sets.draw.Draw`; sums
over many samples are of whole numbers.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handeye.assets import recording
from handeye.premise.scenes.kinds import RATE
from handeye.sets.draw import Draw

Wave = NDArray[np.float64]
"""(n,) float64, of root mean square about 1 where it sounds; how loud comes last."""
Samples = NDArray[np.int16]
LOUD = 3_000
"""Root mean square of what sounds at its usual level; full scale is 32,768."""
_TABLE, _FINE, _TURN = 14, 20, 32
"""Bits: of a place in the sine table, of its entries, of a whole turn."""
_DECIMAL = Context(prec=28)


def milliseconds(ms: float) -> int:
    """Samples in so many milliseconds."""
    return round(ms * RATE / 1000)


def semitones(distance: float) -> float:
    """Ratio of two frequencies so many semitones apart."""
    return float(_DECIMAL.power(2, _DECIMAL.divide(Decimal(distance), 12)))


def decibels(level: float) -> float:
    """Ratio of two amplitudes so many decibels apart."""
    return float(_DECIMAL.power(10, _DECIMAL.divide(Decimal(level), 20)))


@lru_cache(maxsize=1)
def sine_table() -> NDArray[np.int32]:
    """A turn of the sine in 2^14 steps, in units of 2^-20.

    Mathematical libraries differ in the last bit of a sine, 1e-10 of a unit; no entry lies so near
    to the half between two whole numbers (a test says how near), so all round to the same.
    """
    steps = range(1 << _TABLE)
    scale = 1 << _FINE
    return np.array([round(math.sin(2 * math.pi * k / len(steps)) * scale) for k in steps], "i4")


def tone(hertz: float, n: int, to: float | None = None) -> Wave:
    """A sine of root mean square 1; its frequency runs evenly ``to`` another one, if given."""
    start, end = (round(f * (1 << _TURN) / RATE) for f in (hertz, hertz if to is None else to))
    steps = start + (end - start) * np.arange(n, dtype=np.int64) // max(n - 1, 1)
    places = (np.cumsum(steps) >> (_TURN - _TABLE)) & ((1 << _TABLE) - 1)
    wave: Wave = sine_table()[places] * (math.sqrt(2) / (1 << _FINE))
    return wave


def chord(hertz: float, n: int, shares: tuple[float, ...], to: float | None = None) -> Wave:
    """Harmonics 1, 2, ... of a frequency with these shares of the power, which sum to 1."""
    out = np.zeros(n)
    for k, share in enumerate(shares, 1):
        if share:
            out += tone(hertz * k, n, None if to is None else to * k) * math.sqrt(share)
    return out


def noise(seed: int, n: int, centre: float | None = None, width: float = 0) -> Wave:
    """Noise of root mean square 1: white, or about a frequency.

    Args:
        seed: names the noise; the same one, the same samples.
        n: samples.
        centre: in hertz.
        width: in hertz, between the first zeros on both sides of the centre.
    """
    drawn = Draw(seed, "noise")
    if centre is None:
        return (drawn.units(n) - 0.5) * math.sqrt(12)
    # Running sums twice over are a low pass whose first zero lies at rate/m; a sine carries it up.
    m = max(1, round(2 * RATE / width))
    whole = np.floor(drawn.units(n + 2 * m) * 65536).astype(np.int64) - 32768
    for _ in range(2):
        sums = np.cumsum(whole)
        whole = sums[m:] - sums[:-m]
    power = 65536**2 / 12 * m * (2 * m * m + 1) / 3
    return whole / math.sqrt(power) * tone(centre, n)


def faded(wave: Wave, attack_ms: float = 10, release_ms: float = 10) -> Wave:
    """With a smooth ramp at either end."""
    out = wave.copy()
    for end, ms in ((out, attack_ms), (out[::-1], release_ms)):
        n = min(milliseconds(ms), len(out))
        x = (np.arange(n) + 1) / (n + 1)
        end[:n] *= x * x * (3 - 2 * x)
    return out


def struck(wave: Wave) -> Wave:
    """As of something struck: at once there, then dying away to nothing."""
    left = 1 - np.arange(len(wave)) / len(wave)
    left *= left
    return faded(wave * left * left, 2, 5)


def laid(n: int, *pieces: tuple[int, Wave]) -> Wave:
    """Silence of ``n`` samples with each piece added from its first sample on."""
    out = np.zeros(n)
    for start, piece in pieces:
        out[start : start + len(piece)] += piece
    return out


def stereo(wave: Wave, left: float = 1, right: float = 1, loud: float = LOUD) -> Samples:
    """(n, 2) 16-bit samples of a wave, with a gain for each side."""
    both = np.rint(wave[:, None] * (np.array([left, right]) * loud))
    return np.clip(both, -32768, 32767).astype(np.int16)


def said(word: str) -> Wave:
    """A spoken word, of root mean square about 1 (as ``tools/spoken_words.py`` made it)."""
    return np.frombuffer(recording(word), "<i2") / LOUD
