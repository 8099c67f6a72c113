"""The register of suites: the only list of them, one line a suite.

Other packages add theirs by an entry point of the group ``handeye.suites`` that names a
:class:`handeye.suite.Suite`. One that cannot be loaded is told on stderr and left out, so that a
broken plugin takes nothing else down with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from handeye.errors import DataError, HandeyeError, OptionError
from handeye.printing import tell
from handeye.suite import Part, Suite

SUITES = {
    "rose": Part("handeye.rose.suite:SUITE"),
    "visualact": Part("handeye.visualact.suite:SUITE"),
    "premise": Part("handeye.premise.suite:SUITE"),
    "stress": Part("handeye.stress.suite:SUITE"),
    "contexts": Part("handeye.contexts.suite:SUITE"),
}
TAKEN = (
    *("compare", "models", "protocol", "report", "rewards", "run", "states", "study", "suites"),
    "train",
)
"""Names of commands that no suite may have."""
_GROUP = "handeye.suites"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def all_suites() -> tuple[Suite, ...]:
    """Every suite: our own in the order of the register, then those of other packages by name."""
    found: dict[str, Suite] = {name: part.get() for name, part in SUITES.items()}
    for point in sorted(entry_points(group=_GROUP), key=lambda point: point.name):
        try:
            suite = point.load()
            if not isinstance(suite, Suite):
                raise TypeError(f"{point.value} is no handeye.suite.Suite")
            if suite.name in found or suite.name in TAKEN or not _NAME.fullmatch(suite.name):
                raise ValueError(f"the name {suite.name!r} is taken, or no plain word")
            for needed in (suite.commands, suite.run_command):
                needed.get()
        except Exception as error:  # whatever a plugin does wrong
            reason = f"{type(error).__name__}: {error}"
            tell(f"warning: the suite {point.name} is left out: {reason}")
        else:
            found[suite.name] = suite
    return tuple(found.values())


def get(name: str) -> Suite:
    """A suite by its name.

    Raises:
        OptionError: there is none of that name.
    """
    known = {suite.name: suite for suite in all_suites()}
    if name not in known:
        raise OptionError(f"no suite is called {name!r}; there are: {', '.join(known)}")
    return known[name]


def suite_of_set(data: str | Path) -> Suite:
    """The suite of a set: the one that its record names, else the one that recognizes it.

    Args:
        data: a set folder, one of its files, or ``hf:OWNER/NAME``.

    Raises:
        DataError: no suite, or several, take it for theirs.
    """
    from handeye.sets.folder import read_record
    from handeye.sets.hub import HUB, fetch_dataset

    place = Path(data)
    if str(data).startswith(HUB):
        by_name = [suite for suite in all_suites() if suite.recognizes(str(data))]
        if len(by_name) == 1:
            return by_name[0]
        place = fetch_dataset(str(data))  # its name does not say; its files do
    named = (read_record(place if place.is_dir() else place.parent) or {}).get("suite")
    if isinstance(named, str):
        return get(named)
    found = [suite for suite in all_suites() if suite.recognizes(str(place))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(suite.name for suite in found or all_suites())
    raise DataError(f"{data}: {'could be a set of' if found else 'is a set of none of'}: {names}")


def suite_of_runs(runs: Sequence[Path | str]) -> Suite:
    """The one suite of some run folders: the one that they name, else the one that can read them.

    Raises:
        OptionError: they are of several suites, or of one that is not installed.
        RunError: a folder is no run.
    """
    from handeye.scores.run_folder import one_suite

    return get(one_suite([Path(run) for run in runs], _suite_of_run))


def _suite_of_run(folder: Path) -> str | None:
    """What a run folder says, or by content where it is older than that."""
    from handeye.scores.run_folder import suite_of

    named = suite_of(folder)
    if named is not None:
        return named
    for suite in all_suites():
        try:
            suite.open_run(folder)
        except HandeyeError:
            continue
        return suite.name
    return None
