"""Native tools: what providers are given, and how calls are kept, read back and gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import inspect_ai
import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser, ModelOutput
from inspect_ai.tool import ToolCall

from handeye.answer_kinds import tools
from handeye.answer_kinds.reading import Reading
from handeye.answer_kinds.schemas import Tool, tools_of
from handeye.answer_kinds.tools import Call
from handeye.errors import RunError
from handeye.run.answers import Answer
from handeye.run.dry_run import dry_run
from handeye.run.engine import resolve_model
from handeye.run.job import Job
from handeye.run.lane import carry_out
from handeye.run.logs import as_lines
from handeye.run.options import RunOptions
from handeye.run.questions import Opening, Question, Turn
from handeye.run.task import scene_task
from handeye.run.tools import calls_in, infos, takes_tools
from tests.support.chat_server import ChatServer, Reply, Request, serving

pytestmark = pytest.mark.server
MODEL = "openai-api/handeye-test/m"
TOOLS = tools_of(
    [
        {
            "name": "move_away",
            "description": "Moves a thing away.",
            "parameters": {
                "properties": {
                    "object": {"type": "string", "enum": ["knife", "cup"]},
                    "cm": {"type": "number", "minimum": 0, "maximum": 90},
                },
                "required": ["object"],
            },
        },
        {"name": "wait"},
    ]
)
KNIFE = {"name": "move_away", "arguments": {"object": "knife"}}


class Item(msgspec.Struct, frozen=True):
    item_id: str


@dataclass(frozen=True)
class Items:
    root: Path
    rows: tuple[Item, ...] = tuple(Item(f"i{k}") for k in range(4))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.rows)


@dataclass(frozen=True)
class Acting:
    """Asks what to do about every item, with some tools."""

    given: tuple[Tool, ...] = TOOLS
    scenes_held: int | None = None
    sends: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        return {"tools": len(self.given)}

    def fitted(self, model: str) -> Self:
        return self if takes_tools(model) else replace(self, given=())

    def questions(self, items: Items) -> Iterator[Question]:
        for item in items:
            text = f"{item.item_id}: what do you do?"

            def write(text: str = text) -> Opening:
                return Opening([ChatMessageUser(content=text)])

            yield Question(
                item.item_id, "s", {"said": text}, (), write, likely=(Turn(len(text), 20),),
                tools=self.given,
            )  # fmt: skip

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        return None


def row(asked: Question | None, answers: Sequence[Answer]) -> Mapping[str, Any]:
    return {"item_id": answers[-1].item_id, "raw_text": answers[-1].raw_text,
            "state": answers[-1].state, "error": answers[-1].error}  # fmt: skip


def job(root: Path, server: ChatServer | None = None, **others: Any) -> Job:
    def task(items: Items, asking: Acting, journal: Path, questions: Any, connections: int) -> Any:
        return scene_task(
            "acting", items, asking, [Sample(id="s", input="?")], None, journal, title="Acting",
            location=root, metadata={}, questions=questions, connections=connections,
        )  # fmt: skip

    given: dict[str, Any] = {"max_retries": 0, "progress": False, **others}
    options = RunOptions(
        model=given.pop("model", MODEL), data=str(root), out=root / "run", score=False,
        base_url=server and server.url, **given,
    )  # fmt: skip
    return Job(
        options, Items(root), Acting(), suite="acting", unit="scenes", plan={}, info={},
        whole=lambda data: Items(root), task=task, row=row, score=lambda info: None,
    )  # fmt: skip


def run(root: Path, server: ChatServer, **others: Any) -> list[dict[str, Any]]:
    carry_out(job(root, server, **others))
    return lines(root / "run" / "predictions.jsonl")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def calling(*calls: tuple[str, str], text: str | None = None, **others: Any) -> Reply:
    """A reply that calls tools, by name and arguments as they are written."""
    said = [
        {"id": f"c{k}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for k, (name, arguments) in enumerate(calls)
    ]
    return Reply(text, message={"tool_calls": said}, **{"finish_reason": "tool_calls", **others})


def answered(by_item: dict[str, Reply]) -> Callable[[Request], Reply]:
    return lambda request: by_item[request.text[:2]]


def test_tools_go_out_as_schemas_and_calls_come_back(tmp_path: Path, key: str) -> None:
    replies = {
        "i0": calling(("move_away", '{"object": "knife"}')),
        "i1": calling(("wait", "{}"), ("move_away", '{"cm": 3, "object": "cup"}'), text="Careful."),
        "i2": Reply("nothing"),
        # A model that ignores the tools and writes what it would call.
        "i3": Reply(f"```json\n{json.dumps(KNIFE)}\n```"),
    }
    with serving(answered(replies)) as server:
        found = run(tmp_path, server)
    for request in server.requests:
        away, wait = (one["function"] for one in request.parsed["tools"])
        assert (away["name"], away["description"]) == ("move_away", "Moves a thing away.")
        assert away["parameters"]["properties"]["object"] == {
            "type": "string", "enum": ["knife", "cup"],
        }  # fmt: skip
        # This provider is sent no limits but in words.
        assert away["parameters"]["properties"]["cm"] == {
            "type": "number", "description": "(minimum: 0; maximum: 90)",
        }  # fmt: skip
        assert (wait["name"], wait["parameters"]) == ("wait", TOOLS[1].parameters)
        assert request.parsed["tool_choice"] == "auto"
    assert [row["calls"] for row in found] == [
        [KNIFE],
        [{"name": "wait", "arguments": {}},
         {"name": "move_away", "arguments": {"cm": 3, "object": "cup"}}],
        [],
        [],
    ]  # fmt: skip
    assert {row["state"] for row in found} == {"answered"}
    away = Call("move_away", {"object": "knife"})
    read = [tools.read(row["raw_text"] or "", row["calls"], TOOLS) for row in found]
    assert read[0] == Reading((away,), True)
    assert read[2] == Reading((), True)
    assert read[3] == Reading((away,), False)
    # The log, the journal and the run tell the same.
    (log,) = (tmp_path / "run" / "logs").glob("*.eval")
    for source in (log, tmp_path / "run" / "answers.jsonl"):
        with as_lines(source, lambda answers: row(None, answers)) as file:
            assert {one["item_id"]: one for one in lines(file)} == {
                one["item_id"]: one for one in found
            }


def test_calls_of_a_model_in_this_process_are_kept_in_the_log(tmp_path: Path) -> None:
    said = [ModelOutput.for_tool_call("mockllm", "wait", {"cm": 10**30}) for _ in range(4)]
    items = Items(tmp_path)
    task = scene_task(
        "acting", items, Acting(), [Sample(id="s", input="?")], None, None, title="Acting",
        location=tmp_path, metadata={},
    )  # fmt: skip
    (log,) = inspect_ai.eval(
        task, model=resolve_model("mockllm/model", None, {"custom_outputs": said}), display="none",
        log_dir=str(tmp_path), ctl_server=False,
    )  # fmt: skip
    assert log.status == "success"
    with as_lines(Path(log.location), lambda answers: row(None, answers)) as file:
        assert [one["calls"] for one in lines(file)] == [
            [{"name": "wait", "arguments": {"cm": 1e30}}]
        ] * 4
    assert log.samples is not None
    assert '{"name":"wait"' in log.samples[0].output.completion


def test_what_was_called_is_not_asked_again(tmp_path: Path, key: str) -> None:
    works = False

    def reply(request: Request) -> Reply:
        broken = not works and request.text.startswith("i2")
        return Reply(status=500) if broken else calling(("wait", "{}"))

    with serving(reply) as server:
        first = run(tmp_path, server)
        assert [row["state"] for row in first] == ["answered", "answered", "error", "answered"]
        assert "calls" not in first[2]
        works, before = True, len(server.requests)
        journal = tmp_path / "run" / "answers.jsonl"
        # Killed while it wrote the last answer down.
        whole = journal.read_bytes().splitlines(keepends=True)
        torn = next(k for k, line in enumerate(whole) if b'"i0"' in line)
        whole.append(whole.pop(torn)[:-20])
        journal.write_bytes(b"".join(whole))
        found = run(tmp_path, server)
    assert sorted(one.text[:2] for one in server.requests[before:]) == ["i0", "i2"]
    assert [row["calls"] for row in found] == [[{"name": "wait", "arguments": {}}]] * 4


def test_states_of_calls(tmp_path: Path, key: str) -> None:
    replies = {
        "i0": calling(("move_away", '{"object": "kni'), finish_reason="length"),
        "i1": calling(("move_away", '{"object": "kni')),
        "i2": Reply("", finish_reason="stop"),
        "i3": calling(("wait", "{}"), refusal="I will not."),
    }
    with serving(answered(replies)) as server:
        found = run(tmp_path, server)
    assert [row["state"] for row in found] == ["truncated", "answered", "empty", "refused"]
    broken = found[1]["calls"][0]
    assert (broken["name"], broken["arguments"]) == ("move_away", None)
    assert "kni" in broken["error"]
    assert tools.read("", found[1]["calls"], TOOLS) is None


def test_keys_in_arguments_are_blotted_out(tmp_path: Path, key: str) -> None:
    arguments = json.dumps({"object": "knife", "note": [{f"my {key}": f"is {key}"}]})
    with serving(lambda request: calling(("move_away", arguments))) as server:
        found = run(tmp_path, server)
    assert found[0]["calls"][0]["arguments"]["note"] == [{"my [key]": "is [key]"}]
    assert all(row["masked"] for row in found)
    for path in (tmp_path / "run").rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes()


def test_further_answers_have_their_calls(tmp_path: Path, key: str) -> None:
    with serving(lambda request: calling(("wait", "{}"))) as server:
        found = run(tmp_path, server, epochs=2)
    wait = [{"name": "wait", "arguments": {}}]
    assert [(row["calls"], row["sample_calls"]) for row in found] == [(wait, [wait])] * 4


@pytest.mark.parametrize(
    "said",
    [
        "registry.ollama.ai/library/m does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "No endpoints found that support tool use. Try disabling",
        "tools param requires --jinja flag",
    ],
)
def test_a_server_without_tools_ends_the_run_and_says_so(
    tmp_path: Path, key: str, said: str
) -> None:
    body = {"error": {"message": said, "type": "invalid_request_error"}}
    with (
        serving(lambda request: Reply(status=400, body=body)) as server,
        pytest.raises(RunError, match="takes no tools natively: tell it of them in words"),
    ):
        run(tmp_path, server)
    assert len(server.requests) == 1


def test_a_dry_run_counts_tools(tmp_path: Path) -> None:
    native = dry_run(job(tmp_path))
    words = dry_run(job(tmp_path, model="perplexity/sonar"))
    told = sum(len(json.dumps(tool.parameters)) for tool in TOOLS)
    assert native.text_tokens - words.text_tokens > 4 * told / 4


def test_a_question_without_tools_is_filed_as_before() -> None:
    plain = Question("a", "s", {"said": 1}, (), lambda: Opening([]))
    # As it was before there were tools.
    assert plain.key("m", {"seed": 1})[2] == (
        "67fc072523da0185e6792a437407ed587ed3e0b26e1b04bfb3fc4aec08154e7b"
    )
    with_tools, others = replace(plain, tools=TOOLS), replace(plain, tools=TOOLS[:1])
    keys = {one.key("m", {"seed": 1}) for one in (plain, with_tools, others)}
    assert len(keys) == 3
    assert replace(plain, tools=tuple(TOOLS)).key("m", {}) == with_tools.key("m", {})


def test_who_takes_no_tools_is_told_in_words() -> None:
    for model in ("handeye/hf", "python/mine", "perplexity/sonar", "hf/m", "nonsense"):
        assert not takes_tools(model)
        assert Acting().fitted(model).given == ()
    for model in ("openai/m", "anthropic/m", "google/m", "vllm/m", MODEL):
        assert takes_tools(model)


def test_providers_are_told_all_that_a_schema_says() -> None:
    deep = {"type": "array", "items": {"anyOf": [{"type": "string", "pattern": "a+"}]}}
    (tool,) = tools_of([{"name": "a", "parameters": {"properties": {"x": deep}}}])
    (info,) = infos([tool])
    told = info.parameters.model_dump(exclude_none=True)
    inner = told["properties"]["x"]["items"]["anyOf"][0]
    assert inner.pop("description") == "(pattern: a+)"
    assert told == tool.parameters


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), VALUES, max_size=3) | st.just({"x": 10**400, "y": "\ud800"}))
def test_any_arguments_can_be_kept(arguments: dict[str, Any]) -> None:
    output = ModelOutput.from_content("m", "")
    output.choices[0].message.tool_calls = [ToolCall("1", "wait", arguments)]
    calls = calls_in(output)
    assert msgspec.json.decode(msgspec.json.encode(calls)) == calls
    assert calls[0]["name"] == "wait"
    assert calls_in(ModelOutput()) == []
