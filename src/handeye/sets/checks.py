"""A set checked piece by piece on any number of workers: every problem told, in the set's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from handeye.sets.processes import as_finished
from handeye.shown import Shown, Words

Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True, repr=False)
class Verified(Shown):
    """What was checked, of a set or of a piece of it, and every problem found.

    Attributes:
        counts: number of everything that was looked at, by name (``scenes``, ``items`` ...).
        problems: in words, with the place of each, in the order of the set.

    Every count of one word is an attribute too: ``found.scenes``; of several, its first word:
    ``found.pairs``.
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> int:
        """A count by its name."""
        if not name.startswith("_") and name != "counts":
            for key, count in self.counts.items():
                if name == key.partition(" ")[0]:
                    return count
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Counts and problems as plain values."""
        return {"ok": self.ok, "counts": dict(self.counts), "problems": list(self.problems)}

    def _words(self) -> Words:
        counts = {name: f"{count:,}" for name, count in self.counts.items()}
        wrong = len(self.problems)
        said = f"{wrong:,} {'problem' if wrong == 1 else 'problems'}" if wrong else "nothing wrong"
        return Words(f"Verified: {said}", counts, self.problems[0] if wrong else "")

    def _rows(self) -> list[dict[str, Any]]:
        return [{"problem": words} for words in self.problems]


def check_pieces(
    check: Callable[[Piece], Verified],
    pieces: Sequence[Piece],
    *,
    block: int,
    size: Callable[[Piece], int] = lambda _: 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check every piece (a scene, a film) and put together what was found.

    Args:
        check: what one piece comes to; it and the pieces are sent to other processes.
        pieces: of the set, in its order.
        block: number of pieces that one worker checks in one go.
        size: how much of the progress a piece is.
        workers: processes (default: this one, and for what takes longer one per core).
        progress: called with (done, in all).

    Raises:
        OptionError: workers below 1.
    """
    jobs = [
        (number, pieces[start : start + block])
        for number, start in enumerate(range(0, len(pieces), block))
    ]
    total, done = sum(map(size, pieces)), 0
    found: dict[int, Verified] = {}
    for number, result in as_finished(partial(_check, check), jobs, workers):
        found[number] = result
        done += sum(map(size, jobs[number][1]))
        if progress:
            progress(done, total)
    return _together(found[number] for number in range(len(jobs)))


def _check(
    check: Callable[[Piece], Verified], job: tuple[int, Sequence[Piece]]
) -> tuple[int, Verified]:
    number, pieces = job
    return number, _together(map(check, pieces))


def _together(results: Iterable[Verified]) -> Verified:
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for one in results:
        counts.update(one.counts)
        problems += one.problems
    return Verified(dict(counts), tuple(problems))
