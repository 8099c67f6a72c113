"""A small set of clips with real videos (a square that moves), and runs whose faults are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np

from handeye.media.frames import FrameChoice, take_frames
from handeye.scores.embedder import load_embedder
from handeye.sets.draw import Draw
from handeye.visualact.loader import load
from handeye.visualact.records import SCENARIOS, Action, Clip, clip_line
from handeye.visualact.scoring.file_scoring import score_files

FPS, FRAMES, SIZE = 10, 30, (160, 96)
Respond = Callable[[Clip], dict[str, object] | None]

_TRUTH: dict[str, tuple[Action, ...]] = {
    "navigation": (
        Action("Brake hard for the pedestrian behind the van", 4, True, ("Stop for the person",)),
        Action("Sound the horn to warn the cyclist", 2, False),
    ),
    "home": (
        Action("Turn off the stove before the pan catches fire", 3, True),
        Action("Pick up the toy from the floor", 1, False),
        Action("Close the window because rain comes in", 2, True),
    ),
    "safety": (Action("Call the fire brigade because of the smoke", 4, False),),
    "hmi": (
        Action("Hand over the cup that the person reaches for", 2, True),
        Action("Switch off the light in the empty room", 0, False),
    ),
}


def write_video(path: Path, shade: int, *, backward: bool = False) -> None:
    """A pale square that crosses a ground of one shade, from the left or from the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(FRAMES):
            step = FRAMES - 1 - number if backward else number
            picture = np.full((SIZE[1], SIZE[0], 3), (40, shade, 90), np.uint8)
            picture[30:60, step * 4 : step * 4 + 30] = (240, 230, 120)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def make_clips(root: Path, each: int = 6) -> Path:
    """A set: in each class every third clip calls for nothing, and the last two are twins."""
    rows = []
    for scenario in SCENARIOS:
        for index in range(each):
            clip_id = f"{scenario}-{index:05d}"
            idle, motion = index % 3 == 2, index >= each - 2
            actions = () if idle and not motion else _TRUTH[scenario]
            if motion and index % 2:
                actions = actions[:1]
            backward = motion and index == each - 1
            write_video(root / "videos" / f"{clip_id}.mp4", 60 + 20 * index, backward=backward)
            meta: dict[str, Any] = {
                "kind": "crossing",
                "backward": backward,
                "motion_only": motion,
                "idle": not actions,
                "evidence": [0.8, 2.2],
                "seconds": FRAMES / FPS,
            }
            clip = Clip(clip_id, f"videos/{clip_id}.mp4", scenario, actions, meta=meta)
            rows.append(clip_line(clip))
    (root / "clips_test.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    return root


def entry(text: str, apl: int | None, kind: str | None) -> dict[str, object]:
    """One proposed action as a model writes it."""
    found: dict[str, object] = {"action": text}
    return found | ({"apl": apl} if apl is not None else {}) | ({"type": kind} if kind else {})


def answer(*entries: Mapping[str, object]) -> dict[str, object]:
    """A row with an answer in JSON."""
    return {"raw_text": json.dumps({"actions": list(entries)})}


def right(clip: Clip) -> dict[str, object]:
    """The truth."""
    return answer(
        *(entry(a.text, a.apl, "proactive" if a.proactive else "reactive") for a in clip.actions)
    )


FAULTS = {
    "navigation-00000": "prose",
    "navigation-00001": "hostile",
    "navigation-00002": "invented",
    "navigation-00005": "refused",
    "home-00000": "level",
    "home-00001": "near",
    "home-00003": "extra",
    "home-00004": "error",
    "safety-00001": "near",
    "safety-00003": "extra",
    "hmi-00000": "near",
    "hmi-00001": "short",
    "hmi-00003": "extra",
    "hmi-00004": "type",
}
REASONS = {
    "prose": "unreadable",
    "refused": "unreadable",
    "error": "unreadable",
    "hostile": "missed-urgent",
    "invented": "invented",
    "level": "wrong-level",
    "short": "missed",
    "extra": "extra",
    "type": "wrong-type",
}
"""The reason each fault must be given; ``near`` is one only where nothing urgent is missed."""
_HALVES = {
    "home": "Turn off the stove at some later point of time",
    "safety": "Call the fire at some later point of time",
    "hmi": "Hand over the cup at some later point of time",
}


def faulty(clip: Clip) -> dict[str, object]:
    """Right but for :data:`FAULTS`, which has every kind of fault."""
    fault = FAULTS.get(clip.clip_id)
    own = [entry(a.text, a.apl, "proactive" if a.proactive else "reactive") for a in clip.actions]
    if fault is None:
        return answer(*own)
    first = clip.actions[0] if clip.actions else None
    rows: dict[str, Callable[[], dict[str, object]]] = {
        "prose": lambda: {"raw_text": "The scene shows a square that moves over some ground."},
        "refused": lambda: {"raw_text": "I cannot help with that.", "state": "refused"},
        "error": lambda: {"raw_text": None, "error": "timeout"},
        "invented": lambda: answer(entry("Watch out and clean everything up", 3, "proactive")),
        "hostile": lambda: answer(entry("<script>document.title='pwned'</script>", 2, None)),
        "short": lambda: answer(*own[:1]),
        "extra": lambda: answer(*own, entry("Wait and see what else comes", None, "proactive")),
    }
    if first is not None:
        kind = "reactive" if first.proactive else "proactive"
        stated = "proactive" if first.proactive else "reactive"
        rows["level"] = lambda: answer(entry(first.text, 0, stated), *own[1:])
        rows["type"] = lambda: answer(entry(first.text, first.apl, kind), *own[1:])
        rows["near"] = lambda: answer(entry(_HALVES[clip.scenario], first.apl, stated), *own[1:])
    return rows[fault]()


def lazy(clip: Clip) -> dict[str, object]:
    """The same for every clip, whatever is shown."""
    return answer(entry("Turn off the stove before the pan catches fire", 2, "proactive"))


def make_run(
    data: Path,
    out: Path,
    respond: Respond,
    model: str,
    *,
    frames: int = 8,
    shown: bool = True,
    info: Mapping[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Answer the clips of ``data`` and score the answers into ``out`` with the letters embedder."""
    clips, choice = load(data), FrameChoice(count=frames, longest_side=None)
    rows = []
    for clip in clips:
        found = respond(clip)
        if found is None:
            continue
        row = {"clip_id": clip.clip_id, "model": model, **found}
        if shown:
            footage = take_frames(clips.video_path(clip), choice)
            seconds = [frame.seconds for frame in footage.frames]
            row["shown"] = {"input": "frames", "seconds": seconds, "width": 160, "height": 96}
        rows.append(json.dumps(row))
    out.parent.mkdir(parents=True, exist_ok=True)
    predictions = out.with_name(out.name + ".predictions.jsonl")
    predictions.write_text("\n".join(rows) + "\n")
    known = {
        "model": model,
        "frames": choice.as_dict(),
        "video_input": "frames",
        "protocol": "one-pass",
        "structured": False,
        "prompt_version": "visualact-1",
    }
    score_files(
        predictions,
        clips,
        out,
        load_embedder("test:char-ngrams"),
        run_info={**known, **(info or {})},
        bootstrap=options.pop("bootstrap", 200),
        **options,
    )
    return out


def make_ablation(data: Path, out: Path, model: str, counts: tuple[int, ...]) -> Path:
    """One run a number of frames; with one frame, every motion-only clip is misunderstood."""

    def respond_with(count: int) -> Respond:
        def respond(clip: Clip) -> dict[str, object]:
            blind = (
                clip.meta["motion_only"] and Draw(count, "blind", clip.clip_id).below(count) == 0
            )
            return lazy(clip) if blind else faulty(clip)

        return respond

    for count in counts:
        make_run(data, out / f"frames-{count}", respond_with(count), model, frames=count)
    (out / "ablation.json").write_text(
        json.dumps(
            {
                "suite": "visualact",
                "axis": "frames",
                "model": model,
                "runs": [{"frames": n, "folder": f"frames-{n}"} for n in counts],
            }
        )
    )
    return out
