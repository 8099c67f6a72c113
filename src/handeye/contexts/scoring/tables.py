"""Every table of a summary, said once: pages and terminals draw them, CSV files hold them whole."""

from __future__ import annotations

from collections.abc import Mapping

from handeye.contexts.scoring.figures import HEADLINE
from handeye.contexts.scoring.references import HALVES
from handeye.contexts.scoring.summary import Summary
from handeye.printing import noun
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Table, csv_files, table_of, tex_rows

HEADLINE_COLUMNS = (
    Column("Sees", "right answers to what is to be seen, without any context", name="sees"),
    Column("Does", "right answers to what is to be done", name="does"),
    Column("Given sees", "of actions in scenes where all was seen, those right", name="given"),
    Column("Gap", "sees less does, of scenes that were asked both, in points", name="gap"),
    Column("Consistent", "scenes in which every context got its right action", name="consistent"),
    Column(
        "Context-blind",
        "of two contexts of a scene that call for different actions, the same action",
        name="context_blind",
    ),
    Column(
        "Picture-blind",
        "of two pictures of a group that call for different actions under one context, the same "
        "action",
        name="picture_blind",
    ),
    Column("Harmful", "of actions where harm is declared, those that do harm", name="harmful"),
    Column("Gives up", "declined, or said not to be possible where it is", name="cannot"),
    Column("Form", "of the texts that came, those in the form that was asked for", name="form"),
)
BASES = {"all": "all items", "answered": "answered items"}
NOT_TOLD = "cannot be told: no two pictures of a group call for different actions under one context"
"""What stands where nobody could be blind to the picture and show it."""


def columns_of(*keys: str) -> tuple[Column, ...]:
    """Columns of the headline, by key."""
    return tuple(column for column in HEADLINE_COLUMNS if column.key in keys)


def tables(summary: Summary) -> tuple[Table, ...]:
    """All tables of a run, in the order of their CSV files."""
    heads = {basis: found.headline for basis, found in summary.bases.items()}
    blind = "picture_blind" in summary.bases["all"].headline
    return (
        table_of("headline", ("items", "figure"), heads, HEADLINE_COLUMNS,
                 file="headline.csv", labels=BASES,
                 note="" if blind else f"Picture-blind {NOT_TOLD}."),
        table_of("contexts", ("context", "figure"), summary.contexts,
                 columns_of("does", "given", "picture_blind", "harmful", "cannot", "form"),
                 file="by_context.csv", row_head="Context"),
        table_of("questions", ("question", "figure"), summary.questions,
                 columns_of("sees", "form"), file="by_question.csv", row_head="Question"),
        table_of("forms", ("form", "figure"), summary.forms,
                 columns_of("sees", "does", "given", "form"), file="by_form.csv",
                 row_head="Form of answer"),
        table_of("groups", ("group", "figure"), summary.groups, HEADLINE_COLUMNS,
                 file="by_group.csv", row_head="Group"),
        table_of("lenient", ("items", "figure"), {"all": summary.lenient},
                 columns_of("sees", "does"), file="lenient.csv", labels=BASES,
                 caption="Right answers where other forms are read, too."),
        table_of("references", ("knows", "figure"), summary.references, columns_of("does"),
                 file="references.csv", row_head="Who",
                 labels={str(half): words for half, words in HALVES.items()},
                 caption="What whoever knows one half is right about at best."),
    )  # fmt: skip


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
