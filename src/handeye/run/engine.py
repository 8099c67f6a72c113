"""The call into Inspect: one evaluation of a suite's task, with settings that suit it.

The only place that names Inspect's ``eval`` and knows how it reports trouble.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inspect_ai
from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, get_model

from handeye.errors import HandeyeError, RunError
from handeye.run.wire import is_remote

if TYPE_CHECKING:
    from handeye.run.options import RunOptions


# Names the folder for data of programs; ~/.local/share where it is not set.
_HOME = "XDG_DATA_HOME"


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
    model = resolve_model(options.model, options.base_url, options.model_args)
    connections = options.max_connections
    waiting = _waiting(connections) if is_remote(model) else 0
    logs = inspect_ai.eval(
        task,
        model=model,
        display="none",
        log_dir=str(options.out / "logs"),
        log_images=False,
        # The realtime buffer costs a third of the time and only serves a viewer of a live run.
        log_realtime=False,
        log_level="error",
        score_display=False,
        # A sample in flight has at least one item in flight, so this many keep every connection
        # busy even when all but one of their items are answered.
        max_samples=connections + waiting + 1,
        max_connections=connections + waiting,
        max_retries=options.max_retries,
        attempt_timeout=_patience(model, options),
        **dict(options.generation),
    )
    # Stopped before its first sample, the engine hands back no log at all.
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt
    log = logs[0]
    if log.status != "success":
        reason = log.error.message if log.error is not None else log.status
        raise RunError(reason)
    return log


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
        RunError: unknown provider, missing key or package, refused arguments.
    """
    try:
        return get_model(name, base_url=base_url, **dict(arguments))
    except HandeyeError:
        raise
    except Exception as error:
        # The engine's messages are written for a terminal: "[bold]OPENAI_API_KEY[/bold]".
        reason = re.sub(r"\[/?[a-z]+\]", "", str(getattr(error, "message", None) or error))
        raise RunError(f"{role} {name!r} cannot be used: {' '.join(reason.split())}") from error
