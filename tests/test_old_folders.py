"""Folders begun at c3636de, finished or killed, with the code of today: nothing is paid for twice.

What is asked is counted at a server. The fixtures and the commands they were made with are in
``tests.support.old_runs``; what is frozen about them in ``fixtures/c3636de/journals.json``, made at
that commit with ``python -m tests.test_old_folders``.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.chat_server import serving
from tests.support.frozen import JOURNAL, differences, hashes, read_lines, request_keys
from tests.support.frozen_recipe import run
from tests.support.old_runs import COMMANDS, JUDGE, carry_out, right

OLD = Path(__file__).parent / "fixtures" / "c3636de"
FROZEN = OLD / "journals.json"
HALVES = [name + half for name in COMMANDS for half in ("", "-half")]
SETS = {
    "set": "rose --seed 3 --scenes 18 --sources pixel-content --grid 4:8",
    "clips": "visualact --seed 3 --clips 8",
}
SCORED = ("predictions.jsonl", "scores.jsonl", "scores.parquet", "summary.json", "pairs.jsonl")
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FROZEN.read_text("utf-8"))
    return found


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folders, in another place than they were made in."""
    return Path(shutil.copytree(OLD, tmp_path / "old"))


@pytest.mark.parametrize("name", HALVES)
def test_a_run_asks_only_what_has_no_answer(old: Path, name: str, frozen: dict[str, Any]) -> None:
    run, command = old / name, COMMANDS[name.removesuffix("-half")]
    before = [row for row in read_lines(run / JOURNAL) if row["state"] != "error"]
    if name.endswith("-half"):
        with (run / JOURNAL).open("ab") as journal:
            journal.write(b'{"item_id":"half a li')
    with serving(right) as server:
        told = carry_out(old, command, server, "--out", name)
        assert ("half written" in told) == name.endswith("-half")
        asked = len(server.requests)
        carry_out(old, command, server, "--out", name)
        assert len(server.requests) == asked, "what had been answered was asked again"
    after = [row for row in read_lines(run / JOURNAL) if row["state"] != "error"]
    assert after[: len(before)] == before
    assert asked == len(after) - len(before) == frozen[name]["asked"]
    assert max(Counter(map(_key, after)).values()) == 1, "one answer a question"
    assert request_keys(run) == frozen[name]["requests"]
    found = hashes(run)
    wanted = frozen[name]["scored"]
    assert not differences(wanted, {file: found[file] for file in wanted})


@pytest.mark.parametrize("name", COMMANDS)
def test_another_question_is_another_run(old: Path, name: str) -> None:
    plan = (old / name / "plan.json").read_bytes()
    with serving(right) as server:
        with pytest.raises(RuntimeError, match=r"(?s)exit code 2.*holds another run"):
            carry_out(old, COMMANDS[name], server, "--setting", "temperature=0.9", "--out", name)
        assert not server.requests
    assert (old / name / "plan.json").read_bytes() == plan


def test_no_judgement_is_asked_for_twice(old: Path) -> None:
    judged = old / "clips-http-one"
    known = (judged / "judge.json").read_bytes()
    with serving(right) as server:
        carry_out(old, JUDGE, server)
        assert not server.requests
        now = _of_judge((judged / "judge.json").read_bytes())
        assert now == _of_judge(known)
        kept = (judged / "judgements.jsonl").read_bytes().splitlines(keepends=True)
        (judged / "judgements.jsonl").write_bytes(b"".join(kept[:-1]))
        (judged / "judge.json").unlink()
        carry_out(old, JUDGE, server)
        assert len(server.requests) == 1
    now = (judged / "judgements.jsonl").read_bytes().splitlines()
    assert json.loads(now[-1])["request"] == json.loads(kept[-1])["request"]


def test_a_journal_holds_what_it_held(frozen: dict[str, Any]) -> None:
    for name in HALVES:
        assert _journal(OLD / name) == frozen[name]["journal"], name


def test_scored_runs_of_then_are_read(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDEYE_CACHE", str(old / "cache"))
    run("rose", "diagnose", old / "rose-http")
    run("rose", "bridge", old / "rose-http")
    for one, other in (("rose-http", "rose-http"), ("clips-http", "clips-http-one")):
        run("report", old / one, "--out", old / f"{one}.html")
        assert (old / f"{one}.html").stat().st_size > 10_000
        run("compare", old / one, old / other, "--json", old / f"{one}.json")
    again = ("--data", old / "set", "--templates", "all", "--allow-missing", "--out", old / "again")
    run("rose", "score", old / "rose-http" / "predictions.jsonl", *again)
    for suite, data in (("rose", "set"), ("visualact", "clips")):
        run(suite, "verify", old / data)
        run(suite, "describe", old / data)


@pytest.mark.parametrize("name", SETS)
def test_a_killed_set_goes_on_to_the_bytes_of_a_fresh_one(old: Path, name: str) -> None:
    suite, *options = SETS[name].split()
    half, fresh = old / f"{name}-half", old / "fresh"
    run(suite, "generate", fresh, *options)
    made_by = [_record(folder).get("libraries") for folder in (fresh, half)]
    if made_by[0] != made_by[1]:
        pytest.skip(f"the fixture was drawn with other libraries: {made_by[1]}")
    kept = [path for path in half.rglob("*") if path.suffix in (".png", ".mp4")]
    times = {path: path.stat().st_mtime_ns for path in kept}
    run(suite, "generate", half, *options)
    assert _bytes(half) == _bytes(fresh)
    assert hashes(half) == hashes(OLD / name)
    again = [path for path in kept if path.stat().st_mtime_ns != times[path]]
    assert len(again) < len(kept), "what was there was made again"


def test_finished_sets_are_left_as_they_are(old: Path) -> None:
    options = ("--scenes", 18, "--sources", "pixel-content", "--grid", "4:8")
    with pytest.raises(RuntimeError, match="exit code 2"):
        run("rose", "generate", old / "set", "--seed", 4, *options)
    with pytest.raises(RuntimeError, match="exit code 2"):
        run("visualact", "generate", old / "clips", "--seed", 4, "--clips", 8)
    for name in ("set", "clips"):
        assert hashes(old / name) == hashes(OLD / name)


def _record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "generation.json").read_bytes())
    return found


def _bytes(folder: Path) -> dict[str, bytes]:
    """Every file but the record, which names versions."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "generation.json"
    }


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return (row["item_id"], row["model"], row["request"])


def _journal(run: Path) -> dict[str, Any]:
    """Fields of the lines (one that may be left out is named as such), and what they answer."""
    rows = read_lines(run / JOURNAL)
    always = set.intersection(*(set(row) for row in rows))
    return {
        "fields": sorted(always),
        "sometimes": sorted(set().union(*rows) - always),
        "requests": request_keys(run),
    }


def _of_judge(text: bytes) -> list[dict[str, Any]]:
    """What the judges decided, without when, and how much of it was asked for now.

    Nor with the ends of intervals: where all or nothing matched they counted clips that the figure
    is not about.
    """
    judges = json.loads(text)["judges"].values()
    return [
        {key: _without_ends(judge[key]) for key in judge if key not in ("created", "asked")}
        for judge in judges
    ]


def _without_ends(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_ends(tree[key]) for key in tree if key not in ("low", "high")}
    return [_without_ends(one) for one in tree] if isinstance(tree, list) else tree


def _freeze() -> dict[str, Any]:
    out: dict[str, Any] = {}
    with TemporaryDirectory() as temporary:
        folder = Path(shutil.copytree(OLD, Path(temporary) / "old"))
        for name in HALVES:
            run = folder / name
            with serving(right) as server:
                carry_out(folder, COMMANDS[name.removesuffix("-half")], server, "--out", name)
            found = hashes(run)
            out[name] = {
                "journal": _journal(OLD / name),
                "asked": len(server.requests),
                "requests": request_keys(run),
                "scored": {file: found[file] for file in SCORED if file in found},
            }
    return out


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(_freeze(), indent=1) + "\n", encoding="utf-8")
