"""What a study was made with, and the check that it goes on with the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from handeye.errors import OptionError
from handeye.hashing import file_sha256
from handeye.rose.items import ItemSet
from handeye.rose.questions import MAIN_KEYS, TEMPLATES
from handeye.rose.release import load, metadata_files, template_ids
from handeye.study.plan import Plan, make_plan


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides which items are asked, in which order, and how they look.

    ``set_sha256`` is the fingerprint of the set's metadata. ``templates`` and ``split`` are as in
    :func:`handeye.rose.load`; ``overlap`` is the share of items all people have in common;
    ``rulers`` says that row and column numbers stand beside the pictures, which models do not get.
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
    "templates": ",".join(MAIN_KEYS),
    "split": "test",
    "overlap": 1.0,
    "rulers": False,
    "practice": True,
}
# Of no account when a study goes on: the folder may have been moved.
_FREE = frozenset({"set_name"})


def settle(
    data: str | Path, given: Mapping[str, Any], stored: Mapping[str, Any] | None, file: Path
) -> Settings:
    """The settings of a new study, or of the one in ``file`` after a check.

    Args:
        data: the set.
        given: options by name; None for one that was not given: the default in a new study, what
            the file says in one that goes on.
        stored: the file's settings, None for a new study.
        file: for messages.

    Raises:
        OptionError: an option, or the set, is another than the file's.
    """
    chosen = {name: given.get(name) for name in DEFAULTS}
    if chosen["templates"] is not None:
        chosen["templates"] = _spelled_out(chosen["templates"])
    known: dict[str, Any] = {
        "set_name": Path(str(data).rstrip("/")).name,
        "set_sha256": set_fingerprint(data),
    }
    if stored is None:
        picked = {n: DEFAULTS[n] if v is None else v for n, v in chosen.items()}
        if chosen["templates"] is None and Path(data).is_file():
            picked["templates"] = _spelled_out("all")  # one metadata file is asked as it is
        return Settings(**known, **picked)
    settings = Settings(**{f.name: stored[f.name] for f in fields(Settings)})
    asked = {name: value for name, value in {**known, **chosen}.items() if value is not None}
    other = [
        f"{name} is {asked[name]}, there {value}"
        for name, value in settings.record().items()
        if name in asked and name not in _FREE and asked[name] != value
    ]
    if other:
        raise OptionError(
            f"{file} holds another study: {'; '.join(other)}. Leave these options out to go on "
            f"with it (its set was called {settings.set_name}), or give another --out"
        )
    return settings


def _spelled_out(templates: str) -> str:
    """One spelling for every way to name the same templates: keys in order."""
    wanted = template_ids(templates)
    return ",".join(t.key for t in TEMPLATES.values() if wanted is None or t.id in wanted)


def set_fingerprint(data: str | Path) -> str:
    """SHA-256 over the names and contents of a set's metadata files, in hexadecimal."""
    root, files = metadata_files(data)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root).as_posix()}\0{file_sha256(file)}\n".encode())
    return digest.hexdigest()


def plan_of(data: str | Path, settings: Settings) -> tuple[Plan, ItemSet]:
    """The plan of a study and the set it is about; same settings, same plan."""
    found = load(data, split=settings.split, templates=settings.templates)
    plan = make_plan(found.items, settings.items, seed=settings.seed, overlap=settings.overlap)
    return plan, found
