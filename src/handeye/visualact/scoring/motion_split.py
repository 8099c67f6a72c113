"""F1 over clips whose meaning lies only in the motion, and over the others.

No single frame of a motion-only clip tells what is called for (its twin has the same frames in
reverse order), so this is where looking at more frames must show. Only generated sets know which
clips these are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.stats.intervals import estimates
from handeye.visualact.records import Clip
from handeye.visualact.scoring.measures import averaged
from handeye.visualact.scoring.summary import RESAMPLES
from handeye.visualact.scoring.sums import Sums


def split_f1(
    clips: Mapping[str, Clip],
    f1: Mapping[str, float | None],
    *,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, dict[str, Any]]:
    """F1 of both kinds of clips, averaged over videos and then classes, with intervals.

    Args:
        clips: by id; clips that are not in it are left out.
        f1: of each clip, 0..1, None where it has none.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.

    Returns:
        Estimates ``motion`` and ``rest``; nothing where no clip is motion-only, and without a kind
        that has no scored clip.
    """
    found: dict[str, list[tuple[str, float]]] = {"motion": [], "rest": []}
    for clip_id, value in f1.items():
        if clip_id in clips and value is not None:
            clip = clips[clip_id]
            kind = "motion" if clip.meta.get("motion_only") else "rest"
            found[kind].append((clip.scenario, value))
    if not any(clip.meta.get("motion_only") for clip in clips.values()):
        return {}
    out: dict[str, dict[str, Any]] = {}
    for kind, rows in found.items():
        if rows:
            columns = averaged("f1", [value for _, value in rows])
            sums = Sums([scenario for scenario, _ in rows], columns, bootstrap, seed)
            out[kind] = estimates({"f1": sums.macro("f1", "f1.n")})["f1"]
    return out
