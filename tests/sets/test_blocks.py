"""Sets made in blocks: resumed, joined in order, and whose they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from handeye.atomic import write_text
from handeye.errors import OptionError
from handeye.sets import folder
from handeye.sets.blocks import make_set
from handeye.sets.folder import read_record, set_record
from handeye.sets.processes import as_finished

ROWS = "rows.jsonl"


def make(out: Path, stop_at: int | None, order: int) -> Iterator[bytes]:
    """One row an order, and one file that tells when it was made."""
    if order == stop_at:
        raise KeyboardInterrupt
    (out / f"{order}.txt").write_text(str(order))
    yield b'{"order": %d}' % order
    yield b'{"again": %d}' % order


def join(out: Path, lines: Iterator[bytes]) -> list[Path]:
    (out / ROWS).write_bytes(b"".join(line + b"\n" for line in lines))
    return [out / ROWS]


def made(out: Path, stop_at: int | None = None, workers: int = 1, **record: Any) -> list[Any]:
    """What the progress said; 10 orders in blocks of 4."""
    calls: list[Any] = []
    given = {"suite": "one", "generator": 1, "libraries": {"pen": "2"}, "options": {"seed": 1}}
    make_set(
        out,
        set_record(**(given | record)),
        range(10),
        partial(make, out, stop_at),
        partial(join, out),
        block=4,
        workers=workers,
        progress=lambda *at: calls.append(at),
    )
    return calls


def begun(out: Path, **record: Any) -> Path:
    """A set that was stopped in its second block, with other words in its record."""
    with pytest.raises(KeyboardInterrupt):
        made(out, stop_at=5)
    found = read_record(out)
    assert found is not None
    assert not found["complete"]
    found = {name: value for name, value in (found | record).items() if value is not None}
    (out / "generation.json").write_text(json.dumps(found))
    return out


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_are_joined_in_the_order_of_the_plan(tmp_path, workers):
    calls = made(tmp_path, workers=workers)
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()]
    assert rows == [{name: order} for order in range(10) for name in ("order", "again")]
    assert calls[-1] == (10, 10)
    record = read_record(tmp_path)
    assert record is not None
    assert record["complete"]
    assert record["metadata_sha256"].keys() == {ROWS}
    assert not (tmp_path / ".unfinished").exists()


def test_a_stopped_set_goes_on_and_makes_no_block_twice(tmp_path):
    out = begun(tmp_path / "set")
    assert [path.name for path in (out / ".unfinished").iterdir()] == ["000000.jsonl"]
    kept = {path: path.stat().st_mtime_ns for path in out.glob("[0-3].txt")}
    assert made(out) == [(8, 10), (10, 10)]
    assert {path: path.stat().st_mtime_ns for path in out.glob("[0-3].txt")} == kept
    made(tmp_path / "whole")
    assert (out / ROWS).read_bytes() == (tmp_path / "whole" / ROWS).read_bytes()


def test_a_finished_set_is_left_as_it_is(tmp_path):
    made(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert made(tmp_path) == [(10, 10)]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_what_is_complete_has_nothing_left_in_it(tmp_path, monkeypatch):
    """Wherever the end of the work is stopped."""
    whole = tmp_path / "whole"
    made(whole)
    out = tmp_path / "set"
    for step in ("before it is cleared", "before it is marked"):
        with monkeypatch.context() as patch:
            target = "_clear" if step == "before it is cleared" else "write_text"

            def stop(*_: object, place: str = target) -> None:
                if place == "_clear" or (out / ROWS).exists():
                    raise KeyboardInterrupt
                write_text(*_)  # type: ignore[arg-type]

            patch.setattr(folder, target, stop)
            with pytest.raises(KeyboardInterrupt):
                made(out)
        record = read_record(out)
        assert record is not None
        assert not record["complete"]
        made(out)
        assert {p.name: p.read_bytes() for p in out.iterdir()} == {
            p.name: p.read_bytes() for p in whole.iterdir()
        }
        shutil.rmtree(out)


def test_what_older_versions_left_in_a_finished_set_goes(tmp_path):
    made(tmp_path)
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / ".unfinished/000000.jsonl").write_text("left")
    assert made(tmp_path) == [(10, 10)]
    assert not (tmp_path / ".unfinished").exists()


def test_a_set_can_be_begun_where_a_killed_process_began_to_claim(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/.generation.json.tmp").write_text('{"half')
    made(tmp_path / "set")
    assert not list((tmp_path / "set").glob(".*"))


def test_a_set_of_before_the_label_goes_on_and_gets_it(tmp_path):
    out = begun(tmp_path / "set", handeye="0.0.1", suite=None, generator=None)
    made(out)
    record = read_record(out)
    assert record is not None
    assert (record["suite"], record["generator"], record["complete"]) == ("one", 1, True)
    assert record["handeye"] != "0.0.1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"suite": "two"}, "begun with other suite: two there, one now"),
        ({"generator": 2}, "begun with other generator: 2 there, 1 now"),
        ({"libraries": {"pen": "1"}}, "begun with other libraries: pen is 1 there, 2 now"),
        ({"options": {"seed": 2}}, "begun with other options: seed is 2 there, 1 now"),
    ],
)
def test_a_set_that_would_get_other_bytes_is_refused_untouched(tmp_path, change, words):
    out = begun(tmp_path / "set", **change)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(OptionError, match=words):
        made(out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_new_generator_does_not_go_on_with_an_old_set(tmp_path):
    out = begun(tmp_path / "set", generator=None)
    with pytest.raises(OptionError, match="other generator: 1 there, 2 now"):
        made(out, generator=2)


def test_workers_below_one_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(OptionError, match="workers must be at least 1"):
        made(tmp_path / "set", workers=-1)
    assert not (tmp_path / "set").exists()


def test_work_is_done_once_whatever_the_number_of_workers():
    jobs = [str(number) for number in range(20)]
    assert list(as_finished(int, jobs, 1)) == list(range(20))
    assert sorted(as_finished(int, jobs, 2)) == list(range(20))
    assert list(as_finished(int, [], 2)) == []


def test_what_goes_wrong_in_a_worker_is_raised_here():
    with pytest.raises(ValueError, match="'x'"):
        list(as_finished(int, [*"12345x678"], 2))
