"""Sines as whole numbers, and points turned by them: the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Iterable

ONE = 1 << 14
"""What stands for 1."""
# None of these products lies within a hundred-thousandth of a half, so that no machine's last bit
# of a sine can turn the rounding.
SINES = tuple(round(math.sin(math.radians(degrees)) * ONE) for degrees in range(91))


def sine(degrees: int) -> int:
    """Sine of whole degrees, times :data:`ONE`."""
    degrees %= 360
    if degrees >= 180:
        return -sine(degrees - 180)
    return SINES[min(degrees, 180 - degrees)]


def turned(points: Iterable[tuple[int, int]], degrees: int) -> tuple[tuple[int, int], ...]:
    """Points turned clockwise about their origin (y is downwards), to the nearest whole numbers."""
    sin, cos = sine(degrees), sine(degrees + 90)
    half = ONE // 2
    return tuple(
        ((x * cos - y * sin + half) // ONE, (x * sin + y * cos + half) // ONE) for x, y in points
    )
