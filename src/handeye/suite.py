"""What a suite is to the rest of the house: one value that names everything the frame needs of it.

The rooms of the frame (``sets run scores pages respondents``, and above the suites ``report models
cli study``) know suites through this file alone; a suite knows the rooms below it and no other
suite. Nothing heavy is imported here: a suite names its parts as ``"module:name"``, and a part is
imported when it is first used, so that ``handeye --help`` costs nothing.

A suite reads the same way as every other: ``suite.py`` (this value), ``scenes/`` (seed to pictures
or clips to rows), ``asking/``, ``scoring/``, ``diagnosis/``, ``comparing/``, ``respondents/``,
``pages/``, ``commands/``. CONTRIBUTING.md, "Add a suite", has it in twenty lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from msgspec import Struct

    from handeye.pages.differing import Drawn
    from handeye.run.questions import Asking, Job
    from handeye.scores.quantity import Quantities
    from handeye.scores.run_folder import RunSummary, ScoredRun
    from handeye.scores.tables import Table
    from handeye.sets.checks import Verified
    from handeye.sets.statistics import Description


class Part:
    """A function or class of a suite, imported when it is first called or asked for.

    Args:
        path: ``"module:name"``, such as ``"handeye.rose.release:load"``.
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
        name: ``rose``: the command, the folder, ``suite`` in run.json and generation.json.
        title: ``ROSE``, as a sentence has it.
        about: one line for ``handeye --help``.
        unit: what its tables count: ``items``, ``clips``.
        scene: what is asked about together and resampled together: ``scenes``, ``clips``.
        run_format: the number in run.json that this version writes and reads.
        commands: its Typer app, for ``handeye NAME``.
        run_command: the function behind ``handeye run NAME``.
        respondents: ``handeye/NAME`` to (arguments it takes, what makes it from them). Two suites
            may give one name; which is meant follows from the set (:attr:`recognizes`).
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
        quantities: ``(runs, ...) -> Quantities``: what runs are compared by; the frame resamples.
        pair_cards: ``(runs, chosen, budget) -> Drawn``: items that tell runs apart, drawn.
        report: ``(runs, out, ...) -> Path``: the page about runs.
        print_run: what a terminal says of a run folder.
        diagnose: ``(run) -> reasons``.
        people: what the study needs to put items to people.
        probed: targets for probes of hidden states.
        teaches: examples to train on.
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
    respondents: Mapping[str, tuple[tuple[str, ...], Part]]

    recognizes: Callable[[str], bool]
    generate: Callable[..., Path] | None
    load: Callable[..., Items]
    describe: Callable[..., Description]
    verify: Callable[..., Verified]

    run: Callable[..., Path]
    asking: Callable[..., Asking]
    job: Callable[..., Job]
    task: Part

    score_files: Callable[..., RunSummary]
    summarize: Callable[..., Any]
    open_run: Callable[[Path | str], ScoredRun]
    tables: Callable[..., Sequence[Table]]
    quantities: Callable[..., Quantities]
    pair_cards: Callable[..., Drawn]
    report: Callable[..., Path]
    print_run: Callable[[Path], None]

    diagnose: Callable[..., Any] | None = None
    people: Callable[[], AsksPeople] | None = None
    probed: Callable[[], Probed] | None = None
    teaches: Callable[[], Teaches] | None = None
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
    "study": "people",
    "probe": "probed",
    "train": "teaches",
    "export": "exports",
}
"""What a person calls an ability, and the part of a :class:`Suite` that gives it."""


class AsksPeople(Protocol):
    """What the study needs to put items to people."""


class Probed(Protocol):
    """Targets for probes of hidden states."""

    def targets(self, items: Items) -> Iterator[Mapping[str, Any]]:
        """Item, target, label, group, strata, control texts, named spans, sibling keys."""
        ...


class Teaches(Protocol):
    """Examples to train on."""

    def examples(self, items: Items) -> Iterator[Mapping[str, Any]]:
        """Messages, the right answer, facts of the scene."""
        ...


class Exports(Protocol):
    """Rows for other harnesses."""

    def rows(self, items: Items) -> Iterator[Mapping[str, Any]]:
        """Media, text, options, gold."""
        ...
