"""Makes the pictures of README and docs from a finished demo: scenes, pages, films, groups.

make demo && .venv/bin/pip install -e '.[test]' && .venv/bin/python tools/readme_pictures.py demo
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

from handeye.contexts.authored import Call
from handeye.contexts.scenes.drawing import HEIGHT, WIDTH, png, rect, whole, write
from handeye.contexts.scenes.worlds import made
from handeye.rose import load
from handeye.rose.v01 import SOURCE_NAMES
from handeye.sets.draw import Draw
from handeye.stress.items import BY_DEFAULT
from handeye.stress.scenes.groups import Group, Order
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.events.catalogue import kind

OUT = Path(__file__).parents[1] / "docs" / "img"
SIDE = 300
GAP = 12
# One kind of event of each scenario, in as many frames.
CLIPS, FRAMES = ("steps_out", "rolls_off", "bin_fire", "arm_swings"), 6


def scenes(demo: Path) -> None:
    sheet = Image.new("RGB", (5 * SIDE + 4 * GAP, SIDE), "white")
    for place, source in enumerate(SOURCE_NAMES):
        items = load(demo / "set", templates="T4", subsets=source)
        squarish = sorted(items, key=lambda i: (abs(i.rows - i.cols), i.rows * i.cols))[:4]
        pictures = [Image.open(items.image_path(item)).convert("RGB") for item in squarish]
        picture = max(pictures, key=lambda p: len(p.getcolors(1 << 24) or ()))
        sheet.paste(
            picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (place * (SIDE + GAP), 0)
        )
    sheet.quantize(128).save(OUT / "sources.png", optimize=True)


# File to page, and what of it is shown: None for the first screen.
PAGES = {
    "report.png": ("report.html", None),
    "losses.png": ("report.html", "#losses"),
    "reasons.png": ("report.html", "#reasons"),
    "visualact-report.png": ("visualact.html", None),
    "visualact-card.png": ("visualact.html", "#cards > .card"),
}


def report(demo: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (file, part) in PAGES.items():
            page = started.new_page(viewport={"width": 1280, "height": 880})
            page.goto((demo / file).resolve().as_uri())
            page.add_style_tag(content=".topbar { position: static !important; }")
            where = page.locator(part).first if part else page
            where.screenshot(path=OUT / name)
            picture = Image.open(OUT / name).convert("RGB")
            picture.quantize(256).save(OUT / name, optimize=True)
            page.close()
        started.close()


def clips() -> None:
    width, height, gap = 256, 192, 6
    size = (FRAMES * (width + gap) - gap, len(CLIPS) * (height + gap) - gap)
    sheet = Image.new("RGB", size, "white")
    for row, name in enumerate(CLIPS):
        film = kind(name).make(Draw(7, name, 1), False)
        backdrop = Canvas()
        film.backdrop(backdrop)
        for column in range(FRAMES):
            canvas = backdrop.copy()
            film.paint(canvas, film.seconds * (column + 0.5) / FRAMES)
            frame = canvas.finished().resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(frame, (column * (width + gap), row * (height + gap)))
    sheet.quantize(200).save(OUT / "clips.png", optimize=True)


def groups() -> None:
    """A group of every family of a set of the stress test: both pictures, the edit outlined."""
    small, gap, edge = 190, 12, (214, 0, 160)
    step = 2 * small + 2 + gap
    sheet = Image.new("RGB", (4 * step - gap, 3 * (small + gap) - gap), "white")
    for number, family in enumerate(BY_DEFAULT):
        group = Group(2026, "page", Order(family, 0, 2, ()), 336)
        for which, view in enumerate(group.views):
            picture = Image.fromarray(group.painted[view.name].pixels)
            x0, y0, x1, y1 = group.evidence(view)
            ImageDraw.Draw(picture).rectangle((x0 - 3, y0 - 3, x1 + 2, y1 + 2), outline=edge)
            picture = picture.resize((small, small), Image.Resampling.LANCZOS)
            left = number % 4 * step + which * (small + 2)
            sheet.paste(picture, (left, number // 4 * (small + gap)))
    sheet.quantize(200).save(OUT / "stress.png", optimize=True)


def worlds() -> None:
    """A scene of every world of the suite contexts, with what some contexts call for."""
    columns = []
    for number, names in (
        (48, ("cook", "toddler", "guests")),
        (46, ("not-arrived", "money-back", "broken")),
        (23, ("usual-tour", "medicine", "night")),
    ):
        one = made(7, "test", number)
        parts = [rect(0, 0, WIDTH, HEIGHT, "#ffffff")]
        for context in one.scene("p.png", "test").contexts:
            if context.id not in names:
                continue
            answer, top = context.does.answer, 64 * names.index(context.id)
            call = answer.call.name if isinstance(answer.call, Call) else "nothing"
            does = answer.choices[0] if answer.choices else f"call {call}"
            parts.append(rect(0, top + 14, 6, 50, "#3a6fb4", 3))
            parts.append(write(20, top + 34, context.paraphrases[0], 21, "#55606e"))
            parts.append(write(20, top + 61, does, 22, "#1f2a37", "bold"))
        sheet = Image.new("RGB", (WIDTH, HEIGHT + 196), "white")
        for part, where in ((one.drawn.svg, 0), (whole(parts), HEIGHT)):
            drawn = Image.open(io.BytesIO(png(part))).convert("RGB")
            sheet.paste(drawn, (0, where))
        columns.append(sheet.resize((512, sheet.height * 2 // 3), Image.Resampling.LANCZOS))
    sheet = Image.new("RGB", (3 * 512 + 2 * GAP, columns[0].height), "white")
    for place, column in enumerate(columns):
        sheet.paste(column, (place * (512 + GAP), 0))
    sheet.quantize(256, kmeans=3).save(OUT / "contexts.png", optimize=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    scenes(folder)
    report(folder)
    clips()
    groups()
    worlds()
