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
from handeye.scores.estimate import number
from handeye.stress.scoring.tables import KIND_LABELS

GUESSED = 0.25
"""Who guesses one of two values tells a quarter of the pairs."""
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
    """``it sees 92 % of the 400 questions without a cue; of cued pairs both are right in ...``."""
    plain, pst = claim.figures
    words = f"it answers {plain.share} rightly, and under a cue both pictures of {pst.share}"
    if (pst.low or 0.0) > GUESSED:
        return (
            f"{words}, of which a lot between two values gets a quarter and a reader of the words "
            "alone none"
        )
    return f"{words}, not surely more than the quarter that a lot between two values gets"


def _plain(claim: Claim) -> str:
    return f"it answers {claim.figures[0].share} rightly"


def _untold(claim: Claim) -> str:
    followed, groups = claim.figures
    return (
        f"it says what the cue says in {followed.share}; whether it looks cannot be told from "
        f"{counted(groups.n, groups.label)}"
    )


def _small(claim: Claim) -> str:
    plain, groups = claim.figures
    return (
        f"{counted(groups.n, groups.label)}, too few to say much: it answers "
        f"{percent_words(plain.low or 0.0)} to {percent_words(plain.high or 0.0)} of the "
        f"{plain.of} rightly"
    )


def _named(claim: Claim) -> list[str]:
    """Kinds of cues with the share of each."""
    return [
        f"{KIND_LABELS.get(kind, kind)} ({percent_words(one.value)})"
        for kind, one in zip(claim.parts, claim.figures[1:], strict=True)
    ]


def _follows(claim: Claim) -> str:
    """``it sees, but follows the cue in 41 % of the 380 ..., most by authority (70 %)``."""
    words = f"it sees, and follows a misleading cue in {claim.figures[0].share}"
    return f"{words}: {listed(_named(claim))}" if claim.parts else words


def _label(claim: Claim) -> str:
    words = f"it sees, and takes what is drawn beside it for true in {claim.figures[0].share}"
    return f"{words}: {listed(_named(claim))}" if claim.parts else words


def _contradicts(claim: Claim) -> str:
    words = f"it sees, and says the opposite of a true cue in {claim.figures[0].share}"
    return f"{words}: {listed(_named(claim))}" if claim.parts else words


def _outweighs(claim: Claim) -> str:
    """``words weigh more than the picture under authority (lead −2.1 log odds)``."""
    found = [
        f"{KIND_LABELS.get(kind, kind)} ({_lead(one)})"
        for kind, one in zip(claim.parts, claim.figures, strict=True)
    ]
    return f"the cue weighs more than the picture under {listed(found)}"


def _lead(one: claims.Figure) -> str:
    if one.low is None and one.high is not None:
        return f"by at least {number(-one.high, 'plain')} log odds"
    return f"by {number(-one.value, 'plain')} log odds"


def _families(claim: Claim) -> str:
    names = [
        f"{name} ({percent_words(one.value)} of the {counted(one.n, one.of)})"
        for name, one in zip(claim.parts, claim.figures, strict=True)
    ]
    return f"it seldom tells both pictures apart in {listed(names)}"


def _missed(claim: Claim) -> str:
    return f"it takes for there what is not in {claim.figures[0].share}"


def _denies(claim: Claim) -> str:
    return f"it says that there is no such thing in {claim.figures[0].share} where there is"


def _outside(claim: Claim) -> str:
    return f"it says neither of the two values in {claim.figures[0].share}"


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
    "plain": _plain,
    "follows": _follows,
    "untold": _untold,
    "label": _label,
    "contradicts": _contradicts,
    "outweighs": _outweighs,
    "families": _families,
    "missed": _missed,
    "denies": _denies,
    "outside": _outside,
    "form": _form,
}
