"""Patterns that somebody else wrote: matched in time that grows with the text alone.

The syntax is RE2's (https://github.com/google/re2/wiki/Syntax): regular expressions without
look-around and references, which no text can make slow.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from handeye.errors import DataError
from handeye.printing import whole_characters

LONGEST = 2_000
"""Characters of a pattern."""
# Bytes that a compiled pattern may take; RE2's own default.
_MEMORY = 8 << 20


def check(pattern: str) -> None:
    """Refuse what is no pattern.

    Raises:
        DataError: it is none, asks for look-around or a reference, or is too long.
    """
    _compiled(pattern)


def fits(pattern: str, text: str, *, anywhere: bool = False) -> bool:
    """Whether a pattern matches a text: the whole of it, or anywhere within.

    Raises:
        DataError: as :func:`check`.
    """
    compiled, told = _compiled(pattern), whole_characters(text)
    return (compiled.search if anywhere else compiled.fullmatch)(told) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    import re2

    if len(pattern) > LONGEST:
        raise DataError(f"a pattern has at most {LONGEST:,} characters, this one {len(pattern):,}")
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        return re2.compile(whole_characters(pattern), options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be read"
        raise DataError(
            f"{pattern[:80]!r} is no pattern: {said}; the syntax is RE2's, without look-around and "
            "references"
        ) from None
