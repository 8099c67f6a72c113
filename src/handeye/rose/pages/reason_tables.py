"""Why items failed: charts and tables of reasons, signs and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts.share_chart import share_rows, shares
from handeye.printing import noun
from handeye.rose.diagnosis.claims import WOULD_SHOW
from handeye.rose.diagnosis.findings import Findings
from handeye.rose.pages.view import RunView
from handeye.rose.questions import TEMPLATES
from handeye.scores.diagnosed import Group, Share
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Row, Table

Diagnosed = tuple[RunView, Findings]
# Of a chart; the tables have all.
_MOST_ROWS, _LEAST = 12, 0.005
_KINDS = (("action", "Action items"), ("counting", "Counting items"))


@dataclass(frozen=True, slots=True)
class ReasonChart:
    """One chart: over which items, how many failed (of a single run), the drawing, the numbers."""

    key: str
    title: str
    lead: str
    chart: Markup
    tables: tuple[Table, ...]


def reason_charts(known: Sequence[Diagnosed]) -> list[ReasonChart]:
    """Rates of the reasons over all action items and over all counting items, largest first."""
    out = []
    for kind, title in _KINDS:
        held = [(run, group) for run, found in known if (group := _group(found, kind)).n_items]
        rows = share_rows([(run.label, run.style, group.reasons) for run, group in held], _LEAST)
        if not rows:
            continue
        name = f"{title}: share that failed for each reason, in percent of all such items"
        chart = Markup("").join(
            shares(f"reasons-{kind}-{narrow:d}", rows[:_MOST_ROWS], name, narrow=narrow)
            for narrow in (False, True)
        )
        group = held[0][1]
        failed = f"{group.n_failed:,} of {group.n_items:,} failed, {group.failed.both} %."
        tables = tuple(
            _reason_table(run, found, kind) for run, found in known if _group(found, kind).reasons
        )
        out.append(ReasonChart(kind, title, failed if len(held) == 1 else "", chart, tables))
    return out


def _group(found: Findings, kind: str) -> Group:
    return found.attribution.action if kind == "action" else found.attribution.counting


def _reason_table(run: RunView, found: Findings, kind: str) -> Table:
    group = _group(found, kind)
    of_kind = [t.column for t in TEMPLATES.values() if (t.mode == "COUNT") == (kind == "counting")]
    columns = [name for name in of_kind if name in found.attribution.by_template]
    rows = [
        Row(
            share.label,
            (
                share.count,
                share.share,
                share.rate,
                *(_count(found.attribution.by_template[c].reasons, share.key) for c in columns),
            ),
            basis=share.meaning,
            reason=share.key,
        )
        for share in sorted(group.reasons, key=lambda s: -s.count)
    ]
    return Table(
        f"t-reasons-{kind}-{run.style}",
        f"{run.label}: {group.n_failed:,} of {group.n_items:,} "
        f"{noun(group.n_items, f'{kind} items')} failed. The reason is "
        f"the first that holds, in percent with 95 % intervals{_partial([run])}; it leads to "
        "examples in the gallery.",
        (
            Column("items", "how many items failed for this reason"),
            Column("% of failed", f"share among the {kind} items that failed"),
            Column("% of all", f"share among all {kind} items"),
            *(Column(name, f"items of {name}") for name in columns),
        ),
        tuple(rows),
        row_head="Reason",
    )


def tag_table(run: RunView, found: Findings) -> Table:
    """Every sign that failed items show, several on one item."""
    rows = [
        Row(
            share.label,
            (share.count, share.share),
            basis=share.meaning,
            group=label,
        )
        for kind, label in _KINDS
        for share in sorted(_group(found, kind).tags, key=lambda s: -s.count)
    ]
    return Table(
        f"t-tags-{run.style}",
        f"{run.label}: all signs on failed items{_partial([run])}; one item can show several.",
        (Column("items"), Column("% of failed")),
        tuple(rows),
        row_head="Sign",
        slim=True,
    )


def sign_table(known: Sequence[Diagnosed]) -> Table | None:
    """Habits: how often each sign occurs among the items where it can."""
    signs = {key: sign for _, found in known for key, sign in found.attribution.signs.items()}
    if not signs:
        return None
    rows = tuple(
        Row(
            sign.label,
            tuple(_rate(found, key) for _, found in known),
            basis=sign.meaning,
        )
        for key, sign in signs.items()
    )
    return Table(
        "t-signs",
        "Habits in percent of the readable answers in which each can show, passed items among "
        f"them; 95 % intervals{_partial([run for run, _ in known])}.",
        tuple(Column(run.label) for run, _ in known),
        rows,
        row_head="Habit",
        slim=len(known) == 1,
    )


def _partial(runs: Sequence[RunView]) -> str:
    """What the caption must say of partial runs."""
    several = len(runs) > 1
    notes = [
        f"{run.label + ': ' if several else ''}{run.partial_note}" for run in runs if run.partial
    ]
    return "".join(f"; {note}" for note in notes)


def _rate(found: Findings, key: str) -> Estimate:
    sign = found.attribution.signs.get(key)
    return sign.rate if sign else NOTHING


def _count(shares_: Iterable[Share], key: str) -> int:
    return next((share.count for share in shares_ if share.key == key), 0)


def convention_notes(known: Sequence[Diagnosed]) -> list[tuple[str, str, bool]]:
    """Label, finding and whether it was decided, for each convention that any answer speaks for."""
    out = []
    for run, one in ((run, one) for run, found in known for one in found.attribution.conventions):
        if not one.weight.value:
            continue
        of_run = f"{run.label}: " if len(known) > 1 else ""
        p = f"p = {one.p_value:.2g}" if one.p_value >= 1e-4 else "p < 0.0001"
        words = (
            f"{one.weight.both} % of {one.n_items:,} {noun(one.n_items, WOULD_SHOW)}; "
            f"log-likelihood ratio {one.log_likelihood_ratio:.1f}, {p}"
        )
        out.append((of_run + one.label, words, one.decided))
    return out
