"""Sets of a benchmark, a line each as soon as it is done: stopped or killed, it goes on there.

A job is plain values by name; its line holds them, what the work gave, and its seconds of one core.
One process writes a file, on any number of workers; a second one is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from handeye.atomic import held
from handeye.errors import RunError
from handeye.progress import counting
from handeye.sets.processes import as_finished

Row = dict[str, Any]


def resumed(
    place: Path, jobs: Iterable[Mapping[str, Any]], work: Callable[..., Row], workers: int = 1
) -> list[Row]:
    """Do what has no line yet, and give the lines of all jobs, in their order.

    Args:
        place: the file.
        jobs: arguments of ``work`` by name, numbers and texts.
        work: of a module that workers can import, so not of ``__main__``.
        workers: processes.

    Raises:
        SystemExit: another process is at work on this file, or a worker was killed; says which.
    """
    try:
        return _resumed(place, list(jobs), work, workers)
    except RunError as error:
        raise SystemExit(f"error: {error}") from None


def _resumed(
    place: Path, every: Sequence[Mapping[str, Any]], work: Callable[..., Row], workers: int
) -> list[Row]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with held(place, file=True), place.open("a+b") as file:
        done = {_key(one, every[0]): one for one in lines(place)} if every else {}
        left = [one for one in every if _key(one, one) not in done]
        if file.tell() and not place.read_bytes().endswith(b"\n"):
            file.write(b"\n")  # a line that a kill has cut
        with counting("sets") as progress:
            for number, row in enumerate(as_finished(partial(_done, work), left, workers), 1):
                file.write(json.dumps(row).encode() + b"\n")
                file.flush()
                done[_key(row, every[0])] = row
                progress(len(every) - len(left) + number, len(every))
    return [done[_key(one, one)] for one in every]


def lines(place: Path) -> list[Row]:
    """The sets that are done; a line that a kill has cut is left out."""
    out = []
    for line in place.read_text().splitlines() if place.exists() else ():
        try:
            out.append(json.loads(line))
        except ValueError:
            continue
    return out


def _key(row: Mapping[str, Any], job: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in job)


def _done(work: Callable[..., Row], job: Mapping[str, Any]) -> Row:
    start = time.process_time()
    found = work(**job)
    return {**job, **found, "seconds": round(time.process_time() - start, 3)}
