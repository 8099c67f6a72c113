"""Work spread over processes that end with their parent, however it ends.

A process is a fresh interpreter that imports what the work is made of and nothing else: never the
main module of whoever called, so that a script needs no ``if __name__ == "__main__":``, and a
notebook, a text from stdin or a running event loop is as good as a file.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Any, Generic, TypeVar

from handeye.errors import RunError, within

Job = TypeVar("Job")
Result = TypeVar("Result")
MOST_WORKERS = 1024
# Seconds of work that are done in this process before others are begun for the rest: that costs
# more than a second each.
_SMALL = 2.0
# What a worker runs. Nothing that lies about in the folder may stand in for a module of Python's,
# and all else is found where the parent finds it.
_ENTRY = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from handeye.sets.processes import spawn_main; spawn_main()"
)


def worker_count(asked: int | None) -> int:
    """Number of processes: what was asked for, or one per core.

    Raises:
        OptionError: below 1, or more than any machine has use for.
    """
    return within("workers", (os.cpu_count() or 1) if asked is None else asked, 1, MOST_WORKERS)


def as_finished(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int | None
) -> Iterator[Result]:
    """Do the jobs, one in each process at a time, and yield the results as they come.

    With one worker (or one job) all happens in this process, in order; so does what the main module
    alone can do, since no other process has it. Processes never outlive the loop over the results:
    they leave Ctrl-C to this process, which ends them.

    Args:
        work: is sent to the processes, and so are the jobs.
        jobs: what there is to do.
        workers: processes; None for this one, and one per core for what is not done after
            two seconds.

    Raises:
        OptionError: workers below 1, or more than any machine has use for.
        RunError: a process ended before its work was done, as one that is killed for its memory.
    """
    count, rest = worker_count(workers), list(jobs)
    if workers is None and count > 1:
        began = time.monotonic()
        while rest and time.monotonic() - began < _SMALL:
            yield work(rest.pop(0))
    count = min(count, len(rest))
    if count <= 1 or not sys.executable or b"__main__" in pickle.dumps((work, rest[0])):
        yield from map(work, rest)
        return
    crew: list[_Worker[Job, Result]] = []
    at_work: set[_Worker[Job, Result]] = set()
    ready: _Ready[Job, Result] = queue.SimpleQueue()
    try:
        with _interrupts_held_back():
            for _ in range(count):
                crew.append(_Worker(work, ready))  # noqa: PERF401  (those begun must be ended)
        waiting = iter(rest)
        for one in crew:
            one.give(next(waiting))
            at_work.add(one)
        while at_work:
            one, outcome = ready.get()
            if one not in at_work:  # it was told to end, and has
                continue
            result = one.result(outcome)
            try:
                one.give(next(waiting))
            except StopIteration:
                at_work.remove(one)
                one.end()
            yield result
    finally:
        for one in crew:
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
        workers: as there.
        progress: called with how many are done and how many there are.

    Raises:
        OptionError, RunError: as :func:`as_finished`.
    """
    out: dict[int, Result] = {}
    for number, found in as_finished(partial(_numbered, work), list(enumerate(jobs)), workers):
        out[number] = found
        if progress:
            progress(len(out), len(jobs))
    return [out[number] for number in range(len(jobs))]


def _numbered(work: Callable[[Job], Result], job: tuple[int, Job]) -> tuple[int, Result]:
    number, given = job
    return number, work(given)


_Outcome = tuple[bool, Any] | None


class _Worker(Generic[Job, Result]):
    """One process, and the pipes to and from it."""

    def __init__(self, work: Callable[[Job], Result], ready: _Ready[Job, Result]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _ENTRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._ready = ready
        threading.Thread(target=self._listen, name="handeye-worker", daemon=True).start()
        self.give(sys.path)  # type: ignore[arg-type]
        self.give(work)  # type: ignore[arg-type]

    def _listen(self) -> None:
        outcome: _Outcome
        while True:
            try:
                outcome = pickle.load(_pipe(self._process.stdout))
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                outcome = None
            self._ready.put((self, outcome))
            if outcome is None:
                return

    def give(self, job: Job) -> None:
        with suppress(BrokenPipeError):  # it is gone, as will be seen when its result is taken
            pipe = _pipe(self._process.stdin)
            pipe.write(pickle.dumps(job))
            pipe.flush()

    def result(self, outcome: _Outcome) -> Result:
        if outcome is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            raise RunError(_why_it_ended(self._process.returncode))
        done, result = outcome
        if done:
            return result  # type: ignore[no-any-return]
        raise result

    def end(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        with suppress(OSError):
            _pipe(self._process.stdin).close()


_Ready = queue.SimpleQueue[tuple[_Worker[Job, Result], _Outcome]]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def spawn_main() -> None:
    """What a worker does: jobs from stdin to stdout, until its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What the work prints must not stand between the results.
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(jobs,), daemon=True).start()
    work = jobs.get()
    while True:
        job = jobs.get()
        try:
            outcome = True, work(job)
        except Exception as error:
            error.add_note(traceback.format_exc())
            outcome = False, _that_travels(error)
        with suppress(BrokenPipeError):  # its parent is gone, and so is it at once
            results.write(pickle.dumps(outcome))
            results.flush()


def _hear(jobs: queue.SimpleQueue[Any]) -> None:
    """Hand on what the parent sends; when it is gone, at whatever, end with it."""
    try:
        while True:
            jobs.put(pickle.load(sys.stdin.buffer))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(1)
    except BaseException:
        traceback.print_exc()  # what the work is made of cannot be imported
        os._exit(1)


def _that_travels(error: Exception) -> Exception:
    """The error, or its words where it cannot be sent as it is."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever an error of another library does when it is built again
        return RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return error
