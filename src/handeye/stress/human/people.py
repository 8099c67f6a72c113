"""Questions of the suite put to people: :class:`StressPeople` is what the study knows of it.

A person reads the same words as a model, the cue among them, and sees the same picture. Numbers are
typed; where the answer is a word, or can be that there is no such thing, they choose among the
item's options. Either way their answer text is the value in words, a free answer as models give it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from handeye.errors import DataError, OptionError, allowed
from handeye.hashing import file_sha256
from handeye.media.view import read_view
from handeye.reading import read_bytes
from handeye.stats.agreement import Level
from handeye.stats.intervals import Samples
from handeye.stress.item_set import ItemSet
from handeye.stress.items import CUES, FAMILIES, Item
from handeye.stress.loader import load
from handeye.stress.scenes.generation import generate
from handeye.stress.scoring.predictions import FREE
from handeye.stress.scoring.reading import read, says_of
from handeye.stress.scoring.score import cell_of
from handeye.suite import AsksPeople, Shown

# Nobody else makes sets with this seed and this split.
_SEED = 161_803_398
_MOST = 9_999
_MOST_PRACTICE = 6


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did: the place of an option as shown, from 0, or a number."""

    choice: int | None = None
    number: int | None = None
    clicks: tuple[()] = ()


class StressPeople(AsksPeople):
    """Puts items to people."""

    item = Item
    strata: Mapping[str, Sequence[str]] = {"family": FAMILIES, "cue": CUES}
    words: Mapping[str, str] = {
        "title": "What does the picture show?",
        "about": "A study of looking and reading",
        "lead": "You will see simple pictures, and be asked about each. With some questions stands "
        "what somebody says of the picture; that may be true or not.",
        "care": "Answer by what you see. Where a question is about something that is not there, "
        "say so.",
        "right": "the right answer",
    }

    def templates(self, wanted: str | None, data: str | Path) -> str:
        """Families of questions; all that there are.

        Raises:
            OptionError: there is no such family.
        """
        asked = [name.strip() for name in wanted.split(",")] if wanted else list(FAMILIES)
        for name in asked:
            if name not in FAMILIES:
                raise OptionError(f"templates has {name!r}{allowed(name, FAMILIES)}")
        return ",".join(name for name in FAMILIES if name in asked)

    def load(
        self, data: str | Path, *, split: str | None = None, templates: str | None = None
    ) -> ItemSet:
        """As :func:`handeye.stress.load`, of some families."""
        found = load(data, split=split)
        wanted = (templates or ",".join(FAMILIES)).split(",")
        kept = tuple(item for item in found if item.family in wanted)
        if not kept:
            raise OptionError(f"{data}: has no questions of {templates}")
        return replace(found, items=kept)

    def fingerprint(self, data: str | Path) -> str:
        """SHA-256 over the names and contents of the files that hold a set's questions."""
        digest = hashlib.sha256()
        for file in load(data, split=None, media=False).files:
            digest.update(f"{file.name}\0{file_sha256(file)}\n".encode())
        return digest.hexdigest()

    def picture_path(self, items: ItemSet, item: Item) -> Path:
        """The file that is shown."""
        return items.path(item)

    def picture(self, items: ItemSet, item: Item) -> Shown:
        """The picture as it lies.

        Raises:
            DataError: it is missing, no picture, or not the one of the row.
        """
        path = items.path(item)
        if item.sha256 and hashlib.sha256(read_bytes(path)).hexdigest() != item.sha256.lower():
            raise DataError(f"{path}: not the file that the row of {item.item_id} tells of")
        return Shown(*read_view(path).sent(proven=bool(item.sha256)))

    def practice(self, items: Sequence[Item]) -> list[tuple[Item, bytes]]:
        """Easy items of our own, of as many families as are asked, cues true and false in turn."""
        families = [name for name in FAMILIES if any(item.family == name for item in items)]
        families = families[:_MOST_PRACTICE]
        cued = any(item.cue for item in items)
        with TemporaryDirectory(prefix="handeye-practice-") as folder:
            generate(
                folder,
                seed=_SEED,
                groups=len(families),
                families=families,
                cues=("hint",) if cued else "none",
                level=1,
                split="practice",
                workers=1,
            )
            made = load(folder, split="practice")
            chosen = _choose(made.items, families, cued)
            return [(item, read_bytes(made.path(item))) for item in chosen]

    def board(self, item: Item) -> dict[str, Any]:
        """The picture and the question; a field for a number, or the options."""
        question = {"before": item.question, "where": "", "after": "", "note": ""}
        told = {"eyebrow": "Look", "question": question}
        if _is_typed(item):
            return told | {"kind": "number", "rows": 1, "cols": 1, "number": "Number"}
        return told | {"kind": "choice", "options": list(_options(item)), "medium": "picture"}

    def reply(self, item: Item, given: Mapping[str, Any]) -> str:
        """The number, or the option in words.

        Raises:
            DataError: it is no answer to this item.
        """
        try:
            found = msgspec.convert(given, Given)
        except msgspec.ValidationError as error:
            raise DataError(f"not an answer: {error}") from None
        if _is_typed(item):
            if found.number is None or found.choice is not None:
                raise DataError("the answer needs a number")
            if not 0 <= found.number <= _MOST:
                raise DataError(f"the number must lie within 0 and {_MOST}, got {found.number}")
            return str(found.number)
        options = _options(item)
        if found.choice is None or found.number is not None:
            raise DataError("the answer needs a choice")
        if not 0 <= found.choice < len(options):
            raise DataError(
                f"the choice must lie within 0 and {len(options) - 1}, got {found.choice}"
            )
        return options[found.choice]

    def passed(self, item: Item, text: str) -> bool:
        """Whether the answer is right."""
        return read(text, item, FREE, ()).says == says_of(item.gold, item)

    def feedback(self, item: Item, text: str) -> dict[str, Any]:
        """What is right, and what the words beside the question were."""
        claim = {
            "true": " What was said of the picture is so.",
            "misleading": " What was said of the picture is not so.",
        }.get(cell_of(item), "")
        found: dict[str, Any] = {"explain": f"Right is: {item.gold}.{claim}"}
        if _is_typed(item):
            whole = [1, 1]
            return found | {"cells": [], "region": {"rows": whole, "cols": whole, "outside": False}}
        return found | {"option": _options(item).index(item.gold)}

    def column(self, item: Item) -> str:
        """What is asked."""
        return item.family

    def meaning(self, item: Item, text: str) -> Hashable:
        """The value that is said."""
        found = read(text, item, FREE, ())
        return found.said or None

    def level(self, item: Item) -> Level:
        """Answers are the same or not: a number may stand beside a word that denies it."""
        return "nominal"

    def further(self, item: Item, text: str) -> dict[str, bool]:
        """The cell: right there; and of misleading cues, whether what they say is said."""
        cell = cell_of(item)
        told: dict[str, bool] = {cell: self.passed(item, text)}
        if cell == "misleading":
            told["follow"] = read(text, item, FREE, ()).says == says_of(item.cue_value, item)
        return told

    def human_row(
        self, columns: Mapping[str, Samples]
    ) -> tuple[dict[str, Samples], dict[str, Samples]]:
        """Columns: families and cells. Headline: ``uncued``, ``true``, ``misleading``, ``follow``.

        PST has none: a person is asked one item of a pair.
        """
        known = ("uncued", "true", "misleading", "follow")
        return dict(columns), {name: columns[name] for name in known if name in columns}


def _is_typed(item: Item) -> bool:
    """Whether a number is typed, which cannot say that there is no such thing."""
    return not item.options or (item.answer == "number" and cell_of(item) != "other")


def _options(item: Item) -> tuple[str, ...]:
    """The options as they are shown."""
    return tuple(item.options[place] for place in item.order or range(len(item.options)))


def _choose(candidates: Sequence[Item], families: Sequence[str], cued: bool) -> list[Item]:
    """One item a family: without a cue, with a true one, with a false one, and again."""
    cells = ("uncued", "misleading", "true") if cued else ("uncued",)
    out = []
    for place, family in enumerate(families):
        cell = cells[place % len(cells)]
        of = [item for item in candidates if item.family == family and cell_of(item) == cell]
        out += sorted(of, key=lambda item: item.item_id)[place % 2 : place % 2 + 1]
    return out
