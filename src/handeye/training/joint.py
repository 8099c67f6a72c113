"""Joint fine-tuning: answers, and beside them what picture tokens tell of a middle decoder layer.

L = L_LM + weight * L_perceptual. Trainers with a fused head hand on no hidden states, so a hook on
the layer reads them within the forward pass, and the loss is made there: whatever wraps the model
(an adapter, several processes) sees one pass with one result. Tokens of a picture that stands in
front of the question cannot know what it asks; what the question names is sought among them by the
state of its last token (``region``).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import field as one_field, make_dataclass
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset
from torch import nn
from trl import SFTConfig, SFTTrainer

from handeye.errors import DataError, OptionError
from handeye.respondents.local.taps import decoder_of
from handeye.training.checkpoints import HEAD, adapter_of, base_of, trained_head, with_head
from handeye.training.heads import region_loss
from handeye.training.recipes import Joint, Recipe, Weights
from handeye.training.rows import Material, order
from handeye.training.sights import TOLD, Collator, Sights
from handeye.training.stages import Resumable, arguments, rows_at_once

if TYPE_CHECKING:
    from handeye.respondents.local.loading import LocalModel

_PARTS = (*Weights.__struct_fields__, "named", "region")
_LOGGED = ("answers", TOLD, *(f"{TOLD}/{name}" for name in _PARTS))


# ---- the pass


class Looking:
    """Makes a model's forward pass tell how wrong the states of its picture tokens are.

    A batch with :data:`TOLD` is answered with one more value of that name, the loss; others as
    ever.

    Attributes:
        parts: the last such loss and its parts by their names in the log, detached; empty where the
            batch had no picture.
        weigh: whether gradients are compared on the way back.
        told: called then with how large the gradient of the weighted perceptual loss is beside that
            of the answers, at the states of the layer.
    """

    def __init__(self, model: Any, layer: nn.Module, stage: Joint) -> None:
        self.parts: dict[str, torch.Tensor] = {}
        self.weigh = False
        self.told: Callable[[float], None] = lambda ratio: None
        self._model, self._layer, self._stage = model, layer, stage
        self._answer = model.forward
        # The signature stays: generate reads it.
        model.forward = types.MethodType(_as(type(model).forward, self._forward), model)

    def _forward(self, *given: Any, **named: Any) -> Any:
        told = named.pop(TOLD, None)
        if told is None:
            return self._answer(*given, **named)
        found: list[torch.Tensor] = []

        def read(module: Any, given: Any, out: Any) -> None:
            found.append(out if isinstance(out, torch.Tensor) else out[0])

        handle = self._layer.register_forward_hook(read)
        try:
            out = self._answer(*given, **named)
        finally:
            handle.remove()
        (states,) = found
        if torch.is_grad_enabled() and not states.requires_grad:
            raise DataError(
                "no gradient reaches the states of the hooked layer: all weights before it are "
                "still, or activations are checkpointed in a way that hides them "
                "(machine.checkpointing)"
            )
        return _and(out, self._loss(states, told))

    def _loss(self, states: torch.Tensor, told: Mapping[str, Any]) -> torch.Tensor:
        tapped = states
        if self.weigh and states.requires_grad:
            tapped = states.view_as(states)
            self._measure(states, tapped)
        head = trained_head(base_of(self._model))
        tokens = tapped[told["rows"][:, None], told["places"]]
        parts = head.losses(tokens[told["distinct"]], told["targets"], self._stage.parts)
        loss = parts.pop("loss")
        if self._stage.region and len(told["asked"]):
            query = tapped[told["rows"][told["asked"]], told["query"]]
            logits = head.regions(query, tokens[told["asked"]])
            region = region_loss(logits, told["shares"])
            loss = loss + self._stage.region * region
            parts["region"] = region.detach()
        seen = bool(len(told["distinct"]))
        named = {f"{TOLD}/{name}": part for name, part in parts.items()}
        self.parts = {TOLD: loss.detach(), **named} if seen else {}
        return loss

    def _measure(self, states: torch.Tensor, tapped: torch.Tensor) -> None:
        """Note both gradients when they come: that of the tapped copy is the head's alone."""
        kept: list[torch.Tensor] = []

        def whole(grad: torch.Tensor) -> None:
            if kept:
                answers = float((grad - kept[0]).norm())
                self.told(float(kept[0].norm()) / max(answers, 1e-12))

        tapped.register_hook(lambda grad: kept.append(grad.detach()))
        states.register_hook(whole)


def _as(signature: Any, function: Callable[..., Any]) -> Any:
    @wraps(signature)
    def forward(self: Any, *given: Any, **named: Any) -> Any:
        return function(*given, **named)

    return forward


@cache
def _wider(kind: Any) -> Any:
    # What wraps a model takes its output apart and puts it together again by its class.
    return make_dataclass(
        f"{kind.__name__}AndPerceptual", [(TOLD, Any, one_field(default=None))], bases=(kind,)
    )


def _and(out: Any, loss: torch.Tensor) -> Any:
    return _wider(out.__class__)(**out, **{TOLD: loss})


# ---- the trainer


class JointTrainer(Resumable, SFTTrainer):
    """TRL's trainer of answers, with what picture tokens tell.

    Args:
        stage: of the recipe.
        looking: None: answers alone.
        more: what TRL's takes.
    """

    def __init__(self, stage: Joint, looks: Callable[[Any], Looking] | None, **more: Any) -> None:
        super().__init__(**more)
        self._stage = stage
        # Behind TRL's own change of the forward pass, and before anything wraps the model.
        self.looking = None if looks is None else looks(base_of(self.model))
        if self.looking is not None:
            self.looking.told = self._weighed

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """TRL's loss of the answers, and the weighted one of the pictures."""
        kept: list[Any] = []

        def asked(**given: Any) -> Any:
            kept.append(model(**given))
            return kept[-1]

        looking = self.looking
        if looking is not None:
            every = self.args.logging_steps
            looking.weigh = (self.state.global_step + 1) % every == 0
        found = super().compute_loss(asked, inputs, return_outputs, num_items_in_batch)
        answers = found[0] if return_outputs else found
        # TRL's is a part of the mean over a step where it is told how many tokens that has.
        parts = 1 if num_items_in_batch is None else self.current_gradient_accumulation_steps
        told = {"answers": answers.detach() * parts}
        if looking is None:
            self._note(told)
            return found
        perceptual = kept[0][TOLD]
        self._note(told | looking.parts)
        loss = answers + self.weight * perceptual / parts
        return (loss, found[1]) if return_outputs else loss

    @property
    def _noted(self) -> Any:
        return self._metrics["train" if self.model.training else "eval"]

    @property
    def weight(self) -> float:
        """Of the perceptual loss at this step."""
        rise = self._stage.weight_warmup
        done = int(self.state.global_step) + 1
        return self._stage.weight * min(1.0, done / max(rise, 1))

    def _note(self, found: Mapping[str, torch.Tensor]) -> None:
        """Log means over the processes that have something to tell."""
        values = torch.stack([found.get(name, found["answers"]).float() for name in _LOGGED])
        there = torch.tensor([name in found for name in _LOGGED], device=values.device)
        sums = self.accelerator.reduce(torch.stack([values * there, there.float()]), "sum")
        for name, value, count in zip(_LOGGED, *sums.tolist(), strict=True):
            if count:
                self._noted[name].append(value / count)

    def _weighed(self, ratio: float) -> None:
        self._noted[f"{TOLD}/gradient_ratio"].append(ratio)


def trainer_of(
    recipe: Recipe, loaded: LocalModel, material: Material, out: Path, seed: int
) -> tuple[JointTrainer, dict[str, Any]]:
    """The trainer of a stage, and what the card says of it.

    Args:
        recipe: of the training.
        loaded: the model.
        material: rows that are trained on.
        out: folder of the stage.
        seed: of order and head.

    Raises:
        OptionError: no row has a completion; a perceptual loss is asked for, and of no picture it
            is known what it shows.
        DataError: a picture is shown in a way that is not known.
    """
    stage: Joint = recipe.stage("joint")
    rows = [row for row in material.rows if row.completion is not None]
    if not rows:
        raise OptionError("no row has a completion to learn from: write rows with --complete")
    material = material.only(rows)
    sights = looks = None
    told: dict[str, Any] = {"supervision": "answers", "labels": []}
    whole: tuple[str, ...] = ()
    if stage.weight:
        if not any(path in material.truths for row in rows for path in row.images):
            raise OptionError(
                "joint.weight: of no picture it is known what it shows; give a set, or a file of "
                "COCO (data.truths), or train by answers alone with weight 0"
            )
        sights = Sights(loaded, material)
        head = with_head(loaded, sights.vocabulary, seed)
        _, blocks = decoder_of(loaded)
        number = max(1, round(stage.layer * len(blocks)))
        looks = partial(Looking, layer=blocks[number - 1], stage=stage)
        whole = (HEAD,)
        told = {
            "supervision": "patches and answers",
            "labels": [*sights.vocabulary.labels, *sights.vocabulary.keypoints],
            "layer": f"behind block {number} of {len(blocks)}",
            "head": sum(one.numel() for one in head.parameters()),
            "pictures": sights.grids(),
        }
    at_once = rows_at_once(stage)
    settings = arguments(
        SFTConfig, stage, recipe.machine, out, seed, at_once,
        train_sampling_strategy="sequential",
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )  # fmt: skip
    places = order(rows, stage.steps, stage.batch, seed, stage.text)
    trainer = JointTrainer(
        stage,
        looks,
        model=loaded.model,
        args=settings,
        train_dataset=Dataset.from_dict(
            {"row": places, "images": [list(rows[one].images) for one in places]}
        ),
        data_collator=Collator(loaded, material, sights, region=bool(stage.region)),
        processing_class=loaded.processor,
        peft_config=adapter_of(recipe.model, loaded, *whole),
    )
    return trainer, told
