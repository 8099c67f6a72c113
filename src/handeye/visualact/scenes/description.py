"""The statistics table of a set of clips, alone or beside another one.

Any set that can be loaded can be described: what only generated sets know (kinds of events, twins,
evidence) is left out where no clip has it, and durations are read from the videos.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.sets.statistics import ALL, Description, Line, compare, count_labels
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import LARGEST_LEVEL, SCENARIOS, Action, Clip

__all__ = ["ALL", "compare", "describe", "describe_clips"]

_LEVELS = tuple(str(level) for level in range(LARGEST_LEVEL + 1))
_MOST_SINGLE = 6
"""Actions of a clip are counted singly up to this."""
Seconds = Mapping[str, float | None]


def describe(
    data: str | Path,
    *,
    split: str | None = "test",
    durations: bool = True,
    mapping: Mapping[str, str] | None = None,
) -> Description:
    """Describe a set.

    Args:
        data: as :func:`handeye.visualact.loader.load`.
        split: as there.
        durations: open videos whose length the rows do not tell.
        mapping: as there.

    Raises:
        DataError: the set cannot be read.
        OptionError: there is no such split.
    """
    clips = load(data, split=split, mapping=mapping)
    return describe_clips(clips, name=str(data), durations=durations)


def describe_clips(clips: ClipSet, *, name: str = "", durations: bool = True) -> Description:
    """Describe loaded clips: a group for every scenario that is there, and ``all``."""
    seconds = _seconds(clips, read=durations)
    groups = {
        scenario: _lines([clip for clip in clips if clip.scenario == scenario], seconds)
        for scenario, count in clips.scenario_counts().items()
        if count
    }
    groups[ALL] = _lines(clips.clips, seconds)
    legend = f"APL: how urgent an action is, from 0 to {LARGEST_LEVEL}"
    return Description(name or clips.name, groups, legend)


def _seconds(clips: ClipSet, *, read: bool) -> Seconds:
    """Length of each clip by id, from its row or else from its video; None: not known."""
    known: dict[str, float | None] = {
        clip.clip_id: float(clip.meta["seconds"])
        for clip in clips
        if isinstance(clip.meta.get("seconds"), int | float)
    }
    if read and len(known) < len(clips):
        from handeye.media.timeline import FrameError, read_timeline

        for clip in clips:
            if clip.clip_id in known:
                continue
            try:
                timeline = read_timeline(clips.video_path(clip))
            except FrameError:
                timeline = None
            known[clip.clip_id] = timeline.duration if timeline else None
    return known


def _lines(clips: Sequence[Clip], seconds: Seconds) -> dict[str, Line]:
    lengths = [seconds[clip.clip_id] for clip in clips if clip.clip_id in seconds]
    unread = lengths.count(None)
    lines = [
        Line("clips", {"n": len(clips)}, compared=False),
        Line("actions", {"n": sum(len(clip.actions) for clip in clips)}, compared=False),
        Line("split", count_labels(clip.split for clip in clips), compared=False),
        Line("scenario", count_labels((clip.scenario for clip in clips), tuple(SCENARIOS))),
        *_action_lines(clips),
        Line("duration, s", values=tuple(length for length in lengths if length is not None)),
        Line("length not known", {"n": unread} if unread else {}, compared=False),
        *_event_lines(clips),
    ]
    return {line.name: line for line in lines if line.counts or line.values}


def _action_lines(clips: Sequence[Clip]) -> list[Line]:
    actions = [action for clip in clips for action in clip.actions]
    most = [max(action.apl for action in clip.actions) for clip in clips if clip.actions]
    return [
        Line("actions per clip", _counted_actions(clips)),
        Line("calls for nothing", _yes_no(clips, lambda clip: not clip.actions)),
        Line("APL of actions", count_labels((str(action.apl) for action in actions), _LEVELS)),
        Line("APL of clips (highest)", count_labels((str(level) for level in most), _LEVELS)),
        Line("type", count_labels(map(_type, actions), ("proactive", "reactive"))),
        Line(
            "clip types",
            count_labels((_types(clip) for clip in clips if clip.actions), ("proactive", "both")),
        ),
        _numbers("words per action", actions, lambda action: len(action.text.split())),
        _numbers(
            "wordings per action",
            [action for action in actions if action.phrasings],
            lambda action: 1 + len(action.phrasings),
        ),
        Line(
            "different action texts",
            {"n": len({action.text.strip().lower() for action in actions})},
            compared=False,
        ),
    ]


def _counted_actions(clips: Sequence[Clip]) -> dict[str, int]:
    order = (*map(str, range(_MOST_SINGLE + 1)), f"over {_MOST_SINGLE}")
    labels = (min(len(clip.actions), _MOST_SINGLE + 1) for clip in clips)
    return count_labels((order[label] for label in labels), order)


def _event_lines(clips: Sequence[Clip]) -> list[Line]:
    """What the rows of generated sets tell."""
    told = [clip for clip in clips if "kind" in clip.meta]
    timed = [clip for clip in told if {"evidence", "seconds"} <= clip.meta.keys() and clip.actions]
    return [
        Line("kind of event", count_labels(str(clip.meta["kind"]) for clip in told)),
        Line("only motion tells", _yes_no(told, lambda clip: bool(clip.meta.get("motion_only")))),
        Line("runs backwards", _yes_no(told, lambda clip: bool(clip.meta.get("backward")))),
        Line("with distractors", _yes_no(told, lambda clip: bool(clip.meta.get("distractors")))),
        Line(
            "distractors",
            count_labels(str(one) for clip in told for one in clip.meta.get("distractors", ())),
        ),
        _numbers("evidence, share of clip", timed, _evidence_share),
        _numbers("evidence begins, share of clip", timed, _evidence_begins),
        Line("frames a second", count_labels(str(clip.meta.get("fps", "-")) for clip in told)),
        Line(
            "size, px",
            count_labels(
                f"{clip.meta.get('width', '-')} x {clip.meta.get('height', '-')}" for clip in told
            ),
        ),
    ]


def _evidence_share(clip: Clip) -> float:
    first, last = clip.meta["evidence"]
    return float((last - first) / clip.meta["seconds"])


def _evidence_begins(clip: Clip) -> float:
    return float(clip.meta["evidence"][0] / clip.meta["seconds"])


def _type(action: Action) -> str:
    return "proactive" if action.proactive else "reactive"


def _types(clip: Clip) -> str:
    found = {_type(action) for action in clip.actions}
    return "both" if len(found) == 2 else found.pop()


def _yes_no(clips: Sequence[Clip], test: Callable[[Clip], bool]) -> dict[str, int]:
    return count_labels(("yes" if test(clip) else "no" for clip in clips), ("yes", "no"))


def _numbers(name: str, items: Sequence[Any], value: Callable[[Any], float]) -> Line:
    return Line(name, values=tuple(float(value(item)) for item in items))
