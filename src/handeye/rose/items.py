"""Reading items: one row of a release-format metadata file is one :class:`Item`.

Knows the field names of the release (ROSE-v0.1, commit 07ac071) and nothing of scoring or drawing.
Unknown fields are kept out of :class:`Item`; absent optional ones have defaults, so that older and
partial files can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from handeye.errors import DataError, first_ten
from handeye.rose.questions import TEMPLATES
from handeye.rose.scene import Cell, Grid, Region

T = TypeVar("T")


class kept(Generic[T]):  # noqa: N801  (used like property)
    """``functools.cached_property`` without its lock (gone in Python 3.12): twice as fast here."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, item: Any, owner: type | None = None) -> T:
        if item is None:
            return self  # type: ignore[return-value]
        value = self._make(item)
        item.__dict__[self._make.__name__] = value
        return value


class Item(msgspec.Struct, frozen=True, dict=True):
    """One question about one scene, as the release writes it (see docs/rose-format.md)."""

    item_id: str
    scene_id: str
    task_template: str
    task_mode: str
    region_type: str
    rows: int
    cols: int
    ground_truth_count: int
    all_target_cells: list[str]
    region_target_cells: list[str]
    rose_subset: str
    region_params: dict[str, Any] = {}
    image: str = ""
    image_id: str = ""
    split: str = ""
    primitive_type: str = ""
    region_case: str = ""
    cue_type: str = "NONE"
    difficulty: str = ""
    prompt_global: str = ""
    prompt_local: str = ""
    prompt: str = ""
    ground_truth_formal_answer: str = ""
    region_cell_count: int = 0
    region_ratio: float = 0.0
    global_target_count: int = 0
    cell_size: int = 0
    image_width: int = 0
    image_height: int = 0
    grid_size_profile: str = ""
    pair_key: str | None = None
    pair_similarity: float | None = None
    image_sha256: str = ""
    source_item_id: str | None = None
    model: str | None = None

    @property
    def grid(self) -> Grid:
        """The scene's grid."""
        return Grid(self.rows, self.cols)

    @property
    def most_pixels(self) -> int | None:
        """Pixels that its picture may have: those of its cells; None where they have no size."""
        return self.rows * self.cols * self.cell_size**2 if self.cell_size > 0 else None

    @kept
    def region(self) -> Region:
        """The region the item asks about; raises :class:`DataError` if it cannot exist."""
        return Region.from_params(self.region_type, self.region_params, self.grid)

    @kept
    def targets(self) -> tuple[Cell, ...]:
        """Every exception cell of the scene, row-major as in the file."""
        return tuple(map(Cell.parse, self.all_target_cells))

    @kept
    def gold(self) -> tuple[Cell, ...]:
        """Exception cells in the item's region."""
        return tuple(map(Cell.parse, self.region_target_cells))


_decoder = msgspec.json.Decoder(Item)


def read_item(line: bytes, where: str) -> Item:
    """Decode and check one metadata row.

    Args:
        line: one JSON object.
        where: ``"file:line"`` for messages.

    Raises:
        DataError: not JSON, a missing or mistyped field, an unknown template, a grid without
            cells, an impossible region, a cell outside the grid.
    """
    try:
        item = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: not a metadata row: {error}") from None
    try:
        if item.task_template not in TEMPLATES:
            raise DataError(f"unknown task_template {item.task_template!r}")
        if item.rows < 1 or item.cols < 1:
            raise DataError(f"a grid of {item.rows} x {item.cols} has no cells")
        item.region  # noqa: B018  (built once here so that a bad region is named with its line)
        rows, cols = item.rows, item.cols
        for cell in (*item.targets, *item.gold):
            if not (1 <= cell[0] <= rows and 1 <= cell[1] <= cols):
                raise DataError(f"cell {cell} lies outside the {item.rows} x {item.cols} grid")
    except DataError as error:
        raise DataError(f"{where}: item {item.item_id}: {error}") from None
    return item


def safe_image_path(root: Path, name: str, where: str) -> Path:
    """Resolve an image path of a row inside ``root``; refuses one that leaves the folder."""
    if "\0" in name:
        raise DataError(f"{where}: image path {name!r} holds a zero byte; refused")
    path = (root / name).resolve()
    if not name or Path(name).is_absolute() or not path.is_relative_to(root.resolve()):
        raise DataError(f"{where}: image path {name!r} leaves the folder {root}; refused")
    return path


class ItemSet:
    """Items of one set, grouped by scene, with the folder their images lie in."""

    def __init__(self, items: list[Item], root: Path) -> None:
        seen: set[str] = set()
        doubles = [i.item_id for i in items if i.item_id in seen or seen.add(i.item_id)]  # type: ignore[func-returns-value]
        if doubles:
            raise DataError(f"{root}: duplicate item ids: {first_ten(doubles)}")
        self.items = items
        self.root = root

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def scenes(self) -> dict[str, list[Item]]:
        """Items by ``scene_id``, in file order."""
        out: dict[str, list[Item]] = {}
        for item in self.items:
            out.setdefault(item.scene_id, []).append(item)
        return out

    def image_path(self, item: Item) -> Path:
        """Where the item's picture lies; refuses a path outside the set."""
        return safe_image_path(self.root, item.image, f"item {item.item_id}")
