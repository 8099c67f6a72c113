"""F1 over clips whose meaning lies only in the motion, and over the others.

No single frame of a motion-only clip tells what is called for (its twin has the same frames in
reverse order), so this is where looking at more frames must show. Only generated sets know which
clips these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums
from handeye.visualact.records import Clip
from handeye.visualact.scoring.clip_scores import ClipScore
from handeye.visualact.scoring.measures import figure_columns
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.summary import RESAMPLES, overall_figures

MOTION = "motion"
"""What tables of both kinds of clips are called."""


def headline_f1(options: Options) -> str:
    """Which F1 is the headline's."""
    return "weighted_f1" if options.headline == "weighted" else "f1"


def split_f1(
    clips: Mapping[str, Clip],
    rows: Iterable[ClipScore],
    options: Options,
    *,
    figure: str = "f1",
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, dict[str, Any]]:
    """F1 of both kinds of clips, averaged as the options say, with intervals.

    Args:
        clips: by id; clips that are not in it are left out.
        rows: one a scored clip; those without an F1 are left out.
        options: that the rows were made with.
        figure: ``f1`` or ``weighted_f1``.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.

    Returns:
        Estimates ``motion`` and ``rest``; nothing where no clip is motion-only, and without a kind
        that has no scored clip.
    """
    found: dict[str, list[ClipScore]] = {"motion": [], "rest": []}
    for row in rows:
        if row.clip_id in clips and row.f1 is not None:
            clip = clips[row.clip_id]
            found["motion" if clip.meta.get("motion_only") else "rest"].append(row)
    if not any(clip.meta.get("motion_only") for clip in clips.values()):
        return {}
    out: dict[str, dict[str, Any]] = {}
    for kind, own in found.items():
        if own:
            columns = figure_columns("all", own, options)
            sums = Sums([row.scenario for row in own], columns, bootstrap, seed)
            out[kind] = estimates(overall_figures(sums, "all", options)[figure])
    return out
