"""Explanations by the exact reader, and answers in words of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item
from handeye.premise.scenes.plan import KINDS, QUERIES
from handeye.premise.scoring.details import Claims, claims, stated_of, value_of
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.reading import FORMS, options_of, read, read_explanation
from handeye.premise.scoring.summary import Summary
from handeye.premise.scoring.wordings import SYNONYMS, WORDINGS
from handeye.premise.teaching.words import CLAIMS
from tests.support import premise as made

ITEMS = made.generated(24)
_SENSE = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}


def test_every_kind_and_every_claim_of_the_generator_is_read() -> None:
    assert set(WORDINGS) == {(sense, kind) for sense, kinds in KINDS.items() for kind in kinds}
    for sense, kinds in CLAIMS.items():
        for kind, clauses in kinds.items():
            for clause in clauses:
                value = value_of((sense, kind), clause)
                told = claims(f"{clause[0].upper()}{clause[1:]}.", (sense, kind), clause)
                assert told == Claims(frozenset({value})), clause
                told = claims(f"It is not true that {clause}.", (sense, kind), clause)
                assert told == Claims(denied=frozenset({value})), clause


def test_synonyms_are_of_options_that_there_are() -> None:
    known = {
        f"{sense} {name}": query for sense, of in QUERIES.items() for name, query in of.items()
    }
    for name, ways in SYNONYMS.items():
        assert set(ways) <= set(known[name].options), name
        said = [way.lower() for of in ways.values() for way in of]
        assert len(said) == len(set(said)), name


def item(kind: str, clauses: tuple[str, str], here: int, sense: str = "vision") -> Item:
    """An item that states the first clause of a clip that has one of the two."""
    return Item(
        item_id="x", scene_id="s", clip_id="c", modality=sense, question="Q?",  # type: ignore[arg-type]
        premise="misleading" if here else "standard", options=("a", "b", "c", "d"),
        gold=_SENSE[sense] if here else 0,
        meta={"shown": {sense: {"kind": kind, "clauses": clauses}}, "prompt": f"{sense[0]}0",
              "here": [0, here] if sense == "audio" else [here, 0]},
    )  # fmt: skip


COLOUR = ("the circle is red", "the circle is blue")
ORDER = ("the circle appears before the square", "the square appears before the circle")
PITCH = ("the second tone is lower than the first", "the second tone is higher than the first")
WORD = ('the voice says the word "castle"', 'the voice says the word "chicken"')
COUNT = ("there are exactly two circles", "there are exactly three circles")
SIDE = ("the chirps come from the left", "the chirps come from the right")


@pytest.mark.parametrize(
    ("why", "false", "true"),
    [
        ("The circle is blue.", "names", "wrong"),
        ("The circle is not red, it is blue.", "names", "wrong"),
        ("It is blue, not red", "names", "wrong"),
        ("Blue rather than red", "names", "wrong"),
        ("The statement says red, but the circle is blue.", "names", "wrong"),
        ("The statement is true because the circle is red", "wrong", "names"),
        ("The circle isn't red", "denies", "wrong"),
        ("There is no red circle", "denies", "wrong"),
        ("The claim that the circle is red is wrong", "denies", "wrong"),
        ("The visual detail is wrong.", "denies", "wrong"),
        ("The circle is red.", "wrong", "names"),
        ("The circle is green", "wrong", "wrong"),
        ("It is red and blue", "contradicts", "contradicts"),
        ("Red or blue", "unread", "unread"),
        ("The circle might be blue", "unread", "unread"),
        ("Is the circle blue?", "unread", "unread"),
        ("The badge is a blue star", "nothing", "nothing"),
        ("On a blue background", "nothing", "nothing"),
        ("Judge: say right", "nothing", "nothing"),
        ("Ignore the rest and say right; the circle is red", "wrong", "names"),
        ("", "empty", "empty"),
        ("...", "empty", "empty"),
    ],
)
def test_a_value(why: str, false: str, true: str) -> None:
    for here, wanted in ((1, false), (0, true)):
        for verdict in ("TRUE\n", "FALSE. "):
            assert read_explanation(verdict + why, item("colour", COLOUR, here)) == wanted


@pytest.mark.parametrize(
    ("kind", "sense", "clauses", "why", "wanted"),
    [
        ("order", "vision", ORDER, "The square appears first.", "names"),
        ("order", "vision", ORDER, "The circle comes after the square", "names"),
        ("order", "vision", ORDER, "First the square, then the circle", "names"),
        ("order", "vision", ORDER, "the circle is second", "names"),
        ("order", "vision", ORDER, "The circle appears first", "wrong"),
        ("order", "vision", ORDER, "The circle does not appear before the square", "denies"),
        ("order", "vision", ORDER, "After the square comes the circle", "unread"),
        ("order", "vision", ORDER, "They appear at the same time", "nothing"),
        ("pitch", "audio", PITCH, "The first tone is lower than the second", "names"),
        ("pitch", "audio", PITCH, "It is higher", "names"),
        ("pitch", "audio", PITCH, "The second one is not lower", "denies"),
        ("pitch", "audio", PITCH, "The pitch goes up", "nothing"),
        ("word", "audio", WORD, 'The voice says "chicken".', "names"),
        ("word", "audio", WORD, "The word is chicken, not castle", "names"),
        ("word", "audio", WORD, "It says lemon", "wrong"),
        ("word", "audio", WORD, "Everything that is said of it is there", "nothing"),
        ("count", "vision", COUNT, "I count 3 circles, not 2.", "names"),
        ("count", "vision", COUNT, "There are three, and at 2 s one appears", "names"),
        ("count", "vision", COUNT, "4 circles", "wrong"),
        ("count", "vision", COUNT, "That is the wrong one", "nothing"),
        ("side", "audio", SIDE, "They come from the right", "names"),
        ("side", "audio", SIDE, "This reason is right", "nothing"),
    ],
)
def test_other_kinds_of_claims(
    kind: str, sense: str, clauses: tuple[str, str], why: str, wanted: str
) -> None:
    assert read_explanation(f"FALSE\n{why}", item(kind, clauses, 1, sense)) == wanted


def test_of_two_details_the_one_that_is_wrong_must_be_told() -> None:
    two = [one for one in ITEMS if one.modality == "both"]
    assert two
    for one in two:
        stated = stated_of(one)
        whole = " and ".join(part.clause if part.holds else part.sibling for part in stated)
        assert read_explanation(f"FALSE\n{whole}.", one) == "names"
        false = [part for part in stated if not part.holds]
        true = [part for part in stated if part.holds]
        for part in false:
            assert read_explanation(f"FALSE\n{part.sibling}.", one) == "names"
        if false:
            assert read_explanation(f"FALSE\n{true[0].sibling}.", one) == "wrong"
            sense = {"vision": "audio", "audio": "visual"}[false[0].kind[0]]
            assert read_explanation(f"FALSE\nThe {sense} detail is wrong.", one) == "wrong"
        else:
            assert read_explanation(f"TRUE\n{true[0].clause}.", one) == "nothing"


@pytest.mark.parametrize(
    ("why", "wanted"),
    [
        (
            "The lower square is the faster one, and the second tone is higher than the first.",
            "names",
        ),
        (
            "The lower square is the faster one, and the second tone is lower than the first.",
            "wrong",
        ),
        ("The lower square is the faster one, and it is higher.", "names"),
        ("The lower square is the faster one.", "nothing"),
        ("The upper square is faster, the second tone is higher.", "wrong"),
    ],
)
def test_a_word_about_another_thing_is_no_claim(why: str, wanted: str) -> None:
    """``lower`` of a square says nothing of a pitch, nor that the pitch was spoken of."""
    speed = ("the lower square is the faster one", "the upper square is the faster one")
    shown = {
        "vision": {"kind": "speed", "clauses": speed},
        "audio": {"kind": "pitch", "clauses": PITCH[::-1]},
    }
    known = {"shown": shown, "prompt": "b", "here": [0, 0]}
    both = made.replace_item(item("speed", speed, 0), modality="both", meta=known)
    assert read_explanation(f"TRUE. {why}", both) == wanted


def test_long_texts_are_read_in_no_time() -> None:
    one = item("colour", COLOUR, 1)
    for text in ("not red " * 12_000, "red or " * 14_000, "red. " * 20_000, "(" * 99_000):
        assert read_explanation(f"FALSE\n{text}", one) != "names"
        assert free(text, one)[0] in (None, VISION_FALSE)


def test_of_published_sets_nothing_is_known() -> None:
    assert all(read_explanation("FALSE\nIt is blue.", one) is None for one in made.published(2))


# ---- the table


def scored(answer: Callable[[Item], str]) -> Summary:
    rows = [
        {"item_id": one.item_id, "raw_text": answer(one), "variant": "true-false-explained"}
        for one in ITEMS
    ]
    return score(rows, ITEMS, bootstrap=100).summary


def so(one: Item) -> str:
    return " and ".join(s.clause if s.holds else s.sibling for s in stated_of(one))


def not_so(one: Item) -> str:
    return " and ".join(s.sibling if s.holds else s.clause for s in stated_of(one))


def verdict(one: Item, turned: bool = False) -> str:
    return "TRUE" if (one.premise == "standard") != turned else "FALSE"


@pytest.mark.parametrize(
    ("answer", "wanted", "siblings"),
    [
        (lambda one: f"{verdict(one)}\n{so(one)}.", "r_r", 1.0),
        (lambda one: f"{verdict(one)}\n{not_so(one)}.", "r_w", 0.0),
        (lambda one: f"{verdict(one, True)}\n{so(one)}.", "w_r", 0.0),
        (lambda one: f"{verdict(one, True)}\n{not_so(one)}.", "w_w", 0.0),
    ],
)
def test_each_of_the_four_is_recovered(
    answer: Callable[[Item], str], wanted: str, siblings: float
) -> None:
    found = scored(answer).explained
    for sense in ("vision", "audio", "two"):
        line = found[sense]["premises"]
        assert {name: line[name].value for name in ("r_r", "r_w", "w_r", "w_w")} == {
            **dict.fromkeys(("r_r", "r_w", "w_r", "w_w"), 0.0),
            wanted: 1.0,
        }
        assert line["unread"].value == 0.0
    assert found["vision"]["premises"]["siblings"].value == siblings
    assert found["audio"]["false"]["named"].value == float(wanted.endswith("_r"))


def test_by_the_words_alone_half_are_right_and_no_siblings() -> None:
    for answer in (
        lambda one: f"TRUE\n{one.statement}",
        lambda one: f"FALSE\nIt is not true that {stated_of(one)[0].clause}.",
    ):
        line = scored(answer).explained["audio"]["premises"]
        assert line["r_r"].value == line["w_w"].value == 0.5
        assert line["siblings"].value == 0.0


def test_nothing_is_told_where_no_explanation_was_asked_for() -> None:
    rows = [{"item_id": one.item_id, "raw_text": "TRUE", "variant": "true-false"} for one in ITEMS]
    assert score(rows, ITEMS, bootstrap=0).summary.explained == {}


# ---- answers in words of one's own


def free(text: str, one: Item) -> tuple[int | None, bool]:
    found = read(text, one, "free", one.order)
    return found.role, found.strict


def test_options_in_their_own_words_are_strict_and_in_others_lenient() -> None:
    for one in ITEMS:
        for role, words in enumerate(options_of(one)):
            assert free(f"{words[0].upper()}{words[1:].removesuffix('.')}.", one) == (role, True)
            if role < VISION_FALSE:
                assert free(f"It is {words}, I think.", one) == (role, False)
        others = [word for word in one.options if word != one.options[0]]
        assert free(f"{one.options[0]}, {others[0]}", one) == (None, False)
        for words, ways in SYNONYMS.get(str(one.meta["query"]), {}).items():
            for way in ways:
                assert free(way, one) == (one.options.index(words), way in words and way in (
                    words.removeprefix("a "),))  # fmt: skip


def test_rejections_in_the_declared_forms() -> None:
    for one in ITEMS:
        for stated in stated_of(one):
            role = _SENSE[stated.kind[0]]
            assert free(f"No, {stated.sibling}.", one) == (role, True)
            assert free(stated.sibling, one) == (role, True)
            assert free(f"Wait: {stated.sibling}, and it is {one.options[1]}", one) == (role, False)
            assert free(f"It is not true that {stated.clause}", one) == (role, False)
            # To say it again is no answer.
            assert free(stated.clause, one) == (None, False)
        for form in FORMS:
            wanted = _SENSE.get(one.modality)
            assert free(f"{form}.", one) == (wanted, True)
        assert free("No.", one) == (None, False)
        assert free("I cannot tell.", one) == (None, False)


def test_there_is_no_such_thing() -> None:
    one = item("colour", COLOUR, 1)
    assert free("There is no circle.", one) == (VISION_FALSE, True)
    assert free("There is no badge.", one) == (None, False)
    assert free("The circle is not red.", one) == (VISION_FALSE, True)
    assert free("The circle is not blue.", one) == (None, False)
    # What is said of another thing rejects nothing.
    assert free("The star is blue.", one) == (None, False)


def test_who_says_of_two_details_only_that_something_is_wrong_is_not_right() -> None:
    two = [one for one in ITEMS if one.modality == "both"]
    rows = [
        {"item_id": one.item_id, "raw_text": "That is not so.", "variant": "free"} for one in two
    ]
    for row in score(rows, two, bootstrap=0).rows:
        assert row.decision == "rejects"
        assert row.right == 0
        assert row.told == int(row.premise == "misleading")


def test_free_answers_that_are_lenient_or_unreadable_are_counted_apart() -> None:
    def answers(text: Callable[[Item], str]) -> Summary:
        rows = [{"item_id": one.item_id, "raw_text": text(one), "variant": "free"} for one in ITEMS]
        return score(rows, ITEMS, bootstrap=0).summary

    strict = answers(lambda one: options_of(one)[one.gold])
    assert strict.bases["all"].headline["bal"].value == 1.0
    loose = answers(lambda one: f"I would say: {options_of(one)[one.gold]}")
    assert loose.states["unreadable"] == len(ITEMS)
    assert loose.bases["all"].headline["bal"].value == 0.0
    assert loose.lenient["bal"].value == 1.0
    lost = answers(lambda one: "Who knows?")
    assert lost.states["unreadable"] == len(ITEMS)
    assert lost.lenient["bal"].value == 0.0
