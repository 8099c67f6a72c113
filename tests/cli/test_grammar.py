"""Commands read alike: one spelling and one meaning of every option, hints, completion.

What is asked here is asked of every command of the frame and of every suite, those that come too.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from handeye.cli import app, main
from handeye.cli.grammar import Command, UsageError, framed
from handeye.suites import all_suites

ROOT = typer.main.get_command(app)
SUITES = tuple(suite.name for suite in all_suites())
# What stands for a value in help, in words that people use.
WORDS = {
    *("N", "SEED", "SHARE", "SHARES", "SECONDS", "PIXELS", "NAME", "NAMES", "WORD", "WORDS"),
    *("SET", "RUN", "STUDY", "FILE", "FOLDER", "MODEL", "URL", "ADDRESS", "CHOICE", "[FILE|-]"),
    *("NAME=VALUE", "NAME=FOLDER", "FIELD=NAME", "LOW:HIGH", "IN:OUT", "ROWSxCOLS"),
}
# Options that mean the same wherever they stand, and whether all have the same help.
SHARED = {
    "--quiet": True, "--json": True, "--workers": True, "--common": True, "--strip-thoughts": True,
    "--allow-missing": True, "--items": True, "--cache": True, "--map": True, "--embedder": True,
    "--option": True, "--max-connections": True, "--max-retries": False, "--base-url": False,
    "--model-arg": False, "--seed": False, "--split": False, "--data": False, "--all": False,
}  # fmt: skip
FORMER = {"--connections", "--attempts", "--judge-arg", "--judge-url", "--by-subset",
          "--by-scenario"}  # fmt: skip


def commands(command: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Every command that does something, with its path."""
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from commands(one, (*path, name))
    else:
        yield command, path


EVERY = list(commands())
NAMED = [" ".join(path) for _, path in EVERY]


def context(path: tuple[str, ...] = ()) -> Any:
    """The context of the command at a path, its parents with it."""
    found = typer.Context(ROOT, info_name="handeye")
    for name in path:
        found = typer.Context(found.command.get_command(found, name), found, info_name=name)
    return found


def options(command: Any) -> list[Any]:
    return [one for one in command.params if one.param_type_name == "option" and not one.hidden]


def handeye(*words: object, code: int = 0, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What a command says on stdout and on stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["handeye", *map(str, words)])
        patch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return said.out, said.err


# ---- one vocabulary


@pytest.mark.parametrize(("command", "path"), EVERY, ids=NAMED)
def test_every_argument_has_help_in_user_words(command: Any, path: tuple[str, ...]) -> None:
    assert isinstance(command, Command)
    assert len((command.help or "").split()) > 3
    for one in command.params:
        assert one.help, f"{path}: {one.name} has no help"
        if one.param_type_name == "argument":
            assert re.fullmatch(r"[A-Z_0-9|.\[\] ]+", one.metavar or ""), (path, one.metavar)
        elif not one.is_flag:
            assert one.metavar in WORDS, f"{path}: {one.opts} takes {one.metavar!r}"
        assert "`" not in one.help
    shown = command.get_help(context(path))
    assert not re.search(r"<(bool|str|int|float|path|list\[)|PATH\b|INTEGER|TEXT\b", shown or "")


@pytest.mark.parametrize(("command", "path"), EVERY, ids=NAMED)
def test_the_example_of_every_help_can_be_read(command: Any, path: tuple[str, ...]) -> None:
    (example,) = re.findall(r"Example: (.+)", command.help)
    words = shlex.split(example)
    assert words[: len(path) + 1] == ["handeye", *path]
    command.make_context(path[-1], words[len(path) + 1 :], parent=context(path[:-1]))


def test_an_option_is_spelled_and_meant_alike_everywhere() -> None:
    found: dict[str, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for command, _ in EVERY:
        for one in options(command):
            longs = [name for name in one.opts if name.startswith("--")]
            assert len(longs) == 1, f"{longs}: one spelling is shown"
            found[longs[0]]["metavar"].add(one.metavar)
            found[longs[0]]["short"].add(tuple(n for n in one.opts if n not in longs))
            found[longs[0]]["help"].add(one.help)
    assert not FORMER & set(found)
    for name, same_help in SHARED.items():
        assert name in found, name
        assert len(found[name]["metavar"]) == 1, (name, found[name]["metavar"])
        assert len(found[name]["short"]) == 1, (name, found[name]["short"])
        if same_help and name != "--max-connections":
            assert len(found[name]["help"]) == 1, (name, found[name]["help"])
    # What one name takes, it takes everywhere, but for what is written and what is counted.
    for name, facts in found.items():
        if name != "--out":
            assert len(facts["metavar"]) == 1, (name, facts["metavar"])


@pytest.mark.parametrize(("command", "path"), EVERY, ids=NAMED)
def test_what_every_command_has(command: Any, path: tuple[str, ...]) -> None:
    names = {name for one in options(command) for name in one.opts}
    assert "--quiet" in names
    no_figures = {"generate", "rerender", "serve", "export", "base", "report", "recipe"}
    no_figures |= {"init", "schema"}
    assert ("--json" in names) == (
        path[-1] not in no_figures and (path[0] != "train" or path[-1] not in SUITES)
    )
    if path[-1] in ("generate", "rerender", "verify", "diagnose", "report"):
        assert "--workers" in names
    if path[0] == "run" or path[-1] == "judge":
        assert {"--max-connections", "--max-retries", "--base-url", "--model-arg", "-M"} <= names


def test_a_command_that_breaks_the_rules_is_found() -> None:
    lone = typer.Typer()

    def bad(number: int = typer.Option(3)) -> None:
        """Do it."""

    lone.command("bad", cls=Command)(framed(bad))
    command = typer.main.get_command(lone)
    with pytest.raises(AssertionError):
        test_every_argument_has_help_in_user_words(command, ("bad",))
    with pytest.raises((AssertionError, ValueError)):
        test_the_example_of_every_help_can_be_read(command, ("bad",))


def test_former_spellings_are_read_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def values(*words: str) -> dict[str, Any]:
        *path, last = words[: words.index("/")]
        command = context((*path, last)).command
        made = command.make_context(last, list(words[words.index("/") + 1 :]))
        return dict(made.params)

    judge = ("visualact", "judge", "/", "RUN", "--model", "m")
    old = values(*judge, "--connections", "2", "--attempts=4", "-M", "a=b")
    assert (old["max_connections"], old["attempts"], old["model_arg"]) == (2, 4, ["a=b"])
    score = ("visualact", "score", "/", "p.jsonl")
    old = values(*score, "--judge-arg", "a=b", "--judge-url", "http://x")
    assert old == values(*score, "-M", "a=b", "--base-url", "http://x")
    assert values("study", "serve", "/", "SET", "--items", "7")["items"] == 7
    for suite, name in (("rose", "subset"), ("visualact", "scenario")):
        assert values(suite, "describe", "/", "SET", f"--by-{name}")["every_line"]
        assert not values(suite, "describe", "/", "SET", f"--no-by-{name}")["every_line"]
    assert not values("compare", "/", "A", "B", "--common", "--no-common")["common"]
    shown = "".join(
        handeye(*path, "--help", capsys=capsys)[0]
        for path in (("visualact", "judge"), ("visualact", "score"), ("study", "serve"))
    )
    assert not re.search(r"--(connections|attempts|judge-arg|judge-url|items {4,}N)\b", shown)
    assert "--no-common" not in handeye("compare", "--help", capsys=capsys)[0]
    assert "(default; --no-cache: not)" in " ".join(shown.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("SET", "--json"), "-"),
        (("--json", "-", "SET"), "-"),
        (("--json", "{folder}"), "-"),
        (("--json", "rows.jsonl"), "-"),
        (("--json", "hf:OWNER/NAME"), "-"),
        (("SET", "--json", "found.json"), "found.json"),
        (("SET", "--json=found"), "found"),
        (("--json", "--all", "SET"), "-"),
        (("SET",), None),
    ],
)
def test_json_needs_no_file(words: tuple[str, ...], where: str | None, tmp_path: Path) -> None:
    command = context(("rose", "describe")).command
    given = command.make_context("describe", [word.format(folder=tmp_path) for word in words])
    assert given.params["json"] == where
    assert len(given.params["data"]) == 1


# ---- hints


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("rose run --model x --data 'a b'", "type: handeye run rose --model x --data 'a b'"),
        ("rose report R1 R2 --out r.html", "type: handeye report R1 R2 --out r.html"),
        ("visualact compare R1 R2", "type: handeye compare R1 R2"),
        ("rose study serve DIR", "type: handeye study serve DIR"),
        ("generate DIR --seed 7", "handeye rose generate DIR --seed 7 or: handeye visualact"),
        ("generate rose DIR --seed 7", "type: handeye rose generate DIR --seed 7"),
        ("score visualact p.jsonl", "type: handeye visualact score p.jsonl"),
        ("verify {set}", "type: handeye rose verify {set}"),
        ("judge RUN --model m", "type: handeye visualact judge RUN --model m"),
        ("visualact bridge RUN", "type: handeye rose bridge RUN"),
        ("serve DIR", "type: handeye study serve DIR"),
        ("rose genrate DIR", "did you mean: handeye rose generate DIR"),
        ("roes generate DIR", "did you mean: handeye rose generate DIR"),
        ("VisualActBench describe DIR", "type: handeye visualact describe DIR"),
        ("ROSE verify DIR", "type: handeye rose verify DIR"),
        ("run visualct --model x", "did you mean: handeye run visualact --model x"),
        ("run --model x --data {set}", "type: handeye run rose --model x --data {set}"),
        ("run --model x --data DIR", "handeye run rose --model x --data DIR or: handeye run vis"),
        ("comapre A B", "did you mean: handeye compare A B"),
        ("compare rose A B", "type: handeye compare A B"),
        ("report visualact A --out r.html", "type: handeye report A --out r.html"),
        ("eval --model x", "did you mean: handeye run rose --model x or: handeye run visualact"),
        ("rose create DIR", "did you mean: handeye rose generate DIR"),
        ("--quiet rose verify DIR", "type: handeye rose verify DIR --quiet"),
        ("study rose serve S", "type: handeye study serve S"),
        ("study rose", "takes no suite; there are: serve, export, agreement"),
        ("study serve --data S", "no such option --data: give data without a name"),
        ("rose score p.jsonl --data S --out -", "- is no file and no folder: give --out a name"),
        ("study agrement S", "did you mean: handeye study agreement S"),
        ("rose score p.jsonl --dta SET", "no such option --dta; did you mean --data?"),
        ("visualact judge RUN --max-conections 3", "did you mean --max-connections?"),
        ("rose score", "missing argument 'FILE|RUN'; for example: handeye rose score predictions"),
        ("rose generate DIR", "missing option '--seed'; for example: handeye rose generate SET"),
        ("rose generate DIR --seed x", "--seed must be a whole number"),
        ("visualact scenes RUN --points x", "--points must be a number"),
        ("qqqq", "there are: rose, visualact, premise, stress, contexts, run, report"),
    ],
)
def test_what_is_typed_otherwise_is_told_in_one_line(
    typed: str, hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "set"
    made.mkdir()
    (made / "generation.json").write_text('{"suite": "rose"}')
    words = [word.format(set=made) for word in shlex.split(typed)]
    out, said = handeye(*words, code=2, capsys=capsys)
    (line,) = said.strip().splitlines()
    assert line.startswith("error: ")
    assert hint.format(set=made) in line
    assert not out
    assert sorted(tmp_path.iterdir()) == [made]


def test_every_hint_is_a_command_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    for suite in SUITES:
        for typed in (
            f"{suite} run --model m --data d",
            f"{suite} compare a b",
            f"describe {suite} s",
        ):
            _, said = handeye(*typed.split(), code=2, capsys=capsys)
            words = shlex.split(said.rpartition("type: ")[2])
            assert words[0] == "handeye"
            path = tuple(words[1:3]) if words[1] in ("run", *SUITES) else (words[1],)
            rest = words[len(path) + 1 :]
            context(path).command.make_context(path[-1], rest, parent=context(path[:-1]))


def test_no_words_or_half_of_them_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), *((one,) for one in (*SUITES, "run", "study", "train"))):
        out, said = handeye(*words, code=2, capsys=capsys)
        assert "Usage: " in out
        assert not said
    assert issubclass(typer.BadParameter, UsageError)


# ---- help


def test_the_help_of_all_is_in_the_order_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    shown, _ = handeye("--help", capsys=capsys)
    assert len(shown.splitlines()) <= 45
    work = ("SUITE generate", "SUITE verify", "run SUITE", "SUITE diagnose", "report", "compare")
    places = [shown.index(f"handeye {words} ") for words in work]
    assert places == sorted(places)
    listed = [re.escape(name) for name in (*SUITES, "run", "report", "compare", "study", "suites")]
    assert re.search(r"[^|]*\n".join(rf"│ {name} .*" for name in listed), shown, re.DOTALL)
    for suite in SUITES:
        shown, _ = handeye(suite, "--help", capsys=capsys)
        places = [shown.index(f"│ {one} ") for one in ("generate", "verify", "score", "diagnose")]
        assert places == sorted(places)


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    shown, _ = handeye("models", capsys=capsys)
    broken = [line for line in shown.splitlines() if line.startswith("    ")]
    assert broken, "80 columns break some"
    assert all(line.startswith(" " * 24) for line in broken), "under the words, not the names"
    found = json.loads(handeye("models", "--json", capsys=capsys)[0])
    for suite in all_suites():
        assert set(found["suites"][suite.name]) == {f"handeye/{n}" for n in suite.respondents}
    for name in ("openai/NAME", "handeye/hf", "handeye/pixels", "handeye/motion"):
        assert name in shown


# ---- completion


def completed(line: str, cwd: Path) -> list[str]:
    """What bash is offered for the last word of a line."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_HANDEYE_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "handeye"], capture_output=True, text=True, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for name in ("runs/rose-a", "runs/rose-b", "mine"):
        (folder / name).mkdir(parents=True)
        (folder / name / "run.json").write_text("{}")
    (folder / "myset").mkdir()
    (folder / "myset" / "generation.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("handeye r", ["rose", "run", "report", "rewards"]),
        ("handeye run ", list(SUITES)),
        ("handeye rose de", ["describe"]),
        ("handeye rose generate s --fo", ["--format", "--font"]),
        ("handeye rose generate s --format ", ["images", "parquet"]),
        ("handeye rose generate s --sources glyph,pixel-",
         ["glyph,pixel-edit", "glyph,pixel-content"]),
        ("handeye rose score p --templates T1,T2", ["T1,T2", "T1,T2B"]),
        ("handeye run visualact --protocol t", ["two-pass"]),
        ("handeye run visualact --scenarios ho", ["home"]),
        ("handeye run rose --model handeye/p", ["handeye/pixels"]),
        ("handeye run rose --split ", ["test", "dev", "all"]),
        ("handeye visualact score p --embedder t", ["test:char-ngrams"]),
        ("handeye visualact judge r --con", []),
        ("handeye report ru", ["runs/rose-a", "runs/rose-b"]),
        ("handeye compare mine runs/rose-b", ["runs/rose-b"]),
        ("handeye rose diagnose m", ["mine"]),
        ("handeye rose verify m", ["myset"]),
        ("handeye run rose --data m", ["myset"]),
        ("handeye report other", []),
    ],
)  # fmt: skip
def test_tab_completes(line: str, offered: list[str], shelf: Path) -> None:
    assert completed(line, shelf) == offered


def test_completion_can_be_installed() -> None:
    # The shell that the tests were started from would be taken for the user's; a process of its
    # own, since typer asks for it when the tree of commands is made.
    shown = subprocess.check_output(
        [sys.executable, "-m", "handeye", "--show-completion", "bash"],
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        text=True,
    )
    assert "_HANDEYE_COMPLETE=complete_bash" in shown
