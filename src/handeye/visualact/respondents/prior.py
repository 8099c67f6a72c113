"""What anyone would guess from the name of the scenario: a baseline that never looks.

The lists were written by hand from the four titles of the paper, before the generated set had all
its kinds of events, and are not fitted to any gold. Being told the scenario is a favour to the
baseline; a model that looks is told nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from handeye.errors import RunError
from handeye.visualact.records import Clip, PredictedAction
from handeye.visualact.respondents.questions import Asked, written

TEMPLATES: dict[str, tuple[PredictedAction, ...]] = {
    "navigation": (
        PredictedAction("Slow down and be ready to brake", 3, True),
        PredictedAction("Watch out for pedestrians crossing the road", 3, True),
        PredictedAction("Keep a safe distance to the vehicle ahead", 2, True),
        PredictedAction("Follow the traffic lights and signs", 2, False),
    ),
    "home": (
        PredictedAction("Clean up the mess on the floor", 2, False),
        PredictedAction("Switch off appliances that are not being used", 2, True),
        PredictedAction("Put things back where they belong", 1, False),
        PredictedAction("Ask the person whether they need help", 1, True),
    ),
    "safety": (
        PredictedAction("Warn the people nearby of the danger", 3, True),
        PredictedAction("Call the emergency services", 4, False),
        PredictedAction("Keep people away from the dangerous area", 3, True),
        PredictedAction("Watch the situation closely", 1, True),
    ),
    "hmi": (
        PredictedAction("Stop the robot before it hurts the person", 4, True),
        PredictedAction("Hand the person the object they reach for", 2, False),
        PredictedAction("Answer the person's request", 2, False),
        PredictedAction("Explain to the person what the machine does next", 1, True),
    ),
}
"""The fixed answer for each scenario."""


class Prior:
    """Answers from the template of a clip's scenario; the pictures are never opened."""

    def __init__(self, clips: Iterable[Clip], name: str) -> None:
        self._scenarios = {clip.clip_id: clip.scenario for clip in clips}
        self._name = name

    def answer(self, clip_id: str | None, asked: Asked) -> str:
        """The answer for a clip.

        Raises:
            RunError: the clip is not in the set, or the request does not say which it is.
        """
        if clip_id is None or clip_id not in self._scenarios:
            raise unknown_clip("prior", clip_id, self._name)
        return written(asked, TEMPLATES[self._scenarios[clip_id]])


def unknown_clip(respondent: str, clip_id: str | None, name: str) -> RunError:
    """The error for a request about a clip that a respondent's set does not hold."""
    if clip_id is None:
        return RunError(
            f"handeye/{respondent} must be told which clip it is asked about: the user message "
            "needs metadata {'item_id': ...}, as the suite visualact sends it"
        )
    return RunError(
        f"handeye/{respondent}: no clip {clip_id} in {name}; give the set that is asked about as "
        "the model argument 'data'"
    )
