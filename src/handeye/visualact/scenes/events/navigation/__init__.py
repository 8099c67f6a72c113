"""Dynamic Navigation: what is seen from behind a windscreen."""

from __future__ import annotations

from handeye.visualact.scenes.events.navigation import hazards, quiet, standing, traffic
from handeye.visualact.scenes.film import Kind

KINDS: tuple[Kind, ...] = (
    *hazards.KINDS,
    *traffic.KINDS,
    *standing.KINDS,
    *quiet.KINDS,
)
"""A set depends on this order."""
