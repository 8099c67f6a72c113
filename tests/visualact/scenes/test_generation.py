"""Generated sets: planned, drawn, written, interrupted, resumed."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from handeye.errors import DataError, OptionError
from handeye.sets.draw import Draw
from handeye.visualact.loader import load
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scenes.encoding import draw_film, encode_film
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.generation import drawn_again, generate
from handeye.visualact.scenes.plan import (
    ROUND,
    ClipOrder,
    film_groups,
    plan_clips,
    plan_set,
)
from handeye.visualact.scenes.videos import mosaic, read_coarsely

CLIPS = 16
"""Of the small set: four clips of each scenario."""
SMALL = {"seed": 7, "clips": CLIPS, "fps": 6}


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def planned(seed: int = 1, clips: int = 4 * ROUND, **options: str) -> list[ClipOrder]:
    return plan_clips(plan_set(seed, clips, **options))


@pytest.fixture(scope="module")
def small_set(tmp_path_factory) -> Path:
    return generate(tmp_path_factory.mktemp("sets") / "set", **SMALL, workers=2)


# The plan


def test_clips_are_divided_over_the_scenarios_in_turn():
    orders = planned(clips=10)
    assert [order.scenario for order in orders[:4]] == list(SCENARIOS)
    assert Counter(order.scenario for order in orders) == {
        "navigation": 3, "home": 3, "safety": 2, "hmi": 2,
    }  # fmt: skip
    assert [order.index for order in orders if order.scenario == "home"] == [0, 1, 2]
    only = planned(clips=5, scenarios="hmi,Home Service")
    assert Counter(order.scenario for order in only) == {"home": 3, "hmi": 2}


def test_a_round_holds_two_quiet_clips_and_two_pairs_of_every_scenario():
    orders = planned(clips=4 * ROUND * 3)
    for scenario in SCENARIOS:
        for start in range(0, 3 * ROUND, ROUND):
            indices = range(start, start + ROUND)
            own = [o for o in orders if o.scenario == scenario and o.index in indices]
            assert sum(catalogue.kind(order.kind).idle for order in own) == 2
            assert sum(order.twin is not None for order in own) == 4
            assert sum(order.backward for order in own) == 2


def test_kinds_are_balanced():
    orders = planned(clips=4 * 50)
    for scenario in SCENARIOS:
        counts = Counter(order.kind for order in orders if order.scenario == scenario)
        assert set(counts) == {kind.name for kind in catalogue.kinds(scenario)}
        for test in (
            lambda kind: kind.idle,
            lambda kind: kind.reversible,
            lambda kind: not kind.idle and not kind.reversible,
        ):
            same = [counts[kind.name] for kind in catalogue.kinds(scenario) if test(kind)]
            assert max(same) - min(same) <= 2


def test_twins_name_each_other_show_one_film_and_run_the_other_way():
    orders = {(order.scenario, order.index): order for order in planned(clips=150)}
    twins = [order for order in orders.values() if order.twin is not None]
    assert twins
    for order in twins:
        other = orders[order.scenario, order.twin]
        assert other.twin == order.index
        assert (other.kind, other.film) == (order.kind, order.film)
        assert other.backward != order.backward
    first_is_backward = Counter(
        order.backward for order in twins if order.twin is not None and order.index < order.twin
    )
    assert len(first_is_backward) == 2
    for order in orders.values():
        assert (order.twin is not None) == catalogue.kind(order.kind).reversible
    groups = film_groups(list(orders.values()))
    assert sum(map(len, groups)) == len(orders)
    assert sum(len(group) == 2 for group in groups) == len(twins) // 2


def test_a_clip_does_not_depend_on_how_many_there_are():
    many = {order.clip_id: order for order in planned(clips=400)}
    for clips in range(1, 90, 7):
        for order in planned(clips=clips, scenarios="safety"):
            in_pair = catalogue.kind(many[order.clip_id].kind).reversible
            assert order == many[order.clip_id] or (in_pair and order.index == clips - 1)
            assert (order.twin is None) or order.twin < clips


def test_seed_and_split_decide():
    assert planned(seed=1) == planned(seed=1)
    assert planned(seed=1) != planned(seed=2)
    assert planned(split="dev") != planned(split="test")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": -1}, "seed must lie in"),
        ({"clips": 0}, "clips must be at least 1"),
        ({"scenarios": "navigation,clouds"}, "unknown scenario 'clouds'"),
        ({"scenarios": ""}, "scenarios must be taken from"),
        ({"split": "all"}, "split must be a word"),
        ({"split": "a/b"}, "split must be a word"),
        ({"fps": 0}, "fps must lie in"),
        ({"workers": -1}, "workers must be at least 1"),
    ],
)
def test_options_are_checked_before_anything_is_written(tmp_path, options, words):
    with pytest.raises(OptionError, match=words):
        generate(tmp_path / "set", **{"seed": 1, "clips": 4, **options})
    assert not (tmp_path / "set").exists()


# Films


def test_the_same_frames_give_the_same_file():
    film = catalogue.KINDS[0].make(Draw(3), False)
    drawn = draw_film(film, 6)
    assert encode_film(drawn) == encode_film(draw_film(film, 6))
    assert drawn.reversed().reversed().sha256() == drawn.sha256() != drawn.reversed().sha256()
    assert len(drawn.frames) == round(film.seconds * 6)
    assert drawn.frames[0].shape == (288, 384, 3)


def test_a_file_shows_what_was_drawn(tmp_path):
    film = catalogue.KINDS[0].make(Draw(3), False)
    drawn = draw_film(film, 12)
    path = tmp_path / "film.mp4"
    path.write_bytes(encode_film(drawn))
    read = read_coarsely(path)
    assert (read.width, read.height, read.fps) == (384, 288, 12)
    assert len(read.frames) == len(drawn.frames)
    for found, true in zip(read.frames, drawn.frames, strict=True):
        assert np.abs(found.astype(int) - mosaic(true)).max() < 10
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


# Sets


def test_the_same_bytes_with_any_number_of_workers(small_set, tmp_path):
    one = generate(tmp_path / "one", **SMALL, workers=1)
    assert digest(one) == digest(small_set)


def test_an_interrupted_set_goes_on_to_the_same_bytes(small_set, tmp_path):
    out = tmp_path / "cut"
    code = "import sys; from handeye.visualact import generate; "
    code += f"generate(sys.argv[1], **{SMALL}, workers=1)"
    command = [sys.executable, "-c", code, str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not list(out.glob(".unfinished/*.jsonl")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "clips_test.jsonl").exists()
    with pytest.raises(DataError):
        load(out)
    (out / "videos" / ".half.mp4.1.tmp").write_bytes(b"what a kill may leave")
    kept = {path: path.stat().st_mtime_ns for path in out.glob(".unfinished/*.jsonl")}
    made = {name: path.stat().st_mtime_ns for name, path in _videos_of(kept, out).items()}
    subprocess.run(command, check=True, capture_output=True)
    assert digest(out) == digest(small_set)
    assert made
    for name, changed in made.items():
        assert (out / name).stat().st_mtime_ns == changed


def test_a_set_begun_by_handeye_0_1_goes_on(small_set, tmp_path):
    """Its record names the version, and no generator; its row files are what they are today."""
    out = tmp_path / "cut"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(out, **SMALL, workers=1, progress=stop)
    lines = (out / ".unfinished" / "000000.jsonl").read_text().split("\n")
    assert {json.loads(line)["meta"]["index"] for line in lines} <= {0, 1}
    record = json.loads((out / "generation.json").read_text())
    old = {name: record[name] for name in ("suite", "libraries", "options", "complete")}
    (out / "generation.json").write_text(json.dumps({"handeye": "0.1.0", **old}))
    generate(out, **SMALL, workers=1)
    assert digest(out) == digest(small_set)


def _videos_of(row_files: dict[Path, int], out: Path) -> dict[str, Path]:
    lines = [line for path in row_files for line in path.read_text().splitlines()]
    return {name: out / name for line in lines for name in [json.loads(line)["video"]]}


def test_a_finished_set_is_not_made_again(small_set):
    before = {path: path.stat().st_mtime_ns for path in small_set.rglob("*")}
    calls: list[tuple[int, int]] = []
    generate(small_set, **SMALL, progress=lambda *at: calls.append(at))
    assert {path: path.stat().st_mtime_ns for path in small_set.rglob("*")} == before
    assert calls == [(CLIPS, CLIPS)]


def test_a_folder_that_is_not_this_set_is_refused_untouched(small_set, tmp_path, monkeypatch):
    before = digest(small_set)
    with pytest.raises(OptionError, match="seed is 7 there, 8 now"):
        generate(small_set, **{**SMALL, "seed": 8})
    monkeypatch.setattr(catalogue, "digest", lambda: "another")
    with pytest.raises(OptionError, match=r"catalogue is [0-9a-f]{16} there, another now"):
        generate(small_set, **SMALL)
    monkeypatch.undo()
    with pytest.raises(OptionError, match="split is test there, dev now"):
        generate(small_set, **SMALL, split="dev")
    assert digest(small_set) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(OptionError, match="not empty"):
        generate(tmp_path / "mine", seed=7, clips=4)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    with pytest.raises(OptionError, match="is a file"):
        generate(tmp_path / "mine" / "thesis.txt", seed=7, clips=4)


def test_a_set_loads_and_its_rows_say_what_they_should(small_set):
    clips = load(small_set)
    assert len(clips) == CLIPS
    assert clips.scenario_counts() == dict.fromkeys(SCENARIOS, CLIPS // 4)
    by_id = {clip.clip_id: clip for clip in clips}
    for clip in clips:
        meta = clip.meta
        assert clip.clip_id == f"{clip.scenario}-{meta['index']:05d}"
        assert clips.video_path(clip) == small_set / "videos" / f"{clip.clip_id}.mp4"
        assert hashlib.sha256(clips.video_path(clip).read_bytes()).hexdigest() == clip.video_sha256
        assert (meta["width"], meta["height"], meta["fps"], meta["seed"]) == (384, 288, 6, 7)
        assert meta["seconds"] == pytest.approx(meta["frames"] / 6, abs=1e-6)
        assert 0 <= meta["evidence"][0] < meta["evidence"][1] <= meta["seconds"]
        assert meta["idle"] == (not clip.actions)
        assert meta["motion_only"] == (meta["twin"] is not None)
        assert all(action.phrasings for action in clip.actions)
        if meta["twin"]:
            other = by_id[meta["twin"]].meta
            assert other["twin"] == clip.clip_id
            assert other["facts"] == meta["facts"]
            assert other["evidence"] == pytest.approx(
                [meta["seconds"] - t for t in reversed(meta["evidence"])], abs=2e-3
            )
    record = json.loads((small_set / "generation.json").read_text())
    assert record["complete"]
    assert record["options"]["clips"] == dict.fromkeys(SCENARIOS, CLIPS // 4)
    assert {"av", "ffmpeg", "x264", "pillow"} <= record["libraries"].keys()
    assert all(record["libraries"].values())


def test_every_wording_comes_first_at_times(small_set):
    """In the clips of a kind that a larger set would hold."""
    clip = next(one for one in load(small_set) if one.actions and not one.meta["twin"])
    firsts = {}
    for index in range(40):
        _, actions = drawn_again(replace(clip, meta=clip.meta | {"index": index}), [])
        for action in actions:
            rule = frozenset((action.text, *action.phrasings))
            firsts.setdefault(rule, set()).add(action.text)
    assert any(found == rule and len(rule) > 1 for rule, found in firsts.items())


def test_frames_and_actions_follow_from_the_row(small_set):
    twins = [clip for clip in load(small_set) if clip.meta["twin"]]
    for clip in (twins[0], twins[1], load(small_set).clips[0]):
        drawn, actions = drawn_again(clip)
        assert (drawn.sha256(), actions) == (clip.meta["frames_sha256"], clip.actions)


def test_decoded_twins_are_mirrored_in_time(small_set):
    clips = load(small_set)
    by_id = {clip.clip_id: clip for clip in clips}
    pairs = [(clip, by_id[clip.meta["twin"]]) for clip in clips if clip.meta["twin"]]
    assert pairs
    for clip, twin in pairs[::2]:
        first, second = (read_coarsely(clips.video_path(one)) for one in (clip, twin))
        assert first.differs(second, backward=True) < 10
        assert first.differs(second) > 30
