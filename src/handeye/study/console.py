"""Terminal tables of ``handeye study``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from handeye.printing import one_line
from handeye.scores.estimate import number, rate_of
from handeye.terminal.console import Console

# In 80 columns: kinds of questions beside each other, and people.
_MOST_KINDS, _ABREAST = 6, 6


def print_agreement(found: Mapping[str, Any]) -> None:
    """Print the human row, each person's PASS, and the agreement between people."""
    console = Console()
    console.print(_row(found))
    for table in _people(found):
        console.print(table)
    if found["agreement"]:
        console.print(_between(found["agreement"]))
    else:
        console.print("No item was answered by two people: nothing can be said about agreement.")


def _row(found: Mapping[str, Any]) -> Table:
    alone = "scenes alone: they are about this person and say nothing of others"
    over = "scenes and people" if found["n_people"] > 1 else alone
    caption = (
        f"PASS by kind of question, and below the headline of a report; 95 % intervals over {over}"
    )
    table = Table(title=found["label"], title_justify="left", title_style="bold", caption=caption)
    table.add_column("", min_width=8)
    table.add_column("percent", justify="right")
    table.add_column("answers", justify="right")
    for part in (found["columns"], found["headline"]):
        for name, estimate in part.items():
            table.add_row(name, rate_of(estimate).text("line"), str(estimate["n"]))
        table.add_section()
    return table


def _people(found: Mapping[str, Any]) -> Iterator[Table]:
    """Each person's PASS by kind of question; of many kinds, a column a person."""
    people, kinds = found["people"], list(found["people"][0]["columns"])
    caption = "Percent PASS; time is the median a picture was visible"
    heads = ("answered", "seconds", *kinds)
    if len(kinds) <= _MOST_KINDS:
        table = _table(("", *heads), caption)
        for person in people:
            table.add_row(_name(person), *_figures(person, kinds))
        yield table
        return
    for start in range(0, len(people), _ABREAST):
        abreast = people[start : start + _ABREAST]
        table = _table(("", *map(_name, abreast)), caption)
        figures = (_figures(person, kinds) for person in abreast)
        for head, *cells in zip(heads, *figures, strict=True):
            table.add_row(head, *cells)
        yield table


def _table(heads: Iterable[str], caption: str) -> Table:
    """An empty table; what has no head is words, the others are figures."""
    table = Table(caption=caption)
    for name in heads:
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    return table


def _name(person: Mapping[str, Any]) -> str:
    return one_line(person["model"].removeprefix("human:"))


def _figures(person: Mapping[str, Any], kinds: Iterable[str]) -> list[str]:
    answered = f"{person['answered']}" + ("" if person["finished"] else " so far")
    seconds = f"{person['seconds_median']:.1f}"
    return [answered, seconds, *(number(person["columns"].get(kind)) for kind in kinds)]


def _between(agreement: Mapping[str, Any]) -> Table:
    table = _table(
        ("", "same answer", "alpha (same answer)", "alpha (number)", "items"),
        "Observed agreement in percent; Krippendorff's alpha: 1 always the same answer, 0 as by "
        "chance; 95 % intervals over scenes",
    )
    for column, one in agreement.items():
        alphas = (
            rate_of(one[name]).text("line", "plain") if name in one else ""
            for name in ("alpha", "alpha_number")
        )
        table.add_row(column, number(one["equal"]), *alphas, str(one["n_items"]))
    return table
