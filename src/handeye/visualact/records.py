"""What the suite reads and writes: clips with their true actions, and predictions about them.

A set is a folder with ``clips_{split}.jsonl`` (one clip a line, the fields of :class:`Clip`) and
the videos at the paths the rows name. This module knows rows, not pictures: whether a video can be
decoded is the business of ``verification``.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from handeye.errors import DataError
from handeye.reading import UNREADABLE, why
from handeye.sets.folder import named_inside
from handeye.shown import Row

SCENARIOS: dict[str, str] = {
    "navigation": "Dynamic Navigation",
    "home": "Home Service",
    "safety": "Safety and Monitoring",
    "hmi": "Human-Machine Interaction",
}
"""Key of a scenario to its title in the paper (arXiv 2512.09907), in the paper's order."""

LARGEST_LEVEL = 4
"""Action Prioritization Levels run from 0 to this."""


class Action(msgspec.Struct, frozen=True):
    """One action that a clip calls for.

    ``apl`` is 0..4; ``proactive`` tells an action that averts or prepares for something still to
    come from one that answers what has happened. ``phrasings`` are other right wordings
    (generated sets only).
    """

    text: str
    apl: int
    proactive: bool
    phrasings: tuple[str, ...] = ()


class Clip(Row, msgspec.Struct, frozen=True):
    """One video with the actions it calls for; no actions where it calls for none.

    ``video`` is a path inside the set, ``scenario`` a key of :data:`SCENARIOS`. ``meta`` of a
    generated clip holds what docs/visualact-data.md lists: seed, events, evidence span in seconds,
    fps, frames, width, height and more.
    """

    clip_id: str
    video: str
    scenario: str
    actions: tuple[Action, ...]
    split: str = "test"
    video_sha256: str = ""
    meta: dict[str, Any] = msgspec.field(default_factory=dict)


class PredictedAction(msgspec.Struct, frozen=True):
    """One action as a model stated it; None where it stated no level or no type."""

    text: str
    apl: int | None = None
    proactive: bool | None = None


class Prediction(msgspec.Struct, frozen=True):
    """What a model said about a clip.

    ``actions`` is None where nothing could be read. ``state`` is answered, empty, refused,
    truncated, error or unreadable. ``losses`` counts what reading the answer lost, by kind.
    ``video_sha256`` is of the video that it was asked about, where that is known.
    """

    clip_id: str
    model: str | None = None
    raw_text: str | None = None
    actions: tuple[PredictedAction, ...] | None = None
    error: Any = None
    state: str = "answered"
    losses: dict[str, int] = msgspec.field(default_factory=dict)
    video_sha256: str | None = None


class _Made(msgspec.Struct):
    """What the ``meta`` of a generated clip tells, as far as anything is made of it."""

    kind: str
    seed: int = 0
    index: Annotated[int, msgspec.Meta(ge=0, le=10**7)] = 0
    backward: bool = False
    twin: str | None = None
    facts: dict[str, Any] = {}
    distractors: tuple[str, ...] = ()
    fps: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 1
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 1
    evidence: tuple[float, float] = (0, 0)


_decoder = msgspec.json.Decoder(Clip)


def read_clip(line: bytes, where: str) -> Clip:
    """Read one row and check it; ``where`` (file and line) goes into the message.

    Raises:
        DataError: not a clip row, or :func:`problems` finds something.
    """
    try:
        clip = _decoder.decode(line)
    except UNREADABLE as error:
        raise DataError(f"{where}: not a clip row: {why(error)}") from None
    if found := problems(clip):
        raise DataError(f"{where}: clip {clip.clip_id or '-'}: {found[0]}")
    return clip


def problems(clip: Clip) -> list[str]:
    """Everything about a row that is not as it should be, in words; the video is not touched."""
    found: list[str] = []
    if "\n" in clip.clip_id or not clip.clip_id.strip():
        found.append("clip_id is empty or has several lines")
    if clip.scenario not in SCENARIOS:
        found.append(f"scenario {clip.scenario!r} is not known; allowed: {', '.join(SCENARIOS)}")
    if not clip.video.strip():
        found.append("video is empty; give its path inside the set")
    else:
        try:
            named_inside(clip.video, "video")
        except DataError:
            found.append(f"video {clip.video[:80]!r} must be a path inside the set")
    if not clip.split.strip():
        found.append("split is empty")
    for place, action in enumerate(clip.actions, 1):
        found += _action_problems(action, place)
    texts = [action.text.strip().lower() for action in clip.actions]
    for text in sorted({text for text in texts if text and texts.count(text) > 1}):
        found.append(f"action {text!r} is there twice")
    if "kind" in clip.meta:
        try:
            msgspec.convert(clip.meta, _Made)
        except msgspec.ValidationError as error:
            found.append(f"meta: {error}")
    return found


def _action_problems(action: Action, place: int) -> list[str]:
    found: list[str] = []
    if not action.text.strip():
        found.append(f"action {place} has no text")
    if not 0 <= action.apl <= LARGEST_LEVEL:
        found.append(f"action {place} has apl {action.apl}; levels are 0 to {LARGEST_LEVEL}")
    if any(not phrasing.strip() for phrasing in action.phrasings):
        found.append(f"action {place} has an empty phrasing")
    return found


def clip_line(clip: Clip) -> bytes:
    """The row of a clip, without a line end."""
    return msgspec.json.encode(clip)


def clips_name(split: str) -> str:
    """Name of the file that holds the clips of a split."""
    return f"clips_{split}.jsonl"
