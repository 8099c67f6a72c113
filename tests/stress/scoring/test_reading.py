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
