"""VisualActBench (arXiv 2512.09907): which actions does a video call for, and how urgently?

    from handeye import visualact

    visualact.generate("set", seed=7, clips=200)
    clips = visualact.load("set")
    print(visualact.describe("set").as_dict())

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handeye.visualact.clip_set import ClipSet
    from handeye.visualact.description import describe
    from handeye.visualact.embedder import load_embedder
    from handeye.visualact.file_scoring import score_files
    from handeye.visualact.frames import take_frames
    from handeye.visualact.generation import generate
    from handeye.visualact.loader import load
    from handeye.visualact.records import Action, Clip, PredictedAction, Prediction
    from handeye.visualact.run_folder import read_run
    from handeye.visualact.scoring import score
    from handeye.visualact.sensitivity import rank
    from handeye.visualact.verification import verify

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Action": "records",
    "Clip": "records",
    "ClipSet": "clip_set",
    "PredictedAction": "records",
    "Prediction": "records",
    "describe": "description",
    "generate": "generation",
    "load": "loader",
    "load_embedder": "embedder",
    "rank": "sensitivity",
    "read_run": "run_folder",
    "score": "scoring",
    "score_files": "file_scoring",
    "take_frames": "frames",
    "verify": "verification",
}

__all__ = [
    "Action",
    "Clip",
    "ClipSet",
    "PredictedAction",
    "Prediction",
    "describe",
    "generate",
    "load",
    "load_embedder",
    "rank",
    "read_run",
    "score",
    "score_files",
    "take_frames",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'handeye.visualact' has no attribute {name!r}")
    value = getattr(import_module(f"handeye.visualact.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
