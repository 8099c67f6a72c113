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
    from handeye.media.frames import take_frames
    from handeye.visualact.clip_set import ClipSet
    from handeye.visualact.comparing.sensitivity import rank
    from handeye.visualact.diagnosis.diagnose import diagnose
    from handeye.visualact.loader import load
    from handeye.visualact.records import Action, Clip, PredictedAction, Prediction
    from handeye.visualact.scenes.description import describe
    from handeye.visualact.scenes.generation import generate
    from handeye.visualact.scenes.verification import verify
    from handeye.visualact.scoring.embedder import load_embedder
    from handeye.visualact.scoring.file_scoring import score_files
    from handeye.visualact.scoring.run_folder import read_run
    from handeye.visualact.scoring.score import score

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Action": "handeye.visualact.records",
    "Clip": "handeye.visualact.records",
    "ClipSet": "handeye.visualact.clip_set",
    "PredictedAction": "handeye.visualact.records",
    "Prediction": "handeye.visualact.records",
    "describe": "handeye.visualact.scenes.description",
    "diagnose": "handeye.visualact.diagnosis.diagnose",
    "generate": "handeye.visualact.scenes.generation",
    "load": "handeye.visualact.loader",
    "load_embedder": "handeye.visualact.scoring.embedder",
    "rank": "handeye.visualact.comparing.sensitivity",
    "read_run": "handeye.visualact.scoring.run_folder",
    "score": "handeye.visualact.scoring.score",
    "score_files": "handeye.visualact.scoring.file_scoring",
    "take_frames": "handeye.media.frames",
    "verify": "handeye.visualact.scenes.verification",
}

__all__ = [
    "Action",
    "Clip",
    "ClipSet",
    "PredictedAction",
    "Prediction",
    "describe",
    "diagnose",
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
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
