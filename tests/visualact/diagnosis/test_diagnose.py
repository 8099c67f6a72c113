"""What is wrong with the answers of a run: every planted fault is found and counted."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from handeye import visualact
from handeye.cli.given import commands_of
from handeye.errors import OptionError, RunError
from handeye.suites import get
from handeye.visualact.diagnosis.reasons import WORDS
from tests.support.visualact import report_runs as va

app = commands_of(get("visualact"))


def test_each_fault_is_given_its_reason(va_root: Path) -> None:
    found = visualact.diagnose(va_root / "faulty", resamples=50)
    rows = {row["clip_id"]: row for row in found.reasons.iter_rows(named=True)}
    assert {clip for clip, row in rows.items() if not row["passed"]} == set(va.FAULTS)
    for clip, fault in va.FAULTS.items():
        if fault in va.REASONS:
            assert rows[clip]["reason"] == va.REASONS[fault], clip
        assert rows[clip]["tags"][0] == rows[clip]["reason"]
    assert all(row["reason"] is None and not row["tags"] for row in rows.values() if row["passed"])


def test_counts_and_shares_have_their_denominators(va_root: Path) -> None:
    found = visualact.diagnose(va_root / "faulty", resamples=50)
    whole, frame = found.findings.all, found.reasons
    assert (whole.n_clips, whole.n_faulty) == (24, len(va.FAULTS))
    assert {one.key: one.count for one in whole.reasons} == Counter(frame["reason"].drop_nulls())
    tags = Counter(tag for tags in frame["tags"] for tag in tags)
    assert {one.key: one.count for one in whole.tags} == tags
    for one in (*whole.reasons, *whole.tags):
        assert one.share.value == pytest.approx(one.count / whole.n_faulty)
        assert (one.share.n, one.rate.n) == (whole.n_faulty, whole.n_clips)
        assert one.rate.low <= one.rate.value <= one.rate.high
        assert one.label == WORDS[one.key].label
    assert sum(one.count for one in whole.reasons) == whole.n_faulty
    groups = found.findings.by_scenario
    assert sum(group.n_faulty for group in groups.values()) == whole.n_faulty


def test_a_seed_decides_the_intervals(va_root: Path) -> None:
    first, again = (visualact.diagnose(va_root / "faulty", seed=3, resamples=40) for _ in range(2))
    assert first.to_json() == again.to_json()
    bare = visualact.diagnose(va_root / "faulty", resamples=0).findings
    assert bare.all.reasons[0].rate.low is None
    assert bare.interval.words == "no intervals were computed"
    with pytest.raises(OptionError, match="at least 0"):
        visualact.diagnose(va_root / "faulty", resamples=-1)
    with pytest.raises(RunError, match="no such run folder"):
        visualact.diagnose(va_root / "nowhere")


def test_without_the_set_what_is_known_is_told(va_root: Path, tmp_path: Path) -> None:
    run = shutil.copytree(va_root / "faulty", tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "data": []}))
    found = visualact.diagnose(run, resamples=20).findings
    assert "the set is not at hand" in found.note
    assert found.all.n_faulty


def test_the_command_prints_a_table_and_keeps_the_files(va_root: Path, tmp_path: Path) -> None:
    run = shutil.copytree(va_root / "faulty", tmp_path / "run")
    done = CliRunner().invoke(app, ["diagnose", str(run)])
    assert done.exit_code == 0, done.output
    assert "What is wrong with the answers to 14 of 24 clips" in done.output
    assert max(len(line) for line in done.output.splitlines() if line[:1] in "┏┃┡│└") <= 80
    kept = json.loads((run / "diagnosis.json").read_text())
    assert pl.read_parquet(run / "reasons.parquet").height == 24
    printed = CliRunner().invoke(app, ["diagnose", str(run), "--json", "-"])
    assert json.loads(printed.stdout) == kept
    right = shutil.copytree(va_root / "right", tmp_path / "right")
    told = " ".join(CliRunner().invoke(app, ["diagnose", str(right)]).output.split())
    assert "nothing is wrong" in told
    assert "of such clips may have a fault)" in told, "nothing seen is no proof"
