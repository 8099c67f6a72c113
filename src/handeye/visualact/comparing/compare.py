"""Two runs over the same clips: which differences are real.

Whatever makes a clip easy makes it easy for both runs, so figures are compared clip by clip: the
clips are drawn again within their classes and both runs are read off the same draws. Whether a
called-for action was found is also compared action by action (exact McNemar), which takes the
actions of a clip for independent; its p-values are shown beside the clustered ones for that reason.
Only clips on which both runs have the figure are compared; a clip that calls for nothing has an F1
only for a run that proposed something there, so over-acting is a figure of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.scores.labels import run_labels
from handeye.stats.intervals import Samples, estimates
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import p_value, paired_rates
from handeye.stats.pairing import pair_common
from handeye.visualact.comparing.scored_runs import clips_of
from handeye.visualact.records import SCENARIOS, Action, Clip
from handeye.visualact.scoring.run_folder import Run

RESAMPLES = 10_000
"""A family of tests under Holm needs many: no p-value is below 2 / (resamples + 1)."""
URGENT = 3
"""Levels from here on count as urgent."""
_FIGURES = {
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "weighted_f1": "weighted F1",
}


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Score rows of the clips that both runs have, in one order, and the clips."""

    first: pl.DataFrame
    second: pl.DataFrame
    clips: tuple[Clip, ...]
    left_out: int


def compare_scored(
    first: Run,
    second: Run,
    *,
    common: bool = False,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, Any]:
    """Compare two scored runs.

    Args:
        first: a run.
        second: a run over the same clips, scored in the same way.
        common: compare on the clips that both have, instead of refusing.
        seed: of the bootstrap.
        bootstrap: number of resamples, at least 1.

    Returns:
        ``names``, ``n_clips``, ``n_left_out`` and ``families``: by family (``overall``,
        ``classes``, ``found``, ``over_acting``) rows with ``name``, ``n``, the estimates ``first``,
        ``second``, ``difference`` (first minus second), ``p`` and ``p_adjusted`` (Holm, within the
        family); rows of ``found`` also have ``mcnemar``.

    Raises:
        DataError: the runs are not over the same clips, or their set has changed.
        OptionError: they were scored in different ways, or fewer than 1 resample.
    """
    if bootstrap < 1:
        raise OptionError(f"a comparison needs at least 1 resample, got {bootstrap}")
    _check_same_scoring(first, second)
    paired = _pair(first, second, common)
    draw = _Draws(paired, seed, bootstrap)
    truths = [
        _found(run, table, paired.clips)
        for run, table in ((first, paired.first), (second, paired.second))
    ]
    families = {
        "overall": [_figure(draw, name, title) for name, title in _FIGURES.items()],
        "classes": [
            _figure(draw, "f1", SCENARIOS[scenario], scenario)
            for scenario in SCENARIOS
            if any(clip.scenario == scenario for clip in paired.clips)
        ],
        "found": _found_rows(draw, truths, paired.clips),
        "over_acting": [_over_acting(draw)],
    }
    return {
        "names": run_labels([first, second]),
        "n_clips": len(paired.clips),
        "n_left_out": paired.left_out,
        "resamples": bootstrap,
        "seed": seed,
        "families": {name: _adjusted(rows) for name, rows in families.items()},
    }


def _check_same_scoring(first: Run, second: Run) -> None:
    same: dict[str, Callable[[Run], Any]] = {
        "scoring options": lambda run: run.info.get("options"),
        "embedders": lambda run: run.summary["embedder"],
    }
    for what, of in same.items():
        if of(first) != of(second):
            raise OptionError(
                f"{first.path} and {second.path} were scored with different {what}; score one of "
                "them again with `handeye visualact score`"
            )


def _pair(first: Run, second: Run, common: bool) -> _Pairing:
    clips = {clip.clip_id: clip for clip in clips_of(first)}
    others = {clip.clip_id: clip for clip in clips_of(second)}
    tables = [first.scores(), second.scores()]
    ids = [table["clip_id"].to_list() for table in tables]
    names = (str(first.path), str(second.path))
    shared = pair_common(ids[0], ids[1], "clip", names)
    lacking = len(shared.only_first) + len(shared.only_second)
    if lacking and not common:
        raise DataError(
            f"{names[0]} and {names[1]} are not over the same clips: {lacking} are in one of them "
            "only; compare on those that both have with --common"
        )
    if not len(shared.first):
        raise DataError(f"{names[0]} and {names[1]} have no clip in common")
    kept = [ids[0][place] for place in shared.first]
    changed = [name for name in kept if clips[name].actions != others[name].actions]
    if changed:
        raise DataError(
            f"{names[0]} and {names[1]}: clip {changed[0]} (and {len(changed) - 1} more) does not "
            "call for the same actions in both; they are of different sets"
        )
    return _Pairing(
        tables[0][shared.first.tolist()],
        tables[1][shared.second.tolist()],
        tuple(clips[name] for name in kept),
        lacking,
    )


class _Draws:
    """Resampled clips of each class, the same for both runs."""

    def __init__(self, paired: _Pairing, seed: int, bootstrap: int) -> None:
        self.paired, self._seed, self._bootstrap = paired, seed, bootstrap
        present = [key for key in SCENARIOS if any(c.scenario == key for c in paired.clips)]
        self.stratum = np.array([present.index(clip.scenario) for clip in paired.clips])
        self.strata = {key: place for place, key in enumerate(present)}

    def row(
        self,
        name: str,
        outcomes: NDArray[np.float64],
        place: NDArray[np.int64],
        scenario: str | None = None,
        *,
        pooled: bool = False,
    ) -> dict[str, Any]:
        """One line: both runs' rates, their difference, its p-value.

        Args:
            name: of the line.
            outcomes: (n, 2), of units that both runs have.
            place: (n,) the clip of each unit.
            scenario: only this class; else the mean of the classes.
            pooled: all units alike instead of the mean of the classes.
        """
        strata = self.stratum[place] if not pooled else np.zeros(len(place), np.int64)
        found = paired_rates(
            outcomes,
            place,
            strata,
            {"all": np.ones(len(place), np.bool_)},
            resamples=self._bootstrap,
            seed=self._seed,
        )
        # A class without units would make the mean undefined.
        chosen = sorted(set(strata.tolist()))
        if scenario is not None:
            chosen = [s for s in chosen if s == self.strata[scenario]]
        if not chosen:
            return {"name": name, "n": 0, "p": None}
        rates = [found.rates(run, chosen)["all"] for run in (0, 1)]
        difference = Samples(rates[0].values - rates[1].values, len(place))
        return {
            "name": name,
            "n": len(place) if scenario is None else int((strata == chosen[0]).sum()),
            **estimates({"first": rates[0], "second": rates[1], "difference": difference}),
            "p": p_value(difference),
        }


def _figure(draw: _Draws, column: str, name: str, scenario: str | None = None) -> dict[str, Any]:
    both = [
        table[column].to_numpy().astype(float) for table in (draw.paired.first, draw.paired.second)
    ]
    outcomes = np.stack(both, axis=1)
    place = np.flatnonzero(np.isfinite(outcomes).all(axis=1))
    return draw.row(name, outcomes[place], place, scenario)


def _found(run: Run, table: pl.DataFrame, clips: Sequence[Clip]) -> list[bool]:
    """Whether each called-for action of the clips was found, clip by clip."""
    pairs = run.pairs().filter(pl.col("matched"))
    found = set(zip(pairs["clip_id"].to_list(), pairs["truth"].to_list(), strict=True))
    return [(clip.clip_id, place) in found for clip in clips for place in range(len(clip.actions))]


def _found_rows(
    draw: _Draws, truths: Sequence[Sequence[bool]], clips: Sequence[Clip]
) -> list[dict[str, Any]]:
    actions = [(place, action) for place, clip in enumerate(clips) for action in clip.actions]
    outcomes = np.array(truths, np.float64).T.reshape(-1, 2)
    place = np.array([clip for clip, _ in actions], np.int64)
    kinds: Mapping[str, Callable[[Action], bool]] = {
        "actions found": lambda action: True,
        "urgent ones (levels 3, 4)": lambda action: action.apl >= URGENT,
        "proactive ones": lambda action: action.proactive,
        "reactive ones": lambda action: not action.proactive,
    }
    rows: list[dict[str, Any]] = []
    for name, wanted in kinds.items():
        chosen = np.array([wanted(action) for _, action in actions], np.bool_)
        if chosen.any():
            row = draw.row(name, outcomes[chosen], place[chosen], pooled=True)
            one, two = outcomes[chosen].T
            rows.append({**row, "mcnemar": mcnemar(one, two).to_dict()})
    return rows


def _over_acting(draw: _Draws) -> dict[str, Any]:
    tables = (draw.paired.first, draw.paired.second)
    idle = np.flatnonzero(tables[0]["n_truth"].to_numpy() == 0)
    acted = [(table["n_predicted"].to_numpy()[idle] > 0).astype(float) for table in tables]
    if not len(idle):
        return {"name": "acted where nothing is called for", "n": 0, "p": None}
    return draw.row("acted where nothing is called for", np.stack(acted, axis=1), idle, pooled=True)


def _adjusted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    adjusted = holm({place: row["p"] for place, row in enumerate(rows)})
    return [{**row, "p_adjusted": adjusted[place]} for place, row in enumerate(rows)]
