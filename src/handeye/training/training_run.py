"""Trains a model after a recipe: the Transformers Trainer, checkpoints, and going on after a kill.

A picture is a function of seed and number and the order of pictures is fixed, so a run that goes on
from a checkpoint sees what it would have seen; with optimiser, schedule and random states restored
its losses are those of an unbroken run. Knows a folder:

    OUT/training.json      suite, seed and recipe; a folder of another training is refused
    OUT/checkpoints/       the newest two, removed when all is done
    OUT/learning-curve.*   numbers and picture
    OUT/run-card.json      written last: the run is done
    OUT/*                  the model, as `from_pretrained` reads it
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging as library_logging

from handeye.atomic import entries, held, write_bytes
from handeye.errors import RunError, refusal
from handeye.printing import tell
from handeye.reading import read_json
from handeye.respondents.local.identity import CARD
from handeye.training.architecture import build, save
from handeye.training.learning_curve import curve_svg
from handeye.training.lesson import Example, Recipe
from handeye.training.packing import Packer
from handeye.training.run_card import is_first, machine, run_card
from handeye.training.supervision import Pupil
from handeye.training.words import last_token

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor

    from handeye.suite import Teaches

_NOTHING: Mapping[str, Any] = {}
RECORD = "training.json"
"""File in the folder of a training that says which one it is."""
CHECKPOINTS = "checkpoints"
"""Folder within that of a training."""
Progress = Callable[[int, int, dict[str, float]], None]


class Pictures(Dataset[Example]):
    """The pictures of a training by number; made when they are asked for."""

    def __init__(self, lesson: Teaches, recipe: Recipe, seed: int) -> None:
        self._lesson = lesson
        self._recipe = recipe
        self._seed = seed

    def __len__(self) -> int:
        return self._recipe.total_pictures

    def __getitem__(self, index: int) -> Example:
        picture = self._lesson.example(self._recipe, self._seed, index)
        return picture if self._recipe.sighted else picture.blanked()


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Tell in a line where weights cannot be written, as on a full disk.

    Libraries raise errors of their own there, some of them without a word of the reason.

    Raises:
        RunError: they cannot.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        system = next((one for one in (error, error.__context__) if isinstance(one, OSError)), None)
        why = refusal(system) if system else (str(error).splitlines() or [type(error).__name__])[0]
        raise RunError(
            f"{place}: cannot be written: {why}; with room on the disk the same command goes on"
        ) from None


class Keeping:
    """What trainers have beside those of Transformers, to be named in front of them."""

    args: Any
    state: Any

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with writing(Path(self.args.output_dir)):
            super()._save_checkpoint(model, trial)  # type: ignore[misc]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Stop where nothing can be learned any more, before such weights are kept.

        Raises:
            RunError: the loss, or the gradient, is no number.
        """
        lost = [name for name in ("loss", "grad_norm") if not isfinite(logs.get(name, 0.0))]
        if lost:
            raise RunError(
                f"step {self.state.global_step}: {lost[0]} is {logs[lost[0]]}: the training is "
                "lost; begin anew with a lower learning rate"
            )
        super().log(logs, start_time)  # type: ignore[misc]


class MeasuringTrainer(Keeping, Trainer):
    """The Trainer of a model that gives its loss and measures by name, with these in its log.

    Args:
        measures: names in what the model gives, and in the log, where the means of the steps since
            the line before stand.
        given: to the Trainer.
    """

    def __init__(self, measures: Mapping[str, str], **given: Any) -> None:
        super().__init__(**given)
        self._measures = measures
        self._sums = dict.fromkeys(measures, 0.0)
        self._calls = 0

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The model's loss; its measures are kept for the log."""
        told = model(**inputs)
        for name in self._measures:
            self._sums[name] += float(told[name])
        self._calls += 1
        return (told["loss"], told) if return_outputs else told["loss"]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the means since the last line."""
        if self._calls and "loss" in logs:
            logs |= {self._measures[name]: one / self._calls for name, one in self._sums.items()}
            self._sums, self._calls = dict.fromkeys(self._measures, 0.0), 0
        super().log(logs, start_time)


class Teller(TrainerCallback):
    """Hands each log line to whoever shows progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Tell step, steps in all, and the numbers of the line."""
        if logs and "loss" in logs:
            self._progress(state.global_step, state.max_steps, logs)


def train(
    lesson: Teaches, out: Path, recipe: Recipe, seed: int, progress: Progress | None = None
) -> Path:
    """Train, or go on with, the model of ``recipe`` in ``out``; returns ``out``.

    Args:
        lesson: what is taught.
        out: a new or empty folder, or that of the same training, which is then finished.
        recipe: what to do.
        seed: 0..2^32-1; decides the first weights and every scene.
        progress: called with (step, steps in all, losses) at every log line.

    Raises:
        RunError: ``out`` holds something else, or another process trains in it.
        OptionError: no such preset.
    """
    claim(lesson, out, recipe, seed)
    with held(out):
        if not is_done(out):
            _train(lesson, out, recipe, seed, progress)
    return out


def _train(
    lesson: Teaches, out: Path, recipe: Recipe, seed: int, progress: Progress | None
) -> None:
    torch.set_num_threads(recipe.threads)
    library_logging.disable_progress_bar()
    start = time.monotonic()
    model, processor = build(recipe.preset, seed, lesson.phrases())
    trainer = _trainer(lesson, out, recipe, seed, model, processor)
    if progress:
        trainer.add_callback(Teller(progress))
    last = last_checkpoint(out / CHECKPOINTS, clear=True)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    with writing(out):
        save(model, processor, out)
    seconds = time.monotonic() - start
    _finish(lesson, out, recipe, seed, trainer, seconds, resumed=last is not None)


def claim(lesson: Teaches, out: Path, recipe: Recipe, seed: int) -> None:
    """Make ``out`` the folder of this training of a small model.

    Raises:
        RunError: it is the folder of another training, or holds other files.
    """
    # Older folders do not say the suite; their recipe does.
    known = {"suite": lesson.name}
    claim_folder(out, {**known, "seed": seed, "recipe": recipe.record()}, known)


def claim_folder(out: Path, record: Mapping[str, Any], known: Mapping[str, Any] = _NOTHING) -> None:
    """Make ``out`` the folder of the training that a record describes, of any kind.

    Args:
        out: a new or empty folder, or that of the same training.
        record: JSON values: all that decides the result.
        known: what a record of before may leave out.

    Raises:
        RunError: it is the folder of another training, or holds other files.
    """
    path = out / RECORD
    if path.exists():
        if {**known, **read_json(path)} != json.loads(json.dumps(record)):
            raise RunError(
                f"{out} holds a training with another seed or recipe; see {path}, "
                "and choose a new folder"
            )
        return
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is no folder; choose a new one")
    if out.exists() and entries(out):
        raise RunError(f"{out} is not empty and holds no training; choose a new folder")
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(path, json.dumps(record, indent=1).encode())


@contextmanager
def claimed(out: Path, record: Mapping[str, Any]) -> Iterator[None]:
    """Hold ``out`` for a training, as :func:`claim_folder` has it.

    What fails before there is anything to go on from leaves no trace: the folder is as before, for
    who gave a wrong name to correct it.

    Raises:
        RunError: as there, or another process trains in it.
    """
    with ExitStack() as stack:
        # That something else than a folder is there is told below.
        if out.is_dir() or not out.exists():
            stack.enter_context(held(out))
        claim_folder(out, record)
        try:
            yield
        except BaseException:
            _take_back(out)
            raise


def _take_back(out: Path) -> None:
    begun, kept = out / CHECKPOINTS, {RECORD, CHECKPOINTS}
    if last_checkpoint(begun) is None and {one.name for one in entries(out)} <= kept:
        shutil.rmtree(begun, ignore_errors=True)
        (out / RECORD).unlink(missing_ok=True)


def steps_done(out: Path) -> int:
    """Steps that need not be made again in the folder of a training, from 0."""
    last = last_checkpoint(out / CHECKPOINTS)
    return int(last.name.partition("-")[2]) if last else 0


def is_done(out: Path) -> bool:
    """Whether a training was carried out to its end; checkpoints that it left then are removed."""
    if not (out / CARD).exists():
        return False
    if is_first():
        shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    return True


def finish(out: Path, card: Mapping[str, Any]) -> None:
    """Write the card, the last of a training, which needs no checkpoints from there on.

    Not the other way round: a process that is killed while it removes them leaves some that look
    whole and are not.
    """
    write_bytes(out / CARD, json.dumps(card, indent=1).encode())
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)


def begun(out: Path, steps: int) -> None:
    """Tell whether a folder holds a training already, and how far it is."""
    if (out / CARD).exists():
        tell(f"{out} is trained already (see {CARD})")
    elif done := steps_done(out):
        tell(f"going on in {out} after step {done} of {steps}")


def last_checkpoint(folder: Path, *, clear: bool = False) -> Path | None:
    """The newest checkpoint that was written to its end.

    Args:
        folder: of checkpoints.
        clear: remove newer ones that were not; only for who holds the folder of the training.
    """
    steps = {one: one.name.partition("-")[2] for one in folder.glob("checkpoint-*")}
    found = sorted(
        (one for one, step in steps.items() if step.isdecimal()), key=lambda one: int(steps[one])
    )
    while found:
        newest = found.pop()
        if _is_whole(newest):
            return newest
        if clear:
            shutil.rmtree(newest)
    return None


def _is_whole(checkpoint: Path) -> bool:
    """Whether a checkpoint can be gone on from.

    The state is written last; a machine that lost its power may have that and not the rest.
    """
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_bytes())
        weights = [*checkpoint.glob("*.safetensors")]
        for one in weights:
            with safe_open(one, "pt"):
                pass
        # Those of Torch are archives with their list at the end.
        rest = [*checkpoint.glob("*.pt"), *checkpoint.glob("*.pth")]
        broken = not all(map(zipfile.is_zipfile, rest))
        named = {one.name.partition(".")[0].rstrip("_0123456789") for one in rest}
        # Where weights are cut up over processes they lie in folders.
        sharded = any(one.is_dir() for one in checkpoint.iterdir())
    except (OSError, ValueError, RecursionError, SafetensorError):
        return False
    whole = bool(weights) and {"optimizer", "scheduler", "rng_state"} <= named
    return isinstance(state, dict) and not broken and (whole or sharded)


def _trainer(
    lesson: Teaches,
    out: Path,
    recipe: Recipe,
    seed: int,
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
) -> MeasuringTrainer:
    course, course_options = recipe.schedule()
    settings = TrainingArguments(
        output_dir=str(out / CHECKPOINTS),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.pictures,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=course,
        lr_scheduler_kwargs=course_options,
        warmup_steps=recipe.warmup,
        weight_decay=0.01,
        adam_beta2=0.98,
        max_grad_norm=1.0,
        seed=seed,
        train_sampling_strategy="sequential",
        dataloader_num_workers=recipe.loaders,
        dataloader_persistent_workers=recipe.loaders > 0,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        logging_steps=recipe.log_every,
        save_steps=recipe.checkpoint_every,
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        log_level="error",
    )
    words = {
        label.name: [last_token(processor.tokenizer, word) for word in label.words]
        for label in lesson.labels
        if label.words
    }
    pupil = Pupil(
        model,
        lesson.labels,
        lesson.watched[0],
        recipe.patch_weight,
        recipe.looking_steps,
        seed,
        words,
    )
    packer = Packer(processor)
    measures = {name: name for name in ("answer_loss", "patch_loss")}
    trainer = MeasuringTrainer(
        measures | {"recall": f"{lesson.watched[0]}_recall"},
        model=pupil,
        args=settings,
        train_dataset=Pictures(lesson, recipe, seed),
        data_collator=lambda pictures: dict(packer.pack(pictures)),
    )
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def _finish(
    lesson: Teaches,
    out: Path,
    recipe: Recipe,
    seed: int,
    trainer: Trainer,
    seconds: float,
    *,
    resumed: bool,
) -> None:
    lines = [line for line in trainer.state.log_history if "loss" in line]
    write_bytes(out / "learning-curve.json", json.dumps(lines, indent=1).encode())
    label, words = lesson.watched
    curve = curve_svg(
        lines,
        {"answer_loss": "answers", "patch_loss": "patches"},
        watched=(f"{label}_recall", words),
        rule=(recipe.looking_steps, "answers begin"),
    )
    write_bytes(out / "learning-curve.svg", curve.encode())
    parameters = sum(p.numel() for p in trainer.model.model.parameters())
    shown = lesson.shown(recipe)
    card = run_card(
        lesson.name, recipe, shown, seed, seconds, parameters, machine(),
        labels=[one.about or one.name for one in lesson.labels], resumed=resumed,
    )  # fmt: skip
    finish(out, card)
