"""``handeye states probe``, ``adjust`` and ``show`` over a planted store: no model, no torch."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from handeye.errors import DataError, OptionError
from handeye.respondents.local.adjuster import read_adjuster
from handeye.scores.estimate import Estimate
from handeye.states.analysis import probed as probed_
from handeye.states.causal import Causal
from handeye.states.effects import Effect
from handeye.states.parts import Pieces, Record, Taken
from handeye.states.results import write_causal
from handeye.states.store import Writer, open_store
from handeye.states.tables import tables
from handeye.states.targets import Target, read_targets, write_targets
from tests.support.command import handeye as command
from tests.support.planted_store import stored


def handeye(*words: object, code: int = 0) -> tuple[str, str]:
    """What a command says on stdout and on stderr."""
    done = command(*words)
    assert done.returncode == code, done
    return done.stdout, done.stderr


PROBE = ("--flips", "10", "--meaning", "none", "--layers", "block.01,final", "--quiet")


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Compared, and not said: the state holds the match, the letters do not; what probing says."""
    folder = tmp_path_factory.mktemp("states") / "states"
    stored(folder, "state only", 60)
    said, _ = handeye("states", "probe", folder, *PROBE)
    return folder, said


def test_what_is_known_and_not_said_is_told_and_kept(probed: tuple[Path, str]) -> None:
    folder, said = probed
    assert "From seen to said of vision" in said
    assert "From seen to said of audio" in said
    assert "240 premises of 60 groups" in said
    told = json.loads((folder / "probe.json").read_bytes())
    for one in told["found"]:
        if one["target"] == "premise":
            assert one["auroc"]["value"] > 0.8
            assert one["null"]["draws"] == 10
    for way in told["chain"]["ways"]:
        names = {step["name"] for step in way["steps"] if step["claimed"]}
        assert "lost in the unembedding" in names
    for one in told["knows_says"]:
        assert one["unsaid"]["low"] > 0
        parts = [one[name]["value"] for name in ("both", "knows", "says", "neither")]
        assert sum(parts) == pytest.approx(1)
    assert {one["site"] for one in told["controls"]} == {"last", "media"}
    rows = pl.read_parquet(folder / "probe.parquet")
    assert rows.filter(pl.col("target") == "premise").height == 480
    accepted = set(told["accepted"])
    assert accepted
    assert accepted <= set(rows.filter(pl.col("label") == 1)["item_id"])


def test_adjusting_says_what_it_gains_and_leaves_a_file_to_be_used(
    probed: tuple[Path, str],
) -> None:
    folder, _ = probed
    said, _ = handeye("states", "adjust", folder, "--alpha", 0.15, "--confidence", 0.8, "--quiet")
    assert "Our adjuster on 120 groups" in said
    assert "selected on test" in said
    assert "it never closes" in " ".join(said.split())
    told = json.loads((folder / "adjust.json").read_bytes())
    raw, adjusted = (told["ours"][name]["misleading"]["value"] for name in ("raw", "adjusted"))
    assert adjusted > raw
    assert set(told["ours"]["ablations"]) == {"constant", "permuted", "text", "margin", "oracle"}
    made = read_adjuster(folder / "adjuster.json")
    assert made.gate == told["gate"]
    assert {one.text for one in made.rejections} <= {f"option {letter}" for letter in "ABCDEF"}


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Few families, adjusted; what that says."""
    folder = tmp_path_factory.mktemp("few") / "states"
    stored(folder, "state only", 12)
    said, _ = handeye("states", "adjust", folder, "--quiet")
    return folder, said


def test_few_families_leave_the_gate_shut_and_it_is_said(shut: tuple[Path, str]) -> None:
    folder, said = shut
    words = " ".join(said.split())
    assert "gate of the whole set is shut" in words
    assert "99" in said
    assert (
        "The gate stayed shut in all 5 folds: no answer was changed, so nothing was gained and "
        "nothing lost. No gate opened for an ablation either: all are equal, and none is best."
    ) in words
    assert read_adjuster(folder / "adjuster.json").gate is None
    ours = json.loads((folder / "adjust.json").read_bytes())["ours"]
    for told in (ours["gain"]["balanced"], ours["over_raw"]["standard"]):
        assert told["value"] == 0
        assert told["low"] is told["high"] is None


def test_an_adjuster_of_other_settings_is_not_replaced_unasked(
    shut: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "states"
    shutil.copytree(shut[0], folder)
    ask = ("states", "adjust", folder, "--quiet")

    def kept() -> list[bytes]:
        return [(folder / name).read_bytes() for name in ("adjust.json", "adjuster.json")]

    before = kept()
    said, told = handeye(*ask)
    assert "was adjusted so already" in told
    assert said == shut[1]
    for more, words in (
        (("--alpha", 0.05), "--alpha 0.03 there, 0.05 here"),
        (("--folds", 4), "--folds 5 there, 4 here"),
        (("--targets", tmp_path / "own.parquet"), "other targets (--targets)"),
    ):
        if more[0] == "--targets":
            write_targets(tmp_path / "own.parquet", read_targets(folder / "targets.parquet")[:-1])
        _, told = handeye(*ask, *more, code=2)
        assert words in told
        assert "nothing was changed" in told
        assert "--again" in told
    # Somebody else at work, and a disk that is full at the end.
    with (folder / ".adjust.json.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        _, told = handeye(*ask, "--alpha", 0.05, "--again", code=2)
    assert "another process of handeye is at work there" in told
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        patch.setattr(Path, "replace", full)
        _, told = handeye(*ask, "--alpha", 0.05, "--again", code=2)
    assert "the disk is full" in told
    assert kept() == before
    handeye(*ask, "--alpha", 0.05, "--again")
    assert read_adjuster(folder / "adjuster.json").promise.alpha == 0.05
    (folder / "adjust.json").unlink()
    _, told = handeye(*ask, code=2)
    assert "no adjust.json says how it was made" in told


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "adjust.json")


def test_gains_say_whose_they_are(shut: tuple[Path, str]) -> None:
    told = json.loads((shut[0] / "adjust.json").read_bytes())
    told["ours"]["gates"]["probe"] = [0.0] * 5  # as if they had opened
    figure = {"value": 0.016, "low": 0.004, "high": 0.061, "n": 9}
    none = {"value": 0.0, "low": -0.01, "high": 0.01, "n": 9}
    below = {"value": -0.2, "low": -0.3, "high": -0.1, "n": 9}
    for raw, gain, words in (
        (figure, none, "is not claimed for the probe, since the last holds 0"),
        (figure, figure, "it is owed to the probe"),
        (none, none, "nothing is claimed for the probe"),
        (none, below, "without the probe more is gained"),
    ):
        told["ours"] |= {"over_raw": {"balanced": raw}, "gain": {"balanced": gain}}
        (ours,) = [one for one in tables(None, told) if one.key == "t-adjuster"]
        assert words in ours.note
    for one in told["ours"]["ablations"].values():
        one["balanced"]["value"] = 0.5
    (ours,) = [one for one in tables(None, told) if one.key == "t-adjuster"]
    assert "constant, permuted, text and margin, which are equal" in ours.note


def test_the_page_holds_what_was_found(probed: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = probed
    handeye("states", "show", folder, "--out", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    for words in ("From seen to said", "Known and said", "It knew", "Layer by layer", "waterfall"):
        assert words in page
    told = json.loads((folder / "probe.json").read_bytes())
    rows = pl.read_parquet(folder / "probe.parquet").filter(
        pl.col("says"),
        pl.col("label") == 1,
        pl.col("target") == "premise",
        pl.col("site") == "last",
        pl.col("item_id").is_in(told["accepted"]),
    )
    for one in told["knows_says"]:
        own = rows.filter(pl.col("stratum") == one["stratum"])
        assert f"{one['stratum']}: 8 of {own.height}, of {one['n']} false premises" in page
        # Drawn by chance: not the surest of them.
        shown = [name for name in own["item_id"] if f'<span class="ids">{name}</span>' in page]
        surest = own.sort("logit", descending=True)["item_id"].head(8).to_list()
        assert len(shown) == 8
        assert set(shown) != set(surest)
    assert "question 1 of" in page  # a question that it knew and accepted


def test_what_no_json_can_hold_is_read_back_as_nothing(
    probed: tuple[Path, str], tmp_path: Path
) -> None:
    """A cut may be infinite, and a fold may lack a cell: both are null in a file."""
    folder = tmp_path / "states"
    shutil.copytree(probed[0], folder)
    if not (folder / "adjust.json").is_file():
        handeye("states", "adjust", folder, "--quiet")
    for name, path in (
        ("probe.json", ("found", 0, "choices", 0, "cut")),
        ("adjust.json", ("pgla", "folds", "standard")),
        ("adjust.json", ("pgla", "optimism")),
    ):
        told = part = json.loads((folder / name).read_bytes())
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = None
        (folder / name).write_text(json.dumps(told))
    said, _ = handeye("states", "show", folder, "--out", tmp_path / "p.html")
    assert "nested, mean over folds" in said


def test_nothing_found_yet_says_what_to_do(tmp_path: Path) -> None:
    stored(tmp_path / "states", "none", 4)
    _, told = handeye("states", "show", tmp_path / "states", code=2)
    assert "nothing is read off them yet: handeye states probe" in " ".join(told.split())
    _, told = handeye("states", "show", tmp_path, code=2)
    assert "holds no captured states" in told


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--target", "premis"), "premise"),
        (("--sites", "lst"), "last"),
        (("--tokens", "12"), "rows and columns"),
        (("--beside", "blank"), "a name, =, and a folder"),
        (("--layers", "block.99"), "block.99"),
        (("--run", "RUN"), "no suite"),
        (("--target", "nope"), "there are: premise"),
        (("--folds", 100), "--folds is 100, and these targets are of 12 groups"),
        (("--json", "/dev/null/probe.json"), "cannot be written"),
        (("--folds", 2), "folds must be at least 3"),
        (("--layers", ","), "no layer is named"),
    ],
)
def test_bad_options_are_told_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], wrong: str
) -> None:
    stored(tmp_path / "states", "none", 6)
    before = sorted((tmp_path / "states").iterdir())
    words = (*words, "--flips", "0", "--meaning", "none", "--quiet")
    _, told = handeye("states", "probe", tmp_path / "states", *words, code=2)
    assert wrong in " ".join(told.split())
    assert sorted((tmp_path / "states").iterdir()) == before


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--folds", 0), "--folds must be at least 2, got 0"),
        (("--alpha", 2), "--alpha must be between 0 and 1, got 2"),
        (("--confidence", 0), "--confidence must be between 0 and 1, got 0"),
    ],
)
def test_what_adjusting_cannot_do_is_told_before_any_work(
    tmp_path: Path, words: tuple[str, ...], wrong: str
) -> None:
    _, told = handeye("states", "adjust", tmp_path / "not there", *words, code=2)
    assert wrong in " ".join(told.split())


def test_no_quantile_of_few_draws_is_shown(probed: tuple[Path, str]) -> None:
    """Of ten draws none lies beyond the 97.5 % point; p says of how many it is."""
    found = json.loads((probed[0] / "probe.json").read_bytes())
    for draws, shown in ((10, False), (40, True)):
        for one in found["found"]:
            one["null"]["draws"] = draws
        (table,) = [one for one in tables(found, None) if one.key == "t-probes"]
        assert all((row.cells[3] is not None) == shown for row in table.rows)
        assert f"of {draws} draws and" in table.columns[4].meaning


def test_states_without_targets_are_refused_with_a_reason(tmp_path: Path) -> None:
    stored(tmp_path / "states", "none", 4)
    (tmp_path / "states" / "targets.parquet").unlink()
    _, told = handeye("states", "probe", tmp_path / "states", code=2)
    assert "--targets FILE" in told


def test_results_that_were_changed_are_told_by_file_and_key(
    probed: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "states"
    shutil.copytree(probed[0], folder)
    if not (folder / "adjust.json").is_file():
        handeye("states", "adjust", folder, "--quiet")

    def refused(name: str, path: tuple[str | int, ...], value: object) -> str:
        before = (folder / name).read_bytes()
        told = part = json.loads(before)
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
        (folder / name).write_text(json.dumps(told))
        _, said = handeye("states", "show", folder, "--out", tmp_path / "p.html", code=2)
        (folder / name).write_bytes(before)
        assert not (tmp_path / "p.html").exists()
        return " ".join(said.split())

    for name, path, value, where in (
        ("probe.json", ("found", 0, "auroc"), 0.9, "$.found[0].auroc"),
        ("probe.json", ("found", 0, "auroc", "value"), 7.5, "auroc is 7.5, and lies in 0..1"),
        ("probe.json", ("found", 0, "auroc", "n"), -5, "auroc is of -5 rows"),
        ("probe.json", ("found", 1, "choices", 0, "layer"), None, "$.found[1].choices[0].layer"),
        ("probe.json", ("chain", "ways", 0, "levels", 0, "key"), "sen", "$.chain.ways[0].levels"),
        ("probe.json", ("chain", "ways", 1, "steps"), [], "$.chain.ways[1]"),
        ("probe.json", ("knows_says", 0, "unsaid", "low"), "x", "$.knows_says[0].unsaid.low"),
        ("adjust.json", ("ours", "ablations", "margin"), {}, "$.ours.ablations[...]"),
        ("adjust.json", ("pgla", "front", 0), [2, 0], "$.pgla.front[0][0]"),
    ):
        told = refused(name, path, value)
        assert f"{name}: cannot be read: " in told
        assert where in told
        assert f"make it again with: handeye states {name[:-5]}" in told
    (folder / "causal.json").write_text('{"states": {}, "effects": [1]}')
    _, told = handeye("states", "show", folder, code=2)
    assert "causal.json: cannot be read: " in told
    assert "handeye states causal SUITE --model ... --data ... --out" in " ".join(told.split())
    (folder / "causal.json").unlink()
    pl.DataFrame({"target": ["premise"], "site": ["last"]}).write_parquet(folder / "probe.parquet")
    _, told = handeye("states", "show", folder, "--out", tmp_path / "p.html", code=2)
    assert "probe.parquet: cannot be read: Object missing required field" in told


def test_less_does_not_take_the_place_of_more_unasked(
    probed: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "states"
    shutil.copytree(probed[0], folder)
    before = (folder / "probe.json").read_bytes()
    one = ("--sites", "last", "--layers", "final", "--flips", 0, "--meaning", "none", "--quiet")
    _, told = handeye("states", "probe", folder, *one, code=2)
    words = " ".join(told.split())
    assert (
        "probe.json holds more than this would: detail at media, layer block.01, nulls of 10"
        in (words)
    )
    assert "nothing was changed" in words
    assert (folder / "probe.json").read_bytes() == before
    handeye("states", "probe", folder, *one, "--again")
    found = json.loads((folder / "probe.json").read_bytes())["found"]
    assert {entry["site"] for entry in found} == {"last"}


def test_an_unfinished_capture_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "state only", 12)
    record = json.loads((folder / "capture.json").read_bytes())
    record["info"]["asked"], record["items"] = 500, 0
    (folder / "capture.json").write_text(json.dumps(record))
    (folder / "index.parquet").unlink()
    words = ("--flips", 0, "--meaning", "none", "--layers", "final", "--quiet")
    _, told = handeye("states", "probe", folder, *words)
    assert "note: 96 of 500 items are captured, and these are read" in " ".join(told.split())
    assert json.loads((folder / "probe.json").read_bytes())["states"]["items"] == 96


def test_what_cannot_be_counted_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    """A question of sound has a role too few; of three about sight nobody knows what is right."""
    folder = tmp_path / "states"
    targets = stored(folder, "both", 20)
    place = {"audio": 0, "vision": 0}
    for k, one in enumerate(targets):
        if one.target != "premise" or not one.label:
            continue
        if one.stratum == "audio" and not place["audio"]:
            targets[k] = replace(one, roles=(0, 1, 2, 3, 4, 5, 6), rejection=5)
        if one.stratum == "vision" and place["vision"] < 3:
            targets[k] = replace(one, right=-1)
        place[one.stratum] += 1
    write_targets(folder / "targets.parquet", targets)
    said, _ = handeye("states", "probe", folder, *PROBE)
    words = " ".join(said.split())
    assert "no chain of audio: item audio-" in words
    assert "1 more of audio have no letters, or not one for each role" in words
    assert "Of 3 questions of vision it is not known which option is right" in words
    told = json.loads((folder / "probe.json").read_bytes())
    assert [way["stratum"] for way in told["chain"]["ways"]] == ["vision"]
    assert "roles of 7" in told["no_chain"]["audio"]
    assert {one["stratum"] for one in told["found"]} == {"vision", "audio"}
    known = {one["stratum"]: one for one in told["knows_says"]}
    assert [known[sense]["unanswered"] for sense in ("vision", "audio")] == [0, 1]
    assert [known[sense]["n"] for sense in ("vision", "audio")] == [40, 39]
    risks = [known[sense]["selective"] for sense in ("vision", "audio")]
    assert [(one["n"], one["unknown"]) for one in risks] == [(77, 3), (79, 0)]
    handeye("states", "show", folder, "--out", tmp_path / "p.html")
    assert "No chain of audio: item audio-" in (tmp_path / "p.html").read_text("utf-8")


def test_true_premises_that_no_option_rejects_have_a_chain(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    targets = stored(folder, "state only", 12)
    write_targets(
        folder / "targets.parquet",
        [one if one.label or one.target != "premise" else replace(one, rejection=-1)
         for one in targets],
    )  # fmt: skip
    handeye(
        "states", "probe", folder, "--layers", "final", "--sites", "last", *PROBE[:4], "--quiet"
    )
    told = json.loads((folder / "probe.json").read_bytes())
    assert [way["stratum"] for way in told["chain"]["ways"]] == ["vision", "audio"]


def test_measures_of_others_are_told_where_their_inputs_are(tmp_path: Path) -> None:
    """A model whose letters ignore the clip: nothing is noticed, and blank clips change nothing."""
    folder = tmp_path / "states"
    targets = stored(folder, "state only", 12)
    siblings = {one.group: [] for one in targets if one.target == "premise"}  # type: ignore[var-annotated]
    for one in targets:
        if one.target == "premise":
            siblings[one.group].append(one)
    paired = [
        replace(
            one,
            siblings={
                "media": next(
                    other.item_id
                    for other in siblings[one.group]
                    if (other.label, other.stratum) == (1 - one.label, one.stratum)
                )
            },
        )
        for one in targets
        if one.target == "premise"
    ]
    write_targets(folder / "targets.parquet", paired)
    words = ("--layers", "final", "--sites", "last", *PROBE[:4], "--quiet")
    said, _ = handeye("states", "probe", folder, *words)
    assert "VNS needs --beside 'blank media=FOLDER'" in " ".join(said.split())
    (first, _) = json.loads((folder / "probe.json").read_bytes())["published"]
    assert {"lad", "cs", "split"} < set(first)
    assert not {"vns", "phi"} & set(first)
    assert set(first["needs"]) == {"VNS", "PHI"}
    shutil.copytree(folder, tmp_path / "like")
    beside = [f"--beside={name}={tmp_path / 'like'}" for name in ("blank media", "no question")]
    said, _ = handeye("states", "probe", folder, *words, *beside)
    for one in json.loads((folder / "probe.json").read_bytes())["published"]:
        assert one["needs"] == {}
        assert one["vns"]["value"] == one["phi"]["value"] == 0
        assert one["questions"] == 2 * one["pairs"] == 48
    assert "accuracy gained at 50 % coverage, points" in " ".join(said.split())
    other = tmp_path / "other"
    stored(other, "state only", 12)
    turned = [replace(one, roles=one.roles[::-1]) for one in paired]
    write_targets(other / "targets.parquet", turned)
    beside = [f"--beside=blank media={other}", "--again"]
    _, error = handeye("states", "probe", folder, *words, *beside, code=2)
    assert "stand in another order there" in " ".join(error.split())


def test_changed_states_are_shown_beside_their_controls(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "none", 4)
    figure, drawn = Estimate(0.5, 0.25, 0.75, 8), Estimate(0.1, -0.2, 0.3, 4)
    effects = [
        Effect(stratum="vision", check="patch", layer="final", site="media", measure=measure,
               effect=figure, controls={"unrelated": drawn}, claimed=True)
        for measure in ("flips", "turned", "moved")
    ] + [
        Effect(stratum="vision", check="erase", layer="final", site="last", measure=measure,
               effect=figure, controls={"flipped": drawn, "random": drawn})
        for measure in ("told", "left", "rejected", "parted")
    ]  # fmt: skip
    found = Causal(
        effects=tuple(effects), items={"vision": 8}, families={"vision": 4}, left_out={},
        itself=0.0, through=0.0, own={"vision": figure}, along="probe", size=0.5, directions=4,
        seed=0,
    )  # fmt: skip
    write_causal(open_store(folder), {"seed": 0}, found)
    said, _ = handeye("states", "show", folder)
    words = " ".join(said.split())
    assert "States patched with a sibling's: vision" in words
    assert "8 items of 4 groups" in words
    assert "−0.20 to 0.30" in words
    told, _ = handeye("states", "show", folder, "--json")
    shown = json.loads(told)
    assert shown["probe"] is None
    assert len(shown["causal"]["effects"]) == 7


def test_a_kept_piece_is_not_made_again_and_a_broken_one_is(tmp_path: Path) -> None:
    made = 0

    def make() -> dict[str, np.ndarray]:
        nonlocal made
        made += 1
        return {"s|other detail": np.array([1.5, np.nan]), "role": np.array([4, -1])}

    piece = Pieces(tmp_path / "pieces")
    for _ in range(3):
        found = piece("patched 0", make)
        assert found["role"].tolist() == [4, -1]
        assert np.array_equal(found["s|other detail"], [1.5, np.nan], equal_nan=True)
    assert made == 1
    (file,) = (tmp_path / "pieces").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    piece("patched 0", make)
    assert made == 2
    piece.clear()
    assert not (tmp_path / "pieces").exists()


def test_own_targets_need_four_columns(tmp_path: Path) -> None:
    targets = stored(tmp_path / "states", "state only", 12)
    own = [
        {"item_id": one.item_id, "target": "mine", "label": one.label, "group": one.group}
        for one in targets
        if one.target == "premise"
    ]
    strange = [{**one, "item_id": f"other {one['item_id']}"} for one in own[:3]]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, [*own, *strange])))
    words = ("--targets", tmp_path / "own.jsonl", "--flips", 0, "--layers", "1", "--quiet")
    said, told = handeye("states", "probe", tmp_path / "states", *words)
    assert "mine at last" in said
    assert f"3 of {len(own) + 3} targets are about items that were not captured, such as other" in (
        " ".join(told.split())
    )
    assert "asked by own targets (" in " ".join(said.split())
    handeye("states", "adjust", tmp_path / "states", "--quiet")
    said, _ = handeye("states", "show", tmp_path / "states", "--out", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    asked = f"known and said: asked by own targets ({tmp_path / 'own.jsonl'})"
    for shown in (said, page):
        # A long path is broken where the line ends.
        assert "".join(asked.split()) in "".join(shown.split())
        assert "Adjusting: asked by the targets of the suite." in " ".join(shown.split())
    _, told = handeye("states", "probe", tmp_path / "states", "--quiet", "--flips", 0, code=2)
    assert "own.jsonl" in told
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, strange)))
    _, told = handeye("states", "probe", tmp_path / "states", *words, code=2)
    assert "none of its 3 targets is about one of the 96 items of" in " ".join(told.split())


def captured(folder: Path, shown: str = "", words: str = "w", **settings: object) -> Path:
    """States of four families as a capture of a model leaves them, with their targets."""
    told = {"suite": "s", "checkpoint": "c", "asked": {"variant": "six"}, **settings}
    record = Record(settings=told, layers=("final",), sites=("last",), blocks=1, width=3)
    rng = np.random.default_rng(0)
    with Writer(folder, record) as writer:
        targets = []
        for number in range(8):
            group, name = f"f{number // 2}", f"i{number}"
            taken = Taken(item_id=name, scene_id=group, prompt=words, media=f"{shown}{number}")
            writer.add(taken, {"final": {"last": rng.normal(size=3)}})
            targets.append(Target(item_id=name, target="t", label=number % 2, group=group))
        write_targets(folder / "targets.parquet", targets)
    return folder


BLANK = {"asked": {"variant": "six", "ablation": "blank-both"}}


@pytest.mark.parametrize(
    ("name", "how", "told"),
    [
        ("blank medai", {}, "did you mean blank media?"),
        ("blank media", {}, "ablation 'none', which is not blank media"),
        ("without media", BLANK, "ablation 'blank-both', which is not without media"),
        ("swapped media", BLANK, "ablation 'blank-both', which is not swapped media"),
        ("blank media", BLANK, "of the same media"),
        ("blank media", {**BLANK, "shown": "x", "checkpoint": "d"}, "another checkpoint"),
        ("blank media", {**BLANK, "shown": "x", "suite": "other"}, "is of other"),
        ("no question", {}, "variant 'six', which is not no question"),
        ("no question", {"asked": {"variant": "no-question"}}, "with the same words"),
        ("random weights", {}, "the same checkpoint"),
        ("random weights", {"checkpoint": "d", **BLANK}, "asked in another way"),
        ("text model", {}, "the same checkpoint"),
    ],
)
def test_states_beside_are_what_they_are_called(
    tmp_path: Path, name: str, how: dict[str, object], told: str
) -> None:
    own, other = captured(tmp_path / "own"), captured(tmp_path / "other", **how)  # type: ignore[arg-type]
    words = ("--flips", "0", "--meaning", "none", "--folds", "3", "--quiet")
    _, error = handeye("states", "probe", own, *words, f"--beside={name}={other}", code=2)
    assert told in " ".join(error.split())
    assert not (own / "probe.json").exists()


def test_states_are_not_beside_themselves_nor_beside_fewer(tmp_path: Path) -> None:
    own = open_store(captured(tmp_path / "own"))
    targets = [
        Target(item_id=f"i{number}", target="t", label=number % 2, group=f"f{number // 2}")
        for number in range(8)
    ]
    with pytest.raises(OptionError, match="these are the states that are probed"):
        probed_(own, targets, folds=3, beside={"blank media": own})
    few = open_store(captured(tmp_path / "few", shown="x", **BLANK))
    gone = [*targets[1:], replace(targets[0], item_id="i9")]
    with pytest.raises(DataError, match="1 of 8 items were not captured there, such as i9"):
        probed_(own, gone, folds=3, beside={"blank media": few})


def test_too_few_groups_and_draws_below_none_are_said(tmp_path: Path) -> None:
    folder = captured(tmp_path / "own")
    rows = [Target(item_id=f"i{n}", target="t", label=n % 2, group="one") for n in range(8)]
    write_targets(tmp_path / "t.jsonl", rows)
    _, error = handeye("states", "probe", folder, "--targets", tmp_path / "t.jsonl", code=2)
    assert "are of 1 group, and at least three" in " ".join(error.split())
    _, error = handeye("states", "probe", folder, "--flips", -1, code=2)
    assert "--flips must be at least 0, got -1" in error


def test_a_broken_adjuster_says_how_it_is_made(tmp_path: Path) -> None:
    for text in ("{", "{}", '{"version": 1}'):
        (tmp_path / "adjuster.json").write_text(text)
        with pytest.raises(DataError, match=r"adjuster\.json: .*handeye states adjust STATES"):
            read_adjuster(tmp_path / "adjuster.json")


def test_counts_are_told_until_all_is_done(tmp_path: Path) -> None:
    """Of each piece of work: how much of how much, never less than before, whole at its end."""
    stored(tmp_path / "states", "none", 6)
    store, told = open_store(tmp_path / "states"), list[tuple[str, int, int]]()
    targets = read_targets(tmp_path / "states" / "targets.parquet")
    given = {"folds": 3, "flips": 2, "layers": ["final"], "progress": lambda *at: told.append(at)}
    probed_(store, targets, **given)  # type: ignore[arg-type]
    pieces = {what: [at[1:] for at in told if at[0] == what] for what, *_ in told}
    assert list(pieces) == [
        "probes", "probes with their controls", "levels of the chain", "chains"
    ]  # fmt: skip
    for what, moments in pieces.items():
        done = [moment[0] for moment in moments]
        assert done == sorted(done), what
        assert len({total for _, total in moments}) == 1, what
        assert moments[-1][0] == moments[-1][1] > 1, what
    # Two targets of two senses; media, last layer but one and last, of either; two chains.
    assert [pieces[what][-1][1] for what in list(pieces)[1:]] == [4, 6, 2]


def test_without_draws_there_is_no_null_and_what_that_mutes_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "both", 12)
    words = ("--flips", 0, "--meaning", "none", "--layers", "final", "--folds", 3)
    said, told = handeye("states", "probe", folder, *words)
    for line in ("probes with their controls: 4 of 4", "chains: 2 of 2"):
        assert line in told
    found = json.loads((folder / "probe.json").read_bytes())
    assert [one["null"] for one in found["found"]] == [None] * 4
    assert not any(one["no_null"] for one in found["found"])
    assert all(one["above"] == 0 for entry in found["controls"] for one in entry["controls"])
    muted = [one for entry in found["controls"] for one in entry["alarms"] if one["name"] == "mute"]
    assert len(muted) == 4
    assert all("no null was drawn (--flips 0)" in one["said"] for one in muted)
    assert "no null was drawn" in " ".join(said.split())
    (table,) = [one for one in tables(found, None) if one.key == "t-probes"]
    assert all(row.cells[3] is row.cells[4] is None for row in table.rows)


@pytest.mark.parametrize("command", ["probe", "adjust"])
def test_a_folder_that_is_read_only_is_refused_before_the_work(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "states"
    stored(folder, "none", 6)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work was begun")

    for name in ("probed", "adjusted"):
        monkeypatch.setattr(f"handeye.states.analysis.{name}", work)
    # The rights of a folder do not bind whoever runs these tests as root.
    access = os.access

    def allowed(path: Path, mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and Path(path) == folder)

    monkeypatch.setattr(os, "access", allowed)
    _, told = handeye("states", command, folder, code=2)
    assert f"{command}.json: cannot be written: the folder {folder} is read-only" in told
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_probing_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before it is not searched for again, and all is as if nothing had happened."""
    stored(tmp_path / "states", "both", 9)
    store = open_store(tmp_path / "states")
    targets = read_targets(tmp_path / "states" / "targets.parquet")
    given = {"folds": 3, "flips": 2, "layers": ["final"]}
    whole = probed_(store, targets, **given)  # type: ignore[arg-type]
    piece = Pieces(tmp_path / "pieces")

    def stop(what: str, done: int, total: int) -> None:
        if what == "probes with their controls" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probed_(store, targets, **given, piece=piece, progress=stop)  # type: ignore[arg-type]
    # Four probes and two of their controls; one of them was cut, and is made again.
    kept = sorted((tmp_path / "pieces").iterdir())
    assert len(kept) == 6
    kept[0].write_bytes(kept[0].read_bytes()[:50])
    searched: list[object] = []
    for name in ("probes", "controls"):
        made = sys.modules[f"handeye.states.{name}"].search

        def counted(*words: object, made: Any = made) -> object:
            searched.append(words)
            return made(*words)

        monkeypatch.setattr(f"handeye.states.{name}.search", counted)
    found, rows = probed_(store, targets, **given, piece=piece)  # type: ignore[arg-type]
    again = len(searched)
    assert rows == whole[1]
    assert msgspec.json.encode(found) == msgspec.json.encode(whole[0])
    searched.clear()
    probed_(store, targets, **given)  # type: ignore[arg-type]
    assert again < 0.7 * len(searched)


def test_what_killed_probing_left_goes_with_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "none", 6)
    for name in ("probe-0123456789ab", "probe-notes"):
        (folder / name).mkdir()
        (folder / name / "x").write_text("x")
    words = ("--flips", 0, "--meaning", "none", "--layers", "final", "--folds", 3, "--quiet")
    handeye("states", "probe", folder, *words)
    assert [one.name for one in folder.glob("probe-*")] == ["probe-notes"]


def test_an_adjuster_that_cannot_be_read_is_made_again(shut: tuple[Path, str]) -> None:
    folder, _ = shut
    made = (folder / "adjuster.json").read_bytes()
    _, told = handeye("states", "adjust", folder, "--quiet")
    assert "was adjusted so already" in told
    (folder / "adjuster.json").write_bytes(made[:40])
    _, told = handeye("states", "adjust", folder, "--quiet")
    assert "already" not in told
    assert (folder / "adjuster.json").read_bytes() == made


def test_parts_and_targets_that_are_gone_or_broken_say_what_brings_them_back(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "states"
    stored(folder, "none", 6)
    (folder / "targets.parquet").write_bytes(b"PAR1")
    _, told = handeye("states", "probe", folder, code=2)
    assert "the command that captured the states writes it again" in told
    shutil.rmtree(folder / "parts")
    _, told = handeye("states", "probe", folder, code=2)
    assert "48 items were captured, and their parts (parts) are gone: put them back" in told


def test_a_folder_that_is_probed_is_not_probed_by_another_process(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    stored(folder, "none", 6)
    with (folder / ".probe.json.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        _, told = handeye("states", "probe", folder, "--flips", 0, code=2)
    assert "another process of handeye is at work there; wait for it or stop it" in told
    assert "choose another" not in told
