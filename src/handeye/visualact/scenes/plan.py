"""Which clips a generated set holds: kinds dealt to numbered places, before anything is drawn.

Every scenario is planned on its own, in rounds of :data:`ROUND` places: two for kinds that call
for nothing, two pairs for kinds that only the direction of time tells, the rest for all others.
Within each of the three, kinds are dealt from a shuffled deck, so that they stay balanced. A
place depends on seed, split, scenario and its number, not on how many clips there are (only a pair
that the end of the set would cut in two is replaced by a clip of another kind).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from handeye.errors import OptionError, within
from handeye.sets.blocks import MOST
from handeye.sets.draw import Draw
from handeye.visualact.loader import scenario_keys
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Kind

ROUND, _IDLE, _PAIRS = 16, 2, 2
Sort = Literal["idle", "pair", "single"]


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Everything that decides the bytes of a set.

    Attributes:
        seed: 0..2^63-1.
        clips: number of clips by scenario.
        split: name of the split.
        fps: frames a second.
        catalogue: what tells one catalogue of events from another.
    """

    seed: int
    clips: Mapping[str, int]
    split: str
    fps: int
    catalogue: str

    def record(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """One clip to make.

    Attributes:
        scenario: key.
        index: number within the scenario, from 0.
        kind: name of the kind of event.
        backward: whether the film runs from its end to its beginning.
        film: number whose stream the film is drawn from: that of the pair's first clip for both
            of a pair, ``index`` otherwise.
        twin: number of the clip that shows the same film the other way round, if there is one.
    """

    scenario: str
    index: int
    kind: str
    backward: bool = False
    film: int = -1
    twin: int | None = None

    @property
    def clip_id(self) -> str:
        """Name of the clip."""
        return clip_name(self.scenario, self.index)

    @property
    def twin_id(self) -> str | None:
        """Name of the twin."""
        return None if self.twin is None else clip_name(self.scenario, self.twin)


def clip_name(scenario: str, index: int) -> str:
    """Name of a clip from its scenario and number."""
    return f"{scenario}-{index:05d}"


def plan_set(
    seed: int,
    clips: int = 100,
    scenarios: Sequence[str] | str | None = None,
    split: str = "test",
    fps: int = 12,
) -> SetOptions:
    """Check what a user asked for and divide the clips over the scenarios.

    They are divided evenly, the first scenarios taking the rest.

    Raises:
        OptionError: naming the option, what is allowed and what came.
    """
    if not 0 <= seed < 2**63:
        raise OptionError(f"seed must lie in 0..2^63-1, got {seed}")
    within("clips", clips, 1, MOST)
    if not 2 <= fps <= 60:
        raise OptionError(f"fps must lie in 2..60, got {fps}")
    if not split.isidentifier() or split == "all":
        raise OptionError(f"split must be a word such as test or dev (not all), got {split!r}")
    wanted = scenario_keys(scenarios)
    if scenarios is not None and wanted is None:
        raise OptionError(f"scenarios must be taken from {', '.join(SCENARIOS)}; got none")
    names = [name for name in SCENARIOS if wanted is None or name in wanted]
    share, rest = divmod(clips, len(names))
    counts = {name: share + (i < rest) for i, name in enumerate(names)}
    counts = {name: count for name, count in counts.items() if count}
    return SetOptions(seed, counts, split, fps, catalogue.digest())


def plan_clips(options: SetOptions) -> list[ClipOrder]:
    """All clips of a set, the scenarios in turn."""
    planned = [
        order for name, count in options.clips.items() for order in _planned(options, name, count)
    ]
    places = {name: place for place, name in enumerate(options.clips)}
    return sorted(planned, key=lambda order: (order.index, places[order.scenario]))


def film_groups(orders: Sequence[ClipOrder]) -> list[tuple[ClipOrder, ...]]:
    """The clips that show the same film, together: one clip, or the two of a pair."""
    groups: dict[tuple[str, int], list[ClipOrder]] = {}
    for order in orders:
        groups.setdefault((order.scenario, order.film), []).append(order)
    return [tuple(group) for group in groups.values()]


def _planned(options: SetOptions, scenario: str, count: int) -> Iterator[ClipOrder]:
    deal = _Dealer(options, scenario)
    index = 0
    while index < count:
        for sort, number in deal.round(index // ROUND):
            if index >= count:
                return
            if sort != "pair":
                yield ClipOrder(scenario, index, deal.kind(sort, number), film=index)
                index += 1
            elif index + 1 == count:
                yield ClipOrder(scenario, index, deal.filler(index), film=index)
                index += 1
            else:
                yield from deal.pair(number, index)
                index += 2


class _Dealer:
    """Deals the kinds of a scenario."""

    def __init__(self, options: SetOptions, scenario: str) -> None:
        self._key = (options.seed, options.split, scenario)
        self._scenario = scenario
        found = catalogue.kinds(scenario)
        self._decks: dict[Sort, tuple[Kind, ...]] = {
            "idle": tuple(kind for kind in found if kind.idle),
            "pair": tuple(kind for kind in found if kind.reversible),
            "single": tuple(kind for kind in found if not kind.idle and not kind.reversible),
        }

    def round(self, number: int) -> list[tuple[Sort, int]]:
        """The places of a round in order, each with its number among those of its sort."""
        idle = _IDLE if self._decks["idle"] else 0
        pairs = _PAIRS if self._decks["pair"] else 0
        singles = ROUND - idle - 2 * pairs
        sizes: dict[Sort, int] = {"idle": idle, "pair": pairs, "single": singles}
        places: list[Sort] = [sort for sort, size in sizes.items() for _ in range(size)]
        next_number = {sort: number * size for sort, size in sizes.items()}
        out: list[tuple[Sort, int]] = []
        for sort in self._draw("round", number).shuffled(places):
            out.append((sort, next_number[sort]))
            next_number[sort] += 1
        return out

    def kind(self, sort: Sort, number: int) -> str:
        """The name of the ``number``-th kind of a sort that is dealt."""
        deck = self._decks[sort]
        turn, place = divmod(number, len(deck))
        return self._draw(f"deck of {sort}", turn).shuffled(deck)[place].name

    def filler(self, index: int) -> str:
        """A kind for the last place of a set, where a pair does not fit."""
        return self._draw("filler", index).pick(self._decks["single"]).name

    def pair(self, number: int, index: int) -> Iterator[ClipOrder]:
        """The two clips of a pair at ``index`` and the place after it, in a drawn order."""
        kind = self.kind("pair", number)
        first = self._draw("direction", number).below(2) == 1
        yield ClipOrder(self._scenario, index, kind, first, index, index + 1)
        yield ClipOrder(self._scenario, index + 1, kind, not first, index, index)

    def _draw(self, what: str, number: int) -> Draw:
        seed, split, scenario = self._key
        return Draw(seed, split, scenario, what, number)
