"""Fresh items that are like official ones: strata of difficulty, as fine as the fresh items allow.

Each official item takes the finest stratum in which there are fresh items enough. The totals of
both runs by stratum, measured and resampled, are all that
:mod:`handeye.rose.comparing.contamination` needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from handeye.rose.scoring.breakdowns import FACTORS
from handeye.stats.bootstrap import resample_sums
from handeye.stats.intervals import Samples, difference, rate

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
_UNKNOWN = "unknown"
Floats = NDArray[np.float64]


def with_bins(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the bins of difficulty that items are matched by (``bin_<key>``)."""
    return rows.with_columns(
        factor.bin.fill_null(_UNKNOWN).alias(f"bin_{key}")
        for key, factor in _FACTORS.items()
        if any(key in level for level in LEVELS)
    )


@dataclass(frozen=True, slots=True)
class Matched:
    """One subset: totals by stratum (1 + resamples, strata), and what each stratum is.

    ``all_official`` and ``all_fresh`` map a template to the totals of all its items, matched or
    not. ``templates`` and ``levels`` tell the template of each stratum and how fine it is (index
    into :data:`LEVELS`).
    """

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
        """PASS over all strata or those of one template.

        ``official``, ``matched`` (the fresh run with the official weights), their ``difference``,
        and ``unmatched``, the difference over all items.
        """
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


def match_subset(
    official: pl.DataFrame, fresh: pl.DataFrame, name: str, seed: int, resamples: int
) -> Matched:
    """Match the official items of one subset with fresh ones.

    Args:
        official: score rows of one subset with their bins (:func:`with_bins`).
        fresh: the same of the other run.
        name: of the subset.
        seed: of the bootstrap; the scenes of the two runs are drawn independently.
        resamples: number of resamples.
    """
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
    return Matched(
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
