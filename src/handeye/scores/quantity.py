"""What runs are compared by: quantities in families, as sums per item and a value made of sums.

A suite says what its items add up and what figure the sums make; :mod:`handeye.scores.compare`
draws the scenes again, once for all quantities of all runs, and tests the differences. Anything
that is a function of sums can be compared: a rate, a macro average, a ratio such as F1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, first_ten
from handeye.scores.tables import Table
from handeye.stats.intervals import Samples, crossed, mean, rate, within_strata
from handeye.stats.pairing import pair, pair_common

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Value = Callable[[Floats, Sequence[int]], Samples]
"""Makes a figure of one run from its sums (strata, 1 + resamples, k), the measured ones first, and
how many clusters of each stratum hold any of its items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One figure of every run.

    Attributes:
        key: unique in its family.
        label: in tables.
        sense: what more of it means: ``pass`` is better, ``gap`` wider, ``share`` more often.
        sums: (n, k) what the items add up for the run of a number.
        value: the figure made of them.
        weights: (n,) how much each item enters, 0 for items that do not; for tests of signs.
        outcomes: (n, runs) what is averaged; NaN where a run has no such figure of an item. Two
            runs are compared on the items for which both have it.
        one_per_scene: no scene has two of its items, and outcomes are 0 or 1.
        group: a heading within the family.
        said: what the figure is about, in a sentence after "more of": ``counting items``.
        named: what it is called in a sentence: ``counting``, ``Avg. PASS``.
        planned: what it is called where scenes are planned; empty: it is not planned by.
        unit: (n,) number of the outcome that each item holds, where several hold one; None: one
            each.
        chance: table, row and column of the same figure in the chance row of a run
            (:attr:`handeye.scores.looks.Looks.chance`); none where it has no such figure.
    """

    key: str
    label: str
    sense: str
    sums: Callable[[int], Floats]
    value: Value
    weights: Floats
    outcomes: Floats
    one_per_scene: bool = False
    group: str = ""
    said: str = ""
    named: str = ""
    planned: str = ""
    unit: Ints | None = None
    chance: tuple[str, ...] = ()

    def inside(self, first: int, second: int) -> Mask:
        """(n,) the items that a comparison of two runs is about."""
        both = self.outcomes[:, first] + self.outcomes[:, second]
        return np.asarray((self.weights != 0) & ~np.isnan(both))

    @property
    def n_items(self) -> int:
        """How many items it is about, whether or not runs have a figure of each."""
        return int((self.weights != 0).sum())

    def occurs(self, first: int, second: int) -> bool:
        """Whether there is anything to ask: a reason that neither run shows is no question."""
        if self.sense != "share":
            return True
        return bool(self.outcomes[self.inside(first, second)][:, [first, second]].any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Quantities whose p-values are adjusted together.

    Attributes:
        key: unique.
        title: heading.
        meaning: what its figures are, in a sentence.
        quantities: in the order of the tables.
        chart: title of the picture; families of one title share one.
        overall: key of the quantity that stands for all; set in the family that the first sentence
            is about.
        parts: what its rows are called where a sentence names those that differ (``templates``).
        reason: what a row is called where a sentence names the one that changed most (``reason``).
        long: many rows, of which a terminal prints those that differ.
    """

    key: str
    title: str
    meaning: str
    quantities: tuple[Quantity, ...]
    chart: str
    overall: str = ""
    parts: str = ""
    reason: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """Things that each run gets right or not, for the table of who is right where.

    ``right`` is (m, runs), 0 or 1: items, or what an item asks for several of.
    """

    key: str
    label: str
    right: Floats


@dataclass(frozen=True, slots=True)
class Property:
    """What items differ in: a gallery is chosen evenly over it and filtered by it.

    ``labels`` names its values in order; ``values`` holds one sequence (n,) for every run, or one
    for all runs.
    """

    key: str
    title: str
    labels: Mapping[str, str]
    values: tuple[Sequence[str | None], ...]

    def of(self, run: int) -> Sequence[str | None]:
        """Its value for every item, as answered by a run."""
        return self.values[run if len(self.values) > 1 else 0]


@dataclass(frozen=True, slots=True)
class Words:
    """What sentences and the page call things.

    Attributes:
        stratum: what scenes are drawn within: ``subset``.
        verb: what a run does with items: ``passes``.
        more: ``more of``, before what a quantity is about.
        fewer: ``fewer of``.
        alike: what two runs do that never differ: ``pass and fail exactly the same items``.
        tallied: what the table of who is right where counts: ``items``.
        right: what a run is on an item where another is not: ``right``, ``better``.
        wrong: what the other is.
        checked: what was found to be the same in all runs: ``targets, regions and grids``.
        source: where the suite comes from.
        terms: words of its own, with their meaning.
    """

    stratum: str
    verb: str
    more: str
    fewer: str
    alike: str
    tallied: str
    right: str
    wrong: str
    checked: str
    source: str
    terms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """The same n items in every run, and everything that the runs are compared by.

    Attributes:
        labels: of the runs.
        words: of the suite.
        ids: (n,) of the items.
        cluster: (n,) number of each item's scene, 0, 1, ...
        stratum: (n,) number of each item's stratum; scenes of different strata have different
            numbers.
        families: those that the items allow, each with at least one quantity.
        units: for the table of who is right where.
        score: (n, runs) how right each answer is: items on which two runs differ in it tell them
            apart.
        properties: of the items, the first the most important.
        about: what the set holds, by name.
        left_out: items of each run that are not compared.
        notes: what a reader must know.
        beside: what else is told of two runs by their numbers, that is no sum over items.
    """

    labels: tuple[str, ...]
    words: Words
    ids: Sequence[str]
    cluster: Ints
    stratum: Ints
    families: tuple[Family, ...]
    units: tuple[Units, ...]
    score: Floats
    properties: tuple[Property, ...] = ()
    about: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: tuple[int, ...]
    notes: tuple[str, ...] = ()
    beside: Callable[[int, int], Iterable[Table]] = lambda first, second: ()

    @property
    def n_items(self) -> int:
        """How many items are compared."""
        return len(self.cluster)

    @property
    def n_scenes(self) -> int:
        """How many scenes they are about."""
        return int(self.cluster.max(initial=-1)) + 1

    @property
    def home(self) -> Ints:
        """(n_scenes,) number of each scene's stratum."""
        found = np.zeros(self.n_scenes, np.int64)
        found[self.cluster] = self.stratum
        return found

    def each(self) -> Iterator[tuple[Family, Quantity]]:
        """Every quantity with its family."""
        return ((family, one) for family in self.families for one in family.quantities)


# ---- figures made of sums


def counted(parts: Sequence[Mask], outcomes: Floats) -> Callable[[int], Floats]:
    """Sums of rates: for each part, a column that counts its items and one that adds outcomes."""

    def sums(run: int) -> Floats:
        own = outcomes[:, run]
        columns = [column for part in parts for column in (part * 1.0, np.where(part, own, 0.0))]
        return np.stack(columns, axis=1)

    return sums


def rated(
    called: tuple[str, str],
    inside: Mask,
    outcomes: Floats,
    value: Value,
    *,
    sense: str = "pass",
    one_per_scene: bool = False,
    group: str = "",
    said: str = "",
    planned: str = "",
    unit: Ints | None = None,
    chance: tuple[str, ...] = (),
) -> Quantity:
    """The rate of one group of items; ``called`` is its key and its label."""
    return Quantity(
        key=called[0],
        label=called[1],
        sense=sense,
        sums=counted([inside], outcomes),
        value=value,
        weights=inside.astype(np.float64),
        outcomes=outcomes,
        one_per_scene=one_per_scene,
        group=group,
        said=said,
        named=called[1],
        planned=planned,
        unit=unit,
        chance=chance,
    )


def shown(series: Sequence[pl.Series], key: str) -> Floats:
    """(n, runs) 1 where a run has ``key`` in its column, a reason or a state; else 0."""
    columns = [(one == key).fill_null(False).to_numpy().astype(np.float64) for one in series]
    return np.stack(columns, axis=1)


def occurring(
    series: Sequence[pl.Series], names: Iterable[tuple[str, str]], group: str = ""
) -> Iterator[Quantity]:
    """How often something is so, of all items; nothing where it is so in no run.

    Args:
        series: a column of every run; none: nothing at all.
        names: keys and labels of what it may hold.
        group: heading of the lines.
    """
    for key, label in names if len(series) else ():
        outcomes = shown(series, key)
        if outcomes.any():
            inside = np.ones(len(outcomes), bool)
            yield rated((key, label), inside, outcomes, pooled, sense="share", group=group)


def pooled(sums: Floats, clusters: Sequence[int]) -> Samples:
    """The rate over all items: the second column by the first, whatever the stratum."""
    counted, added = np.moveaxis(sums.sum(axis=0), 1, 0)
    return within_strata(
        rate(added, counted, clusters),
        lambda: [rate(s[:, 1], s[:, 0], own) for s, own in zip(sums, clusters, strict=True)],
    )


def macro(sums: Floats, clusters: Sequence[int]) -> Samples:
    """Mean of the rates of the strata that have items, all of the same weight."""
    return mean([rate(s[:, 1], s[:, 0], own) for s, own in zip(sums, clusters, strict=True)])


def average(sums: Floats, clusters: Sequence[int]) -> Samples:
    """Mean of the macro rates of several parts over the same scenes: two columns each."""
    return crossed(
        [
            [rate(s[:, k + 1], s[:, k], own) for s, own in zip(sums, clusters, strict=True)]
            for k in range(0, sums.shape[2], 2)
        ]
    )


# ---- the same items in every run


def pair_rows(
    frames: Sequence[pl.DataFrame],
    labels: Sequence[str],
    *,
    item: str,
    unit: str,
    needed: Sequence[str],
    same: Sequence[str],
    common: bool = False,
) -> list[Ints]:
    """Places of the same items in the rows of several runs, in the order of the first run.

    Nothing is dropped in silence, and an id must mean the same in all runs: were an item another
    one in another run, the difference of the answers would not be one of the models.

    Args:
        frames: score rows of each run.
        labels: of the runs, for messages.
        item: the column of the id.
        unit: what items are called: ``items``.
        needed: columns that every frame must have.
        same: columns that must be equal; in lists the order means nothing.
        common: take the items that all runs have, instead of asking for every item in every run.

    Raises:
        DataError: missing columns; an item missing in a run or twice in it; one that is another in
            another run; no item that all have.
    """
    for frame, label in zip(frames, labels, strict=True):
        if lacking := [name for name in needed if name not in frame.columns]:
            raise DataError(f"the scores of {label} lack the columns {', '.join(lacking)}")
    ids = [frame[item].to_list() for frame in frames]
    one = unit.removesuffix("s")
    kept = ids[0]
    for other, label in zip(ids[1:], labels[1:], strict=True):
        names = (labels[0], label)
        shared = pair_common(kept, other, one, names)
        if not common and (shared.only_first or shared.only_second):
            try:
                pair(kept, other, one, names)
            except DataError as error:
                hint = (
                    f"if they are of one set, compare the {unit} that all runs have with --common"
                )
                raise DataError(f"{error}; {hint}") from None
        kept = [kept[k] for k in shared.first]
    if not kept:
        raise DataError(f"the runs share no {one}; were they made over the same set?")
    places = [pair_common(kept, own, one).second for own in ids]
    first = frames[0][places[0]]
    for frame, place, label in zip(frames[1:], places[1:], labels[1:], strict=True):
        _check_same(first, frame[place], (item, unit), same, (labels[0], label))
    return places


def _check_same(
    first: pl.DataFrame,
    other: pl.DataFrame,
    called: tuple[str, str],
    same: Sequence[str],
    names: tuple[str, str],
) -> None:
    unequal = []
    for name in same:
        pairs = [frame[name] for frame in (first, other)]
        if isinstance(pairs[0].dtype, pl.List):
            pairs = [column.list.sort().list.join(" ") for column in pairs]
        unequal.append(pairs[0].ne_missing(pairs[1]).alias(name))
    table = pl.DataFrame(unequal)
    wrong = table.select(pl.any_horizontal(pl.all())).to_series()
    if not wrong.any():
        return
    item, unit = called
    ids = first[item].filter(wrong).to_list()
    named = [name for name in same if table[name].any()]
    raise DataError(
        f"{len(ids)} {unit} are not the same in {names[0]} and {names[1]} (they differ in "
        f"{', '.join(named)}): {first_ten(ids)}; were the runs made over the same set?"
    )
