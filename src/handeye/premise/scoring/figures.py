"""What the figures of a run are: quotients of sums over families, and areas under curves.

Families are drawn again, never single questions. Averages weigh the senses alike, and true and
false premises alike. Two bases: ``all`` items (one without an answer that can be read is wrong) and
``answered`` ones; what is not said to be of the second is of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import LETTERS
from handeye.premise.scoring.reading import DECISIONS, answer_kind
from handeye.premise.scoring.score import (
    CELLS,
    SIGNALS,
    SINGLE,
    ScoreRow,
    all_letters,
    contents_of,
    families_of,
    signal_used,
)
from handeye.premise.scoring.siblings import Pair, Siblings
from handeye.premise.scoring.signal import FEWEST_FAMILIES
from handeye.stats.intervals import Samples, difference, mean
from handeye.stats.roc import Scored
from handeye.stats.sums import Sums, undefined

SENSES = ("vision", "audio")
MEAN = "mean"
STRATUM = "families"
"""Families are drawn from all of them; the name decides the draws."""
BASES = {
    "all": "all items; no answer that can be read counts as wrong",
    "answered": "items whose answer could be read",
}
# Of the items that were answered, the share that must have S for a perception to be told.
_MOST = 0.9
_TWO = ("both_true", "both_v", "both_a")
_OF_TWO = dict(zip(_TWO, ("accepts", "vision", "audio"), strict=True))
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shares = dict[str, Samples]


class Figures:
    """Every figure of some rows, over the same resampled families."""

    def __init__(self, rows: Sequence[ScoreRow], seed: int, resamples: int) -> None:
        """Sum the rows over families and resample.

        Args:
            rows: of a run, in the order of the set.
            seed: of the bootstrap.
            resamples: of families; 0 for the measured figures alone.
        """
        self.rows, self.seed, self.resamples = rows, seed, resamples
        numbers = families_of(rows)
        self.family = np.array([numbers[row.scene_id] for row in rows], np.int64)
        self.n_families = len(numbers)
        self.pairs = Siblings(rows)
        self.permuted = len({row.order for row in rows}) > 1
        self.has_gold = self._where(lambda row: row.gold is not None)
        self.read = self._where(lambda row: row.is_read)
        self.rejects = self._where(lambda row: row.rejects)
        self.cell = np.array([row.cell for row in rows])
        self.sense = np.array([row.modality for row in rows])
        self.told, self.right, self.perceived = (
            np.array([getattr(row, name) or 0 for row in rows], np.float64)
            for name in ("told", "right", "perceived")
        )
        self.signals = {name: self._signal(name) for name in SIGNALS}
        self.source = self._source()
        self._columns: dict[str, Floats] = {"rows": np.ones(len(rows))}
        self._add_cells()
        self._add_parts()
        self._add_letters()
        self._add_pairs()
        for name, values in self.signals.items():
            self._add_signals(name, values)
        self.sums = Sums([STRATUM] * len(rows), self._columns, resamples, seed, self.family)

    def _where(self, holds: Callable[[ScoreRow], bool]) -> Mask:
        return np.array([holds(row) for row in self.rows], bool)

    def _signal(self, name: str) -> Floats:
        """S of one kind; NaN where there is none."""
        found = [
            row.s_samples if name == "samples" else row.s if row.s_from == name else None
            for row in self.rows
        ]
        return np.array([np.nan if one is None else one for one in found], np.float64)

    def _source(self) -> str:
        """The S that perception is made of: the one that nearly all answers have; else empty."""
        single = np.isin(self.cell, SINGLE) & self.has_gold & self.read
        used = np.array([signal_used(row)[1] for row in self.rows])
        for name in SIGNALS:
            if single.any() and (used[single] == name).mean() >= _MOST:
                return name
        return ""

    def notes(self, prior: bool) -> list[str]:
        """What a reader must know of the figures; ``prior``: whether that of letters is known."""
        out = []
        senses = [sense for sense in SENSES if (self.sense == sense).any()]
        if len(senses) == 1:
            out.append(f"only questions about {senses[0]}: means are over that sense alone")
        # Of TRUE and FALSE no letter stands anywhere.
        lettered = answer_kind(self.rows[0].variant) == "choice" and bool(self.has_gold.any())
        if lettered and not prior and not np.isnan(self.signals["letters"]).all():
            n = len({row.scene_id for row in self.rows if all_letters(row)})
            if not self.permuted:
                why = "all options stand in one order"
            elif n < FEWEST_FAMILIES:
                why = (
                    f"it is told from {FEWEST_FAMILIES} families or more that have all six, and "
                    f"here are {n}"
                )
            else:
                why = "the orders cannot tell it"
            out.append(f"S holds what letters have for their positions: {why}")
        return out

    # ---- columns

    def _add(self, name: str, inside: Mask, **values: Any) -> None:
        """Columns of a share: the rows that it is over, and what counts."""
        if inside.any():
            self._columns[f"{name}.n"] = inside.astype(np.float64)
            for key, of in values.items():
                self._columns[f"{name}.{key}"] = np.where(inside, of, 0.0)

    def _add_sums(self, name: str, pairs: Sequence[Pair], **values: Sequence[float]) -> None:
        """The same over pairs, each counted at its first row."""
        first = np.array([pair.first for pair in pairs], np.int64)
        for key, of in {"n": [1.0] * len(pairs), **values}.items() if pairs else ():
            sums = np.bincount(first, np.array(of, np.float64), len(self.rows))
            self._columns[f"{name}.{key}"] = sums.astype(np.float64)

    def _add_cells(self) -> None:
        decided: dict[str, Mask] = {
            name: self._where(lambda row, name=name: row.decision == name)  # type: ignore[misc]
            for name in DECISIONS
        }
        decided["rejecting"] = self.rejects
        lenient = self._where(lambda row: row.lenient_right == 1)
        asked = contents_of(self.rows)
        content = self._where(lambda row: row.role == asked.get(row.prompt))
        known = decided["accepts"] & self._where(
            lambda row: row.role is not None and row.prompt in asked
        )
        named = decided["vision"] | decided["audio"]
        for cell in CELLS:
            inside = (self.cell == cell) & self.has_gold
            for basis, of in (("all", inside), ("answered", inside & self.read)):
                self._add(
                    f"{basis}.{cell}",
                    of,
                    told=self.told,
                    right=self.right,
                    perceived=self.perceived,
                )
            self._add(f"lenient.{cell}", inside, right=lenient)
            self._add(f"decided.{cell}", inside, **decided)
            self._add(f"content.{cell}", inside & known, right=content)
            if cell.endswith(("_v", "_a")):
                wrong = decided["audio" if cell.endswith("_v") else "vision"]
                self._add(f"sense.{cell}", inside & named, wrong=wrong)
            self._add(f"gone.{cell}", (self.cell == cell) & ~self.has_gold, **decided)

    def _add_parts(self) -> None:
        """By kind of detail and its level, and by category."""
        parts: dict[str, NDArray[Any]] = {
            name: np.array([getattr(row, name) for row in self.rows])
            for name in ("kind", "category")
        }
        levels = np.array([level_words(row.level) for row in self.rows])
        single = np.isin(self.cell, SINGLE) & self.has_gold
        self.kinds: dict[tuple[str, str], list[str]] = {}
        self.categories = [one for one in dict.fromkeys(parts["category"][single].tolist()) if one]
        for sense in SENSES:
            of_sense = single & (self.sense == sense)
            for kind in filter(None, dict.fromkeys(parts["kind"][of_sense].tolist())):
                of_kind = of_sense & (parts["kind"] == kind)
                known = filter(None, dict.fromkeys(levels[of_kind].tolist()))
                self.kinds[sense, kind] = sorted(known, key=float)
                self._add_part(f"kind.{sense}.{kind}", of_kind)
                for level in self.kinds[sense, kind]:
                    self._add_part(f"level.{sense}.{kind}.{level}", of_kind & (levels == level))
        for category in self.categories:
            self._add_part(f"category.{category}", single & (parts["category"] == category))

    def _add_part(self, name: str, inside: Mask) -> None:
        for cell in SINGLE:
            of = inside & (self.cell == cell)
            self._add(f"{name}.{cell}", of, told=self.told, right=self.right)

    def _add_letters(self) -> None:
        letters = np.array([row.letter or "" for row in self.rows])
        golds = np.array([
            "" if row.gold is None else LETTERS[row.order.index(str(row.gold))] for row in self.rows
        ])  # fmt: skip
        said = (letters != "") & (golds != "")
        for letter in LETTERS if said.any() else ():
            here = golds == letter
            self._add(f"letter.{letter}.all", said, chosen=letters == letter, gold=here)
            self._add(f"letter.{letter}.right", said & here, chosen=letters == letter)
            self._add(f"letter.{letter}.wrong", said & ~here, chosen=letters == letter)

    def _add_pairs(self) -> None:
        rows = self.rows
        said = [(row.decision, row.role) for row in rows]
        asked = contents_of(rows)
        kinds = np.array([_said_as(row, asked.get(row.prompt)) for row in rows])
        self._kinds_said = list(dict.fromkeys(kinds[self.read].tolist()))
        for cell in SINGLE:
            inside = (self.cell == cell) & self.has_gold & self.read
            said_as = {f"said {kind}": kinds == kind for kind in self._kinds_said}
            self._add(f"said.{cell}", inside, rejects=self.rejects, **said_as)
            own = [pair for pair in self.pairs.crossed if inside[pair.first] & inside[pair.second]]
            self._add_sums(f"crossed.{cell}", own)
        for sense in SENSES:
            two = self._of(self.pairs.siblings, sense)
            both = [float(self.told[one] * self.told[other]) for one, other in two]
            self._add_sums(f"siblings.{sense}", two, right=both)
            for name, pairs in (("crossed", self.pairs.crossed), ("repeated", self.pairs.repeated)):
                own = self._of(pairs, sense, self.read)
                flips = [float(self.rejects[one] != self.rejects[other]) for one, other in own]
                same = [float(said[one] == said[other]) for one, other in own]
                self._add_sums(f"{name}.{sense}", own, flips=flips, same=same)

    def _of(self, pairs: Iterable[Pair], sense: str, known: Mask | None = None) -> list[Pair]:
        """The pairs of a sense, both of whose rows are among those that are known."""
        of = self.sense == sense if known is None else (self.sense == sense) & known
        return [pair for pair in pairs if of[pair.first] and of[pair.second]]

    def _add_signals(self, name: str, values: Floats) -> None:
        known = ~np.isnan(values) & self.has_gold
        ranks = np.array([row.rank or 0 for row in self.rows])
        used = np.array([signal_used(row)[1] == name for row in self.rows])
        for cell in SINGLE:
            inside = known & (self.cell == cell)
            self._add(f"s.{name}.{cell}", inside, rejects=self.rejects)
            self._add(f"perceived.{name}.{cell}", inside & used, right=self.perceived)
            if name != "samples":
                self._add(f"rank.{name}.{cell}", inside & (ranks > 0), second=ranks == 2)
        for sense in SENSES:
            two = self._of(self.pairs.siblings, sense, known)
            above = [float(np.sign(values[false] - values[true]) + 1) / 2 for true, false in two]
            own = [abs(float(values[true] - values[false])) for true, false in two]
            self._add_sums(f"s-siblings.{name}.{sense}", two, above=above, moved=own)
            two = self._of(self.pairs.crossed, sense, known)
            moved = [abs(float(values[one] - values[other])) for one, other in two]
            self._add_sums(f"s-crossed.{name}.{sense}", two, moved=moved)

    # ---- shares

    def share(self, name: str, key: str) -> Samples:
        """A share of what was added under a name; undefined where nothing was."""
        if f"{name}.n" not in self._columns:
            return undefined(self.resamples)
        return self.sums.share(f"{name}.{key}", f"{name}.n")

    def balanced(self, name: str, key: str = "told", letters: str = "va") -> Samples:
        """Mean of a share over true and over false premises of each sense, averaged.

        Undefined for a sense that lacks one of the two.
        """
        return _mean(
            _whole(self.share(f"{name}.{premise}_{letter}", key) for premise in ("std", "mis"))
            for letter in letters
        )

    # ---- tables

    def tree(self) -> dict[str, Any]:
        """Every table of a summary, of samples."""
        return {
            "bases": {basis: self._basis(basis) for basis in BASES},
            "decisions": self._decisions("decided"),
            "signals": self._signals(),
            "pairs": _with_mean({sense: self._pairs(sense) for sense in SENSES}),
            "two": self._two(),
            "kinds": {
                sense: {kind: self._kind(of, kind) for of, kind in self.kinds if of == sense}
                for sense in dict.fromkeys(sense for sense, _ in self.kinds)
            },
            "categories": {
                name: _measured(self._premises(f"category.{name}")) for name in self.categories
            },
            "letters": self._letters(),
            "lenient": self._cells("lenient"),
            "without_gold": self._decisions("gone"),
        }

    def _basis(self, basis: str) -> dict[str, Any]:
        cells = self._cells(basis)
        action = self.balanced(basis)
        head = {"action": action} if action.n else {}
        if self.source and action.n:
            perception = self.balanced(basis, "perceived")
            head = {"perception": perception, **head, "gap": difference(perception, action)}
        senses = {
            sense: self._premises(basis, sense[0])
            | (self._more_premises(sense[0]) if basis == "all" else {})
            for sense in SENSES
        }
        return {
            "meaning": BASES[basis],
            "n": sum(self.share(f"{basis}.{cell}", "right").n for cell in SINGLE),
            "headline": head | {k: one for k, one in cells.items() if k in ("std", "mis", "bal")},
            "cells": cells,
            "premises": _with_mean(senses),
        }

    def _cells(self, name: str) -> Shares:
        cells = {cell: self.share(f"{name}.{cell}", "right") for cell in SINGLE}
        std, mis = (
            _mean(one for cell, one in cells.items() if cell.startswith(premise))
            for premise in ("std", "mis")
        )
        return _measured({**cells, "std": std, "mis": mis, "bal": _whole((std, mis))})

    def _premises(self, name: str, letters: str = "va") -> Shares:
        """What is done with true and with false premises, of some senses."""
        std, mis = ([f"{name}.{p}_{letter}" for letter in letters] for p in ("std", "mis"))
        return {
            "accepts_true": _mean(self.share(one, "told") for one in std),
            "rejects_false": _mean(self.share(one, "told") for one in mis),
            "balanced": self.balanced(name, letters=letters),
            "std": _mean(self.share(one, "right") for one in std),
            "mis": _mean(self.share(one, "right") for one in mis),
        }

    def _more_premises(self, letter: str) -> Shares:
        true, false = f"std_{letter}", f"mis_{letter}"
        return {
            "rejects_true": self.share(f"decided.{true}", "rejecting"),
            "accepts_false": self.share(f"decided.{false}", "accepts"),
            "wrong_sense": self.share(f"sense.{false}", "wrong"),
            "content": self.share(f"content.{true}", "right"),
            "content_of_false": self.share(f"content.{false}", "right"),
        }

    def _decisions(self, name: str) -> dict[str, Shares]:
        """By cell, how often each decision is taken, and contents given rightly."""
        return {
            cell: {key: self.share(f"{name}.{cell}", key) for key in DECISIONS}
            for cell in CELLS
            if f"{name}.{cell}.n" in self._columns
        }

    def _signals(self) -> dict[str, Any]:
        out = {}
        for name, values in self.signals.items():
            known = ~np.isnan(values)
            if known.any():
                censored = self._where(lambda row: bool(row.s_censored)) & (name != "samples")
                out[name] = {
                    "n": int(known.sum()),
                    "asked": len(self.rows),
                    "censored": int((known & censored).sum()),
                    "by_sense": _with_mean({s: self._of_signal(name, s) for s in SENSES}),
                }
        return out

    def _of_signal(self, name: str, sense: str) -> Shares:
        """What S tells of the premises about one sense."""
        true, false = (f"{premise}_{sense[0]}" for premise in ("std", "mis"))
        values = self.signals[name]
        scored = self._scored(values, (true,), (false,))
        false_alarms = self.share(f"s.{name}.{true}", "rejects")
        # Where nothing was taken off S, the area with it is the same.
        raw = [
            row.s_raw if row.s_from == name and row.s_raw != row.s else None for row in self.rows
        ]
        kept = np.array([np.nan if one is None else one for one in raw], np.float64)
        return {
            "area": scored.area(),
            "area_raw": self._scored(kept, (true,), (false,)).area(),
            "balanced": _whole(
                self.share(f"perceived.{name}.{cell}", "right") for cell in (true, false)
            ),
            "false_alarms": false_alarms,
            "found": scored.found_at(false_alarms.values),
            "siblings": self.share(f"s-siblings.{name}.{sense}", "above"),
            "second": self.share(f"rank.{name}.{false}", "second"),
            "second_of_true": self.share(f"rank.{name}.{true}", "second"),
            "moved": self._moved(f"s-crossed.{name}.{sense}"),
            "moved_by_own": self._moved(f"s-siblings.{name}.{sense}"),
        }

    def _moved(self, name: str) -> Samples:
        """By how much S differs within pairs."""
        if f"{name}.n" not in self._columns:
            return undefined(self.resamples)
        found = self.sums.average(f"{name}.moved", f"{name}.n")
        return replace(found, sizes=(self.sums.touched([f"{name}.n"]),))

    def _scored(self, values: Floats, low: Sequence[str], high: Sequence[str]) -> Scored:
        """Rows of some cells by a score that should be higher for the second ones."""
        inside = ~np.isnan(values) & self.has_gold & np.isin(self.cell, [*low, *high])
        return Scored(
            values[inside],
            np.isin(self.cell[inside], high),
            self.family[inside],
            self.n_families,
            self.resamples,
            self.seed,
            STRATUM,
        )

    def _pairs(self, sense: str) -> Shares:
        flips = self.share(f"crossed.{sense}", "flips")
        other = _not(self.share(f"crossed.{sense}", "same"))
        return {
            "siblings": self.share(f"siblings.{sense}", "right"),
            **_against(flips, "interference", "", self._by_cell(sense, self._decisions_said)),
            **_against(other, "other_answer", "other_", self._by_cell(sense, self._answers_said)),
            "repeated": self.share(f"repeated.{sense}", "same"),
        }

    def _by_cell(
        self, sense: str, said: Callable[[str], list[Samples]]
    ) -> list[tuple[float, list[Samples]]]:
        """Pairs that differ in the other sense alone, and what is said in the cell, by cell."""
        cells = [cell for cell in SINGLE if cell.endswith(sense[0])]
        counts = [self._columns.get(f"crossed.{cell}.n", np.zeros(1)).sum() for cell in cells]
        return [(float(n), said(cell)) for n, cell in zip(counts, cells, strict=True) if n]

    def _decisions_said(self, cell: str) -> list[Samples]:
        rejects = self.share(f"said.{cell}", "rejects")
        return [rejects, _not(rejects)]

    def _answers_said(self, cell: str) -> list[Samples]:
        return [self.share(f"said.{cell}", f"said {kind}") for kind in self._kinds_said]

    def _two(self) -> Shares:
        """Questions that name a visual and a sound detail."""
        shares = {cell: self.share(f"decided.{cell}", key) for cell, key in _OF_TWO.items()}
        if answer_kind(self.rows[0].variant) in ("truth", "explained"):  # FALSE names no sense
            shares = {cell: self.share(f"all.{cell}", "told") for cell in _TWO}
        decided = _whole(shares.values())
        route = [row.s_route for row in self.rows]
        routes = np.array([np.nan if one is None else one for one in route], np.float64)
        own = self.signals.get(self.source)
        area = undefined(self.resamples)
        if own is not None:
            area = self._scored(own, _TWO[:1], _TWO[1:]).area()
        return _measured(
            {
                "decided": decided,
                **shares,
                "right": _whole(self.share(f"all.{cell}", "right") for cell in _TWO),
                "wrong_sense": _mean(self.share(f"sense.{cell}", "wrong") for cell in _TWO[1:]),
                "area": area,
                "route": self._scored(routes, _TWO[2:], _TWO[1:2]).area(),
            }
        )

    def _kind(self, sense: str, kind: str) -> dict[str, Any]:
        letter = sense[0]
        unit = next(row.unit for row in self.rows if (row.modality, row.kind) == (sense, kind))
        return {
            "unit": unit,
            "figures": _measured(self._premises(f"kind.{sense}.{kind}", letter)),
            "levels": {
                level: _measured(self._premises(f"level.{sense}.{kind}.{level}", letter))
                for level in self.kinds[sense, kind]
            },
        }

    def _letters(self) -> dict[str, Shares]:
        out = {
            letter: {
                "chosen": self.share(f"letter.{letter}.all", "chosen"),
                "gold": self.share(f"letter.{letter}.all", "gold"),
                "found": self.share(f"letter.{letter}.right", "chosen"),
                "false": self.share(f"letter.{letter}.wrong", "chosen"),
            }
            for letter in LETTERS
        }
        return {letter: found for letter, of in out.items() if (found := _measured(of))}


def level_words(level: float | None) -> str:
    """A level as the key of a table; empty where there is none."""
    return "" if level is None else f"{level:g}"


def by_lot(found: Samples, cells: Iterable[tuple[float, Sequence[Samples]]]) -> Samples:
    """How many pairs of answers would differ if each of the two were drawn apart from the other.

    Of what is said with shares p, two differ in 1 - sum p^2: of accepting and rejecting in
    2 r (1 - r). Measured shares make that too low by at most one part in as many as there are
    families, resampled ones by that once more; both are put back. Where questions differ in
    difficulty, fewer pairs differ by lot than this says.

    Args:
        found: of the pairs, those that differ.
        cells: of which the pairs are: how many are of each, and what is said there.
    """
    usual, pairs = np.zeros_like(found.values), 0.0
    for n, shares in cells:
        apart = 1 - np.sum([np.nan_to_num(share.values) ** 2 for share in shares], axis=0)
        families = shares[0].trials or 1
        apart *= families / max(families - 1, 0.5)
        apart[1:] *= families / max(families - 1, 0.5)
        usual, pairs = usual + n * np.minimum(apart, 1.0), pairs + n
    return Samples(usual / max(pairs, 1.0), found.n, found.trials, sizes=found.sizes)


def _against(
    found: Samples, name: str, more: str, cells: Iterable[tuple[float, Sequence[Samples]]]
) -> Shares:
    """A share of pairs, what it would be by lot, and how far it lies above that."""
    if not found.n:
        return {name: found}
    usual = by_lot(found, cells)
    return {name: found, f"{more}usual": usual, f"{more}excess": difference(found, usual)}


def _said_as(row: ScoreRow, content: int | None) -> str:
    """An answer, whatever is right of what is asked: of contents how far from that they lie."""
    if row.decision == "accepts" and row.role is not None and content is not None:
        return f"content {(row.role - content) % 4}"
    return f"{row.decision} {'' if row.role is None else row.role}"


def _mean(parts: Iterable[Samples]) -> Samples:
    """Mean over those that are defined, which are of the same families."""
    known = list(parts)
    measured = [part for part in known if part.n]
    return mean(measured, shared=True) if measured else known[0]


def _whole(parts: Iterable[Samples]) -> Samples:
    """Mean over all of them; undefined where one is."""
    known = list(parts)
    return next((part for part in known if not part.n), None) or mean(known, shared=True)


def _not(part: Samples) -> Samples:
    return Samples(1 - part.values, part.n, part.trials, sizes=part.sizes)


def _measured(found: Mapping[str, Samples]) -> Shares:
    """What was measured at all."""
    return {name: one for name, one in found.items() if one.n}


def _with_mean(senses: Mapping[str, Mapping[str, Samples]]) -> dict[str, Shares]:
    """Tables of the senses that were asked, and the mean of what they have in common."""
    out = {sense: found for sense, of in senses.items() if (found := _measured(of))}
    if out:
        first = next(iter(out.values()))
        shared = [name for name in first if all(name in of for of in out.values())]
        out[MEAN] = {name: _mean(of[name] for of in out.values()) for name in shared}
    return out
