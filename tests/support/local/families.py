"""Tiny models of several families that see or hear, with random weights and a byte tokenizer.

Nothing is downloaded. Weights are drawn large, so that answers depend on what was asked.
"""

from __future__ import annotations

import base64
import io
import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inspect_ai.model import (
    ChatMessageUser,
    ContentAudio,
    ContentImage,
    ContentText,
    ContentVideo,
)
from PIL import Image

from handeye.media.sound import encode_wav
from handeye.respondents.local.loading import LocalModel, of
from handeye.rose.teaching.words import phrases
from handeye.training.small import FAMILIES as FAMILIES_OF_OURS, small
from tests.support.local import sound_builders
from tests.support.local.builders import gemma3, idefics3, llava
from tests.support.local.video_builders import internvl, llava_onevision, smolvlm

# Two threads are many times slower than one beside another busy process.
torch.set_num_threads(1)
_BUILDERS = {
    "llava": llava,
    "llava_onevision": llava_onevision,
    **{family: partial(small, family, phrases()) for family in FAMILIES_OF_OURS},
    "internvl": internvl,
    "gemma3": gemma3,
    "smolvlm": smolvlm,
    "idefics3": idefics3,
}
FAMILIES = tuple(_BUILDERS)
"""Those that see, and do not hear."""
_HEARING = {
    "qwen2_5_omni": sound_builders.qwen2_5_omni,
    "qwen3_omni": sound_builders.qwen3_omni,
    "gemma3n": sound_builders.gemma3n,
    "gemma4": sound_builders.gemma4,
    "phi4": sound_builders.phi4,
}
HEARING = tuple(_HEARING)
"""Those that see and hear."""


def model_of(family: str) -> LocalModel:
    """A tiny model of a family, always the same."""
    return drawn(*{**_BUILDERS, **_HEARING}[family]())


def drawn(model: Any, processor: Any) -> LocalModel:
    """A model with large weights, always the same."""
    draws = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                spread = 2.0 / weights[0].numel() ** 0.5
                weights.copy_(torch.randn(weights.shape, generator=draws) * spread)
    return of(model, processor)


def publish(made: LocalModel, folder: Path, **settings: Any) -> Path:
    """Write the files that a model of such a family has on the Hub; settings of its processor."""
    made.model.save_pretrained(folder)
    parts: dict[str, Any] = {}
    for name in ("image_processor", "feature_extractor"):
        if (part := getattr(made.processor, name, None)) is not None:
            part.save_pretrained(folder)
            parts |= json.loads((folder / "preprocessor_config.json").read_bytes())
    (folder / "preprocessor_config.json").write_text(json.dumps(parts))
    made.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(made.processor.chat_template)
    told = {"processor_class": type(made.processor).__name__, **settings}
    (folder / "processor_config.json").write_text(json.dumps(told))
    return folder


def picture(seed: int, width: int = 40, height: int = 40) -> str:
    """A picture of noise as a data URL."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def tone(pitch: float, seconds: float = 0.6, rate: int = 16_000) -> str:
    """A tone of so many hertz on two channels, as the data URL of a WAV file."""
    wave = np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate) * 20_000
    data = encode_wav(np.repeat(wave.astype(np.int16)[:, None], 2, axis=1), rate)
    return "data:audio/wav;base64," + base64.b64encode(data).decode()


def video(seed: int, pitch: float | None = None) -> str:
    """Half a second of noise, four frames, with a tone or without a sound track; a data URL."""
    import av

    draws, out = np.random.default_rng(seed), io.BytesIO()
    with av.open(out, "w", "mp4") as file:
        pictures: Any = file.add_stream("mpeg4", rate=8)
        pictures.width, pictures.height, pictures.pix_fmt = 48, 48, "yuv420p"
        sound: Any = None if pitch is None else file.add_stream("aac", rate=16_000, layout="mono")
        for number in range(4):
            noise = draws.integers(0, 256, (48, 48, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 8)
            file.mux(pictures.encode(frame))
        file.mux(pictures.encode(None))
        if sound is not None and pitch is not None:
            wave = np.sin(2 * np.pi * pitch * np.arange(8_000) / 16_000) * 20_000
            heard = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            heard.sample_rate, heard.pts = 16_000, 0
            file.mux(sound.encode(heard))
            file.mux(sound.encode(None))
    return "data:video/mp4;base64," + base64.b64encode(out.getvalue()).decode()


def conversation(*parts: str) -> list[ChatMessageUser]:
    """One user message of texts, pictures, sounds and videos (data URLs)."""
    return [ChatMessageUser(content=[_content(part) for part in parts])]


def _content(part: str) -> Any:
    if part.startswith("data:image"):
        return ContentImage(image=part)
    if part.startswith("data:audio"):
        return ContentAudio(audio=part, format="wav")
    if part.startswith("data:video"):
        return ContentVideo(video=part, format="mp4")
    return ContentText(text=part)
