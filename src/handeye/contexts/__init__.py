"""Contexts: one picture, several contexts, to each its own action.

    from handeye import contexts

    contexts.generate("set", seed=7, scenes=72)
    run = contexts.run("openai/gpt-5.5", "set", out="run")  # or a function of yours
    contexts.diagnose(run)
    contexts.report(run, "report.html")

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.contexts.asking.run import run
    from handeye.contexts.item_set import ItemSet
    from handeye.contexts.items import Item
    from handeye.contexts.loader import load
    from handeye.contexts.pages.plots import diagnose, read_run
    from handeye.contexts.scenes.description import describe
    from handeye.contexts.scenes.example import init
    from handeye.contexts.scenes.generation import generate
    from handeye.contexts.scenes.verification import verify
    from handeye.contexts.scoring.file_scoring import score, score_files, summarized as summarize
    from handeye.report import compare, write_report as report

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.contexts.items:Item",
    "ItemSet": "handeye.contexts.item_set:ItemSet",
    "compare": "handeye.report:compare",
    "describe": "handeye.contexts.scenes.description:describe",
    "diagnose": "handeye.contexts.pages.plots:diagnose",
    "generate": "handeye.contexts.scenes.generation:generate",
    "init": "handeye.contexts.scenes.example:init",
    "load": "handeye.contexts.loader:load",
    "read_run": "handeye.contexts.pages.plots:read_run",
    "report": "handeye.report:write_report",
    "run": "handeye.contexts.asking.run:run",
    "score": "handeye.contexts.scoring.file_scoring:score",
    "score_files": "handeye.contexts.scoring.file_scoring:score_files",
    "summarize": "handeye.contexts.scoring.file_scoring:summarized",
    "verify": "handeye.contexts.scenes.verification:verify",
}

__all__ = [
    "Item",
    "ItemSet",
    "compare",
    "describe",
    "diagnose",
    "generate",
    "init",
    "load",
    "read_run",
    "report",
    "run",
    "score",
    "score_files",
    "summarize",
    "verify",
]

__getattr__ = face(__name__, _HOMES)
