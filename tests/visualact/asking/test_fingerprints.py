"""Fingerprints of requests as they stand in old journals: changed, every answer is asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye.run.answers import Answer
from handeye.run.job import Job
from handeye.visualact.asking.run import job, make_options
from tests.support.visualact.written_set import clips_of, written_set

REMOTE, OURS = "openai-api/t/m", "handeye/motion"
SCHEMA = "d547faabbd7ceae0b249224de18d31b36054177b4b09bd3fe939b0ee5a2f1839"
PLAIN = "3782aab624622db13abc4eec276b94b0ccacbe434e4dd948e38418ddb6504399"
FREE_SCHEMA = "90483cb050a75f1295b56561eafa23e285e0b287c94039e0ef069a3c5f47e0d2"
FREE = "33a6be0231d22a359d961cdc4f91ec87098fc8f81e94b801c80626d6362c751a"
# Model, options, then the request about the first clip.
KNOWN: list[tuple[str, dict[str, Any], str]] = [
    (REMOTE, {}, SCHEMA),
    (REMOTE, {"structured": True}, SCHEMA),
    (REMOTE, {"structured": False}, PLAIN),
    (REMOTE, {"protocol": "two-pass"}, FREE_SCHEMA),
    (REMOTE, {"protocol": "two-pass", "structured": True}, FREE_SCHEMA),
    (REMOTE, {"video_input": "native"}, SCHEMA),
    (
        REMOTE,
        {"image_format": "png"},
        "019f6a0c1096e5e0a3d802f511ab387a169407b6aa7674ca89a4726b721b26ef",
    ),
    (
        REMOTE,
        {"frames": "fps:1"},
        "1d9492ebd756f56bbbe196b1b8ae23eb5c1aec8e4dfbbebb933c8fa95b101331",
    ),
    (
        REMOTE,
        {"generation": {"temperature": 0.5}},
        "e8b51afcb26a8f4a1bf20581ba4cce9b85130ddebcf896913b42d8a7c69ebcce",
    ),
    (OURS, {}, PLAIN),
    (OURS, {"structured": True}, SCHEMA),
    (OURS, {"structured": False}, PLAIN),
    (OURS, {"protocol": "two-pass"}, FREE),
    (OURS, {"protocol": "two-pass", "structured": True}, FREE_SCHEMA),
    (
        OURS,
        {"video_input": "native"},
        "4c5f3fb4874d3a953b41e144c27613a1a11b5583909408124f28600917410478",
    ),
    (
        OURS,
        {"image_format": "png"},
        "ba548a80881dcaaa7b082036bb091d454774cf2acdfa7c22c41812cff2dcb47d",
    ),
    (
        OURS,
        {"generation": {"temperature": 0.5}},
        "a69417d655defdd5abd056fb5b35d2e2bbb035db3dcfa9c0ac8e1468731f0825",
    ),
]
LISTED = "- Brake for the person\n- Sound the horn"
# Model, structured, then the second request of two passes about the first clip after ``LISTED``.
SECOND: list[tuple[str, bool | None, str]] = [
    (REMOTE, None, "9a35fc09c955dfd59f62e56ca2c221503a12917be55d3d11d87a2aa0029a1068"),
    (OURS, None, "9bfd6702cdaaf5e84c5156535188b88c682f5ee28c44729a65af61fe2d134a61"),
    (OURS, True, "9a35fc09c955dfd59f62e56ca2c221503a12917be55d3d11d87a2aa0029a1068"),
]


@pytest.fixture
def asked(tmp_path: Path) -> Any:
    """Jobs over a set whose videos have the same bytes on every machine; none is opened."""
    data = written_set(tmp_path / "set", clips_of(4))
    for path in (data / "videos").iterdir():
        path.write_bytes(path.name.encode())

    def make(model: str, **options: Any) -> Job:
        return job(make_options(model, data, tmp_path / "run", score=False, **options))

    return make


@pytest.mark.parametrize(("model", "options", "first"), KNOWN)
def test_requests_have_the_fingerprints_of_old_journals(
    asked: Any, model: str, options: dict[str, Any], first: str
) -> None:
    found = asked(model, **options)
    keys = [found.key(question) for question in found.questions]
    assert keys[0] == ("navigation-00000", model, first)
    assert len(set(keys)) == len(keys) == 4


@pytest.mark.parametrize(("model", "structured", "second"), SECOND)
def test_the_second_of_two_passes_has_the_fingerprint_of_old_journals(
    asked: Any, model: str, structured: bool | None, second: str
) -> None:
    found = asked(model, protocol="two-pass", structured=structured)
    question = found.questions[0]
    answer = Answer(item_id="x", model=model, request="x", state="answered", raw_text=LISTED)
    following = found.asking.follow_up(question, answer)
    assert following is not None
    assert found.key(following) == ("navigation-00000", model, second)
    assert found.asking.follow_up(following, answer) is None


def test_a_plan_has_the_fields_of_old_plans(asked: Any) -> None:
    plan = msgspec.to_builtins(asked(REMOTE, scenarios=["home", "hmi"], clips=1).plan)
    assert plan.pop("data").endswith("set")
    assert list(plan.items()) == [
        ("suite", "visualact"),
        ("model", REMOTE),
        ("items", 1),
        ("scenes", None),
        ("items_sha256", plan["items_sha256"]),
        ("order", None),
        ("config", {}),
        ("model_args", {}),
        (
            "asked",
            {
                "video_input": "frames",
                "frames": {"method": "uniform", "count": 8, "longest_side": 768},
                "image_format": "jpeg",
                "protocol": "one-pass",
                "structured": True,
                "prompt_version": "visualact-1",
            },
        ),
        ("split", "test"),
        ("templates", None),
        ("subsets", "home,hmi"),
        ("max_scenes", 1),
    ]
    whole = "dae711367c25fe9949fd3aef8048e41821716a27b32f346fb42d3dabcea3fbb6"
    assert asked(REMOTE).plan.items_sha256 == whole
