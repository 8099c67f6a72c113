"""Runs a suite against a model from the first request to the scored run folder.

    RUN/
      plan.json           what the run was started for (handeye.run.plan)
      answers.jsonl       the journal: every answer, in order of arrival (handeye.run.journal)
      logs/               Inspect's logs, one per start; ``inspect view --log-dir RUN/logs``
      predictions.jsonl   one row per item, in the order of the set
      run.json, scores.*, summary.json, tables/     written by the suite's scorer

The engine does the asking; this file prepares it, watches it and turns the journal into scores.
The same call goes on where a killed or stopped one left off. What is asked and how it is scored is
a :class:`~handeye.run.job.Job`, which the suite makes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from handeye.atomic import held
from handeye.errors import RunError
from handeye.printing import tell
from handeye.progress import parting
from handeye.run.answers import ANSWER_STATES, Answer
from handeye.run.job import Job
from handeye.run.journal import ANSWERS, Journal, open_journal
from handeye.run.marks import found_marks, marks_told, say_marks
from handeye.run.options import RunOptions
from handeye.run.plan import SCORED, check_plan, claim
from handeye.run.progress import Progress, Tally
from handeye.run.secrets import settings_without_secrets, without_secrets


def carry_out(job: Job) -> Path:
    """Ask what has no answer yet, keep every answer the moment it arrives, and score.

    Returns:
        The run folder. Items without an answer (state ``error``) do not fail the run: they are
        counted, shown, and asked again by the next call.

    Raises:
        DataError: the set cannot be used.
        RunError: no such model, no key, the folder holds another run or is being written by another
            process, another run is under way in this one, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    options = job.options
    same = check_plan(options.out, job.plan, job.lacking, job.named) == "same"
    if not same and options.here is None:
        from handeye.run.asker import refuse_unsent
        from handeye.run.engine import resolve_model

        # A mistyped name or a missing key must not claim the folder for a run that cannot be.
        model = resolve_model(options.model, options.base_url, options.model_args)
        refuse_unsent(model, job.asking.sends)
    with _alone(), _journal(job) as journal:
        total = job.total(journal)
        tally = Tally(total, options.price, time.monotonic, journal.again, options.max_retries)
        for known in job.arrived(journal):
            tally.keep(known)
        with parting.owed(lambda: _how_to_go_on(options, tally)):
            if tally.kept < total or not (options.out / SCORED).exists():
                _ask(job, journal, tally)
            journal.sync()
            answers = _whole(job.answers(journal), journal)
            _refuse_nothing(answers, options)
            job.write_predictions(options.out / "predictions.jsonl", journal)
            marks = found_marks(job.texts(journal))
    with parting.owed(lambda: _how_to_go_on(options, tally)):
        if options.score:
            without = job.without_marks() if marks and not options.strip_thoughts else None
            told = marks_told(marks, len(answers), without)
            job.score(run_info(options, tally, answers) | told)
            now = json.loads((options.out / "summary.json").read_bytes())
            say_marks(marks, len(answers), now, without, stripped=options.strip_thoughts)
        _say_what_is_missing(answers)
    return options.out


def _how_to_go_on(options: RunOptions, tally: Tally) -> str:
    return (
        f"stopped: {tally.done} of {tally.total} answers are kept in {options.out}; run the same "
        "command again to go on"
    )


_one_at_a_time = threading.Lock()


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse a second run of this process while one asks: the engine can evaluate one at a time.

    Raises:
        RunError: one does, on another thread or around this one.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise RunError(
            "another run is under way in this process; wait for it, or start this one in a process "
            "of its own"
        )
    try:
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _journal(job: Job) -> Iterator[Journal]:
    """Claim the run folder and hold its journal; a refused folder is left as it was."""
    out = job.options.out
    with held(out):
        claim(out, job.plan, job.lacking, job.named)
        journal = open_journal(out / ANSWERS)
        for notice in journal.notices:
            tell(f"note: {notice}")
        try:
            yield journal
        finally:
            journal.close()


def _ask(job: Job, journal: Journal, tally: Tally) -> None:
    from handeye.run.engine import evaluate, writable_home

    options = job.options
    then = "scoring" if options.score else ""
    shown = Progress(tally, shown=options.progress, tick=journal.sync, then=then)
    journal.listeners.append(shown.add)
    try:
        with writable_home(), shown:
            evaluate(options, job.task(journal))
    finally:
        journal.listeners.remove(shown.add)


def _whole(answers: Sequence[Answer | None], journal: Journal) -> list[Answer]:
    missing = sum(1 for answer in answers if answer is None)
    if missing:
        raise RunError(
            f"{journal.path}: {missing} of {len(answers)} items were never answered although the "
            "engine ended; run the same command again"
        )
    return [answer for answer in answers if answer is not None]


def _refuse_nothing(answers: Sequence[Answer], options: RunOptions) -> None:
    """Refuse to score a run in which nothing was answered; the next call asks everything again."""
    if answers and all(answer.state == "error" for answer in answers):
        raise RunError(
            f"{options.model}: none of {len(answers)} items was answered, the last failed with: "
            f"{answers[-1].error}. Nothing was scored; mend it and run the same command again"
        )


def run_info(options: RunOptions, tally: Tally, answers: Sequence[Answer]) -> dict[str, Any]:
    """What ``run.json`` says about how the answers came to be; however often it stopped."""
    times = sorted(answer.at for answer in answers)
    states = {
        state: sum(1 for answer in answers if answer.state == state) for state in ANSWER_STATES
    }
    return {
        "model": options.model,
        "generation": settings_without_secrets(options.generation),
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
        **({"masked": masked} if (masked := _masked(answers)) else {}),
        "answers_from_earlier_starts": tally.kept,
        "tokens": msgspec.to_builtins(tally.usage),
        **({"strip_thoughts": True} if options.strip_thoughts else {}),
        **({"epochs": options.epochs} if options.epochs > 1 else {}),
        "price": None if options.price is None else msgspec.to_builtins(options.price),
        "cost": tally.spend,
    }


def _masked(answers: Sequence[Answer]) -> int:
    return sum(answer.masked is True for answer in answers)


def _say_what_is_missing(answers: Sequence[Answer]) -> None:
    silent = [one for one in answers if one.state == "empty" and one.usage.output > 0]
    if silent:
        tell(
            f"note: {len(silent)} of {len(answers)} answers are empty although tokens were "
            "written: the answer may stand among the hidden thoughts, where the server's reasoning "
            "parser put it"
        )
    if masked := _masked(answers):
        tell(
            f"warning: {masked} of {len(answers)} answers repeated a key; [key] stands in its "
            "place, and they are scored so (rows with 'masked' in predictions.jsonl)"
        )
    failed = [answer for answer in answers if answer.state == "error"]
    if failed:
        tell(
            f"warning: {len(failed)} of {len(answers)} items have no answer (state 'error', the "
            f"last: {failed[-1].error}). They count as 0 in the official columns. Run the same "
            f"command again to ask them again"
        )
