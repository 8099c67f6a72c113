"""People who know the answers, and the server they talk to."""

from __future__ import annotations

import subprocess

from handeye.rose.human.people import RosePeople
from handeye.rose.items import Item
from handeye.study.session import Reply, Study

ROSE = RosePeople()


def right(item: Item, place: int) -> Reply:
    """The gold answer."""
    number = None if item.task_mode == "CLICK" else item.ground_truth_count
    clicks = [] if item.task_mode == "COUNT" else [(r, c) for r, c in item.gold]
    return Reply(place, {"clicks": clicks, "number": number}, visible_ms=1234)


def go_through(study: Study, key: str, number: int, upto: int | None = None) -> None:
    """Answer everything that is left, or up to a place, rightly."""
    items = study.plan.items_of(number)
    while (state := study.state(key))["phase"] == "items" and state["place"] != upto:
        study.answer(key, right(items[state["place"]], state["place"]))


class Served:
    """A server of its own process: ``process``, and ``link`` as it printed it."""

    def __init__(self, process: subprocess.Popen[str], link: str) -> None:
        self.process = process
        self.link = link

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()
