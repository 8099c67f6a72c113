"""A function that answers, as a model of Inspect's: engine, journal and logs are those of any run.

The function is called with

    pictures    a tuple of PIL images in the order of the prompt, mode RGB, as people see them; the
                frames of a clip
    prompt      the text of the last question, ``<picture N>`` where picture N (from 1) stands
    history     only if it takes it: (prompt, answer) for every turn before, oldest first. Without
                it the turns before stand in front of the prompt
    sounds      only if it takes it: a tuple of arrays (samples, 2), int16, 16,000 samples a second,
                ``<sound N>`` in the prompt where sound N stands

and gives the answer's text, or None for an empty one. What it raises is told in the answer (state
``error``) and never ends the run. It may be a coroutine function, which is awaited on the engine's
own event loop; any other is called on a thread of its own, one call at a time unless told
otherwise. With ``batch`` every argument is a list of up to so many, and so is what it gives.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
import traceback
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import anyio
import numpy as np
import sniffio
from anyio import to_thread
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ContentAudio,
    ContentImage,
    ContentText,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    RetryDecision,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import RunError
from handeye.media.sound import sound_of
from handeye.media.view import view_of
from handeye.printing import whole_characters
from handeye.respondents.conversation import decoded_url
from handeye.run.engine import as_in_a_script
from handeye.run.failures import Failure, in_a_line
from handeye.run.wire import ProviderError

# Seconds in which a batch that is not full waits for more to come.
_WINDOW = 0.03


class FunctionError(ProviderError):
    """What a function raised, or gave that is no answer, in a line; asking again does not help."""

    def __init__(self, words: str) -> None:
        super().__init__(Failure(in_a_line(words)), RetryDecision.no())


class Takes(NamedTuple):
    """How a function is called: pictures and prompt ``by_name`` or in order, and what ``more``."""

    by_name: bool
    more: tuple[str, ...] = ()


MORE = ("history", "sounds")
"""What a function is given if it takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question as the function gets it."""

    pictures: tuple[Image.Image, ...]
    prompt: str
    history: tuple[tuple[str, str], ...] = ()
    sounds: tuple[NDArray[np.int16], ...] = ()


@dataclass(slots=True, eq=False)
class _Ticket:
    """A question that waits for its batch, and what became of it."""

    asked: Asked
    answer: str | None = None
    failure: Exception | None = None

    @property
    def done(self) -> bool:
        return self.answer is not None or self.failure is not None


@dataclass(slots=True)
class _Batches:
    """Questions that wait; whoever finds no batch under way leads one."""

    size: int
    waiting: list[_Ticket] = field(default_factory=list)
    leading: anyio.Semaphore | None = None


class FunctionAPI(ModelAPI):
    """The provider ``python``: what answers is a function of the caller's.

    Attributes:
        takes: what it can be shown beside words: ``image``, and ``audio`` if it takes ``sounds``.
    """

    advice = "Mend the function"
    takes: frozenset[str] = frozenset({"image"})

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008  (as the base class has it)
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self._call: Callable[..., Any] | None = None

    def answers_with(
        self,
        function: Callable[..., Any],
        takes: Takes,
        *,
        batch: int | None,
        threads: int,
    ) -> None:
        """Say who answers.

        Args:
            function: it.
            takes: how it is called.
            batch: questions in a list; None: no lists.
            threads: calls at a time of what is no coroutine function.
        """
        self._call, self._how = function, takes
        if "sounds" in takes.more:
            self.takes = self.takes | {"audio"}
        self._batch = _Batches(batch) if batch else None
        self._at_once, self._threads = threads, _Threads(threads)

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Ask the function the last question of the conversation.

        Raises:
            FunctionError: it raised, or gave what is no answer.
        """
        if self._call is None:
            raise RunError(f"no function answers as python/{self.model_name}")
        asked = await to_thread.run_sync(_read, input, self._how.more)
        if self._batch is None:
            text = _text(await self._called([asked], lists=False))
        else:
            text = await self._in_a_batch(asked, self._batch)
        return ModelOutput.from_content(f"python/{self.model_name}", text)

    async def _in_a_batch(self, asked: Asked, batches: _Batches) -> str:
        ticket = _Ticket(asked)
        batches.waiting.append(ticket)
        if batches.leading is None:
            batches.leading = anyio.Semaphore(self._at_once)
        try:
            while not ticket.done:
                async with batches.leading:
                    if not ticket.done:
                        await self._lead(batches)
        finally:
            if ticket in batches.waiting:
                batches.waiting.remove(ticket)
        if ticket.failure is not None:
            raise ticket.failure
        assert ticket.answer is not None
        return ticket.answer

    async def _lead(self, batches: _Batches) -> None:
        before = -1
        while before < len(batches.waiting) < batches.size:
            before = len(batches.waiting)
            await anyio.sleep(_WINDOW)
        taken = batches.waiting[: batches.size]
        del batches.waiting[: len(taken)]
        try:
            await self._answer(taken)
        finally:
            # Where this one is called off, the others are asked by the next that leads.
            batches.waiting[:0] = [ticket for ticket in taken if not ticket.done]

    async def _answer(self, tickets: Sequence[_Ticket]) -> None:
        """Ask about some questions at once; where that fails, about each alone."""
        try:
            given = await self._called([ticket.asked for ticket in tickets], lists=True)
            answers = _as_many(given, len(tickets))
        except FunctionError as error:
            for ticket in tickets:
                if len(tickets) == 1:
                    ticket.failure = error
                else:
                    await self._answer([ticket])
            return
        for ticket, answer in zip(tickets, answers, strict=True):
            try:
                ticket.answer = _text(answer)
            except FunctionError as error:
                ticket.failure = error

    async def _called(self, asked: Sequence[Asked], *, lists: bool) -> Any:
        """What the function gives; whatever it raises as :class:`FunctionError`."""
        names = ("pictures", "prompt", *self._how.more)
        columns = {name: [getattr(one, name) for one in asked] for name in names}
        given = columns if lists else {name: column[0] for name, column in columns.items()}
        args = [] if self._how.by_name else [given.pop("pictures"), given.pop("prompt")]
        call = self._call
        assert call is not None
        try:
            if inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(
                getattr(call, "__call__", None)  # noqa: B004  (the method, not whether there is one)
            ):
                return await _awaited(call(*args, **given))
            result = await self._threads.run(lambda: call(*args, **given))
            return await _awaited(result) if inspect.isawaitable(result) else result
        except Exception as error:
            raise FunctionError(_words(error)) from error

    def connection_key(self) -> str:
        """One pool for each function."""
        return f"{self.model_name} {id(self._call)}"


@modelapi(name="python")
def python_provider() -> type[ModelAPI]:
    """What Inspect's registry finds under ``python/``."""
    return FunctionAPI


def function_model(
    name: str,
    function: Callable[..., Any],
    takes: Takes,
    *,
    batch: int | None,
    threads: int,
) -> Model:
    """The model ``python/NAME``; see :meth:`FunctionAPI.answers_with`."""
    api: Any = python_provider(name)
    api.answers_with(function, takes, batch=batch, threads=threads)
    with as_in_a_script():
        return Model(api, GenerateConfig())


class _Threads:
    """Calls of a function on threads that end with the interpreter, whatever they are doing."""

    def __init__(self, most: int) -> None:
        self._most, self._begun = most, 0
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    async def run(self, call: Callable[[], Any]) -> Any:
        """The result of a call, or what it raised."""
        future: Future[Any] = Future()
        self._calls.put((future, call))
        if self._begun < self._most:
            self._begun += 1
            threading.Thread(target=self._work, name="handeye-function", daemon=True).start()
        return await _result(future)

    def _work(self) -> None:
        while True:
            future, call = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except KeyboardInterrupt as error:
                future.set_exception(error)
            except BaseException as error:  # a loop takes some kinds for words of its own
                future.set_exception(FunctionError(_words(error)))


async def _awaited(result: Awaitable[Any]) -> Any:
    """The result of a coroutine of the caller's; what it raises as :class:`FunctionError`.

    It has a task of its own: what it raises to end itself is not what the engine ends it with.
    """

    async def alone() -> Any:
        try:
            return await result
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise FunctionError(_words(error)) from error

    if sniffio.current_async_library() != "asyncio":
        return await alone()
    me, task = asyncio.current_task(), asyncio.ensure_future(alone())
    try:
        return await task
    except asyncio.CancelledError as error:
        if not task.done() or (me is not None and me.cancelling()):
            task.cancel()
            raise
        raise FunctionError(_words(error)) from error


async def _result(future: Future[Any]) -> Any:
    if sniffio.current_async_library() == "asyncio":
        return await asyncio.wrap_future(future)
    return await to_thread.run_sync(future.result, abandon_on_cancel=True)


def _read(messages: Sequence[ChatMessage], more: Sequence[str]) -> Asked:
    """A conversation as the function gets it."""
    pictures: list[Image.Image] = []
    sounds: list[NDArray[np.int16]] = []
    turns: list[tuple[str, str]] = []
    words: list[str] = []
    for message in messages:
        if isinstance(message, ChatMessageAssistant):
            turns.append(("\n".join(words), message.text))
            words = []
            continue
        parts = message.content
        for part in [ContentText(text=parts)] if isinstance(parts, str) else parts:
            if isinstance(part, ContentText):
                words.append(part.text)
            elif isinstance(part, ContentImage):
                pictures.append(view_of(decoded_url(part.image, "picture")).image())
                words.append(f"<picture {len(pictures)}>")
            elif isinstance(part, ContentAudio) and "sounds" in more:
                sounds.append(sound_of(decoded_url(part.audio, "sound")))
                words.append(f"<sound {len(sounds)}>")
            else:
                heard = ", and sounds if it takes sounds" if part.type == "audio" else ""
                raise RunError(f"a function is shown pictures{heard}, not {part.type}s")
    prompt = "\n".join(words)
    if turns and "history" not in more:
        told = [text for asked, said in turns for text in (asked, f"You answered:\n{said}")]
        prompt = "\n\n".join([*told, prompt])
    return Asked(tuple(pictures), prompt, tuple(turns), tuple(sounds))


def _text(answer: object) -> str:
    if answer is None:
        return ""
    if isinstance(answer, str):
        return whole_characters(answer)
    raise FunctionError(f"the function gave {_kind(answer)}; an answer is a text, or None")


def _as_many(given: object, wanted: int) -> Sequence[object]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise FunctionError(
            f"the function gave {_kind(given)} for {wanted} questions; with batch it is a list"
        )
    if len(given) != wanted:
        raise FunctionError(f"the function gave {len(given)} answers to {wanted} questions")
    return given


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _words(error: BaseException) -> str:
    """What an exception says, and where in the function it was raised."""
    if isinstance(error, FunctionError):
        return str(error)
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[0]
    frames = [
        (frame.f_code.co_filename.rpartition("/")[2], line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") != __name__
    ]
    return f"{said} ({frames[-1][0]}, line {frames[-1][1]})" if frames else said
