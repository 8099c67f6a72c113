"""What a claim about a run is, whatever the suite: its figures, and what each is a share of.

A claim is a kind, the figures that it rests on, and what each is a share of. Its words are made of
these alone: no number stands in them that is not a figure's, and no share without what it is a
share of. The words of each kind are a suite's, and so is how claims come about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, TypeVar

from handeye.printing import noun
from handeye.scores.estimate import Estimate, rate_of
from handeye.scores.looks import clause, said
from handeye.scores.summary import so_far_words

Tree = Mapping[str, Any]
Unit = Literal["percent", "points", "loss", "factor", "count"]
NBSP = "\N{NO-BREAK SPACE}"
# An estimated share that lacks less than half a thing is that of all.
_LESS_THAN_ONE = 0.5
# Of fewer things a share is told as a count.
_FEW = 5


class Figure(Estimate, frozen=True, kw_only=True):
    """One estimate behind a claim.

    A share of ``n`` things (``percent``), which ``of`` names; a difference of two shares
    (``points``), or one that is lost (``loss``); a distance along a factor of difficulty
    (``factor``); a number of things (``count``).
    """

    value: float
    label: str
    unit: Unit = "percent"
    of: str = ""

    @property
    def top(self) -> float:
        """Upper end; without an interval, what 3.7 unseen cases in n would still allow.

        A share that never occurred in n independent items is below 3.7 / n with 97.5 % confidence
        (from (1 - p) ** n = 0.025).
        """
        if self.high is not None:
            return self.high
        return self.value + min(1.0, 3.7 / max(self.n, 1))

    @property
    def width(self) -> float | None:
        """Width of the interval, None without one."""
        return None if self.low is None or self.high is None else self.high - self.low

    @property
    def shown(self) -> str:
        """The figure for a page: ``61.0 % [57.9, 64.1] of 89 questions``, ``−18.6 points``."""
        if self.unit == "count":
            return f"{self.value:,.0f}"
        if self.unit == "factor":
            return self.text("cell", "plain")
        if self.unit != "percent":
            seen = -Estimate(self.value, self.low, self.high) if self.unit == "loss" else self
            return f"{seen.text('value', 'points')}{NBSP}points {seen.interval}".strip()
        whole = f"of {counted(self.n, self.of)}" if self.of and self.n else ""
        return " ".join(filter(None, [f"{self.percent}{NBSP}%", self.interval, whole]))

    @property
    def share(self) -> str:
        """``61 % of the 89 questions``; of a few, ``1 of 2 questions``."""
        count = self.value * self.n
        if self.n < _FEW and abs(count - round(count)) < 1e-6:
            return f"{count:.0f} of {counted(self.n, self.of)}"
        if self.n and abs(count - self.n) < _LESS_THAN_ONE:
            return f"all {counted(self.n, self.of)}"
        return f"{percent_words(self.value)} of the {counted(self.n, self.of)}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a verdict; suites give each kind its words.

    ``kind`` decides the words, ``key`` tells claims of one kind apart (a habit, a step); ``why``
    says which condition on the figures lets it be said. ``bound`` is None for a fact about the run;
    otherwise the interval of ``figures[0]`` lies wholly above it (below it for ``below``).
    ``spoken`` claims form the sentence, the others stand beneath it. ``parts`` are the names of
    steps, states or questions, in the order of the figures, where a kind has several.
    """

    kind: str
    key: str
    why: str
    figures: tuple[Figure, ...] = ()
    bound: float | None = None
    below: bool = False
    spoken: bool = True
    parts: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """A clause without capital or full stop."""
        raise NotImplementedError


AnyClaim = TypeVar("AnyClaim", bound=Claim)


def sentence_of(claims: Iterable[Claim]) -> str:
    """What is spoken of some claims, as one sentence."""
    words = "; ".join(claim.words for claim in claims if claim.spoken)
    return words[:1].upper() + words[1:] + "."


def percent_words(value: float, digits: int = 0) -> str:
    """``61 %``; one decimal below 1 and above 99, where it matters; 100 % is all and 0 % none."""
    number = value * 100
    if number not in (0.0, 100.0) and not 0.05 <= number < 99.95:
        return f"{'under 0.1' if number < 1 else 'over 99.9'}{NBSP}%"
    digits = digits if number in (0.0, 100.0) or 1 <= number <= 99 else 1
    return f"{half_up(number, digits)}{NBSP}%"


def half_up(number: float, digits: int = 0) -> str:
    """A number with so many decimals, halves going up: 74.5 in a table is 75 in a sentence."""
    known = Decimal(f"{number:.6f}")  # not the binary fraction beside it
    return str(known.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def counted(n: int, things: str) -> str:
    """``1,000 items``, ``1 item``."""
    return f"{n:,} {noun(n, things)}"


def look_words(claim: Claim) -> str:
    """The words of a claim of :func:`look_claims`."""
    return clause(claim.kind, claim.parts[0], *claim.figures[:2])


# ---- figures and claims that every suite has


def listed(parts: Sequence[str]) -> str:
    """``one``, ``one and two``, ``one, two and three``."""
    *first, last = parts
    return " and ".join(filter(None, [", ".join(first), last]))


def items_words(claim: Claim) -> str:
    """``on 40 of 90 items only``: how much of what there is was scored."""
    (one,) = claim.figures
    return f"on {round(one.value * one.n):,} of {counted(one.n, 'items')} only"


def mute_words(claim: Claim) -> str:
    """``95 of 1,000 items have no answer that can be read (80 refused, 15 unreadable)``."""
    whole, *states = claim.figures
    kinds = ", ".join(f"{round(one.value * one.n):,} {one.label}" for one in states)
    n = round(whole.value * whole.n)
    kinds = kinds if len(states) > 1 else states[0].label
    some = (
        f"all {counted(n, whole.of)}" if n == whole.n else f"{n:,} of {counted(whole.n, whole.of)}"
    )
    return f"{some} {'has' if n == 1 else 'have'} no answer that can be read ({kinds})"


def share_of(count: int, n: int, label: str, of: str) -> Figure:
    """A share that is counted, not estimated."""
    return Figure(value=count / max(n, 1), n=n, label=label, of=of)


def figure_of(
    label: str, found: Tree | None, unit: Unit = "percent", of: str = ""
) -> Figure | None:
    """The figure of ``{"value", "low", "high", "n"}``; None where nothing was measured."""
    one = rate_of(found)
    if one.value is None:
        return None
    return Figure(
        value=one.value, low=one.low, high=one.high, n=one.n, label=label, unit=unit, of=of
    )


def partial_claims(diagnosis: Tree, claim: Callable[..., AnyClaim]) -> list[AnyClaim]:
    """What a run lacks that does not hold all that was asked for.

    Args:
        diagnosis: diagnosis.json as nested dicts.
        claim: the suite's claims; it gives ``partial`` and ``so_far`` their words.
    """
    if not diagnosis.get("partial"):
        return []
    n, expected = int(diagnosis["n_items"]), int(diagnosis["n_expected"])
    kind = "so_far" if so_far_words(str(diagnosis.get("note", ""))) else "partial"
    figure = share_of(n, expected, "items in the run", "items that were asked for")
    why = "The run does not hold every item that was asked for."
    return [claim(kind, kind, why, (figure,))]


def look_claims(diagnosis: Tree, claim: Callable[..., AnyClaim]) -> list[AnyClaim]:
    """Answers that do not hang on what was shown, of all questions or of those it is so for.

    Args:
        diagnosis: diagnosis.json as nested dicts, with ``looks``.
        claim: the suite's claims, whose words for ``parrot``, ``constant``, ``prior`` and ``blind``
            are those of :func:`handeye.scores.looks.clause`.
    """
    groups: Tree = diagnosis.get("looks") or {}
    out = []
    for name in said({name: str(one["said"]) for name, one in groups.items()}):
        one = groups[name]
        kind, of = str(one["said"]), f"answers to {name} questions" if name else "answers"
        first, second, label = _LOOKS[kind]
        figures = [
            figure
            for key, words in ((first, label[0]), (second, label[1]))
            if (figure := figure_of(words, one[key], of=f"readable {of}")) is not None
        ]
        if kind == "blind":
            more = figure_of("own less exchanged", one["ahead"], "points")
            figures += [more] if more else []
        out.append(claim(kind, f"{kind}:{name}", _WHY[kind], tuple(figures), parts=(name,)))
    return out


_LOOKS = {
    "parrot": ("repeated", "true_repeated", ("in the question", "true answers that are")),
    "constant": ("same", "true_same", ("the commonest of their kind", "true answers that are")),
    "prior": ("same", "true_same", ("the commonest of kind and source", "true answers that are")),
    "blind": ("own", "other", ("right, own scenes", "right, scenes exchanged")),
}
_WHY = {
    "parrot": "Nearly all answers stand in their question word for word; the true ones do not.",
    "constant": "Nearly all answers to a kind of question are the same; the true ones are not.",
    "prior": "Nearly all answers to a kind of question about one source are the same; the true "
    "ones are not.",
    "blind": "Permutations of scenes within strata show neither that answers fit their own scenes "
    "better nor that they vary with them; had one scene in three been looked at and answered "
    "rightly, or two in three in any constant way, they would have.",
}
