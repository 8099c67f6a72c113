"""The dataset card of a generated set: README.md with YAML front matter."""

from __future__ import annotations

from handeye.sets.folder import RECORD
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH
from handeye.visualact.scenes.events.catalogue import kinds
from handeye.visualact.scenes.plan import SetOptions

_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def card_text(options: SetOptions, rows: str, version: str) -> str:
    """The card of a set whose clips stand in the file ``rows``."""
    total = sum(options.clips.values())
    size = next((name for limit, name in _SIZES if total < limit), "100K<n<1M")
    counts = "\n".join(
        f"| {SCENARIOS[name]} | {name} | {count} | {len(kinds(name))} |"
        for name, count in options.clips.items()
    )
    return f"""---
pretty_name: VisualActBench clips made by handeye
license: mit
task_categories:
- video-text-to-text
language:
- en
tags:
- visualactbench
- handeye
- synthetic
size_categories:
- {size}
configs:
- config_name: default
  data_files:
  - split: {options.split}
    path: {rows}
---

# VisualActBench clips made by handeye

Short animated clips in the four scenarios of VisualActBench (arXiv 2512.09907), each with the
actions that it calls for, their priority levels (0 to 4) and types. Made by handeye {version} with
seed {options.seed}; the same command gives the same frames and rows. This is not the authors' data
set: nothing of it is in here.

| scenario | key | clips | kinds of events |
|---|---|---|---|
{counts}

## Files

- `{rows}`: one clip a line; fields as in docs/visualact-data.md of handeye.
- `videos/`: MP4, H.264, {WIDTH} x {HEIGHT} pixels, {options.fps} frames a second, no sound.
- `{RECORD}`: options, seed, versions and hashes.

## Use

    handeye run visualact --model MODEL --data THIS_FOLDER
    handeye visualact verify THIS_FOLDER
"""
