"""``handeye run``: ask a model every item of a set."""

from __future__ import annotations

import typer

app = typer.Typer(help="Ask a model every item of a set.", no_args_is_help=True)
