"""handeye/motion: measures of frames, what they are taken for, and what is answered."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    ContentText,
    ContentVideo,
    GenerateConfig,
    ModelOutput,
)
from PIL import Image

from handeye.errors import RunError
from handeye.models.provider import HandeyeAPI
from handeye.sets.draw import Draw
from handeye.visualact.asking import prompts
from handeye.visualact.respondents import motion as respondent
from handeye.visualact.respondents.motion import CannotSeeError, look
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Film, Kind
from handeye.visualact.scenes.solver.features import LENGTH, STILL, glance, measure
from handeye.visualact.scenes.solver.fitting import SEED, discriminants, examples, fit
from handeye.visualact.scenes.solver.model import actions, decide, fitted
from handeye.visualact.scoring.reading.reading import read_actions, read_labels
from tests.support.visualact.films import encoded_video, jpegs, painted
from tests.support.visualact.written_set import frames_message

# None of the seeds that anything was fitted on or that a published set uses.
TEST_SEED = 4711
DIRECTIONS = [
    (k, b) for k in catalogue.KINDS for b in ((False, True) if k.reversible else (False,))
]
TWINS = [kind for kind in catalogue.KINDS if kind.reversible]


def film_of(kind: Kind, backward: bool = False, number: int = 0) -> Film:
    return kind.make(Draw(TEST_SEED, kind.name, number), backward)


def texts_of(film: Film) -> set[str]:
    return {action.text for action in film.actions}


def random_frames(seed: int, count: int) -> list[Image.Image]:
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (count, 6, 8, 3), dtype=np.uint8)
    return [Image.fromarray(block).resize((384, 288)) for block in blocks]


def ask(*messages: ChatMessage) -> ModelOutput:
    return anyio.run(HandeyeAPI("motion").generate, list(messages), [], "none", GenerateConfig())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.integers(1, 6))
def test_reversed_frames_turn_the_trends_and_nothing_else(seed: int, count: int) -> None:
    glances = [glance(frame) for frame in random_frames(seed, count)]
    there, back = measure(glances), measure(glances[::-1])
    assert there.shape == (LENGTH,)
    assert np.allclose(np.abs(there), np.abs(back))
    assert np.allclose(there[:STILL], back[:STILL])
    if count == 1:
        assert not there[STILL:-15].any()


def test_measures_hardly_change_with_size_and_compression() -> None:
    frames = painted(film_of(TWINS[0]), 4)
    whole = measure([glance(frame) for frame in frames])
    smaller = [frame.resize((256, 192), Image.Resampling.LANCZOS) for frame in frames]
    sent = [glance(Image.open(io.BytesIO(data))) for data in jpegs(smaller, 80)]
    other = measure([glance(frame) for frame in random_frames(1, 4)])
    assert np.abs(measure(sent) - whole).mean() < 0.1 * np.abs(other - whole).mean()


def test_the_nearest_middle_wins() -> None:
    rng = np.random.default_rng(3)
    middles = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 1]])
    spread = np.array([1.0, 1.0, 0.1])
    groups = [middle + spread * rng.normal(size=(200, 3)) for middle in middles]
    lines = discriminants(groups)
    for number, middle in enumerate(middles):
        said = [max(range(3), key=lambda k, r=row: lines[k](r)) for row in groups[number]]  # type: ignore[misc]
        assert said.count(number) > 180
        assert max(range(3), key=lambda k, m=middle: lines[k](m)) == number  # type: ignore[misc]


def test_what_comes_with_the_package_fits_the_catalogue() -> None:
    """Red after a change of kinds: run ``python -m
    handeye.visualact.scenes.solver.fitting``."""
    model = fitted()
    assert [(one.kind, one.backward) for one in model.kinds] == [(k.name, b) for k, b in DIRECTIONS]
    assert model.recipe["seed"] == SEED != TEST_SEED
    for one, (kind, backward) in zip(model.kinds, DIRECTIONS, strict=True):
        rules = kind.backward_rules if backward else kind.rules
        assert len(one.rules) == len(rules)
        for read, rule in zip(one.rules, rules, strict=True):
            assert set(read.levels) <= set(rule.levels)


def test_eight_frames_tell_what_happens() -> None:
    found = [
        {action.text for action in look(jpegs(painted(film, 8, backward=backward)))}
        == texts_of(film)
        for kind, backward in DIRECTIONS
        for film in (film_of(kind, backward),)
    ]
    assert sum(found) / len(found) > 0.8


def test_only_the_order_of_frames_tells_twins_apart() -> None:
    told = 0
    for kind in TWINS:
        frames = jpegs(painted(film_of(kind), 8))
        there = {action.text for action in look(frames)}
        back = {action.text for action in look(frames[::-1])}
        told += there == texts_of(film_of(kind)) and back == texts_of(film_of(kind, True))
        # One frame is the same picture in both directions of time.
        assert look(frames[4:5]) == look(frames[::-1][3:4])
    assert told >= len(TWINS) - 1


@pytest.mark.parametrize("color", ["#000000", "#ff00ff", "#ffffff"])
def test_an_unknown_stage_calls_for_nothing(color: str) -> None:
    plain = jpegs([Image.new("RGB", (384, 288), color)] * 3)
    assert look(plain) == ()
    assert look(jpegs(random_frames(5, 8))) == ()


def test_levels_are_those_of_the_rules_and_texts_are_whole() -> None:
    for kind, backward in DIRECTIONS:
        rules = kind.backward_rules if backward else kind.rules
        for action in look(jpegs(painted(film_of(kind, backward, 1), 2, backward=backward))):
            assert "{" not in action.text
            assert action.apl is not None
            known = [r for k in catalogue.KINDS for r in (*k.rules, *k.backward_rules)]
            assert any(action.apl in rule.levels for rule in known)
        assert rules or kind.idle


def test_it_answers_all_three_questions_and_looks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    real = respondent.look
    monkeypatch.setattr(
        respondent, "look", lambda images, videos: looked.append(1) or real(images, videos)
    )
    film = film_of(TWINS[0])
    frames = jpegs(painted(film, 8))
    api = HandeyeAPI("motion")

    def said(*messages: ChatMessage) -> str:
        return anyio.run(api.generate, list(messages), [], "none", GenerateConfig()).completion

    one = read_actions(said(frames_message(frames, None, kind="jpeg")))
    assert one.actions
    assert not one.losses
    opening = frames_message(frames, None, prompts.FREE_ELICITATION, "jpeg")
    listed = said(opening)
    first = read_actions(listed, plain_lines=True)
    assert first.actions is not None
    texts = [action.text for action in first.actions]
    labels = said(
        opening,
        ChatMessageAssistant(content=listed),
        ChatMessageUser(content=prompts.labelling(texts)),
    )
    assert read_labels(labels, texts).actions == one.actions
    assert len(looked) == 1


def test_a_video_says_the_same_as_its_frames(tmp_path: Path) -> None:
    kind = TWINS[0]
    for backward in (False, True):
        film = film_of(kind, backward)
        frames = painted(film, 24, backward=backward)
        video = encoded_video(frames, tmp_path / "clip.mp4")
        assert {action.text for action in look((), [video])} == texts_of(film)

    url = "data:video/mp4;base64," + base64.b64encode(video).decode()
    output = ask(
        ChatMessageUser(
            content=[ContentVideo(video=url, format="mp4"), ContentText(text=prompts.ELICITATION)]
        )
    )
    read = read_actions(output.completion)
    assert {action.text for action in read.actions or ()} == texts_of(film)
    assert output.usage is not None
    assert output.usage.input_tokens > 8 * 14 * 11


def test_metadata_and_the_words_of_the_set_say_nothing_to_it() -> None:
    """The note beside the message may name any clip; the answer is that of the frames."""
    frames = jpegs(painted(film_of(TWINS[0]), 4))
    named = ask(frames_message(frames, "home-00001", kind="jpeg"))
    unnamed = ask(frames_message(frames, None, kind="jpeg"))
    assert named.completion == unnamed.completion


def test_it_declines_what_it_cannot_open() -> None:
    output = ask(frames_message([b"no picture"], None))
    assert output.stop_reason == "content_filter"
    assert output.completion.startswith("I cannot answer: what was sent cannot be opened")
    with pytest.raises(CannotSeeError):
        look((), [b"no video"])
    with pytest.raises(RunError, match="got 0 pictures and 0 videos"):
        ask(ChatMessageUser(content=prompts.ELICITATION))
    with pytest.raises(RunError, match="questions of the suite visualact"):
        ask(frames_message([b"no picture"], None, "What is this?"))


def test_a_fit_recovers_levels_options_and_direction() -> None:
    """The whole way on two kinds: fit on some films, read others."""
    kinds = [(kind, back) for kind in TWINS[:1] for back in (False, True)]
    optional = next(kind for kind in catalogue.KINDS if kind.name == "light_turns_red")
    kinds.append((optional, False))
    model = fit([examples(kind, back, 8, seed=1) for kind, back in kinds], {})
    right = 0
    for kind, back in kinds:
        for number in range(4):
            film = film_of(kind, back, number)
            frames = [glance(frame) for frame in painted(film, 8, backward=back)]
            decision = decide(measure(frames), 8, model)
            assert decision.reading is not None
            assert (decision.reading.kind, decision.reading.backward) == (kind.name, back)
            right += {action.text for action in actions(decision)} == texts_of(film)
    assert right >= 9
