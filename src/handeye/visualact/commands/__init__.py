"""``handeye visualact``: sets of clips, and the scores of what models propose for them."""

from __future__ import annotations

import typer

from handeye.visualact.commands import (
    scoring as visualact_scoring,
    sets as visualact_set,
)

app = typer.Typer(help="VisualActBench: which actions does a video call for?", no_args_is_help=True)
app.command("generate")(visualact_set.generate)
app.command("describe")(visualact_set.describe)
app.command("verify")(visualact_set.verify)
app.command("score")(visualact_scoring.score)
app.command("judge")(visualact_scoring.judge)
app.command("rank")(visualact_scoring.rank)
