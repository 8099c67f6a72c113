"""Grids in the written form: which cells differ is stated, then the answer is given.

The facts of a scene are its exception cells and, where a picture highlights a region, that region.
They stand in every question for the whole grid, whatever part of it is asked about: what is seen
is one thing, what is done about it another. So the facts are what a G-Clk item asks for, and they
are scored as a set, by their F1; there is no program. The outcome is that of the span behind the
recognition, by the rules of PASS, and no PASS: the protocol gives 0 to an answer with anything
around it.
"""

from __future__ import annotations

from collections.abc import Iterator

from handeye.rewards.columns import Task, Truth, asked
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import ALONE, PROMPT_GLOBAL, TEMPLATES, formal_answer, prompt_local

_CELL = "exception row=90 column=80"
_HIGHLIGHT = "highlight top=70 bottom=90 left=60 right=80"


def rewarded(items: ItemSet) -> Iterator[Task]:
    """The questions of a set, in our wording of the protocol."""
    for item in items:
        yield task_of(item)


def task_of(item: Item) -> Task:
    """One question with what is right about it."""
    template = TEMPLATES[item.task_template]
    facts = tuple(f"exception row={row} column={column}" for row, column in item.targets)
    shown = item.region_type == "VISUAL_REGION"
    region = item.region
    if shown:
        bounds = f"top={region.r1} bottom={region.r2} left={region.c1} right={region.c2}"
        facts += (f"highlight {bounds}",)
    question = prompt_local(template, region)
    truth = Truth(
        gold=formal_answer(template.mode, item.gold),
        kind="calls",
        facts=facts if item.targets else (*facts, "no exception"),
        needed=facts if item.targets else (*facts, "no exception"),
        question=f"{PROMPT_GLOBAL.replace(ALONE, '')}\n{question}",
        direct=template.key == "T1B",
    )
    told = f"{_CELL}, for every cell of the whole grid that differs from the majority"
    thing = f"{told}; {_HIGHLIGHT}, for the highlighted region" if shown else told
    prompt = asked(truth.question, "", thing).rstrip()
    return Task(item.item_id, item.scene_id, (item.image,), prompt, truth)
