"""Tiny models of families that see pictures only: config classes and a byte tokenizer."""

from __future__ import annotations

from typing import Any

from handeye.rose.teaching.words import phrases
from handeye.training.architecture import build
from handeye.training.small import text_sizes
from handeye.training.words import CHAT_TEMPLATE, build_tokenizer


def llava() -> tuple[Any, Any]:
    return build("tiny", 1, phrases())


# A tower of 4 x 4 patches.
SIGLIP_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def byte_tokenizer(*more: str) -> Any:
    tokenizer = build_tokenizer(phrases())
    tokenizer.add_special_tokens({"extra_special_tokens": ["<image>", "<answer>", *more]})
    return tokenizer


def idefics3() -> tuple[Any, Any]:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import (
        Idefics3ImageProcessorPil,
    )

    parts, sizes = idefics3_parts(Idefics3ImageProcessorPil)
    return Idefics3ForConditionalGeneration(Idefics3Config(**sizes)), Idefics3Processor(**parts)


def idefics3_parts(image_processor: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a processor and a config of this build take; SmolVLM is one too."""
    tiles = [f"<row_{r}_col_{c}>" for r in range(1, 5) for c in range(1, 5)]
    tokenizer = byte_tokenizer(
        "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", *tiles
    )
    parts = {
        "image_processor": image_processor(
            size={"longest_edge": 64}, max_image_size={"longest_edge": 32}
        ),
        "tokenizer": tokenizer,
        "image_seq_len": 4,
        "chat_template": CHAT_TEMPLATE,
    }
    sizes = {
        "text_config": {"model_type": "llama", **text_sizes(tokenizer)},
        "vision_config": SIGLIP_SIZES,
        "scale_factor": 2,
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
        "pad_token_id": tokenizer.pad_token_id,
    }
    return parts, sizes


def gemma3() -> tuple[Any, Any]:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    tokenizer = byte_tokenizer("<boi>", "<eoi>")
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
        text_config={**text_sizes(tokenizer), "head_dim": 8, "sliding_window": 16},
        vision_config=SIGLIP_SIZES,
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.convert_tokens_to_ids("<boi>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<eoi>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return Gemma3ForConditionalGeneration(config), processor
