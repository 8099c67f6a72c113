"""The gallery of a VisualActBench report: reasons, frames, matchings, budgets."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode
from pathlib import Path

import pytest

from handeye.errors import DataError
from handeye.pages.film_strip import SIDES
from handeye.pages.pictures import Album
from handeye.pages.text_lines import wrapped
from handeye.visualact.diagnosis.reasons import Found, find_reasons
from handeye.visualact.pages.cards import choose, matching_of, shown_strip
from handeye.visualact.pages.match_drawing import (
    Box,
    Link,
    Matching,
    described,
    match_drawing,
    ordered,
)
from handeye.visualact.pages.runs import Shown
from tests.support.report_pages import loaded, report, values
from tests.support.visualact.report_runs import (
    FAULTS,
    REASONS,
    faulty,
    lazy,
    make_clips,
    make_run,
)

# ---- gallery


def test_every_planted_fault_gets_its_reason(va_root: Path) -> None:
    run = loaded(va_root / "faulty")[0]
    pairs: dict[str, list[dict[str, object]]] = {}
    for row in run.pairs().iter_rows(named=True):
        pairs.setdefault(row["clip_id"], []).append(row)
    rows = list(run.scores().iter_rows(named=True))
    found = {one.clip_id: one for one in find_reasons(rows, pairs, run.material.clips, 0.5)}
    assert set(found) == set(FAULTS)
    for clip_id, fault in FAULTS.items():
        if fault == "near":
            assert "near-miss" in found[clip_id].signs
        else:
            assert found[clip_id].reason == REASONS[fault], clip_id
    assert found["hmi-00000"].reason == "near-miss"
    assert found["home-00001"].reason == "missed-urgent"


def test_choice_is_even_and_worst_first() -> None:
    found = [
        Found(f"c{k}", "home", ("missed",) if k < 20 else ("extra",), k / 100, 1) for k in range(24)
    ]
    picked = choose([found, found[:2]], 6)
    assert len(picked) == 6
    reasons = [one.reason for _, one in picked]
    assert reasons.count("extra") >= 2
    assert [one.f1 for _, one in picked if one.reason == "missed"] == sorted(
        one.f1 for _, one in picked if one.reason == "missed"
    )
    assert {run for run, _ in picked} == {0, 1}
    assert "c0" in {one.clip_id for _, one in picked}
    assert choose([found], 0) == []


def test_a_card_holds_the_frames_that_were_shown(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "ablation" / "frames-2")
    cards = page.split('<li class="card"')[1:]
    assert cards
    for card in cards:
        strip = card.split('<ol class="film"')[1].split("</ol>")[0]
        assert strip.count("<use ") == 2
        assert re.findall(r'class="t">([\d.]+) s', strip) == ["0.70", "2.20"]
        assert strip.count('class="inside"') == 1


def test_frames_within_the_evidence_are_marked_and_embedded_once(va_root: Path) -> None:
    run = loaded(va_root / "faulty")[0]
    clip = run.material.clips["home-00000"]
    video = run.material.videos["home-00000"]
    album = Album(10**6, 8, SIDES)
    strip = shown_strip("k", clip, video, Shown("frames", (0.0, 0.8, 2.2, 2.9)), None, album)
    assert [still.evidence for still in strip.stills] == [False, True, True, False]
    assert strip.note == ""
    again = shown_strip("j", clip, video, Shown("frames", (0.8,)), None, album)
    assert again.stills[0].picture == strip.stills[1].picture
    assert len(album.pictures) == 4
    native = shown_strip("n", clip, video, Shown("native"), None, album)
    assert len(native.stills) == 8
    assert "the video itself" in native.note
    unknown = shown_strip("u", clip, video, None, None, album)
    assert "not recorded" in unknown.note


def test_a_broken_video_leaves_the_card_with_its_reason(tmp_path: Path) -> None:
    data = make_clips(tmp_path / "set", each=2)
    make_run(data, tmp_path / "run", lazy, "m")
    for video in (data / "videos").glob("navigation-*"):
        video.write_bytes(b"no video at all")
    page = report(tmp_path, tmp_path / "run")
    assert page.count("No frames: ") == 2
    assert str(data) not in page.split('<ul class="cards')[1]
    assert "called for" in page


def test_pictures_keep_to_their_budget(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "faulty", va_root / "lazy", picture_budget=30_000)
    pictures = re.findall(r'href="data:image/\w+;base64,([^"]*)"', page)
    assert 0 < sum(len(b64decode(one)) for one in pictures) <= 30_000
    none = report(tmp_path, va_root / "faulty", picture_budget=0)
    assert "data:image" not in none
    assert "did not fit" in none
    off = report(tmp_path, va_root / "faulty", gallery_limit=0)
    assert "14 of 24 answers failed; the gallery was switched off" in off
    assert 'class="card"' not in off


def test_matching_keeps_places_and_draws_every_action(va_root: Path) -> None:
    run = loaded(va_root / "faulty")[0]
    clip = run.material.clips["hmi-00000"]
    pairs = [row for row in run.pairs().iter_rows(named=True) if row["clip_id"] == clip.clip_id]
    prediction = run.predictions()[clip.clip_id]
    matching = matching_of(clip, prediction, pairs, 0.5)
    assert [box.text for box in matching.truth] == [one.text for one in clip.actions]
    assert [box.matched for box in matching.truth] == [False, True]
    assert sorted((link.truth, link.predicted, link.matched) for link in matching.links) == [
        (0, 0, False),
        (1, 1, True),
    ]
    without = matching_of(None, prediction, pairs, 0.5)
    assert [box.text for box in without.truth] == [one.text for one in clip.actions]
    drawn = str(match_drawing("k", matching, "name"))
    assert drawn.count('class="tie"') == 1
    assert drawn.count('class="tie weak"') == 1
    assert "0.41 &lt; 0.50" in drawn
    assert drawn.count(">missed<") == 1
    assert "was assigned, below the threshold" in described(matching)


def test_proposed_actions_stand_beside_their_truth() -> None:
    box = Box("x", 1, True, True)
    links = (Link(1, 0, 0.9, True), Link(0, 2, 0.8, True))
    matching = Matching((box, box), (box, box, box), links, 0.5)
    assert ordered(matching) == [2, 0, 1]
    empty = Matching((), (), (), 0.5, "No readable answer (refused).")
    assert "Nothing is called for. No readable answer (refused)." in described(empty)
    assert "No readable answer" in str(match_drawing("k", empty, "n", narrow=True))


@pytest.mark.parametrize("text", ["a" * 400, "word " * 90, "消" * 80, "", "  \n two  lines "])
def test_wrapped_text_keeps_its_letters_and_its_width(text: str) -> None:
    lines = wrapped(text, 140)
    assert 1 <= len(lines) <= 5
    whole = "".join(lines).replace(" ", "")
    plain = "".join(text.split())
    assert whole == plain or (whole.endswith("…") and plain.startswith(whole[:-1]))


def test_a_set_that_is_gone_leaves_figures_and_matchings(tmp_path: Path) -> None:
    data = make_clips(tmp_path / "set", each=3)
    make_run(data, tmp_path / "run", faulty, "m")
    before = report(tmp_path, tmp_path / "run")
    shutil.rmtree(data)
    page = report(tmp_path, tmp_path / "run")
    assert "Set not at hand." in page
    assert "data:image" not in page
    assert "no frames can be shown" in page
    assert values(page, "t-f1") == values(before, "t-f1")
    assert 'class="tie' in page


def test_a_set_and_its_run_can_be_moved_together(tmp_path: Path) -> None:
    make_clips(tmp_path / "here" / "set", each=3)
    make_run(tmp_path / "here" / "set", tmp_path / "here" / "run", faulty, "m")
    before = report(tmp_path, tmp_path / "here" / "run")
    (tmp_path / "here").rename(tmp_path / "there")
    assert report(tmp_path, tmp_path / "there" / "run") == before
    assert "data:image" in before


@pytest.mark.parametrize("name", ["truth", "predicted"])
def test_pairs_of_what_is_not_there_are_refused(va_root: Path, name: str) -> None:
    run = loaded(va_root / "faulty")[0]
    clip = run.material.clips["hmi-00000"]
    pairs = [row for row in run.pairs().iter_rows(named=True) if row["clip_id"] == clip.clip_id]
    prediction = run.predictions()[clip.clip_id]
    with pytest.raises(DataError, match=r"hmi-00000: a pair of its scores .* score the run again"):
        matching_of(clip, prediction, [{**pairs[0], name: -1}], 0.5)
