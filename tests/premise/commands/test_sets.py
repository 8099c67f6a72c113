"""``handeye premise generate``, ``describe``, ``verify`` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from handeye.errors import OptionError
from handeye.premise.commands.sets import describe, generate, verify

app = typer.Typer()
for command in (generate, describe, verify):
    app.command()(command)


def call(*arguments: object, code: int = 0) -> str:
    result = CliRunner(env={"COLUMNS": "150"}).invoke(app, [str(part) for part in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code
    return result.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "made"
    options = ("--seed", 4, "--families", 4, "--media", "picture+sound", "--workers", 1)
    said = call("generate", out, *options, "--kinds", "colour,pitch", "--level", 2)
    assert "families: 4 of 4" in said
    assert f"{out}: 16 clips, 76 questions (standard vision 16, misleading vision 16, " in said
    return out


def test_verify_says_what_it_checked_and_exits_with_1_on_problems(made: Path) -> None:
    said = call("verify", made, "--workers", 1)
    counts = "76 items, 12 about two details, 20 prompts, 16 clips, 4 families"
    assert f"{counts}, 76 answered by the oracle: every" in said
    picture = next((made / "pictures").iterdir())
    data = picture.read_bytes()
    picture.write_bytes(data + b"\0")
    said = call("verify", made, "--workers", 1, code=1)
    assert "was changed since the set was made" in said
    assert ": 2 problems\n" in said
    picture.write_bytes(data)


def test_describe_counts_what_a_text_tells(made: Path) -> None:
    said = call("describe", made)
    assert "colour 60 degrees of hue" not in said
    assert "colour 60 degrees of hue" in call("describe", made, "--all")
    found = json.loads(call("describe", made, "--json", "-"))[str(made)]
    for modality in ("vision", "audio"):
        assert found[modality]["premise from text, one detail"] == {"right": 16, "wrong": 16}
        assert found[modality]["content from text"] == {"right": 4, "wrong": 12}
        assert found[modality]["answers of a form"] == {"each as often": 1}
        assert found[modality]["clips per prompt"] == {"4": 8}
    assert found["both"]["premise from text, two details"] == {"right": 4, "wrong": 8}
    assert found["all"]["asked about"] == {"vision": 32, "audio": 32, "both": 12}


def test_describe_sets_two_side_by_side(made: Path) -> None:
    said = call("describe", made, made / "premise_test.jsonl")
    assert "right letter, standard" in said
    with pytest.raises(OptionError, match="takes one set or two"):
        call("describe", made, made, made)
    with pytest.raises(OptionError, match="needs no mapping"):
        call("describe", made, "--map", "question=q")


def test_a_set_that_is_there_is_left_alone(made: Path) -> None:
    before = (made / "premise_test.jsonl").read_bytes()
    with pytest.raises(OptionError, match="was begun with other options: seed is 4 there, 5 now"):
        call("generate", made, "--seed", 5, "--families", 4)
    assert (made / "premise_test.jsonl").read_bytes() == before
