"""How often intervals hold the truth: the tables of docs/statistics.md and docs/study.md.

The experiments of the tests (tests/support/experiments.py) with more data sets. Items of a scene
are correlated, strata of unequal size, true rates exact. A nominal 95 % interval that covers 94 %
in 1,000 data sets is as good as can be seen (standard error .7 points).

    python benchmarks/coverage.py              # some 2 minutes on one core
    python benchmarks/coverage.py --sims 100   # a look
    python benchmarks/coverage.py --people     # the human row alone
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import experiments
from tests.support.experiments import Count, gap

SIZES = {100: (30, 20, 20, 20, 10), 300: (80, 60, 60, 60, 40), 500: (150, 100, 100, 100, 50)}
PAIRS = (((0.5, 0.3), (0.5, 0.3)), ((0.9, 0.5), (0.8, 0.6)), ((0.98, 0.95), (0.96, 0.95)))
CURVES = {
    "steep, 300 scenes": {"slope": -2.0},
    "shallow, 300 scenes": {"slope": -0.6},
    "one stratum of 150": {"slope": -1.0, "sizes": (150,)},
    "one stratum of 150, near the edge": {"slope": -1.0, "sizes": (150,), "at": (1.5, 0.0)},
    "one stratum of 60": {"slope": -1.0, "sizes": (60,)},
}
SKILLS = ((1.0, 1.0), (0.5, 0.5), (8.0, 2.0), (40.0, 2.0))


class Table:
    """Prints rows as they come; a stream of its own for each row, so that rows can be rerun."""

    def __init__(self, sims: int) -> None:
        self.sims = sims
        self.rows = 0

    def run(self, experiment: Callable[..., object], *args: object, **more: object) -> object:
        self.rows += 1
        return experiment(np.random.default_rng(self.rows), self.sims, *args, **more)

    def show(self, what: str, *counts: Count) -> None:
        for found in counts:
            what += f" | {100 * found.share:.1f}"
            if found.below or found.above:
                what += f" ({100 * found.below / found.trials:.1f} + "
                what += f"{100 * found.above / found.trials:.1f})"
        print(f"| {what} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=1000)
    parser.add_argument("--people", action="store_true", help="the human row alone")
    given = parser.parse_args()
    table = Table(given.sims)
    start = time.perf_counter()
    if not given.people:
        of_statistics(table)
    of_people(table)
    print(f"\n{table.sims} data sets each, {time.perf_counter() - start:.0f} s")


def of_people(table: Table) -> None:
    """The human row, by the number of people and how their skills are spread."""
    print(
        "\n| human row, covered % (mean width) | " + " | ".join(f"Beta{s}" for s in SKILLS) + " |"
    )
    for families in (20, 60):
        for people in (1, 2, 3, 4, 8, 16):
            told = f"{people} people, {families} families"
            for skills in SKILLS:
                found, width = table.run(experiments.human_rows, people, families, skills)
                told += f" | {100 * found.share:.1f} ({100 * width:.0f})"
            print(f"| {told} |", flush=True)


def of_statistics(table: Table) -> None:
    """Every interval of handeye.stats."""
    print("covered % (interval too low % + too high %); tests: wrong %\n")
    print("| macro rate over 5 strata | 1 item a scene | 5 items a scene |")
    for scenes, sizes in SIZES.items():
        for rate in (0.02, 0.05, 0.1, 0.3, 0.5, 0.98):
            found = [table.run(experiments.macro_rate, rate, sizes, m) for m in (1, 5)]
            table.show(f"{rate:g}, {scenes} scenes", *found)
    print("\n| share in closed form (40 scenes of 3) | covered |")
    for rate in (0.03, 0.1, 0.5, 0.97):
        table.show(f"{rate:g}", table.run(experiments.pooled_share, rate))
    print("\n| rates of A; of B (counting, action) | difference | p <= .05 | gap | p <= .05 |")
    for scenes, sizes in SIZES.items():
        for first, second in PAIRS:
            of = [
                found
                for contrast in ("all", gap)
                for found in table.run(
                    experiments.paired_difference, first, second, contrast, sizes
                )
            ]
            table.show(f"{first}; {second}, {scenes} scenes", *of)
    print("\n| exact McNemar, no difference | p <= .05 | interval holds 0 |")
    for rate in (0.5, 0.95):
        table.show(f"rate {rate:g}", *table.run(experiments.mcnemar_null, rate))
    print("\n| Holm over 7 templates, no difference | any p <= .05 |")
    table.show("rate 0.6", table.run(experiments.holm_null, 0.6))
    print("\n| curves | threshold | distance | told |")
    for name, case in CURVES.items():
        table.show(name, *table.run(experiments.thresholds, **case))


if __name__ == "__main__":
    main()
