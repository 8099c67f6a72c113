"""The page: what stands on it is what the run has, and names and texts are obeyed nowhere."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from handeye import premise
from handeye.premise.pages.view import views_of
from handeye.premise.scoring.file_scoring import score_files
from handeye.premise.scoring.run_folder import read_run
from handeye.report import write_report
from tests.support import premise as made

MakeRun = Callable[..., Path]
HOSTILE = "<script>alert('m')</script>"


@pytest.fixture(scope="module")
def runs(make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One that accepts much, and one without letters whose name is a script."""
    root = tmp_path_factory.mktemp("runs")
    return [
        make_run(root / "accepts", "sim/accepts", accept=0.6, prose=0.1),
        make_run(root / "late", HOSTILE, letters=False, late_letter=0.5),
    ]


@pytest.fixture(scope="module")
def page(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    write_report(runs, out, gallery_limit=20, resamples=50)
    return out.read_text("utf-8")


def test_figures_are_those_of_the_run(page: str, runs: list[Path]) -> None:
    data = json.loads(re.findall(r'id="report-data">(.*?)</script>', page)[0])
    for told, run in zip(data["runs"], map(read_run, runs), strict=True):
        head = run.summary.bases["all"].headline
        assert told["headline"]["bal"]["value"] == pytest.approx(head["bal"].value)
        assert f"<b>{head['std'].percent}</b>" in page
    for words in ("always reject", "accept and guess", "best constant answer", "Gemini 3.1 Pro"):
        assert words in page
    assert ("perception" in data["runs"][0]["headline"], data["runs"][0]["signal"]) == (
        True,
        "letters",
    )
    assert (data["runs"][1]["signal"], "perception" in data["runs"][1]["headline"]) == ("", False)


def test_runs_that_asked_fewer_items_are_told_on_stderr_and_first(
    runs: list[Path], six: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (runs[0] / "predictions.jsonl").read_bytes().splitlines()[:12]
    (tmp_path / "few.jsonl").write_bytes(b"\n".join(lines))
    ids = [json.loads(line)["item_id"] for line in lines]
    few = tmp_path / "few"
    score_files(tmp_path / "few.jsonl", six, few, item_ids=ids, bootstrap=0)
    out = tmp_path / "report.html"
    write_report([runs[0], few], out, gallery_limit=0, resamples=0)
    words = "he runs asked different numbers of items"
    assert f"warning: t{words}" in capsys.readouterr().err
    assert f"<b>Different items.</b> T{words}" in out.read_text("utf-8").partition("</header>")[0]


def test_media_stand_in_the_page_and_nothing_is_fetched(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]', page)
    media = r'<video id="(snd\d+)"[^>]*src="data:video/mp4;base64,[^"]{4000,}"'
    sounds = re.findall(media, page)
    played = set(re.findall(r'data-sound="#(snd\d+)"', page))
    assert played
    assert played <= set(sounds)
    assert page.count('class="film"') >= 20
    assert "media-src data:;" in page


def test_media_keep_to_the_budget(runs: list[Path], tmp_path: Path) -> None:
    """What does not fit is left out: videos before sounds, and figures never."""
    played = []
    for budget in (1_000, 80_000, 2_000_000):
        out = tmp_path / f"{budget}.html"
        write_report(runs[:1], out, gallery_limit=8, picture_budget=budget, resamples=0)
        text = out.read_text("utf-8")
        played.append(len(re.findall(r"<(?:audio|video) id", text)))
        embedded = [len(one) for one in re.findall(r'(?:src|href)="data:[^,]*,([^"]+)"', text)]
        assert sum(embedded) * 3 / 4 <= budget
    assert played[0] == 0
    assert 0 < played[1] < played[2]
    assert "<audio id" not in text


def test_names_are_text(page: str) -> None:
    assert page.count("<script") == 2
    assert "&lt;script&gt;alert" in page


def test_cards_tell_what_is_right_and_what_was_answered(page: str, runs: list[Path]) -> None:
    run = read_run(runs[0])
    failed = {row.item_id: row for row in run.rows() if not row.right}
    cards = list(
        re.finditer(
            r'id="item-0-([^"]+)"[^>]*data-reason="(\w+)"(.*?)<details class="raw"', page, re.DOTALL
        )
    )
    assert len(cards) >= 8
    for found in cards:
        item_id, reason, body = found.groups()
        gold = re.findall(r'<li class="gold(?: given)?"><b class="key">(\w)', body)
        given = re.findall(r'<li class="(?:gold)? given"><b class="key">(\w)', body)
        if reason == "passed":
            assert gold == given
        else:
            row = failed[item_id]
            assert gold == ["ABCDEF"[row.order.index(str(row.gold))]]
            assert given == ([] if row.role is None else [row.letter])


WAYS = {
    "true-false": (
        ("Is this true of the clip?", "choices unlettered", "always FALSE", "chose one of six"),
        ("12.5 for who", '<b class="key">'),
    ),
    "free": (
        ("Answer in a few words.", "choices unlettered", "chose one of six"),
        ("12.5 for who", '<b class="key">'),
    ),
    "swap": (("every premise is false", "the clip of another family"), ("Bal is 50",)),
    "two": (
        ("Decided", "33.3 by the words alone"),
        ("True and false premises", "nothing here can be scored", "No question with a right"),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_page_says_how_was_asked(way: str, six: Path, tmp_path: Path) -> None:
    items = [item for item in premise.load(six) if way != "two" or item.modality == "both"]
    more = {"ablation": "swap"} if way == "swap" else {} if way == "two" else {"variant": way}
    said = {"true-false": "TRUE", "free": "The visual detail in the question is wrong."}
    rows = [{"item_id": item.item_id, "raw_text": said.get(way, "B"), **more} for item in items]
    file = tmp_path / "said.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = [item.item_id for item in items]
    premise.score_files(file, six, tmp_path / "run", bootstrap=0, item_ids=asked)
    out = write_report([tmp_path / "run"], tmp_path / "page.html", gallery_limit=4, resamples=0)
    # Without the style sheet and the script, which know all ways.
    text = re.sub(r"<(style|script).*?</\1>", "", out.read_text("utf-8"), flags=re.DOTALL)
    wanted, unwanted = WAYS[way]
    assert [words for words in wanted if words not in text] == []
    assert [words for words in unwanted if words in text] == []


def test_all_items_make_a_folder(runs: list[Path], tmp_path: Path) -> None:
    made = write_report(runs[:1], tmp_path / "all", all_items=True, resamples=0)
    folder = made.parent
    assert made.name == "index.html"
    assert list((folder / "pictures").iterdir())
    sounds = {path.name for path in (folder / "sounds").iterdir()}
    told = (folder / "items" / "0.js").read_text("utf-8")
    named = set(re.findall(r"data-sound=\\\"sounds/(snd\d+\.mp4)", told))
    assert named
    assert named <= sounds
    assert len(sounds) == 24


def test_without_its_set_the_figures_stand(runs: list[Path], six: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(runs[0], tmp_path / "run")
    info = json.loads((alone / "run.json").read_text())
    for entry in info["data"]:
        entry["sha256"] = "0" * 64
    (alone / "run.json").write_text(json.dumps(info))
    (view,) = views_of([read_run(alone)])
    assert view.material.trouble
    text = write_report(alone, tmp_path / "page.html", gallery_limit=5, resamples=0).read_text()
    assert "Set not at hand" in text
    assert not re.search("<(audio|video)", text)
    assert view.headline["bal"].percent in text


def test_a_terminal_gets_the_headline(
    runs: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from handeye.premise.pages.console import print_run

    monkeypatch.setenv("COLUMNS", "100")
    print_run(runs[0])
    said = capsys.readouterr().out
    head = read_run(runs[0]).summary.bases["all"].headline
    for name in ("std", "mis", "bal", "perception", "action"):
        assert head[name].percent in said
    assert "always reject" in said
    print_run(runs[1])
    assert "perception and gap are left out" in capsys.readouterr().out


def test_a_terminal_shows_no_empty_table_of_two_details_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from handeye.premise.pages.console import print_run

    items = [item for item in made.families(4) if item.modality == "both"]
    (tmp_path / "premise_test.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(items))
    rows = made.Sim(lambda item, draw: "FALSE").rows(items, variant="true-false")
    (tmp_path / "said.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(rows))
    score_files(tmp_path / "said.jsonl", tmp_path, tmp_path / "run", bootstrap=20)
    capsys.readouterr()
    print_run(tmp_path / "run")
    said = " ".join(capsys.readouterr().out.split())
    assert "asked for TRUE or FALSE" in said
    assert "(by the words alone at most 66.7): 66.7" in said
    assert "true premises" not in said


def test_two_runs_are_compared_on_a_page(runs: list[Path], tmp_path: Path) -> None:
    from handeye.report import write_comparison

    found = premise.compare(runs, resamples=100)
    text = write_comparison(found, tmp_path / "compare.html", gallery_limit=8).read_text("utf-8")
    assert text.count('class="choices"') >= 2
    assert 'data-sound="#snd' in text
