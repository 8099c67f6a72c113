"""What can be measured on the frames of a clip: layout, colours, motion and its direction.

Every frame is reduced to 192 x 144 and 96 x 72 pixels, so that neither the size of the pictures nor
their compression matters much. All measures are means over time or trends against it (time runs
from -1 to 1 over the clip), so that they are alike for few and for many frames. With the frames in
reverse order the trends change their sign and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.media.view import view_of

Array = NDArray[np.float64]

FINE = (192, 144)
COARSE = (96, 72)
CELLS = (8, 6)
"""Columns and rows of the grid that layout and motion are measured on."""
HUES = 10
GREYS = 3
COLORS = 2 * HUES + GREYS
"""Dull and vivid hues, and greys from dark to bright."""
_CELLS = CELLS[0] * CELLS[1]
LAYOUT = 3 * _CELLS
"""The first so many measures are the colours of the cells."""
STILL = LAYOUT + _CELLS + 2 * COLORS
LENGTH = STILL + LAYOUT + 5 * _CELLS + COLORS + 15


def decoded(data: bytes) -> Image.Image:
    """The view of a picture, mode RGB; a large JPEG is decoded at a part of its size.

    Raises:
        PictureError: it is no picture that can be read.
    """
    return view_of(data).image(draft=FINE)


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """One frame reduced: ``rgb`` (72, 96, 3) in 0..1, and the ``shares`` of the colours."""

    rgb: Array
    shares: Array


def glance(frame: Image.Image) -> Glance:
    """Reduce a frame of any size."""
    small = frame.resize(FINE, Image.Resampling.BOX)
    pixels = np.asarray(small, np.float64) / 255
    rgb = pixels.reshape(COARSE[1], 2, COARSE[0], 2, 3).mean((1, 3))
    return Glance(rgb, _color_shares(small))


def measure(frames: Sequence[Glance]) -> Array:
    """The measures of a clip.

    Args:
        frames: at least one, in order of time.

    Returns:
        :data:`LENGTH` numbers. The first :data:`STILL` are those that one frame has, too.
    """
    rgb = np.stack([frame.rgb for frame in frames])
    colors = np.sqrt(np.stack([frame.shares for frame in frames]))
    cells = _by_cell(rgb)
    edges = _by_cell(_edges(rgb))
    moved = np.sqrt(((rgb - np.median(rgb, axis=0)) ** 2).mean(-1))
    moving = _by_cell(moved)
    parts = (
        cells.mean(0),
        np.sqrt(edges.mean(0)),
        colors.mean(0),
        colors.max(0),
        _trend(cells),
        _trend(edges),
        _bend(edges),
        np.sqrt(moving.mean(0)),
        _trend(moving),
        _flicker(cells.mean(-1)),
        _trend(colors),
        _track(moved),
    )
    return np.concatenate([part.ravel() for part in parts])


def _by_cell(values: Array) -> Array:
    """Means over the cells of the grid: (frames, rows, columns, ...)."""
    frames, height, width, *rest = values.shape
    columns, rows = CELLS
    split = values.reshape(frames, rows, height // rows, columns, width // columns, *rest)
    means: Array = split.mean((2, 4))
    return means


def _edges(rgb: Array) -> Array:
    """How much each pixel differs from its neighbours, 0..1."""
    grey: Array = rgb.mean(-1)
    out: Array = np.zeros_like(grey)
    out[:, :, 1:] += np.abs(np.diff(grey, axis=2))
    out[:, 1:, :] += np.abs(np.diff(grey, axis=1))
    return out


def _times(count: int) -> Array:
    return (2 * np.arange(count) + 1) / count - 1


def _trend(values: Array) -> Array:
    """Change over the clip by the line of least squares; 0 for one frame."""
    times = _times(len(values))
    slopes: Array = np.tensordot(times, values, 1) / max(float((times**2).sum()), 1e-9)
    return slopes


def _bend(values: Array) -> Array:
    """How far the middle of the clip lies above its ends; 0 for fewer than three frames."""
    times = _times(len(values)) ** 2
    shape = times.mean() - times
    bends: Array = np.tensordot(shape, values, 1) / max(float((shape**2).sum()), 1e-9)
    return bends


def _flicker(values: Array) -> Array:
    """Going to and fro from frame to frame, in parts of the whole change; 0 below three frames."""
    if len(values) < 3:
        return np.zeros(values.shape[1:])
    second: Array = np.abs(values[2:] - 2 * values[1:-1] + values[:-2])
    means: Array = np.sqrt(second.mean(0))
    return means


def _color_shares(frame: Image.Image) -> Array:
    """The share of each colour among the pixels of a frame."""
    hue, saturation, value = (
        np.asarray(band).astype(np.intp) for band in frame.convert("HSV").split()
    )
    vivid = (saturation > 130) & (value > 130)
    kind = np.where(
        saturation < 45,
        2 * HUES + value * GREYS // 256,
        hue * HUES // 256 + HUES * vivid,
    )
    counts = np.bincount(kind.ravel(), minlength=COLORS)
    return counts.astype(np.float64) / kind.size


def _track(moved: Array) -> Array:
    """Where what moves is: its amount, middle and extent, on average and as trends."""
    weight = np.where(moved > 0.06, moved, 0.0)
    mass = weight.sum((1, 2)) + 1e-6
    rows = np.linspace(-1, 1, weight.shape[1])[:, None]
    columns = np.linspace(-1, 1, weight.shape[2])
    x, y = (weight * columns).sum((1, 2)) / mass, (weight * rows).sum((1, 2)) / mass
    wide = np.sqrt((weight * (columns - x[:, None, None]) ** 2).sum((1, 2)) / mass)
    high = np.sqrt((weight * (rows - y[:, None, None]) ** 2).sum((1, 2)) / mass)
    course = np.stack([np.sqrt(mass / weight[0].size), x, y, wide, high], axis=1)
    return np.concatenate([course.mean(0), _trend(course), _bend(course)])
