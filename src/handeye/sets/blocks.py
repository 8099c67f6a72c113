"""A set made in blocks on any number of workers; stopped at any moment, it goes on where it was.

A suite plans its set as orders (scenes, films) and says how one order becomes rows; media are
written on the way. Each block of orders leaves one file of rows under ``.unfinished/``, written in
one step when all of the block is there; at the end the rows of all blocks are joined in the order
of the plan. An order must be made from the options alone: then neither the number of workers nor
the order of work nor an interruption leaves a trace in the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from handeye.atomic import write_bytes
from handeye.sets.folder import UNFINISHED, claimed, finish
from handeye.sets.processes import as_finished, worker_count

Order = TypeVar("Order")
Progress = Callable[[int, int], None]
"""Called with what is done and what there is in all."""


MOST = 1_000_000
"""Most scenes or clips of a set that can be asked for; the plan of more would not fit in memory."""


def make_set(
    out: Path,
    record: Mapping[str, Any],
    orders: Sequence[Order],
    make: Callable[[Order], Iterable[bytes]],
    join: Callable[[Iterator[bytes]], Iterable[Path]],
    *,
    block: int,
    size: Callable[[Order], int] = lambda _: 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make the set of ``orders`` in ``out``, or finish it, or leave it as it is if it is finished.

    Args:
        out: folder of the set.
        record: of :func:`handeye.sets.folder.set_record`.
        orders: what to make, in the order of the plan.
        make: writes the media of an order and gives its rows, without line ends; it and the orders
            are sent to other processes.
        join: takes the rows of all orders in turn, writes the metadata and all else that the set
            holds, and gives the paths of the metadata.
        block: number of orders that one worker makes in one go; part of what is resumed.
        size: how much of the progress an order is.
        workers: processes (default: this one, and for what takes longer one per core).
        progress: called as blocks are finished.

    Returns:
        ``out``.

    Raises:
        OptionError: workers out of range, or ``out`` holds something else.
        RunError: another process is making the set, or a worker process was killed.
    """
    worker_count(workers)  # refused before anything is claimed
    total = sum(map(size, orders))
    with claimed(out, record) as to_make:
        if to_make:
            blocks = {
                out / UNFINISHED / f"{start // block:06d}.jsonl": orders[start : start + block]
                for start in range(0, len(orders), block)
            }
            todo = [(file, own) for file, own in blocks.items() if not file.exists()]
            sizes = {file: sum(map(size, own)) for file, own in blocks.items()}
            done = total - sum(sizes[file] for file, _ in todo)
            for file in as_finished(partial(_make_block, make), todo, workers):
                done += sizes[file]
                if progress:
                    progress(done, total)
            lines = (line for file in blocks for line in file.read_bytes().split(b"\n"))
            finish(out, record, join(lines))
        elif progress:
            progress(total, total)
    return out


def _make_block(
    make: Callable[[Order], Iterable[bytes]], job: tuple[Path, Sequence[Order]]
) -> Path:
    """Make the orders of one block and write its rows; returns the file."""
    file, orders = job
    write_bytes(file, b"\n".join(line for order in orders for line in make(order)))
    return file
