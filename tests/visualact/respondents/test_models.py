"""handeye/prior and handeye/simulated asked about clips through Inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import inspect_ai
import pytest
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ContentText,
    ContentVideo,
    GenerateConfig,
    ModelOutput,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

from handeye.errors import DataError, OptionError, RunError
from handeye.models.provider import HandeyeAPI
from handeye.respondents.conversation import SimulatedApiError
from handeye.visualact.asking import prompts
from handeye.visualact.loader import recognizes
from handeye.visualact.records import SCENARIOS
from handeye.visualact.respondents.faults import simulate
from handeye.visualact.respondents.prior import TEMPLATES
from handeye.visualact.scoring.reading.reading import read_actions, read_labels
from tests.support.visualact.written_set import clips_of, frames_message, picture, written_set

CLIPS = clips_of(12)
FRAMES = [picture(color) for color in ("#101010", "#808080", "#f0f0f0")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(written_set(tmp_path_factory.mktemp("set") / "clips", CLIPS))


def ask(api: HandeyeAPI, *messages: ChatMessage) -> ModelOutput:
    return anyio.run(api.generate, list(messages), [], "none", GenerateConfig())


def test_prior_answers_by_scenario_whatever_the_pictures(folder: str) -> None:
    api = HandeyeAPI("prior", data=folder)
    for clip in CLIPS:
        seen = ask(api, frames_message(FRAMES, clip.clip_id))
        other = ask(api, frames_message([b"no picture at all"], clip.clip_id))
        assert seen.completion == other.completion
        assert read_actions(seen.completion).actions == TEMPLATES[clip.scenario]
        assert seen.usage is not None
        assert other.usage is not None
        assert seen.usage.input_tokens - other.usage.input_tokens >= 3 * 2


def test_templates_are_there_for_every_scenario_and_never_share_a_sentence() -> None:
    texts = [action.text for guesses in TEMPLATES.values() for action in guesses]
    assert list(TEMPLATES) == list(SCENARIOS)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", ["prior", "simulated"])
def test_two_passes_and_one_pass_say_the_same(folder: str, name: str) -> None:
    api = HandeyeAPI(name, data=folder)
    for clip in CLIPS:
        one = read_actions(ask(api, frames_message(FRAMES, clip.clip_id)).completion)
        opening = frames_message(FRAMES, clip.clip_id, prompts.FREE_ELICITATION)
        listed = ask(api, opening).completion
        first = read_actions(listed, plain_lines=True)
        assert first.actions is not None
        texts = [action.text for action in first.actions]
        second = ask(
            api,
            opening,
            ChatMessageAssistant(content=listed),
            ChatMessageUser(content=prompts.labelling(texts), metadata={"item_id": clip.clip_id}),
        )
        assert read_labels(second.completion, texts).actions == one.actions


def test_a_native_video_is_as_good_as_frames(folder: str) -> None:
    message = ChatMessageUser(
        content=[
            ContentVideo(video="data:video/mp4;base64,AAAA", format="mp4"),
            ContentText(text=prompts.ELICITATION),
        ],
        metadata={"item_id": CLIPS[0].clip_id},
    )
    system = ChatMessageSystem(content="You are watching.")
    output = ask(HandeyeAPI("simulated", data=folder), system, message)
    assert output.completion == simulate(CLIPS[0], {}, 0).raw_text
    assert output.metadata == {"planted": []}


def test_simulated_outputs_carry_stop_reason_and_what_was_planted(folder: str) -> None:
    request = frames_message(FRAMES, CLIPS[0].clip_id)
    refused = ask(HandeyeAPI("simulated", data=folder, faults=["refuse=1"]), request)
    assert refused.stop_reason == "content_filter"
    cut = ask(HandeyeAPI("simulated", data=folder, faults={"truncate": 1, "miss": 1}), request)
    assert cut.stop_reason == "max_tokens"
    assert cut.metadata == {"planted": ["miss", "truncate"]}
    with pytest.raises(SimulatedApiError):
        ask(HandeyeAPI("simulated", data=folder, faults="api_error=1"), request)


@solver
def asks_about_its_clip() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.messages = [frames_message(FRAMES, str(state.sample_id))]
        return await generate(state)

    return solve


def test_simulated_runs_through_inspect_many_at_once(folder: str, tmp_path: Path) -> None:
    faults = {"miss": 0.4, "invent": 0.4, "fence": 0.5, "empty": 0.1}
    samples = [Sample(id=clip.clip_id, input="a clip") for clip in reversed(CLIPS)]
    log = inspect_ai.eval(
        Task(dataset=MemoryDataset(samples), solver=asks_about_its_clip()),
        model="handeye/simulated",
        model_args={"data": folder, "faults": faults, "seed": 9},
        display="none",
        log_dir=str(tmp_path),
        log_images=False,
    )[0]
    assert log.status == "success"
    assert log.samples is not None
    said = {str(sample.id): sample.output for sample in log.samples}
    for clip in CLIPS:
        wanted = simulate(clip, faults, 9)
        assert said[clip.clip_id].completion == wanted.raw_text
        assert said[clip.clip_id].metadata == {"planted": list(wanted.planted)}


@pytest.mark.parametrize("name", ["prior", "simulated"])
def test_a_request_must_be_about_a_clip_of_the_set(folder: str, name: str) -> None:
    api = HandeyeAPI(name, data=folder)
    with pytest.raises(RunError, match=f"handeye/{name} must be told which clip"):
        ask(api, frames_message(FRAMES, None))
    with pytest.raises(RunError, match=r"no clip home-9 in clips; .* model argument 'data'"):
        ask(api, frames_message(FRAMES, "home-9"))
    with pytest.raises(RunError, match=r"questions of the suite visualact .* How many\?'"):
        ask(api, frames_message(FRAMES, CLIPS[0].clip_id, "How many?"))


def test_pixels_say_that_clips_are_not_for_them() -> None:
    with pytest.raises(RunError, match=r"about one picture, got 3; clips are answered by"):
        ask(HandeyeAPI("pixels"), frames_message(FRAMES, "home-1"))
    video = ContentVideo(video="https://example.org/a.mp4", format="mp4")
    with pytest.raises(RunError, match="the video must come as a base64 data URL"):
        ask(HandeyeAPI("pixels"), ChatMessageUser(content=[video]))


@pytest.mark.parametrize(
    ("name", "args", "error", "message"),
    [
        ("prior", {}, RunError, "handeye/prior needs the set"),
        ("prior", {"data": "SET", "seed": 1}, RunError, "takes data as model arguments, not seed"),
        ("prior", {"data": "SET/no"}, DataError, "no such set"),
        ("simulated", {"data": "SET", "faults": "miscount=1"}, OptionError, "'miscount'"),
        ("simulated", {"data": "SET", "faults": "miss=2"}, OptionError, "must lie in 0..1"),
    ],
)
def test_wrong_arguments_are_named(
    folder: str, name: str, args: dict[str, Any], error: type[Exception], message: str
) -> None:
    given = {
        key: value.replace("SET", folder) if isinstance(value, str) else value
        for key, value in args.items()
    }
    with pytest.raises(error, match=message):
        get_model(f"handeye/{name}", **given)


def test_a_set_of_clips_is_told_from_one_of_rose(folder: str, tmp_path: Path) -> None:
    assert recognizes(folder)
    assert recognizes(f"{folder}/clips_test.jsonl")
    assert recognizes("hf:Proactive-LMM/VisualActBench")
    assert not recognizes("hf:someone/ROSE")
    (tmp_path / "metadata_test.jsonl").touch()
    assert not recognizes(str(tmp_path))
    assert not recognizes(str(tmp_path / "metadata_test.jsonl"))
