"""The folder of a generated set, whatever the suite: claimed, resumed, finished.

``generation.json`` says what a set is made from. It is written first, so that a folder belongs to
one set from the beginning, and again at the end with the hashes of the set's metadata.

What decides the bytes is the set's identity: options, generator version and the libraries that
draw. The rest of the record is told, not compared: a set begun by another version of handeye goes
on, and a record of before the suite stood in it gets its label when the set is finished.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from handeye import __version__
from handeye.atomic import TEMPORARY, write_text
from handeye.errors import DataError, OptionError
from handeye.hashing import file_sha256

RECORD = "generation.json"
UNFINISHED = ".unfinished"
"""Folder, inside the set, of what is kept until all of it is there."""


def set_record(
    suite: str, generator: int, libraries: Mapping[str, str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """What a set is made from, as it stands in its record.

    Args:
        suite: whose set it is.
        generator: from 1; raised when the same options come to give other bytes.
        libraries: versions of the libraries that draw, by name.
        options: in JSON form.
    """
    return {
        "handeye": __version__,
        "suite": suite,
        "generator": generator,
        "libraries": dict(libraries),
        "options": dict(options),
    }


def claim(out: Path, record: Mapping[str, Any]) -> bool:
    """Claim ``out`` for the set that ``record`` describes; False when it is finished there already.

    Raises:
        OptionError: ``out`` is a file, or holds something else, or a set begun otherwise.
    """
    if out.exists() and not out.is_dir():
        raise OptionError(f"{out} is a file; give a folder")
    found = read_record(out) if out.is_dir() else None
    if found is None:
        if out.is_dir() and any(out.iterdir()):
            raise OptionError(f"{out} is not empty and holds no handeye set; give a new folder")
        write_text(out / RECORD, _json({**record, "complete": False}))
        return True
    # Records of before these two stood there are of the first generator, and of any suite.
    there = {"suite": record["suite"], "generator": 1, **found}
    for part in ("suite", "generator", "libraries", "options"):
        if there.get(part) != record[part]:
            raise OptionError(
                f"{out} was begun with other {part}: {_difference(there.get(part), record[part])}. "
                "Nothing was changed; give another folder, or the same options and versions."
            )
    return not found.get("complete")


def finish(out: Path, record: Mapping[str, Any], metadata: Iterable[Path]) -> None:
    """Mark the set as complete, with the hashes of its metadata, and clear what was in work."""
    hashes = {str(path.relative_to(out)): file_sha256(path) for path in metadata}
    write_text(out / RECORD, _json({**record, "complete": True, "metadata_sha256": hashes}))
    shutil.rmtree(out / UNFINISHED)
    for left in out.rglob(f".*{TEMPORARY}"):
        left.unlink()


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a set made by handeye, or None where there is none.

    Raises:
        DataError: the record is there but not readable.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not readable as the record of a set: {error}") from None
    if not isinstance(record, dict) or "options" not in record:
        raise DataError(f"{path}: not the record of a handeye set (no 'options')")
    return record


def refuse_other_suite(data: str | Path, suite: str) -> None:
    """Refuse a set whose record says that it is another suite's; without a record nothing is said.

    Args:
        data: a set folder or one of its files.
        suite: that is to read it.

    Raises:
        DataError: it is another suite's.
    """
    path = Path(data)
    folder = path if path.is_dir() else path.parent
    try:
        named = (read_record(folder) or {}).get("suite")
    except DataError:
        return  # whoever needs the record says it better
    if isinstance(named, str) and named != suite:
        raise DataError(
            f"{data}: is a set of {named}, not of {suite}: use 'handeye run {named}' and "
            f"'handeye {named}'"
        )


def record_problems(root: Path) -> list[str]:
    """What of a set's metadata is not as its record says, in words; no record, no problem.

    Raises:
        DataError: the record is there but not readable.
    """
    record = read_record(root) if root.is_dir() else None
    if record is None:
        return []
    out: list[str] = []
    if not record.get("complete"):
        out.append(f"{root}: the set is unfinished; run the same generate command again")
    for name, expected in record.get("metadata_sha256", {}).items():
        path = root / name
        if not path.is_file():
            out.append(f"{path}: missing")
        elif file_sha256(path) != expected:
            out.append(f"{path}: changed since the set was made (SHA-256 differs)")
    return out


def _difference(before: Any, now: Any) -> str:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return f"{before} there, {now} now"
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return "; ".join(f"{name} is {before.get(name)} there, {now.get(name)} now" for name in names)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
