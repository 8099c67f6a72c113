"""What runs are compared by: what is seen, what is done, contexts, questions, reasons, states.

Scenes are drawn again, the same for all runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.contexts.diagnosis.reasons import REASONS, WORDS as SIGNS, find_reasons
from handeye.contexts.items import ABOUT
from handeye.contexts.scoring.figures import Scenes
from handeye.contexts.scoring.run_folder import Run
from handeye.scores.labels import run_labels
from handeye.scores.quantity import (
    Family,
    Floats,
    Mask,
    Property,
    Quantities,
    Quantity,
    Units,
    Words,
    occurring,
    pair_rows,
    pooled,
    rated,
)
from handeye.stats.intervals import Samples, difference, rate

# What two runs must agree in, item by item.
_ABOUT = ("scene_id", "group", "about", "name", "form", "control", "right_answer")
COLUMNS = ("item_id", *_ABOUT, "right", "harmful", "can_harm", "answer_state")
"""Columns of a score row that a comparison reads."""
LABELS = {"sees": "what is seen", "does": "what is done"}
WORDS = Words(
    stratum="set",
    verb="gets right",
    more="more of",
    fewer="fewer of",
    alike="get exactly the same items right and wrong",
    tallied="items",
    right="right",
    wrong="wrong",
    checked="questions, contexts and right answers",
    source="Contexts of handeye.",
    terms=(
        ("Sees, does", "Right answers to what is to be seen, and to what is to be done."),
        ("Gap", "Sees less does, of scenes that were asked both."),
        ("Consistent", "Scenes in which every context got its right action."),
    ),
)
_ANSWERED = "answered"
_MANY = 12  # rows of which a terminal prints those that differ
_OF_ITEMS = "of the items"


def quantities(runs: Sequence[Run], *, common: bool = False, reasons: bool = True) -> Quantities:
    """What runs over the same items are compared by.

    Args:
        runs: in the order of the comparison.
        common: compare only the items that all runs have.
        reasons: also compare why items failed.

    Raises:
        DataError: the runs are not about the same items, or a file cannot be read.
    """
    labels = run_labels(runs, [_set_apart(run) for run in runs])
    frames = [run.frame(names=COLUMNS) for run in runs]
    places = pair_rows(
        frames,
        labels,
        item="item_id",
        unit="items",
        needed=COLUMNS,
        same=_ABOUT,
        common=common,
    )
    rows = [frame[place] for frame, place in zip(frames, places, strict=True)]
    kept = rows[0]["item_id"].to_list()
    paired = _Paired(runs, rows, kept, reasons)
    return Quantities(
        labels=tuple(labels),
        words=WORDS,
        ids=kept,
        cluster=paired.scenes.cluster,
        stratum=np.zeros(len(kept), np.int64),
        families=tuple(family for family in paired.families() if family.quantities),
        units=tuple(paired.units()),
        score=paired.right,
        properties=tuple(paired.properties()),
        about={"contexts": paired.contexts, "questions": paired.questions},
        left_out=tuple(frame.height - len(kept) for frame in frames),
    )


def _set_apart(run: Run) -> str:
    """What tells a run from others of its model: how it was asked, if not as usual."""
    order = str(run.info.get("option_order") or "")
    return "" if order in ("", "set") else f"option order {order}"


class _Paired:
    """The same items in every run, and the scenes that they fall into."""

    def __init__(
        self,
        runs: Sequence[Run],
        rows: Sequence[pl.DataFrame],
        kept: Sequence[str],
        reasons: bool,
    ) -> None:
        self.items = rows[0]
        self.states = [frame["answer_state"] for frame in rows]
        self.right, self.harm = (
            np.stack([frame[name].cast(pl.Float64).to_numpy() for frame in rows], axis=1)
            for name in ("right", "harmful")
        )
        known = [{row.item_id: row for row in run.rows()} for run in runs]
        scored = [[of[name] for name in kept] for of in known]
        each = [Scenes(of) for of in scored]
        self.scenes = each[0]
        self.saw = np.stack([one.saw for one in each], axis=1)
        plain = (self.items["control"] == "").to_numpy()
        self.sees: Mask = self.scenes.sees & plain
        self.does: Mask = ~self.scenes.sees & plain
        self.name, self.group = (self.items[name].to_numpy() for name in ("name", "group"))
        self.contexts = list(dict.fromkeys(self.name[self.does].tolist()))
        self.questions = list(dict.fromkeys(self.name[self.sees].tolist()))
        self.reasons = []
        for run in scored if reasons else ():
            found = [one.reason for one in find_reasons(run)]
            self.reasons.append(pl.Series(found, dtype=pl.String))

    def families(self) -> Iterator[Family]:
        """Every family, also those without a quantity."""
        yield Family(
            key="headline",
            title="Headline",
            meaning="What is seen, what is done, and the gap between them.",
            quantities=tuple(self._headline()),
            chart="Right answers",
            overall="does" if self.does.any() else "sees",
        )
        for key, title, names, of, table, column in (
            ("contexts", "Contexts", self.contexts, self.does, "contexts", "does"),
            ("questions", "What is to be seen", self.questions, self.sees, "questions", "sees"),
        ):
            yield Family(
                key=key,
                title=title,
                meaning=f"Right answers by {key.removesuffix('s')}.",
                quantities=tuple(
                    self._rate(name, name, of & (self.name == name), self.right,
                               chance=(table, name, column))
                    for name in names
                ),
                chart=title,
                parts=key,
                long=len(names) > _MANY,
            )  # fmt: skip
        yield Family(
            key="reasons",
            title="Reasons of failure",
            meaning="Share of all items that failed for a reason.",
            quantities=tuple(
                occurring(self.reasons, ((one.key, one.label) for one in REASONS), _OF_ITEMS)
            ),
            chart="Why items failed",
            reason="reason",
            long=True,
        )
        seen = sorted({str(state) for series in self.states for state in series.unique()})
        yield Family(
            key="states",
            title="States",
            meaning="Share of all items without an answer that can be read, by what happened.",
            quantities=tuple(
                occurring(self.states, ((one, one) for one in seen if one != _ANSWERED), _OF_ITEMS)
            ),
            chart="Why items failed",
        )

    def _headline(self) -> Iterator[Quantity]:
        for key, label, inside in (("sees", "Sees", self.sees), ("does", "Does", self.does)):
            if inside.any():
                yield self._rate(key, label, inside, self.right, planned=label,
                                 said=LABELS[key], chance=("headline", "all", key))  # fmt: skip
        if self.does.any():
            saw = np.where(self.saw, self.right, np.nan)
            yield self._rate("given", "Given sees", self.does, saw)
        if self.scenes.both.any():
            yield self._gap()
        consistent = self._consistent()
        inside = ~np.isnan(consistent[:, 0])
        if inside.any():
            yield self._rate("consistent", "Consistent", inside, consistent,
                             said="scenes under every context",
                             chance=("headline", "all", "consistent"))  # fmt: skip
        harm = self.does & (self.items["can_harm"].to_numpy() > 0)
        if harm.any():
            yield self._rate("harmful", "Harmful", harm, self.harm, sense="share")

    def _gap(self) -> Quantity:
        """Sees less does of scenes that were asked both, all of a scene on its first item."""
        n, cluster = len(self.scenes.names), self.scenes.cluster
        _, first = np.unique(cluster, return_index=True)
        halves = (self.sees, self.does)
        asked = np.stack([np.bincount(cluster, of, n) for of in halves], axis=1)
        both = np.zeros(len(cluster), bool)
        both[first] = self.scenes.both[first]
        outcomes = np.full(self.right.shape, np.nan)
        of_run = []
        for run in range(self.right.shape[1]):
            own = self.right[:, run]
            right = np.stack([np.bincount(cluster, of * own, n) for of in halves], axis=1)
            of_run.append(right)
            with np.errstate(invalid="ignore", divide="ignore"):
                shares = right / asked
            outcomes[first, run] = np.where(both[first], shares[:, 0] - shares[:, 1], np.nan)

        def sums(run: int) -> Floats:
            out = np.zeros((len(cluster), 4))
            out[first] = np.stack(
                [asked[:, 0], of_run[run][:, 0], asked[:, 1], of_run[run][:, 1]], axis=1
            )
            return out

        return Quantity(
            key="gap",
            label="Gap",
            sense="gap",
            sums=sums,
            value=_gap,
            weights=both.astype(np.float64),
            outcomes=outcomes,
            planned="Gap",
        )

    def _consistent(self) -> Floats:
        """Whether a scene's contexts are all right, on the first of its items that are done."""
        out = np.full(self.right.shape, np.nan)
        places: dict[int, list[int]] = {}
        for place in np.flatnonzero(self.does):
            places.setdefault(int(self.scenes.cluster[place]), []).append(int(place))
        for of in places.values():
            if len(of) > 1:
                out[of[0]] = self.right[of].min(axis=0)
        return out

    def _rate(self, key: str, label: str, inside: Mask, outcomes: Floats, **more: Any) -> Quantity:
        alone = len(np.unique(self.scenes.cluster[inside])) == inside.sum()
        return rated((key, label), inside, outcomes, pooled, one_per_scene=alone, **more)

    def units(self) -> Iterator[Units]:
        """Who gets what right: what is seen, what is done."""
        for about, inside in (("sees", self.sees), ("does", self.does)):
            if inside.any():
                yield Units(about, LABELS[about], self.right[inside])

    def properties(self) -> Iterator[Property]:
        """What a gallery is chosen by."""
        yield Property("about", "Asked", LABELS, (self.items["about"].to_list(),))
        names = {name: name for name in (*self.contexts, *self.questions)}
        yield Property("name", "Question or context", names, (self.name.tolist(),))
        if len(self.reasons):
            labels = {key: SIGNS[key].label for key in SIGNS.order}
            values = tuple(series.to_list() for series in self.reasons)
            yield Property("reason", "Reason", labels, values)


def _gap(sums: Floats, clusters: Sequence[int]) -> Samples:
    whole = sums.sum(axis=0)
    sees, does = (rate(whole[:, k + 1], whole[:, k], clusters) for k in (0, 2))
    return difference(sees, does)


assert set(LABELS) == set(ABOUT)
