"""How alike two tiles look, on one scale for every visual source.

The score is the share of ink that two pictures have in common, seen in CIELAB after a slight blur:

    1 - sum dE(a, b) / (sum dE(a, background) + sum dE(b, background))

with ``dE`` the Euclidean distance in CIELAB (CIE 1976) at one pixel and sums over all pixels. It is
one minus a Bray-Curtis dissimilarity. As ``dE`` is a metric, the quotient cannot exceed 1, so the
score lies in 0..1: it is 1 for identical pictures and 0 when no pixel is inked in both. The blur
(Gaussian, sigma 1 at 64 pixels) forgives a stroke that moved by a fraction of a pixel, as an eye
would. The score is not a model of perception: it puts pairs in an order and lets a band be named.

Scores are comparable only on tiles of :data:`MEASURE_SIZE` pixels; sources measure there, whatever
the size of the cells of a scene.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.sources.base import Tile

MEASURE_SIZE = 64
"""Side in pixels of the tiles on which sources measure their pairs."""
_SIGMA = 1.0
_RADIUS = 3

# sRGB (IEC 61966-2-1) to linear light, and linear sRGB to XYZ over the D65 white point, so that
# white has Y = 1 and X = Z = 1 after scaling.
_CODES = np.arange(256) / 255.0
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_RGB_TO_XYZ /= _RGB_TO_XYZ.sum(axis=1, keepdims=True)
_KERNEL = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / _SIGMA) ** 2)
_KERNEL /= _KERNEL.sum()


def lab(tile: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIELAB of an sRGB picture.

    Args:
        tile: uint8 ``(..., 3)`` sRGB.

    Returns:
        float64 ``(..., 3)``: L* in 0..100, a* and b* roughly in -110..110.
    """
    xyz = _LINEAR[tile] @ _RGB_TO_XYZ.T
    # CIE 1976: a cube root above (6/29)^3 and its tangent below.
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@lru_cache(maxsize=8)
def _blur_matrix(length: int) -> NDArray[np.float64]:
    """The Gaussian along one axis as a banded matrix; outside the tile there is no ink."""
    matrix = np.zeros((length, length))
    for shift, weight in enumerate(_KERNEL, start=-_RADIUS):
        matrix += weight * np.eye(length, k=shift)
    return matrix


def _blur(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur ``(height, width, 3)`` along both axes; the result has its channels first."""
    rows, columns = _blur_matrix(ink.shape[0]), _blur_matrix(ink.shape[1])
    blurred: NDArray[np.float64] = rows @ np.moveaxis(ink, -1, 0) @ columns
    return blurred


def _total(ink: NDArray[np.float64]) -> float:
    """Sum over pixels of the length of the three channels."""
    return float(np.sqrt((ink * ink).sum(axis=0)).sum())


def similarity(a: Tile, b: Tile, background: tuple[int, int, int] = (255, 255, 255)) -> float:
    """Share of common ink of two tiles on one flat background (formula above).

    Args:
        a: uint8 ``(height, width, 3)`` RGB.
        b: the same shape.
        background: RGB of the empty ground of both tiles.

    Returns:
        A float in 0..1; 1 = the same picture (also when both are empty).

    Raises:
        ValueError: the shapes differ or are not ``(height, width, 3)``.
    """
    if a.shape != b.shape or a.ndim != 3 or a.shape[2] != 3:
        raise ValueError(f"two RGB tiles of one size are needed, got {a.shape} and {b.shape}")
    if np.array_equal(a, b):
        return 1.0
    ground = lab(np.array(background, dtype=np.uint8))
    # Blurring is linear, so the ground can be taken off first; then dE to the ground is a norm.
    ink_a, ink_b = _blur(lab(a) - ground), _blur(lab(b) - ground)
    ink = _total(ink_a) + _total(ink_b)
    return min(1.0, max(0.0, 1.0 - _total(ink_a - ink_b) / ink))
