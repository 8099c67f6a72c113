"""IMAVB as it is published (and whatever looks like it) -> items, and what was taken for what.

One row is one question about one video: ``video_id``, ``question``, ``option_a`` to ``option_f``,
``correct_answer``, ``modality``, ``is_misleading``, ``category``, ``misleading_category``; the four
cells of the 2x2 are splits, the videos lie at ``videos/VIDEO_ID.mp4``. Columns are told by their
names, in lower case without punctuation; ``mapping`` says what a name does not. Nothing is guessed
from values, and a value that cannot be read is an error with its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from handeye.errors import DataError, first_ten
from handeye.premise.items import (
    AUDIO_FALSE,
    LETTERS,
    MODALITIES,
    PREMISES,
    VISION_FALSE,
    Item,
    Modality,
    Premise,
)
from handeye.premise.scoring.reading import REJECTIONS
from handeye.printing import is_one_line
from handeye.sets.columns import (
    MappedField,
    columns_of,
    example_of,
    find_columns,
    plain,
    shown_columns,
)
from handeye.sets.file_index import FileIndex
from handeye.sets.folder import RECORD
from handeye.sets.table_rows import GROUP, SUFFIXES, ForeignRow, read_rows

CELLS: dict[str, tuple[Premise, Modality]] = {
    f"{premise}_{modality}": (premise, modality)
    for modality in MODALITIES[:2]
    for premise in PREMISES
}
"""The published splits; each is a cell of the 2x2."""
ALIASES: dict[str, tuple[str, ...]] = {
    "item_id": ("itemid", "questionid", "qid", "uid", "id"),
    "video_id": ("videoid", "vid", "sceneid", "clipid", "youtubeid", "videoname"),
    "video": ("video", "videopath", "videofile", "videofilename", "videourl", "mp4", "filename"),
    "picture": ("picture", "image", "picturepath", "imagepath"),
    "sound": ("sound", "soundpath", "audiopath", "audiofile", "wav"),
    "question": ("question", "questiontext", "prompt", "query"),
    **{f"option_{x}": (f"option{x}", f"options{x}", f"choice{x}", x) for x in "abcdef"},
    "options": ("options", "choices", "candidates"),
    "gold": ("correctanswer", "gold", "answer", "answerletter", "correctoption", "groundtruth"),
    "modality": ("modality", "targetmodality", "sense"),
    "premise": ("ismisleading", "misleading", "premise", "premisetype", "condition"),
    "category": ("category", "questioncategory"),
    "kind": ("misleadingcategory", "kind", "misleadingtype"),
    "split": ("split", "subset", GROUP),
}  # fmt: skip
"""Field to the names it goes by, the likeliest first."""
MAP_NAMES = {
    **{name: name for name in ALIASES},
    "correct_answer": "gold",
    "is_misleading": "premise",
    "misleading_category": "kind",
}
"""Names that a mapping may use, and the field each stands for."""
_MODALITIES: dict[str, Modality] = {
    **dict.fromkeys(("vision", "visual", "video", "image", "picture"), "vision"),
    **dict.fromkeys(("audio", "sound", "auditory", "audial"), "audio"),
}
_PREMISES: dict[str, Premise] = {
    **dict.fromkeys(("standard", "true premise", "normal"), "standard"),
    **dict.fromkeys(("misleading", "false premise"), "misleading"),
}
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LETTER = re.compile(r"\(?\s*([a-fA-F])\s*[).:]?")
_SHARD = re.compile(r"-\d+-of-\d+$")
# What lies beside data sets and holds no questions.
_OTHER_FILES = (RECORD, "dataset_infos.json", "dataset_info.json", "config.json")
_MEDIA = {
    "video": ("videos", None),
    "picture": ("pictures", (".png", ".jpg", ".jpeg", ".webp", ".gif")),
    "sound": ("sounds", (".wav", ".mp3", ".flac", ".m4a", ".ogg")),
}
_SHOWN_PROBLEMS = 5


class PlacedItem(NamedTuple):
    """An item and its place (file, and line or row), for messages."""

    item: Item
    where: str


def cell_of(name: str) -> str:
    """The published split that the name of a file or a split speaks of; empty for none."""
    words = name.lower().replace("-", "_")
    return next((cell for cell in CELLS if cell in words), "")


def published_files(folder: Path) -> list[Path]:
    """The files of a folder, or of those in it, that can hold questions.

    Those whose names say a cell of the 2x2 (a file for each, in any number of parts); else the
    only one that there is.

    Raises:
        DataError: there is none, or more than one.
    """
    found = [
        file
        for pattern in ("*", "*/*")
        for file in sorted(folder.glob(pattern))
        if file.suffix.lower() in SUFFIXES
        and file.name not in _OTHER_FILES
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    named = [file for file in found if cell_of(file.stem) or cell_of(file.parent.name)]
    whole = {(file.parent, _SHARD.sub("", file.stem)) for file in named or found}
    if named or len(whole) == 1:
        return named or found
    if found:
        names = first_ten([file.relative_to(folder).as_posix() for file in found])
        raise DataError(f"{folder}: which file holds the questions? Give its path: {names}")
    if (folder / RECORD).is_file():
        raise DataError(
            f"{folder}: the set is not finished; run 'handeye premise generate' with the same "
            "options to complete it"
        )
    raise DataError(
        f"{folder}: no premise_*.jsonl and no other JSON, CSV or Parquet there; is it a set made "
        "by 'handeye premise generate' or the IMAVB release?"
    )


def read_published(
    files: Sequence[Path],
    mapping: Mapping[str, str] | None = None,
    root: Path | None = None,
    *,
    media: bool = True,
) -> tuple[Path, list[PlacedItem], tuple[MappedField, ...]]:
    """Read files in the published layout.

    Args:
        files: JSON (a list, or lists by split), JSON lines, CSV or Parquet.
        mapping: field to column, where names do not tell.
        root: folder of the set; by default that of the first file, or the one above it if only
            that has the folder ``videos``.
        media: refuse rows whose video, picture or sound is not there.

    Returns:
        The root, the items with their places, and what was taken for what.

    Raises:
        DataError: no rows, fields that cannot be told, values that cannot be read, media that are
            not there, ids that are there twice.
        OptionError: the mapping does not fit.
    """
    root = root or _root_of(files[0])
    rows = [row for file in files for row in read_rows(file)]
    if not rows:
        raise DataError(f"{files[0]}: holds no questions")
    reader = _Reader(rows, mapping or {}, files[0], root, media)
    placed = [one for row in rows if (one := reader.item(row))]
    first: dict[str, str] = {}
    for item, where in placed:
        if first.setdefault(item.item_id, where) != where:
            reader.problems.append(
                f"{where}: item {item.item_id} was already in {first[item.item_id]}"
            )
    if reader.problems:
        more = len(reader.problems) - _SHOWN_PROBLEMS
        shown = "; ".join(reader.problems[:_SHOWN_PROBLEMS])
        raise DataError(shown + (f"; and {more} more" if more > 0 else ""))
    return root, placed, tuple(reader.taken(placed))


def _root_of(path: Path) -> Path:
    above = path.absolute().parent.parent  # a file of the Hub's cache is a link to one elsewhere
    lower = (path.parent / "videos").is_dir()
    return above if not lower and (above / "videos").is_dir() else path.parent


@dataclass
class _Reader:
    """Reads rows into items, and keeps what cannot be read."""

    rows: Sequence[ForeignRow]
    mapping: Mapping[str, str]
    path: Path
    root: Path
    media: bool
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._all = columns_of(row.values for row in self.rows)
        self._at = find_columns(self._all, ALIASES, self.mapping, MAP_NAMES, self.path)
        needed = {
            "question": ("question",),
            "options": ("options", "option_a"),
            "video_id": ("video_id", "video", "picture", "sound"),
        }
        for name, any_of in needed.items():
            if not any(one in self._at for one in any_of):
                raise DataError(
                    f"{self.path}: no column for {name}; say which with --map {name}=COLUMN. "
                    f"Columns: {shown_columns(self._all)}"
                )
        self._index = {
            medium: FileIndex(self.root, folder, *([endings] if endings else []))
            for medium, (folder, endings) in _MEDIA.items()
            if medium == "video" or medium in self._at
        }
        name = plain(self._at.get("premise", "").rpartition(".")[2])
        self._truth_is_told = "misleading" in name or "is_misleading" in self.mapping
        self._rest = [c for c in self._all if c not in self._at.values()]

    def item(self, row: ForeignRow) -> PlacedItem | None:
        """The item of a row; None, and a problem, where a value cannot be read."""
        before = len(self.problems)
        split = self._text(row, "split") or cell_of(row.file.stem) or cell_of(row.file.parent.name)
        of_split = CELLS.get(cell_of(split), (None, None))
        wanted = " or ".join(PREMISES)
        if not self._truth_is_told:
            wanted += "; where it says true or false, give --map is_misleading=COLUMN"
        premise = self._read(row, "premise", self._premise, wanted, of_split[0])
        modality = self._read(row, "modality", _modality, "vision or audio", of_split[1])
        question = self._read(row, "question", _words, "words", None)
        options = self._options(row)
        scene, media = self._media(row)
        if len(self.problems) > before or not (premise and modality and question and options):
            return None
        gold = self._gold(row, premise, modality, options)
        if gold is None:
            return None
        cell = f"{premise}_{modality}"
        own = self._text(row, "item_id")
        meta: dict[str, Any] = {"place": row.where}
        if len(options) == len(LETTERS):
            meta["rejections"] = options[VISION_FALSE:]
        rest = {
            c: row.values[c] for c in self._rest if not isinstance(row.values.get(c), list | None)
        }
        item = Item(
            item_id=own or f"{scene}-{cell}",
            scene_id=scene,
            clip_id=scene,
            modality=modality,
            premise=premise,
            question=question,
            options=(options[0], options[1], options[2], options[3]),
            gold=gold,
            **media,
            split=split or "test",
            kind=self._text(row, "kind"),
            category=self._text(row, "category"),
            meta=meta | ({"columns": rest} if rest else {}),
        )
        return PlacedItem(item, row.where)

    def taken(self, placed: Sequence[PlacedItem]) -> Iterator[MappedField]:
        """Lines for the fields in use, for what stood in for one, and for columns not used."""
        for name, column in self._at.items():
            yield _line(name, column, self._all[column])
        for name, ours in (
            ("premise", "premise"),
            ("modality", "modality"),
            ("video_id", "scene_id"),
        ):
            if name not in self._at:
                source = "name of the video" if name == "video_id" else "split"
                yield _line(name, source, [getattr(item, ours) for item, _ in placed])
        if "split" not in self._at:
            yield _line("split", "name of the file", [item.split for item, _ in placed])
        if "item_id" not in self._at:
            yield _line("item_id", "video and cell", [item.item_id for item, _ in placed])
        for column in self._rest:
            yield _line("", column, self._all[column])

    def _text(self, row: ForeignRow, name: str) -> str:
        value = row.values.get(self._at.get(name, ""))
        known = isinstance(value, str | int | float) and not isinstance(value, bool)
        return str(value).strip() if known else ""

    def _read(
        self, row: ForeignRow, name: str, read: Callable[[Any], Any], wanted: str, otherwise: Any
    ) -> Any:
        """A value; ``otherwise`` where there is no column for it, and it has to agree with it."""
        column = self._at.get(name)
        if column is None:
            if otherwise is None:
                self.problems.append(
                    f"{row.where}: no {name}: neither a column nor the split says it"
                )
            return otherwise
        raw = row.values.get(column)
        value = None if raw is None else read(raw)
        if value is None:
            said = f"no {name}" if raw is None else f"{name} is {example_of(raw)}"
            self.problems.append(f"{row.where}: {said} (column {column}); expected {wanted}")
        elif otherwise is not None and value != otherwise:
            self.problems.append(f"{row.where}: {name} is {value}, but its split says {otherwise}")
        return value

    def _premise(self, value: Any) -> Premise | None:
        words = str(value).strip().lower()
        if self._truth_is_told and words in _TRUTH:
            return "misleading" if _TRUTH[words] else "standard"
        return _PREMISES.get(words)

    def _options(self, row: ForeignRow) -> list[str]:
        found = [" ".join(self._text(row, f"option_{x}").split()) for x in "abcdef"]
        listed = row.values.get(self._at.get("options", ""))
        if isinstance(listed, list):
            found = [text for text in (_words(value) for value in listed) if text]
        while found and not found[-1]:
            found.pop()
        if len(found) not in (4, len(LETTERS)) or not all(found):
            empty = "" if all(found) else ", of which one is empty"
            self.problems.append(
                f"{row.where}: has {len(found)} options{empty}; expected 4 contents, or 6"
            )
        elif len(set(found)) < len(found):
            twice = Counter(found).most_common(1)[0][0]
            self.problems.append(f"{row.where}: the option {twice!r} is there twice")
        elif not all(map(is_one_line, found)):
            self.problems.append(f"{row.where}: an option has control characters")
        elif {*REJECTIONS} & {*found[:VISION_FALSE]}:
            self.problems.append(f"{row.where}: one of the options A to D is a rejection")
        elif [_rejects(words) for words in found[VISION_FALSE:]] == ["audio", "vision"]:
            self.problems.append(
                f"{row.where}: option E rejects what is heard and F what is seen; expected E to "
                "reject what is seen and F what is heard"
            )
        return found

    def _gold(
        self, row: ForeignRow, premise: Premise, modality: Modality, options: Sequence[str]
    ) -> int | None:
        """The role that is right; of a misleading question it may be left out."""
        expected = VISION_FALSE if modality == "vision" else AUDIO_FALSE
        raw = row.values.get(self._at.get("gold", ""))
        said = "" if raw is None else str(raw).strip()
        if not said and premise == "misleading":
            return expected
        hit = _LETTER.fullmatch(said)
        gold = (
            LETTERS.index(hit[1].upper())
            if hit
            else options.index(said)
            if said in options
            else None
        )
        fits = gold in range(4) if premise == "standard" else gold == expected
        if gold is None or not fits:
            wanted = "A to D" if premise == "standard" else LETTERS[expected]
            self.problems.append(
                f"{row.where}: the right answer is {said or 'missing'}; of a {premise} {modality} "
                f"question it is {wanted}"
            )
            return None
        return gold

    def _media(self, row: ForeignRow) -> tuple[str, dict[str, Any]]:
        """What the clip is called, and the paths of its files."""
        scene = self._text(row, "video_id")
        names = {m: self._text(row, m) for m in _MEDIA if m in self._at}
        if not any(names.values()):
            names = {"video": scene}
        paths: dict[str, Any] = {}
        for medium, name in names.items():
            if not name:
                continue
            path = self._index[medium].find(name)
            if path is None and not self.media:
                path = f"{_MEDIA[medium][0]}/{PurePosixPath(name).name}"
                path += ".mp4" if medium == "video" and not PurePosixPath(name).suffix else ""
            if path is None:
                self.problems.append(
                    f"{row.where}: {medium} {name!r} is not in {self.root} "
                    f"({len(self._index[medium])} there)"
                )
            else:
                paths[medium] = path
        if not names or not any(names.values()):
            self.problems.append(f"{row.where}: names no video")
        return scene or PurePosixPath(next(iter(paths.values()), "")).stem, paths


def _rejects(words: str) -> Modality | None:
    """The sense that a rejection names; None where it names none, or both."""
    named = {_MODALITIES[word] for word in re.findall(r"\w+", words.lower()) if word in _MODALITIES}
    return named.pop() if len(named) == 1 else None


def _modality(value: Any) -> Modality | None:
    return _MODALITIES.get(str(value).strip().lower())


def _words(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _line(name: str, source: str, values: Iterable[Any]) -> MappedField:
    known = [value for value in values if value is not None]
    return MappedField(name, source, len(known), example_of(known[0]) if known else "")
