"""An adjuster: rejects a question where the model's own hidden state tells that it errs.

For each option that rejects it holds a probe of the state ("the premise that this option denies is
false") and a route ("this is the sense that the question is about"); a calibrated logit of probe
and letters is held against one gate. Below the gate nothing is touched. Made by
:mod:`handeye.states.adjuster`, where it is measured too; needs no torch.
"""

from __future__ import annotations

import re
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.atomic import write_bytes
from handeye.errors import DataError, RunError
from handeye.reading import read_json

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LETTERS = ascii_uppercase
CLOSED = -1
LEAST = -50.0
"""Log-probability of a letter that is all but impossible, which may be minus infinity."""
IDENTITY = ("family", "model_dtype", "checkpoint", "processor")
"""What must be equal for a model to be the one that was learnt from."""
_VERSION = 1
_OPTION = re.compile(r"^[ \t]*\(?([A-Z])[.):][ \t]+(.*?)[ \t]*$", re.MULTILINE)


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """One option that rejects.

    Attributes:
        text: the option, word for word, as prompts show it behind its letter.
        probe: (width,) weights, and ``probe_bias``: logit that the premise is false, of a question
            that this option would reject.
        route: (width,) weights, and ``route_bias``: logit that this option is the one that would
            reject; all 0 where there is but one.
        usual: mean of its letter where nothing is to be rejected; what is above it counts.
        bias, on_probe, on_margin: the calibrated logit is ``bias + on_probe * probe - on_margin *
            margin``; neither factor is negative.
    """

    text: str
    probe: tuple[float, ...]
    probe_bias: float
    route: tuple[float, ...]
    route_bias: float
    usual: float
    bias: float
    on_probe: float
    on_margin: float


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate was set by.

    Attributes:
        alpha: largest share of standard questions, mean over families, whose right answer is lost.
        level: share of draws of calibration families of which that holds, at least.
        bound: the test behind it.
        families: of calibration.
        lost: of them, with a lost answer at the gate.
        shut: why no gate was opened; empty where one was.
    """

    alpha: float
    level: float
    bound: str
    families: int
    lost: float
    shut: str = ""


class Adjuster(msgspec.Struct, frozen=True, kw_only=True):
    """What is fitted, calibrated and saved.

    Attributes:
        layer: of the state, as ``handeye.states`` names it; at the last token of the prompt.
        width: of the state.
        options: letters shown.
        rejections: in the order of their roles.
        on_route: what the routes and (``on_letters``) the rejecting letters above their usual count
            for which option it is; neither is negative.
        gate: the calibrated logit from which on a question is rejected; None: it is shut.
        promise: what the gate was set by.
        model: whose states were learnt from, as
            :func:`handeye.respondents.local.identity.identity_of` has it; no other is taken.
        about: what it was made from, for people.
    """

    layer: str
    width: int
    options: int
    rejections: tuple[Rejection, ...]
    on_route: float
    on_letters: float
    gate: float | None
    promise: Promise
    model: dict[str, str] = {}
    about: dict[str, str] = {}
    version: int = _VERSION


class Readings(NamedTuple):
    """What an adjuster reads off states: (n, rejections) logits of the probes and of the routes."""

    probe: Floats
    route: Floats


def readings(adjuster: Adjuster, states: NDArray[np.floating]) -> Readings:
    """Probes and routes of (n, width) states."""
    x = np.asarray(states, np.float64)
    probe = np.array([one.probe for one in adjuster.rejections]).T
    route = np.array([one.route for one in adjuster.rejections]).T
    return Readings(
        x @ probe + [one.probe_bias for one in adjuster.rejections],
        x @ route + [one.route_bias for one in adjuster.rejections],
    )


def margin_of(letters: Floats, rejecting: NDArray[np.bool_]) -> Floats:
    """Largest letter of a content less the largest that rejects, (n,); below 0 it rejects.

    Args:
        letters: (n, options) log-probabilities or logits; what is below :data:`LEAST` counts as it.
        rejecting: the same shape, or (options,).
    """
    known = np.maximum(letters, LEAST)
    content, rejection = (np.where(one, known, -np.inf).max(1) for one in (~rejecting, rejecting))
    return np.asarray(content - rejection)


def judged(
    adjuster: Adjuster, read: Readings, letters: Floats, columns: Ints
) -> tuple[Ints, Floats]:
    """Which option would reject, and the calibrated logit that the premise is false.

    Args:
        adjuster: whose calibration.
        read: of its probes, or of something in their place.
        letters: (n, options) log-probabilities or logits.
        columns: (n, rejections) the column of each rejecting option.

    Returns:
        (n,) number of the rejection that route and letters name, the first of equal ones; and (n,)
        logits.
    """
    rows = np.arange(len(letters))
    rejecting = np.zeros(letters.shape, bool)
    rejecting[rows[:, None], columns] = True
    margin = margin_of(letters, rejecting)
    usual = np.array([one.usual for one in adjuster.rejections])
    letter = np.maximum(letters[rows[:, None], columns], LEAST) - usual
    routed = (adjuster.on_route * read.route + adjuster.on_letters * letter).argmax(1)
    parts = np.array([(one.bias, one.on_probe, one.on_margin) for one in adjuster.rejections])
    bias, on_probe, on_margin = parts[routed].T
    return routed, bias + on_probe * read.probe[rows, routed] - on_margin * margin


def adjusted(
    adjuster: Adjuster, read: Readings, letters: Floats, columns: Ints
) -> tuple[Floats, Ints]:
    """Letters behind the gate.

    Where the gate opens, the option that rejects gets the log of the summed probability of all
    others plus what the logit is above the gate: it is the largest, and rises with the probe. Where
    the gate stays closed the row is the given one, bit for bit.

    Args:
        adjuster: with a gate, or none.
        read: as :func:`judged` has it.
        letters: likewise.
        columns: likewise.

    Returns:
        (n, options) letters, and (n,) the column that rejects, or :data:`CLOSED`.
    """
    routed, score = judged(adjuster, read, letters, columns)
    out = np.array(letters, np.float64)
    opened = np.full(len(letters), CLOSED)
    if adjuster.gate is None:
        return out, opened
    for row in np.flatnonzero(score >= adjuster.gate):
        column = columns[row, routed[row]]
        others = np.delete(out[row], column)
        most = others.max()
        together = most + np.log(np.exp(others - most).sum())
        out[row, column] = np.nextafter(together + score[row] - adjuster.gate, np.inf)
        opened[row] = column
    return out, opened


# ---- options found in a question


def shown_options(question: str) -> list[str]:
    """The texts of the options in a question's words, from A on; none where they are in no order.

    Args:
        question: with an option a line: a letter, a mark (``.``, ``)`` or ``:``), its text.
    """
    found = _OPTION.findall(question)
    starts = [place for place, (letter, _) in enumerate(found) if letter == "A"]
    shown = found[starts[-1] :] if starts else []
    inorder = "".join(letter for letter, _ in shown) == LETTERS[: len(shown)]
    return [text for _, text in shown] if inorder else []


def rejecting_letters(adjuster: Adjuster, question: str) -> tuple[int, ...] | str:
    """The places (A is 0) of the rejecting options in a question's words.

    Args:
        adjuster: which knows these options by their texts, and how many there are in all.
        question: as :func:`shown_options` takes it.

    Returns:
        A place for each rejection; or why there are none.
    """
    texts, count = shown_options(question), adjuster.options
    if len(texts) != count:
        return f"it does not show options A to {LETTERS[count - 1]}, a line each"
    for one in adjuster.rejections:
        if texts.count(one.text) != 1:
            return f"no option, or more than one, reads {one.text!r}"
    return tuple(texts.index(one.text) for one in adjuster.rejections)


def refuse_others(adjuster: Adjuster, question: str) -> None:
    """Refuse a question that shows more or fewer options than those that were learnt from.

    One that shows none is let through: there is nothing to adjust, and its answer says so.

    Args:
        adjuster: as it was read.
        question: as :func:`shown_options` takes it.

    Raises:
        RunError: says what it was fitted on, and what is asked.
    """
    shown = len(shown_options(question))
    if shown not in (0, adjuster.options):
        fitted = f"{adjuster.about['suite']} " if "suite" in adjuster.about else ""
        raise RunError(
            f"the adjuster was fitted on {fitted}questions of {adjuster.options} options (A to "
            f"{LETTERS[adjuster.options - 1]}), and one of {shown} (A to {LETTERS[shown - 1]}) is "
            "asked: ask in the way it was fitted, or without -M adjuster="
        )


# ---- the file


def write_adjuster(path: Path, adjuster: Adjuster) -> None:
    """Write it as JSON, in one step.

    Raises:
        OSError: the file cannot be written.
    """
    write_bytes(path, msgspec.json.format(msgspec.json.encode(adjuster), indent=1) + b"\n")


def read_adjuster(path: Path) -> Adjuster:
    """Read it and hold it to what it says.

    Raises:
        DataError: it cannot be read, is none, or is of another version.
    """
    try:
        return _whole(path, read_json(path, Adjuster))
    except DataError as error:
        raise DataError(
            f"{error}; make it again with: handeye states adjust STATES, which writes "
            "STATES/adjuster.json"
        ) from None


def _whole(path: Path, found: Adjuster) -> Adjuster:
    if found.version != _VERSION:
        raise DataError(
            f"{path}: an adjuster of version {found.version}; this handeye reads {_VERSION}"
        )
    if not found.rejections or not len(found.rejections) < found.options <= len(LETTERS):
        raise DataError(
            f"{path}: has {len(found.rejections)} options that reject, of {found.options}; "
            "expected at least one, and fewer than all"
        )
    for one in found.rejections:
        if {len(one.probe), len(one.route)} != {found.width}:
            raise DataError(f"{path}: weights of {one.text!r} are not {found.width} numbers")
        numbers = [*one.probe, *one.route, one.probe_bias, one.route_bias, one.usual, one.bias]
        if not np.isfinite([*numbers, one.on_probe, one.on_margin]).all():
            raise DataError(f"{path}: a weight of {one.text!r} is no number")
        if min(one.on_probe, one.on_margin) < 0:
            raise DataError(f"{path}: {one.text!r} is raised by less evidence, not by more")
    if not (0 <= found.on_route < np.inf and 0 <= found.on_letters < np.inf):
        raise DataError(f"{path}: on_route and on_letters must be 0 or more")
    return found
