"""The adjuster: its tests by hand, its promise, its gate, and what it finds where it is known.

The promise over 1,000 draws, and how conformal risk control does, is ``benchmarks/adjuster.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.stats import binom

from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.local.adjuster import (
    CLOSED,
    Adjuster,
    Promise,
    Readings,
    Rejection,
    adjusted,
    read_adjuster,
    refuse_others,
    rejecting_letters,
    write_adjuster,
)
from handeye.states.ablations import adjust
from handeye.states.adjuster import fit_adjuster
from handeye.states.gates import (
    families_needed,
    family_losses,
    lowest_gate,
    mean_gate,
    p_values,
    why_shut,
)
from handeye.stats.intervals import estimates
from tests.support.benchmarks import benchmark

PLANTED = benchmark("adjuster")
TEXTS = {4: "The question errs about what is seen.", 5: "The question errs about what is heard."}


def run(planted: Any, **more: Any) -> Any:
    return adjust(planted, planted.targets(), planted.cases.right.tolist(), **more)


def fitted(planted: Any, **more: Any) -> Adjuster:
    right = planted.cases.right.tolist()
    return fit_adjuster(planted, planted.targets(), right, TEXTS, **more)


def losses(count: int, of: int) -> Any:
    return (np.arange(of) < count)[:, None].astype(float)


# ---- the tests behind the gate


def test_the_exact_test_is_the_binomials() -> None:
    # .97 ** 98 = .0505, .97 ** 99 = .0490
    assert p_values(losses(0, 98), 0.03, "any")[0] == pytest.approx(0.97**98)
    assert p_values(losses(0, 99), 0.03, "any")[0] < 0.05 < 0.97**98
    assert families_needed(0.03, 0.95) == 99
    assert p_values(losses(2, 200), 0.03, "any")[0] == pytest.approx(
        0.97**200 + 200 * 0.03 * 0.97**199 + 19900 * 0.03**2 * 0.97**198
    )


def test_hoeffding_and_bentkus_by_hand() -> None:
    # n = 100, mean .05, alpha .1: h = .05 ln .5 + .95 ln(.95 / .9) = .0167065
    entropy = 0.05 * np.log(0.5) + 0.95 * np.log(0.95 / 0.9)
    hoeffding, bentkus = np.exp(-100 * entropy), np.e * binom.cdf(5, 100, 0.1)
    assert hoeffding == pytest.approx(0.18811, abs=1e-4)
    found = p_values(np.full((100, 1), 0.05), 0.1, "share")[0]
    assert found == pytest.approx(min(hoeffding, bentkus))
    assert p_values(losses(0, 50), 0.1, "share")[0] == pytest.approx(0.9**50)
    assert p_values(losses(20, 50), 0.1, "share")[0] == 1


@pytest.mark.parametrize("bound", ["any", "share"])
def test_p_values_are_super_uniform_at_the_edge(bound: Any) -> None:
    draw = np.random.default_rng(0)
    lost = (draw.random((150, 4000)) < 0.04).astype(float)
    if bound == "share":  # shares of two standard questions
        lost = (lost + (draw.random((150, 4000)) < 0.04)) / 2
    found = p_values(lost, 0.04, bound)
    for level in (0.01, 0.05, 0.2):
        assert (found <= level).mean() <= level + 3 * (level / 4000) ** 0.5


def test_gates_are_tested_in_order_and_the_first_failure_ends_it() -> None:
    table = np.concatenate([losses(count, 200) for count in (0, 1, 30, 1)], axis=1)
    assert lowest_gate(table, 0.05, 0.95, "any") == 1
    assert lowest_gate(table[:, 2:], 0.05, 0.95, "any") is None
    assert mean_gate(table[:, :3], 0.05) == 1
    assert mean_gate(losses(0, 10), 0.05) is None


@pytest.mark.parametrize("bound", ["any", "share"])
def test_families_that_cannot_lose_are_no_evidence(bound: Any) -> None:
    """Of 130 families 60 have a question whose premise holds, too few for 5 % and 99."""
    families = np.repeat(np.arange(130), 2)
    standard = (families < 60) & (np.arange(260) % 2 == 0)
    found = family_losses(np.ones((260, 1), bool), standard, families, bound)
    assert found.tolist() == [[1.0]] * 60
    kept = family_losses(np.zeros((260, 1), bool), standard, families, bound)
    assert lowest_gate(kept, 0.03, 0.95, bound) is None
    assert why_shut(kept[:, 0], 0.03, 0.95).startswith("shut: of 60 calibration families")
    none = family_losses(np.zeros((260, 1), bool), standard & False, families, bound)
    assert lowest_gate(none, 0.03, 0.95, bound) is None
    assert "that takes 99" in why_shut(none[:, 0], 0.03, 0.95)


def test_the_promise_is_kept_in_draws_and_the_mean_alone_does_not_keep_it() -> None:
    everyone = PLANTED.Everyone(3000)
    taught = everyone.learnt(120, 5)
    for bound, column in (("any", 1), ("share", 2)):
        drawn = np.array([taught.draw(110, seed, 0.1, bound) for seed in range(60)])
        assert drawn[:, 0].all()  # the gate opened
        # With 5 % in truth more than 7 of 60 come once in a hundred times.
        assert (drawn[:, column] > 0.1).sum() <= 7
        assert drawn[:, column].mean() > 0.01  # and it is not kept by doing nothing
    assert (drawn[:, 3] > 0.1).mean() > 0.2


# ---- the gate


def flat(gate: float | None, on_probe: float = 1.0, on_letters: float = 0.0) -> Adjuster:
    """Reads the first two numbers of a state as probes and the next two as routes."""

    def one(place: int, text: str) -> Rejection:
        unit = np.eye(4)
        return Rejection(
            text=text,
            probe=tuple(unit[place].tolist()),
            probe_bias=0.0,
            route=tuple(unit[2 + place].tolist()),
            route_bias=0.0,
            usual=-2.0 * place,
            bias=0.0,
            on_probe=on_probe,
            on_margin=0.1,
        )

    promise = Promise(alpha=0.03, level=0.95, bound="", families=200, lost=0)
    return Adjuster(
        layer="block.00",
        width=4,
        options=6,
        rejections=tuple(one(place, text) for place, text in enumerate(TEXTS.values())),
        on_route=1.0,
        on_letters=on_letters,
        gate=gate,
        promise=promise,
    )


def many(n: int, seed: int = 0) -> tuple[Readings, Any, Any]:
    draw = np.random.default_rng(seed)
    letters = np.log(draw.dirichlet(np.ones(6) / 2, n) + 1e-12)
    columns = np.array([draw.permutation(6)[:2] for _ in range(n)])
    return Readings(draw.normal(size=(n, 2)), draw.normal(size=(n, 2))), letters, columns


def test_below_the_gate_nothing_is_touched_and_above_it_the_routed_option_is_largest() -> None:
    read, letters, columns = many(500)
    new, opened = adjusted(flat(0.5), read, letters, columns)
    shut = opened == CLOSED
    assert 50 < shut.sum() < 450
    assert new[shut].tobytes() == letters[shut].tobytes()
    routed = columns[np.arange(500), read.route.argmax(1)]
    assert (opened[~shut] == routed[~shut]).all()
    assert (new[~shut].argmax(1) == routed[~shut]).all()
    others = np.arange(6) != opened[:, None]
    assert (new == letters)[others | shut[:, None]].all()
    assert (np.exp(new[~shut])[np.arange((~shut).sum()), routed[~shut]] > 0).all()


def test_route_and_letters_above_their_usual_name_the_option_together() -> None:
    # Routes 1 and 0; letters -3 and -3.4, usually 0 and -2: above it by -3 and -1.4.
    read = Readings(np.full((1, 2), 9.0), np.array([[1.0, 0.0]]))
    letters = np.array([[-0.1, -5, -6, -7, -3.0, -3.4]])
    columns = np.array([[4, 5]])
    for weight, option in ((0.0, 4), (0.5, 4), (0.7, 5)):
        _, opened = adjusted(flat(0.0, on_letters=weight), read, letters, columns)
        assert opened[0] == option


def test_a_gate_that_is_shut_lets_nothing_through() -> None:
    read, letters, columns = many(50)
    new, opened = adjusted(flat(None), Readings(read.probe + 99, read.route), letters, columns)
    assert new.tobytes() == letters.tobytes()
    assert (opened == CLOSED).all()


def test_impossible_letters_are_letters() -> None:
    read, letters, columns = many(40)
    letters[:20, 0] = -np.inf
    letters[20:, :] = -9999.0
    new, opened = adjusted(flat(-1e3), read, letters, columns)
    assert (opened >= 0).all()
    assert (new.argmax(1) == opened).all()
    assert not np.isnan(new).any()


def test_more_evidence_never_lowers_the_rejection() -> None:
    read, letters, columns = many(80)
    rows = np.arange(80)
    routed = columns[rows, read.route.argmax(1)]
    before, was_open = np.full(80, -np.inf), np.zeros(80, bool)
    for more in np.linspace(-4, 8, 60):
        new, opened = adjusted(flat(0.5), Readings(read.probe + more, read.route), letters, columns)
        assert (new[rows, routed] >= np.where(was_open, before, -np.inf)).all()
        assert (opened >= 0)[was_open].all()  # once open, open
        before, was_open = new[rows, routed], opened >= 0
    assert was_open.all()


# ---- the whole


@pytest.fixture(scope="module")
def planted() -> Any:
    return PLANTED.planted(250, 3)


@pytest.fixture(scope="module")
def found(planted: Any) -> Any:
    return run(planted, alpha=0.05)


def test_a_planted_premise_is_worth_more_than_any_ablation(found: Any) -> None:
    assert estimates(found.gain)["low"] > 0.1
    assert set(found.ablations) == {"constant", "permuted", "text", "margin", "oracle"}
    assert found.best != "oracle"
    oracle = found.ablations["oracle"].balanced.values[0]
    assert oracle > found.adjusted.balanced.values[0] + 0.1
    assert -0.05 <= found.over_raw.standard.values[0] <= 0
    assert found.over_raw.misleading.values[0] > 0.3
    assert (found.evaluated, found.families) == (2000, 250)
    assert all(gate is not None for gate in found.gates["probe"])


def test_the_sense_is_told_apart_from_whether_to_reject(found: Any) -> None:
    routing = estimates(vars_of(found.routing))
    assert routing["routed"]["low"] > 0.95
    assert routing["probe"]["low"] > 0.95
    assert routing["letters"]["low"] < 0.5 < routing["letters"]["high"]
    assert routing["said"]["value"] == pytest.approx(routing["routed"]["value"], abs=0.03)


def vars_of(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def test_the_logit_is_calibrated(found: Any) -> None:
    said, happened, numbers = (np.array(column) for column in zip(*found.reliability, strict=True))
    assert numbers.sum() == 2000
    spread = np.sqrt(said * (1 - said) / numbers)
    assert (np.abs(said - happened) < 4 * spread + 0.02).all()


def test_nothing_planted_gains_nothing() -> None:
    gains = [
        estimates(run(PLANTED.planted(150, seed, strength=0), alpha=0.1, folds=4).gain)
        for seed in (1, 2, 3, 4)
    ]
    assert sum(one["low"] > 0 for one in gains) == 0
    assert np.mean([one["value"] for one in gains]) < 0.01


def test_letters_that_tell_it_are_no_gain_of_the_probe() -> None:
    one = run(PLANTED.planted(150, 5, strength=0, said=2.5), alpha=0.1, folds=4)
    assert one.over_raw.misleading.values[0] > 0.05  # the gate opens by the margin
    assert estimates(one.gain)["low"] <= 0.005


def test_what_the_words_tell_is_the_words() -> None:
    one = run(PLANTED.planted(150, 4, strength=0.5, text=1.0), alpha=0.1, folds=4)
    assert one.best == "text"
    assert estimates(one.gain)["high"] < 0


def test_too_few_families_leave_it_shut_and_it_says_how_many_it_takes() -> None:
    small = PLANTED.planted(100, 6)
    one = run(small, alpha=0.01)
    assert one.gates["probe"] == (None,) * 5
    assert one.over_raw.balanced.values[0] == 0
    assert one.opened["probe"] == 0
    made = fitted(small, alpha=0.01)
    assert made.gate is None
    assert made.promise.shut.startswith("shut: of 50 calibration families")
    assert made.promise.shut.endswith("that takes 299")


class Watched:
    """States that remember whose were asked for."""

    def __init__(self, planted: Any) -> None:
        self.planted, self.asked = planted, []
        self.layers, self.sites = planted.layers, planted.sites

    def states(self, layer: str, site: str, ids: Sequence[str], places: Any = None) -> Any:
        self.asked.append({self.planted.cases.families[int(name)] for name in ids})
        return self.planted.states(layer, site, ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.planted, name)


def test_families_never_cross_between_learning_gate_and_report() -> None:
    planted = PLANTED.planted(60, 8)
    watched = Watched(planted)
    adjust(watched, planted.targets(), planted.cases.right.tolist(), alpha=0.2)
    reported = []
    for first in range(0, len(watched.asked), 3):
        learnt, gate, test = watched.asked[first : first + 3]
        assert not learnt & gate
        assert not (learnt | gate) & test
        assert len(learnt | gate | test) == 60
        reported += sorted(test)
    assert sorted(reported) == list(range(60))


def test_families_may_be_of_one_sense_and_few_of_it_be_reported() -> None:
    planted = PLANTED.planted(90, 2)

    def run_with(every: int) -> Any:
        own = planted.cases
        rows = np.flatnonzero(own.rejection == np.where(own.families % every, 4, 5))
        targets = [planted.targets()[row] for row in rows]
        return adjust(planted, targets, own.right[rows].tolist(), alpha=0.2, folds=8)

    one = run_with(4)
    assert one.evaluated == 360
    assert estimates(one.over_raw.misleading)["low"] > 0.1
    assert estimates(one.routing.routed)["low"] > 0.8
    with pytest.raises(DataError, match=r"that role 5 rejects come from [0-3] of the families"):
        run_with(30)


def test_it_is_made_again_alike(planted: Any) -> None:
    assert fitted(planted) == fitted(planted)
    assert fitted(planted) != fitted(planted, seed=1)


# ---- the file


def test_it_is_read_as_it_was_written(planted: Any, tmp_path: Path) -> None:
    made = fitted(planted, alpha=0.1, model={"family": "F", "more": "x"}, about={"set": "planted"})
    path = tmp_path / "adjuster.json"
    write_adjuster(path, made)
    assert read_adjuster(path) == made
    assert [one.text for one in made.rejections] == list(TEXTS.values())
    assert made.promise.families == 125
    assert made.model == {"family": "F"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 9}, "an adjuster of version 9; this handeye reads 1"),
        ({"width": 5}, "are not 5 numbers"),
        ({"rejections": ()}, "has 0 options that reject, of 6"),
        ({"options": 2}, "has 2 options that reject, of 2"),
    ],
)
def test_a_file_that_is_none_is_refused(change: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "adjuster.json"
    write_adjuster(path, replace(flat(0.0), **change))
    with pytest.raises(DataError, match=told):
        read_adjuster(path)


def test_a_probe_turned_round_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "adjuster.json"
    write_adjuster(path, flat(0.0, on_probe=-1.0))
    with pytest.raises(DataError, match="raised by less evidence"):
        read_adjuster(path)
    path.write_text('{"layer": "block.00"}')
    with pytest.raises(DataError, match=r"adjuster\.json: cannot be read"):
        read_adjuster(path)


@pytest.mark.parametrize("name", ["alpha", "level", "part"])
def test_shares_are_between_0_and_1(name: str, planted: Any) -> None:
    with pytest.raises(OptionError, match=f"{name} must be between 0 and 1, got 1"):
        fitted(planted, **{name: 1.0})


def test_every_rejecting_role_needs_its_words(planted: Any) -> None:
    with pytest.raises(OptionError, match="texts lacks the option of role 5"):
        fit_adjuster(planted, planted.targets(), planted.cases.right.tolist(), {4: "Wrong."})


# ---- options in a question


def question(*options: str) -> str:
    lines = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCDEF", options, strict=False))
    return f"What is A. doing?\n\n{lines}\n\nAnswer with the letter."


def test_rejecting_options_are_found_wherever_they_stand() -> None:
    seen, heard = TEXTS.values()
    assert rejecting_letters(flat(0.0), question("a", heard, "b", "c", seen, "d")) == (4, 1)
    for mark in (")", ":"):
        marked = "\n".join(
            f"({letter}{mark} {text}"
            for letter, text in zip("ABCDEF", ("a", "b", seen, "c", "d", heard), strict=True)
        )
        assert rejecting_letters(flat(0.0), f"A. An earlier list\nB. of two.\n{marked}") == (2, 5)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (("a", "b", "c", "d"), "does not show options A to F"),
        (("a", "b", "c", "d", "e", "f"), "no option, or more than one, reads"),
        ((*TEXTS.values(), "a", "b", "c", TEXTS[4]), "no option, or more than one, reads"),
        ((), "does not show options A to F"),
    ],
)
def test_why_options_are_not_found(shown: tuple[str, ...], told: str) -> None:
    found = rejecting_letters(flat(0.0), question(*shown))
    assert isinstance(found, str)
    assert told in found


def test_questions_of_more_or_fewer_options_are_refused() -> None:
    made = replace(flat(0.0), about={"suite": "premise"})
    refuse_others(made, "What is on the table?")
    refuse_others(made, question("a", "b", "c", "d", "e", "f"))
    with pytest.raises(RunError, match="fitted on premise questions of 6 options") as told:
        refuse_others(made, question("a", "b", "c", "d"))
    assert "one of 4 (A to D) is asked" in str(told.value)
