"""The decomposition of the gap on the page: one picture per run and chain, one table per chain."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from handeye.pages.panels import Panel, Part
from handeye.rose.pages.diagnosis_view import Chain, DiagnosisView
from handeye.rose.pages.view import RunView
from handeye.rose.pages.waterfall import change, waterfall
from handeye.scores.estimate import Estimate
from handeye.scores.tables import Column, Row, Table


def chain_parts(known: Sequence[tuple[RunView, DiagnosisView]]) -> list[Part]:
    """One part for each chain that some run has, the whole gap first."""
    keys = dict.fromkeys(key for _, found in known for key in found.chains)
    out = []
    for key in keys:
        held = [(run, found.chains[key]) for run, found in known if key in found.chains]
        first = held[0][1]
        panels = []
        for run, chain in held:
            chart = _fall(key, run, chain, alone=len(known) == 1)
            panels.append(Panel(run.label, chart, run.style))
        table = _chain_table(key, held)
        part = Part(key, first.title, first.meaning, tuple(panels), table=table, terms=_terms(held))
        out.append(part)
    return out


def _terms(held: Sequence[tuple[RunView, Chain]]) -> tuple[tuple[str, str], ...]:
    """What each step means; of a single run also what another order would give."""
    out = []
    for step in held[0][1].steps:
        words = step.meaning
        if len(held) == 1 and step.other_orders is not None:
            ends = [change(Estimate(loss)).percent for loss in step.other_orders[::-1]]
            words += f" Forgiven earlier or later: {ends[0]} to {ends[1]} points."
        out.append((step.label, words))
    return tuple(out)


def _fall(key: str, run: RunView, chain: Chain, *, alone: bool) -> Markup:
    """One run's chain; the only run of a page has room for a wide drawing as well."""
    title = f"{run.label}: {chain.title}, in percent"
    name = f"chain-{key}-{run.style}"
    if not alone:
        return waterfall(name, chain, title, run.style, narrow=True)
    wide = waterfall(f"{name}-0", chain, title, run.style, class_="wide-only")
    small = waterfall(f"{name}-1", chain, title, run.style, narrow=True, class_="narrow-only")
    return wide + small


def _chain_table(key: str, held: Sequence[tuple[RunView, Chain]]) -> Table:
    first = held[0][1]
    columns = [Column(first.start[0], "level at the start")]
    columns += [Column(step.label, step.meaning) for step in first.steps]
    columns += [Column(first.end[0], "level at the end"), Column("whole", "start minus end")]
    rows = tuple(
        Row(
            run.label,
            (
                chain.start[1],
                *(change(s.loss) for s in chain.steps),
                chain.end[1],
                change(chain.whole),
            ),
            run.style,
            note=run.partial_note,
        )
        for run, chain in held
    )
    return Table(
        f"t-chain-{key}",
        f"{first.title}: levels in percent, changes in points, with 95 % intervals.",
        tuple(columns),
        rows,
    )
