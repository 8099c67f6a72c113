"""The words of the page that do not depend on a run: notes and definitions."""

from __future__ import annotations

STATES_NOTE = (
    "Answered: the answer could be read, also if it proposes nothing. Refused, truncated, "
    "unreadable, empty and error: no readable answer; such a clip counts as one where nothing was "
    "proposed in every figure over all clips, and is left out of figures over answered clips. "
    "Missing: no prediction was given at all; such a clip is in no figure."
)

TERMS: tuple[tuple[str, str], ...] = (
    (
        "Match",
        "Proposed and true actions of a clip are paired so that their sentences are as similar as "
        "possible in total, each at most once; a pair whose similarity reaches the threshold is a "
        "match. Where several wordings of an action are right, the nearest counts.",
    ),
    (
        "Precision, recall, F1",
        "Matches out of proposed actions, matches out of true actions, and their harmonic mean, "
        "taken clip by clip, averaged over the clips of a class, then over the classes: a clip "
        "that calls for something or has proposals, but not both, counts as 0. Where a run was "
        "scored with averaging=pooled, from sums over the clips of a class.",
    ),
    (
        "Weighted",
        "A match counts 1 − |difference of levels| / 4; one without a stated level counts 0. "
        "Weighted F1 never exceeds F1.",
    ),
    (
        "Scale score",
        "Mean of these weights over the matches of a clip; a clip without a match counts 0.",
    ),
    (
        "APL",
        "Action Prioritization Level, from 0 (no need) to 4 (life or limb at stake). Levels 3 and "
        "4 are called urgent here.",
    ),
    (
        "Proactive, reactive",
        "A proactive action averts or prepares for something still to come; a reactive one answers "
        "what has happened or was asked for.",
    ),
    (
        "Motion-only clips",
        "Generated clips that come in pairs, one the other played backwards: every single frame "
        "stands in both, and they call for other actions. Only the order of frames tells.",
    ),
    (
        "Evidence",
        "The span of a generated clip in which what calls for its actions can be seen.",
    ),
    (
        "Overall F1",
        "The mean of the classes' F1, or, where a run was scored with overall_f1=harmonic, the "
        "harmonic mean of overall precision and recall. In several published rows the printed "
        "Overall cell holds another figure; what the paper's own class figures give stands beside "
        "it as recomputed.",
    ),
    (
        "Intervals",
        "95 % intervals from a seeded bootstrap that draws whole clips with replacement within "
        "each class, because the actions of a clip are not independent: Wilson score intervals at "
        "the resampled variance for shares, percentiles for the rest.",
    ),
)
