"""What a model on this machine multiplies for an answer, by its folder and counts of tokens.

Two operations for each parameter and token (multiply and add), and of attention four for each
layer, unit of width and pair of tokens that it compares (Q K and the sum of V). The first is the 2N
of Kaplan et al. 2020 (arXiv:2001.08361, section 2.1); the second counts the whole square of a
prompt, as Hoffmann et al. 2022 do (arXiv:2203.15556, appendix F) and torch's ``FlopCounterMode``
does, where Kaplan's table 1 has the half that a causal mask leaves. Left out are norms,
activations, softmax and biases. Tables of embeddings are looked up and multiply nothing.

What is counted is a call by itself: a prefix that several questions share is counted for each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from handeye.errors import DataError
from handeye.reading import read_json

_TABLE = re.compile(
    r"embed_tokens|embed_positions|word_embed|position_embed|pos_embed|class_embed|cls_token"
    r"|\bwte\b|\bwpe\b|\bshared\.weight$"
)
_HEAD = re.compile(r"\blm_head\b|\bembed_out\b")
_BRIDGE = re.compile(r"projector|connector|merger|aligner|embed_vision")
_TOWER = re.compile(r"vision|visual|image_encoder")
# A tower's pooled answer about the whole picture, which no prompt gets.
_POOLED = re.compile(r"(?:vision|visual)\w*\.(?:vision_model\.)?(?:head|pooler|attnpool)\b")
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")


@dataclass(frozen=True, slots=True)
class Work:
    """The sizes of a model that its work hangs on.

    Attributes:
        parameters: of the layers that every token of a prompt and an answer goes through.
        head: of the matrix that gives logits; it is used once for each token that is written.
        layers: with attention.
        width: of attention: heads times their size.
        tower: parameters that every patch of a picture goes through; 0 where there is none, or
            where its config does not tell how many patches there are.
        tower_layers: with attention.
        tower_width: likewise.
        patches: of a picture.
        bridge: parameters that a picture's tokens go through on their way to the prompt.
        tokens: of a picture in the prompt.
    """

    parameters: int
    head: int = 0
    layers: int = 0
    width: int = 0
    tower: int = 0
    tower_layers: int = 0
    tower_width: int = 0
    patches: int = 0
    bridge: int = 0
    tokens: int = 0

    def flops(self, read: int, written: int, pictures: int = 1) -> float:
        """Floating-point operations of one call.

        Args:
            read: tokens of the prompt, those of pictures among them; at least 1.
            written: tokens of the answer, its end token among them.
            pictures: how many are looked at.
        """
        # The last token that is written is not read any more.
        fed = max(0, written - 1)
        pairs = read**2 + fed * read + fed * (fed + 1) // 2
        words = 2 * self.parameters * (read + fed) + 4 * self.layers * self.width * pairs
        seen = (
            2 * self.tower * self.patches
            + 4 * self.tower_layers * self.tower_width * self.patches**2
            + 2 * self.bridge * self.tokens
        )
        return float(words + 2 * self.head * written + pictures * seen)


def work_of(folder: Path) -> Work:
    """The sizes of a model by its folder, as ``save_pretrained`` of Transformers leaves it.

    Args:
        folder: with config.json and weights in safetensors, of which only the heads are read.

    Raises:
        DataError: one of them is missing or cannot be read; a mixture of experts, of which not
            every parameter is used for every token.
    """
    config = read_json(folder / "config.json")
    text = config.get("text_config") or config
    if more := next((name for name in _EXPERTS if (text.get(name) or 0) > 1), None):
        raise DataError(
            f"{folder}: a mixture of experts ({more} is {text[more]}), of which not every "
            "parameter is used for every token; give those that are with --parameters"
        )
    shapes = _shapes(folder)
    sums = dict.fromkeys(("parameters", "head", "tower", "bridge"), 0)
    for name, shape in shapes.items():
        if len(shape) > 1 and not _TABLE.search(name) and not _POOLED.search(name):
            sums[_part(name)] += prod(shape)
    if not sums["head"]:  # tied to the table
        tables = [prod(shape) for name, shape in shapes.items() if "embed_tokens" in name]
        sums["head"] = max(tables, default=0)
    layers, width = _attention(text)
    seen = _seen(config, shapes)
    if not seen:
        sums["tower"] = sums["bridge"] = 0
    return Work(**sums, layers=layers, width=width, **seen)


def _part(name: str) -> str:
    if _HEAD.search(name):
        return "head"
    if _BRIDGE.search(name):
        return "bridge"
    return "tower" if _TOWER.search(name) else "parameters"


def _seen(config: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """What is told of a tower; nothing where there is none, or its pictures have no one size."""
    told = config.get("vision_config") or {}
    sides, patch = _pair(told.get("image_size")), _pair(told.get("patch_size"))
    if sides is None or patch is None:
        return {}
    layers, width = _attention(told)
    grid = (sides[0] // patch[0]) * (sides[1] // patch[1])
    patches = grid + any("class_embed" in name for name in shapes)
    tokens = config.get("image_seq_length") or config.get("mm_tokens_per_image") or patches
    return {
        "tower_layers": layers,
        "tower_width": width,
        "patches": patches,
        "tokens": int(tokens),
    }


def _pair(told: Any) -> tuple[int, int] | None:
    """Height and width, from two numbers or from one."""
    both = (told, told) if isinstance(told, int) else told
    if isinstance(both, list | tuple) and len(both) == 2 and all(isinstance(n, int) for n in both):
        return both[0], both[1]
    return None


def _attention(config: dict[str, Any]) -> tuple[int, int]:
    """Layers and width of attention."""
    layers = config.get("num_hidden_layers") or config.get("n_layer") or 0
    hidden = config.get("hidden_size") or config.get("n_embd") or 0
    heads = config.get("num_attention_heads") or config.get("n_head") or 1
    return int(layers), int(heads * (config.get("head_dim") or hidden // heads))


def _shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors by name.

    Raises:
        DataError: there are none, or a file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    out: dict[str, tuple[int, ...]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(file, "numpy") as weights:
                for name in weights.keys():  # noqa: SIM118  (it is no mapping)
                    out[name] = tuple(weights.get_slice(name).get_shape())
        except (OSError, SafetensorError) as error:
            raise DataError(f"{file}: cannot be read: {error}") from None
    if not out:
        raise DataError(f"{folder}: holds no weights in safetensors")
    return out
