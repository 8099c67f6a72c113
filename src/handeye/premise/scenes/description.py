"""The statistics table of a set of questions, alone or beside another one.

Any set that can be loaded can be described; what only generated sets know (levels, prompts that
stand in several clips) is left out where no item has it. Balance is counted from the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from handeye.premise.item_set import ItemSet
from handeye.premise.items import LETTERS, MODALITIES, PREMISES, Item
from handeye.premise.loader import load
from handeye.sets.statistics import ALL, Description, Line, count_labels

__all__ = ["describe", "describe_items", "truth_from_text"]


def describe(
    data: str | Path,
    *,
    split: str | None = "test",
    mapping: Mapping[str, str] | None = None,
) -> Description:
    """Describe a set.

    Args:
        data: as :func:`handeye.premise.loader.load`.
        split: as there.
        mapping: as there.

    Raises:
        DataError: the set cannot be read.
        OptionError: there is no such split.
    """
    return describe_items(load(data, split=split, mapping=mapping, media=False), name=str(data))


def describe_items(items: ItemSet, *, name: str = "") -> Description:
    """Describe loaded items: a group for every modality that is there, and ``all``."""
    groups: dict[str, dict[str, Line]] = {
        modality: _lines([item for item in items if item.modality == modality])
        for modality in MODALITIES
        if any(item.modality == modality for item in items)
    }
    groups[ALL] = _lines(items.items)
    legend = (
        "from text: how often who reads the text alone is right at best: about the premise (of one "
        "detail whether it holds, 50 % where prompts are crossed; of two which of three: both "
        "hold, the visual one is false, the sound one; 33 %), and about what is asked; a form of "
        "a question: its kind and what it asks for"
    )
    return Description(name or items.name, groups, legend)


def truth_from_text(items: Iterable[Item]) -> tuple[int, int]:
    """How often who reads the prompts and nothing else is right about the premise, at best.

    What is told apart is content, wrong about sight, wrong about sound. Of a prompt that stands in
    several clips the most frequent of them is said in all, so no reader of the text does better on
    these items.

    Returns:
        Number of items that come out right, and of all.
    """
    by_prompt: dict[tuple[object, ...], Counter[int]] = {}
    for item in items:
        sort = item.gold if item.premise == "misleading" else 0
        by_prompt.setdefault(prompt_of(item), Counter())[sort] += 1
    found = by_prompt.values()
    return sum(max(sorts.values()) for sorts in found), sum(sorts.total() for sorts in found)


def prompt_of(item: Item) -> tuple[object, ...]:
    """All of an item that a reader sees."""
    return item.question, item.options, item.order


def _lines(items: Sequence[Item]) -> dict[str, Line]:
    standard = [item for item in items if item.premise == "standard"]
    kinds = [item.kind for item in items if item.kind]
    lines = [
        Line("items", {"n": len(items)}, compared=False),
        Line("clips", {"n": len({item.clip_id for item in items})}, compared=False),
        Line("families", {"n": len({item.scene_id for item in items})}, compared=False),
        Line("split", count_labels(item.split for item in items), compared=False),
        Line("premise", count_labels((item.premise for item in items), PREMISES)),
        Line("asked about", count_labels((item.modality for item in items), MODALITIES)),
        Line("kind", count_labels(kind for kind in kinds if "+" not in kind)),
        Line("pair of kinds", count_labels(kind for kind in kinds if "+" in kind), main=False),
        Line("category", count_labels(item.category for item in items if item.category)),
        Line("level", count_labels(_levels(items)), main=False),
        Line("right letter, standard", _letters(standard)),
        Line(
            "letters that reject",
            count_labels(
                f"{LETTERS[one]}{LETTERS[other]}"
                for one, other in (sorted(map(item.order.index, (4, 5))) for item in items)
            ),
            main=False,
        ),
        Line("right content, standard", count_labels(str(item.gold + 1) for item in standard)),
        Line("query", count_labels(_queries(items))),
        *_balance(items, standard),
        Line("words of a question", values=tuple(len(item.question.split()) for item in items)),
        Line("media", count_labels(_media(item) for item in items)),
    ]
    return {line.name: line for line in lines if line.counts or line.values}


def _balance(items: Sequence[Item], standard: Sequence[Item]) -> list[Line]:
    """What a reader of the text alone can know, at best; nothing where prompts stand once."""
    prompts = Counter(prompt_of(item) for item in items)
    if not items or max(prompts.values()) == 1:
        return []
    forms: dict[tuple[str, str], Counter[int]] = {}
    queries: dict[str, Counter[int]] = {}
    for item in standard:
        query = str(item.meta.get("query", ""))
        forms.setdefault((item.kind, query), Counter())[item.gold] += 1
        queries.setdefault(query, Counter())[item.gold] += 1
    even = [len(golds) == 4 and len(set(golds.values())) == 1 for golds in forms.values()]
    content = sum(max(golds.values()) for golds in queries.values())
    return [
        Line("clips per prompt", count_labels(map(str, prompts.values()))),
        *(
            Line(f"premise from text, {words}", _right(*truth_from_text(of)))
            for words, of in (
                ("one detail", [item for item in items if item.modality != "both"]),
                ("two details", [item for item in items if item.modality == "both"]),
            )
            if of
        ),
        Line(
            "content from text",
            _right(content, len(standard)),
        ),
        Line(
            "answers of a form",
            count_labels("each as often" if one else "not each" for one in even),
            compared=False,
        ),
    ]


def _right(right: int, total: int) -> dict[str, int]:
    return {"right": right, "wrong": total - right}


def _levels(items: Iterable[Item]) -> Iterable[str]:
    return (f"{i.kind} {i.level:g} {i.unit}" for i in items if i.level is not None)


def _letters(items: Iterable[Item]) -> dict[str, int]:
    return count_labels((LETTERS[item.order.index(item.gold)] for item in items), tuple(LETTERS))


def _queries(items: Iterable[Item]) -> Iterable[str]:
    return (str(item.meta["query"]) for item in items if "query" in item.meta)


def _media(item: Item) -> str:
    return "+".join(name for name in ("video", "picture", "sound") if getattr(item, name))
