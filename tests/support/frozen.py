"""Folders that handeye made, as text that two runs of the same code have in common.

One normalizer for sets, clip sets, run folders and reports. What it takes away differs between two
runs of the same code (times, paths, versions), or was named as free to change:

    JSON, JSONL     ``created``, ``first_answer`` and ``last_answer`` everywhere; on the top level
                    what :data:`LABELS` names, and of a line ``at`` and ``seconds``; of paths all
                    but the name; floats to nine digits; keys sorted. The lines of a journal are
                    sorted, since answers arrive in any order.
    metadata, clips rows of a set are the promise itself: bytes
    Parquet         columns with their types, then the rows as JSON; not the bytes
    HTML            the JSON that stands in the page; the markup may change
    MP4             SHA-256 of the decoded frames, as they lie in the file (no colours converted)
    Markdown        text without the version of handeye
    all others      bytes: PNG, CSV, TeX, licences

Logs and caches are left out. Floats are cut because the last digits of a sum depend on the
processor.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import polars as pl

JOURNAL = "answers.jsonl"
PLAN = "plan.json"
SKIPPED = frozenset({"logs", "cache"})
"""Folders that are not looked into."""

TIMES = frozenset({"created", "first_answer", "last_answer"})
LINE_TIMES = frozenset({"at", "seconds"})
LABELS = frozenset(
    {"suite", "generator", "generator_version", "handeye", "libraries", "versions", "engine"}
)
"""Top-level keys that say what made a file. In a plan, ``suite`` is identity and stays."""

PATHS = frozenset({"path", "data"})
"""Keys whose value is a path where it is a string; only the last part of it is kept."""

LIBRARIES = ("av", "inspect_ai", "numpy", "pillow", "polars", "resvg-py", "scipy", "tokenizers")
"""What frozen values depend on besides handeye."""

_DIGITS = 9
_HERE = "<here>"
_PAGE_DATA = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
_VERSION = re.compile(r"\bhandeye \d+\.\d+\.\d+\S*")
_ROWS = re.compile(r"(metadata|clips)_\w+\.jsonl")


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the normalized content of every file under ``folder``, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            normalized(path, folder).encode()
        ).hexdigest()
        for path in files(folder)
    }


def files(folder: Path) -> list[Path]:
    """The files under ``folder`` that are looked at, in order."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not SKIPPED & set(path.relative_to(folder).parts[:-1])
    )


def normalized(path: Path, root: Path) -> str:
    """The content of ``path`` without what may differ, as text that can be compared line by line.

    Args:
        path: a file that handeye wrote.
        root: the folder whose own name must not count.
    """
    if _ROWS.fullmatch(path.name):
        return path.read_text("utf-8")
    match path.suffix:
        case ".json":
            return _json_text(json.loads(path.read_bytes()), path, root)
        case ".jsonl":
            return _lines_text(path, root)
        case ".parquet":
            return _table_text(pl.read_parquet(path, hive_partitioning=False))
        case ".html":
            return "".join(
                _json_text(json.loads(found), path, root)
                for found in _PAGE_DATA.findall(path.read_text("utf-8"))
            )
        case ".md":
            return _VERSION.sub("handeye <version>", path.read_text("utf-8"))
        case ".mp4":
            return f"frames {_frames_sha256(path)}\n"
        case ".csv" | ".tex" | ".txt":
            # Bytes, in a form that can be compared: line ends are kept.
            return path.read_bytes().decode("utf-8")
        case _:
            return f"bytes {hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def request_keys(run: Path) -> list[str]:
    """What the answers of a run are filed under, as ``item request``, sorted; each named once.

    A later version must compute the same keys from the same set and options: an answer that is
    filed under another key is asked, and paid for, again.
    """
    return sorted({f"{row['item_id']} {row['request']}" for row in read_lines(run / JOURNAL)})


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; half a line at the end, left by a kill, does not count."""
    whole = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in whole if line]


def libraries() -> dict[str, str]:
    """Versions of what frozen values depend on."""
    return {name: version(name) for name in LIBRARIES}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What differs between two :func:`hashes`, one line a file."""
    out = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    out += [f"{name}: new" for name in sorted(found.keys() - expected.keys())]
    out += [
        f"{name}: changed"
        for name in sorted(expected.keys() & found.keys())
        if expected[name] != found[name]
    ]
    return out


def _json_text(value: Any, path: Path, root: Path) -> str:
    value = _without_labels(value, path)
    return json.dumps(_clean(value, _names(root)), indent=1, sort_keys=True, ensure_ascii=False) + (
        "\n"
    )


def _lines_text(path: Path, root: Path) -> str:
    names = _names(root)
    lines = [
        json.dumps(
            _clean({k: v for k, v in row.items() if k not in LINE_TIMES}, names),
            sort_keys=True,
            ensure_ascii=False,
        )
        for row in read_lines(path)
    ]
    if path.name == JOURNAL:
        lines.sort()
    return "".join(line + "\n" for line in lines)


def _without_labels(value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        return value
    labels = LABELS - {"suite"} if path.name == PLAN else LABELS
    # The hash of the predictions covers the seconds that each of them took.
    timed = {"predictions"} if path.name == "run.json" else set()
    return {key: inner for key, inner in value.items() if key not in labels | timed}


def _names(root: Path) -> tuple[str, ...]:
    """The ways in which a file may name the folder it lies in."""
    return tuple(dict.fromkeys((str(root.resolve()), str(root.absolute()))))


def _clean(value: Any, here: Sequence[str]) -> Any:
    """Plain values without times and places, floats cut."""
    if isinstance(value, dict):
        return {
            _placed(key, here): Path(inner).name
            if key in PATHS and isinstance(inner, str)
            else _clean(inner, here)
            for key, inner in value.items()
            if key not in TIMES
        }
    if isinstance(value, list | tuple):
        return [_clean(inner, here) for inner in value]
    if isinstance(value, str):
        return _placed(value, here)
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, bytes):
        return f"bytes {hashlib.sha256(value).hexdigest()}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _placed(text: str, here: Sequence[str]) -> str:
    for name in here:
        text = text.replace(name, _HERE)
    return text


def _table_text(table: pl.DataFrame) -> str:
    def lines() -> Iterator[str]:
        for name, dtype in table.schema.items():
            if name not in LINE_TIMES | TIMES:
                yield f"{name}: {dtype}"
        for row in table.drop(LINE_TIMES | TIMES, strict=False).iter_rows(named=True):
            yield json.dumps(_clean(row, ()), sort_keys=True, ensure_ascii=False)

    return "".join(line + "\n" for line in lines())


def _frames_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            digest.update(f"{frame.format.name} {frame.width}x{frame.height} {frame.pts}".encode())
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()
