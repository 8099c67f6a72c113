"""``handeye rose``."""

from handeye.rose.commands.sets import app

__all__ = ["app"]
