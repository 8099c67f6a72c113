"""The ``handeye`` command: parse, call one function, print.

Everything heavy is imported inside the commands, so that ``handeye --help`` answers at once.
Exit codes: 0 done; 1 done and something is wrong with what was checked; 2 the input or the options
cannot be used (one line says why); 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Annotated

import typer

from handeye.cli import compare, lists, protocol, report, rewards, run, states, study, train
from handeye.cli.given import commands_of
from handeye.cli.grammar import Command, Group, UsageError, framed, refusal
from handeye.cli.process import carry_out
from handeye.printing import say
from handeye.suites import all_suites

_SUITES = tuple(suite.name for suite in all_suites())
_HELP = f"""Measure, explain and close the perception-to-action gap of multimodal models.

In order of work, SUITE is {", ".join(_SUITES[:-1])} or {_SUITES[-1]}:

  handeye SUITE generate SET --seed 7                  make a set
  handeye SUITE verify SET                             check it
  handeye run SUITE --model MODEL --data SET --out RUN ask a model, score it
  handeye SUITE diagnose RUN                           say why it fails
  handeye report RUN --out report.html                 look at it
  handeye compare RUN_A RUN_B                          see what differs

Every command has --help with an example; --install-completion teaches Tab."""


class _Handeye(Group):
    suites = {suite.title.casefold(): suite.name for suite in all_suites()}  # noqa: RUF012
    order = (
        *_SUITES,
        "run",
        "report",
        "compare",
        "states",
        "protocol",
        "study",
        "rewards",
        "train",
        "models",
        "suites",
    )


app = typer.Typer(
    name="handeye",
    cls=_Handeye,
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for suite in all_suites():
    app.add_typer(
        commands_of(suite),
        name=suite.name,
        cls=Group,
        help=suite.about,
        rich_help_panel="Sets, scores and diagnoses of a suite",
    )
_ASK, _MORE = "Ask and look", "And also"
app.add_typer(run.app, name="run", cls=Group, rich_help_panel=_ASK)
app.command(
    "report", cls=Command, rich_help_panel=_ASK, short_help="Write a page about runs, to look at."
)(framed(report.report, report.next_step))
app.command(
    "compare", cls=Command, rich_help_panel=_ASK, short_help="Say which differences are real."
)(framed(compare.compare, compare.next_step))
app.add_typer(states.app, name="states", cls=Group, rich_help_panel=_MORE)
app.add_typer(protocol.app, name="protocol", cls=Group, rich_help_panel=_MORE)
app.add_typer(study.app, name="study", cls=Group, rich_help_panel=_MORE)
app.add_typer(rewards.app, name="rewards", cls=Group, rich_help_panel=_MORE)
app.add_typer(train.app, name="train", cls=Group, rich_help_panel=_MORE)
app.command("models", cls=Command, rich_help_panel=_MORE, short_help="List what --model can be.")(
    framed(lists.models)
)
app.command("suites", cls=Command, rich_help_panel=_MORE)(framed(lists.suites))


def _version(wanted: bool) -> None:
    if wanted:
        from handeye import __version__

        say(f"handeye {__version__}")
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
    """Run the command line; whatever goes wrong ends with one line and an exit code."""
    sys.exit(carry_out(_command))


# Some sixty commands: all that a short one takes, so a process that runs several makes them once.
_commands = cache(typer.main.get_command)


def _command() -> None:
    try:
        ended = _commands(app)(prog_name="handeye", standalone_mode=False)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # it has printed the help
            raise SystemExit(2) from None
        raise refusal(error) from None
    raise SystemExit(ended if isinstance(ended, int) else 0)
