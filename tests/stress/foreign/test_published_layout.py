"""Sets of others become items: what is asked and right, what belongs together, where it lies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.errors import DataError, OptionError
from handeye.media.view import read_view
from handeye.sets.embedded import name_of
from handeye.stress.loader import load, recognizes
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.score import Groups, score_rows
from tests.support.stress import published as made


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pairs(items: Any) -> int:
    return len(Groups(score_rows((item, Prediction(item.item_id)) for item in items)).pairs)


# Questions, pictures, groups, pairs of the same words with two right answers.
SIZES = {
    "pope": (36, 3, 3, 0),
    "pope_parquet": (12, 3, 3, 0),
    "pope_tsv": (4, 1, 1, 0),
    "hallusion": (8, 4, 2, 3),
    "natural": (8, 4, 2, 4),
    "natural_flat": (8, 4, 2, 4),
    "mmvp": (4, 4, 2, 2),
    "biased": (6, 6, 3, 0),
    "vqa": (3, 2, 2, 0),
    "gqa": (3, 2, 2, 0),
}


@pytest.mark.parametrize("name", made.SETS)
def test_every_layout_is_read(name: str, tmp_path: Path) -> None:
    data = made.SETS[name](tmp_path / name)
    items = load(data, split="all")
    shown = {item.picture for item in items if item.picture}
    groups = {item.scene_id for item in items}
    assert (len(items), len(shown), len(groups), pairs(items)) == SIZES[name]
    for item in items:
        assert item.gold in item.values
        assert item.values[0] != item.values[1]
        if item.picture:
            assert read_view(items.path(item)).size == (24, 16)
    # Scoring needs no picture, and asks for the same.
    again = load(data, split="all", media=False)
    assert [item.item_id for item in again] == [item.item_id for item in items]
    assert [item.question for item in again] == [item.question for item in items]


def test_pictures_in_rows_are_written_once_and_only_as_far_as_asked(
    tmp_path: Path, cache: Path
) -> None:
    data = made.pope_parquet(tmp_path / "set")
    assert len(load(data, media=False)) == 12
    assert not cache.exists()
    items = load(data, groups=1)
    (folder,) = (cache / "pictures").iterdir()
    assert items.root == folder
    assert [file.name for file in folder.iterdir()] == [name_of("COCO_val2014_000000000000")]
    (file,) = folder.iterdir()
    before = file.stat().st_mtime_ns
    assert len(load(data)) == 12
    assert file.stat().st_mtime_ns == before
    assert len(list(folder.iterdir())) == 3


def test_what_a_prior_says_is_no_word_of_the_question(tmp_path: Path) -> None:
    items = load(made.biased(tmp_path / "set"), split="main")
    first = items[0]
    assert (first.values, first.truth, first.cue, first.cue_value) == (
        ("3", "4"),
        "4",
        "prior",
        "3",
    )
    assert first.answer == "number"
    assert items["illusion_1_Q2_px384"].values == ("yes", "no")
    # Sizes of one picture are one group; a prior that is true has no second value.
    assert first.scene_id == items[1].scene_id != items[2].scene_id
    assert (items[2].values, items[2].cue_value) == (("3", ""), "3")
    (plain,) = load(tmp_path / "set", split="original")
    assert (plain.cue, plain.cue_value, plain.values) == ("", "", ("3", ""))
    with pytest.raises(OptionError, match="no split 'x' there; it has: main, original"):
        load(tmp_path / "set", split="x")
    assert load(tmp_path / "set", cues="prior", split="main") == items


def test_questions_without_a_figure_are_kept_and_stand_in_no_pair(tmp_path: Path) -> None:
    items = load(made.hallusion(tmp_path / "set"))
    blind = [item for item in items if not item.picture]
    assert [item.item_id for item in blind] == ["VS_chart_3_0_0"]
    assert blind[0].meta["figure"] == ""
    assert Counter(part for item in items for part in item.meta["strata"]) == {
        "VD": 4, "VS": 4, "easy": 3, "hard": 5,
    }  # fmt: skip


def test_names_of_published_sets_are_recognized(tmp_path: Path) -> None:
    for name in ("HallusionBench.json", "coco_pope_random.json", "NaturalBench.tsv"):
        assert recognizes(str(tmp_path / name))
    assert recognizes("hf:lmms-lab/POPE")
    assert not recognizes(str(tmp_path / "pope.png"))
    assert not recognizes(str(tmp_path / "clips.json"))


def change(file: Path, number: int, **values: Any) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[number].update(values)
    for name in [name for name, value in values.items() if value is None]:
        del rows[number][name]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "label": ({"label": "maybe"}, r"coco_pope_random.json:2: label is 'maybe'; expected yes or no"),
    "none": ({"text": None}, r"coco_pope_random.json:2: no text; expected words or a number"),
    "twice": ({"question_id": 1}, r"json:2: item random-1 was already in .*json:1"),
    "list": ({"text": ["a"]}, r"text is \['a'\]; expected words"),
    "lines": ({"text": "a\x1b[2Jb"}, "expected words"),
    "away": ({"image": "COCO_val2014_9.jpg"}, r"json:2: item random-2: not in .*COCO_val2014_9"),
    "id": ({"question_id": "a\nb"}, r"json:2: item_id 'random-a\\nb' is empty or has several"),
    "up": ({"image": "../../x.jpg"}, r"item random-2: not in"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_with_file_line_and_key(wrong: str, tmp_path: Path) -> None:
    data = made.pope(tmp_path / "set")
    values, words = WRONG[wrong]
    file = data / "coco_pope_random.json"
    change(file, 1, **values)
    with pytest.raises(DataError, match=words):
        load(file)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"ground_truth": "{}"}, r"json.*:1: item .*: the ground truth is empty"),
        ({"ground_truth": "5", "expected_bias": "5.0"}, r":1: item .*cannot tell '5' from '5.0'"),
        ({"ground_truth": "5", "expected_bias": "five"}, r":1: item .*cannot tell '5' from 'five'"),
    ],
)
def test_values_that_no_answer_tells_apart_are_refused(
    row: dict[str, Any], words: str, tmp_path: Path
) -> None:
    known = {"ID": "a", "image": "a.png", "topic": "t", "prompt": "How many?"}
    file = made.lines(tmp_path / "biased.jsonl", [known | {"expected_bias": "4"} | row])
    with pytest.raises(DataError, match=words):
        load(file, media=False)


def test_numbers_of_rows_are_plain_digits(tmp_path: Path) -> None:
    known = {"Question": "Open?", "Options": "(a) Yes (b) No", "Correct Answer": "(a)"}
    file = made.lines(tmp_path / "mmvp.jsonl", [{"Index": 0, **known}])
    with pytest.raises(DataError, match=r":1: Index is 0; expected a whole number from 1 on"):
        load(file, media=False)
    for image in ("²", "5" * 5000):
        row = {"question_id": 1, "image_id": image, "question": "How?", "answers": ["red"]}
        with pytest.raises(DataError, match=r":1: item 1: not in"):  # a name like others
            load(made.lines(tmp_path / "vqa.jsonl", [row]))


def of_no_layout(folder: Path) -> Path:
    return made.lines(folder / "rows.jsonl", [{"a": 1, "b": "x"}])


def of_two(folder: Path) -> Path:
    made.mmvp(folder)
    return made.pope(folder)


def without_annotations(folder: Path) -> Path:
    return made.vqa(folder) / "v2_OpenEnded_mscoco_val2014_questions.json"


def without_questions(folder: Path) -> Path:
    return made.vqa(folder) / "v2_mscoco_val2014_annotations.json"


def no_stratum(folder: Path) -> Path:
    made.pope(folder)
    return (folder / "coco_pope_random.json").rename(folder / "mine.jsonl")


def no_base64(folder: Path) -> Path:
    file = made.pope_tsv(folder)
    file.write_text(file.read_text().replace("iVBOR", "!!!!!", 1))
    return file


def no_bytes(folder: Path) -> Path:
    data = made.pope_parquet(folder)
    (file,) = data.rglob("*.parquet")
    frame = made.pl.read_parquet(file).with_columns(
        made.pl.struct(made.pl.lit(b"").alias("bytes"), made.pl.lit("").alias("path")).alias(
            "image"
        )
    )
    frame.write_parquet(file)
    return data


def no_options(folder: Path) -> Path:
    file = made.mmvp(folder) / "Questions.csv"
    file.write_text(file.read_text().replace("(a) Open (b) Closed", "Open or closed", 1))
    return file


FILES: tuple[tuple[Callable[[Path], Path], str], ...] = (
    (of_no_layout, r"rows.jsonl:1: of no known layout: .*HallusionBench.*Its keys: a \(1\), b"),
    (of_two, r"holds files of several sets \(MMVP, POPE\); give the path of one"),
    (without_annotations, r"no answers to question 42000; give the folder"),
    (without_questions, r"no question; give the folder"),
    (no_stratum, r"mine.jsonl:1: category is 'mine'; expected random, popular, adversarial"),
    (no_base64, r"POPE.tsv:2: the picture is no base64"),
    (no_bytes, r"row 1: no picture in image"),
    (no_options, r"Questions.csv:2: Options is 'Open or closed'; expected two options"),
    (lambda folder: folder.mkdir() or folder, r"no set of this suite: .*handeye stress generate"),
)  # fmt: skip


@pytest.mark.parametrize(("write", "words"), FILES)
def test_files_that_are_not_what_they_should_be(
    write: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        load(write(tmp_path / "set"))
