"""Tables as values: a caption, columns, rows of rates. The template draws them all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from handeye.scores.estimate import Estimate

PUBLISHED_HEAD = "Published, arXiv 2606.19965 (no intervals given there)"


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
    ``human`` rows are people. ``reason`` makes the label lead to the gallery, filtered by it. Rows
    of one ``group`` stand under its name.
    """

    label: str
    cells: tuple[Estimate | str, ...]
    style: int | None = None
    published: bool = False
    basis: str = ""
    note: str = ""
    continued: bool = False
    human: bool = False
    reason: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; ``caption`` states the units and the interval.

    ``groups`` are headings over several columns each, (words, number of columns) from the left.
    ``published_head`` stands over the published rows.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    row_head: str = "Run"
    note: str = ""
    shaded: bool = False
    slim: bool = False
    groups: tuple[tuple[str, int], ...] = ()
    published_head: str = PUBLISHED_HEAD

    @property
    def bodies(self) -> list[tuple[str, list[Row]]]:
        """Rows under their headings: groups in order, published results last."""
        out: dict[str, list[Row]] = {}
        for row in self.rows:
            out.setdefault(self.published_head if row.published else row.group, []).append(row)
        return list(out.items())


class _Counted(Protocol):
    @property
    def n(self) -> int: ...


class _Run(Protocol):
    """What a run of any suite has: its name, and its figures over all and over answered items."""

    @property
    def label(self) -> str: ...
    @property
    def style(self) -> int: ...
    @property
    def partial_note(self) -> str: ...
    @property
    def official(self) -> _Counted: ...
    @property
    def answered(self) -> _Counted | None: ...


R = TypeVar("R", bound=_Run)


def run_rows(
    runs: Sequence[R],
    cells: Callable[[R, Any], tuple[Estimate | str, ...]],
    *,
    of: str = "items",
) -> tuple[Row, ...]:
    """One row per run over all items, and one more over answered items where the two differ.

    Args:
        runs: in the order of the page.
        cells: of a run and one of its bases.
        of: what the suite's items are called.
    """
    rows = []
    for run in runs:
        note = run.partial_note
        basis = f"all {run.official.n:,} {of}" if run.answered is not None else ""
        rows.append(Row(run.label, cells(run, run.official), run.style, basis=basis, note=note))
        if run.answered is not None:
            basis = f"{run.answered.n:,} answered {of} only"
            found = cells(run, run.answered)
            rows.append(Row(run.label, found, run.style, basis=basis, note=note, continued=True))
    return tuple(rows)
