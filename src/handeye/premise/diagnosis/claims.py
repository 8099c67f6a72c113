"""The words of each kind of claim about a run (:mod:`handeye.scores.claims`).

No number stands in them that is not a figure's of the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handeye.scores import claims
from handeye.scores.claims import (
    counted,
    items_words,
    listed,
    look_words,
    mute_words,
    percent_words,
)

SEEN = {"vision": "seen", "audio": "heard"}
"""What is done with what each sense tells."""
_LACKS = {"vision": "blind", "audio": "deaf"}
_ABOUT = {"": "", "vision": " about what is seen", "audio": " about what is heard"}
_ENDS = {"late": "the last two letters", "early": "the first two letters"}
FORMS = {
    "format_only": "is right but for the form of the answer in {}",
    "format_and_wrong": "has another form than was asked for, and is wrong besides, in {}",
}


@dataclass(frozen=True, slots=True)
class Claim(claims.Claim):
    """One part of a verdict, with its words."""

    @property
    def words(self) -> str:
        """A clause without capital or full stop."""
        return _KINDS[self.kind](self)


def _level(claim: Claim) -> str:
    """``it accepts 95 % of the 480 true premises and rejects 7 % of the 480 false ones``."""
    verbs = ("accepts", "rejects")
    return "it " + listed(
        [f"{verb} {one.share}" for verb, one in zip(verbs, claim.figures, strict=False)]
    )


def _one_side(claim: Claim) -> str:
    verb = "accepts" if claim.figures[0].label == "true premises accepted" else "rejects"
    return f"it {verb} {claim.figures[0].share}"


def _small(claim: Claim) -> str:
    true, false, families = claim.figures
    ends = [
        f"{percent_words(one.low or 0.0)} to {percent_words(one.high or 0.0)} of the {one.of}"
        for one in (true, false)
    ]
    return (
        f"{counted(families.n, families.label)}, too few to say much: it accepts {ends[0]} and "
        f"rejects {ends[1]}"
    )


def _all(claim: Claim, verb: str) -> str:
    """``it accepts nearly every premise about what is heard: 99 % of the 480 ...``."""
    about = _ABOUT[claim.parts[0]]
    return f"it {verb} nearly every premise{about}, true or false: {claim.figures[0].share}"


def _lacks(claim: Claim) -> str:
    """``it is deaf: what is heard is told rightly in 50 % ...``."""
    sense = claim.parts[0]
    told, *content = claim.figures
    words = f"it looks {_LACKS[sense]}: {told.share}, chance 50, are taken rightly"
    if content:
        words += f", and of what is asked about them {percent_words(content[0].value)}, chance 25"
    return words


def _inverted(claim: Claim) -> str:
    return (
        f"it takes premises{_ABOUT[claim.parts[0]]} the wrong way round: "
        f"{claim.figures[0].share} fit, chance 50"
    )


def _chance(claim: Claim) -> str:
    shares = listed([one.share for one in claim.figures])
    return f"it tells true from false no better than by chance: {shares} fit, chance 50"


def _text_only(claim: Claim) -> str:
    same = claim.figures[0]
    return (
        "it goes by the words alone: premises and contents are told no better than by chance, and "
        f"the same words about another clip get the same answer in {same.share}"
    )


def _random(claim: Claim) -> str:
    same, usual = claim.figures[1:3]
    return (
        "its answers look random: the same words about another clip get the same answer in "
        f"{same.share}, and any two answers are the same in {percent_words(usual.value)}"
    )


def _ends(claim: Claim) -> str:
    seen, usual = claim.figures[1:3]
    return (
        f"it leans to {_ENDS[claim.parts[0]]}: they are {seen.share}, and what it chooses stands "
        f"there in {percent_words(usual.value)} of the prompts"
    )


def _senses(claim: Claim) -> str:
    better, worse = claim.figures[1:3]
    return (
        f"it tells true from false of what is {SEEN[claim.parts[0]]} better than of what is "
        f"{SEEN[claim.parts[1]]}: {percent_words(better.value)} against "
        f"{percent_words(worse.value)}, chance 50"
    )


def _gap(claim: Claim) -> str:
    gap, perception, action = claim.figures
    size = gap.text("sentence", "points")
    return (
        f"S tells {percent_words(perception.value)} of the premises and its answers "
        f"{percent_words(action.value)}, chance 50: it holds more than it acts on ({size})"
    )


def _interference(claim: Claim) -> str:
    flips, usual = claim.figures[1:3]
    return (
        f"it decides differently in {flips.share}, more than errors by lot would "
        f"({percent_words(usual.value)})"
    )


def _content(claim: Claim) -> str:
    shares = listed([one.share for one in claim.figures])
    return f"it gets what is asked wrong in {shares}, chance 75"


def _wrong_sense(claim: Claim) -> str:
    verb = "swaps the two senses" if claim.kind == "swaps" else "takes one sense for the other"
    where = " where a question names two details" if claim.parts else ""
    return f"it {verb}{where}: {claim.figures[0].share} name the other one, chance 50"


def _one_sense(claim: Claim) -> str:
    which = {"vision": "the visual detail", "audio": "the sound"}[claim.parts[0]]
    return f"it names {which}, whichever is false, in {claim.figures[0].share}"


def _less_in_two(claim: Claim) -> str:
    two, alone = claim.figures[1:]
    return (
        f"where a question names two details, it rejects {two.share} that are false of what is "
        f"{SEEN[claim.parts[0]]}, against {percent_words(alone.value)} of those about one detail"
    )


def _kinds(claim: Claim) -> str:
    # Two kinds may have one name: what is seen has an order, and what is heard.
    names = [
        f"{one.label} ({SEEN[sense]}, {percent_words(one.value)})"
        for one, sense in zip(claim.figures, claim.parts, strict=True)
    ]
    return f"it tells nothing of {listed(names)}, chance 50"


def _two(claim: Claim) -> str:
    decided, chance = claim.figures
    return f"it decides {decided.share}, chance {100 * chance.value:.0f}"


def _form(claim: Claim) -> str:
    return f"it {FORMS[claim.parts[0]].format(claim.figures[0].share)}"


_KINDS: dict[str, Callable[[Claim], str]] = {
    "partial": items_words,
    "so_far": lambda claim: f"so far, {items_words(claim)}",
    "parrot": look_words,
    "constant": look_words,
    "prior": look_words,
    "blind": look_words,
    "mute": mute_words,
    "small": _small,
    "level": _level,
    "one_side": _one_side,
    "nothing": lambda claim: "no question with a right answer was asked",
    "accepts_all": lambda claim: _all(claim, "accepts"),
    "rejects_all": lambda claim: _all(claim, "rejects"),
    "lacks": _lacks,
    "inverted": _inverted,
    "chance": _chance,
    "text_only": _text_only,
    "random": _random,
    "swaps": _wrong_sense,
    "wrong_sense": _wrong_sense,
    "one_sense": _one_sense,
    "less_in_two": _less_in_two,
    "ends": _ends,
    "senses": _senses,
    "gap": _gap,
    "interference": _interference,
    "content": _content,
    "kinds": _kinds,
    "two": _two,
    "form": _form,
}
