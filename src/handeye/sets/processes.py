"""Work spread over processes that end with their parent, however it ends."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import connection, get_context, parent_process, resource_tracker
from typing import Any, Generic, TypeVar

from handeye.errors import RunError, within

Job = TypeVar("Job")
Result = TypeVar("Result")
MOST_WORKERS = 1024


def worker_count(asked: int | None) -> int:
    """Number of processes: what was asked for, or one per core.

    Raises:
        OptionError: below 1, or more than any machine has use for.
    """
    return within("workers", (os.cpu_count() or 1) if asked is None else asked, 1, MOST_WORKERS)


def as_finished(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    """Do the jobs, one in each process at a time, and yield the results as they come.

    With one worker (or one job) all happens in this process, in order. Processes never outlive
    the loop over the results: they leave Ctrl-C to this process, which ends them.

    Raises:
        RunError: a process ended before its work was done, as one that is killed for its memory.
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        yield from map(work, jobs)
        return
    # Spawned, not forked: threads of the parent (progress, Polars) do not survive a fork.
    crew: dict[Any, _Worker[Job, Result]] = {}
    try:
        with _interrupts_held_back():
            for _ in range(workers):
                one: _Worker[Job, Result] = _Worker(work)
                crew[one.pipe] = one
        waiting = iter(jobs)
        for one in crew.values():
            one.give(next(waiting))
        while crew:
            for ready in connection.wait(list(crew)):
                result = crew[ready].take()
                try:
                    crew[ready].give(next(waiting))
                except StopIteration:
                    crew.pop(ready).end()
                yield result
    finally:
        for one in crew.values():
            one.end()


def in_order(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: int | None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """Do the jobs as :func:`as_finished` does, and give the results in the order of the jobs.

    Args:
        work: does one of them.
        jobs: to be done.
        workers: processes; None for one per core.
        progress: called with how many are done and how many there are.

    Raises:
        OptionError, RunError: as :func:`worker_count` and :func:`as_finished`.
    """
    out: dict[int, Result] = {}
    numbered = list(enumerate(jobs))
    for number, found in as_finished(partial(_numbered, work), numbered, worker_count(workers)):
        out[number] = found
        if progress:
            progress(len(out), len(jobs))
    return [out[number] for number in range(len(jobs))]


def _numbered(work: Callable[[Job], Result], job: tuple[int, Job]) -> tuple[int, Result]:
    number, given = job
    return number, work(given)


class _Worker(Generic[Job, Result]):
    """One process and the pipe to it."""

    def __init__(self, work: Callable[[Job], Result]) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # A daemon is also ended when the interpreter ends, whatever went wrong before.
        self._process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, job: Job) -> None:
        with suppress(BrokenPipeError):  # it is gone, as will be seen when its result is taken
            self.pipe.send(job)

    def take(self) -> Result:
        try:
            done, result = self.pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join(1)
            raise RunError(_why_it_ended(self._process.exitcode)) from None
        if done:
            return result  # type: ignore[no-any-return]
        raise result

    def end(self) -> None:
        self._process.kill()
        self._process.join(1)
        self.pipe.close()


def _why_it_ended(code: int | None) -> str:
    if code == -9:
        return (
            "a worker process was killed, as the system does when memory runs out; give fewer "
            "--workers, then run the same command again"
        )
    return f"a worker process ended (exit code {code}); run the same command again"


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let processes begun here never see Ctrl-C, from their first instruction on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It unblocks the signal when it begins, so it begins before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Any, work: Callable[[Any], Any]) -> None:
    """What a worker does: jobs, until its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, ConnectionError):
            return
        try:
            outcome = True, work(job)
        except Exception as error:
            error.add_note(traceback.format_exc())
            outcome = False, _that_travels(error)
        pipe.send(outcome)


def _that_travels(error: Exception) -> Exception:
    """The error, or its words where it cannot be sent as it is."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever an error of another library does when it is built again
        return RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return error


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
