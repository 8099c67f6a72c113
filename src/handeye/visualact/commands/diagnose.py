"""``handeye visualact diagnose``: what is wrong with the answers of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.printing import noun
from handeye.terminal.options import Json, Runs, Seed, Workers

if TYPE_CHECKING:
    from handeye.scores.tables import Table
    from handeye.visualact.diagnosis.diagnose import Findings


def diagnose(
    runs: Runs,
    seed: Seed = 0,
    workers: Workers = None,
    json: Json = None,
) -> None:
    """Say of every clip what is wrong with the answer to it, and how often each reason occurs.

    Leaves diagnosis.json and reasons.parquet in the run folder, once the run is finished.

    Example: handeye visualact diagnose RUN
    """
    from handeye.terminal.diagnosing import diagnose_and_print
    from handeye.visualact.diagnosis.diagnose import diagnose as diagnose_run
    from handeye.visualact.scoring.file_scoring import score_so_far

    diagnose_and_print(
        runs, seed, workers, json, diagnose=diagnose_run, so_far=score_so_far, show=_print
    )


def _print(found: Findings) -> None:
    from handeye.scores.estimate import number
    from handeye.scores.looks import sentences
    from handeye.scores.summary import so_far_words
    from handeye.terminal import tables
    from handeye.terminal.console import Console

    console = Console()
    for claim in sentences(found.looks):
        tables.say(console, claim, "yellow")
    n = found.all.n_clips
    if not found.all.n_faulty:
        most = found.all.faulty.high
        still = "" if most is None else f" (up to {number(most)} % of such clips may have a fault)"
        tables.say(console, f"nothing is wrong with the answers to {n} {noun(n, 'clips')}{still}")
        return
    words = filter(None, (so_far_words(found.note), found.interval.words))
    tables.print_table(console, reason_table(found), caption="; ".join(words))


def reason_table(found: Findings) -> Table:
    """The reasons over all clips, and how many clips show each as a sign."""
    from handeye.scores.tables import Column, Row, Table

    group = found.all
    shown = {one.key: one.count for one in group.tags}
    rows = tuple(
        Row(one.label, (one.count, one.share, one.rate, shown[one.key])) for one in group.reasons
    )
    return Table(
        "reasons",
        f"What is wrong with the answers to {group.n_faulty} of {group.n_clips} "
        f"{noun(group.n_clips, 'clips')}",
        (
            Column("clips", "clips with this reason, the first of their signs"),
            Column("% of the faulty"),
            Column("% of all"),
            Column("shown in", "clips that show it, as the reason or beside another one"),
        ),
        rows,
        row_head="reason",
    )
