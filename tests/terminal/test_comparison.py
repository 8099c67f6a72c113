"""Comparisons on terminals of 80 columns, on terminals that have only ASCII, with hostile names."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import polars as pl
import pytest

from handeye.rose.comparing.quantities import of_frames
from handeye.rose.suite import SUITE
from handeye.scores.compare import Comparison, compare_quantities
from handeye.terminal.comparison import print_comparison
from tests.support.rose.score_frames import answered, items

LONG = "openai/some-long-model-name-2026-11"


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Three runs: one always right, one never, one between; the extremes are the widest numbers."""
    middle = answered(items(60), 0.5, np.random.default_rng(1))[0]
    frames = [middle.with_columns(pl.lit(1).alias("pass")),
              middle.with_columns(pl.lit(0).alias("pass")), middle]  # fmt: skip
    labels = [f"{LONG} (first)", f"{LONG} (second)", "\x1b[31m[bold]<b>"]
    return compare_quantities(SUITE, of_frames(frames, labels), all_pairs=True, resamples=100)


def printed(found: Comparison, encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.delenv("COLUMNS", raising=False)
    print_comparison(found, all_rows=True)
    stream.seek(0)
    return stream.read()


def test_numbers_stay_whole_at_80_columns(
    found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(found, "utf-8", monkeypatch)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in text
    number = r"[+−]?\d+\.\d"
    rows = [line for line in lines if re.search(rf"{number} \({number} to {number}\)", line)]
    told = sum(len(f["rows"]) for pair in found["pairs"] for f in pair["families"])
    assert len([line for line in rows if re.search(r"(better|wider|seen.*|often) *$", line)]) > 50
    assert len(rows) >= told - 2 * len(found["pairs"])  # differences without an interval
    assert re.search(r"Counting +100\.0 +0\.0 +−100\.0 \(−100\.0 to −\d\d\.\d\) +< \.001 ", text)
    assert f"A  {LONG} (first)" in text


def test_brackets_are_explained_where_some_stand(
    found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = items(60)
    same = answered(flat, 0.5, np.random.default_rng(1))[0]
    alike = compare_quantities(SUITE, of_frames([same, same], ["a", "b"]), resamples=100)
    for one, told in ((found, True), (alike, False)):
        text = " ".join(printed(one, "utf-8", monkeypatch).split())
        assert bool(re.search(r"none seen \(\d", text)) is told
        assert ("In brackets: the difference that a power of 80 % shows" in text) is told


def test_an_ascii_terminal_gets_hyphens(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(found, "ascii", monkeypatch)
    assert "B - A" in text
    assert "-100.0 (-100.0 to -" in text
    assert "?" not in text


def test_names_are_text(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(found, "utf-8", monkeypatch)
    assert "\x1b" not in text
    assert "C  [31m[bold]<b>" in text
