"""Conventions and repeated numbers are found where they are in use, and only there."""

import pytest

from handeye.rose.diagnosis.click_model import CONVENTIONS
from handeye.rose.diagnosis.conventions import FEWEST, find_conventions
from handeye.rose.diagnosis.evidence import evidence
from handeye.rose.respondents.recovery import attribute_answers, items_without_pictures, recover
from handeye.rose.scene import Cell
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.sets.draw import Draw

ITEMS = items_without_pictures(8, 24)
CLICKS = [one for one in ITEMS if one.task_mode != "COUNT"]


def written(cells, one):
    end = "DONE" if one.task_mode == "CLICK" else f"SUBMIT({len(cells)})"
    return "; ".join([*(f"CLICK(R{row},C{col})" for row, col in cells), end])


def found(items, texts):
    rows = [score_item(one, text) for one, text in zip(items, texts, strict=True)]
    return find_conventions(evidence(to_frame(rows), {}))


def in_use(items, texts):
    return {one.convention.key for one in found(items, texts).findings if one.decided}


def coded(convention, cell, one):
    """``cell`` written in a convention: the inverse of its translation, by search."""
    size = max(one.rows, one.cols) + 2
    for row in range(size):
        for col in range(size):
            if convention.translate(row, col, one.rows, one.cols) == cell:
                return Cell(row, col)
    raise AssertionError(convention)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: c.key)
@pytest.mark.parametrize("share", [0.08, 1.0])
def test_each_convention_is_found_and_no_other(convention, share):
    texts, uses = [], []
    for one in CLICKS:
        use = Draw(1, one.item_id, "convention").unit() < share
        cells = [coded(convention, cell, one) if use else cell for cell in one.gold]
        # Where nothing is, it clicks one cell all the same.
        texts.append(written(cells or [Cell(2, 3)], one))
        meant = {convention.translate(*cell, one.rows, one.cols) for cell in cells}
        if meant != set(cells):
            uses.append(use)
    result = found(CLICKS, texts)
    by_key = {one.convention.key: one for one in result.findings}
    assert {key for key, one in by_key.items() if one.decided} == {convention.key}
    # Of the answers that tell, every one is told.
    assert by_key[convention.key].n_items == len(uses)
    assert by_key[convention.key].weight == pytest.approx(sum(uses) / len(uses), abs=0.005)
    assert {one.key for one in result.used if one} == {convention.key}


def random_cells(one, count, draw):
    return [Cell(draw.integer(1, one.rows), draw.integer(1, one.cols)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(6))
def test_wild_clicks_use_no_convention(seed):
    texts = []
    for one in CLICKS:
        draw = Draw(seed, one.item_id)
        right = draw.unit() < 0.4
        cells = one.gold if right else random_cells(one, draw.integer(1, 6), draw)
        texts.append(written(cells, one))
    assert in_use(CLICKS, texts) == set()


@pytest.mark.parametrize("seed", range(6))
def test_unsteady_pointing_is_no_convention(seed):
    texts = []
    for one in CLICKS:
        draw = Draw(seed, one.item_id)
        cells = one.gold
        if draw.unit() < 0.6:
            cells = [Cell(r + draw.integer(-1, 1), c + draw.integer(-1, 1)) for r, c in cells]
        texts.append(written(cells, one))
    assert in_use(CLICKS, texts) == set()


def test_a_chance_hit_in_a_model_without_the_convention_is_not_given_to_it():
    one = next(i for i in CLICKS if len(i.gold) == 1 and i.gold[0].row != i.gold[0].col)
    texts = [written(i.gold, i) for i in CLICKS]
    ((row, col),) = one.gold
    texts[CLICKS.index(one)] = written([Cell(col, row)], one)
    rows = attribute_answers(CLICKS, texts).rows
    (reason,) = rows["reason"].drop_nulls()
    assert reason != "swapped"
    assert FEWEST > 1


def test_clicks_that_read_the_same_both_ways_belong_to_no_convention():
    run = recover(ITEMS, {"swap_row_col": 1.0, "ignore_region": 0.5}, 2)
    tags = run.attribution.rows["tags"].to_list()
    for signs, planted in zip(tags, run.planted, strict=True):
        if "swapped" in signs:
            assert "swap_row_col" in planted


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_repeated_only_by_a_model_that_repeats(seed):
    alike = {"miscount_scene": 0.6, "miscount": 0.3, "ignore_region": 0.2}
    without = recover(ITEMS, alike, seed).attribution
    assert not without.counting.decided
    assert not without.action.decided
    assert "anchored" not in without.rows["reason"].to_list()
    repeating = recover(ITEMS, {"miscount_scene": 0.6, "anchor": 0.5}, seed).attribution
    assert repeating.counting.decided
    assert repeating.action.decided
    assert repeating.action.weights[2] > 0.1


def test_counts_that_hit_the_whole_grid_by_chance_are_miscounts():
    # One more than the region holds is often just what the grid holds.
    run = recover(ITEMS, {"over": 0.5}, 1)
    rows = run.attribution.rows
    hits = rows["tags"].list.contains("whole_grid_number") & rows["task_template"].is_in(
        ["T2_COUNT_LOCAL_NUMERIC", "T2B_COUNT_LOCAL_MATCHED"]
    )
    assert hits.sum() > 5
    assert "whole_grid" not in rows.filter(hits)["reason"].to_list()


def of_region(one):
    return [cell for cell in one.grid.cells() if cell in one.region]


def any_of(pool, count, draw):
    return [pool[k] for k in draw.sample(len(pool), min(count, len(pool)))]


GUESSES = {
    "as many as there are": lambda one, draw: any_of(of_region(one), len(one.gold), draw),
    "one to four": lambda one, draw: any_of(of_region(one), draw.integer(1, 4), draw),
    "half right": lambda one, draw: (
        one.gold if draw.unit() < 0.5 else any_of(of_region(one), len(one.gold), draw)
    ),
    "one in twenty right": lambda one, draw: (
        one.gold if draw.unit() < 0.05 else any_of(of_region(one), draw.integer(1, 4), draw)
    ),
    "half of the region": lambda one, draw: any_of(of_region(one), len(of_region(one)) // 2, draw),
    "the region as it is counted from 0": lambda one, draw: [
        Cell(row - 1, col - 1) for row, col in any_of(of_region(one), len(one.gold), draw)
    ],
}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", GUESSES)
def test_who_keeps_to_the_region_and_guesses_there_uses_no_convention(name, seed):
    draws = [Draw(seed, one.item_id) for one in CLICKS]
    texts = [written(GUESSES[name](*pair), pair[0]) for pair in zip(CLICKS, draws, strict=True)]
    assert in_use(CLICKS, texts) == set()


def test_who_clicks_everything_uses_no_convention():
    assert in_use(CLICKS, [written(of_region(one), one) for one in CLICKS]) == set()
    assert in_use(CLICKS, [written(list(one.grid.cells()), one) for one in CLICKS]) == set()


MISSES = {
    "two cells off": lambda cell, one, draw: Cell(
        cell.row + draw.integer(-2, 2), cell.col + draw.integer(-2, 2)
    ),
    "drifting up and left": lambda cell, one, draw: Cell(
        cell.row - draw.integer(0, 1), cell.col - draw.integer(0, 1)
    ),
    "up or down": lambda cell, one, draw: Cell(cell.row + draw.integer(-1, 1), cell.col),
    "the row, but not the column": lambda cell, one, draw: Cell(
        cell.row, draw.integer(1, one.cols)
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", MISSES)
def test_what_fits_one_cell_further_just_as_well_is_no_convention(name, seed):
    texts = []
    for one in CLICKS:
        draw = Draw(seed, one.item_id)
        texts.append(written([MISSES[name](cell, one, draw) for cell in one.gold], one))
    assert in_use(CLICKS, texts) == set()


PLACES = {
    "one cell": lambda one, draw: [Cell(5, 5)],
    "another": lambda one, draw: [Cell(2, 3)],
    "one of three": lambda one, draw: [draw.pick([Cell(2, 2), Cell(3, 5), Cell(6, 3)])],
    "the middle": lambda one, draw: [Cell((one.rows + 1) // 2, (one.cols + 1) // 2)],
    "the region's first": lambda one, draw: of_region(one)[:1],
    "the right row, its first cell": lambda one, draw: sorted({Cell(r, 1) for r, _ in one.gold}),
}


@pytest.mark.parametrize("right", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("name", PLACES)
def test_one_place_whatever_the_scene_is_no_convention(name, right):
    texts = []
    for one in CLICKS:
        draw = Draw(7, one.item_id)
        texts.append(written(one.gold if draw.unit() < right else PLACES[name](one, draw), one))
    assert in_use(CLICKS, texts) == set()


ROUNDED = {
    "even rows": lambda r, c: Cell(r - r % 2 or 2, c),
    "odd columns": lambda r, c: Cell(r, c | 1),
    "threes": lambda r, c: Cell(max(3, 3 * round(r / 3)), c),
    "nine tenths": lambda r, c: Cell(round(0.9 * r), round(0.9 * c)),
    "none above 7": lambda r, c: Cell(min(r, 7), min(c, 7)),
    "none below 4": lambda r, c: Cell(max(r, 4), max(c, 4)),
}


@pytest.mark.parametrize("name", ROUNDED)
@pytest.mark.parametrize("clicks", [CLICKS, CLICKS[::4]], ids=["many", "few"])
def test_what_the_row_or_column_decides_is_no_convention(name, clicks):
    texts = [written(list(dict.fromkeys(ROUNDED[name](*c) for c in i.gold)), i) for i in clicks]
    assert in_use(clicks, texts) == set()


def test_answers_about_nothing_mean_what_the_others_do():
    """All targets of the grid, rows and columns exchanged, also where the region holds none."""
    targets = [[Cell.parse(text) for text in one.all_target_cells] for one in CLICKS]
    texts = [
        written([Cell(col, row) for row, col in cells], one)
        for one, cells in zip(CLICKS, targets, strict=True)
    ]
    rates = attribute_answers(CLICKS, texts).habits
    for key in ("whole_grid_default", "clicks_where_nothing_is"):
        assert rates[f"can_{key}"].sum() > 30
        assert rates[f"has_{key}"].sum() == rates[f"can_{key}"].sum()


SLIPS = {
    "right, seven times in ten": lambda cell, one, draw: Cell(
        cell.row, cell.col + (draw.unit() < 0.7)
    ),
    "up and left, every other time": lambda cell, one, draw: (
        Cell(cell.row - 1, cell.col - 1) if draw.unit() < 0.5 else cell
    ),
    "up and left, the first of an answer": lambda cell, one, draw: (
        Cell(cell.row - 1, cell.col - 1) if cell == min(one.gold) else cell
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SLIPS)
def test_clicks_that_slip_one_by_one_use_no_convention(name, seed):
    """Each of them alone would be one written from 0, or from 2; whole answers are not."""
    texts = []
    for one in CLICKS:
        draw = Draw(seed, one.item_id)
        texts.append(written([SLIPS[name](cell, one, draw) for cell in one.gold], one))
    assert in_use(CLICKS, texts) == set()


def test_a_share_is_of_the_answers_about_something():
    """Half wild, a quarter from 0, a quarter right: a quarter, whatever the wild ones tell."""
    texts, uses, shows = [], 0, 0
    for one in CLICKS:
        draw = Draw(3, one.item_id)
        what = draw.unit()
        cells = random_cells(one, draw.integer(1, 4), draw) if what < 0.5 else one.gold
        if 0.5 <= what < 0.75:
            cells = [Cell(row - 1, col - 1) for row, col in one.gold]
        uses += 0.5 <= what < 0.75 and bool(cells)
        shows += bool(one.gold)
        texts.append(written(cells, one))
    (used,) = [one for one in found(CLICKS, texts).findings if one.decided]
    assert used.convention.key == "zero_based"
    assert used.n_items == shows
    assert used.weight == pytest.approx(uses / shows, abs=0.02)
    assert used.items == pytest.approx(uses, rel=0.1)


def test_two_conventions_side_by_side_are_both_found():
    """One of them is the other one a cell beside it."""
    texts, uses = [], {"swapped": 0, "swapped_zero_based": 0, "": 0}
    by_key = {one.key: one for one in CONVENTIONS}
    for one in CLICKS:
        what = Draw(4, one.item_id).unit()
        way = "swapped" if what < 0.3 else "swapped_zero_based" if what < 0.4 else ""
        uses[way] += bool(one.gold)
        texts.append(
            written([coded(by_key[way], c, one) for c in one.gold] if way else one.gold, one)
        )
    shares = {
        one.convention.key: one.weight * one.n_items
        for one in found(CLICKS, texts).findings
        if one.decided
    }
    del uses[""]
    assert shares == pytest.approx(uses, rel=0.15)


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("which", [0, 5, "rows", "rose_subset"])
def test_a_number_said_whatever_the_scene_repeats_nothing(which, share):
    """Always the same, or as many as there are rows, or one for each source."""
    sources = sorted({one.rose_subset for one in ITEMS})
    texts = []
    for one in ITEMS:
        always = Draw(5, one.item_id).unit() < share
        number = which if isinstance(which, int) else getattr(one, which)
        number = sources.index(number) + 2 if number in sources else number
        cells = one.gold if not always else list(one.grid.cells())[:number]
        count = number if always else len(one.gold)
        texts.append(f"COUNT({count})" if one.task_mode == "COUNT" else written(cells, one))
    result = attribute_answers(ITEMS, texts)
    assert not result.counting.decided
    assert not result.action.decided
    assert "anchored" not in result.rows["reason"].to_list()
