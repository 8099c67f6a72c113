"""What the items and answers of the suite are to :mod:`handeye.scores.looks`.

A constant answer does one and the same under every context, and says one and the same to a question
of all pictures. Letters are looked at, too: whoever always says A gives other options each time.
Whether answers depend on what was shown is asked by exchanging the scenes of a group.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from handeye.answer_kinds.choice import LETTERS
from handeye.contexts.items import CANNOT, Item
from handeye.contexts.scoring.actions import as_shown, gold_said, right
from handeye.contexts.scoring.predictions import Prediction
from handeye.contexts.scoring.score import ScoreRow, score_rows
from handeye.contexts.scoring.summary import SUITE, summarize
from handeye.contexts.scoring.tables import tables
from handeye.scores.estimate import Estimate
from handeye.scores.looks import Asked, Looks, look, recognize, repeats
from handeye.scores.tables import Table

_SHOWN = ("headline", "contexts", "questions", "forms", "groups")
_MOST_TRAITS = 24  # commonest right answers that are told apart


class Answered(NamedTuple):
    """An item with its row, and what was said, as it came."""

    item: Item
    found: Prediction
    row: ScoreRow | None = None


@dataclass(frozen=True, slots=True)
class _Asked(Asked):
    """An item as it is looked at; ``item`` tells what is right."""

    item: Item | None = None


class ContextWays:
    """What an answer scores, and its traits: which of the right answers it is."""

    pairs = 20_000

    def __init__(self, asked: Iterable[_Asked]) -> None:
        golds: dict[Hashable, int] = {}
        for one in asked:
            golds[one.gold] = golds.get(one.gold, 0) + 1
        self._golds = sorted(golds, key=lambda gold: (-golds[gold], str(gold)))[:_MOST_TRAITS]

    def score(self, answer: Hashable, asked: Asked) -> float:
        """1 where it is right."""
        item = asked.item if isinstance(asked, _Asked) else None
        if item is None:
            return float(answer == asked.gold)
        return float(right(str(answer), item.form, item.answer))

    def traits(self, answer: Hashable, asked: Asked) -> Sequence[float]:
        """Which of the right answers it is."""
        return [float(answer == one) for one in self._golds]

    def anywhere(self, answer: Hashable) -> bool:
        """Any action may be right of any picture."""
        return True

    def meant(self, answer: Hashable, asked: Asked) -> Sequence[Hashable]:
        """An action is written in one way."""
        return ()

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Hashable, float] | None:
        """No question tells anything of its picture."""
        return other.gold, 1.0


def looks(
    answered: Sequence[Answered], *, dev: Iterable[Item] = (), seed: int = 0, bootstrap: int
) -> Looks:
    """Whether answers depend on what was shown, and what the best constant answer scores.

    Args:
        answered: the items of a run.
        dev: of the dev split, where it is not asked.
        seed: of permutations and bootstrap.
        bootstrap: number of resamples of scenes.
    """
    asked = [_by_action(one) for one in answered]
    others = [_by_action(Answered(item, Prediction(item.item_id))) for item in dev]
    out, best = look(SUITE, asked, ContextWays(asked), dev=others, seed=seed)
    letters = [_by_letter(one, known) for one, known in zip(answered, asked, strict=True)]
    groups = recognize(letters, ContextWays(letters), [{}] * len(letters), seed)
    if groups[""].said in ("constant", "parrot") and not out.groups[""].said:
        names = ("same", "true_same", "said", "example")
        for name in names:
            setattr(out.groups[""], name, getattr(groups[""], name))
    # Whoever is blind does one thing under a context, whatever is shown.
    constant = [
        (one.item, _said(one.item, str(next(iter(answers)))))
        for one, answers in zip(answered, best, strict=True)
        if answers
    ]
    if constant:
        summary = summarize(score_rows(constant), seed=seed, bootstrap=bootstrap)
        chance = {t.key: _lines(t) for t in tables(summary) if t.key in _SHOWN}
        out.chance = {key: rows for key, rows in chance.items() if rows}
    return out


def _said(item: Item, answer: str) -> Prediction:
    """An answer in the form that its question asks for."""
    order = tuple(range(len(item.of)))
    offered = item.form != "choice" or answer in item.of
    text = as_shown(answer, item, order) if offered else answer
    return Prediction(item.item_id, text, state="answered", order=order)


def _by_action(one: Answered) -> _Asked:
    """As what is said."""
    item, row = one.item, one.row
    text = (one.found.raw_text or "") if row is not None and row.is_read else ""
    kind = f"see {item.name} {item.form}" if item.about == "sees" else f"do {item.form}"
    return _Asked(
        scene=item.scene_id,
        stratum=item.group,
        kind=kind,
        group=item.about,
        gold=gold_said(item),
        answer=None if row is None else row.said,
        repeats=repeats(text, (item.system, item.text, item.ask)),
        words=text.strip()[:200],
        item=item,
    )


def _by_letter(one: Answered, known: _Asked) -> _Asked:
    """As the letter where there are some; else as what is said."""
    item, row = one.item, one.row
    if item.form != "choice":
        return replace(known, item=None, group="", kind=known.kind.partition(" ")[0] + item.form)
    order = one.found.order or range(len(item.of))
    letters = {item.of[place]: LETTERS[at] for at, place in enumerate(order)}
    said = None if row is None or row.said is None else letters.get(row.said)
    gold = letters[gold_said(item)] if gold_said(item) in letters else letters[CANNOT]
    return replace(known, item=None, group="", kind="choice", gold=gold, answer=said, repeats=False)


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
