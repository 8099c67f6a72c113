"""Trainings of one seed that differ in one thing each, asked the same afterwards: a ladder.

All rungs of a seed have the same first weights, rows in the same order and one set that none of
them was trained on; a suite says which rungs there are, gives rows and set, and says what answers
come to (:attr:`handeye.suite.Suite.ladder`). Knows a folder, in which several seeds have their
places:

    OUT/ladder.*                       what all seeds tell together (handeye.training.climbed)
    OUT/pilot/                         a try before (handeye.training.pilot)
    OUT/seed-S/sets/                   what is shown, and what is asked
    OUT/seed-S/cues-C/training.json    the recipe; a folder of another ladder is refused. Of suites
                                       without cues: OUT/seed-S/rungs/
    OUT/seed-S/cues-C/first/           the model that the rungs begin from
    OUT/seed-S/cues-C/RUNG/            encoder/ and model/ of its stages, answers.jsonl;
                                       figures.json, written last: the rung is done
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from handeye.atomic import held, write_bytes
from handeye.errors import OptionError, allowed, refuse_twice
from handeye.reading import read_json
from handeye.rewards.columns import written
from handeye.scores.estimate import Estimate, Unit
from handeye.scores.tables import Table
from handeye.sets.draw import Draw
from handeye.training.recipes import Recipe
from handeye.training.rows import Material, phrases_of
from handeye.training.targets import PictureTruth

if TYPE_CHECKING:
    from handeye.training.stages import Progress, TrainerOf

Figures = Mapping[str, Estimate]
Showing = Callable[[int], AbstractContextManager["Progress | None"]]
_FIGURES, _ANSWERS = "figures.json", "answers.jsonl"
_SEED, _CUES, _NO_CUES = "seed-", "cues-", "rungs"
# Of an answer, room for all facts; and rows that are asked at a time.
_TOKENS, _BATCH = 192, 256


@dataclass(frozen=True, slots=True)
class Said:
    """What a figure of a ladder is called.

    Attributes:
        words: in tables.
        unit: of its values.
    """

    words: str
    unit: Unit = "percent"


@dataclass(frozen=True)
class Ground:
    """What a suite gives a ladder of one seed.

    Attributes:
        shown: what is trained on.
        asked: rows that are asked of what was trained, of scenes that it was never shown.
        figures: what answers to the rows of ``asked`` that have pictures come to, in their order;
            given beside them are those of the rung that was gone on from, or None.
        paid: rows of rungs whose questions these are (:attr:`Rung.questions`); None: there are no
            such rungs.
        tokens: texts that are one token each, whatever stands in them.
        constant: what is written to the rows of ``asked`` that have pictures without a look; None:
            the commonest right completion.
        held: what the states of a model hold, given its folder and its answers; None: nobody looks.
    """

    shown: Material
    asked: Material
    figures: Callable[[Sequence[str], Sequence[str] | None], Figures]
    paid: Material | None = None
    tokens: Sequence[str] = ()
    constant: Sequence[str] | None = None
    held: Callable[[Path, Sequence[str]], Figures] | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A training that differs in one thing from another.

    Attributes:
        about: what it is, in a few words.
        stage: the last one of it; None: nothing is trained.
        after: the rung whose model it goes on from; empty: from first weights.
        perceptual: whether an encoder is trained before, and a head beside the answers.
        paid: for what, of ``outcome`` and ``perception``.
        swapped: what it is told of each picture that is so of another (``truths``), or paid that
            is another question's (as in ``paid``).
        stated: which facts a completion to be learned from has.
        questions: which rows it is trained on.
        like: the rung whose operations it has.
        step: where it has those of another: the rung a step of which costs what one of its own
            does.
    """

    about: str
    stage: Literal["joint", "reward"] | None = "joint"
    after: str = ""
    perceptual: bool = False
    paid: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    stated: Literal["needed", "all"] = "needed"
    questions: Literal["shown", "paid"] = "shown"
    like: str = ""
    step: str = "text"


BOTH = ("outcome", "perception")
PERCEPTUAL = "perceptual"
RUNGS: dict[str, Rung] = {
    "text": Rung("answers alone"),
    "all-facts": Rung("answers behind all facts", stated="all"),
    "permuted": Rung("told what other pictures show", perceptual=True, swapped=("truths",)),
    PERCEPTUAL: Rung("told what its pictures show", perceptual=True),
    "text-long": Rung("answers alone, for as many operations", like=PERCEPTUAL),
    "nothing": Rung("nothing more", None, after=PERCEPTUAL),
    "outcome": Rung("paid for answers", "reward", PERCEPTUAL, paid=("outcome",)),
    "both": Rung("paid for answers and facts", "reward", PERCEPTUAL, paid=BOTH),
    "both-permuted": Rung(
        "paid for answers and facts of others", "reward", PERCEPTUAL,
        paid=BOTH, swapped=("perception",),
    ),
    "more": Rung("answers alone, for as many operations", after=PERCEPTUAL, like="both"),
}  # fmt: skip
"""Of a ladder that asks what it brings to be told what pictures show; by name, each behind those
that it stands on."""
CONSTANT = "constant"
"""What is no training: the commonest right completion, written to everything."""
CONTRASTS = ((PERCEPTUAL, "permuted"), ("both", "outcome"))
"""Fixed before anything was measured: the first less the second."""


@dataclass(frozen=True)
class Plan:
    """The ladder of a suite.

    Attributes:
        ground: ``(folder, *, seed, cues, scenes, level, workers, progress) -> Ground``: makes the
            sets of a seed; without ``cues`` or ``level`` where the suite has none.
        said: names of the suite's figures; that which contrasts are about comes first.
        rungs: by name, each behind those that it stands on.
        contrasts: of rungs, the first less the second; empty: nothing is tested over seeds, and of
            several there are the lowest and the highest.
        cues: percents of the cues in training that are true, a ladder for each; empty: there are no
            cues.
        level: of the scenes where none is told; None: they have no levels of difficulty.
        recipe: name of the one that is meant where none is told.
        tables: what the suite makes of the figures of all seeds beside the tables of the frame.
    """

    ground: Callable[..., Ground]
    said: Mapping[str, Said]
    rungs: Mapping[str, Rung] = field(default_factory=lambda: RUNGS)
    contrasts: Sequence[tuple[str, str]] = CONTRASTS
    cues: tuple[int, ...] = ()
    level: int | None = None
    recipe: str = "ladder"
    tables: Callable[[Sequence[Told]], Iterable[Table]] = lambda told: ()

    @property
    def about(self) -> dict[str, str]:
        """What each row of a table is."""
        return {
            **{name: rung.about for name, rung in self.rungs.items()},
            CONSTANT: "the commonest right completion to everything",
        }


INFORMATIVE = {"paid": (0.3, 0.8), "zero variance": (0.0, 0.5), "correlation": (-1.0, 0.8)}
"""Where figures of `both` must lie on average, for its rewards to teach anything."""
_LOGGED = {
    "paid": "rewards/perception/mean",
    "zero variance": "handeye/zero_variance/perception",
    "correlation": "handeye/correlation",
}


def chosen(
    names: Sequence[str] | None = None, rungs: Mapping[str, Rung] = RUNGS
) -> tuple[str, ...]:
    """Rungs by name, with those that they stand on, in the order in which they are made.

    Args:
        names: None: all.
        rungs: that there are.

    Raises:
        OptionError: an unknown name, or one that is there twice.
    """
    if names is None:
        return tuple(rungs)
    for name in names:
        if name not in rungs:
            raise OptionError(f"rung is {name!r}{allowed(name, rungs)}")
    refuse_twice("rungs", names)
    wanted = {*names}
    for name in reversed([*rungs]):
        if name in wanted:
            rung = rungs[name]
            wanted |= {rung.after, rung.like, rung.step if rung.like else ""}
    return tuple(name for name in rungs if name in wanted)


# ---- one seed


def climb(
    plan: Plan,
    ground: Ground,
    recipe: Recipe,
    out: Path,
    seed: int,
    cues: int | None,
    *,
    rungs: Sequence[str] | None = None,
    record: Mapping[str, Any] | None = None,
    begins: Callable[[str], None] = lambda name: None,
    showing: Showing = lambda steps: nullcontext(),
) -> dict[str, Figures]:
    """Make the rungs of a seed, or go on with them; gives what each came to.

    Args:
        plan: of the suite.
        ground: of the suite, for this seed.
        recipe: with the sections ``perception``, ``joint`` and ``reward``; its model is a preset.
        out: of the ladder.
        seed: 0..2^32-1; decides first weights, order and what is sampled.
        cues: percent of the cues in training that are true: names the folder; None: there are none.
        rungs: names; None: all.
        record: what else decides the result, JSON values.
        begins: called with the name of each rung before it is made.
        showing: what shows a stage of so many steps, given as its progress to
            :func:`handeye.training.stages.carry_out`.

    Raises:
        OptionError: an unknown rung; a recipe that lacks a section.
        RunError: the folder holds another ladder.
        DataError: as of the stages.
    """
    from handeye.training.training_run import claim_folder

    names = chosen(rungs, plan.rungs)
    for stage in ("perception", "joint", "reward"):
        recipe.stage(stage)
    place = folder_of(out, seed, cues)
    told: dict[str, Any] = {"ladder": dict(record or {}), "seed": seed}
    told |= {} if cues is None else {"cues": cues}
    told["recipe"] = msgspec.to_builtins(msgspec.structs.replace(recipe, about=""))
    claim_folder(place, told)
    with held(place):
        ladder = _Ladder(plan.rungs, ground, recipe, place, seed, showing)
        for name in names:
            if not (place / name / _FIGURES).exists():
                begins(name)
                ladder.make(name)
        ladder.keep_constant()
    return {name: kept(place / name) for name in names}


def place_of(out: Path, seed: int) -> Path:
    """The folder of a seed in that of a ladder."""
    return out / f"{_SEED}{seed}"


def folder_of(out: Path, seed: int, cues: int | None) -> Path:
    """The folder of the rungs of a seed and a share of true cues."""
    return place_of(out, seed) / (_NO_CUES if cues is None else f"{_CUES}{cues}")


def kept(rung: Path) -> Figures:
    """The figures of a rung that is done."""
    return read_json(rung / _FIGURES, dict[str, Estimate])


class _Ladder:
    """The rungs of a seed and how they are made."""

    def __init__(
        self,
        rungs: Mapping[str, Rung],
        ground: Ground,
        recipe: Recipe,
        place: Path,
        seed: int,
        showing: Showing,
    ) -> None:
        self._rungs, self._ground, self._recipe, self._place = rungs, ground, recipe, place
        self._seed, self._showing = seed, showing

    def make(self, name: str) -> None:
        """Train a rung, ask it and keep its figures."""
        rung, out = self._rungs[name], self._place / name
        out.mkdir(exist_ok=True)
        start, worked = time.monotonic(), time.process_time()
        operations = 0.0
        if rung.stage is None:
            found = dict(kept(self._place / rung.after))
        else:
            encoder = self._encoder(rung, out) if rung.perceptual else {}
            tower = str((out / "encoder").resolve()) if encoder else ""
            card = self._stage(rung, out, tower)
            operations = encoder.get("operations", 0) + card["operations"]
            found = {**self._asked(rung, out), **self._logged(rung, out)}
        found |= {
            "operations": Estimate(float(operations)),
            "seconds": Estimate(round(time.monotonic() - start, 1)),
            "worked": Estimate(round(time.process_time() - worked, 1)),
        }
        write_bytes(out / _FIGURES, json.dumps(msgspec.to_builtins(found), indent=1).encode())

    def keep_constant(self) -> None:
        """Keep what whoever does not look can come to."""
        out = self._place / CONSTANT
        if (out / _FIGURES).exists():
            return
        said = self._ground.constant
        if said is None:
            truths = [row.truth for row in self._ground.asked.seen()]
            right = Counter(written(one, one.needed) for one in truths if one is not None)
            said = [right.most_common(1)[0][0]] * len(truths)
        found = self._judged(said)
        out.mkdir(exist_ok=True)
        write_bytes(out / _FIGURES, json.dumps(msgspec.to_builtins(found), indent=1).encode())

    def _judged(
        self, said: Sequence[str], before: Sequence[str] | None = None
    ) -> dict[str, Estimate]:
        """What completions to all that is asked about pictures come to."""
        from handeye.training.examination import judged

        rates = judged(self._ground.asked.seen(), said)["rates"]
        return {
            **self._ground.figures(said, before),
            **{name: msgspec.convert(rates[name], Estimate) for name in ("outcome", "perception")},
        }

    def _truths(self, rung: Rung) -> Mapping[str, PictureTruth]:
        truths = self._ground.shown.truths
        return swapped(truths, self._seed) if "truths" in rung.swapped else truths

    def _encoder(self, rung: Rung, out: Path) -> dict[str, Any]:
        from handeye.training.perception import train_perception

        recipe, root = self._recipe, self._ground.shown.pictures
        truths, encoder = self._truths(rung).values(), out / "encoder"
        with self._showing(recipe.stage("perception").steps) as progress:
            return train_perception(recipe, root, truths, encoder, self._seed, progress=progress)

    def _stage(self, rung: Rung, out: Path, tower: str) -> dict[str, Any]:
        from handeye.training import joint, reinforcement
        from handeye.training.stages import carry_out

        assert rung.stage is not None
        of: TrainerOf = joint.trainer_of if rung.stage == "joint" else reinforcement.trainer_of
        if rung.stage == "reward" and rung.swapped:
            of = _paid_for_others(of, rung.swapped)
        begun = self._place / rung.after / "model" if rung.after else self._first()
        recipe, model = self._told(rung, begun, tower), out / "model"
        steps = recipe.stage(rung.stage).steps
        with self._showing(steps) as progress:
            card = carry_out(
                rung.stage, counting(of, model), recipe, self._material(rung), model, self._seed,
                progress, root=self._place,
            )  # fmt: skip
        return card | {"operations": _a_step(model) * steps}

    def _told(self, rung: Rung, begun: Path, tower: str) -> Recipe:
        """The recipe of a rung."""
        change = msgspec.structs.replace
        model = change(self._recipe.model, name=str(begun.resolve()), tower=tower)
        course = self._recipe.stage(rung.stage)  # type: ignore[arg-type]
        if rung.stage == "reward":
            unpaid = {name: 0.0 for name in BOTH if name not in rung.paid}
            course = change(course, rewards={**course.rewards, **unpaid})
            return change(self._recipe, model=model, reward=course)
        if not rung.perceptual:
            course = change(course, weight=0.0)
        if rung.like:
            whole = kept(self._place / rung.like)["operations"].value or 0.0
            steps = max(1, round(whole / _a_step(self._place / rung.step / "model")))
            course = change(course, steps=steps)
        return change(self._recipe, model=model, joint=course)

    def _material(self, rung: Rung) -> Material:
        shown = self._ground.shown
        if rung.questions == "paid":
            assert self._ground.paid is not None
            shown = self._ground.paid
        if rung.stated == "all":
            rows = [
                replace(row, completion=written(row.truth, row.truth.facts))
                if row.images and row.truth is not None
                else row
                for row in shown.rows
            ]
            shown = shown.only(rows)
        return replace(shown, truths=self._truths(rung))

    def _first(self) -> Path:
        """The model that rungs begin from; its words are those of all of them."""
        from transformers.utils import logging

        from handeye.training.checkpoints import keep, open_model

        logging.disable_progress_bar()
        out = self._place / "first"
        if not (out / "config.json").exists():
            rows = [*self._ground.shown.rows]
            rows += () if self._ground.paid is None else self._ground.paid.rows
            wordy = next((one for one in self._rungs.values() if one.stated == "all"), None)
            rows += () if wordy is None else self._material(wordy).rows
            phrases = phrases_of(rows, self._ground.tokens)
            loaded = open_model(self._recipe.model, self._seed, phrases)
            out.mkdir(exist_ok=True)
            keep(loaded.model, loaded.processor, out)
        return out

    def _asked(self, rung: Rung, out: Path) -> Figures:
        from transformers.utils import logging

        from handeye.training import examination
        from handeye.training.checkpoints import open_model
        from handeye.training.recipes import Model

        logging.set_verbosity_error()
        loaded = open_model(Model(name=str((out / "model").resolve())), self._seed)
        asked, seen = self._ground.asked, self._ground.asked.seen()
        said = examination.answers(loaded, loaded.model, asked, seen, tokens=_TOKENS, batch=_BATCH)
        examination.write_answers(out / _ANSWERS, seen, said)
        text = [row for row in asked.rows if not row.images and row.completion is not None]
        words = examination.Words(loaded, asked)
        found = examination.surprise(loaded.model, text, words, _BATCH)
        before = said_by(self._place / rung.after) if rung.after else None
        held = self._ground.held
        return {
            **self._judged(said, before),
            **({} if held is None else held(out / "model", said)),
            "text": msgspec.convert(examination.perplexity(found)["perplexity"], Estimate),
        }

    def _logged(self, rung: Rung, out: Path) -> Figures:
        """What a training by rewards said of them while it went on, on average."""
        if "perception" not in rung.paid:
            return {}
        lines = json.loads((out / "model" / "learning-curve.json").read_bytes())
        found = {name: [one[key] for one in lines if key in one] for name, key in _LOGGED.items()}
        return {name: Estimate(fmean(told), n=len(told)) for name, told in found.items() if told}


def swapped(truths: Mapping[str, PictureTruth], seed: int) -> dict[str, PictureTruth]:
    """Truths of pictures, each that of a picture of another scene; the same for one seed.

    Raises:
        OptionError: there is one scene alone.
    """
    scenes: dict[str, list[str]] = {}
    for path in sorted(truths):
        scenes.setdefault(truths[path].scene, []).append(path)
    if len(scenes) < 2:
        raise OptionError("truths of one scene cannot be swapped; give more scenes")
    names = Draw(seed, "swapped").shuffled(sorted(scenes))
    # Each takes those of the next, the last those of the first: none keeps its own.
    others = dict(zip(names, [*names[1:], names[0]], strict=True))
    out = {}
    for scene, paths in scenes.items():
        given = scenes[others[scene]]
        for at, path in enumerate(paths):
            out[path] = replace(truths[given[at % len(given)]], picture=path, scene=scene)
    return {path: out[path] for path in truths}


def said_by(rung: Path) -> list[str]:
    """What a rung that is done answered, in the order of what was asked."""
    lines = (rung / _ANSWERS).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=_Answered).completion for line in lines]


class _Answered(msgspec.Struct, frozen=True):
    completion: str


def _paid_for_others(of: TrainerOf, names: Sequence[str]) -> TrainerOf:
    """Pay each completion some rewards of another group of the batch; no group keeps its own."""

    def made(recipe: Recipe, *given: Any) -> tuple[Any, dict[str, Any]]:
        trainer, told = of(recipe, *given)
        course = recipe.stage("reward")
        if course.batch < 2 * course.generations:
            raise OptionError("reward.batch: rewards of one group cannot be swapped; give two")

        def swap(paid: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
            @wraps(paid)
            def others(*completions: Any, **columns: Any) -> list[Any]:
                found = paid(*completions, **columns)
                return found[course.generations :] + found[: course.generations]

            return others

        trainer.reward_funcs = [
            swap(one) if one.__name__ in names else one for one in trainer.reward_funcs
        ]
        return trainer, told

    return made


# ---- operations


def counting(of: TrainerOf, out: Path) -> TrainerOf:
    """A maker of trainers that count the floating-point operations of their last step.

    The last one is made once, however often a training is stopped; nothing else is slowed.

    Args:
        of: of the stage.
        out: its folder, where the count is kept.
    """

    def made(*given: Any) -> tuple[Any, dict[str, Any]]:
        from torch.utils.flop_counter import FlopCounterMode
        from transformers import TrainerCallback

        class Counter(TrainerCallback):
            counter: Any = None

            def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                if state.global_step == state.max_steps - 1:
                    self.counter = FlopCounterMode(display=False)
                    self.counter.__enter__()

            def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                if self.counter is not None:
                    self.counter.__exit__(None, None, None)
                    found = {"a step": int(self.counter.get_total_flops())}
                    write_bytes(out / _OPERATIONS, json.dumps(found).encode())
                    self.counter = None

        trainer, told = of(*given)
        trainer.add_callback(Counter())
        return trainer, told

    return made


_OPERATIONS = "operations.json"


def _a_step(model: Path) -> int:
    return int(read_json(model / _OPERATIONS, dict[str, int])["a step"])


# ---- told


class Told(msgspec.Struct, frozen=True):
    """A line of ``ladder.jsonl``: a figure of a rung."""

    seed: int
    cues: int | None
    rung: str
    figure: str
    value: float | None
    low: float | None = None
    high: float | None = None


def gathered(out: Path, plan: Plan) -> list[Told]:
    """All figures of all seeds in a folder, those of the rungs that are done."""
    found = []
    for path in out.glob(f"{_SEED}*/*/*/{_FIGURES}"):
        name, share, seed = (one.name for one in path.parents[:3])
        cues = int(share.removeprefix(_CUES)) if share.startswith(_CUES) else None
        if name in plan.about:
            at = int(seed.removeprefix(_SEED)), cues, name
            found += [
                Told(*at, figure, one.value, one.low, one.high)
                for figure, one in kept(path.parent).items()
            ]
    order = {name: place for place, name in enumerate(plan.about)}
    return sorted(found, key=lambda one: (one.seed, one.cues or 0, order[one.rung]))
