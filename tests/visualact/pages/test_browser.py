"""The report of VisualActBench runs in a real Chromium, opened from disk as a reader would."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handeye.report import write_report
from tests.support.visualact.report_runs import faulty, lazy, make_ablation, make_clips, make_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
HOSTILE = "<script>alert('m')</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a faulty run, one whose model is named like a script, and an ablation."""
    root = tmp_path_factory.mktemp("va-browser")
    data = make_clips(root / "set")
    make_run(data, root / "faulty", faulty, "simulated/faulty")
    make_run(data, root / "lazy", lazy, HOSTILE)
    make_ablation(data, root / "ablation", "simulated/looking", (1, 4))
    chosen = [root / "faulty", root / "lazy", root / "ablation"]
    return write_report(chosen, root / "report.html", gallery_limit=30, resamples=100)


def shown(page: Page) -> int:
    return int((page.text_content("#shown") or "").split(" ")[0])


def unfold(page: Page) -> None:
    """Show all that the filters leave; on a phone their section begins folded."""
    page.evaluate("document.querySelectorAll('details:has(#more)').forEach(d => { d.open = true })")
    while page.locator("#more").is_visible():
        page.click("#more")


def choices(page: Page, name: str) -> dict[str, int]:
    """Values of a filter and the counts they promise, the first (all) left out."""
    found = page.locator(f"select[name={name}] option").all()[1:]
    return {
        option.get_attribute("value") or "": int((option.text_content() or "").split("(")[-1][:-1])
        for option in found
    }


def test_opens_silently_and_unpwned(opened: Open, report: Path) -> None:
    with opened(report) as page:
        assert "VisualActBench" in page.title()
        assert page.evaluate("document.querySelectorAll('script').length") == 2
        assert HOSTILE in (page.text_content("#run") or "")
        data = page.evaluate("JSON.parse(document.getElementById('report-data').textContent)")
        assert data["suite"] == "visualact"
        assert data["runs"][1]["label"] == HOSTILE


def test_filters_keep_what_they_promise(opened: Open, report: Path) -> None:
    script = """Array.from(document.querySelectorAll('.card')).filter(card => !card.hidden)
      .map(card => ({...card.dataset}))"""
    with opened(report) as page:
        for name in ("reason", "tags", "scenario", "run"):
            found = choices(page, name)
            assert len(found) > 2
            for key, count in found.items():
                page.select_option(f"select[name={name}]", key)
                unfold(page)
                left = page.evaluate(script)
                assert shown(page) == count == len(left)
                for card in left:
                    assert key in card[name].split()
            if name != "tags":
                assert sum(found.values()) == 30
            page.select_option(f"select[name={name}]", "")
        page.select_option("select[name=reason]", "invented")
        page.select_option("select[name=scenario]", "navigation")
        assert {card["reason"] + card["scenario"] for card in page.evaluate(script)} == {
            "inventednavigation"
        }


def test_long_gallery_unfolds_and_filters_reset(opened: Open, report: Path) -> None:
    from playwright.sync_api import expect

    with opened(report) as page:
        assert page.locator(".card:visible").count() == 3
        page.click("#more")
        assert page.locator(".card:visible").count() == 6
        fourth = page.locator(".card").nth(3).get_attribute("id")
        assert page.evaluate("document.activeElement.closest('.card').id") == fourth
        page.select_option("select[name=reason]", "invented")
        assert shown(page) < 30
        page.click("button[type=reset]")
        expect(page.locator("#shown")).to_have_text(re.compile("^30 "))


def test_lines_end_at_the_boxes_and_text_stays_inside(opened: Open, report: Path) -> None:
    script = """() => Array.from(document.querySelectorAll('.card svg.matching'))
      .filter(svg => svg.getBoundingClientRect().width).map(svg => {
        const box = e => { const b = e.getBoundingClientRect();
                           return [b.left, b.top, b.right, b.bottom]; };
        const boxes = Array.from(svg.querySelectorAll('rect.box'), box);
        const texts = Array.from(svg.querySelectorAll('text.said, text.type, text.lacking'), box);
        const ties = Array.from(svg.querySelectorAll('path.tie'), box);
        return [boxes, texts, ties]; })"""
    for width in (360, 1280):
        with opened(report, viewport={"width": width, "height": 900}) as page:
            unfold(page)
            found = page.evaluate(script)
            assert len(found) >= 8
            ties = 0
            for boxes, texts, lines in found:
                edges = [edge for box in boxes for edge in (box[0], box[2])]
                for text in texts:
                    assert any(
                        box[0] < text[0] and text[2] < box[2] and box[1] - 1 < text[1] < box[3]
                        for box in boxes
                    ), (width, text)
                for line in lines:
                    assert min(abs(line[0] - edge) for edge in edges) < 3
                    assert min(abs(line[2] - edge) for edge in edges) < 3
                ties += len(lines)
            assert ties > 5


def test_frames_are_seen_in_order_of_time(opened: Open, report: Path) -> None:
    with opened(report) as page:
        unfold(page)
        strips = page.evaluate(
            """Array.from(document.querySelectorAll('.card .film'), film =>
                 Array.from(film.children, li => { const b = li.querySelector('svg use')
                   .getBoundingClientRect(); return [b.left, b.top, b.width, b.height,
                     parseFloat(li.textContent)]; }))"""
        )
        assert len(strips) == 30
        for strip in strips:
            assert all(width > 80 and height > 40 for _, _, width, height, _ in strip)
            assert [s[4] for s in strip] == sorted(s[4] for s in strip)
            assert [s[0] for s in strip] == sorted(s[0] for s in strip)


@pytest.mark.parametrize("width", [320, 360, 768, 1600])
def test_no_sideways_scrolling(opened: Open, report: Path, width: int) -> None:
    with opened(report, viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("svg.narrow-only").first.is_visible() == (width < 700)


def test_reads_whole_without_scripts(opened: Open, report: Path) -> None:
    with opened(report, java_script_enabled=False) as page:
        assert page.locator(".card:visible").count() == 30
        assert not page.locator("#filters").is_visible()
        page.locator(".card details summary").first.click()
        assert page.locator(".card details pre, .card details em").first.is_visible()


def test_published_rows_can_be_hidden(opened: Open, report: Path) -> None:
    with opened(report) as page:
        quoted = page.locator("#glance div.published")
        assert quoted.is_visible()
        page.locator("input.show-published").first.uncheck()
        assert not quoted.is_visible()


def test_words_of_charts_do_not_overlap(opened: Open, report: Path) -> None:
    script = """() => Array.from(document.querySelectorAll('svg.heat, svg.shares, svg.timeline'))
      .filter(svg => svg.getBoundingClientRect().width)
      .map(svg => { const boxes = Array.from(svg.querySelectorAll('text'), t => {
            const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; });
          return boxes.filter((a, i) => boxes.some((b, j) => i < j && a[0] < b[2] - 1 &&
            b[0] < a[2] - 1 && a[1] < b[3] - 2 && b[1] < a[3] - 2)).length; })"""
    for width in (360, 1280):
        with opened(report, viewport={"width": width, "height": 900}) as page:
            overlaps = page.evaluate(script)
            assert len(overlaps) >= 6
            assert sum(overlaps) == 0


def test_text_stands_out_from_its_ground(opened: Open, report: Path) -> None:
    """WCAG contrast, 4.5 to 1, in both themes: text on the page, and words within their marks."""
    script = """() => { const rgb = c => c.match(/[\\d.]+/g).map(Number);
      const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255)
        .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      const page = rgb(getComputedStyle(document.body).backgroundColor);
      const over = c => { const a = c.length > 3 ? c[3] : 1;
        return c.slice(0, 3).map((v, k) => v * a + page[k] * (1 - a)); };
      const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((x, y) => y - x);
        return (x + .05) / (y + .05); };
      const plain = ['.film .t', '.factline', '.note', '.chip', '.lines dt', '.levels', '.lead'];
      const out = plain.map(s => [s,
        ratio(rgb(getComputedStyle(document.querySelector(s)).color), page)]);
      for (const s of ['.said', '.type', '.lacking', '.near.weak']) {
        const e = document.querySelector('.matching ' + s);
        out.push([s, ratio(rgb(getComputedStyle(e).fill), page)]); }
      for (const level of [0, 1, 2, 3, 4]) {
        const mark = document.querySelector(`rect.apl-${level}`);
        const words = document.querySelector(`text.aplwords-${level}`);
        out.push(['apl ' + level, ratio(rgb(getComputedStyle(words).fill),
                                        over(rgb(getComputedStyle(mark).fill)))]); }
      return out; }"""
    for scheme in ("light", "dark"):
        with opened(report, color_scheme=scheme) as page:
            unfold(page)
            for name, ratio in page.evaluate(script):
                assert ratio >= 4.5, (scheme, name, ratio)


def test_prints_to_pages(opened: Open, report: Path) -> None:
    with opened(report, color_scheme="dark") as page:
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        for part in ("#cards path.tie", "#levels rect.cell", "#proactive line.grid"):
            shape = f"document.querySelector('{part}')"
            assert page.evaluate(f"getComputedStyle({shape}).display") != "none"
