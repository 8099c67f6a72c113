"""``handeye run``: ask a model everything about a set."""

from __future__ import annotations

import typer

from handeye.rose.commands.run import rose
from handeye.visualact.commands.run import visualact

app = typer.Typer(help="Ask a model everything about a set.", no_args_is_help=True)
app.command("visualact")(visualact)
app.command("rose")(rose)
