"""Questions in the written form, with the facts of their pictures: the suite's part of rewards.

Facts are read off the scene graph: every visible thing with its colour, the halves that its centre
lies in and what its family says of it; how things lie to each other; and, where it matters, what is
not there. Words of a prompt depend on the question alone, so both pictures of a pair are asked in
the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handeye.errors import DataError
from handeye.rewards.columns import Kind, Task, Truth
from handeye.stress.asking.prompts import order_of, written_of
from handeye.stress.item_set import ItemSet
from handeye.stress.items import NO_SUCH, Item, Picture
from handeye.stress.scenes.things import COLOURS

_SAID = {"text": "text", "rows": "rows", "columns": "columns", "parts": "parts", "place": "place"}
"""What a family says of a thing, by the key of a fact."""
_DERIVED = ("count", "reference")
"""Families of which no single fact that is needed is the answer."""


def rewarded(items: ItemSet) -> Iterator[Task]:
    """The questions of a generated set whose pictures are known.

    Those of a group are left out where a thing that is asked about has no pixel, as one of the
    hardest level may in a small picture: nobody could see it.

    Raises:
        DataError: the set does not say what its pictures show, or what its questions ask.
    """
    if not items.pictures or not all("words" in item.meta for item in items):
        raise DataError(
            f"{items.name}: rewards need the facts of the pictures, which sets of "
            "'handeye stress generate' have"
        )
    unseen = {
        picture.scene_id
        for picture in items.pictures.values()
        if any(one["role"] == "asked" and not one["area"] for one in picture.objects)
    }
    for item in items:
        if item.scene_id not in unseen:
            yield task_of(item, items.picture(item))


def task_of(item: Item, picture: Picture) -> Task:
    """One question with what is right about it."""
    kind, words = str(item.meta["kind"]), dict(item.meta["words"])
    made = _Kind(kind, words | item.meta.get("presumed", {}), item, picture)
    letters = item.answer == "choice"
    order = order_of(item, "set")
    values = [one for one in dict.fromkeys([*item.values, *item.options]) if one]
    shown = [item.options[place] for place in order] if letters else values
    answer: Kind = "choice" if letters else item.answer
    truth = Truth(
        gold=item.gold,
        kind=answer,
        answers=tuple((value, *item.aliases.get(value, ())) for value in shown),
        facts=(*_facts(picture, item), *made.denials(item.gold)),
        needed=made.needed,
        program=made.program,
        cue_facts=made.claims(item.cue_value) if item.cue_value else (),
        question=_plain(item),
        direct=item.family not in _DERIVED,
    )
    return Task(
        item.item_id, item.scene_id, (item.picture,), written_of(item, "free", order), truth
    )


def _plain(item: Item) -> str:
    """The question without its cue; one within a sentence is a part of what is asked."""
    if item.cue_span is None or item.cue == "other":
        return item.question
    start, end = item.cue_span
    return " ".join((item.question[:start] + item.question[end:]).split())


def _key(name: str, value: str) -> str:
    if name == "place":
        return "x" if value in ("left", "right") else "y"
    return name


def _between(side: str) -> str:
    """A side as a relation."""
    return f"{side}-of" if side in ("left", "right") else side


# ---- the scene


def _facts(picture: Picture, item: Item) -> Iterator[str]:
    """All that is there: things, then relations of things that are told in full."""
    told = [_thing(one, picture, item) for one in picture.objects]
    seen = [bool(one["area"]) for one in picture.objects]
    for fact, visible in zip(told, seen, strict=True):
        if visible:
            yield fact
    for one, word, other in picture.relations:
        yield f"{told[one]} {word.replace(' ', '-')} {told[other]}"


def _thing(one: dict[str, Any], picture: Picture, item: Item) -> str:
    said = {"colour": one["colour"]} if one["colour"] in COLOURS else {}
    said |= halves(one, picture)
    words, kind = item.meta["words"], item.meta["kind"]
    if kind == "position" and one["name"] == words["thing"]:
        # So near the middle a box of whole pixels may say otherwise.
        said["x" if {words["one"], words["two"]} == {"left", "right"} else "y"] = picture.truth
    facts = one.get("facts", {})
    for name, key in _SAID.items():
        if name in facts:
            said[key] = "-".join(str(facts[name]).split())
    if facts.get("differs"):
        said["differs"] = "yes"
    return " ".join([str(one["name"]), *(f"{key}={value}" for key, value in said.items())])


def halves(one: dict[str, Any], picture: Picture) -> dict[str, str]:
    """The halves of a picture that an object of its scene graph lies in, by axis: ``x``, ``y``.

    One that lies in the middle is in neither.
    """
    x, y = one["keypoints"]["centre"]
    out = {}
    for key, place, size, names in (
        ("x", x, picture.width, ("left", "right")),
        ("y", y, picture.height, ("upper", "lower")),
    ):
        if abs(place - size / 2) >= 1:
            out[key] = names[place > size / 2]
    return out


# ---- what is asked and claimed


class _Kind:
    """A question of a kind: what it needs of a scene, and its program."""

    def __init__(self, kind: str, words: dict[str, str], item: Item, picture: Picture) -> None:
        self.kind, self.words, self.item, self.picture = kind, words, item, picture
        name = words.get("thing", "line")
        said = [
            f"{_key(key, words[key])}={words[key]}" for key in ("colour", "place") if key in words
        ]
        self.thing = " ".join([name, *said])
        if item.family == "reference":
            colour = words.get("mark_colour")
            self.mark = f"{words['mark']} colour={colour}" if colour else words["mark"]

    @property
    def program(self) -> str:
        """Of the frame's programs the one that answers."""
        name = self.words.get("thing", "line")
        family = self.item.family
        if family in ("count", "existence"):
            return f"{'count' if family == 'count' else 'whether'} {self.thing}"
        if family == "contact":
            return f"whether {self.thing} touches line"
        if family == "relation":
            return f"relation of {self.thing} to {self.words['mark']}"
        if family == "reference":
            return f"colour of {self.thing} nearest-to {self.mark}"
        if family in ("size", "depth"):
            word = "larger-than" if family == "size" else "in-front-of"
            return f"colour of {self.thing} {word} {name}"
        key = {
            "attribute": "colour",
            "text": "text",
            "grid": self.kind.partition(" ")[2],
            "part": "parts",
            "odd": "place",
        }.get(family) or self._axis
        return f"{key} of {self.thing}{' differs=yes' if family == 'odd' else ''}"

    @property
    def _axis(self) -> str:
        return _key("place", self.words["one"])

    def denials(self, value: str) -> tuple[str, ...]:
        """What is not there where a value is the answer, as far as the question asks for it."""
        if value == NO_SUCH:
            return (f"no {self.mark if self.item.family == 'reference' else self.thing}",)
        if value != "no":
            return ()
        return (f"no {self.thing}{' touches line' if self.item.family == 'contact' else ''}",)

    @property
    def needed(self) -> tuple[str, ...]:
        """The facts that make the right answer the answer, in the fewest words.

        Of a thing that is referred to they are two: that it stands in the relation, and its colour,
        both said of the thing in the half of the picture that it alone of its name lies in.
        """
        if self.item.family != "reference" or self.item.gold == NO_SUCH:
            return self.claims(self.item.gold)
        ((place, _, _),) = self.picture.relations
        own, *others = (
            halves(self.picture.objects[at], self.picture)
            for at in sorted(range(len(self.picture.objects)), key=lambda at: at != place)
            if self.picture.objects[at]["name"] == self.thing
        )
        key = next(key for key in own if all(one.get(key) != own[key] for one in others))
        thing = f"{self.thing} {key}={own[key]}"
        return f"{thing} nearest-to {self.mark}", f"{thing} colour={self.item.gold}"

    def claims(self, value: str) -> tuple[str, ...]:
        """The facts that make a value the answer, as words claim it."""
        name, family = self.words.get("thing", "line"), self.item.family
        if value in ("no", NO_SUCH):
            return self.denials(value)
        if family == "count":
            return (self.thing,) * int(value)
        if family == "existence":
            return (self.thing,)
        if family == "contact":
            return (f"{self.thing} touches line",)
        if family == "relation":
            return (f"{self.thing} {_between(value)} {self.words['mark']}",)
        if family == "reference":
            return (f"{self.thing} colour={value} nearest-to {self.mark}",)
        if family in ("size", "depth"):
            word = "larger-than" if family == "size" else "in-front-of"
            return (f"{self.thing} colour={value} {word} {name}",)
        key = self.program.partition(" ")[0]
        odd = " differs=yes" if family == "odd" else ""
        return (f"{self.thing} {key}={'-'.join(value.split())}{odd}",)
