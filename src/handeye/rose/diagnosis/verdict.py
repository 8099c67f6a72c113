"""A diagnosis in one plain sentence, and what each part of the sentence rests on.

Says nothing that the numbers do not carry: a part that compares (a gap, a largest loss, a habit)
stands only where its 95 % interval clears the bound written beside it. Everything else is either a
fact about this run (how many items, how many without an answer) or says that it cannot be told.
Reads diagnosis.json only; knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from handeye.scores.estimate import Estimate, rate_of

Tree = Mapping[str, Any]
Unit = Literal["percent", "points", "factor"]
_NBSP = "\N{NO-BREAK SPACE}"
# A habit is worth a word from one item in twenty on.
FLOOR = 0.05
# Fewer scenes, or an interval of the gap wider than this, and only ranges are told.
FEWEST_SCENES = 20
WIDEST_GAP = 0.3
# No usable answer: told from one item in twenty on, first from one in two.
_SILENT, _MOSTLY_SILENT = 0.05, 0.5
_MOST_HABITS = 2
# Levels as near as this are told in percent: tenths would make too much of it.
_CLOSE = 0.1
# Where less is counted right, there is no room for a gap.
_LITTLE = 0.1
_UNUSABLE = ("refused", "truncated", "empty", "error")

# What a step of the decomposition looks like from outside: "the loss appears ...".
_STEPS = {
    "finding": "in finding the targets once it has to click",
    "coordinates": "in naming cells by row and column",
    "abstention": "in knowing when there is nothing to click",
    "region": "when a region is named",
    "consistency": "in submitting the number that it clicked",
    "format": "in the form of the answer",
    "no_answer": "in giving an answer at all",
}
_HABITS = {
    "clicks_where_nothing_is": "clicks where there is nothing to click in {} of empty regions",
    "abstains_where_something_is": "clicks nothing in {} of the regions that hold something",
    "whole_grid_default": "answers for the whole picture in {} of the questions about a part",
    "clicks_in_exclusion": "clicks in the part it was told to leave out in {} of such questions",
    "submits_other_number": "submits another number than it clicks in {} of the answers with both",
    "anchored": "repeats its wrong number for the whole picture in {} of the questions about a "
    "part",
}
# How answers are written, by reason: of action and of counting items.
_FORMS = {
    "format_only": "is right but for the form of the answer in {} of the {} items",
    "unreadable": "gives an answer that cannot be read to {} of the {} items",
    "format_and_wrong": "breaks the answer grammar, and is wrong besides, in {} of the {} items",
}
_CONVENTIONS = {
    "zero_based": "counts rows and columns from 0",
    "swapped": "swaps row and column",
    "swapped_zero_based": "swaps row and column and counts them from 0",
    "flipped_rows": "counts rows from below",
    "flipped_cols": "counts columns from the right",
    "flipped_both": "counts rows from below and columns from the right",
}


class Figure(Estimate, frozen=True, kw_only=True):
    """One estimate behind a claim.

    A fraction of items (``percent``), a difference of two such (``points``), or a distance along a
    factor of difficulty (``factor``).
    """

    value: float
    label: str
    unit: Unit = "percent"

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


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a verdict.

    ``words`` is a clause without capital or full stop; ``why`` says in words which condition on the
    figures lets it be said. ``bound`` is None for a fact about the run; otherwise the interval of
    ``figures[0]`` lies wholly above it (below it for ``below``). ``spoken`` claims form the
    sentence, the others stand beneath it.
    """

    key: str
    words: str
    why: str
    figures: tuple[Figure, ...] = ()
    bound: float | None = None
    below: bool = False
    spoken: bool = True


def verdict(diagnosis: Tree) -> str:
    """The diagnosis of one run as one sentence.

    Args:
        diagnosis: diagnosis.json as nested dicts
        (``handeye.rose.diagnosis.diagnose.Diagnosis.data``).
    """
    words = "; ".join(claim.words for claim in claims(diagnosis) if claim.spoken)
    return words[:1].upper() + words[1:] + "."


def claims(diagnosis: Tree) -> list[Claim]:
    """Everything the sentence says, in its order, then what stands beneath it."""
    silent = _silent(diagnosis)
    level = _level(diagnosis)
    out = [*_partial(diagnosis)]
    if level.key in ("small", "bare"):
        return [*out, level, *silent]
    habits = _habits(diagnosis)
    told = _told(habits)
    rest = [replace(claim, spoken=False) for claim in habits if claim not in told]
    losses = _losses(diagnosis) if level.key == "gap" else []
    first = bool(silent) and silent[0].figures[0].value >= _MOSTLY_SILENT
    body = [*silent, level, *losses, *told] if first else [level, *losses, *told, *silent]
    return [*out, *body, *rest, *_reach(diagnosis)]


# ---- facts about the run


def _partial(diagnosis: Tree) -> list[Claim]:
    if not diagnosis.get("partial"):
        return []
    n, expected = diagnosis["n_items"], diagnosis["n_expected"]
    so_far = str(diagnosis.get("note", "")).startswith("so far")
    words = f"{'so far, ' if so_far else ''}on {n:,} of {expected:,} items only"
    return [Claim("partial", words, "The run does not hold every item that was asked for.")]


def _silent(diagnosis: Tree) -> list[Claim]:
    """Items without a usable answer: counted, not estimated."""
    states: Mapping[str, int] = diagnosis.get("states") or {}
    n = int(diagnosis.get("n_items") or 0)
    counts = {name: int(states.get(name, 0)) for name in _UNUSABLE}
    total = sum(counts.values())
    if not n or total / n < _SILENT:
        return []
    kinds = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    words = f"{total:,} of {n:,} items have no usable answer ({kinds})"
    figure = Figure(value=total / n, n=n, label="items without a usable answer")
    return [Claim("silent", words, "Counted, not estimated.", (figure,))]


# ---- how much, and the gap


def _level(diagnosis: Tree) -> Claim:
    head: Tree = diagnosis.get("headline") or {}
    counting, action = (_figure(name, head.get(name)) for name in ("counting", "action"))
    gap = _figure("gap, counting minus action", head.get("gap"), "points")
    if counting is None or action is None or gap is None:
        return _columns(diagnosis)
    figures = (gap, counting, action)
    scenes = int(diagnosis.get("n_scenes") or 0)
    if scenes < FEWEST_SCENES or (gap.width or 0.0) > WIDEST_GAP:
        return _small(figures, scenes)
    if gap.low is None or gap.high is None:
        words = _levels(counting.value, action.value, "and", "")
        why = "Without an interval of the gap nothing more is said."
        return Claim("bare", f"{words}; no interval, so no more can be told", why, figures)
    if gap.low > 0:
        words = _levels(counting.value, action.value, "but", "only ")
        return Claim("gap", words, "The interval of the gap lies above 0.", figures, 0.0)
    if gap.high < 0:
        words = _levels(counting.value, action.value, "and", "") + ", more than it counts"
        why = "The interval of the gap lies below 0."
        return Claim("ahead", words, why, figures, 0.0, below=True)
    words = _levels(counting.value, action.value, "and", "")
    if counting.high is not None and counting.high < _LITTLE:
        words += ", too little counted right for a gap to show"
    elif (counting.value, action.value) == (1.0, 1.0):
        words += ": nothing is lost between the two"
    else:
        words += (
            f"; no gap between the two can be told from chance ({gap.text('sentence', 'points')})"
        )
    return Claim("level", words, "The interval of the gap holds 0.", figures)


def _levels(counting: float, action: float, joint: str, only: str) -> str:
    """``counts 9 of 10 scenes right but acts on only 4``."""
    tenths = round(counting * 10), round(action * 10)
    alike = _share(counting) == _share(action)
    if counting == action or (alike and joint == "and"):
        return f"counts and acts right on {_share(counting)}"
    if alike or (joint == "and" and abs(counting - action) < _CLOSE):
        words = f"counts {_percent(counting)} of scenes right {joint} acts on "
        return f"{words}{only}{_percent(action)}"
    last = _extreme(action) or f"{only}{tenths[1]}{' of 10' if _extreme(counting) else ''}"
    return f"counts {_share(counting)} right {joint} acts on {last}"


def _extreme(value: float) -> str:
    if value in (0.0, 1.0):
        return "all" if value else "none"
    if round(value * 10) in (0, 10):
        return "nearly all" if value > 0.5 else "hardly any"
    return ""


def _share(value: float) -> str:
    named = {"all": "every scene", "none": "no scene"}
    named |= {"nearly all": "nearly every scene", "hardly any": "hardly any scene"}
    return named.get(_extreme(value), f"{round(value * 10)} of 10 scenes")


def _small(figures: tuple[Figure, ...], scenes: int) -> Claim:
    gap, counting, action = figures
    levels = f"counts {_interval(counting)} of scenes right, acts on {_interval(action)}"
    words = f"{scenes:,} scene{'s' * (scenes != 1)}, too few to say where it fails: {levels}"
    why = (
        f"Fewer than {FEWEST_SCENES} scenes, or an interval of the gap wider than "
        f"{WIDEST_GAP * 100:.0f} points."
    )
    return Claim("small", words, why, (counting, action, gap))


def _columns(diagnosis: Tree) -> Claim:
    """A run without the templates that a gap needs: what it has, one by one."""
    columns: Mapping[str, Tree] = diagnosis.get("columns") or {}
    names = ("G-Cnt", "L-Cnt", "mL-Cnt", "L-Clk", "V-Clk", "Excl-CS", "G-Clk")
    found = [f for name in names if (f := _figure(name, columns.get(name))) is not None]
    if not found:
        return Claim("empty", "nothing was scored", "The run holds no item of any template.")
    words = ", ".join(f"{one.label} {_percent(one.value)}" for one in found)
    words = f"too few kinds of question for a gap; passes {words}"
    why = "A gap needs the counting templates G-Cnt, L-Cnt and the action templates."
    return Claim("columns", words, why, tuple(found))


# ---- where it is lost


def _losses(diagnosis: Tree) -> list[Claim]:
    """The step that loses most, as far as the intervals can tell it from the others."""
    chain: Tree | None = (diagnosis.get("decomposition") or {}).get("gap")
    if not chain:
        return []
    whole = _figure("the whole gap", chain["whole"], "points")
    steps = [
        (str(step["key"]), figure)
        for step in chain["steps"]
        if (figure := _figure(str(step["label"]), step["loss"], "points")) is not None
    ]
    sure = [(key, one) for key, one in steps if one.low is not None and one.low > 0]
    sure.sort(key=lambda pair: -pair[1].value)
    if not sure or whole is None:
        why = "No step of the decomposition has an interval above 0."
        return [Claim("no_step", "where it is lost cannot be told", why, spoken=False)]
    key, first = sure[0]
    rival = max((one.top for other, one in steps if other != key), default=0.0)
    half = 0.5 * whole.top
    assert first.low is not None
    others = tuple(one for _, one in steps if one is not first)
    if first.low > half and first.low > rival:
        why = "The interval of this step lies above half of the gap and above every other step."
        words = f"most of the loss appears {_when(key, first)}"
        return [Claim("largest", words, why, (first, whole, *others), max(half, rival))]
    if first.low > rival:
        why = "The interval of this step lies above that of every other step."
        words = f"the largest part of the loss appears {_when(key, first)}"
        return [Claim("largest", words, why, (first, *others), rival)]
    return [_spread(sure)]


def _spread(sure: Sequence[tuple[str, Figure]]) -> Claim:
    """Several steps that lose points, none of them clearly the most."""
    shown = list(sure[:3])
    parts = [_when(key, one) for key, one in shown]
    words = "points are lost " + " and ".join([", ".join(parts[:-1]), parts[-1]][len(parts) < 2 :])
    why = "Each of these steps has an interval above 0; none is clearly the largest."
    weakest = min((one for _, one in shown), key=lambda one: one.low or 0.0)
    rest = tuple(one for _, one in shown if one is not weakest)
    return Claim("spread", words, why, (weakest, *rest), 0.0)


def _when(key: str, step: Figure) -> str:
    return _STEPS.get(key, f"at “{step.label}”")


# ---- what it does instead


def _habits(diagnosis: Tree) -> list[Claim]:
    """Signs and conventions of which the interval clears the floor, the most frequent first."""
    attribution: Tree = diagnosis.get("attribution") or {}
    found = [
        claim
        for key, sign in (attribution.get("signs") or {}).items()
        if (claim := _habit(str(key), str(sign["label"]), sign["rate"])) is not None
    ]
    for kind in ("action", "counting"):
        for row in (attribution.get(kind) or {}).get("reasons") or ():
            form = _form(kind, row) if row["key"] in _FORMS else None
            found += [form] if form else []
    found.sort(key=lambda claim: -(claim.figures[0].low or 0.0))
    return [*_conventions(attribution), *found]


def _told(habits: Sequence[Claim]) -> list[Claim]:
    """The most frequent ones; the same fault of form in counting and acting is told once."""
    kinds: dict[str, Claim] = {}
    for claim in habits:
        kinds.setdefault(claim.key.rpartition(":")[2], claim)
    return list(kinds.values())[:_MOST_HABITS]


def _habit(key: str, label: str, rate: Tree) -> Claim | None:
    figure = _figure(label, rate)
    if figure is None or figure.low is None or figure.low <= FLOOR:
        return None
    share = _percent(figure.value)
    words = f"it {_HABITS[key].format(share)}" if key in _HABITS else f"{label}: {share}"
    why = f"The interval lies above {FLOOR * 100:.0f} %."
    return Claim(f"sign:{key}", words, why, (figure,), FLOOR)


def _form(kind: str, row: Tree) -> Claim | None:
    claim = _habit(f"{kind}:{row['key']}", f"{row['label']}, {kind} items", row["rate"])
    if claim is None:
        return None
    return replace(
        claim, words="it " + _FORMS[row["key"]].format(_percent(row["rate"]["value"]), kind)
    )


def _conventions(attribution: Tree) -> list[Claim]:
    out = []
    for found in attribution.get("conventions") or ():
        weight = _figure(str(found["label"]), found.get("weight"))
        if not found.get("decided") or weight is None or not weight.low or weight.low <= 0:
            continue
        does = _CONVENTIONS.get(str(found["key"]), f"uses other coordinates ({found['label']})")
        words = f"it {does} in {_percent(weight.value)} of its click answers"
        why = "Decided over all click answers by likelihood ratio; its interval lies above 0."
        out.append(Claim(f"convention:{found['key']}", words, why, (weight,), 0.0))
    return out


def _reach(diagnosis: Tree) -> list[Claim]:
    """Curves that lie apart: where acting gives out before counting does."""
    out = []
    for factor in (diagnosis.get("thresholds") or {}).values():
        apart = _figure("counting minus action", factor.get("distance"), "factor")
        if apart is None or apart.low is None or apart.high is None:
            continue
        if apart.low <= 0 <= apart.high:
            continue
        words = f"{str(factor['title']).lower()}: {factor['sentence']}"
        why = "The interval of the distance between the two curves leaves out 0."
        below = apart.high < 0
        claim = Claim(f"curve:{factor['key']}", words, why, (apart,), 0.0, below, spoken=False)
        out.append(claim)
    return out


# ---- figures in whole percents


def _figure(label: str, found: Tree | None, unit: Unit = "percent") -> Figure | None:
    """The figure of ``{"value", "low", "high", "n"}``; None where nothing was measured."""
    one = rate_of(found)
    if one.value is None:
        return None
    return Figure(value=one.value, low=one.low, high=one.high, n=one.n, label=label, unit=unit)


def _percent(value: float) -> str:
    """``61 %``; one decimal below 1 and above 99, where it matters."""
    number = value * 100
    digits = 0 if number in (0.0, 100.0) or 1 <= number <= 99 else 1
    return f"{number:.{digits}f}{_NBSP}%"


def _interval(figure: Figure) -> str:
    """Only the ends, ``70 to 90 %``; the value where there are none."""
    if figure.low is None or figure.high is None:
        return _percent(figure.value)
    return f"{100 * figure.low:.0f} to {100 * figure.high:.0f}{_NBSP}%"
