"""``handeye contexts``: pictures held the same, several contexts, and what is to be done."""

from __future__ import annotations

import typer

from handeye.contexts.commands import scoring as contexts_scoring, sets as contexts_sets

app = typer.Typer(
    help="Contexts: one picture, several contexts, to each its own action.",
    no_args_is_help=True,
)
app.command("init")(contexts_sets.init)
app.command("schema")(contexts_sets.schema)
app.command("generate")(contexts_sets.generate)
app.command("verify")(contexts_sets.verify)
app.command("score")(contexts_scoring.score)
