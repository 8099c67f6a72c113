"""Items that tell runs apart: which are shown on the page of a comparison, and how they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from handeye.pages.pictures import Picture
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.sounds import Sound
from handeye.scores.quantity import Quantities
from handeye.scores.sentences import letter
from handeye.sets.draw import Draw


@dataclass(frozen=True, slots=True)
class Direction:
    """Items on which run ``right`` does better than run ``wrong``."""

    right: int
    wrong: int

    @property
    def key(self) -> str:
        """Value of the filter."""
        return f"{self.right}-{self.wrong}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """An item to show; ``values`` are its properties by name, as answered by the run that fails."""

    direction: Direction
    row: int
    item_id: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a suite draws of chosen items.

    Attributes:
        package: whose ``templates`` folder holds ``pair_card.html.j2``, with macros ``above``
            (legend) and ``inside`` (of one card), as :class:`handeye.pages.frame.Gallery` says.
        cards: one for each chosen item, for that template.
        pictures: what the cards refer to.
        legend: what the marks on the cards mean, for that template.
        lead: sentences on how to read the cards.
        style: class of the list of cards.
        sheets: style sheets of the package.
        sounds: what the cards play.
    """

    package: str
    cards: Sequence[Any]
    pictures: Sequence[Picture]
    legend: Sequence[Mapping[str, Any]] = ()
    lead: str = ""
    style: str = ""
    sheets: tuple[str, ...] = ()
    sounds: Sequence[Sound] = ()


def directions(pairs: Sequence[Mapping[str, Any]]) -> list[Direction]:
    """Both directions of every pair of runs that was compared."""
    return [
        Direction(*ends)
        for pair in pairs
        for ends in ((pair["first"], pair["second"]), (pair["second"], pair["first"]))
    ]


def differing(found: Quantities, direction: Direction) -> list[Chosen]:
    """Every item of one direction, in the order of the runs."""
    better = found.score[:, direction.right] > found.score[:, direction.wrong]
    values = {one.key: one.of(direction.wrong) for one in found.properties}
    return [
        Chosen(direction, row, found.ids[row], {key: of[row] or "" for key, of in values.items()})
        for row in better.nonzero()[0].tolist()
    ]


def choose(found: Quantities, shown: Sequence[Direction], limit: int) -> tuple[list[Chosen], int]:
    """Pick items evenly over directions and properties.

    Every direction, property and pair of the first property with another gets its turn before any
    gets another, so that a rare failure is seen beside a common one.

    Args:
        found: what the runs were compared by.
        shown: who is right and who is wrong.
        limit: how many at most; 0 for none.

    Returns:
        The items in the order of their properties, the same for the same input, and how many there
        were to choose from.
    """
    piles: dict[tuple[int | str, ...], list[Chosen]] = {}
    total = 0
    for number, direction in enumerate(shown):
        for one in differing(found, direction):
            piles.setdefault((number, *one.values.values()), []).append(one)
            total += 1
    shuffled = {
        key: Draw(0, "gallery", *key).shuffled(pile)[:limit][::-1]
        for key, pile in sorted(piles.items())
    }
    picked = [one for _, one in pick_evenly(shuffled, limit, _marginals)]
    order = {
        (one.key, value): rank for one in found.properties for rank, value in enumerate(one.labels)
    }

    def place(one: Chosen) -> tuple[Any, ...]:
        ranks = [order.get(item, len(order)) for item in one.values.items()]
        return (*ranks, one.row, shown.index(one.direction))

    return sorted(picked, key=place), total


def _marginals(key: tuple[int | str, ...]) -> list[Hashable]:
    pairs = [pair for pair in combinations(enumerate(key[1:]), 2) if pair[0][0] == 0]
    return [*enumerate(key), *pairs]


def filters(
    found: Quantities, chosen: Sequence[Chosen], shown: Sequence[Direction]
) -> list[Filter]:
    """The filters of the gallery."""
    words = found.words
    of_direction = {
        one.key: f"{letter(one.right)} {words.right}, {letter(one.wrong)} {words.wrong}"
        for one in shown
    }
    counts = Counter(one.direction.key for one in chosen)
    out = [
        Filter(
            "run",
            f"Who is {words.right}",
            options(counts, of_direction.__getitem__, [*of_direction]),
        )
    ]
    for kind in found.properties:
        seen = Counter(one.values[kind.key] for one in chosen)
        labels = kind.labels
        out.append(
            Filter(
                kind.key,
                kind.title,
                options(seen, lambda value, known=labels: known.get(value, value), [*labels]),  # type: ignore[misc]
            )
        )
    return out
