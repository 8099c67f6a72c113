"""What ``handeye SUITE diagnose`` does, whatever the suite: diagnose, keep, print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import RunError, first_ten, refusal
from handeye.printing import say
from handeye.progress import counting
from handeye.scores.diagnosed import Diagnosed, diagnose_runs, write_diagnosis
from handeye.scores.labels import labels
from handeye.scores.run_folder import expand
from handeye.scores.so_far import readable
from handeye.scores.summary import so_far_words
from handeye.terminal import tables
from handeye.terminal.console import Console
from handeye.terminal.options import put_json


def diagnose_and_print(
    runs: Sequence[Path],
    seed: int,
    workers: int | None,
    json: str | None,
    *,
    diagnose: Callable[..., Diagnosed],
    so_far: Callable[..., Any] | None,
) -> None:
    """Diagnose runs, keep what was found in the folders of those that are finished, and print it.

    Args:
        runs: as given: run folders, or folders of them.
        seed: of the bootstrap.
        workers: processes; None: as many as pay.
        json: where JSON goes, if anywhere.
        diagnose: of the suite: one run.
        so_far: of the suite: scores what an unfinished run holds.

    Raises:
        RunError: a folder is no run, or what was found could not be kept there.
    """
    given = expand(runs)
    folders = readable(given, so_far)
    with counting("runs") as progress:
        found = diagnose_runs(diagnose, folders, seed=seed, workers=workers, progress=progress)
    # Before anything is printed: who reads may stop reading. A run not finished keeps nothing.
    finished = [run if run == folder else None for run, folder in zip(given, folders, strict=True)]
    written, refused = _kept(found, finished)
    texts = [one.to_json().decode().strip() for one in found]
    if not put_json(json, texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"):
        names = labels(
            [(one.findings.named, run, "") for one, run in zip(found, given, strict=True)]
        )
        console = Console()
        for one, name, paths in zip(found, names, written, strict=True):
            tables.say(console, f"\n{name}", "bold")
            if one["note"]:
                tables.say(console, one["note"], "yellow")
            _show(one)
            if paths:
                say(f"written to {paths[0]} and {paths[1].name}")
    if refused:
        raise RunError(refused)


def _show(found: Diagnosed) -> None:
    """Print what was found about one run, below its name and note."""
    console = Console()
    note = str(found.data.get("note") or "")
    for part in found.said():
        if isinstance(part, str):
            tables.say(console, part)
        else:
            words = filter(None, (so_far_words(note), part.note))
            tables.print_table(console, part, caption="; ".join(words))


def _kept(
    found: Sequence[Diagnosed],
    folders: Sequence[Path | None],
) -> tuple[list[tuple[Path, ...]], str]:
    """Leave what was found about runs in their folders; one that is read-only stays as it is.

    Args:
        found: about each run.
        folders: of the runs; None where nothing is to be left.

    Returns:
        The files of each run, and what is to be said at the end: empty where all went well. What
        was found is shown all the same.
    """
    written: list[tuple[Path, ...]] = []
    refused: dict[Path, str] = {}
    for one, folder in zip(found, folders, strict=True):
        written.append(())
        try:
            written[-1] = () if folder is None else write_diagnosis(one, folder)
        except OSError as error:
            refused[folder or Path()] = refusal(error)
    if not refused:
        return written, ""
    named = first_ten(list(map(str, refused)))
    why = next(iter(refused.values()))
    return written, f"{named}: cannot be written: {why}; what was found is shown and not kept"
