"""What the figures of a run are: quotients of sums over groups, which are drawn again whole.

Two bases: ``all`` items (one without an answer that can be read is wrong) and ``answered`` ones.
The
accuracies of true and of misleading cues stand side by side wherever they stand: either is had by
whoever reads the cue and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import Samples, difference
from handeye.stats.sums import Sums, undefined
from handeye.stress.items import DRAWN, WORDED
from handeye.stress.scoring.reading import SAYS
from handeye.stress.scoring.score import CELLS, CUED, Groups, ScoreRow

STRATUM = "groups"
"""Groups are drawn from all of them; the name decides the draws."""
BASES = {
    "all": "all items; no answer that can be read counts as wrong",
    "answered": "items whose answer could be read",
}
HEADLINE = ("pst", "pairs", "uncued", "true", "misleading", "gap", "follow", "outside")
"""Figures of the first table, in its order."""
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shares = dict[str, Samples]


class Figures:
    """Every figure of some rows that is a share, over the same resampled groups."""

    def __init__(
        self, rows: Sequence[ScoreRow], seed: int, resamples: int, *, whole: bool = True
    ) -> None:
        """Sum the rows over groups and resample.

        Args:
            rows: of a run, in the order of the set.
            seed: of the bootstrap.
            resamples: of groups; 0 for the measured figures alone.
            whole: whether more is asked than the part ``all``.
        """
        self.rows, self.resamples = rows, resamples
        self.groups = Groups(rows)
        self.read = self._where(lambda row: row.is_read)
        self.right = self._numbers("right")
        self.followed = self._numbers("followed")
        self.cell, self.cue, self.family, self.says = (
            np.array([getattr(row, name) for row in rows])
            for name in ("cell", "cue", "family", "says")
        )
        self.cued = np.isin(self.cue, CUED)
        self.kinds = [kind for kind in CUED if (self.cue == kind).any()]
        self.families = [one for one in dict.fromkeys(self.family.tolist()) if one]
        plain = self.groups.plain
        self.has_plain = np.array([one is not None for one in plain])
        self.plain_right = np.array([0.0 if k is None else self.right[k] for k in plain])
        # Summed over groups at once: hundreds of columns of all rows would be large.
        self._columns: dict[str, Floats] = {}
        everything = np.ones(len(rows), bool)
        if whole:
            self._add_all(everything)
        else:
            self._add_part("all", everything)
        strata = [STRATUM] * len(self.groups.names)
        self.sums = Sums(strata, self._columns, resamples, seed)

    def _add_all(self, everything: Mask) -> None:
        for basis, inside in (("all", everything), ("answered", self.read)):
            self._add_part(basis, inside)
        self._add_part("staged", self.has_plain & (self.plain_right > 0))
        for kind in self.kinds:
            self._add_part(f"kind.{kind}", self.cue == kind)
        for name, kinds in group_kinds(self.kinds).items():
            self._add_part(f"staged.{name}", np.isin(self.cue, kinds) & (self.plain_right > 0))
        for family in self.families:
            self._add_part(f"family.{family}", self.family == family)
        self._add_levels()
        self._add("lenient", everything, right=self._numbers("lenient_right"))
        for cell in CELLS:
            inside = self.cell == cell
            self._add(f"lenient.{cell}", inside, right=self._numbers("lenient_right"))
            self._add(f"said.{cell}", inside, **{one: self.says == one for one in SAYS})
        self._add_groups()
        self._add_yes()
        self._add_other()
        self._add_seen()

    def _where(self, holds: Callable[[ScoreRow], bool]) -> Mask:
        return np.array([holds(row) for row in self.rows], bool)

    def _numbers(self, name: str) -> Floats:
        return np.array([getattr(row, name) for row in self.rows], np.float64)

    # ---- columns

    def _add(self, name: str, inside: Mask, **values: Any) -> None:
        """Columns of a share: the rows that it is over, and what counts."""
        if inside.any():
            self._sum(f"{name}.n", inside, np.ones(len(inside)))
            for key, of in values.items():
                self._sum(f"{name}.{key}", inside, np.asarray(of, np.float64))

    def _sum(self, name: str, places: Mask | Sequence[int], values: Floats) -> None:
        groups = self.groups
        sums = np.bincount(groups.cluster[places], values[places], len(groups.names))
        self._columns[name] = sums.astype(np.float64)

    def _add_part(self, name: str, of: Mask) -> None:
        """What is told of every choice of items."""
        for cell in ("uncued", "true", "misleading"):
            self._add(f"{name}.{cell}", of & (self.cell == cell), right=self.right)
        false = of & (self.cell == "misleading")
        self._add(f"{name}.false", false, follow=self.followed)
        told = of & self.cued & self.read
        self._add(f"{name}.told", told, outside=~np.isin(self.says, ("a", "b")))
        both = false & self.has_plain
        if name == "answered":
            plain = self.groups.plain
            both &= np.array([k is not None and bool(self.read[k]) for k in plain])
        self._add(f"{name}.both", both, plain=self.plain_right, right=self.right)
        for key, cued in (("pst", True), ("pairs", False)):
            pairs = [
                (one, other)
                for one, other in self.groups.pairs
                if of[one] and of[other] and (self.cued[one] if cued else not self.cue[one])
            ]
            self._add_pairs(f"{name}.{key}", pairs)

    def _add_pairs(self, name: str, pairs: Sequence[tuple[int, int]]) -> None:
        """Pairs of the same words, each counted at its first row."""
        if not pairs:
            return
        first = [one for one, _ in pairs]
        both = np.zeros(len(self.rows))
        both[first] = [self.right[one] * self.right[other] for one, other in pairs]
        self._sum(f"{name}.n", first, np.ones(len(self.rows)))
        self._sum(f"{name}.right", first, both)

    def _add_levels(self) -> None:
        self.levels = sorted({row.level for row in self.rows if row.level is not None})
        level = np.array([-1 if row.level is None else row.level for row in self.rows])
        for one in self.levels:
            self._add_part(f"level.{one}", level == one)

    def _add_groups(self) -> None:
        """Whole groups: all items right; and those whose items without a cue are."""
        n = len(self.groups.names)
        cluster = self.groups.cluster
        first = np.zeros(len(self.rows), bool)
        first[np.unique(cluster, return_index=True)[1]] = True
        plain = self.cell == "uncued"
        for name, inside in (("all", np.ones(len(self.rows), bool)), ("plain", plain)):
            size = np.bincount(cluster[inside], minlength=n)
            right = np.bincount(cluster[inside], self.right[inside], n)
            whole = (size > 0) & (right == size)
            self._add(f"groups.{name}", first & (size > 0)[cluster], right=whole[cluster])
            if name == "plain":
                self.saw = whole[cluster]
        self._add_part("saw", self.saw)

    def _add_yes(self) -> None:
        """Of questions that are answered yes or no: how often yes is said, and is right."""
        asked = self._where(lambda row: set(row.values) == {"yes", "no"})
        said = np.array([row.said == "yes" for row in self.rows])
        true = np.array([row.gold == "yes" for row in self.rows])
        self._add("yes", asked & np.isin(self.says, ("a", "b")), said=said, true=true)

    def _add_other(self) -> None:
        """Of what is presupposed beside the question: told that it is not so, and taken for not."""
        gone = self._where(lambda row: row.cell == "other" and row.right_says == "no_such")
        there = (self.cell == "other") & ~gone
        says = self.says == "no_such"
        self._add("other.gone", gone, told=says, followed=self.followed)
        self._add("other.there", there, right=self.right, denied=says)
        pairs = [two for two in self.groups.pairs if self.cell[two.first] == "other"]
        self._add_pairs("other.pairs", pairs)

    def _add_seen(self) -> None:
        """What was stated to be seen, against what was answered then."""
        stated = self._where(lambda row: row.seen is not None)
        seen = self._where(lambda row: row.seen == row.right_says)
        right = self.right > 0
        four = {
            "seen_right": seen & right,
            "seen_wrong": seen & ~right,
            "unseen_right": ~seen & right,
            "unseen_wrong": ~seen & ~right,
        }
        for cell in CELLS:
            self._add(f"seen.{cell}", stated & (self.cell == cell), **four)

    # ---- shares

    def share(self, name: str, key: str) -> Samples:
        """A share of what was added under a name; undefined where nothing was."""
        if f"{name}.n" not in self._columns:
            return undefined(self.resamples)
        return self.sums.share(f"{name}.{key}", f"{name}.n")

    def part(self, name: str, keys: Iterable[str] = HEADLINE) -> Shares:
        """The figures of one choice of items, those that were measured."""
        every = {
            "pst": lambda: self.share(f"{name}.pst", "right"),
            "pairs": lambda: self.share(f"{name}.pairs", "right"),
            "uncued": lambda: self.share(f"{name}.uncued", "right"),
            "true": lambda: self.share(f"{name}.true", "right"),
            "misleading": lambda: self.share(f"{name}.misleading", "right"),
            "follow": lambda: self.share(f"{name}.false", "follow"),
            "outside": lambda: self.share(f"{name}.told", "outside"),
            "gap": lambda: self._gap(name),
        }
        return measured({key: every[key]() for key in keys})

    def _gap(self, name: str) -> Samples:
        """Right without a cue less right with a misleading one, of the same pictures."""
        plain, right = (self.share(f"{name}.both", key) for key in ("plain", "right"))
        return difference(plain, right) if plain.n else plain

    # ---- tables

    def tree(self) -> dict[str, Any]:
        """Every table of a summary that is made of shares, of samples."""
        return {
            "bases": {
                basis: {
                    "meaning": meaning,
                    "n": len(self.rows) if basis == "all" else int(self.read.sum()),
                    "headline": self.part(basis),
                }
                for basis, meaning in BASES.items()
            },
            "kinds": {
                kind: self.part(f"kind.{kind}", (*HEADLINE[:1], *HEADLINE[3:]))
                for kind in self.kinds
            },
            "families": {one: self.part(f"family.{one}", HEADLINE) for one in self.families},
            "levels": {str(one): self.part(f"level.{one}", HEADLINE) for one in self.levels},
            "groups": measured(
                {
                    "all": self.share("groups.all", "right"),
                    "plain": self.share("groups.plain", "right"),
                }
            ),
            "staged": self._staged(),
            "said": {
                cell: measured({one: self.share(f"said.{cell}", one) for one in SAYS})
                for cell in CELLS
            },
            "other": measured(
                {
                    "told": self.share("other.gone", "told"),
                    "taken": self.share("other.gone", "followed"),
                    "right": self.share("other.there", "right"),
                    "denied": self.share("other.there", "denied"),
                    "pairs": self.share("other.pairs", "right"),
                }
            ),
            "yes": measured({"said": self.share("yes", "said"), "gold": self.share("yes", "true")}),
            "seen": {
                cell: found
                for cell in CELLS
                if (found := measured({key: self.share(f"seen.{cell}", key) for key in _SEEN}))
            },
            "lenient": measured(
                {"all": self.share("lenient", "right")}
                | {cell: self.share(f"lenient.{cell}", "right") for cell in CELLS}
            ),
        }

    def _staged(self) -> dict[str, Shares]:
        """Only what was told rightly without a cue: items by their own, then whole groups."""
        keys = ("pst", "true", "misleading", "follow")
        found = {"items": self.part("staged", keys), "groups": self.part("saw", keys)}
        found |= {name: self.part(f"staged.{name}", keys) for name in group_kinds(self.kinds)}
        return {name: one for name, one in found.items() if one}


_SEEN = ("seen_right", "seen_wrong", "unseen_right", "unseen_wrong")


def measured(found: Mapping[str, Samples]) -> Shares:
    """Those that anything was there to measure."""
    return {key: one for key, one in found.items() if one.n}


def group_kinds(kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Kinds of cues that are weighed, and the worded and drawn ones together."""
    known = tuple(kinds)
    together = {
        "worded": tuple(kind for kind in known if kind in WORDED),
        "drawn": tuple(kind for kind in known if kind in DRAWN),
    }
    return {kind: (kind,) for kind in known} | {
        name: of for name, of in together.items() if len(of) > 1
    }
