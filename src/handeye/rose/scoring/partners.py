"""Which items are asked about the same cells, and a check that they really are.

G-Clk (T1B) repeats G-Cnt (T1): the whole grid. mL-Cnt (T2B) repeats L-Clk (T3): one region. A pair
is found by its scene; metadata of two releases may give a scene one name and other targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from handeye.errors import DataError
from handeye.rose.questions import BY_KEY


@dataclass(frozen=True, slots=True)
class Pair:
    """A bridge template, its partner, and the columns in which the two must agree."""

    bridge: str
    partner: str
    region: bool

    @property
    def cells(self) -> str:
        """The column with the cells to be found."""
        return "region_target_cells" if self.region else "all_target_cells"


PAIRS = (Pair("T1B", "T1", region=False), Pair("T2B", "T3", region=True))
PARTNERS = {BY_KEY[pair.bridge].id: BY_KEY[pair.partner].id for pair in PAIRS}
"""Template id of a bridge item to that of its partner."""

_SCENE = ("rose_subset", "scene_id")
_COLUMNS = (
    *_SCENE,
    "item_id",
    "task_template",
    "rows",
    "cols",
    "region_type",
    "region_bounds",
    "all_target_cells",
    "region_target_cells",
)
_LONGEST = 160


def check_pairs(scores: pl.DataFrame | pl.LazyFrame) -> None:
    """Refuse score rows whose paired items are about other cells.

    Items of one scene and subset are paired. Grids and targets must be the same, for the matched
    bridge also the region. Rows without the columns that tell the cells are not checked.

    Raises:
        DataError: names the first ten pairs and shows what either item is about.
    """
    rows = scores.lazy()
    if not set(_COLUMNS) <= set(rows.collect_schema().names()):
        return
    wrong: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = []
    for pair in PAIRS:
        names = ("item_id", "about", "item_id_right", "about_right")
        both = _about(rows, pair, pair.bridge).join(
            _about(rows, pair, pair.partner), on=_SCENE, how="inner", maintain_order="left"
        )
        unequal = both.filter(pl.col("about") != pl.col("about_right"))
        wrong += unequal.select(names).collect().rows()
    if not wrong:
        return
    shown = "; ".join(
        f"{first} is about {_words(about)} but {second} is about {_words(other)}"
        for first, about, second, other in wrong[:10]
    )
    more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
    raise DataError(
        f"{len(wrong)} pairs of items on one scene are not about the same cells: {shown}{more}; "
        "do all metadata belong to one set?"
    )


def _about(rows: pl.LazyFrame, pair: Pair, key: str) -> pl.LazyFrame:
    """The first item of a template on every scene, and what it is about."""
    region = ("region_type", "region_bounds") if pair.region else ()
    about = pl.struct("rows", "cols", *region, cells=pl.col(pair.cells).list.sort())
    chosen = rows.filter(pl.col("task_template") == BY_KEY[key].id)
    return chosen.select(*_SCENE, "item_id", about=about).unique(
        _SCENE, keep="first", maintain_order=True
    )


def _words(about: dict[str, Any]) -> str:
    """What an item is about, cut where a long region or many cells make it endless."""
    outside = "all but " if about.get("region_type") == "EXCLUSION" else ""
    region = f", {outside}{about['region_bounds']}" if "region_bounds" in about else ""
    cells = " ".join(about["cells"])
    text = f"a grid of {about['rows']} x {about['cols']}{region} with [{cells}]"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...]"
