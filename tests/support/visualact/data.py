"""Clips and predictions for tests."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from handeye.sets.draw import Draw
from handeye.visualact.records import SCENARIOS, Action, Clip, PredictedAction, Prediction

# The example of docs/visualact-scoring.md.
TRUTH = (
    Action("Brake for the pedestrian", 4, True),
    Action("Sound the horn", 2, False),
)
PREDICTED = (
    PredictedAction("Stop the car at once", 3, True),
    PredictedAction("Honk", 2, True),
    PredictedAction("Slow down a little", 0, False),
)
TABLE: dict[str, Sequence[float]] = {
    TRUTH[0].text: (1, 0),
    TRUTH[1].text: (0, 1),
    PREDICTED[0].text: (0.90, 0.20),
    PREDICTED[1].text: (0.30, 0.60),
    PREDICTED[2].text: (0.55, 0.40),
}


def clip(clip_id: str, actions: Sequence[Action] = TRUTH, scenario: str = "navigation") -> Clip:
    return Clip(
        clip_id=clip_id, video=f"videos/{clip_id}.mp4", scenario=scenario, actions=tuple(actions)
    )


def prediction(
    clip_id: str,
    actions: Sequence[PredictedAction] | None = PREDICTED,
    state: str = "answered",
    model: str = "m",
) -> Prediction:
    return Prediction(
        clip_id=clip_id,
        model=model,
        raw_text="",
        actions=None if actions is None else tuple(actions),
        error=None,
        state=state,
    )


def random_run(seed: int, clips: int = 60) -> tuple[list[Clip], list[Prediction]]:
    """Clips of all classes with 0 to 4 actions, and answers with 0 to 5; texts of a few letters."""
    draw = Draw(seed, "visualact", "made up")
    scenarios = list(SCENARIOS)
    asked, answers = [], []
    for number in range(clips):
        actions = tuple(
            Action(_word(draw), draw.below(5), draw.below(2) == 0) for _ in range(draw.below(5))
        )
        found = tuple(
            PredictedAction(
                _word(draw),
                None if draw.below(4) == 0 else draw.below(5),
                (None, True, False)[draw.below(3)],
            )
            for _ in range(draw.below(6))
        )
        asked.append(clip(f"c{number}", actions, scenarios[draw.below(4)]))
        answers.append(prediction(f"c{number}", found))
    return asked, answers


def _word(draw: Draw) -> str:
    return "".join("abcdef"[draw.below(6)] for _ in range(draw.integer(2, 6)))


words = st.text("abcdef", min_size=1, max_size=5)
true_actions = st.lists(
    st.builds(Action, text=words, apl=st.integers(0, 4), proactive=st.booleans()), max_size=4
)
predicted_actions = st.lists(
    st.builds(
        PredictedAction,
        text=words,
        apl=st.none() | st.integers(0, 4),
        proactive=st.none() | st.booleans(),
    ),
    max_size=4,
)
