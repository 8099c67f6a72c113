"""How often the chain's intervals hold the truth, and what else reports on the same planted truth.

    python benchmarks/chain.py FOLDER                 # 500 sets of each truth; some 40 minutes
    python benchmarks/chain.py FOLDER --runs 40       # a look
    python benchmarks/chain.py FOLDER --only both     # one truth, or several, comma between
    python benchmarks/chain.py FOLDER --measures      # the paper's protocol and the plain difference

Every set is a file's line as soon as it is done; started again, what is done is not done again. The
truth of an interval is what the readers of that very set, fold by fold, tell of 2,500 other
families (``Reading.on``). Standard error of a coverage of .95 in 500 sets: .010.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handeye.states.chain import LEVELS, STEPS, balanced, steps
from handeye.states.planted import PLANTED, plant
from handeye.states.premises import premises
from handeye.states.readers import readings

WIDTH, FAMILIES, OTHERS, RESAMPLES = 64, 100, 2500, 1000
AT_ONCE = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--only", default="", help="names of truths, comma between")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    names = given.only.split(",") if given.only else list(PLANTED)
    for start in range(0, given.runs, AT_ONCE):
        for name in names:
            cover(given.folder, name, range(start, min(start + AT_ONCE, given.runs)))
    table(given.folder, names)


def cover(folder: Path, name: str, runs: range) -> None:
    """Sets of one truth that are not in its file yet."""
    done = {row["run"] for row in rows_of(folder, name)}
    if not (left := [run for run in runs if run not in done]):
        return
    other = plant(name, OTHERS, width=WIDTH, seed=10**6)
    (population,) = premises(other.states, other.targets, answers=other.answers)
    with file_of(folder, name).open("a") as file:
        for run in left:
            made = plant(name, FAMILIES, width=WIDTH, seed=run)
            (found,) = readings(made.states, made.targets, answers=made.answers, seed=run)
            levels, losses, _ = balanced(found, RESAMPLES, run)
            truth = found.on(population)
            before, row = 1.0, {}
            for step in steps(levels, losses):
                lost = step.lost
                true = before - truth[step.key]
                before = truth[step.key]
                row[step.key] = [lost.value, lost.low, lost.high, true, step.smallest, step.claimed]
            file.write(json.dumps({"run": run, "steps": row}) + "\n")
            file.flush()


def file_of(folder: Path, name: str) -> Path:
    """Where the sets of a truth are."""
    return folder / f"{name.replace(',', '').replace(' ', '_')}.jsonl"


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The sets of a truth; a line that a kill has cut is left out."""
    out, path = [], file_of(folder, name)
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            out.append(json.loads(line))
        except ValueError:
            continue
    return out


def table(folder: Path, names: list[str]) -> None:
    """Coverage, mean truth and mean estimate of each step, and how often it is claimed."""
    print("covered % (truth in points; estimate; claimed %)\n")
    print("| planted | sets | " + " | ".join(STEPS[key] for key in LEVELS) + " |")
    print("|---" * (2 + len(LEVELS)) + "|")
    for name in names:
        rows = rows_of(folder, name)
        if not rows:
            continue
        cells = []
        for key in LEVELS:
            value, low, high, true, _, claimed = (
                np.array([row["steps"][key][k] for row in rows], float) for k in range(6)
            )
            covered = 100 * np.mean((low <= true) & (true <= high))
            cells.append(
                f"{covered:.1f} ({100 * true.mean():.1f}; {100 * value.mean():.1f}; "
                f"{100 * claimed.mean():.0f})"
            )
        print(f"| {name} | {len(rows)} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
