"""The statistics table of a set, alone or beside another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import ABOUT, FORMS, Item
from handeye.contexts.loader import VIDEOS, load
from handeye.contexts.scoring.actions import apart, gold_said
from handeye.contexts.scoring.references import best_share
from handeye.sets.statistics import ALL, Description, Line, count_labels


def describe(data: str | Path, *, split: str | None = "test") -> Description:
    """Describe a set.

    Args:
        data: as :func:`handeye.contexts.loader.load`.
        split: as there.

    Raises:
        DataError: the set cannot be read.
        OptionError: there is no such split.
    """
    items = load(data, split=split, media=False)
    groups: dict[str, dict[str, Line]] = {
        name: _lines([item for item in items if item.about == name])
        for name in ABOUT
        if any(item.about == name for item in items)
    }
    groups[ALL] = {**_lines(items.items), **_together(items)}
    return Description(
        str(data),
        groups,
        "contexts that differ: pairs of contexts of a scene that ask for one form of answer, under "
        "which no one action is right; "
        "pictures that differ: likewise of scenes of a group under one context",
    )


def _lines(items: Sequence[Item]) -> dict[str, Line]:
    scenes = Counter(item.scene_id for item in items)
    lines = [
        Line("items", {"n": len(items)}, compared=False),
        Line("scenes", {"n": len(scenes)}, compared=False),
        Line("groups", {"n": len({item.group for item in items})}, compared=False),
        Line("split", count_labels(item.split for item in items), compared=False),
        Line("asked", count_labels((item.about for item in items), ABOUT)),
        Line("form", count_labels((item.form for item in items), FORMS)),
        Line("question or context", count_labels(item.name for item in items), main=False),
        Line("items of a scene", values=tuple(map(float, scenes.values()))),
        Line("options", values=tuple(float(len(i.of)) for i in items if i.form == "choice")),
        Line("right options", values=tuple(float(len(i.answer.choices)) for i in items
                                           if i.kind == "choice"), main=False),
        Line("media", count_labels(_medium(item) for item in items)),
        Line("right answer", _most_common(items), main=False),
        Line("cannot be done", {"yes": sum(i.kind == "impossible" for i in items),
                                "no": sum(i.kind != "impossible" for i in items)}),
        Line("harm declared", {"yes": sum(bool(i.harmful) for i in items),
                               "no": sum(not i.harmful for i in items)}),
        Line("words of a context", values=tuple(float(len(i.text.split())) for i in items
                                                if i.text)),
        Line("words of a question", values=tuple(float(len(i.ask.split())) for i in items)),
    ]  # fmt: skip
    return {line.name: line for line in lines if any((line.counts or {}).values()) or line.values}


def _medium(item: Item) -> str:
    if Path(item.media[0]).suffix.lower() in VIDEOS:
        return "video"
    return "picture" if len(item.media) == 1 else "pictures"


def _most_common(items: Sequence[Item]) -> dict[str, int]:
    found = Counter(gold_said(item)[:24] for item in items)
    return dict(found.most_common(8))


def _together(items: ItemSet) -> dict[str, Line]:
    """What scenes and contexts have to do with each other."""
    scenes = [[one for one in of if one.about == "does"] for of in items.scenes().values()]
    pairs = [
        (a, b) for of in scenes for at, a in enumerate(of) for b in of[at + 1 :] if a.form == b.form
    ]
    differ = sum(apart(a, b) for a, b in pairs)
    by_context: dict[tuple[str, str], list[Item]] = {}
    for of in scenes:
        for item in of:
            by_context.setdefault((item.group, item.name), []).append(item)
    pictures: Counter[bool] = Counter()
    for of in by_context.values():
        classes = Counter(gold_said(item) for item in of)
        one = {gold_said(item): item for item in of}
        names = list(classes)
        for at, name in enumerate(names):
            pictures[False] += classes[name] * (classes[name] - 1) // 2
            for other in names[at + 1 :]:
                pictures[apart(one[name], one[other])] += classes[name] * classes[other]
    does = [item for of in scenes for item in of]
    lines = [
        Line("contexts of a scene", values=tuple(float(len(of)) for of in scenes)),
        Line("contexts that differ", {"yes": differ, "no": len(pairs) - differ}),
        Line("pictures that differ", {"yes": pictures[True], "no": pictures[False]}),
        *(
            Line(f"right from {what}", _right(best_share(does, what), len(does)))
            for what in ("context", "picture")
            if does
        ),
    ]
    return {line.name: line for line in lines if any((line.counts or {}).values()) or line.values}


def _right(share: float, n: int) -> dict[str, int]:
    return {"right": round(share * n), "wrong": n - round(share * n)}
