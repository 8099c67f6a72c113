"""Comparisons of runs on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from handeye.scores.comparison_words import signed
from handeye.scores.estimate import percent

Tree = Mapping[str, Any]
# Families whose rows are many: only what differs is shown, unless asked for.
_LONG = frozenset({"difficulty", "reasons"})


def print_comparison(data: Tree, *, all_rows: bool) -> None:
    """Print who is compared, then for each pair of runs its sentences and families.

    Args:
        data: of :class:`handeye.rose.comparing.compare.Comparison`.
        all_rows: also those rows of long families in which no difference is seen.
    """
    console = Console()
    console.print()
    for run in data["runs"]:
        console.print(f"[bold]{run['letter']}[/]  {escape(run['label'])}", highlight=False)
    counted = f"{data['n_items']:,} items about {data['n_scenes']:,} scenes, paired"
    console.print(counted, highlight=False)
    for note in data["notes"]:
        console.print(f"[yellow]{escape(note)}[/]", highlight=False)
    for pair in data["pairs"]:
        first, second = (data["runs"][pair[name]]["letter"] for name in ("first", "second"))
        console.print()
        for text in pair["sentences"]:
            console.print(escape(text), highlight=False)
        for family in pair["families"]:
            _print_family(console, family, first, second, all_rows)
        console.print(_discordance(pair["discordance"], first, second))
    interval = data["interval"]
    console.print(
        f"Percent and points; {100 * interval['level']:.0f} % intervals of a paired bootstrap over "
        f"scenes ({interval['resamples']:,} resamples). p: after Holm within each table"
        + (", over all pairs of runs." if len(data["pairs"]) > 1 else ".")
        + f" In brackets: the difference that a power of {100 * interval['power']:.0f} % shows.",
        highlight=False,
    )


def _print_family(console: Console, family: Tree, first: str, second: str, all_rows: bool) -> None:
    rows = family["rows"]
    kept = rows
    if family["key"] in _LONG and not all_rows:
        kept = [row for row in rows if row["verdict"] not in ("none", "unknown")]
    title = family["title"]
    if len(kept) < len(rows):
        title += f" ({len(kept)} of {len(rows)} rows differ; --all shows all)"
    if not kept:
        console.print(f"[bold]{title}[/]", highlight=False)
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("", overflow="fold")
    for name in (first, second, f"{second} − {first}", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    # The verdict is what one looks for: on a narrow terminal the label gives way.
    table.add_column("", no_wrap=True, min_width=max(len(row["words"]) for row in kept))
    heading = ""
    for row in kept:
        if row["group"] != heading:
            heading = row["group"]
            table.add_row(f"[italic]{escape(heading)}[/]")
        table.add_row(
            ("  " if heading else "") + escape(row["label"]),
            *(percent(row[name]["value"]) for name in ("first", "second")),
            _points(row["difference"]),
            p_words(row["p_adjusted"]),
            row["words"],
        )
    console.print(table)


def _points(found: Tree) -> str:
    if found["value"] is None:
        return "-"
    text = signed(found["value"])
    if found["low"] is None:
        return text
    return f"{text} ({signed(found['low'])} to {signed(found['high'])})"


def p_words(p: float | None) -> str:
    """A p-value with three decimals, without claiming that one is 0."""
    if p is None:
        return "-"
    return "< .001" if p < 0.001 else f"{p:.3f}"


def _discordance(rows: Sequence[Tree], first: str, second: str) -> Table:
    table = Table(title="Who is right where (items)", title_justify="left", title_style="bold")
    table.add_column("")
    for name in ("both", f"only {first}", f"only {second}", "neither", "exact p"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        counts = [f"{row[key]:,}" for key in ("both", "only_first", "only_second", "neither")]
        table.add_row(row["label"], *counts, p_words(row["p_value"]))
    return table


def print_contamination(found: Tree) -> None:
    """Print the sentence, the table by template and subset, and how items were matched."""
    from handeye.rose.scoring.breakdowns import FACTORS

    console = Console()
    console.print(f"\n[bold]{escape(str(found['model'] or 'unnamed model'))}[/]", highlight=False)
    console.print(found["sentence"], highlight=False)
    table = Table()
    table.add_column("", no_wrap=True)
    for name in ("official", "fresh, matched", "difference", "p", "without matching"):
        table.add_column(name, justify="right", no_wrap=True)
    _line(table, "over all", found["overall"], found["overall"]["p_value"])
    for key, title in (("by_template", "Templates"), ("by_subset", "Subsets")):
        table.add_section()
        table.add_row(f"[italic]{title}[/]")
        for name, row in found[key].items():
            _line(table, f"  {name.removeprefix('ROSE-')}", row, row["p_adjusted"])
    console.print(table)
    titles = {factor.key: factor.title.lower() for factor in FACTORS}
    for level in found["matching"]:
        by = ", ".join(titles[key] for key in level["matched_by"])
        share = f"{100 * level['share']:.1f} % of the official items"
        console.print(f"{share} matched by subset, template, {by}", highlight=False)
    if found["left_out"]:
        console.print(
            f"[yellow]{found['left_out']:,} official items left out: the fresh run has too few of "
            "their subset, template and number of targets[/]",
            highlight=False,
        )
    if found["similarity_unknown"]:
        names = ", ".join(found["similarity_unknown"])
        console.print(f"[yellow]similarity not known in {names}: matched without it[/]")


def _line(table: Table, label: str, row: Tree, p: float | None) -> None:
    table.add_row(
        escape(label),
        percent(row["official"]["value"]),
        percent(row["matched"]["value"]),
        _points(row["difference"]),
        p_words(p),
        _points({**row["unmatched"], "low": None}),
    )
