"""Hidden states on the disk: parts that are whole or not there, an index, a record.

    FOLDER/capture.json                   what was captured and how; what was checked
    FOLDER/parts/part-00000.safetensors   one tensor LAYER/SITE each, shape (rows, width)
    FOLDER/index.parquet                  one row for each item and site: part, row, letters, hashes

A part is written under a temporary name, forced onto the disk and renamed, so that a killed process
leaves whole parts only. Each part says in its header which items it holds: the index is made from
the headers alone, when the states are opened too, so that one which is missing, behind or broken
costs nothing; a part of which it tells otherwise was changed and is refused. What is about a clip
or scene and not about the question (site ``media``, ``grid``) is stored once for all its items.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.atomic import entries, held, replacing, write_bytes
from handeye.errors import DataError, RunError
from handeye.reading import UNREADABLE
from handeye.shown import Shown, Words
from handeye.states.parts import (
    DAMAGED,
    DTYPES,
    HEADER,
    INDEX,
    PARTS,
    RECORD,
    SUMS,
    Header,
    Record,
    Taken,
    headers,
    made_index,
    read_record,
    refuse_another,
)

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float32]
PART_BYTES = 64 * 2**20
"""Bytes of states that are held before they become a part."""
PART_SECONDS = 10.0
"""Seconds that states are held at the most: what a killed process can lose."""


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
        """Where in the text states are taken.

        Any of ``last`` (last token of the prompt), ``media`` (mean over the tokens of pictures and
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

    def __init__(
        self,
        folder: Path,
        record: Record,
        *,
        part_bytes: int = PART_BYTES,
        part_seconds: float = PART_SECONDS,
    ) -> None:
        """Nothing is written before the block begins.

        Args:
            folder: made if absent.
            record: what is to be captured.
            part_bytes: of states that are held in memory, about.
            part_seconds: for which they are, as far as more come.
        """
        if record.dtype not in DTYPES:
            raise ValueError(f"dtype is {record.dtype!r}, not one of {DTYPES}")
        self.folder, self.record = Path(folder), record
        self.taken: set[str] = set()
        self._clips: set[str] = set()
        self._limit, self._seconds, self._number = part_bytes, part_seconds, 0
        self._dtype = np.dtype(record.dtype)
        self._stack = ExitStack()
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[str, list[NDArray[Any]]] = {}
        self._filled: dict[str, int] = {}
        self._items: list[Taken] = []
        self._new: dict[str, dict[str, tuple[int, int]]] = {}
        self._bytes, self._since = 0, time.monotonic()

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
            for part, header in headers(self.folder, before):
                self._number = int(part.removeprefix("part-").split(".")[0]) + 1
                self.taken.update(item.item_id for item in header.items)
                self._clips.update(header.clips)
            made_index(self.folder, before, whole=False)
            # Until all is written: what a killed process leaves of it could only be behind.
            (self.folder / INDEX).unlink(missing_ok=True)
        elif entries(self.folder):
            raise RunError(f"{self.folder}: holds something else; choose another folder")
        self._write_record()
        (self.folder / PARTS).mkdir(exist_ok=True)

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
        new = bool(item.clip) and not self.has(item.clip)
        if new and not media:
            raise RunError(f"item {item.item_id}: no states of its media were given")
        own = self._rows_of(item, states, 1)
        of_clip = self._rows_of(item, media, None) if new and media else {}
        at = {site: self._take(site, rows) for site, rows in own.items()}
        places = {site: (self._take(site, rows), len(rows[0])) for site, rows in of_clip.items()}
        if not self._items:
            self._since = time.monotonic()
        if new:
            self._new[item.clip] = places
            self._clips.add(item.clip)
        self._items.append(msgspec.structs.replace(item, at=at))
        self.taken.add(item.item_id)
        if self._bytes >= self._limit or time.monotonic() - self._since >= self._seconds:
            self.flush()

    def _take(self, site: str, rows: Sequence[NDArray[Any]]) -> int:
        """Hold rows of a site, by layer; gives the place of the first in the part to come."""
        first = self._filled.get(site, 0)
        for layer, one in zip(self.record.layers, rows, strict=True):
            self._rows.setdefault(f"{layer}/{site}", []).append(one)
            self._bytes += one.nbytes
        self._filled[site] = first + len(rows[0])
        return first

    def _rows_of(
        self, item: Taken, states: Block, count: int | None
    ) -> dict[str, list[NDArray[Any]]]:
        """States as they are stored, by site: (rows, width) of each layer, ``count`` of them.

        Raises:
            RunError: as :meth:`add`.
        """
        out: dict[str, list[NDArray[Any]]] = {}
        for site in sorted({site for sites in states.values() for site in sites}):
            rows = [self._checked(item, layer, site, states) for layer in self.record.layers]
            wanted = count or len(rows[0])
            if wrong := [len(one) for one in rows if len(one) != wanted]:
                raise RunError(
                    f"item {item.item_id}, {site}: a layer gave {wrong[0]} states, not {wanted}"
                )
            out[site] = rows
        return out

    def _checked(self, item: Taken, layer: str, site: str, states: Block) -> NDArray[Any]:
        """States of a layer and site as they are stored, shape (rows, width)."""
        where = f"item {item.item_id}, {layer}/{site}"
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
        with np.errstate(over="ignore", under="ignore"):
            stored = rows.astype(self._dtype)
        if not np.isfinite(stored).all() or not stored.any(axis=1).all():
            said = "a number is too large" if not np.isfinite(stored).all() else "all are too small"
            raise RunError(
                f"{where}: {said} for {self._dtype} ({np.abs(rows).max():.3g}); "
                "capture in float32 (--dtype float32) into another folder"
            )
        return stored

    def flush(self) -> None:
        """Make a part of what was added."""
        if not self._items:
            return
        from safetensors.numpy import save

        header = Header(self.record.fingerprint(), self._items, self._new)
        tensors = {name: np.concatenate(rows) for name, rows in self._rows.items()}
        sums = {name: crc32(np.ascontiguousarray(one).data) for name, one in tensors.items()}
        told = {HEADER: header, SUMS: sums}
        data = save(
            tensors, {name: msgspec.json.encode(one).decode() for name, one in told.items()}
        )
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
        made_index(self.folder, self.record, whole=False).write_parquet(out)
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


# ---- what is read


class _Row(NamedTuple):
    part: str
    row: int
    rows: int


class Store(Shown):
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
        # Rows of each part's tensors of a site.
        self._sizes: dict[tuple[str, str], int] = {}
        # Tensors whose bytes were found to be those that were written.
        self._summed: set[tuple[str, str]] = set()
        for item, site, part, row, rows, letters, answer in index.select(named).iter_rows():
            self._letters[item], self._answers[item] = letters, answer
            self._at[site][item] = _Row(part, row, rows)
            self._sizes[part, site] = max(self._sizes.get((part, site), 0), row + rows)

    def _words(self) -> Words:
        record = self.record
        known = {name: str(record.settings.get(name, "")) for name in ("suite", "model", "family")}
        figures = {
            **{name: value for name, value in known.items() if value},
            "layers": ", ".join(self.layers),
            "sites": ", ".join(self.sites),
        }
        note = f"{len(record.failed):,} items could not be captured" if record.failed else ""
        return Words(
            f"States of {len(self.item_ids):,} items, "
            f"{record.width:,} numbers each ({record.dtype}): {self.folder}",
            figures,
            note,
        )

    def _rows(self) -> pl.DataFrame:
        return self.index

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
        return [row.rows for row in self._places(site, item_ids)]

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
        rows = self._places(site, item_ids)
        if places is not None and len(places) != len(item_ids):
            raise DataError(
                f"{self.folder}: {len(places)} places are given for {len(item_ids)} items; give "
                "one for each"
            )
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
                    # Parts of before hold no sums.
                    sums = msgspec.json.decode((file.metadata() or {}).get(SUMS, "{}"))
                if (part, f"{layer}/{site}") not in self._summed:
                    if sums and sums.get(f"{layer}/{site}") != crc32(tensor):
                        raise TypeError("its bytes are not those that were written")
                    self._summed.add((part, f"{layer}/{site}"))
            except (SafetensorError, OSError, TypeError, AttributeError, *UNREADABLE) as error:
                raise DataError(
                    f"{path}: {layer}/{site} cannot be read ({error}); {DAMAGED}"
                ) from None
            numbers, places_there = np.array(pairs).T
            # As they were when the store was opened.
            shape, kind = (self._sizes[part, site], self.record.width), self.record.dtype
            if tensor.shape != shape or tensor.dtype != kind:
                raise DataError(
                    f"{path}: {layer}/{site} of item {item_ids[numbers[0]]} and others has the "
                    f"shape {tensor.shape} of {tensor.dtype}, not {shape} of {kind}; {DAMAGED}"
                )
            read = tensor[places_there]
            for said, bad in (
                ("holds nan or infinite numbers", ~np.isfinite(read).all(axis=1)),
                ("is nothing but zeros", ~read.any(axis=1)),
            ):
                if len(wrong := numbers[bad]):
                    raise DataError(
                        f"{path}: {layer}/{site} of item {item_ids[wrong[0]]} {said} (so with "
                        f"{len(wrong)} of {len(numbers)} states that were read there); {DAMAGED}"
                    )
            out[numbers] = read
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

    def told(
        self, of: Literal["scene_id", "prompt_sha256", "media_sha256"], item_ids: Sequence[str]
    ) -> list[str]:
        """What the index tells of some items; empty where nothing is shown, or known.

        Raises:
            DataError: an item is not there.
        """
        self._known(item_ids)
        rows = self.index.unique("item_id", keep="first")
        at = dict(zip(rows["item_id"], rows[of], strict=True))
        return [at[item] or "" for item in item_ids]

    def _places(self, site: str, item_ids: Sequence[str]) -> list[_Row]:
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
        DataError: there are none; the record or a part cannot be read or was changed; a part is of
            another capture, or of its media gone.
    """
    place = Path(folder)
    record = read_record(place)
    index = made_index(place, record)
    if index.is_empty():
        gone = (
            f"{record.items:,} items were captured, and their parts ({PARTS}) are gone: put them "
        )
        raise DataError(
            f"{place}: {gone}back, or capture again with the same command"
            if record.items
            else f"{place}: nothing has been captured there yet"
        )
    return Store(place, record, index)
