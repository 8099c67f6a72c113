"""Pictures of coloured boxes and discs, with what is true of them: quick to draw and to learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from handeye.sets.draw import Draw
from handeye.training.targets import PictureTruth, Thing, checked

INKS = {"red": (220, 40, 40), "blue": (40, 60, 220), "green": (30, 160, 70)}
NAMES = ("box", "disc")


def drawn(number: int, side: int = 64) -> tuple[np.ndarray, PictureTruth]:
    """Picture ``number``: two things in different quarters; even and odd ones make a scene.

    They differ in the colour of the second thing alone.
    """
    draw = Draw(7, "boxes", number // 2)
    pixels = np.full((side, side, 3), 245, np.uint8)
    mask = np.zeros((side, side), np.uint8)
    colours = draw.sample(3, 3)
    y, x = np.mgrid[:side, :side]
    things = []
    for place, quarter in enumerate(draw.sample(4, 2), 1):
        half = side // 2
        size = draw.integer(side // 8, side // 5)
        cx = quarter % 2 * half + draw.integer(size, half - size)
        cy = quarter // 2 * half + draw.integer(size, half - size)
        name = draw.pick(NAMES)
        far = np.maximum(abs(x - cx), abs(y - cy)) if name == "box" else np.hypot(x - cx, y - cy)
        colour = list(INKS)[colours[place - 1 + (place == 2) * (number % 2)]]
        pixels[far < size], mask[far < size] = INKS[colour], place
        points = {"middle": (float(cx), float(cy)), "top": (float(cx), float(cy - size))}
        things.append(
            Thing(name, {"colour": colour, "side": ("left", "right")[quarter % 2]}, points)
        )
    depth = (mask / 2).astype(np.float32)
    name, scene = f"{number}.png", f"scene {number // 2}"
    return pixels, checked(PictureTruth(name, scene, tuple(things), mask, depth))


def planted(folder: Path, pictures: int, side: int = 64) -> list[PictureTruth]:
    """Write pictures into a folder, and give their truths."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for number in range(pictures):
        pixels, truth = drawn(number, side)
        Image.fromarray(pixels).save(folder / truth.picture)
        truths.append(truth)
    return truths
