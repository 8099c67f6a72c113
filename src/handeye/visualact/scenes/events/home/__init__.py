"""Home Service: rooms seen from the front."""

from __future__ import annotations

from handeye.visualact.scenes.events.home import fixtures, hall, kitchen, people, rooms, twins
from handeye.visualact.scenes.film import Kind

KINDS: tuple[Kind, ...] = (
    *kitchen.KINDS,
    *people.KINDS,
    *fixtures.KINDS,
    *hall.KINDS,
    *rooms.KINDS,
    *twins.KINDS,
)
"""A set depends on this order."""
