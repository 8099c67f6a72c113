"""A picture encoded once for all its questions gives what asking one by one gives."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

import handeye.respondents.local.engine as engine_module
from handeye.errors import RunError
from handeye.respondents.local.chat import Ask, write_ask
from handeye.respondents.local.decoding import Settings, run_tails
from handeye.respondents.local.engine import Answer, Engine, whole_logits
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.plain import write_plainly
from handeye.respondents.local.prefixes import Prefix, PrefixCache
from tests.support.local import families

EACH = pytest.mark.parametrize("family", families.FAMILIES)
TOLD = Settings(max_tokens=7)


@pytest.fixture(scope="module")
def models() -> dict[str, LocalModel]:
    return {family: families.model_of(family) for family in families.FAMILIES}


def questions(loaded: LocalModel) -> list[Ask]:
    """Three scenes of different sizes, questions of different lengths, pictures in odd places."""
    picture = families.picture
    one, wide, high = picture(1), picture(2, 64, 24), picture(3, 20, 48)
    laid_out = [
        (one, "How many?"),
        (one, "Which row, and which column, of the ones below the second line?"),
        (one, "Where"),
        (wide, "How many are there in row 3?"),
        (wide, "?"),
        ("Look at this: ", high, " and answer. Which?"),
        ("Look at this: ", high, " and name it."),
        ("First ", one, " then ", wide, " - what has changed?"),
        ("No picture at all here.",),
        (one, "Say <image> once"),
    ]
    return [write_ask(loaded, families.conversation(*parts)) for parts in laid_out]


def one_by_one(loaded: LocalModel, asks: list[Ask], told: Settings = TOLD) -> list[list[int]]:
    return [list(write_plainly(loaded, [ask], [told])[0].written) for ask in asks]


def tokens(answers: list[Answer]) -> list[list[int]]:
    return [list(answer.tokens) for answer in answers]


@EACH
def test_tokens_and_logits_are_those_of_one_by_one(
    models: dict[str, LocalModel], family: str
) -> None:
    loaded = models[family]
    asks = questions(loaded)
    engine = Engine(loaded)
    answers = engine.answer(asks, [TOLD] * len(asks))
    assert engine.notices == []
    assert {answer.way for answer in answers} == {"shared"}
    assert tokens(answers) == one_by_one(loaded, asks)
    for ask, answer in zip(asks, answers, strict=True):
        whole = whole_logits(loaded, ask)
        assert float((answer.first_logits - whole).abs().max()) < 1e-4, ask.text


@EACH
def test_answers_differ_with_the_picture_and_the_question(
    models: dict[str, LocalModel], family: str
) -> None:
    """Else the test above would hold for a model that looks at nothing."""
    loaded = models[family]
    shown = [(families.picture(seed), text) for seed in (1, 2) for text in ("How many?", "Where?")]
    asks = [write_ask(loaded, families.conversation(*parts)) for parts in shown]
    first = [whole_logits(loaded, ask) for ask in asks]
    assert float((first[0] - first[2]).abs().max()) > 1e-3
    assert float((first[0] - first[1]).abs().max()) > 1e-3


@EACH
def test_plain_batches_padded_on_the_left_are_those_of_one_by_one(
    models: dict[str, LocalModel], family: str
) -> None:
    loaded = models[family]
    asks = [ask for ask in questions(loaded) if len(ask.pictures) == 1]
    engine = Engine(loaded, share=False)
    answers = engine.answer(asks, [TOLD] * len(asks))
    assert {answer.way for answer in answers} == {"plain"}
    assert tokens(answers) == one_by_one(loaded, asks)


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_batch_size_changes_nothing(models: dict[str, LocalModel], batch_size: int) -> None:
    loaded = models["llava"]
    asks = questions(loaded)
    engine = Engine(loaded, batch_size=batch_size)
    assert tokens(engine.answer(asks, [TOLD] * len(asks))) == one_by_one(loaded, asks)


@pytest.mark.parametrize("share", [True, False])
def test_penalties_that_a_model_brings_bend_no_answer(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch, share: bool
) -> None:
    loaded = models["llava"]
    asks = questions(loaded)[:5]
    expected = one_by_one(loaded, asks)
    monkeypatch.setattr(loaded.model.generation_config, "repetition_penalty", 9.0)
    monkeypatch.setattr(loaded.model.generation_config, "no_repeat_ngram_size", 1)
    assert tokens(Engine(loaded, share=share).answer(asks, [TOLD] * 5)) == expected


def test_a_picture_is_encoded_once(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = models["llava"]
    looked: list[int] = []
    tower = loaded.model.model.vision_tower
    hook = tower.register_forward_hook(lambda module, given, out: looked.append(len(given[0])))
    asks = questions(loaded)[:3]
    engine = Engine(loaded)
    engine.answer(asks[:1], [TOLD])
    looked.clear()
    engine.answer(asks[1:], [TOLD] * 2)
    assert looked == []
    hook.remove()


def test_a_long_question_alone_with_its_picture_does_not_widen_the_batch(
    models: dict[str, LocalModel],
) -> None:
    loaded = models["llava"]
    one, other = families.picture(1), families.picture(2)
    parts = [(one, "How many?"), (one, "Where?"), (other, "In which row, " * 9)]
    asks = [write_ask(loaded, families.conversation(*told)) for told in parts]
    engine = Engine(loaded)
    widths = [len(row.tail) for row in engine.rows(asks, [TOLD] * len(asks))]
    assert widths[2] == 1 < widths[0]
    assert tokens(engine.answer(asks, [TOLD] * len(asks))) == one_by_one(loaded, asks)


def test_the_cache_drops_what_was_not_used_longest() -> None:
    def prefix(size: int) -> Prefix:
        layer = torch.zeros(1, 1, size, 1)
        return Prefix(size, (), ((layer, layer),), size)

    cache = PrefixCache(8 * 30)
    for name in "abc":
        cache.put(name, prefix(10))
    assert (len(cache), cache.bytes) == (3, 240)
    assert cache.get("a") is not None
    cache.put("d", prefix(15))
    assert cache.get("b") is None
    assert cache.get("c") is None
    assert cache.get("a") is not None
    cache.put("huge", prefix(31))
    assert cache.get("huge") is None
    assert cache.bytes == 8 * 25
    assert (cache.hits, cache.misses) == (2, 3)


def test_no_cache_answers_alike(models: dict[str, LocalModel]) -> None:
    loaded = models["llava"]
    asks = questions(loaded)
    engine = Engine(loaded, batch_size=2, cache_bytes=0)
    assert tokens(engine.answer(asks, [TOLD] * len(asks))) == one_by_one(loaded, asks)
    assert engine.prefixes.bytes == 0


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=["gpu", "cpu", "python"],
)
def test_out_of_memory_halves_the_batch_and_goes_on(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    loaded = models["llava"]
    write = engine_module.write_answers

    def small_memory(model: LocalModel, rows: list[object]) -> None:
        if len(rows) > 3:
            raise error
        write(model, rows)

    monkeypatch.setattr(engine_module, "write_answers", small_memory)
    asks = questions(loaded)
    engine = Engine(loaded, batch_size=8)
    assert tokens(engine.answer(asks, [TOLD] * len(asks))) == one_by_one(loaded, asks)
    assert engine.batch_size == 2
    assert engine.notices == [
        "out of memory: going on with 4 questions at a time",
        "out of memory: going on with 2 questions at a time",
    ]


def test_no_memory_for_one_question_says_what_to_do(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(model: LocalModel, rows: list[object]) -> None:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(engine_module, "write_answers", none)
    loaded = models["llava"]
    with pytest.raises(RunError, match="smaller dtype"):
        Engine(loaded).answer(questions(loaded), [TOLD] * 10)


def test_a_model_that_cannot_be_run_in_parts_is_asked_plainly(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = models["llava"]
    right = engine_module.make_prefix

    def wrong(*args: object) -> Prefix:
        found = right(*args)
        moved = tuple((keys.roll(1, 2), values) for keys, values in found.layers)
        return Prefix(found.head_tokens, found.behind, moved, found.next_position)

    monkeypatch.setattr(engine_module, "make_prefix", wrong)
    asks = questions(loaded)[:5]
    engine = Engine(loaded)
    answers = engine.answer(asks, [TOLD] * 5)
    assert {answer.way for answer in answers} == {"plain"}
    assert len(engine.notices) == 1
    assert "encodes each medium once for every question" in engine.notices[0]
    assert tokens(answers) == one_by_one(loaded, asks)


@EACH
@pytest.mark.parametrize("share", [True, False])
def test_choices_are_log_probabilities_of_an_answers_beginning(
    models: dict[str, LocalModel], family: str, share: bool
) -> None:
    loaded = models[family]
    asks = questions(loaded)[:4]
    engine = Engine(loaded, share=share, choices=("A", "7", "DONE", "no"))
    answers = engine.answer(asks, [TOLD] * 4)
    for ask, answer in zip(asks, answers, strict=True):
        first = whole_logits(loaded, ask).log_softmax(-1)
        for choice in ("A", "7", "DONE"):
            (token,) = loaded.tokenizer(choice, add_special_tokens=False)["input_ids"]
            assert answer.choices[choice] == pytest.approx(float(first[token]), abs=1e-4)
        begun, then = loaded.tokenizer("no", add_special_tokens=False)["input_ids"]
        longer = whole_logits(loaded, Ask(ask.text + "n", ask.pictures)).log_softmax(-1)
        both = float(first[begun]) + float(longer[then])
        assert answer.choices["no"] == pytest.approx(both, abs=2e-4)


@EACH
def test_hidden_states_are_those_of_the_whole_question(
    models: dict[str, LocalModel], family: str
) -> None:
    from handeye.respondents.local.prompts import process

    loaded = models[family]
    asks = questions(loaded)[:4]
    engine = Engine(loaded)
    rows = engine.rows(asks, [TOLD] * 4)
    states = run_tails(loaded, rows, states=True).states
    for place, ask in enumerate(asks):
        with torch.inference_mode():
            out = loaded.model(**process(loaded, [ask]), output_hidden_states=True)
        for layer, whole in zip(states, out.hidden_states, strict=True):
            assert torch.allclose(layer[place, -1], whole[0, -1], atol=1e-4)
