"""Work spread over processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TypeVar

from handeye.errors import OptionError

Job = TypeVar("Job")
Result = TypeVar("Result")


def worker_count(asked: int | None) -> int:
    """Number of processes: what was asked for, or one per core.

    Raises:
        OptionError: below 1.
    """
    workers = asked or os.cpu_count() or 1
    if workers < 1:
        raise OptionError(f"workers must be at least 1, got {workers}")
    return workers


def as_finished(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    """Do the jobs, a bounded number in flight, and yield the results as they come.

    With one worker (or one job) all happens in this process, in order.
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        yield from map(work, jobs)
        return
    # Spawned, not forked: threads of the parent (progress, Polars) do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending: set[Future[Result]] = set()
        try:
            for job in jobs:
                pending.add(pool.submit(work, job))
                if len(pending) >= 2 * workers:
                    finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in finished)
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
