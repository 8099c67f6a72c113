"""The words of attribution: why an item failed, and what else its answer shows.

Only names and meanings; :mod:`handeye.rose.diagnosis.attribution` decides which holds. The order of
:data:`REASONS` is their precedence: the first that holds is the item's reason. docs/attribution.md
says why each stands where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One explanation of a failure, or one sign of an answer: its key and its words."""

    key: str
    label: str
    meaning: str


# Reasons of items that have no answer to look at, and what such items are.
NO_USE = {
    "refused": "refused",
    "truncated": "truncated",
    "no_answer": "without text",
    "unreadable": "unreadable",
}
REASONS: tuple[Reason, ...] = (
    # No answer to look at.
    Reason("no_answer", "no answer", "No text came, after all attempts."),
    Reason("refused", "refused", "The model or its provider declined to answer."),
    Reason("truncated", "cut off", "The answer ended at the token limit before it was complete."),
    # An answer, but not in the grammar.
    Reason(
        "format_only",
        "right but for its form",
        "The grammar refuses the answer, though a forgiving reading of it is right.",
    ),
    Reason("unreadable", "unreadable", "Nothing definite can be read from it, even forgivingly."),
    Reason(
        "format_and_wrong",
        "wrong form and wrong",
        "The grammar refuses the answer, and a forgiving reading of it is wrong or incomplete.",
    ),
    # An answer in the grammar: how its coordinates are meant.
    Reason(
        "swapped",
        "row and column swapped",
        "Its clicks fit the targets when row and column are exchanged (however they are counted), "
        "in a model that demonstrably does so.",
    ),
    Reason(
        "zero_based",
        "counts from 0",
        "Its clicks fit the targets when rows, columns or both are counted from 0, in a model that "
        "demonstrably does so.",
    ),
    Reason(
        "flipped",
        "counted from the other end",
        "Its clicks fit the targets when rows or columns are counted from the opposite end, in a "
        "model that demonstrably does so.",
    ),
    Reason("off_grid", "outside the grid", "It clicks a cell that the grid does not have."),
    # Whether it answers the question that was asked.
    Reason(
        "whole_grid",
        "answers for the whole grid",
        "The answer is right for the whole grid, and the region holds something else.",
    ),
    Reason(
        "not_abstained",
        "does not abstain",
        "The region holds nothing, and it clicks or counts something.",
    ),
    Reason(
        "abstained", "abstains wrongly", "The region holds something, and it clicks or counts none."
    ),
    Reason(
        "neighbour",
        "neighbouring cell",
        "The right number of cells, each wrong one directly beside the target that it misses.",
    ),
    Reason(
        "inside_exclusion",
        "clicks what is excluded",
        "It clicks in the part that is to be left out.",
    ),
    Reason(
        "outside_region", "clicks outside the region", "It clicks outside the region asked for."
    ),
    # Inside the region, but wrong.
    Reason(
        "submitted_other",
        "submits another number",
        "The submitted number is not the number of cells it clicks.",
    ),
    Reason(
        "anchored",
        "repeats its whole-grid count",
        "Its number is the wrong one it gave for the whole grid of the same scene, in a model "
        "that does so more than chance explains.",
    ),
    Reason("missed", "clicks too few", "It clicks fewer cells than there are targets."),
    Reason("over_clicked", "clicks too many", "It clicks more cells than there are targets."),
    Reason("elsewhere", "right number, wrong cells", "As many cells as targets, but others."),
    Reason("repeated", "repeats a click", "Right, but for clicking the same cell twice."),
    Reason("count_low", "counts too few", "The number is too small."),
    Reason("count_high", "counts too many", "The number is too large."),
    Reason("other", "other", "None of the reasons above; does not occur."),
)
"""Every reason, in order of precedence."""

TAGS: tuple[Reason, ...] = (
    Reason(
        "right_if_translated",
        "right once translated",
        "Reading the clicks in the model's own coordinate convention makes the answer right.",
    ),
    Reason(
        "distractor",
        "clicks a target outside the region",
        "It found a difference, but one that was not asked for.",
    ),
    Reason("false_alarm", "clicks a majority cell", "At least one click is on no target at all."),
    Reason("near_miss", "a near miss", "A missed target has a click directly beside it."),
    Reason(
        "right_number",
        "knows the number",
        "It clicks or submits as many cells as there are targets, yet fails.",
    ),
    Reason(
        "whole_grid_number",
        "number of the whole grid",
        "Its number is that of all targets of the grid, which is not the region's.",
    ),
)
"""Signs that are never a reason of their own."""

BY_KEY: dict[str, Reason] = {reason.key: reason for reason in (*REASONS, *TAGS)}
"""Reasons and signs by their key."""

SIGNS: tuple[Reason, ...] = (
    Reason(
        "clicks_where_nothing_is",
        "clicks where nothing is",
        "Share of the readable click answers about a region without targets that hold a click.",
    ),
    Reason(
        "abstains_where_something_is",
        "abstains where something is",
        "Share of the readable click answers about a region with targets that hold no click.",
    ),
    Reason(
        "whole_grid_default",
        "whole-grid default",
        "Share of the readable click answers about a part of the targets that click all of them.",
    ),
    Reason(
        "clicks_in_exclusion",
        "clicks what is excluded",
        "Share of the readable answers to exclusion items that click in the excluded part.",
    ),
    Reason(
        "submits_other_number",
        "submits another number",
        "Share of the readable answers that submit a number in which it is not that of the clicks.",
    ),
    Reason(
        "anchored",
        "repeats its whole-grid count",
        "Share of the readable answers about a part of the targets that repeat the model's own "
        "wrong number for the whole grid, where that differs from the region's; counted only in a "
        "model that does so more than chance, or a number said whatever the scene, explains.",
    ),
)
"""Habits, each a rate over the readable answers in which it can show."""
