"""One model asked again with other numbers of frames: a run for each, and a table.

OUT/
ablation.json       the runs and their figures; what `handeye report OUT` reads
tables/frames.csv   the same figures, with intervals
frames-1/ ...       a whole run folder for each number of frames
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.atomic import entries, held, write_bytes
from handeye.errors import DataError, OptionError, RunError
from handeye.media.frame_choice import FrameChoice
from handeye.reading import read_json
from handeye.respondents.whom import Whom, called, steady
from handeye.run.lane import carry_out
from handeye.run.plan import PLAN, check_plan
from handeye.scores.asked import kept_or_aside
from handeye.scores.estimate import Estimate, rate_of
from handeye.scores.run_folder import ABLATION, indented_json
from handeye.scores.tables import csv_files, table_of
from handeye.visualact.asking.run import job, make_options, run_visualact
from handeye.visualact.comparing.scored_runs import clips_of
from handeye.visualact.scoring.motion_split import split_f1
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.run_folder import read_run

if TYPE_CHECKING:
    from handeye.visualact.pages.plots import DrawnRun

_TABLES = "tables"
_FIGURES = ("precision", "recall", "f1", "weighted_f1", "scale")


def run(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    batch: int | None = None,
    frames: FrameChoice | str | int | Sequence[int] = 8,
    split: str | None = "test",
    scenarios: Sequence[str] | None = None,
    clips: int | None = None,
    protocol: str = "one-pass",
    **others: Any,
) -> DrawnRun | Path:
    """Show ``model`` every clip of ``data``, score the answers, and give the scored run.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/motion``; a ``Model``
            of Inspect's; or a function, sync or async, of ``pictures`` (the frames, PIL images in
            order) and ``prompt`` (text, ``<picture N>`` where a frame stands) that gives the
            answer's text. None is an empty answer, an exception is no answer. With two passes it
            may take ``history``: what was asked and answered before.
        data: a set folder, a published file with its videos, or ``hf:OWNER/NAME``.
        out: the run folder, or the folder of several; made if absent. A folder of the same run is
            gone on with. Without one the run is kept until Python ends.
        name: what a function is known by; a folder of its answers is gone on with under the same
            name only.
        batch: gives the function lists of up to so many, and takes a list of answers back.
        frames: as :func:`~handeye.visualact.asking.run.make_options` takes them; or several numbers
            (``"1,4"`` or ``[1, 4]``), for :func:`run_frames`.
        split: ``test``, ``dev`` or ``all``.
        scenarios: of navigation, home, safety, hmi; all by default.
        clips: at most so many.
        protocol: ``one-pass`` or ``two-pass``.
        **others: what else :func:`~handeye.visualact.asking.run.make_options` takes: ``embedder``,
            ``scoring``, ``max_connections``, ``generation``, ``progress`` ...

    Returns:
        The run, as a path and as figures; of several numbers of frames, or with ``score=False``,
        the folder alone.

    Raises:
        RunError, DataError, OptionError: as :func:`run_frames` and :func:`run_visualact`.
    """
    others |= {"name": name, "batch": batch, "split": split, "scenarios": scenarios}
    others |= {"clips": clips, "protocol": protocol}

    def ask(folder: Path) -> Path:
        folder = Path(steady(model, folder))
        if (counts := frame_counts(frames)) is None:
            return run_visualact(model, data, folder, frames=frames, **others)
        run_frames(model, data, folder, counts, **others)
        return folder

    alone = frame_counts(frames) is None and others.get("score") is not False
    found: DrawnRun | Path = kept_or_aside(ask, out, _opened(alone))
    return found


def _opened(one_scored: bool) -> Callable[[Path], Any]:
    if not one_scored:
        return Path
    from handeye.visualact.pages.plots import read_run as drawn

    return drawn


def frame_counts(frames: object) -> list[int] | None:
    """Several numbers of frames, which ask for a run each; None for one choice."""
    if isinstance(frames, str):
        found = re.fullmatch(r"\s*\d+(\s*,\s*\d+)+\s*", frames)
        return [int(number) for number in frames.split(",")] if found else None
    if not isinstance(frames, Sequence):
        return None
    counts = [one for one in frames if isinstance(one, int)]
    return counts if 1 < len(counts) == len(frames) else None


def run_frames(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str],
    counts: Sequence[int],
    *,
    longest_side: int | None = 768,
    started: Callable[[int, Path], None] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """Run a model once for each number of frames, few to many; finished runs are not repeated.

    Args:
        model: as :func:`run_visualact` takes it.
        data: as :func:`run_visualact` takes it.
        out: the folder; made if absent. More numbers may be added to one that is there.
        counts: numbers of frames at equal distances, each at least 1.
        longest_side: of the frames in pixels.
        started: called before each run with the number of frames and its folder.
        **others: what else :func:`run_visualact` takes.

    Returns:
        What ``ablation.json`` holds: ``runs`` with ``frames``, ``folder`` and ``figures``
        (estimates of the headline, and of F1 on motion-only clips and the rest where the set knows
        them).

    Raises:
        OptionError: no number, or one given twice.
        RunError: ``out`` holds something else; and as :func:`run_visualact`.
    """
    wanted = sorted(set(counts))
    if not wanted or len(wanted) != len(counts):
        raise OptionError(f"frames must be different numbers, got {', '.join(map(str, counts))}")
    if others.get("score") is False:
        raise OptionError("an ablation compares scores; it cannot be run without scoring")
    out = Path(steady(model, out))
    label = called(model, others.get("name"))
    known = _known(out, label)
    # All of them before the first: what one cannot do must not be found out when others were asked.
    jobs = []
    for count in wanted:
        choice = FrameChoice(count=count, longest_side=longest_side)
        jobs.append(job(make_options(model, data, out / _folder(count), frames=choice, **others)))
        check_plan(jobs[-1].options.out, jobs[-1].plan, jobs[-1].lacking, jobs[-1].named)
    with held(out):
        for count, one in zip(wanted, jobs, strict=True):
            folder = one.options.out
            if started is not None:
                started(count, folder)
            carry_out(one)
            known[count] = {"frames": count, "folder": folder.name, "figures": _figures(folder)}
            _write(out, label, known)
    return _record(label, known)


class _Known(msgspec.Struct):
    """A run in ablation.json."""

    frames: int
    folder: str
    figures: dict[str, Estimate]


def _folder(count: int) -> str:
    return f"frames-{count}"


def _known(out: Path, model: str) -> dict[int, dict[str, Any]]:
    """The runs that are there; refuses a folder of something else, or of another model."""
    path = out / ABLATION
    if path.exists():
        found = read_json(path)
        if found.get("model") != model:
            raise RunError(
                f"{path}: was made for {found.get('model')}, not {model}; choose another folder"
            )
        try:
            runs = msgspec.convert(found.get("runs"), list[_Known])
        except msgspec.ValidationError as error:
            raise DataError(f"{path}: cannot be read: {error}") from None
        return {one.frames: run for one, run in zip(runs, found["runs"], strict=True)}
    others = [p.name for p in entries(out)] if out.is_dir() else []
    # Stopped before ablation.json was written, the folder may have its tables already.
    strange = [name for name in others if not name.startswith("frames-") and name != _TABLES]
    if (out / PLAN).exists() or strange or (out.exists() and not out.is_dir()):
        raise RunError(
            f"{out}: holds something else ({', '.join(sorted(strange)[:5]) or 'a file'}); an "
            "ablation over frames needs a folder of its own"
        )
    return {}


def _figures(folder: Path) -> dict[str, Any]:
    run = read_run(folder)
    basis = run.summary["bases"]["all"]
    options = Options.of(run.summary.options)
    row = options.overall(basis[options.averaging]["mean"])
    figures = {name: row[name] for name in _FIGURES} | {"headline_f1": basis["headline"]["f1"]}
    clips = {clip.clip_id: clip for clip in clips_of(run)}
    for kind, found in split_f1(clips, run.rows(), options).items():
        figures[f"f1_{kind}"] = found
    return figures


def _record(model: str, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    runs = [known[count] for count in sorted(known)]
    return {"suite": "visualact", "axis": "frames", "model": model, "runs": runs}


def _write(out: Path, model: str, known: dict[int, dict[str, Any]]) -> None:
    record = _record(model, known)
    tree = {
        str(run["frames"]): {name: rate_of(found) for name, found in run["figures"].items()}
        for run in record["runs"]
    }
    interval = read_run(out / record["runs"][0]["folder"]).summary["interval"]["words"]
    (out / _TABLES).mkdir(exist_ok=True)
    table = table_of("frames", ("frames", "figure"), tree, file="frames.csv")
    for name, text in csv_files([table], interval=interval, note=f"model: {model}").items():
        write_bytes(out / _TABLES / name, text.encode())
    write_bytes(out / ABLATION, indented_json(record))
