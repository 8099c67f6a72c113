"""A study without its web side: who sees what, what an answer does, going on after a stop."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from handeye import rose
from handeye.errors import DataError, OptionError
from handeye.study.session import ConflictError, Reply, Study, UnknownPersonError, open_study
from handeye.study.store import Store, create
from tests.support.study.expecting import expecting
from tests.support.study.taking_part import ROSE, go_through, right


def test_a_person_goes_through_all_items_and_every_answer_is_kept(study: Study) -> None:
    key = study.join("Anna")
    items = study.plan.items_of(0)
    assert study.state(key)["phase"] == "items"
    go_through(study, key, 0)
    assert study.state(key) | {"place": 20, "phase": "done"} == study.state(key)
    answers = study.store.answers()
    assert [a.item_id for a in answers] == [item.item_id for item in items]
    assert all(a.response_ms == 1234 for a in answers)
    scored = rose.score({a.item_id: a.raw_text for a in answers}, items)
    assert scored["pass"].sum() == 20
    for a in answers:
        assert a.shown_at is not None
        assert a.shown_at <= a.answered_at


def test_repeating_an_answer_changes_nothing_and_another_one_is_refused(study: Study) -> None:
    key = study.join()
    first = study.plan.items_of(0)[0]
    reply = right(first, 0)
    assert study.answer(key, reply)["place"] == 1
    assert study.answer(key, reply)["place"] == 1
    assert len(study.store.answers()) == 1
    other = Reply(0, skipped=True)
    with pytest.raises(ConflictError) as conflict:
        study.answer(key, other)
    assert conflict.value.state["place"] == 1
    with pytest.raises(ConflictError):
        study.answer(key, right(study.plan.items_of(0)[5], 5))
    with pytest.raises(ConflictError):
        study.answer(key, Reply(20))
    with pytest.raises(ConflictError):
        study.answer(key, Reply(-1))
    assert [a.raw_text for a in study.store.answers()] == [study.store.answers()[0].raw_text]


def test_the_first_time_an_item_is_sent_is_the_one_that_counts(study: Study) -> None:
    key = study.join()
    study.state(key)
    first = study.store._rows("SELECT shown_at FROM questions WHERE place = 0")
    study.state(key)
    assert study.store._rows("SELECT shown_at FROM questions WHERE place = 0") == first
    assert study.store._rows("SELECT COUNT(shown_at) FROM questions") == [(1,)]


def test_nobody_elses_link_opens_anything(study: Study) -> None:
    key = study.join()
    assert len(key) >= 20
    assert study.join() != key
    for wrong in ("", "x", key[:-1], key + "a"):
        with pytest.raises(UnknownPersonError):
            study.state(wrong)


def test_the_state_tells_nothing_about_the_answer(study: Study) -> None:
    """Only what is needed to show the item: no id, no gold, no number of targets."""
    key = study.join("Anna")
    allowed = {"phase", "nickname", "practice_total", "total", "rulers", "place", "item"}
    for _ in range(20):
        state = study.state(key)
        assert set(state) == allowed | {"picture", "next_picture"}
        assert set(state["item"]) == {"kind", "rows", "cols", "number", "eyebrow", "question"}
        assert set(state["item"]["question"]) == {"before", "where", "after", "note"}
        study.answer(key, Reply(state["place"], skipped=True))


def test_pictures_are_the_files_bytes_and_only_up_to_the_next(study: Study) -> None:
    key = study.join()
    source = rose.load(Path(study._set.root), split="all")
    items = study.plan.items_of(0)
    for place in (0, 1):
        shown = study.picture(key, "items", place)
        assert shown.data == source.image_path(items[place]).read_bytes()
        assert shown.media_type == "image/png"
    for phase, place in (("items", 2), ("items", -1), ("practice", 0), ("done", 0), ("..", 0)):
        with pytest.raises(LookupError):
            study.picture(key, phase, place)


def test_the_visual_task_shows_the_cue_picture(study: Study) -> None:
    key = study.join()
    items = study.plan.items_of(0)
    place = next(k for k, item in enumerate(items) if item.task_template.startswith("T4"))
    go_through(study, key, 0, upto=place)
    base = next(
        i for i in study._set if i.scene_id == items[place].scene_id and i.cue_type == "NONE"
    )
    assert study.picture(key, "items", place).data != study._set.image_path(base).read_bytes()


def test_practice_gives_feedback_and_is_not_exported(practised: Study) -> None:
    key = practised.join()
    practice = [item for item, _ in practised.practice]
    assert [item.task_template[:2] for item in practice] == ["T1", "T2", "T3", "T4", "T5", "T4"]
    assert [bool(item.gold) for item in practice] == [True] * 5 + [False]
    study_scenes = {(i.scene_id, i.image_sha256) for i in practised.plan.shared}
    assert not study_scenes & {(i.scene_id, i.image_sha256) for i in practice}
    for place, item in enumerate(practice):
        assert practised.state(key)["place"] == place
        clicks = [(1, 1)] if item.task_mode != "COUNT" and not item.gold else []
        number = 77 if item.task_mode != "CLICK" else None
        wrong = Reply(place, {"clicks": clicks, "number": number})
        assert not practised.practise(key, wrong)["passed"]
        found = practised.practise(key, right(item, place))
        assert found["passed"]
        assert found["cells"] == [list(cell) for cell in item.gold]
    assert practised.state(key)["phase"] == "items"
    assert practised.store.answers() == []
    with pytest.raises(ConflictError):
        practised.practise(key, Reply(6))


def test_items_cannot_be_answered_before_practice_is_over(practised: Study) -> None:
    key = practised.join()
    with pytest.raises(ConflictError) as conflict:
        practised.answer(key, right(practised.plan.items_of(0)[0], 0))
    assert conflict.value.state["phase"] == "practice"
    with pytest.raises(ConflictError):
        practised.practise(key, Reply(3, {"clicks": [(1, 1)]}))


def test_it_goes_on_where_it_was_after_a_restart(study: Study, study_set: Path) -> None:
    keys = [study.join("a"), study.join("b")]
    go_through(study, keys[0], 0, upto=7)
    study.store.close()
    again = open_study(ROSE, study_set, study.store.path)
    assert again.settings == study.settings
    assert again.state(keys[0])["place"] == 7
    go_through(again, keys[0], 0)
    go_through(again, keys[1], 1)
    scored = [a for a in again.store.answers() if a.raw_text]
    assert len(scored) == 40
    assert again.join("c") not in keys
    assert [person.nickname for person in again.store.people()] == ["a", "b", "c"]
    again.store.close()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"items": 21}, "--per-person is 21, there 20"),
        ({"seed": 2}, "seed is 2, there 1"),
        ({"templates": "T1"}, "templates"),
        ({"split": "test"}, "split"),
        ({"overlap": 0.5}, "overlap"),
        ({"rulers": True}, "rulers"),
        ({"practice": True}, "practice"),
    ],
)
def test_another_study_on_the_same_file_is_refused(
    study: Study, study_set: Path, changed: dict[str, Any], words: str
) -> None:
    with expecting(OptionError, words, "another --out"):
        open_study(ROSE, study_set, study.store.path, **changed)
    same = {"items": 20, "seed": 1, "templates": "T5,T4,T3,T2,T1", "split": "all"}
    open_study(ROSE, study_set, study.store.path, **same).store.close()  # type: ignore[arg-type]


def test_another_set_is_refused_and_a_moved_one_is_not(
    study: Study, study_set: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(study_set, tmp_path / "moved")
    open_study(ROSE, moved, study.store.path).store.close()
    metadata = moved / "metadata_test.jsonl"
    metadata.write_text(
        metadata.read_text().replace('"difficulty":"medium"', '"difficulty":"hard"')
    )
    with expecting(OptionError, "the set is"):
        open_study(ROSE, moved, study.store.path)


def test_a_missing_or_changed_picture_is_found_before_anybody_joins(
    study_set: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(study_set, tmp_path / "set")
    picture = next((data / "images").rglob("*.png"))
    picture.write_bytes(picture.read_bytes()[:-1] + b"x")
    with expecting(DataError, picture.name):
        open_study(ROSE, data, tmp_path / "s.sqlite", items=75, split="all", practice=False)
    picture.unlink()
    for overlap in (1.0, 0.0):
        with expecting(DataError, picture.name):
            file = tmp_path / "s.sqlite"
            open_study(ROSE, data, file, items=75, split="all", overlap=overlap, practice=False)
    assert not (tmp_path / "s.sqlite").exists()


def test_a_file_that_is_no_study_is_left_alone(study_set: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but more than sixteen bytes long")
    with expecting(DataError, "cannot be read as a study file"):
        open_study(ROSE, study_set, text)
    assert text.read_text().startswith("not a database")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    with expecting(DataError, "not a study file"):
        Store(other)
    with expecting(DataError, "no such study file"):
        Store(tmp_path / "none.sqlite")
    with expecting(DataError, "already"):
        create(other, {}, [], [])
    with expecting(DataError, "cannot be written"):
        create(text / "below" / "s.sqlite", {}, [], [])


def test_people_who_join_and_answer_at_once_do_not_disturb_each_other(study: Study) -> None:
    def one(name: int) -> str:
        key = study.join(f"p{name}")
        for place in range(20):
            study.answer(key, Reply(place, skipped=True))
            study.answer(key, Reply(place, skipped=True))
        return key

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(one, range(6)))
    assert len(set(keys)) == 6
    people = study.store.people()
    assert [person.number for person in people] == list(range(6))
    assert all(person.answered == 20 for person in people)
    for person in people:
        mine = [a.item_id for a in study.store.answers() if a.person == person.number]
        assert mine == [item.item_id for item in study.plan.items_of(person.number)]


def test_nicknames_are_kept_short_and_printable(study: Study) -> None:
    for name in ("  Anna\n\x00 ", "x" * 200, "\u202e", "李雷"):
        study.join(name)
    names = [person.nickname for person in study.store.people()]
    assert names == ["Anna", "x" * 40, "", "李雷"]


def test_writes_reach_the_disk_before_they_are_acknowledged(study: Study) -> None:
    assert study.store._rows("PRAGMA journal_mode") == [("wal",)]
    assert study.store._rows("PRAGMA synchronous") == [(2,)]  # FULL
