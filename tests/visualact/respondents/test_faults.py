"""Simulated answers about clips: every planted fault shows its symptom and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import OptionError
from handeye.scores.embedder import load_embedder
from handeye.visualact.records import SCENARIOS, Action, Clip, PredictedAction
from handeye.visualact.respondents.changes import INVENTED, VAGUE
from handeye.visualact.respondents.faults import FAULTS, simulate, simulate_predictions
from handeye.visualact.respondents.prior import TEMPLATES
from handeye.visualact.respondents.questions import Asked
from handeye.visualact.scenes.events.catalogue import KINDS
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.reading import read_actions, read_labels
from tests.support.visualact.written_set import ACTIONS, clips_of

CLIPS = clips_of(24)
BUSY = [clip for clip in CLIPS if clip.actions]
IDLE = [clip for clip in CLIPS if not clip.actions]
FREE = Asked("list")
# Faults of transport; the rest shows in what the answer says or how it is written.
TRANSPORT = ("api_error", "refuse", "empty", "truncate")

# "Do nothing" is how an answer says that no action is called for.
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12
).filter(lambda text: text.casefold() != "nothing")


@st.composite
def clips(draw: st.DrawFn, least: int = 0) -> Clip:
    """Any clip with up to five actions of one to three wordings."""
    words = draw(st.lists(texts, min_size=least, max_size=5, unique_by=str.lower))
    actions = tuple(
        Action(
            f"Do {word}",
            draw(st.integers(0, 4)),
            draw(st.booleans()),
            tuple(f"Make {word} {n}" for n in range(draw(st.integers(0, 2)))),
        )
        for word in words
    )
    scenario = draw(st.sampled_from(list(SCENARIOS)))
    return Clip(f"{scenario}-1", "videos/1.mp4", scenario, actions)


def said(clip: Clip, seed: int = 0, **faults: float) -> tuple[PredictedAction, ...]:
    """What is read from the answer, which must be readable without loss."""
    answer = simulate(clip, faults, seed)
    reading = read_actions(answer.raw_text)
    assert reading.actions is not None, answer
    return reading.actions


def gold(clip: Clip) -> tuple[PredictedAction, ...]:
    return tuple(PredictedAction(a.text, a.apl, a.proactive) for a in clip.actions)


@given(clips(), st.integers(0, 99))
def test_without_faults_the_answer_is_the_gold(clip: Clip, seed: int) -> None:
    answer = simulate(clip, dict.fromkeys(FAULTS, 0.0), seed)
    reading = read_actions(answer.raw_text)
    assert reading.actions == gold(clip)
    assert not reading.losses
    assert answer[1:] == ("answered", "stop", None, ())


@given(clips(least=1), st.integers(0, 99), st.sampled_from(sorted(set(FAULTS) - {"overact"})))
def test_rate_one_always_plants_what_can_show(clip: Clip, seed: int, name: str) -> None:
    answer = simulate(clip, {name: 1.0}, seed)
    if name == "reword" and not any(action.phrasings for action in clip.actions):
        assert answer.planted == ()
    else:
        assert answer.planted == (name,)
        assert answer.raw_text != simulate(clip, {}, seed).raw_text


@given(clips(), st.integers(0, 20), st.dictionaries(st.sampled_from(list(FAULTS)), st.floats(0, 1)))
def test_faults_come_in_their_order_and_are_among_those_given(
    clip: Clip, seed: int, faults: dict[str, float]
) -> None:
    answer = simulate(clip, faults, seed)
    assert list(answer.planted) == [name for name in FAULTS if name in answer.planted]
    assert set(answer.planted) <= {name for name, rate in faults.items() if rate > 0}
    assert answer == simulate(clip, dict(reversed(faults.items())), seed)


@settings(max_examples=40)
@given(st.sampled_from(list(FAULTS)), st.sampled_from(list(FAULTS)), st.integers(0, 9))
def test_one_rate_says_nothing_about_another_fault(first: str, second: str, seed: int) -> None:
    """Whether a fault fires does not depend on which others are asked for."""
    hidden = {"api_error", "refuse", "empty", "idle", "broken", "prose", "bullets", "fence"}
    if first == second or {first, second} & hidden:
        return
    for clip in BUSY[:8]:
        alone = set(simulate(clip, {first: 0.5}, seed).planted)
        both = set(simulate(clip, {first: 0.5, second: 0.0}, seed).planted)
        assert alone == both


@pytest.mark.parametrize("clip", BUSY, ids=lambda clip: clip.clip_id)
def test_what_each_fault_of_content_does(clip: Clip) -> None:
    true = gold(clip)
    assert said(clip, idle=1) == ()
    assert len(said(clip, miss=1)) == len(true) - 1
    assert set(said(clip, miss=1)) < set(true)
    (more,) = set(said(clip, invent=1)) - set(true)
    assert any(more in INVENTED[key] for key in INVENTED if key != clip.scenario)
    reworded = said(clip, reword=1)
    for action, other in zip(clip.actions, reworded, strict=True):
        assert other.text in action.phrasings
        assert (other.apl, other.proactive) == (action.apl, action.proactive)
    (vague,) = set(said(clip, vague=1)) - set(true)
    assert vague.text in VAGUE
    assert said(clip, overact=1) == true


@pytest.mark.parametrize("clip", BUSY, ids=lambda clip: clip.clip_id)
def test_what_each_fault_of_labels_does(clip: Clip) -> None:
    true = gold(clip)
    (off,) = [(a, b) for a, b in zip(true, said(clip, level=1), strict=True) if a != b]
    assert off[0].text == off[1].text
    assert off[0].apl != off[1].apl
    assert off[1].apl in range(5)
    (turned,) = [(a, b) for a, b in zip(true, said(clip, flip=1), strict=True) if a != b]
    assert turned[1].proactive is (not turned[0].proactive)
    assert {a.apl for a in said(clip, unlevelled=1)} == {None}
    assert {a.proactive for a in said(clip, untyped=1)} == {None}


def test_levels_go_wrong_by_one_to_four_steps() -> None:
    clip = Clip("a", "a.mp4", "home", (Action("Do it", 0, True),))
    offs = {said(clip, seed, level=1)[0].apl for seed in range(60)}
    assert offs == {1, 2, 3, 4}


@pytest.mark.parametrize("clip", IDLE, ids=lambda clip: clip.clip_id)
def test_idle_clips_call_for_nothing_until_it_overacts(clip: Clip) -> None:
    assert said(clip) == ()
    over = said(clip, overact=1)
    assert 1 <= len(over) <= 2
    assert set(over) <= set(TEMPLATES[clip.scenario])
    for name in ("miss", "idle", "vague", "reword", "level", "flip", "untyped", "bullets"):
        assert simulate(clip, {name: 1}, 0).planted == ()


@pytest.mark.parametrize(
    ("fault", "loss"), [("prose", {}), ("fence", {}), ("bullets", {"not-json": 1})]
)
def test_forms_are_read_to_the_same_actions(fault: str, loss: dict[str, int]) -> None:
    for clip in BUSY:
        reading = read_actions(simulate(clip, {fault: 1}, 3).raw_text)
        assert reading.actions == gold(clip)
        assert reading.losses == loss


def test_broken_answers_cannot_be_read() -> None:
    for seed, clip in enumerate(CLIPS):
        answer = simulate(clip, {"broken": 1}, seed)
        assert read_actions(answer.raw_text).state == answer.state == "unreadable"


@pytest.mark.parametrize(
    ("fault", "state", "stop"),
    [
        ("api_error", "error", None),
        ("refuse", "refused", "content_filter"),
        ("empty", "empty", "stop"),
        ("truncate", "truncated", "max_tokens"),
    ],
)
def test_faults_of_transport_have_their_states(fault: str, state: str, stop: str | None) -> None:
    whole = simulate(BUSY[0], {}, 1)
    answer = simulate(BUSY[0], {fault: 1}, 1)
    assert (answer.state, answer.stop_reason, answer.planted) == (state, stop, (fault,))
    assert (answer.raw_text is None) is (fault == "api_error")
    if fault == "truncate":
        assert whole.raw_text is not None
        assert answer.raw_text is not None
        assert whole.raw_text.startswith(answer.raw_text)
        assert len(answer.raw_text) < len(whole.raw_text)


@given(clips(), st.integers(0, 9), st.sampled_from(sorted(set(FAULTS) - set(TRANSPORT))))
def test_two_answers_say_together_what_one_says(clip: Clip, seed: int, name: str) -> None:
    """The first of two answers holds the actions, the second their labels."""
    first = simulate(clip, {name: 1}, seed, FREE)
    listed = read_actions(first.raw_text, plain_lines=True)
    assert listed.actions is not None
    asked = Asked("labels", tuple(action.text for action in listed.actions))
    second = simulate(clip, {name: 1}, seed, asked)
    together = read_labels(second.raw_text, asked.actions)
    one = simulate(clip, {name: 1}, seed)
    assert not set(first.planted) & set(second.planted)
    if name not in ("broken", "bullets"):
        assert together.actions == read_actions(one.raw_text).actions
        if clip.actions:
            assert first.planted + second.planted == one.planted


def test_rows_of_a_prediction_file_say_what_was_planted() -> None:
    rows = list(simulate_predictions(CLIPS, {"miss": 0.5, "fence": 0.5, "api_error": 0.1}, 4))
    assert [row["clip_id"] for row in rows] == [clip.clip_id for clip in CLIPS]
    planted = [name for row in rows for name in row["planted"]]
    assert {"miss", "fence"} <= set(planted)
    again = simulate_predictions(CLIPS[::-1], {"fence": 0.5, "api_error": 0.1, "miss": 0.5}, 4)
    assert list(again)[::-1] == rows


@pytest.mark.parametrize("faults", [{"misss": 0.1}, {"miss": 1.5}, {"miss": "much"}])
def test_wrong_rates_are_refused(faults: Any) -> None:
    with pytest.raises(OptionError):
        simulate(CLIPS[0], faults, 0)


def test_the_sets_of_these_tests_reach_every_fault() -> None:
    assert set(ACTIONS) == set(SCENARIOS)
    fired = {name for name in FAULTS for clip in CLIPS if simulate(clip, {name: 1}, 0).planted}
    assert fired == set(FAULTS)


def test_what_is_planted_never_matches() -> None:
    """Vague and invented wordings stay below the threshold of a match with the whole catalogue."""
    true = [t for kind in KINDS for r in (*kind.rules, *kind.backward_rules) for t in r.texts]
    planted = [*VAGUE, *(action.text for added in INVENTED.values() for action in added)]
    embedder = load_embedder()
    similar = embedder.encode(planted) @ embedder.encode(true).T
    assert similar.max() < Options().threshold, planted[int(similar.max(1).argmax())]
