"""What a claim about a run is, and the words that each kind of claim has.

A claim is a kind, the figures that it rests on, and what each is a share of. Its words are made of
these alone: no number stands in them that is not a figure's, and no share without what it is a
share of. Knows nothing of how claims come about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from handeye.printing import noun
from handeye.rose.diagnosis.coordinates import CONVENTIONS
from handeye.scores.estimate import Estimate
from handeye.scores.looks import clause

Unit = Literal["percent", "points", "loss", "factor", "count"]
_NBSP = "\N{NO-BREAK SPACE}"
# Levels as near as this are told in percent: tenths would make too much of it.
_CLOSE = 0.1
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
            return f"{seen.text('value', 'points')}{_NBSP}points {seen.interval}".strip()
        whole = f"of {_counted(self.n, self.of)}" if self.of and self.n else ""
        return " ".join(filter(None, [f"{self.percent}{_NBSP}%", self.interval, whole]))

    @property
    def share(self) -> str:
        """``61 % of the 89 questions``; of a few, ``1 of 2 questions``."""
        count = self.value * self.n
        if self.n < _FEW and abs(count - round(count)) < 1e-6:
            return f"{count:.0f} of {_counted(self.n, self.of)}"
        if self.n and abs(count - self.n) < _LESS_THAN_ONE:
            return f"all {_counted(self.n, self.of)}"
        return f"{_percent(self.value)} of the {_counted(self.n, self.of)}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a verdict.

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
        return _KINDS[self.kind](self)


# ---- the words of each kind

# What a step of the decomposition looks like from outside: "the loss appears ...".
STEPS = {
    "finding": "in how many cells it clicks",
    "coordinates": "in which cells it clicks",
    "abstention": "in telling whether there is anything to click",
    "region": "when a region is named",
    "consistency": "in submitting the number that it clicked",
    "format": "in the form of the answer",
    "no_answer": "in giving an answer at all",
}
# What a habit does, and the answers that it is a share of.
HABITS = {
    "clicks_where_nothing_is": (
        "clicks where there is nothing to click",
        "readable click answers about empty regions",
    ),
    "abstains_where_something_is": (
        "clicks nothing",
        "readable click answers where there is something to click",
    ),
    "whole_grid_default": (
        "answers for the whole picture",
        "readable click answers about a part of the targets",
    ),
    "clicks_in_exclusion": (
        "clicks in the part it was told to leave out",
        "readable answers to exclusion questions",
    ),
    "submits_other_number": (
        "submits another number than it clicks",
        "readable answers that submit a number",
    ),
    "anchored": (
        "gives its wrong number for the whole picture again",
        "readable answers about a part where that would show",
    ),
}
# What a kind of question asks for, by the column of the tables.
COLUMNS = {
    "G-Cnt": "counting in the whole picture",
    "L-Cnt": "counting in a named region",
    "mL-Cnt": "counting in the region of L-Clk",
    "L-Clk": "clicking in a named region",
    "V-Clk": "clicking in a highlighted region",
    "Excl-CS": "clicking outside a named part",
    "G-Clk": "clicking in the whole picture",
}
# What is counted and clicked in the two bridges.
PAIRS = {"global": "pictures", "matched": "regions"}
# How answers are written, by reason.
FORMS = {
    "format_only": "is right but for the form of the answer in {}",
    "unreadable": "gives an answer that cannot be read to {}",
    "format_and_wrong": "breaks the answer grammar, and is wrong besides, in {}",
}
# How else items fail, as far as no habit tells it, of action and of counting items.
_ACTION = {
    "off_grid": "fails {} with a click outside the grid",
    "neighbour": "fails {} with a click directly beside a target that it misses",
    "outside_region": "fails {} with a click outside the region that it was to keep to",
    "missed": "fails {} with too few clicks",
    "over_clicked": "fails {} with too many clicks",
    "elsewhere": "fails {} with as many clicks as there are targets, but elsewhere",
    "repeated": "fails {} with a cell clicked twice",
}
_COUNTING = {
    "whole_grid": "fails {} with the number of the whole picture",
    "not_abstained": "fails {} with a number where there is nothing",
    "abstained": "fails {} with none where there is something",
    "count_low": "fails {} with too small a number",
    "count_high": "fails {} with too large a number",
}
REASONS: Mapping[str, Mapping[str, str]] = {
    "action": FORMS | _ACTION,
    "counting": FORMS | _COUNTING,
}
"""The reasons that are told of action and of counting items; habits tell the others."""
HOLDS = {"neighbour": "near_miss", "whole_grid": "whole_grid_number"}
"""The sign that the words of a reason describe, where it is not the sign of the same name."""
WOULD_SHOW = "answers with clicks in which that would show"
"""What the share of a convention is of."""
_DOES = {one.key: one.does for one in CONVENTIONS}


def _percent(value: float, digits: int = 0) -> str:
    """``61 %``; one decimal below 1 and above 99, where it matters; 100 % is all and 0 % none."""
    number = value * 100
    if number not in (0.0, 100.0) and not 0.05 <= number < 99.95:
        return f"{'under 0.1' if number < 1 else 'over 99.9'}{_NBSP}%"
    digits = digits if number in (0.0, 100.0) or 1 <= number <= 99 else 1
    return f"{_half_up(number, digits)}{_NBSP}%"


def _half_up(number: float, digits: int = 0) -> str:
    """A number with so many decimals, halves going up: 74.5 in a table is 75 in a sentence."""
    known = Decimal(f"{number:.6f}")  # not the binary fraction beside it
    return str(known.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _counted(n: int, things: str) -> str:
    return f"{n:,} {noun(n, things)}"


def _range(one: Figure) -> str:
    """Only the ends, ``70 to 90 %``; the value where there are none."""
    if one.low is None or one.high is None:
        return _percent(one.value)
    return f"{_half_up(100 * one.low)} to {_half_up(100 * one.high)}{_NBSP}%"


def _partial(claim: Claim) -> str:
    (one,) = claim.figures
    return f"on {_count(one)} of {_counted(one.n, 'items')} only"


def _count(one: Figure) -> str:
    return f"{round(one.value * one.n):,}"


def _mute(claim: Claim) -> str:
    """``95 of 1,000 items have no usable answer (80 refused, 15 error)``."""
    wholes = [one for one in claim.figures if one.label not in claim.parts]
    states = [one for one in claim.figures if one.label in claim.parts]
    who = " and ".join(f"{_count(one)} of {_counted(one.n, one.of)}" for one in wholes)
    kinds = ", ".join(f"{_count(one)} {one.label}" for one in states)
    alone = [_count(one) for one in wholes] == ["1"]
    return f"{who} {'has' if alone else 'have'} no usable answer ({kinds})"


def _tenths(one: Figure, only: str = "") -> str:
    """``4 of 10 counting questions``, ``all counting questions``."""
    tenths = int(_half_up(one.value * 10))
    if one.value in (0.0, 1.0):
        return f"{'all' if one.value else 'none of the'} {one.of}"
    if tenths in (0, 10):
        return f"{'nearly all' if tenths else 'hardly any'} {one.of}"
    return f"{only}{tenths} of 10 {one.of}"


def _levels(claim: Claim, joint: str, only: str = "") -> str:
    """``passes 9 of 10 counting questions but only 4 of 10 action questions``."""
    _, counting, action = claim.figures
    tenths = [_tenths(one).removesuffix(one.of) for one in (counting, action)]
    if claim.bound is not None:  # they differ, and are not to read the same
        rough = tenths[0] == tenths[1] or (only and int(_half_up(action.value * 10)) == 10)
    else:
        rough = tenths[0] != tenths[1] and abs(counting.value - action.value) < _CLOSE
    averaged = "averaged" in claim.parts
    if not averaged and not rough:
        return f"passes {_tenths(counting)} {joint} {_tenths(action, only)}"
    digits = int(_percent(counting.value) == _percent(action.value))
    shares = [f"{_percent(one.value, digits)} of the {one.of}" for one in (counting, action)]
    # A mean that does not weigh questions alike is no number of questions.
    mean = ", averaged over subsets and kinds of question," if averaged else ""
    return f"passes{mean} {shares[0]} {joint} {only}{shares[1]}"


def _small(claim: Claim) -> str:
    counting, action, gap, scenes = claim.figures
    if "wide" in claim.parts:
        size = gap.text("sentence", "points")
        return (
            "the interval of the gap is too wide to say whether counting or clicking is worse "
            f"({size}): {_ranges(counting, action)}"
        )
    return (
        f"{_counted(scenes.n, 'scenes')}, too few to say whether counting or clicking is worse: "
        f"{_ranges(counting, action)}"
    )


def _flawless(claim: Claim) -> str:
    counting, action, _, scenes = claim.figures
    seen = f"no failure was seen on {_counted(scenes.n, 'scenes')}"
    return f"{seen}, so it {_ranges(counting, action)}"


def _ranges(counting: Figure, action: Figure) -> str:
    return f"passes {_range(counting)} of the {counting.of} and {_range(action)} of the {action.of}"


def _weak(claim: Claim) -> str:
    """``it gets right 0 % of the 40 L-Clk questions (clicking in a named region)``."""
    shares = [f"{one.share} ({COLUMNS[one.label]})" for one in claim.figures]
    *first, last = shares
    return "it gets right " + " and ".join(filter(None, [", ".join(first), last]))


def _source(claim: Claim) -> str:
    """``it gets right 40 % of the 100 PixelEdit questions, and 84 % of the 400 ...``."""
    _, own, others = claim.figures
    return f"it gets right {own.share}, and {others.share}"


def _pair(claim: Claim) -> str:
    """``of what it counts rightly it clicks 0 % of the 40 regions rightly``."""
    return f"of what it counts rightly it clicks {claim.figures[0].share} rightly"


def _no_gap(claim: Claim) -> str:
    gap = claim.figures[0].text("sentence", "points")
    return f"{_levels(claim, 'and')}; no gap between the two can be told from chance ({gap})"


def _columns(claim: Claim) -> str:
    shares = ", ".join(one.share for one in claim.figures)
    return f"too few kinds of question for a gap; passes {shares}"


def _spread(claim: Claim) -> str:
    """Several steps that lose points, none of them clearly the most."""
    *first, last = map(_step, claim.parts)
    return "points are lost " + " and ".join(filter(None, [", ".join(first), last]))


def _step(name: str) -> str:
    return STEPS.get(name, f"at “{name}”")


def _habit(claim: Claim) -> str:
    one = claim.figures[0]
    does = HABITS[claim.parts[0]][0] if claim.parts[0] in HABITS else f"shows “{one.label}”"
    return f"it {does} in {one.share}"


def _reason(claim: Claim) -> str:
    words = FORMS | _ACTION | _COUNTING
    return f"it {words[claim.parts[0]].format(claim.figures[0].share)}"


def _convention(claim: Claim) -> str:
    one = claim.figures[0]
    does = _DOES.get(claim.parts[0], f"uses other coordinates ({one.label})")
    return f"it {does} in {one.share}"


def _look(claim: Claim) -> str:
    return clause(claim.kind, claim.parts[0], *claim.figures[:2])


_KINDS: dict[str, Callable[[Claim], str]] = {
    "partial": _partial,
    "so_far": lambda claim: f"so far, {_partial(claim)}",
    "parrot": _look,
    "constant": _look,
    "prior": _look,
    "blind": _look,
    "mute": _mute,
    "small": _small,
    "flawless": _flawless,
    "weak": _weak,
    "pair": _pair,
    "source": _source,
    "bare": lambda claim: f"{_levels(claim, 'and')}; no interval, so no more can be told",
    "gap": lambda claim: _levels(claim, "but", "only "),
    "ahead": lambda claim: f"{_levels(claim, 'and')}, a larger share",
    "little": lambda claim: f"{_levels(claim, 'and')}, too little counted right for a gap to show",
    "whole": lambda claim: f"{_levels(claim, 'and')}: no loss between the two is seen",
    "no_gap": _no_gap,
    "columns": _columns,
    "empty": lambda claim: "nothing was scored",
    "most": lambda claim: f"most of the loss appears {_step(claim.parts[0])}",
    "largest": lambda claim: f"the largest part of the loss appears {_step(claim.parts[0])}",
    "spread": _spread,
    "no_step": lambda claim: "where it is lost cannot be told",
    "habit": _habit,
    "reason": _reason,
    "convention": _convention,
    "curve": lambda claim: claim.parts[0],
}
