"""The page in a real Chromium: it plays, filters, and is silent and narrow enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.report import write_report

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
MakeRun = Callable[..., Path]


@pytest.fixture(scope="module")
def report(make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    runs = [
        make_run(root / "accepts", "sim/accepts", accept=0.6),
        make_run(root / "deaf", "sim/deaf", deaf=1.0),
    ]
    return write_report(runs, root / "report.html", gallery_limit=12, resamples=0)


def test_a_sound_plays_and_stops(opened: Open, report: Path) -> None:
    with opened(report) as page:
        button = page.locator("#cards button.play").first
        button.scroll_into_view_if_needed()
        button.click()
        page.wait_for_selector(".waveform.playing")
        heard = (
            "Math.max(...[...document.querySelectorAll('audio, video')].map(a => a.currentTime))"
        )
        for _ in range(100):  # the page's policy leaves no room for a function that waits in it
            if page.evaluate(heard) > 0:
                break
            page.wait_for_timeout(50)
        assert page.evaluate(heard) > 0
        assert button.text_content() == "Stop"
        assert page.locator("#cards video:visible").count() == 1
        other = page.locator("#cards button.play").nth(1)
        other.click()
        assert (button.text_content(), other.text_content()) == ("Play", "Stop")
        other.click()
        assert page.evaluate("[...document.querySelectorAll('audio, video')].every(a => a.paused)")


def test_filters_leave_what_they_say(opened: Open, report: Path) -> None:
    with opened(report) as page:
        page.select_option("select[name=reason]", "accepts_false")
        cards = page.locator("#cards > .card")
        assert cards.count() > 0
        assert all(card.get_attribute("data-reason") == "accepts_false" for card in cards.all())


@pytest.mark.parametrize("width", [390, 1200])
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
        page.locator("#cards .open").first.click()
        found = page.evaluate("axe.run('#viewer', {resultTypes: ['violations']})")["violations"]
        assert [one["id"] for one in found] == []
