"""The Inspect task on its own, answered by a provider of the test."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    modelapi,
)

from handeye.errors import OptionError
from handeye.rose.asking.task import rose
from handeye.rose.release import load
from handeye.rose.scenes.generation import generate
from handeye.rose.scoring.file_scoring import score_files
from tests.support.rose.small_set import write_set


class GoldAPI(ModelAPI):
    """Answers from a table of prompt and picture; raises where the table says None."""

    calls: list[list[ChatMessage]]
    table: dict[tuple[str, str], str | None]

    def __init__(self, model_name: str, **others: Any) -> None:
        super().__init__(model_name, config=GenerateConfig())
        self.calls = []
        self.table = {}

    async def generate(
        self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        self.calls.append(input)
        (message,) = input
        image, text = message.content
        answer = self.table[image.image[-400:], text.text]  # type: ignore[union-attr]
        if answer is None:
            raise ValueError("this provider is broken")
        return ModelOutput.from_content("gold", answer)


@modelapi(name="handeye-test-gold")
def gold_provider() -> type[ModelAPI]:
    return GoldAPI


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set", 4)


def gold_model(folder: Path, broken: str = "") -> Model:
    from handeye.rose.asking.prompts import Picture

    model = inspect_ai.model.get_model("handeye-test-gold/any", memoize=False)
    assert isinstance(model.api, GoldAPI)
    for line in (folder / "metadata_test.jsonl").read_text().splitlines():
        row = json.loads(line)
        url = Picture.read(folder / row["image"]).data_url()
        answer = None if row["item_id"] == broken else row["ground_truth_formal_answer"]
        model.api.table[url[-400:], row["prompt"]] = answer
    return model


def evaluate(folder: Path, tmp_path: Path, model: Model, **options: Any) -> EvalLog:
    (log,) = inspect_ai.eval(
        rose(str(folder), **options),
        model=model,
        display="none",
        log_dir=str(tmp_path / "logs"),
        log_images=False,
        max_retries=0,
    )
    assert log.status == "success", log.error
    return log


def metrics(log: EvalLog) -> dict[str, tuple[float, int, int]]:
    assert log.results is not None
    return {
        score.name: (
            next(m.value for name, m in score.metrics.items() if name.endswith("subset_mean")),
            score.scored_samples or 0,
            score.unscored_samples or 0,
        )
        for score in log.results.scores
    }


def test_gold_answers_pass_everywhere(folder: Path, tmp_path: Path) -> None:
    log = evaluate(folder, tmp_path, gold_model(folder))
    columns = ("G-Cnt", "L-Cnt", "L-Clk", "V-Clk", "Excl-CS", "counting", "action")
    nothing = dict.fromkeys(("gap", "unanswered"), (0.0, 4, 0))
    assert metrics(log) == {**dict.fromkeys(columns, (1.0, 4, 0)), **nothing}
    assert log.samples is not None
    assert [sample.id for sample in log.samples] == [f"s0000{n}" for n in range(4)]
    assert set(log.samples[0].metadata["image_sha256"]) == {"s00000_base.png", "s00000_cue.png"}


def test_every_question_is_a_fresh_conversation(folder: Path, tmp_path: Path) -> None:
    model = gold_model(folder)
    evaluate(folder, tmp_path, model)
    assert isinstance(model.api, GoldAPI)
    assert len(model.api.calls) == 20
    assert all(len(call) == 1 for call in model.api.calls)


def test_a_failed_item_counts_as_wrong(folder: Path, tmp_path: Path) -> None:
    log = evaluate(folder, tmp_path, gold_model(folder, broken="s00002_T3"))
    found = metrics(log)
    assert found["L-Clk"][1:] == (4, 0)
    assert found["G-Cnt"] == (1.0, 4, 0)
    assert log.samples is not None
    score = log.samples[2].scores["rose"]  # type: ignore[index]
    assert isinstance(score.value, dict)
    assert score.value["L-Clk"] == 0
    assert score.metadata is not None
    assert score.metadata["items"]["s00002_T3"] == {"state": "error", "pass": 0}


def test_the_log_has_the_figures_of_the_run_folder(tmp_path: Path) -> None:
    """Subsets of unequal size, right and wrong answers, and one that never came."""
    folder = tmp_path / "set"
    generate(folder, seed=3, scenes=8)
    shares = Counter(item.rose_subset for item in load(folder))
    assert len(set(shares.values())) > 1
    (log,) = inspect_ai.eval(
        rose(str(folder), templates="main"),
        model="handeye/simulated",
        model_args={
            "data": str(folder),
            "faults": "miss=0.3,miscount=0.2,api_error=0.1",
            "seed": 4,
        },
        display="none",
        log_dir=str(tmp_path / "logs"),
        log_images=False,
        max_retries=0,
    )
    run = score_files(log.location, folder, tmp_path / "run", templates="main")
    columns = run.summary["bases"]["all"]["columns"]
    headline = run.summary["bases"]["all"]["headline"]
    found = metrics(log)
    assert found["unanswered"][0] > 0
    for name in ("G-Cnt", "L-Cnt", "L-Clk", "V-Clk", "Excl-CS"):
        assert found[name][0] == pytest.approx(columns[name]["value"])
    for name in ("counting", "action", "gap"):
        assert found[name][0] == pytest.approx(headline[name]["value"])


def test_a_selection(folder: Path, tmp_path: Path) -> None:
    model = gold_model(folder)
    log = evaluate(folder, tmp_path, model, templates="T1,T4", scenes=2)
    assert set(metrics(log)) == {"G-Cnt", "V-Clk", "unanswered"}
    assert isinstance(model.api, GoldAPI)
    assert len(model.api.calls) == 4
    with pytest.raises(OptionError, match="order"):
        rose(str(folder), order="backwards")


def test_a_journal_alone_makes_a_task_resumable(folder: Path, tmp_path: Path) -> None:
    journal = str(tmp_path / "kept" / "answers.jsonl")
    broken = gold_model(folder, broken="s00001_T5")
    evaluate(folder, tmp_path, broken, journal=journal)
    mended = gold_model(folder)
    log = evaluate(folder, tmp_path, mended, journal=journal)
    assert isinstance(mended.api, GoldAPI)
    assert len(mended.api.calls) == 1, "only the item that had failed is asked again"
    assert metrics(log)["Excl-CS"] == (1.0, 4, 0)


def test_a_changed_picture_is_never_asked_about_and_the_rest_is(
    folder: Path, tmp_path: Path
) -> None:
    file = folder / "metadata_test.jsonl"
    first, *others = file.read_text().splitlines()
    changed = json.dumps(json.loads(first) | {"image_sha256": "0" * 64})
    file.write_text("\n".join([changed, *others]) + "\n")
    model = gold_model(folder)
    log = evaluate(folder, tmp_path, model)
    assert isinstance(model.api, GoldAPI)
    assert len(model.api.calls) == 19
    assert metrics(log)["G-Cnt"] == (0.75, 4, 0)
    assert log.samples is not None
    answer = log.samples[0].store["answers"][0]
    assert (answer["item_id"], answer["state"]) == ("s00000_T1", "error")
    assert "the picture was changed" in answer["error"]


def test_the_task_is_found_by_name() -> None:
    pytest.importorskip("handeye.models.provider")
    from inspect_ai._util.registry import registry_find, registry_info

    found = registry_find(lambda info: info.type == "task" and info.name == "handeye/rose")
    assert [registry_info(one).name for one in found] == ["handeye/rose"]
