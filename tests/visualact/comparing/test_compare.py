"""Differences of two runs: against scipy and by hand, and what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handeye.cli import app
from handeye.errors import DataError, OptionError
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.comparing.compare import compare_scored
from handeye.visualact.records import SCENARIOS, Action, Clip, clip_line
from handeye.visualact.scoring.embedder import NGRAMS, load_embedder
from handeye.visualact.scoring.file_scoring import score_files
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.run_folder import Run, read_run

WORDS = ("stop the engine", "close the window", "call a doctor", "lift the box", "open the gate")


def write_clips(folder: Path, count: int = 24) -> ClipSet:
    """Clips in all four classes; every sixth calls for nothing."""
    clips = []
    for number in range(count):
        scenario = list(SCENARIOS)[number % 4]
        actions = (
            Action(WORDS[number % 5], number % 5, number % 2 == 0),
            Action(WORDS[(number + 2) % 5], (number + 1) % 5, number % 3 == 0),
        )
        clips.append(
            Clip(
                clip_id=f"c{number:02}",
                video=f"videos/c{number:02}.mp4",
                scenario=scenario,
                actions=() if number % 6 == 5 else actions,
            )
        )
    (folder / "videos").mkdir(parents=True)
    for clip in clips:
        (folder / clip.video).write_bytes(b"never opened here")
    (folder / "clips_test.jsonl").write_bytes(b"".join(clip_line(c) + b"\n" for c in clips))
    return ClipSet(folder, tuple(clips), (folder / "clips_test.jsonl",), "set")


def write_run(clips: ClipSet, out: Path, *, found: int, idle: bool = False, **options: str) -> Run:
    """A run that finds the first ``found`` actions of each clip."""
    out.parent.mkdir(exist_ok=True, parents=True)
    lines = []
    for clip in clips:
        actions = [
            {"text": a.text, "apl": a.apl, "proactive": a.proactive} for a in clip.actions[:found]
        ]
        if idle and not clip.actions:
            actions = [{"text": "wave", "apl": 0, "proactive": False}]
        lines.append(json.dumps({"clip_id": clip.clip_id, "model": out.name, "actions": actions}))
    file = out.parent / f"{out.name}.jsonl"
    file.write_text("\n".join(lines))
    score_files(file, clips, out, load_embedder(NGRAMS), Options.of(options), bootstrap=0)
    return read_run(out)


@pytest.fixture
def clips(tmp_path: Path) -> ClipSet:
    return write_clips(tmp_path / "set")


def test_differences_are_those_of_the_runs(clips: ClipSet, tmp_path: Path) -> None:
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1, idle=True)
    found = compare_scored(whole, half, bootstrap=400)
    assert found["names"] == ["whole", "half"]
    assert found["n_clips"] == 24
    by_name = {row["name"]: row for rows in found["families"].values() for row in rows}
    f1 = by_name["F1"]
    assert f1["n"] == 20
    assert f1["first"]["value"] == 1.0
    assert f1["second"]["value"] == pytest.approx(2 / 3)
    assert f1["difference"]["value"] == pytest.approx(1 / 3)
    assert by_name["precision"]["difference"]["value"] == 0.0
    assert by_name["precision"]["p"] == 1.0
    actions = by_name["actions found"]
    assert actions["n"] == 40
    assert actions["difference"]["value"] == pytest.approx(0.5)
    # Twenty actions found by one run only: two-sided binomial, 2 * 0.5 ** 20.
    assert actions["mcnemar"]["only_first"] == 20
    assert actions["mcnemar"]["p_value"] == pytest.approx(2 * 0.5**20)
    assert by_name["acted where nothing is called for"]["second"]["value"] == 1.0
    assert by_name["acted where nothing is called for"]["n"] == 4
    swapped = compare_scored(half, whole, bootstrap=400)
    other = {row["name"]: row for rows in swapped["families"].values() for row in rows}
    assert other["F1"]["difference"]["value"] == pytest.approx(-1 / 3)


def test_a_run_compared_with_itself_differs_nowhere(clips: ClipSet, tmp_path: Path) -> None:
    run = write_run(clips, tmp_path / "run", found=1)
    for rows in compare_scored(run, run, bootstrap=100)["families"].values():
        for row in rows:
            assert row["difference"]["value"] == 0.0, row["name"]
            assert row["p_adjusted"] == 1.0, row["name"]


def test_p_values_are_adjusted_within_a_family(clips: ClipSet, tmp_path: Path) -> None:
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1)
    rows = compare_scored(whole, half, bootstrap=1000)["families"]["classes"]
    assert len(rows) == 4
    least = min(row["p"] for row in rows)
    assert least == pytest.approx(2 / 1001)
    assert min(row["p_adjusted"] for row in rows) == pytest.approx(4 * least)


def test_what_cannot_be_compared_is_refused(clips: ClipSet, tmp_path: Path) -> None:
    run = write_run(clips, tmp_path / "run", found=1)
    strict = write_run(clips, tmp_path / "strict", found=1, comparison=">")
    with pytest.raises(OptionError, match="different scoring options"):
        compare_scored(run, strict)
    part = ClipSet(clips.root, clips.clips[:10], clips.files, "set")
    some = write_run(part, tmp_path / "some", found=1)
    with pytest.raises(DataError, match=r"14 are in one of them only.*--common"):
        compare_scored(run, some)
    assert compare_scored(run, some, common=True, bootstrap=10)["n_left_out"] == 14
    others = write_clips(tmp_path / "other", count=4)
    foreign = write_run(others, tmp_path / "foreign", found=1)
    rows = json.loads((others.root / "clips_test.jsonl").read_text().splitlines()[0])
    assert rows["clip_id"] == "c00", "same ids, same actions: one set grown"
    assert compare_scored(run, foreign, common=True, bootstrap=10)["n_clips"] == 4
    with pytest.raises(OptionError, match="at least 1 resample"):
        compare_scored(run, run, bootstrap=0)


def test_the_command_prints_tables_and_writes_json(clips: ClipSet, tmp_path: Path) -> None:
    for name, found in (("whole", 2), ("half", 1)):
        write_run(clips, tmp_path / name, found=found)
    folders = [str(tmp_path / "whole"), str(tmp_path / "half")]
    out = tmp_path / "differences.json"
    done = CliRunner().invoke(app, ["compare", *folders, "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert "actions found" in done.output
    assert "+33.3" in done.output
    assert json.loads(out.read_text())[0]["names"] == ["whole", "half"]
    refused = CliRunner().invoke(app, ["compare", *folders, "--out", str(tmp_path / "x.html")])
    assert isinstance(refused.exception, OptionError)
