"""The instrument cards of ``handeye.states``: what each diagnostic finds where the truth is known.

    python benchmarks/instrument_cards.py FOLDER                   # quick: 9 sets of each kind
    python benchmarks/instrument_cards.py FOLDER --runs 200        # a close look
    python benchmarks/instrument_cards.py FOLDER --only chain      # one diagnostic
    python benchmarks/instrument_cards.py FOLDER --write FILE      # then the cards, as Markdown

Every set is a line of ``FOLDER/cards.jsonl`` as soon as it is done; started again, what is done is
not done again. All figures of the cards are made of these lines; ``--workers N`` does N at a time.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import NormalDist

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from msgspec.structs import replace  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.adjuster import planted as letters_and_states  # noqa: E402
from benchmarks.resumed import Row, resumed  # noqa: E402
from handeye import __version__  # noqa: E402
from handeye.atomic import write_text  # noqa: E402
from handeye.scores.estimate import Estimate  # noqa: E402
from handeye.states.ablations import adjust  # noqa: E402
from handeye.states.acting import held  # noqa: E402
from handeye.states.cells import LAST  # noqa: E402
from handeye.states.chain import balanced, steps  # noqa: E402
from handeye.states.measures import knows_says  # noqa: E402
from handeye.states.planted import plant  # noqa: E402
from handeye.states.premises import premises  # noqa: E402
from handeye.states.probes import probe  # noqa: E402
from handeye.states.readers import readings  # noqa: E402
from handeye.stats.intervals import estimates  # noqa: E402
from handeye.stats.sample_size import Spread, smallest_difference  # noqa: E402
from tests.support import cells  # noqa: E402
from tests.support.leaks import Store  # noqa: E402

RESAMPLES, OTHERS, WIDTH = 500, 1000, 32
_SEEDS = 4  # of what is not drawn anew with every seed
ALPHA = 0.10


def row(found: Estimate | Row, claimed: bool | None = None, truth: float | None = None) -> Row:
    """A line: figure with its interval, whether something is claimed by it, the truth if known.

    An end of None is open; a figure of None could not be told.
    """
    one = (
        found
        if isinstance(found, dict)
        else {k: getattr(found, k) for k in ("value", "low", "high")}
    )
    sure = one["low"] is not None and one["low"] > 0
    return {
        **{name: one[name] for name in ("value", "low", "high")},
        "claimed": bool(sure if claimed is None else claimed),
        "truth": truth,
    }


def probed(told: float, n: int, seed: int) -> Row:
    store = Store(n, seed, told=told)
    (found,) = probe(
        store.states, store.targets, sites=["last"], flips=20, seed=seed
    ).found  # fmt: skip
    assert found.null is not None
    return row(found.auroc, found.null.p_value < 0.05)


def crossed(n: int, seed: int) -> Row:
    """A state that holds clip and question apart, asked whether they match."""
    made = plant("seen, not compared", n, width=WIDTH, seed=seed)
    rows = [one for one in made.targets if one.target == "premise"]
    (found,) = probe(made.states, rows, sites=["last"], flips=0, seed=seed).found
    return row(found.auroc, False)


def chained(truth: str, n: int, seed: int) -> Row:
    made = plant(truth, n, width=WIDTH, seed=seed)
    other = plant(truth, OTHERS, width=WIDTH, seed=10**6)
    (population,) = premises(other.states, other.targets, answers=other.answers)
    (found,) = readings(made.states, made.targets, answers=made.answers, seed=seed)
    levels, losses, _ = balanced(found, RESAMPLES)
    every = steps(levels, losses)
    true = found.on(population)
    (one,) = (step for step in every if step.key == "letters")
    any_claimed = any(step.claimed for step in every)
    return row(
        one.lost,
        any_claimed if truth == "none" else one.claimed,
        true["last"] - true["letters"],
    )


def known(strength: float, n: int, seed: int) -> Row:
    draw = np.random.default_rng([seed, n])
    false = np.tile([False, True, False, True], n)
    told = strength * false + draw.normal(size=4 * n) > strength / 2
    rejected = false & (draw.random(4 * n) < 0.1)
    found = knows_says(told, rejected, false, np.repeat(np.arange(n), 4), resamples=RESAMPLES)
    hit = NormalDist().cdf(strength / 2)
    return row(estimates(found.unsaid), truth=0.9 * (2 * hit - 1))


def adjusted(strength: float, n: int, seed: int) -> Row:
    made = letters_and_states(n, seed, strength=strength, width=12)
    targets = made.targets()
    right = np.where(made.cases.false, made.cases.rejection, made.cases.letters[:, :4].argmax(1))
    found = adjust(made, targets, right.tolist(), cs=(0.1,), alpha=ALPHA, folds=3, seed=seed)
    one = row(estimates(found.gain))
    return {**one, "lost": estimates(found.over_raw.tree())["standard"]["value"]}


def in_cells(what: str, n: int, seed: int) -> Row:
    reading = cells.read(what, seed, n, pictures=())
    (failed, *_) = held(reading, cells.answers(reading), resamples=RESAMPLES)
    return row(failed.readers[LAST].beyond)


def steered(use: bool, n: int, seed: int) -> Row:
    from handeye.respondents.local.engine import Engine
    from handeye.states.causal import causal
    from tests.support.local.families import model_of
    from tests.support.used import asked, planted

    if use:
        loaded, asks, targets = planted(n)
    else:
        loaded = model_of("llava")
        asks, targets = asked(loaded, n)
        turned = np.random.default_rng(seed).integers(0, 2, n)
        targets = [
            replace(one, label=one.label ^ int(turned[int(one.group[1:])])) for one in targets
        ]
    found = causal(
        Engine(loaded), asks, targets, sites=(), layers=["block.00"], directions=12, seed=seed
    )
    (one,) = (e for e in found.effects if (e.check, e.measure) == ("steer", "moved"))
    return row(one.effect, one.claimed if use else bool(found.claims))


@dataclass(frozen=True)
class Instrument:
    """A diagnostic, and what is planted for it.

    Attributes:
        title: what it is called.
        figure: what is measured, with its unit.
        planted: what is there to be found, in words.
        nothing: what is planted where there is nothing.
        some: a set in which there is something, of so many families and a seed.
        none: one in which there is not.
        cannot: what it cannot see.
        blind: a set that shows that, where one can be made.
        unit: of the figure; 100 for shares in points.
        chance: of the figure.
        drawn: whether sets of other seeds are other sets; else no coverage can be told.
        needs: a package, without which it is left out.
        sizes: of its sets, where not those of all.
        things: what its sets are made of.
    """

    title: str
    figure: str
    planted: str
    nothing: str
    some: Callable[[int, int], Row]
    none: Callable[[int, int], Row]
    cannot: str
    blind: Callable[[int, int], Row] | None = None
    unit: int = 100
    chance: float = 0.0
    drawn: bool = True
    needs: str = "numpy"
    sizes: tuple[int, ...] = ()
    things: str = "families"


@dataclass(frozen=True)
class Page:
    """Cards that stand on one page.

    Attributes:
        title: of the page.
        about: whose diagnostics they are.
        script: that measures them.
        place: of the page.
        cards: by their names on the command line.
    """

    title: str
    about: str
    script: str
    place: str
    cards: Mapping[str, Instrument]


CARDS = {
    "probe": Instrument(
        "Probe",
        "AUROC of the premise at the last token",
        "the premise, along one axis, growing from layer to layer",
        "states of the same families without it",
        lambda n, seed: probed(1.0, n, seed),
        lambda n, seed: probed(0.0, n, seed),
        "what is held in a form that is not linear. A state that holds clip and question apart is "
        "read by a probe of the premise at",
        crossed,
        unit=1,
        chance=0.5,
    ),
    "chain": Instrument(
        "Chain",
        "points of balanced accuracy lost in the unembedding",
        "`state only`: the last layer holds the premise, the letters do not",
        "`none`: nothing tells the premise; a set speaks if any step of its chain is claimed",
        lambda n, seed: chained("state only", n, seed),
        lambda n, seed: chained("none", n, seed),
        "two opposite losses between the same two levels, other forms than linear ones, tokens "
        "that are not among its sites.",
    ),
    "knows": Instrument(
        "Knows and says",
        "points of false premises told by a reader and accepted by the answer, beyond chance",
        "a reader of d' 2, and answers that reject one false premise in ten, whatever is read",
        "a reader that knows nothing, the same answers",
        lambda n, seed: known(2.0, n, seed),
        lambda n, seed: known(0.0, n, seed),
        "whether the model uses what the reader tells; it is only as good as the cut of its probe.",
    ),
    "adjuster": Instrument(
        "Adjuster",
        "points of balanced accuracy gained over the best ablation",
        "a state with d' 2.5 of the premise, letters that never reject",
        "the same letters, states without the premise",
        lambda n, seed: adjusted(2.5, n, seed),
        lambda n, seed: adjusted(0.0, n, seed),
        "other sets, prompts and answers that begin otherwise: its promise is about families "
        "drawn as those of its calibration were. With too few of them it stays shut.",
    ),
    "causal": Instrument(
        "Causal checks",
        "log odds of rejecting, moved by a step along the probe's direction (block.00)",
        "a model whose letters read one direction of its states",
        "random weights, and premises that have nothing to do with the clips; a set speaks if any "
        "effect is claimed",
        lambda n, seed: steered(True, n, seed),
        lambda n, seed: steered(False, n, seed),
        "uses that no single direction and no patched token carries; that a direction could be "
        "used does not say that it is, in answers that were not changed.",
        drawn=False,
        unit=1,
        needs="torch",
        sizes=(12, 24),
    ),
    "cells": Instrument(
        "Cells and acting",
        "points of failed answers whose right cells are decodable, beyond position and count",
        "the right cells of the answer, added up in the last token's state",
        "states that hold nothing",
        lambda n, seed: in_cells("answer", n, seed),
        lambda n, seed: in_cells("nothing", n, seed),
        "cells that are held by a product of region and picture alone. A state that holds the "
        "number of right cells and no place is read at",
        lambda n, seed: in_cells("count", n, seed),
    ),
}
STATES = Page(
    "Instrument cards",
    "`handeye states`",
    "benchmarks/instrument_cards.py",
    "docs/states-cards.md",
    CARDS,
)
SOME, NONE, BLIND = "some", "none", "blind"


def work(page: Page, sizes: Sequence[int], runs: int) -> Iterator[tuple[str, str, int, int]]:
    """Card, kind, size and seed of every set; all cards of a seed before the next seed."""
    for seed in range(runs):
        for key, card in page.cards.items():
            if not find_spec(card.needs) or (seed >= _SEEDS and not card.drawn):
                continue
            own = card.sizes or sizes
            yield from ((key, SOME, n, seed) for n in own)
            yield key, NONE, own[-1], seed
            if card.blind is not None:
                yield key, BLIND, own[-1], seed


def measure(
    page: Page, folder: Path, sizes: list[int], runs: int, only: list[str], workers: int = 1
) -> list[Row]:
    """The lines of all sets; what is not there yet is done."""
    jobs = [
        {"card": key, "kind": kind, "n": n, "seed": seed}
        for key, kind, n, seed in work(page, sizes, runs)
        if not only or key in only
    ]
    return resumed(folder / "cards.jsonl", jobs, partial(one_set, page.script), workers)


def one_set(script: str, card: str, kind: str, n: int, seed: int) -> Row:
    """A set of a card, of the page that a script writes: pages hold functions without a name."""
    module = import_module(f"benchmarks.{Path(script).stem}")
    every = (one for one in vars(module).values() if isinstance(one, Page))
    (page,) = (one for one in every if one.script == script)
    found: Row = getattr(page.cards[card], kind)(n, seed)
    return found


def written(page: Page, rows: list[Row]) -> str:
    """The cards, as Markdown."""
    seconds = sum(one["seconds"] for one in rows)
    out = [
        f"# {page.title}",
        "",
        f"What each diagnostic of {page.about} finds where the truth is planted. This page is "
        "written by a machine; every figure is made of the runs of",
        "",
        f"    python {page.script} FOLDER --write {page.place}",
        "",
        f"{date.today().isoformat()}, handeye {__version__}, numpy {np.__version__}, "
        f"{len(rows)} sets, {seconds:.0f} s of one core. Of so few sets a coverage of 95 % may by "
        "chance be far from it: the counts stand beside it, and `--runs 200` says more. Intervals "
        "are those of the diagnostics, 95 %. *Visible* is the smallest effect that intervals of "
        "the measured width show with a power of 80 %. Coverage is of the truth where it is known "
        "set by set, else of the mean over the sets, which is what such sets give; that hides a "
        "bias, which the estimate beside the truth does not.",
        "",
    ]
    for key, card in page.cards.items():
        own = [one for one in rows if one["card"] == key]
        if own:
            out += [f"## {card.title}", "", f"Measured: {card.figure}.", ""]
            out += ["| | |", "|---|---|"]
            out += [f"| {name} | {said} |" for name, said in told(card, own)]
            out += ["", f"    python {page.script} FOLDER --only {key}", ""]
    return "\n".join(out)


def told(card: Instrument, rows: list[Row]) -> Iterator[tuple[str, str]]:
    """The rows of a card."""
    by: dict[tuple[str, int], list[Row]] = {}
    for one in rows:
        by.setdefault((one["kind"], one["n"]), []).append(one)
    sizes = sorted(n for kind, n in by if kind == SOME)
    some = {n: by[SOME, n] for n in sizes}
    largest = sizes[-1]
    parts = []
    for n, own in some.items():
        text = f"{n} {card.things}: {shown(card, mean(own, 'value'))}"
        if own[0]["truth"] is not None:
            text += f" (truth {shown(card, mean(own, 'truth'))})"
        if untold := sum(one["value"] is None for one in own):
            text += f", not told in {untold} of {len(own)}"
        parts.append(f"{text}, claimed in {share([one['claimed'] for one in own])} sets")
    yield "planted", card.planted
    yield "found", "; ".join(parts)
    if card.drawn:
        known = some[largest][0]["truth"] is not None
        of = "the truth of each set" if known else "the mean over the sets"
        every = [
            covers(one, mean(own, "value"))
            for own in some.values()
            for one in own
            if one["value"] is not None
        ]
        yield "intervals hold " + of, f"{share(every)} sets"
    else:
        yield "intervals hold the truth", "not measured: one planted model, whatever the seed"
    none = next(own for (kind, _), own in by.items() if kind == NONE)
    chance = "" if np.isnan(card.chance) else f" (chance {card.chance:g})"
    yield (
        "where there is nothing",
        f"{card.nothing}: {shown(card, mean(none, 'value'))}{chance}, claimed in "
        f"{share([one['claimed'] for one in none])} sets of {largest} {card.things}",
    )
    if "lost" in rows[0]:
        every = [one["lost"] >= -ALPHA for one in rows]
        yield (
            "what it promises",
            f"at most {100 * ALPHA:g} points of standard accuracy lost: kept in {share(every)} "
            f"sets; lost most {100 * max(-one['lost'] for one in rows):.1f}",
        )
    yield (
        "visible",
        "; ".join(f"{n} {card.things}: {visible(card, own)}" for n, own in some.items()),
    )
    blind = [one for one in rows if one["kind"] == BLIND]
    if blind:
        found = shown(card, mean(blind, "value"))
        yield "cannot see", f"{card.cannot} {found} ({len(blind)} sets)."
    else:
        yield "cannot see", card.cannot
    yield "sets", f"{len(rows)}, {sum(one['seconds'] for one in rows):.1f} s of one core"


def mean(rows: list[Row], name: str) -> float:
    known = [one[name] for one in rows if one[name] is not None]
    return float(np.mean(known)) if known else float("nan")


def covers(one: Row, middle: float) -> bool:
    truth = middle if one["truth"] is None else one["truth"]
    low, high = (
        end if one[name] is None else one[name]
        for name, end in (("low", -np.inf), ("high", np.inf))
    )
    return bool(low <= truth <= high)


def visible(card: Instrument, rows: list[Row]) -> str:
    """From the mean width of the intervals of which both ends are closed."""
    closed = [one for one in rows if one["low"] is not None and one["high"] is not None]
    if 2 * len(closed) < len(rows):
        return f"cannot be told, {len(rows) - len(closed)} of {len(rows)} intervals are open"
    wide = np.mean([one["high"] - one["low"] for one in closed])
    error = float(wide) / 2 / NormalDist().inv_cdf(0.975)
    found = shown(card, smallest_difference(1, Spread(error**2)))
    left = len(rows) - len(closed)
    return f"{found} (without {left} open intervals of {len(rows)})" if left else found


def share(which: list[bool]) -> str:
    return f"{sum(which)} of {len(which)}"


def shown(card: Instrument, value: float) -> str:
    if np.isnan(value):
        return "not told"
    return f"{card.unit * value:.1f}" if card.unit > 1 else f"{value:.2f}"


def main(page: Page = STATES) -> None:
    """Measure and write the cards of a page."""
    parser = argparse.ArgumentParser(description=f"{page.title}: {page.about}")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--sizes", default="50,100,200", help="of sets, a comma between")
    parser.add_argument("--only", default="", help="diagnostics, a comma between")
    parser.add_argument("--write", type=Path, help="the page")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    only = [one for one in given.only.split(",") if one]
    sizes = [int(one) for one in given.sizes.split(",")]
    rows = measure(page, given.folder, sizes, given.runs, only, given.workers)
    if given.write is None:
        print(written(page, rows))
    else:
        write_text(given.write, written(page, rows))


if __name__ == "__main__":
    # Workers import this module; what ``__main__`` alone has would be done by one process.
    from benchmarks.instrument_cards import main

    main()
