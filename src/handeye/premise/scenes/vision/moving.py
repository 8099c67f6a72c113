"""Visual details that only motion tells: four kinds.

Of direction and speed the two clips of a pair have the same frames at their middle; of order and
flashes the same places. Each kind is four functions, in this order: draw, clause, render, holds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.scenes.kinds import FPS, N_FRAMES, Detail, Kind
from handeye.premise.scenes.vision.details import (
    NUMBERS,
    RATIOS_OF_COUNTS,
    claimed,
    dark,
    pair,
    put,
)
from handeye.premise.scenes.vision.looking import empty, only, stages, things
from handeye.premise.scenes.vision.shapes import (
    FINE,
    INKS,
    Pixels,
    box,
    grey,
    ground,
    paint,
    shape,
)
from handeye.sets.draw import Draw

MOTION = frozenset({"motion"})
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
# By how many flashes there may be: so many times of so many frames, of which so many are lit.
TIMES = {3: (4, 10, 5), 5: (6, 7, 4), 8: (8, 5, 3)}
_FIRST_TIME = 4
_SHADE = tuple((x * FINE, y * FINE) for x, y in ((-18, -26), (18, -26), (36, 20), (-36, 20)))


def _shown(picture: Pixels) -> Pixels:
    """A clip in which a picture stands still, to be painted over."""
    return np.repeat(picture[None], N_FRAMES, axis=0)


def _travelled(travel: int, number: int) -> int:
    """Fine steps from the middle of a path of ``travel`` pixels, at a frame; even pace."""
    last = N_FRAMES - 1
    # Rounded alike on both sides, so that turned round a path has the same places.
    steps = (abs(2 * number - last) * travel * FINE + last) // (2 * last)
    return steps if 2 * number > last else -steps


# -- direction


def _draw_direction(draw: Draw, level: float) -> tuple[Detail, Detail]:
    travel, radius = round(level), draw.integer(14, 18)
    ways = draw.pick((("left", "right"), ("up", "down")))
    across = ways[0] == "left"
    room = radius + 5
    far, near = (travel // 2 + room, room + 20)
    side, rise = (far, near) if across else (near, far)
    shared = {
        "travel": travel,
        "radius": radius,
        "x": draw.integer(side, 224 - side),
        "y": draw.integer(rise, 160 - rise),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "way", *ways)


def _clause_direction(detail: Detail) -> str:
    way = detail["way"]
    return f"the circle moves {way if way in ('up', 'down') else f'to the {way}'}"


def _render_direction(detail: Detail) -> Pixels:
    clip = _shown(ground(detail["ground"]))
    form = shape("circle", detail["radius"])
    across, down = WAYS[detail["way"]]
    for number, picture in enumerate(clip):
        step = _travelled(detail["travel"], number)
        x, y = FINE * detail["x"] + across * step, FINE * detail["y"] + down * step
        paint(picture, form, x, y, detail["ink"])
    return clip


def _holds_direction(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the circle moves (?:to the )?(left|right|up|down)")
    if said is None or len(media) < 2:
        return None
    start, end = (only(things(stage), "circle") for stage in stages(media)[[0, -1]])
    if start is None or end is None:
        return False
    across, down = WAYS[said[0]]
    right, lower = end.x - start.x, end.y - start.y
    along, aside = across * right + down * lower, down * right + across * lower
    return along > 3 and along > 2 * abs(aside)


# -- speed


def _draw_speed(draw: Draw, level: float) -> tuple[Detail, Detail]:
    fast, side = draw.integer(120, 140), draw.integer(28, 36)
    reach = (fast + side) // 2 + 6
    shared = {
        "travels": [round(fast / level), fast],
        "side": side,
        "middles": [draw.integer(reach, 224 - reach) for _ in range(2)],
        "rows": [draw.integer(38, 48), draw.integer(112, 122)],
        "turned": bool(draw.below(2)),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "faster", "upper", "lower")


def _clause_speed(detail: Detail) -> str:
    return f"the {detail['faster']} square is the faster one"


def _render_speed(detail: Detail) -> Pixels:
    clip = _shown(ground(detail["ground"]))
    slow, fast = detail["travels"]
    travels = (fast, slow) if detail["faster"] == "upper" else (slow, fast)
    form = box(detail["side"], detail["side"])
    for number, picture in enumerate(clip):
        for travel, x, y in zip(travels, detail["middles"], detail["rows"], strict=True):
            step = _travelled(travel, N_FRAMES - 1 - number if detail["turned"] else number)
            paint(picture, form, FINE * x + step, FINE * y, detail["ink"])
    return clip


def _holds_speed(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the (upper|lower) square is the faster one")
    if said is None or len(media) < 2:
        return None
    ends = []
    for stage in stages(media)[[0, -1]]:
        squares = [thing for thing in things(stage) if thing.shape == "square"]
        ends.append(sorted((thing.y, thing.x) for thing in squares))
    if len(ends[0]) != 2 or len(ends[1]) != 2:
        return False
    upper, lower = (abs(ends[1][which][1] - ends[0][which][1]) for which in range(2))
    first, second = (upper, lower) if said[0] == "upper" else (lower, upper)
    return first > 1.15 * second and first > 3


# -- flashes


def _draw_flashes(draw: Draw, level: float) -> tuple[Detail, Detail]:
    fewer = RATIOS_OF_COUNTS[level]
    times, frames, lit = TIMES[fewer + 1]
    shared = {
        "starts": [_FIRST_TIME + frames * time for time in draw.sample(times, fewer + 1)],
        "lit": lit,
        "x": draw.integer(60, 164),
        "y": draw.integer(62, 70),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "count", fewer, fewer + 1)


def _clause_flashes(detail: Detail) -> str:
    return f"the lamp flashes exactly {NUMBERS[detail['count']]} times"


def _render_flashes(detail: Detail) -> Pixels:
    picture, x, y = ground(detail["ground"]), detail["x"], detail["y"]
    put(picture, box(8, 44), x, y + 38, grey(120))
    put(picture, box(48, 8), x, y + 60, grey(120))
    unlit, lit = picture, picture.copy()
    put(unlit, _SHADE, x, y, grey(96))
    put(lit, _SHADE, x, y, detail["ink"])
    clip = _shown(unlit)
    for start in detail["starts"][: detail["count"]]:
        clip[start : start + detail["lit"]] = lit
    return clip


def _holds_flashes(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, rf"the lamp flashes exactly ({'|'.join(NUMBERS)}) times")
    if said is None or len(media) < 2:
        return None
    # One of the three colours is enough: the one that changes most.
    swings = np.ptp(stages(media), axis=0)
    colour = int(swings.sum((0, 1), dtype=np.int64).argmax())
    swing = swings[..., colour]
    lamp = swing > max(40, int(swing.max()) // 2)
    count = 0
    if lamp.sum() >= 200:
        course = stages(media)[:, lamp, colour].mean(1)
        # A lamp is all on or all off; things that move are here and there.
        if np.ptp(course) > 0.8 * float(swing[lamp].mean()):
            lit = course > (course.max() + course.min()) / 2
            count = int((lit[1:] & ~lit[:-1]).sum()) + int(lit[0])
    return count == NUMBERS.index(said[0])


# -- order


def _draw_order(draw: Draw, level: float) -> tuple[Detail, Detail]:
    gap = round(level * FPS)
    start = draw.integer(5, N_FRAMES - 8 - gap)
    shared = {
        "starts": [start, start + gap],
        "places": [
            [x + draw.integer(-12, 12), draw.integer(68, 92)] for x in draw.shuffled([62, 162])
        ],
        "radius": draw.integer(26, 36),
        "ink": list(draw.pick(INKS)),
        "ground": dark(draw),
    }
    return pair(draw, shared, "first", "circle", "square")


def _other(name: str) -> str:
    return "square" if name == "circle" else "circle"


def _clause_order(detail: Detail) -> str:
    return f"the {detail['first']} appears before the {_other(detail['first'])}"


def _render_order(detail: Detail) -> Pixels:
    picture = ground(detail["ground"])
    clip = _shown(picture)
    names = dict(zip((detail["first"], _other(detail["first"])), detail["starts"], strict=True))
    for name in sorted(names, key=names.__getitem__):
        x, y = detail["places"][name == "square"]
        put(picture, shape(name, detail["radius"]), x, y, detail["ink"])
        clip[names[name] :] = picture
    return clip


def _holds_order(media: NDArray[Any], clause: str) -> bool | None:
    said = claimed(clause, "the (circle|square) appears before the (circle|square)")
    if said is None or len(media) < 2 or said[0] == said[1]:
        return None
    at_end = things(stages(media)[-1])
    seen = {}
    for name in said:
        thing = only(at_end, name)
        if thing is None:
            return False
        inside = stages(media)[:, thing.inside].astype(np.float32).mean(1)
        bare = empty(stages(media)[0])
        shown = ((inside - bare) ** 2).sum(1) > ((thing.ink - bare) ** 2).sum() / 4
        # From its first frame on it stays, and it is not there from the start.
        first = int(np.argmax(shown))
        if first == 0 or not shown[first:].all():
            return False
        seen[name] = first
    return seen[said[0]] < seen[said[1]]


MOVING = (
    Kind(
        name="direction", modality="vision", unit="pixels", levels=(112, 40, 12), needs=MOTION,
        draw=_draw_direction, clause=_clause_direction, render=_render_direction,
        holds=_holds_direction,
    ),
    Kind(
        name="speed", modality="vision", unit="ratio of speeds", levels=(3, 2, 1.4), needs=MOTION,
        draw=_draw_speed, clause=_clause_speed, render=_render_speed, holds=_holds_speed,
    ),
    Kind(
        name="flashes", modality="vision", unit="ratio of counts", levels=tuple(RATIOS_OF_COUNTS),
        needs=MOTION, draw=_draw_flashes, clause=_clause_flashes, render=_render_flashes,
        holds=_holds_flashes,
    ),
    Kind(
        name="order", modality="vision", unit="seconds", levels=(2, 0.75, 0.25), needs=MOTION,
        draw=_draw_order, clause=_clause_order, render=_render_order, holds=_holds_order,
    ),
)  # fmt: skip
