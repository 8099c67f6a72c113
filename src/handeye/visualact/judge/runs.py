"""A judge's view of a scored run, in a file of its own beside the scores.

    RUN/judge.json          agreement with the embeddings and both scores, by judge
    RUN/judgements.jsonl    every answer of every judge (handeye.run.journal)

summary.json is never touched: its headline is the embedding matcher's, whoever was asked since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.atomic import write_bytes
from handeye.errors import RunError, refusal
from handeye.reading import read_json
from handeye.run.judge import count_states
from handeye.scores.embedder import Embedder
from handeye.scores.run_folder import indented_json
from handeye.visualact.comparing.scored_runs import answered_clips
from handeye.visualact.judge.matcher import score_judged
from handeye.visualact.judge.prompt import VERSION
from handeye.visualact.scoring.cases import make_cases
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.run_folder import JUDGED, JUDGEMENTS, Run
from handeye.visualact.scoring.score import score_cases
from handeye.visualact.scoring.summary import RESAMPLES, SUITE

if TYPE_CHECKING:
    from inspect_ai.model import Model

FORMAT = 1


def judge_run(
    run: Run,
    model: str | Model,
    embedder: Embedder,
    *,
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    connections: int = 10,
    attempts: int = 3,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Let a model decide the matches of a scored run and write judge.json.

    Clips without a judgement are left out of both scores that stand beside each other here.

    Args:
        run: scored before; its options are used again.
        model: as Inspect names it, or a model of Inspect's.
        embedder: the one the run was scored with, cached or not.
        base_url: of the judge's provider.
        model_args: of the judge's provider.
        connections: requests at a time.
        attempts: requests for one question until an answer can be read.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.
        progress: called with (done, total) questions.

    Returns:
        The judge's entry of judge.json: ``name``, ``prompt_version``, ``states`` (clips by state),
        ``n_clips`` (with actions on both sides), ``n_decided``, ``asked``, ``usage``, ``errors``,
        ``agreement``, ``scores`` (summaries ``embedding`` and ``judge``), ``decisions``.

    Raises:
        RunError: another embedder than the run's, no such model, nothing but failures.
        DataError: the set is not there or was changed, or no clip could be judged.
    """
    from handeye.visualact.judge.ask import judge_cases

    scored_with = run.info["embedder"]
    if scored_with.get("digest") != embedder.digest:
        raise RunError(
            f"{run.path}: was scored with embedder {scored_with.get('name')} "
            f"({str(scored_with.get('digest'))[:12]}), not with {embedder.name} "
            f"({embedder.digest[:12]}); score the run again"
        )
    options = Options.of(run.info["options"])
    clips, predictions = answered_clips(run)
    cases = make_cases(predictions, clips, embedder, options)
    found = judge_cases(
        cases,
        model,
        run.path / JUDGEMENTS,
        base_url=base_url,
        model_args=model_args,
        connections=connections,
        attempts=attempts,
        progress=progress,
    )
    if found.states and not found.decisions:
        first = next(iter(found.errors.values()), next(iter(found.states.values())))
        raise RunError(
            f"judge {found.name}: no clip could be judged ({first}); the answers are in "
            f"{run.path / JUDGEMENTS}"
        )
    kept = [case for case in cases if found.states.get(case.clip.clip_id, "") in ("", "decided")]
    common: dict[str, Any] = {
        "embedder": {"name": embedder.name, "digest": embedder.digest},
        "seed": seed,
        "bootstrap": bootstrap,
    }
    judged = score_judged(kept, clips, found.decisions, found.name, options, **common).summary.data
    near = score_cases(kept, clips, options, **common).summary.data
    entry = {
        "name": found.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "prompt_version": VERSION,
        "attempts": attempts,
        "structured": found.structured,
        "states": count_states(found.states.values()),
        "n_clips": len(found.states),
        "n_decided": len(found.decisions),
        "asked": {
            "requests": found.requests,
            "known": found.known,
            "unreadable": found.unreadable,
        },
        "usage": msgspec.to_builtins(found.usage),
        "agreement": judged["judge"]["agreement"],
        "scores": {"embedding": near, "judge": judged},
        "decisions": {clip_id: list(pairs) for clip_id, pairs in found.decisions.items()},
        "errors": dict(found.errors),
    }
    _write(run, entry)
    return entry


def _write(run: Run, entry: Mapping[str, Any]) -> None:
    """Put an entry beside those of other judges about the same scores."""
    path = run.path / JUDGED
    about = {
        "predictions": run.info["predictions"]["sha256"],
        "embedder": run.info["embedder"]["digest"],
        "options": run.info["options"],
    }
    known = read_json(path) if path.exists() else {}
    others = known.get("judges", {}) if known.get("about") == about else {}
    judges = {**others, str(entry["name"]): dict(entry)}
    try:
        write_bytes(
            path,
            indented_json({"format": FORMAT, "suite": SUITE, "about": about, "judges": judges}),
        )
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {refusal(error)}") from None
