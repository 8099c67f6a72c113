"""Is a published set remembered? PASS on it against PASS on fresh scenes of the same difficulty.

A model that has met the official items in training passes them more often than fresh ones, and so
does a model for which they happen to be easier. So each official item is compared with the fresh
items that are like it (subset, template, grid size, targets, gold count, kind of region, likeness
of the pair), as finely as there are fresh items enough; the fresh run is standardised to the
official run's mix (direct standardisation, Rothman, Greenland and Lash 2008, Modern Epidemiology,
chapter 4). What is left is memory, or a difference that none of these properties tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError
from handeye.rose.breakdowns import FACTORS
from handeye.rose.comparison_words import signed
from handeye.rose.questions import TEMPLATES
from handeye.rose.run_folder import Run
from handeye.rose.tally import ordered_subsets
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, difference, estimates, mean, rate
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import p_value
from handeye.stats.sample_size import Spread, smallest_difference

RESAMPLES = 2000
# Fewer fresh items than this say too little about a stratum; the next coarser one is taken.
FEWEST = 5
# What items are matched by beside subset and template, finest first. How many targets are to be
# found is never given up: an item without fresh ones like it in this is left out, because what is
# easier for having no target would look like memory.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("cells", "targets", "gold", "region_type", "similarity"),
    ("cells", "targets", "gold", "similarity"),
    ("targets", "gold", "similarity"),
    ("gold", "similarity"),
    ("gold",),
)
_FACTORS = {factor.key: factor for factor in FACTORS}
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
_UNKNOWN = "unknown"
Floats = NDArray[np.float64]


def contamination_of_runs(official: Run, fresh: Run, *, seed: int = 0) -> dict[str, Any]:
    """:func:`contamination` of two run folders, with what they were made of.

    Raises:
        OptionError: the runs are of different models, or over the same files.
        DataError: as :func:`contamination`.
    """
    models = [run.info.get("model") for run in (official, fresh)]
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
    columns = list(_NEEDED)
    found = contamination(
        official.scan().select(columns).collect(), fresh.scan().select(columns).collect(), seed=seed
    )
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
        _subset(_of(kept[0], name), _of(kept[1], name), name, seed, resamples) for name in names
    ]
    matched = sum(float(part.official_n[0].sum()) for part in parts)
    if not matched:
        raise DataError(
            f"no official item has {FEWEST} fresh ones of its subset, template and number of "
            "targets; make a larger fresh set (handeye rose generate --like v0.1)"
        )
    return _report(parts, len(rows[0]) - int(matched))


@dataclass(frozen=True, slots=True)
class _Part:
    """One subset: totals by stratum (1 + resamples, strata), and what each stratum is."""

    name: str
    official_n: Floats
    official_pass: Floats
    fresh_n: Floats
    fresh_pass: Floats
    all_official: dict[str, tuple[Floats, Floats]]
    all_fresh: dict[str, tuple[Floats, Floats]]
    templates: tuple[str, ...]
    levels: tuple[int, ...]
    scenes: int
    similarity_known: bool

    def figures(self, template: str | None = None) -> dict[str, Samples]:
        """The four figures over all strata, or over those of one template."""
        chosen = [k for k, own in enumerate(self.templates) if template in (None, own)]
        weights, passed = self.official_n[:, chosen], self.official_pass[:, chosen]
        counts = self.fresh_n[:, chosen]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(counts > 0, self.fresh_pass[:, chosen] / counts, 0.0)
        # A resample without any fresh item of a stratum says nothing about it.
        usable = np.where(counts > 0, weights, 0.0)
        expected = rate((usable * share).sum(axis=1), usable.sum(axis=1), self.scenes)
        measured = rate(passed.sum(axis=1), weights.sum(axis=1), self.scenes)
        plain = [self._plain(of, template) for of in (self.all_official, self.all_fresh)]
        return {
            "official": measured,
            "matched": expected,
            "difference": difference(measured, expected),
            "unmatched": difference(*plain),
        }

    def _plain(self, of: dict[str, tuple[Floats, Floats]], template: str | None) -> Samples:
        """PASS over all items of one run, matched or not."""
        chosen = [totals for name, totals in of.items() if template in (None, name)]
        n, passed = (np.sum([totals[k] for totals in chosen], axis=0) for k in (0, 1))
        return rate(passed, n, self.scenes)


def _checked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    lacking = [column for column in _NEEDED if column not in frame.columns]
    if lacking:
        raise DataError(f"the scores of the {name} run lack {', '.join(lacking)}")
    if frame.is_empty():
        raise DataError(f"the {name} run has no score rows")
    bins = [
        factor.bin.fill_null(_UNKNOWN).alias(f"bin_{key}")
        for key, factor in _FACTORS.items()
        if any(key in level for level in LEVELS)
    ]
    return frame.select(*_NEEDED).with_columns(bins)


def _shared(official: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    pairs = [frame.select("rose_subset", "task_template").unique() for frame in (official, fresh)]
    return pairs[0].join(pairs[1], on=["rose_subset", "task_template"])


def _of(frame: pl.DataFrame, subset: str) -> pl.DataFrame:
    return frame.filter(pl.col("rose_subset") == subset)


def _subset(
    official: pl.DataFrame, fresh: pl.DataFrame, name: str, seed: int, resamples: int
) -> _Part:
    known = all(not (f["bin_similarity"] == _UNKNOWN).all() for f in (official, fresh))
    if not known:
        blank = pl.lit(_UNKNOWN).alias("bin_similarity")
        official, fresh = official.with_columns(blank), fresh.with_columns(blank)
    official_keys, fresh_keys = (_keys(frame) for frame in (official, fresh))
    enough = [_frequent(keys) for keys in fresh_keys]
    strata: dict[tuple[int, str], int] = {}
    own = np.full(len(official), -1, np.int64)
    for i, keys in enumerate(zip(*official_keys, strict=True)):
        level = next((k for k, key in enumerate(keys) if key in enough[k]), None)
        if level is not None:
            own[i] = strata.setdefault((level, keys[level]), len(strata))
    members = [
        np.array([strata.get((level, key), -1) for key in keys], np.int64)
        for level, keys in enumerate(fresh_keys)
    ]
    official_n, official_pass = _totals(official, [own], len(strata), seed, name, resamples)
    fresh_n, fresh_pass = _totals(fresh, members, len(strata), seed, f"fresh {name}", resamples)
    return _Part(
        name,
        official_n,
        official_pass,
        fresh_n,
        fresh_pass,
        _by_template(official, seed, name, resamples),
        _by_template(fresh, seed, f"fresh {name}", resamples),
        tuple(key.partition("|")[0] for _, key in strata),
        tuple(level for level, _ in strata),
        official["scene_id"].n_unique(),
        known,
    )


def _by_template(
    frame: pl.DataFrame, seed: int, stream: str, resamples: int
) -> dict[str, tuple[Floats, Floats]]:
    """Items and passes of each template, whatever their stratum."""
    templates = frame["task_template"].unique(maintain_order=True).to_list()
    place = {template: k for k, template in enumerate(templates)}
    own = np.array([place[template] for template in frame["task_template"]], np.int64)
    n, passed = _totals(frame, [own], len(place), seed, stream, resamples)
    return {template: (n[:, k], passed[:, k]) for template, k in place.items()}


def _keys(frame: pl.DataFrame) -> list[list[str]]:
    """The stratum of every item at every level, as text: the template first."""
    return [
        frame.select(
            pl.concat_str("task_template", *(f"bin_{key}" for key in level), separator="|")
        )
        .to_series()
        .to_list()
        for level in LEVELS
    ]


def _frequent(keys: Iterable[str]) -> frozenset[str]:
    counts = pl.Series("key", list(keys)).value_counts()
    return frozenset(counts.filter(pl.col("count") >= FEWEST)["key"].to_list())


def _totals(
    frame: pl.DataFrame,
    members: Sequence[NDArray[np.int64]],
    strata: int,
    seed: int,
    stream: str,
    resamples: int,
) -> tuple[Floats, Floats]:
    """Items and passes by stratum: as measured and in every resample of the scenes.

    ``members`` tells each item's stratum, -1 for none; several arrays where an item is in several.
    """
    scene = (frame["scene_id"].rank("dense") - 1).to_numpy().astype(np.int64)
    scenes = int(scene.max()) + 1
    passed = (frame["pass"] == 1).to_numpy().astype(np.float64)
    sums = np.zeros((scenes, 2 * strata))
    for own in members:
        inside = own >= 0
        np.add.at(sums, (scene[inside], own[inside]), 1.0)
        np.add.at(sums, (scene[inside], strata + own[inside]), passed[inside])
    number = int.from_bytes(stream.encode(), "big")
    found = resample_sums(sums.astype(np.float32), sums.sum(axis=0), resamples, seed, number)
    return found[:, :strata], found[:, strata:]


def _report(parts: Sequence[_Part], left_out: int) -> dict[str, Any]:
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


def _matching(parts: Sequence[_Part]) -> list[dict[str, Any]]:
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
    value, low, high = (signed(found[name]) for name in ("value", "low", "high"))
    points = f"{value} points ({low} to {high})"
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
