"""Flames, smoke and water, drawn from the time alone."""

from __future__ import annotations

import math

from handeye.visualact.scenes.drawing.canvas import Canvas, mix
from handeye.visualact.scenes.drawing.motion import wave

FLAME_COLORS = ("#e8572a", "#f79a2b", "#ffd95a")


def flames(c: Canvas, x: float, y: float, width: float, height: float, t: float) -> None:
    """Flames that stand on (x, y), ``width`` by ``height`` pixels; nothing below 2 pixels."""
    if height < 2:
        return
    c.oval(x, y - 0.4 * height, 1.1 * width, 0.9 * height, "#ffb347", 0.16)
    for layer, color in enumerate(FLAME_COLORS):
        share = 1 - 0.28 * layer
        tongues = 5 - layer
        for i in range(tongues):
            place = (i + 0.5) / tongues - 0.5
            rise = 1 - 1.1 * abs(place) + 0.2 * wave(t, 0.31, 0.37 * i + 0.2 * layer)
            top = share * height * max(0.25, rise)
            foot, half = x + place * width * share, 0.75 * share * width / tongues
            tip = foot + 0.22 * half * wave(t, 0.43, 0.29 * i)
            c.poly(_tongue(foot, y, half, tip, top), color)


def _tongue(
    foot: float, y: float, half: float, tip: float, top: float
) -> list[tuple[float, float]]:
    """A drop shape from ``(foot, y)`` up to ``(tip, y - top)``."""
    left = [(foot - half, y - 0.22 * top), (foot - 0.6 * half, y - 0.55 * top)]
    right = [(foot + 0.6 * half, y - 0.55 * top), (foot + half, y - 0.22 * top)]
    return [(foot - 0.6 * half, y), *left, (tip, y - top), *right, (foot + 0.6 * half, y)]


def smoke(c: Canvas, x: float, y: float, amount: float, t: float, color: str = "#5d636b") -> None:
    """A column of smoke that rises from (x, y); ``amount`` 0..1 is how much has come so far."""
    if amount <= 0.01:
        return
    count = 11
    for i in range(count):
        age = (t / 2.6 + i / count) % 1
        if age > 0.15 + amount:
            continue
        rise = 150 * age * (0.5 + 0.5 * amount)
        drift = 16 * age * math.sin(5 * age + 1.7 * i)
        radius = (5 + 26 * age) * (0.55 + 0.45 * amount)
        tone = mix(color, "#c9ced3", round(0.7 * age, 2))
        c.disc(x + drift, y - rise, radius, tone, round(0.62 * (1 - 0.8 * age), 2))


def jet(
    c: Canvas,
    x: float,
    y: float,
    speed: float,
    floor: float,
    t: float,
    count: int = 26,
) -> None:
    """Drops that shoot to the right from (x, y) and fall to ``floor`` on parabolas.

    ``speed`` in pixels a second; gravity is 500 pixels/s^2.
    """
    gravity = 500.0
    landing = math.sqrt(2 * (floor - y) / gravity)
    steps = [landing * i / 8 for i in range(9)]
    c.stroke([(x + 0.72 * speed * s, y + 0.5 * gravity * s * s) for s in steps], 5, "#8fcdee")
    for i in range(count):
        way = speed * (0.72 + 0.28 * math.cos(2.4 * i))
        up = -0.18 * speed * math.sin(1.7 * i)
        flight = (-up + math.sqrt(up * up + 2 * gravity * (floor - y))) / gravity
        dt = ((t / 0.62 + i / count) % 1) * flight
        px, py = x + way * dt, y + up * dt + 0.5 * gravity * dt * dt
        c.oval(px, py, 3.6, 3.2, "#7fc4ea")
        c.disc(px - 0.8, py - 0.8, 1.4, "#e4f5fd")
