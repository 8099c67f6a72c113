"""Serving a study until it is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import uvicorn

from handeye.errors import OptionError
from handeye.printing import say
from handeye.study.app import make_app
from handeye.study.guard import is_this_machine
from handeye.study.limits import Connection
from handeye.study.session import Study

# 12 characters of letters and digits cannot be tried out over a network.
SHORTEST_TOKEN = 12
_ANY = frozenset({"0.0.0.0", "::", ""})


def serve(
    study: Study,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    say: Callable[[str], None] = say,
) -> None:
    """Serve ``study`` until Ctrl-C or SIGTERM; then its file is whole by itself.

    Args:
        study: an open study.
        host: address to bind; anything but this machine's own needs a token.
        port: 0 takes any free one.
        token: secret that every link carries, at least 12 characters.
        say: told the address once the server listens.

    Raises:
        OptionError: no or too short a token where one is needed, or an address that is taken.
    """
    check_token(host, token)
    try:
        with _terminable(), listen(host, port) as listening:
            say(address(host, listening.getsockname()[1], token))
            asyncio.run(make_server(study, token).serve(sockets=[listening]))
    except _Terminated:
        study.store.close()
        signal.raise_signal(signal.SIGTERM)
    finally:
        study.store.close()


class _Terminated(BaseException):
    """SIGTERM came."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the block, as Ctrl-C does; the server passes it on when it has stopped."""

    def stop(*_: object) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def make_server(study: Study, token: str | None = None) -> uvicorn.Server:
    """A server of the study's pages that writes down nothing about who asks."""
    config = uvicorn.Config(
        make_app(study, token=token),
        http=Connection,
        ws="none",
        log_level="error",  # what strangers send is no warning
        access_log=False,  # its lines would hold addresses and personal links
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def check_token(host: str, token: str | None) -> None:
    """Refuse to be reachable by others without a secret."""
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise OptionError(f"the token must have at least {SHORTEST_TOKEN} characters")
    if token is None and not is_this_machine(host):
        raise OptionError(
            f"on {host or 'every address'} others can reach the study; give a --token that only "
            "the people you ask know (or set HANDEYE_STUDY_TOKEN)"
        )


def address(host: str, port: int, token: str | None) -> str:
    """The link to hand out; a host that stands for all addresses is written as this machine's."""
    name = socket.gethostname() if host in _ANY else host
    shown = f"[{name}]" if ":" in name else name
    query = f"?token={quote(token, safe='')}" if token else ""
    return f"http://{shown}:{port}/{query}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises :class:`OptionError` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OptionError(f"cannot listen on {host}:{port}: {reason}; try another --port") from None
    return listening


def default_file(data: str) -> Path:
    """Where the answers go unless told otherwise: ``study-SET.sqlite`` in this folder."""
    kept = "".join(c if c.isalnum() or c in "-._" else "-" for c in Path(data.rstrip("/")).name)
    return Path(f"study-{kept.strip('-.') or 'set'}.sqlite")
