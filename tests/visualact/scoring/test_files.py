"""Prediction files and run folders: what is written, what is refused, nothing half-written."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from handeye import visualact
from handeye.errors import DataError, OptionError, RunError
from handeye.scores.embedder import MINILM, NGRAMS, load_embedder
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.scoring.file_scoring import score_files
from handeye.visualact.scoring.reading.predictions import read_predictions
from handeye.visualact.scoring.run_folder import read_run
from tests.support.visualact.data import PREDICTED, TABLE, clip, random_run
from tests.support.visualact.sets import make_clips, write_answers, write_clips
from tests.support.visualact.vectors import ExactEmbedder, TableEmbedder

ANSWER = json.dumps(
    {
        "actions": [
            {
                "action": one.text,
                "apl": one.apl,
                "type": "proactive" if one.proactive else "reactive",
            }
            for one in PREDICTED
        ]
    }
)


def write_lines(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def rows(*names: str) -> list[dict]:
    return [{"clip_id": name, "raw_text": ANSWER, "model": "some/model"} for name in names]


def test_a_run_folder(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a", "b"))
    out = tmp_path / "deep" / "run"
    clips = [clip("a"), clip("b", scenario="home")]
    run = score_files(
        answers, clips, out, TableEmbedder(TABLE), run_info={"frames": 8, "suite": "other"}
    )
    assert run.summary["bases"]["all"]["headline"]["f1"]["value"] == pytest.approx(0.8)
    info = json.loads((out / "run.json").read_text("utf-8"))
    assert (info["suite"], info["model"], info["frames"]) == ("visualact", "some/model", 8)
    assert info["embedder"] == {"name": "test:table", "digest": "table"}
    assert info["options"]["threshold"] == 0.5
    assert (out / "predictions.jsonl").read_bytes() == answers.read_bytes()
    scores = pl.read_parquet(out / "scores.parquet")
    lines = [json.loads(line) for line in (out / "scores.jsonl").read_text("utf-8").splitlines()]
    assert scores.to_dicts() == lines
    assert scores["weighted_f1"].to_list() == pytest.approx([0.7, 0.7])
    pairs = pl.read_parquet(out / "pairs.parquet")
    assert pairs.filter(pl.col("clip_id") == "a")["weight"].to_list() == [0.75, 1.0]
    assert not list(tmp_path.rglob(".*"))


def test_tables(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a"))
    score_files(
        answers, [clip("a"), clip("b")], tmp_path / "run", TableEmbedder(TABLE), allow_missing=True
    )
    tables = tmp_path / "run" / "tables"
    with (tables / "by_scenario.csv").open(encoding="utf-8") as stream:
        found = {
            (r["clips"], r["averaging"], r["scenario"], r["figure"]): r
            for r in csv.DictReader(stream)
        }
    row = found["all", "video", "mean of classes", "f1"]
    assert float(row["value"]) == pytest.approx(0.8)
    assert "1 of 2 clips" in row["note"]
    with (tables / "confusion.csv").open(encoding="utf-8") as stream:
        counts = {(r["truth"], r["predicted"]): int(r["value"]) for r in csv.DictReader(stream)}
    assert (counts["4", "3"], counts["2", "2"], sum(counts.values())) == (1, 1, 2)
    tex = (tables / "by_scenario.tex").read_text("utf-8")
    assert "some/model & 66.7 & 100.0 & 80.0 & 66.7 & 100.0 & 80.0" in tex
    assert "threshold 0.5" in tex
    assert {file.name for file in tables.iterdir()} >= {"sweep.csv", "priority.csv", "scale.tex"}


def test_scoring_again_replaces_the_run_and_keeps_other_files(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a"))
    out = tmp_path / "run"
    score_files(answers, [clip("a")], out, TableEmbedder(TABLE), bootstrap=0)
    (out / "answers.journal").write_text("mine")
    first = (out / "summary.json").read_bytes()
    score_files(answers, [clip("a")], out, TableEmbedder(TABLE), bootstrap=0)
    assert (out / "summary.json").read_bytes() == first
    assert (out / "answers.journal").read_text() == "mine"


def test_nothing_is_written_when_something_is_wrong(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a", "unknown"))
    with pytest.raises(DataError, match="not in the set: unknown"):
        score_files(answers, [clip("a")], tmp_path / "deep" / "run", TableEmbedder(TABLE))
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a"))
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.txt").write_text("dear")
    with pytest.raises(RunError, match=r"holds no run of handeye \(thesis.txt\)"):
        score_files(answers, [clip("a")], out, TableEmbedder(TABLE))
    with pytest.raises(RunError, match="is a file"):
        score_files(answers, [clip("a")], answers, TableEmbedder(TABLE))
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_chosen_clips_are_all_there_is(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", rows("a", "b"))
    clips = [clip(name) for name in "abc"]

    def run(ids: list[str]):
        return score_files(
            answers, clips, tmp_path / "run", TableEmbedder(TABLE), item_ids=ids, bootstrap=0
        )

    done = run(["a"])
    assert (done.info["n_clips"], done.info["n_expected"], done.info["partial"]) == (1, 1, False)
    with pytest.raises(DataError, match="1 of the chosen clip ids are not in the set: z"):
        run(["a", "z"])
    with pytest.raises(DataError, match=r"p.jsonl: 1 of 2 clips have no prediction: c"):
        run(["a", "c"])
    with pytest.raises(OptionError, match="no clip is left"):
        run([])


def test_several_sets_and_a_model_named_by_the_run(tmp_path):
    answers = write_lines(tmp_path / "p.jsonl", [{"clip_id": n, "raw_text": ANSWER} for n in "ab"])
    sets = []
    for name in "ab":
        file = write_lines(tmp_path / f"{name}.jsonl", [])
        sets.append(ClipSet(tmp_path, (clip(name),), (file,), name))
    done = score_files(
        answers, sets, tmp_path / "run", TableEmbedder(TABLE), run_info={"model": "m"}, bootstrap=0
    )
    assert (done.info["model"], done.info["set"], done.info["n_clips"]) == ("m", "a, b", 2)
    assert read_run(tmp_path / "run").data_files() == (tmp_path / "a.jsonl", tmp_path / "b.jsonl")


def test_states_and_losses_reach_the_summary(tmp_path):
    answers = write_lines(
        tmp_path / "p.jsonl",
        [
            {"clip_id": "a", "raw_text": "- Honk"},
            {"clip_id": "b", "raw_text": "I cannot help with that.", "state": "refused"},
            {"clip_id": "c", "raw_text": None, "error": "timeout"},
            {"clip_id": "d", "raw_text": "Hm."},
            {"clip_id": "e", "raw_text": "", "error": "None"},
        ],
    )
    run = score_files(
        answers, [clip(name) for name in "abcde"], tmp_path / "run", TableEmbedder(TABLE)
    )
    states = run.summary["states"]
    assert states == {
        "answered": 1,
        "empty": 1,
        "refused": 1,
        "truncated": 0,
        "unreadable": 1,
        "error": 1,
        "missing": 0,
    }
    assert run.summary["losses"] == {"not-json": 1, "level-missing": 1, "type-missing": 1}


def test_two_passes_and_actions_read_elsewhere(tmp_path):
    answers = write_lines(
        tmp_path / "p.jsonl",
        [
            {
                "clip_id": "a",
                "raw_text": "Stop the car at once\nHonk",
                "labels_text": '[{"number": 1, "apl": 3, "type": "proactive"}]',
            },
            {"clip_id": "b", "actions": [{"text": "Honk", "apl": 2, "proactive": None}]},
            {"clip_id": "c", "raw_text": "none", "labels_text": None},
        ],
    )
    first, second, third = read_predictions(answers)
    assert [(one.text, one.apl, one.proactive) for one in first.actions] == [
        ("Stop the car at once", 3, True),
        ("Honk", None, None),
    ]
    assert first.losses == {"plain-lines": 1, "level-missing": 1, "type-missing": 1}
    assert (second.actions[0].apl, second.state) == (2, "answered")
    assert (third.actions, third.state) == ((), "answered")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("{", r"p.jsonl:1: not a prediction row"),
        ('{"clip_id": "a"}\n[1]', r"p.jsonl:2: not a prediction row"),
        ('{"raw_text": "x"}', "missing required field `clip_id`"),
        ('{"clip_id": "a"}\n{"clip_id": "a"}', "1 duplicate clip ids: a"),
        ('{"clip_id": "a", "state": "lost"}', "state 'lost' is not known; allowed: answered"),
        ('{"clip_id": "a", "actions": [{"text": "x", "apl": 5}]}', "action 1 has apl 5"),
        ('{"clip_id": "a", "actions": [{"text": " "}]}', "action 1 has no text"),
    ],
)
def test_prediction_files_that_are_refused(tmp_path, content, message):
    path = tmp_path / "p.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        read_predictions(path)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="is a folder"):
        read_predictions(tmp_path)


def test_a_file_of_random_answers_scores_like_the_answers(tmp_path):
    from handeye.visualact.scoring.score import score

    clips, answers = random_run(9)
    lines = [
        {
            "clip_id": one.clip_id,
            "actions": [
                {"text": a.text, "apl": a.apl, "proactive": a.proactive} for a in one.actions
            ],
        }
        for one in answers
    ]
    path = write_lines(tmp_path / "p.jsonl", lines)
    run = score_files(path, clips, tmp_path / "run", ExactEmbedder(), bootstrap=100)
    direct = score(answers, clips, ExactEmbedder(), bootstrap=100).summary.data
    assert {**run.summary.data, "model": "m"} == direct
    assert math.isfinite(run.summary["bases"]["all"]["headline"]["f1"]["low"])


def test_python_takes_texts_paths_sets_and_predictions_of_any_form(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    clips = make_clips()
    write_clips(tmp_path / "set", clips)
    file = write_answers(tmp_path / "one.jsonl", clips)
    data, out = str(tmp_path / "set"), str(tmp_path / "run")
    whole = visualact.score_files(str(file), data, out, NGRAMS, bootstrap=0).summary
    loaded = visualact.load(data)
    again = visualact.score_files(file, loaded, tmp_path / "two", NGRAMS, bootstrap=0)
    assert again.summary.data == whole.data
    assert again.info["set"] == "set"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    texts = {row["clip_id"]: row["raw_text"] for row in rows}
    for given in (file, str(file), texts, rows, iter(rows), read_predictions(file)):
        for asked in (loaded, data, Path(data)):
            found = visualact.score(given, asked, NGRAMS, bootstrap=0, sweep=()).summary
            assert found.bases == whole.bases
            if given is not file:
                break  # one way to say where the set is will do
    ranked = visualact.rank(
        {"a": str(file), "b": rows}, data, NGRAMS, bootstrap=0, thresholds=(0.5,)
    )
    assert len(ranked["settings"]) == 2
    result = visualact.score(texts, loaded, NGRAMS, bootstrap=0)
    told = visualact.summarize(result.clips, result.pairs, list(loaded), bootstrap=0)
    assert told.bases == whole.bases
    with pytest.raises(DataError, match=r"prediction 1: .*clip_id"):
        visualact.score([{"raw_text": "x"}], loaded, NGRAMS)
    with pytest.raises(
        DataError, match="prediction 1: state 'odd' is not known; allowed: answered"
    ):
        visualact.score([{**rows[0], "state": "odd"}], loaded, NGRAMS)


def test_clips_that_were_not_chosen_are_left_out(tmp_path):
    clips = make_clips()
    file = write_answers(tmp_path / "one.jsonl", clips)
    others = [clip.clip_id for clip in clips[4:]]
    known: dict[str, Any] = {"unselected": others, "bootstrap": 0}
    few = visualact.score_files(file, clips[:4], tmp_path / "few", NGRAMS, **known).summary
    same = visualact.score_files(file, clips, tmp_path / "same", NGRAMS, **known).summary
    assert few.n_clips == 4
    assert not few.partial
    assert few.bases == same.bases


def test_the_embedder_of_the_command_line_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    asked = []

    def load(name):
        asked.append(name)
        return load_embedder(NGRAMS)

    monkeypatch.setattr("handeye.visualact.scoring.embedding_cache.load_embedder", load)
    clips = make_clips()
    file = write_answers(tmp_path / "one.jsonl", clips)
    visualact.score(file, clips, bootstrap=0)
    visualact.score_files(file, clips, tmp_path / "run", bootstrap=0)
    visualact.rank({"a": file}, clips, bootstrap=0)
    assert asked == [MINILM] * 3
