"""What a recipe is tried on before a training: small models with random weights, a few pictures.

The classes are those of the library, so what a recipe asks of a model (layers that its adapter
names, a grid of tokens, a decoder whose states are read) is tried on all but its size. Nothing is
fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from handeye.errors import OptionError, allowed
from handeye.respondents.local.processors import NoVideos, pictures_only
from handeye.rewards.columns import Kind, Task, Truth, asked
from handeye.training.rows import Material, rows_of
from handeye.training.targets import PictureTruth, Thing
from handeye.training.words import REPLY, build_tokenizer, chat_template

_QWEN_TOKENS = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
_QWEN_VISION = {
    "depth": 2,
    "hidden_size": 32,
    "num_heads": 4,
    "patch_size": 4,
    "temporal_patch_size": 2,
    "spatial_merge_size": 2,
}


def small(family: str, phrases: Sequence[str] = ()) -> tuple[Any, Any]:
    """A small model of a family, as its ``model_type`` says it, and its processor.

    Args:
        family: of :data:`FAMILIES`.
        phrases: that its tokenizer reads as one token each.

    Raises:
        OptionError: none is known of that family.
    """
    if family not in FAMILIES:
        raise OptionError(
            f"model.family is {family!r}; what can be made small for a dry run"
            f"{allowed(family, FAMILIES)}; another model is tried as it is: give its folder"
        )
    return FAMILIES[family](phrases)


def text_sizes(tokenizer: Any) -> dict[str, Any]:
    """Sizes of a small decoder for the words of a tokenizer."""
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


def _qwen(
    name: str, phrases: Sequence[str], text: Mapping[str, Any], vision: Mapping[str, Any]
) -> tuple[Any, Any]:
    import transformers
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = build_tokenizer(phrases, REPLY)
    tokenizer.add_special_tokens({"extra_special_tokens": ["<image>", REPLY, *_QWEN_TOKENS]})
    tokenizer.image_token = "<|image_pad|>"
    processor = pictures_only(getattr(transformers, f"{name}Processor"))(
        Qwen2VLImageProcessorPil(
            patch_size=4, temporal_patch_size=2, merge_size=2, min_pixels=256, max_pixels=4096
        ),
        tokenizer,
        NoVideos(),
        chat_template=chat_template(REPLY).replace(
            "<image>", "<|vision_start|><|image_pad|><|vision_end|>"
        ),
    )
    image, video, start, end = tokenizer.convert_tokens_to_ids(list(_QWEN_TOKENS))
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}
    config = getattr(transformers, f"{name}Config")(
        text_config={**text_sizes(tokenizer), "rope_parameters": rope, **text},
        vision_config={**_QWEN_VISION, **vision},
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=end,
    )
    return getattr(transformers, f"{name}ForConditionalGeneration")(config), processor


def qwen2_vl(phrases: Sequence[str] = ()) -> tuple[Any, Any]:
    """Qwen2-VL."""
    return _qwen("Qwen2VL", phrases, {}, {"embed_dim": 32, "mlp_ratio": 2})


def qwen2_5_vl(phrases: Sequence[str] = ()) -> tuple[Any, Any]:
    """Qwen2.5-VL."""
    vision = {
        "intermediate_size": 48,
        "out_hidden_size": 32,
        "window_size": 16,
        "fullatt_block_indexes": [1],
    }
    return _qwen("Qwen2_5_VL", phrases, {}, vision)


def qwen3_vl(phrases: Sequence[str] = ()) -> tuple[Any, Any]:
    """Qwen3-VL."""
    vision = {
        "intermediate_size": 48,
        "out_hidden_size": 32,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0, 1],
    }
    return _qwen("Qwen3VL", phrases, {"head_dim": 8}, vision)


FAMILIES: Mapping[str, Callable[[Sequence[str]], tuple[Any, Any]]] = {
    "qwen2_vl": qwen2_vl,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
}


# ---- pictures

_COLOURS = {"red": (200, 40, 40), "blue": (40, 60, 200)}
_SIDE = 64


def made_up(folder: Path, scenes: int = 4) -> Material:
    """A few scenes of two pictures each: a box on the left, which is red or blue, and a bar.

    Args:
        folder: where the pictures are written.
        scenes: how many.
    """
    from PIL import Image

    truths = {}
    for scene in range(scenes):
        for colour, shade in _COLOURS.items():
            mask = np.zeros((_SIDE, _SIDE), np.uint8)
            top = 8 + 8 * (scene % 4)
            mask[top : top + 20, 8:28], mask[top : top + 10, 40:60] = 1, 2
            shades = np.array([(240, 240, 240), shade, (40, 160, 60)], np.uint8)
            path = f"{scene}-{colour}.png"
            Image.fromarray(shades[mask]).save(folder / path)
            things = (
                Thing("box", {"colour": colour}, {"centre": (18.0, top + 10.0)}),
                Thing("bar", {"colour": "green"}, {"centre": (50.0, top + 5.0)}),
            )
            depth = (mask / 2).astype(np.float32)
            truths[path] = PictureTruth(path, str(scene), things, mask, depth)
    return Material(rows_of(_tasks(truths)), folder, truths)


def _tasks(truths: Mapping[str, PictureTruth]) -> Iterator[Task]:
    for path, truth in truths.items():
        colour = truth.things[0].attributes["colour"]
        facts = (f"box colour={colour}", "bar colour=green")
        for name, question, gold, needed, program in (
            ("colour", "Which colour has the box?", colour, facts[:1], "colour of box"),
            ("count", "How many bars are there?", "1", ("bar",), "count bar"),
        ):
            kind: Kind = "number" if name == "count" else "text"
            answers = (("1",), ("2",)) if name == "count" else tuple((one,) for one in _COLOURS)
            told = Truth(
                gold=gold, kind=kind, answers=answers, facts=facts, needed=needed,
                program=program, question=question,
            )  # fmt: skip
            prompt = asked(question, "Answer with a word.", "ball colour=red")
            yield Task(f"{path}-{name}", truth.scene, (path,), prompt, told)
