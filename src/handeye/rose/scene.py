"""Cells, grids, regions and scenes as plain frozen values: no drawing, no text, no files.

Cells are 1-based ``(row, column)`` as in the ROSE protocol (arXiv 2606.19965). A region answers
"is this cell inside?" by arithmetic on its bounds and never builds the set of its cells, so that
scoring and sampling cost the same on a 7x7 grid and on a 1000x1000 one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from handeye.answer_kinds.clicks import NUMBER, Cell as Cell
from handeye.errors import DataError

RegionType = Literal["GLOBAL", "ROW_RANGE", "COL_RANGE", "RECTANGLE", "VISUAL_REGION", "EXCLUSION"]
_BOUND_NAMES: dict[str, tuple[str, ...]] = {
    "GLOBAL": (),
    "ROW_RANGE": ("r1", "r2"),
    "COL_RANGE": ("c1", "c2"),
    "RECTANGLE": ("r1", "r2", "c1", "c2"),
    "VISUAL_REGION": ("r1", "r2", "c1", "c2"),
}
LARGEST_SIDE = 10_000
"""Most rows, and columns, of a grid; the release's largest has 30."""
_BOUNDS = re.compile(rf"R{NUMBER}:R{NUMBER},C{NUMBER}:C{NUMBER}")


class Grid(NamedTuple):
    """A grid of ``rows`` x ``cols`` cells, both at least 1."""

    rows: int
    cols: int

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self.rows * self.cols

    def __contains__(self, cell: object) -> bool:
        return (
            isinstance(cell, tuple)
            and len(cell) == 2
            and 1 <= cell[0] <= self.rows
            and 1 <= cell[1] <= self.cols
        )

    def cells(self) -> Iterator[Cell]:
        """All cells, row-major."""
        for row in range(1, self.rows + 1):
            for col in range(1, self.cols + 1):
                yield Cell(row, col)


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a grid an item is about.

    ``type`` is the release's region type. Rows ``r1..r2`` and columns ``c1..c2`` are 1-based and
    inclusive and always filled in (a row range spans all columns). For ``EXCLUSION`` they bound
    what is *excluded*, ``exclude_type`` tells which kind of bounds the text names, and the region
    is everything outside.
    """

    type: RegionType
    r1: int
    r2: int
    c1: int
    c2: int
    exclude_type: Literal["ROW_RANGE", "COL_RANGE", "RECTANGLE", None] = None

    def __contains__(self, cell: tuple[int, int]) -> bool:
        row, col = cell
        inside = self.r1 <= row <= self.r2 and self.c1 <= col <= self.c2
        return inside != (self.type == "EXCLUSION")

    def cell_count(self, grid: Grid) -> int:
        """Number of cells of ``grid`` in the region."""
        inside = (self.r2 - self.r1 + 1) * (self.c2 - self.c1 + 1)
        return grid.cell_count - inside if self.type == "EXCLUSION" else inside

    def ratio(self, grid: Grid) -> float:
        """Share of the grid's cells in the region, rounded to 6 decimals as in the release."""
        return round(self.cell_count(grid) / grid.cell_count, 6)

    @property
    def bounds(self) -> str:
        """Rows and columns as text, ``"R2:R5,C1:C12"``; :meth:`from_bounds` reads it."""
        return f"R{self.r1}:R{self.r2},C{self.c1}:C{self.c2}"

    @classmethod
    def from_bounds(cls, type_: RegionType, bounds: str) -> Region:
        """The region of a score row; which kind of bounds an exclusion named is not kept.

        Raises:
            DataError: ``bounds`` is not what :attr:`bounds` writes.
        """
        found = _BOUNDS.fullmatch(bounds)
        if found is None:
            raise DataError(f"region bounds {bounds!r} do not read R1:R2,C3:C4")
        r1, r2, c1, c2 = map(int, found.groups())
        return cls(type_, r1, r2, c1, c2)

    def params(self) -> dict[str, Any]:
        """The release's ``region_params``."""
        if self.type == "EXCLUSION":
            assert self.exclude_type is not None
            names = _BOUND_NAMES[self.exclude_type]
            return {
                "exclude_type": self.exclude_type,
                "exclude_params": {name: getattr(self, name) for name in names},
            }
        return {name: getattr(self, name) for name in _BOUND_NAMES[self.type]}

    @classmethod
    def whole(cls, grid: Grid) -> Region:
        """The whole grid (``GLOBAL``)."""
        return cls("GLOBAL", 1, grid.rows, 1, grid.cols)

    @classmethod
    def from_params(cls, type_: str, params: Mapping[str, Any], grid: Grid) -> Region:
        """Build a region from the release's ``region_type`` and ``region_params``.

        Raises:
            DataError: unknown type, missing or non-integer bounds, bounds outside the grid or in
                the wrong order.
        """
        if type_ == "EXCLUSION":
            kind = params.get("exclude_type")
            if kind not in ("ROW_RANGE", "COL_RANGE", "RECTANGLE"):
                raise DataError(
                    f"exclude_type is {kind!r}; allowed: ROW_RANGE, COL_RANGE, RECTANGLE"
                )
            inner = params.get("exclude_params")
            if not isinstance(inner, Mapping):
                raise DataError("EXCLUSION needs exclude_params with the excluded bounds")
            bounds = cls._bounds(kind, inner, grid)
            return cls("EXCLUSION", *bounds, exclude_type=kind)
        if type_ not in _BOUND_NAMES:
            allowed = ", ".join([*_BOUND_NAMES, "EXCLUSION"])
            raise DataError(f"region_type is {type_!r}; allowed: {allowed}")
        return cls(type_, *cls._bounds(type_, params, grid))  # type: ignore[arg-type]

    @staticmethod
    def _bounds(kind: str, params: Mapping[str, Any], grid: Grid) -> tuple[int, int, int, int]:
        found = {"r1": 1, "r2": grid.rows, "c1": 1, "c2": grid.cols}
        for name in _BOUND_NAMES[kind]:
            value = params.get(name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise DataError(f"{kind} needs an integer {name}, got {value!r}")
            found[name] = value
        r1, r2, c1, c2 = found["r1"], found["r2"], found["c1"], found["c2"]
        if not (1 <= r1 <= r2 <= grid.rows and 1 <= c1 <= c2 <= grid.cols):
            raise DataError(
                f"{kind} rows {r1}..{r2}, columns {c1}..{c2} do not lie in a grid of "
                f"{grid.rows} rows and {grid.cols} columns"
            )
        return r1, r2, c1, c2


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the exceptions are and which regions the items ask about; nothing of how it looks.

    ``targets`` are in draw order (the release's ``target_cells``). ``regions`` maps the template
    ids T2, T3, T4, T5 to ``(region, region_case)``.
    """

    number: int
    grid: Grid
    cell_size: int
    profile: Literal["small", "medium", "large"]
    targets: tuple[Cell, ...]
    regions: Mapping[str, tuple[Region, str]]

    def targets_in(self, region: Region) -> list[Cell]:
        """Targets in ``region``, row-major."""
        return sorted(cell for cell in self.targets if cell in region)
