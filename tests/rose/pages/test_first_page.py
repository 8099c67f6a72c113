"""The diagnosis on the page, from diagnoses whose numbers are known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from handeye.errors import DataError
from handeye.report import write_report
from handeye.rose.diagnosis.diagnose import Diagnosis
from handeye.rose.diagnosis.findings import Findings
from handeye.rose.pages import page as report_page
from handeye.rose.pages.view import read_human
from tests.support.report_pages import data_of
from tests.support.rose.diagnosis_data import diagnosis, est

HUMAN = {"label": "Human (3 people)", "columns": {
    "G-Cnt": est(0.97), "L-Cnt": est(0.98, 0.01), "L-Clk": est(0.95), "V-Clk": est(0.96),
    "Excl-CS": est(0.9),
}}  # fmt: skip


@pytest.fixture
def made_up(runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a report in which every run has the given diagnoses, one after the other."""

    def make(*data: dict[str, Any], run: str = "right", **options: Any) -> str:
        empty = pl.DataFrame(
            schema={"item_id": pl.String, "task_template": pl.String, "rose_subset": pl.String,
                    "passed": pl.Boolean, "reason": pl.String, "tags": pl.List(pl.String)}
        )  # fmt: skip
        found = [Diagnosis(msgspec.convert(one, Findings), empty) for one in data]
        monkeypatch.setattr(report_page, "diagnose_runs", lambda *_args, **_options: found)
        out = tmp_path / "report.html"
        return write_report([runs[run]] * len(data), out, **options).read_text(encoding="utf-8")

    return make


def part(page: str, key: str) -> str:
    return page[page.index(f'<section id="{key}"') :].split("</section>")[0]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_sentence_comes_first_with_what_it_rests_on(made_up: Any) -> None:
    page = made_up(diagnosis())
    section = part(page, "glance")
    assert page.index(section[:40]) < page.index('<section id="run"')
    assert "Passes 9 of 10 counting questions but only 4 of 10 action questions;" in section
    told = words(section)
    assert "The interval of the gap lies above 0." in told
    assert "region named −31.0 points [−33.0, −29.0]" in told
    assert "61.0 % [58.0, 64.0] of 200 readable click answers about empty regions" in told


def test_chain_table_holds_every_loss_as_a_change(made_up: Any) -> None:
    table = part(made_up(diagnosis()), "losses").split('id="t-chain-gap"')[1].split("</table>")[0]
    shown = re.findall(r'class="v">([^<]*)<', table)
    assert shown == ["90.0", "−3.0", "−2.0", "−6.0", "−31.0", "−4.0", "−2.0", "42.0", "−48.0"]


@pytest.mark.parametrize("count", [1, 2, 6])
def test_one_waterfall_per_run(made_up: Any, count: int) -> None:
    section = part(made_up(*[diagnosis()] * count), "losses")
    # Each run is drawn for desks and for phones.
    assert section.count("waterfall") == 2 * count
    ids = re.findall(r' id="([^"]+)"', section)
    assert len(ids) == len(set(ids))


def test_reasons_add_up_in_the_table(made_up: Any) -> None:
    section = part(made_up(diagnosis()), "reasons")
    told = words(section)
    assert "272 of 600 action items failed" in told
    assert "outside region Meaning of outside_region. 200 73.5" in told
    assert "near border" in told
    assert "None but the one asked for." not in told


def test_conventions_in_use_and_not(made_up: Any) -> None:
    def convention(key: str, decided: bool) -> dict[str, Any]:
        return {"key": key, "label": f"label of {key}", "n_items": 500, "items": 150,
                "weight": est(0.3), "log_likelihood_ratio": 80.5, "p_value": 1e-9,
                "decided": decided}  # fmt: skip

    one = made_up(
        diagnosis(conventions=[convention("swapped", True), convention("flipped", False)])
    )
    told = words(part(one, "reasons"))
    assert "label of swapped : 30.0 [28.0, 32.0] % of 500 answers with clicks" in told
    assert "label of flipped : 30.0" in told
    spoken = "it swaps row and column in 30\N{NO-BREAK SPACE}% of the 1,000 answers with clicks"
    assert spoken in part(one, "glance")
    none = made_up(diagnosis(conventions=[convention("flipped", False)]))
    assert "None but the one asked for." in words(part(none, "reasons"))


def test_curves_say_what_cannot_be_told(made_up: Any) -> None:
    told = words(part(made_up(diagnosis()), "difficulty"))
    assert "Counting 0.90 [0.88, 0.92] Acting 0.70 [0.68, 0.72] Apart 0.20 [0.17, 0.23]" in told
    assert "Counting all right" in told
    assert "Counting all right Acting 1 [1, 1] Without EmojiContent" in told
    assert "EmojiStyle" in told


def test_parts_that_no_run_has_are_left_out(made_up: Any) -> None:
    bare = diagnosis(thresholds={})
    bare["decomposition"] = {"gap": None, "global": None, "matched": None}
    page = made_up(bare)
    assert 'id="losses"' not in page
    assert 'href="#losses"' not in page
    assert 'id="fig-curves"' not in page
    assert 'href="#glance"' in page


def test_hostile_words_of_a_diagnosis_stay_words(made_up: Any) -> None:
    evil = "<script>alert('d')</script>"
    data = diagnosis()
    data["decomposition"]["gap"]["steps"][0] |= {"label": evil, "meaning": evil}
    data["attribution"]["action"]["reasons"][0] |= {"label": evil, "meaning": evil}
    data["thresholds"]["similarity"]["counting"]["threshold"] = {"value": None, "reason": evil}
    page = made_up(data)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 4


def test_a_run_that_cannot_be_diagnosed_keeps_its_place(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here: the scores do not tell where regions lie."""
    old = tmp_path / "old"
    old.mkdir()
    for file in runs["faulty"].iterdir():
        if file.is_file():
            (old / file.name).write_bytes(file.read_bytes())
    scores = pl.read_parquet(old / "scores.parquet").with_columns(region_bounds=pl.lit("?"))
    scores.write_parquet(old / "scores.parquet")
    out = tmp_path / "report.html"
    page = write_report([old, runs["right"]], out, gallery_limit=6, resamples=100).read_text(
        encoding="utf-8"
    )
    section = part(page, "glance")
    assert "Not diagnosed." in section
    assert "region bounds" in section
    assert (
        "Passes all counting questions and all action questions" in section
        or "scenes, too few" in section
    )
    assert "not diagnosed" in part(page, "failures")
    assert 'id="t-templates"' in page


# ---- people


def test_people_stand_beside_the_models(made_up: Any, tmp_path: Path) -> None:
    file = tmp_path / "human.json"
    file.write_text(json.dumps(HUMAN))
    page = made_up(diagnosis(), human=file)
    ladder = part(page, "ladder")
    row = ladder.split('<tr class="human">')[1].split("</tr>")[0]
    assert "Human (3 people)" in row
    assert re.findall(r'class="v">([^<]*)<', row)[:5] == ["97.0", "98.0", "95.0", "96.0", "90.0"]
    assert "[97.0,\u00a099.0]" in row
    # Above the published rows, not among them.
    assert ladder.index('<tr class="human">') < ladder.index('<tbody class="published">')
    assert "Human (3 people): counting 97.5" in part(page, "glance")
    # What is known with its interval is drawn with it.
    known = {"counting": {"value": 0.975, "low": 0.6, "high": 1.0, "n": 20}}
    file.write_text(json.dumps(HUMAN | {"headline": known}))
    assert "Human (3 people): counting 97.5 [60.0,\u00a0100.0]" in part(
        made_up(diagnosis(), human=file), "glance"
    )
    data = data_of(page)
    assert data["human"]["pass"]["L-Clk"]["value"] == 0.95
    # What one person does says nothing of others, and the row says so.
    file.write_text(json.dumps(HUMAN | {"n_people": 1, "n_items": 20}))
    row = part(made_up(diagnosis(), human=file), "ladder").split('<tr class="human">')[1]
    assert "intervals over items alone, which say nothing of others" in row.split("</tr>")[0]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("{", "no human baseline"),
        ("[]", "no human baseline"),
        ('{"label": "Human", "columns": {"X": {"value": 0.5}}}', "none of its columns"),
        ('{"label": "Human", "columns": {"G-Cnt": {"value": 97.1}}}', "fractions"),
        (
            '{"label": "", "columns": {"G-Cnt": {"value": 1}}, "headline": {"gap": {"value": -2}}}',
            "gap holds -2",
        ),
    ],
)
def test_a_file_that_is_no_human_baseline_is_refused(
    tmp_path: Path, text: str, trouble: str
) -> None:
    file = tmp_path / "human.json"
    file.write_text(text)
    with pytest.raises(DataError, match=trouble):
        read_human(file)
    with pytest.raises(DataError, match="cannot be read"):
        read_human(tmp_path / "absent.json")
