"""The study over HTTP: addresses, refusals, tokens, what leaves the server and what is kept."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from handeye.errors import OptionError
from handeye.study.app import make_app
from handeye.study.guard import COOKIE, is_this_machine
from handeye.study.serve import address, check_token, default_file, serve
from handeye.study.session import Study
from tests.support.study.expecting import expecting
from tests.support.study.taking_part import right

TOKEN = "a-long-enough-token-ü"


@pytest.fixture
def client(study: Study) -> Iterator[TestClient]:
    with TestClient(make_app(study), base_url="http://127.0.0.1:8000") as found:
        yield found


def join(client: TestClient, **wish: Any) -> str:
    answer = client.post("/api/join", json={"consent": True, **wish})
    assert answer.status_code == 200
    return str(answer.json()["key"])


def test_pages_and_their_policy(client: TestClient, study: Study) -> None:
    key = join(client)
    static = [
        "study.css",
        "session.js",
        "board.js",
        "server.js",
        "clock.js",
        "number.js",
        "icon.svg",
    ]
    paths = ["/", f"/s/{key}", *(f"/static/{name}" for name in static), "/api/about"]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        # Nothing from elsewhere, nothing inline.
        assert not re.search(r"https?://(?!www\.w3\.org)", answer.text), path
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", answer.text), path
    assert client.get("/api/about").json() == {"items": 20, "practice": 0}
    for path in ("/static/none.js", "/static/..%2fapp.py", "/static/app.py", "/api/x/state"):
        assert client.get(path).status_code == 404


def test_consent_is_needed(client: TestClient, study: Study) -> None:
    for body in ({"consent": False}, {}, {"consent": "yes"}, [], {"consent": True, "nickname": 3}):
        assert client.post("/api/join", json=body).status_code == 400
    assert client.post("/api/join", content=b'{"consent": true}').status_code == 400
    assert study.store.people() == []
    join(client, nickname="Anna")
    assert [person.nickname for person in study.store.people()] == ["Anna"]


def test_an_answer_is_acknowledged_repeatable_and_final(client: TestClient, study: Study) -> None:
    key = join(client)
    item = study.plan.items_of(0)[0]
    reply = right(item, 0)
    body = {"place": 0, **reply.given, "visible_ms": 10}
    for _ in range(2):
        answer = client.post(f"/api/{key}/answer", json=body)
        assert answer.status_code == 200
        assert answer.json()["place"] == 1
    other = client.post(f"/api/{key}/answer", json={"place": 0, "skipped": True})
    assert other.status_code == 409
    assert other.json()["state"]["place"] == 1
    assert len(study.store.answers()) == 1


def test_nonsense_is_refused_and_not_kept(client: TestClient, study: Study) -> None:
    key = join(client)
    bodies = [
        {"place": 0, "number": "3"},
        {"place": 0, "clicks": [[1]]},
        {"place": 0, "clicks": [[10**9, 1]]},
        {"place": 0, "clicks": [[1, 1], [1, 1]], "number": 2},
        {"place": "x"},
        {},
        [],
        {"place": 0, "number": 10**30},
    ]
    for body in bodies:
        assert client.post(f"/api/{key}/answer", json=body).status_code == 400, body
    long = json.dumps({"place": 0, "clicks": [[1, 1]] * 20_000}).encode()
    kind = {"Content-Type": "application/json"}
    assert client.post(f"/api/{key}/answer", content=long, headers=kind).status_code == 400
    assert client.post(f"/api/{key}/answer", content=b"\xff", headers=kind).status_code == 400
    assert client.post("/api/nobody/answer", json={"place": 0}).status_code == 404
    for kind, code in (("text/plain", 400), ("Application/JSON ; charset=utf-8", 404)):
        named = {"Content-Type": kind}
        said = client.post("/api/nobody/answer", content=b'{"place": 0}', headers=named)
        assert said.status_code == code, kind
    assert study.store.answers() == []


def test_pictures_over_http(client: TestClient, study: Study) -> None:
    key = join(client)
    state = client.get(f"/api/{key}/state").json()
    answer = client.get(f"/api/{key}/picture/{state['picture']}")
    item = study.plan.items_of(0)[0]
    assert answer.content == study._set.image_path(item).read_bytes()
    assert answer.headers["content-type"] == "image/png"
    for path in ("items/2", "items/99", "practice/0", "items/-1", "items/x", "x/0"):
        assert client.get(f"/api/{key}/picture/{path}").status_code == 404, path


def test_gold_never_leaves_the_server(client: TestClient, study: Study) -> None:
    key = join(client)
    seen = ""
    for item in study.plan.items_of(0):
        seen += client.get(f"/api/{key}/state").text
        place = client.get(f"/api/{key}/state").json()["place"]
        seen += client.post(f"/api/{key}/answer", json={"place": place, "skipped": True}).text
        assert item.item_id not in seen
    for word in ("gold", "target", "ground_truth", 'cells":', "COUNT(", "ITEM"):
        assert word not in seen


def test_only_this_machine_is_served_without_a_token(client: TestClient) -> None:
    for host in ("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.1.2.3"):
        assert client.get("/", headers={"Host": host}).status_code == 200, host
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.5:8000",
        "",
        "localhost.evil",
    ):
        assert client.get("/", headers={"Host": host}).status_code == 403, host


def test_other_sites_cannot_change_anything(client: TestClient, study: Study) -> None:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999"):
        answer = client.post("/api/join", json={"consent": True}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert study.store.people() == []
    same = {"Origin": "http://127.0.0.1:8000"}
    assert client.post("/api/join", json={"consent": True}, headers=same).status_code == 200


def test_the_token_is_asked_for_everywhere(study: Study) -> None:
    def fresh() -> TestClient:
        return TestClient(make_app(study, token=TOKEN), base_url="http://lab.example:8000")

    key = study.join()
    paths = ["/", f"/s/{key}", "/static/study.css", "/api/about", f"/api/{key}/state"]
    for path in [*paths, f"/api/{key}/picture/items/0"]:
        with fresh() as client:
            assert client.get(path).status_code == 403
            client.cookies.set(COOKIE, b"wrong".hex())
            assert client.get(path).status_code == 403
            wrong = client.get(path, params={"token": TOKEN + "x"}, follow_redirects=False)
            assert wrong.status_code == 403
    with fresh() as client:
        assert client.post("/api/join", json={"consent": True}).status_code == 403
        first = client.get(f"/s/{key}", params={"token": TOKEN}, follow_redirects=False)
        assert first.status_code == 303
        assert first.headers["location"] == f"/s/{key}"  # out of the address bar
        assert "HttpOnly" in first.headers["set-cookie"]
        for path in paths:
            assert client.get(path).status_code == 200
        assert client.get(f"/api/{key}/state").json()["token"] == TOKEN
        assert client.post("/api/join", json={"consent": True}).status_code == 200


@pytest.mark.parametrize(
    "other",
    ["name=Jos\u00e9", '{"a":1}', "x=a b", "a[]=1", "=", "", 'q="', "handeye_study_8000=zz"],
)
def test_cookies_of_others_lock_nobody_out(study: Study, other: str) -> None:
    key = study.join()
    app = make_app(study, token=TOKEN)
    with TestClient(app, base_url="http://lab.example:8000") as client:
        first = client.get("/", params={"token": TOKEN}, follow_redirects=False)
        own = first.headers["set-cookie"].partition(";")[0]
    for cookies in (f"{other}; {own}", f"{own}; {other}", f"{other};{own};{other}"):
        with TestClient(app, base_url="http://lab.example:8000") as client:
            sent = {"Cookie": cookies.encode()}
            assert client.get(f"/s/{key}", headers=sent).status_code == 200
            wrong = cookies.replace(TOKEN.encode().hex(), b"wrong".hex()).encode()
            assert client.get(f"/s/{key}", headers={"Cookie": wrong}).status_code == 403


def test_two_studies_on_one_host_keep_their_cookies(study: Study) -> None:
    # A browser sends all cookies of a host to every port of it, under one name the last.
    jar: dict[str, str] = {}
    for port, token in ((8000, TOKEN), (8001, f"{TOKEN}-other")):
        app = make_app(study, token=token)
        with TestClient(app, base_url=f"http://lab.example:{port}") as client:
            answer = client.get("/", params={"token": token}, follow_redirects=False)
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            jar[name] = value
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    for port, token in ((8000, TOKEN), (8001, f"{TOKEN}-other")):
        app = make_app(study, token=token)
        with TestClient(app, base_url=f"http://lab.example:{port}") as client:
            assert client.get("/", headers=sent).status_code == 200


def test_serving_to_others_needs_a_token(study: Study) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "lab.example", ""):
        with expecting(OptionError, "--token"):
            serve(study, host=host, port=0)
    with expecting(OptionError, "at least 12"):
        check_token("127.0.0.1", "short")
    check_token("0.0.0.0", TOKEN)
    check_token("localhost", None)
    assert is_this_machine("::1")
    assert not is_this_machine("10.0.0.1")
    assert address("127.0.0.1", 80, None) == "http://127.0.0.1:80/"
    assert address("::1", 80, "a&b=c").endswith("[::1]:80/?token=a%26b%3Dc")


def test_a_taken_port_is_said_plainly(study: Study) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, expecting(OptionError, "another --port"):
        serve(study, port=taken.getsockname()[1])
    with expecting(OptionError, "another --port"):
        serve(study, port=70_000)


def test_where_answers_go_unless_told() -> None:
    assert default_file("sets/my set/") == Path("study-my-set.sqlite")
    assert default_file("hf:a/b") == Path("study-b.sqlite")
