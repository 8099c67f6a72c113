"""The kinds of events of Human-Machine Interaction."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Pose
from handeye.visualact.scenes.events.hmi import (
    care as hmi_care,
    dangers as hmi_dangers,
    quiet as hmi_quiet,
    requests as hmi_requests,
    twins as hmi_twins,
    workshop as hmi_workshop,
)
from handeye.visualact.scenes.events.hmi.machines import arm
from handeye.visualact.scenes.events.hmi.stage import METRE, hand_of
from handeye.visualact.scenes.film import Kind
from tests.support.visualact import kind_checks as checks
from tests.support.visualact.kind_checks import Facts, number

FILES = (hmi_dangers, hmi_workshop, hmi_requests, hmi_care, hmi_twins, hmi_quiet)
KINDS: tuple[Kind, ...] = tuple(kind for file in FILES for kind in file.KINDS)


def arm_swings(facts: Facts) -> checks.Calls:
    d, near = hmi_dangers, number(facts, "gap_metres") < 0.45
    return [(d.STOP_ARM, 3 + near), (d.WARN_WORKER, 2 + near), (d.STAY_STOPPED, 2)]


def lift_hand(facts: Facts) -> checks.Calls:
    d, level = hmi_dangers, 3 + (number(facts, "gap_metres") < 0.35)
    return [(d.OPEN_DOORS, level), (d.HOLD_LIFT, level), (d.WAIT_FOR, 1)]


def stumbles(facts: Facts) -> checks.Calls:
    d, far = hmi_dangers, number(facts, "tilt_degrees") > 22
    return [(d.CATCH, 3 + far), (d.LOCK_WHEELS, 2 + far), (d.ASK_HURT, 1)]


def belt_jams(facts: Facts) -> checks.Calls:
    d, falls = hmi_workshop, facts["falls"] == "yes"
    out = [(d.STOP_BELT, 2 + falls), (d.CLEAR_JAM, 2)]
    return [*out, (d.PICK_BOX, 2)] if falls else out


def heavy_box(facts: Facts) -> checks.Calls:
    large = number(facts, "box_metres") > 0.75
    return [(hmi_workshop.HELP_LIFT, 2 + large), (hmi_workshop.ADVISE, 1)]


def waves_over(facts: Facts) -> checks.Calls:
    return [(hmi_requests.COME, 2 + (facts["arms"] == "both")), (hmi_requests.ASK_WISH, 1)]


def stop_palm(facts: Facts) -> checks.Calls:
    near = number(facts, "metres_left") < 0.6
    return [(hmi_requests.HALT, 2 + near), (hmi_requests.BACK_AWAY, 1 + near)]


def points_box(facts: Facts) -> checks.Calls:
    return [(hmi_requests.FETCH, 2), (hmi_requests.CONFIRM, int(facts["shelf"] == "middle"))]


def wants_tool(facts: Facts) -> checks.Calls:
    r, loaded = hmi_requests, facts["plate"] == "held up"
    out = [(r.GIVE_TOOL, 2 + loaded), (r.HANDLE_FIRST, 1)]
    return [*out, (r.HOLD_PLATE, 2)] if loaded else out


def far_glass(facts: Facts) -> checks.Calls:
    out = [(hmi_care.GIVE_GLASS, 2), (hmi_care.TABLE_NEARER, 1)]
    return [*out, (hmi_care.KEEP_IN_BED, 3)] if number(facts, "tilt_degrees") > 20 else out


def drops_it(facts: Facts) -> checks.Calls:
    k = hmi_care
    if facts["thing"] == "glass":
        return [(k.SWEEP_UP, 3), (k.KEEP_AWAY, 3), (k.SOOTHE, 0)]
    return [(k.PICK_UP, 2), (k.SOOTHE, 0)]


def cell_border(facts: Facts) -> checks.Calls:
    near = number(facts, "nearest_metres") < 0.5
    return [(hmi_twins.STOP_ENTERED, 3 + near), (hmi_twins.SEND_OUT, 2)]


def parcel_tray(facts: Facts) -> checks.Calls:
    wide = number(facts, "parcel_width") > number(facts, "tray_width")
    return [(hmi_twins.DELIVER, 2), (hmi_twins.SECURE, 1 + wide)]


def doors_move(facts: Facts) -> checks.Calls:
    return [(hmi_twins.REOPEN, 1 + (facts["stick"] == "yes")), (hmi_twins.NEXT_LIFT, 1)]


def doors_move_back(facts: Facts) -> checks.Calls:
    return [(hmi_twins.TAKE_TIME, 1 + (facts["stick"] == "yes")), (hmi_twins.ASK_GOAL, 1)]


FORWARD: dict[str, checks.Expected] = {
    "arm_swings": arm_swings,
    "lift_hand": lift_hand,
    "stumbles": stumbles,
    "belt_jams": belt_jams,
    "heavy_box": heavy_box,
    "waves_over": waves_over,
    "stop_palm": stop_palm,
    "points_box": points_box,
    "wants_tool": wants_tool,
    "far_glass": far_glass,
    "drops_it": drops_it,
    "cell_border": cell_border,
    "parcel_tray": parcel_tray,
    "doors_move": doors_move,
    "fenced_arm": lambda f: [],
    "talk_by_robot": lambda f: [],
}
BACKWARD: dict[str, checks.Expected] = {
    "cell_border": lambda f: [(hmi_twins.FULL_SPEED, 1), (hmi_twins.NEXT_PIECE, 0)],
    "parcel_tray": lambda f: [(hmi_twins.NEXT_JOB, 1), (hmi_twins.WISH, 0)],
    "doors_move": doors_move_back,
}
CASES = [(kind, backward) for kind in KINDS for backward in checks.directions(kind)]
IDS = [f"{kind.name}{'-backward' if backward else ''}" for kind, backward in CASES]
WAYS = pytest.mark.parametrize(("kind", "backward"), CASES, ids=IDS)


def named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def test_every_kind_has_its_levels_checked() -> None:
    assert {kind.name for kind in KINDS} == set(FORWARD)
    assert {kind.name for kind in KINDS if kind.reversible} == set(BACKWARD)
    assert {kind.scenario for kind in KINDS} == {"hmi"}
    assert sum(kind.idle for kind in KINDS) == 2
    rules = [r for kind in KINDS for r in (*kind.rules, *kind.backward_rules)]
    assert {level for rule in rules for level in rule.levels} == {0, 1, 2, 3, 4}
    assert {rule.proactive for rule in rules} == {True, False}


@WAYS
def test_actions_follow_from_facts(kind: Kind, backward: bool) -> None:
    checks.check_values(kind, backward, (BACKWARD if backward else FORWARD)[kind.name])


def test_idle_films_name_what_moves_and_means_nothing() -> None:
    for kind in KINDS:
        if kind.idle:
            assert all(len(checks.film_of(kind, seed).distractors) == 3 for seed in range(20))


def test_worker_ends_as_near_to_the_arm_as_the_facts_say() -> None:
    for seed in range(10):
        film = checks.film_of(named("cell_border"), seed)
        before, after = checks.picture(film, 0.0, film.seconds)
        # Below the bench's top only the worker moves; who ends at x has feet about 8 pixels wider.
        columns = np.flatnonzero((np.abs(before - after).max(axis=2)[236:262] > 24).any(axis=0))
        nearest, farthest = (
            156 + METRE * number(film.facts, name) for name in ("nearest_metres", "farthest_metres")
        )
        assert abs(int(columns[0]) - nearest) < 16, (seed, film.facts)
        assert abs(int(columns[-1]) - farthest) < 20, (seed, film.facts)


def test_a_box_lies_before_the_belt_only_where_the_facts_say() -> None:
    for seed in range(8):
        film = checks.film_of(named("belt_jams"), seed)
        before, after = checks.picture(film, 0.0, film.seconds)
        fallen = checks.moved(before[240:280, 150:300], after[240:280, 150:300]) > 500
        assert fallen == (film.facts["falls"] == "yes"), seed


def test_doors_shut_only_in_time() -> None:
    # Above the head of the waiting person, who sways a little.
    film = checks.film_of(named("doors_move"), 1)
    still = [film.evidence[0] * part for part in (0.0, 0.9)]
    first, second = (image[90:124] for image in checks.picture(film, *still))
    shut = checks.picture(film, film.seconds)[0][90:124]
    assert checks.moved(first, second) < 60 < 2000 < checks.moved(first, shut)


def test_broken_glass_is_seen_only_where_a_glass_fell() -> None:
    for seed in range(8):
        film = checks.film_of(named("drops_it"), seed)
        before, after = checks.picture(film, 0.0, film.seconds)
        changed = (np.abs(before - after).max(axis=2)[256:284] > 24).any(axis=0)
        wide = int(changed.sum())
        assert (wide > 50) == (film.facts["thing"] == "glass"), (seed, wide, film.facts)
        assert wide > 10


@pytest.mark.parametrize("goal", [(150.0, 150.0), (40.0, 120.0), (100.0, 100.0), (900.0, 150.0)])
def test_an_arm_reaches_its_goal_or_as_far_as_it_is_long(goal: tuple[float, float]) -> None:
    tip = arm(Canvas(), 100, 262, goal, 100, "#e8862e")
    shoulder = (100, 262 - 45)
    reach = np.hypot(tip[0] - shoulder[0], tip[1] - shoulder[1])
    assert reach <= 1.24 * 100
    if goal[0] < 900:
        assert np.allclose(tip, goal)
    else:
        assert reach == pytest.approx(0.62 * 1.98 * 100)


def test_hand_is_where_the_figure_draws_it() -> None:
    # 0.11 beside the middle at shoulder height plus (0.2, 0) of 100 pixels, upright.
    assert hand_of(50, 200, 100, Pose(right=(0.2, 0.0)), 1) == pytest.approx((81, 126.5))
    assert hand_of(50, 200, 100, Pose(left=(-0.2, 0.0)), -1) == pytest.approx((19, 126.5))
