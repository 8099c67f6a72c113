"""Runs a suite against a model from the first request to the scored run folder.

    RUN/
      plan.json           what the run was started for (handeye.run.plan)
      answers.jsonl       the journal: every answer, in order of arrival (handeye.run.journal)
      logs/               Inspect's logs, one per start; ``inspect view --log-dir RUN/logs``
      predictions.jsonl   one row per item, in the order of the set
      run.json, scores.*, summary.json, tables/     written by the suite's scorer

The engine does the asking; this file prepares it, watches it and turns the journal into scores.
The same call goes on where a killed or stopped one left off. What is asked and how it is scored is
a :class:`Job`, which the suite brings.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from handeye.errors import RunError
from handeye.run.answers import ANSWER_STATES, Answer
from handeye.run.journal import Journal, open_journal
from handeye.run.options import RunOptions
from handeye.run.plan import PLAN, Plan, claim
from handeye.run.progress import Progress, Tally
from handeye.run.secrets import without_secrets

if TYPE_CHECKING:
    from inspect_ai import Task


class Job(Protocol):
    """What a suite brings to the lane: questions, and what becomes of the answers."""

    plan: Plan

    def total(self, journal: Journal) -> int:
        """Answers that a whole run has, as far as it can be told from those that are there."""

    def arrived(self, journal: Journal) -> list[Answer]:
        """The answers that are there already; failures do not count."""

    def task(self, journal: Journal) -> Task:
        """The Inspect task that asks for the rest."""

    def answers(self, journal: Journal) -> list[Answer | None]:
        """Every answer of the run, or the failure in its place, or None where nothing is known."""

    def write_predictions(self, path: Path, journal: Journal) -> None:
        """Write the prediction file, one row per item."""

    def info(self) -> dict[str, Any]:
        """What ``run.json`` says about the questions."""

    def score(self, info: Mapping[str, Any]) -> None:
        """Score the prediction file into the run folder."""


def carry_out(options: RunOptions, job: Job) -> Path:
    """Ask what has no answer yet, keep every answer the moment it arrives, and score.

    Returns:
        The run folder. Items without an answer (state ``error``) do not fail the run: they are
        counted, shown, and asked again by the next call.

    Raises:
        DataError: the set cannot be used.
        RunError: no such model, no key, the folder holds another run or is being written by another
            process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    if not (options.out / PLAN).exists():
        from handeye.run.engine import resolve_model

        # A mistyped name or a missing key must not claim the folder for a run that cannot be.
        resolve_model(options.model, options.base_url, options.model_args)
    with _journal(options, job.plan) as journal:
        total = job.total(journal)
        tally = Tally(total, options.price, time.monotonic)
        for known in job.arrived(journal):
            tally.keep(known)
        if tally.kept < total or not (options.out / "run.json").exists():
            _ask(options, job, journal, tally)
        journal.sync()
        answers = _whole(job.answers(journal), journal)
        job.write_predictions(options.out / "predictions.jsonl", journal)
    info = {**run_info(options, tally, answers), **job.info()}
    if options.score:
        job.score(info)
    _say_what_is_missing(answers)
    return options.out


@contextmanager
def _journal(options: RunOptions, plan: Plan) -> Iterator[Journal]:
    """Claim the run folder and hold its journal; a refused folder is left as it was."""
    claim(options.out, plan)
    journal = open_journal(options.out / "answers.jsonl")
    for notice in journal.notices:
        print(f"note: {notice}", file=sys.stderr)
    try:
        yield journal
    finally:
        journal.close()


def _ask(options: RunOptions, job: Job, journal: Journal, tally: Tally) -> None:
    from handeye.run.engine import evaluate

    journal.listeners.append(tally.add)
    try:
        with Progress(tally, shown=options.progress, tick=journal.sync):
            evaluate(options, job.task(journal))
    except KeyboardInterrupt:
        print(
            f"stopped: {tally.done} of {tally.total} answers are kept in {options.out}; run the "
            "same command again to go on",
            file=sys.stderr,
        )
        raise
    finally:
        journal.listeners.remove(tally.add)


def _whole(answers: Sequence[Answer | None], journal: Journal) -> list[Answer]:
    missing = sum(1 for answer in answers if answer is None)
    if missing:
        raise RunError(
            f"{journal.path}: {missing} of {len(answers)} items were never answered although the "
            "engine ended; run the same command again"
        )
    return [answer for answer in answers if answer is not None]


def run_info(options: RunOptions, tally: Tally, answers: Sequence[Answer]) -> dict[str, Any]:
    """What ``run.json`` says about how the answers came to be; however often it stopped."""
    times = sorted(answer.at for answer in answers)
    states = {
        state: sum(1 for answer in answers if answer.state == state) for state in ANSWER_STATES
    }
    return {
        "model": options.model,
        "generation": dict(options.generation),
        "left_to_provider": [
            name for name in ("temperature", "max_tokens") if name not in options.generation
        ],
        "model_args": without_secrets(options.model_args),
        "max_connections": options.max_connections,
        "max_retries": options.max_retries,
        "attempt_timeout": options.attempt_timeout,
        "engine": {name: version(name) for name in ("inspect_ai", "openai")},
        "first_answer": times[0],
        "last_answer": times[-1],
        "states": states,
        "answers_from_earlier_starts": tally.kept,
        "tokens": msgspec.to_builtins(tally.usage),
        "price": None if options.price is None else msgspec.to_builtins(options.price),
        "cost": tally.spend,
    }


def _say_what_is_missing(answers: Sequence[Answer]) -> None:
    failed = [answer for answer in answers if answer.state == "error"]
    if failed:
        print(
            f"warning: {len(failed)} of {len(answers)} items have no answer (state 'error', the "
            f"last: {failed[-1].error}). They count as 0 in the official columns. Run the same "
            f"command again to ask them again",
            file=sys.stderr,
        )
