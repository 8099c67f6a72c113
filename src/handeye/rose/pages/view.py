"""What the report shows of one run, and the rows that stand beside the runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from handeye.pages.frame import PageRun, states_of
from handeye.pages.people import read_people
from handeye.printing import noun
from handeye.rose.diagnosis.findings import Findings
from handeye.rose.pages.load import LoadedRun, facts
from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.published import PUBLISHED
from handeye.rose.scoring.summary import Summary
from handeye.rose.scoring.tables import tables
from handeye.scores.estimate import NOTHING, Estimate, mean_rate, plain
from handeye.scores.summary import remarks

# Order of display; every run shows all of them, also the ones that did not occur.
STATES = ("answered", "refused", "truncated", "empty", "error", "missing")
_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(PageRun):
    """One run, ready to be laid out.

    ``findings`` are None where the run could not be diagnosed; ``trouble`` then says why.
    """

    summary: Summary
    n_failed: int
    findings: Findings | None = None
    trouble: str = ""

    @property
    def headline(self) -> Mapping[str, Estimate]:
        """Counting, action, gap over all items: a failure scores 0."""
        return self.summary.bases["all"].headline

    @property
    def counted_words(self) -> str:
        """``70 items about 10 scenes``."""
        n, scenes = self.n, self.summary.n_scenes
        return f"{n:,} {noun(n, 'items')} about {scenes:,} {noun(scenes, 'scenes')}"

    @property
    def columns(self) -> Mapping[str, Estimate]:
        """PASS and more by the paper's columns, over all items."""
        return self.summary.bases["all"].columns

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        counting, action, gap = (self.headline[name] for name in ("counting", "action", "gap"))
        if gap.value is None:
            return (
                f"{self.label}: this run holds too little for a gap; it needs counting templates "
                "(G-Cnt, L-Cnt) and action templates (L-Clk, V-Clk, Excl-CS)."
            )
        scenes, items = self.summary.n_scenes, self.counted["all"]
        n = f"{scenes:,} {noun(scenes, 'scenes')}, {items:,} {noun(items, 'items')}"
        caveat = f"; {self.partial_words}" if self.partial else ""
        if "answered" in self.counted:
            unanswered = items - self.counted["answered"]
            caveat += f"; {unanswered:,} without an answer, scored as failed"
        # A gap is claimed where its interval leaves out 0.
        sure = gap.low is None or gap.low > 0
        joint = "but" if gap.value > 0 and sure else "and"
        called = "a perception-to-action gap of" if sure else "the gap between the two is"
        interval = self.summary.interval
        made = f"{interval.level * 100:.0f} % bootstrap intervals over scenes"
        return (
            f"{self.label} passes {counting.percent}{_NBSP}% of counting items "
            f"{counting.interval} {joint} {action.percent}{_NBSP}% of action items "
            f"{action.interval}: {called} {gap.percent} points "
            f"{gap.interval} (ROSE, {n}{caveat}; {made if interval.resamples else 'no intervals'})."
        )


def view_of(
    loaded: LoadedRun, n_failed: int, findings: Findings | None, trouble: str = ""
) -> RunView:
    """What the page shows of a run; ``trouble`` says why there are no findings."""
    summary = loaded.run.summary
    answered = summary.states["answered"] < summary.n_items
    return RunView(
        label=loaded.label,
        style=loaded.number,
        facts=facts(loaded.run),
        states=states_of(summary.states, STATES),
        n=summary.n_items,
        expected=summary.n_expected,
        counted={
            name: summary.bases[name].n for name in (("all", "answered") if answered else ("all",))
        },
        tables={table.key: table for table in tables(summary)},
        interval_words=summary.interval.words,
        so_far=summary.so_far is True,
        remarks=tuple(remarks(summary.note)),
        looks=loaded.run.looks(),
        summary=summary,
        n_failed=n_failed,
        findings=findings,
        trouble=trouble,
    )


# ---- rows beside the runs


class QuotedModel(msgspec.Struct):
    """A row that stands beside the runs: of the paper's tables, without intervals, or people.

    ``columns`` as in a summary, with the bridge columns (G-Clk, G-Clk†, Card, Loc|Card, mL-Cnt,
    L-Clk†) where they were published; ``headline`` has ``counting``, ``action`` and ``gap`` where
    they are known with their intervals, and is made of the columns' values where it does not.
    ``note`` is what a reader must know of people.
    """

    label: str
    columns: dict[str, Estimate]
    headline: dict[str, Estimate] = {}
    human: bool = False
    note: str = ""

    @property
    def counting(self) -> Estimate:
        """Mean of G-Cnt and L-Cnt."""
        return self._headline("counting", "G-Cnt", "L-Cnt")

    @property
    def action(self) -> Estimate:
        """Mean of L-Clk, V-Clk and Excl-CS."""
        return self._headline("action", "L-Clk", "V-Clk", "Excl-CS")

    def _headline(self, key: str, *names: str) -> Estimate:
        if key in self.headline:
            return self.headline[key]
        return mean_rate([self.columns.get(name, NOTHING).value for name in names])

    @property
    def gap(self) -> Estimate:
        """Counting minus action."""
        if "gap" in self.headline:
            return self.headline["gap"]
        counting, action = self.counting.value, self.action.value
        return NOTHING if counting is None or action is None else Estimate(counting - action)

    @property
    def three(self) -> tuple[Estimate, Estimate, Estimate]:
        """The headline."""
        return self.counting, self.action, self.gap

    def data(self) -> dict[str, Any]:
        """The row for programs that read the page."""
        return {"label": self.label, "pass": {k: plain(r) for k, r in self.columns.items()}}


def published_models() -> list[QuotedModel]:
    """The paper's results as rates; percent becomes 0..1."""
    out = []
    for row in PUBLISHED:
        printed = {**row.columns, **row.bridges}
        rates = {k: Estimate(None if v is None else v / 100) for k, v in printed.items()}
        out.append(QuotedModel(row.model, rates))
    return out


def read_human(file: Path) -> QuotedModel:
    """The human row of a report, as ``handeye study agreement`` writes it.

    Args:
        file: JSON with ``label`` and ``columns``: template column (``G-Cnt``) to
            ``{"value", "low", "high", "n"}``, fractions.

    Raises:
        DataError: the file cannot be read, has another form, or holds no known column.
    """
    known = {template.column for template in TEMPLATES.values()}
    found = read_people(file, known, "template")
    return QuotedModel(found.label, found.columns, found.headline, human=True, note=found.note)
