"""Clip scores as columns of numbers, ready to be summed.

Two bases: ``all`` clips (one without a usable answer counts as one where nothing was proposed) and
``answered`` clips, whose answer could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from handeye.visualact.scoring.clip_scores import ClipScore
from handeye.visualact.scoring.options import Options

Floats = NDArray[np.float64]

BASES = {
    "all": "all clips; one without a usable answer counts as one where nothing was proposed",
    "answered": "clips whose answer could be read",
}
AVERAGES: tuple[str, ...] = (
    "precision",
    "recall",
    "f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "scale",
    "scale_matched",
)
"""Fields of a clip score that are averaged over videos."""

ANSWERED = "answered"


def _counts(options: Options) -> dict[str, Callable[[ClipScore], float]]:
    """Sums over actions, of the clips that enter precision, recall and F1."""
    exclude = options.missing_level == "exclude"
    return {
        "hits": lambda row: row.n_matched,
        "predicted": lambda row: row.n_predicted,
        "truth": lambda row: row.n_truth,
        "actions": lambda row: row.n_predicted + row.n_truth,
        "hits2": lambda row: 2 * row.n_matched,
        "weights": lambda row: row.weight_sum,
        "weights2": lambda row: 2 * row.weight_sum,
        "levelled_predicted": lambda row: (
            row.n_predicted - (row.matched_without_level if exclude else 0)
        ),
        "levelled_truth": lambda row: row.n_truth - (row.matched_without_level if exclude else 0),
        "levelled_actions": lambda row: (
            row.n_predicted + row.n_truth - (2 * row.matched_without_level if exclude else 0)
        ),
    }


_EVERY_CLIP: dict[str, Callable[[ClipScore], float]] = {
    "clips": lambda row: 1,
    "proposed": lambda row: row.n_predicted,
    "called_for": lambda row: row.n_truth,
    "matched": lambda row: row.n_matched,
    "matched_with_level": lambda row: row.n_matched - row.matched_without_level,
    "with_level": lambda row: row.n_predicted - row.without_level,
    "with_type": lambda row: row.n_predicted - row.without_type,
    "predicted_proactive": lambda row: row.predicted_proactive,
    "truth_proactive": lambda row: row.truth_proactive,
    "proactive_matched": lambda row: row.truth_proactive_matched,
    "truth_reactive": lambda row: row.n_truth - row.truth_proactive,
    "reactive_matched": lambda row: row.n_matched - row.truth_proactive_matched,
    "type_known": lambda row: row.type_known_matched,
    "type_agrees": lambda row: row.type_agrees,
    "idle": lambda row: row.n_truth == 0,
    "idle_acted": lambda row: row.n_truth == 0 and row.n_predicted > 0,
    "idle_actions": lambda row: row.n_predicted if row.n_truth == 0 else 0,
    "busy": lambda row: row.n_truth > 0,
    "busy_unmoved": lambda row: row.n_truth > 0 and row.n_predicted == 0,
}


def columns(rows: Sequence[ClipScore], options: Options) -> dict[str, Floats]:
    """Columns ``BASIS.NAME``; averaged fields have a partner ``BASIS.NAME.n`` (1 where defined)."""
    out: dict[str, Floats] = {}
    for basis in BASES:
        inside = [basis == "all" or row.answer_state == ANSWERED for row in rows]
        out |= figure_columns(basis, rows, options, inside)
        for name, number in _EVERY_CLIP.items():
            out[f"{basis}.{name}"] = _column(rows, number, inside)
    return out


def figure_columns(
    prefix: str, rows: Sequence[ClipScore], options: Options, inside: Sequence[bool] | None = None
) -> dict[str, Floats]:
    """Columns ``PREFIX.NAME`` that precision, recall, F1 and scale are made of, either averaging.

    Args:
        prefix: of the names.
        rows: one a clip.
        options: that the rows were made with.
        inside: which rows count; all of them.
    """
    used = [True] * len(rows) if inside is None else inside
    out: dict[str, Floats] = {}
    for name in AVERAGES:
        values = [getattr(row, name) if ok else None for row, ok in zip(rows, used, strict=True)]
        out |= averaged(f"{prefix}.{name}", values)
    scored = [ok and row.f1 is not None for row, ok in zip(rows, used, strict=True)]
    for name, number in _counts(options).items():
        out[f"{prefix}.{name}"] = _column(rows, number, scored)
    return out


def averaged(name: str, values: Sequence[float | None]) -> Mapping[str, Floats]:
    """A column of values, 0 where undefined, and one that marks where they are defined."""
    return {
        name: np.array([0.0 if value is None else value for value in values]),
        f"{name}.n": np.array([0.0 if value is None else 1.0 for value in values]),
    }


def _column(
    rows: Sequence[ClipScore], number: Callable[[ClipScore], float], used: Sequence[bool]
) -> Floats:
    return np.array([float(number(row)) if ok else 0.0 for row, ok in zip(rows, used, strict=True)])
