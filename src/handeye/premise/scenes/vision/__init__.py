"""What is seen: kinds of visual detail on the stage, queries of the badge on the strip."""

from handeye.premise.scenes.kinds import Kind
from handeye.premise.scenes.vision.badge import QUERIES
from handeye.premise.scenes.vision.moving import MOVING
from handeye.premise.scenes.vision.stills import STILLS

__all__ = ["QUERIES", "VISION"]

VISION: dict[str, Kind] = {kind.name: kind for kind in (*STILLS, *MOVING)}
