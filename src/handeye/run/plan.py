"""What a run folder was started for, so that nothing else is ever mixed into it.

``plan.json`` is written before the first request. A later run over the same folder must ask the
same items of the same model in the same way; settings of transport (connections, retries, timeouts,
where the server stands) may differ. A run may grow: all it was started for, row for row, and more,
or more answers to each.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from handeye.atomic import entries, write_bytes
from handeye.errors import DataError, RunError
from handeye.reading import read_json
from handeye.run.secrets import BLOT, KEPT_OUT, settings_without_secrets, without_secrets
from handeye.sets.hub import HUB, stay_with

PLAN = "plan.json"
SCORED = "run.json"
"""What a run folder has once all of the run is scored."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The identity of a run.

    ``items_sha256`` covers every field of every selected row of the set in order; ``config`` holds
    the generation settings that were given, ``model_args`` the provider's (secrets blotted out, a
    set that the model knows named by its rows), ``asked`` what else the suite fixes about the
    questions (frames, protocol ...), ``revision`` the commit of a set from the Hub, ``scoring``
    what a look at the unfinished run has to know of how it will be scored, ``epochs`` how many
    answers to every question are asked for, if not one.
    """

    suite: str
    model: str
    items: int
    scenes: int | None = None
    items_sha256: str
    order: str | None = None
    config: dict[str, Any]
    model_args: dict[str, Any]
    asked: dict[str, Any] = {}
    data: str
    split: str | None = None
    templates: str | None = None
    subsets: str | None = None
    max_scenes: int | None = None
    revision: str | msgspec.UnsetType = msgspec.UNSET
    scoring: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    epochs: int | msgspec.UnsetType = msgspec.UNSET


# Where two plans may differ and still be one run: how the same items were named.
_CHOICE = ("split", "templates", "subsets", "max_scenes")
_FREE = frozenset({"data", *_CHOICE, "revision", "scoring", "epochs"})
# What another selection changes; a run that grows differs in nothing else.
_SIZE = ("items", "scenes", "items_sha256")

# What is counted and no option; entries that hold several options, and how they are given.
_COUNTED = frozenset({*_SIZE, "suite"})
_MANY = {"config": "-s", "model_args": "-M", "asked": ""}
_NO_NAMES: Mapping[str, str] = {}

Lacking = Callable[[Plan], int | None]
"""How many rows of another plan this one leaves out; None where they are not rows of its set."""


# What a set that a model knows is called in ``model_args``, before the hash of its rows.
_BY_ROWS = "rows sha256:"


def rows_sha256(rows: Iterable[msgspec.Struct]) -> str:
    """Fingerprint of the selected rows of a set, in order; every field counts."""
    digest = hashlib.sha256()
    for line in row_lines(rows):
        digest.update(line)
        digest.update(b"\n")
    return digest.hexdigest()


def row_lines(rows: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    """Rows of a set as bytes that are equal where every field is."""
    encoder = msgspec.json.Encoder(order="deterministic")
    for row in rows:
        yield encoder.encode({name: getattr(row, name) for name in row.__struct_fields__})


def named_by_rows(rows: Iterable[msgspec.Struct]) -> str:
    """The name of a set in a plan: the same wherever it lies."""
    return _BY_ROWS + rows_sha256(rows)


def read_plan(out: Path) -> Plan:
    """The plan of a run folder.

    Raises:
        DataError: it cannot be read.
    """
    return read_json(out / PLAN, Plan)


def stay_with_revision(out: Path, data: str) -> None:
    """Take a set from the Hub as the run in ``out`` took it, wherever its branch is by now."""
    if not data.startswith(HUB) or not (out / PLAN).is_file():
        return
    with suppress(DataError):
        known = read_plan(out)
        if known.data == data and isinstance(known.revision, str):
            stay_with(data, known.revision)


def check_plan(
    out: Path, plan: Plan, lacking: Lacking | None = None, named: Mapping[str, str] = _NO_NAMES
) -> Literal["free", "same", "grown"]:
    """What ``out`` is to a run: free to become its folder, its own, or that of a part of it.

    Args:
        out: the folder.
        plan: of the run.
        lacking: compares the selections; None lets no run grow.
        named: the options behind entries of a plan that are not called like them.

    Raises:
        RunError: the folder holds another run, or something that is no run at all.
    """
    path = out / PLAN
    if path.exists():
        return _compared(path, plan, lacking, named)
    if out.exists() and not out.is_dir():
        raise RunError(f"{out}: is a file; give a folder for the run")
    if out.exists() and entries(out):
        raise RunError(
            f"{out}: is not empty and was not started by 'handeye run'; choose another output "
            "folder"
        )
    return "free"


def claim(
    out: Path, plan: Plan, lacking: Lacking | None = None, named: Mapping[str, str] = _NO_NAMES
) -> None:
    """Make ``out`` the folder of this run, or go on with it; nothing else in it is touched.

    Where the run grows, the scores of the smaller one lose their record: they are not its own.

    Raises:
        RunError: as :func:`check_plan`.
    """
    found = check_plan(out, plan, lacking, named)
    if found == "grown":
        # First, so that no kill leaves the old scores as those of the larger run.
        (out / SCORED).unlink(missing_ok=True)
    if found != "same":
        write_bytes(out / PLAN, msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n")


def _compared(
    path: Path, plan: Plan, lacking: Lacking | None, named: Mapping[str, str]
) -> Literal["same", "grown"]:
    try:
        known = read_plan(path.parent)
    except DataError as error:
        raise RunError(f"{error}; choose another output folder") from None
    if settings_without_secrets(known.config) != known.config:
        raise RunError(
            f"{path.parent}: was begun by a handeye that kept the keys of extra_headers, "
            "extra_body or another setting, and filed answers under them; choose another output "
            f"folder, and change these keys if {path.name} was given away"
        )
    # By the rule of today, on both sides: what counts as a key was less once, and more.
    known = replace(
        known,
        config=_as_kept(known.config, plan.config),
        model_args=_as_kept(without_secrets(known.model_args), plan.model_args),
    )
    same_rows = known.items_sha256 == plan.items_sha256
    differences = [
        words
        for name in plan.__struct_fields__
        if name not in _FREE
        and not (name in _SIZE and (not same_rows or getattr(known, name) is None))
        and getattr(known, name) != getattr(plan, name)
        and not (name == "model_args" and _same_but_for_a_path(known.model_args, plan.model_args))
        for words in _changed(name, getattr(known, name), getattr(plan, name), named)
    ]
    before, after = (1 if one.epochs is msgspec.UNSET else one.epochs for one in (known, plan))
    if after < before:  # as rows, they may only become more
        differences += _changed("epochs", before, after, named)
    if same_rows:
        if not differences:
            return "same" if after == before else "grown"
    else:
        missing = None if lacking is None else lacking(known)
        if missing == 0 and not differences:
            return "grown"
        if missing != 0:
            differences.insert(0, _other_rows(known, plan, missing, named))
    raise RunError(
        f"{path.parent}: holds another run ({'; '.join(differences)}); nothing was changed. "
        "Choose another output folder, or repeat the options of that run (its selection may grow)"
    )


def _changed(name: str, was: object, now: object, named: Mapping[str, str]) -> Iterator[str]:
    """What changed in an entry of a plan, by the options that a person gives."""
    if isinstance(was, dict) and isinstance(now, dict):
        changed = [k for k in dict.fromkeys((*was, *now)) if was.get(k) != now.get(k)]
        own = [key for key in changed if name not in _MANY and key not in named]
        if own:  # one option of several parts, such as --frames fps:2
            yield f"{named.get(name, _option(name))} was {_parts(was, own)}, now {_parts(now, own)}"
        for key in (key for key in changed if key not in own):
            option = f"{_MANY[name]} {key}" if _MANY.get(name) else named.get(key, _option(key))
            yield from _changed(key, was.get(key), now.get(key), {**named, key: option})
        return
    option = named.get(name, name if name in _COUNTED else _option(name))
    yield f"{option} was {_value(was)}, now {_value(now)}"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parts(values: Mapping[str, Any], names: Iterable[str]) -> str:
    found = [f"{values[name]}" for name in names if values.get(name) is not None]
    return " ".join(found) or "not given"


def _value(value: object) -> str:
    return "not given" if value is None else f"{value!r}"


def _other_rows(known: Plan, plan: Plan, missing: int | None, named: Mapping[str, str]) -> str:
    """How the rows of two plans differ, in words."""
    if missing is None:
        sizes = f"items was {known.items}, now {plan.items}; " if known.items != plan.items else ""
        return (
            f"{sizes}items_sha256 differs: the rows are not those it was started with, or stand in "
            "another order"
        )
    choice = [
        words
        for name in _CHOICE
        if getattr(known, name) != getattr(plan, name)
        for words in _changed(name, getattr(known, name), getattr(plan, name), named)
    ]
    told = f"items was {known.items}, now {plan.items}: {missing} of the old ones are not selected"
    return "; ".join([told, *choice])


def _as_kept(known: Any, now: Any) -> Any:
    """Values of before, but for what was not kept then and is no key by the rule of today."""
    if isinstance(known, dict) and isinstance(now, dict):
        return {name: _as_kept(value, now.get(name)) for name, value in known.items()}
    if isinstance(known, list) and isinstance(now, list) and len(known) == len(now):
        return [_as_kept(was, one) for was, one in zip(known, now, strict=True)]
    if known == KEPT_OUT and now is not None:
        return now
    if isinstance(known, str) and isinstance(now, str) and BLOT in known:
        anything = ".+".join(map(re.escape, known.split(BLOT)))
        return now if re.fullmatch(anything, now, re.DOTALL) else known
    return known


def _same_but_for_a_path(known: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether arguments are the same but for the set, named by its place until version 0.1.

    It may have moved since; that its rows are those of then is held by ``items_sha256``.
    """
    old, new = (str(arguments.get("data", "")) for arguments in (known, now))
    by_place = new.startswith(_BY_ROWS) and old and not old.startswith(_BY_ROWS)
    return bool(by_place) and known | {"data": new} == now
