"""What the suite reads and writes: one row a question about one picture, one row a picture.

A set is a folder with ``stress_{split}.jsonl`` (fields of :class:`Item`),
``pictures_{split}.jsonl`` (fields of :class:`Picture`) and the files that these name. Its unit is
the group: pictures that differ by the smallest edit that turns the answer from value a to value b,
one question, and the same words under every cue. A ``prompt_id`` is a pair: two items whose prompts
are equal byte for byte, about two pictures that make different answers right, so that a reader of
words alone is right about one of them at most.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from handeye.shown import Row

Family = Literal[
    "attribute",
    "existence",
    "count",
    "position",
    "relation",
    "size",
    "depth",
    "text",
    "contact",
    "grid",
    "odd",
    "part",
    "reference",
]
FAMILIES: tuple[Family, ...] = get_args(Family)
ON_REQUEST: tuple[Family, ...] = ("reference",)
"""Families that are made where they are named, and taught nowhere: published sets lack them."""
BY_DEFAULT = tuple(family for family in FAMILIES if family not in ON_REQUEST)
"""The others."""
Worded = Literal[
    "frequency", "context", "context+trust", "authority", "leading", "hint", "presupposition"
]
"""Cues that are forms of words; each is said with value a and with value b of both pictures."""
Drawn = Literal["label", "companion"]
"""Cues that are drawn in the picture; crossed by pictures: two truths and two labels."""
Cue = Literal[
    "",
    "frequency",
    "context",
    "context+trust",
    "authority",
    "leading",
    "hint",
    "presupposition",
    "label",
    "companion",
    "other",
]
"""``""`` asks without a cue; ``other`` presupposes something false beside what is asked, and is
answered by :data:`NO_SUCH`."""
CUES: tuple[Cue, ...] = get_args(Cue)
PRIOR = "prior"
"""In published sets: what is known of such things, and nobody says. Not crossed with the truth."""
WORDED: tuple[Worded, ...] = get_args(Worded)
DRAWN: tuple[Drawn, ...] = get_args(Drawn)
NO_SUCH = "no such"
"""The right answer to a question about a thing that is not there."""


class Item(Row, msgspec.Struct, frozen=True, kw_only=True):
    """One question about one picture.

    Attributes:
        item_id: unique within the set.
        scene_id: the group: what is resampled together.
        picture_id: what is shown; a row of ``pictures_{split}.jsonl``.
        picture: path of its file inside the set; empty where a published set asks without one.
        sha256: hexadecimal SHA-256 of the file's bytes; empty where it is not known.
        split: of the set.
        family: what is asked.
        level: of difficulty, 1 for the easiest.
        physical: what the level is in the picture as it was drawn, in ``unit``.
        unit: ``px`` unless something else is physical (``deg``).
        values: what the answer can be: value a, value b; in published sets b is empty where no
            other answer is known.
        truth: the one of the two that is true of this picture.
        gold: the right answer: ``truth``, or :data:`NO_SUCH`.
        cue: kind of the cue.
        cue_value: the value that it speaks for; empty where there is none.
        cue_span: first sign of the cue within ``question`` and the one behind it; None where no
            words carry it.
        question: all words that are asked, the cue among them, without options or the order to
            answer in some form.
        options: contents of a choice by letters, before they are put in order; the two values are
            among them.
        order: places of ``options`` by letter, as the set wants them shown.
        answer: how a free answer is read: ``text`` or ``number``; ``choice``: the options are shown
            and a letter is asked for, whatever the form of the others.
        aliases: other words for a value (``grey``: ``gray``), by value.
        prompt_id: of the pair: two items with the same words, options, order and cue (value
            included), and other right answers. Under most cues they are about pictures A and B;
            under a drawn one about those with the same label or companions; under ``other`` about
            a picture in which the presupposition holds and one in which it does not.
        side: 1 where value a lies on the left or above, -1 where on the right or below, 0 in
            families without sides.
        meta: what the generator made, for the report and for those who train: ``kind`` of the
            question, its ``words``, under ``other`` what is ``presumed``. Of a published ``set``
            what its measures are about (:mod:`handeye.stress.foreign.layouts`).
    """

    item_id: str
    scene_id: str
    picture_id: str
    picture: str
    sha256: str = ""
    split: str = "test"
    family: str = ""
    level: int | None = None
    physical: float | None = None
    unit: str = "px"
    values: tuple[str, str]
    truth: str
    gold: str
    cue: str = ""
    cue_value: str = ""
    cue_span: tuple[int, int] | None = None
    question: str
    options: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    answer: Literal["text", "number", "choice"] = "text"
    aliases: dict[str, tuple[str, ...]] = {}
    prompt_id: str = ""
    side: int = 0
    meta: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def cue_is_drawn(self) -> bool:
        """Whether its cue is drawn, so that no words tell it."""
        return self.cue in DRAWN


class Picture(Row, msgspec.Struct, frozen=True, kw_only=True):
    """A picture with all that is true of it; places in pixels from its upper left corner.

    Attributes:
        picture_id: unique within the set.
        scene_id: the group.
        picture: path of the PNG inside the set.
        masks: path of a grey PNG: which object (1 for the first of ``objects``) each pixel shows, 0
            for the ground.
        depth: path of a grey PNG, 0 for the ground, larger for what is nearer.
        sha256: of these files, by path.
        width: in pixels.
        height: likewise.
        truth: the value that is true of it.
        objects: the scene graph: each object with ``name``, ``colour``, ``role`` (``asked``,
            ``mark``, ``rest``, ``label``, ``companion``), ``box`` (x0, y0, x1, y1 of what is
            visible; None: nothing), ``keypoints`` (its middle and the corners of its whole box, x
            and y by name), ``depth`` (0 for the hindmost), ``area`` (visible pixels), and
            ``facts``: what else its family says of it.
        relations: triples (object, relation, object), by places in ``objects``.
        evidence: box of what tells the two values apart.
        control: a box of the same size that tells nothing; None where there is no room.
        label: text drawn in the picture; empty: none.
        meta: what else the generator knows.
    """

    picture_id: str
    scene_id: str
    picture: str
    masks: str
    depth: str
    sha256: dict[str, str] = {}
    width: int
    height: int
    truth: str
    objects: list[dict[str, Any]]
    relations: list[tuple[int, str, int]] = []
    evidence: tuple[int, int, int, int]
    control: tuple[int, int, int, int] | None = None
    label: str = ""
    meta: dict[str, Any] = msgspec.field(default_factory=dict)


def items_name(split: str) -> str:
    """Name of the file that holds the items of a split."""
    return f"stress_{split}.jsonl"


def pictures_name(split: str) -> str:
    """Name of the file that holds the pictures of a split."""
    return f"pictures_{split}.jsonl"
