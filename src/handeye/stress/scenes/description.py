"""The statistics table of a set, alone or beside another one, and the matrix of its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from handeye.sets.statistics import ALL, Description, Line, count_labels
from handeye.stress.item_set import ItemSet
from handeye.stress.items import CUES, DRAWN, FAMILIES, PRIOR, Family, Item
from handeye.stress.loader import load
from handeye.stress.respondents.references import majority, tallies
from handeye.stress.scenes.wording import missing


def describe(data: str | Path, *, split: str | None = "test") -> Description:
    """Describe a set.

    Args:
        data: as :func:`handeye.stress.loader.load`.
        split: as there.

    Raises:
        DataError: the set cannot be read.
        OptionError: there is no such split.
    """
    return describe_items(load(data, split=split, media=False), name=str(data))


def describe_items(items: ItemSet, *, name: str = "") -> Description:
    """Describe loaded items: a group for every family that is there, and ``all``."""
    groups: dict[str, dict[str, Line]] = {
        family: _lines([item for item in items if item.family == family])
        for family in FAMILIES
        if any(item.family == family for item in items)
    }
    groups[ALL] = _lines(items.items)
    return Description(
        name or items.name,
        groups,
        "from text: how often who reads prompts alone is right at best, and on how many prompts "
        "about both pictures; cue true: cues that speak for what is true of their picture",
    )


def matrix() -> list[tuple[Family, dict[str, str]]]:
    """By family and cue why a cell is missing; empty where it is there."""
    return [(family, {cue: missing(family, cue) for cue in CUES if cue}) for family in FAMILIES]


_KINDS: dict[str, str] = {**dict.fromkeys(DRAWN, "drawn"), PRIOR: "priors"}


def _lines(items: Sequence[Item]) -> dict[str, Line]:
    best = tallies(items, majority(items)).values()
    right, both = sum(one.right for one in best), sum(one.both for one in best)
    pairs = sum(one.pairs for one in best)
    spoken = [item for item in items if item.cue_value]
    units = sorted({item.unit for item in items if item.physical is not None})
    lines = [
        Line("items", {"n": len(items)}, compared=False),
        Line("pictures", {"n": len({item.picture_id for item in items})}, compared=False),
        Line("groups", {"n": len({item.scene_id for item in items})}, compared=False),
        Line("split", count_labels(item.split for item in items), compared=False),
        Line("family", count_labels((item.family for item in items), FAMILIES)),
        Line("cue", count_labels((item.cue or "none" for item in items), ("none", *CUES))),
        Line("level", count_labels(str(item.level) for item in items if item.level is not None)),
        Line(
            "cue true",
            count_labels(
                f"{_KINDS.get(item.cue, 'words')} "
                f"{'true' if item.cue_value == item.truth else 'false'}"
                for item in spoken
            ),
        ),
        Line("gold", count_labels(_gold(item) for item in items)),
        Line("right letter", _letters(items)),
        Line("side of value a", count_labels(_sides(items)), main=False),
        *(
            Line(
                f"physical, {unit}",
                values=tuple(
                    item.physical
                    for item in items
                    if item.physical is not None and item.unit == unit
                ),
                main=False,
            )
            for unit in units
        ),
        Line("right from text", {"right": right, "wrong": len(items) - right}),
        Line("pairs from text", {"both right": both, "not both": pairs - both}),
        Line("words of a question", values=tuple(len(item.question.split()) for item in items)),
    ]
    return {line.name: line for line in lines if any((line.counts or {}).values()) or line.values}


def _gold(item: Item) -> str:
    return ("a", "b")[item.values.index(item.gold)] if item.gold in item.values else item.gold


def _letters(items: Sequence[Item]) -> dict[str, int]:
    found = Counter(
        chr(ord("A") + item.order.index(item.options.index(item.gold)))
        for item in items
        if item.options
    )
    return {letter: found[letter] for letter in sorted(found)}


def _sides(items: Iterable[Item]) -> Iterable[str]:
    return ({1: "left or above", -1: "right or below"}[item.side] for item in items if item.side)
