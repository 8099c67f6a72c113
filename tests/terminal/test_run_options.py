"""What every ``handeye run`` does alike, over a command of the test's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from handeye import rose, visualact
from handeye.cli.given import commands_of
from handeye.errors import OptionError, RunError
from handeye.respondents.conversation import Kind, told
from handeye.rose.asking.run import RoseOptions, job
from handeye.rose.suite import SUITE
from handeye.suites import get
from handeye.terminal.run_options import Run, run_command
from tests.support.rose.small_set import write_set

commands = commands_of(get("rose"))

WORDS = ("--data", "some/set", "--model")
KNOWN = {"seer": Kind((), object, "sees"), "knower": Kind(("data", "seed"), object, "knows")}  # type: ignore[arg-type]


@pytest.fixture
def said() -> list[Any]:
    return []


@pytest.fixture
def app(said: list[Any]) -> typer.Typer:
    out = typer.Typer()

    @out.command()
    @run_command("toy", KNOWN, data="A set.")
    def toy(
        run: Run,
        rounds: Annotated[int, typer.Option(help="How many rounds.")] = 3,
    ) -> None:
        """Ask a toy."""
        said.append((run, rounds))
        if rounds == 0:
            raise KeyboardInterrupt

    return out


def invoke(app: typer.Typer, *words: str) -> Any:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_shared_options_become_those_of_a_run(app: typer.Typer, said: list[Any]) -> None:
    words = ("openai/x", "--timeout", "7", "-s", "temperature=0.5", "-M", "stream=true", "--quiet")
    assert invoke(app, *WORDS, *words, "--price", "1:2", "--rounds", "5").exit_code == 0
    ((run, rounds),) = said
    assert rounds == 5
    assert not run.dry_run
    price = run.options.pop("price")
    assert (price.input, price.output) == (1.0, 2.0)
    assert run.options == {
        "model": "openai/x",
        "data": "some/set",
        "out": Path("runs/toy-openai-x-some-set"),
        "split": "test",
        "max_connections": 64,
        "max_retries": 5,
        "attempt_timeout": 7,
        "base_url": None,
        "generation": {"temperature": 0.5},
        "model_args": {"stream": True},
        "progress": False,
    }
    assert RoseOptions(**run.options).max_connections == 64


@pytest.mark.parametrize(
    ("model", "given", "arguments"),
    [
        ("handeye/seer", {}, {}),
        ("handeye/knower", {}, {"data": "some/set"}),
        ("handeye/knower", {"data": "other", "seed": 2}, {"data": "other", "seed": 2}),
        ("openai/knower", {}, {}),
        ("knower", {}, {}),
        ("handeye/small", {}, {}),
    ],
)
def test_a_respondent_that_knows_a_set_is_told_which(
    model: str, given: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """Once for the command line and for Python: where the options become a job."""
    options = RoseOptions(model=model, data="some/set", out=Path("r"), model_args=given)
    assert told(options, "toy", KNOWN).model_args == arguments


def test_a_respondent_of_another_suite_is_refused_by_name() -> None:
    options = RoseOptions(model="handeye/stranger", data="some/set", out=Path("r"))
    words = (
        "handeye/stranger does not answer for toy; for toy there are handeye/seer, "
        "handeye/knower, handeye/hf$"
    )
    with pytest.raises(RunError, match=words):
        told(options, "toy", KNOWN)
    with pytest.raises(RunError, match=r"prior does not answer for rose; .*handeye/simulated"):
        rose.run("handeye/prior", "some/set", "r")
    with pytest.raises(RunError, match=r"pixels does not answer for visualact; .*handeye/motion"):
        visualact.run("handeye/pixels", "some/set", "r", frames="1,4")


def test_python_takes_texts_where_it_takes_paths(tmp_path: Path) -> None:
    """Also: one run stands for a list of one, and the model is told its set."""
    data, out = str(write_set(tmp_path / "set", 2)), str(tmp_path / "w" / "run")
    assert rose.run("handeye/simulated", data, out, progress=False) == Path(out)
    page = rose.report(out, f"{out}/page.html", gallery_limit=0, resamples=20)
    assert page == Path(out) / "page.html"
    again = rose.score_files(f"{out}/predictions.jsonl", data, str(tmp_path / "again"))
    assert again.summary["bases"]["all"]["headline"]["counting"]["value"] == 1.0
    with pytest.raises(OptionError, match="at least two runs, got 1"):
        rose.compare(out)
    told = CliRunner().invoke(commands, ["diagnose", out], env={"COLUMNS": "80"})
    assert "None of 6 action items failed." in told.stdout
    assert "Why 0 of" not in told.stdout


def test_a_suite_without_pages_says_so_before_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from handeye.cli.compare import compare

    data = write_set(tmp_path / "set", 2)
    runs = [str(tmp_path / name) for name in ("a", "b")]
    for run, model in zip(runs, ("handeye/simulated", "handeye/pixels"), strict=True):
        rose.run(model, data, run, progress=False)
    bare = replace(SUITE, pair_cards=None)
    monkeypatch.setattr("handeye.report.comparison.suite_of_runs", lambda runs: bare)
    app = typer.Typer()
    app.command()(compare)
    told = CliRunner().invoke(app, [*runs, "--out", str(tmp_path / "page.html")])
    assert isinstance(told.exception, OptionError)
    assert "draws no page" in str(told.exception)
    assert told.stdout == ""


def test_ctrl_c_ends_with_130(app: typer.Typer) -> None:
    assert invoke(app, *WORDS, "a/b", "--rounds", "0").exit_code == 130


def test_help_names_every_option_and_the_suites_own_respondents(app: typer.Typer) -> None:
    shown = invoke(app, "--help").output
    for option in ("--model", "--out", "--rounds", "--split", "--price", "--dry-run", "--quiet"):
        assert option in shown
    assert "Ask a toy." in shown
    words = " ".join(shown.replace("│", " ").split())
    assert "handeye/seer or handeye/knower" in words


def test_wrong_pairs_and_prices_are_told(app: typer.Typer) -> None:
    with pytest.raises(OptionError, match="--model-arg"):
        invoke(app, *WORDS, "a/b", "-M", "x")
    with pytest.raises(OptionError, match="either --price or --prices"):
        invoke(app, *WORDS, "a/b", "--price", "1:2", "--prices", "p.json")


def test_a_run_is_estimated_or_carried_out_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = write_set(tmp_path / "set", 2), tmp_path / "run"
    options = {"model": "handeye/pixels", "data": str(data), "out": out, "progress": False}
    shown: list[Path] = []
    Run(options, dry_run=True).carry_out(job(RoseOptions(**options)), shown.append)  # type: ignore[arg-type]
    assert "10 requests about 2 scenes would be sent" in capsys.readouterr().out
    assert not out.exists()
    Run(options, dry_run=False).carry_out(job(RoseOptions(**options)), shown.append)  # type: ignore[arg-type]
    assert shown == [out]
    assert (out / "summary.json").exists()
