"""``handeye/hf`` with an adjuster: what it reads, what it changes, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

import anyio
from inspect_ai.model import GenerateConfig, Model, get_model
from msgspec.structs import replace

from handeye.errors import DataError, RunError
from handeye.respondents.local.adjuster import (
    Adjuster,
    Promise,
    Rejection,
    judged,
    readings,
    write_adjuster,
)
from handeye.respondents.local.identity import identity_of
from handeye.respondents.local.loading import LocalModel, load
from handeye.respondents.local.options import LocalOptions
from handeye.respondents.local.prompts import process
from handeye.run.letters import letters_of, option_of
from handeye.training.architecture import save
from tests.support.local import families

SEEN, HEARD = "What is said of the sight is wrong.", "What is said of the sound is wrong."
WORDS = "What is it?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    loaded = families.model_of("llava")
    save(loaded.model, loaded.processor, out)
    return out


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LocalModel:
    return load(LocalOptions(path=str(folder)))


def adjuster_for(loaded: LocalModel, gate: float | None = 0.0, **more: Any) -> Adjuster:
    """Probes drawn at random; the margin counts too."""
    width = int(loaded.model.config.get_text_config().hidden_size)
    draw = np.random.default_rng(0)

    def rejection(text: str) -> Rejection:
        return Rejection(
            text=text,
            probe=tuple(draw.normal(size=width).tolist()),
            probe_bias=0.25,
            route=tuple(draw.normal(size=width).tolist()),
            route_bias=0.0,
            usual=-1.0,
            bias=-0.5,
            on_probe=2.0,
            on_margin=0.75,
        )

    made = Adjuster(
        layer="block.00",
        width=width,
        options=6,
        rejections=(rejection(SEEN), rejection(HEARD)),
        on_route=1.0,
        on_letters=0.0,
        gate=gate,
        promise=Promise(alpha=0.03, level=0.95, bound="any", families=200, lost=0, shut="few"),
        model=identity_of(loaded),
    )
    return replace(made, **more)


@pytest.fixture
def written(loaded: LocalModel, tmp_path: Path) -> Any:
    def write(gate: float | None = 0.0, **more: Any) -> Path:
        path = tmp_path / "adjuster.json"
        write_adjuster(path, adjuster_for(loaded, gate, **more))
        return path

    return write


def model(folder: Path, **args: Any) -> Model:
    return get_model("handeye/hf", memoize=False, path=str(folder), max_tokens=6, **args)


def question(*options: str) -> str:
    lines = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCDEF", options, strict=False))
    return f"{WORDS}\n\n{lines}\n\nAnswer with the letter."


ASKED = question("a", HEARD, "b", "c", SEEN, "d")
PLACES = {SEEN: "E", HEARD: "B"}


def ask(one: Model, words: str = ASKED, seed: int = 1, **config: Any) -> Any:
    async def asked() -> Any:
        told = families.conversation(families.picture(seed), words)
        return await one.generate(told, config=GenerateConfig(**config))

    return anyio.run(asked)


def whole(loaded: LocalModel, folder: Path, seed: int) -> tuple[Any, Any]:
    """State of block 0 at the last token, and letters there, by one plain pass of the library."""
    from handeye.respondents.local.chat import write_ask

    told = write_ask(loaded, families.conversation(families.picture(seed), ASKED))
    with torch.inference_mode():
        out = loaded.model(**process(loaded, [told]), output_hidden_states=True)
    logits = out.logits[0, -1].double().log_softmax(-1)
    return out.hidden_states[1][0, -1].double().numpy(), logits


@pytest.mark.parametrize("share", [True, False])
def test_it_reads_the_state_and_the_letters_of_the_pass_that_answers(
    folder: Path, loaded: LocalModel, written: Any, share: bool
) -> None:
    made, one = adjuster_for(loaded), model(folder, adjuster=str(written(99.0)), share=share)
    for seed in (1, 2, 3):
        state, logits = whole(loaded, folder, seed)
        out = ask(one, seed=seed)
        assert out.metadata["way"] == ("shared" if share else "plain")
        routes = [float(state @ np.array(part.route)) for part in made.rejections]
        chosen = made.rejections[int(np.argmax(routes))]
        probe = float(state @ np.array(chosen.probe)) + chosen.probe_bias
        by_option = by_letter(loaded, logits)
        content = max(by_option[letter] for letter in "ACDF")
        margin = content - max(by_option[letter] for letter in "BE")
        expected = -0.5 + 2 * probe - 0.75 * margin
        assert out.metadata["adjuster"]["logit"] == pytest.approx(expected, abs=2e-4)


def by_letter(loaded: LocalModel, logits: Any) -> dict[str, float]:
    """Log-probability of each letter over all tokens that spell it."""
    found = dict.fromkeys("ABCDEF", -np.inf)
    for text, token in loaded.tokenizer.get_vocab().items():
        letter = option_of(text, tuple("ABCDEF"))
        if letter is not None and token in loaded.letters:
            found[letter] = float(np.logaddexp(found[letter], float(logits[token])))
    return found


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("gate", [1e9, None])
def test_below_the_gate_the_answer_is_the_models_own(
    folder: Path, written: Any, gate: float | None, share: bool
) -> None:
    path = str(written(gate))
    for seed in (1, 2):
        plain = ask(model(folder, share=share), seed=seed, logprobs=True, top_logprobs=3)
        out = ask(
            model(folder, share=share, adjuster=path), seed=seed, logprobs=True, top_logprobs=3
        )
        assert out.choices[0].logprobs == plain.choices[0].logprobs
        assert out.completion == plain.completion
        assert out.usage == plain.usage
        assert "letters" not in out.metadata
        assert out.metadata["adjuster"]["rejected_as"] is None
        assert out.metadata["adjuster"]["gate"] == gate


@pytest.mark.parametrize("share", [True, False])
def test_above_the_gate_it_rejects_by_the_letter_that_stands_there(
    folder: Path, written: Any, share: bool
) -> None:
    one = model(folder, adjuster=str(written(-1e9)), share=share)
    said = set()
    for seed in range(1, 9):
        out = ask(one, seed=seed, logprobs=True, top_logprobs=3)
        told = letters_of(out, tuple("ABCDEF"))
        assert told is not None
        assert max(told.letters, key=lambda letter: told.letters[letter]) == out.completion
        assert sum(np.exp(list(told.letters.values()))) == pytest.approx(1)
        assert out.metadata["adjuster"]["rejected_as"] == out.completion
        assert out.stop_reason == "stop"
        said.add(out.completion)
        turned = ask(one, question(SEEN, "a", "b", "c", "d", HEARD), seed=seed)
        assert turned.completion in "AF"
    assert said <= set(PLACES.values())


def test_other_questions_are_left_alone_and_it_is_said(
    folder: Path, written: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    one, plain = model(folder, adjuster=str(written(-1e9))), model(folder)
    for words in (WORDS, question("a", "b", "c", "d", SEEN, "e")):
        out = ask(one, words)
        assert out.completion == ask(plain, words).completion
        assert out.metadata["adjuster"]["why"]
        assert out.metadata["adjuster"]["logit"] is None
    assert "the adjuster leaves a question alone: it does not show options A to F" in (
        capsys.readouterr().err
    )


def test_questions_of_other_options_are_refused(folder: Path, written: Any) -> None:
    one = model(folder, adjuster=str(written(-1e9)))
    with pytest.raises(RunError, match=r"questions of 6 options .* one of 2 \(A to B\) is asked"):
        ask(one, question("a", "b"))


def test_one_batch_may_hold_both(folder: Path, written: Any) -> None:
    one = model(folder, adjuster=str(written(-1e9)), window=0.3)
    alone = model(folder, window=0.3)
    found: dict[str, Any] = {}

    async def asked(name: str, whom: Model, words: str) -> None:
        told = families.conversation(families.picture(1), words)
        found[name] = await whom.generate(told, config=GenerateConfig())

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(asked, "letters", one, ASKED)
            group.start_soon(asked, "free", one, WORDS)
            group.start_soon(asked, "own", alone, WORDS)

    anyio.run(both)
    assert found["letters"].completion in PLACES.values()
    assert found["free"].completion == found["own"].completion


# ---- what does not fit


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layer": "block.17"}, "reads block.17, which a model of"),
        ({"model": {}}, "made for another model: family was not noted"),
    ],
)
def test_an_adjuster_of_another_model_is_refused(
    folder: Path, written: Any, change: Any, told: str
) -> None:
    with pytest.raises(RunError, match=told):
        model(folder, adjuster=str(written(0.0, **change)))


def test_other_weights_are_another_model(folder: Path, written: Any, tmp_path: Path) -> None:
    path = str(written(0.0))
    other = families.model_of("llava")
    with torch.no_grad():
        next(iter(other.model.parameters())).add_(1e-3)
    save(other.model, other.processor, tmp_path / "other")
    with pytest.raises(RunError, match="made for another model: checkpoint was"):
        model(tmp_path / "other", adjuster=path)
    with pytest.raises(RunError, match="model_dtype was float32, here it is bfloat16"):
        model(folder, adjuster=path, dtype="bfloat16")


def test_states_of_another_width_are_refused(
    folder: Path, loaded: LocalModel, tmp_path: Path
) -> None:
    made = adjuster_for(loaded)
    short = tuple(replace(one, probe=one.probe[:8], route=one.route[:8]) for one in made.rejections)
    path = tmp_path / "short.json"
    write_adjuster(path, replace(made, width=8, rejections=short))
    with pytest.raises(RunError, match="reads states of 8 numbers, and this model's have"):
        model(folder, adjuster=str(path))


def test_a_file_that_is_none_is_refused_before_the_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read"):
        model(tmp_path / "no-model", adjuster=str(tmp_path / "nowhere.json"))


def test_a_shut_gate_says_so(
    folder: Path, written: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model(folder, adjuster=str(written(None)))
    assert "the adjuster changes no answer, few" in capsys.readouterr().err


# ---- a whole run


def test_from_states_to_a_run_by_letters(folder: Path, tmp_path: Path) -> None:
    """A set is captured, an adjuster fitted to it, and the adjusted model run through the suite."""
    from handeye.premise.asking.run import make_options, run_premise
    from handeye.premise.loader import load as load_set
    from handeye.premise.scenes.generation import generate
    from handeye.premise.scoring.reading import REJECTIONS
    from handeye.premise.suite import SUITE
    from handeye.respondents.local.respondent import LocalRespondent
    from handeye.states.adjuster import fit_adjuster
    from handeye.states.capture import Wanted, capture
    from handeye.states.cases import cases
    from handeye.states.store import open_store

    assert SUITE.probed is not None
    data = generate(tmp_path / "set", seed=3, families=12, workers=2)
    items = load_set(data)
    respondent = LocalRespondent(LocalOptions(path=str(folder), frames=1))
    how = {"ablation": "without-audio", "frames": 1}
    asking = make_options("handeye/hf", data, tmp_path / "none", **how).asking
    questions = list(asking.fitted("handeye/hf").questions(items))
    capture(
        respondent,
        questions,
        tmp_path / "states",
        Wanted(layers="0,final", sites=("last",), dtype="float32"),
        config=GenerateConfig(),
        settings={},
    )
    store = open_store(tmp_path / "states")
    asked = {question.item_id for question in questions}  # not what is left without sound
    targets = [
        one
        for one in SUITE.probed().targets(items)
        if one.target == "premise" and one.item_id in asked and one.strata["modality"] != "both"
    ]
    gold = {item.item_id: item.gold for item in items}
    made = fit_adjuster(
        store,
        targets,
        [gold[one.item_id] for one in targets],
        {4: REJECTIONS[0], 5: REJECTIONS[1]},
        model=store.record.settings,
        layers=("block.00",),
        alpha=0.5,
    )
    assert made.gate is not None
    own_cases = cases(store, targets, [gold[one.item_id] for one in targets], "")
    read = readings(made, store.states("block.00", "last", own_cases.item_ids))
    columns = np.tile([4, 5], (len(targets), 1))
    _, score = judged(made, read, own_cases.letters, columns)
    # Half way between two questions in the middle, so that a digit more or less says the same.
    middle = np.sort(score)[len(score) // 2 - 1 : len(score) // 2 + 1]
    path = tmp_path / "adjuster.json"
    write_adjuster(path, replace(made, gate=float(middle.mean())))

    def run(out: str, **more: Any) -> dict[str, Any]:
        args = {"path": str(folder), "frames": 1, "max_tokens": 1, **more}
        run_premise("handeye/hf", data, tmp_path / out, model_args=args, progress=False, **how)
        lines = (tmp_path / out / "predictions.jsonl").read_text().splitlines()
        return {row["item_id"]: row for row in map(json.loads, lines)}

    own, new = run("own"), run("adjusted", adjuster=str(path))
    for target, logit in zip(targets, score, strict=True):
        before, after = own[target.item_id], new[target.item_id]
        if logit < middle.mean():
            assert after["raw_text"] == before["raw_text"]
        else:  # by the letter under which a rejection stands in this question
            assert target.roles["ABCDEF".index(after["raw_text"])] in (4, 5)
            assert max(after["letters"], key=after["letters"].get) == after["raw_text"]
    plan = json.loads((tmp_path / "adjusted/plan.json").read_text())
    assert plan["model_args"]["adjuster"].startswith("sha256:")
    assert "adjuster" not in json.loads((tmp_path / "own/plan.json").read_text())["model_args"]
    write_adjuster(path, made)
    with pytest.raises(RunError, match="holds another run"):
        run("adjusted", adjuster=str(path))
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read"):
        run("nowhere", adjuster=str(tmp_path / "nowhere.json"))
    assert not (tmp_path / "nowhere").exists()
