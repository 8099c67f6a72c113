"""The dataset card of a generated set: README.md with YAML front matter."""

from __future__ import annotations

from handeye.printing import noun
from handeye.sets.folder import RECORD
from handeye.stress.scenes.families import EDITS, LEVELS, MEANING, TILTS
from handeye.stress.scenes.plan import SetOptions

_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def card_text(options: SetOptions, items: str, pictures: str, version: str) -> str:
    """The card of a set by the names of its files of items and of pictures."""
    total = options.groups * 10
    size = next((name for limit, name in _SIZES if total < limit), "1M<n<10M")
    rows = "\n".join(
        f"| {family} | {EDITS[family]} | {MEANING[family]} | {_levels(LEVELS[family])}"
        f"{f' px, or {_levels(TILTS)} deg' if family == 'odd' else ' px'} |"
        for family in options.families
    )
    groups = f"{options.groups} {noun(options.groups, 'groups')}"
    return f"""---
pretty_name: Perception Stress Test made by handeye
license: mit
task_categories:
- visual-question-answering
- object-detection
- image-segmentation
- depth-estimation
language:
- en
tags:
- handeye
- synthetic
size_categories:
- {size}
configs:
- config_name: items
  data_files:
  - split: {options.split}
    path: data/items/{options.split}-*.parquet
- config_name: pictures
  data_files:
  - split: {options.split}
    path: data/pictures/{options.split}-*.parquet
---

# Perception Stress Test

{groups} of two or more pictures that differ by one edit, and questions about them
whose words speak for the right answer as often as for the wrong one. Made by handeye {version} with
seed {options.seed}; the same command gives the same pixels and rows.

Every prompt is asked, byte for byte, of two pictures that make different answers right, so that
whoever reads the text alone is right on at most one of them.

| family | edit | level | easy to hard (in a picture 336 wide) |
|---|---|---|---|
{rows}

## Files

- `{items}`: one question a line; `{pictures}`: one picture a line (scene graph, boxes, keypoints,
  evidence); fields as in docs/stress-data.md of handeye. The same in Parquet under `data/`.
- `pictures/`: PNG, {options.size} x {options.size} pixels.
- `masks/`: grey PNG, which object each pixel shows. `depth/`: grey PNG, larger for what is nearer.
- `{RECORD}`: options, seed, versions and hashes.

## Use

    handeye run stress --model MODEL --data THIS_FOLDER
    handeye stress verify THIS_FOLDER
"""


def _levels(levels: tuple[float, ...]) -> str:
    return ", ".join(f"{one:g}" for one in levels)
