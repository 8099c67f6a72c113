"""Libraries that handeye reaches into further than they promise, and versions it was tried with.

    inspect_ai     the settings of an evaluation (``model._generate_config``), the ``generate`` of a
                   provider, which is replaced (:mod:`handeye.run.wire`), what it asks a notebook
                   and its display (``_util.platform``, ``_display``; ``run.engine``)
    transformers   the key-value cache of a model, and how a processor is put together
                   (:mod:`handeye.respondents.local`), and where a trainer keeps checkpoints
    trl            how trainers score what was sampled, and what they log (:mod:`handeye.training`)

An older one than the least is refused. With one that was not tried a note says so, once, and what
is lacking in it is an error that names the version: ``tests/run/test_versions.py`` holds all that
is reached into.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from handeye.errors import RunError
from handeye.printing import tell


class Tried(NamedTuple):
    """Versions of a library: the least that is taken, the oldest and the newest that were tried."""

    least: str
    oldest: str
    newest: str


TRIED = {
    "inspect_ai": Tried("0.3.285", "0.3.285", "0.3.285"),
    "transformers": Tried("5.20", "5.20.0", "5.24.0"),
    "trl": Tried("1.10", "1.10.0", "1.16.0"),
}


@cache
def check_version(library: str) -> None:
    """Refuse a version that is too old; tell on stderr of one that was not tried.

    Raises:
        RunError: it is older than the least, or not installed.
    """
    least, oldest, newest = TRIED[library]
    try:
        found = version(library)
    except PackageNotFoundError:
        raise RunError(
            f"{library} is not installed; install it with: pip install '{library}>={least}'"
        ) from None
    if _numbers(found) < _numbers(least):
        raise RunError(
            f"{library} {found} is too old: handeye needs {least} or newer; install it with: "
            f"pip install '{library}>={least}'"
        )
    if not _numbers(oldest) <= _numbers(found) <= _numbers(newest):
        tried = newest if oldest == newest else f"{oldest} to {newest}"
        tell(
            f"note: handeye was tried with {library} {tried}, not with {found} as installed; if "
            f"something fails: pip install '{library}=={newest}'"
        )


def lacking(library: str, what: object) -> RunError:
    """The error for a version that has no more what is reached into."""
    return RunError(
        f"{library} {version(library)} does not have what handeye needs of it ({what}); install "
        f"the version that it was tried with: pip install '{library}=={TRIED[library].newest}'"
    )


def _numbers(text: str) -> tuple[int, ...]:
    """``0.3.285.dev1`` as (0, 3, 285); what follows the numbers is left out."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()
