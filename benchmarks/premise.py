"""IMAVB end to end: generate, verify, three respondents with their scores, report.

    python benchmarks/premise.py [--families 60] [--seed 2026] [--keep DIR]

Bound to two cores. Every step is the command that a user would type, in a process of its own, with
the start of Python. Prints Markdown: seconds and peak memory of each step beside the limit for all
of them (three minutes for 60 families), then what each respondent reached, with its interval.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from taken import Cost, taken

from handeye.premise.scoring.run_folder import read_run

LIMIT = 180.0
CORES = 2
RESPONDENTS = {
    "oracle": ("oracle", ()),
    "constant": ("simulated", ("faults=constant=1",)),
    "accepts": ("simulated", ("faults=accept=0.4,wrong_content=0.1", "letters=true")),
}


def handeye(*arguments: str) -> Cost:
    command = [str(Path(sys.executable).parent / "handeye"), *arguments]
    return taken(command, cores=CORES)


def asked(folder: Path, name: str) -> tuple[str, Cost]:
    model, arguments = RESPONDENTS[name]
    more = [word for one in arguments for word in ("--model-arg", one)]
    step = handeye(
        *("run", "premise", "--model", f"handeye/{model}", "--data", str(folder / "set")),
        *("--questions", "single", "--out", str(folder / name), "--quiet", *more),
    )
    words = " ".join([f"`run premise --model handeye/{model}`", *(f"`{one}`" for one in arguments)])
    return words, step


def whole(folder: Path, families: int, seed: int) -> None:
    data = str(folder / "set")
    made = ("--seed", str(seed), "--families", str(families))
    steps = {
        f"`premise generate --families {families}`": handeye("premise", "generate", data, *made),
        "`premise verify`": handeye("premise", "verify", data),
        **dict(asked(folder, name) for name in RESPONDENTS),
    }
    runs = [str(folder / name) for name in RESPONDENTS]
    steps["`report` of the three"] = handeye("report", *runs, "--out", str(folder / "r.html"))
    print("| step | wall s | processor s | peak MB |\n|---|---|---|---|")
    for name, step in steps.items():
        print(f"| {name} | {step.wall:.1f} | {step.processor:.1f} | {step.peak_mb} |")
    wall, processor = (
        sum(getattr(step, name) for step in steps.values()) for name in ("wall", "processor")
    )
    print(f"| everything | {wall:.1f}: {wall / LIMIT:.2f} of the limit | {processor:.1f} | |\n")


def figures(folder: Path) -> None:
    print("| respondent | items | Std | Mis | Bal | action |\n|---|---|---|---|---|---|")
    for name in RESPONDENTS:
        summary = read_run(folder / name).summary
        head = summary.bases["all"].headline
        cells = " | ".join(head[key].text("line") for key in ("std", "mis", "bal", "action"))
        print(f"| `{name}` | {summary.n_items} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", type=int, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--keep", type=Path, help="leave set and runs in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        whole(folder, options.families, options.seed)
        figures(folder)


if __name__ == "__main__":
    main()
