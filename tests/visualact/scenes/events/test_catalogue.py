"""The catalogue of events: whole, and every kind as the generator relies on it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handeye.errors import DataError, OptionError
from handeye.sets.draw import Draw
from handeye.visualact.asking.prompts import LEVELS
from handeye.visualact.loader import load
from handeye.visualact.own_sets import PlacedClip
from handeye.visualact.records import Action, Clip, problems
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.events.tables import rewritten
from handeye.visualact.scenes.film import Film, Kind, Rule
from handeye.visualact.scenes.generation import generate
from handeye.visualact.scenes.verification import gold_problems

SEEDS = range(12)
DOCUMENT = Path(__file__).parents[4] / "docs" / "visualact-data.md"
each_kind = pytest.mark.parametrize("kind", catalogue.KINDS, ids=lambda kind: kind.name)


def films(kind: Kind, seed: int) -> list[tuple[bool, Film]]:
    ways = (False, True) if kind.reversible else (False,)
    return [(back, kind.make(Draw(seed, kind.name), back)) for back in ways]


def picture(film: Film, seconds: float) -> np.ndarray:
    canvas = Canvas()
    film.backdrop(canvas)
    film.paint(canvas, seconds)
    return np.asarray(canvas.finished())


def test_the_catalogue_is_whole():
    assert catalogue.problems() == []


@each_kind
def test_gold_follows_the_rules_and_makes_a_valid_row(kind):
    for seed in SEEDS:
        for back, film in films(kind, seed):
            meta = {
                "kind": kind.name,
                "backward": back,
                "facts": dict(film.facts),
                "idle": not film.actions,
            }
            clip = Clip("a", "a.mp4", kind.scenario, tuple(film.actions), meta=meta)
            assert problems(clip) == []
            assert gold_problems(PlacedClip(clip, "row")) == []
            assert bool(film.actions) == bool(kind.backward_rules if back else kind.rules)


@each_kind
def test_the_evidence_lies_within_the_film(kind):
    for seed in SEEDS:
        for _, film in films(kind, seed):
            first, last = film.evidence
            assert 0 <= first < last <= film.seconds
            assert 2 <= film.seconds <= 8


@each_kind
def test_something_moves_while_the_evidence_can_be_seen(kind):
    film = kind.make(Draw(5, kind.name), False)
    first, last = film.evidence
    shown = [picture(film, first + (last - first) * share) for share in (0.0, 0.17, 0.55, 1.0)]
    assert any((a != b).any() for a, b in itertools.pairwise(shown))


@pytest.mark.parametrize(
    "kind", [kind for kind in catalogue.KINDS if kind.reversible], ids=lambda kind: kind.name
)
def test_the_two_ways_of_a_film_show_the_same_and_call_for_other_things(kind):
    for seed in SEEDS:
        (_, forward), (_, backward) = films(kind, seed)
        assert (forward.seconds, forward.evidence) == (backward.seconds, backward.evidence)
        assert forward.facts == backward.facts
        texts = [{action.text for action in film.actions} for film in (forward, backward)]
        assert 2 * len(texts[0] & texts[1]) < max(map(len, texts))
    for share in (0.1, 0.5, 0.9):
        seconds = share * forward.seconds
        assert np.array_equal(picture(forward, seconds), picture(backward, seconds))


RULE = Rule(("Do it", "Get it done"), True, {2: "always"}, "It must be.")


def test_what_is_wrong_with_a_catalogue_is_told():
    good = next(kind for kind in catalogue.KINDS if kind.rules and not kind.reversible)
    assert any("there 2 times" in what for what in catalogue.problems((*catalogue.KINDS, good)))
    for bad, words in (
        (replace(good, scenario="kitchen"), "scenario 'kitchen' is not known"),
        (replace(good, backward_rules=(RULE,)), "nothing that it shows"),
        (replace(good, rules=(replace(RULE, texts=("Do it",)),)), "two different wordings"),
        (replace(good, rules=(replace(RULE, levels={5: "always"}),)), "levels from 0 to 4"),
        (replace(good, rules=(replace(RULE, levels={}),)), "levels from 0 to 4"),
    ):
        assert any(words in what for what in catalogue.problems((bad,)))
    few = catalogue.problems([good])
    assert any(f"{good.scenario}: 1 kinds ({good.name}); at least 6" in what for what in few)
    assert any("calls for nothing" in what for what in few)
    assert any("direction of time" in what for what in few)


def test_the_digest_changes_with_kinds_order_and_rules():
    found = catalogue.KINDS
    assert catalogue.digest(found) == catalogue.digest()
    other = replace(found[0], rules=(RULE, *found[0].rules))
    for changed in (found[1:], found[::-1], (other, *found[1:])):
        assert catalogue.digest(changed) != catalogue.digest()


def test_an_unknown_kind_names_those_that_are_known():
    with pytest.raises(OptionError, match=r"no kind of event is called 'yeti'.*steps_out"):
        catalogue.kind("yeti")


def test_the_documentation_lists_the_kinds():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert rewritten(text) == text, (
        "run: python -m handeye.visualact.scenes.events.tables docs/visualact-data.md"
    )
    for kind in catalogue.KINDS:
        assert f"| `{kind.name}`: {kind.shows} |" in text
        for rule in (*kind.rules, *kind.backward_rules):
            assert f"| {rule.texts[0]} |" in text
    for level, words in enumerate(LEVELS):
        assert f"| {level} | {words} |" in text
    with pytest.raises(DataError, match="no place for the tables"):
        rewritten("a document")


def test_the_documentation_names_every_field_of_a_row(tmp_path):
    generate(tmp_path / "set", seed=1, clips=1, fps=2, workers=1)
    text = DOCUMENT.read_text(encoding="utf-8")
    clip = load(tmp_path / "set").clips[0]
    for name in (*Clip.__struct_fields__, *clip.meta):
        assert f"`{name}`" in text, name
    for name in Action.__struct_fields__:
        assert f"`actions[].{name}`" in text, name
