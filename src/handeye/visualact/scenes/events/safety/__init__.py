"""Safety and Monitoring: what a fixed camera watches."""

from __future__ import annotations

from handeye.visualact.scenes.events.safety import accidents, people, platform, quiet, twins, work
from handeye.visualact.scenes.film import Kind

KINDS: tuple[Kind, ...] = (
    *accidents.KINDS,
    *people.KINDS,
    *platform.KINDS,
    *work.KINDS,
    *twins.KINDS,
    *quiet.KINDS,
)
"""A set depends on this order."""
