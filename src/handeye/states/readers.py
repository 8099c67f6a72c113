"""Readers that tell true premises from false ones, each from less of what a model computes.

    seen       which of two details the clip holds, at the media tokens
    compared   the premise, in the layer and at the site (words, last token) where it is read best
    last       the premise, in the last layer
    letters    the premise, from the log-probabilities of the options by role
    s          the premise, from S: log odds of rejecting, not trained

A probe that is compared with a score it could have been built on finds gaps where there are none,
so readers are nested: each is a logistic model of its own probe's score (held out by inner folds),
the letters and S; *seen* knows the score of *compared*, too, as what is compared was seen. Layer
and penalty of a probe are those that tell most together with the letters. All readers decide: each
is cut where inner folds make the balanced accuracy highest. Probes by themselves stand beside.

In a crossed set a premise is false where the clip does not hold the detail that the question names.
So the detail as read, turned by the question, is a decision about the premise, and it is right
exactly where the detail was read rightly; a linear probe of a state that holds detail and question
side by side is at chance. What is named says the question alone; in a crossed family it tells
nothing of the premise. Details may be asked as two sides of one thing (``detail``), or value by
value (``detail: red``), where the question chooses the probe.

Outer folds report. Inner folds of an outer fold are the other ones: what was fitted without two
folds serves as inner fit to both, and shows besides how much two folds owe to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from handeye.errors import DataError, OptionError, allowed
from handeye.states.figures import Bools, Floats, areas, mean_of
from handeye.states.folds import Ints, grouped_folds
from handeye.states.premises import REJECTIONS, Premises, premises
from handeye.states.solver import fit
from handeye.states.store import States
from handeye.states.targets import Target
from handeye.stats.roc import best_threshold

CS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse strengths of the penalty of probes, to choose from."""
SAID = ("own", "answer", "right")
"""What a respondent decides: S at its own cut, 0; its answer; and the sense that it blames."""
# Of the readers, which have a handful of standardised features.
_READER_C = 1.0


@dataclass(frozen=True)
class Probe:
    """A linear probe of states, without one outer fold.

    Attributes:
        layer: chosen by the inner folds.
        site: where it reads.
        names: of what it is asked, one a column; a single one where all rows are asked the same.
        coef: (width, names).
        intercept: (names,) the logit where the state is 0.
        score: (n,) held out: of the outer fold by this probe, of others by one that lacks theirs.
    """

    layer: str
    site: str
    names: tuple[str, ...]
    coef: Floats
    intercept: Floats
    score: Floats

    def of(self, rows: Premises) -> Floats:
        """Scores (n,) of any premises of the same model; 0 of what it was never asked."""
        logits = rows.states.states(self.layer, self.site, rows.ids) @ self.coef + self.intercept
        if len(self.names) == 1:
            return np.asarray(logits[:, 0])
        at = {name: column for column, name in enumerate(self.names)}
        columns = np.array([at.get(name, -1) for name in rows.asked])
        return np.where(columns < 0, 0.0, logits[np.arange(len(columns)), columns])


@dataclass(frozen=True)
class Reader:
    """A reader without one outer fold: a logistic model of its features, and its cut."""

    coef: Floats
    intercept: float
    cut: float

    def over(self, features: Floats) -> Floats:
        """By how much rows (n, features) lie above the cut; above 0 a premise is called false."""
        return features @ self.coef + self.intercept - self.cut


@dataclass(frozen=True)
class Reading:
    """A stratum read.

    Attributes:
        rows: of the stratum.
        fold: (n,) outer fold of each row.
        probes: by key.
        readers: by key, one an outer fold.
        over: by reader, (n, folds) by how much rows lie above the cut. In the column of a row's own
            fold by what was fitted without it; in others by what lacks that fold as well.
        cs: inverse strengths that probes were chosen from.
        seed: of the folds.
    """

    rows: Premises
    fold: Ints
    probes: Mapping[str, Fitted]
    readers: Mapping[str, Sequence[Reader]]
    over: Mapping[str, Floats]
    cs: Floats
    seed: int

    @property
    def levels(self) -> tuple[str, ...]:
        """What there is to decide by, in order."""
        return (*self.readers, *(SAID if self.rows.routed else SAID[:-1]))

    @property
    def folds(self) -> range:
        """The outer folds."""
        return range(int(self.fold.max()) + 1)

    def right(self, key: str, *, bare: bool = False) -> Bools:
        """(n, folds) whether premises are told rightly, as :attr:`over`.

        Args:
            key: of the level.
            bare: by the probe alone; at the media tokens, whether the detail is.
        """
        if bare:
            return np.asarray((self.probes[key].over > 0) == self.rows.label(key)[:, None])
        over = self.over.get(key)
        found = _decided(self.rows, key, None if over is None else over.T)
        return np.broadcast_to(found, (len(self.folds), len(self.fold))).T

    def on(self, rows: Premises) -> dict[str, float]:
        """Balanced accuracy by level of the same readers on other families of the same model.

        The mean over outer folds, which is what the held-out shares estimate.
        """
        shares: dict[str, list[float]] = {key: [] for key in self.levels}
        for o in self.folds:
            scores = {key: found.chosen[o].of(rows) for key, found in self.probes.items()}
            for key in self.levels:
                over = None
                if key in self.readers:
                    over = self.readers[key][o].over(rows.features(key, scores))
                right = _decided(rows, key, over)
                shares[key].append(float(right[rows.false].mean() + right[~rows.false].mean()) / 2)
        return {key: float(np.mean(found)) for key, found in shares.items()}


def _decided(rows: Premises, key: str, over: Floats | None) -> Bools:
    """Whether premises are told rightly by what lies above 0, or by what was said."""
    if key in SAID[1:]:
        return rows.said[:, SAID.index(key) - 1]
    return np.asarray(((rows.s if over is None else over) > 0) == rows.false)


def readings(
    states: States,
    targets: Sequence[Target],
    *,
    answers: Sequence[int | None] | None = None,
    premise: str = "premise",
    seen: str = "detail",
    rejections: Sequence[int] = REJECTIONS,
    media: str = "media",
    compared: Sequence[str] = (),
    last: str = "last",
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    folds: int = 5,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Reading]:
    """Read the premises of every stratum.

    Args:
        states: of the items, with their letters.
        targets: one of each item about its premise (1: false), with ``roles`` and ``rejection``;
            and, where there is one, about the detail that its clip holds.
        answers: the role that was chosen, one a target (those about details are not looked at);
            None for an answer that names none, which is wrong of true and of false premises.
            Without any, the likeliest letter is the answer.
        premise: name of the targets about premises.
        seen: name of those about details; they are asked where every family has each of its
            questions as often with a true as with a false premise.
        rejections: the roles that reject.
        media: site of the media tokens.
        compared: sites at which the premise may be held first, such as the mean over its words;
            the last token is always one.
        last: site of the last token of the prompt.
        layers: to choose from; None: all. The last one of the store is where letters are made.
        cs: inverse strengths of the penalty of probes, to choose from.
        folds: outer folds, 3 or more.
        seed: of the folds.
        progress: told what is read next.

    Raises:
        DataError: there is no such target; letters or roles are missing; a stratum has true or
            false premises alone, or a fold has.
        OptionError: an argument out of range, or fewer families than folds.
    """
    chosen = tuple(states.layers if layers is None else layers)
    held = tuple(dict.fromkeys((*compared, last)))
    for what, names, known in (("layer", chosen, states.layers), ("site", held, states.sites)):
        for name in (name for name in names if name not in known):
            raise OptionError(f"{what} {name!r} is not in the store{allowed(name, known)}")
    if folds < 3:
        raise OptionError(f"folds must be 3 or more, so that inner ones are left; got {folds}")
    for rows in premises(
        states,
        targets,
        answers=answers,
        premise=premise,
        seen=seen if media in states.sites else "",
        rejections=rejections,
    ):
        places = {
            "compared": [(site, layer) for site in held for layer in chosen],
            "last": [(last, states.layers[-1])],
        }
        if rows.asked:
            places = {"seen": [(media, layer) for layer in chosen], **places}
        plan = Plan(grouped_folds(rows.group, folds, seed=seed, balance=rows.kind))
        if not plan.mixed(rows.false):
            raise DataError(
                f"premises{f' of {rows.stratum}' if rows.stratum else ''}: one of {folds} folds "
                "holds true or false ones alone; ask for fewer folds, or take more groups"
            )
        yield _read(rows, plan, places, np.asarray(cs, np.float64), seed, progress)


def _read(
    rows: Premises,
    plan: Plan,
    places: Mapping[str, Sequence[tuple[str, str]]],
    cs: Floats,
    seed: int,
    progress: Callable[[str], None] | None,
) -> Reading:
    told: dict[str, Told] = {}
    probes: dict[str, Fitted] = {}

    def read(key: str) -> None:
        held = [{name: found.chosen[o].score for name, found in probes.items()} for o in plan.folds]
        told[key] = _fit_readers(np.stack([rows.features(key, one) for one in held]), rows, plan)

    read("s")
    read("letters")
    # From the mouth to the eye: a reader is fitted when all that stands behind it is known.
    for key, where in reversed(list(places.items())):
        if progress:
            progress(f"{rows.stratum} {key}".strip())
        seen = key == "seen"
        questions = asked_of(rows) if seen else everything(rows)
        behind = None if seen else told["letters"].score
        probes[key] = fit_probes(rows, plan, rows.label(key), questions, where, cs, behind)
        read(key)
    order = (*places, "letters", "s")
    return Reading(
        rows,
        plan.fold,
        {key: probes[key] for key in places},
        {key: told[key].readers for key in order},
        {key: told[key].over for key in order},
        cs,
        seed,
    )


class Plan:
    """Which rows every fit may see: for each two folds all but these, for each all but it.

    Attributes:
        fold: (n,) of each row.
        folds: the folds.
        without: number of the fit that lacks two folds, or the same one twice, in order.
        seen: (n, fits) 1 where a row is used.
    """

    def __init__(self, fold: Ints) -> None:
        self.fold, self.folds = fold, range(int(fold.max()) + 1)
        pairs = [(a, b) for a in self.folds for b in self.folds[a:]]
        self.without = {pair: number for number, pair in enumerate(pairs)}
        self.seen = np.stack([(fold != a) & (fold != b) for a, b in pairs], axis=1).astype(float)

    def number(self, a: int, b: int) -> int:
        """Number of the fit that lacks two folds."""
        return self.without[min(a, b), max(a, b)]

    def held(self, outer: int) -> Ints:
        """(n,) for each row the fit that lacks its fold and an outer one."""
        return np.array([self.number(outer, inner) for inner in self.folds])[self.fold]

    def mixed(self, label: Bools) -> bool:
        """Whether every fold has rows of either class."""
        return all(0 < label[self.fold == f].mean() < 1 for f in self.folds)

    def cut(self, score: Floats, label: Bools) -> tuple[Floats, Floats]:
        """Where scores decide best, and by how much rows lie above that.

        Args:
            score: (n, folds) held out, by what lacks the row's fold and that of the column.
            label: (n,) which rows should lie above.

        Returns:
            (folds,) cuts of the inner folds of each; (n, folds) scores less the cut that was chosen
            without the row's fold and that of the column.
        """
        cuts, over = np.empty(len(self.folds)), np.empty_like(score)
        for a in self.folds:
            for b in self.folds:
                rest = (self.fold != a) & (self.fold != b)
                cut = best_threshold(score[rest, a], label[rest])
                # Finite, so that what lies above it keeps its order.
                cut = float(np.clip(cut, score[rest, a].min() - 1, score[rest, a].max() + 1))
                inside = self.fold == b
                over[inside, a] = score[inside, a] - cut
                if a == b:
                    cuts[a] = cut
        return cuts, over


Asked = Mapping[str, tuple[Floats, Floats]]
"""By name of what is asked, (n,) labels and (n,) weights of the rows that a probe is fitted to."""


def everything(rows: Premises) -> Asked:
    """All rows, asked whether their premise is false."""
    return {"": (rows.false.astype(np.float64), np.ones(len(rows.ids)))}


def asked_of(rows: Premises) -> Asked:
    """The targets about details.

    Of two sides of one thing all rows have one name, and their labels are learnt. A value is told
    from its absence by the rows that are asked it, and from the other values of its kind by the
    clips that are said to hold these, either class with half of the weight.
    """
    asked, kind = np.array(rows.asked), np.array(rows.kind)
    out: dict[str, tuple[Floats, Floats]] = {}
    for name in sorted(set(rows.asked)):
        own = asked == name
        label = own & rows.detail
        weight = (own | (rows.detail & np.isin(kind, kind[own]))).astype(float)
        if not own.all():
            for side in (label, ~label):
                weight[side] *= len(own) / 2 / max(weight[side].sum(), 1)
        out[name] = label.astype(float), weight
    return out


class Fitted(NamedTuple):
    """Probes of one thing.

    Attributes:
        chosen: one an outer fold, of the layer and penalty that tell its inner folds most together
            with what stands behind; by itself it may tell less than others.
        alone: likewise, of those that tell most by themselves.
        over: (n, folds) of these by how much rows lie above the cut, as :meth:`Plan.cut`.
    """

    chosen: list[Probe]
    alone: list[Probe]
    over: Floats


def fit_probes(
    rows: Premises,
    plan: Plan,
    label: Bools,
    questions: Asked,
    where: Sequence[tuple[str, str]],
    cs: Floats,
    behind: Floats | None = None,
) -> Fitted:
    """Fit probes at every place and with every penalty, and choose by their inner folds' AUROC.

    This is not :func:`handeye.states.search.search`: that one has inner folds of its own and keeps
    areas alone, of as many labels as its null draws, where here inner folds are the other outer
    ones (what two folds owe to each other is read off their fits), choices are made together with
    the letters, and the weights are kept for families that come later.

    Args:
        rows: to be read.
        plan: the folds.
        label: (n,) what the scores together should tell.
        questions: what is fitted to what; rows that are asked something get its probe's score.
        where: sites and layers to choose from.
        cs: inverse strengths of the penalty to choose from.
        behind: (n, folds) what the letters tell; None where there is nothing behind.
    """
    n, fits = plan.seen.shape
    names = tuple(questions)
    nothing = Probe("", "", names, np.empty(0), np.empty(0), np.empty(0))
    best = [[(-1.0, nothing), (-1.0, nothing)] for _ in plan.folds]
    for site, layer in where:
        x = rows.states.states(layer, site, rows.ids)
        logits = np.zeros((n, len(cs), fits))
        coef = np.zeros((x.shape[1], len(names), len(cs), fits))
        intercept = np.zeros((len(names), len(cs), fits))
        for k, name in enumerate(names):
            truth, weight = questions[name]
            used = weight > 0
            seen = plan.seen[used] * weight[used, None]
            # Where a class is in no training row there is nothing to learn: the score stays 0.
            able = np.minimum(seen.T @ truth[used], seen.T @ (1 - truth[used])) > 0
            if not able.any():
                continue
            columns = int(able.sum())
            y = np.repeat(truth[used, None], columns * len(cs), axis=1)
            weights = np.tile(seen[:, able], len(cs))
            found = fit(x[used], y, weights, np.repeat(cs, columns))
            own = used if len(names) == 1 else np.array([one == name for one in rows.asked])
            said = np.asarray(found.logits(x[own]), np.float64)
            places = np.ix_(own, np.ones(len(cs), bool), able)
            logits[places] = said.reshape(-1, len(cs), columns)
            coef[:, k][:, :, able] = found.coef.reshape(-1, len(cs), columns)
            intercept[k][:, able] = found.intercept.reshape(len(cs), columns)
        for o in plan.folds:
            at, train, whole = plan.held(o), plan.fold != o, plan.number(o, o)
            for c in range(len(cs)):
                score = logits[np.arange(n), c, at]
                told = [score[train]] * 2
                if behind is not None:
                    told[0] = _together(score[train], behind[train, o], label[train])
                for place, one in enumerate(told):
                    area = float(mean_of(areas(one, label[train])[None]))
                    if area > best[o][place][0]:
                        columns_of = coef[:, :, c, whole].copy(), intercept[:, c, whole].copy()
                        best[o][place] = area, Probe(layer, site, names, *columns_of, score)
    chosen, alone = ([of[place][1] for of in best] for place in range(2))
    _, over = plan.cut(np.stack([one.score for one in alone], axis=1), label)
    return Fitted(chosen, alone, over)


class Told(NamedTuple):
    """The readers of the outer folds; (n, folds) their held-out scores, and less their cuts."""

    readers: list[Reader]
    score: Floats
    over: Floats


def _fit_readers(features: Floats, rows: Premises, plan: Plan) -> Told:
    """The reader of each outer fold, from its features (folds, n, width); of S there is but a cut.

    The fits of all folds are columns of one problem, whose rows are those of every fold in turn.
    """
    count, n, width = features.shape
    if width == 1:
        score = features[:, :, 0].T
        cuts, over = plan.cut(score, rows.false)
        return Told([Reader(np.ones(1), 0.0, float(cut)) for cut in cuts], score, over)
    own = [(o, i) for o in plan.folds for i in plan.folds]
    weights = np.zeros((count, n, len(own)))
    for column, (o, i) in enumerate(own):
        weights[o, :, column] = plan.seen[:, plan.number(o, i)]
    x = features.reshape(count * n, width)
    y = np.repeat(np.tile(rows.false, count).astype(np.float64)[:, None], len(own), axis=1)
    found = fit(x, y, weights.reshape(count * n, -1), np.full(len(own), _READER_C))
    logits = np.asarray(found.logits(x), np.float64).reshape(count, n, count, count)
    score = np.stack([logits[o, np.arange(n), o, plan.fold] for o in plan.folds], axis=1)
    cuts, over = plan.cut(score, rows.false)
    coef, intercept = found.coef.astype(np.float64), found.intercept
    readers = [
        Reader(coef[:, k], float(intercept[k]), float(cut))
        for k, cut in zip(range(0, count * count, count + 1), cuts, strict=True)
    ]
    return Told(readers, score, over)


def _together(one: Floats, two: Floats, label: Bools) -> Floats:
    """The linear discriminant of two scores (Fisher 1936); one alone if the other is constant."""
    both = np.stack([one, two], axis=1)
    sides = [both[label], both[~label]]
    within = np.mean([np.cov(side.T, bias=True) for side in sides], axis=0)
    if np.linalg.det(within) <= 1e-9 * within[0, 0] * within[1, 1]:
        return one if np.ptp(one) else two
    return both @ np.linalg.solve(within, sides[0].mean(axis=0) - sides[1].mean(axis=0))
