"""``handeye run``: ask a model every item of a set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from handeye.run.prices import Price

app = typer.Typer(help="Ask a model every item of a set.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps ``handeye run rose`` a command of a group while there is one suite."""


@app.command()
def rose(
    model: Annotated[
        str, typer.Option(help="Any Inspect model, handeye/pixels or handeye/simulated.")
    ],
    data: Annotated[str, typer.Option(help="Set folder, metadata file, or hf:OWNER/NAME.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Run folder (default: runs/rose-MODEL-SET)."),
    ] = None,
    scenes: Annotated[
        int | None, typer.Option(help="Only this many scenes, from every subset in turn.")
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(help="T1,T3 ...; main (default where the set has it), bridges, all."),
    ] = None,
    subsets: Annotated[str | None, typer.Option(help="Only these, e.g. glyph,emoji-style.")] = None,
    split: Annotated[str, typer.Option(help="test, dev or all.")] = "test",
    order: Annotated[
        str, typer.Option(help="image_first, or authors: general text, picture, question.")
    ] = "image_first",
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
        typer.Option(metavar="IN:OUT[:CACHED]", help="Dollars per million tokens."),
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="JSON file of prices by model.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count requests, tokens and cost; send nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="No progress.")] = False,
) -> None:
    """Ask a model every item of a ROSE set and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.
    """
    from handeye.cli import tables
    from handeye.rose.running import RoseOptions, run_rose

    common: dict[str, Any] = {
        "split": split,
        "scenes": scenes,
        "templates": templates or _default_templates(data),
        "subsets": subsets,
        "base_url": base_url,
        "generation": _named(setting or [], "setting"),
        "model_args": _model_args(model, data, model_arg or []),
        "price": _price(price, prices, model),
        "progress": not quiet,
    }
    folder = out or Path("runs") / f"rose-{_slug(model)}-{_slug(data)}"
    if dry_run:
        from handeye.rose.dry_run import dry_run as estimate

        options = RoseOptions(model=model, data=data, out=folder, order=order, **common)  # type: ignore[arg-type]
        typer.echo(estimate(options).text())
        return
    try:
        run_rose(
            model,
            data,
            folder,
            order=order,
            max_connections=max_connections,
            max_retries=max_retries,
            attempt_timeout=timeout,
            **common,
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    tables.print_run(folder)


def _default_templates(data: str) -> str | None:
    """T1-T5 where the set has them; a metadata file is asked as it is."""
    return None if Path(data).is_file() else "main"


def _slug(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-._" else "-" for c in name.rstrip("/"))
    return kept.strip("-.") or "set"


def _named(pairs: list[str], option: str) -> dict[str, Any]:
    """``NAME=VALUE`` options; values are read as JSON where they are JSON."""
    import json

    from handeye.errors import OptionError

    out: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise OptionError(f"{option} must read NAME=VALUE, got {pair!r}")
        try:
            out[name] = json.loads(value)
        except ValueError:
            out[name] = value
    return out


def _model_args(model: str, data: str, pairs: list[str]) -> dict[str, Any]:
    """Arguments of the provider; the simulated respondent answers from the gold of the set."""
    args = _named(pairs, "model-arg")
    if model == "handeye/simulated":
        args.setdefault("data", data)
    return args


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
