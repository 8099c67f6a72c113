"""A made-up suite whose items are questions with a choice of answers: no grid, no number."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError, OptionError
from handeye.stats.agreement import Level
from handeye.stats.intervals import Samples
from handeye.suite import AsksPeople, Shown

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


class Riddle(msgspec.Struct, frozen=True):
    """One question with its choice; ``gold`` is the 0-based place of the right option."""

    item_id: str
    scene_id: str
    topic: str
    options: list[str]
    gold: int
    split: str = "test"


class Riddles(AsksPeople):
    """Puts riddles to people. A set is a JSON file and a picture for all."""

    item = Riddle
    strata: Mapping[str, Sequence[str]] = {"topic": ("weather", "sums")}
    words: Mapping[str, str] = {
        "title": "Riddles & co",
        "about": "A study of <nothing>",
        "lead": "Choose.",
        "care": "Think.",
        "right": "it was this one",
    }

    def templates(self, wanted: str | None, data: str | Path) -> str:
        """Topics."""
        topics = (wanted or "weather,sums").split(",")
        if unknown := set(topics) - set(self.strata["topic"]):
            raise OptionError(f"unknown topic {unknown.pop()}")
        return ",".join(topics)

    def load(
        self, data: str | Path, *, split: str | None = None, templates: str | None = None
    ) -> list[Riddle]:
        """All riddles of the topics."""
        found = msgspec.json.decode((Path(data) / "riddles.json").read_bytes(), type=list[Riddle])
        return [one for one in found if templates is None or one.topic in templates.split(",")]

    def fingerprint(self, data: str | Path) -> str:
        """Of the JSON file."""
        return sha256((Path(data) / "riddles.json").read_bytes()).hexdigest()

    def picture_path(self, items: Any, item: Riddle) -> Path:
        """There is none to look for but in memory."""
        return Path(__file__)

    def picture(self, items: Any, item: Riddle) -> Shown:
        """One dot."""
        return Shown(PICTURE, "image/png")

    def practice(self, items: Sequence[Riddle]) -> list[tuple[Riddle, bytes]]:
        """Is it?"""
        return [(Riddle("P1", "P1", "weather", ["yes", "no"], 1), PICTURE)]

    def board(self, item: Riddle) -> dict[str, Any]:
        """A choice."""
        question = {"before": "What is", "where": item.topic, "after": "?", "note": ""}
        return {
            "kind": "choice",
            "eyebrow": "Choose",
            "question": question,
            "options": item.options,
        }

    def reply(self, item: Riddle, given: Mapping[str, Any]) -> str:
        """The letter of the chosen option."""
        choice = given.get("choice")
        if not isinstance(choice, int) or not 0 <= choice < len(item.options):
            raise DataError(f"choose one of {len(item.options)}")
        return "ABCDEF"[choice]

    def passed(self, item: Riddle, text: str) -> bool:
        """Whether the letter is the right one."""
        return text == "ABCDEF"[item.gold]

    def feedback(self, item: Riddle, text: str) -> dict[str, Any]:
        """The right option."""
        return {"explain": f"It is {item.options[item.gold]}.", "option": item.gold}

    def column(self, item: Riddle) -> str:
        """The topic in capitals."""
        return item.topic.upper()

    def meaning(self, item: Riddle, text: str) -> str | int:
        """The option; for sums its value."""
        option = item.options["ABCDEF".index(text)]
        return int(option) if item.topic == "sums" else option

    def level(self, item: Riddle) -> Level:
        """Sums are numbers."""
        return "interval" if item.topic == "sums" else "nominal"

    def human_row(
        self, columns: Mapping[str, Samples]
    ) -> tuple[Mapping[str, Samples], Mapping[str, Samples]]:
        """Weather stands for everything."""
        return columns, {"weather": columns["WEATHER"]}


def write_riddles(folder: Path, count: int = 8) -> Path:
    """A set of ``count`` riddles on as many scenes."""
    riddles = [
        Riddle(f"I{k}", f"S{k}", "sums", ["1", "2", "9"], k % 3)
        if k % 2
        else Riddle(f"I{k}", f"S{k}", "weather", ["sun", "rain"], k // 2 % 2)
        for k in range(count)
    ]
    folder.mkdir()
    (folder / "riddles.json").write_bytes(msgspec.json.encode(riddles))
    return folder
