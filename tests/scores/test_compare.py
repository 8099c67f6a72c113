"""The engine on a suite that is made up here: ratios, gaps in the figures, words of the suite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from handeye.errors import DataError
from handeye.rose.suite import SUITE
from handeye.scores.compare import Comparison, compare_quantities
from handeye.scores.quantity import (
    Family,
    Floats,
    Quantities,
    Quantity,
    Units,
    Value,
    Words,
    counted,
    macro,
    pair_rows,
    pooled,
    rated,
)
from handeye.scores.sentences import unsure_words, verdict_words

MADE = replace(SUITE, name="made", title="MADE", unit="films", scene="films")
WORDS = Words(
    stratum="kind",
    verb="reaches",
    more="more in",
    fewer="less in",
    alike="agree everywhere",
    tallied="films",
    right="better",
    wrong="worse",
    checked="kinds",
    source="Made here.",
)


def ratio(hits: Floats, proposed: Floats, called: Floats) -> Quantity:
    """Micro F1, which is no mean of anything that an item has alone: 2 hits / (proposed + called).

    Args:
        hits: (n, runs).
        proposed: (n, runs).
        called: (n,).
    """

    def sums(run: int) -> Floats:
        return np.stack([proposed[:, run] + called, 2 * hits[:, run]], axis=1)

    return Quantity(
        key="f1",
        label="micro F1",
        sense="pass",
        sums=sums,
        value=pooled,
        weights=np.ones(len(called)),
        outcomes=2 * hits / (proposed + called[:, None]),
        said="micro F1",
        named="micro F1",
    )


def quantities(*rows: Quantity, labels: str = "ABC", n: int = 200) -> Quantities:
    runs = rows[0].outcomes.shape[1]
    return Quantities(
        labels=tuple(labels[:runs]),
        words=WORDS,
        ids=[str(k) for k in range(n)],
        cluster=np.arange(n),
        stratum=np.arange(n) % 2,
        families=(
            Family(
                key="all", title="All", meaning="It.", quantities=rows, chart="All", overall="f1"
            ),
        ),
        units=(Units("any", "any", (rows[0].outcomes > 0.5).astype(float)),),
        score=np.nan_to_num(rows[0].outcomes),
        left_out=(0,) * runs,
    )


def drawn(rng: np.random.Generator, rates: list[float], n: int = 200) -> Quantity:
    called = rng.integers(1, 5, n).astype(float)
    proposed = rng.integers(1, 5, (n, len(rates))).astype(float)
    hits = rng.binomial(np.minimum(proposed, called[:, None]).astype(int), rates).astype(float)
    return ratio(hits, proposed, called)


def row(found: Comparison, pair: int = 0) -> dict[str, object]:
    return found["pairs"][pair]["families"][0]["rows"][0]  # type: ignore[no-any-return]


def test_a_ratio_of_sums_is_compared_with_its_own_value() -> None:
    f1 = drawn(np.random.default_rng(1), [0.3, 0.6])
    found = compare_quantities(MADE, quantities(f1), resamples=400)
    sums = [f1.sums(run).sum(axis=0) for run in (0, 1)]
    first, second = (float(own[1] / own[0]) for own in sums)
    told = row(found)
    assert told["first"]["value"] == pytest.approx(first)  # type: ignore[index]
    assert told["difference"]["value"] == pytest.approx(second - first)  # type: ignore[index]
    assert told["difference"]["low"] < second - first < told["difference"]["high"]  # type: ignore[index]
    assert told["verdict"] == "second_better"
    assert found["pairs"][0]["sentences"][0].startswith("B reaches ")
    assert "points more in micro F1 (" in found["pairs"][0]["sentences"][0]
    assert "(MADE, 200 films, paired)" in found["pairs"][0]["sentences"][0]
    assert found["suite"] == "made"


def test_intervals_of_a_ratio_hold_the_truth_as_often_as_they_say() -> None:
    """The truth is known from 20,000 films; 60 samples of 200 must hold it in 47 or more."""
    rates = [0.4, 0.5]
    whole = drawn(np.random.default_rng(2), rates, 20_000)
    first, second = (own[:, 1].sum() / own[:, 0].sum() for own in (whole.sums(0), whole.sums(1)))
    inside = 0
    for seed in range(60):
        f1 = drawn(np.random.default_rng([3, seed]), rates)
        told = row(compare_quantities(MADE, quantities(f1), resamples=200, seed=seed))
        inside += told["difference"]["low"] <= second - first <= told["difference"]["high"]  # type: ignore[index]
    assert inside >= 50


def test_a_pair_has_the_same_figures_among_others_as_alone() -> None:
    f1 = drawn(np.random.default_rng(4), [0.3, 0.4, 0.9])
    two = replace(f1, outcomes=f1.outcomes[:, :2])
    alone = row(compare_quantities(MADE, quantities(two), resamples=300))
    together = row(compare_quantities(MADE, quantities(f1), all_pairs=True, resamples=300))
    for name in ("first", "second", "difference", "p_value"):
        assert alone[name] == together[name]


def test_items_without_a_figure_in_either_run_leave_the_pair_only() -> None:
    rng = np.random.default_rng(5)
    outcomes = rng.random((200, 3))
    outcomes[:50, 2] = np.nan
    mean = Quantity(
        key="f1",
        label="F1",
        sense="pass",
        sums=counted([np.ones(200, bool)], outcomes),
        value=macro,
        weights=np.ones(200),
        outcomes=outcomes,
        said="F1",
        named="F1",
    )
    found = compare_quantities(MADE, quantities(mean), all_pairs=True, resamples=200)
    assert [row(found, pair)["n"] for pair in range(3)] == [200, 150, 150]
    kept = outcomes[50:]
    halves = [kept[np.arange(50, 200) % 2 == k, 0].mean() for k in (0, 1)]
    assert row(found, 1)["first"]["value"] == pytest.approx(np.mean(halves))  # type: ignore[index]
    assert "(MADE, 150 of 200 films, paired)" in found["pairs"][1]["sentences"][0]
    assert "(MADE, 200 films, paired)" in found["pairs"][0]["sentences"][0]
    assert "is left out of it for both" in found["notes"][0]
    plain = outcomes[:, 0].reshape(-1, 2).mean(axis=0).mean()
    assert row(found, 0)["first"]["value"] == pytest.approx(plain)  # type: ignore[index]


def lost(k: int, n: int, value: Value = macro) -> dict[str, object]:
    """The row of a share that B has in no scene of n, and A in k of them, spread evenly."""
    first = (np.arange(n) * k // n != (np.arange(n) + 1) * k // n).astype(float)
    outcomes = np.stack([first, np.zeros(n)], axis=1)
    share = Quantity(
        key="f1",
        label="share",
        sense="pass",
        sums=counted([np.ones(n, bool)], outcomes),
        value=value,
        weights=np.ones(n),
        outcomes=outcomes,
        said="shares",
        named="shares",
    )
    return row(compare_quantities(MADE, quantities(share, n=n)))


@pytest.mark.parametrize(("n", "counts"), [(60, (46, 55, 59, 60)), (8, (6, 7, 8)), (24, (20, 24))])
def test_what_more_scenes_speak_for_has_no_larger_p_value(n: int, counts: tuple[int, ...]) -> None:
    found = [lost(k, n)["p_value"] for k in counts]
    assert found == sorted(found, reverse=True), found  # type: ignore[type-var]
    assert lost(n, n)["p_value"] == pytest.approx(2.0 ** (1 - n))


def test_a_constant_difference_of_strata_that_disagree_is_no_sure_one() -> None:
    """Ten films of one kind speak for B, thirty of the other for A, and B is called better."""
    kind = np.repeat([0, 1], [10, 30])
    outcomes = np.stack([np.where(kind, 0.5, 0.0), np.where(kind, 0.0, 1.0)], axis=1)
    mean = Quantity(
        key="f1",
        label="mean",
        sense="pass",
        sums=counted([np.ones(40, bool)], outcomes),
        value=macro,
        weights=np.ones(40),
        outcomes=outcomes,
        said="it",
        named="it",
    )
    found = replace(quantities(mean, n=40), stratum=kind)
    told = row(compare_quantities(MADE, found, resamples=500))
    assert told["test"] == "bootstrap"
    assert told["p_value"] > 2 / 501  # type: ignore[operator]


@pytest.mark.parametrize(("n", "strata"), [(8, 4), (10, 5), (20, 5), (8, 1)])
def test_a_change_that_is_the_same_in_every_scene_is_as_sure_as_their_signs(
    n: int, strata: int
) -> None:
    """Also one that binary fractions of few digits cannot hold."""
    outcomes = np.full((n, 2), (0.35, 0.65))
    mean = Quantity(
        key="f1", label="mean", sense="pass", sums=counted([np.ones(n, bool)], outcomes),
        value=macro, weights=np.ones(n), outcomes=outcomes, said="it", named="it",
    )  # fmt: skip
    found = replace(quantities(mean, n=n), stratum=np.arange(n) % strata)
    told = row(compare_quantities(MADE, found, resamples=2000))
    assert (told["test"], told["verdict"]) == ("exact", "second_better")
    assert told["p_value"] == pytest.approx(2.0 ** (1 - n), rel=0.01)


@pytest.mark.parametrize("value", [pooled, macro])
@pytest.mark.parametrize(("held", "each"), [(20, 5), (20, 1), (7, 3)])
def test_a_figure_rests_on_the_scenes_that_hold_its_items(
    held: int, each: int, value: Value
) -> None:
    """100 scenes of 5 items in five strata; ``held`` of one stratum have ``each`` in the row.

    None of so many scenes failed: Clopper and Pearson's bound, however many others there are.
    """
    n = 500
    cluster = np.arange(n) // 5
    inside = (cluster % 5 == 2) & (cluster // 5 < held) & (np.arange(n) % 5 < each)
    outcomes = np.ones((n, 2))
    outcomes[np.flatnonzero(inside)[0], 1] = 0.0
    share = rated(("f1", "share"), inside, outcomes, value)
    found = replace(quantities(share, n=n), cluster=cluster, stratum=cluster % 5)
    told = row(compare_quantities(MADE, found, resamples=1000))
    first, apart = told["first"], told["difference"]
    assert first["low"] == pytest.approx(0.025 ** (1 / held))  # type: ignore[index]
    alone = replace(
        found,
        cluster=np.repeat(np.arange(held), each),
        stratum=np.zeros(held * each, np.int64),
        ids=[str(k) for k in range(held * each)],
        families=(replace(found.families[0], quantities=(
            rated(("f1", "share"), np.ones(held * each, bool), outcomes[inside], value),)),),
        units=(), score=outcomes[inside],
    )  # fmt: skip
    by_itself = row(compare_quantities(MADE, alone, resamples=1000))
    assert first == by_itself["first"]
    # What hides in the run of which nothing varies is in the difference.
    assert apart["high"] >= 1 - first["low"] - 1 / (held * each) - 1e-6  # type: ignore[index,operator]
    assert apart["high"] == pytest.approx(by_itself["difference"]["high"], abs=0.01)  # type: ignore[index]


def test_runs_that_agree_everywhere_differ_in_nothing() -> None:
    f1 = drawn(np.random.default_rng(6), [0.5])
    own, outcomes = f1.sums, np.repeat(f1.outcomes, 9, axis=1)
    nine = replace(f1, sums=lambda run: own(0), outcomes=outcomes)
    found = compare_quantities(
        MADE, quantities(nine, labels="ABCDEFGHI"), all_pairs=True, resamples=100
    )
    assert len(found["pairs"]) == 36
    for k, pair in enumerate(found["pairs"]):
        assert row(found, k)["verdict"] == "none"
        assert "agree everywhere" in pair["sentences"][0]


def test_a_figure_that_nobody_has_is_said_to_be_none() -> None:
    f1 = drawn(np.random.default_rng(7), [0.5, 0.5])
    nothing = replace(f1, sums=lambda run: np.zeros((200, 2)), outcomes=np.full((200, 2), np.nan))
    found = quantities(nothing)
    units = (Units("any", "any", np.array([[1.0, 0.0]])),)
    compared = compare_quantities(MADE, replace(found, units=units), resamples=100)
    assert row(compared)["verdict"] == "unknown"
    assert "micro F1 cannot be compared" in compared["pairs"][0]["sentences"][0]


@pytest.mark.parametrize(
    ("verdict", "ends", "words"),
    [
        ("second_more", (-0.059, 0.06), "B more often, interval holds 0"),
        ("first_better", (-0.08, 0.0), "A better, interval holds 0"),
        ("second_more", (0.01, 0.06), "B more often"),
        ("second_more", (None, None), "B more often"),
    ],
)
def test_a_claim_whose_interval_holds_0_says_so(
    verdict: str, ends: tuple[float | None, float | None], words: str
) -> None:
    difference = {"value": 0.032, "low": ends[0], "high": ends[1]}
    row = {"verdict": verdict, "difference": difference, "p_value": 0.016, "test": "exact"}
    assert verdict_words(verdict, "A", "B", 0.03, unsure_words(row)) == words


def test_pairing_is_the_same_for_every_suite() -> None:
    rows = pl.DataFrame({"film": ["a", "b", "c"], "kind": ["x", "y", "x"]})
    names = {"item": "film", "unit": "films", "needed": ("film",), "same": ("kind",)}
    turned = pair_rows([rows, rows.reverse()], ["A", "B"], **names)  # type: ignore[arg-type]
    assert [place.tolist() for place in turned] == [[0, 1, 2], [2, 1, 0]]
    with pytest.raises(DataError, match=r"1 film of A is missing in B: a; .*--common"):
        pair_rows([rows, rows[1:]], ["A", "B"], **names)  # type: ignore[arg-type]
    other = rows.with_columns(kind=pl.lit("x"))
    with pytest.raises(DataError, match=r"1 films are not the same in A and B .*kind.*: b; were"):
        pair_rows([rows, other], ["A", "B"], **names)  # type: ignore[arg-type]
