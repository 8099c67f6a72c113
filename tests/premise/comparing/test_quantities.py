"""What runs are compared by: figures of their own tables, ablations beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from handeye.errors import DataError
from handeye.premise.comparing.quantities import quantities
from handeye.premise.scoring.file_scoring import score_files
from handeye.premise.scoring.run_folder import Run, read_run
from handeye.premise.suite import SUITE
from handeye.scores.compare import Comparison, compare
from tests.support import premise as made

ITEMS = made.families(24)
Make = Callable[..., Run]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    root = tmp_path_factory.mktemp("runs")
    lines = msgspec.json.Encoder().encode_lines(ITEMS)
    (root / "premise_test.jsonl").write_bytes(lines)

    def of(name: str, sim: made.Sim, **more: Any) -> Run:
        if not (root / name / "run.json").exists():
            rows = sim.rows(ITEMS, **more)
            file = root / f"{name}.jsonl"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
            score_files(file, root, root / name, bootstrap=0)
        return read_run(root / name)

    return of


@pytest.fixture(scope="module")
def two(make: Make) -> list[Run]:
    return [
        make("sees", made.Sim(made.noisy(made.right, 0.2), told=3.0, bias=-1.5)),
        make("accepts", made.Sim(made.noisy(made.accepting, 0.2), told=2.0, bias=-4.0)),
    ]


def rows_of(found: Comparison) -> dict[tuple[str, str], dict[str, Any]]:
    (pair,) = found["pairs"]
    return {(f["key"], row["key"]): row for f in pair["families"] for row in f["rows"]}


def test_figures_are_those_of_the_runs_own_tables(two: list[Run]) -> None:
    rows = rows_of(compare(SUITE, two, resamples=200))
    for side, run in zip(("first", "second"), two, strict=True):
        base = run.summary.bases["all"]
        for name in ("std", "mis", "bal"):
            own = base.headline[name].value
            assert rows["headline", name][side]["value"] == pytest.approx(own)
        for name in ("action", "perception", "gap"):
            own = base.headline[name].value
            assert rows["premises", name][side]["value"] == pytest.approx(own)
        for cell in ("std_v", "mis_a"):
            assert rows["cells", cell][side]["value"] == pytest.approx(base.cells[cell].value)
        kind = run.summary.kinds["audio"]["pitch"].figures["balanced"].value
        assert rows["kinds", "audio:pitch"][side]["value"] == pytest.approx(kind)
    assert rows["headline", "mis"]["verdict"] == "first_better"
    assert rows["headline", "std"]["verdict"] == "none"
    assert rows["premises", "gap"]["verdict"] == "second_wider"
    assert rows["reasons", "accepts_false"]["verdict"] == "second_more"
    assert 0 < rows["headline", "bal"]["chance"]["value"] < 0.4


def test_a_run_does_not_differ_from_itself(two: list[Run]) -> None:
    rows = rows_of(compare(SUITE, [two[0], two[0]], resamples=100))
    assert {row["difference"]["value"] for row in rows.values()} <= {0.0, None}


def test_what_is_done_to_the_media_leaves_items_out(make: Make, two: list[Run]) -> None:
    """The paper's interference: a sense with the other one removed, less it with both."""
    deaf = make("deaf", made.Sim(made.noisy(made.without("a"), 0.2)), ablation="without-audio")
    found = compare(SUITE, [two[0], deaf], resamples=100)
    rows = rows_of(found)
    assert {key for family, key in rows if family == "cells"} == {"std_v", "mis_v"}
    assert found["n_items"] == 24 * 8
    assert any("media were changed" in note for note in found["notes"])
    assert any("perception and gap are not compared" in note for note in found["notes"])
    assert "without audio" in found["runs"][1]["label"]
    blind = make("blind", made.Sim(made.right), ablation="without-vision")
    with pytest.raises(DataError, match="no item has the same right answer"):
        quantities([deaf, blind])


def test_other_ways_to_ask_are_noted(make: Make, two: list[Run]) -> None:
    said = made.Sim(lambda item, draw: "FALSE" if item.gold >= 4 else "TRUE")
    truth = make("truth", said, variant="true-false")
    found = compare(SUITE, [two[0], truth], resamples=100)
    assert any("asked in different ways" in note for note in found["notes"])
    assert found["runs"][1]["label"].endswith("(true-false)")
