"""A diagnosis in one plain sentence, and what each part of the sentence rests on.

Says nothing that the numbers do not carry: a part that compares (a gap, a largest loss, a habit)
stands only where its 95 % interval clears the bound written beside it. Everything else is either a
fact about this run (how many items, how many without an answer) or says that it cannot be told.
Reads diagnosis.json only; :mod:`handeye.rose.diagnosis.claims` has the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import structs

from handeye.rose.diagnosis.claims import (
    COLUMNS,
    FORMS,
    HABITS,
    HOLDS,
    PAIRS,
    REASONS,
    STEPS,
    WOULD_SHOW,
    Claim,
)
from handeye.rose.diagnosis.reasons import NO_USE
from handeye.rose.diagnosis.sources import silent_sources, worst_source
from handeye.scores.claims import (
    Figure,
    figure_of,
    look_claims,
    partial_claims,
    sentence_of,
    share_of,
)
from handeye.scores.estimate import rate_of

__all__ = ["FLOOR", "Claim", "Figure", "claims", "verdict"]

Tree = Mapping[str, Any]
# A habit is worth a word from one item in twenty on.
FLOOR = 0.05
# Fewer scenes, or an interval of the gap wider than this, and only ranges are told of a run that
# has no gap that is sure.
FEWEST_SCENES = 20
WIDEST_GAP = 0.3
# No usable answer: told from one item in twenty on, first from one in two. Kinds of question whose
# shares differ by more than the last are told apart.
_MUTE, _MOSTLY_MUTE, _MUTE_ALIKE = 0.05, 0.5, 0.1
_MOST_HABITS = 2
# Where less is counted right, there is no room for a gap.
_LITTLE = 0.1
# A kind of question with fewer right answers is told, unless its side's level tells it: all kinds
# of the side are as bad, and lie no further apart than this.
_MOSTLY_WRONG, _ALIKE = 0.5, 0.2
# A mean over subsets and templates this far from the share of questions is called a mean.
_AVERAGED = 0.05
_STATES = ("refused", "truncated", "empty", "error")
_KINDS = {"action": "action questions", "counting": "counting questions"}


def verdict(diagnosis: Tree) -> str:
    """The diagnosis of one run as one sentence.

    Args:
        diagnosis: diagnosis.json as nested dicts
        (``handeye.rose.diagnosis.diagnose.Diagnosis.data``).
    """
    return sentence_of(claims(diagnosis))


def claims(diagnosis: Tree) -> list[Claim]:
    """Everything the sentence says, in its order, then what stands beneath it."""
    mute = _mute(diagnosis)
    level = _level(diagnosis)
    first = any(one.value >= _MOSTLY_MUTE for claim in mute for one in claim.figures)
    looks = look_claims(diagnosis, Claim)
    unseen = frozenset(part for claim in looks for part in claim.parts)
    if unseen >= set(_KINDS):
        unseen |= {""}
    losses = _losses(diagnosis) if level.kind == "gap" and "" not in unseen else []
    habits = [claim for claim in _habits(diagnosis) if not _assumes_sight(claim, unseen)]
    # What answers do that hang on nothing comes after the faults of those that hang on something.
    habits.sort(key=lambda claim: _about(claim) in unseen)
    told = _told([one for one in habits if not (mute and one.key.endswith(":unreadable"))])
    rest = [replace(claim, spoken=False) for claim in habits if claim not in told]
    silent = silent_sources(diagnosis)
    sources = [] if "" in unseen or silent else worst_source(diagnosis)
    body = [level, *losses, *_parts(diagnosis, level), *sources, *told]
    body = [*mute, *looks, *body] if first else [*looks, *body, *mute]
    return [*silent, *partial_claims(diagnosis, Claim), *body, *rest, *_reach(diagnosis)]


# ---- facts about the run


# Habits that say how something was seen.
_SEEN = frozenset({"whole_grid_default", "anchored"})


def _assumes_sight(claim: Claim, unseen: frozenset[str]) -> bool:
    """Whether a claim says how something was seen, of answers that hang on nothing."""
    if claim.parts[0] in FORMS or (claim.kind == "habit" and claim.parts[0] not in _SEEN):
        return False
    return not unseen.isdisjoint(("", _about(claim)))


def _about(claim: Claim) -> str:
    """The questions that a habit, convention or reason is about."""
    if claim.kind == "reason":
        return claim.key.split(":")[1]
    return "counting" if claim.parts[0] == "anchored" else "action"


def _mute(diagnosis: Tree) -> list[Claim]:
    """Items without an answer that can be used: counted, not estimated."""
    n = int(diagnosis.get("n_items") or 0)
    lost = {kind: _lost(diagnosis, kind) for kind in _KINDS}
    counts = {name: int((diagnosis.get("states") or {}).get(name, 0)) for name in _STATES}
    # An answer that is whole at the limit is used, so its state does not tell.
    for name in ("truncated", "unreadable"):
        counts[name] = sum(of[name] for _, of in lost.values())
    kinds = {
        kind: share_of(sum(of.values()), asked, f"{kind} questions", _KINDS[kind])
        for kind, (asked, of) in lost.items()
        if asked
    }
    whole = share_of(sum(counts.values()), n, "items", "items")
    told = {kind: one for kind, one in kinds.items() if one.value >= _MUTE}
    if not n or (whole.value < _MUTE and not told):
        return []
    shares = [one.value for one in kinds.values()]
    wholes = [whole]
    if told and max(shares) - min(shares) >= _MUTE_ALIKE:
        wholes = list(told.values())
        counts = {name: sum(lost[kind][1][name] for kind in told) for name in NO_USE}
    names = {name: NO_USE.get(name, name) for name, count in counts.items() if count}
    total = sum(one.n for one in wholes)
    of = " and ".join(one.of for one in wholes)
    parts = [share_of(counts[name], total, label, of) for name, label in names.items()]
    why = "Counted, not estimated."
    return [Claim("mute", "mute", why, (*wholes, *parts), parts=tuple(names.values()))]


def _lost(diagnosis: Tree, kind: str) -> tuple[int, dict[str, int]]:
    """Items of a kind, and how many have no answer to look at, by reason."""
    group: Tree = (diagnosis.get("attribution") or {}).get(kind) or {}
    counts = {row["key"]: int(row["count"]) for row in group.get("reasons") or ()}
    return int(group.get("n_items") or 0), {name: counts.get(name, 0) for name in NO_USE}


# ---- how much, and the gap


def _level(diagnosis: Tree) -> Claim:
    head: Tree = diagnosis.get("headline") or {}
    counting, action = (figure_of(name, head.get(name), of=_KINDS[name]) for name in _HEADS)
    gap = figure_of("gap, counting minus action", head.get("gap"), "points")
    if counting is None or action is None or gap is None:
        return _columns(diagnosis)
    whole = (counting.value, action.value) == (1.0, 1.0) and not _failing(diagnosis)
    counting, action = (_set_apart(diagnosis, one) for one in (counting, action))
    figures = (gap, counting, action)
    scenes = int(diagnosis.get("n_scenes") or 0)
    few = scenes < FEWEST_SCENES or (gap.width or 0.0) > WIDEST_GAP
    kind, why, bound = "no_gap", "The interval of the gap holds 0.", None
    if gap.low is not None and gap.low > 0:
        kind, why, bound = "gap", "The interval of the gap lies above 0.", 0.0
    elif gap.high is not None and gap.high < 0:
        kind, why, bound = "ahead", "The interval of the gap lies below 0.", 0.0
    elif few:
        kind = "flawless" if whole else "small"
        why = (
            f"Fewer than {FEWEST_SCENES} scenes, or an interval of the gap wider than "
            f"{WIDEST_GAP * 100:.0f} points, which holds 0."
        )
        number = Figure(value=scenes, n=scenes, label="scenes", unit="count")
        wide = () if scenes < FEWEST_SCENES else ("wide",)
        return Claim(kind, kind, why, (counting, action, gap, number), parts=wide)
    elif gap.low is None or gap.high is None:
        kind, why = "bare", "Without an interval of the gap nothing more is said."
    elif counting.high is not None and counting.high < _LITTLE:
        kind = "little"
    elif whole:
        kind = "whole"
    parts = ("averaged",) if _averaged(diagnosis, counting, action) else ()
    return Claim(kind, kind, why, figures, bound, kind == "ahead", parts=parts)


_HEADS = ("counting", "action")
# Kinds of question that the levels do not count.
_ASIDE = {"counting": ("mL-Cnt",), "action": ("G-Clk",)}
_COLUMNS = ("G-Cnt", "L-Cnt", "mL-Cnt", "L-Clk", "V-Clk", "Excl-CS", "G-Clk")
_MEANS = {"counting": ("G-Cnt", "L-Cnt"), "action": ("L-Clk", "V-Clk", "Excl-CS")}


def _averaged(diagnosis: Tree, *levels: Figure) -> bool:
    """Whether a level is far from the share of its questions that pass."""
    by_template: Tree = (diagnosis.get("attribution") or {}).get("by_template") or {}
    for name, level in zip(_HEADS, levels, strict=True):
        groups = [by_template.get(column) or {} for column in _MEANS[name]]
        if not all(group.get("n_items") for group in groups):
            continue
        n, failed = (sum(group[key] for group in groups) for key in ("n_items", "n_failed"))
        if abs(1 - failed / n - level.value) > _AVERAGED:
            return True
    return False


def _set_apart(diagnosis: Tree, level: Figure) -> Figure:
    """A level that all pass, without the questions that it does not count and that fail."""
    failing = _failing(diagnosis, _ASIDE[level.label])
    if level.value < 1.0 or not failing:
        return level
    return structs.replace(level, of=f"{level.of} ({' and '.join(failing)} aside)")


def _failing(diagnosis: Tree, columns: Sequence[str] = tuple(COLUMNS)) -> list[str]:
    """Kinds of question of which any was failed."""
    by_template: Tree = (diagnosis.get("attribution") or {}).get("by_template") or {}
    return [name for name in columns if (by_template.get(name) or {}).get("n_failed")]


def _parts(diagnosis: Tree, level: Claim) -> list[Claim]:
    """Kinds of question, and pairs of them, that are mostly wrong where their side is not."""
    if level.kind in ("columns", "empty"):
        return []
    by_template: Tree = (diagnosis.get("attribution") or {}).get("by_template") or {}
    found = []
    covered: set[str] = set()
    for name in _HEADS:
        asked = {
            column: 1 - group["n_failed"] / group["n_items"]
            for column in (*_MEANS[name], *_ASIDE[name])
            if (group := by_template.get(column) or {}).get("n_items")
        }
        best, worst = max(asked.values(), default=1.0), min(asked.values(), default=1.0)
        whole = rate_of((diagnosis.get("headline") or {}).get(name)).value or 0.0
        if max(whole, best) < _MOSTLY_WRONG and best - worst < _ALIKE:
            covered |= set(asked)
            continue
        found += [
            Figure(
                value=right,
                n=by_template[column]["n_items"],
                label=column,
                of=f"{column} questions",
            )
            for column, right in asked.items()
            if right < _MOSTLY_WRONG
        ]
    why = f"Counted: fewer than {_MOSTLY_WRONG * 100:.0f} % of these are right."
    out = [Claim("weak", "weak", why, tuple(found))] if found else []
    for name, (given, column) in _GIVEN.items():
        bridge: Tree = (diagnosis.get("bridges") or {}).get(name) or {}
        figures: Tree = bridge.get("micro_pooled") or bridge.get("macro_equal_subset") or {}
        one = figure_of("clicked rightly if counted rightly", figures.get(given), of=PAIRS[name])
        if one is not None and one.value < _MOSTLY_WRONG and one.n and column not in covered:
            why = "Counted: of what is counted rightly less than half is clicked rightly."
            out.append(Claim("pair", f"pair:{name}", why, (one,)))
    return out


_GIVEN = {
    "global": ("gclk_pass_given_gcnt_correct", "G-Clk"),
    "matched": ("lclk_pass_given_mlcnt_correct", "L-Clk"),
}


def _columns(diagnosis: Tree) -> Claim:
    """A run without the templates that a gap needs: what it has, one by one."""
    columns: Mapping[str, Tree] = diagnosis.get("columns") or {}
    found = [
        one
        for name in _COLUMNS
        if (one := figure_of(name, columns.get(name), of=f"{name} questions")) is not None
    ]
    if not found:
        return Claim("empty", "empty", "The run holds no item of any template.")
    why = "A gap needs the counting templates G-Cnt, L-Cnt and the action templates."
    return Claim("columns", "columns", why, tuple(found))


# ---- where it is lost


def _losses(diagnosis: Tree) -> list[Claim]:
    """The step that loses most, as far as the intervals can tell it from the others.

    Where two failures are in one answer, which of them loses it hangs on the order in which they
    are forgiven: the largest step must be the largest if it is forgiven last, too.
    """
    chain: Tree | None = (diagnosis.get("decomposition") or {}).get("gap")
    if not chain:
        return []
    whole = figure_of("all steps, action minus counting", chain["whole"], "loss")
    unused = _unused(diagnosis)
    steps = [
        (str(step["key"]), one, *_orders(step, unused))
        for step in chain["steps"]
        if (one := figure_of(str(step["label"]), step["loss"], "loss")) is not None
    ]
    sure = [step for step in steps if step[1].low is not None and step[1].low + step[3] > 0]
    sure.sort(key=lambda step: -(step[1].value + step[3]))
    if not sure or whole is None:
        why = "No step of the decomposition has an interval above 0."
        return [Claim("no_step", "no_step", why, spoken=False)]
    key, first, least, _ = sure[0]
    assert first.low is not None
    rival = max((one.top + most for other, one, _, most in steps if other != key), default=0.0)
    lost = sum(max(one.value, 0.0) for _, one, *_ in steps)
    half = 0.5 * max(whole.top, lost)
    others = tuple(one for _, one, *_ in steps if one is not first)
    name = (_name(key, first),)
    if first.low + least > max(half, rival):
        why = "The interval of this step lies above half of the loss and above every other step."
        figures = (first, whole, *others)
        return [Claim("most", "largest", why, figures, max(half, rival), parts=name)]
    if first.low + least > rival:
        why = "The interval of this step lies above that of every other step."
        return [Claim("largest", "largest", why, (first, *others), rival, parts=name)]
    shown = sure[:3]
    why = "Each of these steps has an interval above 0; none is clearly the largest."
    if len(shown) == 1:
        why = "This step alone loses points surely; how much of the loss is its own is not sure."
    elif any((one.low or 0.0) <= 0 for _, one, *_ in shown):
        why = "Each of these loses points, some of them in answers that another one loses as well."
    figures = tuple(sorted((one for _, one, *_ in shown), key=lambda one: one.low or 0.0))
    bound = 0.0 if (figures[0].low or 0.0) > 0 else None
    parts = tuple(_name(key, one) for key, one, *_ in shown)
    return [Claim("spread", "spread", why, figures, bound, parts=parts)]


def _orders(step: Tree, unused: Mapping[str, float]) -> tuple[float, float]:
    """How much less, and how much more, a step loses if it is forgiven last: (<= 0, >= 0).

    Forgiven last, a step loses the answers that are not right without it. Answers that cannot be
    used are forgiven first, the others standing for them; last, they lose their own share, and
    leave the other steps what is lost in answers that can be used.
    """
    loss = step["loss"]["value"]
    last = (step.get("alternative") or {}).get("last")
    others = [loss if last is None else last]
    if step["key"] in unused:
        others.append(max(loss, unused[step["key"]]))
    else:
        others.append(loss * (1 - sum(unused.values())))
    return min(0.0, min(others) - loss), max(0.0, max(others) - loss)


def _unused(diagnosis: Tree) -> dict[str, float]:
    """Share of the action questions whose answers cannot be used, beyond that of counting."""
    steps = {"format": ("unreadable",), "no_answer": ("refused", "truncated", "no_answer")}
    (acting, lost), (counting, other) = (_lost(diagnosis, kind) for kind in _KINDS)
    found = {}
    for step, names in steps.items():
        of_action = sum(lost[name] for name in names) / max(acting, 1)
        of_counting = sum(other[name] for name in names) / max(counting, 1)
        found[step] = max(of_action - of_counting, 0.0)
    return found


def _name(key: str, step: Figure) -> str:
    """The key of a step that has words, the label of another."""
    return key if key in STEPS else step.label


# ---- what it does instead


def _habits(diagnosis: Tree) -> list[Claim]:
    """What clears the floor: conventions, then habits and forms, then other reasons; most first."""
    attribution: Tree = diagnosis.get("attribution") or {}
    habits = []
    for key, sign in (attribution.get("signs") or {}).items():
        of = HABITS[key][1] if key in HABITS else "answers where it can show"
        figure = figure_of(str(sign["label"]), sign["rate"], of=of)
        habits += _above("habit", f"sign:{key}", str(key), figure)
    reasons: list[Claim] = []
    bridges = {"action": "G-Clk", "counting": "mL-Cnt"}
    for kind, keys in REASONS.items():
        with_bridge = bridges[kind] in (attribution.get("by_template") or {})
        of = _KINDS[kind] + f" ({bridges[kind]} among them)" * with_bridge
        held: Tree = attribution.get(kind) or {}
        shown = {row["key"]: row["rate"] for row in held.get("tags") or ()}
        for row in held.get("reasons") or ():
            key, label = str(row["key"]), f"{row['label']}, {kind} items"
            first = figure_of(label, row["rate"], of=of)
            if key in keys and _above("reason", key, key, first):
                # Told where it is the reason often; the share is of all answers that it holds of.
                figure = figure_of(label, shown.get(HOLDS.get(key, key), row["rate"]), of=of)
                found = _above("reason", f"sign:{kind}:{key}", key, figure)
                (habits if key in FORMS else reasons).extend(found)
    for told in (habits, reasons):
        told.sort(key=lambda claim: -(claim.figures[0].low or 0.0))
    return [*_conventions(attribution), *habits, *reasons]


def _told(habits: Sequence[Claim]) -> list[Claim]:
    """The first ones; the same fault of form in counting and acting is told once."""
    kinds: dict[str, Claim] = {}
    for claim in habits:
        kinds.setdefault(claim.key.rpartition(":")[2], claim)
    return list(kinds.values())[:_MOST_HABITS]


def _above(kind: str, key: str, part: str, figure: Figure | None) -> list[Claim]:
    """A claim where the interval clears the floor."""
    if figure is None or figure.low is None or figure.low <= FLOOR:
        return []
    why = f"The interval lies above {FLOOR * 100:.0f} %."
    return [Claim(kind, key, why, (figure,), FLOOR, parts=(part,))]


def _conventions(attribution: Tree) -> list[Claim]:
    out = []
    for found in attribution.get("conventions") or ():
        weight = figure_of(str(found["label"]), found.get("weight"), of=WOULD_SHOW)
        if not found.get("decided") or weight is None or not weight.low or weight.low <= 0:
            continue
        why = "Decided over all click answers by likelihood ratio; its interval lies above 0."
        key = str(found["key"])
        out.append(Claim("convention", f"convention:{key}", why, (weight,), 0.0, parts=(key,)))
    return sorted(out, key=lambda claim: -(claim.figures[0].low or 0.0))


def _reach(diagnosis: Tree) -> list[Claim]:
    """Curves that lie apart: where acting gives out before counting does."""
    out = []
    for factor in (diagnosis.get("thresholds") or {}).values():
        apart = figure_of("counting minus action", factor.get("distance"), "factor")
        if apart is None or apart.low is None or apart.high is None:
            continue
        if apart.low <= 0 <= apart.high:
            continue
        words = f"{str(factor['title']).lower()}: {factor['sentence']}"
        why = "The interval of the distance between the two curves leaves out 0."
        key, below = f"curve:{factor['key']}", apart.high < 0
        out.append(Claim("curve", key, why, (apart,), 0.0, below, spoken=False, parts=(words,)))
    return out
