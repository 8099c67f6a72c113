"""The small models that ship with handeye: where their folders lie."""

from __future__ import annotations

from pathlib import Path

from handeye.errors import RunError

_FOLDERS = Path(__file__).parents[2] / "data"


def shipped_model_dir(name: str, otherwise: str) -> Path:
    """Folder of ``handeye/NAME``, as ``from_pretrained`` reads it.

    Args:
        name: of the model.
        otherwise: how to train and ask one where it is missing.

    Raises:
        RunError: this installation lacks it.
    """
    folder = _FOLDERS / name
    if not (folder / "model.safetensors").exists():
        raise RunError(
            f"no handeye/{name} came with this installation; train one with: {otherwise}"
        )
    return folder


def small_model_dir() -> Path:
    """Folder of ``handeye/small``.

    Raises:
        RunError: this installation lacks it.
    """
    return shipped_model_dir(
        "small", "handeye train base --seed 1 --out DIR (then --model handeye/hf -M path=DIR)"
    )
