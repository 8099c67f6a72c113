"""Questions put to people: what they see, what their answers are worth, a study from end to end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from handeye.errors import DataError, OptionError
from handeye.premise.human.people import PremisePeople
from handeye.premise.items import AUDIO_FALSE, LETTERS, VISION_FALSE, Item
from handeye.premise.loader import load
from handeye.premise.scenes.generation import generate
from handeye.premise.scoring.file_scoring import score_files
from handeye.premise.scoring.run_folder import read_run
from handeye.report import write_report
from handeye.study.agreement import agreement, write_agreement
from handeye.study.app import make_app
from handeye.study.export import export
from handeye.study.session import Reply, open_study
from tests.premise.conftest import MakeRun

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
    assert set(found["columns"]) & {"vision", "audio", "both"}
    assert found["headline"]["bal"]["value"] < 1
    assert (found["n_people"], found["n_items"]) == (1, 6)


def test_people_are_a_row_of_the_report(six: Path, make_run: MakeRun, tmp_path: Path) -> None:
    """One person knows, one accepts every premise and answers what is asked, one rejects all."""
    file = tmp_path / "study.sqlite"
    study = open_study(
        PEOPLE, six, file, items=24, seed=1, templates="vision,audio", overlap=1.0, practice=False
    )
    contents = {i.prompt_id: i.gold for i in load(six) if i.premise == "standard"}
    rejections = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}
    roles: list[Callable[[Item], int]] = [
        lambda item: item.gold,
        lambda item: contents[item.prompt_id],
        lambda item: rejections[item.modality],
    ]
    for number, role in enumerate(roles):
        key = study.join(f"person {number}")
        study.state(key)
        for place, item in enumerate(study.plan.items_of(number)):
            study.answer(
                key, Reply(place, {"choice": item.order.index(role(item))}, visible_ms=900)
            )
    study.store.close()
    found = agreement(PEOPLE, file, six, resamples=200)
    assert (found["n_people"], found["n_items"]) == (3, 24)
    columns, head = found["columns"], found["headline"]
    for sense in "va":
        assert columns[f"accepts_true_{sense}"]["value"] == pytest.approx(2 / 3)
        assert columns[f"rejects_false_{sense}"]["value"] == pytest.approx(2 / 3)
        # Of one person 100, of the others 50 each: who looks at nothing has no more.
        assert columns[f"balanced_{sense}"]["value"] == pytest.approx(2 / 3)
        assert columns[f"balanced_{sense}"]["low"] < 2 / 3 < columns[f"balanced_{sense}"]["high"]
        assert columns[f"std_{sense}"]["value"] == pytest.approx(2 / 3)
    assert {name: one["value"] for name, one in head.items()} == pytest.approx(
        dict.fromkeys(("action", "std", "mis", "bal"), 2 / 3)
    )
    # A person's own columns are those of the kinds of questions.
    assert set(found["people"][1]["columns"]) == {"vision", "audio"}
    assert found["people"][1]["columns"]["vision"] == 0.5
    human = tmp_path / "human.json"
    write_agreement(human, found)
    made = make_run(tmp_path / "run", "sim/one", accept=0.5)
    write_report([made], tmp_path / "page.html", human=human, gallery_limit=0, resamples=20)
    page = (tmp_path / "page.html").read_text("utf-8")
    rows = re.findall(r'<tr class="human">(.*?)</tr>', page, re.DOTALL)
    ours = [row for row in rows if "Human (3 people)" in row]
    assert len(ours) >= 4  # headline, cells, premises of either sense
    assert sum("3 people, 24 items" in row for row in ours) >= 4
    assert any("vision" in row and "66.7" in row for row in ours)


def test_a_file_that_is_no_human_row_is_refused(
    six: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    made = make_run(tmp_path / "run", "sim/one", accept=0.5)
    human = tmp_path / "human.json"
    for told, words in (
        ({"label": "x", "columns": {"G-Cnt": {"value": 0.5}}}, "none of its columns is a kind"),
        ({"label": "x", "columns": {"vision": {"value": 5}}}, "rates are fractions"),
        ([], "no human baseline"),
    ):
        human.write_text(json.dumps(told))
        with pytest.raises(DataError, match=words):
            write_report([made], tmp_path / "page.html", human=human)
    assert not (tmp_path / "page.html").exists()
