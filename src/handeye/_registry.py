"""What Inspect finds through its entry point: the tasks and the model providers of handeye."""

from __future__ import annotations

from handeye.models.provider import handeye_provider
from handeye.rose.asking.task import rose
from handeye.visualact.asking.task import visualact

__all__ = ["handeye_provider", "rose", "visualact"]
