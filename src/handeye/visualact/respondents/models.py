"""The respondents of VisualActBench as ``handeye/NAME``.

Two know the set; the third is the check that clips can be solved.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from handeye.respondents.conversation import Conversation, Kind, Reply, Respondents, spoken


class SimulatedClips:
    """Knows the gold of a set of clips and spoils it as told."""

    connections = 64

    def __init__(
        self, data: object, faults: str | Sequence[str] | None = None, seed: object = 0
    ) -> None:
        from handeye.respondents.fault_rates import parse_rates, read_seed
        from handeye.visualact.loader import load
        from handeye.visualact.respondents.faults import FAULTS

        self._faults = parse_rates(faults, FAULTS)
        self._seed = read_seed(seed)
        self._set = load(str(data), split=None)
        self._clips = {clip.clip_id: clip for clip in self._set}

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the gold with the faults that fire for the clip."""
        from handeye.visualact.respondents import faults, prior, questions

        question = questions.read_question(asked.question)
        clip = self._clips.get(asked.item_id or "")
        if clip is None:
            raise prior.unknown_clip("simulated", asked.item_id, self._set.name)
        found = faults.simulate(clip, self._faults, self._seed, question)
        return spoken(found.raw_text, found.stop_reason, found.error, found.planted)


class PriorClips:
    """Knows the scenario of every clip of a set, and never looks."""

    connections = 64

    def __init__(self, data: object) -> None:
        from handeye.visualact.loader import load
        from handeye.visualact.respondents.prior import Prior

        clips = load(str(data), split=None)
        self._prior = Prior(clips, clips.name)

    async def answer(self, asked: Conversation) -> Reply:
        """The template of the clip's scenario."""
        from handeye.visualact.respondents.questions import read_question

        return Reply(self._prior.answer(asked.item_id, read_question(asked.question)))


class Motion:
    """The check that clips can be solved: looks at the frames, fitted on films like these."""

    def __init__(self) -> None:
        from handeye.visualact.respondents.motion import MotionRespondent

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._respondent = MotionRespondent(workers=cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the frames; declines where they cannot be opened."""
        text, declined = await self._respondent.answer(asked.images, asked.videos, asked.question)
        return Reply(text, "content_filter" if declined else "stop")


NOT_FOR_SMALL = (
    "handeye/small was not made for clips: it was trained on single pictures of grids, and answers "
    "nothing else"
)
RESPONDENTS: Respondents = {
    "prior": Kind(("data",), PriorClips, "knows every clip's class, never looks"),
    "simulated": Kind(
        ("data", "faults", "seed"), SimulatedClips, "knows the gold, spoils it as told"
    ),
    "motion": Kind(
        (),
        Motion,
        "fitted on the generator's own films: the check that clips can be solved",
        own=True,
    ),
}
