"""Stages of Safety and Monitoring inside: a corridor, a hall with doors, a waiting room, a cellar.

All of them are seen by a camera that does not move.
"""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas, Point, mix, shade
from handeye.visualact.scenes.events.safety.camera import Place, lamp_flickers, sign_blinks

WALLS = ("#d5dde2", "#e2dccd", "#d3ddd2", "#dcd6de")
FLOORS = ("#a9b3bb", "#b7ab98", "#9fb0a6", "#a7a3b2")
DOORS = ("#8b6b4f", "#5f7c8f", "#78866a", "#7d6f86")
CELLAR_FLOOR = 206.0
HALL_FLOOR = 218.0
_AHEAD: Point = (192.0, 105.0)


def corridor(draw: Draw) -> Place:
    """A corridor that we look along; doors left and right, an exit at its end."""
    wall, floor, door = draw.pick(WALLS), draw.pick(FLOORS), draw.pick(DOORS)

    def backdrop(c: Canvas) -> None:
        c.rect(0, 0, WIDTH, HEIGHT, wall)
        c.poly([_wall(4.2, -1, 0.95), _wall(1, -1, 0.95), _wall(1, 1, 0.95), _wall(4.2, 1, 0.95)],
               shade(wall, 0.45))  # fmt: skip
        c.poly([_wall(5, -1, -1), _wall(1, -1, -1), _wall(1, 1, -1), _wall(5, 1, -1)], floor)
        for side, tone in ((-1, -0.07), (1, -0.13)):
            c.poly(
                [
                    _wall(5, side, 0.95),
                    _wall(1, side, 0.95),
                    _wall(1, side, -1),
                    _wall(5, side, -1),
                ],
                shade(wall, tone),
            )
            c.poly(
                [
                    _wall(5, side, -0.9),
                    _wall(1, side, -0.9),
                    _wall(1, side, -1),
                    _wall(5, side, -1),
                ],
                shade(wall, tone - 0.25),
            )
            _side_doors(c, side, door)
        for s in (1.25, 1.6, 2.1, 2.8, 3.8):
            a, b = _wall(s, -1, -1), _wall(s, 1, -1)
            c.rect(a[0], a[1], b[0] - a[0], 0.8, shade(floor, -0.12))
        for near, far in ((3.4, 2.6), (2.0, 1.7), (1.4, 1.25)):
            lamp = [(near, -0.25), (far, -0.25), (far, 0.25), (near, 0.25)]
            c.poly([_wall(s, x, 0.95) for s, x in lamp], "#fffdf0")
        c.rect(168, 84, 48, 57, shade(door, 0.1))
        c.rect(191, 84, 2, 57, shade(door, -0.3))
        c.rect(176, 74, 32, 7, "#3aa577", round=2)

    extras = (sign_blinks(draw, 177, 72), lamp_flickers(draw, 158, 60, 68))
    return Place(backdrop, extras, horizon=_AHEAD[1], eye=2.2)


def _side_doors(c: Canvas, side: int, color: str) -> None:
    """Three doors in the left (-1) or the right wall of the corridor."""
    for near, far in ((1.55, 1.25), (2.5, 1.9), (4.3, 3.1)):
        leaf = [(near, 0.3), (far, 0.3), (far, -1), (near, -1)]
        c.poly([_wall(s, side, h) for s, h in leaf], shade(color, -0.1))
        c.disc(*_wall(0.85 * far + 0.15 * near, side, -0.4), 1.2 * far, "#e6dcc0")


def _wall(s: float, x: float, h: float) -> Point:
    """A point of the corridor: ``s`` 1 (far end) to 5 (here), x -1..1 across, h -1 floor, 1 top."""
    return _AHEAD[0] + 48 * s * x, _AHEAD[1] - 37 * s * h


def hallway(draw: Draw) -> Place:
    """A dim hall at night seen from the side: three doors stand in its wall."""
    wall, door = draw.pick(("#59677a", "#5d6a6b", "#655f78")), draw.pick(DOORS)

    def backdrop(c: Canvas) -> None:
        c.fade(shade(wall, -0.2), shade(wall, 0.1), 0, HALL_FLOOR)
        c.fade(shade(wall, -0.35), shade(wall, -0.55), HALL_FLOOR, HEIGHT)
        c.rect(0, HALL_FLOOR - 6, WIDTH, 6, shade(wall, -0.4))
        for x in door_places():
            c.rect(x - 40, 76, 80, HALL_FLOOR - 76, shade(wall, -0.45))
            c.rect(x - 35, 81, 70, HALL_FLOOR - 81, mix(door, wall, 0.3))
            for y in (92, 150):
                c.rect(x - 25, y, 50, 46, shade(mix(door, wall, 0.3), -0.12), round=3)
            c.rect(x - 15, 62, 30, 9, "#c9d3dc", round=2)
        for x in (136, 256):
            c.oval(x, 34, 46, 22, "#fff4cf", 0.12)
            c.rect(x - 20, 20, 40, 6, "#f4ecd0", round=3)

    extras = (lamp_flickers(draw, 116, 20, 40), sign_blinks(draw, 347, 40, "#4c8fe2"))
    return Place(backdrop, extras, horizon=60, eye=2.1)


def door_places() -> tuple[float, float, float]:
    """Middles of the doors of :func:`hallway`, picture columns."""
    return 76.0, 196.0, 316.0


def waiting_room(draw: Draw) -> Place:
    """A waiting room: a bench, a window with a curtain on the right, pictures on the wall."""
    wall, floor = draw.pick(WALLS), draw.pick(FLOORS)
    cloth = draw.pick(("#b98a86", "#8aa0b9", "#a99bbd"))

    def backdrop(c: Canvas) -> None:
        c.fade(shade(wall, 0.25), wall, 0, HALL_FLOOR)
        c.fade(floor, shade(floor, -0.18), HALL_FLOOR, HEIGHT)
        c.rect(0, HALL_FLOOR - 6, WIDTH, 6, shade(wall, -0.25))
        c.rect(276, 58, 84, 92, "#f3f1ea")
        c.rect(281, 63, 74, 82, "#c9e3ec")
        c.disc(330, 84, 9, "#fff6d8")
        for i in range(4):
            c.rect(262 + 9 * i, 50, 9, 150, shade(cloth, -0.08 * (i % 2)))
        c.rect(254, 46, 112, 5, "#7d6a58", round=2)
        c.rect(34, 66, 62, 44, "#8a7660")
        c.rect(38, 70, 54, 36, "#dfe8ea")
        c.poly([(38, 106), (56, 82), (70, 98), (78, 90), (92, 106)], "#8fb19a")
        for x in (32, 120):
            c.rect(x, 190, 6, 36, "#59636e")
        c.rect(22, 182, 114, 10, "#8b6b4f", round=3)
        c.rect(22, 150, 114, 20, "#9c7b5c", round=4)

    extras = (lamp_flickers(draw, 160, 16, 64), sign_blinks(draw, 176, 40))
    return Place(backdrop, extras, horizon=90, eye=2.2)


def cellar(draw: Draw) -> Place:
    """A cellar: pipes along the wall, a red valve on the left, a power strip on the floor."""
    wall = draw.pick(("#b9b6ae", "#aeb6ba", "#bab3a4"))

    def backdrop(c: Canvas) -> None:
        c.fade(shade(wall, -0.2), wall, 0, CELLAR_FLOOR)
        c.fade(shade(wall, -0.3), shade(wall, -0.12), CELLAR_FLOOR, HEIGHT)
        for row in range(5):
            for i in range(-1, 7):
                x = 66 * i + 33 * (row % 2)
                c.rect(x, 8 + 40 * row, 62, 36, shade(wall, 0.05), round=2, alpha=0.35)
        for y, width, tone in ((52, 13, "#7f8c98"), (80, 9, "#a8794f")):
            c.rect(0, y, WIDTH, width, tone)
            c.rect(0, y + 2, WIDTH, 2, shade(tone, 0.4))
            for x in (40, 222, 330):
                c.rect(x, y - 3, 8, width + 6, shade(tone, -0.25), round=2)
        c.rect(58, 44, 20, 8, "#5b646e")
        c.ring(68, 38, 14, 4, "#d1493f")
        c.rect(56, 36, 24, 3.5, "#d1493f")
        c.rect(66.2, 26, 3.5, 24, "#d1493f")

    extras = (lamp_flickers(draw, 150, 14, 60), sign_blinks(draw, 340, 18, "#4c8fe2"))
    return Place(backdrop, extras, horizon=120, eye=2.2)
