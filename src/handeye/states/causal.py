"""Whether what a probe reads off the states is used: states changed, the change of the answer read.

Decodable is not used (a probe finds whatever is there), so a model is run again with states that

- were **patched**: those of a sibling (the same prompt about a clip in which the premise is true
  instead of false, or the reverse) in place of its own, at all tokens, those of the media, the
  words or the last one;
- were **steered** along a probe's direction, against directions drawn at random that are as long;
- had what a linear reader finds **erased** (:mod:`handeye.states.leace`): if it is used, fewer
  false premises are rejected.

Every effect stands beside controls: patching the states of the same clip (must change nothing), of
a clip of the family that differs in what was not asked, and of an unrelated family; directions and
erasures at random, and those of probes fitted to labels that were flipped family by family. An
effect is claimed only where its interval leaves out every control. Probes and erasures are fitted
without the families on which they are tried. Torch is imported only when something runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, allowed, first_ten, within
from handeye.scores.estimate import Estimate
from handeye.shown import Shown, Words
from handeye.states.effects import (
    SIBLING,
    UNRELATED,
    Check,
    Effect,
    Figures,
    Said,
    erase_effects,
    patch_effects,
    steer_effects,
)
from handeye.states.figures import Floats
from handeye.states.folds import grouped_folds
from handeye.states.leace import Eraser, Spread, normal
from handeye.states.parts import Arrays, Piece
from handeye.states.premises import REJECTIONS
from handeye.states.solver import Design
from handeye.states.targets import Target

if TYPE_CHECKING:
    from handeye.respondents.local.chat import Ask
    from handeye.respondents.local.engine import Engine
    from handeye.states.edits import Edit
    from handeye.states.rerun import Answering, Case, Patched
    from handeye.states.store import States

Along = Literal["probe", "means"]
# Roles of Target.siblings, as donors are called here.
_ROLES = {SIBLING: "media", "other detail": "other"}


class Causal(Shown, msgspec.Struct, frozen=True, kw_only=True):
    """What changes of states do to answers.

    Attributes:
        effects: by stratum, check, layer, site and measure.
        items: that were asked, by stratum.
        families: that they are of, likewise.
        left_out: why items were not asked: how many, by reason.
        itself: largest change of a logit where states were patched with themselves; 0.
        through: largest difference of S between a run patched at all tokens and the sibling's own,
            in nats: about 0 where all goes through the states of a layer.
        own: share of premises, true and false, that are told rightly without any change, their
            mean, by stratum.
        along: what was steered along.
        size: of a step, in root mean squares of how far states lie from their mean.
        directions: drawn of each kind.
        seed: of all that is drawn.
    """

    effects: tuple[Effect, ...]
    items: dict[str, int]
    families: dict[str, int]
    left_out: dict[str, int]
    itself: float
    through: float
    own: dict[str, Estimate]
    along: Along
    size: float
    directions: int
    seed: int

    def effect(self, stratum: str, check: Check, layer: str, site: str, measure: str) -> Effect:
        """One of the effects.

        Raises:
            KeyError: it was not measured.
        """
        wanted = (stratum, check, layer, site, measure)
        for one in self.effects:
            if (one.stratum, one.check, one.layer, one.site, one.measure) == wanted:
                return one
        raise KeyError(wanted)

    @property
    def claims(self) -> tuple[Effect, ...]:
        """The effects that are claimed."""
        return tuple(one for one in self.effects if one.claimed)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def _words(self) -> Words:
        said = {
            " ".join(filter(None, (e.stratum, e.check, e.layer, e.site, e.measure))): e.effect.text(
                "line", "plain" if e.measure in ("moved", "parted") else "points"
            )
            for e in self.claims
        }
        asked = sum(self.items.values())
        note = "" if said else "No change of states had an effect beyond its controls."
        return Words(f"Changes of states beyond their controls, {asked:,} items", said, note)

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        for one in self.effects:
            names = ("stratum", "check", "layer", "site", "measure")
            yield {
                **{name: getattr(one, name) for name in names},
                **{end: getattr(one.effect, end) for end in ("value", "low", "high", "n")},
                **{name: control.value for name, control in one.controls.items()},
                "claimed": one.claimed,
            }


# ---- who is asked


def causal(
    engine: Engine,
    asks: Mapping[str, Ask],
    targets: Sequence[Target],
    *,
    states: States | None = None,
    layers: Sequence[str] | None = None,
    sites: Sequence[str] = ("all", "media", "text", "last"),
    rejections: Sequence[int] = REJECTIONS,
    along: Along = "probe",
    size: float = 0.5,
    directions: int = 16,
    c: float = 0.01,
    folds: int = 5,
    batch_size: int = 8,
    resamples: int = 4000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    piece: Piece | None = None,
) -> Causal:
    """Patch, steer and erase, and measure what becomes of the answers.

    Args:
        engine: with the model.
        asks: the questions that are run, by item id; siblings need one too.
        targets: of one name, label 1 where the premise is false; with letters (``roles``) and a
            sibling under ``media``. Those without a question only help to fit probes, if ``states``
            has theirs.
        states: captured ones, whose site ``last`` probes and erasures are fitted to; None: to those
            of the items that are run.
        layers: whose output is changed; None: all.
        sites: tokens that are patched, of :data:`handeye.states.edits.SITES`; none: no patching.
        rejections: the roles that reject.
        along: what is steered along: the weights of the probe, or the difference of the class means
            (which is what a linear reader's weights need not be near).
        size: of a step, see :class:`Causal`.
        directions: drawn at random, and fitted to flipped labels, each; 0: only patching.
        c: inverse strength of the probe's penalty.
        folds: of families; a direction is tried on families that it was not fitted to.
        batch_size: questions run at a time.
        resamples: of families.
        seed: of folds, draws and resamples.
        progress: called with (questions done, in all).
        piece: gives the arrays of a piece of work by its name, kept from before or made now by the
            function that it is given; None: nothing is kept.

    Raises:
        DataError: targets of several names, no item with a sibling that could be asked, or a
            sibling with another prompt.
        OptionError: an option out of range, or too few families for so many folds.
        RunError: the model's letters are no single tokens; patching with the same states changes
            the answer.
    """
    within("directions", directions, 0, 100_000)
    within("batch_size", batch_size, 1, 100_000)
    if along not in get_args(Along):
        raise OptionError(f"along is {along!r}{allowed(along, get_args(Along))}")
    if not size > 0 or not np.isfinite(size):
        raise OptionError(f"size must be a number above 0, got {size}")
    from handeye.states.rerun import Answering

    model = Answering(engine, rejections, batch_size)
    wanted = _layers(layers, model.layers)
    cases, left_out = _cases(model, asks, targets, rejections, seed)
    ticks = _Ticks(progress, len(cases) * (1 + (len(wanted) if directions else 0)))
    piece = piece or (lambda name, make: make())
    keep = states is None and directions > 0
    patched = model.patched(cases, wanted, sites, keep=keep, done=ticks, piece=piece)
    effects: list[Effect] = []
    own: dict[str, Estimate] = {}
    strata = {one.target.stratum: None for one in cases}
    for stratum in strata:
        rows = np.array([k for k, one in enumerate(cases) if one.target.stratum == stratum])
        figures = Figures(
            [cases[k].target for k in rows], patched.own.of(rows), rejections, resamples, seed
        )
        own[stratum] = figures.told_rightly()
        effects += patch_effects(
            figures,
            {name: said.of(rows) for name, said in patched.donors.items()},
            {key: said.of(rows) for key, said in patched.said.items()},
            wanted,
            sites,
        )
        if directions:
            chosen = [cases[k] for k in rows]
            fitted = _fitted(targets, stratum, states, patched, rows, cases)
            drawing = _Drawing(along, size, directions, c, folds, seed)
            rerun = _Rerun(model, batch_size, piece, ticks)
            effects += _direction_effects(rerun, figures, chosen, fitted, wanted, drawing)
    counts = {s: [one.target.group for one in cases if one.target.stratum == s] for s in strata}
    return Causal(
        effects=tuple(effects),
        items={stratum: len(groups) for stratum, groups in counts.items()},
        families={stratum: len(set(groups)) for stratum, groups in counts.items()},
        left_out=left_out,
        itself=patched.itself,
        through=patched.through,
        own=own,
        along=along,
        size=size,
        directions=directions,
        seed=seed,
    )


def _layers(wanted: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    for layer in wanted or ():
        if layer not in known:
            raise OptionError(f"layer is {layer!r}{allowed(layer, known)}")
    return tuple(known if wanted is None else wanted)


def _cases(
    model: Answering,
    asks: Mapping[str, Ask],
    targets: Sequence[Target],
    rejections: Sequence[int],
    seed: int,
) -> tuple[list[Case], dict[str, int]]:
    from handeye.states.rerun import Case

    if len(names := sorted({one.target for one in targets})) > 1:
        raise DataError(f"targets are of several names: {first_ten(names)}; give those of one")
    by_id = {one.item_id: one for one in targets}
    left_out: dict[str, int] = defaultdict(int)
    able: list[tuple[Target, dict[str, Ask], int]] = []
    sizes = {item: model.media_tokens(asks[item]) for item in by_id if item in asks}
    for one in by_id.values():
        if one.item_id not in asks:
            continue
        if not set(rejections) < set(one.roles):
            left_out["its options have no letters, or none of them rejects"] += 1
            continue
        donors = {}
        for name, role in _ROLES.items():
            other = by_id.get(one.siblings.get(role, ""))
            if other is None or sizes.get(other.item_id) != sizes[one.item_id]:
                continue
            if asks[other.item_id].text != asks[one.item_id].text:
                raise DataError(
                    f"items {one.item_id} and {other.item_id} are siblings and have different "
                    "prompts; only the same words about two clips can be patched"
                )
            if (other.label == one.label) == (name == SIBLING):
                raise DataError(
                    f"items {one.item_id} and {other.item_id}: labels {one.label} and "
                    f"{other.label} do not go with siblings under {role!r}"
                )
            donors[name] = asks[other.item_id]
        if SIBLING not in donors:
            left_out["it has no sibling that is asked and takes as many tokens"] += 1
            continue
        able.append((one, donors, sizes[one.item_id]))
    if not able:
        why = "; ".join(left_out) or "no question was given for any of them"
        raise DataError(f"none of the {len(targets)} targets can be patched: {why}")
    draws = np.random.PCG64(np.random.SeedSequence([seed, 1])).random_raw(len(able))
    cases = []
    for (one, donors, size), word in zip(able, draws.tolist(), strict=True):
        others = [
            other.item_id
            for other, _, other_size in able
            if (other.stratum, other.label, other_size) == (one.stratum, one.label, size)
            and other.group != one.group
        ]
        if others:
            donors[UNRELATED] = asks[others[word % len(others)]]
        own = asks[one.item_id]
        shown = {
            name: replace(own, pictures=donor.pictures, sounds=donor.sounds)
            for name, donor in donors.items()
        }
        cases.append(Case(one, own, shown))
    return cases, dict(left_out)


class _Ticks:
    """How far the work is."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, count: int) -> None:
        """So many questions are done."""
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)


# ---- directions


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How directions are fitted and drawn; as in :func:`causal`."""

    along: Along
    size: float
    count: int
    c: float
    folds: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What probes are fitted to: labels and groups of rows, their states by layer.

    ``place`` are the rows of the cases that are tried, in their order.
    """

    label: NDArray[np.int64]
    groups: list[str]
    states: Callable[[str], NDArray[np.float32]]
    place: NDArray[np.int64]


def _fitted(
    targets: Sequence[Target],
    stratum: str,
    states: States | None,
    patched: Patched,
    rows: NDArray[np.int64],
    cases: Sequence[Case],
) -> _Fitted:
    if states is None:
        chosen = [cases[row].target for row in rows]
        place = np.arange(len(rows))

        def of(layer: str) -> NDArray[np.float32]:
            return patched.last[layer][rows]

    else:
        chosen = list({o.item_id: o for o in targets if o.stratum == stratum}.values())
        ids = [one.item_id for one in chosen]
        at = {item: k for k, item in enumerate(ids)}
        place = np.array([at[cases[row].target.item_id] for row in rows])

        def of(layer: str) -> NDArray[np.float32]:
            return states.states(layer, "last", ids)

    label = np.array([one.label for one in chosen])
    return _Fitted(label, [one.group for one in chosen], of, place)


@dataclass(frozen=True, slots=True)
class _Rerun:
    """What asks again: a model, questions that are a piece of work, who keeps it, who is told."""

    model: Answering
    batch_size: int
    piece: Piece
    ticks: _Ticks


def _direction_effects(
    rerun: _Rerun,
    figures: Figures,
    cases: Sequence[Case],
    fitted: _Fitted,
    layers: Sequence[str],
    drawing: _Drawing,
) -> list[Effect]:
    """Effects of steering and erasing at the last token of one stratum's items."""
    folds = grouped_folds(fitted.groups, drawing.folds, seed=drawing.seed)
    labels = _flipped(fitted, drawing)
    steered, erased, told = {}, {}, {}
    for layer in layers:
        x = fitted.states(layer)
        if (x == x[0]).all():  # the embedding of a last token that all prompts have
            rerun.ticks(len(cases))
            continue
        steps, erasers, scores = _directions(x, labels, folds, drawing)
        told[layer] = [score[fitted.place] for score in scores]
        parts = []
        for start in range(0, len(cases), rerun.batch_size):
            rows = range(start, min(start + rerun.batch_size, len(cases)))
            asked = [(cases[row], int(folds[fitted.place[row]])) for row in rows]
            make = partial(_edited, rerun.model, asked, layer, steps, erasers)
            parts.append(rerun.piece(f"directions {figures.stratum} {layer} {start}", make))
            rerun.ticks(len(rows))
        whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        steered[layer] = Said(whole["steered s"], whole["steered role"])
        erased[layer] = Said(whole["erased s"], whole["erased role"])
    return [
        *steer_effects(figures, steered, drawing.count),
        *erase_effects(figures, erased, told, drawing.count),
    ]


def _edited(
    model: Answering,
    asked: Sequence[tuple[Case, int]],
    layer: str,
    steps: Sequence[Floats],
    erasers: Sequence[Sequence[Eraser]],
) -> Arrays:
    """Answers of some cases, each with its fold, with steps and erasures at the last token."""
    many = len(erasers[0])
    steered, erased = Said.nothing(len(asked), 2 * many), Said.nothing(len(asked), many)
    for row, (case, fold) in enumerate(asked):
        for into, edit in (
            (steered, _steering(steps[fold])),
            (erased, _erasing(erasers[fold])),
        ):
            said = model.at_last(case, layer, edit, into.s.shape[1])
            into.s[row], into.role[row] = said.s, said.role
    return {
        "steered s": steered.s,
        "steered role": steered.role,
        "erased s": erased.s,
        "erased role": erased.role,
    }


def _steering(steps: Floats) -> Callable[[slice], Edit]:
    import torch

    from handeye.states.edits import steer

    both = torch.as_tensor(np.concatenate([steps, -steps]))
    return lambda rows: steer(both[rows])


def _erasing(erasers: Sequence[Eraser]) -> Callable[[slice], Edit]:
    from handeye.states.edits import erase

    return lambda rows: erase(erasers[rows])


def _flipped(fitted: _Fitted, drawing: _Drawing) -> NDArray[np.int64]:
    """Labels (n, 1 + count): as they are, then with those of one half of the families flipped.

    Of exactly one half: a probe of labels that still go with the true ones would find their
    direction, however weakly they do.
    """
    names, group = np.unique(fitted.groups, return_inverse=True)
    words = np.random.PCG64(np.random.SeedSequence([drawing.seed, 2]))
    drawn = words.random_raw(len(names) * drawing.count).reshape(drawing.count, len(names))
    flips = np.argsort(np.argsort(drawn, axis=1), axis=1) < len(names) // 2
    labels = [fitted.label, *(fitted.label ^ one[group] for one in flips.astype(np.int64))]
    return np.stack(labels, axis=1)


def _directions(
    x: NDArray[np.float32], labels: NDArray[np.int64], folds: NDArray[np.int64], drawing: _Drawing
) -> tuple[list[Floats], list[list[Eraser]], tuple[Floats, Floats]]:
    """Steps and erasers of a layer, by fold, and what probes tell before and after the erasure.

    Returns:
        By fold (1 + 2 count, width) steps towards label 1 (the probe's, those of flipped labels,
        random ones), all of one length; by fold as many erasers; held-out logits (n,) of the
        probe, of the states and of the erased ones.
    """
    count, width = drawing.count, x.shape[1]
    k = int(folds.max()) + 1
    # Column by column: the folds of the labels as they are, then those of each flipped one.
    outside = np.tile(folds[:, None] != np.arange(k), (1, 1 + count)).astype(np.float32)
    fit = Design(x).fit(np.repeat(labels, k, axis=1), outside, drawing.c)
    coef = fit.coef.astype(np.float64).T.reshape(1 + count, k, width)
    logits = fit.logits(x)
    length = drawing.size * float(np.sqrt(np.mean(np.sum((x - x.mean(axis=0)) ** 2, axis=1))))
    words = np.random.PCG64(np.random.SeedSequence([drawing.seed, 3]))
    steps, erasers = [], []
    before, after = np.zeros(len(x)), np.zeros(len(x))
    for fold in range(k):
        inside = folds != fold
        own_way = coef[:, fold]
        if drawing.along == "means":
            rows = labels[inside]
            own_way = (rows - rows.mean(axis=0)).T @ x[inside].astype(np.float64)
        found = np.concatenate([own_way, normal(words, (count, width))])
        long = np.linalg.norm(found, axis=1, keepdims=True)
        steps.append(length * found / np.where(long > 0, long, 1.0))
        spread = Spread(x[inside])
        own = [spread.eraser(label) for label in labels[inside].T]
        erasers.append([*own, *spread.at_random(spread.removed(own[0]), count, words)])
        before[~inside] = logits[~inside, fold]
        after[~inside] = fit.logits(own[0](x[~inside]))[:, fold]
    return steps, erasers, (before, after)
