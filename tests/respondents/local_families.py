"""Tiny vision-language models of several families, with random weights and a byte tokenizer.

Built from their config classes; nothing is downloaded. Weights are drawn large, so that answers
depend on what was asked.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import torch
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from PIL import Image
from transformers import BatchFeature

from handeye.respondents.local.loading import LocalModel, of
from handeye.training.architecture import build
from handeye.training.words import CHAT_TEMPLATE, build_tokenizer

# Two threads are many times slower than one beside another busy process.
torch.set_num_threads(1)
FAMILIES = ("llava", "qwen2_vl", "idefics3", "gemma3")


def model_of(family: str) -> LocalModel:
    """A tiny model of a family, always the same."""
    model, processor = _BUILDERS[family]()
    draws = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                spread = 2.0 / weights[0].numel() ** 0.5
                weights.copy_(torch.randn(weights.shape, generator=draws) * spread)
    return of(model, processor)


def picture(seed: int, width: int = 40, height: int = 40) -> str:
    """A picture of noise as a data URL."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def conversation(*parts: str) -> list[ChatMessageUser]:
    """One user message of texts and pictures (data URLs)."""
    content: list[Any] = [
        ContentImage(image=part) if part.startswith("data:") else ContentText(text=part)
        for part in parts
    ]
    return [ChatMessageUser(content=content)]


def _llava() -> tuple[Any, Any]:
    return build("tiny", 1)


# A tower of 4 x 4 patches.
SIGLIP_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def _text_sizes(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }


def _tokenizer(*more: str) -> Any:
    tokenizer = build_tokenizer()
    tokenizer.add_special_tokens({"extra_special_tokens": ["<image>", "<answer>", *more]})
    return tokenizer


class QwenProcessor:
    """Does what the library's processor does, without the video part that needs torchvision."""

    image_token = "<|image_pad|>"
    chat_template = CHAT_TEMPLATE.replace("<image>", f"<|vision_start|>{image_token}<|vision_end|>")

    def __init__(self) -> None:
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
            Qwen2VLImageProcessorPil,
        )

        self.tokenizer = _tokenizer("<|image_pad|>", "<|vision_start|>", "<|vision_end|>")
        self.image_processor = Qwen2VLImageProcessorPil(
            patch_size=4, temporal_patch_size=2, merge_size=2, min_pixels=256, max_pixels=4096
        )

    def apply_chat_template(self, turns: Any, **kwargs: Any) -> str:
        text: str = self.tokenizer.apply_chat_template(
            turns, chat_template=self.chat_template, **kwargs
        )
        return text

    def __call__(
        self, text: list[str], images: Any = None, return_tensors: str = "pt", **kwargs: Any
    ) -> BatchFeature:
        seen: dict[str, Any] = {}
        if images:
            flat = [image for row in images for image in row]
            seen = dict(self.image_processor(images=flat, return_tensors="pt"))
            sizes = iter((seen["image_grid_thw"].prod(-1) // 4).tolist())
            text = [self._expanded(one, sizes) for one in text]
        encoded = dict(self.tokenizer(text, return_tensors=return_tensors, **kwargs))
        encoded.pop("token_type_ids", None)
        token = self.tokenizer.convert_tokens_to_ids(self.image_token)
        encoded["mm_token_type_ids"] = (encoded["input_ids"] == token).long()
        return BatchFeature({**encoded, **seen})

    def _expanded(self, text: str, sizes: Any) -> str:
        head, *rest = text.split(self.image_token)
        return head + "".join(self.image_token * next(sizes) + part for part in rest)


def _qwen2_vl() -> tuple[Any, Any]:
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    processor = QwenProcessor()
    ids = processor.tokenizer.convert_tokens_to_ids
    config = Qwen2VLConfig(
        text_config={
            **_text_sizes(processor.tokenizer),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [1, 1, 2],
            },
        },
        vision_config={
            "depth": 1,
            "embed_dim": 32,
            "hidden_size": 32,
            "num_heads": 4,
            "mlp_ratio": 2,
            "patch_size": 4,
            "temporal_patch_size": 2,
            "spatial_merge_size": 2,
        },
        image_token_id=ids("<|image_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
    )
    return Qwen2VLForConditionalGeneration(config), processor


def _idefics3() -> tuple[Any, Any]:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import (
        Idefics3ImageProcessorPil,
    )

    tiles = [f"<row_{r}_col_{c}>" for r in range(1, 5) for c in range(1, 5)]
    tokenizer = _tokenizer(
        "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", *tiles
    )
    processor = Idefics3Processor(
        image_processor=Idefics3ImageProcessorPil(
            size={"longest_edge": 64}, max_image_size={"longest_edge": 32}
        ),
        tokenizer=tokenizer,
        image_seq_len=4,
        chat_template=CHAT_TEMPLATE,
    )
    config = Idefics3Config(
        text_config={"model_type": "llama", **_text_sizes(tokenizer)},
        vision_config=SIGLIP_SIZES,
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    return Idefics3ForConditionalGeneration(config), processor


def _gemma3() -> tuple[Any, Any]:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    tokenizer = _tokenizer("<boi>", "<eoi>")
    for name, token in (("boi", "<boi>"), ("eoi", "<eoi>"), ("image", "<image>")):
        setattr(tokenizer, f"{name}_token", token)
        setattr(tokenizer, f"{name}_token_id", tokenizer.convert_tokens_to_ids(token))
    processor = Gemma3Processor(
        image_processor=Gemma3ImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer=tokenizer,
        image_seq_length=4,
        chat_template=CHAT_TEMPLATE.replace("<image>", "<boi>"),
    )
    config = Gemma3Config(
        text_config={**_text_sizes(tokenizer), "head_dim": 8, "sliding_window": 16},
        vision_config=SIGLIP_SIZES,
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.convert_tokens_to_ids("<boi>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<eoi>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return Gemma3ForConditionalGeneration(config), processor


_BUILDERS = {"llava": _llava, "qwen2_vl": _qwen2_vl, "idefics3": _idefics3, "gemma3": _gemma3}
