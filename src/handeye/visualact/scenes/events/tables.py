"""The catalogue as tables for the documentation.

``python -m handeye.visualact.scenes.events.tables docs/visualact-data.md`` writes them
anew between the marks in that file; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from handeye.atomic import write_text
from handeye.errors import DataError
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Kind, Rule

BEGIN = "<!-- kinds: written by python -m handeye.visualact.scenes.events.tables -->"
END = "<!-- end of kinds -->"
_HEAD = ("event", "calls for", "level", "type", "because")


def tables() -> str:
    """A Markdown table of the kinds of every scenario, with their rules."""
    parts = []
    for scenario, title in SCENARIOS.items():
        head = [f"### {title} (`{scenario}`)", "", _row(_HEAD), _row(["---"] * len(_HEAD))]
        rows = [row for kind in catalogue.kinds(scenario) for row in _kind_rows(kind)]
        parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts)


def rewritten(text: str) -> str:
    """A document with the tables between its marks.

    Raises:
        DataError: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DataError(f"the document has no place for the tables; expected {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def _kind_rows(kind: Kind) -> Iterator[str]:
    yield from _film_rows(f"`{kind.name}`: {kind.shows}", kind.rules)
    if kind.reversible:
        yield from _film_rows(f"`{kind.name}` backward: {kind.backward_shows}", kind.backward_rules)


def _film_rows(event: str, rules: Sequence[Rule]) -> Iterator[str]:
    if not rules:
        yield _row((event, "nothing", "", "", ""))
    for place, rule in enumerate(rules):
        levels = sorted(rule.levels.items(), reverse=True)
        yield _row(
            (
                event if place == 0 else "",
                rule.texts[0],
                "; ".join(f"{level}: {when}" for level, when in levels),
                "proactive" if rule.proactive else "reactive",
                rule.why,
            )
        )


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_text(Path(name), rewritten(Path(name).read_text(encoding="utf-8")))
