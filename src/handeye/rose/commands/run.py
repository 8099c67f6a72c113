"""``handeye run rose``: ask a model every item of a set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handeye.terminal import run_options as options


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
    split: options.Split = "test",
    order: Annotated[
        str, typer.Option(help="image_first, or authors: general text, picture, question.")
    ] = "image_first",
    max_connections: options.MaxConnections = 64,
    max_retries: options.MaxRetries = 5,
    timeout: options.Timeout = 600,
    base_url: options.BaseUrl = None,
    model_arg: options.ModelArg = None,
    setting: options.Setting = None,
    price: options.PriceText = None,
    prices: options.Prices = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask a model every item of a ROSE set and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.
    """
    from handeye.rose.asking.dry_run import dry_run as estimate
    from handeye.rose.asking.run import RoseOptions, run_rose
    from handeye.rose.pages.console import print_run

    folder = options.run_folder(out, "rose", model, data)
    selected = {
        "split": split,
        "scenes": scenes,
        "templates": templates or _default_templates(data),
        "subsets": subsets,
        "order": order,
    }
    carried = options.transport(
        model,
        data,
        max_connections=max_connections,
        max_retries=max_retries,
        timeout=timeout,
        base_url=base_url,
        model_arg=model_arg,
        setting=setting,
        price=price,
        prices=prices,
        quiet=quiet,
    )
    if dry_run:
        asked = RoseOptions(model=model, data=data, out=folder, **selected, **carried)  # type: ignore[arg-type]
        typer.echo(estimate(asked).text())
        return
    try:
        run_rose(model, data, folder, **selected, **carried)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    print_run(folder)


def _default_templates(data: str) -> str | None:
    """T1-T5 where the set has them; a metadata file is asked as it is."""
    return None if Path(data).is_file() else "main"
