"""``handeye/contexts-oracle``: right about all of the box, from pixels and words alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye import contexts
from handeye.contexts.asking.prompts import order_of, prompt_of
from handeye.contexts.loader import load
from handeye.contexts.respondents.models import Oracle
from handeye.respondents.conversation import Conversation


def test_it_is_right_about_everything_however_options_are_ordered(tmp_path: Path) -> None:
    root = contexts.generate(tmp_path / "set", seed=6, scenes=3, workers=1)
    run = contexts.run(
        "handeye/contexts-oracle", root, tmp_path / "run", option_order="shuffle:4", progress=False
    )
    head = run.summary["bases"]["all"]["headline"]
    assert (head["sees"]["value"], head["does"]["value"], head["form"]["value"]) == (1, 1, 1)


@pytest.mark.anyio
async def test_it_says_so_where_it_knows_neither_the_picture_nor_the_words(tmp_path: Path) -> None:
    made = load(contexts.generate(tmp_path / "set", seed=6, scenes=1, workers=1))
    item = next(one for one in made if one.name == "cook")
    picture = made.paths(item)[0].read_bytes()
    words = prompt_of(item, order_of(item, "set"))
    oracle = Oracle()
    reply = await oracle.answer(Conversation(images=(picture,), question=words))
    assert reply.text in "ABCDE"
    for asked in (
        Conversation(images=(b"no picture",), question=words),
        Conversation(images=(picture,), question=words.replace(item.text, "A dog has come in.")),
    ):
        said = await oracle.answer(asked)
        assert said.text.startswith("I cannot")
