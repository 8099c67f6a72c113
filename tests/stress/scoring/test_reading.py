"""What an answer comes to."""

import pytest

from handeye.stress.items import NO_SUCH, Item
from handeye.stress.scoring.reading import parted, read


def item(values=("red", "blue"), **more):
    known = {
        "item_id": "i", "scene_id": "s", "picture_id": "p", "picture": "p.png", "values": values,
        "truth": values[0], "gold": values[0], "question": "?", "options": (*values, NO_SUCH),
        "order": (2, 0, 1),
    }  # fmt: skip
    return Item(**(known | more))


@pytest.mark.parametrize(
    ("text", "says", "strict"),
    [
        ("red", "a", True),
        ("Blue.", "b", True),
        ("The red", "a", True),
        ("no such", "no_such", True),
        ("There is none", "no_such", True),
        ("It is blue.", "b", False),
        ("I see a circle.\nAnswer: red", "a", False),
        ("not red", "none", True),
        ("red or blue", "none", True),
        ("purple", "other", True),
        ("", "none", True),
        ("I am unable to say what colour it might have been", "none", True),
    ],
)
def test_words(text, says, strict):
    found = read(text, item(), "free", ())
    assert found.says == says
    if says != "none":
        assert found.strict == strict


@pytest.mark.parametrize(
    ("text", "says", "strict"),
    [("3", "a", True), ("three", "a", False), ("There are 4.", "b", False), ("7", "other", True),
     ("no such", "no_such", True), ("3 or 4", "none", True), ("many", "none", True)],
)  # fmt: skip
def test_numbers(text, says, strict):
    found = read(text, item(("3", "4"), answer="number"), "free", ())
    assert found.says == says
    if says != "none":
        assert found.strict == strict


def test_yes_and_no_know_no_third():
    asked = item(("no", "yes"), options=("no", "yes"))
    assert read("No.", asked, "free", ()).says == "a"
    assert read("Yes, there is.", asked, "free", ()).says == "b"
    assert read("none", asked, "free", ()).says == "other"


def test_letters_stand_for_what_was_shown_there():
    asked = item()
    assert [read(one, asked, "letters", (2, 0, 1)).says for one in "ABC"] == ["no_such", "a", "b"]
    assert read("(B)", asked, "letters", (1, 0, 2)).said == "red"
    assert not read("The answer is C", asked, "letters", (2, 0, 1)).strict
    assert read("D", asked, "letters", (2, 0, 1)).says == "none"


def test_other_words_for_a_value():
    asked = item(("grey", "blue"), aliases={"grey": ("gray",)})
    assert read("gray", asked, "free", ()) == read("grey", asked, "free", ())


def test_long_loops_are_read():
    # Each of these took more than 20 s before its reader became linear.
    said = "The answer is 3. " * 3000
    assert read(said, item(("3", "4"), answer="number"), "free", ()).says == "a"
    assert read(f"{said}The answer is 4.", item(("3", "4"), answer="number"), "free", ()).says == (
        "none"
    )
    assert read("The answer is red. " * 3000, item(), "free", ()).says in ("a", "none")
    assert read("The answer is B. " * 3000, item(), "letters", (2, 0, 1)).says == "a"
    for loop in ("1,", "3", "the ", "3 ", "three-"):
        assert read(loop * 20_000, item(("4", "5"), answer="number"), "free", ()).says != "a"
    for blank in ("\n", " ", "*", " \n", "\nanswer"):
        text = "Seen:" + blank * 50_000
        assert parted(text) == ("", text, False)


def test_what_is_seen_and_what_is_answered():
    assert parted("Seen: a circle\nAnswer: red") == ("a circle", "red", True)
    assert parted("\n Seen:\n\n Answer: red\n") == ("", "red", True)
    assert parted("**Seen:** a circle\non a line\n\n## **Answer**: red") == (
        "a circle\non a line",
        "red",
        False,
    )
    assert parted("seen: it\nanswer: red") == ("it", "red", False)
    assert parted("Seen: x Answer: red") == ("", "Seen: x Answer: red", False)


COLOUR = {"question": "What is the colour of the circle?"}


@pytest.mark.parametrize(
    ("text", "says", "strict"),
    [
        *[(said, "no_such", False) for said in (
            "There is no circle.", "no circle", "There are no circles in the picture",
            "The circle is not present.", "I don't see a circle", "The circle isn't there",
        )],
        ("not present", "no_such", True),
        ("No doubt it is red", "a", False),
        ("There is no square", "other", True),
        *[(said, "none", True) for said in (
            "anything but red", "far from red", "except red", "I doubt it is red", "not red",
            "red\nblue", "<|im_end|>", "<pad><pad>", "<think>", "I cannot see it", "I cannot tell.",
            "I don't know",
        )],
    ],
)  # fmt: skip
def test_denials_and_texts_without_an_answer(text, says, strict):
    found = read(text, item(**COLOUR), "free", ())
    assert found.says == says
    if says != "none":
        assert found.strict == strict


def test_agreement_is_no_answer():
    sides = item(("left", "right"))
    assert read("That's right", sides, "free", ()).says == "none"
    assert read("That is right of the square", sides, "free", ()).says == "b"
    assert read("No doubt.", item(("yes", "no")), "free", ()).says == "none"


@pytest.mark.parametrize(
    ("text", "says"),
    [("3.", "a"), ("fewer than 4", "none"), ("more than 3", "none"), ("three hundred", "none"),
     ("3²", "none"), ("the third one", "none"), ("There are no circles", "no_such"),
     ("There are more than 2: 3", "a"), ("First, I count 3", "a")],
)  # fmt: skip
def test_what_is_no_number(text, says):
    found = read(text, item(("3", "4"), answer="number", question="How many circles?"), "free", ())
    assert found.says == says
    assert found.strict == (text == "3." or says == "none")


@pytest.mark.parametrize(
    ("text", "says"),
    [("3rd", "a"), ("the third one", "a"), ("It is the 4th.", "b"), ("Third from the left", "a"),
     ("third from the right", "none"), ("the first or the third", "none")],
)  # fmt: skip
def test_a_place_in_a_row_is_a_number_where_it_is_asked_for(text, says):
    asked = item(("3", "4"), answer="number", family="odd")
    assert read(text, asked, "free", ()).says == says


@pytest.mark.parametrize(
    ("text", "says"),
    [("not blue", "none"), ("C is wrong", "none"), ("anything but red", "none"), ("blue", "b"),
     ("The answer is C because B is wrong", "b"), ("It must be C", "b")],
)  # fmt: skip
def test_a_letter_that_is_denied_is_not_chosen(text, says):
    assert read(text, item(), "letters", (2, 0, 1)).says == says
