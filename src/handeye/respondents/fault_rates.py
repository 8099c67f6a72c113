"""What simulated respondents are told: fault rates (``miss=0.2,refuse``), and a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handeye.errors import LARGEST_SEED, OptionError, allowed, within

Faults = Mapping[str, float]
"""Rate (0..1) by name of fault."""


def parse_rates(text: str | Sequence[str] | Faults | None, known: Mapping[str, str]) -> Faults:
    """Read fault rates, such as ``"miscount=0.2,refuse=0.05"``.

    Args:
        text: that form, a list of ``name=rate`` (as Inspect splits it), a mapping, or None or an
            empty text for no faults. A name without a rate is always planted where it can be.
        known: the faults there are, name to meaning.

    Raises:
        OptionError: an unknown name, a name given twice, a rate that is no number in 0..1.
    """
    rates: dict[str, float] = {}
    for name, value in _pairs(text):
        if name not in known:
            raise OptionError(f"unknown fault {name!r}{allowed(name, known)}")
        if name in rates:
            raise OptionError(f"fault {name!r} is given twice; give it once")
        rates[name] = _rate(name, value)
    return rates


def written_alike(faults: Any) -> Any:
    """Fault rates as one text, so that what says the same is the same: ``deaf`` is ``deaf=1``.

    What cannot be read is given back as it is; whoever takes it will say why.
    """
    try:
        found = [(name, repr(_rate(name, rate))) for name, rate in _pairs(faults)]
    except (OptionError, TypeError, AttributeError):
        return faults
    return ",".join(f"{name}={rate.removesuffix('.0')}" for name, rate in found)


def _pairs(text: str | Sequence[str] | Faults | None) -> list[tuple[str, str | float]]:
    """Names with their rates as they were given."""
    if isinstance(text, Mapping):
        return list(text.items())
    words = text.split(",") if isinstance(text, str) else list(text or ())
    split = [word.partition("=") for word in words if word.strip()]
    return [(name.strip(), rate.strip() if sign else "1") for name, sign, rate in split]


def _rate(name: str, value: object) -> float:
    try:
        rate = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        rate = -1.0
    if not 0.0 <= rate <= 1.0:
        raise OptionError(f"the rate of fault {name!r} must lie in 0..1, got {value!r}")
    return rate


def read_seed(seed: object) -> int:
    """A seed from a model argument.

    Raises:
        OptionError: it is no integer from 0 to 2^63-1.
    """
    try:
        found = int(str(seed))
    except ValueError:
        raise OptionError(f"seed must be an integer, got {seed!r}") from None
    return within("seed", found, 0, LARGEST_SEED)
