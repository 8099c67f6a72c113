"""Writing files so that a reader, or a crash, never meets half of one, and one process at a time.

A process that is killed leaves at most a hidden file beside the one it was writing; whoever writes
that file next takes its place. Locks are the kernel's (``flock``): they end with the process that
holds them, however it ends. Where there are none (Windows, some network disks) all goes on without.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from handeye.errors import OptionError, RunError, lost_link, refusal

if sys.platform != "win32":
    import fcntl

# Ending of files being written; one that is left belongs to a process that was killed.
TEMPORARY = ".tmp"
# What the pages of handeye say in their head.
PAGE_OF_OURS = b'<meta name="generator" content="handeye'
# Seconds to wait for another process: one that was killed may take a moment to be gone.
PATIENCE = 1.0
_PRIVATE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` and rename it over ``path`` when all went well.

    Raises:
        RunError: another process is writing ``path``.
        OSError: ``path`` cannot be written; the error names it.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        with _folders(path.parent):
            descriptor = _alone(temporary, os.O_RDWR | os.O_CREAT)
            if descriptor is None:
                raise RunError(f"{path}: another process is writing it; wait for it, or stop it")
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    if os.fstat(descriptor).st_size:
                        stream.truncate()
                    yield stream
                    stream.flush()
                    # Still locked: whoever waits for the name finds it gone, not half of a file.
                    if sys.platform != "win32":
                        temporary.replace(path)
                if sys.platform == "win32":
                    temporary.replace(path)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
    except OSError as error:
        # A full disk is told by a write, which knows no name.
        if error.errno is not None and error.filename in (None, str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise


@contextmanager
def _folders(folder: Path) -> Iterator[None]:
    """Make a folder with its parents; those that are empty at the end go again."""
    made: list[Path] = []
    try:
        if not folder.is_dir():
            made += [one for one in (folder, *folder.parents) if not one.exists()]
            folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for one in made:
            with suppress(OSError):  # not empty: it was made for something
                one.rmdir()


def cache_folder() -> Path:
    """Where is kept what can be made again: ``$HANDEYE_CACHE``, else in the user's cache folder."""
    if folder := os.environ.get("HANDEYE_CACHE"):
        return Path(folder)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "handeye"
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home at all
        home = Path(tempfile.gettempdir())
    return home / ".cache" / "handeye"


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` in one step."""
    with replacing(path) as stream:
        stream.write(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to ``path`` in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together: all are on the disk before the first gets its name.

    Raises:
        RunError: another process is writing one of them.
        OSError: one cannot be written; the error names it.
    """
    with ExitStack() as stack:
        for path, data in files.items():
            stream = stack.enter_context(replacing(path))
            try:
                stream.write(data)
                stream.flush()
            except OSError as error:
                error.filename = str(path)  # before the others take it for theirs
                raise


def write_outputs(outputs: Mapping[Path, bytes]) -> None:
    """Write pages and JSON documents to the places that somebody named: all of them or none.

    Raises:
        OptionError: something else than an earlier one is at a place, or it cannot be written.
    """
    for path, data in outputs.items():
        refuse_another(path, data)
    try:
        write_all(outputs)
    except OSError as error:
        raise OptionError(f"{error.filename}: cannot be written: {refusal(error)}") from None


def write_output(path: Path, data: bytes) -> None:
    """Write a page or a JSON document as :func:`write_outputs` does."""
    write_outputs({path: data})


def check_places(*paths: Path | None) -> None:
    """Refuse places where no file can be put, before the work for it is done; None is passed over.

    What a file that is there holds is looked at when the new one is written.

    Raises:
        OptionError: no regular file is there, or the folder cannot be written; or two are the same.
    """
    given = [path for path in paths if path is not None]
    for path in given:
        if str(path) == "-":
            raise OptionError("- is no file: a page is not written to the screen, give its name")
        _refuse_other_kinds(path)
        folder = next((one for one in path.absolute().parents if os.path.lexists(one)), Path("/"))
        if lost := lost_link(folder):
            raise OptionError(f"{path}: cannot be written: {lost}")
        if not folder.is_dir():
            raise OptionError(f"{path}: cannot be written: {folder} is no folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OptionError(f"{path}: cannot be written: the folder {folder} is read-only")
    places = [path.resolve() for path in given]
    for place in places:
        if places.count(place) > 1:
            raise OptionError(f"{place}: cannot be two files at once; give one another name")


def _refuse_other_kinds(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if lost := lost_link(path):
        raise OptionError(f"{path}: cannot be written: {lost}")
    if not path.is_file() or path.is_symlink():
        kind = "a folder" if path.is_dir() else "a link" if path.is_symlink() else "no regular file"
        raise OptionError(f"{path}: is {kind}; give the name of the file to write")


def refuse_another(path: Path, data: bytes) -> None:
    """Refuse a place where something else is than an earlier page or document of the same kind.

    A page names handeye as what made it. A document is an object with the fields of the new one,
    most of them at least: those of an older version count. Of lines of objects the first counts.

    Args:
        path: of the file.
        data: what is to be written there, or how it begins.

    Raises:
        OptionError: as said.
    """
    _refuse_other_kinds(path)
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise OptionError(f"{path}: cannot be written: {refusal(error)}") from None
    if not before or (PAGE_OF_OURS in before[:4096] and PAGE_OF_OURS in data[:4096]):
        return
    now, then = _fields(data), _fields(before)
    if not now or 2 * len(now & then) <= len(now | then):
        what = "document" if now else "page"
        raise OptionError(
            f"{path}: is there and no {what} like this one; it was left alone, give another name"
        )


def _fields(data: bytes) -> set[str]:
    """The fields of a JSON object, or of the first in a list; none of what is another thing."""
    found = None
    for part in (data, data.partition(b"\n")[0]):
        with suppress(ValueError, RecursionError):
            found = json.loads(part)
            break
    if isinstance(found, list) and found:
        found = found[0]
    return set(found) if isinstance(found, dict) else set()


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name, without what killed processes were writing there."""
    found = folder.iterdir()
    return sorted(one for one in found if not (one.name[0] == "." and one.suffix == TEMPORARY))


# ---- one process at a time

_held: dict[Path, tuple[int | None, int]] = {}
_guard = threading.Lock()


@contextmanager
def held(
    place: Path, *, file: bool = False, chosen: bool = True, patience: float = PATIENCE
) -> Iterator[None]:
    """Hold a folder, made if absent, against other processes; within this one, as often as liked.

    Folders that were made for it and are empty at the end go again.

    Args:
        place: the folder.
        file: ``place`` is a file, there or to come; a hidden file beside it is locked while it is
            held.
        chosen: somebody named ``place``, and may name another.
        patience: seconds to wait for another process.

    Raises:
        RunError: another process holds it.
        OSError: the folder cannot be made.
    """
    with _folders(place.parent if file else place):
        key = (place.parent.resolve() / f".{place.name}.lock") if file else place.resolve()
        _take(place, key, file, chosen, patience)
        try:
            yield
        finally:
            _give(key, file)


def _take(place: Path, key: Path, file: bool, chosen: bool, patience: float) -> None:
    with _guard:
        descriptor, times = _held.get(key, (None, 0))
        if not times:
            try:
                descriptor = _alone(key, os.O_RDWR | os.O_CREAT if file else os.O_RDONLY, patience)
            except OSError as error:
                error.filename = str(place)  # nobody knows the hidden one
                raise
            if descriptor is None and sys.platform != "win32":
                other = f", or choose another {'file' if file else 'folder'}" if chosen else ""
                raise RunError(
                    f"{place}: another process of handeye is at work there; wait for it"
                    f"{',' if other else ' or'} stop it{other}"
                )
        _held[key] = descriptor, times + 1


def _give(key: Path, file: bool) -> None:
    with _guard:
        descriptor, times = _held.pop(key)
        if times > 1:
            _held[key] = descriptor, times - 1
        elif descriptor is not None:
            if file:
                with suppress(OSError):
                    key.unlink()
            os.close(descriptor)


def lock(descriptor: int, patience: float = PATIENCE) -> bool:
    """Lock an open file for its descriptor; False where another one has it all the time.

    Args:
        descriptor: of the file.
        patience: seconds to wait for another process.
    """
    if sys.platform == "win32":
        return True
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        except OSError:  # a disk that knows no locks
            return True
        else:
            return True


def _alone(path: Path, flags: int, patience: float = PATIENCE) -> int | None:
    """A locked descriptor of what lies at ``path``; None where another process has it."""
    if sys.platform == "win32" and not flags & os.O_CREAT:
        return None
    end = time.monotonic() + patience
    while True:
        descriptor = os.open(path, flags | _PRIVATE, 0o666)
        if not lock(descriptor, max(0.0, end - time.monotonic())):
            os.close(descriptor)
            return None
        with suppress(OSError):
            # What was opened may have been renamed or removed before it could be locked.
            if sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)
