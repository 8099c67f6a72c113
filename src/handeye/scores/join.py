"""Predictions joined to the items they are about, once for every suite.

A prediction file is JSON lines with an id (``item_id``, ``clip_id``), ``raw_text`` and what else
the suite reads. :class:`Join` goes through the items of a set in their order and refuses at the end
what must not be scored: predictions about other items, items without one, items that are there
twice. :class:`PredictionFile` keeps only where each line lies, so that a file of any size can be
asked for its rows in any order.
"""

from __future__ import annotations

import json
import mmap
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, get_args, get_type_hints

import msgspec

from handeye.errors import DataError, OptionError, first_ten, refusal
from handeye.hashing import open_regular
from handeye.printing import blank, tell
from handeye.reading import UNREADABLE, read_bytes, why
from handeye.run.answers import Answer
from handeye.run.thoughts import answer_of
from handeye.sets.jsonl import numbered_lines, placed_lines

IN_MEMORY = "the predictions"
"""Where predictions stand that come from no file, in messages."""


class Answered(Protocol):
    """What is read of every prediction, beside its id."""

    @property
    def model(self) -> str | None:
        """Who answered, None if nobody said."""


class Line(Answered, Protocol):
    """A line of a prediction file."""

    @property
    def state(self) -> str | None:
        """How the answer ended, None if it is to be told from the answer."""


Row = TypeVar("Row", bound=Answered)
LineRow = TypeVar("LineRow", bound=Line)
Item = TypeVar("Item")
Read = Callable[[bytes, str, int], Row]
"""Decodes a line; file and line number (from 1) are for messages."""


class Difference(NamedTuple):
    """What a prediction says it is about, and what the item of its id has there."""

    what: str
    theirs: str
    ours: str

    def words(self) -> str:
        """The two, from where they part, shortened."""
        both = enumerate(zip(self.theirs, self.ours, strict=False))
        alike = next((place for place, (a, b) in both if a != b), 0)
        start = max(0, alike - 20) if alike > 40 else 0
        shown = (
            f"{'...' * (start > 0)}{' '.join(text[start : start + 80].split())}"
            f"{'...' * (len(text) > start + 80)}"
            for text in (self.theirs, self.ours)
        )
        return "the file has {!r}, the set {!r}".format(*shown)


@dataclass(frozen=True, slots=True)
class Words:
    """How a suite speaks of what it asks about.

    Attributes:
        unit: ``item``, ``clip``; ids stand in the field ``item_id``, ``clip_id``.
        whole: what the items are in: ``data``, ``set``.
        missing: what to do where items have no prediction.
        differs: what a prediction says it is about and the item of its id is not, None where they
            fit; left out, ids alone are compared.
        about: fields of a prediction that ``differs`` goes by.
    """

    unit: str
    whole: str
    missing: str
    differs: Callable[[Any, Any], Difference | None] | None = None
    about: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The field with the id."""
        return f"{self.unit}_id"


class LineReader(Generic[LineRow]):
    """Reads lines of prediction files, and rows given in memory, into a struct.

    Args:
        row: the struct; fields that it does not have are left alone.
        states: the answer states that may be given.
        problem: what else is wrong with a row, in words; None: nothing.
    """

    def __init__(
        self,
        row: type[LineRow],
        states: Sequence[str],
        problem: Callable[[LineRow], str | None] = lambda row: None,
    ) -> None:
        self._row, self._problem = row, problem
        self._decoder = msgspec.json.Decoder(row)
        self._states = frozenset(states)
        self._allowed = ", ".join(states)

    def __call__(self, line: bytes, file: str, number: int) -> LineRow:
        """Decode one line.

        Args:
            line: one JSON object in UTF-8.
            file: where it stands, for messages.
            number: its line there, from 1.

        Raises:
            DataError: not UTF-8, not JSON, no id, a field of the wrong type, an unknown state.
        """
        try:
            found = self._decoder.decode(line)
        except UNREADABLE as error:
            found = self._loosely(line, f"{file}:{number}", self._reason(error))
        return self._checked(found, f"{file}:{number}")

    def of(self, row: Any, where: str) -> LineRow:
        """Take a row that is no line of a file.

        Args:
            row: the struct, a mapping, or a value with its fields.
            where: it stands, for messages.

        Raises:
            DataError: no id, a field of the wrong type, an unknown state.
        """
        try:
            found = (
                row
                if isinstance(row, self._row)
                else msgspec.convert(row, self._row, from_attributes=True)
            )
        except msgspec.ValidationError as error:
            raise DataError(f"{where}: {self._reason(error)}") from None
        return self._checked(found, where)

    def _checked(self, found: LineRow, where: str) -> LineRow:
        if found.state is not None and found.state not in self._states:
            raise DataError(
                f"{where}: state {found.state!r} is not known; allowed: {self._allowed}"
            )
        if (problem := self._problem(found)) is not None:
            raise DataError(f"{where}: {problem}")
        return found

    def _reason(self, error: Exception) -> str:
        """Why a row is refused; of a field that takes some words only, with these."""
        told = why(error)
        named = re.search(r"Invalid enum value .* at `\$\.(\w+)`", told)
        if named is None:
            return told
        kind = get_type_hints(self._row)[named[1]]
        words = [
            word
            for part in (kind, *get_args(kind))
            for word in get_args(part)
            if isinstance(word, str) and word
        ]
        return f"{told}; allowed: {', '.join(words)}"

    def _loosely(self, line: bytes, where: str, reason: str) -> LineRow:
        """Read what Python's own json module writes beyond the standard.

        Half a surrogate pair (an answer cut inside an emoji) becomes U+FFFD; NaN (an empty cell of
        a data frame) becomes null.
        """
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where}: not UTF-8 text ({error.reason} at byte {error.start})"
            ) from None
        try:
            row = json.loads(text, parse_constant=lambda name: None)
            mended = json.dumps(row, ensure_ascii=False).encode("utf-16", "surrogatepass")
            return self._decoder.decode(mended.decode("utf-16", "replace"))
        except (ValueError, *UNREADABLE):
            told = f"{where}: not a prediction row: {reason}"
            if not text.lstrip("\ufeff \t").startswith("{"):
                csv = "; CSV is not read" if "," in text or "\t" in text or ".csv:" in where else ""
                told += (
                    f"{csv}; a row is a line of JSON like "
                    f'{{"{next(iter(self._row.__annotations__))}": "...", "raw_text": "..."}}'
                )
            raise DataError(told) from None


def letters_problem(letters: Mapping[str, float] | None, bound: float | None) -> str | None:
    """What is wrong with log-probabilities of letters, and with what others have at most."""
    if all(log <= 1e-6 for log in (*(letters or {}).values(), bound or 0.0)):
        return None
    return "letters must be log-probabilities, none above 0"


def answers_to(
    path: Path, read: LineReader[LineRow], wanted: Collection[str]
) -> dict[str, LineRow]:
    """The lines of a prediction file about some items, by ``item_id``.

    Args:
        path: of the file.
        read: of the suite.
        wanted: ids.

    Raises:
        DataError: the file cannot be read.
    """
    rows = (read(line, str(path), number) for number, line in numbered_lines(path))
    return {row.item_id: row for row in rows if row.item_id in wanted}  # type: ignore[attr-defined]


def without_marks(read: Read[Row]) -> Read[Row]:
    """``read``, with thoughts and special tokens taken off the texts of every row."""

    def stripped(line: bytes, file: str, number: int) -> Row:
        row: Any = read(line, file, number)
        texts = {name: getattr(row, name, None) for name in ("raw_text", "labels_text")}
        changed = {name: answer_of(text) for name, text in texts.items() if text}
        return msgspec.structs.replace(row, **changed)  # type: ignore[no-any-return]

    return stripped


class Predictions(Generic[Row]):
    """Predictions by item id, at most one an item; use as a context manager, like a file of them.

    Args:
        rows: in any order.
        words: of the suite.
        where: they stand, for messages.
        doubled: what ids that stand more than once are called.

    Raises:
        DataError: an id stands more than once.
    """

    def __init__(
        self, rows: Iterable[Row], words: Words, where: str = IN_MEMORY, doubled: str = ""
    ) -> None:
        self.where, self.words = where, words
        self._rows = list(rows)
        self._lines = array("Q")  # of a file
        self._places: dict[str, int] = {}
        doubles: list[str] = []
        for place, item_id in enumerate(map(attrgetter(words.field), self._rows)):
            if item_id in self._places:
                doubles.append(item_id)
            self._places.setdefault(item_id, place)
        self._refuse_doubles(doubles, doubled)
        self.models = tuple(dict.fromkeys(r.model for r in self._rows if r.model is not None))

    @classmethod
    def of_file(cls, path: Path, read: Read[Row], words: Words) -> Predictions[Row]:
        """All predictions of a file, read into memory.

        Raises:
            DataError: no such file, a folder, empty, an unreadable line (file and line), an id that
                stands more than once.
        """
        _refuse_other_files(path, words)
        name = str(path)
        lines = array("Q")

        def rows() -> Iterator[Row]:
            for number, line in numbered_lines(path):
                lines.append(number)
                yield read(line, name, number)

        found = cls(rows(), words, name)
        found._lines = lines
        if not any(map(_has_text, found)):
            _refuse_silent(path)
        return found

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        """Every prediction, in the order given."""
        return map(self.row, self._places.values())

    def __enter__(self) -> Predictions[Row]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The index is the largest thing a scoring holds, and nobody asks after this.
        self._places.clear()

    def ids(self) -> Collection[str]:
        """The item ids, in the order given."""
        return self._places.keys()

    def place(self, item_id: str) -> int | None:
        """The number of an item's prediction, from 0; None if it has none."""
        return self._places.get(item_id)

    def holds(self, item: Any) -> bool:
        """Whether there is a prediction about an item."""
        return self.place(getattr(item, self.words.field)) is not None

    def row(self, place: int) -> Row:
        """The prediction with a number."""
        return self._rows[place]

    def stands(self, place: int) -> str:
        """Where the prediction with a number stands, for messages: file and line."""
        return f"{self.where}:{self._lines[place]}" if self._lines else f"prediction {place + 1}"

    def get(self, item_id: str) -> Row | None:
        """The prediction for an item, None if there is none."""
        place = self._places.get(item_id)
        return None if place is None else self.row(place)

    def model(self) -> str | None:
        """The model that answered; None where no prediction names one.

        Raises:
            DataError: there are several.
        """
        if len(self.models) > 1:
            raise DataError(
                f"{self.where}: answers of {len(self.models)} models "
                f"({first_ten(list(self.models))}); a run is one model: split the file by its "
                "'model' field and score each part"
            )
        name = next(iter(self.models), None)
        return None if name is None or blank(name) else name

    def _refuse_doubles(self, doubles: list[str], doubled: str = "") -> None:
        if doubles:
            called = doubled or f"duplicate {self.words.unit} ids"
            raise DataError(f"{self.where}: {len(doubles)} {called}: {first_ten(doubles)}")


Given = str | Path | Mapping[str, str | None] | Iterable[Any]
"""Predictions as people hand them over: the path of a file, id to text, or rows."""


def predictions_of(
    given: Given,
    of_file: Callable[[Path], Predictions[Row]],
    of_row: Callable[[Any, str], Row],
    words: Words,
    doubled: str = "",
) -> Predictions[Row]:
    """Predictions of any accepted form.

    Args:
        given: the path of a prediction file, ``{id: raw_text}``, rows as in a file, or predictions.
        of_file: reads a file.
        of_row: reads one row, whatever it is; takes it and where it stands, for messages.
        words: of the suite.
        doubled: what ids that stand more than once are called.

    Raises:
        DataError: an unusable row, or an id that stands more than once.
    """
    if isinstance(given, Predictions):
        return given
    if isinstance(given, str | Path):
        return of_file(Path(given))
    if isinstance(given, Mapping):
        given = [{words.field: key, "raw_text": text} for key, text in given.items()]
    rows = (of_row(row, f"prediction {number}") for number, row in enumerate(given, 1))
    return Predictions(rows, words, doubled=doubled)


class PredictionFile(Predictions[Row]):
    """The predictions of a file, read when asked for; use as a context manager.

    Raises:
        DataError: when opening: no such file, a folder, empty, an unreadable line (file and line),
            an id that stands more than once, answers of several models.
    """

    def __init__(self, path: Path, read: Read[Row], words: Words) -> None:
        super().__init__((), words, str(path))
        self.path = path
        self._read = read
        self._starts = array("Q")
        _refuse_other_files(path, words)
        try:
            self._stream = open_regular(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {why(error)}") from None
        try:
            if path.stat().st_size == 0:
                raise DataError(f"{path}: the file is empty; expected one JSON object a line")
            self._bytes = mmap.mmap(self._stream.fileno(), 0, access=mmap.ACCESS_READ)
            self._build_index()
        except BaseException:
            self._stream.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, value, trace)
        self._bytes.close()
        self._stream.close()

    def row(self, place: int) -> Row:
        """The prediction with a number."""
        start = self._starts[place]
        end = self._bytes.find(b"\n", start)
        line = self._bytes[start : end if end >= 0 else len(self._bytes)]
        return self._read(line, self.where, self._lines[place])

    def _build_index(self) -> None:
        id_of = attrgetter(self.words.field)
        doubles: list[str] = []
        models: dict[str, None] = {}
        said = False
        for number, start, line in placed_lines(self._stream):
            row = self._read(line, self.where, number)
            said = said or _has_text(row)
            if row.model is not None:
                models[row.model] = None
            item_id = id_of(row)
            if item_id in self._places:
                doubles.append(item_id)
                continue
            self._places[item_id] = len(self._starts)
            self._starts.append(start)
            self._lines.append(number)
        self.models = tuple(models)
        self.model()
        self._refuse_doubles(doubles)
        if not self._places:
            raise DataError(f"{self.path}: the file is empty; expected one JSON object a line")
        if not said:
            _refuse_silent(self.path)


class Join(Generic[Item, Row]):
    """Items of a set with their predictions.

    Args:
        answers: the predictions.
        allow_missing: leave items without a prediction out instead of refusing.
        wanted: whether an item was chosen; predictions about others are known and left out.
        item_ids: only these items; the others were never meant to be asked and are not missing.
        selection: in words, for the message that it leaves nothing.

    Attributes:
        expected: items asked for that have been met. answered: those with a prediction.
    """

    def __init__(
        self,
        answers: Predictions[Row],
        *,
        allow_missing: bool = False,
        wanted: Callable[[Item], bool] | None = None,
        item_ids: Collection[str] | None = None,
        selection: str = "",
    ) -> None:
        self.expected = self.answered = 0
        self._answers, self._words = answers, answers.words
        named = "" if item_ids is None else f", {len(item_ids)} chosen ids"
        self._allow_missing, self._selection = allow_missing, selection + named
        self._wanted = wanted
        self._named = None if item_ids is None else frozenset(item_ids)
        # What is not met is not there; with another selection it may just not have been chosen.
        self._absent = set(self._named or ()) if wanted is None else set()
        self._seen = bytearray(len(answers))
        self._missing: dict[str, None] = {}
        self._doubles: list[str] = []
        self._strange: dict[str, list[tuple[str, Difference]]] = {}
        # Rows given in memory come with the items they are about.
        self._by_id_alone = bool(answers.words.about) and answers.where != IN_MEMORY

    def pairs(self, items: Iterable[Item]) -> Iterator[tuple[Item, Row]]:
        """Every item that has a prediction, with it, in the order of the items.

        Raises:
            DataError: after the last item: ids that stand more than once, predictions about other
                items, or about items of another set that have the same ids, items without a
                prediction, chosen ids that are not there, nothing to score.
            OptionError: after the last item: the selection leaves nothing.
        """
        answers, seen, id_of = self._answers, self._seen, attrgetter(self._words.field)
        wanted, named, absent = self._wanted, self._named, self._absent
        differs = self._words.differs
        for item in items:
            item_id = id_of(item)
            place = answers.place(item_id)
            if place is not None:
                if seen[place]:
                    self._doubles.append(item_id)
                    continue
                seen[place] = 1
            if not ((named is None or item_id in named) and (wanted is None or wanted(item))):
                continue
            self.expected += 1
            absent.discard(item_id)
            if place is not None:
                self.answered += 1
                row = answers.row(place)
                if self._by_id_alone:
                    self._by_id_alone = not any(getattr(row, f) for f in self._words.about)
                if differs is not None and (what := differs(item, row)) is not None:
                    self._strange.setdefault(what.what, []).append((item_id, what))
                    continue
                yield item, row
            elif item_id in self._missing:
                self._doubles.append(item_id)
            else:
                self._missing[item_id] = None
        self._refuse()

    def _refuse(self) -> None:
        where, unit, whole = self._answers.where, self._words.unit, self._words.whole
        if self._doubles:
            raise DataError(
                f"there are {len(self._doubles)} {unit} ids more than once: "
                f"{first_ten(self._doubles)}; give each set once"
            )
        seen = self._seen
        if unknown := [name for place, name in enumerate(self._answers.ids()) if not seen[place]]:
            there = next(iter(self._missing), None)
            like = "" if there is None else f" Ids there are like {there!r}"
            raise DataError(
                f"{where}: {len(unknown)} {unit} ids are not in the {whole}: {first_ten(unknown)}; "
                f"is it the set the model was asked about?{like}"
            )
        for what, found in self._strange.items():
            names = [name for name, _ in found]
            raise DataError(
                f"{where}: {len(names)} of {self.answered} predictions are about another {what} "
                f"than the {unit} of that id in the {whole}: {first_ten(names)}. Of {names[0]} "
                f"{found[0][1].words()}. Give with --data the set that the model was asked about"
            )
        if not self.expected and self._selection:
            raise OptionError(f"no {unit} is left by the selection ({self._selection})")
        if self._missing and not self._allow_missing:
            raise DataError(
                f"{where}: {len(self._missing)} of {self.expected} {unit}s have no prediction: "
                f"{first_ten(list(self._missing))}; {self._words.missing}"
            )
        if not self.answered:
            raise DataError(f"{where}: there is no prediction for any {unit} that was asked for")
        refuse_absent(self._absent, where, self._words)
        if self._by_id_alone:
            tell(
                f"note: nothing in {where} says which set it answers (no "
                f"{' or '.join(self._words.about)}); {unit} ids may be alike in other sets"
            )


def refuse_absent(absent: Collection[str], where: str, words: Words) -> None:
    """Refuse ids that were chosen by name and are not in the set.

    Raises:
        DataError: there are such ids.
    """
    if absent:
        raise DataError(
            f"{where}: {len(absent)} of the chosen {words.unit} ids are not in the {words.whole}: "
            f"{first_ten(sorted(absent))}"
        )


def read_item_ids(path: Path) -> list[str]:
    """Item ids from a text file, one a line; blank lines are left out.

    Raises:
        DataError: the file cannot be read, or names nothing.
    """
    try:
        found = [line.strip() for line in read_bytes(path).decode().splitlines()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read: {why(error)}") from None
    ids = [item_id for item_id in found if item_id]
    if not ids:
        raise DataError(f"{path}: names no item; expected one item id a line")
    return ids


def _has_text(row: Any) -> bool:
    text: str | None = getattr(row, "raw_text", None)
    return bool(text and not text.isspace())


# Names under which other tools keep an answer.
_LIKE_TEXT = ("response", "answer", "output", "completion", "prediction", "text", "content")


def _refuse_silent(path: Path) -> None:
    """Refuse a file of which no line says anything about an answer, and name its fields."""
    names: dict[str, None] = {}
    for _, line in numbered_lines(path):
        row = json.loads(line.decode("utf-8", "replace"), parse_constant=lambda name: None)
        if any(row.get(name) for name in ("raw_text", "error", "state")):
            return
        if isinstance(row.get("actions"), list):  # none proposed is an answer too
            return
        names |= dict.fromkeys(row)
    others = [name for name in names if name != "raw_text"]
    like = next((name for word in _LIKE_TEXT for name in others if word in name.lower()), None)
    hint = f"; is it {like!r}? Then rename it to raw_text" if like else ""
    raise DataError(
        f"{path}: no row has a text under raw_text (nor an error or a state), so there is nothing "
        f"to score; its fields are {first_ten(list(names))}{hint}"
    )


# Files of tables by their endings: how they are called, and what reads them.
_TABLES = {
    ".csv": ("CSV", "read_csv({!r})"),
    ".tsv": ("TSV", "read_csv({!r}, separator='\\t')"),
    ".parquet": ("Parquet", "read_parquet({!r})"),
    ".arrow": ("Arrow", "read_ipc({!r})"),
    ".feather": ("Feather", "read_ipc({!r})"),
    ".xlsx": ("Excel", "read_excel({!r})"),
    ".json": ("JSON", "read_json({!r})"),
}


def _refuse_other_files(path: Path, words: Words) -> None:
    """Refuse what is no JSON lines in UTF-8 and can be told by its ending or its first bytes."""
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix in (".jsonl", ".eval"))
        there = f"; in it are {first_ten(inside)}" if inside else ""
        raise DataError(f"{path}: is a folder; give the JSONL file with the predictions{there}")
    try:
        with open_regular(path) as stream:
            head = stream.read(1 << 16)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {refusal(error)}") from None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    ending = ".parquet" if head[:4] == b"PAR1" else path.suffix.lower()
    kind = None
    if head[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        kind = "is UTF-32 text; save it as UTF-8"
    elif head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:2] in (b"{\0", b"\0{"):
        kind = "is UTF-16 text; save it as UTF-8"
    elif head[:2] == b"\x1f\x8b":
        kind = "is compressed (gzip); unpack it"
    elif ending in _TABLES and start != b"{" and head.strip():
        name, read = _TABLES[ending]
        turned = str(path.with_suffix(".jsonl").name)
        kind = (
            f"{name} is not read; a row is a line of JSON like "
            f'{{"{words.field}": "...", "raw_text": "..."}}. To turn it into such lines: python -c '
            f'"import polars; polars.{read.format(str(path))}.write_ndjson({turned!r})"'
        )
    elif head[:4] == b"PK\x03\x04":
        kind = "is a zip archive; give the JSONL file in it"
    elif start == b"[":
        kind = "is one JSON list; write one object a line (jq -c '.[]' FILE)"
    elif b"\r" in head and b"\n" not in head:
        kind = "ends its lines with CR alone; save it with LF"
    if kind:
        raise DataError(
            f"{path}: {kind}. Read are JSON lines in UTF-8 (one object a line), logs of Inspect's "
            "(.eval) and run folders"
        )


# ---- lines of a prediction file


def row_of(answers: Sequence[Answer]) -> Mapping[str, Any]:
    """A line of a prediction file, from the answers about one item in their order.

    What was asked, and how, stands in the note of the last one, as the suite's asking remembers it.
    Earlier turns leave their texts.
    """
    *before, answer = answers
    note = {} if answer.note is msgspec.UNSET else answer.note
    optional = {
        "media_sha256": answer.media_sha256 or msgspec.UNSET,
        **{name: getattr(answer, name) for name in ("letters", "letters_bound", "post_thought")},
        "turns": [one.raw_text for one in before] or msgspec.UNSET,
    }
    return {
        "item_id": answer.item_id,
        "raw_text": answer.raw_text,
        "model": answer.model,
        "error": answer.error if answer.state == "error" else None,
        "state": answer.state,
        "stop_reason": answer.stop_reason,
        "usage": answer.usage,
        "seconds": answer.seconds,
        **{name: value for name, value in optional.items() if value is not msgspec.UNSET},
        **note,
    }


def alone(values: Iterable[str], what: str, where: str = IN_MEMORY) -> str:
    """The one value of a field that the answers of a run share.

    Raises:
        DataError: there are several; their figures must not be mixed.
    """
    found = dict.fromkeys(values)
    if len(found) > 1:
        names = first_ten([one or "none" for one in found])
        raise DataError(
            f"{where}: answers of several kinds ({what}: {names}); split the file by its field "
            f"{what!r} and score each part"
        )
    return next(iter(found), "")
