"""handeye/motion: what it answers about the frames of a clip."""

from __future__ import annotations

import base64
from pathlib import Path

import anyio
import pytest
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
from handeye.visualact.asking import prompts
from handeye.visualact.respondents import motion
from handeye.visualact.respondents.motion import CannotSeeError, look
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scoring.reading.reading import read_actions, read_labels
from tests.support.visualact.films import (
    DIRECTIONS,
    TWINS,
    encoded_video,
    film_of,
    jpegs,
    painted,
    random_frames,
    texts_of,
)
from tests.support.visualact.written_set import frames_message


def ask(*messages: ChatMessage) -> ModelOutput:
    return anyio.run(HandeyeAPI("motion").generate, list(messages), [], "none", GenerateConfig())


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
    real = motion.look
    monkeypatch.setattr(
        motion, "look", lambda images, videos: looked.append(1) or real(images, videos)
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
