"""Time and memory of diagnosis, comparison and report: five runs over the v0.1 test scenes.

Five simulated respondents with different faults answer the five templates of the 1,112 test scenes
(5,560 items each; --templates all: 7,784 with the bridges). Then, bound to two cores, each from the
command line with the start of Python:

- diagnose: `handeye rose diagnose` on all runs, in two processes and in one;
- compare: `handeye compare` of all runs with the first, with its page;
- report: `handeye report` of all runs (makes the diagnosis again).

The limit that the project set itself: everything within 30 s.

    python benchmarks/diagnosis.py                  # makes the set first (some 25 s)
    python benchmarks/diagnosis.py --data DIR       # a set that is there
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from taken import Cost, taken

from handeye.rose import generate, load, score_files
from handeye.rose.respondents.simulated import simulate_predictions

LIMIT_S = 30
MODELS = {
    "careful": {"miscount": 0.05, "wrong_submit": 0.02},
    "region-blind": {"ignore_region": 0.5, "never_abstain": 0.6, "miscount": 0.1},
    "swaps": {"swap_row_col": 0.35, "off_by_one_cell": 0.1, "miscount": 0.15, "refuse": 0.02},
    "from-zero": {"zero_based": 0.6, "miscount": 0.2, "wrong_submit": 0.2, "truncate": 0.03},
    "weak": {"miscount": 0.5, "off_by_one_cell": 0.4, "ignore_region": 0.4, "break_grammar": 0.3},
}


def make_runs(data: Path, templates: str, out: Path) -> list[Path]:
    items = list(load(data, split="test", templates=templates))
    runs = []
    for seed, (name, faults) in enumerate(MODELS.items(), 1):
        rows = simulate_predictions(items, faults, seed)
        lines = [json.dumps({**row, "model": f"simulated/{name}"}) for row in rows]
        predictions = out / f"{name}.jsonl"
        predictions.write_text("\n".join(lines), encoding="utf-8")
        score_files(predictions, data, out / name, split="test", templates=templates)
        runs.append(out / name)
    return runs


def command(*arguments: object) -> Cost:
    return taken([sys.executable, "-m", "handeye", *map(str, arguments)], cores=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--templates", default="main")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = options.data or root / "set"
        if options.data is None:
            generate(data, seed=7, like="v0.1", workers=2)
        runs = make_runs(data, options.templates, root)
        items = json.loads((runs[0] / "run.json").read_text(encoding="utf-8"))["n_items"]
        found = {
            "diagnose, 2 processes": command("rose", "diagnose", *runs, "--workers", 2),
            "diagnose, 1 process": command("rose", "diagnose", *runs, "--workers", 1),
            "compare": command("compare", *runs, "--out", root / "compare.html"),
            "report": command("report", *runs, "--out", root / "report.html"),
        }
    print(f"{len(MODELS)} runs of {items:,} items, two cores")
    for name, used in found.items():
        print(f"{name:24} {used.wall:6.1f} s wall {used.processor:6.1f} s processor", end="")
        print(f"   peak {used.peak_mb} MB")
    whole = sum(found[name].wall for name in ("diagnose, 2 processes", "compare", "report"))
    print(
        f"{'everything':24} {whole:6.1f} s wall: {whole / LIMIT_S:.2f} of the limit of {LIMIT_S} s"
    )


if __name__ == "__main__":
    main()
