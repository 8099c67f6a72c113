"""What tells a loaded model from another: family, dtype, hashes of weights and processor."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from handeye.hashing import file_sha256
from handeye.respondents.local.loading import LocalModel


def identity_of(loaded: LocalModel) -> dict[str, str]:
    """Family, dtype, checkpoint and processor of a model: what its states hang on.

    ``checkpoint`` is the commit on the Hub, or the SHA-256 of the folder's weights; of a model that
    was never saved, of its weights in memory.
    """
    config = loaded.model.config
    commit = getattr(config, "_commit_hash", None)
    return {
        "family": type(loaded.model).__name__,
        "model_dtype": str(loaded.dtype).removeprefix("torch."),
        "checkpoint": commit or _weights(loaded.model),
        "processor": _processor(loaded.processor),
    }


CARD = "run-card.json"
"""What a training of ours leaves beside the weights."""


def taught(loaded: LocalModel) -> dict[str, Any]:
    """How a model of ours was supervised, as the card beside its weights says.

    Returns:
        ``supervision`` and, where patches were told apart, ``labels``; empty of any other model.
    """
    card = _folder(loaded.model) / CARD
    try:
        told = json.loads(card.read_bytes())
    except (OSError, ValueError):
        return {}
    told = told if isinstance(told, dict) else {}
    return {name: told[name] for name in ("supervision", "labels") if told.get(name)}


def _folder(model: Any) -> Path:
    return Path(str(getattr(model, "name_or_path", "") or ""))


def _weights(model: Any) -> str:
    folder = _folder(model)
    files = sorted(folder.glob("*.safetensors")) if folder.name and folder.is_dir() else []
    told = hashlib.sha256()
    for file in files:
        told.update(f"{file.name} {file_sha256(file)}\n".encode())
    if not files:
        for name, one in sorted(model.state_dict().items()):
            told.update(name.encode())
            told.update(one.detach().float().cpu().numpy().tobytes())
    return told.hexdigest()


def _processor(processor: Any) -> str:
    tokenizer = processor.tokenizer
    words = (
        tokenizer.backend_tokenizer.to_str()
        if tokenizer.is_fast
        else sorted(tokenizer.get_vocab().items())
    )
    template = getattr(processor, "chat_template", None) or tokenizer.chat_template
    parts = [processor.to_dict(), words, template]
    return digest(parts)


def digest(value: Any) -> str:
    """SHA-256 of plain values as sorted JSON, hexadecimal; empty for an empty one."""
    if not value:
        return ""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
