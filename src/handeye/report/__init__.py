"""The HTML pages about runs: :func:`write_report`, :func:`compare`, :func:`write_comparison`."""

from __future__ import annotations

from handeye.report.comparison import compare, write_comparison
from handeye.report.write import write_report

__all__ = ["compare", "write_comparison", "write_report"]
