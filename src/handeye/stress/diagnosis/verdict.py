"""A diagnosis in one plain sentence, and what each part of the sentence rests on.

Says nothing that the numbers do not carry: a fault is told only where the 95 % interval of its
figure clears the bound written beside it, and that a cue is followed or contradicted only where the
weight of the cue surely is on that side of 0. What presupposes sight is told only of who surely
sees. Nothing is told of a respondent that shows none, and of one that does not look nothing but
that. Reads diagnosis.json only;
:mod:`handeye.stress.diagnosis.claims` has the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handeye.scores.claims import (
    Figure,
    figure_of,
    look_claims,
    partial_claims,
    sentence_of,
    share_of,
)
from handeye.stress.diagnosis.claims import FORMS, GUESSED, Claim
from handeye.stress.items import DRAWN, WORDED

Tree = Mapping[str, Any]
FLOOR = 0.05
"""A habit is worth a word from one item in twenty on."""
# Pairs of a family that are both told; fewer groups, and only ranges are told.
_SELDOM, _FEWEST, _FEWEST_OF_FAMILY = 0.5, 20, 8
_MUTE = 0.05
# Who guesses one of two values says half of the cues.
_BY_LOT = 0.5
_MOST_KINDS = 4
_NO_USE = ("refused", "no_answer", "truncated", "unreadable")
_SEEN_BEFORE = "items that are right without the cue"


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
    mute = found.mute()
    body = [*mute, *looks]
    if not any(claim.figures[0].value == 1 for claim in mute):
        body += found.level()
    if not looks:
        body += found.faults() if found.sees() else found.untold()
    return [*partial_claims(diagnosis, Claim), *body, *found.forms()]


class _Run:
    """What a diagnosis allows to say."""

    def __init__(self, diagnosis: Tree) -> None:
        self._all = diagnosis
        self._staged: Tree = diagnosis.get("staged") or {}
        self._weights: Tree = diagnosis.get("weights") or {}
        self._reasons: Tree = (diagnosis.get("reasons") or {}).get("all") or {}

    def mute(self) -> list[Claim]:
        """Items without an answer that can be read at all: counted, not estimated."""
        n = int(self._reasons.get("n_items") or 0)
        counts = {
            str(row["label"]): int(row["count"])
            for row in self._reasons.get("reasons") or ()
            if row["key"] in _NO_USE
        }
        whole = share_of(sum(counts.values()), n, "without an answer that can be read", "items")
        if not n or whole.value < _MUTE:
            return []
        parts = [share_of(count, n, label, "items") for label, count in counts.items()]
        return [Claim("mute", "mute", "Counted, not estimated.", (whole, *parts))]

    def level(self) -> list[Claim]:
        """How much is seen without a cue, and how many pairs are told under one."""
        head: Tree = self._all.get("headline") or {}
        plain = figure_of("without a cue", head.get("uncued"), of="questions without a cue")
        pst = figure_of("PST accuracy", head.get("pst"), of="pairs of the same words")
        why = "Shares of all items; what cannot be read counts as wrong."
        if plain is None:
            return [] if pst is None else [Claim("plain", "level", why, (pst,))]
        groups = int(self._all.get("n_scenes") or 0)
        if groups < _FEWEST:
            number = Figure(value=groups, n=groups, label="groups", unit="count")
            return [Claim("small", "small", f"Fewer than {_FEWEST} groups.", (plain, number))]
        if pst is None:
            return [Claim("plain", "level", why, (plain,))]
        return [Claim("level", "level", why, (plain, pst))]

    def sees(self) -> bool:
        """Whether pairs are surely told oftener than who guesses tells them.

        Those without a cue; where there are none, those under one.
        """
        head: Tree = self._all.get("headline") or {}
        return _above(figure_of("pairs", head.get("pairs") or head.get("pst")), GUESSED)

    def faults(self) -> list[Claim]:
        """What is told of who sees."""
        return [*self.follows(), *self.outweighs(), *self.contradicts(), *self.beside()]

    # ---- what cues do

    def _moved(self, kinds: Iterable[str], sign: int) -> list[str]:
        """Kinds of cues whose weight surely lies on a side of 0."""
        out = []
        for kind in kinds:
            cue: Tree = (self._weights.get(kind) or {}).get("cue") or {}
            end = cue.get("low") if sign > 0 else cue.get("high")
            if cue.get("value") is not None and end is not None and sign * end > 0:
                out.append(kind)
        return out

    def _cued(self, kind: str, kinds: Sequence[str], sign: int, key: str, of: str) -> list[Claim]:
        """Kinds whose weight is on a side of 0 and whose share of items clears the floor."""
        asked = [one for one in kinds if one in self._weights]
        if not asked:
            return []
        moved = self._moved(asked, sign)
        found = {
            one: figure
            for one in moved
            if (figure := self._share_of(one, key, of)) is not None and _above(figure, FLOOR)
        }
        whole = self._moved([_together(asked)], sign)
        everything = self._share_over(asked, key, of)
        if everything is None or not _above(everything, FLOOR) or not (found or whole):
            if not found:
                return []
            everything = max(found.values(), key=lambda one: one.value)
        why = (
            "Its weight in log odds surely is "
            f"{'above' if sign > 0 else 'below'} 0, and the share above the floor."
        )
        named = sorted(found, key=lambda one: -found[one].value)[:_MOST_KINDS]
        figures = (everything, *(found[one] for one in named))
        return [Claim(kind, kind, why, figures, FLOOR, parts=tuple(named))]

    def _share_of(self, kind: str, key: str, of: str) -> Figure | None:
        found: Tree = (self._staged.get(kind) or {}).get(key) or {}
        return figure_of(kind, _complement(found) if key == "true" else found, of=of)

    def _share_over(self, kinds: Sequence[str], key: str, of: str) -> Figure | None:
        found: Tree = (self._staged.get(_together(kinds) or "items") or {}).get(key) or {}
        if not found and len(kinds) == 1:
            return self._share_of(kinds[0], key, of)
        return figure_of("all kinds", _complement(found) if key == "true" else found, of=of)

    def follows(self) -> list[Claim]:
        """Misleading words that are followed, and labels that are taken, though it sees."""
        of = f"{_SEEN_BEFORE} and misleading under it"
        return [
            *self._cued("follows", WORDED, 1, "follow", of),
            *self._cued("label", DRAWN, 1, "follow", of),
        ]

    def untold(self) -> list[Claim]:
        """That cues are followed by one who may be blind."""
        followed = figure_of("followed", (self._all.get("headline") or {}).get("follow"),
                             of="misleading cues")  # fmt: skip
        if followed is None or not _above(followed, _BY_LOT) or not self._moved(self._weights, 1):
            return []
        n = int(self._all.get("n_scenes") or 0)
        groups = Figure(value=n, n=n, label="groups", unit="count")
        why = "The weight of a cue surely is above 0; that it sees is not sure."
        return [Claim("untold", "untold", why, (followed, groups), _BY_LOT)]

    def contradicts(self) -> list[Claim]:
        """True cues that are contradicted, though it sees."""
        of = f"{_SEEN_BEFORE} and true under it"
        return self._cued("contradicts", (*WORDED, *DRAWN), -1, "true", of)

    def outweighs(self) -> list[Claim]:
        """Kinds of cues that surely weigh more than the picture."""
        found = {}
        for kind in (*WORDED, *DRAWN):
            lead: Tree = (self._weights.get(kind) or {}).get("lead") or {}
            if lead.get("value") is not None and (lead.get("high") or 0.0) < 0:
                found[kind] = Figure(
                    value=float(lead["value"]), low=lead.get("low"), high=lead.get("high"),
                    n=int(lead.get("n") or 0), label=f"visual less cue, {kind}", unit="factor",
                )  # fmt: skip
        if not found:
            return []
        named = sorted(found, key=lambda one: found[one].value)[:_MOST_KINDS]
        why = "Visual weight less that of the cue surely is below 0."
        figures = tuple(found[one] for one in named)
        return [Claim("outweighs", "outweighs", why, figures, 0.0, True, parts=tuple(named))]

    # ---- what else

    def beside(self) -> list[Claim]:
        """What is told of who sees, beside cues."""
        return [*self.no_such(), *self.outside(), *self.families()]

    def no_such(self) -> list[Claim]:
        """Things that are not there, and those that are."""
        other: Tree = self._all.get("other") or {}
        out = []
        for kind, key, of in (
            ("missed", "taken", "questions about a thing that is not there"),
            ("denies", "denied", "questions about a thing that is there"),
        ):
            one = figure_of(key, other.get(key), of=of)
            if one is not None and _above(one, FLOOR):
                out.append(Claim(kind, kind, "A share above the floor.", (one,), FLOOR))
        return out

    def outside(self) -> list[Claim]:
        """Answers that are neither of the two values."""
        one = figure_of("neither value", (self._all.get("headline") or {}).get("outside"),
                        of="readable answers under a cue")  # fmt: skip
        if one is None or not _above(one, FLOOR):
            return []
        return [Claim("outside", "outside", "A share above the floor.", (one,), FLOOR)]

    def families(self) -> list[Claim]:
        """Families of which surely less than half the pairs are told without a cue."""
        found = {}
        for family, figures in (self._all.get("families") or {}).items():
            one = figure_of(family, figures.get("pairs"), of="pairs")
            if one is not None and one.n >= _FEWEST_OF_FAMILY and (one.high or 1.0) < _SELDOM:
                found[str(family)] = one
        if not found:
            return []
        named = sorted(found, key=lambda one: found[one].value)[:_MOST_KINDS]
        why = "Surely less than half of the pairs are both right without a cue."
        figures_of = tuple(found[one] for one in named)
        return [Claim("families", "families", why, figures_of, _SELDOM, True, parts=tuple(named))]

    def forms(self) -> list[Claim]:
        """Answers in another form than was asked for."""
        out = []
        for row in self._reasons.get("reasons") or ():
            if row["key"] not in FORMS:
                continue
            one = figure_of(str(row["label"]), row["rate"], of="items")
            if one is not None and _above(one, FLOOR):
                why = "A share above the floor."
                out.append(Claim("form", row["key"], why, (one,), FLOOR, parts=(row["key"],)))
        return out


def _together(kinds: Sequence[str]) -> str:
    """What kinds of cues are called together; empty for words and drawings alike."""
    known = set(kinds)
    return "worded" if known <= set(WORDED) else "drawn" if known <= set(DRAWN) else ""


def _above(one: Figure | None, bound: float) -> bool:
    return one is not None and one.low is not None and one.low > bound


def _complement(found: Tree) -> dict[str, Any]:
    """What is left of a share: wrong in place of right."""
    ends = {"value": "value", "low": "high", "high": "low"}
    out = {
        name: None if found.get(of) is None else 1 - float(found[of]) for name, of in ends.items()
    }
    return out | {"n": found.get("n", 0)}
