"""What is said of respondents of known fault: every planted one is named, and none that is not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import pytest

from handeye.premise.diagnosis.diagnose import Diagnosis, Findings, diagnose_rows
from handeye.premise.diagnosis.verdict import FLOOR, claims, verdict
from handeye.premise.items import Item
from handeye.premise.respondents.simulated import simulate_predictions
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.looks import Answered, looks
from handeye.scores.claims import Claim
from tests.support import premise as made

ITEMS = made.families(60)
RESAMPLES = 400
FACTS = {"level", "two", "mute", "partial", "nothing", "one_side", "small"}


def diagnosed(rows: Sequence[Mapping[str, Any]], items: Sequence[Item] = ITEMS) -> Diagnosis:
    found = score(rows, items, bootstrap=RESAMPLES)
    known = zip(items, found.rows, rows, strict=True)
    answered = [Answered(item, row, str(one["raw_text"] or "")) for item, row, one in known]
    told = looks(answered, bootstrap=0)
    return diagnose_rows(found.summary, found.rows, looks=told, resamples=RESAMPLES)


def faults(found: Diagnosis) -> set[str]:
    """The faults that are spoken of, with the sense or end that they are about."""
    return {named(one) for one in claims(found.data) if one.kind not in FACTS and one.spoken}


def named(claim: Claim) -> str:
    parts = () if claim.kind == "kinds" else claim.parts[:1]
    return ":".join(filter(None, [claim.kind, *parts]))


def wordy(item: Item, draw: Any) -> str:
    return f"I would say {made.letter_of(item, item.gold)}, all in all."


def wrongly(item: Item, draw: Any) -> int:
    return (made.asked(item) + 1) % 4 if item.gold < 4 else item.gold


def never_of_sound(item: Item, draw: Any) -> int:
    return made.asked(item) if item.modality == "audio" else item.gold


def deaf_to_order(item: Item, draw: Any) -> int:
    if (item.modality, item.kind) == ("audio", "order"):
        return made.asked(item) if made.by_words(item, "order").random() < 0.5 else 5
    return item.gold


def naming_sight(answer: made.Answer) -> made.Answer:
    """Whatever it rejects, it names the visual detail."""

    def named(item: Item, draw: Any) -> int | str:
        role = answer(item, draw)
        return 4 if role == 5 else role

    return named


def wrong_way_of_sound(item: Item, draw: Any) -> int:
    if item.modality != "audio":
        return item.gold
    return made.asked(item) if item.gold >= 4 else 5


def deaf_beside_another_detail(item: Item, draw: Any) -> int:
    deaf = item.modality == "both" and item.gold == 5
    return made.asked(item) if deaf else item.gold


def premise_by_the_words(item: Item, draw: Any) -> int:
    """Judges by the words alone, and gets what is asked from the clip."""
    if item.modality == "both":
        return item.gold
    false = made.by_words(item, "premise").random() < 0.5
    return made.rejecting(item, draw) if false else made.asked(item)


PLANTED: dict[str, tuple[made.Sim, set[str]]] = {
    "right": (made.Sim(made.right), set()),
    "a little unsteady": (made.Sim(made.noisy(made.right, 0.06)), set()),
    "accepts everything": (made.Sim(made.accepting), {"accepts_all"}),
    "rejects everything": (made.Sim(made.rejecting), {"rejects_all"}),
    "accepts everything about sound": (
        made.Sim(never_of_sound),
        {"accepts_all:audio", "senses:vision"},
    ),
    "late letters": (made.Sim(made.late(0.3)), {"ends:late"}),
    "deaf": (made.Sim(made.without("a")), {"lacks:audio"}),
    "blind": (made.Sim(made.without("v")), {"lacks:vision"}),
    "swaps the rejections": (made.Sim(made.swapping), {"swaps"}),
    "names the wrong sense": (
        made.Sim(made.sometimes(0.25, made.swapping)),
        {"wrong_sense"},
    ),
    "reads the text only": (made.Sim(made.by_text), {"text_only"}),
    "one letter": (made.Sim(made.with_letter(1)), {"constant"}),
    "random": (made.Sim(made.at_random), {"random"}),
    "silent": (made.Sim(made.sometimes(0.3, lambda item, draw: "REFUSED")), set()),
    "another form": (made.Sim(made.sometimes(0.3, wordy)), {"form:format_only"}),
    "knows more than it says": (
        made.Sim(made.accepting, told=2.5, bias=-4.0),
        {"accepts_all", "gap"},
    ),
    "led by the other sense": (made.Sim(made.disturbed(0.6)), {"interference"}),
    "rejects too much": (made.Sim(made.sometimes(0.3, made.rejecting)), set()),
    "wrong contents": (made.Sim(made.sometimes(0.4, wrongly)), {"content"}),
    "names sight in whatever it rejects": (
        made.Sim(naming_sight(made.right)),
        {"one_sense:vision"},
    ),
    "rejects everything for the picture": (
        made.Sim(naming_sight(made.rejecting)),
        {"rejects_all", "one_sense:vision"},
    ),
    "rejects everything for either by lot": (
        made.Sim(lambda item, draw: draw.choice((4, 5))),
        {"rejects_all"},
    ),
    "sound the wrong way round": (made.Sim(wrong_way_of_sound), {"inverted:audio"}),
    "deaf beside another detail": (
        made.Sim(deaf_beside_another_detail),
        {"less_in_two:audio"},
    ),
    "judges premises by the words": (made.Sim(premise_by_the_words), {"chance"}),
    "deaf to one kind": (made.Sim(deaf_to_order), {"kinds", "senses:vision"}),
}


@cache
def of(name: str) -> Diagnosis:
    return diagnosed(PLANTED[name][0].rows(ITEMS))


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_said_and_nothing_else(name: str) -> None:
    assert faults(of(name)) == PLANTED[name][1], verdict(of(name).data)


@pytest.mark.parametrize("families", [2, 5])
def test_who_looks_in_a_few_families_is_not_called_blind(families: int) -> None:
    seen = {item.scene_id: None for item in ITEMS}
    few = set(list(seen)[:families])
    blind = made.without("v")
    sim = made.Sim(lambda item, draw: (made.right if item.scene_id in few else blind)(item, draw))
    assert faults(diagnosed(sim.rows(ITEMS))) == {"senses:audio"}


@pytest.mark.parametrize("name", PLANTED)
def test_a_claim_rests_on_figures_that_clear_its_bound(name: str) -> None:
    for claim in claims(of(name).data):
        assert claim.words
        assert claim.why
        if claim.bound is None:
            continue
        first = claim.figures[0]
        assert first.low is not None
        assert first.high is not None
        assert first.high < claim.bound if claim.below else first.low > claim.bound
        assert all(one.n > 0 for one in claim.figures)


def test_the_sentence_is_made_of_the_claims_and_of_nothing_else() -> None:
    for name in ("late letters", "knows more than it says", "silent"):
        told = claims(of(name).data)
        words = "; ".join(one.words for one in told if one.spoken)
        assert of(name).sentence == words[:1].upper() + words[1:] + "."
    silent = of("silent")
    refused = silent.findings.states["refused"]
    assert f"{refused} of 1,140 items have no answer that can be read (refused)" in (
        silent.sentence
    )


def test_the_levels_are_of_all_items() -> None:
    assert of("right").sentence == (
        "It accepts all 480 true premises about one detail and rejects all 480 false ones."
    )
    assert (
        "accepts all 480 true premises about one detail and rejects 0"
        in of("accepts everything").sentence
    )


def test_few_families_tell_ranges() -> None:
    items = made.families(8)
    found = diagnosed(made.Sim(made.right).rows(items), items)
    assert "8 families, too few to say much" in found.sentence
    assert faults(found) == set()


@pytest.mark.parametrize(("families", "seeds"), [(12, range(2, 7)), (24, range(6))])
def test_errors_by_lot_are_no_interference(families: int, seeds: range) -> None:
    """Half of the false premises accepted by lot: a third of the pairs can differ."""
    items = made.families(families)
    for seed in seeds:
        sim = made.Sim(made.sometimes(0.5, made.accepting), seed=seed)
        assert "interference" not in faults(diagnosed(sim.rows(items), items)), seed


@pytest.mark.parametrize(("families", "seeds"), [(12, range(6)), (24, range(3))])
def test_who_answers_by_lot_confuses_no_senses(families: int, seeds: range) -> None:
    """Half of the rejections name the other sense, and contents are wrong in three of four."""
    items = made.families(families)
    for seed in seeds:
        found = diagnosed(made.Sim(made.at_random, seed=seed).rows(items), items)
        assert faults(found) <= {"random", "chance"}, (seed, found.sentence)


@pytest.mark.parametrize("families", [12, 24])
def test_who_swaps_the_senses_is_told_so_of_few_families(families: int) -> None:
    items = made.families(families)
    assert faults(diagnosed(made.Sim(made.swapping).rows(items), items)) == {"swaps"}
    some = made.Sim(made.sometimes(0.4, made.swapping))
    assert faults(diagnosed(some.rows(items), items)) == {"wrong_sense"}
    rejecting = made.Sim(lambda item, draw: 9 - int(made.rejecting(item, draw)))
    assert faults(diagnosed(rejecting.rows(items), items)) - {"chance"} == {"swaps"}
    sight = made.Sim(naming_sight(made.right))
    assert faults(diagnosed(sight.rows(items), items)) == {"one_sense:vision"}


def test_levels_by_lot_stand_beside_what_is_wrong() -> None:
    assert "name the other one, chance 50" in of("names the wrong sense").sentence
    assert of("wrong contents").sentence.endswith("that it accepts, chance 75.")


def test_both_senses_the_wrong_way_round_are_two_clauses() -> None:
    def wrong_way(item: Item, draw: Any) -> int:
        return made.asked(item) if item.gold >= 4 else int(made.rejecting(item, draw))

    words = diagnosed(made.Sim(wrong_way).rows(ITEMS)).sentence
    for about in ("seen", "heard"):
        assert words.count(f"it takes premises about what is {about} the wrong way round") == 1


def test_of_answers_that_cannot_be_read_nothing_else_is_said() -> None:
    found = diagnosed(made.Sim(lambda item, draw: "Hard to say.").rows(ITEMS))
    assert found.sentence == ("All 1,140 items have no answer that can be read (unreadable).")


def test_a_clip_exchanged_has_false_premises_alone() -> None:
    rows = made.Sim(made.rejecting).rows(ITEMS, ablation="swap")
    assert "rejects all 960 false premises" in diagnosed(rows).sentence


def test_interference_is_told_as_a_fact_beside_what_errors_would_do() -> None:
    (claim,) = [
        one for one in claims(of("led by the other sense").data) if one.key == "interference"
    ]
    flips, usual = claim.figures[1:]
    assert flips.value > (usual.high or 1)
    assert "it decides differently in" in claim.words
    assert "differ in the other sense alone, more than errors by lot would (" in claim.words


@pytest.mark.parametrize(
    "answer", [made.at_random, made.accepting, made.rejecting, made.right], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("variant", ["six", "true-false"])
def test_of_two_details_alone_no_fault_is_made_up(answer: made.Answer, variant: str) -> None:
    items = [item for item in ITEMS if item.modality == "both"]

    def said(item: Item, draw: Any) -> int | str:
        role = answer(item, draw)
        return role if variant == "six" else ("FALSE" if int(role) >= 4 else "TRUE")

    found = diagnosed(made.Sim(said).rows(items, variant=variant), items)
    assert faults(found) <= {"constant", "blind"}
    by_words = "chance 33" if variant == "six" else "chance 67"
    assert re.search(
        rf"(% of the|all) 180 questions that name two details, {by_words}\b(?!.%)", found.sentence
    )


def test_true_and_false() -> None:
    rows = made.Sim(lambda item, draw: "FALSE" if item.gold >= 4 else "TRUE").rows(
        ITEMS, variant="true-false"
    )
    assert faults(diagnosed(rows)) == set()
    always = made.Sim(lambda item, draw: "TRUE").rows(ITEMS, variant="true-false")
    assert faults(diagnosed(always)) == {"constant"}


def test_findings_read_back_as_they_were_written() -> None:
    found = of("late letters").findings
    again = msgspec.json.decode(found.to_json(), type=Findings)
    assert again.data == found.data
    assert verdict(again.data) == of("late letters").sentence


# ---- the simulated respondent that ships, with its own faults

SIMULATED: dict[str, tuple[str, set[str]]] = {
    "none": ("", set()),
    "accept": ("accept=1", {"accepts_all"}),
    "reject": ("reject=1", {"rejects_all"}),
    "deaf": ("deaf=1", {"lacks:audio"}),
    "blind": ("blind=1", {"lacks:vision"}),
    "swap": ("swap_rejections=1", {"swaps"}),
    "text": ("text_only=1", {"text_only"}),
    "late": ("late_letter=0.4", {"ends:late"}),
    "constant": ("constant=1", {"constant"}),
    "random": ("random=1", {"random"}),
    "content": ("wrong_content=0.4", {"content"}),
    "refuse": ("refuse=0.3", set()),
}


@pytest.mark.parametrize("name", SIMULATED)
def test_faults_of_the_simulated_respondent_are_recovered(name: str) -> None:
    planted, wanted = SIMULATED[name]
    rates = {k: float(v) for k, _, v in (p.partition("=") for p in planted.split(",") if p)}
    rows = list(simulate_predictions(ITEMS, rates, 5))
    found = diagnosed(rows)
    assert faults(found) == wanted, found.sentence
    assert FLOOR == 0.05
