"""The page: what stands on it is what the run has, and names and texts are obeyed nowhere."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from handeye import stress
from handeye.report import write_comparison, write_report
from handeye.stress.items import NO_SUCH
from handeye.stress.loader import load
from handeye.stress.pages.cards import words_of
from handeye.stress.pages.drawing import Placed, known_ends, plane
from handeye.stress.pages.view import views_of
from handeye.stress.scoring.file_scoring import score_files
from handeye.stress.scoring.run_folder import read_run
from handeye.stress.scoring.weighing import Weight
from tests.stress.pages.conftest import MakeRun

HOSTILE = "<script>alert('m')</script>"


@pytest.fixture(scope="module")
def runs(make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One that looks, and one that goes by the words, states what it sees and is named a script."""
    root = tmp_path_factory.mktemp("runs")
    return [
        make_run(root / "looks", "sim/looks", visual=4, cue=1, faults="refuse=0.05"),
        make_run(root / "reads", HOSTILE, visual=1, cue=3, state_first=True),
    ]


@pytest.fixture(scope="module")
def page(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    write_report(runs, out, gallery_limit=12, resamples=50)
    return out.read_text("utf-8")


def test_figures_are_those_of_the_run(page: str, runs: list[Path]) -> None:
    data = json.loads(re.findall(r'id="report-data">(.*?)</script>', page)[0])
    for told, run in zip(data["runs"], map(read_run, runs), strict=True):
        head = run.summary.bases["all"].headline
        assert told["headline"]["pst"]["value"] == pytest.approx(head["pst"].value)
        assert f"<b>{head['pst'].percent}</b>" in page
        assert set(told["weights"]) == set(run.summary.weights)
    for words in ("best constant answer", "cue-follower", "contrarian", "no source that could"):
        assert words in page


def test_true_and_misleading_are_never_shown_one_without_the_other(page: str) -> None:
    heads = re.findall(r"<thead>(.*?)</thead>", page, re.DOTALL)
    named = [re.findall(r"<th[^>]*>([^<]+)</th>", head) for head in heads]
    some = [set(names) & {"True cue", "Misleading"} for names in named]
    assert [one for one in some if one] == [{"True cue", "Misleading"}] * sum(map(bool, some))
    assert sum(map(bool, some)) >= 4


def test_readers_of_words_have_no_pair(page: str) -> None:
    (chart,) = re.findall(r'<svg[^>]*aria-labelledby="pst-0-title".*?</svg>', page, re.DOTALL)
    for reader in ("majority", "constant", "cue-follower", "contrarian", "label-only", "learned"):
        assert re.search(rf"{reader}: {reader} 0\.0 \[0\.0,", chart.replace("\xa0", " "))


def test_every_chart_has_its_numbers(page: str) -> None:
    figures = re.findall(r'<figure class="plot[^"]*" id="fig-(\w+)">(.*?)</figure>\n', page, re.S)
    assert [name for name, _ in figures] == [
        "glance",
        "weights",
        "pst",
        "curves",
        "reasons",
        "seen",
    ]
    assert [name for name, body in figures if "<table" not in body] == []


def test_cards_show_both_pictures_and_all_answers(page: str, runs: list[Path]) -> None:
    rows = [{row.item_id: row for row in read_run(run).rows()} for run in runs]
    cards = re.findall(r'<li class="card" id="item-(\d)-([^"]+)"(.*?)\n</li>', page, re.DOTALL)
    assert len(cards) == 12
    for run, group, body in cards:
        own = [row for row in rows[int(run)].values() if row.scene_id == group]
        assert body.count('class="given ') == len(own)
        assert body.count('class="given yes"') == sum(row.right for row in own)
        assert len(re.findall(r'<figure class="shot"><svg', body)) == len(
            {row.picture_id for row in own}
        )
        assert body.count('class="overlay"') == body.count('class="masked"')
        cued = {(row.cue, row.cue_value, row.prompt) for row in own if row.cue}
        assert body.count("<mark>") == len(cued)
    assert len({group for _, group, _ in cards}) > 6
    assert {run for run, _, _ in cards} == {"0", "1"}


def test_the_cue_is_marked_within_the_question(whole: Path) -> None:
    for item in load(whole):
        before, cue, behind = words_of(item, item.cue, item.cue_value)
        if item.cue_span:
            assert before + cue + behind == item.question
            assert cue
        else:
            assert before == item.question


def test_names_are_text_and_nothing_is_fetched(page: str) -> None:
    assert page.count("<script") == 2
    assert "&lt;script&gt;alert" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]', page)


def test_bounds_are_drawn_as_such() -> None:
    """An arrow for what is open, a dotted line for what cannot be told, a bar for the rest."""
    known = Weight(value=2.0, low=1.0, high=3.0)
    least = Weight(value=7.0, low=4.0, bound="at least")
    untold = Weight(value=0.5, bound="untold")
    found = {}
    for name, visual, cue in (
        ("both", known, known), ("most", least, known), ("none", least, untold),
    ):  # fmt: skip
        places = [Placed(name, visual, cue)]
        drawn = plane("p", "t", places, known_ends(places), 0)
        found[name] = Counter(re.findall(r'class="(bar|tip|bar untold|mark)"', drawn))
        assert ("≥ 4.00" in drawn) == (name != "both")
    assert found["both"] == {"bar": 2, "mark": 1}
    assert found["most"] == {"bar": 2, "tip": 1, "mark": 1}
    assert found["none"] == {"bar": 1, "bar untold": 1, "tip": 1, "mark": 1}


def test_what_was_not_asked_is_not_shown(dealt: Path, tmp_path: Path) -> None:
    items = [item for item in load(dealt) if not item.cue]
    rows = [{"item_id": item.item_id, "raw_text": item.gold} for item in items]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ids = [item.item_id for item in items]
    score_files(tmp_path / "said.jsonl", dealt, tmp_path / "run", bootstrap=0, item_ids=ids)
    write_report([tmp_path / "run"], tmp_path / "page.html", gallery_limit=2, resamples=0)
    text = re.sub(r"<(style|script).*?</\1>", "", (tmp_path / "page.html").read_text(), flags=re.S)
    assert "Uncued, of answered" in text
    assert "What weighs more" not in text
    assert "What it states to see" not in text


def test_pictures_that_were_taken_away_are_told_first(dealt: Path, tmp_path: Path) -> None:
    rows = [
        {"item_id": item.item_id, "raw_text": NO_SUCH, "ablation": "grey"} for item in load(dealt)
    ]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    score_files(tmp_path / "said.jsonl", dealt, tmp_path / "run", bootstrap=0)
    write_report([tmp_path / "run"], tmp_path / "page.html", gallery_limit=2, resamples=0)
    text = (tmp_path / "page.html").read_text()
    assert "<b>Not its own pictures.</b>" in text
    assert "these are the group&#39;s own" in text


def test_all_groups_make_a_folder(runs: list[Path], tmp_path: Path) -> None:
    made = write_report(runs[:1], tmp_path / "all", all_items=True, resamples=0)
    assert made.name == "index.html"
    told = (made.parent / "items" / "0.js").read_text("utf-8")
    named = set(re.findall(r"pictures/(pic\d+)", told))
    assert named == {path.stem for path in (made.parent / "pictures").iterdir()}


def test_without_its_set_the_figures_stand(runs: list[Path], tmp_path: Path) -> None:
    alone = shutil.copytree(runs[0], tmp_path / "run")
    info = json.loads((alone / "run.json").read_text())
    for entry in info["data"]:
        entry["sha256"] = "0" * 64
    (alone / "run.json").write_text(json.dumps(info))
    (view,) = views_of([read_run(alone)])
    assert view.material.trouble
    text = write_report(alone, tmp_path / "page.html", gallery_limit=5, resamples=0).read_text()
    assert "Set not at hand" in text
    assert 'class="given ' in text
    assert '<figure class="shot">' not in text
    assert view.headline["pst"].percent in text


def test_charts_stand_alone(runs: list[Path]) -> None:
    run = stress.read_run(runs[0])
    assert list(run.plot)[:5] == ["glance", "weights", "pst", "follow", "reasons"]
    assert "visual weight" in run.plot.weights
    assert "half told" not in run.plot.curve_count
    assert set(stress.diagnose(run, resamples=0).plot) >= {"reasons", "misleading"}


def test_two_runs_are_compared_on_a_page(runs: list[Path], tmp_path: Path) -> None:
    found = stress.compare(runs, resamples=100)
    text = write_comparison(found, tmp_path / "compare.html", gallery_limit=6).read_text("utf-8")
    assert text.count('<figure class="shot"><svg') == 12
    assert "its pair" in text
    assert "&lt;script&gt;alert" in text
