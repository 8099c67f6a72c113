"""What is compared between runs: quantities in families, each as measured and in every resample.

A family is a set of questions that are asked together; p-values are adjusted within it. All
quantities of all runs come from one resampling of the scenes
(:mod:`handeye.stats.paired_bootstrap`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from handeye.rose.comparing.paired_runs import PairedRuns
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.questions import BY_KEY, MAIN_KEYS, TEMPLATES
from handeye.rose.scoring.breakdowns import FACTORS
from handeye.rose.scoring.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.scores.quantity import Family, Quantity
from handeye.stats.intervals import Samples, difference, mean
from handeye.stats.paired_bootstrap import paired_rates

Mask = NDArray[np.bool_]

ANSWERED = "answered"
_MAIN = tuple(BY_KEY[key].id for key in MAIN_KEYS)
_COUNTING = tuple(BY_KEY[key].id for key in COUNTING_KEYS)
_ACTION = tuple(BY_KEY[key].id for key in ACTION_KEYS)
# The size class says the same as the number of cells, in bounds that differ between subsets.
_REPEATED = frozenset({"profile"})
_KINDS = {"action": ("CLICK", "CLICK_COUNT"), "counting": ("COUNT",)}


class _Passes:
    """PASS of every group of items, resampled once."""

    def __init__(self, runs: PairedRuns, seed: int, resamples: int) -> None:
        self.runs = runs
        template = runs.items["task_template"]
        self.present = [t for t in TEMPLATES if (template == t).any()]
        main = np.isin(template.to_numpy(), _MAIN)
        self.main: Mask = main if main.any() else np.ones(len(template), bool)
        self.masks: dict[str, Mask] = {t: (template == t).to_numpy() for t in self.present}
        for k, name in enumerate(runs.subsets):
            self.masks[f"subset {name}"] = self.main & (runs.stratum == k)
        self.bins = _bins(runs)
        self.masks |= {name: mask for name, (_, _, mask) in self.bins.items()}
        found = paired_rates(
            runs.passed, runs.cluster, runs.stratum, self.masks, seed=seed, resamples=resamples
        )
        numbers = range(len(runs.labels))
        self.macro = [found.rates(run) for run in numbers]
        self.pooled = [found.pooled(run) for run in numbers]

    def group(self, name: str, key: str, label: str, *, macro: bool, group: str = "") -> Quantity:
        """PASS of one group of items."""
        table = self.macro if macro else self.pooled
        inside = self.masks[name]
        scenes = self.runs.cluster[inside]
        return Quantity(
            key,
            label,
            "pass",
            tuple(rates[name] for rates in table),
            inside.astype(np.float64),
            self.runs.passed,
            one_per_scene=len(np.unique(scenes)) == len(scenes),
            group=group,
        )

    def contrast(
        self,
        key: str,
        label: str,
        sense: str,
        weights: dict[str, float],
        of: Callable[[dict[str, Samples]], Samples],
    ) -> Quantity:
        """A quantity made from the macro rates of several templates."""
        share = np.zeros(self.runs.n_items)
        for template, weight in weights.items():
            share[self.masks[template]] = weight
        samples = tuple(of(rates) for rates in self.macro)
        return Quantity(key, label, sense, samples, share, self.runs.passed)


def families(runs: PairedRuns, *, seed: int, resamples: int) -> list[Family]:
    """Every family that the items allow; families without a quantity are left out.

    Args:
        runs: the runs side by side.
        seed: of the bootstrap.
        resamples: number of resamples.
    """
    passes = _Passes(runs, seed, resamples)
    shares = _shares(runs, seed, resamples)
    found = (
        Family(
            "headline",
            "Headline",
            "Macro averages over subsets, as in the paper's tables.",
            tuple(_headline(passes)),
        ),
        Family(
            "templates",
            "Templates",
            "PASS of each template, macro over subsets.",
            tuple(
                passes.group(t, TEMPLATES[t].key, TEMPLATES[t].column, macro=True)
                for t in passes.present
            ),
        ),
        Family(
            "subsets",
            "Subsets",
            "PASS over the items of the five templates in each subset.",
            tuple(
                passes.group(f"subset {name}", name, name.removeprefix("ROSE-"), macro=False)
                for name in runs.subsets
                if passes.masks[f"subset {name}"].any()
            ),
        ),
        Family(
            "difficulty",
            "Difficulty",
            "PASS of counting (G-Cnt, L-Cnt) and acting (L-Clk, V-Clk, Excl-CS) in each bin of a "
            "property, pooled over subsets.",
            tuple(
                passes.group(key, key, label, macro=False, group=title)
                for key, (title, label, _) in passes.bins.items()
            ),
        ),
        Family(
            "reasons",
            "Reasons of failure",
            "Share of all items of a kind that failed for a reason, pooled over subsets.",
            shares["reasons"],
        ),
        Family(
            "states",
            "States",
            "Share of all items without a usable answer, by what happened.",
            shares["states"],
        ),
    )
    return [family for family in found if family.quantities]


def _headline(passes: _Passes) -> list[Quantity]:
    """Counting, Action and gap where no template is missing; Avg. over the templates there are."""
    present = set(passes.present)
    counting = {t: 1 / len(_COUNTING) for t in _COUNTING}
    action = {t: 1 / len(_ACTION) for t in _ACTION}
    averages = {"Counting": counting, "Action": action}
    out = [
        passes.contrast(name.lower(), name, "pass", weights, _average(tuple(weights)))
        for name, weights in averages.items()
        if present.issuperset(weights)
    ]
    if len(out) == len(averages):
        both = counting | {t: -weight for t, weight in action.items()}
        of_counting, of_action = _average(_COUNTING), _average(_ACTION)
        out.append(
            passes.contrast(
                "gap", "Gap", "gap", both, lambda r: difference(of_counting(r), of_action(r))
            )
        )
    main = [t for t in _MAIN if t in present]
    if main:
        equal = {t: 1 / len(main) for t in main}
        out.append(passes.contrast("average", "Avg.", "pass", equal, _average(tuple(main))))
    return out


def _average(templates: Sequence[str]) -> Callable[[dict[str, Samples]], Samples]:
    return lambda rates: mean([rates[template] for template in templates])


def _bins(runs: PairedRuns) -> dict[str, tuple[str, str, Mask]]:
    """Bins of every factor that divides the items: key to the factor's title, label and items."""
    template = runs.items["task_template"].to_numpy()
    kinds = {"counting": np.isin(template, _COUNTING), "acting": np.isin(template, _ACTION)}
    out = {}
    for factor in FACTORS:
        if factor.key in _REPEATED:
            continue
        column = runs.items[f"bin_{factor.key}"]
        seen = set(column.drop_nulls().unique().to_list())
        if len(seen) < 2:
            continue
        for name in [*(b for b in factor.bins if b in seen), *sorted(seen.difference(factor.bins))]:
            of_bin = (column == name).fill_null(False).to_numpy()
            for kind, of_kind in kinds.items():
                inside = of_bin & of_kind
                if inside.any():
                    key = f"{factor.key}:{name}:{kind}"
                    out[key] = (factor.title, f"{name}, {kind}", inside)
    return out


def _shares(runs: PairedRuns, seed: int, resamples: int) -> dict[str, tuple[Quantity, ...]]:
    """How often each reason and each state occurs in every run."""
    keys = [("reasons", r.key) for r in REASONS if _occurs(runs.reasons, r.key)]
    states = sorted({str(s) for series in runs.states for s in series.unique()} - {ANSWERED})
    keys += [("states", state) for state in states]
    if not keys:
        return {"reasons": (), "states": ()}
    sources = {"reasons": runs.reasons, "states": runs.states}
    indicators = [
        np.stack(
            [(s == key).fill_null(False).to_numpy().astype(np.float64) for s in sources[kind]],
            axis=1,
        )
        for kind, key in keys
    ]
    modes = np.array([TEMPLATES[t].mode for t in runs.items["task_template"]])
    masks = {kind: np.isin(modes, of) for kind, of in _KINDS.items()}
    masks["all"] = np.ones(runs.n_items, bool)
    table = np.concatenate(indicators, axis=1)
    found = paired_rates(table, runs.cluster, runs.stratum, masks, seed=seed, resamples=resamples)
    count = len(runs.labels)
    labels = {reason.key: reason.label for reason in REASONS}
    out: dict[str, list[Quantity]] = {"reasons": [], "states": []}
    for group, mask in masks.items():
        for k, (kind, key) in enumerate(keys):
            if (kind == "states") != (group == "all") or not indicators[k][mask].any():
                continue
            samples = tuple(found.pooled(k * count + run)[group] for run in range(count))
            label, title = (labels[key], _TITLES[group]) if kind == "reasons" else (key, "")
            name = f"{group}:{key}" if kind == "reasons" else key
            out[kind].append(
                Quantity(
                    name,
                    label,
                    "share",
                    samples,
                    mask.astype(np.float64),
                    indicators[k],
                    group=title,
                )
            )
    return {kind: tuple(rows) for kind, rows in out.items()}


_TITLES = {"action": "of clicking items", "counting": "of counting items"}


def _occurs(series: Sequence[object], key: str) -> bool:
    return any(bool((one == key).any()) for one in series)  # type: ignore[attr-defined]
