"""The one task of every suite, over one of the test's own: conversations of any length."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import anyio
import inspect_ai
import pytest
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)

from handeye.errors import DataError, RunError
from handeye.run.answers import Answer
from handeye.run.journal import read_journal
from handeye.run.questions import Media, Opening, Question, by_scene, conversation
from handeye.run.task import scene_task


class EchoAPI(ModelAPI):
    """Says how many messages it was sent; fails, while ``broken``, at conversations so long."""

    calls: list[list[ChatMessage]]
    broken: int | None

    def __init__(self, model_name: str, **others: Any) -> None:
        super().__init__(model_name, config=GenerateConfig())
        self.calls, self.broken = [], None

    async def generate(
        self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        self.calls.append(input)
        await anyio.sleep(0.01)
        if self.broken == len(input):
            raise ValueError("this provider is broken")
        return ModelOutput.from_content("echo", f"heard {len(input)}")

    def should_retry(self, ex: Exception) -> bool:
        return False


@modelapi(name="handeye-test-echo")
def echo_provider() -> type[ModelAPI]:
    return EchoAPI


@dataclass(frozen=True)
class Talk:
    """Asks ``turns`` questions about every item, one after the other, in one conversation."""

    turns: int = 1
    scenes_held: int | None = None
    damaged: frozenset[str] = frozenset()
    written: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    file: Path = Path("picture.png")

    @property
    def sends(self) -> frozenset[str]:
        return frozenset({"image"})

    def as_dict(self) -> dict[str, Any]:
        return {"turns": self.turns}

    def fitted(self, model: str) -> Self:
        return self

    def questions(self, items: Sequence[str]) -> Iterator[Question]:
        for item in items:
            picture = Media(self.file, "image", "00" * 32)

            def write(item: str = item) -> Opening:
                self.threads.add(threading.get_ident())
                self.written.append(item)
                if item in self.damaged:
                    raise DataError(f"{item}.png: damaged")
                message = ChatMessageUser(content=f"about {item}", metadata={"item_id": item})
                return Opening([message], {"of": item})

            yield Question(item, item[0], {"item": item, "said": []}, (picture,), write)

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        if len(asked.turns) // 2 + 1 >= self.turns:
            return None
        turns = (*asked.turns, answer.raw_text, f"and then, {answer.item_id}?")
        return replace(asked, identity={**asked.identity, "said": list(turns)}, turns=turns)


ITEMS = ("a1", "a2", "b1", "c1", "a3")


def model(broken: int | None = None) -> Any:
    made = get_model("handeye-test-echo/any", memoize=False)
    assert isinstance(made.api, EchoAPI)
    made.api.broken = broken
    return made


def ask(talk: Talk, journal: Path, of: Any, items: Sequence[str] = ITEMS) -> EvalLog:
    scenes = dict.fromkeys(item[0] for item in items)
    (log,) = inspect_ai.eval(
        scene_task(
            "talk", items, talk, [Sample(id=scene, input="x") for scene in scenes], None, journal,
            title="Talk", location=journal.parent, metadata=talk.as_dict(),
        ),
        model=of,
        display="none",
        log_dir=str(journal.parent / "logs"),
        max_retries=0,
    )  # fmt: skip
    return log


def test_a_scene_is_a_sample_and_each_item_a_conversation(tmp_path: Path) -> None:
    talk, echo = Talk(turns=3), model()
    log = ask(talk, tmp_path / "answers.jsonl", echo)
    assert log.status == "success"
    assert log.samples is not None
    assert {sample.id: len(sample.store["answers"]) for sample in log.samples} == {
        "a": 9,
        "b": 3,
        "c": 3,
    }
    assert [len(call) for call in sorted(echo.api.calls, key=len)] == [1] * 5 + [3] * 5 + [5] * 5
    longest = next(call for call in echo.api.calls if len(call) == 5)
    assert [message.role for message in longest] == ["user", "assistant"] * 2 + ["user"]
    assert [message.text for message in longest[1::2]] == ["heard 1", "heard 3"]
    assert {(message.metadata or {}).get("item_id") for message in longest[::2]} == {
        longest[0].text.removeprefix("about ")
    }
    first = log.samples[0]
    assert first.metadata["image_sha256"] == {"picture.png": "00" * 32}
    assert first.output.completion.startswith("a1: heard 1\na1: heard 3\na1: heard 5\na2: ")


def test_an_opening_is_written_once_off_the_loop_and_only_if_it_is_needed(tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    first = Talk(turns=2)
    ask(first, journal, model(), ITEMS[:2])
    assert sorted(first.written) == ["a1", "a2"]
    assert threading.main_thread().ident not in first.threads
    second, echo = Talk(turns=2), model()
    ask(second, journal, echo)
    assert sorted(second.written) == ["a3", "b1", "c1"]
    assert len(echo.api.calls) == 6
    third, silent = Talk(turns=2), model()
    ask(third, journal, silent)
    assert (third.written, silent.api.calls) == ([], [])


def test_a_conversation_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    log = ask(Talk(turns=3), journal, model(broken=3))
    assert log.samples is not None
    states = [[row["state"] for row in sample.store["answers"]] for sample in log.samples]
    assert states == [["answered", "error"] * 3, ["answered", "error"], ["answered", "error"]]
    mended = model()
    ask(Talk(turns=3), journal, mended)
    assert sorted(len(call) for call in mended.api.calls) == [3] * 5 + [5] * 5
    kept = [answer for answer in read_journal(journal) if answer.item_id == "b1"]
    assert [answer.raw_text for answer in kept] == ["heard 1", "heard 3", "heard 5"]
    assert {tuple((answer.note or {}).items()) for answer in kept} == {(("of", "b1"),)}  # type: ignore[union-attr]


def test_what_cannot_be_written_is_an_error_and_the_rest_is_asked(tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    log = ask(Talk(damaged=frozenset({"a2"})), journal, model())
    assert log.status == "success"
    assert log.samples is not None
    answers = {row["item_id"]: row for sample in log.samples for row in sample.store["answers"]}
    assert (answers["a2"]["state"], answers["a2"]["error"]) == ("error", "a2.png: damaged")
    assert {item for item, row in answers.items() if row["state"] == "answered"} == (
        set(ITEMS) - {"a2"}
    )


def test_a_file_that_broke_between_two_turns_fails_the_second_only(tmp_path: Path) -> None:
    journal = tmp_path / "answers.jsonl"
    ask(Talk(turns=2), journal, model(broken=3), ["b1"])
    log = ask(Talk(turns=2, damaged=frozenset({"b1"})), journal, model(), ["b1"])
    assert log.samples is not None
    states = [(row["state"], row["error"]) for row in log.samples[0].store["answers"]]
    assert states == [("answered", None), ("error", "b1.png: damaged")]


def test_no_more_scenes_are_held_than_may_be(tmp_path: Path) -> None:
    items = [f"{letter}1" for letter in "abcdefghijkl"]
    held, most, guard = 0, 0, threading.Lock()

    class Weighing(Talk):
        def questions(self, items: Sequence[str]) -> Iterator[Question]:
            for question in super().questions(items):
                yield replace(question, write=lambda one=question: self.weigh(one))

        def weigh(self, question: Question) -> Opening:
            nonlocal held, most
            with guard:
                held += 1
                most = max(most, held)
            return question.write()

        def follow_up(self, asked: Question, answer: Answer) -> None:
            nonlocal held
            with guard:
                held -= 1

    ask(Weighing(scenes_held=3), tmp_path / "answers.jsonl", model(), items)
    assert (held, most) == (0, 3)


def test_a_journal_that_cannot_be_written_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from handeye.run import journal

    def full(*_: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(journal, "append_line", full)
    log = ask(Talk(), tmp_path / "answers.jsonl", model())
    assert log.status == "error"
    assert log.error is not None
    assert "the disk is full" in log.error.message


def test_questions_by_scene_keep_the_order_of_the_set() -> None:
    scenes = by_scene(Talk().questions(ITEMS))
    assert {scene: [q.item_id for q in asked] for scene, asked in scenes.items()} == {
        "a": ["a1", "a2", "a3"],
        "b": ["b1"],
        "c": ["c1"],
    }


def test_a_walk_ends_at_what_is_open_or_failed() -> None:
    talk = Talk(turns=3)
    (first,) = talk.questions(["a1"])

    def said(state: Any, turns: int) -> Any:
        answer = Answer(item_id="a1", model="m", request="r", state=state, raw_text="yes")
        return lambda question: answer if len(question.turns) // 2 < turns else None

    def walk(answers: Any) -> list[str | None]:
        return [answer and answer.state for _, answer in conversation(talk, first, answers)]

    assert walk(said("answered", 0)) == [None]
    assert walk(said("answered", 2)) == ["answered", "answered", None]
    assert walk(said("refused", 9)) == ["refused"] * 3
    assert walk(said("error", 9)) == ["error"]


def test_settings_and_several_files_count_in_a_key() -> None:
    (question,) = Talk().questions(["a1"])
    plain = question.key("m", {})
    assert plain[:2] == ("a1", "m")
    own = replace(question, config=GenerateConfig(temperature=0.5, max_retries=3))
    keys = {plain, question.key("m", {"temperature": 0.5}), question.key("m", {"top_p": 0.5})}
    assert len(keys) == 3
    assert own.key("m", {}) == question.key("m", {"temperature": 0.5})
    assert own.key("m", {"temperature": 1.0}) == own.key("m", {})
    assert question.media_sha256 == "00" * 32
    assert replace(question, media=()).media_sha256 == ""
    two = replace(question, media=question.media * 2).media_sha256
    assert len(two) == 64
    assert two != question.media_sha256
