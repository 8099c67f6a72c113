"""What a model is asked about a clip, and how the clip is shown to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args, get_type_hints

from handeye.errors import DataError, OptionError
from handeye.hashing import file_sha256
from handeye.media.frame_choice import FrameChoice
from handeye.media.frame_loader import FrameLoader
from handeye.media.frames import FrameError, take_frames
from handeye.media.sent import data_url
from handeye.printing import tell
from handeye.reading import read_bytes
from handeye.run.answers import Answer
from handeye.run.questions import Media, Opening, PictureLoad, Question, Turn
from handeye.visualact.asking import prompts
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.records import Clip
from handeye.visualact.scoring.reading.predictions import actions_said

if TYPE_CHECKING:
    from inspect_ai.model import Content, GenerateConfig

VideoInput = Literal["frames", "native"]
Protocol = Literal["one-pass", "two-pass"]
ImageFormat = Literal["jpeg", "png"]

# What Inspect's providers take, read in inspect_ai 0.3.285: which send ``ContentVideo`` on, and
# which honour ``GenerateConfig.response_schema``. A provider that is not named here is shown
# frames, and is told no schema unless it is asked for.
_TAKE_VIDEO = frozenset({"google", "handeye"})
_TAKE_SCHEMA = frozenset(
    {
        *("anthropic", "azureai", "bedrock", "google", "grok", "groq", "mistral", "openai"),
        *("openai-api", "openrouter", "sagemaker", "sglang", "vllm"),
    }
)
# A whole video weighs as much as hundreds of pictures; this many are held at a time.
_MOST_VIDEOS = 16
_VIDEO_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mpg": "mpeg", ".mpeg": "mpeg"}
# Characters of one action with its level and type in the answer's JSON.
_MARKUP = 44


@dataclass(frozen=True, slots=True)
class Asking:
    """How clips are shown and asked about.

    Attributes:
        frames: which frames, and how large.
        video_input: ``frames``, or ``native``: the video file itself.
        protocol: ``one-pass`` asks for actions with levels and types at once; ``two-pass`` asks for
            actions in free text and then, in the same conversation, for their levels and types.
        structured: whether the provider is told the JSON schema of the answer; None: where it is
            known to take one.
        image_format: of the frames.
    """

    frames: FrameChoice = field(default_factory=FrameChoice)
    video_input: VideoInput = "frames"
    protocol: Protocol = "one-pass"
    structured: bool | None = None
    image_format: ImageFormat = "jpeg"

    def __post_init__(self) -> None:
        """Refuse values that are not allowed.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        hints = get_type_hints(Asking)
        for name in ("video_input", "protocol", "image_format"):
            allowed, found = get_args(hints[name]), getattr(self, name)
            if found not in allowed:
                raise OptionError(f"{name} must be one of {', '.join(allowed)}; got {found!r}")

    @property
    def two_pass(self) -> bool:
        """Whether levels and types are asked for in a second turn."""
        return self.protocol == "two-pass"

    @property
    def question(self) -> str:
        """The words of the first turn."""
        return prompts.FREE_ELICITATION if self.two_pass else prompts.ELICITATION

    @property
    def scenes_held(self) -> int | None:
        """Whole videos that are held at a time; frames weigh little."""
        return _MOST_VIDEOS if self.video_input == "native" else None

    @property
    def sends(self) -> frozenset[str]:
        """Frames are pictures."""
        return frozenset({"video" if self.video_input == "native" else "image"})

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what makes two runs ask the same."""
        shown: dict[str, Any] = {"video_input": self.video_input}
        if self.video_input == "frames":
            shown |= {"frames": self.frames.as_dict(), "image_format": self.image_format}
        return {
            **shown,
            "protocol": self.protocol,
            "structured": self.structured,
            "prompt_version": prompts.VERSION,
        }

    def fitted(self, model: str) -> Self:
        """The asking as the model's provider can take it; a change is told on stderr."""
        provider = model.partition("/")[0]
        video_input = self.video_input
        if video_input == "native" and provider not in _TAKE_VIDEO:
            tell(
                f"note: the provider {provider} is not known to take videos; frames are "
                "shown instead, and the run says so"
            )
            video_input = "frames"
        structured = provider in _TAKE_SCHEMA if self.structured is None else self.structured
        return replace(self, video_input=video_input, structured=structured)

    def questions(self, clips: ClipSet) -> Iterator[Question]:
        """One question a clip, with the first turn."""
        config = self._config(second=False)
        for clip in clips:
            path = clips.video_path(clip)
            video = Media(path, "video", file_sha256(path), partial(self._pictures, path))
            yield Question(
                clip.clip_id,
                clip.clip_id,
                {**self.as_dict(), "video": video.sha256, "parts": [self.question]},
                (video,),
                partial(self._opening, clip, video),
                config=config,
                likely=self._likely(clip),
            )

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        """Of two passes the second: levels and types of the actions in the first answer.

        None where there is nothing to ask about: no action, or an answer that is none.
        """
        if not self.two_pass or asked.turns or not (found := actions_said(answer)):
            return None
        turns = (answer.raw_text, prompts.labelling([action.text for action in found]))
        return replace(
            asked,
            identity={**asked.identity, "parts": [self.question, *turns]},
            turns=turns,
            config=self._config(second=True),
        )

    def _likely(self, clip: Clip) -> tuple[Turn, ...]:
        answered = sum(len(action.text) + _MARKUP for action in clip.actions)
        first = Turn(len(self.question), answered)
        if not self.two_pass:
            return (first,)
        second = prompts.labelling([action.text for action in clip.actions])
        return first, Turn(len(second), answered)

    def _config(self, second: bool) -> GenerateConfig | None:
        """The schema of the answer, for a turn that asks for JSON of a provider that takes one."""
        if not self.structured or (self.two_pass and not second):
            return None
        from inspect_ai.model import GenerateConfig, ResponseSchema
        from inspect_ai.util import JSONSchema

        schema = prompts.LABELLING_SCHEMA if second else prompts.SCHEMA
        return GenerateConfig(
            response_schema=ResponseSchema(
                name="levels" if second else "actions",
                json_schema=JSONSchema.model_validate(schema),
                strict=True,
            )
        )

    def _opening(self, clip: Clip, video: Media) -> Opening:
        """The clip and the question, and beside them the clip's id, which no provider sends.

        Raises:
            DataError: the video cannot be used, or is not the one that the row was written for: the
                gold is of another.
        """
        from inspect_ai.model import ChatMessageUser, ContentText

        expected = clip.video_sha256 or video.sha256
        if expected != video.sha256:
            raise DataError(
                f"{video.path}: SHA-256 is {video.sha256[:16]}..., the row of clip {clip.clip_id} "
                f"says {expected[:16]}...; the video was changed or damaged"
            )
        show = _whole_video if self.video_input == "native" else self._frames
        content, note = show(video.path)
        message = ChatMessageUser(
            content=[*content, ContentText(text=self.question)],
            metadata={"item_id": clip.clip_id},
        )
        return Opening([message], note)

    def _loader(self) -> FrameLoader:
        return FrameLoader(self.frames, image_format=self.image_format)

    def _frames(self, path: Path) -> tuple[list[Content], dict[str, Any]]:
        from inspect_ai.model import ContentImage, ContentText

        shown = self._loader().shown(path)
        pictures = [
            ContentImage(image=data_url(picture, shown.media_type)) for picture in shown.pictures
        ]
        note = {
            "input": "frames",
            "seconds": list(shown.seconds),
            "width": shown.width,
            "height": shown.height,
        }
        return [ContentText(text=prompts.frames_note(len(pictures))), *pictures], note

    def _pictures(self, path: Path) -> list[PictureLoad]:
        """The frames as they are sent; of a whole video each stands for a part of the file."""
        shown = self._loader().shown(path)
        sizes = [len(picture) for picture in shown.pictures]
        if self.video_input == "native":
            sizes = [round(path.stat().st_size / len(sizes))] * len(sizes)
        return [PictureLoad(shown.width, shown.height, size) for size in sizes]


def _whole_video(path: Path) -> tuple[list[Content], dict[str, Any]]:
    """The file as it lies; a first frame is taken so that a broken one is told here."""
    from inspect_ai.model import ContentVideo

    first = take_frames(path, FrameChoice(count=1))
    suffix = path.suffix.lower()
    if suffix not in _VIDEO_FORMATS:
        raise FrameError(
            f"{path}: {suffix or 'a file without an ending'} cannot be sent as a video; allowed: "
            f"{', '.join(_VIDEO_FORMATS)}. Show frames instead"
        )
    kind = _VIDEO_FORMATS[suffix]
    url = data_url(read_bytes(path), f"video/{'quicktime' if kind == 'mov' else kind}")
    note = {
        "input": "native",
        "seconds": [],
        "duration": first.duration,
        "width": first.width,
        "height": first.height,
        # The file goes out as it lies: whoever decodes it has to do this to show it.
        **({"display": list(first.changes)} if first.changes else {}),
    }
    return [ContentVideo(video=url, format=kind)], note  # type: ignore[arg-type]
