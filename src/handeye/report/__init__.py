"""The HTML report of one or more runs: :func:`write_report`."""

from __future__ import annotations

from handeye.report.write import write_report

__all__ = ["write_report"]
