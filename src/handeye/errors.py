"""Every error handeye raises on purpose.

    HandeyeError            anything the user can mend; the CLI prints it and exits with 2
    ├── DataError           a file or row is not what it should be (file, line, item id in the text)
    ├── OptionError         an option or a combination of options that cannot be met
    ├── AssetError          art is missing: a font without a character, an unknown emoji provider
    └── RunError            a run cannot start or go on (other data, other options, no such model)

A message says what was wrong, where, and what to do. It never needs a traceback to be understood.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from handeye.printing import plain, whole_characters


class HandeyeError(Exception):
    """Base of all errors that are meant for the user; no terminal obeys what others put in it."""

    def __init__(self, text: object = "") -> None:
        super().__init__(plain(whole_characters(str(text))))

    @property
    def message(self) -> str:
        """The text alone: Inspect logs and passes on this instead of a ``repr``."""
        return str(self)


class DataError(HandeyeError):
    """A file, a row or a set of rows is not what it should be."""


class OptionError(HandeyeError):
    """An option, or a combination of options, cannot be met."""


class AssetError(HandeyeError):
    """Art that was asked for is not there or cannot be drawn."""


class RunError(HandeyeError):
    """A run cannot start, or cannot go on, with what it was given."""


_AGAIN = "make room and start the same command again"
_FULL = {
    getattr(errno, "EDQUOT", errno.ENOSPC): f"Quota exceeded (of this disk); {_AGAIN}",
    errno.ENOSPC: f"No space left on device (the disk is full); {_AGAIN}",
    errno.EFBIG: "File too large (for this disk, or for the limit of the shell, ulimit -f); raise "
    "the limit or make room, and start the same command again",
}


def refusal(error: OSError) -> str:
    """Why the system refused, in words that fit behind the place; what to do, if the disk is full.

    Of a name on whose way a link leads nowhere it is told which.
    """
    names = [name for name in (error.filename, error.filename2) if isinstance(name, str)]
    lost = next(filter(None, map(lost_link, names)), "")
    said = error.strerror or str(error) or type(error).__name__
    # Errors of ours have the system's numbers, and words of their own.
    own = error.errno is not None and said != os.strerror(error.errno)
    if isinstance(error, FileNotFoundError) and not any(map(os.path.isabs, names)) and _lost_here():
        return NO_FOLDER
    return lost or (said if own else _FULL.get(error.errno or 0, said))


NO_FOLDER = "the working folder is no longer there; change to one that is"


def _lost_here() -> bool:
    try:
        return not os.getcwd()  # noqa: PTH109  (whether there is one)
    except FileNotFoundError:
        return True


def lost_link(path: str | Path) -> str:
    """``it is a link to OTHER, which is not there``, for a name that a link leads astray.

    Of a link on the way there its name. Empty where there is none like that.
    """
    place = Path(path)
    for one in (*reversed(place.parents), place):
        try:
            target = one.readlink()
        except (OSError, ValueError):  # no link
            continue
        name = "it" if one == place else one
        try:
            one.stat()
        except FileNotFoundError:
            return f"{name} is a link to {target}, which is not there"
        except (OSError, RuntimeError) as error:
            if getattr(error, "errno", errno.ELOOP) == errno.ELOOP:
                return f"{name} is a link to {target}, which leads back to itself"
    return ""


LARGEST_SEED = 2**63 - 1


def within(name: str, value: int, least: int, most: int) -> int:
    """``value``, if it lies in ``least..most``.

    Raises:
        OptionError: it does not; names the option, the limit and what came.
    """
    if value < least:
        raise OptionError(f"{name} must be at least {least}, got {value}")
    if value > most:
        raise OptionError(f"{name} must be at most {most}, got {value}")
    return value


def refuse_twice(option: str, names: Iterable[str]) -> None:
    """Refuse a list in which a name stands twice.

    Raises:
        OptionError: it does; names the option and the name.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise OptionError(f"{option} names {twice[0]!r} twice; give it once")


def did_you_mean(name: str, known: Iterable[str], before: str = "") -> str:
    """``; did you mean NAME?`` where one of ``known`` is like ``name``, else nothing.

    ``before`` stands before every name and says nothing of how like they are.
    """
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {before}{close[0]}?" if close else ""


def allowed(name: str, known: Iterable[str]) -> str:
    """``; allowed: a, b`` for a name that is none of them, and which is like it."""
    names = list(known)
    return f"; allowed: {', '.join(names)}{did_you_mean(name, names)}"


def first_ten(names: list[str]) -> str:
    """Name up to ten of ``names`` and count the rest, for an error message."""
    shown = ", ".join(names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
