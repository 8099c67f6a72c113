"""``handeye rose diagnose``: where between eye and hand a run fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.printing import say
from handeye.terminal.options import Json, Runs, Seed, Workers, put_json

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
    from handeye.errors import RunError
    from handeye.progress import counting
    from handeye.rose.diagnosis.diagnose import diagnose_runs, write_diagnosis
    from handeye.rose.scoring.file_scoring import score_so_far
    from handeye.scores.run_folder import expand
    from handeye.scores.so_far import readable
    from handeye.terminal.inputs import kept

    runs = expand(runs)
    folders = readable(runs, score_so_far)
    with counting("runs") as progress:
        found = diagnose_runs(folders, seed=seed, workers=workers, progress=progress)
    # Before anything is printed: who reads may stop reading. A run not finished keeps nothing.
    finished = [run if run == folder else None for run, folder in zip(runs, folders, strict=True)]
    written, refused = kept(found, finished, write_diagnosis)
    texts = [one.to_json().decode().strip() for one in found]
    if not put_json(json, texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"):
        for one, paths in zip(found, written, strict=True):
            _print(one.findings)
            if paths:
                say(f"written to {paths[0]} and {paths[1].name}")
    if refused:
        raise RunError(refused)


def _print(found: Findings) -> None:
    from handeye.rose.diagnosis.verdict import verdict
    from handeye.scores.summary import so_far_words
    from handeye.terminal import tables
    from handeye.terminal.console import Console

    console = Console()
    tables.say(console, f"\n{found.model or 'unnamed model'}", "bold")
    if found.note:
        tables.say(console, found.note, "yellow")
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
