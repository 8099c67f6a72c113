"""The VisualActBench task for Inspect: one sample is one clip.

The scorer matches by sentence similarity as :mod:`handeye.visualact.scoring.score` does. A clip
without an answer has no value (NaN), so the engine leaves it out of the means. The official tables,
where it counts as 0, are written by the lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample

from handeye.media.frame_choice import FrameChoice
from handeye.run.questions import Question
from handeye.run.task import scene_task
from handeye.scores.embedder import MINILM, Embedder
from handeye.visualact.asking.questions import Asking
from handeye.visualact.asking.scorer import match_actions
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import Clip
from handeye.visualact.scoring.embedding_cache import as_embedder
from handeye.visualact.scoring.options import Options


@task
def visualact(
    data: str,
    split: str | None = "test",
    scenarios: str | list[str] | None = None,
    clips: int | None = None,
    frames: str | int | list[Any] = 8,
    longest_side: int | None = 768,
    video_input: str = "frames",
    protocol: str = "one-pass",
    structured: bool | None = None,
    embedder: str = MINILM,
    journal: str | None = None,
    image_format: str = "jpeg",
    mapping: dict[str, str] | None = None,
    scoring: dict[str, Any] | None = None,
) -> Task:
    """Videos: say which actions they call for, how urgent they are, and of which type.

    Args:
        data: a set folder, a published file with its videos, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        scenarios: of navigation, home, safety, hmi.
        clips: keep this many, from every scenario in turn.
        frames: ``8``, ``fps:2``, ``seconds:0.5,1.5`` or ``indices:0,10`` (a list where Inspect
            took it apart at its commas).
        longest_side: of the frames in pixels; 0 or None for full size.
        video_input: ``frames``, or ``native`` for the file itself.
        protocol: ``one-pass`` or ``two-pass``.
        structured: tell the provider the schema of the answer; by default where it is known to
            take one.
        embedder: what compares sentences (docs/visualact-scoring.md).
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.
        image_format: ``jpeg`` or ``png``.
        mapping: field to column of a published file, where it cannot be detected.
        scoring: options of matching (docs/visualact-scoring.md).

    Raises:
        DataError: the set cannot be read, a video is missing, or there is no embedder.
        OptionError: a value that is not allowed, or nothing is left.
    """
    names = scenarios.split(",") if isinstance(scenarios, str) else scenarios
    chosen = load(data, split=split, scenarios=names, clips=clips, mapping=mapping)
    asking = Asking(
        FrameChoice.parse(frames, longest_side=longest_side or None),
        video_input,  # type: ignore[arg-type]
        protocol,  # type: ignore[arg-type]
        structured,
        image_format,  # type: ignore[arg-type]
    )
    return visualact_task(
        chosen,
        asking,
        Path(journal) if journal else None,
        embedder=as_embedder(embedder),
        options=Options.of(scoring or {}),
    )


def visualact_task(
    clips: ClipSet,
    asking: Asking,
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
    *,
    embedder: Embedder | None,
    options: Options | None = None,
) -> Task:
    """The task over clips that are loaded already.

    Args:
        clips: to be asked about.
        asking: how.
        journal: where answers go.
        questions: as :func:`handeye.run.task.scene_task` takes them.
        connections: likewise.
        embedder: for the scores in Inspect's log; None leaves them out.
        options: of matching.
    """
    by_id = {clip.clip_id: clip for clip in clips}
    return scene_task(
        "visualact",
        clips,
        asking,
        [_sample(clip) for clip in clips],
        None if embedder is None else match_actions(by_id, embedder, options or Options()),
        journal,
        title="VisualActBench",
        location=clips.root,
        metadata={**asking.as_dict(), "clips": len(clips)},
        questions=questions,
        connections=connections,
    )


def _sample(clip: Clip) -> Sample:
    return Sample(
        id=clip.clip_id,
        input=f"Which actions does {clip.video} call for?",
        target=[action.text for action in clip.actions] or ["nothing"],
        metadata={"scenario": clip.scenario, "split": clip.split, "video": clip.video},
    )
