"""IMAVB (Senses Wide Shut, arXiv 2605.13737): does a model notice that a question is false?

    from handeye import premise

    premise.generate("set", seed=7, families=60)
    run = premise.run("google/gemini-3.1-pro", "set", out="run")  # or a function of yours
    premise.diagnose(run)
    premise.report(run, "report.html")

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.premise.asking.run import run
    from handeye.premise.item_set import ItemSet
    from handeye.premise.items import Item
    from handeye.premise.loader import load
    from handeye.premise.pages.plots import diagnose, read_run
    from handeye.premise.scenes.description import describe
    from handeye.premise.scenes.generation import generate
    from handeye.premise.scenes.verification import verify
    from handeye.premise.scoring.file_scoring import score, score_files, summarized as summarize
    from handeye.report import compare, write_report as report

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.premise.items:Item",
    "ItemSet": "handeye.premise.item_set:ItemSet",
    "compare": "handeye.report:compare",
    "describe": "handeye.premise.scenes.description:describe",
    "diagnose": "handeye.premise.pages.plots:diagnose",
    "generate": "handeye.premise.scenes.generation:generate",
    "load": "handeye.premise.loader:load",
    "read_run": "handeye.premise.pages.plots:read_run",
    "report": "handeye.report:write_report",
    "run": "handeye.premise.asking.run:run",
    "score": "handeye.premise.scoring.file_scoring:score",
    "score_files": "handeye.premise.scoring.file_scoring:score_files",
    "summarize": "handeye.premise.scoring.file_scoring:summarized",
    "verify": "handeye.premise.scenes.verification:verify",
}

__all__ = [
    "Item",
    "ItemSet",
    "compare",
    "describe",
    "diagnose",
    "generate",
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
