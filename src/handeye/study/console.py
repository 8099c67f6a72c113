"""Terminal tables of ``handeye study``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from handeye.scores.estimate import number, rate_of
from handeye.terminal.tables import shown


def print_agreement(found: Mapping[str, Any]) -> None:
    """Print the human row, each person's PASS, and the agreement between people."""
    console = Console()
    console.print(_row(console, found))
    console.print(_people(console, found))
    if found["agreement"]:
        console.print(_between(console, found["agreement"]))
    else:
        console.print("No item was answered by two people: nothing can be said about agreement.")


def _row(console: Console, found: Mapping[str, Any]) -> Table:
    over = "scenes and people" if len(found["people"]) > 1 else "scenes; one person"
    caption = f"Percent PASS; 95 % intervals over {over}"
    table = Table(title=found["label"], title_justify="left", title_style="bold", caption=caption)
    table.add_column("", min_width=8)
    table.add_column("PASS", justify="right")
    table.add_column("answers", justify="right")
    for name, estimate in {**found["columns"], **found["headline"]}.items():
        told = shown(rate_of(estimate).text("line"), console)
        table.add_row(name, told, str(estimate["n"]))
    return table


def _people(console: Console, found: Mapping[str, Any]) -> Table:
    columns = list(found["people"][0]["columns"])
    table = Table(caption="Percent PASS; time is the median a picture was visible")
    for name in ("", "answered", "seconds", *columns):
        table.add_column(name, justify="left" if not name else "right")
    for person in found["people"]:
        answered = f"{person['answered']}" + ("" if person["finished"] else " so far")
        values = (person["columns"].get(name) for name in columns)
        figures = (shown(number(value), console) for value in values)
        name = person["model"].removeprefix("human:")
        table.add_row(name, answered, f"{person['seconds_median']:.1f}", *figures)
    return table


def _between(console: Console, agreement: Mapping[str, Any]) -> Table:
    table = Table(
        caption="Observed agreement in percent; Krippendorff's alpha: 1 always the same answer, "
        "0 as by chance; 95 % intervals over scenes"
    )
    for name in ("", "same answer", "alpha (same answer)", "alpha (number)", "items"):
        table.add_column(name, justify="left" if not name else "right")
    for column, one in agreement.items():
        alphas = (
            shown(rate_of(one[name]).text("line", "plain"), console) if name in one else ""
            for name in ("alpha", "alpha_number")
        )
        table.add_row(column, shown(number(one["equal"]), console), *alphas, str(one["n_items"]))
    return table
