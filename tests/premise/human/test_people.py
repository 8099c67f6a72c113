"""Questions put to people: what they see, what their answers are worth, a study from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from handeye.errors import DataError, OptionError
from handeye.premise.human.people import PremisePeople
from handeye.premise.items import LETTERS, Item
from handeye.premise.loader import load
from handeye.premise.scenes.generation import generate
from handeye.premise.scoring.file_scoring import score_files
from handeye.premise.scoring.run_folder import read_run
from handeye.study.agreement import agreement
from handeye.study.app import make_app
from handeye.study.export import export
from handeye.study.session import open_study

PEOPLE = PremisePeople()


def test_a_board_shows_what_a_model_is_asked_and_nothing_of_the_answer(six: Path) -> None:
    for item in load(six):
        board = PEOPLE.board(item)
        assert (board["kind"], board["medium"], board["sound"]) == ("choice", "video", False)
        assert board["question"]["before"] == item.question
        assert len(set(board["options"])) == 6
        texts = [*item.options, *(board["options"][item.order.index(r)] for r in (4, 5))]
        assert board["options"] == [texts[role] for role in item.order]
        told = json.dumps(board)
        assert item.item_id not in told
        assert item.premise not in told


def test_the_right_option_passes_and_no_other(six: Path) -> None:
    for item in list(load(six))[:38]:
        passed = [PEOPLE.passed(item, PEOPLE.reply(item, {"choice": place})) for place in range(6)]
        assert passed.index(True) == item.order.index(item.gold)
        assert sum(passed) == 1
        told = PEOPLE.feedback(item, "A")
        assert told["option"] == passed.index(True)
        assert LETTERS[told["option"]] in told["explain"]


@pytest.mark.parametrize("given", [{}, {"choice": 6}, {"choice": -1}, {"choice": "A"},
                                   {"clicks": [[1, 1]]}, {"choice": 1, "number": 2}])  # fmt: skip
def test_nonsense_is_no_answer(six: Path, given: dict[str, object]) -> None:
    with pytest.raises(DataError):
        PEOPLE.reply(load(six)[0], given)


def test_a_changed_clip_is_not_shown(six: Path, tmp_path: Path) -> None:
    items = load(six)
    item = msgspec.structs.replace(items[0], sha256={items[0].video: "0" * 64})
    with pytest.raises(DataError, match="not the file"):
        PEOPLE.picture(items, item)


def test_pictures_have_their_sound_beside_them(tmp_path: Path) -> None:
    data = generate(tmp_path / "set", seed=2, families=1, media="picture+sound", workers=1)
    items = load(data)
    assert PEOPLE.board(items[0])["sound"] is True
    shown = PEOPLE.picture(items, items[0])
    assert (shown.media_type, shown.data[:4], shown.sound[:4]) == (
        "image/png",
        b"\x89PNG",
        b"RIFF",
    )


def test_kinds_of_questions_are_chosen(six: Path) -> None:
    assert PEOPLE.templates(None, six) == "vision,audio,both"
    assert PEOPLE.templates("audio, vision", six) == "vision,audio"
    assert {item.modality for item in PEOPLE.load(six, templates="audio")} == {"audio"}
    with pytest.raises(OptionError, match="'smell'"):
        PEOPLE.templates("smell", six)


def test_a_whole_study_is_scored_like_a_model(six: Path, tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    study = open_study(PEOPLE, six, file, items=6, seed=1)
    by_id = {item.item_id: item for item in load(six)}
    wanted = [item.item_id for item in study.plan.items_of(0)]
    with TestClient(make_app(study), base_url="http://127.0.0.1:8000") as client:
        assert 'data-thing="clip"' in client.get("/s/x").text
        key = client.post("/api/join", json={"consent": True, "nickname": "Ann"}).json()["key"]
        state = client.get(f"/api/{key}/state").json()
        assert state["practice_total"] == 6
        shown = client.get(f"/api/{key}/picture/{state['picture']}")
        assert (shown.headers["content-type"], shown.content[4:8]) == ("video/mp4", b"ftyp")
        assert client.get(f"/api/{key}/sound/{state['picture']}").status_code == 404
        for place, (asked, _) in enumerate(study.practice):
            assert isinstance(asked, Item)
            right = asked.order.index(asked.gold)
            body = {"place": place, "choice": right}
            assert client.post(f"/api/{key}/practice", json=body).json()["passed"]
        for place, item_id in enumerate(wanted):
            item = by_id[item_id]
            choice = item.order.index(item.gold)
            if place == 0:
                choice = (choice + 1) % 6
            body = {"place": place, "choice": choice, "visible_ms": 4000}
            assert client.post(f"/api/{key}/answer", json=body).status_code == 200
    study.store.close()
    (answers,) = export(file, tmp_path / "out")
    score_files(answers, six, tmp_path / "run", item_ids=wanted, bootstrap=0)
    rows = {row.item_id: row.right for row in read_run(tmp_path / "run").rows()}
    assert rows == {item_id: int(place > 0) for place, item_id in enumerate(wanted)}
    found = agreement(PEOPLE, file, six, resamples=20)
    assert set(found["columns"]) <= {"vision", "audio", "both"}
    assert found["headline"]["bal"]["value"] < 1
