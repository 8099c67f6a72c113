"""What Inspect finds through its entry point: the task of every suite, and our model providers."""

from __future__ import annotations

import sys

from handeye.models.provider import handeye_provider
from handeye.suites import all_suites

for suite in all_suites():
    try:
        globals()[suite.name] = suite.task.get()
    except (ImportError, AttributeError) as error:  # a plugin's; ours are tested
        print(f"warning: the task of {suite.name} is left out: {error}", file=sys.stderr)

__all__ = ["handeye_provider"]
