"""What tokens cost, from what the user says: no price is built in.

Prices change and differ by contract, so the only figures used are those given with ``--price`` or
in a ``--prices`` file::

    {"openai/gpt-5.5": {"input": 1.25, "output": 10, "cached": 0.125}}

in dollars per million tokens; ``cached`` (input served from a prompt cache) defaults to ``input``.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from handeye.errors import DataError, OptionError
from handeye.hashing import read_regular
from handeye.run.answers import Usage

_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dollars per million tokens, each at least 0."""

    input: float
    output: float
    cached: float | None = None

    def cost(self, usage: Usage) -> float:
        """Dollars for some usage."""
        cached = self.input if self.cached is None else self.cached
        dollars = (
            (usage.input - usage.cached) * self.input
            + usage.cached * cached
            + usage.output * self.output
        )
        return dollars / _MILLION


def parse_price(text: str) -> Price:
    """Read ``IN:OUT`` or ``IN:OUT:CACHED``.

    Raises:
        OptionError: not two or three numbers of at least 0.
    """
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if not 2 <= len(numbers) <= 3 or not all(0 <= n < float("inf") for n in numbers):
        raise OptionError(
            f"price {text!r} is not of the form IN:OUT or IN:OUT:CACHED (dollars per million "
            "tokens, such as 1.25:10)"
        )
    return Price(*numbers)


def read_prices(path: Path, model: str) -> Price | None:
    """The price of ``model`` in a price file, by its full name or the part after the provider.

    Raises:
        DataError: the file cannot be read as prices.
    """
    try:
        table = msgspec.json.decode(read_regular(path), type=dict[str, Price])
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise DataError(
            f"{path}: not a price file: {error}; expected "
            '{"MODEL": {"input": DOLLARS, "output": DOLLARS}} per million tokens'
        ) from None
    return table.get(model) or table.get(model.partition("/")[2])
