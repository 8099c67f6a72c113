"""How many rejections must training show before what is compared is said?

    python benchmarks/dose_response.py FOLDER [--seeds 8] [--doses 0,.1,.3,1,5,20] [--preset mini]
                                       [--families 100] [--measure] [--also benchmarks/doses.jsonl]

Trains ``handeye train premise`` models that share their first stage (looking, statements judged
true or false, standard questions) and differ, behind it, in the share of questions with six options
whose premise is false. Seeds are paired: all doses of a seed begin from the same checkpoint. A
model whose folder holds its run card is done; killed at any moment, the same command goes on.

Every model that is done is then asked about one set of the taught kinds; its states are captured
and the chain from seen to said is read off them (``handeye states``). Printed: by dose and sense,
mean and standard deviation over seeds of every level of the chain. At dose 0 of the first seed the
premise must be decodable (AUROC .75), or there is nothing to be said, and this is said instead.
Every figure is a row of FOLDER/doses.jsonl. ``--seeds`` may be a range (``5-8``), and ``--also``
names such a file of seeds that were trained elsewhere: the table is of both. ``--measure`` trains
nothing, ``--picture`` draws all of them. Some five hours of processor time for eight seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from handeye.atomic import write_text

DOSES = (0.0, 0.1, 0.3, 1.0, 5.0, 20.0)
SEED = 1501
"""Of the set that all models are asked about."""
DECODABLE = 0.75


def first_stage(recipe) -> int:
    """Steps that all doses share."""
    return recipe.looking_steps + recipe.truth_steps


def train_one(folder: Path, recipe, seed: int, shared: Path) -> None:
    """One model; the checkpoint behind the first stage is taken from ``shared``, or left there."""
    from handeye.premise.teaching.lesson import PremiseLesson
    from handeye.training.training_run import CARD, claim, steps_done, train

    lesson = PremiseLesson()
    if (folder / CARD).exists():
        return
    claim(lesson, folder, recipe, seed)
    name = f"checkpoint-{first_stage(recipe)}"
    if shared.is_dir() and steps_done(folder) < first_stage(recipe):
        shutil.copytree(shared, folder / "checkpoints" / name, dirs_exist_ok=True)
    began = time.process_time()

    def keep(step: int, steps: int, losses: dict[str, float]) -> None:
        made = folder / "checkpoints" / name
        if step > first_stage(recipe) and made.is_dir() and not shared.is_dir():
            half = shared.with_name(shared.name + ".half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(made, half)
            half.rename(shared)
        if step % 200 == 0:
            seconds = time.process_time() - began
            print(f"{folder.name}: {step} of {steps}, {seconds:.0f} processor s", flush=True)

    train(lesson, folder, recipe, seed, keep)
    print(f"{folder.name}: done in {time.process_time() - began:.0f} processor s", flush=True)


def train_all(out: Path, preset: str, doses: Sequence[float], seeds: Sequence[int]) -> None:
    """All models, seed by seed."""
    from handeye.premise.teaching.recipe import RECIPES

    out.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for dose in doses:
            recipe = replace(RECIPES[preset], false_share=dose / 100, checkpoint_every=100)
            train_one(model_folder(out, seed, dose), recipe, seed, out / f"seed-{seed}-shared")


def model_folder(out: Path, seed: int, dose: float) -> Path:
    """Where a model lies."""
    return out / f"seed-{seed}-dose-{dose:g}"


def handeye(*words: object) -> None:
    """Run a command of handeye."""
    command = [sys.executable, "-m", "handeye", *map(str, words), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def chain_of(folder: Path, data: Path) -> dict[str, Any]:
    """What is read off a model's states, by sense; read once."""
    states = folder / "states"
    if not (states / "probe.json").exists():
        model = ("--model", "handeye/premise-small", "-M", f"path={folder}")
        handeye("states", "capture", "premise", *model, "--data", data, "--sites", "targets",
                "--out", states)  # fmt: skip
        handeye("states", "probe", states, "--sites", "last,span:premise", "--flips", 0,
                "--meaning", "none")  # fmt: skip
    told = json.loads((states / "probe.json").read_bytes())
    return {way["stratum"]: way for way in told["chain"]["ways"]}


def measure(
    out: Path, preset: str, doses: Sequence[float], seeds: Sequence[int], families: int
) -> list[dict[str, Any]]:
    """Ask all models that are done: a row for every level of every chain."""
    from handeye.premise.teaching.recipe import RECIPES
    from handeye.training.training_run import CARD

    recipe, data = RECIPES[preset], out / "set"
    if not (data / "generation.json").exists():
        kinds = f"{recipe.seen},{recipe.heard}"
        made = ("--seed", SEED, "--families", families, "--kinds", kinds, "--level", 1)
        handeye("premise", "generate", data, *made)
    rows = []
    for seed in seeds:
        for dose in doses:
            folder = model_folder(out, seed, dose)
            if not (folder / CARD).exists():
                continue
            for sense, way in chain_of(folder, data).items():
                for level in way["levels"]:
                    row = {"seed": seed, "dose": dose, "sense": sense, "level": level["key"]}
                    area = (level.get("auroc") or {}).get("value")
                    rows.append({**row, "balanced": level["balanced"]["value"], "auroc": area})
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print levels by dose and sense, and whether there was anything to be said."""
    if not rows:
        print("no model is done yet")
        return
    for row in rows:
        unseen = row["dose"] == 0 and row["seed"] == 1 and row["level"] == "compared"
        if unseen and row["auroc"] < DECODABLE:
            area = f"AUROC {row['auroc']:.2f} at dose 0"
            print(f"{row['sense']}: {area}: nothing was there to be said")
    names = list(dict.fromkeys(row["level"] for row in rows))
    print(f"| dose | sense | seeds | {' | '.join(names)} |\n|---|---|---|{'---|' * len(names)}")
    for dose, sense in sorted({(row["dose"], row["sense"]) for row in rows}):
        cells = []
        for name in names:
            key = (dose, sense, name)
            found = [r["balanced"] for r in rows if (r["dose"], r["sense"], r["level"]) == key]
            spread = f" ({100 * statistics.stdev(found):.1f})" if len(found) > 1 else ""
            cells.append(f"{100 * statistics.mean(found):.1f}{spread}" if found else "")
        n = len({r["seed"] for r in rows if (r["dose"], r["sense"]) == (dose, sense)})
        print(f"| {dose:g} % | {sense} | {n} | {' | '.join(cells)} |")


SHOWN = {"compared": "#1b6ca8", "last": "#2a9d5c", "letters": "#b8860b", "own": "#b23a48"}
"""Levels that are drawn."""


def picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """Levels over the dose, as SVG: the mean over seeds as a line, every seed as a point."""
    doses = sorted({row["dose"] for row in rows})
    # Doses are apart as their logarithms are; 0, which has none, stands before them.
    places = [-1.7 if dose == 0 else math.log10(dose) for dose in doses]
    parts = []
    for panel, (sense, title) in enumerate((("vision", "of sight"), ("audio", "of sound"))):
        left = 56 + 372 * panel

        def across(at: float, left: int = left) -> float:
            return left + 310 * (at - places[0]) / (places[-1] - places[0])

        def up(share: float) -> float:
            return 250 - 420 * (share - 0.5)

        parts.append(f'<text x="{left}" y="24" font-weight="bold">{title}</text>')
        for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
            y = up(share)
            parts.append(f'<path d="M{left} {y:.0f}H{left + 310}" stroke="#dddddd"/>')
            if not panel:
                parts.append(f'<text x="48" y="{y + 4:.0f}" text-anchor="end">{share:.0%}</text>')
        for dose, at in zip(doses, places, strict=True):
            words = f'<text x="{across(at):.0f}" y="268" text-anchor="middle">{dose:g}</text>'
            parts.append(words)
        for number, (level, colour) in enumerate(SHOWN.items()):
            told = [row for row in rows if (row["sense"], row["level"]) == (sense, level)]
            line = []
            for dose, at in zip(doses, places, strict=True):
                here = [row["balanced"] for row in told if row["dose"] == dose]
                x = across(at) + 3 * (number - 1.5)
                line.append(f"{x:.1f} {up(statistics.mean(here)):.1f}")
                parts += [
                    f'<circle cx="{x:.1f}" cy="{up(share):.1f}" r="2.2" fill="{colour}" '
                    'fill-opacity=".45"/>'
                    for share in here
                ]
            drawn = f'<path d="M{" L".join(line)}" fill="none" stroke="{colour}" stroke-width="2"/>'
            parts.append(drawn)
            if panel:
                named = f'<text x="{left + 326}" y="{60 + 18 * number}" fill="{colour}">'
                parts.append(f"{named}{level}</text>")
    foot = "share of questions with six options whose premise is false, percent"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 300" font-family="sans-serif" '
        'font-size="12" fill="#333333"><title>Balanced accuracy by dose</title>'
        f'<rect width="820" height="300" fill="#ffffff"/>{"".join(parts)}'
        f'<text x="400" y="290" text-anchor="middle">{foot}</text></svg>'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="8", help="how many, or a range such as 5-8")
    parser.add_argument("--doses", default=",".join(f"{dose:g}" for dose in DOSES))
    parser.add_argument("--preset", default="mini")
    parser.add_argument("--families", type=int, default=100)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--also", type=Path, help="doses.jsonl of other seeds")
    parser.add_argument("--picture", type=Path, help="an SVG of all seeds")
    asked = parser.parse_args()
    doses = tuple(float(dose) for dose in asked.doses.split(","))
    first, _, last = asked.seeds.rpartition("-")
    seeds = range(int(first or 1), int(last) + 1)
    if not asked.measure:
        train_all(asked.folder, asked.preset, doses, seeds)
    rows = measure(asked.folder, asked.preset, doses, seeds, asked.families)
    write_text(asked.folder / "doses.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    here = {row["seed"] for row in rows}
    others = asked.also.read_text().splitlines() if asked.also else []
    rows += [row for row in map(json.loads, others) if row["seed"] not in here]
    table(rows)
    if asked.picture:
        write_text(asked.picture, picture(rows))


if __name__ == "__main__":
    main()
