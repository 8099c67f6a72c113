"""Every table of a summary, said once: pages and terminals draw them, CSV files hold them whole.

LaTeX rows follow the paper's columns: the four cells and Bal, in percent over all items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handeye.premise.scoring.reading import answer_kind
from handeye.premise.scoring.score import CELLS
from handeye.premise.scoring.summary import Summary
from handeye.printing import noun
from handeye.scores.estimate import NOTHING, Estimate, in_unit
from handeye.scores.tables import Column, Row, Table, csv_files, table_of, tex_rows

HEADLINE_COLUMNS = (
    Column(
        "Perception",
        "accept and reject told rightly by S, with a threshold from other families; chance 50",
        name="perception",
    ),
    Column("Action", "accept and reject told rightly by the answers; chance 50", name="action"),
    Column("Gap", "perception minus action, in points", name="gap"),
    Column("Std", "right answers to true premises, mean of the senses", name="std"),
    Column("Mis", "false premises rejected for the right sense, likewise", name="mis"),
    Column("Bal", "mean of Std and Mis", name="bal"),
)
CELL_COLUMNS = (
    *(Column(name, CELLS[name]) for name in ("std_v", "std_a", "mis_v", "mis_a")),
    *HEADLINE_COLUMNS[3:],
)
PREMISE_COLUMNS = (
    Column("accepts true", "true premises accepted", name="accepts_true"),
    Column("rejects false", "false premises rejected, for whatever sense", name="rejects_false"),
    Column("balanced", "mean of the two; chance 50", name="balanced"),
    Column("Std", "right answers to true premises", name="std"),
    Column("Mis", "false premises rejected for the right sense", name="mis"),
    Column("rejects true", "true premises rejected: over-rejection", name="rejects_true"),
    Column("accepts false", "false premises accepted: under-rejection", name="accepts_false"),
    Column(
        "wrong sense",
        "of the rejections of false premises that name a sense, those that name the other one",
        name="wrong_sense",
    ),
    Column("content", "of the true premises accepted, what is asked told rightly", name="content"),
    Column("of false", "likewise of the false premises accepted", name="content_of_false"),
)
_DECISIONS = (
    Column("accepts", "answered as if the premise held", name="accepts"),
    Column("rejects: sight", "the visual detail is wrong", name="vision"),
    Column("rejects: sound", "the sound detail is wrong", name="audio"),
    Column("rejects", "said to be false, without a word of why", name="rejects"),
    Column("unreadable", "a text that cannot be read strictly", name="unreadable"),
    Column("no answer", "refused, empty, cut off, failed", name="none"),
)
EXPLAINED_COLUMNS = (
    Column("R+R", "verdict and explanation right; the words alone get at most 50", name="r_r"),
    Column("R+W", "the verdict right, for a wrong reason or none", name="r_w"),
    Column("W+R", "the verdict wrong, the explanation right", name="w_r"),
    Column("W+W", "neither right", name="w_w"),
    Column("siblings", "pairs of siblings, both R+R; the words alone get 0", name="siblings"),
    Column("named", "explanations of false premises that name what is there", name="named"),
    Column("unread", "explanations without a claim that the reader knows, counted as wrong",
           name="unread"),
)  # fmt: skip
EXPLAINED_ROWS = {
    "true": "true premises",
    "false": "false premises",
    "premises": "all premises",
}
"""Of the table of explanations, by premise."""
SIGNAL_COLUMNS = (
    Column("area", "AUROC of S, false premises against true ones; chance 50", name="area"),
    Column("with prior", "the same with what letters have for their positions", name="area_raw"),
    Column("balanced", "told rightly, threshold from other families", name="balanced"),
    Column("false alarms", "true premises rejected by the answers", name="false_alarms"),
    Column("found", "false premises that S finds at that share of false alarms", name="found"),
    Column("siblings", "pairs of siblings of which the false one has the higher S",
           name="siblings"),
    Column("second", "false premises whose right rejection is second of six; chance 16.7",
           name="second"),
    Column("of true", "the same option on true premises", name="second_of_true"),
    Column("moved", "by how much S differs where the other sense alone does, natural log units; "
           "noise moves it, too", name="moved"),
    Column("by own", "likewise where the sense that is asked about differs", name="moved_by_own"),
)  # fmt: skip
# The most that words alone decide of questions of two details: two of three are false.
_BY_WORDS_OF_TWO = {"choice": 1 / 3, "text": 1 / 3, "truth": 2 / 3, "explained": 2 / 3}
_PAIRS = (
    Column("siblings", "the true one accepted and the false one rejected", name="siblings"),
    Column("interference", "accept and reject differ where the other sense alone does",
           name="interference"),
    Column("by lot", "the same, if errors were drawn apart from each other", name="usual"),
    Column("more", "interference less by lot, in points; chance 0", name="excess"),
    Column("other answer", "any change of the answer with the other sense", name="other_answer"),
    Column("other by lot", "the same, if answers were drawn apart from each other",
           name="other_usual"),
    Column("other more", "other answer less other by lot, in points; chance 0",
           name="other_excess"),
    Column("repeated", "the same answer to the same words about any two clips of a family",
           name="repeated"),
)  # fmt: skip
_TWO = (
    Column("decided", "accepted, or rejected for the right sense; the words alone get "
           f"{100 * _BY_WORDS_OF_TWO['choice']:.1f}, of TRUE and FALSE "
           f"{100 * _BY_WORDS_OF_TWO['truth']:.1f}", name="decided"),
    Column("both true", "accepted where both hold", name="both_true"),
    Column("sight false", "rejected for the sight where that is false", name="both_v"),
    Column("sound false", "rejected for the sound where that is false", name="both_a"),
    Column("right", "decided rightly, and what is asked told rightly", name="right"),
    Column("wrong sense", "of the rejections of a false one, those for the other sense",
           name="wrong_sense"),
    Column("area", "AUROC of S, one false against none; chance 50", name="area"),
    Column("route", "AUROC of the two rejections against each other; chance 50", name="route"),
)  # fmt: skip
_LETTERS = (
    Column("chosen", "answers with this letter"),
    Column("gold", "right answers with it"),
    Column("found", "chosen where it is right"),
    Column("false", "chosen where another is right"),
    Column("prior", "what the letter has for its position, natural log units"),
)
_LABELS = {"all": "all items", "answered": "answered items", "mean": "mean of the senses"}
PAPER = ("std_v", "std_a", "mis_v", "mis_a", "bal")


def tables(summary: Summary) -> tuple[Table, ...]:
    """All tables of a run, those of the CSV files first, in their order there.

    Tables over several choices of items have the rows ``all`` and ``answered``.
    """
    bases = summary.bases
    parts: dict[str, Any] = {
        name: {basis: getattr(found, name) for basis, found in bases.items()}
        for name in ("headline", "cells", "premises")
    }
    signals = {
        name: _plain(found.by_sense, "moved", "moved_by_own")
        for name, found in summary.signals.items()
    }
    kinds = summary.kinds
    return (
        table_of("headline", ("items", "figure"), parts["headline"], HEADLINE_COLUMNS,
                 file="headline.csv", labels=_LABELS),
        table_of("cells", ("items", "figure"), parts["cells"], CELL_COLUMNS,
                 file="by_cell.csv", labels=_LABELS,
                 caption="Right answers by cell in percent, with 95 % intervals."),
        table_of("premises", ("items", "sense", "figure"), parts["premises"], PREMISE_COLUMNS,
                 file="premises.csv", labels=_LABELS, row_head="Sense"),
        table_of("decisions", ("cell", "figure"), summary.decisions, _DECISIONS,
                 file="decisions.csv", labels=CELLS, row_head="Cell"),
        table_of("signals", ("S of", "sense", "figure"), signals, SIGNAL_COLUMNS,
                 file="signals.csv", labels=_LABELS, row_head="Sense"),
        table_of("pairs", ("sense", "figure"), summary.pairs, _PAIRS,
                 file="pairs.csv", labels=_LABELS, row_head="Sense"),
        table_of("two", ("items", "figure"), {"all": summary.two}, _TWO,
                 file="two_premises.csv", labels=_LABELS),
        table_of("kinds", ("sense", "kind", "figure"),
                 {sense: {kind: one.figures for kind, one in of.items()}
                  for sense, of in kinds.items()},
                 PREMISE_COLUMNS[:5], file="by_kind.csv", row_head="Kind"),
        table_of("levels", ("sense", "kind", "level", "figure"),
                 {sense: {kind: one.levels for kind, one in of.items()}
                  for sense, of in kinds.items()},
                 PREMISE_COLUMNS[:5], file="by_level.csv", row_head="Level"),
        table_of("categories", ("category", "figure"), summary.categories, PREMISE_COLUMNS[:5],
                 file="by_category.csv", row_head="Category"),
        table_of("letters", ("letter", "figure"), _letters(summary), _LETTERS,
                 file="letters.csv", row_head="Letter"),
        table_of("lenient", ("items", "figure"), {"all": summary.lenient}, CELL_COLUMNS,
                 file="lenient.csv", labels=_LABELS,
                 caption="Right answers by cell where other forms are read, too."),
        table_of("without-gold", ("cell", "figure"), summary.without_gold, _DECISIONS,
                 file="without_gold.csv", labels=CELLS, row_head="Cell",
                 caption="What is answered where the media, as changed, leave no right answer."),
        table_of("explanations", ("sense", "premise", "figure"), summary.explained,
                 EXPLAINED_COLUMNS, file="explanations.csv", labels=EXPLAINED_ROWS,
                 caption="Verdict and explanation, right or wrong, by the exact reader."),
    )  # fmt: skip


def _plain(rows: Mapping[str, Mapping[str, Estimate]], *names: str) -> dict[str, Any]:
    """Rows of which some figures are no shares."""
    return {
        key: {k: in_unit(one, "plain") if k in names else one for k, one in row.items()}
        for key, row in rows.items()
    }


def _letters(summary: Summary) -> dict[str, Any]:
    prior = summary.prior or {}
    rows: dict[str, dict[str, Estimate]] = {letter: {} for letter in prior} | summary.letters
    return {
        letter: {**row, **({"prior": in_unit(Estimate(prior[letter]), "plain")} if prior else {})}
        for letter, row in rows.items()
    }


# ---- what needs neither eye nor ear

_BY_WORDS = ("always TRUE, said again", "always FALSE, the same denied")


def explained_by_words() -> tuple[Row, ...]:
    """Two of the explanations that hang on nothing shown, to stand beside all premises."""
    known = {"r_r": 0.5, "r_w": 0.0, "w_r": 0.0, "w_w": 0.5, "siblings": 0.0, "named": 0.0}
    cells = (known.get(column.key) for column in EXPLAINED_COLUMNS)
    figures = tuple(NOTHING if one is None else Estimate(one) for one in cells)
    return tuple(Row(label, figures) for label in _BY_WORDS)


_FIXED: dict[str, dict[str, tuple[float, float, float]]] = {
    # Std, Mis, and the share of what is decided rightly of two premises.
    "choice": {"always reject": (0.0, 1.0, 1 / 3), "accept and guess": (0.25, 0.0, 1 / 3)},
    "truth": {
        "always FALSE": (0.0, 1.0, _BY_WORDS_OF_TWO["truth"]),
        "always TRUE": (1.0, 0.0, 1 / 3),
    },
    "text": {"always reject": (0.0, 1.0, 1 / 3)},
}


def by_words_of_two(variant: str) -> float:
    """The most of the questions of two details that words alone decide, by how was asked."""
    return _BY_WORDS_OF_TWO[answer_kind(variant)]


def fixed_rows(variant: str, columns: Sequence[Column]) -> tuple[Row, ...]:
    """What answers score that hang on nothing shown, to stand beside a table.

    Who always rejects names the sense that the question is about, which its text tells; who accepts
    guesses one of four contents. Accepting and rejecting alike tell half of the premises, and so
    does an S that hangs on nothing shown: there is no gap.

    Args:
        variant: how was asked.
        columns: of the table; those that such answers have no figure for are left empty.
    """
    kind = answer_kind(variant)
    out = []
    for label, (std, mis, two) in _FIXED["truth" if kind == "explained" else kind].items():
        known = {
            **dict.fromkeys(("std", "std_v", "std_a"), std),
            **dict.fromkeys(("mis", "mis_v", "mis_a"), mis),
            **dict.fromkeys(("perception", "action", "balanced"), 0.5),
            "gap": 0.0,
            "bal": (std + mis) / 2,
            "accepts_true": 1 - mis,
            "rejects_false": mis,
            "decided": two,
        }
        cells = (known.get(column.key) for column in columns)
        out.append(Row(label, tuple(NOTHING if one is None else Estimate(one) for one in cells)))
    return tuple(out)


# ---- files


def table_files(summary: Summary) -> dict[str, str]:
    """File name to text, CSV and LaTeX, as a run folder's ``tables`` holds them."""
    csv = csv_files(tables(summary), interval=summary.interval.words, note=summary.note)
    label = summary.named or "model"
    if summary.so_far is True:
        n = summary.n_expected
        label += f" (so far, {summary.n_items} of {n} {noun(n, 'items')})"
    cells = summary.bases["all"].cells
    comments = [
        "percent over all items; an answer that cannot be read counts as wrong",
        f"second row: intervals; {summary.interval.words}",
        *([summary.note] if summary.note else []),
    ]
    found = {name: cells.get(name, NOTHING) for name in PAPER}
    return csv | {"by_cell.tex": tex_rows(label, found, comments)}
