"""The oracle: answers from decoded pixels and samples, and from what is asked, alone.

It reads the premise off the question, measures whether it holds with the eyes and ears of the
kinds (``Kind.holds``), and reads what is asked for (``Query.read``). It knows nothing of a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import AUDIO_FALSE, LETTERS, PAPER_ORDER, VISION_FALSE
from handeye.premise.scenes.kinds import Query
from handeye.premise.scenes.plan import KINDS, QUERIES, SENSES, Sense

LEAD = "In this clip, "
_AND = " and "
_FALSE: Mapping[Sense, int] = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}
Media = Mapping[Sense, NDArray[np.uint8] | NDArray[np.int16]]


def answer(
    question: str,
    options: Sequence[str],
    order: Sequence[int] = PAPER_ORDER,
    frames: NDArray[np.uint8] | None = None,
    samples: NDArray[np.int16] | None = None,
) -> str | None:
    """The letter of the right option.

    Args:
        question: as an item has it.
        options: the four contents.
        order: roles by position.
        frames: decoded, (n, 224, 224, 3); None: it does not see.
        samples: decoded, (64000, 2) at 16 kHz; None: it does not hear.

    Returns:
        None where the question is of no form that it knows, or asks for what it cannot see or hear.
    """
    role = right_role(question, options, frames, samples)
    return None if role is None else LETTERS[list(order).index(role)]


def right_role(
    question: str,
    options: Sequence[str],
    frames: NDArray[np.uint8] | None = None,
    samples: NDArray[np.int16] | None = None,
) -> int | None:
    """The role of the right option; as :func:`answer`."""
    media: dict[Sense, NDArray[np.uint8] | NDArray[np.int16]] = {}
    if frames is not None:
        media["vision"] = frames
    if samples is not None:
        media["audio"] = samples
    query = _asked(question)
    if query is None:
        return None
    judged = held(question[len(LEAD) : -len(query.text)].strip().removesuffix("."), media)
    if judged is None:
        return None
    for sense in SENSES:
        if judged.get(sense) is False:
            return _FALSE[sense]
    found = query.read(media[query.modality]) if query.modality in media else None
    text = None if found is None else query.options[found]
    return options.index(text) if text in options else None


def held(premise: str, media: Media) -> dict[Sense, bool] | None:
    """Whether what a premise says of each sense holds; None where it cannot be told.

    Args:
        premise: a clause about one sense, or one about sight and one about sound with ``and``
            between them; without full stop.
        media: decoded frames and samples.
    """
    for sense in SENSES:
        if (whole := _holds(sense, premise, media)) is not None:
            return {sense: whole}
    for seen, heard in _halves(premise):
        parts = {"vision": _holds("vision", seen, media), "audio": _holds("audio", heard, media)}
        if None not in parts.values():
            return {sense: parts[sense] is True for sense in SENSES}
    return None


def _asked(question: str) -> Query | None:
    """The query that a question of our form ends in."""
    if not question.startswith(LEAD):
        return None
    queries = (query for sense in SENSES for query in QUERIES[sense].values())
    return next((query for query in queries if question.endswith(f". {query.text}")), None)


def _holds(sense: Sense, clause: str, media: Media) -> bool | None:
    if sense not in media:
        return None
    judged = (kind.holds(media[sense], clause) for kind in KINDS[sense].values())
    return next((one for one in judged if one is not None), None)


def _halves(premise: str) -> Iterator[tuple[str, str]]:
    at = premise.find(_AND)
    while at >= 0:
        yield premise[:at], premise[at + len(_AND) :]
        at = premise.find(_AND, at + 1)
