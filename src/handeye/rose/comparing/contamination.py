"""Is a published set remembered? PASS on it against PASS on fresh scenes of the same difficulty.

A model that has met the official items in training passes them more often than fresh ones, and so
does a model for which they happen to be easier. So each official item is compared with the fresh
items that are like it (subset, template, grid size, targets, gold count, kind of region, likeness
of the pair), as finely as there are fresh items enough; the fresh run is standardised to the
official run's mix (direct standardisation, Rothman, Greenland and Lash 2008, Modern Epidemiology,
chapter 4). What is left is memory, or a difference that none of these properties tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.errors import DataError, OptionError
from handeye.rose.comparing.strata import FEWEST, LEVELS, Matched, match_subset, with_bins
from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.run_folder import Run
from handeye.rose.scoring.tally import ordered_subsets
from handeye.scores.estimate import rate_of
from handeye.stats.intervals import Samples, difference, estimates, mean
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import p_value
from handeye.stats.sample_size import Spread, smallest_difference

RESAMPLES = 2000
_NEEDED = (
    "item_id",
    "scene_id",
    "rose_subset",
    "task_template",
    "pass",
    "rows",
    "cols",
    "global_target_count",
    "gt_count",
    "region_type",
    "pair_similarity",
)


def contamination_of_runs(official: Run, fresh: Run, *, seed: int = 0) -> dict[str, Any]:
    """:func:`contamination` of two run folders, with what they were made of.

    Raises:
        OptionError: the runs are of different models, or over the same files.
        DataError: as :func:`contamination`.
    """
    models = [run.summary.named for run in (official, fresh)]
    if "" in models:
        unnamed = (official, fresh)[models.index("")]
        raise OptionError(
            f"{unnamed.path}: says of no model; give the rows of its predictions a field 'model' "
            "and score them again: the check needs two runs of one model"
        )
    if models[0] != models[1]:
        raise OptionError(
            f"{official.path} is of model {models[0]!r}, {fresh.path} of {models[1]!r}; the check "
            "needs two runs of one model: one over the published set, one over a fresh one"
        )
    files = [
        {entry.get("sha256") for entry in run.info.get("data") or []} for run in (official, fresh)
    ]
    if files[0] & files[1]:
        raise OptionError(
            f"{official.path} and {fresh.path} were made from the same metadata; the second must "
            "be over scenes that the model cannot have met (handeye rose generate --like v0.1)"
        )
    rows = [run.frame(names=_NEEDED) for run in (official, fresh)]
    found = contamination(*rows, seed=seed)
    return {"model": models[0], "official": str(official.path), "fresh": str(fresh.path), **found}


def contamination(
    official: pl.DataFrame,
    fresh: pl.DataFrame,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """PASS on the official items minus PASS on fresh items matched in difficulty.

    Scenes of the two runs are resampled independently within each subset; overall figures are
    unweighted means over the subsets that both runs have.

    Args:
        official: score rows of one model over the published set (or its re-rendering).
        fresh: score rows of the same model over scenes it cannot have met.
        seed: of the bootstrap.
        resamples: number of resamples.

    Returns:
        ``overall``, ``by_subset`` and ``by_template`` (column), each with ``official``,
        ``matched`` (the fresh run standardised), ``difference``, ``unmatched`` (difference without
        matching) as estimates and ``p_value``, in the tables also ``p_adjusted`` (Holm within the
        table); ``matching`` (items matched at each level, finest
        first), ``left_out`` (official items without enough fresh ones of their subset, template and
        number of targets; they are in ``unmatched`` only),
        ``similarity_unknown`` (subsets matched without it), ``smallest_difference`` (seen with a
        power of 0.8), and ``sentence``.

    Raises:
        DataError: missing columns, no rows, or nothing that both runs have.
    """
    rows = [_checked(frame, name) for frame, name in ((official, "official"), (fresh, "fresh"))]
    shared = _shared(*rows)
    kept = [frame.join(shared, on=["rose_subset", "task_template"], how="semi") for frame in rows]
    if kept[0].is_empty():
        raise DataError("the two runs share no template of any subset; nothing can be compared")
    names = ordered_subsets(kept[0]["rose_subset"].unique().to_list())
    parts = [
        match_subset(_of(kept[0], name), _of(kept[1], name), name, seed, resamples)
        for name in names
    ]
    matched = sum(float(part.official_n[0].sum()) for part in parts)
    if not matched:
        raise DataError(
            f"no official item has {FEWEST} fresh ones of its subset, template and number of "
            "targets; make a larger fresh set (handeye rose generate --like v0.1)"
        )
    return _report(parts, len(rows[0]) - int(matched))


def _checked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    lacking = [column for column in _NEEDED if column not in frame.columns]
    if lacking:
        raise DataError(f"the scores of the {name} run lack {', '.join(lacking)}")
    if frame.is_empty():
        raise DataError(f"the {name} run has no score rows")
    return with_bins(frame.select(*_NEEDED))


def _shared(official: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    pairs = [frame.select("rose_subset", "task_template").unique() for frame in (official, fresh)]
    return pairs[0].join(pairs[1], on=["rose_subset", "task_template"])


def _of(frame: pl.DataFrame, subset: str) -> pl.DataFrame:
    return frame.filter(pl.col("rose_subset") == subset)


def _report(parts: Sequence[Matched], left_out: int) -> dict[str, Any]:
    by_subset = {part.name: part.figures() for part in parts}
    templates = [
        template
        for template in TEMPLATES.values()
        if any(template.id in part.templates for part in parts)
    ]
    by_template = {
        template.column: _macro(
            [part.figures(template.id) for part in parts if template.id in part.templates]
        )
        for template in templates
    }
    overall = _macro(list(by_subset.values()))
    tree = {"overall": overall, "by_subset": by_subset, "by_template": by_template}
    found: dict[str, Any] = estimates(tree)
    _add_p_values(found, tree)
    scenes = sum(part.scenes for part in parts)
    seen = _smallest(overall["difference"], scenes)
    found["matching"] = _matching(parts)
    found["left_out"] = left_out
    found["similarity_unknown"] = [part.name for part in parts if not part.similarity_known]
    found["smallest_difference"] = seen
    found["sentence"] = _sentence(found["overall"], seen)
    return found


def _macro(parts: Sequence[dict[str, Samples]]) -> dict[str, Samples]:
    """Unweighted means over subsets; the differences are those of the means."""
    official, matched = (mean([part[name] for part in parts]) for name in ("official", "matched"))
    return {
        "official": official,
        "matched": matched,
        "difference": difference(official, matched),
        "unmatched": mean([part["unmatched"] for part in parts]),
    }


def _add_p_values(found: dict[str, Any], tree: dict[str, Any]) -> None:
    found["overall"]["p_value"] = p_value(tree["overall"]["difference"])
    for table in ("by_subset", "by_template"):
        raw = {name: p_value(row["difference"]) for name, row in tree[table].items()}
        for name, adjusted in holm(raw).items():
            found[table][name] |= {"p_value": raw[name], "p_adjusted": adjusted}


def _matching(parts: Sequence[Matched]) -> list[dict[str, Any]]:
    counts = [0.0] * len(LEVELS)
    for part in parts:
        for level, count in zip(part.levels, part.official_n[0], strict=True):
            counts[level] += count
    whole = sum(counts)
    return [
        {"matched_by": list(level), "items": int(count), "share": float(count / whole)}
        for level, count in zip(LEVELS, counts, strict=True)
        if count
    ]


def _smallest(found: Samples, scenes: int) -> float | None:
    """The smallest difference that sets of these sizes show with a power of 0.8."""
    drawn = found.values[1:]
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < 2 or not (variance := float(np.var(drawn, ddof=1))):
        return None
    return smallest_difference(scenes, Spread(variance * scenes))


def _sentence(overall: dict[str, Any], seen: float | None) -> str:
    found = overall["difference"]
    if found["low"] is None or found["high"] is None:
        return "Nothing can be said about memory: the runs are too small for an interval."
    points = rate_of(found).text("sentence", "points")
    if found["low"] > 0:
        return (
            f"The model passes the official items more often than fresh ones of the same "
            f"difficulty: {points}. Memory would look like this, and so would a difference that "
            "the matching does not know."
        )
    if found["high"] < 0:
        return f"No sign of memory: the official items are passed less often, {points}."
    if seen is None:
        return f"No sign of memory: difference {points}."
    return (
        f"No sign of memory: difference {points}; a difference of {100 * seen:.1f} points would "
        "have been seen with a power of 80\N{NO-BREAK SPACE}%."
    )
