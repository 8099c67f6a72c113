"""A judge: a model that is asked short texts about answers; any model that Inspect knows.

Equal questions are asked once. An answer is in the journal the moment it arrives
(:mod:`handeye.run.journal`), under judge, version and text, so what was stopped goes on where it
was and nothing is paid for twice. The engine is imported when a model is asked, not before. What is
asked, and how an answer is read, is the business of a suite.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio

from handeye.errors import HandeyeError, RunError, within
from handeye.run.answers import Answer, Usage, request_sha256
from handeye.run.failures import Patience
from handeye.run.journal import Journal, open_journal
from handeye.run.versions import check_version

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig, Model, ModelOutput

CONNECTIONS = 10
ATTEMPTS = 3
# Carriage of one request: retries of the engine after the first, seconds an attempt may be silent.
_MAX_RETRIES = 5
_ATTEMPT_TIMEOUT = 600
# A judge that fails this often before its first answer is not there: a wrong key, no server.
_HOPELESS_AFTER = 20
DECIDED = "decided"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """One question to a judge.

    Attributes:
        key: fingerprint of version and texts, hexadecimal, at least 16 characters.
        text: what is sent.
        read: what an answer says; None where it cannot be read.
    """

    key: str
    text: str
    read: Callable[[str], T | None]


@dataclass(slots=True)
class Verdict(Generic[T]):
    """What came of a question.

    Attributes:
        value: as it was read; None where it was not decided.
        state: ``decided``, or why not: ``unreadable`` (after all attempts), ``refused``, ``empty``,
            ``truncated`` or ``error`` (no answer; asked again next time).
        error: the reason of an error.
    """

    value: T | None = None
    state: str = "error"
    error: str = ""


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """What a judge said.

    Attributes:
        name: the model.
        verdicts: by the keys of the questions.
        requests: made now.
        known: questions that were answered before.
        unreadable: answers that could not be read, over all attempts.
        usage: tokens of all answers used, also of earlier ones.
        structured: whether answers were asked for under a JSON schema.
    """

    name: str
    verdicts: Mapping[str, Verdict[T]]
    requests: int
    known: int
    unreadable: int
    usage: Usage
    structured: bool


def ask_judge(
    questions: Iterable[Wanted[T]],
    model: str | Model,
    journal: Path,
    *,
    version: str,
    schema: tuple[str, Mapping[str, Any]],
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    connections: int = CONNECTIONS,
    attempts: int = ATTEMPTS,
    progress: Callable[[int, int], None] | None = None,
) -> Judged[T]:
    """Ask a judge every question that it has not answered yet.

    Args:
        questions: those of one key are one.
        model: as Inspect names it (``openai/gpt-4o-mini``), or a model of Inspect's.
        journal: JSONL file of answers; what is in it is not asked again.
        version: of the prompt; an answer to another version is not used.
        schema: name and JSON schema of an answer, for providers with structured output.
        base_url: of the provider.
        model_args: of the provider.
        connections: requests at a time, at least 1.
        attempts: requests for one question until an answer can be read, at least 1.
        progress: called with (done, total) questions.

    Raises:
        RunError: no such model, an engine that is too old, a journal another process holds, or
            nothing but failures.
        OptionError: ``connections`` or ``attempts`` out of range.
        DataError: a journal that is none.
    """
    within("connections", connections, 1, 10_000)
    within("attempts", attempts, 1, 100)
    check_version("inspect_ai")
    from handeye.run.engine import resolve_model

    given = model_args or {}
    judge = resolve_model(model, base_url, given, "judge") if isinstance(model, str) else model
    wanted = {one.key: one for one in questions}
    opened = open_journal(journal)
    try:
        asker: _Asker[T] = _Asker(judge, opened, attempts, version, schema)
        anyio.run(_ask_all, asker, list(wanted.values()), connections, progress)
    finally:
        opened.close()
    return Judged(
        name=asker.name,
        verdicts=asker.verdicts,
        requests=asker.requests,
        known=asker.known,
        unreadable=asker.unreadable,
        usage=asker.usage,
        structured=asker.structured,
    )


def count_states(states: Iterable[str]) -> dict[str, int]:
    """Number of verdicts by state, ``decided`` first."""
    counts = Counter(states)
    return {DECIDED: counts.pop(DECIDED, 0), **dict(sorted(counts.items()))}


async def _ask_all(
    asker: _Asker[T],
    questions: Sequence[Wanted[T]],
    connections: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    free = anyio.Semaphore(connections)
    failure: HandeyeError | None = None
    done = 0

    async def ask(one: Wanted[T]) -> None:
        nonlocal failure, done
        try:
            async with free:
                await asker.ask(one)
        except HandeyeError as error:
            failure = failure or error
            group.cancel_scope.cancel()
            return
        done += 1
        if progress is not None:
            progress(done, len(questions))

    async with anyio.create_task_group() as group:
        for one in questions:
            group.start_soon(ask, one)
    if failure is not None:
        raise failure


class _Asker(Generic[T]):
    """Asks one judge; answers in the journal are used instead of asking."""

    def __init__(
        self,
        model: Model,
        journal: Journal,
        attempts: int,
        version: str,
        schema: tuple[str, Mapping[str, Any]],
    ) -> None:
        self.name = str(model)
        self.verdicts: dict[str, Verdict[T]] = {}
        self.requests = self.known = self.unreadable = 0
        self.usage = Usage()
        self.structured = True
        self._works_structured = False
        self._patience = Patience(_HOPELESS_AFTER, alone=False)
        self._model = model
        from handeye.run.wire import tap

        # Judged as answers of a run are: what came back may be a complaint of the server.
        tap(model, None)
        self._journal = journal
        self._attempts = attempts
        self._version, self._schema = version, schema

    async def ask(self, one: Wanted[T]) -> None:
        """Ask until an answer can be read; what came last decides about the state."""
        # Named by what is asked, so that the same texts of another item find the same answer.
        name = one.key[:16]
        found = self.verdicts[one.key] = Verdict()
        asked = False
        for attempt in range(1, self._attempts + 1):
            identity = {"prompt": self._version, "attempt": attempt}
            key = request_sha256("", [one.text], identity)
            answer = self._journal.arrived((name, self.name, key))
            if answer is None:
                asked = True
                answer = await self._request(name, key, one.text)
            self.usage += answer.usage
            found.state, found.error = str(answer.state), answer.error or ""
            if answer.state == "error":
                break
            found.value = one.read(answer.raw_text)
            if found.value is not None:
                found.state = DECIDED
                break
            self.unreadable += 1
            if found.state == "answered":
                found.state = "unreadable"
        self.known += not asked

    async def _request(self, name: str, key: str, text: str) -> Answer:
        from handeye.run.asker import failed_with
        from handeye.run.pending import Pending, pending_request

        self.requests += 1
        started = time.monotonic()
        pending = Pending(item_id=name, model=self.name, request=key, media_sha256="")
        pending_request.set(pending)
        try:
            output = await self._generate(text)
            seconds = time.monotonic() - started
            found = pending.answer or pending.answered(output, seconds)
        except HandeyeError:
            raise
        except Exception as error:  # a provider raises whatever its client raises
            found = failed_with(error, pending)
        if isinstance(found, Answer):
            self._patience.answered()
            self._journal.append(found)
            return found
        answer = pending.failed(found.reason, None)
        self._journal.append(answer)
        if (why := self._patience.failed(found)) is not None:
            raise RunError(f"judge {self.name}: {why}")
        return answer

    async def _generate(self, text: str) -> ModelOutput:
        """Ask under the schema; a provider that never took one is asked without."""
        if self.structured:
            try:
                output = await self._model.generate(text, config=self._config(structured=True))
            except Exception:
                if self._works_structured:
                    raise
            else:
                self._works_structured = True
                return output
        output = await self._model.generate(text, config=self._config(structured=False))
        self.structured = self._works_structured
        return output

    def _config(self, *, structured: bool) -> GenerateConfig:
        from inspect_ai.model import GenerateConfig, ResponseSchema
        from inspect_ai.util import JSONSchema

        name, tree = self._schema
        schema = ResponseSchema(name=name, json_schema=JSONSchema(**tree), strict=True)
        return GenerateConfig(
            max_retries=_MAX_RETRIES,
            attempt_timeout=_ATTEMPT_TIMEOUT,
            response_schema=schema if structured else None,
        )
