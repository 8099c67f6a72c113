"""Asks a model through Inspect and files what comes back.

Knows Inspect's ``Model`` and the journal. Does not know suites, tasks, logs or scoring.
"""

from __future__ import annotations

import time

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    Model,
)
from inspect_ai.util import LimitExceededError

from handeye.errors import HandeyeError, RunError
from handeye.run.answers import Answer
from handeye.run.journal import Journal
from handeye.run.pending import Pending, pending_request
from handeye.run.questions import Opening, Question, content_config
from handeye.run.secrets import know, without_keys
from handeye.run.versions import check_version, lacking
from handeye.run.wire import ProviderError, tap

# A model that fails this often in a row before its first answer is not there: a wrong key, a wrong
# name, no server. Asking the other thousands of items would only hide the reason.
HOPELESS_AFTER = 20
_MAX_ERROR = 400


class Asker:
    """Asks one model, and files its answers in a journal.

    Attributes:
        model_name: as answers are filed.
        config: the settings of the run that can change an answer, for fingerprints.
    """

    def __init__(
        self, model: Model, journal: Journal | None, connections: int | None = None
    ) -> None:
        check_version("inspect_ai")
        self._model = model
        self._journal = journal
        self.model_name = str(model)
        config = _effective_config(model)
        # Also what came past our own options, with Inspect's command line.
        know({"api_key": getattr(model.api, "api_key", None), "": model.explicit_base_url})
        know(model.model_args, {n: getattr(config, n) for n in ("extra_headers", "extra_body")})
        self.config = content_config(config)
        self._arrived = 0
        self._failed_in_a_row = 0
        self._tap = None if journal is None else tap(model, journal, connections)

    def arrived(self, question: Question) -> Answer | None:
        """The answer to a question if the journal has one."""
        if self._journal is None:
            return None
        return self._journal.arrived(question.key(self.model_name, self.config))

    async def ready(self) -> None:
        """Wait until requests can be sent; before any of them, so that none loses time to it.

        Raises:
            RunError: the provider could not be made.
        """
        if self._tap is not None:
            await self._tap.ready(_effective_config(self._model))

    async def ask(self, question: Question, opening: Opening) -> Answer:
        """Ask a question that has no answer in the journal; a failure is an answer too.

        Raises:
            RunError: the journal cannot be written, or nothing but failures came back.
        """
        pending = self._pending(question, opening)
        # Without a journal of ours, a tap that an earlier run left on the model is none of it.
        pending_request.set(pending if self._tap is not None else None)
        started = time.monotonic()
        try:
            output = await self._model.generate(
                _messages(question, opening), config=question.config or GenerateConfig()
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

    def refuse(self, question: Question, reason: str) -> Answer:
        """File a failure of a question that could not even be written, such as a broken video."""
        answer = self._pending(question).failed(reason, None)
        self._file(answer)
        return answer

    def _pending(self, question: Question, opening: Opening | None = None) -> Pending:
        note = None if opening is None else opening.note
        item_id, model, request = question.key(self.model_name, self.config)
        return Pending(
            item_id=item_id,
            model=model,
            request=request,
            media_sha256=question.media_sha256,
            note=None if note is None else dict(note),
        )

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


def _messages(question: Question, opening: Opening) -> list[ChatMessage]:
    """The conversation: its opening, then what was said, by the model and to it in turn."""
    messages = list(opening.messages)
    for place, text in enumerate(question.turns):
        if place % 2:
            messages.append(ChatMessageUser(content=text, metadata=opening.messages[-1].metadata))
        else:
            messages.append(ChatMessageAssistant(content=text))
    return messages


def _effective_config(model: Model) -> GenerateConfig:
    """The model's own settings merged with those of the evaluation, as ``generate`` does."""
    # Inspect shows them to nobody else than its providers, and an answer is looked up before.
    try:
        from inspect_ai.model._generate_config import active_generate_config
    except ImportError as error:
        raise lacking("inspect_ai", error) from error
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
