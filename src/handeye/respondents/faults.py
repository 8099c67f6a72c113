"""A simulated respondent: the gold answer with named faults planted at given rates.

For tests, demos and for checking a diagnosis against what was really done. Plain Python, a pure
function of (seed, item id, rates): every fault is drawn from a stream of its own, so that raising
one rate changes nothing about the others. Faults that fire together are applied in the order of
:data:`FAULTS`, the order in which an answer comes about: transport, what is seen, where, how it is
written. A fault that cannot show on an item (another submitted number on a COUNT item, say) is not
planted there; one that is planted never leaves the right answer standing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from handeye.draw import Draw
from handeye.errors import OptionError
from handeye.rose.items import Item
from handeye.rose.scene import Cell
from handeye.rose.scoring import AnswerState

MODEL = "handeye/simulated"
Faults = Mapping[str, float]
REFUSAL = "I'm sorry, but I can't help with this picture."
API_ERROR = "simulated: the server answered 500 to every attempt"


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, with the reason in ``error``).
    ``stop_reason`` is the engine's word for how it ended. ``planted`` names the faults that were
    really put in, in the order of :data:`FAULTS`.
    """

    raw_text: str | None
    state: AnswerState
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer on its way: clicks in order, and the number said (None: no number is asked)."""

    clicks: tuple[Cell, ...]
    number: int | None


_Change = Callable[[Item, _Draft, Draw], _Draft | None]


def simulate(item: Item, faults: Faults, seed: int) -> Simulated:
    """Answer ``item`` with the faults that fire for it.

    Args:
        item: the question with its gold answer.
        faults: rate (0..1) by name, see :data:`FAULTS` and :func:`parse_faults`.
        seed: seed of all draws; the same (seed, item id) gives the same answer.

    Raises:
        OptionError: an unknown fault or a rate outside 0..1.
    """
    rates = parse_faults(faults)
    fired = [
        name
        for name in FAULTS
        if Draw(seed, "fault", name, item.item_id).unit() < rates.get(name, 0.0)
    ]
    if "api_error" in fired:
        return Simulated(None, "error", None, API_ERROR, ("api_error",))
    if "refuse" in fired:
        return Simulated(REFUSAL, "refused", "content_filter", None, ("refuse",))
    planted: list[str] = []
    draft = gold = _gold(item)
    for name in fired:
        change = _CHANGES.get(name)
        draw = Draw(seed, "fault effect", name, item.item_id)
        changed = change(item, draft, draw) if change else None
        if changed is not None and not _same(changed, gold):
            draft = changed
            planted.append(name)
    text = _written(item, draft)
    if "break_grammar" in fired:
        draw = Draw(seed, "fault effect", "break_grammar", item.item_id)
        text = _broken(item, text, draw)
        planted.append("break_grammar")
    if "truncate" in fired:
        draw = Draw(seed, "fault effect", "truncate", item.item_id)
        text = text[: draw.integer(1, max(1, len(text) - 3))]
        return Simulated(text, "truncated", "max_tokens", None, (*planted, "truncate"))
    return Simulated(text, "answered", "stop", None, tuple(planted))


def simulate_predictions(
    items: Iterable[Item], faults: Faults, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file for ``items``: item_id, model, raw_text, error, state, planted.

    Raises:
        OptionError: as :func:`simulate`.
    """
    rates = parse_faults(faults)
    for item in items:
        answer = simulate(item, rates, seed)
        yield {
            "item_id": item.item_id,
            "model": MODEL,
            "raw_text": answer.raw_text,
            "error": answer.error,
            "state": answer.state,
            "planted": list(answer.planted),
        }


def parse_faults(text: str | Sequence[str] | Faults | None) -> dict[str, float]:
    """Read fault rates, such as ``"miscount=0.2,refuse=0.05"``.

    Args:
        text: that form, a list of ``name=rate`` (as Inspect splits it), a mapping, or None or an
            empty text for no faults. A name without a rate is always planted where it can be.

    Raises:
        OptionError: an unknown name, a name given twice, a rate that is no number in 0..1.
    """
    if isinstance(text, Mapping):
        pairs: list[tuple[str, str | float]] = list(text.items())
    else:
        words = text.split(",") if isinstance(text, str) else list(text or ())
        split = [word.partition("=") for word in words if word.strip()]
        pairs = [(name.strip(), rate.strip() if sign else "1") for name, sign, rate in split]
    rates: dict[str, float] = {}
    for name, value in pairs:
        if name not in FAULTS:
            raise OptionError(f"unknown fault {name!r}; allowed: {', '.join(FAULTS)}")
        if name in rates:
            raise OptionError(f"fault {name!r} is given twice; give it once")
        rates[name] = _rate(name, value)
    return rates


def _rate(name: str, value: object) -> float:
    try:
        rate = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        rate = -1.0
    if not 0.0 <= rate <= 1.0:
        raise OptionError(f"the rate of fault {name!r} must lie in 0..1, got {value!r}")
    return rate


def _gold(item: Item) -> _Draft:
    return _draft(item, item.gold)


def _draft(item: Item, cells: Iterable[Cell]) -> _Draft:
    """The right answer if ``cells`` were the exceptions asked for."""
    clicks = tuple(sorted(cells))
    if item.task_mode == "COUNT":
        return _Draft((), len(clicks))
    return _Draft(clicks, len(clicks) if item.task_mode == "CLICK_COUNT" else None)


def _same(draft: _Draft, gold: _Draft) -> bool:
    return draft.number == gold.number and sorted(draft.clicks) == sorted(gold.clicks)


def _written(item: Item, draft: _Draft) -> str:
    if item.task_mode == "COUNT":
        return f"COUNT({draft.number})"
    end = "DONE" if draft.number is None else f"SUBMIT({draft.number})"
    return "; ".join([*(f"CLICK({cell})" for cell in draft.clicks), end])


def _clicked(draft: _Draft, clicks: Iterable[Cell]) -> _Draft:
    """``draft`` with other clicks; a number that is submitted stays their number."""
    cells = tuple(clicks)
    return replace(draft, clicks=cells, number=None if draft.number is None else len(cells))


def _ignore_region(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Answer for the whole grid."""
    return _draft(item, item.targets) if len(item.targets) != len(item.gold) else None


def _never_abstain(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Where nothing is to be found, find one cell all the same."""
    if item.task_mode == "COUNT":
        return _Draft((), 1) if draft.number == 0 else None
    if draft.clicks:
        return None
    cell = _any_cell(item, draw, inside=True, avoid=())
    return _clicked(draft, (cell,)) if cell else None


def _miscount(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """See one exception too many or too few."""
    gold = len(item.gold)
    seen = len(draft.clicks) if item.task_mode != "COUNT" else draft.number or 0
    allowed = [n for n in (seen - 1, seen + 1) if n >= 0 and n != gold]
    if not allowed:
        return None
    wanted = draw.pick(allowed)
    if item.task_mode == "COUNT":
        return _Draft((), wanted)
    if wanted < seen:
        left_out = draw.below(seen)
        return _clicked(draft, (c for i, c in enumerate(draft.clicks) if i != left_out))
    cell = _any_cell(item, draw, inside=True, avoid=draft.clicks)
    return _clicked(draft, sorted((*draft.clicks, cell))) if cell else None


def _any_cell(item: Item, draw: Draw, *, inside: bool, avoid: Iterable[Cell]) -> Cell | None:
    """A random cell of the region (or grid) that is no exception and not in ``avoid``."""
    taken = {*item.targets, *avoid}
    # Drawn, not listed: grids may be large. A region with no free cell is given up on.
    for _ in range(200):
        cell = Cell(draw.integer(1, item.rows), draw.integer(1, item.cols))
        if cell not in taken and (not inside or cell in item.region):
            return cell
    return None


def _off_by_one_cell(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Click the neighbour of one exception instead of it."""
    moves = [
        (place, neighbour)
        for place, cell in enumerate(draft.clicks)
        for neighbour in (
            Cell(cell.row - 1, cell.col),
            Cell(cell.row + 1, cell.col),
            Cell(cell.row, cell.col - 1),
            Cell(cell.row, cell.col + 1),
        )
        if 1 <= neighbour.row <= item.rows
        and 1 <= neighbour.col <= item.cols
        and neighbour not in draft.clicks
        and neighbour not in item.targets
    ]
    if not moves:
        return None
    place, neighbour = draw.pick(moves)
    clicks = list(draft.clicks)
    clicks[place] = neighbour
    return replace(draft, clicks=tuple(clicks))


def _swap_row_col(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Say column first, then row, in every click."""
    swapped = tuple(Cell(col, row) for row, col in draft.clicks)
    return replace(draft, clicks=swapped) if set(swapped) != set(draft.clicks) else None


def _zero_based(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Count rows and columns from 0."""
    if not draft.clicks:
        return None
    return replace(draft, clicks=tuple(Cell(row - 1, col - 1) for row, col in draft.clicks))


def _wrong_submit(item: Item, draft: _Draft, draw: Draw) -> _Draft | None:
    """Submit another number than was clicked."""
    if item.task_mode != "CLICK_COUNT":
        return None
    clicked = len(draft.clicks)
    return replace(draft, number=draw.pick([n for n in (clicked - 1, clicked + 1) if n >= 0]))


def _broken(item: Item, text: str, draw: Draw) -> str:
    """The answer in a form that the grammar does not allow."""
    if item.task_mode == "COUNT":
        number = text[len("COUNT(") : -1]
        forms = [f"There are {number} such cells.", number, f"COUNT = {number}", f"`{text}`"]
    else:
        body, _, end = text.rpartition("; ")
        forms = [
            f"The cells that differ: {text}",
            f"```\n{text}\n```",
            f"{text}.",
            body or "none",
            text.replace("CLICK(R", "CLICK(").replace(",C", ",") if body else f"CLICK(); {end}",
        ]
    return draw.pick(forms)


_CHANGES: dict[str, _Change] = {
    "ignore_region": _ignore_region,
    "never_abstain": _never_abstain,
    "miscount": _miscount,
    "off_by_one_cell": _off_by_one_cell,
    "swap_row_col": _swap_row_col,
    "zero_based": _zero_based,
    "wrong_submit": _wrong_submit,
}

FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "ignore_region": "answers for the whole grid, where that is another answer",
    "never_abstain": "finds one cell where there is none",
    "miscount": "one exception too many or too few; clicks and submitted number agree",
    "off_by_one_cell": "one click lands on a neighbouring cell",
    "swap_row_col": "row and column swapped in every click",
    "zero_based": "rows and columns counted from 0",
    "wrong_submit": "submits another number than was clicked",
    "break_grammar": "right or wrong, in a form that the grammar does not allow",
    "truncate": "the answer is cut off before its end",
}
"""Name and meaning of every fault, in the order in which they are applied."""
