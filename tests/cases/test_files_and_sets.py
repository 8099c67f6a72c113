"""Predictions as files hold them: of another set, without texts, in other encodings, in logs."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest

from handeye import rose
from handeye.errors import DataError
from handeye.rose.asking.run import run_rose
from handeye.rose.asking.task import rose as rose_task
from handeye.rose.release import load
from handeye.rose.respondents.lookup import ItemFinder
from handeye.scores.embedder import NGRAMS
from handeye.visualact.asking.run import run_visualact
from handeye.visualact.asking.task import visualact
from handeye.visualact.scenes.generation import generate as generate_clips
from tests.cases.conftest import Rows, avg, read_lines

Command = Callable[..., Any]
QUIET: dict[str, Any] = {"progress": False}


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sets of other seeds, whose items have the same ids."""
    folder = tmp_path_factory.mktemp("sets")
    options: dict[str, Any] = {"scenes": 4, "sources": "pixel-content", "grid": "3:5", "workers": 1}
    return tuple(rose.generate(folder / f"{seed}", seed=seed, **options) for seed in (7, 8))


@pytest.fixture(scope="module")
def answers(sets: tuple[Path, Path]) -> Rows:
    rows = read_lines(sets[0] / "metadata_test.jsonl")
    return [
        {
            "item_id": row["item_id"],
            "raw_text": row["ground_truth_formal_answer"],
            "image_sha256": row["image_sha256"],
            "prompt": row["prompt"],
        }
        for row in rows
    ]


def write(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# ---- of another set


def test_answers_about_other_pictures_are_refused(
    sets: tuple[Path, Path], answers: Rows, tmp_path: Path, handeye: Command
) -> None:
    ours, other = sets
    file = write(tmp_path / "p.jsonl", answers)
    options = ["--templates", "main", "--split", "test", "--out", tmp_path / "run"]
    said = handeye("rose", "score", file, "--data", other, *options)
    assert said.code == 2
    assert f"{len(answers)} of {len(answers)} predictions are about another picture" in said.err
    assert not (tmp_path / "run").exists()
    assert handeye("rose", "score", file, "--data", ours, *options).code == 0
    known = {row["item_id"]: row for row in read_lines(other / "metadata_test.jsonl")}
    first = next(row for row in answers if f"Of {row['item_id']} the file" in said.err)
    assert f"the file has '{first['image_sha256']}'" in said.err
    assert f"the set '{known[first['item_id']]['image_sha256']}'" in said.err
    # Without hashes the questions tell them apart; without these nothing does.
    for left_out, code in (({"image_sha256"}, 2), ({"image_sha256", "prompt"}, 0)):
        rows = [{k: v for k, v in row.items() if k not in left_out} for row in answers]
        write(file, rows)
        said = handeye("rose", "score", file, "--data", other, *options)
        assert (said.code, "about another prompt" in said.err) == (code, code == 2), said.err


def test_one_strange_answer_is_enough_and_a_failure_is_about_nothing(
    sets: tuple[Path, Path], answers: Rows
) -> None:
    items = load(sets[0], split="test", templates="main")
    one = {**answers[0], "image_sha256": "0" * 64}
    with pytest.raises(DataError, match=f"1 of {len(answers)} .*another picture.*{one['item_id']}"):
        rose.score([one, *answers[1:]], items)
    failed = {**one, "raw_text": "", "state": "error", "error": "the picture was changed"}
    assert rose.score([failed, *answers[1:]], items).height == len(answers)
    other = {**answers[0], "prompt": answers[0]["prompt"].replace("whole grid", "left half")}
    with pytest.raises(DataError, match=r"another prompt.*the file has '\.\.\..*left half.*whole"):
        rose.score([other, *answers[1:]], items)
    # Asked in words of one's own around the question.
    worded = [{**row, "prompt": f"Hello!\n{row['prompt']}\nBe brief."} for row in answers]
    assert rose.score(worded, items)["pass"].mean() == 1


def test_clips_of_another_set_are_refused(tmp_path: Path, handeye: Command) -> None:
    for seed in (3, 4):
        generate_clips(tmp_path / f"{seed}", seed=seed, clips=2, scenarios=["home"], workers=1)
    (ours, other) = (tmp_path / "3", tmp_path / "4")
    run_visualact(
        "handeye/prior", ours, tmp_path / "run", embedder=NGRAMS,
        model_args={"data": str(ours)}, **QUIET,
    )  # fmt: skip
    words = ["--embedder", NGRAMS, "--out", tmp_path / "again"]
    file = tmp_path / "run" / "predictions.jsonl"
    said = handeye("visualact", "score", file, "--data", other, *words)
    assert said.code == 2
    assert "2 of 2 predictions are about another video" in said.err
    assert handeye("visualact", "score", file, "--data", ours, *words).code == 0


# ---- what a file is


def test_a_file_without_a_text_is_refused_and_its_columns_named(
    sets: tuple[Path, Path], answers: Rows, tmp_path: Path, handeye: Command
) -> None:
    options = ["--data", sets[0], "--templates", "main", "--out", tmp_path / "run"]
    bare = [{"item_id": row["item_id"], "response": row["raw_text"], "n": 1} for row in answers]
    said = handeye("rose", "score", write(tmp_path / "p.jsonl", bare), *options)
    assert said.code == 2
    assert "no row has a text" in said.err
    assert "item_id, response, n; is it 'response'?" in said.err
    assert not (tmp_path / "run").exists()
    blank = [{**row, "raw_text": None} for row in answers]
    assert handeye("rose", "score", write(tmp_path / "p.jsonl", blank), *options).code == 2
    # A model that never said a word is known by its states.
    told = [{**row, "raw_text": "", "state": "empty"} for row in answers]
    assert handeye("rose", "score", write(tmp_path / "p.jsonl", told), *options).code == 0
    clips = write(tmp_path / "c.jsonl", [{"clip_id": "a", "answer": "x"}])
    generate_clips(tmp_path / "clips", seed=3, clips=1, scenarios=["home"], workers=1)
    words = ["--data", tmp_path / "clips", "--embedder", NGRAMS, "--out", tmp_path / "clip-run"]
    said = handeye("visualact", "score", clips, *words)
    assert said.code == 2
    assert "clip_id, answer; is it 'answer'?" in said.err


def test_encodings_are_read_or_refused_by_name(
    sets: tuple[Path, Path], answers: Rows, tmp_path: Path, handeye: Command
) -> None:
    text = "".join(json.dumps(row) + "\n" for row in answers)
    plain = text.encode()
    kept = {**answers[0], "note": "a\u2028b\x85c"}
    read = {
        "plain": plain,
        "bom-crlf": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        "blank-lines": ("\n\n" + text.replace("\n", "\n\n")).encode(),
        "no-last-end": plain.rstrip(),
        "u2028": (json.dumps(kept, ensure_ascii=False) + "\n").encode()
        + b"".join(plain.splitlines(keepends=True)[1:]),
    }
    refused = {
        "utf16": (text.encode("utf-16"), "UTF-16"),
        "gz": (gzip.compress(plain), "gzip"),
        "zip": (b"PK\x03\x04" + plain, "zip archive"),
        "mac": (text.replace("\n", "\r").encode(), "CR alone"),
        "array": (json.dumps(answers).encode(), "one JSON list"),
        "half-line": (plain[:-25], f"p.jsonl:{len(answers)}:"),
        "latin1": (plain + b'{"item_id": "x", "raw_text": "\xe9"}\n', "not UTF-8"),
        "int-ids": (plain.replace(b'"item_id": "', b'"item_id": 1, "x": "'), "p.jsonl:1:"),
    }
    items = load(sets[0], split="test", templates="main")
    for name, data in read.items():
        (tmp_path / "p.jsonl").write_bytes(data)
        assert rose.score(tmp_path / "p.jsonl", items)["pass"].mean() == 1, name
    for name, (data, words) in refused.items():
        (tmp_path / "p.jsonl").write_bytes(data)
        with pytest.raises(DataError) as error:
            rose.score(tmp_path / "p.jsonl", items)
        assert words in str(error.value), name
        assert "p.jsonl" in str(error.value), name
    said = handeye(
        "rose", "score", tmp_path / "p.jsonl", "--data", sets[0], "--out", tmp_path / "r"
    )
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


# ---- logs of Inspect's


def test_a_log_is_scored_as_its_run(
    sets: tuple[Path, Path], tmp_path: Path, handeye: Command
) -> None:
    """``inspect eval handeye/rose``, then ``handeye rose score X.eval``: the same rows."""
    data, (_, other) = sets[0], sets
    how: dict[str, Any] = {"data": str(data), "faults": "miscount=0.5,refuse=0.1,api_error=0.1"}
    logs = [
        inspect_ai.eval(
            rose_task(str(data), templates="main"),
            model="handeye/simulated",
            model_args=how,
            display="none",
            log_dir=str(tmp_path / kind),
            log_format=kind,  # type: ignore[arg-type]
        )[0]
        for kind in ("eval", "json")
    ]
    run_rose("handeye/simulated", data, tmp_path / "run", model_args=how, templates="main", **QUIET)
    wanted = read_lines(tmp_path / "run" / "scores.jsonl")
    words = ["--templates", "main", "--split", "test"]
    for place, log in enumerate(logs):
        out = tmp_path / f"scored{place}"
        said = handeye("rose", "score", log.location, "--data", data, *words, "--out", out)
        assert said.code == 0, said.err
        assert read_lines(out / "scores.jsonl") == wanted
        info = json.loads((out / "run.json").read_text())
        assert info["predictions"]["path"] == str(Path(log.location).resolve())
        assert len(read_lines(out / "predictions.jsonl")) == len(wanted)
    said = handeye(
        "rose", "score", logs[0].location, "--data", other, *words, "--out", tmp_path / "no"
    )
    assert said.code == 2
    assert Path(logs[0].location).name in said.err
    assert "another picture" in said.err
    # The figures in the log are those of the run folder, with standard errors over scenes.
    means = {
        score.name: {name.rpartition("/")[2]: found.value for name, found in score.metrics.items()}
        for score in logs[0].results.scores  # type: ignore[union-attr]
    }
    assert {"subset_mean", "subset_mean_stderr"} == set(means["gap"])
    head = json.loads((tmp_path / "run" / "summary.json").read_text())["bases"]["all"]["headline"]
    for name in ("counting", "action", "gap"):
        assert means[name]["subset_mean"] == pytest.approx(head[name]["value"], abs=1e-6)


def test_a_log_of_clips_is_scored_as_its_run(tmp_path: Path, handeye: Command) -> None:
    data = generate_clips(tmp_path / "set", seed=3, clips=4, workers=1)
    how = {"data": str(data), "faults": "miss=0.5,level=0.5"}
    for protocol in ("one-pass", "two-pass"):
        (log,) = inspect_ai.eval(
            visualact(str(data), embedder=NGRAMS, protocol=protocol, frames=1),
            model="handeye/simulated",
            model_args=how,
            display="none",
            log_dir=str(tmp_path / "logs"),
        )
        run = tmp_path / protocol
        run_visualact(
            "handeye/simulated", data, run, embedder=NGRAMS, protocol=protocol, frames=1,
            model_args=how, **QUIET,
        )  # fmt: skip
        words = ["--data", data, "--embedder", NGRAMS, "--out", tmp_path / f"log-{protocol}"]
        assert handeye("visualact", "score", log.location, *words).code == 0
        assert read_lines(tmp_path / f"log-{protocol}" / "scores.jsonl") == read_lines(
            run / "scores.jsonl"
        )
    metrics = {name for s in log.results.scores for name in s.metrics}  # type: ignore[union-attr]
    assert {"class_mean", "class_mean_stderr", "mean", "stderr"} <= {
        name.rpartition("/")[2] for name in metrics
    }


def test_what_is_no_log_of_ours_is_told(two_scenes: Path, tmp_path: Path, handeye: Command) -> None:
    from inspect_ai.dataset import Sample

    (log,) = inspect_ai.eval(
        inspect_ai.Task(dataset=[Sample(input="x")], name="another"),
        model="mockllm/model",
        display="none",
        log_dir=str(tmp_path / "logs"),
    )
    (tmp_path / "broken.eval").write_bytes(b"PK\x03\x04 nothing")
    for file, words in (
        (log.location, "the task another holds no answers of handeye's"),
        (tmp_path / "broken.eval", "cannot be read as a log"),
    ):
        said = handeye("rose", "score", file, "--data", two_scenes, "--out", tmp_path / "run")
        assert said.code == 2
        assert words in said.err
        assert not (tmp_path / "run").exists()


# ---- the same question twice in a set


def test_two_items_that_ask_the_same_are_one_to_a_respondent(
    two_scenes: Path, tmp_path: Path, handeye: Command
) -> None:
    rows = read_lines(two_scenes / "metadata_test.jsonl")
    data = tmp_path / "set"
    shutil.copytree(two_scenes, data)
    twice = [*rows, *({**row, "item_id": f"{row['item_id']}-again"} for row in rows)]
    write(data / "metadata_test.jsonl", twice)
    words = ["--model", "handeye/simulated", "--data", data, "--quiet", "--out", tmp_path / "run"]
    assert handeye("run", "rose", *words).code == 0
    assert avg(tmp_path / "run")["action"] == 100.0
    # Of items that differ in what is right none can be told from the other: before anything.
    inside = rows[0]["region_target_cells"]
    outside = [cell for cell in rows[0]["all_target_cells"] if cell not in inside]
    wrong = {**rows[0], "item_id": "wrong", "region_target_cells": [], "ground_truth_count": 0}
    wrong |= {"all_target_cells": outside, "ground_truth_formal_answer": "COUNT(0)"}
    wrong["global_target_count"] = len(outside)
    write(data / "metadata_test.jsonl", [*rows, wrong])
    with pytest.raises(DataError, match=r"s00000_T1 and wrong ask the same .* different right"):
        ItemFinder(load(data))
    words[-1] = tmp_path / "none"
    said = handeye("run", "rose", *words)
    assert said.code == 2
    assert "different right answers" in said.err
    assert not (tmp_path / "none").exists()
