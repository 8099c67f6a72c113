"""The layouts that sets of others are published in, and what a row of each is to the suite.

A layout is told by the names of its columns, in small letters without punctuation; nothing is
guessed from values. Fields and file names are those of the releases and of the tables that the
usual harnesses read (lmms-eval's ``hallusion_bench_image``, ``pope``, ``naturalbench``, ``mmvp``,
``vlms_are_biased``, ``vqav2``, ``gqa``; VLMEvalKit's TSV); docs/stress-foreign.md lists them.

What :mod:`handeye.stress.scoring.published` measures by stands in ``meta``: ``set``, ``strata``
(names of the parts that the set is reported in), and where units larger than a question are right
or wrong as a whole, their keys (``figure``, ``question``, ``image``, ``pair``).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import msgspec

from handeye.answer_kinds import number as numbers
from handeye.errors import DataError
from handeye.printing import is_one_line
from handeye.sets.columns import example_of, plain
from handeye.sets.embedded import Embedded, embedding_columns, name_of
from handeye.sets.table_rows import GROUP, KEY, ForeignRow
from handeye.stress.items import PRIOR, Item

YES_NO = ("yes", "no")
POPE_STRATA = ("random", "popular", "adversarial")
_YES = {"yes": "yes", "1": "yes", "true": "yes", "no": "no", "0": "no", "false": "no"}
# A picture in base64 is longer.
_NO_PICTURE = 64


class Taken(NamedTuple):
    """An item of a foreign row.

    Attributes:
        item: its ``picture`` is a file name as the row has it, or one of the cache.
        where: file and row.
        embedded: the picture, where the row holds it.
    """

    item: Item
    where: str
    embedded: Embedded | None = None


class Fields:
    """Values of a row by plain names; what is not there is told with file, row and key."""

    def __init__(self, row: ForeignRow, held: Mapping[str, ForeignRow] | None = None) -> None:
        """Look at a row.

        Args:
            row: of a file.
            held: rows that hold a picture as text, by their ``index``; others may name them.
        """
        self.row, self.where, self._held = row, row.where, held or {}
        self._at = _plain_names(tuple(row.values))

    def get(self, *names: str) -> Any:
        """The value of the first of these columns that has one; None: none has."""
        for name in names:
            value = self.row.values.get(self._at.get(plain(name), name))
            if value is not None and value != "":
                return value
        return None

    def text(self, *names: str) -> str:
        """Words or a number, as text on one line.

        Raises:
            DataError: it is not there, or something else.
        """
        value = self.get(*names)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(names[0], value, "words or a number")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        told = str(value).strip()
        if not told or not is_one_line(" ".join(told.split())):
            raise self.wrong(names[0], value, "words")
        return told

    def words(self, *names: str) -> str:
        """As :meth:`text`; empty where there is none."""
        return "" if self.get(*names) is None else self.text(*names)

    def whole(self, *names: str) -> int:
        """A whole number.

        Raises:
            DataError: it is none.
        """
        told = self.text(*names)
        if not re.fullmatch(r"[0-9]{1,15}", told):
            raise self.wrong(names[0], told, "a whole number")
        return int(told)

    def yes(self, *names: str) -> str:
        """``yes`` or ``no``, also from 1 and 0.

        Raises:
            DataError: it is neither.
        """
        told = self.text(*names)
        if (found := _YES.get(told.lower().removesuffix("."))) is None:
            raise self.wrong(names[0], told, "yes or no")
        return found

    def wrong(self, name: str, value: Any, wanted: str) -> DataError:
        """The error for a value; None: there is none."""
        said = f"no {name}" if value is None else f"{name} is {example_of(value)}"
        return DataError(f"{self.where}: {said}; expected {wanted}")

    def embedded(self, *names: str) -> Embedded | None:
        """The picture that the row holds in one of these columns."""
        row = self.row
        for name in names:
            text = row.values.get(self._at.get(name, name))
            if isinstance(text, str) and (there := self._held.get(text)) is not None:
                text, row = there.values[self._at[name]], there
            if isinstance(text, str) and len(text) > _NO_PICTURE and not _is_path(text):
                return Embedded(row.file, row.where, row.number, text=text)
            for column in embedding_columns(row.file):
                if plain(column) == name:
                    return Embedded(row.file, row.where, row.number, column=column)
        return None

    def picture(self, known: str, *names: str) -> tuple[str, Embedded | None]:
        """The file of a picture by one of its columns, and the picture where the row holds it.

        Args:
            known: what an embedded picture is known by.
            *names: plain names of columns, the likeliest first.

        Raises:
            DataError: there is neither.
        """
        if embedded := self.embedded(*names):
            path = self.get(*(f"{name}.path" for name in names), *(f"{name}path" for name in names))
            return name_of(known, path if isinstance(path, str) else ""), embedded
        return self.text(*names, *(f"{name}path" for name in names)), None


@lru_cache(maxsize=64)
def _plain_names(names: tuple[str, ...]) -> dict[str, str]:
    """Names of columns by their plain ones; rows of a file have the same."""
    return {plain(name): name for name in names}


def _is_path(text: str) -> bool:
    return bool(PurePosixPath(text).suffix) and len(text) < 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """A published layout.

    Attributes:
        name: of the set.
        title: as people know it.
        columns: plain names that all have to be there; of several ways any.
        take: the items of all its rows.
    """

    name: str
    title: str
    columns: tuple[frozenset[str], ...]
    take: Callable[[Iterable[Fields]], list[Taken]]

    def fits(self, names: frozenset[str]) -> bool:
        """Whether columns of these plain names are of this layout."""
        return any(way <= names for way in self.columns)


def _each(take: Callable[[Fields], Sequence[Taken]]) -> Callable[[Iterable[Fields]], list[Taken]]:
    return lambda rows: [one for row in rows for one in take(row)]


def _item(row: Fields, named: str, *, meta: Mapping[str, Any], **fields: Any) -> Item:
    """An item with what all of them have; one that is in no pair is a prompt of its own."""
    options = fields.get("options", ())
    return Item(
        prompt_id=fields["item_id"],
        split=split_of(row.row),
        order=tuple(range(len(options))),
        meta={"set": named, "place": row.where, **meta},
        **fields,
    )


_SHARD = re.compile(r"(.+?)-\d+-of-\d+")


def split_of(row: ForeignRow) -> str:
    """The split in the name of a part of a published set (``main-00000-of-00002``); else test."""
    found = _SHARD.fullmatch(row.file.stem)
    return found[1] if found else "test"


# ---- POPE


def _pope(row: Fields) -> list[Taken]:
    """A question a row.

    ``question_id``, ``image``, ``text``, ``label``, the stratum in the file's name (release); or
    ``question_id``, ``question``, ``answer``, ``image_source``, ``category`` (harnesses).
    """
    told = row.words("category", "type") or row.row.file.stem
    strata = [one for one in POPE_STRATA if one in told.lower()]
    if not strata:
        raise row.wrong("category", told, f"{', '.join(POPE_STRATA)} (there or in the file's name)")
    own = row.text("question_id", "index", "id")
    source = row.words("image_source", "image_path")
    embedded = row.embedded("image")
    if embedded and not source:  # the same picture stands in several rows
        source = hashlib.sha256(embedded.text.encode()).hexdigest()[:16] if embedded.text else own
    picture, embedded = row.picture(source, "image", "imagesource")
    scene = PurePosixPath(source or picture).stem
    truth = row.yes("label", "answer")
    item = _item(
        row,
        "pope",
        item_id=f"{'+'.join(strata)}-{own}",
        scene_id=scene,
        picture_id=scene,
        picture=picture,
        family="+".join(strata),
        values=YES_NO,
        truth=truth,
        gold=truth,
        question=row.text("text", "question"),
        meta={"strata": strata},
    )
    return [Taken(item, row.where, embedded)]


# ---- HallusionBench


def _hallusion(row: Fields) -> list[Taken]:
    """A question a row.

    ``category``, ``subcategory`` (``l2-category``), ``set_id``, ``figure_id``, ``question_id`` (or
    the last three parts of ``index``), ``visual_input``, ``question``, ``gt_answer``, ``filename``.
    """
    if row.get("set_id") is None:
        parts = row.text("index").rsplit("_", 3)
        if len(parts) < 4:
            raise row.wrong("index", row.get("index"), "NAME_SET_FIGURE_QUESTION")
        of_set, figure, question = parts[1:]
    else:
        of_set, figure, question = map(row.text, ("set_id", "figure_id", "question_id"))
    category, kind = row.text("category"), row.text("subcategory", "l2-category")
    if category not in ("VD", "VS"):
        raise row.wrong("category", category, "VD or VS")
    scene = f"{category}_{kind}_{of_set}"
    # Supplement questions without their figure.
    blind = row.words("visual_input") == "0" or (category == "VS" and figure == "0")
    shown = f"{scene}_{figure}"
    picture, embedded = "", None
    if not blind:
        picture, embedded = row.picture(shown, "filename", "image")
    truth = row.yes("gt_answer", "answer")
    item = _item(
        row,
        "hallusionbench",
        item_id=f"{shown}_{question}",
        scene_id=scene,
        picture_id=shown,
        picture=picture,
        family=f"{category}-{kind}",
        values=YES_NO,
        truth=truth,
        gold=truth,
        question=row.text("question"),
        meta={
            "strata": [category, "easy" if figure == "0" else "hard"],
            "figure": "" if blind else shown,
            "question": f"{scene}_{question}",
        },
    )
    return [Taken(item, row.where, embedded)]


# ---- NaturalBench


_LETTERED = re.compile(
    r"(?P<question>.*?)\s*(?:Options?\s*:)?\s*A\s*[:.)]\s*(?P<a>.+?)[;,\s]*\bB\s*[:.)]\s*(?P<b>.+?)"
    r"[;.\s]*",
    re.DOTALL,
)


def _natural(row: Fields) -> list[Taken]:
    """A group a row: ``Question_0``, ``Image_0``, ``Image_0_Question_0`` ..., ``Question_Type``."""
    group = row.text("Index", "index", "id")
    out = []
    for question in "01":
        for image in "01":
            known = f"{group}-{image}"
            picture, embedded = row.picture(known, f"image{image}")
            key = f"Image_{image}_Question_{question}"
            asked = row.text(f"Question_{question}")
            out.append(_of_natural(row, group, question, image, asked, key, picture, embedded))
    return out


def _natural_flat(row: Fields) -> list[Taken]:
    """A question a row, four a group.

    ``Index`` (group by group: question 0 on images 0 and 1, then question 1), ``Question``,
    ``Answer``, ``Question_Type``, ``Image``.
    """
    place = row.whole("Index")
    group, question, image = str(place // 4), str(place // 2 % 2), str(place % 2)
    picture, embedded = row.picture(f"{group}-{image}", "image")
    asked = row.text("Question")
    return [_of_natural(row, group, question, image, asked, "Answer", picture, embedded)]


def _of_natural(
    row: Fields,
    group: str,
    question: str,
    image: str,
    asked: str,
    key: str,
    picture: str,
    embedded: Embedded | None,
) -> Taken:
    kind = row.text("Question_Type")
    choice: dict[str, Any] = {}
    if kind == "yes_no":
        values, truth = YES_NO, row.yes(key)
    elif kind == "multiple_choice":
        letter = row.text(key).strip("(). ").upper()
        if letter not in ("A", "B"):
            raise row.wrong(key, row.get(key), "A or B")
        found = _LETTERED.fullmatch(asked)
        if found is None or found["a"] == found["b"]:
            raise row.wrong("question", asked, "one that ends in options A and B")
        asked, values = found["question"], (found["a"].strip(), found["b"].strip())
        truth = values["AB".index(letter)]
        choice = {"options": values, "answer": "choice"}
    else:
        raise row.wrong("Question_Type", kind, "yes_no or multiple_choice")
    known = f"{group}-{image}"
    item = _item(
        row,
        "naturalbench",
        item_id=f"{group}-q{question}i{image}",
        scene_id=group,
        picture_id=known,
        picture=picture,
        family=kind,
        values=values,
        truth=truth,
        gold=truth,
        question=asked,
        meta={"strata": [kind], "image": known, "question": f"{group}-{question}"},
        **choice,
    )
    return Taken(item, row.where, embedded)


# ---- MMVP


_OPTION = re.compile(r"\(([a-z])\)\s*(.+?)\s*(?=\([a-z]\)|$)", re.IGNORECASE | re.DOTALL)


def _mmvp(row: Fields) -> list[Taken]:
    """A question a row.

    ``Index`` (pairs are 1 and 2, 3 and 4, ...), ``Question``, ``Options`` (``(a) Open (b)
    Closed``), ``Correct Answer``; pictures at ``MMVP Images/INDEX.jpg``.
    """
    place = row.whole("Index", "index", "idx")
    if place < 1:
        raise row.wrong("Index", place, "a whole number from 1 on: pairs are 1 and 2, 3 and 4")
    told = row.get("Options")
    options = [text.strip() for text in told] if isinstance(told, list) else []
    if isinstance(told, str):
        options = [text for _, text in _OPTION.findall(told)]
    if len(options) != 2 or not all(options) or options[0] == options[1]:
        raise row.wrong("Options", told, "two options as (a) ... (b) ...")
    letter = row.text("Correct Answer", "answer").strip("(). ").lower()
    if letter not in ("a", "b"):
        raise row.wrong("Correct Answer", row.get("Correct Answer", "answer"), "(a) or (b)")
    truth = options["ab".index(letter)]
    pair = f"pair{(place + 1) // 2}"
    embedded = row.embedded("image")
    item = _item(
        row,
        "mmvp",
        item_id=str(place),
        scene_id=pair,
        picture_id=str(place),
        picture=name_of(str(place)) if embedded else f"{place}.jpg",
        values=(options[0], options[1]),
        truth=truth,
        gold=truth,
        question=row.text("Question"),
        options=tuple(options),
        answer="choice",
        meta={"strata": [], "pair": pair},
    )
    return [Taken(item, row.where, embedded)]


# ---- VLMs are Biased


_SIZE = re.compile(r"(_Q\d)?(_px|_)(384|768|1152)(_Q?\d)?$")


def _biased(row: Fields) -> list[Taken]:
    """A question a row.

    ``ID``, ``image``, ``topic``, ``sub_topic``, ``prompt``, ``ground_truth``, ``expected_bias``.
    """
    own = row.text("ID", "id")
    truth, prior = (
        told.strip("{} ") if told else ""
        for told in (row.text("ground_truth"), row.words("expected_bias"))
    )
    counted = all(numbers.read(told) is not None for told in (truth, prior) if told)
    values: tuple[str, str]
    if {truth.lower(), prior.lower() or "yes"} <= set(YES_NO):
        truth, prior, values = truth.lower(), prior.lower(), YES_NO
    else:
        same = prior.lower() in ("", truth.lower())
        values = (truth, "") if same else (min(truth, prior), max(truth, prior))
        prior = prior and (truth if same else prior)
    topic = row.text("topic")
    shown = PurePosixPath(row.words("image_path")).stem or own
    picture, embedded = row.picture(f"{split_of(row.row)}/{shown}", "image")
    scene = _SIZE.sub("", shown)
    item = _item(
        row,
        "vlms-are-biased",
        item_id=own,
        scene_id=f"{row.words('sub_topic') or topic}/{scene}",
        picture_id=shown,
        picture=picture,
        family=topic,
        values=values,
        truth=truth,
        gold=truth,
        cue=PRIOR if prior else "",
        cue_value=prior,
        question=row.text("prompt"),
        answer="number" if counted else "text",
        meta={"strata": [topic]},
    )
    return [Taken(item, row.where, embedded)]


# ---- VQAv2 and GQA


class _Answered(NamedTuple):
    """What people answered to a question, in the order of the file; or what is wrong with it."""

    where: str
    kind: str
    truth: str
    answers: list[str]
    wrong: DataError | None


def _vqa(rows: Iterable[Fields]) -> list[Taken]:
    """A question a row, or two files, questions and annotations, that share ``question_id``.

    ``question_id``, ``image_id``, ``question``, ``answers``, ``multiple_choice_answer``,
    ``answer_type``.
    """
    asked: dict[str, Taken] = {}
    answered: dict[str, _Answered] = {}
    same: dict[str, str] = {}
    where = ""
    for row in rows:
        where = where or row.where
        own = row.text("question_id", "questionId")
        if row.get("question") is not None:
            _once(asked, own, row)
            asked[own] = _vqa_asked(own, row)
        if row.get("answers") is not None:
            _once(answered, own, row)
            answered[own] = _vqa_answered(row, same)
    for own, one in asked.items():
        if own not in answered:
            raise DataError(
                f"{one.where}: no answers to question {own}; give the folder that holds the file "
                "of annotations, too"
            )
    if not asked:
        raise DataError(
            f"{where}: no question; give the folder that holds the file of questions, too"
        )
    return [_vqa_whole(one, answered.pop(own)) for own, one in asked.items()]


def _once(there: Mapping[str, Taken | _Answered], own: str, row: Fields) -> None:
    if own in there:
        raise DataError(f"{row.where}: question {own} was already in {there[own].where}")


def _vqa_asked(own: str, row: Fields) -> Taken:
    """A question, before it is known what is right."""
    of_image = row.text("image_id", "imageId", "image")
    if embedded := row.embedded("image"):
        picture = name_of(of_image)
    elif re.fullmatch(r"[0-9]{1,15}", of_image):
        picture = f"{int(of_image):012d}.jpg"  # COCO's names end in it
    else:
        picture = of_image
    item = _item(
        row,
        "vqav2",
        item_id=own,
        scene_id=of_image,
        picture_id=of_image,
        picture=picture,
        values=("", ""),
        truth="",
        gold="",
        question=row.text("question"),
        meta={},
    )
    return Taken(item, row.where, embedded)


def _vqa_answered(row: Fields, same: dict[str, str]) -> _Answered:
    """What was answered; texts that come again are kept once, in ``same``."""
    told = row.get("answers")
    answers: list[Any] = [
        one.get("answer") if isinstance(one, dict) else one
        for one in (told if isinstance(told, list) else [])
    ]
    wrong = None
    if not answers or not all(isinstance(one, str) and one.strip() for one in answers):
        wrong = row.wrong("answers", told, "a list of answers, each with answer")
    kind, truth = row.words("answer_type") or "other", row.words("multiple_choice_answer")
    if not wrong:
        answers = [same.setdefault(one, one) for one in answers]
        truth = truth or Counter(answers).most_common(1)[0][0]
    kind, truth = (same.setdefault(one, one) for one in (kind, truth))
    return _Answered(row.where, kind, truth, answers, wrong)


def _vqa_whole(asked: Taken, answered: _Answered) -> Taken:
    if answered.wrong:
        raise answered.wrong
    kind, truth = answered.kind, answered.truth
    values = YES_NO if truth.lower() in YES_NO else (truth, "")
    truth = truth.lower() if values is YES_NO else truth
    item = msgspec.structs.replace(
        asked.item,
        family=kind,
        values=values,
        truth=truth,
        gold=truth,
        answer="number" if kind == "number" and numbers.read(truth) is not None else "text",
        meta=asked.item.meta | {"strata": [kind], "answers": answered.answers},
    )
    return asked._replace(item=item)


def _gqa(row: Fields) -> list[Taken]:
    """An object of questions by id, or ``id``; ``question``, ``imageId``, ``answer``, ``types``."""
    own = row.words(KEY, "id", "question_id", "index")
    if not own:
        raise row.wrong("id", None, "the question's id, as key or as column")
    truth = row.text("answer")
    values = YES_NO if truth.lower() in YES_NO else (truth, "")
    truth = truth.lower() if values is YES_NO else truth
    image = row.text("imageId")
    embedded = row.embedded("image")
    kind = row.words("types.structural") or "other"
    item = _item(
        row,
        "gqa",
        item_id=own,
        scene_id=image,
        picture_id=image,
        picture=name_of(image) if embedded else f"{image}.jpg",
        family=kind,
        values=values,
        truth=truth,
        gold=truth,
        question=row.text("question"),
        meta={"strata": [kind]},
    )
    return [Taken(item, row.where, embedded)]


def _ways(*ways: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(way.split()) for way in ways)


# The most particular first: a row is of the first layout that it fits.
LAYOUTS = (
    Layout(
        "hallusionbench",
        "HallusionBench",
        _ways("setid figureid questionid question gtanswer", "index l2category question answer"),
        _each(_hallusion),
    ),
    Layout(
        "vlms-are-biased", "VLMs are Biased", _ways("prompt groundtruth expectedbias"),
        _each(_biased),
    ),
    Layout(
        "naturalbench", "NaturalBench",
        _ways("question0 question1 image0question0 image1question1 questiontype"),
        _each(_natural),
    ),
    Layout("mmvp", "MMVP", _ways("question options correctanswer"), _each(_mmvp)),
    Layout(
        "vqav2", "VQAv2",
        _ways("questionid answers", "questionid imageid question"),
        _vqa,
    ),
    Layout("gqa", "GQA", _ways("question imageid answer"), _each(_gqa)),
    Layout(
        "naturalbench", "NaturalBench", _ways("index question answer questiontype"),
        _each(_natural_flat),
    ),
    Layout(
        "pope", "POPE",
        _ways("questionid image text label", "question answer category image",
              "question answer category imagesource"),
        _each(_pope),
    ),
)  # fmt: skip
TITLES = {layout.name: layout.title for layout in LAYOUTS}


def layout_of(row: ForeignRow) -> Layout | None:
    """The layout of a file by its first row; None: of none."""
    names = {plain(name) for name in row.values if name != GROUP}
    names |= {plain(name) for name in embedding_columns(row.file)}
    # Of a struct with a picture both parts are told.
    names |= {plain(name.partition(".")[0]) for name in row.values}
    return next((one for one in LAYOUTS if one.fits(frozenset(names))), None)


def names_pictures(first: ForeignRow) -> bool:
    """Whether rows of a file, by its first one, can hold pictures that others name."""
    return {"index", "image"} <= first.values.keys()


def holding(rows: Sequence[ForeignRow]) -> dict[str, ForeignRow]:
    """Rows by ``index`` that hold a picture as text; VLMEvalKit names them where it comes again."""
    return {
        str(row.values["index"]): row
        for row in rows
        if len(str(row.values.get("image", ""))) > _NO_PICTURE and "index" in row.values
    }
