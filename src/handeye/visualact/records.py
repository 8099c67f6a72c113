"""What the suite reads and writes: clips with their true actions, and predictions about them.

A set is a folder with ``clips_{split}.jsonl`` (one clip a line, the fields of :class:`Clip`) and
the videos at the paths the rows name. This module knows rows, not pictures: whether a video can be
decoded is the business of ``verification``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.hashing import is_regular

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


class Clip(msgspec.Struct, frozen=True):
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
    """

    clip_id: str
    model: str | None = None
    raw_text: str | None = None
    actions: tuple[PredictedAction, ...] | None = None
    error: Any = None
    state: str = "answered"
    losses: dict[str, int] = msgspec.field(default_factory=dict)


_decoder = msgspec.json.Decoder(Clip)


def read_clip(line: bytes, where: str) -> Clip:
    """Read one row and check it; ``where`` (file and line) goes into the message.

    Raises:
        DataError: not a clip row, or :func:`problems` finds something.
    """
    try:
        clip = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: not a clip row: {error}") from None
    if found := problems(clip):
        raise DataError(f"{where}: clip {clip.clip_id or '-'}: {found[0]}")
    return clip


def problems(clip: Clip) -> list[str]:
    """Everything about a row that is not as it should be, in words; the video is not touched."""
    found: list[str] = []
    if not clip.clip_id.strip():
        found.append("clip_id is empty")
    if clip.scenario not in SCENARIOS:
        found.append(f"scenario {clip.scenario!r} is not known; allowed: {', '.join(SCENARIOS)}")
    if not clip.video.strip():
        found.append("video is empty; give its path inside the set")
    elif PurePosixPath(clip.video).is_absolute() or ".." in PurePosixPath(clip.video).parts:
        found.append(f"video {clip.video!r} must be a path inside the set")
    if not clip.split.strip():
        found.append("split is empty")
    for place, action in enumerate(clip.actions, 1):
        found += _action_problems(action, place)
    texts = [action.text.strip().lower() for action in clip.actions]
    for text in sorted({text for text in texts if text and texts.count(text) > 1}):
        found.append(f"action {text!r} is there twice")
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


def check_videos(clips: Iterable[Clip], root: Path) -> None:
    """Check that every clip's video lies in the set.

    Raises:
        DataError: naming the first clip without its file, and how many more there are.
    """
    missing = [clip for clip in clips if not is_regular(root / clip.video)]
    if missing:
        more = f" (and {len(missing) - 1} more clips)" if len(missing) > 1 else ""
        raise DataError(
            f"clip {missing[0].clip_id}: no video {missing[0].video} in {root}{more}; "
            "is the set complete?"
        )


def clip_line(clip: Clip) -> bytes:
    """The row of a clip, without a line end."""
    return msgspec.json.encode(clip)


def clips_name(split: str) -> str:
    """Name of the file that holds the clips of a split."""
    return f"clips_{split}.jsonl"
