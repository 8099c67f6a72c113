from __future__ import annotations

import xml.etree.ElementTree as ET

from handeye.rose.pages import overlay
from handeye.rose.pages.overlay import Marks
from handeye.rose.scene import Cell, Grid, Region

GRID = Grid(8, 10)


def marks(clicked: set[Cell] | None, **more: object) -> Marks:
    return Marks(
        grid=GRID,
        gold=frozenset({Cell(2, 3), Cell(4, 5)}),
        elsewhere=frozenset({Cell(8, 10)}),
        clicked=None if clicked is None else frozenset(clicked),
        **more,  # type: ignore[arg-type]
    )


def test_clicks_are_sorted_into_hit_missed_wrong_and_stray() -> None:
    found = marks({Cell(2, 3), Cell(1, 1), Cell(8, 10)}).sorted_into()
    assert found["hit"] == [Cell(2, 3)]
    assert found["missed"] == [Cell(4, 5)]
    assert found["wrong"] == [Cell(1, 1)]
    assert found["stray"] == [Cell(8, 10)]
    assert found["other"] == []


def test_count_items_show_targets_and_no_clicks() -> None:
    found = marks(None).sorted_into()
    assert set(found) == {"gold", "other"}
    assert len(found["gold"]) == 2


def drawn(m: Marks) -> ET.Element:
    return ET.fromstring(overlay.draw(m))


def of_class(tree: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in tree.iter() if name in (e.get("class") or "").split()]


def test_a_mark_lies_on_its_cell() -> None:
    tree = drawn(marks({Cell(2, 3)}))
    (ring,) = [e for e in of_class(tree, "m-hit") if "ink" in (e.get("class") or "")]
    assert (float(ring.get("cx") or 0), float(ring.get("cy") or 0)) == (50.0, 30.0)


def test_clicks_outside_are_drawn_within_the_view_and_named() -> None:
    tree = drawn(marks(set(), out_of_grid=(Cell(400, 3), Cell(0, 0))))
    titles = [e.text for e in tree.iter("title")]
    assert titles == ["R400,C3 lies outside the grid", "R0,C0 lies outside the grid"]
    assert len(of_class(tree, "m-out")) == 4  # two marks, each with its casing


def test_region_outline_and_excluded_region() -> None:
    rows = Region.from_params("ROW_RANGE", {"r1": 2, "r2": 3}, GRID)
    (box,) = [e for e in of_class(drawn(marks(None, region=rows)), "m-region") if "ink" in
              (e.get("class") or "")]  # fmt: skip
    assert [float(box.get(k) or 0) for k in ("x", "y", "width", "height")] == [0, 20, 200, 40]
    out = Region.from_params(
        "EXCLUSION", {"exclude_type": "COL_RANGE", "exclude_params": {"c1": 1, "c2": 2}}, GRID
    )
    assert of_class(drawn(marks(None, region=out)), "m-excluded")
    assert not of_class(drawn(marks(None, region=Region.whole(GRID))), "m-region")


def test_large_grids_stay_small() -> None:
    grid = Grid(1000, 1000)
    every = frozenset(Cell(r, c) for r in range(1, 80) for c in range(1, 80))
    big = Marks(grid=grid, gold=every, elsewhere=frozenset(), clicked=frozenset())
    assert len(overlay.draw(big)) < 1_500_000
    assert len(overlay.schematic(grid)) < 400
    one = Marks(grid=Grid(1, 1), gold=frozenset(), elsewhere=frozenset(), clicked=frozenset())
    assert overlay.draw(one)
