"""Models that see and hear: a clip's frames and sound go through them once for all questions."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

import anyio
from inspect_ai.model import GenerateConfig

import handeye.respondents.local.engine as engine_module
from handeye.errors import RunError
from handeye.media import frames
from handeye.respondents.local import loading, media
from handeye.respondents.local.chat import Ask, write_ask
from handeye.respondents.local.decoding import Settings
from handeye.respondents.local.engine import Answer, Engine, whole_logits
from handeye.respondents.local.loading import LocalModel, load
from handeye.respondents.local.options import LocalOptions
from handeye.respondents.local.plain import write_plainly
from handeye.respondents.local.respondent import LocalRespondent
from handeye.run.asker import refuse_unsent
from handeye.run.letters import letters_of
from tests.support.local import families

EACH = pytest.mark.parametrize("family", families.HEARING)
TOLD = Settings(max_tokens=5)
LOW, HIGH = families.tone(300.0), families.tone(900.0, 0.9)
ONE, WIDE = families.picture(1), families.picture(2, 64, 24)


@pytest.fixture(scope="module")
def models() -> dict[str, LocalModel]:
    return {family: families.model_of(family) for family in families.HEARING}


def questions(loaded: LocalModel) -> list[Ask]:
    """Clips of two frames and a sound, each medium alone, sounds before words and between them."""
    laid_out = [
        (ONE, WIDE, LOW, "How many?"),
        (ONE, WIDE, LOW, "Which of them is red, and what is heard with it?"),
        (ONE, WIDE, HIGH, "How many?"),
        (LOW, "How many tones?"),
        (LOW, "Is it high?"),
        (WIDE, "Where?"),
        ("First ", LOW, " then ", HIGH, ONE, " - which is it?"),
        ("Nothing to see.",),
    ]
    return [write_ask(loaded, families.conversation(*parts)) for parts in laid_out]


def one_by_one(loaded: LocalModel, asks: list[Ask]) -> list[list[int]]:
    return [list(write_plainly(loaded, [ask], [TOLD])[0].written) for ask in asks]


def tokens(answers: list[Answer]) -> list[list[int]]:
    return [list(answer.tokens) for answer in answers]


@EACH
def test_answers_are_those_of_one_by_one_shared_and_in_plain_batches(
    models: dict[str, LocalModel], family: str
) -> None:
    loaded = models[family]
    asks = questions(loaded)
    expected = one_by_one(loaded, asks)
    engine = Engine(loaded, batch_size=5)
    answers = engine.answer(asks, [TOLD] * len(asks))
    assert (engine.notices, {answer.way for answer in answers}) == ([], {"shared"})
    assert tokens(answers) == expected
    for ask, answer in zip(asks, answers, strict=True):
        whole = whole_logits(loaded, ask)
        assert float((answer.first_logits - whole).abs().max()) < 1e-4, ask.text
    plain = Engine(loaded, share=False).answer(asks, [TOLD] * len(asks))
    assert tokens(plain) == expected


@EACH
def test_answers_differ_with_picture_sound_and_question(
    models: dict[str, LocalModel], family: str
) -> None:
    """Else the test above would hold for a model that attends to nothing."""
    loaded = models[family]
    shown = [(ONE, LOW, "a?"), (WIDE, LOW, "a?"), (ONE, HIGH, "a?"), (ONE, LOW, "b?")]
    asks = [write_ask(loaded, families.conversation(*parts)) for parts in shown]
    first, *others = (whole_logits(loaded, ask) for ask in asks)
    assert all(float((first - other).abs().max()) > 1e-2 for other in others)


@EACH
def test_frames_and_sound_go_through_the_model_once(
    models: dict[str, LocalModel], family: str
) -> None:
    loaded = models[family]
    ear = next(
        part
        for part in loaded.model.modules()
        if type(part).__name__.endswith(("AudioEncoder", "AudioModel"))
    )
    heard: list[int] = []
    hook = ear.register_forward_hook(lambda *told: heard.append(1))
    engine = Engine(loaded, batch_size=4)
    clips = [(ONE, WIDE, LOW), (WIDE, ONE, LOW)]
    asks = [
        write_ask(loaded, families.conversation(*clip, f"Is it number {number}?"))
        for clip in clips
        for number in range(8)
    ]
    try:
        engine.answer(asks[:1], [TOLD])  # its first question is checked: run in parts, and whole
        heard.clear()
        answers = engine.answer(asks, [TOLD] * len(asks))
    finally:
        hook.remove()
    assert len(heard) == 1  # for the second clip; the first was kept
    assert {answer.way for answer in answers} == {"shared"}


def test_what_differs_for_sounds_alone_is_found(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every combination of media is checked before it is shared."""
    loaded = models["qwen2_5_omni"]
    right = engine_module.make_prefix

    def wrong(model: LocalModel, head: Any, *more: Any) -> Any:
        found = right(model, head, *more)
        if "input_features" not in head.inputs:
            return found
        moved = tuple((keys.roll(1, 2), values) for keys, values in found.layers)
        return type(found)(found.head_tokens, found.behind, moved, found.next_position)

    monkeypatch.setattr(engine_module, "make_prefix", wrong)
    engine = Engine(loaded)
    seen = write_ask(loaded, families.conversation(ONE, "How many?"))
    heard = write_ask(loaded, families.conversation(LOW, "How many?"))
    assert [one.way for one in engine.answer([seen], [TOLD])] == ["shared"]
    assert [one.way for one in engine.answer([heard], [TOLD])] == ["plain"]
    assert "encodes each medium once for every question" in engine.notices[0]


@EACH
def test_choices_behind_sounds_are_log_probabilities(
    models: dict[str, LocalModel], family: str
) -> None:
    """Of strings of several tokens too, in either way."""
    loaded = models[family]
    ask = write_ask(loaded, families.conversation(ONE, LOW, "How many?"))
    (shared,), (plain,) = (
        Engine(loaded, share=share, choices=("A", "no")).answer([ask], [TOLD])
        for share in (True, False)
    )
    assert shared.choices == pytest.approx(dict(plain.choices), abs=1e-3)


def test_a_videos_frames_come_with_its_sound(models: dict[str, LocalModel]) -> None:
    loaded = models["qwen3_omni"]
    spoken, silent = families.video(1, 440.0), families.video(1)
    asks = [
        write_ask(loaded, families.conversation(one, "What?"), 2)
        for one in (spoken, silent, families.video(1, 1200.0))
    ]
    assert [len(ask.pictures) for ask in asks] == [2, 2, 2]
    assert [len(ask.sounds) for ask in asks] == [1, 0, 1]
    assert len({ask.media for ask in asks}) == 3
    assert asks[0].text.index("<|image_pad|>") < asks[0].text.index("<|audio_pad|>")
    assert tokens(Engine(loaded).answer(asks, [TOLD] * 3)) == one_by_one(loaded, asks)
    deaf = families.model_of("llava")
    assert write_ask(deaf, families.conversation(spoken, "What?"), 2).sounds == ()


def test_a_sound_comes_on_one_channel_at_the_models_rate(models: dict[str, LocalModel]) -> None:
    import numpy as np

    (heard,) = write_ask(
        models["gemma4"], families.conversation(families.tone(440.0, 1.0, 8000))
    ).sounds
    assert heard.samples.dtype == np.float32
    assert abs(len(heard.samples) - 16_000) < 200
    spectrum = np.abs(np.fft.rfft(heard.samples))
    assert abs(np.argmax(spectrum) * 16_000 / len(heard.samples) - 440) < 3


def test_what_is_longer_than_a_model_hears_at_once_comes_in_pieces(
    models: dict[str, LocalModel],
) -> None:
    loaded = models["qwen2_5_omni"]
    assert loaded.seconds_heard == 2.0
    assert [models[family].seconds_heard for family in ("gemma3n", "phi4")] == [30.0, None]
    asks = [
        write_ask(loaded, families.conversation(families.tone(pitch, 4.5), "How many?"))
        for pitch in (300.0, 310.0)
    ]
    assert [len(sound.samples) for sound in asks[0].sounds] == [32_000, 32_000, 8_000]
    assert asks[0].text.count("<|audio_pad|>") == 3
    assert tokens(Engine(loaded).answer(asks, [TOLD] * 2)) == one_by_one(loaded, asks)


def test_a_clip_is_decoded_once(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    for holder, name in ((frames, "take_frames"), (media, "sound_of")):
        real = getattr(holder, name)

        def noted(*told: Any, name: str = name, real: Any = real, **how: Any) -> Any:
            decoded.append(name)
            return real(*told, **how)

        monkeypatch.setattr(holder, name, noted)
    clip = families.video(77, 500.0)
    asks = [
        write_ask(models["gemma3n"], families.conversation(clip, f"Is it number {number}?"), 2)
        for number in range(6)
    ]
    assert sorted(decoded) == ["sound_of", "take_frames"]
    assert len({ask.media for ask in asks}) == 1


@pytest.mark.parametrize("share", [True, False])
def test_every_letter_has_its_log_probability(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch, share: bool
) -> None:
    """However unlikely, so that none is bounded by what was listed."""
    loaded = models["phi4"]
    monkeypatch.setattr("handeye.respondents.local.respondent.load", lambda options: loaded)
    one = LocalRespondent(LocalOptions(path="x", share=share, max_tokens=3))
    config = GenerateConfig(logprobs=True, top_logprobs=20)
    told = families.conversation(ONE, LOW, "Which? Answer with a letter.")

    async def asked() -> Any:
        return await one.generate(told, config)

    output = anyio.run(asked)
    first = output.choices[0].logprobs.content[0].top_logprobs
    whole = whole_logits(loaded, write_ask(loaded, told)).log_softmax(-1)
    found = {top.token: top.logprob for top in first}
    for letter in ascii_uppercase:
        (token,) = loaded.tokenizer(letter, add_special_tokens=False)["input_ids"]
        assert found[letter] == pytest.approx(float(whole[token]), abs=1e-4)
    # An answer that names a letter, as the run files it.
    output.choices[0].logprobs.content[0].token = "B"
    letters = letters_of(output, tuple("ABCDEF"))
    assert letters is not None
    assert set(letters.letters) >= set("ABCDEF")
    assert letters.bound == pytest.approx(sorted(whole.tolist())[-20], abs=1e-4)
    assert math.fsum(math.exp(value) for value in letters.letters.values()) <= 1


def test_what_a_model_takes_is_known_before_it_is_asked(
    models: dict[str, LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {loaded.takes for loaded in models.values()} == {frozenset({"image", "video", "audio"})}
    deaf = families.model_of("llava")
    assert deaf.takes == {"image", "video"}
    with pytest.raises(RunError, match=r"cannot show audio to this model \(LlavaProcessor\)"):
        write_ask(deaf, families.conversation(ONE, LOW, "What?"))
    # The larger Gemma 4 have the same processor, and nothing that hears.
    monkeypatch.setattr(models["gemma4"].model.config, "audio_config", None)
    assert replace(models["gemma4"]).takes == deaf.takes


def test_a_run_that_a_model_cannot_be_sent_is_refused_before_it_begins(tmp_path: Path) -> None:
    """By its one line, and no folder is claimed."""
    from handeye.rose.asking.run import run_rose
    from handeye.rose.scenes.generation import generate

    data = generate(
        tmp_path / "rose" / "set", seed=4, scenes=1, sources="pixel-content", grid="2:4", workers=1
    )
    out = tmp_path / "run"
    listener = _listener(tmp_path / "model")
    with pytest.raises(RunError, match="handeye/hf takes only audio, and is to be sent image: ask"):
        run_rose("handeye/hf", data, out, model_args={"path": str(listener)}, progress=False)
    assert not out.exists()

    class Api:
        takes = frozenset({"image", "video"})

    model: Any = type("M", (), {"api": Api, "__str__": lambda self: "handeye/hf"})()
    refuse_unsent(model, {"image"})
    with pytest.raises(RunError, match="only image and video, and is to be sent audio: ask it"):
        refuse_unsent(model, {"video", "audio"})


def _listener(folder: Path) -> Path:
    """A model that hears, and does not see."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    from tests.support.local.builders import text_sizes
    from tests.support.local.sound_builders import named_tokens, template

    names = {"audio_token": "<|AUDIO|>", "bos": "<|audio_bos|>", "eos": "<|audio_eos|>"}
    tokenizer = named_tokens(names)
    config = Qwen2AudioConfig(
        audio_config={
            "num_mel_bins": 8,
            "d_model": 16,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 16,
            "max_source_positions": 100,
        },
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    Qwen2AudioProcessor(
        WhisperFeatureExtractor(feature_size=8, chunk_length=2),
        tokenizer,
        chat_template=template("<|IMAGE|>", "<|audio_bos|><|AUDIO|><|audio_eos|>"),
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def no_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils import import_utils

    monkeypatch.setattr(import_utils, "is_torchvision_available", lambda: False)


@pytest.mark.parametrize("whole", [True, False], ids=["with what speaks", "what writes alone"])
@pytest.mark.parametrize("family", ["qwen2_5_omni", "qwen3_omni"])
def test_of_a_model_that_speaks_what_writes_is_loaded(
    models: dict[str, LocalModel],
    family: str,
    whole: bool,
    tmp_path: Path,
    no_torchvision: None,
) -> None:
    """The layout on the Hub has all of it, each weight under ``thinker.``."""
    from safetensors.torch import load_file, save_file

    made = models[family]
    families.publish(made, tmp_path)
    if whole:
        config = json.loads((tmp_path / "config.json").read_bytes())
        kind = config["model_type"].removesuffix("_thinker")
        told = {"model_type": kind, "thinker_config": config, "enable_audio_output": False}
        (tmp_path / "config.json").write_text(json.dumps(told))
        weights = load_file(tmp_path / "model.safetensors")
        renamed = {f"thinker.{name}": value for name, value in weights.items()}
        renamed["talker.model.norm.weight"] = torch.ones(4)
        save_file(renamed, tmp_path / "model.safetensors", metadata={"format": "pt"})
    loaded = load(LocalOptions(path=str(tmp_path)))
    assert type(loaded.model) is type(made.model)
    assert loaded.takes == made.takes
    answers = [
        Engine(one).answer([write_ask(one, families.conversation(ONE, LOW, "How many?"))], [TOLD])
        for one in (made, loaded)
    ]
    assert tokens(answers[0]) == tokens(answers[1])


def test_a_run_of_premise_prefills_each_clip_once(
    models: dict[str, LocalModel],
    tmp_path: Path,
    no_torchvision: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through the whole lane; the answers are those of asking one by one."""
    from handeye.premise.asking.run import run_premise
    from handeye.premise.scenes.generation import generate

    made: list[Any] = []
    make = engine_module.make_prefix  # type: ignore[attr-defined]
    monkeypatch.setattr(
        engine_module, "make_prefix", lambda *told: (made.append(told[1].key), make(*told))[1]
    )
    data = generate(
        tmp_path / "premise" / "set",
        seed=3,
        families=1,
        media="picture+sound",
        kinds="colour,pitch",
        workers=1,
    )
    path = str(families.publish(models["qwen2_5_omni"], tmp_path / "model"))
    found = []
    for share in (True, False):
        out = run_premise(
            "handeye/hf",
            data,
            tmp_path / f"run {share}",
            model_args={"path": path, "share": share, "max_tokens": 2, "batch_size": 6},
            progress=False,
        )
        lines = (out / "predictions.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        found.append([(row["item_id"], row["raw_text"], row["state"]) for row in rows])
    assert found[0] == found[1]
    assert len({text for _, text, _ in found[0]}) > 1
    assert (len(found[0]), len(made), len(set(made))) == (19, 4, 4)


def test_where_positions_bend_nothing_is_shared_across(models: dict[str, LocalModel]) -> None:
    """Phi's long positions: keys that were made below the bend are wrong above it."""
    from tests.support.local.sound_builders import phi4

    loaded = families.drawn(*phi4(bend=60))
    shortest = len(write_plainly(loaded, [asked(loaded, 0)], [TOLD])[0].tail)
    below, near, above = (asked(loaded, size - shortest) for size in (50, 57, 90))
    expected = one_by_one(loaded, [below, near, above])
    engine = Engine(loaded)
    alone = [engine.answer([ask], [TOLD])[0] for ask in (below, near, above)]
    assert [answer.way for answer in alone] == ["shared", "plain", "plain"]
    assert tokens(alone) == expected
    together = Engine(loaded).answer([below, near, above], [TOLD] * 3)
    assert {answer.way for answer in together} == {"plain"}
    assert tokens(together) == expected
    assert engine.notices == []


def asked(loaded: LocalModel, length: int) -> Ask:
    return write_ask(loaded, families.conversation(ONE, LOW, "?" * length))


def test_adapters_that_would_be_left_out_are_named(
    models: dict[str, LocalModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = models["phi4"]
    made.model.config.save_pretrained(tmp_path)
    monkeypatch.setattr(loading, "load_processor", lambda *told: made.processor)
    (tmp_path / "vision-lora").mkdir()
    (tmp_path / "vision-lora" / "adapter_config.json").write_text("{}")
    with pytest.raises(RunError, match="merge vision-lora"):
        load(LocalOptions(path=str(tmp_path)))
