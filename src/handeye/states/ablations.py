"""What an adjuster is worth: on families left out, beside what else could do in its probe's place.

A gain over the untouched letters may come from rejecting more, whatever is known; so it is told
over the best of four respondents that have everything but the probe, each with a gate of its own by
the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from handeye.respondents.local.adjuster import Adjuster, Readings, adjusted, judged, readings
from handeye.scores.estimate import rate_of
from handeye.sets.draw import Draw
from handeye.shown import Shown, Words
from handeye.states.adjuster import (
    ALPHA,
    CS,
    LEVEL,
    SITE,
    Learnt,
    calibrated,
    check_shares,
    columns_of,
    cut,
    gated,
    learn,
    questions_of,
)
from handeye.states.cases import Cases, Standing, cases
from handeye.states.figures import Bools, Floats
from handeye.states.folds import Ints, grouped_folds
from handeye.states.gates import Bound
from handeye.stats.intervals import Samples, difference, estimates, rate

if TYPE_CHECKING:
    from handeye.states.store import States
    from handeye.states.targets import Target


ABLATIONS = ("constant", "permuted", "text", "margin", "oracle")
"""What stands where the probe stood: nothing (the route stays); the probe's logits, permuted; a
reader of the question alone; nothing at all, the letters' margin and their own order; the truth.
The gain is over the best of all but the last."""


def best_words(values: Mapping[str, float | None], best: str) -> str:
    """``the best ablation (text)``; of several that are equal it is said that they are.

    Args:
        values: balanced accuracy by ablation.
        best: one than which none is better, the truth left out.
    """
    tied = [name for name, one in values.items() if name != "oracle" and one == values[best]]
    if len(tied) < 2:
        return f"the best ablation ({best})"
    return f"the best ablations ({', '.join(tied[:-1])} and {tied[-1]}, which are equal)"


@dataclass(frozen=True, slots=True)
class Routing:
    """Which option rejects, apart from whether to reject.

    Attributes:
        routed: share of questions with a false premise for which route and letters together name
            the right option.
        probe: the same by the route alone.
        letters: the same by the model's own order of the rejecting letters.
        said: share of the adjusted rejections of false premises that are by the right option.
        raw: the same of the model's own rejections.
    """

    routed: Samples
    probe: Samples
    letters: Samples
    said: Samples
    raw: Samples


@dataclass(frozen=True, slots=True, repr=False)
class Adjusted(Shown):
    """What adjusting does to a model's letters, on families that it was not made from.

    Intervals are over families, with the fitted adjusters as they are.

    Attributes:
        raw, adjusted: accuracies of the untouched and of the adjusted letters.
        over_raw: the second less the first; standard accuracy can only be lost.
        ablations: accuracies with something else in the probe's place, each with a gate of its own
            by the same rule.
        best: the ablation with the best balanced accuracy, the truth left out.
        gain: balanced accuracy less that of ``best``.
        routing: told apart.
        opened: share of questions rejected by the gate, by what was in the probe's place.
        adjusters: of the outer folds, without texts.
        gates: of each fold, by what was in the probe's place; None: shut.
        reliability: of the calibrated logit on left-out questions: for tenths of them, mean
            probability, share false, number.
        evaluated, families: numbers of questions and of families.
    """

    raw: Standing
    adjusted: Standing
    over_raw: Standing
    ablations: dict[str, Standing]
    best: str
    gain: Samples
    routing: Routing
    opened: dict[str, float]
    adjusters: tuple[Adjuster, ...]
    gates: dict[str, tuple[float | None, ...]]
    reliability: tuple[tuple[float, float, int], ...]
    evaluated: int
    families: int

    def _words(self) -> Words:
        told = estimates({"raw": self.raw.tree(), "adjusted": self.adjusted.tree(),
                          "gain": {"balanced": self.gain}})  # fmt: skip
        figures = {
            f"{name}, {part}": rate_of(told[name][part]).text("line")
            for part in ("standard", "misleading", "balanced")
            for name in ("raw", "adjusted")
        }
        gain = rate_of(told["gain"]["balanced"]).text("sentence", "points")
        shut, folds = sum(one is None for one in self.gates["probe"]), len(self.gates["probe"])
        if shut == folds:
            return Words(
                f"Letters adjusted: percent of {self.evaluated:,} questions of {self.families:,} "
                "families left out in turn",
                {name: one for name, one in figures.items() if name.startswith("raw")},
                f"the gate stayed shut in all {folds} folds, so no answer was changed",
            )
        values = {name: float(one.balanced.values[0]) for name, one in self.ablations.items()}
        return Words(
            f"Letters adjusted: percent of {self.evaluated:,} questions of {self.families:,} "
            "families left out in turn",
            figures | {f"balanced over {best_words(values, self.best)}": gain},
            f"the gate stayed shut in {shut} of {folds} folds" if shut else "",
        )

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        every = {"raw": self.raw, "adjusted": self.adjusted, **self.ablations}
        for name, one in every.items():
            figures = estimates(one.tree())
            yield {"letters": name, **{part: figures[part]["value"] for part in figures}}


def adjust(
    states: States,
    targets: Sequence[Target],
    right: Sequence[int],
    *,
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    alpha: float = ALPHA,
    level: float = LEVEL,
    bound: Bound = "share",
    part: float = 0.5,
    folds: int = 5,
    text: str = "question",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Adjusted:
    """Say what the adjuster is worth: outer folds of families report, the rest is learnt from.

    Args:
        states: as :func:`handeye.states.adjuster.fit_adjuster` has it, and so are all
            down to ``part``.
        targets: see there.
        right: see there.
        layers: see there.
        cs: see there.
        alpha: see there.
        level: see there.
        bound: see there.
        part: see there; each fold's gate has ``(1 - part) (1 - 1 / folds)`` of the families.
        folds: that report.
        text: the control text of the text-only ablation, which is left out where there is none.
        seed: of all splits and of the bootstrap.
        progress: told how many folds are done, and of how many.

    Raises:
        DataError, OptionError: as :func:`handeye.states.adjuster.fit_adjuster`.
    """
    check_shares(alpha=alpha, level=level, part=part)
    every = cases(states, targets, right, text)
    outer = grouped_folds([str(one) for one in every.families], folds, seed=seed)
    names = ["probe", *(name for name in ABLATIONS if name != "text" or all(every.texts))]
    answers = {name: every.chosen.copy() for name in names}
    opened = {name: np.zeros(len(every), bool) for name in names}
    gates: dict[str, list[float | None]] = {name: [] for name in names}
    routed, alone = (np.zeros(len(every), np.int64) for _ in range(2))
    score = np.zeros(len(every))
    adjusters = []
    for fold in range(folds):
        test = np.flatnonzero(outer == fold)
        first, second = cut(every, np.flatnonzero(outer != fold), part, seed + fold)
        learnt = learn(states, every, first, layers=layers or states.layers, cs=cs, seed=seed)
        rows = (first, second, test)
        parts = [every.take(one) for one in rows]
        layer = learnt.adjuster.layer
        whole = [learnt.held] + [
            readings(learnt.adjuster, states.states(layer, SITE, one.item_ids)) for one in parts[1:]
        ]
        for name in names:
            read = _instead(name, learnt, every, rows, whole, seed)
            one = learnt.adjuster
            if name != "probe":
                one = calibrated(one, read[0], parts[0])
            one = gated(
                one,
                (read[0], parts[0]),
                (read[1], parts[1]),
                alpha=alpha,
                level=level,
                bound=bound,
            )
            columns = columns_of(parts[2])
            _, column = adjusted(one, read[2], parts[2].letters, columns)
            answers[name][test] = np.where(column >= 0, column, parts[2].chosen)
            opened[name][test] = column >= 0
            gates[name].append(one.gate)
            if name == "probe":
                adjusters.append(one)
                routed[test], score[test] = judged(one, read[2], parts[2].letters, columns)
                alone[test] = read[2].route.argmax(1)
        if progress is not None:
            progress(fold + 1, folds)
    stand = every.standings(
        {"raw": every.chosen == every.right}
        | {name: answers[name] == every.right for name in names},
        seed,
    )
    best = max(
        (name for name in names if name not in ("probe", "oracle")),
        key=lambda name: float(stand[name].balanced.values[0]),
    )
    return Adjusted(
        raw=stand["raw"],
        adjusted=stand["probe"],
        over_raw=stand["probe"].less(stand["raw"]),
        ablations={name: stand[name] for name in names if name != "probe"},
        best=best,
        gain=difference(stand["probe"].balanced, stand[best].balanced),
        routing=_routing(every, routed, alone, answers["probe"], seed),
        opened={name: float(opened[name].mean()) for name in names},
        adjusters=tuple(adjusters),
        gates={name: tuple(gates[name]) for name in names},
        reliability=_reliability(np.asarray(expit(score)), every.false),
        evaluated=len(every),
        families=len(np.unique(every.families)),
    )


def _instead(
    name: str,
    learnt: Learnt,
    every: Cases,
    parts: Sequence[Ints],
    whole: Sequence[Readings],
    seed: int,
) -> Sequence[Readings]:
    """Readings of the parts (learnt from, calibration, tested) by what is in the probe's place."""
    if name == "probe":
        return whole
    if name == "text":
        return _by_text(learnt, every, parts, whole)
    out = []
    for number, (rows, read) in enumerate(zip(parts, whole, strict=True)):
        one = every.take(rows)
        probe, route = np.zeros_like(read.probe), read.route
        if name == "permuted":
            order = Draw(seed, "permuted", number).units(len(one))
            probe = read.probe[np.argsort(order, kind="stable")]
        elif name == "oracle":
            probe = probe + np.where(one.false[:, None], 1.0, -1.0)
        elif name == "margin":
            route = np.zeros_like(route)
        out.append(Readings(probe, route))
    return out


def _by_text(
    learnt: Learnt, every: Cases, parts: Sequence[Ints], whole: Sequence[Readings]
) -> list[Readings]:
    """What the control text tells, learnt from the same rows, and held out where the probe was."""
    first = parts[0]
    inner = int(learnt.folds.max()) + 1
    (false, mine), _ = questions_of(every)
    columns = [(k, fold) for k in range(mine.shape[1]) for fold in (*range(inner), -1)]
    used = np.zeros((len(every), len(columns)), bool)
    for number, (k, fold) in enumerate(columns):
        used[first, number] = mine[first, k] & (learnt.folds != fold)
    y = np.stack([false[:, k] for k, _ in columns], 1)
    logits = every.by_text(y, used).reshape(len(every), mine.shape[1], inner + 1)
    told = [logits[first, :, learnt.folds], *(logits[rows, :, inner] for rows in parts[1:])]
    return [Readings(one, read.route) for one, read in zip(told, whole, strict=True)]


def _routing(every: Cases, routed: Ints, alone: Ints, answers: Ints, seed: int) -> Routing:
    roles = np.array(every.rejecting)
    false = every.false
    own = roles[every.letters[:, roles].argmax(1)]
    said, raw = (false & np.isin(one, roles) for one in (answers, every.chosen))
    pairs = [
        (false & (roles[routed] == every.rejection), false),
        (false & (roles[alone] == every.rejection), false),
        (false & (own == every.rejection), false),
        (said & (answers == every.rejection), said),
        (raw & (every.chosen == every.rejection), raw),
    ]
    totals = every.totals([one for pair in pairs for one in pair], seed)
    families = len(np.unique(every.families))
    return Routing(
        *(rate(totals[:, 2 * k], totals[:, 2 * k + 1], families) for k in range(len(pairs)))
    )


def _reliability(chance: Floats, false: Bools) -> tuple[tuple[float, float, int], ...]:
    order = np.array_split(np.argsort(chance, kind="stable"), 10)
    return tuple(
        (float(chance[rows].mean()), float(false[rows].mean()), len(rows))
        for rows in order
        if len(rows)
    )
