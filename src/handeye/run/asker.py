"""Asks a model through Inspect and files what comes back.

Knows Inspect's ``Model`` and the journal. Does not know suites, tasks, logs or scoring.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import anyio
from inspect_ai.model import GenerateConfig, Model
from inspect_ai.util import LimitExceededError

from handeye.errors import HandeyeError, RunError
from handeye.run.answers import Answer
from handeye.run.journal import Journal, Key
from handeye.run.pending import Pending, pending_request
from handeye.run.requests import Request
from handeye.run.secrets import without_keys
from handeye.run.wire import tap
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
    """Asks one model; answers in the journal are used instead of asking.

    Attributes:
        model_name: as answers are filed.
        config: the settings of the run that can change an answer, for fingerprints.
    """

    def __init__(
        self, model: Model, journal: Journal | None, connections: int | None = None
    ) -> None:
        self._model = model
        self._journal = journal
        self.model_name = str(model)
        self.config = content_config(_effective_config(model))
        self._arrived = 0
        self._failed_in_a_row = 0
        self._tap = None if journal is None else tap(model, journal, connections)

    def key(self, request: Request) -> Key:
        """What an answer to a request is filed under."""
        return (request.item_id, self.model_name, request.sha256)

    def arrived(self, request: Request) -> Answer | None:
        """The answer to a request if the journal has one."""
        return None if self._journal is None else self._journal.arrived(self.key(request))

    async def ready(self) -> None:
        """Wait until requests can be sent; before any of them, so that none loses time to it.

        Raises:
            RunError: the provider could not be made.
        """
        if self._tap is not None:
            await self._tap.ready(_effective_config(self._model))

    async def ask_all(self, requests: Sequence[Request]) -> list[Answer]:
        """Ask several requests at once; answers in their order.

        Raises:
            RunError: the journal cannot be written, or nothing but failures came back.
        """
        answers: list[Answer | None] = [None] * len(requests)
        failure: HandeyeError | LimitExceededError | None = None

        async def ask(place: int, request: Request) -> None:
            nonlocal failure
            try:
                answers[place] = await self.ask(request)
            except (HandeyeError, LimitExceededError) as error:
                failure = error
                group.cancel_scope.cancel()

        await self.ready()
        async with anyio.create_task_group() as group:
            for place, request in enumerate(requests):
                group.start_soon(ask, place, request)
        if failure is not None:
            raise failure
        return [answer for answer in answers if answer is not None]

    async def ask(self, request: Request) -> Answer:
        """Ask one request, unless its answer is in the journal; a failure is an answer too.

        Raises:
            RunError: the journal cannot be written, or nothing but failures came back.
        """
        if (known := self.arrived(request)) is not None:
            return known
        return await self._generate(self._pending(request), request)

    def refuse(self, request: Request, reason: str) -> Answer:
        """File a failure of a request that could not even be written, such as a broken video."""
        answer = self._pending(request).failed(reason, None)
        self._file(answer)
        return answer

    def _pending(self, request: Request) -> Pending:
        return Pending(
            item_id=request.item_id,
            model=self.model_name,
            request=request.sha256,
            media_sha256=request.media_sha256,
            note=None if request.note is None else dict(request.note),
        )

    async def _generate(self, pending: Pending, request: Request) -> Answer:
        # Without a journal of ours, a tap that an earlier run left on the model is none of it.
        pending_request.set(pending if self._tap is not None else None)
        started = time.monotonic()
        try:
            output = await self._model.generate(
                request.messages(), config=request.config or GenerateConfig()
            )
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
