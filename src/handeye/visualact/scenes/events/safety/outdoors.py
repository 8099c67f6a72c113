"""Stages of Safety and Monitoring outside: platform, substation, building site, house, gate.

All of them are seen by a camera that does not move.
"""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, mix, shade
from handeye.visualact.scenes.events.safety.camera import Place, birds_pass, flag_waves, sign_blinks

PLATFORM_EDGE = ((150.0, 96.0), (96.0, 288.0))
SITE_GROUND = 244.0
FENCE_FOOT = 212.0
SKIES = (("#a9cbe0", "#e8f0ee"), ("#bcc8d3", "#ebe9e3"), ("#e8c9a9", "#f5ead9"))


def edge(y: float, metres: float = 0.0) -> float:
    """Picture column ``metres`` behind the edge of the platform's ground at row ``y``."""
    (x1, y1), (x2, y2) = PLATFORM_EDGE
    return x1 + (x2 - x1) * (y - y1) / (y2 - y1) + metres * (y - PLATFORM_HORIZON) / 2.6


PLATFORM_HORIZON = 60.0


def platform(draw: Draw) -> Place:
    """A station: the track on the left, a yellow line one metre behind the platform's edge."""
    stone = draw.pick(("#c3c1ba", "#b9c0c4", "#c9bda9"))
    sky = draw.pick(SKIES)

    def backdrop(c: Canvas) -> None:
        c.fade(*sky, 0, 98)
        for i in range(8):
            c.rect(50 * i - 12, 96 - 16 - (i * 29) % 22, 40, 40, mix("#8696a8", sky[1], 0.5))
        c.poly([(0, 96), (WIDTH, 96), (WIDTH, HEIGHT), (0, HEIGHT)], stone)
        (x1, y1), (x2, y2) = PLATFORM_EDGE
        c.poly([(0, 96), (x1, y1), (x2, y2), (0, HEIGHT)], "#6d6a66")
        for far, near in ((118, -34), (138, 44)):
            c.poly([(far, 96), (far + 2, 96), (near + 7, HEIGHT), (near, HEIGHT)], "#b3b8bd")
        wall = [(x1, y1), (x2, y2), (x2 - 16, HEIGHT), (x1 - 3, y1 + 2)]
        c.poly(wall, shade(stone, -0.35))
        c.poly([(edge(96, 0.75), 96), (edge(96, 1.0), 96), (edge(288, 1.0), 288),
                (edge(288, 0.75), 288)], "#eec63f")  # fmt: skip
        for y in (108, 124, 148, 184, 236):
            c.rect(edge(y, 1.05), y, WIDTH, 0.8, shade(stone, -0.14))
        c.poly([(236, 58), (WIDTH, 8), (WIDTH, 22), (236, 66)], "#5f6f80")
        for x, top, foot in ((252, 62, 108), (330, 34, 156)):
            c.rect(x, top, 7, foot - top, "#7d8b99")

    extras = (sign_blinks(draw, 268, 66, "#e0a93b"), birds_pass(draw, 32))
    return Place(backdrop, extras, horizon=PLATFORM_HORIZON, eye=2.6)


def substation(draw: Draw) -> Place:
    """Grass before a fence; behind it transformers with high-voltage signs, at dusk."""
    sky = draw.pick((("#6f7fa3", "#e2b79a"), ("#5f7896", "#c9c7b8"), ("#7a7396", "#e8c0a0")))

    def backdrop(c: Canvas) -> None:
        c.fade(*sky, 0, 150)
        c.fade("#8b8f86", "#77806f", 150, FENCE_FOOT)
        c.fade("#7c9068", "#5f7552", FENCE_FOOT, HEIGHT)
        for x in (40, 262):
            c.rect(x, 92, 84, 92, "#8a949e", round=4)
            for i in range(5):
                c.rect(x + 8 + 15 * i, 104, 8, 62, "#757f8a", round=2)
            for i in range(3):
                c.rect(x + 14 + 24 * i, 66, 8, 28, "#a8744f", round=2)
                c.disc(x + 18 + 24 * i, 64, 5, "#b9855f")
            c.poly([(x + 42, 116), (x + 57, 142), (x + 27, 142)], "#f2c230")
            bolt = [(44, 121), (37, 133), (42, 133), (40, 139), (47, 129), (42, 129)]
            c.poly([(x + dx, y) for dx, y in bolt], "#252a31")
        c.rect(190, 178, 4, 40, "#4d5661")
        c.rect(177, 166, 30, 14, "#3a434d", round=3)
        for i in range(3):
            c.stroke([(58 + 24 * i, 60), (280 + 24 * i, 60)], 1.2, "#3a4350")

    extras = (birds_pass(draw, 30), sign_blinks(draw, 177, 166, "#e0a93b"))
    return Place(backdrop, extras, horizon=90, eye=2.4)


def building_site(draw: Draw) -> Place:
    """A building site seen from the side: a half-built house, sand, and a fence far off."""
    sky = draw.pick(SKIES)

    def backdrop(c: Canvas) -> None:
        c.fade(*sky, 0, SITE_GROUND)
        c.fade("#c7ad83", "#a98d66", SITE_GROUND, HEIGHT)
        for i in range(13):
            c.rect(30 * i, 212, 3, 32, "#c0623f")
        c.rect(0, 218, WIDTH, 5, "#d9794f")
        grey = mix("#98a0a6", sky[1], 0.15)
        for floor in range(3):
            y = SITE_GROUND - 62 * (floor + 1)
            c.rect(286, y, 98, 8, shade(grey, -0.15))
            for x in (292, 336, 376):
                c.rect(x, y + 8, 8, 54, grey)
        c.poly([(40, SITE_GROUND + 4), (74, 222), (110, SITE_GROUND + 4)], "#dbc392")

    extras = (birds_pass(draw, 34), flag_waves(draw, 20, SITE_GROUND, 96))
    return Place(backdrop, extras, horizon=150, eye=2.4)


WINDOW = (150.0, 56.0, 92.0, 84.0)
BALCONY = (112.0, 140.0, 168.0, 70.0)


def house(draw: Draw) -> Place:
    """The upper floor of a house: its balcony door stands open, a shop is below."""
    plaster = draw.pick(("#e2cfae", "#d8b9a4", "#c7cfc2", "#cfc7d6"))
    awning = draw.pick(("#c8604f", "#4f8f8a", "#5b78a8"))

    def backdrop(c: Canvas) -> None:
        c.fade(shade(plaster, 0.15), shade(plaster, -0.06), 0, HEIGHT)
        for row in range(9):
            c.rect(0, 32 * row, WIDTH, 0.8, shade(plaster, -0.1))
        x, y, width, height = WINDOW
        for left in (24, 286):
            c.rect(left - 5, y - 5, width - 8, height + 10, shade(plaster, 0.5))
            c.rect(left, y, width - 18, height, "#9dbccb")
            c.rect(left + 35, y, 4, height, "#f4f1e8")
            c.rect(left, y + 36, width - 18, 3, "#f4f1e8")
            c.rect(left - 9, y + height + 5, width, 7, shade(plaster, -0.2))
        c.rect(x - 5, y - 5, width + 10, height + 5, shade(plaster, 0.5))
        c.rect(x, y, width, height + 70, "#43505f")
        c.rect(x, y, width, 34, "#38434f")
        for leaf in (((x, y), (x - 30, y - 9)), ((x + width, y), (x + width + 30, y - 9))):
            (ax, ay), (bx, by) = leaf
            c.poly([(ax, ay), (bx, by), (bx, by + height + 14), (ax, ay + height)], "#f4f1e8")
            ax, bx = ax + (bx - ax) * 0.16, ax + (bx - ax) * 0.84
            c.poly([(ax, ay + 5), (bx, by + 10), (bx, by + height + 4), (ax, ay + height - 5)],
                   "#b4d0da")  # fmt: skip
        c.rect(0, 214, WIDTH, 8, shade(plaster, -0.3))
        for i in range(12):
            tone = awning if i % 2 else "#f3efe4"
            c.poly([(32 * i, 222), (32 * i + 32, 222), (32 * i + 32, 250), (32 * i, 250)], tone)
            c.disc(32 * i + 16, 250, 16, tone)

    extras = (flag_waves(draw, 352, 214, 52), sign_blinks(draw, 40, 192, "#4c8fe2"))
    return Place(backdrop, extras, horizon=0, eye=2.4)


def parapet(c: Canvas) -> None:
    """The balcony's parapet of :func:`house`, drawn over whoever is behind it."""
    x, y, width, height = BALCONY
    c.rect(x, y, width, height, "#8f9aa3")
    for i in range(9):
        c.rect(x + 8 + i * (width - 20) / 8, y + 6, 5, height - 12, "#a9b3ba", round=2)
    c.rect(x - 6, y - 5, width + 12, 7, "#6d7882", round=3)
    c.rect(x - 6, y + height - 4, width + 12, 8, "#6d7882", round=2)


def gate(draw: Draw) -> Place:
    """A square before the narrow gate of a stadium, seen from above the people's heads."""
    sky, paving = draw.pick(SKIES), draw.pick(("#c4bdb0", "#b7bfc2", "#c3b6a6"))
    wall = draw.pick(("#6f8299", "#8a7f77", "#72897f"))

    def backdrop(c: Canvas) -> None:
        c.fade(*sky, 0, 40)
        c.rect(0, 26, WIDTH, 74, wall)
        c.rect(0, 26, WIDTH, 8, shade(wall, 0.3))
        for i in range(12):
            c.rect(32 * i + 14, 40, 3, 60, shade(wall, -0.12))
        c.fade(shade(paving, 0.1), shade(paving, -0.1), 100, HEIGHT)
        for y in (112, 130, 156, 194, 246):
            c.rect(0, y, WIDTH, 0.9, shade(paving, -0.12))
        c.rect(158, 46, 68, 56, shade(wall, -0.45))
        c.rect(164, 52, 56, 50, "#2f3b48")
        c.rect(150, 34, 84, 12, "#f0ead8", round=2)
        for x in (66, 286):
            c.rect(x, 62, 40, 40, shade(wall, -0.3))
            c.stroke([(x + 4, 66), (x + 36, 98)], 3, "#c8504b")
            c.stroke([(x + 36, 66), (x + 4, 98)], 3, "#c8504b")

    extras = (flag_waves(draw, 30, 60, 52), flag_waves(draw, 340, 60, 52), birds_pass(draw, 14))
    return Place(backdrop, extras, horizon=30, eye=4.5)
