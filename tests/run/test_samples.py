"""Several answers to every question: filed apart, gone on with, counted, and the first as ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import inspect_ai
import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)

from handeye.errors import OptionError, RunError
from handeye.rose.asking.run import RoseOptions, job, run_rose
from handeye.rose.asking.task import rose
from handeye.rose.scoring.predictions import row_of
from handeye.run.asker import Asker
from handeye.run.dry_run import dry_run
from handeye.run.logs import as_lines
from handeye.run.questions import Opening, Question


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def ask(data: Path, out: Path, epochs: int, **others: Any) -> Path:
    given: dict[str, Any] = {"scenes": 2, "templates": "T1,T2", "progress": False, **others}
    return run_rose("handeye/simulated", data, out, epochs=epochs, **given)


def test_only_further_samples_have_a_number_in_their_key() -> None:
    first = Question("a", "s", {"said": 1}, (), lambda: Opening([]))
    second = first.sampled(2)
    assert first.sampled(1) is first
    assert first.key("m", {}) == Question("a", "s", {"said": 1}, (), first.write).key("m", {})
    keys = {one.key("m", {}) for one in (first, second, first.sampled(3))}
    assert len(keys) == 3
    assert second.sampled(3).key("m", {}) == first.sampled(3).key("m", {})


def test_a_run_keeps_them_apart_and_grows_to_more(small_set: Path, tmp_path: Path) -> None:
    out = ask(small_set, tmp_path / "run", 1)
    before = lines(out / "answers.jsonl")
    plain = (out / "predictions.jsonl").read_bytes()
    assert len(before) == 4
    assert not any("sample" in row for row in before)
    assert "epochs" not in json.loads((out / "plan.json").read_bytes())

    ask(small_set, out, 3)
    after = lines(out / "answers.jsonl")
    assert after[:4] == before
    assert sorted(row["sample"] for row in after[4:]) == [2] * 4 + [3] * 4
    assert len({row["request"] for row in after}) == len(after) == 12
    assert json.loads((out / "run.json").read_bytes())["epochs"] == 3
    rows = lines(out / "predictions.jsonl")
    assert [len(row.pop("samples")) for row in rows] == [2] * 4
    assert [row.pop("sample_states") for row in rows] == [["answered"] * 2] * 4
    assert rows == [json.loads(line) for line in plain.splitlines()]

    ask(small_set, out, 3)
    assert len(lines(out / "answers.jsonl")) == 12
    with pytest.raises(RunError, match="--epochs was 3, now 2"):
        ask(small_set, out, 2)


def test_the_journal_and_a_log_tell_the_same_as_the_run(small_set: Path, tmp_path: Path) -> None:
    out = ask(small_set, tmp_path / "run", 2)
    wanted = {row["item_id"]: row for row in lines(out / "predictions.jsonl")}
    with as_lines(out / "answers.jsonl", row_of) as found:
        assert {row["item_id"]: row for row in lines(found)} == wanted
    (log,) = (out / "logs").glob("*.eval")
    with as_lines(log, row_of) as found:
        assert {row["item_id"]: row for row in lines(found)} == wanted


def test_epochs_of_inspect_are_samples(small_set: Path, tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    (log,) = inspect_ai.eval(
        rose(str(small_set), scenes=1, templates="T1", journal=str(journal)),
        model="handeye/simulated",
        model_args={"data": str(small_set)},
        epochs=2,
        display="none",
        log_dir=str(tmp_path / "logs"),
    )
    assert log.status == "success"
    assert [row.get("sample") for row in lines(journal)] in ([None, 2], [2, None])


def test_a_dry_run_counts_every_sample(small_set: Path, tmp_path: Path) -> None:
    def options(epochs: int) -> RoseOptions:
        return RoseOptions(
            model="handeye/simulated",
            data=str(small_set),
            out=tmp_path / "run",
            scenes=2,
            templates="T1,T2",
            epochs=epochs,
        )

    one, five = dry_run(job(options(1))), dry_run(job(options(5)))
    assert (one.requests, five.requests) == (4, 20)
    assert five.upload_bytes == 5 * one.upload_bytes
    ask(small_set, tmp_path / "run", 2)
    rest = dry_run(job(options(5)))
    assert (rest.requests, rest.answered) == (12, 8)
    with pytest.raises(OptionError, match="epochs"):
        options(0)


class SettingsAPI(ModelAPI):
    """Notes the seed of every request, and what stands beside its words."""

    seen: list[tuple[int | None, Any]]

    def __init__(self, model_name: str, **others: Any) -> None:
        super().__init__(model_name, config=GenerateConfig())
        self.seen = []

    async def generate(
        self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        self.seen.append((config.seed, input[-1].metadata))
        return ModelOutput.from_content("settings", "heard")


@modelapi(name="handeye-test-settings")
def settings_provider() -> type[ModelAPI]:
    return SettingsAPI


@pytest.mark.parametrize("seed", [None, 7])
def test_no_two_samples_have_one_seed(seed: int | None) -> None:
    model = get_model("handeye-test-settings/any", memoize=False, config=GenerateConfig(seed=seed))
    opening = Opening([ChatMessageUser(content="?", metadata={"item_id": "a"})])
    question = Question("a", "s", {}, (), lambda: opening)

    async def ask_thrice() -> list[Any]:
        asker = Asker(model, None)
        return [(await asker.ask(question.sampled(n), opening)).sample for n in (1, 2, 3)]

    assert anyio.run(ask_thrice)[1:] == [2, 3]
    assert isinstance(model.api, SettingsAPI)
    assert model.api.seen == [
        (seed, {"item_id": "a"}),
        (seed and seed + 1, {"item_id": "a", "sample": 2}),
        (seed and seed + 2, {"item_id": "a", "sample": 3}),
    ]
    assert opening.messages[0].metadata == {"item_id": "a"}


def test_models_on_this_machine_draw_anew_for_every_sample(small_set: Path) -> None:
    seen: list[int | None] = []

    async def noting(messages: Any, config: GenerateConfig) -> ModelOutput:
        seen.append(config.seed)
        return ModelOutput.from_content("x", "COUNT(1)")

    model = get_model("handeye/simulated", memoize=False, data=str(small_set))
    model.api.respondent.generate = noting  # type: ignore[attr-defined]
    opening = Opening([ChatMessageUser(content="?")])
    question = Question("a", "s", {}, (), lambda: opening)

    async def ask_thrice() -> None:
        asker = Asker(model, None)
        for number in (1, 2, 3):
            await asker.ask(question.sampled(number), opening)

    anyio.run(ask_thrice)
    assert seen == [None, 1, 2]
