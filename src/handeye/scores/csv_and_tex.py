"""Tables of a summary as text: CSV for people and programs, LaTeX rows for papers.

Knows estimates (``value``, ``low``, ``high``, ``n``) in nested dicts, not what they mean:
which tables there are is a suite's business.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

_ESTIMATE = {"value", "low", "high", "n"}
_TEX_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """``(path, value, low, high, n)`` of every estimate or count in nested dicts."""
    if not isinstance(tree, Mapping):
        if isinstance(tree, int | float):
            yield path, tree, None, None, None
    elif set(tree) == _ESTIMATE:
        yield path, tree["value"], tree["low"], tree["high"], tree["n"]
    else:
        for name, part in tree.items():
            yield from leaves(part, (*path, name))


def csv_text(
    head: Sequence[str],
    tree: Any,
    *,
    interval: str,
    note: str,
    gap: Literal["before last", "at end"] = "at end",
) -> str:
    """A row for each leaf of ``tree``.

    Args:
        head: names of the columns that say where a leaf stands.
        tree: nested dicts as :func:`leaves` reads them.
        interval: how intervals were made; stands in every row that has one, because files get
            separated from their run.
        note: what the reader must know of the run; stands in every row.
        gap: which columns stay empty for a path shorter than ``head``.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*head, "value", "low", "high", "n", "interval", "note"])
    for path, value, low, high, n in leaves(tree):
        empty = [""] * (len(head) - len(path))
        place = [*path, *empty] if gap == "at end" else [*path[:-1], *empty, path[-1]]
        writer.writerow([*place, value, low, high, n, "" if low is None else interval, note])
    return out.getvalue()


def tex_rows(label: str, cells: Mapping[str, Any], comments: Iterable[str]) -> str:
    """LaTeX rows: percent with one decimal, intervals below if there are any.

    Args:
        label: of the row, as plain text.
        cells: column to estimate.
        comments: lines after the one that names the columns, as plain text.
    """
    values = [_percent(cell["value"]) for cell in cells.values()]
    bounds = [
        "" if cell["low"] is None else f"[{_percent(cell['low'])}, {_percent(cell['high'])}]"
        for cell in cells.values()
    ]
    head = ["columns: Model & " + " & ".join(cells), *comments]
    rows = [" & ".join([_escape(label), *values]) + r" \\"]
    if any(bounds):
        rows.append(" & ".join(["", *bounds]) + r" \\")
    return "\n".join([*(f"% {line}" for line in head), *rows, ""])


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{value * 100:.1f}"


def _escape(text: str) -> str:
    return "".join(_TEX_SPECIAL.get(char, char) for char in text)
