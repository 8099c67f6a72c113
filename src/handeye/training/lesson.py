"""What is taught: examples, labels of patches, and a recipe that every training has.

A suite's lesson (:class:`handeye.suite.Teaches`) makes examples; the loop shows them. Neither
knows the other: this is what they speak of. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from handeye.errors import OptionError, allowed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IGNORED = -100
"""A label that no loss counts (as in PyTorch's cross entropy)."""


class Asked(Protocol):
    """A question about a picture, and the right answer."""

    @property
    def text(self) -> str:
        """What is asked, as a run asks it beside the picture."""
        ...

    @property
    def answer(self) -> str:
        """What is to be answered."""
        ...

    @property
    def asides(self) -> Sequence[tuple[int, str]]:
        """Words that training asks for while the text is read: (end of what is read so far, word).

        The end counts characters and is that of a token. A model is never asked for them; they
        teach what a part of a question is worth where it stands.
        """
        ...


class Example(Protocol):
    """A picture, the questions about it, and what its patches show."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3); of any size."""
        ...

    @property
    def questions(self) -> Sequence[Asked]:
        """All of them see the picture, none another."""
        ...

    def patch_labels(self, patches: int) -> NDArray[np.int64]:
        """What each patch shows, (patches ** 2, labels), row by row; :data:`IGNORED`: not told.

        Args:
            patches: along one side of the picture.
        """
        ...

    def blanked(self) -> Self:
        """The same questions about a white picture."""
        ...


@dataclass(frozen=True, slots=True)
class Label:
    """Something that a model learns to tell of every patch.

    Attributes:
        name: of it.
        choices: how many there are; 0 says that there is nothing to be told.
        weights: of the choices in the loss; empty: all alike.
        words: what the choices are in questions and answers, as many. Then the patches of a
            picture that have this label tell it together, as the projector hands them on, in the
            decoder's own embedding of the last token of each word: so a word and what it stands for
            are alike before the decoder learns anything. Empty: a linear head on the tower, dropped
            in the end, tells it of each patch.
        each: of words: every patch tells its own, where a picture shows several.
        about: what the card calls it; empty: its name.
    """

    name: str
    choices: int
    weights: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    each: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Every number that decides a training.

    ``steps`` optimiser steps of ``pictures`` pictures each, the first ``looking_steps`` of them on
    the patch loss alone. The learning rate rises over ``warmup`` steps, then as ``schedule`` says.
    Not ``sighted``, every picture is white: what is learned then is how well one can guess.
    ``preset`` names sizes (:data:`handeye.training.architecture.PRESETS`).
    """

    # Times a step of looking, as measured for the sizes "small".
    answering_work: ClassVar[float] = 4.5

    preset: str
    steps: int
    pictures: int
    looking_steps: int
    learning_rate: float
    warmup: int
    patch_weight: float
    checkpoint_every: int
    log_every: int
    threads: int
    loaders: int
    examined_scenes: int
    sighted: bool = True

    @property
    def total_pictures(self) -> int:
        """Pictures shown in all."""
        return self.steps * self.pictures

    @property
    def supervision(self) -> str:
        """What is learned from: ``answers`` alone, or ``patches and answers``."""
        alone = self.patch_weight == 0 and self.looking_steps == 0
        return "answers" if alone else "patches and answers"

    def work(self, steps: int) -> float:
        """Work of the first ``steps`` steps, for telling the time left; 1 a step of looking."""
        looking = min(steps, self.looking_steps)
        return looking + self.answering_work * (steps - looking)

    def schedule(self) -> tuple[str, dict[str, Any]]:
        """Transformers' name of the course of the learning rate, and what it takes."""
        return "cosine", {}

    def record(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


SUPERVISION: Mapping[str, Mapping[str, Any]] = {
    "patches": {},
    # The heads stay, so that a checkpoint is like any other, and nothing trains them.
    "answers": {"patch_weight": 0.0, "looking_steps": 0},
}
"""What a model is trained by, and how the recipe of a preset changes for it. One that was told what
its patches show has that where it was told; what states know by themselves shows in its twin."""


def supervised(name: str) -> Mapping[str, Any]:
    """How a recipe changes for a kind of supervision.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in SUPERVISION:
        raise OptionError(f"supervision is {name!r}{allowed(name, SUPERVISION)}")
    return SUPERVISION[name]


def recipe_among(recipes: Mapping[str, Any], preset: str) -> Any:
    """The recipe of a preset.

    Raises:
        OptionError: there is none of that name.
    """
    if preset not in recipes:
        raise OptionError(f"preset is {preset!r}{allowed(preset, recipes)}")
    return recipes[preset]
