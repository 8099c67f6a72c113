"""What results are to Python and to a notebook: a short text, a small table, rows for pandas.

Everything that a function hands back is a :class:`Shown`: it says itself in a few lines instead of
all that it holds, and gives all of it as plain dicts (``to_dict``) or as a pandas frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from reprlib import Repr
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from handeye.errors import RunError
from handeye.printing import one_line

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

_MOST = 8
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


class Words(NamedTuple):
    """A result in words: a line, its chief figures by name, and a further remark."""

    title: str
    figures: Mapping[str, str]
    note: str = ""


class Shown:
    """A result that says itself shortly, in a terminal and in a notebook."""

    __slots__ = ()

    def _words(self) -> Words:
        raise NotImplementedError

    def _rows(self) -> Iterable[Mapping[str, Any]] | pl.DataFrame:
        raise NotImplementedError

    def __repr__(self) -> str:
        title, figures, note = self._words()
        wide = max((len(one_line(name)) for name in figures), default=0)
        lines = [f"  {one_line(name):<{wide}}  {text}" for name, text in figures.items()]
        return "\n".join([one_line(title), *lines, *([f"  {one_line(note)}"] if note else [])])

    def _repr_html_(self) -> str:
        title, figures, note = self._words()
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:right">{escape(text)}</td></tr>'
            for name, text in figures.items()
        )
        table = f"<table>{rows}</table>" if rows else ""
        said = f"<p><small>{escape(note)}</small></p>" if note else ""
        return f"<div><p><b>{escape(title)}</b></p>{table}{said}</div>"

    def to_pandas(self) -> Any:
        """The result as a pandas frame.

        Raises:
            RunError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise RunError(
                "to_pandas() needs pandas, which is not installed: pip install pandas"
            ) from None
        rows = self._rows()
        if isinstance(rows, Iterable) and not hasattr(rows, "columns"):
            return pandas.DataFrame([dict(row) for row in rows])
        # Not by way of Polars, which would ask for pyarrow as well.
        return pandas.DataFrame(rows.to_dict(as_series=False))  # type: ignore[union-attr]


class Row:
    """A row of a set that says itself in one line: long values are cut, absent ones left out."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields = ((name, getattr(self, name)) for name in self.__struct_fields__)  # type: ignore[attr-defined]
        said = (f"{name}={_SHORT.repr(value)}" for name, value in fields if value is not None)
        return f"{type(self).__name__}({', '.join(said)})"


def set_words(name: str, counts: Mapping[str, int], ids: Sequence[str]) -> Words:
    """A set in words: what it holds, and the first ids of it."""
    held = ", ".join(
        f"{count:,} {what.removesuffix('s') if count == 1 else what}"
        for what, count in counts.items()
    )
    more = f" and {len(ids) - _MOST:,} more" if len(ids) > _MOST else ""
    return Words(f"{name}: {held}", {}, ", ".join(ids[:_MOST]) + more)


def named(rows: Sequence[T], field: str, wanted: str) -> T:
    """The row of an id.

    Raises:
        KeyError: there is none.
    """
    for row in rows:
        if getattr(row, field) == wanted:
            return row
    raise KeyError(wanted)
