"""Perception Stress Test: does a model trust its eyes or the words?

    from handeye import stress

    stress.generate("set", seed=7, groups=60)
    items = stress.load("set")
    items.masks(items.picture(items[0]))

The names are resolved when they are first used, so that importing the suite costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.stress.item_set import ItemSet
    from handeye.stress.items import Item, Picture
    from handeye.stress.loader import load
    from handeye.stress.scenes.description import describe
    from handeye.stress.scenes.generation import generate
    from handeye.stress.scenes.verification import verify

# Modules are nouns and functions verbs: a submodule must not take a function's name here.
_HOMES = {
    "Item": "handeye.stress.items:Item",
    "ItemSet": "handeye.stress.item_set:ItemSet",
    "Picture": "handeye.stress.items:Picture",
    "describe": "handeye.stress.scenes.description:describe",
    "generate": "handeye.stress.scenes.generation:generate",
    "load": "handeye.stress.loader:load",
    "verify": "handeye.stress.scenes.verification:verify",
}

__all__ = ["Item", "ItemSet", "Picture", "describe", "generate", "load", "verify"]

__getattr__ = face(__name__, _HOMES)
