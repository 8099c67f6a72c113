"""Values of a foreign file -> scenario, level, type. What cannot be read for sure is None."""

from __future__ import annotations

import re
from typing import Any

from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.reading.entries import read_kind, read_level

# Spellings beside key and title, compared as `plain` leaves them.
SCENARIO_ALIASES: dict[str, tuple[str, ...]] = {
    "navigation": ("nav", "dn", "dynamicnav", "driving", "autonomousdriving"),
    "home": ("hs", "homeservices", "household", "homeassistance"),
    "safety": ("sm", "safetymonitoring", "monitoring", "surveillance", "security"),
    "hmi": ("humanmachine", "humanmachineinteractions", "hci", "humancomputerinteraction"),
}
TYPE_ALIASES: dict[str, bool] = {"p": True, "pro": True, "r": False, "re": False, "rea": False}
_TRUTH: dict[str, bool] = {
    "true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False,
    "0": False,
}  # fmt: skip
_SCENARIO_BY_NAME = {
    name: key
    for key, title in SCENARIOS.items()
    for name in (key, *SCENARIO_ALIASES[key], re.sub(r"[^a-z0-9]+", "", title.lower()))
}
_LEVEL_PREFIX = re.compile(r"^(apl|level|priority)[\s_\-]+(?=\d)", re.IGNORECASE)

ALLOWED_SCENARIOS = (
    f"{', '.join(SCENARIOS)}, their titles ({', '.join(SCENARIOS.values())}) and abbreviations"
)
ALLOWED_LEVELS = "0 to 4, as a number or in words such as 'APL 3'"
ALLOWED_TYPES = (
    "proactive, reactive, P or R; true/false and 1/0 only in a column whose name says which is "
    "meant, or with --map proactive=COLUMN (or reactive=COLUMN)"
)


def plain(name: object) -> str:
    """Lower case letters and digits of a name: spelling, spaces and punctuation aside."""
    return re.sub(r"[^a-z0-9]+", "", str(name).lower())


def read_scenario(value: Any) -> str | None:
    """Key of the scenario that a value names, None if it names none."""
    return _SCENARIO_BY_NAME.get(plain(value)) if isinstance(value, str) else None


def read_apl(value: Any) -> int | None:
    """Level 0 to 4 that a value states, None if it states none."""
    return read_level(_LEVEL_PREFIX.sub(r"\1 ", value.strip()) if isinstance(value, str) else value)


def read_type(value: Any, true_means: bool | None = None) -> bool | None:
    """Whether a value says proactive (True) or reactive (False); None if it says neither.

    Args:
        value: as it stands in the file.
        true_means: what ``true`` and 1 say, from the name of the column; None if that is open.
    """
    if isinstance(value, str):
        words = value.strip().lower()
        if words in TYPE_ALIASES:
            return TYPE_ALIASES[words]
        truth = _TRUTH.get(words)
    else:
        truth = bool(value) if isinstance(value, int | float) and value in (0, 1) else None
    if truth is None:
        return read_kind(value)
    return None if true_means is None else truth is true_means
