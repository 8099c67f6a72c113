"""The kinds of events of Home Service."""

from __future__ import annotations

import numpy as np
import pytest

from handeye.visualact.scenes.events import (
    home_fixtures,
    home_hall,
    home_kitchen,
    home_people,
    home_rooms,
    home_twins,
)
from handeye.visualact.scenes.events.home_stage import METRE
from handeye.visualact.scenes.film import Kind
from tests.support.visualact import kind_checks as checks
from tests.support.visualact.kind_checks import Facts, number

FILES = (home_kitchen, home_people, home_hall, home_rooms, home_twins, home_fixtures)
KINDS: tuple[Kind, ...] = tuple(kind for file in FILES for kind in file.KINDS)


def rolls_off(facts: Facts) -> checks.Calls:
    k, thing, child = home_kitchen, facts["thing"], facts["child"] == "near"
    if facts["fell"] == "no":
        return [(k.CATCH, 3 if thing == "glass ball" else 2 if thing == "egg" else 1)]
    if thing == "egg":
        return [(k.WIPE_EGG, 1)]
    if thing != "glass ball":
        return [(k.PICK_UP, int(child))]
    return [(k.SWEEP, 3), (k.KEEP_OFF, 3)] if child else [(k.SWEEP, 2)]


def milk_boils(facts: Facts) -> checks.Calls:
    k, over = home_kitchen, number(facts, "seconds_over")
    if over > 0:
        assert number(facts, "foam_height") > 1
        return [(k.HOB_OFF, 3 if over > 1 else 2), (k.WIPE_STOVE, 1)]
    return [(k.TAKE_OFF, 3 if number(facts, "foam_height") > 1 else 2)]


def cat_pushes(facts: Facts) -> checks.Calls:
    near = number(facts, "metres_left") < 0.12
    return [(home_kitchen.CATCH_VASE, 2 + near), (home_kitchen.CAT_DOWN, 1 + near)]


def too_many_plates(facts: Facts) -> checks.Calls:
    out = [(home_people.TAKE_PLATES, 3 if number(facts, "plates") >= 10 else 2)]
    return out + ([(home_people.CLEAR_PATH, 3)] if facts["toy"] == "in the way" else [])


def high_cup(facts: Facts) -> checks.Calls:
    p, tilt = home_people, number(facts, "tilt_degrees")
    assert (tilt > 0) == (facts["stool"] == "rocking")
    return [(p.HAND_DOWN, 2), (p.STEADY, 3 + (tilt > 6)) if tilt else (p.BRING_STOOL, 1)]


def stairs_toys(facts: Facts) -> checks.Calls:
    h, near = home_hall, number(facts, "steps_above") == 1
    return [(h.WARN_STAIRS, 3 + near), (h.PICK_TOYS, 2 + near), (h.TAKE_BASKET, 1)]


def doorbell(facts: Facts) -> checks.Calls:
    parcel = facts["parcel"] == "yes"
    out = [(home_hall.OPEN_DOOR, 2 if parcel or facts["rain"] == "yes" else 1)]
    return out + ([(home_hall.TAKE_PARCEL, 1)] if parcel else [])


def iron_left(facts: Facts) -> checks.Calls:
    r = home_rooms
    if facts["flames"] == "yes":
        return [(r.LIFT_IRON, 4), (r.UNPLUG, 3), (r.PUT_OUT, 4)]
    return [(r.LIFT_IRON, 3), (r.UNPLUG, 3), (r.AIR, 1)]


def rains_in(facts: Facts) -> checks.Calls:
    r, wide = home_rooms, number(facts, "puddle_metres") > 1
    if facts["laptop"] == "none":
        return [(r.CLOSE_WINDOW, 2), (r.MOP, 1 + wide)]
    return [(r.CLOSE_WINDOW, 3), (r.SAVE_LAPTOP, 3), (r.MOP, 1 + wide)]


def child_stove(facts: Facts) -> checks.Calls:
    w, near = home_twins, number(facts, "nearest_metres") < 0.4
    return [(w.STOP_CHILD, 3 + near), (w.HANDLE_BACK, 2 + near), (w.PLATE_OFF, 3)]


def light_on(facts: Facts) -> checks.Calls:
    out = [(home_twins.LIGHT_OFF, 1)]
    return out + ([(home_twins.TV_OFF, 1)] if facts["television"] == "on" else [])


def tub_level(facts: Facts) -> checks.Calls:
    return [
        (home_fixtures.WATER_OFF, 3 if number(facts, "full") > 0.9 else 2),
        (home_fixtures.TOWELS, 1),
    ]


FORWARD: dict[str, checks.Expected] = {
    "rolls_off": rolls_off,
    "milk_boils": milk_boils,
    "cat_pushes": cat_pushes,
    "too_many_plates": too_many_plates,
    "high_cup": high_cup,
    "stairs_toys": stairs_toys,
    "doorbell": doorbell,
    "iron_left": iron_left,
    "rains_in": rains_in,
    "child_stove": child_stove,
    "light_on": light_on,
    "fridge_swings": lambda f: [
        (home_fixtures.CLOSE_FRIDGE, 2 if number(f, "open_share") > 0.5 else 1)
    ],
    "tub_level": tub_level,
    "calm_room": lambda f: [],
    "calm_floor": lambda f: [],
}
BACKWARD: dict[str, checks.Expected] = {
    "child_stove": lambda f: [(home_twins.FIND_COOK, 2), (home_twins.PLAY, 1)],
    "light_on": lambda f: [(home_twins.GREET, 1), (home_twins.DRINK, 0)],
    "fridge_swings": lambda f: [(home_fixtures.CHORES, 0)],
    "tub_level": lambda f: [
        (home_fixtures.SOAP_OFF, int(number(f, "low") < 0.2)),
        (home_fixtures.DUCK_AWAY, 0),
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
    assert {kind.scenario for kind in KINDS} == {"home"}
    assert sum(kind.idle for kind in KINDS) == 2
    rules = [r for kind in KINDS for r in (*kind.rules, *kind.backward_rules)]
    assert {level for rule in rules for level in rule.levels} == {0, 1, 2, 3, 4}
    assert {rule.proactive for rule in rules} == {True, False}


@WAYS
def test_actions_follow_from_facts(kind: Kind, backward: bool) -> None:
    checks.check_values(kind, backward, (BACKWARD if backward else FORWARD)[kind.name])


def test_twins_hold_nothing_that_tells_the_direction_of_time() -> None:
    for kind in KINDS:
        if kind.reversible:
            shown = {name for seed in range(60) for name in checks.film_of(kind, seed).distractors}
            assert len(shown) > 1, kind.name
            assert "fish in a bowl" not in shown, kind.name


def test_no_bright_day_is_seen_where_it_rains() -> None:
    bright = {"bird outside the window", "cloud outside"}
    for seed in range(120):
        wet = [checks.film_of(named("rains_in"), seed)]
        film = checks.film_of(named("doorbell"), seed)
        wet += [film] if film.facts["rain"] == "yes" else []
        assert not any(bright & set(film.distractors) for film in wet)


def test_a_thing_has_left_the_table_only_where_the_facts_say() -> None:
    for seed in range(24):
        film = checks.film_of(named("rolls_off"), seed)
        before, after = checks.picture(film, 0.0, film.seconds)
        changed = np.abs(before - after).max(axis=2) > 24
        # Right of the table's edge and below its top; the child there stands still.
        assert (changed[185:270, 256:384].sum() > 60) == (film.facts["fell"] == "yes"), seed


def test_child_ends_as_near_to_the_stove_as_the_facts_say() -> None:
    for seed in range(16):
        film = checks.film_of(named("child_stove"), seed)
        before, after = checks.picture(film, 0.0, film.seconds)
        columns = np.flatnonzero((np.abs(before - after).max(axis=2)[200:246] > 24).any(axis=0))
        # The stove begins at column 262; legs end about 0.1 m to the right of a child's middle.
        gap = (262 - int(columns[-1])) / METRE
        assert abs(gap - number(film.facts, "nearest_metres")) < 0.16, (seed, gap, film.facts)


def test_puddle_ends_as_wide_as_the_facts_say() -> None:
    for seed in range(24):
        film = checks.film_of(named("rains_in"), seed)
        if film.facts["laptop"] == "none":  # drops on the floor hide the shore
            continue
        before, after = checks.picture(film, 0.0, film.seconds)
        columns = np.flatnonzero(np.abs(before - after).max(axis=2)[262] > 24)
        wide = (int(columns[-1]) - int(columns[0]) + 1) / METRE
        assert abs(wide - number(film.facts, "puddle_metres")) < 0.06, (seed, wide, film.facts)


def test_flames_are_seen_only_where_the_facts_say() -> None:
    for seed in range(16):
        film = checks.film_of(named("iron_left"), seed)
        (image,) = checks.picture(film, film.seconds)
        hot = (image[..., 0] > 225) & (image[..., 1] > 130) & (image[..., 2] < 70)
        low = hot[100:176].sum()
        assert (low > 80) == (film.facts["flames"] == "yes"), (seed, low)


def test_nobody_is_left_in_the_room_whose_light_is_on() -> None:
    for seed in range(8):
        film = checks.film_of(named("light_on"), seed)
        early, late, end = checks.picture(film, 0.0, film.seconds - 0.1, film.seconds)
        people = (slice(120, 260), slice(100, 312))
        assert checks.moved(early[people], end[people]) > 1500
        assert checks.moved(late[people], end[people]) < 150
