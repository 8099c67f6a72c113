"""Tampered sets: every problem is found and told with file, line and clip."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.errors import DataError
from handeye.sets.checks import Verified
from handeye.visualact.records import clip_line
from handeye.visualact.scenes.generation import generate
from handeye.visualact.scenes.verification import verify
from tests.support.visualact.data import clip
from tests.support.visualact.videos import make_video

ROWS = "clips_test.jsonl"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sets") / "good"
    return generate(out, seed=5, clips=14, scenarios="navigation", fps=2, workers=1)


@pytest.fixture
def bad(good, tmp_path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "bad"))


def rows(folder: Path) -> list[Row]:
    return [json.loads(line) for line in (folder / ROWS).read_text().splitlines()]


def write(folder: Path, found: list[Row]) -> None:
    (folder / ROWS).write_text("".join(json.dumps(row) + "\n" for row in found))


def number_of(folder: Path, test: Callable[[Row], bool]) -> int:
    return next(number for number, row in enumerate(rows(folder)) if test(row))


def checked(folder: Path) -> Verified:
    result = verify(folder, workers=1)
    assert not result.ok
    return result


def edited(folder: Path, number: int, **changes: Any) -> Verified:
    """The problems after changing fields of a row (``meta__x`` of its meta)."""
    found = rows(folder)
    for name, value in changes.items():
        target = found[number]
        if name.startswith("meta__"):
            target, name = target["meta"], name.removeprefix("meta__")
        target[name] = value
    write(folder, found)
    return checked(folder)


def told(result: Verified, folder: Path, number: int, words: str) -> bool:
    """Whether a problem names file, line and clip, and says the words."""
    clip_id = rows(folder)[number]["clip_id"] or "-"
    before = re.escape(f"{folder / ROWS}:{number + 1}: clip {clip_id}: ")
    return any(re.match(before + words, problem) for problem in result.problems)


def test_a_good_set_has_no_problem(good):
    calls: list[tuple[int, int]] = []
    result = verify(good, redraw=True, workers=2, progress=lambda *at: calls.append(at))
    assert result.problems == ()
    assert result.ok
    solved = result.counts["solved from their frames"]
    assert result.counts == {
        "clips": 14,
        "actions": sum(len(row["actions"]) for row in rows(good)),
        "pairs of twins": 2,
        "solved from their frames": solved,
    }
    assert 10 <= solved <= 14
    assert calls[-1] == (14, 14)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("apl", 5, "action 1 has apl 5; levels are 0 to 4"),
        ("text", "  ", "action 1 has no text"),
        ("phrasings", ["", "x"], "action 1 has an empty phrasing"),
        ("text", "Dance on the roof", "action 1: 'Dance on the roof' with its wordings is no rule"),
    ],
)
def test_bad_actions(bad, field, value, words):
    number = number_of(bad, lambda row: row["actions"])
    actions = rows(bad)[number]["actions"]
    actions[0][field] = value
    assert told(edited(bad, number, actions=actions), bad, number, words)


def test_gold_that_breaks_the_rules(bad):
    number = number_of(bad, lambda row: row["meta"]["kind"] == "cyclist_sways")
    actions = rows(bad)[number]["actions"]
    before = [dict(action) for action in actions]
    actions[1]["apl"] = 0
    assert told(edited(bad, number, actions=actions), bad, number, "action 2: level 0, but the rul")
    before[0]["proactive"] = not before[0]["proactive"]
    result = edited(bad, number, actions=before)
    assert told(result, bad, number, "action 1: proactive is False, but the rule says True")
    assert told(edited(bad, number, actions=[]), bad, number, "idle is False, but it has 0")


def test_an_unknown_scenario(bad):
    result = edited(bad, 2, scenario="kitchen")
    assert told(result, bad, 2, "scenario 'kitchen' is not known; allowed: navigation, home")


def test_an_empty_id_and_an_id_that_is_there_twice(bad):
    name = rows(bad)[0]["clip_id"]
    result = edited(bad, 1, clip_id=name)
    assert told(result, bad, 1, rf"was already in {re.escape(str(bad / ROWS))}:1")
    assert told(edited(bad, 1, clip_id=""), bad, 1, "clip_id is empty")


def test_a_row_of_another_split(bad):
    assert told(edited(bad, 0, split="dev"), bad, 0, "its split is 'dev', the file is for 'test'")


@pytest.mark.parametrize("line", ["{", "[]", '{"clip_id": "x"}', '{"clip_id": 3}', "\xff"])
def test_a_line_that_is_no_row(bad, line):
    lines = (bad / ROWS).read_bytes().splitlines()
    lines[3] = line.encode("latin-1")
    (bad / ROWS).write_bytes(b"\n".join(lines))
    problems = checked(bad).problems
    assert any(p.startswith(f"{bad / ROWS}:4: not a clip row") for p in problems)


def test_several_problems_are_all_told(bad):
    found = rows(bad)
    found[0]["scenario"] = "kitchen"
    found[0]["video"] = "../x.mp4"
    found[4]["clip_id"] = ""
    write(bad, found)
    result = checked(bad)
    assert told(result, bad, 0, "scenario 'kitchen'")
    assert told(result, bad, 0, "video '../x.mp4' must be a path inside the set")
    assert told(result, bad, 4, "clip_id is empty")
    assert any("changed since the set was made" in problem for problem in result.problems)


def test_a_missing_video(bad):
    (bad / rows(bad)[6]["video"]).unlink()
    assert told(checked(bad), bad, 6, r"videos/navigation-00006\.mp4 is missing")


def test_a_video_that_is_another_one(bad):
    videos = [bad / row["video"] for row in rows(bad)]
    shutil.copy(videos[0], videos[1])
    result = checked(bad)
    assert told(result, bad, 1, r"videos/navigation-00001\.mp4 was changed since")
    assert told(result, bad, 1, "frames is")


def test_a_video_that_is_cut_off_or_no_video(bad):
    videos = [bad / row["video"] for row in rows(bad)]
    videos[0].write_bytes(videos[0].read_bytes()[:3000])
    videos[1].write_bytes(b"")
    videos[2].write_text("not a video at all")
    result = checked(bad)
    for number, words in ((0, "broken|holds no frame|frames is"), (1, ".*empty"), (2, ".*broken")):
        assert told(result, bad, number, r"videos/\S+ was changed since")
        assert told(result, bad, number, f".*({words})")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("frames", 3, "frames is 3, the video has"),
        ("width", 640, "width is 640, the video has 384"),
        ("height", 10, "height is 10, the video has 288"),
        ("fps", 30, "fps is 30, the video has 2"),
        ("seconds", 99.0, "seconds is 99.0, the video has"),
        ("fps", "many", "fps is 'many', not a number"),
        ("evidence", [1.0], r"evidence is \[1.0\], not two numbers"),
        ("evidence", [1.0, 99.0], "evidence 1.0 to 99.0 s does not lie within"),
        ("kind", "yeti", "no kind of event is called 'yeti'"),
        ("twin", "navigation-99999", "its twin navigation-99999 is not there"),
    ],
)
def test_meta_that_the_video_does_not_bear_out(bad, name, value, words):
    number = number_of(bad, lambda row: not row["meta"]["twin"])
    assert told(edited(bad, number, **{f"meta__{name}": value}), bad, number, words)


def test_twins_that_are_not_mirrored(bad):
    found = rows(bad)
    number = number_of(bad, lambda row: row["meta"]["twin"])
    first = found[number]
    second = next(row for row in found if row["clip_id"] == first["meta"]["twin"])
    shutil.copy(bad / first["video"], bad / second["video"])
    second["video_sha256"] = first["video_sha256"]
    write(bad, found)
    assert told(checked(bad), bad, number, f"its twin {second['clip_id']} is not this clip backwa")


def test_rows_that_are_missing_or_too_many(bad):
    found = rows(bad)
    write(bad, found[:-1])
    assert any("no row for navigation-00013" in problem for problem in checked(bad).problems)
    extra = {**found[-1], "clip_id": "navigation-00014"}
    write(bad, [*found, extra])
    result = checked(bad)
    problem = f"{bad / ROWS}:15: clip navigation-00014: the set was made without this clip"
    assert problem in result.problems


def test_other_frames_than_the_seed_gives(bad):
    found = rows(bad)
    found[0]["meta"]["frames_sha256"] = "0" * 64
    write(bad, found)
    assert not told(verify(bad, workers=1), bad, 0, "drawn again")
    result = verify(bad, redraw=True, workers=1)
    assert told(result, bad, 0, "drawn again from its seed, its frames are others")
    found[0]["meta"]["kind"] = "yeti"
    found[1]["actions"] = found[1]["actions"][1:]
    write(bad, found)
    result = verify(bad, redraw=True, workers=1)
    assert told(result, bad, 0, "cannot be drawn again from what its row says: no kind")
    assert told(result, bad, 1, "drawn again from its seed, it calls for other actions")


def test_a_film_that_calls_for_other_actions_than_its_row(bad):
    """Rows that break no rule of their kinds, with right hashes, over each other's videos."""
    found = rows(bad)
    one, other = (
        number_of(bad, lambda row, kind=kind: row["meta"]["kind"] == kind)
        for kind in ("cyclist_sways", "light_turns_red")
    )
    first, second = found[one], found[other]
    videos = [bad / row["video"] for row in (first, second)]
    data = [path.read_bytes() for path in videos]
    for path, content in zip(videos, reversed(data), strict=True):
        path.write_bytes(content)
    first["video_sha256"], second["video_sha256"] = second["video_sha256"], first["video_sha256"]
    for name in ("evidence", "frames", "seconds", "frames_sha256"):
        first["meta"][name], second["meta"][name] = second["meta"][name], first["meta"][name]
    write(bad, found)
    result = checked(bad)
    assert told(result, bad, one, r"its video does not show the film of its row \(cyclist_sways\)")
    assert told(
        result, bad, other, r"its video does not show the film of its row \(light_turns_red"
    )
    assert len(result.problems) == 3, "the two and the hash of the rows, which were changed"


def test_actions_that_the_rules_allow_and_the_film_does_not_call_for(bad):
    number = number_of(bad, lambda row: row["meta"]["kind"] == "cyclist_sways")
    actions = rows(bad)[number]["actions"]
    assert told(edited(bad, number, actions=actions[1:]), bad, number, "drawn again from its seed,")


@pytest.mark.parametrize(
    ("name", "value"), [("index", None), ("seed", "x"), ("twin", 5), ("backward", "no"), ("fps", 0)]
)
def test_rows_that_tell_no_film_are_told_and_nothing_breaks(bad, name, value):
    number = number_of(bad, lambda row: row["meta"]["kind"] == "cyclist_sways")
    found = rows(bad)
    found[number]["meta"][name] = value
    found[number]["actions"] = found[number]["actions"][:1]
    write(bad, found)
    assert told(verify(bad, workers=1), bad, number, "")
    del found[number]["meta"]["frames"]
    write(bad, found)
    assert not verify(bad, redraw=True, workers=1).ok


def test_films_of_another_generator_are_not_solved(bad):
    record = json.loads((bad / "generation.json").read_text())
    for changed in ({"generator": 2}, {"options": record["options"] | {"catalogue": "0" * 16}}):
        (bad / "generation.json").write_text(json.dumps(record | changed))
        result = verify(bad, workers=1)
        assert result.ok
        assert "solved from their frames" not in result.counts


def test_a_record_of_before_suite_and_generator_stood_in_it(bad):
    record = json.loads((bad / "generation.json").read_text())
    old = {name: value for name, value in record.items() if name not in ("suite", "generator")}
    (bad / "generation.json").write_text(json.dumps(old | {"handeye": "0.1.0"}))
    result = verify(bad, workers=1)
    assert result.ok
    assert "solved from their frames" in result.counts


def test_an_unfinished_set_is_told(bad):
    record = json.loads((bad / "generation.json").read_text())
    (bad / "generation.json").write_text(json.dumps({**record, "complete": False}))
    assert any("unfinished; run the same" in problem for problem in checked(bad).problems)


def test_a_set_of_ones_own_needs_no_record(tmp_path):
    clips = [clip("a"), clip("b", ())]
    (tmp_path / "videos").mkdir()
    for one in clips:
        make_video(tmp_path / one.video)
    (tmp_path / ROWS).write_bytes(b"\n".join(map(clip_line, clips)))
    result = verify(tmp_path, workers=1)
    assert result.problems == ()
    assert result.counts == {"clips": 2, "actions": 2, "pairs of twins": 0}
    (tmp_path / "videos" / "b.mp4").write_bytes(b"x" * 100)
    assert told(checked(tmp_path), tmp_path, 1, ".*broken")


def test_nothing_to_check(tmp_path):
    with pytest.raises(DataError, match="no such set"):
        verify(tmp_path / "nowhere")
    (tmp_path / ROWS).write_text("\n")
    assert checked(tmp_path).problems == (
        f"{tmp_path / ROWS}: the file is empty; expected one JSON object a line",
    )
