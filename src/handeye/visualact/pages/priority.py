"""Does the model know what is urgent: levels given, and what was missed at each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts.heat_map import heat_map
from handeye.pages.charts.share_chart import Bar, BarRow, shares
from handeye.pages.frame import Panel
from handeye.scores.estimate import NOTHING, Estimate, in_unit
from handeye.scores.tables import Column, Row, Table
from handeye.visualact.asking.prompts import LEVELS
from handeye.visualact.pages.view import RunView, interval_words
from handeye.visualact.records import LARGEST_LEVEL

_ALL_LEVELS = tuple(str(level) for level in range(LARGEST_LEVEL + 1))


@dataclass(frozen=True, slots=True)
class PriorityPart:
    """Heat maps, one a run; recall by true level as bars; the figures as a table."""

    maps: tuple[Panel, ...]
    recall_charts: Markup
    table: Table
    confusion: Table
    levels: tuple[str, ...] = LEVELS


def priority_part(runs: Sequence[RunView]) -> PriorityPart:
    """Lay out what summaries say about levels."""
    maps = tuple(
        Panel(
            run.label,
            heat_map(
                f"levels-{place}",
                [str(level) for level in range(LARGEST_LEVEL + 1)],
                run.summary.priority.confusion,
                f"Levels given by {run.label} against true levels",
            ),
            run.style,
            _lines(run),
        )
        for place, run in enumerate(runs)
    )
    return PriorityPart(maps, _recall_charts(runs), _table(runs), _confusion(runs))


def _lines(run: RunView) -> tuple[tuple[str, str], ...]:
    found = run.summary.priority
    exact = found.exact
    return (
        ("Rank correlation of levels", found.rank_correlation.text("cell", "plain")),
        ("Right level, of matched", f"{exact.both} %" if exact.value is not None else "–"),
        ("Mean error (above 0: too urgent)", found.mean_error.text("cell", "plain")),
    )


def _recalls(run: RunView) -> dict[str, Estimate]:
    found = run.summary.priority.recall_by_level
    return {level: found.get(level, NOTHING) for level in _ALL_LEVELS}


def _recall_charts(runs: Sequence[RunView]) -> Markup:
    """Recall at each true level, the most urgent on top; levels without true actions left out."""
    recalls = [_recalls(run) for run in runs]
    rows = []
    for level in reversed(_ALL_LEVELS):
        if all(found[level].value is None for found in recalls):
            continue
        bars = tuple(
            Bar(run.label, run.style, found.get(level, NOTHING))
            for run, found in zip(runs, recalls, strict=True)
        )
        words = LEVELS[int(level)].partition(":")[0]
        rows.append(BarRow(f"APL {level} · {words}", bars))
    if not rows:
        return Markup("")
    title = "Recall of true actions by their level"
    return shares("recall-0", rows, title) + shares("recall-1", rows, title, narrow=True)


def _confusion(runs: Sequence[RunView]) -> Table:
    """The counts of the heat maps."""
    given = (*_ALL_LEVELS, "unstated", "missed")
    return Table(
        key="t-confusion",
        caption="True actions by true level (rows) and by the level that the model gave.",
        columns=tuple(Column(name) for name in given),
        rows=tuple(
            Row(f"level {level}", tuple(found.get(name, 0) for name in given), group=run.label)
            for run in runs
            for level in _ALL_LEVELS
            for found in (run.summary.priority.confusion.get(level, {}),)
        ),
        row_head="True level",
    )


def _table(runs: Sequence[RunView]) -> Table:
    columns = (
        *(Column(f"APL {level}", LEVELS[int(level)]) for level in reversed(_ALL_LEVELS)),
        Column("urgent", "recall of true actions of levels 3 and 4 together"),
        Column("right level", "share of matched actions with the true level"),
        Column("rank corr.", "Spearman's rank correlation of given and true levels"),
        Column("mean error", "given minus true level; above 0: too urgent"),
    )
    rows = tuple(
        Row(
            run.label,
            (
                *(_recalls(run)[level] for level in reversed(_ALL_LEVELS)),
                found.recall_of_urgent,
                found.exact,
                in_unit(found.rank_correlation, "plain"),
                in_unit(found.mean_error, "plain"),
            ),
            run.style,
            note=run.partial_note,
        )
        for run in runs
        for found in (run.summary.priority,)
    )
    return Table(
        key="t-levels",
        caption="Recall by true level in percent, and how well levels are known, over the actions "
        f"of all clips; {interval_words(runs)}.",
        columns=columns,
        rows=rows,
        note="Levels are compared on matched actions whose level was stated.",
    )
