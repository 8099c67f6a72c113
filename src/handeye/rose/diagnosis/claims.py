"""The words of each kind of claim about a run (:mod:`handeye.scores.claims`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handeye.answer_kinds.coordinates import CONVENTIONS
from handeye.scores import claims
from handeye.scores.claims import (
    NBSP,
    Figure,
    counted,
    half_up,
    items_words,
    look_words,
    percent_words,
)

# Levels as near as this are told in percent: tenths would make too much of it.
_CLOSE = 0.1


@dataclass(frozen=True, slots=True)
class Claim(claims.Claim):
    """One part of a verdict, with its words."""

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


def _range(one: Figure) -> str:
    """Only the ends, ``70 to 90 %``; the value where there are none."""
    if one.low is None or one.high is None:
        return percent_words(one.value)
    return f"{half_up(100 * one.low)} to {half_up(100 * one.high)}{NBSP}%"


def _count(one: Figure) -> str:
    return f"{round(one.value * one.n):,}"


def _mute(claim: Claim) -> str:
    """``95 of 1,000 items have no usable answer (80 refused, 15 error)``."""
    wholes = [one for one in claim.figures if one.label not in claim.parts]
    states = [one for one in claim.figures if one.label in claim.parts]
    who = " and ".join(f"{_count(one)} of {counted(one.n, one.of)}" for one in wholes)
    kinds = ", ".join(f"{_count(one)} {one.label}" for one in states)
    alone = [_count(one) for one in wholes] == ["1"]
    return f"{who} {'has' if alone else 'have'} no usable answer ({kinds})"


def _tenths(one: Figure, only: str = "") -> str:
    """``4 of 10 counting questions``, ``all counting questions``."""
    tenths = int(half_up(one.value * 10))
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
        rough = tenths[0] == tenths[1] or (only and int(half_up(action.value * 10)) == 10)
    else:
        rough = tenths[0] != tenths[1] and abs(counting.value - action.value) < _CLOSE
    averaged = "averaged" in claim.parts
    if not averaged and not rough:
        return f"passes {_tenths(counting)} {joint} {_tenths(action, only)}"
    digits = int(percent_words(counting.value) == percent_words(action.value))
    shares = [f"{percent_words(one.value, digits)} of the {one.of}" for one in (counting, action)]
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
        f"{counted(scenes.n, 'scenes')}, too few to say whether counting or clicking is worse: "
        f"{_ranges(counting, action)}"
    )


def _flawless(claim: Claim) -> str:
    counting, action, _, scenes = claim.figures
    seen = f"no failure was seen on {counted(scenes.n, 'scenes')}"
    return f"{seen}, so it {_ranges(counting, action)}"


def _ranges(counting: Figure, action: Figure) -> str:
    return f"passes {_range(counting)} of the {counting.of} and {_range(action)} of the {action.of}"


def _weak(claim: Claim) -> str:
    """``it gets right 0 % of the 40 L-Clk questions (clicking in a named region)``."""
    shares = [f"{one.share} ({COLUMNS[one.label]})" for one in claim.figures]
    *first, last = shares
    return "it gets right " + " and ".join(filter(None, [", ".join(first), last]))


def _silent_source(claim: Claim) -> str:
    """``all 75 EmojiStyle questions and 98 % of the 75 PixelEdit questions have no usable ...``."""
    *first, last = [one.share for one in claim.figures]
    who = " and ".join(filter(None, [", ".join(first), last]))
    return f"{who} have no usable answer, and count as wrong in every figure"


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


_KINDS: dict[str, Callable[[Claim], str]] = {
    "partial": items_words,
    "so_far": lambda claim: f"so far, {items_words(claim)}",
    "parrot": look_words,
    "constant": look_words,
    "prior": look_words,
    "blind": look_words,
    "mute": _mute,
    "small": _small,
    "flawless": _flawless,
    "weak": _weak,
    "pair": _pair,
    "source": _source,
    "silent_source": _silent_source,
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
