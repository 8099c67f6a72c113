"""A run as the lane sees it: questions of a suite, and what becomes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from handeye.atomic import replacing
from handeye.errors import DataError, OptionError
from handeye.reading import read_bytes
from handeye.run.answers import Answer, line
from handeye.run.journal import Journal, Key
from handeye.run.options import RunOptions, generation_config
from handeye.run.plan import Plan, named_by_rows, row_lines, rows_sha256
from handeye.run.questions import Asking, Question, content_config, conversation
from handeye.run.secrets import settings_without_secrets, without_secrets
from handeye.run.versions import check_version
from handeye.sets.folder import revision_of

if TYPE_CHECKING:
    from inspect_ai import Task


class Items(Protocol):
    """A loaded set."""

    @property
    def root(self) -> Path:
        """Its folder."""
        ...

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[msgspec.Struct]: ...


ItemsT = TypeVar("ItemsT", bound=Items)


class Job:
    """What is asked in one run, and the answers to it in a journal.

    Every list of answers is in the order of the set; where every question is asked several times,
    first answers first.

    Attributes:
        options: of the run.
        items: what is asked about.
        asking: how the set is asked, as the model can take it.
        questions: the first question about every item.
        samples: they again for each of the run's epochs, the first included.
        unit: what the scenes are called: ``scenes``, ``clips``.
        named: the options behind entries of the plan that are not called like them.
        plan: the identity of the run.
    """

    def __init__(
        self,
        options: RunOptions,
        items: ItemsT,
        asking: Asking[ItemsT],
        *,
        suite: str,
        unit: str,
        plan: Mapping[str, Any],
        info: Mapping[str, Any],
        whole: Callable[[str], Iterable[msgspec.Struct]],
        task: Callable[..., Task],
        row: Callable[[Question, Sequence[Answer]], Mapping[str, Any]],
        score: Callable[[Mapping[str, Any]], object],
        without_marks: Callable[[Path], Mapping[str, Any]] | None = None,
        select: Callable[[Plan], Iterable[msgspec.Struct]] | None = None,
        named: Mapping[str, str] | None = None,
        tagged: bool = False,
    ) -> None:
        """Lay out the questions.

        Args:
            options: of the run.
            items: what is asked about.
            asking: how; it is fitted to the model here.
            suite: its name.
            unit: what its scenes are called.
            plan: fields of :class:`handeye.run.plan.Plan` that say how the items were selected, or
                that this suite fills in its own way.
            info: what ``run.json`` says besides about the questions.
            whole: loads all rows of a set.
            task: makes the Inspect task from items, fitted asking, path of the journal, questions
                and connections.
            row: one line of ``predictions.jsonl`` from the answers about an item, at least one.
            score: scores the prediction file into the run folder; takes entries of ``run.json``.
            without_marks: scores it into another folder, the answers without thoughts and special
                tokens, and gives the summary; None where the suite cannot.
            select: the rows of the set that a plan selects; None where a run cannot grow.
            named: options of this suite behind entries of the plan that are not called like them.
            tagged: whether answers have marks by the form in which they are asked for, so that
                there is nothing to be told of them.

        Raises:
            DataError: a file is missing, or an item cannot be asked like this.
            OptionError: a setting of generation that is none.
            RunError: an engine that is too old; before any folder is claimed.
        """
        check_version("inspect_ai")
        self._config = content_config(generation_config(options.generation))
        self.options = options
        self.items = items
        self.asking = asking.fitted(options.model)
        self.questions = list(self.asking.questions(items))
        self.samples = [
            [question.sampled(number) for question in self.questions]
            for number in range(1, options.epochs + 1)
        ]
        self.unit = unit
        self.named = {"max_scenes": f"--{unit}", **(named or {})}
        adjusted = _adjusted(options)
        self._info = {**info, **adjusted}
        self._task, self._row, self._score = task, row, score
        self._without_marks, self._select = without_marks, select
        self._tagged = tagged
        self._keys = {asked: self._hashed(asked) for sample in self.samples for asked in sample}
        self.plan = Plan(
            **{
                "suite": suite,
                "model": options.model,
                "items": len(items),
                "items_sha256": rows_sha256(items),
                "config": settings_without_secrets(options.generation),
                "model_args": _named_sets(options, whole, adjusted),
                "asked": self.asking.as_dict(),
                "data": options.data,
                "split": options.split,
                "revision": revision_of(items.root) or msgspec.UNSET,
                "epochs": options.epochs if options.epochs > 1 else msgspec.UNSET,
                **plan,
                "scoring": _scoring(options, plan, adjusted),
            }
        )

    def key(self, question: Question) -> Key:
        """What the answer to a question is filed under."""
        return self._keys.get(question) or self._hashed(question)

    def lacking(self, known: Plan) -> int | None:
        """How many rows of an earlier plan this run leaves out; None where they are not known.

        The rows are found again in the set of today, and are those if their hash is that of the
        plan.
        """
        for rows in self._candidates(known):
            if rows_sha256(rows) == known.items_sha256:
                now = set(row_lines(self.items))
                return sum(line not in now for line in row_lines(rows))
        return None

    def _candidates(self, known: Plan) -> Iterator[Sequence[msgspec.Struct]]:
        """What an earlier plan may have selected; the set may have got more scenes since."""
        if self._select is None:
            return
        with suppress(DataError, OptionError):
            rows = list(self._select(known))
            yield rows
            yield rows[: known.items]
            if known.max_scenes is None:
                yield list(self._select(replace(known, max_scenes=known.scenes or known.items)))

    def _hashed(self, question: Question) -> Key:
        return question.key(self.options.model, self._config)

    def total(self, journal: Journal) -> int:
        """Answers that a whole run has, as far as it can be told from those that are there."""
        total = 0
        for question in chain.from_iterable(self.samples):
            walk = list(self._walk(question, journal.arrived))
            total += len(walk) if walk[-1] else max(len(walk), len(question.likely))
        return total

    def texts(self, journal: Journal) -> list[str]:
        """What was answered about every item, all turns of its conversation together.

        Nothing where marks in them are no news.
        """
        if self._tagged:
            return []
        return ["\n".join(a.raw_text for a in found if a) for found in self._all(journal)]

    def arrived(self, journal: Journal) -> list[Answer]:
        """The answers that are there already; failures do not count."""
        found = (answer for answers in self._all(journal) for answer in answers)
        return [answer for answer in found if answer is not None and answer.state != "error"]

    def task(self, journal: Journal) -> Task:
        """The Inspect task that asks for the rest."""
        asked = (self.items, self.asking, journal.path, self.questions)
        return self._task(*asked, self.options.max_connections)

    def answers(self, journal: Journal) -> list[Answer | None]:
        """The last answer about every item, or the failure in its place, or None."""
        return [found[-1] for found in self._all(journal)]

    def write_predictions(self, path: Path, journal: Journal) -> None:
        """Write the prediction file, one row an item that something is known about."""
        with replacing(path) as stream:
            for first, *further in zip(*self.samples, strict=True):
                found = self._known(first, journal)
                if answers := [answer for answer in found if answer is not None]:
                    others = [self._known(question, journal)[-1] for question in further]
                    row = line(self._row(first, answers), answers, others)
                    stream.write(msgspec.json.encode(row) + b"\n")

    def score(self, info: Mapping[str, Any]) -> None:
        """Score the prediction file into the run folder; ``info`` says how the answers came."""
        self._score({**info, **self.asking.as_dict(), **self._info})

    def without_marks(self) -> Mapping[str, Any] | None:
        """The summary of the answers without thoughts and special tokens; nothing of it is kept."""
        if self._without_marks is None:
            return None
        with TemporaryDirectory() as folder:
            return self._without_marks(Path(folder) / "run")

    def _all(self, journal: Journal) -> Iterator[list[Answer | None]]:
        """What is known about every item: answers, at the end maybe a failure or None."""
        return (self._known(question, journal) for question in chain.from_iterable(self.samples))

    def _known(self, question: Question, journal: Journal) -> list[Answer | None]:
        return list(self._walk(question, journal.get))

    def _walk(
        self, first: Question, answer_to: Callable[[Key], Answer | None]
    ) -> Iterator[Answer | None]:
        walk = conversation(self.asking, first, lambda question: answer_to(self.key(question)))
        return (answer for _, answer in walk)


def _scoring(
    options: RunOptions, plan: Mapping[str, Any], adjusted: Mapping[str, Any]
) -> dict[str, Any] | msgspec.UnsetType:
    stripped = {"strip_thoughts": True} if options.strip_thoughts else {}
    return {**plan.get("scoring", {}), **stripped, **adjusted} or msgspec.UNSET


class _Promise(msgspec.Struct):
    alpha: float
    level: float


class _Adjuster(msgspec.Struct):
    promise: _Promise
    gate: float | None = None


def _adjusted(options: RunOptions) -> dict[str, Any]:
    """What tells the answers of an adjusted model from its own: ``adjuster``; nothing of others.

    Raises:
        DataError: the file cannot be read; what is wrong inside it, the model says that takes it.
    """
    if not options.model.startswith("handeye/") or not options.model_args.get("adjuster"):
        return {}
    data = read_bytes(Path(str(options.model_args["adjuster"])))
    told: dict[str, Any] = {"sha256": sha256(data).hexdigest()}
    with suppress(msgspec.DecodeError):
        found = msgspec.json.decode(data, type=_Adjuster)
        told |= {**msgspec.to_builtins(found.promise), "shut": found.gate is None}
    return {"adjuster": told}


def _named_sets(
    options: RunOptions,
    whole: Callable[[str], Iterable[msgspec.Struct]],
    adjusted: Mapping[str, Any],
) -> dict[str, Any]:
    """The model's arguments, where a set is named by its rows: a run may move with its set.

    A file that changes how the model answers is named by its bytes.
    """
    arguments = without_secrets(options.model_args)
    if options.model.startswith("handeye/") and arguments.get("data"):
        arguments["data"] = named_by_rows(whole(str(arguments["data"])))
    if adjusted:
        arguments["adjuster"] = f"sha256:{adjusted['adjuster']['sha256']}"
    return arguments
