"""Speed and memory of `handeye rose score`, beside a scorer that builds sets.

Made-up but full-size data: metadata rows as long as the release's (prompts, assets, hashes), all
seven templates on every scene, answers from right to malformed, both files shuffled. On one core:

- rows: `score_files` from the two files to scores.jsonl: what the reference does;
- lane: the same with scores.parquet;
- whole: the same with summary, 2,000 resamples, hashes and tables;
- reference: `reference_scoring.py` reads with the json module, builds the set of all cells of the
  grid and of the region for each item, and writes JSONL;
- core: parse and score alone, from rows already read, both ways.

Times are processor seconds, so that a busy machine does not matter, without the start of Python and
the imports, which are measured apart.

    python benchmarks/scoring.py                  # 50,000 items
    python benchmarks/scoring.py --items 1000000  # peak memory of ours, no reference
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import reference_scoring
from taken import taken

from handeye.rose.items import read_item
from handeye.rose.questions import SUBSETS, TEMPLATES, formal_answer, prompt_local
from handeye.rose.scene import Cell, Region
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scoring.score_item import score_item
from handeye.rose.v01 import SOURCE_NAMES

OURS = """
import sys
from pathlib import Path
from handeye.rose.scoring import file_scoring
from handeye.rose.scoring.file_scoring import score_files
from handeye.scores import write
class Stop(Exception): pass
def stop(*a, **k): raise Stop
if sys.argv[4] == "rows":
    write._Rows.add = lambda self, rows: self._jsonl.write(self._columns.encode(rows))
    write.RunWriter.scan = stop
elif sys.argv[4] == "lane":
    file_scoring.summarize = stop
try: score_files(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
except Stop: pass
"""
REFERENCE = "import sys, reference_scoring; reference_scoring.score_files(*sys.argv[1:4])"
PADDING = "x" * 900  # prompts and asset fields that a row of the release has and scoring skips


def metadata_rows(scenes: int, seed: int) -> Any:
    """Seven rows a scene, in the shape and size of the release."""
    for number in range(scenes):
        source = SOURCE_NAMES[number % len(SOURCE_NAMES)]
        scene = sample_scene(seed, source, number)
        whole = Region.whole(scene.grid)
        t3 = scene.regions["T3"]
        regions = {**scene.regions, "T1": (whole, "all"), "T1B": (whole, "all"), "T2B": t3}
        for template in TEMPLATES.values():
            region, case = regions[template.key]
            kind = {"visual": "VISUAL_REGION"}.get(template.context, region.type)
            gold = [cell for cell in sorted(scene.targets) if cell in region]
            yield {
                "item_id": f"ITEM_{number:06d}_{template.key}",
                "scene_id": f"SCENE_{number:06d}",
                "image_id": f"IMG_{number:06d}",
                "split": "test",
                "primitive_type": source,
                "task_template": template.id,
                "task_mode": template.mode,
                "region_type": kind,
                "region_params": region.params(),
                "region_case": case,
                "cue_type": "NONE",
                "prompt_local": prompt_local(template, region),
                "prompt": PADDING,
                "ground_truth_count": len(gold),
                "ground_truth_formal_answer": formal_answer(template.mode, gold),
                "all_target_cells": [str(cell) for cell in sorted(scene.targets)],
                "region_target_cells": [str(cell) for cell in gold],
                "difficulty": "medium",
                "rose_subset": SUBSETS[number % len(SUBSETS)],
                "image": f"images/{number:06d}.png",
                "rows": scene.grid.rows,
                "cols": scene.grid.cols,
                "grid_size_profile": scene.profile,
                "pair_similarity": 0.8,
            }


def answer_to(row: dict[str, Any], rng: random.Random) -> str:
    """Mostly right; else a click off by one, everything in the grid, or a broken form."""
    roll = rng.random()
    right: str = row["ground_truth_formal_answer"]
    if roll < 0.6:
        return right
    if roll < 0.7:
        return f"The answer is {right}"
    cells = [Cell.parse(text) for text in row["all_target_cells"]]
    if roll < 0.85:
        cells = [Cell(row_, col + 1) for row_, col in cells]
    return formal_answer(row["task_mode"], cells)


def make_data(folder: Path, items: int, seed: int = 1) -> None:
    """Write shuffled metadata and predictions; lines are put in order on disk, not in memory."""
    rng = random.Random(seed)
    buckets = max(1, items // 50_000)
    names = [f"{kind}-{bucket}" for kind in ("m", "p") for bucket in range(buckets)]
    sinks = {name: (folder / name).open("w", encoding="utf-8") for name in names}
    for count, row in enumerate(metadata_rows(-(-items // 7), seed)):
        if count == items:
            break
        answer = {"item_id": row["item_id"], "model": "m", "raw_text": answer_to(row, rng)}
        sinks[f"m-{rng.randrange(buckets)}"].write(json.dumps(row) + "\n")
        sinks[f"p-{rng.randrange(buckets)}"].write(json.dumps(answer) + "\n")
    for sink in sinks.values():
        sink.close()
    for kind, name in (("m", "metadata.jsonl"), ("p", "predictions.jsonl")):
        with (folder / name).open("w", encoding="utf-8") as out:
            for bucket in range(buckets):
                part = folder / f"{kind}-{bucket}"
                lines = part.read_text(encoding="utf-8").splitlines(keepends=True)
                rng.shuffle(lines)
                out.writelines(lines)
                part.unlink()


def measure(script: str, *arguments: str) -> tuple[float, int]:
    """Processor seconds and peak megabytes of a script in a process of its own, on one core."""
    paths = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    command = [sys.executable, "-c", paths + script, *arguments]
    used = taken(command, cores=1, threads=1)
    return used.processor, used.peak_mb


def core_seconds(folder: Path, items: int) -> tuple[float, float]:
    """Parse and score alone: (ours, reference), best of three over up to 20,000 items."""
    lines: list[bytes] = []
    with (folder / "metadata.jsonl").open("rb") as stream:
        for line in stream:
            lines.append(line)
            if len(lines) == min(items, 20_000):
                break
    with (folder / "predictions.jsonl").open("rb") as stream:
        answers = {row["item_id"]: row for row in map(json.loads, stream)}
    ours = [read_item(line, "metadata") for line in lines]
    theirs = [json.loads(line) for line in lines]

    def run_ours() -> None:
        for item in ours:
            score_item(item, answers[item.item_id]["raw_text"], model="m")

    def run_reference() -> None:
        for row in theirs:
            reference_scoring.score(row, answers[row["item_id"]])

    return best(run_ours) / len(lines), best(run_reference) / len(lines)


def best(work: Callable[[], None]) -> float:
    """Least processor seconds of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def show(name: str, items: int, seconds: float, peak: int) -> None:
    rate = items / seconds
    print(f"{name:9}  {seconds:8.2f} s  {rate:9,.0f} items/s  peak {peak:,} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--reference", action=argparse.BooleanOptionalAction, default=None)
    options = parser.parse_args()
    items = options.items
    with_reference = items <= 200_000 if options.reference is None else options.reference
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, items)
        data = (str(folder / "predictions.jsonl"), str(folder / "metadata.jsonl"))
        size = sum(Path(file).stat().st_size for file in data) / 2**20
        print(f"{items:,} items, {size:,.0f} MB of input, shuffled; one core, processor seconds")
        begin, _ = measure("import handeye.rose.scoring.file_scoring")
        print(f"start      {begin:8.2f} s  Python and imports, not in the times below")
        times = {}
        for kind in ("whole", "lane", "rows") if with_reference else ("whole",):
            seconds, peak = measure(OURS, *data, str(folder / kind), kind)
            times[kind] = seconds - begin
            show(kind, items, times[kind], peak)
        if not with_reference:
            return
        seconds, peak = measure(REFERENCE, *data, str(folder / "reference.jsonl"))
        slow = seconds - measure("import reference_scoring")[0]
        show("reference", items, slow, peak)
        print(
            f"rows is {slow / times['rows']:.1f} times as fast as the reference, "
            f"lane {slow / times['lane']:.1f} times, whole {slow / times['whole']:.1f} times"
        )
        ours, theirs = core_seconds(folder, items)
        print(
            f"core       {ours * 1e6:.1f} us an item, reference {theirs * 1e6:.1f} us: "
            f"{theirs / ours:.1f} times as fast"
        )


if __name__ == "__main__":
    main()
