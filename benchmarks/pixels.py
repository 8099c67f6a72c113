"""Time of `handeye/pixels` for one answer, beside Pillow decoding the same picture.

python benchmarks/pixels.py
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from handeye.rose import generate, load
from handeye.rose.respondents.pixels import solve


def best(call: Callable[[], object], times: int = 5) -> float:
    """Milliseconds of the quickest of several calls."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        generate(folder, seed=7, scenes=10, workers=1)
        items = {item.image: item for item in load(folder, templates="T1,T4")}
        print(f"{'picture':>12} {'decode ms':>10} {'solve ms':>10} {'ratio':>7}")
        for image, item in sorted(items.items(), key=lambda pair: pair[1].image_width):
            data = (Path(folder) / image).read_bytes()
            decode = best(lambda data=data: Image.open(io.BytesIO(data)).convert("RGB"))  # type: ignore[misc]
            solved = best(lambda data=data, item=item: solve(data, item.prompt))  # type: ignore[misc]
            size = f"{item.image_width}x{item.image_height}"
            print(f"{size:>12} {decode:10.1f} {solved:10.1f} {solved / decode:7.1f}")


if __name__ == "__main__":
    main()
