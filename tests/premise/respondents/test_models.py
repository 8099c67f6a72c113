"""The suite's respondents as models: the oracle looks and listens, the other knows the set."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentImage, ContentText
from PIL import Image

from handeye.errors import OptionError, RunError
from handeye.media.sound import encode_wav
from handeye.models.registry import make_respondent
from handeye.premise.asking.prompts import VARIANTS
from handeye.premise.asking.questions import Asking
from handeye.premise.items import Item
from handeye.premise.loader import load
from handeye.premise.scenes.generation import generate
from handeye.premise.scoring.reading import read
from handeye.respondents.conversation import Reply, SimulatedApiError, read_conversation


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One family of pictures with sound, as the generator makes it."""
    return generate(
        tmp_path_factory.mktemp("set") / "set", seed=3, families=1, media="picture+sound"
    )


def asked(model: Any, data: Path, **how: Any) -> dict[str, Reply]:
    """What a respondent says to every question of a set."""
    items = load(data)
    asking = Asking(**how).of_set(items).fitted("handeye/x")

    async def ask() -> dict[str, Reply]:
        return {
            one.item_id: await model.answer(read_conversation(one.write().messages))
            for one in asking.questions(items)
        }

    return anyio.run(ask)


def right(item: Item, said: str, variant: str, order: tuple[int, ...]) -> bool:
    found = read(said, item, variant, order)
    if variant.startswith("true"):
        return found.decision == ("accepts" if item.premise == "standard" else "rejects")
    return found.role == item.gold and found.strict


@pytest.mark.parametrize("variant", [one for one in VARIANTS if one != "no-question"])
def test_the_oracle_is_right_from_what_it_is_sent(data: Path, variant: str) -> None:
    oracle = make_respondent("oracle", {})
    replies = asked(oracle, data, variant=variant, option_order="paper")
    for item in load(data):
        assert right(item, replies[item.item_id].text, variant, (0, 1, 2, 3, 4, 5)), item.item_id


def test_the_oracle_tells_nothing_of_what_it_is_not_sent(data: Path) -> None:
    replies = asked(make_respondent("oracle", {}), data, ablation="without-audio")
    for item in load(data):
        said = replies[item.item_id].text
        if item.modality == "vision":
            assert right(item, said, "six", item.order)
        else:
            assert said == "I cannot tell from what I was sent."


def test_the_oracle_declines_what_cannot_be_decoded() -> None:
    def url(data: bytes, kind: str) -> str:
        return f"data:{kind};base64,{base64.b64encode(data).decode()}"

    words = "In this clip, the circle is red. Is it?\n\nAnswer in a few words."
    broken = ContentAudio(audio=url(encode_wav_cut(), "audio/wav"), format="wav")
    picture = ContentImage(image=url(b"no picture", "image/png"))
    for part in (broken, picture):
        message = ChatMessageUser(content=[part, ContentText(text=words)])
        reply = anyio.run(make_respondent("oracle", {}).answer, read_conversation([message]))  # type: ignore[union-attr]
        assert reply.stop_reason == "content_filter"
        assert reply.text.startswith("I cannot use the clip: ")
    with pytest.raises(RunError, match="answer the variants of the suite premise"):
        anyio.run(
            make_respondent("oracle", {}).answer,  # type: ignore[union-attr]
            read_conversation([ChatMessageUser(content="What is that?")]),
        )


def test_the_oracle_cannot_tell_clips_of_another_size(data: Path) -> None:
    """A film of 4 x 2 pixels, a sound of a hundred samples."""
    shown = io.BytesIO()
    Image.new("RGB", (4, 2)).save(shown, "PNG")
    sound = encode_wav(np.full((100, 2), 5000, np.int16))
    parts = [
        ContentImage(image=f"data:image/png;base64,{base64.b64encode(shown.getvalue()).decode()}"),
        ContentAudio(
            audio=f"data:audio/wav;base64,{base64.b64encode(sound).decode()}", format="wav"
        ),
    ]
    items = load(data)
    for question in Asking().of_set(items).fitted("handeye/x").questions(items):
        words = question.write().messages[0].content[-1]
        message = ChatMessageUser(content=[*parts, words])  # type: ignore[list-item]
        reply = anyio.run(make_respondent("oracle", {}).answer, read_conversation([message]))  # type: ignore[union-attr]
        assert reply.text == "I cannot tell from what I was sent."


def encode_wav_cut() -> bytes:
    return encode_wav(np.zeros((100, 2), np.int16))[:100]


def test_the_simulated_one_knows_the_set_and_tells_letters_if_told(data: Path) -> None:
    plain = asked(make_respondent("simulated", {"data": str(data)}), data)
    items = load(data)
    assert all(right(one, plain[one.item_id].text, "six", one.order) for one in items)
    assert all("letters" not in (reply.metadata or {}) for reply in plain.values())
    telling = make_respondent("simulated", {"data": str(data), "letters": "true"})
    for reply in asked(telling, data).values():
        assert reply.metadata is not None
        assert set(reply.metadata["letters"]["letters"]) == set("ABCDEF")
    free = asked(telling, data, variant="free")
    assert all("letters" not in (reply.metadata or {}) for reply in free.values())


def test_its_arguments_are_checked(data: Path) -> None:
    for arguments, kind, told in (
        ({"data": str(data), "letters": "perhaps"}, OptionError, "letters must be true or false"),
        ({"data": str(data), "faults": "acept"}, OptionError, "unknown fault 'acept'"),
        ({"data": str(data), "seed": "x"}, OptionError, "seed must be an integer"),
        ({}, RunError, "needs the set it is asked about"),
    ):
        with pytest.raises(kind, match=told):
            make_respondent("simulated", arguments)
    failing = make_respondent("simulated", {"data": str(data), "faults": "api_error"})
    with pytest.raises(SimulatedApiError, match="answered 500"):
        asked(failing, data)
    message = ChatMessageUser(content="Is it?\n\nAnswer in a few words.")
    knows = make_respondent("simulated", {"data": str(data)})
    with pytest.raises(RunError, match="knows no item None"):
        anyio.run(knows.answer, read_conversation([message]))  # type: ignore[union-attr]
