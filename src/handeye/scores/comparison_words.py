"""What a comparison says in words: nothing that its adjusted p-values do not carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ALPHA = 0.05
_NOTHING = ("none", "unknown")


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


_WORD = {"pass": "better", "gap": "wider", "share": "more"}
_SAID = {"better": "{} better", "wider": "{}'s gap is wider", "more": "{} more often"}


def verdict_words(verdict: str, first: str, second: str, smallest: float | None) -> str:
    """A verdict in a few words, with what could have been seen where nothing was.

    Args:
        verdict: as :func:`verdict` gives it.
        first: short name of the first run.
        second: short name of the second run.
        smallest: smallest difference that a power of 0.8 shows, 0..1; None: not known.
    """
    if verdict == "unknown":
        return "nothing to compare"
    if verdict == "none":
        reach = f" ({100 * smallest:.1f} would have been)" if smallest else ""
        return f"no difference seen{reach}"
    who, _, what = verdict.partition("_")
    return _SAID[what].format(first if who == "first" else second)


def sentences(
    pair: Mapping[str, Any], names: tuple[str, str], n_items: int, n_scenes: int
) -> list[str]:
    """The comparison of two runs in sentences to quote, the most important first.

    Args:
        pair: one entry of the comparison's ``pairs`` (without ``sentences``).
        names: of the first and the second run.
        n_items: compared.
        n_scenes: they are about.
    """
    first, second = names
    where = f"(ROSE, {n_items:,} items about {n_scenes:,} scenes, paired)"
    if not any(row["only_first"] or row["only_second"] for row in pair["discordance"]):
        return [f"{second} and {first} pass and fail exactly the same items {where}."]
    families = {family["key"]: family["rows"] for family in pair["families"]}
    headline = {row["key"]: row for row in families.get("headline", [])}
    out = [_headline(headline, first, second, where)] if headline else []
    out += _templates(families.get("templates", []), first, second)
    out += _reasons(families.get("reasons", []), first, second)
    return out


def _headline(rows: Mapping[str, Mapping[str, Any]], first: str, second: str, where: str) -> str:
    kinds = [
        (key, name) for key, name in (("counting", "counting"), ("action", "action")) if key in rows
    ]
    seen = [(rows[key], name) for key, name in kinds if rows[key]["verdict"] not in _NOTHING]
    unseen = [(rows[key], name) for key, name in kinds if rows[key]["verdict"] == "none"]
    if not seen:
        return _nothing(rows, first, second, where)
    parts = [f"{_passes(row)} of {name} items {_interval(row)}" for row, name in seen]
    text = f"{second} passes {' and '.join(parts)} than {first}"
    text += "".join(f"; no difference is seen in {name} {_reach(row)}" for row, name in unseen)
    gap = rows.get("gap")
    if gap is not None and gap["verdict"] not in _NOTHING:
        wider = "wider" if gap["difference"]["value"] > 0 else "narrower"
        size = abs(100 * gap["difference"]["value"])
        text += f"; its gap between the two is {size:.1f} points {wider} {_interval(gap)}"
    elif gap is not None:
        text += f"; no difference of the gap is seen {_reach(gap)}"
    return f"{text} {where}."


def _nothing(rows: Mapping[str, Mapping[str, Any]], first: str, second: str, where: str) -> str:
    row = rows["average"]
    if row["verdict"] not in _NOTHING:
        return f"{second} passes {_passes(row)} of all items {_interval(row)} than {first} {where}."
    return f"No difference between {first} and {second} is seen: Avg. PASS {_reach(row)} {where}."


def signed(value: float) -> str:
    """A difference, 0..1, in points with its sign; the minus is a minus."""
    return f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}")


def _passes(row: Mapping[str, Any]) -> str:
    value = 100 * row["difference"]["value"]
    return f"{abs(value):.1f} points {'more' if value > 0 else 'fewer'}"


def _interval(row: Mapping[str, Any]) -> str:
    """Interval of a difference whose size alone was said, so that signs cannot mislead."""
    low, high = row["difference"]["low"], row["difference"]["high"]
    if low is None or high is None:
        return ""
    if row["difference"]["value"] < 0:
        low, high = -high, -low
    return f"({100 * low:.1f} to {100 * high:.1f})"


def _reach(row: Mapping[str, Any]) -> str:
    found = row["difference"]
    text = f"{signed(found['value'])} points"
    if found["low"] is not None:
        text += f", {signed(found['low'])} to {signed(found['high'])}"
    smallest = row["smallest_difference"]
    if smallest:
        text += f"; {100 * smallest:.1f} would have been seen with a power of 80\N{NO-BREAK SPACE}%"
    return f"({text})"


def _templates(rows: Sequence[Mapping[str, Any]], first: str, second: str) -> list[str]:
    better = [row for row in rows if row["verdict"] == "second_better"]
    worse = [row for row in rows if row["verdict"] == "first_better"]
    parts = []
    for found, word in ((better, "better"), (worse, "worse")):
        if found:
            listed = ", ".join(
                f"{row['label']} ({signed(row['difference']['value'])})" for row in found
            )
            parts.append(f"{word} on {listed}")
    if not parts:
        return []
    rest = len(rows) - len(better) - len(worse)
    tail = f"; no difference is seen on the other {rest} of {len(rows)} templates" if rest else ""
    return [f"{second} is {' and '.join(parts)} than {first}{tail}."]


def _reasons(rows: Sequence[Mapping[str, Any]], first: str, second: str) -> list[str]:
    """The reason of failure that changed most, if any did."""
    seen = [row for row in rows if row["verdict"] not in _NOTHING]
    if not seen:
        return []
    most = max(seen, key=lambda row: abs(row["difference"]["value"]))
    often = "more" if most["difference"]["value"] > 0 else "less"
    rates = [f"{100 * most[name]['value']:.1f}\N{NO-BREAK SPACE}%" for name in ("second", "first")]
    return [
        f"What changes most is the reason “{most['label']}”: {often} often in {second} than in "
        f"{first} ({rates[0]} against {rates[1]} {most['group']})."
    ]
