"""What a model is asked. No prompt says anything about the scene or the kind of place.

Written for handeye; the paper (arXiv 2512.09907) prints no prompt. ``VERSION`` changes with any
change of wording and goes into every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

VERSION = "visualact-1"

# Our reading of the five Action Prioritization Levels; the paper gives the scale, 0 to 4.
LEVELS: tuple[str, ...] = (
    "no need: nothing is lost if nobody does it",
    "minor: a small comfort or courtesy",
    "useful: clearly helps, and can wait a little",
    "important: something is lost or someone is harmed if it is not done soon",
    "critical: life or limb is at stake, do it at once",
)
LEVEL_LABELS: tuple[str, ...] = tuple(words.partition(":")[0] for words in LEVELS)
_SCALE = "\n".join(f"{level} = {words}" for level, words in enumerate(LEVELS))
_TYPES = (
    "An action is proactive if it prevents or prepares for something that has not happened yet, "
    "and reactive if it answers something that has already happened or been asked for."
)

ELICITATION = f"""\
You are the one who can act on what this video shows. Nobody has told you what to do.
Decide from the video alone which actions ought to be taken now, and how much each matters.

Priority ("apl"), a whole number:
{_SCALE}

{_TYPES}

Answer with JSON and nothing else:
{{"actions": [{{"action": "<one sentence>", "apl": <0 to 4>, "type": "proactive|reactive"}}]}}
One entry per action. If nothing ought to be done, answer {{"actions": []}}."""

FREE_ELICITATION = """\
You are the one who can act on what this video shows. Nobody has told you what to do.
Decide from the video alone which actions ought to be taken now.

List them, one short sentence per line, each line beginning with "- ".
If nothing ought to be done, answer "none"."""

_LABELLING = f"""\
You proposed these actions for the video:
{{actions}}

Give each its priority ("apl"), a whole number:
{_SCALE}

{_TYPES}

Answer with JSON and nothing else, one entry per action, with the number it has above:
{{{{"actions": [{{{{"number": 1, "apl": <0 to 4>, "type": "proactive|reactive"}}}}]}}}}"""


def labelling(actions: Sequence[str]) -> str:
    """The second question of the two-pass protocol: levels and types for actions given before."""
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(actions, 1))
    return _LABELLING.format(actions=numbered)


def frames_note(count: int) -> str:
    """The line above the pictures where a video is shown as frames."""
    if count == 1:
        return "One frame of a video:"
    return f"{count} frames of one video, in order of time:"


def _schema(fields: dict[str, Any]) -> dict[str, Any]:
    entry = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"actions": {"type": "array", "items": entry}},
        "required": ["actions"],
        "additionalProperties": False,
    }


_LABELS: dict[str, Any] = {
    "apl": {"type": "integer", "enum": list(range(len(LEVELS)))},
    "type": {"type": "string", "enum": ["proactive", "reactive"]},
}
SCHEMA: dict[str, Any] = _schema({"action": {"type": "string"}, **_LABELS})
"""JSON schema of an answer, for providers with structured output."""
LABELLING_SCHEMA: dict[str, Any] = _schema({"number": {"type": "integer"}, **_LABELS})
"""JSON schema of the second answer of the two-pass protocol."""
