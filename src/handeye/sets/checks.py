"""A set checked piece by piece on any number of workers: every problem told, in the set's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from handeye.sets.processes import as_finished, worker_count

Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked and every problem found.

    Attributes:
        counts: number of everything that was looked at, by name (``scenes``, ``items`` ...).
        problems: in words, with the place of each, in the order of the set.
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


def problems_of(
    check: Callable[[Piece], Iterable[str]],
    pieces: Sequence[Piece],
    *,
    block: int,
    size: Callable[[Piece], int] = lambda _: 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Check every piece (a scene, a film) and collect what is wrong, in the order of the pieces.

    Args:
        check: what is wrong with a piece, in words; it and the pieces are sent to other processes.
        pieces: of the set.
        block: number of pieces that one worker checks in one go.
        size: how much of the progress a piece is.
        workers: processes (default: one per core).
        progress: called with (done, in all).

    Raises:
        OptionError: workers below 1.
    """
    jobs = [
        (number, pieces[start : start + block])
        for number, start in enumerate(range(0, len(pieces), block))
    ]
    total, done = sum(map(size, pieces)), 0
    found: dict[int, list[str]] = {}
    for number, problems in as_finished(partial(_check, check), jobs, worker_count(workers)):
        found[number] = problems
        done += sum(map(size, jobs[number][1]))
        if progress:
            progress(done, total)
    return [problem for number in sorted(found) for problem in found[number]]


def _check(
    check: Callable[[Piece], Iterable[str]], job: tuple[int, Sequence[Piece]]
) -> tuple[int, list[str]]:
    number, pieces = job
    return number, [problem for piece in pieces for problem in check(piece)]
