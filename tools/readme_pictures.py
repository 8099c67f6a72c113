"""Makes the pictures of the README from a finished demo: one scene per source, the report's top.

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

OUT = Path(__file__).parents[1] / "docs" / "img"
SIDE = 300
GAP = 12


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


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    scenes(folder)
    report(folder)
