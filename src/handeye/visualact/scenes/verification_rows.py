"""Checks of the rows of a generated set: all there, and the gold as the rules of its kind say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import OptionError, first_ten
from handeye.visualact.own_sets import PlacedClip
from handeye.visualact.records import Action
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Rule
from handeye.visualact.scenes.plan import clip_name


def plan_problems(
    record: Mapping[str, Any], placed: Sequence[PlacedClip], root: Path
) -> Iterator[str]:
    """Clips that the record of a set promises and no row has, and rows that it does not know."""
    counts = record["options"].get("clips")
    if not isinstance(counts, Mapping) or not record.get("complete"):
        return
    promised = [clip_name(name, index) for name, n in counts.items() for index in range(n)]
    there = {one.clip.clip_id: one for one in placed}
    if missing := [name for name in promised if name not in there]:
        yield f"{root}: no row for {first_ten(missing)}"
    for name in sorted(there.keys() - set(promised)):
        yield f"{there[name].where}: clip {name}: the set was made without this clip"


def gold_problems(one: PlacedClip) -> list[str]:
    """Actions of a generated clip that no rule of its kind of event gives."""
    clip, before = one.clip, f"{one.where}: clip {one.clip.clip_id}"
    if "kind" not in clip.meta:
        return []
    try:
        kind = catalogue.kind(str(clip.meta["kind"]))
    except OptionError as error:
        return [f"{before}: {error}; was the set made by another version of handeye?"]
    out: list[str] = []
    if kind.scenario != clip.scenario:
        out.append(f"{before}: {kind.name} is a kind of {kind.scenario}, not of {clip.scenario}")
    rules = kind.backward_rules if clip.meta.get("backward") else kind.rules
    facts = clip.meta.get("facts", {})
    for place, action in enumerate(clip.actions, 1):
        if what := _action_problem(action, rules, facts):
            out.append(f"{before}: action {place}: {what}")
    if bool(clip.meta.get("idle")) != (not clip.actions):
        out.append(f"{before}: idle is {clip.meta.get('idle')}, but it has {len(clip.actions)}")
    return out


def _action_problem(action: Action, rules: Sequence[Rule], facts: Mapping[str, Any]) -> str:
    texts = {action.text, *action.phrasings}
    for rule in rules:
        if texts == {_filled(text, facts) for text in rule.texts}:
            if action.apl not in rule.levels:
                return f"level {action.apl}, but the rule gives {', '.join(map(str, rule.levels))}"
            if action.proactive != rule.proactive:
                return f"proactive is {action.proactive}, but the rule says {rule.proactive}"
            return ""
    return f"{action.text!r} with its wordings is no rule of this kind of event"


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    try:
        return text.format(**facts)
    except (KeyError, IndexError):
        return text
