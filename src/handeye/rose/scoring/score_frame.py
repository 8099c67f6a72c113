"""Score rows as a Polars frame: one named, typed column per field of :class:`ScoreRow`.

Whole numbers are Int64. What a model may write without limit is bounded here (scores.jsonl has the
full number): ``pred_count`` and ``submit_count`` at :data:`LARGEST`; ``count_mae`` and
``count_bias`` are Float64, so that their means hold for any number, and end at 1e300.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import msgspec
import polars as pl

from handeye.rose.scoring.score_item import ScoreRow

LARGEST = 2**63 - 1
_AS_FLOAT = frozenset({"count_mae", "count_bias"})
_LARGEST_FLOAT = 10**300
_CUT = frozenset({"pred_count", "submit_count"})
_SEPARATOR = "\x1f"
_encoder = msgspec.json.Encoder()
_TYPES: dict[Any, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    list[str]: pl.List(pl.String()),
}


def _schema() -> dict[str, pl.DataType]:
    schema: dict[str, pl.DataType] = {}
    for name, hint in get_type_hints(ScoreRow).items():
        kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
        kind = hint if hint in _TYPES else kinds[0]
        column = "pass" if name == "passed" else name
        schema[column] = pl.Float64() if name in _AS_FLOAT else _TYPES[kind]
    return schema


SCHEMA: dict[str, pl.DataType] = _schema()
"""Column name (official names first, in the official order) to type."""


def encode_rows(rows: Sequence[ScoreRow]) -> bytes:
    """Score rows as JSON lines under the official names."""
    return _encoder.encode_lines(rows)


def to_frame(rows: Sequence[ScoreRow]) -> pl.DataFrame:
    """Build the frame of ``rows``, one row each; an empty sequence gives an empty frame."""
    columns = list(zip(*map(msgspec.structs.astuple, rows), strict=True)) or [()] * len(SCHEMA)
    named = zip(SCHEMA.items(), columns, strict=True)
    return pl.DataFrame([_series(name, kind, values) for (name, kind), values in named])


def _series(name: str, kind: pl.DataType, values: Sequence[Any]) -> pl.Series:
    if isinstance(kind, pl.List):
        return _texts_series(name, values)
    if name in _CUT:
        values = [None if v is None else min(v, LARGEST) for v in values]
    elif name in _AS_FLOAT:
        top = _LARGEST_FLOAT
        values = [None if v is None else float(max(-top, min(v, top))) for v in values]
    return pl.Series(name, values, kind)


def _texts_series(name: str, values: Sequence[Sequence[str]]) -> pl.Series:
    """A column of lists of texts that are not empty.

    Polars takes lists from Python one value at a time; joined and split again is 10 times as fast.
    """
    joined = pl.Series(name, [_SEPARATOR.join(texts) for texts in values], pl.String)
    found = joined.str.split(_SEPARATOR)
    empty = joined == ""
    if sum(map(len, values)) != int(found.list.len().sum()) - int(empty.sum()):
        return pl.Series(name, values, pl.List(pl.String()))  # the separator is in a text
    nothing = pl.lit([], dtype=pl.List(pl.String()))
    return pl.select(pl.when(empty).then(nothing).otherwise(found).alias(name)).to_series()
