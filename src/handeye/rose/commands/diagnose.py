"""``handeye rose diagnose``: where between eye and hand a run fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.terminal.options import Json, Runs, Seed, Workers

if TYPE_CHECKING:
    from handeye.rose.diagnosis.findings import Chain, Findings, Group
    from handeye.scores.tables import Table


def diagnose(
    runs: Runs,
    seed: Seed = 0,
    workers: Workers = None,
    json: Json = None,
) -> None:
    """Say where between eye and hand each run fails, and why each failed item failed.

    Leaves diagnosis.json and reasons.parquet in the run folder, once the run is finished.

    Example: handeye rose diagnose RUN
    """
    from handeye.rose.diagnosis.diagnose import diagnose as diagnose_run
    from handeye.rose.scoring.file_scoring import score_so_far
    from handeye.terminal.diagnosing import diagnose_and_print

    diagnose_and_print(
        runs, seed, workers, json, diagnose=diagnose_run, so_far=score_so_far, show=_print
    )


def _print(found: Findings) -> None:
    from handeye.rose.diagnosis.verdict import verdict
    from handeye.scores.summary import so_far_words
    from handeye.terminal import tables
    from handeye.terminal.console import Console

    console = Console()
    so_far = so_far_words(found.note)
    tables.say(console, verdict(found.data))
    for chain in found.decomposition.values():
        if chain is not None:
            tables.print_table(console, _chain(chain), caption=so_far)
    action = found.attribution.action
    if action.n_failed:
        tables.print_table(console, _reasons(action), caption=so_far)
    else:
        tables.say(console, f"None of {action.n_items} action items failed.")


def _chain(chain: Chain) -> Table:
    from handeye.scores.tables import Column, Row, Table

    rows = (
        Row(chain.start.label, ("", chain.start.level)),
        *(Row(f"  {step.label}", (step.change, step.rate)) for step in chain.steps),
        Row(chain.end.label, ("", chain.end.level)),
        Row("all together", (-chain.whole, "")),
    )
    columns = (Column("change, points"), Column("level"))
    return Table(chain.key, chain.title, columns, rows, row_head="")


def _reasons(group: Group) -> Table:
    from handeye.scores.tables import Column, Row, Table

    rows = tuple(Row(row.label, (row.count, row.share, row.rate)) for row in group.reasons)
    return Table(
        "reasons",
        f"Why {group.n_failed} of {group.n_items} action items failed",
        (Column("items"), Column("% of the failed"), Column("% of all")),
        rows,
        row_head="reason",
    )
