"""The chain from seen to said: where on the way to its answer a model loses what it holds.

    truth - seen - compared - last layer - letters - S - S at 0 - answer - right rejection

What one level tells of premises and the next does not is lost between the two. Levels are balanced
accuracies of decisions, so that the losses add up exactly; an area under a curve is given for the
scores and never set against an answer. Nested readers (:mod:`handeye.states.readers`) see to it
that a level cannot seem worse than one behind it for being read from less.

Intervals are those of one bootstrap over families, the same draws for all levels, so that what two
levels share cancels. Families that are drawn again do not show what folds owe to each other: each
is learnt from where another is told, and near chance that is as much again. The fits that lack two
folds show it (:func:`handeye.states.figures.owing`), and intervals are as much longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np

from handeye.errors import within
from handeye.scores import claims
from handeye.scores.claims import Figure, figure_of, sentence_of
from handeye.scores.estimate import Estimate, number
from handeye.shown import Shown, Words, named
from handeye.states.figures import (
    Bools,
    Floats,
    areas,
    estimate,
    fold_area,
    lengthened,
    mean_of,
    owing,
)
from handeye.states.folds import Ints
from handeye.states.readers import Plan, Reading, everything, fit_probes
from handeye.states.wanted import SPAN
from handeye.stats.intervals import (
    LEVEL,
    Samples,
    complement,
    difference,
    mean,
)
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import RESAMPLES, p_value, paired_rates
from handeye.stats.sample_size import Spread, smallest_difference

CHANCE = 0.5
# A reader that has learnt nothing errs to the right (:func:`handeye.states.figures.owing`).
# Measured in its intervals, that point lies 1.9 to 2.6 deviations above chance (550 sets of 24 or
# 40 families in which nothing was planted). What was trained is surely above chance from here on,
# what was not, once its interval is.
_SURE = 2.4
_UNTRAINED = ("own", "answer", "right")
FEWEST_KINDS = 3
"""From which a probe is tried on kinds that it was not fitted to."""
LEVELS = {
    "seen": "the detail at the media tokens on",
    "compared": "{} on, in the best layer",
    "last": "the last layer on",
    "letters": "the letters",
    "s": "S, cut where it tells most",
    "own": "S, cut at 0",
    "answer": "the answer",
    "right": "the answer, if it blames the right sense",
}
"""What is told by, from the eye to the mouth; :func:`words_of` says at which tokens."""
STEPS = {
    "seen": "not seen",
    "compared": "not compared",
    "last": "lost on the way",
    "letters": "lost in the unembedding",
    "s": "misplaced direction",
    "own": "misplaced threshold",
    "answer": "answered otherwise",
    "right": "misrouted",
}
"""Names of the losses, by the level that they lead to."""
NOT_FOUND = "not seen or not compared"


def words_of(key: str, sites: Sequence[str] = ()) -> str:
    """A level in words, with the tokens at which it was read best.

    Args:
        key: of :data:`LEVELS`.
        sites: :attr:`Level.sites`.
    """
    if key != "compared":
        return LEVELS[key]
    where = dict.fromkeys(
        f"the words of the {site.removeprefix(SPAN)}" if site.startswith(SPAN) else "the last token"
        for site in sorted(sites, reverse=True)
    )
    return LEVELS[key].format(" or ".join(where) or "the last token")


"""The first loss where details are not asked."""


# ---- what is shown


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What is told at one point of the chain.

    Attributes:
        key: of :data:`LEVELS`.
        balanced: mean of the shares of true and of false premises that are told rightly; chance .5.
        auroc: of the reader's score, mean over the outer folds; None of what is no score.
        bare: balanced accuracy of the probe alone, without what stands behind it; at the media
            tokens, of the detail.
        bare_auroc: likewise of its score.
        unheld: AUROC of the probe alone on kinds that it was not fitted to, mean over the kinds.
        layers: of each outer fold, the one in which its inner folds read best by the probe alone.
        sites: likewise.
    """

    key: str
    balanced: Estimate
    auroc: Estimate | None = None
    bare: Estimate | None = None
    bare_auroc: Estimate | None = None
    unheld: Estimate | None = None
    layers: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.key not in LEVELS:
            raise ValueError(f"no level {self.key!r} of a chain")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is lost between two levels.

    Attributes:
        key: the level it leads to.
        name: of the loss.
        lost: balanced accuracy of the level before less that of this one.
        smallest: loss that a set like this shows with a power of .8 at the level of Holm's first
            step (.05 / steps), if the level before is surely above chance; None: not known.
        p: of "nothing is lost", adjusted for the steps of the chain (Holm).
        claimed: whether it is said: interval and test leave out 0, and the level before is above
            chance, so that there was something to be lost; of the first, the level itself, so that
            something was found at all.
        why: why it is not, where its interval leaves out 0.
    """

    key: str
    name: str
    lost: Estimate
    smallest: float | None
    p: float | None
    claimed: bool
    why: str = ""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The chain of one stratum, such as a sense.

    Attributes:
        stratum: its name.
        premises: how many.
        families: groups that are resampled.
        levels: in order.
        steps: in order, one to each level; they add up to 1 less the last level.
        note: what could not be asked.
    """

    stratum: str
    premises: int
    families: int
    levels: tuple[Level, ...]
    steps: tuple[Step, ...]
    note: str = ""

    def __post_init__(self) -> None:
        keys = [one.key for one in self.levels]
        if not keys or keys != [one.key for one in self.steps]:
            raise ValueError("levels and steps of a chain are not of the same keys")

    def level(self, key: str) -> Level:
        """The level of a key.

        Raises:
            KeyError: there is none.
        """
        return named(self.levels, "key", key)

    def step(self, key: str) -> Step:
        """The step that leads to the level of a key.

        Raises:
            KeyError: there is none.
        """
        return named(self.steps, "key", key)

    @property
    def claims(self) -> list[Claim]:
        """What may be said, losses from the eye to the mouth; what is not spoken stands beneath."""
        return list(_claims(self))


class Chain(Shown, msgspec.Struct, frozen=True, kw_only=True):
    """The chains of all strata, never pooled.

    Attributes:
        ways: one a stratum.
        folds: outer folds.
        resamples: of families.
        seed: of folds and resamples.
    """

    ways: tuple[Way, ...]
    folds: int
    resamples: int
    seed: int

    def way(self, stratum: str = "") -> Way:
        """The chain of a stratum.

        Raises:
            KeyError: there is none.
        """
        return named(self.ways, "stratum", stratum)

    @property
    def claims(self) -> list[Claim]:
        """What may be said, stratum by stratum."""
        return [claim for way in self.ways for claim in way.claims]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def _words(self) -> Words:
        figures = {
            f"{way.stratum} {step.name}".strip(): step.lost.text("line", "points")
            for way in self.ways
            for step in way.steps
        }
        said = " ".join(sentence_of(way.claims) for way in self.ways)
        return Words("From seen to said: points of balanced accuracy lost", figures, said)

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        for way in self.ways:
            for level, step in zip(way.levels, way.steps, strict=True):
                yield {
                    "stratum": way.stratum,
                    "level": level.key,
                    "balanced": level.balanced.value,
                    "auroc": level.auroc and level.auroc.value,
                    "step": step.name,
                    "lost": step.lost.value,
                    "low": step.lost.low,
                    "high": step.lost.high,
                    "smallest": step.smallest,
                    "claimed": step.claimed,
                }


def chain(found: Iterable[Reading], *, resamples: int = RESAMPLES) -> Chain:
    """Where a model loses what it holds of the premises it is asked about, by stratum.

    Args:
        found: by :func:`handeye.states.readers.readings`, one or more; errors are those that come
            from there.
        resamples: of families, for the intervals; 100 or more, 1,000 tell steps apart under Holm.

    Raises:
        OptionError: fewer resamples.
    """
    within("resamples", resamples, 100, 10**6)
    ways = []
    for one in found:
        ways.append(_way(one, resamples))
    return Chain(ways=tuple(ways), folds=len(one.folds), resamples=resamples, seed=one.seed)


# ---- figures


def balanced(
    found: Reading, resamples: int
) -> tuple[dict[str, Samples], dict[str, Samples], dict[str, Samples]]:
    """Balanced accuracies with their resamples, by key: of levels, of losses, of bare probes."""
    rows, keys = found.rows, found.levels
    told = {key: found.right(key) for key in keys}
    alone = {key: found.right(key, bare=True) for key in found.probes}
    own = np.arange(len(rows.ids)), found.fold
    _, cluster = np.unique(rows.group, return_inverse=True)
    paired = paired_rates(
        np.stack([right[own] for right in (*told.values(), *alone.values())], axis=1).astype(float),
        cluster,
        np.zeros(len(cluster), np.int64),
        {"true": ~rows.false, "false": rows.false},
        resamples=resamples,
        seed=found.seed,
    )
    every = [
        mean(list(paired.rates(run).values()), shared=True) for run in range(len(told) + len(alone))
    ]
    by_fold = [_by_fold(found, right) for right in (*told.values(), *alone.values())]
    # Where few premises are told differently, all of them may by chance be so the same way: one
    # more of either kind is added (as Agresti and Min 2005, Biometrics 61:515, do for pairs).
    unseen = sum((1 / (2 * side.sum())) ** 2 for side in (rows.false, ~rows.false))
    levels, losses = {}, {}
    for run, key in enumerate(keys):
        levels[key] = owing(
            every[run], by_fold[run], chance=CHANCE if key in found.probes else None
        )
        if not run:
            losses[key] = complement(levels[key])
            continue
        lost = difference(every[run - 1], every[run])
        losses[key] = owing(lost, by_fold[run - 1] - by_fold[run], unseen)
    bare = {key: owing(every[run], by_fold[run]) for run, key in enumerate(alone, start=len(told))}
    return levels, losses, bare


def _by_fold(found: Reading, right: Bools) -> Floats:
    """(folds, folds) balanced accuracy in a fold, of what also lacks the fold of the column."""
    out = np.empty((len(found.folds), len(found.folds)))
    for o in found.folds:
        inside = found.fold == o
        sides = [right[inside & (found.rows.false == side)].mean(axis=0) for side in (True, False)]
        out[o] = np.mean(sides, axis=0)
    return out


def _way(found: Reading, resamples: int) -> Way:
    rows, seed = found.rows, found.seed
    names, cluster = np.unique(rows.group, return_inverse=True)
    levels, losses, bare = balanced(found, resamples)

    def of_scores(over: Mapping[str, Floats], label: Callable[[str], Bools]) -> dict[str, Samples]:
        out: dict[str, Samples] = {}
        for key, score in over.items():
            told = label(key)
            held = rows.s if key == "s" else score[np.arange(len(score)), found.fold]
            inside = [found.fold == o for o in found.folds]
            each = np.stack([mean_of(areas(score[own], told[own, None])[None]) for own in inside])
            whole = fold_area(held, told, cluster, found.fold, seed)
            out[key] = whole if key == "s" else owing(whole, each)
        return out

    auroc = of_scores(found.over, lambda _: rows.false)
    bare_auroc = of_scores({key: one.over for key, one in found.probes.items()}, rows.label)
    unheld = _unheld(found, cluster)

    def figure(of: Mapping[str, Samples], key: str) -> Estimate | None:
        return estimate(of[key]) if key in of else None

    return Way(
        stratum=rows.stratum,
        premises=len(rows.ids),
        families=len(names),
        levels=tuple(
            Level(
                key=key,
                balanced=estimate(levels[key]),
                auroc=figure(auroc, key),
                bare=figure(bare, key),
                bare_auroc=figure(bare_auroc, key),
                unheld=figure(unheld, key),
                layers=tuple(one.layer for one in alone),
                sites=tuple(one.site for one in alone),
            )
            for key in found.levels
            for alone in (found.probes[key].alone if key in found.probes else (),)
        ),
        steps=steps(levels, losses),
        note=rows.note,
    )


def _unheld(found: Reading, cluster: Ints) -> dict[str, Samples]:
    """AUROC of the probe of the premise on kinds that it was not fitted to.

    Its layers are those that the outer folds chose; kinds take the place of folds. Where a kind has
    few families, drawing these again hardly varies its area: intervals are at least as long as the
    areas of the kinds differ (jackknife over kinds), and longer by what their fits owe each other.
    """
    rows = found.rows
    kinds, kind = np.unique(rows.kind, return_inverse=True)
    if len(kinds) < FEWEST_KINDS or not (plan := Plan(kind)).mixed(rows.false):
        return {}
    where = sorted({(one.site, one.layer) for one in found.probes["compared"].alone})
    over = fit_probes(rows, plan, rows.false, everything(rows), where, found.cs).over
    own = over[np.arange(len(kind)), kind]
    whole = fold_area(own, rows.false, cluster, kind, found.seed)
    if not len(set(whole.values[1:].tolist())) > 1:
        # Of kinds of one family each nothing can be drawn again.
        return {"compared": replace(whole, values=whole.values[:1])}
    by_kind = np.stack(
        [areas(over[kind == k], rows.false[kind == k, None]) for k in range(len(kinds))]
    )
    told, others = np.diag(by_kind), ~np.eye(len(kinds), dtype=bool)
    longer = lengthened(whole, np.array([told[left].mean() for left in others]))
    values = whole.values[0] + longer * (whole.values - whole.values[0])
    return {"compared": owing(replace(whole, values=values), by_kind)}


def steps(levels: Mapping[str, Samples], losses: Mapping[str, Samples]) -> tuple[Step, ...]:
    """The steps of balanced accuracies and losses, by key, as :func:`balanced` gives them."""
    adjusted = holm({key: p_value(one) for key, one in losses.items()})
    tests = sum(p is not None for p in adjusted.values())
    out: list[Step] = []
    before = next(iter(losses))
    for key, p in adjusted.items():
        lost = estimate(losses[key])
        why, beyond = "", lost.low is not None and lost.low > 0
        if beyond and (p is None or p >= 1 - LEVEL):
            told = "has no test" if p is None else f"has p {p:.3f} after Holm's correction"
            why = f"among the {tests} steps of the chain it {told}"
        elif beyond and not _above(before, estimate(levels[before])):
            why = (
                f"{words_of(before)} tells the premise not surely better than chance, so nothing "
                "was surely there to be lost"
            )
        out.append(
            Step(
                key=key,
                name=STEPS[key] if out or key == "seen" else NOT_FOUND,
                lost=lost,
                smallest=_smallest(lost, tests),
                p=p,
                claimed=beyond and not why,
                why=why,
            )
        )
        before = key
    return tuple(out)


def _above(key: str, level: Estimate) -> bool:
    """Whether the level of a key is surely above chance."""
    if level.value is None or level.low is None:
        return False
    longer = 1.0 if key in _UNTRAINED else _SURE / _quantile()
    return level.value - CHANCE > longer * (level.value - level.low)


def _quantile() -> float:
    return NormalDist().inv_cdf(0.5 + LEVEL / 2)


def _smallest(lost: Estimate, tests: int) -> float | None:
    """The loss that an interval of this width shows with a power of .8 among so many tests.

    At the level of Holm's first step, which is the harshest that a loss can meet.
    """
    if lost.low is None or lost.high is None:
        return None
    error = (lost.high - lost.low) / 2 / _quantile()
    return smallest_difference(1, Spread(error**2), level=1 - (1 - LEVEL) / max(1, tests))


# ---- words


@dataclass(frozen=True, slots=True)
class Claim(claims.Claim):
    """One thing that a chain says; ``parts`` begin with the stratum."""

    @property
    def words(self) -> str:
        """A clause without capital or full stop."""
        return _KINDS[self.kind](self)


def _claims(way: Way) -> Iterator[Claim]:
    """What is found, what of it is lost, and what the answers tell."""
    stratum = way.stratum
    yield _of_readers(way)
    for place, step in enumerate(way.steps):
        lost = figure_of(step.name, msgspec.to_builtins(step.lost), "loss", "premises")
        if lost is None:
            continue
        parts = (stratum, step.name)
        if step.claimed:
            why = "Its interval and its adjusted test leave out 0, and there was something to lose."
            # That readers do not find it all is said of the first level already.
            spoken = place > 0 or step.key == "seen"
            yield Claim("lost", step.key, why, (lost,), 0.0, spoken=spoken, parts=parts)
        elif step.smallest is not None:
            why = f"{step.why[:1].upper()}{step.why[1:]}." if step.why else "Its interval holds 0."
            least = Figure(value=step.smallest, label="seen with a power of 80 %", unit="loss")
            yield Claim("no_loss", step.key, why, (lost, least), spoken=False, parts=parts)
    above = _above("answer", way.level("answer").balanced)
    yield _told(way, "answer", "answered" if above else "by_chance", above)


def _of_readers(way: Way) -> Claim:
    """The first level that is surely above chance; else the first whose interval is; else none."""
    known = {level.key: level.balanced for level in way.levels}
    first = way.levels[0].key
    beyond = [key for key, one in known.items() if one.low is not None and one.low > CHANCE]
    # What stands behind the media tokens is known to their reader; it is theirs where they tell
    # the detail by themselves.
    bare = way.levels[0].bare
    unseen = bare is not None and bare.low is not None and bare.low <= CHANCE
    for key in (key for key in beyond if key not in ("answer", "right")):
        if _above(key, known[key]) and not (unseen and key == "seen"):
            return _told(way, key, "found", above=True)
    # Where the answers tell, there is something, though readers of so few families miss it.
    if beyond:
        return _told(way, beyond[0] if beyond[0] not in ("answer", "right") else first, "not_sure")
    return _told(way, first, "not_found")


def _told(way: Way, key: str, kind: str, above: bool = False) -> Claim:
    """A level that is above chance, or is not."""
    level = way.level(key)
    words = words_of(key, level.sites)
    figure = figure_of(words, msgspec.to_builtins(level.balanced), of="premises")
    assert figure is not None  # a stratum has premises of either kind
    why = f"The balanced accuracy is {'' if above else 'not '}surely above chance."
    return Claim(kind, key, why, (figure,), CHANCE if above else None, parts=(way.stratum,))


def _found(claim: Claim) -> str:
    """``of vision, from the detail at the media tokens on, 94 % of the 400 premises are told``."""
    figure, about = claim.figures[0], f"of {claim.parts[0]}, " if claim.parts[0] else ""
    if claim.kind == "not_found":
        return (
            f"{about}nothing that tells true premises from false ones is found by these readers: "
            f"{figure.share} are told rightly, chance 50"
        )
    if claim.kind == "not_sure":
        return (
            f"{about}these readers do not surely find what tells true premises from false ones: "
            f"{figure.share} are told rightly from {figure.label}, chance 50"
        )
    return f"{about}{figure.share} are told rightly from {figure.label}, chance 50"


def _answered(claim: Claim) -> str:
    told = f"the answers tell {claim.figures[0].share}"
    return told if claim.kind == "answered" else f"{told}, which may be chance"


def _lost(claim: Claim) -> str:
    """``misplaced threshold: 22.5 points, +18.2 to +26.6``."""
    return f"{claim.parts[1]}: {_points(claim.figures[0])}"


def _no_loss(claim: Claim) -> str:
    """``no loss is seen by the name of misrouted (0.0 points, -3.6 to +3.6; 5.2 would ...)``."""
    lost, least = claim.figures
    return (
        f"{claim.parts[1]}: no loss is seen ({_points(lost)}; {number(least.value)} would have "
        "been with a power of 80\N{NO-BREAK SPACE}%)"
    )


def _points(figure: Figure) -> str:
    return Estimate(figure.value, figure.low, figure.high).text("sentence", "points")


_KINDS: dict[str, Callable[[Claim], str]] = {
    "found": _found,
    "not_sure": _found,
    "not_found": _found,
    "lost": _lost,
    "no_loss": _no_loss,
    "answered": _answered,
    "by_chance": _answered,
}
