"""What a comparison says in words: nothing that its adjusted p-values do not carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handeye.scores.estimate import number, rate_of
from handeye.scores.quantity import Family, Quantities, Quantity

ALPHA = 0.05
UNDECIDED = ("none", "unknown")
Tree = Mapping[str, Any]


def letter(run: int) -> str:
    """A, B, ... Z, R27, ...: what a run is called in tables."""
    return chr(ord("A") + run) if run < 26 else f"R{run + 1}"


def verdict(sense: str, value: float | None, p_adjusted: float | None) -> str:
    """What an adjusted test allows to say.

    Args:
        sense: ``pass``, ``gap`` or ``share``.
        value: second run minus first.
        p_adjusted: after Holm, None where nothing was tested.

    Returns:
        ``unknown`` (nothing measured), ``none``, or ``first_`` or ``second_`` followed by
        ``better``, ``wider`` (gap) or ``more`` (share).
    """
    if value is None or p_adjusted is None:
        return "unknown"
    if p_adjusted >= ALPHA or value == 0:
        return "none"
    return f"{'second' if value > 0 else 'first'}_{_WORD[sense]}"


def below_zero(row: Tree) -> bool:
    """Whether a gap is below 0 in one of the runs: there a higher one is not a wider one."""
    return any((row[run]["value"] or 0) < 0 for run in ("first", "second"))


def unsure_words(row: Tree) -> str:
    """What an interval and a test that do not agree leave to say of a difference.

    Not claimed though there may well be one: its interval or its own p-value leaves out 0; or there
    was no test; or all that differ speak for one run, and are so few that no p-value could be
    small. Claimed by the test though the interval holds 0.

    Args:
        row: of a comparison: ``verdict``, ``difference``, ``p_value``, ``test``.

    Returns:
        Nothing where none of these is so.
    """
    low, high = row["difference"]["low"], row["difference"]["high"]
    apart = low is not None and high is not None and (low > 0 or high < 0)
    if row["verdict"] not in UNDECIDED:
        return "" if apart or low is None else "interval holds 0"
    alone = row["p_value"] is not None and row["p_value"] < ALPHA
    if row["verdict"] == "none" and row["test"] == "exact" and row["p_value"] in _FEW_AGREE:
        return "too few differ to tell"
    untested = row["test"] == "none" and bool(row["difference"]["value"])
    if row["verdict"] != "none" or not (apart or alone or untested):
        return ""
    if alone:
        return "not after Holm"
    return _UNSURE[row["test"]]


# Two to five that differ, all for one run.
_FEW_AGREE = tuple(2.0**-k for k in range(1, 5))
_UNSURE = {
    "exact": "not by the exact test",
    "none": "no test: too many alone",
    "bootstrap": "too near 0 to be sure",
}
_WORD = {"pass": "better", "gap": "wider", "share": "more"}
_SAID = {
    "better": "{} better",
    "wider": "{}'s gap is wider",
    "higher": "{}'s gap is higher",
    "more": "{} more often",
}


def verdict_words(
    verdict: str,
    first: str,
    second: str,
    smallest: float | None,
    unsure: str = "",
    *,
    below: bool = False,
) -> str:
    """A verdict in a few words, with what could have been seen where nothing was.

    Args:
        verdict: as :func:`verdict` gives it.
        first: short name of the first run.
        second: short name of the second run.
        smallest: smallest difference that a power of 0.8 shows, 0..1; None: not known.
        unsure: where interval and test do not agree (:func:`unsure_words`).
        below: a gap is below 0, so that one that is higher is none that is wider.
    """
    if verdict == "unknown":
        return "nothing to compare"
    if verdict == "none":
        reach = f" ({100 * smallest:.1f} would have been)" if smallest else ""
        return unsure or f"no difference seen{reach}"
    who, _, what = verdict.partition("_")
    what = "higher" if below and what == "wider" else what
    said = _SAID[what].format(first if who == "first" else second)
    return ", ".join(filter(None, [said, unsure]))


def p_words(p: float | None) -> str:
    """A p-value with three decimals, without claiming that one is 0."""
    return number(p, "p")


def sentences(found: Quantities, pair: Tree, where: Callable[[str], str]) -> list[str]:
    """The comparison of two runs in sentences to quote, the most important first.

    Args:
        found: what the runs were compared by.
        pair: one entry of the comparison's ``pairs`` (without ``sentences``).
        where: what was compared, in brackets, from the number of items in words.
    """
    first, second = (found.labels[pair[name]] for name in ("first", "second"))
    families = list(zip(found.families, (one["rows"] for one in pair["families"]), strict=True))
    head = [(family, rows) for family, rows in families if family.overall]
    counts = [*pair["discordance"], *(row for _, rows in head for row in rows)]
    if not any(row["only_first"] or row["only_second"] for row in counts):
        return [f"{second} and {first} {found.words.alike} {where(f'{found.n_items:,}')}."]
    speaker = _Speaker(found, first, second, where)
    out = [speaker.headline(family, rows) for family, rows in head if rows]
    for family, rows in families:
        if family.parts:
            out += speaker.parts(family.parts, rows)
        if family.reason:
            out += speaker.reason(family.reason, rows)
    return out


class _Speaker:
    """Says what was found about two runs."""

    def __init__(
        self, found: Quantities, first: str, second: str, where: Callable[[str], str]
    ) -> None:
        self._words, self._told, self._whole = found.words, where, where(f"{found.n_items:,}")
        self._first, self._second = first, second

    def _where(self, *rows: tuple[Quantity, Tree]) -> str:
        """What was compared; where fewer items have the figures, the number of those."""
        numbers = {(row["n"], one.n_items) for one, row in rows if row["n"] != one.n_items}
        if len(numbers) != 1:
            return self._whole
        ((n, all_of),) = numbers
        return self._told(f"{n:,} of {all_of:,}")

    def headline(self, family: Family, rows: Sequence[Tree]) -> str:
        """The quantities that are said one by one; where none differs, the one for all."""
        own = {one.key: one for one in family.quantities}
        one_by_one = [
            (own[row["key"]], row)
            for row in rows
            if own[row["key"]].said and row["key"] != family.overall
        ]
        seen = [(one, row) for one, row in one_by_one if row["verdict"] not in UNDECIDED]
        unseen = [(one, row) for one, row in one_by_one if row["verdict"] == "none"]
        if not seen:
            overall = next(row for row in rows if row["key"] == family.overall)
            return self._overall(own[family.overall], overall)
        parts = [self._more(one, row) for one, row in seen]
        text = f"{self._second} {self._words.verb} {' and '.join(parts)} than {self._first}"
        text += "".join(
            f"; no difference is {_seen(row)} in {one.named} {_reach(row)}" for one, row in unseen
        )
        gap = next((row for row in rows if row["sense"] == "gap"), None)
        if gap is not None and gap["verdict"] not in UNDECIDED:
            words, apart = ("narrower", "wider"), ""
            if below_zero(gap):
                words = ("lower", "higher")
                second, first = (rate_of(gap[run]).percent for run in ("second", "first"))
                apart = f": {second} against {first}"
            wider = words[gap["difference"]["value"] > 0]
            size = abs(100 * gap["difference"]["value"])
            told = f"; its gap between the two is {size:.1f} points {wider} {_interval(gap)}"
            text += told.rstrip() + apart
        elif gap is not None:
            text += f"; no difference of the gap is {_seen(gap)} {_reach(gap)}"
        return f"{text} {self._where(*seen, *unseen)}."

    def _overall(self, one: Quantity, row: Tree) -> str:
        where = self._where((one, row))
        if row["verdict"] == "unknown":
            return f"{one.named} cannot be compared {self._whole}."
        if row["verdict"] != "none":
            told = self._more(one, row)
            return f"{self._second} {self._words.verb} {told} than {self._first} {where}."
        return (
            f"No difference between {self._first} and {self._second} is {_seen(row)}: "
            f"{one.named} {_reach(row)} {where}."
        )

    def _more(self, one: Quantity, row: Tree) -> str:
        value = 100 * row["difference"]["value"]
        more = self._words.more if value > 0 else self._words.fewer
        return f"{abs(value):.1f} points {more} {one.said} {_interval(row)}".rstrip()

    def parts(self, noun: str, rows: Sequence[Tree]) -> list[str]:
        """Where the second run is better or worse."""
        better = [row for row in rows if row["verdict"] == "second_better"]
        worse = [row for row in rows if row["verdict"] == "first_better"]
        parts = []
        for found, word in ((better, "better"), (worse, "worse")):
            if found:
                listed = ", ".join(
                    f"{row['label']} ({number(row['difference']['value'], 'points')}{_doubt(row)})"
                    for row in found
                )
                parts.append(f"{word} on {listed}")
        if not parts:
            return []
        rest = len(rows) - len(better) - len(worse)
        tail = f"; no difference is seen on the other {rest} of {len(rows)} {noun}" if rest else ""
        return [f"{self._second} is {' and '.join(parts)} than {self._first}{tail}."]

    def reason(self, noun: str, rows: Sequence[Tree]) -> list[str]:
        """The row that changed most, if any did."""
        seen = [row for row in rows if row["verdict"] not in UNDECIDED]
        if not seen:
            return []
        most = max(seen, key=lambda row: abs(row["difference"]["value"]))
        often = "more" if most["difference"]["value"] > 0 else "less"
        shares = [
            f"{100 * most[name]['value']:.1f}\N{NO-BREAK SPACE}%" for name in ("second", "first")
        ]
        return [
            f"What changes most is the {noun} “{most['label']}”: {often} often in {self._second} "
            f"than in {self._first} ({shares[0]} against {shares[1]} {most['group']}"
            f"{_doubt(most)})."
        ]


def _interval(row: Tree) -> str:
    """Interval of a difference whose size alone was said, so that signs cannot mislead."""
    found = rate_of(row["difference"])
    text = (-found if row["difference"]["value"] < 0 else found).text("span")
    return f"{text[:-1]}{doubt})" if (doubt := _doubt(row)) else text


def _doubt(row: Tree) -> str:
    """Behind a difference that is claimed, where its interval does not say the same."""
    return "; by the test, though the interval includes 0" if unsure_words(row) else ""


def _seen(row: Tree) -> str:
    """What a difference that is not claimed is not."""
    return "sure" if unsure_words(row) else "seen"


def _reach(row: Tree) -> str:
    found = row["difference"]
    text = rate_of(found).text("sentence", "points")
    smallest = row["smallest_difference"]
    if unsure := unsure_words(row):
        text += f"; {unsure}"
    elif smallest:
        text += f"; {100 * smallest:.1f} would have been seen with a power of 80\N{NO-BREAK SPACE}%"
    return f"({text})"
