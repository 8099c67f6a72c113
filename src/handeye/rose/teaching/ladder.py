"""The ladder of trainings of grids: what rewarding sight, or action, or both does to the gap.

One first model sees and counts, and hardly acts; from it others go on that are paid for what they
see (R_P), for what they do (R_O of actions), or for both, beside those that are not paid. All are
asked a pair of questions about every scene, of one and the same region: how many cells differ
there (mL-Cnt), and which (L-Clk). What the first has over the second is the gap.

A cell covers whole patches of a picture of 128 pixels in patches of 16, in every grid. Scenes of
training are of some grids, art and regions; what is held out of each is a part of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handeye.rewards.facts import as_text
from handeye.rewards.scoring import verdict_of
from handeye.rewards.written import tagged
from handeye.rose.items import Item, ItemSet
from handeye.rose.perceived import perceived
from handeye.rose.questions import BY_KEY, TEMPLATES, prompt_local, where
from handeye.rose.release import load
from handeye.rose.rewarded import rewarded, task_of
from handeye.rose.scene import Cell, Grid, Region, Scene
from handeye.rose.scenes.generation import GENERATOR, SceneOrder, join_rows, write_scene
from handeye.rose.scenes.options import SetOptions, libraries
from handeye.rose.scenes.sampling import LOCAL_TEMPLATES, sample_region
from handeye.rose.scenes.sources.base import Art, Pair
from handeye.rose.scenes.sources.pixel import pair_of
from handeye.rose.scoring.score_item import score_item
from handeye.rose.teaching.art import Split, draw_pair, sprite_pair
from handeye.rose.teaching.papers import split_of
from handeye.rose.teaching.scenes import region_rules
from handeye.scores.estimate import Estimate, Unit, in_unit
from handeye.scores.tables import Cell as Shown, Column, Row, Table
from handeye.sets.blocks import make_set
from handeye.sets.draw import Draw
from handeye.sets.folder import set_record
from handeye.stats.intervals import LEVEL
from handeye.stats.mcnemar import mcnemar
from handeye.stats.shares import clustered_shares
from handeye.training.climbed import SPREAD, over_seeds
from handeye.training.ladder import BOTH, CONSTANT, Ground, Plan, Rung, Said, Told
from handeye.training.rows import Material, rows_of

SIDE = 128
"""Of the longer side of a picture, in pixels."""
SCENES = 6000
MOST_TARGETS = 4
STRANGERS = 0.5
"""Share of pairs whose exception is no relative of the majority (:mod:`handeye.rose.teaching.art`):
at 16 pixels a cell, relatives alone are learned slowly."""
ACTED = 10
"""Of so many scenes of the first training one is acted on, too."""
HELD_OUT = 4
"""Of so many regions by their words about one is held out."""
_DRAWN, _PATCH = 64, 16
_NUMBERED = (
    *(" row={}", " column={}", "R{}", ",C{}"),
    *("row {}", "rows {}", "column {}", "columns {}", " to {}"),
)
_SOURCE = "pixel-content"
_PAIR = ("T2B", "T3")
_COUNTED = ("T1", "T2", "T2B")
_TEXTS = 200


@dataclass(frozen=True, slots=True)
class Part:
    """Scenes that are asked about: of which grids, art and regions.

    Attributes:
        words: what it is called in tables.
        grids: rows and columns.
        art: side of the split of the art.
        regions: whether they are those that no training names.
        share: of the scenes of the first part.
    """

    words: str
    grids: tuple[tuple[int, int], ...] = ((4, 4), (8, 8))
    art: Split = "seen"
    regions: bool = False
    share: float = 0.2


HOME = ""
PARTS = {
    HOME: Part("as trained", share=1.0),
    "art": Part("held-out art", art="unseen"),
    "regions": Part("held-out regions", regions=True),
    **{f"{r}x{c}": Part(f"{r} × {c}", ((r, c),)) for r, c in ((2, 2), (4, 8), (8, 4))},
}
"""By name, which figures of other parts than the first begin with."""

FIRST = "nothing"
RUNGS = {
    FIRST: Rung("the first training as it is", perceptual=True),
    "perception": Rung("paid for facts (R_P)", "reward", FIRST, paid=BOTH[1:], questions="paid"),
    "action": Rung("paid for clicks (R_O)", "reward", FIRST, paid=BOTH[:1], questions="paid"),
    "both": Rung("paid for facts and clicks", "reward", FIRST, paid=BOTH, questions="paid"),
    "swapped": Rung(
        "paid what other questions earn", "reward", FIRST, paid=BOTH, swapped=BOTH, questions="paid"
    ),
    "more": Rung(
        "the first training, for as many operations more", after=FIRST, like="both", step=FIRST
    ),
    "told": Rung(
        "told the right clicks, for as many operations",
        after=FIRST, questions="paid", like="both", step=FIRST,
    ),
}  # fmt: skip
"""By name, each behind those that it stands on."""
SAID = {
    "counting": Said("counting (mL-Cnt)"),
    "action": Said("acting (L-Clk)"),
    "gap": Said("gap", "points"),
    "seen": Said("seen (R_P)"),
}


def plan() -> Plan:
    """The ladder of the suite."""
    return Plan(ground, SAID, RUNGS, contrasts=(), recipe="ladder-grids", tables=tables)


# ---- scenes


@dataclass(frozen=True, slots=True)
class _Order:
    """A scene of a set: which one of the set, of which part, and which one of that."""

    index: int
    split: str
    part: str
    number: int


def ground(
    folder: Path,
    *,
    seed: int,
    scenes: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ground:
    """Make the sets of a seed where they are not there, and choose what is shown.

    Args:
        folder: of the sets.
        seed: of all that is drawn.
        scenes: to train on; a third as many, at least 4, are asked about, and of every part that is
            held out a fifth of these.
        workers: processes; no influence on the result.
        progress: called with (scenes made, in all), set by set.

    Raises:
        OptionError: the folder holds other sets.
    """
    count = scenes or SCENES
    home = max(4, count // 3)
    made = {
        split: _made(folder / split, seed, split, parts, workers, progress)
        for split, parts in (
            ("train", {HOME: count}),
            ("test", {name: max(2, round(home * part.share)) for name, part in PARTS.items()}),
        )
    }
    whole = load(made["train"], templates=(*_COUNTED, "T3"))
    asked = load(made["test"], templates=_PAIR)
    pictures = {item.image: item for item in whole}
    truths = {one.picture: one for one in perceived(ItemSet([*pictures.values()], whole.root))}
    acted = {*[*dict.fromkeys(item.scene_id for item in whole)][::ACTED]}
    shown = [item for item in whole if item.task_mode == "COUNT" or item.scene_id in acted]
    paid = [item for item in whole if item.task_mode == "CLICK"]
    rows = rows_of(rewarded(asked))
    texts = [row for row in rows if not row.images][:_TEXTS]
    return Ground(
        shown=Material(rows_of(map(task_of, shown)), whole.root, truths),
        asked=Material((*(row for row in rows if row.images), *texts), asked.root),
        figures=lambda said, before: figures(asked, said, before),
        paid=Material(rows_of(map(task_of, paid)), whole.root, truths),
        tokens=_tokens(paid[0]),
        constant=_constant(whole, asked),
    )


def _tokens(item: Item) -> tuple[str, ...]:
    """What stands in front of every question and behind it, and numbers with what they number.

    A digit alone would have to be bound to the word before it, before any two could be compared.
    """
    task, template = task_of(item), TEMPLATES[item.task_template]
    front = task.truth.question.removesuffix(prompt_local(template, item.region))
    behind = task.prompt.removeprefix(task.truth.question)
    numbered = (form.format(n) for form in _NUMBERED for n in range(1, SIDE // _PATCH + 1))
    return front, behind, *numbered


def _made(
    out: Path,
    seed: int,
    split: str,
    parts: Mapping[str, int],
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> Path:
    """Make a set in the release format; every scene has all seven questions."""
    orders: list[_Order] = []
    for part, count in parts.items():
        start = len(orders)
        orders += [_Order(start + number, split, part, number) for number in range(count)]
    told = {"ladder": split, "seed": seed, "parts": dict(parts)}
    options = SetOptions(seed, {_SOURCE: len(orders)}, {_SOURCE: 0})
    return make_set(
        out,
        set_record("rose", GENERATOR, libraries(), told),
        orders,
        partial(_make, out, seed),
        partial(join_rows, out, options),
        block=64,
        workers=workers,
        progress=progress,
    )


def _make(out: Path, seed: int, order: _Order) -> Iterator[bytes]:
    scene, pair, art = scene_of(seed, order)
    return write_scene(out, seed, SceneOrder(_SOURCE, order.index, "test"), scene, pair, art)


def scene_of(seed: int, order: _Order) -> tuple[Scene, Pair, Art]:
    """A scene with the content of its cells: a pure function of seed and order."""
    part = PARTS[order.part]
    key = ("ladder", order.split, order.part, order.number)
    draw = Draw(seed, *key, "grid")
    grid = Grid(*draw.pick(part.grids))
    count = draw.integer(1, min(MOST_TARGETS, max(1, grid.cell_count // 3)))
    targets = tuple(
        Cell(place // grid.cols + 1, place % grid.cols + 1)
        for place in draw.sample(grid.cell_count, count)
    )
    regions = {
        name: _region(seed, (*key, name), name, grid, targets, part.regions)
        for name in LOCAL_TEMPLATES
    }
    size = SIDE // max(grid)
    pair = sprite_pair(Draw(seed, *key, "art"), part.art, STRANGERS)
    art = draw_pair(pair, _DRAWN)
    tiles = Art(_shrunk(art.majority, size), _shrunk(art.target, size))
    return Scene(order.index + 1, grid, size, "small", targets, regions), pair_of(*pair), tiles


def _region(
    seed: int,
    key: tuple[str | int, ...],
    name: str,
    grid: Grid,
    targets: Sequence[Cell],
    held_out: bool,
) -> tuple[Region, str]:
    rules = region_rules(grid)
    for turn in range(1000):
        found, case = sample_region(Draw(seed, *key, turn), rules, name, grid, targets)
        # What is highlighted or left out is not asked about.
        if name in ("T4", "T5") or is_held_out(found) == held_out:
            return found, case
    raise AssertionError("regions of both kinds are drawn within some tries")


def is_held_out(region: Region) -> bool:
    """Whether a region is of those that no training names; the same on every grid."""
    return _by_words(where(region))


@cache
def _by_words(words: str) -> bool:
    return Draw(0, "ladder", "held out", words).below(HELD_OUT) == 0


def _shrunk(tile: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A tile at a size that divides its own, each pixel the mean of those it stands for."""
    each = len(tile) // size
    blocks = tile.reshape(size, each, size, each, 3).astype(np.uint32)
    whole = (blocks.sum((1, 3)) + each * each // 2) // (each * each)
    return np.asarray(whole, dtype=np.uint8)


# ---- what answers come to


def part_of(item: Item) -> str:
    """The name of the part that an item is asked in."""
    shape = f"{item.rows}x{item.cols}"
    if shape in PARTS:
        return shape
    if split_of(item) == "unseen":
        return "art"
    return "regions" if is_held_out(item.region) else HOME


def figures(
    asked: ItemSet, said: Sequence[str], before: Sequence[str] | None = None
) -> dict[str, Estimate]:
    """What completions in the written form, one an item, come to as answers of a run.

    One whose form is broken answers nothing. Of every part there are shares of PASS with Wilson's
    interval (``counting``, ``action``), their difference on the same scenes (``gap``), how right
    the stated facts of both are (``seen``: R_P, 0..1), and beside what was said ``before`` how
    these changed (``counting change`` ...), with both ends at 95 % each, so that the lower one is
    the one-sided bound.
    """
    now = _by_scene(asked, said)
    then = None if before is None else _by_scene(asked, before)
    out: dict[str, Estimate] = {}
    for part, one in now.items():
        found = {name: _share(getattr(one, name)) for name in _FIGURES}
        found["gap"] = _difference(one.counting, one.action, LEVEL)
        found["seen"] = _mean(one.seen, LEVEL)
        if then is not None:
            was = then[part]
            for name in _FIGURES:
                changed = _difference(getattr(one, name), getattr(was, name), _BOTH_ENDS)
                found[f"{name} change"] = changed
            found["gap change"] = _mean(one.gap - was.gap, _BOTH_ENDS)
            found["seen change"] = _mean(one.seen - was.seen, _BOTH_ENDS)
        out |= {f"{part} {name}".strip(): value for name, value in found.items()}
    return out


_FIGURES = ("counting", "action")
# Of an interval whose ends are one-sided bounds at 95 % each.
_BOTH_ENDS = 0.9


class _Scenes(NamedTuple):
    """What was said of the scenes of a part, (scenes,) each: PASS of both, and mean R_P."""

    counting: NDArray[np.float64]
    action: NDArray[np.float64]
    seen: NDArray[np.float64]

    @property
    def gap(self) -> NDArray[np.float64]:
        return self.counting - self.action


def _by_scene(asked: ItemSet, said: Sequence[str]) -> dict[str, _Scenes]:
    """By part, scenes in one order."""
    found: dict[str, dict[str, dict[str, tuple[int, float]]]] = {}
    for item, text in zip(asked, said, strict=True):
        judged = verdict_of(text, task_of(item).truth)
        row = score_item(item, judged.answer.text.strip() if judged.answer else "")
        scene = found.setdefault(part_of(item), {}).setdefault(item.scene_id, {})
        scene[item.task_mode] = row.passed, judged.perception or 0.0
    out = {}
    for part, scenes in found.items():
        table = np.array([[one["COUNT"], one["CLICK"]] for one in scenes.values()], float)
        out[part] = _Scenes(table[:, 0, 0], table[:, 1, 0], table[:, :, 1].mean(1))
    return out


def _share(passed: NDArray[np.float64]) -> Estimate:
    one = np.zeros(len(passed), np.int64)
    found = clustered_shares(passed, np.arange(len(passed)), one, 1)
    return Estimate(float(found.value[0]), float(found.low[0]), float(found.high[0]), len(passed))


def _difference(first: NDArray[np.float64], second: NDArray[np.float64], level: float) -> Estimate:
    found = mcnemar(first, second, level)
    return Estimate(found.difference, found.low, found.high, found.n)


def _mean(values: NDArray[np.float64], level: float) -> Estimate:
    """A mean over scenes with its interval by Student's t."""
    from scipy.stats import t as student

    n, mean = len(values), float(values.mean())
    wide = float(student.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / n**0.5)
    return Estimate(mean, mean - wide, mean + wide, n)


def _constant(whole: ItemSet, asked: ItemSet) -> list[str]:
    """For every item what is right of its kind, and the facts, most often in training."""
    truths = [(item.task_template, task_of(item).truth) for item in whole]
    facts, _ = Counter(truth.facts for _, truth in truths).most_common(1)[0]
    gold = {
        name: Counter(truth.gold for kind, truth in truths if kind == name).most_common(1)[0][0]
        for name in (BY_KEY[key].id for key in _PAIR)
    }
    return [tagged(as_text(facts), gold[item.task_template]) for item in asked]


# ---- whether the gap closes

MARGIN = 0.02
"""What counting may lose at most."""
SEEDS = 3
"""Fewest of which it is said that anything closes."""


def verdict(changes: Sequence[Mapping[str, Estimate]]) -> str:
    """What a rung did to the gap, by a rule that was fixed before.

    It ``closes`` where in every one of at least three seeds acting is up (the one-sided 95 % bound
    of its change lies above 0), counting is not worse (its bound lies above -2 points), and acting
    gained more than counting did. Else what is missing.

    Args:
        changes: of each seed ``action`` and ``counting``, beside the model that was gone on from.
    """
    if len(changes) < SEEDS:
        return f"open: {len(changes)} of {SEEDS} seeds"
    missing = []
    if not all(_above(one["action"], 0.0) for one in changes):
        missing.append("acting not surely up")
    if not all(_above(one["counting"], -MARGIN) for one in changes):
        missing.append("counting perhaps worse")
    if not missing and not all(
        (one["action"].value or 0.0) > (one["counting"].value or 0.0) for one in changes
    ):
        missing.append("counting gained as much")
    return f"no: {', '.join(missing)}" if missing else "closes"


def _above(change: Estimate, bound: float) -> bool:
    return change.low is not None and change.low > bound


def tables(told: Sequence[Told]) -> Iterator[Table]:
    """What seeds tell of the gap, and where it was not trained."""
    lines: _Lines = {}
    for one in told:
        lines.setdefault(one.rung, {}).setdefault(one.figure, []).append(one)
    rows = [
        Row(name, _closed(lines[name]), basis=RUNGS[name].about)
        for name in RUNGS
        if "action change" in lines.get(name, {})
    ]
    if rows:
        heads = ("Acting", "Its bound", "Counting", "Its bound", "Gap")
        yield Table(
            "closing",
            f"What became of the gap between counting and acting, beside {FIRST}",
            (*(Column(head) for head in heads), Column("Closes", words=True)),
            tuple(rows),
            row_head="Rung",
            note="Points of PASS; of one seed with both one-sided 95 % bounds, of several "
            f"{SPREAD}. Bound: the lower one, of the lowest seed.",
        )
    for name in ("action", "counting", "seen"):
        yield _transfer(lines, name)


_Lines = dict[str, dict[str, list[Told]]]


def _closed(lines: Mapping[str, Sequence[Told]]) -> tuple[Shown, ...]:
    """Changes of acting and of counting with their bounds, that of the gap, and the verdict."""
    changes = {name: lines[f"{name} change"] for name in _FIGURES}
    cells: list[Shown] = []
    for name in reversed(_FIGURES):
        lowest = min(one.low for one in changes[name] if one.low is not None)
        cells += [_spread(changes[name], "points"), in_unit(Estimate(lowest), "points")]
    said = verdict(
        [
            {
                one.figure.removesuffix(" change"): Estimate(one.value, one.low, one.high)
                for one in both
            }
            for both in zip(*changes.values(), strict=True)
        ]
    )
    return (*cells, _spread(lines["gap change"], "points"), said)


def _transfer(lines: _Lines, figure: str) -> Table:
    rows = []
    for name in (*RUNGS, CONSTANT):
        found = lines.get(name, {})
        cells = tuple(_spread(found.get(f"{part} {figure}".strip(), ())) for part in PARTS)
        if any(cell is not None for cell in cells):
            rows.append(Row(name, cells))
    return Table(
        f"transfer {figure}",
        f"{SAID[figure].words}, by what is asked about",
        tuple(Column(part.words) for part in PARTS.values()),
        tuple(rows),
        row_head="Rung",
        note=f"In percent; of one seed with its 95 % interval, of several {SPREAD}.",
    )


def _spread(found: Sequence[Told], unit: Unit = "percent") -> Estimate | None:
    over = over_seeds(found, tested=False)
    return None if over is None else in_unit(over, unit)
