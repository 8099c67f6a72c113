"""Whole runs: folders, faults, samples, functions, Inspect's task and log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import inspect_ai
import pytest

from handeye.errors import OptionError, RunError
from handeye.premise.asking.prompts import read_prompt
from handeye.premise.asking.questions import Asking, frames_of
from handeye.premise.asking.run import job, make_options, run_premise
from handeye.premise.asking.task import premise
from handeye.premise.items import LETTERS
from handeye.premise.loader import load
from handeye.premise.scoring.file_scoring import score_files, score_so_far
from handeye.run.dry_run import dry_run
from handeye.run.journal import read_journal


def run(data: Path, out: Path, model: Any = "handeye/simulated", **options: Any) -> Path:
    return run_premise(model, data, out, **{"progress": False, **options})


def rows(out: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in (out / "predictions.jsonl").read_bytes().splitlines()]
    return {row["item_id"]: row for row in found}


def info(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "run.json").read_bytes())
    return found


def headline(out: Path, name: str = "bal") -> float:
    summary = json.loads((out / "summary.json").read_bytes())
    value: float = summary["bases"]["all"]["headline"][name]["value"]
    return value


def test_a_run_says_what_was_asked_and_can_be_taken_up_again(stills: Path, tmp_path: Path) -> None:
    out = run(stills, tmp_path / "run", model_args={"letters": True})
    found, items = rows(out), load(stills)
    assert list(found) == [item.item_id for item in items]
    for item in items:
        row = found[item.item_id]
        assert (row["variant"], row["order"]) == ("six", list(item.order))
        assert row["raw_text"] == LETTERS[item.order.index(item.gold)]
        assert set(row["letters"]) == set(LETTERS)
        assert "letters_bound" not in row
        assert row["media_sha256"] == item.sha256[item.picture]
        assert (row["input"], row["media"]) == ("frames+audio", ["picture", "sound"])
    assert headline(out) == 1.0
    told = info(out)
    assert told["media_input"] == "frames+audio"
    assert told["selection"]["questions"] == "all"
    before = (out / "answers.jsonl").read_bytes()
    run(stills, out, model_args={"letters": True})
    assert (out / "answers.jsonl").read_bytes() == before
    with pytest.raises(RunError, match="--variant was 'six', now 'free'"):
        run(stills, out, model_args={"letters": True}, variant="free")
    with pytest.raises(RunError, match="--questions was 'all', now 'two'"):
        run(stills, out, model_args={"letters": True}, questions="two")


@pytest.mark.parametrize(
    ("faults", "options", "expected"),
    [
        ("accept", {}, {"std": 1.0, "mis": 0.0}),
        ("reject", {}, {"std": 0.0, "mis": 1.0}),
        ("prose", {}, {"std": 0.0, "mis": 0.0}),
        ("accept", {"variant": "true-false"}, {"std": 1.0, "mis": 0.0}),
        ("", {"variant": "true-false-explained"}, {"std": 1.0, "mis": 1.0}),
        ("", {"variant": "free"}, {"std": 1.0, "mis": 1.0}),
        ("", {"variant": "check-first", "option_order": "shuffle:9"}, {"std": 1.0, "mis": 1.0}),
    ],
)
def test_planted_faults_are_what_is_scored(
    stills: Path, tmp_path: Path, faults: str, options: dict[str, Any], expected: dict[str, float]
) -> None:
    out = run(stills, tmp_path / "run", model_args={"faults": faults}, **options)
    assert {name: headline(out, name) for name in expected} == expected


def test_deaf_by_what_is_sent_is_deaf_by_fault(stills: Path, tmp_path: Path) -> None:
    deaf = rows(run(stills, tmp_path / "fault", model_args={"faults": "deaf"}))
    for ablation in ("without-audio", "blank-audio"):
        out = run(stills, tmp_path / ablation, ablation=ablation)
        found = rows(out)
        assert {one: row["raw_text"] for one, row in found.items()} == {
            one: row["raw_text"] for one, row in deaf.items()
        }
        assert {row["ablation"] for row in found.values()} == {ablation}


def test_a_route_that_carries_half_is_told_and_scored_as_that(
    stills: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(stills, tmp_path / "run", media_input="frames")
    assert "note: 22 items of" in capsys.readouterr().err
    assert set(rows(out)) == {i.item_id for i in load(stills) if i.modality == "vision"}
    told = info(out)
    assert told["left_out"] == {"no sound is sent": 22}
    assert json.loads((out / "plan.json").read_bytes())["items"] == 16
    assert headline(out) == 1.0
    (out / "run.json").unlink()
    run(stills, out, media_input="frames")
    again = score_files(out / "predictions.jsonl", stills, tmp_path / "again")
    assert again.summary.data["partial"] is False
    so_far = score_so_far(out, tmp_path / "so far")
    assert so_far.summary.data["n_expected"] == 16


def test_frames_that_are_not_sent_are_told(
    stills: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(stills, tmp_path / "run", frames="8", families=1)
    assert "note: frames (8 frames at equal distances" in (err := capsys.readouterr().err)
    assert "are not used: the set has no videos" in err
    run(stills, tmp_path / "paper", families=1)
    assert "are not used" not in capsys.readouterr().err


def test_samples_are_asked_kept_and_counted(stills: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"families": 1, "model_args": {"faults": "accept=0.5"}}
    out = run(stills, tmp_path / "run", epochs=3, **options)
    found = rows(out)
    assert {len(row["samples"]) for row in found.values()} == {2}
    assert len({(r["raw_text"], *r["samples"]) for r in found.values()}) > 5
    answers = list(read_journal(out / "answers.jsonl"))
    assert len(answers) == 3 * len(found) == 57
    plain = rows(run(stills, tmp_path / "plain", **options))
    assert {one: row["raw_text"] for one, row in plain.items()} == {
        one: row["raw_text"] for one, row in found.items()
    }
    counted = dry_run(job(make_options("handeye/simulated", stills, tmp_path / "run", families=1,
                                       model_args={"faults": "accept=0.5"}, epochs=5)))  # fmt: skip
    assert (counted.requests, counted.answered) == (38, 57)
    # A tenth of a second each, which no token and no dollar is counted for.
    assert counted.sound_seconds == pytest.approx(3.8)
    assert "sound: about 0.1 minutes in all requests, not counted in tokens or" in counted.text()


def test_faults_are_the_same_however_they_are_written(stills: Path, tmp_path: Path) -> None:
    made = run(stills, tmp_path / "run", model_args={"faults": "deaf"}, families=1)
    before = (made / "answers.jsonl").read_bytes()
    run(stills, made, model_args={"faults": "deaf=1.0"}, families=1)
    run(stills, made, model_args={"faults": {"deaf": 1}}, families=1)
    assert (made / "answers.jsonl").read_bytes() == before
    with pytest.raises(RunError, match="holds another run"):
        run(stills, made, model_args={"faults": "deaf=0.5"}, families=1)


def test_a_function_sees_and_hears(stills: Path, tmp_path: Path) -> None:
    def hears(pictures: Any, prompt: str, sounds: Any) -> str:
        assert [one.size for one in pictures] == [(32, 32)]
        assert [one.shape for one in sounds] == [(1600, 2)]
        assert "<picture 1>" in prompt
        assert "<sound 1>" in prompt
        found = read_prompt(prompt.replace("\n<", "\n\n<"))
        assert found is not None
        return "A"

    def sees(pictures: Any, prompt: str) -> str:
        return "B" if pictures and "<sound" not in prompt else ""

    out = run(stills, tmp_path / "hears", hears, name="hears", families=1)
    assert {row["state"] for row in rows(out).values()} == {"answered"}
    with pytest.raises(OptionError, match=r"takes no sounds: .*media_input='frames'"):
        run(stills, tmp_path / "sees", sees, name="sees", families=1)
    with pytest.raises(OptionError, match="no log-probabilities; leave letters out"):
        run(stills, tmp_path / "letters", hears, name="hears", families=1, letters=True)
    for how in ({"media_input": "frames"}, {"ablation": "without-audio"}):
        out = run(stills, tmp_path / "-".join(how), sees, name="sees", families=1, **how)
        assert {row["raw_text"] for row in rows(out).values()} == {"B"}


def test_errors_of_files_do_not_end_a_run(
    writer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = writer(tmp_path / "set", 1)
    item = load(data)[0]
    (data / item.picture).write_bytes(b"no picture")
    out = run(data, tmp_path / "run", variant="true-false")
    failed = [row for row in rows(out).values() if row["state"] == "error"]
    assert {row["variant"] for row in rows(out).values()} == {"true-false"}
    assert len(failed) == 5
    assert all("changed or damaged" in row["error"] for row in failed)
    assert "5 of 19 items have no answer" in capsys.readouterr().err


def test_inspect_asks_the_same_and_its_log_is_scored(stills: Path, tmp_path: Path) -> None:
    out = run(stills, tmp_path / "run", families=1)
    (log,) = inspect_ai.eval(
        premise(str(stills), families=1),
        model="handeye/simulated",
        model_args={"data": str(stills)},
        display="none",
        log_dir=str(tmp_path / "logs"),
    )
    assert log.status == "success"
    assert log.samples is not None
    assert len(log.samples) == 4
    answers = [one for sample in log.samples for one in sample.store["answers"]]
    asked = {answer.item_id: answer.request for answer in read_journal(out / "answers.jsonl")}
    assert {one["item_id"]: one["request"] for one in answers} == asked
    assert log.results is not None
    metrics = {
        score.name: score.metrics["handeye/split_mean"].value for score in log.results.scores
    }
    assert metrics["mis_v"] == metrics["std_a"] == metrics["both_true"] == 1.0
    assert metrics["unanswered"] == 0.0
    scored = score_files(Path(log.location), stills, tmp_path / "scored")
    assert scored.summary.data["bases"]["all"]["headline"]["bal"]["value"] == 1.0


def test_what_is_not_known_is_refused(stills: Path, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"variant": "seven"}, "variant 'seven' is not known"),
        ({"option_order": "up"}, "give set, paper or shuffle:SEED"),
        ({"ablation": "without"}, "ablation is 'without'"),
        ({"kinds": "colours"}, "no item about 'colours'"),
        ({"questions": "three"}, "questions must be single, two or all"),
        ({"frames": "many"}, "frames 'many' cannot be read"),
        ({"epochs": 0}, "epochs"),
        ({"varient": "six"}, "varient"),
    ]
    for options, told in cases:
        with pytest.raises(OptionError, match=told):
            run(stills, tmp_path / "run", **options)
    with pytest.raises(RunError, match="does not answer for premise"):
        run(stills, tmp_path / "run", "handeye/pixels")
    assert not (tmp_path / "run").exists()
    assert frames_of("paper").count == 50
    assert Asking().frames.count == 50
