"""The kinds of events of Safety and Monitoring."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.visualact.scenes.events.safety import (
    accidents as safety_accidents,
    people as safety_people,
    platform as safety_platform,
    quiet as safety_quiet,
    twins as safety_twins,
    work as safety_work,
)
from handeye.visualact.scenes.film import Kind
from tests.support.visualact import kind_checks as checks
from tests.support.visualact.kind_checks import Facts, number

FILES = (
    safety_accidents,
    safety_people,
    safety_work,
    safety_platform,
    safety_twins,
    safety_quiet,
)
KINDS: tuple[Kind, ...] = tuple(kind for file in FILES for kind in file.KINDS)


def bin_fire(facts: Facts) -> checks.Calls:
    a, flame = safety_accidents, number(facts, "flame_pixels")
    level = 4 if flame > number(facts, "bin_pixels") else 3
    out = [(a.PUT_OUT, level), (a.ALARM, level)]
    out += [(a.LEAD_OUT, level)] if facts["person"] == "sits" else []
    burns_near = flame > 0 and number(facts, "curtain_metres") < 1
    return out + ([(a.MOVE_CURTAIN, 3)] if burns_near else [])


def pipe_bursts(facts: Facts) -> checks.Calls:
    a, gap = safety_accidents, number(facts, "strip_metres")
    wet = 4 if gap == 0 else 3 if gap < 1 else 2
    out = [(a.SHUT_VALVE, 3 if facts["jet"] == "strong" else 2), (a.CUT_POWER, wet), (a.MOP_UP, 1)]
    return out + ([(a.SAVE_BOX, 2)] if facts["boxes"] != "none" else [])


def collapse(facts: Facts) -> checks.Calls:
    p, still = safety_people, facts["after_fall"] == "lies still"
    out = [(p.HELP_FALLEN, 3 + still), (p.AMBULANCE, 3 + still), (p.SHOW_WAY, 2)]
    return out + ([(p.DEFIBRILLATOR, 3)] if still else [])


def tries_doors(facts: Facts) -> checks.Calls:
    p = safety_people
    assert facts["doors"] in (2, 3)
    guard = 3 if facts["came_open"] == "yes" else 2
    return [(p.SEND_GUARD, guard), (p.CHECK_DOORS, 2), (p.ASK, 1)]


def child_climbs(facts: Facts) -> checks.Calls:
    p, high = safety_people, number(facts, "hips_above_rail") > 0
    out = [(p.GRAB_CHILD, 3 + high), (p.TELL_PARENTS, 2 + high), (p.CLOSE_BALCONY, 2)]
    return out + ([(p.CATCH, 3)] if high else [])


def swinging_load(facts: Facts) -> checks.Calls:
    w, gap = safety_work, number(facts, "metres_beside")
    out = [
        (w.CLEAR_WORKER, 4 if gap == 0 else 3 if gap < 1.5 else 2),
        (w.CALM_LOAD, 3 if number(facts, "swing_metres") > 1.2 else 2),
        (w.CORDON, 2),
    ]
    return out + ([(w.HELMET, 2)] if facts["helmet"] == "no" else [])


def ladder_slips(facts: Facts) -> checks.Calls:
    w, far = safety_work, number(facts, "slid_metres") > 0.5
    return [(w.HOLD_LADDER, 3 + far), (w.CLIMB_DOWN, 2 + far), (w.TIE_LADDER, 1)]


def platform_edge(facts: Facts) -> checks.Calls:
    p, near = safety_platform, number(facts, "edge_metres") < 0.5
    assert number(facts, "edge_metres") < 1, "the yellow line is a metre from the edge"
    out = [(p.STEP_BACK, 3 + near)] + ([(p.BRAKE_TRAIN, 4)] if near else [])
    return out + ([(p.LOOK_UP, 1)] if facts["phone"] == "yes" else [])


def left_luggage(facts: Facts) -> checks.Calls:
    p, near = safety_platform, number(facts, "people_near") > 0
    out = [(p.REPORT_CASE, 2 + near), (p.CALL_AFTER, 2)]
    return out + ([(p.KEEP_AWAY, 3)] if near else [])


def fence_climber(facts: Facts) -> checks.Calls:
    t, near = safety_twins, number(facts, "metres_to_transformer") < 0.8
    out = [(t.CALL_BACK, 3 + near), (t.GUARD_IN, 3), (t.MEND_FENCE, 1)]
    return out + ([(t.POWER_OFF, 3)] if near else [])


def crowd_tightens(facts: Facts) -> checks.Calls:
    t, tight = safety_twins, number(facts, "spacing_metres") < 0.5
    return [(t.STOP_INFLOW, 3 + tight), (t.OPEN_GATES, 3), (t.SPEAK, 2)]


FORWARD: dict[str, checks.Expected] = {
    "bin_fire": bin_fire,
    "pipe_bursts": pipe_bursts,
    "collapse": collapse,
    "tries_doors": tries_doors,
    "child_climbs": child_climbs,
    "swinging_load": swinging_load,
    "ladder_slips": ladder_slips,
    "platform_edge": platform_edge,
    "left_luggage": left_luggage,
    "fence_climber": fence_climber,
    "crowd_tightens": crowd_tightens,
    "quiet_platform": lambda f: [],
    "quiet_corridor": lambda f: [],
}
BACKWARD: dict[str, checks.Expected] = {
    "left_luggage": lambda f: [
        (safety_platform.ALL_CLEAR, 1),
        (safety_platform.GOOD_TRIP, 0),
    ],
    "fence_climber": lambda f: [
        (safety_twins.QUESTION, 2),
        (safety_twins.INSPECT, 2),
        (safety_twins.DESCRIBE, 1),
    ],
    "crowd_tightens": lambda f: [
        (safety_twins.REOPEN, 1),
        (safety_twins.KEEP_EYE, 1),
        (safety_twins.THANK, 0),
    ],
}
CASES = [(kind, backward) for kind in KINDS for backward in checks.directions(kind)]
IDS = [f"{kind.name}{'-backward' if backward else ''}" for kind, backward in CASES]
WAYS = pytest.mark.parametrize(("kind", "backward"), CASES, ids=IDS)


def named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def test_every_kind_has_its_levels_checked() -> None:
    assert {kind.name for kind in KINDS} == set(FORWARD)
    assert {kind.name for kind in KINDS if kind.reversible} == set(BACKWARD)
    assert {kind.scenario for kind in KINDS} == {"safety"}
    assert sum(kind.idle for kind in KINDS) == 2
    rules = [r for kind in KINDS for r in (*kind.rules, *kind.backward_rules)]
    assert {level for rule in rules for level in rule.levels} == {0, 1, 2, 3, 4}
    assert {rule.proactive for rule in rules} == {True, False}


@WAYS
def test_actions_follow_from_facts(kind: Kind, backward: bool) -> None:
    checks.check_values(kind, backward, (BACKWARD if backward else FORWARD)[kind.name])


def test_water_ends_where_the_facts_say() -> None:
    for seed in range(24):
        film = checks.film_of(named("pipe_bursts"), seed)
        if film.facts["boxes"] != "none":  # they may hide the shore
            continue
        dry, wet = checks.picture(film, 0.0, film.seconds)
        shore = safety_accidents.STRIP_X - 30 - number(film.facts, "strip_metres") * 42
        row = np.abs(dry - wet).max(axis=2)[246]
        assert row[int(shore) - 8 : int(shore) - 4].min() > 12, seed
        assert row[int(shore) + 2 : int(shore) + 30].max() <= 12, seed


def test_flames_rise_as_high_as_the_facts_say() -> None:
    for seed in range(12):
        film = checks.film_of(named("bin_fire"), seed)
        times = [film.seconds - 0.1 * i for i in range(4)]
        shown = checks.picture(film, *times)
        # Flame colours: much more red than blue, and bright.
        high = 0
        for image in shown:
            hot = (image[:, 160:290, 0] > 215) & (image[:, 160:290, 2] < 110)
            rows = np.flatnonzero(hot.sum(axis=1) > 1)
            high = max(high, 206 - int(rows[0]) if len(rows) else 0)
        flame = number(film.facts, "flame_pixels")
        assert abs(high - flame) <= 0.35 * flame + 4, (seed, high, flame)


def test_load_passes_over_the_worker_only_where_the_facts_say() -> None:
    for seed in range(12):
        film = checks.film_of(named("swinging_load"), seed)
        times = [film.seconds * i / 24 for i in range(25)]
        shown = np.stack(checks.picture(film, *times))
        # The beams' brown between the crane and the worker's head; the load's outermost columns.
        beams = np.abs(shown[:, 100:178] - np.array([0xB5, 0x67, 0x3F])).max(axis=3) < 12
        columns = np.flatnonzero(beams.any(axis=(0, 1)))
        vest = np.abs(shown[0, 180:262] - np.array([0xF2, 0x8A, 0x2E])).max(axis=2) < 12
        worker = float(np.flatnonzero(vest.any(axis=0)).mean())
        over = columns.min() - 2 <= worker <= columns.max() + 2
        assert over == (film.facts["metres_beside"] == 0), (seed, worker, columns.min())
