"""What the trainings of a ladder came to, of all seeds together: contrasts, tables and a page.

OUT/ladder.jsonl    a line a figure: seed, cues, rung, figure, value, low, high
OUT/ladder.md       tables
OUT/ladder.html     the same as a page, with pictures
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from handeye.atomic import write_bytes, write_text
from handeye.pages import html
from handeye.pages.charts.dots import Dots, dots
from handeye.pages.charts.forest import Block, ForestRow, forest
from handeye.pages.frame import fact_words, wide_and_narrow
from handeye.scores.estimate import Estimate, Unit, Worded, in_unit, number
from handeye.scores.tables import Cell, Column, Row as Line, Table
from handeye.stats.flips import Flips, flips
from handeye.stats.multiplicity import holm
from handeye.training import pilot
from handeye.training.ladder import CONTRASTS, INFORMATIVE, Plan, Said, Told, gathered

_OWN = {
    "outcome": Said("R_O"),
    "perception": Said("R_P"),
    "text": Said("text perplexity", "plain"),
    "paid": Said("R_P while paid"),
    "zero variance": Said("its groups of one value"),
    "correlation": Said("its correlation with R_O", "plain"),
    "operations": Said("10⁹ operations", "plain"),
    "seconds": Said("seconds", "plain"),
    "worked": Said("of a processor", "plain"),
}


class Contrast(msgspec.Struct, frozen=True):
    """One rung less another, over the seeds that have both."""

    cues: int | None
    first: str
    second: str
    figure: str
    over_seeds: Flips


def contrasts(
    told: Iterable[Told],
    figures: Sequence[str],
    pairs: Sequence[tuple[str, str]] = CONTRASTS,
) -> list[Contrast]:
    """Contrasts of every share of cues, of some figures.

    A seed of which either figure is a bound is left out.
    """
    values = {
        (one.cues, one.rung, one.figure, one.seed): None if _open_end(one) else one.value
        for one in told
    }
    out = []
    for cues in dict.fromkeys(one[0] for one in values):
        for first, second in pairs:
            for figure in figures:
                both = [
                    (value, values.get((cues, second, figure, seed)))
                    for (where, rung, name, seed), value in values.items()
                    if (where, rung, name) == (cues, first, figure)
                ]
                known = [a - b for a, b in both if a is not None and b is not None]
                if known:
                    out.append(Contrast(cues, first, second, figure, flips(known)))
    return out


def keep_all(out: Path, plan: Plan) -> tuple[list[Told], list[Contrast], list[Table]]:
    """Write the figures of all seeds and what is told of them; gives lines, contrasts, tables."""
    told, tried = gathered(out, plan), pilot.tries(out)
    words = {**plan.said, **_OWN}
    compared = contrasts(told, [*plan.said, "outcome", "perception"], plan.contrasts)
    primary = next(iter(plan.said))
    tables = [
        *([pilot.table(tried)] if tried else []),
        *plan.tables(told),
        *_rungs(told, words, plan),
        *_contrasted(compared, words, primary),
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in told)
    write_bytes(out / "ladder.jsonl", lines)
    pieces = (f"## {one.caption}\n\n{_markdown(one)}\n{one.note}".rstrip() for one in tables)
    write_text(out / "ladder.md", "\n\n".join(("# A ladder of trainings", *pieces)) + "\n")
    html.write(out / "ladder.html", _page(plan, told, compared, tables, words, primary))
    return told, compared, tables


# ---- tables


def _shares(told: Iterable[Told]) -> list[int | None]:
    return sorted({one.cues for one in told}, key=lambda share: share or 0)


def _rungs(told: Sequence[Told], words: Mapping[str, Said], plan: Plan) -> Iterator[Table]:
    for cues in _shares(told):
        here = [one for one in told if one.cues == cues]
        seeds = sorted({one.seed for one in here})
        rows = []
        for name, about in plan.about.items():
            mine = [_in_billions(one) for one in here if one.rung == name]
            if mine:
                cells = [
                    _cell([one for one in mine if one.figure == key], said, plan)
                    for key, said in words.items()
                ]
                rows.append(Line(name, tuple(cells), basis=about))
        yield Table(
            "rungs" if cues is None else f"cues-{cues}",
            ("" if cues is None else f"{cues} % of the cues in training are true; ")
            + f"seeds {', '.join(map(str, seeds))}",
            tuple(Column(one.words) for one in words.values()),
            tuple(rows),
            row_head="Rung",
            note="Shares in percent. Of one seed with its 95 % interval over scenes, of several "
            + ("with that by Student's t over seeds" if plan.contrasts else SPREAD)
            + f"; ≥ and ≤: one end is open. {_informative(here)}".rstrip(),
        ).measured


def _informative(told: Sequence[Told]) -> str:
    """Whether rewards could teach anything here, by what was fixed before."""
    found = {
        name: [one.value for one in told if (one.rung, one.figure) == ("both", name)]
        for name in INFORMATIVE
    }
    if not found["paid"]:
        return ""
    missed = []
    for name, (low, high) in INFORMATIVE.items():
        known = [one for one in found[name] if one is not None]
        if not known or not low <= fmean(known) <= high:
            missed.append(f"{_OWN[name].words} ({low:g} to {high:g})")
    if missed:
        return f"Rewards are not informative here: outside of its range is {', '.join(missed)}."
    return "Rewards are informative here: R_P varies within groups, and is not R_O again."


def _open_end(one: Told) -> str:
    """What a figure of which one end is open is: ``≥`` its low end, or ``≤`` its high one."""
    if one.value is None or (one.low is None) == (one.high is None):
        return ""
    return "≥" if one.high is None else "≤"


def _in_billions(one: Told) -> Told:
    """Operations as tables have them, others as they are."""
    if one.figure != "operations" or one.value is None:
        return one
    return msgspec.structs.replace(one, value=one.value / 1e9)


SPREAD = "the mean, and the lowest and the highest"
"""What there is of several seeds where nothing is tested."""


def over_seeds(found: Iterable[Told], tested: bool) -> Estimate | None:
    """A figure of a rung: of one seed as it is, of several their mean; None where there is none.

    Args:
        found: a line a seed.
        tested: whether with the 95 % interval by Student's t, or with :data:`SPREAD`.
    """
    known = [one for one in found if one.value is not None]
    values = [one.value for one in known if one.value is not None]
    if len(known) == 1:
        return Estimate(values[0], known[0].low, known[0].high)
    if values and not tested:
        return Estimate(fmean(values), min(values), max(values), len(values))
    over = flips(values)
    return Estimate(over.mean, over.low, over.high, over.n) if known else None


def _cell(found: Sequence[Told], said: Said, plan: Plan) -> Cell:
    """A figure of a rung; bounds, also with what is told, are of their mean the same bound."""
    known = [one for one in found if one.value is not None]
    signs = {sign for one in known if (sign := _open_end(one))}
    if not signs:
        over = over_seeds(known, bool(plan.contrasts))
        return None if over is None else in_unit(over, said.unit)
    if len(signs) > 1:
        return Worded(None, n=len(known), unit=said.unit, words="cannot be told")
    (sign,) = signs
    ends = [
        (one.low if sign == "≥" else one.high) if _open_end(one) else one.value for one in known
    ]
    value = fmean(end for end in ends if end is not None)
    low, high = (value, None) if sign == "≥" else (None, value)
    return Worded(value, low, high, len(known), said.unit, f"{sign} {number(value, said.unit)}")


def _named(one: Contrast) -> str:
    cues = "" if one.cues is None else f", cues {one.cues} %"
    return f"{one.first} − {one.second}{cues}"


def _contrasted(
    found: Sequence[Contrast], words: Mapping[str, Said], primary: str
) -> Iterator[Table]:
    rows = []
    for one in found:
        said, over = words[one.figure], one.over_seeds
        unit: Unit = "points" if said.unit == "percent" else said.unit
        figures: tuple[Cell, ...] = (
            in_unit(Estimate(over.mean, over.low, over.high, over.n), unit),
            in_unit(Estimate(over.p), "p"),
            in_unit(Estimate(over.least), "p"),
            in_unit(Estimate(over.visible), unit),
            over.n,
        )
        main = " (primary)" if one.figure == primary else ""
        rows.append(Line(f"{_named(one)}: {said.words}{main}", figures))
    if rows:
        heads = {
            "Difference": "mean over seeds, 95 % interval by Student's t",
            "p": "exact, by turning signs",
            "Least p": "that so many seeds can have",
            "Visible": "smallest mean that four of five such ladders would see",
            "Seeds": "of which both figures are known, and no bounds",
        }
        yield Table(
            "contrasts",
            "Contrasts over seeds, fixed before; those that are not primary only describe",
            tuple(Column(head, meaning) for head, meaning in heads.items()),
            tuple(rows),
            row_head="Contrast",
        )


def _markdown(table: Table) -> str:
    """A table as Markdown has it."""
    heads = [table.row_head, *(one.head for one in table.columns)]
    lines = [heads, ["---"] * len(heads)]
    for row in table.rows:
        label = f"{row.label}: {row.basis}" if row.basis else row.label
        cells = [one.text("line") if isinstance(one, Estimate) else str(one) for one in row.cells]
        lines.append([label, *("" if one == "None" else one for one in cells)])
    legend = f"\n{table.legend}.\n" if table.legend else ""
    return "".join(f"| {' | '.join(one)} |\n" for one in lines) + legend


# ---- the page


def _page(
    plan: Plan,
    told: Sequence[Told],
    compared: Sequence[Contrast],
    tables: Sequence[Table],
    words: Mapping[str, Said],
    primary: str,
) -> str:
    main = [one for one in compared if one.figure == primary]
    # Shares of the same models: what is said of one is held to all of them.
    adjusted = holm({place: one.over_seeds.p for place, one in enumerate(main)})
    rows = tuple(
        ForestRow(
            _named(one),
            Estimate(
                one.over_seeds.mean, one.over_seeds.low, one.over_seeds.high, one.over_seeds.n
            ),
            (adjusted[place] or 1.0) < 0.05,
            words=_tested(one, adjusted[place]),
        )
        for place, one in enumerate(main)
    )
    by_key = {one.key: one for one in tables}
    context: dict[str, Any] = {
        "title": "A ladder of trainings",
        "notices": {},
        "facts": fact_words(
            {
                "seeds": sorted({one.seed for one in told}),
                "rungs": len({one.rung for one in told}),
                "contrasted": words[primary].words,
            }.items()
        ),
        "sentences": [_sentence(row, words[primary].words) for row in rows],
        "pilot": by_key.get("pilot"),
        "own": [
            one for one in tables
            if one.key not in ("pilot", "contrasts") and not one.key.startswith(("rungs", "cues-"))
        ],
        "contrasts": by_key.get("contrasts"),
        "forest": wide_and_narrow(partial(_forest, rows)) if rows else "",
        "shares": [_share(plan, told, cues, by_key, words) for cues in _shares(told)],
        "terms": _TERMS,
        "data": html.script_json(
            {"figures": msgspec.to_builtins(told), "contrasts": msgspec.to_builtins(compared)}
        ),
    }  # fmt: skip
    return html.render("handeye.training", "ladder.html.j2", context, ["compare.css"])


def _tested(one: Contrast, adjusted: float | None) -> str:
    over = one.over_seeds
    seeds = f"{over.n} seed" + "s" * (over.n != 1)
    if adjusted is None or over.n < 2:
        return seeds
    visible = number(over.visible, "points").lstrip("+")
    return f"p {number(adjusted, 'p')} adjusted, {seeds}, {visible} points would be seen"


def _sentence(row: ForestRow, figure: str) -> str:
    found = row.difference.text("sentence", "points")
    return f"{row.label}: {found} in {figure}; {row.words}."


def _forest(rows: Sequence[ForestRow], narrow: bool) -> Any:
    return forest(
        f"contrasts-{narrow:d}", [Block("", tuple(rows))], "Contrasts that were fixed before",
        ("the second is better", "the first is better"), narrow=narrow,
    )  # fmt: skip


def _share(
    plan: Plan,
    told: Sequence[Told],
    cues: int | None,
    tables: Mapping[str, Table],
    words: Mapping[str, Said],
) -> dict[str, Any]:
    """What the page shows of one share of true cues: dots of every figure that is a share."""
    here = [one for one in told if one.cues == cues]
    key = "rungs" if cues is None else f"cues-{cues}"
    plots = []
    for figure, said in words.items():
        lines = {
            name: [one for one in here
                   if (one.rung, one.figure) == (name, figure) and one.value is not None]
            for name in plan.about
        }  # fmt: skip
        rows = [
            Dots(name, tuple(one.value or 0.0 for one in found), over)
            for name, found in lines.items()
            if (over := over_seeds(found, bool(plan.contrasts))) is not None
        ]
        if said.unit == "percent" and rows:
            drawn = wide_and_narrow(partial(_dots, f"{key}-{figure.replace(' ', '-')}", rows, said))
            plots.append((said.words, drawn))
    return {
        "key": key,
        "title": "Rungs" if cues is None else f"{cues} % of the cues in training true",
        "short": "Rungs" if cues is None else f"Cues {cues} %",
        "first": plots[:1],
        "more": plots[1:],
        "table": tables.get(key),
    }


def _dots(key: str, rows: Sequence[Dots], said: Said, narrow: bool) -> Any:
    return dots(f"{key}-{narrow:d}", rows, f"{said.words}, percent", narrow=narrow)


_TERMS = (
    (
        "Rung",
        "A training that differs from another in one thing: first weights, rows and their order, "
        "and what is asked afterwards are the same within a seed.",
    ),
    (
        "Seeds",
        "Dots are trainings of one seed each. The interval of their mean is Student's t; p counts "
        "all ways to turn the signs of the differences. Of five seeds it is never below 1/16, of "
        "eight it can be 1/128. Bold holds after Holm's adjustment for all primary contrasts.",
    ),
    (
        "Informative",
        "Rewards can teach where R_P is neither seldom nor nearly always paid, varies within most "
        "groups, and is not R_O again.",
    ),
    ("Constant", "The commonest right completion, written to everything: what no look is worth."),
)
