"""Sets on disk for tests of files and commands; the videos are there and never opened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from handeye.visualact.records import (
    SCENARIOS,
    Action,
    Clip,
    PredictedAction,
    clip_line,
    clips_name,
)

# Two right wordings of each deed, as far apart as people say things.
DEEDS = (
    ("Brake for the pedestrian", "Stop the car, someone is crossing"),
    ("Turn off the stove", "Switch the burner off"),
    ("Call an ambulance", "Phone for medical help"),
    ("Hand over the cup", "Give the person their cup"),
)


def make_clips(count: int = 24) -> list[Clip]:
    """Clips of all scenarios in turn with two actions; every sixth calls for nothing."""
    clips = []
    for number in range(count):
        scenario = list(SCENARIOS)[number % 4]
        name = f"{scenario}-{number:05d}"
        first, second = DEEDS[number % 4][0], DEEDS[(number + 1) % 4][0]
        actions = (Action(first, 4, True), Action(second, 2, False)) if number % 6 else ()
        clips.append(Clip(name, f"videos/{name}.mp4", scenario, actions))
    return clips


def write_clips(folder: Path, clips: Iterable[Clip]) -> Path:
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    found = list(clips)
    for clip in found:
        (folder / clip.video).write_bytes(b"never opened")
    (folder / clips_name("test")).write_bytes(b"".join(clip_line(one) + b"\n" for one in found))
    return folder


def write_answers(
    path: Path, clips: Iterable[Clip], model: str = "good/one", *, second: bool = False
) -> Path:
    """Each clip's first deed in other words, and something nobody called for.

    With ``second`` the other deed instead, in the very words of the set.
    """
    lines = []
    for clip in clips:
        number = int(clip.clip_id.rpartition("-")[2])
        text = DEEDS[(number + 1) % 4][0] if second else DEEDS[number % 4][1]
        actions = [PredictedAction(text, 3, True), PredictedAction("Wave at the moon", 1, False)]
        kinds = {True: "proactive", False: "reactive"}
        entries = [
            {"action": one.text, "apl": one.apl, "type": kinds[one.proactive is True]}
            for one in actions
        ]
        raw = json.dumps({"actions": entries})
        lines.append(json.dumps({"clip_id": clip.clip_id, "model": model, "raw_text": raw}) + "\n")
    path.write_text("".join(lines), "utf-8")
    return path
