"""The page in a real Chromium: masks, marks, filters; narrow, dark and accessible enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.report import write_report
from tests.stress.pages.conftest import MakeRun

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def report(make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    runs = [
        make_run(root / "looks", "sim/looks", visual=4, cue=1, state_first=True),
        make_run(root / "reads", "sim/reads", visual=1, cue=3),
    ]
    return write_report(runs, root / "report.html", gallery_limit=8, resamples=0)


def test_masks_marks_and_filters_do_what_they_say(opened: Open, report: Path) -> None:
    with opened(report) as page:
        masks = page.locator("#cards .masked")
        assert masks.count() > 8
        assert not masks.first.is_visible()
        page.check(".show-masks")
        assert masks.first.is_visible()
        page.select_option("select[name=run]", "1")
        cards = page.locator("#cards > .card")
        assert cards.count() > 0
        assert {card.get_attribute("data-run") for card in cards.all()} == {"1"}
        page.locator("#cards .open").first.click()
        outline = page.locator("#viewer-body .overlay").first
        assert outline.locator(".ink").is_visible()
        page.keyboard.press("m")
        assert not outline.locator(".ink").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(opened: Open, report: Path, width: int) -> None:
    with opened(report, viewport={"width": width, "height": 844}) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_no_violation(opened: Open, report: Path) -> None:
    found = pytest.importorskip("axe_playwright_python")
    script = (Path(found.__file__).parent / "axe.min.js").read_text("utf-8")
    with opened(report, color_scheme="dark", viewport={"width": 390, "height": 844}) as page:
        # Cards are alike, and axe looks at each for seconds.
        page.evaluate(
            "for (const c of [...document.querySelector('#cards').children].slice(2)) c.remove()"
        )
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        page.evaluate(script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
