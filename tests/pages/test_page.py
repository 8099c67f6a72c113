"""What the pages of every suite do alike, in a real Chromium, opened from disk."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from handeye.errors import OptionError
from handeye.pages import html
from handeye.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
SUITES = ("rose", "clips")


@pytest.fixture
def browse(chromium: Any) -> Any:
    """Open a page that may load what lies beside it."""
    made = []

    def open_page(file: Path, hash_: str = "", **options: Any) -> Page:
        page = chromium.new_page(**options)
        page.goto(file.as_uri() + hash_)
        made.append(page)
        return page

    yield open_page
    for page in made:
        page.close()


def shown(page: Page) -> tuple[int, int]:
    of, whole = re.findall(r"[\d,]+", page.text_content("#shown") or "")
    return int(of.replace(",", "")), int(whole.replace(",", ""))


# ---- first screen


@pytest.mark.parametrize("name", SUITES)
def test_the_first_screen_answers(opened: Open, pages: dict[str, Path], name: str) -> None:
    with opened(pages[name], viewport={"width": 1280, "height": 800}) as page:
        bottom = "e => { const b = e.getBoundingClientRect(); return b.bottom; }"
        terms = page.locator(".answers li")
        assert terms.count() == 2
        assert terms.last.evaluate(bottom) < 300
        for selector in ("#glance svg.wide-only", ".verdict .says", ".shows svg, .shows .film"):
            first = page.locator(selector).first
            assert first.is_visible()
            assert first.evaluate("e => e.getBoundingClientRect().top") < 700
        words = " ".join((page.text_content(".answers li") or "").split())
        names = ("counting", "action", "gap") if name == "rose" else ("recall", "precision", "F1")
        for one in names:
            assert re.search(rf"{one} −?[\d.]+ \[−?[\d.]+, −?[\d.]+\]", words), words
        assert page.locator("#t-glance").count() == 1
        assert "best constant answer" in (page.text_content("#glance svg.wide-only") or "")
    with opened(pages[name], viewport={"width": 390, "height": 844}) as page:
        assert page.locator(".verdict .says").first.evaluate(bottom) < 844


@pytest.mark.parametrize("name", SUITES)
def test_sections_fold_and_addresses_unfold_them(
    browse: Any, pages: dict[str, Path], name: str
) -> None:
    page = browse(pages[name])
    run = page.locator("#run .facts").first
    assert not run.is_visible()
    page.click("nav a[href='#run']")
    run.wait_for(state="visible")
    page.locator("#run summary").first.click()
    assert not run.is_visible()
    assert browse(pages[name], "#reading").locator("#reading dl").is_visible()


# ---- access


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [("rose", "light", 1280), ("clips", "dark", 390), ("compare", "light", 1280)],
)
def test_axe_finds_no_violation(
    browse: Any, pages: dict[str, Path], name: str, scheme: str, width: int
) -> None:
    found = pytest.importorskip("axe_playwright_python")
    script = (Path(found.__file__).parent / "axe.min.js").read_text("utf-8")
    page = browse(pages[name], color_scheme=scheme, viewport={"width": width, "height": 800})
    page.evaluate(script)
    # Cards are alike, and axe looks at each for seconds.
    page.evaluate(
        "for (const c of [...document.querySelector('#cards').children].slice(6)) c.remove()"
    )
    for _ in range(2):  # as it opens, which on a phone is folded, and whole
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in result["violations"]] == []
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.locator("#cards .open").first.click()
    opened = page.evaluate("axe.run('#viewer', {resultTypes: ['violations']})")
    assert [v["id"] for v in opened["violations"]] == []


def test_the_phone_has_a_menu_of_all_sections(browse: Any, pages: dict[str, Path]) -> None:
    page = browse(pages["rose"], viewport={"width": 390, "height": 800})
    links = page.locator("#nav a")
    assert not links.first.is_visible()
    page.click("#menu")
    assert all(links.nth(k).is_visible() for k in range(links.count()))
    assert page.locator("#menu").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not links.first.is_visible()


@pytest.mark.parametrize("name", ["rose", "clips", "compare"])
def test_sections_begin_folded_on_a_phone_and_nothing_is_lost(
    opened: Open, pages: dict[str, Path], name: str
) -> None:
    """``opened`` fails where the page logs an error."""
    desk = {"width": 1280, "height": 800}
    height, parts = "document.documentElement.scrollHeight", "main section ~ section > details"
    with opened(pages[name], viewport=desk) as page:
        whole, pdf = page.inner_text("main"), page.pdf(format="A4")
    with opened(pages[name], viewport={"width": 390, "height": 800}) as page:
        folded = page.evaluate(height)
        assert not page.locator(f"{parts}[open]").count()
        assert page.locator(f"{parts} > summary").first.is_visible()
        printed = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
        assert printed >= len(re.findall(rb"/Type\s*/Page\b", pdf)) - 1
        assert not page.locator(f"{parts}[open]").count(), "folded again after print"
        page.evaluate(f"for (const d of document.querySelectorAll('{parts}')) d.open = true")
        page.wait_for_timeout(100)
        print(f"{name}: {folded} of {page.evaluate(height)} pixels")
        assert folded < 3000
        assert folded < 0.4 * page.evaluate(height)
        if name != "compare":  # of which the charts alone are narrow
            assert len(page.inner_text("main").split()) > 0.9 * len(whole.split())
    with opened(pages[name], viewport={"width": 390, "height": 800}) as page:
        page.click("#menu")
        page.click("#nav a[href='#failures']")
        page.wait_for_selector("#cards > .card .open")
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("/")
        assert page.locator("input[name=find]").is_visible()


def test_tables_that_are_cut_off_say_so(browse: Any, pages: dict[str, Path]) -> None:
    page = browse(pages["rose"], viewport={"width": 390, "height": 800})
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    wide = page.locator(".scroll:has(#t-templates)")
    page.wait_for_timeout(100)
    assert re.match(r"\d+ more columns: scroll", wide.get_attribute("data-more") or "")


# ---- gallery


@pytest.mark.parametrize("name", [*SUITES, "compare", "folder"])
def test_counts_of_filters_follow_each_other(
    browse: Any, pages: dict[str, Path], name: str
) -> None:
    page = browse(pages[name])
    page.wait_for_selector("#cards > .card")
    assert shown(page)[0] == shown(page)[1] > 8
    selects = page.locator("#filters select")
    first = selects.first.locator("option:not([value=''])").first.get_attribute("value")
    selects.first.select_option(first)
    left = shown(page)[0]
    other = selects.nth(1)
    counts = [
        int(re.findall(r"\(([\d,]+)\)$", words)[0].replace(",", ""))
        for words in other.locator("option[data-label]").all_text_contents()
    ]
    assert sum(counts) == left
    # What the others leave nothing of cannot be chosen.
    assert other.locator("option:disabled").count() == counts.count(0)


def test_the_address_holds_the_filters_and_each_item(browse: Any, pages: dict[str, Path]) -> None:
    page = browse(pages["rose"])
    page.select_option("select[name=reason]", "passed")
    page.fill("input[name=find]", "item_00000")
    page.wait_for_timeout(50)
    found = shown(page)
    assert 0 < found[0] < found[1]
    address = page.evaluate("location.hash")
    again = browse(pages["rose"], address)
    assert shown(again) == found
    assert again.locator("select[name=reason]").input_value() == "passed"
    assert again.locator("input[name=find]").input_value() == "item_00000"
    link = page.locator("#cards .ids a").first
    key = link.get_attribute("href") or ""
    assert key.startswith("#item-")
    item = browse(pages["rose"], key)
    assert item.locator("#viewer").is_visible()
    assert (link.text_content() or "") in (item.text_content("#viewer") or "")
    item.keyboard.press("ArrowRight")
    assert item.evaluate("location.hash") != key
    item.keyboard.press("Escape")
    assert not item.locator("#viewer").is_visible()


def test_the_gallery_by_keyboard(browse: Any, pages: dict[str, Path]) -> None:
    page = browse(pages["rose"])
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "find"
    page.locator("#cards .open").first.focus()
    page.keyboard.press("ArrowRight")
    cards = "Array.from(document.querySelectorAll('.card'))"
    at = f"{cards}.indexOf(document.activeElement.closest('.card'))"
    assert page.evaluate(at) == 1
    page.keyboard.press("Enter")
    assert page.text_content("#viewer-place") == "2 of 30"


# ---- figures


@pytest.mark.parametrize("name", [*SUITES, "compare"])
def test_every_figure_can_be_saved(
    browse: Any, pages: dict[str, Path], name: str, tmp_path: Path
) -> None:
    page = browse(pages[name], color_scheme="dark")
    figures = page.locator("figure.plot")
    assert figures.count() >= (1 if name == "compare" else 4)
    kinds = ["SVG", "PNG", "CSV", "LaTeX"]
    for k in range(figures.count()):
        own = figures.nth(k).locator(":scope > .save button").all_text_contents()
        assert own == kinds, figures.nth(k).get_attribute("id")
    figure = figures.first
    saved = {}
    for kind in kinds:
        with page.expect_download() as waiting:
            figure.locator(":scope > .save button", has_text=kind).click()
        saved[kind] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved[kind])
    tree = ET.parse(saved["SVG"]).getroot()
    words = " ".join("".join(one.itertext()) for one in tree.iter() if one.tag.endswith("text"))
    assert "simulated" in words or name == "compare"
    paints = {one.get("fill") for one in tree.iter()}
    assert any((paint or "").startswith("rgb(") for paint in paints)
    # Colours of the light theme, on white, and no style sheet is needed.
    assert "var(" not in saved["SVG"].read_text("utf-8")
    assert "class=" not in saved["SVG"].read_text("utf-8")
    picture = Image.open(saved["PNG"]).convert("RGB")
    assert picture.width > 1000
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    assert len(picture.getcolors(1 << 20) or ()) > 20
    rows = list(csv.DictReader(io.StringIO(saved["CSV"].read_text("utf-8"))))
    assert all(0 <= float(row["low"]) <= float(row["value"]) <= float(row["high"]) <= 1
               for row in rows if row["low"] and "gap" not in row["column"]
               and name != "compare")  # fmt: skip
    assert len(rows) > 5
    latex = saved["LaTeX"].read_text("utf-8")
    for part in ("begin{table}", "toprule", "midrule", "bottomrule", "end{tabular}", "caption{"):
        assert f"\\{part}" in latex
    assert not re.search(r"(?<!\\)[%_#](?! needs)", latex.replace("\\%", ""))
    for columns, body in re.findall(r"begin\{tabular\}\{(l?r+)\}(.*?)end\{tab", latex, re.S):
        for line in re.findall(r"^(?!\\multi)(.*) \\\\$", body, re.M):
            if "multicolumn" not in line:
                assert line.count(" & ") == len(columns) - 1


@pytest.mark.parametrize("name", [*SUITES, "compare"])
def test_every_figure_is_saved_as_it_is_seen_and_in_numbers(
    browse: Any, pages: dict[str, Path], name: str
) -> None:
    """What is folded: a part is left out, a whole figure unfolded, and folded again."""
    page = browse(pages[name], viewport={"width": 1280, "height": 900})
    # Dozens of downloads one after the other are held back by the browser now and then.
    page.evaluate(
        "() => { const make = URL.createObjectURL;"
        "URL.createObjectURL = blob => { window.kept = blob; return make(blob); };"
        "HTMLAnchorElement.prototype.click = function () { window.called = this.download; }; }"
    )
    folded = page.locator("details:not([open])").count()
    names = set()

    def saved(button: Any) -> str:
        button.evaluate("e => e.click()")
        called, text = page.evaluate("async () => [window.called, await window.kept.text()]")
        names.add(called)
        return str(text)

    drawings = page.get_by_role("button", name="SVG", include_hidden=True)
    for button in drawings.all():
        tree = ET.fromstring(saved(button))
        wide, high = float(tree.get("width") or 0), float(tree.get("height") or 0)
        charts = [one for one in tree if one.tag.endswith("svg")]
        boxes = [[float(one.get(k) or 0) for k in ("x", "y", "width", "height")] for one in charts]
        assert max(w * h for _, _, w, h in boxes) > 10_000, names
        assert wide < 1280, names
        assert high < 3000, names
        for x, y, w, h in boxes:
            assert min(x, y) >= 0, names
            assert x + w <= wide, names
            assert y + h <= high, names
    assert page.locator("details:not([open])").count() == folded
    tables = page.get_by_role("button", name="CSV", include_hidden=True)
    for button in tables.all():
        for row in csv.DictReader(io.StringIO(saved(button))):
            if row["column"] != "verdict":
                for cell in ("value", "low", "high", "n"):
                    assert re.fullmatch(r"|-?\d+(\.\d+)?(e-\d+)?", row[cell]), (names, row)
    assert len(names) == drawings.count() + tables.count()
    assert all(re.match("[a-z]", one) for one in names)
    if name == "compare":
        assert {"pass.svg", "by-difficulty.csv", "right-where.csv"} <= names


# ---- a page of many files


def test_a_folder_holds_every_item_and_needs_no_server(browse: Any, pages: dict[str, Path]) -> None:
    from playwright.sync_api import expect

    page = browse(pages["folder"])
    page.wait_for_selector("#cards > .card")
    assert shown(page) == (224, 224)
    assert page.locator("#cards > .card").count() == 8
    loaded = page.evaluate(
        "Promise.all(Array.from(document.querySelectorAll('.card image.picture'), e => "
        "new Promise(done => { const i = new Image(); i.onload = () => done(i.width); "
        "i.onerror = () => done(0); i.src = e.href.baseVal; })))"
    )
    assert len(loaded) == 8
    assert min(loaded) > 50
    page.select_option("select[name=run]", "1")
    assert shown(page)[0] == 112
    place = page.locator("#viewer-place")
    expect(page.locator("#cards > .card[data-run='1']")).to_have_count(8)
    page.locator("#cards .open").first.click()
    expect(place).to_have_text("1 of 112")
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text("112 of 112")
    assert page.locator("#viewer .grid").is_visible()


def test_a_folder_from_a_server(chromium: Any, pages: dict[str, Path]) -> None:
    command = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=pages["folder"].parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"PYTHONUNBUFFERED": "1"}, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        port = re.findall(r"port (\d+)", server.stdout.readline())[0]
        page = chromium.new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector("#cards > .card")
        page.close()
        server.terminate()
    assert trouble == []


def test_ten_thousand_items_open_at_once(
    browse: Any, pages: dict[str, Path], tmp_path: Path
) -> None:
    """Items of a page, many times over: what is loaded does not grow with them."""
    source = pages["folder"].parent
    folder = tmp_path / "many"
    (folder / "items").mkdir(parents=True)
    (folder / "pictures").symlink_to(source / "pictures")
    (folder / "index.html").write_bytes((source / "index.html").read_bytes())
    index = (source / "items" / "index.js").read_text("utf-8")
    rows = re.findall(r'\["item-.*?"\]', index)
    page_size = html.PAGE
    many = [rows[k % len(rows)].replace('["item-', f'["item-{k}-') for k in range(10_000)]
    head = index[: index.index('"rows": [') + len('"rows": [')]
    (folder / "items" / "index.js").write_text(head + ", ".join(many) + "]});", "utf-8")
    for k in range(0, 10_000 // page_size + 1):
        text = (source / "items" / "0.js").read_text("utf-8")
        (folder / "items" / f"{k}.js").write_text(text.replace("handeye(0,", f"handeye({k},"))
    begun = time.monotonic()
    page = browse(folder / "index.html")
    page.wait_for_selector("#cards > .card")
    seconds = time.monotonic() - begun
    print(f"10,000 items: {seconds:.2f} s")
    assert shown(page) == (10_000, 10_000)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert sum("items/" in one for one in loaded) <= 2
    assert page.locator("#cards > .card").count() == 8
    page.fill("input[name=find]", "no such item")
    assert shown(page)[0] == 0


@pytest.mark.parametrize("name", ["faulty", "lazy"])
def test_items_of_a_folder_are_counted_while_they_are_laid_out_and_written(
    pages: dict[str, Path], tmp_path: Path, name: str
) -> None:
    run, seen = pages["rose"].parent / name, []
    for _ in range(2):  # the second takes the place of the first
        seen.clear()
        page = write_report(
            run, tmp_path / "all", all_items=True, resamples=0, progress=lambda *at: seen.append(at)
        )
    assert seen[0] == (1, 2)
    count = seen[-1][1]
    assert page.read_text("utf-8").count("data-paged") == 1
    assert [total for _, total in seen[1:]] == [count] * 2 * count
    assert [done for done, _ in seen[1:]] == [k // 2 for k in range(1, 2 * count + 1)]
    assert count == (8 * 2 * 7 if name == "faulty" else 12)


def test_a_folder_takes_the_place_of_its_own_kind_only(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "notes.txt").write_text("mine")
    with pytest.raises(OptionError, match="holds something else"):
        write_report(pages["rose"].parent / "faulty", theirs, all_items=True)
    assert [one.name for one in theirs.iterdir()] == ["notes.txt"]
    with pytest.raises(OptionError, match="holds something else"):
        write_report(pages["rose"].parent / "faulty", theirs / "notes.txt", all_items=True)
    own = tmp_path / "own"
    with html.page_folder(own) as folder:
        (folder / "index.html").write_bytes(b'<meta name="generator" content="handeye 0">old')
    with pytest.raises(RuntimeError), html.page_folder(own) as folder:
        raise RuntimeError
    assert b"old" in (own / "index.html").read_bytes()
    with html.page_folder(own) as folder:
        (folder / "index.html").write_bytes(b"new")
    assert (own / "index.html").read_bytes() == b"new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["own", "theirs"]
