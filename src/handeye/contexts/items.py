"""What the suite asks: one row a question about one scene, made of what people wrote.

A scene is asked what is to be seen in it, without any context, and what is to be done, once under
each of its contexts; media are the same bytes throughout.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from handeye.answer_kinds.schemas import Tool
from handeye.contexts.authored import KINDS, Answer, Convention, Kind
from handeye.shown import Row

About = Literal["sees", "does"]
"""What is asked: what is to be seen, or what is to be done."""
ABOUT: tuple[About, ...] = get_args(About)
Form = Literal["choice", "number", "text", "labels", "cells", "point", "points", "call", "calls"]
"""How a question is to be answered: of a request that cannot be met as its siblings are."""
FORMS: tuple[Form, ...] = get_args(Form)
Control = Literal[
    "", "no-picture", "other-picture", "no-context", "swapped-context", "permuted", "paraphrase"
]
"""What was changed to see whether it matters; empty: nothing."""
CONTROLS: tuple[Control, ...] = get_args(Control)
CANNOT = "This cannot be done."
"""What is said, and stands among the options, where a set has requests that cannot be met."""
YAML, JSONL = ("contexts.yaml", "contexts.yml"), "contexts.jsonl"
"""Names of the file of a set."""


class Item(Row, msgspec.Struct, frozen=True, kw_only=True):
    """One question about one scene.

    Attributes:
        item_id: ``SCENE/see:QUESTION`` or ``SCENE/do:CONTEXT``; of a control with its name behind
            ``#``.
        scene_id: what is shown; what is resampled together.
        group: scenes whose pictures can stand in for each other.
        split: of the set.
        about: ``sees`` or ``does``.
        name: id of the question or context within the scene.
        system: the system message; empty for none.
        text: the words of the context; empty of what is to be seen.
        ask: the question.
        form: how it is to be answered.
        answer: what is right.
        of: options of a choice in an order drawn for the item; or all labels, as written.
        harmful: actions that do harm.
        default: the action that is taken where nothing speaks for another; None: not declared.
        refusable: whether the prompt says how to answer that it cannot be done: of a set all or
            none, so that it tells nothing.
        points: in what the prompt asks for places.
        tools: that are offered, where calls are asked for.
        control: what was changed.
        media: files inside the set, in the order in which they are shown.
        sha256: of these files, by name, where the set says.
        keep: counted in the gap even where it needs no picture or no context.
    """

    item_id: str
    scene_id: str
    group: str
    split: str = "test"
    about: About
    name: str
    system: str = ""
    text: str = ""
    ask: str
    form: Form
    answer: Answer
    of: tuple[str, ...] = ()
    harmful: tuple[str | Answer, ...] = ()
    default: str | Answer | None = None
    refusable: bool = False
    points: Convention = "pixels"
    tools: tuple[Tool, ...] = ()
    control: Control = ""
    media: tuple[str, ...]
    sha256: dict[str, str] = {}
    keep: bool = False

    @property
    def kind(self) -> Kind:
        """What is right: an answer of its form, or that it cannot be done."""
        return self.answer.kind


def form_of(answer: Answer, siblings: tuple[Answer, ...], options: tuple[str, ...]) -> Form:
    """How a question is to be answered.

    Args:
        answer: what is right.
        siblings: what is right in the contexts of the scene that ask the same, or in all.
        options: of the question.
    """
    for one in (answer, *siblings):
        if one.kinds and one.kind != "impossible":
            return one.kind
    return "choice" if options else "text"


assert set(FORMS) | {"impossible"} == set(KINDS)
