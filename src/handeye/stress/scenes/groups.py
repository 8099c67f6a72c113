"""A group: its pictures with all that is true of them, and a row for every question.

Pure functions of (seed, split, family, number, level, cues, size). What is made is held to what is
promised: exactly one thing fits each question, the truth follows from the scene graph, a label
stands clear of the edit, and no function of the words is right on both pictures of a prompt.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.printing import noun
from handeye.sets.draw import Draw
from handeye.stress.items import DRAWN, NO_SUCH, WORDED, Cue, Family, Item, Picture
from handeye.stress.scenes.drawing import FINE, STAGE, Box, Canvas, Pixels, blank
from handeye.stress.scenes.families import sketch
from handeye.stress.scenes.sketching import Scene, Sketch, Thing
from handeye.stress.scenes.wording import Said, presuming, question, with_cue

AB = "ab"
ALIASES: dict[str, tuple[str, ...]] = {
    "left": ("left half", "left side", "left of it", "to the left", "further left"),
    "right": ("right half", "right side", "right of it", "to the right", "further right"),
    "upper": ("upper half", "top", "top half"),
    "lower": ("lower half", "bottom", "bottom half"),
    "above": ("above it", "over it", "higher"),
    "below": ("below it", "under it", "beneath", "lower"),
    NO_SUCH: ("no such thing", "none", "not there", "there is none"),
}
KEYPOINTS = ("centre", "upper left", "upper right", "lower right", "lower left")
"""Of every object: its middle and the corners of its whole box, covered or not."""


class Order(NamedTuple):
    """One group to be made.

    Attributes:
        family: of its question.
        number: within the family.
        level: of its difficulty.
        cues: beside none.
        things: fewest and most in a picture; None: as many as its family has.
    """

    family: Family
    number: int
    level: int
    cues: tuple[Cue, ...]
    things: tuple[int, int] | None = None


class View(NamedTuple):
    """One picture of a group.

    Attributes:
        name: ``a``, ``b``; behind a stroke ``la``, ``lb`` (with a label), ``ca``, ``cb`` (with
            companions), ``o`` (with the other attribute).
        truth: which value is true, 0 or 1.
        other: which of two other attributes the asked thing has.
        label: the value that a label says; None: no label.
        beads: the value whose companions are there; None: none.
    """

    name: str
    truth: int
    other: int = 0
    label: int | None = None
    beads: int | None = None


@dataclass(frozen=True)
class Painted:
    """A picture: pixels (size, size, 3), masks and depth (size, size), its things' whole boxes."""

    scene: Scene
    pixels: Pixels
    masks: Pixels
    depth: Pixels
    boxes: tuple[Box, ...]


def paint(scene: Scene, size: int, under: Painted | None = None) -> Painted:
    """Paint a scene.

    Args:
        scene: what to paint.
        size: side of the picture in pixels.
        under: a picture of the first things of the scene, or of others: where it is the former,
            the rest are painted on a copy of it.

    Raises:
        ValueError: a thing leaves the picture.
    """
    if under and _begins(scene, under.scene):
        canvas = Canvas(under.pixels.copy(), under.masks.copy())
        boxes = list(under.boxes)
    else:
        canvas, boxes = blank(size, scene.ground), []
    for number, thing in enumerate(scene.things[len(boxes) :], len(boxes) + 1):
        found = [
            canvas.paint(part.form, thing.x + part.x, thing.y + part.y, part.ink, number)
            for part in thing.parts
        ]
        x0, y0, x1, y1 = zip(*found, strict=True)
        boxes.append((min(x0), min(y0), max(x1), max(y1)))
    # Nearer is brighter, in equal steps, whichever number of things there is.
    depth = canvas.masks * np.uint8(255 // max(1, len(scene.things)))
    return Painted(scene, canvas.pixels, canvas.masks, depth, tuple(boxes))


def _begins(scene: Scene, first: Scene) -> bool:
    """Whether a scene is another one and things before it."""
    return (scene.ground, scene.things[: len(first.things)]) == (first.ground, first.things)


def scene_name(split: str, family: str, number: int) -> str:
    """The id of a group."""
    return f"{split}-{family}-{number:04d}"


class Group:
    """All of a group; what is expensive is made when it is first asked for.

    Args:
        seed: of the set.
        split: name of the split.
        order: which group.
        size: side of the pictures in pixels.
    """

    def __init__(self, seed: int, split: str, order: Order, size: int) -> None:
        self.order, self.split, self.size = order, split, size
        self.name = scene_name(split, order.family, order.number)
        self._key = (seed, split, order.family, order.number)
        self.sketch: Sketch = sketch(
            order.family, order.level, Draw(*self._key, "scene"), order.things
        )

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Its pictures, A and B first."""
        cues = self.order.cues
        out = [View("a", 0), View("b", 1)]
        for cue, sign in (("label", "l"), ("companion", "c")):
            if cue in cues:
                out += [
                    View(f"{AB[truth]}-{sign}{AB[said]}", truth, **{_DRAWN_AS[sign]: said})
                    for truth in range(2)
                    for said in range(2)
                ]
        if "other" in cues:
            out += [View(f"{AB[truth]}-o", truth, other=1) for truth in range(2)]
        return tuple(out)

    @cached_property
    def painted(self) -> dict[str, Painted]:
        """Its pictures by the names of their views.

        Raises:
            AssertionError: something is not as promised.
        """
        out: dict[str, Painted] = {}
        for view in self.views:
            # With a label or companions it is the plain one and these in their strip.
            out[view.name] = self.paint(view, out.get(AB[view.truth]))
        return out

    def paint(self, view: View, under: Painted | None = None) -> Painted:
        """One of its pictures; ``under`` as :func:`paint` takes it.

        Raises:
            AssertionError: something is not as promised.
        """
        values = self.sketch.values
        label = "" if view.label is None else values[view.label].upper()
        scene = self.sketch.scene(view.truth, view.other, label=label, beads=view.beads)
        check_scene(self.sketch, scene, values[view.truth])
        return paint(scene, self.size, under)

    def evidence(self, view: View) -> Box:
        """The box of all that differs between a picture and the one of the other truth."""
        one, other = (self.painted[f"{sign}{view.name[1:]}"] for sign in AB)
        # Pixels differ where things do: as a rule that is a small part of the picture.
        both = zip_longest(
            zip(one.scene.things, one.boxes, strict=True),
            zip(other.scene.things, other.boxes, strict=True),
        )
        boxes = [each[1] for pair in both if pair[0] != pair[1] for each in pair if each]
        assert boxes, "the edit does not show"
        x0, y0, x1, y1 = zip(*boxes, strict=True)
        left, top, right, bottom = min(x0), min(y0), max(x1), max(y1)
        here = slice(top, bottom), slice(left, right)
        box = difference(one.pixels[here], other.pixels[here])
        return box[0] + left, box[1] + top, box[2] + left, box[3] + top

    def pictures(self) -> Iterator[Picture]:
        """A row for each picture, without the hashes of its files."""
        draw = Draw(*self._key, "control")
        boxes: dict[int, tuple[Box, Box | None]] = {}
        for view in self.views:
            painted = self.painted[view.name]
            if view.other not in boxes:
                evidence = self.evidence(view)
                boxes[view.other] = evidence, self._control(evidence, draw, view.other)
            evidence, control = boxes[view.other]
            added = [
                box
                for thing, box in zip(painted.scene.things, painted.boxes, strict=True)
                if thing.role in ("label", "companion")
            ]
            clear = not added or not common(added, [evidence]).any()
            assert clear, f"{self.name}: a label or companion touches the evidence"
            stem = f"{self.name}-{view.name}"
            yield Picture(
                picture_id=stem,
                scene_id=self.name,
                picture=f"pictures/{stem}.png",
                masks=f"masks/{stem}.png",
                depth=f"depth/{stem}.png",
                width=self.size,
                height=self.size,
                truth=self.sketch.values[view.truth],
                objects=objects_of(painted),
                relations=list(painted.scene.relations),
                evidence=evidence,
                control=control,
                label=next(
                    (t.facts["text"] for t in painted.scene.things if t.role == "label"), ""
                ),
                meta={"family": self.order.family, "level": self.order.level},
            )

    def _control(self, evidence: Box, draw: Draw, other: int) -> Box | None:
        """A box as large as the evidence, clear of it and of all that is asked about."""
        x0, y0, x1, y1 = evidence
        wide, tall = x1 - x0, y1 - y0
        busy, show = {evidence}, set[Box]()
        for view in self.views:
            if view.other == other:
                painted = self.painted[view.name]
                for thing, box in zip(painted.scene.things, painted.boxes, strict=True):
                    (show if thing.role == "rest" else busy).add(box)
        drawn = [
            (draw.integer(0, self.size - wide), draw.integer(0, self.size - tall))
            for _ in range(40)
        ]
        places = np.array([(x, y, x + wide, y + tall) for x, y in drawn])
        clear = ~common(places, busy).any(1)
        if not clear.any():
            return None
        # Of those that show most, the first.
        shown = common(places, show).sum(1)
        left, top = drawn[int(np.where(clear, shown, -1).argmax())]
        return left, top, left + wide, top + tall

    def items(self) -> Iterator[Item]:
        """A row for each question, without the hash of its picture."""
        plan, values = self.sketch, self.sketch.values
        options = (*values, *((plan.third,) if plan.third else ()))
        if self.order.family != "existence":
            options = (*options, NO_SUCH)
        known = {value: ALIASES[value] for value in options if value in ALIASES}
        plain = question(plan.kind, plan.words, Draw(*self._key, "question"))
        scale = self.size / STAGE if plan.unit == "px" else 1.0
        for cue, value, said, views in self._prompts(plain):
            mark = f"{cue}-{value}" if value else cue or "plain"
            order = tuple(Draw(*self._key, "order", mark).shuffled(range(len(options))))
            for view in views:
                truth = values[view.truth]
                stem = f"{self.name}-{view.name}"
                speaks = value in AB and value and cue != "other"
                yield Item(
                    item_id=f"{stem}-{mark}",
                    scene_id=self.name,
                    picture_id=stem,
                    picture=f"pictures/{stem}.png",
                    split=self.split,
                    family=self.order.family,
                    level=self.order.level,
                    physical=round(plan.physical * scale, 4),
                    unit=plan.unit,
                    values=values,
                    truth=truth,
                    gold=NO_SUCH if view.other else truth,
                    cue=cue,
                    cue_value=values[AB.index(value)] if speaks else "",
                    cue_span=said.span,
                    question=said.text,
                    options=options,
                    order=order,
                    answer="number" if plan.number else "text",
                    aliases=known,
                    prompt_id=f"{self.name}-{mark}",
                    side=plan.side,
                    meta={
                        "kind": plan.kind,
                        "words": dict(plan.words),
                        **({"presumed": dict(plan.presumed[0])} if cue == "other" else {}),
                    },
                )

    def _prompts(self, plain: str) -> Iterator[tuple[Cue, str, Said, tuple[View, View]]]:
        """Cue, its value by letter, what is asked, and the two pictures that it is asked of."""
        plan, views = self.sketch, {view.name: view for view in self.views}
        unsaid = Said(plain, None)
        yield "", "", unsaid, (views["a"], views["b"])
        for cue in self.order.cues:
            if cue in WORDED:
                for value in AB:
                    # The same draws for both values: they differ in the value alone.
                    draw = Draw(*self._key, "cue", cue)
                    words = plan.values[AB.index(value)]
                    said = with_cue(cue, plan.kind, plan.words, words, plain, draw)
                    yield cue, value, said, (views["a"], views["b"])
            elif cue in DRAWN:
                for value in AB:
                    sign = f"{cue[0]}{value}"
                    yield cue, value, unsaid, (views[f"a-{sign}"], views[f"b-{sign}"])
            else:
                draw = Draw(*self._key, "cue", cue)
                said = presuming(plan.kind, plan.words, plan.presumed[0], draw)
                for truth in AB:
                    yield cue, truth, said, (views[truth], views[f"{truth}-o"])


_DRAWN_AS = {"l": "label", "c": "beads"}


# ---- what is true of a picture


def objects_of(painted: Painted) -> list[dict[str, Any]]:
    """The scene graph of a picture: what of each thing is seen, and what is known of it."""
    out = []
    for number, thing in enumerate(painted.scene.things):
        x0, y0, x1, y1 = painted.boxes[number]
        shown = painted.masks[y0:y1, x0:x1] == number + 1
        rows, columns = shown.any(1).nonzero()[0].tolist(), shown.any(0).nonzero()[0].tolist()
        seen = (
            [x0 + columns[0], y0 + rows[0], x0 + columns[-1] + 1, y0 + rows[-1] + 1]
            if rows
            else None
        )
        places = (((x0 + x1) / 2, (y0 + y1) / 2), (x0, y0), (x1, y0), (x1, y1), (x0, y1))
        out.append(
            {
                "name": thing.name,
                "colour": thing.colour,
                "role": thing.role,
                "box": seen,
                "keypoints": dict(zip(KEYPOINTS, map(list, places), strict=True)),
                "depth": number,
                "area": int(np.count_nonzero(shown)),
                **({"facts": dict(thing.facts)} if thing.facts else {}),
            }
        )
    return out


def difference(one: Pixels, other: Pixels) -> Box:
    """The box of the pixels that differ.

    Raises:
        AssertionError: none does.
    """
    differs = one != other
    rows = differs.reshape(len(differs), -1).any(1).nonzero()[0]
    columns = differs.any(0).any(-1).nonzero()[0]
    assert len(rows), "the edit does not show"
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def common(some: Collection[Box], others: Collection[Box]) -> NDArray[np.int64]:
    """Area in pixels that boxes have in common with others, (some, others)."""
    one = np.array(list(some), np.int64).reshape(-1, 1, 4)
    other = np.array(list(others), np.int64).reshape(1, -1, 4)
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    areas: NDArray[np.int64] = sides.clip(0).prod(-1)
    return areas


# ---- what is promised


def check_scene(plan: Sketch, scene: Scene, truth: str) -> None:
    """Hold a scene to its question: exactly one thing fits, and the truth follows from the graph.

    Raises:
        AssertionError: it does not.
    """
    found = truth_of(plan, scene)
    assert found == truth, f"{plan.kind}: the graph says {found}, not {truth}"


def truth_of(plan: Sketch, scene: Scene) -> str:
    """The answer to the plain question, from the scene graph alone.

    Raises:
        AssertionError: not exactly one thing fits what is asked about.
    """
    family, words = plan.kind.split()[0], plan.words
    things = [t for t in scene.things if t.role not in ("label", "companion")]
    fit = [t for t in things if t.name == words.get("thing", "line")]
    if family == "existence":
        wanted = [t for t in fit if t.colour == words.get("colour", t.colour)]
        assert len(wanted) < 2
        return "yes" if wanted else "no"
    if family == "count":
        return str(len(fit))
    fits = {"size": 2, "depth": 2, "contact": 2, "odd": 5, "reference": 2}.get(family, 1)
    assert len(fit) == fits, f"{plan.kind}: {len(fit)} things fit, not {fits}"
    if family == "attribute":
        return fit[0].colour
    if family == "position":
        across = {words["one"], words["two"]} == {"left", "right"}
        low = (fit[0].x if across else fit[0].y) < STAGE * FINE // 2
        return ("left" if across else "upper") if low else ("right" if across else "lower")
    if family in ("relation", "reference"):
        (mark,) = (t for t in things if t.name == words["mark"])
        if family == "relation":
            return _side(fit[0], mark, plan.kind)
        far = {math.dist((t.x, t.y), (mark.x, mark.y)): t.colour for t in fit}
        assert len(far) == len(fit), f"{plan.kind}: two lie equally near"
        return far[min(far)]
    if family == "size":
        return max(fit, key=lambda t: t.facts["size"]).colour
    if family == "depth":
        return fit[-1].colour
    if family == "text":
        return str(fit[0].facts["text"])
    if family == "contact":
        return "yes" if fit[0].facts["gap"] == 0 else "no"
    if family == "grid":
        return str(fit[0].facts[plan.kind.split()[1]])
    if family == "odd":
        ((place),) = (t.facts["place"] for t in fit if t.facts["differs"])
        return str(place)
    return str(fit[0].facts["parts"])


def _side(thing: Thing, mark: Thing, kind: str) -> str:
    """On which side of a mark a thing lies, by the axis of a kind."""
    if kind.endswith("x"):
        return "left" if thing.x < mark.x else "right"
    return "above" if thing.y < mark.y else "below"


def prompt_problems(items: Iterable[Item]) -> Iterator[str]:
    """What of the items of a group lets words alone be right: by prompt, in words.

    Every prompt has to be asked, byte for byte, of two pictures that make different answers right,
    and every cue that speaks for one value has to be there for the other one.
    """
    prompts: dict[str, list[Item]] = {}
    spoken: dict[tuple[str, str], set[str]] = {}
    for item in items:
        prompts.setdefault(item.prompt_id, []).append(item)
        if item.cue_value:
            spoken.setdefault((item.scene_id, item.cue), set()).add(item.cue_value)
    for name, same in prompts.items():
        if len(same) != 2:
            asked = f"{len(same)} {noun(len(same), 'items')}"
            yield f"prompt {name} is asked in {asked}, not of two pictures"
            continue
        one, other = same
        for part in ("question", "options", "order", "cue", "cue_value", "values"):
            if getattr(one, part) != getattr(other, part):
                yield f"prompt {name}: its two items have another {part}"
        if one.gold == other.gold or one.picture_id == other.picture_id:
            yield f"prompt {name}: the same answer is right in both of its items"
    for (scene, cue), values in spoken.items():
        if len(values) < 2:
            yield f"group {scene}: its cue {cue} speaks for {', '.join(values)} alone"
