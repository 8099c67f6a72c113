"""``handeye rose scenes``: how many scenes a question needs."""

from __future__ import annotations

from handeye.suite import Part
from handeye.terminal.scenes import scenes_command

scenes = scenes_command(
    Part("handeye.rose.scoring.run_folder:read_run"),
    Part("handeye.rose.comparing.quantities:quantities"),
    "scenes",
)
