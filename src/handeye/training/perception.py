"""Stage 1: the vision encoder alone learns what its tokens show.

    L = CE of patch classes + .3 InfoNCE + .5 keypoints + .5 depth

with the weights of the recipe (:mod:`handeye.training.heads`). What linear probes read off the
encoder's tokens on scenes that are held out is told before and after. Knows a folder:

    OUT/training.json       stage, seed and recipe; a folder of another training is refused
    OUT/checkpoints/        the newest two; removed when all is done
    OUT/learning-curve.*    what was logged, and a picture of it
    OUT/encoder/            the encoder, as Transformers loads it where it is one of its own
    OUT/head.*              the perceptual head, and what it tells
    OUT/run-card.json       written last: all figures; the stage is done
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import Dataset
from transformers import PrinterCallback, TrainingArguments
from transformers.utils import logging as library_logging

from handeye import __version__
from handeye.atomic import write_bytes
from handeye.errors import OptionError
from handeye.reading import read_json
from handeye.respondents.local.identity import CARD
from handeye.training.backbones import Backbone, backbone
from handeye.training.heads import PerceptualHead, TargetBatch, batched, heads_file
from handeye.training.learning_curve import curve_svg
from handeye.training.pictures import Pictures, some
from handeye.training.probes import Figure, Looked, Sums, figures, looked, probed
from handeye.training.recipes import Perception, Recipe, Weights
from handeye.training.run_card import is_first, libraries, machine
from handeye.training.small import made_up
from handeye.training.stages import arguments, rows_at_once
from handeye.training.targets import PictureTruth, Vocabulary
from handeye.training.training_run import (
    CHECKPOINTS,
    MeasuringTrainer,
    Teller,
    claimed,
    finish,
    is_done,
    last_checkpoint,
    writing,
)

if TYPE_CHECKING:
    from handeye.training.targets import Targets

_FITTED = 3
"""Times as many pictures are probes fitted on as they are tried on."""
_PARTS = {"patch": "patches", "contrast": "own targets", "keypoints": "keypoints", "depth": "depth"}
Progress = Callable[[int, int, dict[str, float]], None]
Truths = Callable[[], Iterable[PictureTruth]]


class Learner(nn.Module):
    """An encoder with the head that it is trained by.

    Args:
        encoder: what is trained and kept.
        vocabulary: what is told.
        parts: weights of the loss.
        seed: of the head's first weights.
    """

    def __init__(
        self, encoder: Backbone, vocabulary: Vocabulary, parts: Weights, seed: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = PerceptualHead(encoder.width, vocabulary, seed=seed)
        self.parts = parts
        _leave_out_unused(encoder)

    def forward(self, levels: torch.Tensor, **targets: torch.Tensor) -> dict[str, torch.Tensor]:
        """The loss and its parts of pictures in levels, (B, 3, height, width) uint8."""
        tokens = self.encoder(self.encoder.pixels(levels))
        return self.head.losses(tokens, TargetBatch(**targets), self.parts)  # type: ignore[typeddict-item]

    def gradient_checkpointing_enable(self, **how: Any) -> None:
        """Compute activations again rather than keep them, where the encoder can."""
        if hasattr(self.encoder.module, "gradient_checkpointing_enable"):
            self.encoder.module.gradient_checkpointing_enable(**how)


def _leave_out_unused(encoder: Backbone) -> None:
    """Train no weight that the tokens do not depend on: poolers, norms behind the layer.

    Several processes would wait for their gradients.
    """
    device = encoder.span.device
    was = encoder.training
    encoder.eval()
    encoder(torch.zeros(1, 3, *encoder.shape, device=device)).sum().backward()
    encoder.train(was)
    for one in encoder.parameters():
        if one.grad is None:
            one.requires_grad_(False)
        one.grad = None


class _Shown(Dataset[tuple[NDArray[np.uint8], "Targets"]]):
    """What is shown, in order."""

    def __init__(self, pictures: Pictures, order: Sequence[int]) -> None:
        self._pictures, self._order = pictures, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, number: int) -> tuple[NDArray[np.uint8], Targets]:
        place = self._order[number]
        return self._pictures.levels(place), self._pictures.targets[place]


def _collated(rows: Sequence[tuple[NDArray[np.uint8], Targets]]) -> dict[str, torch.Tensor]:
    levels, targets = zip(*rows, strict=True)
    return {"levels": torch.from_numpy(np.stack(levels)), **batched(targets)}


# ---- a training


def encoder_of(recipe: Recipe, seed: int, *, small: bool = False) -> Backbone:
    """The encoder that a recipe trains: its own, or that of its model.

    Args:
        recipe: with a section ``perception``.
        seed: of random weights.
        small: see :func:`handeye.training.backbones.backbone`.

    Raises:
        OptionError, RunError: as there; with the key.
    """
    course: Perception = recipe.stage("perception")
    name = course.encoder or recipe.model.name.removeprefix("parts:").partition("+")[0]
    revision = None if course.encoder else recipe.model.revision
    return backbone(name, seed=seed, size=course.size, revision=revision, small=small)


def train_perception(
    recipe: Recipe,
    root: Path,
    truths: Iterable[PictureTruth],
    out: Path,
    seed: int,
    *,
    encoder: Backbone | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train an encoder in a folder, or go on there; gives its card.

    Args:
        recipe: with a section ``perception``.
        root: folder that paths of pictures start from.
        truths: of the pictures: those of a suite (:attr:`handeye.suite.Suite.perceived`), of
            :func:`handeye.training.coco.coco`, or made in Python.
        out: a new or empty folder, or that of the same training.
        seed: 0..2^32-1; decides first weights and the order of pictures.
        encoder: one of one's own; None: that of the recipe.
        progress: called with (step, steps in all, losses) at every log line.

    Raises:
        RunError: ``out`` holds something else, another process trains in it, or the encoder cannot
            be loaded.
        OptionError: the recipe has no such stage, or asks for what cannot be met.
        DataError: a truth or a picture is not what it should be.
    """
    recipe.stage("perception")
    if not 0 <= seed < 2**32:
        raise OptionError(f"seed must lie in 0..2^32-1, got {seed}")
    first, told = is_first(), iter(truths)
    # A file that is none is told before anything is written.
    begun = list(islice(told, 1))
    with ExitStack() as stack:
        if first:
            record = {"seed": seed, **recipe.record("perception")}
            record |= {"encoder": encoder.about} if encoder else {}
            stack.enter_context(claimed(out, record))
        if is_done(out):
            return read_json(out / CARD)
        torch.set_num_threads(recipe.machine.threads)
        library_logging.disable_progress_bar()
        library_logging.set_verbosity_error()
        trained = encoder or encoder_of(recipe, seed)
        pictures = Pictures(root, chain(begun, told), trained.view, trained.shown)
        return _trained(recipe, trained, pictures, out, seed, first, progress)


def _trained(
    recipe: Recipe,
    encoder: Backbone,
    pictures: Pictures,
    out: Path,
    seed: int,
    first: bool,
    progress: Progress | None,
) -> dict[str, Any]:
    start = time.monotonic()
    course: Perception = recipe.stage("perception")
    shown, back = pictures.split(recipe.data.held_out)
    probes = _Probes(pictures, shown, back, course.probed) if first else None
    before = probes.of(encoder) if probes else {}
    trainer = _trainer(recipe, encoder, pictures, shown, out, seed)
    if progress and first:
        trainer.add_callback(Teller(progress))
    last = last_checkpoint(out / CHECKPOINTS, clear=True) if first else None
    trainer.accelerator.wait_for_everyone()
    last = last or last_checkpoint(out / CHECKPOINTS)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    learner: Learner = trainer.accelerator.unwrap_model(trainer.model)
    # Processes tell their pictures from those of all: each of them counts, or they would wait.
    operations = _operations(learner, pictures, shown)
    card: dict[str, Any] = {}
    if probes:
        learner.to("cpu")
        after, swapped = probes.beside(encoder)
        found = figures(swapped, before, after)
        card = {
            "handeye": __version__,
            "stage": "perception",
            "seed": seed,
            "recipe": recipe.record("perception"),
            "encoder": encoder.about,
            "random": not encoder.trained,
            "pixels": list(encoder.shape),
            "grid": list(encoder.grid),
            "width": encoder.width,
            "parameters": sum(one.numel() for one in encoder.parameters()),
            "trained": sum(one.numel() for one in encoder.parameters() if one.requires_grad),
            "data": {
                "pictures": len(shown),
                "scenes": len({pictures.targets[at].scene for at in shown}),
                "held out": len(back),
                "shown": course.steps * course.batch,
                **probes.counts,
            },
            "vocabulary": msgspec.to_builtins(pictures.vocabulary),
            "figures": msgspec.to_builtins(found),
            "operations": operations * course.steps * course.batch,
            "seconds": round(time.monotonic() - start, 1),
            "resumed": last is not None,
            "processes": trainer.accelerator.num_processes,
            "libraries": libraries(),
            "machine": machine(),
        }
        card = json.loads(json.dumps(card))
        with writing(out):
            _finish(out, learner, trainer.state.log_history, course, card)
    trainer.accelerator.wait_for_everyone()
    return card


def _trainer(
    recipe: Recipe,
    encoder: Backbone,
    pictures: Pictures,
    shown: Sequence[int],
    out: Path,
    seed: int,
) -> MeasuringTrainer:
    course: Perception = recipe.stage("perception")
    rows = rows_at_once(course)
    more = {"train_sampling_strategy": "sequential"}
    with warnings.catch_warnings():
        # The Trainer has a new name for checkpointing, TRL's configurations the one that is told.
        warnings.simplefilter("ignore", FutureWarning)
        settings = arguments(TrainingArguments, course, recipe.machine, out, seed, rows, **more)
    parts = [name for name in _PARTS if getattr(course.parts, name)]
    trainer = MeasuringTrainer(
        {**{name: f"{name}_loss" for name in parts}, "named": "named"},
        model=Learner(encoder, pictures.vocabulary, course.parts, seed),
        args=settings,
        train_dataset=_Shown(pictures, pictures.order(shown, course.steps * course.batch, seed)),
        data_collator=_collated,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _operations(learner: Learner, pictures: Pictures, shown: Sequence[int]) -> int:
    """Floating-point operations of a step, there and back, a picture."""
    from torch.utils.flop_counter import FlopCounterMode

    few = [(pictures.levels(at), pictures.targets[at]) for at in shown[:4]]
    with torch.random.fork_rng(devices=[]), FlopCounterMode(display=False) as counter:
        learner(**_collated(few))["loss"].backward()
    learner.zero_grad(set_to_none=True)
    return int(counter.get_total_flops()) // len(few)


def _finish(
    out: Path,
    learner: Learner,
    history: Iterable[Mapping[str, Any]],
    course: Perception,
    card: Mapping[str, Any],
) -> None:
    from safetensors.torch import save

    lines = [
        {name: value for name, value in line.items() if name != "epoch"}
        for line in history
        if "loss" in line
    ]
    # What a checkpoint kept comes back in another order.
    text = json.dumps(lines, indent=1, sort_keys=True)
    write_bytes(out / "learning-curve.json", text.encode())
    names = {f"{n}_loss": words for n, words in _PARTS.items() if getattr(course.parts, n)}
    curve = curve_svg(lines, names, watched=("named", "names of things"))
    write_bytes(out / "learning-curve.svg", curve.encode())
    learner.encoder.save(out / "encoder")
    state = {name: one.detach().contiguous() for name, one in learner.head.state_dict().items()}
    write_bytes(out / "head.safetensors", save(state))
    write_bytes(out / "head.json", json.dumps(heads_file(learner.head), indent=1).encode())
    finish(out, card)


class _Probes:
    """What linear probes read off an encoder: the same pictures whenever they are asked."""

    def __init__(
        self, pictures: Pictures, shown: Sequence[int], back: Sequence[int], most: int
    ) -> None:
        self._pictures = pictures
        self._back = some(back, most)
        self._shown = some(shown, _FITTED * most)
        self.counts = {"fitted on": len(self._shown), "tried on": len(self._back)}

    def of(self, encoder: Backbone) -> Mapping[str, Sums]:
        """Fit and try all probes."""
        return self.beside(encoder, swapped=False)[0]

    def beside(
        self, encoder: Backbone, *, swapped: bool = True
    ) -> tuple[Mapping[str, Sums], Mapping[str, Sums]]:
        """The same, and what they come to on tokens of other pictures."""
        if not self._back:
            return {}, {}
        was = encoder.training
        encoder.eval()
        fit, tried = (self._looked(encoder, places) for places in (self._shown, self._back))
        encoder.train(was)
        words = self._pictures.vocabulary
        other = probed(fit[1], tried[1], words) if swapped else {}
        return probed(fit[0], tried[0], words), other

    def _looked(self, encoder: Backbone, places: Sequence[int]) -> tuple[Looked, Looked]:
        device = encoder.span.device

        def tokens(numbers: Sequence[int]) -> Any:
            levels = np.stack([self._pictures.levels(places[at]) for at in numbers])
            with torch.inference_mode():
                found = encoder(encoder.pixels(torch.from_numpy(levels).to(device)))
            return found.float().cpu().numpy()

        return looked([self._pictures.targets[at] for at in places], tokens)


# ---- a dry run


def dry_run(recipe: Recipe, root: Path | None, truths: Iterable[PictureTruth]) -> dict[str, Any]:
    """Try the shapes of a recipe: one small encoder of the same class, one step, on a processor.

    Args:
        recipe: with a section ``perception``.
        root: folder of the pictures; None: there are none, and some are made up.
        truths: of some pictures, of which the first few are taken.

    Returns:
        What came out, JSON values: ``encoder``, ``pixels``, ``grid``, ``width``, ``parameters``
        (of the small one), ``labels`` (choices by label), ``keypoints`` (names) and ``losses``.

    Raises:
        OptionError, RunError, DataError: as :func:`train_perception`.
    """
    course: Perception = recipe.stage("perception")
    encoder = encoder_of(recipe, 0, small=True)
    with TemporaryDirectory() as folder:
        if root is None:
            material = made_up(Path(folder))
            root, truths = material.pictures, material.truths.values()
        pictures = Pictures(root, islice(truths, course.batch), encoder.view, encoder.shown)
        levels = np.stack([pictures.levels(at) for at in range(len(pictures))])
    learner = Learner(encoder, pictures.vocabulary, course.parts, 0)
    told = learner(torch.from_numpy(levels), **batched(pictures.targets))
    told["loss"].backward()
    return {
        "encoder": encoder.about,
        "pixels": list(encoder.shape),
        "grid": list(encoder.grid),
        "width": encoder.width,
        "parameters": sum(one.numel() for one in encoder.parameters()),
        "labels": {name: len(one) for name, one in pictures.vocabulary.labels.items()},
        "keypoints": list(pictures.vocabulary.keypoints),
        "losses": {name: round(float(value.detach()), 4) for name, value in told.items()},
    }


def told(card: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The figures of a card."""
    return tuple(msgspec.convert(card["figures"], tuple[Figure, ...]))
