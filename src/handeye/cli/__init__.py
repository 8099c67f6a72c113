"""The ``handeye`` command: parse, call one function, print.

Everything heavy is imported inside the commands, so that ``handeye --help`` answers at once.
Exit codes: 0 done; 1 done and something is wrong with what was checked; 2 the input or the options
cannot be used (one line says why); 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from handeye.cli import compare, report, run, study, suites, train
from handeye.cli.given import commands_of
from handeye.errors import HandeyeError
from handeye.suites import all_suites

app = typer.Typer(
    name="handeye",
    help="Measure, explain and close the perception-to-action gap of multimodal models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for suite in all_suites():
    app.add_typer(commands_of(suite), name=suite.name, help=suite.about)
app.add_typer(run.app, name="run")
app.add_typer(study.app, name="study")
app.add_typer(train.app, name="train")
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("suites")(suites.suites)


def _version(wanted: bool) -> None:
    if wanted:
        from handeye import __version__

        typer.echo(f"handeye {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """Run the command line; every error meant for the user ends with one line and exit code 2."""
    try:
        app()
    except HandeyeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
