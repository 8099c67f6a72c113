"""Every table of a summary, said once: pages and terminals draw them, CSV files hold them whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from handeye.printing import noun
from handeye.scores.estimate import NOTHING, Estimate, Worded, in_unit, number
from handeye.scores.tables import Column, Table, csv_files, table_of, tex_rows
from handeye.stats.logistic import MIN_CLUSTERS, MIN_EVENTS
from handeye.stats.weights import FEWEST
from handeye.stress.foreign.layouts import TITLES
from handeye.stress.items import WORDED
from handeye.stress.respondents.references import READERS
from handeye.stress.scoring.curves import Curve
from handeye.stress.scoring.figures import HEADLINE
from handeye.stress.scoring.published import MEASURES
from handeye.stress.scoring.summary import Summary
from handeye.stress.scoring.weighing import (
    FEWEST_OF_FAMILY,
    Exchange,
    Kind,
    Weight,
    weight_words,
)

PST = Column(
    "PST",
    "of pairs of the same words under a cue, those right of both pictures; who only reads gets 0, "
    "a lot between two values a quarter",
    name="pst",
)
HEADLINE_COLUMNS = (
    PST,
    Column("Pairs", "of pairs of the same words without a cue, those right of both", name="pairs"),
    Column("Uncued", "of items without a cue, those right", name="uncued"),
    Column("True cue", "of items whose cue is true of the picture, those right", name="true"),
    Column("Misleading", "of items whose cue is false of it, those right", name="misleading"),
    Column("Gap", "without a cue less misleading, of the same pictures, in points", name="gap"),
    Column("Follows", "of misleading cues, those whose value is said", name="follow"),
    Column(
        "Outside", "of readable answers under a cue, those that are neither value", name="outside"
    ),
)
WEIGHT_COLUMNS = (
    Column("Visual", "what the log odds change by with the picture", name="visual"),
    Column("Cue", "what they change by with the cue", name="cue"),
    Column("Lead", "visual less cue: above 0 answers are with the picture", name="lead"),
    Column("Side", "what they change by with the side", name="side"),
    Column("Exchange", "the level at which picture and cue weigh the same", name="exchange"),
    Column("Groups", "standard deviation of groups, log odds", name="spread"),
    Column("Lapses", "answers by lot, of at most 10 %", name="lapses"),
)
_EXCHANGE = (
    Column("Equal at", "where picture and cue weigh the same", name="value"),
    Column("Asked from", "least that was asked", name="least"),
    Column("to", "most that was asked", name="most"),
    Column("Groups", "behind it", name="n_groups"),
)
_CURVES = (
    Column("Threshold", "where half the pairs are told", name="threshold"),
    Column("Slope", "log odds by doubling", name="slope"),
    Column("Pairs", "one a group", name="n"),
)
_GROUPS = (
    Column("all right", "groups of which every item is right", name="all"),
    Column("uncued right", "groups of which the items without a cue are", name="plain"),
)
_OTHER = (
    Column("told", "what is not there said not to be", name="told"),
    Column("taken", "taken for there", name="taken"),
    Column("right of there", "right where it is there", name="right"),
    Column("denied", "said not to be, where it is there", name="denied"),
    Column("pairs", "pairs of the same words, both right", name="pairs"),
)
_SAID = (
    Column("a", "value a"),
    Column("b", "value b"),
    Column("no such", "that there is no such thing", name="no_such"),
    Column("other", "something else"),
    Column("none", "nothing that can be read"),
)
_SEEN = (
    Column("seen, right", "stated and answered rightly", name="seen_right"),
    Column("seen, wrong", "stated rightly and answered wrongly", name="seen_wrong"),
    Column("not seen, right", "stated wrongly and answered rightly", name="unseen_right"),
    Column("not seen, wrong", "neither", name="unseen_wrong"),
)
CELL_LABELS = {
    "uncued": "without a cue",
    "true": "true cue",
    "misleading": "misleading cue",
    "other": "another presupposition",
}
_BASES = {"all": "all items", "answered": "answered items"}
_STAGED = {"items": "items right without the cue", "groups": "groups right without a cue"}
KIND_LABELS = {
    "context+trust": "context plus trust the image",
    "worded": "all worded",
    "drawn": "all drawn",
}


PARTS = {
    "all": "all questions",
    "VD": "visual dependent",
    "VS": "visual supplement",
    "easy": "easy: original figures",
    "hard": "hard: edited figures",
    "yes_no": "yes or no",
    "multiple_choice": "two options",
}
READING_LABELS = {
    "strict": "answers in the form that was asked for",
    "lenient": "longer answers are read, too",
    "as_written": "answers as they were written",
}


def tables(summary: Summary) -> tuple[Table, ...]:
    """All tables of a run, those of the CSV files first, in their order there."""
    heads = {basis: found.headline for basis, found in summary.bases.items()}
    cued = HEADLINE_COLUMNS[:1] + HEADLINE_COLUMNS[3:]
    return (
        table_of("headline", ("items", "figure"), heads, HEADLINE_COLUMNS,
                 file="headline.csv", labels=_BASES),
        _weights_table(summary),
        table_of("kinds", ("cue", "figure"), summary.kinds, cued,
                 file="by_cue.csv", labels=KIND_LABELS, row_head="Cue"),
        table_of("families", ("family", "figure"), summary.families, HEADLINE_COLUMNS,
                 file="by_family.csv", row_head="Family"),
        table_of("levels", ("level", "figure"), summary.levels, HEADLINE_COLUMNS,
                 file="by_level.csv", row_head="Level"),
        table_of("curves", ("family", "figure"),
                 {name: _curve(curve) for name, curve in summary.curves.items()}, _CURVES,
                 file="thresholds.csv", row_head="Family", note=_resizes(summary)),
        table_of("exchange", ("family", "figure"),
                 {name: _exchanged(one) for name, one in summary.exchange.items()}, _EXCHANGE,
                 file="exchange.csv", row_head="Family",
                 caption="Where the picture weighs as much as a worded cue.",
                 note=_left_out(summary)),
        table_of("staged", ("of", "figure"), summary.staged, (PST, *HEADLINE_COLUMNS[3:5],
                 HEADLINE_COLUMNS[6]), file="staged.csv", labels=_STAGED | KIND_LABELS,
                 row_head="Of"),
        table_of("groups", ("items", "figure"), {"all": summary.groups}, _GROUPS,
                 file="groups.csv", labels=_BASES),
        table_of("other", ("items", "figure"), {"all": summary.other}, _OTHER,
                 file="other.csv", labels=_BASES,
                 caption="Of what is presupposed beside the question."),
        table_of("said", ("cell", "figure"), summary.said, _SAID, file="said.csv",
                 labels=CELL_LABELS, row_head="Cell"),
        table_of("yes", ("items", "figure"), {"all": summary.yes},
                 (Column("yes said", "of answers to yes-or-no questions", name="said"),
                  Column("yes right", "of these, where yes is right", name="gold")),
                 file="yes.csv", labels=_BASES),
        table_of("seen", ("cell", "figure"), summary.seen, _SEEN, file="seen.csv",
                 labels=CELL_LABELS, row_head="Cell"),
        table_of("lenient", ("items", "figure"), {"all": summary.lenient},
                 (Column("all items", name="all"),
                  *(Column(words, name=cell) for cell, words in CELL_LABELS.items())),
                 file="lenient.csv", labels=_BASES,
                 caption="Right answers where other forms are read, too."),
        *published_tables(summary),
        table_of("references", ("respondent", "figure"), summary.references, HEADLINE_COLUMNS,
                 file="references.csv", row_head="Who says",
                 labels={one.name: f"{one.name}: {one.about}" for one in READERS},
                 note=readers_note(summary)),
    )  # fmt: skip


def readers_note(summary: Summary) -> str:
    """What readers of words were asked, where that is not all of a large set; else empty."""
    asked = summary.n_references
    if not asked or asked >= summary.n_items:
        return ""
    return (
        f"Readers of the words answered {asked:,} of the {summary.n_items:,} items: those of "
        "groups spread evenly over the set."
    )


def published_tables(summary: Summary) -> tuple[Table, ...]:
    """What a published set is reported by, a table for each reading of answers."""
    told = summary.published
    if told is None:
        return ()
    return tuple(
        table_of(
            "published" if place == 0 else f"published_{reading}",
            ("reading", "questions", "figure"),
            {reading: parts},
            MEASURES[told.set].columns,
            file="published.csv",
            labels=PARTS,
            row_head=TITLES[told.set],
            caption=f"{TITLES[told.set]}: {READING_LABELS[reading]}.",
        )
        for place, (reading, parts) in enumerate(told.figures.items())
    )


def _weights_table(summary: Summary) -> Table:
    """Weights by kind of cue; kinds of too few groups are named, since they have no figure."""
    few = {name for name, kind in summary.weights.items() if kind.visual.reason == "few"}
    words = f"fewer than {FEWEST} groups"
    found = table_of(
        "weights",
        ("cue", "figure"),
        {name: _weights(kind) for name, kind in summary.weights.items()},
        WEIGHT_COLUMNS,
        file="weights.csv",
        labels=_sources(summary),
        row_head="Cue",
        caption="Weights in log odds, with 95 % intervals.",
        note=f"{', '.join(KIND_LABELS.get(name, name) for name in summary.weights if name in few)}:"
        f" {words}, so no weights"
        if few
        else "",
    )
    rows = (replace(row, note=words) if row.path[0] in few else row for row in found.rows)
    return replace(found, rows=tuple(rows))


def _sources(summary: Summary) -> dict[str, str]:
    """Labels of kinds of cues, with what their weights are from where that is letters."""
    return KIND_LABELS | {
        name: f"{KIND_LABELS.get(name, name)} (letters)"
        for name, kind in summary.weights.items()
        if kind.source == "letters"
    }


def _resizes(summary: Summary) -> str:
    """By whose resize pixels are counted."""
    rules = sorted({curve.resize for curve in summary.curves.values()})
    return f"pixels {' / '.join(rules)}" if rules else ""


def weight_cell(one: Weight) -> Worded:
    """A weight as it stands in a table; an open end is said."""
    return Worded(one.value, one.low, one.high, one.n, "plain", weight_words(one))


def _weights(kind: Kind) -> dict[str, Any]:
    cells: dict[str, Any] = {
        name: weight_cell(one)
        for name in ("visual", "cue", "lead", "side")
        if (one := getattr(kind, name)) is not None
    }
    if kind.exchange is not None:
        cells["exchange"] = exchange_cell(kind.exchange)
    if kind.spread is not None:
        cells["spread"] = in_unit(Estimate(kind.spread, n=kind.visual.n_groups), "plain")
    if kind.lapses is not None:
        cells["lapses"] = Estimate(kind.lapses, n=kind.visual.n)
    return cells


def exchange_cell(one: Exchange) -> Worded:
    """Where picture and cue weigh the same, in words."""
    ends = ["…" if end is None else number(end, "plain") for end in (one.low, one.high)]
    unit = "" if one.unit == "level" else f" {one.unit}"
    if one.value is None:
        words = {
            "picture": "outside the range: the picture weighs more throughout",
            "cue": "outside the range: the cue weighs more throughout",
            "unseen": "cannot be told: the picture does not surely weigh anything",
            "few": f"cannot be told: too few groups ({one.n_groups})",
        }.get(one.said, "cannot be told")
    else:
        words = f"{number(one.value, 'plain')}{unit} ({ends[0]} to {ends[1]})"
    return Worded(one.value, one.low, one.high, one.n_groups, "plain", words)


def _exchanged(one: Exchange) -> dict[str, Any]:
    return {
        "value": exchange_cell(one),
        "least": in_unit(Estimate(one.least), "plain"),
        "most": in_unit(Estimate(one.most), "plain"),
        "n_groups": one.n_groups,
    }


def threshold_cell(curve: Curve) -> Worded:
    """A threshold with its unit, or why there is none; ends beyond what was asked are open."""
    one = curve.threshold
    if one.value is None:
        words = _NO_THRESHOLD.get(curve.reason, "cannot be told")
        return Worded(None, words=_few_words(curve) if curve.reason == "few" else words)
    least, most = curve.points[0].x, curve.points[-1].x
    low, high = (
        None if end is None or not least <= end <= most else end for end in (one.low, one.high)
    )
    if not least <= one.value <= most:
        end, words = (least, "below") if one.value < least else (most, "above")
        told = f"{words} {number(end, 'plain')} {curve.unit}"
    else:
        ends = [number(end, "plain") if end is not None else "…" for end in (low, high)]
        told = f"{number(one.value, 'plain')} ({ends[0]} to {ends[1]}) {curve.unit}"
    return Worded(one.value, low, high, one.n, "plain", told)


_NO_THRESHOLD = {
    "all_right": "all pairs told",
    "all_wrong": "no pair told",
    "none": "nothing asked",
    "flat": "no change with the level",
}


def _few_words(curve: Curve) -> str:
    """What there is too little of."""
    if curve.n < MIN_CLUSTERS:
        return f"too few groups: {curve.n} of the {MIN_CLUSTERS} needed"
    told = sum(point.passed for point in curve.points)
    part, count = ("told", told) if told < MIN_EVENTS else ("not told", curve.n - told)
    return f"too few pairs {part}: {count} of the {MIN_EVENTS} needed"


def _left_out(summary: Summary) -> str:
    """Families of which no exchange rate is told since they have too few groups."""
    few = {name: one.n for name, one in summary.curves.items() if one.n < FEWEST_OF_FAMILY}
    if not few or not any(name in ("worded", *WORDED) for name in summary.weights):
        return ""
    named = ", ".join(f"{name} ({n})" for name, n in few.items())
    return f"An exchange rate needs {FEWEST_OF_FAMILY} groups of a family; fewer have: {named}."


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "threshold": threshold_cell(curve),
        "slope": in_unit(curve.slope, "plain"),
        "n": curve.n,
    }


# ---- files


def table_files(summary: Summary) -> dict[str, str]:
    """File name to text, CSV and LaTeX, as a run folder's ``tables`` holds them."""
    csv = csv_files(tables(summary), interval=summary.interval.words, note=summary.note)
    label = summary.named or "model"
    if summary.so_far is True:
        n = summary.n_expected
        label += f" (so far, {summary.n_items} of {n} {noun(n, 'items')})"
    head: Mapping[str, Estimate] = summary.bases["all"].headline
    comments = [
        "percent over all items; an answer that cannot be read counts as wrong",
        f"second row: intervals; {summary.interval.words}",
        *([summary.note] if summary.note else []),
    ]
    found = {name: head.get(name, NOTHING) for name in HEADLINE}
    return csv | {"headline.tex": tex_rows(label, found, comments)}
