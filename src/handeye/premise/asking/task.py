"""The IMAVB task for Inspect: one sample is one clip, each question a conversation of its own.

A sample's value holds, for every cell of the 2x2 and of the two-premise questions, the share of the
clip's questions that were answered rightly by the strict reading; no answer counts as 0. Samples
are clips, so standard errors of the log are too small where clips of a family differ little; the
tables of a run folder resample families.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState

from handeye.premise.asking import route as routes
from handeye.premise.asking.questions import PAPER, Asking, frames_of
from handeye.premise.item_set import ItemSet
from handeye.premise.items import Item
from handeye.premise.loader import Questions, load
from handeye.premise.scoring.predictions import of_row
from handeye.premise.scoring.score import CELLS, score_rows
from handeye.run.questions import Question
from handeye.run.task import answers_of, means_of, scene_task
from handeye.scores.join import row_of

_NOT_ASKED = float("nan")


@task
def premise(
    data: str,
    split: str | None = "test",
    questions: Questions = "all",
    kinds: str | list[str] | None = None,
    families: int | None = None,
    variant: str = "six",
    media_input: str = routes.AUTO,
    frames: str | int | list[Any] = PAPER,
    longest_side: int | None = 768,
    option_order: str = "set",
    ablation: str = "",
    letters: bool | None = None,
    journal: str | None = None,
    image_format: str = "jpeg",
    mapping: dict[str, str] | None = None,
) -> Task:
    """Clips with questions, some of whose premises are false: answer, or say what is wrong.

    Args:
        data: a set folder, the published set or its folder, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        questions: ``single``, ``two`` or ``all``.
        kinds: of details, such as ``colour,pitch``.
        families: keep the first so many.
        variant: ``six``, ``check-first``, ``no-question``, ``true-false``,
            ``true-false-explained`` or ``free``.
        media_input: ``auto``, ``native``, ``frames+audio``, ``frames`` or ``audio``.
        frames: ``paper`` (50), ``8``, ``fps:2``, ``seconds:0.5,1.5`` or ``indices:0,10``.
        longest_side: of the frames in pixels; 0 or None for full size.
        option_order: ``set``, ``paper`` or ``shuffle:SEED``.
        ablation: ``without-audio``, ``blank-both``, ``swap`` ...
        letters: ask the provider for log-probabilities; by default where it is known to give them.
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.
        image_format: of frames, ``jpeg`` or ``png``.
        mapping: field to column of a published file, where it cannot be detected.

    Raises:
        DataError: the set cannot be read, or a file is missing.
        OptionError: a value that is not allowed, or nothing is left.
    """
    items = load(
        data, split=split, questions=questions, kinds=kinds, families=families, mapping=mapping
    )
    asking = Asking(
        variant=variant,
        media_input=media_input,
        frames=frames_of(frames, longest_side or None),
        option_order=option_order,
        ablation=ablation,  # type: ignore[arg-type]
        image_format=image_format,  # type: ignore[arg-type]
        letters=letters,
    )
    return premise_task(items, asking.of_set(items), Path(journal) if journal else None)


def premise_task(
    items: ItemSet,
    asking: Asking,
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Task:
    """The task over items that are loaded already; see :func:`handeye.run.task.scene_task`."""
    by_clip: dict[str, list[Item]] = {}
    chosen = None if questions is None else {question.item_id for question in questions}
    for item in items:
        if chosen is None or item.item_id in chosen:
            by_clip.setdefault(item.clip_id, []).append(item)
    return scene_task(
        "premise",
        items,
        asking,
        [_sample(clip_id, rows) for clip_id, rows in by_clip.items()],
        right_by_cell(by_clip),
        journal,
        title="IMAVB",
        location=items.root,
        metadata={**asking.as_dict(), "items": len(items), "clips": len(by_clip)},
        questions=questions,
        connections=connections,
    )


def _sample(clip_id: str, rows: Sequence[Item]) -> Sample:
    return Sample(
        id=clip_id,
        input=f"{len(rows)} questions about clip {clip_id}",
        target=[f"{row.item_id}: {row.gold}" for row in rows],
        metadata={
            "scene_id": rows[0].scene_id,
            "split": rows[0].split,
            "item_ids": [row.item_id for row in rows],
        },
    )


@scorer(metrics={"*": means_of("split", "split")}, name="premise")
def right_by_cell(by_clip: Mapping[str, Sequence[Item]]) -> Scorer:
    """The share of right answers in each cell of a clip; NaN where it has no question of that cell.

    ``unanswered`` is the share of the clip's questions without an answer.
    """

    async def score(state: TaskState, target: Target) -> Score:
        answers = {answer.item_id: answer for answer in answers_of(state)}
        asked = [item for item in by_clip[str(state.sample_id)] if item.item_id in answers]
        value: dict[str, float] = dict.fromkeys(CELLS, _NOT_ASKED)
        found: dict[str, Any] = {}
        right: dict[str, list[int]] = {}
        missing = 0
        for item in asked:
            answer = answers[item.item_id]
            missing += answer.state == "error"
            (row,) = score_rows([(item, of_row(row_of([answer]), item.item_id))])
            if row.gold is not None:
                right.setdefault(row.cell, []).append(row.right)
            found[item.item_id] = {"state": row.answer_state, "right": row.right}
        value |= {cell: sum(ones) / len(ones) for cell, ones in right.items()}
        value["unanswered"] = missing / len(asked) if asked else _NOT_ASKED
        return Score(value=value, answer=state.output.completion, metadata={"items": found})

    return score
