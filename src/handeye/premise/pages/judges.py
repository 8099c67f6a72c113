"""What the exact reader and judges say of explanations; never mixed (judge.json)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handeye.premise.judge.runs import EXACT, judges_of
from handeye.premise.pages.view import RunView
from handeye.premise.scoring.tables import (
    EXPLAINED_COLUMNS,
    EXPLAINED_ROWS,
    explained_by_words,
)
from handeye.scores.estimate import NOTHING, Estimate, Worded, in_unit, rate_of
from handeye.scores.tables import Column, Row, Table

_AGREEMENT = (
    Column("explanations", "that both decided"),
    Column("agreement", "share about which both say the same"),
    Column("kappa", "Cohen's kappa: agreement beyond chance"),
    Column("first only", "right for the first alone"),
    Column("second only", "right for the second alone"),
)


def explained_table(views: Sequence[RunView]) -> Table | None:
    """Verdicts and explanations of every run, by the exact reader and by judges; None: none."""
    rows: list[Row] = []
    for view in views:
        readers: list[tuple[str, Mapping[str, Any]]] = []
        if view.summary.explained:
            readers.append((EXACT, view.summary.explained))
        readers += [(name, one["explained"]) for name, one in judges_of(view.run).items()]
        for row in _rows(readers, every=True):
            rows.append(
                Row(view.label, row.cells, view.style, basis=row.label, note=view.partial_note,
                    continued=bool(rows) and rows[-1].style == view.style)
            )  # fmt: skip
    if not rows:
        return None
    return Table(
        "t-explained",
        "Verdict and explanation in percent, each right (R) or wrong (W); true and false premises "
        "weigh alike.",
        EXPLAINED_COLUMNS,
        (*rows, *explained_by_words()),
        note="Only the exact reader tells whether what is there is named; a judge says right or "
        "wrong. No other figure on this page uses a judge.",
    )


def told_by(readers: Iterable[tuple[str, Mapping[str, Any]]]) -> Table:
    """The table of some readers, all premises of every sense, for a terminal."""
    rows = (*_rows(readers, every=False), *explained_by_words())
    columns = EXPLAINED_COLUMNS[:5]
    short = tuple(Row(row.label, row.cells[:5]) for row in rows)
    return Table("explained", "", columns, short, row_head="percent")


def _rows(readers: Iterable[tuple[str, Mapping[str, Any]]], every: bool) -> list[Row]:
    out = []
    for name, table in readers:
        for sense, of in table.items():
            for premise, line in of.items():
                if not every and premise != "premises":
                    continue
                words = f"{sense}, {EXPLAINED_ROWS[premise]}" if every else sense
                label = f"{name} · {words}" if every else f"{words} ({name})"
                cells = tuple(_cell(line.get(column.key)) for column in EXPLAINED_COLUMNS)
                out.append(Row(label, cells))
    return out


def _cell(one: Any) -> Estimate:
    return NOTHING if one is None else one if isinstance(one, Estimate) else rate_of(one)


def agreement_table(views: Sequence[RunView]) -> Table | None:
    """How far judges agree with the exact reader and with each other; None where none was asked."""
    rows = []
    for view in views:
        for name, entry in judges_of(view.run).items():
            for other, one in entry["agreement"].items():
                cells = (
                    one["n"],
                    rate_of(one["agreement"]),
                    in_unit(rate_of(one["kappa"]), "plain"),
                    one["first"],
                    one["second"],
                )
                rows.append(Row(f"{name} and {other}", cells, view.style,
                                group=view.label if len(views) > 1 else ""))  # fmt: skip
    if not rows:
        return None
    return Table(
        "t-judges",
        "Judges beside the exact reader and each other, over explanations that both decided; "
        "agreement in percent, 95 % intervals over families.",
        _AGREEMENT,
        tuple(rows),
        row_head="Who",
    )


def calibration_table(views: Sequence[RunView]) -> Table | None:
    """Planted explanations of known truth, told for what they are; None where none was asked."""
    columns: list[tuple[str, Mapping[str, Any]]] = []
    for view in views:
        for name, entry in judges_of(view.run).items():
            found = entry.get("calibration")
            if found:
                where = f"{name} ({view.label})" if len(views) > 1 else name
                columns += [(where, found), (f"{EXACT}, {where}", found[EXACT])]
    if not columns:
        return None
    meanings: Mapping[str, str] = next(found["meanings"] for _, found in columns
                                       if "meanings" in found)  # fmt: skip
    heads = tuple(Column(name, "share told for what they are", name=str(place))
                  for place, (name, _) in enumerate(columns))  # fmt: skip
    rows = [
        Row(f"{name}: {meanings[name]}" if name in meanings else name,
            tuple(_cell(of.get(name)) for of in (_plants(found) for _, found in columns)))
        for name in [*meanings, "all right", "all wrong"]
    ]  # fmt: skip
    passed = tuple(
        Worded(float(found["passed"]), words="yes" if found["passed"] else "no")
        for _, found in columns
    )
    return Table(
        "t-planted",
        "Planted explanations of known truth, told for what they are, in percent.",
        heads,
        (*rows, Row("to be trusted", passed)),
        row_head="Planted",
        note="To be trusted: right and wrong plants are each surely (95 %) told in more than 80 % "
        "of the cases, and no kind of plant in less than half.",
    )


def _plants(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found["plants"], "all right": found["right"], "all wrong": found["wrong"]}


def calibration_words(found: Mapping[str, Any] | None) -> tuple[str, bool]:
    """Whether a judge was checked and may be trusted, in a sentence, and whether it may."""
    if found is None:
        return "not checked on planted explanations: its table rests on trust", False
    right, wrong = (rate_of(found[name]).text("line") for name in ("right", "wrong"))
    told = (
        f"planted explanations told for what they are: right ones {right} %, wrong ones {wrong} % "
        f"({found['n']} in all, {found['undecided']} undecided)"
    )
    if found["passed"]:
        return f"{told}: to be trusted", True
    return f"{told}: not to be trusted", False
