"""What runs are compared by: Bal and its parts, accepting and rejecting, S, kinds, reasons, states.

Families are drawn again, the same for all runs. Averages are those of a run's own tables: over the
senses, and over true and false premises. What S tells is compared where both runs have it, item by
item, by the thresholds of each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.errors import DataError
from handeye.premise.diagnosis.reasons import REASONS, WORDS as SIGNS, find_reasons
from handeye.premise.scoring.figures import SENSES
from handeye.premise.scoring.run_folder import Run
from handeye.premise.scoring.score import CELLS, SINGLE
from handeye.printing import noun
from handeye.scores.labels import run_labels
from handeye.scores.quantity import (
    Family,
    Floats,
    Mask,
    Property,
    Quantities,
    Quantity,
    Units,
    Value,
    Words,
    average,
    counted,
    occurring,
    pair_rows,
    pooled,
    rated,
)
from handeye.stats.intervals import Samples, difference, mean

# What two runs must agree in, item by item.
_ABOUT = ("scene_id", "clip_id", "prompt_id", "modality", "premise", "kind")
COLUMNS = ("item_id", *_ABOUT, "cell", "gold", "told", "right", "perceived", "answer_state")
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
    checked="premises, clips and right answers",
    source="IMAVB: Senses Wide Shut, arXiv 2605.13737.",
    terms=(
        (
            "Action, perception",
            "Accepting and rejecting told rightly, by the answers and by S with a threshold from "
            "other families: the mean over true and false premises, then over the senses. Chance "
            "is 50.",
        ),
        ("Gap", "Perception minus action; higher is wider, which is worse."),
    ),
)
_NAMES = {
    "std_v": "Std, vision",
    "std_a": "Std, audio",
    "mis_v": "Mis, vision",
    "mis_a": "Mis, audio",
}
_TWO = {"both_true": "both true", "both_v": "sight false", "both_a": "sound false"}
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
    same = _alike(rows, labels)
    rows = [frame.filter(same) for frame in rows]
    why = [_reasons(run, frame) for run, frame in zip(runs, rows, strict=True) if reasons]
    signals = {run.summary.signal for run in runs}
    paired = _Paired(rows, why, len(signals) == 1 and "" not in signals)
    return Quantities(
        labels=tuple(labels),
        words=WORDS,
        ids=paired.items["item_id"].to_list(),
        cluster=paired.cluster,
        stratum=np.zeros(paired.items.height, np.int64),
        families=tuple(family for family in paired.families() if family.quantities),
        units=tuple(paired.units()),
        score=paired.right,
        properties=tuple(paired.properties()),
        about={"senses": paired.senses, "kinds": paired.kinds},
        left_out=tuple(frame.height - paired.items.height for frame in frames),
        notes=tuple(_notes(runs, labels, int((~same).sum()))),
    )


def _alike(rows: Sequence[pl.DataFrame], labels: Sequence[str]) -> pl.Series:
    """Where the same is right in every run; media that were changed may leave another, or none.

    Raises:
        DataError: nowhere.
    """
    same = rows[0]["gold"].is_not_null()
    for frame in rows[1:]:
        same = same & (frame["gold"] == rows[0]["gold"]).fill_null(False)
    if not same.any():
        raise DataError(
            f"no item has the same right answer in {' and '.join(labels)}: what is done to the "
            "media leaves none to compare"
        )
    return same


def _notes(runs: Sequence[Run], labels: Sequence[str], without: int) -> Iterator[str]:
    """What a reader must know of the comparison."""
    if without:
        yield (
            f"{without:,} {noun(without, 'items')} of which not every run has the same right "
            "answer, or any, are left out: media were changed."
        )
    if len({run.summary.variant for run in runs}) > 1:
        asked = ", ".join(f"{label}: {run.summary.variant}"
                          for run, label in zip(runs, labels, strict=True))  # fmt: skip
        yield (
            f"The runs were asked in different ways ({asked}): what is right differs, accepting "
            "and rejecting can be compared."
        )
    if len({run.summary.signal for run in runs}) > 1:
        yield "S is not made of the same in all runs: perception and gap are not compared."


def _set_apart(run: Run) -> str:
    """What tells a run from others of its model: how it was asked, if not as usual."""
    summary = run.summary
    variant = "" if summary.variant == "six" else summary.variant
    return ", ".join(filter(None, [variant, summary.ablation.replace("-", " ")]))


def _reasons(run: Run, rows: pl.DataFrame) -> pl.Series:
    """Why each item failed, in the order of the rows."""
    found = {one.row.item_id: one.reason for one in find_reasons(run.rows())}
    ids = rows["item_id"].to_list()
    return pl.Series([found.get(item_id) for item_id in ids], dtype=pl.String)


class _Paired:
    """The same items in every run, and the groups that they fall into."""

    def __init__(
        self, rows: Sequence[pl.DataFrame], reasons: Sequence[pl.Series], signal: bool
    ) -> None:
        self.items, self.reasons, self.signal = rows[0], reasons, signal
        self.states = [frame["answer_state"] for frame in rows]
        self.right, self.told, self.perceived = (
            np.stack([frame[name].cast(pl.Float64).to_numpy() for frame in rows], axis=1)
            for name in ("right", "told", "perceived")
        )
        scenes = self.items["scene_id"].rank("dense") - 1
        self.cluster = scenes.to_numpy().astype(np.int64)
        self.cell = self.items["cell"].to_numpy()
        self.of: dict[str, Mask] = {
            cell: inside for cell in CELLS if (inside := self.cell == cell).any()
        }
        self.sense = self.items["modality"].to_numpy()
        self.kind = self.items["kind"].to_numpy()
        self.senses = [sense for sense in SENSES if (self.sense == sense).any()]
        single = np.isin(self.cell, SINGLE)
        self.kinds = [kind for kind in dict.fromkeys(self.kind[single].tolist()) if kind]

    def families(self) -> Iterator[Family]:
        """Every family, also those without a quantity."""
        yield Family(
            key="headline",
            title="Headline",
            meaning="Right answers to true (Std) and to false premises (Mis), and their mean.",
            quantities=tuple(self._headline()),
            chart="Right answers",
            overall="bal",
        )
        yield Family(
            key="cells",
            title="Cells",
            meaning="Right answers in each cell of the 2x2.",
            quantities=tuple(
                self._rate(name, (cell, name), self.of[cell], self.right,
                           chance=("cells", "all", cell))
                for cell, name in _NAMES.items()
                if cell in self.of
            ),
            chart="Right answers",
            parts="cells",
        )  # fmt: skip
        yield Family(
            key="premises",
            title="Accepting and rejecting",
            meaning="Told rightly, whatever content or sense is named; chance 50.",
            quantities=tuple(self._premises()),
            chart="Accepting and rejecting",
        )
        yield Family(
            key="two",
            title="Two details in a question",
            meaning="Right answers to questions that name a visual and a sound detail.",
            quantities=tuple(
                self._rate(name, (cell, name), self.of[cell], self.right)
                for cell, name in _TWO.items()
                if cell in self.of
            ),
            chart="Two details in a question",
        )
        yield Family(
            key="kinds",
            title="Kinds of details",
            meaning="Accepting and rejecting told rightly, by kind of detail; chance 50.",
            quantities=tuple(self._kinds()),
            chart="Kinds of details",
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

    def _headline(self) -> Iterator[Quantity]:
        std, mis = (self._cells(premise) for premise in ("std", "mis"))
        for name, cells in (("std", std), ("mis", mis)):
            if cells:
                words = "true premises" if name == "std" else "false premises"
                yield self._mean(name, name.capitalize(), cells, self.right, average,
                                 said=words, named=name.capitalize())  # fmt: skip
        if std and mis:
            parts = len(std), len(mis)
            yield self._mean("bal", "Bal", [*std, *mis], self.right, _balanced(parts),
                             said="all premises", named="Bal")  # fmt: skip

    def _cells(self, premise: str) -> list[str]:
        return [cell for cell in SINGLE if cell in self.of and cell.startswith(premise)]

    def _mean(
        self,
        key: str,
        label: str,
        cells: Sequence[str],
        outcomes: Floats,
        value: Value,
        *,
        chance: str = "headline",
        sense: str = "pass",
        **more: Any,
    ) -> Quantity:
        """A mean of the rates of some cells."""
        weights = np.zeros(self.items.height)
        for cell in cells:
            weights[self.of[cell]] = 1 / len(cells)
        return Quantity(
            key=key,
            label=label,
            sense=sense,
            sums=counted([self.of[cell] for cell in cells], outcomes),
            value=value,
            weights=weights,
            outcomes=outcomes,
            planned=label,
            chance=(chance, "all", key) if chance else (),
            **more,
        )

    def _premises(self) -> Iterator[Quantity]:
        """Action of all and of each sense; perception and gap where every run has S."""
        pairs = [
            cells
            for sense in SENSES
            if len(cells := [c for c in self.of if c in (f"std_{sense[0]}", f"mis_{sense[0]}")])
            == 2
        ]
        cells = [cell for pair in pairs for cell in pair]
        if not cells:
            return
        yield self._mean("action", "Action", cells, self.told, average)
        for pair in pairs if len(pairs) > 1 else ():
            sense = "vision" if pair[0].endswith("v") else "audio"
            yield self._mean(sense, f"Action, {sense}", pair, self.told, average, chance="")
        if not self.signal:
            return
        inside = np.isin(self.cell, cells)
        # Without S an item counts as wrong, as in a run's own headline.
        perceived = np.nan_to_num(self.perceived)
        yield self._mean("perception", "Perception", cells, perceived, average, chance="")
        yield Quantity(
            key="gap",
            label="Gap",
            sense="gap",
            sums=lambda run: np.concatenate(
                [
                    counted([self.of[cell] for cell in cells], outcomes)(run)
                    for outcomes in (perceived, self.told)
                ],
                axis=1,
            ),
            value=_gap,
            weights=inside / len(cells),
            outcomes=perceived - self.told,
            planned="Gap",
        )

    def _kinds(self) -> Iterator[Quantity]:
        """Accepting and rejecting of each kind that has true and false premises."""
        for sense in SENSES:
            for kind in dict.fromkeys(self.kind[self.sense == sense].tolist()):
                cells = [f"{premise}_{sense[0]}" for premise in ("std", "mis")]
                parts = [(self.kind == kind) & (self.cell == cell) for cell in cells]
                inside = parts[0] | parts[1]
                if not kind or not all(part.any() for part in parts):
                    continue
                yield Quantity(
                    key=f"{sense}:{kind}",
                    label=kind,
                    sense="pass",
                    sums=counted(parts, self.told),
                    value=average,
                    weights=inside / 2,
                    outcomes=self.told,
                    group=sense,
                )

    def _rate(
        self, named: str, called: tuple[str, str], inside: Mask, outcomes: Floats, **more: Any
    ) -> Quantity:
        alone = len(np.unique(self.cluster[inside])) == inside.sum()
        return rated(called, inside, outcomes, pooled, one_per_scene=alone, planned=named, **more)

    def units(self) -> Iterator[Units]:
        """Who gets what right, by cell."""
        for cell, inside in self.of.items():
            yield Units(cell, _NAMES.get(cell) or f"two details, {_TWO[cell]}", self.right[inside])

    def properties(self) -> Iterator[Property]:
        """What a gallery is chosen by."""
        yield Property("cell", "Cell", CELLS, (self.cell.tolist(),))
        names: Mapping[str, str] = {kind: kind for kind in self.kinds}
        yield Property("kind", "Kind", names, (self.kind.tolist(),))
        if len(self.reasons):
            labels = {key: SIGNS[key].label for key in SIGNS.order}
            values = tuple(series.to_list() for series in self.reasons)
            yield Property("reason", "Reason", labels, values)


def _balanced(parts: tuple[int, int]) -> Value:
    """Mean of the means of two groups of cells: true and false premises weigh the same."""

    def value(sums: Floats, clusters: Sequence[int]) -> Samples:
        split = 2 * parts[0]
        two = [average(sums[:, :, :split], clusters), average(sums[:, :, split:], clusters)]
        return mean(two, shared=True)

    return value


def _gap(sums: Floats, clusters: Sequence[int]) -> Samples:
    half = sums.shape[2] // 2
    return difference(average(sums[:, :, :half], clusters), average(sums[:, :, half:], clusters))
