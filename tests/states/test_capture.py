"""States are those of a whole pass, taken from the shared one, each clip's once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from inspect_ai.model import GenerateConfig

from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.local.chat import Ask, write_ask
from handeye.respondents.local.decoding import Settings
from handeye.respondents.local.engine import Engine, whole_logits
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import process
from handeye.respondents.local.taps import Tap
from handeye.run.questions import Opening, Question
from handeye.states.capture import capture
from handeye.states.clips import spread
from handeye.states.parts import Record
from handeye.states.store import Store, open_store
from handeye.states.wanted import Wanted, asked_by, chosen_layers
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


def test_media_are_stored_once_though_their_prefix_is_forgotten(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    loaded = families.model_of("llava")
    # Questions of one clip far from each other: nothing is kept from the one to the next.
    questions = sorted(asked(), key=lambda one: one.item_id[-1])
    small = {"cache_bytes": 0, "batch_size": 2}
    _, store = taken(loaded, tmp_path / "a", questions, options=small)
    _, usual = taken(loaded, tmp_path / "b", asked())
    parts = [load_file(path) for path in (tmp_path / "a" / "parts").iterdir()]
    assert sum(len(part["final/media"]) for part in parts) == 3
    for site in ("last", "media"):
        ids = usual.item_ids
        apart = store.states("final", site, ids) - usual.states("final", site, ids)
        assert np.abs(apart).max() < 1e-4


@pytest.mark.parametrize("share", [True, False])
def test_pieces_of_text_are_read_where_they_stand(tmp_path: Path, share: bool) -> None:
    loaded = families.model_of("llava")
    picture = families.picture(1)
    questions = [
        # Behind the media, the second time in what the questions have in common; before the media;
        # and one that has it not.
        question("c0/a", picture, "The red ball is seen. Who holds the red ball?"),
        question("c0/b", picture, "The red ball is seen. What holds the blue one?"),
        question("c1/a", "The red ball is seen. ", families.picture(2), "Who holds it?"),
        question("c0/c", picture, "The red ball is seen."),
    ]
    spans = {one.item_id: {"what": "red ball", "other": "not wanted"} for one in questions[:3]}
    _, store = taken(
        loaded, tmp_path / "s", questions, spans=spans, sites=("last", "span:what"),
        options={"share": share},
    )  # fmt: skip
    assert store.having("span:what") == ("c0/a", "c0/b", "c1/a")
    wanted = loaded.tokenizer("red ball", add_special_tokens=False)["input_ids"]
    for one in questions[:3]:
        truth = hidden(loaded, one)
        at = next(
            place for place in range(len(truth["ids"]))
            if truth["ids"][place : place + len(wanted)] == wanted
        )  # fmt: skip
        for layer in ("embedding", "block.00", "final"):
            mean = truth[layer][at : at + len(wanted)].mean(0)
            close(store.states(layer, "span:what", [one.item_id])[0], mean)
        close(store.states("final", "last", [one.item_id])[0], truth["final"][-1])


def test_text_that_is_not_in_the_prompt_is_an_error(tmp_path: Path) -> None:
    spans = {"c0/1": {"what": "a green cube"}}
    with pytest.raises(DataError, match="item c0/1: its prompt does not hold 'a green cube'"):
        taken(families.model_of("llava"), tmp_path, asked(1), spans=spans, sites=("span:what",))


@EACH
@pytest.mark.parametrize("share", [True, False])
def test_places_in_a_given_answer(tmp_path: Path, family: str, share: bool) -> None:
    loaded, questions = families.model_of(family), asked(1)
    given = {"c0/0": "(2, 3)", "c0/1": "(4", "c0/2": ""}
    sites = ("last", "answer:0", "answer:2", "answer:4", "media")
    _, store = taken(
        loaded, tmp_path / "s", questions, forced=given, sites=sites, answers=True,
        options={"share": share},
    )  # fmt: skip
    assert store.having("answer:0") == ("c0/0", "c0/1", "c0/2")
    assert store.having("answer:2") == ("c0/0", "c0/1")
    assert store.having("answer:4") == ("c0/0",)
    _, without = taken(loaded, tmp_path / "w", questions, answers=True)
    ids = store.item_ids
    assert store.answers(ids) == without.answers(ids)
    assert np.abs(store.letters(ids) - without.letters(ids)).max() < 1e-4
    for name, text in given.items():
        one = next(one for one in questions if one.item_id == name)
        ask = write_ask(loaded, one.write().messages)
        encoded = process(loaded, [Ask(ask.text + text, ask.pictures)])
        with torch.inference_mode():
            truth = loaded.model(**encoded, output_hidden_states=True).hidden_states[-1][0]
        tokens = len(loaded.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else 0
        end = len(truth) - 1 - tokens
        close(store.states("final", "last", [name])[0], truth[end].numpy())
        for place in (0, 2, 4):
            if place <= tokens:
                found = store.states("final", f"answer:{place}", [name])[0]
                close(found, truth[end + place].numpy())


def test_places_in_an_answer_may_be_told_in_characters(tmp_path: Path) -> None:
    """Targets say how many characters of their answer stand before each place."""
    loaded = families.model_of("llava")
    rows = [
        SimpleNamespace(item_id="c0/0", sites=("answer:0", "grid"), spans={}, answer="R12,C3",
                        ends=(1, 5, 0)),
        SimpleNamespace(item_id="c0/1", sites=("last", "span:it"), spans={"it": "row"},
                        answer="", ends=()),
    ]  # fmt: skip
    asked_for = asked_by(rows, ("targets", "media", "answer:1", "answer:2"))
    assert set(asked_for["sites"]) == {
        "media", "answer:0", "answer:1", "answer:2", "grid", "last", "span:it"
    }  # fmt: skip
    with pytest.raises(OptionError, match="no item of this set has a piece of text 'no'"):
        asked_by(rows, ("span:no",))
    _, store = taken(loaded, tmp_path / "s", asked(1), **asked_for)
    assert store.having("answer:1") == ("c0/0",)
    # Its tokens are R, 1, 2, ",C" and 3.
    by_tokens = {"forced": {"c0/0": "R12,C3"}, "sites": ("last", "answer:1", "answer:4")}
    _, other = taken(loaded, tmp_path / "t", asked(1), **by_tokens)
    for place, site in enumerate(("answer:1", "answer:4", "last")):
        found = store.states("final", f"answer:{place}", ["c0/0"])[0]
        close(found, other.states("final", site, ["c0/0"])[0])


@EACH
@pytest.mark.parametrize("share", [True, False])
def test_what_may_come_behind_a_given_answer(tmp_path: Path, family: str, share: bool) -> None:
    loaded, questions = families.model_of(family), asked(1)
    # The second one's begin alike; of the third nothing is asked.
    options = {"c0/0": ("12", "3"), "c0/1": ("12", "13")}
    wanted = Wanted(
        sites=("last", "answer:0"), dtype="float32", options=options,
        forced=dict.fromkeys(options, "R12,C3"), ends=dict.fromkeys(options, (1,)),
    )  # fmt: skip
    how = {"config": GenerateConfig(), "settings": {"asked": "here"}}
    capture(Model(loaded, share=share), questions, tmp_path / "s", wanted, **how)
    letters = open_store(tmp_path / "s").letters(("c0/0", "c0/1", "c0/2"))
    ask = write_ask(loaded, questions[0].write().messages)
    shares = whole_logits(loaded, Ask(f"{ask.text}R", ask.pictures)).double().log_softmax(-1)
    own = [loaded.tokenizer(one, add_special_tokens=False)["input_ids"][0] for one in "13"]
    assert np.abs(letters[0, :2] - shares[own].numpy()).max() < 1e-4
    assert np.isnan(letters[0, 2:]).all()
    assert np.isnan(letters[1]).all()
    assert not np.isnan(letters[2]).any()


# ---- the check of the media


def test_media_are_alike_under_all_questions_of_a_clip(tmp_path: Path) -> None:
    record, _ = taken(families.model_of("llava"), tmp_path, asked())
    found = record.checks["media_tokens"]
    assert (found["result"], found["clips"], found["tolerance"]) == ("equal", 3, 1e-5)
    assert found["largest"] < 1e-5
    assert found["between_clips"]["pairs"] == 2
    assert found["between_clips"]["smallest"] > 1e-3
    assert json.loads((tmp_path / "capture.json").read_bytes())["checks"]["media_tokens"] == found


def leaky(loaded: LocalModel) -> Any:
    """Let every token of the first block see all others, those behind it too."""

    def leak(module: Any, given: Any, out: Any) -> Any:
        return out + 0.01 * out.mean(1, keepdim=True)

    return loaded.model.get_decoder().layers[0].register_forward_hook(leak)


def test_media_that_change_with_the_question_are_not_shared(tmp_path: Path) -> None:
    loaded = families.model_of("llava")
    handle = leaky(loaded)
    try:
        with pytest.raises(RunError, match="media tokens of c0 change with the question"):
            taken(loaded, tmp_path / "a", asked())
        record, store = taken(loaded, tmp_path / "b", asked(), options={"share": False})
    finally:
        handle.remove()
    assert record.checks["media_tokens"]["result"] == "differ"
    assert record.checks["media_tokens"]["largest"] > 1e-4
    # Each question has its own.
    one, other = store.states("final", "media", ["c0/0", "c0/1"])
    assert np.abs(one - other).max() > 1e-4


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        ([question("c0/a", families.picture(1), "How many?")], "no clip has two questions"),
        (
            [question(f"c0/{t}", t, families.picture(1), "?") for t in ("One", "Two")],
            "the question stands before the media",
        ),
        ([question("c0/a", "One?"), question("c0/b", "Two?")], "nothing is shown"),
    ],
)
def test_where_the_check_means_nothing_it_says_so(
    tmp_path: Path, questions: list[Question], why: str
) -> None:
    sites = ("last",) if "shown" in why else ("last", "media")
    record, store = taken(families.model_of("llava"), tmp_path, questions, sites=sites)
    found = record.checks["media_tokens"]
    assert found["result"] == "not applicable"
    assert why in found["why"]
    assert record.clips == (len(questions) if "before" in why else "media" in sites)
    if "before" in why:
        one, other = store.states("final", "media", ["c0/One", "c0/Two"])
        assert np.abs(one - other).max() > 1e-4


def test_a_model_that_looks_both_ways_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = families.model_of("gemma3")
    config = loaded.model.config.get_text_config(decoder=True)
    assert taken(loaded, tmp_path / "a", asked(2))[0].checks["media_tokens"]["result"] == "equal"
    monkeypatch.setattr(config, "use_bidirectional_attention", True)
    record, _ = taken(loaded, tmp_path / "b", asked(2), options={"share": False})
    assert record.checks["media_tokens"]["why"] == "media look at the words behind them"


def test_clips_are_spread_over_the_set_in_twos() -> None:
    assert spread(range(5), 16) == [0, 1, 2, 3, 4]
    found = spread(range(400), 16)
    assert (len(found), found[0], found[-1]) == (16, 0, 399)
    assert all(b == a + 1 for a, b in zip(found[::2], found[1::2], strict=True))


# ---- what goes wrong


def test_a_model_that_falls_silent_is_an_error(tmp_path: Path) -> None:
    loaded = families.model_of("llava")
    block = loaded.model.get_decoder().layers[1]
    handle = block.register_forward_hook(lambda module, given, out: torch.zeros_like(out))
    try:
        with pytest.raises(RunError, match="nothing but zeros"):
            taken(loaded, tmp_path, asked(1))
    finally:
        handle.remove()


def test_a_layer_from_which_nothing_comes_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = families.model_of("llava")
    hook = Tap._hook

    def deaf(tap: Tap, layer: str, take: Any) -> Any:
        return hook(tap, layer, (lambda states: None) if layer == "block.01" else take)

    monkeypatch.setattr(Tap, "_hook", deaf)
    with pytest.raises(RunError, match=r"no states came from block\.01"):
        taken(loaded, tmp_path, asked(1))


def test_a_family_with_other_states_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="of this family cannot be captured"):
        taken(families.model_of("gemma3n"), tmp_path, asked(1))


def test_numbers_that_overflow_are_an_error(tmp_path: Path) -> None:
    loaded = families.model_of("llava")
    with torch.no_grad():
        loaded.model.get_output_embeddings().weight[5] = float("nan")
    with pytest.raises(RunError, match="logits are nan or infinite"):
        taken(loaded, tmp_path, asked(1))


def test_one_broken_item_does_not_cost_the_others(tmp_path: Path) -> None:
    def broken() -> Opening:
        raise DataError("picture.png: cannot be read")

    questions = [*asked(1), Question("c7/x", "c7", {}, (), broken)]
    loaded = families.model_of("llava")
    record, store = taken(loaded, tmp_path / "a", questions)
    assert record.failed == {"c7/x": "picture.png: cannot be read"}
    assert len(store.item_ids) == 3
    with pytest.raises(DataError, match="nothing could be captured; item c7/x"):
        taken(loaded, tmp_path / "b", questions[3:])


def test_layers_are_chosen_by_name_and_number(tmp_path: Path) -> None:
    assert chosen_layers("second", 5) == ("embedding", "block.00", "block.02", "block.04", "final")
    assert chosen_layers("final, 3,block.01", 5) == ("block.01", "block.03", "final")
    assert len(chosen_layers("all", 5)) == 7
    for wanted in ("5", "block.x", "last", ","):
        with pytest.raises(OptionError, match="no layer"):
            chosen_layers(wanted, 5)
    _, store = taken(families.model_of("llava"), tmp_path, asked(1), layers="embedding,1")
    assert store.layers == ("embedding", "block.01")
    for sites in ((), ("midle",), ("last", "last"), ("answer:x",)):
        with pytest.raises(OptionError, match="site"):
            Wanted(sites=sites)


# ---- gone on with


def test_a_stopped_capture_goes_on_where_it_was(tmp_path: Path) -> None:
    loaded, questions = families.model_of("llava"), asked()
    ran: list[int] = []
    loaded.model.get_decoder().register_forward_hook(lambda module, given, out: ran.append(1))
    written: list[str] = []

    def noted(one: Question) -> Question:
        def write() -> Opening:
            written.append(one.item_id)
            return one.write()

        return replace(one, write=write)

    def stop(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    model, wanted = Model(loaded, batch_size=2), Wanted(sites=("last", "media"), dtype="float32")
    how: dict[str, Any] = {"config": GenerateConfig(), "settings": {}}
    with pytest.raises(KeyboardInterrupt):
        capture(model, questions, tmp_path / "s", wanted, progress=stop, **how)
    assert len(open_store(tmp_path / "s").item_ids) == 4
    told: list[tuple[int, int]] = []
    capture(
        model, [noted(one) for one in questions], tmp_path / "s", wanted,
        progress=lambda done, total: told.append((done, total)), **how,
    )  # fmt: skip
    assert written == [one.item_id for one in questions[4:]]
    assert told[-1] == (9, 9)
    store = open_store(tmp_path / "s")
    capture(model, questions, tmp_path / "whole", wanted, **how)
    whole = open_store(tmp_path / "whole")
    assert sorted(store.item_ids) == sorted(whole.item_ids)
    for layer in store.layers:
        for site in ("last", "media"):
            ids = whole.item_ids
            apart = store.states(layer, site, ids) - whole.states(layer, site, ids)
            assert np.abs(apart).max() < 1e-4
    # A call when all is there runs nothing at all.
    ran.clear()
    capture(model, questions, tmp_path / "whole", wanted, **how)
    assert not ran
    with pytest.raises(RunError, match="answers false, now it is true"):
        capture(model, questions, tmp_path / "s", replace(wanted, answers=True), **how)
    with torch.no_grad():
        loaded.model.get_output_embeddings().weight += 1
    with pytest.raises(RunError, match="checkpoint"):
        capture(model, questions, tmp_path / "s", wanted, **how)
