"""The tables by class, in the columns of the paper, with what is known of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from handeye.pages.charts.charts import Gap, Series, ladder
from handeye.pages.frame import wide_and_narrow
from handeye.scores.estimate import Estimate, Worded, rate_of
from handeye.scores.looks import chance_rows
from handeye.scores.tables import Column, Row, Table, run_rows
from handeye.visualact.pages.view import RunView, averaging_words
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.published import PUBLISHED, Published
from handeye.visualact.scoring.tables import OVERALL, class_key, scenario_words

PUBLISHED_HEAD = "Published, arXiv 2512.09907 (no intervals given there)"
QUOTED = 8
"""Published models in charts; the tables have all."""
NAMES = "recall", "precision", "F1"
_SIDES = "recall", "precision", "f1"
CLASSES = (*SCENARIOS, OVERALL)
_RECOMPUTED = Column(
    "recomputed", "the mean of the paper's own class figures, where its printed Overall is another"
)
SHORT = {
    "navigation": "Navigation",
    "home": "Home",
    "safety": "Safety",
    "hmi": "Human-Machine",
    OVERALL: "Overall",
}
_PLAIN = (("precision", "P"), ("recall", "R"), ("f1", "F1"))
_WEIGHTED = (("weighted_precision", "P"), ("weighted_recall", "R"), ("weighted_f1", "F1"))


def f1_table(runs: Sequence[RunView]) -> Table:
    """F1 by class beside the published rows, recomputed Overall beside the printed one."""
    return _one_figure(
        runs,
        "f1",
        "t-f1",
        f"F1 by class in percent, {averaging_words(runs)}; {runs[0].interval_words}.",
    )


def measured(runs: Sequence[RunView]) -> list[Gap]:
    """Recall, precision and F1 of the runs, then of the best constant answer."""
    columns = [Column(name) for name in _SIDES]
    rows = [Gap(v.label, tuple(v.headline[name] for name in _SIDES), v.style) for v in runs]
    return rows + [
        Gap(row.label, tuple(map(rate_of, row.cells)), chance=True)
        for row in chance_rows(runs, "headline", columns)
    ]


def published() -> list[Gap]:
    """The same of the published models, the best first."""
    return [Gap(name, three, published=True) for name, three in published_overall()[:QUOTED]]


def f1_charts(runs: Sequence[RunView]) -> Markup:
    """F1 by class, of the runs, the best constant answer and the best published models."""
    columns = [Column(SHORT[name], name=class_key(name, "f1")) for name in CLASSES]
    series = [
        Series(
            model,
            tuple(Estimate(found[name, "f1"].printed / 100) for name in CLASSES),
            published=True,
        )
        for model, found in list(_by_model("f1").items())[:QUOTED]
    ]
    series += [
        Series(row.label, tuple(map(rate_of, row.cells)), chance=True)
        for row in chance_rows(runs, "classes", columns)
    ]
    series += [
        Series(run.label, tuple(rate_of(line.get(c.key)) for c in columns), run.style)
        for run in runs
        for line in (run.tables["classes"].line("all"),)
    ]
    heads = [column.head for column in columns]
    title = "F1 by class, in percent"
    return wide_and_narrow(
        lambda narrow: ladder(
            f"f1-{narrow:d}",
            [head.removesuffix("-Machine") for head in heads] if narrow else heads,
            series,
            narrow=narrow,
            title=title,
            joined=False,
        )
    )


def scale_table(runs: Sequence[RunView]) -> Table:
    """Scale score by class: how near the levels of matched actions are."""
    return _one_figure(
        runs,
        "scale",
        "t-scale",
        "Scale score by class in percent: mean of 1 − |difference of levels| / 4 over a clip's "
        "matches, 0 for a clip without a match.",
    )


def full_table(runs: Sequence[RunView]) -> Table:
    """Precision, recall and F1 of every class: the columns of the paper's Table 2."""
    quoted = tuple(
        Row(model, tuple(_printed(found[key, name]) for key in CLASSES for name, _ in _PLAIN),
            published=True)
        for model, found in _by_model("f1").items()
    )  # fmt: skip
    caption = "Precision (P), recall (R) and F1 of the classes in percent, as in the paper's tables"
    return _grouped(runs, _PLAIN, "t-by-class", f"{caption}.", quoted)


def weighted_table(runs: Sequence[RunView]) -> Table:
    """The same with matches weighted by how near the levels are."""
    caption = (
        "Weighted precision, recall and F1 in percent: a match counts 1 − |difference of "
        "levels| / 4."
    )
    return _grouped(runs, _WEIGHTED, "t-weighted", caption, ())


def _one_figure(runs: Sequence[RunView], figure: str, key: str, caption: str) -> Table:
    columns = [
        Column(SHORT[name], scenario_words(name), name=class_key(name, figure)) for name in CLASSES
    ]
    own = [replace(row, cells=(*row.cells, "")) for row in _own(runs, columns)]
    quoted = [
        Row(
            model,
            (
                *(Estimate(found[name, figure].printed / 100) for name in CLASSES),
                _recomputed(found[OVERALL, figure]),
            ),
            published=True,
        )
        for model, found in _by_model(figure).items()
    ]
    return Table(
        key=key,
        caption=caption,
        columns=(*columns, _RECOMPUTED),
        rows=(*own, *quoted),
        published_head=PUBLISHED_HEAD,
    )


def _own(runs: Sequence[RunView], columns: Sequence[Column]) -> tuple[Row, ...]:
    """The runs, and below them what one answer to everything scores."""
    rows = run_rows(runs, "classes", columns, of="clips")
    return rows + chance_rows(runs, "classes", columns)


def _grouped(
    runs: Sequence[RunView],
    figures: Sequence[tuple[str, str]],
    key: str,
    caption: str,
    quoted: tuple[Row, ...],
) -> Table:
    columns = tuple(
        Column(
            head,
            f"{scenario_words(name)}: {figure.replace('_', ' ')}",
            name=class_key(name, figure),
        )
        for name in CLASSES
        for figure, head in figures
    )
    return Table(
        key=key,
        caption=caption,
        columns=columns,
        rows=(*_own(runs, columns), *quoted),
        groups=tuple((scenario_words(name), len(figures)) for name in CLASSES),
        published_head=PUBLISHED_HEAD,
    )


# ---- published rows

_Cells = dict[tuple[str, str], Published]


def _by_model(figure: str) -> dict[str, _Cells]:
    """Cells of Tables 2 and 3 by model, the best Overall first (recomputed where it must be)."""
    out: dict[str, _Cells] = {}
    for row in PUBLISHED:
        if row.table in (2, 3):
            out.setdefault(row.model, {})[row.scenario, row.figure] = row

    def best(model: str) -> float:
        overall = out[model][OVERALL, figure]
        return overall.printed if overall.recomputed is None else overall.recomputed

    return {model: out[model] for model in sorted(out, key=lambda m: (-best(m), m))}


def published_overall() -> list[tuple[str, tuple[Estimate, Estimate, Estimate]]]:
    """Recall, precision and F1 over all classes of the published models, the best F1 first."""

    def overall(found: _Cells, figure: str) -> Estimate:
        cell = found[OVERALL, figure]
        return Estimate((cell.printed if cell.recomputed is None else cell.recomputed) / 100)

    return [
        (model, (overall(found, "recall"), overall(found, "precision"), overall(found, "f1")))
        for model, found in _by_model("f1").items()
    ]


def _printed(cell: Published) -> Estimate:
    """A cell as printed, and in brackets what the paper's other cells make of it."""
    more = "" if cell.recomputed is None else f"{cell.printed:.1f} ({cell.recomputed:.1f})"
    return Worded(cell.printed / 100, words=more)


def _recomputed(cell: Published) -> Estimate | str:
    return "" if cell.recomputed is None else Estimate(cell.recomputed / 100)


def variants_table() -> Table:
    """What the paper prints by model size and reinforcement learning: its Tables 5 and 6."""
    rows: dict[tuple[int, str, str], list[Published]] = {}
    for row in PUBLISHED:
        if row.table > 4:
            rows.setdefault((row.table, row.model, row.variant), []).append(row)
    return Table(
        key="t-variants",
        caption="Overall by model size (Table 5) and with or without reinforcement learning "
        "(Table 6, mixed preference optimization), in percent; published, arXiv 2512.09907.",
        columns=tuple(Column(head) for head in ("P", "R", "F1", "scale")),
        rows=tuple(
            Row(
                f"{model}, {variant}" if variant else model,
                tuple(map(_printed, cells)),
                group=f"Table {table}",
            )
            for (table, model, variant), cells in rows.items()
        ),
    )
