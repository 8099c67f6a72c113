"""Do intervals of visual and cue weights hold the truth as often as they say?

    nice -n 5 python benchmarks/stress_weights.py [SIMULATIONS] [--json]

Respondents with known weights answer the four cells of so many groups; the table says in how many
simulations the 95 % interval holds the weight that was planted (one that is infinite, where the
interval is open on its side), the mean of the figures, and of how many intervals both ends are
closed. 500 simulations of a row have a standard error of .01 at .95. Some 20 minutes on one core.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from handeye.stats.weights import FAR, LinearWeights, Weights

Floats = NDArray[np.float64]
CELLS = np.array([[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]])
VISUAL, CUE = np.eye(2)
# Visual and cue weight, standard deviation of groups, lapses, groups.
PLANTED = [
    (3.0, 1.0, spread, lapses, groups)
    for groups in (60, 200)
    for spread in (0.0, 1.0, 2.0)
    for lapses in (0.0, 0.05)
] + [
    (visual, cue, 0.0, lapses, 60)
    for visual, cue in ((math.inf, 0.0), (0.0, 0.0), (0.0, math.inf), (3.0, -2.0), (0.0, -math.inf))
    for lapses in (0.0, 0.05)
]


def answers(
    rng: np.random.Generator, visual: float, cue: float, spread: float, lapses: float, groups: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Things, answers and groups of one simulated respondent."""
    things, cluster = np.tile(CELLS, (groups, 1)), np.repeat(np.arange(groups), len(CELLS))
    weights = np.array([np.clip(one, -60, 60) for one in (visual, cue)])
    odds = things @ weights + (spread * rng.standard_normal(groups))[cluster]
    first = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    by_lot = rng.random(len(odds)) < lapses
    first[by_lot] = rng.random(by_lot.sum()) < 0.5
    return things, first.astype(np.float64), cluster


def coverage(sims: int) -> Iterator[dict[str, object]]:
    """A row for every respondent."""
    for number, (visual, cue, spread, lapses, groups) in enumerate(PLANTED):
        rng = np.random.default_rng(number)
        truths: list[tuple[Floats, float]] = [
            (VISUAL, visual),
            (CUE, cue),
            (VISUAL - CUE, visual - cue),
        ]
        held, found, closed = np.zeros(3), np.zeros((sims, 3)), np.zeros(3)
        start = time.process_time()
        for k in range(sims):
            fit = Weights(*answers(rng, visual, cue, spread, lapses, groups))
            for place, (contrast, truth) in enumerate(truths):
                held[place] += not fit.refutes(contrast, float(np.clip(truth, -FAR, FAR)))
            if k % 25 == 0:
                for place, (contrast, _) in enumerate(truths):
                    one = fit.weight(contrast)
                    closed[place] += math.isfinite(one.low or 0) and math.isfinite(one.high or 0)
            found[k] = [fit.estimate(contrast) for contrast, _ in truths]
        yield {
            "from": "answers", "visual": visual, "cue": cue, "spread": spread, "lapses": lapses,
            "groups": groups, "simulations": sims,
            "held": (held / sims).round(3).tolist(), "mean": found.mean(axis=0).round(2).tolist(),
            "closed": (closed / len(range(0, sims, 25))).round(2).tolist(),
            "seconds": round(time.process_time() - start, 1),
        }  # fmt: skip
    for groups in (60, 200):
        rng, held = np.random.default_rng(groups), np.zeros(2)
        for _ in range(sims):
            things, cluster = np.tile(CELLS, (groups, 1)), np.repeat(np.arange(groups), len(CELLS))
            odds = things @ np.array([3.0, 1.0]) + (2 * rng.standard_normal(groups))[cluster]
            # Weights that differ from group to group, too.
            odds += things[:, 0] * rng.standard_normal(groups)[cluster]
            fit_of_logs = LinearWeights(things, odds + rng.standard_normal(len(odds)), cluster)
            held += [not fit_of_logs.refutes(0, 3.0), not fit_of_logs.refutes(1, 1.0)]
        yield {
            "from": "letters", "visual": 3.0, "cue": 1.0, "spread": 2.0, "lapses": 0.0,
            "groups": groups, "simulations": sims, "held": (held / sims).round(3).tolist(),
        }  # fmt: skip


def main() -> None:
    """Print a line for each respondent."""
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    for row in coverage(numbers[0] if numbers else 500):
        if "--json" in sys.argv:
            print(json.dumps(row), flush=True)
        else:
            print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
