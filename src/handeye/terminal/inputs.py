"""Options that several commands read in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from handeye.printing import tell


def named_values(
    pairs: Sequence[str], option: str, form: str = "NAME=VALUE", *, empty: bool = False
) -> dict[str, str]:
    """Values by name from options such as ``--map field=name``.

    Args:
        pairs: as they were typed.
        option: its name, for the message.
        form: what a pair must look like, for the message.
        empty: whether a value may be empty.

    Raises:
        OptionError: a pair without a name, a sign or a value.
    """
    from handeye.errors import OptionError

    out: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not name or not (value or empty):
            raise OptionError(f"{option} must read {form}, got {pair!r}")
        out[name] = value
    return out


def json_values(values: dict[str, str]) -> dict[str, Any]:
    """Each value as JSON where it is JSON (numbers, true, lists), else as its text."""
    import json

    out: dict[str, Any] = {}
    for name, value in values.items():
        try:
            out[name] = json.loads(value)
        except ValueError:
            out[name] = value
    return out


@contextmanager
def resumable(where: Path) -> Iterator[None]:
    """Turn Ctrl-C into one line that says how to go on, and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        tell(f"stopped; run the same command again to go on in {where}")
        raise typer.Exit(130) from None
