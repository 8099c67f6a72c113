"""What runs are compared by: PST, accuracy by cell and kind of cue, families, reasons, states.

Groups are drawn again, the same for all runs. A pair of the same words is one outcome, which both
of its items carry. Where one of two runs was shown grey or exchanged pictures, all figures are
still held against the items' own pictures: what it gets right is what survives without looking.
Weights in log odds, and the share of the accuracy that survives without the picture, are no sums
over items and stand beside these (``beside``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

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
    counted,
    occurring,
    pair_rows,
    pooled,
    rated,
)
from handeye.scores.sentences import letter
from handeye.scores.tables import Column, Row, Table
from handeye.stats.intervals import Samples, difference, rate
from handeye.stress.diagnosis.reasons import REASONS, WORDS as SIGNS, find_reasons
from handeye.stress.scoring.run_folder import Run
from handeye.stress.scoring.score import CELLS, CUED, Groups, ScoreRow
from handeye.stress.scoring.summary import Summary
from handeye.stress.scoring.survival import survival_table
from handeye.stress.scoring.tables import CELL_LABELS, KIND_LABELS, weight_cell
from handeye.stress.scoring.weighing import less

# What two runs must agree in, item by item.
_ABOUT = ("scene_id", "picture_id", "prompt_id", "family", "truth", "gold", "cue", "cue_value")
COLUMNS = ("item_id", *_ABOUT, "cell", "right", "followed", "says", "answer_state")
"""Columns of a score row that a comparison reads."""
WORDS = Words(
    stratum="set",
    verb="gets right",
    more="more of",
    fewer="fewer of",
    alike="get exactly the same items right and wrong",
    tallied="items",
    right="right",
    wrong="wrong",
    checked="questions, pictures and right answers",
    source="Perception Stress Test of handeye.",
    terms=(
        (
            "PST",
            "Pairs of the same words under a cue, about two pictures of which opposite values are "
            "true: both right. Who only reads the words gets 0.",
        ),
        (
            "True cue, misleading",
            "Right answers under a cue that is true, and under one that is false, of the picture; "
            "either alone is had by who only reads the cue, or by who always contradicts it.",
        ),
    ),
)
_ANSWERED = "answered"
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
    scored = [_in_order(run.rows(), kept) for run in runs]
    paired = _Paired(rows, scored, reasons)
    return Quantities(
        labels=tuple(labels),
        words=WORDS,
        ids=kept,
        cluster=paired.cluster,
        stratum=np.zeros(len(kept), np.int64),
        families=tuple(family for family in paired.families() if family.quantities),
        units=tuple(paired.units()),
        score=paired.right,
        properties=tuple(paired.properties()),
        about={"families": paired.asked, "cues": paired.kinds},
        left_out=tuple(frame.height - len(kept) for frame in frames),
        notes=tuple(_notes(runs, labels)),
        beside=partial(_beside, runs, labels),
    )


def _beside(runs: Sequence[Run], labels: Sequence[str], first: int, second: int) -> Iterator[Table]:
    """What of two runs is no sum over items: weights, and what survives without the picture."""
    weights = _weights_table(runs[first].summary, runs[second].summary, (first, second))
    if weights is not None:
        yield weights
    two = (first, second)
    survives = survival_table([runs[k] for k in two], [labels[k] for k in two])
    if survives is not None:
        yield survives


def _weights_table(one: Summary, other: Summary, places: tuple[int, int]) -> Table | None:
    """Weights of picture and cue by kind, with their difference."""
    names = [letter(place) for place in places]
    rows = []
    for part, title in (("visual", "Weight of the picture"), ("cue", "Weight of the cue")):
        for kind in one.weights:
            if kind not in other.weights:
                continue
            two = [getattr(summary.weights[kind], part) for summary in (one, other)]
            if all(weight.value is None for weight in two):
                continue
            cells = tuple(map(weight_cell, (*two, less(*two))))
            rows.append(Row(KIND_LABELS.get(kind, kind), cells, group=title))
    if not rows:
        return None
    columns = (
        Column(names[0], name="first"),
        Column(names[1], name="second"),
        Column(f"{names[1]} − {names[0]}", name="difference"),
    )
    return Table(
        "weights",
        "Weights in log odds by kind of cue.",
        columns,
        tuple(rows),
        row_head="Cue",
        note="Intervals of differences take the two runs for independent. All items of a run are "
        "weighed, also those that the other has not.",
    )


def _in_order(rows: Sequence[ScoreRow], ids: Sequence[str]) -> list[ScoreRow]:
    known = {row.item_id: row for row in rows}
    return [known[item_id] for item_id in ids]


def _set_apart(run: Run) -> str:
    """What tells a run from others of its model: how it was asked, if not as usual."""
    summary = run.summary
    form = "" if summary.form == "free" else summary.form
    return ", ".join(filter(None, [form, f"{summary.ablation} pictures" * bool(summary.ablation)]))


def _notes(runs: Sequence[Run], labels: Sequence[str]) -> Iterator[str]:
    """What a reader must know of the comparison."""
    forms = {run.summary.form for run in runs}
    if len(forms) > 1:
        asked = ", ".join(
            f"{label}: {run.summary.form}" for run, label in zip(runs, labels, strict=True)
        )
        yield f"The runs were asked in different forms ({asked})."
    gone = [f"{label}: {run.summary.ablation}" for run, label in zip(runs, labels, strict=True)
            if run.summary.ablation]  # fmt: skip
    if gone and len(gone) < len(runs):
        yield (
            f"Other pictures were shown ({', '.join(gone)}): what is right there is what survives "
            "without looking."
        )


class _Paired:
    """The same items in every run, and the groups that they fall into."""

    def __init__(
        self, rows: Sequence[pl.DataFrame], scored: Sequence[Sequence[ScoreRow]], reasons: bool
    ) -> None:
        self.items = rows[0]
        self.states = [frame["answer_state"] for frame in rows]
        self.right, self.followed = (
            np.stack([frame[name].cast(pl.Float64).to_numpy() for frame in rows], axis=1)
            for name in ("right", "followed")
        )
        self.groups = Groups(scored[0])
        self.cluster = self.groups.cluster
        self.cell, self.cue, self.family = (
            self.items[name].to_numpy() for name in ("cell", "cue", "family")
        )
        self.asked = [one for one in dict.fromkeys(self.family.tolist()) if one]
        self.kinds = [kind for kind in CUED if (self.cue == kind).any()]
        self.both = np.full(self.right.shape, np.nan)
        self.pair = np.arange(len(self.right))
        for one, other in self.groups.pairs:
            self.both[[one, other]] = self.right[one] * self.right[other]
            self.pair[other] = one
        self.plain = np.full(self.right.shape, np.nan)
        self.picture = np.arange(len(self.right))
        for place, plain in enumerate(self.groups.plain):
            if plain is not None:
                self.plain[place] = self.right[plain]
                self.picture[place] = plain
        self.reasons = []
        for run in scored if reasons else ():
            found = [one.reason for one in find_reasons(run)]
            self.reasons.append(pl.Series(found, dtype=pl.String))

    def families(self) -> Iterator[Family]:
        """Every family, also those without a quantity."""
        cued = np.isin(self.cue, CUED)
        yield Family(
            key="headline",
            title="Headline",
            meaning="Pairs of the same words, both right, under cues and without; and what a "
            "misleading cue takes away.",
            quantities=tuple(self._headline(cued)),
            chart="Right answers",
            overall="pst",
        )
        yield Family(
            key="cells",
            title="True and misleading cues",
            meaning="Right answers by what the cue is; read the two together.",
            quantities=tuple(
                self._rate(cell, CELL_LABELS[cell], self.cell == cell, self.right,
                           chance=("headline", "all", cell))
                for cell in CELLS
                if (self.cell == cell).any()
            ),
            chart="Right answers",
            parts="cells",
        )  # fmt: skip
        yield Family(
            key="kinds",
            title="Kinds of cues",
            meaning="Pairs of the same words under each kind of cue, both right.",
            quantities=tuple(
                self._rate(kind, KIND_LABELS.get(kind, kind), inside, self.both)
                for kind in self.kinds
                if (inside := (self.cue == kind) & ~np.isnan(self.both[:, 0])).any()
            ),
            chart="Kinds of cues",
            long=True,
        )
        yield Family(
            key="follow",
            title="Following cues",
            meaning="Misleading cues whose value is said, by kind.",
            quantities=tuple(
                self._rate(f"follow {kind}", KIND_LABELS.get(kind, kind), inside, self.followed,
                           sense="share")
                for kind in self.kinds
                if (inside := (self.cue == kind) & (self.cell == "misleading")).any()
            ),
            chart="Following cues",
            long=True,
        )  # fmt: skip
        yield Family(
            key="families",
            title="Families",
            meaning="Pairs of the same words, both right, with and without a cue.",
            quantities=tuple(
                self._rate(family, family, inside, self.both)
                for family in self.asked
                if (inside := (self.family == family) & ~np.isnan(self.both[:, 0])).any()
            ),
            chart="Families",
            long=True,
        )
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

    def _headline(self, cued: Mask) -> Iterator[Quantity]:
        paired = ~np.isnan(self.both[:, 0])
        if (inside := cued & paired).any():
            chance = "headline", "all", "pst"
            yield self._rate("pst", "PST", inside, self.both, planned="PST", unit=self.pair,
                             said="pairs under a cue", chance=chance)  # fmt: skip
        if (inside := (self.cell == "uncued") & paired).any():
            chance = "headline", "all", "pairs"
            yield self._rate("pairs", "Uncued pairs", inside, self.both, planned="Uncued pairs",
                             unit=self.pair, said="pairs without a cue", chance=chance)  # fmt: skip
        inside = (self.cell == "misleading") & ~np.isnan(self.plain[:, 0])
        if inside.any():
            lost = np.where(inside[:, None], self.plain - self.right, np.nan)
            yield Quantity(
                key="gap",
                label="Gap",
                sense="gap",
                sums=lambda run: np.concatenate(
                    [counted([inside], one)(run) for one in (self.plain, self.right)], axis=1
                ),
                value=_gap,
                weights=inside.astype(np.float64),
                outcomes=lost,
                planned="Gap",
                # Whatever cues there are to a picture, it was asked about without one once.
                unit=self.picture,
            )

    def _rate(self, key: str, label: str, inside: Mask, outcomes: Floats, **more: Any) -> Quantity:
        alone = len(np.unique(self.cluster[inside])) == inside.sum()
        return rated((key, label), inside, outcomes, pooled, one_per_scene=alone, **more)

    def units(self) -> Iterator[Units]:
        """Who gets what right, by cell."""
        for cell in CELLS:
            inside = self.cell == cell
            if inside.any():
                yield Units(cell, CELL_LABELS[cell], self.right[inside])

    def properties(self) -> Iterator[Property]:
        """What a gallery is chosen by."""
        yield Property("cell", "Cell", CELL_LABELS, (self.cell.tolist(),))
        names: Mapping[str, str] = {kind: KIND_LABELS.get(kind, kind) for kind in self.kinds}
        yield Property("cue", "Cue", names, ([one or None for one in self.cue.tolist()],))
        families = {family: family for family in self.asked}
        yield Property("family", "Family", families, (self.family.tolist(),))
        if len(self.reasons):
            labels = {key: SIGNS[key].label for key in SIGNS.order}
            values = tuple(series.to_list() for series in self.reasons)
            yield Property("reason", "Reason", labels, values)


def _gap(sums: Floats, clusters: Sequence[int]) -> Samples:
    whole = sums.sum(axis=0)
    plain, right = (rate(whole[:, k + 1], whole[:, k], clusters) for k in (0, 2))
    return difference(plain, right)
