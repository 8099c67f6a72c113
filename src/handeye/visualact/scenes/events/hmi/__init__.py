"""Human-Machine Interaction: people and machines, seen from the side."""

from __future__ import annotations

from handeye.visualact.scenes.events.hmi import care, dangers, quiet, requests, twins, workshop
from handeye.visualact.scenes.film import Kind

KINDS: tuple[Kind, ...] = (
    *dangers.KINDS,
    *workshop.KINDS,
    *requests.KINDS,
    *care.KINDS,
    *twins.KINDS,
    *quiet.KINDS,
)
"""A set depends on this order."""
