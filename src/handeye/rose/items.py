"""Reading items: one row of a release-format metadata file is one :class:`Item`.

Knows the field names of the release (ROSE-v0.1, commit 07ac071) and nothing of scoring or drawing.
Unknown fields are kept out of :class:`Item`; absent optional ones have defaults, so that older and
partial files can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import msgspec

from handeye.errors import DataError, first_ten
from handeye.reading import UNREADABLE, why
from handeye.rose.questions import SUBSETS, TEMPLATES, formal_answer
from handeye.rose.scene import LARGEST_SIDE, Cell, Grid, Region
from handeye.sets.folder import inside
from handeye.shown import Row, Shown, Words, named, set_words

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


class Item(Row, msgspec.Struct, frozen=True, dict=True):
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


def read_item(line: bytes, where: str, *, gold: bool = True) -> Item:
    """Decode and check one metadata row.

    Args:
        line: one JSON object.
        where: ``"file:line"`` for messages.
        gold: also check that what is right agrees with itself; whoever looks for everything that
            is wrong with a set does so in words of its own.

    Raises:
        DataError: not JSON, a missing or mistyped field, an unknown template or subset, a grid
            without cells or with more than any has, an impossible region, a cell outside the grid,
            gold that contradicts itself.
    """
    try:
        item = _decoder.decode(line)
    except UNREADABLE as error:
        raise DataError(f"{where}: not a metadata row: {why(error)}") from None
    try:
        if "\n" in item.item_id or not item.item_id.strip():
            raise DataError("item_id is empty or has several lines")
        if item.task_template not in TEMPLATES:
            raise DataError(f"unknown task_template {item.task_template!r}")
        if item.rose_subset not in SUBSETS:
            raise DataError(f"unknown rose_subset {item.rose_subset!r}")
        rows, cols = item.rows, item.cols
        if rows < 1 or cols < 1:
            raise DataError(f"a grid of {rows} x {cols} has no cells")
        if rows > LARGEST_SIDE or cols > LARGEST_SIDE:
            raise DataError(f"no grid has more than {LARGEST_SIDE} rows or columns")
        item.region  # noqa: B018  (built once here so that a bad region is named with its line)
        for cell in (*item.targets, *item.gold):
            if not (1 <= cell[0] <= rows and 1 <= cell[1] <= cols):
                raise DataError(f"cell {cell} lies outside the {rows} x {cols} grid")
        if gold:
            _check_gold(item)
    except DataError as error:
        raise DataError(f"{where}: item {item.item_id}: {error}") from None
    return item


def _check_gold(item: Item) -> None:
    mode = TEMPLATES[item.task_template].mode
    if item.task_mode != mode:
        raise DataError(f"task_mode is {item.task_mode!r}, {item.task_template} asks for {mode}")
    gold = set(item.gold)
    if item.ground_truth_count != len(item.gold) or len(gold) < len(item.gold):
        raise DataError(
            f"ground_truth_count is {item.ground_truth_count}, region_target_cells holds "
            f"{len(gold)} different cells"
        )
    region = item.region
    if gold != {cell for cell in item.targets if cell in region}:
        raise DataError("region_target_cells are not those of all_target_cells in the region")
    told = {
        "ground_truth_formal_answer": formal_answer(mode, item.gold),
        "global_target_count": len(item.targets),
    }
    for name, value in told.items():
        # Left out, a field has its default and tells nothing.
        if getattr(item, name) not in (value, "", 0):
            raise DataError(f"{name} is {getattr(item, name)!r}, its cells say {value!r}")


class ItemSet(Shown):
    """Items of one set, grouped by scene, with the folder their images lie in.

    A number or an item's id gives an item, a slice the items in it as a set of their own.
    """

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

    @overload
    def __getitem__(self, place: int | str) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> ItemSet: ...
    def __getitem__(self, place: int | str | slice) -> Item | ItemSet:
        if isinstance(place, slice):
            return ItemSet(self.items[place], self.root)
        if isinstance(place, str):
            return named(self.items, "item_id", place)
        return self.items[place]

    @property
    def name(self) -> str:
        """What the set is called: its folder's name."""
        return self.root.name or str(self.root)

    def to_dict(self) -> dict[str, Any]:
        """The rows by id, as plain values."""
        return {item.item_id: msgspec.to_builtins(item) for item in self.items}

    def _words(self) -> Words:
        counts = {"items": len(self), "scenes": len({item.scene_id for item in self.items})}
        return set_words(str(self.root), counts, [item.item_id for item in self.items])

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.to_dict().values())

    def scenes(self) -> dict[str, list[Item]]:
        """Items by ``scene_id``, in file order."""
        out: dict[str, list[Item]] = {}
        for item in self.items:
            out.setdefault(item.scene_id, []).append(item)
        return out

    def image_path(self, item: Item) -> Path:
        """Where the item's picture lies; refuses a path outside the set."""
        return inside(self.root, item.image, f"item {item.item_id}: image path")
