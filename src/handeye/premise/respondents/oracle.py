"""The oracle: answers from decoded pixels and samples, and from what is asked, alone.

It reads the premise off the question, measures whether it holds with the eyes and ears of the
kinds (``Kind.holds``), and reads what is asked for (``Query.read``). It knows nothing of a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import FALSE_OF, LETTERS, PAPER_ORDER
from handeye.premise.scenes.families import LEAD
from handeye.premise.scenes.kinds import N_SAMPLES, SIZE, Query
from handeye.premise.scenes.plan import KINDS, QUERIES, SENSES, Sense

_AND = " and "


def answer(
    question: str,
    options: Sequence[str],
    order: Sequence[int] = PAPER_ORDER,
    frames: NDArray[np.uint8] | None = None,
    samples: NDArray[np.int16] | None = None,
) -> str | None:
    """The letter of the right option of one question; for several about a clip see Witness.

    Args:
        question: as an item has it.
        options: the four contents.
        order: roles by position.
        frames: as :class:`Witness`.
        samples: likewise.

    Returns:
        None where the question is of no form that it knows, or is about what it has not seen or
        heard.
    """
    role = Witness(frames, samples).role(question, options)
    return None if role is None else LETTERS[list(order).index(role)]


class Witness:
    """Who has seen and heard a clip; what was measured once is remembered.

    Args:
        frames: decoded, (n, 224, 224, 3), one or all of a clip; None, or of another size: it has
            not seen it.
        samples: decoded, (64000, 2) at 16 kHz; None, or others: it has not heard it.
    """

    def __init__(
        self, frames: NDArray[np.uint8] | None = None, samples: NDArray[np.int16] | None = None
    ) -> None:
        self._media: dict[Sense, NDArray[Any]] = {}
        # Of another size nothing is where the kinds look for it.
        if frames is not None and frames.shape[1:] == (SIZE, SIZE, 3):
            self._media["vision"] = frames
        if samples is not None and samples.shape == (N_SAMPLES, 2):
            self._media["audio"] = samples
        self._held: dict[tuple[Sense, str], bool | None] = {}
        self._read: dict[Query, int | None] = {}

    def role(self, question: str, options: Sequence[str]) -> int | None:
        """The role of the right option; None as :func:`answer` says."""
        query = asked(question)
        if query is None:
            return None
        premise = question[len(LEAD) : -len(query.text)].strip().removesuffix(".")
        judged = self.held(premise)
        for sense, holds in (judged or {}).items():
            if not holds:
                return FALSE_OF[sense]
        if judged is None or query.modality not in self._media:
            return None
        found = self._answer(query)
        text = None if found is None else query.options[found]
        return options.index(text) if text in options else None

    def held(self, premise: str) -> dict[Sense, bool] | None:
        """Whether what a premise says of each sense holds; None where it cannot be told.

        Args:
            premise: a clause about one sense, or one about sight and one about sound with ``and``
                between them; without full stop.
        """
        for sense in SENSES:
            if (whole := self._holds(sense, premise)) is not None:
                return {sense: whole}
        for seen, heard in _halves(premise):
            sight, hearing = self._holds("vision", seen), self._holds("audio", heard)
            if sight is not None and hearing is not None:
                return {"vision": sight, "audio": hearing}
        return None

    def _holds(self, sense: Sense, clause: str) -> bool | None:
        if (sense, clause) not in self._held:
            kinds = KINDS[sense].values() if sense in self._media else ()
            judged = (kind.holds(self._media[sense], clause) for kind in kinds)
            self._held[sense, clause] = next((one for one in judged if one is not None), None)
        return self._held[sense, clause]

    def _answer(self, query: Query) -> int | None:
        if query not in self._read:
            self._read[query] = query.read(self._media[query.modality])
        return self._read[query]


def asked(question: str) -> Query | None:
    """The query that a question of our form ends in."""
    if not question.startswith(LEAD):
        return None
    queries = (query for sense in SENSES for query in QUERIES[sense].values())
    return next((query for query in queries if question.endswith(f". {query.text}")), None)


def _halves(premise: str) -> Iterator[tuple[str, str]]:
    at = premise.find(_AND)
    while at >= 0:
        yield premise[:at], premise[at + len(_AND) :]
        at = premise.find(_AND, at + 1)
