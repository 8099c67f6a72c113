"""The format of captured states: the record, what a part says of itself, the index made from parts.

Files and their layout stand in :mod:`handeye.states.store`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from handeye.errors import DataError, RunError
from handeye.reading import read_json

if TYPE_CHECKING:
    import polars as pl

DTYPES = ("float16", "float32")
"""How states are stored."""
RECORD, INDEX, PARTS = "capture.json", "index.parquet", "parts"
HEADER = "rows"
"""Where in a part's metadata its header stands."""
_VERSION = 1


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an item beside its states; one stands in a part's header for each.

    Attributes:
        item_id: of the item; taken once.
        scene_id: what it is about.
        clip: what its media states are filed under; items with an equal one share them. Empty
            where there are none.
        letters: log-probabilities by position; empty where the question has none.
        answer: the model's own, or empty.
        prompt: SHA-256 of the words, hexadecimal.
        media: of what was shown, likewise.
        at: row of the item by site, in the part's tensors.
    """

    item_id: str
    scene_id: str
    clip: str = ""
    letters: tuple[float | None, ...] = ()
    answer: str = ""
    prompt: str = ""
    media: str = ""
    at: dict[str, int] = {}


class Header(msgspec.Struct, frozen=True):
    """What a part says of itself: its items, and of each clip the first row and their number.

    ``settings`` is the fingerprint of the record.
    """

    settings: str
    items: list[Taken]
    clips: dict[str, dict[str, tuple[int, int]]]


class Record(msgspec.Struct, kw_only=True):
    """What ``capture.json`` holds.

    Attributes:
        settings: what makes two captures the same; a folder takes one alone.
        layers, sites: as :class:`States` has them.
        blocks: of the model's decoder.
        width: of a state.
        dtype: of :data:`DTYPES`.
        checks: what was found by checks, such as that of the media tokens.
        info: what does not change the states: versions, device, notices; ``asked``: how many items
            the capture was of; ``path`` of the model; ``taught``, how a model of ours was
            supervised.
        items, clips: how many are stored; counted at the end.
        failed: why there is nothing of an item, by its id.
        version: of the format.
    """

    settings: dict[str, Any]
    layers: tuple[str, ...]
    sites: tuple[str, ...]
    blocks: int
    width: int
    dtype: str = "float16"
    checks: dict[str, Any] = {}
    info: dict[str, Any] = {}
    items: int = 0
    clips: int = 0
    failed: dict[str, str] = {}
    version: int = _VERSION

    def identity(self) -> dict[str, Any]:
        """Plain values: what must be equal for a folder to be gone on with."""
        told = msgspec.to_builtins(self)
        names = ("settings", "layers", "sites", "blocks", "width", "dtype", "version")
        return {name: told[name] for name in names}

    def fingerprint(self) -> str:
        """SHA-256 of the identity, hexadecimal."""
        told = msgspec.json.encode(self.identity(), order="sorted")
        return hashlib.sha256(told).hexdigest()


def read_record(folder: Path) -> Record:
    """The record of a capture.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    path = folder / RECORD
    if not path.is_file():
        raise DataError(
            f"{folder}: holds no captured states ({RECORD}); make some with: handeye states capture"
        )
    record = read_json(path, Record)
    if record.version != _VERSION:
        raise DataError(f"{path}: format {record.version}, this handeye reads {_VERSION}")
    return record


def refuse_another(folder: Path, before: Record, now: Record) -> None:
    """Refuse to go on with a folder that was begun in another way.

    Raises:
        RunError: names what differs.
    """
    then, wanted = _flat(before.identity()), _flat(now.identity())
    for name in sorted({*then, *wanted}):
        was, is_ = then.get(name), wanted.get(name)
        if was != is_:
            raise RunError(
                f"{folder}: was captured with {name} {_short(was)}, now it is {_short(is_)}; give "
                "the same, or another folder (--out)"
            )


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Values by dotted name; ``settings`` go without theirs."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        path = "" if name == "settings" and not before else f"{before}{name}"
        if isinstance(value, Mapping):
            out |= _flat(value, f"{path}." if path else "")
        else:
            out[path] = value
    return out


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."


def headers(folder: Path, record: Record) -> Iterator[tuple[str, Header]]:
    """Name and header of each part, in order.

    Raises:
        DataError: a part cannot be read, or is of another capture; or an item is there twice.
    """
    from safetensors import SafetensorError, safe_open

    known: dict[str, str] = {}
    for path in sorted((folder / PARTS).glob("part-*.safetensors")):
        try:
            with safe_open(path, "np") as part:
                header = msgspec.json.decode((part.metadata() or {})[HEADER], type=Header)
        except (SafetensorError, OSError, KeyError, msgspec.MsgspecError) as error:
            raise DataError(
                f"{path}: cannot be read ({error}): it was cut off or is none of handeye's; remove "
                "it and capture again, what is in the other parts is kept"
            ) from None
        if header.settings != record.fingerprint():
            raise DataError(f"{path}: is of another capture than {RECORD} tells of; remove it")
        for item in header.items:
            if item.item_id in known:
                raise DataError(f"{path}: item {item.item_id} is in {known[item.item_id]} too")
            known[item.item_id] = path.name
        yield path.name, header


def made_index(folder: Path, record: Record) -> pl.DataFrame:
    """The index of a folder, made from its parts.

    Columns: ``item_id``, ``scene_id``, ``site``, ``layers``, ``part``, ``row`` (the first, in the
    part's tensors of the site), ``rows`` (how many: more than one at ``grid``), ``letters``,
    ``answer``, ``prompt_sha256``, ``media_sha256``, ``processor_sha256``, ``revision``.

    Raises:
        DataError: as :func:`open_store`.
    """
    import polars as pl

    rows: list[dict[str, Any]] = []
    clips: dict[str, tuple[str, dict[str, tuple[int, int]]]] = {}
    for part, header in headers(folder, record):
        clips |= {clip: (part, at) for clip, at in header.clips.items()}
        for item in header.items:
            places = [(site, part, row, 1) for site, row in item.at.items()]
            if item.clip:
                if item.clip not in clips:
                    raise DataError(
                        f"{folder / PARTS / part}: the media states of item {item.item_id} are in "
                        "a part that is gone; remove this part too and capture again"
                    )
                where, at = clips[item.clip]
                places += [(site, where, first, count) for site, (first, count) in at.items()]
            for site, where, first, count in places:
                rows.append(
                    {
                        "item_id": item.item_id,
                        "scene_id": item.scene_id,
                        "site": site,
                        "layers": list(record.layers),
                        "part": where,
                        "row": first,
                        "rows": count,
                        "letters": [np.nan if one is None else one for one in item.letters],
                        "answer": item.answer,
                        "prompt_sha256": item.prompt,
                        "media_sha256": item.media,
                        "processor_sha256": str(record.settings.get("processor", "")),
                        "revision": str(record.settings.get("checkpoint", "")),
                    }
                )
    texts = dict.fromkeys(("item_id", "scene_id", "site", "part", "answer"), pl.String)
    hashes = ("prompt_sha256", "media_sha256", "processor_sha256", "revision")
    schema: dict[str, Any] = {
        **texts,
        **dict.fromkeys(hashes, pl.String),
        "layers": pl.List(pl.String),
        "letters": pl.List(pl.Float64),
        "row": pl.Int64,
        "rows": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema)
