"""The task for Inspect: one sample is one scene, each question a conversation of its own.

A sample's value holds the shares of its questions that were answered rightly by the strict reading:
what is to be seen (``sees``), what is to be done (``does``), and whether every context got its
right action (``consistent``). No answer counts as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState

from handeye.contexts.asking.questions import Asking, frames_of
from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import ABOUT, Item
from handeye.contexts.loader import load
from handeye.contexts.scoring.actions import gold_said
from handeye.contexts.scoring.predictions import of_row
from handeye.contexts.scoring.score import score_rows
from handeye.printing import noun
from handeye.run.questions import Question
from handeye.run.task import answers_of, means_of, scene_task
from handeye.scores.join import row_of

_NOT_ASKED = float("nan")


@task
def contexts(
    data: str,
    split: str | None = "test",
    scenes: int | None = None,
    option_order: str = "set",
    frames: str | int | None = None,
    tools: str = "auto",
    journal: str | None = None,
) -> Task:
    """One picture, several contexts: what is to be seen, and what is to be done.

    Args:
        data: a set folder, its file, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        scenes: keep the first so many.
        option_order: ``set`` or ``shuffle:SEED``.
        frames: of a video.
        tools: ``native``, ``words``, or ``auto``: natively where the provider takes them.
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.

    Raises:
        DataError: the set cannot be read, or a file is missing.
        OptionError: a value that is not allowed, or nothing is left.
    """
    items = load(data, split=split, scenes=scenes)
    asking = Asking(option_order, frames_of(frames), tools)  # type: ignore[arg-type]
    return contexts_task(items, asking, Path(journal) if journal else None)


def contexts_task(
    items: ItemSet,
    asking: Asking,
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Task:
    """The task over items that are loaded already; see :func:`handeye.run.task.scene_task`."""
    scenes = items.scenes()
    return scene_task(
        "contexts",
        items,
        asking,
        [_sample(name, rows) for name, rows in scenes.items()],
        right_by_half(items),
        journal,
        title="Contexts",
        location=items.root,
        metadata={**asking.as_dict(), "items": len(items), "scenes": len(scenes)},
        questions=questions,
        connections=connections,
    )


def _sample(name: str, rows: Sequence[Item]) -> Sample:
    return Sample(
        id=name,
        input=f"{len(rows)} {noun(len(rows), 'questions')} about scene {name}",
        target=[f"{row.item_id}: {gold_said(row)}" for row in rows],
        metadata={
            "group": rows[0].group,
            "split": rows[0].split,
            "item_ids": [row.item_id for row in rows],
        },
    )


@scorer(metrics={"*": means_of("group", "group")}, name="contexts")
def right_by_half(items: ItemSet) -> Scorer:
    """The shares of right answers of a scene: seen, done, and whether all was done rightly.

    NaN where nothing of the kind was asked. ``unanswered`` is the share of the scene's questions
    without an answer.
    """
    scenes = items.scenes()

    async def score(state: TaskState, target: Target) -> Score:
        answers = {answer.item_id: answer for answer in answers_of(state)}
        asked = [item for item in scenes[str(state.sample_id)] if item.item_id in answers]
        rows = score_rows(
            ((item, of_row(row_of([answers[item.item_id]]), item.item_id)) for item in asked),
            size=items.size,
        )
        value: dict[str, float] = dict.fromkeys((*ABOUT, "consistent", "unanswered"), _NOT_ASKED)
        for about in ABOUT:
            right = [row.right for row in rows if row.about == about]
            if right:
                value[about] = sum(right) / len(right)
                if about == "does" and len(right) > 1:
                    value["consistent"] = float(all(right))
        if rows:
            value["unanswered"] = sum(r.answer_state == "error" for r in rows) / len(rows)
        found: dict[str, Any] = {
            row.item_id: {"state": row.answer_state, "right": row.right} for row in rows
        }
        return Score(value=value, answer=state.output.completion, metadata={"items": found})

    return score
