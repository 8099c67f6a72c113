"""``handeye rose``."""

from __future__ import annotations

from handeye.rose.commands.sets import app

__all__ = ["app"]
