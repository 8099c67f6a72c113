"""All kinds of events that clips are generated from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from handeye.errors import OptionError
from handeye.visualact.records import LARGEST_LEVEL, SCENARIOS
from handeye.visualact.scenes.events import (
    hazards,
    hmi_care,
    hmi_dangers,
    hmi_quiet,
    hmi_requests,
    hmi_twins,
    hmi_workshop,
    home_fixtures,
    home_hall,
    home_kitchen,
    home_people,
    home_rooms,
    home_twins,
    quiet_roads,
    safety_accidents,
    safety_people,
    safety_platform,
    safety_quiet,
    safety_twins,
    safety_work,
    standing,
    traffic,
)
from handeye.visualact.scenes.film import Kind, Rule

KINDS: tuple[Kind, ...] = (
    *hazards.KINDS,
    *traffic.KINDS,
    *standing.KINDS,
    *quiet_roads.KINDS,
    *home_kitchen.KINDS,
    *home_people.KINDS,
    *home_fixtures.KINDS,
    *home_hall.KINDS,
    *home_rooms.KINDS,
    *home_twins.KINDS,
    *safety_accidents.KINDS,
    *safety_people.KINDS,
    *safety_platform.KINDS,
    *safety_work.KINDS,
    *safety_twins.KINDS,
    *safety_quiet.KINDS,
    *hmi_dangers.KINDS,
    *hmi_workshop.KINDS,
    *hmi_requests.KINDS,
    *hmi_care.KINDS,
    *hmi_twins.KINDS,
    *hmi_quiet.KINDS,
)
"""In the paper's order of scenarios. A set depends on this order."""

FEWEST_KINDS = 6
"""Kinds that every scenario must at least have."""


def kinds(scenario: str | None = None) -> tuple[Kind, ...]:
    """The kinds of a scenario (all of them by default), in the catalogue's order."""
    return tuple(kind for kind in KINDS if scenario in (None, kind.scenario))


def kind(name: str) -> Kind:
    """The kind of a name.

    Raises:
        OptionError: there is none.
    """
    for one in KINDS:
        if one.name == name:
            return one
    raise OptionError(f"no kind of event is called {name!r}; known: {_names(KINDS)}")


def digest(found: Sequence[Kind] = KINDS) -> str:
    """Sixteen hexadecimal digits of what kinds there are, in which order and with which rules."""
    told = [
        (one.name, one.scenario, one.shows, one.backward_shows, *map(_told, _rules(one)))
        for one in found
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def problems(found: Sequence[Kind] = KINDS) -> list[str]:
    """Everything about kinds that is not as it should be, in words.

    A whole catalogue is expected: every scenario with :data:`FEWEST_KINDS` kinds, among them one
    that calls for nothing and one that only the direction of time tells.
    """
    out = [f"{name}: there {n} times" for name, n in _counted(found).items() if n > 1]
    for one in found:
        out += [f"{one.name}: {what}" for what in _kind_problems(one)]
    for scenario in SCENARIOS:
        own = [one for one in found if one.scenario == scenario]
        if len(own) < FEWEST_KINDS:
            out.append(f"{scenario}: {len(own)} kinds ({_names(own)}); at least {FEWEST_KINDS}")
        if not any(one.idle for one in own):
            out.append(f"{scenario}: no kind that calls for nothing")
        if not any(one.reversible for one in own):
            out.append(f"{scenario}: no kind that only the direction of time tells")
    return out


def _kind_problems(one: Kind) -> list[str]:
    out: list[str] = []
    if one.scenario not in SCENARIOS:
        out.append(f"scenario {one.scenario!r} is not known")
    if one.backward_rules and not one.reversible:
        out.append("rules for the backward film, but nothing that it shows")
    for rule in _rules(one):
        if len(rule.texts) < 2 or len(set(rule.texts)) < len(rule.texts):
            out.append(f"{rule.texts[0]!r} needs at least two different wordings")
        if not rule.levels or not all(0 <= level <= LARGEST_LEVEL for level in rule.levels):
            out.append(f"{rule.texts[0]!r} needs levels from 0 to {LARGEST_LEVEL}")
    return out


def _rules(one: Kind) -> tuple[Rule, ...]:
    return (*one.rules, *one.backward_rules)


def _told(rule: Rule) -> tuple[object, ...]:
    return (rule.texts, rule.proactive, sorted(rule.levels.items()))


def _counted(found: Sequence[Kind]) -> Counter[str]:
    return Counter(one.name for one in found)


def _names(found: Sequence[Kind]) -> str:
    return ", ".join(one.name for one in found) or "none"
