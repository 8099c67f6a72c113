"""Embeddings kept on disk, so that scoring again costs nothing.

One SQLite file for any number of embedders: the key is the embedder's digest and the SHA-256 of the
text, the value the float32 row. Each call writes in one transaction, so a killed process leaves
whole rows only; several processes may use one file. A file that cannot be used is never an error of
the scoring: the texts are computed instead, and ``problem`` says why.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handeye.atomic import cache_folder
from handeye.scores.embedder import MINILM, Embedder, checked_rows, load_embedder

Floats = NDArray[np.float32]

# SQLite allows 999 variables in one statement in its older builds.
_KEYS_PER_QUERY = 500
# Texts embedded between two writes: some two seconds of work, which bounds what a kill loses and
# how long nothing is heard.
TEXTS_PER_CALL = 256
_SECONDS_TO_WAIT = 20.0


def cache_path() -> Path:
    """The default file, in the user's cache."""
    return cache_folder() / "embeddings.sqlite"


class CachedEmbedder:
    """An embedder that asks a file first; name and digest are those of the embedder inside."""

    def __init__(
        self, embedder: Embedder, path: Path, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Wrap.

        Args:
            embedder: computes what is not in the file.
            path: the file; made when there is something to keep.
            progress: called with (done, total) texts of a call that are computed; may be set later.
        """
        self._embedder = embedder
        self._path = path
        self.progress = progress
        self.name = embedder.name
        self.digest = embedder.digest
        self.hits = 0
        self.misses = 0
        self.problem: str | None = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, d) float32; each distinct text is computed at most once.

        Raises:
            DataError: the embedder broke its promise.
        """
        unique = list(dict.fromkeys(texts))
        keys = {text: _key(text) for text in unique}
        known = self._read(list(keys.values()))
        lacking = [text for text in unique if keys[text] not in known]
        self.hits += len(unique) - len(lacking)
        self.misses += len(lacking)
        for start in range(0, len(lacking), TEXTS_PER_CALL):
            chunk = lacking[start : start + TEXTS_PER_CALL]
            rows = checked_rows(self._embedder, chunk)
            fresh = {keys[text]: row for text, row in zip(chunk, rows, strict=True)}
            self._write(fresh)
            known.update(fresh)
            if self.progress is not None:
                self.progress(start + len(chunk), len(lacking))
        if not unique:
            return self._embedder.encode([])
        return np.stack([known[keys[text]] for text in texts])

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Floats]:
        found: dict[bytes, Floats] = {}
        if self.problem is not None or not self._path.exists():
            return found
        try:
            with closing(self._connect()) as connection:
                for start in range(0, len(keys), _KEYS_PER_QUERY):
                    part = keys[start : start + _KEYS_PER_QUERY]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT text, row FROM rows WHERE model = ? AND text IN ({marks})"
                    for key, row in connection.execute(query, (self.digest, *part)):
                        found[key] = np.frombuffer(row, np.float32)
        except (sqlite3.Error, OSError, ValueError) as error:
            self.problem = f"{self._path}: {error}"
            return {}
        return found

    def _write(self, rows: Mapping[bytes, Floats]) -> None:
        if self.problem is not None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)",
                    [(self.digest, key, row.tobytes()) for key, row in rows.items()],
                )
        except (sqlite3.Error, OSError) as error:
            self.problem = f"{self._path}: {error}"

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_SECONDS_TO_WAIT)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS rows "
            "(model TEXT, text BLOB, row BLOB, PRIMARY KEY (model, text)) WITHOUT ROWID"
        )
        return connection


class RememberingEmbedder:
    """An embedder that computes every text once, as long as it lives."""

    def __init__(self, embedder: Embedder) -> None:
        """Wrap."""
        self._embedder = embedder
        self._known: dict[str, Floats] = {}
        self.name = embedder.name
        self.digest = embedder.digest

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, d) float32."""
        lacking = [text for text in dict.fromkeys(texts) if text not in self._known]
        if lacking or not texts:
            rows = self._embedder.encode(lacking)
            if not texts:
                return rows
            self._known.update(zip(lacking, rows, strict=True))
        return np.stack([self._known[text] for text in texts])


def as_embedder(given: Embedder | str | None = None) -> Embedder:
    """An embedder as it is; one by its name, with what it embedded before.

    Args:
        given: a name as :func:`~handeye.scores.embedder.load_embedder` takes it; None
            is the default one.

    Raises:
        RunError, DataError, OptionError: there is no such embedder, or it cannot be had.
    """
    if given is not None and not isinstance(given, str):
        return given
    return CachedEmbedder(load_embedder(MINILM if given is None else given), cache_path())


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
