"""The suite's respondents as models: they read the prompt, and say what they cannot."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import anyio
import numpy as np
import pytest
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from PIL import Image

from handeye.errors import RunError
from handeye.models.registry import make_respondent
from handeye.respondents.conversation import Conversation, Reply, read_conversation
from handeye.stress.asking.questions import Asking
from handeye.stress.loader import load


def conversation(words: str, picture: bytes, item_id: str | None = None) -> Conversation:
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    content = [ContentImage(image=url), ContentText(text=words)]
    metadata = {"item_id": item_id} if item_id else None
    return read_conversation([ChatMessageUser(content=content, metadata=metadata)])


def said(model: str, asked: Conversation, **arguments: object) -> Reply:
    respondent = make_respondent(model, arguments)
    reply: Reply = anyio.run(respondent.answer, asked)  # type: ignore[union-attr]
    return reply


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_the_oracle_goes_by_the_picture_that_it_is_sent(data: Path) -> None:
    items = load(data)
    plain = [item for item in items if not item.cue and item.family in ("attribute", "count")]
    for item in plain:
        asked = conversation(Asking().prompt(item), items.path(item).read_bytes())
        assert said("stress-oracle", asked).text == item.gold
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    assert said("stress-oracle", conversation(Asking().prompt(plain[0]), png(noise))).text
    broken = said("stress-oracle", conversation(Asking().prompt(plain[0]), b"no picture"))
    assert broken.stop_reason == "content_filter"
    assert broken.text.startswith("I cannot use the picture")


def test_prompts_of_others_are_refused(data: Path) -> None:
    items = load(data)
    picture = items.path(items[0]).read_bytes()
    with pytest.raises(RunError, match="answer its prompts"):
        said("stress-oracle", conversation("What is this?", picture))
    asked = conversation(Asking().prompt(items[0]), picture, "nobody")
    for model in ("simulated", "cue-follower"):
        with pytest.raises(RunError, match="holds no item 'nobody'"):
            said(model, asked, data=str(data))


def test_the_simulated_one_tells_letters_if_told_and_knows_whose_picture_it_is(data: Path) -> None:
    items = load(data)
    item, other = items[0], next(one for one in items if one.scene_id != items[0].scene_id)
    words = Asking(form="letters").prompt(item)
    own, foreign = (items.path(one).read_bytes() for one in (item, other))
    told = said("simulated", conversation(words, own, item.item_id), data=str(data), letters=True)
    assert told.metadata is not None
    assert "letters" in told.metadata
    plain = said("simulated", conversation(words, own, item.item_id), data=str(data))
    assert "letters" not in (plain.metadata or {})
    grey = png(np.full((336, 336, 3), 128, np.uint8))
    for weights in ({}, {"visual": 60}):
        answers = {
            said(
                "simulated", conversation(words, shown, item.item_id), data=str(data), **weights
            ).text
            for shown in (grey, foreign)
        }
        assert len(answers) == 1
