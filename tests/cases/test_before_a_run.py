"""A wrong suite, model, key or setting is refused before a folder is claimed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye import rose
from handeye.errors import OptionError
from handeye.rose.asking.run import run_rose
from handeye.run.options import generation_config
from handeye.visualact.scenes.generation import generate as generate_clips
from tests.cases.conftest import MODEL

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clips") / "set"
    return generate_clips(out, seed=3, clips=1, scenarios=["home"], workers=1)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes") / "set"
    return rose.generate(out, seed=3, scenes=1, sources="pixel-content", grid="3:4", workers=1)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("temprature=0", "unknown setting 'temprature'; did you mean temperature?"),
        ("max_token=5", "did you mean max_tokens?"),
        ("nonsense=5", "unknown setting 'nonsense'"),
        ("temperature=hot", "setting temperature='hot'"),
        ("temperature=nan", "setting temperature='nan': must be a number of at least 0"),
        ("temperature=NaN", "setting temperature=nan"),
        ("temperature=1e999", "setting temperature=inf"),
        ("temperature=-0.1", "setting temperature=-0.1"),
        ("temperature=true", "setting temperature=True"),
        ("max_tokens=-1", "setting max_tokens=-1: must be a number of at least 1"),
        ("max_tokens=0", "setting max_tokens=0"),
        ("max_tokens=1.5", "setting max_tokens=1.5"),
        ("top_p=1.5", "must be a number 0 to 1"),
        ("seed=x", "setting seed='x'"),
        ("max_connections=3", "give --max-connections"),
        ("max_retries=3", "give --max-retries"),
    ],
)
def test_settings(scenes: Path, tmp_path: Path, handeye: Command, setting: str, words: str) -> None:
    out = tmp_path / "run"
    model = ["--model", "handeye/pixels", "--data", scenes, "--out", out]
    said = handeye("run", "rose", *model, "-s", setting)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert words in said.err
    assert not out.exists()


def test_settings_that_are_some_are_taken() -> None:
    given = {"temperature": 0.5, "max_tokens": 99, "stop_seqs": ["x"], "top_k": -1, "seed": 3}
    assert generation_config(given).model_dump(exclude_none=True) == given
    with pytest.raises(OptionError, match="did you mean reasoning_effort"):
        generation_config({"reasoning_efort": "low"})


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("opnai/gpt-5.5", "did you mean openai?"),
        ("openai-ap/lab/m", "did you mean openai-api?"),
        ("openai/", "has no name after the slash; write PROVIDER/MODEL, say openai/NAME"),
        ("openai-api/lab/", "has no name after the slash"),
        ("handeye/pixel", "did you mean handeye/pixels?"),
        ("handeye/motion", "handeye/motion does not answer for rose"),
        (MODEL, "HANDEYE_TEST_API_KEY"),
        ("openai/gpt-5.5", "OPENAI_API_KEY"),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_models(
    scenes: Path, tmp_path: Path, handeye: Command, monkeypatch: pytest.MonkeyPatch, model: str,
    words: str, dry: bool,
) -> None:  # fmt: skip
    for name in ("HANDEYE_TEST_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    out = tmp_path / "run"
    more = ["--dry-run"] if dry else []
    said = handeye("run", "rose", "--model", model, "--data", scenes, "--out", out, *more)
    assert said.code == 2
    assert words in said.err
    assert not said.out
    assert not out.exists()


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("model", ["handeye/hf", "handeye/pixels", MODEL])
@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("model", "(--model)"),
        ("model_name", "(--model)"),
        ("base_url", "(--base-url)"),
        ("config", "(--setting NAME=VALUE)"),
        ("role", "leave it out"),
        ("required", "leave it out"),
        ("default", "leave it out"),
        ("memoize", "leave it out"),
    ],
)
def test_arguments_that_are_the_engines_own(
    scenes: Path, tmp_path: Path, handeye: Command, model: str, argument: str, words: str, dry: bool
) -> None:
    out = tmp_path / "run"
    more = ["-M", f"{argument}=x", *(["--dry-run"] if dry else [])]
    said = handeye("run", "rose", "--model", model, "--data", scenes, "--out", out, *more)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert f"'{argument}' is no argument of a model" in said.err
    assert words in said.err
    assert ("path=DIR" in said.err) == (model == "handeye/hf" and argument.startswith("model"))
    assert not out.exists()


@pytest.mark.parametrize(
    ("url", "typed"),
    [
        ("localhost:8000/v1", "write http://localhost:8000/v1"),
        ("lab.example.org/v1", "write https://lab.example.org/v1"),
        ("10.0.0.7:8000", "write http://10.0.0.7:8000"),
        ("gpu-3:8000/v1", "write http://gpu-3:8000/v1"),
        ("http:/localhost:8000/v1", "write http://localhost:8000/v1"),
        ("//localhost:8000/v1", "write http://localhost:8000/v1"),
        ("ftp://lab.example.org/v1", "write https://lab.example.org/v1"),
        ("http://", "write http://localhost:8000/v1"),
        (" http://localhost:8000/v1", "write http://localhost:8000/v1"),
        ("me:0123456789abcdef@lab.example.org/v1", "write https://"),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_an_address_without_a_scheme(
    scenes: Path, tmp_path: Path, handeye: Command, key: str, url: str, typed: str, dry: bool
) -> None:
    out = tmp_path / "run"
    words = ["--data", scenes, "--out", out, "--base-url", url, *(["--dry-run"] if dry else [])]
    said = handeye("run", "rose", "--model", MODEL, *words)
    assert said.code == 2
    assert "an address begins with http:// or https://" in said.err
    assert typed in said.err
    assert "0123456789abcdef" not in said.err
    assert not out.exists()


@pytest.mark.parametrize(
    "wrong", ["sk-lab-0123456789abcdef\n", "schlüssel-0123456789", "sk lab 012345"]
)
def test_a_key_that_cannot_be_sent(
    scenes: Path, tmp_path: Path, handeye: Command, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", wrong)
    words = ["--data", scenes, "--out", tmp_path / "run", "--base-url", "http://127.0.0.1:9/v1"]
    said = handeye("run", "rose", "--model", MODEL, *words, "--dry-run")
    assert said.code == 2
    assert "its key holds a character that no key has" in said.err
    assert wrong.strip() not in said.err


def test_a_dry_run_with_a_key_counts(
    scenes: Path, tmp_path: Path, handeye: Command, key: str
) -> None:
    words = ["--data", scenes, "--out", tmp_path / "run", "--base-url", "http://127.0.0.1:9/v1"]
    said = handeye("run", "rose", "--model", MODEL, *words, "--dry-run")
    assert said.code == 0, said.err
    assert "would be sent" in said.out


def test_a_set_of_another_suite_is_named(
    scenes: Path, clips: Path, tmp_path: Path, handeye: Command
) -> None:
    for suite, other, data in (("visualact", "rose", scenes), ("rose", "visualact", clips)):
        out = tmp_path / suite
        model = ["--model", f"handeye/{'prior' if suite == 'visualact' else 'simulated'}"]
        said = handeye("run", suite, *model, "--data", data, "--out", out)
        assert said.code == 2
        assert f"is a set of {other}, not of {suite}: use 'handeye run {other}'" in said.err
        assert len(said.err) < 400
        assert not out.exists()
    (clips / "generation.json").rename(tmp_path / "record.json")
    try:
        words = ["--data", clips, "--out", tmp_path / "run"]
        said = handeye("run", "rose", "--model", "handeye/pixels", *words)
        assert said.code == 2
        assert "Then use 'handeye run visualact'" in said.err
    finally:
        (tmp_path / "record.json").rename(clips / "generation.json")


def test_a_set_that_is_not_finished_is_of_no_other_suite(tmp_path: Path, handeye: Command) -> None:
    (tmp_path / "set" / "videos").mkdir(parents=True)
    (tmp_path / "set" / "generation.json").write_text('{"suite": "premise", "complete": false}')
    words = ["--model", "handeye/oracle", "--data", tmp_path / "set", "--out", tmp_path / "run"]
    said = handeye("run", "premise", *words)
    assert said.code == 2
    assert "is not finished" in said.err
    assert "visualact" not in said.err


def test_a_respondent_for_clips_is_refused_before_the_folder(
    clips: Path, tmp_path: Path, handeye: Command
) -> None:
    out = tmp_path / "run"
    said = handeye("run", "visualact", "--model", "handeye/pixels", "--data", clips, "--out", out)
    assert said.code == 2
    assert "for visualact there are handeye/prior, handeye/simulated, handeye/motion" in said.err
    assert not out.exists()


def test_what_cannot_be_asked_is_named(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"model must be a name .* or a function .* got int"):
        run_rose(7, scenes, tmp_path / "run")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"must take pictures and prompt .* it takes \(image\)"):
        run_rose(lambda image: "DONE", scenes, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_error_within_the_engine_is_told_without_its_class(
    scenes: Path, tmp_path: Path, handeye: Command
) -> None:
    """The respondent knows another set: the engine hands the reason on as it is."""
    other = rose.generate(
        tmp_path / "other", seed=9, scenes=1, sources="pixel-content", grid="3:4", workers=1
    )
    words = ["--data", scenes, "-M", f"data={other}", "--out", tmp_path / "run", "--quiet"]
    said = handeye("run", "rose", "--model", "handeye/simulated", *words)
    assert said.code == 2
    assert said.err.startswith("error: handeye/simulated: no item fits the picture")
