"""What the measures of a clip say: which kind of event it shows, how urgent, and what to do.

- Each kind (and direction of time) has a middle in the space of measures; the nearest one wins,
  distances being taken in units of the scatter within kinds (linear discriminant analysis, R. A.
  Fisher, Annals of Eugenics 7, 1936). One frame is compared by the measures that it has.
- How urgent an action is, whether an optional one is called for, and what thing is meant are read
  off by linear functions of the measures, one each (ridge regression within the kind).
- A stage whose colours are far from those of every kind is not known, and nothing is said about it.

The numbers are in ``fitted.json``; :mod:`handeye.visualact.scenes.solver.fitting` makes them.
The words of an action come from its rule in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from PIL import Image

from handeye.visualact.records import PredictedAction
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.solver.features import LAYOUT, STILL, Array, glance, measure

FITTED = "fitted.json"
STEPS = 99
"""Weights are kept as whole numbers up to this, in parts of the largest of their row."""


class Line(msgspec.Struct, frozen=True):
    """A linear function of the standardised measures, or of the first ones of them."""

    bias: float
    unit: float
    weights: tuple[int, ...]

    def __call__(self, measures: Array) -> float:
        """Its value."""
        weights = np.asarray(self.weights, np.float64)
        return self.bias + self.unit * float(weights @ measures[: len(weights)])


class RuleReading(msgspec.Struct, frozen=True):
    """How one rule of a kind is read.

    ``levels`` are those seen in fitting and ``usual`` the commonest; ``level`` and ``there`` are
    None where there is nothing to choose.
    """

    levels: tuple[int, ...]
    usual: int
    share: float
    level: Line | None = None
    there: Line | None = None


class KindReading(msgspec.Struct, frozen=True):
    """How one kind in one direction of time is recognised and read.

    ``facts``: by name of a fact that the wording needs, a function for each value it may have.
    """

    kind: str
    backward: bool
    moving: Line
    still: Line
    layout: tuple[float, ...]
    rules: tuple[RuleReading, ...]
    facts: dict[str, dict[str, Line]]


class Fitted(msgspec.Struct, frozen=True):
    """Everything that was fitted, and from what.

    ``mean`` and ``scale`` standardise the measures; ``near`` is how far the layout of a known
    stage may lie from the nearest kind's, in units of ``layout_scale``.
    """

    recipe: dict[str, int | float | str]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    layout_scale: tuple[float, ...]
    near: float
    kinds: tuple[KindReading, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a clip is taken for; ``reading`` is None where the stage is not known."""

    reading: KindReading | None
    levels: tuple[int | None, ...] = ()
    facts: Mapping[str, str] | None = None


@cache
def fitted() -> Fitted:
    """The numbers that come with the package."""
    data = files("handeye.visualact.scenes.solver").joinpath(FITTED).read_bytes()
    return msgspec.json.decode(data, type=Fitted)


def solve(frames: Sequence[Image.Image]) -> tuple[PredictedAction, ...]:
    """What ought to be done, as far as frames show it.

    Args:
        frames: at least one, of any size, in order of time.
    """
    measures = measure([glance(frame) for frame in frames])
    return actions(decide(measures, len(frames), fitted()))


def decide(measures: Array, frames: int, model: Fitted) -> Decision:
    """Decide what a clip shows.

    Args:
        measures: of :func:`handeye.visualact.scenes.solver.features.measure`.
        frames: how many frames they were taken from; from one, levels are those that are usual.
        model: what to compare with.
    """
    if layout_distance(measures, model) > model.near:
        return Decision(None)
    row = (measures - np.asarray(model.mean)) / np.asarray(model.scale)
    if frames == 1:
        scores = [kind.still(row[:STILL]) for kind in model.kinds]
    else:
        scores = [kind.moving(row) for kind in model.kinds]
    kind = model.kinds[int(np.argmax(scores))]
    levels = tuple(_level(rule, row if frames > 1 else None) for rule in kind.rules)
    facts = {
        name: max(options, key=lambda value: options[value](row))
        for name, options in kind.facts.items()
    }
    return Decision(kind, levels, facts)


def layout_distance(measures: Array, model: Fitted) -> float:
    """How far the colours of a clip's cells are from those of the nearest kind."""
    layouts = np.asarray([kind.layout for kind in model.kinds])
    apart = (measures[:LAYOUT] - layouts) / np.asarray(model.layout_scale)
    return float(np.sqrt((apart**2).mean(1)).min())


def _level(rule: RuleReading, row: Array | None) -> int | None:
    """The level of a rule's action; None if it is not called for."""
    there = rule.share if row is None or rule.there is None else rule.there(row)
    if there <= 0.5:
        return None
    if row is None or rule.level is None:
        return rule.usual
    value = rule.level(row)
    return min(rule.levels, key=lambda level: abs(level - value))


def actions(decision: Decision) -> tuple[PredictedAction, ...]:
    """What ought to be done, in the words of the catalogue's rules."""
    reading = decision.reading
    if reading is None:
        return ()
    kind = catalogue.kind(reading.kind)
    rules = kind.backward_rules if reading.backward else kind.rules
    facts = decision.facts or {}
    return tuple(
        PredictedAction(rule.texts[0].format(**facts), level, rule.proactive)
        for rule, level in zip(rules, decision.levels, strict=False)
        if level is not None
    )
