"""What every file of figures is: a struct that is written and read back as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from handeye.errors import OptionError
from handeye.printing import noun
from handeye.scores.estimate import figure_rows, figures_of
from handeye.shown import Shown, Words


class Recorded(Shown, msgspec.Struct, dict=True, kw_only=True):
    """A JSON file as a struct: summary.json, diagnosis.json; suites say what stands in it.

    Indexing goes by the names of the file and gives builtins, as ``data`` does. What ``n_scenes``
    are, ``scenes_are`` says in the suite's own word. ``adjusted`` is there where the model's
    answers went through an adjuster, and says through which (:func:`adjusted_words`).
    """

    scenes_are: ClassVar[str] = "scenes"
    adjusted: str | UnsetType = UNSET

    @property
    def named(self) -> str:
        """Whose answers they are: the model, and whether they were adjusted; empty: not known."""
        model = getattr(self, "model", None) or ""
        return f"{model} ({self.adjusted})" if model and self.adjusted else model

    @property
    def whose(self) -> dict[str, str | None]:
        """``model`` and, where it is there, ``adjusted``, for a file that is made of this one."""
        adjusted = {"adjusted": self.adjusted} if self.adjusted else {}
        return {"model": getattr(self, "model", None), **adjusted}

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The file as nested dicts; a figure is ``{"value", "low", "high", "n"}``."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def to_dict(self) -> dict[str, Any]:
        """The file as nested dicts, to be changed at will."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def _words(self) -> Words:
        data = self.data
        counts = [
            f"{data[name]:,} {noun(data[name], words)}"
            for name, words in (
                ("n_items", "items"),
                ("n_clips", "clips"),
                ("n_scenes", self.scenes_are),
            )
            if name in data
        ]
        basis = data.get("bases", {}).get("all", data)
        title = ", ".join([self.named or "unnamed", *counts])
        said = [not_answered(data.get("states") or {}), str(data.get("note") or "")]
        return Words(title, figures_of(basis.get("headline")), "; ".join(filter(None, said)))

    def _rows(self) -> Iterator[dict[str, Any]]:
        return figure_rows(self.data)

    def to_json(self) -> bytes:
        """The file: indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def not_answered(states: Mapping[str, int]) -> str:
    """``not answered: 9 refused, 2 error`` of items by state; empty where all were."""
    shown = ", ".join(f"{n:,} {name}" for name, n in states.items() if n and name != "answered")
    return f"not answered: {shown}" if shown else ""


class Interval(msgspec.Struct, kw_only=True):
    """How the intervals of a file were made; ``words`` say it in a sentence."""

    level: float
    method: str | UnsetType = UNSET
    resamples: int
    seed: int
    words: str


class Summary(Recorded, kw_only=True):
    """Every table of a run; what they are, a suite says.

    ``so_far`` is there where the run was looked at before it was finished.
    """

    so_far: bool | UnsetType = UNSET


AnySummary = TypeVar("AnySummary", bound=Summary)
ScoreRowT = TypeVar("ScoreRowT", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, repr=False)
class Scored(Shown, Generic[ScoreRowT, AnySummary]):
    """Scores of one model that lie in no folder: a row a question, and every table."""

    rows: tuple[ScoreRowT, ...]
    summary: AnySummary

    def to_dict(self) -> dict[str, Any]:
        """Rows and summary as plain values."""
        return {"rows": msgspec.to_builtins(self.rows), "summary": self.summary.to_dict()}

    def _words(self) -> Words:
        return self.summary._words()

    def _rows(self) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(row) for row in self.rows]


def summary_of(
    scores: Scored[ScoreRowT, AnySummary] | Sequence[ScoreRowT],
    row: type[ScoreRowT],
    summarize: Callable[..., AnySummary],
    **how: Any,
) -> AnySummary:
    """The summary that scores have already, or that of rows.

    Args:
        scores: the one or the other.
        row: what rows are.
        summarize: of the suite.
        **how: what else that takes; then the rows are summarized again.

    Raises:
        DataError, OptionError: no rows, something else, or an option that is not allowed.
    """
    if isinstance(scores, Scored) and not how:
        return scores.summary
    rows = scores.rows if isinstance(scores, Scored) else scores
    if not isinstance(rows, Sequence) or not all(isinstance(one, row) for one in rows):
        raise OptionError("scores must be what score() gives, or score rows of it")
    return summarize(rows, **how)


def noted(summary: AnySummary, words: str) -> AnySummary:
    """A summary with a further remark in its ``note``, which goes wherever its figures go."""
    note = "; ".join(filter(None, [summary["note"], words]))
    return msgspec.structs.replace(summary, **{"note": note})


def adjusted_words(info: Mapping[str, Any]) -> str:
    """``adjusted, alpha .05`` of a run whose model had an adjuster; empty of any other.

    Args:
        info: run.json; of a run of before the adjuster was told there, its ``model_args`` do.
    """
    given = info.get("adjuster", (info.get("model_args") or {}).get("adjuster"))
    if given is None or not str(info.get("model") or "").startswith("handeye/"):
        return ""
    known = given if isinstance(given, Mapping) else {}
    alpha = f"{known['alpha']:g}".removeprefix("0") if "alpha" in known else ""
    parts = ["adjusted", f"alpha {alpha}" * bool(alpha), "gate shut" * bool(known.get("shut"))]
    return ", ".join(filter(None, parts))


def remarks(note: str) -> list[str]:
    """What a note says besides how much of a run there is, as sentences."""
    known = ("partial run", "so far")
    found = [one for one in note.split("; ") if one and not one.startswith(known)]
    return [f"{one[:1].upper()}{one[1:]}." for one in found]


def so_far_words(note: str) -> str:
    """``so far: 12 of 40 items answered`` of a note; empty where the run is finished."""
    words = note.partition("; ")[0]
    return words if words.startswith("so far") else ""


def marked_so_far(summary: AnySummary, unit: str) -> AnySummary:
    """The summary of a run that is not finished: its note begins with how much is answered.

    Args:
        summary: has ``partial``, ``note``, ``n_expected`` and ``n_UNIT``.
        unit: what is counted: ``items``.
    """
    n, expected = summary[f"n_{unit}"], summary["n_expected"]
    known = [
        one for one in summary["note"].split("; ") if one and not one.startswith("partial run")
    ]
    words = f"so far: {n} of {expected} {unit} answered"
    if n == expected:
        words += ", not scored yet as a whole"
    return msgspec.structs.replace(
        summary, **{"so_far": True, "partial": True, "note": "; ".join([words, *known])}
    )
