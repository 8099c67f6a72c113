"""The report in a real Chromium, opened from disk as a reader would."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handeye.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def report(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three runs: faulty, one whose model is named like a script, and a partial one."""
    chosen = [runs["faulty"], runs["hostile"], runs["partial"]]
    return write_report(
        chosen, tmp_path_factory.mktemp("report") / "report.html", gallery_limit=40, resamples=200
    )


def shown(page: Page) -> int:
    return int((page.text_content("#shown") or "").split(" ")[0])


def unfold(page: Page) -> None:
    """Show all that the filters leave."""
    while page.locator("#more").is_visible():
        page.click("#more")


def test_opens_silently_and_unpwned(opened: Open, report: Path) -> None:
    with opened(report) as page:
        assert "ROSE" in page.title()
        assert page.evaluate("document.title") != "pwned"
        assert page.locator("h2").count() >= 7
        assert "alert('m')" in (page.text_content("#run") or "")
        assert page.evaluate("document.querySelectorAll('script').length") == 2
        data = page.evaluate("JSON.parse(document.getElementById('report-data').textContent)")
        assert [run["partial"] for run in data["runs"]] == [False, False, True]
        assert data["runs"][1]["label"] == "<script>alert('m')</script>"


def test_filters_narrow_the_gallery_together(opened: Open, report: Path) -> None:
    with opened(report) as page:
        total = shown(page)
        assert total == 40
        page.select_option("select[name=template]", "T3_CLICK_LOCAL_NUMERIC")
        of_template = shown(page)
        assert 0 < of_template < total
        label = page.locator("select[name=template] option:checked").text_content() or ""
        assert label.endswith(f"({of_template})")
        page.select_option("select[name=run]", "1")
        of_both = shown(page)
        assert of_both < of_template
        unfold(page)
        visible = page.locator(".card:visible")
        assert visible.count() == of_both
        for k in range(of_both):
            assert visible.nth(k).get_attribute("data-template") == "T3_CLICK_LOCAL_NUMERIC"
            assert visible.nth(k).get_attribute("data-run") == "1"
        page.click("button[type=reset]")
        from playwright.sync_api import expect

        # Not wait_for_function: its polling is an eval, which the page's policy forbids.
        expect(page.locator("#shown")).to_have_text(re.compile("^40 "))


def options(page: Page, name: str) -> dict[str, int]:
    """Values of a filter and the counts they promise, the first (all) left out."""
    found = page.locator(f"select[name={name}] option").all()[1:]
    return {
        option.get_attribute("value") or "": int((option.text_content() or "").split("(")[-1][:-1])
        for option in found
    }


@pytest.mark.parametrize(("name", "attribute"), [("reason", "data-reason"), ("tags", "data-tags")])
def test_filter_by_reason_and_sign(opened: Open, report: Path, name: str, attribute: str) -> None:
    with opened(report) as page:
        choices = options(page, name)
        assert len(choices) > 2
        for key, count in choices.items():
            page.select_option(f"select[name={name}]", key)
            assert shown(page) == count
            unfold(page)
            for card in page.locator(".card:visible").all():
                assert key in (card.get_attribute(attribute) or "").split()
        if name == "reason":
            assert sum(choices.values()) == 40


def test_filters_that_leave_nothing_say_so(opened: Open, report: Path) -> None:
    with opened(report) as page:
        page.fill("input[name=find]", "no such item")
        assert shown(page) == 0
        assert page.locator("#none").is_visible()
        assert page.locator(".card").count() == 0


def test_a_reason_in_the_table_leads_to_its_examples(opened: Open, report: Path) -> None:
    with opened(report) as page:
        page.locator("#reasons .numbers").first.locator("summary").click()
        page.select_option("select[name=template]", "T1_COUNT_GLOBAL")
        link = page.locator("#t-reasons-action-0 a.name").first
        key = (link.get_attribute("href") or "").split("=")[1]
        link.click()
        from playwright.sync_api import expect

        expect(page.locator("#shown")).to_have_text(re.compile(f"^{options(page, 'reason')[key]} "))
        assert page.url.endswith(f"#failures?reason={key}")
        assert page.locator("select[name=template]").input_value() == ""


def test_long_gallery_unfolds_in_pages(opened: Open, report: Path) -> None:
    with opened(report) as page:
        assert page.locator(".card:visible").count() == 8
        page.click("#more")
        assert page.locator(".card:visible").count() == 16
        unfold(page)
        assert page.locator(".card:visible").count() == 40
        assert not page.locator("#more").is_visible()


def test_viewer_works_from_the_keyboard(opened: Open, report: Path) -> None:
    with opened(report) as page:
        page.locator(".card .open").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("#viewer").is_visible()
        assert page.text_content("#viewer-place") == "1 of 40"
        assert page.locator("#viewer .prompt").is_visible()
        page.keyboard.press("ArrowLeft")
        assert page.text_content("#viewer-place") == "40 of 40"
        assert page.locator("#viewer .overlay .ink").count() >= 0
        page.keyboard.press("m")
        assert page.locator("#viewer-marks").get_attribute("aria-pressed") == "false"
        page.keyboard.press("Escape")
        assert not page.locator("#viewer").is_visible()
        focused = page.evaluate("document.activeElement.closest('.card').id")
        assert focused == page.locator(".card").last.get_attribute("id")
        assert page.locator(".card").count() == 40


def test_pictures_are_there_and_marks_lie_on_them(opened: Open, report: Path) -> None:
    with opened(report) as page:
        unfold(page)
        boxes = page.evaluate(
            """Array.from(document.querySelectorAll('.card svg.grid')).map(svg => {
                 const box = e => { const b = e.getBoundingClientRect();
                                    return [b.left, b.top, b.right, b.bottom]; };
                 const marks = svg.querySelectorAll(
                     '.ink:not(.m-out):not(.m-region):not(.m-excluded)');
                 const picture = svg.querySelector('use.picture');
                 return [box(picture), Array.from(marks).map(box)]; })"""
        )
        assert len(boxes) == 40
        assert sum(len(marks) for _, marks in boxes) > 10
        for picture, marks in boxes:
            assert picture[2] - picture[0] > 100
            for left, top, right, bottom in marks:
                assert picture[0] < (left + right) / 2 < picture[2]
                assert picture[1] < (top + bottom) / 2 < picture[3]


def test_published_models_can_be_hidden(opened: Open, report: Path) -> None:
    with opened(report) as page:
        quoted = page.locator("#glance div.published")
        assert quoted.is_visible()
        assert "Published" in (quoted.text_content() or "")
        page.locator("input.show-published").nth(1).uncheck()
        assert not quoted.is_visible()
        assert not page.locator("input.show-published").first.is_checked()


def test_dark_mode_follows_the_system_and_the_button(opened: Open, report: Path) -> None:
    def darkness(page: Page) -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    with opened(report, color_scheme="light") as page:
        assert darkness(page) > 600
        page.click("#theme")
        assert darkness(page) > 600
        page.click("#theme")
        assert page.text_content("#theme") == "Theme: dark"
        assert darkness(page) < 150
    with opened(report, color_scheme="dark") as page:
        assert darkness(page) < 150


@pytest.mark.parametrize("width", [320, 390, 768, 1600])
def test_no_sideways_scrolling(opened: Open, report: Path, width: int) -> None:
    with opened(report, viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        narrow = page.locator("svg.narrow-only").first
        assert narrow.is_visible() == (width < 700)


def test_reasons_for_a_sentence_unfold_from_the_keyboard(opened: Open, report: Path) -> None:
    with opened(report) as page:
        first = page.locator("#glance .why").first
        assert not first.locator("ol").is_visible()
        first.locator("summary").focus()
        page.keyboard.press("Enter")
        assert first.locator("ol li").first.is_visible()
        assert first.locator("dd").first.is_visible()


def test_words_of_charts_do_not_overlap(opened: Open, report: Path) -> None:
    """Labels and figures of the falls and shares, each against its neighbours in the chart."""
    script = """() => Array.from(document.querySelectorAll('svg.waterfall, svg.shares'))
      .filter(svg => svg.getBoundingClientRect().width)
      .map(svg => { const boxes = Array.from(svg.querySelectorAll('text'), t => {
            const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; });
          return boxes.filter((a, i) => boxes.some((b, j) => i < j && a[0] < b[2] - 1 &&
            b[0] < a[2] - 1 && a[1] < b[3] - 2 && b[1] < a[3] - 2)).length; })"""
    for width in (390, 1280):
        with opened(report, viewport={"width": width, "height": 900}) as page:
            page.evaluate("for (const d of document.querySelectorAll('.part')) d.open = true")
            overlaps = page.evaluate(script)
            assert len(overlaps) >= 3
            assert sum(overlaps) == 0


def test_prints_to_pages(opened: Open, report: Path) -> None:
    with opened(report, color_scheme="dark") as page:
        pdf = page.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 4
        page.emulate_media(media="print")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert not page.locator(".topbar").is_visible()
        # The class names of the page's parts must not hide parts of the charts.
        for part in ("line.bar", "path.line", "text.label"):
            shape = f"document.querySelector('#ladder svg.wide-only {part}')"
            assert page.evaluate(f"getComputedStyle({shape}).display") != "none"


def test_reads_whole_without_scripts(opened: Open, report: Path) -> None:
    with opened(report, java_script_enabled=False) as page:
        assert page.locator(".card:visible").count() == 40
        assert not page.locator("#filters").is_visible()
        assert page.locator(".answers .term").first.is_visible()
        page.locator("#ladder .numbers summary").first.click()
        assert page.locator("#t-templates").is_visible()


def test_every_picture_has_a_name_and_every_id_is_unique(opened: Open, report: Path) -> None:
    with opened(report) as page:
        nameless = page.evaluate(
            """Array.from(document.querySelectorAll('svg[role=img]')).filter(svg => {
                 const by = svg.getAttribute('aria-labelledby');
                 return !(svg.getAttribute('aria-label') ||
                          (by && document.getElementById(by)?.textContent)); }).length"""
        )
        assert nameless == 0
        doubles = page.evaluate(
            """(() => { const ids = Array.from(document.querySelectorAll('[id]'), e => e.id);
                        return ids.filter((id, k) => ids.indexOf(id) !== k); })()"""
        )
        assert doubles == []
        bare = page.evaluate(
            "Array.from(document.querySelectorAll('table')).filter(t => !t.caption).length"
        )
        assert bare == 0


def test_text_stands_out_from_its_ground(opened: Open, report: Path) -> None:
    """WCAG contrast of ordinary text, 4.5 to 1, in both themes."""
    script = """() => { const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number)
        .map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      const ground = lum(getComputedStyle(document.body).backgroundColor);
      const of = s => lum(getComputedStyle(document.querySelector(s)).color);
      return ['.lead', '.note', 'td .ci', 'tbody.published td', '.basis', '.chip', '.says',
              '.because', '.lines dt', '.statewords'].map(s => {
        const [a, b] = [of(s), ground].sort((x, y) => y - x); return [s, (a + .05) / (b + .05)]; });
    }"""
    for scheme in ("light", "dark"):
        with opened(report, color_scheme=scheme) as page:
            for name, ratio in page.evaluate(script):
                assert ratio >= 4.5, (scheme, name, ratio)
