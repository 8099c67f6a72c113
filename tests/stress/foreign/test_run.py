"""Published sets are asked, scored and shown like those of the suite."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from handeye import stress
from handeye.cli import main
from handeye.errors import DataError
from handeye.stress.asking.run import run_stress
from handeye.stress.loader import load
from handeye.stress.pages.console import print_run
from handeye.stress.scoring.file_scoring import score_files
from handeye.stress.scoring.run_folder import read_run
from tests.support.stress import published as made


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))


def asked(data: Path, out: Path, **options: Any) -> dict[str, dict[str, Any]]:
    """Ask a function that says A or yes; what it was asked, by item."""
    prompts: list[tuple[int, str]] = []

    def answer(pictures: list[Any], prompt: str) -> str:
        prompts.append((len(pictures), prompt))
        return "A" if "\nA. " in prompt or "\n(A)" in prompt or "\nA)" in prompt else "yes"

    run_stress(answer, data, out, name="mine", progress=False, **options)
    assert prompts
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_bytes().splitlines()]
    return {row["item_id"]: row | {"asked": prompts} for row in rows}


@pytest.mark.parametrize("name", ["hallusion", "mmvp", "natural", "pope_tsv", "biased", "vqa"])
def test_a_published_set_is_asked_and_scored(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = made.SETS[name](tmp_path / name)
    found = asked(data, tmp_path / "run", split="all")
    items = load(data, split="all")
    assert set(found) == {item.item_id for item in items}
    assert all(row.get("raw_text") in ("A", "yes") for row in found.values())
    run = read_run(tmp_path / "run")
    told = run.summary.published
    assert told is not None
    first, parts = next(iter(told.figures.items()))
    assert all(f"{key} ({first.replace('_', ' ')})" in repr(run) for key in parts["all"])
    assert (tmp_path / "run" / "tables" / "published.csv").is_file()
    for item in items:
        by_letter = item.answer == "choice"
        assert ("order" in found[item.item_id]) == by_letter
        assert (found[item.item_id]["raw_text"] == "A") == by_letter
    capsys.readouterr()
    print_run(tmp_path / "run")
    shown = capsys.readouterr().out
    for key in told.figures[next(iter(told.figures))]["all"]:
        assert key.split("_")[0].casefold() in shown.casefold()
    page = stress.report(tmp_path / "run", tmp_path / "page.html").read_text("utf-8")
    assert "As the set is reported" in page
    assert stress.diagnose(tmp_path / "run").to_dict()
    assert "groups" in repr(stress.describe(data))
    # The same predictions scored again, by file.
    again = score_files(tmp_path / "run" / "predictions.jsonl", data, tmp_path / "again")
    assert again.summary["published"] == json.loads(
        (tmp_path / "run" / "summary.json").read_bytes()
    )["published"]  # fmt: skip


def test_a_question_without_a_figure_goes_out_without_one(tmp_path: Path) -> None:
    data = made.hallusion(tmp_path / "set")
    for number, options in enumerate(({}, {"ablation": "grey"}, {"ablation": "swap"})):
        found = asked(data, tmp_path / f"run{number}", **options)
        counts = [count for count, _ in found["VS_chart_3_0_0"]["asked"]]
        assert sorted(counts) == [0] + [1] * 7
        assert "media_sha256" not in found["VS_chart_3_0_0"]


def test_what_a_published_set_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made.pope(tmp_path / "set")
    with pytest.raises(DataError, match="this is POPE; verify is for sets of the suite"):
        stress.verify(data)
    answers = tmp_path / "own.jsonl"
    answers.write_text('{"item_id": "1", "raw_text": "yes"}\n')
    with pytest.raises(DataError, match=r"1 item ids are not in .* Ids there are like '\w+-\d+'"):
        score_files(answers, data, tmp_path / "run")
    answers.write_text('{"item_id": "random-1", "raw_text": "yes", "form": "letter"}\n')
    with pytest.raises(DataError, match=r"'letter' .* allowed: free, letters$"):
        score_files(answers, data, tmp_path / "run")
    monkeypatch.setattr("sys.argv", ["handeye", "stress", "describe", str(data)])
    with suppress(SystemExit):
        main()
    assert f"handeye run stress --model openai/gpt-5.5 --data {data}" in capsys.readouterr().err
