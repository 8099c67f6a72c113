"""Presets -> a LLaVA-style model and its processor, in plain Transformers classes.

A SigLIP tower cuts the picture into patches, a two-layer projector hands them on, a Llama decoder
reads them as if they were words. Nothing is custom code: ``AutoModelForImageTextToText`` and
``AutoProcessor`` load the folder from its files. Knows sizes, nothing of scenes or training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handeye.errors import OptionError, allowed
from handeye.training.words import ANSWER, IMAGE, build_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import (
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model.

    ``side`` and ``patch`` are in pixels: the picture is stretched to ``side`` x ``side`` and cut
    into ``(side / patch) ** 2`` patches, one token each. ``width`` is that of tower and decoder.
    ``ground`` (0..1) is the shade that the tower is given as 0: where most of a picture is light
    and empty, a patch of it then is its place and nothing else. ``waves``: places begin as sines
    and cosines across and down (as in MAE, He et al. 2022), not as small noise: where something
    lies need not be found out first.

    Not ``matching``, the decoder begins as Llama does. ``matching``, it begins fit to find a word
    among patches that are like it: larger first weights, rotary positions that turn slowly, so that
    a word and a patch far apart still meet, and in the first layer keys that are the queries', so
    that what is alike attends to its like.
    """

    side: int
    patch: int
    width: int
    heads: int
    tower_layers: int
    decoder_layers: int
    matching: bool = False
    ground: float = 0.5
    waves: bool = False

    @property
    def patches_a_side(self) -> int:
        """Patches along one side of the picture."""
        return self.side // self.patch

    @property
    def image_tokens(self) -> int:
        """Tokens a picture takes."""
        return self.patches_a_side**2


PRESETS: dict[str, Shape] = {
    # For tests and first tries: learns the form of the answers in seconds, sees next to nothing.
    "tiny": Shape(side=32, patch=8, width=32, heads=2, tower_layers=1, decoder_layers=2),
    # Likewise, in squares of 16 pixels, of which each may be a picture of its own.
    "tile-tiny": Shape(
        side=128, patch=16, width=32, heads=2, tower_layers=1, decoder_layers=2, matching=True
    ),
    # About a million parameters.
    "tile-mini": Shape(
        side=128, patch=16, width=96, heads=4, tower_layers=3, decoder_layers=4, matching=True
    ),
    "scene-tiny": Shape(
        side=128,
        patch=16,
        width=32,
        heads=2,
        tower_layers=1,
        decoder_layers=2,
        matching=True,
        ground=0.95,
        waves=True,
    ),
    "scene-mini": Shape(
        side=128,
        patch=16,
        width=96,
        heads=4,
        tower_layers=3,
        decoder_layers=4,
        matching=True,
        ground=0.95,
        waves=True,
    ),
    "tile-small": Shape(
        side=128, patch=16, width=128, heads=4, tower_layers=4, decoder_layers=4, matching=True
    ),
    # A cell of an 8 x 8 grid is 16 pixels: one patch.
    "small": Shape(side=128, patch=16, width=128, heads=4, tower_layers=4, decoder_layers=4),
}
_SLOW_THETA = 1e6


def shape_of(preset: str) -> Shape:
    """The sizes of a preset.

    Raises:
        OptionError: no such preset.
    """
    if preset not in PRESETS:
        raise OptionError(f"preset is {preset!r}{allowed(preset, PRESETS)}")
    return PRESETS[preset]


def build_model(
    shape: Shape, tokenizer: PreTrainedTokenizerFast, seed: int
) -> LlavaForConditionalGeneration:
    """A freshly initialised model in float32; the same seed gives the same weights."""
    import torch
    from transformers import (
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        SiglipVisionConfig,
    )

    vision = SiglipVisionConfig(
        image_size=shape.side,
        patch_size=shape.patch,
        hidden_size=shape.width,
        intermediate_size=3 * shape.width,
        num_hidden_layers=shape.tower_layers,
        num_attention_heads=shape.heads,
        vision_use_head=False,
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=3 * shape.width,
        num_hidden_layers=shape.decoder_layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=1024,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    if shape.matching:
        # About one over the root of the width: what goes through a layer keeps its size.
        text.initializer_range = round(shape.width**-0.5, 3)
        text.rope_parameters = {"rope_type": "default", "rope_theta": _SLOW_THETA}
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=shape.image_tokens,
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlavaForConditionalGeneration(config)
    if shape.matching:
        first = model.model.language_model.layers[0].self_attn
        first.k_proj.weight.data.copy_(first.q_proj.weight.data)
    if shape.waves:
        places = model.model.vision_tower.embeddings.position_embedding.weight.data
        places.copy_(_waves(shape.patches_a_side, shape.width))
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.max_new_tokens = 64
    return model


def _waves(side: int, width: int) -> torch.Tensor:
    """Sines and cosines of the columns and rows of patches, (side ** 2, width)."""
    import torch

    steps = torch.arange(width // 4, dtype=torch.float64) / (width // 4)
    turned = torch.arange(side, dtype=torch.float64)[:, None] * 100.0**-steps
    line = torch.cat([turned.sin(), turned.cos()], 1)
    across, down = line.repeat(side, 1), line.repeat_interleave(side, 0)
    return torch.cat([across, down], 1).float()


def build_processor(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """Pictures and texts to tensors; needs no torchvision."""
    from transformers import LlavaProcessor
    from transformers.models.siglip import SiglipImageProcessorPil

    # Stretched to a square, not padded: so the cells of a grid of 8, 4 or 2 a side begin where
    # patches begin, along either side, and a patch shows one cell.
    pictures = SiglipImageProcessorPil(
        size={"height": shape.side, "width": shape.side},
        # Bilinear: Pillow widens the filter when it shrinks, so that every pixel of a cell counts.
        resample=2,
        image_mean=[shape.ground] * 3,
    )
    return LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=shape.patch,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=tokenizer.chat_template,
        image_token=IMAGE,
    )


def save(model: LlavaForConditionalGeneration, processor: LlavaProcessor, directory: Path) -> None:
    """Write a folder that plain ``from_pretrained`` loads."""
    model.save_pretrained(directory)
    processor.save_pretrained(directory)


def build(
    preset: str, seed: int, phrases: Sequence[str] = (), answer: str = ANSWER
) -> tuple[LlavaForConditionalGeneration, LlavaProcessor]:
    """A new model and its processor.

    Args:
        preset: its sizes.
        seed: of its weights.
        phrases: that it reads as one token each.
        answer: the special token that opens an answer.

    Raises:
        OptionError: no such preset.
    """
    shape = shape_of(preset)
    tokenizer = build_tokenizer(phrases, answer)
    return build_model(shape, tokenizer, seed), build_processor(shape, tokenizer)
