"""Asks a judge model which actions mean the same deed.

One request for each two lists of actions, whatever the number of clips that have them; how a judge
is asked, :mod:`handeye.run.judge` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.run.answers import Usage
from handeye.run.judge import ATTEMPTS, CONNECTIONS, Wanted, ask_judge
from handeye.visualact.judge.matcher import Decisions
from handeye.visualact.judge.prompt import SCHEMA, VERSION, fingerprint, question, read_pairs
from handeye.visualact.scoring.cases import Case

if TYPE_CHECKING:
    from inspect_ai.model import Model

Pairs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a judge said.

    Attributes:
        name: the model.
        decisions: clip id to matching (predicted, truth) places as given; only what was decided.
        states: clip id to what came of it (:class:`handeye.run.judge.Verdict`).
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

    wanted: Wanted[Pairs]
    cases: list[Case] = field(default_factory=list)


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
        model: and all that follows as :func:`handeye.run.judge.ask_judge` takes it.
        journal: JSONL file of answers; what is in it is not asked again.
        base_url: of the provider.
        model_args: of the provider.
        connections: requests at a time, at least 1.
        attempts: requests for one question until an answer can be read, at least 1.
        progress: called with (done, total) questions.

    Raises:
        RunError, OptionError, DataError: as there.
    """
    questions = _questions(cases)
    found = ask_judge(
        [one.wanted for one in questions.values()],
        model,
        journal,
        version=VERSION,
        schema=("pairs", SCHEMA),
        base_url=base_url,
        model_args=model_args,
        connections=connections,
        attempts=attempts,
        progress=progress,
    )
    decisions: dict[str, Pairs] = {}
    states: dict[str, str] = {}
    errors: dict[str, str] = {}
    for key, one in questions.items():
        verdict = found.verdicts[key]
        for case in one.cases:
            clip_id = case.clip.clip_id
            states[clip_id] = verdict.state
            if verdict.value is not None:
                places = [(case.predicted[p], case.truth[t]) for p, t in verdict.value]
                decisions[clip_id] = places
            elif verdict.error:
                errors[clip_id] = verdict.error
    return Judgements(
        name=found.name,
        decisions=decisions,
        states=states,
        errors=errors,
        requests=found.requests,
        known=found.known,
        unreadable=found.unreadable,
        usage=found.usage,
        structured=found.structured,
    )


def _questions(cases: Iterable[Case]) -> dict[str, _Question]:
    """Questions by fingerprint; equal lists of actions are one question."""
    found: dict[str, _Question] = {}
    for case in cases:
        proposed = [action.text for action in case.proposed()]
        called_for = [action.text for action in case.called_for()]
        if proposed and called_for:
            key = fingerprint(proposed, called_for)
            if key not in found:
                read = partial(read_pairs, proposed=len(proposed), called_for=len(called_for))
                found[key] = _Question(Wanted(key, question(proposed, called_for), read))
            found[key].cases.append(case)
    return found
