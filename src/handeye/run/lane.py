"""Runs ROSE against a model from the first request to the scored run folder.

    RUN/
      plan.json           what the run was started for (handeye.run.plan)
      answers.jsonl       the journal: every answer, in order of arrival (handeye.run.journal)
      logs/               Inspect's logs, one per start; ``inspect view --log-dir RUN/logs``
      predictions.jsonl   one row per item, in the order of the metadata
      run.json, scores.*, summary.json, tables/     written by the scorer

The engine does the asking; this file prepares it, watches it and turns the journal into scores.
The same call goes on where a killed or stopped one left off.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from handeye.atomic import replacing
from handeye.errors import OptionError, RunError
from handeye.rose.asking import Order, Picture, check_order, prompt_parts
from handeye.rose.items import Item, ItemSet
from handeye.rose.release import load
from handeye.run.answers import ANSWER_STATES, Answer, request_sha256
from handeye.run.journal import Journal, Key, open_journal
from handeye.run.plan import PLAN, Plan, claim, items_sha256
from handeye.run.prices import Price
from handeye.run.progress import Progress, Tally
from handeye.run.secrets import without_secrets

# 64 requests at a time; the engine's adaptive default starts at 20 and needs minutes to grow.
MAX_CONNECTIONS = 64
# After the HTTP client's own two retries, which honour Retry-After: waits of 3, 6, 12, ... seconds.
MAX_RETRIES = 5
# Seconds before a silent connection is given up and the request sent again. Slow reasoning models
# answer one request in minutes; the OpenAI client's own limit is the same.
ATTEMPT_TIMEOUT = 600


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Everything a run is asked for; see :func:`run_rose`."""

    model: str
    data: str
    out: Path
    split: str | None = "test"
    scenes: int | None = None
    templates: str | None = None
    subsets: str | None = None
    order: Order = "image_first"
    max_connections: int = MAX_CONNECTIONS
    max_retries: int = MAX_RETRIES
    attempt_timeout: int = ATTEMPT_TIMEOUT
    base_url: str | None = None
    generation: Mapping[str, Any] = field(default_factory=dict)
    model_args: Mapping[str, Any] = field(default_factory=dict)
    price: Price | None = None
    progress: bool = True
    score: bool = True

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(
            self.data,
            split=self.split,
            templates=self.templates,
            subsets=self.subsets,
            scenes=self.scenes,
        )

    def plan(self, items: ItemSet) -> Plan:
        """The identity of the run over ``items``."""
        return Plan(
            suite="rose",
            model=self.model,
            items=len(items),
            scenes=len(items.scenes()),
            items_sha256=items_sha256(items),
            order=self.order,
            config=dict(self.generation),
            model_args=without_secrets(self.model_args),
            data=self.data,
            split=self.split,
            templates=self.templates,
            subsets=self.subsets,
            max_scenes=self.scenes,
        )


def run_rose(
    model: str,
    data: str | Path,
    out: Path,
    *,
    order: str = "image_first",
    max_connections: int = MAX_CONNECTIONS,
    max_retries: int = MAX_RETRIES,
    attempt_timeout: int = ATTEMPT_TIMEOUT,
    **others: Any,
) -> Path:
    """Ask ``model`` every item of ``data`` and score the answers into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/pixels``.
        data: a set folder, a metadata file with its pictures, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        order: ``image_first`` or ``authors``.
        max_connections: requests under way at a time, at least 1.
        max_retries: attempts after the first, on top of the HTTP client's own, at least 0.
        attempt_timeout: seconds an attempt may stay silent, at least 1.
        **others: further fields of :class:`RunOptions`: ``split``, ``scenes``, ``templates``,
            ``subsets``, ``base_url``, ``generation`` (settings of Inspect's GenerateConfig that
            change answers: ``temperature``, ``max_tokens``, ``reasoning_effort``, ...; what is not
            given is left to the provider), ``model_args``, ``price``, ``progress``, ``score``.

    Returns:
        ``out``. Items without an answer (state ``error``) do not fail the run: they are counted,
        shown, scored 0 in the official columns, and asked again by the next call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no such model, no key, ``out`` holds another run or is being written by another
            process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    limits = {
        "max_connections": (max_connections, 1),
        "max_retries": (max_retries, 0),
        "attempt_timeout": (attempt_timeout, 1),
    }
    for name, (value, least) in limits.items():
        if value < least:
            raise OptionError(f"{name} must be at least {least}, got {value}")
    options = RunOptions(
        model=model,
        data=str(data),
        out=out,
        order=check_order(order),
        max_connections=max_connections,
        max_retries=max_retries,
        attempt_timeout=attempt_timeout,
        **others,
    )
    return _run(options)


def _run(options: RunOptions) -> Path:
    items = options.load()
    keys = request_keys(items, options)
    if not (options.out / PLAN).exists():
        from handeye.run.engine import resolve_model

        # A mistyped name or a missing key must not claim the folder for a run that cannot be.
        resolve_model(options)
    with _journal(options, items) as journal:
        tally = Tally(len(items), options.price, time.monotonic)
        for key in keys.values():
            if (known := journal.arrived(key)) is not None:
                tally.keep(known)
        if tally.kept < len(items) or not (options.out / "run.json").exists():
            _ask(options, items, journal, tally)
        journal.sync()
        answers = _answers(items, keys, journal)
        write_predictions(options.out / "predictions.jsonl", answers)
    info = run_info(options, tally, answers)
    if options.score:
        _score(options, items, info)
    _say_what_is_missing(options, answers)
    return options.out


def request_keys(items: ItemSet, options: RunOptions) -> dict[str, Key]:
    """The journal key of every item, by item id; reads every picture once."""
    from inspect_ai.model import GenerateConfig

    from handeye.run.asker import content_config

    config = content_config(GenerateConfig(**options.generation))
    sums: dict[Path, str] = {}
    keys: dict[str, Key] = {}
    for item in items:
        path = items.image_path(item)
        if path not in sums:
            sums[path] = Picture.read(path).sha256
        request = request_sha256(sums[path], prompt_parts(item, options.order), config)
        keys[item.item_id] = (item.item_id, options.model, request)
    return keys


@contextmanager
def _journal(options: RunOptions, items: ItemSet) -> Iterator[Journal]:
    """Claim the run folder and hold its journal; a refused folder is left as it was."""
    path = options.out / "answers.jsonl"
    plan = options.plan(items)
    claim(options.out, plan)
    journal = open_journal(path)
    for notice in journal.notices:
        print(f"note: {notice}", file=sys.stderr)
    try:
        yield journal
    finally:
        journal.close()


def _ask(options: RunOptions, items: ItemSet, journal: Journal, tally: Tally) -> None:
    from handeye.run.engine import evaluate

    journal.listeners.append(tally.add)
    try:
        with Progress(tally, shown=options.progress, tick=journal.sync):
            evaluate(options, items, journal)
    except KeyboardInterrupt:
        print(
            f"stopped: {tally.done} of {tally.total} answers are kept in {options.out}; run the "
            "same command again to go on",
            file=sys.stderr,
        )
        raise
    finally:
        journal.listeners.remove(tally.add)


def _answers(
    items: ItemSet, keys: Mapping[str, Key], journal: Journal
) -> list[tuple[Item, Answer]]:
    found = [(item, journal.get(keys[item.item_id])) for item in items]
    missing = [item.item_id for item, answer in found if answer is None]
    if missing:
        raise RunError(
            f"{journal.path}: {len(missing)} items were never answered although the engine ended "
            f"(first: {missing[0]}); run the same command again"
        )
    return [(item, answer) for item, answer in found if answer is not None]


def write_predictions(path: Path, answers: list[tuple[Item, Answer]]) -> None:
    """Write the prediction file: official fields, then ``state`` and what the answer cost."""
    with replacing(path) as stream:
        for item, answer in answers:
            failed = answer.state == "error"
            row = {
                "item_id": item.item_id,
                "raw_text": answer.raw_text,
                "model": answer.model,
                "error": answer.error if failed else None,
                "state": answer.state,
                "stop_reason": answer.stop_reason,
                "usage": answer.usage,
                "seconds": answer.seconds,
                "image_sha256": answer.image_sha256,
            }
            stream.write(msgspec.json.encode(row) + b"\n")


def run_info(
    options: RunOptions, tally: Tally, answers: list[tuple[Item, Answer]]
) -> dict[str, Any]:
    """What ``run.json`` says about how the answers came to be; however often it stopped."""
    times = sorted(answer.at for _, answer in answers)
    states = {
        state: sum(1 for _, answer in answers if answer.state == state) for state in ANSWER_STATES
    }
    return {
        "model": options.model,
        "order": options.order,
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
        "selection": {
            "split": options.split,
            "scenes": options.scenes,
            "templates": options.templates,
            "subsets": options.subsets,
        },
    }


def _score(options: RunOptions, items: ItemSet, info: dict[str, Any]) -> None:
    from handeye.rose.file_scoring import score_files

    score_files(
        options.out / "predictions.jsonl",
        options.data,
        options.out,
        # What was not chosen is not missing.
        item_ids=[item.item_id for item in items],
        run_info=info,
    )


def _say_what_is_missing(options: RunOptions, answers: list[tuple[Item, Answer]]) -> None:
    failed = [answer for _, answer in answers if answer.state == "error"]
    if failed:
        print(
            f"warning: {len(failed)} of {len(answers)} items have no answer (state 'error', the "
            f"last: {failed[-1].error}). They count as 0 in the official columns. Run the same "
            f"command again to ask them again",
            file=sys.stderr,
        )
