from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from handeye.errors import HandeyeError, OptionError
from handeye.report import write_report
from handeye.scores.estimate import percent
from handeye.scores.run_folder import expand
from handeye.visualact.loader import load
from handeye.visualact.pages.console import print_run
from handeye.visualact.pages.frames import split
from handeye.visualact.pages.thresholds import overall_f1, threshold_gaps
from handeye.visualact.records import Clip
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.published import PUBLISHED
from tests.support.report_pages import Reader, data_of, loaded, report, table, values
from tests.support.visualact.report_runs import (
    answer,
    entry,
    faulty,
    make_clips,
    make_run,
    right,
)

# ---- the page as a whole


def test_page_refers_to_nothing_outside_itself_and_text_stays_text(
    va_root: Path, tmp_path: Path
) -> None:
    page = report(tmp_path, va_root / "faulty", va_root / "hostile", title="<b>bold</b>")
    reader = Reader(page)
    for tag, attributes in reader.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            target = attributes.get(name)
            assert target is None or target.startswith(("#", "data:")), (tag, target)
    assert re.findall(r"url\((?!#)", page) == []
    assert [tag for tag, _ in reader.tags].count("script") == 2
    assert "<b>bold</b>" in "".join(reader.texts)
    assert "<script>alert" not in page
    assert "<script>document" not in page
    assert "document.title='pwned'" in "".join(reader.texts)


def test_numbers_are_those_of_the_summary(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "faulty")
    summary = json.loads((va_root / "faulty" / "summary.json").read_text())
    classes = ("navigation", "home", "safety", "hmi")
    for basis, first in (("all", 0), ("answered", 5)):
        video = summary["bases"][basis]["video"]
        rows = [*(video["by_scenario"][key] for key in classes), video["mean"]]
        for key, figure in (("t-f1", "f1"), ("t-scale", "scale")):
            wanted = [percent(row[figure]["value"]) for row in rows]
            assert values(page, key)[first : first + 5] == wanted
        wide = [percent(row[n]["value"]) for row in rows for n in ("precision", "recall", "f1")]
        assert values(page, "t-by-class")[3 * first : 3 * first + 15] == wide
        assert values(page, "t-weighted")[3 * first : 3 * first + 15] == [
            percent(row[f"weighted_{n}"]["value"])
            for row in rows
            for n in ("precision", "recall", "f1")
        ]
    acting = summary["over_acting"]
    table = page[page.index('id="t-over-acting"') :].partition("</table>")[0]
    for head, key in (("idle clips", "acted_on_idle"), ("busy clips", "nothing_on_busy")):
        assert head in table
        assert f">{acting[key]['n']}</td>" in table
    recall = summary["priority"]["recall_by_level"]
    assert values(page, "t-levels")[:5] == [percent(recall[k]["value"]) for k in "43210"]
    assert values(page, "t-sweep") == [
        percent(row["f1"]["value"]) for row in summary["sweep"].values()
    ]
    head = summary["bases"]["all"]["headline"]["f1"]["value"]
    assert f"its F1 {percent(head)}" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert data_of(page)["runs"][0]["headline"]["f1"]["value"] == head  # type: ignore[index]


def test_what_is_found_and_proposed_is_counted_action_by_action(
    va_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sentences count; that means over clips are no such shares is said wherever they stand."""
    data, nbsp = va_root / "set", "\N{NO-BREAK SPACE}"
    clips = load(data)
    called = sum(len(clip.actions) for clip in clips)
    half = {clip.clip_id for clip in list(clips)[::2]}
    left = sum(len(clip.actions) for clip in clips if clip.clip_id not in half)

    def inventing(clip: Clip) -> dict[str, object]:
        own = [entry(action.text, action.apl, None) for action in clip.actions]
        return answer(*own, entry("qqqq qqqq", 1, None), entry("xxxx xxxx", 1, None))

    runs = {
        "invents": (
            inventing,
            f"inds {called} of the {called} actions called for (100.0{nbsp}%); {called} of the "
            f"{called + 2 * len(clips)} that it proposes are called for "
            f"({percent(called / (called + 2 * len(clips)))}{nbsp}%)",
        ),
        "refuses": (
            lambda clip: {"state": "refused"} if clip.clip_id in half else right(clip),
            f"inds {left} of the {called} actions called for ({percent(left / called)}{nbsp}%); "
            f"{left} of the {left} that it proposes are called for (100.0{nbsp}%)",
        ),
        "never": (
            lambda clip: {"raw_text": "[]"},
            f"roposes nothing, and so finds none of the {called} actions called for",
        ),
    }
    for name, (respond, words) in runs.items():
        make_run(data, tmp_path / name, respond, name, shown=False)
        page = report(tmp_path, tmp_path / name, gallery_limit=0)
        first = page.partition('id="reading"')[0]
        assert first.count(words) >= 2, (name, words)  # the verdict and the sentence to quote
        assert "but not both, counts as 0" in first
        print_run(tmp_path / name)
        assert "counts as 0" in " ".join(capsys.readouterr().out.split())


def test_what_no_answer_states_is_said(
    va_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither level nor type in any answer: right in words, and not without a fault."""

    def bare(clip: Clip) -> dict[str, object]:
        return answer(*(entry(action.text, None, None) for action in clip.actions))

    def half(clip: Clip) -> dict[str, object]:
        return bare(clip) if clip.scenario == "home" else right(clip)

    make_run(va_root / "set", tmp_path / "bare", bare, "bare", shown=False)
    first = report(tmp_path, tmp_path / "bare", gallery_limit=0).partition('id="reading"')[0]
    assert "No action states a level: weighted figures and scale are not measured; no " in first
    assert "No clip has another fault." in first
    assert "No clip has a fault." not in first
    print_run(tmp_path / "bare")
    assert "no action states a level" in " ".join(capsys.readouterr().out.split())
    clips = load(va_root / "set")
    called = [len(clip.actions) for clip in clips]
    home = sum(len(clip.actions) for clip in clips if clip.scenario == "home")
    make_run(va_root / "set", tmp_path / "half", half, "half", shown=False)
    first = report(tmp_path, tmp_path / "half", gallery_limit=0).partition('id="reading"')[0]
    assert f"{home} of {sum(called)} proposed actions state no level" in first


def test_unanswered_clips_and_partial_runs_are_said_before_any_figure(
    va_root: Path, tmp_path: Path
) -> None:
    page = report(tmp_path, va_root / "partial")
    body = page[page.index("<main") :]
    says = body.index('class="says"')
    assert body.index("Partial run.") < says
    assert body.index("have no readable answer: 1 refused, 1 unreadable.") < says
    assert "18 of 24 clips have a prediction" in body
    assert "scored as nothing proposed" in body[says : says + 1600]
    assert "No clips of Home Service: means are over the other classes." in body
    for found in re.findall(r"<table.*?</table>", body, re.S):
        assert 'class="ci"' not in found or "partial run, n = 18" in found
    for text in Reader(page).texts:
        assert not {"nan", "inf"} & {word.strip("[],.()").lower() for word in text.split()}


def test_losses_and_skipped_clips_are_said(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "faulty")
    assert "took 4 concessions: 1 × actions without a type; 3 × actions without a level." in page
    skipped = json.loads((va_root / "faulty" / "summary.json").read_text())["outcomes"][
        "both-empty"
    ]
    assert skipped > 1
    assert f"{skipped} clips that call for nothing and got no proposals are in no precision" in page


def test_what_was_shown_stands_beside_the_run(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "faulty")
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert facts["shown"] == "8 frames at equal distances, full size"
    assert facts["protocol"] == "one-pass"
    assert facts["answers"] == "free text"
    assert facts["threshold"] == "≥ 0.50"
    assert facts["matched by"].startswith("test:char-ngrams (")


def test_published_rows_with_the_recomputed_overall(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "faulty")
    body = table(page, "t-f1").split('<tbody class="published"')[1]
    assert "Published, arXiv 2512.09907" in body
    rows = dict(re.findall(r'class="name">([^<]*)</span></th>(.*?)</tr>', body, re.S))
    gemini = re.findall(r'class="v">([^<]*)<', rows["Gemini-2-Flash"])
    assert gemini == ["22.9", "18.0", "21.5", "20.5", "18.3", "20.7"]
    assert {r.model for r in PUBLISHED if r.table == 2} == set(rows)
    aria = table(page, "t-by-class").split('<tbody class="published"')[1]
    assert "57.2 (38.2)" in aria
    assert "37.4 (25.9)" in table(page, "t-variants")


# ---- frames


def test_an_ablation_stands_for_its_runs(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "ablation", gallery_limit=6)
    labels = [run["label"] for run in data_of(page)["runs"]]  # type: ignore[index, union-attr]
    assert labels == [f"simulated/looking ({n} frame{'s' * (n > 1)})" for n in (1, 2, 4)]
    assert page.count('id="frames-all-title"') == 1
    assert page.count('id="frames-motion-title"') == 1
    for chart in ("frames-all", "frames-motion", "frames-rest", "proactive-0"):
        told = page[page.index(f'id="{chart}-desc"') :].split("</desc>")[0]
        assert "best constant answer" in told, chart
    for key in ("t-frames", "t-proactive"):
        assert "best constant answer" in table(page, key), key
    assert "arXiv 2512.09907, Table 4" in table(page, "t-frames")


def test_frames_of_several_runs_make_one_line_per_model(va_root: Path, tmp_path: Path) -> None:
    runs = [va_root / "ablation" / f"frames-{n}" for n in (4, 1, 2)]
    page = report(tmp_path, *runs, va_root / "lazy", gallery_limit=0)
    chart = page[page.index('id="frames-all-desc"') :].split("</desc>")[0]
    assert chart.count("simulated/looking") == 1
    assert "simulated/lazy" not in chart
    assert re.search(r"1 frame [\d.]+ .*, 2 [\d.]+ .*, 4 [\d.]+ ", chart)


def test_motion_only_figures_are_means_over_those_clips(va_root: Path) -> None:
    run = loaded(va_root / "ablation" / "frames-1")[0]
    found = split(run, 50)
    scores = run.scores()
    motion = {key for key, clip in run.material.clips.items() if clip.meta["motion_only"]}
    for name, inside in (("motion", motion), ("rest", set(run.material.clips) - motion)):
        kept = scores.filter(pl.col("clip_id").is_in(list(inside)) & pl.col("f1").is_not_null())
        means = kept.group_by("scenario").agg(pl.col("f1").mean())["f1"]
        assert found[name].value == pytest.approx(means.mean())
        assert found[name].low is not None
    assert (found["motion"].value or 0) < (found["rest"].value or 0)


def test_one_run_without_motion_only_clips_has_no_part_about_frames(tmp_path: Path) -> None:
    data = make_clips(tmp_path / "set", each=2)
    rows = [json.loads(line) for line in (data / "clips_test.jsonl").read_text().splitlines()]
    for row in rows:
        row["meta"]["motion_only"] = False
    (data / "clips_test.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    make_run(data, tmp_path / "run", right, "m")
    page = report(tmp_path, tmp_path / "run")
    assert 'id="frames"' not in page
    assert 'href="#frames"' not in page
    assert "No clip has a fault." in page


# ---- several runs


def test_threshold_tells_whether_the_order_holds(va_root: Path, tmp_path: Path) -> None:
    page = report(tmp_path, va_root / "right", va_root / "lazy", gallery_limit=0)
    assert "that pair keeps its order from 0.30 to 0.80" in page
    assert "handeye visualact rank" in page
    data = va_root / "set"

    def vague(clip: Clip) -> dict[str, object]:
        return answer(*(entry(a.text[: len(a.text) // 2], a.apl, None) for a in clip.actions))

    def half(clip: Clip) -> dict[str, object]:
        return answer(*(entry(a.text, a.apl, "proactive") for a in clip.actions[:1]))

    make_run(data, tmp_path / "vague", vague, "vague")
    make_run(data, tmp_path / "half", half, "half")
    turned = report(tmp_path, tmp_path / "vague", tmp_path / "half", gallery_limit=0)
    assert "1 of 1 pairs of runs changes places with the threshold from 0.30 to 0.80" in turned
    gaps = threshold_gaps(loaded(tmp_path / "vague", tmp_path / "half"), (0.3, 0.8), 100)
    assert gaps is not None
    assert gaps[0].turns
    assert gaps[0].turns_beyond_chance == ("1 of them beyond chance" in turned)
    make_run(data, tmp_path / "other", right, "other", bootstrap=0)
    info = tmp_path / "other" / "summary.json"
    summary = json.loads(info.read_text())
    summary["embedder"]["digest"] = "another"
    info.write_text(json.dumps(summary))
    apart = report(tmp_path, va_root / "right", tmp_path / "other", gallery_limit=0)
    assert "cannot be ranked: simulated/right and other were scored with another embedder" in apart


def test_thresholds_from_stored_pairs_are_those_of_the_sweep(va_root: Path, tmp_path: Path) -> None:
    make_run(va_root / "set", tmp_path / "over", faulty, "m", options=Options(comparison=">"))
    runs = loaded(va_root / "faulty", va_root / "lazy", va_root / "ablation" / "frames-1")
    for run in (*runs, *loaded(tmp_path / "over")):
        limits = [float(limit) for limit in run.summary["sweep"]]
        found = overall_f1([run], limits, 0)
        for limit, row in zip(limits, run.summary["sweep"].values(), strict=True):
            assert found[run.number, limit].values[0] == pytest.approx(row["f1"]["value"])
    masked = Options(assignment="mask-then-assign")
    make_run(va_root / "set", tmp_path / "masked", faulty, "masked", options=masked)
    assert threshold_gaps(loaded(tmp_path / "masked", tmp_path / "masked"), (0.5,), 0) is None


def test_runs_of_one_name_are_told_apart(va_root: Path) -> None:
    runs = [va_root / "faulty", va_root / "faulty", va_root / "ablation" / "frames-1"]
    labels = [run.label for run in loaded(*runs)]
    assert len(set(labels)) == 3


def test_same_runs_give_the_same_page(va_root: Path, tmp_path: Path) -> None:
    one = report(tmp_path / "a", va_root / "faulty", va_root / "lazy")
    assert one == report(tmp_path / "b", va_root / "faulty", va_root / "lazy")


def test_ids_are_unique_and_pictures_have_names(va_root: Path, tmp_path: Path) -> None:
    reader = Reader(report(tmp_path, va_root / "faulty", va_root / "lazy", va_root / "ablation"))
    ids = [value for _, attributes in reader.tags if (value := attributes.get("id"))]
    assert len(ids) == len(set(ids))
    for tag, attributes in reader.tags:
        if tag == "svg" and attributes.get("role") == "img":
            assert attributes.get("aria-label") or attributes.get("aria-labelledby") in ids


def test_judges_stand_beside_the_embedding_and_stale_ones_are_left_out(
    va_root: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(va_root / "faulty", tmp_path / "run")
    info = json.loads((run / "run.json").read_text())
    summary = json.loads((run / "summary.json").read_text())
    entry = {
        "n_clips": 15,
        "n_decided": 14,
        "agreement": {
            "judge_only": 3,
            "embedding_only": 1,
            "agreement": {"value": 0.875, "low": 0.7, "high": 0.95, "n": 30},
            "kappa": {"value": 0.66, "low": 0.4, "high": 0.9, "n": 30},
        },
        "scores": {"embedding": summary, "judge": summary},
    }
    about = {
        "predictions": info["predictions"]["sha256"],
        "embedder": info["embedder"]["digest"],
        "options": info["options"],
    }
    record = {"format": 1, "about": about, "judges": {"openai/<b>j</b>": entry}}
    (run / "judge.json").write_text(json.dumps(record))
    page = report(tmp_path, run, gallery_limit=0)
    shown = table(page, "t-judges")
    assert "openai/&lt;b&gt;j" in shown
    assert "14 of 15" in shown
    assert "87.5" in shown
    assert "0.66</span>" in shown
    assert "[0.40," in shown
    assert 'href="#judges"' in page
    about["predictions"] = "of other answers"
    (run / "judge.json").write_text(json.dumps(record))
    stale = report(tmp_path, run, gallery_limit=0)
    assert "t-judges" not in stale
    assert 'href="#judges"' not in stale


def test_what_was_not_measured_is_a_dash_and_claims_no_interval(
    va_root: Path, tmp_path: Path
) -> None:
    data = va_root / "set"
    make_run(data, tmp_path / "bare", faulty, "bare", bootstrap=0)
    page = report(tmp_path, tmp_path / "bare", resamples=0, gallery_limit=0)
    assert "no intervals were computed" in page
    assert "95 % bootstrap intervals" not in page.split('id="reading"')[0]
    assert re.findall(r'class="ci"[^>]*>[^<]', page) == []

    def plain(clip: Clip) -> dict[str, object]:
        return {"raw_text": "\n".join(f"- {a.text}" for a in clip.actions) or "none"}

    make_run(data, tmp_path / "plain", plain, "plain", info={"video_input": "native"})
    page = report(tmp_path, tmp_path / "plain", gallery_limit=0)
    # The run's own row; the best constant answer below it has levels.
    found = values(page, "t-weighted")
    assert set(found[: len(found) // 2]) == {"–"}
    assert "No prediction states a level: weighted figures are not measured." in page
    assert "nothing to plot" in page
    assert "the video itself (native input)" in page
    make_run(
        data, tmp_path / "w", faulty, "w", options=Options(headline="weighted", averaging="pooled")
    )
    page = report(tmp_path, tmp_path / "w", gallery_limit=0)
    assert "its weighted F1" in page
    assert "but not both, counts as 0" not in page.partition('id="reading"')[0]
    summary = json.loads((tmp_path / "w" / "summary.json").read_text())
    pooled = summary["bases"]["all"]["pooled"]["by_scenario"]["home"]["f1"]["value"]
    assert values(page, "t-f1")[1] == percent(pooled)


# ---- bad calls


def test_bad_calls_name_the_trouble_and_leave_nothing(va_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.html"
    rose = tmp_path / "rose"
    rose.mkdir()
    (rose / "run.json").write_text('{"suite": "rose", "format": 1}')
    with pytest.raises(OptionError, match=r"one suite.*rose"):
        write_report([va_root / "faulty", rose], out)
    with pytest.raises(OptionError, match="human"):
        write_report([va_root / "faulty"], out, human=tmp_path / "h.json")
    with pytest.raises(HandeyeError, match="nowhere"):
        write_report([va_root / "faulty", tmp_path / "nowhere"], out)
    with pytest.raises(OptionError, match="folder"):
        write_report([va_root / "right"], tmp_path)
    with pytest.raises(OptionError, match="gallery_limit"):
        write_report([va_root / "right"], out, gallery_limit=-1)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ablation.json").write_text('{"suite": "visualact", "runs": []}')
    with pytest.raises(HandeyeError, match="names no runs"):
        write_report([broken], out)
    (broken / "ablation.json").write_text('{"suite": "visualact", "runs": [{"folder": "gone"}]}')
    with pytest.raises(HandeyeError, match="gone: no such run folder"):
        write_report([broken], out)
    assert not out.exists()


def test_expanding_keeps_the_order(va_root: Path) -> None:
    found = expand([va_root / "lazy", va_root / "ablation", va_root / "right"])
    assert [path.name for path in found] == ["lazy", "frames-1", "frames-2", "frames-4", "right"]
