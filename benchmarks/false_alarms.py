"""How often a comparison of two equal runs calls anything different.

    python benchmarks/false_alarms.py                     # 1,000 pairs at 10, 30 and 100 scenes
    python benchmarks/false_alarms.py --pairs 200 --scenes 30

Two runs of equal skill that share easy and hard scenes answer the same items: any row that is
called different is a false alarm. Per family of rows, the share of pairs with at least one, with
its exact 95 % interval; a family keeps its promise of 5 % where the upper bound stays below 6.5 %.
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import polars as pl
from scipy.stats import binomtest

from handeye.rose.comparing.quantities import of_frames
from handeye.rose.questions import SUBSETS
from handeye.rose.suite import SUITE
from handeye.scores.compare import compare_quantities
from tests.support.rose.score_frames import answered, items

FAMILIES = ("headline", "templates", "subsets", "difficulty", "states")
SUBSETS_TRIED = 5
LIMIT = 0.065


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
    families = found["pairs"][0]["families"]
    return [f["key"] for f in families if any(row["verdict"] != "none" for row in f["rows"])]


def main() -> None:
    """Print a table of families and sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--scenes", type=int, nargs="+", default=[10, 30, 100], help="a subset")
    parser.add_argument("--rate", type=float, default=0.7, help="true PASS of both runs")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(f"{given.pairs:,} pairs, PASS {given.rate:g}, {SUBSETS_TRIED} subsets")
    for scenes in given.scenes:
        one = partial(alarms, scenes=scenes, rate=given.rate, resamples=given.resamples)
        with ProcessPoolExecutor(given.workers) as pool:
            wrong = Counter(key for keys in pool.map(one, range(given.pairs)) for key in keys)
        for family in FAMILIES:
            share = binomtest(wrong[family], given.pairs).proportion_ci()
            kept = "kept" if share.high <= LIMIT else "above"
            print(
                f"{scenes:4} scenes a subset  {family:<11}{wrong[family] / given.pairs:6.3f} "
                f"({share.low:.3f} to {share.high:.3f})  {kept}",
                flush=True,
            )


if __name__ == "__main__":
    main()
