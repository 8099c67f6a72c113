"""VisualActBench end to end: generate, three respondents, scores, ablation, report.

    python benchmarks/visualact.py [--clips 200] [--seed 2026] [--skip-ablation] [--keep DIR]

Bound to two cores. Every step is the command that a user would type, in a process of its own, with
the start of Python. Prints Markdown: seconds and peak memory of each step beside the limit for all
of them (three minutes for the set and the three respondents), then F1 of the respondents with its
interval, then F1 against the number of frames. The last table sets the decoding of eight frames
beside decoding the whole clip.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from taken import Cost, taken

from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import take_frames
from handeye.visualact.loader import load
from handeye.visualact.scoring.run_folder import read_run

LIMIT = 180.0
RESPONDENTS = ("prior", "motion", "simulated")
FAULTS = "faults=miss=0.2,invent=0.1,level=0.3,vague=0.1"


def handeye(*arguments: str) -> Cost:
    command = [str(Path(sys.executable).parent / "handeye"), *arguments]
    return taken(command, cores=2)


def respondents(folder: Path) -> dict[str, Cost]:
    steps: dict[str, Cost] = {}
    for name in RESPONDENTS:
        extra = ["--model-arg", FAULTS] if name == "simulated" else []
        model = ["--model", f"handeye/{name}", "--data", str(folder / "set")]
        out = ["--out", str(folder / name), "--quiet"]
        steps[f"`run visualact --model handeye/{name}`"] = handeye(
            "run", "visualact", *model, *out, *extra
        )
    return steps


def whole(folder: Path, clips: int, seed: int) -> None:
    steps = {
        f"`visualact generate --clips {clips}`": handeye(
            *("visualact", "generate", str(folder / "set")),
            *("--seed", str(seed), "--clips", str(clips), "--workers", "2"),
        )
    }
    steps |= respondents(folder)
    needed = sum(step.wall for step in steps.values())
    steps["`visualact verify`"] = handeye("visualact", "verify", str(folder / "set"))
    runs = [str(folder / name) for name in RESPONDENTS]
    steps["`report` of the three"] = handeye("report", *runs, "--out", str(folder / "r.html"))
    print("| what | wall s | processor s | peak MB |\n|---|---|---|---|")
    for name, step in steps.items():
        print(f"| {name} | {step.wall:.1f} | {step.processor:.1f} | {step.peak_mb} |")
    print(f"| set and respondents | {needed:.1f}: {needed / LIMIT:.2f} of the limit | | |\n")


def percent(found: dict[str, Any]) -> str:
    if found["low"] is None:
        return f"{100 * found['value']:.1f}"
    return f"{100 * found['value']:.1f} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"


def figures(folder: Path) -> None:
    print("| respondent | F1 | weighted F1 | proposed | matched | called for |")
    print("|---|---|---|---|---|---|")
    for name in RESPONDENTS:
        summary = read_run(folder / name).summary
        row = summary["bases"]["all"]["video"]["mean"]
        counts = summary["counts"]
        numbers = " | ".join(str(counts[key]) for key in ("predicted", "matched", "truth"))
        print(f"| `{name}` | {percent(row['f1'])} | {percent(row['weighted_f1'])} | {numbers} |")
    print()


def ablation(folder: Path) -> None:
    out = folder / "frames"
    handeye(
        *("run", "visualact", "--model", "handeye/motion", "--data", str(folder / "set")),
        *("--out", str(out), "--frames", "1,2,4,8,16", "--quiet"),
    )
    found = json.loads((out / "ablation.json").read_text())
    print("| frames | F1 | motion-only clips | the others |\n|---|---|---|---|")
    for run in found["runs"]:
        cells = [percent(run["figures"][key]) for key in ("f1", "f1_motion", "f1_rest")]
        print(f"| {run['frames']} | {' | '.join(cells)} |")
    print()


def decoding(folder: Path) -> None:
    clips = load(folder / "set", clips=24)
    paths = [clips.video_path(clip) for clip in clips]
    seconds: dict[str, float] = {}
    choices = {"8 frames": FrameChoice(), "all": FrameChoice("fps", fps=1000.0, max_frames=10**6)}
    for name, choice in choices.items():
        start = time.perf_counter()
        for path in paths:
            take_frames(path, choice)
        seconds[name] = (time.perf_counter() - start) / len(paths)
    ratio = seconds["8 frames"] / seconds["all"]
    print(
        f"Decoding 8 frames of a clip: {1000 * seconds['8 frames']:.1f} ms, {ratio:.2f} of "
        f"decoding all of it ({1000 * seconds['all']:.1f} ms)."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--skip-ablation", action="store_true")
    parser.add_argument("--keep", type=Path, help="leave set and runs in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        whole(folder, options.clips, options.seed)
        figures(folder)
        if not options.skip_ablation:
            ablation(folder)
        decoding(folder)


if __name__ == "__main__":
    main()
