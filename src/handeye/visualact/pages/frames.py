"""F1 against the number of frames shown, over all clips and over those that only motion tells.

Points of one model over different numbers of frames make a line. The split by motion-only clips is
computed here from the score rows, because a summary does not know the clips' records: the run's
headline F1 over the classes that have such clips, with intervals over clips drawn within classes
(:mod:`handeye.stats.sums`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from handeye.pages.charts import charts
from handeye.pages.charts.charts import Series
from handeye.pages.frame import Panel
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.pages.view import RunView, averaging_words, interval_words
from handeye.visualact.scoring.motion_split import MOTION, headline_f1, split_f1
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.published import PUBLISHED

KINDS = {
    "all": "all clips",
    "motion": "motion-only clips",
    "rest": "other clips",
}


@dataclass(frozen=True, slots=True)
class Point:
    """F1 of a run at its number of frames: by kind of clip (:data:`KINDS`)."""

    run: RunView
    frames: int | None
    f1: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class FramesPart:
    """What the page shows of frames; ``charts`` is empty where no model has two numbers."""

    charts: tuple[Panel, ...]
    table: Table
    models: tuple[str, ...]


def frames_part(
    loaded: Sequence[LoadedRun], views: Sequence[RunView], resamples: int
) -> FramesPart | None:
    """The part, or None where neither frames nor motion-only clips tell anything."""
    points = [
        Point(view, count_of(run), {"all": view.headline["f1"], **split(run, resamples)})
        for run, view in zip(loaded, views, strict=True)
    ]
    motion = any(point.f1["motion"].value is not None for point in points)
    series = _lines(points)
    if not motion and not series:
        return None
    kinds = [kind for kind in KINDS if kind == "all" or motion]
    return FramesPart(
        charts=tuple(Panel(KINDS[kind].capitalize(), _chart(kind, series, views)) for kind in kinds)
        if series
        else (),
        table=_table(points, kinds),
        models=tuple(series),
    )


def count_of(run: LoadedRun) -> int | None:
    """How many frames of every clip were shown, where that is one number."""
    choice = run.frames
    if choice is None or choice.method == "fps":
        return None
    return choice.count if choice.method == "uniform" else len(getattr(choice, choice.method))


def split(run: LoadedRun, resamples: int) -> dict[str, Estimate]:
    """F1 over motion-only clips and over the others; nothing where the set is not at hand."""
    options = Options.of(run.summary.options)
    figure, rows = headline_f1(options), run.run.rows()
    found = split_f1(run.material.clips, rows, options, figure=figure, bootstrap=resamples)
    return {kind: rate_of(found[kind]) if kind in found else NOTHING for kind in ("motion", "rest")}


def _lines(points: Sequence[Point]) -> dict[str, list[Point]]:
    """Models with at least two numbers of frames; points in order of frames."""
    out: dict[str, list[Point]] = {}
    for point in points:
        if point.frames is not None:
            out.setdefault(point.run.model, []).append(point)
    return {
        model: sorted(own, key=lambda point: point.frames or 0)
        for model, own in out.items()
        if len({point.frames for point in own}) > 1
    }


def _chart(kind: str, lines: Mapping[str, Sequence[Point]], views: Sequence[RunView]) -> Markup:
    counts = sorted({p.frames for own in lines.values() for p in own if p.frames is not None})
    series = []
    for place, (model, own) in enumerate(lines.items()):
        at = {point.frames: point.f1[kind] for point in own}
        rates = tuple(at.get(count, NOTHING) for count in counts)
        series.append(Series(model, rates, place))
    series += [  # who gives one answer to all needs no frame
        Series(row.label, (rate_of(row.cells[0]),) * len(counts), chance=True)
        for row in _chance(views, [kind])
    ]
    names = [f"{count} frame" if count == 1 else str(count) for count in counts]
    title = f"F1 against the number of frames, {KINDS[kind]}"
    return charts.panel(f"frames-{kind}", title, names, series, size=(300.0, 200.0))


def _chance(views: Sequence[RunView], kinds: Sequence[str]) -> tuple[Row, ...]:
    # The best constant answer on clips of these kinds.
    return chance_rows(views, MOTION, [Column(kind) for kind in kinds])


def _table(points: Sequence[Point], kinds: Sequence[str]) -> Table:
    rows = tuple(
        Row(
            point.run.label,
            (
                "–" if point.frames is None else point.frames,
                *(point.f1[kind] for kind in kinds),
            ),
            point.run.style,
            note=point.run.partial_note,
        )
        for point in points
    )
    columns = (
        Column("frames", "number of frames shown of every clip"),
        *(Column(KINDS[kind]) for kind in kinds),
    )
    runs = [point.run for point in points]
    caption = f"F1 in percent, {averaging_words(runs)}; {interval_words(runs)}."
    chance = (replace(row, cells=("", *row.cells)) for row in _chance(runs, kinds))
    quoted = tuple(
        Row(
            cell.model,
            (cell.variant, Estimate(cell.printed / 100), *("" for _ in kinds[1:])),
            published=True,
        )
        for cell in PUBLISHED
        if cell.table == 4 and cell.figure == "f1"
    )
    return Table(
        key="t-frames",
        caption=caption,
        columns=columns,
        rows=(*rows, *chance, *quoted),
        published_head="Published, arXiv 2512.09907, Table 4 (no intervals given there)",
    )
