"""``handeye visualact generate``, ``describe``, ``verify`` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from handeye.errors import OptionError
from handeye.sets.checks import Verified
from handeye.visualact.commands.sets import describe, generate, verify
from handeye.visualact.scenes import generation
from handeye.visualact.scenes.videos import SOLVED

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
def made(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "made"
    options = ("--seed", 4, "--clips", 5, "--scenarios", "nav,home", "--fps", 2, "--workers", 1)
    said = call("generate", out, *options)
    assert "clips: 5 of 5" in said
    assert f"{out}: 5 clips (navigation 3, home 2)" in said
    return out


def test_verify_says_what_it_checked_and_exits_with_1_on_problems(made):
    said = call("verify", made, "--redraw", "--workers", 1)
    assert "5 clips" in said
    assert "every hash right" in said
    video = next((made / "videos").iterdir())
    data = video.read_bytes()
    video.write_bytes(data[:-1])
    said = call("verify", made, "--workers", 1, code=1)
    assert f"{made / 'clips_test.jsonl'}:" in said
    assert "SHA-256 differs" in said
    assert ": 1 problem\n" in said or ": 2 problems\n" in said
    video.write_bytes(data)


@pytest.mark.parametrize(
    ("solved", "words"),
    [
        (5, "every hash right"),
        (4, "; the one that is not solved was drawn again and shows what its row says"),
        (2, "; the other 3 were drawn again and show what their rows say"),
    ],
)
def test_verify_says_what_became_of_clips_that_are_not_solved(made, monkeypatch, solved, words):
    found = Verified({"clips": 5, "actions": 7, "pairs of twins": 1, SOLVED: solved})
    monkeypatch.setattr("handeye.visualact.scenes.verification.verify", lambda *_, **__: found)
    told = call("verify", made).strip()
    assert told.endswith(words)
    assert told.startswith(
        f"5 clips, 7 actions, 1 pair of twins, {solved} solved from their frames:"
    )
    assert told.count("solved from") == 1


def test_describe_prints_tables_or_json(made):
    short = call("describe", made)
    assert 24 <= len(short.splitlines()) <= 40
    assert "clips: navigation 3, home 2" in short
    assert "--all shows a table for each of 2 groups" in short
    said = call("describe", made, "--all")
    assert len(said.splitlines()) > 2 * len(short.splitlines())
    assert {"navigation", "home", "all"} <= {line.strip() for line in said.splitlines()}
    assert "APL of actions" in said
    assert "kind of event" in said
    assert " ".join(said.split()).count("numbers are least / median / mean / most.") == 1
    found = json.loads(call("describe", made, "--json", "-"))
    assert found[str(made)]["all"]["scenario"] == {"navigation": 3, "home": 2}
    side = call("describe", made, made, "--no-by-scenario")
    assert "0 of" in side
    assert "p < 0.05" in side


def test_describe_takes_one_set_or_two(made):
    with pytest.raises(OptionError, match="one set or two, got 3"):
        call("describe", made, made, made)
    with pytest.raises(OptionError, match="--map must read FIELD=NAME"):
        call("describe", made, "--map", "video")


def test_a_stop_says_how_to_go_on(tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generation, "draw_film", stop)
    options = ("--seed", 1, "--clips", 2, "--workers", 1)
    assert "run the same command again" in call("generate", tmp_path / "x", *options, code=130)
