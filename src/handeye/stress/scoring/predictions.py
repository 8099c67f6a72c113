"""Prediction files: one JSON object a line with ``item_id`` and ``raw_text``.

Optional fields: ``model``, ``error``, ``state``; ``form`` (how the answer was asked for, ``free``
unless it says so) and ``order`` (places of the item's options by letter as shown; the set's own
unless it says so); ``letters`` (spelling to log-probability where the answer names an option),
``letters_bound`` (what a spelling that is not among them has at most); ``state_first`` (whether the
text is to state what is seen before it answers);
``way`` (the way in which it was asked for; in the ``written`` one the answer stands between tags);
``ablation`` (what was done to the picture) and ``media_sha256``, which must be that of the item's
picture where nothing was done. Other fields are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from handeye.errors import DataError, OptionError
from handeye.printing import blank, noun
from handeye.run.answers import ANSWER_STATES, Answer
from handeye.run.plan import Plan
from handeye.scores import join
from handeye.stress.items import Item

Form = Literal["free", "letters"]
"""How an answer is asked for: a short free one, or a letter of options in some order."""
FORMS: tuple[Form, ...] = get_args(Form)
FREE: Form = "free"
Ablation = Literal["", "grey", "swap"]
"""What was done to the picture: nothing, a grey one shown in its place, or one of another group."""
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)

Way = Literal["plain", "detector", "agent", "written"]
"""How a question is put: as it is; with what a detector found in the picture; in three steps of one
conversation; or asking for what is seen, as facts, and then for the answer."""
WAYS: tuple[Way, ...] = get_args(Way)
PLAIN: Way = "plain"
STEPS = 3
"""Turns of an agent."""


def refuse_stripping(way: str | None, strip_thoughts: bool) -> None:
    """Refuse to take marks off answers that have some by the form in which they were asked for.

    Raises:
        OptionError: that is wanted of the written way.
    """
    if way == "written" and strip_thoughts:
        raise OptionError(
            "the written way has tags of its own, around thoughts, too: leave out --strip-thoughts"
        )


def form_of(item: Item, form: Form) -> Form:
    """How an item is asked in a run of that form: by letters where it cannot be asked otherwise."""
    return "letters" if item.answer == "choice" else form


class Prediction(msgspec.Struct, frozen=True):
    """One answer as it came; ``raw_text`` is None when none came."""

    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: Any = None
    state: str | None = None
    form: Form | None = None
    order: tuple[int, ...] | None = None
    letters: dict[str, float] | None = None
    letters_bound: float | None = None
    state_first: bool | None = None
    ablation: Ablation | None = None
    way: Way | None = None
    media_sha256: Any = None


def _differs(item: Item, row: Prediction) -> join.Difference | None:
    """What a prediction is about and the item is not; a failure is about nothing."""
    if row.error or row.state == "error" or row.ablation:
        return None
    sha256 = row.media_sha256
    if not (isinstance(sha256, str) and sha256 and item.sha256):
        return None
    if sha256.lower() == item.sha256.lower():
        return None
    return join.Difference("picture", sha256, item.sha256)


ITEMS = join.Words(
    "item",
    "data",
    "to score only some use --family or --items, to score the rest as a partial run "
    "--allow-missing",
    _differs,
)


def _problem(found: Prediction) -> str | None:
    if found.order is not None and sorted(found.order) != list(range(len(found.order))):
        return f"order is {list(found.order)}, not places of options once each"
    return join.letters_problem(found.letters, found.letters_bound)


read_prediction = join.LineReader(Prediction, ANSWER_STATES, _problem)
"""Decodes a line of a prediction file."""
of_row = read_prediction.of
"""Takes a row that is no line of a file."""


def of_file(path: Path, strip_thoughts: bool = False) -> join.Predictions[Prediction]:
    """All predictions of a file.

    Args:
        path: of the file.
        strip_thoughts: take thoughts and special tokens off the texts.

    Raises:
        DataError: no such file, an unreadable line, an id twice.
    """
    reader = join.without_marks(read_prediction) if strip_thoughts else read_prediction
    return join.Predictions.of_file(path, reader, ITEMS)


def hold_orders(
    pairs: Sequence[tuple[Item, Prediction]], answers: join.Predictions[Prediction]
) -> None:
    """Hold the orders of options that predictions tell to their items.

    Raises:
        DataError: one has more or fewer options than its item; of the first, where it stands.
    """
    for item, found in pairs:
        told, known = len(found.order or ()), len(item.options)
        place = answers.place(item.item_id)
        if told and told != known and place is not None:
            raise DataError(
                f"{answers.stands(place)}: order is of {told} {noun(told, 'options')}, and item "
                f"{item.item_id} has {known}; give with --data the set that the model was asked "
                "about"
            )


def all_said(plan: Plan, answers: Sequence[Answer]) -> Sequence[Answer]:
    """Of a run's answers about an item, in order of arrival, those of its conversation.

    None of an agent that has further steps to go.
    """
    if plan.asked.get("way") != "agent":
        return answers[-1:]
    last = answers[-1]
    done = len(answers) >= STEPS or last.state == "refused" or blank(last.raw_text)
    return answers[-STEPS:] if done else ()


def any_predictions(given: join.Given) -> join.Predictions[Prediction]:
    """Predictions of any accepted form: a path, ``{item_id: raw_text}``, rows, or predictions.

    Raises:
        DataError: as :func:`of_file`; another form.
    """
    return join.predictions_of(given, of_file, of_row, ITEMS)
