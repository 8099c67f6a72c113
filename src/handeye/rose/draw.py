"""Moved to :mod:`handeye.draw`."""

from handeye.draw import Draw as Draw
