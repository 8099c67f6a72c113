"""The task for Inspect: one sample is one group, each question a conversation of its own.

A sample's value holds the share of its questions that were answered rightly by the strict reading,
by what the cue is to the picture (uncued, true, misleading, other), and ``pairs``: of cued prompts
the share that was right on both pictures, which is 0 for whoever goes by the words. No answer
counts as 0. The weights of picture and cue are in the tables of a run folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState

from handeye.printing import noun
from handeye.run.questions import Question
from handeye.run.task import answers_of, means_of, scene_task
from handeye.scores.join import row_of
from handeye.stress.asking.prompts import check_cue_order
from handeye.stress.asking.questions import Asking
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Item
from handeye.stress.loader import load
from handeye.stress.scoring.predictions import of_row
from handeye.stress.scoring.score import CELLS, Groups, score_rows

_NOT_ASKED = float("nan")


@task
def stress(
    data: str,
    split: str | None = "test",
    families: str | list[str] | None = None,
    cues: str | list[str] | None = None,
    groups: int | None = None,
    form: str = "free",
    option_order: str = "set",
    cue_order: str = "set",
    state_first: bool = False,
    way: str = "plain",
    ablation: str = "",
    letters: bool | None = None,
    journal: str | None = None,
) -> Task:
    """Questions about pictures, under words and labels that are true or false of them.

    Args:
        data: a set folder, one of its files, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        families: of questions, such as ``count,text``.
        cues: kinds of cues, such as ``hint,label``.
        groups: keep the first so many.
        form: of answers, ``free`` or ``letters``.
        option_order: ``set`` or ``shuffle:SEED``.
        cue_order: where cues of words stand: ``set``, ``before`` or ``behind`` the question.
        state_first: ask for what is seen before the answer.
        way: how a question is put: ``plain``; ``detector``, with the boxes that the set knows;
            ``agent``, in three steps; ``written``, for facts and then an answer, between tags.
        ablation: ``grey`` or ``swap``; empty for none.
        letters: ask the provider for log-probabilities; by default where it is known to give them.
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.

    Raises:
        DataError: the set cannot be read, or a file is missing.
        OptionError: a value that is not allowed, or nothing is left.
    """
    items = load(data, split=split, families=families, cues=cues, groups=groups)
    asking = Asking(
        form=form,  # type: ignore[arg-type]
        option_order=option_order,
        cue_order=check_cue_order(cue_order),
        state_first=state_first,
        way=way,  # type: ignore[arg-type]
        ablation=ablation,  # type: ignore[arg-type]
        letters=letters,
    )
    return stress_task(items, asking, Path(journal) if journal else None)


def stress_task(
    items: ItemSet,
    asking: Asking,
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Task:
    """The task over items that are loaded already; see :func:`handeye.run.task.scene_task`."""
    by_group: dict[str, list[Item]] = {}
    for item in items:
        by_group.setdefault(item.scene_id, []).append(item)
    return scene_task(
        "stress",
        items,
        asking,
        [_sample(name, rows) for name, rows in by_group.items()],
        right_by_cell(by_group),
        journal,
        title="Perception Stress Test",
        location=items.root,
        metadata={**asking.as_dict(), "items": len(items), "groups": len(by_group)},
        questions=questions,
        connections=connections,
    )


def _sample(name: str, rows: Sequence[Item]) -> Sample:
    return Sample(
        id=name,
        input=f"{len(rows)} {noun(len(rows), 'questions')} about group {name}",
        target=[f"{row.item_id}: {row.gold}" for row in rows],
        metadata={
            "family": rows[0].family,
            "split": rows[0].split,
            "item_ids": [row.item_id for row in rows],
        },
    )


@scorer(metrics={"*": means_of("family", "family")}, name="stress")
def right_by_cell(by_group: Mapping[str, Sequence[Item]]) -> Scorer:
    """The share of right answers in each cell of a group, and of cued prompts right on both.

    NaN where it has no question of that kind. ``unanswered`` is the share of the group's questions
    without an answer.
    """

    async def score(state: TaskState, target: Target) -> Score:
        answers = {answer.item_id: answer for answer in answers_of(state)}
        asked = [item for item in by_group[str(state.sample_id)] if item.item_id in answers]
        rows = score_rows(
            (item, of_row(row_of([answers[item.item_id]]), item.item_id)) for item in asked
        )
        right: dict[str, list[int]] = {}
        for row in rows:
            right.setdefault(row.cell, []).append(row.right)
            right.setdefault("unanswered", []).append(row.answer_state == "error")
        for pair in Groups(rows).pairs:
            one, other = (rows[place] for place in pair)
            if one.cell in ("true", "misleading"):
                right.setdefault("pairs", []).append(one.right * other.right)
        value: dict[str, float] = dict.fromkeys((*CELLS, "pairs", "unanswered"), _NOT_ASKED)
        value |= {name: sum(ones) / len(ones) for name, ones in right.items()}
        found: dict[str, Any] = {
            row.item_id: {"state": row.answer_state, "right": row.right} for row in rows
        }
        return Score(value=value, answer=state.output.completion, metadata={"items": found})

    return score
