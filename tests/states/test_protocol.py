"""``handeye protocol gap``: planned from a timing, done stage by stage, gone on with, refused."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.cli import main
from handeye.cli.protocol import Protocol
from handeye.errors import DataError, OptionError
from handeye.states.protocol import Analysis, Fixed, part, smallest
from handeye.suites import get

LETTERS = Fixed(sites="last", targets=("premise",), letters=True)
CELLS = Fixed(sites="last,grid", targets=("clicked",), letters=False)
TORCH = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("transformers")), reason="needs handeye[local]"
)


def test_hours_become_scenes_and_more_of_them_show_smaller_gaps() -> None:
    one = part(CELLS, 3600, rate=0.5, each=7, seed=1)
    assert one.count == 1028  # 3,600 s at 3.5 s a scene
    assert one.items == 7196
    assert one.seconds == pytest.approx(3598)
    assert one.visible == pytest.approx(2.8016 * (0.25 / 514) ** 0.5, rel=1e-3)
    few, many = smallest(True, 50, 1), smallest(True, 200, 1)
    assert few == pytest.approx(2 * many)
    assert 0.01 < many < 0.15
    assert part(CELLS, 3, rate=0.5, each=7, seed=1).count == 0


def test_the_hash_is_of_all_that_is_fixed_and_of_nothing_else() -> None:
    own = Analysis().sha256({"a": LETTERS, "b": CELLS})
    assert own == Analysis().sha256({"b": CELLS, "a": LETTERS})
    changed = msgspec.structs.replace(LETTERS, made={"level": 1})
    others = {
        Analysis(seed=1).sha256({"a": LETTERS, "b": CELLS}),
        Analysis(alpha=0.1).sha256({"a": LETTERS, "b": CELLS}),
        Analysis().sha256({"a": changed, "b": CELLS}),
        Analysis().sha256({"a": LETTERS}),
    }
    assert len(others) == 4
    assert own not in others


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["handeye", "protocol", "gap", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    lines = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert "Traceback" not in said.err
    return lines[0]


def test_what_cannot_be_looked_into_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gap"
    api = ("--model", "openai/gpt-5.5", "--out", out)
    assert "does not run in this process" in refused(capsys, *api, "--hours", 1)
    ours = ("--model", "handeye/premise-small", "--out", out)
    assert "--hours must be a number above 0" in refused(capsys, *ours, "--hours", 0)
    wide = refused(capsys, *ours, "--hours", 1, "--tokens", "wide")
    assert "--tokens is 'wide'" in wide
    assert not out.exists()
    (tmp_path / "other.txt").write_text("x")
    taken = refused(capsys, "--model", "handeye/premise-small", "--out", tmp_path, "--hours", 1)
    assert "holds something else" in taken
    file = refused(capsys, *ours[:2], "--out", tmp_path / "other.txt", "--hours", 1)
    assert "is no folder" in file
    (out / "x").mkdir(parents=True)
    (out / "x").rmdir()
    (out / "protocol.json").write_text("{}")
    assert "protocol.json: cannot be read" in refused(capsys, *ours, "--hours", 1)


@TORCH
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("handeye/small", "-M", "bogus=1"), "not bogus"),
        (("handeye/hf",), "needs a model"),
        (("handeye/hf", "-M", "path=/no/such/folder"), "is no folder"),
        (("handeye/nosuch",), "no model handeye/nosuch"),
        (("handeye/small", "-M", "path"), "NAME=VALUE"),
    ],
)
def test_a_model_that_cannot_be_asked_is_refused_before_a_scene_is_made(
    words: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made(*_: object) -> None:
        raise AssertionError("a scene was made")

    monkeypatch.setattr("handeye.cli.protocol._generate", made)
    asked = ("--model", *words, "--hours", 1, "--out", tmp_path / "gap")
    assert told in refused(capsys, *asked)
    assert not (tmp_path / "gap").exists()


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few items to time a model on, and few things to ask of states."""
    monkeypatch.setattr("handeye.cli.protocol._TRIED", 1)
    monkeypatch.setattr("handeye.cli.protocol._TIMED", 4)
    small = {"sources": "pixel-content", "grid": "2:4"}
    asked = {"templates": "T3,T4"}
    cued = {"families": "attribute", "cues": "leading"}
    for name, less in (
        ("premise", {"targets": ("premise",)}),
        ("rose", {"targets": ("clicked", "exception"), "made": small, "asked": asked}),
        ("stress", {"targets": ("cue false",), "made": cued}),
    ):
        probed: Any = get(name).probed
        own = probed.get()
        monkeypatch.setattr(own, "fixed", msgspec.structs.replace(own.fixed, **less))


def protocol(model: str, out: Path, **more: Any) -> Protocol:
    few = Analysis(folds=3, flips=0)
    counts = {"premise": 6, "rose": 10, "stress": 6}
    return Protocol(**{
        "model": model, "hours": 0.5, "out": out, "model_arg": (), "tokens": None,
        "analysis": few, "counts": counts, **more,
    })  # fmt: skip


@TORCH
@pytest.mark.parametrize(
    ("model", "suite", "without"),
    [("handeye/premise-small", "premise", "rose"), ("handeye/small", "rose", "premise")],
)
def test_from_sets_to_pages_by_the_models_that_ship(
    model: str, suite: str, without: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gap"
    protocol(model, out).carry_out(False)
    said = capsys.readouterr().out
    assert f"{without}: not applicable to this model" in said
    assert "smallest visible gap" in said
    found = json.loads((out / "gap.json").read_text())
    # What sees can be asked about the pictures of the stress test as well.
    assert list(found["suites"]) == [suite, *(["stress"] if suite == "rose" else [])]
    assert found["analysis_sha256"] == Analysis(folds=3, flips=0).sha256(
        {name: msgspec.convert(one, Fixed) for name, one in found["analysis"]["suites"].items()}
    )
    assert found["versions"]["torch"]
    told = found["suites"][suite]
    assert told["model"]["checkpoint"]
    assert told["answers"]["n_items"] == told["captured"]["items"] > 8
    assert bool(told["probe"]["chain"]) == (suite == "premise")
    # So few families teach no adjuster; that ends nothing, and is said.
    assert told["adjust"] is None
    assert list(found["left_out"]) == [f"{'premise' if suite == 'premise' else 'stress'} adjust"]
    assert bool(told["probe"]["acting"]) == (suite == "rose")
    assert "<html" in (out / f"{suite}.html").read_text()

    # What is there is not made again; a page that is gone is.
    times = {path: path.stat().st_mtime_ns for path in (out / suite / "states").iterdir()}
    (out / f"{suite}.html").unlink()
    (out / "gap.json").unlink()
    protocol(model, out).carry_out(False)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert (out / f"{suite}.html").exists()
    again = json.loads((out / "gap.json").read_text())
    assert again["suites"] == found["suites"]

    for other, word in (
        ({"analysis": Analysis(folds=3, flips=0, seed=1)}, "another analysis"),
        ({"hours": 1.0}, "another hours"),
        ({"model": "handeye/hf"}, "another model"),
    ):
        with pytest.raises(DataError, match=word):
            protocol(**{"model": model, "out": out, **other}).carry_out(False)


@TORCH
def test_a_trial_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "gap"
    protocol("handeye/small", out).carry_out(True)
    assert not out.exists()


@TORCH
def test_too_few_hours_say_how_many_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 7 and 10 items a scene, at half a second each, 40 of the dearer take 200 seconds."""
    monkeypatch.setattr(
        Protocol, "_timed", lambda self, suite, _: (0.5, 7 if suite.name == "rose" else 10)
    )
    out = tmp_path / "gap"
    short = protocol("handeye/small", out, hours=3e-4, counts={})
    with pytest.raises(OptionError) as told:
        short.carry_out(False)
    # What is known without a model comes before it is timed.
    before, _, _ = capsys.readouterr().err.partition("timing the model")
    assert "at least 40 scenes of rose, 40 groups of stress" in before
    assert "no longer than 0.013 s" in before
    assert "rose 2.3 minutes (40 scenes, some 280 items at 0.5 s), stress 3.3 minutes" in str(
        told.value
    )
    (least,) = re.findall(r"at least --hours (\d\.\d\d), shared out evenly over 2", str(told.value))
    assert float(least) == 0.13  # 400 seconds and a tenth
    assert not out.exists()
    protocol("handeye/small", out, hours=float(least), counts={}).carry_out(True)
    assert "smallest visible gap" in capsys.readouterr().out


@TORCH
def test_hours_that_no_model_could_do_with_are_refused_before_any_timing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OptionError, match=r"40 scenes of rose.*no model does that in less than"):
        protocol("handeye/small", tmp_path / "gap", hours=1e-5, counts={}).carry_out(False)
    assert "timing" not in capsys.readouterr().err
