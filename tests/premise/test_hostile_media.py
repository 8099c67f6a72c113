"""Films and sounds that are broken or made to do harm: told in a line each, in little memory."""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.errors import DataError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import take_frames
from handeye.media.sound import read_sound
from handeye.premise import verify
from tests.support import premise as made
from tests.support.hostile_media import FILMS, NO_FILES, SOUNDS, put

FINE = {
    "films": {
        "one frame",
        "a frame in ten seconds",
        "1,000 frames a second",
        "ten hours, it says",
        "sound on one channel",
        "sound on six channels",
        "sound at 8 kHz",
        "sound at 96 kHz",
    },
    # A length of 4 GiB is what writers leave who do not know it.
    "sounds": {
        "4 GiB, it says",
        "one channel",
        "six channels",
        "8 kHz",
        "24 bits",
        "floats",
        "a film",
    },
}
"""What can be seen and heard, or heard, all the same."""
# What decoding one of them may add to a process, in bytes.
_MOST = 600 << 20


def a_set(folder: Path, what: str, names: Mapping[str, Any]) -> Path:
    """A set of which each clip has one of the media."""
    medium, ending = ("sound", "wav") if what == "sounds" else ("video", "mp4")
    rows = []
    items = made.families(len(names), two=False)
    for number, name in enumerate(names):
        item = next(one for one in items if one.scene_id == f"f{number:03d}")
        path = f"{number}.{ending}"
        fields = {"video": "", medium: path, "prompt_id": "", "statement": name}
        sense = {"modality": "audio" if what == "sounds" else "both"}
        rows.append(made.replace_item(item, **fields, **sense))
        put(folder / path, "no files" if name in NO_FILES else what, name)
    data = b"\n".join(map(msgspec.json.encode, rows)) + b"\n"
    (folder / "premise_test.jsonl").write_bytes(data)
    return folder


@pytest.mark.parametrize("what", ["films", "sounds"])
def test_each_is_told_with_its_row_or_is_fine(tmp_path: Path, what: str) -> None:
    kinds = {**(FILMS if what == "films" else SOUNDS), **NO_FILES}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    found = verify(a_set(tmp_path, what, kinds), workers=1)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before < _MOST
    told = {}
    for problem in found.problems:
        assert "\n" not in problem
        where, _, _ = problem.partition(": clip ")
        told[int(where.rpartition(":")[2]) - 1] = problem
    fine = {name for number, name in enumerate(kinds) if number not in told}
    assert fine == FINE[what]


@pytest.mark.parametrize("name", [*FILMS, *NO_FILES])
def test_a_film_is_seen_and_heard_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.mp4"
    put(path, "no files" if name in NO_FILES else "films", name)
    looks = (lambda: take_frames(path, FrameChoice(count=8)), lambda: read_sound(path))
    for told in filter(None, map(refused, looks)):
        assert str(path) in told
        assert "\n" not in told


def refused(look: Callable[[], object]) -> str:
    """What a refusal says; empty where nothing is refused."""
    try:
        look()
    except DataError as error:
        return str(error)
    return ""
