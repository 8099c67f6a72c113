"""From a study file to prediction files that are scored like a model's.

    OUT/
      01-anna.jsonl        item_id, raw_text, model, started_at, answered_at, response_ms
      01-anna.items.txt    the ids in it, one a line
      times.csv            one line for every answer of everybody

One file a person, in the order of answering. Items that a person did not answer, or whose picture
could not be shown, are absent: they are not wrong answers.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handeye.atomic import write_all
from handeye.errors import DataError, refusal
from handeye.study.store import GivenAnswer, Person, Store


@dataclass(frozen=True, slots=True)
class PersonAnswers:
    """What one person answered.

    ``model`` is the name their answers go by, ``human:NICKNAME`` (with the number where others have
    the same); ``finished`` says that nothing is left to answer.
    """

    number: int
    nickname: str
    model: str
    answers: tuple[GivenAnswer, ...]
    finished: bool

    @property
    def file_name(self) -> str:
        """Stem of the person's files: number from 1 and what of the nickname suits a file."""
        words = re.findall("[a-z0-9]+", self.nickname.lower())
        kept = "-".join(words)
        return f"{self.number + 1:02d}-{kept}" if kept else f"{self.number + 1:02d}"

    def texts(self) -> dict[str, str]:
        """Answer text by item id; skipped items are absent."""
        return {a.item_id: a.raw_text for a in self.answers if a.raw_text is not None}


def read_people(file: Path) -> tuple[list[PersonAnswers], dict[str, Any], list[str]]:
    """Everybody who answered anything, in order of joining; the study's settings and strata.

    Raises:
        DataError: not a study file, or nobody has answered anything.
    """
    with Store(file, read_only=True) as store:
        people, answers = store.people(), store.answers()
        settings, strata = store.settings(), store.strata()
    by_person: dict[int, list[GivenAnswer]] = defaultdict(list)
    for answer in answers:
        by_person[answer.person].append(answer)
    present = [person for person in people if by_person[person.number]]
    if not present:
        raise DataError(f"{file}: nobody has answered anything yet")
    names = _names(present)
    found = [
        PersonAnswers(
            person.number,
            person.nickname,
            name,
            tuple(by_person[person.number]),
            person.answered == person.items,
        )
        for person, name in zip(present, names, strict=True)
    ]
    return found, settings, strata


def _names(people: Sequence[Person]) -> list[str]:
    """A name of their own for everybody; a nickname that is not the only one gets the number."""
    bare = [person.nickname or f"person {person.number + 1}" for person in people]
    counts = Counter(bare)
    return [
        f"human:{name}" if counts[name] == 1 else f"human:{name} ({person.number + 1})"
        for person, name in zip(people, bare, strict=True)
    ]


def export(file: Path, out: Path) -> list[Path]:
    """Write the prediction files, item lists and times of a study into the folder ``out``.

    Args:
        file: the study file; a server may be using it.
        out: made if absent; files of the same names are replaced, others left alone.

    Returns:
        The prediction files, in order of joining.

    Raises:
        DataError: not a study file, or nothing answered yet, or ``out`` cannot be written.
    """
    people, _, strata = read_people(file)
    files: dict[Path, str] = {}
    for person in people:
        if not (texts := person.texts()):
            continue
        rows = [_row(person.model, a) for a in person.answers if a.raw_text is not None]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        files[out / f"{person.file_name}.jsonl"] = lines
        files[out / f"{person.file_name}.items.txt"] = "".join(f"{i}\n" for i in texts)
    files[out / "times.csv"] = _times(people, strata)
    try:
        write_all({path: text.encode() for path, text in files.items()})
    except OSError as error:
        raise DataError(f"{out}: cannot be written: {refusal(error)}") from None
    return [path for path in files if path.suffix == ".jsonl"]


def _row(model: str, answer: GivenAnswer) -> dict[str, object]:
    return {
        "item_id": answer.item_id,
        "raw_text": answer.raw_text,
        "model": model,
        "started_at": answer.shown_at,
        "answered_at": answer.answered_at,
        "response_ms": answer.response_ms,
    }


def _times(people: Sequence[PersonAnswers], strata: Sequence[str]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    head = ("person", "model", "place", "item_id", "scene_id", *strata)
    table.writerow((*head, "started_at", "answered_at", "response_ms", "skipped"))
    for person in people:
        for a in person.answers:
            asked = (person.number + 1, person.model, a.place + 1, a.item_id, a.scene_id)
            given = (a.shown_at, a.answered_at, a.response_ms, int(a.raw_text is None))
            table.writerow((*asked, *a.stratum, *given))
    return text.getvalue()
