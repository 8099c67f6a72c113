"""The words of ROSE: how a question is sent, and the phrases that stand between two numbers.

The phrases are taken from the wording itself, so a change of wording is a change of the vocabulary
and never leaves the two apart.
"""

from __future__ import annotations

import re

from handeye.rose.questions import PROMPT_GLOBAL, TEMPLATES, Template, prompt_local
from handeye.rose.scene import Region

# Parts of the answers in the spelling of the gold answers; numbers stand between them.
ANSWER_PHRASES = (
    "COUNT(",
    ")",
    "CLICK(R",
    ",C",
    "); CLICK(R",
    "); DONE",
    "); SUBMIT(",
    "DONE",
    "SUBMIT(",
)


def question_text(template: Template, region: Region) -> str:
    """A question as a run sends it beside the picture: instruction and question."""
    return f"{PROMPT_GLOBAL}\n{prompt_local(template, region)}"


def phrases() -> tuple[str, ...]:
    """Every piece of text between two numbers of any question, then those of the answers."""
    found: dict[str, None] = {f"{PROMPT_GLOBAL}\n": None}
    for template in TEMPLATES.values():
        for region in _probes(template):
            found.update(dict.fromkeys(re.split(r"[0-9]+", prompt_local(template, region))))
    found.update(dict.fromkeys(ANSWER_PHRASES))
    return tuple(phrase for phrase in found if len(phrase) > 1)


def _probes(template: Template) -> list[Region]:
    """One region of each wording that a template can have."""
    if template.context == "global":
        return [Region("GLOBAL", 1, 8, 1, 8)]
    if template.context == "visual":
        return [Region("VISUAL_REGION", 2, 3, 2, 3)]
    local = [
        Region("ROW_RANGE", 2, 2, 1, 8),
        Region("ROW_RANGE", 2, 3, 1, 8),
        Region("COL_RANGE", 1, 8, 2, 2),
        Region("COL_RANGE", 1, 8, 2, 3),
        Region("RECTANGLE", 2, 3, 4, 5),
    ]
    if template.context == "local":
        return local
    return [
        Region("EXCLUSION", r.r1, r.r2, r.c1, r.c2, exclude_type=r.type)  # type: ignore[arg-type]
        for r in local
    ]
