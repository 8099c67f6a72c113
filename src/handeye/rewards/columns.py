"""What rewards need to know of a row: gold and facts, as columns of a published schema.

``columns.schema.json`` beside this file is the schema (:func:`schema` makes it); ``version`` in a
row says which one it follows. Columns travel under their own names, or all of them as one JSON
text ``ground_truth`` where a trainer has a single place for what is right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, get_args

import msgspec

from handeye.answer_kinds import number
from handeye.answer_kinds.choice import LETTERS
from handeye.errors import DataError, OptionError, allowed
from handeye.reading import UNREADABLE, why
from handeye.rewards import facts as said
from handeye.rewards.written import BLOCKS, tagged

VERSION = 1
Kind = Literal["text", "number", "choice", "truth", "calls"]
"""How an answer is read (:mod:`handeye.answer_kinds`)."""


class Truth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is right about one question, and what is true of its picture.

    Attributes:
        version: of the schema: 1.
        gold: the right answer. Of kind ``choice`` the words of the right option.
        kind: how answers are read.
        answers: what may be answered, each in its own words, then in others that mean the same; of
            kind ``choice`` the options in the order of their letters. Empty where any text may.
        facts: all that is true of the picture, in the grammar of :mod:`handeye.rewards.facts`.
            Empty where that is not known: then only a reader of what is stated can reward it.
        needed: of them, in the fewest words, those that the question needs.
        program: what the question does with facts; empty where the facts are themselves what is
            asked for, or where none is known.
        cue_facts: what words in the prompt claim of the picture, true or false.
        question: what is asked, without any cue: what a reader without the picture is asked.
        direct: whether one fact is the answer, so that rewarding it rewards the answer twice.
    """

    gold: str
    kind: Kind = "text"
    version: Literal[1] = 1
    answers: tuple[tuple[str, ...], ...] = ()
    facts: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    program: str = ""
    cue_facts: tuple[str, ...] = ()
    question: str = ""
    direct: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """The right answer in all words that say it."""
        return next((way for way in self.answers if way[0] == self.gold), (self.gold,))


COLUMNS = Truth.__struct_fields__
"""Names of the columns."""


def checked(truth: Truth) -> Truth:
    """A truth whose parts fit each other.

    Raises:
        DataError: a fact or program that is none, answers or gold that nobody could give, facts
            that do not bear out what is needed or that the program cannot use; with the column.
    """
    if not all(truth.answers) or not all(map(all, truth.answers)):
        raise DataError("answers: an answer has no words")
    named = [way[0] for way in truth.answers]
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise DataError(f"answers: {twice!r} is there twice")
    if not truth.gold.strip():
        raise DataError("gold: it has no words")
    if truth.kind == "number" and truth.gold not in named and number.read(truth.gold) is None:
        raise DataError(f"gold: {truth.gold!r} is no number")
    if truth.kind != "number" and named and truth.gold not in named:
        raise DataError(f"gold: {truth.gold!r} is none of the answers")
    if truth.kind == "truth" and truth.gold not in ("true", "false"):
        raise DataError(f"gold: {truth.gold!r} is neither true nor false")
    if truth.kind == "choice" and not truth.answers:
        raise DataError("answers: there are none, and a choice is between some")
    if truth.kind == "choice" and len(named) > len(LETTERS):
        raise DataError(f"answers: {len(named)} options; there are {len(LETTERS)} letters")
    for column in ("facts", "needed", "cue_facts"):
        try:
            said.scene(getattr(truth, column))
        except DataError as error:
            raise DataError(f"{column}: {error}") from None
    true, needed = said.scene(truth.facts), said.scene(truth.needed)
    for fact, there in zip(needed, said.founded(needed, true), strict=True):
        if not there:
            raise DataError(f"needed: {str(fact)!r} does not follow from the facts")
    if truth.program:
        try:
            found = said.program(truth.program)(true)
        except DataError as error:
            raise DataError(f"program: {error}") from None
        if found is None:
            raise DataError(f"program: the facts do not tell {truth.program!r}")
    return truth


@lru_cache(maxsize=4096)
def _of_json(text: str) -> Truth:
    return checked(msgspec.json.decode(text, type=Truth))


@lru_cache(maxsize=4096)
def _checked(truth: Truth) -> Truth:
    return checked(truth)


def truth_of(values: Mapping[str, Any] | str | Truth, where: str = "") -> Truth | None:
    """A truth from the columns of a row, or from all of them as JSON.

    Args:
        values: columns by name, others are left alone; what is None counts as not there.
        where: the row's place, for messages.

    Returns:
        None where the row has no gold, as rows of other tasks in one training.

    Raises:
        DataError: a column is not what the schema says; with the place and the column.
    """
    at = f"{where}: " if where else ""
    try:
        if isinstance(values, Truth):
            return _checked(values)
        if isinstance(values, str):
            return _of_json(values)
        if not isinstance(values, Mapping):
            raise DataError(f"expected columns by name or as JSON, got {type(values).__name__}")
        known = {name: values[name] for name in COLUMNS if values.get(name) is not None}
        if "gold" not in known:
            return None
        return _checked(msgspec.convert(known, Truth))
    except UNREADABLE as error:
        # Where the value stands: $.facts[2].
        raise DataError(f"{at}{why(error)}") from None
    except DataError as error:
        raise DataError(f"{at}{error}") from None


def truths(n: int, columns: Mapping[str, Any]) -> list[Truth | None]:
    """The truths of a batch.

    Args:
        n: how many completions there are.
        columns: lists of ``n`` by name, as trainers hand them on: those of :data:`COLUMNS`, or
            ``ground_truth`` with JSON texts or objects; others are left alone.

    Raises:
        DataError: as :func:`truth_of`, with the row's number from 0; a list of another length.
    """
    # Lists, or arrays of objects; a text or a number is nothing by rows.
    lists = {
        name: list(columns[name])
        for name in (*COLUMNS, "ground_truth")
        if hasattr(columns.get(name), "__len__") and not isinstance(columns[name], (str, dict))
    }
    names = [name for name in COLUMNS if name in lists]
    whole = lists.get("ground_truth")
    if "gold" not in names and whole is not None:
        _as_many("ground_truth", whole, n)
        return [
            None if one is None else truth_of(one, f"ground_truth[{at}]")
            for at, one in enumerate(whole)
        ]
    for name in names:
        _as_many(name, lists[name], n)
    return [
        truth_of({name: lists[name][at] for name in names}, f"row {at} of the batch")
        for at in range(n)
    ]


def _as_many(name: str, values: Sequence[Any], n: int) -> None:
    if len(values) != n:
        raise DataError(f"column {name} has {len(values)} values for {n} completions")


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of the columns of a row."""
    (found,), parts = msgspec.json.schema_components([Truth], ref_template="#/$defs/{name}")
    del found
    made = parts["Truth"]
    # A row has columns of others, too.
    made.pop("additionalProperties", None)
    about = _attributes()
    for name, value in made["properties"].items():
        value["description"] = about[name]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"handeye-rewards-{VERSION}",
        **made,
        "title": "Columns of a row for rewards",
        "description": "Gold and facts of one question about one picture.",
    }
    # As it is read from a file: lists, no tuples.
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return told


def _attributes() -> dict[str, str]:
    """What the docstring says of each column."""
    told = (Truth.__doc__ or "").partition("Attributes:")[2]
    found: dict[str, str] = {}
    name = ""
    for line in map(str.strip, told.splitlines()):
        head, colon, rest = line.partition(": ")
        if colon and head in COLUMNS and head not in found:
            name, line = head, rest
            found[name] = line
        elif name and line:
            found[name] += f" {line}"
    return {key: " ".join(re.sub(r":\w+:|`", "", value).split()) for key, value in found.items()}


# ---- rows that a policy is trained on

TASK = (
    "First write down what you see that matters for this, between <recognition> and "
    "</recognition>, as facts with a semicolon between them. A fact is a thing that is there, with "
    "what is so about it: {thing}. {relation}Say that there is no such thing with: no {name}. "
    "State every thing as a fact of its own, once, all that you say of it in that fact, and "
    "nothing else there. Then write your answer, and it alone, between <answer> and </answer>. "
    "{answer}"
)
BLIND = (
    "Somebody who sees a picture wrote down these facts about it:\n\n{facts}\n\nYou cannot see the "
    "picture. By these facts alone: {question}\n\nAnswer in a word or two and nothing else. If the "
    "facts do not tell, answer: unknown."
)
UNTOLD = "unknown"
"""What a reader answers whom the facts do not tell."""


@dataclass(frozen=True, slots=True)
class Task:
    """One question about one picture, with what is right.

    Attributes:
        item_id: unique within its set.
        scene_id: what is resampled together.
        pictures: paths of the pictures within the set, in the order in which they are shown.
        prompt: all words that go out.
        truth: what is right.
    """

    item_id: str
    scene_id: str
    pictures: tuple[str, ...]
    prompt: str
    truth: Truth


def asked(question: str, answer: str, thing: str, relation: str = "") -> str:
    """A question with the written form that is asked for.

    Args:
        question: with its cue and options.
        answer: the form of the answer: ``a word or two.``
        thing: an example of a fact: ``star colour=red x=left``. What it says must be the same for
            every picture that is asked about in these words.
        relation: an example of a relation; empty: none is of use.

    Raises:
        DataError: the question has a tag of the form, so that copying it would look like answering.
    """
    low = question.casefold()
    for name in BLOCKS:
        if f"<{name}" in low or f"</{name}" in low:
            raise DataError(
                f"the question has a tag <{name}>, which stands for a part of an answer"
            )
    related = f"Or how two things lie to each other: {relation}. " if relation else ""
    name = thing.split(" ")[0]
    told = TASK.format(thing=thing, relation=related, name=name, answer=answer)
    return f"{question}\n\n{told}"


def blind(recognition: str, truth: Truth) -> str:
    """What a reader is asked who has only what was stated: the policy itself, or another model."""
    return BLIND.format(facts=recognition.strip(), question=truth.question)


Layout = Literal["trl", "swift", "verl", "easyr1"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


def rows(
    tasks: Iterable[Task],
    layout: Layout = "trl",
    *,
    complete: bool = False,
    text_only: bool = False,
) -> Iterator[dict[str, Any]]:
    """Rows of a training set, with the columns that rewards need.

    Every row has ``item_id``, ``scene_id`` and ``images`` (paths within the set). ``trl`` and
    ``swift`` have the columns under their own names beside ``prompt`` or ``messages``; ``verl`` and
    ``easyr1`` have them as one JSON text, as ``reward_model.ground_truth`` and ``answer``.

    Args:
        tasks: of a suite.
        layout: of which trainer.
        complete: with ``completion``, the right one, to be learned from.
        text_only: behind each row what a blindfolded reader learns from: needed facts and the
            question, completed by the answer; and the same with a fact left out that it takes,
            completed by :data:`UNTOLD`, so that facts are not guessed from. Rows of this kind are
            no rows for rewards: their completions have no recognition.

    Raises:
        OptionError: an unknown layout; text-only rows without completions.
        DataError: a truth whose parts do not fit; with the item.
    """
    if layout not in LAYOUTS:
        raise OptionError(f"layout is {layout!r}{allowed(layout, LAYOUTS)}")
    if text_only and not complete:
        raise OptionError("text-only rows are learned from and not rewarded: ask for completions")
    for task in tasks:
        try:
            truth = checked(task.truth)
        except DataError as error:
            raise DataError(f"item {task.item_id}: {error}") from None
        answer = right_answer(truth)
        yield _row(task, layout, written(truth, truth.needed) if complete else None)
        if text_only and truth.question and truth.needed:
            # In an order that says nothing: that of the scene is the generator's.
            given = sorted(truth.needed, key=lambda fact: _drawn(task.item_id, fact))
            yield _row(_unseen(task, given, "text"), layout, answer)
            if truth.program and said.program(truth.program)(said.scene(tuple(given[1:]))) is None:
                yield _row(_unseen(task, given[1:], "untold"), layout, UNTOLD)


def written(truth: Truth, facts: Sequence[str]) -> str:
    """The right answer in the written form, behind some of what is true."""
    return tagged(said.as_text(facts), right_answer(truth))


def right_answer(truth: Truth) -> str:
    """The right answer as it is to be written: of a choice its letter."""
    if truth.kind != "choice":
        return truth.gold
    return LETTERS[[way[0] for way in truth.answers].index(truth.gold)]


def _drawn(*key: str) -> bytes:
    return hashlib.sha256("\0".join(key).encode()).digest()


def _unseen(task: Task, given: Sequence[str], name: str) -> Task:
    """The same question to somebody who has facts and no picture."""
    prompt = blind(said.as_text(given) or "(none)", task.truth)
    return Task(f"{task.item_id}-{name}", task.scene_id, (), prompt, task.truth)


def _row(task: Task, layout: Layout, completion: str | None) -> dict[str, Any]:
    head: dict[str, Any] = {"item_id": task.item_id, "scene_id": task.scene_id}
    columns = msgspec.to_builtins(task.truth)
    whole = msgspec.json.encode(task.truth).decode()
    images = list(task.pictures)
    placed = "<image>" * len(images) + task.prompt
    said_last = [{"role": "assistant", "content": completion}] if completion is not None else []
    if layout == "trl":
        asked_first = [{"role": "user", "content": task.prompt}]
        done = {"completion": said_last} if said_last else {}
        return {**head, "prompt": asked_first, **done, "images": images, **columns}
    asked_first = [{"role": "user", "content": placed}]
    if layout == "swift":
        return {**head, "messages": asked_first + said_last, "images": images, **columns}
    if completion is not None:
        head["completion"] = completion
    if layout == "verl":
        return {
            **head,
            "data_source": "handeye",
            "prompt": asked_first,
            "images": [{"image": image} for image in images],
            "reward_model": {"style": "rule", "ground_truth": whole},
            "extra_info": {"item_id": task.item_id, "scene_id": task.scene_id},
        }
    return {**head, "problem": placed, "answer": whole, "images": images}
