"""Asks a model every question of a scene through Inspect and files what comes back.

Knows Inspect's ``Model`` and the journal. Does not know tasks, logs or scoring.
"""

from __future__ import annotations

import time
from typing import Any

import anyio
from inspect_ai.model import (
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    Model,
)
from inspect_ai.util import LimitExceededError

from handeye.errors import HandeyeError, RunError
from handeye.rose.asking import Question, SceneRequest
from handeye.run.answers import Answer, request_sha256
from handeye.run.journal import Journal
from handeye.run.secrets import without_keys
from handeye.run.wire import Pending, pending_request, tap
from handeye.run.wire_process import ProviderError

# Settings that steer how a request is carried, not what is asked: a run may go on with others.
CARRIAGE = frozenset(
    {
        "max_retries",
        "timeout",
        "attempt_timeout",
        "stream_idle_timeout",
        "max_connections",
        "adaptive_connections",
        "cache",
        "cache_prompt",
        "batch",
        "fail_on_refusal",
    }
)
# A model that fails this often in a row before its first answer is not there: a wrong key, a wrong
# name, no server. Asking the other thousands of items would only hide the reason.
HOPELESS_AFTER = 20
_MAX_ERROR = 400


def content_config(config: GenerateConfig) -> dict[str, Any]:
    """The settings that can change an answer, as they enter a request's fingerprint."""
    return config.model_dump(mode="json", exclude_none=True, exclude=set(CARRIAGE))


class Asker:
    """Asks one model; answers in the journal are used instead of asking."""

    def __init__(
        self, model: Model, journal: Journal | None, connections: int | None = None
    ) -> None:
        self._model = model
        self._journal = journal
        self.model_name = str(model)
        self._config = content_config(_effective_config(model))
        self._arrived = 0
        self._failed_in_a_row = 0
        self._tap = None if journal is None else tap(model, journal, connections)

    def request_of(self, scene: SceneRequest, question: Question) -> str:
        """Fingerprint of a question's request."""
        return request_sha256(scene.picture_of(question).sha256, question.parts, self._config)

    async def ask_scene(self, scene: SceneRequest) -> list[Answer]:
        """Ask all questions of a scene at once; answers in the order of the questions.

        Each picture is base64-encoded once, and only if some question still has to be asked.

        Raises:
            RunError: the journal cannot be written, or nothing but failures came back.
        """
        urls: dict[int, str] = {}
        answers: list[Answer | None] = [None] * len(scene.questions)
        failure: HandeyeError | LimitExceededError | None = None

        async def ask(place: int, question: Question) -> None:
            nonlocal failure
            try:
                answers[place] = await self._ask(scene, question, urls)
            except (HandeyeError, LimitExceededError) as error:
                failure = error
                group.cancel_scope.cancel()

        if self._tap is not None:
            # Before any request, so that no attempt's time is spent on it.
            await self._tap.ready(_effective_config(self._model))
        async with anyio.create_task_group() as group:
            for place, question in enumerate(scene.questions):
                group.start_soon(ask, place, question)
        if failure is not None:
            raise failure
        return [answer for answer in answers if answer is not None]

    async def _ask(self, scene: SceneRequest, question: Question, urls: dict[int, str]) -> Answer:
        pending = Pending(
            item_id=question.item.item_id,
            model=self.model_name,
            request=self.request_of(scene, question),
            image_sha256=scene.picture_of(question).sha256,
        )
        if self._journal is not None:
            known = self._journal.arrived((pending.item_id, pending.model, pending.request))
            if known is not None:
                return known
        url = urls.get(question.picture)
        if url is None:
            url = urls[question.picture] = scene.picture_of(question).data_url()
        return await self._generate(pending, _content(question, url))

    async def _generate(self, pending: Pending, content: list[Content]) -> Answer:
        pending_request.set(pending)
        started = time.monotonic()
        try:
            output = await self._model.generate([ChatMessageUser(content=content)])
        except (HandeyeError, LimitExceededError):
            raise
        except Exception as error:
            answer = pending.failed(describe_failure(error), round(time.monotonic() - started, 3))
            self._file(answer)
            self._count_failure(answer)
            return answer
        self._arrived += 1
        self._failed_in_a_row = 0
        if pending.answer is None:
            # The engine answered without asking the provider (its own cache).
            pending.answer = pending.answered(output, output.time)
            self._file(pending.answer)
        return pending.answer

    def _file(self, answer: Answer) -> None:
        if self._journal is not None:
            self._journal.append(answer)

    def _count_failure(self, answer: Answer) -> None:
        self._failed_in_a_row += 1
        if self._arrived == 0 and self._failed_in_a_row >= HOPELESS_AFTER:
            raise RunError(
                f"{self.model_name}: the first {self._failed_in_a_row} requests all failed, the "
                f"last with: {answer.error}; stopped. Check the model's name, the key and the "
                "server, then run the same command again"
            )


def _effective_config(model: Model) -> GenerateConfig:
    """The model's own settings merged with those of the evaluation, as ``generate`` does."""
    from inspect_ai.model._generate_config import active_generate_config

    return model.config.merge(active_generate_config())


def _content(question: Question, url: str) -> list[Content]:
    return [
        ContentImage(image=url) if part is None else ContentText(text=part)
        for part in question.parts
    ]


def describe_failure(error: BaseException) -> str:
    """One line on why a request failed, without the request and without keys.

    Args:
        error: what the engine raised after its retries.
    """
    cause = error
    if (attempt := getattr(error, "last_attempt", None)) is not None:
        cause = attempt.exception() or error
    elif error.__cause__ is not None:
        cause = error.__cause__
    # A failure in the wire process brings its kind in its text.
    told = str(cause) if isinstance(cause, ProviderError) else f"{type(cause).__name__}: {cause}"
    text = without_keys(" ".join(told.split()))
    return text if len(text) <= _MAX_ERROR else text[: _MAX_ERROR - 3] + "..."
