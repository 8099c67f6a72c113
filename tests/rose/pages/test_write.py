from __future__ import annotations

import json
import os
import re
import shutil
from functools import partial
from pathlib import Path

import msgspec
import pytest

from handeye.errors import HandeyeError, OptionError
from handeye.pages import html
from handeye.report import compare, write_comparison, write_report
from handeye.rose import generate, load
from handeye.rose.items import Item
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scoring.file_scoring import score_files
from handeye.scores.estimate import percent
from tests.support import report_pages
from tests.support.report_pages import Reader, data_of
from tests.support.rose.report_runs import make_run, right

# Few cards, to be quick.
report = partial(report_pages.report, gallery_limit=12)


def test_page_refers_to_nothing_outside_itself(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["faulty"], runs["hostile"])
    reader = Reader(page)
    for tag, attributes in reader.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            target = attributes.get(name)
            assert target is None or target.startswith(("#", "data:")), (tag, target)
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    policy = next(a["content"] for t, a in reader.tags if a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy


def test_model_text_stays_text(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["hostile"], title="<b>bold</b>")
    reader = Reader(page)
    assert [tag for tag, _ in reader.tags].count("script") == 2
    assert "b" not in {t for t, a in reader.tags if a.get("class") == "title"}
    assert "<b>bold</b>" in "".join(reader.texts)
    assert "<script>alert" not in page.replace(html.script_json("<script>alert"), "")


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--", "]]>", "\u2028", "&"]
)
def test_json_in_a_script_element_cannot_leave_it(text: str) -> None:
    made = str(html.script_json({"x": text}))
    assert not set(made) & set("<>&\u2028")
    assert json.loads(made) == {"x": text}


# Control characters but tab and line feed, and what turns the direction of writing.
OBEYED = [chr(n) for n in (*range(9), *range(11, 32), *range(127, 160), 0x61C, 0x200E, 0x200F)]
OBEYED += [chr(n) for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


def test_no_text_of_others_turns_figures_round_or_is_obeyed(data: Path, tmp_path: Path) -> None:
    """Names and raw answers, in texts, attributes, charts and the data of the script."""
    bad = "".join(OBEYED)

    def said(item: Item) -> dict[str, object]:
        return {"raw_text": f"said{bad}so {item.scene_id}"}

    runs = [
        make_run(data, tmp_path / "one", said, f"na{bad}me"),
        make_run(data, tmp_path / "two", right, f"na{bad}me"),
    ]
    comparison = write_comparison(
        compare(runs, resamples=100), tmp_path / "compare.html", gallery_limit=5
    )
    pages = [report(tmp_path, *runs, title=f"ti{bad}tle"), comparison.read_text("utf-8")]
    for page in pages:
        assert not set(page) & set(OBEYED)
        assert not re.search(r"\\u00[0189]|\\[bfr]", json.dumps(data_of(page)))
        assert "name (one)" in page
    assert "saidso" in pages[0]
    assert "title" in pages[0]


def test_states_come_before_any_rate_and_partial_runs_say_so(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    page = report(tmp_path, runs["partial"])
    body = page[page.index("<main") :]
    assert body.index("Partial run.") < body.index('<p class="says') < body.index('class="quote"')
    assert body.index("partial run, n = ") < body.index('class="sum"') < body.index("<table")
    tables = re.findall(r"<table.*?</table>", body, re.S)
    with_rates = [table for table in tables if 'class="ci"' in table]
    assert with_rates
    assert all("partial run" in table for table in with_rates)
    assert "partial run" in re.findall(r'id="quote1">(.*?)</p>', body, re.S)[0]


def test_run_too_small_for_a_gap(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["counting"])
    assert "too little for a gap" in page
    assert 'id="t-global"' not in page
    words = {word.strip("[],.") for text in Reader(page).texts for word in text.lower().split()}
    assert not words & {"nan", "inf"}


def test_both_bases_are_named(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["faulty"])
    table = re.findall(r'<table id="t-templates".*?</table>', page, re.S)[0]
    assert re.search(r"all 120 items", table)
    assert re.search(r"\d+ answered items only", table)
    assert "Published, arXiv 2606.19965" in table
    assert "GPT-5.5" in table


def test_numbers_are_those_of_the_summary(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["faulty"])
    summary = json.loads((runs["faulty"] / "summary.json").read_text())
    cells = {
        key: re.findall(r'class="v">([^<]*)<', page.split(f'id="{key}"')[1].split("</tbody>")[0])
        for key in ("t-glance", "t-templates", "t-global")
    }
    columns = summary["bases"]["all"]["columns"]
    names = ["G-Cnt", "L-Cnt", "L-Clk", "V-Clk", "Excl-CS", "Avg.", "C-F1", "R-OK", "VALID"]
    assert cells["t-templates"][:9] == [percent(columns[name]["value"]) for name in names]
    answered = summary["bases"]["answered"]["columns"]
    assert cells["t-templates"][9:18] == [percent(answered[name]["value"]) for name in names]
    head = summary["bases"]["all"]["headline"]
    assert cells["t-glance"][:3] == [
        percent(head[k]["value"]) for k in ("counting", "action", "gap")
    ]
    bridge = summary["bridges"]["global"]["macro_equal_subset"]
    assert cells["t-global"][1] == percent(bridge["gclk_pass_rate"]["value"])


def test_authors_metadata_without_pictures(tmp_path: Path) -> None:
    default = Path(__file__).parents[3] / "../shared/rose-v0.1"
    parity = Path(os.environ.get("HANDEYE_ROSE_DATA", default)) / "parity"
    if not parity.is_dir():
        pytest.skip("the authors' metadata are not here")
    run = tmp_path / "run"
    score_files(parity / "predictions.jsonl", parity / "metadata.jsonl", run)
    page = report(tmp_path, run, gallery_limit=60)
    assert "grids are drawn instead" in page
    # The prompts are those of the rows, not our wording.
    assert "Answer only using CLICK(Rr,Cc); ...; DONE." in page
    assert page.count('<li class="card"') == 60


def test_run_without_failures(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["right"])
    assert "0 of 0 that failed, 12 of 168 that passed" in page
    assert 'class="shows' not in page
    assert "100.0" in page


def test_run_with_only_failures(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["wrong"], gallery_limit=10)
    assert page.count('<li class="card"') == 10
    assert "10 of 168 items: 10 of 168 that failed, 0 of 0 that passed" in page
    assert "158 are left out" in page


def test_gallery_can_be_switched_off(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, runs["wrong"], gallery_limit=0)
    assert 'class="card"' not in page
    assert "data:image" not in page
    assert "switched off" in page


def test_same_runs_give_the_same_page(runs: dict[str, Path], tmp_path: Path) -> None:
    one = report(tmp_path / "a", runs["faulty"])
    assert one == report(tmp_path / "b", runs["faulty"])


def test_set_that_has_gone_away_leaves_a_readable_report(
    runs: dict[str, Path], tmp_path: Path, data: Path
) -> None:
    away = data.with_name("away")
    data.rename(away)
    try:
        page = report(tmp_path, runs["faulty"])
    finally:
        away.rename(data)
    assert "grids are drawn instead" in page
    assert "data:image" not in page
    assert 'class="sheet"' in page


def test_bad_calls_name_the_trouble_and_leave_nothing(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match="no run folder"):
        write_report([], tmp_path / "x.html")
    with pytest.raises(HandeyeError, match="nowhere"):
        write_report([tmp_path / "nowhere"], tmp_path / "x.html")
    with pytest.raises(OptionError, match="folder"):
        write_report([runs["right"]], tmp_path)
    with pytest.raises(OptionError, match="gallery_limit"):
        write_report([runs["right"]], tmp_path / "x.html", gallery_limit=-1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(HandeyeError, match="empty"):
        write_report([tmp_path / "empty"], tmp_path / "x.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty"]


def test_more_runs_than_colours(runs: dict[str, Path], tmp_path: Path) -> None:
    page = report(tmp_path, *[runs["faulty"]] * 7, gallery_limit=7)
    assert page.count('<article class="run">') == 7


def test_a_set_and_its_run_can_be_moved_together(tmp_path: Path) -> None:
    generate(tmp_path / "here" / "set", seed=2, scenes=5, sources="glyph", workers=1)
    rows = simulate_predictions(load(tmp_path / "here" / "set"), {"zero_based": 1.0}, 1)
    answers = tmp_path / "answers.jsonl"
    answers.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    score_files(answers, tmp_path / "here" / "set", tmp_path / "here" / "run")
    before = write_report([tmp_path / "here" / "run"], tmp_path / "a.html").read_bytes()
    shutil.move(tmp_path / "here", tmp_path / "there")
    after = write_report([tmp_path / "there" / "run"], tmp_path / "b.html").read_bytes()
    assert b"data:image/webp" in before
    assert before == after
