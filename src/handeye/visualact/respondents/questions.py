"""Which of the suite's three questions is asked, and how an answer to it is written.

The questions are those of :mod:`handeye.visualact.asking.prompts`; a conversation that asks
anything else is not for these respondents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from handeye.errors import RunError
from handeye.visualact.asking import prompts
from handeye.visualact.records import PredictedAction

Form = Literal["actions", "list", "labels"]
"""JSON with levels and types; a list of sentences; levels and types for a list given before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: the form of its answer, and the actions that ``labels`` are asked for."""

    form: Form
    actions: tuple[str, ...] = ()


def read_question(text: str) -> Asked:
    """Read the last user message of a conversation; white space is of no account around prompts.

    Raises:
        RunError: none of the suite's questions.
    """
    words = _plain(text)
    if words.endswith(_plain(prompts.ELICITATION)):
        return Asked("actions")
    if words.endswith(_plain(prompts.FREE_ELICITATION)):
        return Asked("list")
    before, after = prompts.labelling(["\0"]).split("1. \0")
    head, found, rest = text.partition(before.rstrip())
    numbered, end, _ = rest.partition(after.strip())
    if found and end and not head.strip():
        return Asked("labels", tuple(_numbered(numbered)))
    raise RunError(
        "handeye's respondents for clips answer the questions of the suite visualact (prompts "
        f"{prompts.VERSION}) and no others, got {words[-120:]!r}"
    )


def _numbered(text: str) -> Iterable[str]:
    """The actions of a numbered list, one a line, in order."""
    for line in text.splitlines():
        if found := re.fullmatch(r"\s*\d+\. ?(.*)", line):
            yield found.group(1)


def written(asked: Asked, actions: Sequence[PredictedAction]) -> str:
    """The answer that says these actions; for ``labels`` those of them that are asked about."""
    if asked.form == "list":
        return "\n".join(f"- {action.text}" for action in actions) or "none"
    if asked.form == "actions":
        return as_json([{"action": action.text, **_labels(action)} for action in actions])
    return as_json(
        [
            {"number": number, **_labels(action)}
            for number, action in enumerate(labelled(asked, actions), 1)
            if action
        ]
    )


def labelled(asked: Asked, actions: Sequence[PredictedAction]) -> list[PredictedAction | None]:
    """For every action asked about the one of ours with the same words, None for a stranger."""
    ours = {_words(action.text): action for action in actions}
    return [ours.get(_words(text)) for text in asked.actions]


def as_json(entries: Sequence[dict[str, Any]]) -> str:
    """The answer with these entries."""
    return json.dumps({"actions": list(entries)}, ensure_ascii=False)


def kind_of(proactive: bool) -> str:
    """The word for a type."""
    return "proactive" if proactive else "reactive"


def _labels(action: PredictedAction) -> dict[str, Any]:
    """Level and type, as far as they are stated."""
    labels: dict[str, Any] = {}
    if action.apl is not None:
        labels["apl"] = action.apl
    if action.proactive is not None:
        labels["type"] = kind_of(action.proactive)
    return labels


def _plain(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> str:
    """What stays the same when a list is read: letters and digits."""
    return " ".join(re.findall(r"\w+", text.lower()))
