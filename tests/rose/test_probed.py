"""What states are asked about grids, and what runs did about their cells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from handeye.errors import OptionError
from handeye.rose.diagnosis.diagnose import diagnose
from handeye.rose.items import ItemSet
from handeye.rose.probed import MOST_CELLS, RoseProbed
from handeye.rose.release import load
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scenes.generation import generate
from handeye.rose.scoring.file_scoring import score_files
from handeye.rose.scoring.run_folder import read_run
from handeye.states.acting import held, maps
from handeye.states.cells import LAST, read_cells
from handeye.states.targets import Target, at, checked

FAULTS = {"miss": 0.3, "ignore_region": 0.3}


@pytest.fixture(scope="module")
def grids(tmp_path_factory: pytest.TempPathFactory) -> ItemSet:
    out = tmp_path_factory.mktemp("grids") / "set"
    generate(out, seed=5, scenes=40, sources="pixel-content", grid="3:4", workers=1)
    return load(out)


@pytest.fixture(scope="module")
def targets(grids: ItemSet) -> list[Target]:
    return checked((one.item_id, one) for one in RoseProbed().targets(grids))


def of(targets: Sequence[Target], name: str) -> dict[str, dict[int, int]]:
    """Label by item and cell."""
    out: dict[str, dict[int, int]] = defaultdict(dict)
    for one in targets:
        if one.target == name:
            assert one.place is not None
            out[one.item_id][one.place] = one.label
    return out


def test_cells_are_asked_what_is_true_of_them(grids: ItemSet, targets: list[Target]) -> None:
    clicked, exceptions, region = (of(targets, n) for n in ("clicked", "exception", "in region"))
    pictures = {item.image for item in grids}
    assert len(exceptions) == len(pictures)
    for item in grids:
        cells = list(item.grid.cells())
        if item.task_mode != "COUNT":
            told = clicked[item.item_id]
            assert [cells[p] for p, yes in told.items() if yes] == sorted(item.gold)
            assert len(told) == item.grid.cell_count
        if item.item_id in exceptions:
            told = exceptions[item.item_id]
            assert {cells[p] for p, yes in told.items() if yes} == set(item.targets)
        if item.region_type != "GLOBAL":
            told = region[item.item_id]
            assert all((cells[p] in item.region) == bool(yes) for p, yes in told.items())
    for one in targets:
        if one.place is not None:
            assert one.spot is not None
            rows, cols = (int(one.numbers[name]) for name in ("rows", "cols"))
            row, col = divmod(one.place, cols)
            assert (int(one.spot[1] * rows), int(one.spot[0] * cols)) == (row, col)


def test_a_picture_token_is_not_asked_what_only_the_question_says(targets: list[Target]) -> None:
    assert {one.target for one in targets if "grid" in one.sites} == {"exception", "highlighted"}
    assert not any(one.texts for one in targets if "grid" in one.sites)
    with pytest.raises(OptionError, match="'in region' is not applicable at grid"):
        at(targets, "in region", "grid")
    lit = {one.item_id for one in at(targets, "highlighted", "grid")}
    pictures = [o.strata["picture"] for o in targets if o.item_id in lit and "grid" in o.sites]
    assert set(pictures) == {"highlighted"}


def test_coordinates_are_asked_before_they_are_written(targets: list[Target]) -> None:
    asked = [one for one in targets if one.target.startswith(("click ", "column of click "))]
    assert {one.target for one in asked} >= {"click 1", "column of click 1", "click 2"}
    for one in asked:
        (site,) = one.sites
        number = int(one.target.rpartition(" ")[2])
        end = one.ends[int(site.removeprefix("answer:"))]
        start = "CLICK(R" if one.target.startswith("click") else ",C"
        assert one.answer[:end].endswith(start)
        assert one.answer[:end].count("CLICK(R") == number
        if one.label:
            cols = int(one.numbers["cols"])
            row, col = divmod(one.place or 0, cols)
            written = str(row + 1) if start == "CLICK(R" else f"{col + 1})"
            assert one.answer[end:].startswith(written)


def test_counts_are_a_target_for_each_number(grids: ItemSet, targets: list[Target]) -> None:
    by_item: dict[str, dict[int, int]] = defaultdict(dict)
    for one in targets:
        if one.target.startswith("count is "):
            by_item[one.item_id][int(one.target.rpartition(" ")[2])] = one.label
    for item in grids:
        if item.task_mode != "CLICK":
            assert [n for n, yes in by_item[item.item_id].items() if yes] == [len(item.gold)]
        else:
            assert item.item_id not in by_item


def test_of_large_grids_all_exceptions_and_some_others(tmp_path: Path) -> None:
    generate(tmp_path / "set", seed=5, scenes=2, sources="glyph", grid="14:14", workers=1)
    grids = load(tmp_path / "set")
    told = of(list(RoseProbed().targets(grids)), "exception")
    for item in grids:
        if item.item_id in told:
            assert len(told[item.item_id]) == MOST_CELLS
            assert sum(told[item.item_id].values()) == len(item.targets)


class Planted:
    """States that hold the right answer of an item, in memory."""

    layers = ("final",)
    sites = ("last",)

    def __init__(self, grids: ItemSet) -> None:
        rng = np.random.default_rng(2)
        code = rng.normal(size=(16, 24))
        self._states = {
            item.item_id: 3 * sum(code[4 * (r - 1) + c - 1] for r, c in item.gold)
            + rng.normal(size=24)
            for item in grids
        }

    def depth(self, layer: str) -> float:
        return 1.0

    def states(
        self, layer: str, site: str, item_ids: Sequence[str], places: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        return np.array([self._states[name] for name in item_ids], np.float32)


def test_failed_clicks_whose_cells_the_state_held(
    grids: ItemSet, targets: list[Target], tmp_path: Path
) -> None:
    rows = [json.dumps(row) for row in simulate_predictions(grids, FAULTS, 3)]
    (tmp_path / "p.jsonl").write_text("\n".join(rows))
    score_files(tmp_path / "p.jsonl", grids.root, tmp_path / "run")
    actions = {one.item_id: one for one in RoseProbed().actions(read_run(tmp_path / "run"))}
    for row in diagnose(tmp_path / "run", resamples=0).reasons.iter_rows(named=True):
        if row["item_id"] in actions:
            found = actions[row["item_id"]]
            assert (found.passed, found.reason) == (row["passed"], row["reason"] or "")
    clicked = of(targets, "clicked")
    assert set(actions) == set(clicked)
    for one in actions.values():
        if one.passed:
            assert one.done == tuple(p for p, yes in clicked[one.item_id].items() if yes)
    wanted = [one for one in at(targets, "clicked", "last") if one.stratum == "G-Clk"]
    reading = read_cells(Planted(grids), wanted, "last", folds=4, inner=3)  # type: ignore[arg-type]
    table = {row.reason: row for row in held(reading, actions.values(), resamples=200)}
    assert table["failed"].n + table["passed"].n == len(reading.items) == 40
    assert table["missed"].label == "clicks too few"
    area = table["failed"].readers[LAST].area
    assert area.low is not None
    assert area.low > 0.8
    for found in maps(reading, actions.values(), LAST):
        assert found.done == actions[found.item_id].done


def test_evidence_is_the_cells_that_are_asked_for(grids: ItemSet) -> None:
    found = {one.item_id: one for one in RoseProbed().evidence(grids)}
    assert found.keys() == {one.item_id for one in grids if one.gold}
    for one in grids:
        if one.item_id not in found:
            continue
        # Of a picture of five by three pixels a cell.
        region = found[one.item_id].region(5 * one.rows, 3 * one.cols)
        cells = region.reshape(one.rows, 5, one.cols, 3)
        assert (cells.all((1, 3)) == cells.any((1, 3))).all()
        rows, cols = np.nonzero(cells.all((1, 3)))
        assert set(zip(rows + 1, cols + 1, strict=True)) == set(one.gold)
        assert not found[one.item_id].options
