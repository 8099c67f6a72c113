"""Making sets of the Perception Stress Test beside encoding their pictures and masks alone.

    python benchmarks/stress.py generate [--groups 500] [--seed 2026] [--size 336] [--keep DIR]

One process, processor seconds, so that what else runs on the machine counts little. The set is made
as a user makes it (files, rows, Parquet, readers of words); then its pictures and masks are encoded
again from memory. Prints Markdown: seconds, their ratio beside the limit (2), and peak memory.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from handeye.stress.scenes.generation import encode_png, generate

LIMIT = 2.0
MEMORY_MB = 1000


def encoding(folder: Path) -> tuple[int, float]:
    """Number of pictures, and processor seconds of encoding them and their masks."""
    count, seconds = 0, 0.0
    for path in sorted((folder / "pictures").iterdir()):
        arrays = [
            np.asarray(Image.open(folder / kind / path.name)) for kind in ("pictures", "masks")
        ]
        began = time.process_time()
        for array in arrays:
            encode_png(array)
        seconds += time.process_time() - began
        count += 1
    return count, seconds


def measure(folder: Path, groups: int, seed: int, size: int) -> None:
    began = time.process_time()
    generate(folder, seed=seed, groups=groups, size=size, workers=1)
    made = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    count, encoded = encoding(folder)
    ratio = made / encoded
    print("| groups | pictures | made, s | encoded alone, s | ratio | peak MB |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {groups} | {count} | {made:.1f} | {encoded:.1f} | {ratio:.2f} (at most {LIMIT:g}) | "
        f"{peak} (at most {MEMORY_MB}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["generate"])
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--size", type=int, default=336)
    parser.add_argument("--keep", type=Path, help="leave the set in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "set"
        measure(folder, options.groups, options.seed, options.size)


if __name__ == "__main__":
    main()
