import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handeye.errors import OptionError
from handeye.rose.release import load
from handeye.rose.scenes.description import compare, describe
from handeye.rose.scenes.generation import generate
from handeye.rose.scenes.rerendering import rerender
from handeye.rose.scenes.verification import verify

OFFICIAL = Path(
    os.environ.get("HANDEYE_ROSE_DATA", Path(__file__).parents[3].parent / "shared" / "rose-v0.1")
)
GLOBAL = OFFICIAL / "global_click.metadata_test.jsonl"
MATCHED = OFFICIAL / "matched_local_count.metadata_test.jsonl"
needs_official = pytest.mark.skipif(not GLOBAL.exists(), reason="official metadata not there")


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small_set(tmp_path_factory) -> Path:
    return generate(tmp_path_factory.mktemp("sets") / "set", seed=7, scenes=30, workers=2)


def test_the_same_bytes_with_any_number_of_workers(small_set, tmp_path):
    one = generate(tmp_path / "one", seed=7, scenes=30, workers=1)
    assert digest(one) == digest(small_set)


def test_a_scene_does_not_depend_on_how_many_there_are(small_set, tmp_path):
    fewer = generate(tmp_path / "few", seed=7, scenes=2, sources="glyph,pixel-edit", workers=1)
    large = digest(small_set)
    for name, value in digest(fewer).items():
        if name.startswith("images/"):
            assert large[name] == value


def test_an_interrupted_set_goes_on_to_the_same_bytes(small_set, tmp_path):
    out = tmp_path / "cut"
    command = [sys.executable, "-c", "from handeye.cli import main; main()", "rose", "generate"]
    command += [str(out), "--seed", "7", "--scenes", "30", "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not list(out.glob(".unfinished/*.jsonl")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "metadata_test.jsonl").exists()
    (out / "images" / ".half.png.1.tmp").write_bytes(b"what a kill may leave")
    subprocess.run(command, check=True, capture_output=True)
    assert digest(out) == digest(small_set)


def test_a_set_begun_by_handeye_0_1_goes_on_and_gets_its_label(small_set, tmp_path):
    """Its record names the version, and neither suite nor generator."""
    out = tmp_path / "cut"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(out, seed=7, scenes=30, workers=1, progress=stop)
    head, row = (out / ".unfinished" / "000000.jsonl").read_text().split("\n")[0].split("\t")
    assert json.loads(head).keys() == {"file", "art"}
    assert json.loads(row)["scene_index"] == 0
    record = json.loads((out / "generation.json").read_text())
    old = {name: record[name] for name in ("libraries", "options", "complete")}
    (out / "generation.json").write_text(json.dumps({"handeye": "0.1.0", **old}))
    generate(out, seed=7, scenes=30, workers=1)
    assert digest(out) == digest(small_set)
    assert json.loads((out / "generation.json").read_text())["suite"] == "rose"
    assert verify(out, workers=1).ok


def test_another_seed_gives_other_scenes(small_set, tmp_path):
    other = digest(generate(tmp_path / "other", seed=8, scenes=30, workers=2))
    same = [n for n, v in digest(small_set).items() if n.startswith("images/") and other[n] == v]
    assert same == []


def test_a_folder_that_is_not_this_set_is_refused_untouched(small_set, tmp_path):
    before = digest(small_set)
    with pytest.raises(OptionError, match="seed is 7 there, 8 now"):
        generate(small_set, seed=8, scenes=30)
    with pytest.raises(OptionError, match="similarity"):
        generate(small_set, seed=7, scenes=30, similarity="0.5:0.9")
    generate(small_set, seed=7, scenes=30)
    assert digest(small_set) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(OptionError, match="not empty"):
        generate(tmp_path / "mine", seed=7, scenes=30)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "options",
    [
        {"seed": -1},
        {"scenes": 0},
        {"like": "v0.2"},
        {"like": "v0.1", "scenes": 5},
        {"sources": "glyph,clouds"},
        {"sources": ""},
        {"similarity": "0.9"},
        {"similarity": "0.9:0.1"},
        {"similarity": "a:b"},
        {"grid": "8"},
        {"grid": "1:8"},
        {"grid": "8:3"},
        {"grid": "3:31"},
        {"grid": "3.5:8"},
        {"like": "v0.1", "grid": "3:8"},
        {"format": "tiff"},
        {"workers": -1},
    ],
)
def test_options_are_checked_before_anything_is_written(tmp_path, options):
    with pytest.raises(OptionError):
        generate(tmp_path / "set", **{"seed": 1, **options})
    assert not (tmp_path / "set").exists()


def test_art_that_cannot_be_claims_no_folder(tmp_path):
    with pytest.raises(OptionError):
        generate(tmp_path / "set", seed=1, sources="pixel-edit", similarity="0:0.01", scenes=2)
    assert not (tmp_path / "set").exists()


def test_every_scene_has_its_seven_items_in_the_release_schema(small_set):
    items = load(small_set)
    scenes = items.scenes()
    assert len(scenes) == 30
    assert len({item.rose_subset for item in items}) == 5
    for rows in scenes.values():
        by_key = {row.task_template.split("_")[0]: row for row in rows}
        assert sorted(by_key) == ["T1", "T1B", "T2", "T2B", "T3", "T4", "T5"]
        number = int(rows[0].scene_id[-6:])
        prefix = rows[0].scene_id.split("SCENE")[0]
        assert by_key["T3"].item_id == f"{prefix}ITEM_{5 * (number - 1) + 3:06d}"
        assert by_key["T1B"].item_id == by_key["T1"].item_id + "__GCLK"
        assert by_key["T2B"].item_id == "MLCNT_" + by_key["T3"].item_id
        assert by_key["T2B"].region_params == by_key["T3"].region_params
        assert by_key["T4"].image_id == f"{prefix}IMG_{2 * number:06d}"
        assert by_key["T1"].image_id == f"{prefix}IMG_{2 * number - 1:06d}"
        for row in rows:
            assert items.image_path(row).is_file()
            assert row.prompt == f"{row.prompt_global}\n{row.prompt_local}"


@needs_official
def test_rows_carry_every_field_of_the_release(small_set):
    for folder, official in (("global_click", GLOBAL), ("matched_local_count", MATCHED)):
        ours = {}
        for line in (small_set / folder / "metadata_test.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            ours.setdefault(row["rose_subset"], row)
        for line in official.open(encoding="utf-8"):
            row = json.loads(line)
            missing = row.keys() - ours[row["rose_subset"]].keys()
            assert not missing
            for name in ("region_params", "image_region_params", "target_cells"):
                assert type(row[name]) is type(ours[row["rose_subset"]][name])


def test_verify_passes_and_finds_what_is_wrong(small_set, tmp_path):
    assert verify(small_set, workers=1).problems == ()
    broken = generate(tmp_path / "broken", seed=7, scenes=5, workers=1)
    name = "images/ROSE-ChineseGlyph/CHIMG_000001.png"
    other = "images/ROSE-EmojiStyle/ESTYIMG_000001.png"
    (broken / name).write_bytes((broken / other).read_bytes())
    (broken / "images/ROSE-PixelEdit/PEDITIMG_000002.png").unlink()
    metadata = broken / "metadata_test.jsonl"
    rows = [json.loads(line) for line in metadata.open(encoding="utf-8")]
    for row in rows:
        if row["item_id"] == "ECONITEM_000001":
            row["ground_truth_count"] += 1
    metadata.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    problems = "\n".join(verify(broken, workers=1).problems)
    assert "metadata_test.jsonl: changed since the set was made" in problems
    assert f"{name}: changed since the set was made" in problems
    assert "PEDITIMG_000002.png: missing" in problems
    assert "ECONITEM_000001: ground_truth_count is" in problems


def test_similarity_is_a_knob(tmp_path):
    for band in ("0.3:0.6", "0.8:0.95"):
        low, high = map(float, band.split(":"))
        out = generate(tmp_path / band, seed=1, scenes=4, sources="glyph", similarity=band)
        assert all(low <= item.pair_similarity <= high for item in load(out))


def test_the_card_and_the_licences_travel_with_the_set(small_set):
    card = (small_set / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "seed\n7" in card or "seed 7" in card
    assert (small_set / "ATTRIBUTION.md").read_text(encoding="utf-8").count("\n") >= 3
    assert list((small_set / "LICENSES").iterdir())


def test_parquet_opens_with_pictures_inside(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    out = generate(tmp_path / "set", seed=3, scenes=5, format="parquet", workers=1)
    cache = str(tmp_path / "cache")
    main = datasets.load_dataset(str(out), split="test", cache_dir=cache)
    assert len(main) == 25
    by_id = {item.item_id: item for item in load(out)}
    for row in main:
        item = by_id[row["item_id"]]
        assert row["image"].size == (item.image_width, item.image_height)
        assert row["ground_truth_clicks"] == [str(cell) for cell in item.gold]
        assert json.loads(row["region_params"]) == item.region_params
    bridge = datasets.load_dataset(str(out), "global_click", split="test", cache_dir=cache)
    assert len(bridge) == 5


@needs_official
def test_official_scenes_are_drawn_again(tmp_path):
    few = tmp_path / "few.jsonl"
    matched = tmp_path / "matched.jsonl"
    for source, target in ((GLOBAL, few), (MATCHED, matched)):
        lines = source.read_text(encoding="utf-8").splitlines()[::60]
        target.write_text("\n".join(lines), encoding="utf-8")
    out = rerender([few, matched], tmp_path / "set", workers=2)
    assert verify(out, workers=1).ok
    items = {item.item_id: item for item in load(out)}
    for file in (few, matched):
        for line in file.read_text(encoding="utf-8").splitlines():
            row, item = json.loads(line), items[json.loads(line)["item_id"]]
            for name in ("rows", "cols", "cell_size", "all_target_cells", "region_target_cells"):
                assert getattr(item, name) == row[name]
            assert item.region_case == row["region_case"]
            assert item.region_params == row["region_params"]
            assert item.difficulty == row["difficulty"]
            assert item.ground_truth_formal_answer == row["ground_truth_formal_answer"]
            assert item.prompt != row["prompt"]
    kept = rerender([few], tmp_path / "kept", keep_prompts=True, workers=2)
    prompts = {item.item_id: item.prompt for item in load(kept)}
    for line in few.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert prompts[row["item_id"]] == row["prompt"]


@needs_official
def test_the_difficulty_rule_holds_on_every_official_row():
    from handeye.rose.v01 import difficulty

    for line in MATCHED.open(encoding="utf-8"):
        row = json.loads(line)
        assert row["difficulty"] == difficulty(
            subset=row["rose_subset"],
            profile=row["grid_size_profile"],
            target_count=row["global_target_count"],
            region_count=row["region_target_count"],
            similarity=row.get("similarity"),
        )


def test_describe_tells_two_sets_apart(small_set, tmp_path):
    other = generate(tmp_path / "pixels", seed=1, scenes=20, sources="pixel-content")
    lines = {(row.group, row.name): row for row in compare(describe(small_set), describe(other))}
    assert lines["all", "cell size, px"].p < 0.01
    same = compare(describe(small_set), describe(small_set))
    assert all(row.p is None or row.p > 0.99 for row in same)
    assert lines["all", "scenes"].first == "n 30"
