"""Models that are trained: opened, given an adapter or a perceptual head, and kept.

What is kept is read by plain ``from_pretrained``; a head lies among the weights, under a name of
its own that such a reader passes over, and ``perception.json`` says how to make it again:

    OUT/*                 the model with adapters merged, its processor
    OUT/adapter/          the adapter alone, as PEFT reads it, where there is one
    OUT/perception.json   what the head tells, where there is one
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import torch
from torch import nn

from handeye.atomic import write_bytes
from handeye.errors import OptionError
from handeye.reading import read_json
from handeye.respondents.local.loading import LocalModel, load, of
from handeye.respondents.local.options import read_options
from handeye.respondents.local.taps import decoder_of
from handeye.training.architecture import PRESETS, build
from handeye.training.backbones import plug
from handeye.training.heads import PerceptualHead, heads_file
from handeye.training.parts import put_together
from handeye.training.recipes import Model
from handeye.training.small import small
from handeye.training.targets import Vocabulary
from handeye.training.words import REPLY

if TYPE_CHECKING:
    from peft import LoraConfig

HEAD = "perception"
"""What the head is called within the model."""
_WRITTEN = "<recognition> circle </recognition> <answer> yes </answer>"


class _Head(msgspec.Struct, frozen=True):
    """What makes a head again, beside its weights."""

    width: int
    projected: int
    query: int | None
    vocabulary: Vocabulary


def open_model(
    spec: Model, seed: int, phrases: Sequence[str] = (), *, dry: bool = False
) -> LocalModel:
    """The model of a recipe, ready to be trained.

    Args:
        spec: of the recipe.
        seed: of first weights, where there are none.
        phrases: what a new tokenizer reads as one token each.
        dry: where it would be fetched or put together, a small one of the same classes.

    Raises:
        RunError: it cannot be loaded, or what it needs is not installed.
        OptionError: its tokenizer would not give the written form back; a part that is none.
    """
    tower = _encoder_folder(Path(spec.tower)) if spec.tower and not dry else None
    if spec.name in PRESETS:
        loaded = of(*build(spec.name, seed, phrases, REPLY))
    elif spec.name.startswith("parts:"):
        loaded = of(*put_together(spec.name.removeprefix("parts:"), seed, tower, small=dry))
    elif dry and not Path(spec.name).is_dir():
        loaded = of(*small(spec.family, phrases))
    else:
        told = {"path": spec.name, "dtype": spec.dtype, "device": "cpu"}
        more = {"revision": spec.revision, "attention": spec.attention or None}
        loaded = load(read_options(told | {name: one for name, one in more.items() if one}))
    if tower is not None and not spec.name.startswith("parts:"):
        plug(tower, _tower_of(loaded.model))
    loaded.model.to(getattr(torch, spec.dtype))
    _reads_back(loaded)
    _hold_statistics(loaded.model)
    _hold_still(loaded.model, spec.still)
    return loaded


def _encoder_folder(folder: Path) -> Path:
    """Where an encoder lies: in a folder of stage 1, or in itself."""
    return folder / "encoder" if (folder / "encoder").is_dir() else folder


def _tower_of(model: Any) -> Any:
    """The part of a model that looks at pictures.

    Raises:
        OptionError: none is found.
    """
    for holder in (getattr(model, "model", model), model):
        for name in ("vision_tower", "vision_model", "visual"):
            if hasattr(holder, name):
                return getattr(holder, name)
    raise OptionError(f"model.tower: no tower is found in {type(model).__name__}")


def _reads_back(loaded: LocalModel) -> None:
    ids = loaded.tokenizer(_WRITTEN, add_special_tokens=False)["input_ids"]
    told = loaded.tokenizer.decode(ids, skip_special_tokens=True)
    if told.split() != _WRITTEN.split():
        raise OptionError(
            f"the tokenizer of this model gives {_WRITTEN!r} back as {told!r}: a tag of the "
            "written form is a special token of it, or is not known to it"
        )


def _hold_statistics(model: nn.Module) -> None:
    """Let batch norms go by the statistics that they came with.

    Those of the few pictures of a batch say little, and the same picture would look another way
    whenever it is looked at.
    """
    for one in model.modules():
        if isinstance(one, nn.modules.batchnorm._BatchNorm):
            one.register_forward_pre_hook(_steady)


def _steady(module: nn.Module, given: Any) -> None:
    module.training = False


def _hold_still(model: nn.Module, patterns: Sequence[str]) -> None:
    """Leave weights out of the training.

    Raises:
        OptionError: a pattern finds none, or all of them are left out.
    """
    for pattern in patterns:
        found = [one for name, one in model.named_parameters() if re.search(pattern, name)]
        if not found:
            raise OptionError(f"model.still: {pattern!r} finds no parameter of the model")
        for one in found:
            one.requires_grad_(False)
    if patterns and not any(one.requires_grad for one in model.parameters()):
        raise OptionError("model.still: no parameter is left to be trained")


def adapter_of(spec: Model, loaded: LocalModel, *whole: str) -> LoraConfig | None:
    """PEFT's configuration of the recipe's adapter; None where all weights are trained.

    Args:
        spec: of the recipe.
        loaded: the model.
        whole: further modules that are trained as they are.

    Raises:
        OptionError: its targets match no linear layer of the model.
    """
    if spec.adapter is None:
        return None
    from peft import LoraConfig

    asked = re.compile(spec.adapter.targets)
    layers = [name for name, one in loaded.model.named_modules() if isinstance(one, nn.Linear)]
    if not any(map(asked.fullmatch, layers)):
        raise OptionError(
            f"model.adapter.targets: {spec.adapter.targets!r} matches no linear layer; they are "
            f"called {layers[0]}, {layers[-1]} ..."
        )
    for name in spec.adapter.whole:
        if not any(one.split(".")[-1] == name for one, _ in loaded.model.named_modules()):
            raise OptionError(f"model.adapter.whole: the model has no module called {name!r}")
    return LoraConfig(
        r=spec.adapter.rank,
        lora_alpha=int(spec.adapter.alpha),
        lora_dropout=spec.adapter.dropout,
        target_modules=spec.adapter.targets,
        modules_to_save=[*spec.adapter.whole, *whole] or None,
        task_type="CAUSAL_LM",
    )


def base_of(model: Any) -> Any:
    """The model that an adapter is laid on; itself where there is none."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


# ---- the head


def with_head(loaded: LocalModel, vocabulary: Vocabulary, seed: int) -> PerceptualHead:
    """Give a model a head; the one that it was kept with, where that tells the same things.

    Raises:
        RunError: no decoder is found in the model.
    """
    width = int(loaded.model.config.get_text_config(decoder=True).hidden_size)
    decoder_of(loaded)
    head = PerceptualHead(width, vocabulary, query=width, seed=seed)
    folder = str(getattr(loaded.model, "name_or_path", "") or "")
    kept = kept_head(Path(folder)) if folder else None
    if kept is not None and heads_file(kept) == heads_file(head):
        head = kept
    loaded.model.add_module(HEAD, head)
    return head


def kept_head(folder: Path) -> PerceptualHead | None:
    """The head that a model was kept with; None where it has none."""
    path = folder / f"{HEAD}.json"
    if not path.is_file():
        return None
    told = read_json(path, _Head)
    head = PerceptualHead(told.width, told.vocabulary, query=told.query, projected=told.projected)
    head.load_state_dict(dict(_weights_of(folder)))
    return head


def _weights_of(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    from safetensors import safe_open

    for path in sorted(folder.glob("model*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118  (no mapping)
                if name.startswith(f"{HEAD}."):
                    yield name.removeprefix(f"{HEAD}."), file.get_tensor(name)


def trained_head(base: nn.Module) -> PerceptualHead:
    """The head that is trained: beside an adapter it is a copy, of which PEFT knows."""
    found: Any = getattr(base, HEAD)
    copies = getattr(found, "modules_to_save", None)
    return found if copies is None else copies[found.active_adapters[0]]  # type: ignore[no-any-return]


# ---- keeping


def keep(model: Any, processor: Any, out: Path) -> None:
    """Write a trained model; see above for what lies in the folder.

    Args:
        model: unwrapped, with or without an adapter, which is merged into it.
        processor: its own.
        out: an existing folder.
    """
    if hasattr(model, "merge_and_unload"):
        model.save_pretrained(out / "adapter")
        model = model.merge_and_unload()
    model.save_pretrained(out)
    processor.save_pretrained(out)
    head = getattr(model, HEAD, None)
    if head is not None:
        write_bytes(out / f"{HEAD}.json", json.dumps(heads_file(head), indent=1).encode())


def parameters_of(model: nn.Module) -> dict[str, int]:
    """How many weights a model has, and how many of them are trained."""
    counts = {"parameters": 0, "trained": 0}
    for one in model.parameters():
        counts["parameters"] += one.numel()
        counts["trained"] += one.numel() if one.requires_grad else 0
    return counts
