"""A study begun with the first version goes on, and the same settings plan the same study.

``begun/`` was made by handeye 0.1.0 at commit c07c728 on the set of ``study_set``: Anna finished,
Ben stopped after seven of ten items (one skipped), a third person is at practice. What is measured
is as it was but for the intervals of the human row, which speak of so few people since.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from handeye.study.agreement import agreement, write_agreement
from handeye.study.export import export
from handeye.study.session import open_study
from handeye.study.settings import plan_of, settle
from tests.support.study.taking_part import ROSE, go_through, right

BEGUN = Path(__file__).with_name("begun")
FOUND: dict[str, Any] = json.loads((BEGUN / "found.json").read_text("utf-8"))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """The study file as it was left."""
    file = tmp_path / "study.sqlite"
    file.write_bytes(lzma.decompress((BEGUN / "study.sqlite.xz").read_bytes()))
    return file


def test_its_answers_are_exported_and_measured_as_before(
    begun: Path, study_set: Path, tmp_path: Path
) -> None:
    export(begun, tmp_path / "out")
    files = {path.name: path.read_text("utf-8") for path in (tmp_path / "out").iterdir()}
    assert files == FOUND["export"]
    write_agreement(tmp_path / "human.json", agreement(ROSE, begun, study_set))
    text = json.dumps(FOUND["human"], indent=2, ensure_ascii=False) + "\n"
    assert (tmp_path / "human.json").read_text("utf-8") == text


def test_everybody_goes_on_where_they_were(begun: Path, study_set: Path) -> None:
    study = open_study(ROSE, study_set, begun, items=10, seed=3, split="all", overlap=0.6)
    for name, key in FOUND["keys"].items():
        before, now = FOUND["states"][name], study.state(key)
        item = now.pop("item", {})
        for part, value in before.pop("item", {}).items():
            if part != "mode":
                assert item[part] == value
        assert now == before
    orders = [[item.item_id for item in study.plan.items_of(number)] for number in range(4)]
    assert orders == FOUND["orders"]
    go_through(study, FOUND["keys"]["ben"], 1)
    key = FOUND["keys"]["cara"]
    for place, (item, picture) in enumerate(study.practice):
        if place > 0:
            assert study.practise(key, right(item, place))["passed"]
        assert study.picture(key, "practice", place).data == picture
    go_through(study, key, 2)
    new = study.join("Dora")
    for place, (item, _) in enumerate(study.practice):
        study.practise(new, right(item, place))
    go_through(study, new, 3)
    study.store.close()
    assert [one["answered"] for one in agreement(ROSE, begun, study_set)["people"]] == [
        10,
        9,
        10,
        10,
    ]


@pytest.mark.parametrize("options", FOUND["plans"])
def test_who_sees_what_in_which_order(options: str, study_set: Path) -> None:
    names = ("items", "seed", "templates", "split", "overlap")
    given = dict(zip(names, json.loads(options), strict=True))
    plan, _ = plan_of(ROSE, study_set, settle(ROSE, study_set, given, None, Path("x")))
    ids = [[item.item_id for item in plan.items_of(number)] for number in range(5)]
    assert hashlib.sha256(json.dumps(ids).encode()).hexdigest() == FOUND["plans"][options]
