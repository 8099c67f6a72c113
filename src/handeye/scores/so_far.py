"""Looking at a run before it is finished: what its journal holds so far, scored aside.

Nothing in the run folder is written, held or waited for: the run may go on meanwhile. What was
scored lies in a folder of this process and goes with it; its record says of which run it is.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import msgspec

from handeye.errors import DataError, RunError
from handeye.run.journal import ANSWERS, read_journal
from handeye.run.plan import PLAN, SCORED, Plan, read_plan, rows_sha256

Score = Callable[[Path, Path], object]
"""Scores what a run folder holds so far into another folder."""


def unfinished(folder: Path) -> bool:
    """Whether a folder is that of a run which is not scored as a whole, or not any more."""
    return (folder / PLAN).is_file() and not (folder / SCORED).exists()


def readable(folders: Iterable[Path], score: Score | None) -> list[Path]:
    """Run folders to read: in the place of an unfinished one a folder with what it holds so far.

    Args:
        folders: run folders, or what else there is: whoever reads them tells what is wrong.
        score: of the suite; None where it cannot look at unfinished runs.

    Raises:
        RunError: nothing is answered yet.
        DataError: the set of the run cannot be read.
    """
    return [_scored_aside(one, score) if score and unfinished(one) else one for one in folders]


def _scored_aside(folder: Path, score: Score) -> Path:
    _refuse_nothing(folder)
    aside = Path(mkdtemp(prefix="handeye-"))
    atexit.register(shutil.rmtree, aside, ignore_errors=True)
    out = aside / folder.resolve().name
    score(folder, out)
    return out


class Begun(NamedTuple):
    """What a run that is not finished was begun with.

    Attributes:
        folder: of the run.
        plan: what is asked.
        scoring: how it is to be scored, as the suite wrote it down.
        where: where its set is.
    """

    folder: Path
    plan: Plan
    scoring: Mapping[str, Any]
    where: str

    @property
    def strip_thoughts(self) -> bool:
        """Whether thoughts are to be taken off its answers."""
        return bool(self.scoring.get("strip_thoughts"))

    def record(self, **selection: Any) -> dict[str, Any]:
        """What stands in run.json of scores so far; ``selection``: what was chosen of the set."""
        return {
            "so_far": {"run": str(self.folder.resolve())},
            "model": self.plan.model,
            **self.plan.asked,
            "selection": selection,
        }


def begun(folder: Path, data: str | None = None) -> Begun:
    """A run that is not finished.

    Args:
        folder: of the run.
        data: where its set is now; by default where it was when the run began.

    Raises:
        RunError: nothing is answered so far.
        DataError: the plan cannot be read.
    """
    _refuse_nothing(folder)
    plan = read_plan(folder)
    scoring = {} if plan.scoring is msgspec.UNSET else plan.scoring
    return Begun(folder, plan, scoring, data or plan.data)


def _refuse_nothing(folder: Path) -> None:
    if next(read_journal(folder / ANSWERS), None) is None:
        raise RunError(f"{folder}: nothing is answered so far; look again later, or go on with it")


def refuse_other_rows(rows: Iterable[msgspec.Struct], plan: Plan, data: object) -> None:
    """Refuse a set that holds other rows than a run was started for.

    Raises:
        DataError: as said.
    """
    if rows_sha256(rows) != plan.items_sha256:
        raise DataError(
            f"{data}: its rows are not those that the run was started for; it was changed, or is "
            "another set: name the right one with 'score --data'"
        )


def run_of(path: Path, info: Mapping[str, Any]) -> Path:
    """The run folder that figures are of, wherever they were scored."""
    known = info.get("so_far")
    return Path(known["run"]) if known else path
