"""Clips written in layouts that a foreign file may have."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handeye.visualact.records import SCENARIOS, Action, Clip

KINDS = {True: "proactive", False: "reactive"}
DATA = (
    Clip(
        "drive_01",
        "videos/drive_01.mp4",
        "navigation",
        (Action("Brake for the pedestrian", 4, True), Action("Sound the horn", 2, False)),
    ),
    Clip("kitchen 7", "videos/kitchen 7.mp4", "home", (Action("Turn off the stove", 3, True),)),
    Clip("hall.3", "videos/hall.3.mp4", "safety", (Action("Call the guard", 1, False),)),
    Clip("robot", "videos/robot.mp4", "hmi", (Action("Hand over the cup", 0, False),)),
)


def touch_videos(root: Path, clips: Sequence[Clip]) -> None:
    for clip in clips:
        path = root / clip.video
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _entry(action: Action) -> dict[str, Any]:
    return {"action": action.text, "APL": action.apl, "type": KINDS[action.proactive]}


def _name(clip: Clip) -> str:
    return clip.video.removeprefix("videos/")


def nested(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video": _name(clip),
            "scenario": SCENARIOS[clip.scenario],
            "actions": [_entry(action) for action in clip.actions],
        }
        for clip in clips
    ]


def keyed(clips: Sequence[Clip]) -> Any:
    return {
        _name(clip): {
            "category": SCENARIOS[clip.scenario].upper(),
            "ground_truth": [
                {
                    "description": action.text,
                    "priority_level": f"APL {action.apl}",
                    "is_proactive": action.proactive,
                }
                for action in clip.actions
            ],
        }
        for clip in clips
    }


def wrapped(clips: Sequence[Clip]) -> Any:
    return {"version": "1", "count": len(clips), "info": {"by": "x"}, "data": nested(clips)}


def flat(clips: Sequence[Clip]) -> Any:
    return [
        {
            "id": number,
            "video_path": f"/mnt/other/videos/{_name(clip)}",
            "domain": clip.scenario,
            "action_text": action.text,
            "level": str(action.apl),
            "action_type": KINDS[action.proactive][0].upper(),
        }
        for number, (clip, action) in enumerate((c, a) for c in clips for a in c.actions)
    ]


def parallel(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video_id": _name(clip).removesuffix(".mp4"),
            "task": SCENARIOS[clip.scenario].replace(" and ", " & "),
            "actions": [action.text for action in clip.actions],
            "APLs": [action.apl for action in clip.actions],
            "types": [KINDS[action.proactive].title() for action in clip.actions],
        }
        for clip in clips
    ]


def deep(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video": {"path": _name(clip), "seconds": 4.5},
            "annotations": {
                "scenario": SCENARIOS[clip.scenario],
                "items": [
                    {
                        "action": {"text": action.text},
                        "labels": {"apl": float(action.apl), "proactive": int(action.proactive)},
                    }
                    for action in clip.actions
                ],
            },
        }
        for clip in clips
    ]


def grouped(clips: Sequence[Clip]) -> Any:
    return {
        title: [
            {"file_name": _name(clip), "actions": [_entry(action) for action in clip.actions]}
            for clip in clips
            if clip.scenario == key
        ]
        for key, title in SCENARIOS.items()
    }


def by_columns(clips: Sequence[Clip]) -> Any:
    rows = nested(clips)
    return {name: [row[name] for row in rows] for name in ("video", "scenario", "actions")}


def by_columns_numbered(clips: Sequence[Clip]) -> Any:
    rows = nested(clips)
    return {
        name: {str(number): row[name] for number, row in enumerate(rows)}
        for name in ("video", "scenario", "actions")
    }


def keyed_lists(clips: Sequence[Clip]) -> Any:
    return {
        "annotations": {
            _name(clip): [
                {**_entry(action), "scenario": clip.scenario.upper()} for action in clip.actions
            ]
            for clip in clips
        }
    }


def by_type(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video": _name(clip),
            "scenario": clip.scenario,
            "actions": {
                kind: [
                    {"text": action.text, "apl": action.apl}
                    for action in clip.actions
                    if action.proactive is truth
                ]
                for truth, kind in KINDS.items()
            },
        }
        for clip in clips
    ]


def numbered_actions(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video": _name(clip),
            "scenario": clip.scenario,
            "actions": {
                f"action_{number}": _entry(action) for number, action in enumerate(clip.actions)
            },
        }
        for clip in clips
    ]


def triples(clips: Sequence[Clip]) -> Any:
    return [
        {
            "video": _name(clip),
            "scenario": clip.scenario,
            "actions": [[a.text, a.apl, KINDS[a.proactive]] for a in clip.actions],
        }
        for clip in clips
    ]


def odd_names(clips: Sequence[Clip]) -> Any:
    return [
        {
            "v": _name(clip),
            "where": clip.scenario,
            "todo": {
                "steps": [
                    {"what": a.text, "how_bad": a.apl, "late": 1 - int(a.proactive)}
                    for a in clip.actions
                ]
            },
        }
        for clip in clips
    ]


@dataclass(frozen=True)
class Layout:
    write: Callable[[Sequence[Clip]], Any]
    mapping: dict[str, str] | None = None
    idle: bool = True  # can say that a clip calls for nothing
    lines: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.write.__name__ + ("-lines" if self.lines else "")

    def save(self, root: Path, clips: Sequence[Clip]) -> Path:
        """The set folder with its videos and its JSON."""
        touch_videos(root, clips)
        document = self.write(clips)
        if self.lines:
            text = "\n".join(json.dumps(row) for row in document) + "\n"
        else:
            text = json.dumps(document, ensure_ascii=False, indent=1)
        (root / "visualactbench.json").write_text(text, "utf-8")
        return root


LAYOUTS = [
    Layout(nested),
    Layout(nested, lines=True),
    Layout(keyed),
    Layout(wrapped),
    Layout(flat, idle=False),
    Layout(flat, idle=False, lines=True),
    Layout(parallel),
    Layout(deep),
    Layout(grouped),
    Layout(by_columns),
    Layout(by_columns_numbered),
    Layout(keyed_lists, idle=False),
    Layout(by_type),
    Layout(numbered_actions),
    Layout(triples, {"text": "0", "apl": "actions.1", "type": "2"}),
    Layout(
        odd_names,
        {
            "video": "v",
            "scenario": "where",
            "actions": "todo.steps",
            "text": "todo.steps.what",
            "apl": "how_bad",
            "reactive": "late",
        },
    ),
]
