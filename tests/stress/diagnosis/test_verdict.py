"""Planted faults are told, and nothing of who has none or does not look."""

import msgspec
import pytest

from handeye.stress.diagnosis.diagnose import diagnose_rows
from handeye.stress.diagnosis.reasons import REASONS, find_reasons
from handeye.stress.diagnosis.verdict import claims
from handeye.stress.items import WORDED
from handeye.stress.scoring.looks import Answered, looks
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.score import score_rows
from handeye.stress.scoring.summary import summarize
from tests.support.stress import (
    Planted,
    at_random,
    constant,
    contrarian,
    follower,
    groups,
    oracle,
    predictions,
    reader,
)

ITEMS = groups(96, cues=("authority", "frequency", "label"))
FAULTS = {"follows", "label", "contradicts", "outweighs", "missed", "denies", "outside", "families"}


def diagnosed(answer, items=ITEMS):
    pairs = list(zip(items, predictions(items, answer), strict=True))
    rows = score_rows(pairs)
    told = looks(
        [
            Answered(item, row, found.raw_text)
            for (item, found), row in zip(pairs, rows, strict=True)
        ],
        bootstrap=0,
    )
    return diagnose_rows(summarize(rows, bootstrap=200), rows, looks=told, resamples=200)


def kinds(diagnosis):
    return {claim.kind for claim in claims(diagnosis.data) if claim.spoken}


def test_of_an_oracle_nothing_is_told():
    found = diagnosed(oracle)
    assert kinds(found) == {"level"}
    assert found.findings.looks[""].ahead.high == 1  # of a difference of shares
    assert found.reasons["passed"].all()


@pytest.mark.parametrize("answer", [reader, at_random, constant])
def test_of_who_does_not_look_nothing_else_is_told(answer):
    found = kinds(diagnosed(answer))
    assert found & {"blind", "constant"}
    assert not found & FAULTS


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (follower, "follows"),
        (follower, "label"),
        (follower, "outweighs"),
        (contrarian, "contradicts"),
        (Planted(9, 0, no_such=0.3), "missed"),
        (Planted(9, 0, kinds=(("authority", 14.0),)), "follows"),
        (Planted(9, 0, kinds=(("label", 14.0),)), "label"),
    ],
)
def test_planted_faults_are_told(answer, fault):
    assert fault in kinds(diagnosed(answer))


def test_the_kind_that_is_followed_is_named():
    found = diagnosed(Planted(9, 0, kinds=(("authority", 14.0),)))
    (claim,) = [one for one in claims(found.data) if one.kind == "follows"]
    assert claim.parts == ("authority",)
    assert "authority" in found.sentence
    assert "label" not in kinds(found)


def test_no_cue_is_named_that_was_not_shown():
    worded = groups(96, cues=("authority", "frequency"))
    found = kinds(
        diagnosed(Planted(9, 0, kinds=(("authority", 14.0), ("frequency", 14.0))), worded)
    )
    assert "follows" in found
    assert "label" not in found


def test_who_sees_and_follows_every_cue_is_not_blind():
    def answer(item, draw):
        return item.cue_value or item.gold

    many = groups(42, cues=WORDED, per_group=len(WORDED))
    found = kinds(diagnosed(answer, many))
    assert "blind" not in found
    assert "follows" in found


def test_an_unseen_family_is_named():
    def answer(item, draw):
        return draw.choice(item.values) if item.family == "grid" else item.gold

    found = diagnosed(answer, groups(240, families=("grid", "attribute"), cues=("hint",)))
    (claim,) = [one for one in claims(found.data) if one.kind == "families"]
    assert claim.parts == ("grid",)


def test_every_failed_item_has_one_reason():
    found = diagnosed(Planted(4, 2, 1.0, 0.03, no_such=0.5))
    frame = found.reasons
    assert (frame["reason"].is_null() == frame["passed"]).all()
    assert set(frame["reason"].drop_nulls()) <= {one.key for one in REASONS}
    group = found.findings.reasons["all"]
    assert sum(one.count for one in group.reasons) == group.n_failed
    for one in group.reasons:
        assert one.rate.low <= one.rate.value <= one.rate.high


def test_reasons_are_by_what_the_same_question_without_a_cue_got():
    items = groups(12, cues=("authority", "label"))
    texts = {i.item_id: i.gold for i in items}
    group = items[0].scene_id
    own = [i for i in items if i.scene_id == group]
    false = next(i for i in own if i.cue == "authority" and i.cue_value != i.truth)
    true = next(i for i in own if i.cue == "authority" and i.cue_value == i.truth)
    label = next(i for i in own if i.cue == "label" and i.cue_value != i.truth)
    texts[false.item_id] = false.cue_value
    texts[true.item_id] = next(v for v in true.values if v != true.truth)
    texts[label.item_id] = label.cue_value
    gone = next(i for i in items if i.gold not in i.values)
    texts[gone.item_id] = gone.truth

    def reasons():
        rows = score_rows((i, Prediction(i.item_id, texts[i.item_id])) for i in items)
        return {one.row.item_id: one.reason for one in find_reasons(rows) if not one.passed}

    assert reasons() == {
        false.item_id: "followed",
        true.item_id: "contradicted",
        label.item_id: "followed_label",
        gone.item_id: "no_such_missed",
    }
    plain = next(i for i in own if not i.cue and i.truth == false.truth)
    texts[plain.item_id] = next(v for v in plain.values if v != plain.truth)
    found = reasons()
    assert found[plain.item_id] == "unseen"
    assert found[false.item_id] == "unseen"


def test_a_partial_run_says_so():
    rows = score_rows(zip(ITEMS, predictions(ITEMS, oracle), strict=True))
    summary = summarize(rows, n_expected=len(rows) + 10, bootstrap=50, weights=False)
    found = diagnose_rows(summary, rows, resamples=50)
    assert found.sentence.startswith(f"On {len(rows):,} of {len(rows) + 10:,} items only")
    assert msgspec.json.decode(found.to_json())["partial"]


@pytest.mark.parametrize("seed", range(3))
def test_of_who_may_be_blind_it_is_never_said_that_it_sees(seed):
    # So few groups do not show that who goes by the cue alone is blind.
    found = diagnosed(Planted(0, 2), groups(24, seed, cues=("authority", "frequency")))
    known = kinds(found)
    assert known <= {"level", "untold"}
    assert "sees" not in found.sentence
    assert "not surely more than the quarter that a lot" in found.sentence
    if "untold" in known:
        assert "whether it looks cannot be told from 24 groups" in found.sentence


def test_of_many_pairs_both_right_the_lot_is_named_too():
    assert (
        "of which a lot between two values gets a quarter and a reader of the words alone none"
        in (diagnosed(oracle).sentence)
    )
