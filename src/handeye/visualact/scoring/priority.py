"""Does a model know what is urgent? Levels of matched actions, and what was missed at each level.

All figures are over the actions of all clips; intervals are over clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.stats.intervals import Samples, rate
from handeye.stats.sums import Sums
from handeye.visualact.records import LARGEST_LEVEL, Clip
from handeye.visualact.scoring.clip_scores import ClipScore, PairScore

Floats = NDArray[np.float64]

LEVELS = range(LARGEST_LEVEL + 1)
# From this level on an action is called urgent here: harm is near.
URGENT = 3


def priority_columns(
    clips: Sequence[Clip], rows: Sequence[ClipScore], pairs: Sequence[PairScore]
) -> dict[str, Floats]:
    """Counts per clip: ``truth.T``, ``level.T.P``, ``level.T.unstated``, and F1 by video level."""
    place = {row.clip_id: i for i, row in enumerate(rows)}
    names = [f"truth.{t}" for t in LEVELS]
    names += [f"level.{t}.{p}" for t in LEVELS for p in (*LEVELS, "unstated")]
    names += [f"video.{t}.{kind}" for t in LEVELS for kind in ("f1", "n")]
    columns = {name: np.zeros(len(rows)) for name in names}
    for clip in clips:
        for action in clip.actions:
            columns[f"truth.{action.apl}"][place[clip.clip_id]] += 1
    for pair in pairs:
        if pair.matched:
            stated = "unstated" if pair.predicted_apl is None else pair.predicted_apl
            columns[f"level.{pair.truth_apl}.{stated}"][place[pair.clip_id]] += 1
    for i, row in enumerate(rows):
        if row.video_apl is not None and row.f1 is not None:
            columns[f"video.{row.video_apl}.f1"][i] = row.f1
            columns[f"video.{row.video_apl}.n"][i] = 1
    return columns


def priority_table(sums: Sums) -> dict[str, Any]:
    """Confusion of levels, their rank correlation, and recall by level (``Samples`` inside)."""
    table = np.stack(
        [np.stack([sums.total(f"level.{t}.{p}") for p in LEVELS]) for t in LEVELS]
    )  # (5, 5, 1 + resamples)
    found = {
        t: table[t].sum(axis=0) + sums.total(f"level.{t}.unstated") for t in LEVELS
    }  # matched true actions of each level
    return {
        "confusion": _confusion(sums),
        "rank_correlation": _figure(rank_correlation(table), table),
        "exact": _figure(
            _quotient(sum(table[t, t] for t in LEVELS), table),
            table,
            sums.touched([f"level.{t}.{p}" for t in LEVELS for p in LEVELS]),
        ),
        "mean_error": _figure(_mean_error(table), table),
        "recall_by_level": {str(t): _recall(sums, found, [t]) for t in LEVELS},
        "recall_of_urgent": _recall(sums, found, [t for t in LEVELS if t >= URGENT]),
        "f1_by_video_level": {str(t): sums.share(f"video.{t}.f1", f"video.{t}.n") for t in LEVELS},
    }


def rank_correlation(table: Floats) -> Floats:
    """Spearman's rho of two ordinal variables given as a contingency table, with mid-ranks.

    Pearson's correlation of the ranks, tied values sharing their mean rank (Kendall 1945).

    Args:
        table: (levels, levels, k) counts: k tables at once.

    Returns:
        (k,), NaN where one variable does not vary.
    """
    total = table.sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (_centred_ranks(table.sum(axis=axis), total) for axis in (1, 0))
        joint = np.einsum("tpk,tk,pk->k", table, first, second)
        spread = np.einsum("tpk,tk->k", table, first**2) * np.einsum("tpk,pk->k", table, second**2)
        return np.asarray(np.where(spread > 1e-12, joint / np.sqrt(spread), np.nan))


def _centred_ranks(margin: Floats, total: Floats) -> Floats:
    """Mid-ranks of the levels less the mean rank: (levels, k)."""
    below = np.cumsum(margin, axis=0) - margin
    return np.asarray(below + (margin + 1) / 2 - (total + 1) / 2)


def _mean_error(table: Floats) -> Floats:
    """Mean of predicted minus true level."""
    error = np.arange(len(table))[None, :] - np.arange(len(table))[:, None]
    return _quotient(np.einsum("tpk,tp->k", table, error), table)


def _quotient(part: Any, table: Floats) -> Floats:
    total = table.sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, part / total, np.nan))


def _figure(values: Floats, table: Floats, clips: int | None = None) -> Samples:
    return Samples(values, round(float(table[..., 0].sum())), clips)


def _recall(sums: Sums, found: Mapping[int, Floats], levels: Sequence[int]) -> Samples:
    """Share of the true actions of some levels that were matched."""
    truth = [f"truth.{t}" for t in levels]
    called = np.sum([sums.total(name) for name in truth], axis=0)
    matched = np.sum([found[t] for t in levels], axis=0)
    return rate(matched, called, sums.touched(truth))


def _confusion(sums: Sums) -> dict[str, dict[str, int]]:
    """True level to predicted level, ``unstated`` (matched) and ``missed`` (not matched)."""
    out: dict[str, dict[str, int]] = {}
    for t in LEVELS:
        row = {str(p): sums.count(f"level.{t}.{p}") for p in (*LEVELS, "unstated")}
        out[str(t)] = {**row, "missed": sums.count(f"truth.{t}") - sum(row.values())}
    return out
