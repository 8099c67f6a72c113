"""An adjuster at work on a model: its state and its letters, in the pass that answers.

The state is read at the last token of the question, where the answer begins, and the letters there.
Where the gate opens the answer is the letter of the option that rejects; else it is the model's
own, untouched. A question without the options that the adjuster knows is left alone, and its answer
says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from handeye.errors import RunError
from handeye.respondents.local.adjuster import (
    CLOSED,
    IDENTITY,
    LETTERS,
    Adjuster,
    adjusted,
    judged,
    readings,
    rejecting_letters,
)
from handeye.respondents.local.choices import Spelt
from handeye.respondents.local.identity import identity_of
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.taps import Places, Tap


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an adjuster did with an answer.

    Attributes:
        letter: the answer in its stead; None where the model's own stands.
        token: that spells it.
        letters: log-probabilities of the options among themselves, adjusted; None where the
            model's own stand.
        logit: calibrated, that the premise is false; None where the options were not found.
        why: the answer was left alone, in words; empty where it was not.
    """

    letter: str | None = None
    token: int = -1
    letters: Mapping[str, float] | None = None
    logit: float | None = None
    why: str = ""

    def as_metadata(self, gate: float | None) -> dict[str, object]:
        """What stands with the answer."""
        told: dict[str, object] = {"rejected_as": self.letter, "gate": gate}
        return told | {"logit": self.logit} | ({"why": self.why} if self.why else {})


class Adjusting:
    """An adjuster and the model that it is for.

    Attributes:
        adjuster: as it was read.
    """

    def __init__(self, loaded: LocalModel, adjuster: Adjuster) -> None:
        """Hold the two against each other.

        Raises:
            RunError: the adjuster was learnt from another model, or its layer, the width of its
                states or its letters are not this model's.
        """
        self.adjuster = adjuster
        self._tap = Tap(loaded, (adjuster.layer,))
        self._options = tuple(LETTERS[: adjuster.options])
        self._spelt = Spelt(loaded)
        if not self._tap.layers:
            raise RunError(
                f"the adjuster reads {adjuster.layer}, which a model of {self._tap.blocks} blocks "
                "has not: it was made for another model"
            )
        if self._tap.width != adjuster.width:
            raise RunError(
                f"the adjuster reads states of {adjuster.width} numbers, and this model's have "
                f"{self._tap.width}: it was made for another model"
            )
        for option, tokens in zip(self._options, self._spelt.tokens(self._options), strict=True):
            if not len(tokens):
                raise RunError(
                    f"the adjuster needs the letters {', '.join(self._options)}, and no token of "
                    f"this model spells {option}"
                )
        known = identity_of(loaded)
        for name in IDENTITY:
            here, there = known[name], adjuster.model.get(name)
            if there != here:
                raise RunError(
                    f"the adjuster was made for another model: {name} was "
                    f"{there or 'not noted'}, here it is {here}; what it promises holds for that "
                    "model alone"
                )

    @contextmanager
    def reading(self, rows: int) -> Iterator[dict[str, torch.Tensor]]:
        """Read the states of so many questions, padded on the left, in the first pass made."""
        places = Places()
        for row in range(rows):
            places.mean(row, [-1])
        with self._tap.reading(places, first=True) as found:
            yield found

    def verdict(self, question: str, state: torch.Tensor, logits: torch.Tensor) -> Verdict:
        """What becomes of an answer.

        Args:
            question: its words.
            state: (width,).
            logits: (words,) where the answer begins.
        """
        found = rejecting_letters(self.adjuster, question)
        if isinstance(found, str):
            return Verdict(why=found)
        told = self._spelt.logprobs(logits, self._options)
        letters = np.array([one for one in told if one is not None], np.float64)[None]
        read = readings(self.adjuster, state.numpy()[None])
        columns = np.array([found], np.int64)
        _, score = judged(self.adjuster, read, letters, columns)
        new, opened = adjusted(self.adjuster, read, letters, columns)
        logit, at = float(score[0]), int(opened[0])
        if at == CLOSED:
            return Verdict(logit=logit)
        among = new[0] - np.logaddexp.reduce(new[0])
        tokens = self._spelt.tokens(self._options)[at]
        likeliest = tokens[int(logits.cpu()[tokens].argmax())]
        return Verdict(
            self._options[at],
            int(likeliest),
            dict(zip(self._options, among.tolist(), strict=True)),
            logit,
        )
