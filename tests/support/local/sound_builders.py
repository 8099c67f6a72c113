"""Tiny models of families that see and hear, each with the processor of the library.

Without torchvision and timm two have a stand-in: Phi-4-multimodal for what resizes its pictures,
Gemma 3n for the tower that sees (the rest of its model, and all that hears, is the library's).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import transformers

from handeye.respondents.local.processors import NoVideos, pictures_only
from handeye.training.words import CHAT_TEMPLATE
from tests.support.local.builders import byte_tokenizer, text_sizes

_OMNI_TOKENS = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "audio_token": "<|audio_pad|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}
_GEMMA_TOKENS = {
    "image_token": "<image_soft>",
    "boi_token": "<boi>",
    "eoi_token": "<eoi>",
    "audio_token": "<audio_soft>",
    "boa_token": "<boa>",
    "eoa_token": "<eoa>",
}


def template(picture: str, sound: str) -> str:
    """The chat template with a family's placeholders."""
    heard = "{%- elif part['type'] == 'audio' -%}{{ '" + sound + "' }}"
    return CHAT_TEMPLATE.replace("<image>", picture).replace(
        "{%- elif part['type'] == 'text' -%}", heard + "{%- elif part['type'] == 'text' -%}"
    )


def named_tokens(names: dict[str, str], first: str = "") -> Any:
    """A byte tokenizer that knows special tokens by the names that a processor asks for."""
    ordered = sorted(names.values(), key=lambda token: token != first)
    tokenizer = byte_tokenizer(*ordered)
    tokenizer._set_model_specific_special_tokens(names)
    return tokenizer


def _omni(name: str, sizes: dict[str, dict[str, Any]]) -> tuple[Any, Any]:
    from transformers import WhisperFeatureExtractor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = named_tokens(_OMNI_TOKENS)
    processor = pictures_only(getattr(transformers, f"{name}Processor"))(
        Qwen2VLImageProcessorPil(
            patch_size=4, temporal_patch_size=2, merge_size=2, min_pixels=256, max_pixels=4096
        ),
        NoVideos(),
        WhisperFeatureExtractor(feature_size=8, chunk_length=2, return_attention_mask=True),
        tokenizer,
        chat_template=template(
            "<|vision_bos|><|image_pad|><|vision_eos|>", "<|audio_bos|><|audio_pad|><|audio_eos|>"
        ),
    )
    image, video, audio, start, _, bos, eos = tokenizer.convert_tokens_to_ids(
        list(_OMNI_TOKENS.values())
    )
    of_audio = {
        "num_mel_bins": 8,
        "d_model": 16,
        "encoder_layers": 1,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 24,
        "max_source_positions": 100,
        "output_dim": 32,
    }
    of_vision = {
        "depth": 1,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 4,
        "patch_size": 4,
        "temporal_patch_size": 2,
        "spatial_merge_size": 2,
        "out_hidden_size": 32,
    }
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}
    config = getattr(transformers, f"{name}ThinkerConfig")(
        text_config={**text_sizes(tokenizer), "rope_parameters": rope, **sizes["text"]},
        vision_config={**of_vision, **sizes["vision"]},
        audio_config={**of_audio, **sizes["audio"]},
        audio_token_id=audio,
        image_token_id=image,
        video_token_id=video,
        audio_start_token_id=bos,
        audio_end_token_id=eos,
        vision_start_token_id=start,
    )
    return getattr(transformers, f"{name}ThinkerForConditionalGeneration")(config), processor


def qwen2_5_omni() -> tuple[Any, Any]:
    return _omni(
        "Qwen2_5Omni",
        {
            "text": {},
            "vision": {"window_size": 16, "fullatt_block_indexes": [0]},
            "audio": {"n_window": 10},
        },
    )


def qwen3_omni() -> tuple[Any, Any]:
    experts = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16}
    return _omni(
        "Qwen3OmniMoe",
        {
            "text": {"head_dim": 8, **experts},
            "vision": {"num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
            "audio": {"n_window": 50, "n_window_infer": 100, "downsample_hidden_size": 4},
        },
    )


# Of a tower that sees, where a family's own needs what is not at hand.
class _Seen(torch.nn.Module):
    """Stands for Gemma 3n's MobileNet: 2 x 2 pieces of a picture, ``width`` numbers each."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, width, kernel_size=16, stride=16)

    def forward(self, pixel_values: torch.Tensor, **kwargs: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        return BaseModelOutputWithPooling(last_hidden_state=self.patches(pixel_values))


def _gemma_sizes(tokenizer: Any) -> dict[str, Any]:
    """A decoder with windows, of whose four layers the last two keep nothing of their own."""
    return {
        **text_sizes(tokenizer),
        "num_hidden_layers": 4,
        "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "head_dim": 8,
        "sliding_window": 16,
        "hidden_size_per_layer_input": 4,
        "bos_token_id": 1,
    }


def gemma3n() -> tuple[Any, Any]:
    from transformers import (
        AutoModel,
        Gemma3nAudioFeatureExtractor,
        Gemma3nConfig,
        Gemma3nForConditionalGeneration,
        Gemma3nProcessor,
        Gemma3nVisionConfig,
    )
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    # Its soft tokens are ids behind those of words: pictures first, then sounds.
    tokenizer = named_tokens(_GEMMA_TOKENS)
    image, boi, eoi, audio, boa, eoa = tokenizer.convert_tokens_to_ids(list(_GEMMA_TOKENS.values()))
    processor = Gemma3nProcessor(
        Gemma3nAudioFeatureExtractor(feature_size=16),
        SiglipImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer,
        chat_template=template("<image_soft>", "<audio_soft>"),
        image_seq_length=4,
        audio_seq_length=30,
    )
    words = len(tokenizer)
    of_audio = {
        "vocab_size": 8,
        "vocab_offset": words + 8,
        "input_feat_size": 16,
        "hidden_size": 16,
        "conf_num_attention_heads": 2,
        "conf_num_hidden_layers": 1,
        "sscp_conv_channel_size": (4, 4),
    }
    config = Gemma3nConfig(
        text_config={
            **_gemma_sizes(tokenizer),
            "vocab_size": words + 16,
            "vocab_size_per_layer_input": words,
            "laurel_rank": 4,
            "altup_num_inputs": 2,
        },
        vision_config=Gemma3nVisionConfig(hidden_size=16, vocab_size=8, vocab_offset=words),
        audio_config=of_audio,
        vision_soft_tokens_per_image=4,
        audio_soft_tokens_per_image=30,
        boi_token_id=boi,
        eoi_token_id=eoi,
        image_token_id=image,
        boa_token_id=boa,
        eoa_token_id=eoa,
        audio_token_id=audio,
    )
    made = AutoModel.from_config

    def seen(config: Any, **kwargs: Any) -> Any:
        return _Seen(16) if isinstance(config, Gemma3nVisionConfig) else made(config, **kwargs)

    AutoModel.from_config = seen
    try:
        model = Gemma3nForConditionalGeneration(config)
    finally:
        AutoModel.from_config = made
    return model, processor


def gemma4() -> tuple[Any, Any]:
    from transformers import (
        Gemma4AudioFeatureExtractor,
        Gemma4Config,
        Gemma4ForConditionalGeneration,
        Gemma4Processor,
    )
    from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

    tokenizer = named_tokens(_GEMMA_TOKENS)
    processor = pictures_only(Gemma4Processor)(
        Gemma4AudioFeatureExtractor(feature_size=16),
        Gemma4ImageProcessorPil(patch_size=2, max_soft_tokens=70),
        tokenizer,
        NoVideos(),
        chat_template=template("<image_soft>", "<audio_soft>"),
    )
    image, boi, eoi, audio, boa, eoa = tokenizer.convert_tokens_to_ids(list(_GEMMA_TOKENS.values()))
    of_vision = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "patch_size": 2,
        "position_embedding_size": 80,
    }
    of_audio = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "subsampling_conv_channels": [16, 4],
        "output_proj_dims": 16,
    }
    config = Gemma4Config(
        text_config={
            **_gemma_sizes(tokenizer),
            "global_head_dim": 8,
            "vocab_size_per_layer_input": len(tokenizer),
        },
        vision_config=of_vision,
        audio_config=of_audio,
        boi_token_id=boi,
        eoi_token_id=eoi,
        image_token_id=image,
        video_token_id=processor.video_token_id,
        boa_token_id=boa,
        eoa_token_index=eoa,
        audio_token_id=audio,
    )
    return Gemma4ForConditionalGeneration(config), processor


class _Cut:
    """Stands for what resizes Phi's pictures: the whole and one crop, 32 x 32 each."""

    model_input_names = ("image_pixel_values", "image_sizes", "image_attention_mask")

    def fetch_images(self, images: Any) -> Any:
        return images

    def __call__(self, images: Any, return_tensors: str = "pt", **kwargs: Any) -> dict[str, Any]:
        flat = [one for row in images for one in (row if isinstance(row, list) else [row])]
        small = [np.asarray(one.resize((32, 32)), np.float32) / 127.5 - 1 for one in flat]
        pixels = torch.tensor(np.stack(small)).permute(0, 3, 1, 2)
        return {
            "image_pixel_values": torch.stack([pixels, pixels.flip(-1)], 1),
            "image_sizes": torch.tensor([[32, 32]] * len(flat)),
            "image_attention_mask": torch.ones(len(flat), 2, 4, 4),
            # The whole and its line ends, a divider, the crop and its line ends.
            "num_img_tokens": [6 + 1 + 6] * len(flat),
        }


def phi4(bend: int | None = None) -> tuple[Any, Any]:
    """With ``bend``, positions are turned by another rule from so many tokens on."""
    from transformers import (
        Phi4MultimodalConfig,
        Phi4MultimodalFeatureExtractor,
        Phi4MultimodalForCausalLM,
        Phi4MultimodalProcessor,
    )

    tokenizer = named_tokens({"image_token": "<|image|>", "audio_token": "<|audio|>"})

    class OwnCut(Phi4MultimodalProcessor):
        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if isinstance(argument, _Cut):
                return _Cut
            return super().check_argument_for_proper_class(argument_name, argument)

    processor = OwnCut(
        _Cut(),
        Phi4MultimodalFeatureExtractor(feature_size=16),
        tokenizer,
        chat_template=template("<|image|>", "<|audio|>"),
    )
    of_vision = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
        "crop_size": 32,
        "image_token_id": tokenizer.convert_tokens_to_ids("<|image|>"),
    }
    of_audio = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_blocks": 1,
        "num_attention_heads": 2,
        "ext_pw_out_channel": 16,
        "depthwise_separable_out_channel": 16,
        "nemo_conv_channels": 4,
        "input_size": 16,
        "audio_token_id": tokenizer.convert_tokens_to_ids("<|audio|>"),
    }
    sizes = {**text_sizes(tokenizer), "bos_token_id": tokenizer.eos_token_id}
    if bend is not None:
        factors = {"short_factor": [1.0] * 4, "long_factor": [1.0, 3.0, 9.0, 27.0]}
        sizes |= {
            "rope_parameters": {"rope_type": "longrope", "rope_theta": 10000.0, **factors},
            "original_max_position_embeddings": bend,
        }
    config = Phi4MultimodalConfig(**sizes, vision_config=of_vision, audio_config=of_audio)
    return Phi4MultimodalForCausalLM(config), processor
