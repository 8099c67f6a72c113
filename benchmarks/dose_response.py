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
nothing. Some five hours of processor time for eight seeds.
"""

from __future__ import annotations

import argparse
import json
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="8", help="how many, or a range such as 5-8")
    parser.add_argument("--doses", default=",".join(f"{dose:g}" for dose in DOSES))
    parser.add_argument("--preset", default="mini")
    parser.add_argument("--families", type=int, default=100)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--also", type=Path, help="doses.jsonl of other seeds")
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
    table([*rows, *(row for row in map(json.loads, others) if row["seed"] not in here)])


if __name__ == "__main__":
    main()
