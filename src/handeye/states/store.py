"""Hidden states on the disk: parts that are whole or not there, an index, a record.

    FOLDER/capture.json                   what was captured and how; what was checked
    FOLDER/parts/part-00000.safetensors   one tensor LAYER/SITE each, shape (rows, width)
    FOLDER/index.parquet                  one row for each item and site: part, row, letters, hashes

A part is written under a temporary name, forced onto the disk and renamed, so that a killed process
leaves whole parts only. Each part says in its header which items it holds: the index is made from
the headers alone, and made again where it is missing or behind. What is about a clip or scene and
not about the question (site ``media``, ``grid``) is stored once for all its items.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.atomic import held, replacing, write_bytes
from handeye.errors import DataError, RunError
from handeye.reading import read_json

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float32]
DTYPES = ("float16", "float32")
"""How states are stored."""
PART_BYTES = 64 * 2**20
"""Bytes of states that are held before they become a part."""
RECORD, INDEX, PARTS = "capture.json", "index.parquet", "parts"
_VERSION = 1
_ROWS = "rows"


class States(Protocol):
    """Hidden states of the items of a set: a store on the disk, or one made up in memory."""

    @property
    def layers(self) -> tuple[str, ...]:
        """In the order of the model.

        ``embedding``, ``block.00``, ``block.01`` ..., ``final`` (behind the last norm, which is
        ``hidden_states[-1]`` of Transformers); or a choice of them.
        """
        ...

    @property
    def sites(self) -> tuple[str, ...]:
        """Where in the text, any of:

        ``last`` (last token of the prompt), ``media`` (mean over the tokens of pictures and
        sounds), ``grid`` (tokens of pictures, row by row), ``span:NAME`` (mean over a piece of
        text), ``answer:K`` (behind the first K tokens of a given answer).
        """
        ...

    def depth(self, layer: str) -> float:
        """Where a layer stands, from 0 (``embedding``) to 1 (``final``)."""
        ...

    def states(
        self,
        layer: str,
        site: str,
        item_ids: Sequence[str],
        places: Sequence[int] | None = None,
    ) -> Floats:
        """States of some items, shape (items, width).

        Args:
            layer: one of ``layers``.
            site: one of ``sites``.
            item_ids: in the order that is wanted; an item may stand there several times.
            places: the token of each item at a site of several (``grid``), from 0.

        Raises:
            DataError: no such layer or site, or an item is not there.
        """
        ...

    def letters(self, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """Log-probabilities of the answer's letters by position, (items, letters); nan: none."""
        ...

    def answers(self, item_ids: Sequence[str]) -> list[str]:
        """What the model answered by itself, where that was written; else an empty text."""
        ...


# ---- what is written


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


class _Header(msgspec.Struct, frozen=True):
    """What a part says of itself: its items, and of each clip the first row and their number."""

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
        info: what does not change the states: versions, device, times.
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


Block = Mapping[str, Mapping[str, NDArray[Any]]]
"""States by layer and site: of an item (width,), of a clip's grid (tokens, width)."""


class Writer:
    """Takes states of items into a folder, which it holds against other processes.

    Used with ``with``; what was added and is not yet a part becomes one at the end, whatever ends
    the block.

    Attributes:
        record: of the folder; ``checks``, ``info`` and ``failed`` of an earlier call are found in
            it, and what is put there is written at the end.
        taken: ids of the items that are stored, those of this call included.
    """

    def __init__(self, folder: Path, record: Record, *, part_bytes: int = PART_BYTES) -> None:
        """Nothing is written before the block begins.

        Args:
            folder: made if absent.
            record: what is to be captured.
            part_bytes: of states that are held in memory, about.
        """
        if record.dtype not in DTYPES:
            raise ValueError(f"dtype is {record.dtype!r}, not one of {DTYPES}")
        self.folder, self.record = Path(folder), record
        self.taken: set[str] = set()
        self._clips: set[str] = set()
        self._limit, self._bytes, self._number = part_bytes, 0, 0
        self._dtype = np.dtype(record.dtype)
        self._stack = ExitStack()
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[str, list[NDArray[Any]]] = {}
        self._filled: dict[str, int] = {}
        self._items: list[Taken] = []
        self._new: dict[str, dict[str, tuple[int, int]]] = {}
        self._bytes = 0

    def __enter__(self) -> Self:
        """Take the folder.

        Raises:
            RunError: another process is at work there, or it holds another capture.
            DataError: what is there cannot be read.
        """
        self._stack.enter_context(held(self.folder))
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        path = self.folder / RECORD
        if path.is_file():
            before = read_record(self.folder)
            refuse_another(self.folder, before, self.record)
            self.record.checks = {**before.checks, **self.record.checks}
            self.record.info = {**before.info, **self.record.info}
            # What failed is tried again.
            for part, header in _headers(self.folder):
                self._number = int(part.removeprefix("part-").split(".")[0]) + 1
                self.taken.update(item.item_id for item in header.items)
                self._clips.update(header.clips)
        elif any(self.folder.iterdir()):
            raise RunError(f"{self.folder}: holds something else; choose another folder")
        else:
            (self.folder / PARTS).mkdir()
        self._write_record()

    def has(self, clip: str) -> bool:
        """Whether media states are stored under a name, or about to be."""
        return clip in self._clips

    def add(self, item: Taken, states: Block, media: Block | None = None) -> None:
        """Take an item; ``states`` of its own sites, ``media`` of its clip if that is new.

        Raises:
            RunError: a state is missing, of another shape, all zeros, or no numbers. Nothing of the
                item is kept then.
        """
        if item.item_id in self.taken:
            raise RunError(f"{self.folder}: item {item.item_id} is there already")
        new = item.clip if item.clip and not self.has(item.clip) else ""
        if new and not media:
            raise RunError(f"item {item.item_id}: no states of its media were given")
        found = {site for sites in states.values() for site in sites}
        own = {name: self._checked(item, name, states) for name in self._names(found)}
        of_clip: dict[str, NDArray[Any]] = {}
        sites: set[str] = set()
        if new and media:
            sites = {site for found in media.values() for site in found}
            of_clip = {name: self._checked(item, name, media) for name in self._names(sites)}
        at = {site: self._filled.get(site, 0) for site in sorted(found)}
        if new:
            counts = {site: len(of_clip[f"{self.record.layers[0]}/{site}"]) for site in sites}
            self._new[new] = {
                site: (self._filled.get(site, 0), count) for site, count in counts.items()
            }
            self._clips.add(new)
        for name, rows in (*own.items(), *of_clip.items()):
            self._rows.setdefault(name, []).append(rows)
            self._bytes += rows.nbytes
        for site in (*found, *sites):
            one = (own if site in found else of_clip)[f"{self.record.layers[0]}/{site}"]
            self._filled[site] = self._filled.get(site, 0) + len(one)
        self._items.append(msgspec.structs.replace(item, at=at))
        self.taken.add(item.item_id)
        if self._bytes >= self._limit:
            self.flush()

    def _names(self, sites: Iterable[str]) -> list[str]:
        return [f"{layer}/{site}" for layer in self.record.layers for site in sorted(sites)]

    def _checked(self, item: Taken, name: str, states: Block) -> NDArray[Any]:
        """States of a layer and site as they are stored, shape (rows, width)."""
        layer, site = name.split("/", 1)
        where = f"item {item.item_id}, {name}"
        if site not in self.record.sites:
            raise RunError(f"{where}: this capture has no site {site}")
        given = states.get(layer, {}).get(site)
        if given is None:
            raise RunError(f"{where}: the model gave no state")
        rows = np.atleast_2d(given)
        if rows.ndim != 2 or not len(rows) or rows.shape[1] != self.record.width:
            raise RunError(
                f"{where}: states have the shape {given.shape}, not (rows, {self.record.width})"
            )
        if not np.isfinite(rows).all():
            raise RunError(f"{where}: the state holds nan or infinite numbers")
        if not rows.any(axis=1).all():
            raise RunError(f"{where}: the state is nothing but zeros: nothing was captured")
        with np.errstate(over="ignore"):
            stored = rows.astype(self._dtype)
        if not np.isfinite(stored).all():
            raise RunError(
                f"{where}: a number is too large for {self._dtype} ({np.abs(rows).max():.3g}); "
                "capture in float32 (--dtype float32) into another folder"
            )
        return stored

    def flush(self) -> None:
        """Make a part of what was added."""
        if not self._items:
            return
        from safetensors.numpy import save

        settings = _told(self.record.identity())
        header = _Header(settings, self._items, self._new)
        tensors = {name: np.concatenate(rows) for name, rows in self._rows.items()}
        data = save(tensors, {_ROWS: msgspec.json.encode(header).decode()})
        del tensors
        folder = self.folder / PARTS
        with replacing(folder / f"part-{self._number:05d}.safetensors") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _sync(folder)
        self._number += 1
        self._clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left, the index, and the record."""
        with self._stack:
            self.flush()
            self._write_index()
            self._write_record()

    def _write_index(self) -> None:
        out = BytesIO()
        made_index(self.folder, self.record).write_parquet(out)
        write_bytes(self.folder / INDEX, out.getvalue())

    def _write_record(self) -> None:
        self.record.items, self.record.clips = len(self.taken), len(self._clips)
        text = msgspec.json.format(msgspec.json.encode(self.record), indent=1)
        write_bytes(self.folder / RECORD, text + b"\n")


def _sync(folder: Path) -> None:
    """Force a folder's names onto the disk, where it can be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _told(values: Mapping[str, Any]) -> str:
    return msgspec.json.encode(values, order="sorted").decode()


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
    then, wanted = before.identity(), msgspec.to_builtins(now.identity())
    flat_then, flat_now = ({**one, **one.pop("settings")} for one in (dict(then), dict(wanted)))
    for name in sorted({*flat_then, *flat_now}):
        was, is_ = flat_then.get(name), flat_now.get(name)
        if was != is_:
            raise RunError(
                f"{folder}: was captured with {name} {_short(was)}, now it is {_short(is_)}; give "
                "the same, or another folder (--out)"
            )


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."


# ---- what is read


def _headers(folder: Path) -> Iterator[tuple[str, _Header]]:
    """Name and header of each part, in order.

    Raises:
        DataError: a part cannot be read, or is of another capture; or an item is there twice.
    """
    from safetensors import SafetensorError, safe_open

    settings: str | None = None
    known: dict[str, str] = {}
    for path in sorted((folder / PARTS).glob("part-*.safetensors")):
        try:
            with safe_open(path, "np") as part:
                header = msgspec.json.decode((part.metadata() or {})[_ROWS], type=_Header)
        except (SafetensorError, OSError, KeyError, msgspec.MsgspecError) as error:
            raise DataError(
                f"{path}: cannot be read ({error}): it was cut off or is none of handeye's; remove "
                "it and capture again, what is in the other parts is kept"
            ) from None
        if settings not in (None, header.settings):
            raise DataError(f"{path}: is of another capture than the parts before it; remove it")
        settings = header.settings
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
    for part, header in _headers(folder):
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


class _Row(NamedTuple):
    part: str
    row: int
    rows: int


class Store:
    """A folder of captured states; reads a tensor at a time.

    Attributes:
        folder: where it lies.
        record: what was captured and how.
        index: as :func:`made_index`.
        item_ids: of all items, in the order in which they were taken.
    """

    def __init__(self, folder: Path, record: Record, index: pl.DataFrame) -> None:
        self.folder, self.record, self.index = folder, record, index
        self.item_ids: tuple[str, ...] = tuple(index["item_id"].unique(maintain_order=True))
        self._letters: dict[str, list[float]] = {}
        self._answers: dict[str, str] = {}
        self._at: dict[str, dict[str, _Row]] = {site: {} for site in record.sites}
        named = ("item_id", "site", "part", "row", "rows", "letters", "answer")
        for item, site, part, row, rows, letters, answer in index.select(named).iter_rows():
            self._letters[item], self._answers[item] = letters, answer
            self._at[site][item] = _Row(part, row, rows)

    @property
    def layers(self) -> tuple[str, ...]:
        """As :class:`States`."""
        return self.record.layers

    @property
    def sites(self) -> tuple[str, ...]:
        """As :class:`States`."""
        return self.record.sites

    def depth(self, layer: str) -> float:
        """As :class:`States`: block k of n, from 0, lies at (k + 1) / (n + 1)."""
        return depth_of(layer, self.record.blocks)

    def having(self, site: str) -> tuple[str, ...]:
        """Ids of the items that have a site; not all have every piece of text."""
        self._refuse("site", site, self.sites)
        at = self._at[site]
        return tuple(item for item in self.item_ids if item in at)

    def tokens(self, site: str, item_ids: Sequence[str]) -> list[int]:
        """How many tokens a site has, for each item: 1, but at ``grid``."""
        return [row.rows for row in self._rows(site, item_ids)]

    def states(
        self,
        layer: str,
        site: str,
        item_ids: Sequence[str],
        places: Sequence[int] | None = None,
    ) -> Floats:
        """As :class:`States`."""
        from safetensors import SafetensorError, safe_open

        self._refuse("layer", layer, self.layers)
        rows = self._rows(site, item_ids)
        wanted: dict[str, list[tuple[int, int]]] = {}
        for number, (item, at) in enumerate(zip(item_ids, rows, strict=True)):
            place = 0 if places is None else places[number]
            if not 0 <= place < at.rows or (places is None and at.rows > 1):
                told = f"no place {place}" if places is not None else "a place must be given"
                raise DataError(f"{self.folder}: {site} of {item} has {at.rows} tokens; {told}")
            wanted.setdefault(at.part, []).append((number, at.row + place))
        out = np.empty((len(item_ids), self.record.width), np.float32)
        for part, pairs in wanted.items():
            path = self.folder / PARTS / part
            try:
                with safe_open(path, "np") as file:
                    tensor = file.get_tensor(f"{layer}/{site}")
            except (SafetensorError, OSError) as error:
                raise DataError(f"{path}: cannot be read: {error}") from None
            numbers, places_there = np.array(pairs).T
            out[numbers] = tensor[places_there]
        return out

    def letters(self, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """As :class:`States`; as many columns as the question with most letters has."""
        self._known(item_ids)
        most = max((len(one) for one in self._letters.values()), default=0)
        out = np.full((len(item_ids), most), np.nan)
        for number, item in enumerate(item_ids):
            found = self._letters[item]
            out[number, : len(found)] = found
        return out

    def answers(self, item_ids: Sequence[str]) -> list[str]:
        """As :class:`States`."""
        self._known(item_ids)
        return [self._answers[item] for item in item_ids]

    def _rows(self, site: str, item_ids: Sequence[str]) -> list[_Row]:
        self._refuse("site", site, self.sites)
        self._known(item_ids)
        at = self._at[site]
        if missing := [item for item in item_ids if item not in at]:
            raise DataError(
                f"{self.folder}: {len(missing)} of {len(item_ids)} items have no {site}, first "
                f"{missing[0]}"
            )
        return [at[item] for item in item_ids]

    def _known(self, item_ids: Sequence[str]) -> None:
        if missing := [item for item in item_ids if item not in self._letters]:
            raise DataError(
                f"{self.folder}: {len(missing)} of {len(item_ids)} items were not captured, first "
                f"{missing[0]}"
            )

    def _refuse(self, what: str, name: str, known: Sequence[str]) -> None:
        if name not in known:
            raise DataError(f"{self.folder}: no {what} {name!r}; there are: {', '.join(known)}")


def depth_of(layer: str, blocks: int) -> float:
    """Where a layer of a model of so many blocks stands, 0 (embedding) to 1 (final)."""
    if layer in ("embedding", "final"):
        return float(layer == "final")
    return (int(layer.removeprefix("block.")) + 1) / (blocks + 1)


def open_store(folder: Path | str) -> Store:
    """Open captured states, those of an unfinished capture too.

    Raises:
        DataError: there are none, a part cannot be read, is of another capture or missing.
    """
    import polars as pl

    place = Path(folder)
    record = read_record(place)
    path = place / INDEX
    index = None
    if path.is_file():
        try:
            index = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError):
            index = None
    parts = {one.name for one in (place / PARTS).glob("part-*.safetensors")}
    if index is None or set(index["part"].unique()) != parts:
        index = made_index(place, record)
    if index.is_empty():
        raise DataError(f"{place}: nothing has been captured there yet")
    return Store(place, record, index)
