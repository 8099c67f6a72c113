"""The run card: what a training was made with, and what it took."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from handeye import __version__
from handeye.training.lesson import Recipe

_LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "numpy", "pillow")


def machine() -> dict[str, Any]:
    """What the training ran on; no names of hosts or people."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def is_first() -> bool:
    """Whether this is the process, of several, that writes and tells."""
    return int(os.environ.get("RANK", "0")) == 0


def run_card(
    suite: str,
    recipe: Recipe,
    data: Mapping[str, Any],
    seed: int,
    seconds: float,
    parameters: int,
    ran_on: dict[str, Any],
    *,
    labels: Sequence[str],
    resumed: bool,
) -> dict[str, Any]:
    """The card as JSON.

    Args:
        suite: what was taught.
        recipe: what was done.
        data: what was shown.
        seed: of weights and scenes.
        seconds: wall-clock time; of the last process only if ``resumed``.
        parameters: weights of the shipped model.
        ran_on: see :func:`machine`.
        labels: what was told of every patch, if it was.
        resumed: whether the training was interrupted and gone on with.
    """
    return {
        "handeye": __version__,
        "suite": suite,
        "seed": seed,
        "recipe": recipe.record(),
        "supervision": recipe.supervision,
        "labels": [] if recipe.supervision == "answers" else list(labels),
        "seconds": round(seconds, 1),
        "resumed": resumed,
        "parameters": parameters,
        "data": {"pictures": recipe.total_pictures, **data},
        "libraries": libraries(),
        "machine": ran_on,
    }


def libraries(*more: str) -> dict[str, str]:
    """Versions of what a training needs, and of further libraries."""
    return {name: version(name) for name in (*_LIBRARIES, *more)}
