"""The Inspect task over an :class:`~handeye.run.questions.Asking`: one sample is one scene.

``inspect eval handeye/NAME`` and ``handeye run NAME`` both come through here.

- All questions about a scene are asked at once, each in a conversation of its own, and whatever
  follows an answer in the same conversation. A failed question is an answer with the state
  ``error``; it never fails the scene. So is one whose picture or video cannot be used.
- Scenes are written (pictures read, videos decoded) on worker threads while others are being
  answered, and only if something about them is still to be asked.
- The log keeps the SHA-256 of pictures, videos and sounds in the sample's metadata; where the file
  is not what is shown, the note of the answer says what is.
- Of several epochs each asks for answers of its own: the epoch is the number of the sample.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from statistics import variance
from typing import Any, TypeVar

import anyio
import msgspec
from anyio import to_thread
from anyio.lowlevel import current_token
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, Model, ModelOutput, get_model
from inspect_ai.scorer import Metric, SampleScore, Scorer, metric
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import LimitExceededError

from handeye.errors import DataError, HandeyeError
from handeye.run.answers import Answer
from handeye.run.asker import Asker, refuse_unsent
from handeye.run.journal import Journal, open_journal
from handeye.run.logs import ANSWERS
from handeye.run.questions import Asking, Opening, Question, by_scene, conversation

T = TypeVar("T")

# Scenes written at a time: decoding keeps a core busy, and the loop needs one for itself.
_WRITERS = 2


def scene_task(
    name: str,
    items: T,
    asking: Asking[T],
    samples: Sequence[Sample],
    scorer: Scorer | None,
    journal: Path | None,
    *,
    title: str,
    location: Path,
    metadata: Mapping[str, Any],
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Task:
    """The task of a suite.

    Args:
        name: of the suite.
        items: a set of it.
        asking: how it is asked; fitted to the model when that is known.
        samples: one a scene, with the scene's id.
        scorer: reads :func:`answers_of`; None leaves scores out of the log.
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.
        title: of the set, for the log.
        location: of the set, for the log.
        metadata: for the log.
        questions: those of ``items``, if they are laid out already.
        connections: limits requests under way where the engine's own limit does not
            (:func:`handeye.run.wire.tap`).
    """
    return Task(
        dataset=MemoryDataset(list(samples), name=title, location=str(location)),
        solver=ask_scenes(items, asking, journal, questions, connections),
        scorer=scorer,
        name=name,
        metadata=dict(metadata),
    )


def answers_of(state: TaskState) -> list[Answer]:
    """The answers about a sample's scene: in order of the questions, first ones first."""
    kept: list[dict[str, Any]] = state.store.get(ANSWERS, [])
    return [msgspec.convert(one, Answer) for one in kept]


@solver
def ask_scenes(
    items: T,
    asking: Asking[T],
    journal: Path | None,
    questions: Sequence[Question] | None = None,
    connections: int | None = None,
) -> Solver:
    """Ask every question about the sample's scene; see :func:`scene_task`."""
    kept = open_journal(journal) if journal is not None else None
    # What waits and limits belongs to one event loop, what is asked to one model.
    known: dict[tuple[Model, object], _Scenes] = {}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = get_model()
        place = (model, current_token())
        if place not in known:
            known[place] = _Scenes(items, asking, model, kept, connections)
        scenes = known[place]
        # Of a scene may be left nothing that the model can be asked.
        first = (await scenes.laid_out(questions)).get(str(state.sample_id), [])
        asked = [question.sampled(state.epoch) for question in first]
        answers = await scenes.ask(asked)
        for media in (media for question in asked for media in question.media):
            state.metadata.setdefault(f"{media.kind}_sha256", {})[media.path.name] = media.sha256
        state.store.set(ANSWERS, [msgspec.to_builtins(answer) for answer in answers])
        text = _told(answers, named=len(asked) > 1)
        state.output = ModelOutput.from_content(scenes.asker.model_name, text)
        state.messages.append(ChatMessageAssistant(content=text))
        return state

    return solve


class _Scenes:
    """Scenes of a set, asked of one model."""

    def __init__(
        self,
        items: Any,
        asking: Asking[Any],
        model: Model,
        journal: Journal | None,
        connections: int | None,
    ) -> None:
        self.asker = Asker(model, journal, connections)
        self._items = items
        self._asking = asking.fitted(self.asker.model_name)
        refuse_unsent(model, self._asking.sends)
        self._by_scene: dict[str, list[Question]] | None = None
        self._one_lays_out = anyio.Lock()
        self._writers = anyio.CapacityLimiter(_WRITERS)
        held = self._asking.scenes_held
        self._places = None if held is None else anyio.CapacityLimiter(held)

    async def laid_out(self, known: Sequence[Question] | None) -> Mapping[str, list[Question]]:
        """The first questions by scene, laid out once; ``known`` are those of the set, if given."""
        async with self._one_lays_out:
            if self._by_scene is None:
                self._by_scene = await to_thread.run_sync(
                    lambda: by_scene(known or self._asking.questions(self._items))
                )
        return self._by_scene

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask what the journal has no answer to.

        Raises:
            RunError: the journal cannot be written, or nothing but failures came back.
        """
        walks = [list(conversation(self._asking, first, self.asker.arrived)) for first in questions]
        told = [[answer for _, answer in walk if answer is not None] for walk in walks]
        rest = [place for place, walk in enumerate(walks) if walk[-1][1] is None]
        failure: HandeyeError | LimitExceededError | None = None

        async def go_on(place: int, opening: Opening | DataError) -> None:
            nonlocal failure
            try:
                await self._go_on(walks[place][-1][0], opening, told[place])
            except (HandeyeError, LimitExceededError) as error:
                failure = error
                group.cancel_scope.cancel()

        if rest:
            await self.asker.ready()
            async with (
                self._written([questions[place] for place in rest]) as openings,
                anyio.create_task_group() as group,
            ):
                for place, opening in zip(rest, openings, strict=True):
                    group.start_soon(go_on, place, opening)
        if failure is not None:
            raise failure
        return [answer for answers in told for answer in answers]

    async def _go_on(
        self, question: Question | None, opening: Opening | DataError, told: list[Answer]
    ) -> None:
        """Ask a question and what follows it; the answers are added to ``told``."""
        while question is not None:
            if isinstance(opening, DataError):
                told.append(self.asker.refuse(question, str(opening)))
                return
            answer = await self.asker.ask(question, opening)
            told.append(answer)
            failed = answer.state == "error"
            question = None if failed else self._asking.follow_up(question, answer)

    @asynccontextmanager
    async def _written(
        self, questions: Sequence[Question]
    ) -> AsyncIterator[list[Opening | DataError]]:
        """Hold what was written of some questions, or why it could not be, while they are asked."""
        async with self._places or nullcontext():
            yield await to_thread.run_sync(_write, questions, limiter=self._writers)


def _write(questions: Sequence[Question]) -> list[Opening | DataError]:
    out: list[Opening | DataError] = []
    for question in questions:
        try:
            out.append(question.write())
        except DataError as error:
            out.append(error)
    return out


def _told(answers: Sequence[Answer], named: bool) -> str:
    """What the log shows as the scene's output."""
    texts = list(map(_shown, answers))
    if not named:
        return "\n\n".join(texts)
    return "\n".join(f"{a.item_id}: {text}" for a, text in zip(answers, texts, strict=True))


def _shown(answer: Answer) -> str:
    calls = [msgspec.json.encode(call).decode() for call in answer.calls or ()]
    told = "\n".join(filter(None, [answer.raw_text, *calls]))
    return told or f"[{answer.state}: {answer.error or ''}]"


# ---- figures of the engine's log


def means_of(stratum: str, name: str) -> list[Metric]:
    """The metrics ``NAME_mean`` and ``NAME_mean_stderr``.

    They are :func:`macro_mean` and :func:`macro_stderr`.

    Args:
        stratum: its name in the samples' metadata.
        name: what the log calls it.
    """

    # Annotated: by that the engine knows that samples are wanted, not scores.
    @metric(name=f"{name}_mean")
    def mean() -> Metric:
        def compute(scores: list[SampleScore]) -> float:
            return macro_mean(scores, stratum)

        return compute

    @metric(name=f"{name}_mean_stderr")
    def stderr() -> Metric:
        def compute(scores: list[SampleScore]) -> float:
            return macro_stderr(scores, stratum)

        return compute

    return [mean(), stderr()]


def macro_mean(scores: Sequence[SampleScore], stratum: str) -> float:
    """The mean of the strata's means, over the strata that have scores; NaN without any.

    Args:
        scores: of samples, NaN where a sample has none.
        stratum: its name in the samples' metadata.
    """
    means = [sum(found) / len(found) for found in _by_stratum(scores, stratum)]
    return sum(means) / len(means) if means else math.nan


def macro_stderr(scores: Sequence[SampleScore], stratum: str) -> float:
    """The standard error of :func:`macro_mean`, of samples drawn within their strata.

    NaN where a stratum has a single sample: its spread is not known.
    """
    strata = _by_stratum(scores, stratum)
    if not strata or any(len(found) < 2 for found in strata):
        return math.nan
    return math.sqrt(sum(variance(found) / len(found) for found in strata)) / len(strata)


def _by_stratum(scores: Sequence[SampleScore], stratum: str) -> list[list[float]]:
    found: dict[str, list[float]] = {}
    for one in scores:
        value = one.score.as_float()
        if not math.isnan(value):
            found.setdefault((one.sample_metadata or {})[stratum], []).append(value)
    return list(found.values())
