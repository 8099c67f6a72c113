"""What a study was made with, and the check that it goes on with the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from handeye.errors import LARGEST_SEED, OptionError, within
from handeye.study.plan import Plan, make_plan
from handeye.suite import AsksPeople


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides which items are asked, in which order, and how they look.

    ``set_sha256`` is the fingerprint of the set. ``templates`` and ``split`` say which of its items
    may be asked; ``overlap`` is the share of items all people have in common; ``rulers`` says that
    row and column numbers stand beside the pictures, which models do not get.
    """

    set_name: str
    set_sha256: str
    items: int
    seed: int
    templates: str
    split: str
    overlap: float
    rulers: bool
    practice: bool

    def record(self) -> dict[str, Any]:
        """As plain values for the study file."""
        return asdict(self)


DEFAULTS: dict[str, Any] = {
    "items": 50,
    "seed": 0,
    "templates": None,  # the suite says
    "split": "test",
    "overlap": 1.0,
    "rulers": False,
    "practice": True,
}
# Of no account when a study goes on: the folder may have been moved.
_FREE = frozenset({"set_name"})
# What a person gives it as, where that is another word.
_OPTIONS = {"items": "--per-person", "set_sha256": "the set"}


def settle(
    suite: AsksPeople,
    data: str | Path,
    given: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    file: Path,
) -> Settings:
    """The settings of a new study, or of the one in ``file`` after a check.

    Args:
        suite: of the set.
        data: the set.
        given: options by name; None for one that was not given: the default in a new study, what
            the file says in one that goes on.
        stored: the file's settings, None for a new study.
        file: for messages.

    Raises:
        OptionError: an option, or the set, is another than the file's.
    """
    chosen = {name: given.get(name) for name in DEFAULTS}
    if chosen["templates"] is not None or stored is None:
        chosen["templates"] = suite.templates(chosen["templates"], data)
    known: dict[str, Any] = {
        "set_name": Path(str(data).rstrip("/")).name,
        "set_sha256": suite.fingerprint(data),
    }
    if stored is None:
        within("seed", chosen["seed"] or 0, 0, LARGEST_SEED)
        picked = {n: DEFAULTS[n] if v is None else v for n, v in chosen.items()}
        return Settings(**known, **picked)
    settings = Settings(**{f.name: stored[f.name] for f in fields(Settings)})
    asked = {name: value for name, value in {**known, **chosen}.items() if value is not None}
    other = [
        f"{_OPTIONS.get(name, name)} is {asked[name]}, there {value}"
        for name, value in settings.record().items()
        if name in asked and name not in _FREE and asked[name] != value
    ]
    if other:
        raise OptionError(
            f"{file} holds another study: {'; '.join(other)}. Leave these options out to go on "
            f"with it (its set was called {settings.set_name}), or give another --out"
        )
    return settings


def plan_of(suite: AsksPeople, data: str | Path, settings: Settings) -> tuple[Plan, Iterable[Any]]:
    """The plan of a study and the set it is about; same settings, same plan."""
    found = suite.load(data, split=settings.split, templates=settings.templates)
    plan = make_plan(
        list(found), suite.strata, settings.items, seed=settings.seed, overlap=settings.overlap
    )
    return plan, found
