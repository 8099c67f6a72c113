"""The study knows no suite: one of multiple choice goes through it from the link to human.json."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from handeye import suites
from handeye.cli.study import _people, app
from handeye.errors import DataError, OptionError
from handeye.study.agreement import agreement, write_agreement
from handeye.study.app import make_app
from handeye.study.export import export
from handeye.study.session import open_study
from tests.support.study.expecting import expecting
from tests.support.study.riddles import PICTURE, Riddle, Riddles, write_riddles

SUITE = Riddles()


def take_part(client: TestClient, name: str, gold: dict[str, int], off: int = 0) -> list[str]:
    """Practise and answer everything, ``off`` options beside the right one in sums."""
    key = client.post("/api/join", json={"consent": True, "nickname": name}).json()["key"]
    state = client.get(f"/api/{key}/state").json()
    assert (state["phase"], state["item"]["kind"]) == ("practice", "choice")
    wrong = client.post(f"/api/{key}/practice", json={"place": 0, "choice": 0}).json()
    assert wrong == {"passed": False, "explain": "It is no.", "option": 1}
    assert client.post(f"/api/{key}/practice", json={"place": 0, "choice": 1}).json()["passed"]
    seen = []
    while (state := client.get(f"/api/{key}/state").json())["phase"] == "items":
        assert "gold" not in json.dumps(state)
        assert client.get(f"/api/{key}/picture/{state['picture']}").content == PICTURE
        place, item = state["place"], state["item"]
        topic = item["question"]["where"]
        body = {"place": place, "visible_ms": 1000 + place}
        for nonsense in ({}, {"choice": 9}, {"choice": "A"}, {"clicks": [[1, 1]]}):
            refused = client.post(f"/api/{key}/answer", json=body | nonsense)
            assert refused.status_code == 400
            assert refused.json() == {"error": f"choose one of {len(item['options'])}"}
        choice = (gold[f"{name}{place}"] + off * (topic == "sums")) % len(item["options"])
        after = client.post(f"/api/{key}/answer", json=body | {"choice": choice})
        assert after.status_code == 200
        assert client.post(f"/api/{key}/answer", json=body | {"choice": choice}).status_code == 200
        other = body | {"choice": (choice + 1) % len(item["options"])}
        assert client.post(f"/api/{key}/answer", json=other).status_code == 409
        seen.append(topic)
    assert state["phase"] == "done"
    return seen


def test_a_whole_study_of_multiple_choice(tmp_path: Path) -> None:
    data, file = write_riddles(tmp_path / "set"), tmp_path / "study.sqlite"
    with expecting(OptionError, "unknown topic"):
        open_study(SUITE, data, file, items=8, templates="jokes")
    study = open_study(SUITE, data, file, items=8, seed=2)
    gold = {
        f"{name}{place}": item.gold
        for number, name in enumerate(("Anna", "Ben"))
        for place, item in enumerate(study.plan.items_of(number))
    }
    with TestClient(make_app(study), base_url="http://127.0.0.1:8000") as client:
        for page in ("/", "/s/x"):
            assert "<title>Riddles &amp; co</title>" in client.get(page).text
        assert "A study of &lt;nothing&gt;" in client.get("/").text
        assert "it was this one" in client.get("/s/x").text
        assert client.get("/api/about").json() == {"items": 8, "practice": 1}
        seen = take_part(client, "Anna", gold)
    assert all({a, b} == {"weather", "sums"} for a, b in zip(seen[::2], seen[1::2], strict=True))
    study.store.close()
    again = open_study(SUITE, data, file)
    with TestClient(make_app(again), base_url="http://127.0.0.1:8000") as client:
        take_part(client, "Ben", gold, off=1)
    again.store.close()

    files = export(file, tmp_path / "out")
    rows = [json.loads(line) for line in files[0].read_text().splitlines()]
    assert {row["model"] for row in rows} == {"human:Anna"}
    assert {row["raw_text"] for row in rows} == {"A", "B", "C"}
    with (tmp_path / "out" / "times.csv").open(encoding="utf-8") as stream:
        times = list(csv.DictReader(stream))
    assert [row["topic"] for row in times[:8]] == seen
    assert list(times[0])[3:7] == ["item_id", "scene_id", "topic", "started_at"]

    found = agreement(SUITE, file, data, resamples=50)
    values = {name: one["value"] for name, one in found["columns"].items()}
    assert values == {"WEATHER": 1, "SUMS": 0.5}
    assert found["headline"]["weather"] == found["columns"]["WEATHER"]
    assert [one["columns"]["SUMS"] for one in found["people"]] == [1, 0]
    assert {name: one["equal"] for name, one in found["agreement"].items()} == {
        "WEATHER": 1,
        "SUMS": 0,
    }
    assert "alpha_number" in found["agreement"]["SUMS"]
    assert "alpha_number" not in found["agreement"]["WEATHER"]
    write_agreement(tmp_path / "human.json", found)
    with expecting(DataError, "not the set of this study"):
        agreement(SUITE, file, write_riddles(tmp_path / "other", 6))


class Drawn(Riddles):
    """Riddles on a board that no page has."""

    def board(self, item: Riddle) -> dict[str, Any]:
        return super().board(item) | {"kind": "points"}


@pytest.mark.browser
@pytest.mark.server
def test_the_page_refuses_a_board_it_does_not_have(
    chromium: Any, at_hand: Callable[..., tuple[Path, str]], tmp_path: Path
) -> None:
    data = write_riddles(tmp_path / "set")
    _, link = at_hand(suite=Drawn(), data=data, items=2, practice=False)
    page = begun(chromium, link)
    page.wait_for_selector("text=This page cannot show what comes next")
    assert "points" in page.text_content("#sheet-text")
    assert not page.is_visible("#task")
    assert not page.is_visible("#sheet-go")
    page.close()


@pytest.mark.browser
@pytest.mark.server
def test_a_choice_is_made_with_the_keyboard_or_a_click(
    chromium: Any, at_hand: Callable[..., tuple[Path, str]], tmp_path: Path
) -> None:
    data = write_riddles(tmp_path / "set")
    file, link = at_hand(suite=SUITE, data=data, items=2)
    page = begun(chromium, link)
    page.click("#sheet-go")
    page.wait_for_selector("#choices input:not(:disabled)")
    assert page.is_disabled("#done")
    assert page.locator("#choices label").all_text_contents() == ["Ayes", "Bno"]
    page.keyboard.press("a")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#feedback:not([hidden])")
    assert page.text_content("#verdict") == "Not quite"
    assert page.text_content("#choices label.right") == "Bno"
    page.click("#again")
    page.click("#choices label:nth-of-type(2)")
    page.click("#done")
    page.wait_for_selector("text=That is right")
    page.click("#go-on")
    page.click("#sheet-go")
    for place, letter in enumerate("BA", start=1):
        page.wait_for_selector(f"text=Picture {place} of 2")
        page.wait_for_selector("#choices input:not(:disabled)")
        page.keyboard.press(letter.lower())
        page.click("#done")
    page.wait_for_selector("text=All your answers are saved")
    page.close()
    (answers,) = export(file, tmp_path / "out")
    said = [json.loads(line)["raw_text"] for line in answers.read_text().splitlines()]
    assert said == ["B", "A"]


def begun(chromium: Any, link: str) -> Any:
    """The page of somebody who agreed to take part."""
    page = chromium.new_page()
    page.goto(link)
    assert page.text_content("h1") == "Riddles & co"
    page.check("#consent")
    page.click("#start")
    return page


def test_a_suite_that_asks_no_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Films:
        title = "Films"
        people = None

    monkeypatch.setattr(suites, "suite_of_set", lambda data: Films())
    asked = CliRunner().invoke(app, ["serve", str(tmp_path)])
    with expecting(OptionError, "the suite Films puts no items to people (yet)"):
        raise asked.exception  # type: ignore[misc]


def test_a_set_by_another_name_is_read_by_the_one_suite_that_asks_people(tmp_path: Path) -> None:
    rose = suites.get("rose")
    made = rose.generate(tmp_path / "set", seed=1, scenes=1, sources="glyph", workers=1)
    (made / "generation.json").unlink()
    mine = (made / "metadata_test.jsonl").rename(made / "mine.jsonl")
    with pytest.raises(DataError, match="none of"):
        suites.suite_of_set(mine)
    assert type(_people(str(mine))) is type(rose.people())
