"""What each person sees next, and what an answer does: a study without its web side.

A person moves through practice items (with feedback) and then their items in order. Where they
stand is read from the study file each time, so that a restart, a second tab or a repeated request
finds the same place.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from handeye.errors import DataError
from handeye.rose.asking.prompts import Picture
from handeye.rose.human.practice import PracticeItem, make_practice
from handeye.rose.human.replies import Reply, answer_text
from handeye.rose.human.wording import wording
from handeye.rose.items import Item, ItemSet
from handeye.rose.scoring.score_item import score_item
from handeye.study.plan import Plan
from handeye.study.settings import Settings, plan_of, settle
from handeye.study.store import Person, Store, create

Phase = Literal["practice", "items", "done"]
NICKNAME_LENGTH = 40
# A week; longer is a broken clock.
_LONGEST_MS = 7 * 24 * 3600 * 1000


class UnknownPersonError(Exception):
    """No person has this link."""


class ConflictError(Exception):
    """The answer is not for the person's next item; ``state`` says where they are."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__("another item is next")
        self.state = state


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is sent: the exact bytes of its file."""

    data: bytes
    media_type: str


class Study:
    """A study that people can take part in.

    Args:
        store: the open study file.
        plan: who is asked what.
        items: the set, for its pictures.
        settings: of the study.
    """

    def __init__(self, store: Store, plan: Plan, items: ItemSet, settings: Settings) -> None:
        self.store = store
        self.plan = plan
        self.settings = settings
        self._set = items
        self._items = {item.item_id: item for item in items}
        self._practice = store.practice()

    def about(self) -> dict[str, int]:
        """How many items, and practice items, each person is shown."""
        return {"items": self.plan.items_each, "practice": len(self._practice)}

    def join(self, nickname: str = "") -> str:
        """Add a person and return the secret of their link."""
        name = "".join(c for c in nickname if c.isprintable()).strip()[:NICKNAME_LENGTH]
        while True:
            number = self.store.next_number()
            items = self.plan.items_of(number)
            key = secrets.token_urlsafe(16)
            if self.store.add_person(number, key, name, items):
                return key

    def _person(self, key: str) -> Person:
        person = self.store.person(key)
        if person is None:
            raise UnknownPersonError
        return person

    def _phase(self, person: Person) -> Phase:
        if person.practised < len(self._practice) and person.answered == 0:
            return "practice"
        return "items" if person.answered < person.items else "done"

    def _item(self, person: Person, phase: Phase, place: int) -> Item:
        if phase == "practice":
            return self._practice[place].item
        return self._items[self.store.item_id(person.number, place)]

    def state(self, key: str) -> dict[str, Any]:
        """What the person of a link sees now; notes when an item is sent for the first time.

        Raises:
            UnknownPersonError: nobody has this link.
        """
        person = self._person(key)
        phase = self._phase(person)
        practice = len(self._practice)
        out: dict[str, Any] = {
            "phase": phase,
            "nickname": person.nickname,
            "practice_total": practice,
            "total": person.items,
            "rulers": self.settings.rulers,
        }
        if phase == "done":
            return out | {"place": person.items}
        place = person.practised if phase == "practice" else person.answered
        if phase == "items":
            self.store.note_shown(person.number, place)
        following = place + 1 < (practice if phase == "practice" else person.items)
        return out | {
            "place": place,
            "item": _shown_item(self._item(person, phase, place)),
            "picture": f"{phase}/{place}",
            "next_picture": f"{phase}/{place + 1}" if following else None,
        }

    def answer(self, key: str, reply: Reply) -> dict[str, Any]:
        """Keep an answer; it is on the disk when this returns. Repeating it changes nothing.

        Returns:
            The person's new state.

        Raises:
            UnknownPersonError: nobody has this link.
            ConflictError: the place is not the next one, or was answered otherwise before.
            DataError: the answer is not one to this item.
        """
        person = self._person(key)
        if self._phase(person) == "practice" or not 0 <= reply.place < person.items:
            raise ConflictError(self.state(key))
        text = answer_text(self._item(person, "items", reply.place), reply)
        spent = min(max(reply.visible_ms, 0), _LONGEST_MS)
        added = self.store.add_answer(person.number, reply.place, text, spent)
        if not added and self.store.given_text(person.number, reply.place) != (text,):
            raise ConflictError(self.state(key))
        return self.state(key)

    def practise(self, key: str, reply: Reply) -> dict[str, Any]:
        """Judge an answer to a practice item.

        Returns:
            ``passed``, and the right answer: ``cells`` and ``number``, with the ``region`` that
            was meant as bounds (``outside`` when everything but them was meant).

        Raises:
            UnknownPersonError, ConflictError, DataError: as :meth:`answer`.
        """
        person = self._person(key)
        if not 0 <= reply.place < min(person.practised + 1, len(self._practice)):
            raise ConflictError(self.state(key))
        item = self._practice[reply.place].item
        text = answer_text(item, reply)
        passed = text is not None and bool(score_item(item, text).passed)
        self.store.note_practice(person.number, reply.place, passed=passed)
        region = item.region
        return {
            "passed": passed,
            "cells": [list(cell) for cell in sorted(item.gold)],
            "number": None if item.task_mode == "CLICK" else item.ground_truth_count,
            "region": {
                "rows": [region.r1, region.r2],
                "cols": [region.c1, region.c2],
                "outside": region.type == "EXCLUSION",
            },
        }

    def picture(self, key: str, phase: str, place: int) -> Shown:
        """The picture of an item the person may see: any up to the one after the present.

        Raises:
            UnknownPersonError: nobody has this link.
            LookupError: no such picture, or not yet.
            DataError: the file is missing or was changed.
        """
        person = self._person(key)
        if phase == "practice" and 0 <= place < len(self._practice):
            return Shown(self._practice[place].picture, "image/png")
        if phase == "items" and 0 <= place < min(person.items, person.answered + 2):
            found = read_picture(self._set, self._item(person, "items", place))
            return Shown(found.data, found.media_type)
        raise LookupError(f"no picture {phase}/{place}")


def _shown_item(item: Item) -> dict[str, Any]:
    words = wording(item)
    return {
        "mode": item.task_mode,
        "rows": item.rows,
        "cols": item.cols,
        "question": {
            "before": words.before,
            "where": words.where,
            "after": words.after,
            "note": words.note,
        },
    }


def read_picture(items: ItemSet, item: Item) -> Picture:
    """The item's picture.

    Raises:
        DataError: it is missing, no picture, or not the one the metadata was written for.
    """
    found = Picture.read(items.image_path(item))
    if item.image_sha256 and item.image_sha256 != found.sha256:
        raise DataError(f"{found.path}: not the picture the metadata of {item.item_id} tell of")
    return found


def open_study(
    data: str | Path,
    out: Path,
    *,
    items: int | None = None,
    seed: int | None = None,
    templates: str | None = None,
    split: str | None = None,
    overlap: float | None = None,
    rulers: bool | None = None,
    practice: bool | None = None,
) -> Study:
    """Make the study file ``out``, or go on with the one that is there.

    Args:
        data: a set with its pictures.
        out: the study file.
        items: items for each person (50).
        seed: of choice and order (0).
        templates: as in :func:`handeye.rose.load` (main).
        split: test, dev or all (test).
        overlap: share of the items that all people have in common (1).
        rulers: show row and column numbers beside the pictures (no).
        practice: begin with practice items (yes).

    Raises:
        DataError: no set there, a missing picture, or ``out`` is something else.
        OptionError: a selection that cannot be, or ``out`` holds another study.
    """
    given = {
        "items": items,
        "seed": seed,
        "templates": templates,
        "split": split,
        "overlap": overlap,
        "rulers": rulers,
        "practice": practice,
    }
    stored = None
    if out.exists():
        with Store(out, read_only=True) as found:
            stored = found.settings()
    settings = settle(data, given, stored, out)
    plan, source = plan_of(data, settings)
    for item in plan.shared:
        read_picture(source, item)
    for item in plan.rest:
        if not source.image_path(item).is_file():
            raise DataError(f"{source.image_path(item)}: the picture of {item.item_id} is missing")
    if stored is None:
        made: list[PracticeItem] = []
        if settings.practice:
            made = make_practice([*plan.shared, *plan.rest])
        create(out, settings.record(), made)
    return Study(Store(out), plan, source, settings)
