"""How much of a model's attention lies on the evidence for an answer, and what greying that does.

**Descriptive.** Of the attention that the last token of a question pays to the picture, the share
that lies on the tokens that show the evidence, beside the share of the picture that these are
(*area*); the quotient of both is the *lift*. Beside it the same region laid over the attention to
other groups' pictures (*place*): what a habit of looking there would give. So that of *relative*
attention, over that of a generic prompt about the same picture (Zhang et al. 2025, arXiv
2502.17422), and of *rollout* through all blocks (Abnar and Zuidema 2020, arXiv 2005.00928).

**Causal.** The evidence is greyed, and a region of as many pixels elsewhere that shows none of it;
what the first takes from the right answer's log odds more than the second is claimed where its
interval and a test that exchanges the two, group by group, leave chance out.

Torch is imported only when something runs.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.sets.draw import Draw
from handeye.shown import Shown, Words
from handeye.states.figures import Floats, areas
from handeye.states.folds import Ints
from handeye.states.parts import Arrays, Piece
from handeye.states.regions import Evidence, Mask, box_region, control_of, greyed
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import LEVEL, Samples, estimates
from handeye.stats.multiplicity import holm

if TYPE_CHECKING:
    from PIL.Image import Image

    from handeye.respondents.local.chat import Ask
    from handeye.respondents.local.engine import Engine
    from handeye.states.gaze import Gaze

Kind = Literal["attention", "relative", "rollout", "rollout with tower"]
ALL_BLOCKS = "all blocks"
"""Mean of the maps of all blocks, each summing to 1 over the picture."""
ALIGNED = 0.75
"""Below this mean area, tokens do not lie where they are taken to lie, and nothing is said."""
CAVEATS = (
    "Attention is no explanation: other attention can give the same answer (Jain and Wallace 2019, "
    "arXiv 1902.10186; what speaks for it all the same: Wiegreffe and Pinter 2019, arXiv "
    "1908.04626).",
    "Some tokens of a picture draw attention whatever is asked, and can be taken away without harm "
    "(sinks, arXiv 2503.03321). They stand in every share; relative attention and the regions of "
    "other pictures take out what does not hang on the question or on the picture.",
    "How attention lies over a picture said nothing of whether the answer was right (arXiv "
    "2605.08200: a correlation of .001 over 3,090 items of three models), and evidence is attended "
    "to under wrong answers as well (arXiv 2510.17771).",
    "A token has gone through the vision tower and holds more than its place. Rollout takes the "
    "heads' mean for the way of information, and in a decoder drifts to early tokens.",
    "A picture with a grey region is one that no training showed. The control shares that; it does "
    "not share that the evidence shows a thing where the control may show ground.",
)
"""What has to be said wherever figures of attention stand."""
LEAST = 5
"""Fewest groups of a stratum of which figures are told."""
_BY_LAYER: tuple[Kind, ...] = ("attention", "relative")
_ROLLED: dict[str, Kind] = {"rollout": "rollout", "through": "rollout with tower"}
_KEPT_PICTURES = 16
# Pictures and squares by which it is checked where tokens lie, and a square's share of each side.
_CHECKED, _SQUARES, _SIDE = 8, 4, 0.1
_FLIPS = 4999


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one kind of attention lies on the evidence.

    Attributes:
        kind: of attention.
        layer: a block, :data:`ALL_BLOCKS`, or empty for rollout.
        stratum: of the items; empty: all.
        n: items.
        share: of the attention to the picture that lies on the evidence, mean over items.
        area: the same of attention spread evenly: tokens of the evidence over those of the picture,
            mean over items; of the set, so without an interval.
        lift: share over area; 1 by chance.
        place: share over that which the region gets of the attention to pictures of other groups; 1
            where it is looked at whatever is there. Nothing where no other group has such a grid.
        hit: how often the token with the most attention shows evidence; by chance the area.
        beyond: whether the intervals of lift and place lie above 1, at a level that holds for all
            kinds and layers together (Bonferroni).
    """

    kind: Kind
    layer: str
    stratum: str
    n: int
    share: Estimate
    area: Estimate
    lift: Estimate
    place: Estimate
    hit: Estimate
    beyond: bool


class Heads(msgspec.Struct, frozen=True, kw_only=True):
    """The heads of a block.

    Attributes:
        layer: the block.
        picture: of all attention of the last token, how much goes to the picture; mean over heads.
        lift: of each head, share over area.
    """

    layer: str
    picture: Estimate
    lift: tuple[Estimate, ...]


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """What greying a region does to the right answer.

    Attributes:
        stratum: of the items; empty: all.
        n: items.
        groups: that they are of.
        own: log odds of the right answer against the others that are compared, without a change.
        evidence: what greying the evidence takes from these, in nats.
        control: what greying the control takes.
        difference: the first less the second, item by item.
        right: items of which the right answer is the likeliest of those compared.
        right_evidence: with the evidence greyed.
        right_control: with the control greyed.
        p_value: how often, with evidence and control exchanged by chance in half of the groups, the
            difference is at least as large; one-sided.
        adjusted: Holm's, over all strata and all items together.
        claimed: whether the interval of the difference lies above 0 and ``adjusted`` is at most
            .05.
    """

    stratum: str
    n: int
    groups: int
    own: Estimate
    evidence: Estimate
    control: Estimate
    difference: Estimate
    right: Estimate
    right_evidence: Estimate
    right_control: Estimate
    p_value: float
    adjusted: float
    claimed: bool


class Attention(Shown, msgspec.Struct, frozen=True, kw_only=True):
    """Attention to the evidence, and what greying it does.

    Attributes:
        items: that were looked at.
        groups: that they are of.
        looks: by kind and layer of all items, then over all blocks of each stratum of at least
            :data:`LEAST` groups.
        heads: by block.
        drops: of all items, then by such stratum; none where no answers are compared.
        aligned: mean area under the curve by which the tokens that change most where a small square
            is greyed are those taken to show it: 1 is right, one half by chance; no interval.
        left_out: why items were not looked at: how many, by reason.
        no_drop: why items were looked at and not greyed, likewise.
        no_rollout: why there is no rollout; empty: there is.
        seed: of controls, resamples and exchanges.
        caveats: :data:`CAVEATS`.
    """

    items: int
    groups: int
    looks: tuple[Look, ...]
    heads: tuple[Heads, ...]
    drops: tuple[Drop, ...]
    aligned: Estimate
    left_out: dict[str, int]
    no_drop: dict[str, int]
    no_rollout: str
    seed: int
    caveats: tuple[str, ...] = CAVEATS

    def look(self, kind: Kind, layer: str = "", stratum: str = "") -> Look:
        """One of the looks.

        Raises:
            KeyError: it was not measured.
        """
        for one in self.looks:
            if (one.kind, one.layer, one.stratum) == (kind, layer, stratum):
                return one
        raise KeyError((kind, layer, stratum))

    @property
    def claims(self) -> tuple[Drop, ...]:
        """The drops that are claimed."""
        return tuple(one for one in self.drops if one.claimed)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def _words(self) -> Words:
        told = {
            f"{one.kind} {one.layer}".strip(): f"lift {one.lift.text('line', 'plain')}"
            for one in self.looks
            if not one.stratum and one.layer in ("", ALL_BLOCKS)
        }
        for one in self.drops[:1]:
            told["drop beyond control, nats"] = one.difference.text("line", "plain")
        return Words(f"Attention to the evidence, {self.items:,} items", told, CAVEATS[0])

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        for one in self.looks:
            row = {name: getattr(one, name) for name in ("kind", "layer", "stratum", "n", "beyond")}
            for name in ("share", "area", "lift", "place", "hit"):
                found = getattr(one, name)
                row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
            yield row


# ---- what is measured of an item


@dataclass(frozen=True, slots=True)
class Case:
    """An item: where its evidence lies, its question, and the generic prompt about its picture."""

    evidence: Evidence
    ask: Ask
    generic: Ask


class _LeftOutError(Exception):
    """An item that nothing can be measured of, and why."""


def attend(
    engine: Engine,
    cases: Sequence[Case],
    *,
    seed: int = 0,
    resamples: int = 4000,
    progress: Callable[[int, int], None] | None = None,
    piece: Piece | None = None,
) -> Attention:
    """Look at the attention to the evidence, and grey it.

    Every question is run whole by itself: once as it is and twice with a region greyed, and the
    generic prompt once a picture. Answers of several tokens take further passes.

    Args:
        engine: with the model, loaded with eager attention.
        cases: items, those about one picture near each other.
        seed: of controls, resamples and exchanges.
        resamples: of groups.
        progress: called with (items done, in all).
        piece: gives the arrays of a piece of work by its name, kept from before or made now by the
            function that it is given; None: nothing is kept.

    Raises:
        RunError: the model's attention hands on no weights, or how its tokens lie over a picture is
            not known.
        DataError: nothing could be looked at; a control that is none.
    """
    from handeye.states.gaze import Gaze

    measuring = _Measuring(Gaze(engine.loaded), seed)
    piece = piece or (lambda name, make: make())
    found: list[tuple[Evidence, Arrays]] = []
    left_out: Counter[str] = Counter()
    aligned = piece("aligned", partial(measuring.aligned, cases))["areas"]
    for number, case in enumerate(cases):
        arrays = piece(case.evidence.item_id, partial(measuring.of, case))
        if "why" in arrays:
            left_out[str(arrays["why"])] += 1
        else:
            found.append((case.evidence, arrays))
        if progress is not None:
            progress(number + 1, len(cases))
    if not found:
        why = "; ".join(left_out) or "no item says where its evidence lies"
        raise DataError(f"the attention to none of {len(cases)} items can be looked at: {why}")
    return _summed(found, measuring.layers, aligned, dict(left_out), seed, resamples)


class _Measuring:
    """Measures items of one model."""

    def __init__(self, gaze: Gaze, seed: int) -> None:
        self.layers = gaze.layers
        self._gaze, self._seed = gaze, seed
        self._generic: OrderedDict[tuple[str, tuple[str, ...]], Floats] = OrderedDict()

    def of(self, case: Case) -> Arrays:
        """What is kept of an item; ``why`` alone where nothing can be."""
        try:
            return self._of(case)
        except _LeftOutError as error:
            return {"why": np.array(str(error))}

    def _of(self, case: Case) -> Arrays:
        if len(case.ask.pictures) != 1 or case.ask.sounds:
            raise _LeftOutError("it shows something else than one picture")
        picture = case.ask.pictures[0].decoded()
        mask = case.evidence.region(picture.height, picture.width)
        if mask.shape != (picture.height, picture.width) or not mask.any() or mask.all():
            raise _LeftOutError("its evidence is nothing of its picture, or all of it")
        share, grid = self._gaze.covered(case.generic, mask)
        inside = _inside(share)
        if not inside.any() or inside.all():
            raise _LeftOutError("no tokens of its picture, or all of them, show its evidence")
        own = self._gaze.look(case.ask)
        maps = np.nanmean(own.heads, axis=1)
        seen = own.heads / np.maximum(own.heads.sum(-1, keepdims=True), _TINY)
        out: Arrays = {
            "grid": np.array(grid),
            "inside": inside,
            "maps": maps,
            "generic": self._described(case.generic),
            "shares": seen[..., inside].sum(-1),
            "rollout": own.rollout,
            "through": own.through,
        }
        return out | self._drop(case, picture, mask, own.logits)

    def _drop(self, case: Case, picture: Image, mask: Mask, own: Any) -> Arrays:
        """Log odds of the right answer, and whether it is the likeliest.

        Of three pictures: as it is, with the evidence greyed, with the control greyed.

        Args:
            case: the item.
            picture: as it is.
            mask: of the evidence.
            own: logits behind the question about the picture as it is.
        """
        one = case.evidence
        if one.right not in one.options or len(one.options) < 2:
            return {"no drop": np.array("no answers are compared")}
        control = control_of(one, mask, self._seed)
        if control is None:
            return {"no drop": np.array("there is no room for a control")}
        at = one.options.index(one.right)
        margin, right = [], []
        for region in (None, mask, control):
            ask, logits = case.ask, own
            if region is not None:
                ask = _showing(case.ask, greyed(picture, region))
                logits = self._gaze.logits(ask)
            logs = np.array(self._gaze.logprobs(ask, logits, one.options))
            margin.append(logs[at] - np.logaddexp.reduce(np.delete(logs, at)))
            right.append(logs[at] >= logs.max())
        return {"margin": np.array(margin), "right": np.array(right, float)}

    def aligned(self, cases: Sequence[Case]) -> Arrays:
        """Whether tokens lie where they are taken to: a small square greyed, which tokens change?

        Of some pictures evenly over the set; larger squares would say less, since in a tower every
        token hears of the others. ``areas`` holds an area under the curve for each square.
        """
        shown = [one for one in cases if len(one.ask.pictures) == 1 and not one.ask.sounds]
        found = []
        for case in shown[:: -(-len(shown) // _CHECKED)] if shown else ():
            picture = case.generic.pictures[0].decoded()
            before = self._gaze.look(case.generic).embedded
            draw = Draw(self._seed, "aligned", case.evidence.item_id)
            for _ in range(_SQUARES):
                left, top = (draw.unit() * (1 - _SIDE) for _ in range(2))
                mask = box_region((left, top, left + _SIDE, top + _SIDE))(
                    picture.height, picture.width
                )
                inside = _inside(self._gaze.covered(case.generic, mask)[0])
                after = self._gaze.look(_showing(case.generic, greyed(picture, mask))).embedded
                if inside.any() and not inside.all() and (before != after).any():
                    moved = np.linalg.norm(before - after, axis=1)
                    found.append(float(areas(moved, inside)))
        return {"areas": np.array(found)}

    def _described(self, ask: Ask) -> NDArray[np.float32]:
        """Maps of the generic prompt, (layers, tokens); those of the last pictures are kept."""
        key = (ask.text, ask.media)
        if key not in self._generic:
            self._generic[key] = np.nanmean(self._gaze.look(ask).heads, axis=1)
            while len(self._generic) > _KEPT_PICTURES:
                self._generic.popitem(last=False)
        self._generic.move_to_end(key)
        return self._generic[key].astype(np.float32)


def _showing(ask: Ask, data: bytes) -> Ask:
    from handeye.respondents.local.media import Picture

    return replace(ask, pictures=(Picture.of(data),))


_TINY = 1e-30


def _inside(share: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tokens that show a region: covered enough, or, of a small one, covered most."""
    from handeye.states.gaze import COVERED

    return share >= min(COVERED, max(float(share.max()), _TINY))


# ---- figures


class _Groups:
    """Sums over groups, resampled whole."""

    def __init__(self, names: Sequence[str], resamples: int, seed: int) -> None:
        known, self.of = np.unique(list(names), return_inverse=True)
        self.count = len(known)
        self._resamples, self._seed = resamples, seed

    def sums(self, values: Floats) -> Floats:
        """Totals of (n, ...) values by item, as measured and resampled: (1 + resamples, ...)."""
        flat = values.reshape(len(values), -1)
        sums = np.zeros((self.count, flat.shape[1]))
        np.add.at(sums, self.of, flat)
        found = resample_sums(sums.astype(np.float32), sums.sum(0), self._resamples, self._seed, 0)
        return found.reshape(-1, *values.shape[1:])

    def mean(self, values: Floats) -> Samples:
        """Mean over items of numbers without bounds."""
        return self.ratio(values, np.ones(len(values)))

    def share(self, values: Floats) -> Samples:
        """Mean over items of what is within 0 and 1."""
        return replace(self.mean(values), trials=min(len(values), self.count))

    def ratio(self, first: Floats, second: Floats) -> Samples:
        """Quotient of two sums over items."""
        both = self.sums(np.stack([first, second], axis=1))
        return _quotient(both[:, 0], both[:, 1], len(first), self.count)


def _quotient(first: Floats, second: Floats, n: int, groups: int) -> Samples:
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(second > 0, first / second, np.nan)
    return Samples(values, n, sizes=(groups,))


def _lift(found: Samples, level: float = LEVEL) -> Estimate:
    """A quotient that cannot be below 0, its interval from that of its logarithm."""
    logs = replace(found, values=np.log(np.maximum(found.values, _TINY)))
    told = _estimate(logs, level)
    low, high = (None if end is None else float(np.exp(end)) for end in (told.low, told.high))
    value = None if np.isnan(found.values[0]) else float(found.values[0])
    return Estimate(value, low, high, found.n)


def _estimate(found: Samples, level: float = LEVEL) -> Estimate:
    return rate_of(estimates(found, level))


def _summed(
    found: Sequence[tuple[Evidence, Arrays]],
    layers: Sequence[str],
    alike: Floats,
    left_out: dict[str, int],
    seed: int,
    resamples: int,
) -> Attention:
    rows = [one for one, _ in found]
    kept = [arrays for _, arrays in found]
    groups = _Groups([one.group for one in rows], resamples, seed)
    aligned = Estimate(float(alike.mean()), n=len(alike)) if len(alike) else NOTHING
    trusted = (aligned.value or 0.0) >= ALIGNED
    seen = _Seen(kept, groups.of)
    named: list[tuple[Kind, str]] = []
    for kind in _BY_LAYER:
        named += [(kind, layer) for layer in (ALL_BLOCKS, *layers)]
    named += [(kind, "") for name, kind in _ROLLED.items() if all(len(one[name]) for one in kept)]
    strata = _strata(rows)
    looks = [
        _look(groups, seen, place, map_of, "", len(named) if trusted else 0)
        for place, map_of in enumerate(named)
    ]
    for stratum in strata:
        own = np.array([one.stratum == stratum for one in rows])
        part = _Groups([one.group for one in rows if one.stratum == stratum], resamples, seed)
        looks += [
            _look(part, seen.of(own), place, map_of, stratum, 2 * len(strata) if trusted else 0)
            for place, map_of in enumerate(named)
            if map_of[1] == ALL_BLOCKS
        ]
    drops = list(_drops(rows, kept, strata, resamples, seed))
    return Attention(
        items=len(rows),
        groups=groups.count,
        looks=tuple(looks),
        heads=tuple(_heads(groups, kept, seen.area, layers)),
        drops=tuple(drops),
        aligned=aligned,
        left_out=left_out,
        no_drop=dict(Counter(str(one["no drop"]) for one in kept if "no drop" in one)),
        no_rollout=""
        if ("rollout", "") in named
        else "a block hands on the attention of the last token alone, so there is no way through",
        seed=seed,
    )


def _strata(rows: Sequence[Evidence]) -> list[str]:
    """Those that have lines of their own."""
    groups: dict[str, set[str]] = {}
    for one in rows:
        groups.setdefault(one.stratum, set()).add(one.group)
    return [name for name, own in groups.items() if len(own) >= LEAST and len(groups) > 1]


class _Seen:
    """Shares of all kinds of attention on the evidence, by item.

    Attributes:
        area: (n,).
        share: (n, kinds and layers).
        place: likewise, of the attention to pictures of other groups; nan where there is none.
        hit: likewise, whether the most attention lies on the evidence; ties are shared out.
    """

    area: Floats
    share: Floats
    place: Floats
    hit: Floats

    def __init__(self, kept: Sequence[Arrays], group: Ints) -> None:
        self.area = np.array([one["inside"].mean() for one in kept])
        laid = _Laid(kept, group)
        share, place, hit = [], [], []
        for number, one in enumerate(kept):
            maps, inside = _maps(one), one["inside"]
            share.append(maps[:, inside].sum(1))
            place.append(maps @ laid.over(number) * self.area[number])
            # What arithmetic alone tells apart is no maximum.
            top = maps >= maps.max(1, keepdims=True) * (1 - 1e-5)
            hit.append(top[:, inside].sum(1) / top.sum(1))
        self.share, self.place, self.hit = (np.array(one) for one in (share, place, hit))

    def of(self, own: NDArray[np.bool_]) -> _Seen:
        """Those of some items."""
        out = object.__new__(_Seen)
        for name in ("area", "share", "place", "hit"):
            setattr(out, name, getattr(self, name)[own])
        return out


class _Laid:
    """Regions of other groups' pictures laid over an item's, each of equal weight."""

    def __init__(self, kept: Sequence[Arrays], group: Ints) -> None:
        self._grid = [tuple(one["grid"].tolist()) for one in kept]
        self._group = group
        self._sums: dict[Any, tuple[Floats, int]] = {}
        for one, grid, of in zip(kept, self._grid, group.tolist(), strict=True):
            density = one["inside"] / one["inside"].mean()
            for key in (grid, (grid, of)):
                total, count = self._sums.get(key, (np.zeros(len(density)), 0))
                self._sums[key] = total + density, count + 1

    def over(self, number: int) -> Floats:
        """(tokens,) how much more often than by chance each token shows evidence elsewhere."""
        grid = self._grid[number]
        total, count = self._sums[grid]
        own, of_own = self._sums[grid, int(self._group[number])]
        if count == of_own:
            return np.full(len(total), np.nan)
        return np.asarray((total - own) / (count - of_own))


def _maps(one: Arrays) -> Floats:
    """All maps of an item, each of which sums to 1: (kinds and layers, tokens)."""
    maps = _normal(one["maps"].astype(float))
    relative = _normal(maps / np.maximum(_normal(one["generic"].astype(float)), _TINY))
    out = []
    for each in (maps, relative):
        out += [each.mean(0, keepdims=True), each]
    out += [_normal(one[name].astype(float)[None]) for name in _ROLLED if len(one[name])]
    return np.concatenate(out)


def _normal(maps: Floats) -> Floats:
    return np.asarray(maps / np.maximum(maps.sum(-1, keepdims=True), _TINY))


def _look(
    groups: _Groups, seen: _Seen, place: int, map_of: tuple[Kind, str], stratum: str, among: int
) -> Look:
    """Figures of the map at a place; ``among`` so many it is tested, 0: it is not."""
    kind, layer = map_of
    share = seen.share[:, place]
    lift = groups.ratio(share, seen.area)
    known = ~np.isnan(seen.place[:, place])
    elsewhere = groups.ratio(
        np.where(known, share, 0.0), np.where(known, seen.place[:, place], 0.0)
    )
    level = 1 - (1 - LEVEL) / max(among, 1)
    above = [_lift(one, level).low for one in (lift, elsewhere)]
    return Look(
        kind=kind,
        layer=layer,
        stratum=stratum,
        n=len(share),
        share=_estimate(groups.share(share)),
        area=Estimate(float(seen.area.mean()), n=len(share)),
        lift=_lift(lift),
        place=_lift(replace(elsewhere, n=int(known.sum()))) if known.any() else NOTHING,
        hit=_estimate(groups.share(seen.hit[:, place])),
        # What differs from 1 in the fourth digit is arithmetic.
        beyond=among > 0 and all(one is not None and one > 1.0005 for one in above),
    )


def _heads(
    groups: _Groups, kept: Sequence[Arrays], area: Floats, layers: Sequence[str]
) -> Iterator[Heads]:
    shares = np.array([one["shares"] for one in kept], float)
    there = ~np.isnan(shares[0])
    sums = groups.sums(np.nan_to_num(shares))
    areas_ = groups.sums(area)
    picture = np.array([one["maps"].sum(1) for one in kept], float)
    n = len(kept)
    for number, layer in enumerate(layers):
        lifts = [
            _lift(_quotient(sums[:, number, head], areas_, n, groups.count))
            for head in np.flatnonzero(there[number])
        ]
        to_picture = _estimate(groups.share(picture[:, number]))
        yield Heads(layer=layer, picture=to_picture, lift=tuple(lifts))


def _drops(
    rows: Sequence[Evidence],
    kept: Sequence[Arrays],
    strata: Sequence[str],
    resamples: int,
    seed: int,
) -> Iterator[Drop]:
    asked = [k for k, one in enumerate(kept) if "margin" in one]
    if not asked:
        return
    parts = {"": asked} | {name: [k for k in asked if rows[k].stratum == name] for name in strata}
    parts = {name: part for name, part in parts.items() if part}
    groups = {
        name: _Groups([rows[k].group for k in part], resamples, seed)
        for name, part in parts.items()
    }
    margins = {name: np.array([kept[k]["margin"] for k in part]) for name, part in parts.items()}
    p_values = {
        name: _exchanged(groups[name], margin[:, 2] - margin[:, 1], seed)
        for name, margin in margins.items()
    }
    adjusted = holm(p_values)
    for name, part in parts.items():
        mean, share = groups[name].mean, groups[name].share
        own, evidence, control = margins[name].T
        right = np.array([kept[k]["right"] for k in part]).T
        difference = _estimate(mean(control - evidence))
        p_value = adjusted[name]
        assert p_value is not None
        yield Drop(
            stratum=name,
            n=len(part),
            groups=groups[name].count,
            own=_estimate(mean(own)),
            evidence=_estimate(mean(own - evidence)),
            control=_estimate(mean(own - control)),
            difference=difference,
            right=_estimate(share(right[0])),
            right_evidence=_estimate(share(right[1])),
            right_control=_estimate(share(right[2])),
            p_value=p_values[name],
            adjusted=p_value,
            claimed=(difference.low or 0.0) > 0 and p_value <= 0.05,
        )


def _exchanged(groups: _Groups, values: Floats, seed: int) -> float:
    """One-sided p of a sum of differences whose signs may turn group by group.

    The observed signs count as one of the draws (Phipson and Smyth 2010).
    """
    sums = np.bincount(groups.of, weights=values, minlength=groups.count)
    words = np.random.PCG64(np.random.SeedSequence([seed, 1])).random_raw(_FLIPS * groups.count)
    signs = np.where(words.reshape(_FLIPS, groups.count) >> np.uint64(63), 1.0, -1.0)
    least = sums.sum() - 1e-9 * np.abs(sums).sum()
    return float((1 + (signs @ sums >= least).sum()) / (1 + _FLIPS))
