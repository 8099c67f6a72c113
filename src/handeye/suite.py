"""What a suite is to the rest of the house; here the part that the study needs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from handeye.stats.agreement import Level
    from handeye.stats.intervals import Samples


class Asked(Protocol):
    """An item put to people; it also has the fields that :attr:`AsksPeople.strata` names."""

    @property
    def item_id(self) -> str:
        """Unique within the set."""
        ...

    @property
    def scene_id(self) -> str:
        """What it is about: never shown twice in a row, and resampled whole."""
        ...


class Shown(NamedTuple):
    """A picture as a person's page gets it: exact bytes, and ``image/png`` or the like."""

    data: bytes
    media_type: str


class AsksPeople(Protocol):
    """What the study needs to put items to people.

    Attributes:
        item: the struct of an item, to read practice items back from the study file.
        strata: names of the fields of an item over which a study is balanced, each with its values
            in order (values that are not listed follow by name). The first tells kinds of question
            apart: each is a column of every table. Over the others a person's score is averaged
            with equal weights. They name columns of the study file and of ``times.csv``.
        words: texts of the pages: ``title`` and ``about`` of the study, ``lead`` (what people
            see and do), ``care`` (what makes an answer wrong), ``right`` (what is marked as right
            after a practice item).
    """

    item: type[Any]
    strata: Mapping[str, Sequence[str]]
    words: Mapping[str, str]

    def templates(self, wanted: str | None, data: str | Path) -> str:
        """The one spelling of a choice of kinds of items; None: what is asked of this set.

        Raises:
            OptionError: there is no such kind.
        """
        ...

    def load(
        self, data: str | Path, *, split: str | None = None, templates: str | None = None
    ) -> Iterable[Any]:
        """The items of a set, or those of a split and of some kinds, iterable again and again.

        Raises:
            DataError, OptionError: no set, or nothing left by the choice.
        """
        ...

    def fingerprint(self, data: str | Path) -> str:
        """Hexadecimal SHA-256 of what makes two sets the same, wherever they lie."""
        ...

    def picture_path(self, items: Any, item: Any) -> Path:
        """Where the item's picture lies, whether it is there or not."""
        ...

    def picture(self, items: Any, item: Any) -> Shown:
        """The item's picture.

        Raises:
            DataError: it is missing, no picture, or not the one that the set tells of.
        """
        ...

    def practice(self, items: Sequence[Any]) -> Sequence[tuple[Asked, bytes]]:
        """Items to practise on before ``items``, none of them of any set, with pictures in PNG."""
        ...

    def board(self, item: Any) -> Mapping[str, Any]:
        """What the page shows, and nothing of the answer.

        ``kind`` is one of grid, number, choice, text, points, form; ``eyebrow`` (two words above
        the question), ``question`` (``before``, ``where`` in bold, ``after``, ``note`` below).
        A grid and a number have ``rows`` and ``cols`` of the picture, and ``number``, the label
        of the number field (None: no number is asked for). Given back are ``clicks``, 1-based
        ``[row, column]`` pairs in the order of clicking, and ``number`` or null.
        """
        ...

    def reply(self, item: Any, given: Mapping[str, Any]) -> str:
        """What a person gave, as the answer text that the suite scores.

        Raises:
            DataError: it is no answer to this item; the message says why.
        """
        ...

    def passed(self, item: Any, text: str) -> bool:
        """Whether an answer text is right."""
        ...

    def feedback(self, item: Any, text: str) -> Mapping[str, Any]:
        """What is told after a practice item: ``explain``, and what was right.

        On a grid or a number: ``cells`` ``[row, column]``, and the ``region`` that was asked about
        as bounds ``rows`` and ``cols`` (``outside``: all but them).
        """
        ...

    def column(self, item: Any) -> str:
        """The column of tables that items of this kind are counted in."""
        ...

    def meaning(self, item: Any, text: str) -> Hashable:
        """What two answers must share to be the same; None for one that says nothing."""
        ...

    def level(self, item: Any) -> Level:
        """At which level of measurement meanings of this kind differ; nominal: equal or not."""
        ...

    def human_row(
        self, columns: Mapping[str, Samples]
    ) -> tuple[Mapping[str, Samples], Mapping[str, Samples]]:
        """The row for the report: all its columns (averages added), and its headline."""
        ...


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One benchmark."""

    name: str
    title: str
    people: Callable[[], AsksPeople] | None = None
