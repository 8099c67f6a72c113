"""Pictures of cells for tests, drawn without any of handeye's own drawing code."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Bounds = tuple[int, int, int, int]
"""r1, r2, c1, c2: 1-based and inclusive."""

LETTER_PAIRS = ("OQ", "EF", "PR", "CG", "IT", "VY", "38", "=≡", "BE", "MN")
CUE_COLOURS = ((220, 20, 60), (0, 110, 210), (0, 150, 70), (130, 40, 190))


def letter_tile(letter: str, size: int) -> Pixels:
    """Black letter on white, ``(size, size, 3)``."""
    tile = Image.new("RGB", (size, size), "white")
    font = ImageFont.load_default(size * 0.7)
    ImageDraw.Draw(tile).text((size / 2, size / 2), letter, fill="black", font=font, anchor="mm")
    return np.array(tile)


def sprite_tiles(rng: np.random.Generator, size: int, blocks: int = 16) -> tuple[Pixels, Pixels]:
    """A random block sprite and the same with one block in another of its colours."""
    palette = rng.integers(0, 256, (5, 3))
    blueprint = rng.integers(1, 5, (blocks, blocks))
    blueprint[rng.random((blocks, blocks)) < 0.4] = 0
    blueprint[[0, -1]] = 0
    blueprint[:, [0, -1]] = 0
    edited = blueprint.copy()
    row, col = rng.integers(2, blocks - 2, 2)
    near = np.abs(palette - palette[blueprint[row, col]]).sum(axis=1)
    edited[row, col] = int(near.argmax())  # a change that can be seen
    place = np.arange(size) * blocks // size
    return (
        palette[blueprint][place][:, place].astype(np.uint8),
        palette[edited][place][:, place].astype(np.uint8),
    )


@dataclass(frozen=True)
class Drawn:
    """A picture and what is in it."""

    pixels: Pixels
    odd: NDArray[np.bool_]
    cell: int
    cue: Bounds | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.odd.shape[0], self.odd.shape[1]


def picture(majority: Pixels, target: Pixels, odd: NDArray[np.bool_]) -> Drawn:
    """Lay out the tiles: ``target`` where ``odd``."""
    size = len(majority)
    pixels = np.tile(majority, (*odd.shape, 1))
    for row, col in np.argwhere(odd):
        pixels[row * size : (row + 1) * size, col * size : (col + 1) * size] = target
    return Drawn(pixels, odd, size)


def random_odd(rng: np.random.Generator, rows: int, cols: int, count: int) -> NDArray[np.bool_]:
    """``count`` odd cells in a grid."""
    odd = np.zeros(rows * cols, np.bool_)
    odd[rng.choice(rows * cols, count, replace=False)] = True
    return odd.reshape(rows, cols)


def highlighted(
    drawn: Drawn, bounds: Bounds, *, tint: float = 0.25, frame: int | None = None
) -> Drawn:
    """Mix a colour into a rectangle of cells and frame it inside its border."""
    r1, r2, c1, c2 = bounds
    ground = drawn.pixels[0, 0].astype(int)
    colour = max(CUE_COLOURS, key=lambda c: int(np.abs(np.array(c) - ground).sum()))
    width = max(2, drawn.cell // 20) if frame is None else frame
    pixels = drawn.pixels.copy()
    part = pixels[(r1 - 1) * drawn.cell : r2 * drawn.cell, (c1 - 1) * drawn.cell : c2 * drawn.cell]
    part[:] = np.rint(part * (1 - tint) + np.array(colour) * tint)
    if width:
        part[:width] = part[-width:] = colour
        part[:, :width] = part[:, -width:] = colour
    return Drawn(pixels, drawn.odd, drawn.cell, bounds)


def random_scene(seed: int, *, cue: bool) -> Drawn:
    """A scene in the range of the protocol: letters or sprites, 0 to 8 odd cells."""
    rng = np.random.default_rng(seed)
    if seed % 3:
        size = int(rng.integers(42, 65))
        pair = LETTER_PAIRS[rng.integers(len(LETTER_PAIRS))]
        majority, target = (letter_tile(letter, size) for letter in pair)
    else:
        size = int(rng.integers(120, 157))
        majority, target = sprite_tiles(rng, size)
    rows, cols = (int(n) for n in rng.integers(7, 12 if size > 100 else 19, 2))
    drawn = picture(majority, target, random_odd(rng, rows, cols, int(rng.integers(0, 9))))
    if not cue:
        return drawn
    high, wide = (int(n) for n in rng.integers(2, 6, 2))
    top, left = int(rng.integers(1, rows - high + 2)), int(rng.integers(1, cols - wide + 2))
    return highlighted(drawn, (top, top + high - 1, left, left + wide - 1))


def encoded(pixels: Pixels, format: str = "PNG", **options: int) -> bytes:
    """The picture as a file's bytes."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format, **options)
    return stream.getvalue()


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """The picture after a round through JPEG."""
    with Image.open(io.BytesIO(encoded(pixels, "JPEG", quality=quality))) as picture:
        return np.asarray(picture)


def resized(pixels: Pixels, factor: float, how: Image.Resampling) -> Pixels:
    """The picture at another size, whole pixels as any service would round them."""
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, how))


def noisy(pixels: Pixels, sigma: float, seed: int) -> Pixels:
    """The picture with Gaussian noise on every value."""
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
