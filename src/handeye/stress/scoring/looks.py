"""What the items and answers of the suite are to :mod:`handeye.scores.looks`.

Whether answers are the same is asked of their words: a constant answer says one word to all
questions of a family. Whether they depend on what was shown is asked of what they come to, value a
or value b: the two pictures of a group are exchanged, all of its questions together. Whoever goes
by the words alone gives the same answers to both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from handeye.scores.estimate import Estimate
from handeye.scores.looks import (
    FEWEST_BLIND,
    FORMAT,
    LEVEL,
    Asked,
    Group,
    Looks,
    constants,
    recognize,
    repeats,
)
from handeye.scores.tables import Table
from handeye.stats.sight import PERMUTATIONS
from handeye.stress.items import Item
from handeye.stress.scoring.predictions import FREE, Prediction
from handeye.stress.scoring.score import ScoreRow, score_rows
from handeye.stress.scoring.summary import SUITE, summarize
from handeye.stress.scoring.tables import tables

# A third of the strings that are looked at and answered rightly would be ahead by a third.
_AHEAD = 1 / 6
_SHOWN = ("headline", "kinds", "families", "levels")


class Answered(NamedTuple):
    """An item with its row, and what was said, as it came."""

    item: Item
    row: ScoreRow
    text: str = ""


class StressWays:
    """What an answer scores, and its traits: which of the values it is."""

    pairs = 20_000

    def score(self, answer: Hashable, asked: Asked) -> float:
        """1 where it is the right one."""
        return float(answer == asked.gold)

    def traits(self, answer: Hashable, asked: Asked) -> Sequence[float]:
        """Which of the things it is that answers come to; of words the same for all."""
        return [float(answer == one) for one in ("a", "b", "no_such")]

    def anywhere(self, answer: Hashable) -> bool:
        """Any word may be right of any picture."""
        return True

    def meant(self, answer: Hashable, asked: Asked) -> Sequence[Hashable]:
        """A value is written in one way."""
        return ()

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Hashable, float] | None:
        """No question tells anything of its picture."""
        return other.gold, 1.0


def looks(
    answered: Sequence[Answered],
    *,
    dev: Iterable[Item] = (),
    seed: int = 0,
    bootstrap: int,
) -> Looks:
    """Whether answers depend on what was shown, and what the best constant answer scores.

    Args:
        answered: the items of a run.
        dev: of the dev split, where it is not asked.
        seed: of permutations and bootstrap.
        bootstrap: number of resamples of groups.
    """
    ways = StressWays()
    worded = [_by_words(one.item, one.row, one.text) for one in answered]
    best, chosen = constants(worded, ways, dev=[_by_words(item) for item in dev], seed=seed)
    groups = recognize(worded, ways, best, seed)
    pictures = [_by_value(one.row) for one in answered if one.row.cell != "other"]
    sight = recognize(pictures, ways, [{}] * len(pictures), seed)[""]
    found = groups[""]
    for name in ("own", "other", "ahead", "p_own", "p_varies", "p_shown"):
        setattr(found, name, getattr(sight, name))
    if found.said in ("", "blind"):
        plain = [_by_value(one.row) for one in answered if not one.row.cue]
        seen = recognize(plain, ways, [{}] * len(plain), seed).get("")
        found.said = "blind" if _blind(sight) and not _fits(seen) else ""
    out = Looks(
        format=FORMAT,
        suite=SUITE,
        seed=seed,
        permutations=PERMUTATIONS,
        groups={"": found},
        chosen=chosen,
        chance={},
    )
    constant = [
        (
            one.item,
            Prediction(
                one.item.item_id,
                str(next(iter(answers))),
                state="answered",
                form=FREE,
                ablation=one.row.ablation,  # type: ignore[arg-type]
            ),
        )
        for one, answers in zip(answered, best, strict=True)
        if answers
    ]
    if constant:
        summary = summarize(score_rows(constant), seed=seed, bootstrap=bootstrap, weights=False)
        out.chance = {t.key: _lines(t) for t in tables(summary) if t.key in _SHOWN}
        out.chance = {key: rows for key, rows in out.chance.items() if rows}
    return out


def _blind(sight: Group) -> bool:
    """Whether answers to a string are the same of both pictures, or differ with neither truth.

    Who goes by the words says the same of both, nearly always. Who guesses differs as often the
    wrong way as the right one: surely less than :data:`_AHEAD` either way. Who always differs the
    wrong way has looked.
    """
    if sight.n_scenes < FEWEST_BLIND:
        return False
    if sight.said == "constant":
        return True
    ahead = sight.ahead
    if ahead.low is None or ahead.high is None or sight.p_own is None:
        return False
    return ahead.low >= -_AHEAD and ahead.high <= _AHEAD and sight.p_own > LEVEL


def _fits(plain: Group | None) -> bool:
    """Whether answers without a cue surely fit their own pictures: who follows cues may see."""
    return (
        plain is not None
        and plain.p_own is not None
        and plain.p_own <= LEVEL
        and (plain.ahead.low or 0.0) > 0
    )


def _by_words(item: Item, row: ScoreRow | None = None, text: str = "") -> Asked:
    """As its words; each group is alone in its stratum and exchanged with none."""
    return Asked(
        scene=item.scene_id,
        stratum=item.scene_id,
        kind=item.family,
        group="",
        gold=item.gold,
        answer=row.said if row is not None and row.is_read else None,
        repeats=repeats(text, (item.question,)),
        words=text.strip()[:200],
    )


def _by_value(row: ScoreRow) -> Asked:
    """As what it comes to; the scenes of a group are exchanged."""
    # Drawn cues are shown on pictures of their own, a label as often beside either truth.
    drawn = row.cue_value if row.cue in ("label", "companion") else ""
    return Asked(
        scene=row.truth,
        stratum=row.scene_id,
        kind=f"{row.prompt} {row.cue} {drawn}",
        group="",
        gold=row.right_says,
        answer=row.says if row.is_read else None,
    )


def _lines(table: Table) -> dict[str, dict[str, Estimate]]:
    """Measured figures of all items by row and column."""
    out: dict[str, dict[str, Estimate]] = {}
    for row in table.rows:
        line: dict[str, Any] = {
            column.key: cell
            for column, cell in zip(table.columns, row.cells, strict=True)
            if isinstance(cell, Estimate) and cell.value is not None
        }
        if line and row.path[0] != "answered":
            out["/".join(filter(None, row.path))] = line
    return out
