"""Fingerprints of requests as they stand in old journals: changed, every answer is asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.rose.asking.run import RoseOptions, job
from handeye.run.job import Job
from tests.support.rose.small_set import write_set

SETTINGS = {"temperature": 0.5, "max_tokens": 64}
# Order, settings, then the requests of s00000_T1 and s00000_T4 (about the other picture).
KNOWN: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "image_first",
        {},
        "230f8037ce77933549b3c627b9dd2f65c854e4d6abaa5e11e1f34cafff470eda",
        "12e78a5e210186389ca3c888175f8975a5e6b59f5b736d84b321807ca553c1ea",
    ),
    (
        "image_first",
        SETTINGS,
        "0118424a67bf2c605a92decefff33bda505c7e792661fc212a4d180ee15d7f93",
        "ec5f6111216e62e2ceba97d15a818aa57f016afcfefc15f87f1d7d02196144ba",
    ),
    (
        "authors",
        {},
        "46d425d5646ba25cfecc163d0f6a602700a0ec029b13d85a2c65bf667be1ccc2",
        "1e2de6df2e3edc0f8d058d21f3beed90b679a05588253fbb11f1cef0dd18b5b1",
    ),
    (
        "authors",
        SETTINGS,
        "b3b28c15987c90f48aa75f2831542e4eb6dcfc62babe2dc866104d736eaf5a60",
        "c003ae7dced01dc99bcd21c7beb069aefc8fe3f8904de7e1c3165fdb1f3c53f3",
    ),
]


@pytest.fixture
def asked(tmp_path: Path) -> Any:
    """Jobs over a set whose pictures have the same bytes on every machine."""
    data = write_set(tmp_path / "set", 2)
    for path in (data / "images").iterdir():
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + path.name.encode())

    def make(**options: Any) -> Job:
        given = {"model": "openai-api/t/m", "data": str(data), "out": tmp_path / "run", **options}
        return job(RoseOptions(**given))

    return make


@pytest.mark.parametrize(("order", "settings", "first", "cued"), KNOWN)
def test_requests_have_the_fingerprints_of_old_journals(
    asked: Any, order: str, settings: dict[str, Any], first: str, cued: str
) -> None:
    found = asked(order=order, generation=settings)
    keys = [found.key(question) for question in found.questions]
    assert keys[0] == ("s00000_T1", "openai-api/t/m", first)
    assert keys[3] == ("s00000_T4", "openai-api/t/m", cued)
    assert len(set(keys)) == len(keys) == 10


def test_a_plan_has_the_fields_of_old_plans(asked: Any) -> None:
    found = asked(order="authors", templates="T1,T4", scenes=1, generation=SETTINGS)
    plan = msgspec.to_builtins(found.plan)
    assert plan.pop("data").endswith("set")
    assert list(plan.items()) == [
        ("suite", "rose"),
        ("model", "openai-api/t/m"),
        ("items", 2),
        ("scenes", 1),
        ("items_sha256", plan["items_sha256"]),
        ("order", "authors"),
        ("config", SETTINGS),
        ("model_args", {}),
        ("asked", {}),
        ("split", "test"),
        ("templates", "T1,T4"),
        ("subsets", None),
        ("max_scenes", 1),
    ]
    whole = "4cbe076ae3cc31d0a9644887776bcd73f5ae44c25b601542d5d907ee695131e4"
    assert asked().plan.items_sha256 == whole
