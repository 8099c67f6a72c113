"""A clip as one square picture, for models that take nothing else: a film strip and a spectrogram.

The left half is what is seen: the stage and the strip of the middle frame, below them the stage of
:data:`MOMENTS` frames, each in one square of :data:`PATCH` pixels, row by row. The right half is
what is heard, time downwards and frequency to the right: the left channel in red, the right one in
green, in blue how much louder the left one is (128: alike). What is not there is white. The same
function makes the tiles of training and those of a run. Knows arrays, nothing of questions.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.scenes.kinds import N_SAMPLES, RATE, STAGE

SIDE, PATCH = 128, 16
"""Side of a tile, and of the squares that a tower reads as one token, in pixels."""
MOMENTS = 16
"""Frames of the film strip, evenly over the clip, each at the middle of its part of it."""
_HALF = SIDE // 2
_STILL = 48
_BANDS = _HALF
_HOP, _WINDOW = N_SAMPLES // SIDE, 1024
_LOWEST, _HIGHEST = 60.0, 7800.0
# Decibels against full scale that are black and white.
_SOFT, _LOUD = -85.0, -15.0


def tile(frames: NDArray[np.uint8] | None, samples: NDArray[np.int16] | None) -> NDArray[np.uint8]:
    """The tile of a clip, (128, 128, 3).

    Args:
        frames: (n, height, width, 3) RGB, all of a clip or some evenly over it; one of a picture;
            None: nothing is seen.
        samples: (n, 1 or 2) at 16 kHz, of which the first four seconds are shown; None: nothing is
            heard.
    """
    out = np.full((SIDE, SIDE, 3), 255, np.uint8)
    if frames is not None:
        out[:, :_HALF] = film(frames)
    if samples is not None:
        out[:, _HALF:] = spectrogram(samples)
    return out


def film(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The left half, (128, 64, 3)."""
    n, height = len(frames), frames.shape[1]
    cut = round(height * STAGE / 224)
    middle = frames[n // 2]
    out = np.empty((SIDE, _HALF, 3), np.uint8)
    out[:_STILL] = _shrunk(middle[:cut], _HALF, _STILL)
    out[_STILL:_HALF] = _shrunk(middle[cut:], _HALF, _HALF - _STILL)
    for moment in range(MOMENTS):
        at = (2 * moment + 1) * n // (2 * MOMENTS)
        row, column = divmod(moment, _HALF // PATCH)
        top, left = _HALF + row * PATCH, column * PATCH
        out[top : top + PATCH, left : left + PATCH] = _shrunk(frames[at, :cut], PATCH, PATCH)
    return out


def _shrunk(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image

    # Pillow widens the filter when it shrinks, so that every pixel counts.
    small = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(small)


def spectrogram(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The right half, (128, 64, 3)."""
    both = np.zeros((N_SAMPLES + _WINDOW, 2), np.float32)
    heard = samples[:N_SAMPLES]
    start = _WINDOW // 2
    both[start : start + len(heard)] = heard[:, [0, -1]] / np.float32(2**15)
    starts = np.arange(SIDE) * _HOP + _HOP // 2
    pieces = both[starts[:, None] + np.arange(_WINDOW)]
    pieces *= np.hanning(_WINDOW).astype(np.float32)[:, None]
    power = np.abs(np.fft.rfft(pieces, axis=1)).astype(np.float32) ** 2
    banded = (power.transpose(0, 2, 1) @ _bank()).transpose(0, 2, 1) / (_WINDOW / 4) ** 2
    level = 10 * np.log10(banded + 1e-12)
    shown = np.clip((level - _SOFT) * (255 / (_LOUD - _SOFT)), 0, 255)
    left, right = shown[..., 0], shown[..., 1]
    balance = np.clip(128 + 3 * (left - right), 0, 255)
    pixels: NDArray[np.uint8] = np.rint(np.stack([left, right, balance], -1)).astype(np.uint8)
    return pixels


@lru_cache(maxsize=1)
def _bank() -> NDArray[np.float32]:
    """Triangles evenly over the logarithm of frequency, at least two bins wide, (bins, bands)."""
    hertz = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    ratio = (_HIGHEST / _LOWEST) ** (1 / (_BANDS - 1))
    centres = _LOWEST * ratio ** np.arange(_BANDS)
    wide = np.maximum(centres * (ratio - 1), 1.25 * RATE / _WINDOW)
    bank: NDArray[Any] = np.maximum(0, 1 - np.abs(hertz[:, None] - centres) / wide)
    return bank.astype(np.float32)
