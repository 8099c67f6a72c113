"""What a person sees of states: the page, the section in a report, what terminals say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye import premise
from handeye.errors import DataError
from handeye.pages import html
from handeye.pages.frame import wide_and_narrow
from handeye.report import write_report
from handeye.states.acting import DRAWN, knows
from handeye.states.charts import waterfall
from handeye.states.page import write_page
from handeye.states.parts import RECORD
from handeye.states.tables import sentences, tables, taught_words
from tests.states.test_results import PROBE, handeye, stored
from tests.support.cells import SIDE, answers, planted, read

Open = Callable[..., Any]
EMPTY: dict[str, Any] = {
    "settings": {}, "found": [], "left_out": {}, "controls": [], "chain": None, "said": [],
    "knows_says": [], "accepted": [],
}  # fmt: skip


def rewritten(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """States of grids whose answer is in the state, beside answers of which some failed."""
    folder = tmp_path_factory.mktemp("cells") / "states"
    stored(folder, "none", 4)
    states, asked, shown = planted("answer")
    done = answers(read("answer"))
    names = sorted({one.target for one in shown})
    asked = [*asked, *shown]
    found = list(knows(states, asked, done, pictures=names, tokens=(SIDE, SIDE), resamples=200))
    of = {"suite": "planted", "model": "planted", "items": 1, "clips": 1, "layers": 1, "sites": []}
    told = {"states": of | {"media_tokens": {}}, "acting": msgspec.to_builtins(found)}
    (folder / "probe.json").write_text(json.dumps(EMPTY | told))
    taught = {"supervision": "patches and answers", "labels": ["exception", "highlighted"]}
    rewritten(folder / RECORD, info={"taught": taught})
    return folder


def test_a_sentence_says_how_many_failed_answers_had_their_cells_decodable(acted: Path) -> None:
    told = json.loads((acted / "probe.json").read_bytes())
    (one,) = told["acting"]
    failed = one["rows"][0]
    (said,) = sentences(told)
    n = failed["n"] - failed["empty"]
    assert f"of the {n:,} failed answers with something to click" in said
    for reader in ("state and picture", "state", "position and count"):
        rate = failed["readers"][reader]["exact"]
        assert f"for {round(n * rate['value']):,} ({100 * rate['value']:.1f} %, " in said
    shown, _ = handeye("states", "show", acted)
    words = " ".join(shown.split())
    assert said in words
    assert "it was told what its patches show (exception, highlighted)" in words


def test_what_so_few_failed_answers_cannot_tell_is_said() -> None:
    def words(n: int, exact: list[float], beyond: list[float]) -> str:
        names = ("value", "low", "high")
        found = {"exact": dict(zip(names, exact, strict=True)),
                 "beyond": dict(zip(names, beyond, strict=True))}  # fmt: skip
        readers = dict.fromkeys(("state", "position and count"), found)
        row = {"reason": "failed", "n": n, "empty": 0, "readers": readers}
        (said,) = sentences({"acting": [{"stratum": "S", "rows": [row]}]})
        return said

    few = words(3, [1 / 3, 0.06, 0.79], [1 / 3, -0.4, 0.8])
    assert few.startswith("S: 3 failed answers with something to click, too few to tell of how")
    one = words(1, [1.0, 0.2, 1.0], [1.0, -0.6, 1.0])
    assert one.startswith("S: 1 failed answer with something to click, too few to tell")
    some = words(60, [0.1, 0.04, 0.2], [0.05, -0.03, 0.14])
    assert some.endswith("not surely more than without looking: +5.0 points, −3.0 to +14.0.")
    sure = words(60, [0.4, 0.3, 0.52], [0.38, 0.25, 0.5])
    assert "for 24 (40.0 %, 30.0 to 52.0)" in sure
    assert "surely" not in sure


def test_an_interval_that_holds_everything_is_said_in_words() -> None:
    def level(low: float) -> dict[str, Any]:
        figure = {"value": 0.9, "low": low, "high": 1.0, "n": 9}
        return {"key": "answer", "balanced": figure}

    step = {"name": "n", "lost": {"value": 0.0}, "claimed": False}
    for low, told in ((0.0, "90.0: too few pairs to tell"), (0.5, "90.0 [50.0,\u00a0100.0]")):
        way = {"stratum": "", "premises": 9, "families": 3, "levels": [level(low)], "steps": [step]}
        (table,) = tables({"chain": {"ways": [way]}}, None, "pairs")
        assert table.rows[0].cells[0].text() == told
        assert "9 premises of 3 pairs." in table.note
        assert "intervals over pairs" in table.caption


def test_groups_have_the_name_that_the_suite_gives_them(acted: Path, tmp_path: Path) -> None:
    write_page(acted, tmp_path / "p.html", groups="scenes")
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "95 % intervals over scenes" in page
    assert "famil" not in page.split("<main", 1)[1].split("</main>", 1)[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cols": 0}, "a grid of"),
        ({"rows": 10**9}, "a grid of 1000000000 rows"),
        ({"probability": [0.5]}, "not of the same cells"),
        ({"done": [-1]}, "before its grid"),
    ],
)
def test_a_broken_map_is_refused_with_its_place(
    acted: Path, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    folder = tmp_path / "states"
    shutil.copytree(acted, folder)
    found = json.loads((folder / "probe.json").read_bytes())
    found["acting"][0]["examples"][0]["drawn"][0] |= changes
    (folder / "probe.json").write_text(json.dumps(found))
    with pytest.raises(DataError, match=told) as refused:
        write_page(folder, tmp_path / "p.html")
    assert "$.acting[0].examples[0].drawn[0]" in str(refused.value)
    assert not (tmp_path / "p.html").exists()


def test_names_of_others_are_no_part_of_the_page(acted: Path, tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>\x1b[31m"
    folder = tmp_path / "states"
    shutil.copytree(acted, folder)
    found = json.loads((folder / "probe.json").read_bytes())
    found["states"]["model"] = found["acting"][0]["stratum"] = evil
    example = found["acting"][0]["examples"][0]["drawn"][0]
    example["item_id"] = example["question"] = evil
    (folder / "probe.json").write_text(json.dumps(found))
    said, _ = handeye("states", "show", folder, "--out", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "\x1b" not in said + page
    assert "<script>alert" not in page
    assert "alert(1)" in page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 800, 375])
def test_words_of_the_chain_stay_within_their_drawing(
    opened: Open, tmp_path: Path, width: int
) -> None:
    figure = {"value": 0.7, "low": 0.6, "high": 0.8}
    sites = ["span:question", "span:premise", "last"]
    keys = ("seen", "compared", "last", "letters", "s", "own", "answer", "right")
    levels = [{"key": key, "balanced": figure, "sites": sites} for key in keys]
    steps = [{"name": "n", "lost": figure, "claimed": True} for _ in keys]
    way = {"stratum": "vision", "levels": levels, "steps": steps}
    drawn = wide_and_narrow(lambda narrow: waterfall(way, f"w{narrow:d}", narrow=narrow))
    sheet = html.sheet("handeye.pages", "report.css") + html.sheet("handeye.states", "states.css")
    (tmp_path / "p.html").write_text(
        f"<!doctype html><meta charset=utf-8><style>{sheet}</style><main>{drawn}</main>"
    )
    with opened(tmp_path / "p.html", viewport={"width": width, "height": 800}) as page:
        inside, lines = page.evaluate(
            """() => {
              const shown = [...document.querySelectorAll('svg')].filter(s => s.clientWidth);
              const box = e => e.getBoundingClientRect();
              const texts = shown.flatMap(s => [...s.querySelectorAll('text')].map(t => [s, t]));
              const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 ||
                a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
              return [texts.every(([s, t], k) => box(t).left >= box(s).left - 1 &&
                box(t).right <= box(s).right + 1 && box(t).top >= box(s).top - 1 &&
                box(t).bottom <= box(s).bottom + 1 &&
                texts.slice(k + 1).every(([, o]) => apart(box(t), box(o)))), texts.length]
            }"""
        )
    assert inside
    assert lines >= 22


def test_what_was_told_in_training_is_said_of_nobody_else() -> None:
    assert taught_words({}) == ""
    assert taught_words({"supervision": "answers", "labels": []}) == ""
    assert "patches and answers" in taught_words({"supervision": "patches and answers"})


def test_examples_are_drawn_by_chance_with_their_denominators(acted: Path, tmp_path: Path) -> None:
    (one,) = json.loads((acted / "probe.json").read_bytes())["acting"]
    by_reason = {each["reason"]: each for each in one["examples"]}
    some = {row["reason"]: row for row in one["rows"]}
    for reason, each in by_reason.items():
        assert each["n"] == some[reason]["n"] - some[reason]["empty"]
        rate = some[reason]["readers"]["state and picture"]["exact"]["value"]
        assert each["exact"] == round(each["n"] * rate)
        assert len(each["drawn"]) == min(DRAWN, each["n"])
        assert all(not item["passed"] and any(item["right"]) for item in each["drawn"])
    write_page(acted, tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    for row in one["rows"]:
        words = f"{row['label']} ({row['n']:,} answers, {row['n'] - row['empty']:,} with a cell)"
        assert words in page
    for each in by_reason.values():
        words = f"Decodable in {each['exact']:,} of the {each['n']:,} answers that failed"
        assert words in page
        for item in each["drawn"]:
            assert f"{item['item_id']}: the reader&#39;s probabilities" in page
            right = [k for k, is_ in zip(item["places"], item["right"], strict=True) if is_]
            named = ", ".join(f"R{k // SIDE + 1},C{k % SIDE + 1}" for k in right)
            assert f"Right: {named}. Clicked: " in page
    assert "drawn by chance" in page
    assert "called right by the reader" in page


@pytest.fixture(scope="module")
def run_and_states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of a model that answers from the gold, and planted states that are said to be its."""
    folder = tmp_path_factory.mktemp("both")
    premise.generate(folder / "set", seed=5, families=2)
    words = ("--model", "handeye/oracle", "--data", folder / "set", "--out", folder / "run")
    handeye("run", "premise", *words, "--quiet")
    stored(folder / "states", "state only", 40)
    handeye("states", "probe", folder / "states", *PROBE)
    handeye("states", "adjust", folder / "states", "--quiet")
    record = json.loads((folder / "states" / RECORD).read_bytes())
    plan = json.loads((folder / "run" / "plan.json").read_bytes())
    own = {name: plan[name] for name in ("suite", "model", "items_sha256")}
    rewritten(folder / "states" / RECORD, settings=record["settings"] | own)
    return folder / "run", folder / "states"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_section_of_a_report_opens(
    run_and_states: tuple[Path, Path], opened: Open, tmp_path: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    run, states = run_and_states
    handeye("report", run, "--states", states, "--out", tmp_path / "r.html")
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    with opened(tmp_path / "r.html", **look) as page:
        part = page.locator("#states > details")
        assert part.get_attribute("open") is None
        assert not page.locator("#states svg.waterfall").first.is_visible()
        page.locator("#states > details > summary").click()
        for chart in ("waterfall", "fourfold", "panel", "front"):
            name = f"#states svg.{chart}"
            assert any(one.is_visible() for one in page.locator(name).all()), chart
        assert page.locator("#states .ground").count() > 0
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        figures = page.locator("#states figure.plot")
        for figure in figures.all():
            kinds = figure.locator(":scope > .save button").all_text_contents()
            assert kinds == ["SVG", "PNG", "CSV", "LaTeX"], figure.get_attribute("id")
        page.evaluate("document.querySelector('#cards')?.remove()")
        page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
        found = page.evaluate("axe.run('#states', {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
        data = json.loads(page.text_content("#report-data") or "")
        assert data["sections"]["states"]["probe"]["knows_says"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"suite": "rose"}, "they are of suite rose, the run of premise"),
        ({"model": "handeye/hf"}, "they are of model handeye/hf, the run of handeye/oracle"),
        ({"items_sha256": "0"}, "they are of other items"),
    ],
)
def test_states_of_another_run_are_refused(
    run_and_states: tuple[Path, Path], tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    run, states = run_and_states
    before = (states / RECORD).read_bytes()
    try:
        rewritten(states / RECORD, settings=json.loads(before)["settings"] | changes)
        _, said = handeye("report", run, "--states", states, "--out", tmp_path / "r.html", code=2)
    finally:
        (states / RECORD).write_bytes(before)
    assert told in " ".join(said.split())
    assert not (tmp_path / "r.html").exists()


def test_states_that_nothing_was_read_off_are_refused(
    run_and_states: tuple[Path, Path], tmp_path: Path
) -> None:
    run, states = run_and_states
    bare = tmp_path / "bare"
    stored(bare, "none", 4)
    rewritten(bare / RECORD, settings=json.loads((states / RECORD).read_bytes())["settings"])
    with pytest.raises(DataError, match="nothing is read off these states yet"):
        write_report(run, tmp_path / "r.html", states=bare)


def test_each_command_says_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "state only", 12)
    quick = tuple(word for word in PROBE if word != "--quiet")
    said, told = handeye("states", "probe", folder, *quick)
    assert f"next: handeye states adjust {folder}" in told
    assert "p: how often chance is at least as high, of 10 draws" in " ".join(said.split())
    _, told = handeye("states", "adjust", folder)
    assert f"next: handeye states show {folder} --out states.html" in told
    _, told = handeye("states", "show", folder, "--out", tmp_path / "p.html")
    assert f"next: open {tmp_path / 'p.html'} in a browser" in told
