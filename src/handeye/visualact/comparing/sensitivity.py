"""How far a ranking of models depends on how actions are matched.

Scores several models under every combination of embedder, threshold and assignment. A ranking that
turns round with a setting nobody can justify is no ranking: pairs of models whose order changes are
named, and those apart whose order changes although both differences are beyond chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from handeye.errors import DataError, OptionError
from handeye.scores.embedder import Embedder
from handeye.scores.join import Given
from handeye.stats.intervals import Samples, difference, estimates
from handeye.stats.sums import Sums
from handeye.visualact.loader import any_clips
from handeye.visualact.records import Clip
from handeye.visualact.scoring.cases import Case, make_cases
from handeye.visualact.scoring.clip_scores import score_case
from handeye.visualact.scoring.embedding_cache import as_embedder
from handeye.visualact.scoring.measures import Floats, figure_columns
from handeye.visualact.scoring.options import SWEEP, Assignment, Options
from handeye.visualact.scoring.reading.predictions import any_predictions
from handeye.visualact.scoring.summary import RESAMPLES, overall_figures

ASSIGNMENTS: tuple[Assignment, ...] = ("assign-then-filter", "mask-then-assign")


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to match."""

    embedder: str
    threshold: float
    assignment: Assignment

    @property
    def label(self) -> str:
        """For tables and sentences."""
        return f"{self.embedder}, {self.threshold:.2f}, {self.assignment}"


def rank(
    predictions: Mapping[str, Given],
    clips: str | Path | Iterable[Clip],
    embedders: str | Sequence[str | Embedder] | None = None,
    *,
    thresholds: Sequence[float] = SWEEP,
    assignments: Sequence[Assignment] = ASSIGNMENTS,
    options: Options | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, Any]:
    """Overall F1 of every model under every setting, and whether the ranking holds.

    F1 is averaged as the options say. Differences are taken within each resample of clips.

    Args:
        predictions: model to its predictions on all of ``clips``, as ``visualact.score`` takes
            them.
        clips: asked about, or where their set is.
        embedders: with different names, or their names; by default the one of the command line.
        thresholds: to try.
        assignments: to try.
        options: everything that is not varied.
        seed: of the bootstrap.
        bootstrap: resamples; 0 for no intervals, and then no order is beyond chance.

    Returns:
        ``settings`` (rows of embedder, threshold, assignment, F1 by model, ranking), ``range`` (by
        model: least and largest F1), ``kendall`` (least and mean Kendall tau-b between the rankings
        of two settings, with the two that agree least), ``flips``, ``verdict`` (one sentence).

    Raises:
        DataError: predictions that do not fit the clips, or no model.
        OptionError: nothing to vary, two embedders of one name, a threshold that is not allowed.
    """
    if embedders is None or isinstance(embedders, str):
        embedders = [as_embedder(embedders)]
    used = [as_embedder(one) for one in embedders]
    _check(predictions, used, thresholds, assignments)
    base = options or Options()
    scores: dict[Setting, dict[str, Samples]] = {}
    kept = {model: list(any_predictions(rows)) for model, rows in predictions.items()}
    known = any_clips(clips)
    for embedder in used:
        cases = {model: make_cases(rows, known, embedder, base) for model, rows in kept.items()}
        for threshold, assignment in product(thresholds, assignments):
            chosen = replace(base, threshold=threshold, assignment=assignment)
            setting = Setting(embedder.name, threshold, assignment)
            scores[setting] = _overall(cases, chosen, seed, bootstrap)
    flips = _flips(scores)
    return {
        "settings": [_row(setting, row) for setting, row in scores.items()],
        "range": _ranges(scores),
        "kendall": _kendall(scores),
        "flips": flips,
        "verdict": _verdict(flips, len(kept), len(scores)),
    }


def _check(
    predictions: Mapping[str, Any],
    embedders: Sequence[Embedder],
    thresholds: Sequence[float],
    assignments: Sequence[Assignment],
) -> None:
    if not predictions:
        raise DataError("there is no model whose scores could be compared")
    if not (embedders and thresholds and assignments):
        raise OptionError("give at least one embedder, one threshold and one assignment")
    names = [embedder.name for embedder in embedders]
    if len(set(names)) < len(names):
        raise OptionError(f"embedders must have different names, got {', '.join(names)}")


def _overall(
    cases: Mapping[str, Sequence[Case]], options: Options, seed: int, bootstrap: int
) -> dict[str, Samples]:
    """Overall F1 by model, all over the same resamples."""
    columns: dict[str, Floats] = {}
    strata: list[str] = []
    for model, own in cases.items():
        columns |= figure_columns(model, [score_case(case, options)[0] for case in own], options)
        strata = [case.clip.scenario for case in own]
    sums = Sums(strata, columns, bootstrap, seed)
    return {model: overall_figures(sums, model, options)["f1"] for model in cases}


def _row(setting: Setting, row: Mapping[str, Samples]) -> dict[str, Any]:
    f1 = estimates(dict(row))
    order = sorted(row, key=lambda model: (-_value(row[model]), model))
    return {
        "embedder": setting.embedder,
        "threshold": setting.threshold,
        "assignment": setting.assignment,
        "f1": f1,
        "ranking": order,
    }


def _value(samples: Samples) -> float:
    return float(np.nan_to_num(samples.values[0]))


def _ranges(scores: Mapping[Setting, Mapping[str, Samples]]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for model in next(iter(scores.values())):
        values = {setting: _value(row[model]) for setting, row in scores.items()}
        low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
        out[model] = {
            "least": values[low],
            "least_at": low.label,
            "largest": values[high],
            "largest_at": high.label,
        }
    return out


def _kendall(scores: Mapping[Setting, Mapping[str, Samples]]) -> dict[str, Any]:
    """Kendall's tau-b between the F1 of the models under two settings (1: the same order)."""
    from scipy.stats import kendalltau

    values = {
        setting: [_value(samples) for samples in row.values()] for setting, row in scores.items()
    }
    found: list[tuple[float, str, str]] = []
    for (one, first), (two, second) in combinations(values.items(), 2):
        if len(set(first)) > 1 and len(set(second)) > 1:
            found.append((float(kendalltau(first, second).statistic), one.label, two.label))
    if not found:
        return {"least": None, "mean": None, "between": None, "n_pairs": 0}
    least = min(found)
    return {
        "least": least[0],
        "mean": sum(tau for tau, _, _ in found) / len(found),
        "between": list(least[1:]),
        "n_pairs": len(found),
    }


def _flips(scores: Mapping[Setting, Mapping[str, Samples]]) -> list[dict[str, Any]]:
    """Pairs of models that change places, with a setting for either order."""
    out: list[dict[str, Any]] = []
    for first, second in combinations(next(iter(scores.values())), 2):
        apart = {
            setting: estimates({"gap": difference(row[first], row[second])})["gap"]
            for setting, row in scores.items()
        }
        known = {setting: gap for setting, gap in apart.items() if gap["value"] is not None}
        ahead = [setting for setting, gap in known.items() if gap["value"] > 0]
        behind = [setting for setting, gap in known.items() if gap["value"] < 0]
        if ahead and behind:
            sure_ahead = [one for one in ahead if (known[one]["low"] or 0) > 0]
            sure_behind = [one for one in behind if (known[one]["high"] or 0) < 0]
            out.append(
                {
                    "models": [first, second],
                    "first_ahead": len(ahead),
                    "second_ahead": len(behind),
                    "beyond_chance": bool(sure_ahead and sure_behind),
                    "first_ahead_at": (sure_ahead or ahead)[0].label,
                    "second_ahead_at": (sure_behind or behind)[0].label,
                }
            )
    return out


def _verdict(flips: Sequence[Mapping[str, Any]], models: int, settings: int) -> str:
    pairs = models * (models - 1) // 2
    if pairs == 0:
        return "One model: there is no ranking that could change."
    if settings == 1:
        return "One setting: nothing was varied."
    if not flips:
        return (
            f"The ranking holds: none of {pairs} pairs of models changes places in {settings} "
            "settings."
        )
    sure = [flip for flip in flips if flip["beyond_chance"]]
    if not sure:
        return (
            f"{len(flips)} of {pairs} pairs of models change places within {settings} settings, "
            "none of them beyond chance in both orders."
        )
    first, second = sure[0]["models"]
    return (
        f"The ranking depends on the matching: {len(sure)} of {pairs} pairs of models change "
        f"places beyond chance, for instance {first} and {second} ({first} ahead at "
        f"{sure[0]['first_ahead_at']}; {second} ahead at {sure[0]['second_ahead_at']})."
    )
