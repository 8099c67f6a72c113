"""The families: draws -> what is asked, and the scene of every truth.

A family draws all that its pictures share and gives a :class:`Sketch`, whose ``scene`` has the
things of the picture in which a value is true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handeye.sets.draw import Draw
from handeye.stress.items import FAMILIES, Family
from handeye.stress.scenes.drawing import (
    STAGE,
    Form,
    Together,
    fine,
    polygon,
    rectangle,
    rotated,
    stroke,
)
from handeye.stress.scenes.sketching import (
    MIDDLE,
    RIM,
    Paint,
    Room,
    Sketch,
    Thing,
    in_some_order,
    named,
    others,
    some,
    some_colours,
    two_colours,
)
from handeye.stress.scenes.things import COLOURS, EVEN_SHAPES, SHAPES, letters


def attribute(room: Room, size: float) -> Sketch:
    """What colour a thing has; the edit is its colour, the level how large it is."""
    draw = room.draw
    name = draw.pick(SHAPES)
    a, b, third = some_colours(draw, 3)
    half = draw.below(2)
    clear = size / 2 + 2
    xs = ((0, MIDDLE - clear), (MIDDLE + clear, STAGE))[half]
    x, y = room.first(size, size, xs)
    room.take(STAGE - x, y, size)
    rest = room.scatter(5, others(SHAPES, name))

    def things(truth: int, other: int) -> Any:
        at = STAGE - x if other else x
        return [*rest, named(name, (a, b)[truth], at, y, size)], []

    places = ("left", "right") if half == 0 else ("right", "left")
    return Sketch(
        "attribute",
        {"thing": name},
        (a, b),
        size,
        things,
        room.ground,
        room.above,
        third=third,
        presumed=({"place": places[0]}, {"place": places[1]}),
        companions=((3, a), (3, b)),
    )


def existence(room: Room, size: float) -> Sketch:
    """Whether a thing is there; the edit takes it away, or gives it another colour."""
    draw = room.draw
    name = draw.pick(SHAPES)
    colour, another = some_colours(draw, 2)
    by_colour = bool(draw.below(2))
    values = in_some_order(draw, "yes", "no")
    x, y = room.first(size, size)
    rest = room.scatter(5, others(SHAPES, name))

    def things(truth: int, other: int) -> Any:
        if values[truth] == "yes":
            return [*rest, named(name, colour, x, y, size)], []
        return [*rest, *([named(name, another, x, y, size)] if by_colour else [])], []

    words = {"thing": name} | ({"colour": colour} if by_colour else {})
    return Sketch("existence", words, values, size, things, room.ground, room.above)


def count(room: Room, size: float) -> Sketch:
    """How many of a shape there are; the edit takes one away, the level is how large they are."""
    draw = room.draw
    name = draw.pick(SHAPES)
    if room.rest is None:
        many = draw.integer(3, 8)
    else:
        whole = OWN["count"] + draw.integer(*room.rest)
        many = draw.integer(2, whole - 1)
    numbers = (many, many - 1) if draw.below(2) else (many - 1, many)
    cell = 45
    columns, rows = (STAGE - 2 * RIM) // cell, (room.bottom - room.top) // cell
    left, top = (
        (STAGE - columns * cell) // 2,
        room.top + (room.bottom - room.top - rows * cell) // 2,
    )
    rest = draw.integer(3, 5) if room.rest is None else whole - many
    free = max(0, (cell - int(size) - 8) // 2)
    placed = []
    for number, place in enumerate(draw.sample(columns * rows, many + rest)):
        what = name if number < many else draw.pick(others(SHAPES, name))
        x = left + cell * (place % columns) + cell // 2 + draw.integer(-free, free)
        y = top + cell * (place // columns) + cell // 2 + draw.integer(-free, free)
        role = "asked" if number < many else "rest"
        placed.append(named(what, draw.pick(tuple(COLOURS)), x, y, size, role=role))

    def things(truth: int, other: int) -> Any:
        return [*placed[many:], *placed[: numbers[truth]]], []

    third = max(numbers) + 1 if draw.below(2) or min(numbers) < 2 else min(numbers) - 1
    return Sketch(
        "count",
        {"thing": name},
        (str(numbers[0]), str(numbers[1])),
        size,
        things,
        room.ground,
        room.above,
        third=str(third),
        companions=((numbers[0], "black"), (numbers[1], "black")),
        number=True,
    )


def position(room: Room, distance: float) -> Sketch:
    """In which half a thing lies; it is mirrored, the level is its distance from the middle."""
    draw = room.draw
    across = bool(draw.below(2))
    size = 32
    name = draw.pick(SHAPES if across else EVEN_SHAPES)
    colour, another = some_colours(draw, 2)
    names = ("left", "right") if across else ("upper", "lower")
    values = in_some_order(draw, *names)
    low, high = (RIM, STAGE - RIM) if not across else (room.top, room.bottom)
    along = draw.integer(int(low) + size // 2, int(high) - size // 2)

    def at(value: str) -> tuple[float, float]:
        off = MIDDLE + (-distance if value == names[0] else distance)
        return (off, along) if across else (along, off)

    for value in values:
        room.take(*at(value), size)
    rest = room.scatter(4, others(SHAPES, name))

    def things(truth: int, other: int) -> Any:
        x, y = at(values[truth])
        return [*rest, named(name, (colour, another)[other], x, y, size)], []

    one, two = in_some_order(draw, *names)
    return Sketch(
        "position",
        {"thing": name, "one": one, "two": two},
        values,
        distance,
        things,
        room.ground,
        room.above,
        presumed=two_colours(colour, another),
        side=1 if values[0] == names[0] else -1,
    )


def relation(room: Room, offset: float) -> Sketch:
    """On which side of a mark a thing lies; it is moved, the level is how far it is off."""
    draw = room.draw
    across = bool(draw.below(2))
    size = 34
    thing, mark = some(draw, SHAPES if across else EVEN_SHAPES, 2)
    colour, another, second = some_colours(draw, 3)
    names = ("left", "right") if across else ("above", "below")
    values = in_some_order(draw, *names)
    gap = draw.integer(58, 86) * (1 if draw.below(2) else -1)
    reach = 72 + size // 2
    if across:
        mx = draw.integer(RIM + reach, STAGE - RIM - reach)
        span = (int(room.top) + size // 2, int(room.bottom) - size // 2)
        my = draw.integer(span[0] + max(0, -gap), span[1] - max(0, gap))
    else:
        my = draw.integer(int(room.top) + reach, int(room.bottom) - reach)
        span = (RIM + size // 2, STAGE - RIM - size // 2)
        mx = draw.integer(span[0] + max(0, -gap), span[1] - max(0, gap))

    def at(value: str) -> tuple[float, float]:
        off = -offset if value == names[0] else offset
        return (mx + off, my + gap) if across else (mx + gap, my + off)

    room.take(mx, my, size)
    for value in values:
        room.take(*at(value), size)
    rest = room.scatter(3, others(SHAPES, thing, mark))

    def things(truth: int, other: int) -> Any:
        found = [
            *rest,
            named(mark, second, mx, my, size, role="mark"),
            named(thing, (colour, another)[other], *at(values[truth]), size),
        ]
        word = f"{values[truth]} of" if across else values[truth]
        return found, [(len(rest) + 1, word, len(rest))]

    one, two = in_some_order(draw, *names)
    return Sketch(
        "relation x" if across else "relation y",
        {"thing": thing, "mark": mark, "one": one, "two": two},
        values,
        offset,
        things,
        room.ground,
        room.above,
        presumed=two_colours(colour, another),
        side=1 if values[0] == names[0] else -1,
    )


def reference(room: Room, offset: float) -> Sketch:
    """What colour the one of two has that lies nearest to a mark; the mark is moved.

    So the two pictures show the same but for the mark's place: who does not look at it says the
    same of both. The two lie in two halves of the picture, so that what is seen of one can be said
    apart from the other; the level is how far the mark is off the middle between them.
    """
    draw = room.draw
    size, aside, apart = 30, 48, 40
    thing, mark = some(draw, EVEN_SHAPES, 2)
    a, b, second, another = some_colours(draw, 4)
    across = bool(draw.below(2))
    first = 1 if draw.below(2) else -1
    lane = apart if draw.below(2) else -apart
    # Along the way that the mark moves; across it the two lie on either side of the middle.
    reach = aside + size // 2
    low, high = (RIM, STAGE - RIM) if across else (int(room.top), int(room.bottom))
    along, beside = draw.integer(low + reach, high - reach), MIDDLE + draw.integer(-24, 24)

    def at(way: float, side: float) -> tuple[float, float]:
        return (along + way, beside + side) if across else (beside + side, along + way)

    places = at(first * aside, lane), at(-first * aside, -lane)
    marks = at(first * offset, 0), at(-first * offset, 0)
    for place in (*places, *marks):
        room.take(*place, size)
    rest = room.scatter(draw.below(3), others(SHAPES, thing, mark))

    def things(truth: int, other: int) -> Any:
        found = [
            *rest,
            named(mark, (second, another)[other], *marks[truth], size, role="mark"),
            *(
                named(thing, shade, *place, size)
                for shade, place in zip((a, b), places, strict=True)
            ),
        ]
        return found, [(len(rest) + 1 + truth, "nearest to", len(rest))]

    return Sketch(
        "reference",
        {"thing": thing, "mark": mark},
        (a, b),
        offset,
        things,
        room.ground,
        room.above,
        third=second,
        presumed=({"mark_colour": second}, {"mark_colour": another}),
        companions=((3, a), (3, b)),
    )


def size(room: Room, difference: float) -> Sketch:
    """Which of two is larger; sizes are exchanged, the level is by how much they differ."""
    draw = room.draw
    name = draw.pick(SHAPES)
    small = 44
    large = small + difference
    left, right = some_colours(draw, 2)
    values = in_some_order(draw, left, right)
    upper = bool(draw.below(2))
    xs = (draw.integer(60, 112), draw.integer(224, 276))
    ys = tuple(draw.integer(212, 252) for _ in range(2))
    ys = tuple(STAGE - y for y in ys) if upper else ys
    for x, y in zip(xs, ys, strict=True):
        room.take(x, y, large)
        room.take(x, STAGE - y, large)
    rest = room.scatter(4, others(SHAPES, name))

    def things(truth: int, other: int) -> Any:
        found = list(rest)
        for colour, x, y in zip((left, right), xs, ys, strict=True):
            scale = large if colour == values[truth] else small
            found.append(named(name, colour, x, STAGE - y if other else y, scale))
        first = len(rest) if values[truth] == left else len(rest) + 1
        return found, [(first, "larger than", 2 * len(rest) + 1 - first)]

    one, two = in_some_order(draw, left, right)
    places = ("upper", "lower") if upper else ("lower", "upper")
    return Sketch(
        "size",
        {"thing": name, "one": one, "two": two},
        values,
        difference,
        things,
        room.ground,
        room.above,
        presumed=({"place": places[0]}, {"place": places[1]}),
        companions=((3, values[0]), (3, values[1])),
        side=1 if values[0] == left else -1,
    )


def depth(room: Room, overlap: float) -> Sketch:
    """Which of two is in front; the order of painting is exchanged, the level is the overlap."""
    draw = room.draw
    name = draw.pick(("circle", "square"))
    wide = 54
    first, second = some_colours(draw, 2)
    values = in_some_order(draw, first, second)
    across = bool(draw.below(2))
    off = draw.integer(-10, 10) if name == "square" else 0
    step = (wide - overlap) / 2
    upper = bool(draw.below(2))
    x, y = draw.integer(90, 246), draw.integer(227, 235)
    y = STAGE - y if upper else y
    dx, dy = (step, off / 2) if across else (off / 2, step)
    room.take(x, y, 2 * wide)
    room.take(x, STAGE - y, 2 * wide)
    rest = room.scatter(5, others(SHAPES, name))

    def things(truth: int, other: int) -> Any:
        middle = STAGE - y if other else y
        pair = [
            named(name, first, x - dx, middle - dy, wide),
            named(name, second, x + dx, middle + dy, wide),
        ]
        if values[truth] == first:
            pair.reverse()
        return [*rest, *pair], [(len(rest) + 1, "in front of", len(rest))]

    one, two = in_some_order(draw, first, second)
    places = ("upper", "lower") if upper else ("lower", "upper")
    return Sketch(
        "depth",
        {"thing": name, "one": one, "two": two},
        values,
        overlap,
        things,
        room.ground,
        room.above,
        presumed=({"place": places[0]}, {"place": places[1]}),
        companions=((3, values[0]), (3, values[1])),
        side=1 if values[0] == first else -1,
    )


WORDS = (
    *(("CAT", "CAR"), ("BOAT", "COAT"), ("HAND", "SAND"), ("BOOK", "COOK"), ("ROAD", "TOAD")),
    *(("PARK", "DARK"), ("ROCK", "SOCK"), ("HOUR", "POUR"), ("SNOW", "SHOW"), ("BANK", "BARK")),
    *(("STAR", "SCAR"), ("CARD", "YARD"), ("BEAR", "GEAR"), ("TOWN", "GOWN"), ("DOOR", "POOR")),
    *(("HORN", "CORN"), ("KING", "RING"), ("NEST", "TEST"), ("CAKE", "RAKE"), ("SOUP", "SOUR")),
)
"""Pairs that differ in one letter; both letters are equally wide, so that no other one moves."""
DIGITS = "23456789"
PLATES = tuple(others(tuple(COLOURS), "yellow", "orange"))
"""Colours on which white letters are read well."""


def text(room: Room, height: float) -> Sketch:
    """Which word or number a sign shows; one letter is another, the level is its height."""
    draw = room.draw
    if draw.below(2):
        kind = "text word"
        pair, another = draw.sample(len(WORDS), 2)
        values = in_some_order(draw, *WORDS[pair])
        third = draw.pick(WORDS[another])
    else:
        kind = "text number"
        place = draw.below(3)
        signs = [draw.pick(DIGITS) for _ in range(3)]
        found = [
            "".join([*signs[:place], one, *signs[place + 1 :]]) for one in some(draw, DIGITS, 3)
        ]
        values, third = (found[0], found[1]), found[2]
    names = some(draw, PLATES, 2)
    wide = max(letters(value, height)[1] for value in values)
    edge = max(7, round(height * 0.55))
    width, tall = round(wide) + 2 * edge, round(height) + 2 * edge
    x, y = room.first(width, tall)
    rest = room.scatter(4, SHAPES)

    def things(truth: int, other: int) -> Any:
        colour = names[other]
        form, _ = letters(values[truth], height)
        parts = (Paint(rectangle(width, tall), COLOURS[colour]), Paint(form, (255, 255, 255)))
        facts = {"text": values[truth], "height": height}
        return [*rest, Thing("sign", colour, fine(x), fine(y), parts, facts=facts)], []

    return Sketch(
        kind,
        {"thing": "sign"},
        values,
        height,
        things,
        room.ground,
        room.above,
        third=third,
        presumed=two_colours(*names),
    )


def contact(room: Room, gap: float) -> Sketch:
    """Whether two lines touch; one is made shorter, the level is the gap that comes to be.

    The line that is touched lies in front and hides the end of the other, so that nothing but the
    gap is to be seen of the edit.
    """
    draw = room.draw
    stem, bar, another = some_colours(draw, 3)
    values = in_some_order(draw, "yes", "no")
    thick = 5
    at, turn = draw.integer(-45, 45), draw.below(360)
    x = draw.integer(118, STAGE - 118)
    y = draw.integer(int(room.top) + 108, int(room.bottom) - 108)
    room.take(x, y, 200, 200)
    rest = room.scatter(6, SHAPES, others(tuple(COLOURS), stem, bar, another))

    def line(name: str, *points: tuple[float, float]) -> Paint:
        form = stroke([(fine(px), fine(py)) for px, py in points], fine(thick))
        return Paint(rotated(form, turn), COLOURS[name])

    def things(truth: int, other: int) -> Any:
        touches = values[truth] == "yes"
        # What both have is drawn alike, so that not even rounding tells where the edit is not.
        ends = (32 - gap - thick, 32 - thick / 2)[: 2 if touches else 1]
        colour = (stem, another)[other]
        across = Thing("line", bar, fine(x), fine(y), (line(bar, (-75, 32), (75, 32)),), "asked")
        along = line(colour, (at, -62), *((at, end) for end in ends))
        facts = {"gap": 0 if touches else gap}
        found = [*rest, Thing("line", colour, fine(x), fine(y), (along,), "asked", facts), across]
        return found, [(len(rest), "touches", len(rest) + 1)] if touches else []

    return Sketch(
        "contact",
        {},
        values,
        gap,
        things,
        room.ground,
        room.above,
        presumed=two_colours(stem, another),
    )


def grid(room: Room, cell: float) -> Sketch:
    """How many rows or columns a grid has; one more is drawn, the level is how wide a cell is."""
    draw = room.draw
    of_rows = bool(draw.below(2))
    few, across = draw.integer(4, 6), draw.integer(4, 7)
    numbers = (few, few + 1) if draw.below(2) else (few + 1, few)
    colour, another = some_colours(draw, 2)
    thick = 2 if cell >= 9 else 1.5
    most = (few + 1) * cell + thick, across * cell + thick
    width, tall = (most[1], most[0]) if of_rows else most
    x, y = room.first(width, tall)
    far_end = bool(draw.below(2))
    rest = room.scatter(4, SHAPES)

    def things(truth: int, other: int) -> Any:
        number = numbers[truth]
        rows, columns = (number, across) if of_rows else (across, number)
        # The end that stays lies where the larger one has it.
        shift = (few + 1 - number) * cell / 2 * (1 if far_end else -1)
        form = Together(
            (
                *(
                    rectangle(columns * cell + thick, thick, 0, (row - rows / 2) * cell)
                    for row in range(rows + 1)
                ),
                *(
                    rectangle(thick, rows * cell + thick, (column - columns / 2) * cell, 0)
                    for column in range(columns + 1)
                ),
            )
        )
        name = (colour, another)[other]
        place = (x, y + shift) if of_rows else (x + shift, y)
        facts = {"rows": rows, "columns": columns, "cell": cell}
        part = (Paint(form, COLOURS[name]),)
        return [*rest, Thing("grid", name, fine(place[0]), fine(place[1]), part, facts=facts)], []

    third = few + 2 if draw.below(2) else few - 1
    return Sketch(
        "grid rows" if of_rows else "grid columns",
        {"thing": "grid"},
        (str(numbers[0]), str(numbers[1])),
        cell,
        things,
        room.ground,
        room.above,
        third=str(third),
        presumed=two_colours(colour, another),
        companions=((numbers[0], "black"), (numbers[1], "black")),
        number=True,
    )


ODD_NUMBER = 5


def odd(room: Room, difference: float, unit: str) -> Sketch:
    """Which of a row differs; it changes places with a neighbour, the level is by how much."""
    draw = room.draw
    tilted = unit == "deg"
    name = draw.pick(("square", "triangle", "cross") if tilted else SHAPES)
    colour, another = some_colours(draw, 2)
    first = draw.below(ODD_NUMBER - 1)
    places = in_some_order(draw, str(first + 1), str(first + 2))
    base, pitch = (36, 60) if tilted else (28, 60)
    start = draw.integer(RIM + 26, STAGE - RIM - 26 - pitch * (ODD_NUMBER - 1))
    y = draw.integer(int(room.top) + 28, int(room.bottom) - 28)
    turn = draw.below(90) if tilted else 0
    sign = 1 if draw.below(2) else -1
    room.take(start + 2 * pitch, y, 4 * pitch + 52, 56)
    rest = room.scatter(6, others(SHAPES, name), others(tuple(COLOURS), colour, another))

    def things(truth: int, other: int) -> Any:
        found = list(rest)
        for place in range(ODD_NUMBER):
            differs = str(place + 1) == places[truth]
            scale = base + (difference if differs and not tilted else 0)
            by = int(difference) * sign if differs and tilted else 0
            x, shade = start + pitch * place, (colour, another)[other]
            one = named(name, shade, x, y, scale, turn=turn + by)
            facts = {**one.facts, "place": place + 1, "differs": differs}
            found.append(Thing(name, shade, one.x, one.y, one.parts, "asked", facts))
        return found, []

    third = draw.pick([n for n in map(str, range(1, ODD_NUMBER + 1)) if n not in places])
    return Sketch(
        "odd tilt" if tilted else "odd size",
        {"thing": name},
        places,
        difference,
        things,
        room.ground,
        room.above,
        third=third,
        unit=unit,
        presumed=two_colours(colour, another),
        side=1 if places[0] < places[1] else -1,
        number=True,
    )


PARTS = {"comb": "tooth", "crown": "point", "ladder": "rung"}
"""Things that have parts, and what these are called."""


def part(room: Room, width: float) -> Sketch:
    """How many parts a thing has; one more is drawn, the level is how wide each is."""
    draw = room.draw
    name = draw.pick(tuple(PARTS))
    few = draw.integer(4, 7)
    numbers = (few, few + 1) if draw.below(2) else (few + 1, few)
    colour, another = some_colours(draw, 2)
    long = max(110, round(2 * width * (few + 1) + 12))
    tall = 64
    x, y = room.first(long, tall)
    way = 1 if draw.below(2) else -1
    rest = room.scatter(5, SHAPES)

    def piece(at: float) -> Form:
        if name == "comb":
            return rectangle(width, 48, at, 6)
        if name == "crown":
            return polygon((at - width, 12), (at, -30), (at + width, 12))
        return rectangle(width, 44, at, 0)

    bodies = {
        "comb": (rectangle(long, 16, 0, -22),),
        "crown": (rectangle(long, 20, 0, 20),),
        "ladder": (rectangle(long, 8, 0, -24), rectangle(long, 8, 0, 24)),
    }

    def things(truth: int, other: int) -> Any:
        number = numbers[truth]
        starts = (way * (-long / 2 + 6 + width * (2 * place + 1)) for place in range(number))
        form = Together((*bodies[name], *map(piece, starts)))
        shade = (colour, another)[other]
        made = (Paint(form, COLOURS[shade]),)
        facts = {f"{PARTS[name]}s": number, "parts": number, "width": width}
        return [*rest, Thing(name, shade, fine(x), fine(y), made, facts=facts)], []

    third = few + 2 if draw.below(2) else few - 1
    return Sketch(
        "part",
        {"thing": name, "part": PARTS[name]},
        (str(numbers[0]), str(numbers[1])),
        width,
        things,
        room.ground,
        room.above,
        third=str(third),
        presumed=two_colours(colour, another),
        companions=((numbers[0], "black"), (numbers[1], "black")),
        number=True,
    )


LEVELS: dict[Family, tuple[float, ...]] = {
    "attribute": (64, 36, 20, 11, 6),
    "existence": (64, 36, 20, 11, 6),
    "count": (34, 22, 14, 9, 6),
    "position": (80, 40, 20, 8, 2),
    "relation": (72, 36, 18, 8, 2),
    "size": (32, 16, 8, 4, 2),
    "depth": (32, 16, 8, 4, 2),
    "text": (40, 24, 14, 9, 6),
    "contact": (32, 16, 8, 4, 2),
    "grid": (34, 22, 14, 9, 6),
    "odd": (20, 10, 5, 3, 1),
    "part": (16, 10, 6, 4, 2),
    "reference": (48, 30, 16, 8, 2),
}
"""What each level is, in units of the stage, 1 (the first) the easiest."""
TILTS = (45, 24, 12, 6, 3)
"""Levels of ``odd`` where the odd one is tilted, in degrees."""
N_LEVELS = 5
MEANING: dict[Family, str] = {
    "attribute": "size of the thing whose colour is asked",
    "existence": "size of the thing that is there or not",
    "count": "size of the things that are counted",
    "position": "distance from the middle of the picture",
    "relation": "distance from the middle of the mark",
    "size": "difference of widths",
    "depth": "width of the overlap",
    "text": "height of the letters",
    "contact": "gap between the lines",
    "grid": "width of a cell",
    "odd": "difference of widths (px), or of tilts (deg)",
    "part": "width of a part",
    "reference": "distance of the mark from the middle between the two",
}
"""What the level of each family measures."""
EDITS: dict[Family, str] = {
    "attribute": "the thing has another colour",
    "existence": "the thing is gone, or has another colour",
    "count": "one is gone",
    "position": "the thing is mirrored",
    "relation": "the thing is moved",
    "size": "the sizes are exchanged",
    "depth": "the order is exchanged",
    "text": "one sign is another",
    "contact": "a line is shorter",
    "grid": "one row or column more",
    "odd": "two neighbours are exchanged",
    "part": "one part more",
    "reference": "the mark is moved",
}
_BUILDERS: dict[str, Callable[[Room, float], Sketch]] = {
    "attribute": attribute,
    "existence": existence,
    "count": count,
    "position": position,
    "relation": relation,
    "size": size,
    "depth": depth,
    "text": text,
    "contact": contact,
    "grid": grid,
    "part": part,
    "reference": reference,
}


OWN: dict[Family, int] = {
    **dict.fromkeys(FAMILIES, 1),
    **dict.fromkeys(("relation", "size", "depth", "contact"), 2),
    **dict.fromkeys(("count", "reference"), 3),
    "odd": ODD_NUMBER,
}
"""Things that a picture of a family has at the least, whatever else there is."""
FEWER: tuple[Family, ...] = ("existence", "count")
"""Families of which one picture of a group has a thing less than the other."""


def sketch(family: Family, level: int, draw: Draw, things: tuple[int, int] | None = None) -> Sketch:
    """A group of a family at a level, 1 to :data:`N_LEVELS`.

    Args:
        family: of its question.
        level: of its difficulty.
        draw: of all of it.
        things: fewest and most in a picture, without labels and companions; None: as many as the
            family has.
    """
    rest = None
    if things is not None:
        low, high = things[0] + (family in FEWER), things[1]
        rest = max(0, low - OWN[family]), high - OWN[family]
    room = Room(draw, rest)
    if family == "odd":
        unit = ("px", "deg")[draw.below(2)]
        return odd(room, (LEVELS["odd"] if unit == "px" else TILTS)[level - 1], unit)
    return _BUILDERS[family](room, LEVELS[family][level - 1])
