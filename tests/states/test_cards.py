"""The instrument cards: made of runs, all rows there, no cell empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.instrument_cards import CARDS, lines, measure, written

PAGE = Path(__file__).parents[2] / "docs" / "states-cards.md"
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


def test_the_page_has_a_whole_card_of_every_diagnostic() -> None:
    found = cards(PAGE.read_text("utf-8"))
    assert list(found) == [one.title for one in CARDS.values()]
    whole(found)


def test_cards_are_made_of_runs_and_gone_on_with(tmp_path: Path) -> None:
    measure(tmp_path, [20, 30], 2, ["chain", "knows"])
    rows = lines(tmp_path / "cards.jsonl")
    assert len(rows) == 2 * 2 * 3
    measure(tmp_path, [20, 30], 2, ["chain", "knows"])
    assert lines(tmp_path / "cards.jsonl") == rows
    found = cards(written(rows))
    assert list(found) == ["Chain", "Knows and says"]
    whole(found)
    known = [one for one in rows if (one["card"], one["kind"]) == ("knows", "some")]
    # The truth of such a reader is .9 (2 Phi(1) - 1).
    assert known[0]["truth"] == pytest.approx(0.9 * 0.6827, abs=1e-4)
    assert all(abs(one["value"] - one["truth"]) < 0.3 for one in known)
