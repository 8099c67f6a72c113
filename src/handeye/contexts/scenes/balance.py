"""Who knows one half, and how often the best of them can be right: counted, not estimated.

Three respondents answer all that is to be done, each the best of its kind with hindsight: one
says the same to everything that is answered in one form, one knows the context and no picture, one
knows the picture and no context. Of what they can say nothing is left out: of places every corner
at which regions can begin to overlap is tried, of everything else every right answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from handeye.answer_kinds.points import Polygon
from handeye.contexts.authored import Region
from handeye.contexts.items import Item
from handeye.contexts.scoring.actions import gold_said, right

KNOWS: dict[str, Callable[[Item], tuple[str, ...]]] = {
    "constant": lambda item: (item.form,),
    "context only": lambda item: (item.name, item.form),
    "picture only": lambda item: (item.scene_id, item.form),
}
"""By respondent what it tells items of one world apart by."""


def best_rights(items: Iterable[Item]) -> dict[str, dict[tuple[str, str], tuple[int, int]]]:
    """By respondent, then world and form: how many the best of its kind is right about, of how many.

    Args:
        items: of a set; those about what is to be seen are passed over.
    """  # noqa: D205
    does = [item for item in items if item.about == "does"]
    out: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}
    for name, key in KNOWS.items():
        held: dict[tuple[str, str], dict[tuple[str, ...], list[Item]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for item in does:
            held[item.group, item.form][key(item)].append(item)
        out[name] = {
            of: (sum(map(_most, groups.values())), sum(map(len, groups.values())))
            for of, groups in held.items()
        }
    return out


def chances(items: Iterable[Item]) -> dict[str, dict[tuple[str, str], Fraction]]:
    """What :func:`best_rights` may be at most: as one of so many contexts, or of so many pictures.

    Whoever knows no context is right about one of a form's contexts in a scene; whoever knows no
    picture about one in four, which is how often the commonest answer under a context is right.
    """
    contexts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        if item.about == "does":
            contexts[item.group, item.form].add(item.name)
    by_picture = dict.fromkeys(contexts, Fraction(1, 4))
    return {
        "constant": by_picture,
        "context only": by_picture,
        "picture only": {of: Fraction(1, len(names)) for of, names in contexts.items()},
    }


def problems(items: Sequence[Item]) -> Iterator[str]:
    """Where a respondent that knows one half does better than chance on whole rounds of scenes."""
    most = chances(items)
    for name, found in best_rights(items).items():
        for (world, form), (rights, n) in found.items():
            if rights > most[name][world, form] * n:
                yield (
                    f"{world}, {form}: {name} is right about {rights} of {n}, more than "
                    f"{most[name][world, form]}"
                )


def _most(items: Sequence[Item]) -> int:
    """How many of some items the best single answer is right about."""
    form = items[0].form
    if form in ("point", "points"):
        return max(_deepest(items), sum(item.kind == "impossible" for item in items))
    golds = dict.fromkeys(map(gold_said, items))
    return max(sum(right(gold, form, item.answer) for item in items) for gold in golds)


def _deepest(items: Sequence[Item]) -> int:
    """How many answers the best place, or the best places, can be right about at most.

    Of one region an answer: the most boxes around regions that share a place, which their left and
    upper ends tell. Of several: those whose boxes can be hit by the same places one by one.
    """
    found = [item.answer.regions for item in items if item.answer.regions]
    if not found:
        return 0
    if all(len(regions) == 1 for regions in found):
        boxes = np.array([_box(regions[0]) for regions in found], float)
        left, top, right_, bottom = boxes.T
        across = (left[:, None] >= left) & (left[:, None] <= right_)
        down = (top[:, None] >= top) & (top[:, None] <= bottom)
        return int((across.astype(np.int32) @ down.T.astype(np.int32)).max())
    boxes_of = [[_box(region) for region in regions] for regions in found]
    return max(sum(_meets(one, other) for other in boxes_of) for one in boxes_of)


def _meets(one: Sequence[Mapping], other: Sequence[Mapping]) -> bool:
    """Whether each box of an answer has one of the other that it shares a place with."""
    left = list(other)
    for box in one:
        match = next((far for far in left if _shares(box, far)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _shares(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(
        max(one[at], other[at]) <= min(one[at + 2], other[at + 2]) for at in (0, 1)
    )


def _box(region: Region) -> tuple[float, float, float, float]:
    if isinstance(region.box, tuple):
        return region.box
    corners = Polygon(region.polygon).corners  # type: ignore[arg-type]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
