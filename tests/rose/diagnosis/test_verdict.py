from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.rose.diagnosis.verdict import FLOOR, Claim, claims, verdict
from tests.support.rose.diagnosis_data import LOSSES, diagnosis, est, factor, sign

NOTHING_LOST = dict.fromkeys(LOSSES, 0.0)


def by_key(data: dict[str, Any]) -> dict[str, Claim]:
    return {claim.key: claim for claim in claims(data)}


CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    # name: (diagnosis, what the sentence says, what it must not say)
    "the issue's example": (
        diagnosis(),
        [
            "Counts 9 of 10 scenes right but acts on only 4; ",
            "most of the loss appears when a region is named; ",
            "it clicks where there is nothing to click in 61 % of empty regions.",
        ],
        ["partial", "chance"],
    ),
    "perfect": (
        diagnosis(1.0, NOTHING_LOST, signs={}),
        ["Counts and acts right on every scene: nothing is lost between the two."],
        ["chance", "loss appears"],
    ),
    "hopeless": (
        diagnosis(0.0, NOTHING_LOST, signs={}),
        ["Counts and acts right on no scene, too little counted right for a gap to show."],
        ["loss"],
    ),
    "no gap": (
        diagnosis(0.72, {"region": 0.01}, signs={}),
        ["Counts and acts right on 7 of 10 scenes; no gap", "(+1.0 points, −1.0 to +3.0)."],
        ["only", "loss appears"],
    ),
    "acts better than it counts": (
        diagnosis(0.6, {"finding": -0.2}, signs={}),
        ["Counts 6 of 10 scenes right and acts on 8, more than it counts."],
        ["loss", "only"],
    ),
    "no gap across a tenth": (
        diagnosis(0.951, {"region": 0.008}, signs={}),
        ["Counts 95 % of scenes right and acts on 94 %; no gap between the two can be told"],
        ["nearly"],
    ),
    "gap within one tenth": (
        diagnosis(0.74, {"region": 0.07}, signs={}),
        ["Counts 74 % of scenes right but acts on only 67 %"],
        ["of 10"],
    ),
    "all against some": (
        diagnosis(1.0, {"region": 0.6}, signs={}),
        ["Counts every scene right but acts on only 4 of 10;"],
        [],
    ),
    "partial": (
        diagnosis(partial=True, n_items=400, n_expected=1000),
        ["On 400 of 1,000 items only; counts 9 of 10"],
        [],
    ),
    "some refusals": (
        diagnosis(states={"answered": 905, "refused": 80, "error": 15}),
        ["; 95 of 1,000 items have no usable answer (80 refused, 15 error)."],
        [],
    ),
    "mostly refusals": (
        diagnosis(0.2, {"region": 0.05}, signs={}, states={"answered": 300, "refused": 700}),
        ["700 of 1,000 items have no usable answer (700 refused); counts 20 %"],
        [],
    ),
    "a handful of failures is not worth a word": (
        diagnosis(states={"answered": 995, "error": 5}),
        ["Counts 9 of 10"],
        ["usable"],
    ),
    "too few scenes": (
        diagnosis(0.8, {"region": 0.4}, half=0.1, n_scenes=12),
        ["12 scenes, too few to say where it fails: counts 70 to 90 % of scenes right"],
        ["loss", "clicks where", "only"],
    ),
    "too wide": (
        diagnosis(0.8, {"region": 0.4}, half=0.2),
        ["200 scenes, too few to say where it fails"],
        ["loss", "clicks where"],
    ),
    "no interval": (
        diagnosis(headline={k: {"value": 0.5, "low": None, "high": None, "n": 9}
                            for k in ("counting", "action", "gap")}),
        ["Counts and acts right on 5 of 10 scenes; no interval, so no more can be told."],
        ["loss", "too few", "clicks where"],
    ),
    "two steps alike": (
        diagnosis(0.9, {"region": 0.2, "abstention": 0.19}),
        ["points are lost when a region is named and in knowing when there is nothing to click;"],
        ["most of", "largest"],
    ),
    "largest but not most": (
        diagnosis(0.9, {"region": 0.2, "abstention": 0.15, "format": 0.1}, half=0.01),
        ["the largest part of the loss appears when a region is named"],
        ["most of"],
    ),
    "mostly by format": (
        diagnosis(0.5, {"format": 0.2, "region": 0.02}, signs={}),
        ["most of the loss appears in the form of the answer"],
        [],
    ),
    "mostly unreadable": (
        diagnosis(0.5, {"format": 0.3}, signs={}, unreadable=240),
        ["it gives an answer that cannot be read to 40 % of the action items"],
        [],
    ),
    "swapped coordinates": (
        diagnosis(signs={}, conventions=[{"key": "swapped", "label": "row and column swapped",
                                          "weight": est(0.35), "decided": True}]),
        ["it swaps row and column in 35 % of its click answers"],
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
    "only counting was asked": (
        diagnosis(headline=None, columns={"G-Cnt": est(0.91)}, signs={}),
        ["Too few kinds of question for a gap; passes G-Cnt 91 %."],
        ["loss"],
    ),
    "nothing at all": (
        diagnosis(headline=None, columns={}, signs={}, thresholds={}, decomposition={}),
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


def test_only_the_two_strongest_habits_are_spoken_but_all_are_claimed() -> None:
    keys = ("clicks_where_nothing_is", "whole_grid_default", "clicks_in_exclusion", "anchored")
    rates = (0.3, 0.6, 0.5, 0.2)
    signs = {
        k: v for key, rate in zip(keys, rates, strict=True) for k, v in sign(key, rate).items()
    }
    found = by_key(diagnosis(signs=signs))
    spoken = [key for key, claim in found.items() if key.startswith("sign:") and claim.spoken]
    assert spoken == ["sign:whole_grid_default", "sign:clicks_in_exclusion"]
    assert {f"sign:{key}" for key in keys} <= set(found)


def test_the_same_fault_of_form_is_spoken_once() -> None:
    data = diagnosis(0.5, {"format": 0.3}, signs={}, unreadable=240)
    data["attribution"]["counting"] = data["attribution"]["action"]
    found = by_key(data)
    assert found["sign:action:unreadable"].spoken
    assert not found["sign:counting:unreadable"].spoken


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
