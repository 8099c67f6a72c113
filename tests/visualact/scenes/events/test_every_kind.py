"""What holds for every kind of event, whatever its scenario."""

from __future__ import annotations

import pytest

from handeye.visualact.scenes.events.catalogue import KINDS
from handeye.visualact.scenes.film import Kind
from tests.support.visualact import kind_checks as checks

CASES = [(kind, backward) for kind in KINDS for backward in checks.directions(kind)]
IDS = [f"{kind.name}{'-backward' if backward else ''}" for kind, backward in CASES]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.mark.parametrize(("kind", "backward"), CASES, ids=IDS)
def test_wordings_of_an_action_match_each_other(kind: Kind, backward: bool) -> None:
    checks.check_wordings(kind, backward)


@EACH
def test_evidence_moves(kind: Kind) -> None:
    checks.check_pictures(kind, range(4))


@EACH
def test_same_draw_same_picture(kind: Kind) -> None:
    checks.check_repeatable(kind, 7)


# On the road everything moves with the car itself; distractors are not needed there.
QUIET = [kind for kind in KINDS if kind.idle and kind.scenario != "navigation"]


@pytest.mark.parametrize("kind", QUIET, ids=lambda kind: kind.name)
def test_idle_films_name_what_moves_and_means_nothing(kind: Kind) -> None:
    assert all(checks.film_of(kind, seed).distractors for seed in range(20))
