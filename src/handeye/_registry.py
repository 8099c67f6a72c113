"""What Inspect finds through its entry point: the task of every suite, and our model providers."""

from __future__ import annotations

from handeye.models.provider import handeye_provider
from handeye.suites import all_suites

globals().update({suite.name: suite.task.get() for suite in all_suites()})

__all__ = ["handeye_provider"]
