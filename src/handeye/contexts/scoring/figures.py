"""What the figures of a run are: quotients of sums over scenes, which are drawn again whole.

Two bases: ``all`` items (one without an answer that can be read is wrong) and ``answered`` ones.
Controls (items in which something was changed) are in none of these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.answer_kinds.reading import words
from handeye.contexts.authored import Answer
from handeye.contexts.scoring.actions import answers_apart, right
from handeye.contexts.scoring.references import HALVES, best
from handeye.contexts.scoring.score import ScoreRow
from handeye.stats.intervals import Samples, difference, with_values
from handeye.stats.sums import Sums, undefined

STRATUM = "scenes"
"""Scenes are drawn from all of them; the name decides the draws."""
BASES = {
    "all": "all items; no answer that can be read counts as wrong",
    "answered": "items whose answer could be read",
}
HEADLINE = (
    *("sees", "does", "given", "gap", "consistent", "context_blind", "picture_blind", "harmful"),
    *("cannot", "form"),
)
"""Figures of the first table, in its order."""
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shares = dict[str, Samples]


class Scenes:
    """Places of rows that belong together, in the order of the rows."""

    def __init__(self, rows: Sequence[ScoreRow]) -> None:
        self.names = list(dict.fromkeys(row.scene_id for row in rows))
        numbers = {name: k for k, name in enumerate(self.names)}
        self.cluster: NDArray[np.int64] = np.array([numbers[r.scene_id] for r in rows], np.int64)
        self.sees = np.array([row.about == "sees" for row in rows], bool)
        right = np.array([float(row.right) for row in rows])
        n = len(self.names)
        asked = np.bincount(self.cluster, self.sees, n)
        seen = np.bincount(self.cluster, self.sees * right, n)
        done = np.bincount(self.cluster, ~self.sees, n)
        self.saw: Mask = ((asked > 0) & (seen == asked))[self.cluster]
        """Whether all that was asked about what is seen in a row's scene was answered rightly."""
        self.both: Mask = ((asked > 0) & (done > 0))[self.cluster]
        """Whether a row's scene was asked both what is seen and what is done."""


class Figures:
    """Every figure of some rows that is a share, over the same resampled scenes."""

    def __init__(self, rows: Sequence[ScoreRow], seed: int, resamples: int) -> None:
        """Sum the rows over scenes and resample.

        Args:
            rows: of a run, in the order of the set.
            seed: of the bootstrap.
            resamples: of scenes; 0 for the measured figures alone.
        """
        self.rows, self.resamples = [row for row in rows if not row.control], resamples
        self.scenes = Scenes(self.rows)
        self.read = self._where(lambda row: row.is_read)
        self.right = self._numbers("right")
        self._columns: dict[str, Floats] = {}
        self._add_all()
        strata = [STRATUM] * len(self.scenes.names)
        self.sums = Sums(strata, self._columns, resamples, seed)

    def _add_all(self) -> None:
        everything, sees = np.ones(len(self.rows), bool), self.scenes.sees
        for basis, inside in (("all", everything), ("answered", self.read)):
            self._add_part(basis, inside)
        for about, of in (("sees", sees), ("does", ~sees)):
            for name in self._values("name", of):
                inside = of & self._where(lambda row, name=name: row.name == name)
                self._add_part(f"{about}.{name}", inside)
        for form in self._values("form"):
            inside = self._where(lambda row, form=form: row.form == form)
            self._add_part(f"form.{form}", inside)
        for group in self._values("group"):
            inside = self._where(lambda row, group=group: row.group == group)
            self._add_part(f"group.{group}", inside)
        lenient = self._numbers("lenient_right")
        self._add("lenient.sees", sees, right=lenient)
        self._add("lenient.does", ~sees, right=lenient)
        does = np.flatnonzero(~sees)
        for half in HALVES:
            found = best([self.rows[place] for place in does], half)
            inside = np.zeros(len(self.rows), bool)
            inside[does] = [one is not None for one in found]
            held = np.zeros(len(self.rows))
            held[does] = [float(bool(one)) for one in found]
            self._add(f"reference.{half}", inside, right=held)

    def _where(self, holds: Callable[..., bool]) -> Mask:
        return np.array([holds(row) for row in self.rows], bool)

    def _numbers(self, name: str) -> Floats:
        return np.array([getattr(row, name) for row in self.rows], np.float64)

    def _values(self, name: str, of: Mask | None = None) -> list[str]:
        """Values of a column in the order in which they come."""
        rows = self.rows if of is None else [self.rows[k] for k in np.flatnonzero(of)]
        return list(dict.fromkeys(getattr(row, name) for row in rows))

    # ---- columns

    def _add(self, name: str, inside: Mask, **values: Any) -> None:
        """Columns of a share: the rows that it is over, and what counts."""
        if inside.any():
            self._sum(f"{name}.n", inside.astype(np.float64))
            for key, of in values.items():
                self._sum(f"{name}.{key}", np.where(inside, np.asarray(of, np.float64), 0.0))

    def _sum(self, name: str, values: Floats) -> None:
        sums = np.bincount(self.scenes.cluster, values, len(self.scenes.names))
        self._columns[name] = np.asarray(sums, np.float64)

    def _add_part(self, name: str, of: Mask) -> None:
        """What is told of every choice of items."""
        scenes, right = self.scenes, self.right
        sees, does = of & scenes.sees, of & ~scenes.sees
        self._add(f"{name}.sees", sees, right=right)
        self._add(f"{name}.does", does, right=right)
        self._add(f"{name}.given", does & scenes.saw, right=right)
        self._add(f"{name}.both_sees", sees & scenes.both, right=right)
        self._add(f"{name}.both_does", does & scenes.both, right=right)
        self._add(f"{name}.harmful", does & (self._numbers("can_harm") > 0),
                  did=self._numbers("harmful"))  # fmt: skip
        self._add(f"{name}.cannot", of, said=self._gave_up())
        came = of & self._where(lambda row: row.answer_state in ("answered", "unreadable"))
        self._add(f"{name}.form", came, kept=self.read)
        self._add_consistent(name, does)
        for key, pairs in (("context", self._context_pairs), ("picture", self._picture_pairs)):
            n, same = pairs(does)
            if n.any():
                self._sum(f"{name}.{key}_blind.n", n)
                self._sum(f"{name}.{key}_blind.same", same)

    def _gave_up(self) -> Mask:
        """Declined, or said that it cannot be done where it can."""
        return self._where(
            lambda row: row.answer_state == "refused" or bool(row.cannot and not row.right)
        )

    def _add_consistent(self, name: str, does: Mask) -> None:
        """Scenes of which every context was answered rightly; of one context none."""
        n = len(self.scenes.names)
        asked = np.bincount(self.scenes.cluster, does, n)
        held = np.bincount(self.scenes.cluster, does * self.right, n)
        several = asked > 1
        if several.any():
            self._columns[f"{name}.consistent.n"] = several.astype(np.float64)
            right = several & (held == asked)
            self._columns[f"{name}.consistent.right"] = right.astype(np.float64)

    def _context_pairs(self, does: Mask) -> tuple[Floats, Floats]:
        """Of every row half its pairs with other contexts of its scene that call for another."""
        return self._pairs(does, lambda row: (row.scene_id, row.form))

    def _picture_pairs(self, does: Mask) -> tuple[Floats, Floats]:
        """Likewise with other scenes of its group under the same context."""
        return self._pairs(does, lambda row: (row.group, row.name, row.form))

    def _pairs(self, of: Mask, key: Callable[[ScoreRow], Any]) -> tuple[Floats, Floats]:
        """Pairs of rows of one key that call for different actions, and those that got the same.

        Counted by classes of right answers and of what was said, so that large groups cost no more
        than they have classes.

        Returns:
            For every row half of its pairs, and of those with one and the same action.
        """
        n, same = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        held: dict[Any, list[int]] = defaultdict(list)
        for place in np.flatnonzero(of):
            held[key(self.rows[place])].append(int(place))
        for same_key in held.values():
            rows = [self.rows[place] for place in same_key]
            golds = Counter(row.right_answer for row in rows)
            others, done = self._apart(rows), self._same(rows)
            said = Counter((row.right_answer, one) for row, one in zip(rows, done, strict=True))
            for at, row, one in zip(same_key, rows, done, strict=True):
                n[at] = sum(golds[other] for other in others[row.right_answer]) / 2
                if one is not None:
                    alike = (said[other, one] for other in others[row.right_answer])
                    same[at] = sum(alike) / 2
        return n, same

    @staticmethod
    def _same(rows: Sequence[ScoreRow]) -> list[str | None]:
        """What was done, the same where it is: the answer that it is right by, else its words."""
        golds = {row.right_answer: (row.form, row.answer) for row in rows}
        known: dict[str, str] = {}
        for row in rows:
            if row.said is not None and row.said not in known:
                fits = (one for one, of in golds.items() if right(row.said, *of))
                known[row.said] = next(fits, words(row.said))
        return [None if row.said is None else known[row.said] for row in rows]

    @staticmethod
    def _apart(rows: Sequence[ScoreRow]) -> dict[str, list[str]]:
        """By right answer those that have no action in common with it."""
        known: dict[str, tuple[str, Answer]] = {r.right_answer: (r.form, r.answer) for r in rows}
        return {
            one: [other for other in known if answers_apart(*known[one], *known[other])]
            for one in known
        }

    # ---- shares

    def share(self, name: str, key: str) -> Samples:
        """A share of what was added under a name; undefined where nothing was."""
        if f"{name}.n" not in self._columns:
            return undefined(self.resamples)
        return self.sums.share(f"{name}.{key}", f"{name}.n")

    def part(self, name: str, keys: Iterable[str] = HEADLINE) -> Shares:
        """The figures of one choice of items, those that were measured."""
        columns = {
            "sees": "right",
            "does": "right",
            "given": "right",
            "consistent": "right",
            "context_blind": "same",
            "picture_blind": "same",
            "harmful": "did",
            "cannot": "said",
            "form": "kept",
        }
        found = {
            key: self._gap(name) if key == "gap" else self.share(f"{name}.{key}", columns[key])
            for key in keys
        }
        if "picture_blind" in found:
            found["picture_blind"] = of_pairs(found["picture_blind"])
        return measured(found)

    def _gap(self, name: str) -> Samples:
        """What is seen less what is done, of scenes that were asked both."""
        sees, does = (self.share(f"{name}.both_{of}", "right") for of in ("sees", "does"))
        return difference(sees, does) if sees.n and does.n else undefined(self.resamples)

    # ---- tables

    def tree(self) -> dict[str, Any]:
        """Every table of a summary that is made of shares, of samples."""
        does = ("does", "given", "picture_blind", "harmful", "cannot", "form")
        return {
            "bases": {
                basis: {
                    "meaning": meaning,
                    "n": len(self.rows) if basis == "all" else int(self.read.sum()),
                    "headline": self.part(basis),
                }
                for basis, meaning in BASES.items()
            },
            "questions": self._each("sees", "name", self.scenes.sees, ("sees", "form")),
            "contexts": self._each("does", "name", ~self.scenes.sees, does),
            "forms": self._each("form", "form", None, ("sees", "does", "given", "form")),
            "groups": self._each("group", "group", None, HEADLINE),
            "lenient": measured(
                {about: self.share(f"lenient.{about}", "right") for about in ("sees", "does")}
            ),
            "references": {
                half: found
                for half in HALVES
                if (found := measured({"does": self.share(f"reference.{half}", "right")}))
            },
        }

    def _each(
        self, part: str, name: str, of: Mask | None, keys: Sequence[str]
    ) -> Mapping[str, Shares]:
        return {one: self.part(f"{part}.{one}", keys) for one in self._values(name, of)}


def of_pairs(share: Samples) -> Samples:
    """A share of pairs of scenes, as sure as if both scenes of each had been drawn again.

    Resamples drew one scene of a pair and kept the other: to first order they lie half as far from
    the measured share as they should (Hoeffding 1948, Annals of Mathematical Statistics 19:293: the
    variance of a mean over pairs is four times that of the mean over one's partners).
    """
    value = share.values[0]
    return with_values(share, np.clip(value + 2 * (share.values - value), 0.0, 1.0))


def measured(found: Mapping[str, Samples]) -> Shares:
    """Those that anything was there to measure."""
    return {key: one for key, one in found.items() if one.n}
