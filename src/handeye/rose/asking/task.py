"""The ROSE task for Inspect: one sample is one scene, each item a conversation of its own.

``inspect eval handeye/rose --model openai/gpt-5.5 -T data=DIR`` and ``handeye run rose`` both come
through here. The only file of this suite that knows Inspect.

- The solver asks all items of a scene at once. A failed item is an answer with the state ``error``;
  it never fails the scene.
- The scorer hands every answer to :mod:`handeye.rose.scoring.score_item`. A sample's value holds
  PASS per template; an item without an answer has no value (NaN), so the engine leaves it out of
  the means and counts it as unscored. The official tables, where it counts as 0, are written by
  the lane.
- Pictures go out byte for byte; the log keeps their SHA-256 in the sample's metadata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    ModelOutput,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from handeye.rose.asking.prompts import Order, Question, SceneRequest, check_order, scene_request
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import load
from handeye.rose.scoring.score_item import score_item
from handeye.run.answers import Answer, request_sha256
from handeye.run.asker import Asker
from handeye.run.journal import open_journal
from handeye.run.requests import Request

_ANSWERS = "answers"
_UNANSWERED = float("nan")


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
        templates: keys such as ``T1,T3``, or ``main``, ``bridges``, ``all``.
        subsets: names such as ``glyph,emoji-style``.
        order: ``image_first`` or ``authors`` (general text, picture, question).
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.

    Raises:
        DataError: the set cannot be read, or a picture is missing.
        OptionError: an unknown template, subset or order, or nothing is left.
    """
    items = load(
        data,
        split=split,
        templates=templates,
        subsets=subsets,
        scenes=scenes,
    )
    return rose_task(items, check_order(order), Path(journal) if journal else None)


def rose_task(
    items: ItemSet, order: Order, journal: Path | None, connections: int | None = None
) -> Task:
    """The task over items that are loaded already; see :func:`rose`.

    ``connections`` limits requests under way where the engine's own limit does not
    (:func:`handeye.run.wire.tap`).
    """
    by_scene = items.scenes()
    return Task(
        dataset=MemoryDataset(
            [_sample(scene_id, rows) for scene_id, rows in by_scene.items()],
            name="ROSE",
            location=str(items.root),
        ),
        solver=ask_scene(_Scenes(items, by_scene, order), journal, connections),
        scorer=pass_by_template(by_scene),
        name="rose",
        metadata={"order": order, "items": len(items), "scenes": len(by_scene)},
    )


class _Scenes:
    """Scenes by id, each laid out (pictures read) when it is its turn."""

    def __init__(
        self, items: ItemSet, by_scene: Mapping[str, Sequence[Item]], order: Order
    ) -> None:
        self._items, self._by_scene, self._order = items, by_scene, order

    def request(self, scene_id: str) -> SceneRequest:
        return scene_request(scene_id, self._by_scene[scene_id], self._items, self._order)


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


@solver
def ask_scene(scenes: _Scenes, journal: Path | None, connections: int | None = None) -> Solver:
    """Ask every item of the sample's scene at once, each in a fresh conversation."""
    kept = open_journal(journal) if journal is not None else None
    asker: Asker | None = None

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        nonlocal asker
        if asker is None:
            asker = Asker(get_model(), kept, connections)
        request = scenes.request(str(state.sample_id))
        answers = await asker.ask_all(requests_of(request, asker.config))
        state.metadata["image_sha256"] = {
            str(picture.path.name): picture.sha256 for picture in request.pictures
        }
        state.store.set(_ANSWERS, [msgspec.to_builtins(answer) for answer in answers])
        text = "\n".join(f"{a.item_id}: {a.raw_text or f'[{a.state}]'}" for a in answers)
        state.output = ModelOutput.from_content(asker.model_name, text)
        state.messages.append(ChatMessageAssistant(content=text))
        return state

    return solve


def requests_of(scene: SceneRequest, config: Mapping[str, Any]) -> list[Request]:
    """The requests of a scene's questions, each a conversation of its own.

    Each picture is base64-encoded once, and only if some question still has to be asked.
    """
    urls: dict[int, str] = {}

    def messages(question: Question) -> list[ChatMessage]:
        if question.picture not in urls:
            urls[question.picture] = scene.picture_of(question).data_url()
        url = urls[question.picture]
        content: list[Content] = [
            ContentImage(image=url) if part is None else ContentText(text=part)
            for part in question.parts
        ]
        return [ChatMessageUser(content=content)]

    requests: list[Request] = []
    for question in scene.questions:
        picture = scene.picture_of(question).sha256
        sha256 = request_sha256(picture, question.parts, config)
        write = partial(messages, question)
        requests.append(Request(question.item.item_id, sha256, picture, write))
    return requests


@scorer(metrics={"*": [mean()]}, name="rose")
def pass_by_template(by_scene: Mapping[str, Sequence[Item]]) -> Scorer:
    """PASS of each template (0 or 1) per scene; NaN where the item has no answer.

    Metrics are means over answered items only. ``unanswered`` is the share of the scene's items
    without an answer, so that no mean is read without it.
    """
    present = {item.task_template for items in by_scene.values() for item in items}
    columns = [t.column for t in TEMPLATES.values() if t.id in present]

    async def score(state: TaskState, target: Target) -> Score:
        kept: list[dict[str, Any]] = state.store.get(_ANSWERS, [])
        answers = {row["item_id"]: msgspec.convert(row, Answer) for row in kept}
        items = by_scene[str(state.sample_id)]
        value: dict[str, float] = dict.fromkeys(columns, _UNANSWERED)
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
            if answer.state != "error":
                value[TEMPLATES[item.task_template].column] = float(scored.passed)
            rows[item.item_id] = {"state": answer.state, "pass": scored.passed}
        value["unanswered"] = missing / len(items)
        return Score(value=value, answer=state.output.completion, metadata={"items": rows})

    return score
