"""What is asked of hidden states: one row a question to the state of an item.

A target says of an item's states what a probe shall tell from them (``label``), what may never be
split over folds (``group``), and what else could tell it without looking (``texts``, ``numbers``).
Suites make targets of their items (:class:`handeye.suite.Probed`); own ones are read from JSONL or
Parquet with the same columns, every row checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

import msgspec
import polars as pl

from handeye.atomic import replacing
from handeye.errors import DataError, OptionError, allowed
from handeye.sets.table_rows import ForeignRow, read_rows
from handeye.shown import Row

SITES = {
    "last": "last",
    "media": "media",
    "grid": "grid",
    "span": "span:NAME",
    "answer": "answer:K",
}
"""Where states are read: the last token of the prompt; the mean over those of the media; each of a
picture's, row by row; the mean over those of a piece of the prompt; one within an answer that is
given."""


class Target(Row, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing asked of the states of one item.

    Attributes:
        item_id: whose states; an item of the set.
        target: name of what is asked: ``premise``, ``exception``, ``count is 3``.
        label: 0 or 1; what has several classes is one target for each against the rest.
        group: family or scene; its rows are never split over folds.
        strata: parts that are probed apart, never pooled, by the first key; the others are told
            beside.
        texts: by name, what a reader of words alone may use instead of states; ``prompt`` is the
            whole text that is sent.
        numbers: by name, what a reader of numbers alone may use, such as row and column of a cell.
        spans: by name, pieces of ``prompt`` whose states are wanted: site ``span:NAME``.
        siblings: by role, the item that differs in one thing alone: ``media`` has the same prompt
            about the sibling clip, ``question`` another premise about the same clip.
        roles: role by position of the letters shown, A first; empty where there are no letters.
        rejection: the role that is right if the premise is false; -1 where there is none.
        right: the role that is right as it is; -1 where that is not known.
        place: which cell of the item's grid (row by row, from 0) the target is about; None: it is
            about no cell.
        spot: where the middle of that cell lies in the picture, from the left and from the top, in
            shares (0..1) of its width and height.
        sites: where the state may be read, the likeliest first (:mod:`handeye.states.store`).
        answer: what is given as the model's own answer, behind the prompt, where a site
            ``answer:K`` is read.
        ends: ``answer:K`` is the last token of the first ``ends[K]`` characters of ``answer``.
    """

    item_id: str
    target: str
    label: int
    group: str
    strata: dict[str, str] = {}
    texts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    spans: dict[str, str] = {}
    siblings: dict[str, str] = {}
    roles: tuple[int, ...] = ()
    rejection: int = -1
    right: int = -1
    place: int | None = None
    spot: tuple[float, float] | None = None
    sites: tuple[str, ...] = ("last",)
    answer: str = ""
    ends: tuple[int, ...] = ()

    @property
    def stratum(self) -> str:
        """Its value of the first key of ``strata``; empty where there is none."""
        return next(iter(self.strata.values()), "")


# ---- files

_NAMED = ("strata", "texts", "numbers", "spans", "siblings")
"""The columns that hold values by name."""
_TABLE = {
    "item_id": pl.String(),
    "target": pl.String(),
    "label": pl.Int64(),
    "group": pl.String(),
    **{
        name: pl.List(
            pl.Struct(
                {"key": pl.String(), "value": pl.Float64() if name == "numbers" else pl.String()}
            )
        )
        for name in _NAMED
    },
    "roles": pl.List(pl.Int64()),
    "rejection": pl.Int64(),
    "right": pl.Int64(),
    "place": pl.Int64(),
    "spot": pl.List(pl.Float64()),
    "sites": pl.List(pl.String()),
    "answer": pl.String(),
    "ends": pl.List(pl.Int64()),
}


def write_targets(path: Path, targets: Iterable[Target]) -> None:
    """Write targets in one step, as :func:`read_targets` reads them.

    Args:
        path: ends in ``.jsonl`` or ``.parquet``. In Parquet what is by name is a list of ``key``
            and ``value``, as maps are, which keeps the order of ``strata``.
        targets: any number; held in memory for Parquet only.

    Raises:
        OptionError: another ending.
        OSError: the file cannot be written.
    """
    kind = _kind(path)
    with replacing(path) as stream:
        if kind == ".jsonl":
            stream.writelines(msgspec.json.encode(one) + b"\n" for one in targets)
            return
        rows = [_flat(one) for one in targets]
        pl.DataFrame(rows, schema=_TABLE, orient="row").write_parquet(stream)


def read_targets(path: Path) -> list[Target]:
    """The targets of a JSONL or Parquet file, in its order; see :class:`Target` for the columns.

    Only ``item_id``, ``target``, ``label`` and ``group`` must be there. Empty values count as left
    out. In Parquet what is by name may be a struct, a map, or columns such as ``strata.kind``.

    Raises:
        OptionError: another ending.
        DataError: the file cannot be read or holds no row; or a row is not what it should be, with
            file, line (of Parquet: row) and what is wrong.
    """
    _kind(path)
    try:
        found = checked((row.where, _target(row)) for row in read_rows(path))
    except DataError as error:
        if "no Parquet" not in str(error):
            raise
        raise DataError(
            f"{error}; expected a table with item_id, target, label and group"
        ) from None
    if not found:
        raise DataError(f"{path}: holds no targets; expected one row a target")
    return found


def checked(rows: Iterable[tuple[str, Target]]) -> list[Target]:
    """Targets that can be probed together.

    Args:
        rows: place, for messages, and target.

    Raises:
        DataError: a value is out of its range; two rows ask the same of the same item; an item is
            in two groups, so that folds could not keep it together; rows of a target have strata
            that begin with different keys.
    """
    out: list[Target] = []
    seen: dict[tuple[str, str, int | None], str] = {}
    groups: dict[str, tuple[str, str]] = {}
    firsts: dict[str, tuple[str, str]] = {}
    for where, one in rows:
        wrong = next(_wrongs(one), None)
        if wrong:
            raise DataError(f"{where}: {wrong}")
        told = f"{where}: item {one.item_id}"
        before = seen.setdefault((one.item_id, one.target, one.place), where)
        if before is not where:
            raise DataError(f"{told}: {one.target!r} is asked at {before} already")
        group, place = groups.setdefault(one.item_id, (one.group, where))
        if group != one.group:
            raise DataError(
                f"{told}: is in group {one.group!r} here and in {group!r} at {place}; folds could "
                "not keep it together"
            )
        first = next(iter(one.strata), "")
        known, place = firsts.setdefault(one.target, (first, where))
        if known != first:
            raise DataError(
                f"{told}: strata begin with {first!r}, those of {one.target!r} at {place} with "
                f"{known!r}; what is probed apart must be named alike"
            )
        out.append(one)
    return out


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".jsonl", ".parquet"):
        raise OptionError(f"{path}: targets are written and read as .jsonl or .parquet")
    return suffix


def _flat(one: Target) -> list[Any]:
    """The values of a row of Parquet."""
    values = {name: getattr(one, name) for name in _TABLE}
    for name in _NAMED:
        values[name] = [{"key": key, "value": value} for key, value in values[name].items()]
    return list(values.values())


def _target(row: ForeignRow) -> Target:
    """A row as a target; whether its values are in range is not looked at."""
    values: dict[str, Any] = {}
    for path, value in row.values.items():
        field, _, name = path.partition(".")
        if field not in Target.__struct_fields__:
            raise DataError(
                f"{row.where}: column {field!r} is not known"
                f"{allowed(field, Target.__struct_fields__)}"
            )
        if value is None:
            continue
        if name:
            values.setdefault(field, {})[name] = value
        elif field in _NAMED and isinstance(value, list):
            values[field] = _by_name(value)
        else:
            values[field] = value
    for name in ("label", "rejection", "right", "place"):
        if isinstance(value := values.get(name), str):
            raise DataError(f"{row.where}: {name} is {value!r}, a text; it must be a number")
    try:
        return msgspec.convert(values, Target, strict=False)
    except msgspec.ValidationError as error:
        raise DataError(f"{row.where}: {error}") from None


def _by_name(pairs: list[Any]) -> Any:
    """A map as a table has it; what is none is left to be refused as it stands."""
    if all(isinstance(one, dict) and set(one) == {"key", "value"} for one in pairs):
        return {one["key"]: one["value"] for one in pairs if one["value"] is not None}
    return pairs


def _wrongs(one: Target) -> Iterator[str]:
    """What is wrong with a row by itself."""
    for name in ("item_id", "target", "group"):
        value = getattr(one, name)
        if not value.strip() or any(category(one) in ("Cc", "Zl", "Zp") for one in value):
            yield f"{name} is {value!r}; it must be one line of text without control characters"
    if one.label not in (0, 1):
        yield f"label is {one.label}; it must be 0 or 1 (several classes: a target for each)"
    if sorted(one.roles) != list(range(len(one.roles))):
        yield f"roles are {list(one.roles)}; they must be 0..{len(one.roles) - 1}, each once"
    if one.rejection != -1 and one.rejection not in one.roles:
        yield f"rejection is {one.rejection}; it must be -1 or one of roles {sorted(one.roles)}"
    if one.right != -1 and one.right not in one.roles:
        yield f"right is {one.right}; it must be -1 or one of roles {sorted(one.roles)}"
    if one.place is not None and one.place < 0:
        yield f"place is {one.place}; it counts cells from 0"
    if one.spot is not None and not all(0 <= share <= 1 for share in one.spot):
        yield f"spot is {list(one.spot)}; it must be two shares in 0..1"
    for name, value in one.numbers.items():
        if not math.isfinite(value):
            yield f"numbers: {name} is {value}"
    if not one.sites:
        yield "sites is empty; it must name where the state is read, such as last"
    for site in one.sites:
        yield from _site_wrongs(site, one)
    if list(one.ends) != sorted(one.ends) or not all(0 < n <= len(one.answer) for n in one.ends):
        yield f"ends are {list(one.ends)}; they must rise within the {len(one.answer)} of answer"
    whole = one.texts.get("prompt")
    for name, span in one.spans.items():
        if not span:
            yield f"spans: {name} is empty"
        elif whole is not None and span not in whole:
            yield f"spans: {name} does not stand in texts.prompt"
    for role, other in one.siblings.items():
        if other == one.item_id:
            yield f"siblings: {role} is the item itself"


def _site_wrongs(site: str, one: Target) -> Iterator[str]:
    kind, _, name = site.partition(":")
    if kind not in SITES or bool(name) != (kind in ("span", "answer")):
        yield f"site {site!r} is not known{allowed(site, SITES.values())}"
    elif kind == "span" and name not in one.spans:
        yield f"site {site!r}: spans have no {name!r}"
    elif kind == "answer" and not (name.isdecimal() and int(name) < len(one.ends)):
        yield f"site {site!r}: ends has {len(one.ends)} positions"
    elif kind == "grid" and one.place is None:
        yield f"site {site!r}: the target is about no cell; give place"


# ---- sites, cells and picture tokens


def at(targets: Sequence[Target], target: str, site: str) -> list[Target]:
    """The rows that ask something at a site, in their order.

    Raises:
        OptionError: nobody asks it, or not there.
    """
    names = dict.fromkeys(one.target for one in targets)
    if target not in names:
        raise OptionError(f"target {target!r} is not there{allowed(target, names)}")
    rows = [one for one in targets if one.target == target]
    found = [one for one in rows if site in one.sites]
    if not found:
        sites = dict.fromkeys(site for one in rows for site in one.sites)
        raise OptionError(
            f"{target!r} is not applicable at {site}: what only the question says, no token before "
            f"it can know; it is asked at {', '.join(sites)}"
        )
    return found


def on_tokens(targets: Iterable[Target], rows: int, cols: int) -> list[Target]:
    """Targets about cells, with the number of the picture token in the middle of the cell.

    A model cuts a picture as it likes, so the cells of a set are not its tokens: a cell is asked of
    the token in which its middle lies.

    Args:
        targets: about cells; all of them have a ``spot``.
        rows: of picture tokens, which cover the whole picture.
        cols: of picture tokens.

    Returns:
        The targets in their order; ``place`` counts tokens row by row from 0.

    Raises:
        DataError: a target has no ``spot``.
    """
    out = []
    for one in targets:
        if one.spot is None:
            raise DataError(
                f"item {one.item_id}: {one.target!r} does not say where its cell lies in the "
                "picture (spot), so no picture token can be asked"
            )
        x, y = one.spot
        # The middle of a cell at the very edge would lie in a token that is not there.
        row, col = min(int(y * rows), rows - 1), min(int(x * cols), cols - 1)
        out.append(msgspec.structs.replace(one, place=row * cols + col))
    return out
