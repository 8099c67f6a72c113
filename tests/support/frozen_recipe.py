"""The small things whose content is frozen, made with handeye's command line and nothing else.

:func:`make` runs two chains of commands beside each other, one a suite. Every command, option and
exit code in here is itself frozen. The commands of a chain share a process, which is this module
run as a program: for each to import everything anew took as long as half of the work.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.support import command
from tests.support.frozen import read_lines

RUNS: tuple[str, ...] = (
    *("rose/pixels", "rose/simulated", "visualact/prior", "visualact/motion"),
    *("visualact/simulated", "visualact/two-pass", "visualact/frames/frames-1"),
)
"""Run folders with a journal, inside the folder that :func:`make` made."""

_ROSE_FAULTS = "faults=ignore_region=0.3,miscount=0.1,break_grammar=0.05,refuse=0.03,api_error=0.03"
_CLIP_FAULTS = "faults=miss=0.3,level=0.2,fence=0.1,refuse=0.1"
_KINDS = ("main", "global", "matched")
_ROOT = Path(__file__).parents[2]


def make(folder: Path) -> None:
    """Make everything under ``folder``.

    Args:
        folder: made if absent; must be empty.

    Raises:
        RuntimeError: a command ended otherwise than it should; with what it said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {
        **os.environ,
        "HANDEYE_CACHE": str(folder / "cache"),
        # The last digit of a similarity depends on the processor; these are there on most.
        "OPENBLAS_CORETYPE": "Haswell",
        "INSPECT_DISPLAY": "none",
        "COLUMNS": "100",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    chains = [
        subprocess.Popen(
            [sys.executable, "-m", __name__, name, str(folder / name)],
            cwd=_ROOT, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for name in _CHAINS
    ]  # fmt: skip
    said = [chain.communicate()[1] for chain in chains]
    if any(chain.returncode for chain in chains):
        raise RuntimeError("\n".join(said))


def run(*arguments: object, code: int = 0) -> str:
    """Carry out one command in this process; what it printed.

    Args:
        arguments: its words.
        code: the exit code that is expected.

    Raises:
        RuntimeError: it ended with another one.
    """
    done = command.handeye(*arguments)
    if done.returncode != code:
        raise RuntimeError(
            f"{' '.join(done.args)}: exit code {done.returncode}, not {code}\n"
            f"{done.stdout}\n{done.stderr}"
        )
    return done.stdout


def _rose(at: Path) -> None:
    data, simulated = at / "set", at / "simulated"
    run("rose", "generate", data, "--seed", 7, "--scenes", 10, "--workers", 1)
    run("rose", "verify", data, "--workers", 1)
    _keep(at / "describe.json", run("rose", "describe", data, "--json"))
    few = ("--seed", 8, "--scenes", 12, "--sources", "pixel-content", "--grid", "2:5")
    run("rose", "generate", at / "parquet", *few, "--format", "parquet", "--workers", 1)
    run("rose", "rerender", data / "metadata_test.jsonl", at / "again", "--workers", 1)

    asked = ("--data", data, "--templates", "all", "--quiet")
    run("run", "rose", "--model", "handeye/pixels", *asked, "--out", at / "pixels")
    faults = ("--model-arg", _ROSE_FAULTS, "--model-arg", "seed=7")
    run("run", "rose", "--model", "handeye/simulated", *asked, *faults, "--out", simulated)
    run("rose", "diagnose", simulated)
    written = ("--json", at / "compare.json", "--out", at / "compare.html")
    run("compare", at / "pixels", simulated, *written)
    run("report", at / "pixels", simulated, "--out", at / "report.html")

    answers, gold = at / "made" / "answers-by-hand.jsonl", _items(data)
    _write_lines(answers, [_rose_answer(*row) for row in enumerate(gold)])
    run("rose", "score", answers, "--data", data, "--out", at / "scored")
    selected = ("--data", data, "--templates", "T1,T3", "--out", at / "selected")
    run("rose", "score", answers, *selected)
    run("rose", "score", answers, "--data", at / "parquet", "--out", at / "refused", code=2)
    parts = [at / "made" / f"{name}.jsonl" for name in _KINDS]
    for kind, part in zip(_KINDS, parts, strict=True):
        rows = [row for row in read_lines(simulated / "predictions.jsonl") if _kind(row) == kind]
        _write_lines(
            part, [{key: row[key] for key in ("item_id", "raw_text", "model")} for row in rows]
        )
    run("rose", "bridge", *parts, "--data", data, "--out", at / "bridged")
    _keep(at / "bridge.json", run("rose", "bridge", simulated, "--json"))
    fresh = at / "made" / "answers-fresh.jsonl"
    _write_lines(fresh, [_rose_answer(*row) for row in enumerate(_items(at / "parquet"), 1)])
    run("rose", "score", fresh, "--data", at / "parquet", "--out", at / "scored-fresh")
    found = run("rose", "contamination", at / "scored", at / "scored-fresh", "--json")
    _keep(at / "contamination.json", found)
    broken = at / "made" / "broken"
    shutil.copytree(at / "parquet", broken)
    changed = min(broken.rglob("*.png"))
    changed.write_bytes(max(broken.rglob("*.png")).read_bytes())
    run("rose", "verify", broken, "--workers", 1, code=1)


def _visualact(at: Path) -> None:
    data = at / "clips"
    run("visualact", "generate", data, "--seed", 7, "--clips", 8, "--workers", 1)
    run("visualact", "verify", data, "--workers", 1)
    _keep(at / "describe.json", run("visualact", "describe", data, "--json"))

    asked = ("--data", data, "--quiet")
    run("run", "visualact", "--model", "handeye/prior", *asked, "--out", at / "prior")
    run("run", "visualact", "--model", "handeye/motion", *asked, "--out", at / "motion")
    faults = ("--model-arg", _CLIP_FAULTS, "--model-arg", "seed=7")
    simulated = ("run", "visualact", "--model", "handeye/simulated", *asked, *faults)
    run(*simulated, "--out", at / "simulated")
    run(*simulated, "--out", at / "two-pass", "--protocol", "two-pass", "--frames", 2)
    few = ("--clips", 4, "--frames", "1,2")
    run("run", "visualact", "--model", "handeye/prior", *asked, *few, "--out", at / "frames")

    pair = (at / "prior", at / "motion")
    run("compare", *pair, "--json", at / "compare.json")
    run("compare", at / "prior", code=2)
    run("report", *pair, "--out", at / "report.html")
    run("report", at / "frames", "--out", at / "frames.html")
    run("visualact", "rank", *pair, "--thresholds", "0.4,0.6", "--json", at / "rank.json")
    answers = at / "made" / "answers-by-hand.jsonl"
    clips = read_lines(data / "clips_test.jsonl")
    _write_lines(answers, [_clip_answer(*row) for row in enumerate(clips)])
    run("visualact", "score", answers, "--data", data, "--out", at / "scored")


def _rose_answer(number: int, item: dict[str, Any]) -> dict[str, Any]:
    """An answer to an item: in turn right, or wrong in one of the ways that scoring tells apart."""
    right = item["ground_truth_formal_answer"]
    ways = (
        right,
        right,
        "COUNT(99)",
        "CLICK(R1,C1); DONE",
        "CLICK(R1,C1); CLICK(R1,C1); CLICK(R99,C1); SUBMIT(3)",
        f"The answer is {right}",
        "I see nothing",
        "",
    )
    row: dict[str, Any] = {"item_id": item["item_id"], "model": "by hand", "error": None}
    if number % 9 == 8:
        return {**row, "raw_text": "", "error": "server gone"}
    return {**row, "raw_text": ways[number % 9]}


def _clip_answer(number: int, clip: dict[str, Any]) -> dict[str, Any]:
    """An answer about a clip: in turn right, half right, in no form, and none."""
    actions = [
        {
            "action": a["text"],
            "apl": a["apl"],
            "type": "proactive" if a["proactive"] else "reactive",
        }
        for a in clip["actions"]
    ]
    right = json.dumps({"actions": actions})
    other = json.dumps({"actions": [{"action": "Wait and see", "apl": 1}, *actions[:1]]})
    ways = (right, other, f"```json\n{right}\n```", "Nothing at all.", "")
    row: dict[str, Any] = {"clip_id": clip["clip_id"], "model": "by hand"}
    if number % 6 == 5:
        return {**row, "error": "server gone"}
    return {**row, "raw_text": ways[number % 6]}


def _items(data: Path) -> list[dict[str, Any]]:
    folders = (data, data / "global_click", data / "matched_local_count")
    return [row for folder in folders for row in read_lines(folder / "metadata_test.jsonl")]


def _kind(row: dict[str, Any]) -> str:
    item_id = row["item_id"]
    if item_id.endswith("__GCLK"):
        return "global"
    return "matched" if item_id.startswith("MLCNT_") else "main"


def _keep(path: Path, printed: str) -> None:
    path.write_text(printed, encoding="utf-8")


def _write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


_CHAINS: dict[str, Callable[[Path], None]] = {"rose": _rose, "visualact": _visualact}

if __name__ == "__main__":
    _CHAINS[sys.argv[1]](Path(sys.argv[2]))
