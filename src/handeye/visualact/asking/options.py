"""What a model is asked about a clip and how the clip is shown to it, as values.

Knows no provider and opens no video; ``conversation`` writes the messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.run.answers import Answer, fingerprint
from handeye.visualact.asking import prompts
from handeye.visualact.scoring.reading.reading import read_actions

VideoInput = Literal["frames", "native"]
Protocol = Literal["one-pass", "two-pass"]
ImageFormat = Literal["jpeg", "png"]
QUALITY = 90
"""Of JPEG pictures, 1 to 100."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How clips are shown and asked about.

    Attributes:
        frames: which frames, and how large.
        video_input: ``frames``, or ``native``: the video file itself.
        protocol: ``one-pass`` asks for actions with levels and types at once; ``two-pass`` asks for
            actions in free text and then, in the same conversation, for their levels and types.
        structured: whether the provider is told the JSON schema of the answer.
        image_format: of the frames.
    """

    frames: FrameChoice = field(default_factory=FrameChoice)
    video_input: VideoInput = "frames"
    protocol: Protocol = "one-pass"
    structured: bool = False
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

    def sha256(self, video: str, config: Mapping[str, Any], turns: Sequence[str] = ()) -> str:
        """Fingerprint of a request.

        Args:
            video: SHA-256 of the video file.
            config: settings of generation that can change the answer.
            turns: what was said after the first question: the answer, the second question.
        """
        content = {
            **self.as_dict(),
            "video": video,
            "parts": [self.question, *turns],
            "config": dict(config),
        }
        return fingerprint(content)


def second_turn(answer: Answer | None) -> tuple[str, str] | None:
    """What follows the first answer of two passes: the answer itself and the second question.

    None where there is nothing to ask about: no answer, no action in it.
    """
    if answer is None or answer.state not in ("answered", "truncated"):
        return None
    found = read_actions(answer.raw_text, plain_lines=True).actions
    if not found:
        return None
    return answer.raw_text, prompts.labelling([action.text for action in found])
