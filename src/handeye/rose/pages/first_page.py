"""The first page laid out: one verdict per run, then the pictures that it was read from.

Takes diagnosed runs as plain values and gives the names that ``diagnosis.html.j2`` reads. Runs that
could not be diagnosed keep their place and say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.frame import Panel, Part
from handeye.rose.diagnosis.verdict import Claim, claims, verdict
from handeye.rose.pages.curves import curve_parts
from handeye.rose.pages.reason_tables import (
    convention_notes,
    reason_charts,
    reason_tables,
    sign_table,
    tag_table,
)
from handeye.rose.pages.score_tables import paired
from handeye.rose.pages.view import RunView
from handeye.rose.pages.waterfall import chain_parts
from handeye.scores.estimate import NOTHING


@dataclass(frozen=True, slots=True)
class Ground:
    """What a part of a verdict rests on, in words: label and figure pairs."""

    words: str
    why: str
    figures: tuple[tuple[str, str], ...]
    spoken: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run on the first page; ``sentence`` is empty where it could not be diagnosed."""

    run: RunView
    sentence: str
    trouble: str
    grounds: tuple[Ground, ...]


def first_page(runs: Sequence[RunView]) -> dict[str, Any]:
    """Everything the diagnosis part of the page reads."""
    known = [(run, run.findings) for run in runs if run.findings is not None]
    return {
        "verdicts": [_verdict(run) for run in runs],
        "bridges": _bridges(runs),
        "bridge_note": _bridge_note(runs),
        "chains": chain_parts(known),
        "reason_charts": reason_charts(known),
        "reason_tables": [table for one in known for table in reason_tables(*one)],
        "tag_tables": [tag_table(*one) for one in known],
        "sign_table": sign_table(known),
        "conventions": convention_notes(known),
        "looked_for": max((len(one.attribution.conventions) for _, one in known), default=0),
        "curves": curve_parts(known),
    }


def _verdict(run: RunView) -> Verdict:
    if run.findings is None:
        return Verdict(run, "", run.trouble, ())
    found = run.findings.data
    return Verdict(run, verdict(found), "", tuple(map(_ground, claims(found))))


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
        label = f"{title}: PASS in percent"
        chart = charts.panel(
            f"bridge-{key}", label, names, series, joined=bool(drops), size=(300.0, 210.0)
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
