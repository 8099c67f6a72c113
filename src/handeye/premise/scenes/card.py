"""The dataset card of a generated set: README.md with YAML front matter."""

from __future__ import annotations

from handeye.premise.scenes.kinds import FPS, N_FRAMES, N_SAMPLES, RATE, SIZE
from handeye.premise.scenes.plan import KINDS, SetOptions
from handeye.sets.folder import RECORD

_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
_SECONDS = N_FRAMES // FPS
_FILES = {
    "video": f"- `videos/`: MP4, H.264 and AAC, {SIZE} x {SIZE} pixels, {FPS} frames a second, "
    f"{_SECONDS} s.",
    "picture": f"- `pictures/`: PNG, {SIZE} x {SIZE} pixels.",
    "sound": f"- `sounds/`: WAV, stereo, {RATE // 1000} kHz, {N_SAMPLES // RATE} s.",
}


def card_text(options: SetOptions, rows: str, version: str) -> str:
    """The card of a set whose questions stand in the file ``rows``."""
    asked = 19 if len(options.senses) == 2 else 4
    total = options.families * asked
    size = next((name for limit, name in _SIZES if total < limit), "100K<n<1M")
    kinds = "\n".join(
        f"| {sense} | {name} | {', '.join(f'{one:g}' for one in KINDS[sense][name].levels)} "
        f"{KINDS[sense][name].unit} |"
        for sense in options.senses
        for name in options.kinds[sense]
    )
    files = "\n".join(_FILES[medium] for medium in options.media.split("+"))
    return f"""---
pretty_name: False premises made by handeye
license: mit
task_categories:
- video-text-to-text
- visual-question-answering
language:
- en
tags:
- imavb
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

# False premises made by handeye

Questions about short clips whose premise holds or does not, after the 2x2 of IMAVB (Senses Wide
Shut, arXiv 2605.13737): {options.families} families, {total} questions. Made by handeye {version}
with seed {options.seed}; the same command gives the same frames, samples and questions. This is not
the authors' data set: nothing of it is in here. Spoken words are recordings made with a voice under
CC0.

Every prompt is asked of as many clips where its premise holds as of clips where it does not, so
whoever reads the text alone is right about the premise exactly half of the time.

| sense | kind of detail | difference, easy to hard |
|---|---|---|
{kinds}

## Files

- `{rows}`: one question a line; fields as in docs/premise-data.md of handeye.
{files}
- `{RECORD}`: options, seed, versions and hashes.

## Use

    handeye run premise --model MODEL --data THIS_FOLDER
    handeye premise verify THIS_FOLDER
"""
