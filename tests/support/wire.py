"""Wire processes that need not import anything: forked off one that has.

A wire process takes three seconds of a core to start, nearly all of them for what it imports. Here
one does that and waits; asked for another, it forks. What is forked sends, writes the journal and
ends as any: a process with a session, an environment and a working folder as it would have them.

Run as a script with the number of a socket, this file is the process that forks.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Forked:
    """A process as ``subprocess`` gives it, as far as a wire process is looked after."""

    def __init__(self, pid: int, alive: int) -> None:
        self.pid = pid
        self._alive = alive  # the process holds the other end; nothing is ever written

    def wait(self, timeout: float) -> None:
        """Wait until it has ended."""
        if not select.select([self._alive], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked wire process", timeout)

    def kill(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._alive)


class Senders:
    """Stands in for :func:`handeye.run.wire.started`; starts what forks when it is first asked."""

    def __init__(self) -> None:
        self._channel: socket.socket | None = None

    def __call__(self, *descriptors: int) -> Forked:
        """Fork a wire process that has these open."""
        if self._channel is None:
            self._channel, theirs = socket.socketpair()
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
            theirs.close()
        alive, theirs_ = os.pipe()
        told = json.dumps({"environment": dict(os.environ), "folder": str(Path.cwd())})
        socket.send_fds(self._channel, [f"{told}\n".encode()], [*descriptors, theirs_, 1, 2])
        os.close(theirs_)
        return Forked(int(self._channel.recv(32)), alive)

    def close(self) -> None:
        """End what forks; it sees that nobody is there."""
        if self._channel is not None:
            self._channel.close()


def _serve(channel: socket.socket) -> None:
    from inspect_ai.model import ChatMessageUser, GenerateConfig, get_model

    from handeye.run import sender

    # A provider imports half of all when it is made and asked; nobody listens at this address.
    address = "http://localhost:1"
    model = get_model("openai-api/none/m", base_url=address, api_key="none", memoize=False)
    with suppress(Exception):
        asked = [ChatMessageUser(content="?")]
        asyncio.run(model.api.generate(asked, [], "none", GenerateConfig()))
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, given, *_ = socket.recv_fds(channel, 1 << 20, 5)
        if not data:
            return
        while not data.endswith(b"\n"):
            data += channel.recv(1 << 20)
        if not (pid := os.fork()):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            channel.close()
            os.setsid()
            told = json.loads(data)
            os.environ.clear()
            os.environ.update(told["environment"])
            os.chdir(told["folder"])
            for number, one in enumerate(given[-2:], 1):
                os.dup2(one, number)
            sender.main(*given[:2])
        for one in given:
            os.close(one)
        channel.send(str(pid).encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
