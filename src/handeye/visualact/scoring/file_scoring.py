"""Scores a prediction file against the clips of a set and writes the run folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from handeye.errors import OptionError
from handeye.scores.join import Predictions, refuse_absent
from handeye.scores.run_folder import RunSummary
from handeye.scores.write import RunWriter, check_free, data_entries
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import Clip
from handeye.visualact.scoring.cases import CLIPS
from handeye.visualact.scoring.embedder import Embedder
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import read_predictions
from handeye.visualact.scoring.run_folder import RUN_FORMAT
from handeye.visualact.scoring.score import score
from handeye.visualact.scoring.summary import RESAMPLES

DEV = "dev"


def score_files(
    predictions: str | Path,
    clips: str | Path | ClipSet | Sequence[str | Path | ClipSet | Clip],
    out: str | Path,
    embedder: Embedder | str | None = None,
    options: Options | None = None,
    *,
    allow_missing: bool = False,
    item_ids: Collection[str] | None = None,
    unselected: Collection[str] = (),
    run_info: Mapping[str, Any] | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> RunSummary:
    """Score a prediction file.

    Args:
        predictions: JSONL (:mod:`handeye.visualact.scoring.reading.predictions`).
        clips: all clips that were asked about: a loaded set, or where one is (or several of these
            whose clips together are the set), so that run.json names the files; or clips alone.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        embedder: of the texts, cached or not, or its name; by default the one of the command line.
        options: of matching and scoring.
        allow_missing: score what is there and mark the run as partial.
        item_ids: only these clips; the others were never meant to be asked: they are not missing,
            and predictions about them are left out.
        unselected: not these clips, whether they are among ``clips`` or not; predictions about
            them are left out.
        run_info: further entries of run.json: ``cost``, ``frames``, ``prompt_version`` ...;
            ``model`` names the model where the predictions do not.
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Raises:
        DataError: predictions that cannot be used or do not fit the clips; nothing is written.
        OptionError: no clip is left to score.
        RunError: ``out`` is not a place for a run.
    """
    predictions, out = Path(predictions), Path(out)
    check_free(out)  # before the slow part
    sets, known = _sets_and_clips(clips)
    chosen = _chosen(known, item_ids, frozenset(unselected), str(predictions))
    left_out = {clip.clip_id for clip in known} - {clip.clip_id for clip in chosen}
    left_out.update(unselected)
    info = {"allow_missing": allow_missing, **(run_info or {})}
    answers = (
        replace(row, model=row.model or info.get("model"))
        for row in read_predictions(predictions)
        if row.clip_id not in left_out
    )
    result = score(
        Predictions(answers, CLIPS, str(predictions)),
        chosen,
        embedder,
        options,
        allow_missing=allow_missing,
        dev=_dev(known, chosen),
        seed=seed,
        bootstrap=bootstrap,
    )
    if sets:
        files = [file for one in sets for file in one.files]
        info |= {"data": data_entries(files, out), "set": ", ".join(one.name for one in sets)}
    with RunWriter(out, RUN_FORMAT) as writer:
        writer.add("scores", result.clips)
        writer.add("pairs", result.pairs)
        return writer.finish(result.summary, predictions=predictions, info=info, looks=result.looks)


def _dev(known: Sequence[Clip], chosen: Sequence[Clip]) -> list[Clip]:
    """The clips of the dev split where none of them is asked about."""
    if any(clip.split == DEV for clip in chosen):
        return []
    return [clip for clip in known if clip.split == DEV]


def _sets_and_clips(
    clips: str | Path | ClipSet | Sequence[str | Path | ClipSet | Clip],
) -> tuple[list[ClipSet], list[Clip]]:
    given = [clips] if isinstance(clips, str | Path | ClipSet) else clips
    loaded = [load(one, split=None) if isinstance(one, str | Path) else one for one in given]
    sets = [one for one in loaded if isinstance(one, ClipSet)]
    alone = [one for one in loaded if isinstance(one, Clip)]
    return sets, [clip for one in sets for clip in one] + alone


def _chosen(
    clips: list[Clip], item_ids: Collection[str] | None, unselected: Collection[str], where: str
) -> list[Clip]:
    wanted = None if item_ids is None else frozenset(item_ids)
    chosen = [clip for clip in clips if wanted is None or clip.clip_id in wanted]
    if wanted is not None:
        refuse_absent(wanted - {clip.clip_id for clip in chosen}, where, CLIPS)
    chosen = [clip for clip in chosen if clip.clip_id not in unselected]
    if chosen == clips:
        return clips
    if not chosen:
        raise OptionError("no clip is left by the selection: no clip ids were chosen")
    return chosen
