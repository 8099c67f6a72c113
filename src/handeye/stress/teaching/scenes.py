"""Pictures to learn from, and to be examined on: the suite's own groups, in splits of no set.

Pictures come in pairs, A and B of a group. Each is asked the group's question, plainly and under a
cue that is true as often as a recipe says, and two of the plain questions that the other things in
it allow. What its patches show is read off the masks and the scene graph. Knows no tensors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.answer_kinds.choice import LETTERS
from handeye.sets.draw import Draw
from handeye.stress.asking.prompts import prompt_of, stated
from handeye.stress.item_set import patch_counts
from handeye.stress.items import BY_DEFAULT, DRAWN, NO_SUCH, WORDED, Cue, Item
from handeye.stress.scenes.drawing import FINE, STAGE
from handeye.stress.scenes.groups import AB, Group, Order, Painted
from handeye.stress.scenes.sketching import MIDDLE, Thing, in_some_order, others
from handeye.stress.scenes.things import COLOURS, EVEN_SHAPES, SHAPES
from handeye.stress.scenes.wording import kinds_of, question
from handeye.stress.scoring.predictions import Form
from handeye.stress.teaching.words import HEIGHTS, NAMES, SIDES
from handeye.training.lesson import IGNORED, Label

TRAINING, EXAMINED = "train/small", "examine/small"
"""Splits; no set's name of one has a stroke, so no scene of a set is ever met in training."""
TWINS = ("larger", "smaller", "in front", "behind", "odd", "even", "touching", "apart")
"""What things that come in two or five are to each other."""
_MOST = 10
LABELS = (
    Label("thing", 2, about="whether it shows a thing"),
    Label("shape", len(NAMES), words=NAMES, each=True, about="name of its thing"),
    Label("colour", len(COLOURS), words=tuple(COLOURS), each=True),
    Label("side", 2, words=SIDES, each=True, about="half in which its thing lies, across"),
    Label("height", 2, words=HEIGHTS, each=True, about="half in which its thing lies, upright"),
    Label("twin", len(TWINS), about="what its thing is to others of that name"),
    Label("many", _MOST, about="how many things of that name there are"),
)
"""What each patch tells of the thing that it shows. Only what nearly every batch has something of:
the word on a sign, rows, columns and parts, each told by a picture or two of a batch, all of it
alike, drowned the rest."""
_LEAST, _PART = 0.2, 0.25
"""Share of a patch that a thing has to cover, or share of the thing that the patch has to show, to
be told of it: less is no more than a corner, and not asked."""
_CLEAR = 16
"""Units by which places differ, at least, where a question of our own asks for them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, what is right, and of which item; ``order`` of its options."""

    text: str
    answer: str
    item: Item
    form: Form
    order: tuple[int, ...]

    @property
    def asides(self) -> Sequence[tuple[int, str]]:
        """Whether each option is the right one, after its last word."""
        if self.form == "free":
            return ()
        found, place = [], len(self.item.question)
        for at in self.order:
            option = self.item.options[at]
            place = self.text.index(f". {option}", place) + len(option) + 2
            found.append((place, "yes" if option == self.item.gold else "no"))
        return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it was painted, and the questions about it."""

    painted: Painted
    questions: tuple[Question, ...]
    sighted: bool = True

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(size, size, 3)."""
        pixels = self.painted.pixels
        return pixels if self.sighted else np.full_like(pixels, 255)

    def blanked(self) -> Shown:
        """The same questions about a white picture."""
        return replace(self, sighted=False)

    def patch_labels(self, patches: int) -> NDArray[np.int64]:
        """What each patch tells: :data:`LABELS`."""
        side = -(-len(self.painted.masks) // patches)
        counts = patch_counts(self.painted.masks, side).reshape(patches**2, -1)
        ground, things = counts[:, 0], counts[:, 1:]
        told = _told(self.painted.scene.things)
        out = np.full((patches**2, len(LABELS)), IGNORED, np.int64)
        if things.shape[1]:
            # From the back: the first of equals is then the nearest.
            seen = things.shape[1] - 1 - things[:, ::-1].argmax(1)
            shown = np.take_along_axis(things, seen[:, None], 1)[:, 0]
            area = things.sum(0)[seen]
            clear = (shown > 0) & ((shown >= _LEAST * side**2) | (shown >= _PART * area))
            out[clear] = told[seen[clear]]
        out[ground == counts.sum(1), 0] = 0
        return out


def _told(things: Sequence[Thing]) -> NDArray[np.int64]:
    """What a patch tells that shows a thing, (things, labels)."""
    out = np.full((len(things), len(LABELS)), IGNORED, np.int64)
    shown = [thing for thing in things if thing.role not in ("label", "companion")]
    many = Counter(thing.name for thing in shown)
    for row, thing in zip(out, things, strict=True):
        told: dict[str, Any] = {"thing": 1, "colour": tuple(COLOURS).index(thing.colour)}
        if thing in shown:
            told["shape"] = NAMES.index(thing.name)
            if thing.name in SHAPES:
                told |= {"many": many[thing.name], **_place(thing)}
            if twin := _twin(thing, [one for one in shown if one.name == thing.name]):
                told["twin"] = TWINS.index(twin)
        for number, label in enumerate(LABELS):
            row[number] = told.get(label.name, IGNORED)
    return out


def _place(thing: Thing) -> dict[str, int]:
    x, y = ((at - MIDDLE * FINE) / FINE for at in (thing.x, thing.y))
    out = {}
    if abs(x) >= _CLEAR / 2:
        out["side"] = int(x > 0)
    if abs(y) >= _CLEAR / 2:
        out["height"] = int(y > 0)
    return out


def _twin(thing: Thing, same: Sequence[Thing]) -> str:
    """What a thing that is asked about is to those of its name; empty where it is nothing."""
    facts = thing.facts
    if "differs" in facts:
        return "odd" if facts["differs"] else "even"
    if thing.name == "line":
        gap = next(one.facts["gap"] for one in same if "gap" in one.facts)
        return "apart" if gap else "touching"
    if thing.role != "asked" or len(same) != 2:
        return ""
    other = next(one for one in same if one is not thing)
    if facts["size"] != other.facts["size"]:
        return "larger" if facts["size"] > other.facts["size"] else "smaller"
    apart = max(abs(thing.x - other.x), abs(thing.y - other.y))
    if apart >= facts["size"] * FINE:
        return ""  # two that are counted
    return "in front" if thing is same[-1] else "behind"


# ---- what is shown and asked


def training_picture(
    seed: int, number: int, size: int, levels: Sequence[int], cue_truth: float, asks: bool = True
) -> Shown:
    """Picture ``number`` (from 0) of a training.

    Args:
        seed: of the training.
        number: pictures A and B of a group follow each other, and families take turns.
        size: side of the picture in pixels.
        levels: of which one is drawn for a group.
        cue_truth: 0..1; how many cues, by words or drawn, are true.
        asks: whether questions are wanted, too.
    """
    pair, truth = divmod(number, 2)
    draw = Draw(seed, "small-stress", pair)
    family = BY_DEFAULT[pair % len(BY_DEFAULT)]
    cue = draw.pick(kinds_of(family))
    level = draw.pick(tuple(levels))
    group = _group(seed, TRAINING, Order(family, pair // len(BY_DEFAULT), level, (cue,)), size)
    shared = draw.below(2)
    asked = Draw(seed, "small-stress", "asked", number)
    said = truth if asked.unit() < cue_truth else 1 - truth
    name = AB[truth]
    if cue in DRAWN:
        name = f"{name}-{cue[0]}{AB[said]}"
    elif cue == "other":
        name = AB[shared] + ("-o" if truth else "")
    (view,) = (view for view in group.views if view.name == name)
    painted = group.paint(view)
    if not asks:
        return Shown(painted, ())
    own = [item for item in _items(group) if item.picture_id == f"{group.name}-{name}"]
    plain = [item for item in own if not item.cue]
    value = group.sketch.values[said]
    cued = [i for i in own if i.cue and (i.cue == "other" or i.cue_value == value)]
    first, last = (plain or cued)[0], (cued or plain)[0]
    questions = [
        _asked(first, "free"),
        _asked(last, "letters"),
        _asked(last, asked.pick(("free", "letters")), state_first=not asked.below(2)),
    ]
    questions += [
        _asked(item, asked.pick(("free", "letters")))
        for item in _further(painted.scene.things, asked)
    ]
    return Shown(painted, tuple(questions))


@lru_cache(maxsize=4)
def _group(seed: int, split: str, order: Order, size: int) -> Group:
    """A group; its two pictures are asked for one after the other."""
    return Group(seed, split, order, size)


@lru_cache(maxsize=4)
def _items(group: Group) -> tuple[Item, ...]:
    return tuple(group.items())


def _asked(item: Item, form: Form, *, state_first: bool = False) -> Question:
    text = prompt_of(item, form, item.order, state_first=state_first)
    answer = item.gold
    if form == "letters":
        answer = LETTERS[item.order.index(item.options.index(item.gold))]
    if state_first:
        answer = stated(item.gold, answer)
    return Question(text, answer, item, form, item.order)


def _further(things: Sequence[Thing], draw: Draw) -> list[Item]:
    """Two plain questions of two kinds about things that a picture shows beside."""
    shown = [thing for thing in things if thing.name in SHAPES]
    makers = (_colour, _existence, _count, _position, _relation)
    made = (makers[place](shown, draw) for place in draw.shuffled(range(len(makers))))
    return [item for item in made if item is not None][:2]


def _item(kind: str, words: dict[str, str], options: Iterable[str], draw: Draw) -> Item:
    """An item of which the first option is right."""
    family = kind.split()[0]
    told = (*options, *(() if family == "existence" else (NO_SUCH,)))
    return Item(
        item_id="", scene_id="", picture_id="", picture="", family=family, values=told[:2],
        truth=told[0], gold=told[0], question=question(kind, words, draw), options=told,
        order=tuple(draw.shuffled(range(len(told)))),
        answer="number" if kind == "count" else "text",
    )  # fmt: skip


def _alone(things: Sequence[Thing], names: Sequence[str] = SHAPES) -> list[Thing]:
    """Things of some names of which there is one only."""
    many = Counter(thing.name for thing in things)
    return [thing for thing in things if many[thing.name] == 1 and thing.name in names]


def _colour(things: Sequence[Thing], draw: Draw) -> Item | None:
    if not (alone := _alone(things)):
        return None
    thing = draw.pick(alone)
    wrong = draw.shuffled(others(tuple(COLOURS), thing.colour))[:2]
    return _item("attribute", {"thing": thing.name}, (thing.colour, *wrong), draw)


def _existence(things: Sequence[Thing], draw: Draw) -> Item | None:
    shown = sorted({thing.name for thing in things})
    gone = others(SHAPES, *shown)
    if not shown or not gone:
        return None
    there = draw.below(2)
    words = {"thing": draw.pick(shown if there else gone)}
    return _item("existence", words, ("yes", "no") if there else ("no", "yes"), draw)


def _count(things: Sequence[Thing], draw: Draw) -> Item | None:
    if not things:
        return None
    many = Counter(thing.name for thing in things)
    name = draw.pick(sorted(many))
    right = many[name]
    wrong = (right + 1, right - 1 if right > 1 and draw.below(2) else right + 2)
    return _item("count", {"thing": name}, map(str, (right, *wrong)), draw)


def _position(things: Sequence[Thing], draw: Draw) -> Item | None:
    found = [
        (thing, way)
        for thing in _alone(things, EVEN_SHAPES)
        for way, at in enumerate((thing.x, thing.y))
        if abs(at / FINE - MIDDLE) >= _CLEAR
    ]
    if not found:
        return None
    thing, way = draw.pick(found)
    names = (SIDES, HEIGHTS)[way]
    right = names[(thing.x, thing.y)[way] > MIDDLE * FINE]
    one, two = in_some_order(draw, *names)
    words = {"thing": thing.name, "one": one, "two": two}
    return _item("position", words, (right, *others(names, right)), draw)


def _relation(things: Sequence[Thing], draw: Draw) -> Item | None:
    alone = _alone(things, EVEN_SHAPES)
    found = [
        (thing, mark, way)
        for thing in alone
        for mark in alone
        for way in range(2)
        if abs((thing.x - mark.x, thing.y - mark.y)[way]) >= _CLEAR * FINE
    ]
    if not found:
        return None
    thing, mark, way = draw.pick(found)
    names = (SIDES, ("above", "below"))[way]
    right = names[(thing.x, thing.y)[way] > (mark.x, mark.y)[way]]
    one, two = in_some_order(draw, *names)
    words = {"thing": thing.name, "mark": mark.name, "one": one, "two": two}
    kind = ("relation x", "relation y")[way]
    return _item(kind, words, (right, *others(names, right)), draw)


def examined_group(seed: int, number: int, level: int) -> Group:
    """Group ``number`` (from 0) of an examination: families take turns, and so do cues of words."""
    family = BY_DEFAULT[number % len(BY_DEFAULT)]
    turn = number // len(BY_DEFAULT)
    cue: Cue = WORDED[turn % len(WORDED)]
    return Group(seed, EXAMINED, Order(family, turn, level, (cue,)), STAGE)


def examined_pictures(group: Group) -> tuple[Shown, ...]:
    """Pictures A and B of a group with all that is asked of them, by letters and freely."""
    items = tuple(group.items())
    return tuple(
        Shown(
            group.paint(view),
            tuple(
                _asked(item, form)
                for item in items
                if item.picture_id == f"{group.name}-{view.name}"
                for form in ("free", "letters")
            ),
        )
        for view in group.views[:2]
    )
