"""What every suite's ``handeye run`` has in common: options, and what is done with them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from handeye.run.job import Job
    from handeye.run.prices import Price


def _shared(
    model: str,
    data: str,
    out: Path | None = None,
    split: Annotated[str, typer.Option(help="test, dev or all.")] = "test",
    max_connections: Annotated[int, typer.Option(help="Requests at a time.")] = 64,
    max_retries: Annotated[int, typer.Option(help="Further attempts after a failure.")] = 5,
    timeout: Annotated[
        int, typer.Option(help="Seconds before a silent attempt is given up.")
    ] = 600,
    base_url: Annotated[
        str | None, typer.Option(help="Address of an OpenAI-compatible or other server.")
    ] = None,
    model_arg: Annotated[
        list[str] | None,
        typer.Option("--model-arg", "-M", metavar="NAME=VALUE", help="Argument of the provider."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--setting",
            "-s",
            metavar="NAME=VALUE",
            help="Of generation: temperature, max_tokens, reasoning_effort ... Not given: left to "
            "the provider.",
        ),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option("--price", metavar="IN:OUT[:CACHED]", help="Dollars per million tokens."),
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="JSON file of prices by model.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count requests, tokens and cost; send nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="No progress.")] = False,
) -> None:
    """The options that every suite has."""
