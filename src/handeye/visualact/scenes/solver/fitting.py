"""Fits ``fitted.json`` from films of the catalogue, drawn from a seed of its own.

python -m handeye.visualact.scenes.solver.fitting --films 40 --workers 2
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from handeye.atomic import write_bytes
from handeye.printing import say
from handeye.sets.processes import as_finished, worker_count
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.solver.features import LAYOUT, LENGTH, STILL, Array
from handeye.visualact.scenes.solver.looks import (
    FRAMES,
    SEED,
    Examples,
    directions,
    examples,
)
from handeye.visualact.scenes.solver.model import (
    FITTED,
    STEPS,
    Fitted,
    KindReading,
    Line,
    RuleReading,
)

WITHIN = 0.02
"""Share of an even scatter mixed into the scatter within kinds, which has no full rank."""
RIDGE = 0.2
SLACK = 1.5
"""A stage is known up to this many times the distance that 999 of 1,000 films stay below."""


def fit(found: Sequence[Examples], recipe: dict[str, int | float | str]) -> Fitted:
    """Fit all numbers from examples of every kind and direction."""
    everything = np.concatenate([one.moving for one in found])
    mean, scale = everything.mean(0), everything.std(0) + 0.01
    moving = [(one.moving - mean) / scale for one in found]
    still = [(one.still - mean[:STILL]) / scale[:STILL] for one in found]
    moving_lines, still_lines = discriminants(moving), discriminants(still)
    layouts = [one.still[:, :LAYOUT] for one in found]
    middles = np.stack([rows.mean(0) for rows in layouts])
    scatter = np.sqrt(np.mean([rows.var(0) for rows in layouts], axis=0)) + 0.02
    kinds = tuple(
        KindReading(
            one.kind,
            one.backward,
            moving_lines[place],
            still_lines[place],
            _rounded(middles[place]),
            tuple(_rule(moving[place], one.levels[:, rule]) for rule in range(one.levels.shape[1])),
            {name: _options(moving[place], values) for name, values in one.facts.items()},
        )
        for place, one in enumerate(found)
    )
    return Fitted(
        recipe,
        _rounded(mean),
        _rounded(scale),
        _rounded(scatter),
        round(SLACK * _reach(layouts, middles, scatter), 3),
        kinds,
    )


def _reach(layouts: Sequence[Array], middles: Array, scatter: Array) -> float:
    """How far from the nearest kind the colours of all but one in 1,000 looks are."""
    apart = [
        np.sqrt((((row - middles) / scatter) ** 2).mean(1)).min()
        for rows in layouts
        for row in rows
    ]
    return float(np.quantile(apart, 0.999))


def discriminants(groups: Sequence[Array]) -> list[Line]:
    """For each group a linear function that is largest for rows near its middle.

    Distances are those of the scatter within groups, of which the share :data:`WITHIN` is replaced
    by an even one.
    """
    middles = np.stack([rows.mean(0) for rows in groups])
    off = np.concatenate([rows - middle for rows, middle in zip(groups, middles, strict=True)])
    scatter = off.T @ off / len(off)
    even = np.trace(scatter) / len(scatter)
    scatter = (1 - WITHIN) * scatter + WITHIN * even * np.eye(len(scatter))
    weights = np.linalg.solve(scatter, middles.T).T
    return [
        _line(-0.5 * float(row @ middle), row) for row, middle in zip(weights, middles, strict=True)
    ]


def _rule(rows: Array, levels: Array) -> RuleReading:
    """How the level of a rule follows from the measures, and whether it is called for."""
    called = ~np.isnan(levels)
    seen = Counter(levels[called].astype(int).tolist())
    return RuleReading(
        tuple(sorted(seen)),
        max(seen, key=lambda level: seen[level], default=0),
        round(float(called.mean()), 4),
        _ridge(rows[called], levels[called]) if len(seen) > 1 else None,
        _ridge(rows, called.astype(np.float64)) if 0 < called.mean() < 1 else None,
    )


def _options(rows: Array, values: Sequence[str]) -> dict[str, Line]:
    """For each value of a fact a function that is largest where it holds."""
    given = np.asarray(values)
    return {
        value: _ridge(rows, (given == value).astype(np.float64)) for value in sorted(set(values))
    }


def _ridge(rows: Array, values: Array) -> Line:
    """Ridge regression of ``values`` on ``rows``, by its dual form (there are fewer rows)."""
    middle, mean = rows.mean(0), float(values.mean())
    off = rows - middle
    dual = np.linalg.solve(off @ off.T + RIDGE * len(off) * np.eye(len(off)), values - mean)
    weights = off.T @ dual
    return _line(mean - float(weights @ middle), weights)


def _line(bias: float, weights: Array) -> Line:
    unit = float(np.abs(weights).max()) / STEPS or 1.0
    whole = np.rint(weights / unit).astype(int)
    return Line(round(bias, 6), float(f"{unit:.6g}"), tuple(whole.tolist()))


def _rounded(values: Array) -> tuple[float, ...]:
    return tuple(round(value, 5) for value in values.tolist())


def main(argv: Sequence[str] | None = None) -> None:
    """The command of this module."""
    parser = argparse.ArgumentParser(prog="python -m handeye.visualact.scenes.solver.fitting")
    parser.add_argument("--films", type=int, default=40, help="films of each kind and direction")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FITTED))
    args = parser.parse_args(argv)
    named = [(kind.name, backward) for kind, backward in directions()]
    look = partial(_examples, films=args.films, seed=args.seed)
    made = {(e.kind, e.backward): e for e in as_finished(look, named, worker_count(args.workers))}
    write([made[name] for name in named], args.films, args.seed, args.out)
    say(f"{args.out}: {len(made)} kinds and directions, {args.films} films each")


def _examples(job: tuple[str, bool], films: int, seed: int) -> Examples:
    name, backward = job
    return examples(catalogue.kind(name), backward, films, seed)


def write(found: Sequence[Examples], films: int, seed: int, out: Path) -> None:
    """Fit and write the numbers with how they were made."""
    recipe: dict[str, int | float | str] = {
        "made_by": "python -m handeye.visualact.scenes.solver.fitting",
        "seed": seed,
        "films": films,
        "frames": FRAMES,
        "measures": LENGTH,
        "within": WITHIN,
        "ridge": RIDGE,
    }
    write_bytes(out, msgspec.json.encode(fit(found, recipe)) + b"\n")


if __name__ == "__main__":
    main()
