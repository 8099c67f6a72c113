"""IMAVB's published layout, however it is written, and every refusal."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from handeye.errors import DataError, OptionError
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE
from handeye.premise.loader import load, recognizes

VIDEOS = ("ab12", "cd34")
CONTENTS = ["a red coat", "a blue coat", "a green coat", "a black coat"]
E, F = "The visual detail is wrong", "The audio detail is wrong"
CELLS = ("standard_vision", "misleading_vision", "standard_audio", "misleading_audio")


def row(video: str, cell: str) -> dict[str, Any]:
    premise, modality = cell.split("_")
    gold = "C" if premise == "standard" else "E" if modality == "vision" else "F"
    names = [f"option_{letter}" for letter in "abcdef"]
    return {
        "video_id": video,
        "question": f"When {modality} of {video} is {premise} [12-18 s], what does she wear?",
        **dict(zip(names, [*CONTENTS, E, F], strict=True)),
        "correct_answer": gold,
        "category": "temporal",
        "modality": modality,
        "is_misleading": premise == "misleading",
        "misleading_category": "object attribute" if premise == "misleading" else None,
    }


def rows() -> dict[str, list[dict[str, Any]]]:
    return {cell: [row(video, cell) for video in VIDEOS] for cell in CELLS}


def with_videos(folder: Path) -> Path:
    (folder / "videos").mkdir(parents=True)
    for video in VIDEOS:
        (folder / "videos" / f"{video}.mp4").write_bytes(b"film")
    return folder


def put_jsonl(folder: Path) -> None:
    for cell, found in rows().items():
        (folder / f"{cell}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found))


def put_parquet(folder: Path) -> None:
    (folder / "data").mkdir()
    for cell, found in rows().items():
        frame = pl.DataFrame(found).with_columns(
            pl.struct(
                pl.lit(b"\0" * 64).alias("bytes"), (pl.col("video_id") + ".mp4").alias("path")
            ).alias("video")
        )
        for number in range(2):
            frame[number].write_parquet(folder / "data" / f"{cell}-0000{number}-of-00002.parquet")


def put_json_by_split(folder: Path) -> None:
    (folder / "imavb.json").write_text(json.dumps(rows()))


def put_json_list(folder: Path) -> None:
    (folder / "all.json").write_text(
        json.dumps([one for found in rows().values() for one in found])
    )


def put_csv(folder: Path) -> None:
    for cell, found in rows().items():
        with (folder / f"{cell}.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(found[0]))
            writer.writeheader()
            writer.writerows(found)


LAYOUTS = [put_jsonl, put_parquet, put_json_by_split, put_json_list, put_csv]


@pytest.mark.parametrize("put", LAYOUTS, ids=lambda put: put.__name__.removeprefix("put_"))
def test_every_layout_gives_the_same_items(tmp_path: Path, put: Any) -> None:
    put(with_videos(tmp_path / "set"))
    found = load(tmp_path / "set")
    assert found.cell_counts() == {
        **{f"{p} {m}": 2 for m in ("vision", "audio") for p in ("standard", "misleading")},
        "standard both": 0,
        "misleading both": 0,
    }
    golds = {"standard": 2, "vision": VISION_FALSE, "audio": AUDIO_FALSE}
    for item in found:
        assert item.gold == golds[item.modality if item.premise == "misleading" else "standard"]
        assert item.options == tuple(CONTENTS)
        assert item.meta["rejections"] == [E, F]
        assert item.video == f"videos/{item.clip_id}.mp4"
        assert item.scene_id == item.clip_id
        assert item.category == "temporal"
        assert item.kind == ("object attribute" if item.premise == "misleading" else "")
        assert item.item_id == f"{item.scene_id}-{item.premise}_{item.modality}"
    said = {line.field: line for line in found.taken}
    assert said["gold"].source == "correct_answer"
    assert said["gold"].count == 8
    assert said["premise"].source == "is_misleading"


def test_a_cell_is_a_split(tmp_path: Path) -> None:
    put_jsonl(with_videos(tmp_path))
    found = load(tmp_path, split="misleading_audio")
    assert [item.split for item in found] == ["misleading_audio"] * 2
    assert len(load(tmp_path / "standard_vision.jsonl")) == 2
    assert len(load(tmp_path, families=1)) == 4
    with pytest.raises(OptionError, match=r"no split 'train' there; it has: misleading_audio, "):
        load(tmp_path, split="train")


def test_the_name_of_a_split_says_what_no_column_does(tmp_path: Path) -> None:
    with_videos(tmp_path)
    for cell, found in rows().items():
        for one in found:
            del one["modality"], one["is_misleading"], one["video_id"]
            one["video"] = f"/data/movies/{VIDEOS[found.index(one)]}.mp4"
        (tmp_path / f"{cell}.json").write_text(json.dumps(found))
    found = load(tmp_path)
    assert set(found.cell_counts().values()) == {0, 2}
    said = {line.field: line.source for line in found.taken}
    assert (said["modality"], said["video_id"]) == ("split", "name of the video")


def test_mapping_and_unused_columns(tmp_path: Path) -> None:
    with_videos(tmp_path)
    found = [one for many in rows().values() for one in many]
    for one in found:
        one["what is asked"] = one.pop("question")
        one["false"] = one.pop("is_misleading")
    (tmp_path / "all.json").write_text(json.dumps(found))
    with pytest.raises(DataError, match=r"no column for question; say which with --map question="):
        load(tmp_path)
    mapping = {"question": "what is asked", "is_misleading": "false"}
    assert len(load(tmp_path, mapping=mapping)) == 8
    with pytest.raises(OptionError, match="no such field; allowed: item_id"):
        load(tmp_path, mapping={"questoin": "what is asked"})
    with pytest.raises(OptionError, match="has no such column"):
        load(tmp_path, mapping={"question": "nowhere"})
    (tmp_path / "all.json").write_text(
        json.dumps([one | {"notes": "by hand", "question": "q"} for one in found])
    )
    with pytest.raises(DataError, match=r"true or false, give --map is_misleading=COLUMN"):
        load(tmp_path, mapping={"premise": "false"})
    taken = load(tmp_path, mapping={"is_misleading": "false"}).taken
    assert {line.source for line in taken if not line.field} >= {"notes", "what is asked"}


BAD = {
    "gold of a misleading question": (
        {"correct_answer": "F"},
        "the right answer is F; of a misleading vision question it is E",
    ),
    "no letter": ({"correct_answer": "seven"}, "the right answer is seven"),
    "a modality that is none": ({"modality": "smell"}, "modality is 'smell'"),
    "a modality of another split": ({"modality": "audio"}, "modality is audio, but its split says"),
    "rejections exchanged": ({"option_e": F, "option_f": E}, "option E rejects what is heard"),
    "control characters": ({"option_a": "a\x1b[31m"}, "an option has control characters"),
    "a content that rejects": (
        {"option_a": "The visual detail in the question is wrong.", "option_e": None}
        | {"option_f": None, "correct_answer": None},
        "one of the options A to D is a rejection",
    ),
    "no truth": ({"is_misleading": "perhaps"}, "premise is 'perhaps'"),
    "too few options": ({"option_d": None}, "has 6 options, of which one is empty"),
    "one option twice": ({"option_b": CONTENTS[0]}, "is there twice"),
    "no question": ({"question": "  "}, "question is"),
    "no such video": ({"video_id": "zz"}, "video 'zz' is not in"),
    "out of the set": ({"video_id": "../ab12"}, "is not in"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_value_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    changes, words = BAD[case]
    put_jsonl(with_videos(tmp_path))
    file = tmp_path / "misleading_vision.jsonl"
    lines = file.read_text().splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | changes)
    file.write_text("\n".join(lines))
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert f"{file}:2" in str(error.value)
    assert words in str(error.value)


def test_an_option_in_two_lines_is_asked_in_one(tmp_path: Path) -> None:
    one = row("ab12", "standard_vision") | {"option_a": "a\nB. nothing"}
    (with_videos(tmp_path) / "standard_vision.jsonl").write_text(json.dumps(one))
    assert load(tmp_path)[0].options[0] == "a B. nothing"


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with_videos(tmp_path)
    with pytest.raises(DataError, match="is it a set made by"):
        load(tmp_path)
    for name in ("one.json", "two.csv"):
        (tmp_path / name).write_text("[]")
    with pytest.raises(DataError, match=r"which file holds the questions\? Give its path: one"):
        load(tmp_path)
    for text in ("[1]", "{", "7", '{"a": 1}', "[]", "\xff"):
        (tmp_path / "one.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=r"one\.json"):
            load(tmp_path / "one.json")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match="no Parquet"):
        load(tmp_path / "x.parquet")
    (tmp_path / "two.csv").write_text("a,b\n1\n")
    with pytest.raises(DataError, match=r"two\.csv:2: not as many values"):
        load(tmp_path / "two.csv")


def test_an_item_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    put_jsonl(with_videos(tmp_path))
    file = tmp_path / "standard_audio.jsonl"
    file.write_text(file.read_text() * 2)
    with pytest.raises(DataError, match=rf"{file}:3: item ab12-standard_audio was already in"):
        load(tmp_path)


def test_scores_need_no_media(tmp_path: Path) -> None:
    put_jsonl(tmp_path)
    with pytest.raises(DataError, match="video 'ab12' is not in"):
        load(tmp_path)
    assert {item.video for item in load(tmp_path, media=False)} == {
        f"videos/{video}.mp4" for video in VIDEOS
    }


def test_the_published_set_is_known_by_its_splits(tmp_path: Path) -> None:
    put_parquet(with_videos(tmp_path / "set"))
    assert recognizes(str(tmp_path / "set"))
    assert recognizes("hf:ngqtrung/IMAVB")
    assert not recognizes("hf:ROSE-Bench/ROSE")
    (tmp_path / "videos").mkdir()
    assert not recognizes(str(tmp_path))
