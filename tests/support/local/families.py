"""Tiny vision-language models of several families, with random weights and a byte tokenizer.

Nothing is downloaded. Weights are drawn large, so that answers depend on what was asked.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import torch
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from PIL import Image

from handeye.respondents.local.loading import LocalModel, of
from tests.support.local.builders import gemma3, idefics3, llava
from tests.support.local.video_builders import (
    internvl,
    llava_onevision,
    qwen2_5_vl,
    qwen2_vl,
    qwen3_vl,
    smolvlm,
)

# Two threads are many times slower than one beside another busy process.
torch.set_num_threads(1)
_BUILDERS = {
    "llava": llava,
    "llava_onevision": llava_onevision,
    "qwen2_vl": qwen2_vl,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
    "internvl": internvl,
    "gemma3": gemma3,
    "smolvlm": smolvlm,
    "idefics3": idefics3,
}
FAMILIES = tuple(_BUILDERS)


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
