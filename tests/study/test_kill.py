"""A killed server loses no acknowledged answer, and people go on at the right item."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from handeye.rose.items import Item
from handeye.sets.draw import Draw
from handeye.study.settings import Settings, plan_of
from handeye.study.store import Store
from tests.support.study.taking_part import ROSE, Served, right

pytestmark = pytest.mark.server
PEOPLE = 4
KILLS = 3
BROWSER = "Telltale-Browser/1.0"
ELSEWHERE = "203.0.113.77"
HEADERS = {"User-Agent": BROWSER, "X-Forwarded-For": ELSEWHERE}


@dataclass
class Participant:
    """Answers as fast as the server takes it; sends again what was not acknowledged."""

    items: list[Item]
    key: str = ""
    acknowledged: dict[int, str] = field(default_factory=dict)
    pending: int | None = None
    found_at: list[int] = field(default_factory=list)

    def join(self, link: str) -> None:
        """Take part under a nickname that others have too."""
        wish = {"consent": True, "nickname": "Anna"}
        self.key = httpx.post(f"{link}api/join", json=wish, headers=HEADERS).json()["key"]

    def take_part(self, link: str) -> None:
        """Until all is answered or the server is gone."""
        with httpx.Client(base_url=link, headers=HEADERS, timeout=10) as client:
            try:
                if self.pending is not None:
                    self.answer(client, self.pending)
                state = client.get(f"/api/{self.key}/state").json()
                self.found_at.append(state["place"])
                while state["phase"] != "done":
                    state = self.answer(client, state["place"])
            except httpx.TransportError:
                return

    def answer(self, client: httpx.Client, place: int) -> Any:
        """Answer one item and note that it was acknowledged."""
        self.pending = place
        reply = right(self.items[place], place)
        body = {"place": place, **reply.given, "visible_ms": 5}
        answer = client.post(f"/api/{self.key}/answer", json=body)
        assert answer.status_code == 200
        self.acknowledged[place] = self.items[place].item_id
        self.pending = None
        return answer.json()


def test_no_acknowledged_answer_is_lost(
    study_set: Path, tmp_path: Path, served: Callable[..., Served]
) -> None:
    file = tmp_path / "study.sqlite"
    options = ["--items", "40", "--split", "all", "--seed", "4", "--no-practice"]
    server = served(file, *options)
    with Store(file, read_only=True) as store:
        plan, _ = plan_of(ROSE, study_set, Settings(**store.settings()))
    people = [Participant(plan.items_of(number)) for number in range(PEOPLE)]
    for one in people:
        one.join(server.link)
    draw = Draw(8, "kill")
    for _ in range(KILLS):
        threads = _start(people, server)
        _wait_for(people, 10 + draw.below(15))
        server.kill()
        _finish(threads)
        _check(file, people)
        server = served(file, *options)
    _finish(_start(people, server))
    _check(file, people)
    assert all(len(one.acknowledged) == 40 for one in people)
    # Everybody was there at each start, and none had to begin again.
    assert all(len(one.found_at) == KILLS + 1 for one in people)
    assert all(0 < one.found_at[1] <= one.found_at[2] <= one.found_at[3] for one in people)
    server.process.terminate()
    server.process.wait(10)
    assert server.process.stdout is not None
    _nothing_personal(file, server.process.stdout.read())


def _start(people: list[Participant], server: Served) -> list[threading.Thread]:
    threads = [threading.Thread(target=one.take_part, args=(server.link,)) for one in people]
    for thread in threads:
        thread.start()
    return threads


def _finish(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def _wait_for(people: list[Participant], more: int) -> None:
    """Until that many further answers are acknowledged, and some of everybody."""
    tick = threading.Event()
    count = sum(len(one.acknowledged) for one in people) + more
    for _ in range(2000):
        done = [len(one.acknowledged) for one in people]
        if sum(done) >= count and min(done) > 0:
            return
        tick.wait(0.005)
    raise AssertionError("people could not answer")


def _check(file: Path, people: list[Participant]) -> None:
    """Everything acknowledged is there; beyond it at most the answer that was under way."""
    with Store(file, read_only=True) as store:
        answers = store.answers()
    for number, one in enumerate(people):
        there = {a.place: a.item_id for a in answers if a.person == number}
        assert one.acknowledged.items() <= there.items()
        assert len(there) - len(one.acknowledged) <= 1
        assert sorted(there) == list(range(len(there)))


def _nothing_personal(file: Path, said: str) -> None:
    kept = b"".join(path.read_bytes() for path in file.parent.glob("study.sqlite*"))
    assert b"Anna" in kept
    for telltale in (BROWSER, "Telltale", ELSEWHERE, "127.0.0.1", "httpx"):
        assert telltale.encode() not in kept
        assert telltale not in said
