"""The task templates of ROSE and how an item is worded.

One screen of constants that everything else reads: which templates there are, which answer mode
each has, which column of the paper's tables it fills (DESIGN: "Task templates").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from handeye.rose.scene import Cell, Region

TaskMode = Literal["COUNT", "CLICK", "CLICK_COUNT"]


@dataclass(frozen=True, slots=True)
class Template:
    """One task template: release id, the paper's column, answer mode, context, what it asks."""

    id: str
    key: str
    column: str
    mode: TaskMode
    context: Literal["global", "local", "visual", "exclusion"]
    words: str


_NAMED = "in a region named in numbers"
TEMPLATES: dict[str, Template] = {
    t.id: t
    for t in (
        Template("T1_COUNT_GLOBAL", "T1", "G-Cnt", "COUNT", "global", "count in the whole grid"),
        Template("T2_COUNT_LOCAL_NUMERIC", "T2", "L-Cnt", "COUNT", "local", f"count {_NAMED}"),
        Template("T3_CLICK_LOCAL_NUMERIC", "T3", "L-Clk", "CLICK", "local", f"click {_NAMED}"),
        Template("T4_CLICK_VISUAL_REGION", "T4", "V-Clk", "CLICK", "visual",
                 "click in the highlighted region"),
        Template("T5_CLICK_COUNT_EXCLUSION", "T5", "Excl-CS", "CLICK_COUNT", "exclusion",
                 "click outside a region, submit the number"),
        Template("T1B_CLICK_GLOBAL", "T1B", "G-Clk", "CLICK", "global", "click in the whole grid"),
        Template("T2B_COUNT_LOCAL_MATCHED", "T2B", "mL-Cnt", "COUNT", "local",
                 "count in the region of T3"),
    )
}  # fmt: skip
BY_KEY: dict[str, Template] = {t.key: t for t in TEMPLATES.values()}
MAIN_KEYS = ("T1", "T2", "T3", "T4", "T5")
BRIDGE_KEYS = ("T1B", "T2B")
# ROSE v0.1 order of subsets in the paper's tables.
SUBSETS = (
    "ROSE-ChineseGlyph",
    "ROSE-EmojiStyle",
    "ROSE-EmojiContent",
    "ROSE-PixelEdit",
    "ROSE-PixelContent",
)

# Our wording of the published protocol: the same information as the release's instruction (origin,
# direction and base of the coordinates, answer forms, one example of each), in other words.
ALONE = "Reply with the answer alone, in the form the question asks for, without any other words.\n"
PROMPT_GLOBAL = (
    "The picture is a grid of cells. Rows are numbered 1, 2, 3, ... from the top down, columns "
    "1, 2, 3, ... from left to right. Nearly all cells look the same: they are the majority. "
    f"{ALONE}"
    "\n"
    "Answer forms:\n"
    "(a) COUNT(n)\n"
    "(b) CLICK(Rr,Cc); CLICK(Rr,Cc); ...; DONE\n"
    "(c) CLICK(Rr,Cc); CLICK(Rr,Cc); ...; SUBMIT(n)\n"
    "\n"
    "One example of each:\n"
    "COUNT(4)\n"
    "CLICK(R3,C1); CLICK(R6,C8); DONE\n"
    "CLICK(R3,C1); CLICK(R6,C8); SUBMIT(2)\n"
)
FORMATS: dict[str, str] = {
    "COUNT": "COUNT(n)",
    "CLICK": "CLICK(Rr,Cc); ...; DONE",
    "CLICK_COUNT": "CLICK(Rr,Cc); ...; SUBMIT(n)",
}


def _bounds(kind: str, region: Region) -> str:
    """Name rows, columns or a rectangle in numbers."""
    if kind == "ROW_RANGE":
        if region.r1 == region.r2:
            return f"row {region.r1}"
        return f"rows {region.r1} to {region.r2}"
    if kind == "COL_RANGE":
        if region.c1 == region.c2:
            return f"column {region.c1}"
        return f"columns {region.c1} to {region.c2}"
    return (
        f"the rectangle from row {region.r1} column {region.c1} "
        f"to row {region.r2} column {region.c2}"
    )


def where(region: Region) -> str:
    """Say in words which cells a question is about, with its preposition."""
    if region.type == "GLOBAL":
        return "in the whole grid"
    if region.type == "VISUAL_REGION":
        return "inside the highlighted region of the picture"
    if region.type == "EXCLUSION":
        assert region.exclude_type is not None
        return f"outside {_bounds(region.exclude_type, region)}"
    return f"in {_bounds(region.type, region)}"


def prompt_local(template: Template, region: Region) -> str:
    """The question of one item: what to do, where, and in which form to answer."""
    ending = f"Answer only in the form {FORMATS[template.mode]}"
    if template.mode == "COUNT":
        return f"How many cells {where(region)} differ from the majority? {ending}."
    if template.mode == "CLICK":
        return f"Click every cell {where(region)} that differs from the majority. {ending}."
    return (
        f"Click every cell {where(region)} that differs from the majority, "
        f"then submit how many cells you clicked. {ending}."
    )


def formal_answer(mode: str, targets: Iterable[Cell]) -> str:
    """The gold answer in the grammar, clicks row-major."""
    cells = sorted(targets)
    if mode == "COUNT":
        return f"COUNT({len(cells)})"
    end = "DONE" if mode == "CLICK" else f"SUBMIT({len(cells)})"
    return "; ".join([*(f"CLICK({cell})" for cell in cells), end])
