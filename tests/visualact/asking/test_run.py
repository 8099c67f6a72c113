"""Whole runs with handeye's own respondents: folders, Inspect's log, ablation, dry run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from typer.testing import CliRunner

from handeye import visualact as visualact_api
from handeye.cli.given import commands_of
from handeye.errors import OptionError, RunError
from handeye.run.dry_run import dry_run
from handeye.run.plan import claim
from handeye.scores.embedder import NGRAMS
from handeye.suites import get
from handeye.visualact.asking.ablation import run_frames
from handeye.visualact.asking.run import job, make_options, run_visualact
from handeye.visualact.asking.task import visualact
from handeye.visualact.comparing.scored_runs import clips_of, rank_runs
from handeye.visualact.loader import load
from handeye.visualact.pages.console import print_ablation
from handeye.visualact.scenes.generation import generate
from handeye.visualact.scoring.run_folder import read_run

app = commands_of(get("visualact"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips of two scenarios, some without an action."""
    out = tmp_path_factory.mktemp("clips") / "set"
    generate(out, seed=5, clips=8, scenarios=["navigation", "safety"], workers=1)
    return out


@pytest.fixture(autouse=True)
def _no_foreign_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))


def run(data: Path, out: Path, model: str = "handeye/simulated", **options: Any) -> Path:
    args = {} if model == "handeye/motion" else {"data": str(data)}
    settings: dict[str, Any] = {"model_args": args, "embedder": NGRAMS, "progress": False}
    return run_visualact(model, data, out, **{**settings, **options})


def headline(out: Path, name: str = "f1") -> float:
    value: float = read_run(out).summary["bases"]["all"]["video"]["mean"][name]["value"]
    return value


def test_gold_answers_score_one_in_one_pass_and_in_two(clips: Path, tmp_path: Path) -> None:
    for protocol in ("one-pass", "two-pass"):
        out = run(clips, tmp_path / protocol, protocol=protocol)
        for name in ("precision", "recall", "f1", "weighted_f1"):
            assert headline(out, name) == 1.0, (protocol, name)


def test_a_run_says_what_was_shown_and_can_be_taken_up_again(clips: Path, tmp_path: Path) -> None:
    out = run(clips, tmp_path / "run", frames="fps:1", scenarios=["safety"])
    info = read_run(out).info
    assert info["suite"] == "visualact"
    assert info["frames"]["method"] == "fps"
    assert (info["video_input"], info["protocol"], info["structured"]) == (
        "frames",
        "one-pass",
        False,
    )
    assert info["prompt_version"]
    assert info["selection"]["scenarios"] == ["safety"]
    assert {clip.clip_id for clip in clips_of(read_run(out))} == {c.clip_id for c in load(clips)}
    before = {p.name: p.read_bytes() for p in out.glob("*.jsonl")}
    run(clips, out, frames="fps:1", scenarios=["safety"])
    assert {p.name: p.read_bytes() for p in out.glob("*.jsonl")} == before


def test_native_video_reaches_a_respondent_that_takes_it(clips: Path, tmp_path: Path) -> None:
    out = run(clips, tmp_path / "run", "handeye/motion", video_input="native")
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert all(row["shown"]["input"] == "native" for row in rows)
    assert all(row["shown"]["duration"] > 1 for row in rows)
    info = read_run(out).info
    assert info["video_input"] == "native"
    assert "frames" not in info


def test_the_log_of_inspect_has_the_same_figures(clips: Path, tmp_path: Path) -> None:
    options = {"faults": "miss=0.4,level=0.5", "data": str(clips)}
    out = run(clips, tmp_path / "run", model_args=options)
    (log,) = inspect_ai.eval(
        visualact(str(clips), embedder=NGRAMS),
        model="handeye/simulated",
        model_args=options,
        display="none",
        log_dir=str(tmp_path / "logs"),
    )
    assert log.status == "success", log.error
    assert log.results is not None
    found = {
        score.name: metric.value
        for score in log.results.scores
        for name, metric in score.metrics.items()
        if name.endswith("class_mean")
    }
    assert 0 < found["weighted_f1"] < found["f1"] < 1
    for name, value in found.items():
        assert value == pytest.approx(headline(out, name)), name


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"frames": 4}, r"\(--frames was 8, now 4\)"),
        ({"frames": "fps:2"}, r"\(--frames was uniform 8, now fps 2\.0 64\)"),
        ({"scenarios": ["navigation"]}, "--scenarios was not given, now 'navigation'"),
        ({"clips": 1}, "--clips was not given, now 1"),
        ({"protocol": "two-pass"}, "--protocol was 'one-pass', now 'two-pass'"),
    ],
)
def test_another_run_is_refused_by_the_options_that_differ(
    clips: Path, tmp_path: Path, given: dict[str, Any], named: str
) -> None:
    out, fixed = tmp_path / "run", {"embedder": NGRAMS, "progress": False, "score": False}
    made = job(make_options("handeye/simulated", clips, out, **fixed))
    claim(out, made.plan, made.lacking, made.named)
    other = job(make_options("handeye/simulated", clips, out, **{**fixed, **given}))
    with pytest.raises(RunError, match=named) as told:
        claim(out, other.plan, other.lacking, other.named)
    assert "{" not in str(told.value)


def test_a_failed_clip_has_no_value_in_the_log_and_counts_as_zero_in_the_run(
    clips: Path, tmp_path: Path
) -> None:
    out = run(
        clips,
        tmp_path / "run",
        model_args={"data": str(clips), "faults": "api_error=0.5", "seed": 1},
        max_retries=0,
    )
    summary = read_run(out).summary
    failed = summary["states"]["error"]
    assert 0 < failed < 8
    assert headline(out) < 1.0
    answered = summary["bases"]["answered"]["headline"]["f1"]["value"]
    assert answered == 1.0


def test_an_ablation_is_a_run_for_each_number_and_a_table(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "frames"
    settings: dict[str, Any] = {"embedder": NGRAMS, "progress": False}
    found = run_frames("handeye/motion", clips, out, [4, 1], **settings)
    assert [run["frames"] for run in found["runs"]] == [1, 4]
    assert json.loads((out / "ablation.json").read_text()) == found
    for entry in found["runs"]:
        folder = out / entry["folder"]
        assert read_run(folder).info["frames"]["count"] == entry["frames"]
        assert entry["figures"]["f1"]["value"] == headline(folder)
    assert (out / "tables" / "frames.csv").read_text().count("\n") > 10
    more = run_frames("handeye/motion", clips, out, [2], **settings)
    assert [run["frames"] for run in more["runs"]] == [1, 2, 4]
    with pytest.raises(RunError, match=r"was made for handeye/motion, not handeye/prior"):
        run_frames("handeye/prior", clips, out, [1], **settings)
    with pytest.raises(OptionError, match="different numbers, got 2, 2"):
        run_frames("handeye/motion", clips, out, [2, 2], **settings)


def test_several_numbers_of_frames_run_from_python_and_read_at_80_columns(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = str(tmp_path / "w" / "frames")
    settings: dict[str, Any] = {"embedder": NGRAMS, "progress": False}
    assert visualact_api.run("handeye/motion", str(clips), out, frames="1,4", **settings) == Path(
        out
    )
    assert visualact_api.run("handeye/motion", clips, out, frames=[2, 1], **settings) == Path(out)
    found = json.loads((Path(out) / "ablation.json").read_text())
    assert [one["frames"] for one in found["runs"]] == [1, 2, 4]
    print_ablation(found, Path(out))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    f1 = next(line for line in shown.splitlines() if line.startswith("│ F1 "))
    values = [f"{100 * one['figures']['f1']['value']:.1f}" for one in found["runs"]]
    assert [cell.split()[0] for cell in f1.split("│")[2:5]] == values
    drawn = " ".join(shown.split()).partition("its page: handeye ")[2]
    assert drawn.replace(" ", "").endswith(f"report{out}--out{out}/report.html")
    # Wherever run folders go.
    assert visualact_api.report(out, f"{out}/report.html", gallery_limit=0).is_file()
    ranked = rank_runs([out], thresholds=(0.5,), assignments=("assign-then-filter",), bootstrap=50)
    assert len(ranked["models"]) == 3
    with pytest.raises(RunError, match=r"holds several runs; name one of them: .*frames-1, "):
        visualact_api.diagnose(out)
    told = CliRunner().invoke(app, ["diagnose", out])
    assert (told.exit_code, told.stdout.count("written to")) == (0, 3)
    with pytest.raises(OptionError, match=r"name one run, or two.*frames-4"):
        CliRunner().invoke(app, ["scenes", out], catch_exceptions=False)


def test_python_tells_the_model_its_set_as_the_command_line_does(
    clips: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"embedder": NGRAMS, "progress": False}
    out = visualact_api.run("handeye/simulated", str(clips), str(tmp_path / "r"), **settings)
    assert headline(out) == 1.0
    assert read_run(out).info["model_args"] == {"data": str(clips)}


def test_a_choice_of_frames_that_inspect_took_apart_is_put_together(clips: Path) -> None:
    for given in ("seconds:0,0.5", ["seconds:0", "0.5"], ["seconds:0", 0.5]):
        made = visualact(str(clips), frames=given, embedder=NGRAMS)
        assert made.metadata is not None
        assert made.metadata["frames"]["seconds"] == [0.0, 0.5]
    with pytest.raises(OptionError, match="cannot be read"):
        visualact(str(clips), frames=[1, 4], embedder=NGRAMS)


def test_an_ablation_does_not_write_into_a_run(clips: Path, tmp_path: Path) -> None:
    out = run(clips, tmp_path / "run", clips=2)
    before = sorted(p.name for p in out.iterdir())
    with pytest.raises(RunError, match="holds something else"):
        run_frames("handeye/motion", clips, out, [1], embedder=NGRAMS, progress=False)
    assert sorted(p.name for p in out.iterdir()) == before


def test_a_dry_run_counts_and_sends_and_writes_nothing(clips: Path, tmp_path: Path) -> None:
    for protocol, passes in (("one-pass", 1), ("two-pass", 2)):
        options = make_options(
            "openai/gpt-5.5", clips, tmp_path / "run", frames=4, protocol=protocol, embedder=NGRAMS
        )
        found = dry_run(job(options))
        assert (found.requests, found.answered, found.scenes) == (8 * passes, 0, 8)
        (tokens,) = found.image_tokens.values()
        assert tokens == 8 * passes * 4 * 210
        assert "about 8 clips would be sent" in found.text()
    assert not (tmp_path / "run").exists()


def test_no_embedder_is_told_before_anything_is_asked(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="nonsense"):
        run(clips, tmp_path / "run", embedder="nonsense")
    assert not (tmp_path / "run").exists()
