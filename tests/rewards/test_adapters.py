"""Adapters are called as the named versions of trainers call them.

Each file in ``calls`` is one call, written after the source that it names; what is live there
(loggers, a trainer's state) is put in here. Where a library is not installed, what an adapter needs
of it stands in for it, written after the same source.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from handeye.errors import DataError, OptionError
from handeye.rewards import Reward, adapters

CALLS = Path(__file__).parent / "calls"


def call(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CALLS / f"{name}.json").read_text("utf-8"))
    assert found["version"]
    assert found["file"]
    return found


def expected(found: dict[str, Any], told: dict[str, Any]) -> None:
    for name, value in told.items():
        assert found[name] == pytest.approx(value), name


@pytest.mark.parametrize("name", ["trl", "trl-text"])
def test_trl(name: str) -> None:
    told = call(name)
    functions, weights = adapters.trl()
    assert [one.__name__ for one in functions] == [*adapters.WEIGHED]
    assert weights == [1.0, 0.5, 0.1, 0.5, 0.5]
    metrics: dict[str, list[float]] = {}
    extra: dict[str, list[Any]] = {}
    live = {
        "trainer_state": SimpleNamespace(global_step=3),
        "log_metric": lambda key, value: metrics.setdefault(key, []).append(value),
        "log_extra": lambda key, values: extra.setdefault(key, []).extend(values),
    }
    assert sorted(live) == sorted(told["live"])
    found = {one.__name__: one(**told["kwargs"], **live) for one in functions}
    n = len(told["kwargs"]["completions"])
    assert all(len(values) == n for values in found.values())
    assert {key: found[key] for key in told["expect"]} == told["expect"]
    # Logged once, not by every function.
    assert metrics["handeye/form"] == [0.5]
    assert metrics["handeye/no_span"] == [0]
    assert metrics["handeye/broken/unfounded_fact"] == [0.5]
    assert len(extra["broken"]) == n
    assert extra["broken"][:2] == ["", "unfounded_fact"]


def test_trl_gives_no_function_without_a_weight() -> None:
    functions, weights = adapters.trl(Reward(length=0, repetition=0, by="facts"))
    assert [one.__name__ for one in functions] == ["outcome", "perception", "form"]
    told = call("trl-text")["kwargs"]
    assert functions[1](**told) == [1, 0]
    assert weights == [1.0, 0.5, 0.1]


def test_verl() -> None:
    told = call("verl")
    found = adapters.verl_score(**told["kwargs"])
    expected(found, told["expect"])
    assert all(isinstance(value, float) for value in found.values())
    several = call("verl-batch")
    rows = adapters.verl_scores(**several["kwargs"])
    for name, values in several["expect"].items():
        assert [row[name] for row in rows] == pytest.approx(values)
    # All rows have the same keys: verl makes arrays of them.
    assert {tuple(row) for row in rows} == {tuple(found)}
    assert not inspect.iscoroutinefunction(adapters.verl_score)
    with pytest.raises(OptionError, match=r"percption is no weight of a reward.*perception"):
        adapters.verl_score(**{**told["kwargs"], "percption": 1.0})
    with pytest.raises(DataError, match="ground_truth is empty"):
        adapters.verl_score(**{**told["kwargs"], "ground_truth": None})


def test_easyr1_loads_the_file_and_calls_it() -> None:
    spec = importlib.util.spec_from_file_location("custom_reward_fn", adapters.__spec__.origin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = call("easyr1")
    rows = module.easyr1_score(*told["args"], **told["kwargs"])
    for name, values in told["expect"].items():
        assert [row[name] for row in rows] == pytest.approx(values)


def test_ms_swift(monkeypatch: pytest.MonkeyPatch) -> None:
    orms: dict[str, Any] = {}
    rewards = ModuleType("swift.rewards")
    rewards.orms = orms  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "swift", ModuleType("swift"))
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    adapters.register_swift()
    told = call("swift")

    def values(name: str) -> list[float | None]:
        made = orms[name](args=SimpleNamespace())
        assert not inspect.iscoroutinefunction(made.__call__)
        found: list[float | None] = made(*told["args"], **told["kwargs"])
        return found

    assert values("handeye") == pytest.approx(told["expect"]["values"])
    assert values("handeye_outcome") == [1, 1, None]
    assert values("handeye_perception") == [1, 0, None]


def test_verifiers() -> None:
    told = call("verifiers")
    parameters = inspect.signature(adapters.verifiers_reward).parameters
    available = {
        "task": SimpleNamespace(**told["task"]),
        "trace": SimpleNamespace(**told["trace"]),
        "runtime": None,
    }
    given = {name: available[name] for name in parameters if name in available}
    found = asyncio.run(adapters.verifiers_reward(**given))
    expected(found, told["expect"])
    assert sum(found.values()) == pytest.approx(1.6)


def test_rubric() -> None:
    told = call("rubric")
    functions, weights = adapters.rubric()
    found = {}
    for one in functions:
        signature = inspect.signature(one)
        groups = {"states", "prompts", "completions", "answers", "tasks", "infos"}
        assert not groups & set(signature.parameters)
        assert signature.return_annotation is not list
        found[one.__name__] = float(one(**told["kwargs"]))
    expected(found, told["expect"])
    assert len(weights) == len(functions)


def test_openenv(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rubric:
        def __call__(self, action: Any, observation: Any) -> Any:
            return self.forward(action, observation)  # type: ignore[attr-defined]

    module = ModuleType("openenv.core.rubrics")
    module.Rubric = Rubric  # type: ignore[attr-defined]
    for name in ("openenv", "openenv.core"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "openenv.core.rubrics", module)
    told = call("openenv")
    rubric = adapters.openenv()
    action = SimpleNamespace(**told["action"])
    assert rubric(action, SimpleNamespace(**told["observation"])) == told["expect"]["value"]
    assert rubric.last_broken == ()
    action.message = "red"
    assert rubric(action, SimpleNamespace(**told["observation"])) == 0
    assert "text_outside" in rubric.last_broken
