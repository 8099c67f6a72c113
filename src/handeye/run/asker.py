"""Asks a model through Inspect and files what comes back.

Knows Inspect's ``Model`` and the journal. Does not know suites, tasks, logs or scoring.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import anyio
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
from handeye.run.failures import CHECK, Failure, Patience, failure_of
from handeye.run.journal import Journal
from handeye.run.pending import Pending, pending_request
from handeye.run.questions import Opening, Question, content_config
from handeye.run.secrets import know
from handeye.run.tools import infos
from handeye.run.versions import check_version, lacking
from handeye.run.wire import ProviderError, tap

# A model that fails this often in a row before its first answer is not there; asking the other
# thousands of items would only hide the reason. So it is where nobody listens any more.
HOPELESS_AFTER = 20
# The first request goes alone, so that a wrong key costs one; the others wait for it this long, in
# seconds: refusals come at once, the answer of a slow model need not be waited for.
FIRST_ALONE = 10.0


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
        self._tap = tap(model, journal, connections)
        # Respondents of ours have no key and no address, and their first batch should be full.
        self._goes_alone = not type(model.api).__module__.startswith("handeye.")
        self._first: anyio.Event | None = None
        self._patience = Patience(
            HOPELESS_AFTER,
            self._goes_alone,
            earlier=journal is not None and journal.has_answers,
            advice=getattr(model.api, "advice", CHECK),
        )

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
        await self._tap.ready(_effective_config(self._model))

    async def ask(self, question: Question, opening: Opening) -> Answer:
        """Ask a question that has no answer in the journal; a failure is an answer too.

        Raises:
            RunError: the journal cannot be written, nothing but failures came back, or failures
                that the next request would meet too.
        """
        async with self._in_turn():
            return await self._ask(question, opening)

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """Hold back what comes after the first request until it is answered, or slow.

        Where a page came back, the next one is the first again.
        """
        while self._first is not None and not self._first.is_set():
            with anyio.move_on_after(FIRST_ALONE) as waited:
                await self._first.wait()
            if waited.cancelled_caught:
                break
        over = self._first is None or (self._first.is_set() and self._patience.in_doubt)
        if not (self._goes_alone and over):
            yield
            return
        self._first = first = anyio.Event()
        try:
            yield
        finally:
            first.set()

    async def _ask(self, question: Question, opening: Opening) -> Answer:
        if self._tap.over:
            # One of its own: an error that is raised again grows by where it was raised, and the
            # engine draws what it looks like for every scene.
            raise RunError(self._tap.over)
        pending = self._pending(question, opening)
        pending_request.set(pending)
        started = time.monotonic()
        try:
            output = await self._model.generate(
                _messages(question, opening),
                tools=infos(question.tools),
                config=self._settings(question),
            )
        except (HandeyeError, LimitExceededError):
            raise
        except Exception as error:
            return self._failure(pending, failed_with(error, pending), time.monotonic() - started)
        if pending.answer is None:
            # The engine answered without asking the provider (its own cache).
            answer = pending.answered(output, output.time)
            if isinstance(answer, Failure):
                return self._failure(pending, answer, output.time)
            pending.answer = answer
            self._file(answer)
        known = None if self._journal is None else self._journal.get(pending.answer.key)
        if known is not None and known.state == "error":
            # Judged by what came before it: the server's own words, which the next would be told.
            return self._over_with(known, Failure(known.error or "", hopeless=True))
        self._patience.answered()
        return pending.answer

    def _failure(self, pending: Pending, failure: Failure, seconds: float | None) -> Answer:
        """File a failure, and end the run where the next request would meet it too."""
        answer = pending.failed(failure.reason, None if seconds is None else round(seconds, 3))
        self._file(answer)
        return self._over_with(answer, failure)

    def _over_with(self, answer: Answer, failure: Failure) -> Answer:
        if (why := self._patience.failed(failure)) is not None:
            # What is still under way must not say it in other words.
            self._tap.over = self._tap.over or f"{self.model_name}: {why}"
            raise RunError(self._tap.over) from None
        return answer

    def _settings(self, question: Question) -> GenerateConfig:
        """Settings of a request over those of the run; no two samples have one seed."""
        own = question.config or GenerateConfig()
        seed = self.config.get("seed") if own.seed is None else own.seed
        if seed is None and not self._goes_alone:
            seed = 0  # where models on this machine begin
        if question.sample == 1 or seed is None:
            return own
        return own.merge(GenerateConfig(seed=seed + question.sample - 1))

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
            sample=question.sample,
            letters=question.letters,
            tools=bool(question.tools),
        )

    def _file(self, answer: Answer) -> None:
        if self._journal is not None:
            self._journal.append(answer)


def _messages(question: Question, opening: Opening) -> list[ChatMessage]:
    """The conversation: its opening, then what was said, by the model and to it in turn."""
    messages = list(opening.messages)
    for place, text in enumerate(question.turns):
        if place % 2:
            messages.append(ChatMessageUser(content=text, metadata=opening.messages[-1].metadata))
        else:
            messages.append(ChatMessageAssistant(content=text))
    if question.sample > 1:  # beside the words, for respondents of ours
        return [_numbered(message, question.sample) for message in messages]
    return messages


def _numbered(message: ChatMessage, sample: int) -> ChatMessage:
    if message.role != "user":
        return message
    return message.model_copy(update={"metadata": {**(message.metadata or {}), "sample": sample}})


def _effective_config(model: Model) -> GenerateConfig:
    """The model's own settings merged with those of the evaluation, as ``generate`` does."""
    # Inspect shows them to nobody else than its providers, and an answer is looked up before.
    try:
        from inspect_ai.model._generate_config import active_generate_config
    except ImportError as error:
        raise lacking("inspect_ai", error) from error
    return model.config.merge(active_generate_config())


def refuse_unsent(model: Model, sends: Collection[str]) -> None:
    """Refuse a model that does not take what is to be sent, if it tells what it takes.

    Args:
        model: whose provider may have ``takes``: ``image``, ``video``, ``audio``.
        sends: what requests hold beside words (:attr:`handeye.run.questions.Asking.sends`).

    Raises:
        RunError: something is not taken.
    """
    takes = getattr(model.api, "takes", None)
    missing = [] if takes is None else sorted(set(sends) - set(takes))
    if missing:
        known = f"only {' and '.join(sorted(takes))}" if takes else "nothing but words"
        raise RunError(
            f"{model} takes {known}, and is to be sent {' and '.join(missing)}: ask it without "
            f"{'that' if len(missing) == 1 else 'those'}, or ask a model that takes it"
        )


def failed_with(error: Exception, pending: Pending) -> Failure:
    """What became of a request: as it was told on the wire, where it was told there."""
    cause = error
    if (attempt := getattr(error, "last_attempt", None)) is not None:
        cause = attempt.exception() or error
    if isinstance(cause, ProviderError):
        return cause.failure
    return pending.failure or failure_of(error)
