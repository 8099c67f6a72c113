"""What a judge model is asked about two lists of actions, and how its answer is read.

Written for handeye; the paper (arXiv 2512.09907) uses no judge. Knows no provider: that is the
business of :mod:`handeye.visualact.judge.ask`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from handeye.answer_kinds.tolerant_json import find_values
from handeye.run.thoughts import answer_of

VERSION = "visualact-judge-1"
"""Changes with any change of wording; an answer to another version is not used."""

_QUESTION = """\
Two lists of actions for one and the same situation. Which of the proposed actions mean the same
deed as which of those that are called for?

Two actions mean the same deed if carrying out one would do what the other calls for, however it is
worded. The same topic, place or object is not enough. Each action has at most one counterpart;
leave out those that have none. Urgency plays no part here.

Proposed:
{proposed}

Called for:
{called_for}

Answer with JSON and nothing else, by number:
{{"pairs": [{{"proposed": 1, "called_for": 1}}]}}
If no two mean the same deed, answer {{"pairs": []}}."""

_NUMBER: dict[str, Any] = {"type": "integer"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "pairs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"proposed": _NUMBER, "called_for": _NUMBER},
                "required": ["proposed", "called_for"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["pairs"],
    "additionalProperties": False,
}
"""JSON schema of an answer, for providers with structured output."""

_LISTS = ("pairs", "matches", "matched")
_PROPOSED = ("proposed", "predicted", "prediction", "p")
_CALLED_FOR = ("called_for", "calledfor", "truth", "true", "t", "c")
_DIGITS = re.compile(r"\d{1,6}")


def question(proposed: Sequence[str], called_for: Sequence[str]) -> str:
    """The text sent to a judge; actions are numbered from 1 and take one line each."""
    return _QUESTION.format(proposed=_numbered(proposed), called_for=_numbered(called_for))


def fingerprint(proposed: Sequence[str], called_for: Sequence[str]) -> str:
    """SHA-256 (hexadecimal) of prompt version and texts: equal ones are asked once."""
    content = msgspec.json.encode([VERSION, *map(_lines, (proposed, called_for))])
    return hashlib.sha256(content).hexdigest()


def _lines(texts: Sequence[str]) -> list[str]:
    # One line each, so that no text can pass for the next entry; whole characters only.
    return [" ".join(text.encode("utf-8", "replace").decode().split()) for text in texts]


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(_lines(texts), 1))


def read_pairs(text: str, proposed: int, called_for: int) -> list[tuple[int, int]] | None:
    """The pairs a judge names, in places counted from 0.

    Read are the JSON that was asked for, also in prose or fences and mended where it is loose, and
    lists of number pairs. Of several values the last that can be read counts.

    Args:
        text: the answer.
        proposed: number of proposed actions.
        called_for: number of actions called for.

    Returns:
        Pairs without repetition, sorted; None if nothing can be read, the answer was cut, or a
        number names no action (a judge that loses count is not to be trusted with the rest).
    """
    for found in reversed(find_values(answer_of(text))):
        if found.how == "cut":
            return None
        entries = _entries(found.value)
        if entries is None:
            continue
        pairs = [_pair(entry) for entry in entries]
        sound = [
            (first - 1, second - 1)
            for first, second in (pair for pair in pairs if pair is not None)
            if 0 < first <= proposed and 0 < second <= called_for
        ]
        return sorted(set(sound)) if len(sound) == len(pairs) else None
    return None


def _entries(value: Any) -> list[Any] | None:
    """The list of pairs in a value, None if it holds none."""
    if isinstance(value, dict):
        named = {str(key).strip().lower(): part for key, part in value.items()}
        value = next((named[name] for name in _LISTS if name in named), None)
    return value if isinstance(value, list) else None


def _pair(entry: Any) -> tuple[int, int] | None:
    """Numbers of one entry: an object with both names, or two numbers in a list."""
    if isinstance(entry, dict):
        named = {str(key).strip().lower().replace(" ", "_"): part for key, part in entry.items()}
        first = next((named[name] for name in _PROPOSED if name in named), None)
        second = next((named[name] for name in _CALLED_FOR if name in named), None)
    elif isinstance(entry, list) and len(entry) == 2:
        first, second = entry
    else:
        return None
    numbers = (_number(first), _number(second))
    return None if None in numbers else numbers  # type: ignore[return-value]


def _number(value: Any) -> int | None:
    """A whole number, also as text ("2", "P2"); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    digits = _DIGITS.findall(value) if isinstance(value, str) else []
    return int(digits[0]) if len(digits) == 1 else None
