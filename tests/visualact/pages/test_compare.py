"""The page and the terminal of a comparison of clips; the page in a real Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handeye.cli import app
from handeye.errors import OptionError
from handeye.report import compare, write_comparison
from handeye.scores.compare import Comparison

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def found(va_root: Path) -> Comparison:
    folders = [va_root / name for name in ("right", "faulty", "hostile")]
    return compare(folders, all_pairs=True, resamples=300)


@pytest.fixture(scope="module")
def page(found: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_comparison(found, tmp_path_factory.mktemp("compare") / "compare.html")


def test_page_holds_charts_tables_and_clips_with_both_answers(
    page: Path, found: Comparison
) -> None:
    text = page.read_text()
    assert text.count("<script") == 2
    assert "<script>alert" not in text
    assert "<script>document" not in text
    for key in ("overall", "classes", "found", "over_acting", "reasons", "right-where"):
        assert f'id="t-{key}"' in text
    gallery = text.split('id="cards">')[1].split('id="more"')[0]
    cards = gallery.split('<li class="card"')[1:]
    score = found.found.score
    differ = sum(int((score[:, a] != score[:, b]).sum()) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert len(cards) == differ > 10
    for card in cards:
        assert card.count('<b class="letter') == 2
        assert card.count('class="chart matching wide-only"') == 2
        assert "A better, " in card
        assert card.count("Answer as given") == 2
    data = re.search(r'id="report-data">(.*?)</script>', text, re.S)
    assert data
    assert json.loads(data[1])["suite"] == "visualact"


def test_a_page_without_gallery_without_differences_and_without_the_set(
    va_root: Path, found: Comparison, tmp_path: Path
) -> None:
    bare = write_comparison(found, tmp_path / "bare.html", gallery_limit=0).read_text()
    assert "the gallery was switched off" in bare
    same = compare([va_root / "faulty", va_root / "hostile"], resamples=100)
    text = write_comparison(same, tmp_path / "same.html").read_text()
    assert "the runs get the same clips" in text
    assert "match and miss exactly the same actions" in text
    with pytest.raises(OptionError, match="0 or more"):
        write_comparison(found, tmp_path / "no.html", picture_budget=-1)


@pytest.mark.browser
def test_opens_silently_and_filters(opened: Open, page: Path) -> None:
    with opened(page) as window:
        window.select_option("select[name=run]", "0-1")
        visible = window.locator(".card:visible")
        of, whole = (int(n) for n in (window.text_content("#shown") or "").split() if n.isdigit())
        assert 0 < of < whole
        assert {visible.nth(k).get_attribute("data-run") for k in range(visible.count())} == {"0-1"}
        window.select_option("select[name=scenario]", "home")
        assert visible.count() > 0
        assert visible.first.get_attribute("data-scenario") == "home"


@pytest.mark.browser
def test_fits_phone_and_has_unique_ids(opened: Open, page: Path) -> None:
    with opened(page, viewport={"width": 360, "height": 800}) as window:
        window.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert window.evaluate("document.documentElement.scrollWidth") <= 360
        doubles = window.evaluate(
            """(() => { const ids = Array.from(document.querySelectorAll('[id]'), e => e.id);
                        return ids.filter((id, k) => ids.indexOf(id) !== k); })()"""
        )
        assert doubles == []


def test_nine_runs_side_by_side(va_root: Path, tmp_path: Path) -> None:
    names = ("right", "faulty", "lazy") * 3
    found = compare([va_root / name for name in names], all_pairs=True, resamples=100)
    assert len(found["pairs"]) == 36
    assert len({run["label"] for run in found["runs"]}) == 9
    assert [run["letter"] for run in found["runs"]] == list("ABCDEFGHI")
    assert write_comparison(found, tmp_path / "nine.html", gallery_limit=5).exists()


def test_the_command_prints_and_writes(va_root: Path, tmp_path: Path) -> None:
    folders = [str(va_root / name) for name in ("right", "hostile")]
    out, file = tmp_path / "c.html", tmp_path / "c.json"
    words = ["compare", *folders, "--out", str(out), "--json", str(file)]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    assert "B  <script>alert('m')</script>" in done.output
    assert "the second run minus the first" in done.output
    assert re.search(r"Overall *\n +A +B +B − A +p\s*\n", done.output)
    assert re.search(r"F1 +100\.0 +\d\d\.\d +−\d\d\.\d \(−.* (A better|none seen)", done.output)
    assert "rows differ; --all shows all" in done.output
    assert out.stat().st_size > 100_000
    assert json.loads(file.read_text())["pairs"][0]["second"] == 1
    everything = CliRunner().invoke(app, ["compare", *folders, "--all"], env={"COLUMNS": "80"})
    assert "--all shows all" not in everything.output
    assert len(everything.output) > len(done.output)


def test_scenes_are_asked_for_clips_too(va_root: Path) -> None:
    done = CliRunner().invoke(
        app, ["visualact", "scenes", str(va_root / "faulty"), "--points", "5"]
    )
    assert done.exit_code == 0, done.output
    assert "Clips for 95 % intervals of ±5 points" in done.output
    assert re.search(r"F1 +│ +\d+ │", done.output)
