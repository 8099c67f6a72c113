"""Visual details that one picture carries: eight kinds.

Each kind is four functions, in this order: draw, clause, render, holds.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.media.angles import turned
from handeye.premise.scenes.kinds import Detail, Kind
from handeye.premise.scenes.vision.details import (
    NUMBERS,
    RATIOS_OF_COUNTS,
    claimed,
    dark,
    pair,
    put,
)
from handeye.premise.scenes.vision.looking import contrast, empty, middle, only, things
from handeye.premise.scenes.vision.shapes import (
    CORNERS,
    FINE,
    INKS,
    SHAPES,
    Ink,
    Pixels,
    box,
    cover,
    grey,
    ground,
    paint_cover,
    shape,
    whole,
)
from handeye.sets.draw import Draw

HUES = {
    "red": 0, "orange": 30, "yellow": 60, "green": 120,
    "cyan": 180, "blue": 240, "purple": 270, "magenta": 300,
}  # fmt: skip
PATTERNS = ("horizontal stripes", "vertical stripes", "checks", "dots")


# -- colour


def _draw_colour(draw: Draw, level: float) -> tuple[Detail, Detail]:
    apart = [(a, b) for a, b in combinations(HUES, 2) if _between(HUES[a], HUES[b]) == level]
    radius = draw.integer(26, 40)
    shared = {
        "shape": draw.pick(("circle", "square", "triangle")),
        "radius": radius,
        "turn": draw.integer(-12, 12),
        "x": draw.integer(70, 154),
        "y": draw.integer(72, 88),
        "low": draw.integer(0, 30),
        "high": draw.integer(228, 250),
        "ground": draw.integer(96, 136),
    }
    return pair(draw, shared, "colour", *draw.pick(apart))


def _between(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def _clause_colour(detail: Detail) -> str:
    return f"the {detail['shape']} is {detail['colour']}"


def _ink_of(hue: int, low: int, high: int) -> Ink:
    """A hue, a multiple of 30 degrees, between the lowest and the highest of its three parts."""
    levels = {0: high, 30: high, 60: high, 90: (low + high) // 2}
    red, green, blue = (levels.get(round(_between(hue, peak)), low) for peak in (0, 120, 240))
    return red, green, blue


def _render_colour(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    form = shape(detail["shape"], detail["radius"], detail["turn"])
    ink = _ink_of(HUES[detail["colour"]], detail["low"], detail["high"])
    put(picture, form, detail["x"], detail["y"], ink)
    return picture[None]


def _holds_colour(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, rf"the (circle|square|triangle) is ({'|'.join(HUES)})")
    if said is None:
        return None
    thing = only(things(middle(media)), said[0])
    if thing is None:
        return False
    red, green, blue = (float(part) for part in thing.ink)
    if max(red, green, blue) - min(red, green, blue) < 100:
        return False
    # The hue as an angle on the grey axis (the hexagon's corners and middles are multiples of 30).
    hue = float(np.degrees(np.arctan2(3**0.5 * (green - blue), 2 * red - green - blue)))
    return _between(hue, HUES[said[1]]) < 12


# -- shape


def _draw_shape(draw: Draw, level: float) -> tuple[Detail, Detail]:
    # Triangle and square, one corner apart, are much farther apart than the others.
    apart = [
        (a, b)
        for a, b in combinations(CORNERS, 2)
        if CORNERS[b] - CORNERS[a] == level and (a, b) != ("triangle", "square")
    ]
    shared = {
        "radius": draw.integer(34, 46),
        "turn": draw.integer(-12, 12),
        "x": draw.integer(76, 148),
        "y": draw.integer(76, 84),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "shape", *draw.pick(apart))


def _clause_shape(detail: Detail) -> str:
    return f"the large shape is a {detail['shape']}"


def _render_shape(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    form = shape(detail["shape"], detail["radius"], detail["turn"])
    put(picture, form, detail["x"], detail["y"], detail["ink"])
    return picture[None]


def _holds_shape(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, rf"the large shape is a ({'|'.join(SHAPES)})")
    if said is None:
        return None
    found = things(middle(media))
    return len(found) == 1 and found[0].shape == said[0]


# -- size


def _draw_size(draw: Draw, level: float) -> tuple[Detail, Detail]:
    large = draw.integer(64, 76)
    shared = {
        "sides": [round(large / level), large],
        "places": [[x + draw.integer(-8, 8), draw.integer(70, 90)] for x in (60, 164)],
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "larger", "left", "right")


def _clause_size(detail: Detail) -> str:
    return f"the {detail['larger']} square is the larger one"


def _render_size(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    small, large = detail["sides"]
    sides = (large, small) if detail["larger"] == "left" else (small, large)
    for side, (x, y) in zip(sides, detail["places"], strict=True):
        put(picture, box(side, side), x, y, detail["ink"])
    return picture[None]


def _holds_size(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the (left|right) square is the larger one")
    if said is None:
        return None
    squares = [thing for thing in things(middle(media)) if thing.shape == "square"]
    if len(squares) != 2:
        return False
    first, second = squares if said[0] == "left" else squares[::-1]
    return first.area > 1.1 * second.area


# -- brightness


def _draw_brightness(draw: Draw, level: float) -> tuple[Detail, Detail]:
    middle_grey, half = draw.integer(104, 152), round(level) // 2
    shared = {
        "radius": draw.integer(30, 46),
        "x": draw.integer(64, 160),
        "y": draw.integer(72, 88),
        "ground": middle_grey,
    }
    return pair(draw, shared, "grey", middle_grey - half, middle_grey + half)


def _clause_brightness(detail: Detail) -> str:
    word = "lighter" if detail["grey"] > detail["ground"] else "darker"
    return f"the circle is {word} than the area around it"


def _render_brightness(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    form = shape("circle", detail["radius"])
    put(picture, form, detail["x"], detail["y"], grey(detail["grey"]))
    return picture[None]


def _holds_brightness(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the circle is (lighter|darker) than the area around it")
    if said is None:
        return None
    stage = middle(media)
    thing = only(things(stage), "circle")
    # Weights of luma, ITU-R BT.601.
    luma = np.array([0.299, 0.587, 0.114])
    over = 0.0 if thing is None else float((thing.ink - empty(stage)) @ luma)
    return over > 5 if said[0] == "lighter" else over < -5


# -- count


def _draw_count(draw: Draw, level: float) -> tuple[Detail, Detail]:
    fewer = RATIOS_OF_COUNTS[level]
    cells = draw.sample(12, fewer + 1)
    shared = {
        "places": [
            [
                28 + 56 * (cell % 4) + draw.integer(-6, 6),
                28 + 52 * (cell // 4) + draw.integer(-6, 6),
            ]
            for cell in cells
        ],
        "radius": draw.integer(13, 18),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "count", fewer, fewer + 1)


def _clause_count(detail: Detail) -> str:
    return f"there are exactly {NUMBERS[detail['count']]} circles"


def _render_count(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    for x, y in detail["places"][: detail["count"]]:
        put(picture, shape("circle", detail["radius"]), x, y, detail["ink"])
    return picture[None]


def _holds_count(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, rf"there are exactly ({'|'.join(NUMBERS)}) circles")
    if said is None:
        return None
    circles = [thing for thing in things(middle(media)) if thing.shape == "circle"]
    return len(circles) == NUMBERS.index(said[0])


# -- position


def _draw_position(draw: Draw, level: float) -> tuple[Detail, Detail]:
    centre, half = draw.integer(88, 136), round(level) // 2
    shared = {
        "middle": centre,
        "half": half,
        "rows": draw.shuffled([draw.integer(36, 44), draw.integer(116, 124)]),
        "radius": draw.integer(18, 26),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "side", "left", "right")


def _clause_position(detail: Detail) -> str:
    return f"the circle is further {detail['side']} than the square"


def _render_position(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    half = -detail["half"] if detail["side"] == "left" else detail["half"]
    for name, row, off in zip(("circle", "square"), detail["rows"], (half, -half), strict=True):
        form = shape(name, detail["radius"])
        put(picture, form, detail["middle"] + off, row, detail["ink"])
    return picture[None]


def _holds_position(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the circle is further (left|right) than the square")
    if said is None:
        return None
    found = things(middle(media))
    circle, square = only(found, "circle"), only(found, "square")
    if circle is None or square is None:
        return False
    right = circle.x - square.x
    return right < -3 if said[0] == "left" else right > 3


# -- orientation


def _draw_orientation(draw: Draw, level: float) -> tuple[Detail, Detail]:
    lean = round(level) // 2
    shared = {
        "length": draw.integer(100, 130),
        "width": draw.integer(14, 20),
        "x": draw.integer(84, 140),
        "y": draw.integer(77, 83),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "lean", -lean, lean)


def _clause_orientation(detail: Detail) -> str:
    return f"the bar leans to the {'left' if detail['lean'] < 0 else 'right'}"


def _render_orientation(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    form = turned(box(detail["width"], detail["length"]), detail["lean"])
    put(picture, form, detail["x"], detail["y"], detail["ink"])
    return picture[None]


def _holds_orientation(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the bar leans to the (left|right)")
    if said is None:
        return None
    bar = only(things(middle(media)), "bar")
    lean = 0.0 if bar is None or abs(bar.lean) > 60 else bar.lean
    return lean < -2 if said[0] == "left" else lean > 2


# -- pattern


def _draw_pattern(draw: Draw, level: float) -> tuple[Detail, Detail]:
    tone, half = draw.integer(140, 170), round(level) // 2
    shared = {
        "side": draw.pick((96, 108, 120)),
        "period": draw.pick((16, 20, 24)),
        "shift": [draw.below(24), draw.below(24)],
        "tones": draw.shuffled([tone - half, tone + half]),
        "x": draw.integer(76, 148),
        "y": draw.integer(76, 84),
        "ground": draw.integer(24, 44),
    }
    one, other = (PATTERNS[number] for number in draw.sample(len(PATTERNS), 2))
    return pair(draw, shared, "pattern", one, other)


def _clause_pattern(detail: Detail) -> str:
    return f"the square has {detail['pattern']}"


def _render_pattern(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    first, second = detail["tones"]
    x, y = detail["x"], detail["y"]
    square = cover(box(detail["side"], detail["side"]))
    paint_cover(picture, square, x, y, grey(first))
    # Fine squares from the upper left corner on, by the period that they lie in.
    period = detail["period"] * FINE
    places = np.arange(len(square) * FINE, dtype=np.int64)
    across, down = ((places + shift * FINE) % period for shift in detail["shift"])
    columns, rows = across[None, :] < period // 2, down[:, None] < period // 2
    if detail["pattern"] == "dots":
        half = period // 2
        off = (2 * across - period + 1)[None, :] ** 2 + (2 * down - period + 1)[:, None] ** 2
        marks = off <= (2 * half * 4 // 5) ** 2
    elif detail["pattern"] == "checks":
        marks = columns ^ rows
    else:
        stripes = rows if detail["pattern"] == "horizontal stripes" else columns
        marks = np.broadcast_to(stripes, (len(places), len(places)))
    paint_cover(picture, whole(marks) * square // FINE**2, x, y, grey(second))
    return picture[None]


def _holds_pattern(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, f"the square has ({'|'.join(PATTERNS)})")
    if said is None:
        return None
    stage = middle(media)
    off = contrast(stage) > 40
    rows, columns = np.flatnonzero(off.sum(1) > 20), np.flatnonzero(off.sum(0) > 20)
    if len(rows) < 60 or abs(len(rows) - len(columns)) > 4:
        return False
    # Whole periods or not, the rim of 4 pixels apart: what is inside the square.
    square = np.s_[rows[0] + 4 : rows[-1] - 3, columns[0] + 4 : columns[-1] - 3]
    inside = stage[square].astype(np.float64).mean(-1)
    spread = float(inside.var())
    if off[square].mean() < 0.99 or spread < 25:
        return False
    # Of all that varies: what the means of rows, or of columns, explain.
    of_rows, of_columns = float(inside.mean(1).var()) / spread, float(inside.mean(0).var()) / spread
    if of_rows < 0.15 and of_columns < 0.15:
        seen = "checks"
    elif min(of_rows, of_columns) > 0.15:
        seen = "dots"
    else:
        seen = PATTERNS[0] if of_rows > of_columns else PATTERNS[1]
    return seen == said[0]


STILLS = (
    Kind(
        name="colour", modality="vision", unit="degrees of hue", levels=(120, 60, 30),
        draw=_draw_colour, clause=_clause_colour, render=_render_colour, holds=_holds_colour,
    ),
    Kind(
        name="shape", modality="vision", unit="corners", levels=(3, 2, 1),
        draw=_draw_shape, clause=_clause_shape, render=_render_shape, holds=_holds_shape,
    ),
    Kind(
        name="size", modality="vision", unit="ratio of sides", levels=(1.6, 1.3, 1.15),
        draw=_draw_size, clause=_clause_size, render=_render_size, holds=_holds_size,
    ),
    Kind(
        name="brightness", modality="vision", unit="grey levels", levels=(128, 64, 24),
        draw=_draw_brightness, clause=_clause_brightness, render=_render_brightness,
        holds=_holds_brightness,
    ),
    Kind(
        name="count", modality="vision", unit="ratio of counts", levels=tuple(RATIOS_OF_COUNTS),
        draw=_draw_count, clause=_clause_count, render=_render_count, holds=_holds_count,
    ),
    Kind(
        name="position", modality="vision", unit="pixels", levels=(96, 48, 16),
        draw=_draw_position, clause=_clause_position, render=_render_position,
        holds=_holds_position,
    ),
    Kind(
        name="orientation", modality="vision", unit="degrees", levels=(80, 40, 12),
        draw=_draw_orientation, clause=_clause_orientation, render=_render_orientation,
        holds=_holds_orientation,
    ),
    Kind(
        name="pattern", modality="vision", unit="grey levels", levels=(120, 60, 24),
        draw=_draw_pattern, clause=_clause_pattern, render=_render_pattern, holds=_holds_pattern,
    ),
)  # fmt: skip
