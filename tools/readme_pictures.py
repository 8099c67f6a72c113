"""Makes the README's pictures from a finished demo: scenes, the report's top, films of clips.

make demo && .venv/bin/pip install -e '.[test]' && .venv/bin/python tools/readme_pictures.py demo
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from handeye.rose import load
from handeye.rose.v01 import SOURCE_NAMES
from handeye.sets.draw import Draw
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


def report(demo: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 1120, "height": 1000})
        page.goto((demo / "report.html").resolve().as_uri())
        # A little above the section, so that the bar at the top does not cover its heading.
        page.evaluate("document.querySelector('#ladder').scrollIntoView(); scrollBy(0, -60)")
        page.screenshot(path=OUT / "report.png")
        started.close()
    picture = Image.open(OUT / "report.png").convert("RGB")
    picture.quantize(64).save(OUT / "report.png", optimize=True)


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


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    scenes(folder)
    report(folder)
    clips()
