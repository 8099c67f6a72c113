"""Parquet shards of a set with the pictures inside, as ``datasets.load_dataset`` opens them.

Rows keep their names; values whose shape differs from row to row (``region_params`` and the like)
are JSON strings, because a Parquet column has one type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.atomic import write_bytes
from handeye.rose.scenes.layout import CONFIGS, SPLITS, metadata_paths
from handeye.scores.run_folder import as_parquet
from handeye.sets.jsonl import numbered_lines

if TYPE_CHECKING:
    import polars as pl

# A shard of 500 rows holds some 50 MB of pictures: small enough to build in memory.
ROWS_PER_SHARD = 500
_JSON_FIELDS = frozenset({"region_params", "image_region_params", "edit_mask", "target_cells"})


def write_shards(out: Path) -> list[Path]:
    """Write ``data/CONFIG/SPLIT-00000-of-000NN.parquet`` for every metadata file of the set."""
    written: list[Path] = []
    for config, folder in CONFIGS:
        columns = _columns(out, folder)
        for split in SPLITS:
            file = out / folder / f"metadata_{split}.jsonl"
            if not file.exists():
                continue
            total = sum(1 for _ in numbered_lines(file))
            shards = -(-total // ROWS_PER_SHARD)
            rows = (json.loads(line) for _, line in numbered_lines(file))
            for number in range(shards):
                path = out / "data" / config / f"{split}-{number:05d}-of-{shards:05d}.parquet"
                frame = _frame(out, columns, islice(rows, ROWS_PER_SHARD))
                write_bytes(path, as_parquet(frame))
                written.append(path)
    return written


def feature_lines(out: Path, folder: str) -> list[str]:
    """YAML lines for the ``features`` of one configuration in the dataset card."""
    kinds = {"image": "dtype: image", "list": "list: string"}
    return [
        f"  - name: {name}\n    {kinds.get(kind, f'dtype: {kind}')}"
        for name, kind in _columns(out, folder).items()
    ]


def _columns(out: Path, folder: str) -> dict[str, str]:
    """Column name to kind (string, int64, float64, bool, list, image) over all rows."""
    columns: dict[str, str] = {}
    for file in metadata_paths(out):
        if file.parent != out / folder:
            continue
        for _, line in numbered_lines(file):
            for name, value in json.loads(line).items():
                kind = _kind(name, value)
                if columns.get(name, kind) != kind and {columns[name], kind} == {
                    "int64",
                    "float64",
                }:
                    kind = "float64"
                columns[name] = kind
    return columns


def _kind(name: str, value: Any) -> str:
    if name == "image":
        return "image"
    if name in _JSON_FIELDS:
        return "string"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    return "list" if isinstance(value, list) else "string"


def _frame(out: Path, columns: dict[str, str], rows: Iterator[dict[str, Any]]) -> pl.DataFrame:
    import polars as pl

    types: dict[str, Any] = {
        "string": pl.String,
        "int64": pl.Int64,
        "float64": pl.Float64,
        "bool": pl.Boolean,
        "list": pl.List(pl.String),
        "image": pl.Struct({"bytes": pl.Binary, "path": pl.String}),
    }
    table: list[dict[str, Any]] = []
    for row in rows:
        for name in _JSON_FIELDS & row.keys():
            row[name] = json.dumps(row[name], separators=(",", ":"))
        name = row["image"]
        row["image"] = {"bytes": (out / name).read_bytes(), "path": Path(name).name}
        table.append(row)
    return pl.DataFrame(table, schema={name: types[kind] for name, kind in columns.items()})
