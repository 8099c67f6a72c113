"""``inspect eval handeye/SUITE`` asks exactly what ``handeye run SUITE`` asks: equal requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai import Task

from handeye.rose.asking.run import run_rose
from handeye.rose.asking.task import rose
from handeye.scores.embedder import NGRAMS
from handeye.visualact.asking import prompts
from handeye.visualact.asking.run import run_visualact
from handeye.visualact.asking.task import visualact
from handeye.visualact.scenes.generation import generate
from tests.support.chat_server import Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = pytest.mark.server
REMOTE = "openai-api/handeye-test/m"
ACTIONS = '{"actions": [{"action": "Brake at once", "apl": 4, "type": "proactive"}]}'

# Every option that a run and its task both take, off its default.
ROSE: list[dict[str, Any]] = [
    {},
    {"order": "authors"},
    {"scenes": 2},
    {"templates": "T1,T4"},
    {"subsets": "emoji-style", "split": "all"},
]
VISUALACT: list[dict[str, Any]] = [
    {},
    {"structured": True},
    {"structured": False},
    {"protocol": "two-pass"},
    {"image_format": "png", "longest_side": 96},
    {"frames": "seconds:0,1"},
    {"video_input": "native"},
    {"scenarios": ["safety"], "clips": 1, "split": None},
]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clips") / "set"
    generate(out, seed=3, clips=2, scenarios=["navigation", "safety"], workers=1)
    return out


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One more than is ever left out."""
    return write_set(tmp_path_factory.mktemp("scenes") / "set", 3)


@pytest.fixture(autouse=True)
def _no_foreign_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))


def keys(journal: Path) -> set[tuple[str, str, str]]:
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {row["state"] for row in rows} == {"answered"}
    return {(row["item_id"], row["model"], row["request"]) for row in rows}


def reply(request: Request) -> Reply:
    return Reply("- Brake at once" if prompts.FREE_ELICITATION in request.text else ACTIONS)


def same(
    run: Callable[..., Path],
    task: Callable[..., Task],
    model: str,
    data: Path,
    at: Path,
    **how: Any,
) -> set[tuple[str, str, str]]:
    """The keys of a run, which the task has too."""
    carried = {"progress": False, "score": False, **how.pop("carried", {})}
    arguments = how.pop("model_args", {})
    settings = {"temperature": 0.5}
    server = how.pop("server", None)
    run_how = dict(how)
    if "longest_side" in how:
        from handeye.media.frame_choice import FrameChoice

        run_how["frames"] = FrameChoice(longest_side=run_how.pop("longest_side"))
    run(
        model, data, at / "run", generation=settings, model_args=arguments,
        base_url=server and server.url, **carried, **run_how,
    )  # fmt: skip
    if task is visualact:
        how["embedder"] = NGRAMS
    (log,) = inspect_ai.eval(
        task(str(data), journal=str(at / "answers.jsonl"), **how),
        model=model,
        model_args=arguments,
        model_base_url=server and server.url,
        display="none",
        log_dir=str(at / "logs"),
        **settings,
    )
    assert log.status == "success", log.error
    found = keys(at / "run" / "answers.jsonl")
    assert keys(at / "answers.jsonl") == found
    return found


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize("options", ROSE, ids=str)
def test_rose(scenes: Path, tmp_path: Path, key: str, options: dict[str, Any]) -> None:
    with serving(lambda request: Reply("COUNT(1)")) as server:
        remote = same(run_rose, rose, REMOTE, scenes, tmp_path / "a", server=server, **options)
    ours = same(
        run_rose, rose, "handeye/simulated", scenes, tmp_path / "b",
        model_args={"data": str(scenes)}, **options,
    )  # fmt: skip
    assert {(item, request) for item, _, request in remote} == {
        (item, request) for item, _, request in ours
    }


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize("options", VISUALACT, ids=str)
def test_visualact(clips: Path, tmp_path: Path, key: str, options: dict[str, Any]) -> None:
    with serving(reply) as server:
        remote = same(
            run_visualact, visualact, REMOTE, clips, tmp_path / "a", server=server, **options
        )
        assert all(_told_the_schema(request) for request in server.requests) == (
            options.get("structured") is not False
        )
    ours = same(run_visualact, visualact, "handeye/motion", clips, tmp_path / "b", **options)
    assert {item for item, _, _ in remote} == {item for item, _, _ in ours}


def test_a_mapping_of_a_foreign_file(clips: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (clips / "clips_test.jsonl").read_text().splitlines()]
    foreign = [
        {
            "video": row["video"],
            "scenario": row["scenario"],
            "actions": [
                {"text": one["text"], "x_apl": one["apl"], "type": "proactive"}
                for one in row["actions"]
            ],
        }
        for row in rows
    ]
    data = tmp_path / "foreign"
    (data / "videos").mkdir(parents=True)
    for row in rows:
        (data / row["video"]).write_bytes((clips / row["video"]).read_bytes())
    (data / "annotations.json").write_text(json.dumps(foreign))
    how: dict[str, Any] = {"mapping": {"apl": "x_apl"}, "split": None}
    assert len(same(run_visualact, visualact, "handeye/motion", data, tmp_path, **how)) == 2


def _told_the_schema(request: Request) -> bool:
    """Whether the provider was told a schema, where the question asks for JSON."""
    free = len(request.parsed["messages"]) == 1 and prompts.FREE_ELICITATION in request.text
    return free or "response_format" in request.parsed


def test_a_task_object_asks_each_of_several_models(scenes: Path, tmp_path: Path, key: str) -> None:
    journal = tmp_path / "answers.jsonl"
    with serving(lambda request: Reply("COUNT(1)")) as server:
        task = rose(str(scenes), scenes=1, journal=str(journal))
        for model in (REMOTE, "handeye/simulated"):
            inspect_ai.eval(
                task,
                model=model,
                model_args={"data": str(scenes)} if model != REMOTE else {},
                model_base_url=server.url if model == REMOTE else None,
                display="none",
                log_dir=str(tmp_path / "logs"),
            )
        assert len(server.requests) == 5
    assert {model for _, model, _ in keys(journal)} == {REMOTE, "handeye/simulated"}
    assert len(keys(journal)) == 10
