"""What every source must hold: the contract of sources/base.py, on bundled art."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye import assets
from handeye.errors import OptionError
from handeye.rose.scenes import sources
from handeye.rose.scenes.sources.base import Band
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, similarity
from handeye.rose.v01 import STATISTICS
from tests.support.rose.sources import digest, source

ROOT = Path(__file__).parents[4]
every = pytest.mark.parametrize("name", sources.NAMES)
# A band that cuts through the middle of what each source reaches.
BANDS = {
    "glyph": Band(0.75, 0.80),
    "emoji-style": Band(0.60, 0.65),
    "emoji-content": Band(0.50, 0.60),
    "pixel-edit": Band(0.98, 0.985),
    "pixel-content": Band(0.80, 0.85),
}


@cache
def official() -> dict[str, list[dict[str, Any]]]:
    folder = Path(os.environ.get("HANDEYE_ROSE_DATA", ROOT.parent / "shared/rose-v0.1"))
    path = folder / "global_click.metadata_test.jsonl"
    if not path.is_file():
        pytest.skip("the authors' metadata is not here")
    rows: dict[str, list[dict[str, Any]]] = {}
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        rows.setdefault(row["rose_subset"], []).append(row)
    return rows


def official_rows(name: str) -> list[dict[str, Any]]:
    return official()[STATISTICS[name].subset]


@every
def test_pairs_show_two_different_pictures_of_the_size_asked(name: str) -> None:
    for index, size in enumerate((16, 17, 42, 64, 120, 156)):
        art = source(name).draw(source(name).pair(3, index), size)
        for tile in (art.majority, art.target):
            assert tile.shape == (size, size, 3)
            assert tile.dtype == np.uint8
            assert not (tile == 255).all()
        assert not np.array_equal(art.majority, art.target)


@every
@pytest.mark.parametrize("size", [15, 513])
def test_a_size_out_of_range_is_refused(name: str, size: int) -> None:
    with pytest.raises(OptionError, match="16 to 512"):
        source(name).draw(source(name).pair(3, 0), size)


@every
def test_the_stated_similarity_is_the_measured_one(name: str) -> None:
    for index in range(40):
        pair = source(name).pair(11, index)
        art = source(name).draw(pair, MEASURE_SIZE)
        measured = similarity(art.majority, art.target, art.background)
        # Tables are rounded, and another machine may draw an edge a level lighter.
        assert pair.similarity == pytest.approx(measured, abs=5e-3)


@every
def test_pairs_do_not_depend_on_the_order_they_are_asked_in(name: str) -> None:
    forward = [source(name).pair(5, i) for i in range(12)]
    fresh = sources.get(name)
    backward = [fresh.pair(5, i) for i in reversed(range(12))][::-1]
    assert forward == backward


@every
def test_another_process_draws_the_same_bytes(name: str) -> None:
    code = "import sys; from tests.support.rose.sources import digest\n"
    code += "print(digest(sys.argv[1], 9, 6))"
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == digest(name, 9, 6)


@every
def test_seeds_give_different_sets(name: str) -> None:
    first = {source(name).pair(1, i).key for i in range(60)}
    second = {source(name).pair(2, i).key for i in range(60)}
    assert len(first & second) < 30
    assert [source(name).pair(1, i).key for i in range(20)] != [
        source(name).pair(2, i).key for i in range(20)
    ]


@every
def test_pairs_of_one_seed_repeat_only_when_they_run_out(name: str) -> None:
    keys = [source(name).pair(4, i).recipe for i in range(440)]
    assert len(set(keys)) == 440


@pytest.mark.parametrize("name", ["glyph", "emoji-style", "emoji-content"])
def test_an_exhausted_table_goes_round_with_other_variants(name: str) -> None:
    size = len(assets.table(name))
    for index in range(0, size, 40):
        first, second = source(name).pair(6, index), None
        for later in range(size, 2 * size):
            second = source(name).pair(6, later)
            if _shown(second) == _shown(first):
                break
        assert second is not None
        assert _shown(second) == _shown(first)
        assert second.recipe != first.recipe


def _shown(pair: sources.Pair) -> frozenset[str]:
    """What a pair shows, whatever its direction, face or provider."""
    keys = ("background_char", "target_char", "background_emoji", "target_emoji")
    return frozenset(str(pair.fields[key]) for key in keys if key in pair.fields)


@every
def test_a_band_is_kept(name: str) -> None:
    band = BANDS[name]
    for index in range(30):
        assert band.low <= source(name).pair(8, index, band).similarity <= band.high


@every
def test_an_empty_band_is_an_error_that_names_the_reach(name: str) -> None:
    with pytest.raises(OptionError, match=rf"{name}.*0\.001:0\.002.*reaches 0\.\d+:0\.\d+"):
        source(name).pair(8, 0, Band(0.001, 0.002))


@every
def test_pairs_can_be_sent_to_a_worker(name: str) -> None:
    pair = source(name).pair(2, 1)
    again = pickle.loads(pickle.dumps(pair))
    art, same = source(name).draw(pair, 50), sources.get(name).draw(again, 50)
    assert again == pair
    assert np.array_equal(art.target, same.target)


@every
def test_credits_are_known(name: str) -> None:
    credit = {c for i in range(60) for c in source(name).pair(1, i).attribution}
    assert credit
    assert credit <= assets.SETS.keys()


@every
def test_fields_are_plain_json(name: str) -> None:
    fields = dict(source(name).pair(1, 0).fields)
    assert json.loads(json.dumps(fields)) == fields


@every
def test_rows_have_the_official_fields(name: str) -> None:
    row = official_rows(name)[0]
    pair = source(name).pair(1, 0)
    art = source(name).draw(pair, 48)
    ours = {**pair.fields, **art.fields}
    common = set.intersection(*(set(rows[0]) for rows in official().values()))
    specific = set(row) - common
    assert specific <= set(ours)
    for key in specific:
        assert type(ours[key]) is type(row[key]), key


@every
def test_every_official_scene_can_be_drawn(name: str) -> None:
    rows = official_rows(name)
    for row in rows:
        pair = source(name).official_pair(row)
        art = source(name).draw(pair, row["cell_size"])
        assert not np.array_equal(art.majority, art.target), row["item_id"]
    assert len(rows) == {"glyph": 301, "pixel-content": 148}.get(name, 221)


@every
def test_official_fields_stay_but_for_what_was_drawn(name: str) -> None:
    drawn = {"font_name", "background_path", "target_path", "majority_style", "target_style"}
    for row in official_rows(name)[:40]:
        fields = source(name).official_pair(row).fields
        for key in fields.keys() & row.keys() - drawn:
            assert fields[key] == row[key], key


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(OptionError, match="glyph, emoji-style"):
        sources.get("klingon")
