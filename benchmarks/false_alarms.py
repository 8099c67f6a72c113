"""How often a comparison of two equal runs calls anything different.

    python benchmarks/false_alarms.py                     # 1,000 pairs at 10, 30 and 100 scenes
    python benchmarks/false_alarms.py --pairs 200 --scenes 30
    python benchmarks/false_alarms.py --reasons 300       # families of simulated answers, 3 sizes

Two runs of equal skill that share easy and hard scenes answer the same items: any row that is
called different is a false alarm. Per family of rows, the share of pairs with at least one, with
its exact 95 % interval; a family keeps its promise of 5 % where the upper bound stays below 6.5 %.

Reasons need answers: two simulated runs with the same faults, at rates where a run alone is in
doubt whether it has a habit.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handeye.rose.comparing.quantities import of_frames
from handeye.rose.diagnosis.attribution import reasons_alike
from handeye.rose.diagnosis.evidence import evidence
from handeye.rose.questions import SUBSETS
from handeye.rose.respondents.recovery import items_without_pictures
from handeye.rose.respondents.simulated import simulate
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.rose.suite import SUITE
from handeye.scores.compare import Comparison, compare_quantities
from tests.support.rose.score_frames import answered, items

FAMILIES = ("headline", "templates", "subsets", "difficulty", "states")
SUBSETS_TRIED = 5
LIMIT = 0.065
# Faults at the border of what a run tells of its own habits.
BORDER = {"ignore_region": 0.05, "miscount": 0.15, "zero_based": 0.03, "swap_row_col": 0.03}


def alarms(seed: int, *, scenes: int, rate: float, resamples: int) -> list[str]:
    """The families in which one comparison of two equal runs calls a row different."""
    rng = np.random.default_rng([scenes, seed])
    frame = items(scenes * SUBSETS_TRIED, seed, subsets=SUBSETS[:SUBSETS_TRIED])
    # A few answers are refused, as often by either run.
    runs = [
        one.with_columns(
            pl.Series("answer_state", np.where(rng.random(len(one)) < 0.1, "refused", "answered"))
        )
        for one in answered(frame, rate, rng, item=0.3, runs=2)
    ]
    found = compare_quantities(SUITE, of_frames(runs, "AB"), seed=seed, resamples=resamples)
    return _different(found)


def reason_alarms(seed: int, *, scenes: int, resamples: int) -> list[str]:
    """As :func:`alarms` for two simulated runs with the same faults, reasons among the families."""
    items = items_without_pictures(1_000 + scenes, scenes)
    frames, known = [], []
    for run in (2 * seed, 2 * seed + 1):
        answers = [simulate(item, BORDER, run) for item in items]
        pairs = zip(items, answers, strict=True)
        rows = [score_item(item, given.raw_text, state=given.state) for item, given in pairs]
        frames.append(to_frame(rows))
        known.append(evidence(frames[-1], {}))
    paired = of_frames(frames, "AB", reasons=reasons_alike(known))
    return _different(compare_quantities(SUITE, paired, seed=seed, resamples=resamples))


def _different(found: Comparison) -> list[str]:
    families = found["pairs"][0]["families"]
    return [f["key"] for f in families if any(row["verdict"] != "none" for row in f["rows"])]


def main() -> None:
    """Print a table of families and sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--scenes", type=int, nargs="+", default=[10, 30, 100], help="a subset")
    parser.add_argument("--rate", type=float, default=0.7, help="true PASS of both runs")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--reasons", type=int, metavar="PAIRS", help="of simulated answers instead")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    pairs = given.reasons or given.pairs
    if given.reasons:
        faults = ", ".join(f"{name} {rate:g}" for name, rate in BORDER.items())
        print(f"{pairs:,} pairs, {faults}, {len(SUBSETS)} subsets")
    else:
        print(f"{pairs:,} pairs, PASS {given.rate:g}, {SUBSETS_TRIED} subsets")
    for scenes in given.scenes:
        one = (
            partial(reason_alarms, scenes=scenes, resamples=given.resamples)
            if given.reasons
            else partial(alarms, scenes=scenes, rate=given.rate, resamples=given.resamples)
        )
        with ProcessPoolExecutor(given.workers) as pool:
            wrong = Counter(key for keys in pool.map(one, range(pairs)) for key in keys)
        for family in ("reasons",) if given.reasons else FAMILIES:
            share = binomtest(wrong[family], pairs).proportion_ci()
            kept = "kept" if share.high <= LIMIT else "above"
            print(
                f"{scenes:4} scenes a subset  {family:<11}{wrong[family] / pairs:6.3f} "
                f"({share.low:.3f} to {share.high:.3f})  {kept}",
                flush=True,
            )


if __name__ == "__main__":
    main()
