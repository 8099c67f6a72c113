"""Furniture and things of a home, seen from the front; ``y`` is what they stand on."""

from __future__ import annotations

from handeye.visualact.scenes.drawing.canvas import Canvas, mix, shade

WOODS = ("#b98a5b", "#a5764c", "#c9a473", "#8c6a4f")
FABRICS = ("#6f8fae", "#8fa37b", "#b9787a", "#8a7ba6", "#c59a5a")
_METAL = "#8b95a1"


def window(
    c: Canvas, x: float, y: float, width: float, height: float, sky: tuple[str, str]
) -> None:
    """A window with its frame from its upper left corner; ``sky`` is what lies outside."""
    c.rect(x - 5, y - 5, width + 10, height + 10, "#f4f1ea", round=2)
    for row in range(8):
        c.rect(x, y + row * height / 8, width, height / 8 + 0.4, mix(*sky, row / 7))
    c.rect(x - 9, y + height + 4, width + 18, 5, "#e4dfd4", round=1)


def crossbars(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    """The bars of a window, over what is seen through it."""
    c.rect(x + width / 2 - 1.5, y, 3, height, "#f4f1ea")
    c.rect(x, y + height * 0.45, width, 3, "#f4f1ea")


def picture(c: Canvas, x: float, y: float, width: float, height: float, color: str) -> None:
    """A landscape in a frame."""
    c.rect(x, y, width, height, "#6b543f", round=1)
    c.rect(x + 4, y + 4, width - 8, height - 8, mix(color, "#f6efe0", 0.6))
    hill = [(x + 4, y + height - 4), (x + width * 0.35, y + height * 0.45)]
    c.poly([*hill, (x + width - 4, y + height - 4)], color)
    c.disc(x + width * 0.7, y + height * 0.34, 0.09 * width, "#f3d27a")


def table(c: Canvas, x: float, y: float, width: float, height: float, color: str) -> None:
    """A table with its left end at x; its top is at ``y - height``."""
    c.shadow(x + width / 2, y + 1, 0.54 * width, 6)
    for leg in (x + 8, x + width - 16):
        c.rect(leg, y - height, 8, height, shade(color, -0.22))
    c.rect(x + 4, y - height + 6, width - 8, 9, shade(color, -0.14))
    c.rect(x, y - height, width, 8, color, round=2)
    c.rect(x + 2, y - height, width - 4, 2.4, shade(color, 0.22), round=1)


def counter(c: Canvas, x: float, y: float, width: float, height: float, color: str) -> None:
    """A kitchen unit with doors; the front edge of its worktop is at ``y - height``."""
    c.shadow(x + width / 2, y + 1, 0.52 * width, 5)
    c.rect(x + 3, y - 8, width - 6, 8, "#4a4640")
    c.rect(x, y - height, width, height - 7, color)
    doors = max(1, round(width / 46))
    step = width / doors
    for i in range(doors):
        left = x + i * step
        c.rect(left + 3, y - height + 14, step - 6, height - 26, shade(color, 0.16), round=2)
        c.rect(left + step - 11, y - height + 22, 3, 14, _METAL, round=1.5)
    c.poly(
        [
            (x - 3, y - height + 4),
            (x + 3, y - height - 9),
            (x + width - 3, y - height - 9),
            (x + width + 3, y - height + 4),
        ],
        "#d9cbb4",
    )
    c.rect(x - 3, y - height + 3, width + 6, 5, "#b7a68b")


def stove(c: Canvas, x: float, y: float, width: float, height: float, *, hot: bool = True) -> None:
    """A stove with an oven and two plates; the right one glows if ``hot``."""
    c.shadow(x + width / 2, y + 1, 0.54 * width, 5)
    c.rect(x, y - height, width, height, "#e9e9e6", round=2)
    c.rect(x + 7, y - height + 26, width - 14, height - 40, "#3b434d", round=3)
    c.rect(x + 12, y - height + 31, width - 24, height - 56, "#56616d", round=2)
    c.rect(x + 10, y - height + 20, width - 20, 3.4, _METAL, round=1.6)
    for i in range(4):
        c.disc(x + width * (0.2 + 0.2 * i), y - height + 13, 3, "#4a525c")
    if hot:
        c.disc(x + width * 0.8, y - height + 13, 3.2, "#ef4a36")
    top = [(x - 3, y - height + 6), (x + 3, y - height - 9)]
    c.poly([*top, (x + width - 3, y - height - 9), (x + width + 3, y - height + 6)], "#2f353d")
    c.rect(x - 3, y - height + 5, width + 6, 3, "#1f242b")
    c.oval(x + width * 0.27, y - height - 2, width * 0.18, 4.4, "#454d57")
    plate = (x + width * 0.73, y - height - 2)
    if hot:
        c.oval(*plate, width * 0.25, 7.0, "#ff6a3c", 0.35)
    c.oval(*plate, width * 0.18, 4.4, "#ff5a33" if hot else "#454d57")
    if hot:
        c.oval(*plate, width * 0.1, 2.2, "#ffb08a")


def pot(c: Canvas, x: float, y: float, width: float, color: str = "#8f9aa6") -> None:
    """A pot with its middle at x, half as high as wide, open above."""
    high = 0.56 * width
    c.rect(x - width / 2, y - high, width, high, color, round=0.1 * width)
    c.rect(x - width * 0.44, y - high, width * 0.12, high * 0.9, shade(color, 0.35), round=2)
    c.oval(x, y - high, width / 2, 0.1 * width, shade(color, -0.3))
    for side in (-1, 1):
        c.rect(x + side * 0.57 * width - 3, y - high * 0.85, 6, 5, "#343b44", round=2)


def fridge(c: Canvas, x: float, y: float, width: float, height: float, color: str) -> None:
    """The open body of a fridge with light and food; its door is drawn apart."""
    c.shadow(x + width / 2, y + 1, 0.56 * width, 5)
    c.rect(x, y - height, width, height, shade(color, -0.14), round=4)
    c.rect(x + 5, y - height + 6, width - 10, height - 14, "#fff8df")
    foods = (("#e2574c", "#7fae6b", "#f1c232"), ("#ffffff", "#d9873f"), ("#8fbf5a", "#c5608c"))
    for shelf, row in enumerate(foods):
        floor = y - height + 6 + (shelf + 1) * (height - 20) / 3
        c.rect(x + 5, floor, width - 10, 2.4, "#b9c6cc")
        for i, food in enumerate(row):
            tall = 13 + (7 * i + 5 * shelf) % 11
            c.rect(x + 10 + 15 * i, floor - tall, 11, tall, food, round=3)
            c.rect(x + 10 + 15 * i, floor - tall, 11, 3, shade(food, -0.25), round=1)


def sofa(c: Canvas, x: float, y: float, width: float, height: float, color: str) -> None:
    """A sofa with two cushions; its left end is at x."""
    c.shadow(x + width / 2, y + 1, 0.54 * width, 7)
    for leg in (x + 9, x + width - 15):
        c.rect(leg, y - 8, 6, 8, "#5a4636")
    c.rect(x + 6, y - height, width - 12, height - 8, shade(color, -0.08), round=10)
    for i in (0, 1):
        half = (width - 36) / 2
        c.rect(x + 18 + i * half, y - 0.52 * height, half - 2, 0.24 * height, color, round=5)
    c.rect(x + 12, y - 0.32 * height, width - 24, 0.24 * height, shade(color, -0.16), round=4)
    for side in (x, x + width - 20):
        c.rect(side, y - 0.66 * height, 20, 0.66 * height - 7, shade(color, 0.1), round=8)


def rug(c: Canvas, x: float, y: float, width: float, color: str) -> None:
    """A rug on the floor around (x, y)."""
    c.oval(x, y, width / 2, 0.085 * width, color)
    c.oval(x, y, 0.43 * width, 0.068 * width, shade(color, 0.25))
    c.oval(x, y, 0.37 * width, 0.056 * width, color)


def plant(c: Canvas, x: float, y: float, height: float, green: str = "#5f9a63") -> None:
    """A house plant in a pot."""
    pot_high = 0.3 * height
    c.shadow(x, y, 0.26 * height, 4)
    stem = y - pot_high
    for dx, dy, r in ((-0.2, 0.42, 0.13), (0.2, 0.4, 0.13), (-0.1, 0.6, 0.14), (0.12, 0.62, 0.13)):
        tip = (x + dx * height, stem - dy * height)
        c.stroke([(x, stem), tip], 0.03 * height, shade(green, -0.3))
        c.oval(*tip, r * height * 0.75, r * height, shade(green, 0.1 if dx > 0 else -0.06))
    c.oval(x, stem - 0.5 * height, 0.1 * height, 0.17 * height, green)
    c.poly(
        [
            (x - 0.17 * height, stem),
            (x + 0.17 * height, stem),
            (x + 0.12 * height, y),
            (x - 0.12 * height, y),
        ],
        "#c2714f",
    )
    c.rect(x - 0.19 * height, stem - 2, 0.38 * height, 6, "#ad6043", round=2)


def pendant(c: Canvas, x: float, y: float, *, lit: bool) -> None:
    """A lamp that hangs from the ceiling down to y."""
    c.rect(x - 1, 0, 2, y - 16, "#4d4a48")
    if lit:
        c.poly([(x - 20, y), (x + 20, y), (x + 120, 288), (x - 120, 288)], "#fff3c0", 0.16)
        c.disc(x, y, 30, "#fff0b0", 0.3)
    c.poly([(x - 9, y - 18), (x + 9, y - 18), (x + 24, y), (x - 24, y)], "#c9704a")
    c.oval(x, y, 22, 4, "#fff6cf" if lit else "#7d6a58")


def cup(c: Canvas, x: float, y: float, size: float, color: str) -> None:
    """A cup with its handle to the right, standing on y."""
    c.ring(x + 0.5 * size, y - 0.5 * size, 0.3 * size, 0.13 * size, shade(color, -0.15))
    c.rect(x - 0.42 * size, y - size, 0.84 * size, size, color, round=0.14 * size)
    c.oval(x, y - size, 0.42 * size, 0.1 * size, shade(color, -0.3))


def cat(
    c: Canvas, x: float, y: float, size: float, color: str, *, paw: float = 0.0, tail: float = 0.0
) -> None:
    """A sitting cat that looks to the right.

    ``paw`` (0..1) stretches a front leg out to the right, ``tail`` (-1..1) moves its tip.
    """
    tip = (x - 0.78 * size, y - (0.34 + 0.18 * tail) * size)
    c.stroke([(x - 0.3 * size, y - 0.09 * size), (x - 0.6 * size, y - 0.1 * size), tip], 7, color)
    c.oval(x - 0.1 * size, y - 0.3 * size, 0.36 * size, 0.32 * size, color)
    c.oval(x + 0.08 * size, y - 0.48 * size, 0.24 * size, 0.34 * size, color)
    c.stroke([(x + 0.16 * size, y - 0.4 * size), (x + 0.17 * size, y - 0.05 * size)], 7, color)
    reach = (x + (0.24 + 0.52 * paw) * size, y - (0.05 + 0.27 * paw) * size)
    c.stroke([(x + 0.2 * size, y - 0.45 * size), reach], 7, shade(color, 0.12))
    head = (x + 0.2 * size, y - 0.86 * size)
    for dx in (-0.15, 0.15):
        ear = head[0] + dx * size
        top = [(ear - 0.09 * size, head[1] - 0.12 * size), (ear, head[1] - 0.36 * size)]
        c.poly([*top, (ear + 0.09 * size, head[1] - 0.12 * size)], shade(color, -0.1))
    c.disc(*head, 0.25 * size, color)
    for dx in (-0.02, 0.15):
        c.disc(head[0] + dx * size, head[1] - 0.03 * size, 0.035 * size, "#26302a")
    c.disc(head[0] + 0.08 * size, head[1] + 0.07 * size, 0.03 * size, "#d98a86")


def vase(c: Canvas, x: float, y: float, size: float, color: str, *, flowers: bool = True) -> None:
    """A vase standing on y, ``size`` high without its flowers."""
    if flowers:
        for dx, dy, petal in ((-0.34, 0.66, "#e58aa0"), (0.3, 0.7, "#f0c04f"), (0, 0.9, "#d8574f")):
            head = (x + dx * size, y - size - dy * size * 0.8)
            c.stroke([(x, y - 0.9 * size), head], 2, "#5f9a63")
            c.disc(*head, 0.17 * size, petal)
            c.disc(*head, 0.06 * size, "#fff1c4")
    c.oval(x, y - 0.36 * size, 0.34 * size, 0.36 * size, color)
    c.rect(x - 0.15 * size, y - size, 0.3 * size, 0.5 * size, color, round=2)
    c.oval(x, y - size, 0.2 * size, 0.05 * size, shade(color, -0.3))
    c.rect(x - 0.2 * size, y - 4, 0.4 * size, 4, shade(color, -0.15), round=1.5)
    c.oval(x - 0.14 * size, y - 0.42 * size, 0.06 * size, 0.16 * size, shade(color, 0.5))
