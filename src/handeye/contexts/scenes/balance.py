"""Who knows one half, and how often the best of them can be right: counted, not estimated.

Three respondents answer all that is to be done, each the best of its kind with hindsight: one
says the same to everything that is answered in one form, one knows the context and no picture, one
knows the picture and no context. Of what they can say nothing is left out: of places every second
pixel is tried, of everything else every right answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from handeye.contexts.authored import Region
from handeye.contexts.items import Item
from handeye.contexts.scenes.drawing import HEIGHT, WIDTH
from handeye.contexts.scoring.actions import gold_said, right

_STEP = 2

KNOWS: dict[str, Callable[[Item], tuple[str, ...]]] = {
    "constant": lambda item: (item.form,),
    "context only": lambda item: (item.name, item.form),
    "picture only": lambda item: (item.scene_id, item.form),
}
"""By respondent what it tells items of one world apart by."""


def best_rights(items: Iterable[Item]) -> dict[str, dict[tuple[str, str], tuple[int, int]]]:
    """By respondent, then world and form: what the best of its kind is right about, of how many.

    Args:
        items: of a set; those about what is to be seen are passed over.
    """
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
    """How many answers the best places can be right about: one place, or two where two are asked.

    Every :data:`_STEP`-th pixel is tried, with every other where there are two; pixels that lie in
    the same regions of all answers are tried once.
    """
    found = [item.answer.regions for item in items if item.answer.regions]
    if not found:
        return 0
    assert max(map(len, found)) <= 2
    ys, xs = np.mgrid[0:HEIGHT:_STEP, 0:WIDTH:_STEP].reshape(2, -1)
    # By answer and pixel: in which of its regions it lies, 1 or 2; 0 for none.
    where = np.zeros((len(found), len(xs)), np.int8)
    for row, regions in zip(where, found, strict=True):
        for number, region in enumerate(regions):
            row[_inside(region, xs, ys)] = number + 1
    kinds = np.unique(where[:, where.any(0)], axis=1).astype(np.float32)
    single = np.array([len(regions) == 1 for regions in found])
    alone = (kinds[single] == 1).sum(0).max(initial=0)
    first, second = (
        (kinds[~single] == 1).astype(np.float32),
        (kinds[~single] == 2).astype(np.float32),
    )
    both = first.T @ second
    return int(max(alone, (both + both.T).max(initial=0)))


def _inside(region: Region, xs: NDArray[np.int64], ys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which places lie in a box or a polygon."""
    if isinstance(region.box, tuple):
        left, top, right_, bottom = region.box
        return (left <= xs) & (xs <= right_) & (top <= ys) & (ys <= bottom)
    inside = np.zeros(len(xs), bool)
    corners = region.polygon or ()
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if ay != by:
            inside ^= ((ay > ys) != (by > ys)) & (xs < (bx - ax) * (ys - ay) / (by - ay) + ax)
    return inside
