"""What a diagnosis gives the page: the first screen, then the pictures that it was read from.

Takes diagnosed runs as plain values and gives the names that ``report.html.j2`` reads. Runs that
could not be diagnosed keep their place and say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Gap, Series
from handeye.pages.frame import Glance, Ground, Panel, Part, Verdict
from handeye.rose.diagnosis.verdict import Claim, claims, verdict
from handeye.rose.pages.reason_tables import (
    convention_notes,
    reason_charts,
    sign_table,
    tag_table,
)
from handeye.rose.pages.score_tables import paired
from handeye.rose.pages.view import QuotedModel, RunView
from handeye.rose.pages.waterfall import chain_parts
from handeye.rose.scoring.tables import HEADLINE_COLUMNS
from handeye.scores.estimate import NOTHING, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column


def glance(
    runs: Sequence[RunView], published: Sequence[QuotedModel], people: QuotedModel | None
) -> Glance:
    """The first screen: counting against acting, beside chance, people and published models."""
    rows = [Gap(run.label, tuple(run.headline[name] for name in NAMES), run.style) for run in runs]
    rows += [
        Gap(row.label, tuple(map(rate_of, row.cells)), chance=True)
        for row in chance_rows(runs, "headline", HEADLINE_COLUMNS)
    ]
    if people:
        rows.append(Gap(people.label, people.three, human=True))
    # The failures of the run that loses most between the two are the ones worth seeing.
    worst = max(
        range(len(runs)),
        key=lambda k: (runs[k].n_failed > 0, runs[k].headline["gap"].value or -1.0, -k),
    )
    reason, why = _commonest(runs[worst])
    best = sorted(published, key=lambda m: -(m.action.value or 0.0))
    return Glance(
        names=NAMES,
        meaning="Percent of all items passed, macro over subsets: counting is the mean of G-Cnt "
        "and L-Cnt, action that of L-Clk, V-Clk and Excl-CS, gap their difference; 95 % intervals.",
        rows=rows,
        published=[Gap(m.label, m.three, published=True) for m in best],
        source="arXiv 2606.19965",
        verdicts=[_verdict(run) for run in runs],
        shown=worst,
        reason=reason,
        telling=lambda card: (card.counts, card.cells),
        why=why,
    )


NAMES = ("counting", "action", "gap")


def _commonest(run: RunView) -> tuple[str, tuple[str, str]]:
    """The reason for which most action items failed (else counting items), and its words."""
    if run.findings is None:
        return "", ("One of the items that failed", "")
    found = run.findings.attribution
    for kind, group in (("action", found.action), ("counting", found.counting)):
        if group.reasons:
            most = max(group.reasons, key=lambda share: share.count)
            words = (
                f"{most.meaning} So failed {most.count:,} of the {group.n_failed:,} {kind} items "
                f"that {run.label} failed."
            )
            return most.key, (f"What goes wrong most: {most.label}", words)
    return "", ("", "")


def findings_context(runs: Sequence[RunView]) -> dict[str, Any]:
    """What the diagnosis part of the page reads."""
    known = [(run, run.findings) for run in runs if run.findings is not None]
    return {
        "bridges": _bridges(runs),
        "bridge_note": _bridge_note(runs),
        "chains": chain_parts(known),
        "reason_charts": reason_charts(known),
        "tag_tables": [tag_table(*one) for one in known],
        "sign_table": sign_table(known),
        "conventions": convention_notes(known),
        "looked_for": max((len(one.attribution.conventions) for _, one in known), default=0),
    }


def _verdict(run: RunView) -> Verdict:
    basis = run.counted_words
    if run.findings is None:
        return Verdict(run, "", run.trouble, basis=basis, quote=run.sentence)
    found = run.findings.data
    grounds = tuple(map(_ground, claims(found)))
    return Verdict(run, verdict(found), "", grounds, basis, run.sentence)


def _ground(claim: Claim) -> Ground:
    words = claim.words[:1].upper() + claim.words[1:]
    figures = tuple((one.label, one.shown) for one in claim.figures)
    return Ground(words, claim.why, figures, claim.spoken)


# ---- bridges

_BRIDGES = (
    (
        "global",
        "Whole picture",
        "Count every target, click every target, then click those in a highlighted region.",
        ("G-Cnt", "G-Clk", "V-Clk"),
        ("G-Cnt→G-Clk", "G-Clk→V-Clk"),
    ),
    (
        "matched",
        "Same region",
        "Count in a region, then click in exactly that region.",
        ("mL-Cnt", "L-Clk"),
        ("mL-Cnt→L-Clk",),
    ),
    (
        "consistency",
        "Scenes counted right",
        "PASS of the other questions about pictures whose targets were all counted right.",
        ("L-Cnt|T1", "L-Clk|T1", "V-Clk|T1", "Excl-CS|T1"),
        (),
    ),
)


def _bridges(runs: Sequence[RunView]) -> list[Part]:
    out = []
    for key, title, meaning, columns, drops in _BRIDGES:
        series, lines = [], []
        for run in runs:
            rates = paired(run, key)
            values = tuple(rates.get(name, NOTHING) for name in columns)
            if all(rate.value is None for rate in values):
                continue
            series.append(Series(run.label, values, run.style))
            for name in drops:
                loss = rates.get(name, NOTHING)
                change = -loss
                ends = change.interval
                lines.append((name, f"{change.text('value', 'points')} {ends}".strip()))
        if not series:
            continue
        names = [name.removesuffix("|T1") for name in columns]
        for row in chance_rows(runs, "templates", [Column(name) for name in columns]):
            chance = tuple(map(rate_of, row.cells))
            if all(rate.value is not None for rate in chance):
                series.append(Series(row.label, chance, chance=True))
        label = f"{title}: PASS in percent"
        chart = charts.panel(
            f"bridge-{key}", label, names, series, joined=bool(drops), size=(300.0, 190.0)
        )
        panel = Panel(title, chart, lines=tuple(lines) if len(runs) == 1 else ())
        out.append(Part(key, title, meaning, (panel,)))
    return out


def _bridge_note(runs: Sequence[RunView]) -> str:
    lacking = [run.label for run in runs if not {"global", "matched"} & run.tables.keys()]
    if not lacking:
        return ""
    who = "This run holds" if len(runs) == 1 else f"{', '.join(lacking)}:"
    return (
        f"{who} no bridge items; with G-Clk and mL-Cnt (--templates all) one sees what clicking "
        "costs when the question stays the same."
    )
