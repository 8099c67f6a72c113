"""What a model's states hold, as a section of the report of its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import DataError, HandeyeError
from handeye.pages.frame import Section
from handeye.run.plan import read_plan
from handeye.scores.run_folder import ScoredRun
from handeye.scores.so_far import run_of
from handeye.suite import Suite

if TYPE_CHECKING:
    from handeye.states.page import Picture
    from handeye.states.results import OfRun


def sections(folders: Iterable[Path], runs: Sequence[ScoredRun], suite: Suite) -> list[Section]:
    """A section for each folder of states, in order.

    Args:
        folders: of captured states that were probed or adjusted, or of attention.
        runs: of the report; each folder must belong to one of them.
        suite: of the runs.

    Raises:
        DataError: a folder holds no states, nothing was read off them, or it is of another model
            or set, or of answers of another run, than all of the runs.
    """
    from handeye.states.page import section

    return [
        section(folder, pictures(suite, _run_of(folder, runs)), suite.scene, number)
        for number, folder in enumerate(folders, 1)
    ]


def _run_of(folder: Path, runs: Sequence[ScoredRun]) -> ScoredRun:
    """The run that states belong to.

    Raises:
        DataError: none of them.
    """
    from handeye.states.parts import RECORD, read_record
    from handeye.states.results import attention_of, results

    attended = attention_of(folder)
    if attended and not (folder / RECORD).is_file():  # attention is looked at without states
        settings, info, acted = attended["states"], {"path": attended["path"]}, None
    else:
        record, (probe, _) = read_record(folder), results(folder)
        settings, info, acted = record.settings, record.info, (probe or {}).get("run")
    wrong = []
    for run in runs:
        why = _differs(settings, info, acted, run)
        if not why:
            return run
        wrong.append(f"{run.path}: {why}" if len(runs) > 1 else f"{why} ({run.path})")
    raise DataError(f"{folder}: these states are not of the run of the report: {'; '.join(wrong)}")


def _differs(
    settings: Mapping[str, Any], info: Mapping[str, Any], acted: Any, run: ScoredRun
) -> str:
    """Why states are not of a run; empty where they are."""
    for name in ("suite", "model"):
        if settings.get(name) != run.info.get(name):
            return f"they are of {name} {settings.get(name)}, the run of {run.info.get(name)}"
    try:
        plan = read_plan(run_of(run.path, run.info))
    except DataError:
        return "the run has no plan.json, so nothing says which items it asked"
    if settings.get("items_sha256") != plan.items_sha256:
        return "they are of other items: of another set, or of another choice of this one"
    named, captured = plan.model_args.get("path"), info.get("path")
    if named and captured and Path(named).resolve() != Path(captured).resolve():
        return f"they are of the model in {captured}, the run of that in {named}"
    if acted and acted.get("predictions") != _predictions(run):
        return (
            f"what they hold of failed answers is of another run ({acted.get('path')}); probe them "
            f"again: handeye states probe --run {run.path}"
        )
    return ""


def told_of(run: ScoredRun) -> OfRun:
    """What ``probe.json`` keeps of the run whose answers were set beside states."""
    from handeye.states.results import OfRun

    return OfRun(path=str(run.path.absolute()), predictions=_predictions(run))


def _predictions(run: ScoredRun) -> Any:
    known = run.info.get("predictions")
    return known.get("sha256") if isinstance(known, Mapping) else None


def pictures(suite: Suite, run: ScoredRun) -> Picture | None:
    """The pictures of a run's items, where its set is at hand and its suite shows them to people.

    Returns:
        What gives the bytes of the picture of an item, as the model got it; None where there are
        none.
    """
    if suite.people is None:
        return None
    people = suite.people()
    known: dict[str, tuple[Any, Any]] = {}
    with suppress(HandeyeError, OSError):
        for folder in dict.fromkeys(file.parent for file in run.data_files()):
            items = people.load(folder)
            known |= {one.item_id: (items, one) for one in items if one.item_id not in known}
    if not known:
        return None

    def picture(item_id: str) -> bytes | None:
        try:
            shown = people.picture(*known[item_id])
        except (KeyError, HandeyeError, OSError):
            return None
        return shown.data if shown.media_type.startswith("image/") else None

    return picture
