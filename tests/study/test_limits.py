"""What strangers and crowds can do to the study server: little, and nothing that is logged."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from handeye.cli import study as commands
from handeye.errors import OptionError
from handeye.study import app, limits
from handeye.study.app import make_app
from handeye.study.guard import HEADERS
from handeye.study.limits import Trickle
from handeye.study.session import Study
from tests.support.study.expecting import expecting

TOKEN = "a-long-enough-token"
JSON = {"Content-Type": "application/json"}
AtHand = Callable[..., tuple[Path, str]]


def carries_the_headers(answer: Any) -> bool:
    return all(answer.headers.get(name) == value for name, value in HEADERS.items())


@pytest.fixture
def client(study: Study) -> TestClient:
    """Raises nothing for a fault of the server: it must answer, whatever comes."""
    return TestClient(
        make_app(study), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    )


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"Host": host}
            for host in ("[", "]", "[zz]", "[::1].evil", "[::1", "127.0.0.1:x", "a b")
        ),
        *({"Host": host} for host in ("127.0.0.1@evil", "127.0.0.1/x", "127.0.0.1:8000#", "ü")),
        *({"Origin": origin} for origin in ("http://[", "http://", "http://[zz]", "//x", "x", " ")),
        *({"Origin": origin} for origin in ("http://a@127.0.0.1:8000", "http://127.0.0.1:8000/")),
    ],
)
@pytest.mark.parametrize("token", [None, TOKEN])
def test_what_is_no_host_and_no_origin_is_refused(
    study: Study, headers: dict[str, str], token: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    pages = make_app(study, token=token)
    client = TestClient(pages, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    for method in ("GET", "POST"):
        answer = client.request(method, "/api/join", headers=sent)  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert carries_the_headers(answer)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"consent": true, "nickname": ' + b"[" * 50_000,
        b'{"place": 0, "clicks": ' + b"[" * 50_000,
        b'{"a":' * 10_000,
        *(b"\xff\xfe", b"\x00", b"", b"null", b"nan", b'"\\ud800"', b'{"place": 1e400}'),
        b'{"place": 0, "visible_ms": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_answer_is_refused_however_deep(
    client: TestClient, study: Study, body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    key = study.join()
    for path in ("/api/join", f"/api/{key}/answer", f"/api/{key}/practice"):
        answer = client.post(path, content=body, headers=JSON)
        assert answer.status_code == 400, path
        assert carries_the_headers(answer)
    assert len(study.store.people()) == 1
    assert capfd.readouterr().err == ""


def test_odd_addresses_are_not_found(
    client: TestClient, study: Study, capfd: pytest.CaptureFixture[str]
) -> None:
    key = study.join()
    for place in ("9" * 5000, "9" * 20, "\N{ARABIC-INDIC DIGIT ONE}", "-1", "1e3", "%00", "0x1"):
        answer = client.get(f"/api/{key}/picture/items/{place}")
        assert answer.status_code == 404
        assert carries_the_headers(answer)
    for name in ("%00", "%ff", "x" * 5000, "..%2f..%2fetc%2fpasswd"):
        assert client.get(f"/api/{name}/state").status_code == 404
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example", "/\\evil.example", "//"])
def test_the_token_never_leads_to_another_server(study: Study, path: str) -> None:
    pages, sent = make_app(study, token=TOKEN), []
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": f"token={TOKEN}&next=//evil.example".encode(),
        "headers": [(b"host", b"lab.example")],
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(pages, scope, receive, send)
    assert sent[0]["status"] == 303
    location = dict(sent[0]["headers"])[b"location"].decode()
    assert location[0] == "/"
    assert location[1:2] not in ("/", "\\")
    assert TOKEN not in location


def test_a_fault_of_our_own_is_answered_and_told_once(
    client: TestClient,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> dict[str, int]:
        raise RuntimeError("a fault\nin two lines")

    monkeypatch.setattr(study, "about", fail)
    for _ in range(5):
        answer = client.get("/api/about")
        assert answer.status_code == 500
        assert carries_the_headers(answer)
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert "RuntimeError at " in told


def test_joining_is_a_burst_and_then_a_trickle(
    client: TestClient, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(limits.JOINING_AT_ONCE):
        assert client.post("/api/join", json={"consent": True}).status_code == 200
    codes = {client.post("/api/join", json={"consent": True}).status_code for _ in range(30)}
    assert 429 in codes
    assert len(study.store.people()) < limits.JOINING_AT_ONCE + 30
    monkeypatch.setattr(app, "MOST_PEOPLE", 50)
    assert client.post("/api/join", json={"consent": True}).status_code == 503
    key = study.store.people()[0]
    assert key.number == 0, "who is there goes on"


def test_a_trickle_fills_up_to_its_burst() -> None:
    now = 0.0
    trickle = Trickle(3, 0.5, lambda: now)
    assert [trickle.take() for _ in range(4)] == [True, True, True, False]
    now = 2.0
    assert [trickle.take() for _ in range(2)] == [True, False]
    now = 1000.0
    assert [trickle.take() for _ in range(4)] == [True, True, True, False]


# ---- a real server


def dial(link: str) -> socket.socket:
    host, _, port = link.removeprefix("http://").rstrip("/").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def closed_after(connection: socket.socket) -> tuple[float, bytes]:
    """Seconds until the server closed a connection, and what it said."""
    begun, said = time.monotonic(), b""
    try:
        while part := connection.recv(65536):
            said += part
    except ConnectionError:
        pass
    return time.monotonic() - begun, said


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(app, "BODY_SECONDS", 0.5)


HALVES = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "half a body": b"POST /api/join HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "a body that nobody asked for": b"GET /api/about HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Length: 100\r\n\r\n{",
}


@pytest.mark.server
def test_a_request_that_does_not_come_is_not_waited_for(
    at_hand: AtHand, hasty: None, capfd: pytest.CaptureFixture[str]
) -> None:
    _, link = at_hand(items=5, split="all")
    with ExitStack() as stack:
        open_ones = {name: stack.enter_context(dial(link)) for name in HALVES}
        for name, connection in open_ones.items():
            connection.sendall(HALVES[name])
        ended = {name: closed_after(connection) for name, connection in open_ones.items()}
    assert max(seconds for seconds, _ in ended.values()) < 5
    assert ended["half a body"][1].startswith(b"HTTP/1.1 408")
    assert httpx.get(f"{link}api/about").status_code == 200
    assert capfd.readouterr().err == ""


@pytest.mark.server
def test_a_slow_request_is_cut_off_however_it_trickles(
    at_hand: AtHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WHOLE_SECONDS", 0.5)
    _, link = at_hand(items=5, split="all")
    with dial(link) as connection:
        connection.sendall(HALVES["half a body"])
        begun = time.monotonic()
        with suppress(ConnectionError):  # reset, or a broken pipe
            while time.monotonic() - begun < 5:
                connection.sendall(b" ")
                time.sleep(0.05)
        assert time.monotonic() - begun < 5


@pytest.mark.server
def test_a_crowd_of_half_open_connections_shuts_nobody_out(
    at_hand: AtHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CONNECTIONS", 20)
    _, link = at_hand(items=5, split="all")
    with ExitStack() as stack:
        crowd = [stack.enter_context(dial(link)) for _ in range(60)]
        begun = time.monotonic()
        assert httpx.get(f"{link}api/about").status_code == 200
        assert time.monotonic() - begun < 2
        held = 0
        for one in crowd:
            one.setblocking(False)
            try:
                held += one.recv(1) != b""
            except BlockingIOError:
                held += 1
            except ConnectionError:
                pass
        assert held <= 20


@pytest.mark.server
def test_clients_that_go_away_leave_no_line(
    at_hand: AtHand, capfd: pytest.CaptureFixture[str]
) -> None:
    _, link = at_hand(items=5, split="all")
    for sent in (*HALVES.values(), b"\x16\x03\x01 no HTTP\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n") * 10:
        with dial(link) as connection:
            connection.sendall(sent)
    websocket = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    )
    with dial(link) as connection:
        connection.sendall(websocket + b"\r\n")
    assert httpx.get(f"{link}api/about").status_code == 200
    assert capfd.readouterr().err == ""


@pytest.mark.server
def test_what_is_no_http_is_refused_with_all_headers(
    at_hand: AtHand, hasty: None, capfd: pytest.CaptureFixture[str]
) -> None:
    _, link = at_hand(items=5, split="all")
    for sent in (
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ):
        with dial(link) as connection:
            connection.sendall(sent)
            _, said = closed_after(connection)
        head = said.partition(b"\r\n\r\n")[0].decode().lower()
        assert head.startswith("http/1.1 400"), sent
        for name, value in HEADERS.items():
            assert f"{name}: {value}".lower() in head
    assert capfd.readouterr().err == ""


# ---- the token


class ServedError(Exception):
    """Stands for a server that runs; holds the token it was given."""


@pytest.fixture
def serving(
    study_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str | None, str]]:
    """The token that ``handeye study serve`` takes, and what it says about it."""
    from typer.testing import CliRunner

    def fake(study: Study, *, token: str | None, **others: Any) -> None:
        raise ServedError(token)

    monkeypatch.setattr("handeye.study.serve.serve", fake)

    def call(*words: object) -> tuple[str | None, str]:
        command = ["serve", str(study_set), "--out", str(tmp_path / "s.sqlite"), "--items", "5"]
        found = CliRunner().invoke(commands.app, [*command, *map(str, words)])
        if not isinstance(found.exception, ServedError):
            raise found.exception or AssertionError(found.output)
        return found.exception.args[0], found.stderr

    return call


def test_a_token_on_the_command_line_is_told(
    serving: Callable[..., tuple[str | None, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token, told = serving("--token", TOKEN)
    assert token == TOKEN
    assert "`ps` shows --token" in told
    assert TOKEN not in told
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert serving("--token-file", file) == (TOKEN, "")
    assert serving() == (None, "")
    with expecting(OptionError, "either --token or --token-file"):
        serving("--token-file", file, "--token", TOKEN)
    monkeypatch.setenv("HANDEYE_STUDY_TOKEN", TOKEN)
    assert serving() == (TOKEN, "")
    monkeypatch.delenv("HANDEYE_STUDY_TOKEN")
    with expecting(OptionError, "cannot be read"):
        serving("--token-file", tmp_path / "none")
    for content in (b"", b"two\nlines-of-a-token", b"\xff" * 20):
        file.write_bytes(content)
        with expecting(OptionError, str(file)):
            serving("--token-file", file)
    file.write_text("short")
    with expecting(OptionError, "at least 12"):
        serving("--token-file", file)
    file.write_text("x" * 5000)
    with expecting(OptionError, str(file)):
        serving("--token-file", file)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for endless in (Path("/dev/zero"), pipe):
        with expecting(OptionError, "no regular file"):
            serving("--token-file", endless)
