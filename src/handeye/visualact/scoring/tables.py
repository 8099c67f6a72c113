"""The tables of a summary as files: CSV for people and programs, LaTeX rows for papers.

Every CSV row carries how its interval was made and the notes of the run, because files get
separated from their run. LaTeX rows follow the paper's columns: class by class, then overall.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.scores.csv_and_tex import csv_text, tex_rows
from handeye.visualact.records import SCENARIOS

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
    words = summary["interval"]["words"]
    return {
        name: csv_text(head, tree, interval=words, note=summary["note"])
        for name, (head, tree) in tables.items()
    }


def _flat(tree: Any, depth: int) -> Any:
    """Rows of the classes, then their mean and all clips pooled, at ``depth`` of the tree."""
    if depth:
        return {name: _flat(part, depth - 1) for name, part in tree.items()}
    return {
        **tree["by_scenario"],
        "mean of classes": tree["mean"],
        "all clips as one": tree["pooled"],
    }


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
    options = ", ".join(f"{name} {value}" for name, value in summary["options"].items())
    embedder = summary["embedder"].get("name")
    comments = [
        f"percent, averaged over videos, then classes; {embedder}; {options}",
        f"second row: intervals; {summary['interval']['words']}",
        *([summary["note"]] if summary["note"] else []),
    ]
    return tex_rows(summary["model"] or "model", cells, comments)
