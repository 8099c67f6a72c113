"""ROSE (arXiv 2606.19965): one scene of look-alike cells, seven coupled tasks.

    from handeye import rose

    rose.generate("set", seed=7, scenes=40)
    run = rose.run("openai/gpt-5.5", "set", out="run")       # or a function of yours
    rose.diagnose(run)
    rose.report(run, "report.html")

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.report import compare, write_report as report
    from handeye.rose.asking.run import run
    from handeye.rose.items import Item, ItemSet
    from handeye.rose.pages.plots import diagnose, read_run
    from handeye.rose.release import load
    from handeye.rose.scenes.description import describe
    from handeye.rose.scenes.generation import generate
    from handeye.rose.scenes.rerendering import rerender
    from handeye.rose.scenes.verification import verify
    from handeye.rose.scoring.file_scoring import score, score_files
    from handeye.rose.scoring.summary import summarize

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.rose.items:Item",
    "ItemSet": "handeye.rose.items:ItemSet",
    "compare": "handeye.report:compare",
    "describe": "handeye.rose.scenes.description:describe",
    "diagnose": "handeye.rose.pages.plots:diagnose",
    "generate": "handeye.rose.scenes.generation:generate",
    "load": "handeye.rose.release:load",
    "read_run": "handeye.rose.pages.plots:read_run",
    "report": "handeye.report:write_report",
    "rerender": "handeye.rose.scenes.rerendering:rerender",
    "run": "handeye.rose.asking.run:run",
    "score": "handeye.rose.scoring.file_scoring:score",
    "score_files": "handeye.rose.scoring.file_scoring:score_files",
    "summarize": "handeye.rose.scoring.summary:summarize",
    "verify": "handeye.rose.scenes.verification:verify",
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
    "rerender",
    "run",
    "score",
    "score_files",
    "summarize",
    "verify",
]

__getattr__ = face(__name__, _HOMES)
