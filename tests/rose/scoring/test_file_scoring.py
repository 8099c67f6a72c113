"""Scoring files: the stream gives what memory gives, in any order; bad input leaves nothing."""

import json
import random
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from handeye.errors import DataError, OptionError, RunError
from handeye.rose.release import load
from handeye.rose.scoring.file_scoring import score, score_files
from handeye.scores.join import read_item_ids
from tests.support.rose.files import answer, write
from tests.support.rose.metadata_rows import row
from tests.support.rose.parity import PARITY, differences, needs_parity, rows


@pytest.fixture
def put(tmp_path):
    """Write predictions and metadata; returns a call that scores them."""

    def prepare(answers, items=None):
        items = [row(n) for n in (1, 2, 3)] if items is None else items
        predictions = write(tmp_path / "in/predictions.jsonl", answers)
        metadata = write(tmp_path / "in/metadata.jsonl", items)

        def run(**options):
            return score_files(predictions, metadata, tmp_path / "RUN", **options)

        return run

    return prepare


def ids(folder):
    return pl.read_parquet(folder / "scores.parquet")["item_id"].to_list()


@needs_parity
def test_files_in_any_order_give_the_rows_of_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["handeye.rose.scoring.file_scoring"], "ROWS_PER_CHUNK", 37)
    lines = (PARITY / "predictions.jsonl").read_bytes().splitlines()
    random.Random(5).shuffle(lines)
    shuffled = write(tmp_path / "p.jsonl", lines)
    run = score_files(shuffled, PARITY / "metadata.jsonl", tmp_path / "RUN")
    expected = rows("expected_scores.jsonl")
    with (tmp_path / "RUN/scores.jsonl").open() as stream:
        got = [json.loads(line) for line in stream]
    assert [r["item_id"] for r in got] == [r["item_id"] for r in expected]
    wrong = [
        text
        for e, g in zip(expected, got, strict=True)
        for text in differences(e, {key: g[key] for key in e}, e["item_id"])
    ]
    assert wrong == []
    frame = score(map(json.loads, lines), load(PARITY / "metadata.jsonl"))
    assert_frame_equal(frame, pl.read_parquet(tmp_path / "RUN/scores.parquet"))
    assert differences(rows_of_tables(), run.summary["official"]) == []


def rows_of_tables():
    return json.loads((PARITY / "expected_tables.json").read_text("utf-8"))


def test_a_set_folder_with_bridges(tmp_path):
    root = tmp_path / "set"
    write(root / "metadata_test.jsonl", [row(1), row(2)])
    write(root / "metadata_dev.jsonl", [row(3, split="dev")])
    bridge = row(4, scene_id="S1", task_template="T1B_CLICK_GLOBAL", task_mode="CLICK")
    write(root / "global_click/metadata_test.jsonl", [bridge])
    answers = [answer(4, "CLICK(R1,C2); DONE"), answer(3), answer(1), answer(2)]
    predictions = write(tmp_path / "p.jsonl", answers)
    score_files(predictions, root, tmp_path / "A")
    assert sorted(ids(tmp_path / "A")) == ["I1", "I2", "I3", "I4"]
    # Answers to items that a filter leaves out are known, so they are no error.
    score_files(predictions, root, tmp_path / "B", split="test", templates="T1")
    assert ids(tmp_path / "B") == ["I1", "I2"]
    run = score_files(predictions, root, tmp_path / "C", templates="bridges")
    assert ids(tmp_path / "C") == ["I4"]
    assert run.summary["partial"] is False


def test_windows_line_ends_blank_lines_and_a_byte_order_mark(put, tmp_path):
    lines = [b"\xef\xbb\xbf" + json.dumps(answer(1)).encode() + b"\r", b"", b"  \r"]
    put([*lines, answer(2), answer(3)])()
    assert ids(tmp_path / "RUN") == ["I1", "I2", "I3"]


def test_what_json_modules_write_beyond_the_standard(put, tmp_path):
    cut = b'{"item_id": "I1", "raw_text": "COUNT(1) \\ud83d"}'
    gap = b'{"item_id": "I2", "raw_text": NaN, "error": NaN, "model": NaN}'
    put([cut, gap, answer(3)])()
    frame = pl.read_parquet(tmp_path / "RUN/scores.parquet")
    assert frame["invalid_action_tokens"].to_list()[0] == ["COUNT(1) \ufffd"]
    assert frame["answer_state"].to_list() == ["answered", "empty", "answered"]
    assert frame["api_error"].to_list() == [0, 0, 0]


def test_missing_answers_make_a_partial_run(put, tmp_path):
    run = put([answer(2)])
    with pytest.raises(DataError, match=r"2 of 3 items have no prediction: I1, I3; .*allow-miss"):
        run()
    assert not (tmp_path / "RUN").exists()
    done = run(allow_missing=True)
    assert done.summary["partial"] is True
    assert done.summary["note"] == "partial run: 1 of 3 items"
    assert done.summary["states"]["missing"] == 2
    assert done.info["n_expected"] == 3
    rate = done.summary["bases"]["all"]["columns"]["G-Cnt"]
    assert (rate["value"], rate["n"]) == (1.0, 1)
    assert "partial run: 1 of 3 items" in (tmp_path / "RUN/tables/by_template.csv").read_text()
    assert "partial, 1 of 3 items" in (tmp_path / "RUN/tables/by_template.tex").read_text()


many = [answer(n) for n in range(1, 4)] + [answer(n) for n in range(100, 112)]
twice = [answer(n) for n in (1, 2, 3, 2, 3)]
BAD_ANSWERS = [
    ([answer(1), b'{"item_id": "I2", "raw_text"', answer(3)], r"predictions.jsonl:2: not a pred"),
    ([answer(1), b"", b"[1]"], r"predictions.jsonl:3: not a prediction row"),
    ([answer(1), b'{"raw_text": "DONE"}'], r"predictions.jsonl:2: .*item_id"),
    ([answer(1), b'{"item_id": "I2", "raw_text": 3}'], r"predictions.jsonl:2: .*raw_text"),
    ([b'{"item_id": "I1", "raw_text": "\xff"}'], r"predictions.jsonl:1: not UTF-8"),
    ([answer(1, state="bored")], r"predictions.jsonl:1: state 'bored' is not known; allowed: ans"),
    ([], "predictions.jsonl: the file is empty"),
    ([b"", b"  "], "predictions.jsonl: the file is empty"),
    (many, r"12 item ids are not in the data: I100, .*, I109 and 2 more"),
    (twice, r"2 duplicate item ids: I2, I3"),
    ([answer(1, model="a"), answer(2, model="b")], r"2 models \(a, b\).*split the file"),
]


@pytest.mark.parametrize(("answers", "message"), BAD_ANSWERS)
def test_bad_predictions(put, tmp_path, answers, message):
    with pytest.raises(DataError, match=message):
        put(answers)()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


BAD_ITEMS = [
    ([row(1), b"{"], r"metadata.jsonl:2: not a metadata row"),
    ([b'{"item_id": "\xff"}'], r"metadata.jsonl:1: not a metadata row"),
    ([row(1), row(2), row(3), row(1)], "item ids more than once: I1"),
    ([row(1, region_type="ROW_RANGE", region_params={"r1": 2, "r2": 9})], "metadata.jsonl:1: .*I1"),
    ([row(1, region_type="ROW_RANGE", region_params={})], "needs an integer r1"),
    ([row(1, region_target_cells=["R9,C9"])], "R9,C9 lies outside"),
    ([row(1, image="../a.png")], r"metadata.jsonl:1: image path '../a.png' leaves"),
    ([row(1, image="images/../../a.png")], "leaves the folder"),
    ([row(1, image="/etc/a.png")], "leaves the folder"),
    ([row(1, image="..\\a.png")], "leaves the folder"),
    ([row(1, image="C:\\a.png")], "leaves the folder"),
    ([row(1, image="a\0.png")], "holds a zero byte"),
    ([row(1, ground_truth_count=2)], "ground_truth_count is 2, region_target_cells holds 1"),
    ([row(1, ground_truth_count=-1)], "ground_truth_count is -1"),
    ([row(1, ground_truth_count=2, region_target_cells=["R1,C2"] * 2)], "holds 1 different"),
    ([row(1, all_target_cells=["R1,C1"])], "are not those of all_target_cells in the region"),
    ([row(1, all_target_cells=["R1,C2", "R2,C2"])], "are not those of all_target_cells in the r"),
    ([row(1, task_mode="CLICK")], "task_mode is 'CLICK', T1_COUNT_GLOBAL asks for COUNT"),
    ([row(1, rose_subset="ROSE-Clouds")], "metadata.jsonl:1: item I1: unknown rose_subset"),
    ([row(1, rows=10**30)], "no grid has more than 10000 rows or columns"),
    ([row(1, all_target_cells=[f"R{'9' * 5000},C1"])], "is not a cell"),
    ([b'{"more": ' + b"[" * 100_000], "it is nested too deeply"),
    ([], "the file is empty"),
]


@pytest.mark.parametrize(("items", "message"), BAD_ITEMS)
def test_bad_metadata(put, tmp_path, items, message):
    with pytest.raises(DataError, match=message):
        put([answer(1), answer(2), answer(3)], items)()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_paths_that_are_not_files(tmp_path):
    data = write(tmp_path / "m.jsonl", [row(1)])
    with pytest.raises(DataError, match="is a folder; give the JSONL file"):
        score_files(tmp_path, data, tmp_path / "RUN")
    with pytest.raises(DataError, match=r"none.jsonl: cannot be read: No such file"):
        score_files(tmp_path / "none.jsonl", data, tmp_path / "RUN")
    with pytest.raises(DataError, match="no such set"):
        score_files(write(tmp_path / "p.jsonl", [answer()]), tmp_path / "no", tmp_path / "RUN")
    assert not (tmp_path / "RUN").exists()


def test_folders_made_for_a_run_that_failed_go_again(tmp_path):
    data = write(tmp_path / "m.jsonl", [row(1)])
    predictions = write(tmp_path / "p.jsonl", [answer(2)])
    with pytest.raises(DataError, match="1 item ids are not in the data"):
        score_files(predictions, data, tmp_path / "runs/today/RUN")
    assert not (tmp_path / "runs").exists()
    score_files(predictions, write(tmp_path / "m.jsonl", [row(2)]), tmp_path / "runs/today/RUN")
    assert ids(tmp_path / "runs/today/RUN") == ["I2"]


def test_a_selection_that_leaves_nothing(put):
    run = put([answer(1), answer(2), answer(3)])
    with pytest.raises(OptionError, match="no item is left by the selection"):
        run(split="dev")
    with pytest.raises(OptionError, match="unknown template 'T9'"):
        run(templates="T9")


def test_a_folder_that_is_no_run_is_left_alone(put, tmp_path):
    run = put([answer(1), answer(2), answer(3)])
    write(tmp_path / "RUN/thesis.tex", [b"years of work"])
    with pytest.raises(RunError, match=r"holds no run of handeye \(thesis.tex\)"):
        run()
    assert [path.name for path in (tmp_path / "RUN").iterdir()] == ["thesis.tex"]


def test_in_memory_takes_a_mapping_and_names_what_is_wrong(tmp_path):
    items = list(load(write(tmp_path / "m.jsonl", [row(1), row(2)])))
    frame = score({"I2": "COUNT(2)", "I1": "COUNT(1)"}, items)
    assert frame["pass"].to_list() == [1, 0]
    with pytest.raises(DataError, match="1 of 2 items have no prediction: I2"):
        score({"I1": "COUNT(1)"}, items)
    assert len(score({"I1": "COUNT(1)"}, items, allow_missing=True)) == 1
    path = write(tmp_path / "p.jsonl", [answer(2, model="m"), answer(1, model="m")])
    assert score(path, items)["model"].to_list() == ["m", "m"]
    with pytest.raises(DataError, match="1 item ids are not in the data: X"):
        score({"I1": "", "I2": "", "X": ""}, items)
    with pytest.raises(DataError, match="1 duplicate item ids: I1"):
        score([answer(1), answer(2), answer(1)], items)
    with pytest.raises(DataError, match=r"prediction 1: .*item_id"):
        score([{"raw_text": "DONE"}], items)
    with pytest.raises(DataError, match=r"prediction 1: state 'bored' is not known; allowed: ans"):
        score([answer(1, state="bored"), answer(2)], items)


def test_chosen_items_are_all_there_is(put, tmp_path):
    run = put([answer(1), answer(2)])
    done = run(item_ids=["I1", "I2"])
    assert not done.info["partial"]
    assert done.info["n_items"] == 2
    with pytest.raises(DataError, match="1 of the chosen item ids are not in the data: I9"):
        run(item_ids=["I1", "I2", "I9"])
    names = tmp_path / "names.txt"
    names.write_text("I1\n\n I2 \n", encoding="utf-8")
    assert read_item_ids(names) == ["I1", "I2"]
    names.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match="names no item"):
        read_item_ids(names)
