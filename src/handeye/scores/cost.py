"""What answers took: calls, tokens, seconds, floating-point operations and dollars of a run.

Read off the journal of a run and said per item, since one item may take several calls. It stands
beside how right the answers are and says nothing of that.

Every figure has the number of items or calls behind it and a 95 % interval over scenes (percentiles
of a bootstrap); a quantile is the least value that so large a share does not exceed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.run.answers import Answer, Usage
from handeye.run.flops import Work
from handeye.run.journal import ANSWERS, read_journal
from handeye.run.prices import Price
from handeye.scores.estimate import Estimate, Worded
from handeye.scores.run_folder import ScoredRun
from handeye.scores.so_far import run_of
from handeye.scores.tables import Column, Row, Table
from handeye.stats.bootstrap import resample_weights

Floats = NDArray[np.float64]
RESAMPLES = 1000
_LEVEL = 0.95
LATE = 0.95
"""The share of items, or calls, that a late answer is later than."""
BESIDE = "_seconds"
"""How notes of an answer end that say how long something else took for it: a detector."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers of a run took.

    Attributes:
        model: that answered.
        way: how it was asked, where the suite has several ways.
        items: that are answered, each of its samples for itself.
        scenes: that intervals are taken over.
        calls: that brought an answer.
        counted: of them those whose tokens the provider counted.
        timed: of them those whose wall time is known.
        failed: items without an answer.
        figures: by name: of an item ``calls``, tokens ``read`` (``cached`` of them served from a
            cache) and ``written``, ``seconds`` (all of its calls, and what else it took) at the
            median and ``late``, ``flops`` and ``dollars``; of a call ``call_seconds`` and
            ``call_late``.
        seconds_in_all: from the first request to the last answer; None where the run was stopped
            in between.
        beside: seconds of something else than the model, per item, by what it was.
    """

    model: str | None
    way: str
    items: int
    scenes: int
    calls: int
    counted: int
    timed: int
    failed: int
    figures: dict[str, Estimate]
    seconds_in_all: float | None
    beside: dict[str, float]


def cost_of(
    run: ScoredRun, *, price: Price | None = None, work: Work | None = None, seed: int = 0
) -> Cost:
    """Count what a run took.

    Args:
        run: with its journal.
        price: of tokens; that of the run where none is given.
        work: the sizes of the model, where it ran on this machine.
        seed: of the bootstrap.

    Raises:
        DataError: the folder has no journal, or none of its lines is an answer.
    """
    journal = run_of(run.path, run.info) / ANSWERS
    if not journal.is_file():
        raise DataError(
            f"{run.path}: has no {ANSWERS}, in which 'handeye run' notes what every answer took; "
            "what it cost is not known"
        )
    scenes = _scenes(run)
    answers = [one for one in read_journal(journal) if one.item_id in scenes]
    if not answers:
        raise DataError(f"{journal}: holds no answer to an item of this run")
    if price is None and run.info.get("price"):
        price = msgspec.convert(run.info["price"], Price)
    items: dict[tuple[str, int], list[Answer]] = defaultdict(list)
    for one in answers:
        items[one.item_id, 1 if one.sample is msgspec.UNSET else one.sample].append(one)
    groups = [scenes[name] for name, _ in items]
    per_item = [_taken(calls, price, work) for calls in items.values()]
    figures = {
        name: _mean([one[name] for one in per_item], groups, seed)
        for name in ("calls", "read", "cached", "written", "flops", "dollars")
    }
    of_items = [one["seconds"] for one in per_item]
    of_calls = [one.seconds for one in chain.from_iterable(items.values())]
    each = [scenes[one.item_id] for one in chain.from_iterable(items.values())]
    for name, values, of in (("seconds", of_items, groups), ("call_seconds", of_calls, each)):
        figures[name] = _quantile(values, of, 0.5, seed)
        late = "late" if name == "seconds" else "call_late"
        figures[late] = _quantile(values, of, LATE, seed)
    beside = Counter[str]()
    for one in answers:
        beside.update(_beside(one))
    return Cost(
        model=run.info.get("model"),
        way=str(run.info.get("way") or ""),
        items=len(items),
        scenes=len(set(groups)),
        calls=len(answers),
        counted=sum(_is_counted(one.usage) for one in answers),
        timed=sum(one.seconds is not None for one in answers),
        failed=int((run.info.get("states") or {}).get("error", 0)),
        figures={name: found for name, found in figures.items() if found.value is not None},
        seconds_in_all=None if run.info.get("answers_from_earlier_starts") else _span(answers),
        beside={name: seconds / len(items) for name, seconds in beside.items()},
    )


def _scenes(run: ScoredRun) -> dict[str, str]:
    """The scene of every item that was scored."""
    columns = run.form.rows["scores"].names
    item = "item_id" if "item_id" in columns else "clip_id"
    scene = "scene_id" if "scene_id" in columns else item
    found = run.frame("scores", tuple(dict.fromkeys((item, scene))))
    return dict(zip(found[item].to_list(), found[scene].to_list(), strict=True))


def _is_counted(usage: Usage) -> bool:
    return usage.input > 0 or usage.output > 0


def _beside(answer: Answer) -> dict[str, float]:
    """Seconds of something else, by what it was."""
    note = {} if answer.note is msgspec.UNSET else answer.note
    return {
        name.removesuffix(BESIDE): float(value)
        for name, value in note.items()
        if name.endswith(BESIDE) and isinstance(value, int | float)
    }


def _taken(calls: Sequence[Answer], price: Price | None, work: Work | None) -> dict[str, float]:
    """What one item took; NaN where that is not known of all of its calls."""
    usages = [one.usage for one in calls]
    known = all(map(_is_counted, usages))
    usage = sum(usages, Usage())
    nan = math.nan
    seconds = [one.seconds for one in calls]
    # What stands beside the model is done once for an item.
    beside = max((sum(_beside(one).values()) for one in calls), default=0.0)
    return {
        "calls": float(len(calls)),
        "read": float(usage.input) if known else nan,
        "cached": float(usage.cached) if known else nan,
        "written": float(usage.output) if known else nan,
        "seconds": nan if None in seconds else sum(filter(None, seconds)) + beside,
        "dollars": price.cost(usage) if known and price is not None else nan,
        "flops": sum(
            work.flops(one.usage.input, one.usage.output, int(bool(one.media_sha256)))
            for one in calls
        )
        if known and work is not None
        else nan,
    }


def _span(answers: Iterable[Answer]) -> float | None:
    """Seconds from when the first request went out to when the last answer arrived."""
    ends = [
        (datetime.fromisoformat(one.at).timestamp(), one.seconds)
        for one in answers
        if one.at and one.seconds is not None
    ]
    if not ends:
        return None
    return max(end for end, _ in ends) - min(end - took for end, took in ends)


# ---- figures with intervals over scenes


def _mean(values: Sequence[float], groups: Sequence[str], seed: int) -> Estimate:
    """The mean of the values that are known."""
    kept, place, clusters = _known(values, groups)
    if not len(kept):
        return Estimate(None)
    sums = np.bincount(place, kept, clusters)
    counts = np.bincount(place, minlength=clusters)
    drawn = np.concatenate(
        [
            (weights @ sums) / (weights @ counts)
            for weights in resample_weights(clusters, RESAMPLES, seed, 0)
        ]
    )
    return _estimate(float(kept.mean()), drawn, len(kept), clusters)


def _quantile(
    values: Sequence[float | None], groups: Sequence[str], share: float, seed: int
) -> Estimate:
    """The least of the known values that a share of them does not exceed."""
    told = [math.nan if value is None else value for value in values]
    kept, place, clusters = _known(told, groups)
    if not len(kept):
        return Estimate(None)
    order = np.argsort(kept, kind="stable")
    ranked, place = kept[order], place[order]

    def of(weights: NDArray[np.float32]) -> Floats:
        below = np.cumsum(weights[:, place], axis=1)
        found: Floats = ranked[(below >= share * below[:, -1:]).argmax(axis=1)]
        return found

    drawn = np.concatenate(
        [of(weights) for weights in resample_weights(clusters, RESAMPLES, seed, 0)]
    )
    whole = of(np.ones((1, clusters), np.float32))
    return _estimate(float(whole[0]), drawn, len(kept), clusters)


def _known(values: Sequence[float], groups: Sequence[str]) -> tuple[Floats, NDArray[np.int64], int]:
    """Values that are known, the number of each one's scene, and how many scenes there are."""
    given = np.asarray(values, np.float64)
    there = ~np.isnan(given)
    names = [group for group, known in zip(groups, there, strict=True) if known]
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return given[there], np.array([number[name] for name in names], np.int64), len(number)


def _estimate(value: float, drawn: Floats, n: int, clusters: int) -> Estimate:
    if clusters < 2:
        return Estimate(value, n=n)
    low, high = np.quantile(drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), n)


# ---- as a table

_COLUMNS = (
    (Column("calls", "calls an item", name="calls"), 1.0),
    (Column("in", "tokens read an item, those of pictures among them", name="read"), 1.0),
    (Column("out", "tokens written an item, hidden reasoning among them", name="written"), 1.0),
    (Column("s", "seconds an item at the median", name="seconds"), 1.0),
    (Column("s late", f"{LATE:.0%} of the items took no longer", name="late"), 1.0),
    (Column("s a call", "at the median", name="call_seconds"), 1.0),
    (Column("s a call, late", f"{LATE:.0%} of the calls took no longer", name="call_late"), 1.0),
    (Column("GFLOP", "billions of floating-point operations an item", name="flops"), 1e-9),
    (Column("$ a 1,000", "dollars for a thousand items", name="dollars"), 1e3),
)


def cost_table(costs: Sequence[Cost], labels: Sequence[str]) -> Table:
    """Runs beside each other."""
    rows = tuple(
        Row(
            label,
            tuple(_cell(cost.figures.get(column.key), times) for column, times in _COLUMNS),
        )
        for cost, label in zip(costs, labels, strict=True)
    )
    columns = tuple(column for column, _ in _COLUMNS)
    return Table("cost", "What an item took", columns, rows).measured


def _cell(found: Estimate | None, times: float) -> Worded:
    if found is None or found.value is None:
        return Worded(None, unit="plain")
    low, high = (None if end is None else end * times for end in (found.low, found.high))
    return Worded(found.value * times, low, high, found.n, "plain")


def basis(cost: Cost, unit: str = "items", scene: str = "scenes") -> str:
    """What the figures of a run rest on, in words.

    Args:
        cost: of the run.
        unit: what the suite's items are called.
        scene: what its scenes are.
    """
    said = [f"{cost.items:,} {unit} of {cost.scenes:,} {scene}, {cost.calls:,} calls"]
    if cost.counted < cost.calls:
        said.append(f"tokens of {cost.counted:,} calls")
    if cost.timed < cost.calls:
        said.append(f"times of {cost.timed:,} calls")
    if cost.failed:
        said.append(f"{cost.failed:,} {unit} without an answer: what they took is not noted")
    if cost.seconds_in_all is not None:
        said.append(f"{cost.seconds_in_all:,.1f} s in all, calls side by side")
    said += [f"{name}: {seconds:.3g} s an item" for name, seconds in cost.beside.items()]
    return "; ".join(said)


def folder_of(run: ScoredRun) -> Path | None:
    """The folder of the model that a run asked, where the run tells one that is there."""
    told = run.info.get("model_args") or {}
    for name in ("path", "model_path"):
        if isinstance(told.get(name), str) and (Path(told[name]) / "config.json").is_file():
            return Path(told[name])
    return None
