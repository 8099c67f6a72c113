"""The study in a real Chromium: a person with known answers gets exactly the score planted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handeye import rose
from handeye.rose.items import Item
from handeye.study.export import export
from handeye.study.session import open_study
from handeye.study.settings import Settings, plan_of
from handeye.study.store import Store
from tests.support.study.hands import Finger, Keyboard, Mouse, ready
from tests.support.study.taking_part import ROSE, Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.server]
Start = Callable[..., Served]
Serve = Callable[..., tuple[Path, str]]
DESKTOP = {"viewport": {"width": 1301, "height": 803}, "device_scale_factor": 1.25}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "has_touch": True,
    "is_mobile": True,
}
# Places of the person's order that are answered wrongly, and how.
WRONG = {2: "missed", 5: "extra", 6: "number", 11: "neighbour", 13: "nothing", 17: "number"}


@pytest.fixture
def opened(chromium: Browser) -> Callable[..., Any]:
    """Open an address in a browser of its own; messages, errors and strange requests fail."""

    @contextmanager
    def open_link(link: str, *, offline_is_fine: bool = False, **options: Any) -> Iterator[Page]:
        context = chromium.new_context(**(options or DESKTOP))
        page = context.new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        home = link.split("/s/")[0]
        page.on(
            "request",
            lambda request: None if request.url.startswith(home) else trouble.append(request.url),
        )
        page.goto(link)
        yield page
        context.close()
        assert [t for t in trouble if not (offline_is_fine and "Failed to load" in t)] == []

    return open_link


def planted(item: Item, how: str | None) -> tuple[list[tuple[int, int]], int | None]:
    """The cells and the number of a right answer, or of one that is wrong in a certain way."""
    cells = [(row, col) for row, col in item.gold]
    number = None if item.task_mode == "CLICK" else len(cells)
    if item.task_mode == "COUNT":
        return [], number + (how is not None)
    if how is None:
        return cells, number
    free = [cell for cell in item.grid.cells() if cell not in item.gold]
    if how in ("missed", "nothing") and cells:
        cells = cells[1:] if how == "missed" else []
    elif how == "neighbour" and cells:
        near = sorted(free, key=lambda c: abs(c[0] - cells[0][0]) + abs(c[1] - cells[0][1]))
        cells = [(near[0].row, near[0].col), *cells[1:]]
    elif how == "number" and item.task_mode == "CLICK_COUNT" and cells:
        return cells, len(cells) + 1
    else:
        cells = [*cells, (free[-1].row, free[-1].col)]
    return cells, None if number is None else len(cells)


def begin(page: Page, nickname: str = "Anna") -> None:
    """Consent and join."""
    page.fill("#nickname", nickname)
    page.check("#consent")
    page.click("#start")
    page.wait_for_url("**/s/*")


def go_through(hand: Mouse, items: list[Item], wrong: dict[int, str], start: int = 0) -> list[bool]:
    """Answer all items from ``start`` on; returns what is to be scored as passed."""
    expected = []
    for place, item in enumerate(items):
        if place >= start:
            ready(hand.page, f"Picture {place + 1} of {len(items)}")
            hand.answer(item, *planted(item, wrong.get(place)))
        expected.append(place not in wrong)
    hand.page.wait_for_selector("text=Thank you")
    return expected


def passed(file: Path, data: Path, items: list[Item], tmp_path: Path) -> list[bool]:
    """PASS by place, from the exported file scored like a model's."""
    (predictions,) = export(file, tmp_path / "export")
    scores = rose.score(predictions, items)
    return [bool(value) for value in scores["pass"]]


def items_of(file: Path, data: Path, number: int = 0) -> list[Item]:
    """A participant's items in order."""
    with Store(file, read_only=True) as store:
        plan, _ = plan_of(ROSE, data, Settings(**store.settings()))
    return plan.items_of(number)


def test_twenty_items_by_mouse_with_practice(
    opened: Any, at_hand: Serve, practised_file: Path, study_set: Path, tmp_path: Path
) -> None:
    file = shutil.copy(practised_file, tmp_path / "study.sqlite")
    study = open_study(ROSE, study_set, file)
    study.store.close()
    items, practice = study.plan.items_of(0), [item for item, _ in study.practice]
    with opened(at_hand(file)[1]) as page:
        page.click("#start")
        assert page.is_visible("text=Please tick the box")
        begin(page)
        page.wait_for_selector("text=Welcome, Anna")
        page.click("#sheet-go")
        hand = Mouse(page)
        for place, item in enumerate(practice):
            words = f"Practice {place + 1} of {len(practice)}"
            ready(page, words)
            if place == 2:
                hand.answer(item, *planted(item, "extra"))
                page.wait_for_selector("text=Not quite")
                assert page.locator("#marks .right").count() == len(item.gold)
                assert page.locator("#marks .wrong").count() == 1
                page.click("#again")
                ready(page, words)
                assert page.locator("#marks .mark").count() == 0
            hand.answer(item, *planted(item, None))
            page.wait_for_selector("text=That is right")
            page.click("#go-on")
        page.wait_for_selector("text=Now it counts")
        page.click("#sheet-go")
        expected = go_through(hand, items, WRONG)
        assert page.locator("#where").text_content() == "20 of 20"
    assert expected.count(False) == len(WRONG)
    assert passed(file, study_set, items, tmp_path) == expected
    with Store(file) as store:
        answers = store.answers()
    assert all(0 < a.response_ms < 30_000 for a in answers)


@pytest.mark.parametrize(("hand", "options"), [(Finger, PHONE), (Keyboard, DESKTOP)])
def test_by_touch_and_by_keyboard(
    opened: Any,
    at_hand: Serve,
    study_set: Path,
    tmp_path: Path,
    hand: type[Mouse],
    options: dict[str, Any],
) -> None:
    file, link = at_hand(items=8, seed=2, split="all", practice=False)
    items = items_of(file, study_set)
    assert {item.task_mode for item in items} == {"COUNT", "CLICK", "CLICK_COUNT"}
    wrong = {1: "neighbour", 4: "extra", 6: "missed"}
    with opened(link, **options) as page:
        begin(page)
        expected = go_through(hand(page), items, wrong)
    assert passed(file, study_set, items, tmp_path) == expected


@pytest.fixture
def clicking(at_hand: Serve, study_set: Path) -> tuple[Path, str, list[Item]]:
    """A served study of four click items: its file, link and items."""
    file, link = at_hand(items=4, templates="T3,T4", split="all", practice=False)
    return file, link, items_of(file, study_set)


def marks(page: Page) -> int:
    return page.locator("#marks .mark").count()


def texts(file: Path) -> list[str | None]:
    with Store(file, read_only=True) as store:
        return [answer.raw_text for answer in store.answers()]


def test_undo_clear_and_nothing_to_click(
    opened: Any, clicking: tuple[Path, str, list[Item]]
) -> None:
    file, link, items = clicking
    with opened(link) as page:
        begin(page, "")
        hand = Mouse(page)
        ready(page, "Picture 1 of 4")
        assert page.is_disabled("#done")
        assert page.is_enabled("#nothing")
        hand.mark(items[0], [(1, 1), (2, 2), (3, 3)])
        assert marks(page) == 3
        assert page.is_disabled("#nothing")
        page.click("#undo")
        hand.mark(items[0], [(1, 1)])  # a second click takes the mark away
        assert marks(page) == 1
        page.keyboard.press("Control+z")
        assert marks(page) == 2
        page.click("#clear")
        assert marks(page) == 0
        page.click("#undo")
        assert marks(page) == 2
        page.dblclick("#clear")  # nothing left to clear the second time
        page.click("#nothing")
        ready(page, "Picture 2 of 4")
        # A press on one cell that ends on another is no click.
        page.mouse.move(*hand.spot(items[1], (1, 1)))
        page.mouse.down()
        page.mouse.move(*hand.spot(items[1], (4, 4)))
        page.mouse.up()
        assert marks(page) == 0
        hand.mark(items[1], [(4, 4), (2, 1)])
        hand.done()
        ready(page, "Picture 3 of 4")
    assert texts(file) == ["DONE", "CLICK(R4,C4); CLICK(R2,C1); DONE"]


def test_reloading_and_coming_back_by_the_link(
    opened: Any, clicking: tuple[Path, str, list[Item]]
) -> None:
    file, link, items = clicking
    with opened(link) as page:
        begin(page)
        hand = Mouse(page)
        ready(page, "Picture 1 of 4")
        hand.mark(items[0], [(1, 2), (3, 4)])
        page.wait_for_timeout(300)
        page.reload()
        ready(page, "Picture 1 of 4")
        assert marks(page) == 2  # nothing of the work is lost
        hand.done()
        ready(page, "Picture 2 of 4")
        page.click("#pause-button")
        assert not page.is_visible("#picture")
        mine = page.input_value("#link")
        assert mine == page.url
        page.click("#sheet-go")
        hand.mark(items[1], [(2, 2)])
        hand.done()
        ready(page, "Picture 3 of 4")
    with opened(mine) as page:  # another browser, without any memory
        ready(page, "Picture 3 of 4")
        Mouse(page).nothing()
        ready(page, "Picture 4 of 4")
        Mouse(page).nothing()
        page.wait_for_selector("text=Thank you, Anna")
        page.reload()
        page.wait_for_selector("text=Thank you, Anna")
    first = ["CLICK(R1,C2); CLICK(R3,C4); DONE", "CLICK(R2,C2); DONE", "DONE", "DONE"]
    assert texts(file) == first
    with Store(file, read_only=True) as store:
        assert store.answers()[0].response_ms >= 300  # what was spent before the reload counts
    with opened(link.rstrip("/") + "/s/unknown", offline_is_fine=True) as page:
        page.wait_for_selector("text=This link is not known")


def test_two_windows_of_one_person(opened: Any, clicking: tuple[Path, str, list[Item]]) -> None:
    file, link, items = clicking
    with opened(link, offline_is_fine=True) as page:
        begin(page)
        ready(page, "Picture 1 of 4")
        second = page.context.new_page()
        second.goto(page.url)
        ready(second, "Picture 1 of 4")
        Mouse(second).nothing()
        ready(second, "Picture 2 of 4")
        Mouse(page).mark(items[0], [(1, 1)])
        Mouse(page).done()  # too late: the first answer stays, and this window catches up
        ready(page, "Picture 2 of 4")
        assert marks(page) == 0
    assert texts(file) == ["DONE"]


def test_an_answer_waits_for_a_server_that_is_gone(
    opened: Any, served: Start, study_set: Path, tmp_path: Path
) -> None:
    file = tmp_path / "study.sqlite"
    options = ["--items", "3", "--templates", "T3", "--no-practice", "--split", "all"]
    server = served(file, *options)
    port = re.search(r":(\d+)/", server.link)
    assert port is not None
    items = items_of(file, study_set)
    with opened(server.link, offline_is_fine=True) as page:
        begin(page)
        ready(page, "Picture 1 of 3")
        hand = Mouse(page)
        hand.mark(items[0], [(1, 1)])
        server.kill()
        hand.done()
        page.wait_for_selector("text=Nothing is lost")
        served(file, *options, "--port", port[1])
        ready(page, "Picture 2 of 3")
        assert page.text_content("#saving") == ""
        hand.mark(items[1], [(2, 2)])
        page.evaluate("void (window.fetch = () => Promise.reject(new Error()))")
        hand.done()
        page.wait_for_selector("text=Nothing is lost")
        page.reload()  # the page is closed before the answer went out; it goes out when opened
        ready(page, "Picture 3 of 3")
    assert texts(file) == ["CLICK(R1,C1); DONE", "CLICK(R2,C2); DONE"]


def scroll_to(page: Page, item: Item, cell: tuple[int, int]) -> None:
    """Bring a cell of the enlarged picture into the window."""
    page.evaluate(
        """([down, right]) => { const view = document.getElementById('view');
          view.scrollTo(right * view.scrollWidth - 60, down * view.scrollHeight - 60);
          view.scrollIntoView(); }""",
        [(cell[0] - 1) / item.rows, (cell[1] - 1) / item.cols],
    )


@pytest.mark.parametrize(
    "options", [DESKTOP, {"viewport": {"width": 731, "height": 500}, "device_scale_factor": 2.6}]
)
def test_clicks_hit_their_cells_at_every_size(
    opened: Any, clicking: tuple[Path, str, list[Item]], options: dict[str, Any]
) -> None:
    _, link, items = clicking
    item = items[0]
    drawn = """Array.from(document.querySelectorAll('#marks .mark'),
        m => [Math.ceil(m.y.baseVal.value), Math.ceil(m.x.baseVal.value)])"""
    with opened(link, **options) as page:
        begin(page)
        ready(page, "Picture 1 of 4")
        hand = Mouse(page)
        for zoom in range(5):
            cells = [(1, 1), (item.rows, item.cols), (1, item.cols), (item.rows, 1), (4, 5)]
            for cell in cells:
                scroll_to(page, item, cell)
                hand.mark(item, [cell])
            assert [tuple(cell) for cell in page.evaluate(drawn)] == cells, f"zoom step {zoom}"
            page.click("#clear")
            if zoom < 4:
                page.click("#zoom-in")
        assert page.is_disabled("#zoom-in")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_clock_stands_still_while_nobody_can_look(
    opened: Any, clicking: tuple[Path, str, list[Item]]
) -> None:
    file, link, _ = clicking
    hide = """state => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); }"""
    with opened(link) as page:
        begin(page)
        ready(page, "Picture 1 of 4")
        page.evaluate(hide, "hidden")
        page.wait_for_timeout(1200)
        page.evaluate(hide, "visible")
        page.click("#pause-button")
        page.wait_for_timeout(1200)
        page.click("#sheet-go")
        page.click("#nothing")
        ready(page, "Picture 2 of 4")
        page.wait_for_timeout(1000)
        page.click("#nothing")
        ready(page, "Picture 3 of 4")
        # After ten minutes of looking a break is offered, once.
        page.evaluate("sessionStorage.setItem('since-break', '599900')")
        page.reload()
        ready(page, "Picture 3 of 4")
        page.click("#nothing")
        page.wait_for_selector("text=Rest your eyes")
        page.click("#sheet-go")
        ready(page, "Picture 4 of 4")
    with Store(file, read_only=True) as store:
        first, second, _ = store.answers()
    assert first.response_ms < 2000
    assert second.response_ms >= 1000


def test_a_picture_that_fails_can_be_loaded_again_or_skipped(
    opened: Any, clicking: tuple[Path, str, list[Item]]
) -> None:
    file, link, _ = clicking
    with opened(link, offline_is_fine=True) as page:
        page.route("**/picture/items/0", lambda route: route.abort())
        begin(page)
        page.wait_for_selector("text=could not be shown")
        assert page.is_disabled("#nothing")
        page.click("#skip")
        ready(page, "Picture 2 of 4")
    assert texts(file) == [None]


def test_rulers_only_where_the_study_has_them(
    opened: Any, at_hand: Serve, clicking: tuple[Path, str, list[Item]]
) -> None:
    with opened(clicking[1]) as page:
        begin(page)
        ready(page, "Picture 1 of 4")
        assert page.locator(".ruler span").count() == 0
    _, link = at_hand(items=1, templates="T3", split="all", practice=False, rulers=True)
    with opened(link) as page:
        begin(page)
        ready(page, "Picture 1 of 1")
        top = page.locator("#ruler-top span").all_text_contents()
        assert top == [str(k + 1) for k in range(len(top))]
        box = page.locator("#picture").bounding_box()
        last = page.locator("#ruler-top span").last.bounding_box()
        assert box is not None
        assert last is not None
        middle = last["x"] + last["width"] / 2
        assert box["x"] + box["width"] * (1 - 1 / len(top)) < middle < box["x"] + box["width"]


def test_it_fits_and_is_readable_everywhere(opened: Any, at_hand: Serve) -> None:
    _, link = at_hand(items=6, split="all", practice=False)
    contrast = """s => { const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number)
        .map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      const e = document.querySelector(s);
      let under = e; while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)')
        under = under.parentElement;
      const [a, b] = [lum(getComputedStyle(e).color), lum(getComputedStyle(under).backgroundColor)]
        .sort((x, y) => y - x); return (a + .05) / (b + .05); }"""
    sizes = ((320, 640), (390, 844), (768, 1024), (1024, 600), (1600, 1000))
    for (width, height), scheme in zip(sizes, ("light", "dark") * 3, strict=False):
        size = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        with opened(link, **size) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for part in (".lead", ".plain", ".consent", "#start"):
                assert page.evaluate(contrast, part) >= 4.5, part
            begin(page)
            ready(page, "Picture 1 of 6")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for part in ("#question", "#where", "#eyebrow", "#undo"):
                assert page.evaluate(contrast, part) >= 4.5, part
            area = page.locator("#picture").bounding_box()
            assert area is not None
            assert area["width"] >= min(width, height) * 0.5
            assert area["x"] >= 0
            assert area["x"] + area["width"] <= width
