"""Pairs of questions that differ in one thing alone: what is true of the clip.

Of a family every prompt is asked about clips of which its premise holds and clips of which it does
not, so the swap of siblings is read off the answers that are there. In sets without families (the
published one) a true and a false premise about one clip are siblings; their prompts differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from handeye.premise.items import VISION_FALSE
from handeye.premise.scoring.score import ScoreRow


class Pair(NamedTuple):
    """Places of two rows; of siblings the one with the true premise comes first."""

    first: int
    second: int


class Siblings:
    """The pairs among the rows of a run; questions that name two details are in ``repeated`` alone.

    Attributes:
        families: whether prompts are asked about several clips.
        siblings: a true premise and a false one, in the same words where there are families; what
            the other sense gets is the same.
        crossed: the same prompt with the same gold about clips that differ in the other sense
            alone; none where something was done to the media.
        repeated: the same prompt about clips that differ in anything.
    """

    def __init__(self, rows: Sequence[ScoreRow]) -> None:
        self._rows = rows
        places: dict[str, list[int]] = defaultdict(list)
        # By clip and sense, the prompts that hold: two clips with the same show it the same.
        holding: dict[tuple[str, str], set[str]] = defaultdict(set)
        for place, row in enumerate(rows):
            if row.prompt_id:
                places[row.prompt_id].append(place)
            if row.premise == "standard":
                holding[row.clip_id, row.modality].add(row.prompt)
        self._holding = holding
        self._places = {prompt: held for prompt, held in places.items() if self._clips(held) > 1}
        self.families = bool(self._places)
        self.siblings = [
            Pair(true, false)
            for held in self._groups()
            for true, false in product(*self._split(held))
            if rows[true].clip_id == rows[false].clip_id or self._alike(true, false)
        ]
        self.crossed = [
            Pair(first, second)
            for held in self._places.values()
            for first, second in combinations(held, 2)
            if self._crossed(rows[first], rows[second]) and not self._alike(first, second)
        ]
        self.repeated = [
            Pair(*two) for held in self._places.values() for two in combinations(held, 2)
        ]

    def _clips(self, places: Sequence[int]) -> int:
        return len({self._rows[place].clip_id for place in places})

    def _groups(self) -> Iterator[list[int]]:
        """Rows among which there are siblings: of a prompt, else of a clip and a sense."""
        yield from self._places.values()
        alone: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, row in enumerate(self._rows):
            if row.prompt_id not in self._places:
                alone[row.clip_id, row.modality].append(place)
        yield from alone.values()

    def _split(self, places: Sequence[int]) -> tuple[list[int], list[int]]:
        """The rows that are true and those that are false, as the media were shown."""
        out: tuple[list[int], list[int]] = [], []
        for place in places:
            row = self._rows[place]
            if row.gold is not None and row.modality != "both":
                out[row.gold >= VISION_FALSE].append(place)
        return out

    def _alike(self, first: int, second: int) -> bool:
        """Whether the clips of two rows are the same to the sense that these do not ask.

        The set knows; where it does not tell, the prompts that hold of the clips do, if questions
        about that sense were asked.
        """
        one, two = self._rows[first], self._rows[second]
        other = "audio" if one.modality == "vision" else "vision"
        if one.here and two.here and one.scene_id == two.scene_id:
            return one.here[other == "audio"] == two.here[other == "audio"]
        return self._holding[one.clip_id, other] == self._holding[two.clip_id, other]

    @staticmethod
    def _crossed(one: ScoreRow, two: ScoreRow) -> bool:
        asked = one.modality != "both" and not (one.ablation or two.ablation)
        return asked and one.premise == two.premise and one.clip_id != two.clip_id
