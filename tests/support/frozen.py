"""What handeye makes, without what differs between two runs of the same code.

``hashes`` gives one hash a file of a folder of sets, runs and pages; the frozen ones stand in
``tests/frozen``. Taken away: times, versions, costs of time, absolute paths, logs, and the label
``suite`` (and the generator's number), which sets and runs of before do not have.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import polars as pl

# Of no account for what was measured: when, how long, with which versions, where.
_LEFT_OUT = frozenset(
    {
        *("created", "at", "seconds", "first_answer", "last_answer", "versions", "engine"),
        *("handeye", "libraries", "suite", "generator", "path", "relative", "data", "predictions"),
        *("answers_from_earlier_starts", "cost", "model_args"),
    }
)
_PAGE_DATA = re.compile(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', re.DOTALL)


def texts(folder: Path) -> dict[str, str]:
    """The normalized text of every file by its path in ``folder``; logs are left out."""
    out = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and "/logs/" not in f"/{name}" and not name.endswith(".lock"):
            out[name] = _text(path, folder)
    return out


def hashes(folder: Path) -> dict[str, str]:
    """The first 16 hexadecimal digits of SHA-256 over each of :func:`texts`."""
    return {
        name: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        for name, text in texts(folder).items()
    }


def request_keys(run: Path) -> list[str]:
    """``item model request`` of every answer in a run's journal, sorted."""
    rows = [json.loads(line) for line in (run / "answers.jsonl").read_bytes().splitlines()]
    return sorted(f"{row['item_id']} {row['model']} {row['request']}" for row in rows)


def _text(path: Path, folder: Path) -> str:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        rows = frame.drop([name for name in frame.columns if name in _LEFT_OUT])
        return f"{rows.schema}\n{rows.write_ndjson()}"
    if path.suffix == ".mp4":
        return "\n".join(_digests(path))
    if path.suffix in (".json", ".jsonl", ".html"):
        text = path.read_text("utf-8")
        parts = _PAGE_DATA.findall(text) if path.suffix == ".html" else [text]
        if path.suffix == ".jsonl":
            rows = [_plain(json.loads(line), folder) for line in text.splitlines()]
            if path.name == "answers.jsonl":  # in order of arrival
                rows.sort(key=lambda row: json.dumps(row, sort_keys=True))
            return "\n".join(map(json.dumps, rows))
        return "\n".join(json.dumps(_plain(json.loads(part), folder)) for part in parts)
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return hashlib.sha256(data).hexdigest()


def _plain(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v, folder) for k, v in value.items() if k not in _LEFT_OUT}
    if isinstance(value, list):
        return [_plain(one, folder) for one in value]
    return value.replace(str(folder), "") if isinstance(value, str) else value


def _digests(path: Path) -> Iterator[str]:
    """A hash a frame: encoders differ from machine to machine, frames do not."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            pixels = frame.to_ndarray(format="rgb24").tobytes()
            yield f"{frame.pts} {hashlib.sha256(pixels).hexdigest()}"
