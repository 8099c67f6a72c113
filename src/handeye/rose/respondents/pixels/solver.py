"""From picture and prompt to an answer in the grammar: the whole of ``handeye/pixels``.

Uses the pixels and the words it is given and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handeye.media.view import PictureError, view_of
from handeye.rose.respondents.pixels.cells import (
    Bounds,
    Flags,
    cut_all,
    cut_distinct,
    exceptions,
    majority_tile,
    repeats,
)
from handeye.rose.respondents.pixels.cue import find_cue, remove_cue
from handeye.rose.respondents.pixels.lattice import Lattice, Pixels, candidates
from handeye.rose.respondents.pixels.reading import CannotAnswerError, Question, read_prompt

# A grid is believed when at least this share of its cells shows the majority, highlighted or not.
_REPEATING = 0.6
# With more exceptions than this share of the cells other grids are tried as well.
_FEW_EXCEPTIONS = 0.2
# A picture with more exceptions than this share of its cells has no majority to differ from.
_MOST_EXCEPTIONS = 0.4


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows: its lattice, the odd cells ``(rows, cols)``, the highlighted part."""

    lattice: Lattice
    odd: Flags
    highlighted: Bounds | None


def solve(image: bytes, prompt: str) -> str:
    """Answer ``prompt`` about the picture ``image``.

    Args:
        image: an encoded picture (PNG, JPEG, GIF or WebP).
        prompt: the instruction and the question, as a model would get them.

    Returns:
        The answer in the grammar of the protocol, or, when the picture shows no grid or the
        prompt is not understood, a sentence that begins with "I cannot answer" and says why.
    """
    try:
        question = read_prompt(prompt)
        return answer(question, look(decode(image)))
    except CannotAnswerError as reason:
        return f"I cannot answer: {reason}"


def decode(image: bytes) -> Pixels:
    """Decode the view to uint8 ``(height, width, 3)`` RGB.

    Raises:
        CannotAnswerError: not a picture.
    """
    try:
        return np.asarray(view_of(image).image())
    except PictureError as error:
        raise CannotAnswerError(f"the picture cannot be decoded ({error}).") from None


def look(pixels: Pixels) -> Seen:
    """Find the grid, the highlighted region if any, and the cells that differ.

    Raises:
        CannotAnswerError: no grid of repeating cells can be seen.
    """
    best: Seen | None = None
    for lattice in candidates(pixels):
        seen = _look_with(pixels, lattice)
        if seen is not None and (best is None or seen.odd.mean() < best.odd.mean()):
            best = seen
        if best is not None and best.odd.mean() <= _FEW_EXCEPTIONS:
            return best
    if best is not None:
        return best
    raise CannotAnswerError("I see no grid of repeating cells in this picture.")


def _look_with(pixels: Pixels, lattice: Lattice) -> Seen | None:
    """Explain the picture by ``lattice``, or None when that does not work."""
    cells = cut_distinct(pixels, lattice)
    cue = None
    if cells is not None and len(cells.tiles) > 2:
        cue = find_cue(cells, majority_tile(cells))
        if cue is None or len(np.unique(cells.index[~cue.inside(cells.index.shape)])) > 2:
            # More kinds than a majority and a target: traces of resizing or compression that
            # happen to repeat with the cells, not things to point at.
            cells = cue = None
    if cells is None:
        cells = cut_all(pixels, lattice)
        cue = find_cue(cells, majority_tile(cells))
    tile = majority_tile(cells)
    if repeats(cells, tile) < _REPEATING:
        return None
    tiles, trust = remove_cue(cells, cue) if cue else (cells.tiles.astype(np.float32), None)
    odd = exceptions(cells, tiles, tile, trust)
    if odd.mean() > _MOST_EXCEPTIONS:
        return None
    return Seen(lattice, odd, cue.bounds if cue else None)


def answer(question: Question, seen: Seen) -> str:
    """Put what was seen into the form that was asked for.

    Raises:
        CannotAnswerError: the region asked about does not lie in the grid, or no region is
            highlighted although the question is about one.
    """
    picked = seen.odd & question.region_mask(seen.lattice, seen.highlighted)
    count = int(picked.sum())
    if question.mode == "COUNT":
        return f"COUNT({count})"
    clicks = [f"CLICK(R{row + 1},C{col + 1})" for row, col in np.argwhere(picked).tolist()]
    end = "DONE" if question.mode == "CLICK" else f"SUBMIT({count})"
    return "; ".join([*clicks, end])
