"""A stage of a training of any model in a folder: carried out, and gone on with after a kill.

The order of rows is a function of the seed, and a checkpoint has weights, optimiser, schedule and
random states: a training that goes on sees what it would have seen, and its curve is that of an
unbroken one. Knows a folder:

    OUT/training.json        stage, seed and recipe; a folder of another training is refused
    OUT/checkpoints/         the newest two, and the figures before; removed when all is done
    OUT/learning-curve.*     what was logged, and a picture of it
    OUT/held-out.jsonl       answers to rows that were held out, as ``handeye rewards check`` reads
    OUT/run-card.json        written last: all figures; the stage is done
    OUT/*                    the model (:mod:`handeye.training.checkpoints`)
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import torch
from accelerate import PartialState
from transformers import PrinterCallback, TrainerCallback
from transformers.utils import logging as library_logging

from handeye import __version__
from handeye.atomic import write_bytes
from handeye.errors import DataError, OptionError
from handeye.reading import read_json
from handeye.respondents.local.identity import CARD
from handeye.rewards.scoring import text_of
from handeye.training.checkpoints import keep, open_model, parameters_of
from handeye.training.examination import (
    Words,
    answers,
    change,
    judged,
    perplexity,
    surprise,
    write_answers,
)
from handeye.training.learning_curve import curve_svg
from handeye.training.recipes import Course, Machine, Recipe, Stage
from handeye.training.rows import Material, Row, checked, held_out, phrases_of
from handeye.training.run_card import is_first, libraries, machine
from handeye.training.small import made_up
from handeye.training.training_run import (
    CHECKPOINTS,
    Keeping,
    Teller,
    claimed,
    finish,
    is_done,
    last_checkpoint,
    writing,
)

if TYPE_CHECKING:
    from handeye.respondents.local.loading import LocalModel

_BEFORE = "before.json"
# Of a log line: what another machine, or going on after a kill, changes.
_UNSTEADY = ("num_tokens", "step_time", "epoch")
# What is drawn of a log: losses, and a share.
_DRAWN = {
    "joint": (
        {"answers": "answers", "perceptual": "pictures"},
        ("mean_token_accuracy", "tokens told"),
    ),
    "reward": ({"entropy": "entropy"}, ("rewards/outcome/mean", "right answers (R_O)")),
}
Progress = Callable[[int, int, dict[str, float]], None]
TrainerOf = Callable[..., tuple[Any, dict[str, Any]]]
"""Of a stage: called with recipe, model, material, folder and seed."""


def arguments(
    kind: Any, course: Course, machine: Machine, out: Path, seed: int, rows: int, **more: Any
) -> Any:
    """What the trainers are told.

    Args:
        kind: of their configurations.
        course: how long, how much at once, how fast.
        machine: on what.
        out: folder of the stage.
        seed: of all that is drawn.
        rows: a process holds at a time.
        more: what is the stage's own.

    Raises:
        OptionError: a step has no whole number of parts for so many processes.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if course.batch % (rows * processes):
        raise OptionError(
            f"a step has {course.batch} rows, which {processes} processes of {rows} rows at once "
            "do not divide; change batch or at_once"
        )
    _check_trackers(machine.report_to)
    gpu = torch.cuda.is_available()
    return kind(
        output_dir=str(out / CHECKPOINTS),
        max_steps=course.steps,
        per_device_train_batch_size=rows,
        gradient_accumulation_steps=course.batch // (rows * processes),
        learning_rate=course.learning_rate,
        lr_scheduler_type=course.schedule,
        warmup_steps=course.warmup,
        weight_decay=course.weight_decay,
        adam_beta2=course.beta2,
        max_grad_norm=course.clip,
        seed=seed,
        use_cpu=not gpu,
        ddp_backend="gloo" if processes > 1 and not gpu else None,
        bf16=machine.mixed == "bf16",
        gradient_checkpointing=machine.checkpointing,
        dataloader_num_workers=machine.loaders,
        dataloader_persistent_workers=machine.loaders > 0,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
        logging_steps=course.log_every,
        logging_nan_inf_filter=False,
        save_steps=course.checkpoint_every,
        save_total_limit=2,
        report_to=list(machine.report_to) or "none",
        run_name=machine.run or out.name,
        disable_tqdm=True,
        log_level="error",
        **more,
    )


def _check_trackers(names: Sequence[str]) -> None:
    """Make sure that who is to be reported to is there.

    Raises:
        OptionError: a tracker that Transformers does not know, or that is not installed.
    """
    from transformers.integrations import get_reporting_integration_callbacks

    try:
        for one in get_reporting_integration_callbacks(list(names)):
            one()
    except (ValueError, RuntimeError, ImportError) as error:
        raise OptionError(f"machine.report_to: {' '.join(str(error).split())}") from None


@contextmanager
def labels_alone() -> Iterator[None]:
    """Let TRL's head score tokens that have a label, and no others.

    On devices without Triton it scores all of them, so that shapes never change: of a processor
    that is the time for nothing, where most tokens are those of pictures and prompts.
    """
    from trl.trainer import utils

    known = getattr(utils, "_use_triton", None)
    if known is None:
        yield
        return
    utils._use_triton = lambda device: True
    try:
        yield
    finally:
        utils._use_triton = known


class Resumable(Keeping):
    """What the trainers of models have beside TRL's, to be named in front of its class."""

    model: Any
    is_fsdp_enabled: bool

    def compute_loss(self, *given: Any, **named: Any) -> Any:
        """TRL's loss."""
        with labels_alone():
            return super().compute_loss(*given, **named)  # type: ignore[misc]

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """Keep weights under the names that they have in the model.

        Those that they are published under are read by ``from_pretrained`` alone; going on from
        them, Transformers finds none of them, says so in a warning and begins anew.
        """
        model = self.model
        if hasattr(model, "get_base_model"):
            super()._save(output_dir, state_dict)  # type: ignore[misc]
            return
        model.save_pretrained = partial(model.save_pretrained, save_original_format=False)
        try:
            super()._save(output_dir, state_dict)  # type: ignore[misc]
        finally:
            del model.save_pretrained

    def create_model_card(self, *given: Any, **named: Any) -> None:
        """Nothing: a card of ours tells more, and checkpoints are nobody's to read."""

    def _send_telemetry(self) -> None:
        """Nothing: a training is told to nobody who was not asked for (``report_to``)."""


def rows_at_once(course: Course) -> int:
    """Rows that a process holds at a time: as told, or its share of a step."""
    return course.at_once or max(1, course.batch // int(os.environ.get("WORLD_SIZE", "1")))


def carry_out(
    stage: Stage,
    trainer_of: TrainerOf,
    recipe: Recipe,
    material: Material,
    out: Path,
    seed: int,
    progress: Progress | None = None,
    *,
    root: Path | None = None,
) -> dict[str, Any]:
    """Carry out a stage in a folder, or go on there; gives its card.

    Args:
        stage: its name.
        trainer_of: makes its trainer, and what the card says of it.
        recipe: of the training.
        material: what is shown.
        out: a new or empty folder, or that of the same training.
        seed: 0..2^32-1; decides first weights, order and what is sampled.
        progress: called with (step, steps in all, a log line).
        root: a folder that may be moved as a whole: a model within is known by its path from there.

    Raises:
        RunError: ``out`` holds something else, another process trains in it, or the model cannot be
            loaded.
        OptionError: the recipe has no such stage, or asks for what cannot be met.
        DataError: a row, a picture or a truth is not what it should be.
    """
    recipe.stage(stage)
    if not 0 <= seed < 2**32:
        raise OptionError(f"seed must lie in 0..2^32-1, got {seed}")
    with ExitStack() as stack:
        if is_first():
            record = {"seed": seed, **recipe.record(stage), "rows": material.digest()}
            record["model"] = {
                name: _from(root, value) if name in ("name", "tower") else value
                for name, value in record["model"].items()
            }
            stack.enter_context(claimed(out, record))
        if is_done(out):
            return read_json(out / CARD)
        material = checked(material)
        return _carried_out(stage, trainer_of, recipe, material, out, seed, progress)


def _from(root: Path | None, name: str) -> str:
    """A path from a folder, where it lies within; else as it is."""
    if root is None or not Path(name).is_relative_to(root.resolve()):
        return name
    return Path(name).relative_to(root.resolve()).as_posix()


def _carried_out(
    stage: Stage,
    trainer_of: TrainerOf,
    recipe: Recipe,
    material: Material,
    out: Path,
    seed: int,
    progress: Progress | None,
    *,
    dry: bool = False,
) -> dict[str, Any]:
    start = time.monotonic()
    torch.set_num_threads(recipe.machine.threads)
    library_logging.disable_progress_bar()
    library_logging.set_verbosity_error()
    loaded = open_model(recipe.model, seed, phrases_of(material.rows), dry=dry)
    _refuse_places(loaded, (*material.rows, *material.text))
    shown, back = held_out(material.rows, recipe.data.held_out)
    trainer, told = trainer_of(recipe, loaded, material.only(shown), out, seed)
    examiner = _Examiner(loaded, trainer, material, back, recipe.stage(stage), out)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(examiner)
    if progress and is_first():
        trainer.add_callback(Teller(progress))
    state = PartialState()
    last = last_checkpoint(out / CHECKPOINTS, clear=True) if is_first() else None
    state.wait_for_everyone()
    last = last or last_checkpoint(out / CHECKPOINTS)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    model = trainer.accelerator.unwrap_model(trainer.model)
    counts = parameters_of(model)
    with writing(out):
        if examiner.sharded:
            trainer.save_model(str(out))
        elif is_first():
            keep(model, loaded.processor, out)
    card = {
        "handeye": __version__,
        "stage": stage,
        "seed": seed,
        "recipe": recipe.record(stage),
        **told,
        **counts,
        "data": _counted(material, shown, back),
        "figures": examiner.figures(),
        "seconds": round(time.monotonic() - start, 1),
        "resumed": last is not None,
        "processes": state.num_processes,
        "libraries": libraries("trl", "peft", "datasets"),
        "machine": machine(),
    }
    if is_first():
        _finish(out, trainer.state.log_history, loaded, card)
    state.wait_for_everyone()
    return card


def _refuse_places(loaded: LocalModel, rows: Sequence[Row]) -> None:
    """Refuse words that stand for a picture: those of a row are placed by themselves.

    Raises:
        DataError: a prompt or a completion has some; with the item.
    """
    tokens = loaded.tokenizer.convert_ids_to_tokens(sorted(loaded.media_ids))
    places = re.compile("|".join(map(re.escape, tokens)) or "(?!)")
    for row in rows:
        if found := places.search(f"{text_of(list(row.prompt))}\n{row.completion or ''}"):
            raise DataError(
                f"item {row.item_id or row.scene_id}: {found[0]!r} in its words stands for a "
                "picture; leave it out, pictures of a row are placed by themselves"
            )


def dry_run(
    stage: Stage, trainer_of: TrainerOf, recipe: Recipe, material: Material | None = None
) -> dict[str, Any]:
    """Try a stage on a processor: one step of a few rows, of a small model of the same classes.

    Args:
        stage: its name.
        trainer_of: as for :func:`carry_out`.
        recipe: of the training.
        material: of which the first scenes are taken; None: a few pictures are made up.

    Returns:
        Of the card what tells of shapes, and what was logged in the step (``logged``).

    Raises:
        RunError, OptionError, DataError: as :func:`carry_out`.
    """
    course = recipe.stage(stage)
    few: dict[str, Any] = {"steps": 1, "batch": 4, "at_once": None, "examined": 2}
    few |= {"checkpoint_every": 1, "log_every": 1, "warmup": 0}
    if stage == "reward":
        few |= {"generations": 2, "tokens": 8, "rollouts": "model"}
    replace = msgspec.structs.replace
    tried = replace(
        recipe,
        model=replace(recipe.model, dtype="float32", attention=""),
        machine=Machine(checkpointing=recipe.machine.checkpointing),
        data=replace(recipe.data, held_out=0.5),
        **{stage: replace(course, **few)},
    )
    with TemporaryDirectory() as folder:
        shown = made_up(Path(folder)) if material is None else _first_scenes(material, 4)
        out = Path(folder) / "out"
        logged: dict[str, float] = {}
        card = _carried_out(
            stage, trainer_of, tried, checked(shown), out, 0,
            lambda step, steps, line: logged.update(line), dry=True,
        )  # fmt: skip
    kept = ("parameters", "trained", "layer", "head", "labels", "pictures", "rewards", "batch")
    return {
        "stage": stage,
        "model": recipe.model.name,
        **{name: card[name] for name in kept if name in card},
        "logged": logged,
    }


def _first_scenes(material: Material, most: int) -> Material:
    scenes = list(dict.fromkeys(row.scene_id for row in material.rows))[:most]
    return material.only([row for row in material.rows if row.scene_id in scenes])


def _finish(
    out: Path, history: list[dict[str, Any]], loaded: LocalModel, card: Mapping[str, Any]
) -> None:
    lines = [
        # Of a training that was gone on with, what was read back has another order. What a row
        # cannot tell is no number.
        {
            name: line[name]
            for name in sorted(line)
            if name not in _UNSTEADY and isfinite(line[name])
        }
        for line in history
        if "loss" in line
    ]
    write_bytes(out / "learning-curve.json", json.dumps(lines, indent=1).encode())
    losses, share = _DRAWN[card["stage"]]
    there = {name: words for name, words in losses.items() if all(name in one for one in lines)}
    # Not every recipe pays for answers.
    watched = share if all(share[0] in one for one in lines) else None
    curve = curve_svg(lines, there, watched=watched)
    write_bytes(out / "learning-curve.svg", curve.encode())
    finish(out, card)


def _counted(material: Material, shown: tuple[Row, ...], back: tuple[Row, ...]) -> dict[str, Any]:
    """What was shown, and what was held out."""

    def of(rows: tuple[Row, ...]) -> dict[str, int]:
        seen = [row for row in rows if row.images]
        pictures = {path for row in seen for path in row.images}
        return {
            "scenes": len({row.scene_id for row in rows}),
            "rows": len(seen),
            "text-only rows": len(rows) - len(seen),
            "pictures": len(pictures),
            "pictures with truth": sum(path in material.truths for path in pictures),
        }

    return {"shown": of(shown), "held out": of(back)}


class _Examiner(TrainerCallback):
    """Asks about what is held out when the training begins and when it ends.

    Attributes:
        sharded: whether no process has the whole model: then nothing is generated.
    """

    def __init__(
        self,
        loaded: LocalModel,
        trainer: Any,
        material: Material,
        back: tuple[Row, ...],
        course: Any,
        out: Path,
    ) -> None:
        self.sharded = bool(trainer.is_fsdp_enabled)
        self._loaded, self._trainer, self._material = loaded, trainer, material
        self._words = Words(loaded, material)
        told = [row for row in back if row.completion is not None]
        self._rows = {
            "text": list(material.text) or [row for row in told if not row.images],
            "pictures": [row for row in told if row.images],
        }
        asked = [row for row in back if row.images and row.truth is not None]
        # Evenly over all scenes.
        few = min(course.examined, len(asked))
        self._asked = [asked[at * len(asked) // few] for at in range(few)]
        self._batch = min(64, rows_at_once(course) * 4)
        self._tokens = getattr(course, "tokens", 128)
        self._found: dict[str, dict[str, Any]] = {}
        self._path = out / CHECKPOINTS / _BEFORE
        self._out = out

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask, unless it was asked before a kill."""
        if self._path.is_file():
            self._found["before"] = read_json(self._path)
        elif not state.global_step:
            self._found["before"] = self._ask()
            if is_first():
                write_bytes(self._path, json.dumps(self._found["before"]).encode())

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask, and keep the answers."""
        self._found["after"] = self._ask(self._out / "held-out.jsonl")

    def _ask(self, path: Path | None = None) -> dict[str, Any]:
        model = self._trainer.model
        found: dict[str, Any] = {
            name: surprise(model, rows, self._words, self._batch)
            for name, rows in self._rows.items()
        }
        if self._asked and not self.sharded:
            said = answers(
                self._loaded, model, self._material, self._asked,
                tokens=self._tokens, batch=self._batch,
            )  # fmt: skip
            found["answers"] = judged(self._asked, said)
            if path is not None and is_first():
                write_answers(path, self._asked, said)
        return found

    def figures(self) -> dict[str, Any]:
        """Before and after, and by what factor perplexities changed: JSON values."""
        out: dict[str, Any] = {
            when: {name: perplexity(found[name]) for name in self._rows}
            | {"answers": found.get("answers")}
            for when, found in self._found.items()
        }
        if "before" in out:
            before, after = self._found["before"], self._found["after"]
            out["change"] = {
                name: msgspec.to_builtins(change(before[name], after[name])) for name in self._rows
            }
        return out
