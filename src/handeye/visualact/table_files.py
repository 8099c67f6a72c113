"""The tables of a summary as files: CSV for people and programs, LaTeX rows for papers.

Every CSV row carries how its interval was made and the notes of the run, because files get
separated from their run. LaTeX rows follow the paper's columns: class by class, then overall.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from handeye.visualact.records import SCENARIOS

_ESTIMATE = {"value", "low", "high", "n"}
_TEX_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_PAPER = ("precision", "recall", "f1")
Summary = Mapping[str, Any]


def csv_tables(summary: Summary) -> dict[str, str]:
    """File name to CSV text: value, low, high (fractions of 1) and n per row."""
    bases = summary["bases"]
    by_class = {
        basis: {way: tables[way] for way in ("video", "pooled")} for basis, tables in bases.items()
    }
    headline = {basis: tables["headline"] for basis, tables in bases.items()}
    priority = {key: part for key, part in summary["priority"].items() if key != "confusion"}
    tables: dict[str, tuple[tuple[str, ...], Any]] = {
        "headline.csv": (("clips", "figure"), headline),
        "by_scenario.csv": (("clips", "averaging", "scenario", "figure"), _flat(by_class, 2)),
        "proactive.csv": (("scenario", "figure"), _flat(summary["proactive"], 0)),
        "priority.csv": (("figure", "level"), priority),
        "confusion.csv": (("truth", "predicted"), summary["priority"]["confusion"]),
        "over_acting.csv": (("figure",), summary["over_acting"]),
        "sweep.csv": (("threshold", "figure"), summary["sweep"]),
    }
    return {name: _csv(summary, head, tree) for name, (head, tree) in tables.items()}


def _flat(tree: Any, depth: int) -> Any:
    """Rows of the classes, then their mean and all clips pooled, at ``depth`` of the tree."""
    if depth:
        return {name: _flat(part, depth - 1) for name, part in tree.items()}
    return {
        **tree["by_scenario"],
        "mean of classes": tree["mean"],
        "all clips as one": tree["pooled"],
    }


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """``(path, value, low, high, n)`` of every estimate or count in nested dicts."""
    if not isinstance(tree, Mapping):
        if isinstance(tree, int | float):
            yield path, tree, None, None, None
    elif set(tree) == _ESTIMATE:
        yield path, tree["value"], tree["low"], tree["high"], tree["n"]
    else:
        for name, part in tree.items():
            yield from _leaves(part, (*path, name))


def _csv(summary: Summary, head: tuple[str, ...], tree: Any) -> str:
    """Rows of all leaves; a path shorter than ``head`` leaves its last columns empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*head, "value", "low", "high", "n", "interval", "note"])
    for path, value, low, high, n in _leaves(tree):
        gap = [""] * (len(head) - len(path))
        made = "" if low is None else summary["interval"]["words"]
        writer.writerow([*path, *gap, value, low, high, n, made, summary["note"]])
    return out.getvalue()


def tex_tables(summary: Summary) -> dict[str, str]:
    """File name to LaTeX rows: percent with one decimal, a comment with columns and method."""
    video = summary["bases"]["all"]["video"]
    plain: dict[str, Any] = {}
    weighted: dict[str, Any] = {}
    scale: dict[str, Any] = {}
    for key, row in [*video["by_scenario"].items(), ("overall", video["mean"])]:
        title = SCENARIOS.get(key, "Overall")
        for figure in _PAPER:
            plain[f"{title} {figure}"] = row[figure]
            weighted[f"{title} {figure}"] = row[f"weighted_{figure}"]
        scale[title] = row["scale"]
    tables = {"by_scenario.tex": plain, "weighted.tex": weighted, "scale.tex": scale}
    return {name: _tex(summary, cells) for name, cells in tables.items()}


def _tex(summary: Summary, cells: Mapping[str, Any]) -> str:
    label = _escape(summary["model"] or "model")
    options = ", ".join(f"{name} {value}" for name, value in summary["options"].items())
    head = [
        "% columns: Model & " + " & ".join(cells),
        f"% percent, averaged over videos, then classes; {summary['embedder'].get('name')}; "
        + options,
        f"% second row: intervals; {summary['interval']['words']}",
    ]
    if summary["note"]:
        head.append(f"% {summary['note']}")
    values = [_percent(cell["value"]) for cell in cells.values()]
    bounds = [
        "" if cell["low"] is None else f"[{_percent(cell['low'])}, {_percent(cell['high'])}]"
        for cell in cells.values()
    ]
    rows = [" & ".join([label, *values]) + r" \\"]
    if any(bounds):
        rows.append(" & ".join(["", *bounds]) + r" \\")
    return "\n".join([*head, *rows, ""])


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{value * 100:.1f}"


def _escape(text: str) -> str:
    return "".join(_TEX_SPECIAL.get(char, char) for char in text)
