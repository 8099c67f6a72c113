"""Run folders of a made-up suite: written whole, read back, and the set found again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.scores import write
from handeye.scores.run_folder import (
    LARGEST,
    Columns,
    RunFormat,
    ScoredRun,
    expand,
    one_suite,
    open_run,
    same_number,
    same_set,
    suite_of,
)
from handeye.scores.summary import Summary
from handeye.scores.write import RunWriter, data_entries


class Score(msgspec.Struct, frozen=True, rename={"passed": "pass"}):
    item_id: str
    passed: bool
    number: int | None = None
    error: int | None = None
    share: float | None = None
    words: list[str] = []


class Pair(msgspec.Struct, frozen=True):
    one: str
    other: str


class Puzzles(Summary, kw_only=True):
    model: str | None
    n_items: int
    interval: dict[str, int]


FORM = RunFormat(
    suite="puzzles",
    number=3,
    rows={"scores": Columns(Score, floats=["error"]), "pairs": Columns(Pair)},
    record=("data", "predictions", "n_items", "seeds", "cost"),
    packages=("polars",),
    summary=Puzzles,
    tables=lambda summary: {"items.csv": f"n\n{summary['n_items']}\n"},
    stale=("why.json",),
)
ROWS = [Score("a", True, 3, -2, 0.5, ["x", "y"]), Score("b", False)]


def make(
    out: Path, rows: list[Score] = ROWS, data: tuple[Path, ...] = (), **info: Any
) -> ScoredRun:
    predictions = out.with_name(f"{out.name}.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    predictions.write_text("{}\n")
    entries = {"data": data_entries(data, out)} if data else {}
    with RunWriter(out, FORM) as writer:
        for row in rows:
            writer.add("scores", [row])
        n_items = writer.scan("scores").select(pl.len()).collect().item()
        summary = Puzzles(model="m", n_items=n_items, interval={"seed": 5})
        writer.finish(summary, predictions=predictions, info={**info, **entries})
    return open_run(out, FORM, ScoredRun)


@pytest.fixture
def data(tmp_path) -> Path:
    path = tmp_path / "set/items.jsonl"
    path.parent.mkdir()
    path.write_text("{}\n")
    return path


# ---- writing


def test_what_is_written(tmp_path, data):
    run = make(tmp_path / "RUN", data=(data,), cost=2.5, order="any", n_items=99, suite="other")
    files = {"run.json", "summary.json", "tables", "predictions.jsonl"}
    rows = {f"{name}.{kind}" for name in FORM.rows for kind in ("parquet", "jsonl")}
    assert {path.name for path in run.path.iterdir()} == files | rows
    names = [*("format", "suite", "model", "created", "versions"), *FORM.record, "order"]
    assert list(run.info) == names
    assert (run.info["suite"], run.info["n_items"], run.info["seeds"]) == (
        *("puzzles", 2),
        {"bootstrap": 5},
    )
    assert run.info["cost"] == 2.5
    assert run.scores().to_dicts() == [
        json.loads(line) for line in (run.path / "scores.jsonl").read_text().splitlines()
    ]
    assert run.scan("pairs").collect().schema == FORM.rows["pairs"].schema
    assert (run.path / "tables/items.csv").read_text() == "n\n2\n"


def test_many_rows_go_through_the_disk(tmp_path, monkeypatch):
    rows = [Score(f"i{k}", k % 2 == 0, k) for k in range(25)]
    whole = make(tmp_path / "WHOLE", rows)
    monkeypatch.setattr(write, "ROWS_PER_PART", 4)
    parts = make(tmp_path / "PARTS", rows)
    assert parts.scores().equals(whole.scores())
    assert {p.name for p in parts.path.iterdir()} == {p.name for p in whole.path.iterdir()}


def test_an_error_leaves_nothing_and_the_old_run(tmp_path):
    run = make(tmp_path / "deep/RUN")
    (run.path / "why.json").write_text("of these scores")
    (run.path / "notes.txt").write_text("mine")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    with pytest.raises(TypeError), RunWriter(run.path, FORM) as writer:
        writer.add("scores", [Score("a", True, "not a number")])  # type: ignore[arg-type]
    assert {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()} == before
    with pytest.raises(ZeroDivisionError), RunWriter(tmp_path / "new/RUN", FORM):
        raise ZeroDivisionError
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep"]
    make(run.path)
    assert (run.path / "why.json").exists(), "the scores are the same"
    make(run.path, ROWS[:1])
    assert (run.path / "notes.txt").exists()
    assert not (run.path / "why.json").exists(), "it was about other scores"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.json"
    }


@pytest.mark.parametrize("step", range(8))
def test_stopped_while_its_files_are_put_in_place_it_can_be_scored_again(
    tmp_path, monkeypatch, step
):
    """Over an earlier run; after step 7 all is in place."""
    run = make(tmp_path / "RUN")
    (run.path / "mine.txt").write_text("mine")
    before, steps = contents(run.path), iter(range(100))
    replace = Path.replace

    def stopped(path: Path, target: Path) -> Path:
        if ".scoring" in path.parts and next(steps) == step:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        if step < 7:
            with pytest.raises(KeyboardInterrupt):
                make(run.path, [Score("c", True)])
            assert (run.path / ".scoring").is_dir(), "the mark"
            with pytest.raises(RunError, match="not scored to its end; start the same command"):
                open_run(run.path, FORM, ScoredRun)
    make(run.path)
    assert contents(run.path) == before
    assert not (run.path / ".scoring").exists()


def test_what_killed_processes_left_goes(tmp_path):
    for left in ("RUN/.scoring", ".RUN.scoring.k3j2h1"):  # the second by versions up to 0.1
        (tmp_path / left).mkdir(parents=True)
        (tmp_path / left / "scores.jsonl").write_text("half")
    (tmp_path / ".other.scoring.x").mkdir()
    (tmp_path / "RUN/.run.json.tmp").write_text("half")
    make(tmp_path / "RUN")
    assert not (tmp_path / "RUN/.scoring").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"RUN", "RUN.jsonl", ".other.scoring.x"}


@pytest.mark.parametrize("name", ["[2026]", "x*", "a?b", "year=2026", "~", "it's 5 %s", "{x}"])
def test_a_folder_may_have_any_name(tmp_path, monkeypatch, name):
    """Also one that is a pattern, and finds others."""
    monkeypatch.chdir(tmp_path)
    make(Path("xyz/RUN"), [Score(f"other{k}", False) for k in range(9)])
    run = make(Path(name) / "RUN")
    assert run.scores()["item_id"].to_list() == ["a", "b"]
    monkeypatch.setattr(write, "ROWS_PER_PART", 1)
    assert make(Path(name) / "RUN").scores()["item_id"].to_list() == ["a", "b"]


CHECKED = RunFormat(
    suite="puzzles",
    number=3,
    rows={
        "scores": Columns(
            Score, floats=["error"], allowed={"number": (0, 5), "item_id": ("a", "b", "c")},
            unique="item_id",
        ),
        "pairs": Columns(Pair),
    },
    record=FORM.record,
    packages=FORM.packages,
    summary=Puzzles,
    tables=FORM.tables,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("format", "true", "run format True; this version of handeye reads format 3"),
        ("format", "3.0", "run format 3.0; "),
        ("n_items", "-5", "run.json: cannot be read: .*n_items"),
        ("n_items", f"1{'0' * 400}", "run.json: cannot be read"),
        ("n_scenes", "true", "run.json: cannot be read: .*n_scenes"),
        ("cost", "-2.5", "run.json: cannot be read: .*cost"),
    ],
)
def test_a_record_is_checked_when_it_is_read(tmp_path, name, value, words):
    run = make(tmp_path / "RUN")
    record = run.path / "run.json"
    known = json.loads(record.read_text()) | {name: "SPOILT"}
    record.write_text(json.dumps(known).replace('"SPOILT"', value))
    with pytest.raises(HandeyeError, match=words):
        open_run(run.path, FORM, ScoredRun)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"item_id": ["a", "a"]}, "column item_id holds twice: a"),
        ({"item_id": ["a", "x"]}, "column item_id holds 'x'"),
        ({"item_id": ["a", None]}, "column item_id is empty in 1 rows"),
        ({"number": [-1, 2]}, "column number holds -1"),
        ({"number": ["3", "4"]}, "column number holds String, not Int64"),
        ({"pass": [1, 0]}, "column pass holds Int64, not Boolean"),
        ({"share": [float("nan"), 0.5]}, "column share holds numbers that are not finite"),
        ({"number": [None, 3]}, ""),
    ],
)
def test_rows_are_checked_when_they_are_read(tmp_path, spoilt, words):
    run = make(tmp_path / "RUN")
    frame = run.scores().with_columns(**{name: pl.Series(v) for name, v in spoilt.items()})
    frame.write_parquet(run.path / "scores.parquet")
    again = open_run(run.path, CHECKED, ScoredRun)
    if not words:
        again.check()
        return
    with pytest.raises(DataError, match=rf"scores.parquet: {words}; score the run again"):
        again.scores()
    with pytest.raises(DataError):
        again.check()
    assert again.frame(names=["words"]).width == 1, "what is not read is not checked"


def test_flipped_bytes_are_told_in_one_line(tmp_path):
    run = make(tmp_path / "RUN")
    data = bytearray((run.path / "scores.parquet").read_bytes())
    data[40:60] = bytes(20)
    (run.path / "scores.parquet").write_bytes(data)
    with pytest.raises(DataError, match=r"scores.parquet: cannot be read: [^\n]*$"):
        run.check()


def test_numbers_of_any_size(tmp_path):
    huge = 10**400
    run = make(tmp_path / "RUN", [Score("a", True, huge, huge), Score("b", True, -huge, -huge)])
    assert run.scores()["number"].to_list() == [LARGEST, -LARGEST]
    assert run.scores()["error"].to_list() == [1e300, -1e300]
    assert str(huge) in (run.path / "scores.jsonl").read_text()


def test_lists_with_any_text():
    for words in ([], ["a"], ["", "a"], ["a\x1fb", "c"], [""]):
        rows = [Score("x", True, words=words), Score("y", True, words=["p", "q"])]
        assert Columns(Score).frame(rows)["words"].to_list() == [words, ["p", "q"]]


# ---- reading


def test_what_is_no_run_of_this_kind(tmp_path):
    run = make(tmp_path / "RUN")

    def refused(kind: type[Exception], message: str) -> None:
        with pytest.raises(kind, match=message):
            open_run(run.path, FORM, ScoredRun)

    def told(**changes: Any) -> None:
        (run.path / "run.json").write_text(json.dumps({**run.info, **changes}))

    told(format=4)
    refused(RunError, "run format 4; this version of handeye reads format 3")
    told(suite="rebus")
    refused(RunError, "is a run of rebus, not of puzzles")
    for name, value in (("model", 5), ("data", 5), ("seeds", {"x": "y"}), ("n_items", "x")):
        told(**{name: value})
        refused(DataError, rf"run.json: cannot be read: .*\$.{name}")
    (run.path / "run.json").write_text('{"model": ' + "[" * 100_000)
    refused(DataError, "run.json: cannot be read: it is nested too deeply")
    told(further={"of": "a newer handeye"})
    open_run(run.path, FORM, ScoredRun)
    (run.path / "run.json").write_text('{"format": 3}')  # from before the suite stood there
    open_run(run.path, FORM, ScoredRun)
    run.scores().drop("share").write_parquet(run.path / "scores.parquet")
    refused(DataError, "scores.parquet: lacks the columns share; score the run again")
    (run.path / "pairs.parquet").unlink()
    make(run.path)
    (run.path / "pairs.parquet").unlink()
    refused(DataError, "pairs.parquet: cannot be read")
    (run.path / "run.json").unlink()
    refused(RunError, "make one with 'handeye puzzles score'")
    (run.path / "plan.json").write_text("{}")
    refused(RunError, "the run is not finished")


# ---- the set behind a run


def test_a_set_is_found_again(tmp_path, data):
    run = make(tmp_path / "runs/RUN", data=(data,))
    assert run.data_files() == (data,)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("set", "runs"):
        shutil.move(tmp_path / name, moved / name)
    again = open_run(moved / "runs/RUN", FORM, ScoredRun)
    (found,) = again.data_files()
    assert found.resolve() == moved / "set/items.jsonl"
    # Another set may lie by now where this one was.
    data.parent.mkdir()
    data.write_text("another\n")
    (found,) = again.data_files()
    assert found.resolve() == moved / "set/items.jsonl"


def test_a_set_that_is_gone_or_changed(tmp_path, data):
    run = make(tmp_path / "RUN", data=(data,))
    data.write_text("changed\n")
    with pytest.raises(DataError, match=r"items.jsonl: is not the file that .*RUN was scored ag"):
        run.data_files()
    data.unlink()
    with pytest.raises(DataError, match=r"RUN: was scored against .*items.jsonl, which is not th"):
        run.data_files()
    bare = make(tmp_path / "BARE")
    with pytest.raises(DataError, match=r"names no set.*handeye puzzles score --data"):
        bare.data_files()
    (bare.path / "run.json").write_text(json.dumps({**bare.info, "data": ["?"]}))
    with pytest.raises(DataError, match=r"run.json: cannot be read: .*data\[0\]"):
        open_run(bare.path, FORM, ScoredRun)


# ---- several runs


def named(folder: Path, file: str, suite: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps({"suite": suite}))
    return folder


def test_the_suite_of_a_folder(tmp_path):
    assert suite_of(named(tmp_path / "a", "run.json", "one")) == "one"
    assert suite_of(named(tmp_path / "b", "plan.json", "two")) == "two"
    assert suite_of(named(tmp_path / "c", "ablation.json", "three")) == "three"
    for strange in (None, 3, ""):
        assert suite_of(named(tmp_path / "d", "run.json", strange)) is None
    assert suite_of(tmp_path / "none") is None
    (tmp_path / "d/run.json").write_bytes(b"\xff{")
    assert suite_of(tmp_path / "d") is None


def test_runs_of_one_suite_and_of_several(tmp_path):
    one = named(tmp_path / "a", "run.json", "one")
    two = named(tmp_path / "b", "plan.json", "two")
    old = named(tmp_path / "c", "run.json", None)
    assert one_suite([one, old, tmp_path / "none"]) == "one"
    with pytest.raises(OptionError, match=r"within one suite.*a \(one\), .*b \(two\)"):
        one_suite([one, two, one])
    with pytest.raises(OptionError, match="no run folder was given"):
        one_suite([])
    with pytest.raises(RunError, match="none: no such run folder"):
        one_suite([tmp_path / "none"])
    with pytest.raises(RunError, match=r"run.json: names no suite"):
        one_suite([old])
    # Whoever knows the suites can tell one by its contents.
    assert one_suite([old], lambda folder: suite_of(folder) or "two") == "two"


def test_runs_over_other_data_are_told(tmp_path, data):
    other = data.with_name("other.jsonl")
    other.write_text("other\n")
    copy = Path(shutil.copy(data, tmp_path / "copy.jsonl"))
    first, second = make(tmp_path / "A", data=(data,)), make(tmp_path / "B", data=(copy,))
    bare, third = make(tmp_path / "C"), make(tmp_path / "D", data=(other,))
    assert same_set([first, second, bare]) is None
    told = same_set([first, third, second])
    assert told is not None
    assert f"({first.path}, {second.path}; {third.path})" in told
    assert "(a; b)" in str(same_set([first, third], ["a", "b"]))


def test_runs_that_asked_fewer_items_are_told(tmp_path):
    """What did not come back is no other selection."""
    all_, some = make(tmp_path / "A", n_expected=9), make(tmp_path / "B", n_expected=9)
    few = make(tmp_path / "C", n_expected=3)
    assert same_number([all_, some]) is None
    told = str(same_number([all_, few, some], ["a", "few", "b"]))
    assert told.startswith("the runs asked different numbers of items (a, b: 9; few: 3)")


def test_a_folder_of_several_runs_stands_for_them(tmp_path):
    several = tmp_path / "several"
    several.mkdir()
    path = several / "ablation.json"
    path.write_text('{"suite": "x", "runs": [{"folder": "b", "n": 1}, {"folder": "a"}]}')
    found = expand([tmp_path / "z", several])
    assert found == [tmp_path / "z", several / "b", several / "a"]
    for strange in ("{", "[]", '{"runs": []}', '{"runs": [{}]}', '{"runs": [{"folder": 3}]}'):
        path.write_text(strange)
        with pytest.raises(DataError, match=r"ablation.json: (names no runs|cannot be read)"):
            expand([several])
