"""What is asked of states, on disk and by site; no suite is needed for it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from handeye.errors import DataError, OptionError
from handeye.states.targets import Target, at, checked, on_tokens, read_targets, write_targets

ROW = {"item_id": "a", "target": "premise", "label": 1, "group": "f1"}
FULL = Target(
    item_id="a",
    target="premise",
    label=1,
    group="f1",
    strata={"modality": "vision", "kind": "colour"},
    texts={"prompt": "Is the circle red?", "question": "red?"},
    numbers={"row": 1.5},
    spans={"premise": "the circle is red"[:10]},
    siblings={"media": "b"},
    roles=(1, 0, 2),
    rejection=2,
    place=3,
    spot=(0.25, 1.0),
    sites=("last", "span:premise", "answer:1"),
    answer="CLICK(R3,C1)",
    ends=(7, 10),
)
BARE = Target(item_id="b", target="other", label=0, group="f2")


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def wrong(path: Path) -> str:
    with pytest.raises((DataError, OptionError)) as found:
        read_targets(path)
    assert "\n" not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_is_written_is_read(tmp_path: Path, ending: str) -> None:
    # Two kinds of strata whose keys come in opposite orders: the first one decides.
    turned = Target(
        item_id="c", target="turned", label=0, group="f1", strata={"kind": "x", "modality": "y"}
    )
    write_targets(tmp_path / f"t.{ending}", [FULL, BARE, turned])
    found = read_targets(tmp_path / f"t.{ending}")
    assert found == [FULL, BARE, turned]
    assert [one.stratum for one in found] == ["vision", "", "x"]


def test_tables_of_others_are_read(tmp_path: Path) -> None:
    """Structs with holes, dotted columns, labels as floats: what pandas and polars write."""
    frame = pl.DataFrame(
        [
            {**ROW, "label": 1.0, "strata": {"modality": "vision", "kind": None}, "place": None},
            {**ROW, "item_id": "b", "label": 0.0, "strata": {"modality": "audio", "kind": "x"}},
        ]
    )
    frame.write_parquet(tmp_path / "t.parquet")
    one, two = read_targets(tmp_path / "t.parquet")
    assert (one.label, one.strata, one.place) == (1, {"modality": "vision"}, None)
    assert two.strata == {"modality": "audio", "kind": "x"}
    (tmp_path / "flat.jsonl").write_text(json.dumps({**ROW, "strata.kind": "x"}))
    assert read_targets(tmp_path / "flat.jsonl")[0].strata == {"kind": "x"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": 2}, "label is 2; it must be 0 or 1"),
        ({"label": "yes"}, "label is 'yes', a text"),
        ({"label": 0.5}, "Expected `int`, got `float` - at `$.label`"),
        ({"group": " "}, "group is ' '"),
        ({"item_id": "a\nb"}, "item_id is 'a\\nb'"),
        ({"groups": "x"}, "column 'groups' is not known"),
        ({"strata": {"kind": {"a": 1}}}, "Expected `str`"),
        ({"strata": ["vision"]}, "Expected `object`, got `array` - at `$.strata`"),
        ({"roles": [0, 2]}, "roles are [0, 2]; they must be 0..1, each once"),
        ({"roles": [0, 1], "rejection": 4}, "rejection is 4"),
        ({"place": -1}, "place is -1"),
        ({"spot": [0.5, 1.5]}, "spot is [0.5, 1.5]"),
        ({"spot": [0.5]}, "at `$.spot`"),
        ({"sites": []}, "sites is empty"),
        ({"sites": ["lst"]}, "site 'lst' is not known; allowed: last, media, grid, span:NAME"),
        ({"sites": ["last:2"]}, "site 'last:2' is not known"),
        ({"sites": ["grid"]}, "give place"),
        ({"sites": ["span:premise"]}, "spans have no 'premise'"),
        ({"sites": ["answer:1"], "answer": "ab", "ends": [1]}, "ends has 1 positions"),
        ({"answer": "ab", "ends": [2, 1]}, "ends are [2, 1]"),
        ({"answer": "ab", "ends": [3]}, "ends are [3]"),
        ({"texts": {"prompt": "x"}, "spans": {"p": "y"}}, "p does not stand in texts.prompt"),
        ({"siblings": {"media": "a"}}, "siblings: media is the item itself"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = tmp_path / "t.jsonl"
    text = json.dumps({**ROW, "item_id": "z", "target": "ok"})
    # Blank lines count as lines.
    path.write_text(f"{text}\n\n{json.dumps({**ROW, **change})}\n")
    told = wrong(path)
    assert told.startswith(f"{path}:3: ")
    assert words in told


def test_a_wrong_row_of_a_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = [
        {**ROW, "place": place, "numbers": {"row": n}} for place, n in ((0, 1.0), (1, math.nan))
    ]
    pl.DataFrame(rows).write_parquet(path)
    assert wrong(path) == f"{path}: row 2: numbers: row is nan"


@pytest.mark.parametrize("name", ["item_id", "target", "label", "group"])
def test_what_must_be_there_is_named(tmp_path: Path, name: str) -> None:
    row = {key: value for key, value in ROW.items() if key != name}
    told = wrong(lines(tmp_path / "t.jsonl", ROW, row))
    assert told == f"{tmp_path / 't.jsonl'}:2: Object missing required field `{name}`"


def test_rows_that_do_not_go_together_are_named_both(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    told = wrong(lines(path, ROW, {**ROW, "label": 0}))
    assert told == f"{path}:2: item a: 'premise' is asked at {path}:1 already"
    told = wrong(lines(path, ROW, {**ROW, "target": "b", "group": "f2"}))
    assert f"{path}:2: item a: is in group 'f2' here and in 'f1' at {path}:1" in told
    apart = {**ROW, "item_id": "b", "strata": {"kind": "x"}}
    told = wrong(lines(path, {**ROW, "strata": {"modality": "y", "kind": "x"}}, apart))
    assert f"{path}:2: item b: strata begin with 'kind'" in told
    # The same target of several cells of an item is no repetition.
    assert len(read_targets(lines(path, {**ROW, "place": 0}, {**ROW, "place": 1}))) == 2


def test_a_file_that_is_none(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in wrong(tmp_path / "no.jsonl")
    assert "written and read as .jsonl or .parquet" in wrong(tmp_path / "t.csv")
    (tmp_path / "t.jsonl").write_text("")
    assert "the file is empty" in wrong(tmp_path / "t.jsonl")
    (tmp_path / "t.jsonl").write_text(f"{json.dumps(ROW)}\n[1]\n")
    assert f"{tmp_path / 't.jsonl'}:2: [1], not an object" in wrong(tmp_path / "t.jsonl")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    assert "no Parquet" in wrong(tmp_path / "t.parquet")
    assert "expected a table with item_id, target, label" in wrong(tmp_path / "t.parquet")
    pl.DataFrame([{**ROW, "label": "1"}]).write_parquet(tmp_path / "t.parquet")
    assert "t.parquet: row 1: label is '1', a text" in wrong(tmp_path / "t.parquet")
    for values, told in (
        ({"label": "0"}, "label is '0', a text"),
        ({"right": "1"}, "right is '1', a text"),
        ({"item_id": "a\x1b[31m"}, "item_id is"),
        ({"target": "a\tb"}, "control characters"),
        ({"group": "a\u2028b"}, "control characters"),
        ({"group": "a\x85"}, "control characters"),
    ):
        (tmp_path / "t.jsonl").write_text(json.dumps({**ROW, **values}))
        assert told in wrong(tmp_path / "t.jsonl"), values
    pl.DataFrame([ROW]).clear().write_parquet(tmp_path / "t.parquet")
    assert "holds no targets" in wrong(tmp_path / "t.parquet")


def test_a_killed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_targets(path, [BARE])

    def broken() -> Any:
        yield FULL
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_targets(path, broken())
    assert read_targets(path) == [BARE]
    assert [one.name for one in tmp_path.iterdir()] == ["t.jsonl"]


def test_rows_of_a_site_or_why_there_are_none() -> None:
    rows = checked([("1", FULL), ("2", BARE)])
    assert at(rows, "premise", "span:premise") == [FULL]
    with pytest.raises(OptionError, match=r"'premise' is not applicable at grid.*asked at last"):
        at(rows, "premise", "grid")
    with pytest.raises(OptionError, match=r"target 'premis' is not there.*did you mean.*premise"):
        at(rows, "premis", "last")


def test_cells_are_asked_of_the_token_in_their_middle() -> None:
    """A grid of 2 x 4 cells on 3 x 8 tokens; and one on as many tokens as cells."""
    cells = [
        Target(
            item_id="a",
            target="exception",
            label=0,
            group="s",
            place=4 * row + col,
            spot=((col + 0.5) / 4, (row + 0.5) / 2),
        )
        for row in range(2)
        for col in range(4)
    ]
    assert [one.place for one in on_tokens(cells, 2, 4)] == list(range(8))
    assert [one.place for one in on_tokens(cells, 3, 8)] == [1, 3, 5, 7, 17, 19, 21, 23]
    edge = Target(item_id="a", target="e", label=0, group="s", place=0, spot=(1.0, 1.0))
    assert on_tokens([edge], 3, 8)[0].place == 23
    with pytest.raises(DataError, match=r"item b: 'other' does not say where its cell lies"):
        on_tokens([BARE], 3, 8)
