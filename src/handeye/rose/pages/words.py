"""The words of the report that do not depend on a run: notes, definitions."""

from __future__ import annotations

STATES_NOTE = (
    "Answered: text came back, right or wrong. Refused, truncated, empty and error: no usable "
    "answer; such an item scores 0 in every rate over all items (the official convention) and is "
    "left out of rates over answered items. Missing: no prediction was given at all; such an item "
    "is in no rate."
)

TERMS: tuple[tuple[str, str], ...] = (
    (
        "PASS",
        "The answer is exactly right: the number, or the set of clicked cells with no click "
        "outside the grid and none twice, or both and the submitted number with them.",
    ),
    (
        "SOFT",
        "Partial credit. Counting: 1 / (1 + error). Clicking: F1 of the cells. Clicking with a "
        "number: mean of F1, count credit and agreement of number and clicks.",
    ),
    ("VALID", "The answer can be read with the answer grammar, with nothing around it."),
    (
        "Counting Avg., Action Avg., gap",
        "Mean PASS of G-Cnt and L-Cnt; mean PASS of L-Clk, V-Clk and Excl-CS; the difference of "
        "the two in percentage points.",
    ),
    (
        "Templates",
        "G-Cnt: count in the whole grid. L-Cnt: count in rows, columns or a rectangle named in "
        "numbers. L-Clk: click in such a region. V-Clk: click in the region highlighted in the "
        "picture. Excl-CS: click everything outside a region and submit the number. Bridges: "
        "G-Clk clicks in the whole grid, mL-Cnt counts in the region of L-Clk.",
    ),
    (
        "Decomposition",
        "Kinds of failure are forgiven one after the other, from how an answer is written to what "
        "was found; what PASS gains by each is what was lost there. Losses on the counting side "
        "are taken off, so that the steps add up to the gap exactly. A step below 0 was lost "
        "more in counting than in acting.",
    ),
    (
        "Reasons and signs",
        "Every failed item has one reason: the first in a fixed order that holds. It can show "
        "other signs besides; the gallery filters by both. A convention of coordinates counts "
        "only where all answers of the run together speak for it.",
    ),
    (
        "Curves",
        "A logistic curve fitted to PASS, counting and acting apart; the band is its 95 % "
        "interval. The threshold is where it crosses 50 %.",
    ),
    (
        "C-F1, R-OK",
        "Click templates only. C-F1: F1 of the clicked cells, 0 when the answer breaks the "
        "grammar, leaves the grid or repeats a cell. R-OK: no click outside the region.",
    ),
    (
        "Macro average",
        "Rates are taken per subset, then averaged with equal weight over the subsets that have "
        "rows.",
    ),
    (
        "Intervals",
        "95 % intervals from a seeded bootstrap that draws whole scenes with replacement within "
        "each subset, because the items of a scene share one picture: Wilson score intervals at "
        "the resampled variance for shares, percentiles for differences.",
    ),
)
