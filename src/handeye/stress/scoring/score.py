"""One row of numbers a question, from items and the answers to them.

The official columns take the strict reading; an answer that cannot be read is wrong. Where the
picture was taken away or exchanged, an answer is still held against what is true of the item's own
picture: what is right then is right without having looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.rewards import written
from handeye.run.letters import by_option
from handeye.stress.items import DRAWN, PRIOR, WORDED, Item, Picture
from handeye.stress.scoring.credit import credit
from handeye.stress.scoring.predictions import FREE, Prediction, form_of
from handeye.stress.scoring.reading import NOTHING, Read, parted, read, says_of

Cell = Literal["uncued", "true", "misleading", "other"]
"""Asked without a cue; with one that is true of the picture; with one that is false; about a thing
that may not be there."""
CELLS: tuple[Cell, ...] = get_args(Cell)
STATES = ("answered", "empty", "refused", "truncated", "unreadable", "error")
WEIGHED: tuple[str, ...] = (*WORDED, *DRAWN)
"""Kinds of cues of which each value is crossed with each truth."""
CUED: tuple[str, ...] = (*WEIGHED, PRIOR)
"""Kinds of cues that are true or false of the picture."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Size = tuple[int | None, int | None]
"""Width and height in pixels, where they are known."""


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """One question with what was answered, in numbers.

    Attributes:
        item_id: and what else the item says of itself, by its own names.
        cell: of :data:`CELLS`.
        width: of the picture as drawn, in pixels; None where the set does not tell.
        height: likewise.
        form: how the answer was asked for.
        ablation: what was done to the picture.
        model: who answered.
        answer_state: how the answer ended; ``unreadable`` where a text came that cannot be read.
        said: the value that was said, as strictly read; empty where none was.
        lenient_said: likewise of answers in another form than was asked for, too.
        says: what that comes to (:data:`handeye.stress.scoring.reading.Says`), strictly.
        lenient_says: likewise.
        right: 1 where the answer is right.
        lenient_right: likewise.
        followed: 1 where it said the value that the cue speaks for; of a thing that is not there,
            where it took it for there.
        log_a: log-probability of the option with value a; None: not known.
        log_b: of value b.
        log_bound: 1 where one of the two was not returned and stands at its upper bound.
        seen: what it stated to see before it was asked to answer, as ``says``; None where it was
            not asked for that.
        credit: what the measure of a published set gives an answer that many may be right to, 0 to
            1 (:mod:`handeye.stress.scoring.credit`); None where it has no such measure.
    """

    item_id: str
    scene_id: str
    picture_id: str
    prompt_id: str
    split: str
    family: str
    level: int | None
    physical: float | None
    unit: str
    values: list[str]
    truth: str
    gold: str
    cue: str
    cue_value: str
    side: int
    cell: str
    width: int | None
    height: int | None
    form: str
    ablation: str
    model: str | None
    answer_state: str
    said: str
    lenient_said: str
    says: str
    lenient_says: str
    right: int
    lenient_right: int
    followed: int
    log_a: float | None
    log_b: float | None
    log_bound: int
    seen: str | None
    credit: float | None

    @property
    def is_read(self) -> bool:
        """Whether the answer could be read."""
        return self.says != "none"

    @property
    def prompt(self) -> str:
        """What items with equal prompts share; of one that has its own, its id."""
        return self.prompt_id or self.item_id

    @property
    def true_a(self) -> bool:
        """Whether value a is true of the picture."""
        return self.truth == self.values[0]

    @property
    def right_says(self) -> str:
        """What a right answer says."""
        if self.gold not in self.values:
            return "no_such"
        return "ab"[self.values.index(self.gold)]


def score_rows(
    pairs: Iterable[tuple[Item, Prediction]],
    model: str | None = None,
    pictures: Mapping[str, Picture] | None = None,
) -> list[ScoreRow]:
    """Score items with their answers.

    Args:
        pairs: of one run.
        model: who answered, where predictions do not say.
        pictures: what is known of the pictures, by id; their size is taken from there.
    """
    known, rows = pictures or {}, []
    sizes: dict[str, Size] = {}
    for item, found in pairs:
        name = item.picture_id
        if name not in sizes:
            picture = known.get(name)
            sizes[name] = (picture.width, picture.height) if picture else (None, None)
        rows.append(_row(item, found, model, sizes[name]))
    return rows


def cell_of(item: Item) -> Cell:
    """What a cue is to the picture."""
    if not item.cue:
        return "uncued"
    if item.cue not in CUED:
        return "other"
    return "true" if item.cue_value == item.truth else "misleading"


def _row(item: Item, found: Prediction, model: str | None, size: Size) -> ScoreRow:
    form = form_of(item, found.form or FREE)
    order = tuple(found.order or item.order or range(len(item.options)))
    state = found.state or ("error" if found.error else "answered")
    text, seen, apart = found.raw_text or "", None, True
    if found.state_first:
        stated, text, apart = parted(text)
        seen = read(stated, item, FREE, ()).says
    if found.way == "written":
        span = written.read(text).answer
        # A form that is broken is no answer; what looks like one is read leniently.
        loose = text.rpartition("<answer>")[2].partition("</answer>")[0]
        text, apart = (loose, False) if span is None else (span.text, True)
    if state == "answered" and not (found.raw_text or "").strip():
        state = "error" if found.raw_text is None else "empty"
    # What is whole at the limit is an answer.
    lenient = read(text, item, form, order) if state in ("answered", "truncated") else NOTHING
    strict = lenient if lenient.strict and apart else NOTHING
    if state == "answered" and strict.says == "none":
        state = "unreadable"
    gold = says_of(item.gold, item)
    log_a, log_b, bound = _logs(item, found, form, order)
    return ScoreRow(
        **{name: getattr(item, name) for name in _OF_ITEM},
        values=list(item.values),
        cell=cell_of(item),
        width=size[0],
        height=size[1],
        form=found.form or FREE,
        ablation=found.ablation or "",
        model=found.model or model,
        answer_state=state,
        said=strict.said,
        lenient_said=lenient.said,
        says=strict.says,
        lenient_says=lenient.says,
        right=int(strict.says == gold),
        lenient_right=int(lenient.says == gold),
        followed=int(_followed(item, strict)),
        log_a=log_a,
        log_b=log_b,
        log_bound=bound,
        seen=seen,
        credit=credit(item, text if state in ("answered", "truncated", "unreadable") else ""),
    )


_OF_ITEM = (
    *("item_id", "scene_id", "picture_id", "prompt_id", "split", "family", "level", "physical"),
    *("unit", "truth", "gold", "cue", "cue_value", "side"),
)


def _followed(item: Item, said: Read) -> bool:
    if cell_of(item) == "other":
        return item.gold not in item.values and said.says in ("a", "b")
    return bool(item.cue_value) and said.says == says_of(item.cue_value, item)


def _logs(
    item: Item, found: Prediction, form: str, order: Sequence[int]
) -> tuple[float | None, float | None, int]:
    """Log-probabilities of the options with value a and value b, and whether one is a bound."""
    if form != "letters" or not found.letters or not set(item.values) <= set(item.options):
        return None, None, 0
    logs = by_option(found.letters, tuple(LETTERS[: len(order)]))
    a, b = (logs[order.index(item.options.index(value))] for value in item.values)
    if a is None and b is None:
        return None, None, 0
    if a is None or b is None:
        known, most = a if b is None else b, found.letters_bound
        if known is None or most is None:
            return None, None, 0
        # What was not returned is less likely than what was.
        most = min(most, known)
        return (most, b, 1) if a is None else (a, most, 1)
    return a, b, 0


# ---- what belongs together


class Pair(NamedTuple):
    """Places of two rows: the same words, and different answers are right."""

    first: int
    second: int


def by_size(rows: Iterable[ScoreRow]) -> dict[str, list[ScoreRow]]:
    """The rows of each family that have a physical quantity; by unit, where it has several.

    Pixels and degrees are no one scale: such a family is two (``odd, px``, ``odd, deg``).
    """
    held: dict[str, dict[str, list[ScoreRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.physical:
            held[row.family][row.unit].append(row)
    return {
        family if len(units) == 1 else f"{family}, {unit}": of
        for family, units in held.items()
        for unit, of in units.items()
    }


class Groups:
    """Places of rows that belong together, in the order of the rows."""

    def __init__(self, rows: Sequence[ScoreRow]) -> None:
        self.names = list(dict.fromkeys(row.scene_id for row in rows))
        numbers = {name: k for k, name in enumerate(self.names)}
        self.cluster: NDArray[np.int64] = np.array([numbers[r.scene_id] for r in rows], np.int64)
        held: dict[tuple[str, ...], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, row in enumerate(rows):
            # What is drawn is not in the words; it is crossed with the truth like them.
            key = row.scene_id, row.cue, row.prompt, row.cue_value if row.cue else ""
            held[key][row.right_says].append(place)
        self.pairs = [
            Pair(*sorted(two))
            for golds in held.values()
            if len(golds) == 2
            for two in zip(*golds.values(), strict=False)
        ]
        uncued = {
            (row.scene_id, row.truth): place
            for place, row in enumerate(rows)
            if row.cell == "uncued"
        }
        # Of each row with a cue the one that asks without, of a picture of which the same is so.
        self.plain: list[int | None] = [
            None if row.cell == "uncued" else uncued.get((row.scene_id, row.truth)) for row in rows
        ]
