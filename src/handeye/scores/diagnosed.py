"""A run diagnosed, whatever the suite: its findings, and a reason for everything that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from handeye.atomic import write_all
from handeye.printing import noun
from handeye.scores.estimate import Estimate
from handeye.scores.run_folder import as_parquet
from handeye.scores.summary import Recorded
from handeye.scores.tables import Column, Row, Table
from handeye.sets.processes import in_order
from handeye.shown import Shown, Words
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums

if TYPE_CHECKING:
    import polars as pl

DIAGNOSIS = "diagnosis.json"
REASONS = "reasons.parquet"


class Share(msgspec.Struct):
    """How often one reason or sign occurs: among what failed, and among everything.

    ``share`` and ``rate`` are fractions; their ``n`` are the items or clips that they are over.
    """

    key: str
    label: str
    meaning: str
    count: int
    share: Estimate
    rate: Estimate


class Group(msgspec.Struct):
    """Why some items failed; ``reasons`` exclude each other, ``tags`` do not."""

    n_items: int
    n_failed: int
    failed: Estimate
    reasons: list[Share]
    tags: list[Share]


class Sign(Protocol):
    """A reason or a sign, and its words."""

    @property
    def key(self) -> str:
        """Its name in files."""
        ...

    @property
    def label(self) -> str:
        """A few words for tables."""
        ...

    @property
    def meaning(self) -> str:
        """A sentence."""
        ...


def shares(
    sums: Sums,
    signs: Iterable[Sign],
    prefix: str,
    failed: str,
    everything: str,
    stratum: str | None = None,
) -> list[Share]:
    """What occurred of some reasons or signs, in their order.

    Args:
        sums: with a column of each sign, named ``PREFIX.KEY``.
        signs: in the order in which they are told.
        prefix: of the columns.
        failed: column of what failed.
        everything: column of what was asked.
        stratum: of the sums; None: all together.
    """
    columns = {sign: f"{prefix}.{sign.key}" for sign in signs}
    return [
        msgspec.convert(
            {
                "key": sign.key,
                "label": sign.label,
                "meaning": sign.meaning,
                "count": count,
                "share": estimates(sums.share(column, failed, stratum)),
                "rate": estimates(sums.share(column, everything, stratum)),
            },
            Share,
        )
        for sign, column in columns.items()
        if (count := sums.count(column, stratum))
    ]


def group_of(sums: Sums, where: str, reasons: Iterable[Sign], tags: Iterable[Sign]) -> Group:
    """Why the items of a part failed.

    Args:
        sums: with columns ``WHERE.items``, ``WHERE.failed`` and one of each sign, ``WHERE.KEY``.
        where: name of the part.
        reasons: that exclude each other, in order.
        tags: that do not.
    """
    failed, everything = f"{where}.failed", f"{where}.items"
    return Group(
        n_items=sums.count(everything),
        n_failed=sums.count(failed),
        failed=msgspec.convert(estimates(sums.share(failed, everything)), Estimate),
        reasons=shares(sums, reasons, where, failed, everything),
        tags=shares(sums, tags, where, failed, everything),
    )


def reason_table(group: Group, note: str) -> Table:
    """Why items failed, with what else their answers show below.

    Args:
        group: of the items.
        note: what the intervals are.
    """
    rows = [Row(one.label, (one.count, one.share, one.rate)) for one in group.reasons]
    rows += [
        Row(one.label, (one.count, one.share, one.rate), group="beside that") for one in group.tags
    ]
    return Table(
        "reasons",
        f"Why {group.n_failed:,} of {group.n_items:,} {noun(group.n_items, 'items')} failed",
        (Column("items"), Column("% of the failed"), Column("% of all")),
        tuple(rows),
        row_head="reason",
        note=note,
    )


class Diagnosed(Shown):
    """What suites' diagnoses have in common.

    Attributes:
        findings: diagnosis.json.
        reasons: one row an item, with ``passed`` and ``reason``.
    """

    __slots__ = ()
    findings: Recorded
    reasons: pl.DataFrame

    @property
    def data(self) -> Mapping[str, Any]:
        """diagnosis.json as nested dicts."""
        return self.findings.data

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence; empty where the suite has none."""
        return ""

    def said(self) -> Iterator[str | Table]:
        """What a terminal says of it, in that order; the note of a table stands below it."""
        raise NotImplementedError

    def to_json(self) -> bytes:
        """diagnosis.json: indented JSON."""
        return self.findings.to_json()

    def to_dict(self) -> dict[str, Any]:
        """diagnosis.json as nested dicts, to be changed at will."""
        return self.findings.to_dict()

    def _words(self) -> Words:
        title, _, note = self.findings._words()
        passed = self.reasons["passed"].sum()
        counts = Counter(self.reasons["reason"].drop_nulls().to_list())
        reasons = {name: f"{count:,}" for name, count in counts.most_common()}
        told = " ".join(filter(None, [self.sentence, note]))
        return Words(f"Diagnosis of {title}: {passed:,} passed", reasons, told)

    def _rows(self) -> pl.DataFrame:
        return self.reasons


DiagnosisT = TypeVar("DiagnosisT", bound=Diagnosed)


def diagnose_runs(
    diagnose: Callable[..., DiagnosisT],
    runs: Sequence[str | PathLike[str]],
    *,
    workers: int | None = 1,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> list[DiagnosisT]:
    """Diagnose several runs, in as many processes as ``workers`` says.

    Args:
        diagnose: of the suite; a function of a module, so that processes can call it.
        runs: run folders.
        workers: processes, None for as many as pay; has no influence on the result.
        progress: called with how many runs are done and how many there are.
        options: of ``diagnose``.

    Raises:
        OptionError, RunError, DataError: as ``diagnose``.
    """
    folders = [Path(run) for run in runs]
    return in_order(partial(diagnose, **options), folders, workers, progress)


def write_diagnosis(diagnosis: Diagnosed, folder: Path) -> tuple[Path, Path]:
    """Write diagnosis.json and reasons.parquet into a run folder, both or none.

    Raises:
        OSError: the folder cannot be written.
    """
    data = {DIAGNOSIS: diagnosis.to_json(), REASONS: as_parquet(diagnosis.reasons)}
    write_all({folder / name: one for name, one in data.items()})
    return folder / DIAGNOSIS, folder / REASONS
