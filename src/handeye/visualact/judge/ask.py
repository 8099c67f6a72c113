"""Asks a judge model which actions mean the same deed; any model that Inspect knows.

One request for each two lists of actions, whatever the number of clips that have them. An answer is
in the journal the moment it arrives (:mod:`handeye.run.journal`), under judge, prompt version and
texts, so what was stopped goes on where it was and nothing is paid for twice. The engine is
imported when a model is asked, not before.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from handeye.errors import HandeyeError, RunError, within
from handeye.run.answers import Answer, Usage, request_sha256
from handeye.run.failures import Patience
from handeye.run.journal import Journal, open_journal
from handeye.run.versions import check_version
from handeye.visualact.judge.matcher import Decisions
from handeye.visualact.judge.prompt import SCHEMA, VERSION, fingerprint, question, read_pairs
from handeye.visualact.scoring.cases import Case

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


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a judge said.

    Attributes:
        name: the model.
        decisions: clip id to matching (predicted, truth) places as given; only what was decided.
        states: clip id to ``decided``, or why not: ``unreadable`` (after all attempts),
            ``refused``, ``empty``, ``truncated`` or ``error`` (no answer; asked again next time).
        errors: clip id to the reason of an error.
        requests: made now. known: lists of actions that were judged before.
        unreadable: answers that could not be read, over all attempts.
        usage: tokens of all answers used, also of earlier ones.
        structured: whether answers were asked for under a JSON schema.
    """

    name: str
    decisions: Decisions
    states: Mapping[str, str]
    errors: Mapping[str, str]
    requests: int
    known: int
    unreadable: int
    usage: Usage
    structured: bool


@dataclass
class _Question:
    """Two lists of actions and the cases that have them, in the cases' own order."""

    proposed: list[str]
    called_for: list[str]
    cases: list[Case] = field(default_factory=list)
    pairs: list[tuple[int, int]] | None = None
    state: str = "error"
    error: str = ""


def judge_cases(
    cases: Sequence[Case],
    model: str | Model,
    journal: Path,
    *,
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    connections: int = CONNECTIONS,
    attempts: int = ATTEMPTS,
    progress: Callable[[int, int], None] | None = None,
) -> Judgements:
    """Ask a judge about every case with actions on both sides.

    Args:
        cases: from :func:`handeye.visualact.scoring.cases.make_cases`.
        model: as Inspect names it (``openai/gpt-4o-mini``), or a model of Inspect's.
        journal: JSONL file of answers; what is in it is not asked again.
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
    questions = _questions(cases)
    opened = open_journal(journal)
    try:
        asker = _Asker(judge, opened, attempts)
        anyio.run(_ask_all, asker, list(questions.values()), connections, progress)
    finally:
        opened.close()
    return _collect(asker, questions.values())


def _questions(cases: Iterable[Case]) -> dict[str, _Question]:
    """Questions by fingerprint; equal lists of actions are one question."""
    found: dict[str, _Question] = {}
    for case in cases:
        proposed = [action.text for action in case.proposed()]
        called_for = [action.text for action in case.called_for()]
        if proposed and called_for:
            key = fingerprint(proposed, called_for)
            found.setdefault(key, _Question(proposed, called_for)).cases.append(case)
    return found


async def _ask_all(
    asker: _Asker,
    questions: Sequence[_Question],
    connections: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    free = anyio.Semaphore(connections)
    failure: HandeyeError | None = None
    done = 0

    async def ask(one: _Question) -> None:
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


class _Asker:
    """Asks one judge; answers in the journal are used instead of asking."""

    def __init__(self, model: Model, journal: Journal, attempts: int) -> None:
        self.name = str(model)
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

    async def ask(self, one: _Question) -> None:
        """Ask until an answer can be read; what came last decides about the state."""
        text = question(one.proposed, one.called_for)
        # Named by what is asked, so that the same lists in another clip find the same answer.
        name = fingerprint(one.proposed, one.called_for)[:16]
        asked = False
        for attempt in range(1, self._attempts + 1):
            key = request_sha256("", [text], {"prompt": VERSION, "attempt": attempt})
            answer = self._journal.arrived((name, self.name, key))
            if answer is None:
                asked = True
                answer = await self._request(name, key, text)
            self.usage += answer.usage
            one.state, one.error = str(answer.state), answer.error or ""
            if answer.state == "error":
                break
            one.pairs = read_pairs(answer.raw_text, len(one.proposed), len(one.called_for))
            if one.pairs is not None:
                one.state = DECIDED
                break
            self.unreadable += 1
            if one.state == "answered":
                one.state = "unreadable"
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
                output = await self._model.generate(text, config=_config(structured=True))
            except Exception:
                if self._works_structured:
                    raise
            else:
                self._works_structured = True
                return output
        output = await self._model.generate(text, config=_config(structured=False))
        self.structured = self._works_structured
        return output


def _config(*, structured: bool) -> GenerateConfig:
    from inspect_ai.model import GenerateConfig, ResponseSchema
    from inspect_ai.util import JSONSchema

    schema = ResponseSchema(name="pairs", json_schema=JSONSchema(**SCHEMA), strict=True)
    return GenerateConfig(
        max_retries=_MAX_RETRIES,
        attempt_timeout=_ATTEMPT_TIMEOUT,
        response_schema=schema if structured else None,
    )


def _collect(asker: _Asker, questions: Iterable[_Question]) -> Judgements:
    decisions: dict[str, list[tuple[int, int]]] = {}
    states: dict[str, str] = {}
    errors: dict[str, str] = {}
    for one in questions:
        for case in one.cases:
            clip_id = case.clip.clip_id
            states[clip_id] = one.state
            if one.pairs is not None:
                decisions[clip_id] = [(case.predicted[p], case.truth[t]) for p, t in one.pairs]
            elif one.error:
                errors[clip_id] = one.error
    return Judgements(
        name=asker.name,
        decisions=decisions,
        states=states,
        errors=errors,
        requests=asker.requests,
        known=asker.known,
        unreadable=asker.unreadable,
        usage=asker.usage,
        structured=asker.structured,
    )


def count_states(judgements: Judgements) -> dict[str, int]:
    """Number of clips by state, ``decided`` first."""
    counts = Counter(judgements.states.values())
    return {DECIDED: counts.pop(DECIDED, 0), **dict(sorted(counts.items()))}
