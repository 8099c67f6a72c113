"""Comparisons of run folders, their page, and the commands; the page in a real Chromium."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from handeye.cli.compare import compare
from handeye.errors import DataError, OptionError
from handeye.pages.charts.forest import Block, ForestRow, forest, points, reach_of
from handeye.pages.differing import choose, differing, directions, filters
from handeye.report import compare as compare_runs, write_comparison
from handeye.rose.commands.contamination import contamination
from handeye.rose.scoring.run_folder import read_run
from handeye.scores.compare import Comparison
from handeye.scores.estimate import Estimate
from tests.support.report_pages import data_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def folders(runs: dict[str, Path]) -> list[Path]:
    return [runs[name] for name in ("right", "faulty", "hostile")]


@pytest.fixture(scope="module")
def found(folders: list[Path]) -> Comparison:
    return compare_runs(folders, all_pairs=True, resamples=300)


@pytest.fixture(scope="module")
def page(found: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "compare.html"
    return write_comparison(found, out, gallery_limit=30)


# ---- run folders


def test_runs_are_compared_with_their_reasons(found: Comparison, runs: dict[str, Path]) -> None:
    assert [run["label"] for run in found["runs"]][:2] == ["simulated/right", "simulated/faulty"]
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [(0, 1), (0, 2), (1, 2)]
    right_and_faulty, _, faulty_and_hostile = found["pairs"]
    assert {family["key"] for family in right_and_faulty["families"]} == {
        "headline", "templates", "subsets", "difficulty", "reasons", "states"
    }  # fmt: skip
    counts = right_and_faulty["discordance"]
    failed = int((read_run(runs["faulty"]).scores()["pass"] == 0).sum())
    assert failed > 20
    assert sum(row["only_first"] for row in counts) == failed
    assert all(row["only_second"] == row["neither"] == 0 for row in counts)
    # The two faulty runs gave the same answers under two names.
    assert "exactly the same items" in faulty_and_hostile["sentences"][0]
    reasons = next(f for f in right_and_faulty["families"] if f["key"] == "reasons")["rows"]
    shown = sum(row["only_second"] for row in reasons)
    assert shown == failed
    assert json.loads(found.to_json())["n_items"] == found["n_items"]


def test_partial_runs_need_common_and_say_so(runs: dict[str, Path]) -> None:
    opened = [runs[name] for name in ("faulty", "partial")]
    with pytest.raises(DataError, match="are missing in simulated/partial"):
        compare_runs(opened, resamples=100)
    common = compare_runs(opened, common=True, resamples=100)
    assert common["runs"][0]["left_out"] > 0
    assert common["notes"][0].startswith("B is a partial run")
    assert common["notes"][1].startswith("Only the ")
    # Where both answered, they answered the same.
    assert "exactly the same" in common["pairs"][0]["sentences"][0]


def test_metadata_that_differ_in_words_only_are_told(runs: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(runs["faulty"], tmp_path / "copy")
    info = json.loads((copy / "run.json").read_text())
    info["data"][0]["sha256"] = "0" * 64
    (copy / "run.json").write_text(json.dumps(info))
    found = compare_runs([runs["faulty"], copy], resamples=100)
    assert "not the same to the byte" in found["notes"][0]
    assert found["runs"][1]["label"] == "simulated/faulty (copy)"


# ---- forest


def rate(value: float, half: float = 0.02) -> Estimate:
    return Estimate(value, value - half, value + half, 100)


def test_points_carry_their_sign() -> None:
    assert points(rate(0.05)) == "+5.0 [+3.0,\N{NO-BREAK SPACE}+7.0]"
    assert points(Estimate(-0.0004, -0.001, 0.02)) == "0.0 [−0.1,\N{NO-BREAK SPACE}+2.0]"
    assert points(Estimate(0.1)) == "+10.0"
    assert points(Estimate(None)) == "–"


def test_the_axis_holds_every_interval() -> None:
    assert reach_of([rate(0.001, 0.001)]) == 0.02
    assert reach_of([rate(0.05), rate(-0.09)]) == 0.2
    assert reach_of([Estimate(-1.0)]) == 1.0
    assert reach_of([Estimate(None)]) == 0.02


def test_decided_and_undecided_rows_differ_in_shape() -> None:
    rows = (
        ForestRow("<b>better", rate(0.1), True, 1, "B better"),
        ForestRow("open", rate(0.01), False, 1, "no difference seen"),
        ForestRow("nothing", Estimate(None), False),
    )
    drawn = str(forest("f", [Block("Head", rows)], "Title", ("less", "more")))
    assert drawn.count("<polygon") == 1  # the diamond
    assert drawn.count("<circle") == 1
    assert "<b>" not in drawn
    assert "&lt;b&gt;better" in drawn
    assert drawn.count("rowlabel strong") == 1
    # A difference of 10 points on an axis of ±20: three quarters of the way.
    left, right = 262, 800
    x = re.search(r'<polygon points="([\d.]+),', drawn)
    assert x is not None
    assert float(x[1]) == pytest.approx(left + 0.75 * (right - left), abs=0.01)


# ---- page


def test_the_gallery_holds_items_that_tell_the_runs_apart(found: Comparison) -> None:
    shown = directions(found["pairs"])
    first, *_ = filters(found.found, choose(found.found, shown, 30)[0], shown)
    assert first.options[0].label == "A right, B wrong"
    paired = found.found
    items = differing(paired, shown[0])
    assert len(items) == int((paired.score[:, 1] == 0).sum())
    assert all(one.values["reason"] for one in items)
    assert differing(paired, shown[1]) == []
    assert differing(paired, shown[4]) == []


def test_page_carries_its_figures_and_escapes_names(page: Path) -> None:
    text = page.read_text()
    assert "http://" not in re.sub(r"http://www\.w3\.org/[\w/]+", "", text)
    assert "<script>alert" not in text
    assert text.count("<script") == 2
    assert "default-src 'none'" in text
    assert data_of(text)["runs"][2]["label"] == "<script>alert('m')</script>"
    assert "300 draws, seed 0" in text
    assert text.count("stands on its own page too, of other draws") > 2, "beside what differs"


def test_a_page_without_gallery_or_differences(
    folders: list[Path], found: Comparison, tmp_path: Path
) -> None:
    bare = write_comparison(found, tmp_path / "bare.html", gallery_limit=0)
    assert "the gallery was switched off" in bare.read_text()
    same = compare_runs(folders[1:], resamples=100)
    text = write_comparison(same, tmp_path / "same.html").read_text()
    assert "the runs get the same items" in text
    assert "exactly the same items" in text
    with pytest.raises(OptionError, match="0 or more"):
        write_comparison(found, tmp_path / "no.html", gallery_limit=-1)
    with pytest.raises(OptionError, match="is a folder"):
        write_comparison(found, tmp_path)


def test_nine_runs_side_by_side(runs: dict[str, Path], tmp_path: Path) -> None:
    folders = [runs[name] for name in ("right", "faulty", "hostile")] * 3
    found = compare_runs(folders, resamples=100)
    assert len(found["pairs"]) == 8
    assert [run["letter"] for run in found["runs"]] == list("ABCDEFGHI")
    assert len({run["label"] for run in found["runs"]}) == 9
    text = write_comparison(found, tmp_path / "nine.html", gallery_limit=9).read_text()
    assert text.count('<li class="card"') == 9
    assert "<h1>9 runs compared on ROSE</h1>" in text


@pytest.mark.browser
def test_opens_silently_and_filters_by_who_is_right(opened: Open, page: Path) -> None:
    def shown(window: Page) -> int:
        return int((window.text_content("#shown") or "").split(" ")[0])

    with opened(page) as window:
        assert shown(window) == 30
        window.select_option("select[name=run]", "0-1")
        of_direction = shown(window)
        assert 0 < of_direction < 30
        window.select_option("select[name=template]", "T3_CLICK_LOCAL_NUMERIC")
        visible = window.locator(".card:visible")
        assert 0 < visible.count() == shown(window) < of_direction
        for k in range(visible.count()):
            assert visible.nth(k).get_attribute("data-run") == "0-1"
            words = visible.nth(k).locator("dl").text_content() or ""
            assert re.search(r"A\s+right", words)
            assert re.search(r"B\s+wrong", words)
        visible.first.locator(".open").click()
        assert window.locator("#viewer").is_visible()
        assert "of" in (window.text_content("#viewer-place") or "")
        assert window.locator("#viewer .prompt").is_visible()


@pytest.mark.browser
def test_fits_phone_and_paper_and_dark(opened: Open, page: Path) -> None:
    for width in (360, 1280):
        with opened(page, viewport={"width": width, "height": 900}, color_scheme="dark") as window:
            window.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
            assert window.evaluate("document.documentElement.scrollWidth") <= width
            assert window.locator("svg.forest.wide-only:visible").count() == (
                9 if width > 700 else 0
            )
            assert window.locator("svg.forest.narrow-only:visible").count() == (
                0 if width > 700 else 9
            )
            window.emulate_media(media="print")
            ground = window.evaluate("getComputedStyle(document.body).backgroundColor")
            assert ground == "rgb(255, 255, 255)"
            assert window.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.browser
def test_ids_are_unique_and_pictures_named(opened: Open, page: Path) -> None:
    with opened(page, java_script_enabled=True) as window:
        doubles = window.evaluate(
            """(() => { const ids = Array.from(document.querySelectorAll('[id]'), e => e.id);
                        return ids.filter((id, k) => ids.indexOf(id) !== k); })()"""
        )
        assert doubles == []
        nameless = window.evaluate(
            """Array.from(document.querySelectorAll('svg[role=img]')).filter(svg => {
                 const by = svg.getAttribute('aria-labelledby');
                 return !(svg.getAttribute('aria-label') ||
                          (by && document.getElementById(by)?.textContent)); }).length"""
        )
        assert nameless == 0
        lost = window.evaluate(
            """Array.from(document.querySelectorAll('a[href^="#"]'))
               .filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"""
        )
        assert lost == 0


# ---- commands


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(compare)
    made.command()(contamination)
    return made


def test_compare_prints_and_writes(app: typer.Typer, runs: dict[str, Path], tmp_path: Path) -> None:
    out, file = tmp_path / "c.html", tmp_path / "c.json"
    done = CliRunner().invoke(
        app,
        [
            "compare",
            str(runs["right"]),
            str(runs["faulty"]),
            "--out",
            str(out),
            "--json",
            str(file),
        ],
        env={"COLUMNS": "140"},
    )
    assert done.exit_code == 0, done.output
    assert "A  simulated/right" in done.output
    assert "simulated/faulty passes" in done.output
    assert re.search(r"L-Clk .*A better", done.output)
    assert "rows differ; --all shows all" in done.output
    assert out.stat().st_size > 100_000
    assert json.loads(file.read_text())["pairs"][0]["second"] == 1
    everything = CliRunner().invoke(
        app, ["compare", str(runs["right"]), str(runs["faulty"]), "--all"], env={"COLUMNS": "140"}
    )
    assert "--all shows all" not in everything.output
    assert len(everything.output) > len(done.output)


def test_compare_refuses_one_run_and_unwritable_files(
    app: typer.Typer, runs: dict[str, Path], tmp_path: Path
) -> None:
    alone = CliRunner().invoke(app, ["compare", str(runs["right"])])
    assert isinstance(alone.exception, OptionError)
    (tmp_path / "file").write_text("no folder")
    pair = [str(runs["right"]), str(runs["faulty"])]
    broken = CliRunner().invoke(
        app, ["compare", *pair, "--json", str(tmp_path / "file" / "c.json")]
    )
    assert isinstance(broken.exception, OptionError)


def test_contamination_prints_both_ways(
    app: typer.Typer, runs: dict[str, Path], tmp_path: Path
) -> None:
    fresh = shutil.copytree(runs["faulty"], tmp_path / "fresh")
    info = json.loads((fresh / "run.json").read_text())
    for number, entry in enumerate(info["data"]):
        entry["sha256"] = f"{number:064d}"
    (fresh / "run.json").write_text(json.dumps(info))
    pair = [str(runs["faulty"]), str(fresh)]
    done = CliRunner().invoke(app, ["contamination", *pair], env={"COLUMNS": "140"})
    assert done.exit_code == 0, done.output
    assert "No sign of memory" in done.output
    assert re.search(
        r"% of the official items matched by subset, template, targets asked for", done.output
    )
    plain = CliRunner().invoke(app, ["contamination", *pair, "--json", "-"])
    data = json.loads(plain.output)
    assert data["model"] == "simulated/faulty"
    assert data["overall"]["unmatched"]["value"] == 0
    same = CliRunner().invoke(app, ["contamination", pair[0], pair[0]])
    assert "same metadata" in str(same.exception)
