"""Tables as values: a caption, columns, rows of rates. The template draws them all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handeye.report.rates import Rate
from handeye.report.view import Basis, RunView


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its short head and what it means in full."""

    head: str
    meaning: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a run, a published model, or a part of a run.

    ``basis`` says what the rates are taken over (``all items`` or ``answered items``), ``note``
    what a reader must know beside every number of the row (``partial: 40 of 90 items``).
    ``continued`` rows belong to the run named above them: the name is there for screen readers.
    """

    label: str
    cells: tuple[Rate | str, ...]
    style: int | None = None
    published: bool = False
    basis: str = ""
    note: str = ""
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; ``caption`` states the units and the interval."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    row_head: str = "Run"
    note: str = ""
    shaded: bool = False

    @property
    def with_published(self) -> bool:
        """Whether some rows are published results."""
        return any(row.published for row in self.rows)


def run_rows(
    runs: Sequence[RunView], cells: Callable[[RunView, Basis], tuple[Rate, ...]]
) -> tuple[Row, ...]:
    """One row per run over all items, and one more over answered items where the two differ."""
    rows = []
    for run in runs:
        note = run.partial_note
        basis = f"all {run.official.n:,} items" if run.answered is not None else ""
        rows.append(Row(run.label, cells(run, run.official), run.style, basis=basis, note=note))
        if run.answered is not None:
            basis = f"{run.answered.n:,} answered items only"
            found = cells(run, run.answered)
            rows.append(Row(run.label, found, run.style, basis=basis, note=note, continued=True))
    return tuple(rows)
