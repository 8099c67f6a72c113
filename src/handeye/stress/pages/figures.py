"""The tables and charts of the page: weights, pairs, following, curves, what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from handeye.pages.charts.charts import Gap
from handeye.pages.frame import Panel, wide_and_narrow
from handeye.pages.people import People, read_people
from handeye.scores.diagnosed import Share
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Cell, Column, Row, Table, run_rows
from handeye.stress.items import DRAWN, FAMILIES, WORDED
from handeye.stress.pages.drawing import (
    Block,
    Line,
    Placed,
    Point,
    curve_panel,
    fourfold,
    known_ends,
    plane,
    rates,
)
from handeye.stress.pages.view import RunView, interval_words
from handeye.stress.respondents.references import READERS
from handeye.stress.scoring.score import CELLS
from handeye.stress.scoring.tables import (
    CELL_LABELS,
    HEADLINE_COLUMNS,
    KIND_LABELS,
    readers_note,
    threshold_cell,
)

NAMES = "True cue", "Misleading", "PST"
"""What the first screen shows: what whoever reads only the cue has, what whoever contradicts it
has, and what neither has."""
NAMES_OF_PLAIN = "Uncued", "Uncued, of answered", "Pairs"
"""Likewise where no cue was asked."""
_SIDES = "true", "misleading", "pst"
_SEEN = "seen_right", "seen_wrong", "unseen_right", "unseen_wrong"
_FEW_RUNS = 4
_READERS = {one.name: one.about for one in READERS}


# ---- the first screen


def plain_alone(views: Sequence[RunView]) -> bool:
    """Whether nothing was asked under a cue."""
    return all("pst" not in view.headline for view in views)


def measured(views: Sequence[RunView], people: People | None = None) -> list[Gap]:
    """True and misleading cues and PST of the runs, of people, then of who does not look."""
    plain = plain_alone(views)
    rows = [Gap(view.label, _sides(view, plain), view.style) for view in views]
    if people and not plain:
        told = tuple(people.headline.get(name, NOTHING) for name in _SIDES)
        if any(one.value is not None for one in told):
            rows.append(Gap(people.label, told, human=True))
    keys = ("uncued", "", "pairs") if plain else _SIDES
    columns = [column for column in HEADLINE_COLUMNS if column.key in keys]
    for row in (*chance_rows(views, "headline", columns), *_reader_rows(views, columns)):
        found = dict(zip((column.key for column in columns), row.cells, strict=True))
        rows.append(Gap(row.label, tuple(rate_of(found.get(key)) for key in keys), chance=True))
    return rows


def _sides(view: RunView, plain: bool) -> tuple[Estimate, ...]:
    head = view.headline
    if not plain:
        return tuple(head.get(name, NOTHING) for name in _SIDES)
    answered = view.summary.bases["answered"].headline.get("uncued", NOTHING)
    return head.get("uncued", NOTHING), answered, head.get("pairs", NOTHING)


def _reader_rows(views: Sequence[RunView], columns: Sequence[Column]) -> tuple[Row, ...]:
    """Readers of the words; those of the first run, by its name, where others asked other items."""
    having = [view for view in views if view.summary.references]
    if not having:
        return ()
    known = having[0].summary.references
    alike = all(view.summary.references == known for view in having)
    of = "" if alike else f" ({having[0].label})"
    rows = (
        Row(
            f"{name}{of}",
            tuple(found.get(column.key, NOTHING) for column in columns),
            basis=_READERS.get(name, ""),
        )
        for name, found in known.items()
    )
    return tuple(row for row in rows if any(rate_of(cell).value is not None for cell in row.cells))


# ---- tables of all runs


def read_human(file: Path) -> People:
    """The human row of a report, as ``handeye study agreement`` writes it.

    Raises:
        DataError: the file cannot be read, has another form, or holds no column of this suite.
    """
    return read_people(file, FAMILIES, "family")


def headline_table(views: Sequence[RunView], people: People | None = None) -> Table:
    """The headline of the runs beside people and all who do not look."""
    human: tuple[Row, ...] = ()
    if people is not None:
        cells = tuple(people.headline.get(column.key, NOTHING) for column in HEADLINE_COLUMNS)
        human = (Row(people.label, cells, human=True, note=people.note),)
    return Table(
        "t-headline",
        f"In percent; gap in points; {interval_words(views)}.",
        HEADLINE_COLUMNS,
        (
            *run_rows(views, "headline", HEADLINE_COLUMNS),
            *human,
            *chance_rows(views, "headline", HEADLINE_COLUMNS),
            *_grouped(
                _reader_rows(views, HEADLINE_COLUMNS), "Readers of the words, without a look"
            ),
        ),
        note=" ".join(dict.fromkeys(filter(None, (readers_note(v.summary) for v in views)))),
    )


def _grouped(rows: Sequence[Row], group: str) -> list[Row]:
    return [replace(row, group=group) for row in rows]


def rows_table(views: Sequence[RunView], key: str, caption: str) -> Table | None:
    """A table of every run, its rows below each other; None where no run has any.

    Args:
        views: of the page.
        key: of the table in a run.
        caption: of the table, without the full stop.
    """
    columns = {c.key: c for v in views for c in v.tables[key].columns}
    rows: list[Row] = []
    for view in views:
        place = 0
        table = view.tables[key]
        for row in table.rows:
            cells = dict(zip((c.key for c in table.columns), row.cells, strict=True))
            if not any(_said(cell) for cell in cells.values()):
                continue
            rows.append(
                Row(
                    view.label,
                    tuple(_shown(cells.get(name)) for name in columns),
                    view.style,
                    basis="" if len(table.rows) == 1 else row.label,
                    note=view.partial_note,
                    continued=place > 0,
                )
            )
            place += 1
    if not rows:
        return None
    note = "; ".join(dict.fromkeys(filter(None, (view.tables[key].note for view in views))))
    return Table(f"t-{key}", f"{caption}.", tuple(columns.values()), tuple(rows), note=note)


def published_tables(views: Sequence[RunView]) -> list[Table]:
    """What published sets are reported by: of every set a table for each reading of answers."""
    by_set: dict[str, list[RunView]] = {}
    for view in views:
        if view.summary.published is not None:
            by_set.setdefault(view.summary.published.set, []).append(view)
    found = []
    for name, same in by_set.items():
        first = same[0].tables
        for key in (key for key in first if key.startswith("published")):
            table = rows_table(same, key, first[key].caption.removesuffix(".") + ", in percent")
            if table is not None:
                found.append(replace(table, key=f"t-{name}-{key}"))
    return found


def people_table(people: People | None) -> Table | None:
    """Right answers of people by family, all cells of the study together; None without any."""
    if people is None:
        return None
    columns = tuple(Column(family) for family in FAMILIES if family in people.columns)
    cells = tuple(people.columns[column.key] for column in columns)
    return Table(
        "t-people",
        "People: right answers by family, over all kinds of cues alike, in percent.",
        columns,
        (Row(people.label, cells, human=True, note=people.note),),
    )


def family_table(views: Sequence[RunView], key: str, caption: str) -> Table | None:
    """A share by family, a row a run; None where no run has any.

    Args:
        views: of the page.
        key: of the share: ``pst``, ``pairs``.
        caption: of the table, without the full stop.
    """
    known = [view.summary.families for view in views]
    there = dict.fromkeys((*FAMILIES, *(name for of in known for name in of)))
    asked = [name for name in there if any(key in of.get(name, {}) for of in known)]
    if not asked:
        return None
    rows = tuple(
        Row(
            view.label,
            tuple(view.summary.families.get(name, {}).get(key, NOTHING) for name in asked),
            view.style,
            note=view.partial_note,
        )
        for view in views
    )
    columns = tuple(Column(name) for name in asked)
    return Table(f"t-family-{key}", f"{caption}.", columns, rows, shaded=True)


def reason_table(known: Sequence[tuple[str, int, Sequence[Share]]]) -> Table | None:
    """Items that failed by reason, a column a run, in percent of all; None where none failed.

    Args:
        known: of each run the name, its style and its reasons.
    """
    labels = {one.key: one.label for _, _, reasons in known for one in reasons}
    if not labels:
        return None
    rates = [{one.key: one.rate for one in reasons} for _, _, reasons in known]
    return Table(
        "t-reasons",
        "Items that failed, by reason, in percent of all.",
        tuple(Column(name) for name, _, _ in known),
        tuple(
            Row(label, tuple(of.get(key, Estimate(0.0)) for of in rates), reason=key)
            for key, label in labels.items()
        ),
        row_head="Reason",
    )


def _said(cell: Cell) -> bool:
    return cell.value is not None if isinstance(cell, Estimate) else cell is not None


def _shown(cell: Cell) -> Cell:
    return NOTHING if cell is None else cell


# ---- weights


def weight_panels(views: Sequence[RunView]) -> list[Panel]:
    """The plane of every run, on the same axes."""
    known = [(view, _placed(view)) for view in views]
    known = [(view, places) for view, places in known if places]
    ends = known_ends(place for _, places in known for place in places)
    return [
        Panel(
            view.label,
            plane(
                f"plane-{view.style}",
                f"{view.label}: visual weight against cue weight by kind of cue",
                places,
                ends,
                view.style,
                large=len(known) <= 2,
            ),
            view.style,
        )
        for view, places in known
    ]


def _placed(view: RunView) -> list[Placed]:
    return [
        Placed(
            KIND_LABELS.get(name, name),
            kind.visual,
            kind.cue,
            drawn=name in (*DRAWN, "drawn"),
            whole=name in ("worded", "drawn"),
        )
        for name, kind in view.summary.weights.items()
        if kind.visual.value is not None and kind.cue.value is not None
    ]


# ---- rates by kind of cue


def kind_chart(views: Sequence[RunView], key: str, title: str) -> Markup:
    """A share by kind of cue, a point a run, and below it that of readers of the words.

    Args:
        views: of the page.
        key: of the share: ``pst``, ``follow``.
        title: of the picture.
    """
    kinds = dict.fromkeys(kind for view in views for kind in view.summary.kinds)

    def lines(of: Sequence[str]) -> tuple[Line, ...]:
        found = []
        for kind in of:
            points = tuple(
                Point(view.label, view.summary.kinds.get(kind, {}).get(key, NOTHING), view.style)
                for view in views
            )
            if any(point.rate.value is not None for point in points):
                found.append(Line(KIND_LABELS.get(kind, kind), points))
        return tuple(found)

    column = [one for one in HEADLINE_COLUMNS if one.key == key]
    nobody = [*chance_rows(views, "headline", column), *_reader_rows(views, column)]
    chance = tuple(
        Line(row.label, (Point(row.label, rate_of(row.cells[0]), chance=True),))
        for row in nobody
        if rate_of(row.cells[0]).value is not None
    )
    said = lines([kind for kind in kinds if kind in WORDED])
    drawn = lines([kind for kind in kinds if kind in DRAWN])
    if not (said or drawn):
        return Markup("")
    told = ("Said", said), ("Drawn", drawn), ("Without a look, all kinds", chance)
    blocks = [Block(words, found) for words, found in told if found]
    return wide_and_narrow(lambda narrow: rates(f"{key}-{narrow:d}", blocks, title, narrow=narrow))


# ---- sizes


def curve_panels(views: Sequence[RunView]) -> list[Panel]:
    """Psychometric curves by family, the runs on each other."""
    names = dict.fromkeys(name for view in views for name in view.summary.curves)
    out: list[Panel] = []
    for name in names:
        found = [(view, view.summary.curves[name]) for view in views if name in view.summary.curves]
        unit = found[0][1].unit
        # Another set may have the family in other units.
        found = [(view, curve) for view, curve in found if curve.unit == unit]
        if len({point.x for _, curve in found for point in curve.points}) < 2:
            continue
        whole = name if name.endswith(f", {unit}") else f"{name}, {unit}"
        title = f"{whole}: pairs of which both are told, in percent, by size"
        chart = curve_panel(
            f"curve-{len(out)}", title, [(view.label, view.style, one) for view, one in found]
        )
        lines = tuple(
            (
                view.label if len(views) > 1 else "half told at",
                threshold_cell(curve).text("line"),
            )
            for view, curve in found[:_FEW_RUNS]
            if curve.reason != "few"
        )
        out.append(Panel(whole, chart, lines=lines))
    return out


def too_few(views: Sequence[RunView]) -> bool:
    """Whether no family of any run has groups enough for a curve."""
    return all(one.reason == "few" for view in views for one in view.summary.curves.values())


def resizes(views: Sequence[RunView]) -> str:
    """By whose resize the pixels of each run are counted, in a sentence."""
    known: dict[str, list[str]] = {}
    for view in views:
        rules = sorted({one.resize for one in view.summary.curves.values() if one.unit == "px"})
        if rules:
            known.setdefault(" / ".join(rules), []).append(view.label)
    if not known:
        return ""
    if len(known) == 1:
        return f"Pixels are counted {_rule(next(iter(known)))}."
    said = "; ".join(f"{_rule(rule)}: {', '.join(names)}" for rule, names in known.items())
    return f"Pixels are counted {said}."


def _rule(rule: str) -> str:
    if rule == "as drawn":
        return "as drawn, since no resize is known"
    return f"as the model is shown them, after the resize of {rule}"


# ---- what is seen


def seen_panels(views: Sequence[RunView]) -> list[Panel]:
    """What was stated to be seen against what was answered, a panel a run and cell."""
    out = []
    for view in views:
        for cell in CELLS:
            found = view.summary.seen.get(cell)
            if not found:
                continue
            shares = [found.get(name, NOTHING) for name in _SEEN]
            words = CELL_LABELS[cell]
            title = f"{view.label}, {words}: stated rightly or not, by answered rightly or not"
            chart = fourfold(f"seen-{view.style}-{cell}", title, shares, view.style)
            name = f"{view.label}: {words}" if len(views) > 1 else words
            out.append(Panel(name, chart, view.style, (("items", f"{shares[0].n:,}"),)))
    return out
