"""Names, ids and prompts that other people wrote, seen in a terminal: text, and nothing else."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table
from typer.testing import CliRunner

from handeye import printing
from handeye.cli import app, main
from handeye.errors import DataError
from handeye.progress import counting
from handeye.study.session import open_study
from handeye.terminal.console import Console, styled
from tests.support.rose.small_set import write_set
from tests.support.study.taking_part import ROSE, go_through
from tests.support.visualact.sets import make_clips, write_answers, write_clips

MARKUP = "[/foo][bold]a[/][link=http://evil.example]b[/link]:smile:"
CONTROLS = (
    "\x1b]0;OWNED\x07\x1b[2J\x1b]8;;http://e\x1b\\\x9b31m\x90q\x9c\x7f\x08\r\u202ecod\u2066\u200f"
)
HOSTILE = MARKUP + CONTROLS + "\nLINE\u2028LINE\u2029LINE"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command and gives what it printed; checks that a terminal obeys none of it."""
    monkeypatch.setenv("COLUMNS", "400")

    def call(*words: object, code: int = 0) -> str:
        found = CliRunner().invoke(app, [str(word) for word in words])
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        assert found.exit_code == code, found.output
        shown = found.stdout + found.stderr
        assert not OBEYED.search(shown), shown
        assert not re.search("^\\s*LINE|[\u2028\u2029]", shown, re.M), shown
        return shown

    return call


@pytest.fixture(scope="module")
def hostile_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of ROSE of which every id and prompt is hostile; ids have one line, or are refused."""
    folder = write_set(tmp_path_factory.mktemp("hostile"), 4)
    path = folder / "metadata_test.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        for name in ("item_id", "scene_id", "image_id", "prompt", "prompt_local"):
            row[name] += HOSTILE.replace("\n", "") if name == "item_id" else HOSTILE
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def predictions(data: Path, path: Path, model: str, text: str = "COUNT(1)") -> Path:
    rows = [json.loads(line) for line in (data / "metadata_test.jsonl").read_text().splitlines()]
    answers = [{"item_id": r["item_id"], "raw_text": text, "model": model} for r in rows]
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    return path


def test_everything_of_rose_shows_a_hostile_model_as_text(
    hostile_set: Path, tmp_path: Path, called: Callable[..., str]
) -> None:
    runs = []
    for number in (1, 2):
        model = f"{HOSTILE}{number}"
        path = predictions(hostile_set, tmp_path / f"{number}.jsonl", model, f"COUNT({number})")
        runs.append(tmp_path / f"run {number}")
        shown = called("rose", "score", path, "--data", hostile_set, "--out", runs[-1])
        assert MARKUP in shown
    assert MARKUP in called("rose", "diagnose", *runs)
    assert MARKUP in called("compare", *runs)
    called("compare", *runs, "--all")
    called("rose", "scenes", *runs)
    called("report", *runs, "--out", tmp_path / "[/x].html")
    told, _, _ = called("rose", "diagnose", runs[0], "--json").rpartition("\nruns:")
    assert json.loads(told)["model"] == f"{HOSTILE}1", (
        "JSON escapes what a terminal obeys, and loses nothing"
    )


def test_a_hostile_set_is_described_and_verified_as_text(
    hostile_set: Path, tmp_path: Path, called: Callable[..., str]
) -> None:
    named = tmp_path / f"[/set]{CONTROLS}".replace("/", ":")
    named.symlink_to(hostile_set)
    assert "[:set]" in called("rose", "describe", named)
    called("rose", "describe", named, "--json")
    assert MARKUP in called("rose", "verify", named, code=1)
    called("rose", "describe", named, named)


def test_everything_of_visualact_shows_a_hostile_model_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: Callable[..., str]
) -> None:
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    clips = make_clips()
    data = tmp_path / "set"
    write_clips(data, clips)
    runs = []
    for number in (1, 2):
        path = tmp_path / f"{number}.jsonl"
        write_answers(path, clips, f"{HOSTILE}{number}", second=number == 2)
        runs.append(tmp_path / f"run {number}")
        words = ("--data", data, "--out", runs[-1], "--embedder", "test:char-ngrams")
        assert MARKUP in called("visualact", "score", path, *words)
    assert MARKUP in called("visualact", "diagnose", *runs)
    assert MARKUP in called("compare", *runs, "--all")
    assert MARKUP in called("visualact", "rank", *runs)
    called("visualact", "scenes", *runs)
    called("visualact", "describe", data)


@pytest.mark.parametrize("nickname", ["[/foo]", "[link=http://evil.example]x[/link]", HOSTILE])
def test_a_participants_name_is_text_to_the_owner(
    study_set: Path, tmp_path: Path, called: Callable[..., str], nickname: str
) -> None:
    file = tmp_path / "study.sqlite"
    study = open_study(ROSE, study_set, file, items=5, split="all", practice=False)
    for number, name in enumerate((nickname, "Anna")):
        go_through(study, study.join(name), number)
    study.store.close()
    shown = called(
        "study", "agreement", file, "--data", study_set, "--out", tmp_path / "human.json"
    )
    assert nickname[:6] in shown
    called("study", "export", file, "--out", tmp_path / "out")


def test_errors_are_one_line_that_nobody_else_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**how: object) -> None:
        raise DataError(f"{HOSTILE}: no such set\nall is well\u2028really")

    monkeypatch.setattr("handeye.cli._command", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("error: [/foo]")
    assert not OBEYED.search(told.rstrip("\n"))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_has_a_hostile_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("sys.stderr", stderr := Terminal())
    with counting(HOSTILE) as progress:
        progress(1, 1)
    assert "[/foo][bold]a[/]" in stderr.getvalue()
    assert "\x07" not in stderr.getvalue()


def test_a_console_draws_text_wherever_it_stands() -> None:
    out = io.StringIO()
    console = Console(file=out, width=400, force_terminal=False)
    table = Table(HOSTILE, title=HOSTILE, caption=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE, styled((HOSTILE, "bold"), (" end", "")))
    console.print(table, HOSTILE)
    console.print(HOSTILE, markup=True, emoji=True, highlight=True)
    shown = out.getvalue()
    assert shown.count("[/foo][bold]a[/][link=http://evil.example]b[/link]:smile:") == 8
    assert not OBEYED.search(shown)


def test_styles_of_ours_reach_a_real_terminal() -> None:
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=True, color_system="standard").print(
        styled(("name \x1b[31m", "bold"), (" rest", ""))
    )
    assert out.getvalue() == "\x1b[1mname [31m\x1b[0m rest\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
def test_what_an_encoding_cannot_write_is_written_another_way(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    printing.say("gap −4.5 “x” \N{NO-BREAK SPACE}√ \udc80")
    stream.flush()
    shown = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert re.match(r"gap [-−]4.5 [\"“]x[\"”] [ \xa0][√?] \?$", shown.strip())
