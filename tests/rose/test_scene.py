import pytest
from hypothesis import given, strategies as st

from handeye.errors import DataError
from handeye.rose.scene import Cell, Grid, Region

grids = st.builds(Grid, st.integers(1, 20), st.integers(1, 20))


@st.composite
def regions(draw):
    grid = draw(grids)
    r1, c1 = draw(st.integers(1, grid.rows)), draw(st.integers(1, grid.cols))
    r2, c2 = draw(st.integers(r1, grid.rows)), draw(st.integers(c1, grid.cols))
    kind = draw(st.sampled_from(["GLOBAL", "ROW_RANGE", "COL_RANGE", "RECTANGLE", "VISUAL_REGION"]))
    box = {"r1": r1, "r2": r2, "c1": c1, "c2": c2}
    params = {
        "GLOBAL": {},
        "ROW_RANGE": {"r1": r1, "r2": r2},
        "COL_RANGE": {"c1": c1, "c2": c2},
        "RECTANGLE": box,
        "VISUAL_REGION": box,
    }[kind]
    if kind in ("ROW_RANGE", "COL_RANGE", "RECTANGLE") and draw(st.booleans()):
        kind, params = "EXCLUSION", {"exclude_type": kind, "exclude_params": params}
    return grid, kind, params


@given(regions())
def test_membership_counts_and_params_agree(case):
    grid, kind, params = case
    region = Region.from_params(kind, params, grid)
    inside = [cell for cell in grid.cells() if cell in region]
    assert len(inside) == region.cell_count(grid)
    assert region.params() == params
    assert region.ratio(grid) == round(len(inside) / grid.cell_count, 6)


@given(regions())
def test_an_exclusion_is_the_complement_of_what_it_names(case):
    grid, kind, params = case
    if kind == "EXCLUSION":
        named = Region.from_params(params["exclude_type"], params["exclude_params"], grid)
        outside = Region.from_params(kind, params, grid)
        assert all((cell in named) != (cell in outside) for cell in grid.cells())


@pytest.mark.parametrize(
    ("kind", "params", "words"),
    [
        ("ROW_RANGE", {"r1": 2, "r2": 9}, "do not lie in a grid of 5 rows"),
        ("ROW_RANGE", {"r1": 3, "r2": 2}, "do not lie"),
        ("COL_RANGE", {"c1": 0, "c2": 2}, "do not lie"),
        ("RECTANGLE", {"r1": 1, "r2": 2, "c1": 1}, "needs an integer c2"),
        ("ROW_RANGE", {"r1": True, "r2": 2}, "needs an integer r1"),
        ("CIRCLE", {}, "allowed: GLOBAL"),
        ("EXCLUSION", {"exclude_type": "GLOBAL"}, "allowed: ROW_RANGE"),
        ("EXCLUSION", {"exclude_type": "ROW_RANGE"}, "needs exclude_params"),
    ],
)
def test_an_impossible_region_says_why(kind, params, words):
    with pytest.raises(DataError, match=words):
        Region.from_params(kind, params, Grid(5, 5))


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_cells_read_what_they_write(row, col):
    assert Cell.parse(str(Cell(row, col))) == (row, col)


@pytest.mark.parametrize("text", ["", "R1", "R1,C", "r1,c1", "R1,C1 ", "R-1,C2", "R1,C1\n"])
def test_other_text_is_not_a_cell(text):
    with pytest.raises(DataError, match="expected the form"):
        Cell.parse(text)


@pytest.mark.parametrize("kind", ["ROW_RANGE", "EXCLUSION", "VISUAL_REGION"])
def test_bounds_keep_what_is_inside(kind):
    region = Region(kind, 2, 3, 1, 5)
    again = Region.from_bounds(kind, region.bounds)
    assert [cell in again for cell in Grid(6, 6).cells()] == [
        cell in region for cell in Grid(6, 6).cells()
    ]


def test_unreadable_bounds():
    with pytest.raises(DataError, match="R1:R2,C3:C4"):
        Region.from_bounds("ROW_RANGE", "2-3")
