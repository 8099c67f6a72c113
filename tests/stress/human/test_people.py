"""Questions put to people: what they see, what their answers are worth, a study end to end."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from handeye.errors import DataError, OptionError
from handeye.report import write_report
from handeye.stress.human.people import StressPeople
from handeye.stress.items import FAMILIES, NO_SUCH, Item
from handeye.stress.loader import load
from handeye.stress.scoring.file_scoring import score_files
from handeye.stress.scoring.run_folder import read_run
from handeye.study.agreement import agreement, write_agreement
from handeye.study.app import make_app
from handeye.study.export import export
from handeye.study.session import Reply, open_study

PEOPLE = StressPeople()


def right(item: Item, value: str = "") -> dict[str, Any]:
    """What a person gives who means a value: the right one."""
    board = PEOPLE.board(item)
    said = value or item.gold
    if board["kind"] == "number":
        return {"number": int(said)}
    return {"choice": board["options"].index(said)}


def test_a_board_shows_the_words_and_nothing_of_the_answer(whole: Path) -> None:
    kinds: Counter[tuple[str, str, bool]] = Counter()
    for item in load(whole):
        board = PEOPLE.board(item)
        kinds[board["kind"], item.answer, item.cue == "other"] += 1
        assert board["question"]["before"] == item.question
        told = json.dumps(board)
        assert item.item_id not in told
        assert item.prompt_id not in told
        if board["kind"] == "choice":
            assert sorted(board["options"]) == sorted(item.options)
    # Numbers are typed, but where it may be that there is no such thing.
    assert set(kinds) == {
        ("number", "number", False), ("choice", "number", True),
        ("choice", "text", False), ("choice", "text", True),
    }  # fmt: skip


def test_the_same_words_get_the_same_board(whole: Path) -> None:
    boards: dict[str, set[str]] = {}
    for item in load(whole):
        boards.setdefault(item.prompt_id, set()).add(json.dumps(PEOPLE.board(item)))
    assert {len(found) for found in boards.values()} == {1}


def test_the_right_answer_passes_and_no_other(whole: Path) -> None:
    for item in load(whole):
        assert PEOPLE.passed(item, PEOPLE.reply(item, right(item)))
        others = [value for value in item.values if value != item.gold]
        for value in others:
            text = PEOPLE.reply(item, right(item, value))
            assert not PEOPLE.passed(item, text)
            further = PEOPLE.further(item, text)
            assert ("follow" in further) == ("misleading" in further)
            assert further.get("follow") in (None, item.cue_value == value)
        told = PEOPLE.feedback(item, "")
        assert item.gold in told["explain"]
        if "option" in told:
            assert PEOPLE.board(item)["options"][told["option"]] == item.gold


@pytest.mark.parametrize(
    "given",
    [{}, {"choice": 9}, {"choice": -1}, {"choice": "A"}, {"number": -1}, {"number": 10_000},
     {"number": 2.5}, {"choice": 1, "number": 2}, {"clicks": [[1, 1]]}],
)  # fmt: skip
def test_nonsense_is_no_answer(whole: Path, given: dict[str, object]) -> None:
    items = {PEOPLE.board(item)["kind"]: item for item in load(whole)}
    for item in items.values():
        with pytest.raises(DataError):
            PEOPLE.reply(item, given)


def test_a_changed_picture_is_not_shown(data: Path) -> None:
    items = load(data)
    shown = PEOPLE.picture(items, items[0])
    assert (shown.media_type, shown.data[:4]) == ("image/png", b"\x89PNG")
    with pytest.raises(DataError, match="not the file"):
        PEOPLE.picture(items, msgspec.structs.replace(items[0], sha256="0" * 64))


def test_families_are_chosen(data: Path) -> None:
    assert PEOPLE.templates(None, data) == ",".join(FAMILIES)
    assert PEOPLE.templates("count, attribute", data) == "attribute,count"
    assert {item.family for item in PEOPLE.load(data, templates="count")} == {"count"}
    with pytest.raises(OptionError, match="'smell'"):
        PEOPLE.templates("smell", data)
    with pytest.raises(OptionError, match="no questions of odd"):
        PEOPLE.load(data, templates="odd")


def test_a_whole_study_is_scored_like_a_model(data: Path, tmp_path: Path) -> None:
    """One person looks, but takes the first misleading cue for true; all is told right after."""
    file = tmp_path / "study.sqlite"
    study = open_study(PEOPLE, data, file, items=24, seed=1)
    asked = [item for item in study.plan.items_of(0) if isinstance(item, Item)]
    wrong = next(k for k, item in enumerate(asked) if item.cue_value not in ("", item.truth))
    with TestClient(make_app(study), base_url="http://127.0.0.1:8000") as client:
        key = client.post("/api/join", json={"consent": True, "nickname": "Ann"}).json()["key"]
        state = client.get(f"/api/{key}/state").json()
        assert state["practice_total"] == 4
        shown = client.get(f"/api/{key}/picture/{state['picture']}")
        assert shown.headers["content-type"] == "image/png"
        for place, (item, _) in enumerate(study.practice):
            assert isinstance(item, Item)
            body = {"place": place, **right(item)}
            assert client.post(f"/api/{key}/practice", json=body).json()["passed"]
        for place, item in enumerate(asked):
            given = right(item, item.cue_value if place == wrong else "")
            body = {"place": place, **given, "visible_ms": 4000}
            assert client.post(f"/api/{key}/answer", json=body).status_code == 200
    study.store.close()
    (answers,) = export(file, tmp_path / "out")
    ids = [item.item_id for item in asked]
    score_files(answers, data, tmp_path / "run", item_ids=ids, bootstrap=0)
    rows = {row.item_id: row.right for row in read_run(tmp_path / "run").rows()}
    assert rows == {item_id: int(place != wrong) for place, item_id in enumerate(ids)}


def test_people_are_a_row_of_the_report(data: Path, tmp_path: Path) -> None:
    """One person answers rightly, one says what the cue says where there is one."""
    file = tmp_path / "study.sqlite"
    study = open_study(PEOPLE, data, file, items=24, seed=1, practice=False)
    for number in range(2):
        key = study.join(f"person {number}")
        study.state(key)
        for place, item in enumerate(study.plan.items_of(number)):
            assert isinstance(item, Item)
            said = item.cue_value if number and item.cue_value else item.gold
            study.answer(key, Reply(place, right(item, said), visible_ms=900))
    study.store.close()
    found = agreement(PEOPLE, file, data, resamples=50)
    head = found["headline"]
    values = {name: one["value"] for name, one in head.items()}
    assert values == {"uncued": 1, "true": 1, "misleading": 0.5, "follow": 0.5}
    human = tmp_path / "human.json"
    write_agreement(human, found)
    rows = [{"item_id": item.item_id, "raw_text": item.gold} for item in load(data)]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    score_files(tmp_path / "said.jsonl", data, tmp_path / "run", bootstrap=0)
    write_report([tmp_path / "run"], tmp_path / "p.html", human=human, gallery_limit=0, resamples=0)
    page = (tmp_path / "p.html").read_text("utf-8")
    assert page.count("2 people, 24 items") >= 2
    assert "People: right answers by family" in page
    human.write_text(json.dumps({"label": "x", "columns": {"T1": {"value": 0.5}}}))
    with pytest.raises(DataError, match="none of its columns is a family"):
        write_report([tmp_path / "run"], tmp_path / "no.html", human=human)
    assert not (tmp_path / "no.html").exists()


def test_what_is_not_there_can_be_said(whole: Path) -> None:
    gone = [item for item in load(whole) if item.gold == NO_SUCH]
    assert gone
    assert all(NO_SUCH in PEOPLE.board(item)["options"] for item in gone)
