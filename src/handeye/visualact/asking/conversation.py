"""Writes the messages about a clip for Inspect, and holds what is shown while they are sent."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    ContentVideo,
    GenerateConfig,
    ResponseSchema,
)
from inspect_ai.util import JSONSchema

from handeye.media.frame_loader import FrameLoader, Shown
from handeye.media.frames import FrameChoice, FrameError, take_frames
from handeye.visualact.asking import prompts
from handeye.visualact.asking.options import Asking

# A whole video weighs as much as hundreds of pictures; this many are held at a time.
MOST_VIDEOS = 16
_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mpg": "mpeg", ".mpeg": "mpeg"}


@dataclass(frozen=True, slots=True)
class Showing:
    """What a model is shown of one clip, and what is remembered of it."""

    content: tuple[Content, ...]
    note: dict[str, Any]


class Projector:
    """Shows clips, a bounded number of them at a time.

    Args:
        asking: frames or the whole video.
        limit: clips held at a time; whoever comes later waits. Of whole videos at most
            :data:`MOST_VIDEOS` are held.
    """

    def __init__(self, asking: Asking, limit: int) -> None:
        self._asking = asking
        self._limit = limit
        self._loader = FrameLoader(asking.frames, limit=limit, image_format=asking.image_format)
        self._places: anyio.CapacityLimiter | None = None

    @asynccontextmanager
    async def clip(self, path: Path) -> AsyncIterator[Showing]:
        """Hold what is shown of a clip until the block is left.

        Raises:
            FrameError: the video cannot be used.
        """
        if self._asking.video_input == "frames":
            async with self._loader.clip(path) as shown:
                yield _frames(shown)
            return
        if self._places is None:
            self._places = anyio.CapacityLimiter(min(self._limit, MOST_VIDEOS))
        place = object()
        await self._places.acquire_on_behalf_of(place)
        try:
            yield await to_thread.run_sync(_whole_video, path)
        finally:
            self._places.release_on_behalf_of(place)


def _frames(shown: Shown) -> Showing:
    pictures = [
        ContentImage(image=_data_url(picture, shown.media_type)) for picture in shown.pictures
    ]
    text = ContentText(text=prompts.frames_note(len(pictures)))
    note = {
        "input": "frames",
        "seconds": list(shown.seconds),
        "width": shown.width,
        "height": shown.height,
    }
    return Showing((text, *pictures), note)


def _whole_video(path: Path) -> Showing:
    """The file as it lies; a first frame is taken so that a broken one is told here."""
    first = take_frames(path, FrameChoice(count=1))
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise FrameError(
            f"{path}: {suffix or 'a file without an ending'} cannot be sent as a video; allowed: "
            f"{', '.join(_FORMATS)}. Show frames instead"
        )
    kind = _FORMATS[suffix]
    url = _data_url(path.read_bytes(), f"video/{'quicktime' if kind == 'mov' else kind}")
    note = {
        "input": "native",
        "seconds": [],
        "duration": first.duration,
        "width": first.width,
        "height": first.height,
    }
    return Showing((ContentVideo(video=url, format=kind),), note)  # type: ignore[arg-type]


def _data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def messages(
    clip_id: str, showing: Showing, asking: Asking, turns: Sequence[str] = ()
) -> list[ChatMessage]:
    """The conversation: the clip and the first question, then what was said after it.

    Args:
        clip_id: noted beside the user's messages; providers do not send it.
        showing: what is shown.
        asking: of which the question is taken.
        turns: nothing, or the model's first answer and the second question.
    """
    beside = {"item_id": clip_id}
    question = ContentText(text=asking.question)
    first = ChatMessageUser(content=[*showing.content, question], metadata=beside)
    out: list[ChatMessage] = [first]
    for place, text in enumerate(turns):
        if place % 2:
            out.append(ChatMessageUser(content=text, metadata=beside))
        else:
            out.append(ChatMessageAssistant(content=text))
    return out


def answer_config(asking: Asking, second: bool) -> GenerateConfig | None:
    """The schema of the answer, for a turn that asks for JSON of a provider that takes one."""
    if not asking.structured or (asking.two_pass and not second):
        return None
    schema = prompts.LABELLING_SCHEMA if second else prompts.SCHEMA
    return GenerateConfig(
        response_schema=ResponseSchema(
            name="levels" if second else "actions",
            json_schema=JSONSchema.model_validate(schema),
            strict=True,
        )
    )
