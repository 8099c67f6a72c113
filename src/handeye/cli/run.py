"""``handeye run SUITE``: ask a model everything about a set. Each suite brings its own options."""

from __future__ import annotations

import typer

from handeye.suites import all_suites

app = typer.Typer(help="Ask a model everything about a set.", no_args_is_help=True)
for suite in all_suites():
    app.command(suite.name)(suite.run_command.get())
