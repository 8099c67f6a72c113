"""What a picture of the box shows, read off its pixels: the check that the worlds can be solved.

Things are found by colours that nothing else in a picture has, writing by the outlines that it is
drawn with. What was seen is put into the same rules that stand in the system message. Knows nothing
of a set: no rows, no seeds, no files.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from handeye.answer_kinds.schemas import tools_of
from handeye.contexts.authored import Head, Region, Scene
from handeye.contexts.items import Item
from handeye.contexts.loader import items_of
from handeye.contexts.scenes import aisle, desk, kitchen
from handeye.contexts.scenes.drawing import (
    HEIGHT,
    INK,
    WIDTH,
    advance,
    png,
    rect,
    whole,
    write,
)
from handeye.contexts.scenes.worlds import WORLDS
from handeye.errors import DataError

Pixels = NDArray[np.uint8]
"""Rows, columns, and red, green, blue."""
Mask = NDArray[np.bool_]


class Seen(NamedTuple):
    """What a picture comes to.

    Attributes:
        items: what is to be seen in it and to be done about it, with what is right by the rules.
        told: by context its words, in each way in which they are said.
    """

    items: tuple[Item, ...]
    told: dict[str, tuple[str, ...]]


def look(pixels: Pixels) -> Seen:
    """What is to be seen in a picture and to be done about it, with answers read off its pixels.

    Args:
        pixels: of the whole picture.

    Raises:
        DataError: it is no picture of the box, or something that has to be there is not.
    """
    if pixels.shape != (HEIGHT, WIDTH, 3):
        raise DataError(f"is no picture of {WIDTH} x {HEIGHT} pixels")
    name: str
    shows: Any
    regions: Any
    if _is(pixels, "#f3f5f8").mean() > 0.05:
        name, shows, regions = "desk", _desk(pixels), {}
    elif _is(pixels, aisle.FREE_FILL).sum() > 500:
        name, (shows, regions) = "aisle", _aisle(pixels)
    else:
        name, (shows, regions) = "kitchen", _kitchen(pixels)
    world = next(one for one in WORLDS if one.name == name)
    scene = Scene(
        id="seen",
        media=("seen.png",),
        sees=tuple(world.sees(shows, regions)),
        contexts=tuple(world.contexts(shows, regions)),
    )
    tools = tools_of(list(desk.TOOLS))
    told = {context.id: context.paraphrases for context in scene.contexts}
    return Seen(tuple(items_of(scene, Head(version=1), True, tools)), told)


def asked_about(question: str, seen: Seen) -> Item | None:
    """Which item a question asks; None where it asks none that is known.

    Args:
        question: all words that are sent with the picture, but for the system message.
        seen: of :func:`look`.
    """
    for item in seen.items:
        said = seen.told.get(item.name, ()) if item.about == "does" else (item.ask,)
        if item.ask in question and any(question.startswith(text) for text in said):
            return item
    return None


def _colour(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def _is(pixels: Pixels, code: str) -> Mask:
    """Where a picture has a colour."""
    found: Mask = np.all(pixels == np.array(_colour(code), np.uint8), axis=-1)
    return found


def _most(pixels: Pixels, fills: dict[str, str], what: str) -> str:
    """Whose colour a picture has most of.

    Raises:
        DataError: it has none of them.
    """
    counts = {name: int(_is(pixels, fill).sum()) for name, fill in fills.items()}
    best = max(counts, key=counts.__getitem__)
    if counts[best] < 30:
        raise DataError(f"shows no {what}")
    return best


# ---- the kitchen


def _kitchen(pixels: Pixels) -> tuple[kitchen.Kitchen, dict[str, Region]]:
    regions, places = {}, {}
    for colour, fill in kitchen.MUG_FILLS.items():
        found = _is(pixels, fill)
        if found.sum() > 200:
            rows, columns = np.nonzero(found)
            places[colour] = int(columns.mean())
            regions[f"{colour} mug"] = Region(
                box=(int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max()))
            )
    fruits = tuple(
        name for name, fill in kitchen.FRUIT_FILLS.items() if _is(pixels, fill).sum() > 100
    )
    shows = kitchen.Kitchen(
        thing=_most(pixels, kitchen.THING_FILLS, "thing on the board"),
        mugs=tuple(sorted(places, key=places.__getitem__)),
        fruits=fruits,
        **_UNTOLD_OF_KITCHENS,
    )
    return shows, regions


_UNTOLD_OF_KITCHENS: dict[str, Any] = {
    "places": (), "shifts": (), "mirrored": False, "turned": False, "theme": 0, "extra": "",
    "jars": (), "mug_shifts": (), "sky": 0, "heap": (),
}  # fmt: skip


# ---- the aisle


def _aisle(pixels: Pixels) -> tuple[aisle.Aisle, dict[str, Region]]:
    empty = _is(pixels, aisle.FREE_FILL)
    regions, free = {}, []
    for level in range(len(aisle.LEVELS)):
        shares = {}
        for place in range(6):
            usual = aisle.opening(aisle.EYE, place, level)
            inside = _polygon(tuple(usual)) & empty
            shares[place] = inside.sum() / max(_polygon(tuple(usual)).sum(), 1)
            regions[f"place {level}-{place}"] = _round(inside)
        free.append(tuple(sorted(sorted(shares, key=shares.__getitem__)[-2:])))
    _, cartons = ndimage.label(_is(pixels, aisle.CARTON_LABEL), np.ones((3, 3)))
    shows = aisle.Aisle(
        obstacle=_most(pixels, aisle.OBSTACLE_FILLS, "thing in the way"),
        free=tuple(free),
        cartons=tuple(range(cartons)),
        **_UNTOLD_OF_AISLES,
    )
    return shows, regions


_UNTOLD_OF_AISLES: dict[str, Any] = {
    "loads": (), "camera": (0.0, 0.0), "off": 0.0, "mirrored": False, "theme": 0, "number": 0,
    "tones": (),
}  # fmt: skip


@lru_cache(maxsize=64)
def _polygon(corners: tuple[tuple[float, float], ...]) -> Mask:
    from PIL import ImageDraw

    picture = Image.new("1", (WIDTH, HEIGHT))
    ImageDraw.Draw(picture).polygon([(round(x), round(y)) for x, y in corners], fill=1)
    return np.asarray(picture, bool)


def _round(found: Mask) -> Region:
    """The least surroundings of the pixel of a part that lies deepest in it."""
    if not found.any():
        return Region(box=(0, 0, 1, 1))
    deep = ndimage.distance_transform_cdt(found)
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    x, y = int(column), int(row)
    return Region(box=(max(x - 1, 0), max(y - 1, 0), x + 1, y + 1))


# ---- the desk


def _desk(pixels: Pixels) -> desk.Desk:
    paper = _is(pixels, "#fff6dc")[:110].any()
    # The wide column is on the left where the first column of its card is white there.
    for mirrored in (False, True):
        page = desk.layout(mirrored, bool(paper))
        if _is(pixels, "#e8edf2")[page.top + 98 + desk.LINE_HEIGHT, page.wide + 30]:
            break
    else:
        raise DataError("shows no list of articles")
    spots = desk.spots(page)
    read = {name: _line(pixels, *spot) for name, spot in spots.items()}
    grounds = {
        name: tuple(int(part) for part in pixels[y + 2, x - 6])
        for name, (x, y) in desk.pills(page).items()
    }
    stock = {_colour(ground): name for name, (ground, _) in desk.STOCK_FILLS.items()}
    status = {_colour(ground): name for name, (ground, _) in desk.STATUS_FILLS.items()}
    try:
        lines = tuple(
            desk.Line("", read[f"article {row}"], 0, 0, stock[grounds[f"stock {row}"]])  # type: ignore[index]
            for row in range(4)
        )
        goods = round(10 * float(read["goods"].replace(",", "")))
        shipping = round(10 * float(read["shipping"].replace(",", "")))
        first, last = read["name"].split(" ", 1)
        return desk.Desk(
            status=status[grounds["status"]],  # type: ignore[index]
            # All that the sums need of the articles is what they come to.
            lines=(lines[0]._replace(price=goods, pieces=1), *lines[1:]),
            order=read["order"],
            invoice=read["invoice"],
            parcel=read["parcel"] if read["parcel"].isdecimal() else "",
            name=(first, last),
            shipping=shipping,
            **_UNTOLD_OF_DESKS,
        )
    except (KeyError, ValueError) as error:
        raise DataError(f"cannot be read: {error}") from None


_UNTOLD_OF_DESKS: dict[str, Any] = {
    "city": "", "mirrored": False, "banner": -1, "theme": 0, "day": "", "earlier": (),
}  # fmt: skip
_WRITTEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.,"
_TALLEST = 40


def _line(pixels: Pixels, x: int, y: int, size: int, weight: str) -> str:
    """What is written on white from a place on, or up to one where the size is negative."""
    dark = _dark(pixels)
    if size > 0:
        return _read(dark, x, y, size, weight)
    # Figures that end at a place are as wide as each other, but for points: each start is tried.
    said = [
        (text, start)
        for start in range(x - 110, x - 4)
        if (text := _read(dark, start, y, -size, weight, x))
    ]
    return min(said, key=lambda one: one[1])[0] if said else ""


def _dark(pixels: Pixels) -> NDArray[np.float32]:
    """How much of the ink of pages lies on each pixel, 0 to 1."""
    ink = _colour(INK)[0]
    return ((255 - pixels[..., 0].astype(np.float32)) / (255 - ink)).clip(0, 1)


def _read(
    dark: NDArray[np.float32], x: int, y: int, size: int, weight: str, end: int | None = None
) -> str:
    """A line from a place on, letter by letter; empty where it does not end where it has to."""
    up, down = size, size // 3
    text = ""
    while x < WIDTH - 2 * size:
        strip = dark[y - up : y + down, x - 1 : x + size + 3]
        best, least = "", 0.055
        for one, (form, wide) in _forms(size, weight).items():
            off = float(np.abs(strip[:, 1 : wide + 1] - form[:, 1 : wide + 1]).mean())
            if off < least:
                best, least = one, off
        if not best:
            break
        text, x = text + best, x + advance(best, size, weight)
        if end is not None and x == end:
            return text.strip()
        if text.endswith("  "):
            break
    return text.strip() if end is None else ""


@lru_cache(maxsize=16)
def _forms(size: int, weight: str) -> dict[str, tuple[NDArray[np.float32], int]]:
    """By character what it looks like from a pixel before it, and how wide it is."""
    step, y = 2 * _TALLEST, _TALLEST
    each = WIDTH // step
    out: dict[str, tuple[NDArray[np.float32], int]] = {}
    for start in range(0, len(_WRITTEN), each * 7):
        part = _WRITTEN[start : start + each * 7]
        parts = [rect(0, 0, WIDTH, HEIGHT, "#fff")]
        for place, one in enumerate(part):
            row, column = divmod(place, each)
            parts.append(write(column * step + 10, y + row * 76, one, size, INK, weight))
        drawn = _dark(np.asarray(Image.open(BytesIO(png(whole(parts)))).convert("RGB")))
        for place, one in enumerate(part):
            row, column = divmod(place, each)
            left, base = column * step + 9, y + row * 76
            form = drawn[base - size : base + size // 3, left : left + size + 4]
            out[one] = form, advance(one, size, weight)
    blank = np.zeros((size + size // 3, size + 4), np.float32)
    out[" "] = blank, advance(" ", size, weight)
    return out
