"""What a campaign of adversaries finds of one respondent, whatever the suite."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Result:
    """What was said of one respondent, and how much of it is so.

    Attributes:
        respondent: who was diagnosed; it has ``name``, ``group`` and ``says``.
        sentence: the diagnosis.
        spoken: keys of the claims in it.
        checked: claims that were held against the truth.
        false: those that are not so, and why.
        missing: what had to be said and was not.
    """

    respondent: Any
    sentence: str
    spoken: list[str]
    checked: int = 0
    false: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
