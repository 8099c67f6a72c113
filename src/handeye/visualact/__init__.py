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
    from handeye.visualact.records import Action, Clip, PredictedAction, Prediction

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Action": "records",
    "Clip": "records",
    "PredictedAction": "records",
    "Prediction": "records",
}

__all__ = ["Action", "Clip", "PredictedAction", "Prediction"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'handeye.visualact' has no attribute {name!r}")
    value = getattr(import_module(f"handeye.visualact.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
