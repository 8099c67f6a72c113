"""Peak memory of the commands of premise, by families of a set; the table of docs/reliability.md.

    python benchmarks/memory.py [--families 60,300] [--generate 60]

A set of ``--generate`` families is made; larger ones ask its clips again under other names. Memory
is the largest resident set of the command or of any process that it started. Prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROWS = "premise_test.jsonl"
NAMES = ("item_id", "scene_id", "clip_id", "prompt_id")


def commands(data: str, run: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is measured over a set."""
    yield "describe", ("premise", "describe", data)
    yield "verify", ("premise", "verify", data, "--workers", "2")
    ask = ("run", "premise", "--data", data, "--quiet", "--model")
    yield "run, simulated", (*ask, "handeye/simulated", "-M", "letters=true", "--out", run)
    yield "run, oracle", (*ask, "handeye/oracle", "--out", f"{run}-oracle")
    again = ("--data", data, "--out", f"{run}-again")
    yield "score", ("premise", "score", f"{run}/predictions.jsonl", *again)
    yield "diagnose", ("premise", "diagnose", run)
    yield "compare", ("compare", run, f"{run}-oracle", "--out", f"{run}.html")
    yield "report, two runs", ("report", run, f"{run}-oracle", "--out", f"{run}-page.html")


def measured(words: tuple[str, ...]) -> tuple[float, float]:
    """MiB and seconds of one command."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "handeye", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(words)}: {said.decode()[-500:]}")
    return _mebibytes(used), time.monotonic() - began


def _mebibytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / 1024


def larger(source: Path, out: Path, families: int, there: int) -> None:
    """A set that asks the clips of another one again and again."""
    shutil.copytree(source / "videos", out / "videos", copy_function=os.link)
    lines = [json.loads(line) for line in (source / ROWS).read_text().splitlines()]
    kept = list(dict.fromkeys(row["scene_id"] for row in lines))
    with (out / ROWS).open("w") as stream:
        for number in range(families):
            turn, place = divmod(number, there)
            for row in lines:
                if row["scene_id"] == kept[place]:
                    stream.write(json.dumps(row | {n: f"{turn}-{row[n]}" for n in NAMES}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--families", default="60,300", help="sizes, with commas")
    parser.add_argument("--generate", type=int, default=60, help="families that are really made")
    options = parser.parse_args()
    print("| families | command | MiB | s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make = ("premise", "generate", "made", "--seed", "3", "--workers", "2")
        found = measured((*make, "--families", str(options.generate)))
        print(f"| {options.generate} | generate | {found[0]:.0f} | {found[1]:.0f} |", flush=True)
        for families in map(int, options.families.split(",")):
            data = f"set-{families}"
            larger(Path("made"), Path(data), families, options.generate)
            for name, words in commands(data, f"run-{families}"):
                found = measured(words)
                print(f"| {families} | {name} | {found[0]:.0f} | {found[1]:.0f} |", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
