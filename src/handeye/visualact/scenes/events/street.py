"""What stands and lies on the street: crossings, traffic lights, lost loads, cyclists."""

from __future__ import annotations

from handeye.visualact.scenes.drawing.canvas import Canvas, shade, turned
from handeye.visualact.scenes.drawing.motion import wave
from handeye.visualact.scenes.events.road import KERB, NEAREST, ground


def crossing(c: Canvas, z: float) -> None:
    """Stop line and stripes across the road ``z`` metres ahead."""
    near, far = max(NEAREST, z - 0.4), z + 2.2
    c.poly(
        [
            ground(-1.6, near - 0.3),
            ground(-1.6, near),
            ground(KERB - 0.2, near),
            ground(KERB - 0.2, near - 0.3),
        ],
        "#f3f1e6",
    )
    x = -5.0
    while x < KERB - 0.5:
        c.poly(
            [
                ground(x, near + 0.5),
                ground(x, far),
                ground(x + 0.5, far),
                ground(x + 0.5, near + 0.5),
            ],
            "#f3f1e6",
        )
        x += 1.0


def traffic_light(c: Canvas, x: float, y: float, metre: float, lit: str) -> None:
    """A traffic light on a post that stands at (x, y); ``metre`` is a metre in pixels there."""
    metre *= 0.78
    c.rect(x - 0.07 * metre, y - 3.0 * metre, 0.14 * metre, 3.0 * metre, "#4a525d")
    c.rect(
        x - 0.36 * metre,
        y - 4.36 * metre,
        0.72 * metre,
        1.62 * metre,
        "#23282f",
        round=0.12 * metre,
    )
    lamps = (("red", "#ff4133"), ("amber", "#ffb428"), ("green", "#3fd474"))
    for i, (name, color) in enumerate(lamps):
        middle = y - 4.02 * metre + 0.47 * i * metre
        if name == lit:
            c.disc(x, middle, 0.5 * metre, color, 0.3)
        c.disc(x, middle, 0.225 * metre, color if name == lit else shade(color, -0.75))


def lost_thing(c: Canvas, thing: str, x: float, y: float, metre: float, height: float) -> None:
    """A box, a barrel or a sack ``height`` metres above (x, y), where its shadow lies."""
    metre *= 1.3
    c.shadow(x, y, 0.5 * metre, 0.1 * metre)
    y -= height * metre
    if thing == "box":
        c.rect(
            x - 0.4 * metre,
            y - 0.7 * metre,
            0.8 * metre,
            0.7 * metre,
            "#c69963",
            round=0.04 * metre,
        )
        c.rect(x - 0.07 * metre, y - 0.7 * metre, 0.14 * metre, 0.7 * metre, "#e2c08c")
    elif thing == "barrel":
        c.rect(
            x - 0.32 * metre,
            y - 0.85 * metre,
            0.64 * metre,
            0.85 * metre,
            "#e0803a",
            round=0.1 * metre,
        )
        for dy in (0.2, 0.6):
            c.rect(x - 0.34 * metre, y - dy * metre, 0.68 * metre, 0.06 * metre, "#9c5220")
    else:
        c.oval(x, y - 0.25 * metre, 0.5 * metre, 0.27 * metre, "#b9a681")
        c.disc(x + 0.42 * metre, y - 0.36 * metre, 0.1 * metre, "#a08d69")


def cyclist(c: Canvas, x: float, y: float, metre: float, top: str, lean: float, t: float) -> None:
    """A cyclist from behind, leaning ``lean`` degrees to the right."""

    def at(dx: float, dy: float) -> tuple[float, float]:
        return turned([(x + dx * metre, y - dy * metre)], (x, y), lean)[0]

    c.shadow(x, y, 0.35 * metre, 0.06 * metre)
    c.stroke([at(0, 0.03), at(0, 0.68)], 0.07 * metre, "#262b33")
    for side in (-1, 1):
        knee = 0.62 + 0.14 * side * wave(t, 0.8)
        c.stroke(
            [at(0.08 * side, 0.95), at(0.15 * side, knee), at(0.1 * side, knee - 0.38)],
            0.12 * metre,
            "#3a4660",
        )
    c.stroke([at(-0.3, 1.05), at(0.3, 1.05)], 0.05 * metre, "#3c434d")
    c.stroke([at(-0.09, 0.98), at(-0.15, 1.42), at(0.15, 1.42), at(0.09, 0.98)], 0.2 * metre, top)
    for side in (-1, 1):
        c.stroke([at(0.2 * side, 1.42), at(0.28 * side, 1.08)], 0.09 * metre, shade(top, -0.1))
    c.disc(*at(0, 1.68), 0.15 * metre, "#6b4a35")
    c.disc(*at(0, 1.73), 0.155 * metre, "#e9e4d4")
    c.disc(*at(0, 0.86), 0.05 * metre, "#ff4133")
