"""Fits ``fitted.json`` from films of the catalogue, drawn from a seed of its own.

    python -m handeye.respondents.motion.fitting --films 80 --workers 2

Films are drawn from streams that no set uses, so a set is never fitted to, whatever its seed. Each
film is looked at as a model would be shown it (as JPEG, at more than one quality and size), with
all of its 16 frames and with every second, fourth and eighth of them, and two of them alone.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import msgspec
import numpy as np
from PIL import Image

from handeye import atomic
from handeye.draw import Draw
from handeye.respondents.motion.features import (
    LAYOUT,
    LENGTH,
    STILL,
    Array,
    decoded,
    glance,
    measure,
)
from handeye.respondents.motion.model import (
    FITTED,
    STEPS,
    Fitted,
    KindReading,
    Line,
    RuleReading,
)
from handeye.visualact.canvas import Canvas
from handeye.visualact.events.catalogue import KINDS
from handeye.visualact.film import Film, Kind, Rule

SEED = 20260117
FRAMES = 16
QUALITIES = (70, 80, 90, 95)
SCALES = (1.0, 1.0, 0.6)
WITHIN = 0.05
"""Share of an even scatter mixed into the scatter within kinds, which has no full rank."""
RIDGE = 10.0
SLACK = 1.5
"""A stage is known up to this many times the distance that 999 of 1,000 films stay below."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Looks at films of one kind in one direction.

    Attributes:
        moving: (looks, LENGTH) measures from several frames.
        still: (looks, STILL) measures from one frame.
        levels: (looks, rules) of ``moving``; NaN where the rule's action is not called for.
        facts: the values of the facts that wordings need, by name, one a look of ``moving``.
    """

    kind: str
    backward: bool
    moving: Array
    still: Array
    levels: Array
    facts: dict[str, list[str]]


def directions(kinds: Sequence[Kind] = KINDS) -> list[tuple[Kind, bool]]:
    """All kinds, the reversible ones in both directions of time."""
    return [(k, back) for k in kinds for back in ((False, True) if k.reversible else (False,))]


def examples(kind: Kind, backward: bool, films: int, seed: int = SEED) -> Examples:
    """Look at ``films`` films of a kind."""
    rules = kind.backward_rules if backward else kind.rules
    names = sorted({name for rule in rules for name in _named(rule)})
    moving: list[Array] = []
    still: list[Array] = []
    levels: list[list[float]] = []
    facts: dict[str, list[str]] = {name: [] for name in names}
    for number in range(films):
        film = kind.make(Draw(seed, "motion", kind.name, number), backward)
        draw = Draw(seed, "motion look", kind.name, int(backward), number)
        glances = [glance(frame) for frame in _shown(film, backward, draw)]
        looks = [measure(glances[draw.below(step) :: step]) for step in (1, 2, 4, 8)]
        moving += looks
        still += [measure([draw.pick(glances)])[:STILL] for _ in range(2)]
        levels += [rule_levels(film, rules)] * len(looks)
        for name in names:
            facts[name] += [str(film.facts[name])] * len(looks)
    shape = (len(levels), len(rules))
    found = np.asarray(levels, np.float64).reshape(shape)
    return Examples(kind.name, backward, np.stack(moving), np.stack(still), found, facts)


def rule_levels(film: Film, rules: Sequence[Rule]) -> list[float]:
    """The level of each rule's action in a film, NaN where it is not called for."""
    said = {action.text: float(action.apl) for action in film.actions}
    return [said.get(rule.texts[0].format(**film.facts), np.nan) for rule in rules]


def _named(rule: Rule) -> Iterator[str]:
    """The facts that a rule's first wording needs."""
    return (name for _, name, _, _ in Formatter().parse(rule.texts[0]) if name)


def _shown(film: Film, backward: bool, draw: Draw) -> Iterator[Image.Image]:
    """The frames of a film as they would be sent."""
    quality, scale = draw.pick(QUALITIES), draw.pick(SCALES)
    base = Canvas()
    film.backdrop(base)
    for number in range(FRAMES):
        place = FRAMES - 1 - number if backward else number
        canvas = base.copy()
        film.paint(canvas, film.seconds * (place + 0.5) / FRAMES)
        picture = canvas.finished()
        if scale != 1:
            size = (round(picture.width * scale), round(picture.height * scale))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality)
        yield decoded(data.getvalue())


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
    parser = argparse.ArgumentParser(prog="python -m handeye.respondents.motion.fitting")
    parser.add_argument("--films", type=int, default=80, help="films of each kind and direction")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FITTED))
    args = parser.parse_args(argv)
    jobs = directions()
    with ProcessPoolExecutor(args.workers) as pool:
        waiting = [pool.submit(examples, *job, args.films, args.seed) for job in jobs]
        found = [job.result() for job in waiting]
    recipe: dict[str, int | float | str] = {
        "made_by": "python -m handeye.respondents.motion.fitting",
        "seed": args.seed,
        "films": args.films,
        "frames": FRAMES,
        "measures": LENGTH,
        "within": WITHIN,
        "ridge": RIDGE,
    }
    atomic.write_bytes(args.out, msgspec.json.encode(fit(found, recipe)) + b"\n")
    print(f"{args.out}: {len(found)} kinds and directions, {args.films} films each")


if __name__ == "__main__":
    main()
