"""The ROSE task for Inspect: one sample is one scene, each item a conversation of its own.

The scorer hands every answer to :mod:`handeye.rose.scoring.score_item`. A sample's value holds PASS
per template, and counting, action and their gap where all their templates are asked; no answer
counts as 0, and means are over subsets, as in the tables of a run folder. A sample is a scene, so
standard errors are clustered by scene within subsets, and that of the gap is paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState

from handeye.rose.asking.prompts import Asking, check_order, default_templates
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import BY_KEY, TEMPLATES
from handeye.rose.release import load
from handeye.rose.scoring.score_item import score_item
from handeye.rose.scoring.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.run.questions import Question
from handeye.run.task import answers_of, means_of, scene_task

_NOT_ASKED = float("nan")


@task
def rose(
    data: str,
    split: str | None = "test",
    scenes: int | None = None,
    templates: str | list[str] | None = None,
    subsets: str | list[str] | None = None,
    order: str = "image_first",
    journal: str | None = None,
) -> Task:
    """Scenes of look-alike cells: count, and click, the ones that differ.

    Args:
        data: a set folder or metadata file with its pictures, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        scenes: keep this many scenes, taken in turn from every subset.
        templates: keys such as ``T1,T3``, or ``main`` (default for a folder), ``bridges``, ``all``.
        subsets: names such as ``glyph,emoji-style``.
        order: ``image_first`` or ``authors`` (general text, picture, question).
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.

    Raises:
        DataError: the set cannot be read, or a picture is missing.
        OptionError: an unknown template, subset or order, or nothing is left.
    """
    templates = templates or default_templates(data)
    items = load(data, split=split, templates=templates, subsets=subsets, scenes=scenes)
    return rose_task(items, Asking(check_order(order)), Path(journal) if journal else None)


def rose_task(
    items: ItemSet,
    asking: Asking,
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Task:
    """The task over items that are loaded already; see :func:`handeye.run.task.scene_task`."""
    by_scene = items.scenes()
    return scene_task(
        "rose",
        items,
        asking,
        [_sample(scene_id, rows) for scene_id, rows in by_scene.items()],
        pass_by_template(by_scene),
        journal,
        title="ROSE",
        location=items.root,
        metadata={**asking.as_dict(), "items": len(items), "scenes": len(by_scene)},
        questions=questions,
        connections=connections,
    )


def _sample(scene_id: str, rows: Sequence[Item]) -> Sample:
    names = ", ".join(TEMPLATES[row.task_template].key for row in rows)
    return Sample(
        id=scene_id,
        input=f"{len(rows)} questions about scene {scene_id}: {names}",
        target=[row.ground_truth_formal_answer for row in rows],
        metadata={
            "rose_subset": rows[0].rose_subset,
            "split": rows[0].split,
            "item_ids": [row.item_id for row in rows],
            "images": sorted({row.image for row in rows}),
        },
    )


@scorer(metrics={"*": means_of("rose_subset", "subset")}, name="rose")
def pass_by_template(by_scene: Mapping[str, Sequence[Item]]) -> Scorer:
    """PASS of each template (0 or 1) per scene, 0 without an answer; NaN where it was not asked.

    ``counting`` and ``action`` are a scene's means over the templates of each, ``gap`` their
    difference: NaN where the scene lacks one of them. ``unanswered`` is the share of the scene's
    items without an answer.
    """
    present = {item.task_template for items in by_scene.values() for item in items}
    columns = [t.column for t in TEMPLATES.values() if t.id in present]
    kinds = {
        name: [BY_KEY[key].column for key in keys]
        for name, keys in (("counting", COUNTING_KEYS), ("action", ACTION_KEYS))
    }
    headline = all(column in columns for found in kinds.values() for column in found)

    async def score(state: TaskState, target: Target) -> Score:
        answers = {answer.item_id: answer for answer in answers_of(state)}
        items = by_scene[str(state.sample_id)]
        value: dict[str, float] = dict.fromkeys(columns, _NOT_ASKED)
        rows: dict[str, Any] = {}
        missing = 0
        for item in items:
            answer = answers[item.item_id]
            missing += answer.state == "error"
            scored = score_item(
                item,
                answer.raw_text,
                model=answer.model,
                error=answer.error if answer.state == "error" else None,
                state=answer.state,
            )
            value[TEMPLATES[item.task_template].column] = float(scored.passed)
            rows[item.item_id] = {"state": answer.state, "pass": scored.passed}
        if headline:
            for name, found in kinds.items():
                value[name] = sum(value[column] for column in found) / len(found)
            value["gap"] = value["counting"] - value["action"]
        value["unanswered"] = missing / len(items)
        return Score(value=value, answer=state.output.completion, metadata={"items": rows})

    return score
