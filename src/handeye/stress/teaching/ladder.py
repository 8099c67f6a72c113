"""What a ladder of trainings is shown and asked by the suite (:mod:`handeye.training.ladder`).

Few families, few things in a picture, one level. Of the two values that a cue can speak for, a
training has one for every picture and kind: how often the true one is what `cues` says. The set
that is asked has both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from handeye.errors import DataError
from handeye.rewards.written import read
from handeye.scores.estimate import Estimate
from handeye.sets.draw import Draw
from handeye.states.figures import estimate
from handeye.states.probes import probe
from handeye.states.store import States
from handeye.states.targets import Target
from handeye.stats.intervals import mean
from handeye.stats.paired_bootstrap import paired_rates
from handeye.stress.asking.questions import Asking
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Item
from handeye.stress.loader import load
from handeye.stress.perceived import perceived
from handeye.stress.rewarded import rewarded
from handeye.stress.scenes.generation import generate
from handeye.stress.scenes.things import COLOURS, SHAPES
from handeye.stress.scoring.file_scoring import score
from handeye.training.ladder import Ground, Plan, Said
from handeye.training.rows import Material, rows_of
from handeye.training.targets import Seen, View

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
    "seen": Said("colours and names at patches"),
    "compared": Said("values behind the facts"),
    "said": Said("values said"),
}
_WEIGHTS, _HELD = ("visual", "cue"), ("seen", "compared", "said")
LOOKED = 48
"""Groups whose states are looked at."""
_TOKENS = (8, 8)
"""Rows and columns of the tokens of a picture, of models in patches of 16 pixels."""
_FOLDS, _RESAMPLES = 5, 400


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
        held=lambda model, said: held(asked, model, said),
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

    One whose form is broken answers nothing. Of a weight that is at least or at most something, one
    end is open.
    """
    spans = [read(text).answer for text in said]
    answers = {
        item.item_id: span.text.strip() if span else ""
        for item, span in zip(asked, spans, strict=True)
    }
    summary = score(answers, asked, bootstrap=400).summary
    headline = summary.bases["all"].headline
    found = {
        name: headline.get(name, Estimate(None)) for name in SAID if name not in (*_WEIGHTS, *_HELD)
    }
    kind = summary.weights.get("worded")
    for name in _WEIGHTS:
        weight = getattr(kind, name, None)
        told = weight is not None and weight.bound != "untold"
        found[name] = (
            Estimate(weight.value, weight.low, weight.high, weight.n) if told else Estimate(None)
        )
    return found


# ---- inside


def held(asked: ItemSet, model: Path, said: Sequence[str]) -> Mapping[str, Estimate]:
    """What the states of a model tell of the first groups that it was asked about, and its answers.

    Three balanced accuracies, chance 50 %. ``seen``: which names and colours of things linear
    probes tell at the tokens of the picture. ``compared``: which of the values is true, behind the
    model's own facts, where its answer is to come. ``said``: the same, told by its answers; an
    answer with neither value denies both. Probes are tried on groups that they were not fitted to.

    Args:
        asked: the set.
        model: folder of the model.
        said: its completions in the written form, one an item; of those without an answer between
            its tags nothing is told but what is seen.

    Raises:
        RunError, DataError: as of the capture.
    """
    from handeye.respondents.local.options import LocalOptions
    from handeye.respondents.local.respondent import LocalRespondent
    from handeye.run.options import generation_config
    from handeye.states.capture import capture
    from handeye.states.store import open_store
    from handeye.states.wanted import Wanted, asked_by

    scenes = dict.fromkeys(item.scene_id for item in asked)
    few = {*list(scenes)[:LOOKED]}
    told = [(item, text) for item, text in zip(asked, said, strict=True) if item.scene_id in few]
    targets = [*_patches(asked, [item for item, _ in told]), *_values(told)]
    wanted = Wanted(layers="second", **asked_by(targets, ("grid", "answer:0")))
    respondent = LocalRespondent(LocalOptions(path=str(model), device="cpu", batch_size=64))
    asking = Asking(way="written")
    questions = list(asking.questions(replace(asked, items=tuple(item for item, _ in told))))
    with TemporaryDirectory() as folder:
        place = Path(folder) / "states"
        capture(
            respondent, questions, place, wanted,
            config=generation_config({}), settings={"model": str(model)},
        )  # fmt: skip
        store = open_store(place)
        seen = _probed(store, [one for one in targets if one.sites == ("grid",)], "grid")
        compared = _probed(store, [one for one in targets if one.sites != ("grid",)], "answer:0")
    texts = {item.item_id: read(text).answer for item, text in told}
    says = {name: span.text.strip().casefold() for name, span in texts.items() if span}
    answered = [
        (one.group, one.label, int(says[one.item_id] == one.target.partition(": ")[2].casefold()))
        for one in targets
        if one.sites != ("grid",)
    ]
    return {
        name: _balanced(rows) for name, rows in zip(_HELD, (seen, compared, answered), strict=True)
    }


def _patches(asked: ItemSet, items: Iterable[Item]) -> Iterator[Target]:
    """What the tokens that show things show: each name and colour of a picture, or not."""
    shown = {item.picture_id: item for item in items}
    few = replace(asked, items=tuple(shown.values()))
    truths = {one.picture: one for one in perceived(few)}
    for item in few:
        things = truths[item.picture].things
        owners = Seen.of(truths[item.picture], View.stretched((SIDE, SIDE), _TOKENS)).owner
        for place in np.flatnonzero(owners > 0).tolist():
            thing = things[owners[place] - 1]
            for key, words in _CHOICES.items():
                own = thing.name if key == "name" else thing.attributes.get(key, "")
                for word in words:
                    yield Target(
                        item_id=item.item_id,
                        target=f"{key}: {word}",
                        label=int(own == word),
                        group=item.scene_id,
                        place=place,
                        sites=("grid",),
                    )


_CHOICES = {"name": SHAPES, "colour": tuple(COLOURS)}


def _values(told: Iterable[tuple[Item, str]]) -> Iterator[Target]:
    """Which value is true, asked where the answer to the question is to come."""
    for item, text in told:
        span = read(text).answer
        if span is None:
            continue
        start = span.start + len(span.text) - len(span.text.lstrip())
        for value in item.values:
            yield Target(
                item_id=item.item_id,
                target=f"value: {value}",
                label=int(value == item.truth),
                group=item.scene_id,
                sites=("answer:0",),
                answer=text,
                ends=(start,),
            )


def _probed(store: States, targets: Sequence[Target], site: str) -> list[tuple[str, int, int]]:
    """Of each target that can be probed: its group, its label, and what the held-out probe says."""
    folds = min(_FOLDS, len({one.group for one in targets}))
    if folds < 3:
        return []
    try:
        found = probe(store, targets, sites=[site], folds=folds, flips=0)
    except DataError:
        return []  # one label alone, everywhere
    return [
        (group, int(label), int(says))
        for one in found.found
        for group, label, says in zip(one.groups, one.labels, one.says, strict=True)
    ]


def _balanced(rows: Sequence[tuple[str, int, int]]) -> Estimate:
    """Mean of the shares of either label that are told rightly, with its interval over groups."""
    if not rows:
        return Estimate(None)
    groups, labels, says = (np.array(one) for one in zip(*rows, strict=True))
    cluster = np.unique(groups, return_inverse=True)[1]
    masks = {"true": labels == 1, "false": labels == 0}
    right = (labels == says).astype(float)
    drawn = paired_rates(right, cluster, np.zeros(len(rows), np.int64), masks, resamples=_RESAMPLES)
    return estimate(mean([*drawn.rates(0).values()], shared=True))
