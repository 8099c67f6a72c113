"""Which items of a set a study asks, and in which order each person meets them.

Items are taken in turn from every stratum (kind of question, and whatever else the suite names), so
that any first part of the sequence is balanced. A person's order spreads the strata evenly and
never shows the same scene twice in a row. Everything is a pure function of (set, settings,
participant number).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import lcm

from handeye.errors import OptionError, within
from handeye.sets.blocks import MOST
from handeye.sets.draw import Draw
from handeye.suite import Asked

Strata = Mapping[str, Sequence[str]]
"""Fields of an item to balance over, each with its values in order."""
Stratum = tuple[str, ...]


def stratum(item: Asked, strata: Iterable[str]) -> Stratum:
    """The item's values of the fields that are called ``strata``."""
    return tuple(str(getattr(item, name)) for name in strata)


def kinds_and_groups(items: Iterable[Asked], strata: Strata) -> tuple[list[str], list[Stratum]]:
    """The first stratum's values that occur, and the combinations of all others, both in order."""
    found = {stratum(item, strata) for item in items}
    kind, *others = strata.values()
    kinds = _in_order({values[:1] for values in found}, [kind])
    return [name for (name,) in kinds], _in_order({values[1:] for values in found}, others)


def _in_order(found: set[Stratum], orders: Sequence[Sequence[str]]) -> list[Stratum]:
    ranks = [{value: rank for rank, value in enumerate(order)} for order in orders]
    return sorted(
        found,
        key=lambda values: [
            (rank.get(value, len(rank)), value) for rank, value in zip(ranks, values, strict=True)
        ],
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The items of a study.

    ``shared`` are asked of everybody. ``rest`` is the remaining sequence, balanced in every
    stretch, from which each person gets ``own`` further items that others may not get.
    """

    shared: tuple[Asked, ...]
    rest: tuple[Asked, ...]
    own: int
    seed: int
    strata: Strata

    @property
    def items_each(self) -> int:
        """Number of items every person is asked."""
        return len(self.shared) + self.own

    def items_of(self, number: int) -> list[Asked]:
        """The items of participant ``number`` (from 0), in the order of asking."""
        return ordered(self._chosen(number), self.strata, Draw(self.seed, "study", "order", number))

    def _chosen(self, number: int) -> list[Asked]:
        chosen = list(self.shared)
        scenes = Counter(item.scene_id for item in chosen)
        limit = _most_of_a_scene(self.items_each)
        start = number * self.own % max(1, len(self.rest))
        for item in (*self.rest[start:], *self.rest[:start]):
            if len(chosen) == self.items_each:
                break
            if scenes[item.scene_id] < limit:
                chosen.append(item)
                scenes[item.scene_id] += 1
        return chosen


def make_plan(
    items: Sequence[Asked], strata: Strata, count: int, *, seed: int, overlap: float = 1.0
) -> Plan:
    """Choose the items of a study.

    Args:
        items: what may be asked.
        strata: what to balance over, at least one.
        count: items for each person, at least 1.
        seed: of the choice and of every order.
        overlap: share of the items that all people have in common, 0..1.

    Raises:
        OptionError: a number out of range, fewer items than ``count``, or so few scenes that one
            would have to be shown twice in a row.
    """
    within("items", count, 1, MOST)
    if not 0 <= overlap <= 1:
        raise OptionError(f"overlap must lie within 0 and 1, got {overlap}")
    if count > len(items):
        raise OptionError(f"items is {count}, but the selection holds only {len(items)}")
    limit = _most_of_a_scene(count)
    per_scene = Counter(item.scene_id for item in items)
    if sum(min(found, limit) for found in per_scene.values()) < count:
        raise OptionError(
            f"{count} items on {len(per_scene)} scenes cannot be asked without showing a scene "
            "twice in a row; ask fewer items or take a set with more scenes"
        )
    sequence = list(_balanced(items, strata, Draw(seed, "study", "choice")))
    common = round(count * overlap)
    shared = _first(sequence, common, limit)
    if common == count:
        return Plan(tuple(shared), (), 0, seed, strata)
    taken = {item.item_id for item in shared}
    rest = tuple(item for item in sequence if item.item_id not in taken)
    return Plan(tuple(shared), rest, count - common, seed, strata)


def _most_of_a_scene(count: int) -> int:
    """How often a scene can be among ``count`` items so that they can be kept apart."""
    return (count + 1) // 2


def _first(sequence: Sequence[Asked], count: int, limit: int) -> list[Asked]:
    """The first ``count`` items with at most ``limit`` of one scene."""
    scenes: Counter[str] = Counter()
    out: list[Asked] = []
    for item in sequence:
        if len(out) < count and scenes[item.scene_id] < limit:
            out.append(item)
            scenes[item.scene_id] += 1
    return out


def _balanced(items: Sequence[Asked], strata: Strata, draw: Draw) -> Iterator[Asked]:
    """All items, kinds and other strata in turn, scenes that were not used yet first."""
    by_stratum: dict[Stratum, list[Asked]] = defaultdict(list)
    for item in items:
        by_stratum[stratum(item, strata)].append(item)
    queues = {key: draw.shuffled(by_stratum[key]) for key in sorted(by_stratum)}
    used: Counter[str] = Counter()
    kinds, groups = kinds_and_groups(items, strata)
    period = lcm(len(kinds), len(groups))
    turn = 0
    while queues:
        # Walks the table of kinds x groups along its diagonals: each cell once in
        # len(kinds) * len(groups) turns, rows and columns balanced in every stretch.
        key = (kinds[turn % len(kinds)], *groups[(turn + turn // period) % len(groups)])
        turn += 1
        queue = queues.get(key)
        if queue is None:
            continue
        place = min(range(len(queue)), key=lambda k: used[queue[k].scene_id])
        item = queue.pop(place)
        used[item.scene_id] += 1
        if not queue:
            del queues[key]
        yield item


def ordered(items: Sequence[Asked], strata: Strata, draw: Draw) -> list[Asked]:
    """Put items in an order that is balanced and never shows a scene twice in a row.

    At each place the strata that lag most behind an even spread are taken; within them, the item
    whose scene was seen longest ago.

    Raises:
        OptionError: one scene has more than half of the items, rounded up.
    """
    left = Counter(item.scene_id for item in items)
    if left and max(left.values()) > _most_of_a_scene(len(items)):
        raise OptionError(
            f"{len(items)} items with {max(left.values())} of one scene cannot be kept apart"
        )
    spread = _Spread(items, strata, draw)
    out: list[Asked] = []
    last_seen: dict[str, int] = {}
    for place in range(len(items)):
        last = out[-1].scene_id if out else ""
        item = spread.take(place, _urgent(left, len(items) - place), last, last_seen)
        left[item.scene_id] -= 1
        last_seen[item.scene_id] = place
        out.append(item)
    return out


def _urgent(left: Counter[str], places: int) -> str | None:
    """The scene that must come now lest its items cannot be kept apart; None when any may.

    With n places left, a scene can be kept apart when it has at most ceil(n / 2) items, or
    floor(n / 2) if it was shown last. Before a place is filled this holds for all scenes; it must
    hold for n - 1 after it, so a scene with more than ceil((n - 1) / 2) = floor(n / 2) items comes
    now. There is at most one, and it was not shown last.
    """
    return next((scene for scene, count in left.items() if count > places // 2), None)


class _Spread:
    """Items by stratum, taken so that all strata keep an even pace."""

    def __init__(self, items: Sequence[Asked], strata: Strata, draw: Draw) -> None:
        self._queues: dict[Stratum, list[Asked]] = defaultdict(list)
        for item in draw.shuffled(items):
            self._queues[stratum(item, strata)].append(item)
        self._rank = {key: k for k, key in enumerate(draw.shuffled(sorted(self._queues)))}
        self._total = len(items)
        keys = [stratum(item, strata) for item in items]
        self._planned = [Counter(values) for values in zip(*keys, strict=True)]
        self._done: list[Counter[str]] = [Counter() for _ in strata]

    def _lag(self, key: Stratum, place: int) -> float:
        """How many items with the stratum's values should have come and have not."""
        return sum(
            (place + 1) * planned[name] / self._total - done[name]
            for name, planned, done in zip(key, self._planned, self._done, strict=True)
        )

    def take(self, place: int, urgent: str | None, last: str, last_seen: dict[str, int]) -> Asked:
        """Remove and return the item for ``place``."""
        keys = sorted(self._queues, key=lambda key: (-self._lag(key, place), self._rank[key]))
        for key in keys:
            queue = self._queues[key]
            usable = [
                k
                for k, item in enumerate(queue)
                if item.scene_id != last and urgent in (None, item.scene_id)
            ]
            if not usable:
                continue
            item = queue.pop(min(usable, key=lambda k: last_seen.get(queue[k].scene_id, -1)))
            if not queue:
                del self._queues[key]
            for name, done in zip(key, self._done, strict=True):
                done[name] += 1
            return item
        raise AssertionError("no scene is left that may be shown")  # excluded by _urgent
