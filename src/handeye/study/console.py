"""Terminal tables of ``handeye study``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from handeye.printing import one_line
from handeye.scores.estimate import number, rate_of
from handeye.terminal.console import Console


def print_agreement(found: Mapping[str, Any]) -> None:
    """Print the human row, each person's PASS, and the agreement between people."""
    console = Console()
    console.print(_row(found))
    console.print(_people(found))
    if found["agreement"]:
        console.print(_between(found["agreement"]))
    else:
        console.print("No item was answered by two people: nothing can be said about agreement.")


def _row(found: Mapping[str, Any]) -> Table:
    alone = "scenes alone: they are about this person and say nothing of others"
    over = "scenes and people" if found["n_people"] > 1 else alone
    caption = f"Percent PASS; 95 % intervals over {over}"
    table = Table(title=found["label"], title_justify="left", title_style="bold", caption=caption)
    table.add_column("", min_width=8)
    table.add_column("PASS", justify="right")
    table.add_column("answers", justify="right")
    for name, estimate in {**found["columns"], **found["headline"]}.items():
        told = rate_of(estimate).text("line")
        table.add_row(name, told, str(estimate["n"]))
    return table


def _people(found: Mapping[str, Any]) -> Table:
    columns = list(found["people"][0]["columns"])
    table = Table(caption="Percent PASS; time is the median a picture was visible")
    for name in ("", "answered", "seconds", *columns):
        table.add_column(name, justify="left" if not name else "right")
    for person in found["people"]:
        answered = f"{person['answered']}" + ("" if person["finished"] else " so far")
        values = (person["columns"].get(name) for name in columns)
        figures = (number(value) for value in values)
        name = one_line(person["model"].removeprefix("human:"))
        table.add_row(name, answered, f"{person['seconds_median']:.1f}", *figures)
    return table


def _between(agreement: Mapping[str, Any]) -> Table:
    table = Table(
        caption="Observed agreement in percent; Krippendorff's alpha: 1 always the same answer, "
        "0 as by chance; 95 % intervals over scenes"
    )
    for name in ("", "same answer", "alpha (same answer)", "alpha (number)", "items"):
        table.add_column(name, justify="left" if not name else "right")
    for column, one in agreement.items():
        alphas = (
            rate_of(one[name]).text("line", "plain") if name in one else ""
            for name in ("alpha", "alpha_number")
        )
        table.add_row(column, number(one["equal"]), *alphas, str(one["n_items"]))
    return table
