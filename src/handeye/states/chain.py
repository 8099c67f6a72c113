"""The chain from seen to said: where on the way to its answer a model loses what it holds.

A premise is true or false of a clip. Readers tell which, from ever less of what the model computes;
what a reader tells more than the next one is lost between the two:

    truth - seen - compared - last block - letters - S - S at 0 - answer - right rejection

*Seen* reads at the media tokens which of two details the clip holds. In a crossed set a premise is
false where that is not the one its question names, so the detail as read, turned by the question,
is a decision about the premise, and right exactly where the detail was read rightly. *Compared*
reads the premise itself at the last prompt token, in the layer where it is read best: a linear
reader of a state that holds detail and question side by side is at chance. The *last* layer, the
*letters* and *S* (log odds of rejecting, ``logsumexp`` over the rejections less that over the
contents) follow.

A probe that is compared with a score it could have been built on finds gaps where there are none.
So readers are **nested**: each is a logistic model of its own probe's score and of all that stands
behind it, down to the letters by role and S. And they are compared as **decisions**: each is cut
where inner folds make the balanced accuracy highest, S besides at 0 as the model does; so steps add
up, which an area under a curve less a share of answers does not.

Outer folds report, the others choose layer, strength of penalty, and cut. Inner folds of a fold are
the other ones, so a probe fitted without two folds serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from handeye.errors import DataError, OptionError, allowed
from handeye.scores import claims
from handeye.scores.claims import Figure, counted, figure_of, percent_words, sentence_of
from handeye.scores.estimate import Estimate, rate_of
from handeye.shown import Shown, Words
from handeye.states.folds import grouped_folds
from handeye.states.solver import fit
from handeye.states.store import States
from handeye.states.targets import Target
from handeye.stats.intervals import LEVEL, Samples, complement, difference, estimates, mean
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import RESAMPLES, p_value, paired_rates
from handeye.stats.roc import Scored, best_threshold
from handeye.stats.sample_size import Spread, smallest_difference

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

CS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse strengths of the penalty of probes, to choose from."""
REJECTIONS = (4, 5)
"""Roles that reject, where the six options are four contents and two rejections."""
# Of the readers themselves, which have a handful of standardised features.
_READER_C = 1.0
_LEAST_LOG = -50.0
CHANCE = 0.5

LEVELS = {
    "seen": "the detail, at the media tokens",
    "compared": "the premise, at the last token",
    "last": "the premise, in the last layer",
    "letters": "the letters",
    "s": "S, cut where it tells most",
    "own": "S, cut at 0",
    "answer": "the answer rejects",
    "right": "the answer rejects for the right sense",
}
"""What is decided by, from the eye to the mouth."""
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
_NOT_FOUND = "not seen or not compared"
_PROBES = ("seen", "compared", "last")
_SCORES = (*_PROBES, "letters", "s")


# ---- what is shown


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What is told at one point of the chain.

    Attributes:
        key: of :data:`LEVELS`.
        balanced: mean share of the true and of the false premises that are told rightly; chance .5.
        auroc: of the reader's score; None of answers, which are no score.
        bare: balanced accuracy of the probe alone, without what stands behind it.
        bare_auroc: of the probe alone; at the media tokens, of the detail.
        layers: of each outer fold, the one that its inner folds chose.
    """

    key: str
    balanced: Estimate
    auroc: Estimate | None = None
    bare: Estimate | None = None
    bare_auroc: Estimate | None = None
    layers: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is lost between two levels.

    Attributes:
        key: the level it leads to.
        name: of the loss.
        lost: balanced accuracy of the level before less that of this one.
        smallest: loss that a set like this shows with a power of .8.
        p: of "nothing is lost", adjusted for the steps of the chain (Holm).
        claimed: whether it is said: interval and test leave out 0, and the level before is above
            chance, so that there was something to be lost.
    """

    key: str
    name: str
    lost: Estimate
    smallest: float | None
    p: float | None
    claimed: bool


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The chain of one stratum, such as a sense.

    Attributes:
        stratum: its name.
        premises: how many.
        families: groups that are resampled.
        levels: in order.
        steps: in order; they add up to 1 less the last level.
        unheld: AUROC of the premise at the last token of kinds that the probe was not fitted to,
            mean over kinds; None where there are fewer than three.
        note: what could not be asked.
    """

    stratum: str
    premises: int
    families: int
    levels: tuple[Level, ...]
    steps: tuple[Step, ...]
    unheld: Estimate | None = None
    note: str = ""

    def level(self, key: str) -> Level:
        """The level of a key.

        Raises:
            KeyError: there is none.
        """
        return _named(self.levels, key)

    def step(self, key: str) -> Step:
        """The step that leads to a level.

        Raises:
            KeyError: there is none.
        """
        return _named(self.steps, key)

    @property
    def claims(self) -> list[Claim]:
        """What may be said of it, the largest loss first."""
        return list(_claims(self))


def _named(rows: Sequence[Any], key: str) -> Any:
    for row in rows:
        if row.key == key:
            return row
    raise KeyError(key)


class Chain(Shown, msgspec.Struct, frozen=True, kw_only=True):
    """The chains of all strata, never pooled.

    Attributes:
        ways: by stratum.
        folds: outer folds.
        resamples: of families.
        seed: of folds and resamples.
    """

    ways: tuple[Way, ...]
    folds: int
    resamples: int
    seed: int

    def way(self, stratum: str) -> Way:
        """The chain of a stratum.

        Raises:
            KeyError: there is none.
        """
        for one in self.ways:
            if one.stratum == stratum:
                return one
        raise KeyError(stratum)

    @property
    def claims(self) -> list[Claim]:
        """What may be said, by stratum."""
        return [claim for way in self.ways for claim in way.claims]

    @property
    def sentence(self) -> str:
        """The spoken claims of all strata."""
        return " ".join(sentence_of(way.claims) for way in self.ways)

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
        return Words("From seen to said: points of balanced accuracy lost", figures, self.sentence)

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        for way in self.ways:
            for level, step in zip(way.levels, way.steps, strict=True):
                yield {
                    "stratum": way.stratum,
                    "level": level.key,
                    "balanced": level.balanced.value,
                    "auroc": level.auroc.value if level.auroc else None,
                    "step": step.name,
                    "lost": step.lost.value,
                    "low": step.lost.low,
                    "high": step.lost.high,
                    "smallest": step.smallest,
                    "claimed": step.claimed,
                }


def chain(
    states: States,
    targets: Sequence[Target],
    *,
    answers: Sequence[int | None] | None = None,
    premise: str = "premise",
    seen: str = "detail",
    rejections: Sequence[int] = REJECTIONS,
    media: str = "media",
    last: str = "last",
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    folds: int = 5,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Chain:
    """Where a model loses what it holds of the premises it is asked about, by stratum.

    Args:
        states: of the items, with their letters.
        targets: one of each item about its premise (1: false), with ``roles`` and ``rejection``;
            and, where there is one, about the detail that its clip holds.
        answers: the role that was chosen, one a target (those of the detail are not looked at);
            None for an answer that names none, which is wrong of true and false premises. Without
            any the likeliest letter is the answer.
        premise: the name of the targets about premises.
        seen: of those about details; asked only where every family has each of its questions as
            often about either detail.
        rejections: the roles that reject.
        media: the site of the media tokens.
        last: the site of the last prompt token.
        layers: to choose from; None: all. The last one is where the letters are made.
        cs: inverse strengths of the penalty to choose from.
        folds: outer folds, at least 3.
        resamples: of the families, for intervals.
        seed: of folds and resamples.
        progress: told what is read next.

    Raises:
        DataError: no targets of that name, letters are missing or have no roles, a stratum has
            premises of one kind alone or fewer families than folds.
        OptionError: an argument out of range.
    """
    found = readings(
        states,
        targets,
        answers=answers,
        premise=premise,
        seen=seen,
        rejections=rejections,
        media=media,
        last=last,
        layers=layers,
        cs=cs,
        folds=folds,
        seed=seed,
        progress=progress,
    )
    ways = tuple(_way(one, resamples, seed) for one in found)
    return Chain(ways=ways, folds=folds, resamples=resamples, seed=seed)


# ---- what is read


@dataclass(frozen=True)
class Rows:
    """The premises of a stratum as readers take them; n rows.

    Attributes:
        states: where the states are.
        stratum: its name.
        ids: items.
        group: names of families.
        kind: of each row; one name where there is no second stratum.
        false: (n,) whether the premise is.
        turn: (n,) 1 where the question names detail 0 and -1 where it names 1, so that a detail
            score times it is one of the premise; None where details cannot be asked.
        letters: (n, roles) log-probabilities by role.
        s: (n,) log odds of rejecting.
        said: (n, 2) whether the answer is right of the premise; and for the right sense.
        routed: whether some premises have a right rejection.
        note: why something cannot be asked.
    """

    states: States
    stratum: str
    ids: list[str]
    group: list[str]
    kind: list[str]
    false: Mask
    turn: Floats | None
    letters: Floats
    s: Floats
    said: Mask
    routed: bool
    note: str = ""

    @cached_property
    def detail(self) -> Mask:
        """(n,) which detail the clip holds, the one named or the other."""
        assert self.turn is not None
        return self.false ^ (self.turn < 0)

    def behind(self) -> Floats:
        """(n, roles + 1) what stands behind all states: the letters, and S."""
        return np.column_stack([self.letters, self.s])


@dataclass(frozen=True)
class Probe:
    """A probe as one outer fold sees it.

    Attributes:
        layer: chosen by the inner folds.
        site: where it reads.
        coef: (width,) of the probe without the outer fold.
        intercept: its.
        score: (n,) held out: of the fold by that probe, of other rows by one that was fitted
            without their fold as well.
    """

    layer: str
    site: str
    coef: Floats
    intercept: float
    score: Floats

    def of(self, rows: Rows) -> Floats:
        """Scores (n,) of other rows."""
        return rows.states.states(self.layer, self.site, rows.ids) @ self.coef + self.intercept


@dataclass(frozen=True)
class Reader:
    """A reader as one outer fold sees it: a logistic model of features, and a cut.

    Attributes:
        coef: (features,).
        intercept: of the model.
        cut: where its scores on the inner folds decide best.
    """

    coef: Floats
    intercept: float
    cut: float

    def over(self, features: Floats) -> Floats:
        """By how much rows (n, features) lie above the cut; above 0 is a premise called false."""
        return features @ self.coef + self.intercept - self.cut


@dataclass(frozen=True)
class Fold:
    """All that one outer fold has chosen and fitted, by level."""

    probes: Mapping[str, Probe]
    bare: Mapping[str, float]
    readers: Mapping[str, Reader]

    def scores(self, rows: Rows, held: Mapping[str, Floats] | None = None) -> dict[str, Floats]:
        """Scores less their cuts (n,), by level; ``bare KEY`` of the probes alone.

        Args:
            rows: any of the same model.
            held: what the probes say of them, where it is known.
        """
        found = held or {key: probe.of(rows) for key, probe in self.probes.items()}
        out = {}
        for key, cut in self.bare.items():
            over = found[key] - cut
            out[f"bare {key}"] = over if key != "seen" else over * _turn(rows)
        for key, reader in self.readers.items():
            out[key] = reader.over(_features(key, rows, found))
        return out


@dataclass(frozen=True)
class Reading:
    """A stratum read: what was fitted, and what it says of the folds it was not fitted to.

    Attributes:
        rows: of the stratum.
        fold: (n,) outer fold of each.
        folds: what each of them has fitted.
        scores: (n,) held out, less the cut of the fold, by level.
    """

    rows: Rows
    fold: Ints
    folds: tuple[Fold, ...]
    scores: Mapping[str, Floats]

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that there are, in order."""
        has = {*self.scores, "own", "answer", *(["right"] if self.rows.routed else [])}
        return tuple(key for key in LEVELS if key in has)

    def right(self, key: str) -> Mask:
        """(n,) which premises are told rightly at a level, held out."""
        return _right(self.rows, self.scores, key)

    def on(self, rows: Rows) -> dict[str, float]:
        """Balanced accuracy by level of the same readers on other families of the same model.

        The mean over the outer folds' readers: what the held-out figures estimate.
        """
        every = [one.scores(rows) for one in self.folds]
        found = {}
        for key in self.levels:
            right = np.mean([_right(rows, scores, key) for scores in every], axis=0)
            found[key] = float(right[rows.false].mean() + right[~rows.false].mean()) / 2
        return found


def readings(
    states: States,
    targets: Sequence[Target],
    *,
    answers: Sequence[int | None] | None = None,
    premise: str = "premise",
    seen: str = "detail",
    rejections: Sequence[int] = REJECTIONS,
    media: str = "media",
    last: str = "last",
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    folds: int = 5,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[Reading]:
    """The readers behind :func:`chain`, which has the same arguments, by stratum."""
    chosen = tuple(states.layers if layers is None else layers)
    if strange := [name for name in chosen if name not in states.layers]:
        raise OptionError(f"layer {strange[0]!r} is not there{allowed(strange[0], states.layers)}")
    if folds < 3:
        raise OptionError(f"folds must be at least 3, got {folds}")
    if not cs or min(cs) <= 0:
        raise OptionError(f"cs must be above 0, got {list(cs)}")
    has_media = media in states.sites
    out = []
    for rows in premises(
        states, targets, answers=answers, premise=premise, seen=seen if has_media else "",
        rejections=rejections,
    ):  # fmt: skip
        sites = {"compared": (last, chosen), "last": (last, states.layers[-1:])}
        if rows.turn is not None:
            sites = {"seen": (media, chosen), **sites}
        out.append(_read(rows, sites, np.asarray(cs, np.float64), folds, seed, progress))
    return out


def premises(
    states: States,
    targets: Sequence[Target],
    *,
    answers: Sequence[int | None] | None = None,
    premise: str = "premise",
    seen: str = "detail",
    rejections: Sequence[int] = REJECTIONS,
) -> list[Rows]:
    """The premises of targets by stratum, in the order of their first ones.

    Args and errors as of :func:`chain`.
    """
    if answers is not None and len(answers) != len(targets):
        raise DataError(f"{len(answers):,} answers of {len(targets):,} targets; one each is needed")
    of = answers or [None] * len(targets)
    strata: dict[str, list[tuple[Target, int | None]]] = {}
    for one, answer in zip(targets, of, strict=True):
        if one.target == premise:
            strata.setdefault(one.stratum, []).append((one, answer))
    if not strata:
        names = sorted({one.target for one in targets})
        raise DataError(f"no target is named {premise!r}{allowed(premise, names)}")
    details = {one.item_id: one.label for one in targets if one.target == seen}
    return [
        _rows_of(states, name, found, details, set(rejections), answers is not None)
        for name, found in strata.items()
    ]


def _rows_of(
    states: States,
    stratum: str,
    found: list[tuple[Target, int | None]],
    details: Mapping[str, int],
    rejections: set[int],
    answered: bool,
) -> Rows:
    rows = [one for one, _ in found]
    ids = [one.item_id for one in rows]
    by_place = np.maximum(np.asarray(states.letters(ids), np.float64), _LEAST_LOG)
    for one, logs in zip(rows, by_place, strict=True):
        if sorted(one.roles) != list(range(len(logs))) or not np.isfinite(logs).all():
            known = int(np.isfinite(logs).sum())
            raise DataError(
                f"item {one.item_id}: {known} letters and {len(one.roles)} roles are known; the "
                "chain needs the log-probability of every letter, and the role that each stands for"
            )
        if not rejections < set(one.roles) or one.rejection not in {-1, *rejections}:
            raise DataError(
                f"item {one.item_id}: roles that reject are {sorted(rejections)}, its roles are "
                f"{sorted(one.roles)} and the rejection that is right is {one.rejection}"
            )
    roles = np.array([one.roles for one in rows])
    letters = np.empty_like(by_place)
    np.put_along_axis(letters, roles, by_place, axis=1)
    rejecting = sorted(rejections)
    content = [role for role in range(letters.shape[1]) if role not in rejections]
    false = np.array([one.label == 1 for one in rows])
    if false.all() or not false.any():
        raise DataError(
            f"all {len(rows):,} premises{f' of {stratum}' if stratum else ''} are "
            f"{'false' if false.all() else 'true'}; a chain needs both"
        )
    chosen = [answer for _, answer in found] if answered else letters.argmax(axis=1).tolist()
    rejected = np.array([role in rejections for role in chosen])
    told = np.array([role is not None for role in chosen])
    wanted = np.array([one.rejection for one in rows])
    to_sense = np.array([role == right for role, right in zip(chosen, wanted, strict=True)])
    said = told & (rejected == false)
    rightly = np.where(false, to_sense, said)
    turn, note = _turned(rows, false, details)
    return Rows(
        states=states,
        stratum=stratum,
        ids=ids,
        group=[one.group for one in rows],
        kind=[next(iter([*one.strata.values()][1:]), "") for one in rows],
        false=false,
        turn=turn,
        letters=letters,
        s=logsumexp(letters[:, rejecting], axis=1) - logsumexp(letters[:, content], axis=1),
        said=np.stack([said, rightly], axis=1),
        routed=bool((wanted[false] >= 0).all()),
        note=note,
    )


def _turned(
    rows: Sequence[Target], false: Mask, details: Mapping[str, int]
) -> tuple[Floats | None, str]:
    """By what a score of the detail is multiplied, or why there is none.

    Which detail a question names is known from its words alone; here it is the one that makes the
    premise what it is of the clip. In a crossed family it says nothing of the premise.
    """
    if not details:
        return None, "what is seen was not asked: no targets about details, or no media tokens"
    if lacking := [one.item_id for one in rows if one.item_id not in details]:
        return None, f"what is seen was not asked: {len(lacking):,} items say no detail"
    held = np.array([details[one.item_id] == 1 for one in rows])
    named = held ^ false
    counts: dict[str, Ints] = {}
    for one, asked, wrong in zip(rows, named, false, strict=True):
        counts.setdefault(one.group, np.zeros((2, 2), np.int64))[int(asked), int(wrong)] += 1
    if any((table[:, 0] != table[:, 1]).any() for table in counts.values()):
        return None, "what is seen was not asked: questions are not crossed with details"
    return np.where(named, -1.0, 1.0), ""


def _turn(rows: Rows) -> Floats:
    assert rows.turn is not None
    return rows.turn


def _right(rows: Rows, scores: Mapping[str, Floats], key: str) -> Mask:
    if key in ("answer", "right"):
        return rows.said[:, int(key == "right")]
    over = rows.s if key == "own" else scores[key]
    return np.asarray((over > 0) == rows.false)


# ---- fitting


class _Plan:
    """Which rows each fit may see: all without two folds, then all without one.

    Attributes:
        fold: (n,) of each row.
        pairs: by the two folds left out (in order; one twice if it alone is), the fit's number.
        seen: (n, fits) 1 where a row is used.
    """

    def __init__(self, fold: Ints) -> None:
        self.fold = fold
        count = int(fold.max()) + 1
        self.pairs = {
            pair: number
            for number, pair in enumerate((a, b) for a in range(count) for b in range(a, count))
        }
        self.seen = np.stack(
            [(fold != a) & (fold != b) for a, b in self.pairs], axis=1
        ).astype(np.float64)

    @property
    def outer(self) -> range:
        """The folds."""
        return range(int(self.fold.max()) + 1)

    def held(self, outer: int) -> Ints:
        """(n,) for each row, the fit that has seen neither it nor the outer fold."""
        at = [self.pairs[min(outer, f), max(outer, f)] for f in self.outer]
        return np.array(at)[self.fold]


def _read(
    rows: Rows,
    sites: Mapping[str, tuple[str, Sequence[str]]],
    cs: Floats,
    folds: int,
    seed: int,
    progress: Callable[[str], None] | None,
) -> Reading:
    families = len(set(rows.group))
    if families < folds:
        raise DataError(f"{families} families{_of(rows)}; {folds} folds need at least as many")
    plan = _Plan(np.asarray(grouped_folds(rows.group, folds, seed=seed, balance=rows.kind)))
    probes: dict[str, list[Probe]] = {}
    for key, (site, layers) in sites.items():
        if progress:
            progress(f"{rows.stratum} {LEVELS[key]}".strip())
        label = rows.detail if key == "seen" else rows.false
        probes[key] = _probes(rows, plan, label, site, layers, cs)
    readers: dict[str, list[Reader]] = {}
    scores: dict[str, Floats] = {}
    held = {key: [one.score for one in found] for key, found in probes.items()}
    for key in (*probes, "letters", "s"):
        features = np.stack(
            [
                _features(key, rows, {name: of[o] for name, of in held.items()})
                for o in plan.outer
            ]
        )
        readers[key] = _readers(features, rows.false, plan, fitted=key != "s")
    bare = {
        key: [
            best_threshold(one.score[plan.fold != o], label[plan.fold != o])
            for o, one in enumerate(found)
        ]
        for key, found in probes.items()
        for label in [rows.detail if key == "seen" else rows.false]
    }
    out = []
    for o in plan.outer:
        one = Fold(
            {key: found[o] for key, found in probes.items()},
            {key: cuts[o] for key, cuts in bare.items()},
            {key: found[o] for key, found in readers.items()},
        )
        inside = plan.fold == o
        said = one.scores(rows, {name: of[o] for name, of in held.items()})
        for key, values in said.items():
            scores.setdefault(key, np.empty(len(rows.ids)))[inside] = values[inside]
        out.append(one)
    return Reading(rows, plan.fold, tuple(out), scores)


def _features(key: str, rows: Rows, scores: Mapping[str, Floats]) -> Floats:
    """(n, features) what a reader knows: its own probe's score, and all that stands behind it."""
    if key == "s":
        return rows.s[:, None]
    columns = [rows.letters, rows.s[:, None]]
    for name in reversed(_PROBES):
        if key == "letters" or _PROBES.index(name) < _PROBES.index(key):
            break
        own = scores[name][:, None]
        # The turn alone lets the model move the point at which the detail is told.
        columns.append(_turn(rows)[:, None] * np.hstack([own, np.ones_like(own)]) if name == "seen" else own)
    return np.hstack(columns)


def _probes(
    rows: Rows, plan: _Plan, label: Mask, site: str, layers: Sequence[str], cs: Floats
) -> list[Probe]:
    """The probe of each outer fold: the layer and penalty whose held-out scores order best."""
    n, fits = plan.seen.shape
    best: list[tuple[float, Probe] | None] = [None for _ in plan.outer]
    y = np.repeat(label.astype(np.float64)[:, None], fits * len(cs), axis=1)
    weights = np.tile(plan.seen, len(cs))
    for layer in layers:
        x = rows.states.states(layer, site, rows.ids)
        found = fit(x, y, weights, np.repeat(cs, fits))
        logits = np.asarray(found.logits(x), np.float64).reshape(n, len(cs), fits)
        for o in plan.outer:
            at, train = plan.held(o), plan.fold != o
            for c in range(len(cs)):
                score = logits[np.arange(n), c, at]
                area = _area(score[train], label[train])
                before = best[o]
                if before is None or area > before[0]:
                    column = c * fits + plan.pairs[o, o]
                    probe = Probe(
                        layer,
                        site,
                        np.asarray(found.coef[:, column], np.float64).copy(),
                        float(found.intercept[column]),
                        score,
                    )
                    best[o] = area, probe
    return [one[1] for one in best if one]


def _readers(features: Floats, false: Mask, plan: _Plan, *, fitted: bool) -> list[Reader]:
    """The reader of each outer fold, from what it sees of the features (folds, n, features).

    All fits of all folds are columns of one problem whose rows are those of every fold in turn.
    """
    count, n, width = features.shape
    if not fitted:
        ones = [Reader(np.ones(1), 0.0, 0.0)] * count
        return [
            replace(one, cut=best_threshold(features[o, plan.fold != o, 0], false[plan.fold != o]))
            for o, one in enumerate(ones)
        ]
    at = [(o, i) for o in range(count) for i in range(count)]
    weights = np.zeros((count * n, len(at)))
    for column, (o, i) in enumerate(at):
        weights[o * n : (o + 1) * n, column] = plan.seen[:, plan.pairs[min(o, i), max(o, i)]]
    x = features.reshape(count * n, width)
    y = np.repeat(np.tile(false, count).astype(np.float64)[:, None], len(at), axis=1)
    found = fit(x, y, weights, np.full(len(at), _READER_C))
    logits = np.asarray(found.logits(x), np.float64).reshape(count, n, count, count)
    out = []
    for o in range(count):
        train = plan.fold != o
        inner = logits[o, np.arange(n), o, plan.fold]
        column = o * count + o
        out.append(
            Reader(
                np.asarray(found.coef[:, column], np.float64).copy(),
                float(found.intercept[column]),
                best_threshold(inner[train], false[train]),
            )
        )
    return out


def _area(score: Floats, positive: Mask) -> float:
    """Area under the ROC curve of all rows together; .5 where a class is not there."""
    scored = Scored(score, positive, np.zeros(len(score), np.int64), 1, 0, 0)
    return float(scored.area().values[0]) if scored.both else CHANCE


def _of(rows: Rows) -> str:
    return f" of {rows.stratum}" if rows.stratum else ""


# ---- figures


def _way(found: Reading, resamples: int, seed: int) -> Way:
    rows, keys = found.rows, found.levels
    names, cluster = np.unique(rows.group, return_inverse=True)
    bare = [key for key in found.scores if key.startswith("bare ")]
    outcomes = np.stack([found.right(key) for key in (*keys, *bare)], axis=1).astype(np.float64)
    paired = paired_rates(
        outcomes,
        cluster,
        np.zeros(len(cluster), np.int64),
        {"true": ~rows.false, "false": rows.false},
        resamples=resamples,
        seed=seed,
    )
    balanced = {
        key: mean(list(paired.rates(k).values()), shared=True)
        for k, key in enumerate((*keys, *bare))
    }

    def area(score: Floats, positive: Mask) -> Samples:
        return Scored(score, positive, cluster, len(names), resamples, seed).area()

    scored: dict[str, Samples] = {}
    for key in (*_SCORES, *bare):
        if key not in found.scores:
            continue
        if key == "bare seen":
            scored[key] = area(found.scores[key] * _turn(rows), rows.detail)
        else:
            score = rows.s if key == "s" else found.scores[key]
            scored[key] = area(score, rows.false)
    lost = {}
    before: Samples | None = None
    for key in keys:
        lost[key] = complement(balanced[key]) if before is None else difference(before, balanced[key])
        before = balanced[key]
    tree = estimates({"balanced": balanced, "scored": scored, "lost": lost})
    levels = tuple(
        Level(
            key=key,
            balanced=rate_of(tree["balanced"][key]),
            auroc=_rate(tree["scored"], key),
            bare=_rate(tree["balanced"], f"bare {key}"),
            bare_auroc=_rate(tree["scored"], f"bare {key}"),
            layers=tuple(one.probes[key].layer for one in found.folds) if key in _PROBES and key in found.folds[0].probes else (),
        )
        for key in keys
    )
    return Way(
        stratum=rows.stratum,
        premises=len(rows.ids),
        families=len(names),
        levels=levels,
        steps=_steps(levels, lost, tree["lost"]),
        note=rows.note,
    )


def _rate(tree: Mapping[str, Any], key: str) -> Estimate | None:
    return rate_of(tree[key]) if key in tree else None


def _steps(
    levels: Sequence[Level], lost: Mapping[str, Samples], found: Mapping[str, Any]
) -> tuple[Step, ...]:
    adjusted = holm({key: p_value(one) for key, one in lost.items()})
    out = []
    there = True  # of the truth itself there is something to lose
    for level in levels:
        key, one = level.key, rate_of(found[level.key])
        p = adjusted[key]
        sure = one.low is not None and one.low > 0 and p is not None and p < 1 - LEVEL
        first = not out and key != "seen"
        out.append(
            Step(
                key=key,
                name=_NOT_FOUND if first else STEPS[key],
                lost=one,
                smallest=_smallest(one),
                p=p,
                claimed=there and sure,
            )
        )
        there = level.balanced.low is not None and level.balanced.low > CHANCE
    return tuple(out)


def _smallest(found: Estimate) -> float | None:
    """The loss that intervals of this width show with a power of .8."""
    if found.low is None or found.high is None:
        return None
    error = (found.high - found.low) / 2 / NormalDist().inv_cdf(0.5 + LEVEL / 2)
    return smallest_difference(1, Spread(error**2))


# ---- words


@dataclass(frozen=True, slots=True)
class Claim(claims.Claim):
    """One thing that a chain says, with its words."""

    @property
    def words(self) -> str:
        """A clause without capital or full stop."""
        return self.kind


def _claims(way: Way) -> Iterable[Claim]:
    yield from ()
