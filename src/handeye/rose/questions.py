"""The task templates of ROSE and how an item is worded: names, modes and columns here, prompts below.

One screen of constants that everything else reads: which templates there are, which answer mode
each has, which column of the paper's tables it fills (DESIGN: "Task templates").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TaskMode = Literal["COUNT", "CLICK", "CLICK_COUNT"]


@dataclass(frozen=True, slots=True)
class Template:
    """One task template: release id, the paper's column, answer mode, context."""

    id: str
    key: str
    column: str
    mode: TaskMode
    context: Literal["global", "local", "visual", "exclusion"]


TEMPLATES: dict[str, Template] = {
    t.id: t
    for t in (
        Template("T1_COUNT_GLOBAL", "T1", "G-Cnt", "COUNT", "global"),
        Template("T2_COUNT_LOCAL_NUMERIC", "T2", "L-Cnt", "COUNT", "local"),
        Template("T3_CLICK_LOCAL_NUMERIC", "T3", "L-Clk", "CLICK", "local"),
        Template("T4_CLICK_VISUAL_REGION", "T4", "V-Clk", "CLICK", "visual"),
        Template("T5_CLICK_COUNT_EXCLUSION", "T5", "Excl-CS", "CLICK_COUNT", "exclusion"),
        Template("T1B_CLICK_GLOBAL", "T1B", "G-Clk", "CLICK", "global"),
        Template("T2B_COUNT_LOCAL_MATCHED", "T2B", "mL-Cnt", "COUNT", "local"),
    )
}
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
