"""Tables as values, said once by a suite and drawn alike on pages, terminals, in CSV and LaTeX.

The page's macro and :mod:`handeye.terminal.tables` draw what people read; CSV and LaTeX text is
made here. A table knows estimates and counts, not what they mean: which tables there are is a
suite's business (``scoring/tables.py``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import msgspec

from handeye.printing import one_line
from handeye.scores.estimate import MINUS, MISSING, NOTHING, Estimate, Figure, Worded, number

Cell = Figure | str | None
"""What stands in a table; None where there is no such figure (files leave it out)."""
_TEX_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its short head, what it means in full, and its name in files (else the head).

    ``words`` are no figures and stand from the left.
    """

    head: str
    meaning: str = ""
    words: bool = False
    name: str = ""

    @property
    def key(self) -> str:
        """The name in files."""
        return self.name or self.head


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a run, a published model, or a part of a run.

    ``path`` says where the row stands in a CSV file, one entry for each of the table's ``heads``
    but the last. ``basis`` says what the rates are taken over (``all items`` or ``answered
    items``), ``note`` what a reader must know beside every number of the row (``partial: 40 of 90
    items``). ``continued`` rows belong to the run named above them: the name is there for screen
    readers. ``human`` rows are people. ``reason`` makes the label lead to the gallery, filtered by
    it. Rows of one ``group`` stand under its name.
    """

    label: str
    cells: tuple[Cell, ...]
    style: int | None = None
    published: bool = False
    basis: str = ""
    note: str = ""
    continued: bool = False
    human: bool = False
    reason: str = ""
    group: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``caption`` states the units and the interval.

    ``groups`` are headings over several columns each, (words, number of columns) from the left.
    ``published_head`` stands over the published rows. ``file`` is the CSV file that the table is
    written to (several tables may share one), empty for one that is only shown; ``heads`` name that
    file's columns that say where a figure stands, the last one the figure itself.
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
    published_head: str = "Published"
    file: str = ""
    heads: tuple[str, ...] = ()

    @property
    def bodies(self) -> list[tuple[str, list[Row]]]:
        """Rows under their headings: groups in order, published results last."""
        out: dict[str, list[Row]] = {}
        for row in self.rows:
            out.setdefault(self.published_head if row.published else row.group, []).append(row)
        return list(out.items())

    @property
    def measured(self) -> Table:
        """Without columns in which no row has a figure, and without quoted rows that have none."""
        rows = [row for row in self.rows if not row.published or any(map(_said, row.cells))]
        kept = [k for k in range(len(self.columns)) if any(_said(row.cells[k]) for row in rows)]
        if len(kept) == len(self.columns) and len(rows) == len(self.rows):
            return self
        groups, at = [], 0
        for words, n in self.groups:
            groups.append((words, sum(at <= k < at + n for k in kept)))
            at += n
        return replace(
            self,
            columns=tuple(self.columns[k] for k in kept),
            rows=tuple(replace(row, cells=tuple(row.cells[k] for k in kept)) for row in rows),
            groups=tuple(group for group in groups if group[1]),
        )

    @property
    def legend(self) -> str:
        """What its columns mean, in a line; those whose heads say it are left out."""
        return "; ".join(f"{one.head}: {one.meaning}" for one in self.columns if one.meaning)

    def line(self, *path: str) -> dict[str, Cell]:
        """Cells by column of the row that stands at ``path``; nothing where there is none."""
        for row in self.rows:
            if row.path == path:
                cells = zip(self.columns, row.cells, strict=True)
                return {column.key: cell for column, cell in cells if cell is not None}
        return {}

    def turned(self, row_head: str = "") -> Table:
        """Columns as rows and rows as columns, for a narrow place."""
        columns = tuple(Column(row.label, row.basis) for row in self.rows)
        rows = tuple(
            Row(column.head, tuple(row.cells[place] for row in self.rows))
            for place, column in enumerate(self.columns)
        )
        return replace(self, columns=columns, rows=rows, row_head=row_head, groups=())


def _said(cell: Cell) -> bool:
    """Whether a cell says anything."""
    return cell.value is not None if isinstance(cell, Estimate) else cell not in (None, "", MISSING)


def table_of(
    key: str,
    heads: Sequence[str],
    tree: Any,
    columns: Sequence[Column] = (),
    *,
    file: str = "",
    labels: Mapping[str, str] | None = None,
    **more: Any,
) -> Table:
    """The table of nested mappings: what holds figures is a row, its place among the others a path.

    Args:
        key: of the table.
        heads: what a path and the figure are called in a CSV file. Paths that are shorter are
            filled up with empty names before the figure.
        tree: nested mappings (or structs) of figures.
        columns: those that are known, in their order; further figures get columns of
            their own, after the one that stands before them in their row.
        file: the CSV file.
        labels: words for the last name of a path.
        more: further fields of the table.
    """
    found = list(_lines(tree, ()))
    known = {column.key: column for column in columns}
    order = list(known)
    for _, figures in found:
        at = 0
        for name in figures:
            if name not in known:
                known[name] = Column(name)
                order.insert(at, name)
            at = order.index(name) + 1
    rows = tuple(
        Row(
            label=(labels or {}).get(path[-1], path[-1]) if path else "",
            cells=tuple(figures.get(name) for name in order),
            path=(*path, *[""] * (len(heads) - 1 - len(path))),
        )
        for path, figures in found
    )
    return Table(
        key=key,
        caption=more.pop("caption", ""),
        columns=tuple(known[name] for name in order),
        rows=rows,
        file=file,
        heads=tuple(heads),
        **more,
    )


def _lines(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Figure]]]:
    if isinstance(tree, msgspec.Struct):
        tree = msgspec.structs.asdict(tree)
    figures = {name: part for name, part in tree.items() if isinstance(part, Figure)}
    if figures:
        yield path, figures
    for name, part in tree.items():
        if name not in figures:
            yield from _lines(part, (*path, name))


# ---- files


def csv_files(tables: Iterable[Table], *, interval: str, note: str) -> dict[str, str]:
    """File name to CSV text: a row for each figure, value, low, high (fractions of 1) and n.

    Args:
        tables: those with a ``file``; several of one file stand below each other.
        interval: how intervals were made; stands in every row that has one, because files get
            separated from their run.
        note: what the reader must know of the run; stands in every row, behind the words of a
            figure that its numbers do not tell in full (a missing value, an open end) and the
            row's own.
    """
    out: dict[str, io.StringIO] = {}
    for table in tables:
        if not table.file:
            continue
        new = table.file not in out
        writer = csv.writer(out.setdefault(table.file, io.StringIO()), lineterminator="\n")
        if new:
            writer.writerow([*table.heads, "value", "low", "high", "n", "interval", "note"])
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell is None:
                    continue
                one = cell if isinstance(cell, Estimate) else None
                ends = (one.value, one.low, one.high, one.n) if one else (cell, None, None, None)
                words = interval if one and one.low is not None else ""
                notes = "; ".join(filter(None, [_unnumbered(cell), row.note, note]))
                writer.writerow([*row.path, column.key, *ends, words, notes])
    return {name: text.getvalue() for name, text in out.items()}


def _unnumbered(cell: Cell) -> str:
    """The words of a figure that lacks a value or an end."""
    if not isinstance(cell, Worded) or None not in (cell.value, cell.low, cell.high):
        return ""
    return "" if cell.words == MISSING else cell.words


def tex_rows(label: str, cells: Mapping[str, Any], comments: Iterable[str]) -> str:
    """LaTeX rows: percent with one decimal, intervals below if there are any.

    Whatever a label or a comment holds stays in its line and cell, as plain text.

    Args:
        label: of the row, as plain text.
        cells: column to estimate.
        comments: lines after the one that names the columns, as plain text.
    """
    values = [_tex(cell.value) for cell in cells.values()]
    bounds = [
        "" if cell.low is None else f"[{_tex(cell.low)}, {_tex(cell.high)}]"
        for cell in cells.values()
    ]
    head = ["columns: Model & " + " & ".join(cells), *comments]
    name = "".join(_TEX_SPECIAL.get(c, c) for c in one_line(label))
    if name[:1] in ("[", "*"):
        name = "{}" + name  # else the end of the row above would take it for its own
    rows = [" & ".join([name, *values]) + r" \\"]
    if any(bounds):
        rows.append(" & ".join(["", *bounds]) + r" \\")
    return "\n".join([*(f"% {one_line(line)}" for line in head), *rows, ""])


def _tex(value: float | None) -> str:
    return "--" if value is None else number(value).replace(MINUS, "$-$")


# ---- runs beside each other


class _Run(Protocol):
    """What a run of any suite has on a page: its name, its tables, and what it is partial of."""

    @property
    def label(self) -> str: ...
    @property
    def style(self) -> int: ...
    @property
    def partial_note(self) -> str: ...
    @property
    def counted(self) -> Mapping[str, int]:
        """How many items are in ``all`` and, where that is fewer, in ``answered``."""
        ...

    @property
    def tables(self) -> Mapping[str, Table]: ...


R = TypeVar("R", bound=_Run)


def run_rows(
    runs: Sequence[R], key: str, columns: Sequence[Column], *, of: str = "items"
) -> tuple[Row, ...]:
    """One row per run over all items, and one more over answered items where the two differ.

    Args:
        runs: in the order of the page.
        key: of the table whose rows ``all`` and ``answered`` they are.
        columns: which of its columns.
        of: what the suite's items are called.
    """
    rows = []
    for run in runs:
        for basis, n in run.counted.items():
            line = run.tables[key].line(basis)
            words = f"all {n:,} {of}" if len(run.counted) > 1 else ""
            rows.append(
                Row(
                    run.label,
                    tuple(line.get(column.key, NOTHING) for column in columns),
                    run.style,
                    basis=words if basis == "all" else f"{n:,} answered {of} only",
                    note=run.partial_note,
                    continued=basis != "all",
                )
            )
    return tuple(rows)
