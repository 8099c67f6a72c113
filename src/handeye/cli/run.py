"""``handeye run SUITE``: ask a model everything about a set. Each suite brings its own options."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import typer

from handeye.cli.given import scored_next
from handeye.cli.grammar import Command, framed
from handeye.errors import HandeyeError
from handeye.suite import Suite
from handeye.suites import all_suites
from handeye.terminal.run_options import default_out


def _command(suite: Suite) -> Callable[..., None]:
    """The command of a suite; where it cannot use a set, another one that could is named."""
    run: Callable[..., None] = suite.run_command.get()

    @functools.wraps(run)
    def command(**given: Any) -> None:
        try:
            run(**given)
        except HandeyeError as error:
            data = str(given.get("data"))
            others = [one.name for one in all_suites() if one.recognizes(data)]
            if suite.name in others or not others or f"handeye run {others[0]}" in str(error):
                raise
            raise type(error)(
                f"{error}. Is {data} a set of {others[0]}? Then use 'handeye run {others[0]}'"
            ) from error

    return command


def _after(suite: Suite, given: Mapping[str, Any]) -> None:
    if not given.get("dry_run"):
        out = given.get("out") or default_out(suite.name, given["model"], given["data"])
        scored_next(suite, out)


app = typer.Typer(help="Ask a model everything about a set, and score it.", no_args_is_help=True)
for suite in all_suites():
    app.command(suite.name, cls=Command)(framed(_command(suite), partial(_after, suite)))
