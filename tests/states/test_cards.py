"""The instrument cards: made of runs, all rows there, no cell empty."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.instrument_cards import STATES, Page, measure, written
from benchmarks.resumed import lines
from benchmarks.stress_cards import PAGE as STRESS
from handeye.atomic import held

ROOT = Path(__file__).parents[2]
ROWS = ("planted", "found", "intervals hold", "where there is nothing", "visible", "cannot see")


def cards(text: str) -> dict[str, dict[str, str]]:
    """Rows by card."""
    out: dict[str, dict[str, str]] = {}
    for part in text.split("\n## ")[1:]:
        title, *rest = part.splitlines()
        rows = [line.strip("|").split(" | ") for line in rest if line.startswith("| ")]
        out[title] = {one[0].strip(): one[1].strip() for one in rows[1:]}
    return out


def whole(found: dict[str, dict[str, str]]) -> None:
    for title, rows in found.items():
        for name in ROWS:
            (said,) = (text for row, text in rows.items() if row.startswith(name))
            assert said, (title, name)
            assert "nan" not in said.split(), (title, name)
        assert all(rows.values()), title


@pytest.mark.parametrize("page", [STATES, STRESS], ids=lambda page: page.about)
def test_the_page_has_a_whole_card_of_every_diagnostic(page: Page) -> None:
    found = cards((ROOT / page.place).read_text("utf-8"))
    assert list(found) == [one.title for one in page.cards.values()]
    whole(found)


def test_cards_of_a_suite_are_made_alike(tmp_path: Path) -> None:
    measure(STRESS, tmp_path, [20], 1, ["letters", "threshold"])
    rows = lines(tmp_path / "cards.jsonl")
    assert {(one["card"], one["kind"]) for one in rows} == {
        (card, kind) for card in ("letters", "threshold") for kind in ("some", "none")
    }
    letters = next(one for one in rows if (one["card"], one["kind"]) == ("letters", "some"))
    assert letters["claimed"]
    assert abs(letters["value"] - letters["truth"]) < 0.5
    assert list(cards(written(STRESS, rows))) == ["Cue weight from letters", "Threshold"]


def test_cards_are_made_of_runs_and_gone_on_with(tmp_path: Path) -> None:
    measure(STATES, tmp_path, [20, 30], 2, ["chain", "knows"])
    rows = lines(tmp_path / "cards.jsonl")
    assert len(rows) == 2 * 2 * 3
    measure(STATES, tmp_path, [20, 30], 2, ["chain", "knows"])
    assert lines(tmp_path / "cards.jsonl") == rows
    # What a kill has cut is done again, and nothing else; on two workers, to the same figures.
    text = (tmp_path / "cards.jsonl").read_text()
    (tmp_path / "cards.jsonl").write_text(text[:-40])
    again = measure(STATES, tmp_path, [20, 30], 2, ["chain", "knows"], workers=2)
    assert len(lines(tmp_path / "cards.jsonl")) == len(rows)
    assert [one | {"seconds": 0} for one in again] == [one | {"seconds": 0} for one in rows]
    with held(tmp_path / "cards.jsonl", file=True):
        told = subprocess.run(
            [sys.executable, ROOT / STATES.script, tmp_path, "--only", "knows", "--runs", "1"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert told.returncode == 1
    assert told.stderr.startswith(f"error: {tmp_path / 'cards.jsonl'}: another process")
    found = cards(written(STATES, rows))
    assert list(found) == ["Chain", "Knows and says"]
    whole(found)
    known = [one for one in rows if (one["card"], one["kind"]) == ("knows", "some")]
    # The truth of such a reader is .9 (2 Phi(1) - 1).
    assert known[0]["truth"] == pytest.approx(0.9 * 0.6827, abs=1e-4)
    assert all(abs(one["value"] - one["truth"]) < 0.3 for one in known)
