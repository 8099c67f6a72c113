"""Perception Stress Test: does a model trust its eyes or the words?

    from handeye import stress

    stress.generate("set", seed=7, groups=60)
    run = stress.run("openai/gpt-5.5", "set", out="run")  # or a function of yours
    stress.diagnose(run)
    stress.report(run, "report.html")

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.report import compare, write_report as report
    from handeye.stress.asking.run import run
    from handeye.stress.diagnosis.diagnose import diagnose
    from handeye.stress.item_set import ItemSet
    from handeye.stress.items import Item, Picture
    from handeye.stress.loader import load
    from handeye.stress.scenes.description import describe
    from handeye.stress.scenes.generation import generate
    from handeye.stress.scenes.verification import verify
    from handeye.stress.scoring.file_scoring import score, score_files, summarized as summarize
    from handeye.stress.scoring.run_folder import read_run

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.stress.items:Item",
    "ItemSet": "handeye.stress.item_set:ItemSet",
    "Picture": "handeye.stress.items:Picture",
    "compare": "handeye.report:compare",
    "describe": "handeye.stress.scenes.description:describe",
    "diagnose": "handeye.stress.diagnosis.diagnose:diagnose",
    "generate": "handeye.stress.scenes.generation:generate",
    "load": "handeye.stress.loader:load",
    "read_run": "handeye.stress.scoring.run_folder:read_run",
    "report": "handeye.report:write_report",
    "run": "handeye.stress.asking.run:run",
    "score": "handeye.stress.scoring.file_scoring:score",
    "score_files": "handeye.stress.scoring.file_scoring:score_files",
    "summarize": "handeye.stress.scoring.file_scoring:summarized",
    "verify": "handeye.stress.scenes.verification:verify",
}

__all__ = [
    "Item",
    "ItemSet",
    "Picture",
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
