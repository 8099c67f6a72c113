"""What a cell shows: the one small interface that every visual source meets.

A source turns ``(seed, index)`` into a :class:`Pair` (which two things look alike) and a pair into
:class:`Art` (their two tiles at a size). Both steps are pure functions: same arguments, same bytes,
in any order and process. A source knows nothing of grids, regions, items or files of a set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from handeye.errors import OptionError

Tile = NDArray[np.uint8]
CELL_SIZES = (16, 512)
"""Smallest and largest side of a tile in pixels."""


class Band(NamedTuple):
    """Inclusive limits within 0..1 on what ``similarity`` measures."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The majority and the target of one scene, before a size is chosen.

    ``key`` names the pair inside its source. ``similarity`` (0..1, 1 = the same picture) is
    measured the same way for all sources. ``fields`` are the release's subset fields that do not
    depend on the size (research note 2.11), in their official names. ``recipe`` is whatever the
    source needs to draw the pair again; no one else reads it.
    """

    key: str
    similarity: float
    fields: Mapping[str, Any]
    recipe: tuple[Any, ...]
    attribution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Art:
    """Two tiles, each uint8 ``(cell_size, cell_size, 3)`` RGB on the same flat ``background``.

    ``mask`` (bool, ``(cell_size, cell_size)``) marks the edited pixels where the source knows
    them. ``fields`` are release fields that depend on the size (``font_size``).
    """

    majority: Tile
    target: Tile
    background: tuple[int, int, int] = (255, 255, 255)
    mask: NDArray[np.bool_] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A visual source of ROSE scenes."""

    name: str
    """As on the command line: glyph, emoji-style, emoji-content, pixel-edit, pixel-content."""

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (from 0); pairs of one seed repeat only when they run out.

        Raises:
            OptionError: no pair lies in ``band``.
        """
        ...

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """The pair a row of the authors' metadata names, drawn with open art.

        Raises:
            AssetError: no bundled art can show it; the message names what is missing.
        """
        ...

    def draw(self, pair: Pair, cell_size: int) -> Art:
        """Draw both tiles of ``pair`` at ``cell_size`` pixels (16..512)."""
        ...


def check_cell_size(cell_size: int) -> None:
    """Raise :class:`OptionError` unless a tile may have this side (:data:`CELL_SIZES`)."""
    low, high = CELL_SIZES
    if not low <= cell_size <= high:
        raise OptionError(f"cell size is {cell_size}; allowed: {low} to {high} pixels")
