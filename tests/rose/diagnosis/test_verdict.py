from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.rose.diagnosis.verdict import FLOOR, Claim, claims, verdict
from tests.support.rose.diagnosis_data import LOSSES, diagnosis, est, factor, group, sign

NOTHING_LOST = dict.fromkeys(LOSSES, 0.0)
FAULTLESS: dict[str, Any] = {
    "action": group(600, {}), "counting": group(400, {}), "by_template": {"L-Clk": group(200, {})},
    "conventions": [], "signs": {},
}  # fmt: skip


def bridge(name: str, value: float, n: int) -> dict[str, Any]:
    return {"micro_pooled": {name: est(value, n=n)}}


def by_key(data: dict[str, Any]) -> dict[str, Claim]:
    return {claim.key: claim for claim in claims(data)}


CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    # name: (diagnosis, what the sentence says, what it must not say)
    "the issue's example": (
        diagnosis(),
        [
            "Passes 9 of 10 counting questions but only 4 of 10 action questions; ",
            "most of the loss appears when a region is named; ",
            "it clicks where there is nothing to click in 61 % of the 200 readable click answers "
            "about empty regions",
        ],
        ["partial", "chance"],
    ),
    "perfect": (
        diagnosis(1.0, NOTHING_LOST, signs={}, attribution=FAULTLESS),
        ["Passes all counting questions and all action questions: no loss between the two is seen"],
        ["chance", "loss appears"],
    ),
    "perfect, but for a kind of question that the levels do not count": (
        diagnosis(1.0, NOTHING_LOST, signs={}, by_template={"G-Clk": group(40, {"missed": 40})},
                  bridges={"global": bridge("gclk_pass_given_gcnt_correct", 0.0, 40)}),
        [
            "Passes all counting questions and all action questions (G-Clk aside); no gap between",
            "; it gets right 0 % of the 40 G-Clk questions (clicking in the whole picture); ",
            "; of what it counts rightly it clicks 0 % of the 40 pictures rightly",
        ],
        ["nothing is lost"],
    ),
    "perfect on few scenes": (
        diagnosis(1.0, NOTHING_LOST, half=0.4, signs={}, attribution=FAULTLESS, n_scenes=8),
        ["No failure was seen on 8 scenes, so it passes 60 to 140 % of the counting questions"],
        ["too few", "nothing is lost"],
    ),
    "one kind of question that is always wrong": (
        diagnosis(0.9, {"coordinates": 0.3}, by_template={
            "L-Clk": group(200, {"missed": 200}), "V-Clk": group(200, {"missed": 10}),
            "G-Cnt": group(2, {"count_low": 2}),
        }),
        [
            "it gets right 0 of 2 G-Cnt questions (counting in the whole picture) and 0 % of the "
            "200 L-Clk questions (clicking in a named region)"
        ],
        ["V-Clk"],
    ),
    "all kinds of question alike": (
        diagnosis(0.9, {"coordinates": 0.8}, by_template={
            "L-Clk": group(200, {"missed": 180}), "V-Clk": group(200, {"missed": 170}),
        }, bridges={"matched": bridge("lclk_pass_given_mlcnt_correct", 0.1, 200)}),
        [],
        ["gets right", "rightly"],
    ),
    "hopeless": (
        diagnosis(0.0, NOTHING_LOST, signs={}),
        [
            "Passes none of the counting questions and none of the action questions, too little "
            "counted right for a gap to show"
        ],
        ["loss"],
    ),
    "no gap": (
        diagnosis(0.72, {"region": 0.01}, signs={}),
        [
            "Passes 7 of 10 counting questions and 7 of 10 action questions; no gap",
            "(+1.0 points, −1.0 to +3.0)",
        ],
        ["only", "loss appears"],
    ),
    "acts better than it counts": (
        diagnosis(0.6, {"finding": -0.2}, signs={}),
        ["Passes 6 of 10 counting questions and 8 of 10 action questions, a larger share"],
        ["loss", "only"],
    ),
    "acts a little better than it counts": (
        diagnosis(0.61, {"finding": -0.03}, signs={}),
        ["Passes 61 % of the counting questions and 64 % of the action questions, a larger share"],
        ["of 10"],
    ),
    "no gap across a tenth": (
        diagnosis(0.951, {"region": 0.008}, signs={}),
        ["Passes 95 % of the counting questions and 94 % of the action questions; no gap between"],
        ["nearly"],
    ),
    "gap within one tenth": (
        diagnosis(0.74, {"region": 0.07}, signs={}),
        ["Passes 74 % of the counting questions but only 67 % of the action questions"],
        ["of 10"],
    ),
    "gap within one percent": (
        diagnosis(0.7, {"region": 0.004}, half=0.001, signs={}),
        ["Passes 70.0 % of the counting questions but only 69.6 % of the action questions"],
        [],
    ),
    "all against some": (
        diagnosis(1.0, {"region": 0.6}, signs={}),
        ["Passes all counting questions but only 4 of 10 action questions;"],
        [],
    ),
    "nearly all against all": (
        diagnosis(1.0, {"region": 0.01}, half=0.002, signs={}),
        ["Passes 100 % of the counting questions but only 99 % of the action questions"],
        ["nearly"],
    ),
    "a mean that is no share of questions": (
        diagnosis(0.9, {"region": 0.4}, signs={}, by_template={
            "G-Cnt": group(100, {"count_low": 40}), "L-Cnt": group(100, {"count_low": 40}),
        }),
        ["Passes, averaged over subsets and kinds of question, 90 % of the counting questions"],
        ["of 10"],
    ),
    "partial": (
        diagnosis(partial=True, n_items=400, n_expected=1000),
        ["On 400 of 1,000 items only; passes 9 of 10"],
        [],
    ),
    "some refusals": (
        diagnosis(states={"answered": 905, "refused": 80, "error": 15}),
        ["; 95 of 1,000 items have no usable answer (80 refused, 15 error)."],
        [],
    ),
    "mostly refusals": (
        diagnosis(0.2, {"region": 0.05}, signs={}, states={"answered": 300, "refused": 700}),
        ["700 of 1,000 items have no usable answer (700 refused); passes 20 %"],
        [],
    ),
    "mostly unreadable, but only when it clicks": (
        diagnosis(0.9, {"format": 0.7}, signs={}, unreadable=400),
        ["400 of 600 action questions have no usable answer (400 unreadable); passes 9 of 10"],
        ["cannot be read"],
    ),
    "a handful of failures is not worth a word": (
        diagnosis(states={"answered": 995, "error": 5}),
        ["Passes 9 of 10"],
        ["usable"],
    ),
    "too few scenes": (
        diagnosis(0.8, {"region": 0.05}, half=0.1, n_scenes=12),
        [
            "12 scenes, too few to say whether counting or clicking is worse: passes 70 to "
            "90 % of the counting questions and 65 to 85 % of the action questions;",
            "it clicks where there is nothing to click in 61 %",
        ],
        ["loss", "only"],
    ),
    "too wide": (
        diagnosis(0.8, {"region": 0.1}, half=0.2),
        [
            "The interval of the gap is too wide to say whether counting or clicking is worse "
            "(+10.0 points, −10.0 to +30.0): passes 60 to 100 % of",
            "clicks where there is nothing",
        ],
        ["loss", "scenes"],
    ),
    "few scenes and a gap that is sure": (
        diagnosis(1.0, {"region": 0.9}, half=0.3, signs={}, n_scenes=8),
        ["Passes all counting questions but only 1 of 10 action questions; the largest part"],
        ["too few to"],
    ),
    "one of one": (
        diagnosis(signs=sign("clicks_in_exclusion", 1.0) | {"x": {"label": "x", "meaning": "",
                  "rate": est(0.5, n=2)}}, n_items=1, n_expected=2, partial=True,
                  states={"answered": 0, "refused": 1}),
        ["x” in 1 of 2 answers"],
        ["50 % of the 2"],
    ),
    "no interval": (
        diagnosis(headline={k: {"value": 0.5, "low": None, "high": None, "n": 9}
                            for k in ("counting", "action", "gap")}),
        [
            "Passes 5 of 10 counting questions and 5 of 10 action questions; no interval, so no "
            "more can be told; it gets right 40 % of the 200 L-Clk questions (clicking in a named "
            "region); it clicks where there is nothing"
        ],
        ["loss", "too few to"],
    ),
    "two steps alike": (
        diagnosis(0.9, {"region": 0.2, "abstention": 0.19}),
        ["points are lost when a region is named and in telling whether there is anything to "],
        ["most of", "largest"],
    ),
    "largest but not most": (
        diagnosis(0.9, {"region": 0.2, "abstention": 0.15, "format": 0.1}, half=0.01),
        ["the largest part of the loss appears when a region is named"],
        ["most of"],
    ),
    "most of the gap, but not of what is lost": (
        diagnosis(0.9, {"region": 0.3, "abstention": 0.2, "format": 0.2, "finding": -0.4},
                  half=0.01, signs={}),
        ["the largest part of the loss appears when a region is named"],
        ["most of"],
    ),
    "mostly by format": (
        diagnosis(0.5, {"format": 0.2, "region": 0.02}, signs={}),
        ["most of the loss appears in the form of the answer"],
        [],
    ),
    "swapped coordinates": (
        diagnosis(signs={}, conventions=[{"key": "swapped", "label": "row and column swapped",
                                          "weight": est(0.35, n=480), "decided": True}]),
        ["it swaps row and column in 35 % of the 480 answers with clicks"],
        [],
    ),
    "rows from 0": (
        diagnosis(signs={}, conventions=[{"key": "zero_based_rows", "label": "rows from 0",
                                          "weight": est(0.35, n=480), "decided": True}]),
        ["it counts rows from 0 in 35 % of the 480 answers with clicks"],
        ["columns"],
    ),
    "a convention in every answer, as far as can be told": (
        diagnosis(signs={}, conventions=[{"key": "swapped", "label": "row and column swapped",
                                          "weight": est(0.9995, n=315), "decided": True}]),
        ["it swaps row and column in all 315 answers with clicks"],
        ["99.9"],
    ),
    "halves": (
        diagnosis(0.75, {"region": 0.1}, signs={}),
        ["Passes 8 of 10 counting questions but only 7 of 10 action questions"],
        [],
    ),
    "halves of a percent": (
        diagnosis(signs=sign("clicks_where_nothing_is", 0.745)),
        ["nothing to click in 75 %"],
        [],
    ),
    "a convention that was not decided": (
        diagnosis(signs={}, conventions=[{"key": "swapped", "label": "row and column swapped",
                                          "weight": est(0.35), "decided": False}]),
        [],
        ["swaps"],
    ),
    "a habit below the floor": (
        diagnosis(signs=sign("clicks_where_nothing_is", 0.06, 0.03)),
        [],
        ["nothing to click in"],
    ),
    "a reason that no habit tells": (
        diagnosis(signs={}),
        ["it fails 33 % of the 600 action questions with a click outside the region"],
        [],
    ),
    "only counting was asked": (
        diagnosis(headline=None, columns={"G-Cnt": est(0.91)}, signs={}),
        ["Too few kinds of question for a gap; passes 91 % of the 1,000 G-Cnt questions"],
        ["loss"],
    ),
    "nothing at all": (
        diagnosis(headline=None, columns={}, signs={}, thresholds={}, decomposition={},
                  attribution={}),
        ["Nothing was scored."],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_sentence(name: str) -> None:
    data, said, unsaid = CASES[name]
    sentence = verdict(data).replace("\N{NO-BREAK SPACE}", " ")
    for words in said:
        assert words in sentence
    for words in unsaid:
        assert words not in sentence
    assert sentence.endswith(".")
    assert ".." not in sentence


def test_sentence_is_made_of_the_spoken_claims() -> None:
    found = claims(diagnosis())
    sentence = verdict(diagnosis()).lower()
    for claim in found:
        assert (claim.words.lower() in sentence) == claim.spoken
        assert claim.why.endswith(".")


def numbers(words: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", words))


@pytest.mark.parametrize("name", CASES)
def test_no_number_stands_in_a_claim_that_is_not_its_figures(name: str) -> None:
    """Every share with what it is a share of; "of 10" and the first number of an axis are words."""
    for claim in claims(CASES[name][0]):
        if claim.kind == "curve":
            continue
        known = {"10"} | ({"0", "2"} if claim.kind == "convention" else set())
        for one in claim.figures:
            assert (one.unit != "percent") or one.of
            for end in (one.value, one.low, one.high):
                shown = [] if end is None else [end * 100, abs(end) * 100, end * 10]
                known |= {f"{x:.{digits}f}" for x in shown for digits in (0, 1)}
                known |= {str(int(x + 0.5 + 1e-9)) for x in shown}
            known |= {f"{one.n:,}", f"{one.value:,.0f}", f"{round(one.value * one.n):,}"}
        assert numbers(claim.words) <= known, claim.words


def test_only_the_two_strongest_habits_are_spoken_but_all_are_claimed() -> None:
    keys = ("clicks_where_nothing_is", "whole_grid_default", "clicks_in_exclusion", "anchored")
    rates = (0.3, 0.6, 0.5, 0.2)
    signs = {
        k: v for key, rate in zip(keys, rates, strict=True) for k, v in sign(key, rate).items()
    }
    found = by_key(diagnosis(signs=signs))
    spoken = [key for key, claim in found.items() if key.startswith("sign:") and claim.spoken]
    assert spoken == ["sign:whole_grid_default", "sign:clicks_in_exclusion"]
    # Habits come before reasons, however frequent those are.
    assert not found["sign:action:outside_region"].spoken
    assert {f"sign:{key}" for key in keys} <= set(found)


def test_the_same_fault_of_form_is_spoken_once() -> None:
    data = diagnosis(0.5, {"format": 0.3}, signs={})
    data["attribution"]["action"] = group(600, {"format_only": 240})
    data["attribution"]["counting"] = group(400, {"format_only": 160})
    found = by_key(data)
    assert found["sign:action:format_only"].spoken
    assert not found["sign:counting:format_only"].spoken


def test_bridges_are_named_where_they_are_among_the_questions() -> None:
    data = diagnosis(signs={})
    data["attribution"]["by_template"]["G-Clk"] = group(200, {"missed": 20})
    assert "33 % of the 600 action questions (G-Clk among them)" in verdict(data).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_lost_answers_are_shares_of_what_they_are_of() -> None:
    data = diagnosis(0.9, {"format": 0.7}, signs={}, unreadable=400)
    shown = [one.shown.replace("\N{NO-BREAK SPACE}", " ") for one in by_key(data)["mute"].figures]
    assert shown == ["66.7 % of 600 action questions"] * 2


def test_a_step_never_seen_does_not_hide_the_largest() -> None:
    data = diagnosis(0.9, {"region": 0.3, "format": 0.0})
    data["decomposition"]["gap"]["steps"][1]["loss"] = {
        "value": 0.0, "low": None, "high": None, "n": 1000,
    }  # fmt: skip
    assert by_key(data)["largest"].figures[0].label == "region named"


def test_a_step_never_seen_in_three_items_could_still_be_larger() -> None:
    data = diagnosis(0.9, {"region": 0.3, "format": 0.0})
    data["decomposition"]["gap"]["steps"][1]["loss"] = {
        "value": 0.0, "low": None, "high": None, "n": 3,
    }  # fmt: skip
    assert "largest" not in by_key(data)


def test_two_failures_in_one_answer_are_both_told() -> None:
    """Forgiven last, the outer one loses as much: no order makes one of them the cause."""
    data = diagnosis(0.9, {"coordinates": 0.4, "region": 0.0}, signs={})
    for step in data["decomposition"]["gap"]["steps"]:
        step["alternative"] = {"first": 0.0, "last": 0.4}
    found = by_key(data)
    assert "largest" not in found
    assert found["spread"].parts == ("coordinates", "region")


def test_one_step_that_is_not_clearly_the_largest_is_not_called_several() -> None:
    data = diagnosis(0.9, {"region": 0.3, "format": 0.0})
    data["decomposition"]["gap"]["steps"][1]["loss"] = est(0.1, 0.5)
    spread = by_key(data)["spread"]
    assert spread.parts == ("region",)
    assert "Each" not in spread.why


def test_a_step_without_an_interval_is_not_told() -> None:
    """Not even where it would lose more if it were forgiven last."""
    data = diagnosis()
    steps = data["decomposition"]["gap"]["steps"]
    for step in steps:
        step["loss"] = est(0.0, 0.01)
    steps[0]["loss"] = {"value": 0.1, "low": None, "high": None, "n": 1000}
    steps[0]["alternative"] = {"first": 0.0, "last": 0.5}
    assert "no_step" in by_key(data)


def test_unusable_answers_are_weighed_against_the_largest_step() -> None:
    """Most action answers cannot be read; all others are for the whole grid."""
    data = diagnosis(0.9, {"format": 0.2, "region": 0.6}, signs={}, unreadable=480)
    assert "largest" not in by_key(data)
    assert set(by_key(data)["spread"].parts) == {"format", "region"}


def test_losses_are_told_as_what_happens_to_the_level() -> None:
    (first, *_) = by_key(diagnosis())["largest"].figures
    assert first.shown.replace("\N{NO-BREAK SPACE}", " ") == "−31.0 points [−33.0, −29.0]"


def test_the_whole_loss_is_named_by_the_difference_that_its_sign_is_of() -> None:
    found = by_key(diagnosis(0.9, {"region": 0.4}))
    (gap, *_), (_, whole, *_) = found["gap"].figures, found["largest"].figures
    assert (gap.label, gap.shown[:5]) == ("gap, counting minus action", "+40.0")
    assert (whole.label, whole.shown[:5]) == ("all steps, action minus counting", "−40.0")


def test_an_unknown_step_is_named_by_its_label() -> None:
    data = diagnosis(0.9, {"region": 0.5})
    data["decomposition"]["gap"]["steps"][0] |= {"key": "new", "label": "something new"}
    assert "most of the loss appears at “something new”" in verdict(data)


def test_curves_apart_stand_beneath_the_sentence() -> None:
    apart = by_key(diagnosis(thresholds={"similarity": factor("similarity", 0.9, 0.7)}))
    assert (
        "similarity: acts rightly on half of the items up to 0.7" in apart["curve:similarity"].words
    )
    assert not apart["curve:similarity"].spoken
    close = by_key(diagnosis(thresholds={"similarity": factor("similarity", 0.71, 0.7)}))
    assert "curve:similarity" not in close


# ---- whatever the numbers


@st.composite
def estimate(draw: st.DrawFn, least: float = -1.0) -> dict[str, Any]:
    value = draw(st.floats(least, 1.0))
    if draw(st.booleans()) and draw(st.booleans()):
        return {"value": value, "low": None, "high": None, "n": draw(st.integers(0, 2000))}
    low = value - draw(st.floats(0, 0.5))
    return {"value": value, "low": low, "high": value + draw(st.floats(0, 0.5)), "n": 500}


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    share, loss = estimate(0.0), estimate()
    data = diagnosis(n_scenes=draw(st.integers(0, 500)))
    head = {"counting": draw(share), "action": draw(share)}
    gap = head["counting"]["value"] - head["action"]["value"]
    down, up = draw(st.floats(0, 0.5)), draw(st.floats(0, 0.5))
    head["gap"] = {"value": gap, "low": gap - down, "high": gap + up, "n": 500}
    data["headline"] = head
    data["decomposition"]["gap"]["whole"] = draw(loss)
    for step in data["decomposition"]["gap"]["steps"]:
        step["loss"] = draw(loss)
    for key in ("clicks_where_nothing_is", "anchored", "new_one"):
        data["attribution"]["signs"][key] = {"label": key, "meaning": "", "rate": draw(share)}
    data["attribution"]["conventions"] = [
        {"key": "zero_based", "label": "from 0", "weight": draw(share), "decided": True}
    ]
    data["thresholds"]["similarity"]["distance"] = {**draw(loss), "reason": None}
    data["states"] = {"answered": 500, "refused": draw(st.integers(0, 500))}
    return data


@given(anything())
def test_no_claim_whose_interval_holds_what_it_denies(data: dict[str, Any]) -> None:
    found = claims(data)
    assert verdict(data)
    for claim in found:
        if claim.bound is None:
            continue
        first = claim.figures[0]
        assert first.low is not None
        assert first.high is not None
        assert first.high < claim.bound if claim.below else first.low > claim.bound
    steps = {s["label"]: s["loss"] for s in data["decomposition"]["gap"]["steps"]}
    for claim in found:
        if claim.key.startswith("sign:"):
            assert claim.bound == FLOOR
            assert claim.figures[0].share in claim.words
        if claim.key == "largest":
            first = claim.figures[0]
            others = [loss for label, loss in steps.items() if label != first.label]
            assert all((loss["high"] or loss["value"]) < (first.low or 0) for loss in others)
        if claim.key == "gap":
            gap = data["headline"]["gap"]
            assert gap["low"] > 0
            assert any(words in claim.words for words in ("only", "hardly any", "none"))
        else:
            assert "only " not in claim.words or claim.key == "partial"
