"""How many rejections must training show before what is seen is said? docs/states-dose.md.

    python benchmarks/dose_response.py FOLDER [--seeds 8] [--doses 0,.1,.3,1,5,20] [--preset mini]

Trains ``handeye train premise`` models that share their first stage (looking, statements judged
true or false, standard questions) and differ, behind it, in the share of questions with six options
whose premise is false. Seeds are paired: all doses of a seed begin from the same checkpoint. A
model whose folder holds its run card is done; killed at any moment, the same command goes on.
"""

from __future__ import annotations

import argparse
import shutil
import time
from dataclasses import replace
from pathlib import Path

DOSES = (0.0, 0.1, 0.3, 1.0, 5.0, 20.0)


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


def train_all(out: Path, preset: str, doses: tuple[float, ...], seeds: int) -> None:
    """All models, seed by seed."""
    from handeye.premise.teaching.recipe import RECIPES

    out.mkdir(parents=True, exist_ok=True)
    for seed in range(1, seeds + 1):
        for dose in doses:
            recipe = replace(RECIPES[preset], false_share=dose / 100, checkpoint_every=100)
            train_one(model_folder(out, seed, dose), recipe, seed, out / f"seed-{seed}-shared")


def model_folder(out: Path, seed: int, dose: float) -> Path:
    """Where a model lies."""
    return out / f"seed-{seed}-dose-{dose:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--doses", default=",".join(f"{dose:g}" for dose in DOSES))
    parser.add_argument("--preset", default="mini")
    asked = parser.parse_args()
    doses = tuple(float(dose) for dose in asked.doses.split(","))
    train_all(asked.folder, asked.preset, doses, asked.seeds)


if __name__ == "__main__":
    main()
