"""Runs begun at c3636de against a server that speaks OpenAI's protocol, and how to go on with them.

The fixtures ``*-http*`` were made with this file at that commit (``python -m
tests.support.old_runs FOLDER``, in a FOLDER that holds ``set`` and ``clips``). What the server says
then goes round: answers, and every way in which one can be missing. Later it answers all.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from handeye.cli import main
from tests.support.chat_server import ChatServer, Reply, Request, serving

MODEL = "openai-api/handeye-test/m"
KEY = "HANDEYE_TEST_API_KEY"
_CARRIED = "--max-retries 0 --max-connections 1 --quiet"
_CLIPS = f"run visualact --model {MODEL} --data clips --embedder test:char-ngrams {_CARRIED}"
COMMANDS = {
    "rose-http": f"run rose --model {MODEL} --data set --templates all --scenes 6 --order authors "
    f"--setting temperature=0.5 --setting max_tokens=64 {_CARRIED}",
    "clips-http": f"{_CLIPS} --protocol two-pass --frames 2 --longest-side 96 --image-format png",
    "clips-http-one": f"{_CLIPS} --frames 3 --setting max_tokens=200",
}
"""What each run was started with, but for ``--out`` and the server's address."""

KILLED = {"rose-http": 14, "clips-http": 9, "clips-http-one": 4}
"""Lines in the journal when the killed ones were killed."""

JUDGE = f"visualact judge clips-http-one --model {MODEL} --connections 1"
_ONE = '{"actions": [{"action": "Brake at once", "apl": 4, "type": "proactive"}]}'
_WAYS = ("right", "right", "500", "refused", "right", "truncated", "empty", "right")


def right(request: Request) -> Reply:
    """An answer in the form that is asked for."""
    text = request.text
    if "Two lists of actions" in text:
        return Reply('{"pairs": [{"proposed": 1, "called_for": 1}]}')
    if "You proposed these actions" in text:
        numbers = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
        labels = [{"number": int(n), "apl": 3, "type": "reactive"} for n in numbers]
        return Reply(json.dumps({"actions": labels}))
    if "on what this video shows" in text:
        return Reply(_ONE if '{"actions"' in text else "- Brake at once\n- Sound the horn")
    last = text.rstrip().splitlines()[-1]
    return Reply("COUNT(1)" if "COUNT(n)" in last else "DONE")


def in_turn(delay: float = 0.0) -> Callable[[Request], Reply]:
    """Replies that go round through :data:`_WAYS`, the same for a question that comes again."""
    places: dict[str, int] = {}

    def reply(request: Request) -> Reply:
        place = places.setdefault(request.content, len(places))
        way = _WAYS[place % len(_WAYS)]
        text = right(request).text or ""
        if way == "500":
            return Reply(status=500, delay=delay)
        if way == "refused":
            return Reply(None, refusal="I would rather not.", delay=delay)
        if way == "truncated":
            return Reply(text[: len(text) // 2], finish_reason="length", delay=delay)
        return Reply(" " if way == "empty" else text, delay=delay)

    return reply


def start(folder: Path, command: str, server: ChatServer, *words: str) -> subprocess.Popen[str]:
    """Start a command in ``folder`` against ``server``, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "handeye", *command.split(), *words, "--base-url", server.url],
        cwd=folder,
        env={**os.environ, **_environment(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def carry_out(folder: Path, command: str, server: ChatServer, *words: str) -> str:
    """As :func:`start`, to the end and in this process, which need not import all anew.

    Raises:
        RuntimeError: an exit code other than 0; with what was said.
    """
    said, ended = io.StringIO(), None
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.chdir(folder)
        for name, value in _environment(folder).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["handeye", *command.split(), *words, "--base-url", server.url])
        try:
            main()
        except SystemExit as end:
            ended = end.code
    if ended:
        raise RuntimeError(f"{command}: exit code {ended}\n{said.getvalue()}")
    return said.getvalue()


def _environment(folder: Path) -> dict[str, str]:
    return {KEY: "none", "INSPECT_DISPLAY": "none", "HANDEYE_CACHE": str(folder / "cache")}


def _killed(folder: Path, command: str, server: ChatServer, out: str, lines: int) -> None:
    journal = folder / out / "answers.jsonl"
    process = start(folder, command, server, "--out", out)
    while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
        if process.poll() is not None:
            raise RuntimeError(f"{out}: ended too early\n{process.communicate()[0]}")
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(3)  # the wire process outlives the engine


def _make(folder: Path) -> None:
    for name, command in COMMANDS.items():
        with serving(in_turn()) as server:
            carry_out(folder, command, server, "--out", name)
        with serving(in_turn(delay=0.3)) as server:
            _killed(folder, command, server, f"{name}-half", KILLED[name])
    with serving(right) as server:
        carry_out(folder, JUDGE, server)
    for run in folder.glob("*-http*"):
        shutil.rmtree(run / "logs", ignore_errors=True)
    shutil.rmtree(folder / "cache", ignore_errors=True)


if __name__ == "__main__":
    _make(Path(sys.argv[1]).resolve())
