"""What is heard: kinds of sound detail, and the closing sounds that questions ask for."""

from handeye.premise.scenes.kinds import Kind
from handeye.premise.scenes.sound.closing import QUERIES
from handeye.premise.scenes.sound.events import EVENTS
from handeye.premise.scenes.sound.qualities import QUALITIES

__all__ = ["AUDIO", "QUERIES"]

AUDIO: dict[str, Kind] = {kind.name: kind for kind in (*EVENTS, *QUALITIES)}
