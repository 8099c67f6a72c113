"""Differences of two runs: against scipy and by hand, and what cannot be compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.errors import DataError, OptionError
from handeye.report import compare
from handeye.scores.compare import Comparison
from handeye.scores.embedder import NGRAMS, load_embedder
from handeye.scores.planning import scenes_needed
from handeye.terminal.comparison import print_comparison
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.records import SCENARIOS, Action, Clip, clip_line
from handeye.visualact.scoring.file_scoring import score_files
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.run_folder import Run, read_run
from handeye.visualact.suite import SUITE

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


def write_run(
    clips: ClipSet,
    out: Path,
    *,
    found: int,
    idle: bool = False,
    fails: bool = False,
    blind: int = 0,
    **options: str,
) -> Run:
    """A run that finds the first ``found`` actions of each clip, none in the first ``blind``;
    ``fails`` where it is idle.
    """
    out.parent.mkdir(exist_ok=True, parents=True)
    lines = []
    for number, clip in enumerate(clips):
        actions = [
            {"text": a.text, "apl": a.apl, "proactive": a.proactive}
            for a in clip.actions[: found if number >= blind else 0]
        ]
        if idle and not clip.actions:
            actions = [{"text": "wave", "apl": 0, "proactive": False}]
        line = {"clip_id": clip.clip_id, "model": out.name, "actions": actions}
        if fails and not clip.actions:
            line |= {"actions": None, "error": "timeout"}
        lines.append(json.dumps(line))
    file = out.parent / f"{out.name}.jsonl"
    file.write_text("\n".join(lines))
    score_files(file, clips, out, load_embedder(NGRAMS), Options.of(options), bootstrap=0)
    return read_run(out)


@pytest.fixture
def clips(tmp_path: Path) -> ClipSet:
    return write_clips(tmp_path / "set")


def compared(*runs: Run, **options: Any) -> Comparison:
    return compare([run.path for run in runs], **{"resamples": 400, **options})


def rows_of(found: Comparison, pair: int = 0) -> dict[str, dict[str, Any]]:
    # A reason has the label of over-acting: the family that comes first counts.
    families = reversed(found["pairs"][pair]["families"])
    return {row["label"]: row for family in families for row in family["rows"]}


def test_differences_are_those_of_the_runs(clips: ClipSet, tmp_path: Path) -> None:
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1, idle=True)
    found = compared(whole, half)
    assert [run["label"] for run in found["runs"]] == ["whole", "half"]
    assert found["n_items"] == found["n_scenes"] == 24
    by_name = rows_of(found)
    f1 = by_name["F1"]
    assert f1["n"] == 20
    assert f1["first"]["value"] == 1.0
    assert f1["second"]["value"] == pytest.approx(2 / 3)
    assert f1["difference"]["value"] == pytest.approx(-1 / 3)
    assert f1["verdict"] == "first_better"
    assert by_name["precision"]["difference"]["value"] == 0.0
    assert by_name["precision"]["p_value"] == 1.0
    actions = by_name["actions found"]
    assert actions["first"]["n"] == 40
    assert actions["difference"]["value"] == pytest.approx(-0.5)
    # Twenty actions found by one run only: two-sided binomial, 2 * 0.5 ** 20.
    tallied = {row["key"]: row for row in found["pairs"][0]["discordance"]}
    assert tallied["all"]["only_first"] == 20
    assert tallied["all"]["p_value"] == pytest.approx(2 * 0.5**20)
    assert tallied["all"]["difference"] == pytest.approx(-0.5)
    assert tallied["all"]["low"] < -0.5 < tallied["all"]["high"] < 0
    assert tallied["idle"]["only_first"] == 4
    acted = by_name["acted where nothing is called for"]
    assert acted["second"]["value"] == 1.0
    assert acted["n"] == 4
    assert acted["sense"] == "share"
    swapped = rows_of(compared(half, whole))
    assert swapped["F1"]["difference"]["value"] == pytest.approx(1 / 3)
    sentence = found["pairs"][0]["sentences"][0]
    assert sentence.startswith("half scores 33.3 points lower in F1 ")
    assert sentence.endswith("than whole (VisualActBench, 20 of 24 clips, paired).")


def test_a_ratio_is_one_of_sums(clips: ClipSet, tmp_path: Path) -> None:
    """Proactive actions lie unevenly over the clips: the share is of actions, not of clips."""
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1)
    row = rows_of(compared(whole, half))["proactive ones"]
    wanted = [(k, a) for c in clips for k, a in enumerate(c.actions) if a.proactive]
    share = sum(k == 0 for k, _ in wanted) / len(wanted)
    assert row["second"]["value"] == pytest.approx(share)
    assert row["second"]["n"] == len(wanted)


def test_a_figure_that_one_run_lacks_leaves_the_clip_to_others(
    clips: ClipSet, tmp_path: Path
) -> None:
    """Two runs act on idle clips, one does not: each pair has the clips that both have."""
    quiet = write_run(clips, tmp_path / "quiet", found=1)
    acting = [write_run(clips, tmp_path / name, found=1, idle=True) for name in ("x", "y")]
    found = compared(quiet, *acting, all_pairs=True)
    assert [rows_of(found, pair)["F1"]["n"] for pair in range(3)] == [20, 20, 24]
    alone = rows_of(compared(*acting))["F1"]
    assert rows_of(found, 2)["F1"]["difference"] == alone["difference"]


def test_a_clip_without_an_answer_shows_no_restraint(clips: ClipSet, tmp_path: Path) -> None:
    acting = write_run(clips, tmp_path / "acting", found=1, idle=True)
    quiet = write_run(clips, tmp_path / "quiet", found=1)
    failing = write_run(clips, tmp_path / "failing", found=1, fails=True)
    found = compared(acting, quiet, failing)
    families = [
        {family["key"]: family["rows"] for family in pair["families"]} for pair in found["pairs"]
    ]
    (row,) = families[0]["over_acting"]
    assert (row["n"], row["first"]["value"], row["second"]["value"]) == (4, 1.0, 0.0)
    assert families[1]["over_acting"] == [], "no idle clip that both runs answered"
    for pair in found["pairs"]:
        assert "idle" not in {units["key"] for units in pair["discordance"]}
    alone = compared(acting, quiet)["pairs"][0]["discordance"]
    assert {units["key"]: units["n"] for units in alone}["idle"] == 4
    own = failing.summary["over_acting"]["acted_on_idle"]
    assert own["value"] is None, "score says the same"


def test_the_terminal_names_the_clips_that_a_row_is_about(
    clips: ClipSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    quiet = write_run(clips, tmp_path / "quiet", found=1)
    acting = write_run(clips, tmp_path / "acting", found=2, idle=True)
    print_comparison(compared(quiet, acting), all_rows=True)
    shown = capsys.readouterr().out
    lines = [line.strip() for line in shown.splitlines()]
    below = {lines[k + 1] for k, line in enumerate(lines) if line.startswith("F1 ")}
    assert below == {"20 of 24 clips"}
    after = next(k for k, line in enumerate(lines) if line.startswith("actions found "))
    assert " of 24 clips" not in lines[after + 1], "it is about every clip that calls for something"
    print_comparison(compared(acting, acting), all_rows=True)
    assert " of 24 clips" not in capsys.readouterr().out


def test_a_run_compared_with_itself_differs_nowhere(clips: ClipSet, tmp_path: Path) -> None:
    run = write_run(clips, tmp_path / "run", found=1)
    found = compared(run, run, resamples=100)
    for name, row in rows_of(found).items():
        assert row["difference"]["value"] == 0.0, name
        assert row["p_adjusted"] == 1.0, name
        assert row["verdict"] == "none", name
    labels = [run["label"] for run in found["runs"]]
    assert len(set(labels)) == 2
    assert "match and miss exactly the same actions" in found["pairs"][0]["sentences"][0]


def test_p_values_are_adjusted_within_a_family(clips: ClipSet, tmp_path: Path) -> None:
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1)
    found = compared(whole, half, resamples=1000)
    rows = next(f for f in found["pairs"][0]["families"] if f["key"] == "classes")["rows"]
    assert len(rows) == 4
    least = min(row["p_value"] for row in rows)
    # Six clips of a class differ, all the same way: an exact test of signs, 2 * 0.5 ** 6.
    assert least == pytest.approx(2 * 0.5**6)
    assert min(row["p_adjusted"] for row in rows) == pytest.approx(4 * least)


def test_what_cannot_be_compared_is_refused(clips: ClipSet, tmp_path: Path) -> None:
    run = write_run(clips, tmp_path / "run", found=1)
    strict = write_run(clips, tmp_path / "strict", found=1, comparison=">")
    with pytest.raises(OptionError, match="different scoring options"):
        compared(run, strict)
    part = ClipSet(clips.root, clips.clips[:10], clips.files, "set")
    some = write_run(part, tmp_path / "some", found=1)
    with pytest.raises(DataError, match=r"14 clips of run are missing in some.*--common"):
        compared(run, some)
    common = compared(run, some, common=True)
    assert common["runs"][0]["left_out"] == 14
    assert "Only the 10 clips that all runs have" in common["notes"][-1]
    others = write_clips(tmp_path / "other", count=4)
    foreign = write_run(others, tmp_path / "foreign", found=1)
    rows = json.loads((others.root / "clips_test.jsonl").read_text().splitlines()[0])
    assert rows["clip_id"] == "c00", "same ids, same actions: one set grown"
    grown = compared(run, foreign, common=True)
    assert grown["n_items"] == 4
    assert "not the same to the byte" in grown["notes"][0]
    with pytest.raises(OptionError, match="at least 100"):
        compared(run, run, resamples=99)
    with pytest.raises(OptionError, match="two runs"):
        compared(run)


def test_another_clip_under_the_same_id_is_an_error(clips: ClipSet, tmp_path: Path) -> None:
    run = write_run(clips, tmp_path / "run", found=1)
    turned = [
        msgspec.structs.replace(clip, actions=clip.actions[::-1], scenario="home") for clip in clips
    ]
    root = shutil.copytree(clips.root, tmp_path / "turned")
    (root / "clips_test.jsonl").write_bytes(b"".join(clip_line(c) + b"\n" for c in turned))
    changed = ClipSet(root, tuple(turned), (root / "clips_test.jsonl",), "set")
    other = write_run(changed, tmp_path / "other", found=1)
    with pytest.raises(DataError, match=r"clips are not the same .*scenario, actions.*same set"):
        compared(run, other)


def test_scenes_are_clips_here(clips: ClipSet, tmp_path: Path) -> None:
    whole = write_run(clips, tmp_path / "whole", found=2)
    half = write_run(clips, tmp_path / "half", found=1, blind=9)
    wide, narrow = (scenes_needed(SUITE, points, [half]) for points in (0.06, 0.03))
    assert [row.label for row in wide][:2] == ["F1", "precision"]
    for one, four in zip(wide, narrow, strict=True):
        assert one.scenes is not None
        assert four.scenes is not None
        assert one.scenes <= four.scenes <= max(4 * one.scenes, 2)
    paired = scenes_needed(SUITE, 0.05, [whole, half])
    assert len(paired) == len(wide)


def test_no_p_value_is_below_what_so_few_clips_allow(tmp_path: Path) -> None:
    """Where k clips can differ, two-sided 2 ** (1 - k); a bootstrap of 4 clips would say .0004."""
    clips = write_clips(tmp_path / "few", 12)
    one = write_run(clips, tmp_path / "none", found=0)
    two = write_run(clips, tmp_path / "all", found=12, idle=True)
    found = compared(one, two)
    least = 1.0
    for family in found["pairs"][0]["families"]:
        for row in family["rows"]:
            if row["p_value"] is not None:
                least = min(least, row["p_value"])
                assert row["p_value"] >= 2.0 ** (1 - row["n"])
                assert row["verdict"] == "none" or row["n"] > 5
    assert least < 0.05
