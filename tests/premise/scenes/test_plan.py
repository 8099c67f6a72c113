"""Families are dealt so that no text says an answer: counted over whole sets."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.premise.items import N_ROLES
from handeye.premise.scenes.plan import (
    KINDS,
    MEDIA_CHOICES,
    QUERIES,
    FamilyOrder,
    plan_families,
    plan_set,
    sense_of,
)

SEEDS = st.integers(0, 2**63 - 1)


def planned(seed: int, families: int, media: str = "video", **more: object) -> list[FamilyOrder]:
    given_ = {"kinds": None, "level": None, "split": "test"} | more
    return plan_families(plan_set(seed, families, media, **given_))  # type: ignore[arg-type]


@settings(max_examples=25)
@given(
    seed=SEEDS, families=st.sampled_from([60, 64, 96, 120]), media=st.sampled_from(MEDIA_CHOICES)
)
def test_every_form_of_a_question_has_each_answer_as_often(
    seed: int, families: int, media: str
) -> None:
    forms: dict[tuple[str, ...], Counter[int]] = {}
    for order in planned(seed, families, media):
        for sense, part in order.parts.items():
            forms.setdefault((sense, part.kind, part.query), Counter())[part.answer] += 1
        if order.two:
            both = [part.kind for part in order.parts.values()]
            part = order.parts[order.two]
            forms.setdefault(("both", *both, part.query), Counter())[part.answer] += 1
    assert forms
    for form, answers in forms.items():
        assert set(answers) == {0, 1, 2, 3}, form
        assert len(set(answers.values())) == 1, form


@settings(max_examples=25)
@given(seed=SEEDS, families=st.integers(1, 70))
def test_however_few_answers_of_a_query_differ_by_one(seed: int, families: int) -> None:
    by_query: dict[tuple[str, str], Counter[int]] = {}
    orders = planned(seed, families)
    for order in orders:
        for sense, part in order.parts.items():
            by_query.setdefault((sense, part.query), Counter())[part.answer] += 1
            assert part.kind not in QUERIES[sense][part.query].near
            assert part.level in KINDS[sense][part.kind].levels
    whole = families >= 4 * max(len(kinds) for kinds in KINDS.values())
    for answers in by_query.values():
        found = [answers[n] for n in range(4)]
        # Of the last run up to three families are lacking.
        assert max(found) - min(found) <= (-families % 4 if whole else 1)


@settings(max_examples=25)
@given(seed=SEEDS, families=st.integers(1, 130), media=st.sampled_from(MEDIA_CHOICES))
def test_kinds_and_levels_are_as_even_as_can_be(seed: int, families: int, media: str) -> None:
    orders = planned(seed, families, media)
    assert [order.index for order in orders] == list(range(families))
    for sense in orders[0].parts:
        kinds = Counter(order.parts[sense].kind for order in orders)
        most = max(len(names) for names in plan_set(seed, 1, media, None, None, "x").kinds.values())
        step = 4 if families >= 4 * most else 1
        assert max(kinds.values()) - min(kinds.values(), default=0) <= step
        first = [order.parts[sense].kind for order in orders[: -(-families // step)]]
        assert max(Counter(first).values()) - min(Counter(first).values()) <= 1
        for kind in kinds:
            levels = Counter(o.parts[sense].level for o in orders if o.parts[sense].kind == kind)
            if kinds[kind] >= len(KINDS[sense][kind].levels):
                assert max(levels.values()) - min(levels.values()) <= 1
                assert set(levels) == set(KINDS[sense][kind].levels)


@settings(max_examples=25)
@given(seed=SEEDS)
def test_every_role_stands_at_every_place_in_every_six_prompts(seed: int) -> None:
    streams: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    for order in planned(seed, 60):
        for prompt, roles in order.orders.items():
            answer = order.parts[sense_of(prompt, order.two)].answer
            if prompt == "b":  # contents counted from the right one
                roles = tuple((role - answer) % 4 if role < 4 else role for role in roles)
            streams.setdefault((prompt[0], 0 if prompt == "b" else answer), []).append(roles)
    assert len(streams) == 9
    for roles in streams.values():
        for start in range(0, len(roles) - len(roles) % N_ROLES, N_ROLES):
            six = roles[start : start + N_ROLES]
            for place in range(N_ROLES):
                assert {row[place] for row in six} == set(range(N_ROLES))
            behind = Counter(pair for row in six for pair in pairwise(row))
            assert len(behind) == N_ROLES * (N_ROLES - 1)


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    assert planned(5, 20) == planned(5, 20)
    assert planned(5, 20) != planned(6, 20)
    assert planned(5, 20) != planned(5, 20, split="dev")


def test_a_choice_of_kinds_and_of_a_level() -> None:
    orders = planned(1, 8, kinds="colour, pitch", level=2)
    assert {part.kind for order in orders for part in order.parts.values()} == {"colour", "pitch"}
    assert {order.parts["vision"].level for order in orders} == {
        KINDS["vision"]["colour"].levels[1]
    }


def test_media_carry_what_they_can() -> None:
    moving = {name for name, kind in KINDS["vision"].items() if "motion" in kind.needs}
    assert moving
    for media in MEDIA_CHOICES:
        options = plan_set(1, 4, media, None, None, "test")
        assert bool(moving & set(options.kinds["vision"])) == (media == "video")
        wanted = {"picture": ("vision",), "sound": ("audio",)}.get(media, ("vision", "audio"))
        assert options.senses == wanted
        prompts = set(plan_families(options)[0].orders)
        assert prompts == {f"{sense[0]}{n}" for sense in wanted for n in "01"} | (
            {"b"} if len(wanted) == 2 else set()
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": -1}, "seed must be at least 0"),
        ({"families": 0}, "families must be at least 1"),
        ({"media": "film"}, "media 'film' is not known; allowed: video, picture"),
        ({"kinds": "colour,pitsch"}, "kind 'pitsch' is not known"),
        ({"kinds": "colour,colour,pitch"}, "names 'colour' twice"),
        ({"kinds": "colour"}, "kinds leave nothing of audio; name at least one of: "),
        (
            {"kinds": "direction,pitch", "media": "picture+sound"},
            "'direction' cannot be shown with",
        ),
        ({"kinds": "pitch", "media": "picture"}, "'pitch' cannot be shown with media picture"),
        ({"level": 4}, "level must be at most 3"),
        ({"split": "all"}, "split must be a name"),
        ({"split": "a/b"}, "split must be a name"),
    ],
)
def test_options_that_cannot_be_are_refused(changes: dict[str, object], words: str) -> None:
    good: dict[str, object] = {
        "seed": 1, "families": 4, "media": "video", "kinds": None, "level": None, "split": "test"
    }  # fmt: skip
    with pytest.raises(OptionError, match=words):
        plan_set(**(good | changes))  # type: ignore[arg-type]
