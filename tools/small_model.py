"""The small models from their training runs to the package: tables over seeds, what is shipped.

    python tools/small_model.py table RUN [RUN ...] [--blind RUN] [--file examination.json]
    python tools/small_model.py ship RUN [--to FOLDER]

``table`` prints a Markdown table of PASS over the seeds; ``ship`` copies what `from_pretrained`
reads to the folder of that suite's model in ``src/handeye/data``, with the run card and a model
card written from the run's own figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST_BYTES = 10_000_000
KEPT = (
    "chat_template.jinja",
    "config.json",
    "examination.json",
    "generation_config.json",
    "model.safetensors",
    "processor_config.json",
    "run-card.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
_DATA = Path(__file__).parents[1] / "src" / "handeye" / "data"
_NAMES = {"rose": "small", "premise": "premise-small", "stress": "stress-small"}
_CARD = """---
license: mit
library_name: transformers
pipeline_tag: image-text-to-text
---

# handeye/small

A vision-language model of {parameters:.1f} million parameters that answers the seven ROSE templates
about grids of 2 x 2 to 8 x 8 cells. It was trained from random weights on scenes that handeye draws
itself: no picture, text or weight of anyone else is in it. It exists so that a perception-to-action
gap can be measured on any machine; it is of no use for anything else. Of three seeds the first was
shipped, as settled before they ran.

- Made by `handeye train base --preset {preset} --seed {seed}` of handeye {handeye}: {steps} steps
  of {pictures} pictures, {minutes:.0f} minutes on {cores} cores: one thread that trains and a
  process that draws. `run-card.json` has recipe, versions and counts; docs/training.md of
  handeye has the reasons.
- A SigLIP tower ({side} x {side} pixels in patches of {patch}), a two-layer projector, a Llama
  decoder; plain Transformers classes, float32, {size:.1f} MB.
- Art that it never saw in training: sprites of the plans {held_out}.

## PASS in percent

{scenes} scenes of seen and of held-out art each. The blind copy is this model shown a white
picture; chance is the answer that is most often right in training, always given.

{table}

{averages}

## What it cannot do

Grids of more than 8 rows or columns, other questions than those seven, other wordings; differences
that vanish when a cell is shrunk to some 16 pixels. It never says that it does not know.

Licence: MIT, as handeye.
"""

_PREMISE_CARD = """---
license: mit
library_name: transformers
pipeline_tag: image-text-to-text
---

# handeye/premise-small

A vision-language model of {parameters:.1f} million parameters that sees and hears a clip of 4
seconds as one picture, a film strip beside a spectrogram, and says whether what a question takes
for granted is so. It was trained from random weights on clips that handeye draws itself: no
picture, sound, text or weight of anyone else is in it. It is of no use for anything but the suite
`premise`.

- Made by `handeye train premise --preset {preset} --seed {seed} --false-share {false_share}` of
  handeye {handeye}: {steps} steps of {pictures} clips, {minutes:.0f} minutes on {cores} cores
  that had other work too. `run-card.json` has recipe, versions and counts.
- A SigLIP tower ({side} x {side} pixels in patches of {patch}), a two-layer projector, a Llama
  decoder; plain Transformers classes, float32, {size:.1f} MB.
- Taught kinds. {taught}.

## What it learned

Premises of six-option questions accepted or rejected rightly, seen details:

- in 75 % or more: {learned};
- not above chance: {at_chance}.

In percent with 95 % Wilson intervals, on {scenes} clips of seen and of held-out details each. The
blind copy is this model shown the tile without its film strip, the deaf copy one without its
sound.

{table}

## What it cannot do

Other kinds, other questions, other wordings, clips that handeye does not draw. It does not know
what it does not know.

Licence: MIT, as handeye.
"""

_STRESS_CARD = """---
license: mit
library_name: transformers
pipeline_tag: image-text-to-text
---

# handeye/stress-small

A vision-language model of {parameters:.1f} million parameters that answers the questions of the
Perception Stress Test of handeye, freely or by letters, and follows the words beside them where it
does not see. It was trained from random weights on pictures that handeye draws itself: no picture,
text or weight of anyone else is in it. It is of no use for anything but the suite `stress`.

- Made by `handeye train stress --preset {preset} --seed {seed} --cue-truth {cue_truth}` of handeye
  {handeye}: {steps} steps of {pictures} pictures, {minutes:.0f} minutes on {cores} cores that had
  other work too. `run-card.json` has recipe, versions and counts.
- A SigLIP tower ({side} x {side} pixels in patches of {patch}), a two-layer projector, a Llama
  decoder; plain Transformers classes, float32, {size:.1f} MB.
- Of the cues in its training {cue_truth:.0%} were true.

## What it sees

Families of which it tells surely more pairs than whoever draws one of two answers: {seen}.

New groups of level 1, {scenes} in all. In percent: pairs A and B of a plain question, both right,
with 95 % Wilson intervals (0 for whoever only reads), and items right without a cue, under a true
and under a misleading one.

{table}

## What it cannot do

Other questions, other wordings, pictures that handeye does not draw. It does not know what it does
not know.

Licence: MIT, as handeye.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    table = commands.add_parser("table")
    table.add_argument("runs", type=Path, nargs="+")
    table.add_argument("--blind", type=Path, help="run of `handeye train base --preset blind`")
    table.add_argument("--file", default="examination.json")
    table.set_defaults(call=_table)
    ship = commands.add_parser("ship")
    ship.add_argument("run", type=Path)
    ship.add_argument("--to", type=Path, help="of the model; by default its place in the package")
    ship.set_defaults(call=lambda a: ship_run(a.run, a.to))
    chosen = parser.parse_args(arguments)
    chosen.call(chosen)


def _table(chosen: argparse.Namespace) -> None:
    found = [_read(run / chosen.file) for run in chosen.runs]
    blind = _read(chosen.blind / chosen.file) if chosen.blind else None
    print(table_of(found, blind))


def table_of(found: Sequence[dict[str, Any]], blind: dict[str, Any] | None = None) -> str:
    """Rows of templates; for each side of the split model, blind, chance: means over seeds, ranges.

    ``blind`` is the examination of a model trained blind; without it the blind copy of each model,
    shown a white picture, stands in.
    """
    splits = [s for s in ("seen", "unseen") if any(m["split"] == s for m in found[0]["marks"])]
    heads = [f"{s}: {what}" for s in splits for what in ("model", "blind", "chance")]
    lines = ["| template | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    keys = dict.fromkeys((m["template"], m["column"]) for m in found[0]["marks"])
    for key, column in keys:
        cells = []
        for split in splits:
            marks = [_mark(one, key, split) for one in found]
            guesses = [_mark(blind, key, split)] if blind else marks
            cells += [
                _spread([mark["passed"] for mark in marks]),
                _spread([mark["blind"] for mark in guesses]),
                _spread([mark["chance"] for mark in marks]),
            ]
        lines.append(f"| {column} | " + " | ".join(cells) + " |")
    for name in ("counting", "acting", "gap"):
        cells = []
        for split in splits:
            cells += [_spread([one["averages"][split][name] for one in found]), "", ""]
        lines.append(f"| **{name}** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ship_run(run: Path, target: Path | None) -> None:
    """Put a run's model into ``target``, which is emptied first; refuses one over the limit."""
    missing = [name for name in KEPT if not (run / name).is_file()]
    if missing:
        sys.exit(f"{run} lacks {', '.join(missing)}; is its training done and examined?")
    size = sum((run / name).stat().st_size for name in KEPT)
    if size > MOST_BYTES:
        sys.exit(f"{run} takes {size} bytes, more than {MOST_BYTES}; train a smaller preset")
    card = _read(run / "run-card.json")
    target = target or _DATA / _NAMES[card["suite"]]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in KEPT:
        shutil.copyfile(run / name, target / name)
    (target / "README.md").write_text(card_of(run), encoding="utf-8")
    print(f"{target}: {size / 1e6:.2f} MB from seed {card['seed']}")


def card_of(run: Path) -> str:
    """The model card, from run card, configuration and examination."""
    card, found = _read(run / "run-card.json"), _read(run / "examination.json")
    vision = _read(run / "config.json")["vision_config"]
    recipe = card["recipe"]
    facts = {
        "parameters": card["parameters"] / 1e6,
        # The name that --preset takes; sizes of some have another one.
        "preset": recipe["preset"].rpartition("-")[2],
        "seed": card["seed"],
        "handeye": card["handeye"],
        "minutes": card["seconds"] / 60,
        "cores": card["machine"]["cores"],
        "steps": recipe["steps"],
        "pictures": recipe["pictures"],
        "side": vision["image_size"],
        "patch": vision["patch_size"],
        "size": (run / "model.safetensors").stat().st_size / 1e6,
        "scenes": found["scenes"],
    }
    if card["suite"] == "premise":
        return _PREMISE_CARD.format(
            **facts,
            false_share=recipe["false_share"],
            taught=_by_sense(card["data"]["kinds"]),
            learned=_by_sense(found["learned"]["six"]),
            at_chance=_by_sense(found["at_chance"]["six"]),
            table=table_of_kinds(found),
        )
    if card["suite"] == "stress":
        return _STRESS_CARD.format(
            **facts,
            cue_truth=recipe["cue_truth"],
            seen=_by_sense(found["seen"]),
            table=table_of_families(found),
        )
    averages = "\n".join(
        f"On {split} art: counting {100 * rates['counting']:.1f}, "
        f"acting {100 * rates['acting']:.1f}, gap {100 * rates['gap']:.1f} points."
        for split, rates in found["averages"].items()
    )
    return _CARD.format(
        **facts,
        held_out=", ".join(card["data"]["art"]["held_out"]),
        table=table_of([found]),
        averages=averages,
    )


def table_of_kinds(found: dict[str, Any]) -> str:
    """A row for every kind, form and side of the split: the model, its copies, chance; percent."""
    lines = [
        "| kind | form | details | items | model | blind copy | deaf copy | chance |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for mark in found["marks"]:
        right, low, high, *others = (
            f"{100 * mark[key]:.1f}" for key in ("right", "low", "high", "blind", "deaf", "chance")
        )
        words = (f"{mark['sense']} {mark['kind']}", mark["form"], mark["split"], str(mark["items"]))
        lines.append(f"| {' | '.join((*words, f'{right} ({low} to {high})', *others))} |")
    return "\n".join(lines)


def table_of_families(found: dict[str, Any]) -> str:
    """A row for every family: pairs and items by form of the answers; percent."""
    forms = list(dict.fromkeys(mark["form"] for mark in found["marks"]))
    heads = ("pairs", "no cue", "true cue", "misleading cue")
    names = " | ".join(f"{form}: {head}" for form in forms for head in heads)
    lines = [f"| family | groups | {names} |", "|---|---|" + "---|" * len(heads) * len(forms)]
    for mark in found["marks"]:
        if mark["form"] != forms[0]:
            continue
        cells = [mark["family"], str(mark["groups"])]
        for one in (m for m in found["marks"] if m["family"] == mark["family"]):
            pairs, low, high, *others = (
                f"{100 * one[key]:.0f}"
                for key in ("pairs", "low", "high", "plain", "true_cue", "false_cue")
            )
            cells += [f"{pairs} ({low} to {high})", *others]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _by_sense(kinds: dict[str, list[str]]) -> str:
    return "; ".join(f"{sense}: {', '.join(names) or 'none'}" for sense, names in kinds.items())


def _mark(found: dict[str, Any], key: str, split: str) -> dict[str, Any]:
    return next(m for m in found["marks"] if (m["template"], m["split"]) == (key, split))


def _spread(rates: Sequence[float]) -> str:
    """Mean in percent, with the range where there is one."""
    mean, low, high = (100 * rate for rate in (sum(rates) / len(rates), min(rates), max(rates)))
    return f"{mean:.1f}" if high == low else f"{mean:.1f} ({low:.1f} to {high:.1f})"


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
