"""The run card: what a training was made with, and what it took."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

from handeye import __version__
from handeye.training.art import HELD_OUT, plans_of
from handeye.training.recipe import Recipe

_LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "numpy", "pillow")


def machine() -> dict[str, Any]:
    """What the training ran on; no names of hosts or people."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def run_card(
    recipe: Recipe,
    seed: int,
    seconds: float,
    parameters: int,
    ran_on: dict[str, Any],
    *,
    resumed: bool,
) -> dict[str, Any]:
    """The card as JSON.

    Args:
        recipe: what was done.
        seed: of weights and scenes.
        seconds: wall-clock time; of the last process only if ``resumed``.
        parameters: weights of the shipped model.
        ran_on: see :func:`machine`.
        resumed: whether the training was interrupted and gone on with.
    """
    answering = recipe.total_pictures - recipe.looking_steps * recipe.pictures
    # Even pictures have six questions, odd ones (with a cue) seven; batches start at even numbers
    # or the difference is one question.
    questions = 6 * answering + answering // 2
    return {
        "handeye": __version__,
        "seed": seed,
        "recipe": recipe.record(),
        "seconds": round(seconds, 1),
        "resumed": resumed,
        "parameters": parameters,
        "data": {
            "pictures": recipe.total_pictures,
            "questions_answered_in_training": questions,
            "art": {"seen": list(plans_of("seen")), "held_out": list(HELD_OUT)},
        },
        "libraries": {name: version(name) for name in _LIBRARIES},
        "machine": ran_on,
    }
