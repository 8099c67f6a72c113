"""A whole diagnosis from a run folder: what it promises, and what it refuses."""

import json
from html import unescape

import msgspec
import polars as pl
import pytest

from handeye.errors import DataError, OptionError, RunError
from handeye.rose import generate, load, score_files
from handeye.rose.diagnosis.diagnose import diagnose
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scoring.run_folder import read_run
from handeye.scores.diagnosed import diagnose_runs, write_diagnosis

FAULTS = {"ignore_region": 0.4, "miscount": 0.2, "break_grammar": 0.1, "refuse": 0.02}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A set of 40 scenes and two runs of simulated respondents over all its items."""
    root = tmp_path_factory.mktemp("diagnosis")
    generate(root / "set", seed=5, scenes=40, workers=1)
    items = list(load(root / "set"))
    for name, faults in (("faulty", FAULTS), ("perfect", {})):
        lines = [json.dumps(row) for row in simulate_predictions(items, faults, 3)]
        (root / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        score_files(root / f"{name}.jsonl", root / "set", root / name)
    return root


@pytest.fixture(scope="module")
def found(folder):
    return diagnose(folder / "faulty")


def test_the_gap_is_the_summarys(folder, found):
    head = read_run(folder / "faulty").summary["bases"]["all"]["headline"]
    chain = found["decomposition"]["gap"]
    assert chain["whole"]["value"] == pytest.approx(head["gap"]["value"], abs=1e-12)
    assert chain["start"]["value"] == pytest.approx(head["counting"]["value"], abs=1e-12)
    assert chain["end"]["value"] == pytest.approx(head["action"]["value"], abs=1e-12)


def test_a_diagnosis_says_itself_in_its_sentence(folder, found):
    assert found.sentence.startswith("Passes ")
    assert found.sentence in str(found)
    assert found.sentence in unescape(found._repr_html_())
    assert not (folder / "faulty" / "diagnosis.json").exists()  # only the command leaves files


def test_pass_by_source_is_the_summarys(folder, found):
    subsets = read_run(folder / "faulty").summary["bases"]["all"]["subsets"]
    assert found["subsets"] == {k: row["PASS"] for k, row in subsets.items() if k != "Avg."}


def test_every_chain_adds_up(found):
    chains = [chain for chain in found["decomposition"].values() if chain]
    assert len(chains) == 3
    for chain in chains:
        losses = sum(step["loss"]["value"] for step in chain["steps"])
        assert chain["start"]["value"] - losses == pytest.approx(chain["end"]["value"], abs=1e-12)


def test_every_failure_has_one_reason(folder, found):
    scores = read_run(folder / "faulty").scores()
    assert found.reasons["item_id"].to_list() == scores["item_id"].to_list()
    failed = scores["pass"] == 0
    assert (found.reasons["reason"].is_not_null() == failed).all()
    groups = (found["attribution"]["action"], found["attribution"]["counting"])
    assert sum(group["n_failed"] for group in groups) == failed.sum()
    for group in groups:
        assert sum(reason["count"] for reason in group["reasons"]) == group["n_failed"]


def test_a_perfect_run_has_nothing_to_explain(folder):
    perfect = diagnose(folder / "perfect")
    assert perfect.reasons["reason"].null_count() == len(perfect.reasons)
    assert perfect["attribution"]["action"]["reasons"] == []
    assert all(s["loss"]["value"] == 0 for s in perfect["decomposition"]["gap"]["steps"])


def test_the_number_of_processes_changes_nothing(folder):
    runs = [folder / "faulty", folder / "perfect"]
    alone, together = (diagnose_runs(diagnose, runs, workers=workers) for workers in (1, 2))
    for one, other in zip(alone, together, strict=True):
        assert one.to_json() == other.to_json()
        assert one.reasons.equals(other.reasons)


def test_files_hold_what_was_found_and_go_when_scores_change(folder, found, tmp_path):
    run = tmp_path / "run"
    score_files(folder / "faulty.jsonl", folder / "set", run)
    json_file, table = write_diagnosis(found, run)
    assert msgspec.json.decode(json_file.read_bytes()) == msgspec.to_builtins(found.data)
    assert pl.read_parquet(table).equals(found.reasons)
    score_files(folder / "perfect.jsonl", folder / "set", run)
    assert not json_file.exists()
    assert not table.exists()


def test_no_resamples_give_figures_without_intervals(folder, found):
    plain = diagnose(folder / "faulty", resamples=0)
    step, same = (d["decomposition"]["gap"]["steps"][0]["loss"] for d in (plain, found))
    assert step["value"] == same["value"]
    assert step["low"] is None


def test_a_run_of_some_templates_has_no_gap(folder, tmp_path):
    score_files(folder / "faulty.jsonl", folder / "set", tmp_path / "run", templates="T1,T3")
    some = diagnose(tmp_path / "run")
    assert some["decomposition"] == {"gap": None, "global": None, "matched": None}
    assert list(some["attribution"]["by_template"]) == ["G-Cnt", "L-Clk"]


def test_what_cannot_be_diagnosed_is_named(folder, tmp_path):
    with pytest.raises(RunError, match="no such run folder"):
        diagnose(tmp_path / "nothing")
    with pytest.raises(OptionError, match="at least 0"):
        diagnose(folder / "faulty", resamples=-1)
    old = tmp_path / "old"
    score_files(folder / "faulty.jsonl", folder / "set", old)
    scores = pl.read_parquet(old / "scores.parquet").drop("region_bounds")
    scores.write_parquet(old / "scores.parquet")
    with pytest.raises(DataError, match=r"region_bounds.*score the run again"):
        diagnose(old)


# ---- in a terminal and on a page


@pytest.fixture(scope="module")
def constant(folder):
    """A run that says the same whatever it is asked."""
    always = {"COUNT": "COUNT(2)", "CLICK": "CLICK(R1,C1); DONE", "CLICK_COUNT": "DONE"}
    items = load(folder / "set")
    rows = [{"item_id": one.item_id, "raw_text": always[one.task_mode]} for one in items]
    (folder / "constant.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return score_files(folder / "constant.jsonl", folder / "set", folder / "constant").path


def test_a_rate_outside_0_and_1_is_no_level(constant):
    found = diagnose(constant).findings
    levels = [step for chain in found.decomposition.values() if chain for step in chain.steps]
    assert any(step.level.value < 0 for step in levels)
    for step in levels:
        rate = step.rate
        if step.level.value < 0:
            assert rate.value is None
        elif rate.low is not None:
            assert 0 <= rate.low <= rate.value + 1e-9 <= rate.high + 1e-9 <= 1 + 1e-9


def test_terminal_and_page_give_a_loss_the_same_sign(folder, found, constant, capsys):
    from handeye.report import write_report
    from handeye.terminal.diagnosing import diagnose_and_print

    runs = [folder / "faulty", constant]
    diagnose_and_print(runs, 0, 1, None, diagnose=diagnose, so_far=None)
    told = capsys.readouterr().out
    page = write_report(
        [folder / "faulty"], folder / "report.html", gallery_limit=0, resamples=2000
    )
    drawn = page.read_text("utf-8")
    changes = [
        step.change.percent
        for step in found.findings.decomposition["gap"].steps
        if step.loss.value > 0.01
    ]
    assert changes
    for change in changes:
        assert change.startswith("−")
        assert change in told
        assert change in drawn
    assert "points lost" not in told
    assert "change, points" in told
