"""Tiny models of families whose library processor also reads videos, without that part.

The part needs torchvision, which the tests do without.
"""

from __future__ import annotations

from typing import Any

from handeye.respondents.local.processors import NoVideos, pictures_only
from handeye.training.small import text_sizes
from handeye.training.words import CHAT_TEMPLATE
from tests.support.local.builders import SIGLIP_SIZES, byte_tokenizer, idefics3_parts


def internvl() -> tuple[Any, Any]:
    from transformers import InternVLConfig, InternVLForConditionalGeneration, InternVLProcessor
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (
        GotOcr2ImageProcessorPil,
    )

    tokenizer = byte_tokenizer("<img>", "</img>", "<IMG_CONTEXT>", "<video>")
    tokenizer._set_model_specific_special_tokens(
        {
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        }
    )
    processor = pictures_only(InternVLProcessor)(
        GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, max_patches=3),
        tokenizer,
        NoVideos(),
        image_seq_length=4,
        chat_template=CHAT_TEMPLATE.replace("<image>", "<IMG_CONTEXT>"),
    )
    config = InternVLConfig(
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        vision_config=SIGLIP_SIZES,
        image_seq_length=4,
        image_token_id=tokenizer.context_image_token_id,
    )
    return InternVLForConditionalGeneration(config), processor


def llava_onevision() -> tuple[Any, Any]:
    from transformers import (
        LlavaOnevisionConfig,
        LlavaOnevisionForConditionalGeneration,
        LlavaOnevisionProcessor,
    )
    from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
        LlavaOnevisionImageProcessorPil,
    )

    tokenizer = byte_tokenizer("<video>")
    sizes = [[32, 32], [32, 64], [64, 32], [64, 64]]
    processor = pictures_only(LlavaOnevisionProcessor)(
        LlavaOnevisionImageProcessorPil(
            size={"height": 32, "width": 32}, image_grid_pinpoints=sizes
        ),
        tokenizer,
        NoVideos(),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
    )
    image, video = tokenizer.convert_tokens_to_ids(["<image>", "<video>"])
    config = LlavaOnevisionConfig(
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        vision_config={
            "model_type": "siglip_vision_model",
            "vision_use_head": False,
            **SIGLIP_SIZES,
        },
        image_grid_pinpoints=sizes,
        image_token_index=image,
        video_token_index=video,
    )
    return LlavaOnevisionForConditionalGeneration(config), processor


def smolvlm() -> tuple[Any, Any]:
    import transformers.models.smolvlm.processing_smolvlm as library
    from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    # It writes the number of frames of a video; the processor refuses to be made without.
    library.num2words = library.num2words or str
    parts, sizes = idefics3_parts(SmolVLMImageProcessorPil)
    return (
        SmolVLMForConditionalGeneration(SmolVLMConfig(**sizes)),
        pictures_only(library.SmolVLMProcessor)(video_processor=NoVideos(), **parts),
    )
