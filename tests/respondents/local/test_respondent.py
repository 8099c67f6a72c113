"""``handeye/hf`` as users reach it: options, conversations, whole runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

import anyio
from inspect_ai.model import ContentAudio, ContentVideo, GenerateConfig, Model, get_model

from handeye.errors import HandeyeError, OptionError, RunError
from handeye.models.registry import make_respondent
from handeye.respondents.local.options import LocalOptions
from handeye.respondents.local.respondent import LocalRespondent
from handeye.rose.scenes.generation import generate
from handeye.rose.teaching.words import phrases
from handeye.training.architecture import build, save
from tests.support.local import families


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved tiny model; random weights drawn large, so that its answers differ."""
    out = tmp_path_factory.mktemp("model")
    loaded = families.model_of("llava")
    save(loaded.model, loaded.processor, out)
    return out


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(
        tmp_path_factory.mktemp("rose") / "set",
        seed=4,
        scenes=3,
        sources="pixel-content",
        grid="2:4",
        workers=1,
    )


def model(folder: Path, **args: Any) -> Model:
    return get_model("handeye/hf", memoize=False, path=str(folder), **args)


def ask(one: Model, *parts: str, **config: Any) -> Any:
    async def asked() -> Any:
        return await one.generate(families.conversation(*parts), config=GenerateConfig(**config))

    return anyio.run(asked)


def handeye(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from handeye.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"dtype": "int8"}, "dtype is 'int8'; allowed: auto, float32"),
        ({"quantization": "2bit"}, "quantization is '2bit'; allowed: 4bit, 8bit"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"batch_size": "many"}, "batch_size must be a whole number"),
        ({"cache_bytes": -1}, "cache_bytes must be at least 0"),
        ({"share": "perhaps"}, "share must be true or false"),
        ({"device": "cpu", "device_map": "auto"}, "exclude each other"),
        ({"paht": "x"}, "handeye/hf takes path, dtype"),
        ({"device": "toaster"}, "device 'toaster' is none"),
    ],
)
def test_options_are_checked(folder: Path, args: dict[str, Any], message: str) -> None:
    with pytest.raises(HandeyeError, match=message):
        model(folder, **args)


def test_a_path_is_needed_and_must_hold_a_model(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="path=DIR"):
        get_model("handeye/hf", memoize=False)
    with pytest.raises(RunError, match="is no folder"):
        model(tmp_path / "nowhere")
    with pytest.raises(RunError, match="no model that sees or hears can be loaded") as error:
        model(tmp_path)
    assert str(tmp_path) in str(error.value)
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(RunError, match="no model that sees or hears can be loaded"):
        model(tmp_path)


def test_numbers_may_come_as_text(folder: Path) -> None:
    LocalOptions(path=str(folder))
    one = model(folder, batch_size="4", cache_bytes="2e6", share="no", max_tokens="3")
    out = ask(one, families.picture(1), "What?")
    assert out.usage.output_tokens == 3
    assert out.stop_reason == "max_tokens"
    assert out.metadata["way"] == "plain"


def test_usage_tells_what_was_read_and_what_was_shared(folder: Path) -> None:
    one = model(folder, window=0.2)

    async def both() -> list[Any]:
        found: list[Any] = []

        async def asked(text: str) -> None:
            told = families.conversation(families.picture(1), text)
            found.append(await one.generate(told, config=GenerateConfig(max_tokens=4)))

        async with anyio.create_task_group() as group:
            for text in ("What?", "Where is it, and how many are there?"):
                group.start_soon(asked, text)
        return found

    for out in anyio.run(both):
        assert out.metadata["way"] == "shared"
        assert out.usage.input_tokens_cache_read >= 16  # patches of the picture
        # Inspect counts apart what a cache served.
        read = out.usage.input_tokens + out.usage.input_tokens_cache_read
        assert 0 < out.usage.input_tokens < read
        assert out.usage.total_tokens == read + out.usage.output_tokens


def test_stop_strings_are_left_out(folder: Path) -> None:
    one = model(folder)
    whole = ask(one, families.picture(1), "What?", max_tokens=12)
    text = whole.completion
    assert len(text) > 4
    stop = text[3:5]
    cut = ask(one, families.picture(1), "What?", max_tokens=12, stop_seqs=[stop])
    assert cut.completion == text[: text.index(stop)]
    assert cut.stop_reason == "stop"


def test_draws_follow_the_seed_and_nothing_else(folder: Path) -> None:
    alone, crowded = model(folder, batch_size=1), model(folder, batch_size=8)
    told = {"temperature": 1.5, "top_p": 0.9, "max_tokens": 10}
    parts = (families.picture(2), "Which?")
    first = ask(alone, *parts, seed=1, **told).completion
    assert ask(crowded, *parts, seed=1, **told).completion == first
    assert any(ask(alone, *parts, seed=s, **told).completion != first for s in range(2, 6))


def test_choices_come_with_the_answer(folder: Path) -> None:
    out = ask(model(folder, choices="A,B,DONE"), families.picture(1), "What?", max_tokens=2)
    assert set(out.metadata["choice_logprobs"]) == {"A", "B", "DONE"}
    assert all(value < 0 for value in out.metadata["choice_logprobs"].values())


@pytest.mark.parametrize("share", [True, False])
def test_log_probabilities_of_what_was_written(folder: Path, share: bool) -> None:
    one = model(folder, share=share)
    out = ask(one, families.picture(1), "What?", max_tokens=4, logprobs=True, top_logprobs=3)
    noted = out.choices[0].logprobs.content
    assert "".join(token.token for token in noted) == out.completion
    for place, token in enumerate(noted):
        likeliest = [top.logprob for top in token.top_logprobs]
        assert likeliest == sorted(likeliest, reverse=True)
        assert likeliest[0] == token.logprob  # greedy takes the likeliest
        named = place == 0 or token.token.strip() in ascii_uppercase
        assert len(likeliest) == 3 or named
    assert ask(one, families.picture(1), "What?", max_tokens=4).choices[0].logprobs is None


def test_one_likeliest_token_leaves_nothing_to_draw(folder: Path) -> None:
    one = model(folder)
    parts = (families.picture(1), "What?")
    greedy = ask(one, *parts, max_tokens=8).completion
    drawn = [
        ask(one, *parts, max_tokens=8, temperature=3.0, top_k=1, seed=s).completion for s in (1, 2)
    ]
    assert drawn == [greedy, greedy]


def test_what_cannot_be_shown_is_refused(folder: Path) -> None:
    one = LocalRespondent(LocalOptions(path=str(folder)))

    async def asked(content: Any) -> None:
        message = families.conversation("What?")[0]
        message.content = content
        await one.generate([message], GenerateConfig())

    with pytest.raises(RunError, match="cannot show audio"):
        anyio.run(asked, [ContentAudio(audio="data:audio/wav;base64,AA==", format="wav")])
    with pytest.raises(RunError, match="a video that was sent cannot be shown"):
        anyio.run(asked, [ContentVideo(video="data:video/mp4;base64,AAAA", format="mp4")])
    broken = families.conversation("data:image/png;base64,AAAA")[0].content
    with pytest.raises(RunError, match="cannot be read"):
        anyio.run(asked, broken)


def test_one_bad_picture_costs_no_other_answer(folder: Path) -> None:
    one = LocalRespondent(LocalOptions(path=str(folder), window=0.2, max_tokens=3))
    shown = ["data:image/png;base64,AAAA", families.picture(1), families.picture(2)]
    found: dict[int, Any] = {}

    async def asked(place: int) -> None:
        try:
            told = families.conversation(shown[place], "What?")
            found[place] = await one.generate(told, GenerateConfig())
        except RunError as error:
            found[place] = error

    async def all_asked() -> None:
        async with anyio.create_task_group() as group:
            for place in range(3):
                group.start_soon(asked, place)

    anyio.run(all_asked)
    assert isinstance(found[0], RunError)
    assert [found[place].usage.output_tokens for place in (1, 2)] == [3, 3]


@pytest.mark.parametrize("frames", [1, 3])
def test_a_video_is_shown_as_pictures(folder: Path, tmp_path: Path, frames: int) -> None:
    import base64

    from inspect_ai.model import ContentText

    from handeye.respondents.local.chat import write_ask
    from handeye.visualact.scenes.generation import generate as make_clips

    out = make_clips(tmp_path / "clips", seed=1, clips=1, scenarios=["home"], workers=1)
    (video,) = (out / "videos").glob("*.mp4")
    url = "data:video/mp4;base64," + base64.b64encode(video.read_bytes()).decode()
    message = families.conversation("What?")[0]
    message.content = [ContentVideo(video=url, format="mp4"), ContentText(text="What?")]
    told = write_ask(families.model_of("llava"), [message], frames)
    assert len({picture.digest for picture in told.pictures}) == frames
    assert told.text.count("<image>") == frames


def test_a_run_of_rose_asks_scene_by_scene_with_the_picture_first(
    folder: Path, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lets a server such as vLLM, and handeye/hf, share what a scene's questions share."""
    from handeye.respondents.local import respondent
    from handeye.rose.asking.run import run_rose

    seen: list[tuple[str, str]] = []
    write = respondent.write_ask

    def noted(loaded: Any, messages: Any, frames: int) -> Any:
        asked = write(loaded, messages, frames)
        seen.append((asked.pictures[0].digest, asked.text))
        return asked

    monkeypatch.setattr(respondent, "write_ask", noted)
    run_rose(
        "handeye/hf",
        scenes,
        tmp_path / "run",
        model_args={"path": str(folder), "max_tokens": 4},
        templates="all",
        max_connections=1,
        progress=False,
    )
    assert len(seen) == 21
    assert all(text.startswith("<image>") for _, text in seen)
    # A scene has a base and a cue picture; all about one scene comes before the next.
    digests = [{digest for digest, _ in seen[start : start + 7]} for start in (0, 7, 14)]
    assert [len(scene) for scene in digests] == [2, 2, 2]
    assert len(set.union(*digests)) == 6


def test_a_slow_processor_is_given_its_time(
    folder: Path, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from handeye.respondents.local.engine import Engine
    from handeye.rose.asking.run import run_rose

    answer = Engine.answer

    def slowly(*args: Any) -> Any:
        time.sleep(1.2)
        return answer(*args)

    monkeypatch.setattr(Engine, "answer", slowly)
    out = tmp_path / "run"
    run_rose(
        "handeye/hf",
        scenes,
        out,
        model_args={"path": str(folder), "max_tokens": 2},
        templates="T1",
        attempt_timeout=1,
        max_retries=0,
        progress=False,
        score=False,
    )
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert {row["state"] for row in rows} <= {"answered", "truncated", "empty"}


def test_run_from_the_command_line(folder: Path, scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = handeye(
        *("run", "rose", "--model", "handeye/hf", "--model-arg", f"path={folder}"),
        *("--model-arg", "max_tokens=6", "--data", str(scenes), "--out", str(out), "--quiet"),
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert len(rows) == 15
    assert {row["state"] for row in rows} <= {"answered", "truncated", "empty"}
    assert "Loading weights" not in done.stderr


def test_inspect_alone_reaches_it(folder: Path, scenes: Path, tmp_path: Path) -> None:
    from inspect_ai import eval as run_inspect

    from handeye.rose.asking.task import rose

    logs = run_inspect(
        rose(data=str(scenes)),
        model=model(folder, max_tokens=4),
        log_dir=str(tmp_path),
        display="none",
    )
    assert logs[0].status == "success"


def test_torch_is_asked_for_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handeye.respondents.local.shipped.find_spec", lambda name: None)
    for name in ("hf", "premise-small", "stress-small"):
        with pytest.raises(RunError, match=r"pip install '\.\[local\]'"):
            make_respondent(name, {"path": "x"})


def test_importing_handeye_does_not_import_torch() -> None:
    code = (
        "import sys, handeye, handeye.cli, handeye._registry, handeye.models.registry;"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_option_without_a_use_is_named() -> None:
    with pytest.raises(OptionError, match="choices must be strings"):
        LocalRespondent(_read(choices=7))


def _read(**args: Any) -> LocalOptions:
    from handeye.respondents.local.options import read_options

    return read_options({"path": "x", **args})


def test_the_tiny_preset_is_what_a_folder_holds(folder: Path) -> None:
    fresh, _ = build("tiny", 2, phrases())
    saved = model(folder).api.respondent.engine.loaded.model
    assert {n: p.shape for n, p in saved.named_parameters()} == {
        n: p.shape for n, p in fresh.named_parameters()
    }
