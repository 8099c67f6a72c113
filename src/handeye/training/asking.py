"""A trained model, read and asked as anyone would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from handeye.errors import RunError
from handeye.training.lesson import Asked

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor

MOST_NEW_TOKENS = 64


def load_model(directory: Path) -> tuple[LlavaForConditionalGeneration, LlavaProcessor]:
    """A trained folder, read as anyone would read it.

    Raises:
        RunError: there is no model in it.
    """
    from transformers import AutoModelForImageTextToText, AutoProcessor

    if not (directory / "config.json").is_file():
        raise RunError(f"{directory} holds no trained model (no config.json); train one first")
    model = AutoModelForImageTextToText.from_pretrained(directory, dtype=torch.float32)
    return model.eval(), AutoProcessor.from_pretrained(directory)


@torch.inference_mode()
def answers(
    model: LlavaForConditionalGeneration,
    processor: LlavaProcessor,
    pixels: NDArray[np.uint8],
    questions: Sequence[Asked],
) -> list[str]:
    """The model's greedy answers to questions about one picture, ``(height, width, 3)`` uint8."""
    texts = [
        processor.apply_chat_template(
            [
                {
                    "role": "user",
                    "content": [{"type": "image"}, {"type": "text", "text": question.text}],
                }
            ],
            add_generation_prompt=True,
        )
        for question in questions
    ]
    inputs = processor(
        text=texts, images=[pixels] * len(texts), padding=True, return_tensors="pt"
    ).to(model.device)
    made = model.generate(**inputs, do_sample=False, max_new_tokens=MOST_NEW_TOKENS)
    told = made[:, inputs["input_ids"].shape[1] :]
    return [str(text) for text in processor.batch_decode(told, skip_special_tokens=True)]
