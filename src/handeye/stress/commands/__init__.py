"""``handeye stress``: sets of groups, and what is true of their pictures."""

from __future__ import annotations

import typer

from handeye.stress.commands import scoring as stress_scoring, sets as stress_sets

app = typer.Typer(
    help="Perception Stress Test: does a model trust its eyes or the words?", no_args_is_help=True
)
app.command("generate")(stress_sets.generate)
app.command("describe")(stress_sets.describe)
app.command("verify")(stress_sets.verify)
app.command("score")(stress_scoring.score)
app.command("export")(stress_sets.export)
