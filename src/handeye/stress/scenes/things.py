"""Things that stand on a stage: named shapes, colours, letters; each about its own middle."""

from __future__ import annotations

from functools import lru_cache

from handeye.stress.scenes.drawing import (
    Disc,
    Form,
    Ink,
    Polygon,
    Together,
    fine,
    polygon,
    rectangle,
    regular,
    stroke,
)

COLOURS: dict[str, Ink] = {
    "red": (208, 44, 48),
    "orange": (240, 140, 30),
    "yellow": (238, 204, 24),
    "green": (36, 148, 74),
    "blue": (36, 92, 208),
    "purple": (142, 68, 178),
    "brown": (122, 76, 42),
    "black": (38, 40, 46),
}
# None of them lies between another one and white, or thin things would change their names.
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring", "heart")
EVEN_SHAPES = ("circle", "square", "cross", "ring")
"""Those that are the same above and below their middle."""
BEAD = "diamond"
"""The shape of companions; nothing else has it."""
GROUNDS: tuple[Ink, ...] = ((248, 247, 243), (240, 244, 248), (246, 241, 232), (238, 243, 238))
PLURALS = {"cross": "crosses", "tooth": "teeth"}


def plural(noun: str) -> str:
    """``crosses``, ``stars``."""
    return PLURALS.get(noun, f"{noun}s")


@lru_cache(maxsize=1024)
def shape(name: str, size: float) -> Form:
    """A named shape ``size`` units wide, or high where that is more, about its box's middle."""
    half = fine(size) // 2
    if name == "circle":
        return Disc(half)
    if name == "ring":
        return Disc(half, half * 11 // 20)
    if name == "square":
        return rectangle(size, size)
    if name == "triangle":
        return polygon((0, -size * 0.45), (size / 2, size * 0.45), (-size / 2, size * 0.45))
    if name == "diamond":
        return polygon((0, -size / 2), (size / 2.6, 0), (0, size / 2), (-size / 2.6, 0))
    if name == "cross":
        a, b = size / 2, size / 6
        return polygon(
            *((-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b)),
            *((b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b)),
        )
    if name == "star":
        # From its top to its lower points it is .9511 times as high as it is wide.
        radius = half * 10_000 // 9511
        (points,) = regular(5, radius, radius * 2 // 5).rings
        lower = (radius * 809 // 1000 - radius) // 2
        return Polygon((tuple((x, y - lower) for x, y in points),))
    if name == "heart":
        lobe = half * 53 // 100
        x, y = half - lobe, lobe - half * 9 // 10
        tip = half * 9 // 10
        # Where the tangents from the tip touch the lobes, by eye.
        body = Polygon(
            (
                (
                    (0, y),
                    (half * 95 // 100, y + lobe // 2),
                    (0, tip),
                    (-half * 95 // 100, y + lobe // 2),
                ),
            )
        )
        return Together((Disc(lobe, 0, x, y), Disc(lobe, 0, -x, y), body))
    raise KeyError(name)


# ---- letters: lines on a grid 12 high

_LETTERS = {
    "A": "0,12 4,0 8,12|1,9 7,9",
    "B": "0,0 0,12 6,12 8,10 8,8 6,6 0,6|0,0 5,0 7,2 7,4 5,6",
    "C": "8,2 6,0 2,0 0,2 0,10 2,12 6,12 8,10",
    "D": "0,0 0,12 5,12 8,9 8,3 5,0 0,0",
    "E": "7,0 0,0 0,12 7,12|0,6 6,6",
    "F": "7,0 0,0 0,12|0,6 6,6",
    "G": "8,2 6,0 2,0 0,2 0,10 2,12 6,12 8,10 8,6 5,6",
    "H": "0,0 0,12|8,0 8,12|0,6 8,6",
    "I": "0,0 0,12",
    "J": "6,0 6,10 4,12 2,12 0,10",
    "K": "0,0 0,12|8,0 0,7|3,4 8,12",
    "L": "0,0 0,12 7,12",
    "M": "0,12 0,0 5,7 10,0 10,12",
    "N": "0,12 0,0 8,12 8,0",
    "O": "2,0 6,0 8,2 8,10 6,12 2,12 0,10 0,2 2,0",
    "P": "0,12 0,0 6,0 8,2 8,5 6,7 0,7",
    "Q": "2,0 6,0 8,2 8,10 6,12 2,12 0,10 0,2 2,0|5,9 8,12",
    "R": "0,12 0,0 6,0 8,2 8,5 6,7 0,7|4,7 8,12",
    "S": "8,2 6,0 2,0 0,2 0,4 2,6 6,6 8,8 8,10 6,12 2,12 0,10",
    "T": "0,0 8,0|4,0 4,12",
    "U": "0,0 0,10 2,12 6,12 8,10 8,0",
    "V": "0,0 4,12 8,0",
    "W": "0,0 2,12 5,3 8,12 10,0",
    "X": "0,0 8,12|8,0 0,12",
    "Y": "0,0 4,6 8,0|4,6 4,12",
    "Z": "0,0 8,0 0,12 8,12",
    "0": "2,0 5,0 7,2 7,10 5,12 2,12 0,10 0,2 2,0",
    "1": "0,3 3,0 3,12",
    "2": "0,2 2,0 6,0 8,2 8,4 0,12 8,12",
    "3": "0,2 2,0 6,0 8,2 8,4 6,6 3,6|6,6 8,8 8,10 6,12 2,12 0,10",
    "4": "6,12 6,0 0,8 8,8",
    "5": "8,0 1,0 0,6 2,5 6,5 8,7 8,10 6,12 2,12 0,10",
    "6": "7,0 4,0 0,5 0,10 2,12 6,12 8,10 8,8 6,6 2,6 0,8",
    "7": "0,0 8,0 3,12",
    "8": "2,0 6,0 8,2 8,4 6,6 2,6 0,4 0,2 2,0|2,6 0,8 0,10 2,12 6,12 8,10 8,8 6,6",
    "9": "1,12 4,12 8,7 8,2 6,0 2,0 0,2 0,4 2,6 6,6 8,4",
}
_GRID = 12
_THICK = 2
_GAP = 5
"""From the middle of one letter's last line to that of the next one's first, on the grid."""
_SPACE = 6


@lru_cache(maxsize=1024)
def letters(text: str, height: float) -> tuple[Form, float]:
    """A line of capital letters and digits.

    Args:
        text: of the letters A to Z, digits and spaces.
        height: of the letters in units, from edge to edge.

    Returns:
        The form about its middle, and its width in units.
    """
    at, paths = 0, []
    for sign in text:
        if sign == " ":
            at += _SPACE
            continue
        lines = [
            [tuple(map(int, point.split(","))) for point in line.split()]
            for line in _LETTERS[sign].split("|")
        ]
        paths += [[(at + x, y) for x, y in line] for line in lines]
        at += max(x for line in lines for x, _ in line) + _GAP
    wide = at - _GAP
    step = fine(height) / (_GRID + _THICK)
    thick = round(_THICK * step)
    form = Together(
        tuple(
            stroke(
                [(round((x - wide / 2) * step), round((y - _GRID / 2) * step)) for x, y in line],
                thick,
            )
            for line in paths
        )
    )
    return form, (wide + _THICK) * height / (_GRID + _THICK)
