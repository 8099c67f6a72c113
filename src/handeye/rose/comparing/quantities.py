"""What runs are compared by: PASS in averages, templates, subsets and bins; reasons and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.rose.diagnosis.attribution import reasons_alike
from handeye.rose.diagnosis.evidence import run_evidence
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES
from handeye.rose.scoring.breakdowns import FACTORS
from handeye.rose.scoring.run_folder import Run
from handeye.rose.scoring.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.rose.scoring.tally import ordered_subsets
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
    macro,
    occurring,
    pair_rows,
    pooled,
    rated,
    shown,
)
from handeye.stats.intervals import Samples, difference

# What two runs must agree in, item by item.
_ABOUT = (
    "scene_id",
    "rose_subset",
    "task_template",
    "rows",
    "cols",
    "region_type",
    "region_bounds",
    "gt_count",
    "region_target_cells",
    "all_target_cells",
)
_FACTOR_COLUMNS = ("grid_size_profile", "global_target_count", "region_case_actual")
COLUMNS = ("item_id", *_ABOUT, *_FACTOR_COLUMNS, "pair_similarity", "pass", "answer_state")
"""Columns of a score row that a comparison reads."""
WORDS = Words(
    stratum="subset",
    verb="passes",
    more="more of",
    fewer="fewer of",
    alike="pass and fail exactly the same items",
    tallied="items",
    right="right",
    wrong="wrong",
    checked="targets, regions and grids",
    source="ROSE: arXiv 2606.19965.",
    terms=(("Gap", "Counting Avg. minus Action Avg.; higher is wider, which is worse."),),
)
_ANSWERED = "answered"
_MAIN = tuple(BY_KEY[key].id for key in MAIN_KEYS)
_COUNTING = tuple(BY_KEY[key].id for key in COUNTING_KEYS)
_ACTION = tuple(BY_KEY[key].id for key in ACTION_KEYS)
# The size class says the same as the number of cells, in bounds that differ between subsets.
_REPEATED = frozenset({"profile"})
# Kinds of items that reasons are shares of: modes of templates, and a heading.
_KINDS = {
    "action": (("CLICK", "CLICK_COUNT"), "of clicking items"),
    "counting": (("COUNT",), "of counting items"),
}
_CALLED = {template.id: (template.key, template.column) for template in TEMPLATES.values()}


def quantities(runs: Sequence[Run], *, common: bool = False, reasons: bool = True) -> Quantities:
    """What runs over the same items are compared by.

    Args:
        runs: in the order of the comparison.
        common: compare only the items that all runs have.
        reasons: also compare why items failed; needs the answers.

    Raises:
        DataError: the runs are not about the same items, or a file cannot be read.
    """
    frames = [run.frame(names=COLUMNS) for run in runs]
    why = reasons_alike([run_evidence(run) for run in runs]) if reasons else []
    return of_frames(frames, run_labels(runs), reasons=why, common=common)


def of_frames(
    frames: Sequence[pl.DataFrame],
    labels: Sequence[str],
    *,
    reasons: Sequence[pl.Series] = (),
    common: bool = False,
) -> Quantities:
    """As :func:`quantities` for score rows.

    Args:
        frames: score rows of each run, at least :data:`COLUMNS`.
        labels: names of the runs.
        reasons: one series per run, aligned with its frame, null where passed; none: reasons are
            not compared.
        common: compare only the items that all runs have.

    Raises:
        DataError: see :func:`handeye.scores.quantity.pair_rows`.
    """
    places = pair_rows(
        frames,
        labels,
        item="item_id",
        unit="items",
        needed=COLUMNS,
        same=_ABOUT,
        common=common,
    )
    rows = [frame.select(COLUMNS)[place] for frame, place in zip(frames, places, strict=True)]
    paired = _Paired(rows, [why[place] for why, place in zip(reasons, places, strict=False)])
    families = (family for family in paired.families() if family.quantities)
    return Quantities(
        labels=tuple(labels),
        words=WORDS,
        ids=paired.items["item_id"].to_list(),
        cluster=paired.cluster,
        stratum=paired.stratum,
        families=tuple(families),
        units=tuple(paired.units()),
        score=paired.passed,
        properties=tuple(paired.properties()),
        about={
            "subsets": paired.subsets,
            "templates": [TEMPLATES[template].column for template in paired.templates],
        },
        left_out=tuple(frame.height - len(places[0]) for frame in frames),
    )


class _Paired:
    """The same items in every run, and the groups that they fall into."""

    def __init__(self, rows: Sequence[pl.DataFrame], reasons: Sequence[pl.Series]) -> None:
        first = rows[0]
        self.items, self.reasons = first, reasons
        self.states = [frame["answer_state"] for frame in rows]
        passed = [(frame["pass"] == 1).to_numpy().astype(np.float64) for frame in rows]
        self.passed: Floats = np.stack(passed, axis=1)
        self.subsets = ordered_subsets(first["rose_subset"].unique().to_list())
        number = {name: k for k, name in enumerate(self.subsets)}
        scenes = first.select(pl.struct("rose_subset", "scene_id").rank("dense") - 1).to_series()
        self.cluster = scenes.to_numpy().astype(np.int64)
        self.stratum = np.array([number[name] for name in first["rose_subset"]], np.int64)
        self.template = first["task_template"].to_numpy()
        present = set(self.template)
        self.templates = [template for template in TEMPLATES if template in present]
        self.of: dict[str, Mask] = {t: self.template == t for t in self.templates}

    def families(self) -> Iterator[Family]:
        """Every family, also those without a quantity."""
        yield Family(
            key="headline",
            title="Headline",
            meaning="Macro averages over subsets, as in the paper's tables.",
            quantities=tuple(self._headline()),
            chart="PASS",
            overall="average",
        )
        yield Family(
            key="templates",
            title="Templates",
            meaning="PASS of each template, macro over subsets.",
            quantities=tuple(
                self._passes(
                    inside,
                    macro,
                    _CALLED[t],
                    planned=_CALLED[t][1],
                    chance=("templates", "all", _CALLED[t][1]),
                )
                for t, inside in self.of.items()
            ),
            chart="PASS",
            parts="templates",
        )
        main = np.isin(self.template, _MAIN)
        of_subset = {
            name: (main if main.any() else True) & (self.stratum == k)
            for k, name in enumerate(self.subsets)
        }
        yield Family(
            key="subsets",
            title="Subsets",
            meaning="PASS over the items of the five templates in each subset.",
            quantities=tuple(
                self._passes(inside, pooled, (name, name.removeprefix("ROSE-")))
                for name, inside in of_subset.items()
                if inside.any()
            ),
            chart="PASS",
        )
        yield Family(
            key="difficulty",
            title="Difficulty",
            meaning="PASS of counting (G-Cnt, L-Cnt) and acting (L-Clk, V-Clk, Excl-CS) in each "
            "bin of a property, pooled over subsets.",
            quantities=tuple(self._bins()),
            chart="By difficulty",
            long=True,
        )
        yield Family(
            key="reasons",
            title="Reasons of failure",
            meaning="Share of all items of a kind that failed for a reason, pooled over subsets; "
            "habits are decided for all runs together.",
            quantities=tuple(self._reasons()),
            chart="Why items failed",
            reason="reason",
            long=True,
        )
        seen = sorted({str(state) for series in self.states for state in series.unique()})
        yield Family(
            key="states",
            title="States",
            meaning="Share of all items without a usable answer, by what happened.",
            quantities=tuple(
                occurring(self.states, ((one, one) for one in seen if one != _ANSWERED))
            ),
            chart="Why items failed",
        )

    def _headline(self) -> Iterator[Quantity]:
        """Counting, Action and gap where no template is missing; Avg. over those there are."""
        present = set(self.templates)
        averages = {"Counting": _COUNTING, "Action": _ACTION}
        known = {name: of for name, of in averages.items() if present.issuperset(of)}
        for name, of in known.items():
            yield self._contrast(
                name, "pass", {t: 1 / len(of) for t in of}, average,
                said=f"{name.lower()} items", named=name.lower(), planned=f"{name} Avg.",
                chance=("headline", "all", name.lower()),
            )  # fmt: skip
        if len(known) == len(averages):
            counting = {t: 1 / len(_COUNTING) for t in _COUNTING}
            weights = counting | {t: -1 / len(_ACTION) for t in _ACTION}
            chance = "headline", "all", "gap"
            yield self._contrast("Gap", "gap", weights, _gap, planned="Gap", chance=chance)
        main = [t for t in _MAIN if t in present]
        if main:
            yield self._contrast(
                "Avg.", "pass", {t: 1 / len(main) for t in main}, average,
                key="average", said="all items", named="Avg. PASS", planned="Avg. PASS",
                chance=("templates", "all", "Avg."),
            )  # fmt: skip

    def _contrast(
        self,
        label: str,
        sense: str,
        weights: Mapping[str, float],
        value: Value,
        *,
        key: str = "",
        said: str = "",
        named: str = "",
        planned: str = "",
        chance: tuple[str, ...] = (),
    ) -> Quantity:
        """A figure made of the macro rates of several templates."""
        share = np.zeros(self.items.height)
        for template, weight in weights.items():
            share[self.of[template]] = weight
        return Quantity(
            key=key or label.lower(),
            label=label,
            sense=sense,
            sums=counted([self.of[template] for template in weights], self.passed),
            value=value,
            weights=share,
            outcomes=self.passed,
            said=said,
            named=named,
            planned=planned,
            chance=chance,
        )

    def _passes(
        self,
        inside: Mask,
        value: Value,
        called: tuple[str, str],
        group: str = "",
        **more: Any,
    ) -> Quantity:
        """PASS of one group of items."""
        alone = len(np.unique(self.cluster[inside])) == inside.sum()
        return rated(called, inside, self.passed, value, one_per_scene=alone, group=group, **more)

    def _bins(self) -> Iterator[Quantity]:
        """PASS in the bins of every factor that divides the items."""
        kinds = {
            "counting": np.isin(self.template, _COUNTING),
            "acting": np.isin(self.template, _ACTION),
        }
        for factor in FACTORS:
            column = self.items.select(factor.bin.alias("bin")).to_series()
            seen = set(column.drop_nulls().unique().to_list())
            if factor.key in _REPEATED or len(seen) < 2:
                continue
            known = [name for name in factor.bins if name in seen]
            for name in [*known, *sorted(seen.difference(factor.bins))]:
                of_bin = (column == name).fill_null(False).to_numpy()
                for kind, of_kind in kinds.items():
                    if (inside := of_bin & of_kind).any():
                        called = f"{factor.key}:{name}:{kind}", f"{name}, {kind}"
                        yield self._passes(inside, pooled, called, factor.title)

    def _reasons(self) -> Iterator[Quantity]:
        """How often each reason occurs in every run."""
        if not self.reasons:
            return
        modes = np.array([TEMPLATES[template].mode for template in self.template])
        for kind, (of, title) in _KINDS.items():
            inside = np.isin(modes, of)
            for reason in REASONS:
                found = shown(self.reasons, reason.key)
                if found[inside].any():
                    called = f"{kind}:{reason.key}", reason.label
                    yield rated(called, inside, found, pooled, sense="share", group=title)

    def units(self) -> Iterator[Units]:
        """Who passes what, by template."""
        for template, inside in self.of.items():
            yield Units(*_CALLED[template], self.passed[inside])

    def properties(self) -> Iterator[Property]:
        """What a gallery is chosen by."""
        columns = {t: found.column for t, found in TEMPLATES.items()}
        yield Property("template", "Template", columns, (self.template.tolist(),))
        names = {name: name.removeprefix("ROSE-") for name in SUBSETS}
        yield Property("subset", "Subset", names, (self.items["rose_subset"].to_list(),))
        if self.reasons:
            labels = {reason.key: reason.label for reason in REASONS}
            values = tuple(series.to_list() for series in self.reasons)
            yield Property("reason", "Reason", labels, values)


def _gap(sums: Floats, clusters: Sequence[int]) -> Samples:
    split = 2 * len(_COUNTING)
    return difference(average(sums[:, :, :split], clusters), average(sums[:, :, split:], clusters))
