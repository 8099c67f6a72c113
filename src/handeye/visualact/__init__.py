"""VisualActBench (arXiv 2512.09907): which actions does a video call for, and how urgently?

    from handeye import visualact

    visualact.generate("set", seed=7, clips=24)
    run = visualact.run("openai/gpt-5.5", "set", out="run")  # or a function of yours
    visualact.diagnose(run)
    visualact.report(run, "report.html")

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.media.frames import take_frames
    from handeye.report import compare, write_report as report
    from handeye.scores.embedder import load_embedder
    from handeye.visualact.asking.ablation import run
    from handeye.visualact.clip_set import ClipSet
    from handeye.visualact.comparing.sensitivity import rank
    from handeye.visualact.loader import load
    from handeye.visualact.pages.plots import diagnose, read_run
    from handeye.visualact.records import Action, Clip, PredictedAction, Prediction
    from handeye.visualact.scenes.description import describe
    from handeye.visualact.scenes.generation import generate
    from handeye.visualact.scenes.verification import verify
    from handeye.visualact.scoring.file_scoring import score_files
    from handeye.visualact.scoring.score import score, summarized as summarize

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Action": "handeye.visualact.records:Action",
    "Clip": "handeye.visualact.records:Clip",
    "ClipSet": "handeye.visualact.clip_set:ClipSet",
    "PredictedAction": "handeye.visualact.records:PredictedAction",
    "Prediction": "handeye.visualact.records:Prediction",
    "compare": "handeye.report:compare",
    "describe": "handeye.visualact.scenes.description:describe",
    "diagnose": "handeye.visualact.pages.plots:diagnose",
    "generate": "handeye.visualact.scenes.generation:generate",
    "load": "handeye.visualact.loader:load",
    "load_embedder": "handeye.scores.embedder:load_embedder",
    "rank": "handeye.visualact.comparing.sensitivity:rank",
    "read_run": "handeye.visualact.pages.plots:read_run",
    "report": "handeye.report:write_report",
    "run": "handeye.visualact.asking.ablation:run",
    "score": "handeye.visualact.scoring.score:score",
    "score_files": "handeye.visualact.scoring.file_scoring:score_files",
    "summarize": "handeye.visualact.scoring.score:summarized",
    "take_frames": "handeye.media.frames:take_frames",
    "verify": "handeye.visualact.scenes.verification:verify",
}

__all__ = [
    "Action",
    "Clip",
    "ClipSet",
    "PredictedAction",
    "Prediction",
    "compare",
    "describe",
    "diagnose",
    "generate",
    "load",
    "load_embedder",
    "rank",
    "read_run",
    "report",
    "run",
    "score",
    "score_files",
    "summarize",
    "take_frames",
    "verify",
]

__getattr__ = face(__name__, _HOMES)
