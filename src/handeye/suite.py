"""What a suite is to the rest of the house: one value that names everything the frame needs of it.

The rooms of the frame (``sets run scores pages respondents``, and above the suites ``report models
cli study``) know suites through this file alone; a suite knows the rooms below it and no other
suite. Nothing heavy is imported here: a suite names its parts as ``"module:name"``, and a part is
imported when it is first used, so that ``handeye --help`` costs nothing.

A suite reads the same way as every other: ``suite.py`` (this value), ``scenes/`` (seed to pictures
or clips to rows), ``asking/``, ``scoring/``, ``diagnosis/``, ``comparing/``, ``respondents/``,
``pages/``, ``commands/``. CONTRIBUTING.md, "Add a suite", says what goes where.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import currentframe, isfunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from handeye.arguments import named_where_wrong

if TYPE_CHECKING:
    from msgspec import Struct

    from handeye.pages.differing import Drawn
    from handeye.respondents.conversation import Respondents
    from handeye.rewards.columns import Task
    from handeye.run.job import Job
    from handeye.run.questions import Asking
    from handeye.scores.looks import Looks
    from handeye.scores.quantity import Quantities
    from handeye.scores.run_folder import RunSummary, ScoredRun
    from handeye.scores.tables import Table
    from handeye.sets.checks import Verified
    from handeye.sets.statistics import Description
    from handeye.states.acting import Action
    from handeye.states.protocol import Fixed
    from handeye.states.regions import Evidence
    from handeye.states.targets import Target
    from handeye.stats.agreement import Level
    from handeye.stats.intervals import Samples
    from handeye.training.ladder import Plan
    from handeye.training.lesson import Example, Label
    from handeye.training.targets import PictureTruth


class Part:
    """A function or class of a suite, imported when it is first called or asked for.

    Args:
        path: ``"module:name"``, such as ``"mypackage.loading:load"``.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def get(self) -> Any:
        """The function or class itself."""
        module, _, name = self.path.partition(":")
        return getattr(import_module(module), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self.get()(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Part({self.path!r})"


def face(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a suite's package: its public names, each imported when first used.

    ``dir()`` of the package, and so Tab, has these names and no others, and imports none of them.

    Args:
        package: the package's ``__name__``.
        names: public name to ``"module:name"``.
    """

    def get(name: str) -> Any:
        # Jedi, behind the Tab of a notebook, looks at all that it lists: seconds of imports.
        here = currentframe()
        asks = here.f_back.f_globals.get("__name__", "") if here and here.f_back else ""
        if name not in names or asks.startswith("jedi."):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = Part(names[name]).get()
        if isfunction(value):
            value = named_where_wrong(value, name)
        # A submodule that is imported later must not take a function's place.
        setattr(sys.modules[package], name, value)
        return value

    # Where Python looks for it: a package is a module like any other.
    vars(sys.modules[package])["__dir__"] = lambda: sorted(names)
    return get


class Items(Protocol):
    """A loaded set: rows are msgspec structs with ``item_id`` (or ``clip_id``) and ``split``."""

    @property
    def name(self) -> str:
        """What the set is called."""
        ...

    @property
    def root(self) -> Path:
        """Its folder."""
        ...

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Struct]: ...


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One benchmark. Abilities that a suite lacks are None; ``handeye suites`` prints the matrix.

    Attributes:
        name: ``toy``: the command, the folder, ``suite`` in run.json and generation.json.
        title: ``The Toy``, as a sentence has it.
        about: one line for ``handeye --help`` and ``handeye suites``.
        unit: what its tables count: ``items``, ``clips``; run.json has their number as
            ``n_items``.
        scene: what is asked about together and resampled together: ``scenes``, ``clips``.
        run_format: the number in run.json that this version writes and reads.
        commands: its Typer app, for ``handeye NAME``; ``describe``, ``verify``, ``scenes`` and
            ``cost`` come from the frame where it has none of its own.
        run_command: the function behind ``handeye run NAME``.
        respondents: ``handeye/NAME`` to its ``Kind`` (:mod:`handeye.respondents.conversation`).
            Two suites may give one name; which is meant follows from the set.
        recognizes: whether a folder, file or ``hf:`` name is a set of this suite, without reading
            it; for sets made before ``suite`` stood in their record.
        generate: ``(out, *, seed, ...) -> Path``.
        load: ``(data, ...) -> Items``.
        describe: ``(data, ...) -> Description``.
        verify: ``(data, *, workers, progress) -> Verified``.
        run: ``(model, data, out, ...) -> Path``: asks and scores.
        asking: ``(...) -> Asking``: how a set is asked, from the options of a run or a task.
        job: ``(options) -> Job``: what a run is to the lane.
        task: Inspect's task, with a signature of its own so that ``-T`` arguments stay.
        score_files: ``(predictions, data, out, ...) -> RunSummary``.
        summarize: ``(scores, ...) -> Summary``.
        open_run: ``(folder) -> ScoredRun``.
        tables: ``(summary) -> tables``, said once and drawn for terminal, HTML, CSV and LaTeX.
        quantities: ``(runs, *, common=False, reasons=True) -> Quantities``: what runs are compared
            by; the frame resamples. ``common`` takes the items that all runs have, ``reasons``
            may be left out where only figures are wanted.
        pair_cards: ``(runs, chosen, budget) -> Drawn``: items that tell runs apart, drawn; None: no
            page of a comparison.
        report: ``(runs, out, ...) -> Path``: the page about opened runs; what else it takes of
            what :func:`handeye.report.write_report` has, it is given.
        print_run: what a terminal says of a run folder.
        diagnose: ``(run) -> reasons``.
        score_so_far: ``(folder, out) -> RunSummary``: scores what an unfinished run holds so far
            into another folder; None: it is read when it is finished.
        looks: ``(answers, ...) -> Looks``: whether answers depend on what was shown, and what the
            best constant answer scores (:mod:`handeye.scores.looks`); ``score_files`` writes it.
        people: what the study needs to put items to people.
        probed: targets for probes of hidden states.
        teaches: what a small model is taught; with it goes ``train_command``.
        train_command: the function behind ``handeye train NAME``; of the first suite that has
            one, behind ``handeye train base``.
        rewarded: ``(items) -> Iterator[Task]``: its questions in the written form, with what is
            right and what is true of their pictures (:mod:`handeye.rewards.columns`).
        perceived: ``(items) -> Iterator[PictureTruth]``: what is true of its pictures pixel by
            pixel, each picture once (:mod:`handeye.training.targets`).
        ladder: the rungs of its ladder of trainings, and what they are shown and asked
            (:mod:`handeye.training.ladder`).
        exports: rows for other harnesses.
    """

    name: str
    title: str
    about: str
    unit: str
    scene: str
    run_format: int
    commands: Part
    run_command: Part
    respondents: Respondents

    recognizes: Callable[[str], bool]
    generate: Callable[..., Path] | None
    load: Callable[..., Items]
    describe: Callable[..., Description]
    verify: Callable[..., Verified]

    run: Callable[..., Path]
    asking: Callable[..., Asking[Any]]
    job: Callable[..., Job]
    task: Part

    score_files: Callable[..., RunSummary]
    summarize: Callable[..., Any]
    open_run: Callable[[Path | str], ScoredRun]
    tables: Callable[..., Sequence[Table]]
    quantities: Callable[..., Quantities]
    report: Callable[..., Path]
    print_run: Callable[[Path], None]

    pair_cards: Callable[..., Drawn] | None = None
    diagnose: Callable[..., Any] | None = None
    score_so_far: Callable[..., RunSummary] | None = None
    looks: Callable[..., Looks] | None = None
    people: Callable[[], AsksPeople] | None = None
    probed: Callable[[], Probed] | None = None
    teaches: Callable[[], Teaches] | None = None
    train_command: Part | None = None
    rewarded: Callable[[Any], Iterator[Task]] | None = None
    perceived: Callable[[Any], Iterator[PictureTruth]] | None = None
    ladder: Callable[[], Plan] | None = None
    exports: Callable[[], Exports] | None = None

    def abilities(self) -> dict[str, bool]:
        """What the suite can do, in the order in which people need it: the row of the matrix."""
        return {name: getattr(self, part) is not None for name, part in ABILITIES.items()}


ABILITIES = {
    "generate": "generate",
    "load": "load",
    "describe": "describe",
    "verify": "verify",
    "run": "run",
    "score": "score_files",
    "summarize": "summarize",
    "report": "report",
    "compare": "quantities",
    "scenes": "quantities",
    "diagnose": "diagnose",
    "chance": "looks",
    "study": "people",
    "probe": "probed",
    "train": "teaches",
    "reward": "rewarded",
    "perceive": "perceived",
    "export": "exports",
}
"""What a person calls an ability, and the part of a :class:`Suite` that gives it."""


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
    """What a person's page gets to show: exact bytes, and ``image/png``, ``video/mp4`` or the like.

    ``sound`` are those of a WAV file that is heard beside a picture; empty where there is none.
    """

    data: bytes
    media_type: str
    sound: bytes = b""


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
            after a practice item), ``thing`` (what is shown, if it is no ``picture``).
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
        """Items to practise on before ``items``, none of them of any set, each with one file.

        It is a picture in PNG, a video in MP4 or a sound in WAV.
        """
        ...

    def board(self, item: Any) -> Mapping[str, Any]:
        """What the page shows, and nothing of the answer.

        ``kind`` is one of grid, number, choice, text, points, form; ``eyebrow`` (two words above
        the question), ``question`` (``before``, ``where`` in bold, ``after``, ``note`` below).
        A grid and a number have ``rows`` and ``cols`` of the picture, and ``number``, the label
        of the number field (None: no number is asked for). Given back are ``clicks``, 1-based
        ``[row, column]`` pairs in the order of clicking, and ``number`` or null. A choice has
        ``options``, and may say what is shown: ``medium`` (``picture``, ``video``, ``sound``) and
        ``sound``, whether one is heard beside a picture; given back is ``choice``, the place of an
        option from 0.
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

    def further(self, item: Any, text: str) -> Mapping[str, bool]:
        """Further columns of the human row that an answer counts in, and whether it is right there.

        They are figures beside :meth:`column`, over the same people and scenes; of most suites
        there are none.
        """
        return {}

    def feedback(self, item: Any, text: str) -> Mapping[str, Any]:
        """What is told after a practice item: ``explain``, and what was right.

        On a grid or a number: ``cells`` ``[row, column]``, and the ``region`` that was asked about
        as bounds ``rows`` and ``cols`` (``outside``: all but them). Of a choice: ``option``, the
        place of the right one.
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


class Probed(Protocol):
    """What is asked of a model's hidden states (:mod:`handeye.states`).

    Attributes:
        fixed: the suite's part of ``handeye protocol gap``; its ``generate`` takes ``seed`` and, by
            the name of :attr:`Suite.scene`, how many, its ``score_files`` takes ``item_ids``.
    """

    fixed: Fixed

    def targets(self, items: Any, asking: Any = None) -> Iterator[Target]:
        """What each item's states are asked, with its control texts, spans and siblings.

        Rows are made one by one, and are those of :func:`handeye.states.targets.checked`.

        Args:
            items: a loaded set.
            asking: how its items are asked; None: as the suite asks them by default.

        Raises:
            DataError: an item cannot be asked like this.
        """
        ...

    def actions(self, run: Any) -> Iterator[Action]:
        """What the answers of a scored run did about the cells of their items, and why they failed.

        Of suites whose items have no cells there are none.

        Raises:
            DataError: a file of the run cannot be read.
        """
        ...

    def evidence(self, items: Any, asking: Any = None) -> Iterator[Evidence]:
        """Where in the pictures of items the evidence for their answers lies.

        Items of which that is not known are left out; of suites that know it of none, all are.

        Args:
            items: a loaded set.
            asking: how its items are asked; None: as the suite asks them by default.

        Raises:
            OptionError: something else than the items' own pictures is shown.
        """
        ...


class Teaches(Protocol):
    """What a small model is taught (:mod:`handeye.training`), and how it is examined.

    Attributes:
        name: of the suite.
        recipes: by preset.
        labels: what heads on the tower learn to tell of every patch.
        watched: the label whose recall is told while it is learned, and what that is called.
    """

    name: str
    recipes: Mapping[str, Any]
    labels: Sequence[Label]
    watched: tuple[str, str]

    def phrases(self) -> Sequence[str]:
        """Pieces of text that the tokenizer has as one token each."""
        ...

    def example(self, recipe: Any, seed: int, number: int) -> Example:
        """A picture with its questions: a pure function of recipe, seed and number (from 0)."""
        ...

    def shown(self, recipe: Any) -> Mapping[str, Any]:
        """What is shown in a training of a recipe, for its card: JSON values."""
        ...

    def examine(
        self,
        model: Any,
        processor: Any,
        *,
        seed: int,
        scenes: int,
        data: Path | None = None,
        recipe: Mapping[str, Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Mapping[str, Any]:
        """Ask a trained model about what no training shows.

        Args:
            model: as ``from_pretrained`` gives it.
            processor: its processor.
            seed: of the scenes.
            scenes: of seen and of held-out art, each.
            data: a set to be asked about instead.
            recipe: the record of that which the model was made after, where it is known.
            progress: called with (done, in all).

        Returns:
            JSON values.

        Raises:
            DataError: ``data`` is no set.
            OptionError: the suite does not examine on sets.
        """
        ...

    def tell(self, found: Mapping[str, Any]) -> None:
        """Print an examination."""
        ...


class Exports(Protocol):
    """Rows for other harnesses."""

    def rows(self, items: Items) -> Iterator[Mapping[str, Any]]:
        """Media, text, options, gold."""
        ...
