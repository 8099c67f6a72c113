"""States are those of a whole pass, taken from the shared one, each clip's once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from inspect_ai.model import GenerateConfig

from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.decoding import Settings
from handeye.respondents.local.engine import Engine, whole_logits
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import process
from handeye.run.questions import Opening, Question
from handeye.states.capture import Wanted, capture
from handeye.states.store import Record, Store, open_store
from tests.support.local import families

FAMILIES = ("llava", "qwen2_vl", "gemma3", "qwen3_vl", "internvl")
EACH = pytest.mark.parametrize("family", FAMILIES)
TEXTS = ("How many? A or B", "Which row is the red one in, the upper or the lower?", "Where: A")
LETTERS = ("A", "B")


class Model:
    """A respondent as capture sees it."""

    def __init__(self, loaded: LocalModel, **options: Any) -> None:
        self.engine = Engine(loaded, **options)

    def prepare(self, messages: Any, config: Any) -> Any:
        return write_ask(self.engine.loaded, messages), Settings(max_tokens=4)


def question(name: str, *parts: str, letters: tuple[str, ...] = LETTERS) -> Question:
    scene = name.split("/")[0]
    messages = families.conversation(*parts)
    return Question(name, scene, {}, (), lambda: Opening(messages), letters=letters)


def asked(clips: int = 3) -> list[Question]:
    """Three questions each about clips of one picture, or of two."""
    out = []
    for clip in range(clips):
        shown = [families.picture(clip)] + [families.picture(9, 64, 24)] * (clip == 1)
        out += [question(f"c{clip}/{i}", *shown, text) for i, text in enumerate(TEXTS)]
    return out


def taken(
    loaded: LocalModel, folder: Path, questions: list[Question], *, options: Any = None, **how: Any
) -> tuple[Record, Store]:
    sites = how.pop("sites", ("last", "media", "grid"))
    wanted = Wanted(sites=sites, dtype="float32", **how)
    record = capture(
        Model(loaded, **(options or {})), questions, folder, wanted,
        config=GenerateConfig(), settings={"asked": "here"},
    )  # fmt: skip
    return record, open_store(folder)


def hidden(loaded: LocalModel, one: Question, more: tuple[int, ...] = ()) -> Mapping[str, Any]:
    """The reference: ``output_hidden_states`` of one whole pass, by our names; ids beside them."""
    encoded = process(loaded, [write_ask(loaded, one.write().messages)])
    with torch.inference_mode():
        states = loaded.model(**encoded, output_hidden_states=True, use_cache=False).hidden_states
    names = ["embedding", *(f"block.{i:02d}" for i in range(len(states) - 2)), "final"]
    return {"ids": encoded["input_ids"][0].tolist(), **{
        name: state[0].float().numpy() for name, state in zip(names, states, strict=True)
    }}  # fmt: skip


@EACH
@pytest.mark.parametrize("share", [True, False])
def test_states_are_those_of_output_hidden_states(tmp_path: Path, family: str, share: bool) -> None:
    loaded, questions = families.model_of(family), asked()
    record, store = taken(loaded, tmp_path / "s", questions, options={"share": share})
    assert record.items == 9
    assert record.layers == ("embedding", "block.00", "block.01", "final")
    for one in questions:
        truth = hidden(loaded, one)
        media = [at for at, token in enumerate(truth["ids"]) if token in loaded.picture_ids]
        assert media
        ids = [one.item_id]
        for layer in ("embedding", "block.00", "final"):
            close(store.states(layer, "last", ids)[0], truth[layer][-1])
            close(store.states(layer, "media", ids)[0], truth[layer][media].mean(0))
            assert store.tokens("grid", ids) == [len(media)]
            grid = store.states(layer, "grid", ids * len(media), range(len(media)))
            close(grid, truth[layer][media])
        # The last block is not among those of Transformers: the last of them is behind the norm.
        normed = loaded.model.get_decoder().norm(
            torch.tensor(store.states("block.01", "last", ids))
        )
        close(normed.detach().numpy()[0], truth["final"][-1])


def close(found: Any, truth: Any) -> None:
    assert np.abs(found - truth).max() < 1e-4 * max(1.0, float(np.abs(truth).max()))
    assert np.abs(truth).max() > 1e-3


@EACH
def test_letters_and_answers_are_the_models_own(tmp_path: Path, family: str) -> None:
    loaded, questions = families.model_of(family), asked(2)
    _, store = taken(loaded, tmp_path / "s", questions, answers=True)
    own = Engine(loaded)
    for one in questions:
        ask = write_ask(loaded, one.write().messages)
        shares = whole_logits(loaded, ask).double().log_softmax(-1)
        found = store.letters([one.item_id])[0]
        for letter, log in zip(LETTERS, found, strict=True):
            (token,) = loaded.tokenizer(letter, add_special_tokens=False)["input_ids"]
            assert float(shares[token]) - 1e-4 < log < 0
        said = own.answer([ask], [Settings(max_tokens=4)])[0].text
        assert store.answers([one.item_id]) == [said]
