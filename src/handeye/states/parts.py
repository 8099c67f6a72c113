"""The format of captured states: the record, what a part says of itself, the index made from parts.

Files and their layout stand in :mod:`handeye.states.store`. Also how pieces of long work are kept
until all of it is done.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import merge
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.atomic import write_bytes
from handeye.errors import DataError, RunError
from handeye.reading import UNREADABLE, read_json, why

if TYPE_CHECKING:
    import polars as pl

DTYPES = ("float16", "float32")
"""How states are stored."""
RECORD, INDEX, PARTS = "capture.json", "index.parquet", "parts"
HEADER = "rows"
"""Where in a part's metadata its header stands."""
SUMS = "crc32"
"""Where in its metadata the sums of its tensors' bytes stand, by LAYER/SITE."""
DAMAGED = "remove it and capture again with the same command, the other parts are kept"
"""What is to be done about a part that is not as it was written."""
T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]
Piece = Callable[[str, Callable[[], Arrays]], Arrays]
"""Gives the arrays of a piece of work by its name: made now, or kept from before."""
_VERSION = 1
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Size = Annotated[int, msgspec.Meta(ge=1)]
_Layer = Annotated[str, msgspec.Meta(pattern=r"^(embedding|block\.\d+|final)$")]
_Site = Annotated[str, msgspec.Meta(min_length=1)]


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
    layers: Annotated[tuple[_Layer, ...], msgspec.Meta(min_length=1)]
    sites: Annotated[tuple[_Site, ...], msgspec.Meta(min_length=1)]
    blocks: _Size
    width: _Size
    dtype: Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(DTYPES)})$")] = "float16"
    checks: dict[str, dict[str, Any]] = {}
    info: dict[str, Any] = {}
    items: _Count = 0
    clips: _Count = 0
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
        DataError: there is none, it cannot be read, or a value is none that a capture writes.
    """
    path = folder / RECORD
    if not path.is_file():
        raise DataError(
            f"{folder}: holds no captured states ({RECORD}); make some with: handeye states capture"
        )
    try:
        record = read_json(path, Record)
    except DataError as error:
        raise DataError(f"{error}; {_PUT_BACK}") from None
    if record.version != _VERSION:
        raise DataError(f"{path}: format {record.version}, this handeye reads {_VERSION}")
    if wrong := next(_wrongs(record), None):
        raise DataError(f"{path}: {wrong}; {_PUT_BACK}")
    return record


_PUT_BACK = "put it back as it was written, or capture into another folder (--out)"


def _wrongs(record: Record) -> Iterator[str]:
    """What is wrong with the values of a record, each of the right type, with their key."""
    for name in ("layers", "sites"):
        values = getattr(record, name)
        if len(set(values)) < len(values):
            yield f"{name} names one twice"
    asked, taught = record.info.get("asked", 0), record.info.get("taught", {})
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 0:
        yield f"info.asked is {_short(asked)}, not how many items were asked about"
    if not isinstance(taught, dict):
        yield f"info.taught is {_short(taught)}, not values by name"


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
    """Name and header of each part, in order; states themselves are not read.

    Raises:
        DataError: a part cannot be read, is of another capture, or its tensors are not those that
            record and header tell of; or an item is there twice.
    """
    from safetensors import SafetensorError, safe_open

    known: dict[str, str] = {}
    paths = sorted((folder / PARTS).glob("part-*.safetensors"))
    for number, path in enumerate(paths):
        try:
            with safe_open(path, "np") as part:
                header = msgspec.json.decode((part.metadata() or {})[HEADER], type=Header)
                tensors = {
                    name: (tuple(one.get_shape()), str(one.get_dtype()))
                    for name in part.keys()  # noqa: SIM118
                    for one in [part.get_slice(name)]
                }
        except (SafetensorError, OSError, KeyError, *UNREADABLE) as error:
            raise DataError(
                f"{path}: cannot be read ({why(error)}): it was cut off, changed or is none of "
                f"handeye's; {DAMAGED}"
            ) from None
        if header.settings != record.fingerprint():
            if number == 0 and len(paths) > 1 and _all_of_another(paths, record):
                raise DataError(
                    f"{folder / RECORD}: none of the {len(paths)} parts was captured with its "
                    f"settings, layers, sites, blocks, width and dtype; {_PUT_BACK}"
                )
            raise DataError(
                f"{path}: is of another capture than {RECORD} tells of (or that file was changed); "
                f"{DAMAGED}"
            )
        if wrong := next(_misfits(header, tensors, record), None):
            raise DataError(f"{path}: {wrong}; {DAMAGED}")
        for item in header.items:
            if item.item_id in known:
                raise DataError(
                    f"{path}: item {item.item_id} is in {known[item.item_id]} too: one of them is "
                    f"a copy; {DAMAGED}"
                )
            known[item.item_id] = path.name
        yield path.name, header


def _all_of_another(paths: Iterable[Path], record: Record) -> bool:
    """Whether no part has the fingerprint of a record; what cannot be read has none."""
    told = record.fingerprint().encode()
    for path in paths:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if told in stream.read(min(size, path.stat().st_size)):
                return False
    return True


_KINDS = {"float16": "F16", "float32": "F32"}
"""As safetensors names them."""


def _misfits(
    header: Header, tensors: Mapping[str, tuple[tuple[int, ...], str]], record: Record
) -> Iterator[str]:
    """Where a part's header, its tensors (shape and kind by LAYER/SITE) and the record disagree."""
    own: dict[str, list[tuple[int, int, str]]] = {}
    of_clips: dict[str, list[tuple[int, int, str]]] = {}
    for item in header.items:
        for site, row in item.at.items():
            own.setdefault(site, []).append((row, 1, f"item {item.item_id}"))
    for clip, sites in header.clips.items():
        for site, (first, count) in sites.items():
            of_clips.setdefault(site, []).append((first, count, f"clip {clip}"))
    filled: dict[str, int] = {}
    for site in own | of_clips:
        # As they are written: rows follow each other in the order of items, and of clips.
        for first, count, name in merge(own.get(site, []), of_clips.get(site, [])):
            if first != filled.get(site, 0) or count < 1:
                yield (
                    f"its header puts {site} of {name} into rows {first} to {first + count - 1}, "
                    f"and {filled.get(site, 0)} comes next"
                )
            filled[site] = first + count
    for site in filled:
        if site not in record.sites:
            yield f"holds states at {site}, which {RECORD} does not name"
    named = {f"{layer}/{site}": rows for site, rows in filled.items() for layer in record.layers}
    for name, rows in named.items():
        if name not in tensors:
            yield f"{name} is missing"
            continue
        shape, kind = tensors[name]
        if shape != (rows, record.width):
            yield f"{name} has the shape {shape}, not {(rows, record.width)} as its header tells"
        if kind != _KINDS[record.dtype]:
            yield f"{name} holds {kind}, not {record.dtype}"
    for name in tensors:
        if name not in named:
            yield f"holds {name}, which its header does not tell of"
    if len({item.item_id for item in header.items}) < len(header.items):
        yield "its header names an item twice"


def made_index(folder: Path, record: Record, *, whole: bool = True) -> pl.DataFrame:
    """The index of a folder, made from the headers of its parts.

    Columns: ``item_id``, ``scene_id``, ``site``, ``layers``, ``part``, ``row`` (the first, in the
    part's tensors of the site), ``rows`` (how many: more than one at ``grid``), ``letters``,
    ``answer``, ``prompt_sha256``, ``media_sha256``, ``processor_sha256``, ``revision``.

    Args:
        folder: of the capture.
        record: of it.
        whole: refuse items whose media states are gone, else leave these out.

    Raises:
        DataError: as :func:`open_store`; a part tells otherwise of its rows than the index file.
    """
    import polars as pl

    every = list(headers(folder, record))
    clips = {clip: (part, at) for part, header in every for clip, at in header.clips.items()}
    rows: list[tuple[Any, ...]] = []
    settings = (str(record.settings.get(name, "")) for name in ("processor", "checkpoint"))
    of_record = (list(record.layers), *settings)
    for part, header in every:
        for item in header.items:
            places = [(site, part, row, 1) for site, row in item.at.items()]
            if item.clip in clips:
                where, at = clips[item.clip]
                places += [(site, where, first, count) for site, (first, count) in at.items()]
            elif item.clip and whole:
                raise DataError(
                    f"{folder / PARTS / part}: the media states of item {item.item_id} were in a "
                    "part that is gone: capture again with the same command, which takes them anew"
                )
            letters = [np.nan if one is None else one for one in item.letters]
            for site, where, first, count in places:
                own = (item.item_id, item.scene_id, site, where, first, count, letters)
                rows.append((*own, item.answer, item.prompt, item.media, *of_record))
    schema: dict[str, Any] = {
        **dict.fromkeys(("item_id", "scene_id", "site", "part"), pl.String),
        **dict.fromkeys(("row", "rows"), pl.Int64),
        "letters": pl.List(pl.Float64),
        **dict.fromkeys(("answer", "prompt_sha256", "media_sha256"), pl.String),
        "layers": pl.List(pl.String),
        **dict.fromkeys(("processor_sha256", "revision"), pl.String),
    }
    made = pl.DataFrame(rows, schema=schema, orient="row")
    if odd := _contradicted(made, _kept(folder / INDEX, made), [part for part, _ in every]):
        part = next(part for part, one in every if odd in {taken.item_id for taken in one.items})
        raise DataError(
            f"{folder / PARTS / part}: its header and {INDEX} tell differently of its rows, so one "
            f"of them was changed; {DAMAGED}"
        )
    return made


def _kept(path: Path, made: pl.DataFrame) -> pl.DataFrame:
    """The index that was written; no rows where there is none, or it is not as it was written."""
    import polars as pl

    nothing = made.clear()
    try:
        found = pl.read_parquet(path).select(made.columns)
    except (pl.exceptions.PolarsError, OSError):
        return nothing
    if found.schema != made.schema or found.null_count().sum_horizontal().sum():
        return nothing
    # As parts are: rows of a site follow each other, those of a clip told with each of its items.
    told = found.unique(["part", "site", "row", "rows"], maintain_order=True)
    place = (pl.col("rows").cum_sum() - pl.col("rows")).over("part", "site")
    if (
        found.select("item_id", "site").is_duplicated().any()
        or told.select((pl.col("row") != place) | (pl.col("rows") < 1)).to_series().any()
    ):
        return nothing
    return found


def _contradicted(made: pl.DataFrame, kept: pl.DataFrame, parts: Sequence[str]) -> str:
    """An item of which the index that was written tells otherwise; empty: none."""
    # Parts may be new or gone; what settings say is the record's.
    names = [
        name for name in made.columns if name not in ("layers", "processor_sha256", "revision")
    ]
    if made.select(names).equals(kept.select(names)):
        return ""
    now, then = (
        {(row[0], row[2]): row for row in one.select(names).iter_rows()}
        for one in (made, kept.filter(kept["part"].is_in(parts)))
    )
    # Site, part and row.
    lost = {row[2:5] for key, row in then.items() if key not in now}
    for key, row in now.items():
        # Letters that are no numbers are equal in words alone.
        if repr(then.get(key, row)) != repr(row):
            return str(key[0])
        if key not in then and row[2:5] in lost:
            return str(key[0])
    return ""


# ---- pieces of work


class Pieces:
    """Arrays of finished pieces of work, a file each, in a folder that goes when all is done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a piece of work: those kept, else made now and kept.

        Raises:
            OSError: they cannot be written.
        """
        place = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.npz"
        # One that cannot be read, of whatever cause, is made again.
        with suppress(OSError, ValueError, EOFError, BadZipFile), np.load(place) as kept:
            return {key: kept[key] for key in kept.files}
        arrays, held = make(), BytesIO()
        np.savez(held, allow_pickle=False, **arrays)
        self._folder.mkdir(exist_ok=True)
        write_bytes(place, held.getvalue())
        return arrays

    def clear(self) -> None:
        """Take them away: what they were made for is written."""
        shutil.rmtree(self._folder, ignore_errors=True)


def kept(piece: Piece | None, name: str, kind: type[T], make: Callable[[], T]) -> T:
    """A piece of work that is a struct; without ``piece`` it is made and not kept."""
    if piece is None:
        return make()

    def packed() -> Arrays:
        # Not JSON: that has no infinite numbers.
        return {"packed": np.frombuffer(msgspec.msgpack.encode(make()), np.uint8)}

    return msgspec.msgpack.decode(piece(name, packed)["packed"].tobytes(), type=kind)
