"""How many items ended in a state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """How many items ended in a state (``missing``: asked for, no prediction at all)."""

    key: str
    count: int
