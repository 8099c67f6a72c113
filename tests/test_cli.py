"""The command line as a user meets it: exit codes, one-line errors, and from a seed to a report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import handeye

ROOT = Path(__file__).parents[1]


def process(*arguments):
    """A command as a process of its own; of others it is of no account what they are."""
    return subprocess.run(
        [sys.executable, "-m", "handeye", *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    done = handeye("rose", "generate", folder / "set", "--seed", 3, "--scenes", 10)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(
        "10 scenes, 20 images, 70 items (50 of the main templates T1 to T5, which a run asks)"
    )
    return folder


def test_help_loads_nothing_heavy():
    heavy = "{'numpy', 'polars', 'PIL', 'inspect_ai', 'openai', 'scipy', 'jinja2', 'msgspec'}"
    code = f"import sys, handeye, handeye.cli, handeye.rose; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
    for words in ((), ("rose",), ("run",), ("run", "rose"), ("rose", "generate"), ("report",)):
        shown = process(*words, "--help")
        assert shown.returncode == 0
        assert "Usage" in shown.stdout


def _commands(command, words=()):
    yield words
    for name, one in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(one, (*words, name))


def test_no_help_is_cut_at_80_columns():
    import typer
    from typer.testing import CliRunner

    from handeye.cli import app

    every = list(_commands(typer.main.get_command(app)))
    assert len(every) > 30
    for words in every:
        shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80"})
        assert shown.exit_code == 0, words
        assert "…" not in shown.output, words
        assert max(map(len, shown.output.splitlines())) <= 80, words


def test_the_version_is_the_packages():
    from handeye import __version__

    assert process("--version").stdout.strip() == f"handeye {__version__}"
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_from_a_seed_to_a_report(made):
    checked = process("rose", "verify", made / "set")
    assert checked.returncode == 0
    assert "every scene solvable" in checked.stdout
    for model in ("pixels", "simulated"):
        run = process(
            "run", "rose", "--model", f"handeye/{model}", "--data", made / "set",
            "--templates", "all", "--out", made / model,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert "70 items on 10 scenes" in run.stdout
        assert "partial" not in run.stdout
    report = process("report", made / "pixels", made / "simulated", "--out", made / "r.html")
    assert report.returncode == 0, report.stderr
    page = (made / "r.html").read_text(encoding="utf-8")
    assert "handeye/pixels" in page
    assert "handeye/simulated" in page
    again = process(
        "rose", "score", made / "pixels/predictions.jsonl", "--data", made / "set", "--out",
        made / "scored",
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    first = json.loads((made / "pixels/summary.json").read_text(encoding="utf-8"))
    second = json.loads((made / "scored/summary.json").read_text(encoding="utf-8"))
    assert first["bases"] == second["bases"]


def test_a_selection_is_not_a_partial_run(made):
    run = handeye(
        "run", "rose", "--model", "handeye/simulated", "--data", made / "set", "--scenes", 4,
        "--subsets", "glyph,pixel-edit", "--templates", "T1,T3", "--out", made / "few",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "8 items on 4 scenes" in run.stdout
    summary = json.loads((made / "few/summary.json").read_text(encoding="utf-8"))
    assert summary["partial"] is False
    assert summary["states"]["missing"] == 0


def test_describe_prints_tables_and_json(made):
    shown = handeye("rose", "describe", made / "set")
    assert "grid profile" in shown.stdout
    told = json.loads(handeye("rose", "describe", made / "set", "--json").stdout)
    assert told[str(made / "set")]["all"]["scenes"] == {"n": 10}


def test_a_dry_run_sends_and_writes_nothing(made, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    out = made / "dry"
    shown = handeye(
        "run", "rose", "--model", "openai/gpt-5.5", "--data", made / "set", "--dry-run",
        "--price", "1:10", "--out", out,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert "50 requests about 10 scenes" in shown.stdout
    assert "$" in shown.stdout
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rose", "generate", "{set}", "--seed", "4"), "seed is 3 there, 4 now"),
        (("rose", "generate", "{new}", "--seed", "4", "--sources", "clouds"), "got clouds"),
        (("rose", "generate", "{new}", "--seed", "4", "--emoji", "x"), "NAME=FOLDER"),
        (("rose", "rerender", "{new}"), "at least one metadata file"),
        (("rose", "describe", "{new}"), "no such set"),
        (("rose", "verify", "{new}"), "no such set"),
        (("rose", "score", "{new}", "--data", "{set}", "--out", "{new}"), "cannot be read"),
        (("run", "rose", "--model", "no/such", "--data", "{set}", "--out", "{new}"), "no/such"),
        (("run", "rose", "--model", "a/b", "--data", "{set}", "-M", "x", "--out", "{new}"), "x"),
        (("report", "{set}-none", "--out", "{new}.html"), "no such run"),
    ],
)
def test_errors_are_one_line_and_exit_with_2(made, words, message):
    filled = [word.format(set=made / "set", new=made / "new") for word in words]
    failed = handeye(*filled)
    assert failed.returncode == 2
    last = failed.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert "Traceback" not in failed.stderr


def test_a_wrong_model_name_does_not_claim_the_run_folder(made):
    out = made / "claimed"
    handeye("run", "rose", "--model", "no/such", "--data", made / "set", "--out", out)
    run = handeye("run", "rose", "--model", "handeye/pixels", "--data", made / "set", "--out", out)
    assert run.returncode == 0, run.stderr


def test_a_diagnosis_is_printed_and_kept(made):
    for model in ("pixels", "simulated"):
        handeye(
            "run", "rose", "--model", f"handeye/{model}", "--data", made / "set",
            "--templates", "all", "--out", made / model, "--quiet",
        )  # fmt: skip
    done = handeye("rose", "diagnose", made / "simulated")
    assert done.returncode == 0, done.stderr
    assert "Counting Avg." in done.stdout
    assert "action items failed" in done.stdout
    kept = json.loads((made / "simulated" / "diagnosis.json").read_text(encoding="utf-8"))
    printed = handeye("rose", "diagnose", made / "simulated", "--json")
    assert json.loads(printed.stdout) == kept
    again = handeye("compare", made / "simulated", made / "pixels", "--json", made / "c.json")
    assert again.returncode == 0, again.stderr
    files = [made / "simulated" / name for name in ("diagnosis.json", "reasons.parquet")]
    files.append(made / "c.json")
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    # Nobody reads what is printed: files are there all the same.
    reader, closed = os.pipe()
    os.close(reader)
    for words in (
        ["rose", "diagnose", made / "simulated"],
        ["compare", made / "simulated", made / "pixels", "--json", made / "c.json"],
    ):
        subprocess.run([sys.executable, "-m", "handeye", *map(str, words)], stdout=closed,
                       stderr=subprocess.DEVNULL, check=False)  # fmt: skip
    os.close(closed)
    assert [file.read_bytes() for file in files] == before
    two = handeye("rose", "diagnose", made / "simulated", made / "pixels", "--json")
    assert json.loads(two.stdout)[0] == kept
