"""Whole runs: folders, plants, functions, readers of words, Inspect's task and log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import inspect_ai
import polars as pl
import pytest

from handeye.errors import DataError, OptionError, RunError
from handeye.run.dry_run import dry_run
from handeye.run.journal import read_journal
from handeye.stress.asking.prompts import read_prompt
from handeye.stress.asking.run import job, make_options, run_stress
from handeye.stress.asking.task import stress
from handeye.stress.loader import load
from handeye.stress.respondents.models import RESPONDENTS
from handeye.stress.respondents.references import READERS
from handeye.stress.scenes.generation import generate
from handeye.stress.scoring.file_scoring import score_files, score_so_far


def run(data: Path, out: Path, model: Any = "handeye/simulated", **options: Any) -> Path:
    return run_stress(model, data, out, **{"progress": False, **options})


def rows(out: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in (out / "predictions.jsonl").read_bytes().splitlines()]
    return {row["item_id"]: row for row in found}


def scores(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "scores.parquet")


def headline(out: Path, *names: str) -> list[float]:
    summary = json.loads((out / "summary.json").read_bytes())
    return [summary["bases"]["all"]["headline"][name]["value"] for name in names]


def test_a_run_says_what_was_asked_and_can_be_taken_up_again(data: Path, tmp_path: Path) -> None:
    out = run(data, tmp_path / "run", form="letters", model_args={"letters": True})
    found, items = rows(out), load(data)
    assert list(found) == [item.item_id for item in items]
    for item in items:
        row = found[item.item_id]
        assert (row["form"], row["order"]) == ("letters", list(item.order))
        assert item.options[item.order["ABCD".index(row["raw_text"])]] == item.gold
        assert set(row["letters"]) == set("ABCD"[: len(item.options)])
        assert sum(map(pow10, row["letters"].values())) == pytest.approx(1, abs=1e-6)
        assert row["media_sha256"] == item.sha256
    assert headline(out, "pst", "uncued", "true", "misleading") == [1.0] * 4
    told = json.loads((out / "run.json").read_bytes())
    assert (told["form"], told["selection"]["cues"]) == ("letters", None)
    before = (out / "answers.jsonl").read_bytes()
    run(data, out, form="letters", model_args={"letters": True})
    assert (out / "answers.jsonl").read_bytes() == before
    for options, words in (
        ({"form": "free"}, "--form was 'letters', now 'free'"),
        ({"form": "letters", "state_first": True}, "--state-first was not given, now True"),
        ({"form": "letters", "cues": "hint"}, "of the old ones are not selected"),
    ):
        with pytest.raises(RunError, match=words):
            run(data, out, model_args={"letters": True}, **options)


def pow10(log: float) -> float:
    return float(2.718281828459045**log)


@pytest.mark.parametrize(
    ("faults", "options", "expected"),
    [
        ("follow", {}, [0.0, 1.0, 1.0, 0.0]),
        ("contrary", {}, [0.0, 1.0, 0.0, 1.0]),
        ("wrong", {"form": "letters"}, [0.0, 0.0, 0.0, 0.0]),
        ("prose", {}, [0.0, 0.0, 0.0, 0.0]),
        ("follow", {"state_first": True, "form": "letters"}, [0.0, 1.0, 1.0, 0.0]),
        ("", {"option_order": "shuffle:9", "form": "letters"}, [1.0, 1.0, 1.0, 1.0]),
        ("", {"cue_order": "before", "state_first": True}, [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_planted_faults_are_what_is_scored(
    data: Path, tmp_path: Path, faults: str, options: dict[str, Any], expected: list[float]
) -> None:
    out = run(data, tmp_path / "run", model_args={"faults": faults}, **options)
    assert headline(out, "pst", "uncued", "true", "misleading") == expected


def test_what_is_stated_to_be_seen_is_scored_beside_the_answer(data: Path, tmp_path: Path) -> None:
    plants = {"faults": "follow,misstate"}
    found = scores(run(data, tmp_path / "a", state_first=True, model_args={"faults": "follow"}))
    misleading = found.filter(cell="misleading")
    truly = misleading["seen"] == misleading.select(
        pl.when(pl.col("truth") == pl.col("values").list.first())
        .then(pl.lit("a")).otherwise(pl.lit("b"))
    ).to_series()  # fmt: skip
    assert truly.all()
    assert misleading["right"].sum() == 0
    other = scores(run(data, tmp_path / "b", state_first=True, model_args=plants))
    assert (other.filter(cell="misleading")["seen"] != misleading["seen"]).all()
    assert scores(run(data, tmp_path / "c"))["seen"].null_count() == found.height


@pytest.mark.parametrize("ablation", ["grey", "swap"])
def test_without_its_picture_a_seeing_one_is_as_good_as_blind(
    data: Path, tmp_path: Path, ablation: str
) -> None:
    out = run(data, tmp_path / "run", ablation=ablation)
    blind = rows(run(data, tmp_path / "blind", model_args={"faults": "blind"}))
    assert {key: row["raw_text"] for key, row in rows(out).items()} == {
        key: row["raw_text"] for key, row in blind.items()
    }
    assert headline(out, "pst") == [0.0]
    assert set(scores(out)["ablation"]) == {ablation}


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
def test_who_does_not_look_is_right_on_no_pair(data: Path, tmp_path: Path, name: str) -> None:
    out = run(data, tmp_path / "run", f"handeye/{name}", form="letters")
    pst, true, misleading = headline(out, "pst", "true", "misleading")
    assert pst <= (0.5 if name == "sampled" else 0.0)
    if name == "cue-follower":
        worded = scores(out).filter(~pl.col("cue").is_in(["", "label", "companion", "other"]))
        assert worded["followed"].to_list() == [1] * worded.height
    # Who says one value or the other is right in half of the items that are crossed.
    assert true + misleading <= (1.5 if name == "sampled" else 1.0) + 1e-6


def test_the_oracle_is_right_at_the_easiest_level(data: Path, tmp_path: Path) -> None:
    for number, how in enumerate(({}, {"form": "letters", "state_first": True})):
        out = run(data, tmp_path / str(number), "handeye/stress-oracle", **how)
        assert headline(out, "pst", "uncued", "true", "misleading") == [1.0] * 4


def test_a_function_is_asked_and_gives_no_log_probabilities(data: Path, tmp_path: Path) -> None:
    def answer(pictures: Any, prompt: str) -> str:
        found = read_prompt(prompt.removeprefix("<picture 1>").strip())
        assert found is not None
        return "yes" if found.question.startswith("Is") else "red"

    out = run(data, tmp_path / "run", answer, name="mine")
    assert set(scores(out)["model"]) == {"python/mine"}
    with pytest.raises(OptionError, match="no log-probabilities"):
        run(data, tmp_path / "no", answer, name="mine", form="letters", letters=True)


def test_selections_are_asked_and_grow(data: Path, tmp_path: Path) -> None:
    def asked(**how: Any) -> set[str]:
        options = make_options("handeye/simulated", data, tmp_path / "x", **how)
        return {one.item_id for one in job(options).questions}

    items = load(data)
    assert asked(cues="none") == {item.item_id for item in items if not item.cue}
    assert asked(cues=["hint", "label"], families="count,position") == {
        item.item_id
        for item in items
        if item.cue in ("", "hint", "label") and item.family in ("count", "position")
    }
    with pytest.raises(OptionError, match="cues: none are 'nonsense' there"):
        asked(cues="nonsense")
    out = run(data, tmp_path / "run", groups=1)
    first = (out / "answers.jsonl").read_bytes()
    run(data, out, groups=2)
    assert (out / "answers.jsonl").read_bytes().startswith(first)
    counted = dry_run(job(make_options("openai/gpt-5.5", data, tmp_path / "y", ablation="grey")))
    assert f"{len(items)} requests about 4 groups" in counted.text()


def test_the_task_asks_the_same_and_its_log_is_scored(data: Path, tmp_path: Path) -> None:
    out = run(data, tmp_path / "run", model_args={"faults": "follow=0.5"}, state_first=True)
    journal = tmp_path / "answers.jsonl"
    (log,) = inspect_ai.eval(
        stress(str(data), state_first=True, journal=str(journal)),
        model="handeye/simulated",
        model_args={"data": str(data), "faults": "follow=0.5"},
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    requests = [
        {(one.item_id, one.request) for one in read_journal(path)}
        for path in (journal, out / "answers.jsonl")
    ]
    assert requests[0] == requests[1]
    assert log.samples is not None
    assert len(log.samples) == 4
    value = log.samples[0].scores["stress"].value  # type: ignore[index]
    group = scores(out).filter(scene_id=str(log.samples[0].id))
    for cell in ("uncued", "true", "misleading"):
        assert value[cell] == pytest.approx(group.filter(cell=cell)["right"].mean())  # type: ignore[index]
    assert value["unanswered"] == 0  # type: ignore[index]
    told = score_files(Path(log.location), data, tmp_path / "scored")
    assert scores(told.path)["right"].to_list() == scores(out)["right"].to_list()
    (out / "run.json").unlink()
    (out / "summary.json").unlink()
    assert score_so_far(out, tmp_path / "aside").summary["bases"]["all"]["headline"]["pst"]


def test_respondents_take_what_they_say(data: Path, tmp_path: Path) -> None:
    for number, (args, words) in enumerate(
        (
            ({"faults": "nonsense"}, "unknown fault 'nonsense'"),
            ({"visual": "x"}, "visual must be a number, got 'x'"),
            ({"cue": "nonsense=3"}, "cue: 'nonsense' is no kind of cue"),
            ({"visual": 3, "lapses": 2}, "lapses must be 0 to 1"),
            ({"spread": 1}, "go with the weights"),
            ({"letters": "perhaps"}, "letters must be true or false"),
        )
    ):
        with pytest.raises((OptionError, RunError), match=words):
            run(data, tmp_path / str(number), model_args=args)
    with pytest.raises(RunError, match="handeye/pixels does not answer for stress"):
        run(data, tmp_path / "pixels", "handeye/pixels")
    assert all(kind.about for kind in RESPONDENTS.values())


def test_what_an_unfinished_run_did_not_select_is_not_missing(data: Path, tmp_path: Path) -> None:
    out = run(data, tmp_path / "run", groups=2, cues="none", score=False)
    asked = len(load(data, groups=2, cues=()))
    assert 0 < asked < len(load(data))
    lines = (out / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (out / "answers.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]))
    summary = score_so_far(out, tmp_path / "aside").summary
    assert (summary.n_items, summary.n_expected) == (asked // 2, asked)
    other = generate(tmp_path / "other", seed=99, groups=6)
    with pytest.raises(DataError, match="not those that the run was started for"):
        score_so_far(out, tmp_path / "aside2", data=str(other))
