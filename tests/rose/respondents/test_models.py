"""handeye/pixels and handeye/simulated through Inspect, on a small generated set."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import inspect_ai
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    ContentImage,
    ContentText,
    GenerateConfig,
    ModelOutput,
    get_model,
)

from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.models.provider import HandeyeAPI
from handeye.respondents.conversation import SimulatedApiError
from handeye.rose import rerender
from handeye.rose.asking.prompts import Order, prompt_parts
from handeye.rose.asking.task import rose
from handeye.rose.items import Item, ItemSet
from handeye.rose.release import load
from handeye.rose.respondents.lookup import ItemFinder
from handeye.rose.respondents.pixels import solve
from handeye.rose.respondents.pixels.respondent import PixelRespondent
from handeye.rose.respondents.simulated import simulate
from handeye.rose.scenes.generation import generate
from handeye.rose.scoring.score_item import score_item
from tests.support.rose.cell_pictures import encoded, letter_tile, random_scene

OFFICIAL = Path(
    os.environ.get("HANDEYE_ROSE_DATA", Path(__file__).parents[4] / "shared" / "rose-v0.1")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("set") / "small", seed=12, scenes=10, workers=1)


@pytest.fixture(scope="module")
def small(folder: Path) -> ItemSet:
    return load(folder)


def message(item: Item, image: bytes, order: Order = "image_first") -> ChatMessageUser:
    url = "data:image/png;base64," + base64.b64encode(image).decode()
    return ChatMessageUser(
        content=[
            ContentImage(image=url) if part is None else ContentText(text=part)
            for part in prompt_parts(item, order)
        ]
    )


def ask(api: HandeyeAPI, *messages: ChatMessageUser | ChatMessageSystem) -> ModelOutput:
    return anyio.run(api.generate, list(messages), [], "none", GenerateConfig())


def evaluate(folder: Path, log_dir: Path, model: str, **model_args: Any) -> EvalLog:
    return inspect_ai.eval(
        rose(data=str(folder), split="all", templates="all"),
        model=model,
        model_args=model_args,
        display="none",
        log_dir=str(log_dir),
        log_images=False,
    )[0]


def means(log: EvalLog) -> dict[str, float]:
    assert log.results is not None
    return {score.name: score.metrics["handeye/subset_mean"].value for score in log.results.scores}


def test_pixels_solve_a_generated_set_through_inspect(folder: Path, tmp_path: Path) -> None:
    log = evaluate(folder, tmp_path, "handeye/pixels")
    assert log.status == "success"
    found = means(log)
    assert (found.pop("unanswered"), found.pop("gap")) == (0.0, 0.0)
    columns = ("G-Cnt", "L-Cnt", "L-Clk", "V-Clk", "Excl-CS", "G-Clk", "mL-Cnt")
    assert found == dict.fromkeys((*columns, "counting", "action"), 1.0)
    usage = log.stats.model_usage["handeye/pixels"]
    assert usage.input_tokens > 70 * 100
    assert usage.output_tokens >= 70


def test_simulated_faults_arrive_as_their_states(folder: Path, tmp_path: Path) -> None:
    log = evaluate(
        folder,
        tmp_path,
        "handeye/simulated",
        data=str(folder),
        faults="api_error=0.2,refuse=0.2,truncate=0.2,miscount=0.2",
        seed=5,
    )
    assert log.status == "success"
    assert log.samples is not None
    rates = {"api_error": 0.2, "refuse": 0.2, "truncate": 0.2, "miscount": 0.2}
    answers = [answer for sample in log.samples for answer in sample.store["answers"]]
    wanted = {item.item_id: simulate(item, rates, 5) for item in load(folder)}
    assert len(answers) == len(wanted) == 70
    assert {a["item_id"]: a["state"] for a in answers} == {i: w.state for i, w in wanted.items()}
    assert {a["state"] for a in answers} == {"answered", "refused", "truncated", "error"}
    for answer in answers:
        assert answer["raw_text"] == (wanted[answer["item_id"]].raw_text or "")
    assert any("simulated" in a["error"] for a in answers if a["state"] == "error")


@pytest.mark.parametrize("order", ["image_first", "authors"])
def test_simulated_finds_its_item_in_either_order(
    folder: Path, small: ItemSet, order: Order
) -> None:
    api = HandeyeAPI("simulated", data=str(folder))
    for item in small.items[::3]:
        output = ask(api, message(item, small.image_path(item).read_bytes(), order))
        assert output.completion == item.ground_truth_formal_answer
        assert output.stop_reason == "stop"
        assert output.metadata == {"planted": []}


def test_simulated_outputs_carry_their_stop_reason(folder: Path, small: ItemSet) -> None:
    item = small.items[0]
    request = message(item, small.image_path(item).read_bytes())
    refused = ask(HandeyeAPI("simulated", data=str(folder), faults=["refuse=1"]), request)
    assert refused.stop_reason == "content_filter"
    cut = ask(HandeyeAPI("simulated", data=str(folder), faults={"truncate": 1}), request)
    assert cut.stop_reason == "max_tokens"
    assert cut.metadata == {"planted": ["truncate"]}
    with pytest.raises(SimulatedApiError):
        ask(HandeyeAPI("simulated", data=str(folder), faults="api_error=1"), request)
    assert not issubclass(SimulatedApiError, HandeyeError)  # a run goes on after it


def test_an_item_without_hash_or_picture_is_found_by_its_prompt_alone(tmp_path: Path) -> None:
    drawn = random_scene(4, cue=False)
    rows, cols = drawn.shape
    row = {
        "item_id": "I",
        "scene_id": "S",
        "task_template": "T1_COUNT_GLOBAL",
        "task_mode": "COUNT",
        "region_type": "GLOBAL",
        "rows": rows,
        "cols": cols,
        "ground_truth_count": 0,
        "all_target_cells": [],
        "region_target_cells": [],
        "rose_subset": "ROSE-ChineseGlyph",
        "prompt": "How many cells differ from the majority?",
        "image": "nowhere.png",
    }
    second = row | {"item_id": "J", "prompt": row["prompt"], "image": "elsewhere.png"}
    file = tmp_path / "metadata_test.jsonl"
    file.write_text(json.dumps(row))
    image = encoded(drawn.pixels)
    assert (
        ItemFinder(load(file)).find(image, " How many  cells differ\nfrom the majority?")
        == (load(file).items[0])
    )
    file.write_text(f"{json.dumps(row)}\n{json.dumps(second)}")
    with pytest.raises(RunError, match="no item fits the picture"):
        ItemFinder(load(file)).find(image, row["prompt"])  # type: ignore[arg-type]
    # With the pictures there, the file's bytes decide, though the rows hold no hash.
    (tmp_path / "elsewhere.png").write_bytes(image)
    found = ItemFinder(load(file)).find(image, row["prompt"])  # type: ignore[arg-type]
    assert found.item_id == "J"


def test_simulated_says_when_the_set_is_another(folder: Path) -> None:
    api = HandeyeAPI("simulated", data=str(folder))
    url = "data:image/png;base64," + base64.b64encode(encoded(letter_tile("E", 64))).decode()
    other = ChatMessageUser(content=[ContentImage(image=url), ContentText(text="Where is it?")])
    with pytest.raises(RunError, match=r"no item fits the picture .* model argument 'data'"):
        ask(api, other)


def test_pixels_decline_as_a_refusal_with_the_reason() -> None:
    url = "data:image/png;base64," + base64.b64encode(encoded(letter_tile("E", 400))).decode()
    question = ContentText(text="How many cells differ from the majority?")
    output = ask(HandeyeAPI("pixels"), ChatMessageUser(content=[ContentImage(image=url), question]))
    assert output.stop_reason == "content_filter"
    assert output.completion.startswith("I cannot answer: I see no grid")
    assert output.usage is not None
    assert output.usage.input_tokens == 15 * 15 + 10  # 28 x 28 pixels, 4 characters a token


def test_the_question_may_come_in_several_messages() -> None:
    drawn = random_scene(5, cue=False)
    url = "data:image/png;base64," + base64.b64encode(encoded(drawn.pixels)).decode()
    output = ask(
        HandeyeAPI("pixels"),
        ChatMessageSystem(content="Rows are numbered 1, 2, 3 from the top."),
        ChatMessageUser(content=[ContentImage(image=url)]),
        ChatMessageUser(content="How many cells differ from the majority?"),
    )
    assert output.completion == f"COUNT({int(drawn.odd.sum())})"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda d: get_model("handeye/eyes"), RunError, "handeye/pixels, "),
        (lambda d: get_model("handeye/pixels", data=d), RunError, "takes none .* not data"),
        (lambda d: get_model("handeye/simulated"), RunError, "data=DIR"),
        (lambda d: get_model("handeye/simulated", data=d, rate=1), RunError, "not rate"),
        (lambda d: get_model("handeye/simulated", data=d, seed="x"), OptionError, "an integer"),
        (lambda d: get_model("handeye/simulated", data=d, faults="x=1"), OptionError, "'x'"),
        (lambda d: get_model("handeye/simulated", data=d + "/no"), DataError, "no such set"),
    ],
)
def test_wrong_names_and_arguments_are_named(
    folder: Path, make: Callable[[str], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(str(folder))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("How many?", "one picture, got 0"),
        ([ContentImage(image="https://example.org/a.png")], "data URL, got 'https:"),
        ([ContentImage(image="data:image/png;base64,%%%")], "cannot be decoded"),
    ],
)
def test_requests_that_hold_no_picture(content: Any, message: str) -> None:
    with pytest.raises(RunError, match=message):
        ask(HandeyeAPI("pixels"), ChatMessageUser(content=content))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_many_requests_at_once_look_at_a_picture_once(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "trio":
        pytest.importorskip("trio")
    from handeye.rose.respondents.pixels import respondent as looking

    looked: list[int] = []
    real = looking._look_at

    def counting(image: bytes) -> Any:
        looked.append(len(image))
        return real(image)

    monkeypatch.setattr(looking, "_look_at", counting)
    images = [encoded(random_scene(seed, cue=True).pixels) for seed in (7, 8, 10)]
    prompts = [f"How many cells in row {row} differ from the majority?" for row in range(1, 8)]
    respondent = PixelRespondent(workers=2)
    answers: dict[tuple[int, str], str] = {}

    async def one(number: int, prompt: str) -> None:
        text, declined = await respondent.answer(images[number], prompt)
        assert not declined
        answers[number, prompt] = text

    async def everything() -> None:
        async with anyio.create_task_group() as group:
            for number in range(len(images)):
                for prompt in prompts:
                    group.start_soon(one, number, prompt)

    anyio.run(everything, backend=backend)
    assert len(looked) == len(images)
    assert answers == {key: solve(images[key[0]], key[1]) for key in answers}
    assert len(answers) == len(images) * len(prompts)


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the authors' metadata is not on this machine")
def test_pixels_answer_the_authors_scenes_drawn_again(tmp_path: Path) -> None:
    chosen: dict[str, list[str]] = {}
    for line in (OFFICIAL / "global_click.metadata_test.jsonl").open(encoding="utf-8"):
        kept = chosen.setdefault(json.loads(line)["rose_subset"], [])
        if len(kept) < 4:
            kept.append(line)
    file = tmp_path / "metadata_test.jsonl"
    file.write_text("".join(line for kept in chosen.values() for line in kept), "utf-8")
    again = load(rerender([file], tmp_path / "set", keep_prompts=True, workers=1))
    for item in again:
        said = solve(again.image_path(item).read_bytes(), item.prompt)
        assert score_item(item, said).passed, f"{item.item_id}: {said}"
    assert len(again) == 20 * 7
