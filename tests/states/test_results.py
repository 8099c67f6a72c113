"""``handeye states probe``, ``adjust`` and ``show`` over a planted store: no model, no torch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from handeye.respondents.local.adjuster import read_adjuster
from handeye.states.parts import Record, Taken
from handeye.states.planted import LAYERS, SITES, plant
from handeye.states.store import Writer
from handeye.states.targets import Target, write_targets
from tests.support.command import handeye as command

OPTIONS = "".join(f"{letter}. option {letter}\n" for letter in "ABCDEF")


def stored(folder: Path, truth: str, families: int, width: int = 24) -> list[Target]:
    """A planted truth as a folder of captured states, with its targets beside."""
    made = plant(truth, families, width=width, senses=("vision", "audio"), seed=3)
    ids = list(made.states.ids)
    letters = made.states.letters(ids)
    logs = {name: tuple(map(float, row)) for name, row in zip(ids, letters, strict=True)}
    record = Record(
        settings={"suite": "planted", "model": "planted"},
        layers=LAYERS,
        sites=SITES,
        blocks=len(LAYERS) - 2,
        width=width,
        dtype="float32",
    )
    targets = []
    with Writer(folder, record) as writer:
        for one in made.targets:
            if one.target != "premise":
                targets.append(replace(one, sites=("media",)))
                continue
            name, clip = one.item_id, one.item_id[:-1]
            states = {
                site: {
                    layer: {site: made.states.states(layer, site, [name])[0]} for layer in LAYERS
                }
                for site in SITES
            }
            taken = Taken(item_id=name, scene_id=one.group, clip=clip, letters=logs[name])
            writer.add(taken, states["last"], None if writer.has(clip) else states["media"])
            by_role = np.array(logs[name])[np.argsort(one.roles)]
            right = one.rejection if one.label else int(by_role[:4].argmax())
            texts = {**one.texts, "prompt": f"{one.texts['question']}\n{OPTIONS}"}
            targets.append(replace(one, right=right, texts=texts))
        write_targets(folder / "targets.parquet", targets)
    return targets


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
    assert "240 premises of 60 families" in said
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
    assert "Our adjuster on 120 families" in said
    assert "selected on test" in said
    assert "it never closes" in " ".join(said.split())
    told = json.loads((folder / "adjust.json").read_bytes())
    raw, adjusted = (told["ours"][name]["misleading"]["value"] for name in ("raw", "adjusted"))
    assert adjusted > raw
    assert set(told["ours"]["ablations"]) == {"constant", "permuted", "text", "margin", "oracle"}
    made = read_adjuster(folder / "adjuster.json")
    assert made.gate == told["gate"]
    assert {one.text for one in made.rejections} <= {f"option {letter}" for letter in "ABCDEF"}


def test_few_families_leave_the_gate_shut_and_it_is_said(tmp_path: Path) -> None:
    stored(tmp_path / "states", "state only", 12)
    said, _ = handeye("states", "adjust", tmp_path / "states", "--quiet")
    assert "gate of the whole set is shut" in " ".join(said.split())
    assert "99" in said
    assert read_adjuster(tmp_path / "states" / "adjuster.json").gate is None


def test_the_page_holds_what_was_found(probed: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = probed
    handeye("states", "show", folder, "--out", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    for words in ("From seen to said", "Known and said", "It knew", "Layer by layer", "waterfall"):
        assert words in page
    assert "question 1 of" in page  # a question that it knew and accepted


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
        (("--folds", 100), "folds"),
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
    pl.DataFrame({"target": ["premise"], "site": ["last"]}).write_parquet(folder / "probe.parquet")
    _, told = handeye("states", "show", folder, "--out", tmp_path / "p.html", code=2)
    assert "probe.parquet: cannot be read: Object missing required field" in told


def test_own_targets_need_four_columns(tmp_path: Path) -> None:
    targets = stored(tmp_path / "states", "state only", 12)
    own = [
        {"item_id": one.item_id, "target": "mine", "label": one.label, "group": one.group}
        for one in targets
        if one.target == "premise"
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, own)))
    words = ("--targets", tmp_path / "own.jsonl", "--flips", 0, "--layers", "1", "--quiet")
    said, _ = handeye("states", "probe", tmp_path / "states", *words)
    assert "mine at last" in said
    handeye("states", "show", tmp_path / "states", "--out", tmp_path / "p.html")
