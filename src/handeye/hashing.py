"""Files of others: opened, and their fingerprints.

Only regular files are opened. A pipe that nobody writes to would be waited for, a device read
without end.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

# Without waiting: a pipe is opened even if nobody is at its other end. Windows, which knows neither
# that flag nor pipes among its files, has to be told not to change line ends.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading its bytes.

    Raises:
        OSError: as ``open`` does, and for whatever is no regular file: a folder, pipe, socket or
            device. ``strerror`` says which.
    """
    try:
        handle = os.open(path, _READ)
    except ValueError as error:  # a zero in the name
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "a pipe or device, no regular file", str(path))
    return os.fdopen(handle, "rb")


def is_regular(path: Path) -> bool:
    """Whether there is a regular file; of a name that no file can have, that there is none."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def read_regular(path: Path, most: int | None = None) -> bytes:
    """All bytes of a file, of which there may be ``most``; None: any number.

    Raises:
        OSError: as :func:`open_regular`; or there are more.
    """
    with open_regular(path) as stream:
        data = stream.read(-1 if most is None else most + 1)
    if most is not None and len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MiB", str(path))
    return data


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read in pieces.

    Raises:
        OSError: as :func:`open_regular`.
    """
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
