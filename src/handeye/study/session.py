"""What each person sees next, and what an answer does: a study without its web side.

A person moves through practice items (with feedback) and then their items in order. Where they
stand is read from the study file each time, so that a restart, a second tab or a repeated request
finds the same place.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from handeye.atomic import held
from handeye.errors import DataError, OptionError, first_ten, lost_link
from handeye.hashing import is_regular
from handeye.study.plan import Plan
from handeye.study.settings import Settings, plan_of, settle
from handeye.study.store import Person, Store, create, media_type
from handeye.suite import Asked, AsksPeople, Shown

Phase = Literal["practice", "items", "done"]
NICKNAME_LENGTH = 40
# A week; longer is a broken clock.
_LONGEST_MS = 7 * 24 * 3600 * 1000


class Reply(msgspec.Struct, frozen=True):
    """One answer as the page sends it.

    ``place`` is the item's 0-based place in the person's order, ``given`` what the person did on
    its board. ``visible_ms`` is how long the picture was on the screen, pauses with the page hidden
    not counted. ``skipped`` says that the picture could not be shown.
    """

    place: int
    given: dict[str, Any] = {}
    visible_ms: int = 0
    skipped: bool = False


class UnknownPersonError(Exception):
    """No person has this link."""


class ConflictError(Exception):
    """The answer is not for the person's next item; ``state`` says where they are."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__("another item is next")
        self.state = state


class Study:
    """A study that people can take part in.

    Args:
        suite: of the set.
        store: the open study file.
        plan: who is asked what.
        items: the set, for its pictures.
        settings: of the study.
    """

    def __init__(
        self,
        suite: AsksPeople,
        store: Store,
        plan: Plan,
        items: Iterable[Any],
        settings: Settings,
    ) -> None:
        self.suite = suite
        self.store = store
        self.plan = plan
        self.settings = settings
        self._set = items
        self._items: dict[str, Asked] = {item.item_id: item for item in items}
        self.practice: list[tuple[Asked, bytes]] = store.practice(suite.item)

    def about(self) -> dict[str, int]:
        """How many items, and practice items, each person is shown."""
        return {"items": self.plan.items_each, "practice": len(self.practice)}

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
        if person.practised < len(self.practice) and person.answered == 0:
            return "practice"
        return "items" if person.answered < person.items else "done"

    def _item(self, person: Person, phase: Phase, place: int) -> Asked:
        if phase == "practice":
            return self.practice[place][0]
        return self._items[self.store.item_id(person.number, place)]

    def state(self, key: str) -> dict[str, Any]:
        """What the person of a link sees now; notes when an item is sent for the first time.

        Raises:
            UnknownPersonError: nobody has this link.
        """
        person = self._person(key)
        phase = self._phase(person)
        practice = len(self.practice)
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
            "item": self.suite.board(self._item(person, phase, place)),
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
        text = self._text(self._item(person, "items", reply.place), reply)
        spent = min(max(reply.visible_ms, 0), _LONGEST_MS)
        added = self.store.add_answer(person.number, reply.place, text, spent)
        if not added and self.store.given_text(person.number, reply.place) != (text,):
            raise ConflictError(self.state(key))
        return self.state(key)

    def _text(self, item: Asked, reply: Reply) -> str | None:
        return None if reply.skipped else self.suite.reply(item, reply.given)

    def practise(self, key: str, reply: Reply) -> dict[str, Any]:
        """Judge an answer to a practice item.

        Returns:
            ``passed``, and what the suite tells of the right answer (nothing when skipped).

        Raises:
            UnknownPersonError, ConflictError, DataError: as :meth:`answer`.
        """
        person = self._person(key)
        if not 0 <= reply.place < min(person.practised + 1, len(self.practice)):
            raise ConflictError(self.state(key))
        item = self.practice[reply.place][0]
        text = self._text(item, reply)
        passed = text is not None and self.suite.passed(item, text)
        self.store.note_practice(person.number, reply.place, passed=passed)
        told = {} if text is None else self.suite.feedback(item, text)
        return {"passed": passed, **told}

    def picture(self, key: str, phase: str, place: int) -> Shown:
        """The picture of an item the person may see: any up to the one after the present.

        Raises:
            UnknownPersonError: nobody has this link.
            LookupError: no such picture, or not yet.
            DataError: the file is missing or was changed.
        """
        person = self._person(key)
        if phase == "practice" and 0 <= place < len(self.practice):
            data = self.practice[place][1]
            return Shown(data, media_type(data))
        if phase == "items" and 0 <= place < min(person.items, person.answered + 2):
            return self.suite.picture(self._set, self._item(person, "items", place))
        raise LookupError(f"no picture {phase}/{place}")


def open_study(
    suite: AsksPeople,
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
        suite: of the set.
        data: a set with its pictures.
        out: the study file.
        items: items for each person (50).
        seed: of choice and order (0).
        templates: kinds of items, as the suite calls them (its main ones).
        split: test, dev or all (test).
        overlap: share of the items that all people have in common (1).
        rulers: show row and column numbers beside the pictures (no).
        practice: begin with practice items (yes).

    Raises:
        DataError: no set there, a missing picture, or ``out`` is something else.
        OptionError: a selection that cannot be, or ``out`` holds another study.
        RunError: another process serves it.
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
    if lost := lost_link(out):
        raise OptionError(f"{out}: cannot be written: {lost}")
    with held(out, file=True):
        settings, plan, source = _settled(suite, data, given, out)
        for item in plan.shared:
            suite.picture(source, item)
        for item in plan.rest:
            if not is_regular(path := suite.picture_path(source, item)):
                raise DataError(f"{path}: the picture of {item.item_id} is missing")
        if not out.exists():
            made = suite.practice([*plan.shared, *plan.rest]) if settings.practice else ()
            rows = [(msgspec.json.encode(item), picture) for item, picture in made]
            create(out, settings.record(), suite.strata, rows)
        return Study(suite, Store(out), plan, source, settings)


def _settled(
    suite: AsksPeople, data: str | Path, given: dict[str, Any], out: Path
) -> tuple[Settings, Plan, Iterable[Any]]:
    """Settings, plan and set of a new study or of the one in ``out``, which is only looked at."""
    if not out.exists():
        settings = settle(suite, data, given, None, out)
        return settings, *plan_of(suite, data, settings)
    with Store(out, read_only=True) as found:
        settings = settle(suite, data, given, found.settings(), out)
        plan, source = plan_of(suite, data, settings)
        found.practice(suite.item)
        known = {item.item_id for item in source}
        if gone := [name for name in found.item_ids() if name not in known]:
            raise DataError(
                f"{out}: is damaged: people are asked items that the set does not have: "
                f"{first_ten(gone)}"
            )
    return settings, plan, source
