"""What every file of figures is: a struct that is written and read back as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from handeye.errors import DataError

S = TypeVar("S", bound="Recorded")


class Recorded(msgspec.Struct, dict=True):
    """A JSON file as a struct: summary.json, diagnosis.json; suites say what stands in it.

    Indexing goes by the names of the file and gives builtins, as ``data`` does.
    """

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The file as nested dicts; a figure is ``{"value", "low", "high", "n"}``."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def to_json(self) -> bytes:
        """The file: indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


class Interval(msgspec.Struct, kw_only=True):
    """How the intervals of a file were made; ``words`` say it in a sentence."""

    level: float
    method: str | UnsetType = UNSET
    resamples: int
    seed: int
    words: str


class Summary(Recorded):
    """Every table of a run; what they are, a suite says."""


def read(path: Path, kind: type[S]) -> S:
    """A file of figures.

    Raises:
        DataError: it cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
