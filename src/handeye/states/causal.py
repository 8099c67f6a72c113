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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from handeye.errors import DataError, OptionError, RunError, allowed, first_ten, within
from handeye.scores.estimate import Estimate, rate_of
from handeye.shown import Shown, Words
from handeye.states.folds import grouped_folds
from handeye.states.leace import Eraser, Spread, normal
from handeye.states.solver import Design
from handeye.states.targets import Target
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import LEVEL, Samples, difference, estimates, rate
from handeye.stats.roc import Scored

if TYPE_CHECKING:
    import torch

    from handeye.respondents.local.chat import Ask
    from handeye.respondents.local.loading import LocalModel
    from handeye.states.edits import Edit
    from handeye.states.store import States

Floats = NDArray[np.float64]
Check = Literal["patch", "steer", "erase"]
REJECTIONS = (4, 5)
SIBLING, ITSELF, UNRELATED = "sibling", "itself", "unrelated"
# Roles of Target.siblings, as donors are called here.
_ROLES = {SIBLING: "media", "other detail": "other"}
RANDOM, FLIPPED = "random", "flipped"
MEASURES = {
    "flips": "of those whose sibling is answered otherwise, the answer is the sibling's",
    "turned": "rejects where the change is to a false premise, accepts where to a true one, "
    "less the reverse",
    "moved": "change of S in that direction, in nats",
    "rejected": "false premises rejected, less those rejected without the change",
    "parted": "S of false premises less S of true ones, less the same without the change, in nats",
    "told": "AUROC of a probe of held-out families",
    "left": "AUROC of a probe fitted anew to what was erased",
}
"""What is measured."""
# Rows of a batch behind one question that is run once.
_SIDE_BY_SIDE = 128
# How far two ways to the same logits may lie apart, relative to the largest, in full precision.
_TOLERANCE = 1e-3


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One measured effect of one change.

    Attributes:
        stratum: of the items; never pooled.
        check: what was done.
        layer: whose output was changed.
        site: at which tokens.
        measure: of :data:`MEASURES`; what ``n`` counts follows from it: the items whose sibling is
            answered otherwise (flips), those with a false premise (rejected), or all.
        effect: with its 95 % interval over families.
        controls: by name. Of patches an estimate each, of the same items; of directions the mean
            over all that were drawn, from the least to the most of them, and how many these are.
        over: of patches, the effect less that of each control, item by item.
        claimed: whether the interval leaves out 0 and all controls, at a level that holds for all
            layers and sites of the check together (Bonferroni).
    """

    stratum: str
    check: Check
    layer: str
    site: str
    measure: str
    effect: Estimate
    controls: dict[str, Estimate] = {}
    over: dict[str, Estimate] = {}
    claimed: bool = False


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


@dataclass(frozen=True, slots=True)
class _Case:
    """An item that is asked, and what is put in place of its clip, by name."""

    target: Target
    ask: Ask
    donors: Mapping[str, Ask]

    @property
    def toward(self) -> int:
        """1 where the sibling's premise is false, -1 where it is true."""
        return -1 if self.target.label else 1


def causal(
    loaded: LocalModel,
    asks: Mapping[str, Ask],
    targets: Sequence[Target],
    *,
    states: States | None = None,
    layers: Sequence[str] | None = None,
    sites: Sequence[str] = ("all", "media", "text", "last"),
    rejections: Sequence[int] = REJECTIONS,
    size: float = 0.5,
    directions: int = 64,
    c: float = 0.01,
    folds: int = 5,
    batch_size: int = 8,
    resamples: int = 4000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Causal:
    """Patch, steer and erase, and measure what becomes of the answers.

    Args:
        loaded: the model.
        asks: the questions that are run, by item id; siblings need one too.
        targets: of one name, label 1 where the premise is false; with letters (``roles``) and a
            sibling under ``media``. Those without a question only help to fit probes, if ``states``
            has theirs.
        states: captured ones, whose site ``last`` probes and erasures are fitted to; None: to those
            of the items that are run.
        layers: whose output is changed; None: all.
        sites: tokens that are patched, of :data:`handeye.states.edits.SITES`; none: no patching.
        rejections: the roles that reject.
        size: of a step, see :class:`Causal`.
        directions: drawn at random, and fitted to flipped labels, each; 0: only patching.
        c: inverse strength of the probe's penalty.
        folds: of families; a direction is tried on families that it was not fitted to.
        batch_size: questions run at a time.
        resamples: of families.
        seed: of folds, draws and resamples.
        progress: called with (questions done, in all).

    Raises:
        DataError: targets of several names, no item with a sibling that could be asked, or a
            sibling with another prompt.
        OptionError: an option out of range, or too few families for so many folds.
        RunError: the model's letters are no single tokens; patching with the same states changes
            the answer.
    """
    within("directions", directions, 0, 100_000)
    within("batch_size", batch_size, 1, 100_000)
    if not size > 0 or not np.isfinite(size):
        raise OptionError(f"size must be a number above 0, got {size}")
    model = _Model(loaded, tuple(rejections), batch_size)
    wanted = _layers(layers, model.layers)
    cases, left_out = _cases(model, asks, targets, seed)
    ticks = _Ticks(progress, len(cases) * (1 + bool(directions)))
    patched = _patched(model, cases, wanted, sites, states is None and directions > 0, ticks)
    effects: list[Effect] = []
    own: dict[str, Estimate] = {}
    strata = {one.target.stratum: None for one in cases}
    for stratum in strata:
        rows = np.array([k for k, one in enumerate(cases) if one.target.stratum == stratum])
        figures = _Figures(
            [cases[k].target for k in rows], patched.own.of(rows), rejections, resamples, seed
        )
        own[stratum] = figures.told_rightly()
        effects += _patch_effects(figures, patched, rows, wanted, sites if patched.donors else ())
        if directions:
            chosen = [cases[k] for k in rows]
            fitted = _fitted(targets, stratum, states, patched, rows, cases)
            drawing = _Drawing(size, directions, c, folds, seed)
            effects += _direction_effects(model, figures, chosen, fitted, wanted, drawing, ticks)
    counts = {s: [one.target.group for one in cases if one.target.stratum == s] for s in strata}
    return Causal(
        effects=tuple(effects),
        items={stratum: len(groups) for stratum, groups in counts.items()},
        families={stratum: len(set(groups)) for stratum, groups in counts.items()},
        left_out=left_out,
        itself=patched.itself,
        through=patched.through,
        own=own,
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
    model: _Model, asks: Mapping[str, Ask], targets: Sequence[Target], seed: int
) -> tuple[list[_Case], dict[str, int]]:
    if len(names := sorted({one.target for one in targets})) > 1:
        raise DataError(f"targets are of several names: {first_ten(names)}; give those of one")
    by_id = {one.item_id: one for one in targets}
    left_out: dict[str, int] = defaultdict(int)
    able: list[tuple[Target, dict[str, Ask], int]] = []
    sizes = {item: model.media_tokens(asks[item]) for item in by_id if item in asks}
    for one in by_id.values():
        if one.item_id not in asks:
            continue
        if not set(model.rejections) < set(one.roles):
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
            if other.group != one.group and other.stratum == one.stratum and other_size == size
        ]
        if others:
            donors[UNRELATED] = asks[others[word % len(others)]]
        own = asks[one.item_id]
        shown = {
            name: replace(own, pictures=donor.pictures, sounds=donor.sounds)
            for name, donor in donors.items()
        }
        cases.append(_Case(one, own, shown))
    return cases, dict(left_out)


# ---- the model


@dataclass(frozen=True, slots=True)
class _Said:
    """What was answered: S in nats and the role of the likeliest letter, (n, ...) each.

    nan and -1 where nothing was asked.
    """

    s: Floats
    role: NDArray[np.int64]

    @classmethod
    def nothing(cls, *shape: int) -> _Said:
        """To be filled."""
        return cls(np.full(shape, np.nan), np.full(shape, -1, np.int64))

    def of(self, rows: Any) -> _Said:
        """Some rows."""
        return _Said(self.s[rows], self.role[rows])


class _Model:
    """A model that answers with letters."""

    def __init__(self, loaded: LocalModel, rejections: tuple[int, ...], batch_size: int) -> None:
        from handeye.respondents.local.engine import Engine
        from handeye.states import edits

        self.edits = edits
        self.loaded, self.rejections, self.batch_size = loaded, rejections, batch_size
        self.layers = edits.layers_of(loaded)
        self._engine = Engine(loaded)
        self._letters: list[int] = []
        self._in_parts: bool | None = None

    def encoded(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """A batch for the model."""
        from handeye.respondents.local.prompts import process

        return process(self.loaded, asks)

    def media_tokens(self, ask: Ask) -> int:
        """Tokens of pictures and sounds in a question."""
        encoded = self.encoded([ask])
        return int(self.edits.tokens_of(self.loaded, encoded, "media").sum())

    def read(self, logits: torch.Tensor, roles: Sequence[Sequence[int]]) -> _Said:
        """Answers off logits (rows, words); roles by position of each row's letters."""
        out = _Said.nothing(len(roles))
        letters = self._letter_ids(max(map(len, roles)))
        found = logits[:, letters].double().cpu().numpy()
        if not np.isfinite(found).all():
            raise RunError("the model's logits are no numbers (nan or infinite)")
        for row, own in enumerate(roles):
            values = found[row, : len(own)]
            reject = np.isin(own, self.rejections)
            out.s[row] = logsumexp(values[reject]) - logsumexp(values[~reject])
            out.role[row] = own[int(values.argmax())]
        return out

    def _letter_ids(self, count: int) -> list[int]:
        from handeye.respondents.local.choices import choice_tokens

        for letter in ascii_uppercase[len(self._letters) : count]:
            ids = choice_tokens(self.loaded, letter)
            if len(ids) > 1:
                raise RunError(f"letter {letter} is {len(ids)} tokens to this model; S needs one")
            self._letters.append(ids[0])
        return self._letters[:count]

    def at_last(self, case: _Case, layer: str, edit: Callable[[slice], Edit], count: int) -> _Said:
        """Answers to one question with edits of its last token, ``count`` of them side by side.

        Args:
            case: what is asked.
            layer: whose output is edited.
            edit: of some of the rows.
            count: of edits.
        """
        from handeye.respondents.local.decoding import Settings, run_tails

        parts = []
        step = _SIDE_BY_SIDE if self._runs_in_parts(case.ask) else self.batch_size
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            n = rows.stop - start
            if self._in_parts:
                tail = self._engine.rows([case.ask], [Settings()])
                with self.edits.edited(self.loaded, {layer: edit(rows)}):
                    logits = run_tails(self.loaded, tail * n).logits[:, -1]
            else:
                batch = self.encoded([case.ask] * n)
                logits = self.edits.run(self.loaded, batch, {layer: edit(rows)})
            parts.append(self.read(logits, [case.target.roles] * n))
        return _Said(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("s", "role")))

    def _runs_in_parts(self, ask: Ask) -> bool:
        """Whether a question may be run once, and its last token as often as wanted behind it."""
        from handeye.respondents.local.decoding import Settings, run_tails
        from handeye.respondents.local.engine import whole_logits
        from handeye.respondents.local.prompts import CannotShareError

        if self._in_parts is None:
            try:
                parts = run_tails(self.loaded, self._engine.rows([ask], [Settings()])).logits[0, -1]
            except (CannotShareError, RuntimeError, ValueError, TypeError, IndexError):
                self._in_parts = False
            else:
                whole = whole_logits(self.loaded, ask)
                limit = _TOLERANCE * max(1.0, float(whole.abs().max()))
                self._in_parts = float((parts - whole).abs().max()) <= limit
        return self._in_parts


class _Ticks:
    """How far the work is."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, count: int) -> None:
        """So many questions are done."""
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)


# ---- patching


@dataclass(slots=True)
class _Patched:
    """Answers of all cases: their own, their donors', and with patched states.

    ``last`` are the states at the last token by layer, (n, width), where they were wanted.
    """

    own: _Said
    donors: dict[str, _Said] = field(default_factory=dict)
    said: dict[tuple[str, str, str], _Said] = field(default_factory=dict)
    last: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    itself: float = 0.0
    through: float = 0.0


def _patched(
    model: _Model,
    cases: Sequence[_Case],
    layers: Sequence[str],
    sites: Sequence[str],
    keep: bool,
    ticks: _Ticks,
) -> _Patched:
    """Run all cases, by (donor, layer, site)."""
    edits, loaded, n = model.edits, model.loaded, len(cases)
    out = _Patched(_Said.nothing(n))
    names = [name for name in (*_ROLES, UNRELATED) if any(name in c.donors for c in cases)]
    for name in names if sites else ():
        out.donors[name] = _Said.nothing(n)
        for layer in layers:
            for site in sites:
                out.said[name, layer, site] = _Said.nothing(n)
    last: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for start in range(0, n, model.batch_size):
        rows = np.arange(start, min(start + model.batch_size, n))
        batch = [cases[row] for row in rows]
        roles = [case.target.roles for case in batch]
        encoded = model.encoded([case.ask for case in batch])
        logits, states = edits.taken(loaded, encoded, layers)
        _fill(out.own, rows, model.read(logits, roles))
        if keep:
            for layer, one in states.items():
                last[layer].append(one[:, -1].float().cpu().numpy())
        where = {site: edits.tokens_of(loaded, encoded, site) for site in sites}
        for layer in layers if sites else ():
            again = edits.run(
                loaded,
                encoded,
                {layer: edits.patch(states[layer], edits.tokens_of(loaded, encoded, "all"))},
            )
            out.itself = max(out.itself, float((again - logits).abs().max()))
        if out.itself > _TOLERANCE * max(1.0, float(logits.abs().max())):
            raise RunError(
                f"{type(loaded.model).__name__}: patched with its own states it answers otherwise "
                f"(a logit changes by {out.itself:.2g}); its layers cannot be patched"
            )
        for name in names if sites else ():
            given = np.array([name in case.donors for case in batch])
            shown = model.encoded([case.donors.get(name, case.ask) for case in batch])
            if not _same_words(encoded, shown):
                raise RunError(f"clips of {name} items take other tokens than the items' own")
            logits, states = edits.taken(loaded, shown, layers)
            _fill(out.donors[name], rows, model.read(logits, roles), given)
            for layer in layers:
                for site in sites:
                    change = {layer: edits.patch(states[layer], where[site])}
                    found = model.read(edits.run(loaded, encoded, change), roles)
                    _fill(out.said[name, layer, site], rows, found, given)
                    if (name, site) == (SIBLING, "all"):
                        apart = np.abs(found.s - out.donors[name].s[rows])
                        out.through = max(out.through, float(apart.max()))
        ticks(len(batch))
    out.last = {layer: np.concatenate(parts) for layer, parts in last.items()}
    return out


def _same_words(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = one["input_ids"], other["input_ids"]
    return first.shape == second.shape and bool((first == second).all())


def _fill(
    into: _Said, rows: NDArray[np.int64], said: _Said, given: NDArray[np.bool_] | None = None
) -> None:
    kept = np.ones(len(rows), bool) if given is None else given
    into.s[rows[kept]], into.role[rows[kept]] = said.s[kept], said.role[kept]


# ---- directions


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How directions are fitted and drawn; as in :func:`causal`."""

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
    patched: _Patched,
    rows: NDArray[np.int64],
    cases: Sequence[_Case],
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


def _direction_effects(
    model: _Model,
    figures: _Figures,
    cases: Sequence[_Case],
    fitted: _Fitted,
    layers: Sequence[str],
    drawing: _Drawing,
    ticks: _Ticks,
) -> list[Effect]:
    """Effects of steering and erasing at the last token of one stratum's items."""
    folds = grouped_folds(fitted.groups, drawing.folds, seed=drawing.seed)
    labels = _flipped(fitted, drawing)
    steered, erased, told = {}, {}, {}
    n, many = len(cases), 1 + 2 * drawing.count
    for layer in layers:
        x = fitted.states(layer)
        if (x == x[0]).all():  # the embedding of a last token that all prompts have
            ticks(len(cases) // len(layers))
            continue
        steps, erasers, scores = _directions(x, labels, folds, drawing)
        told[layer] = [score[fitted.place] for score in scores]
        steered[layer], erased[layer] = _Said.nothing(n, 2 * many), _Said.nothing(n, many)
        for row, case in enumerate(cases):
            fold = int(folds[fitted.place[row]])
            for into, edit in (
                (steered[layer], _steering(model, steps[fold])),
                (erased[layer], _erasing(model, erasers[fold])),
            ):
                said = model.at_last(case, layer, edit, into.s.shape[1])
                into.s[row], into.role[row] = said.s, said.role
        ticks(len(cases) // len(layers))
    return [
        *_steer_effects(figures, steered, drawing.count),
        *_erase_effects(figures, erased, told, drawing.count),
    ]


def _steering(model: _Model, steps: Floats) -> Callable[[slice], Edit]:
    import torch

    both = torch.as_tensor(np.concatenate([steps, -steps]))
    return lambda rows: model.edits.steer(both[rows])


def _erasing(model: _Model, erasers: Sequence[Eraser]) -> Callable[[slice], Edit]:
    return lambda rows: model.edits.erase(erasers[rows])


def _flipped(fitted: _Fitted, drawing: _Drawing) -> NDArray[np.int64]:
    """Labels (n, 1 + count): as they are, then with those of drawn families flipped."""
    names, group = np.unique(fitted.groups, return_inverse=True)
    words = np.random.PCG64(np.random.SeedSequence([drawing.seed, 2]))
    drawn = words.random_raw(len(names) * drawing.count) >> np.uint64(63)
    flips = drawn.reshape(len(names), drawing.count).astype(np.int64)[group]
    flips = np.concatenate([np.zeros((len(group), 1), np.int64), flips], axis=1)
    return fitted.label[:, None] ^ flips


def _directions(
    x: NDArray[np.float32], labels: NDArray[np.int64], folds: NDArray[np.int64], drawing: _Drawing
) -> tuple[list[Floats], list[list[Eraser]], tuple[Floats, Floats]]:
    """Steps and erasers of a layer, by fold, and what probes tell before and after the erasure.

    Returns:
        By fold (1 + 2 count, width) steps towards label 1 (the probe's, those of flipped labels,
        random ones), all of one length; by fold as many erasers; held-out logits (n,) of a probe
        of the states, and of one of the erased states.
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
        found = np.concatenate([coef[:, fold], normal(words, (count, width))])
        long = np.linalg.norm(found, axis=1, keepdims=True)
        steps.append(length * found / np.where(long > 0, long, 1.0))
        spread = Spread(x[inside])
        own = [spread.eraser(label) for label in labels[inside].T]
        erasers.append([*own, *spread.at_random(spread.removed(own[0]), count, words)])
        without = own[0](x)
        again = Design(without.astype(np.float32)).fit(
            labels[:, :1], inside[:, None].astype(np.float32), drawing.c
        )
        before[~inside] = logits[~inside, fold]
        after[~inside] = again.logits(without)[~inside, 0]
    return steps, erasers, (before, after)


# ---- figures


class _Figures:
    """Figures of the items of one stratum, with intervals over their families."""

    def __init__(
        self,
        targets: Sequence[Target],
        own: _Said,
        rejections: Sequence[int],
        resamples: int,
        seed: int,
    ) -> None:
        self.stratum = targets[0].stratum
        self.own = own
        self.false = np.array([bool(one.label) for one in targets])
        self.toward = np.where(self.false, -1, 1)
        names, self._cluster = np.unique([one.group for one in targets], return_inverse=True)
        self._clusters = len(names)
        self._resamples, self._seed = resamples, seed
        self._rejections = list(rejections)

    def rejects(self, said: _Said) -> Floats:
        """1 where the answer rejects, nan where nothing was asked."""
        return np.where(said.role < 0, np.nan, np.isin(said.role, self._rejections).astype(float))

    def told_rightly(self) -> Estimate:
        """Mean of the shares of true premises accepted and of false ones rejected."""
        right = self.rejects(self.own) == self.false
        shares = [self.share(right, mask) for mask in (self.false, ~self.false)]
        values = (shares[0].values + shares[1].values) / 2
        both = Samples(values, len(right), self._clusters, sizes=(self._clusters,))
        return self.estimate(both)

    def estimate(self, samples: Samples, level: float = LEVEL) -> Estimate:
        """A figure with its interval."""
        return rate_of(estimates(samples, level))

    def mean(self, values: Floats) -> Samples:
        """Mean of numbers without bounds, over the items that have one."""
        found = self._rate(values, ~np.isnan(values))
        return replace(found, trials=None, sizes=(self._clusters,))

    def net(self, values: Floats) -> Samples:
        """Mean of values of -1, 0 and 1: a difference of two shares of the same items."""
        known = ~np.isnan(values)
        return difference(self.share(values > 0, known), self.share(values < 0, known))

    def area(self, score: Floats) -> Samples:
        """AUROC of a score that is high where the premise is false."""
        scored = Scored(
            score, self.false, self._cluster, self._clusters, self._resamples, self._seed
        )
        return scored.area()

    def share(self, values: NDArray[np.bool_], of: NDArray[np.bool_]) -> Samples:
        """Share of some items of which something holds."""
        return self._rate(values.astype(float), of)

    def parted(self, values: Floats) -> Samples:
        """Mean over the false premises less mean over the true ones."""
        false, true = (self._rate(values, mask) for mask in (self.false, ~self.false))
        return Samples(false.values - true.values, len(values), None, sizes=(self._clusters,))

    def _rate(self, values: Floats, of: NDArray[np.bool_]) -> Samples:
        kept = np.where(of, values, 0.0)
        sums = np.stack(
            [
                np.bincount(self._cluster, weights=column, minlength=self._clusters)
                for column in (kept, of.astype(float))
            ],
            axis=1,
        )
        stream = int.from_bytes(self.stratum.encode(), "big")
        found = resample_sums(
            sums.astype(np.float32), sums.sum(axis=0), self._resamples, self._seed, stream
        )
        return rate(found[:, 0], found[:, 1], int((sums[:, 1] > 0).sum()))


def _patch_effects(
    figures: _Figures,
    patched: _Patched,
    rows: NDArray[np.int64],
    layers: Sequence[str],
    sites: Sequence[str],
) -> Iterator[Effect]:
    own, level = figures.own, _level(2 * len(layers) * len(sites))
    asked = [name for name in patched.donors if name != SIBLING]
    for layer in layers:
        for site in sites:
            said = {name: patched.said[name, layer, site].of(rows) for name in patched.donors}
            wanted = patched.donors[SIBLING].role[rows]
            telling = wanted != own.role
            made = partial(Effect, stratum=figures.stratum, check="patch", layer=layer, site=site)

            def flips(one: _Said, wanted: Any = wanted, telling: Any = telling) -> Samples:
                return figures.share(one.role == wanted, telling & (one.role >= 0))

            yield made(
                measure="flips",
                effect=figures.estimate(flips(said[SIBLING])),
                controls={name: figures.estimate(flips(said[name])) for name in asked},
            )
            ways: tuple[tuple[str, Callable[[_Said], Floats], Callable[[Floats], Samples]], ...] = (
                ("turned", figures.rejects, figures.net),
                ("moved", lambda one: one.s, figures.mean),
            )
            for measure, value, summed in ways:
                after = {name: value(one) for name, one in said.items()}
                effect = summed(figures.toward * (after[SIBLING] - value(own)))
                over = {
                    name: summed(figures.toward * (after[SIBLING] - after[name])) for name in asked
                }
                yield made(
                    measure=measure,
                    effect=figures.estimate(effect),
                    controls={
                        name: figures.estimate(summed(figures.toward * (after[name] - value(own))))
                        for name in asked
                    },
                    over={name: figures.estimate(one) for name, one in over.items()},
                    claimed=bool(over)
                    and all(
                        (figures.estimate(one, level).low or 0.0) > 0
                        for one in (effect, *over.values())
                    ),
                )


def _steer_effects(figures: _Figures, steered: Mapping[str, _Said], count: int) -> Iterator[Effect]:
    for layer, said in steered.items():
        many = said.s.shape[1] // 2
        rejects = figures.rejects(said)
        for measure, values, summed in (
            ("turned", rejects[:, :many] - rejects[:, many:], figures.net),
            ("moved", (said.s[:, :many] - said.s[:, many:]) / 2, figures.mean),
        ):
            yield _beyond(
                figures,
                Effect(
                    stratum=figures.stratum,
                    check="steer",
                    layer=layer,
                    site="last",
                    measure=measure,
                    effect=Estimate(None),
                    controls=_ranges(values.mean(axis=0), count),
                ),
                summed(values[:, 0]),
                _level(2 * len(steered)),
            )


def _erase_effects(
    figures: _Figures,
    erased: Mapping[str, _Said],
    told: Mapping[str, Sequence[Floats]],
    count: int,
) -> Iterator[Effect]:
    false = figures.false
    for layer, said in erased.items():
        made = partial(Effect, stratum=figures.stratum, check="erase", layer=layer, site="last")
        for measure, score in zip(("told", "left"), told[layer], strict=True):
            yield made(measure=measure, effect=figures.estimate(figures.area(score)))
        fewer = np.where(
            false[:, None], figures.rejects(said) - figures.rejects(figures.own)[:, None], np.nan
        )
        moved = said.s - figures.own.s[:, None]
        for measure, effect, means in (
            ("rejected", figures.net(fewer[:, 0]), np.nanmean(fewer, axis=0)),
            (
                "parted",
                figures.parted(moved[:, 0]),
                moved[false].mean(axis=0) - moved[~false].mean(axis=0),
            ),
        ):
            row = made(measure=measure, effect=Estimate(None), controls=_ranges(means, count))
            yield _beyond(figures, row, effect, _level(2 * len(erased)), below=True)


def _beyond(
    figures: _Figures, row: Effect, effect: Samples, level: float, below: bool = False
) -> Effect:
    """An effect beside directions at random, claimed where it lies beyond every one of them."""
    ends = figures.estimate(effect, level)
    sign = -1 if below else 1
    controls = [
        sign * end
        for one in row.controls.values()
        for end in (one.low, one.high)
        if end is not None
    ]
    nearest = ends.high if below else ends.low
    return msgspec.structs.replace(
        row,
        effect=figures.estimate(effect),
        claimed=nearest is not None and sign * nearest > max(0.0, *controls),
    )


def _ranges(means: Floats, count: int) -> dict[str, Estimate]:
    """Mean, least and most over the directions of each kind; those of flipped labels come first."""
    out = {}
    for name, values in ((FLIPPED, means[1 : 1 + count]), (RANDOM, means[1 + count :])):
        ends = (float(values.mean()), float(values.min()), float(values.max()))
        out[name] = Estimate(*ends, n=count)
    return out


def _level(claims: int) -> float:
    """Of an interval, so that all of so many hold together at the usual one."""
    return 1 - (1 - LEVEL) / claims
