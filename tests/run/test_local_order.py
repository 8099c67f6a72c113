"""Questions go out scene by scene with the picture first, so that a server can share prefixes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.model import ChatMessage, ContentImage, ContentText, ModelOutput

from handeye.models.provider import HandeyeAPI
from handeye.rose.asking.run import run_rose
from handeye.rose.release import load
from tests.support.rose.small_set import write_set

CONNECTIONS = 8


def test_pictures_come_first_and_scenes_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[list[Any]] = []

    async def generate(self: HandeyeAPI, input: list[ChatMessage], **others: object) -> ModelOutput:
        assert not isinstance(input[-1].content, str)
        sent.append(list(input[-1].content))
        await anyio.sleep(0.005)
        return ModelOutput.from_content("handeye/pixels", "COUNT(1)")

    monkeypatch.setattr(HandeyeAPI, "generate", generate)
    data = write_set(tmp_path / "set", 20)
    run_rose(
        "handeye/pixels",
        data,
        tmp_path / "run",
        max_connections=CONNECTIONS,
        progress=False,
        score=False,
    )
    assert len(sent) == len(load(data)) == 100
    assert all(isinstance(p[0], ContentImage) and isinstance(p[1], ContentText) for p in sent)
    places: dict[str, list[int]] = {}
    for place, (media, _) in enumerate(sent):
        places.setdefault(media.image, []).append(place)
    # Four questions of a scene are about its base picture, one about the cue picture.
    assert sorted(map(len, places.values())) == [1] * 20 + [4] * 20
    # While one is asked again and again, no more others come between than are under way at a time.
    assert max(found[-1] - found[0] for found in places.values()) <= CONNECTIONS
