"""``handeye premise``: sets of questions whose premise may be false, and their scores."""

from __future__ import annotations

import typer

from handeye.premise.commands import scoring as premise_scoring, sets as premise_sets

app = typer.Typer(help="IMAVB: does a model notice that a question is false?", no_args_is_help=True)
app.command("generate")(premise_sets.generate)
app.command("describe")(premise_sets.describe)
app.command("verify")(premise_sets.verify)
app.command("score")(premise_scoring.score)
app.command("judge")(premise_scoring.judge)
