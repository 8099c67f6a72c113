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
from handeye.states.chain import chain
from handeye.states.figures import estimate
from handeye.states.probes import probe
from handeye.states.readers import readings
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
OFTEN = "reference"
"""A family with twice as many groups as each of the others, whose needed facts are as good as the
answer: paid for these, R_P would be R_O again."""
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
    "seen": Said("seen"),
    "compared": Said("compared"),
    "odds": Said("in the odds"),
    "said": Said("said"),
}
_WEIGHTS = ("visual", "cue")
_LEVELS = {"compared": "compared", "s": "odds", "answer": "said"}
"""Levels of the chain, by what they are called here."""
LOOKED = 48
"""Groups whose states are looked at."""
_TOKENS = (8, 8)
"""Rows and columns of the tokens of a picture, of models in patches of 16 pixels."""
_CHOICES = {"name": SHAPES, "colour": tuple(COLOURS)}
_FALSE, _ANSWER = "cue false", "answer:0"
_FOLDS, _FEWEST, _RESAMPLES = 5, 3, 400
_STRENGTHS = (1e-2, 1e-1)


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
        scenes: groups to train on, about; a quarter as many, at least 6, are asked about.
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
            groups=-(-groups * 2 * len(FAMILIES) // (len(FAMILIES) + 1)),
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
    whole, asked = (mixed(load(made[split], split=split)) for split in ("train", "test"))
    shown = replace(whole, items=tuple(with_cues(whole, cues, seed)))
    truths = {one.picture: one for one in perceived(shown)}
    tasks = [*rewarded(shown)]
    # How an answer is to be written stands behind every question, in a few forms.
    frames = {f"\n\n{one.prompt.rpartition(chr(10) * 2)[2]}" for one in tasks}
    return Ground(
        Material(rows_of(tasks), shown.root, truths),
        Material(rows_of(rewarded(asked)), asked.root),
        lambda said, before: figures(asked, said),
        tokens=tuple(sorted(frames)),
        held=lambda model, said: held(asked, model, said),
    )


def plan() -> Plan:
    """The ladder of the suite."""
    return Plan(ladder, SAID, cues=(50, 90), level=LEVEL)


def mixed(items: ItemSet) -> ItemSet:
    """A set without every second group of all families but :data:`OFTEN`."""
    groups: dict[str, dict[str, None]] = {}
    for item in items:
        groups.setdefault(item.family, {})[item.scene_id] = None
    kept = {
        scene
        for family, scenes in groups.items()
        for scene in list(scenes)[:: 1 if family == OFTEN else 2]
    }
    return replace(items, items=tuple(item for item in items if item.scene_id in kept))


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
    shares = ("pst", "uncued", "true", "misleading")
    found = {name: headline.get(name, Estimate(None)) for name in shares}
    kind = summary.weights.get("worded")
    for name in _WEIGHTS:
        weight = getattr(kind, name, None)
        if weight is None or weight.bound == "untold":
            found[name] = Estimate(None)
        else:
            found[name] = Estimate(weight.value, weight.low, weight.high, weight.n)
    return found


# ---- inside


def held(asked: ItemSet, model: Path, said: Sequence[str]) -> Mapping[str, Estimate]:
    """What the states of a model tell of the first groups that it was asked about, and its answers.

    Balanced accuracies, chance 50 %. ``seen``: which names and colours of things linear probes tell
    at the tokens of the picture. The others are levels of the chain (:mod:`handeye.states.chain`),
    of whether a cue is false: ``compared`` by the states, ``odds`` by the log odds of the two
    values where the answer is to come, cut where they tell most, ``said`` by the answers, of which
    those with neither value are wrong. The model has its own facts before it. Readers are
    tried on groups that they were not fitted to.

    Args:
        asked: the set.
        model: folder of the model.
        said: its completions in the written form, one an item; those without an answer between
            its tags are left out, but for what is seen.

    Raises:
        RunError, DataError: as of the capture.
    """
    from handeye.respondents.local.options import LocalOptions
    from handeye.respondents.local.respondent import LocalRespondent
    from handeye.run.options import generation_config
    from handeye.states.capture import capture
    from handeye.states.store import open_store
    from handeye.states.wanted import Wanted, asked_by

    few = {*list(dict.fromkeys(item.scene_id for item in asked))[:LOOKED]}
    told = [(item, text) for item, text in zip(asked, said, strict=True) if item.scene_id in few]
    patches = [*_patches(asked, [item for item, _ in told])]
    cues, roles = [], []
    for target, role in _cues(told):
        cues.append(target)
        roles.append(role)
    wanted = Wanted(
        layers="second",
        options={item.item_id: item.values for item, _ in told},
        **asked_by([*patches, *cues], ("grid", "last", _ANSWER)),
    )
    respondent = LocalRespondent(LocalOptions(path=str(model), device="cpu", batch_size=64))
    items = replace(asked, items=tuple(item for item, _ in told))
    questions = list(Asking(way="written").questions(items))
    with TemporaryDirectory() as folder:
        place = Path(folder) / "states"
        capture(
            respondent, questions, place, wanted,
            config=generation_config({}), settings={"model": str(model)},
        )  # fmt: skip
        store = open_store(place)
        return {"seen": _seen(store, patches), **_chain(store, cues, roles)}


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


def _cues(told: Iterable[tuple[Item, str]]) -> Iterator[tuple[Target, int | None]]:
    """Whether a cue is false, asked where the answer to its question is to come; and the answer.

    The value of the cue has the role 0, the other one 1; an answer with neither has none.
    """
    for item, text in told:
        span = read(text).answer
        if span is None or not item.cue_value:
            continue
        false = item.cue_value != item.truth
        roles = tuple(int(value != item.cue_value) for value in item.values)
        by_value = dict(zip(map(str.casefold, item.values), roles, strict=True))
        target = Target(
            item_id=item.item_id,
            target=_FALSE,
            label=int(false),
            group=item.scene_id,
            roles=roles,
            rejection=1,
            right=int(false),
            sites=(_ANSWER, "last"),
            answer=text,
            ends=(span.start + len(span.text) - len(span.text.lstrip()),),
        )
        yield target, by_value.get(span.text.strip().casefold())


def _seen(store: States, targets: Sequence[Target]) -> Estimate:
    """Mean of the shares of what is so, and is not, that held-out probes tell.

    In the first layers, so that it takes seconds; what is shown is shown there.
    """
    folds = min(_FOLDS, len({one.group for one in targets}))
    if folds < _FEWEST:
        return Estimate(None)
    try:
        found = probe(
            store, targets, sites=["grid"], layers=store.layers[:2], cs=_STRENGTHS, folds=folds,
            flips=0,
        ).found  # fmt: skip
    except DataError:  # nothing is there often enough
        return Estimate(None)
    labels = np.concatenate([one.labels == 1 for one in found])
    right = np.concatenate([one.says for one in found]) == labels
    cluster = np.unique([name for one in found for name in one.groups], return_inverse=True)[1]
    masks = {"so": labels, "not so": ~labels}
    drawn = paired_rates(right.astype(float), cluster, 0 * cluster, masks, resamples=_RESAMPLES)
    return estimate(mean([*drawn.rates(0).values()], shared=True))


def _chain(
    store: States, targets: Sequence[Target], roles: Sequence[int | None]
) -> dict[str, Estimate]:
    """Levels of the chain by what they are called in a ladder; nothing where there is none."""
    # Values that begin by the same token are told apart by none.
    logs = store.letters([one.item_id for one in targets])[:, :2] if targets else np.empty((0, 2))
    known = np.flatnonzero(~np.isnan(logs).any(1)).tolist()
    asked = [targets[place] for place in known]
    folds = min(_FOLDS, len({one.group for one in asked}))
    if folds < _FEWEST:
        return dict.fromkeys(_LEVELS.values(), Estimate(None))
    try:
        found = readings(
            store, asked, answers=[roles[place] for place in known], premise=_FALSE, seen="",
            rejections=(1,), compared=("last",), last=_ANSWER, folds=folds,
        )  # fmt: skip
        (way,) = chain(found, resamples=_RESAMPLES).ways
    except DataError:
        return dict.fromkeys(_LEVELS.values(), Estimate(None))
    return {name: way.level(key).balanced for key, name in _LEVELS.items()}
