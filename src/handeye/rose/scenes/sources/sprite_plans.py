"""Body plans of procedural sprites: what traits a plan has and how it is drawn from them.

A plan is a function from traits (small integers by name) to indexed pixels. Sprites of one family
share a plan and most traits, so that they look related; one redrawn trait changes one feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.sources.canvas import (
    ACCENT,
    DARK,
    DEEP,
    LIGHT,
    MID,
    MIDDLE,
    OUTLINE,
    WHITE,
    Canvas,
    both_sides,
    box,
    ellipse,
    wedge,
)

Traits = Mapping[str, int]
Pixels = NDArray[np.uint8]
_ACCENTS = (DEEP, ACCENT, ACCENT)


def _face(c: Canvas, t: Traits, row: int, spread: int) -> None:
    """Eyes at a row, ``spread`` pixels off the middle, and a mouth below them."""
    size = 2 + (t["eye_size"] > 0)
    if t["eyes"] == 1:
        c.eye(10, row - 1, 4, 1 + t["look"] % 2)
    else:
        c.eye(12 - spread - size, row, size, t["look"] % 2 + (size > 2) * 0)
        c.eye(12 + spread, row, size, t["look"] % 2)
    if t["eyes"] == 3:
        c.eye(11, row - 3, 2, t["look"] % 2)
    mouth = row + size + 1
    if t["mouth"] == 0:
        c.inside(box(10, mouth, 13, mouth), OUTLINE)
    elif t["mouth"] == 1:
        c.inside(box(10, mouth, 13, mouth + 1), OUTLINE)
        c.inside(box(11, mouth + 1, 12, mouth + 1), ACCENT)
    elif t["mouth"] == 2:
        c.inside(box(9, mouth, 14, mouth), OUTLINE)
        c.inside(both_sides(box(9, mouth - 1, 9, mouth - 1)), OUTLINE)
    elif t["mouth"] == 3:
        c.inside(box(9, mouth, 14, mouth), OUTLINE)
        c.inside(both_sides(box(10, mouth + 1, 10, mouth + 1)), WHITE)
    else:
        c.inside(box(11, mouth, 12, mouth + 1), OUTLINE)


def _marks(c: Canvas, t: Traits, top: int, bottom: int) -> None:
    """A pattern on the body in the accent colour."""
    if t["marks"] == 1:
        c.inside(both_sides(ellipse(6.5, bottom - 3, 1.2, 1.2)), ACCENT)
    elif t["marks"] == 2:
        c.inside(
            both_sides(box(4, top + 4, 6, top + 4)) | both_sides(box(4, top + 7, 6, top + 7)), DEEP
        )
    elif t["marks"] == 3:
        c.inside(box(11, top + 1, 12, top + 3), ACCENT)
    elif t["marks"] == 4:
        c.inside(both_sides(box(7, top + 2, 8, top + 3)), DARK)
        c.inside(both_sides(box(5, bottom - 4, 5, bottom - 3)), DARK)


def critter(t: Traits) -> Pixels:
    """A round animal with ears or horns, a belly and feet."""
    c = Canvas()
    rx, ry = 6.5 + t["wide"] * 0.8, 6.5 + t["tall"] * 0.7
    cy = 13.5 - t["tall"] * 0.4
    top, bottom = round(cy - ry), round(cy + ry)
    if t["ears"] == 0:
        c.solid(both_sides(wedge(6.5, top - 3, top + 4, 0.5, 3.0)))
    elif t["ears"] == 1:
        c.solid(both_sides(ellipse(6, top + 1.5, 2.6, 2.6)))
        c.paint(both_sides(ellipse(6, top + 1.5, 1.1, 1.1)), ACCENT)
    elif t["ears"] == 2:
        c.solid(both_sides(ellipse(8.5, top - 0.5, 1.6, 4.0)))
        c.paint(both_sides(box(8, top - 2, 8, top + 1)), ACCENT)
    elif t["ears"] == 3:
        c.paint(both_sides(box(9, top - 3, 9, top + 1)), OUTLINE)
        c.paint(both_sides(box(8, top - 4, 9, top - 3)), ACCENT)
    else:
        c.solid(both_sides(wedge(7.5, top - 2, top + 3, 0.5, 1.6)), (DEEP, ACCENT, WHITE))
    c.solid(
        both_sides(ellipse(8.0, bottom + 0.5, 2.4, 1.6)),
        _ACCENTS if t["feet"] else (DARK, MID, MID),
    )
    if t["arms"]:
        lift = 2 if t["arms"] == 1 else -2
        c.solid(both_sides(ellipse(MIDDLE - rx, cy + lift, 1.8, 2.2)))
    c.solid(ellipse(MIDDLE, cy, rx, ry))
    if t["belly"]:
        c.inside(ellipse(MIDDLE, bottom - 2.5, 3.2 + t["belly"] * 0.6, 3.0), LIGHT)
    _marks(c, t, top, bottom)
    _face(c, t, top + 4, 1 + t["spread"])
    return c.framed()


def robot(t: Traits) -> Pixels:
    """A machine: head, torso with a panel, arms, legs, something on top."""
    c = Canvas()
    half = 4 + t["wide"]
    if t["top"] == 0:
        c.paint(box(11, 1, 12, 4), OUTLINE)
        c.paint(box(11, 0 + 1, 12, 2), ACCENT)
    elif t["top"] == 1:
        c.paint(both_sides(box(7, 2, 7, 4)), OUTLINE)
        c.paint(both_sides(box(6, 1, 7, 2)), ACCENT)
    elif t["top"] == 2:
        c.solid(ellipse(MIDDLE, 4.5, 3.0, 2.4), _ACCENTS)
    c.solid(both_sides(box(7, 18, 9, 21)), (DARK, DARK, MID))
    c.solid(both_sides(box(6 - t["feet"], 21, 9, 22)), (DEEP, ACCENT, ACCENT))
    reach = 13 + 2 * t["arms"]
    c.solid(both_sides(box(11 - half - 2, 13, 11 - half, reach + 3)), (DARK, MID, MID))
    c.solid(box(11 - half, 12, 12 + half, 18))
    c.solid(box(10 - half + t["head"], 4, 13 + half - t["head"], 11))
    c.paint(box(8, 6, 15, 9), OUTLINE)
    if t["eyes"] == 0:
        c.paint(both_sides(box(9, 7, 10, 8)), ACCENT)
    elif t["eyes"] == 1:
        c.paint(box(9 + t["look"], 7, 12 + t["look"], 8), ACCENT)
    elif t["eyes"] == 2:
        c.paint(both_sides(box(9, 7, 10, 8)), WHITE)
        c.paint(both_sides(box(10 - t["look"] % 2, 8, 10 - t["look"] % 2, 8)), DEEP)
    else:
        c.paint(box(9, 7, 14, 7), ACCENT)
    if t["panel"] == 0:
        c.paint(both_sides(box(9, 14, 10, 15)), ACCENT)
    elif t["panel"] == 1:
        c.paint(box(9, 14, 14, 16), DARK)
        c.paint(box(10 + t["dial"], 14, 10 + t["dial"], 16), WHITE)
    elif t["panel"] == 2:
        c.paint(box(9, 14, 14, 14) | box(9, 16, 14, 16), DARK)
    else:
        c.paint(ellipse(MIDDLE, 15, 1.6, 1.6), ACCENT)
    return c.framed()


def ghost(t: Traits) -> Pixels:
    """A dome with a scalloped hem."""
    c = Canvas()
    half = 6.5 + t["wide"] * 0.8
    top = 4 - t["tall"]
    mask = ellipse(MIDDLE, top + half, half, half) | box(
        round(12 - half), round(top + half), round(11 + half), 20
    )
    step = 2 + t["hem"] % 2
    teeth = np.zeros_like(mask)
    for i, left in enumerate(range(round(12 - half), round(12 + half), step)):
        if i % 2 == t["hem"] // 2:
            teeth |= box(left, 19, left + step - 1, 20)
    c.solid(mask & ~teeth)
    if t["hat"] == 1:
        c.solid(wedge(MIDDLE, top - 3, top + 2, 1.0, 4.0), _ACCENTS)
    elif t["hat"] == 2:
        c.paint(box(8, top + 1, 15, top + 2), ACCENT)
        c.paint(box(11, top, 12, top), ACCENT)
    elif t["hat"] == 3:
        c.paint(both_sides(box(9, top - 1, 9, top + 1)) | box(11, top - 1, 12, top), ACCENT)
    if t["cheeks"]:
        c.inside(both_sides(box(6, top + 10, 7, top + 9 + t["cheeks"])), ACCENT)
    _marks(c, t, top, 19)
    _face(c, t, top + 6, 1 + t["spread"])
    return c.framed()


def mushroom(t: Traits) -> Pixels:
    """A spotted cap on a stem with a face."""
    c = Canvas()
    half = 3 + t["stem"]
    c.solid(
        box(11 - half, 12, 12 + half, 19 + t["tall"]) | ellipse(MIDDLE, 19, half + 1.6, 2.5),
        (LIGHT, WHITE, WHITE),
    )
    radius = 8.4 + t["cap"] * 0.9
    cap = ellipse(MIDDLE, 11.5, radius, 8.0 + t["tall"]) & box(0, 0, 23, 12)
    c.solid(cap)
    spots = {
        0: both_sides(ellipse(6.5, 8.5, 1.6, 1.6)) | ellipse(MIDDLE, 6, 1.9, 1.9),
        1: both_sides(ellipse(7.5, 7, 2.2, 1.6)) | box(11, 10, 12, 11),
        2: both_sides(box(5, 9, 6, 10)) | both_sides(box(9, 6, 10, 7)),
        3: box(3, 10, 20, 10),
    }[t["spots"]]
    c.inside(spots & cap, ACCENT)
    c.inside(both_sides(box(10, 14, 10, 15 + t["eye_size"])), OUTLINE)
    if t["mouth"] % 3 == 0:
        c.inside(box(11, 17, 12, 17), OUTLINE)
    elif t["mouth"] % 3 == 1:
        c.inside(box(11, 17, 12, 18), DEEP)
    if t["cheeks"]:
        c.inside(both_sides(box(9, 17, 9, 17)), ACCENT)
    if t["grass"]:
        c.paint(both_sides(box(5 - t["grass"], 20, 5, 21)), DARK)
        c.paint(both_sides(box(4, 18, 4, 20)), DARK)
    return c.framed()


def ship(t: Traits) -> Pixels:
    """A spacecraft seen from above: hull, wings, cockpit, engines."""
    c = Canvas()
    span = 6 + t["span"]
    wing_top = 10 + t["sweep"]
    for side in range(span):
        low = wing_top + 6 - (side // 2 if t["wing"] == 1 else 0)
        high = wing_top + (side * (1 + t["wing"] % 2) // 2)
        c.paint(both_sides(box(9 - side, high, 9 - side, max(low, high))), MID)
    c.paint(both_sides(box(10 - span, wing_top + 4, 10 - span, wing_top + 8)), ACCENT)
    if t["guns"]:
        c.paint(both_sides(box(6, wing_top - 2, 6, wing_top + 2)), DEEP)
    c.paint(both_sides(box(9, 19, 10, 20)), DARK)
    c.paint(both_sides(box(9, 21, 9 + t["flame"] % 2, 21 + t["flame"] // 2)), ACCENT)
    c.solid(wedge(MIDDLE, 2, 9, 0.6 + 0.5 * t["nose"], 3.0) | box(9, 9, 14, 18))
    c.paint(ellipse(MIDDLE, 9 + t["pit"], 1.6, 2.5), DEEP)
    c.paint(box(11, 7 + t["pit"], 11, 8 + t["pit"]), WHITE)
    if t["stripe"] == 1:
        c.inside(box(9, 15, 14, 15), ACCENT)
    elif t["stripe"] == 2:
        c.inside(box(11, 13, 12, 18), ACCENT)
    elif t["stripe"] == 3:
        c.inside(both_sides(box(10, 14, 10, 16)), WHITE)
    return c.framed()


def fish(t: Traits) -> Pixels:
    """A fish seen from the side, swimming left."""
    c = Canvas()
    ry = 5.0 + t["tall"] * 0.8
    # The tail is a wedge lying on its side: drawn upright, then turned.
    tail = wedge(12, 16, 21, 1.0, 3.5 + t["tail"]).T
    c.solid(tail & ~box(20, 12, 21, 12), _ACCENTS)
    fin = wedge(11.0 + t["fin"], 12 - ry - 3, 12, 1.5, 4.5)
    c.solid(fin, _ACCENTS)
    if t["under"]:
        c.solid(ellipse(11.0, 12 + ry, 2.0, 2.0), _ACCENTS)
    c.solid(ellipse(9.8, 12, 7.6, ry))
    if t["stripes"]:
        for i in range(t["stripes"]):
            c.inside(
                box(9 + 3 * i, 12 - ry + 1, 9 + 3 * i, 12 + ry - 1), DEEP if t["kind"] else LIGHT
            )
    c.inside(ellipse(11.5, 13 + t["side"], 1.8, 1.2), ACCENT)
    size = 2 + t["eye_size"]
    c.eye(5, 10 - t["eye_size"], size, 0)
    if t["mouth"] % 3 == 0:
        c.inside(box(2, 14, 4, 14), OUTLINE)
    elif t["mouth"] % 3 == 1:
        c.inside(box(2, 13, 3, 14), OUTLINE)
    if t["bubble"]:
        c.paint(box(1, 3 + t["bubble"], 2, 4 + t["bubble"]), LIGHT)
    return c.framed()


def bottle(t: Traits) -> Pixels:
    """A potion: neck, stopper, liquid, label."""
    c = Canvas()
    radius = 6.4 + t["wide"] * 0.8
    body = (
        ellipse(MIDDLE, 14.5, radius, 6.6)
        if t["shape"] == 0
        else box(12 - round(radius), 10, 11 + round(radius), 20)
        if t["shape"] == 1
        else wedge(MIDDLE, 9, 20, 2.0, radius)
    )
    glass = body | box(10, 5, 13, 12)
    c.solid(glass, (LIGHT, WHITE, WHITE))
    level = 11 + t["level"]
    c.inside(body & box(0, level, 23, 23), MID)
    c.inside(body & box(0, level, 23, level), LIGHT)
    c.inside(body & box(14, level + 2, 23, 23), DARK)
    for i in range(t["bubbles"]):
        c.inside(box(8 + 3 * i, 17 - 2 * (i % 2), 8 + 3 * i, 17 - 2 * (i % 2)), WHITE)
    if t["label"] == 1:
        c.inside(box(9, 14, 14, 17), ACCENT)
    elif t["label"] == 2:
        c.inside(both_sides(box(10, 14, 10, 15)) | box(11, 17, 12, 17), ACCENT)
    elif t["label"] == 3:
        c.inside(box(11, 13, 12, 18) | box(9, 15, 14, 16), ACCENT)
    c.solid(box(9, 4, 14, 5), (DEEP, ACCENT, ACCENT))
    if t["cork"]:
        c.paint(box(10, 2 + t["cork"] % 2, 13, 3), DEEP)
    return c.framed()


def beetle(t: Traits) -> Pixels:
    """An insect from above: head, wing cases with a pattern, six legs."""
    c = Canvas()
    for i, row in enumerate((10, 14, 18)):
        length = 3 + (t["legs"] + i) % 3
        c.paint(both_sides(box(6 - length + 1, row, 6, row)), OUTLINE)
        c.paint(
            both_sides(box(6 - length + 1, row + (1 if i else -1), 6 - length + 1, row)), OUTLINE
        )
    c.paint(both_sides(box(9, 2, 9, 4)), OUTLINE)
    c.paint(both_sides(box(8 - t["horn"], 1, 8, 2)), OUTLINE if t["horn"] < 2 else ACCENT)
    c.solid(ellipse(MIDDLE, 6.5, 3.4 + t["head"] * 0.5, 2.8), (DARK, DARK, MID))
    c.paint(both_sides(box(9, 5, 9, 5 + t["eye_size"])), WHITE)
    c.solid(ellipse(MIDDLE, 14.5, 6.0 + t["wide"] * 0.8, 7.2))
    pattern = {
        0: both_sides(ellipse(8.0, 12, 1.5, 1.5)) | both_sides(ellipse(8.5, 17.5, 1.5, 1.5)),
        1: box(5, 13, 18, 13) | box(5, 17, 18, 17),
        2: both_sides(wedge(8.0, 11, 18, 0.5, 1.6)),
        3: both_sides(box(8, 11, 8, 18)),
        4: ellipse(MIDDLE, 15, 3.2, 3.2),
    }[t["pattern"]]
    c.inside(pattern, ACCENT)
    c.inside(box(11, 8 + t["seam"], 12, 21), OUTLINE if t["seam"] < 2 else DARK)
    return c.framed()


def flower(t: Traits) -> Pixels:
    """A flower in a pot."""
    c = Canvas()
    c.paint(box(11, 10, 12, 17), DARK)
    for side in range(t["leaves"]):
        leaf = ellipse(8.2, 14.5 + side * 1.5, 2.6, 1.2)
        c.solid(leaf if side == 0 else leaf[:, ::-1], (DARK, MID, MID))
    c.solid(wedge(MIDDLE, 18, 22, 4.5 + t["pot"] * 0.7, 3.0), (DEEP, ACCENT, ACCENT))
    c.paint(box(6 - t["pot"] % 2, 17, 17 + t["pot"] % 2, 17), DEEP)
    reach = 3.6 + t["bloom"] * 0.5
    angles = np.arange(5 + t["petals"]) * (2 * np.pi / (5 + t["petals"])) - np.pi / 2
    petals = np.zeros((24, 24), np.bool_)
    for angle in angles:
        petals |= ellipse(
            MIDDLE + round(reach * np.cos(angle), 6),
            7.5 + round(reach * np.sin(angle), 6),
            2.2,
            2.2,
        )
    c.solid(petals | ellipse(MIDDLE, 7.5, 3.5, 3.5))
    c.paint(ellipse(MIDDLE, 7.5, 2.6, 2.6), ACCENT)
    if t["face"] == 1:
        c.paint(both_sides(box(10, 7, 10, 7)) | box(11, 9, 12, 9), OUTLINE)
    elif t["face"] == 2:
        c.paint(ellipse(MIDDLE, 7.5, 1.2, 1.2), DEEP)
    elif t["face"] == 3:
        c.paint(box(10, 6, 11, 7), WHITE)
    return c.framed()


FACE = {"eyes": 4, "eye_size": 2, "look": 2, "mouth": 5}
PLANS: dict[str, tuple[Callable[[Traits], Pixels], dict[str, int]]] = {
    "critter": (
        critter,
        {"wide": 4, "tall": 3, "ears": 5, "feet": 2, "arms": 3, "belly": 3, "marks": 5, "spread": 2}
        | FACE,
    ),
    "robot": (
        robot,
        {"wide": 3, "top": 4, "feet": 2, "arms": 3, "head": 3, "eyes": 4, "look": 3, "panel": 4}
        | {"dial": 4},
    ),
    "ghost": (
        ghost,
        {"wide": 4, "tall": 2, "hem": 4, "hat": 4, "cheeks": 3, "marks": 5, "spread": 2} | FACE,
    ),
    "mushroom": (
        mushroom,
        {"stem": 3, "cap": 3, "tall": 2, "spots": 4, "eye_size": 2, "mouth": 3, "cheeks": 2}
        | {"grass": 3},
    ),
    "ship": (
        ship,
        {"span": 3, "sweep": 3, "wing": 3, "guns": 2, "flame": 4, "nose": 3, "pit": 3, "stripe": 4},
    ),
    "fish": (
        fish,
        {"tall": 3, "tail": 3, "fin": 3, "under": 2, "stripes": 4, "kind": 2, "side": 3}
        | {"eye_size": 2, "mouth": 3, "bubble": 4},
    ),
    "bottle": (
        bottle,
        {"wide": 3, "shape": 3, "level": 4, "bubbles": 4, "label": 4, "cork": 3},
    ),
    "beetle": (
        beetle,
        {"legs": 3, "horn": 3, "head": 3, "wide": 3, "pattern": 5, "seam": 3, "eye_size": 2},
    ),
    "flower": (
        flower,
        {"leaves": 3, "pot": 3, "bloom": 3, "petals": 4, "face": 4},
    ),
}
"""Drawing function and number of values of each trait, by plan."""
