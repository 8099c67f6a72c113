"""Fingerprints of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from handeye.reading import regular


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read in pieces; raises as :func:`regular`."""
    with regular(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
