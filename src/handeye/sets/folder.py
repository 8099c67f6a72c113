"""The folder of a set, whatever the suite: claimed, resumed, finished; and files named in it.

``generation.json`` says what a set is made from. It is written first, so that a folder belongs to
one set from the beginning, and again at the end with the hashes of the set's metadata.

What decides the bytes is the set's identity: options, generator version and the libraries that
draw. The rest of the record is told, not compared: a set begun by another version of handeye goes
on, and a record of before the suite stood in it gets its label when the set is finished.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from typing import Any

import msgspec

from handeye import __version__
from handeye.atomic import TEMPORARY, entries, held, write_text
from handeye.errors import DataError, OptionError
from handeye.hashing import file_sha256
from handeye.reading import read_json

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


@contextmanager
def claimed(out: Path, record: Mapping[str, Any]) -> Iterator[bool]:
    """Hold ``out`` for the set that ``record`` describes; False when it is finished there already.

    Raises:
        OptionError: ``out`` is a file, or holds something else, or a set begun otherwise.
        RunError: another process is making it.
    """
    if out.exists() and not out.is_dir():
        raise OptionError(f"{out} is a file; give a folder")
    with held(out):
        yield _claim(out, record)


def _claim(out: Path, record: Mapping[str, Any]) -> bool:
    found = read_record(out)
    if found is None:
        if entries(out):
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
    if not found.get("complete"):
        return True
    if (out / UNFINISHED).exists():  # versions up to 0.1 marked a set before they cleared it
        _clear(out)
    return False


def finish(out: Path, record: Mapping[str, Any], metadata: Iterable[Path]) -> None:
    """Clear what was in work and mark the set as complete, with the hashes of its metadata.

    In this order: a set that is complete has nothing left in it, whenever it was stopped.
    """
    hashes = {str(path.relative_to(out)): file_sha256(path) for path in metadata}
    _clear(out)
    write_text(out / RECORD, _json({**record, "complete": True, "metadata_sha256": hashes}))


def _clear(out: Path) -> None:
    for left in out.rglob(f".*{TEMPORARY}"):
        left.unlink()
    if (out / UNFINISHED).exists():
        shutil.rmtree(out / UNFINISHED)


class _Record(msgspec.Struct):
    """What readers take from a record, for a check of its types."""

    options: dict[str, Any]
    suite: str | None = None
    generator: int = 1
    libraries: dict[str, str] = {}
    complete: bool = False
    metadata_sha256: dict[str, str] = {}


def made_here(data: str) -> bool:
    """Whether a set folder, or the folder of a file, has the record of one of our generators."""
    path = Path(data)
    return (path if path.is_dir() else path.parent).joinpath(RECORD).is_file()


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a set made by handeye, or None where there is none.

    Raises:
        DataError: the record is there but not readable.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    record = read_json(path)
    try:
        msgspec.convert(record, _Record)
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: not the record of a handeye set: {error}") from None
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
        path = inside(root, name, f"{root / RECORD}: file")
        if not path.is_file():
            out.append(f"{path}: missing")
        elif file_sha256(path) != expected:
            out.append(f"{path}: changed since the set was made (SHA-256 differs)")
    return out


LONGEST_NAME = 1000


def named_inside(name: str, where: str) -> str:
    """``name``, if it can be that of a file below the folder of a set; nothing is looked up.

    Args:
        name: as a row has it, with slashes.
        where: the row and the field, for messages.

    Raises:
        DataError: it is empty, absolute, too long, no name at all, or leads out of the folder.
    """
    shown = name if len(name) <= 80 else f"{name[:80]}..."
    if len(name) > LONGEST_NAME:
        raise DataError(f"{where} {shown!r} is too long: {len(name)} characters; refused")
    if "\0" in name:
        raise DataError(f"{where} {shown!r} holds a zero byte; refused")
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or PureWindowsPath(name).drive:
        raise DataError(f"{where} {shown!r} leaves the folder of the set; refused")
    return name


def inside(root: Path, name: str, where: str) -> Path:
    """A file of a set by the name in one of its rows, whether it is there or not.

    A link may lead to another file of the set. The Hub's cache is made of links from the folder of
    a revision (``snapshots/COMMIT``) to files of the same repository (``blobs``): they may, too.

    Args:
        root: folder of the set.
        name: as :func:`named_inside` allows it.
        where: the row and the field, for messages.

    Raises:
        DataError: the name, or a link on its way, leads out of the folder.
    """
    path = root / named_inside(name, where)
    home, revision = _home(root.absolute())
    if revision:
        home = home.parent.parent
    try:
        found = path.resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise DataError(f"{where} {name!r} cannot be found: {error}") from None
    if not found.is_relative_to(home):
        raise DataError(f"{where} {name!r} is a link that leaves the folder of the set; refused")
    return path


def revision_of(root: Path) -> str:
    """The commit of a set in the Hub's cache; empty for any other folder."""
    return _home(root.absolute())[1]


@lru_cache(maxsize=64)
def _home(root: Path) -> tuple[Path, str]:
    """Where a folder is in truth, and its commit; asked again for every file of a set."""
    home = root.resolve()
    cached = home.parent.name == "snapshots" and (home.parent.parent / "blobs").is_dir()
    return home, home.name if cached else ""


def _difference(before: Any, now: Any) -> str:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return f"{before} there, {now} now"
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return "; ".join(f"{name} is {before.get(name)} there, {now.get(name)} now" for name in names)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
