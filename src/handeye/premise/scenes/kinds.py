"""What a kind of detail is, and what a clip is made of.

A clip is 4 seconds of picture and sound. Of each sense one part carries the detail that a premise
names, another what the question asks for: of a picture the *stage* above and the *strip* below it,
of the sound a window at the start and one at the close. A kind draws pairs of details that differ
in one thing and can be told apart from what is seen or heard alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from numpy.typing import NDArray

from handeye.sets.draw import Draw

SIZE = 224
"""Width and height of a picture in pixels, RGB of 8 bits."""
STAGE = 160
"""Rows of the stage; the strip is the ``SIZE - STAGE`` rows below it."""
FPS, N_FRAMES = 12, 48
"""Frames a second and frames of a clip."""
RATE, N_SAMPLES = 16_000, 64_000
"""Samples a second and samples of a clip, two channels of 16 bits."""
DETAIL_FROM, DETAIL_SAMPLES = 4_000, 37_600
"""First sample and length of the window of the detail: from 0.25 to 2.6 s."""
CLOSE_FROM, CLOSE_SAMPLES = 46_400, 14_400
"""First sample and length of the window of the closing sound: from 2.9 to 3.8 s."""

Detail: TypeAlias = dict[str, Any]
"""A detail as plain JSON values, with all that is needed to show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of detail that a premise can be about.

    Attributes:
        name: one word, unique among the kinds of its sense.
        modality: the sense it is of.
        unit: of ``levels``.
        levels: how far the two details of a pair lie apart, from easy to hard.
        needs: what a medium must carry beyond one picture or one channel: ``motion``, ``stereo``.
        draw: a pair of details at one of the levels. They differ in the one thing that ``clause``
            says; all else (places, colours, times) is drawn once and shared; which comes first is
            by chance.
        clause: the claim, without capital and full stop: ``the circle is red``. Exactly true of
            its own detail, exactly false of the other one of the pair.
        render: what is seen, (frames, 160, 224, 3) uint8 with 48 frames or, where nothing moves,
            one; or heard, (samples, 2) int16 of the detail's window. The same on every machine.
        holds: does a clause hold of a medium? Measured from decoded media alone: frames
            (n, 224, 224, 3) uint8, one or all of a clip, or samples (n, 2) int16 of a whole clip.
            False also where what the clause speaks of is not there; None where the clause is none
            of this kind, or the medium cannot carry it.
    """

    name: str
    modality: Literal["vision", "audio"]
    unit: str
    levels: tuple[float, ...]
    draw: Callable[[Draw, float], tuple[Detail, Detail]]
    clause: Callable[[Detail], str]
    render: Callable[[Detail], NDArray[Any]]
    holds: Callable[[NDArray[Any], str], bool | None]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a question asks for once its premise is said.

    Attributes:
        name: unique among the queries of its sense.
        modality: the sense it is of.
        text: the question, a sentence with its mark.
        options: the four answers, in their canonical order.
        near: names of the kinds whose detail is the same attribute; never asked together.
        render: what is seen, the strip (64, 224, 3) uint8, or heard, (samples, 2) int16 of the
            closing window, for the answer with this number; what is not asked for is drawn.
        read: the number of the answer, from decoded media as :attr:`Kind.holds` takes them; None
            where there is none.
    """

    name: str
    modality: Literal["vision", "audio"]
    text: str
    options: tuple[str, str, str, str]
    near: frozenset[str]
    render: Callable[[int, Draw], NDArray[Any]]
    read: Callable[[NDArray[Any]], int | None]
