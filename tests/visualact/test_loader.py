"""Loading sets in handeye's own format, selections, and the Hub."""

from __future__ import annotations

import json
from collections import Counter

import huggingface_hub
import pytest
from huggingface_hub.errors import HFValidationError

from handeye.errors import DataError, OptionError
from handeye.visualact.loader import load
from handeye.visualact.records import SCENARIOS, clip_line
from tests.support.visualact.data import clip
from tests.support.visualact.layouts import DATA, LAYOUTS, touch_videos


def write_set(root, clips, split="test", videos=True):
    root.mkdir(parents=True, exist_ok=True)
    lines = b"".join(clip_line(one) + b"\n" for one in clips)
    (root / f"clips_{split}.jsonl").write_bytes(lines)
    if videos:
        touch_videos(root, clips)
    return root


def many(*counts):
    """So many clips of each scenario, one scenario after the other."""
    return [
        clip(f"{key}-{number:05d}", scenario=key)
        for key, count in zip(SCENARIOS, counts, strict=True)
        for number in range(count)
    ]


def row(**values):
    known = json.loads(clip_line(clip("a")))
    return (json.dumps({**known, **values}) + "\n").encode()


def test_a_set_of_ours(tmp_path):
    clips = many(2, 1, 0, 3)
    found = load(write_set(tmp_path / "my set", clips))
    assert list(found) == clips
    assert len(found) == 6
    assert found.name == "my set"
    assert found.files == (tmp_path / "my set" / "clips_test.jsonl",)
    assert found.taken == ()
    assert found.video_path(clips[0]) == tmp_path / "my set" / "videos" / "navigation-00000.mp4"
    assert found.scenario_counts() == {"navigation": 2, "home": 1, "safety": 0, "hmi": 3}


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(write_set(tmp_path / "here", many(1, 0, 0, 0)))
    assert load(".").name == "here"


def test_splits(tmp_path):
    test, dev = [clip("a")], [clip("b")]
    dev = [type(dev[0])(**{**json_of(dev[0]), "actions": dev[0].actions, "split": "dev"})]
    write_set(tmp_path, test)
    write_set(tmp_path, dev, "dev")
    assert [one.clip_id for one in load(tmp_path)] == ["a"]
    assert [one.clip_id for one in load(tmp_path, split="dev")] == ["b"]
    for everything in (None, "", "all"):
        assert [one.clip_id for one in load(tmp_path, split=everything)] == ["b", "a"]
    # A file is read whole, whatever its split.
    assert [one.clip_id for one in load(tmp_path / "clips_dev.jsonl")] == ["b"]
    with pytest.raises(OptionError, match=r"no split 'train' there; it has: dev, test"):
        load(tmp_path, split="train")


def json_of(one):
    return json.loads(clip_line(one))


def test_scenarios_by_any_name(tmp_path):
    write_set(tmp_path, many(2, 2, 2, 2))
    found = load(tmp_path, scenarios=["Home Service", "HMI"])
    assert found.scenario_counts() == {"navigation": 0, "home": 2, "safety": 0, "hmi": 2}
    with pytest.raises(OptionError, match=r"unknown scenario 'office'; allowed: navigation, home"):
        load(tmp_path, scenarios=["office"])


def test_a_selection_that_leaves_nothing(tmp_path):
    write_set(tmp_path, many(2, 0, 1, 0))
    with pytest.raises(OptionError, match=r"scenarios=home; the set has: navigation, safety"):
        load(tmp_path, scenarios=["home"])


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, (1, 0, 0, 0)),
        (4, (1, 1, 1, 1)),
        (7, (2, 2, 1, 2)),
        (9, (4, 2, 1, 2)),
        (99, (5, 2, 1, 2)),
    ],
)
def test_clips_come_from_every_scenario_in_turn(tmp_path, count, wanted):
    clips = many(5, 2, 1, 2)
    found = load(write_set(tmp_path, clips), clips=count)
    assert tuple(Counter(one.scenario for one in found)[key] for key in SCENARIOS) == wanted
    assert list(found) == [one for one in clips if one in found.clips]  # in file order
    for key in SCENARIOS:  # the first of each
        mine = [one.clip_id for one in found if one.scenario == key]
        assert mine == [f"{key}-{number:05d}" for number in range(len(mine))]


def test_a_number_of_clips_below_one(tmp_path):
    with pytest.raises(OptionError, match="clips must be at least 1"):
        load(write_set(tmp_path, many(1, 0, 0, 0)), clips=0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scenario": "office"}, "scenario 'office' is not known"),
        ({"actions": [{"text": "x", "apl": 5, "proactive": True}]}, "action 1 has apl 5"),
        ({"actions": [{"text": "x", "apl": -1, "proactive": True}]}, "action 1 has apl -1"),
        ({"actions": [{"text": " ", "apl": 1, "proactive": True}]}, "action 1 has no text"),
        ({"actions": [{"text": "x", "apl": "3", "proactive": True}]}, "not a clip row"),
        ({"actions": [{"text": "x", "apl": 1}]}, "not a clip row"),
        ({"actions": None}, "not a clip row"),
        ({"video": ""}, "video is empty"),
        ({"video": "../a.mp4"}, "must be a path inside the set"),
        ({"video": "/etc/a.mp4"}, "must be a path inside the set"),
        ({"clip_id": " "}, "clip_id is empty"),
        ({"split": "dev"}, "its split is 'dev', but the file is for 'test'"),
    ],
)
def test_rows_that_are_refused_name_file_line_and_id(tmp_path, values, words):
    (tmp_path / "clips_test.jsonl").write_bytes(row(clip_id="fine") + b"\n" + row(**values))
    with pytest.raises(DataError, match=words) as caught:
        load(tmp_path)
    assert "clips_test.jsonl:3: " in str(caught.value)
    if "not a clip row" not in words and "clip_id" not in words:
        assert "clip a:" in str(caught.value)


def test_ids_twice_name_both_lines(tmp_path):
    write_set(tmp_path, [clip("a"), clip("b"), clip("a")])
    with pytest.raises(DataError, match=r"clips_test.jsonl:3: clip a .*clips_test.jsonl:1"):
        load(tmp_path)


def test_ids_are_unique_over_all_splits(tmp_path):
    write_set(tmp_path, [clip("a")])
    (tmp_path / "clips_dev.jsonl").write_bytes(row(split="dev"))
    with pytest.raises(DataError, match=r"clips_test.jsonl:1: clip a .*clips_dev.jsonl:1"):
        load(tmp_path, split=None)


def test_missing_videos(tmp_path):
    clips = [clip("a"), clip("b"), clip("c")]
    write_set(tmp_path, clips)
    (tmp_path / "videos" / "b.mp4").unlink()
    (tmp_path / "videos" / "c.mp4").unlink()
    with pytest.raises(
        DataError, match=r"clips_test.jsonl:2: clip b: .*videos/b.mp4, videos/c.mp4"
    ):
        load(tmp_path)
    # Of a set that is partly there, what is there can be used.
    assert len(load(tmp_path, clips=1)) == 1


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file(tmp_path, content):
    (tmp_path / "clips_test.jsonl").write_bytes(content)
    with pytest.raises(DataError, match="the file is empty"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    touch_videos(tmp_path, [clip("a")])
    (tmp_path / "clips_test.jsonl").write_bytes(b"\xef\xbb\xbf" + row())
    assert len(load(tmp_path)) == 1


def test_not_utf8(tmp_path):
    (tmp_path / "clips_test.jsonl").write_bytes(row().replace(b"Brake", b"Br\xff\xfe"))
    with pytest.raises(DataError, match=r"clips_test.jsonl:1: not a clip row"):
        load(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no such set"):
        load(tmp_path / "none")
    with pytest.raises(DataError, match=r"no clips_\*.jsonl and no other JSON"):
        load(tmp_path)
    (tmp_path / "generation.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="the set is not finished"):
        load(tmp_path)


def test_our_own_format_needs_no_mapping(tmp_path):
    with pytest.raises(OptionError, match="needs no mapping"):
        load(write_set(tmp_path, [clip("a")]), mapping={"apl": "x"})


# The Hub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub that has one data set; what was asked of it."""
    asked = []
    LAYOUTS[0].save(tmp_path / "snapshot", DATA)

    def snapshot_download(name, *, repo_type, revision=None):
        asked.append((name, repo_type, revision))
        if name == "no body":
            raise HFValidationError("Repo id must be in the form owner/name\nmore")
        if name == "away/away":
            raise OSError("no connection")
        return str(tmp_path / "snapshot")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_set_from_the_hub(hub):
    found = load("hf:Proactive-LMM/VisualActBench")
    assert [one.clip_id for one in found] == [one.clip_id for one in DATA]
    assert found.name == "hf:Proactive-LMM/VisualActBench"
    load("hf:owner/name@v1.2")
    assert hub == [
        ("Proactive-LMM/VisualActBench", "dataset", None),
        ("owner/name", "dataset", "v1.2"),
    ]


def test_a_hub_that_cannot_be_reached(hub):
    with pytest.raises(DataError, match=r"hf:away/away: could not be fetched .*: no connection"):
        load("hf:away/away")
    with pytest.raises(DataError, match=r"could not be fetched .*: Repo id must be .*name$"):
        load("hf:no body")
