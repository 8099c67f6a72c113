"""Options that are shown by letters: their lines, and the order in which they stand.

Knows texts and places, nothing of suites; how answers are read is :mod:`handeye.answer_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from handeye.answer_kinds.choice import LETTERS
from handeye.errors import OptionError
from handeye.sets.draw import Draw

_SHUFFLE = re.compile(r"shuffle:(\d{1,18})")
_LINE = re.compile(r"([A-Z])\. (.*)")


def lettered(options: Sequence[str]) -> str:
    """Options in the order in which they are shown, at most 26, a line each: ``A. red``."""
    return "\n".join(f"{LETTERS[at]}. {text}" for at, text in enumerate(options))


def unlettered(block: str) -> tuple[str, ...]:
    """The options of a block that :func:`lettered` wrote; none where it is another text."""
    found = [_LINE.fullmatch(line) for line in block.split("\n")]
    lines = [line for line in found if line is not None]
    if len(lines) < len(found) or "".join(line[1] for line in lines) != LETTERS[: len(lines)]:
        return ()
    return tuple(line[2] for line in lines)


def check_order(order: str, *named: str) -> str:
    """Return how options are ordered, if that can be done.

    Args:
        order: one of ``named``, or ``shuffle:SEED``.
        named: orders with a name.

    Raises:
        OptionError: it is none of them.
    """
    if order in named or _SHUFFLE.fullmatch(order):
        return order
    known = ", ".join(named)
    raise OptionError(f"option_order is {order!r}; give {known} or shuffle:SEED (a number)")


def shuffled(order: str, key: str, n: int) -> tuple[int, ...] | None:
    """Places of ``n`` options, drawn by ``shuffle:SEED``; None where ``order`` is another one.

    Args:
        order: as :func:`check_order` takes it.
        key: what shares an order, such as the id of a prompt.
        n: how many options.
    """
    found = _SHUFFLE.fullmatch(order)
    if found is None:
        return None
    return tuple(Draw(int(found[1]), "order of options", key).shuffled(range(n)))
