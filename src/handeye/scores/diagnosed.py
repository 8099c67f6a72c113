"""A run diagnosed, whatever the suite: its findings, and a reason for everything that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handeye.scores.summary import Recorded
from handeye.shown import Shown, Words

if TYPE_CHECKING:
    import polars as pl


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
        return Words(f"Diagnosis of {title}: {passed:,} passed", reasons, note)

    def _rows(self) -> pl.DataFrame:
        return self.reasons
