"""Comparisons of runs on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from handeye.printing import one_line
from handeye.scores.compare import Comparison, counted_words
from handeye.scores.estimate import number, rate_of
from handeye.scores.looks import BEST
from handeye.scores.quantity import Family
from handeye.scores.sentences import UNDECIDED, p_words, unsure_words
from handeye.terminal.console import Console, styled
from handeye.terminal.tables import print_table, say

Tree = Mapping[str, Any]


def print_comparison(found: Comparison, *, all_rows: bool = False) -> None:
    """Print who is compared, then for each pair of runs its sentences and families.

    Reads at 80 columns: runs are letters, numbers are never broken, labels are.

    Args:
        found: the comparison.
        all_rows: also those rows of long families in which no difference is seen.
    """
    console = Console()
    console.print()
    for run in found["runs"]:
        say(console, f"{run['letter']}  {run['label']}")
    say(console, f"{counted_words(found.suite, found.found)}, paired")
    for note in found["notes"]:
        say(console, note, "yellow")
    shown: list[Tree] = []
    for pair, beside in zip(found["pairs"], found.beside, strict=True):
        letters = tuple(found["runs"][pair[name]]["letter"] for name in ("first", "second"))
        console.print()
        for text in pair["sentences"]:
            say(console, text)
        for family, told in zip(found.found.families, pair["families"], strict=True):
            if told["rows"]:
                kept = _kept(family, told["rows"], all_rows)
                shown += kept
                _print_family(console, family, told["rows"], kept, letters, found.suite.unit)
        for more in beside:
            console.print()
            print_table(console, more, title=more.caption)
            if more.note:
                say(console, more.note, "dim")
        _print_discordance(console, found, pair["discordance"], letters)
    interval, reaches = found["interval"], ""
    if any(map(_reach, shown)):
        power = f"{100 * interval['power']:.0f} %"
        reaches = f" In brackets: the difference that a power of {power} shows."
    console.print()
    say(
        console,
        f"Percent and points; differences are the second run minus the first (B − A). "
        f"{100 * interval['level']:.0f} % intervals of a paired bootstrap over "
        f"{found.suite.scene} ({interval['resamples']:,} resamples, seed {interval['seed']}). p: "
        "after Holm within each table"
        + (", over all pairs of runs." if len(found["pairs"]) > 1 else ".")
        + reaches,
    )


def _kept(family: Family, rows: Sequence[Tree], all_rows: bool) -> Sequence[Tree]:
    if family.long and not all_rows:
        return [row for row in rows if row["verdict"] not in UNDECIDED]
    return rows


def _print_family(
    console: Console,
    family: Family,
    rows: Sequence[Tree],
    kept: Sequence[Tree],
    letters: tuple[str, ...],
    unit: str,
) -> None:
    about = {one.key: one for one in family.quantities}
    console.print()
    title = family.title
    if len(kept) < len(rows):
        title += f" ({len(kept)} of {len(rows)} rows differ; --all shows all)"
    if not kept:
        say(console, title, "bold")
        return
    first, second = letters
    table = plain_table(title, ("", first, second, f"{second} − {first}", "p"))
    words = [_words(row) for row in kept]
    # The verdict is what one looks for: on a narrow terminal the label gives way.
    table.add_column("", no_wrap=True, min_width=max(map(len, words)))
    heading = ""
    for row, told in zip(kept, words, strict=True):
        if row["group"] != heading:
            heading = row["group"]
            table.add_row(styled((one_line(heading), "italic")))
        all_of = about[row["key"]].n_items
        some = "" if row["n"] == all_of else f"\n{row['n']:,} of {all_of:,} {unit}"
        table.add_row(
            styled((("  " if heading else "") + one_line(row["label"]), ""), (some, "dim")),
            *(rate_of(row[name]).percent for name in ("first", "second")),
            rate_of(row["difference"]).text("line", "points"),
            p_words(row["p_adjusted"]),
            told,
        )
    console.print(table)
    levels = (f"{row['label']} {rate_of(row['chance']).percent}" for row in kept if "chance" in row)
    if told_of := ", ".join(levels):
        say(console, f"{BEST}: {told_of}", "dim")


def _words(row: Tree) -> str:
    """The verdict, short enough for 80 columns."""
    none = unsure_words(row) or f"none seen{_reach(row)}"
    short = {"none": none, "unknown": "not compared"}
    return short.get(row["verdict"], str(row["words"]))


def _reach(row: Tree) -> str:
    """What could have been seen, in brackets; nothing where a difference is seen or looks so."""
    if row["verdict"] != "none" or unsure_words(row) or not (least := row["smallest_difference"]):
        return ""
    return f" ({number(least)})"


def _print_discordance(
    console: Console, found: Comparison, rows: Sequence[Tree], letters: tuple[str, ...]
) -> None:
    title = f"Who is right where ({found.found.words.tallied})"
    first, second = letters
    heads = ("", "both", f"only {first}", f"only {second}", "neither", "exact p")
    table = plain_table(title, heads)
    for row in rows:
        counts = [f"{row[key]:,}" for key in ("both", "only_first", "only_second", "neither")]
        table.add_row(one_line(row["label"]), *counts, p_words(row["p_value"]))
    if rows:
        console.print()
        console.print(table)


def plain_table(title: str, heads: Sequence[str]) -> Table:
    """A table without lines: label, then numbers that stay whole."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    for k, head in enumerate(heads):
        if k:
            table.add_column(head, justify="right", no_wrap=True)
        else:
            table.add_column(head, overflow="fold")
    return table
