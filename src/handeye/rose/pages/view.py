"""What the report shows of one run, as plain values: the seam between a run folder and the page.

:mod:`handeye.rose.pages.load` fills these from a run folder; :mod:`handeye.rose.pages.page` lays
them out. Neither the templates nor the charts know how a summary file is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handeye.pages.state import State
from handeye.rose.pages.diagnosis_view import DiagnosisView
from handeye.scores.estimate import NOTHING, Estimate, mean_rate

# Order of display; every run shows all of them, also the ones that did not occur.
STATES = ("answered", "refused", "truncated", "empty", "error", "missing")
_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Headline:
    """Counting Avg., Action Avg. and their difference."""

    counting: Estimate = NOTHING
    action: Estimate = NOTHING
    gap: Estimate = NOTHING


@dataclass(frozen=True, slots=True)
class Basis:
    """Every table's rates over one set of items: all of them, or the answered ones.

    ``columns`` maps a paper column (G-Cnt ... Excl-CS, Avg., C-F1, R-OK, VALID) to its rate,
    ``subsets`` a subset (and ``Avg.``) to PASS, SOFT and VALID, ``matrix`` a subset to the PASS of
    its templates.
    """

    name: str
    n: int
    headline: Headline
    columns: Mapping[str, Estimate]
    subsets: Mapping[str, Mapping[str, Estimate]]
    matrix: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class QuotedModel:
    """A row that stands beside the runs: of the paper's tables, without intervals, or people.

    ``columns`` as in :class:`Basis`, with the bridge columns (G-Clk, G-Clk†, Card, Loc|Card,
    mL-Cnt, L-Clk†) where they were published.
    """

    label: str
    columns: Mapping[str, Estimate]
    human: bool = False

    @property
    def counting(self) -> Estimate:
        """Mean of G-Cnt and L-Cnt."""
        return self._mean("G-Cnt", "L-Cnt")

    @property
    def action(self) -> Estimate:
        """Mean of L-Clk, V-Clk and Excl-CS."""
        return self._mean("L-Clk", "V-Clk", "Excl-CS")

    def _mean(self, *names: str) -> Estimate:
        return mean_rate([self.columns.get(name, NOTHING).value for name in names])

    @property
    def gap(self) -> Estimate:
        """Counting minus action."""
        counting, action = self.counting.value, self.action.value
        return NOTHING if counting is None or action is None else Estimate(counting - action)


@dataclass(frozen=True, slots=True)
class Factor:
    """PASS by template key against the bins of one property."""

    key: str
    title: str
    meaning: str
    bins: tuple[str, ...]
    rates: Mapping[str, tuple[Estimate, ...]]


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, ready to be laid out.

    ``official`` is taken over all items, ``answered`` over those with an answer; it is None where
    the two are the same.
    ``diagnosis`` is None where the run could not be diagnosed; ``trouble`` then says why.
    ``partial`` is empty for a whole run, else a sentence that says what is missing. ``pairs`` maps
    the names of the same-scene and bridge tables to ``{row: {column: rate}}``.
    """

    label: str
    style: int
    facts: tuple[tuple[str, str], ...]
    states: tuple[State, ...]
    n_items: int
    n_scenes: int
    n_failed: int
    partial: str
    interval_words: str
    short_interval_words: str
    official: Basis
    answered: Basis | None
    pairs: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    factors: tuple[Factor, ...]
    diagnosis: DiagnosisView | None = None
    trouble: str = ""

    @property
    def unusable(self) -> str:
        """How many items have no usable answer, in words; empty where all have one."""
        found = [s for s in self.states if s.count and s.key not in ("answered", "missing")]
        if not found:
            return ""
        kinds = ", ".join(f"{state.count:,} {state.key}" for state in found)
        total = sum(state.count for state in found)
        share = f"{100 * total / max(self.n_items, 1):.1f}{_NBSP}%"
        return f"{total:,} of {self.n_items:,} items ({share}) have no usable answer: {kinds}."

    @property
    def states_words(self) -> str:
        """States in one line, for readers that cannot see the bar."""
        return ", ".join(f"{state.count:,} {state.key}" for state in self.states)

    @property
    def headline(self) -> Headline:
        """The official headline: over all items, a failure scores 0."""
        return self.official.headline

    @property
    def partial_note(self) -> str:
        """What stands beside every rate of a partial run."""
        return f"partial run, n = {self.n_items:,}" if self.partial else ""

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        head = self.headline
        if head.gap.value is None:
            return (
                f"{self.label}: this run holds too little for a gap; it needs counting templates "
                "(G-Cnt, L-Cnt) and action templates (L-Clk, V-Clk, Excl-CS)."
            )
        n = f"{self.n_scenes:,} scene{'s' if self.n_scenes != 1 else ''}, {self.official.n:,} items"
        caveat = ""
        if self.partial:
            caveat = "; partial run"
        if self.answered is not None:
            unanswered = self.official.n - self.answered.n
            caveat += f"; {unanswered:,} without an answer, scored as failed"
        joint = "but" if head.gap.value > 0 else "and"
        return (
            f"{self.label} passes {head.counting.percent}{_NBSP}% of counting items "
            f"{head.counting.interval} {joint} {head.action.percent}{_NBSP}% of action items "
            f"{head.action.interval}: a perception-to-action gap of {head.gap.percent} points "
            f"{head.gap.interval} (ROSE, {n}{caveat}; {self.short_interval_words})."
        )
