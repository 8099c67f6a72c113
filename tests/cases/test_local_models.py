"""A model on this machine: numbers that overflow, thoughts in its answers, damaged files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from handeye.errors import RunError
from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.decoding import Row, Settings, finite, write_answers
from handeye.respondents.local.engine import Answer, Engine
from handeye.respondents.local.loading import LocalModel, load, of
from handeye.respondents.local.options import LocalOptions
from handeye.respondents.local.respondent import LocalRespondent
from handeye.rose.asking.run import run_rose
from handeye.run.pending import Pending, answer_from
from handeye.training.architecture import save
from tests.cases.conftest import read_lines
from tests.support.local import families


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    loaded = families.model_of("llava")
    save(loaded.model, loaded.processor, out)
    return out


def test_finite_is_about_the_largest() -> None:
    inf, nan = float("inf"), float("nan")
    rows = [[0.0, -inf], [nan, 1.0], [inf, 1.0], [-inf, -inf], [1.0, 2.0]]
    assert finite(torch.tensor(rows)) == [True, False, False, False, True]


@pytest.mark.parametrize("share", [True, False])
def test_a_model_that_overflows_has_no_answer_and_says_what_to_do(
    folder: Path, two_scenes: Path, tmp_path: Path, share: bool
) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if "vision" in name and weights[name].ndim > 1)
    weights[name].fill_(float("inf"))
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    how: dict[str, Any] = {"path": str(broken), "share": share}
    options: dict[str, Any] = {
        "scenes": 1, "templates": "T1,T2", "progress": False, "generation": {"max_tokens": 4}
    }  # fmt: skip
    with pytest.raises(RunError, match=r"none of 2 items .*nan or infinite.*bfloat16 or dtype"):
        run_rose("handeye/hf", two_scenes, tmp_path / "run", model_args=how, **options)
    lines = read_lines(tmp_path / "run" / "answers.jsonl")
    assert {(line["state"], line["raw_text"]) for line in lines} == {("error", "")}


def test_one_that_overflows_does_not_cost_the_others(folder: Path) -> None:
    engine = Engine(_loaded(folder))
    pictures = [families.picture(seed) for seed in (1, 2)]
    asks = [
        write_ask(engine.loaded, families.conversation(picture, "How many?"), 8)
        for picture in pictures
    ]
    good = engine.answer(asks, [Settings(max_tokens=3)] * 2)
    rows: list[Row] = engine.rows(asks, [Settings(max_tokens=3)] * 2)
    model = engine.loaded.model
    spoilt: list[int] = []

    def spoil(module: Any, given: Any, out: Any) -> Any:
        if not spoilt:  # afterwards only the other is left in the batch
            spoilt.append(1)
            out.logits[0] = float("nan")
        return out

    hook = model.register_forward_hook(spoil)
    try:
        write_answers(engine.loaded, rows)
    finally:
        hook.remove()
    assert rows[0].ending == "not_finite"
    assert (rows[1].ending, rows[1].text) == (good[1].ending, good[1].text)


def _loaded(folder: Path) -> LocalModel:
    return load(LocalOptions(path=str(folder)))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("maybe COUNT(5)?\n</think>\n\nCOUNT(3)", "COUNT(3)"),
        ("<think>maybe COUNT(5)</think>\n\nCOUNT(3)", "COUNT(3)"),
        ("[THINK]COUNT(5)[/THINK]COUNT(3)", "COUNT(3)"),
        ("<|channel|>analysis<|message|>hm<|start|>assistant<|channel|>final<|message|>X", "X"),
        ("<think>maybe COUNT(5)", ""),
        ("<answer>COUNT(3)</answer>", "<answer>COUNT(3)</answer>"),
        ("COUNT(3)", "COUNT(3)"),
        (" COUNT(3) ", " COUNT(3) "),
    ],
)
def test_thoughts_are_taken_off_as_a_server_does(text: str, answer: str) -> None:
    """Answers keep the marks of their own: what is strict behind a server is strict here."""
    found = Answer(
        text=text, tokens=(1, 2), ending="stop", prompt_tokens=5, shared_tokens=0, way="shared",
        first_logits=torch.zeros(1),
    )  # fmt: skip

    class Asked:
        engine = type("Quiet", (), {"notices": ()})

        def _logprobs(self, answer: Answer) -> None:
            return None

    output = LocalRespondent._output(Asked(), found)  # type: ignore[arg-type]
    kept = answer_from(output, Pending("i", "m", "r", "s"), 1.0)
    assert (kept.raw_text, kept.state) == (answer, "answered" if answer else "empty")


def test_special_tokens_that_mark_thoughts_are_not_lost(folder: Path) -> None:
    """Magistral's [THINK] is a special token; decoded without it, thoughts and answer are one."""
    loaded = _loaded(folder)
    tokenizer = loaded.tokenizer
    plain = tokenizer("COUNT(3)", add_special_tokens=False)["input_ids"]
    end = min(loaded.end_ids)
    assert loaded.text_of([*plain, end]) == tokenizer.decode(plain)
    tokenizer.add_special_tokens({"additional_special_tokens": ["[THINK]", "[/THINK]"]})
    marked = of(loaded.model, loaded.processor)
    start, stop = tokenizer.convert_tokens_to_ids(["[THINK]", "[/THINK]"])
    text = marked.text_of([start, *plain, stop, *plain, end])
    assert text.replace(" ", "") == "[THINK]COUNT(3)[/THINK]COUNT(3)"


@pytest.mark.parametrize("damage", ["cut", "pointer"])
def test_damaged_weights_are_named(
    folder: Path, two_scenes: Path, tmp_path: Path, handeye: Callable[..., Any], damage: str
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    whole = (folder / "model.safetensors").read_bytes()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (broken / "model.safetensors").write_bytes(whole[:-5000] if damage == "cut" else pointer)
    words = ["--model", "handeye/hf", "-M", f"path={broken}", "--data", two_scenes]
    said = handeye("run", "rose", *words, "--out", tmp_path / "run")
    assert said.code == 2
    assert str(broken) in said.err
    assert "Git LFS pointer" in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"adapter_config.json": "{}"}, "is an adapter"),
        ({"m.gguf": "GGUF"}, "llama.cpp"),
    ],
)
def test_folders_of_other_models_are_named(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RunError, match=words):
        load(LocalOptions(path=str(tmp_path)))
