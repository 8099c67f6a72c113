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

from handeye.rose.scoring import ScoreRow

LARGEST = 2**63 - 1
_CUT = frozenset({"pred_count", "submit_count"})
_AS_FLOAT = frozenset({"count_mae", "count_bias"})
_LARGEST_FLOAT = 10**300
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


def to_frame(rows: Sequence[ScoreRow]) -> pl.DataFrame:
    """Build the frame of ``rows`` (n, 74); an empty sequence gives an empty frame."""
    columns = list(zip(*map(msgspec.structs.astuple, rows), strict=True)) or [()] * len(SCHEMA)
    series = [
        pl.Series(name, _bounded(name, values), kind)
        for (name, kind), values in zip(SCHEMA.items(), columns, strict=True)
    ]
    return pl.DataFrame(series)


def _bounded(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name in _CUT:
        return [None if v is None else min(LARGEST, v) for v in values]
    if name in _AS_FLOAT:
        top = _LARGEST_FLOAT
        return [None if v is None else float(max(-top, min(top, v))) for v in values]
    return values
