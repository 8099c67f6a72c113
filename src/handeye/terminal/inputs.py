"""Options that several commands read in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from handeye.printing import tell

StripThoughts = Annotated[
    bool,
    typer.Option(
        "--strip-thoughts",
        help="Score answers without the thoughts and special tokens that stand in them.",
    ),
]


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


def warn_of_keys(given: Mapping[str, Mapping[str, Any]]) -> None:
    """Say which options hold keys: every user of this machine can read a command line (``ps``).

    Args:
        given: what was given by name, by option: ``{"-M": {"api_key": ...}}``.
    """
    from handeye.run.secrets import keys_in

    found = [
        f"{option} {name}".strip()
        for option, values in given.items()
        for name, value in values.items()
        if keys_in({name: value})
    ]
    if found:
        tell(
            f"warning: while the run lasts, `ps` shows the key in {', '.join(found)} to everybody "
            "on this machine; nothing keeps it on disk, but better give it in the environment, as "
            "PROVIDER_API_KEY and PROVIDER_BASE_URL"
        )


@contextmanager
def resumable(where: Path) -> Iterator[None]:
    """Turn Ctrl-C into one line that says how to go on, and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        tell(f"stopped; run the same command again to go on in {where}")
        raise typer.Exit(130) from None
