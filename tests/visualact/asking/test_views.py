"""Clips that are not shown as they are stored: every reader sees the same, and the run says so."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye.errors import DataError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import take_frames
from handeye.pages.film_strip import film_strip
from handeye.pages.pictures import Album
from handeye.respondents.local.media import video_frames
from handeye.scores.embedder import NGRAMS
from handeye.visualact.asking.run import run_visualact
from handeye.visualact.loader import load
from handeye.visualact.respondents.motion import look
from handeye.visualact.scenes.generation import generate
from handeye.visualact.scenes.verification import verify
from handeye.visualact.scenes.videos import read_coarsely
from tests.support.media import film

ALL = FrameChoice(count=8)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clips") / "set"
    generate(out, seed=5, clips=2, scenarios=["safety"], workers=1)
    return out


def with_videos(clips: Path, out: Path, change: Callable[[Path], object]) -> Path:
    """A copy of a set with another file for its first video, and a row that tells of it."""
    shutil.copytree(clips, out)
    (out / "generation.json").unlink()
    file = out / "clips_test.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    path = out / rows[0]["video"]
    change(path)
    rows[0] |= {"video_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "meta": {}}
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return out


def shown(data: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    settings = {"embedder": NGRAMS, "progress": False, **options}
    run_visualact("handeye/motion", data, out, **settings)
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def lying(path: Path) -> Path:
    """Turned by a quarter, with pixels twice as wide as high."""
    return film(path, frames=8, rotation=(90, False, False), aspect=Fraction(2))


def test_every_reader_sees_what_people_see(clips: Path, tmp_path: Path) -> None:
    path = lying(tmp_path / "a.mp4")
    footage = take_frames(path, ALL)
    upright = footage.frames[0].rgb
    assert upright.shape == (192, 64, 3)
    assert footage.changes == ("turned by 270 degrees", "pixel aspect 2")
    # What lies at the left of the stored frame stands below.
    assert np.abs(upright[-6:, 4].astype(int) - (255, 0, 0)).max() < 12
    sent = video_frames(path.read_bytes(), 8)
    assert all(
        np.array_equal(np.asarray(one.decoded()), frame.rgb)
        for one, frame in zip(sent, footage.frames, strict=True)
    )
    assert look([], [path.read_bytes()]) == look([one.data for one in sent])
    coarse = read_coarsely(path, whole=[0])
    assert (coarse.width, coarse.height) == (64, 192)
    assert np.array_equal(np.asarray(coarse.pictures[0]), upright)
    strip = film_strip("a", path, ALL, Album(10**7, 8))
    assert {(still.width, still.height) for still in strip.stills} == {(64, 192)}


def test_a_run_says_what_was_shown(clips: Path, tmp_path: Path) -> None:
    data = with_videos(clips, tmp_path / "set", lying)
    rows = shown(data, tmp_path / "frames")
    assert (rows[0]["shown"]["width"], rows[0]["shown"]["height"]) == (64, 192)
    assert all("display" not in row["shown"] for row in rows)
    first, second = shown(data, tmp_path / "native", video_input="native")
    assert first["shown"]["display"] == ["turned by 270 degrees", "pixel aspect 2"]
    assert "display" not in second["shown"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_bytes(b""), "the file is empty (0 bytes)"),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), "broken, cut off or no video"),
    ],
)
def test_broken_clips_are_states(
    clips: Path, tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    data = with_videos(clips, tmp_path / "set", change)
    first, second = shown(data, tmp_path / "run")
    assert (first["state"], second["state"]) == ("error", "answered")
    assert words in first["error"]
    assert any(words in problem for problem in verify(data, workers=1).problems)


@pytest.mark.parametrize(
    ("kind", "words", "seen"),
    [
        ("pipe", "no video", "is missing"),
        ("device", "a link that leaves the folder", "link that leaves the folder"),
        ("long", "must be a path inside the set", "must be a path inside the set"),
        ("zero", "must be a path inside the set", "must be a path inside the set"),
    ],
)
def test_what_is_no_file_is_not_there(
    clips: Path, tmp_path: Path, kind: str, words: str, seen: str
) -> None:
    data = tmp_path / "set"
    shutil.copytree(clips, data)
    file = data / "clips_test.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    path = data / rows[0]["video"]
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    rows[0]["video"] = {"long": "x" * 5000 + ".mp4", "zero": "a\0b.mp4"}.get(kind, rows[0]["video"])
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with pytest.raises(DataError, match=words):
        load(data)
    problems = verify(data, workers=1).problems
    assert any(seen in problem for problem in problems), problems
