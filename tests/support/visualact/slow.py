"""The metrics once more, written from the definitions without a look at the package's code.

Tries every assignment, loops over everything, uses Python floats only.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

Matrix = list[list[float]]


def assignments(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    """Every way to pair off min(rows, columns) rows and columns."""
    if rows <= columns:
        return [list(enumerate(chosen)) for chosen in permutations(range(columns), rows)]
    return [[(i, j) for j, i in enumerate(chosen)] for chosen in permutations(range(rows), columns)]


def best_matches(
    sims: Matrix, levels: list[int | None], truth_levels: list[int], threshold: float, masked: bool
) -> list[tuple[int, int]]:
    """The matched pairs; ties go to more matches, then to closer levels."""
    if not sims or not sims[0]:
        return []
    best: tuple[Any, ...] | None = None
    matches: list[tuple[int, int]] = []
    for pairs in assignments(len(sims), len(sims[0])):
        kept = [(i, j) for i, j in pairs if sims[i][j] >= threshold]
        counted = kept if masked else pairs
        near = 0
        for i, j in kept:
            if levels[i] is not None:
                near += 4 - abs(levels[i] - truth_levels[j])
        rank = (round(sum(sims[i][j] for i, j in counted), 6), len(kept), near)
        if best is None or rank > best:
            best, matches = rank, kept
    return matches


def clip_figures(
    sims: Matrix,
    levels: list[int | None],
    truth_levels: list[int],
    threshold: float,
    masked: bool = False,
) -> dict[str, float | None]:
    """Every figure of one clip under the default options."""
    names = ("precision", "recall", "f1", "weighted_precision", "weighted_recall", "weighted_f1")
    predicted, truth = len(levels), len(truth_levels)
    if predicted == 0 and truth == 0:
        return dict.fromkeys((*names, "scale"))
    if predicted == 0 or truth == 0:
        return dict.fromkeys((*names, "scale"), 0.0)
    matches = best_matches(sims, levels, truth_levels, threshold, masked)
    weights = [
        1 - abs(levels[i] - truth_levels[j]) / 4 for i, j in matches if levels[i] is not None
    ]
    out: dict[str, float | None] = {}
    for prefix, hits in (("", float(len(matches))), ("weighted_", sum(weights))):
        p, r = hits / predicted, hits / truth
        out[prefix + "precision"], out[prefix + "recall"] = p, r
        out[prefix + "f1"] = 2 * p * r / (p + r) if p + r else 0.0
    if not matches:
        out["scale"] = 0.0
    else:
        out["scale"] = sum(weights) / len(weights) if weights else None
    return out


def overall(per_clip: list[tuple[str, dict[str, float | None]]], name: str) -> float | None:
    """Mean over clips of each class, then over classes."""
    classes: dict[str, list[float]] = {}
    for scenario, figures in per_clip:
        value = figures[name]
        if value is not None:
            classes.setdefault(scenario, []).append(value)
    means = [sum(values) / len(values) for values in classes.values()]
    return sum(means) / len(means) if means else None
