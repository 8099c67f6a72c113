"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error`` (what went wrong when asking) and ``state`` (answered, empty,
refused, truncated or error). Other fields are left alone. :class:`PredictionFile` keeps only where
each line lies, so that a file of any size can be asked for its rows in any order.
"""

from __future__ import annotations

import json
import mmap
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from handeye.errors import DataError, first_ten
from handeye.run.answers import ANSWER_STATES
from handeye.sets.jsonl import placed_lines


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None


_decoder = msgspec.json.Decoder(Prediction)


def read_prediction(line: bytes, file: str, number: int) -> Prediction:
    """Decode one line.

    Args:
        line: one JSON object in UTF-8.
        file: where it stands, for messages.
        number: its line there, from 1.

    Raises:
        DataError: not UTF-8, not JSON, no ``item_id``, a field of the wrong type, an unknown state.
    """
    try:
        found = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        found = _read_loosely(line, f"{file}:{number}", str(error))
    if found.state is not None and found.state not in ANSWER_STATES:
        allowed = ", ".join(ANSWER_STATES)
        raise DataError(f"{file}:{number}: state {found.state!r} is not known; allowed: {allowed}")
    return found


def _read_loosely(line: bytes, where: str, reason: str) -> Prediction:
    """Read what Python's own json module writes beyond the standard.

    Half a surrogate pair (an answer cut inside an emoji) becomes U+FFFD; NaN (an empty cell of a
    data frame) becomes null.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    try:
        row = json.loads(text, parse_constant=lambda name: None)
        mended = json.dumps(row, ensure_ascii=False).encode("utf-16", "surrogatepass")
        return _decoder.decode(mended.decode("utf-16", "replace"))
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise DataError(f"{where}: not a prediction row: {reason}") from None


class PredictionFile:
    """A prediction file indexed by item id; use as a context manager.

    Raises:
        DataError: when opening: no such file, a folder, empty, an unreadable line (file and line),
            duplicate item ids, answers of several models.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model: str | None = None
        self._starts = array("Q")
        self._lines = array("Q")
        self._index: dict[str, int] = {}
        if path.is_dir():
            raise DataError(f"{path}: is a folder; give the JSONL file with the predictions")
        try:
            self._stream = path.open("rb")
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        try:
            if path.stat().st_size == 0:
                raise DataError(f"{path}: the file is empty; expected one JSON object a line")
            self._bytes = mmap.mmap(self._stream.fileno(), 0, access=mmap.ACCESS_READ)
            self._build_index()
        except BaseException:
            self._stream.close()
            raise
        self._seen = bytearray(len(self._index))

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[Prediction]:
        """Every prediction in file order; marks all as seen."""
        return (row for item_id in self._index if (row := self.get(item_id)) is not None)

    def __enter__(self) -> PredictionFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The index is the largest thing a scoring holds, and nobody asks after this.
        self._index.clear()
        self._bytes.close()
        self._stream.close()

    def get(self, item_id: str) -> Prediction | None:
        """The prediction for an item, None if there is none; marks it as seen."""
        place = self._index.get(item_id)
        if place is None:
            return None
        self._seen[place] = 1
        start = self._starts[place]
        end = self._bytes.find(b"\n", start)
        line = self._bytes[start : end if end >= 0 else len(self._bytes)]
        try:
            return _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):  # one that was read loosely before
            return read_prediction(line, str(self.path), self._lines[place])

    def see(self, item_id: str) -> bool:
        """Mark an item as known without reading its line; whether it was here and unseen."""
        place = self._index.get(item_id)
        if place is None or self._seen[place]:
            return False
        self._seen[place] = 1
        return True

    def seen(self, item_id: str) -> bool:
        """Whether the item was asked for before."""
        place = self._index.get(item_id)
        return place is not None and bool(self._seen[place])

    def unseen(self) -> list[str]:
        """Item ids nobody asked for, in file order."""
        return [item_id for item_id, place in self._index.items() if not self._seen[place]]

    def _build_index(self) -> None:
        doubles: list[str] = []
        models: dict[str, None] = {}
        name = str(self.path)
        for number, start, line in placed_lines(self._stream):
            row = read_prediction(line, name, number)
            if row.model is not None:
                models[row.model] = None
            if row.item_id in self._index:
                doubles.append(row.item_id)
                continue
            self._index[row.item_id] = len(self._starts)
            self._starts.append(start)
            self._lines.append(number)
        if len(models) > 1:
            raise DataError(
                f"{self.path}: answers of {len(models)} models ({first_ten(list(models))}); a run "
                "is one model: split the file by its 'model' field and score each part"
            )
        if doubles:
            raise DataError(f"{self.path}: {len(doubles)} duplicate item ids: {first_ten(doubles)}")
        if not self._index:
            raise DataError(f"{self.path}: the file is empty; expected one JSON object a line")
        self.model = next(iter(models), None)
