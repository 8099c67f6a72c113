"""Is what a verdict says of a respondent of known fault so?

What is true is told from what was planted and from the answers themselves, by plain counting over
the set's metadata: the truth uses nothing of the scoring, the reading or the diagnosis that it
checks. ``benchmarks/adversaries.py`` takes all respondents and prints the table of
docs/attribution.md, a test takes a sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from handeye.rose.diagnosis.diagnose import diagnose_scores
from handeye.rose.diagnosis.evidence import evidence
from handeye.rose.diagnosis.verdict import Claim, claims, verdict
from handeye.rose.scoring.looks import asked_of, looks
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.rose.scoring.summary import summarize
from handeye.sets.draw import Draw
from tests.support.judged import Result
from tests.support.rose.adversaries import WAYS, Asked, Respondent, Said

# ---- one respondent diagnosed


def judge(one: Respondent, asked: Sequence[Asked], seed: int, resamples: int = 1000) -> Result:
    """Let a respondent answer, diagnose it, and hold every claim against the truth."""
    said = [
        one.answer(
            ask, Draw(seed, one.name, ask.item.item_id), Draw(seed, one.name, ask.item.scene_id)
        )
        for ask in asked
    ]
    texts = {a.item.item_id: s.text(a) for a, s in zip(asked, said, strict=True)}
    rows = [
        score_item(a.item, texts[a.item.item_id], state=s.state)
        for a, s in zip(asked, said, strict=True)
    ]
    frame = to_frame(rows)
    summary = summarize(frame, bootstrap=resamples)
    told = [
        asked_of(a.item, texts[a.item.item_id], s.state) for a, s in zip(asked, said, strict=True)
    ]
    found = diagnose_scores(
        summary, frame, evidence(frame, texts), looks=looks(told), resamples=resamples
    )
    every = claims(found.data)
    keys = [_names(claim) for claim in every if claim.spoken]
    result = Result(one, verdict(found.data), [key for names in keys for key in names])
    truth = Truth(one, list(zip(asked, said, strict=True)))
    for claim in every:
        wrong = truth.denies(claim)
        result.checked += wrong is not None
        if wrong:
            result.false.append(f"{claim.words}: {wrong}")
    if " scenes right" in result.sentence:
        result.false.append("items are called scenes")
    first = [kind for kind in result.spoken if kind != "silent_source"][:1]
    if "mute" in one.says and truth.mostly_mute() and first != ["mute"]:
        result.missing.append("mute first")
    for wanted in one.says:
        if wanted not in result.spoken:
            result.missing.append(wanted)
    return result


def _names(claim: Claim) -> list[str]:
    if claim.kind in ("most", "largest", "spread"):
        return [f"step:{part}" for part in claim.parts]
    return [claim.key.replace("sign:action:", "sign:").replace("sign:counting:", "sign:")]


# ---- what is true


class Truth:
    """Facts about the answers of one respondent, by counting."""

    def __init__(self, one: Respondent, given: Sequence[tuple[Asked, Said]]) -> None:
        self.one = one
        self.given = given

    def denies(self, claim: Claim) -> str | None:
        """Why a claim is false; "" where it is true, None where it says nothing to be checked."""
        check = getattr(self, f"_{claim.kind}", None)
        return None if check is None else check(claim)

    # -- how much

    def passed(self, ask: Asked, said: Said) -> bool:
        """Whether the answer is exactly right, and in good form."""
        if said.form or said.state == "refused":
            return False
        if ask.kind == "counting":
            return said.number == len(ask.gold)
        number = said.number is None or said.number == len(ask.gold)
        return sorted(said.cells) == sorted(ask.gold) and number

    def levels(self) -> dict[str, float]:
        """Counting and action: means over subsets, then over templates."""
        cells: dict[tuple[str, str], list[bool]] = defaultdict(list)
        kinds = {}
        for ask, said in self.given:
            kinds[ask.column] = ask.kind
            cells[ask.column, ask.item.rose_subset].append(self.passed(ask, said))
        columns: dict[str, list[float]] = defaultdict(list)
        for (column, _), passed in cells.items():
            columns[column].append(sum(passed) / len(passed))
        out: dict[str, list[float]] = defaultdict(list)
        for column, rates in columns.items():
            out[kinds[column]].append(sum(rates) / len(rates))
        return {kind: sum(rates) / len(rates) for kind, rates in out.items()}

    def _level(self, claim: Claim) -> str:
        true = self.levels()
        true["gap"] = true["counting"] - true["action"]
        for one in claim.figures[:3]:
            name = one.label.partition(",")[0]
            if abs(one.value - true[name]) > 1e-9:
                return f"{name} is {true[name]:.4f}"
        if claim.kind == "gap" and true["gap"] <= 0:
            return "there is no gap"
        if claim.kind == "ahead" and true["gap"] >= 0:
            return "it does not act better than it counts"
        if claim.kind == "no_gap" and "gap" in self.one.says:
            return "there is a gap"
        return ""

    _gap = _ahead = _no_gap = _whole = _little = _bare = _small = _level

    def _mute(self, claim: Claim) -> str:
        for one in claim.figures:
            if one.label in claim.parts:
                continue
            pairs = [
                pair
                for pair in self.given
                if one.of == "items" or one.of == f"{pair[0].kind} questions"
            ]
            lost = sum(self._silent(said) for _, said in pairs)
            if (round(one.value * one.n), one.n) != (lost, len(pairs)):
                return f"it is {lost} of {len(pairs)}"
        return ""

    def mostly_mute(self) -> bool:
        """Whether a kind of question has no usable answer more often than one."""
        for kind in ("action", "counting"):
            lost = [self._silent(said) for ask, said in self.given if ask.kind == kind]
            if sum(lost) > len(lost) / 2:
                return True
        return False

    @staticmethod
    def _silent(said: Said) -> bool:
        return said.state == "refused" or said.form == "unreadable"

    def _source(self, claim: Claim) -> str:
        """The worst source, by as much as is said."""
        of: dict[str, list[bool]] = defaultdict(list)
        for ask, said in self.given:
            of[ask.item.rose_subset.removeprefix("ROSE-")].append(self.passed(ask, said))
        (name,) = claim.parts
        rest = [one for key, found in of.items() if key != name for one in found]
        true = [(sum(found), len(found)) for found in (of[name], rest)]
        told = [(round(one.value * one.n), one.n) for one in claim.figures[1:]]
        worst = min(of, key=lambda key: sum(of[key]) / len(of[key]))
        return "" if (told, name) == (true, worst) else f"it is {true}, and the worst is {worst}"

    def _silent_source(self, claim: Claim) -> str:
        """Nearly every answer about these, and about no others."""
        of: dict[str, list[bool]] = defaultdict(list)
        for ask, said in self.given:
            of[ask.item.rose_subset.removeprefix("ROSE-")].append(self._silent(said))
        lost = {name for name, found in of.items() if sum(found) >= 0.95 * len(found)}
        told = {(one.label, round(one.value * one.n), one.n) for one in claim.figures}
        true = {(name, sum(of[name]), len(of[name])) for name in lost}
        return "" if told == true and set(claim.parts) == lost else f"it is {sorted(lost)}"

    # -- whether it looked

    def _blind(self, claim: Claim) -> str:
        return "" if self.one.blind else "it looks"

    def _constant(self, claim: Claim) -> str:
        said: dict[str, list[object]] = defaultdict(list)
        for ask, one in self._readable(*(claim.parts[0].split() or ["counting", "action"])):
            said[ask.column].append((one.number, frozenset(one.cells)))
        same = sum(max(map(found.count, found)) for found in said.values())
        n, one_share = sum(map(len, said.values())), claim.figures[0]
        counted = (round(one_share.value * one_share.n), one_share.n) == (same, n)
        return "" if counted else f"it is {same} of {n}"

    def _parrot(self, claim: Claim) -> str:
        kinds = claim.parts[0].split() or ["counting", "action"]
        pairs = [(ask, said) for ask, said in self.given if ask.kind in kinds]
        held = sum((said.text(ask) or "?") in ask.item.prompt for ask, said in pairs)
        one = claim.figures[0]
        counted = (round(one.value * one.n), one.n) == (held, len(pairs))
        return "" if counted else f"it is {held} of {len(pairs)}"

    # -- where

    def _step(self, claim: Claim) -> str:
        allowed = self.one.steps
        if allowed is None:
            return ""
        return (
            "" if set(claim.parts) <= allowed else f"it is lost in {sorted(allowed) or 'nothing'}"
        )

    _most = _largest = _spread = _step

    # -- habits, conventions, reasons

    def _habit(self, claim: Claim) -> str:
        key, one = claim.parts[0], claim.figures[0]
        if key == "anchored":
            return self._anchored(claim)
        counts = [self._of_habit(key, meant) for meant in (False, True)]
        if (round(one.value * one.n), one.n) in counts:
            return ""
        # Which answers are written in a convention is an estimate, and so is what they mean.
        assert one.low is not None
        assert one.high is not None
        if self.one.ways and counts[1][1] == one.n and one.low <= counts[1][0] / one.n <= one.high:
            return ""
        return f"it is {counts[0]}, as meant {counts[1]}"

    def _of_habit(self, key: str, meant: bool) -> tuple[int, int]:
        """How often it shows and how often it could, from cells as written or as meant."""
        can = has = 0
        for ask, said in self._readable("action"):
            cells = set(said.meant if meant and said.way else said.cells)
            grid = set(ask.cells(region=False))
            possible, shown = {
                "clicks_where_nothing_is": (not ask.gold, bool(cells)),
                "abstains_where_something_is": (bool(ask.gold), not said.cells),
                "whole_grid_default": (ask.part, cells == set(ask.targets)),
                "clicks_in_exclusion": (
                    ask.column == "Excl-CS",
                    not cells & grid <= set(ask.cells()),
                ),
                "submits_other_number": (
                    said.number is not None,
                    said.number not in (len(set(said.cells)), len(said.cells)),
                ),
            }[key]
            can, has = can + possible, has + (possible and shown)
        return has, can

    def _anchored(self, claim: Claim) -> str:
        if not self.one.repeats:
            return "it repeats nothing"
        first = {a.item.scene_id: s.number for a, s in self.given if a.column == "G-Cnt"}
        pairs = [(a, s, first[a.item.scene_id]) for a, s in self._readable("action", "counting")]
        shows = [
            (said.number if ask.kind == "counting" else len(said.cells)) == number
            for ask, said, number in pairs
            if ask.part and number not in (None, len(ask.targets), len(ask.gold))
        ]
        one = claim.figures[0]
        share, said = sum(shows) / max(len(shows), 1), one.value
        return "" if one.n == len(shows) and share - 0.1 <= said <= share else f"it is {share:.3f}"

    def _readable(self, *kinds: str) -> Iterator[tuple[Asked, Said]]:
        return (pair for pair in self.given if pair[0].kind in kinds and not self._silent(pair[1]))

    def _convention(self, claim: Claim) -> str:
        """A share of the answers about something that would read differently in the convention."""
        way, one = claim.parts[0], claim.figures[0]
        if way not in self.one.ways:
            return "it is not written so"
        shows = [
            said.way
            for ask, said in self._readable("action")
            if ask.gold
            and {WAYS[way](*cell, ask.rows, ask.cols) for cell in said.cells} != set(said.cells)
        ]
        true = shows.count(way) / max(len(shows), 1)
        assert one.low is not None
        assert one.high is not None
        if one.n != len(shows):
            return f"it would show in {len(shows)} answers"
        # The interval is of samples like this one, most of whose answers are told without doubt.
        near = one.low - 0.01 <= true <= one.high + 0.01 and abs(one.value - true) <= 0.05
        return "" if near else f"it is {true:.3f}"

    def _reason(self, claim: Claim) -> str:
        key, one = claim.parts[0], claim.figures[0]
        kind = "action" if "action" in claim.key else "counting"
        pairs = [pair for pair in self.given if pair[0].kind == kind]
        if one.n != len(pairs):
            return f"there are {len(pairs)} {kind} questions"
        holds = sum(self._holds(key, *pair) for pair in pairs if not self.passed(*pair))
        return "" if round(one.value * one.n) == holds else f"it is {holds}"

    def _holds(self, key: str, ask: Asked, said: Said) -> bool:
        """Whether a failed answer is literally what a reason says."""
        if self._silent(said):
            return key == "unreadable" and said.state != "refused"
        if key == "unreadable":
            return False
        content = self.passed(ask, replace(said, form="", state="answered"))
        if key in ("format_only", "format_and_wrong"):
            return bool(said.form) and content == (key == "format_only")
        gold, cells, number = set(ask.gold), set(said.cells), said.number or 0
        grid = set(ask.cells(region=False))
        beside = {(r + a, c + b) for r, c in gold - cells for a, b in ((0, 1), (1, 0))}
        beside |= {(r - a, c - b) for r, c in gold - cells for a, b in ((0, 1), (1, 0))}
        return {
            "off_grid": not cells <= grid,
            "outside_region": ask.column != "Excl-CS" and not cells & grid <= set(ask.cells()),
            "missed": len(cells) < len(gold),
            "over_clicked": len(cells) > len(gold),
            "elsewhere": len(cells) == len(gold) and cells != gold,
            "neighbour": not beside.isdisjoint(cells - gold),
            "repeated": len(cells) < len(said.cells),
            "whole_grid": number == len(ask.targets) != len(gold),
            "not_abstained": not gold and number > 0,
            "abstained": bool(gold) and number == 0,
            "count_low": number < len(gold),
            "count_high": number > len(gold),
        }[key]
