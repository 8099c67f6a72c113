"""A diagnosis in one plain sentence, and what each part of the sentence rests on.

Says nothing that the numbers do not carry: a fault is told only where the 95 % interval of its
figure clears the bound written beside it, and nothing is told of a respondent that shows none.
Reads diagnosis.json only; :mod:`handeye.premise.diagnosis.claims` has the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from handeye.premise.diagnosis.claims import FORMS, SEEN, Claim
from handeye.premise.scoring.figures import SENSES
from handeye.premise.scoring.reading import answer_kind
from handeye.premise.scoring.summary import drawn_of
from handeye.premise.scoring.tables import by_words_of_two
from handeye.scores.claims import (
    Figure,
    figure_of,
    look_claims,
    partial_claims,
    sentence_of,
    share_of,
)

Tree = Mapping[str, Any]
FLOOR = 0.05
"""A habit is worth a word from one item in twenty on."""
# Nearly every answer; nearly always the same.
_NEARLY = 0.9
_ALWAYS = 0.9
# Told no better than by chance: balanced accuracy (chance 1/2), contents (chance 1/4).
_AT_CHANCE, _GUESSED = 0.6, 0.5
_CONTENT_BY_LOT = 0.25
# Fewer families, and only ranges are told.
_FEWEST = 20
_MUTE = 0.05
# Of two details the wrong one is named: half as often as by lot.
_ROUTED = 0.25
# One sense is named, whichever is false.
_MOSTLY = 0.7
_MOST_KINDS = 4
_ALIKE = 0.1
_NO_USE = ("refused", "no_answer", "truncated", "unreadable")


def verdict(diagnosis: Tree) -> str:
    """The diagnosis of one run as one sentence.

    Args:
        diagnosis: diagnosis.json as nested dicts.
    """
    return sentence_of(claims(diagnosis))


def claims(diagnosis: Tree) -> list[Claim]:
    """Everything the sentence says, in its order, then what stands beneath it."""
    found = _Run(diagnosis)
    looks = look_claims(diagnosis, Claim)
    constant = any(claim.kind != "blind" and not claim.parts[0] for claim in looks)
    unseen = [] if constant else found.text_only() or found.random()
    if unseen:  # says more than that nothing shows that it looks
        looks = [claim for claim in looks if claim.kind != "blind"]
    nothing = bool(constant or unseen)
    lacks = [] if nothing else found.lacks()
    gone = set(SENSES) if nothing else {claim.parts[0] for claim in lacks}
    one = [] if constant else found.one_answer(gone)
    # Who rejects all has not looked; where S tells something, there is something that shows it.
    if any(claim.key == "rejects_all:" for claim in one) or found.tells_by_signal():
        looks = [claim for claim in looks if claim.kind != "blind"]
    ends = [] if constant else found.ends()
    mute = found.mute()
    body = [*mute, *looks, *unseen, *([] if _is_all(mute) else found.level()), *one]
    if not nothing:
        wrong = found.one_sense() or found.wrong_sense()
        besides = [*wrong, *found.content(gone)]
        if ends:  # where a letter is chosen for its place, senses and contents are wrong as well
            besides = [
                replace(claim, spoken=claim.spoken and claim.kind == "swaps") for claim in besides
            ]
        # Where details are not told, or taken wrongly already, it is no news.
        told = found.tells_all() and not (wrong or ends or lacks or one)
        two = [replace(claim, spoken=told) for claim in found.wrong_sense("two")]
        inverted = found.inverted()
        body += [
            *lacks,
            *inverted,
            *([] if one or lacks or inverted or ends else found.chance()),
            *([] if inverted else found.senses(gone)),
            *found.gap(),
            *ends,
            *besides,
            *two,
            *found.less_in_two(),
        ]
        body += [*found.interference(), *found.kinds(gone)]
    else:
        body += ends
    return [*partial_claims(diagnosis, Claim), *body, *found.forms(), *found.two()]


def carried(diagnosis: Tree) -> frozenset[tuple[str, str]]:
    """The signs of single items that the figures of a run bear out, with the sense asked about.

    S must surely tell a sense (area and what is told rightly above 1/2; of two details the area,
    and which of the rejections is ahead); what differs with the other sense must be more than
    errors by lot would make.

    Args:
        diagnosis: diagnosis.json as nested dicts; ``reasons`` are not needed.
    """
    found = _Run(diagnosis)
    signs = {(sign, sense) for sense in SENSES for sign in ("signal_knew", "second")
             if found.signal_tells(sense)}  # fmt: skip
    two: Tree = diagnosis.get("two") or {}
    area, route = (figure_of(name, two.get(name)) for name in ("area", "route"))
    if _above(area, 0.5):
        signs.add(("signal_knew", "both"))
        if _above(route, 0.5):
            signs.add(("second", "both"))
    if found.interference():
        signs |= {("with_other_sense", sense) for sense in SENSES if found.moved_by_other(sense)}
    return frozenset(signs)


def _above(one: Figure | None, bound: float) -> bool:
    return one is not None and one.low is not None and one.low > bound


def _is_all(mute: list[Claim]) -> bool:
    """Whether no answer at all can be read."""
    return any(claim.figures[0].value == 1 for claim in mute)


def _below(one: Figure | None, bound: float) -> bool:
    return one is not None and one.high is not None and one.high < bound


class _Run:
    """What a diagnosis allows to say."""

    def __init__(self, diagnosis: Tree) -> None:
        self._all = diagnosis
        self._evidence: Tree = diagnosis.get("evidence") or {}
        self._letters = answer_kind(str(diagnosis.get("variant"))) == "choice"
        self._said = answer_kind(str(diagnosis.get("variant"))) in ("choice", "text")
        self._few = int(diagnosis.get("n_scenes") or 0) < _FEWEST
        self.asked = [sense for sense in SENSES if sense in (self._evidence.get("accepts") or {})]

    def _figure(self, name: str, key: str, label: str, of: str = "", **more: Any) -> Figure | None:
        found = (self._evidence.get(name) or {}).get(key)
        return figure_of(label, found, of=of, **more)

    # ---- facts

    def mute(self) -> list[Claim]:
        """Items without an answer that can be read at all: counted, not estimated."""
        group: Tree = (self._all.get("reasons") or {}).get("all") or {}
        n = int(group.get("n_items") or 0)
        counts = {
            str(row["label"]): int(row["count"])
            for row in group.get("reasons") or ()
            if row["key"] in _NO_USE
        }
        whole = share_of(sum(counts.values()), n, "without an answer that can be read", "items")
        if not n or whole.value < _MUTE:
            return []
        parts = [share_of(count, n, label, "items") for label, count in counts.items()]
        return [Claim("mute", "mute", "Counted, not estimated.", (whole, *parts))]

    def level(self) -> list[Claim]:
        """How many true premises are accepted, and how many false ones rejected."""
        mean: Tree = (self._all.get("premises") or {}).get("mean") or {}
        one = " about one detail" * bool(self._all.get("two"))
        true = figure_of(
            "true premises accepted", mean.get("accepts_true"), of=f"true premises{one}"
        )
        ones = "false ones" if true else f"false premises{one}"
        false = figure_of("false premises rejected", mean.get("rejects_false"), of=ones)
        why = "Shares of all items, the senses weighed alike."
        if true is None or false is None:
            side = true or false
            if side is None and self._all.get("two"):  # says what there is to say
                return []
            if side is None:
                return [Claim("nothing", "nothing", "No item has a gold.")]
            return [Claim("one_side", "one_side", why, (side,))]
        if self._few:
            families = int(self._all.get("n_scenes") or 0)
            drawn = drawn_of(bool(self._all.get("families")))
            number = Figure(value=families, n=families, label=drawn, unit="count")
            return [Claim("small", "small", f"Fewer than {_FEWEST} {drawn}.",
                          (true, false, number))]  # fmt: skip
        return [Claim("level", "level", why, (true, false))]

    def two(self) -> list[Claim]:
        """Questions that name two details."""
        one = figure_of("decided rightly", (self._all.get("two") or {}).get("decided"),
                        of="questions that name two details")  # fmt: skip
        if one is None:
            return []
        why = "Mean over both true, sight false and sound false."
        least = by_words_of_two(str(self._all.get("variant")))
        chance = Figure(value=least, n=one.n, label="by the words alone, at most")
        return [Claim("two", "two", why, (one, chance), spoken=not self._all.get("premises"))]

    # ---- who does not look or listen

    def _balanced(self, sense: str) -> Figure | None:
        of = "readable answers to premises about what is " + SEEN[sense]
        return self._figure("balanced", sense, f"told rightly, {sense}", of)

    def _contents(self, sense: str) -> Figure | None:
        of = f"accepted premises ({sense})"
        return self._figure("content", sense, f"what is asked, {sense}", of)

    def _of_signal(self, sense: str, name: str) -> Figure | None:
        signals: Tree = (self._all.get("signals") or {}).get(str(self._all.get("signal"))) or {}
        own: Tree = (signals.get("by_sense") or {}).get(sense) or {}
        return figure_of(f"{name} of S, {sense}", own.get(name))

    def _area(self, sense: str) -> Figure | None:
        return self._of_signal(sense, "area")

    def signal_tells(self, sense: str) -> bool:
        """Whether S surely tells true from false of a sense."""
        return all(_above(self._of_signal(sense, name), 0.5) for name in ("area", "balanced"))

    def moved_by_other(self, sense: str) -> bool:
        """Whether decisions about a sense surely differ with the other one beyond errors."""
        (other,) = (one for one in SENSES if one != sense)
        return _above(self._figure("crossed_by", other, "more than by errors"), 0)

    def tells_by_signal(self) -> bool:
        """Whether S tells true from false of a sense, or takes one surely for the other."""
        areas = map(self._area, self.asked)
        return any(_above(one, _AT_CHANCE) or _below(one, 1 - _AT_CHANCE) for one in areas)

    def _told_by_chance(self, sense: str) -> bool:
        """Whether neither answers nor S tell true from false."""
        area = self._area(sense)
        return _below(self._balanced(sense), _AT_CHANCE) and (
            area is None or (_below(area, _AT_CHANCE) and not _below(area, 0.5))
        )

    def _tells_nothing(self, sense: str) -> bool:
        """Whether premises and contents are told by chance, and nothing hangs on the sense.

        Contents are known where something was accepted, and something else than TRUE was said. Who
        takes premises the wrong way round, or in the light of the other sense, tells them no better
        than by chance, too, but decides by what there is.
        """
        content = self._contents(sense)
        guessed = _below(content, _GUESSED) if self._said else True
        hangs = any(
            _above(self._figure(name, sense, "more than by chance"), FLOOR)
            for name in ("told_apart", "said_apart", "crossed_by")
        )
        told = any(_above(kind, _AT_CHANCE) for kind in self._of_kinds(sense))
        return self._told_by_chance(sense) and guessed and not hangs and not told

    def tells_all(self) -> bool:
        """Whether premises of every sense that is asked about are told."""
        told = [_above(self._balanced(sense), _AT_CHANCE) for sense in self.asked]
        return bool(told) and all(told)

    def _of_kinds(self, sense: str) -> list[Figure]:
        """By kind of detail, what is told rightly of the readable answers."""
        kinds: Tree = self._evidence.get(f"kinds_{sense}") or {}
        found = [figure_of(name, one, of="readable answers") for name, one in kinds.items()]
        return [one for one in found if one is not None]

    def text_only(self) -> list[Claim]:
        """The same answer to the same words, and none of it rightly."""
        of = "pairs of clips that are asked the same"
        same = self._figure("repeated", "same", "same words, same answer", of)
        if not self._blind() or not _above(same, _ALWAYS) or same is None:
            return []
        if self._one_for_all():
            return []
        why = (
            "No sense is told better than by chance, and answers to the same words about two clips "
            f"of a family are the same in surely more than {_ALWAYS * 100:.0f} %."
        )
        return [Claim("text_only", "text_only", why, (same, *self._both()), _ALWAYS)]

    def random(self) -> list[Claim]:
        """No more alike to the same words than any two answers are."""
        of = "pairs of clips that are asked the same"
        same = self._figure("repeated", "same", "same words, same answer", of)
        usual = self._figure("repeated", "usual", "any two answers the same")
        excess = self._figure("repeated", "excess", "more than any two", unit="points")
        if same is None or usual is None or excess is None:
            return []
        if not self._blind() or not _below(excess, _ALIKE) or self._one_for_all():
            return []
        why = (
            "No sense is told better than by chance, and the same words get the same answer hardly "
            "more often than any words do."
        )
        figures = (excess, same, usual, *self._both())
        return [Claim("random", "random", why, figures, _ALIKE, below=True)]

    def _blind(self) -> bool:
        return bool(self.asked) and all(map(self._tells_nothing, self.asked))

    def _both(self) -> list[Figure]:
        found = [(self._balanced(sense), self._contents(sense)) for sense in self.asked]
        return [one for two in found for one in two if one is not None]

    def _one_for_all(self) -> bool:
        """Whether TRUE, or FALSE, is all that is said: then answers are alike for that."""
        share = self._figure("accepts", "all", "accepted")
        return not self._said and (_above(share, _NEARLY) or _below(share, 1 - _NEARLY))

    def lacks(self) -> list[Claim]:
        """A sense of which nothing is told, where the other one works."""
        out = []
        for sense, other in (SENSES, SENSES[::-1]):
            if sense not in self.asked or other not in self.asked:
                continue
            works = _above(self._balanced(other), _AT_CHANCE)
            works = works or (self._said and _above(self._contents(other), _GUESSED))
            balanced, content = self._balanced(sense), self._contents(sense)
            if not works or balanced is None or not self._tells_nothing(sense):
                continue
            if self._accepts(sense, _NEARLY) and not self._said:
                continue
            why = (
                f"The interval of what is told rightly lies below {_AT_CHANCE * 100:.0f} %, that "
                f"of contents below {_GUESSED * 100:.0f} %; the other sense is told."
            )
            figures = tuple(one for one in (balanced, content) if one is not None)
            out.append(Claim("lacks", f"lacks:{sense}", why, figures, _AT_CHANCE, below=True,
                             parts=(sense,)))  # fmt: skip
        return out

    def inverted(self) -> list[Claim]:
        """Premises of a sense that are taken the wrong way round more often than rightly."""
        bound = 1 - _AT_CHANCE
        why = f"The interval of what is told rightly lies below {bound * 100:.0f} %."
        return [
            Claim("inverted", f"inverted:{sense}", why, (one,), bound, below=True, parts=(sense,))
            for sense in self.asked
            if _below(one := self._balanced(sense), bound) and one is not None
        ]

    def chance(self) -> list[Claim]:
        """Premises of every sense that are told by chance, whatever the answers hang on."""
        told = [self._balanced(sense) for sense in self.asked]
        found = tuple(one for one in told if one is not None)
        if not found or len(found) < len(told) or not all(map(self._told_by_chance, self.asked)):
            return []
        why = f"The interval of each sense lies below {_AT_CHANCE * 100:.0f} %."
        return [Claim("chance", "chance", why, found, _AT_CHANCE, below=True)]

    # ---- one answer to every premise

    def _accepts(self, sense: str, bound: float) -> bool:
        share = self._figure("accepts", sense, "accepted")
        return _above(share, bound) or _below(share, 1 - bound)

    def one_answer(self, gone: set[str]) -> list[Claim]:
        """Nearly every premise accepted, or rejected; of all, or of one sense."""
        names = {"all": "", **{sense: sense for sense in SENSES}}
        out: list[Claim] = []
        for key, part in names.items():
            of = f"readable answers{' to them' if part else ''}"
            share = self._figure("accepts", key, "accepted", of)
            if share is None or (part and any(not one.parts[0] for one in out)):
                continue
            if not self._both_asked(part) or part in gone:
                continue
            kind = "accepts_all" if _above(share, _NEARLY) else "rejects_all"
            if kind == "rejects_all":
                share = _turned(share, "rejected")
            if _above(share, _NEARLY):
                why = f"The interval lies above {_NEARLY * 100:.0f} %."
                key = f"{kind}:{part}"
                out.append(Claim(kind, key, why, (share,), _NEARLY, parts=(part,)))
        return out

    def _both_asked(self, part: str) -> bool:
        """Whether true and false premises were asked about."""
        senses = [part] if part else self.asked
        return all(self._balanced(sense) is not None for sense in senses)

    # ---- faults

    def senses(self, gone: set[str]) -> list[Claim]:
        """One sense is told better than the other."""
        apart = self._figure("balanced", "apart", "vision less audio", unit="points")
        vision, audio = map(self._balanced, SENSES)
        if gone or apart is None or vision is None or audio is None:
            return []
        why = f"The interval of the difference lies above {FLOOR * 100:.0f} points."
        if _above(apart, FLOOR):
            return [Claim("senses", "senses", why, (apart, vision, audio), FLOOR, parts=SENSES)]
        turned = _other_way(apart)
        if _above(turned, FLOOR):
            figures = (turned, audio, vision)
            return [Claim("senses", "senses", why, figures, FLOOR, parts=SENSES[::-1])]
        return []

    def wrong_sense(self, of: str = "all") -> list[Claim]:
        """Rejections that name the other sense, more often than not or often enough.

        Who decides by lot names senses by lot: spoken of a sense that is told, or far above that.

        Args:
            of: ``all`` questions about one detail, or those that name ``two``.
        """
        things = "rejections of false premises" if of == "all" else "rejections"
        one = self._figure("wrong_sense", of, "name the other sense", things)
        if one is None:
            return []
        for kind, bound in (("swaps", 0.5), ("wrong_sense", FLOOR if of == "all" else _ROUTED)):
            if _above(one, bound):
                why = f"The interval lies above {bound * 100:.0f} %."
                parts = () if of == "all" else (of,)
                told = any(
                    _above(self._balanced(sense), _AT_CHANCE)
                    and _above(self._figure("wrong_sense", sense, "name the other sense"), FLOOR)
                    for sense in self.asked
                )
                return [
                    Claim(kind, ":".join((kind, *parts)), why, (one,), bound, parts=parts,
                          spoken=told or _above(one, _AT_CHANCE))
                ]  # fmt: skip
        return []

    def one_sense(self) -> list[Claim]:
        """Rejections that name one and the same sense, whichever the false premise is about."""
        for sense, other in (SENSES, SENSES[::-1]):
            of = "rejections of false premises"
            one = self._figure("names", sense, f"name {sense}", of)
            wrong = self._figure("wrong_sense", other, "name the other sense")
            if one is not None and _above(one, _MOSTLY) and _above(wrong, _MOSTLY):
                why = (
                    f"The interval lies above {_MOSTLY * 100:.0f} %, and so does that of what is "
                    f"false of what is {SEEN[other]} alone."
                )
                key = f"one_sense:{sense}"
                return [Claim("one_sense", key, why, (one,), _MOSTLY, parts=(sense,))]
        return []

    def less_in_two(self) -> list[Claim]:
        """A sense that is told alone, and whose false details pass beside another detail."""
        out = []
        for sense in self.asked:
            name = f"in_two_{sense}"
            less = self._figure(name, "less", f"less than alone, {sense}", unit="points")
            two = self._figure(name, "two", "rejected beside another detail", "questions")
            alone = self._figure(name, "alone", "rejected alone")
            if less is None or two is None or alone is None or not _above(less, FLOOR):
                continue
            if _above(self._balanced(sense), _AT_CHANCE):
                why = f"The interval of the difference lies above {FLOOR * 100:.0f} points."
                figures = (less, two, alone)
                key = f"less_in_two:{sense}"
                out.append(Claim("less_in_two", key, why, figures, FLOOR, parts=(sense,)))
        return out

    def gap(self) -> list[Claim]:
        """S tells more than the answers."""
        head: Tree = self._all.get("headline") or {}
        gap = figure_of("perception minus action", head.get("gap"), "points")
        perception = figure_of(f"S of {self._all.get('signal')}", head.get("perception"))
        action = figure_of("answers", head.get("action"))
        if gap is None or perception is None or action is None or not _above(gap, FLOOR):
            return []
        why = f"The interval of the difference lies above {FLOOR * 100:.0f} points."
        return [Claim("gap", "gap", why, (gap, perception, action), FLOOR)]

    def ends(self) -> list[Claim]:
        """A lean to the last letters, or to the first."""
        out = []
        for name in ("late", "early") if self._all.get("permuted") and self._letters else ():
            excess = self._figure(name, "excess", "more than what it chooses", unit="points")
            seen = self._figure(name, "seen", "at these letters", "readable answers")
            usual = self._figure(name, "usual", "where what it chooses stands")
            if excess is None or seen is None or usual is None or not _above(excess, FLOOR):
                continue
            why = f"The interval of the difference lies above {FLOOR * 100:.0f} points."
            figures = (excess, seen, usual)
            out.append(Claim("ends", f"ends:{name}", why, figures, FLOOR, parts=(name,)))
        return out

    def interference(self) -> list[Claim]:
        """Accepting differs where the other sense alone does, beyond what errors by lot explain.

        Of few families nothing: what errors would do is known no better than the errors are.
        """
        of = "pairs of clips that differ in the other sense alone"
        flips = self._figure("crossed", "flips", "decided differently", of)
        usual = self._figure("crossed", "usual", "by errors apart from each other")
        excess = self._figure("crossed", "excess", "more than by errors", unit="points")
        if flips is None or usual is None or excess is None or self._few:
            return []
        most = usual.value if usual.high is None else usual.high
        if not (_above(excess, 0) and _above(flips, FLOOR) and flips.value > most):
            return []
        why = (
            f"The interval lies above {FLOOR * 100:.0f} %, the share above the upper end of what "
            "errors apart from each other would explain, that of the difference above 0."
        )
        return [Claim("interference", "interference", why, (excess, flips, usual), 0.0)]

    def content(self, gone: set[str]) -> list[Claim]:
        """What is asked, of the true premises that are accepted."""
        found = []
        for sense in SENSES if self._said else ():
            premises: Tree = (self._all.get("premises") or {}).get(sense) or {}
            of = f"true premises about what is {SEEN[sense]} that it accepts"
            one = figure_of(f"what is asked, {sense}", premises.get("content"), of=of)
            wrong = one and _turned(one, f"wrong, {sense}")
            if sense in gone or wrong is None or not _above(wrong, FLOOR):
                continue
            # Who tells nothing of a sense gets contents by lot as well.
            by_lot = not _above(self._contents(sense), _CONTENT_BY_LOT + FLOOR)
            if _above(self._balanced(sense), _AT_CHANCE) or not by_lot:
                found.append(wrong)
        why = f"Each interval lies above {FLOOR * 100:.0f} %."
        return [Claim("content", "content", why, tuple(found), FLOOR)] if found else []

    def kinds(self, gone: set[str]) -> list[Claim]:
        """Kinds of details that are told by chance, where their sense is told."""
        found = [
            (one, sense)
            for sense in SENSES
            if sense not in gone and _above(self._balanced(sense), _AT_CHANCE)
            for one in self._of_kinds(sense)
            if _below(one, _AT_CHANCE) and not _below(one, 0.5)  # that is taken the wrong way round
        ]
        if not found:
            return []
        found.sort(key=lambda pair: pair[0].high or 0.0)
        figures, senses = zip(*found[:_MOST_KINDS], strict=True)
        why = f"Each interval lies below {_AT_CHANCE * 100:.0f} %, and that of its sense above."
        return [Claim("kinds", "kinds", why, figures, _AT_CHANCE, below=True, parts=senses)]

    def forms(self) -> list[Claim]:
        """Answers that only a lenient reader can read."""
        group: Tree = (self._all.get("reasons") or {}).get("all") or {}
        out = []
        for row in group.get("reasons") or ():
            one = figure_of(str(row["label"]), row["rate"], of="items")
            if row["key"] in FORMS and _above(one, FLOOR) and one is not None:
                why = f"The interval lies above {FLOOR * 100:.0f} %."
                key = str(row["key"])
                out.append(Claim("form", f"form:{key}", why, (one,), FLOOR, parts=(key,)))
        return out


def _turned(one: Figure, label: str) -> Figure:
    """The other side of a share."""
    low, high = (None if end is None else 1 - end for end in (one.high, one.low))
    return structs.replace(one, value=1 - one.value, low=low, high=high, label=label)


def _other_way(one: Figure) -> Figure:
    """A difference seen from the other side."""
    turned = -one
    return structs.replace(one, value=-one.value, low=turned.low, high=turned.high)
