import json
from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError
from handeye.rose.release import load
from tests.support.rose.metadata_rows import row


def write(path: Path, *rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_a_folder_reads_with_its_bridges(tmp_path):
    write(tmp_path / "metadata_test.jsonl", row(1), row(2))
    write(tmp_path / "metadata_dev.jsonl", row(3, split="dev"))
    bridge = row(1, item_id="I1__GCLK", task_template="T1B_CLICK_GLOBAL", task_mode="CLICK")
    write(tmp_path / "global_click/metadata_test.jsonl", bridge)
    assert len(load(tmp_path)) == 4
    assert len(load(tmp_path, split="test")) == 3
    assert [i.item_id for i in load(tmp_path, templates="bridges")] == ["I1__GCLK"]
    assert len(load(tmp_path, templates=["T1"], split="dev")) == 1
    assert list(load(tmp_path).scenes()) == ["S3", "S1", "S2"]


def test_scenes_are_taken_in_turn_from_every_subset(tmp_path):
    rows = [row(n) for n in range(1, 6)]
    rows += [
        row(n, scene_id=f"E{n}", item_id=f"E{n}", rose_subset="ROSE-EmojiStyle")
        for n in range(1, 6)
    ]
    path = write(tmp_path / "metadata_test.jsonl", *rows)
    kept = load(path, scenes=4).scenes()
    assert set(kept) == {"S1", "S2", "E1", "E2"}


@pytest.mark.parametrize(
    "name", ["glyph", "ChineseGlyph", "ROSE-ChineseGlyph", "rose-chineseglyph"]
)
def test_subsets_have_several_spellings(tmp_path, name):
    path = write(tmp_path / "m.jsonl", row(1), row(2, rose_subset="ROSE-PixelEdit"))
    assert len(load(path, subsets=name)) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not a metadata row"),
        ('{"item_id": "a"}', "missing required field"),
        (json.dumps(row(task_template="T9")), "unknown task_template 'T9'"),
        (json.dumps(row(rows=0)), "has no cells"),
        (json.dumps(row(rows="3")), "Expected `int`"),
        (json.dumps(row(all_target_cells=["R9,C1"])), "outside the 3 x 4 grid"),
        (json.dumps(row(all_target_cells=["A1"])), "not a cell"),
        (json.dumps(row(region_type="ROW_RANGE", region_params={"r1": 2, "r2": 7})), "do not lie"),
    ],
)
def test_bad_rows_are_named_with_file_and_line(tmp_path, line, words):
    path = tmp_path / "metadata_test.jsonl"
    path.write_text(json.dumps(row(1)) + "\n\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=words) as caught:
        load(path)
    assert f"{path}:3" in str(caught.value)


def test_other_bad_input(tmp_path):
    with pytest.raises(DataError, match="no such set"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no metadata_\*\.jsonl"):
        load(tmp_path)
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="empty"):
        load(tmp_path / "empty.jsonl")
    path = write(tmp_path / "metadata_test.jsonl", row(1), row(1))
    with pytest.raises(DataError, match="duplicate item ids: I1"):
        load(path)
    path = write(tmp_path / "m.jsonl", row(1))
    for bad in ({"templates": "T7"}, {"subsets": "x"}, {"split": "dev"}, {"scenes": 0}):
        with pytest.raises(OptionError):
            load(path, **bad)


def test_the_hub_is_named_when_it_cannot_be_reached(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match=r"hf:nobody/nothing-here-\d"):
        load("hf:nobody/nothing-here-1")
