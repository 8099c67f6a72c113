"""What a terminal says of a run: each figure with what it is about, and nothing of what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye import premise
from handeye.premise.pages.console import print_run


def told(
    six: Path, out: Path, capsys: pytest.CaptureFixture[str], ablation: str = "", **more: Any
) -> str:
    """What is printed of a run that says A to everything, and nothing readable of the sound."""
    rows = [
        {
            "item_id": item.item_id,
            "raw_text": "well" if item.modality == "audio" else "A",
            **({"ablation": ablation} if ablation else {}),
            **more,
        }
        for item in premise.load(six)
    ]
    file = out.with_suffix(".jsonl")
    file.write_bytes(b"\n".join(map(msgspec.json.encode, rows)) + b"\n")
    premise.score_files(file, six, out, bootstrap=0)
    print_run(out)
    return " ".join(capsys.readouterr().out.split())


def test_every_figure_names_what_it_is_about(
    six: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(six, tmp_path / "run", capsys)
    assert "48 unreadable of 114 items with a right answer" in said
    assert "mean of the senses (n = 24 vision, 24 audio)" in said
    assert "all items" not in said


def test_what_has_no_right_answer_is_not_counted_as_wrong(
    six: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(six, tmp_path / "run", capsys, "without-audio")
    assert "unreadable" not in said
    gone = [part.split("):")[0] for part in said.split("no right answer (")[1:]]
    assert len(gone) == len(set(gone)) == 5
    assert all(one.startswith("asked of a sense that was left out") for one in gone)
    assert said.count(" accepted, n = ") == 5


@pytest.mark.parametrize("ablation", ["blank-both", "swap"])
def test_nothing_stands_beside_what_is_not_scored(
    ablation: str, six: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(six, tmp_path / "run", capsys, ablation)
    assert ("always reject" in said) == (ablation == "swap")
    assert "│ Std" not in said
    assert "│ Bal" not in said
    assert ("nothing is scored" in said) == (ablation == "blank-both")


def test_chance_of_perception_and_gap_is_told(
    six: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = {letter: -float(k + 1) for k, letter in enumerate("ABCDEF")}
    said = told(six, tmp_path / "run", capsys, letters=letters)
    line = next(one for one in said.split("│ ") if one.startswith("Gap"))
    at = said.index(line)
    assert said[at : at + 120].count("│ 0.0") >= 2
    assert "it is told from 10 families or more that have all six, and here are 6" in said
    assert str(premise.read_run(tmp_path / "run").summary).count("6 families") == 1
