"""Making sets of the Perception Stress Test beside encoding their pictures and masks alone.

    python benchmarks/stress.py generate [--groups 3000] [--seed 2026] [--size 336] [--keep DIR]

One process, processor seconds (user and system), so that what else runs on the machine counts
little. The set is made as a user makes it (files, rows, Parquet, readers of words); whenever a
block of groups is done, its pictures and masks are read back and encoded again, so that both are
measured at the same time. Prints Markdown: seconds, their ratio beside the limit (2), peak memory.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from handeye.stress.scenes.generation import encode_png, generate, group_of
from handeye.stress.scenes.plan import SetOptions, plan_groups, plan_set

LIMIT = 2.0
MEMORY_MB = 1000


class Encoding:
    """What encoding alone takes of the groups that have come since the last time.

    Attributes:
        pictures: how many so far.
        seconds: of the processor, for these and their masks.
        aside: all that was spent here, reading included.
    """

    def __init__(self, folder: Path, options: SetOptions) -> None:
        self.folder, self.options, self.orders = folder, options, plan_groups(options)
        self.pictures, self.seconds, self.aside, self._groups = 0, 0.0, 0.0, 0

    def __call__(self, done: int, total: int) -> None:
        """Called by the generator when a block is done."""
        began = time.process_time()
        for order in self.orders[self._groups : done]:
            group = group_of(self.options, order)
            for view in group.views:
                self._encode(f"{group.name}-{view.name}.png")
        self._groups = done
        self.aside += time.process_time() - began

    def _encode(self, name: str) -> None:
        arrays = [
            np.asarray(Image.open(self.folder / kind / name)) for kind in ("pictures", "masks")
        ]
        start = time.process_time()
        for array in arrays:
            encode_png(array)
        self.seconds += time.process_time() - start
        self.pictures += 1


def measure(folder: Path, groups: int, seed: int, size: int) -> None:
    encoding = Encoding(folder, plan_set(seed, groups, size=size))
    began = time.process_time()
    generate(folder, seed=seed, groups=groups, size=size, workers=1, progress=encoding)
    made = time.process_time() - began - encoding.aside
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("| groups | pictures | made, s | encoded alone, s | ratio | peak MB |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {groups} | {encoding.pictures} | {made:.1f} | {encoding.seconds:.1f} | "
        f"{made / encoding.seconds:.2f} (at most {LIMIT:g}) | {peak} (at most {MEMORY_MB}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["generate"])
    parser.add_argument("--groups", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--size", type=int, default=336)
    parser.add_argument("--keep", type=Path, help="leave the set in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "set"
        measure(folder, options.groups, options.seed, options.size)


if __name__ == "__main__":
    main()
