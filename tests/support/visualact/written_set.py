"""A small set of clips for the tests of the respondents; its videos are never opened."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from PIL import Image

from handeye.visualact.asking import prompts
from handeye.visualact.records import SCENARIOS, Action, Clip, clip_line, clips_name

ACTIONS = {
    "navigation": (
        Action("Brake for the person who steps into the road", 4, True, ("Stop the car now",)),
        Action("Sound the horn to warn the pedestrian", 3, True, ("Honk at the person",)),
    ),
    "home": (
        Action("Catch the glass that rolls off the table", 3, True, ("Grab the rolling glass",)),
    ),
    "safety": (
        Action("Put out the burning pan with its lid", 4, False, ("Cover the pan that burns",)),
        Action("Open the window to let the smoke out", 2, False, ("Air the smoky room",)),
        Action("Switch the stove off", 3, True, ("Turn off the cooker",)),
    ),
    "hmi": (),
}


def clips_of(count: int) -> list[Clip]:
    """Clips of all scenarios in turn; those of hmi call for nothing."""
    names = list(SCENARIOS)
    return [
        Clip(
            f"{names[i % 4]}-{i:05d}",
            f"videos/{names[i % 4]}-{i:05d}.mp4",
            names[i % 4],
            ACTIONS[names[i % 4]],
        )
        for i in range(count)
    ]


def written_set(folder: Path, clips: Sequence[Clip]) -> Path:
    """The set on disk, with empty files for videos."""
    (folder / "videos").mkdir(parents=True)
    for clip in clips:
        (folder / clip.video).touch()
    (folder / clips_name("test")).write_bytes(b"".join(clip_line(clip) + b"\n" for clip in clips))
    return folder


def picture(color: str = "#336699", size: tuple[int, int] = (56, 28)) -> bytes:
    """A plain PNG."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def frames_message(
    frames: Sequence[bytes],
    clip_id: str | None,
    question: str = prompts.ELICITATION,
    kind: str = "png",
) -> ChatMessageUser:
    """The user message that shows a clip as frames."""
    urls = [f"data:image/{kind};base64,{base64.b64encode(f).decode()}" for f in frames]
    return ChatMessageUser(
        content=[
            ContentText(text=prompts.frames_note(len(frames))),
            *(ContentImage(image=url) for url in urls),
            ContentText(text=question),
        ],
        metadata={"item_id": clip_id} if clip_id else None,
    )
