"""What a linear reader can tell from hidden states, measured where it has not learnt.

A probe is a logistic regression on standardised states of one site. Folds of whole groups (families
or scenes) are held out in turn; what is read, layer and C, is chosen within the others by folds of
their own, so that nothing which is reported was chosen by the rows that it is reported on (Varma
and Simon 2006, BMC Bioinformatics 7:91). Every stratum of the first key (modality) is probed apart.

Figures of several fits are never pooled: logits of two fits have no common zero, and a pooled area
falls below .5 where there is nothing (Forman and Scholz 2010, SIGKDD Explorations 12:49). Areas are
means over the folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, within
from handeye.scores.estimate import Estimate
from handeye.shown import Shown, Words
from handeye.states.figures import (
    Bools,
    Calibration,
    Floats,
    areas,
    blocks_of,
    calibration,
    estimate,
    fold_area,
    lengthened,
    mean_of,
)
from handeye.states.folds import Ints
from handeye.states.parts import Piece, kept
from handeye.states.search import (
    CS,
    NO_NULL,
    Clock,
    Progress,
    Search,
    Setup,
    every_second,
    search,
)
from handeye.states.solver import Design
from handeye.states.store import States
from handeye.states.targets import Target
from handeye.stats.roc import best_threshold

BLOCKS = 20
"""Parts of the groups that are left out in turn, to see how much the figures hang on them."""
# Cells of states that are read at once.
_READ = 2**22


# ---- results


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the inner folds chose while an outer fold was held out.

    ``cut`` is the logit above which a row is called positive: of the highest balanced accuracy on
    the inner held-out rows; infinite, which files have as null, where the best is to call all rows
    one thing. ``inner`` is the mean area of the inner folds.
    """

    fold: int
    layer: str
    c: float
    cut: float | None
    inner: float


class Null(msgspec.Struct, frozen=True, kw_only=True):
    """Areas of the whole pipeline, selection included, where labels were made to say nothing.

    ``how``: ``flip`` turned the truth of whole groups over, each by the throw of a coin, which
    leaves groups that hold as many positives as negatives as they are; ``exchange`` gave groups the
    labels of others of their size, and where that changes little exchanged rows within them as well
    (:func:`handeye.states.search.null_labels`). ``p_value`` counts the measured area as one of the
    draws (Phipson and Smyth 2010), so it is 1 / (1 + draws) at the least.
    """

    how: str
    draws: int
    mean: float
    deviation: float
    low: float
    median: float
    high: float
    highest: float
    p_value: float


FEWEST_DRAWS = 40
"""From which the 97.5 % point of a null is told: of fewer none lies beyond it."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A layer of the curve: C chosen within, the layer given. ``auroc`` is the mean of folds."""

    layer: str
    depth: float
    auroc: Estimate


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of :class:`Probed`: all but the rows.

    Their numbers are ``n``, of these ``positive``, of ``groups``.
    """

    n: int
    positive: int
    groups: int
    target: str
    stratum: str
    site: str
    choices: tuple[Choice, ...]
    auroc: Estimate
    balanced_accuracy: Estimate
    calibration: Calibration
    null: Null | None
    no_null: str = ""
    curve: tuple[Point, ...]
    kinds: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Probed:
    """One target in one stratum, read from one site.

    Attributes:
        target: what was asked of the states.
        stratum: of the first key.
        site: whose states.
        item_ids: (n,) of the rows, in the order of the targets.
        labels: (n,) 0 or 1.
        groups: (n,) never split.
        fold: (n,) the outer fold that held the row out.
        logits: (n,) of the fit that had not seen the row's group.
        says: (n,) whether that logit lies above the fold's cut.
        readings: (folds, n) logits while a fold was held out: its own rows are read by what was
            learnt from all others, the others by the inner folds, never by a fit that saw them.
        choices: by fold.
        auroc: mean area of the folds.
        balanced_accuracy: mean of the folds, each at its own cut.
        calibration: of the held-out probabilities.
        null: where there were draws and labels that say nothing could be drawn.
        curve: the layers that were read.
        kinds: by value of the second key of the strata, area on that kind of what was learnt from
            the others.
        no_null: why there is no null though draws were asked for; else empty.
    """

    target: str
    stratum: str
    site: str
    item_ids: tuple[str, ...]
    labels: Ints
    groups: tuple[str, ...]
    fold: Ints
    logits: Floats
    says: Bools
    readings: Floats
    choices: tuple[Choice, ...]
    auroc: Estimate
    balanced_accuracy: Estimate
    calibration: Calibration
    null: Null | None
    curve: tuple[Point, ...]
    kinds: dict[str, Estimate]
    no_null: str = ""

    @property
    def name(self) -> str:
        """Target, stratum and site in a few words."""
        return " · ".join(part for part in (self.target, self.stratum, self.site) if part)

    @property
    def figures(self) -> Figures:
        """Everything but the rows."""
        counts: dict[str, Any] = {
            "n": len(self.labels),
            "positive": int(self.labels.sum()),
            "groups": len(set(self.groups)),
        }
        rest = [name for name in Figures.__struct_fields__ if name not in counts]
        return Figures(**counts, **{name: getattr(self, name) for name in rest})

    def rows(self) -> list[dict[str, Any]]:
        """A dict a row: whose, the truth, the held-out logit and what it says."""
        columns = zip(
            *(self.item_ids, self.labels.tolist(), self.groups, self.fold.tolist()),
            *(self.logits.tolist(), self.says.tolist()),
            strict=True,
        )
        names = ("item_id", "label", "group", "fold", "logit", "says")
        base = {"target": self.target, "stratum": self.stratum, "site": self.site}
        return [{**base, **dict(zip(names, row, strict=True))} for row in columns]


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A :class:`Probed` as it is kept until all probes are done."""

    figures: Figures
    item_ids: tuple[str, ...]
    labels: list[int]
    groups: tuple[str, ...]
    fold: list[int]
    logits: list[float]
    says: list[bool]
    readings: list[list[float]]

    @classmethod
    def of(cls, one: Probed) -> _Kept:
        """Its figures and rows."""
        rows = ("labels", "fold", "logits", "says", "readings")
        return cls(
            figures=one.figures,
            item_ids=one.item_ids,
            groups=one.groups,
            **{name: getattr(one, name).tolist() for name in rows},
        )

    def probed(self) -> Probed:
        """As it was."""
        own = {name: getattr(self.figures, name) for name in Figures.__struct_fields__}
        for counted in ("n", "positive"):
            del own[counted]
        return Probed(
            **{**own, "groups": self.groups},
            item_ids=self.item_ids,
            labels=np.array(self.labels, np.int64),
            fold=np.array(self.fold, np.int64),
            logits=np.array(self.logits, np.float64),
            says=np.array(self.says, bool),
            readings=np.array(self.readings, np.float64),
        )


@dataclass(frozen=True, slots=True, repr=False)
class Probe(Shown):
    """What was found at every site for every target and stratum.

    Attributes:
        found: one entry a target, stratum and site.
        left_out: by name, why a target of a stratum could not be probed.
        settings: seed, folds, Cs and draws.
    """

    found: tuple[Probed, ...]
    left_out: dict[str, str]
    settings: dict[str, Any]

    def of(self, target: str, stratum: str = "", site: str = "last") -> Probed:
        """One entry.

        Raises:
            KeyError: it was not probed.
        """
        for one in self.found:
            if (one.target, one.stratum, one.site) == (target, stratum, site):
                return one
        raise KeyError((target, stratum, site))

    def to_dict(self) -> dict[str, Any]:
        """Everything but the rows, as plain values."""
        return {
            "settings": self.settings,
            "found": msgspec.to_builtins([one.figures for one in self.found]),
            "left_out": self.left_out,
        }

    def _words(self) -> Words:
        figures = {
            one.name: one.auroc.text("line", "plain")
            + (_beside(one.null) if one.null else "")
            + (f", {one.no_null}" if one.no_null else "")
            for one in self.found
        }
        note = "; ".join(f"{name}: {why}" for name, why in self.left_out.items())
        return Words(f"AUROC of {len(self.found)} probes, held-out groups", figures, note)

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        return [row for one in self.found for row in one.rows()]


def _beside(null: Null) -> str:
    most = f", null up to {null.high:.3f}" if null.draws >= FEWEST_DRAWS else ""
    return f"{most}, p {null.p_value:.3f} of {null.draws} draws"


# ---- probing


def probe(
    states: States,
    targets: Sequence[Target],
    *,
    sites: Sequence[str],
    layers: Sequence[str] | None = None,
    cs: Sequence[float] = CS,
    folds: int = 5,
    inner: int = 4,
    flips: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
    piece: Piece | None = None,
) -> Probe:
    """Read every target from every site, in each stratum of the first key.

    Of the states' own layers every second is read first, then the neighbours of the best one: each
    outer fold, and each draw of the null, looks at those of its own choice alone.

    Args:
        states: of the targets' items.
        targets: any number; those of one name and stratum make one probe.
        sites: of the states.
        layers: read all of these and no others.
        cs: strengths that the inner folds choose from, as scikit-learn's C.
        folds: outer folds, which report.
        inner: inner folds, which choose.
        flips: draws of the null; 0 for none.
        seed: of folds, draws and resamples.
        progress: told how far the work is after each batch of fits.
        piece: keeps each entry until all are done, so that work which was stopped goes on.

    Returns:
        What was found; a target of a stratum that cannot be probed is left out, with the reason.

    Raises:
        OptionError: no site, no C, or no such layer or site.
        DataError: nothing could be probed, or states are missing or not finite.
    """
    _check(states, sites, layers, cs, flips)
    parts: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        parts.setdefault((target.target, target.stratum), []).append(target)
    setups: dict[tuple[str, str], Setup] = {}
    left_out: dict[str, str] = {}
    for (name, stratum), rows in parts.items():
        try:
            setups[name, stratum] = Setup.of(rows, tuple(cs), folds, inner, flips, seed)
        except (DataError, OptionError) as error:
            left_out[" · ".join(part for part in (name, stratum) if part)] = str(error)
    if not setups:
        name, why = next(iter(left_out.items()), ("", "there are no targets"))
        of = f" of {len(left_out)} targets, such as {name}" if name else ""
        raise DataError(f"nothing can be probed{of}: {why}")
    clock = Clock(progress, len(setups) * len(sites))
    found = []
    for (name, stratum), setup in setups.items():
        for site in sites:
            read = reader(states, parts[name, stratum], site)
            every = states.layers if layers is None else layers
            first = every_second(every) if layers is None else layers
            searched = clock.searches
            make = partial(_made, read, every, first, setup, clock, site, states.depth)
            found.append(kept(piece, f"{name} · {stratum} · {site}", _Kept, make).probed())
            clock.searches = searched - 1
    settings = {"seed": seed, "folds": folds, "inner": inner, "cs": list(cs), "flips": flips}
    return Probe(tuple(found), left_out, settings)


def _made(
    read: Callable[[str], Design],
    layers: Sequence[str],
    first: Sequence[str],
    setup: Setup,
    clock: Clock,
    site: str,
    depth: Callable[[str], float],
) -> _Kept:
    return _Kept.of(_probed(search(read, layers, first, setup, clock), read, site, depth))


def _check(
    states: States,
    sites: Sequence[str],
    layers: Sequence[str] | None,
    cs: Sequence[float],
    flips: int,
) -> None:
    within("flips", flips, 0, 10**6)
    if not sites or not cs or (layers is not None and not layers):
        raise OptionError("a probe needs a site, a layer and a C at least")
    for kind, wanted, there in (
        ("site", sites, states.sites),
        ("layer", layers or (), states.layers),
    ):
        for name in wanted:
            if name not in there:
                raise OptionError(f"there are no states of {kind} {name!r}: {', '.join(there)}")


def reader(states: States, targets: Sequence[Target], site: str) -> Callable[[str], Design]:
    """What reads a layer's states of the targets' rows, in parts."""
    ids = [target.item_id for target in targets]
    places = None
    if site == "grid":
        if any(target.place is None for target in targets):
            raise DataError(f"{targets[0].target}: site grid needs the place of every target")
        places = [int(target.place or 0) for target in targets]

    def parts(layer: str) -> Iterator[NDArray[np.float32]]:
        width = states.states(layer, site, ids[:1], places and places[:1]).shape[1]
        step = max(1, _READ // width)
        for start in range(0, len(ids), step):
            own = slice(start, start + step)
            yield states.states(layer, site, ids[own], places and places[own])

    return lambda layer: Design(partial(parts, layer))


def _probed(
    found: Search, read: Callable[[str], Design], site: str, depth: Callable[[str], float]
) -> Probed:
    setup, fold = found.setup, found.fold
    rows = np.arange(len(fold))
    truth = setup.labels[0].astype(bool)
    logits = found.logits[fold, rows]
    says = np.zeros(len(fold), bool)
    choices = []
    for number, split in enumerate(setup.splits[: setup.folds]):
        learnt = split.inner >= 0
        cut = best_threshold(found.logits[number][learnt], truth[learnt])
        says[split.held] = logits[split.held] > cut
        choices.append(
            Choice(
                fold=number,
                layer=str(found.layer[0, number]),
                c=float(found.c[0, number]),
                cut=cut,
                inner=float(found.inner[0, number]),
            )
        )
    group = np.unique([target.group for target in setup.targets], return_inverse=True)[1]
    area = partial(fold_area, positive=truth, group=group, fold=fold, seed=setup.seed)
    whole = area(logits)
    longer = lengthened(whole, _without_blocks(found, read, group))
    curve = [
        Point(layer=layer, depth=depth(layer), auroc=estimate(area(own), longer))
        for layer, own in found.by_layer.items()
    ]
    kinds = {}
    for number in range(setup.folds, len(setup.splits)):
        split = setup.splits[number]
        own = split.held
        one_fold = np.zeros(int(own.sum()), np.int64)
        samples = fold_area(found.logits[number][own], truth[own], group[own], one_fold, setup.seed)
        kinds[split.name] = estimate(samples, longer)
    first = setup.targets[0]
    return Probed(
        target=first.target,
        stratum=first.stratum,
        site=site,
        item_ids=tuple(target.item_id for target in setup.targets),
        labels=setup.labels[0].astype(np.int64),
        groups=tuple(target.group for target in setup.targets),
        fold=fold,
        logits=logits,
        says=says,
        readings=found.logits[: setup.folds],
        choices=tuple(choices),
        auroc=estimate(whole, longer),
        balanced_accuracy=estimate(area(says.astype(np.float64)), longer),
        calibration=calibration(logits, truth, group, setup.seed),
        null=null_of(found),
        curve=tuple(sorted(curve, key=lambda point: point.depth)),
        kinds=kinds,
        no_null=NO_NULL if setup.how == NO_NULL else "",
    )


def _without_blocks(found: Search, read: Callable[[str], Design], group: Ints) -> Floats:
    """(BLOCKS,) the area without each block of groups, layer and C as they were chosen."""
    setup, y = found.setup, found.setup.labels[0].astype(bool)
    block = blocks_of(group, found.fold, BLOCKS, setup.seed)
    out = np.full((setup.folds, BLOCKS), np.nan)
    for layer in sorted(set(found.layer[0, : setup.folds])):
        design = read(layer)
        for number in np.flatnonzero(found.layer[0, : setup.folds] == layer):
            split = setup.splits[number]
            weights = np.stack([(split.inner >= 0) & (block != gone) for gone in range(BLOCKS)], 1)
            fits = design.fit(
                np.repeat(y[:, None], BLOCKS, axis=1), weights, float(found.c[0, number])
            )
            z = design.logits(fits)
            for gone in range(BLOCKS):
                kept = split.held & (block != gone)
                out[number, gone] = areas(z[kept, gone], y[kept])
    return mean_of(out)


def null_of(found: Search) -> Null | None:
    """What the draws came to; None without any."""
    areas_of = mean_of(found.held[:, : found.setup.folds].T)
    drawn = areas_of[1:]
    if not len(drawn):
        return None
    low, median, high = np.quantile(drawn, [0.025, 0.5, 0.975])
    return Null(
        how=found.setup.how,
        draws=len(drawn),
        mean=float(drawn.mean()),
        deviation=float(drawn.std(ddof=1)) if len(drawn) > 1 else 0.0,
        low=float(low),
        median=float(median),
        high=float(high),
        highest=float(drawn.max()),
        p_value=float((1 + (drawn >= areas_of[0] - 1e-9).sum()) / (1 + len(drawn))),
    )
