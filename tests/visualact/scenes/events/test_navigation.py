"""The kinds of events of Dynamic Navigation."""

from __future__ import annotations

import pytest

from handeye.visualact.scenes.events import hazards, quiet_roads, standing, traffic
from handeye.visualact.scenes.events.road import HORIZON, ground, size
from handeye.visualact.scenes.events.windscreen import TTC, urgency
from handeye.visualact.scenes.film import Kind
from tests.support.visualact import kind_checks as checks
from tests.support.visualact.kind_checks import Facts, number

FILES = (hazards, traffic, standing, quiet_roads)
KINDS: tuple[Kind, ...] = tuple(kind for file in FILES for kind in file.KINDS)


def time_left(facts: Facts) -> int:
    """The level that the seconds to the obstacle call for."""
    left = number(facts, "seconds_left")
    return 2 + (left < 2.5) + (left < 1.2)


def rolls(facts: Facts) -> int:
    return 3 if number(facts, "nearest") < 5 else 2


def steps_out(facts: Facts) -> checks.Calls:
    level = time_left(facts)
    assert round(number(facts, "metres_left") / number(facts, "speed"), 2) == facts["seconds_left"]
    return [
        (hazards.BRAKE, level),
        (hazards.HORN, 3 if level == 4 else 2),
        (hazards.MORE_BEHIND, 1),
    ]


def light_turns_red(facts: Facts) -> checks.Calls:
    waiting = [(traffic.LET_CROSS, 2)] if facts["people"] else []
    return [(traffic.STOP_RED, 3), *waiting]


FORWARD: dict[str, checks.Expected] = {
    "steps_out": steps_out,
    "ball_on_road": lambda f: [
        (hazards.SLOW_BALL, time_left(f)),
        (hazards.CHILD_FOLLOWS, 4 if f["child"] == "running" else 3),
    ],
    "cyclist_sways": lambda f: [
        (hazards.WIDE_BERTH, 3 if number(f, "sway_metres") > 0.5 else 2),
        (hazards.STAY_BEHIND, 2),
    ],
    "lead_brakes": lambda f: [
        (traffic.SLOW_BEHIND, time_left(f)),
        (traffic.HAZARD_LIGHTS, 2),
    ],
    "light_turns_red": light_turns_red,
    "ambulance_comes": lambda f: [
        (traffic.MAKE_WAY, 3),
        (traffic.SLOW_SIREN, 2),
    ],
    "falls_off": lambda f: [(traffic.AROUND, time_left(f)), (traffic.REPORT, 1)],
    "car_rolls": lambda f: [(standing.ROLL_HORN, rolls(f)), (standing.BACK_OFF, rolls(f))],
    "crosser": lambda f: [(standing.WAIT_CROSS, 3), (standing.SIGNAL_SEEN, 1)],
    "quiet_drive": lambda f: [],
    "waits_at_red": lambda f: [],
}
BACKWARD: dict[str, checks.Expected] = {
    "car_rolls": lambda f: [(standing.SET_OFF, 1), (standing.MIRRORS, 1)],
    "crosser": lambda f: [(standing.SET_OFF, 1), (standing.MIRRORS, 1)],
}
CASES = [(kind, backward) for kind in KINDS for backward in checks.directions(kind)]
IDS = [f"{kind.name}{'-backward' if backward else ''}" for kind, backward in CASES]
WAYS = pytest.mark.parametrize(("kind", "backward"), CASES, ids=IDS)


def test_every_kind_has_its_levels_checked() -> None:
    assert {kind.name for kind in KINDS} == set(FORWARD)
    assert {kind.name for kind in KINDS if kind.reversible} == set(BACKWARD)
    assert {kind.scenario for kind in KINDS} == {"navigation"}
    assert sum(kind.idle for kind in KINDS) == 2


@WAYS
def test_actions_follow_from_facts(kind: Kind, backward: bool) -> None:
    checks.check_values(kind, backward, (BACKWARD if backward else FORWARD)[kind.name])


def test_twins_show_nothing_that_runs_one_way() -> None:
    for kind in standing.KINDS:
        seen = {name for seed in range(80) for name in checks.film_of(kind, seed).distractors}
        assert seen == {"birds", "cloud", "blinking sign"}


def test_urgency_at_its_bounds() -> None:
    assert [urgency(s) for s in (0.0, 1.19, 1.2, 2.49, 2.5, 9.0)] == [4, 4, 3, 3, 2, 2]
    assert set(TTC) == {2, 3, 4}


def test_ground_meets_the_horizon() -> None:
    near, far = ground(1.75, 4.0), ground(1.75, 4000.0)
    assert far[1] == pytest.approx(HORIZON, abs=0.2)
    assert near[1] > far[1]
    # A metre to the side and a metre upright are equally long at one distance.
    assert ground(1.0, 8.0)[0] - ground(0.0, 8.0)[0] == pytest.approx(size(1.0, 8.0))
