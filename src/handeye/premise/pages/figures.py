"""The tables and charts of the page: the 2x2, two premises, kinds and levels, letters, S."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Gap, Series, gaps, panel
from handeye.pages.charts.share_chart import Bar, BarRow, shares
from handeye.pages.frame import Panel, wide_and_narrow
from handeye.pages.people import People, read_people
from handeye.premise.items import VISION_FALSE
from handeye.premise.pages.view import SHORT_SIGNALS, RunView, interval_words
from handeye.premise.scoring.figures import MEAN, SENSES
from handeye.premise.scoring.published import BASELINE, HEAD, Published
from handeye.premise.scoring.score import SIGNALS
from handeye.premise.scoring.tables import (
    CELL_COLUMNS,
    HEADLINE_COLUMNS,
    PREMISE_COLUMNS,
    fixed_rows,
)
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Cell, Column, Row, Table, run_rows

NAMES = "Std", "Mis", "Bal"
NAMES_OF_TWO = "Sight false", "Sound false", "Decided"
"""What the first screen shows of questions that name two details, where there are no others."""
_SIDES = tuple(column for column in HEADLINE_COLUMNS if column.head in NAMES)
_LEVELS = 156.0
_BINS = 24
_CELLS = {"std_v": "Std vision", "std_a": "Std audio", "mis_v": "Mis vision", "mis_a": "Mis audio"}
_KINDS = "accepts true", "rejects false", "balanced"


def _mean(row: Published, names: Iterable[str]) -> Estimate:
    values = [row.figures[name] for name in names]
    return Estimate(sum(values) / len(values) / 100)


def _published(row: Published, column: Column) -> Estimate:
    """A printed figure, or the mean of the two that it is made of."""
    if column.key in ("std", "mis"):
        return _mean(row, (f"{column.key}_v", f"{column.key}_a"))
    return row.estimate(column.key)


def _quoted(columns: Sequence[Column]) -> tuple[Row, ...]:
    return tuple(
        Row(
            one.model,
            tuple(_published(one, column) for column in columns),
            published=True,
            human=one.human,
            note=one.note if one.human else "",
        )
        for one in BASELINE
    )


def _chance(views: Sequence[RunView], key: str, columns: Sequence[Column]) -> tuple[Row, ...]:
    """What needs neither eye nor ear: the best constant answer, and the fixed ones."""
    # Nothing stands beside what no run has, such as Std where every premise is false.
    told = {
        column.key
        for view in views
        for row in view.tables[key].rows
        for column, cell in zip(view.tables[key].columns, row.cells, strict=True)
        if isinstance(cell, Estimate) and cell.value is not None
    }
    fixed = {row.label: row for view in views for row in fixed_rows(view.variant, columns)}
    rows = (
        replace(
            row,
            cells=tuple(
                cell if column.key in told else NOTHING
                for column, cell in zip(columns, row.cells, strict=True)
            ),
        )
        for row in (*chance_rows(views, key, columns), *fixed.values())
    )
    return tuple(row for row in rows if any(cell != NOTHING for cell in row.cells))


# ---- the first screen


def two_alone(views: Sequence[RunView]) -> bool:
    """Whether nothing but questions that name two details was asked."""
    return all(not view.headline and view.summary.two for view in views)


def measured(views: Sequence[RunView], people: People | None = None) -> list[Gap]:
    """Std, Mis and Bal of the runs, of people, then of answers that hang on nothing shown."""
    if two_alone(views):
        table, sides = "two", [Column(key) for key in ("both_v", "both_a", "decided")]
        known: list[Mapping[str, Estimate]] = [view.summary.two for view in views]
    else:
        table, sides = "headline", list(_SIDES)
        known = [view.headline for view in views]
    rows = [
        Gap(view.label, tuple(found.get(c.key, NOTHING) for c in sides), view.style)
        for view, found in zip(views, known, strict=True)
    ]
    if people and sides == list(_SIDES):
        told = tuple(people.headline.get(c.key, NOTHING) for c in sides)
        rows.append(Gap(people.label, told, human=True))
    return rows + [
        Gap(row.label, tuple(map(rate_of, row.cells)), chance=True)
        for row in _chance(views, table, sides)
    ]


def published() -> list[Gap]:
    """The same of the published models and the person, the best first."""
    rows = [
        Gap(one.model, tuple(_published(one, column) for column in _SIDES), published=True)
        for one in BASELINE
    ]
    return sorted(rows, key=lambda row: -(row.figures[2].value or 0.0))


# ---- tables of all runs


def read_human(file: Path) -> People:
    """The human row of a report, as ``handeye study agreement`` writes it.

    Raises:
        DataError: the file cannot be read, has another form, or holds no column of this suite.
    """
    return read_people(file, ("vision", "audio", "both"), "kind of question")


def _human(people: People | None, columns: Sequence[Column], sense: str = "") -> tuple[Row, ...]:
    """The row of people in a table: over all, or of a sense (``vision``, ``audio``)."""
    if people is None:
        return ()
    known = {
        **people.headline,
        "balanced": people.headline.get("action", NOTHING),
        **people.columns,
    }
    if sense:
        keys = [f"{column.key}_{sense[0]}" for column in columns]
    else:
        keys = [column.key for column in columns]
    cells = tuple(known.get(key, NOTHING) for key in keys)
    if all(cell.value is None for cell in cells):
        return ()
    return (Row(people.label, cells, human=True, basis=sense, note=people.note),)


def headline_table(views: Sequence[RunView], people: People | None = None) -> Table:
    """Perception, action and their gap, and the paper's three."""
    columns = HEADLINE_COLUMNS
    return Table(
        "t-headline",
        "Perception and action: accepting and rejecting told rightly by S and by the answers, in "
        f"percent (chance 50); gap in points; {interval_words(views)}.",
        columns,
        (
            *run_rows(views, "headline", columns),
            *_human(people, columns),
            *_chance(views, "headline", columns),
        ),
    )


def cells_table(views: Sequence[RunView], people: People | None = None) -> Table:
    """The 2x2 beside the published rows."""
    columns = tuple(replace(c, head=_CELLS.get(c.key, c.head)) for c in CELL_COLUMNS)
    return Table(
        "t-cells",
        "Right answers by cell in percent: Std of true premises, Mis of false ones; "
        f"{interval_words(views)}.",
        columns,
        (
            *run_rows(views, "cells", columns),
            *_human(people, columns),
            *_chance(views, "cells", columns),
            *_quoted(columns),
        ),
        published_head=HEAD,
    )


def premises_table(views: Sequence[RunView], people: People | None = None) -> Table:
    """What is done with true and with false premises, by sense."""
    rows = []
    for view in views:
        table = view.tables["premises"]
        for place, sense in enumerate((*SENSES, MEAN)):
            line = table.line("all", sense)
            if line:
                rows.append(
                    Row(
                        view.label,
                        tuple(line.get(c.key, NOTHING) for c in PREMISE_COLUMNS),
                        view.style,
                        basis=sense if sense != MEAN else "mean of the senses",
                        note=view.partial_note,
                        continued=place > 0,
                    )
                )
    chance = _chance(views, "premises", PREMISE_COLUMNS)
    return Table(
        "t-premises",
        "Accepting and rejecting in percent, whatever content is chosen; over- and "
        f"under-rejection; {interval_words(views)}.",
        PREMISE_COLUMNS,
        (*rows, *(row for sense in SENSES for row in _human(people, PREMISE_COLUMNS, sense)),
         *chance),
    )  # fmt: skip


def rows_table(
    views: Sequence[RunView],
    key: str,
    caption: str,
    heads: Mapping[str, str] | None = None,
    chance: bool = False,
) -> Table | None:
    """A table of every run, its rows below each other; None where no run has any.

    Args:
        views: of the page.
        key: of the table in a run.
        caption: of the table.
        heads: words for the last name of a row.
        chance: whether what needs neither eye nor ear stands below.
    """
    known = next((v.tables[key] for v in views if v.tables[key].rows), None)
    if known is None:
        return None
    columns = {c.key: c for v in views for c in v.tables[key].columns}
    rows: list[Row] = []
    for view in views:
        place = 0
        for row in view.tables[key].rows:
            cells = dict(zip((c.key for c in view.tables[key].columns), row.cells, strict=True))
            if not any(cell is not None for cell in cells.values()):
                continue
            basis = " · ".join(filter(None, row.path)) if len(row.path) > 1 else row.label
            rows.append(
                Row(
                    view.label,
                    tuple(_shown(cells.get(name)) for name in columns),
                    view.style,
                    basis="" if row.path == ("all",) else (heads or {}).get(basis, basis),
                    note=view.partial_note,
                    continued=place > 0,
                )
            )
            place += 1
    more = _chance(views, key, tuple(columns.values())) if chance else ()
    whole = f"{caption}; {interval_words(views)}."
    return Table(f"t-{key}", whole, tuple(columns.values()), (*rows, *more))


def _shown(cell: Cell) -> Cell:
    return NOTHING if cell is None else cell


# ---- kinds and levels


def kind_panels(views: Sequence[RunView]) -> list[Panel]:
    """True premises accepted and false ones rejected, kind by kind, a panel a run."""
    out = []
    for view in views:
        rows = [
            Gap(
                f"{kind} ({sense})",
                tuple(
                    found.figures.get(n, NOTHING)
                    for n in ("accepts_true", "rejects_false", "balanced")
                ),
                view.style,
            )
            for sense, kinds in view.summary.kinds.items()
            for kind, found in kinds.items()
        ]
        if not rows:
            continue
        rows.sort(key=lambda row: -(row.figures[2].value or 0.0))
        title = f"{view.label}: true premises accepted and false ones rejected, by kind"
        chart = wide_and_narrow(
            lambda narrow, rows=rows, view=view, title=title: gaps(  # type: ignore[misc]
                f"kinds-{view.style}-{narrow:d}", rows, title, _KINDS, narrow=narrow
            )
        )
        out.append(Panel(view.label, chart, view.style))
    return out


def level_panels(views: Sequence[RunView]) -> list[Panel]:
    """Accepting and rejecting told rightly against how far two details lie apart, kind by kind."""
    kinds: dict[tuple[str, str], list[str]] = {}
    units: dict[tuple[str, str], str] = {}
    for view in views:
        for sense, of in view.summary.kinds.items():
            for kind, found in of.items():
                known = kinds.setdefault((sense, kind), [])
                known += [level for level in found.levels if level not in known]
                units[sense, kind] = found.unit
    out = []
    for (sense, kind), levels in kinds.items():
        if len(levels) < 2:
            continue
        levels.sort(key=float)
        series = [
            Series(
                view.label,
                tuple(_at(view, sense, kind, level) for level in levels),
                view.style,
            )
            for view in views
        ]
        if all(one.value is None for line in series for one in line.rates):
            continue
        series.append(Series("chance", (Estimate(0.5),) * len(levels), chance=True))
        unit = units[sense, kind]
        title = f"{kind} ({sense}): accept and reject told rightly, by difference in {unit}"
        drawn = panel(f"level-{sense}-{kind}", title, levels, series, size=(214.0, _LEVELS))
        out.append(Panel(f"{kind} ({sense}), {unit}", drawn))
    return out


def _at(view: RunView, sense: str, kind: str, level: str) -> Estimate:
    found = view.summary.kinds.get(sense, {}).get(kind)
    return found.levels.get(level, {}).get("balanced", NOTHING) if found else NOTHING


# ---- letters and S


def letters_chart(views: Sequence[RunView]) -> Markup:
    """How often each letter is chosen; empty where no answer is a letter."""
    known = [view for view in views if view.summary.letters]
    if not known:
        return Markup("")
    letters = list(known[0].summary.letters)
    rows = [
        BarRow(
            letter,
            tuple(
                Bar(v.label, v.style, v.summary.letters.get(letter, {}).get("chosen", NOTHING))
                for v in known
            ),
        )
        for letter in letters
    ]
    title = "How often each letter is chosen, in percent of the answers with a letter"
    return wide_and_narrow(lambda narrow: shares(f"letters-{narrow:d}", rows, title, narrow=narrow))


def signal_panels(views: Sequence[RunView]) -> list[Panel]:
    """S of true premises (above) and of false ones (below), a panel a run and kind of S."""
    out = []
    for view in views:
        frame = view.run.scores().select("s", "s_samples", "s_from", "gold", "modality")
        rows = [row for row in frame.iter_rows(named=True) if row["gold"] is not None]
        for name in SIGNALS:
            held = [
                (row["s_samples"] if name == "samples" else row["s"], row["gold"] >= VISION_FALSE)
                for row in rows
                if (row["s_samples"] is not None if name == "samples" else row["s_from"] == name)
            ]
            if len(held) < 2:
                continue
            chart = _histogram(f"s-{view.style}-{name}", view.label, name, held)
            found = view.summary.signals[name].by_sense
            lines = [
                (f"area, {sense}", line["area"].both)
                for sense, line in found.items()
                if "area" in line and line["area"].value is not None
            ]
            signal = view.summary.signals[name]
            lines.append(("items with it", f"{signal.n:,} of {signal.asked:,}"))
            if signal.censored:
                lines.append(("only bounded", f"{signal.censored:,}"))
            title = f"{view.label}: {SHORT_SIGNALS[name]}"
            out.append(Panel(title, chart, view.style, tuple(lines)))
    return out


def _histogram(key: str, label: str, name: str, held: Sequence[tuple[float, bool]]) -> Markup:
    """Two histograms back to back on one axis of S."""
    values = np.array([one for one, _ in held], np.float64)
    false = np.array([side for _, side in held], bool)
    low, high = np.quantile(values, [0.005, 0.995])
    end = max(abs(low), abs(high), 1.0)
    edges = np.linspace(-end, end, _BINS + 1)
    inside = np.clip(values, -end, end)
    counts = {side: np.histogram(inside[false == side], edges)[0] for side in (False, True)}
    most = max(int(found.max()) for found in counts.values()) or 1
    width, half, middle = 320.0, 60.0, 68.0
    step = width / _BINS
    parts = [svg.line(width / 2, 4, width / 2, 132, "grid")]
    for side, found in counts.items():
        bars = []
        for k, n in enumerate(found.tolist()):
            if n:
                tall = half * n / most
                bars.append(
                    svg.element(
                        "rect",
                        svg.element("title", f"{n:,} of {'false' if side else 'true'} premises, S "
                                    f"{edges[k]:.1f} to {edges[k + 1]:.1f}"),
                        x=k * step + 0.5, y=middle if side else middle - tall,
                        width=step - 1, height=tall, class_="share",
                    )
                )  # fmt: skip
        parts.append(svg.group(*bars, class_="false" if side else "true"))
    parts.append(svg.line(0.0, middle, width, middle, "axis"))
    parts += [
        svg.text(width, 12, "true premises", "tick strong", "end"),
        svg.text(0, 130, "false premises", "tick strong"),
        svg.text(0, 146, f"{-end:.1f}".replace("-", "−"), "tick"),
        svg.text(width / 2, 146, "S = 0", "tick", "middle"),
        svg.text(width, 146, f"{end:.1f}", "tick", "end"),
    ]
    said = ", ".join(
        f"{words} premises: median {np.median(values[false == side]):.2f}"
        for side, words in ((False, "true"), (True, "false"))
        if (false == side).any()
    )
    title = f"{label}: {SHORT_SIGNALS[name]}, of true premises above, of false ones below"
    return svg.figure(
        key, width, 150.0, title, said.replace("-", "−") + ".", *parts, class_="panel signal"
    )
