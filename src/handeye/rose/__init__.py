"""ROSE (arXiv 2606.19965): one scene of look-alike cells, seven coupled tasks.

    from handeye import rose

    rose.generate("set", seed=7, like="v0.1")
    items = rose.load("set", split="test")
    scores = rose.score(predictions, items)
    summary = rose.summarize(scores)

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handeye.rose.diagnosis.diagnose import diagnose
    from handeye.rose.items import Item, ItemSet
    from handeye.rose.release import load
    from handeye.rose.scenes.description import describe
    from handeye.rose.scenes.generation import generate
    from handeye.rose.scenes.rerendering import rerender
    from handeye.rose.scenes.verification import verify
    from handeye.rose.scoring.file_scoring import score, score_files
    from handeye.rose.scoring.summary import summarize

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.rose.items",
    "ItemSet": "handeye.rose.items",
    "describe": "handeye.rose.scenes.description",
    "diagnose": "handeye.rose.diagnosis.diagnose",
    "generate": "handeye.rose.scenes.generation",
    "load": "handeye.rose.release",
    "rerender": "handeye.rose.scenes.rerendering",
    "score": "handeye.rose.scoring.file_scoring",
    "score_files": "handeye.rose.scoring.file_scoring",
    "summarize": "handeye.rose.scoring.summary",
    "verify": "handeye.rose.scenes.verification",
}

__all__ = [
    "Item",
    "ItemSet",
    "describe",
    "diagnose",
    "generate",
    "load",
    "rerender",
    "score",
    "score_files",
    "summarize",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'handeye.rose' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
