"""The respondents of ROSE as ``handeye/NAME``: one that looks, one that knows the gold.

What they are made of is imported when one is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from handeye.respondents.conversation import Conversation, Kind, Reply, Respondents, spoken


class Pixels:
    """Looks at the picture and reads the prompt."""

    def __init__(self) -> None:
        from handeye.rose.respondents.pixels.respondent import PixelRespondent

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._respondent = PixelRespondent(workers=cores)

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the pixels; declines when there is no grid or the prompt is not read."""
        text, declined = await self._respondent.answer(asked.one_picture(), asked.text)
        return Reply(text, "content_filter" if declined else "stop")


class Simulated:
    """Knows the gold of a ROSE set and spoils it as told."""

    connections = 64

    def __init__(
        self, data: object, faults: str | Sequence[str] | None = None, seed: object = 0
    ) -> None:
        from handeye.respondents.fault_rates import read_seed
        from handeye.rose.release import load
        from handeye.rose.respondents.lookup import ItemFinder
        from handeye.rose.respondents.simulated import parse_faults

        self._faults = parse_faults(faults)
        self._seed = read_seed(seed)
        self._items = ItemFinder(load(str(data)))

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the gold with the faults that fire for the item."""
        from handeye.rose.respondents.simulated import simulate

        item = self._items.find(asked.one_picture(), asked.text)
        found = simulate(item, self._faults, self._seed)
        return spoken(found.raw_text, found.stop_reason, found.error, found.planted)


RESPONDENTS: Respondents = {
    "pixels": Kind((), Pixels, "looks at the picture; no learned model"),
    "simulated": Kind(("data", "faults", "seed"), Simulated, "knows the gold, spoils it as told"),
}
