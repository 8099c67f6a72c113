"""Courses of numbers over time: the physics and the pacing of the animations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from handeye.sets.draw import Draw


def ramp(t: float, start: float, end: float) -> float:
    """0 before ``start``, 1 after ``end``, straight between."""
    if end <= start:
        return 1.0 if t >= end else 0.0
    return min(1.0, max(0.0, (t - start) / (end - start)))


def ease(t: float, start: float, end: float) -> float:
    """As :func:`ramp`, with a soft beginning and end."""
    x = ramp(t, start, end)
    return x * x * (3 - 2 * x)


def lerp(a: float, b: float, share: float) -> float:
    """The value ``share`` of the way from a to b."""
    return a + (b - a) * share


def along(points: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The point ``share`` (0..1) of the length along a path."""
    lengths = [math.dist(a, b) for a, b in itertools.pairwise(points)]
    rest = share * sum(lengths)
    for (a, b), length in zip(itertools.pairwise(points), lengths, strict=True):
        if rest <= length:
            part = rest / length if length else 0.0
            return lerp(a[0], b[0], part), lerp(a[1], b[1], part)
        rest -= length
    return points[-1]


def fall(t: float, start: float, height: float, gravity: float) -> float:
    """Distance fallen ``t - start`` seconds after the start, up to ``height``; pixels."""
    dt = max(0.0, t - start)
    return min(height, 0.5 * gravity * dt * dt)


def fall_time(height: float, gravity: float) -> float:
    """Seconds to fall ``height`` from rest."""
    return math.sqrt(2 * height / gravity)


def bounce(t: float, start: float, height: float, gravity: float, keep: float = 0.5) -> float:
    """Height above the ground of something dropped at ``start`` that bounces.

    Each bounce keeps the share ``keep`` of the speed.
    """
    dt = t - start
    if dt <= 0:
        return height
    first = fall_time(height, gravity)
    if dt < first:
        return height - 0.5 * gravity * dt * dt
    dt -= first
    speed = gravity * first * keep
    while speed > 4:
        flight = 2 * speed / gravity
        if dt < flight:
            return speed * dt - 0.5 * gravity * dt * dt
        dt -= flight
        speed *= keep
    return 0.0


def wave(t: float, period: float, phase: float = 0.0) -> float:
    """A sine of ``period`` seconds, -1..1; ``phase`` in turns."""
    return math.sin(2 * math.pi * (t / period + phase))


def swing(t: float, period: float) -> float:
    """As :func:`wave` from 0 to 1."""
    return 0.5 + 0.5 * wave(t, period)


def between(draw: Draw, low: float, high: float) -> float:
    """A number drawn uniformly from ``[low, high)``, rounded to 1/1000."""
    return round(low + (high - low) * draw.unit(), 3)
