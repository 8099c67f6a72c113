"""Questions whose letters were read: by role, with what is right, and how well they are answered.

Roles are what the options are, whatever letter each is shown under. The measures are those of IMAVB
(Senses Wide Shut, arXiv 2605.13737): a cell is one sense by whether the premise holds; *standard*
is the mean over senses of the share right where it holds, *misleading* where it does not,
*balanced* the mean of the two. Rejecting by the wrong letter is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from handeye.errors import DataError
from handeye.respondents.local.adjuster import margin_of
from handeye.states.figures import Bools, Floats
from handeye.states.folds import Ints
from handeye.states.solver import Design
from handeye.states.texts import tf_idf
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, difference, mean, rate

if TYPE_CHECKING:
    from handeye.states.store import States
    from handeye.states.targets import Target


RESAMPLES = 1000


@dataclass(frozen=True)
class Cases:
    """Questions, a row each.

    Attributes:
        item_ids: whose states and letters.
        letters: (n, roles) natural log-probabilities, or logits, in the order of the roles.
        false: (n,) whether the premise is false.
        right: (n,) the role that is right.
        rejection: (n,) the role that is right if the premise is false.
        families: (n,) number of the group that is never split.
        rejecting: all roles that reject, in their order; some of the questions may lack one.
        texts: control text of each, empty where there is none.
    """

    item_ids: tuple[str, ...]
    letters: Floats
    false: Bools
    right: Ints
    rejection: Ints
    families: Ints
    rejecting: tuple[int, ...]
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.item_ids)

    @cached_property
    def margin(self) -> Floats:
        """(n,) largest letter of a content less the largest that rejects; below 0 it rejects."""
        rejecting = np.isin(np.arange(self.letters.shape[1]), self.rejecting)
        return margin_of(self.letters, rejecting)

    @cached_property
    def chosen(self) -> Ints:
        """(n,) the role of the largest letter; the first of equal ones."""
        found: Ints = self.letters.argmax(1)
        return found

    def take(self, rows: Bools | Ints) -> Cases:
        """Some of them."""
        places = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Cases(
            tuple(self.item_ids[place] for place in places),
            self.letters[places],
            self.false[places],
            self.right[places],
            self.rejection[places],
            self.families[places],
            self.rejecting,
            tuple(self.texts[place] for place in places) if self.texts else (),
        )

    def by_text(self, y: Bools, train: Bools) -> Floats:
        """What the control texts tell: logistic regression (C = 1) on their TF-IDF.

        Args:
            y: (n, m) what is to be told.
            train: (n, m) the rows that each column learns from.

        Returns:
            (n, m) logits.
        """
        words = tf_idf(self.texts)
        fitted = Design(words, standardise=False).fit(y, train.astype(np.float64), 1.0)
        return np.asarray(fitted.logits(words), np.float64)

    def cells(self) -> dict[tuple[int, bool], Bools]:
        """Rows by rejecting role and whether the premise is false."""
        return {
            (role, false): (self.rejection == role) & (self.false == false)
            for role in self.rejecting
            for false in (False, True)
        }

    def balance(self, right: Bools) -> tuple[Floats, Floats]:
        """Standard and misleading accuracy of answers, one column a respondent; no intervals.

        Args:
            right: (n, ...) whether each is right.

        Returns:
            Two arrays of the other axes; NaN where a cell is empty.
        """
        shares: dict[bool, list[Floats]] = {False: [], True: []}
        for (_, false), rows in self.cells().items():
            empty = np.full(right.shape[1:], np.nan)
            shares[false].append(right[rows].mean(0) if rows.any() else empty)
        return np.mean(shares[False], axis=0), np.mean(shares[True], axis=0)

    def totals(self, columns: Sequence[Bools], seed: int, resamples: int = RESAMPLES) -> Floats:
        """(1 + resamples, columns) how many rows are marked, over resampled families."""
        return totals(columns, self.families, seed, resamples)

    def standings(
        self, right: Mapping[str, Bools], seed: int, resamples: int = RESAMPLES
    ) -> dict[str, Standing]:
        """How well respondents stand, over one set of resampled families.

        Args:
            right: by respondent, (n,) whether each answer is right.
            seed: of the bootstrap.
            resamples: of families.
        """
        cells = self.cells()
        columns = [*cells.values()]
        columns += [rows & hits for hits in right.values() for rows in cells.values()]
        drawn = self.totals(columns, seed, resamples)
        families = len(np.unique(self.families))
        counts, hit = drawn[:, : len(cells)], drawn[:, len(cells) :]
        found = {}
        for number, name in enumerate(right):
            parts: dict[bool, list[Samples]] = {False: [], True: []}
            for place_, (_, false) in enumerate(cells):
                total = hit[:, number * len(cells) + place_]
                parts[false].append(rate(total, counts[:, place_], families))
            two = mean(parts[False], shared=True), mean(parts[True], shared=True)
            found[name] = Standing(*two, mean(two, shared=True))
        return found


def totals(columns: Sequence[Bools], families: Ints, seed: int, resamples: int) -> Floats:
    """How many rows are marked, as counted and over resampled families.

    Args:
        columns: (n,) marks each.
        families: (n,) numbers of what is resampled together.
        seed: of the bootstrap.
        resamples: how many.

    Returns:
        (1 + resamples, columns).
    """
    _, place = np.unique(families, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, len(columns)))
    np.add.at(sums, place, np.stack(columns, 1).astype(np.float64))
    return resample_sums(sums.astype(np.float32), sums.sum(0), resamples, seed, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """Accuracies of one respondent, as :class:`handeye.stats.intervals.Samples`."""

    standard: Samples
    misleading: Samples
    balanced: Samples

    def less(self, other: Standing) -> Standing:
        """Differences to another respondent's, within each resample."""
        return Standing(
            difference(self.standard, other.standard),
            difference(self.misleading, other.misleading),
            difference(self.balanced, other.balanced),
        )

    def tree(self) -> dict[str, Any]:
        """By name, for :func:`handeye.stats.intervals.estimates`."""
        return {
            "standard": self.standard,
            "misleading": self.misleading,
            "balanced": self.balanced,
        }


def by_role(states: States, targets: Sequence[Target]) -> Floats:
    """Log-probabilities (n, roles) of the letters in the order of the roles.

    Raises:
        DataError: a target has other roles than the first, or a letter of it was not captured.
    """
    roles = range(len(targets[0].roles))
    read = np.asarray(states.letters([one.item_id for one in targets]), np.float64)
    known = (~np.isnan(read)).sum(axis=1)
    whole = (known == len(roles)) & ~np.isnan(read[:, : len(roles)]).any(axis=1)
    fits = whole & [sorted(one.roles) == list(roles) for one in targets]
    if len(wrong := np.flatnonzero(~fits)):
        one = targets[wrong[0]]
        raise DataError(
            f"item {one.item_id}: log-probabilities of {known[wrong[0]]} letters are known, and "
            f"roles of {len(one.roles)} ({len(wrong)} of {len(targets)} items are so); every "
            f"letter's is needed, and the role that it stands for, of {len(roles)} letters"
        )
    out = np.empty((len(targets), len(roles)))
    np.put_along_axis(
        out, np.array([one.roles for one in targets], np.int64), read[:, : len(roles)], axis=1
    )
    return out


def cases(states: States, targets: Sequence[Target], right: Sequence[int], text: str) -> Cases:
    """Questions with their letters in the order of the roles.

    Args:
        states: of the items, with letters.
        targets: one an item; all with the same number of ``roles``, and a ``rejection``.
        right: the role that is right, of each target.
        text: the name of the control text.

    Raises:
        DataError: a target has no letters, no rejection, or a right role that does not fit its
            label; the letters of an item were not captured; a cell has no question.
    """
    if not targets:
        raise DataError("no targets to adjust: the set has no question that can be rejected")
    count = len(targets[0].roles)
    rejecting = {one.rejection for one in targets}
    for one, role in zip(targets, right, strict=True):
        told = f"item {one.item_id}"
        if one.rejection < 0 or len(one.roles) != count or count < 2:
            raise DataError(
                f"{told}: shows {len(one.roles)} letters and is rejected by role {one.rejection}; "
                f"adjusting needs {max(count, 2)} letters and a role: leave such questions out"
            )
        fits = role == one.rejection if one.label else role in one.roles and role not in rejecting
        if not fits:
            raise DataError(f"{told}: role {role} cannot be right where label is {one.label}")
    ids = [one.item_id for one in targets]
    letters = by_role(states, targets)
    made = Cases(
        tuple(ids),
        letters,
        np.array([one.label == 1 for one in targets]),
        np.array(right, np.int64),
        np.array([one.rejection for one in targets], np.int64),
        np.unique([one.group for one in targets], return_inverse=True)[1].astype(np.int64),
        tuple(sorted(rejecting)),
        tuple(one.texts.get(text, "") for one in targets),
    )
    for (role, false), rows in made.cells().items():
        if not rows.any():
            raise DataError(
                f"no question with a {'false' if false else 'true'} premise that role {role} "
                "rejects; accuracies are means over both kinds of every sense"
            )
    return made
