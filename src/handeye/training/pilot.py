"""A try before a ladder: at which level of difficulty rewards can teach anything.

Completions of one group that are paid alike teach nothing, and a reward that pays what another
one pays already adds nothing. So the training that rungs with rewards begin from is made at some
levels, and answers are drawn from it in groups, as those rungs would; no reward trains anything
here. A level will do where, with every share of cues, the figures lie in :data:`INFORMATIVE`. Knows
a folder:

    OUT/pilot/LEVEL-P-J/seed-S/...    a ladder of that one rung at a level, of P steps of its
                                      encoder and J behind them; groups.json, written last
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from handeye.atomic import write_bytes
from handeye.reading import read_json
from handeye.rewards.checking import Judged, summed
from handeye.rewards.scoring import verdict_of
from handeye.scores.estimate import Estimate, in_unit
from handeye.scores.tables import Column, Row, Table
from handeye.training.ladder import INFORMATIVE, Ground, Plan
from handeye.training.pictures import some
from handeye.training.recipes import Recipe

GROUPS = 96
"""Questions at most that groups are drawn for, spread evenly over those that are trained on."""
_AT_ONCE = 16
_PLACE, _FOUND = "pilot", "groups.json"


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What groups of completions of one training came to.

    Attributes:
        level: of the scenes.
        cues: percent of the cues in training that are true; None: there are none.
        seed: of the training.
        encoder: steps of its encoder.
        joint: steps behind them.
        groups: that were drawn.
        paid: R_P, mean.
        outcome: R_O, mean.
        zero_variance: share of the groups of which all have the same R_P.
        correlation: of R_P with R_O within groups; None where one of them never varies.
    """

    level: int
    cues: int | None
    seed: int
    encoder: int
    joint: int
    groups: int
    paid: Estimate
    outcome: Estimate
    zero_variance: Estimate
    correlation: float | None

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the figures that lie outside of where they must."""
        found = {
            "paid": self.paid.value,
            "zero variance": self.zero_variance.value,
            "correlation": self.correlation,
        }
        return tuple(
            name
            for name, (low, high) in INFORMATIVE.items()
            if (value := found[name]) is None or not low <= value <= high
        )


def place_of(out: Path, recipe: Recipe, level: int) -> Path:
    """Where a level is tried: a folder of ladders."""
    steps = recipe.stage("perception").steps, recipe.stage("joint").steps
    return out / _PLACE / "-".join(map(str, (level, *steps)))


def begun_from(plan: Plan) -> str:
    """The rung that those which are paid go on from."""
    return next(rung.after for rung in plan.rungs.values() if rung.stage == "reward")


def draw(
    plan: Plan,
    ground: Ground,
    recipe: Recipe,
    rung: Path,
    *,
    level: int,
    cues: int | None,
    seed: int,
    groups: int = GROUPS,
    progress: Callable[[int, int], None] | None = None,
) -> Tried:
    """Draw groups of completions from a rung that is done, unless they were drawn before.

    Args:
        plan: of the suite.
        ground: what the rung was trained on.
        recipe: whose section ``reward`` says how many completions a group has, how they are drawn.
        rung: its folder.
        level: of the scenes.
        cues: percent of the cues in training that are true; None: there are none.
        seed: of the rung.
        groups: at most.
        progress: called with (completions, in all).

    Raises:
        DataError: no row tells what is right.
        RunError: the model cannot be loaded.
    """
    from handeye.training import examination
    from handeye.training.checkpoints import open_model
    from handeye.training.recipes import Model

    path = rung / _FOUND
    if path.exists():
        return read_json(path, Tried)
    paid = any(one.questions == "paid" for one in plan.rungs.values() if one.stage == "reward")
    material = ground.paid if paid and ground.paid is not None else ground.shown
    rows = [row for row in material.rows if row.images and row.truth is not None]
    rows = [rows[place] for place in some(range(len(rows)), groups)]
    loaded = open_model(Model(name=str((rung / "model").resolve())), 0)
    drawn = examination.drawn(
        loaded, loaded.model, material, rows, recipe.stage("reward"), batch=_AT_ONCE,
        progress=progress,
    )  # fmt: skip
    judged = [
        Judged(row.item_id, row.item_id, row.scene_id, text, row.truth, verdict_of(text, row.truth))
        for row, texts in zip(rows, drawn, strict=True)
        for text in texts
        if row.truth is not None
    ]
    checked = summed(judged)
    found = Tried(
        level=level,
        cues=cues,
        seed=seed,
        encoder=recipe.stage("perception").steps,
        joint=recipe.stage("joint").steps,
        groups=len(rows),
        paid=checked.rates["perception"],
        outcome=checked.rates["outcome"],
        zero_variance=checked.groups["zero_variance"]["perception"],
        correlation=checked.groups["correlation"],
    )
    write_bytes(path, msgspec.json.encode(found))
    return found


def tries(out: Path) -> list[Tried]:
    """All that was tried in the folder of a ladder, by size, level and share of cues."""
    found = [read_json(path, Tried) for path in out.glob(f"{_PLACE}/*/*/*/*/{_FOUND}")]
    return sorted(
        found, key=lambda one: (one.encoder, one.joint, one.level, one.cues or 0, one.seed)
    )


def chosen(found: Iterable[Tried], recipe: Recipe) -> int | None:
    """The easiest level at which rewards are informative with every share of cues.

    Args:
        found: :func:`tries`.
        recipe: those of other numbers of steps are left out.
    """
    steps = recipe.stage("perception").steps, recipe.stage("joint").steps
    levels: dict[int, bool] = {}
    for one in found:
        if (one.encoder, one.joint) == steps:
            levels[one.level] = levels.get(one.level, True) and not one.missed
    return min((level for level, fits in levels.items() if fits), default=None)


def verdict(found: Sequence[Tried]) -> str:
    """What was tried says, in a sentence; empty where nothing was."""
    if not found:
        return ""
    sizes: dict[tuple[int, int], dict[int, bool]] = {}
    for one in found:
        levels = sizes.setdefault((one.encoder, one.joint), {})
        levels[one.level] = levels.get(one.level, True) and not one.missed
    fit = [
        f"at level {level}, of {encoder} and {joint} steps"
        for (encoder, joint), levels in sizes.items()
        for level, fits in levels.items()
        if fits
    ]
    if not fit:
        return "Not informative here: at no level that was tried could rewards teach anything."
    return f"Rewards are informative {'; '.join(fit)}."


def table(found: Sequence[Tried]) -> Table:
    """What was tried."""
    words = {"paid": "R_P", "zero variance": "groups of one R_P", "correlation": "correlation"}
    ranges = {name: f"{low:g} to {high:g}" for name, (low, high) in INFORMATIVE.items()}
    rows = [
        Row(
            f"level {one.level}" + ("" if one.cues is None else f", cues {one.cues} %"),
            (
                one.paid,
                one.zero_variance,
                in_unit(Estimate(one.correlation), "plain"),
                one.outcome,
                one.groups,
                "informative" if not one.missed
                else f"not: {', '.join(words[name] for name in one.missed)}",
            ),
            basis=f"seed {one.seed}, {one.encoder} and {one.joint} steps",
        )
        for one in found
    ]  # fmt: skip
    return Table(
        "pilot",
        "The pilot: groups of completions of the training that rewards go on from; percent, 95 % "
        "intervals over scenes",
        (
            Column("R_P", f"mean, to lie in {ranges['paid']}"),
            Column("One R_P", f"groups of which all have the same, {ranges['zero variance']}"),
            Column("Correlation", f"of R_P with R_O within groups, {ranges['correlation']}"),
            Column("R_O", "mean"),
            Column("Groups"),
            Column("Rewards", words=True),
        ),
        tuple(rows),
        row_head="Tried",
        note=verdict(found),
    )
