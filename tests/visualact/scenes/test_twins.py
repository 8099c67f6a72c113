"""Motion twins call for actions that the default matcher keeps apart.

The frames of two twins are the same in opposite order. If the actions of one matched those of the
other, a model that never sees the direction of time would score on both.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from handeye.visualact.records import SCENARIOS
from handeye.visualact.scenes.events.catalogue import KINDS
from handeye.visualact.scenes.film import Kind, Rule
from handeye.visualact.scoring.options import Options
from tests.support.visualact.kind_checks import embedder, needs_embedder, rules_of

TWINS = [kind for kind in KINDS if kind.reversible]
HIGHEST = 0.48
"""Below the threshold of a match by a margin: models' words differ from ours."""
each_twin = pytest.mark.parametrize("kind", TWINS, ids=lambda kind: kind.name)


def wordings(kind: Kind, backward: bool) -> list[str]:
    return [text for rule in rules_of(kind, backward) for text in rule.texts]


def nearness(first: list[str], second: list[str]) -> NDArray[np.float64]:
    """Cosines, (len(first), len(second))."""
    rows = embedder().encode([*first, *second])
    return np.asarray(rows[: len(first)] @ rows[len(first) :].T, dtype=np.float64)


def test_every_scenario_has_twins() -> None:
    assert {kind.scenario for kind in TWINS} == set(SCENARIOS)
    assert Options().threshold > HIGHEST


@each_twin
def test_no_action_stands_in_both_directions(kind: Kind) -> None:
    assert kind.rules
    assert kind.backward_rules
    assert not set(wordings(kind, False)) & set(wordings(kind, True))


@needs_embedder
@each_twin
def test_no_wording_comes_near_the_other_direction(kind: Kind) -> None:
    forward, backward = wordings(kind, False), wordings(kind, True)
    near = nearness(forward, backward)
    i, j = np.unravel_index(int(near.argmax()), near.shape)
    assert near.max() < HIGHEST, (kind.name, forward[i], backward[j], near.max().round(3))


@needs_embedder
def test_opposites_in_the_same_words_do_match() -> None:
    """What the twins have to avoid: opposite deeds on one object are near for the embedder."""
    shut = Rule(("Close the fridge door", "Shut the fridge"), True, {1: "always"}, "cold gets out")
    assert nearness(list(shut.texts), ["Open the fridge door"]).max() > 0.5
