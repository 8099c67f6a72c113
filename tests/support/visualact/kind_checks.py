"""What must hold for every film of every kind of event, whatever was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from handeye.errors import HandeyeError
from handeye.scores.embedder import INSTALL, Embedder, load_embedder
from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import HEIGHT, WIDTH, Canvas
from handeye.visualact.scenes.film import Film, Kind, Rule

Facts = Mapping[str, float | str]
Calls = list[tuple[Rule, int]]
Expected = Callable[[Facts], Calls]

SEEDS = range(50)


def number(facts: Facts, name: str) -> float:
    value = facts[name]
    assert isinstance(value, float | int)
    return value


def film_of(kind: Kind, seed: int, backward: bool = False) -> Film:
    return kind.make(Draw(seed, kind.name), backward)


def rules_of(kind: Kind, backward: bool) -> Sequence[Rule]:
    return kind.backward_rules if backward else kind.rules


def directions(kind: Kind) -> tuple[bool, ...]:
    return (False, True) if kind.reversible else (False,)


def picture(film: Film, *times: float) -> list[NDArray[np.int16]]:
    """The film's pictures at some times, (HEIGHT, WIDTH, 3)."""
    ground = Canvas()
    film.backdrop(ground)
    out = []
    for t in times:
        canvas = ground.copy()
        film.paint(canvas, t)
        out.append(np.asarray(canvas.finished()).astype(np.int16))
        assert out[-1].shape == (HEIGHT, WIDTH, 3)
    return out


def moved(first: NDArray[np.int16], second: NDArray[np.int16]) -> int:
    """How many pixels differ clearly."""
    return int((np.abs(first - second).max(axis=2) > 24).sum())


def calls(kind: Kind, film: Film, backward: bool) -> Calls:
    """The rule and the level of each action of a film; fails where an action has no rule."""
    words = {k: v for k, v in film.facts.items() if isinstance(v, str)}
    found: Calls = []
    for action in film.actions:
        rules = [
            rule
            for rule in rules_of(kind, backward)
            if action.apl in rule.levels and action == rule.at(action.apl, **words)
        ]
        assert len(rules) == 1, (kind.name, action)
        found.append((rules[0], action.apl))
    assert len({id(rule) for rule, _ in found}) == len(found), f"{kind.name}: one rule twice"
    return found


def check_values(kind: Kind, backward: bool, expected: Expected) -> None:
    """Lengths, evidence, wordings and levels over many draws; every level of every rule occurs."""
    seen: set[tuple[int, int]] = set()
    for seed in SEEDS:
        film = film_of(kind, seed, backward)
        assert 3.0 <= film.seconds <= 7.0
        first, last = film.evidence
        assert 0 <= first < last <= film.seconds, (kind.name, seed)
        assert last - first > 0.8, (kind.name, seed)
        got = calls(kind, film, backward)
        assert sorted(_named(got)) == sorted(_named(expected(film.facts))), (kind.name, film.facts)
        assert 1 <= len(got) <= 4 or kind.idle
        for action in film.actions:
            texts = (action.text, *action.phrasings)
            assert len(set(texts)) == len(texts) >= 3
            assert not any("{" in text or "}" in text or "  " in text for text in texts)
        seen |= {(id(rule), level) for rule, level in got}
    for seed in range(50, 250):
        seen |= {
            (id(r), level) for r, level in calls(kind, film_of(kind, seed, backward), backward)
        }
    wanted = {(id(rule), level) for rule in rules_of(kind, backward) for level in rule.levels}
    assert seen == wanted, f"{kind.name}: a level that no draw reaches"


def _named(found: Iterable[tuple[Rule, int]]) -> list[tuple[str, int]]:
    return [(rule.texts[0], level) for rule, level in found]


def check_pictures(kind: Kind, seeds: Iterable[int]) -> None:
    """What calls for the actions moves while the evidence lasts, and is large enough to be seen."""
    for seed in seeds:
        film = film_of(kind, seed)
        first, last = film.evidence
        early, middle, late = picture(film, first, (first + last) / 2, last)
        change = max(moved(early, middle), moved(middle, late), moved(early, late))
        assert change > (60 if kind.idle else 250), (kind.name, seed, change)


def check_repeatable(kind: Kind, seed: int) -> None:
    """The same draw gives the same pictures, also backward: there only the actions differ."""
    film, again = film_of(kind, seed), film_of(kind, seed, kind.reversible)
    assert (film.seconds, film.evidence, film.facts) == (again.seconds, again.evidence, again.facts)
    assert film.distractors == again.distractors
    if kind.reversible:
        assert film.actions != again.actions
    times = (0.0, 0.4 * film.seconds, film.seconds)
    # Painted in the other order of time: a picture depends on the time alone.
    shown = picture(again, *reversed(times))[::-1]
    assert all(np.array_equal(a, b) for a, b in zip(picture(film, *times), shown, strict=True))


@cache
def has_embedder() -> bool:
    """Whether the default sentence model is installed."""
    try:
        load_embedder()
    except HandeyeError:
        return False
    return True


needs_embedder = pytest.mark.skipif(not has_embedder(), reason=f"needs the model: {INSTALL}")


@cache
def embedder() -> Embedder:
    return load_embedder()


def check_wordings(kind: Kind, backward: bool) -> None:
    """Wordings of one action match at the default threshold, and better than any other action's.

    Otherwise the choice of the wording, not the action, would decide what a model scores.
    """
    rules = rules_of(kind, backward)
    if kind.idle:
        return
    if not has_embedder():
        pytest.skip(f"needs the model: {INSTALL}")
    texts = [[text.format(thing="box") for text in rule.texts] for rule in rules]
    rows = embedder().encode([text for group in texts for text in group])
    owner = np.repeat(np.arange(len(texts)), [len(group) for group in texts])
    near = np.asarray(rows @ rows.T)
    for i, own in enumerate(owner):
        same = [near[i, j] for j in range(len(owner)) if j != i and owner[j] == own]
        assert min(same) >= 0.5, (kind.name, texts[own], near[i].round(2))
        for other in set(owner.tolist()) - {int(own)}:
            mean = near[i, owner == other].mean()
            assert np.mean(same) > mean, (kind.name, texts[own], texts[other])
