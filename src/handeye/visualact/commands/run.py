"""``handeye run visualact``: show a model every clip and ask what ought to be done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.terminal import run_options as options


def visualact(
    model: Annotated[
        str,
        typer.Option(help="Any Inspect model, handeye/motion, handeye/prior or handeye/simulated."),
    ],
    data: Annotated[str, typer.Option(help="Set folder, published file, or hf:OWNER/NAME.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Run folder (default: runs/visualact-MODEL-SET)."),
    ] = None,
    frames: Annotated[
        str,
        typer.Option(
            help="8, fps:2, seconds:0.5,1.5 or indices:0,10. Several numbers (1,2,4,8,16): a run "
            "for each, and a table."
        ),
    ] = "8",
    longest_side: Annotated[int, typer.Option(help="Of the frames in pixels; 0: full size.")] = 768,
    video: Annotated[
        str, typer.Option(help="frames, or native: the file itself where the provider takes it.")
    ] = "frames",
    protocol: Annotated[
        str, typer.Option(help="one-pass, or two-pass: free text first, then levels and types.")
    ] = "one-pass",
    structured: Annotated[
        bool | None,
        typer.Option(
            "--structured/--no-structured",
            help="Tell the provider the JSON schema (default: where it is known to take one).",
        ),
    ] = None,
    image_format: Annotated[str, typer.Option(help="jpeg or png.")] = "jpeg",
    scenarios: Annotated[
        str | None, typer.Option(help="Of navigation, home, safety, hmi (default all).")
    ] = None,
    clips: Annotated[
        int | None, typer.Option(help="Only this many, from every scenario in turn.")
    ] = None,
    split: options.Split = "test",
    map_field: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=NAME", help="Column of a published file."),
    ] = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="ID", help="What compares sentences.")
    ] = None,
    scoring: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE", help="Of scoring; see docs/visualact-scoring.md."
        ),
    ] = None,
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
    """Ask a model which actions each clip calls for, and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.
    """
    from handeye.errors import OptionError
    from handeye.media.frame_choice import FrameChoice
    from handeye.terminal.inputs import json_values, named_values
    from handeye.visualact.asking.ablation import run_frames
    from handeye.visualact.asking.run import make_options, run
    from handeye.visualact.pages import console
    from handeye.visualact.scoring.embedder import MINILM
    from handeye.visualact.scoring.options import Options

    folder = options.run_folder(out, "visualact", model, data)
    side = longest_side or None
    common: dict[str, Any] = {
        "video_input": video,
        "protocol": protocol,
        "structured": structured,
        "image_format": image_format,
        "scenarios": None if scenarios is None else _names(scenarios),
        "clips": clips,
        "split": None if split == "all" else split,
        "mapping": named_values(map_field or [], "--map"),
        "embedder": embedder or MINILM,
        "scoring": Options.of(json_values(named_values(scoring or [], "--option"))),
        **options.transport(
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
        ),
    }
    several = re.fullmatch(r"\s*\d+(\s*,\s*\d+)+\s*", frames)
    try:
        if several is None:
            choice = FrameChoice.parse(frames, longest_side=side)
            chosen = make_options(model, data, folder, frames=choice, **common)
            if dry_run:
                _estimate(chosen)
                return
            run(chosen)
            console.print_run(folder)
            return
        if dry_run:
            raise OptionError("--dry-run takes one number of frames; give --frames 8")
        counts = [int(number) for number in frames.split(",")]
        found = run_frames(model, data, folder, counts, longest_side=side, started=_say, **common)
        console.print_ablation(found, folder)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _estimate(chosen: Any) -> None:
    from handeye.visualact.asking.dry_run import dry_run as estimate

    typer.echo(estimate(chosen).text())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _say(count: int, folder: Path) -> None:
    typer.echo(f"{count} frame{'s' if count > 1 else ''} -> {folder}", err=True)
