"""Which column of a foreign file is which field: told by name, by a mapping, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handeye.errors import DataError, OptionError
from handeye.sets.columns import (
    HELD,
    Columns,
    Held,
    columns_of,
    kind_of,
    shown_columns,
)
from handeye.visualact.foreign.aliases import GROUP, KEY, MAP_NAMES, TEXT, meaning_of_true, rank
from handeye.visualact.foreign.gold_values import read_scenario, read_type
from handeye.visualact.foreign.layout_rows import SPLITS, Row, entries_of

Form = Literal["nested", "parallel", "flat"]
ACTION_FIELDS = ("text", "apl", "type")


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where the fields of clips and actions stand.

    Attributes:
        form: ``nested`` (a row a clip, with a list of actions), ``parallel`` (a row a clip, with
            lists of texts, levels and types of one length) or ``flat`` (a row an action).
        columns: field to dotted path in the row.
        entries: field to dotted path in an entry of the actions column.
        true_means: what ``true`` says in the type column; None where its name leaves that open.
    """

    form: Form
    columns: Mapping[str, str]
    entries: Mapping[str, str]
    true_means: bool | None

    def full_path(self, field: str) -> str:
        """The dotted path of a field from the row on; empty where it has no column."""
        if field in self.entries:
            return f"{self.columns['actions']}.{self.entries[field]}"
        return self.columns.get(field, "")


def find_fields(rows: Sequence[Row], mapping: Mapping[str, str] | None, path: Path) -> FieldMap:
    """Tell the columns of a file apart.

    Args:
        rows: of the file.
        mapping: field to column; a column of actions may be given with or without that of their
            list before it.
        path: for messages.

    Raises:
        DataError: a field without a column, or two columns that could be it; names the columns
            that are there and how to say which.
        OptionError: the mapping names an unknown field or column, or one column twice.
    """
    return _Finder(rows, mapping or {}, path).find()


class _Finder:
    """One search; the order of the steps decides who gets a column that fits two fields."""

    def __init__(self, rows: Sequence[Row], mapping: Mapping[str, str], path: Path) -> None:
        self.path = path
        self.columns = columns_of(row.values for row in rows)
        self.kinds = {name: kind_of(values) for name, values in self.columns.items()}
        self.mapping = self._mapping(mapping)
        self.stated = {MAP_NAMES[name]: name for name in mapping}
        self.found: dict[str, str] = {}
        self.inside: dict[str, str] = {}
        self.entry_columns: Columns = {}

    def _mapping(self, mapping: Mapping[str, str]) -> dict[str, str]:
        out: dict[str, str] = {}
        for name, column in mapping.items():
            field = MAP_NAMES.get(name)
            if field is None:
                known = ", ".join(MAP_NAMES)
                raise OptionError(f"--map {name}={column}: no such field; fields: {known}")
            if field in out:
                raise OptionError(f"--map {name}={column}: {field} is mapped twice")
            out[field] = column
        return out

    def find(self) -> FieldMap:
        form = self._actions()
        for field in ACTION_FIELDS:
            if form == "nested":
                if self.entry_columns:
                    self._entry_field(field)
            elif field not in self.found:
                kind: Held = "list" if form == "parallel" else "value"
                self._row_field(field, kind, required=True)
        for field in ("scenario", "video", "id", "split"):
            self._row_field(field, "value", required=False)
        if form == "flat" and "id" not in self.mapping and rank("id", self.found.get("id", "")):
            del self.found["id"]  # a mere "id" of a row is that of its action
        self._stand_ins()
        self._refuse_doubles()
        column = self.inside.get("type") or self.found.get("type", "")
        stated = self.stated.get("type", "type")
        true_means = meaning_of_true(column) if stated == "type" else stated == "proactive"
        return FieldMap(form, self.found, self.inside, true_means)

    def _actions(self) -> Form:
        """Find the lists of actions and thereby the form of the file."""
        named = self.mapping.get("actions")
        if named is not None:
            self._known("actions", named)
            if self.kinds[named] == "value":
                raise OptionError(f"{self.path}: --map actions={named}: it holds no lists")
        column = named or self._pick(("actions",), self._of("entries"))
        column = column or self._by_content()
        if column is None and (lists := self._of("list")):
            column = self.mapping.get("text") or self._pick(("actions", "text"), lists)
            column = column if column in lists else None
        if column is None:
            return "flat"
        values = self.columns[column]
        if self.kinds[column] == "list" and any(values):
            self.found["text"] = column
            return "parallel"
        self.found["actions"] = column
        self.entry_columns = self._entries(column)
        return "nested"

    def _by_content(self) -> str | None:
        """The lists that a mapping points into, or the only ones with texts in them."""
        names = self._of("entries")
        mapped = [self.mapping[field] for field in ACTION_FIELDS if field in self.mapping]
        pointed = [
            name
            for name in names
            if any(path.removeprefix(f"{name}.") in self._entries(name) for path in mapped)
        ]
        if len(pointed) == 1:
            return pointed[0]
        texts = len(names) == 1 and any(
            rank("text", n) is not None for n in self._entries(names[0])
        )
        return names[0] if texts else None

    def _entries(self, column: str) -> Columns:
        """The columns of the entries of a column with lists."""
        return columns_of(
            entry
            for value in self.columns[column]
            if isinstance(value, list | dict)
            for entry in entries_of(value)
        )

    def _of(self, kind: Held) -> list[str]:
        return [name for name, found in self.kinds.items() if found == kind]

    def _pick(self, fields: Sequence[str], names: Iterable[str], before: str = "") -> str | None:
        """The column whose name fits best.

        Raises:
            DataError: two fit equally well.
        """
        taken = {*self.found.values()} if not before else {*self.inside.values()}
        ranks = {
            name: min(known)
            for name in names
            if name not in taken
            and (known := [r for field in fields if (r := rank(field, name)) is not None])
        }
        best = [name for name in ranks if ranks[name] == min(ranks.values())]
        if len(best) > 1:
            paths = [f"{before}{name}" for name in best]
            raise DataError(
                f"{self.path}: {len(best)} columns could be {fields[0]}: {', '.join(paths)}; "
                f"say which: --map {fields[0]}={paths[0]}"
            )
        return best[0] if best else None

    def _row_field(self, field: str, kind: Held, *, required: bool) -> None:
        column = self.mapping.get(field)
        if column is not None:
            actions = self.found.get("actions")
            if actions and self._inner(column) in self.entry_columns and column not in self.columns:
                self.inside[field] = self._inner(column)
                return
            self._known(field, column)
            if self.kinds[column] != kind:
                raise OptionError(
                    f"{self.path}: --map {field}={column}: it holds {HELD[self.kinds[column]]}; "
                    f"{HELD[kind]} are needed here"
                )
        else:
            fields = ("text", "actions") if field == "text" else (field,)
            column = self._pick(fields, self._of(kind))
        if column is not None:
            self.found[field] = column
        elif required:
            lists = field == "text" and bool(self._of("entries"))
            self._refuse_missing("actions" if lists else field)

    def _entry_field(self, field: str) -> None:
        before = f"{self.found['actions']}."
        column = self.mapping.get(field)
        if column is not None:
            column = self._inner(column)
            if column not in self.entry_columns:
                self._refuse_unknown(field, self.mapping[field])
        else:
            plain = [n for n in self.entry_columns if kind_of(self.entry_columns[n]) == "value"]
            column = self._pick((field,), plain, before) or self._unnamed(field)
        if column is None:
            self._refuse_missing(field)
        else:
            self.inside[field] = column

    def _unnamed(self, field: str) -> str | None:
        """The text or key of entries that have no name for a field."""
        keys = self.entry_columns.get(KEY, [])
        types = bool(keys) and all(read_type(key) is not None for key in keys)
        if field == "text":
            numbers = any(str(key)[-1:].isdecimal() for key in keys)
            words = bool(keys) and not types and not numbers
            return TEXT if TEXT in self.entry_columns else KEY if words else None
        return KEY if field == "type" and types else None

    def _inner(self, column: str) -> str:
        """A path of an entry, given with or without that of the list."""
        return column.removeprefix(f"{self.found.get('actions', '')}.")

    def _stand_ins(self) -> None:
        """Keys and other columns that tell what no column of that name does."""
        if "scenario" not in self.found and "scenario" not in self.inside:
            if self._all_named(GROUP, read_scenario):
                self.found["scenario"] = GROUP
            else:
                before = f"{self.found.get('actions', '')}."
                inner = self._pick(("scenario",), self.entry_columns, before)
                if inner is None:
                    self._refuse_missing("scenario")
                else:
                    self.inside["scenario"] = inner
        if "split" not in self.found and self._all_named(GROUP, SPLITS.__contains__):
            self.found["split"] = GROUP
        if "video" not in self.found:
            stand_in = KEY if KEY in self.columns else self.found.get("id")
            if stand_in is None:
                self._refuse_missing("video")
            else:
                self.found["video"] = stand_in
        elif "id" not in self.found and KEY in self.columns and self.found["video"] != KEY:
            self.found["id"] = KEY

    def _all_named(self, column: str, known: Callable[[str], object]) -> bool:
        """Whether a column is there and every value of it is a known name."""
        values = self.columns.get(column, [])
        return bool(values) and all(known(str(value).lower()) for value in values)

    def _refuse_doubles(self) -> None:
        """Only the video may share its column, with the id."""
        for columns in (self.found, self.inside):
            seen: dict[str, str] = {}
            for field, column in columns.items():
                other = seen.setdefault(column, field)
                if other != field and {other, field} != {"video", "id"}:
                    raise OptionError(
                        f"{self.path}: column {column} is taken for both {other} and {field}; "
                        f"say where {field} is: --map {field}=COLUMN"
                    )

    def _known(self, field: str, column: str) -> None:
        if column not in self.columns:
            self._refuse_unknown(field, column)

    def _refuse_unknown(self, field: str, column: str) -> None:
        name = self.stated.get(field, field)
        raise OptionError(f"{self.path}: --map {name}={column}: no such column. {self._there()}")

    def _refuse_missing(self, field: str) -> None:
        raise DataError(
            f"{self.path}: no column found for {field}. {self._there()}. "
            f"Say which it is: --map {field}=COLUMN"
        )

    def _there(self) -> str:
        """The columns with an example of each."""
        actions = self.found.get("actions")
        shown = [(name, values) for name, values in self.columns.items() if name != actions]
        shown += [(f"{actions}.{name}", values) for name, values in self.entry_columns.items()]
        return f"Columns: {shown_columns(dict(shown))}"
