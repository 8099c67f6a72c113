"""The small model that ships with handeye: where its folder lies."""

from __future__ import annotations

from pathlib import Path

from handeye.errors import RunError

_FOLDER = Path(__file__).parents[2] / "data" / "small"


def small_model_dir() -> Path:
    """Folder of ``handeye/small``, as ``from_pretrained`` reads it.

    Raises:
        RunError: this installation lacks it.
    """
    if not (_FOLDER / "model.safetensors").exists():
        raise RunError(
            f"{_FOLDER} holds no model; install handeye again, or train one with: "
            "handeye train base --seed 1 --out DIR (then --model handeye/hf -M path=DIR)"
        )
    return _FOLDER
