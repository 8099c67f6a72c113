"""What changed states did to answers, as figures: effects beside their controls, and claims.

Intervals are over families (:mod:`handeye.stats`), of differences item by item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.scores.estimate import Estimate, rate_of
from handeye.states.figures import Floats
from handeye.states.targets import Target
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import LEVEL, Samples, difference, estimates, rate
from handeye.stats.roc import Scored

Check = Literal["patch", "steer", "erase"]
SIBLING, ITSELF, UNRELATED = "sibling", "itself", "unrelated"
RANDOM, FLIPPED = "random", "flipped"
MEASURES = {
    "flips": "of those whose sibling is answered otherwise, the answer is the sibling's",
    "turned": "rejects where the change is to a false premise, accepts where to a true one, "
    "less the reverse",
    "moved": "change of S in that direction, in nats",
    "rejected": "false premises rejected, less those rejected without the change",
    "parted": "S of false premises less S of true ones, less the same without the change, in nats",
    "told": "AUROC of a probe of held-out families",
    "left": "AUROC of the same probe after the erasure",
}
"""What is measured."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered: S in nats and the role of the likeliest letter, (n, ...) each.

    nan and -1 where nothing was asked.
    """

    s: Floats
    role: NDArray[np.int64]

    @classmethod
    def nothing(cls, *shape: int) -> Said:
        """To be filled."""
        return cls(np.full(shape, np.nan), np.full(shape, -1, np.int64))

    def of(self, rows: Any) -> Said:
        """Some rows."""
        return Said(self.s[rows], self.role[rows])


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
        why: why it is not, of a measure that can be claimed.
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
    why: str = ""


class Figures:
    """Figures of the items of one stratum, with intervals over their families."""

    def __init__(
        self,
        targets: Sequence[Target],
        own: Said,
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

    def rejects(self, said: Said) -> Floats:
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
        found = difference(self.share(values > 0, known), self.share(values < 0, known))
        return replace(found, n=int(known.sum()))

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


def patch_effects(
    figures: Figures,
    donors: Mapping[str, Said],
    patched: Mapping[tuple[str, str, str], Said],
    layers: Sequence[str],
    sites: Sequence[str],
) -> Iterator[Effect]:
    """Effects of patching, layer by layer and site by site, three measures each.

    Args:
        figures: of the items.
        donors: what is answered to the donors' clips, by donor; :data:`SIBLING` is the one whose
            effect it is, the others are controls.
        patched: answers by donor, layer and site.
        layers: that were patched.
        sites: likewise.
    """
    if not sites:
        return
    own, level = figures.own, _level(2 * len(layers) * len(sites))
    asked = [name for name in donors if name != SIBLING]
    for layer in layers:
        for site in sites:
            said = {name: patched[name, layer, site] for name in donors}
            wanted = donors[SIBLING].role
            telling = wanted != own.role
            made = partial(Effect, stratum=figures.stratum, check="patch", layer=layer, site=site)

            def flips(one: Said, wanted: Any = wanted, telling: Any = telling) -> Samples:
                return figures.share(one.role == wanted, telling & (one.role >= 0))

            yield made(
                measure="flips",
                effect=figures.estimate(flips(said[SIBLING])),
                controls={name: figures.estimate(flips(said[name])) for name in asked},
            )
            ways: tuple[tuple[str, Callable[[Said], Floats], Callable[[Floats], Samples]], ...] = (
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
                    claimed=not (why := _within(figures, effect, over, level)),
                    why=why,
                )


def _within(figures: Figures, effect: Samples, over: Mapping[str, Samples], level: float) -> str:
    """Why an effect is not beyond 0 and every control at a level; empty where it is."""
    if not over:
        return "no control was asked"
    for name, one in {"": effect, **over}.items():
        strict, usual = figures.estimate(one, level).low, figures.estimate(one).low
        if strict is None or strict <= 0:
            beyond = f"beyond {name}" if name else "above 0"
            if usual is not None and usual > 0:
                return f"{beyond} at 95 %, not at the {100 * level:.1f} % of all claims"
            return f"not {beyond}"
    return ""


def steer_effects(figures: Figures, steered: Mapping[str, Said], count: int) -> Iterator[Effect]:
    """Effects of steering, layer by layer.

    Args:
        figures: of the items.
        steered: by layer, answers (n, 2 (1 + 2 count)): with a step along the probe's direction,
            those of flipped labels and random ones, then with the same steps backwards.
        count: directions of each kind of control.
    """
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


def erase_effects(
    figures: Figures,
    erased: Mapping[str, Said],
    told: Mapping[str, Sequence[Floats]],
    count: int,
) -> Iterator[Effect]:
    """Effects of erasing, layer by layer.

    Args:
        figures: of the items.
        erased: by layer, answers (n, 1 + 2 count): with what tells the label erased, what tells
            flipped labels, and directions at random.
        told: by layer, held-out logits (n,) of a probe before and after the erasure.
        count: directions of each kind of control.
    """
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
    figures: Figures, row: Effect, effect: Samples, level: float, below: bool = False
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
    told, least = figures.estimate(effect), max(0.0, *controls)
    claimed = nearest is not None and sign * nearest > least
    usual, why = told.high if below else told.low, ""
    if not claimed and usual is not None and sign * usual > least:
        why = f"beyond all at 95 %, not at the {100 * level:.1f} % of all claims"
    elif not claimed and (usual is None or sign * usual <= 0):
        why = f"not {'below' if below else 'above'} 0"
    elif not claimed:
        beside = (
            name
            for name, one in row.controls.items()
            if max(sign * end for end in (one.low, one.high) if end is not None) == least
        )
        why = f"not beyond all {next(beside)} directions"
    return msgspec.structs.replace(row, effect=told, claimed=claimed, why=why)


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
