"""What all worlds are drawn with: SVG by resvg, writing as outlines, the same pixels everywhere.

Nothing is left to fonts or libraries of a machine: letters are bundled outlines whose advances are
whole pixels, so that the same word is the same pixels wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import resvg_py

from handeye import assets

WIDTH, HEIGHT = 768, 576
"""Of every picture, in pixels."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""
INK = "#1f2a37"
"""The colour of what is written on pages."""


class Drawn(NamedTuple):
    """A picture as SVG, and where its things are.

    Attributes:
        svg: the whole picture.
        places: by name of a thing its corners, x and y of each, in pixels; of a box two.
    """

    svg: str
    places: dict[str, tuple[tuple[float, float], ...]]


def png(svg: str) -> bytes:
    """A picture of :data:`WIDTH` x :data:`HEIGHT` pixels as PNG."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


def whole(parts: Iterable[str], defs: str = "") -> str:
    """Parts as a picture, the first at the back."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><defs>{defs}</defs>{"".join(parts)}</svg>'
    )


def at(x: float, y: float, body: str, mirrored: bool = False) -> str:
    """A part moved to a place, drawn as in a mirror if told."""
    turn = " scale(-1 1)" if mirrored else ""
    return f'<g transform="translate({x:g} {y:g}){turn}">{body}</g>'


def rect(
    x: float, y: float, width: float, height: float, fill: str, radius: float = 0, more: str = ""
) -> str:
    """A rectangle; ``more`` are further attributes."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" '
        f'fill="{fill}" {more}/>'
    )


def shape(points: Iterable[tuple[float, float]], fill: str, more: str = "") -> str:
    """A polygon by its corners."""
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    return f'<polygon points="{corners}" fill="{fill}" {more}/>'


def shadow(x: float, y: float, rx: float, ry: float, dark: float = 0.3) -> str:
    """What a thing casts on what it stands on: three ellipses, the outer ones faint."""
    return "".join(
        f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx * k:g}" ry="{ry * k:g}" fill="#2a1c10" '
        f'opacity="{dark / 3:g}"/>'
        for k in (0.86, 1.0, 1.16)
    )


def fade(name: str, *stops: str, across: bool = False) -> str:
    """A gradient downwards, or across, with its colours at equal distances."""
    end = 'x2="1" y2="0"' if across else 'x2="0" y2="1"'
    inner = "".join(
        f'<stop offset="{place / (len(stops) - 1):g}" stop-color="{colour}"/>'
        for place, colour in enumerate(stops)
    )
    return f'<linearGradient id="{name}" x1="0" y1="0" {end}>{inner}</linearGradient>'


# ---- writing


@lru_cache(maxsize=4096)
def advance(character: str, size: int, weight: str) -> int:
    """How far the next character is, in whole pixels."""
    face = assets.letters(weight)
    return max(1, round(face.outlines[character][0] * size / face.units))


def width_of(text: str, size: int, weight: str = "regular") -> int:
    """Width of a line of text in pixels."""
    return sum(advance(one, size, weight) for one in text)


def write(
    x: int, y: int, text: str, size: int, fill: str = INK, weight: str = "regular", end: str = ""
) -> str:
    """A line of text.

    Args:
        x: where it begins, or ends, or its middle.
        y: of the line that letters stand on.
        text: of characters that there are outlines of.
        size: of the type in pixels.
        fill: its colour.
        weight: ``regular``, ``medium`` or ``bold``.
        end: ``end`` or ``middle``: what of it is at ``x``; empty: the beginning.
    """
    face = assets.letters(weight)
    wide = width_of(text, size, weight)
    pen = x - (wide if end == "end" else wide // 2 if end == "middle" else 0)
    scale, out = size / face.units, []
    for one in text:
        path = face.outlines[one][1]
        if path:
            out.append(f'<path transform="translate({pen} {y}) scale({scale:.6f})" d="{path}"/>')
        pen += advance(one, size, weight)
    return f'<g fill="{fill}">{"".join(out)}</g>'
