"""What runs are called where several stand side by side: in terminals, legends and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from handeye.printing import one_line
from handeye.scores.run_folder import ScoredRun
from handeye.scores.so_far import run_of
from handeye.scores.summary import so_far_words

_Run = tuple[str, Path, str]


def run_labels(runs: Sequence[ScoredRun], words: Sequence[str] = ()) -> list[str]:
    """A label for each run, unique whatever models and folders are called.

    Args:
        runs: in any order.
        words: what sets each run apart from others of its model (``4 frames``); "" for nothing.
    """
    apart = words or [""] * len(runs)
    named = [
        (run.summary.named, run_of(run.path, run.info), word)
        for run, word in zip(runs, apart, strict=True)
    ]
    return [label + _so_far(run) for label, run in zip(labels(named), runs, strict=True)]


def _so_far(run: ScoredRun) -> str:
    """What stands behind the name of a run that was looked at before it was finished."""
    words = so_far_words(str(run.summary.data.get("note", "")))
    return f" ({words})" if words else ""


def labels(runs: Sequence[tuple[str, Path, str]]) -> list[str]:
    """A label for each of some runs, unique by construction.

    A run is called by its model. Where models repeat, what sets the runs apart stands behind it:
    the words of the suite, else the folder's name, else as much of its path as it takes. Runs that
    nothing sets apart (one folder given twice) are numbered; but for these numbers a label does
    not depend on the order of the runs.

    Args:
        runs: model ("": the folder's name is taken), folder, and words ("" for none) of each.
    """
    found = [
        (one_line(model) or one_line(path.resolve().name) or str(path), path.resolve(), words)
        for model, path, words in runs
    ]
    models = Counter(model for model, _, _ in found)
    # A model that is there once is called by its name alone, even where that looks like a label.
    alone = {model for model, count in models.items() if count == 1}
    ways = {run: _ways(*run) for run in found if run[0] not in alone}
    told = {run: next(way) for run, way in ways.items()}
    # All that share a label tell more at once, so that none is favoured for its place.
    while more := {
        run: label for run in _alike(told, alone) if (label := next(ways[run], None)) is not None
    }:
        told |= more
    known, used = {*told.values(), *alone}, set(alone)
    out = []
    for run in found:
        label = name = told.get(run, "")
        number = 1
        while label and (name in used or (number > 1 and name in known)):
            number += 1
            name = f"{label} #{number}"
        used.add(name)
        out.append(name or run[0])
    return out


def _ways(model: str, path: Path, words: str) -> Iterator[str]:
    """Labels of a run, each telling more than the last."""
    if words:
        yield f"{model} ({words})"
    parts = path.parts[1:] or path.parts
    for count in range(1, len(parts) + 1):
        yield f"{model} ({one_line('/'.join(parts[-count:]))})"


def _alike(told: Mapping[_Run, str], alone: set[str]) -> list[_Run]:
    counts = Counter(told.values())
    return [run for run, label in told.items() if counts[label] > 1 or label in alone]
