"""`handeye/premise-small`: the tile of training, whichever way a clip is sent."""

import base64
from io import BytesIO

import anyio
import pytest

pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

import numpy as np
from inspect_ai.model import (
    ChatMessageUser,
    ContentAudio,
    ContentImage,
    ContentText,
    GenerateConfig,
)
from PIL import Image

from handeye.errors import RunError
from handeye.media.sound import encode_wav
from handeye.models.registry import make_respondent
from handeye.premise.scenes.families import make_family
from handeye.premise.scenes.plan import plan_families, plan_set
from handeye.premise.teaching.tile import tile
from handeye.premise.teaching.words import phrases
from handeye.training.architecture import build, save


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("small") / "model"
    save(*build("tile-tiny", 1, phrases()), out)
    return out


def _url(data, kind):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def test_it_is_shown_the_tile_and_asked_the_question_alone(folder, monkeypatch):
    options = plan_set(1, 1, "picture+sound", None, None, "test")
    family = make_family(1, "test", plan_families(options)[0])
    frames, samples = family.frames(0), family.samples(0)
    picture = BytesIO()
    Image.fromarray(frames[0]).save(picture, "PNG")
    content = [
        ContentText(text="The picture of the clip:"),
        ContentImage(image=_url(picture.getvalue(), "image/png")),
        ContentText(text="The sound of the clip:"),
        ContentAudio(audio=_url(encode_wav(samples), "audio/wav"), format="wav"),
        ContentText(text="Is it?"),
    ]
    small = make_respondent("premise-small", {"path": str(folder)})
    assert small.takes == {"image", "video", "audio"}
    shown = []
    answer = small._local.generate

    async def seen(messages, config):
        shown.append(messages)
        return await answer(messages, config)

    monkeypatch.setattr(small._local, "generate", seen)
    asked = [ChatMessageUser(content=content)]
    output = anyio.run(small.generate, asked, GenerateConfig(max_tokens=2))
    assert output.usage.output_tokens <= 2
    ((message,),) = shown
    sent, words = message.content
    assert words.text == "Is it?"
    with Image.open(BytesIO(base64.b64decode(sent.image.partition(",")[2]))) as image:
        assert np.array_equal(np.asarray(image), tile(frames[:1], samples))


def test_what_cannot_be_decoded_is_told(folder):
    small = make_respondent("premise-small", {"path": str(folder)})
    asked = [ChatMessageUser(content=[ContentImage(image=_url(b"no", "image/png")),
                                      ContentText(text="Is it?")])]  # fmt: skip
    with pytest.raises(RunError, match="cannot be used"):
        anyio.run(small.generate, asked, GenerateConfig(max_tokens=2))


def test_where_none_ships_it_is_told_how_to_train_one(monkeypatch, tmp_path):
    monkeypatch.setattr("handeye.respondents.local.shipped._FOLDERS", tmp_path)
    with pytest.raises(RunError, match=r"handeye train premise .* -M path=DIR"):
        make_respondent("premise-small", {})
