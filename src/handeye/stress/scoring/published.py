"""The figures that published sets are reported by, of the same answers, beside those of the suite.

Every one is a quotient of two sums over questions, or over units that are right where all of their
questions are, so each has an interval from the same bootstrap over groups. ``strict`` takes answers
in the form that was asked for; ``lenient`` reads longer ones, too, as the readers of the releases
do, and is what published figures are closer to. An answer that cannot be read is wrong, and neither
yes nor no. docs/stress-foreign.md says where each formula is from and where releases differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.scores.estimate import Estimate
from handeye.scores.tables import Column
from handeye.stats.sums import Sums
from handeye.stress.items import Item
from handeye.stress.scoring.score import Groups, ScoreRow

Floats = NDArray[np.float64]
Quotients = dict[str, tuple[Floats, Floats]]
"""Figure to numerator and denominator, a number a question."""
READINGS = ("strict", "lenient")


@dataclass(frozen=True, slots=True)
class Answers:
    """Questions of one set with what was said, in one of the two readings."""

    items: Sequence[Item]
    rows: Sequence[ScoreRow]
    lenient: bool

    @property
    def right(self) -> Floats:
        """1 where the answer is right."""
        return self._of(lambda row: row.lenient_right if self.lenient else row.right)

    def says(self, row: ScoreRow) -> str:
        """What an answer comes to."""
        return row.lenient_says if self.lenient else row.says

    def said(self, value: str) -> Floats:
        """1 where a value was said."""
        return self._of(lambda row: (row.lenient_said if self.lenient else row.said) == value)

    def known(self, name: str) -> list[Any]:
        """What ``meta`` says of each item."""
        return [item.meta.get(name) for item in self.items]

    def _of(self, told: Callable[[ScoreRow], Any]) -> Floats:
        return np.array([told(row) for row in self.rows], np.float64)


def whole(right: Floats, keys: Sequence[Hashable]) -> tuple[Floats, Floats]:
    """Units that are right where all of their questions are; each counts at its first question.

    Args:
        right: 1 or 0 a question.
        keys: of their units; empty or None: the question is in no unit.
    """
    count, all_right = np.zeros(len(right)), np.zeros(len(right))
    first: dict[Hashable, int] = {}
    for place, key in enumerate(keys):
        if not key:
            continue
        at = first.setdefault(key, place)
        if at == place:
            count[at], all_right[at] = 1, right[place]
        else:
            all_right[at] *= right[place]
    return all_right, count


def _hallusion(told: Answers) -> Quotients:
    # Where nothing was shown, who does not know is right.
    unsure = np.array(
        [
            not item.picture and row.answer_state in ("answered", "unreadable")
            and told.says(row) not in ("a", "b")
            for item, row in zip(told.items, told.rows, strict=True)
        ],
        np.float64,
    )  # fmt: skip
    right = np.maximum(told.right, unsure)
    return {
        "aAcc": (right, np.ones(len(right))),
        "fAcc": whole(right, told.known("figure")),
        "qAcc": whole(right, told.known("question")),
    }


def _pope(told: Answers) -> Quotients:
    yes = told.said("yes")
    true = np.array([item.gold == "yes" for item in told.items], np.float64)
    both = yes * true
    every = np.ones(len(yes))
    return {
        "accuracy": (told.right, every),
        "precision": (both, yes),
        "recall": (both, true),
        "F1": (2 * both, yes + true),
        "yes_ratio": (yes, every),
    }


def _natural(told: Answers) -> Quotients:
    right = told.right
    return {
        "Acc": (right, np.ones(len(right))),
        "Q_Acc": whole(right, told.known("question")),
        "I_Acc": whole(right, told.known("image")),
        "G_Acc": whole(right, [item.scene_id for item in told.items]),
    }


def _mmvp(told: Answers) -> Quotients:
    right = told.right
    return {
        "pair_accuracy": whole(right, told.known("pair")),
        "accuracy": (right, np.ones(len(right))),
    }


def _biased(told: Answers) -> Quotients:
    known = np.array([bool(item.cue_value) for item in told.items], np.float64)
    prior = np.array(
        [
            bool(item.cue_value)
            and (row.lenient_said if told.lenient else row.said) == item.cue_value
            for item, row in zip(told.items, told.rows, strict=True)
        ],
        np.float64,
    )
    return {"accuracy": (told.right, np.ones(len(known))), "bias_ratio": (prior, known)}


def _credited(name: str) -> Callable[[Answers], Quotients]:
    def figures(told: Answers) -> Quotients:
        given = np.array([row.credit or 0.0 for row in told.rows])
        return {name: (given, np.ones(len(given)))}

    return figures


@dataclass(frozen=True, slots=True)
class Measure:
    """How a set is reported.

    Attributes:
        columns: its figures.
        figures: their quotients.
        readings: of answers.
    """

    columns: tuple[Column, ...]
    figures: Callable[[Answers], Quotients]
    readings: tuple[str, ...] = READINGS


_ACCURACY = Column("accuracy", "right answers, of all questions")
MEASURES = {
    "hallusionbench": Measure(
        (
            Column("aAcc", "right answers, of all questions"),
            Column("fAcc", "figures of which every question is right"),
            Column("qAcc", "questions that are right of every figure they are asked of"),
        ),
        _hallusion,
    ),
    "pope": Measure(
        (
            _ACCURACY,
            Column("precision", "of answers yes, those where yes is right"),
            Column("recall", "where yes is right, answers yes"),
            Column("F1", "harmonic mean of precision and recall; n: answers yes and right yes"),
            Column("yes", "answers yes, of all questions", name="yes_ratio"),
        ),
        _pope,
    ),
    "naturalbench": Measure(
        (
            Column("Acc", "right answers, of all questions"),
            Column("Q-Acc", "questions that are right of both pictures", name="Q_Acc"),
            Column("I-Acc", "pictures of which both questions are right", name="I_Acc"),
            Column("G-Acc", "groups of which all four answers are right", name="G_Acc"),
        ),
        _natural,
    ),
    "mmvp": Measure(
        (Column("pairs", "pairs of which both are right", name="pair_accuracy"), _ACCURACY), _mmvp
    ),
    "vlms-are-biased": Measure(
        (
            _ACCURACY,
            Column("bias", "answers that are the expected bias, of questions that have one",
                   name="bias_ratio"),
        ),
        _biased,
    ),
    "vqav2": Measure(
        (Column("soft", "mean of min(1, others who say it / 3)", name="soft_accuracy"),),
        _credited("soft_accuracy"),
        ("as_written",),
    ),
    "gqa": Measure(
        (Column("exact", "the same words, in small letters without punctuation",
                name="exact_match"),),
        _credited("exact_match"),
        ("as_written",),
    ),
}  # fmt: skip
"""By name of the set."""


class Published(msgspec.Struct):
    """The figures of a published set: by reading of answers, then by part of the set."""

    set: str
    figures: dict[str, dict[str, dict[str, Estimate]]]


def published(
    items: Sequence[Item], rows: Sequence[ScoreRow], seed: int, resamples: int
) -> dict[str, Any]:
    """The figures of a run over a published set, as samples; empty for a set of the suite.

    Args:
        items: of the rows, in their order.
        rows: of a run.
        seed: of the bootstrap.
        resamples: of groups.
    """
    names = {item.meta.get("set") for item in items}
    named = names.pop() if len(names) == 1 else None
    if not isinstance(named, str) or named not in MEASURES:
        return {}
    measure = MEASURES[named]
    parts = _parts(items)
    columns: dict[str, Floats] = {}
    for reading in measure.readings:
        for part, inside in parts.items():
            told = Answers(
                [items[place] for place in inside], [rows[place] for place in inside],
                reading == "lenient",
            )  # fmt: skip
            for key, (above, below) in measure.figures(told).items():
                for end, values in (("above", above), ("below", below)):
                    column = np.zeros(len(rows))
                    # A question that stands in several parts counts in each, as in the releases.
                    np.add.at(column, inside, values)
                    columns[f"{reading}.{part}.{key}.{end}"] = column
    sums = Sums(["groups"] * len(rows), columns, resamples, seed, Groups(rows).cluster)
    figures = {
        reading: {
            part: {
                column.key: sums.share(f"{name}.above", f"{name}.below")
                for column in measure.columns
                for name in [f"{reading}.{part}.{column.key}"]
            }
            for part in parts
        }
        for reading in measure.readings
    }
    return {"set": named, "figures": figures}


def _parts(items: Sequence[Item]) -> Mapping[str, NDArray[np.int64]]:
    """Places of the questions of every part; ``all`` first."""
    found: dict[str, list[int]] = {"all": []}
    for place, item in enumerate(items):
        strata = item.meta.get("strata") or []
        # Of POPE a file may have a question of several strata once.
        found["all"] += [place] * (len(strata) if item.meta.get("set") == "pope" else 1)
        for stratum in strata:
            found.setdefault(str(stratum), []).append(place)
    return {name: np.array(places, np.int64) for name, places in found.items()}
