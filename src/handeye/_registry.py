"""What Inspect finds through its entry point: the tasks and the model providers of handeye."""

from __future__ import annotations

from handeye.respondents.provider import handeye_provider
from handeye.rose.task import rose
from handeye.visualact.task import visualact

__all__ = ["handeye_provider", "rose", "visualact"]
