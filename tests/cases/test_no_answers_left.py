"""Servers that have stopped to answer: in words of their own, on other pages, or for a day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye.errors import RunError
from handeye.run.answers import Answer, Arrivals, Usage
from handeye.run.failures import HANDFUL, Failure, Patience
from handeye.run.journal import read_journal
from tests.cases.conftest import MODEL, ask, read_lines, states
from tests.support.chat_server import Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = pytest.mark.server
ZERO = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
PAGE = "<!DOCTYPE html><html><script>var t='{0}'</script><body>Please sign in {0}</body></html>"
COMPLAINTS = [
    "Error: connection to the engine lost (request {0}a7c1e5f)",
    "upstream request timeout",
    PAGE,
    '{{"error": {{"message": "worker {0} is gone"}}}}',
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes of five items."""
    return write_set(tmp_path_factory.mktemp("six"), 6)


def first_then(count: int, later: Callable[[int], Reply]) -> Callable[[Request], Reply]:
    """Answers to the first requests, without counted tokens; then what ``later`` says."""
    arrived = 0

    def reply(request: Request) -> Reply:
        nonlocal arrived
        arrived += 1
        return Reply("COUNT(1)", usage=ZERO) if arrived <= count else later(arrived)

    return reply


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize("words", COMPLAINTS, ids=["error", "timeout", "page", "json"])
def test_a_complaint_in_the_place_of_answers_stops_a_run_and_is_asked_again(
    tmp_path: Path, data: Path, key: str, words: str
) -> None:
    out = tmp_path / "run"
    reply = first_then(8, lambda n: Reply(words.format(n), usage=ZERO))
    with serving(reply) as server:
        with pytest.raises(RunError, match=r"in a row failed.*complaint.*what arrived is kept"):
            ask(server, data, out, max_connections=2)
        # Two that could have been answers, a handful, and what was under way.
        assert len(server.requests) <= 8 + 2 + HANDFUL + 6
        kept = list(read_journal(out / "answers.jsonl"))
        assert [one.raw_text for one in kept] == ["COUNT(1)"] * 8
        before = len(server.requests)
        server.reply = lambda request: Reply("COUNT(2)", usage=ZERO)
        rows = ask(server, data, out, score=False)
        assert len(server.requests) == before + 30 - 8
    assert sorted(row["raw_text"] for row in rows) == ["COUNT(1)"] * 8 + ["COUNT(2)"] * 22


@pytest.mark.usefixtures("sent_from_here")
def test_zeros_alone_are_no_evidence(tmp_path: Path, data: Path, key: str) -> None:
    """The same answer to everything; and twice what might be a complaint, or the model's."""
    reply = first_then(28, lambda n: Reply("Error: I see no picture.", usage=ZERO))
    with serving(reply) as server:
        rows = ask(server, data, tmp_path / "run", score=False)
    assert {row["state"] for row in rows} == {"answered"}
    assert states(tmp_path / "run") == {"answered": 30}


def arrived(k: int, text: str, **more: Any) -> Answer:
    return Answer(item_id=f"i{k}", model="m", request=f"r{k}", state="answered", raw_text=text,
                  stop_reason="stop", **more)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "more", "states"),
    [
        ("Error 503", {}, "error"),
        ("The cells are errors: CLICK(R1,C1)", {}, "answered"),
        ("Error 503", {"usage": Usage(input=9, output=3)}, "answered"),
        ("DONE", {}, "answered"),
        ("There are no errors.", {}, "answered"),
        ("Errors: 4", {}, "answered"),
    ],
)
def test_what_may_be_a_complaint(text: str, more: dict[str, Any], states: str) -> None:
    known = Arrivals()
    for k in range(4):
        known.add(arrived(k, text, **more))
    assert {one.state for one in known} == {states}


def test_a_complaint_never_hides_what_comes_later() -> None:
    known = Arrivals()
    for k in range(3):
        known.add(arrived(k, "Error: busy"))
    known.add(arrived(1, "COUNT(3)"))
    assert [one.state for one in known] == ["error", "answered", "error"]
    # One item asked three times is no evidence.
    again = Arrivals()
    for k in range(3):
        again.add(Answer(item_id="i", model="m", request=f"r{k}", state="answered",
                         raw_text="Error: busy", stop_reason="stop"))  # fmt: skip
    assert {one.state for one in again} == {"answered"}


def login(request: Request) -> Reply:
    if request.path.endswith("/sign-in"):
        return Reply(body=PAGE.format(1), headers={"Content-Type": "text/html"})
    return Reply(status=302, headers={"Location": "/sign-in"}, body="")


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize(
    "reply",
    [login, lambda request: Reply(body=PAGE.format(2), headers={"Content-Type": "text/html"})],
    ids=["login", "page"],
)
def test_a_page_is_an_odd_answer_until_it_comes_to_a_handful(
    tmp_path: Path,
    data: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    reply: Callable[[Request], Reply],
) -> None:
    monkeypatch.setattr("handeye.run.asker.FIRST_ALONE", 600.0)
    with serving(reply) as server:
        with pytest.raises(RunError, match=rf"{HANDFUL} requests in a row failed.*Please sign in"):
            ask(server, data, tmp_path / "run", max_retries=3)
        posts = [one for one in server.requests if b"messages" in one.body]
        # One at a time, so that none went out beside them.
        assert len(posts) == HANDFUL
        server.reply = first_then(30, lambda n: Reply(status=500))
        ask(server, data, tmp_path / "run")
    assert states(tmp_path / "run")["answered"] == 30


@pytest.mark.usefixtures("sent_from_here")
def test_an_odd_page_or_an_empty_body_first_is_the_error_of_its_item(
    tmp_path: Path, data: Path, key: str
) -> None:
    for k, body in enumerate(("<html>", "")):
        odd = Reply(body=body)
        with serving(
            lambda request, odd=odd: odd if not server.requests[1:] else Reply("DONE")
        ) as server:  # type: ignore[misc]
            rows = ask(server, data, tmp_path / f"run{k}", score=False)
        (error,) = [row["error"] for row in rows if row["state"] == "error"]
        assert ("an empty page" if body else "an empty body") in error


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize(
    "reply",
    [
        lambda request: Reply(status=302, headers={"Location": request.path}, body=""),
        lambda request: Reply(status=405, body="no"),
        lambda request: Reply(status=429, headers={"Retry-After": "86400"}),
        lambda request: Reply(status=503, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ],
    ids=["loop", "method", "day", "date"],
)
def test_whoever_cannot_answer_at_all_is_asked_once(
    tmp_path: Path,
    data: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    reply: Callable[[Request], Reply],
) -> None:
    monkeypatch.setattr("handeye.run.asker.FIRST_ALONE", 600.0)
    with serving(reply) as server:
        with pytest.raises(RunError, match="the first request failed with"):
            ask(server, data, tmp_path / "run", max_retries=3)
        posts = [one for one in server.requests if b"messages" in one.body]
    # A client tries again twice where no response came to an end.
    assert len(posts) <= (3 if len(server.requests) > 20 else 1)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (Reply(status=529, body={"type": "error", "error": {"type": "overloaded_error"}}), "529"),
        (Reply(status=429, headers={"Retry-After": "86400"}), "again in 24 hours"),
        (Reply(body=PAGE.format(3), headers={"Content-Type": "text/html"}), "Please sign in"),
    ],
    ids=["overloaded", "a day", "page"],
)
def test_a_run_that_gets_no_answers_any_more_stops_and_says_how_to_go_on(
    tmp_path: Path, data: Path, key: str, handeye: Callable[..., Any], later: Reply, words: str
) -> None:
    out = tmp_path / "run"
    with serving(first_then(10, lambda n: later)) as server:
        where = ["--model", MODEL, "--data", data, "--base-url", server.url, "--out", out]
        how = ["--quiet", "--max-retries", 0, "--max-connections", 2]
        said = handeye("run", "rose", *where, *how)
        # What was handed over: two under way, four that wait for a connection.
        assert len(server.requests) <= 10 + HANDFUL + 2 + 4
        assert said.code == 2
        (line,) = [one for one in said.err.splitlines() if one.startswith("error: ")]
        assert words in line
        assert "what arrived is kept" in line
        assert "run the same command again" in line
        server.reply = lambda request: Reply("COUNT(2)")
        ask(server, data, out, score=False)
    assert len(read_lines(out / "predictions.jsonl")) == 30


def test_a_busy_server_is_left_after_a_handful_and_a_broken_one_later() -> None:
    patience = Patience(20, alone=True)
    patience.answered()
    busy, broken = Failure("x", status=529), Failure("x", status=500)
    assert [patience.failed(busy) is None for _ in range(HANDFUL)][-2:] == [True, False]
    patience.answered()
    assert [patience.failed(broken) is None for _ in range(20)][-2:] == [True, False]
    # What single questions are refused for says nothing of the others.
    patience.answered()
    assert all(patience.failed(Failure("x", status=400)) is None for _ in range(100))
