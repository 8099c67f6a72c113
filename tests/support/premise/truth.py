"""Is what a verdict says of a respondent of known fault so?

Shares are counted from the answers as they were meant. What an answer depends on is found by
changing one thing and asking again with the same draws: the clip in one sense, what is right of
what is asked, the order of the options. Nothing of scoring, reading or diagnosis is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from handeye.premise.diagnosis.claims import Claim
from handeye.premise.diagnosis.diagnose import diagnose_rows
from handeye.premise.diagnosis.verdict import claims
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.looks import Answered, looks
from handeye.scores.claims import Figure
from handeye.sets.draw import Draw
from tests.support.judged import Result
from tests.support.premise.adversaries import LETTERS, REJECTS, SENSES, Asked, Respondent, Said

# Shares of questions whose answer may change for nothing.
_NOTHING = 0.02


def judge(one: Respondent, asked: Sequence[Asked], seed: int, resamples: int = 1000) -> Result:
    """Let a respondent answer, diagnose it, and hold every claim against the truth."""
    truth = Truth(one, asked, seed)
    rows = [_row(one, ask, said) for ask, said in truth.given]
    items = [ask.item for ask in asked]
    scored = score(rows, items, bootstrap=resamples)
    known = [
        Answered(item, row, said["raw_text"])
        for item, row, said in zip(items, scored.rows, rows, strict=True)
    ]
    found = diagnose_rows(
        scored.summary, scored.rows, looks=looks(known, bootstrap=0), resamples=resamples
    )
    every = claims(found.data)
    result = Result(one, found.sentence, [_named(claim) for claim in every if claim.spoken])
    for claim in every:
        wrong = truth.denies(claim)
        result.checked += wrong is not None
        if wrong:
            result.false.append(f"{claim.words}: {wrong}")
    result.missing = [wanted for wanted in one.says if wanted not in result.spoken]
    return result


def _row(one: Respondent, ask: Asked, said: Said) -> dict[str, Any]:
    text = said.text
    if text is None:
        text = "" if said.role is None else LETTERS[ask.order.index(said.role)]
    row = {"item_id": ask.item.item_id, "raw_text": text, "variant": one.variant, "model": one.name}
    if said.state != "answered":
        row["state"] = said.state
    if said.logs is not None:
        row |= {"letters": dict(said.logs), "letters_bound": min(said.logs.values())}
    return row


def _named(claim: Claim) -> str:
    parts = () if claim.kind == "kinds" else claim.parts[:1]
    return ":".join(filter(None, [claim.kind, *parts]))


class Truth:
    """Facts about the answers of one respondent."""

    def __init__(self, one: Respondent, asked: Sequence[Asked], seed: int) -> None:
        self.one, self._seed = one, seed
        self.given = [(ask, self.said(ask)) for ask in asked]

    def said(self, ask: Asked, again: str = "") -> Said:
        """What is answered; the same draws for the same item."""
        names = (self.one.name, *([again] if again else []))
        draws = (Draw(self._seed, *names, of) for of in (ask.item.item_id, ask.item.scene_id))
        found = self.one.answer(ask, *draws)
        return found if isinstance(found, Said) else Said(found)

    def denies(self, claim: Claim) -> str | None:
        """Why a claim is false; "" where it is true, None where it says nothing to be checked."""
        check: Callable[[Claim], str] | None = getattr(self, f"_{claim.kind}", None)
        return None if check is None else check(claim)

    # ---- counting

    def _pairs(self, holds: Callable[[Asked, Said], bool]) -> list[tuple[Asked, Said]]:
        return [(ask, said) for ask, said in self.given if holds(ask, said)]

    @cached_property
    def _single(self) -> list[tuple[Asked, Said]]:
        return self._pairs(lambda ask, said: len(ask.about) == 1)

    def _read(self, sense: str = "") -> list[tuple[Asked, Said]]:
        """Answers in good form to questions about one detail."""
        return [
            (ask, said)
            for ask, said in self._single
            if _strict(said) and (not sense or ask.sense == sense)
        ]

    def _told(self, pairs: Sequence[tuple[Asked, Said]], sense: str, false: bool) -> float:
        """Share of the premises of a sense, true or false, that are taken rightly."""
        own = [
            _strict(said) and rejects(said) == false
            for ask, said in pairs
            if ask.sense == sense and bool(ask.false) == false
        ]
        return sum(own) / max(len(own), 1)

    def _level(self, claim: Claim) -> str:
        for one in claim.figures[:2]:
            false = one.label.startswith("false")
            true = sum(self._told(self._single, sense, false) for sense in SENSES) / 2
            n = sum(bool(ask.false) == false for ask, _ in self._single)
            if _off(one, true) or one.n != n:
                return f"it is {true:.4f} of {n}"
        return ""

    _small = _level

    def _mute(self, claim: Claim) -> str:
        whole = claim.figures[0]
        lost = sum(said.form == "none" or said.state != "answered" for _, said in self.given)
        counted = round(whole.value * whole.n), whole.n
        return "" if counted == (lost, len(self.given)) else f"it is {lost} of {len(self.given)}"

    def _accepts_all(self, claim: Claim, rejecting: bool = False) -> str:
        own = self._read(claim.parts[0])
        true = sum(rejects(said) == rejecting for _, said in own) / max(len(own), 1)
        (one,) = claim.figures
        return f"it is {true:.4f}" if _off(one, true) or one.n != len(own) else ""

    def _rejects_all(self, claim: Claim) -> str:
        return self._accepts_all(claim, rejecting=True)

    def _constant(self, claim: Claim) -> str:
        """The commonest answer to each prompt of a sense, of those that a claim is about."""
        said: dict[tuple[object, str], list[str]] = defaultdict(list)
        for ask, one in self.given:
            if _strict(one) and claim.parts[0] in ("", ask.item.modality):
                kind = ask.about, str(ask.item.meta["prompt"])
                said[kind].append(_written(ask, one))
        n = sum(map(len, said.values()))
        most = sum(max(map(found.count, found)) for found in said.values()) / n
        one_share = claim.figures[0]
        return f"it is {most:.4f} of {n}" if _off(one_share, most) or one_share.n != n else ""

    def _swaps(self, claim: Claim) -> str:
        two = claim.parts[:1] == ("two",)
        own = [
            said.role != ask.gold
            for ask, said in self.given
            if ask.false and _strict(said) and said.role is not None and rejects(said)
            and (len(ask.about) == 2) == two
        ]  # fmt: skip
        true, one = sum(own) / max(len(own), 1), claim.figures[0]
        return f"it is {true:.4f} of {len(own)}" if _off(one, true) or one.n != len(own) else ""

    _wrong_sense = _swaps

    def _inverted(self, claim: Claim) -> str:
        pairs, (sense,) = self._read(), claim.parts
        true = sum(self._told(pairs, sense, false) for false in (False, True)) / 2
        return f"it is {true:.4f}" if _off(claim.figures[0], true) or true >= 0.5 else ""

    def _chance(self, claim: Claim) -> str:
        pairs = self._read()
        for one, sense in zip(claim.figures, SENSES, strict=True):
            true = sum(self._told(pairs, sense, false) for false in (False, True)) / 2
            if _off(one, true) or true >= 0.6:
                return f"it is {true:.4f} of {sense}"
        return ""

    def _one_sense(self, claim: Claim) -> str:
        (sense,), (one,) = claim.parts, claim.figures
        named = [
            said.role == REJECTS[sense]
            for ask, said in self._read()
            if ask.false and said.role is not None and rejects(said)
        ]
        true = sum(named) / max(len(named), 1)
        return f"it is {true:.4f} of {len(named)}" if _off(one, true) or true < 0.9 else ""

    def _less_in_two(self, claim: Claim) -> str:
        (sense,) = claim.parts
        true = []
        for size in (2, 1):
            own = [
                rejects(said)
                for ask, said in self.given
                if len(ask.about) == size and sense in ask.false and _strict(said)
            ]
            true.append(sum(own) / max(len(own), 1))
        wrong = any(_off(one, share) for one, share in zip(claim.figures[1:], true, strict=True))
        return f"it is {true}" if wrong or true[0] >= true[1] else ""

    def _senses(self, claim: Claim) -> str:
        pairs = self._read()
        true = {
            sense: sum(self._told(pairs, sense, false) for false in (False, True)) / 2
            for sense in SENSES
        }
        better, worse = claim.parts
        if _off(claim.figures[1], true[better]) or _off(claim.figures[2], true[worse]):
            return f"it is {true}"
        return "" if true[better] - true[worse] > 0.05 else "they are as good"

    def _content(self, claim: Claim) -> str:
        for one in claim.figures:
            sense = one.label.rpartition(" ")[2]
            own = [
                said.role != ask.content
                for ask, said in self._read(sense)
                if not ask.false and not rejects(said)
            ]
            true = sum(own) / max(len(own), 1)
            if _off(one, true) or true <= 0.05:
                return f"it is {true:.4f} of {sense}"
        return ""

    def _two(self, claim: Claim) -> str:
        shares = []
        for gold in (None, *REJECTS.values()):
            own = [
                _strict(said)
                and (
                    not rejects(said)
                    if gold is None
                    else rejects(said)
                    if self.one.variant == "true-false"
                    else said.role == gold
                )
                for ask, said in self.given
                if len(ask.about) == 2 and (ask.gold == gold if ask.false else gold is None)
            ]
            shares.append(sum(own) / len(own))
        true = sum(shares) / 3
        return f"it is {true:.4f}" if _off(claim.figures[0], true) else ""

    def _form(self, claim: Claim) -> str:
        right = claim.parts[0] == "format_only"
        own = [
            said.form == "loose" and (said.role == ask.gold) == right for ask, said in self.given
        ]
        true = sum(own) / len(own)
        return f"it is {true:.4f}" if _off(claim.figures[0], true) or true <= 0.05 else ""

    # ---- by changing one thing and asking again

    def _changes(
        self, pairs: Sequence[tuple[Asked, Said]], other: Callable[[Asked], Asked], decision: bool
    ) -> float:
        """Share of the answers that are others; of decisions, that accept and reject otherwise."""
        found = []
        for ask, said in pairs:
            again = self.said(other(ask))
            if _strict(said) and _strict(again):
                same = rejects(said) == rejects(again) if decision else said.role == again.role
                found.append(not same)
        return sum(found) / max(len(found), 1)

    def _effect(self, sense: str, about: str, kind: str = "") -> float:
        """Of questions about a sense, how many are decided otherwise if another detail is there."""
        own = [pair for pair in self._read(about) if not kind or pair[0].item.kind == kind]
        return self._changes(own, lambda ask: ask.with_(sense), True)  # type: ignore[arg-type]

    def _asked(self, sense: str) -> float:
        """Of questions about a sense, how many are answered otherwise if other content is right."""
        return self._changes(
            self._read(sense), lambda ask: replace(ask, content=(ask.content + 1) % 4), False
        )

    def _uses(self, sense: str) -> str:
        """How its answers hang on a sense; empty where they do not."""
        parts = {
            "decisions": self._effect(sense, sense),
            "decisions about the other": self._effect(sense, *({*SENSES} - {sense})),
            "contents": self._asked(sense),
        }
        held = [f"{share:.0%} of {what}" for what, share in parts.items() if share > _NOTHING]
        return f"{sense} decides {', '.join(held)}" if held else ""

    def _redrawn(self) -> float:
        """How many answers are others when it is asked once more."""
        found = [(said, self.said(ask, "again")) for ask, said in self._read()]
        return sum((a.role, a.false) != (b.role, b.false) for a, b in found) / max(len(found), 1)

    def _lacks(self, claim: Claim) -> str:
        return self._uses(claim.parts[0])

    def _blind(self, claim: Claim) -> str:
        return "; ".join(filter(None, map(self._uses, SENSES)))

    def _text_only(self, claim: Claim) -> str:
        lot = self._redrawn()
        return self._blind(claim) or (f"{lot:.0%} are drawn by lot" if lot > 0.1 else "")

    def _random(self, claim: Claim) -> str:
        lot = self._redrawn()
        return self._blind(claim) or (f"only {lot:.0%} are drawn by lot" if lot < 0.2 else "")

    def _interference(self, claim: Claim) -> str:
        effect = max(self._effect(*pair) for pair in (("vision", "audio"), ("audio", "vision")))
        return "" if effect > _NOTHING else "the other sense changes nothing"

    def _kinds(self, claim: Claim) -> str:
        for one, sense in zip(claim.figures, claim.parts, strict=True):
            effect = self._effect(sense, sense, one.label)
            if effect > 0.05:
                return f"{one.label} decides {effect:.0%} of its questions"
        return ""

    def _ends(self, claim: Claim) -> str:
        own = [pair for pair in self._read() if pair[1].role is not None]
        ends = "EF" if claim.parts[0] == "late" else "AB"
        moved = self._changes(
            own, lambda ask: replace(ask, order=tuple(reversed(ask.order))), False
        )
        there = sum(_written(ask, said) in ends for ask, said in own) / max(len(own), 1)
        if _off(claim.figures[1], there):
            return f"it is {there:.4f}"
        return "" if moved > 0.05 else "the order of options changes nothing"

    def _gap(self, claim: Claim) -> str:
        """The best threshold of S as it was planted, against the answers."""
        pairs = self._read()
        of = {s: sum(self._told(pairs, s, false) for false in (False, True)) / 2 for s in SENSES}
        best = []
        for sense in SENSES:
            own = [(said.lean or 0.0, bool(ask.false)) for ask, said in pairs if ask.sense == sense]
            best.append(_best(own))
        gap = sum(best) / 2 - sum(of.values()) / 2
        return "" if gap > 0.03 else f"S tells {gap:.3f} more"


def _best(own: Sequence[tuple[float, bool]]) -> float:
    """The highest balanced accuracy of a threshold."""
    false = sum(wrong for _, wrong in own)
    true, kept, caught, most = len(own) - false, 0, false, 0.5
    for _, wrong in sorted(own):  # what is at most this is accepted
        kept, caught = kept + (not wrong), caught - wrong
        most = max(most, (kept / max(true, 1) + caught / max(false, 1)) / 2)
    return most


def _strict(said: Said) -> bool:
    return said.form == "strict" and said.state == "answered"


def rejects(said: Said) -> bool:
    """Whether an answer holds the premise to be false."""
    return said.false if said.false is not None else (said.role or 0) >= REJECTS["vision"]


def _written(ask: Asked, said: Said) -> str:
    return str(said.false) if said.role is None else LETTERS[ask.order.index(said.role)]


def _off(one: Figure, true: float) -> bool:
    return abs(one.value - true) > 1e-6
