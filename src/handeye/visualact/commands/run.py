"""``handeye run visualact``: show a model every clip and ask what ought to be done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import tell
from handeye.terminal.options import one_of, put_json
from handeye.terminal.run_options import Run, run_command
from handeye.visualact.commands.scoring import EmbedderName, ScoringOptions
from handeye.visualact.commands.sets import MapField, Scenarios
from handeye.visualact.respondents.models import RESPONDENTS


@run_command("visualact", RESPONDENTS, data="Set folder, published file, or hf:OWNER/NAME.")
def visualact(
    run: Run,
    frames: Annotated[
        str,
        typer.Option(
            metavar="CHOICE",
            help="8, fps:2, seconds:0.5,1.5 or indices:0,10. Several numbers (1,2,4,8,16): a run "
            "for each, and a table.",
        ),
    ] = "8",
    longest_side: Annotated[
        int, typer.Option(metavar="PIXELS", help="Of the frames; 0: full size.")
    ] = 768,
    video: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="frames, or native: the file itself where the provider takes it.",
            autocompletion=one_of(lambda: ("frames", "native")),
        ),
    ] = "frames",
    protocol: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="one-pass, or two-pass: free text first, then levels and types.",
            autocompletion=one_of(lambda: ("one-pass", "two-pass")),
        ),
    ] = "one-pass",
    structured: Annotated[
        bool | None,
        typer.Option(
            "--structured/--no-structured",
            help="Tell the provider the JSON schema (default: where it is known to take one).",
        ),
    ] = None,
    image_format: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="jpeg or png.", autocompletion=one_of(lambda: ("jpeg", "png"))
        ),
    ] = "jpeg",
    scenarios: Scenarios = None,
    clips: Annotated[
        int | None, typer.Option(metavar="N", help="Only this many, from every scenario in turn.")
    ] = None,
    map_field: MapField = None,
    embedder: EmbedderName = None,
    scoring: ScoringOptions = None,
) -> None:
    """Ask a model which actions each clip calls for, and score the answers.

    Stopped at any moment and run again with the same options, it goes on where it was.

    Example: handeye run visualact --model openai/gpt-5.5 --data SET --out RUN
    """
    from handeye.errors import OptionError
    from handeye.media.frame_choice import FrameChoice
    from handeye.scores.embedder import MINILM
    from handeye.scores.run_folder import indented_json
    from handeye.terminal.inputs import json_values, named_values
    from handeye.visualact.asking.ablation import frame_counts, run_frames
    from handeye.visualact.asking.run import job, make_options
    from handeye.visualact.pages import console
    from handeye.visualact.scoring.options import Options

    side = longest_side or None
    chosen: dict[str, Any] = {
        **run.options,
        "video_input": video,
        "protocol": protocol,
        "structured": structured,
        "image_format": image_format,
        "scenarios": None if scenarios is None else _names(scenarios),
        "clips": clips,
        "split": None if run.options["split"] == "all" else run.options["split"],
        "mapping": named_values(map_field or [], "--map"),
        "embedder": MINILM if embedder is None else embedder,
        "scoring": Options.of(json_values(named_values(scoring or [], "--option"))),
    }
    counts = frame_counts(frames)
    if counts is None:
        choice = FrameChoice.parse(frames, longest_side=side)
        run.carry_out(job(make_options(frames=choice, **chosen)), console.print_run)
        return
    if run.dry_run:
        raise OptionError("--dry-run takes one number of frames; give --frames 8")
    found = run_frames(counts=counts, longest_side=side, started=_say, **chosen)
    if not put_json(run.json, indented_json(found)):
        console.print_ablation(found, run.out)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _say(count: int, folder: Path) -> None:
    tell(f"{count} frame{'s' if count > 1 else ''} -> {folder}")
