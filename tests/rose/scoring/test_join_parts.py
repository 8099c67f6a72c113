"""Bridges from one run and from separate files: the same figures, and nothing paired wrongly."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.rose import generate, load, score_files
from handeye.rose.commands.bridge import bridge
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scoring.join_parts import bridge_files
from handeye.rose.scoring.partners import check_pairs
from handeye.rose.scoring.run_folder import read_run
from handeye.rose.scoring.summary import summarize
from handeye.rose.scoring.tables import bridge_table
from tests.support.rose.made_up import scenes
from tests.support.rose.parity import FOLDER, PARITY, differences, needs_parity, rows

PART = {"T1B_CLICK_GLOBAL": "global", "T2B_COUNT_LOCAL_MATCHED": "matched"}
NAMES = ("main", "global", "matched")
FAULTS = {"miscount": 0.3, "ignore_region": 0.3}


def write(path: Path, lines, end="\n"):
    path.write_text("\n".join(map(json.dumps, lines)) + end, encoding="utf-8")
    return path


def parts(folder: Path, items, answers):
    """Write items and answers as the authors keep them: main, G-Clk and mL-Cnt apart."""
    where = {item["item_id"]: PART.get(item["task_template"], "main") for item in items}
    for name in NAMES:
        chosen = [item for item in items if where[item["item_id"]] == name]
        write(folder / f"{name}.metadata.jsonl", chosen)
        chosen = [answer for answer in answers if where[answer["item_id"]] == name]
        write(folder / f"{name}.jsonl", chosen, end="")  # no line end after the last line
    return folder


def predictions(folder, names=NAMES):
    return [folder / f"{name}.jsonl" for name in names]


def metadata(folder, names=NAMES):
    return [folder / f"{name}.metadata.jsonl" for name in names]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A set of ten scenes with answers, whole and in parts."""
    root = tmp_path_factory.mktemp("bridging")
    generate(root / "set", seed=3, scenes=10, workers=1)
    answers = list(simulate_predictions(load(root / "set"), FAULTS, 4))
    files = sorted((root / "set").rglob("metadata_*.jsonl"))
    items = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    write(root / "all.jsonl", answers)
    return parts(root, items, answers)


@pytest.fixture
def copy(made, tmp_path):
    """The parts again, to be changed: ``copy(name, change)`` rewrites every row of one file."""

    def change(name, edit):
        lines = [json.loads(line) for line in (made / name).read_bytes().splitlines()]
        write(tmp_path / name, [row for line in lines if (row := edit(line)) is not None])

    for name in NAMES:
        for file in (f"{name}.jsonl", f"{name}.metadata.jsonl"):
            (tmp_path / file).write_bytes((made / file).read_bytes())
    change.folder = tmp_path
    return change


# ---- one run from parts


@needs_parity
@pytest.mark.parametrize("order", [NAMES, ("matched", "global", "main")])
def test_parts_give_the_authors_numbers(tmp_path, order):
    parts(tmp_path, rows("metadata.jsonl"), rows("predictions.jsonl"))
    found = bridge_files(predictions(tmp_path, order), metadata(tmp_path, order), tmp_path / "RUN")
    expected = json.loads((PARITY / "expected_tables.json").read_text("utf-8"))
    assert differences(expected, found.run.summary["official"]) == []
    assert found.unpaired == {}
    assert found.asked == ("G-Cnt", "L-Clk", "V-Clk", "Excl-CS", "G-Clk", "mL-Cnt")


@needs_parity
def test_the_authors_own_bridge_metadata_give_the_same(tmp_path):
    parts(tmp_path, rows("metadata.jsonl"), rows("predictions.jsonl"))
    names = ("global_click", "matched_local_count")
    data = [*metadata(tmp_path, ["main"]), *(FOLDER / f"{n}.metadata_test.jsonl" for n in names)]
    with pytest.raises(DataError, match="2044 of 2494 items have no prediction"):
        bridge_files(predictions(tmp_path), data, tmp_path / "RUN")
    found = bridge_files(predictions(tmp_path), data, tmp_path / "RUN", allow_missing=True)
    expected = json.loads((PARITY / "expected_tables.json").read_text("utf-8"))
    assert differences(expected, found.run.summary["official"]) == []
    assert found.run.summary["states"]["missing"] == 2044


def test_parts_give_what_the_whole_file_gives(made, tmp_path):
    whole = score_files(made / "all.jsonl", made / "set", tmp_path / "WHOLE")
    found = bridge_files(predictions(made), [made / "set"], tmp_path / "RUN")
    again = bridge_files(predictions(made), metadata(made), tmp_path / "AGAIN")
    assert found.run.summary.data == whole.summary.data == again.run.summary.data
    assert read_run(tmp_path / "RUN").summary.data["bridges"] == whole.summary["bridges"]


def test_run_json_names_every_part(made, tmp_path):
    found = bridge_files(predictions(made), metadata(made), tmp_path / "RUN")
    info = read_run(tmp_path / "RUN").info
    assert info == json.loads(json.dumps(found.run.info))
    assert [part["path"] for part in info["parts"]] == [str(p) for p in predictions(made)]
    assert info["predictions"]["path"] == str(tmp_path / "RUN/predictions.jsonl")
    assert len(info["data"]) == 3


def test_a_byte_order_mark_in_the_middle(copy, tmp_path):
    file = tmp_path / "global.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    found = bridge_files(predictions(tmp_path), metadata(tmp_path), tmp_path / "RUN")
    assert found.run.summary["n_items"] == 70


def test_templates_that_no_file_answers_were_not_asked(copy, tmp_path):
    only = ("T1_COUNT_GLOBAL", "T3_CLICK_LOCAL_NUMERIC")
    template = {item.item_id: item.task_template for item in load(tmp_path / "main.metadata.jsonl")}
    copy("main.jsonl", lambda row: row if template[row["item_id"]] in only else None)
    found = bridge_files(predictions(tmp_path), metadata(tmp_path), tmp_path / "RUN")
    assert found.asked == ("G-Cnt", "L-Clk", "G-Clk", "mL-Cnt")
    assert found.run.summary["partial"] is False
    assert found.run.summary["bridges"]["global"]["macro_equal_subset"]["num_subsets"] == 5


# ---- what is refused


def refused(folder, match, kind=DataError, names=NAMES, **options):
    with pytest.raises(kind, match=match):
        bridge_files(predictions(folder, names), metadata(folder, names), folder / "R", **options)
    assert not (folder / "R").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_parts_of_two_models(copy, tmp_path):
    copy("global.jsonl", lambda row: row | {"model": "other"})
    refused(tmp_path, r"answers of 2 models \(handeye/simulated in .*main.jsonl, other in .*global")


def test_an_item_in_two_files(copy, tmp_path):
    first = json.loads((tmp_path / "main.jsonl").read_bytes().splitlines()[0])
    copy("global.jsonl", lambda row: row)
    with (tmp_path / "global.jsonl").open("a") as stream:
        stream.write(json.dumps(first))
    refused(
        tmp_path,
        rf"1 items are answered more than once, in .*main.jsonl and .*global.jsonl: "
        rf"{first['item_id']};",
    )


def test_global_pairs_with_other_targets(copy, tmp_path):
    shown = {}

    def move(row):
        if not shown:
            shown.update(row)
            row["all_target_cells"] = row["region_target_cells"] = ["R1,C1"]
            row["ground_truth_count"] = row["global_target_count"] = 1
            row["ground_truth_formal_answer"] = "CLICK(R1,C1); DONE"
        return row

    copy("global.metadata.jsonl", move)
    scene = shown["scene_id"]
    (count,) = (
        item
        for item in load(tmp_path / "main.metadata.jsonl", templates="T1")
        if (item.scene_id, item.rose_subset) == (scene, shown["rose_subset"])
    )
    cells = " ".join(sorted(count.all_target_cells))
    refused(
        tmp_path,
        rf"1 pairs .*: {shown['item_id']} is about a grid of \d+ x \d+ with \[R1,C1\] but "
        rf"{count.item_id} is about a grid of \d+ x \d+ with \[{cells}\]",
    )


def widen(row):
    row["region_type"], row["region_params"] = "GLOBAL", {}
    row["region_target_cells"] = row["all_target_cells"]
    row["ground_truth_count"] = len(row["all_target_cells"])
    row["ground_truth_formal_answer"] = f"COUNT({row['ground_truth_count']})"
    return row


def test_matched_pairs_with_another_region(copy, tmp_path):
    copy("matched.metadata.jsonl", widen)
    refused(tmp_path, r"1?\d pairs of items .* with \[R.*; do all metadata belong to one set")


def test_the_first_ten_pairs_are_named():
    counts = scenes([{"T1": True}] * 12)
    clicks = scenes([{"T1B": True}] * 12, all_target_cells=["R1,C1"])
    with pytest.raises(DataError, match="12 pairs") as caught:
        check_pairs(pl.concat([counts, clicks]))
    assert str(caught.value).count(" is about ") == 20
    assert "and 2 more" in str(caught.value)


def test_a_single_set_is_checked_too(copy, tmp_path):
    """Scoring one set, or summarising rows, pairs items as well."""
    copy("matched.metadata.jsonl", widen)
    root = tmp_path / "set"
    for name, folder in (
        ("main", ""),
        ("global", "global_click"),
        ("matched", "matched_local_count"),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        target = root / folder / "metadata_test.jsonl"
        target.write_bytes((tmp_path / f"{name}.metadata.jsonl").read_bytes())
    joined = tmp_path / "joined.jsonl"
    joined.write_bytes(b"\n".join(file.read_bytes() for file in predictions(tmp_path)))
    with pytest.raises(DataError, match="not about the same cells"):
        score_files(joined, root, tmp_path / "RUN")
    assert not (tmp_path / "RUN").exists()
    rows_ = scenes([{"T2B": True, "T3": True}])
    summarize(rows_, bootstrap=0)
    moved = rows_.with_columns(region_bounds=rows_["item_id"] + "")
    with pytest.raises(DataError, match="1 pairs"):
        summarize(moved, bootstrap=0)


def test_bridge_items_without_partner(copy, tmp_path):
    items = {item.item_id: item for item in load(tmp_path / "main.metadata.jsonl")}
    lost = {i for i, item in items.items() if item.task_template.startswith("T1_")}
    gone = sorted(lost)[:3]
    scenes_ = {(items[i].rose_subset, items[i].scene_id) for i in gone}
    for name in ("main.jsonl", "main.metadata.jsonl"):
        copy(name, lambda row: None if row["item_id"] in gone else row)
    bridges = [
        item.item_id
        for item in load(tmp_path / "global.metadata.jsonl")
        if (item.rose_subset, item.scene_id) in scenes_
    ]
    refused(tmp_path, rf"3 of G-Clk without G-Cnt: {', '.join(bridges)}; .*--allow-missing")
    found = bridge_files(
        predictions(tmp_path), metadata(tmp_path), tmp_path / "RUN", allow_missing=True
    )
    assert found.unpaired == {"G-Clk": tuple(bridges)}
    pooled = found.run.summary["bridges"]["global"]["micro_pooled"]
    assert (pooled["n"], pooled["n_main_gcnt_matched"]) == (10, 7)


def test_what_there_is_to_bridge(made, copy, tmp_path):
    refused(tmp_path, "no answer is to a bridge item", OptionError, names=["main"])
    refused(tmp_path, "10 of G-Clk without G-Cnt", names=["global"])
    with pytest.raises(OptionError, match="at least one prediction file"):
        bridge_files([], [made / "set"], tmp_path / "R")
    with pytest.raises(DataError, match="10 item ids are not in the data"):
        bridge_files(predictions(made), metadata(made)[:2], tmp_path / "R")


# ---- reading and printing


def test_every_line_is_a_figure_of_the_summary(made, tmp_path):
    score_files(made / "all.jsonl", made / "set", tmp_path / "RUN")
    summary = read_run(tmp_path / "RUN").summary
    sections = dict(bridge_table(summary).bodies)
    titles = list(sections)
    pairs = {
        "Whole grid": ["G-Cnt", "G-Clk", "G-Clk†", "Card", "Loc|Card", "G-Cnt to G-Clk", "V-Clk",
                       "G-Clk to V-Clk"],
        "Same region": ["mL-Cnt", "L-Clk", "L-Clk†", "Fail†", "same number", "mL-Cnt to L-Clk"],
        "Same scene": ["L-Cnt", "L-Clk", "V-Clk", "Excl-CS", "Action Ret."],
    }  # fmt: skip
    for key, labels in pairs.items():
        title = next(title for title in titles if title.startswith(key))
        assert [row.label for row in sections[title]] == labels
    lines = {row.label: row.cells for row in sections[titles[0]]}
    columns = summary.bases["all"].columns
    assert lines["V-Clk"][0] == columns["V-Clk"]
    assert lines["G-Clk"][0] == columns["G-Clk"]
    assert lines["G-Cnt"][1].n == 10
    drop = lines["G-Cnt"][0].value - lines["G-Clk"][0].value
    assert lines["G-Cnt to G-Clk"][0].value == pytest.approx(drop)
    cases = summary["bridges"]["matched"]["by_region_case"]
    labelled = sections["Fail† by case, as labelled"]
    assert [row.label.split()[0] for row in labelled] == list(cases)
    actual = sections["Fail† by case, as it is"]
    assert sum(int(row.label.split("(")[1][:-1]) for row in actual) == 10


def test_a_run_without_bridges(made, tmp_path):
    score_files(made / "all.jsonl", made / "set", tmp_path / "RUN", templates="main")
    error = command(tmp_path / "RUN").exception
    assert isinstance(error, RunError)
    assert re.search(r"holds no bridge items .*--templates all", str(error))
    score_files(made / "all.jsonl", made / "set", tmp_path / "RUN", templates="T2B")
    sections = bridge_table(read_run(tmp_path / "RUN").summary).bodies
    assert [title.split(",")[0] for title, _ in sections] == [
        "Same region",
        "Fail† by case",
        "Fail† by case",
    ]


def command(*words):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(bridge)
    return CliRunner().invoke(app, list(map(str, words)))


def test_the_command(made, tmp_path):
    data = [word for file in metadata(made) for word in ("--data", file)]
    done = command(*predictions(made), *data, "--out", tmp_path / "RUN")
    assert done.exit_code == 0, done.output
    assert "written to" in done.output
    again = command(tmp_path / "RUN")
    assert again.exit_code == 0
    figures = [line for line in done.output.splitlines() if "│" in line]
    assert len(figures) > 20
    assert figures == [line for line in again.output.splitlines() if "│" in line]
    tables = json.loads(command(tmp_path / "RUN", "--json", "-").stdout)
    assert tables["bridges"] == read_run(tmp_path / "RUN").summary["bridges"]
    wrong = command(*predictions(made))
    assert isinstance(wrong.exception, HandeyeError)
    assert "--data" in str(wrong.exception)
