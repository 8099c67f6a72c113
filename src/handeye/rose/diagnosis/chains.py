"""The words of the decomposition: its steps, and the chains they form from counting to acting.

Only names and meanings; :mod:`handeye.rose.diagnosis.forgiving` judges and
:mod:`handeye.rose.diagnosis.decomposition` adds up. docs/decomposition.md defends the order of the
steps.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of failure: its key and its words."""

    key: str
    label: str
    meaning: str


STEPS: tuple[Step, ...] = (
    Step(
        "finding",
        "finding when asked to act",
        "Clicks another number of cells than there are, more often than it counts wrong.",
    ),
    Step(
        "coordinates",
        "naming the cells",
        "The right number of cells, but other cells; or the right ones and some outside the grid.",
    ),
    Step(
        "region",
        "keeping to the region",
        "Right once clicks outside the region are left out, or as many as there are in the whole "
        "grid.",
    ),
    Step(
        "abstention",
        "knowing when there is nothing",
        "Answers with something where nothing is, or with nothing where something is.",
    ),
    Step(
        "consistency",
        "submitting what was clicked",
        "The right cells, but the submitted number is not the number of cells clicked.",
    ),
    Step(
        "format",
        "the form of the answer",
        "An answer that breaks the grammar or repeats a click; forgivingly read it would count.",
    ),
    Step("no_answer", "giving an answer", "No answer came, it was refused, or it was cut off."),
)
"""Every step, from the eye to the hand; each is forgiven before the one above it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A chain: which templates stand at its ends, and which steps can show between them."""

    key: str
    title: str
    meaning: str
    counting: tuple[str, ...]
    action: tuple[str, ...]
    start: tuple[str, str]
    end: tuple[str, str]
    never: frozenset[str]
    paired: bool


PLANS: tuple[Plan, ...] = (
    Plan(
        "gap",
        "From counting to acting",
        "Counting Avg. (G-Cnt, L-Cnt) to Action Avg. (L-Clk, V-Clk, Excl-CS), on the same scenes.",
        ("T1", "T2"),
        ("T3", "T4", "T5"),
        ("counting", "Counting Avg."),
        ("action", "Action Avg."),
        frozenset(),
        paired=False,
    ),
    Plan(
        "global",
        "The whole grid: from counting to clicking",
        "G-Cnt to G-Clk on scenes that have both: the same question, counted and clicked.",
        ("T1",),
        ("T1B",),
        ("T1", "G-Cnt"),
        ("T1B", "G-Clk"),
        frozenset({"region", "consistency"}),
        paired=True,
    ),
    Plan(
        "matched",
        "The same region: from counting to clicking",
        "mL-Cnt to L-Clk on scenes that have both: the same region, counted and clicked.",
        ("T2B",),
        ("T3",),
        ("T2B", "mL-Cnt"),
        ("T3", "L-Clk"),
        frozenset({"consistency"}),
        paired=True,
    ),
)
# Steps that a count cannot show: it names no cells and submits nothing besides.
ACTION_ONLY = frozenset({"coordinates", "consistency"})
