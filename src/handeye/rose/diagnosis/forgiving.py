"""Is an answer right if some kinds of failure are forgiven? One yes or no per item and forgiveness.

The kinds, from the outermost to the innermost: no answer, its form, count-click consistency,
abstention, region, coordinates. The same words judge counts and clicks, so that the two can be
compared; docs/decomposition.md says what each forgives. Knows nothing of rates and chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from handeye.rose.diagnosis.evidence import Evidence
from handeye.rose.scoring.tally import SCENE

# The kinds of failure that an answer in any order can be forgiven, outermost first. Giving an
# answer and its form come before all of them: what cannot be read cannot be forgiven anything.
KINDS = ("consistency", "abstention", "region", "coordinates")
# Larger numbers are all wrong alike; this keeps them within 64 bits.
_LARGEST = 2**40


def _right(forgiven: Iterable[str]) -> pl.Expr:
    """Whether a readable answer is right when some kinds of failure are forgiven.

    The same words hold for counts and clicks: ``said`` is the number given, or that of the cells
    clicked, of which ``in_grid`` exist.
    """
    kinds = frozenset(forgiven)
    place = pl.col("exact")
    other = pl.col("targets") != pl.col("gold")
    if "region" in kinds:
        # Said of clicks as of counts, although clicks tell more: a model that clicks just as it
        # counts must lose nothing on the way.
        place = place | pl.col("exact_inside") | (other & (pl.col("in_grid") == pl.col("targets")))
    if "abstention" in kinds:
        place = place | ((pl.col("gold") == 0) != (pl.col("said") == 0))
    if "coordinates" in kinds:
        place = place | (pl.col("said") == pl.col("gold")) | (pl.col("in_grid") == pl.col("gold"))
        if "region" in kinds:
            place = place | (other & (pl.col("said") == pl.col("targets")))
    agrees = pl.lit(True) if "consistency" in kinds else pl.col("agrees")
    return pl.col("passed") | (pl.col("readable") & agrees & place)


def _measure(forgiven: Iterable[str]) -> str:
    kinds = frozenset(forgiven)
    return "+".join(["right", *(kind for kind in KINDS if kind in kinds)])


# The kinds forgiven at each level, and what any one kind wins when it is forgiven first or last.
_NESTED = [KINDS[:count] for count in range(len(KINDS) + 1)]
_FIRST = {kind: (kind,) for kind in KINDS}
_BUT_ONE = {kind: tuple(other for other in KINDS if other != kind) for kind in KINDS}
_JUDGED = {_measure(kinds): kinds for kinds in (*_NESTED, *_FIRST.values(), *_BUT_ONE.values())}
BASES = {"pass": "n", "heard": "answered", **dict.fromkeys(_JUDGED, "readable")}
"""A level's measure to the items it is a share of; a level is the quotient."""
FORGIVEN = {
    "no_answer": ("pass", "heard"),
    "format": ("heard", _measure(())),
    **{
        kind: (_measure(before), _measure(after))
        for kind, before, after in zip(KINDS, _NESTED, _NESTED[1:], strict=False)
    },
}
"""The level before a step forgives, and after; both are measures."""
ORDERS = {
    kind: {
        "first": (_measure(()), _measure(_FIRST[kind])),
        "last": (_measure(_BUT_ONE[kind]), _measure(KINDS)),
    }
    for kind in KINDS
}
"""The same for a kind that is forgiven before, or after, all others that leave an answer."""
EVERYTHING = _measure(KINDS)


def judged(evidence: Sequence[Evidence]) -> pl.DataFrame:
    """One row per item: where it belongs, and a 0/1 column for every measure and base."""
    rows = [_features(found) for found in evidence]
    frame = pl.DataFrame(rows, schema=_FEATURES, orient="row")
    return frame.select(
        "subset",
        "scene_id",
        "key",
        pl.col("scene_id").rank("dense").over("subset").sub(1).alias(SCENE),
        "answered",
        "readable",
        pl.lit(1).alias("n"),
        pl.col("passed").alias("pass"),
        pl.col("passed").alias("heard"),
        **{name: _right(kinds) for name, kinds in _JUDGED.items()},
    )


_FEATURES: dict[str, Any] = {
    "subset": pl.String(),
    "scene_id": pl.String(),
    "key": pl.String(),
    "passed": pl.Boolean(),
    "answered": pl.Boolean(),
    "readable": pl.Boolean(),
    "gold": pl.Int64(),
    "targets": pl.Int64(),
    "said": pl.Int64(),
    "in_grid": pl.Int64(),
    "exact": pl.Boolean(),
    "exact_inside": pl.Boolean(),
    "agrees": pl.Boolean(),
}


def _features(found: Evidence) -> tuple[Any, ...]:
    """What the judgements need of one item, in the order of ``_FEATURES``."""
    reading = found.reading
    gold, targets = len(found.gold), len(found.targets)
    head = (found.subset, found.scene_id, found.template.key, found.passed)
    counts = found.template.mode == "COUNT"
    if reading is None or (counts and reading.number is None):
        given = found.passed or found.state == "answered"
        return (*head, given, found.passed, gold, targets, 0, 0, False, False, False)
    number = None if reading.number is None else min(reading.number, _LARGEST)
    if counts:
        return (*head, True, True, gold, targets, number, number, number == gold, False, True)
    said, in_grid = len(set(reading.clicks)), len(found.clicked)
    exact = said == in_grid and found.clicked == found.gold
    inside = said == in_grid and found.clicked_inside == found.gold
    # A number that is not there is a matter of form; one that is there has to agree.
    agrees = number is None or number == said
    return (*head, True, True, gold, targets, said, in_grid, exact, inside, agrees)
