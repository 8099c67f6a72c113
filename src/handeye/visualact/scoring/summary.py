"""Clip scores -> every table of a run, each figure with an interval (docs/visualact-scoring.md).

Averages go from videos to classes to the mean of the classes, as in the paper; sums over a class
and over everything stand beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.scores.estimate import Estimate
from handeye.scores.summary import Interval, Summary as AnySummary
from handeye.stats.intervals import LEVEL, Samples, estimates, mean
from handeye.stats.sums import Sums, harmonic, undefined
from handeye.visualact.records import SCENARIOS, Clip
from handeye.visualact.scoring.clip_scores import ClipScore, PairScore
from handeye.visualact.scoring.measures import AVERAGES, BASES, columns, figure_columns
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.priority import priority_columns, priority_table

FORMAT = 1
SUITE = "visualact"
RESAMPLES = 2000
STATES = ("answered", "empty", "refused", "truncated", "unreadable", "error")
SWEEP_FIGURES = ("precision", "recall", "f1", "weighted_f1")
_POOLED = {
    "precision": ("hits", "predicted"),
    "recall": ("hits", "truth"),
    "f1": ("hits2", "actions"),
    "weighted_precision": ("weights", "levelled_predicted"),
    "weighted_recall": ("weights", "levelled_truth"),
    "weighted_f1": ("weights2", "levelled_actions"),
    "scale": ("weights", "matched_with_level"),
}
_WAYS = {"video": {name: (name, f"{name}.n") for name in AVERAGES}, "pooled": _POOLED}
_NEEDS_LEVELS = frozenset(
    {"weighted_precision", "weighted_recall", "weighted_f1", "scale", "scale_matched"}
)
_TYPES = {
    "recall": ("proactive_matched", "truth_proactive"),
    "recall_reactive": ("reactive_matched", "truth_reactive"),
    "share_of_predictions": ("predicted_proactive", "with_type"),
    "share_of_truth": ("truth_proactive", "called_for"),
    "type_agreement": ("type_agrees", "type_known"),
}
Sweep = Mapping[float, Sequence[ClipScore]]


Estimates = dict[str, Estimate]


class ByClass(msgspec.Struct):
    """Figures of each class, their unweighted mean, and of all clips as one class."""

    by_scenario: dict[str, Estimates]
    mean: Estimates
    pooled: Estimates


class Basis(msgspec.Struct):
    """Averages over videos and quotients of sums over one set of clips."""

    meaning: str
    headline: Estimates
    video: ByClass
    pooled: ByClass


class Priority(msgspec.Struct):
    """What is known of urgency; ``confusion`` is true level, predicted level, count."""

    confusion: dict[str, dict[str, int]]
    rank_correlation: Estimate
    exact: Estimate
    mean_error: Estimate
    recall_by_level: Estimates
    recall_of_urgent: Estimate
    f1_by_video_level: Estimates


class Scenario(msgspec.Struct):
    """A class that has clips."""

    title: str
    n_clips: int


class Summary(AnySummary, kw_only=True):
    """summary.json of a run; docs/visualact-scoring.md says what each table means."""

    format: int
    suite: str
    model: str | None
    n_clips: int
    n_expected: int
    partial: bool
    note: str
    states: dict[str, int]
    outcomes: dict[str, int]
    counts: dict[str, int]
    scenarios: dict[str, Scenario]
    options: dict[str, Any]
    interval: Interval
    embedder: dict[str, str]
    matcher: str
    losses: dict[str, int]
    bases: dict[str, Basis]
    proactive: ByClass
    priority: Priority
    over_acting: Estimates
    sweep: dict[str, Estimates]
    judge: dict[str, Any] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a summary that others than :func:`summarize` made or changed.

        Raises:
            ValueError: a count or an option of scoring is missing, or is none.
        """
        options = self.options.keys()
        for name, lacking in (
            ("counts", {"predicted", "truth", "matched"} - self.counts.keys()),
            ("options", {field.name for field in fields(Options)} - options),
        ):
            if lacking:
                raise ValueError(f"{name} lacks {', '.join(sorted(lacking))}")
        try:
            Options.of(self.options)
        except OptionError as error:
            raise ValueError(f"options: {error}") from None


def summarize(
    rows: Sequence[ClipScore],
    pairs: Sequence[PairScore],
    clips: Sequence[Clip],
    options: Options | None = None,
    *,
    sweep: Sweep | None = None,
    losses: Mapping[str, int] | None = None,
    embedder: Mapping[str, str] | None = None,
    matcher: str = "embedding",
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Summary:
    """Make every table.

    Args:
        rows: one a scored clip.
        pairs: the assigned pairs of these clips.
        clips: all clips asked about; those without a row make the run partial.
        options: that the rows were made with.
        sweep: rows at other thresholds, in the order of ``rows``.
        losses: what reading the answers lost, by kind.
        embedder: name and digest.
        matcher: ``embedding``, or ``judge:NAME``.
        seed: of the bootstrap.
        bootstrap: resamples of clips within classes; 0 gives figures without intervals.

    Raises:
        DataError: no rows. OptionError: a negative number of resamples.
    """
    if bootstrap < 0:
        raise OptionError(f"bootstrap must be at least 0, got {bootstrap}")
    if not rows:
        raise DataError("there are no clip scores to summarise")
    options = options or Options()
    ids = {row.clip_id for row in rows}
    scored = [clip for clip in clips if clip.clip_id in ids]
    table = columns(rows, options) | priority_columns(scored, rows, pairs)
    for limit, others in (sweep or {}).items():
        table |= figure_columns(f"sweep.{limit}", others, options)
    sums = Sums([row.scenario for row in rows], table, bootstrap, seed)
    tree = {
        "bases": {basis: _tables(sums, basis, options) for basis in BASES},
        "proactive": _by_class(sums, lambda stratum: _shares(sums, "all", _TYPES, stratum)),
        "priority": priority_table(sums),
        "over_acting": _over_acting(sums),
        "sweep": {f"{limit:.2f}": _sweep_row(sums, limit, options) for limit in sweep or {}},
    }
    header = _header(rows, len(clips), sums, options, seed)
    known = {"embedder": dict(embedder or {}), "matcher": matcher, "losses": dict(losses or {})}
    whole = {"format": FORMAT, "suite": SUITE, **header, **known, **estimates(tree)}
    return msgspec.convert(whole, Summary)


def _header(
    rows: Sequence[ClipScore], asked: int, sums: Sums, options: Options, seed: int
) -> dict[str, Any]:
    states = Counter(row.answer_state for row in rows)
    missing = max(asked - len(rows), 0)
    lacking = [SCENARIOS[key] for key in SCENARIOS if key not in sums.clusters]
    notes = [f"partial run: {len(rows)} of {asked} {noun(asked, 'clips')}"] if missing else []
    if lacking:
        notes.append(f"no clips of {', '.join(lacking)}: means are over the other classes")
    if _no_levels(sums, "all"):
        notes.append("no prediction states a level: weighted figures are not measured")
    return {
        "model": next((row.model for row in rows if row.model), None),
        "n_clips": len(rows),
        "n_expected": asked,
        "partial": missing > 0,
        "note": "; ".join(notes),
        "states": {**dict.fromkeys(STATES, 0), **states, "missing": missing},
        "outcomes": dict(Counter(row.outcome for row in rows)),
        "counts": {
            name: sums.count(f"all.{column}")
            for name, column in {
                "predicted": "proposed",
                "truth": "called_for",
                "matched": "matched",
                "predicted_with_level": "with_level",
                "matched_with_level": "matched_with_level",
                "predicted_with_type": "with_type",
            }.items()
        },
        "scenarios": {
            key: {"title": SCENARIOS[key], "n_clips": sums.clusters[key]} for key in _classes(sums)
        },
        "options": options.to_dict(),
        "interval": _interval_words(sums, len(rows), seed),
    }


def _interval_words(sums: Sums, clips: int, seed: int) -> dict[str, Any]:
    made = (
        f"95 % intervals over {clips} {noun(clips, 'clips')} drawn within their classes, "
        f"B = {sums.resamples}, seed {seed}: Wilson score at the resampled variance for "
        "shares, percentiles for the rest"
    )
    return {
        "level": LEVEL,
        "resamples": sums.resamples,
        "seed": seed,
        "words": made if sums.resamples else "no intervals were computed",
    }


def _classes(sums: Sums) -> list[str]:
    """Classes that have clips, in the paper's order."""
    return [key for key in SCENARIOS if key in sums.clusters]


def _by_class(sums: Sums, figures: Any) -> dict[str, Any]:
    """Figures of each class, their unweighted mean, and of all clips as one class."""
    by_class = {key: figures(key) for key in _classes(sums)}
    names = next(iter(by_class.values()))
    average = {name: mean([row[name] for row in by_class.values()]) for name in names}
    return {"by_scenario": by_class, "mean": average, "pooled": figures(None)}


def _shares(
    sums: Sums, basis: str, names: Mapping[str, tuple[str, str]], stratum: str | None
) -> dict[str, Samples]:
    return {
        name: sums.share(f"{basis}.{part}", f"{basis}.{base}", stratum)
        for name, (part, base) in names.items()
    }


def _tables(sums: Sums, basis: str, options: Options) -> dict[str, Any]:
    """Averages over videos and quotients of sums, by class; the headline of the options."""
    ways = {
        way: _by_class(sums, lambda stratum, names=names: _shares(sums, basis, names, stratum))
        for way, names in _WAYS.items()
    }
    for table in ways.values():
        table["mean"] |= _harmonics(table["mean"])
    if _no_levels(sums, basis):
        ways = {way: _without_levels(table, sums.resamples) for way, table in ways.items()}
    overall = options.overall(ways[options.averaging]["mean"])
    prefix = "weighted_" if options.headline == "weighted" else ""
    return {
        "meaning": BASES[basis],
        "headline": {
            **{name: overall[f"{prefix}{name}"] for name in ("precision", "recall", "f1")},
            "scale": overall["scale"],
        },
        **ways,
    }


def overall_figures(sums: Sums, prefix: str, options: Options) -> dict[str, Samples]:
    """Precision, recall, F1, plain and weighted, over all classes, as the options say.

    Args:
        sums: with the columns of :func:`~handeye.visualact.scoring.measures.figure_columns`.
        prefix: of these columns.
        options: which averaging, and which overall F1.
    """
    names = {name: of for name, of in _WAYS[options.averaging].items() if "scale" not in name}
    classes = [_shares(sums, prefix, names, stratum) for stratum in _classes(sums)]
    means = {name: mean([row[name] for row in classes]) for name in names}
    return options.overall(means | _harmonics(means))


def _harmonics(means: Mapping[str, Samples]) -> dict[str, Samples]:
    return {
        f"{k}f1_harmonic": harmonic(means[f"{k}precision"], means[f"{k}recall"])
        for k in ("", "weighted_")
    }


def _no_levels(sums: Sums, basis: str) -> bool:
    """Whether something was proposed, and never with a level."""
    return sums.count(f"{basis}.proposed") > 0 and sums.count(f"{basis}.with_level") == 0


def _without_levels(table: Any, resamples: int) -> Any:
    """The table with all figures that need levels marked as not measured."""
    return {
        name: (undefined(resamples) if _needs_levels(name) else part)
        if isinstance(part, Samples)
        else _without_levels(part, resamples)
        for name, part in table.items()
    }


def _needs_levels(name: str) -> bool:
    return name in _NEEDS_LEVELS or name.startswith("weighted_")


def _over_acting(sums: Sums) -> dict[str, Any]:
    """What was proposed where nothing is called for, and the reverse; answered clips only."""
    return {
        "acted_on_idle": sums.share("answered.idle_acted", "answered.idle"),
        "actions_per_idle_clip": sums.average("answered.idle_actions", "answered.idle"),
        "nothing_on_busy": sums.share("answered.busy_unmoved", "answered.busy"),
        "predicted_per_clip": sums.average("answered.proposed", "answered.clips"),
        "truth_per_clip": sums.average("answered.called_for", "answered.clips"),
    }


def _sweep_row(sums: Sums, limit: float, options: Options) -> dict[str, Samples]:
    found = overall_figures(sums, f"sweep.{limit}", options)
    row = {name: found[name] for name in SWEEP_FIGURES}
    if _no_levels(sums, "all"):
        row["weighted_f1"] = undefined(sums.resamples)
    return row
