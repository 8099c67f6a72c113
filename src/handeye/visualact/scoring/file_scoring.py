"""Scores a prediction file against the clips of a set and writes the run folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from handeye.errors import OptionError
from handeye.run.journal import ANSWERS
from handeye.run.logs import as_lines, is_whole
from handeye.run.options import SMALL
from handeye.scores.embedder import Embedder
from handeye.scores.join import Predictions, refuse_absent
from handeye.scores.run_folder import RunSummary
from handeye.scores.so_far import begun, refuse_other_rows
from handeye.scores.summary import marked_so_far, noted
from handeye.scores.write import RunWriter, data_entries
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load, selected
from handeye.visualact.records import Clip
from handeye.visualact.respondents.models import NOT_FOR_SMALL
from handeye.visualact.scoring.cases import CLIPS
from handeye.visualact.scoring.embedding_cache import as_embedder
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import all_said, line_of, read_predictions
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
    strip_thoughts: bool = False,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> RunSummary:
    """Score a prediction file.

    Args:
        predictions: JSONL (:mod:`handeye.visualact.scoring.reading.predictions`), or a log of
            ``inspect eval handeye/visualact``, or the journal in a run folder.
        clips: all clips that were asked about: a loaded set, or where one is (or several of these
            whose clips together are the set), so that run.json names the files; or clips alone.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        embedder: of the texts, cached or not, or its name; by default the one of the command line.
        options: of matching and scoring.
        allow_missing: score what is there and mark the run as partial.
        item_ids: only these clips; the others were never meant to be asked: they are not missing,
            and predictions about them are left out. By default all, or what was asked where a run's
            own file or a log tells.
        unselected: not these clips, whether they are among ``clips`` or not; predictions about
            them are left out.
        run_info: further entries of run.json: ``cost``, ``frames``, ``prompt_version`` ...;
            ``model`` names the model where the predictions do not.
        strip_thoughts: take thoughts and special tokens off the answers before they are read.
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Raises:
        DataError: predictions that cannot be used or do not fit the clips; nothing is written.
        OptionError: no clip is left to score.
        RunError: ``out`` is not a place for a run.
    """
    predictions, out = Path(predictions), Path(out)
    with as_lines(predictions, line_of, all_said) as lines, RunWriter(out, RUN_FORMAT) as writer:
        sets, known = _sets_and_clips(clips)
        rows = list(read_predictions(lines, strip_thoughts))
        if item_ids is None and not unselected and is_whole(predictions, len(rows)):
            asked = {row.clip_id for row in rows}
            item_ids = [clip.clip_id for clip in known if clip.clip_id in asked] or None
        chosen = _chosen(known, item_ids, frozenset(unselected), str(predictions))
        left_out = {clip.clip_id for clip in known} - {clip.clip_id for clip in chosen}
        left_out.update(unselected)
        info = {
            "allow_missing": allow_missing,
            **(run_info or {}),
            **({"strip_thoughts": True} if strip_thoughts else {}),
        }
        answers = (
            replace(row, model=row.model or info.get("model"))
            for row in rows
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
        summary = result.summary
        if summary.model == SMALL:
            summary = noted(summary, NOT_FOR_SMALL)
        if "so_far" in info:
            summary = marked_so_far(summary, "clips")
        writer.add("scores", result.clips)
        writer.add("pairs", result.pairs)
        return writer.finish(
            summary, predictions=lines, source=predictions, info=info, looks=result.looks
        )


def score_so_far(
    run: Path,
    out: Path,
    embedder: Embedder | str | None = None,
    options: Options | None = None,
    *,
    data: str | None = None,
    mapping: Mapping[str, str] | None = None,
    item_ids: Collection[str] | None = None,
    **others: Any,
) -> RunSummary:
    """Score what an unfinished run holds so far, as that; the run may go on meanwhile.

    Args:
        run: its folder.
        out: another folder.
        embedder: as :func:`score_files`; by default the one that the run began with.
        options: likewise.
        data: where the set is now; by default where it was when the run began.
        mapping: columns of a foreign file; by default as when the run began.
        item_ids: only these of the run's clips.
        **others: ``strip_thoughts``, ``seed`` of :func:`score_files`.

    Raises:
        RunError: nothing is answered so far.
        DataError: the set is not the one that the run began with.
    """
    so_far = begun(run, data)
    plan, known = so_far.plan, so_far.scoring
    clips = selected(plan, so_far.where, mapping)
    refuse_other_rows(clips, plan, so_far.where)
    columns = mapping or known.get("mapping")
    return score_files(
        run / ANSWERS,
        clips,
        out,
        as_embedder(embedder or known.get("embedder")),
        options or Options.of(known.get("options", {})),
        allow_missing=True,
        item_ids=item_ids,
        run_info={
            **so_far.record(split=plan.split, scenarios=plan.subsets, clips=plan.max_scenes),
            **({"mapping": dict(columns)} if columns else {}),
        },
        **({"strip_thoughts": so_far.strip_thoughts} | others),
    )


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
