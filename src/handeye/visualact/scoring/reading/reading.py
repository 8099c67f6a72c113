"""Model text -> predicted actions, and what was lost on the way.

Thoughts and special tokens are taken off (:mod:`handeye.run.thoughts`); then JSON is read in any
dress (``tolerant_json``), then tables and keys with values, lists with bullets or numbers, and
"none". What cannot be read is None, not an empty list, and every loss is counted by kind
(:data:`LOSSES`): levels and types are never guessed.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handeye.answer_kinds.tolerant_json import find_values
from handeye.printing import whole_characters
from handeye.run.thoughts import parts_of
from handeye.visualact.asking.prompts import ELICITATION, FREE_ELICITATION, labelling
from handeye.visualact.records import PredictedAction
from handeye.visualact.scoring.reading.entries import (
    Listed,
    action_lists,
    chosen,
    entry_action,
    label_of,
    number_of,
    only_templates,
    says_none,
    says_nothing,
)
from handeye.visualact.scoring.reading.list_reading import (
    has_labelled_items,
    read_fields,
    read_list,
    with_labels,
)

LOSSES: dict[str, str] = {
    "json-mended": "the JSON was not valid and had to be mended",
    "json-cut": "the JSON was cut off; its complete entries were kept",
    "json-skipped": "pieces inside the JSON that could not be read",
    "json-drafts": "lists of actions before the one that was taken",
    "json-repeated": "lists after the one that was taken: empty, templates, remarks, or cut off",
    "not-json": "read from a list of lines, a table, or keys with values",
    "plain-lines": "read from lines without bullets or numbers",
    "lines-skipped": "lines of text beside the list that were not read",
    "prompt-echoed": "lines of the prompt in the answer that were not read",
    "thinking-removed": "a thinking block before the answer that was not read",
    "entry-unreadable": "entries that were neither an object nor a text",
    "text-missing": "entries without a text",
    "level-missing": "actions without a level",
    "level-unreadable": "actions whose level is not 0 to 4",
    "type-missing": "actions without a type",
    "type-unreadable": "actions whose type is neither proactive nor reactive",
    "label-unmatched": "labels for an action that is not there, or for one labelled before",
}
# What the prompts say, in lines that no answer of a model's own is made of. The template of the
# labelling prompt has numbers in it that could be an answer.
_SHORTEST_ECHO = 25
_ECHOES = re.compile(
    "|".join(
        r"\s+".join(map(re.escape, line.split()))
        for line in sorted(
            {
                line
                for prompt in (ELICITATION, FREE_ELICITATION, labelling([]))
                for line in prompt.splitlines()
                if len(line) > _SHORTEST_ECHO
            },
            key=len,
            reverse=True,
        )
    )
)
# How often JSON may have been written into a string.
_MOST_ESCAPES = 3
_ENTITY = re.compile(r"&(?:[lr]?[ds]?quo[t]?|apos|#\d{2,4});")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: ``actions`` is None where nothing could be read.

    ``state``: ``answered``, ``empty`` (no text) or ``unreadable``. ``losses``: kind to number.
    """

    actions: tuple[PredictedAction, ...] | None
    state: str
    losses: Mapping[str, int]


def read_actions(text: str | None, *, plain_lines: bool = False) -> Reading:
    """Read an answer.

    Args:
        text: as it came.
        plain_lines: take lines without bullets for actions too (the first of two passes, where
            lines are what was asked for).
    """
    losses: Counter[str] = Counter()
    answer = _answer(text, losses)
    if not answer.strip():
        nothing = "unreadable" if losses["thinking-removed"] or losses["prompt-echoed"] else "empty"
        return _reading(None, nothing, losses)
    if says_none(answer):
        return _reading((), "answered", losses)
    entries = _entries(answer, losses)
    if entries is None:
        actions = _from_lines(answer, losses, plain_lines)
    else:
        actions = _from_entries(entries, losses)
    if actions is None:
        return _reading(None, "unreadable", losses)
    _count_gaps(actions, losses)
    return _reading(tuple(actions), "answered", losses)


def read_labels(text: str | None, actions: Sequence[str]) -> Reading:
    """Read the second answer of the two-pass protocol.

    Args:
        text: as it came: JSON with ``number`` (from 1), ``apl``, ``type``; entries without numbers
            are taken in order if there is one for each action.
        actions: the texts of the first answer.

    Returns:
        All actions, with the levels and types that could be read.
    """
    losses: Counter[str] = Counter()
    answer = _answer(text, losses)
    entries = _entries(answer, losses)
    labels: dict[int, tuple[int | None, bool | None]] = {}
    dicts = [entry for entry in entries or [] if isinstance(entry, dict)]
    losses["entry-unreadable"] += len(entries or []) - len(dicts)
    in_order = len(dicts) == len(actions) and all(number_of(entry) is None for entry in dicts)
    for place, entry in enumerate(dicts, 1):
        number = place if in_order else number_of(entry)
        if number is None or not 1 <= number <= len(actions) or number in labels:
            losses["label-unmatched"] += 1
        else:
            labels[number] = label_of(entry, losses)
    found = tuple(
        PredictedAction(words, *labels.get(number, (None, None)))
        for number, words in enumerate(actions, 1)
    )
    _count_gaps(found, losses)
    state = "answered" if entries is not None else "unreadable" if answer.strip() else "empty"
    return _reading(found, state, losses)


def _reading(
    actions: tuple[PredictedAction, ...] | None, state: str, losses: Counter[str]
) -> Reading:
    return Reading(actions, state, {kind: losses[kind] for kind in LOSSES if losses[kind]})


def _answer(text: str | None, losses: Counter[str]) -> str:
    """The text without thoughts and special tokens."""
    parts = parts_of(whole_characters(text or "").replace("\0", ""))
    losses["thinking-removed"] += bool(parts.thoughts)
    answer, echoes = _ECHOES.subn("", parts.answer)
    losses["prompt-echoed"] += echoes
    return answer if echoes else parts.answer


def _entries(text: str, losses: Counter[str]) -> list[Any] | None:
    """The entries of the answer in the text, None without any."""
    lists = action_lists(find_values(text), text) or _escaped(text)
    named = [one for one in lists if not one.loose]
    if not named:
        # Texts in brackets may be a remark beside an answer that is no JSON.
        fields = read_fields(text)
        if fields is not None:
            losses["not-json"] += 1
            return fields
        if not lists or has_labelled_items(text):
            return None
    place = chosen(lists)
    taken = lists[place]
    losses["json-drafts"] += place
    losses["json-repeated"] += len(lists) - 1 - place
    losses["json-skipped"] += taken.skipped
    if taken.how != "strict":
        losses[f"json-{taken.how}"] += 1
    return taken.entries


def _escaped(text: str) -> list[Listed]:
    """Lists in a text whose quotes are escaped: JSON within a JSON string, or within HTML."""
    for _ in range(_MOST_ESCAPES):
        bare = html.unescape(text) if _ENTITY.search(text) else text
        bare = bare.replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'")
        bare = bare.replace("\\\\", "\\")
        if bare == text:
            break
        text = bare
        if lists := action_lists(find_values(text), text):
            return [one._replace(how="mended" if one.how == "strict" else one.how) for one in lists]
    return []


def _from_entries(entries: Sequence[Any], losses: Counter[str]) -> list[PredictedAction] | None:
    kept = [entry for entry in entries if not says_nothing(entry)]
    if only_templates(kept):
        # The prompt's own example says nothing about the video.
        losses["text-missing"] += len(kept)
        return None
    found = [entry_action(with_labels(entry), losses) for entry in kept]
    actions = [action for action in found if action is not None]
    # Entries of which none could be read are no statement that nothing ought to be done.
    lost = bool(kept) or losses["json-cut"] > 0
    return None if lost and not actions else actions


def _from_lines(text: str, losses: Counter[str], plain_lines: bool) -> list[PredictedAction] | None:
    found = read_list(text, losses, plain_lines=plain_lines)
    if found is None:
        return None
    return [action for action in found if not says_none(action.text)]


def _count_gaps(actions: Sequence[PredictedAction], losses: Counter[str]) -> None:
    """Levels and types that are not known and were not counted as unreadable."""
    losses["level-missing"] += (
        sum(action.apl is None for action in actions) - losses["level-unreadable"]
    )
    losses["type-missing"] += (
        sum(action.proactive is None for action in actions) - losses["type-unreadable"]
    )
