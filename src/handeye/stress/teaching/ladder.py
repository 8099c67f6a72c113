"""What a ladder of trainings is shown and asked by the suite (:mod:`handeye.training.ladder`).

Few families, few things in a picture, one level. Of the two values that a cue can speak for, a
training has one for every picture and kind: how often the true one is what `cues` says. The set
that is asked has both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from handeye.rewards.written import read
from handeye.scores.estimate import Estimate
from handeye.sets.draw import Draw
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Item
from handeye.stress.loader import load
from handeye.stress.perceived import perceived
from handeye.stress.rewarded import rewarded
from handeye.stress.scenes.generation import generate
from handeye.stress.scoring.file_scoring import score
from handeye.training.ladder import Ground, Plan, Said
from handeye.training.rows import Material, rows_of

FAMILIES = ("count", "size", "relation", "reference")
THINGS = "3:5"
CUES = ("context", "authority")
LEVEL, SIDE, SCENES = 1, 128, 600
SAID = {
    "pst": Said("pairs told (PST)"),
    "visual": Said("visual weight", "plain"),
    "cue": Said("cue weight", "plain"),
    "uncued": Said("no cue"),
    "true": Said("true cue"),
    "misleading": Said("misleading cue"),
}
_WEIGHTS = ("visual", "cue")


def ladder(
    folder: Path,
    *,
    seed: int,
    cues: int,
    scenes: int | None = None,
    level: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ground:
    """Make the sets of a seed where they are not there, and choose what is shown.

    Args:
        folder: of the sets.
        seed: of all that is drawn.
        cues: percent of the cues in training that are true, 0..100.
        scenes: groups to train on; a quarter as many, at least 6, are asked about.
        level: of their difficulty, 1..5.
        workers: processes; no influence on the result.
        progress: called with (groups made, in all), set by set.

    Raises:
        OptionError: an option is out of range, or the folder holds other sets.
    """
    count = scenes or SCENES
    made = {
        split: generate(
            folder / split,
            seed=seed,
            groups=groups,
            families=FAMILIES,
            cues=CUES,
            level=level or LEVEL,
            size=SIDE,
            split=split,
            things=THINGS,
            workers=workers,
            progress=progress,
        )
        for split, groups in (("train", count), ("test", max(6, count // 4)))
    }
    whole, asked = (load(made[split], split=split) for split in ("train", "test"))
    shown = replace(whole, items=tuple(with_cues(whole, cues, seed)))
    truths = {one.picture: one for one in perceived(shown)}
    return Ground(
        Material(rows_of(rewarded(shown)), shown.root, truths),
        Material(rows_of(rewarded(asked)), asked.root),
        lambda said, before: figures(asked, said),
    )


def plan() -> Plan:
    """The ladder of the suite."""
    return Plan(ladder, SAID, cues=(50, 90), levels=True)


def with_cues(items: Iterable[Item], cues: int, seed: int) -> list[Item]:
    """Items without a cue, and of each picture and kind of cue that with one of its values.

    Of all of these so many percent speak for the true one, rounded; which, the seed decides.
    """
    plain: list[str] = []
    pairs: dict[tuple[str, str], dict[bool, Item]] = {}
    for item in items:
        if item.cue_value:
            pairs.setdefault((item.picture_id, item.cue), {})[item.cue_value == item.truth] = item
        else:
            plain.append(item.item_id)
    names = Draw(seed, "cues").shuffled([*pairs])
    true = {*names[: round(len(names) * cues / 100)]}
    kept = {*plain, *(pair[name in true].item_id for name, pair in pairs.items())}
    return [item for item in items if item.item_id in kept]


def figures(asked: ItemSet, said: Sequence[str]) -> Mapping[str, Estimate]:
    """What completions in the written form, one an item, come to as answers of a run.

    One whose form is broken answers nothing.
    """
    spans = [read(text).answer for text in said]
    answers = {
        item.item_id: span.text.strip() if span else ""
        for item, span in zip(asked, spans, strict=True)
    }
    summary = score(answers, asked, bootstrap=400).summary
    headline = summary.bases["all"].headline
    found = {name: headline.get(name, Estimate(None)) for name in SAID if name not in _WEIGHTS}
    kind = summary.weights.get("worded")
    for name in _WEIGHTS:
        weight = getattr(kind, name, None)
        found[name] = (
            Estimate(None)
            if weight is None
            else Estimate(weight.value, weight.low, weight.high, weight.n)
        )
    return {name: found[name] for name in SAID}
