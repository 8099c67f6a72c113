"""Sounds in a conversation: what respondents and functions get of them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText, Model

from handeye.errors import RunError
from handeye.media.sound import encode_wav
from handeye.respondents.conversation import read_conversation
from handeye.respondents.functions import FunctionAPI
from handeye.respondents.whom import asked

SAMPLES = np.arange(-400, 400, dtype=np.int16).reshape(-1, 2)
WAV = encode_wav(SAMPLES)


def message(url: str | None = None) -> ChatMessageUser:
    data = url or "data:audio/wav;base64," + base64.b64encode(WAV).decode()
    return ChatMessageUser(
        content=[
            ContentText(text="Listen."),
            ContentAudio(audio=data, format="wav"),
            ContentText(text="What is it?"),
        ],
        metadata={"item_id": "a", "sample": 3},
    )


def test_a_conversation_has_its_sounds_as_they_were_sent() -> None:
    found = read_conversation([message()])
    assert found.sounds == (WAV,)
    assert (found.images, found.videos, found.item_id, found.sample) == ((), (), "a", 3)
    assert found.question == "Listen.\n\nWhat is it?"
    with pytest.raises(RunError, match="one picture, got 0 and a sound"):
        found.one_picture()
    with pytest.raises(RunError, match="the sound must come as a base64 data URL"):
        read_conversation([message("http://somewhere/a.wav")])


def told(function: Any, **how: Any) -> str:
    here: Model = asked(function, Path("nowhere"), name="f", data="set", **how)["here"]

    async def ask() -> str:
        return (await here.generate([message()])).completion

    return anyio.run(ask)


def test_a_function_that_takes_sounds_gets_samples() -> None:
    def hears(pictures: Any, prompt: str, sounds: Any) -> str:
        (sound,) = sounds
        assert (sound == SAMPLES).all()
        return f"{len(pictures)} {prompt}"

    def anything(pictures: Any, prompt: str, **more: Any) -> str:
        return " ".join(sorted(more))

    async def by_order(seen: Any, said: str, /, *, sounds: Any) -> str:
        return str(len(sounds))

    def in_lists(pictures: list[Any], prompt: list[str], sounds: list[Any]) -> list[str]:
        return [str(len(one)) for one in sounds]

    assert told(hears) == "0 Listen.\n<sound 1>\nWhat is it?"
    assert told(anything) == "history sounds"
    assert told(by_order) == "1"
    assert told(in_lists, batch=4) == "1"


def test_what_a_function_takes_is_known_before_it_is_asked() -> None:
    def sees(pictures: Any, prompt: str) -> str:
        return ""

    def hears(pictures: Any, prompt: str, sounds: Any) -> str:
        return ""

    cases: list[tuple[Any, set[str]]] = [(sees, {"image"}), (hears, {"image", "audio"})]
    for function, takes in cases:
        api = asked(function, Path("nowhere"), name="f", data="set")["here"].api
        assert isinstance(api, FunctionAPI)
        assert api.takes == takes
    with pytest.raises(RunError, match="pictures, and sounds if it takes sounds, not audios"):
        told(sees)
