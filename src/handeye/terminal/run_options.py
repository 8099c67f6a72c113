"""Options that every suite's ``handeye run`` has, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from handeye.run.prices import Price

Split = Annotated[str, typer.Option(help="test, dev or all.")]
MaxConnections = Annotated[int, typer.Option(help="Requests at a time.")]
MaxRetries = Annotated[int, typer.Option(help="Further attempts after a failure.")]
Timeout = Annotated[int, typer.Option(help="Seconds before a silent attempt is given up.")]
BaseUrl = Annotated[
    str | None, typer.Option(help="Address of an OpenAI-compatible or other server.")
]
ModelArg = Annotated[
    list[str] | None,
    typer.Option("--model-arg", "-M", metavar="NAME=VALUE", help="Argument of the provider."),
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        "-s",
        metavar="NAME=VALUE",
        help="Of generation: temperature, max_tokens, reasoning_effort ... Not given: left to "
        "the provider.",
    ),
]
PriceText = Annotated[
    str | None,
    typer.Option("--price", metavar="IN:OUT[:CACHED]", help="Dollars per million tokens."),
]
Prices = Annotated[Path | None, typer.Option(help="JSON file of prices by model.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Count requests, tokens and cost; send nothing.")
]
Quiet = Annotated[bool, typer.Option(help="No progress.")]

# The respondents that need the set they are asked about.
_KNOWS_THE_SET = ("handeye/simulated", "handeye/prior")


def transport(
    model: str,
    data: str,
    *,
    max_connections: int,
    max_retries: int,
    timeout: int,
    base_url: str | None,
    model_arg: list[str] | None,
    setting: list[str] | None,
    price: str | None,
    prices: Path | None,
    quiet: bool,
) -> dict[str, Any]:
    """The fields of :class:`handeye.run.options.RunOptions` from the options of a command.

    Raises:
        OptionError: a pair that is not NAME=VALUE, or a price that cannot be read.
    """
    from handeye.terminal.inputs import json_values, named_values

    arguments = json_values(named_values(model_arg or [], "--model-arg", empty=True))
    if model in _KNOWS_THE_SET:
        arguments.setdefault("data", data)
    return {
        "max_connections": max_connections,
        "max_retries": max_retries,
        "attempt_timeout": timeout,
        "base_url": base_url,
        "generation": json_values(named_values(setting or [], "--setting", empty=True)),
        "model_args": arguments,
        "price": _price(price, prices, model),
        "progress": not quiet,
    }


def run_folder(out: Path | None, suite: str, model: str, data: str) -> Path:
    """The folder of the run: the given one, else one named after model and set."""
    return out or Path("runs") / f"{suite}-{_slug(model)}-{_slug(data)}"


def _slug(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-._" else "-" for c in name.rstrip("/"))
    return kept.strip("-.") or "set"


def _price(price: str | None, prices: Path | None, model: str) -> Price | None:
    from handeye.errors import OptionError
    from handeye.run.prices import parse_price, read_prices

    if price and prices:
        raise OptionError("give either --price or --prices")
    if price:
        return parse_price(price)
    if prices:
        found = read_prices(prices, model)
        if found is None:
            raise OptionError(f"{prices} has no price for {model}")
        return found
    return None
