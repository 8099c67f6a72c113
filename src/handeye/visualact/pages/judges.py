"""What judge models decided, beside the embeddings and never mixed with them (judge.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.reading import read_json
from handeye.scores.estimate import Estimate, Worded, in_unit, rate_of
from handeye.scores.tables import Column, Row, Table
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.scoring.run_folder import JUDGED
from handeye.visualact.scoring.summary import Summary

_COLUMNS = (
    Column("clips", "clips with actions on both sides that the judge decided"),
    Column("F1, embedding", "overall F1 of these clips with the embedding's matches"),
    Column("F1, judge", "overall F1 of the same clips with the judge's matches"),
    Column("agreement", "share of (proposed, true) pairs about which both say the same"),
    Column("kappa", "Cohen's kappa: agreement beyond chance"),
    Column("judge only", "pairs that only the judge matched"),
    Column("embedding only", "pairs that only the embedding matched"),
)


class _Agreement(msgspec.Struct):
    agreement: Estimate
    kappa: Estimate
    judge_only: int
    embedding_only: int


class _Scores(msgspec.Struct):
    embedding: Summary
    judge: Summary


class _Judge(msgspec.Struct):
    """What is read of a judge's entry."""

    n_decided: int
    n_clips: int
    agreement: _Agreement
    scores: _Scores


def judge_table(runs: Sequence[LoadedRun]) -> Table | None:
    """One row a run and judge; None where no run was judged since it was scored."""
    rows = [
        Row(str(name), _cells(entry), run.number, group=run.label if len(runs) > 1 else "")
        for run in runs
        for name, entry in _judges(run).items()
    ]
    if not rows:
        return None
    return Table(
        key="t-judges",
        caption="Judge models beside the embedding, over the clips that a judge decided: F1 and "
        "agreement in percent, 95 % intervals over clips.",
        columns=_COLUMNS,
        rows=tuple(rows),
        row_head="Judge",
        note="No other figure on this page uses a judge's matches.",
    )


def _judges(run: LoadedRun) -> Mapping[str, Mapping[str, Any]]:
    """Entries of judge.json; none where it is about other answers, texts or options."""
    path = run.run.path / JUDGED
    if not path.is_file():
        return {}
    found = read_json(path)
    about, info = found.get("about") or {}, run.info
    if about.get("predictions") != (info.get("predictions") or {}).get("sha256"):
        return {}
    if about.get("options") != info.get("options"):
        return {}
    if about.get("embedder") != (info.get("embedder") or {}).get("digest"):
        return {}
    judges: Any = found.get("judges")
    try:
        msgspec.convert(judges, dict[str, _Judge])
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: holds no judges ({error}); ask the judge again") from None
    return judges  # type: ignore[no-any-return]


def _cells(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    agreement, scores = entry["agreement"], entry["scores"]

    def f1(name: str) -> Any:
        return rate_of(scores[name]["bases"]["all"]["headline"]["f1"])

    return (
        Worded(entry["n_decided"], words=f"{entry['n_decided']:,} of {entry['n_clips']:,}"),
        f1("embedding"),
        f1("judge"),
        rate_of(agreement["agreement"]),
        in_unit(rate_of(agreement["kappa"]), "plain"),
        agreement["judge_only"],
        agreement["embedding_only"],
    )
