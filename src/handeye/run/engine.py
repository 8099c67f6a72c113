"""The call into Inspect: one evaluation of a suite's task, with settings that suit it.

The only place that names Inspect's ``eval`` and knows how it reports trouble.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import os
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import inspect_ai
import sniffio
from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, get_model

from handeye.atomic import replacing
from handeye.errors import HandeyeError, RunError, did_you_mean
from handeye.printing import tell
from handeye.run.options import OWN_MODELS, RunOptions
from handeye.run.secrets import know, without_keys, without_known_keys
from handeye.run.versions import lacking
from handeye.run.wire import REMOTE, REMOTE_WITH_URL, for_the_log, is_remote, left_alone

# Inspect providers that load weights or start a server when they are made.
_LOADING = frozenset({"hf", "nnterp", "transformer_lens", *REMOTE_WITH_URL})
# Arguments of a model that have an option of their own; others of the engine's call have none.
_OPTION_OF = {
    "model": "a name is given by itself (--model)",
    "model_name": "a name is given by itself (--model)",
    "base_url": "give the address by itself (--base-url)",
    "config": "give settings of generation by themselves (--setting NAME=VALUE)",
}
# Of our own models, what such a name was meant to be.
_WEIGHTS = {"handeye/hf": "; its weights are path=DIR or path=OWNER/NAME"}
_PROVIDERS = REMOTE | _LOADING | {"handeye", "litellm-proxy", "llama-cpp-python", "sagemaker"}


# An error of the system, as the engine tells of those that it met while it wrote its log.
_OF_SYSTEM = re.compile(r"^\w*Error\((\d+), ['\"](.*?)['\"](?:, ['\"](.*?)['\"])?\)$")
# Names the folder for data of programs; ~/.local/share where it is not set.
_HOME = "XDG_DATA_HOME"
# Seconds between two looks at whether a run within a running loop is to stop.
_LOOK_EVERY = 0.1


def _waiting(connections: int) -> int:
    # A wire process keeps the limit itself; the engine then hands over a few more, so that a
    # connection that falls free has its next request waiting and none idles for bookkeeping.
    return max(4, connections // 2)


def evaluate(options: RunOptions, task: Task) -> EvalLog:
    """Ask everything that the task's journal has no answer to.

    Raises:
        RunError: no such model, or the evaluation could not go on.
        KeyboardInterrupt: the user stopped it.
    """
    model = options.here or resolve_model(options.model, options.base_url, options.model_args)
    with as_in_a_script():
        model, settings = for_the_log(model, options.generation, here=options.here is not None)
    connections = options.max_connections
    waiting = _waiting(connections) if is_remote(model) and options.here is None else 0
    try:
        with as_in_a_script(), _unseen(), _logs_without_keys(options.out / "logs") as folder:
            logs = _evaluated(
                task,
                model=model,
                log_dir=str(folder),
                log_images=False,
                # The realtime buffer costs a third of the time and only serves a viewer of a live
                # run.
                log_realtime=False,
                # A web server for ``inspect ctl`` alone, a third of a second of every run.
                ctl_server=False,
                log_level="error",
                # A sample in flight has at least one item in flight, so this many keep every
                # connection busy even when all but one of their items are answered.
                max_samples=connections + waiting + 1,
                max_connections=connections + waiting,
                max_retries=options.max_retries,
                attempt_timeout=_patience(model, options),
                **({"epochs": options.epochs} if options.epochs > 1 else {}),
                **settings,
            )
    finally:
        if options.here is not None:
            left_alone(model)
    # Stopped before its first sample, the engine hands back no log at all.
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt
    log = logs[0]
    if log.status != "success":
        reason = log.error.message if log.error is not None else log.status
        if found := _OF_SYSTEM.search(reason):
            number, said, name = int(found[1]), found[2], found[3] or str(folder)
            raise OSError(number, without_keys(said), name)
        raise RunError(without_keys(reason))
    return log


def _evaluated(task: Task, **how: Any) -> list[EvalLog]:
    """Evaluate on an event loop of its own, also where one is running in this thread.

    Raises:
        KeyboardInterrupt: the user stopped it.
    """
    if not _in_a_loop():
        return inspect_ai.eval(task, display="none", score_display=False, **how)
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def evaluate() -> list[EvalLog]:
        me = asyncio.current_task()
        assert me is not None
        running.append((asyncio.get_running_loop(), me))
        return await inspect_ai.eval_async(task, score_display=False, **how)

    with ThreadPoolExecutor(1, thread_name_prefix="handeye-engine") as pool:
        found = pool.submit(asyncio.run, evaluate())
        try:
            while not found.done():
                # Where asyncio has a hand on Ctrl-C, all that is seen of it is that this task is
                # to be cancelled.
                if _to_be_cancelled():
                    raise KeyboardInterrupt
                wait([found], timeout=_LOOK_EVERY)
            return found.result()
        except KeyboardInterrupt:
            for loop, its in running:
                with suppress(RuntimeError):  # it has come to its end
                    loop.call_soon_threadsafe(its.cancel)
            raise
        except (CancelledError, asyncio.CancelledError):
            raise KeyboardInterrupt from None


@contextmanager
def as_in_a_script() -> Iterator[None]:
    """Let the engine take a notebook for a script while the block runs.

    In a notebook it bends asyncio so that its loop runs inside the other, and asks for widgets to
    be installed; with a loop of its own it needs neither.
    """
    try:
        from inspect_ai._util import platform

        real = platform.running_in_notebook
    except (ImportError, AttributeError) as error:
        raise lacking("inspect_ai", error) from error
    platform.running_in_notebook = lambda: False
    try:
        yield
    finally:
        platform.running_in_notebook = real


@contextmanager
def _unseen() -> Iterator[None]:
    """Let the engine draw nothing while the block runs.

    ``display="none"`` hides what it draws; it is drawn all the same, and names of models, sets and
    places are markup there.
    """
    try:
        from inspect_ai._display.core import active
        from inspect_ai._display.core.display import TaskScreen, TaskSpec
        from inspect_ai._display.rich.display import RichDisplay
        from inspect_ai.util._display import init_display_type

        init_display_type("none")
        before = active._active_display
    except (ImportError, AttributeError) as error:
        raise lacking("inspect_ai", error) from error

    class Unseen(RichDisplay):
        @asynccontextmanager
        async def task_screen(
            self, tasks: list[TaskSpec], parallel: bool
        ) -> AsyncIterator[TaskScreen]:
            yield TaskScreen()

    active._active_display = Unseen()
    try:
        yield
    finally:
        active._active_display = before


def _to_be_cancelled() -> bool:
    with suppress(RuntimeError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return False


def _in_a_loop() -> bool:
    """Whether an event loop runs in this thread, as in a notebook one always does."""
    try:
        sniffio.current_async_library()
        return True
    except sniffio.AsyncLibraryNotFoundError:
        # Not told to sniffio in a callback of the loop.
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            return True
    return False


@contextmanager
def writable_home() -> Iterator[None]:
    """Give the engine a folder for its traces where the user's own cannot be written.

    Containers have users without a home; the engine will not start without one.
    """
    with ExitStack() as stack:
        try:
            home = Path(os.environ.get(_HOME) or Path.home() / ".local" / "share")
            home.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=home).close()
        except (OSError, RuntimeError):  # a user without a home at all
            before = os.environ.get(_HOME)
            os.environ[_HOME] = stack.enter_context(tempfile.TemporaryDirectory())
            stack.callback(_restore, before)
        yield


def _restore(before: str | None) -> None:
    if before is None:
        del os.environ[_HOME]
    else:
        os.environ[_HOME] = before


@contextmanager
def _logs_without_keys(folder: Path) -> Iterator[Path]:
    """The folder of the engine's logs; those written in the block are looked through at its end.

    The engine is handed no key (:func:`for_the_log`), but what a provider sends in this process it
    writes down word for word where the provider refuses it.
    """
    before = set(folder.glob("*.eval"))
    try:
        yield folder
    finally:
        for path in sorted(set(folder.glob("*.eval")) - before):
            _keep_keys_out(path)


def _keep_keys_out(log: Path) -> None:
    """Write a log again, if a key is in it."""
    try:
        with zipfile.ZipFile(log) as archive:
            entries = archive.infolist()
            kept = {one: without_known_keys(archive.read(one).decode()) for one in entries}
            if all(archive.read(one) == text.encode() for one, text in kept.items()):
                return
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        tell(f"note: {log} could not be looked through for keys: {error}")
        return
    with replacing(log) as stream, zipfile.ZipFile(stream, "w") as archive:
        for entry, text in kept.items():
            archive.writestr(entry, text)


def _patience(model: Model, options: RunOptions) -> int | None:
    """Seconds an attempt may be silent; no limit for what answers in this process.

    There no connection can hang, and a request that waits for its batch on a slow processor would
    be given up and asked again without end.
    """
    if type(model.api).__module__.startswith("handeye."):
        return None
    return math.ceil(options.attempt_timeout)


def resolve_model(
    name: str, base_url: str | None, arguments: Mapping[str, Any], role: str = "model"
) -> Model:
    """The model behind a name; ``role`` is what an error calls it.

    Raises:
        RunError: unknown provider, missing or impossible key, missing package, refused arguments.
    """
    know(base_url, arguments)
    _check_arguments(name, arguments, role)
    provider, slash, rest = name.partition("/")
    if not slash:
        raise RunError(
            f"{role} {name!r} names no provider; write PROVIDER/MODEL, say openai/{name}"
            f"{did_you_mean(name, OWN_MODELS)}"
        )
    if not rest.strip() or name.endswith("/"):
        raise RunError(
            f"{role} {name!r} has no name after the slash; write PROVIDER/MODEL, say "
            f"{name.rstrip('/') or 'openai'}/NAME"
        )
    if base_url is not None:
        _check_address(base_url, role, name)
    try:
        # Made anew, with the key and the set of now; only weights are loaded once.
        keep = name in OWN_MODELS or provider in _LOADING
        with as_in_a_script():
            model = get_model(name, base_url=base_url, memoize=keep, **dict(arguments))
    except HandeyeError:
        raise
    except Exception as error:
        # The engine's messages are written for a terminal: "[bold]OPENAI_API_KEY[/bold]".
        reason = re.sub(r"\[/?[a-z]+\]", "", str(getattr(error, "message", None) or error))
        reason = without_keys(" ".join(reason.split()))
        hint = did_you_mean(provider, _PROVIDERS) if provider not in _PROVIDERS else ""
        raise RunError(f"{role} {name!r} cannot be used: {reason}{hint}") from error
    if provider == "mockllm":
        # The stand-in counts tokens by a table that is downloaded, and nobody pays for them.
        model.api.count_text_tokens = _by_length  # type: ignore[method-assign]
    key = getattr(model.api, "api_key", None)
    if isinstance(key, str) and (wrong := re.search(r"[^\x21-\x7e]", key)):
        raise RunError(
            f"{role} {name!r} cannot be used: its key holds a character that no key has "
            f"({wrong.group()!a} at place {wrong.start() + 1} of {len(key)}); set it again"
        )
    return model


def _check_arguments(name: str, arguments: Mapping[str, Any], role: str) -> None:
    """Refuse arguments that the engine would take for its own, or give its providers twice.

    Raises:
        RunError: there is one.
    """
    own = {*inspect.signature(get_model).parameters, "model_name"} - {"api_key", "model_args"}
    for one in arguments:
        if one in own:
            instead = _OPTION_OF.get(one, "leave it out")
            weights = _WEIGHTS.get(name, "") if one in ("model", "model_name") else ""
            raise RunError(
                f"{role} {name!r}: {one!r} is no argument of a model, the engine would take it "
                f"for its own: {instead}{weights}"
            )


async def _by_length(text: str) -> int:
    """Tokens of a text at four characters each."""
    return max(1, len(text) // 4)


def _check_address(url: str, role: str, name: str) -> None:
    """Refuse an address that no client would find a server at.

    Raises:
        RunError: no http:// or https:// in front, or no host behind it.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and url == url.strip():
            return
    bare = re.sub(r"^\s*(?:[a-z]+:)?/*", "", url, flags=re.I) if "/" in url[:12] else url.strip()
    near = re.match(r"(?:localhost|[\w-]+:\d|\d+\.|\[)", bare.rpartition("@")[2])
    typed = f"http{'' if near else 's'}://{bare}" if bare else "http://localhost:8000/v1"
    # A password in an address is known as one behind its scheme alone.
    shown = without_keys(f"http://{bare}").removeprefix("http://") if "@" in bare else url
    raise RunError(
        f"{role} {name!r} cannot be asked at {without_keys(shown)!r}: an address begins with "
        f"http:// or https:// and names a host; write {without_keys(typed)}"
    )


def resolve_cheaply(options: RunOptions) -> None:
    """Make sure that a model can be had, where that loads no weights and starts no server.

    Raises:
        RunError: as :func:`resolve_model`.
    """
    _check_arguments(options.model, options.model_args, "model")
    provider = options.model.partition("/")[0]
    loads = options.model in OWN_MODELS or provider in _LOADING
    if not loads or (provider in REMOTE_WITH_URL and options.base_url):
        resolve_model(options.model, options.base_url, options.model_args)
