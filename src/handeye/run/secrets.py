"""Keeps keys out of everything that is written: error texts, plans, run.json.

Servers do repeat a wrong key in their complaint, so every text that came from one goes through
:func:`without_keys` before it is shown, logged or journaled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

# Environment variables that hold keys, by the ends of their names.
_ENDINGS = ("_API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY", "_PASSWORD")
# Provider arguments with such a word in their name are never written down; counts of tokens are.
_WORDS = ("key", "token", "secret", "password")
_COUNTS = ("max_tokens", "max_new_tokens")
# Shorter values are no keys, and blotting them out would riddle the text.
_SHORTEST = 6


def without_keys(
    text: str, more: Iterable[str | None] = (), environ: Mapping[str, str] | None = None
) -> str:
    """``text`` with every key replaced by ``[key]``.

    Args:
        text: anything that came from outside.
        more: keys that are known from elsewhere.
        environ: where keys are looked up; the process environment by default.
    """
    env = os.environ if environ is None else environ
    keys = {value for name, value in env.items() if name.upper().endswith(_ENDINGS)}
    keys.update(value for value in more if value)
    for value in sorted(keys, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, "[key]")
    return text


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with everything that is named like a secret replaced by ``"[not kept]"``."""
    return {name: "[not kept]" if _is_secret(name) else value for name, value in values.items()}


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower not in _COUNTS and any(word in lower for word in _WORDS)
