"""Knows but does not act: of failed answers, how many whose right cells the states held.

"Held" is what :mod:`handeye.states.cells` reads from a state before the first word of the answer;
the share is told for every reason why answers failed, beside what is found without looking. That
a right answer is decodable does not say that the model used it, or could.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, HandeyeError, first_ten
from handeye.scores.estimate import Estimate
from handeye.sets.draw import Draw
from handeye.states.cells import BOTH, CONTROLS, LAST, POSITION, Reading, read_cells
from handeye.states.store import States
from handeye.states.targets import Target, at
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, difference, estimates, rate

RESAMPLES = 2000
_LARGEST = 1000
"""Rows or columns of a grid that is drawn."""
REASONS, DRAWN = 4, 2
"""Reasons of which examples are kept, the most frequent; answers that are drawn of each."""
PASSED, FAILED = "passed", "failed"
"""Names of all answers that passed, and all that failed, beside those of reasons."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer did about the cells of its item.

    Attributes:
        item_id: of the item.
        done: cells that it acted on, row by row from 0, each once.
        passed: whether the answer is right.
        reason: why it failed, a key of the suite's own; empty where it passed.
        label: the reason in words.
    """

    item_id: str
    done: tuple[int, ...]
    passed: bool
    reason: str = ""
    label: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader finds in the items of one reason.

    Attributes:
        exact: of the items with a right cell, share of which it calls exactly those right, if it
            is told that there is one.
        ranked: likewise, share of which all right cells stand above all others: exact, if it were
            told how many there are.
        area: likewise, mean AUROC among the cells of an item.
        beyond: ``exact`` less that of position and count, in each resample.
        silent: of the items without a right cell, share of which it calls none right. What it is
            worth says ``falsely silent`` (:class:`Acted`), the same of items that have one.
    """

    exact: Estimate
    ranked: Estimate
    area: Estimate
    beyond: Estimate
    silent: Estimate


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one reason, or all that passed or failed, and what states held of them.

    Attributes:
        reason: its key, or :data:`PASSED` or :data:`FAILED`.
        label: in words.
        n: answers.
        empty: those of them to items without a right cell.
        groups: that they are from.
        readers: by name, controls among them (:data:`handeye.states.cells.CONTROLS`).
    """

    reason: str
    label: str
    n: int
    empty: int
    groups: int
    readers: dict[str, Found]

    def __post_init__(self) -> None:
        if missing := {LAST, POSITION} - set(self.readers):
            raise ValueError(f"no reader {min(missing)!r} of these answers")


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """Layer and penalty that the inner folds chose while an outer fold was held out."""

    layer: str
    penalty: float


class Acted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a stratum; of one that could not be read, why not.

    Attributes:
        stratum: of the items.
        not_read: why it was not; empty, and the rest is there, where it was.
        target, site: what was asked of its cells, and whose state.
        items, cells, groups: numbers of what was read.
        chosen: by outer fold.
        controls: what the readers that look at nothing know.
        falsely_silent: by reader, share of the items with a right cell of which it calls none so.
        rows: the answers by what became of them, as :func:`held` gives them.
        examples: of those that failed, as :func:`examples` draws them.
    """

    stratum: str
    not_read: str = msgspec.field(default="", name="not read")
    target: str = ""
    site: str = ""
    items: int = 0
    cells: int = 0
    groups: int = 0
    chosen: tuple[Picked, ...] = ()
    controls: dict[str, str] = {}
    falsely_silent: dict[str, float] = msgspec.field(default={}, name="falsely silent")
    rows: tuple[Held, ...] = ()
    examples: tuple[Examples, ...] = ()


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of one item, as a reader sees them, beside what the answer did.

    Attributes:
        item_id: of the item.
        reader: whose probabilities.
        places: of the cells that were asked about, row by row from 0.
        probability: of each, that it is right; held out.
        right: of each, whether it is.
        cut: the probability above which the reader calls a cell right.
        done: places of the cells that the answer acted on, asked about or not.
        passed: whether the answer is right.
        reason: why it failed.
        exact: whether exactly the right cells lie above the cut; of an item without any, whether
            the reader calls none right.
    """

    item_id: str
    reader: str
    places: tuple[int, ...]
    probability: tuple[float, ...]
    right: tuple[bool, ...]
    cut: float
    done: tuple[int, ...]
    passed: bool
    reason: str
    exact: bool

    def __post_init__(self) -> None:
        if not len(self.places) == len(self.probability) == len(self.right):
            raise ValueError("places, probabilities and truths of a map are not of the same cells")


class Example(Map, frozen=True, kw_only=True):
    """A map that is shown to people.

    Attributes:
        rows, cols: of the item's grid.
        question: as it was asked.
    """

    rows: int
    cols: int
    question: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (1 <= self.rows <= _LARGEST and 1 <= self.cols <= _LARGEST):
            raise ValueError(f"a grid of {self.rows} rows and {self.cols} columns")
        if not all(0 <= place < self.rows * self.cols for place in self.places):
            raise ValueError("a cell that was asked about lies outside its grid")
        if any(place < 0 for place in self.done):
            raise ValueError("a cell that was acted on lies before its grid")


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to items with a right cell that failed for one reason, some of them drawn by chance.

    Attributes:
        reason, label: its key, and it in words.
        n: all such answers.
        exact: those of them of which the reader calls exactly the right cells right.
        drawn: whatever the reader makes of them.
    """

    reason: str
    label: str
    n: int
    exact: int
    drawn: tuple[Example, ...]


def widest(readers: Iterable[str]) -> str:
    """The reader that looks at most: the one whose maps and figures stand in front."""
    return BOTH if BOTH in readers else LAST


def knows(
    states: States,
    targets: Sequence[Target],
    actions: Sequence[Action],
    *,
    target: str = "clicked",
    site: str = "last",
    pictures: Sequence[str] = (),
    tokens: tuple[int, int] = (0, 0),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Iterator[Acted]:
    """Read the cells of every stratum, and set them beside what was done.

    Args:
        states: of the items.
        targets: of a set (:meth:`handeye.suite.Probed.targets`).
        actions: of a run over it (:meth:`handeye.suite.Probed.actions`).
        target: what is asked of cells at the site.
        site: of the state.
        pictures: targets of cells at their own tokens; without any, the picture is not read.
        tokens: rows and columns of picture tokens, where there are ``pictures``.
        resamples: of the groups, for the intervals.
        seed: of folds and resamples.

    Yields:
        What is kept of each stratum, by name; it may not be read for having too few scenes.

    Raises:
        OptionError: nobody asks the target, or not at this site.
        DataError: an item has states and no answer.
    """
    asked = at(targets, target, site)
    shown = [one for name in pictures for one in at(targets, name, "grid")]
    for stratum in sorted({one.stratum for one in asked}):
        rows = [one for one in asked if one.stratum == stratum]
        try:
            reading = read_cells(states, rows, site, pictures=shown, tokens=tokens, seed=seed)
        except HandeyeError as error:
            yield Acted(stratum=stratum, not_read=str(error))
            continue
        found = held(reading, actions, resamples=resamples, seed=seed)
        drawn = examples(reading, actions, rows, seed=seed)
        yield msgspec.structs.replace(kept(reading, found), examples=tuple(drawn))


def held(
    reading: Reading,
    actions: Iterable[Action],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Held]:
    """How often the right cells were decodable, by the reason why the answer failed.

    Args:
        reading: of the items' cells.
        actions: of the answers; those of items that were not read are left out.
        resamples: of the groups (scenes), for the intervals.
        seed: of the resamples.

    Returns:
        All that failed, reasons from the most frequent, all that passed.

    Raises:
        DataError: an item was read and no answer to it is there.
    """
    done = _matched(reading, actions)
    kinds: dict[str, str] = {FAILED: FAILED}
    reasons = [one for one in done if not one.passed]
    for one in sorted(reasons, key=lambda one: (-_count(reasons, one.reason), one.reason)):
        kinds.setdefault(one.reason, one.label or one.reason)
    kinds[PASSED] = PASSED
    kept = {
        FAILED: np.array([not one.passed for one in done]),
        PASSED: np.array([one.passed for one in done]),
    }
    out = []
    for reason, label in kinds.items():
        own = kept.get(reason, np.array([one.reason == reason for one in done]))
        if own.any():
            found = _found(reading, own, resamples, seed)
            out.append(
                Held(
                    reason=reason,
                    label=label,
                    n=int(own.sum()),
                    empty=int((own & ~reading.some).sum()),
                    groups=len(np.unique(reading.group[own])),
                    readers=found,
                )
            )
    return out


def maps(reading: Reading, actions: Iterable[Action], reader: str) -> Iterator[Map]:
    """The cells of every item as a reader sees them, beside what was done, in order of the items.

    Raises:
        DataError: an item was read and no answer to it is there.
    """
    exact, cuts = reading.exact(reader), reading.cuts[reader]
    ends = np.searchsorted(reading.item, np.arange(len(reading.items) + 1))
    shares = 1 / (1 + np.exp(-np.clip(reading.logits[reader], -500, 500)))
    for number, one in enumerate(_matched(reading, actions)):
        own = slice(ends[number], ends[number + 1])
        yield Map(
            item_id=one.item_id,
            reader=reader,
            places=tuple(reading.place[own].tolist()),
            probability=tuple(shares[own].round(6).tolist()),
            right=tuple(reading.right[own].tolist()),
            cut=round(float(1 / (1 + np.exp(-np.clip(cuts[number], -500, 500)))), 6),
            done=one.done,
            passed=one.passed,
            reason=one.reason,
            exact=bool(exact[number]),
        )


def examples(
    reading: Reading, actions: Sequence[Action], targets: Iterable[Target], *, seed: int = 0
) -> list[Examples]:
    """Of each of the most frequent reasons a few answers, drawn by chance: not the nicest.

    Args:
        reading: of the items' cells; its :func:`widest` reader draws the maps.
        actions: of the answers.
        targets: the rows that were read; their ``numbers`` have ``rows`` and ``cols`` of the grid,
            or it reaches to the last cell that was asked about.
        seed: of the draw.

    Raises:
        DataError: an item was read and no answer to it is there.
    """
    failed: dict[str, list[Map]] = {}
    for one in maps(reading, actions, widest(reading.logits)):
        if any(one.right) and not one.passed:
            failed.setdefault(one.reason, []).append(one)
    labels = {one.reason: one.label for one in actions}
    asked: dict[str, list[Target]] = {}
    for row in targets:
        asked.setdefault(row.item_id, []).append(row)
    out = []
    for reason in sorted(failed, key=lambda name: (-len(failed[name]), name))[:REASONS]:
        own = failed[reason]
        drawn = Draw(seed, "examples", reading.stratum, reason).shuffled(own)[:DRAWN]
        out.append(
            Examples(
                reason=reason,
                label=labels[reason] or reason,
                n=len(own),
                exact=sum(one.exact for one in own),
                drawn=tuple(_example(one, asked[one.item_id]) for one in drawn),
            )
        )
    return out


def _example(one: Map, asked: Sequence[Target]) -> Example:
    rows, cols = (
        max(int(row.numbers.get(size, row.numbers[place])) for row in asked)
        for size, place in (("rows", "row"), ("cols", "col"))
    )
    question = asked[0].texts.get("question", "")
    values = msgspec.structs.asdict(one)
    return Example(rows=rows, cols=cols, question=question, **values)


def kept(reading: Reading, rows: Sequence[Held]) -> Acted:
    """A reading with its table, as it is kept."""
    return Acted(
        stratum=reading.stratum,
        target=reading.target,
        site=reading.site,
        items=len(reading.items),
        cells=len(reading.item),
        groups=len(np.unique(reading.group)),
        chosen=tuple(Picked(layer=layer, penalty=one) for layer, one in reading.chosen),
        controls=dict(CONTROLS),
        falsely_silent={
            name: round(float(reading.silent(name)[reading.some].mean()), 6)
            for name in reading.logits
        },
        rows=tuple(rows),
    )


def _matched(reading: Reading, actions: Iterable[Action]) -> list[Action]:
    """The actions of the items that were read, in their order."""
    by_item = {one.item_id: one for one in actions}
    lacking = [item_id for item_id in reading.items if item_id not in by_item]
    if lacking:
        raise DataError(
            f"no answer to {first_ten(lacking)}, whose states were read: the run and the states "
            "must be of the same items"
        )
    return [by_item[item_id] for item_id in reading.items]


def _count(actions: Sequence[Action], reason: str) -> int:
    return sum(one.reason == reason for one in actions)


def _found(reading: Reading, own: NDArray[np.bool_], resamples: int, seed: int) -> dict[str, Found]:
    """By reader; all from the same resamples, so that differences are taken inside them."""
    names, some = list(reading.logits), reading.some
    columns: list[NDArray[Any]] = [some, ~some]
    for name in names:
        areas, silent = reading.areas(name), reading.silent(name)
        there = np.isfinite(areas)
        columns += [reading.exact(name) & some, reading.ranked(name) & some]
        columns += [there, np.where(there, areas, 0.0), silent & ~some]
    _, group = np.unique(reading.group[own], return_inverse=True)
    table = np.column_stack(columns).astype(np.float64)[own]
    sums = np.zeros((int(group.max()) + 1, table.shape[1]))
    np.add.at(sums, group, table)
    totals = resample_sums(sums.astype(np.float32), table.sum(axis=0), resamples, seed, 0).T
    touched = [int((sums[:, k] > 0).sum()) for k in range(2)]
    found: dict[str, dict[str, Samples]] = {}
    for place, name in enumerate(names):
        exact, ranked, there, area, silent = totals[2 + 5 * place : 7 + 5 * place]
        found[name] = {
            "exact": rate(exact, totals[0], touched[0]),
            "ranked": rate(ranked, totals[0], touched[0]),
            "area": rate(area, there, touched[0]),
            "silent": rate(silent, totals[1], touched[1]),
        }
    position = found[POSITION]["exact"]
    tree: Mapping[str, Any] = {
        name: figures
        # The same items on both sides.
        | {"beyond": replace(difference(figures["exact"], position), n=position.n)}
        for name, figures in found.items()
    }
    return msgspec.convert(estimates(tree), dict[str, Found])
